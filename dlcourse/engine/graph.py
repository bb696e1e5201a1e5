"""The graph: what a node is, how an operation becomes one, and the order in which nodes can be computed.

A node is a promise of an array. There are four kinds: a *placeholder* is filled when you run, a *parameter* is
learned, a *constant* never changes, and an *operation* is computed from its inputs. Nodes know their shape and
their dtype from the start, so a mistake is reported on the line that makes it. They hold no computed values:
those belong to a run (``program.py``).
"""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from dlcourse.engine.errors import DTypeError, Line, ShapeError, built, label, place, shape_text

if TYPE_CHECKING:
    from dlcourse.engine.kinds import OperationKind

Shape = tuple[int | None, ...]  # None: a size that only the data will tell, usually the number of samples
Array = NDArray[Any]
Operand = Any  # a node, an array, or a number
Dtype = np.dtype[Any]

_FOLDER = os.path.dirname(os.path.abspath(__file__))
_ENGINE_FILES = frozenset(os.path.join(_FOLDER, name) for name in os.listdir(_FOLDER) if name.endswith(".py"))
_serial = itertools.count()


def learners_line() -> Line:
    """The innermost line that is not the engine's own: the one the learner wrote."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename in _ENGINE_FILES:
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno


OPERATIONS: dict[str, OperationKind] = {}  # the engine's own, by name
LEARNERS_OPERATIONS: dict[str, OperationKind] = {}  # those added with `operation`; they may share a name with ours
_UFUNC_NAMES = {"absolute": "abs", "true_divide": "divide"}

# ---------------------------------------------------------------------------------------------------- nodes


class Node:
    """A promise of an array. Build nodes with :func:`placeholder`, :func:`parameter` and the operations.

    >>> import dlcourse as dl
    >>> x = dl.placeholder("x", shape=(None, 2))
    >>> y = 2 * x + 1
    >>> y.shape, y.dtype
    ((None, 2), dtype('float64'))
    """

    __slots__ = ("__weakref__", "dtype", "flat", "inputs", "name", "programs", "serial", "shape", "where")
    __array_priority__ = 1000.0
    inputs: tuple[Node, ...]
    kind_name = "node"

    def __init__(self, shape: Shape, dtype: Dtype, name: str | None, where: Line, inputs: tuple[Node, ...] = ()):
        self.shape, self.dtype, self.name, self.where, self.inputs = shape, dtype, name, where, inputs
        self.serial = next(_serial)  # a node is younger than its inputs
        self.programs: dict[Any, Any] | None = None  # what `run` has compiled for it
        self.flat: Any = None  # the flat form that it was last pickled in, see pickling.py

    @property
    def is_operation(self) -> bool:
        return isinstance(self, Operation)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def T(self) -> Node:
        """The transpose: all axes reversed."""
        return OPERATIONS["transpose"](self)

    def named(self, name: str) -> Node:
        """Give this node a name, for messages, pictures and ``.source``; returns the node itself."""
        self.name = checked_name(name)
        return self

    # fmt: off
    def __add__(self, other: Operand) -> Node: return OPERATIONS["add"](self, other)
    def __radd__(self, other: Operand) -> Node: return OPERATIONS["add"](other, self)
    def __sub__(self, other: Operand) -> Node: return OPERATIONS["subtract"](self, other)
    def __rsub__(self, other: Operand) -> Node: return OPERATIONS["subtract"](other, self)
    def __mul__(self, other: Operand) -> Node: return OPERATIONS["multiply"](self, other)
    def __rmul__(self, other: Operand) -> Node: return OPERATIONS["multiply"](other, self)
    def __truediv__(self, other: Operand) -> Node: return OPERATIONS["divide"](self, other)
    def __rtruediv__(self, other: Operand) -> Node: return OPERATIONS["divide"](other, self)
    def __pow__(self, other: Operand) -> Node: return OPERATIONS["power"](self, other)
    def __rpow__(self, other: Operand) -> Node: return OPERATIONS["power"](other, self)
    def __matmul__(self, other: Operand) -> Node: return OPERATIONS["matmul"](self, other)
    def __rmatmul__(self, other: Operand) -> Node: return OPERATIONS["matmul"](other, self)
    def __gt__(self, other: Operand) -> Node: return OPERATIONS["greater"](self, other)
    def __ge__(self, other: Operand) -> Node: return OPERATIONS["greater_equal"](self, other)
    def __lt__(self, other: Operand) -> Node: return OPERATIONS["less"](self, other)
    def __le__(self, other: Operand) -> Node: return OPERATIONS["less_equal"](self, other)
    def __neg__(self) -> Node: return OPERATIONS["negative"](self)
    def __abs__(self) -> Node: return OPERATIONS["abs"](self)
    # fmt: on

    def __getitem__(self, index: Any) -> Node:
        from dlcourse.engine.operations import getitem  # operations.py stands on this file

        return getitem(self, index)

    def __repr__(self) -> str:
        name = f" {self.name!r}" if self.name else ""
        return f"<{self.kind_name}{name}, shape {shape_text(self.shape)}, {self.dtype}, built in {place(self.where)}>"

    # A node is used like an array, but it holds no numbers, and each of these says so in its own way.

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise DTypeError(
            f"{label(self)} is a node of a graph and holds no numbers yet: use dlcourse's own functions on it "
            f"(dl.exp(x), not np.exp(x)), and dl.run(x, feeds) to get its array." + built([self])
        )

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any, **options: Any) -> Node:
        kind = OPERATIONS.get(_UFUNC_NAMES.get(ufunc.__name__, ufunc.__name__))
        if kind is None or method != "__call__" or options:
            self.__array__()
        return kind(*operands)  # array + node arrives here

    def __bool__(self) -> NoReturn:
        raise DTypeError(
            f"{label(self)} has no value until you run it, so `if` and `and` cannot look at it. "
            f"Use dl.where(condition, a, b) to choose inside the graph." + built([self])
        )

    def __float__(self) -> NoReturn:
        self.__array__()

    __int__ = __index__ = __float__

    def __len__(self) -> int:
        if not self.shape or self.shape[0] is None:
            raise DTypeError(f"{label(self)} has shape {shape_text(self.shape)}, so its length is not known yet.")
        return self.shape[0]

    def __iter__(self) -> NoReturn:
        raise DTypeError(f"{label(self)} cannot be looped over: index it (x[0], x[1]), or work on all rows at once.")

    def __setitem__(self, index: Any, value: Any) -> NoReturn:
        raise DTypeError(
            f"{label(self)} is a node, and nodes are never changed. Build a new one instead: "
            "dl.where(condition, new, old), or dl.concatenate([before, new, after])." + built([self])
        )

    def __reduce__(self) -> tuple[Any, ...]:
        from dlcourse.engine.pickling import flattened  # without recursion

        return flattened(self)


class Placeholder(Node):
    """A node that is filled when you run: see :func:`placeholder`."""

    __slots__ = ("weak",)
    kind_name = "placeholder"

    def __init__(self, shape: Shape, dtype: Dtype, name: str | None, where: Line, weak: bool = False):
        super().__init__(shape, dtype, name, where)
        self.weak = weak

    def __reduce__(self) -> tuple[Any, ...]:
        return Placeholder, (self.shape, self.dtype, self.name, self.where, self.weak)


class Constant(Node):
    """A node whose value never changes: see :func:`constant`."""

    __slots__ = ("array", "weak")
    kind_name = "constant"

    def __init__(self, array: Array, name: str | None, where: Line, weak: bool = False):
        super().__init__(array.shape, array.dtype, name, where)
        self.array, self.weak = array, weak  # weak: written as a plain number, takes the dtype of what it meets

    def __reduce__(self) -> tuple[Any, ...]:
        return Constant, (self.array, self.name, self.where, self.weak)


class Parameter(Node):
    """A node whose value is learned: see :func:`parameter`."""

    __slots__ = ("array",)  # never written to: an update puts a new array in its place
    kind_name = "parameter"

    def __init__(self, array: Array, name: str | None, where: Line):
        super().__init__(array.shape, array.dtype, name, where)
        self.array = array

    @property
    def value(self) -> Array:
        """A copy of the parameter's present value."""
        return self.array.copy() if isinstance(self.array, np.ndarray) else self.array.get()  # from a GPU

    def assign(self, array: ArrayLike) -> None:
        """Give the parameter a new value, of the same shape."""
        new = numeric_array(array, f"the new value of {label(self)}")
        if new.shape != self.shape:
            raise ShapeError(
                f"{label(self)} has shape {shape_text(self.shape)} and cannot be assigned "
                f"an array of shape {shape_text(new.shape)}." + built([self])
            )
        self.array = new.astype(self.dtype, order="C")

    def __reduce__(self) -> tuple[Any, ...]:
        return Parameter, (self.array, self.name, self.where)


