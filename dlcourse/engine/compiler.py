"""The compiler: from a graph to the program you would have written, a straight list of NumPy calls.

Three steps, in the order of this file. *Specialise*: all sizes are known now, so take composite operations apart,
compute each thing once, and drop what changes nothing. *Plan*: give each array a place in memory, and use the place
again when the array is no longer needed. *Write*: print the rest as Python.
"""

from __future__ import annotations

import keyword
import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cache, lru_cache, partial
from operator import is_not
from typing import Any

import numpy as np

from dlcourse.engine import operations as ops
from dlcourse.engine.errors import built_on, shape_text, variable_names
from dlcourse.engine.graph import Constant, Node, Operation, Placeholder, constant, topological_order
from dlcourse.engine.hardware import CPU, Device
from dlcourse.engine.kinds import OperationKind, broadcast_shapes
from dlcourse.engine.operations import Index, broadcast_to, cast, reshape
from dlcourse.engine.values import Array, Dtype

Sizes = tuple[int, ...]

# ------------------------------------------------------------------------------------------- 1. specialise


class Specialised:
    """The graph below some targets, rewritten for known sizes, in the order in which it is to be computed.

    `done` maps each node to what replaces it, `origin` each new node to the one that it was made for.
    """

    def __init__(self, targets: Sequence[Node], order: Sequence[Node], sizes: Mapping[Placeholder, Sizes]) -> None:
        self.sizes = sizes
        self.done: dict[Node, Node] = {}
        self.origin: dict[Node, Node] = {}
        self.computed: dict[Hashable, Node] = {}  # one node for each thing to compute
        with built_on(("", 0)):
            for self.current in order:
                self.done[self.current] = self.replaced(self.current)
        self.targets = [self.done[target] for target in targets]
        self.order = topological_order(self.targets)

    def replaced(self, node: Node) -> Node:
        if isinstance(node, Placeholder):
            return self.kept(Placeholder(self.sizes[node], node.dtype, node.name, node.where))
        if not isinstance(node, Operation):
            if not isinstance(node, Constant) or node.array.size > 1024:
                return node
            node = Constant(node.array, node.name, node.where)  # no longer weak: all dtypes are decided
            return self.once((node.shape, node.dtype, node.array.tobytes()), node)  # alike if they hold the same
        inputs, kind, new = tuple([self.done[parent] for parent in node.inputs]), node.kind, node
        fits = None not in node.shape
        if not fits or any(map(is_not, inputs, node.inputs)):
            if fits and [x.shape for x in inputs] == [parent.shape for parent in node.inputs]:
                new = Operation(kind, inputs, node.attributes, node.shape, node.dtype, node.name, node.where)
            else:  # checks sizes
                new = kind.build(inputs, node.attributes, node.name, node.where, known_as=node.inputs)
        if kind.learners:
            return self.kept(new)  # it may not do the same thing twice
        better = kind.formula(*inputs, **node.attributes) if kind.formula else simplified(new)
        if better is not None:
            return self.replaced_below(cast(better, node.dtype))
        same = frozenset(inputs) if kind in _COMMUTATIVE else inputs
        return self.once((kind, same, *sorted(node.attributes.items())) if node.attributes else (kind, same), new)

    def replaced_below(self, target: Node) -> Node:
        """The same for nodes that the rewriting itself has made."""
        for node in topological_order(target, known=self.done):
            self.done[node] = self.replaced(node)
        return self.done[target]

    def once(self, key: Hashable, node: Node) -> Node:
        first = self.computed.setdefault(key, node)
        return self.kept(node) if first is node else first

    def kept(self, node: Node) -> Node:
        self.done[node], self.origin[node] = node, self.current
        return node


_EXACT = 2048  # for more numbers, NumPy's sum is more exact than a product
columns = OperationKind("columns", lambda x: x.T.copy(), lambda x: x[::-1])
settled_sum = OperationKind("settled_sum", ops.settled_sum, lambda weights, values: ())
_COMMUTATIVE = {ops.add, ops.multiply, ops.maximum, ops.minimum, ops.equal}
_LOOKED_FOR = {ops.broadcast_to, ops.cast, ops.negative}  # what work number by number can be made less by
_SIMPLER: defaultdict[OperationKind, list[Callable[[Operation], Node | None]]] = defaultdict(list)


