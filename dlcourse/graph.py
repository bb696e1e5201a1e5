"""The graph: what a node is, how an operation becomes one, and the order in which nodes can be computed.

A node is a promise of an array. There are four kinds: a *placeholder* is filled when you run, a *parameter* is
learned, a *constant* never changes, and an *operation* is computed from its inputs. Nodes know their shape and
their dtype from the start, so a mistake is reported on the line that makes it. They hold no computed values:
those belong to a run (``program.py``).
"""

from __future__ import annotations

import inspect
import itertools
import os
import sys
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from dlcourse.errors import DTypeError, EngineError, Line, Mismatch, ShapeError, built, code, label, place, shape_text

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


# ---------------------------------------------------------------------------------------------------- nodes


class Node:
    """A promise of an array. Build nodes with :func:`placeholder`, :func:`parameter` and the operations.

    >>> import dlcourse as dl
    >>> x = dl.placeholder("x", shape=(None, 2))
    >>> y = 2 * x + 1
    >>> y.shape, y.dtype
    ((None, 2), dtype('float64'))
    """

    __slots__ = ("__weakref__", "_flat", "dtype", "inputs", "name", "programs", "serial", "shape", "where")
    __array_priority__ = 1000.0
    inputs: tuple[Node, ...]
    kind_name = "node"

    def __init__(self, shape: Shape, dtype: Dtype, name: str | None, where: Line, inputs: tuple[Node, ...] = ()):
        self.shape, self.dtype, self.name, self.where, self.inputs = shape, dtype, name, where, inputs
        self.serial = next(_serial)  # a node is younger than its inputs
        self.programs: dict[Any, Any] | None = None  # what `run` has compiled for it
        self._flat: Any = None  # see `__reduce__`

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
        from dlcourse.operations import getitem  # operations.py stands on this file

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
        return _unflatten, _flatten(self)


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
        return self.array.copy()

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

    def __init__(self, kind: OperationKind, inputs: tuple[Node, ...], attributes: dict[str, Any],
                 shape: Shape, dtype: Dtype, name: str | None, where: Line):  # fmt: skip
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


# ----------------------------------------------------------------------------------------- kinds of operation


class ShapeOf(tuple[int | None, ...]):
    """A shape, as a shape rule gets it: a tuple that also answers to `.shape` and `.ndim`, as an array would."""

    __slots__ = ()

    @property
    def shape(self) -> ShapeOf:
        return self

    @property
    def ndim(self) -> int:
        return len(self)


ShapeRule = Callable[..., Sequence[int | None]]


