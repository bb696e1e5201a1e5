"""The figures of lesson 11, build your own autodiff."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

import dlcourse as dl
from dlcourse.engine.graph import Constant, Node, topological_order
from dlcourse.engine.tracing import Order, Trace, Visit
from dlcourse.figures import (
    Figure,
    Mark,
    Panel,
    arrow,
    by_frame,
    choice,
    edge,
    image,
    node,
    point,
    polygon,
    polyline,
    slider,
    text,
    toggle,
)
from dlcourse.figures.pieces import cividis
from dlcourse.figures.spelling import listed, power_of_ten, short

Array = NDArray[np.float64]


# ------------------------------------------------------------------------------------ letters that walk back


@dataclass(frozen=True)
class Letter:
    """A gradient that one node sent to another: when, and when the receiver read it (never: it came too late)."""

    sender: Node
    receiver: Node
    amount: float
    sent: int
    read: int | None


class Post:
    """The walk back over a graph as letters: who is visited when, who waits, what lies in front of each door."""

    def __init__(self, loss: Node, order: Order) -> None:
        self.loss, self.trace = loss, Trace(loss, order=order)
        self.nodes = [n for n in topological_order(loss) if not isinstance(n, Constant)]
        self.visits = [v for v in self.trace.backward if not isinstance(v.node, Constant)]
        self.expected = {n: sum(n in m.inputs for m in self.nodes) for n in self.nodes}
        self.letters, self.queues = self._path_by_path() if order == "paths" else self._once_each(order)

    def _once_each(self, order: Order) -> tuple[list[Letter], list[list[Node]]]:
        """Each node is visited once, and reads what has come by then. And whom the program would visit next."""
        visited = {visit.node: k for k, visit in enumerate(self.visits, start=1)}
        letters = []
        for k, visit in enumerate(self.visits, start=1):
            for receiver, amount in self._sent(visit):
                in_time = visited[receiver] > k
                letters.append(Letter(visit.node, receiver, amount, k, visited[receiver] if in_time else None))
        queues = []
        for k in range(len(self.visits) + 1):
            left = [v.node for v in self.visits[k:]]
            if order == "breadth-first":  # those that it has met
                met = {self.loss, *(letter.receiver for letter in letters if letter.sent <= k)}
                queues.append([n for n in left if n in met])
            else:  # those whose letters are all there
                here = [letter.receiver for letter in letters if letter.sent <= k]
                queues.append([n for n in left if here.count(n) == self.expected[n]])
        return letters, queues

    def _path_by_path(self) -> tuple[list[Letter], list[list[Node]]]:
        """Each letter is read by itself, in a visit of its own, the latest first."""
        letters: list[Letter] = []
        pile: list[Letter | None] = [None]  # the loss needs no letter
        queues = [[self.loss]]
        for k, visit in enumerate(self.visits, start=1):
            top = pile.pop(0)
            if top is not None:
                letters.append(replace(top, read=k))
            sent = [Letter(visit.node, receiver, amount, k, None) for receiver, amount in self._sent(visit)]
            pile[:0] = sent
            queues.append([letter.receiver for letter in pile if letter is not None])
        return letters, queues

    def _sent(self, visit: Visit) -> list[tuple[Node, float]]:
        return [(receiver, float(amount)) for receiver, amount in visit.sent if receiver in self.expected]

    def arrived(self, node: Node, frame: int) -> list[Letter]:
        """The letters that lie in front of a node's door, read or not."""
        return [letter for letter in self.letters if letter.receiver is node and letter.sent <= frame]


@dataclass(frozen=True)
class Drawn:
    """A graph with the words in its boxes and their places, in pixels from the middle."""

    loss: Node
    names: dict[Node, str]
    at: dict[Node, tuple[float, float]]


def _drawn(loss: Node, boxes: dict[Node, tuple[str, float, float]]) -> Drawn:
    return Drawn(loss, {n: name for n, (name, _, _) in boxes.items()}, {n: (x, y) for n, (_, x, y) in boxes.items()})


