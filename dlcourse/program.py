"""From a graph to the program you would have written: a straight list of NumPy calls, and running it.

Four steps, in the order of this file. *Specialise*: all sizes are known now, so take composite operations apart,
compute each thing once, and drop what changes nothing. *Plan*: give each array a place in memory, and use the place
again when the array is no longer needed. *Write*: print it as Python. *Run*: feed it, execute it, explain what fails.
"""

from __future__ import annotations

import contextvars
import itertools
import keyword
import linecache
import math
import re
import threading
import unicodedata
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from types import CodeType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dlcourse.errors import (
    DTypeError,
    EngineError,
    FeedError,
    Mismatch,
    NonFiniteError,
    RunError,
    built,
    code,
    label,
    place,
    shape_text,
)
from dlcourse.graph import (
    OPERATIONS,
    Array,
    Constant,
    Node,
    Operation,
    OperationKind,
    Parameter,
    Placeholder,
    Shape,
    ShapeOf,
    broadcast_shapes,
    constant,
    numeric_array,
    topological_order,
)
from dlcourse.operations import broadcast_to, cast, reshape

Sizes = tuple[int, ...]

# ------------------------------------------------------------------------------------------- 1. specialise

_COMMUTATIVE = {"add", "multiply", "maximum", "minimum", "equal"}


def _is_elementwise(kind: OperationKind) -> bool:
    return isinstance(kind.compute, str) and isinstance(getattr(np, kind.compute, None), np.ufunc)


def _number(node: Node) -> float | None:
    """The value of a constant that is a single number."""
    return node.array.item() if isinstance(node, Constant) and node.shape == () else None


def _repeated(node: Node) -> Node | None:
    """The single number that this node repeats, if it does nothing else."""
    if node.shape == ():
        return node
    if isinstance(node, Operation) and node.kind.name == "broadcast_to" and node.inputs[0].shape == ():
        return node.inputs[0]
    return None