class OperationKind:
    """What all nodes of one kind share: how to compute them, and the shape and dtype of the result.

    One of three says how to compute: `compute`, a NumPy function's name, a template of an expression or a function
    of arrays; or `formula`, a function that builds the node from simpler ones once all sizes are known.
    `scalar` is the expression for single numbers. Calling a kind builds a node.
    """

    def __init__(self, name: str, compute: str | Callable[..., Any] = "", shape: ShapeRule | None = None,
                 dtype: str | DTypeLike = "same", scalar: str = "", view: bool = False,
                 formula: Callable[..., Node] | None = None, learners: bool = False):  # fmt: skip
        self.name, self.compute, self.shape_rule, self.dtype_rule = name, compute, shape or broadcast_shapes, dtype
        self.scalar, self.view, self.formula, self.learners = scalar, view, formula, learners
        self.elementwise = isinstance(compute, str) and isinstance(getattr(np, compute, None), np.ufunc)
        self.takes_out = self.elementwise or (isinstance(compute, str) and "{out}" in compute)

    def __call__(self, *operands: Operand, **attributes: Any) -> Node:
        return self.build(as_nodes(operands, self.name), attributes, None, learners_line())

    def build(self, inputs: tuple[Node, ...], attributes: dict[str, Any], name: str | None, where: Line,
              known_as: tuple[Node, ...] | None = None) -> Operation:  # fmt: skip
        """The node of this kind with these inputs, which messages call what they call `known_as`."""
        try:
            shape = tuple(self.shape_rule(*[ShapeOf(node.shape) for node in inputs], **attributes))
        except Mismatch as mismatch:
            raise self.explained(mismatch, inputs, known_as or inputs, where) from None
        return Operation(self, inputs, attributes, shape, self.dtype(inputs, attributes), name, where)

    def dtype(self, inputs: tuple[Node, ...], attributes: Mapping[str, Any]) -> Dtype:
        rule: Any = attributes.get("dtype", self.dtype_rule)
        if rule not in ("same", "float", "branches"):
            declared: Dtype = np.dtype(rule)
            return declared
        weighed = inputs[1:] if rule == "branches" else inputs  # where: the condition does not count
        strong = [node.dtype for node in weighed if not getattr(node, "weak", False)]
        result: Dtype = np.result_type(*(strong or [node.dtype for node in weighed] or [np.dtype(float)]))
        return np.dtype(float) if rule == "float" and result.kind != "f" else result

    def explained(
        self, mismatch: Mismatch, inputs: Sequence[Node], known_as: Sequence[Node], where: Line
    ) -> ShapeError:
        """The mismatch, told with the names of the nodes, their shapes and the lines that built them."""
        names = [label(node, where) for node in known_as]
        shapes = [f"{name} {shape_text(node.shape)}" for name, node in zip(names, inputs, strict=True)]
        verb = mismatch.verb.format(*shapes) or f"cannot take {' and '.join(shapes)}"
        elsewhere = dict.fromkeys(node for node in known_as if node.where != where)
        return ShapeError(
            f"{self.name} {verb}: {mismatch.reason.format(*names)}"
            + f"\n  This {self.name} was built in {place(where)}:  {code(where)}".rstrip(" :")
            + built(elsewhere, where)
            + (f"\n  {mismatch.hint.format(*names)}" if mismatch.hint else "")
        )

    def __repr__(self) -> str:
        return f"<operation {self.name!r}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _kind_named, (self.name, self.learners)


OPERATIONS: dict[str, OperationKind] = {}  # the engine's own, by name
LEARNERS_OPERATIONS: dict[str, OperationKind] = {}  # those added with `operation`; they may share a name with ours
_UFUNC_NAMES = {"absolute": "abs", "true_divide": "divide"}


def operation(
    name: str, shape: ShapeRule | Sequence[int] | None = None, dtype: DTypeLike | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Node]]:
    """Add an operation of your own: decorate a function of NumPy arrays.

    `shape` is a rule that gets the shapes of the inputs and returns the shape of the result; without it, the
    operation is taken to work element by element. Run the cell again to change the operation; give it a gradient
    with :func:`register_gradient`.

    >>> import dlcourse as dl
    >>> @dl.operation("cube", shape=lambda x: x)
    ... def cube(x):
    ...     return x ** 3
    >>> @dl.register_gradient("cube")
    ... def _(op, g):
    ...     return [g * 3 * op.inputs[0] ** 2]
    >>> x = dl.parameter(2.0)
    >>> dl.run([cube(x), *dl.gradients(cube(x), [x])])
    [array(8.), array(12.)]
    """
    checked_name(name)
    if shape is not None and not callable(shape):
        fixed = tuple(shape)
        shape = lambda *_: fixed  # noqa: E731
    rule = _accepting_attributes(shape or broadcast_shapes)

    def decorate(function: Callable[..., Any]) -> Callable[..., Node]:
        kind = LEARNERS_OPERATIONS.setdefault(name, OperationKind(name, learners=True))
        kind.compute, kind.shape_rule = function, rule  # nodes built before the cell was re-run follow, too
        kind.dtype_rule = "float" if dtype is None else np.dtype(dtype)

        def build(*operands: Operand, **attributes: Any) -> Node:
            return kind(*operands, **attributes)

        build.__name__, build.__doc__ = name, function.__doc__
        return build

    return decorate


def _accepting_attributes(rule: Callable[..., Any]) -> Callable[..., Sequence[int | None]]:
    """A learner's shape rule, given only the attributes it asks for, its result checked."""
    parameters = inspect.signature(rule).parameters.values()
    takes_all = any(p.kind is p.VAR_KEYWORD for p in parameters)
    asked = {p.name for p in parameters if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)}

    def checked(*shapes: ShapeOf, **attributes: Any) -> Sequence[int | None]:
        try:
            result = rule(*shapes, **{k: v for k, v in attributes.items() if takes_all or k in asked})
            return tuple(None if size is None else int(size) for size in result)
        except (Mismatch, EngineError):
            raise
        except Exception as error:
            raise Mismatch(
                f"its shape rule failed with {type(error).__name__}: {error}.",
                "A shape rule gets one shape (a tuple) for each input and returns a shape.",
            ) from error

    return checked


