"""The figures of lesson 04, models and losses."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

import dlcourse as dl
from dlcourse import data
from dlcourse.figures import (
    Figure,
    Mark,
    Panel,
    by_frame,
    choice,
    curve,
    point,
    points,
    polygon,
    polyline,
    slider,
    text,
    toggle,
)
from dlcourse.figures.diagrams import Arrow, Part, diagram
from dlcourse.figures.hills import Array, Terrain, walk
from dlcourse.figures.pieces import clip, contour_map, trail

# ---------------------------------------------------------------------------------------------- one line, two spaces

ZERO, UNIT, FAR = 200.0, 10.0, 220.0  # millimetres: b is the mass here; w counts in these; the second handle


@cache
def penguin_loss() -> tuple[Array, Array, Terrain, Array]:
    """Centimetres above 200 mm, kilograms, the loss J(w, b) of the line through them, and its minimum."""
    birds = data.penguins()
    x, y = (birds.features[:, 2] - ZERO) / UNIT, birds.features[:, 3] / 1000
    # The mean of (wx + b − y)² is a quadratic in w and b. Its five coefficients are means over the birds, taken once:
    # a map of 40,000 places would otherwise ask each of the 342 birds 40,000 times.
    xx, xy, yy, mx, my = (float(v.mean()) for v in (x * x, x * y, y * y, x, y))
    loss = Terrain(
        "loss", "mean (wx + b − y)²", lambda w, b: xx * w**2 + 2 * mx * w * b + b**2 - 2 * xy * w - 2 * my * b + yy
    )
    best, *_ = np.linalg.lstsq(np.stack([x, np.ones_like(x)], axis=1), y, rcond=None)
    return x, y, loss, np.asarray(best, dtype=float)


class Line(Figure):
    """A line among the penguins, and the same line as one point on the map of its loss."""

    title = "One line, two pictures: among the data, and among the parameters"
    b = slider(2.5, 6.0, value=5.5, step=0.05, label="b: kilograms at 200 mm")
    far = slider(1.7, 8.8, value=5.5, step=0.05, label="the line at 220 mm, in kg")
    w = slider(-0.4, 1.4, value=0.0, step=0.02, label="w: kilograms per cm")
    rate = slider(0.02, 0.5, value=0.1, step=0.02, label="learning rate η")

    steps = 30
    wlim, blim = (-0.4, 1.4), (2.5, 6.0)
    levels = (0.2, 0.4, 0.8, 1.4, 2.2, 3.2, 4.4)

    def setup(self) -> None:
        self.x, self.y, self.loss, self.best = penguin_loss()
        self.map = contour_map(self.loss, self.wlim, self.blim, self.levels, named=self.levels[1::2])

    def set(self, **settings: Any) -> None:
        if "far" in settings and "w" not in settings:  # two handles hold one line: the second one turns it
            b = type(self).b.clean(settings.get("b", self.b))
            settings["w"] = (type(self).far.clean(settings.pop("far")) - b) * UNIT / (FAR - ZERO)
        super().set(**settings)

    def compute(self) -> None:
        self.adjust(far=self.b + self.w * (FAR - ZERO) / UNIT)
        self.path = np.array(walk(self.loss.gradient, [self.w, self.b], self.rate, steps=self.steps))
        self.losses = self.loss(self.path)
        self.last_frame = self.steps

    def scene(self) -> list[Panel]:
        ends = np.array([170.0, 235.0])
        w, b = self.path[:, :1], self.path[:, 1:]
        heights = b + w * (ends - ZERO) / UNIT
        mean = (self.x * UNIT + ZERO, self.y)
        far = (self.path[:, 1] + self.path[:, 0] * (FAR - ZERO) / UNIT).tolist()
        birds = Panel(
            [
                points(*mean, role="guide"),
                polyline(ends, self.best[1] + self.best[0] * (ends - ZERO) / UNIT, role="guide", label="best"),
                polyline(ends, by_frame(list(heights)), role="function"),
                point(ZERO, by_frame(self.path[:, 1].tolist()), role="here", label="b", drag={"y": "b"}),
                point(FAR, by_frame(far), role="class_a", label="turn me", drag={"y": "far"}),
            ],
            xlim=(170, 235),
            ylim=(1.5, 7.5),
            xlabel="flipper length (mm)",
            ylabel="body mass (kg)",
            title="Data space",
            name="data",
        )
        picture, *numbers = self.map  # its numbers stand on what is drawn, to be read
        *walked, here = trail(self.path, label="this line", drag={"x": "w", "y": "b"})
        space = Panel(
            [picture, point(self.best[0], self.best[1], role="minimum", label="lowest"), *walked, *numbers, here],
            xlim=self.wlim,
            ylim=self.blim,
            xlabel="w (kg per cm)",
            ylabel="b (kg at 200 mm)",
            title="Parameter space",
            name="parameters",
        )
        return [birds, space]

    def describe(self) -> str:
        k, (w, b) = self.frame, self.path[self.frame]
        loss, least = self.losses[k], float(self.loss(self.best))
        if loss - least < 5e-4:
            return f"step {k}: w = {w:.2f}, b = {b:.2f}, loss {loss:.3f}: no line has less"
        return (
            f"step {k}: the line w = {w:.2f}, b = {b:.2f} has the loss {loss:.3f}; "
            f"the lowest, {least:.3f}, is at w = {self.best[0]:.2f}, b = {self.best[1]:.2f}"
        )


# ------------------------------------------------------------------------------------------------------ loss zoo

LOSSES = {
    "squared": "squared: (1 − m)²",
    "absolute": "absolute: |1 − m|",
    "hinge": "hinge: max(0, 1 − m)",
    "logistic": "logistic: log(1 + e⁻ᵐ)",
    "0-1": "0–1: 1 if m < 0",
}


class Zoo(Figure):
    """Five losses of one border between two classes, and what one outlier does to the best border of each."""

    title = "Five losses, and one outlier"
    loss = choice(LOSSES, value="squared", label="loss")
    outlier = slider(-5.0, 5.0, value=3.5, step=0.1, label="place of the outlier")

    circles = np.array([-2.6, -2.1, -1.5, -1.0, -0.3])
    triangles = np.array([0.2, 0.8, 1.3, 1.8, 2.5])
    borders: Array = np.round(np.linspace(-4, 4, 321), 3)

    def setup(self) -> None:
        m = dl.placeholder("m", shape=(None,))
        self.m, self.costs = (
            m,
            {
                "squared": (1 - m) ** 2,
                "absolute": dl.abs(1 - m),
                "hinge": dl.maximum(0.0, 1 - m),
                "logistic": dl.logsumexp(
                    dl.concatenate([dl.expand_dims(0 * m, 1), dl.expand_dims(-m, 1)], axis=1), axis=1
                ),
                "0-1": dl.where(dl.sign(m) < 0, 1.0, 0.0),
            },
        )

    def cost(self, margins: Any, name: str | None = None) -> Array:
        m = np.asarray(margins, dtype=float)
        values: Array = dl.run(self.costs[name or self.loss], {self.m: m.reshape(-1)}).reshape(m.shape)
        return values

    def compute(self) -> None:
        self.places = np.concatenate([self.circles, self.triangles, [self.outlier]])
        self.labels = np.repeat([-1.0, 1.0], [len(self.circles), len(self.triangles) + 1])
        margins = self.labels * (self.places - self.borders[:, None])
        self.mean = self.cost(margins).mean(axis=1)
        lowest = np.flatnonzero(self.mean < self.mean.min() + 1e-9)
        self.low, self.high = float(self.borders[lowest[0]]), float(self.borders[lowest[-1]])
        self.best = (self.low + self.high) / 2
        self.margin = float(self.outlier - self.best)
        self.price = float(self.cost(self.margin))
        self.wrong = int(np.sum(self.labels * (self.places - self.best) < 0))

    def scene(self) -> list[Panel]:
        least = float(self.mean.min())
        top = max(1.2, 2.4 * least)
        ground = 0.05 * top
        average = Panel(
            [
                curve(self.borders, self.mean, role="function", label="average loss"),
                curve([self.best, self.best], [0, least], role="guide"),
                points(self.circles, np.full(5, ground), role="class_a"),
                points(self.triangles, np.full(5, ground), role="class_b"),
                point(self.best, least, role="minimum", label="best border"),
                point(self.outlier, 3 * ground, role="class_b", label="outlier", drag={"x": "outlier"}),
            ],
            xlim=(-5.2, 5.2),
            ylim=(-ground, top),
            xlabel="place x, and border c",
            ylabel="average loss, border at c",
            title="Points, and each border’s loss",
            name="border",
        )
        margins = np.linspace(-6, 6, 97)
        roof = max(4.0, 1.2 * self.price)
        others = [curve(margins, self.cost(margins, name), role="guide") for name in LOSSES if name != self.loss]
        # where two curves meet a name would say nothing: each has a place where its curve is alone
        high, side = min(0.78 * roof, 6.0), min(1 + 0.72 * roof, 5.0)
        names = [
            text(1 + min((0.93 * roof) ** 0.5, 5.0) - 0.35, 0.93 * roof, "squared", anchor="end"),
            text(side + 0.15, side - 1 - 0.03 * roof, "absolute"),
            text(1 - high + 0.35, high, "hinge"),
            text(-5.8, 1 + 0.06 * roof, "0-1"),
        ]
        if roof < 12:  # higher up, its curve is one with others
            names.append(text(-0.45 * roof - 0.3, 0.45 * roof, "logistic", anchor="end"))
        price = Panel(
            [
                *others,
                curve(margins, self.cost(margins), role="function"),
                *names,
                point(self.margin, self.price, role="here", label="outlier"),
            ],
            xlim=(-6, 6),
            ylim=(-0.04 * roof, roof),
            xlabel="margin m: above 0 is the right side",
            ylabel="loss of one point",
            title="What one point costs",
            name="price",
        )
        return [average, price]

    def describe(self) -> str:
        wide = self.high - self.low > 0.03
        where = f"anywhere from {self.low:.2f} to {self.high:.2f}" if wide else f"at {self.best + 0.0:.2f}"
        return (
            f"{self.loss} loss: the best border is {where}, with {self.wrong} of 11 points on the wrong side"
            f"{' of its middle' if wide else ''}; "
            f"the outlier at {self.outlier:.1f} has the margin {self.margin:.1f} and costs {self.price:.2f}"
        )


# ------------------------------------------------------------------------------------------------ block diagrams

DIAGRAMS = {
    "variables": "two kinds of variable",
    "function": "a function",
    "cost": "a cost",
    "model": "model and cost",
    "average": "three samples, one w",
    "pipeline": "the whole pipeline",
}


class Blocks(Figure):
    """Block diagrams of a model and its loss, with numbers that run through them."""

    title = "Block diagrams: what is given, what is computed, what is learned"
    drawn = choice(DIAGRAMS, value="model", label="draw")
    w = slider(0.0, 3.0, value=1.0, step=0.1, label="w, in G(x, w) = w·x")
    explicit = toggle(False, label="draw w, too")

    xs, ys = (1.0, 2.0, 3.0), (2.0, 3.0, 5.0)

    def compute(self) -> None:
        self.outputs = [self.w * x for x in self.xs]
        self.prices = [(y - out) ** 2 for y, out in zip(self.ys, self.outputs, strict=True)]
        self.mean = sum(self.prices) / 3

    def scene(self) -> list[Panel]:
        panel: Panel = getattr(self, f"draw_{self.drawn}")()
        return [panel]

    def with_w(
        self, parts: dict[str, Part], rows: list[list[str | None]], arrows: list[Arrow], row: int, column: int, *to: str
    ) -> dict[str, Any]:
        """Add w at a free place, dotted: it is there, whether it is drawn or not."""
        if self.explicit:
            parts["w"] = "circle"
            rows[row] += [None] * (column + 1 - len(rows[row]))
            rows[row][column] = "w"
            arrows += [(f"w {block}", "guide") for block in to]
        return {"parts": parts, "rows": rows, "arrows": arrows, "roles": {"w": "guide"}}

    def notes(self, **values: float) -> dict[str, str]:
        return {name: f"{value:.2f}" for name, value in values.items()}

    def draw_variables(self) -> Panel:
        parts: dict[str, Part] = {"x": "observed", "G": ("block", "G(x, w)"), "ŷ": "circle"}
        rows: list[list[str | None]] = [[None, None, None], ["x", "G", "ŷ"], []]
        drawing = self.with_w(parts, rows, ["x G ŷ"], 0, 1, "G")
        words = [(1.9, 0, "given"), (1.9, 1, "function"), (1.9, 2, "computed")]
        return diagram(**drawing, notes=self.notes(x=self.xs[1], ŷ=self.outputs[1]), words=words)

    def draw_function(self) -> Panel:
        parts: dict[str, Part] = {
            "a": ("observed", "x₀"),
            "b": ("observed", "x₁"),
            "G": ("block", "G(x, w)"),
            "u": ("circle", "ŷ₀"),
            "v": ("circle", "ŷ₁"),
        }
        rows: list[list[str | None]] = [["a", None, "u"], [None, "G", None], ["b", None, "v"]]
        drawing = self.with_w(parts, rows, ["a G u", "b G v"], 0, 1, "G")
        (x, z), (out, other) = self.xs[:2], self.outputs[:2]
        words = [(1, 0, "easy: from here"), (1, 2, "to here")]
        return diagram(**drawing, notes=self.notes(a=x, b=z, u=out, v=other), words=words)

    def draw_cost(self) -> Panel:
        parts: dict[str, Part] = {"y": "observed", "ŷ": "circle", "C": ("square", "C(y, ŷ)"), "c": ("circle", "ℓ")}
        rows: list[list[str | None]] = [["y"], [None, "C", "c"], ["ŷ"]]
        arrows: list[Arrow] = ["y C", "ŷ C", ("C c", "guide")]
        words = [(1, 0, "how far apart?"), (1.9, 2, "always one number")]
        notes = self.notes(y=self.ys[1], ŷ=self.outputs[1], c=self.prices[1])
        roles = {"c": "guide"}
        if self.explicit:
            words.append((0, 2, "no w: nothing to learn here"))
        return diagram(parts, rows, arrows, roles=roles, notes=notes, words=words)

    def draw_model(self) -> Panel:
        parts: dict[str, Part] = {
            "x": "observed",
            "G": ("block", "G(x, w)"),
            "ŷ": "circle",
            "C": ("square", "C(y, ŷ)"),
            "y": "observed",
        }
        rows: list[list[str | None]] = [[None, None, None, "y"], ["x", "G", "ŷ", "C"]]
        drawing = self.with_w(parts, rows, ["x G ŷ C", "y C"], 0, 1, "G")
        notes = self.notes(x=self.xs[1], ŷ=self.outputs[1], C=self.prices[1])
        return diagram(**drawing, notes=notes, words=[(0, 2.55, f"{self.ys[1]:.2f}")])

    def draw_average(self) -> Panel:
        parts: dict[str, Part] = {}
        rows: list[list[str | None]] = []
        arrows: list[Arrow] = []
        notes: dict[str, float] = {}
        for p in range(3):
            x, G, out, y, C = names = [f"x[{p}]", f"G{p}", f"ŷ[{p}]", f"y[{p}]", f"C{p}"]
            parts |= {x: "observed", G: ("block", "G"), out: "circle", y: "observed", C: ("square", "C")}
            rows += [[None, None, None, None, y], [x, None, G, out, None, C]]
            arrows += [" ".join([x, G, out, C]), f"{y} {C}", f"{C} mean"]
            notes |= dict(zip(names[::2], (self.xs[p], self.outputs[p], self.prices[p]), strict=True))
        parts |= {"mean": "square", "J": "circle"}
        rows[3] += ["mean", "J"]
        drawing = self.with_w(parts, rows, [*arrows, "mean J"], 2, 1, "G0", "G1", "G2")
        return diagram(**drawing, notes=self.notes(**notes, J=self.mean))

    def draw_pipeline(self) -> Panel:
        parts: dict[str, Part] = {
            "input": "observed",
            "world": ("block", "the world"),
            "truth": ("observed", "truth"),
            "model": ("block", "model"),
            "output": "circle",
            "loss": "square",
        }
        real: list[str | None] = [None, "world", "truth"]
        ours: list[str | None] = [None, "model", "output"]
        arrows: list[Arrow] = ["input world truth loss", "input model output loss"]
        drawing = self.with_w(parts, [real, ["input", None, None, "loss"], ours], arrows, 1, 1, "model")
        notes = self.notes(input=self.xs[1], truth=self.ys[1], output=self.outputs[1], loss=self.prices[1])
        return diagram(**drawing, notes=notes)

    def describe(self) -> str:
        w, out, price = f"w = {self.w:.1f}", f"{self.outputs[1]:.2f}", f"{self.prices[1]:.2f}"
        inside = "drawn as a dotted circle" if self.explicit else "inside the block, not drawn"
        return {
            "variables": f"grey with two rims: given, x = 2; white: computed, ŷ = {out}; {w} is {inside}",
            "function": f"several values may go in and come out; it is easy towards the rounded side; {w} is {inside}",
            "cost": f"a square is a function with one number as its value: y = 3 and ŷ = {out} cost {price}; "
            + ("w is not among its inputs" if self.explicit else f"ŷ came from {w}"),
            "model": f"x = 2 and {w} give ŷ = {out}; beside y = 3 that costs {price}; w is {inside}",
            "average": f"three samples cost {', '.join(f'{c:.2f}' for c in self.prices)}, on average {self.mean:.2f}; "
            f"one {w} serves all three, {inside}",
            "pipeline": f"the world turns 2 into 3, the model with {w} turns it into {out}; the loss {price} compares; "
            f"w is {inside}",
        }[self.drawn]


# ---------------------------------------------------------------------------------------------- nearest neighbour

FIXED = np.array([[1.2, 1.7], [-1.9, 0.8], [-0.6, -1.9]])  # rows 1 to 3 of W
CELLS = ("region_a", "region_b", "region_c", "neutral")
REACH = 3.0


def nearest(W: Array, x: Array) -> NDArray[np.int64]:
    """The row of W nearest to each x: W of shape (..., rows, 2), x of shape (..., 2)."""
    return np.asarray(((W - x[..., None, :]) ** 2).sum(axis=-1).argmin(axis=-1))


class Nearest(Figure):
    """A model whose answer is the nearest row of W: cells that move, an answer that jumps."""

    title = "Nearest neighbour: the answer jumps, its slope is 0"
    u = slider(-REACH, REACH, value=1.5, step=0.1, label="row 0 of W, first number")
    v = slider(-REACH, REACH, value=-1.2, step=0.1, label="row 0 of W, second number")
    x = slider(-REACH, REACH, value=0.2, step=0.1, label="x, first number")
    z = slider(-REACH, REACH, value=-0.3, step=0.1, label="x, second number")

    places: Array = np.linspace(-REACH, REACH, 241)

    def compute(self) -> None:
        self.W = np.vstack([[self.u, self.v], FIXED])
        self.at = np.array([self.x, self.z])
        self.winner = int(nearest(self.W, self.at))
        moved = np.broadcast_to(self.W, (len(self.places), 4, 2)).copy()
        moved[:, 0, 0] = self.places
        self.swept = nearest(moved, self.at)

    def changes(self) -> int:
        """In how many of four nudges of row 0, each by 0.001, the answer is another one."""
        nudges = 1e-3 * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
        W = np.broadcast_to(self.W, (4, 4, 2)).copy()
        W[:, 0] += nudges
        return int(np.sum(nearest(W, self.at) != self.winner))

    def cell(self, k: int) -> tuple[Array, Array]:
        """Where row k is the nearest: the map, cut half-way to each other row."""
        corners = REACH * np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
        for j, other in enumerate(self.W):
            if j != k and len(corners):
                here = self.W[k]
                corners = clip(corners, 2 * (here - other), float(other @ other - here @ here))
        return corners[:, 0], corners[:, 1]

    def scene(self) -> list[Panel]:
        marks: list[Mark] = [polygon(*self.cell(k), role=role) for k, role in enumerate(CELLS)]
        best = self.W[self.winner]
        marks += [
            curve([self.x, best[0]], [self.z, best[1]], role="guide"),
            points(FIXED[:, 0], FIXED[:, 1], role="class_c"),
            *[text(p, q + 0.32, f"row {k}", anchor="middle") for k, (p, q) in enumerate(FIXED, start=1)],
            point(self.u, self.v, role="class_c", label="row 0", drag={"x": "u", "y": "v"}),
            point(self.x, self.z, role="here", label="x", drag={"x": "x", "y": "z"}),
        ]
        plane = Panel(
            marks,
            xlim=(-REACH, REACH),
            ylim=(-REACH, REACH),
            xlabel="first number",
            ylabel="second number",
            aspect="equal",
            title="Each row of W and its cell",
            name="cells",
        )
        steps = self.swept.astype(float)
        steps[1:][np.diff(self.swept) != 0] = np.nan  # a jump is no slope: leave a gap
        answer = Panel(
            [
                curve(self.places, steps, role="function", label="answer k"),
                point(self.u, float(self.winner), role="here", label="now"),
            ],
            xlim=(-REACH, REACH),
            ylim=(-0.5, 3.5),
            xlabel="first number of row 0",
            ylabel="nearest row k",
            title="The answer, as row 0 moves sideways",
            name="answer",
        )
        return [plane, answer]

    def describe(self) -> str:
        far = float(np.hypot(*(self.W[self.winner] - self.at)))
        jumps = self.changes()
        slope = (
            "nudged by 0.001, row 0 does not change it: its slope in W is 0"
            if jumps == 0
            else f"here {jumps} of 4 nudges of row 0 by 0.001 change it: this is a jump, with no slope at all"
        )
        return (
            f"row 0 at ({self.u:.1f}, {self.v:.1f}), x at ({self.x:.1f}, {self.z:.1f}): "
            f"the nearest is row {self.winner}, {far:.2f} away; {slope}"
        )


FIGURES = {"line": Line, "blocks": Blocks, "zoo": Zoo, "nearest": Nearest}
