"""Backpropagation in slow motion: every visit to a node, with its value, its gradient and what it sends on.

Only one order is right: a node may pass its gradient on when all that use it have sent theirs. Two others that are
found in print can be watched failing: breadth-first (source: Sabinasz, part V; wrong wherever a short and a long path
meet) and path by path, as a recursion without memory does it (right, but the paths of n diamonds are 2ⁿ).
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from dlcourse.engine.differentiation import gradients
from dlcourse.engine.errors import GradientError, label
from dlcourse.engine.graph import Constant, Node, Operation, topological_order
from dlcourse.engine.numerics import alone
from dlcourse.engine.program import run
from dlcourse.engine.values import Array

Order = Literal["topological", "breadth-first", "paths"]


@dataclass(frozen=True)
class Visit:
    """One node is visited. On the way forward `value` is its value, on the way back the gradient that it passes on."""

    way: Literal["forward", "backward"]
    node: Node
    name: str
    value: Array
    sent: tuple[tuple[Node, Array], ...] = ()  # on the way back: what each input receives
    late: tuple[Node, ...] = ()  # the inputs that had already passed their gradient on: for these it comes too late

    def __str__(self) -> str:
        short = np.array2string(self.value, precision=4, threshold=6)
        return f"{self.name} = {short}" if self.way == "forward" else f"∂loss/∂{self.name} = {short}"


class Trace:
    """A run of `loss` forward and backward, node by node.

    `values` and `gradients` map nodes to arrays; `visits` holds the steps; `forward` and `backward` are its two parts.
    Feeding the same graph in a wrong order shows what goes wrong: with b = 2a, c = b·b and d = b + c at a = 3, the
    derivative of d is 26, and breadth-first finds it only when the sum is written the other way round.

    >>> import dlcourse as dl
    >>> a = dl.parameter(3.0, name="a")
    >>> b = (2 * a).named("b")
    >>> c = (b * b).named("c")
    >>> [float(dl.Trace(b + c, order=order).gradients[a]) for order in ("topological", "breadth-first", "paths")]
    [26.0, 2.0, 26.0]
    >>> float(dl.Trace(c + b, order="breadth-first").gradients[a])
    26.0
    """

    def __init__(
        self,
        loss: Node,
        feeds: Mapping[Any, Any] | None = None,
        order: Order = "topological",
        most_visits: int = 10_000,
    ) -> None:
        walks = {"topological": self._when_complete, "breadth-first": self._breadth_first, "paths": self._every_path}
        if order not in walks:
            raise GradientError(f"order is {', '.join(map(repr, walks))}, not {order!r}.")
        nodes = topological_order(loss)
        if loss.shape != ():
            gradients(loss, [])  # says what is wrong
        self.loss, self.most_visits = loss, most_visits
        self.names = names_of(nodes)
        self.values: dict[Node, Array] = dict(zip(nodes, run(nodes, feeds), strict=True))
        self.gradients: dict[Node, Array] = {loss: np.ones((), loss.dtype)}
        self.visits = [
            Visit("forward", node, self.names[node], self.values[node])
            for node in nodes
            if not isinstance(node, Constant)
        ]
        walks[order](nodes)

    @property
    def forward(self) -> list[Visit]:
        return [visit for visit in self.visits if visit.way == "forward"]

    @property
    def backward(self) -> list[Visit]:
        return [visit for visit in self.visits if visit.way == "backward"]

    def _when_complete(self, nodes: list[Node]) -> None:
        """Right: reverse topological order, so that all consumers come before the node."""
        for node in reversed(nodes):
            if node in self.gradients:
                self._pass_on(node, self.gradients[node])

    def _breadth_first(self, nodes: list[Node]) -> None:
        """Wrong: from the loss outwards, each node once, with what has arrived by then."""
        queue, met = [self.loss], {self.loss}
        done: set[Node] = set()
        for node in queue:  # it grows while we walk
            done.add(node)
            for parent, _ in self._pass_on(node, self.gradients[node], done):
                if parent not in met:
                    met.add(parent)
                    queue.append(parent)

    def _every_path(self, nodes: list[Node]) -> None:
        """Right but slow: each arrival is passed on by itself, so a node is visited once for each path to it."""
        waiting = [(self.loss, self.gradients[self.loss])]
        while waiting:
            waiting[:0] = self._pass_on(*waiting.pop(0))

    def _pass_on(self, node: Node, g: Array, done: Container[Node] = ()) -> list[tuple[Node, Array]]:
        """Visit a node on the way back: send each input its share, and add it to what that has already."""
        if len(self.visits) >= self.most_visits:
            raise GradientError(
                f"stopped after {self.most_visits} visits: this order walks every path from the loss "
                "to a node, and they double with each diamond."
            )
        sent = self._contributions(node, g) if isinstance(node, Operation) else []
        late = tuple(parent for parent, _ in sent if parent in done)
        self.visits.append(Visit("backward", node, self.names[node], g, tuple(sent), late))
        for parent, contribution in sent:
            self.gradients[parent] = self.gradients.get(parent, 0) + contribution
        return sent

    def _contributions(self, node: Operation, g: Array) -> list[tuple[Node, Array]]:
        """The node's own rule, with numbers put in."""
        copy, inputs, feeds = alone(node, self.values)
        moving = {stand_in: parent for stand_in, parent in inputs if stand_in.dtype.kind == "f"}
        if not moving or node.dtype.kind != "f":
            return []
        arrays = run(gradients(copy, list(moving), grad_output=g, unconnected="zero"), feeds)
        return list(zip(moving.values(), arrays, strict=True))


def names_of(nodes: Iterable[Node]) -> dict[Node, str]:
    """What a learner calls each node: its name, the variable that its line assigns, its number, or its kind.

    >>> import dlcourse as dl
    >>> x = dl.parameter(1.0, name="x")
    >>> list(names_of(dl.topological_order(3 * x + 0.5)).values())
    ['3', 'x', 'multiply', '0.5', 'add']
    """
    nodes = list(nodes)
    last_on_line = {node.where: node for node in sorted(nodes, key=lambda node: node.serial)}
    names: dict[Node, str] = {}
    for node in nodes:
        if isinstance(node, Constant) and not node.name and node.shape == ():
            names[node] = f"{node.array.item():g}"
        else:
            names[node] = label(node, ("", 0)) if last_on_line[node.where] is node else node.name or node.kind_name
    return names
