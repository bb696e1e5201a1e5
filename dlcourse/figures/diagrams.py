"""Block diagrams: parts in rows, arrows between them. The one place where the lessons' diagrams are laid out.

The shapes are those of Y. LeCun (*Introduction to Gradient Descent and Backpropagation Algorithm*, 2020); `scene.node`
says what each stands for. A part that is there but usually not drawn, as the parameters that a model keeps inside,
is dotted: give it and its arrows the role "guide".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from dlcourse.figures.scene import Mark, Outline, Panel, Text, edge, node, text

Part = Outline | tuple[Outline, str]  # a shape, and a label where it is not the part's name
Arrow = str | tuple[str, Text] | tuple[str, Text, str]  # names, the role, words beside it


def diagram(
    parts: Mapping[str, Part],
    rows: Sequence[Sequence[str | None]],
    arrows: Sequence[Arrow],
    roles: Mapping[str, Text] | None = None,
    notes: Mapping[str, Text] | None = None,
    words: Sequence[tuple[float, float, Text]] = (),
    title: str | None = None,
    size: tuple[float, float] = (600, 270),
    pitch: float = 88,
) -> Panel:
    """A block diagram as a panel of a figure.

    Parameters
    ----------
    parts : dict
        The shape of each part by its name, or ``(shape, label)`` when the label is not the name.
    rows : list of lists of str or None
        Where the parts stand, from top to bottom, left to right. ``None`` leaves a place free; all rows share their
        columns.
    arrows : list of str or tuples
        ``"x G ŷ"`` draws an arrow from x to G and one from G to ŷ; ``("x G ŷ", role)`` draws them in another role,
        ``("x G", role, label)`` writes beside them.
    roles, notes : dict from name to str, optional
        The role of a part (by default "function"); words under it, such as its value. Both may be `by_frame`.
    words : list of (row, column, str)
        Words that stand where a part could; rows and columns are counted from 0, halves lie between them.
    title : str, optional
    size : (width, height)
        How large the panel will be, in pixels. Columns are spread over it, but no arrow gets longer than 70 pixels.
    pitch : float
        At most so many pixels from row to row.

    Returns
    -------
    Panel
        Its units are about pixels; (0, 0) is the middle.

    Examples
    --------
    >>> panel = diagram({"x": "observed", "G": ("block", "G(x, w)"), "ŷ": "circle"}, [["x", "G", "ŷ"]], ["x G ŷ"])
    >>> [(mark.kind, mark.label) for mark in panel.marks]
    [('edge', None), ('edge', None), ('node', 'x'), ('node', 'G(x, w)'), ('node', 'ŷ')]
    >>> diagram({"x": "observed"}, [["x"]], ["x G"])
    Traceback (most recent call last):
    ...
    ValueError: diagram: an arrow goes to 'G', which stands in no row
    """
    roles, notes = roles or {}, notes or {}
    forms = {name: (part, name) if isinstance(part, str) else part for name, part in parts.items()}
    stray = {name for row in rows for name in row if name is not None} ^ set(parts)
    if stray:
        raise ValueError(f"diagram: every part needs a shape and a place, but {', '.join(sorted(stray))} has only one")
    count = max(len(row) for row in rows)
    columns = [[name for row in rows for name in row[k : k + 1] if name is not None] for k in range(count)]
    wide = [max((_extent(*forms[name])[0] for name in column), default=0.0) for column in columns]
    gap = min(70.0, max(16.0, (size[0] - sum(wide)) / max(count - 1, 1)))
    xs = [sum(wide[:k]) + k * gap + wide[k] / 2 for k in range(count)]
    total = sum(wide) + (count - 1) * gap
    pitch = min(pitch, size[1] / len(rows))

    def place(row: float, column: float) -> tuple[float, float]:
        left, share = int(column), column % 1
        x = xs[left] + share * ((xs[left + 1] if share else 0.0) - xs[left])
        return x - total / 2, ((len(rows) - 1) / 2 - row) * pitch

    at = {name: place(i, k) for i, row in enumerate(rows) for k, name in enumerate(row) if name is not None}
    marks: list[Mark] = []
    for arrow in arrows:
        names, role, label = (arrow, "function", "") if isinstance(arrow, str) else (*arrow, "")[:3]
        for start, end in pairwise(names.split()):
            for name in (start, end):
                if name not in at:
                    raise ValueError(f"diagram: an arrow goes to {name!r}, which stands in no row")
            marks.append(edge(*at[start], *at[end], role=role, label=label or None))
    for name, (shape, label) in forms.items():
        marks.append(node(*at[name], label, role=roles.get(name, "function"), shape=shape))
        if name in notes:
            x, y = at[name]
            marks.append(text(x, y - _extent(shape, label)[1] / 2 - 13, notes[name], anchor="middle"))
    marks += [text(*place(row, column), string, anchor="middle") for row, column, string in words]
    across, up = max(size[0], total) / 2, size[1] / 2
    low = min([-up, *(mark.y - 10 for mark in marks if mark.kind == "text")])  # the last row's words, too
    return Panel(marks, (-across, across), (low, up), title=title, axes=False, name="diagram")


def _extent(shape: Outline, label: str) -> tuple[float, float]:
    """About how wide and high a part is, in pixels; whoever draws it measures its words."""
    words = 7.3 * len(label)
    if shape in ("circle", "observed"):
        return max(36.0, words + 17), max(36.0, words + 17)
    if shape == "square":
        return max(38.0, words + 16), max(38.0, words + 16)
    return (max(54.0, words + 32), 40.0) if shape.startswith("block") else (max(34.0, words + 20), 28.0)
