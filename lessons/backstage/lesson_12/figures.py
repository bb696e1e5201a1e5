"""The figures of lesson 12, train a perceptron."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

import dlcourse as dl
from dlcourse import data
from dlcourse.figures import (
    Figure,
    Mark,
    Panel,
    action,
    arrow,
    by_frame,
    choice,
    form,
    number,
    point,
    points,
    polygon,
    polyline,
    slider,
    text,
    toggle,
)
from dlcourse.figures.pieces import clip, loss_panel, scatter

Array = NDArray[np.float64]
GROUPS = {"circle": "class 0, circle", "triangle": "class 1, triangle"}
BOX = 6.0  # the map shows −BOX to BOX in both directions


class Perceptron:
    """A line in the plane and how to train it: two inputs, two classes, softmax cross-entropy, summed.

    One graph, compiled once, serves every number of points and every learning rate (a schedule that looks up
    the present one); the learner's ``train`` in exercise 12.3 builds the same graph.
    """

    def __init__(self, inputs: int = 2, classes: int = 2) -> None:
        self.classes = classes
        self.x = dl.placeholder("x", shape=(None, inputs))
        self.y = dl.placeholder("y", shape=(None, classes))
        self.rate = 0.01
        self.W = dl.parameter(np.zeros((inputs, classes)), name="W")
        self.b = dl.parameter(np.zeros(classes), name="b")
        self.scores = self.x @ self.W + self.b
        self.loss = dl.sum(dl.softmax_cross_entropy(self.scores, self.y))
        self.update = dl.GradientDescent(learning_rate=lambda _: self.rate).minimize(self.loss)

    def train(
        self, X: Array, labels: NDArray[np.int64], W: Array, b: Array, rate: float, steps: int
    ) -> tuple[list[Array], list[Array], list[float]]:
        """Weights, biases and losses before the first and after every step: ``steps + 1`` of each."""
        self.W.assign(W)
        self.b.assign(b)
        self.rate = rate
        feeds = {self.x: X, self.y: np.eye(self.classes)[labels]}
        Ws, bs, losses = [W], [b], []
        for _ in range(steps):
            losses.append(float(self.update(feeds)))
            Ws.append(self.W.value)
            bs.append(self.b.value)
        losses.append(float(dl.run(self.loss, feeds)))
        return Ws, bs, losses


def level(d: Array, e: float, log_odds: float = 0.0) -> tuple[Array, Array]:
    """The two ends, inside a large box, of the line d·x + e = log_odds."""
    normal = d / (d @ d)
    foot = (log_odds - e) * normal
    along = np.array([-d[1], d[0]]) / np.linalg.norm(d) * 4 * BOX
    ends = np.array([foot - along, foot + along])
    return ends[:, 0], ends[:, 1]


def sureness(d: Array, e: float) -> tuple[Array, Array]:
    """Corners of the band where the model gives both classes at least 10 %."""
    low, high = level(d, e, -float(np.log(9))), level(d, e, float(np.log(9)))
    return np.concatenate([low[0], high[0][::-1]]), np.concatenate([low[1], high[1][::-1]])


def clouds(rng: np.random.Generator, n: int = 50, distance: float = 2.0) -> tuple[Array, NDArray[np.int64]]:
    """Source S2's data: n points around (distance, distance), n around (−distance, −distance), spread 1."""
    labels = np.repeat([0, 1], n)
    return rng.normal(size=(2 * n, 2)) + np.where(labels[:, None] == 0, distance, -distance), labels