class Specialised:
    """The graph below some targets, rewritten for known sizes: `done` maps each node to what replaces it."""

    def __init__(self, targets: Sequence[Node], sizes: Mapping[Placeholder, Sizes]) -> None:
        self.sizes = sizes
        self.done: dict[Node, Node] = {}
        self.origin: dict[Node, Node] = {}  # the other way round: the node of the learner's graph it was made for
        self.computed: dict[Hashable, Node] = {}  # one node for each thing to compute
        for self.current in topological_order(targets):
            self.done[self.current] = self.replaced(self.current)
        self.targets = [self.done[target] for target in targets]
        self.order = topological_order(self.targets)

    def replaced(self, node: Node) -> Node:
        if isinstance(node, Placeholder):
            return self.kept(Placeholder(self.sizes[node], node.dtype, node.name, node.where, node.weak))
        if not isinstance(node, Operation):
            plain = _number(node) if node.name != "all_ones" else node.shape
            return node if plain is None else self.once(("constant", node.dtype, repr(plain)), node)
        kind, inputs = node.kind, tuple(self.done[parent] for parent in node.inputs)
        try:
            kind.shape_rule(*[ShapeOf(parent.shape) for parent in inputs], **node.attributes)
            formula = kind.formula(*inputs, **node.attributes) if kind.formula else self.simpler(node, inputs)
        except Mismatch as mismatch:
            raise kind.explained(mismatch, inputs, node.where) from None
        if formula is not None:
            return self.rewritten(cast(formula, node.dtype))
        result = kind.build(inputs, node.attributes, node.name, node.where)
        if kind.learners:
            return self.kept(result)  # it may not do the same thing twice
        if all(isinstance(parent, Constant) for parent in inputs) and kind.name != "broadcast_to":
            value = np.asarray(_evaluate(result))
            return self.rewritten(Constant(value, node.name, node.where))
        key = [id(parent) for parent in inputs]
        return self.once((kind, *(sorted(key) if kind.name in _COMMUTATIVE else key),
                          *sorted(node.attributes.items())), result)  # fmt: skip

    def once(self, key: Hashable, node: Node) -> Node:
        return self.computed[key] if key in self.computed else self.kept(self.computed.setdefault(key, node))

    def kept(self, node: Node) -> Node:
        self.done[node] = node
        self.origin[node] = self.current
        return node

    def rewritten(self, target: Node) -> Node:
        for node in topological_order(target, known=self.done):
            self.done[node] = self.replaced(node)
        return self.done[target]

    def simpler(self, node: Operation, inputs: tuple[Node, ...]) -> Node | None:
        """The same value with less work, or None."""
        kind, name = node.kind, node.kind.name
        shape = kind.build(inputs, node.attributes, None, node.where).shape
        if _is_elementwise(kind):
            if kind.dtype_rule == "float" and any(parent.dtype.kind != "f" for parent in inputs):
                return kind(*[cast(parent, node.dtype) for parent in inputs])
            numbers = [_repeated(parent) for parent in inputs]
            if shape != () and None not in numbers:
                return broadcast_to(kind(*numbers), shape)  # once, then repeated
            for i, parent in enumerate(inputs):
                if isinstance(parent, Operation) and parent.kind.name == "broadcast_to":
                    thinner = (*inputs[:i], parent.inputs[0], *inputs[i + 1 :])
                    if broadcast_shapes(*[other.shape for other in thinner]) == shape:
                        return kind(*thinner)
        if len(inputs) == 2 and name in ("add", "subtract", "multiply", "divide", "power"):
            a, b = inputs
            for number, other in ((_number(b), a), (_number(a) if name in ("add", "multiply") else None, b)):
                if number == (0 if name in ("add", "subtract") else 1) and other.shape == shape and other.dtype == node.dtype:
                    return other
            if name == "power":
                return _power(a, _number(b))
            if name == "add" and isinstance(b, Operation) and b.kind.name == "negative":
                return a - b.inputs[0]
            if name == "add" and isinstance(a, Operation) and a.kind.name == "negative":
                return b - a.inputs[0]
        if name == "multiply" and any(map(_from_bool, inputs)):
            plain = [parent.inputs[0] if _from_bool(parent) else parent for parent in inputs]
            if np.result_type(*[parent.dtype for parent in plain]) == node.dtype:
                return kind(*plain)
        x = inputs[0] if inputs else node
        before = x.kind.name if isinstance(x, Operation) else ""
        if name in ("negative", "transpose") and before == name:
            return x.inputs[0]
        if name == "transpose" and x.ndim < 2:
            return x
        if name in ("reshape", "broadcast_to") and x.shape == shape:
            return x
        if name in ("reshape", "broadcast_to") and before == name:
            return node.kind(x.inputs[0], shape=shape)
        if name in ("reshape", "transpose") and (number := _repeated(x)) is not None and shape != ():
            return broadcast_to(number, shape)
        if name in ("sum", "max", "min") and math.prod(x.shape[i] or 0 for i in node.attributes["axis"]) == 1:
            return reshape(x, shape)
        if name == "cast" and x.dtype == node.dtype:
            return x
        if name in ("sum", "max", "min") and x.ndim in (1, 2) and len(node.attributes["axis"]) == 1 and 0 not in x.shape:
            return _reduced_faster(name, x, node.attributes["axis"][0], shape)
        return None


def _from_bool(node: Node) -> bool:
    return isinstance(node, Operation) and node.kind.name == "cast" and node.inputs[0].dtype == bool


def _reduced_faster(name: str, x: Node, axis: int, shape: Shape) -> Node | None:
    """NumPy is slow to reduce a matrix along one axis; two other ways to the same numbers are not."""
    if name == "sum" and x.dtype.kind == "f" and (x.shape[axis] or 0) <= 1024:  # beyond, NumPy's sum is more exact
        n = x.shape[axis] or 0
        ones = constant(np.ones((n,) if len(shape) < x.ndim else (n, 1) if axis else (1, n), x.dtype), "all_ones")
        if len(shape) == x.ndim == 1:
            return reshape(x @ constant(np.ones(n, x.dtype), "all_ones"), shape)
        return x @ ones if axis else ones @ x
    if name != "sum" and axis == 1 and (x.shape[1] or 0) <= 64:  # column by column, each column in one piece
        return reshape(OPERATIONS[name](OPERATIONS["columns"](x), axis=(0,), keepdims=False), shape)
    return None


