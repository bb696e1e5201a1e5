"""What may be learned, fed or kept: arrays of numbers, of a dtype that can be computed with; and what may be a name."""

from __future__ import annotations

import gc
import operator
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from dlcourse.engine.errors import DTypeError, EngineError, ShapeError, built, label
from dlcourse.engine.operators import Operators

Array = NDArray[Any]
Dtype = np.dtype[Any]


def numeric_array(value: Any, what: str) -> Array:
    """`value` as an array of numbers, or a sentence that says why it is none."""
    if isinstance(value, Operators):
        raise DTypeError(f"{what} must be an array, and {label(value)} is a node." + built([value]))
    if isinstance(value, list | tuple) and (nodes := [part for part in value if isinstance(part, Operators)]):
        raise DTypeError(
            f"{what} must be an array, and this is a {type(value).__name__} with nodes in it: dl.stack([a, b]) and "
            "dl.concatenate([a, b]) make one node of several." + built(nodes[:1])
        )
    try:
        array = np.asarray(value)
    except EngineError:
        raise
    except ValueError as error:
        raise DTypeError(f"{what} is not an array: its rows have different lengths.") from error
    if hasattr(value, "filled") and hasattr(value, "mask"):
        raise DTypeError(f"{what} is a masked array, and its mask would be lost: use .filled(number), or drop entries.")
    if array.dtype.kind not in "fiub":
        beyond = array.dtype == object and all(type(number) in (int, float) for number in array.flat)
        holds = "whole numbers too large for 64 bits" if beyond and array.size else f"dtype {array.dtype}"
        raise DTypeError(f"{what} must hold numbers, and this has {holds}.")
    return array


_USUAL = {np.dtype(kind) for kind in (float, np.float32, int, bool)}


def checked_dtype(dtype: DTypeLike, what: str) -> Dtype:
    """A dtype that a graph can compute with."""
    if isinstance(dtype, np.dtype) and dtype in _USUAL:
        return dtype
    try:
        kind = np.dtype(dtype).newbyteorder("=")
    except TypeError:
        raise DTypeError(f"{what} cannot hold {dtype!r}: use float, np.float32, int or bool.") from None
    if kind.kind not in "fiub" or (kind.kind == "f" and kind.itemsize not in (4, 8)):
        raise DTypeError(f"{what} cannot hold {kind}: use float, np.float32, int or bool.")
    return kind


def nodes_in(given: Any) -> list[Any]:
    """One node, or several in a row, as a list of nodes."""
    nodes = [given] if isinstance(given, Operators) or not isinstance(given, Iterable) else list(given)
    for node in nodes:
        if not isinstance(node, Operators):
            instead = ": write .parameters() behind it" if hasattr(node, "parameters") else ""
            raise DTypeError(f"a node is needed here, or a list of nodes, and this is {node!r:.60}{instead}.")
    return nodes


def whole(number: Any, what: str) -> int:
    """A number that counts or numbers something: an axis, a size. `what` begins the sentence that refuses another."""
    try:
        if not isinstance(number, bool | np.bool_):
            return operator.index(number)
    except TypeError:
        pass
    shown = label(number) if isinstance(number, Operators) else repr(number)
    raise ShapeError(f"{what} must be a whole number, and {shown} is none.")


def sizes_in(shape: Any, what: str, least: int = 0) -> tuple[int, ...]:
    """The sizes of a shape that a learner wrote: a whole number, or several in a row."""
    given = tuple(shape) if isinstance(shape, tuple | list | np.ndarray) else (shape,)
    sizes = tuple(whole(size, f"{what}: a size") for size in given)
    if min(sizes, default=0) < least:
        raise ShapeError(f"{what}: {sizes} cannot be a shape, with a size of {min(sizes)}.")
    return sizes


def checked_name(name: str) -> str:
    """Names are free text that fits on a line."""
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise DTypeError(f"{name!r} cannot be a name: use some text on one line.")
    return name


@contextmanager
def nothing_to_collect() -> Iterator[None]:
    """Many objects are made, and all stay: Python need not look for dead ones among them, an eighth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