class Line(Figure):
    """The boundary of a perceptron after each step of training, with the band where it is unsure."""

    sealed = True
    title = "A line learns to separate circles from triangles"
    rate = slider(0.0005, 0.05, value=0.002, log=True, label="learning rate η")
    add = form(
        "Add a point",
        "add_point",
        x=number(-BOX, BOX, value=-1.0, step=0.1, label="x₀"),
        y=number(-BOX, BOX, value=3.0, step=0.1, label="x₁"),
        group=choice(GROUPS, value="circle", label="as"),
    )
    clear = action("Remove added points", "remove_added")

    steps, numbered = 60, (0, 1, 2, 3, 5, 10, 20)

    def setup(self) -> None:
        self.X, self.labels = clouds(np.random.default_rng(12), n=20)
        self.given = len(self.X)
        # a start that is plainly wrong: the line runs through both clouds
        self.model = Perceptron()
        self.W0, self.b0 = np.array([[-0.8, 0.8], [0.6, -0.6]]), np.array([0.4, -0.4])

    def add_point(self, x: float, y: float, group: str | None = None) -> None:
        label = list(GROUPS).index(group or self.add["group"])
        self.X = np.concatenate([self.X, [[x, y]]])
        self.labels = np.concatenate([self.labels, [label]])

    def remove_added(self) -> None:
        self.X, self.labels = self.X[: self.given], self.labels[: self.given]

    def compute(self) -> None:
        Ws, bs, self.losses = self.model.train(self.X, self.labels, self.W0, self.b0, self.rate, self.steps)
        self.d = [W[:, 0] - W[:, 1] for W in Ws]
        self.e = [float(b[0] - b[1]) for b in bs]
        self.right = [
            int(np.sum((self.X @ d + e < 0) == (self.labels == 1))) for d, e in zip(self.d, self.e, strict=True)
        ]
        self.last_frame = self.steps

    def scene(self) -> list[Panel]:
        frames = range(self.steps + 1)
        lines = [level(d, e) for d, e in zip(self.d, self.e, strict=True)]
        bands = [sureness(d, e) for d, e in zip(self.d, self.e, strict=True)]
        marks: list[Mark] = [
            polygon(by_frame([x for x, _ in bands]), by_frame([y for _, y in bands]), role="neutral", opacity=0.35)
        ]
        spots: list[tuple[float, float]] = []
        for k in self.numbered:
            xs, ys = lines[k]
            marks.append(polyline(xs, ys, role="guide", shown=by_frame([2 if f >= k else 0 for f in frames])))
            x, y = edge_spot(xs, ys)
            clear = all(np.hypot(x - u, y - v) > 0.14 * BOX for u, v in spots)  # a number hides no other
            spots += [(x, y)] * clear
            words = by_frame([str(k) if clear and f >= k else "" for f in frames])
            marks.append(text(x, y, words, anchor="middle"))
        marks += scatter(self.X, self.labels)
        marks.append(polyline(by_frame([x for x, _ in lines]), by_frame([y for _, y in lines]), role="function"))
        plane = Panel(
            marks,
            xlim=(-BOX, BOX),
            ylim=(-BOX, BOX),
            xlabel="x₀",
            ylabel="x₁",
            aspect="equal",
            title="The line after each step",
            click="add_point",
            name="map",
        )
        low, high = min(self.losses), max(self.losses)
        falling = loss_panel(
            np.arange(self.steps + 1.0), np.array(self.losses), (low / 1.3, high * 1.3), what="loss", label="J"
        )
        return [plane, falling]

    def describe(self) -> str:
        k, right = self.frame, f"{self.right[self.frame]} of {len(self.X)}"
        return f"step {k}: loss {self.losses[k]:.3g}; the line has {right} points on the right side"


def edge_spot(xs: Array, ys: Array) -> tuple[float, float]:
    """Where on a line its number is written: near the border of the map, inside it."""
    t = np.linspace(0, 1, 401)
    x, y = xs[0] + t * (xs[1] - xs[0]), ys[0] + t * (ys[1] - ys[0])
    inside = (np.abs(x) <= 0.92 * BOX) & (np.abs(y) <= 0.92 * BOX)
    if not inside.any():
        return 2 * BOX, 2 * BOX
    first = int(np.argmax(inside))
    return float(x[first]), float(y[first])