def two_ways(swapped: bool = False) -> Drawn:
    """Two ways from b to d, a short and a long one; d adds them up, as it is written."""
    a = dl.parameter(3.0, name="a")
    b = 2 * a
    c = dl.square(b)
    d = c + b if swapped else b + c
    words = "d = c + b" if swapped else "d = b + c"
    return _drawn(d, {a: ("a", -250, -30), b: ("b = 2a", -90, -30), c: ("c = b²", 70, 60), d: (words, 230, -30)})


def two_diamonds() -> Drawn:
    """Two such pairs of ways in a row, so four paths in all."""
    a = dl.parameter(0.5, name="a")
    p = dl.square(a)
    b = a + p
    q = dl.square(b)
    d = b + q
    return _drawn(
        d,
        {
            a: ("a", -265, -30),
            p: ("p = a²", -145, 60),
            b: ("b = a + p", -15, -30),
            q: ("q = b²", 120, 60),
            d: ("d = b + q", 250, -30),
        },
    )


def perceptron() -> Drawn:
    """The loss of one sample, y = 1: no two ways meet."""
    w, b = dl.parameter(0.8, name="w"), dl.parameter(-0.4, name="b")
    m = 1.5 * w
    s = m + b
    p = dl.sigmoid(s)
    log = dl.log(p)
    loss = -log
    return _drawn(
        loss,
        {
            w: ("w", -275, 45),
            m: ("w·x", -175, 45),
            b: ("b", -175, -65),
            s: ("s", -50, -10),
            p: ("p = σ(s)", 60, -10),
            log: ("log p", 175, -10),
            loss: ("ℓ", 270, -10),
        },
    )


GRAPHS: dict[str, Callable[[], Drawn]] = {
    "b + c": two_ways,
    "c + b": lambda: two_ways(swapped=True),
    "perceptron": perceptron,
    "diamonds": two_diamonds,
}


@cache
def post(graph: str, order: str) -> tuple[Post, Trace, Drawn]:
    """The walk in this order, the right one on the same nodes, and how they are drawn."""
    drawn = GRAPHS[graph]()
    return Post(drawn.loss, cast(Order, order)), Trace(drawn.loss), drawn


WORDS = {"b + c": "d = b + c", "c + b": "d = c + b", "perceptron": "perceptron", "diamonds": "two diamonds"}
QUEUES = {
    "topological": "may be visited (all letters are there)",
    "breadth-first": "the queue (first come, first served)",
    "paths": "the pile (last come, first served)",
}


