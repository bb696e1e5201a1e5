"""What an answer gave back, as JSON without loss, and the one comparison of two such observations.

``encode`` runs where the answer runs; ``differs`` runs where it is judged: in the same kernel for ``check``,
in another process for grading. Floats travel as hexadecimal text, so nothing is rounded on the way. The type
and the size of a value are looked at before it is converted: a subclass with methods of its own, or a view
of a trillion zeros, becomes ``{"kind": "unsupported"}``.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST_VALUES", "Difference", "Unsupported", "bits", "contains", "decode", "differs", "encode", "other_kind"]

Encoded = dict[str, Any]

MOST_VALUES = 100_000  # numbers and strings in one observation
MOST_TEXT = 10_000  # characters in one string
MOST_DEPTH = 20  # lists in lists
MOST_INTEGER_BITS = 1000  # what is larger has no float to be compared as

# No more is forgiven to float16: an answer chooses its type, and would choose how near is near enough.
RELATIVE = {"float64": 1e-9, "float32": 1e-5, "float16": 1e-5, "complex64": 1e-5, "complex128": 1e-9}


@dataclass(frozen=True)
class Unsupported:
    """Stands for a value that was not observed, because of its type or size; written as a learner reads it."""

    type_name: str
    why: str = ""

    def __repr__(self) -> str:
        if self.why.startswith("too large: shape"):
            return self.why.replace("too large:", "array of")
        if self.type_name in ("function", "WrittenFunction"):
            return "a function"
        return f"something of type {self.type_name}" + (f" ({self.why})" if self.why else "")


# ------------------------------------------------------------------------------------------------ to JSON


def encode(value: Any, most: int = MOST_VALUES) -> Encoded:
    """Turn a value into JSON-able data that says all about it: kind, shape, and every bit of every number.

    What holds more than ``most`` numbers and strings is not observed.

    Examples
    --------
    >>> encode(0.5)
    {'kind': 'float', 'value': '0x1.0000000000000p-1'}
    >>> encode((1, None))
    {'kind': 'tuple', 'items': [{'kind': 'int', 'value': '1'}, {'kind': 'none'}]}
    >>> encode(np.float32([1, 2]))["dtype"]
    'float32'
    >>> encode(object())
    {'kind': 'unsupported', 'type': 'object', 'why': ''}
    """
    return _encode(value, [most], MOST_DEPTH)


def _encode(value: Any, left: list[int], depth: int) -> Encoded:
    kind = type(value)  # never isinstance: a subclass may lie about itself
    left[0] -= 1
    if left[0] < 0 or depth == 0:
        return unsupported(kind, "too large")
    if value is None:
        return {"kind": "none"}
    if value is ...:
        return {"kind": "ellipsis"}
    if kind is bool:
        return {"kind": "bool", "value": value}
    if kind is int:
        if value.bit_length() > MOST_INTEGER_BITS:
            return unsupported(kind, "too large")
        return {"kind": "int", "value": hex(value) if value.bit_length() > 64 else str(value)}
    if kind is float:
        return {"kind": "float", "value": value.hex()}
    if kind is complex:
        return {"kind": "array", "dtype": "complex128", "shape": [], "data": [value.real.hex(), value.imag.hex()]}
    if kind is str:
        return {"kind": "str", "value": value} if len(value) <= MOST_TEXT else unsupported(kind, "too large")
    if kind in (list, tuple):
        if len(value) > left[0]:
            return unsupported(kind, "too large")
        return {"kind": kind.__name__, "items": [_encode(item, left, depth - 1) for item in value]}
    if kind is dict:
        if len(value) > left[0]:
            return unsupported(kind, "too large")
        pairs = [[_encode(k, left, depth - 1), _encode(v, left, depth - 1)] for k, v in value.items()]
        return {"kind": "dict", "items": pairs}
    if kind in (set, frozenset):
        if len(value) > left[0]:
            return unsupported(kind, "too large")
        return {"kind": "set", "items": [_encode(item, left, depth - 1) for item in sorted(value, key=repr)]}
    if kind is np.ndarray or kind in NUMPY_SCALARS:
        return _encode_array(np.asarray(value), left)
    return unsupported(kind)


NUMPY_SCALARS = frozenset(
    {np.bool_, np.str_, np.complex64, np.complex128, np.float16, np.float32, np.float64, np.longdouble}
    | {np.dtype(code).type for code in "bBhHiIlLqQ"}
)


def _encode_array(array: NDArray[Any], left: list[int]) -> Encoded:
    if array.size > left[0]:
        return unsupported(type(array), f"too large: shape {array.shape}")
    left[0] -= array.size
    if array.dtype == np.longdouble:  # more digits than anybody asks for, on some systems
        array = array.astype(np.float64)
    name, kind = array.dtype.name, array.dtype.kind
    if kind == "O":
        return unsupported(type(array), "an array of objects")
    if name not in RELATIVE and kind not in "biuU":
        return unsupported(type(array), f"dtype {name}")
    if kind == "U" and array.dtype.itemsize * array.size > 40 * MOST_TEXT:
        return unsupported(type(array), "too large")
    data: list[Any] = array.ravel().tolist()
    if kind == "f":
        data = [item.hex() for item in data]
    elif kind == "c":
        data = [part.hex() for item in data for part in (item.real, item.imag)]
    return {"kind": "array", "dtype": "str" if kind == "U" else name, "shape": list(array.shape), "data": data}


def unsupported(kind: type, why: str = "") -> Encoded:
    """Say that a value was not observed."""
    name = type.__getattribute__(kind, "__name__")
    return {"kind": "unsupported", "type": str(name)[:80], "why": why}


def decode(encoded: Encoded) -> Any:
    """Turn what ``encode`` made back into the value; raise ``ValueError`` or the like on anything else.

    Examples
    --------
    >>> decode(encode({"a": [1, 2.5, "x"], "W": np.eye(2)}))
    {'a': [1, 2.5, 'x'], 'W': array([[1., 0.],
           [0., 1.]])}
    """
    kind = encoded["kind"]
    if kind == "none":
        return None
    if kind == "ellipsis":
        return ...
    if kind in ("bool", "str"):
        if type(encoded["value"]).__name__ != kind:
            raise ValueError(f"not a {kind}")
        return encoded["value"]
    if kind == "int":
        number = int(encoded["value"], 0)
        if number.bit_length() > MOST_INTEGER_BITS:
            raise ValueError("not an integer that is sent")
        return number
    if kind == "float":
        return float.fromhex(encoded["value"])
    if kind == "list":
        return [decode(item) for item in encoded["items"]]
    if kind == "tuple":
        return tuple(decode(item) for item in encoded["items"])
    if kind == "dict":
        return {_key(k): decode(v) for k, v in encoded["items"]}
    if kind == "set":
        return {_key(item) for item in encoded["items"]}
    if kind == "array":
        return _decode_array(encoded)
    if kind == "unsupported" and encoded["type"].isprintable() and encoded["why"].isprintable():
        return Unsupported(encoded["type"][:80], encoded["why"][:80])
    raise ValueError("not an observation")


def _key(encoded: Encoded) -> Any:
    key = decode(encoded)
    return key if key.__hash__ is not None else repr(key)


def _decode_array(encoded: Encoded) -> NDArray[Any]:
    name, data = encoded["dtype"], encoded["data"]
    if name not in RELATIVE and not re.fullmatch(r"bool|str|u?int(8|16|32|64)", name):
        raise ValueError(f"no array of dtype {name}")  # it may come from a hostile process
    if name.startswith("float"):
        data = [float.fromhex(item) for item in data]
    elif name.startswith("complex"):
        parts = [float.fromhex(item) for item in data]
        data = [complex(re, im) for re, im in zip(parts[::2], parts[1::2], strict=True)]
    return np.array(data, dtype=str if name == "str" else name).reshape(encoded["shape"])


def contains(encoded: Encoded, kind: str) -> bool:
    """Tell whether a value of this kind is anywhere in the observation."""
    return any(part["kind"] == kind for part in parts_of(encoded))


def parts_of(encoded: Encoded) -> Iterator[Encoded]:
    """The observation and everything in it."""
    yield encoded
    for item in encoded.get("items", ()):
        for part in item if encoded["kind"] == "dict" else [item]:
            yield from parts_of(part)


# -------------------------------------------------------------------------------------------- comparison


@dataclass(frozen=True)
class Difference:
    """The first place where two observations differ.

    Attributes
    ----------
    kind : str
        ``"type"``, ``"shape"``, ``"nan"`` (nan where a number is meant) or ``"value"``.
    path : tuple
        The way to the place: positions in lists and arrays, keys of dicts.
    expected, observed : object
        What is there, decoded.
    """

    kind: str
    path: tuple[Any, ...]
    expected: Any
    observed: Any


def differs(expected: Encoded, observed: Encoded, rtol: float | None = None) -> Difference | None:
    """Find where ``observed`` differs from ``expected``; ``None`` when they are equal.

    Lists, tuples and arrays of equal shape and value are equal, and so are integers and floats of equal value.
    Floats may differ by 1e-9 relative (float32: 1e-5), or by ``rtol``. An entry that cancels to almost nothing
    is measured against the largest entry beside it, and against 1. nan equals nan.

    Examples
    --------
    >>> differs(encode([1, 2]), encode(np.array([1.0, 2.0]))) is None
    True
    >>> differs(encode([1.0, 2.0]), encode([1.0, 2.1]))
    Difference(kind='value', path=(1,), expected=2.0, observed=2.1)
    >>> differs(encode(np.zeros(3)), encode(np.zeros((3, 1)))).kind
    'shape'
    """
    return _differs(expected, observed, rtol, ())


def _differs(expected: Encoded, observed: Encoded, rtol: float | None, path: tuple[Any, ...]) -> Difference | None:
    left, right = as_array(expected), as_array(observed)
    if left is not None and right is not None:
        if (left.dtype.kind == "U") != (right.dtype.kind == "U") and left.size and right.size:
            return Difference("type", path, decode(expected), decode(observed))
        if left.shape != right.shape:
            return Difference("shape", path, decode(expected), decode(observed))
        wrong = ~equal(left, right, rtol)
        if not wrong.any():
            return None
        first = int(np.argmax(wrong))
        where = np.unravel_index(first, wrong.shape)
        here, there = left.ravel().tolist()[first], right.ravel().tolist()[first]
        kind = "nan" if there != there and here == here else "value"
        return Difference(kind, path + tuple(int(i) for i in where), here, there)
    if expected["kind"] == observed["kind"] == "dict":
        ours, theirs = ({_key(k): v for k, v in side["items"]} for side in (expected, observed))
        if ours.keys() != theirs.keys():
            return Difference("shape", path, decode(expected), decode(observed))
        pairs = [((*path, key), ours[key], theirs[key]) for key in ours]
    elif expected["kind"] == observed["kind"] == "set":
        same = decode(expected) == decode(observed)
        return None if same else Difference("value", path, decode(expected), decode(observed))
    elif (left_items := items_of(expected)) is not None and (right_items := items_of(observed)) is not None:
        if len(left_items) != len(right_items):
            return Difference("shape", path, decode(expected), decode(observed))
        pairs = [((*path, i), a, b) for i, (a, b) in enumerate(zip(left_items, right_items, strict=True))]
    elif expected["kind"] == observed["kind"] and expected["kind"] in ("none", "ellipsis"):
        return None
    else:
        return Difference("type", path, decode(expected), decode(observed))
    found = (_differs(a, b, rtol, place) for place, a, b in pairs)
    return next((difference for difference in found if difference is not None), None)


def other_kind(expected: Encoded, observed: Encoded, path: tuple[Any, ...] = ()) -> Difference | None:
    """Find where equal values are held by another kind of thing: a list, a tuple, an array, a dictionary.

    Examples
    --------
    >>> other_kind(encode([1.0, 2.0]), encode((1.0, 2.0)))
    Difference(kind='type', path=(), expected=[1.0, 2.0], observed=(1.0, 2.0))
    >>> other_kind(encode((1.0, np.zeros(2))), encode((np.float64(1), np.zeros(2)))) is None
    True
    """
    holders = ("list", "tuple", "dict", "set", "array")
    ours, theirs = (
        side["kind"] if side["kind"] in holders and side.get("shape") != [] else "" for side in (expected, observed)
    )
    if ours != theirs:
        return Difference("type", path, decode(expected), decode(observed))
    pairs: Iterable[tuple[Any, Encoded, Encoded]] = ()
    if ours in ("list", "tuple"):
        pairs = zip(itertools.count(), expected["items"], observed["items"], strict=False)
    elif ours == "dict":
        found = {_key(k): v for k, v in observed["items"]}
        pairs = ((_key(k), v, found[_key(k)]) for k, v in expected["items"])
    deeper = (other_kind(a, b, (*path, place)) for place, a, b in pairs)
    return next((difference for difference in deeper if difference is not None), None)


def as_array(encoded: Encoded) -> NDArray[Any] | None:
    """A number, a string, an array, or lists of these with a common shape, as an array; ``None`` for the rest."""
    kind = encoded["kind"]
    if kind == "array":
        return _decode_array(encoded)
    if kind in ("bool", "float", "str"):
        return np.array(decode(encoded))
    if kind == "int":
        number = decode(encoded)
        return np.array(number) if number.bit_length() < 63 else np.array(number, dtype=object)
    if kind in ("list", "tuple"):
        rows = [as_array(item) for item in encoded["items"]]
        known = [row for row in rows if row is not None]
        if len(known) < len(rows) or len({row.shape for row in known}) > 1:
            return None
        if len({row.dtype.kind == "U" for row in known}) > 1:
            return None
        return np.stack(known) if known else np.zeros(0)
    return None


def items_of(encoded: Encoded) -> list[Encoded] | None:
    """The entries of a list, a tuple or an array with at least one axis."""
    if encoded["kind"] in ("list", "tuple"):
        return list(encoded["items"])
    if encoded["kind"] == "array" and encoded["shape"]:
        return [_encode_array(np.asarray(row), [MOST_VALUES]) for row in _decode_array(encoded)]
    return None


def equal(left: NDArray[Any], right: NDArray[Any], rtol: float | None) -> NDArray[np.bool_]:
    """Entry by entry: are they the same, within the tolerance of their type?"""
    exact = all(side.dtype.kind in "biuUO" for side in (left, right))
    same = np.asarray(left == right, dtype=bool)
    if exact:
        return same
    if rtol is None:
        rtol = max(RELATIVE.get(side.dtype.name, 0.0) for side in (left, right))
    with np.errstate(all="ignore"):
        if "O" in (left.dtype.kind, right.dtype.kind):  # a huge integer beside a float
            left, right = (np.array([float(v) for v in side.ravel()]).reshape(side.shape) for side in (left, right))
        size = np.abs(left)
        finite = np.isfinite(left) & np.isfinite(right)
        scale = float(np.max(size[finite], initial=1.0))
        allowed = rtol * np.maximum(size, np.abs(right)) + 1e-3 * rtol * scale
        near = finite & (np.abs(left - right) <= allowed)
        both_nan = (left != left) & (right != right)
    return np.asarray(same | near | both_nan, dtype=bool)


def bits(observations: list[Encoded]) -> float:
    """Estimate from below how hard it is to guess these observations: bits.

    A number with a fractional part counts 30 bits, once for each distinct value. Integers, words and
    booleans count by how evenly they are spread: ten times the same word is nothing to guess.

    Examples
    --------
    >>> bits([encode(True)]), bits([encode([0.1, 0.2])])
    (0.0, 60.0)
    >>> round(bits([encode(["up", "down"] * 20)]))
    40
    """
    fractions: set[float] = set()
    symbols: list[Any] = []
    for observation in observations:
        for part in parts_of(observation):
            array = as_array(part) if part["kind"] not in ("list", "tuple", "dict") else None
            for value in array.ravel().tolist() if array is not None else []:
                if isinstance(value, float) and math.isfinite(value) and value != int(value):
                    fractions.add(value)
                else:
                    symbols.append(repr(value))
    counts = Counter(symbols)
    spread = sum(-n * math.log2(n / len(symbols)) for n in counts.values())
    return 30.0 * len(fractions) + spread