class Published(Figure):
    """The line where two classes tie, and the line that one column of the weights draws."""

    title = "The same model, drawn by two formulas"
    sealed = True  # 12.b asks whether they draw the same line
    last_frame = 1
    shift = slider(-3.0, 3.0, value=0.0, step=0.1, label="number added to every weight and bias")

    def setup(self) -> None:
        rng = np.random.default_rng(12)
        self.X, self.labels = clouds(rng)
        Ws, bs, _ = Perceptron().train(self.X, self.labels, rng.normal(size=(2, 2)), np.zeros(2), rate=0.01, steps=100)
        self.W, self.b = Ws[-1], bs[-1]

    def compute(self) -> None:
        W, b = self.W + self.shift, self.b + self.shift
        self.true, self.column = (W[:, 0] - W[:, 1], float(b[0] - b[1])), (W[:, 0], float(b[0]))
        self.right = [int(np.sum((self.X @ d + e < 0) == (self.labels == 1))) for d, e in (self.true, self.column)]

    def scene(self) -> list[Panel]:
        tie, column = level(*self.true), level(*self.column)
        marks = [
            *scatter(self.X, self.labels),
            polyline(*tie, role="function"),
            text(*edge_spot(*tie), "tie", anchor="middle"),
            polyline(*column, role="derivative", shown=by_frame([0, 2])),
            text(*edge_spot(column[0][::-1], column[1][::-1]), by_frame(["", "column 0"]), anchor="middle"),
        ]
        return [
            Panel(
                marks,
                xlim=(-BOX, BOX),
                ylim=(-BOX, BOX),
                xlabel="x₀",
                ylabel="x₁",
                aspect="equal",
                title="Solid: the classes tie. Dashed: column 0 alone",
                name="map",
            )
        ]

    def describe(self) -> str:
        added = f"{self.shift:+.1f}" if self.shift else "nothing"
        published = f"the line drawn from column 0 has {self.right[1]}" if self.frame else "Step draws the other line"
        return (
            f"{added} added to every weight and bias: the model is the same; the line where the classes tie has "
            f"{self.right[0]} of 100 points on the right side, {published}"
        )


DISTANCES = np.round(np.linspace(0.4, 3.0, 27), 1)
MARKS = np.unique(np.round(np.logspace(0, np.log10(2000), 40)).astype(int))  # steps shown, evenly on a log axis


@lru_cache(maxsize=1)
def training_runs() -> tuple[Array, Array, Array, NDArray[np.int64]]:
    """Train one perceptron for each distance, all at once: batched weights in one graph.

    The summed loss of independent models has each model's own gradient in its own slice.
    """
    rng = np.random.default_rng(4)
    base, labels = clouds(rng, n=12, distance=0.0)
    X = base[None] + np.where(labels[:, None] == 0, 1.0, -1.0) * DISTANCES[:, None, None]
    y = np.broadcast_to(np.eye(2)[labels], (len(DISTANCES), len(labels), 2))
    W = dl.parameter(np.zeros((len(DISTANCES), 2, 2)), name="W")
    b = dl.parameter(np.zeros((len(DISTANCES), 1, 2)), name="b")
    x = dl.constant(X)
    losses = -dl.sum(dl.log_softmax(x @ W + b) * y, axis=(1, 2))
    step = dl.GradientDescent(learning_rate=0.01).minimize(dl.sum(losses))
    norms, values = [], []
    for k in range(1, MARKS[-1] + 1):
        step({})
        if k in MARKS:
            norms.append(np.sqrt((W.value**2).sum(axis=(1, 2))))
            values.append(dl.run(losses, {}))
    return np.array(norms), np.array(values), X, labels


class Separable(Figure):
    """How large the weights grow, for two clouds that overlap or do not."""

    sealed = True
    title = "Two clouds, near or far, and the size of the weights"
    distance = slider(0.4, 3.0, value=2.4, step=0.1, label="distance of the clouds")

    def compute(self) -> None:
        norms, losses, X, self.labels = training_runs()
        which = int(np.argmin(np.abs(DISTANCES - self.distance)))
        self.X, self.norm, self.loss = X[which], norms[:, which], losses[:, which]
        self.last_frame = len(MARKS) - 1

    def separable(self) -> bool:
        """Whether some line has every circle on one side and every triangle on the other."""
        angles = np.linspace(0, np.pi, 720)
        along = self.X @ np.array([np.cos(angles), np.sin(angles)])
        a, b = along[self.labels == 0], along[self.labels == 1]
        return bool(np.any((a.min(axis=0) > b.max(axis=0)) | (a.max(axis=0) < b.min(axis=0))))

    def scene(self) -> list[Panel]:
        counts = list(range(1, len(MARKS) + 1))
        cloud = Panel(
            scatter(self.X, self.labels),
            xlim=(-BOX, BOX),
            ylim=(-BOX, BOX),
            xlabel="x₀",
            ylabel="x₁",
            aspect="equal",
            title="The two clouds",
            name="map",
        )
        size = Panel(
            [
                polyline(MARKS, self.norm, role="function", shown=by_frame(counts), label="‖W‖"),
                polyline(MARKS, self.loss, role="derivative", shown=by_frame(counts), label="loss J"),
                point(by_frame(MARKS), by_frame(self.norm), role="here"),
            ],
            xlim=(1, float(MARKS[-1])),
            ylim=(0.001, 30),
            xscale="log",
            yscale="log",
            xlabel="step",
            ylabel="size",
            title="Size of the weights and loss",
            name="size",
        )
        return [cloud, size]

    def describe(self) -> str:
        k, apart = self.frame, "can" if self.separable() else "cannot"
        return (
            f"distance {self.distance:.1f}: a line {apart} separate the clouds; step {MARKS[k]}: "
            f"‖W‖ = {self.norm[k]:.2f}, loss {self.loss[k]:.3f}"
        )


