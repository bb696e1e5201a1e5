"""The figures of lesson 09, backpropagation through a nonlinearity and a weighted sum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

import dlcourse as dl
from dlcourse.figures import (
    Figure,
    Mark,
    Panel,
    choice,
    curve,
    edge,
    node,
    point,
    points,
    polyline,
    slider,
    text,
    toggle,
)
from dlcourse.figures.diagrams import diagram
from dlcourse.figures.hills import Array, Hill
from dlcourse.figures.scene import Outline
from dlcourse.figures.spelling import count, signed

NONLINEARITIES: dict[str, Callable[[dl.Node], dl.Node]] = {"tanh": dl.tanh, "sigmoid": dl.sigmoid, "relu": dl.relu}
H = {name: Hill(name, name, h) for name, h in NONLINEARITIES.items()}


class Microscope(Figure):
    """A nonlinearity, its tangent, and the gap between them for a move that is not small."""

    title = "The perturbation microscope: a move of s, and what it does to z"
    h = choice(list(H), value="tanh", label="nonlinearity h")
    s = slider(-2.5, 2.5, value=0.5, step=0.1, label="s")
    ds = slider(-1.5, 1.5, value=0.0, step=0.05, label="move ds")

    def compute(self) -> None:
        h = H[self.h]
        self.z, self.slope = float(h(self.s)), float(h.slope(self.s))
        self.true = float(h(self.s + self.ds)) - self.z
        self.linear = self.slope * self.ds

    def scene(self) -> list[Panel]:
        h, end = H[self.h], self.s + self.ds
        xs = np.linspace(-4, 4, 121)
        reach = self.s + np.array([-1.5, 1.5])
        low, high = {"tanh": (-1.7, 1.7), "sigmoid": (-0.4, 1.4), "relu": (-1.6, 4.2)}[self.h]
        gap_name = "gap" if abs(self.true - self.linear) > 1e-9 else ""  # none, no name
        lens = Panel(
            [
                curve(xs, h(xs), role="function", label="h"),
                polyline(reach, self.z + self.slope * (reach - self.s), role="derivative", label="tangent"),
                polyline([end, end], [self.z + self.true, self.z + self.linear], role="path", label=gap_name),
                point(end, self.z + self.linear, role="class_b"),
                point(end, self.z + self.true, role="minimum"),
                point(self.s, self.z, role="here", label="(s, z)", drag={"x": "s"}),
            ],
            xlim=(-4, 4),
            ylim=(low, high),
            xlabel="s",
            ylabel="z = h(s)",
            title="Curve and tangent",
            name="lens",
        )
        moves = np.logspace(-3, np.log10(1.5), 40)
        sign = 1.0 if self.ds >= 0 else -1.0
        gaps = np.abs(h(self.s + sign * moves) - self.z - sign * self.slope * moves)
        size, gap = max(abs(self.ds), 1e-3), abs(self.true - self.linear)
        law = Panel(
            [
                curve(moves, moves**2, role="guide", label="ds²"),
                curve(moves, np.where(gaps > 1e-12, gaps, np.nan), role="derivative", label="gap"),
                *([point(size, gap, role="here")] if gap > 1e-9 else []),
            ],
            xlim=(1e-3, 1.5),
            ylim=(1e-9, 10),
            xscale="log",
            yscale="log",
            xlabel="size of ds",
            ylabel="gap",
            title="The gap, for every move",
            name="law",
        )
        return [lens, law]

    def describe(self) -> str:
        if self.ds == 0:
            return f"{self.h} at s = {self.s:.1f} has slope {self.slope:.3f}. Nothing is moved yet"
        gap = self.true - self.linear
        share = f", {signed(gap / self.ds**2, 3)} times ds²" if abs(self.ds) > 1e-9 else ""
        return (
            f"{self.h} at s = {self.s:.1f} has slope {self.slope:.3f}. Moved by {self.ds:+.2f}, z moves by "
            f"{signed(self.true, 3)}, the tangent by {signed(self.linear, 3)}; the gap is {signed(gap, 3)}{share}"
        )


class Network(Figure):
    """A network, from far and from near, and its derivative network."""

    title = "What a network is made of"
    view = choice(
        {"boxes": "boxes", "units": "units", "connection": "one connection", "back": "the way back"},
        value="units",
        label="look at",
    )

    def scene(self) -> list[Panel]:
        return [getattr(self, f"_{self.view}")()]

    def _boxes(self) -> Panel:
        return diagram(
            {
                "x": "observed",
                "A": ("block", "linear"),
                "h": ("block", "h"),
                "B": ("block", "linear"),
                "k": ("block", "h"),
                "ŷ": "circle",
                "W₁": "circle",
                "W₂": "circle",
            },
            [[None, "W₁", None, "W₂", None, None], ["x", "A", "h", "B", "k", "ŷ"]],
            ["x A h B k ŷ", ("W₁ A", "guide"), ("W₂ B", "guide")],
        )

    def _units(self) -> Panel:
        marks: list[Mark] = []
        columns: list[tuple[float, int, Outline, str]] = [
            (0.0, 6, "observed", "x"),
            (1.5, 3, "circle", "Σ"),
            (2.4, 3, "block", "h"),
            (3.9, 2, "circle", "Σ"),
            (4.8, 2, "block", "h"),
        ]
        places = [[(x, 5.5 * ((n - 1) / 2 - k) / n) for k in range(n)] for x, n, _, _ in columns]
        for left, right, dense in ((0, 1, True), (1, 2, False), (2, 3, True), (3, 4, False)):
            for i, (x0, y0) in enumerate(places[left]):
                for j, (x1, y1) in enumerate(places[right]):
                    if dense or i == j:
                        marks.append(edge(x0, y0, x1, y1, role="guide" if dense else "function"))
        for (_, _, shape, label), spots in zip(columns, places, strict=True):
            marks += [node(x, y, label, shape=shape) for x, y in spots]
        return Panel(marks, (-0.6, 5.6), (-3.1, 3.1), axes=False, name="units")

    def _connection(self) -> Panel:
        return diagram(
            {
                "s[j]": "circle",
                "h": "block",
                "z[j]": "circle",
                "w": ("block", "· w[i, j]"),
                "Σ": "circle",
                "s[i]": "circle",
                "k": ("block", "h"),
                "z[i]": "circle",
                "z": ("circle", "other z"),
            },
            [["s[j]", "h", "z[j]", "w", "Σ", "s[i]", "k", "z[i]"], [None, None, None, "z"]],
            ["s[j] h z[j] w Σ s[i] k z[i]", ("z Σ", "guide")],
        )

    def _back(self) -> Panel:
        return diagram(
            {
                "s": "circle",
                "h": "block",
                "z": "circle",
                "C": "square",
                "dC/ds": "circle",
                "h′": ("block-left", "· h′(s)"),
                "dC/dz": "circle",
                "1": "observed",
            },
            [["s", "h", "z", "C"], ["dC/ds", "h′", "dC/dz", "1"]],
            ["s h z C", ("1 dC/dz h′ dC/ds", "derivative"), ("s h′", "guide")],
        )

    def describe(self) -> str:
        return {
            "boxes": "From far: an input, then linear and nonlinear boxes in turn. Only the linear ones have weights.",
            "units": "From nearer: 6 inputs, 3 hidden units, 2 outputs. Each Σ is a weighted sum of all that stands "
            "left of it: 18 weights, then 6; each h looks at one number.",
            "connection": "One connection: s[j] goes through h and becomes z[j]; times w[i, j] it goes into s[i].",
            "back": "The way back mirrors the way there: where s went through h, the gradient is multiplied by h′(s), "
            "and for that s is remembered.",
        }[self.view]


class FanOut(Figure):
    """One z feeds three sums; beside it its derivative network, where the same three wires carry the gradient to it."""

    title = "One value, three weighted sums; and beside it the way back"
    dz = slider(-1.0, 1.0, value=0.0, step=0.05, label="move dz")
    w = slider(-2.0, 2.0, value=-1.0, step=0.1, label="weight w[1]")

    arriving: ClassVar[list[float]] = [1.0, 3.0, 4.0]  # dC/ds of each sum

    def compute(self) -> None:
        self.weights = np.array([2.0, self.w, 0.5])
        self.moves = self.weights * self.dz
        self.shares = self.weights * self.arriving
        self.total = float(self.shares.sum())

    def scene(self) -> list[Panel]:
        there: list[Mark] = []
        back: list[Mark] = []
        moved = self.dz != 0
        for i, (w, move, slope) in enumerate(zip(self.weights, self.moves, self.arriving, strict=True)):
            y = 1.4 * (1 - i)
            there += [edge(0.0, 0.0, 2.0, y), edge(2.0, y, 3.8, 0.0), node(2.0, y, f"s[{i}]")]
            back += [edge(2.0, y, 0.0, 0.0, role="derivative"), edge(3.8, 0.0, 2.0, y, role="derivative")]
            back.append(node(2.0, y, f"dC/ds[{i}]"))
            near, far = [(0.85, 1.13), (1.25, -0.26), (0.85, -1.13)][i], [(3.1, 1.06), (2.9, -0.26), (3.1, -1.06)][i]
            there.append(text(*near, f"×{w:.1f}", anchor="middle"))
            there.append(text(*far, f"slope {slope:.0f}", anchor="middle"))
            there.append(text(2.0, y - 0.5, signed(move, 2), anchor="middle"))
            back.append(text(near[0] - 0.25 * (i == 1), near[1], f"×{w:.1f}", anchor="middle"))
            back.append(text(2.0, y - 0.5, f"{slope:.0f}", anchor="middle"))
        there += [node(0.0, 0.0, "z"), text(0.0, -0.5, signed(self.dz, 2), anchor="middle"), node(3.8, 0.0, "C")]
        back += [node(0.0, 0.0, "dC/dz"), node(3.8, 0.0, "1")]
        # the question above asks for this number; it comes with the first move
        back.append(text(0.0, -0.5, signed(self.total, 2) if moved else "?", anchor="middle"))
        if moved:
            there.append(text(3.8, -0.5, signed(self.total * self.dz, 2), anchor="middle"))
        size: Any = dict(xlim=(-0.6, 4.3), ylim=(-2.3, 2.1), axes=False, width=1.3)  # narrower, words lie on boxes
        return [
            Panel(there, title="Moves, from left to right", name="there", **size),
            Panel(back, title="Gradients, from right to left", name="back", **size),
        ]

    def describe(self) -> str:
        if self.dz == 0:
            return (
                f"z feeds three sums with the weights {', '.join(f'{w:.1f}' for w in self.weights)}, "
                "and all three lead to C. Nothing is moved yet"
            )
        terms = " + ".join(f"({w:.1f} · {g:.0f})" for w, g in zip(self.weights, self.arriving, strict=True))
        return (
            f"z moves by {self.dz:+.2f}, so the sums move by {', '.join(f'{m:+.2f}' for m in self.moves)} "
            f"and C moves by {self.total * self.dz:+.2f}, which is {self.total:.2f} times dz. "
            f"Back: dC/dz = {terms} = {self.total:.2f}, the same wires the other way round"
        )


class Small(Figure):
    """The small network of lessons 08 to 13 and its derivative network, with a number at every place."""

    title = "The small network, and its derivative network beside it"
    first = slider(-2.0, 2.0, value=1.0, step=0.5, label="input x₁")
    second = slider(-2.0, 2.0, value=2.0, step=0.5, label="input x₂")

    W: ClassVar[list[list[float]]] = [[3.0, -1.0], [-2.0, 2.0]]
    V: ClassVar[list[float]] = [2.0, -1.0]
    target: ClassVar[float] = 1.0

    def setup(self) -> None:
        self.x = dl.parameter([0.0, 0.0], name="x")
        s = dl.constant(self.W) @ self.x
        z = dl.tanh(s)
        out = dl.constant(self.V) @ z
        loss = (out - self.target) ** 2 / 2
        self.nodes = [self.x, s, z, out, loss]
        self.slopes = dl.gradients(loss, self.nodes[:-1])

    def compute(self) -> None:
        self.x.assign([self.first, self.second])
        values = dl.run([*self.nodes, *self.slopes])
        *self.values, self.out, self.loss = values[:5]
        *self.sent_back, self.miss = values[5:]

    def scene(self) -> list[Panel]:
        columns = (0.0, 2.3, 4.0)
        there: list[Mark] = []
        back: list[Mark] = []
        for i, row in enumerate(self.W):
            for j, w in enumerate(row):
                ends = (columns[0], 1 - 2 * j, columns[1], 1 - 2 * i)
                there.append(edge(*ends))
                back.append(edge(ends[2], ends[3], ends[0], ends[1], role="derivative"))
                # the weight stands near the input that it weighs
                at = (1.15, 1.2 - 2.55 * i) if i == j else (0.1, 0.3 - 0.6 * j)
                there.append(text(*at, f"×{w:.0f}", anchor="middle"))
                back.append(text(*at, f"×{w:.0f}", anchor="middle"))
        for i in range(2):
            y = 1 - 2 * i
            there += [edge(columns[1], y, columns[2], y), edge(columns[2], y, 5.9, 0.0)]
            back += [
                edge(columns[2], y, columns[1], y, role="derivative"),
                edge(5.9, 0.0, columns[2], y, role="derivative"),
            ]
            slope = 1 - float(self.values[2][i]) ** 2
            there.append(text(3.15, 0.62 * y, "tanh", anchor="middle"))
            back.append(text(3.15, 0.62 * y, f"×{slope:.4f}", anchor="middle"))
            for marks in (there, back):
                marks.append(text(5.05, 0.88 * y, f"×{self.V[i]:.0f}", anchor="middle"))
        places = [(columns[0], "x", 0), (columns[1], "s", 1), (columns[2], "z", 2)]
        for x, name, k in places:
            for i in range(2):
                y, sub = 1 - 2 * i, "₁₂"[i]
                for marks, numbers in ((there, self.values), (back, self.sent_back)):
                    marks.append(node(x, y, f"{name}{sub}"))
                    marks.append(text(x, y + (0.42 if i == 0 else -0.62), signed(numbers[k][i], 4), anchor="middle"))
        there += [node(5.9, 0.0, "ŷ"), text(5.9, -0.55, signed(self.out, 4), anchor="middle")]
        back += [node(5.9, 0.0, "e"), text(5.9, -0.55, signed(self.miss, 4), anchor="middle")]
        size: Any = dict(xlim=(-0.7, 6.6), ylim=(-2.1, 2.0), axes=False, width=1.3)  # narrower, words lie on arrows
        return [
            Panel(there, title="Values", name="there", **size),
            Panel(back, title="Slopes of C, by each value", name="back", **size),
        ]

    def describe(self) -> str:
        (s1, s2), (z1, z2) = self.values[1], self.values[2]
        (d1, d2), (g1, g2) = self.sent_back[1], self.sent_back[0]
        return (
            f"x = ({self.first:g}, {self.second:g}): s = ({s1:.4g}, {s2:.4g}), z = ({z1:.4f}, {z2:.4f}), "
            f"ŷ = {self.out:.4f}, e = {self.miss:.4f}, C = {self.loss:.4f}. "
            f"Back: by s ({d1:.4f}, {d2:.4f}), by x ({g1:.4f}, {g2:.4f})"
        )


class Depth(Figure):
    """The gradient on its way back through many layers."""

    title = "What is left of a gradient on its way back"
    h = choice(list(H), value="sigmoid", label="nonlinearity h")
    layers = slider(1, 20, value=1, step=1, label="layers")
    weight = slider(0.5, 4.0, value=1.0, step=0.1, label="weight w")

    def setup(self) -> None:
        self.start, self.w = dl.constant(0.5), dl.parameter(1.0, name="w")
        self.towers = {name: self._tower(h) for name, h in NONLINEARITIES.items()}

    def _tower(self, h: Callable[[dl.Node], dl.Node]) -> list[dl.Node]:
        """The slopes of h in twenty layers, s = w·z and z = h(s)."""
        z: dl.Node = self.start
        slopes: list[dl.Node] = []
        for _ in range(20):
            s = self.w * z
            z = h(s)
            slopes += dl.gradients(z, [s])
        return slopes

    def compute(self) -> None:
        self.w.assign(self.weight)
        local = np.array([float(v) for v in dl.run(list(self.towers[self.h]))])[: round(self.layers)]
        # each layer multiplies by w and by h′(s); walk from the top down
        self.left = np.concatenate([[1.0], np.cumprod((self.weight * local)[::-1])])
        self.local = local

    def scene(self) -> list[Panel]:
        n = len(self.local)
        down = np.arange(n + 1.0)
        size = np.where(self.left > 0, self.left, np.nan)
        return [
            Panel(
                [
                    curve([0, 20], [1, 1], role="guide"),
                    polyline(down, size, role="derivative"),
                    points(down, size, role="class_b"),
                    point(float(n), float(size[-1]), role="here", label="at the bottom"),
                ],
                xlim=(0, 20.5),
                ylim=(min(1e-14, self.left[-1] / 10), max(1e6, 10 * self.left[-1])),  # the bottom stays in sight
                yscale="log",
                xlabel="layers walked back",
                ylabel="share of the gradient",
                title="From the loss down",
                name="depth",
            )
        ]

    def describe(self) -> str:
        factors = self.weight * self.local
        least, most = f"{factors.min():.3g}", f"{factors.max():.3g}"
        multiplies = f"each multiplies by w·h′(s), between {least} and {most}"
        if least == most:
            multiplies = f"w·h′(s) is {most}" if len(factors) == 1 else f"each multiplies by w·h′(s), {most}"
        return (
            f"{count(len(factors), f'{self.h} layer')}, w = {self.weight:.1f}: {multiplies}; "
            f"{self.left[-1]:.2g} of the gradient reaches the bottom"
        )


class Collapse(Figure):
    """A grid that goes through layers, with and without a nonlinearity between them."""

    title = "Layers with nothing between them are one matrix"
    layers = slider(1, 5, value=3, step=1, label="layers")
    bend = toggle(False, label="tanh after each layer")

    def setup(self) -> None:
        rng = np.random.default_rng(9)
        angles, scales = rng.uniform(-0.9, 0.9, size=5), rng.uniform(0.8, 1.35, size=(5, 2))
        self.matrices = [
            np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]) * s for a, s in zip(angles, scales, strict=True)
        ]
        self.x = dl.placeholder("x", shape=(None, 2))
        straight: dl.Node = self.x
        bent: dl.Node = self.x
        self.outputs: list[tuple[dl.Node, dl.Node]] = []
        for W in self.matrices:
            straight, bent = straight @ W.T, dl.tanh(bent @ W.T)
            self.outputs.append((straight, bent))
        ticks = np.linspace(-1, 1, 7)
        along = np.linspace(-1, 1, 13)
        self.lines = [np.column_stack([along, np.full(13, t)]) for t in ticks]
        self.lines += [np.column_stack([np.full(13, t), along]) for t in ticks]

    def compute(self) -> None:
        n = round(self.layers)
        places = np.concatenate(self.lines)
        out: Array = dl.run(self.outputs[n - 1][int(self.bend)], {self.x: places})
        self.images = out.reshape(len(self.lines), -1, 2)
        self.matrix, *_ = np.linalg.lstsq(places, out, rcond=None)  # the matrix that does it best
        self.miss = float(np.abs(places @ self.matrix - out).max())

    def scene(self) -> list[Panel]:
        before: list[Mark] = []
        after: list[Mark] = []
        corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]) @ self.matrix
        for k, (line, image) in enumerate(zip(self.lines, self.images, strict=True)):
            role = "function" if k < 7 else "guide"
            before.append(polyline(line[[0, -1], 0], line[[0, -1], 1], role=role))
            after.append(polyline(image[:, 0], image[:, 1], role=role))
        after.append(polyline(corners[:, 0], corners[:, 1], role="derivative", label="one matrix"))
        kinds: Any = dict(aspect="equal", xlabel="first", ylabel="second")
        return [
            Panel(before, (-1.6, 1.6), (-1.6, 1.6), title="Before", name="before", **kinds),
            Panel(after, (-2.4, 2.4), (-2.4, 2.4), title="After the layers", name="after", **kinds),
        ]

    def describe(self) -> str:
        n = round(self.layers)
        (a, c), (b, d) = self.matrix
        best = f"[{a:.2f} {b:.2f}; {c:.2f} {d:.2f}]"
        layers = count(n, "layer")
        if not self.bend:
            return f"{layers}, nothing between: the one matrix {best} does exactly the same"
        return f"{layers} with tanh: the grid bends; the best single matrix {best} misses by up to {self.miss:.2f}"


FIGURES = {
    "microscope": Microscope,
    "network": Network,
    "fan": FanOut,
    "small": Small,
    "depth": Depth,
    "collapse": Collapse,
}
