"""What a figure shows: panels of marks in data coordinates, and how each role looks.

A scene is plain data. It knows nothing of widgets or matplotlib, so a test can read it, `picture` can
print it and the browser can draw it, all from the same description. A value that changes while a figure is
played is written as ``by_frame([...])``, one entry for each frame; `resolve` picks one frame out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcourse.figures.spelling import minus

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Style:
    """How one role is drawn: a colour name, and a second cue that works without colour."""

    colour: str
    dash: str = ""  # SVG dash pattern, in pixels: "" is solid
    width: float = 2.2
    marker: str = "circle"
    size: float = 4.0  # radius of a marker, in pixels
    fill: float = 0.25  # opacity of an area
    hatch: str = ""  # "", "/", "\\" or "."


# The Okabe-Ito colours that reach 3:1 on white. The browser has its own ink, grey and blue for dark themes (style.css).
COLOURS = {"blue": "#0072B2", "vermillion": "#D55E00", "green": "#009E73", "ink": "#1A1A1A", "grey": "#6B6B6B"}

ROLES: dict[str, Style] = {
    "function": Style("blue"),
    "derivative": Style("vermillion", dash="7 4", marker="triangle"),
    "here": Style("ink", size=6.0),
    "minimum": Style("green", marker="triangle", size=6.0),
    "path": Style("ink", width=1.2, size=2.2),
    "guide": Style("grey", dash="1.5 3.5", width=1.3, size=2.5),
    "class_a": Style("blue", marker="circle"),
    "class_b": Style("vermillion", marker="triangle", size=4.8),
    "class_c": Style("green", marker="square", size=3.8),
    "region_a": Style("blue", fill=0.14),
    "region_b": Style("vermillion", fill=0.12, hatch="/"),
    "region_c": Style("green", fill=0.12, hatch="."),
    "good": Style("green", fill=0.22),
    "bad": Style("vermillion", fill=0.16, hatch="/"),
    "neutral": Style("grey", fill=0.2),
}


@dataclass(frozen=True, eq=False)
class ByFrame:
    """One value for each frame of a figure; made by `by_frame`."""

    values: tuple[Any, ...]


def by_frame(values: Iterable[Any]) -> ByFrame:
    """A value that changes while the figure is played: one entry for each frame, 0 to ``last_frame``.

    Examples
    --------
    >>> [panel] = resolve([Panel([point(by_frame([0.0, 0.5, 0.75]), 0.0)], (0, 1), (0, 1))], frame=2)
    >>> panel.marks[0].x
    0.75
    """
    return ByFrame(tuple(values))


Scalar = float | ByFrame
Numbers = ArrayLike | ByFrame
Text = str | ByFrame


@dataclass(frozen=True, eq=False)
class Mark:
    """One thing that is drawn. Its fields can be read as attributes: ``mark.x``, ``mark.label``."""

    kind: str
    role: Text
    fields: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.fields[name]
        except KeyError:
            raise AttributeError(f"a {self.kind} has no {name!r}; it has {', '.join(self.fields)}") from None

    def __post_init__(self) -> None:
        for role in self.role.values if isinstance(self.role, ByFrame) else (self.role,):
            if role not in ROLES:
                raise ValueError(f"{self.kind}: there is no role {role!r}; the roles are {', '.join(ROLES)}")


@dataclass(frozen=True, eq=False)
class Panel:
    """A pair of axes with marks in data coordinates.

    Parameters
    ----------
    marks : list of Mark
        Drawn in this order, later ones on top; draggable points are always on top.
    xlim, ylim : (low, high)
        What the axes show.
    xlabel, ylabel, title : str
        Words on and over the axes.
    xscale, yscale : "linear" or "log"
    aspect : "equal" or None
        "equal": one unit is as long across as it is up.
    width : float
        Relative to the other panels of the figure.
    click : str, optional
        Name of the figure's method that a click on the empty plot calls with ``x=`` and ``y=``.
    brush : bool
        Whether a stroke, of the mouse or of a finger, is a click in each unit square that it comes through.
    name : str
        What error messages and tests call the panel.
    axes : bool
        False draws no axes and no grid, as for a graph of nodes.
    words : str
        What the picture shows, for whoever cannot see it, where the figure's sentence does not say it.

    Examples
    --------
    >>> Panel([curve([0, 1], [0, 1])], xlim=(0, 1), ylim=(1, 0), name="map")
    Traceback (most recent call last):
    ...
    ValueError: panel 'map': ylim must go from a lower to a higher number, not from 1 to 0
    """

    marks: Sequence[Mark]
    xlim: tuple[float, float]
    ylim: tuple[float, float]
    xlabel: str = ""
    ylabel: str = ""
    title: str | None = None
    xscale: Literal["linear", "log"] = "linear"
    yscale: Literal["linear", "log"] = "linear"
    aspect: Literal["equal"] | None = None
    width: float = 1.0
    click: str | None = None
    brush: bool = False
    name: str = ""
    axes: bool = True
    words: str = ""

    def __post_init__(self) -> None:
        for axis, (low, high), scale in (("xlim", self.xlim, self.xscale), ("ylim", self.ylim, self.yscale)):
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                raise ValueError(
                    f"panel {self.name!r}: {axis} must go from a lower to a higher number, not from {low} to {high}"
                )
            if scale == "log" and low <= 0:
                raise ValueError(f"panel {self.name!r}: a log axis shows numbers above 0, but {axis} starts at {low}")


# ---------------------------------------------------------------------------------------------- marks


def _numbers(values: Numbers) -> Any:
    """Plain arrays of floats, also frame by frame."""
    if isinstance(values, ByFrame):
        return ByFrame(tuple(np.asarray(v, dtype=float) for v in values.values))
    return np.asarray(values, dtype=float).reshape(-1)


def _words(value: Any) -> Any:
    """Words with true minus signs, also frame by frame; anything else as it is."""
    if isinstance(value, ByFrame):
        return ByFrame(tuple(_words(one) for one in value.values))
    return minus(value) if isinstance(value, str) else value


def _mark(kind: str, role: Text, pairs: tuple[str, ...] = (), **fields: Any) -> Mark:
    """Build a mark; the fields named in ``pairs`` are lists of numbers of one length."""
    for name in pairs:
        fields[name] = _numbers(fields[name])
    lengths = {name: len(fields[name]) for name in pairs if not isinstance(fields[name], ByFrame)}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"{kind}: as many of each, but there are " + ", ".join(f"{n} {k}" for k, n in lengths.items()))
    return Mark(kind, role, {name: _words(value) for name, value in fields.items()})


def curve(xs: Numbers, ys: Numbers, role: Text = "function", label: str | None = None) -> Mark:
    """A line through many points: the graph of a function.

    Examples
    --------
    >>> curve([0, 1, 2], [0, 1]).kind
    Traceback (most recent call last):
    ...
    ValueError: curve: as many of each, but there are 3 xs, 2 ys
    """
    return _mark("curve", role, ("xs", "ys"), xs=xs, ys=ys, label=label)


def polyline(
    xs: Numbers,
    ys: Numbers,
    role: Text = "path",
    shown: Scalar | None = None,
    markers: bool = False,
    label: str | None = None,
) -> Mark:
    """A path from point to point, of which the first ``shown`` points are drawn."""
    return _mark("polyline", role, ("xs", "ys"), xs=xs, ys=ys, shown=shown, markers=markers, label=label)


def point(
    x: Scalar, y: Scalar, role: Text = "here", label: Text | None = None, drag: dict[str, str] | None = None
) -> Mark:
    """One point. ``drag={"x": "start"}`` lets the reader move it: its x becomes the control ``start``.

    A point that can be dragged can also be moved by the arrow keys. When only one coordinate is dragged and
    the point lies on a curve of its panel, it slides along that curve until the model has answered.
    """
    return _mark("point", role, x=x, y=y, label=label, drag=drag)


def points(xs: Numbers, ys: Numbers, role: Text = "class_a", label: str | None = None) -> Mark:
    """Many points of one kind."""
    return _mark("points", role, ("xs", "ys"), xs=xs, ys=ys, label=label)


def arrow(x0: Scalar, y0: Scalar, x1: Scalar, y1: Scalar, role: Text = "derivative", label: Text | None = None) -> Mark:
    """An arrow from (x0, y0) to (x1, y1)."""
    return _mark("arrow", role, x0=x0, y0=y0, x1=x1, y1=y1, label=label)


def text(
    x: Scalar, y: Scalar, string: Text, anchor: Literal["start", "middle", "end"] = "start", role: Text = "here"
) -> Mark:
    """Words at a fixed place. They are written in ink whatever the role, so that they can be read."""
    return _mark("text", role, x=x, y=y, string=string, anchor=anchor)


def band(xs: Numbers, low: Numbers, high: Numbers, role: Text = "neutral", label: str | None = None) -> Mark:
    """The area between two curves."""
    return _mark("band", role, ("xs", "low", "high"), xs=xs, low=low, high=high, label=label)


def polygon(xs: Numbers, ys: Numbers, role: Text = "region_a", opacity: Scalar | None = None) -> Mark:
    """A filled area given by its corners; ``opacity`` replaces the role's own."""
    return _mark("polygon", role, ("xs", "ys"), xs=xs, ys=ys, opacity=opacity)