class Operation(Node):
    """A node that is computed from its `inputs`: see ``operations.py``."""

    __slots__ = ("attributes", "kind")

    def __init__(
        self,
        kind: OperationKind,
        inputs: tuple[Node, ...],
        attributes: dict[str, Any],
        shape: Shape,
        dtype: Dtype,
        name: str | None,
        where: Line,
    ):
        super().__init__(shape, dtype, name, where, inputs)
        self.kind, self.attributes = kind, attributes

    @property
    def kind_name(self) -> str:  # type: ignore[override]
        return self.kind.name


def placeholder(name: str, shape: Sequence[int | None] | int = (), dtype: DTypeLike = float) -> Placeholder:
    """An input, filled with data when you run. `None` in `shape` stands for a size that each run may choose.

    >>> import dlcourse as dl
    >>> x = dl.placeholder("x", shape=(None, 2))
    >>> dl.run(dl.sum(x), {x: [[1, 2], [3, 4]]})
    array(10.)
    """
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    for size in sizes:
        if size is not None and (isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 0):
            raise ShapeError(f"the shape of placeholder {name!r} has {size!r} in it: use whole numbers, or None.")
    kind = np.dtype(dtype)
    if kind.kind not in "fiub":
        raise DTypeError(f"placeholder {name!r} cannot hold {kind}: use float, np.float32, int or bool.")
    return Placeholder(tuple(s if s is None else int(s) for s in sizes), kind, checked_name(name), learners_line())