def as_nodes(operands: Iterable[Operand], what: str) -> tuple[Node, ...]:
    """Operands as nodes. A plain number takes the dtype of the nodes and arrays beside it, as in NumPy."""
    nodes = [o if isinstance(o, Node) else constant(o) for o in operands]
    strong = [n.dtype for n in nodes if not getattr(n, "weak", False)]
    if len(strong) < len(nodes) and strong:
        for i, node in enumerate(nodes):
            if isinstance(node, Constant) and node.weak:
                dtype = np.result_type(*strong, node.array.item())
                if dtype != node.dtype:
                    nodes[i] = Constant(node.array.astype(dtype), node.name, node.where)
    return tuple(nodes)


def broadcast_shapes(*shapes: Sequence[int | None], **_: Any) -> Shape:
    """NumPy's broadcasting rule, with `None` for a size that is not known yet.

    >>> broadcast_shapes((None, 1), (3,))
    (None, 3)
    """
    if all(shape == shapes[0] for shape in shapes):
        return tuple(shapes[0])
    result: list[int | None] = []
    for sizes in itertools.zip_longest(*[reversed(shape) for shape in shapes], fillvalue=1):
        known = {size for size in sizes if size is not None and size != 1}
        if len(known) > 1:
            axis = -1 - len(result)
            met = " meets ".join(str(shape[axis]) for shape in shapes if len(shape) >= -axis and shape[axis] != 1)
            raise Mismatch(f"{met} in axis {axis}.", "Broadcasting needs equal sizes, or a 1, from the last axis on.")
        result.append(known.pop() if known else None if None in sizes else 1)
    return tuple(reversed(result))


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


# --------------------------------------------------------------------------------------------------- pickling


class _Flat:
    """A graph as a flat list, so that pickling needs no recursion: leaves, and records that point at their inputs."""

    def __init__(self, records: list[Any]) -> None:
        self.records = records
        self.nodes: list[Node] = []

    def __getstate__(self) -> list[Any]:
        return self.records

    def __setstate__(self, records: list[Any]) -> None:
        self.__init__(records)  # type: ignore[misc]
        for record in records:
            if isinstance(record, Node):
                self.nodes.append(record)
            else:
                kind, inputs, attributes, shape, dtype, name, where = record
                parents = tuple(self.nodes[i] for i in inputs)
                self.nodes.append(Operation(kind, parents, attributes, shape, dtype, name, where))


def _flatten(node: Node) -> tuple[_Flat, int]:
    """The flat form of the graph below `node`, and the place of `node` in it.

    Nodes of one graph pickled together must stay one graph. So each node remembers, weakly, the last flat form it
    was part of: while that is alive (a pickler keeps what it has written), it is used again.
    """
    flat, index = (node._flat[0](), node._flat[1]) if node._flat else (None, 0)
    if flat is None:
        import weakref

        order = topological_order(node)
        places: dict[Node, int] = {}
        records: list[Any] = []
        for member in order:
            places[member] = len(records)
            known = member._flat and member._flat[0]()
            if isinstance(member, Operation) and not known:
                records.append((member.kind, [places[i] for i in member.inputs], member.attributes,
                                member.shape, member.dtype, member.name, member.where))  # fmt: skip
            else:
                records.append(member)
        flat, index = _Flat(records), places[node]
        reference = weakref.ref(flat)
        for member in order:
            if isinstance(member, Operation) and not (member._flat and member._flat[0]()):
                member._flat = (reference, places[member])
    return flat, index


def _unflatten(flat: _Flat, index: int) -> Node:
    return flat.nodes[index]


def _kind_named(name: str, learners: bool) -> OperationKind:
    if learners and name not in LEARNERS_OPERATIONS:
        raise EngineError(f"this graph uses the operation {name!r}: run the cell that defines it first.")
    return (LEARNERS_OPERATIONS if learners else OPERATIONS)[name]