class Pull(Figure):
    """One point, the pull it has on the line, and the line after one step for this point alone."""

    title = "What one point wants"
    x = slider(-BOX, BOX, value=1.5, step=0.1, label="the point's x₀")
    y = slider(-BOX, BOX, value=-0.5, step=0.1, label="the point's x₁")
    flipped = toggle(False, label="flip its label to triangle")

    W, b, rate = np.array([[0.5, -0.5], [0.4, -0.4]]), np.zeros(2), 0.3

    def setup(self) -> None:
        self.model = Perceptron()
        self.chances = dl.softmax(self.model.scores)

    def compute(self) -> None:
        place, label = np.array([[self.x, self.y]]), int(self.flipped)
        Ws, bs, _ = self.model.train(place, np.array([label]), self.W, self.b, self.rate, steps=1)
        self.pull = float(np.linalg.norm(Ws[0] - Ws[1])) / self.rate
        self.model.W.assign(self.W)
        self.model.b.assign(self.b)
        self.slope = (Ws[0] - Ws[1])[:, 0] / self.rate  # of the loss, by the circle's column
        self.chance = float(dl.run(self.chances, {self.model.x: place})[0, label])
        (self.before, self.after) = [(W[:, 0] - W[:, 1], float(b[0] - b[1])) for W, b in zip(Ws, bs, strict=True)]
        # where the line passes nearest to the point, and how far from there it passes after the step
        (d, e), (d1, e1) = self.before, self.after
        self.foot = place[0] - (place[0] @ d + e) / (d @ d) * d
        self.moved = -(self.foot @ d1 + e1) / (d1 @ d1) * d1
        self.turned_over = bool(d @ d1 < 0)

    def scene(self) -> list[Panel]:
        before, after = level(*self.before), level(*self.after)
        role = "class_b" if self.flipped else "class_a"
        tip = self.foot + self.moved
        return [
            Panel(
                [
                    polygon(*sureness(*self.before), role="neutral", opacity=0.35),
                    polyline(*before, role="function", label="before"),
                    polyline(*after, role="derivative", label="after"),
                    text(5.8, 5.4, "circle side", anchor="end"),
                    text(-5.8, -5.4, "triangle side", anchor="start"),
                    arrow(self.foot[0], self.foot[1], tip[0], tip[1], role="path"),
                    arrow(0.0, 0.0, -self.slope[0], -self.slope[1], role="derivative", label="y − p, times x"),
                    point(self.x, self.y, role=role, label="drag me", drag={"x": "x", "y": "y"}),
                ],
                xlim=(-BOX, BOX),
                ylim=(-BOX, BOX),
                xlabel="x₀",
                ylabel="x₁",
                aspect="equal",
                title="One point and the line",
                name="map",
            )
        ]

    def describe(self) -> str:
        name = "triangle" if self.flipped else "circle"
        return (
            f"a {name} at ({self.x:.1f}, {self.y:.1f}): the model gives it {100 * self.chance:.0f} %, "
            f"so its error is {100 * (1 - self.chance):.0f} %; the gradient on W has length {self.pull:.2f}; "
            f"the step moves the line by {np.hypot(*self.moved):.2f} from where it was nearest"
            f"{', and the two sides change places' * self.turned_over}"
        )


BESIDE = ((34.0, 20.25), (55.0, 21.5), (55.0, 14.0))  # where a name lies near its birds, and on none of them