def simplified(node: Operation) -> Node | None:
    """The same value for less work, by the first rule that has one; or None."""
    if node.kind.elementwise:
        for x in node.inputs:
            if x.kind in _LOOKED_FOR or type(x) is Constant:
                break
        else:
            return None  # nearly always
    if node.kind.elementwise and node.shape != () and (better := _on_one_number(node)) is not None:
        return better
    for rule in _SIMPLER[node.kind]:
        if (better := rule(node)) is not None:
            return better
    return _on_constants(node)


def _simpler(*kinds: OperationKind) -> Callable[[Callable[[Operation], Node | None]], None]:
    def register(rule: Callable[[Operation], Node | None]) -> None:
        for kind in kinds:
            _SIMPLER[kind].append(rule)

    return register


def number_in(node: Node) -> float | None:
    """The value of a constant that is a single number."""
    return node.array.item() if isinstance(node, Constant) and node.shape == () else None


def _is(node: Node, kind: OperationKind) -> bool:
    return isinstance(node, Operation) and node.kind is kind


def _repeats(node: Node) -> Node | None:
    """The single number that this node repeats, if that is all it does."""
    if node.shape == ():
        return node
    return node.inputs[0] if _is(node, ops.broadcast_to) and node.inputs[0].shape == () else None


def _on_one_number(node: Operation) -> Node | None:
    """What is the same everywhere is computed once; what NumPy broadcasts anyway is not repeated before."""
    kind: OperationKind = node.kind
    inputs = node.inputs
    numbers = [_repeats(parent) for parent in inputs]
    if None not in numbers:
        return broadcast_to(kind(*numbers), node.shape)
    for i, parent in enumerate(inputs):
        if _is(parent, ops.broadcast_to):
            thinner = (*inputs[:i], parent.inputs[0], *inputs[i + 1 :])
            if broadcast_shapes(*[other.shape for other in thinner]) == node.shape:
                return kind(*thinner)
    return None


def _on_constants(node: Operation) -> Node | None:
    """What depends on constants only is computed now."""
    arrays = [parent.array for parent in node.inputs if isinstance(parent, Constant)]
    if len(arrays) < len(node.inputs) or _is(node, ops.broadcast_to):
        return None
    try:
        with np.errstate(all="ignore"):
            return Constant(node.kind.value(arrays, node.attributes, node.dtype), node.name, node.where)
    except Exception:
        return None  # when it runs it will fail again, and be explained


@_simpler(ops.add, ops.subtract, ops.multiply, ops.divide, ops.power)
def _(node: Operation) -> Node | None:
    """x + 0, x − 0, x · 1, x / 1, x¹."""
    neutral = 0 if node.kind in (ops.add, ops.subtract) else 1
    a, b = node.inputs
    for number, x in ((b, a), (a, b)) if node.kind in _COMMUTATIVE else ((b, a),):
        if number_in(number) == neutral and (x.shape, x.dtype) == (node.shape, node.dtype):
            return x
    return None


@_simpler(ops.add)
def _(node: Operation) -> Node | None:
    """a + (−b) = a − b."""
    a, b = node.inputs
    return a - b.inputs[0] if _is(b, ops.negative) else b - a.inputs[0] if _is(a, ops.negative) else None


@_simpler(ops.multiply)
def _(node: Operation) -> Node | None:
    """Truth values multiply like 0 and 1, without being turned into numbers first."""
    plain = [x.inputs[0] if _is(x, ops.cast) and x.inputs[0].dtype == bool else x for x in node.inputs]
    changed = plain != list(node.inputs) and np.result_type(*[x.dtype for x in plain]) == node.dtype
    return node.kind(*plain) if changed else None


