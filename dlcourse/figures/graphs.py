"""Graphs as pictures: any graph of nodes, its derivative network beside it, and backpropagation walking through both.

The places of the nodes are worked out here (no `dot` is needed), in the way of Sugiyama: nodes stand in layers, each to
the right of its inputs; long edges get a stop in every layer they cross; the layers are sorted until few edges cross.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from statistics import fmean
from typing import Any, cast

import numpy as np

import dlcourse as dl
from dlcourse.engine.graph import Constant, Node, Parameter, topological_order
from dlcourse.engine.tracing import Order, Trace, names_of
from dlcourse.figures.figure import Figure, choice
from dlcourse.figures.scene import ByFrame, Mark, Panel, Text, by_frame, edge, node, polyline, text

Stop = tuple[Node, Node, int]  # where the edge from one node to another crosses a layer
Spot = Node | Stop


NOTE_AWAY = 0.09  # of the panel's height, from the middle of a box to the words over and under it
ARROWS_APART = 10.0  # pixels between two arrows that lead from one box to the same other box


class Layout:
    """Where to draw the nodes of a graph: `at` maps each to (x, y), `paths` each edge to the points it goes through.

    Nodes among `leaves` are placed as if they had no inputs; `widths` are the widths of the nodes' boxes.

    >>> import dlcourse as dl
    >>> a = dl.parameter(3.0, name="a")
    >>> b = dl.exp(a)
    >>> c = b * a
    >>> [Layout(dl.topological_order(c)).at[n][0] for n in (a, b, c)]
    [0.0, 1.0, 2.0]
    """

    def __init__(
        self, nodes: Sequence[Node], leaves: Collection[Node] = (), widths: Mapping[Node, float] | None = None
    ) -> None:
        self.nodes, self.widths = nodes, widths or {}
        shown = set(nodes)
        self.inputs = {
            n: [parent for parent in dict.fromkeys(n.inputs) if parent in shown and n not in leaves] for n in nodes
        }
        self.layer = self._layers()
        self.paths: dict[tuple[Node, Node], list[tuple[float, float]]] = {}
        self._neighbours: dict[bool, defaultdict[Spot, list[Spot]]] = {
            True: defaultdict(list),
            False: defaultdict(list),
        }
        stops: dict[tuple[Node, Node], list[Any]] = {
            (parent, n): self._stops(parent, n) for n in nodes for parent in self.inputs[n]
        }
        self.columns: list[list[Spot]] = [[] for _ in range(1 + max(self.layer.values(), default=0))]
        for n in nodes:
            self.columns[self.layer[n]].append(n)
        for chain in stops.values():
            for stop in chain[1:-1]:
                self.columns[stop[2]].append(stop)
            for left, right in itertools.pairwise(chain):
                self._neighbours[True][right].append(left)
                self._neighbours[False][left].append(right)
        self.rank: dict[Spot, float] = {}  # the place of each within its layer, counted from the middle
        self._untangle()
        places = self._places()
        self.at: dict[Node, tuple[float, float]] = {n: places[n] for n in nodes}
        for (parent, n), chain in stops.items():
            self.paths[parent, n] = [places[spot] for spot in chain]

    def _layers(self) -> dict[Node, int]:
        """A node stands right of all its inputs; what has no inputs stands just left of its first use."""
        layer: dict[Node, int] = {}
        first_use: dict[Node, int] = {}
        for n in self.nodes:
            layer[n] = 1 + max((layer[parent] for parent in self.inputs[n]), default=-1)
            for parent in self.inputs[n]:
                first_use[parent] = min(first_use.get(parent, layer[n]), layer[n])
        return {n: layer[n] if self.inputs[n] else first_use.get(n, 1) - 1 for n in self.nodes}

    def _stops(self, parent: Node, n: Node) -> list[Any]:
        between = range(self.layer[parent] + 1, self.layer[n])
        return [parent, *[(parent, n, layer) for layer in between], n]

    def _untangle(self) -> None:
        """Sort each layer by the mean place of its neighbours in the layer before, then after, a few times over."""
        self.rank = {s: i - (len(column) - 1) / 2 for column in self.columns for i, s in enumerate(column)}
        best, fewest = [list(column) for column in self.columns], self.crossings()
        for sweep in range(8):
            rightwards = sweep % 2 == 0
            for column in self.columns if rightwards else self.columns[::-1]:
                near = {s: [self.rank[t] for t in self._neighbours[rightwards][s]] or [self.rank[s]] for s in column}
                column.sort(key=lambda s, near=near: fmean(near[s]))  # type: ignore[misc]
                self.rank.update((s, i - (len(column) - 1) / 2) for i, s in enumerate(column))
            if self.crossings() < fewest:
                best, fewest = [list(column) for column in self.columns], self.crossings()
        self.columns = best
        self.rank = {s: i - (len(column) - 1) / 2 for column in best for i, s in enumerate(column)}

    def crossings(self) -> int:
        """How many pairs of edges cross, as the layers are sorted now."""
        count = 0
        for column in self.columns:
            ends = [end for s in column for end in sorted(self.rank[t] for t in self._neighbours[False][s])]
            count += sum(later < end for i, end in enumerate(ends) for later in ends[i + 1 :])
        return count

    def _places(self) -> dict[Spot, tuple[float, float]]:
        """Each as near to the mean height of its neighbours as the others of its layer allow."""
        height = dict(self.rank)
        for sweep in range(6):
            for column in self.columns if sweep % 2 else self.columns[::-1]:
                wish = [
                    float(
                        np.mean([height[t] for way in (True, False) for t in self._neighbours[way][s]] or [height[s]])
                    )
                    for s in column
                ]
                low = [wish[0]]
                for w in wish[1:]:
                    low.append(max(w, low[-1] + 1))
                shift = fmean(wish) - fmean(low)
                height.update({s: y + shift for s, y in zip(column, low, strict=True)})
        x = 0.0
        places: dict[Spot, tuple[float, float]] = {}
        half = [max([self.widths.get(s, 1.0) / 2 for s in c if isinstance(s, Node)] or [0.5]) for c in self.columns]
        for i, column in enumerate(self.columns):
            x += half[i - 1] + half[i] if i else 0.0
            places.update({s: (x, -height[s]) for s in column})
        return places


def graph_panel(
    nodes: Sequence[Node],
    names: Mapping[Node, str] | None = None,
    roles: Mapping[Node, Text] | None = None,
    notes: Mapping[Node, tuple[Text, Text]] | None = None,
    leaves: Collection[Node] = (),
    title: str | None = None,
) -> Panel:
    """A graph as a panel of a figure: boxes for the nodes (in topological order), arrows from inputs to results.

    `notes` are the words over and under a node, as its value and its gradient; nodes among `leaves` are drawn without
    what they are computed from.

    >>> import dlcourse as dl
    >>> x = dl.parameter(2.0, name="x")
    >>> [mark.kind for mark in graph_panel(dl.topological_order(x * x)).marks]
    ['edge', 'edge', 'node', 'node']
    """
    names = names_of(nodes) if names is None else names
    roles, notes = roles or {}, notes or {}
    widths = {n: 1.0 + 0.16 * max(len(names[n]), *map(_longest, notes.get(n, ("", "")))) for n in nodes}
    layout = Layout(nodes, leaves, widths)
    marks: list[Mark] = []
    for (parent, n), path in layout.paths.items():
        role = next((r for r in ("derivative", "guide") if roles.get(n) == r), "function")
        if len(path) > 2:
            marks.append(polyline([x for x, _ in path[:-1]], [y for _, y in path[:-1]], role=role))
        uses = n.inputs.count(parent)  # a value that is used twice sends two arrows, side by side
        asides = [ARROWS_APART * (k - (uses - 1) / 2) for k in range(uses)]
        marks += [edge(*path[-2], *path[-1], role=role, aside=aside) for aside in asides]
    spots = [spot for path in layout.paths.values() for spot in path] + list(layout.at.values())
    ylim = min(y for _, y in spots) - 0.8, max(y for _, y in spots) + 0.8
    away = NOTE_AWAY * (ylim[1] - ylim[0])  # as far in pixels, however many rows there are
    for n in nodes:
        x, y = layout.at[n]
        marks.append(node(x, y, names[n], role=roles.get(n, "function")))
        over, under = notes.get(n, ("", ""))
        for words, height in ((over, y + away), (under, y - away)):
            if words:
                marks.append(text(_beside_arrows(x, height, words, away, layout), height, words, anchor="middle"))
    xlim = (min(layout.at[n][0] - widths[n] / 2 for n in nodes), max(layout.at[n][0] + widths[n] / 2 for n in nodes))
    return Panel(marks, xlim, ylim, title=title, axes=False, width=xlim[1] - xlim[0], name="graph")


def _beside_arrows(x: float, y: float, words: Text, away: float, layout: Layout) -> float:
    """Where the middle of words over or under a box goes: within its column, to a side if an arrow comes through."""
    wide, high = 0.07 * _longest(words), 0.25 * away  # half of what words take, in the units of the layout
    arrows = [line for path in layout.paths.values() for line in itertools.pairwise(path)]

    def crossed(middle: float) -> bool:
        share = np.linspace(0, 1, 40)
        return any(
            np.any((abs(a + share * (c - a) - middle) < wide) & (abs(b + share * (d - b) - y) < high))
            for (a, b), (c, d) in arrows
        )

    return next((x + shift for shift in (0.0, 0.25, -0.25, 0.5, -0.5) if not crossed(x + shift)), x)


def _longest(words: Text) -> int:
    """How many letters a note has at most, over all frames."""
    return max(len(str(word)) for word in (words.values if isinstance(words, ByFrame) else [words]))


class Backpropagation(Figure):
    """A network and its derivative network, and the visits of forward and backward pass, one for each step.

    >>> import dlcourse as dl
    >>> a = dl.parameter(3.0, name="a")
    >>> b = (2 * a).named("b")
    >>> walk = Backpropagation(b + (b * b).named("c"), order="breadth-first")
    >>> walk.frame = walk.last_frame
    >>> walk.describe()
    'Step 8 of 8, backward: a has the gradient 2. The derivative of the loss with respect to a is 26, so this is wrong.'
    """

    title = "Backpropagation, node by node"
    order = choice(
        {"topological": "when complete", "breadth-first": "breadth-first", "paths": "path by path"},
        value="topological",
        label="order of the visits",
    )
    shown = choice(["both", "the network", "its derivative network"], value="both", label="draw")

    def __init__(self, loss: Node, feeds: Mapping[Any, Any] | None = None, **settings: Any) -> None:
        self.loss, self.feeds = loss, feeds
        self.truth = Trace(loss, feeds)
        self.network = topological_order(loss)
        parameters = [n for n in self.network if isinstance(n, Parameter)]
        found = dl.gradients(loss, parameters) if parameters else []
        self.derivatives = topological_order(found, known=set(self.network))
        if len(self.network) + len(self.derivatives) > 16:
            settings.setdefault("shown", "the network")  # both would be too small to read
        super().__init__(**settings)

    def compute(self) -> None:
        self.trace = Trace(self.loss, self.feeds, cast(Order, self.order), most_visits=2000)
        self.last_frame = len(self.trace.visits)

    def scene(self) -> list[Panel]:
        panels = []
        if self.shown != "its derivative network" or not self.derivatives:
            panels += [graph_panel(self.network, self.trace.names, self._roles(), self._notes(), title="the network")]
        if self.shown != "the network" and self.derivatives:
            panels += [self._beside()]
        return panels

    def _beside(self) -> Panel:
        """The derivative network; what it reads from the network is drawn in grey."""
        new = set(self.derivatives)
        used = [n for n in self.network if any(n in m.inputs for m in self.derivatives)]
        names = {**names_of(self.derivatives), **{n: self.trace.names[n] for n in used}}
        roles = {n: "derivative" if n in new else "guide" for n in names}
        return graph_panel([*used, *self.derivatives], names, roles, leaves=used, title="its derivative network")

    def describe(self) -> str:
        if self.frame == 0:
            return f"{self.last_frame} steps, forward and then backward."
        visit = self.trace.visits[self.frame - 1]
        head = f"Step {self.frame} of {self.last_frame}, {visit.way}: "
        if visit.way == "forward":
            return head + f"{visit.name} is {_short(visit.value)}."
        sends = " and ".join(
            f"{_short(g)} to {self.trace.names[n]}" for n, g in visit.sent if not isinstance(n, Constant)
        )
        late = " and ".join(self.trace.names[n] for n in visit.late if not isinstance(n, Constant))
        sentence = (
            head + f"{visit.name} has the gradient {_short(visit.value)}" + (f" and sends {sends}." if sends else ".")
        )
        if late:
            sentence += f" That is too late for {late}, which has passed its gradient on already."
        truth = self.truth.gradients.get(visit.node)
        if (
            self.frame == self.last_frame
            and truth is not None
            and not np.allclose(truth, self.trace.gradients[visit.node])
        ):
            sentence += (
                f" The derivative of the loss with respect to {visit.name} is {_short(truth)}, so this is wrong."
            )
        return sentence

    def _roles(self) -> dict[Node, Text]:
        """The node that is visited stands out; one whose gradient comes too late is marked, too."""
        roles: dict[Node, list[str]] = {n: ["function"] * (self.last_frame + 1) for n in self.network}
        for frame, visit in enumerate(self.trace.visits, start=1):
            roles[visit.node][frame] = "here"
            for late in visit.late:
                roles[late][frame] = "bad"
        return {n: by_frame(of_node) for n, of_node in roles.items()}

    def _notes(self) -> dict[Node, tuple[Text, Text]]:
        """Over each node its value, once it is computed; under it the gradient that has arrived so far."""
        values: dict[Node, list[str]] = {n: [""] for n in self.network}
        arrived: dict[Node, list[str]] = {n: [""] for n in self.network}
        total: dict[Node, Any] = {}
        for visit in self.trace.visits:
            if visit.way == "backward" and not total:
                total[visit.node] = visit.value
            for parent, g in visit.sent:
                total[parent] = total.get(parent, 0) + g
            for n in self.network:
                now = visit.way == "forward" and n is visit.node
                values[n].append(_short(visit.value) if now else values[n][-1])
                arrived[n].append(f"∂ {_short(total[n])}" if n in total and not isinstance(n, Constant) else "")
        return {n: ("" if isinstance(n, Constant) else by_frame(values[n]), by_frame(arrived[n])) for n in self.network}


def _short(value: Any) -> str:
    """A number to three digits, or what kind of array it is."""
    array = np.asarray(value)
    return f"{array.item():.3g}" if array.size == 1 else f"[{'×'.join(map(str, array.shape))}]"