def image(picture: bytes | ArrayLike, extent: tuple[float, float, float, float], role: Text = "neutral") -> Mark:
    """A picture over ``extent`` = (x from, x to, y from, y to): PNG bytes, or an array of 0..255.

    An array has the shape (rows, columns, 3 or 4); row 0 is at the top.
    """
    png = picture if isinstance(picture, bytes) else _png(np.asarray(picture))
    return _mark("image", role, png=png, extent=tuple(float(v) for v in extent))


def bars(xs: Numbers, heights: Numbers, role: Text = "function", width: float = 0.8) -> Mark:
    """Bars from 0 to each height, ``width`` wide in units of x."""
    return _mark("bars", role, ("xs", "heights"), xs=xs, heights=heights, width=width)


Outline = Literal["box", "circle", "observed", "block", "block-left", "square"]


def node(x: Scalar, y: Scalar, label: Text, role: Text = "function", shape: Outline = "box") -> Mark:
    """A shape with words in it: an operation of a graph, or a part of a block diagram.

    Block diagrams use the shapes of Y. LeCun (*Introduction to Gradient Descent and Backpropagation Algorithm*,
    2020): "circle" for a variable that is computed, "observed" (grey, with a double rim) for one that is given,
    "block" for a deterministic function, with its rounded side (right, or left) where it is easy to compute,
    "square" for a function whose value is one number, as a cost.

    Examples
    --------
    >>> node(0, 0, "C", shape="hexagon")
    Traceback (most recent call last):
    ...
    ValueError: node: there is no shape 'hexagon'; the shapes are box, circle, observed, block, block-left, square
    """
    if shape not in get_args(Outline):
        raise ValueError(f"node: there is no shape {shape!r}; the shapes are {', '.join(get_args(Outline))}")
    return _mark("node", role, x=x, y=y, label=label, shape=shape)