class Penguins(Figure):
    """Three species by their bills, and the regions a softmax perceptron gives them while it learns."""

    title = "Three species of penguin, told apart by their bills"
    rate = slider(0.0005, 0.02, value=0.005, log=True, label="learning rate η")

    steps, stride = 90, 3
    counted = (1, stride)

    def setup(self) -> None:
        birds = data.penguins()
        self.names: Sequence[str] = birds.species_names
        bills = birds.features[:, :2]
        self.centre, self.spread = bills.mean(axis=0), bills.std(axis=0)
        self.X, self.labels = (bills - self.centre) / self.spread, birds.species
        self.model = Perceptron(classes=3)

    def compute(self) -> None:
        Ws, bs, _ = self.model.train(self.X, self.labels, np.zeros((2, 3)), np.zeros(3), self.rate, self.steps)
        # from the first step on: before it all classes tie everywhere
        self.models = list(zip(Ws, bs, strict=True))[1 :: self.stride]
        self.right = [int(np.sum((self.X @ V + c).argmax(axis=1) == self.labels)) for V, c in self.models]
        self.last_frame = len(self.models) - 1

    def region(self, k: int, W: Array, b: Array) -> tuple[Array, Array]:
        """Where class k wins: the whole map, cut by one line for each rival. In millimetres."""
        corners = 3.2 * np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
        for rival in range(3):
            if rival != k and len(corners):
                corners = clip(corners, W[:, k] - W[:, rival], float(b[k] - b[rival]))
        corners = corners * self.spread + self.centre
        return corners[:, 0], corners[:, 1]

    def scene(self) -> list[Panel]:
        marks: list[Mark] = []
        for k, role in enumerate(("a", "b", "c")):
            regions = [self.region(k, W, b) for W, b in self.models]
            xs, ys = by_frame([x for x, _ in regions]), by_frame([y for _, y in regions])
            marks.append(polygon(xs, ys, role=f"region_{role}"))
        for k, role in enumerate(("a", "b", "c")):
            bills = self.X[self.labels == k] * self.spread + self.centre
            marks.append(points(bills[:, 0], bills[:, 1], role=f"class_{role}"))
            marks.append(text(*BESIDE[k], self.names[k], anchor="middle"))
        return [
            Panel(
                marks,
                xlim=(31, 61),
                ylim=(12.5, 22),
                xlabel="bill length (mm)",
                ylabel="bill depth (mm)",
                title="Regions after each step",
                name="map",
            )
        ]

    def describe(self) -> str:
        k = self.frame
        birds = f"{self.right[k]} of {len(self.labels)} penguins"
        return f"step {1 + k * self.stride}: {birds} are in the region of their species"


RULES = {"descent": "class_a", "momentum": "class_b", "RMSProp": "class_c", "Adam": "here"}
RATES: NDArray[np.float64] = np.array([2.0**-k for k in range(11)])
STEPS = 60


def walks(rule: str, rates: Array, steepness: float, noise: Array, schedule: bool) -> Array:
    """The places, steps × rates × 2, of walkers with one rule and several rates, in the valley ½(w₀² + c·w₁²)."""
    curvature = np.array([1.0, steepness])
    w = np.tile([-4.0, 1.5], (len(rates), 1))
    m, s, places = np.zeros_like(w), np.zeros_like(w), [w]
    for t in range(1, STEPS + 1):
        g = curvature * w + noise[t - 1]
        if rule == "descent":
            direction = g
        elif rule == "momentum":
            direction = m = 0.9 * m + g
        elif rule == "RMSProp":
            s = 0.9 * s + 0.1 * g * g
            direction = g / (np.sqrt(s) + 1e-8)
        else:
            m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g * g
            direction = (m / (1 - 0.9**t)) / (np.sqrt(s / (1 - 0.999**t)) + 1e-8)
        lowered = (1 + np.cos(np.pi * (t - 1) / STEPS)) / 2 if schedule else 1.0
        w = w - lowered * rates[:, None] * direction
        places.append(w)
    return np.array(places)


def height(places: Array, steepness: float) -> Array:
    """½(w₀² + c·w₁²)."""
    return (places[..., 0] ** 2 + steepness * places[..., 1] ** 2) / 2


@lru_cache(maxsize=8)
def best_rates(steepness: float) -> dict[str, float]:
    """For each rule the rate, a power of two, that is lowest over the last ten steps, without noise or schedule."""
    found = {}
    with np.errstate(all="ignore"):
        for rule in RULES:
            heights = height(walks(rule, RATES, steepness, np.zeros((STEPS, 2)), False), steepness)
            found[rule] = float(RATES[np.nanargmin(np.nan_to_num(heights[-10:].max(axis=0), nan=np.inf))])
    return found


