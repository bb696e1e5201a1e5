"""The figures of lesson 08, the chain rule, one path and many."""

from __future__ import annotations

import numpy as np

import dlcourse as dl
from dlcourse.engine.graph import Node, topological_order
from dlcourse.figures import (
    Figure,
    Mark,
    Panel,
    bars,
    choice,
    curve,
    edge,
    node,
    point,
    polygon,
    polyline,
    slider,
    text,
)
from dlcourse.figures.graphs import graph_panel
from dlcourse.figures.hills import Array, Hill


def gear(teeth: int, x: float, degrees: float, offset: float, role: str) -> list[Mark]:
    """A wheel around (x, 0), its radius as its teeth, turned clockwise; ``offset`` moves the teeth, not the hand."""
    radius, angle = teeth / 8, np.radians(degrees)
    along = np.linspace(0, 2 * np.pi, 4 * teeth + 1) - angle + offset
    depth = np.where(np.arange(4 * teeth + 1) % 4 < 2, 0.11, -0.11)
    xs, ys = x + (radius + depth) * np.cos(along), (radius + depth) * np.sin(along)
    hand = np.array([0.0, 0.8 * radius])
    return [
        polygon(xs, ys, role=role, opacity=0.2),
        curve(xs, ys, role=role),
        polyline(x + hand * np.sin(angle), hand * np.cos(angle), role="path"),
    ]


class Gears(Figure):
    """Three wheels: each ratio is a slope, and the ratios multiply."""

    title = "Gears: the ratios multiply"
    turn = slider(-180, 180, value=0, step=10, label="turn x by (degrees)")
    first = slider(6, 16, value=8, step=1, label="teeth of x")
    second = slider(6, 16, value=16, step=1, label="teeth of u")
    third = slider(6, 16, value=8, step=1, label="teeth of y")

    def compute(self) -> None:
        self.teeth = [round(v) for v in (self.first, self.second, self.third)]
        one, two, three = self.teeth
        self.ratios = [-one / two, -two / three]  # neighbours turn against each other
        self.angles = [self.turn, self.turn * self.ratios[0], self.turn * self.ratios[0] * self.ratios[1]]

    def scene(self) -> list[Panel]:
        marks: list[Mark] = []
        x, before = 0.0, 0.0
        for name, teeth, degrees, role in zip(
            "xuy", self.teeth, self.angles, ("function", "neutral", "function"), strict=True
        ):
            x += (before + teeth / 8) if marks else 0.0
            # half a tooth further for every other wheel, so that teeth meet gaps
            marks += gear(teeth, x, degrees, np.pi / teeth if name == "u" else 0.0, role)
            marks.append(text(x, -teeth / 8 - 0.4, f"{name}: {degrees:+.0f}°", anchor="middle"))
            before = teeth / 8
        middle = (x + before - self.teeth[0] / 8) / 2
        half = max(sum(self.teeth), 32) / 8 + 0.3  # never narrower: the controls would jump from below to beside it
        return [Panel(marks, (middle - half, middle + half), (-2.7, 2.3), aspect="equal", axes=False, name="gears")]

    def describe(self) -> str:
        if self.turn == 0:
            teeth = ", ".join(f"{count:.0f}" for count in self.teeth)
            return f"gears of {teeth} teeth, and nothing is turned yet: turn x, and watch u and y"
        first, second = self.ratios
        return (
            f"x turns by {self.angles[0]:+.0f}°, u {first:+.2f} times as far, y {second:+.2f} times as far as u; "
            f"together {first:+.2f} · {second:+.2f} = {first * second:+.2f}, and y turns by {self.angles[2]:+.0f}°"
        )


