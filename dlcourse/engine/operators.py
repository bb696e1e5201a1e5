"""What a node answers to: operators and methods of arrays, and a sentence for all that other libraries call otherwise.

The operators and methods are declared here and attached in ``operations.py``, where the operations are defined.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Generic, NoReturn, TypeVar

from dlcourse.engine.errors import DTypeError, EngineError, built, label, made_by, shape_text

T = TypeVar("T")  # Node


class Operators(Generic[T]):
    """What is written with nodes. A node is used like an array, but holds no numbers, and says so in its own way."""

    def __init_subclass__(cls, made_by_call: str = "") -> None:
        if made_by_call:
            made_by(made_by_call)(cls)

    __slots__ = ()
    __array_priority__ = 1000.0
    name: str | None
    where: tuple[str, int]
    serial: int
    shape: tuple[int | None, ...]
    kind_name: str

    __add__: Callable[..., T]
    __radd__: Callable[..., T]
    __sub__: Callable[..., T]
    __rsub__: Callable[..., T]
    __mul__: Callable[..., T]
    __rmul__: Callable[..., T]
    __truediv__: Callable[..., T]
    __rtruediv__: Callable[..., T]
    __pow__: Callable[..., T]
    __rpow__: Callable[..., T]
    __matmul__: Callable[..., T]
    __rmatmul__: Callable[..., T]
    __gt__: Callable[..., T]
    __ge__: Callable[..., T]
    __lt__: Callable[..., T]
    __le__: Callable[..., T]
    __neg__: Callable[..., T]
    __abs__: Callable[..., T]
    __getitem__: Callable[..., T]
    __array_ufunc__: Callable[..., Any]
    __array_function__: Callable[..., Any]
    sum: Callable[..., T]
    mean: Callable[..., T]
    max: Callable[..., T]
    min: Callable[..., T]
    reshape: Callable[..., T]
    transpose: Callable[..., T]

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise DTypeError(
            f"{label(self)} is a node of a graph and holds no numbers yet: use dlcourse's own functions on it "
            f"(dl.exp(x), not np.exp(x)), and dl.run(x, feeds) to get its array." + built([self])
        )

    def __bool__(self) -> bool:
        raise DTypeError(
            f"{label(self)} has no value until you run it, so `if` and `and` cannot look at it. "
            f"Use dl.where(condition, a, b) to choose inside the graph." + built([self])
        )

    def __floordiv__(self, other: Any) -> NoReturn:
        raise DTypeError(
            f"{label(self)} is a node, and nodes have no // and no %: dl.floor(x / y) is how often y goes into x, and "
            "x - y * dl.floor(x / y) is the remainder." + built([self])
        )

    __rfloordiv__ = __mod__ = __rmod__ = __divmod__ = __rdivmod__ = __floordiv__

    def __and__(self, other: Any) -> NoReturn:
        raise DTypeError(
            f"{label(self)} is a node, and nodes have no &, | and ~: write dl.logical_and(a, b), dl.logical_or(a, b) "
            "and dl.logical_not(a)." + built([self])
        )

    __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __lshift__ = __rshift__ = __and__

    def __invert__(self) -> NoReturn:
        self.__and__(self)

    def __float__(self, *_: Any) -> NoReturn:
        self.__array__()

    __int__ = __index__ = __round__ = __trunc__ = __floor__ = __ceil__ = __float__

    def __format__(self, spec: str) -> str:
        if not spec:
            return repr(self)
        raise DTypeError(
            f"{label(self)} has no number to write with {spec!r} until you run it: "
            f"format float(dl.run(x, feeds)) instead." + built([self])
        )

    def __len__(self) -> int:
        if not self.shape or self.shape[0] is None:
            raise DTypeError(f"{label(self)} has shape {shape_text(self.shape)}, so its length is not known yet.")
        return self.shape[0]

    def __iter__(self) -> NoReturn:
        raise DTypeError(f"{label(self)} cannot be looped over: index it (x[0], x[1]), or work on all rows at once.")

    def __contains__(self, item: Any) -> NoReturn:
        self.__iter__()

    __reversed__ = __iter__

    def __setitem__(self, index: Any, value: Any) -> NoReturn:
        raise DTypeError(
            f"{label(self)} is a node, and nodes are never changed. Build a new one instead: "
            "dl.where(condition, new, old), or dl.concatenate([before, new, after])." + built([self])
        )

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):  # Python and IPython ask for many of these
            raise AttributeError(f"a node has no attribute {name!r}")
        from dlcourse.engine.elsewhere import of_node

        what = of_node(name, is_operation=hasattr(vars(sys.modules["dlcourse"]).get(name), "formula"))
        raise MissingAttribute(f"{label(self)} is a node and has no .{name}{what or '.'}" + built([self]))


class MissingAttribute(EngineError, AttributeError):
    """Something that arrays or other libraries' tensors have, and nodes do not."""


class Different:
    """What ``a == b`` is for nodes whose shapes do not fit together: a truth value, and of no other use."""

    def __init__(self, error: Exception, truth: bool) -> None:
        self.error, self.truth = error, truth

    def __bool__(self) -> bool:
        return self.truth

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise self.error