def edge(
    x0: Scalar,
    y0: Scalar,
    x1: Scalar,
    y1: Scalar,
    role: Text = "function",
    label: Text | None = None,
    aside: float = 0.0,
) -> Mark:
    """An arrow between two nodes; it starts and ends at the borders of the shapes that stand at its ends.

    ``aside`` moves it to its right, in pixels: two arrows between the same two nodes stand side by side.
    """
    return _mark("edge", role, x0=x0, y0=y0, x1=x1, y1=y1, label=label, aside=aside)


VERDICTS = ("", "right", "wrong", "shown")


def blank(
    x: Scalar,
    y: Scalar,
    name: str,
    label: str,
    words: Text = "",
    verdict: Text = "",
    wide: float = 62.0,
    caption: str = "",
) -> Mark:
    """A box that the reader fills in, its middle at (x, y), ``wide`` pixels wide; the caption stands to its left.

    When it is left, the figure's method ``fill`` is called with ``name=`` and ``words=``. ``label`` says what belongs
    in it to whoever cannot see where it stands. The verdict is "", "right", "wrong" or "shown"; what is right or
    shown cannot be changed any more.

    Examples
    --------
    >>> blank(0, 0, "s", "the sum s", verdict="maybe")
    Traceback (most recent call last):
    ...
    ValueError: blank 's': the verdict is '', 'right', 'wrong' or 'shown', not 'maybe'
    """
    for one in verdict.values if isinstance(verdict, ByFrame) else (verdict,):
        if one not in VERDICTS:
            raise ValueError(f"blank {name!r}: the verdict is '', 'right', 'wrong' or 'shown', not {one!r}")
    return _mark(
        "blank", "here", x=x, y=y, name=name, label=label, words=words, verdict=verdict, wide=wide, caption=caption
    )