class EvaluationPoint(Figure):
    """The slope of sin(x²), with the slope of the sine taken where it belongs, and where it does not."""

    title = "Where to take the slope of the outer function"
    x = slider(0.0, 2.2, value=0.0, step=0.05, label="x")  # at 0 both are 0: the question above is not answered yet

    def setup(self) -> None:
        self.whole = Hill("whole", "sin(x²)", lambda x: dl.sin(x**2))
        self.outer = Hill("outer", "sin(u)", dl.sin)

    def compute(self) -> None:
        self.u = self.x**2
        self.right = float(self.outer.slope(self.u)) * 2 * self.x
        self.wrong = float(self.outer.slope(self.x)) * 2 * self.x

    def tangent(self, slope: float) -> tuple[Array, Array]:
        reach = 0.5 / np.hypot(1, slope) * np.array([-1, 1])
        return self.x + reach, float(self.whole(self.x)) + slope * reach

    def scene(self) -> list[Panel]:
        xs, us = np.linspace(0, 2.2, 121), np.linspace(0, 5, 81)
        hill = Panel(
            [
                curve(xs, self.whole(xs), role="function", label="sin(x²)"),
                polyline(*self.tangent(self.wrong), role="guide", label="with cos(x)"),
                polyline(*self.tangent(self.right), role="derivative", label="with cos(x²)"),
                point(self.x, float(self.whole(self.x)), role="here", drag={"x": "x"}),
            ],
            xlim=(0, 2.2),
            ylim=(-1.6, 1.6),
            xlabel="x",
            ylabel="y",
            title="The chain and two slopes",
            name="chain",
        )
        outer = Panel(
            [
                curve(us, self.outer.slope(us), role="derivative", label="cos(u)"),
                point(self.x, float(self.outer.slope(self.x)), role="class_b", label="at u = x"),
                point(self.u, float(self.outer.slope(self.u)), role="here", label="at u = x²"),
            ],
            xlim=(0, 5),
            ylim=(-1.3, 1.3),
            xlabel="u, what the sine is handed",
            ylabel="slope of sin u",
            title="The slope of the outer function",
            name="outer",
        )
        return [hill, outer]

    def describe(self) -> str:
        if self.x == 0:
            return "x = 0, u = x² = 0: wherever the cosine is taken, the slope is 0. Move x, and see which line touches"
        return (
            f"x = {self.x:.2f}, u = x² = {self.u:.2f}: cos(u)·2x = {self.right:+.3f} is the slope; "
            f"cos(x)·2x = {self.wrong:+.3f} takes the cosine at the wrong place"
        )


PATHS = {"abde": "a–b–d–e", "acde": "a–c–d–e", "both": "both"}
PLACES = {"a": (0.0, 0.0), "b": (1.0, 0.8), "c": (1.0, -0.8), "d": (2.1, 0.0), "e": (3.4, 0.0)}


