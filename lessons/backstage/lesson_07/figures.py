"""The figures of lesson 07, computations are graphs."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np

import dlcourse as dl
from dlcourse.engine.graph import Constant, Node, topological_order
from dlcourse.engine.tracing import names_of
from dlcourse.figures import Figure, Mark, Panel, by_frame, choice, curve, entry, point, slider, text
from dlcourse.figures.formulas import FormulaError, formula
from dlcourse.figures.graphs import graph_panel
from dlcourse.figures.own import readable
from dlcourse.figures.spelling import count, listed


def ancestors_of(node: Node, cut: Node | None = None) -> set[Node]:
    """What a node is computed from, itself included, when the arrows into ``cut`` are gone."""
    found: set[Node] = set()
    waiting = [node]
    while waiting:
        n = waiting.pop()
        if n not in found:
            found.add(n)
            waiting.extend(n.inputs if n is not cut else ())
    return found


class Expression(Figure):
    """A formula and its graph, redrawn with every letter that is typed."""

    title = "A formula, and the graph that computes it"
    text = entry("w*x", label="formula of x, w and b")
    x = slider(-2.0, 2.0, value=1.0, step=0.1, label="x")

    def setup(self) -> None:
        self.names = {
            "x": dl.parameter(0.0, name="x"),
            "w": dl.parameter(0.8, name="w"),
            "b": dl.parameter(-0.3, name="b"),
        }
        self.read = ""
        self.result: Node = self.names["x"]

    def compute(self) -> None:
        self.names["x"].assign(self.x)
        self.problem = ""
        if self.text != self.read:
            try:
                result = formula(self.text, self.names)
                if not readable(self.drawn(result)):
                    size = len(topological_order(result))
                    raise FormulaError(f"That makes {size} boxes, too many for one picture that can be read.")
                self.result, self.read = result, self.text
            except FormulaError as error:  # half a formula: the last whole one stays on the screen
                self.problem = f"{error} The graph shows the last formula that could be read."
        self.nodes = topological_order(self.result)
        self.values = [float(v) for v in dl.run(list(self.nodes))]

    def drawn(self, result: Node) -> Panel:
        nodes = topological_order(result)
        values = map(float, dl.run(list(nodes)))
        notes = {n: ("" if isinstance(n, Constant) else f"{v:.3g}", "") for n, v in zip(nodes, values, strict=True)}
        return graph_panel(nodes, notes=notes)

    def scene(self) -> list[Panel]:
        return [self.drawn(self.result)]

    def describe(self) -> str:
        if self.problem:
            return self.problem
        inputs = [name for n, name in names_of(self.nodes).items() if not n.inputs]
        return (
            f"{count(len(self.nodes), 'box', 'boxes')}: it starts from {listed(inputs)} and takes "
            f"{count(len(self.nodes) - len(inputs), 'operation')}; the last value is {self.values[-1]:.3g}"
        )


class Small(Figure):
    """What the next two figures share: a small model with its loss."""

    def setup(self) -> None:
        self.build()
        self.nodes = topological_order(self.loss)
        self.names = names_of(self.nodes)

    loss: Node

    def build(self) -> None:
        raise NotImplementedError


class Forward(Small):
    """The forward pass, and which values feel one input move."""

    sealed = True
    title = "The forward pass, one box at a time"
    moved = choice(["x", "w", "b", "y"], value="b", label="input to move")
    by = slider(-1.0, 1.0, value=0.5, step=0.1, label="move it by")

    start: ClassVar[dict[str, float]] = {"x": 1.5, "w": 0.8, "b": -0.5, "y": 1.0}

    def build(self) -> None:
        self.inputs = {name: dl.parameter(value, name=name) for name, value in self.start.items()}
        x, w, b, y = self.inputs.values()
        product = (w * x).named("w·x")
        total = (product + b).named("s")
        output = dl.tanh(total).named("ŷ")
        error = (output - y).named("e")
        self.loss = dl.square(error).named("ℓ")

    def compute(self) -> None:
        for name, value in self.start.items():  # the one that was moved last goes back, too
            self.inputs[name].assign(value)
        mover = self.inputs[self.moved]
        self.before = [float(v) for v in dl.run(list(self.nodes))]
        mover.assign(self.start[self.moved] + self.by)
        self.after = [float(v) for v in dl.run(list(self.nodes))]
        self.feels = [mover in ancestors_of(n) for n in self.nodes]
        self.operations = [n for n in self.nodes if n.inputs]
        self.last_frame = len(self.operations)

    def scene(self) -> list[Panel]:
        frames = range(self.last_frame + 1)
        roles, notes = {}, {}
        for n, before, after, feels in zip(self.nodes, self.before, self.after, self.feels, strict=True):
            done = self.operations.index(n) + 1 if n.inputs else 0  # the frame in which the node is computed
            roles[n] = by_frame(["guide" if f < done else "here" if feels else "function" for f in frames])
            was = f"was {before:.2f}" if feels else ""
            notes[n] = (
                by_frame([f"{after:.2f}" if f >= done else "" for f in frames]),
                by_frame([was if f >= done else "" for f in frames]),
            )
        return [graph_panel(self.nodes, self.names, roles, notes)]

    def describe(self) -> str:
        still = not round(self.by, 1)
        head = f"{self.moved} stays where it is" if still else f"{self.moved} moves by {self.by:+.1f}"
        if self.frame < self.last_frame:
            known = [self.names[n] for n in self.operations[: self.frame]]
            so_far = f"computed so far: {listed(known)}" if known else "nothing is computed yet"
            return f"{head}; {so_far}, next {self.names[self.operations[self.frame]]}"
        if still:
            return f"{head}, and so does all the rest; ℓ is {self.after[-1]:.3f}"
        lit = [self.names[n] for n, feels in zip(self.nodes, self.feels, strict=True) if feels and n.inputs]
        return f"{head}, and {listed(lit)} move with it; ℓ goes from {self.before[-1]:.3f} to {self.after[-1]:.3f}"


class Cut(Small):
    """One box is cut off from its inputs; which knobs can still change the loss?"""

    title = "Cut a box off, and ask what the loss still sees"
    cut = choice({"none": "nothing", "s": "s", "h": "h", "ŷ": "ŷ", "ℓ": "ℓ"}, value="none", label="cut off")

    def build(self) -> None:
        x, y = dl.parameter(1.5, name="x"), dl.parameter(1.0, name="y")
        w1, b1, w2, b2 = (dl.parameter(v, name=n) for n, v in [("w₁", 0.8), ("b₁", -0.5), ("w₂", 1.4), ("b₂", 0.2)])
        s = (w1 * x + b1).named("s")
        h = dl.relu(s).named("h")
        prediction = (w2 * h + b2).named("ŷ")
        self.turn = [w1, b1, w2, b2]
        self.loss = dl.square(prediction - y).named("ℓ")

    def compute(self) -> None:
        node = next((n for n in self.nodes if self.names[n] == self.cut), None)
        self.seen = ancestors_of(self.loss, node)
        self.node = node

    def scene(self) -> list[Panel]:
        roles: dict[Node, str] = {n: "function" if n in self.seen else "guide" for n in self.nodes}
        roles |= {n: "here" for n in self.turn if n in self.seen}
        panel = graph_panel(self.nodes, self.names, roles)
        return [panel if self.node is None else without_arrows_into(panel, self.names[self.node])]

    def describe(self) -> str:
        can = [self.names[n] for n in self.turn if n in self.seen]
        cannot = [self.names[n] for n in self.turn if n not in self.seen]
        head = "Nothing is cut" if self.node is None else f"{self.cut} is cut off from its inputs and keeps its value"
        still = f"{listed(can)} can still change the loss" if can else "no knob can change the loss any more"
        return f"{head}: {still}" + (f", {listed(cannot)} cannot" if can and cannot else "")


def without_arrows_into(panel: Panel, name: str) -> Panel:
    """The panel of a graph, less the arrows that end at the box with this name."""
    (box,) = [mark for mark in panel.marks if mark.kind == "node" and mark.label == name]

    def kept(mark: Mark) -> bool:
        return mark.kind != "edge" or (mark.x1, mark.y1) != (box.x, box.y)

    return replace(panel, marks=[mark for mark in panel.marks if kept(mark)])


class Visits(Figure):
    """A tower of nodes, each using the one below twice: how often a question is asked, with and without a memory."""

    title = "Asking every input, with a memory and without"
    height = slider(1, 18, value=3, step=1, label="boxes on top of the first, n")

    def compute(self) -> None:
        node: Node = dl.parameter(1.0, name="n₀")
        tower = [node]
        for _ in range(18):
            node = node + node
            tower.append(node)
        asked: dict[Node, int] = {}
        for n in topological_order(node):  # asking a node means to ask it, and then each of its inputs
            asked[n] = 1 + sum(asked[i] for i in n.inputs)
        self.tower, self.without = tower, [asked[n] for n in tower]

    def scene(self) -> list[Panel]:
        n = round(self.height)
        shown = self.tower[: min(n, 3) + 1]
        names = {node: f"n{'₀₁₂₃'[k]}" for k, node in enumerate(shown)}
        heights = np.arange(n + 1.0)  # what lies beyond is still to be found out
        counts = Panel(
            [
                curve(heights, self.without[: n + 1], role="derivative"),
                curve(heights, heights + 1, role="function"),
                text(0.4, 4e5, "dashed: without memory"),  # beside curves this short there is no room
                text(0.4, 1e5, "solid: with memory"),
                point(self.height, float(self.without[n]), role="here", label=f"{self.without[n]}"),
                point(self.height, n + 1.0, role="here", label=f"{n + 1}"),
            ],
            xlim=(0, 18),
            ylim=(1, 1e6),
            yscale="log",
            xlabel="n",
            ylabel="boxes asked",
            title="Questions",
            name="counts",
        )
        sums = {node: (" + ".join(names[i] for i in node.inputs), "") for node in shown}
        tower = graph_panel(shown, names, notes=sums, title="The graph" if n <= 3 else "The first four boxes")
        return [replace(tower, width=1.0), counts]

    def describe(self) -> str:
        n = round(self.height)
        return f"n = {n}: {n + 1} boxes; {self.without[n]} questions without a memory, {n + 1} with one"


FIGURES = {"expression": Expression, "forward": Forward, "cut": Cut, "visits": Visits}
