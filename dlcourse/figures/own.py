"""The learner's own graph as a figure: a node of the engine, or a dict as in lessons 07 and 11."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, cast

import numpy as np

import dlcourse as dl
from dlcourse.engine.errors import shape_text
from dlcourse.engine.graph import Constant, Node, Placeholder, topological_order
from dlcourse.engine.tracing import names_of
from dlcourse.figures.figure import Figure
from dlcourse.figures.graphs import graph_panel
from dlcourse.figures.labels import overlap
from dlcourse.figures.scene import Panel, Text, by_frame
from dlcourse.figures.spelling import count, listed, short

MOST_NODES = 200  # more are not even laid out
ROOM = 610.0, 285.0  # pixels of a graph's panel
LETTER, LINE = 6.5, 12.0  # pixels of a letter and of a line
BOX, BETWEEN = (
    (14.0, 26.0),
    (14.0, 5.0),
)  # what a box adds to its words and how high it is; room beside boxes, and words
SIGNS = {"multiply": "*", "add": "+", "subtract": "−", "divide": "/", "power": "**", "matmul": "@"}
Graph = Mapping[str, tuple[str, Sequence[str]]]


@dataclass(frozen=True, eq=False)
class Box:
    """A node of a dict graph: a layout looks at its inputs, and at nothing else."""

    name: str
    kind: str
    inputs: tuple[Box, ...]


def readable(panel: Panel) -> bool:
    """Whether no words of a graph's panel lie on words or on a box when all is shown."""
    across, up = ROOM[0] / (panel.xlim[1] - panel.xlim[0]), ROOM[1] / (panel.ylim[1] - panel.ylim[0])
    taken: list[tuple[float, float, float, float]] = []
    for mark in panel.marks:
        if mark.kind in ("node", "text"):
            in_box = mark.kind == "node"
            wide = LETTER * len(mark.label) + BOX[0] + BETWEEN[0] if in_box else LETTER * len(mark.string) + BETWEEN[1]
            high = BOX[1] if in_box else LINE
            x, y = mark.x * across, mark.y * up
            taken.append((x - wide / 2, y - high / 2, x + wide / 2, y + high / 2))
    return not any(overlap(a, b) for a, b in itertools.combinations(taken, 2))