@_simpler(ops.power)
def _(node: Operation) -> Node | None:
    """Small powers as products: x⁴ = x² · x²."""
    x, n = node.inputs[0], number_in(node.inputs[1])
    if n is None:
        return None
    if n == 0:
        return broadcast_to(cast(1.0, node.dtype), node.shape)
    if n == -1:
        return 1 / x
    if n in range(2, 9):
        half = x ** (n // 2)
        return half * half if n % 2 == 0 else half * half * x
    return None


@_simpler(ops.negative, ops.transpose)
def _(node: Operation) -> Node | None:
    """−(−x) = x, (xᵀ)ᵀ = x."""
    return node.inputs[0].inputs[0] if _is(node.inputs[0], node.kind) else None


@_simpler(ops.transpose, ops.permute, ops.reshape, ops.broadcast_to, ops.cast)
def _(node: Operation) -> Node | None:
    """A change of shape or of dtype that changes nothing, or that follows another."""
    (x,) = node.inputs
    kind: OperationKind = node.kind
    if (x.shape, x.dtype) == (node.shape, node.dtype) and (x.ndim < 2 or kind not in (ops.transpose, ops.permute)):
        return x
    if kind in (ops.reshape, ops.broadcast_to) and _is(x, kind):
        return kind(x.inputs[0], shape=node.shape)
    number = None if kind in (ops.cast, ops.broadcast_to) or node.shape == () else _repeats(x)
    return None if number is None else broadcast_to(number, node.shape)


@_simpler(ops.sum)
def _(node: Operation) -> Node | None:
    """The sum of the losses of a cross-entropy needs none of them: one product and one check instead of two of each."""
    (x,) = node.inputs
    if node.shape or not _is(x, ops.settled):
        return None
    _, weights, values = x.inputs
    alike = (weights.shape, weights.dtype) == (values.shape, values.dtype)
    return settled_sum(weights, values) if alike and math.prod(size or 0 for size in weights.shape) <= _EXACT else None


@_simpler(ops.sum, ops.max, ops.min)
def _(node: Operation) -> Node | None:
    """NumPy is slow to reduce thin matrices; other ways to the same numbers are not."""
    (x,), axis, kind = node.inputs, node.attributes["axis"], node.kind
    along = [x.shape[i] or 0 for i in axis]
    if math.prod(along) == 1:
        return reshape(x, node.shape)
    if len(along) != 1 or x.ndim not in (1, 2) or 0 in x.shape:
        return None
    if kind is ops.sum and x.dtype.kind == "f" and along[0] <= _EXACT:
        n, keeps = along[0], node.ndim == x.ndim == 2
        ones = constant(np.ones((n, 1) if keeps and axis == (1,) else (1, n) if keeps else n), "ones", x.dtype)
        return reshape(x @ ones if axis == (1,) else ones @ x, node.shape)
    if kind is not ops.sum and axis == (1,) and along[0] <= 64:  # column by column, each column in one piece
        return reshape(kind(columns(x), axis=(0,), keepdims=False), node.shape)
    return None


# ------------------------------------------------------------------------------------------------- 2. plan


class Storage:
    """A place for an array: its own in each run if the caller gets it (`fresh`), else the same in all runs."""

    def __init__(self, node: Node) -> None:
        self.shape: Any = node.shape
        self.dtype, self.fresh, self.name, self.rows = node.dtype, False, "", ""  # rows: what it is a row of, if so


class Plan:
    """`storage`: where each node is put. `overwrites`: on which input. `memory`: the places that stay. `alike`: those
    of results of one shape, where these are to be checked; they are rows of one array, made and looked at as one.
    """

    def __init__(self, order: Sequence[Node], targets: Sequence[Node], checked: bool) -> None:
        self.storage: dict[Node, Storage] = {}
        self.overwrites: dict[Node, Node] = {}
        self.memory: list[Storage] = []
        self.owner: dict[Node, Node] = {}  # whose array a node looks at: its own, or that of the node it is a view of
        self.last_use: dict[Node, float] = {}
        for i, node in enumerate(order):
            self.owner[node] = self.owner[node.inputs[0]] if may_share(node) else node
            for used in (node, *node.inputs):
                self.last_use[self.owner[used]] = i
        self.last_use.update((self.owner[target], math.inf) for target in targets)
        for i, node in enumerate(order):
            if isinstance(node, Operation) and _takes_out(node.kind) and node.shape:
                self.place(i, node)
        fresh = dict.fromkeys(self.storage[target] for target in targets if target in self.storage)
        alike: defaultdict[Any, list[Storage]] = defaultdict(list)
        for place in fresh:
            place.fresh = True
            alike[place.shape, place.dtype].append(place)
        self.alike = [places for places in alike.values() if checked and len(places) > 3]
        for i, places in enumerate(self.alike):
            for j, place in enumerate(places):
                place.name, place.rows = f"r{i}_{j}", f"r{i}"
        self.share(order)

    def place(self, i: int, node: Operation) -> None:
        """An operation that works number by number may write over an input that nobody needs any more."""
        for parent in node.inputs if node.kind.elementwise else ():
            place = self.storage.get(parent)
            if place and self.last_use[parent] == i and (parent.shape, parent.dtype) == (node.shape, node.dtype):
                self.storage[node], self.overwrites[node] = place, parent
                return
        self.storage[node] = Storage(node)

    def share(self, order: Sequence[Node]) -> None:
        """Arrays of one shape and dtype, needed at different times, get the same memory."""
        free: defaultdict[tuple[Any, Dtype], list[str]] = defaultdict(list)
        ends: defaultdict[float, list[Node]] = defaultdict(list)
        for node, i in self.last_use.items():
            ends[i].append(node)
        for i, node in enumerate(order):
            mine = self.storage.get(node)
            if mine and not mine.fresh and not mine.name:
                names = free[mine.shape, mine.dtype]
                if not names:
                    names.append(f"m{len(self.memory)}")
                    self.memory.append(mine)
                mine.name = names.pop()
            for used in ends[i]:
                theirs = self.storage.get(used)
                if theirs and not theirs.fresh and (theirs is not mine or used is node):
                    free[theirs.shape, theirs.dtype].append(theirs.name)


# ------------------------------------------------------------------------------------------------ 3. write

_VIEWS = {ops.transpose, ops.permute, ops.reshape, ops.broadcast_to, ops.getitem}
_WRITTEN = {  # how a call is printed; {out}: where its result may be written to
    ops.where: "where({0}, {1}, {2})",
    ops.cast: "{0}.astype({dtype})",
    ops.sum: "add.reduce({0}, axis={axis}, keepdims={keepdims}{out})",
    ops.max: "maximum.reduce({0}, axis={axis}, keepdims={keepdims}{out})",
    ops.min: "minimum.reduce({0}, axis={axis}, keepdims={keepdims}{out})",
    ops.matmul: "matmul({0}, {1}{out})",
    ops.transpose: "{0}.T",
    columns: "{0}.T.copy()",
    ops.permute: "{0}.transpose({axes})",
    ops.reshape: "{0}.reshape({shape})",
    ops.broadcast_to: "broadcast_to({0}, {shape})",
    ops.getitem: "{0}[{index}]",
    ops.take: "{0}[{index}]",
    ops.concatenate: "concatenate(({inputs},), axis={axis}{out})",
}
_ON_FLOATS: dict[Any, str] = {  # how it is printed where all are single numbers of float64, as Python's floats are
    ops.add: "{0} + {1}",
    ops.subtract: "{0} - {1}",
    ops.multiply: "{0} * {1}",
    ops.divide: "{0} / {1}",
    ops.power: "pow({0}, {1})",
    ops.negative: "-{0}",
    ops.exp: "exp({0})",
    ops.log: "log({0})",
    ops.sqrt: "sqrt({0})",
    ops.sin: "sin({0})",
    ops.cos: "cos({0})",
    ops.tanh: "tanh({0})",
    ops.abs: "fabs({0})",
    ops.sign: "({0} if {0} != {0} else float(({0} > 0) - ({0} < 0)))",
    ops.maximum: "({0} if {0} >= {1} or {0} != {0} else {1})",
    ops.minimum: "({0} if {0} <= {1} or {0} != {0} else {1})",
}


def may_share(node: Node) -> bool:
    """Whether a node may look at its input's memory instead of having its own."""
    return isinstance(node, Operation) and (node.kind in _VIEWS or node.kind is ops.settled)


def is_view(node: Operation) -> bool:
    """Whether it certainly does. (A single entry that is taken out of an array is copied by NumPy.)"""
    return node.kind in _VIEWS and node.shape != ()


def runs_on_floats(graph: Specialised, arguments: Sequence[Node]) -> bool:
    """Whether every value is a single number of float64, so that Python's floats compute the same numbers."""
    return all(
        node.shape == () and node.dtype == float and (not isinstance(node, Operation) or node.kind in _ON_FLOATS)
        for node in (*graph.order, *arguments)
    )


def _takes_out(kind: OperationKind) -> bool:
    return kind.elementwise or "{out}" in _WRITTEN.get(kind, "")


_LONG = 80
_CALLED = re.compile(r"(?<![\w.])([a-z_]\w*)(?=[.\w]*\()")
_RESERVED = {*dir(np), *dir(math), *keyword.kwlist, *keyword.softkwlist, "step", "float", "numpy"} - {"ones"}


def _expression(node: Operation, inputs: Sequence[str], out: str, quick: bool = False) -> str:
    """The call that computes a node, as Python. It is `quick` to give ``out=`` by position (but maximum would warn)."""
    kind = node.kind
    template: str = _WRITTEN.get(kind, "")
    if kind.elementwise:
        if node.shape == () and "(" not in _ON_FLOATS.get(kind, "("):
            return _ON_FLOATS[kind].format(*inputs)
        by_position = quick and kind not in (ops.maximum, ops.minimum)
        given = [*inputs, out if by_position else f"out={out}"] if out else inputs
        return f"{kind.function.__name__}({', '.join(given)})"
    if kind is ops.matmul and all(x.ndim < 3 and x.dtype == node.dtype for x in node.inputs):
        template = "{0}.dot({1}{out})"  # the same product, with less ado before it
    attributes = {
        name: str(value).format("", *inputs[1:])
        if isinstance(value, Index)
        else repr(value[0] if name == "axis" and isinstance(value, tuple) and len(value) == 1 else value)
        for name, value in node.attributes.items()
    }
    return template.format(*inputs, inputs=", ".join(inputs), out=f", out={out}" if out else "", **attributes)


@lru_cache(1024)
def _identifier(name: str) -> str:
    """A name as Python would write it: ∂J/∂W becomes dJ_dW."""
    text = unicodedata.normalize("NFKC", name)
    text = re.sub(r"\W+", "_", text.replace("∂", "d"))[:40].strip("_") or "value"
    return text if text.isidentifier() else f"_{text}"


class Writer:
    """The Python source of a specialised graph, as it runs or to be `printed`; `objects` is what it uses besides NumPy.

    What runs has each result in its place; what is printed reads like a formula, and computes the same.
    """

    def __init__(
        self, graph: Specialised, arguments: Sequence[Node], floats: bool, device: Device, printed: bool, checked: bool
    ) -> None:
        self.graph, self.floats, self.device, self.printed = graph, floats, device, printed
        self.plan = Plan([] if floats else graph.order, [] if floats else graph.targets, checked)
        self.objects: dict[str, Any] = {}
        self.names: dict[Node, str] = {}
        self.taken: defaultdict[str, int] = defaultdict(int)
        called = variable_names(set(graph.origin.values())) if printed else {}
        own = [(node, origin) for node, origin in graph.origin.items() if printed and graph.done[origin] is node]
        self.wanted = {node: called[origin] for node, origin in own}  # a part of a composite goes by its kind
        self.leaves, self.arguments = arguments, [self.name(node) for node in arguments]
        self.numbers: list[str] = []
        self.views: list[str] = []  # of memory that stays: made once
        self.fixed: set[Node] = set()  # what those views are
        self.called: dict[str, str] = {}  # what is called, and one line in which it is
        self.lines = [f"{name} = float({name})" for name in self.arguments if floats]
        self.multiple: Node | None = None  # what the line before computes, if it can stand in the next one
        self.node_of_line = list(arguments) if floats else []
        self.users: defaultdict[Node, list[OperationKind | None]] = defaultdict(list)
        operations = [node for node in graph.order if isinstance(node, Operation)]
        uses = [(parent, node.kind) for node in operations for parent in node.inputs]
        for node, user in [*((target, None) for target in graph.targets), *uses]:
            self.users[node].append(user)
        for places in self.plan.alike:
            names, shape = ", ".join(place.name for place in places), (len(places), *places[0].shape)
            self.lines.append(f"{places[0].rows} = {names} = empty({shape}, {_name(places[0].dtype)!r})")
            self.node_of_line.append(graph.targets[0])
        for node in operations:
            self.write(node)
        self.times_wanted = Counter(graph.targets)
        self.results = [self.result(node) for node in graph.targets]
        if checked:
            self.results.insert(0, " + ".join(dict.fromkeys(map(self.square, graph.targets))) or "0.0")

    def name(self, node: Node) -> str:
        """A Python identifier for the node, different from all others; a short one, if nobody reads it."""
        if node not in self.names:
            known_as = self.wanted.get(node) or node.name or node.kind_name if self.printed else ""
            self.names[node] = self.fresh_name(_identifier(known_as)) if self.printed else f"v{len(self.names)}"
        return self.names[node]

    def fresh_name(self, text: str) -> str:
        name = text
        while name in self.taken or name in _RESERVED or (name[0] in "mk" and name[1:].isdigit()):
            self.taken[text] += 1
            name = f"{text}_{self.taken[text]}"
        self.taken[name] += 1
        return name

    def bound(self, value: Any, text: str) -> str:
        """A name for something that cannot be written down."""
        name = self.fresh_name(text)
        self.objects[name] = value
        return name

    def operand(self, node: Constant, used_by: Operation) -> str:
        """How an operation refers to a constant."""
        number = number_in(node)
        if number is not None and used_by.shape == () and used_by.kind in _ON_FLOATS:
            others = [] if self.floats else [parent for parent in used_by.inputs if number_in(parent) is None]
            alike = [parent for parent in others if parent.dtype == node.dtype == used_by.dtype]
            if self.floats or (alike and node.dtype.kind == "f"):
                return repr(number) if math.isfinite(number) else f"float('{number}')"
        if node not in self.names:
            if number is None:
                self.names[node] = self.bound(node.array, node.name if node.name == "ones" else "data")
            else:  # an array of one number is quicker to use than the number
                self.names[node] = f"k{len(self.numbers)}"
                text = repr(number) if math.isfinite(number) else f"'{number}'"
                self.numbers.append(f"{self.names[node]} = array({text}, {_name(node.dtype)!r})")
        return self.name(node)

    def write(self, node: Operation) -> None:
        kind, storage, out = node.kind, self.plan.storage, ""
        inputs = [self.operand(x, node) if isinstance(x, Constant) else self.names[x] for x in node.inputs]
        if self.floats:
            template = self.called[kind] = _ON_FLOATS[kind]
            text = template.format(*inputs)
            if self.stands_in_its_user(node, text):
                self.names[node] = text if self.printed else f"({text})"
                return
        elif is_view(node) and self.stays(node):
            place = storage.get(node.inputs[0])
            self.views.append(f"{self.name(node)} = {_expression(node, [place.name if place else inputs[0]], '')}")
            self.fixed.add(node)
            return
        elif not kind.elementwise and kind not in _WRITTEN:
            function = guarded(node, self.device) if kind.learners else partial(kind.function, **node.attributes)
            text = f"{self.bound(function, re.sub(r'[^a-zA-Z]+', '_', kind.name) + '_of')}({', '.join(inputs)})"
        else:
            if node in storage:
                overwritten = self.plan.overwrites.get(node)
                out = storage[node].name if overwritten is None else self.names[overwritten]
            text = _expression(node, inputs, out, quick=not self.printed)
            self.called[text.partition("(")[0]] = text
            if out and not self.printed:  # where it is written to is name enough, which Python reads sooner
                self.names[node], text = out, text if kind.elementwise else _quicker(kind, text, self.device)
        name, origin = self.name(node), self.graph.origin.get(node, node)
        if self.multiple is not None and any(x is self.multiple for x in node.inputs):
            a, b = (self.product(x) if x is self.multiple else self.names[x] for x in node.inputs)
            self.lines[-1] = f"{name} = {a} {'+' if kind is ops.add else '-'} {b}"
            self.node_of_line[-1] = origin
        else:
            self.lines.append(text if name == out else f"{name} = {text}")
            self.node_of_line.append(origin)
        self.multiple = node if self.printed and node.shape and self.is_multiple(node) else None

    def product(self, node: Node) -> str:
        """A multiple, as it stands in a formula."""
        return " * ".join(
            str(x.array) if isinstance(x, Constant) and x.shape == () else self.names[x] for x in node.inputs
        )

    def is_multiple(self, node: Operation) -> bool:
        """Whether it is a multiple that is only added or subtracted: p - 0.1 * dJ_dp can stand on one line."""
        if node.kind is not ops.multiply or self.users[node] not in ([ops.add], [ops.subtract]):
            return False
        numbers = [x for x in map(number_in, node.inputs) if x is not None]
        return len(numbers) == 1 and math.isfinite(numbers[0]) and self.wanted.get(node) in (None, "multiply")

    def stands_in_its_user(self, node: Operation, text: str) -> bool:
        """Whether a number stands in the expression of the one that needs it, which Python reads and runs sooner."""
        if self.printed:
            return self.is_multiple(node)
        users = self.users[node]
        return len(users) == 1 and len(text) < _LONG and " if " not in _ON_FLOATS.get(users[0], " if ")

    def stays(self, view: Operation) -> bool:
        """Whether this is a view of memory that is the same in every run. (To reshape a view may be to copy it.)"""
        place = self.plan.storage.get(view.inputs[0])
        return bool(place and not place.fresh) or (view.inputs[0] in self.fixed and view.kind is not ops.reshape)

    def result(self, node: Node) -> str:
        """What the caller gets is the caller's own: a fresh array, or a copy."""
        if isinstance(node, Constant):
            return f"{self.bound(node.array, 'data')}.copy()"
        if node.shape == ():
            return f"array({self.name(node)}{'' if node.dtype == float else f', {_name(node.dtype)!r}'})"
        is_own = isinstance(node, Operation) and not may_share(node) and self.times_wanted[node] == 1
        return self.name(node) if is_own else f"{self.name(node)}.copy()"

    def square(self, node: Node) -> str:
        """What is not finite if one of the node's numbers is not, or where the sum of their squares is too large."""
        name = self.bound(node.array, "data") if isinstance(node, Constant) else self.names[node]
        rows = self.plan.storage[node].rows if node in self.plan.storage else ""
        flat = f"{rows or name}.ravel()" if rows or node.ndim > 1 else name
        return f"{flat}.dot({flat})" if node.shape else name

    def source(self) -> str:
        """The whole program."""
        body = [*self.lines, "return " + "".join(f"{result}, " for result in self.results).rstrip()]
        numbers, called, memory = self.numbers, [*self.called.values()], self.plan.memory if self.printed else ()
        if self.printed and not self.floats:  # some of these may stand in the formulas now
            words = set(re.findall(r"\w+", "\n".join(body)))
            numbers = [number for number in numbers if number.split(" = ")[0] in words]
            called = [call for name, call in self.called.items() if name.split(".")[0] in words]
        calls = set(_CALLED.findall("\n".join([*numbers[:1], *self.views, *called, body[-1]]))) - set(self.objects)
        calls |= {"empty"} if memory or self.plan.alike else set()
        size = sum(s.dtype.itemsize * math.prod(s.shape) for s in self.plan.memory)
        head = [f"# {len(self.lines)} operations, {size} bytes of memory"]
        head += [f"# {self.names[leaf]}: {shape_text(leaf.shape)}" for leaf in self.leaves]
        for module in (math, np) if self.floats else (self.device.module,):
            imported = sorted(name for name in calls if hasattr(module, name))
            calls -= set(imported)
            head += [f"from {module.__name__} import {', '.join(imported)}"] if imported else []
        head += [f"{s.name} = empty({s.shape}, {_name(s.dtype)!r})" for s in memory]
        head += [*numbers, *self.views, f"def step({', '.join(self.arguments)}):"]
        self.first_line = len(head) + 1
        return "\n".join([*head, *[f"    {line}" for line in body], ""])


@cache
def _name(dtype: Dtype) -> str:
    """NumPy makes this name anew each time."""
    return dtype.name


_REDUCED = re.compile(r", axis=(.+), keepdims=(\w+), out=(\w+)\)$")


def _quicker(kind: OperationKind, text: str, device: Device) -> str:
    """The same call with ``out=`` given by position, where NumPy finds it sooner."""
    if kind is ops.matmul:
        return text.replace(", out=", ", ")
    return _REDUCED.sub(r", \1, None, \3, \2)", text) if device is CPU else text  # CuPy's order is another


def guarded(node: Operation, device: Device) -> Callable[..., Array]:
    """A learner's function: it cannot change its inputs, and its answer is checked and copied."""

    def compute(*arrays: Any) -> Array:
        views = [device.put(array).view() for array in arrays]
        for view in views:
            if device is CPU:  # CuPy's arrays cannot be locked
                view.flags.writeable = False
        answer: Array = device.put(node.kind.function(*views, **node.attributes))
        if answer.shape != node.shape:
            raise ValueError(f"it returned shape {shape_text(answer.shape)}, but its shape rule promised {node.shape}")
        return answer.astype(node.dtype)  # a copy

    return compute