class Race(Figure):
    """Four rules in one valley, each with the rate that suits it best."""

    title = "Four rules in one valley"
    steepness = choice(
        {"1": "1, a round bowl", "10": "10", "100": "100, a narrow valley"}, value="100", label="curvatures 1 :"
    )
    noisy = toggle(False, label="slopes from small batches (noise)")
    schedule = toggle(False, label="rate falls to 0 by a cosine")

    last_frame = STEPS

    def compute(self) -> None:
        c = float(self.steepness)
        noise = np.random.default_rng(5).normal(size=(STEPS, 2)) * np.sqrt([1.0, c]) * self.noisy
        self.rates = best_rates(c)
        self.places = {
            rule: walks(rule, np.array([rate]), c, noise, self.schedule)[:, 0] for rule, rate in self.rates.items()
        }
        self.heights = {rule: height(places, c) for rule, places in self.places.items()}

    def scene(self) -> list[Panel]:
        c = float(self.steepness)
        turn = np.linspace(0, 2 * np.pi, 61)
        shown = by_frame(list(range(1, STEPS + 2)))
        marks: list[Mark] = [
            polyline(r * np.cos(turn), r * np.sin(turn) / np.sqrt(c), role="guide") for r in (1.0, 2.0, 4.0, 8.0)
        ]
        falling: list[Mark] = []
        for rule, role in RULES.items():
            places, heights = np.round(self.places[rule], 2), digits(np.maximum(self.heights[rule], 1e-9), 3)
            marks.append(polyline(places[:, 0], places[:, 1], role=role, shown=shown))
            marks.append(point(by_frame(places[:, 0]), by_frame(places[:, 1]), role=role))
            falling.append(polyline(np.arange(STEPS + 1.0), heights, role=role, shown=shown))
        names = spread([np.log10(np.maximum(h, 1e-9)) for h in self.heights.values()], least=1.0, top=2.5)
        for (rule, role), at in zip(RULES.items(), names, strict=True):
            falling.append(text(by_frame(np.arange(STEPS + 1.0) + 3), by_frame(digits(10.0**at, 2)), rule, role=role))
        return [
            Panel(marks, xlim=(-5, 3), ylim=(-2.5, 2.5), xlabel="w₀", ylabel="w₁", title="The way of each", name="map"),
            Panel(
                falling,
                xlim=(0, STEPS * 1.6),
                ylim=(1e-9, 1e3),
                yscale="log",
                xlabel="step",
                ylabel="loss",
                title="Loss",
                name="loss",
            ),
        ]

    def describe(self) -> str:
        # a walker in noise hovers: where one step finds it is luck, so the last ten are taken together
        since = max(0, self.frame - 9) if self.noisy else self.frame
        height = {rule: float(h[since : self.frame + 1].mean()) for rule, h in self.heights.items()}
        loss = f"the mean loss since step {since}" if since < self.frame else "the loss"
        said = {rule: f"{h:.0f}" if h >= 100 else f"{h:.2g}" for rule, h in height.items()}
        each = [f"{rule} (η = {spelled(self.rates[rule])}) {said[rule]}" for rule in said]
        return f"step {self.frame}, {loss}: {', '.join(each)}"


def digits(values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Values to so many significant digits: what is sent to a browser need not be more exact than what is drawn."""
    return np.array([float(f"{value:.{count}g}") for value in values])


def spread(ends: Sequence[NDArray[np.float64]], least: float, top: float) -> NDArray[np.float64]:
    """Places for names beside the ends of lines, frame by frame: none nearer to another than `least`."""
    wanted = np.array(ends)
    order = np.argsort(-wanted, axis=0, kind="stable")
    places = np.empty_like(wanted)
    for frame in range(wanted.shape[1]):
        above = top + least
        for line in order[:, frame]:
            above = places[line, frame] = min(wanted[line, frame], above - least)
    return places + np.maximum(0, -8.7 - places.min(axis=0))


def spelled(rate: float) -> str:
    """A power of two as people write it: 1, 1/8."""
    return f"{rate:.0f}" if rate >= 1 else f"1/{round(1 / rate)}"


FIGURES = {
    "line": Line,
    "pull": Pull,
    "published": Published,
    "separable": Separable,
    "penguins": Penguins,
    "race": Race,
}