class Diamond(Figure):
    """A value that splits and joins again: the slope along each path, and, with both, their sum."""

    title = "Two paths from a to e"
    path = choice(PATHS, value="abde", label="path")  # the sum answers the question above
    a = slider(0.2, 2.0, value=1.0, step=0.2, label="a")  # every number has two decimals, and they add up as shown

    def setup(self) -> None:
        self.input = dl.parameter(0.0, name="a")
        b, c = 3 * self.input, dl.square(self.input)
        d = b * c
        e = d / 2
        self.nodes = {"a": self.input, "b": b, "c": c, "d": d, "e": e}
        self.values = list(self.nodes.values())
        (self.slope,) = dl.gradients(e, [self.input])

    def compute(self) -> None:
        self.input.assign(self.a)
        *values, slope = (float(v) for v in dl.run([*self.values, self.slope]))
        a, b, c, _, _ = values
        self.value = dict(zip(PLACES, values, strict=True))
        self.local = {"ab": 3.0, "ac": 2 * a, "bd": c, "cd": b, "de": 0.5}
        self.products = {
            name: float(np.prod([self.local[name[k : k + 2]] for k in range(3)])) for name in ("abde", "acde")
        }
        self.total = slope

    def scene(self) -> list[Panel]:
        on = {arrow for name in self.products if self.path in (name, "both") for arrow in self.arrows(name)}
        marks: list[Mark] = []
        for name, slope in self.local.items():
            (x0, y0), (x1, y1) = PLACES[name[0]], PLACES[name[1]]
            marks.append(edge(x0, y0, x1, y1, role="derivative" if name in on else "guide"))
            marks.append(text((x0 + x1) / 2, (y0 + y1) / 2 + 0.2, f"{slope:.3g}", anchor="middle"))
        words = {"a": "a", "b": "b = 3a", "c": "c = a²", "d": "d = b·c", "e": "e = d/2"}
        for name, (x, y) in PLACES.items():
            marks.append(node(x, y, words[name]))
            marks.append(text(x, y - 0.35, f"{self.value[name]:.2f}", anchor="middle"))
        title = "Slopes on the arrows"
        graph = Panel(marks, (-0.3, 3.9), (-1.5, 1.3), title=title, axes=False, width=1.4, name="graph")
        heights = np.array([*self.products.values(), self.total])
        role = {"abde": (1, 0), "acde": (0, 1), "both": (1, 1, 1)}[self.path]
        shown = range(len(role))
        shares = Panel(
            [
                *[bars([k], [heights[k]], role="derivative" if role[k] else "neutral", width=0.6) for k in shown],
                *[text(k, heights[k] + 1.2, f"{heights[k]:.2f}", anchor="middle") for k in shown],
                *[text(k, -1.4, ["a–b–d–e", "a–c–d–e", "sum"][k], anchor="middle") for k in shown],
            ],
            xlim=(-0.6, 2.6),
            ylim=(-2.5, 22),
            title="Product of each path",
            axes=False,
            name="shares",
        )
        return [graph, shares]

    @staticmethod
    def arrows(path: str) -> list[str]:
        return [path[k : k + 2] for k in range(len(path) - 1)]

    def describe(self) -> str:
        one, two = self.products["abde"], self.products["acde"]
        head = f"a = {self.a:.1f}: "
        if self.path == "both":
            return f"{head}{one:.2f} along one path and {two:.2f} along the other; together de/da = {self.total:.2f}"
        factors = " · ".join(f"{self.local[arrow]:.2f}" for arrow in self.arrows(self.path))
        return f"{head}along {PATHS[self.path]} the slopes multiply to {factors} = {self.products[self.path]:.2f}"


class Paths(Figure):
    """n diamonds in a row: how many paths there are, and how many arrows."""

    title = "Paths and arrows, for n diamonds in a row"
    count = slider(1, 30, value=3, step=1, label="diamonds, n")

    def setup(self) -> None:
        last: Node = dl.parameter(1.0, name="a")
        self.rows = [[last]]
        for _ in range(30):
            b, c = dl.sin(last), dl.cos(last)
            last = b * c
            self.rows.append([b, c, last])
        ways: dict[Node, int] = {}
        for n in topological_order(last):
            ways[n] = sum(ways[i] for i in n.inputs) if n.inputs else 1
        self.ways = [ways[row[-1]] for row in self.rows]
        self.arrows = np.cumsum([sum(len(n.inputs) for n in row) for row in self.rows]).tolist()

    def scene(self) -> list[Panel]:
        n = round(self.count)
        shown = [node for row in self.rows[: min(n, 2) + 1] for node in row]
        graph = graph_panel(shown, dict.fromkeys(shown, "·"), title="The graph" if n <= 2 else "The first two")
        ns = np.arange(31.0)
        counts = Panel(
            [
                curve(ns, self.ways, role="derivative", label="paths"),
                curve(ns, [max(a, 1) for a in self.arrows], role="function", label="arrows"),
                point(self.count, float(self.ways[n]), role="here", label=f"{self.ways[n]:,}".replace(",", " ")),
                point(self.count, float(self.arrows[n]), role="here", label=str(self.arrows[n])),
            ],
            xlim=(0, 30),
            ylim=(1, 4e9),
            yscale="log",
            xlabel="n",
            ylabel="how many",
            title="Paths and arrows",
            name="counts",
        )
        return [Panel(graph.marks, graph.xlim, graph.ylim, title=graph.title, axes=False, name="graph"), counts]

    def describe(self) -> str:
        n = round(self.count)
        ways = f"{self.ways[n]:,}".replace(",", " ")
        return f"n = {n}: {ways} paths over {self.arrows[n]} arrows"


FIGURES = {"gears": Gears, "evaluation": EvaluationPoint, "diamond": Diamond, "paths": Paths}