class OwnGraph(Figure):
    """A graph of the learner's, drawn, with values over its boxes and gradients under them.

    Parameters
    ----------
    of : Node or dict
        A node of the engine, drawn with all that it is computed from; or a graph as in lesson 07, a dict from each
        name to ``(operation, names of its inputs)``.
    feeds : dict, optional
        For a node: what its placeholders hold. Without it the shapes stand where the values would.
    gradients : bool or dict
        For a node: whether to show the gradient of it by each node. For a dict: the gradients, by name.
    values : dict, optional
        For a dict: the value of each node, by name, as ``evaluate`` of exercise 07.2 returns them.

    Examples
    --------
    >>> import dlcourse as dl
    >>> x, w = dl.placeholder("x", shape=()), dl.parameter(0.8, name="w")
    >>> OwnGraph(of=dl.tanh(w * x).named("y"), feeds={x: 1.5}, gradients=True).sentence()
    '4 boxes, 2 of them inputs; y is 0.834; by w its gradient is 0.458, by x 0.244'
    >>> OwnGraph(of={"a": ("input", []), "d": ("add", ["a", "b"])})
    Traceback (most recent call last):
    ...
    ValueError: d uses b, and the dict has no line for b
    """

    title = "Your graph"

    nodes: list[Node]
    names: dict[Node, str]  # what stands in the boxes
    known: dict[Node, str]  # what the learner calls them
    kinds: dict[Node, str]
    values: dict[Node, str]
    gradients: dict[Node, str]

    def __init__(
        self,
        of: Node | Graph | None = None,
        feeds: Mapping[Any, Any] | None = None,
        gradients: bool | Mapping[str, Any] = False,
        values: Mapping[str, Any] | None = None,
        **settings: Any,
    ) -> None:
        if isinstance(of, Node):
            if values is not None or isinstance(gradients, Mapping):
                raise ValueError("a node of the engine computes its values: give feeds={placeholder: data} instead")
            self._read_node(of, feeds, gradients)
        elif isinstance(of, Mapping):
            if feeds is not None or gradients is True:
                raise ValueError(
                    "a dict computes nothing: give values= and gradients=, a dict from each name to a number"
                )
            self._read_dict(of, values or {}, gradients or {})
        else:
            given = "nothing was given" if of is None else f"this is {type(of).__name__}"
            raise ValueError(f"of= takes a node, as in of=loss, or a graph as in lesson 07, and {given}")
        self.computed = [n for n in self.nodes if n.inputs]
        self.walked_back = [n for n in reversed(self.nodes) if n in self.gradients]
        # signs make narrower boxes than words, and names alone narrower ones still
        for written in (with_kind, with_sign, lambda name, kind: name):
            self.names = {n: written(self.known[n], self.kinds[n]) for n in self.nodes}
            if self._fits():
                break
        else:
            self._refuse(len(self.nodes))
        super().__init__(**{"frame": len(self.computed) + len(self.walked_back), **settings})

    def _fits(self) -> bool:
        notes = {
            n: (self.values.get(n, ""), f"∂ {self.gradients[n]}" if n in self.gradients else "") for n in self.nodes
        }
        return readable(graph_panel(self.nodes, self.names, notes=notes))

    def _refuse(self, nodes: int) -> NoReturn:
        raise ValueError(f"this graph has {nodes} nodes, too many for one picture that can be read; show a part of it")

    def _read_node(self, of: Node, feeds: Mapping[Any, Any] | None, gradients: bool) -> None:
        self.nodes = topological_order(of)
        if len(self.nodes) > MOST_NODES:
            self._refuse(len(self.nodes))
        given = dict(feeds or {})
        fed = {n for n in self.nodes if isinstance(n, Placeholder) and (n in given or n.name in given)}
        open_ = [n for n in self.nodes if isinstance(n, Placeholder) and n not in fed]
        self.known = called = names_of(self.nodes)
        self.kinds = {n: n.kind_name if n.inputs else "" for n in self.nodes}
        self.gradients = {}
        if open_ and gradients:
            raise ValueError(f"gradients need values: feeds= has none for {listed([called[n] for n in open_])}")
        if open_:
            self.values = {n: shape_text(n.shape) for n in self.nodes if not isinstance(n, Constant) and n.shape}
            return
        arrays = dl.run(list(self.nodes), given or None)
        self.values = {n: spelled(v) for n, v in zip(self.nodes, arrays, strict=True) if not isinstance(n, Constant)}
        if gradients:
            by = [n for n in self.nodes if n.dtype.kind == "f" and not isinstance(n, Constant)]
            found = dl.run(dl.gradients(of, by, unconnected="zero"), given or None)
            self.gradients = {n: spelled(g) for n, g in zip(by, found, strict=True)}

    def _read_dict(self, graph: Graph, values: Mapping[str, Any], gradients: Mapping[str, Any]) -> None:
        if not graph:
            raise ValueError("the dict is empty: there is nothing to draw")
        if len(graph) > MOST_NODES:
            self._refuse(len(graph))
        for name, line in graph.items():
            if not (isinstance(line, tuple | list) and len(line) == 2 and isinstance(line[1], tuple | list)):
                raise ValueError(f"the line of {name} is {line!r:.60}, not (operation, [names of its inputs])")
        boxes: dict[str, Box] = {}
        for name, (_, inputs) in graph.items():
            if missing := [i for i in inputs if i not in graph]:
                raise ValueError(f"{name} uses {missing[0]}, and the dict has no line for {missing[0]}")
        while ready := [n for n in graph if n not in boxes and all(i in boxes for i in graph[n][1])]:
            boxes |= {n: Box(n, graph[n][0], tuple(boxes[i] for i in graph[n][1])) for n in ready}
        if stuck := [n for n in graph if n not in boxes]:
            raise ValueError(f"{listed(stuck)} cannot be computed: each waits for another, so the graph has a cycle")
        # a layout asks a node for its inputs and for nothing else, so a box will do for one
        self.nodes = cast("list[Node]", list(boxes.values()))
        of = cast("dict[str, Node]", boxes)
        self.known = {of[name]: name for name in graph}
        self.kinds = {of[name]: graph[name][0] if graph[name][1] else "" for name in graph}
        self.values = {of[name]: spelled(values[name]) for name in graph if name in values}
        self.gradients = {of[name]: spelled(gradients[name]) for name in graph if name in gradients}

    def compute(self) -> None:
        self.last_frame = len(self.computed) + len(self.walked_back)

    def scene(self) -> list[Panel]:
        forward, frames = len(self.computed), range(self.last_frame + 1)
        notes: dict[Node, tuple[Text, Text]] = {}
        roles: dict[Node, Text] = {}
        for n in self.nodes:
            there = self.computed.index(n) + 1 if n.inputs else 0
            back = forward + self.walked_back.index(n) + 1 if n in self.gradients else 0
            value, gradient = self.values.get(n, ""), f"∂ {self.gradients[n]}" if back else ""
            notes[n] = (
                by_frame([value if frame >= there else "" for frame in frames]) if value else "",
                by_frame([gradient if frame >= back else "" for frame in frames]) if back else "",
            )
            now = {there or -1, back or -1} - {self.last_frame}  # at the end the whole is looked at
            roles[n] = by_frame(["here" if frame in now else "function" for frame in frames])
        return [graph_panel(self.nodes, self.names, roles, notes)]

    def describe(self) -> str:
        k, forward = self.frame, len(self.computed)
        if k == self.last_frame:
            return "; ".join(part for part in (self._size(), self._result(), self._slopes()) if part)
        if k == 0:
            return f"{self._size()}; nothing is computed yet"
        if k <= forward:
            n = self.computed[k - 1]
            return f"forward: {self.known[n]} " + (f"is {self.values[n]}" if n in self.values else "has its inputs")
        n = self.walked_back[k - forward - 1]
        return f"backward: {self.known[n]} has the gradient {self.gradients[n]}"

    def _size(self) -> str:
        inputs = len(self.nodes) - len(self.computed)
        return f"{count(len(self.nodes), 'box', 'boxes')}, {inputs} of them {'an input' if inputs == 1 else 'inputs'}"

    def _result(self) -> str:
        last = self.nodes[-1]
        return f"{self.known[last]} is {self.values[last]}" if self.values.get(last) else ""

    def _slopes(self) -> str:
        ends = [n for n in self.nodes if n in self.gradients and not n.inputs][:4]
        told = [f"by {self.known[n]} {'its gradient is ' if n is ends[0] else ''}{self.gradients[n]}" for n in ends]
        return ", ".join(told)