class Mail(Figure):
    """Backpropagation as mail: each visit reads the letters at a node's door and sends one along every arrow."""

    sealed = True
    title = "Gradients in the mail"
    graph = choice(WORDS, value="b + c", label="graph")
    order = choice(
        {"topological": "when all letters are there", "breadth-first": "breadth-first", "paths": "path by path"},
        value="topological",
        label="whom to visit next",
    )

    def compute(self) -> None:
        self.post, self.right, self.drawn = post(self.graph, self.order)
        self.last_frame = len(self.post.visits)

    def scene(self) -> list[Panel]:
        frames = range(self.last_frame + 1)
        marks: list[Mark] = []
        for n in self.post.nodes:
            for sender in (m for m in self.post.nodes if n in m.inputs):
                marks.append(edge(*self.drawn.at[n], *self.drawn.at[sender]))
                marks += self._envelope(sender, n)
        for n in self.post.nodes:
            x, y = self.drawn.at[n]
            marks.append(node(x, y, self.drawn.names[n], role=by_frame([self._role(n, f) for f in frames])))
            marks.append(text(x, y + 20, short(float(self.post.trace.values[n])), anchor="middle"))
            marks.append(text(x, y - 30, by_frame([self._gradient(n, f) for f in frames]), anchor="middle"))
        queues = [",  ".join(self._short(n) for n in queue) or "nobody" for queue in self.post.queues]
        marks.append(text(0, -120, by_frame([f"{QUEUES[self.order]}:  {q}" for q in queues]), anchor="middle"))
        return [Panel(marks, (-300, 300), (-135, 110), axes=False, name="mail")]

    def _short(self, node: Node) -> str:
        return self.drawn.names[node].split(" = ")[0]

    def _gradient(self, node: Node, frame: int) -> str:
        if node is self.post.loss:
            return "∂ 1"
        letters = self.post.arrived(node, frame)
        return f"∂ {short(sum(letter.amount for letter in letters))}" if letters else ""

    def _role(self, node: Node, frame: int) -> str:
        """Who is visited stands out, who has been visited is dashed; who sent too little is marked."""
        if frame and self.post.visits[frame - 1].node is node:
            return "here"
        if any(letter.read is None for letter in self.post.arrived(node, frame)):
            return "bad"
        return "derivative" if any(v.node is node for v in self.post.visits[:frame]) else "function"

    def _envelope(self, sender: Node, receiver: Node) -> list[Mark]:
        """An envelope on the arrow: sealed, then open; hatched if it came too late."""
        (x0, y0), (x1, y1) = self.drawn.at[receiver], self.drawn.at[sender]
        x, y, w, h = (x0 + x1) / 2, (y0 + y1) / 2, 13.0, 8.0
        mine = [letter for letter in self.post.letters if (letter.sender, letter.receiver) == (sender, receiver)]
        frames = range(self.last_frame + 1)
        latest = [next((p for p in reversed(mine) if p.sent <= f), None) for f in frames]
        opened = [p is not None and p.read is not None and p.read <= f for p, f in zip(latest, frames, strict=True)]
        late = [p is not None and p.read is None for p in latest]
        states = list(zip([p is not None for p in latest], opened, late, strict=True))
        xs, ys = np.array([x - w, x + w, x + w, x - w, x - w]), np.array([y - h, y - h, y + h, y + h, y - h])
        flap, lid, none = np.array([y + h, y - 1, y + h]), np.array([y + h, y + 2 * h, y + h]), np.zeros(0)
        words = ["" if p is None else short(p.amount) + (" too late" if p.read is None else "") for p in latest]
        level = (x, y - 26) if x1 - x0 > 120 else (x, y + 23)  # a short arrow has no room under it
        beside = level if y0 == y1 else (x + 17, y + 8 if y1 < y0 else y - 20)
        return [
            polygon(
                by_frame([xs[:4] if there else none for there, _, _ in states]),
                by_frame([ys[:4] if there else none for there, _, _ in states]),
                role=by_frame(["bad" if bad else "good" if done else "neutral" for _, done, bad in states]),
                opacity=0.55,
            ),
            polyline(
                by_frame([xs if there else none for there, _, _ in states]),
                by_frame([ys if there else none for there, _, _ in states]),
            ),
            polyline(
                by_frame([np.array([x - w, x, x + w]) if there else none for there, _, _ in states]),
                by_frame([(lid if done else flap) if there else none for there, done, _ in states]),
            ),
            text(*beside, by_frame(words), anchor="middle" if y0 == y1 else "start"),
        ]

    def describe(self) -> str:
        if self.frame == 0:
            start = self._short(self.post.loss)
            return f"{WORDS[self.graph]}: all values are computed; the walk back starts at {start} with the gradient 1"
        visit = self.post.visits[self.frame - 1]
        name = self._short(visit.node)
        read = [p for p in self.post.letters if p.receiver is visit.node and p.read == self.frame]
        of = self.post.expected[visit.node]
        head = f"{WORDS[self.graph]}, visit {self.frame} of {self.last_frame}: {name}"
        if read:
            head += f" reads {len(read)} of {of} letter{'s' * (of > 1)}"
            total = sum(p.amount for p in read)
            head += f", {short(total)} in all" if len(read) > 1 else f", {short(total)}"
        return head + self._sends(" and sends " if read else " sends ") + self._verdict()

    def _sends(self, words: str) -> str:
        sent = [p for p in self.post.letters if p.sent == self.frame]
        if not sent:
            return ""
        words += listed([f"{short(p.amount)} to {self._short(p.receiver)}" for p in sent])
        late = [self._short(p.receiver) for p in sent if p.read is None]
        return words + (f", too late: {listed(late)} has sent its own already" if late else "")

    def _verdict(self) -> str:
        if self.frame < self.last_frame:
            return ""
        knobs = [n for n in self.post.nodes if not n.inputs]
        found, truth = self.post.trace.gradients, self.right.gradients
        said = listed([f"{self._short(n)} has {short(float(found[n]))}" for n in knobs])
        wrong = [n for n in knobs if not np.allclose(found[n], truth[n])]
        if wrong:
            return f". In the end {said}, which is wrong: it is {short(float(truth[wrong[0]]))}"
        return f". In the end {said}, which is right"


