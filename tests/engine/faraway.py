"""A device for tests: NumPy behind a fence, with CuPy's manners.

Its arrays refuse to become NumPy's by themselves, and its functions refuse NumPy's arrays: a transfer that nobody asked
for is an error, as with CuPy. As there, `maximum.reduce` is missing, results of 0 dimensions are arrays, too,
`np.add.at` is refused (the module's own `add.at` works), and `zeros_like(x, shape=())` has the shape of x: each was
seen on a real GPU.
The programs compiled for it say ``from tests.engine.faraway import ...``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dlcourse.engine.hardware import Device

transfers: list[str] = []  # "put" and "get", as they happen


class Array:
    """An array of the device. `_hidden` is NumPy's, and only this file looks at it."""

    def __init__(self, hidden: Any) -> None:
        self._hidden = np.asarray(hidden)

    shape = property(lambda self: self._hidden.shape)
    dtype = property(lambda self: self._hidden.dtype)
    size = property(lambda self: self._hidden.size)
    ndim = property(lambda self: self._hidden.ndim)
    T = property(lambda self: Array(self._hidden.T))

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("Implicit conversion to a NumPy array is not allowed.")

    def get(self) -> Any:
        transfers.append("get")
        return self._hidden.copy()

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, **options: Any) -> Any:
        if method == "at":
            return NotImplemented
        return _called(getattr(ufunc, method) if method != "__call__" else ufunc, operands, options)

    def __array_function__(self, function: Any, types: Any, operands: Any, options: Any) -> Any:
        if function is np.asarray:  # np.asarray(array, like=x) puts it where x is
            return _put(*operands)
        if not options.get("shape", True):
            del options["shape"]
        return _called(function, operands, options)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        method = getattr(self._hidden, name)
        return lambda *operands, **options: _called(method, operands, options)

    def __bool__(self) -> bool:
        return bool(self._hidden)

    def __setitem__(self, index: Any, value: Any) -> None:
        self._hidden[_shown(index)] = _shown(value)


def _shown(value: Any) -> Any:
    if isinstance(value, Array):
        return value._hidden
    if isinstance(value, np.ndarray):
        raise TypeError("Unsupported type <class 'numpy.ndarray'>")
    if isinstance(value, tuple | list):
        return type(value)(_shown(v) for v in value)
    return value


def _called(function: Any, operands: Any, options: Any) -> Any:
    out = options.get("out")
    result = function(*_shown(tuple(operands)), **{k: _shown(v) for k, v in options.items()})
    if out is not None:
        return out[0] if isinstance(out, tuple) else out
    return Array(result) if isinstance(result, np.ndarray | np.generic) else result


for _name in (
    "add",
    "radd",
    "sub",
    "rsub",
    "mul",
    "rmul",
    "truediv",
    "rtruediv",
    "pow",
    "rpow",
    "neg",
    "matmul",
    "getitem",
    "gt",
    "ge",
    "lt",
    "le",
    "eq",
    "or",
    "and",
):
    setattr(Array, f"__{_name}__", lambda self, *o, _name=_name: _called(getattr(self._hidden, f"__{_name}__"), o, {}))


class _Function:
    """NumPy's function, for arrays of the device; of the reductions only those that on_cuda.py gives to CuPy."""

    def __init__(self, function: Any, reduction: Any = None) -> None:
        self.function = function
        if reduction is not None:
            self.reduce = _Function(reduction)

    def __call__(self, *operands: Any, **options: Any) -> Any:
        return _called(self.function, operands, options)

    def at(self, whole: Array, index: Any, values: Any) -> None:
        self.function.at(whole._hidden, _shown(index), _shown(values))


def __getattr__(name: str) -> Any:
    if name.startswith(("_", "pytest")):
        raise AttributeError(name)
    return _Function(getattr(np, name), {"add": np.sum, "maximum": np.max, "minimum": np.min}.get(name))


def _put(array: Any) -> Array:
    if isinstance(array, Array):
        return array
    transfers.append("put")
    return Array(np.array(array))


def _get(array: Any) -> Any:
    return array.get() if isinstance(array, Array) else array


def device() -> Device:
    import sys

    return Device("faraway", sys.modules[__name__], _put, _get)