def with_kind(name: str, kind: str) -> str:
    """What stands in a box: its name, and what computes it where the name does not say it.

    Examples
    --------
    >>> with_kind("s", "multiply"), with_kind("tanh", "tanh"), with_kind("w", "")
    ('s: multiply', 'tanh', 'w')
    """
    if not kind or kind == name:
        return name
    return f"{name if len(name) <= 16 else f'{name[:15]}…'}: {kind}"


def with_sign(name: str, kind: str) -> str:
    """As `with_kind`, and operations that have a sign are written by it.

    Examples
    --------
    >>> with_sign("s", "multiply"), with_sign("multiply", "multiply"), with_sign("t", "tanh")
    ('s: *', '*', 't: tanh')
    """
    sign = SIGNS.get(kind, kind)
    return sign if kind == name else with_kind(name, sign)


def spelled(value: Any) -> str:
    """A number to three digits, a short vector entry by entry, or the shape of another array.

    Examples
    --------
    >>> spelled(0.21374), spelled([1, -2.5]), spelled(np.zeros((3, 4)))
    ('0.214', '[1, −2.5]', '3×4')
    """
    array = np.asarray(value)
    if array.size == 1:
        return short(array.item())
    entries = f"[{', '.join(short(v) for v in array.ravel()[:4].tolist())}]"
    if array.ndim == 1 and array.size <= 3 and len(entries) <= 14:
        return entries
    return "×".join(map(str, array.shape)) if array.ndim > 1 else shape_text(array.shape)