def _power(x: Node, exponent: float | None) -> Node | None:
    """Small powers as products: x⁴ = (x·x)·(x·x)."""
    if exponent == 0:
        return broadcast_to(cast(1.0, x.dtype), x.shape)
    if exponent == 0.5:
        return None
    if exponent == -1:
        return 1 / x
    if exponent is None or exponent not in (2, 3, 4, 5, 6, 7, 8):
        return None
    half = x ** (exponent // 2)
    return half * half if exponent % 2 == 0 else half * half * x


def _evaluate(node: Operation) -> Any:
    """The value of an operation on constants."""
    arrays = [parent.array for parent in node.inputs if isinstance(parent, Constant)]
    names = [f"k{i}" for i in range(len(arrays))]
    with np.errstate(all="ignore"):
        if callable(node.kind.compute):
            return node.kind.compute(*arrays, **node.attributes)
        return eval(_expression(node, names, ""), {**vars(np), **dict(zip(names, arrays, strict=True))})


# ------------------------------------------------------------------------------------------------- 2. plan


@dataclass(eq=False)
class Storage:
    """A place for an array. What the caller gets is made anew in each run; the other places are used again."""

    shape: Sizes
    dtype: np.dtype[Any]
    fresh: bool = False
    name: str = ""


def _takes_out(node: Operation) -> bool:
    compute = node.kind.compute
    return node.shape != () and isinstance(compute, str) and (_is_elementwise(node.kind) or "{out}" in compute)


@dataclass
class Plan:
    """Where each node of `order` is stored, and in which run-independent arrays (`memory`)."""

    storage: dict[Node, Storage] = field(default_factory=dict)
    overwrites: dict[Node, Node] = field(default_factory=dict)  # an operation that works in place, on this input
    memory: list[Storage] = field(default_factory=list)


def _planned(order: Sequence[Node], targets: Sequence[Node]) -> Plan:
    plan = Plan()
    owner: dict[Node, Node] = {}  # whose memory a node looks at: its own, or that of the node it is a view of
    last_use: dict[Node, float] = {}
    for i, node in enumerate(order):
        view = isinstance(node, Operation) and node.kind.view
        owner[node] = owner[node.inputs[0]] if view else node
        for parent in node.inputs:
            last_use[owner[parent]] = i
        last_use[owner[node]] = i
    last_use.update((owner[target], math.inf) for target in targets)

    for i, node in enumerate(order):  # logical places; an element-by-element operation may overwrite an input
        if not isinstance(node, Operation) or not _takes_out(node) or node.kind.view:
            continue
        for parent in node.inputs if _is_elementwise(node.kind) else ():
            if (parent in plan.storage and last_use[parent] == i
                    and (parent.shape, parent.dtype) == (node.shape, node.dtype)):  # fmt: skip
                plan.storage[node], plan.overwrites[node] = plan.storage[parent], parent
                break
        else:
            plan.storage[node] = Storage(node.shape, node.dtype)  # type: ignore[arg-type]
    for target in targets:
        if target in plan.storage:
            plan.storage[target].fresh = True

    free: defaultdict[tuple[Sizes, np.dtype[Any]], list[str]] = defaultdict(list)
    for i, node in enumerate(order):  # real places
        place_of = plan.storage.get(node)
        if place_of is not None and not place_of.fresh and not place_of.name:
            names = free[place_of.shape, place_of.dtype]
            place_of.name = names.pop() if names else f"m{len(plan.memory)}"
            if place_of.name == f"m{len(plan.memory)}":
                plan.memory.append(place_of)
        for parent in {owner[parent] for parent in (*node.inputs, node)}:
            released = plan.storage.get(parent)
            if (released is not None and last_use[parent] == i and not released.fresh
                    and (released is not place_of or parent is node)):  # fmt: skip
                free[released.shape, released.dtype].append(released.name)
    return plan


# ------------------------------------------------------------------------------------------------ 3. write


def _expression(node: Operation, inputs: Sequence[str], out: str) -> str:
    """The call that computes a node, as Python."""
    kind, compute = node.kind, node.kind.compute
    if kind.name == "matmul" and all(parent.ndim < 3 and parent.dtype == node.dtype for parent in node.inputs):
        compute = compute.replace("matmul", "dot")  # the same product, with less ado before it
    if _is_elementwise(kind):
        if node.shape == () and kind.scalar and "(" not in kind.scalar:
            return kind.scalar.format(*inputs)
        compute = f"{compute}({', '.join(inputs)}{{out}})"
    attributes = {k: str(v).format("", *inputs[1:]) if k == "index" else repr(v) for k, v in node.attributes.items()}
    if isinstance(axis := node.attributes.get("axis"), tuple):
        attributes["axis"] = repr(axis[0] if len(axis) == 1 else axis)
    return compute.format(*inputs, inputs=", ".join(inputs) + ",", out=f", out={out}" if out else "", **attributes)


_FUNCTIONS = re.compile(r"(?<![\w.])([a-z_]\w*)(?=[.\w]*\()")
_RESERVED = {*dir(np), *dir(math), *keyword.kwlist, *keyword.softkwlist, "step", "numpy", "math", "compute"}


class Writer:
    """Names for the nodes, and the lines that compute them."""

    def __init__(self, graph: Specialised, arguments: Sequence[Node], floats: bool) -> None:
        self.floats = floats
        self.graph, self.plan = graph, _planned(graph.order, graph.targets)
        self.objects: dict[str, Any] = {}  # what the program uses besides NumPy: constant arrays, learners' functions
        self.taken: set[str] = set()
        self.count: defaultdict[str, int] = defaultdict(lambda: 1)
        self.names: dict[Node, str] = {}
        self.numbers: list[str] = []
        self.fixed: dict[Node, str] = {}
        self.views: list[str] = []  # of memory that stays where it is: made once
        self.wanted = self.wanted_names()
        self.arguments = [self.name(node) for node in arguments]
        self.lines = [f"{name} = float({name})" for name in self.arguments if floats]
        self.node_of_line = [node for node in arguments if floats]
        for node in graph.order:
            if isinstance(node, Operation):
                self.write(node)
        self.times_wanted = Counter(graph.targets)
        self.results = [self.result(node) for node in graph.targets]

    def wanted_names(self) -> dict[Node, str]:
        """What the learner calls each node: its name, or the variable that the last node of a line was assigned to."""
        last_on_line = {origin.where: origin for origin in self.graph.origin.values()}
        wanted = {}
        for node, origin in self.graph.origin.items():
            if self.graph.done[origin] is node:  # and not one of the parts of a composite
                last = last_on_line[origin.where] is origin
                wanted[node] = origin.name or (label(origin, ("", 0)) if last else origin.kind_name)
        return wanted

    def name(self, node: Node) -> str:
        """A Python identifier for the node, different from all others."""
        if node not in self.names:
            text = unicodedata.normalize("NFKC", self.wanted.get(node) or node.name or node.kind_name)
            text = re.sub(r"\W+", "_", text.replace("∂", "d"))[:40].strip("_") or "value"
            text = text if text.isidentifier() else f"_{text}"
            name = text
            while name in self.taken or name in _RESERVED or re.fullmatch(r"[mk]\d+", name):
                self.count[text] += 1
                name = f"{text}_{self.count[text]}"
            self.taken.add(name)
            self.names[node] = name
        return self.names[node]

    def bound(self, value: Any, prefix: str) -> str:
        """A name for something that the program uses and that cannot be written down."""
        name = f"{re.sub(r'[^A-Za-z_]+', '_', prefix)}{len(self.objects)}"
        self.taken.add(name)
        self.objects[name] = value
        return name

    def operand(self, node: Node, used_by: Operation) -> str:
        """How an operation refers to one of its inputs."""
        number = _number(node)
        if number is not None and used_by.shape == ():
            others = [parent.dtype for parent in used_by.inputs if parent is not node]
            if not others or np.result_type(*others) == np.result_type(node.dtype, *others):
                return repr(number) if math.isfinite(number) else f"float('{number}')"
        if isinstance(node, Constant) and node not in self.names:
            if number is not None:  # an array of one number is quicker to use than the number
                self.names[node] = f"k{len(self.numbers)}"
                self.numbers.append(f"{self.names[node]} = array({str(number) if math.isfinite(number) else repr(str(number))}, {node.dtype.name!r})")
            elif node.name:
                self.objects[self.name(node)] = node.array
            else:
                self.names[node] = self.bound(node.array, "data")
        return self.name(node)

    def write(self, node: Operation) -> None:
        inputs = [self.operand(parent, node) for parent in node.inputs]
        storage, out = self.plan.storage.get(node), ""
        if node.kind.view and (memory := self.stays(node.inputs[0])) is not None:
            self.views.append(f"{self.name(node)} = {_expression(node, [memory], '')}")
            self.fixed[node] = self.name(node)
            return
        if storage is not None:
            overwritten = self.plan.overwrites.get(node)
            out = self.name(overwritten) if overwritten is not None else storage.name
        if self.floats:
            text = node.kind.scalar.format(*inputs)
        elif callable(node.kind.compute):
            compute = _guarded(node) if node.kind.learners else partial(node.kind.compute, **node.attributes)
            text = f"{self.bound(compute, f'{node.kind.name}_')}({', '.join(inputs)})"
        else:
            text = _expression(node, inputs, out)
        self.lines.append(f"{self.name(node)} = {text}")
        self.node_of_line.append(self.graph.origin.get(node, node))

    def stays(self, node: Node) -> str | None:
        """The name of a node's memory, if that is the same in every run."""
        storage = self.plan.storage.get(node)
        return storage.name if storage is not None and not storage.fresh else self.fixed.get(node)

    def result(self, node: Node) -> str:
        """What the caller gets is the caller's own: a number, a fresh array, or a copy."""
        if isinstance(node, Constant):
            return f"{self.bound(node.array, 'data')}.copy()"
        if node.shape == ():
            return f"array({self.name(node)})"
        is_own = isinstance(node, Operation) and not node.kind.view and self.times_wanted[node] == 1
        return self.name(node) if is_own else f"{self.name(node)}.copy()"

    def source(self, description: str) -> str:
        end = ", ".join(self.results) + ("," if len(self.results) == 1 else "")
        called = set(_FUNCTIONS.findall("\n".join([*self.numbers, *self.lines, end]))) | ({"empty"} if self.plan.memory else set())
        head = [f"# {description}"]
        for module in (math, np) if self.floats else (np,):
            imported = sorted(name for name in called if hasattr(module, name))
            called -= set(imported)
            head += [f"from {module.__name__} import {', '.join(imported)}"] if imported else []
        head += [f"{s.name} = empty({s.shape}, {s.dtype.name!r})" for s in self.plan.memory]
        head += self.numbers + self.views
        head += [f"def step({', '.join(self.arguments)}):"]
        self.first_line = len(head) + 1
        return "\n".join([*head, *[f"    {line}" for line in self.lines], f"    return {end}", ""])


def _guarded(node: Operation) -> Callable[..., Array]:
    """A learner's function: it cannot change its inputs, and its answer is checked and copied."""
    shape, dtype, kind = node.shape, node.dtype, node.kind

    def compute(*arrays: Any) -> Array:
        views = [np.asarray(array).view() for array in arrays]
        for view in views:
            view.flags.writeable = False
        answer = np.asarray(kind.compute(*views, **node.attributes))  # type: ignore[operator]
        if answer.shape != shape:
            raise ValueError(f"it returned shape {shape_text(answer.shape)}, but its shape rule promised {shape_text(shape)}")
        return answer.astype(dtype)  # a copy

    return compute


# -------------------------------------------------------------------------------------------------- 4. run

_programs = itertools.count(1)
_MOST_SIZES = 16  # programs kept for different sizes of the data


class Compiled:
    """One program for one set of sizes: its source, and the memories that runs borrow, one for each run at a time."""

    def __init__(self, fetches: Sequence[Node], leaves: Sequence[Node], sizes: Mapping[Placeholder, Sizes],
                 floats: bool = True) -> None:  # fmt: skip
        graph = Specialised(fetches, sizes)
        arguments = [graph.done[leaf] for leaf in leaves]
        self.floats = floats and all(
            node.shape == () and (node.dtype == float or (node.dtype == bool and node.is_operation))
            and (not isinstance(node, Operation) or bool(node.kind.scalar))
            for node in (*graph.order, *arguments)
        )  # fmt: skip
        writer = Writer(graph, arguments, self.floats)
        steps = f"{len(writer.lines)} operations"
        memory = sum(math.prod(s.shape) * s.dtype.itemsize for s in writer.plan.memory)
        shapes = ", ".join(f"{a} {shape_text(n.shape)}" for a, n in zip(writer.arguments, arguments, strict=True))
        self.source = writer.source(f"{steps}, {memory} bytes of memory, for {shapes or 'no inputs'}")
        self.filename = f"<dlcourse program {next(_programs)}>"
        self.node_of_line, self.first_line, self.objects = writer.node_of_line, writer.first_line, writer.objects
        self.code = compile(self.source, self.filename, "exec")
        self.idle: list[Callable[..., tuple[Any, ...]]] = []
        if self.floats:  # needs no memory of its own
            self.on_floats = _executed(self.code, self.objects)

    def function(self) -> Callable[..., tuple[Any, ...]]:
        """The compiled function with memory of its own."""
        step = _executed(self.code, self.objects)
        if any(node.kind.learners for node in self.node_of_line if isinstance(node, Operation)):
            return np.errstate(all="ignore")(step)
        quiet = contextvars.Context()  # in here NumPy does not warn: a bad value is reported by its node instead
        quiet.run(np.seterr, all="ignore")
        return partial(quiet.run, step)

    def __call__(self, arguments: Sequence[Any]) -> tuple[Any, ...]:
        try:
            step = self.idle.pop()
        except IndexError:
            step = self.function()
        try:
            return step(*arguments)
        finally:
            self.idle.append(step)


def _executed(code: CodeType, objects: Mapping[str, Any]) -> Callable[..., tuple[Array, ...]]:
    namespace = dict(objects)
    exec(code, namespace)
    step: Callable[..., tuple[Array, ...]] = namespace["step"]
    return step


class Program:
    """Fetches (and updates of parameters) that are computed together. It is compiled when it meets new sizes.

    >>> import dlcourse as dl
    >>> x = dl.placeholder("x", shape=(None,))
    >>> program = Program([x * x])
    >>> program({x: [1.0, 2.0]})
    [array([1., 4.])]
    >>> print(program.source)
    # 1 operations, 0 bytes of memory, for x (2,)
    from numpy import multiply
    def step(x):
        program = multiply(x, x)
        return program,
    <BLANKLINE>
    """

    def __init__(self, fetches: Sequence[Node], updates: Sequence[tuple[Parameter, Node]] = ()) -> None:
        self.targets = [*fetches, *(new for _, new in updates)]
        self.n_fetches, self.updated = len(fetches), [parameter for parameter, _ in updates]
        order = topological_order(self.targets)
        leaves = [node for node in order if isinstance(node, Placeholder)]
        self.placeholders = [node for node in leaves if not node.weak]
        self.numbers = [node for node in leaves if node.weak]
        self.parameters = [node for node in order if isinstance(node, Parameter)]
        self.compiled: OrderedDict[Any, Compiled] = OrderedDict()
        self.only: Compiled | None = None  # where all sizes are known beforehand
        self.lock = threading.RLock()

    @property
    def source(self) -> str:
        """The program as Python source: as last compiled, else for samples of a size made up for show."""
        if not self.compiled:
            return self.for_shapes([tuple(100 if s is None else s for s in p.shape) for p in self.placeholders]).source
        return next(reversed(self.compiled.values())).source

    def for_shapes(self, shapes: Sequence[Sizes], floats: bool = True) -> Compiled:
        leaves = [*self.placeholders, *self.numbers, *self.parameters]
        sizes = {**dict(zip(self.placeholders, shapes, strict=True)), **dict.fromkeys(self.numbers, ())}
        return Compiled(self.targets, leaves, sizes, floats)

    def __call__(self, feeds: Mapping[Placeholder, ArrayLike] | None = None) -> list[Array]:
        return list(self.results(feeds or {}))

    def results(self, feeds: Mapping[Placeholder, ArrayLike], numbers: Sequence[float] = ()) -> tuple[Array, ...]:
        """The values of all targets. Nothing else has changed."""
        fed = fed_arrays(self.placeholders, feeds) if self.placeholders or feeds else []
        compiled = self.only or self.compiled_for(fed)
        arguments = [*fed, *numbers, *map(_array_of, self.parameters)]
        try:
            if compiled.floats:
                try:
                    return compiled.on_floats(*arguments)
                except (ArithmeticError, ValueError):  # Python's floats raise where NumPy has an infinity or a NaN
                    compiled = self.compiled_for(fed, floats=False)
            return compiled(arguments)
        except Exception as error:
            raise _explained(error, compiled) from error

    def compiled_for(self, fed: Sequence[Array], floats: bool = True) -> Compiled:
        """The program for arrays of these sizes, compiled when they are met for the first time."""
        key = (floats, *[array.shape for array in fed])
        if key not in self.compiled:
            with self.lock:
                self.compiled[key] = self.for_shapes(key[1:], floats)
                if floats and all(None not in node.shape for node in self.placeholders):
                    self.only = self.compiled[key]
                if len(self.compiled) > _MOST_SIZES:
                    self.compiled.popitem(last=False)
        return self.compiled[key]

    def __reduce__(self) -> tuple[Any, ...]:
        updates = list(zip(self.updated, self.targets[self.n_fetches :], strict=True))
        return Program, (self.targets[: self.n_fetches], updates)


_array_of = attrgetter("array")  # in C, so that no other thread's update falls between two parameters


def fed_arrays(placeholders: Sequence[Placeholder], feeds: Mapping[Placeholder, Any]) -> list[Array]:
    """The array for each placeholder, checked against its shape and of its dtype."""
    arrays = []
    used = 0
    for node in placeholders:
        value = feeds.get(node, _MISSING)
        used += value is not _MISSING
        if type(value) is not np.ndarray or value.dtype != node.dtype:
            value = _converted(node, value, feeds)
        if value.shape != node.shape and (
            value.ndim != len(node.shape)
            or any(size is not None and size != n for size, n in zip(node.shape, value.shape, strict=True))
        ):
            raise FeedError(
                f"{node.name} has shape {shape_text(node.shape)}, and was fed an array of shape "
                f"{shape_text(value.shape)}." + built([node])
            )
        arrays.append(value)
    if len(feeds) > used:
        for key in feeds:
            if not isinstance(key, Placeholder):
                what = f"{label(key)} is a {key.kind_name}" if isinstance(key, Node) else f"{key!r} is no node"
                raise FeedError(f"{what}; only placeholders can be fed: write {{x: data}} with the placeholder itself.")
    return arrays


_MISSING: Any = object()


def _converted(node: Placeholder, value: Any, feeds: Mapping[Any, Any]) -> Array:
    if value is _MISSING:
        given = ", ".join(label(key) if isinstance(key, Node) else repr(key) for key in feeds) or "nothing"
        raise FeedError(
            f"{node.name} {shape_text(node.shape)} was not fed: add {{{node.name}: its data}} to the feeds "
            f"(they hold {given})." + built([node])
        )
    array = numeric_array(value, f"what {node.name} is fed")
    if node.dtype.kind in "iu" and array.dtype.kind == "f":
        if not np.all(array == np.floor(array)) or not np.all(np.isfinite(array)):
            raise FeedError(f"{node.name} holds whole numbers ({node.dtype}), and was fed {array.dtype} with fractions. "
                            "Round them, or declare it with dtype=float." + built([node]))  # fmt: skip
    elif node.dtype.kind == "b" and array.dtype.kind != "b" and not np.all((array == 0) | (array == 1)):
        raise FeedError(f"{node.name} holds True and False, and was fed other numbers." + built([node]))
    cast_array = array.astype(node.dtype)
    if node.dtype.kind in "iu" and not np.array_equal(cast_array, array):
        raise FeedError(f"{node.name} holds {node.dtype}, and was fed numbers beyond its range." + built([node]))
    return cast_array


def _explained(error: Exception, compiled: Compiled) -> Exception:
    """The error of an operation, told with the node and the line that built it."""
    if isinstance(error, EngineError):
        return error
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == compiled.filename:
            line = step.tb_lineno - compiled.first_line
            if 0 <= line < len(compiled.node_of_line):
                node = compiled.node_of_line[line]
                return RunError(f"{label(node)} failed: {error}  ({type(error).__name__})" + built([node]))
        step = step.tb_next
    return error


def run(fetch: Any, feeds: Mapping[Any, Any] | None = None, check_finite: bool = False) -> Any:
    """The values of `fetch`, a node or a list, tuple or dict of nodes, when the placeholders are fed with `feeds`.

    With ``check_finite=True`` the first node that is NaN or infinite is named.

    >>> import dlcourse as dl
    >>> x = dl.placeholder("x")
    >>> run({"square": x * x, "cube": x**3}, {x: 2.0})
    {'square': array(4.), 'cube': array(8.)}
    """
    nodes: list[Node] = []
    rebuild = _structure(fetch, nodes)
    feeds = {} if feeds is None else feeds
    if not isinstance(feeds, Mapping):
        raise FeedError(f"feeds are a dict from placeholders to arrays, {{x: data}}, not a {type(feeds).__name__}.")
    if not nodes:
        return rebuild(iter(()))
    if check_finite:
        check_all_finite(nodes, feeds)
    key = tuple(map(id, nodes))
    if nodes[0].programs is None:
        nodes[0].programs = {}
    program = nodes[0].programs.get(key)
    if program is None:
        program = nodes[0].programs[key] = Program(nodes)
    return rebuild(iter(program(feeds)))


def _structure(fetch: Any, nodes: list[Node]) -> Callable[[Any], Any]:
    """Collect the nodes of a nest of lists, tuples and dicts, and say how to build the same nest of values."""
    if isinstance(fetch, Node):
        nodes.append(fetch)
        return next
    if isinstance(fetch, dict):
        parts = {key: _structure(value, nodes) for key, value in fetch.items()}
        return lambda values: {key: part(values) for key, part in parts.items()}
    if isinstance(fetch, list | tuple):
        items = [_structure(value, nodes) for value in fetch]
        kind = type(fetch) if type(fetch) in (list, tuple) else tuple
        return lambda values: kind([part(values) for part in items])
    raise DTypeError(f"run takes a node, or a list, tuple or dict of nodes, and got a {type(fetch).__name__}.")


def check_all_finite(targets: Sequence[Node], feeds: Mapping[Any, Any], numbers: Sequence[float] = ()) -> None:
    """Compute every node below `targets`, and raise at the first that is NaN or infinite."""
    order = [node for node in topological_order(targets) if not isinstance(node, Constant)]
    values = dict(zip(order, Program(order).results(feeds, numbers), strict=True))
    for node in order:
        value = values[node]
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            kind = "NaN" if np.isnan(value).any() else "infinite"
            bad = int((~np.isfinite(value)).sum())
            ranges = "".join(
                f"\n  its input {label(parent, node.where)} went from {values[parent].min():.6g} to {values[parent].max():.6g}."
                for parent in dict.fromkeys(node.inputs) if parent in values and values[parent].size
            )  # fmt: skip
            raise NonFiniteError(
                f"{label(node)}, a {node.kind_name}, is the first node that is {kind} "
                f"({bad} of its {value.size} numbers)." + ranges
                + f"\n  It was built in {place(node.where)}:  {code(node.where)}".rstrip(" :")
            )