def _png(pixels: NDArray[Any]) -> bytes:
    """Encode pixels as PNG. Twelve lines of `zlib` are cheaper than importing an image library."""
    import struct
    import zlib

    if pixels.ndim != 3 or pixels.shape[2] not in (3, 4):
        raise ValueError(f"image: an array of shape (rows, columns, 3 or 4) is needed, not {pixels.shape}")
    rows, columns, channels = pixels.shape
    raw = np.zeros((rows, 1 + columns * channels), dtype=np.uint8)  # each row starts with its filter: 0, none
    raw[:, 1:] = np.clip(np.round(pixels), 0, 255).astype(np.uint8).reshape(rows, -1)

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", columns, rows, 8, 2 if channels == 3 else 6, 0, 0, 0)
    data = zlib.compress(raw.tobytes(), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


# -------------------------------------------------------------------------------------------- frames


def check_frames(scene: Sequence[Panel], last_frame: int) -> None:
    """Raise one sentence when some `by_frame` has another number of entries than the figure has frames."""
    for panel in scene:
        for mark in panel.marks:
            for name, value in {"role": mark.role, **mark.fields}.items():
                if isinstance(value, ByFrame) and len(value.values) != last_frame + 1:
                    raise ValueError(
                        f"panel {panel.name!r}: {name} of a {mark.kind} has {len(value.values)} entries by frame, but "
                        f"the figure has {last_frame + 1} frames (last_frame = {last_frame}); give one entry for each"
                    )


def resolve(scene: Sequence[Panel], frame: int) -> list[Panel]:
    """The scene as it stands at one frame: every `by_frame` replaced by its value there.

    Examples
    --------
    >>> path = polyline([0, 1, 2], [4, 1, 0], shown=by_frame([1, 2, 3]))
    >>> [panel] = resolve([Panel([path], (0, 2), (0, 4))], frame=1)
    >>> panel.marks[0].shown
    2
    """

    def value_at(panel: Panel, mark: Mark, name: str, value: Any) -> Any:
        if not isinstance(value, ByFrame):
            return value
        if not 0 <= frame < len(value.values):
            raise ValueError(
                f"panel {panel.name!r}: {name} of a {mark.kind} has {len(value.values)} entries by frame; "
                f"there is none for frame {frame}"
            )
        chosen = value.values[frame]
        return chosen.item() if isinstance(chosen, np.ndarray | np.generic) and chosen.ndim == 0 else chosen

    return [
        replace(
            panel,
            marks=[
                Mark(
                    mark.kind,
                    value_at(panel, mark, "role", mark.role),
                    {name: value_at(panel, mark, name, value) for name, value in mark.fields.items()},
                )
                for mark in panel.marks
            ],
        )
        for panel in scene
    ]


def roles_as_data() -> dict[str, dict[str, Any]]:
    """The table of roles for the browser, so that it stands in one place."""
    return {name: asdict(style) for name, style in ROLES.items()}
