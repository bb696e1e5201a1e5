"""What may be learned, fed or kept: arrays of numbers, of a dtype that can be computed with; and what may be a name."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from dlcourse.engine.errors import DTypeError, EngineError, built, label
from dlcourse.engine.operators import Operators

Array = NDArray[Any]
Dtype = np.dtype[Any]


def numeric_array(value: Any, what: str) -> Array:
    """`value` as an array of numbers, or a sentence that says why it is none."""
    if isinstance(value, Operators):
        raise DTypeError(f"{what} must be an array, and {label(value)} is a node." + built([value]))
    try:
        array = np.asarray(value)
    except EngineError:
        raise
    except ValueError as error:
        raise DTypeError(f"{what} is not an array: its rows have different lengths.") from error
    if hasattr(value, "filled") and hasattr(value, "mask"):
        raise DTypeError(f"{what} is a masked array, and its mask would be lost: use .filled(number), or drop entries.")
    if array.dtype.kind not in "fiub":
        raise DTypeError(f"{what} must hold numbers, and this has dtype {array.dtype}.")
    return array


def checked_dtype(dtype: DTypeLike, what: str) -> Dtype:
    """A dtype that a graph can compute with."""
    kind = np.dtype(dtype).newbyteorder("=")
    if kind.kind not in "fiub" or (kind.kind == "f" and kind.itemsize not in (4, 8)):
        raise DTypeError(f"{what} cannot hold {kind}: use float, np.float32, int or bool.")
    return kind


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
