"""The graph: what a node is, how an operation becomes one, and the order in which nodes can be computed.

A node is a promise of an array. There are four kinds: a *placeholder* is filled when you run, a *parameter* is
learned, a *constant* never changes, and an *operation* is computed from its inputs. Nodes know their shape and
their dtype from the start, so a mistake is reported on the line that makes it. They hold no computed values:
those belong to a run (``program.py``).
"""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from dlcourse.engine.errors import DTypeError, Line, ShapeError, built, label, learners_line, place, shape_text
from dlcourse.engine.operators import Operators
from dlcourse.engine.values import Array, Dtype, checked_dtype, checked_name, nodes_in, numeric_array

Shape = tuple[int | None, ...]  # None: a size that only the data will tell, usually the number of samples
Operand = Any  # a node, an array, or a number

_serial = itertools.count()


OPERATIONS: dict[str, Any] = {}  # the engine's own, by name
LEARNERS_OPERATIONS: dict[str, Any] = {}  # those added with `operation`; they may share a name with ours

# ---------------------------------------------------------------------------------------------------- nodes


class Node(Operators["Node"]):
    """A promise of an array. Build nodes with :func:`placeholder`, :func:`parameter` and the operations.

    >>> import dlcourse as dl
    >>> x = dl.placeholder("x", shape=(None, 2))
    >>> y = 2 * x + 1
    >>> y.shape, y.dtype
    ((None, 2), dtype('float64'))
    """

    __slots__ = ("__weakref__", "dtype", "flat", "inputs", "name", "programs", "serial", "shape", "where")
    inputs: tuple[Node, ...]
    kind_name = "node"
    kind: Any = None  # of an operation
    weak = False  # whether it was written as a plain number, and takes the dtype of what it meets

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

    def named(self, name: str) -> Node:
        """Give this node a name, for messages, pictures and ``.source``; returns the node itself."""
        self.name = checked_name(name)
        return self

    def __repr__(self) -> str:
        name = f" {self.name!r}" if self.name else ""
        return f"<{self.kind_name}{name}, shape {shape_text(self.shape)}, {self.dtype}, built in {place(self.where)}>"


class Placeholder(Node, made_by_call="dl.placeholder(name, shape=(), dtype=float)"):
    """A node that is filled when you run: see :func:`placeholder`."""

    __slots__ = ()
    kind_name = "placeholder"


class Constant(Node):
    """A node whose value never changes: see :func:`constant`."""

    __slots__ = ("array", "weak")
    kind_name = "constant"

    def __init__(self, array: Array, name: str | None, where: Line, weak: bool = False):
        super().__init__(array.shape, array.dtype, name, where)
        self.array, self.weak = array, weak


class Parameter(Node, made_by_call="dl.parameter(initial_array, name=None)"):
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

    @value.setter
    def value(self, array: ArrayLike) -> None:
        raise DTypeError(f"a new value is given by {label(self)}.assign(array)." + built([self]))

    def assign(self, array: ArrayLike) -> None:
        """Give the parameter a new value, of the same shape."""
        new = numeric_array(array, f"the new value of {label(self)}")
        if new.shape != self.shape:
            raise ShapeError(
                f"{label(self)} has shape {shape_text(self.shape)} and cannot be assigned "
                f"an array of shape {shape_text(new.shape)}." + built([self])
            )
        self.array = new.astype(self.dtype, order="C")


class Operation(Node):
    """A node that is computed from its `inputs`: see ``operations.py``."""

    __slots__ = ("attributes", "kind", "truth")  # truth: of `a == b` between nodes, whether a is b

    def __init__(
        self,
        kind: Any,
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
        return str(self.kind.name)


def placeholder(name: str, shape: Sequence[int | None] | int = (), dtype: DTypeLike = float) -> Placeholder:
    """An input, filled with data when you run. `None` in `shape` stands for a size that each run may choose.

    >>> import dlcourse as dl
    >>> x = dl.placeholder("x", shape=(None, 2))
    >>> dl.run(dl.sum(x), {x: [[1, 2], [3, 4]]})
    array(10.)
    """
    sizes = tuple(shape) if isinstance(shape, Sequence) else (shape,)
    for size in sizes:
        if size is not None and (isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 0):
            raise ShapeError(f"the shape of placeholder {name!r} has {size!r} in it: use whole numbers, or None.")
    kind = checked_dtype(dtype, f"placeholder {name!r}")
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
    if checked_dtype(array.dtype, what).kind != "f":
        raise DTypeError(
            f"{what} holds {array.dtype}, and whole numbers cannot be moved by a small step. "
            f"Write its numbers with a decimal point (3.0), or use array.astype(float)."
        )
    return Parameter(
        np.array(array, checked_dtype(array.dtype, what), order="C"),
        None if name is None else checked_name(name),
        learners_line(),
    )


def constant(value: ArrayLike, name: str | None = None, dtype: DTypeLike | None = None) -> Constant:
    """A node that always has this value. A plain number takes the dtype of what it meets, as in NumPy.

    >>> import dlcourse as dl
    >>> k = dl.constant(3.0)
    >>> (k * dl.parameter([1.0, 2.0])).shape
    (2,)
    """
    weak = dtype is None and type(value) in (int, float, bool)
    given = numeric_array(value, "this constant")
    array = np.array(given, dtype=checked_dtype(given.dtype if dtype is None else dtype, "a constant"))
    if array.dtype != given.dtype and array.dtype.kind in "iub" and not np.array_equal(array, given):
        raise DTypeError(
            f"a constant of {array.dtype} cannot hold {given.tolist()!r:.60}: use dtype=float, or a wider one."
        )
    return Constant(array, None if name is None else checked_name(name), learners_line(), weak)


def as_nodes(operands: Iterable[Operand], what: str) -> tuple[Node, ...]:
    """Operands as nodes. A plain number takes the dtype of the nodes and arrays beside it, as in NumPy."""
    nodes = [o if isinstance(o, Node) else constant(o) for o in operands]
    strong = [node.dtype for node in nodes if not node.weak]
    if len(strong) < len(nodes) and strong:
        for i, node in enumerate(nodes):
            if isinstance(node, Constant) and node.weak and node.dtype != strong[0]:
                number = node.array.item()
                dtype = np.result_type(*strong, 0 if type(number) is int else number)
                if dtype.kind in "iu" and np.array(number).astype(dtype).item() != number:
                    raise DTypeError(f"{what}: {number} does not fit into {dtype}. Use dl.cast for a wider dtype.")
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
    order: dict[Node, None] = {}
    met: set[Node] = set()
    stack: list[Node] = nodes_in(targets)[::-1]
    while stack:
        node = stack.pop()
        if node in order or node in known:
            continue
        if node in met or not node.inputs:  # its inputs are done
            order[node] = None
        else:
            met.add(node)
            stack.append(node)
            stack += node.inputs[::-1]
    return list(order)


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


def with_replaced(targets: Sequence[Node], replacements: Mapping[Node, Node]) -> list[Node]:
    """The same targets, computed from other nodes in place of some; the old graph stays as it is.

    >>> import dlcourse as dl
    >>> x, y = dl.parameter(3.0), dl.parameter(5.0)
    >>> dl.run(with_replaced([x * x + 1], {x: y}))
    [array(26.)]
    """
    new = dict(replacements)
    for node in topological_order(targets):
        if node not in new:
            moved = isinstance(node, Operation) and any(new[parent] is not parent for parent in node.inputs)
            inputs = tuple(new[parent] for parent in node.inputs)
            new[node] = node.kind.build(inputs, node.attributes, node.name, node.where) if moved else node
    return [new[target] for target in targets]