# ------------------------------------------------------------------------------------------ broadcasting

SHAPES = {"(3, 4)": (3, 4), "(4,)": (4,), "(1, 4)": (1, 4), "(3, 1)": (3, 1), "()": ()}


@cache
def added(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[Array, list[Array]]:
    """What arrives at a sum of two arrays, small whole numbers, and what the engine makes of it for each of them."""
    a, b = dl.parameter(np.zeros(left), name="a"), dl.parameter(np.zeros(right), name="b")
    result = a + b
    g = np.random.default_rng(11).integers(1, 6, size=np.broadcast_shapes(left, right)).astype(float)
    return g, dl.run(dl.gradients(result, [a, b], grad_output=g))


def laid_out(shape: tuple[int, ...]) -> tuple[int, int]:
    """Rows and columns in which an array of at most two axes is drawn."""
    return (1, 1, *shape)[-2], (1, *shape)[-1]


def cells(numbers: Array, lit: list[NDArray[np.bool_]], middle: float) -> list[Mark]:
    """A table of numbers, in pixels about (middle, 0), in which some cells are filled, frame by frame."""
    marks: list[Mark] = []
    rows, columns = numbers.shape
    for (i, j), value in np.ndenumerate(numbers):
        x, y = middle + 48 * (j - columns / 2), 42 * (rows / 2 - i)
        xs, ys = np.array([x, x + 48, x + 48, x]), np.array([y - 42, y - 42, y, y])
        fills = [(xs, ys) if on[i, j] else (np.zeros(0), np.zeros(0)) for on in lit]
        marks.append(polygon(by_frame([f[0] for f in fills]), by_frame([f[1] for f in fills]), role="bad", opacity=0.3))
        marks.append(text(x + 24, y - 26, f"{value:g}", anchor="middle"))
    right, top = 24 * columns, 21 * rows
    marks += [polyline([middle - right, middle + right], [42 * i - top] * 2) for i in range(rows + 1)]
    marks += [polyline([middle + 48 * j - right] * 2, [-top, top]) for j in range(columns + 1)]
    return marks


class Broadcast(Figure):
    """Which entries of the gradient that arrives are added up for one entry of an input that was stretched."""

    title = "What was copied is added up again"
    a = choice(list(SHAPES), value="(3, 4)", label="shape of a")
    b = choice(list(SHAPES), value="(4,)", label="shape of b")
    of = choice({"a": "a", "b": "b"}, value="a", label="gradient of")  # of b is asked above

    def compute(self) -> None:
        left, right = SHAPES[self.a], SHAPES[self.b]
        self.g, gradients = added(left, right)
        self.shape = left if self.of == "a" else right
        self.gradient = gradients[self.of == "b"]
        places = np.arange(self.gradient.size).reshape(self.shape)
        self.belongs = np.broadcast_to(places, self.g.shape).reshape(laid_out(self.g.shape))
        self.last_frame = self.gradient.size - 1
        lost = self.g.ndim - len(self.shape)
        stretched = [lost + i for i, n in enumerate(self.shape) if n < self.g.shape[lost + i]]
        self.axes = [*range(lost), *stretched]

    def scene(self) -> list[Panel]:
        frames = range(self.last_frame + 1)
        table, own = self.g.reshape(laid_out(self.g.shape)), self.gradient.reshape(laid_out(self.shape))
        which = np.arange(own.size).reshape(own.shape)
        marks = cells(table, [self.belongs == f for f in frames], middle=-150)
        marks += cells(own, [which == f for f in frames], middle=150)
        marks += [
            text(-150, 85, f"G arrives at {self.a} + {self.b}: {self.g.shape}", anchor="middle"),
            text(150, 85, f"the gradient of {self.of}: {self.shape}", anchor="middle"),
            arrow(-35, 0, 35, 0),
            text(0, 12, "add up" if self.axes else "copy", anchor="middle"),
        ]
        return [Panel(marks, (-300, 300), (-90, 110), axes=False, name="tables")]

    def describe(self) -> str:
        mine = self.g.reshape(laid_out(self.g.shape))[self.belongs == self.frame]
        if not self.axes:
            summed = f"{self.of} was not copied, nothing is summed"
        else:
            axes = "axis" if len(self.axes) == 1 else "axes"
            summed = f"for {self.of}, G is summed over {axes} {listed([*map(str, self.axes)])}"
        total = self.gradient.ravel()[self.frame]
        terms = " + ".join(f"{v:g}" for v in mine)
        return (
            f"{self.a} and {self.b} make {self.g.shape}: {summed}; entry {self.frame + 1} of "
            f"{self.of} gets {terms}" + (f" = {total:g}" if mine.size > 1 else "")
        )


# ----------------------------------------------------------------------------------- checking gradients

HS = 10.0 ** np.arange(-13, -0.9, 0.5)
SEEDS = 5


def _softmax(z: Array) -> Array:
    e: Array = np.exp(z)
    shares: Array = e / e.sum(axis=1, keepdims=True)
    return shares


@dataclass(frozen=True)
class Rule:
    """An operation of the registry, and the rule that people write by mistake; the right one is the engine's."""

    operation: Callable[..., Node]
    mistake: Callable[..., Array]  # of g and the inputs' values: the gradient of the first input
    blunder: str
    second: tuple[int, ...] | None = None  # the shape of a second input
    positive: bool = False


def _sigma(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


RULES = {
    "negative": Rule(dl.negative, lambda g, x: g, "g instead of −g"),
    "log": Rule(dl.log, lambda g, x: g * x, "g·x instead of g/x", positive=True),
    "sigmoid": Rule(dl.sigmoid, lambda g, x: g * _sigma(x) * _sigma(1 - x), "σ(a)·σ(1 − a)"),
    "multiply": Rule(dl.multiply, lambda g, a, b: g * a, "g·a for a", second=(3, 3)),
    "matmul": Rule(dl.matmul, lambda g, a, b: a.T @ g, "Aᵀ·G for A", second=(3, 3)),
    "add": Rule(lambda a, b: b + a, lambda g, a, b: g[0], "the first row of G for a bias", second=(3, 3)),
    "sum1": Rule(lambda x: dl.sum(x, axis=1), lambda g, x: g * np.ones_like(x), "the axis lost"),
    "softmax": Rule(dl.softmax, lambda g, x: g * _softmax(x) * (1 - _softmax(x)), "the diagonal alone"),
}


@cache
def errors(name: str) -> tuple[Array, Array]:
    """For each seed and each h the worst relative error of the engine's rule, and of the mistake: (SEEDS, len(HS))."""
    rule = RULES[name]
    found = np.zeros((2, SEEDS, len(HS)))
    shape = (3,) if name == "add" else (3, 3)
    x = dl.placeholder("x", shape=shape)
    inputs = [x] if rule.second is None else [x, dl.placeholder("y", shape=rule.second)]
    result = rule.operation(*inputs)
    out = (3,) if name == "sum1" else (3, 3)
    weights = dl.placeholder("g", shape=out)
    loss = dl.sum(weights * result)
    slope = dl.gradients(loss, x)
    for seed in range(SEEDS):
        rng = np.random.default_rng([11, seed])
        at = rng.uniform(0.5, 1.5, size=shape) if rule.positive else rng.normal(size=shape)
        feeds: dict[Any, Any] = {x: at, weights: rng.normal(size=out)}
        feeds |= {p: rng.normal(size=(3, 3)) for p in inputs[1:]}
        claims = [dl.run(slope, feeds), rule.mistake(feeds[weights], *(feeds[p] for p in inputs))]
        for k, h in enumerate(HS):
            numeric = np.zeros(shape)
            for i in np.ndindex(*shape):
                moved = [at.copy(), at.copy()]
                moved[0][i] += h
                moved[1][i] -= h
                ends = [float(dl.run(loss, feeds | {x: m})) for m in moved]
                numeric[i] = (ends[0] - ends[1]) / (2 * h)
            for which, claimed in enumerate(claims):
                scale = np.maximum(1, np.maximum(abs(claimed), abs(numeric)))
                found[which, seed, k] = np.max(abs(claimed - numeric) / scale)
    return found[0], found[1]


class Check(Figure):
    """Every rule of the registry against differences, for several seeds; and how the error depends on h."""

    title = "Eight rules on trial"
    operation = choice(list(RULES), value="softmax", label="operation")
    seed = slider(1, SEEDS, value=3, step=1, label="seed")
    h = slider(1e-13, 0.1, value=1e-5, log=True, label="h")
    mistaken = toggle(False, label="put a common mistake into its rule")

    def compute(self) -> None:
        self.k = int(np.argmin(abs(np.log10(HS) - np.log10(self.h))))
        tables = [errors(name)[self.mistaken and name == self.operation] for name in RULES]
        self.table = np.maximum(np.array(tables), 1e-15)  # operation, seed, h
        self.row, self.column = list(RULES).index(self.operation), round(self.seed) - 1
        self.worst = float(self.table[self.row, self.column, self.k])

    def scene(self) -> list[Panel]:
        return [self._trial(), self._curve()]

    def _trial(self) -> Panel:
        powers = np.log10(self.table[:, :, self.k])
        tints = cividis()[np.clip(255 - (powers + 13) / 13 * 200, 40, 250).astype(int)].copy()
        tints[..., 3] = 105
        marks: list[Mark] = [image(tints.repeat(8, axis=0).repeat(8, axis=1), (0.5, SEEDS + 0.5, -len(RULES), 0))]
        for i, name in enumerate(RULES):
            marks.append(text(0.4, -i - 0.62, name, anchor="end"))
            for j in range(SEEDS):
                mark = "✗" if powers[i, j] > -4 else power_of_ten(math.floor(powers[i, j]))
                marks.append(text(j + 1, -i - 0.62, mark, anchor="middle"))
        x, y = self.column + 0.5, -self.row
        marks.append(polyline([x, x + 1, x + 1, x, x], [y, y, y - 1, y - 1, y], role="function"))
        marks += [text(j + 1, -len(RULES) - 0.6, str(j + 1), anchor="middle") for j in range(SEEDS)]
        marks.append(text(0.4, -len(RULES) - 0.6, "seed", anchor="end"))
        return Panel(
            marks,
            (-1.6, SEEDS + 0.6),
            (-len(RULES) - 0.8, 0.1),
            axes=False,
            width=1.2,
            title=f"worst relative error at h = {power_of_ten(self.k / 2 - 13)}",
            name="trial",
        )

    def _curve(self) -> Panel:
        ys = self.table[self.row, self.column]
        marks: list[Mark] = [
            polyline([1e-13, 0.1], [1e-4, 1e-4], role="guide"),
            text(1e-6, 4e-4, "wrong, above this line", anchor="middle"),
            polyline(HS, ys, role="derivative"),
            point(HS[self.k], ys[self.k], role="here"),
        ]
        return Panel(
            marks,
            (1e-13, 0.1),
            (1e-13, 10.0),
            xlabel="h",
            ylabel="relative error",
            xscale="log",
            yscale="log",
            title=f"{self.operation}, seed {self.column + 1}",
            name="curve",
        )

    def describe(self) -> str:
        rule = f"{self.operation} with {RULES[self.operation].blunder}" if self.mistaken else self.operation
        error = f"{self.worst:.1g}" if self.worst > 1e-4 else next(w for e, w in BELOW if self.worst < e)
        shown = f"at h = {power_of_ten(self.k / 2 - 13)} the worst error is {error}"
        if self.mistaken:
            return f"{rule}, seed {self.column + 1}: {shown}; no h makes a wrong rule right"
        bent = self.h > 1e-4 and self.worst > 1e-8  # where nothing bends, a large h does no harm
        why = "rounding" if self.h < 1e-6 else "h is large" if bent else "as good as it gets"
        return f"{rule}, seed {self.column + 1}: {shown} ({why})"


BELOW = [(1e-8, "below 10⁻⁸"), (1e-6, "below 10⁻⁶"), (2e-4, "below 10⁻⁴")]


FIGURES = {"mail": Mail, "broadcast": Broadcast, "check": Check}