def parameter(initial_array: ArrayLike, name: str | None = None) -> Parameter:
    """Something to be learned, starting from a copy of `initial_array`, which must hold floating-point numbers.

    >>> import dlcourse as dl
    >>> W = dl.parameter([[0.5, -0.5]], name="W")
    >>> W.value
    array([[ 0.5, -0.5]])
    """
    what = f"parameter {name!r}" if name else "this parameter"
    array = numeric_array(initial_array, what)
    if array.dtype.kind != "f":
        raise DTypeError(
            f"{what} holds {array.dtype}, and whole numbers cannot be moved by a small step. "
            f"Write its numbers with a decimal point (3.0), or use array.astype(float)."
        )
    return Parameter(array.copy(order="C"), None if name is None else checked_name(name), learners_line())


def constant(value: ArrayLike, name: str | None = None, dtype: DTypeLike | None = None) -> Constant:
    """A node that always has this value. A plain number takes the dtype of what it meets, as in NumPy.

    >>> import dlcourse as dl
    >>> k = dl.constant(3.0)
    >>> (k * dl.parameter([1.0, 2.0])).shape
    (2,)
    """
    weak = dtype is None and type(value) in (int, float, bool)
    array = np.array(numeric_array(value, "this constant"), dtype=dtype)
    return Constant(array, None if name is None else checked_name(name), learners_line(), weak)


def numeric_array(value: Any, what: str) -> Array:
    """`value` as an array of numbers, or a sentence that says why it is none."""
    if isinstance(value, Node):
        raise DTypeError(f"{what} must be an array, and {label(value)} is a node." + built([value]))
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise DTypeError(f"{what} is not an array: its rows have different lengths.") from error
    if array.dtype.kind not in "fiub":
        raise DTypeError(f"{what} must hold numbers, and this has dtype {array.dtype}.")
    return array


def checked_name(name: str) -> str:
    """Names are free text that fits on a line."""
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise DTypeError(f"{name!r} cannot be a name: use some text on one line.")
    return name


def as_nodes(operands: Iterable[Operand], what: str) -> tuple[Node, ...]:
    """Operands as nodes. A plain number takes the dtype of the nodes and arrays beside it, as in NumPy."""
    nodes = [o if isinstance(o, Node) else constant(o) for o in operands]
    strong = [n.dtype for n in nodes if not getattr(n, "weak", False)]
    if len(strong) < len(nodes) and strong:
        for i, node in enumerate(nodes):
            if isinstance(node, Constant) and node.weak:
                dtype = np.result_type(*strong, node.array.item())
                nodes[i] = Constant(node.array.astype(dtype), node.name, node.where)
    return tuple(nodes)


# ----------------------------------------------------------------------------------------------------- order


def topological_order(targets: Node | Sequence[Node], known: Container[Node] = ()) -> list[Node]:
    """`targets` and all they depend on, each once, inputs before the operations that use them; none of `known`.

    A walk into the depth, with a stack of its own instead of recursion, so that a chain may be of any length.

    >>> import dlcourse as dl
    >>> x = dl.parameter(2.0, name="x")
    >>> [node.kind_name for node in topological_order(x * x + x)]
    ['parameter', 'multiply', 'add']
    """
    order: list[Node] = []
    done: set[Node] = set()
    stack = [targets] if isinstance(targets, Node) else list(reversed(targets))
    while stack:
        node = stack[-1]
        seen = node in done or node in known
        waiting = [] if seen else [parent for parent in node.inputs if parent not in done and parent not in known]
        if waiting:
            stack.extend(reversed(waiting))
            continue
        stack.pop()
        if not seen:
            done.add(node)
            order.append(node)
    return order


def evaluate(targets: Sequence[Node], feeds: Mapping[Placeholder, ArrayLike]) -> list[Array]:
    """The values of `targets`: for each node in order, its operation's NumPy function on the values of its inputs.

    That is all there is to running a graph. :func:`run` does the same, faster.

    >>> import dlcourse as dl
    >>> x = dl.placeholder("x")
    >>> evaluate([x * x, dl.exp(0 * x)], {x: 3.0})
    [array(9.), array(1.)]
    """
    values: dict[Node, Array] = {}
    with np.errstate(all="ignore"):
        for node in topological_order(targets):
            if isinstance(node, Operation):
                values[node] = node.kind.value([values[x] for x in node.inputs], node.attributes, node.dtype)
            elif isinstance(node, Parameter | Constant):
                values[node] = node.array
            elif isinstance(node, Placeholder):
                values[node] = np.asarray(feeds[node], node.dtype)
    return [values[target] for target in targets]
