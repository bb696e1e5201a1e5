"""A scene as small JSON, and the difference between two of them.

The browser needs no more digits than it has pixels, so numbers are rounded to about a two-thousandth of their
axis. After that, most of a scene is the same as before the event, and only fields that differ are sent.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dlcourse.figures.scene import Array, ByFrame, Mark, Panel
from dlcourse.figures.spelling import minus

# which axis a field is measured on
ACROSS = {"x", "xs", "x0", "x1", "width"}
UP = {"y", "ys", "y0", "y1", "low", "high", "heights"}


def rounded(values: Array, limits: tuple[float, float], scale: str) -> list[float | None]:
    """Round to what can be seen on an axis; what is not finite becomes None, a gap.

    Examples
    --------
    >>> rounded(np.array([0.123456, 2e9, np.nan]), (0.0, 1.0), "linear")
    [0.1235, 100.0, None]
    >>> rounded(np.array([0.00123456, -1.0]), (1e-3, 1.0), "log")
    [0.001235, None]
    """
    low, high = limits
    with np.errstate(all="ignore"):
        if scale == "log":
            finite = np.isfinite(values) & (values > 0)
            shift = 10.0 ** (3 - np.floor(np.log10(np.where(finite, values, 1.0))))
            numbers = np.round(values * shift) / shift
            texts: list[Any] = [float(f"{v:.4g}") if ok else None for v, ok in zip(numbers, finite, strict=True)]
            return texts
        finite = np.isfinite(values)
        reach = high - low
        # far outside the picture only the direction matters, and short numbers are enough
        numbers = np.clip(values, low - 99 * reach, high + 99 * reach)
        decimals = max(0, math.ceil(-math.log10(reach / 2000)))
        numbers = np.round(numbers, decimals)
        listed: list[Any] = numbers.astype(int).tolist() if decimals == 0 and finite.all() else numbers.tolist()
    if decimals == 1 and finite.all():  # on axes of pixels most numbers are whole: "57" is half as long as "57.0"
        listed = [int(v) if v.is_integer() else v for v in listed]
    return listed if finite.all() else [v if ok else None for v, ok in zip(listed, finite, strict=True)]


def _field(name: str, value: Any, panel: Panel) -> Any:
    if value is None or isinstance(value, str | bool | dict):
        return value
    if isinstance(value, ByFrame):
        return frames_of(_by_frame(name, value.values, panel))
    if isinstance(value, bytes):
        return "data:image/png;base64," + base64.b64encode(value).decode("ascii")
    if name not in ACROSS | UP:  # shown, opacity, extent
        return [float(v) for v in value] if isinstance(value, tuple) else round(float(value), 3)
    limits, scale = (panel.xlim, panel.xscale) if name in ACROSS else (panel.ylim, panel.yscale)
    numbers = rounded(np.atleast_1d(np.asarray(value, dtype=float)), limits, scale)
    return numbers if np.ndim(value) else numbers[0]


def frames_of(values: list[Any]) -> dict[str, Any]:
    """One value for each frame. Long values that come again are sent once: ``n`` then says which belongs to a frame.

    Examples
    --------
    >>> frames_of([0, 1, 1])
    {'f': [0, 1, 1]}
    >>> frames_of([[0.0, 1.0], [0.0, 2.0], [0.0, 1.0], [0.0, 1.0]])
    {'f': [[0.0, 1.0], [0.0, 2.0]], 'n': [0, 1, 0, 0]}
    """
    if not isinstance(values[0], list | str):
        return {"f": values}
    places: dict[str, int] = {}
    numbers = [places.setdefault(str(value), len(places)) for value in values]
    if len(places) > len(values) // 2 or len("".join(places)) < 8 * len(places):
        return {"f": values}
    return {"f": [values[numbers.index(k)] for k in range(len(places))], "n": numbers}


def _by_frame(name: str, values: Sequence[Any], panel: Panel) -> list[Any]:
    """All frames of one field. Numbers are rounded in one go: many small NumPy calls would cost milliseconds."""
    if isinstance(values[0], str) or values[0] is None:
        return list(values)
    if name not in ACROSS | UP:
        return [int(v) if float(v).is_integer() else round(float(v), 3) for v in values]
    limits, scale = (panel.xlim, panel.xscale) if name in ACROSS else (panel.ylim, panel.yscale)
    if np.ndim(values[0]) == 0:
        return rounded(np.array(values, dtype=float), limits, scale)
    ends = np.cumsum([len(v) for v in values]).tolist()
    flat = rounded(np.concatenate(values), limits, scale)
    return [flat[a:b] for a, b in zip([0, *ends[:-1]], ends, strict=True)]


def _encode_mark(mark: Mark, panel: Panel) -> dict[str, Any]:
    role = frames_of(list(mark.role.values)) if isinstance(mark.role, ByFrame) else mark.role
    fields = {name: _field(name, value, panel) for name, value in mark.fields.items() if value is not None}
    return {"kind": mark.kind, "role": role, **fields}


def encode(scene: Sequence[Panel]) -> list[dict[str, Any]]:
    """Panels as JSON-able data."""
    return [
        {
            "name": panel.name,
            "title": panel.title or "",
            "click": panel.click,
            "brush": panel.brush,
            "axes": panel.axes,
            "xlim": [float(v) for v in panel.xlim],
            "ylim": [float(v) for v in panel.ylim],
            "xlabel": panel.xlabel,
            "ylabel": panel.ylabel,
            "xscale": panel.xscale,
            "yscale": panel.yscale,
            "equal": panel.aspect == "equal",
            "width": panel.width,
            "words": minus(panel.words),
            "marks": [_encode_mark(mark, panel) for mark in panel.marks],
        }
        for panel in scene
    ]


def difference(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> Any:
    """What turns ``old`` into ``new``: None when nothing changed, else whole panels or single fields.

    Examples
    --------
    >>> a = [{"title": "map", "marks": [{"kind": "point", "x": 1, "y": 2}]}]
    >>> b = [{"title": "map", "marks": [{"kind": "point", "x": 1, "y": 3}]}]
    >>> difference(a, b)
    {'0': {'marks': {'0': {'y': 3}}}}
    """
    if len(old) != len(new):
        return {"all": new}
    changes: dict[str, Any] = {}
    for i, (before, after) in enumerate(zip(old, new, strict=True)):
        if before == after:
            continue
        change: dict[str, Any] = {k: v for k, v in after.items() if k != "marks" and before.get(k) != v}
        shapes = [[(m["kind"], m.keys()) for m in panel["marks"]] for panel in (before, after)]
        if shapes[0] != shapes[1]:
            change["all_marks"] = after["marks"]
        else:
            marks = {
                str(j): {k: v for k, v in new_mark.items() if old_mark[k] != v}
                for j, (old_mark, new_mark) in enumerate(zip(before["marks"], after["marks"], strict=True))
            }
            if marks := {j: fields for j, fields in marks.items() if fields}:
                change["marks"] = marks
        changes[str(i)] = change
    return changes or None
