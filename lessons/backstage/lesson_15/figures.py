"""The figures of lesson 15, the capstone: claims to judge, and a network with every knob of the course."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

import dlcourse as dl
from dlcourse.figures import Figure, Panel, action, choice, curve, image, point, polyline, slider
from dlcourse.figures.hills import Array, Hill, double_well, walk
from dlcourse.figures.pieces import scatter

# ------------------------------------------------------------------------------------------------- claims


@dataclass(frozen=True)
class Claim:
    """What a source says, and how to find out.

    ``says`` and ``truth`` are functions of a knob that goes from ``low`` to ``high``; where they part, the claim fails.
    """

    words: str
    source: str
    verdict: str
    why: str
    knob: str
    low: float
    high: float
    measured: str
    says: Callable[[Array], Array]
    truth: Callable[[Array], Array]


SIGMOID = Hill("sigmoid", "σ", dl.sigmoid)
CUBIC = Hill("cubic", "⅓x³ − x", lambda x: x**3 / 3 - x)
WELLS = Hill("quartic", "x⁴ − 2x² + 0.4x", double_well)
SINE_OF_SQUARE = Hill("sine of a square", "sin x²", lambda x: dl.sin(x**2))


def miss(start: Array) -> Array:
    """How far from the bottom at 1 a walk on ⅓x³ − x ends, at most 5."""
    end = np.asarray(start, dtype=float)
    for _ in range(200):
        end = np.clip(end - 0.1 * CUBIC.slope(end), -10.0, 10.0)
    return np.asarray(np.minimum(np.abs(end - 1), 5.0))


def heavy_end(beta: Array) -> Array:
    """Where a ball with momentum comes to rest on the hill with two valleys, from 1.6 with η = 0.01."""
    end: Array = walk(WELLS.slope, np.full(beta.shape, 1.6), 0.01, steps=1500, beta=beta)[-1]
    return end


def angle(kappa: Array) -> Array:
    """Between −∇f and the way to the bottom on x² + κy², from where the two differ most, in degrees."""
    x, y = np.ones_like(kappa), 1 / np.sqrt(kappa)
    dot, g, r = x**2 + kappa * y**2, np.hypot(x, kappa * y), np.hypot(x, y)
    return np.asarray(np.degrees(np.arccos(np.clip(dot / (g * r), -1, 1))))


def updates_needed(size: Array) -> Array:
    """Until the excess loss is 0.05 of what it was, with the best constant rate for each batch size.

    The noisy bowl: an update multiplies the excess by (1 − η)² and adds η²·4/B.
    """
    rates = np.linspace(0.005, 0.99, 198)
    out = []
    for B in size:
        shrink, noise = (1 - rates) ** 2, rates**2 * 4 / B
        floor = noise / (1 - shrink)
        can = floor < 0.05
        updates = np.log((0.05 - floor[can]) / (1 - floor[can])) / np.log(shrink[can])
        fewest = max(1.0, float(updates.min()))
        out.append(fewest)
    return np.array(out)


def samples_needed(size: Array) -> Array:
    return size * updates_needed(size)


@cache
def diamond() -> tuple[dl.Parameter, dl.Node]:
    a = dl.parameter(1.0, name="a")
    b = a + a
    return a, b + b * b


def traced(order: Any) -> Callable[[Array], Array]:
    """The derivative of b + b·b with b = 2a by one of the orders of `dl.Trace`, at each a."""

    def at(values: Array) -> Array:
        a, d = diamond()
        out = []
        for value in values:
            a.assign(value)
            out.append(float(dl.Trace(d, order=order).gradients[a]))
        return np.array(out)

    return at


def by_moving(f: Callable[[Array], Array], h: float = 1e-5) -> Callable[[Array], Array]:
    """The slope of f by central differences."""
    return lambda x: (f(x + h) - f(x - h)) / (2 * h)


def two_layers(w0: Array) -> Array:
    return (1.5 * np.tanh(w0) - 1) ** 2


DATA = np.array([[0.5, 1.0], [-1.0, 0.3], [2.0, -1.2]])  # (input, target) of three samples


def mean_loss(w: Array) -> Array:
    return np.asarray(np.mean([(w * x - y) ** 2 for x, y in DATA], axis=0))


def mean_of_slopes(w: Array) -> Array:
    return np.asarray(np.mean([2 * (w * x - y) * x for x, y in DATA], axis=0))


def constant(value: float) -> Callable[[Array], Array]:
    return lambda x: np.full(np.shape(x), value)


CLAIMS = {
    "rule": Claim(
        "“This rule works always.”",
        "Tiwari",
        "conditional",
        "From every start right of −1. At −1 it stays on a hilltop, and left of it there is no floor.",
        "start on ⅓x³ − x",
        -1.5,
        2.0,
        "distance from the bottom",
        constant(0.0),
        miss,
    ),
    "eta": Claim(
        "“x_new = x_old − f′”, without a learning rate.",
        "Tiwari",
        "conditional",
        "It arrives in a few steps where the curvature is near 1, and never where it is 2 or more.",
        "curvature c of ½cx²",
        0.1,
        2.6,
        "distance after 10 steps",
        constant(0.0),
        lambda c: np.minimum(np.abs(1 - c) ** 10, 5),
    ),
    "momentum": Claim(
        "“Momentum solves local minima.”",
        "Tiwari",
        "conditional",
        "With enough of it, from this start; a little is not enough.",
        "momentum β",
        0.0,
        0.96,
        "where it ends",
        constant(-1.0467),
        heavy_end,
    ),
    "steepest": Claim(
        "The steepest direction is the most promising.",
        "Sabinasz",
        "wrong",
        "On a round bowl only, κ = 1. In every other valley it points past the bottom.",
        "condition number κ",
        1.0,
        100.0,
        "degrees off the bottom",
        constant(0.0),
        angle,
    ),
    "semidefinite": Claim(
        "A positive semi-definite η goes downhill.",
        "LeCun",
        "conditional",
        "It has to be definite, and small enough: at 0 nothing moves, beyond 2 the step climbs.",
        "eigenvalue of η",
        0.0,
        2.6,
        "a step goes down 1, nowhere 0, up −1",
        constant(1.0),
        lambda v: np.sign(v * (2 - v)),
    ),
    "batch": Claim(
        "“The higher the batch size, the faster the convergence.”",
        "Tiwari",
        "wrong",
        "In updates, up to a point. In samples, every larger batch costs more.",
        "batch size B",
        1.0,
        512.0,
        "updates said, samples found",
        updates_needed,
        samples_needed,
    ),
    "sigmoid": Claim(
        "σ′(a) = σ(a)·σ(1 − a).",
        "Sabinasz",
        "wrong",
        "The 1 belongs outside; the curves never meet.",
        "a",
        -4.0,
        4.0,
        "slope",
        lambda a: SIGMOID(a) * SIGMOID(1 - a),
        SIGMOID.slope,
    ),
    "breadth": Claim(
        "Walk back breadth-first, and multiply.",
        "Sabinasz",
        "wrong",
        "b sends its gradient on before b·b has paid in.",
        "a, with b = 2a and d = b + b·b",
        -2.0,
        2.0,
        "dd/da",
        traced("breadth-first"),
        traced("topological"),
    ),
    "weights": Claim(
        "dL/dw₀ = dL/dy · dy/dw₁ · dw₁/dw₀.",
        "Tiwari",
        "wrong",
        "dw₁/dw₀ is 0. The way leads through the activation.",
        "w₀",
        -1.5,
        1.5,
        "dL/dw₀",
        constant(0.0),
        by_moving(two_layers),
    ),
    "cancel": Claim(
        "In (∂x/∂y)(∂y/∂z)(∂z/∂x) everything cancels.",
        "many a reader",
        "wrong",
        "Each factor holds another letter still. The product is −1.",
        "b, on the plane x + by + z = 0",
        0.3,
        3.0,
        "product",
        constant(1.0),
        lambda b: (-b) * (-1 / b) * -1.0,
    ),
    "chain": Claim(
        "(g ∘ f)′(x) = g′(f(x))·f′(x).",
        "the notes",
        "right",
        "A theorem, and the two curves are one.",
        "x, in sin(x²)",
        0.0,
        2.2,
        "slope",
        lambda x: np.cos(x**2) * 2 * x,
        SINE_OF_SQUARE.slope,
    ),
    "sum": Claim(
        "The gradient of a mean is the mean of the gradients.",
        "LeCun and the notes",
        "right",
        "A theorem: it is why batches work at all.",
        "w",
        -2.0,
        2.0,
        "slope",
        mean_of_slopes,
        by_moving(mean_loss),
    ),
}


@cache
def curves(name: str) -> tuple[Array, Array, Array]:
    claim = CLAIMS[name]
    xs = np.linspace(claim.low, claim.high, 61)
    return xs, claim.says(xs), claim.truth(xs)


def shown(value: float) -> str:
    """A number as the sentence under the cards gives it."""
    return f"{value if abs(value) > 1e-4 else 0:.3g}"


# what is said to a verdict that does not fit: for the verdict given, and the one that fits
OBJECTIONS = {
    ("right", "conditional"): "The lines part: let the button show you where.",
    ("right", "wrong"): "The lines part: let the button show you where.",
    ("conditional", "right"): "Then there is a place where the lines part. Which?",
    ("conditional", "wrong"): "Then there is a whole stretch on which both numbers are the same. Which?",
    ("wrong", "right"): "Then there is a place where the lines part. Which?",
    ("wrong", "conditional"): "There is a whole stretch on which both numbers are the same: look for it.",
}


class Claims(Figure):
    """Twelve claims, one at a time: what it says, what happens, and your verdict."""

    title = "Twelve claims, and your verdict"
    claim = choice({name: c.words for name, c in CLAIMS.items()}, label="claim")
    knob = slider(0.0, 1.0, value=0.5, step=0.02, label="knob, from left to right")
    verdict = choice(["not yet", "right", "conditional", "wrong"], label="your verdict")
    find = action("Find where they part most", "find_gap")

    def setup(self) -> None:
        for name in CLAIMS:
            curves(name)  # some take longer than an event may
        self.verdicts: dict[str, str] = {}
        self.shown_claim = self.claim

    def restore(self) -> None:
        """Forget the verdicts, too."""
        self.verdicts.clear()
        super().restore()

    def compute(self) -> None:
        if self.claim != self.shown_claim:  # a verdict on one claim must not be taken for one on the next
            self.adjust(verdict=self.verdicts.get(self.claim, "not yet"))
        self.shown_claim = self.claim
        self.verdicts[self.claim] = self.verdict
        self.card = CLAIMS[self.claim]
        self.xs, self.says, self.truth = curves(self.claim)
        k = round(self.knob * (len(self.xs) - 1))
        self.at = float(self.xs[k])
        self.here = float(self.says[k]), float(self.truth[k])

    def find_gap(self) -> None:
        k = int(np.argmax(np.abs(self.says - self.truth)))
        self.adjust(knob=k / (len(self.xs) - 1))

    def scene(self) -> list[Panel]:
        both = np.concatenate([self.says, self.truth])
        low, high = float(both.min()), float(both.max())
        room = 0.12 * max(high - low, 0.1)
        stamp = "" if self.verdict == "not yet" else f": {self.verdict}"
        return [
            Panel(
                [
                    curve(self.xs, self.truth, role="function", label="what happens"),
                    curve(self.xs, self.says, role="derivative", label="what is said"),
                    point(self.at, self.here[0], role="class_b"),
                    point(self.at, self.here[1], role="here"),
                ],
                xlim=(self.card.low, self.card.high),
                ylim=(low - room, high + room),
                xlabel=self.card.knob,
                ylabel=self.card.measured,
                title=f"{self.card.words} ({self.card.source}){stamp}",
                name="claim",
            )
        ]

    def describe(self) -> str:
        said, found = (shown(v) for v in self.here)
        head = f"{self.card.knob}: at {self.at:.3g} said {said}, found {found}."
        if self.verdict == "not yet":
            return f"{head} Right, conditional or wrong?"
        if self.verdict == self.card.verdict:
            return f"{head} Agreed, {self.card.verdict}. {self.card.why}"
        return f"{head} You say {self.verdict}. {OBJECTIONS[self.verdict, self.card.verdict]}"


# ------------------------------------------------------------------------------------------------ training


def spiral(rng: np.random.Generator, n: int = 240) -> tuple[Array, NDArray[np.int64]]:
    """Two arms, half a turn apart."""
    labels = np.repeat([0, 1], n // 2)
    turn = rng.uniform(0.4, 2.6, size=n)
    winding = 2.4 * turn + np.pi * labels
    places = turn[:, None] * np.column_stack([np.cos(winding), np.sin(winding)])
    return places + rng.normal(0, 0.05, size=(n, 2)), labels


class Net:
    """A network 2–H–H–2 and its gradients, compiled once; the rule of descent is applied outside."""

    def __init__(self, hidden: int, h: Callable[[dl.Node], dl.Node]) -> None:
        self.shapes = [(2, hidden), (hidden,), (hidden, hidden), (hidden,), (hidden, 2), (2,)]
        self.parameters = [dl.parameter(np.zeros(shape), name=f"p{k}") for k, shape in enumerate(self.shapes)]
        self.x, self.y = dl.placeholder("x", shape=(None, 2)), dl.placeholder("y", shape=(None, 2))
        W0, b0, W1, b1, W2, b2 = self.parameters
        self.scores = h(h(self.x @ W0 + b0) @ W1 + b1) @ W2 + b2
        self.loss = dl.mean(dl.softmax_cross_entropy(self.scores, self.y))
        self.pulls = dl.gradients(self.loss, self.parameters)

    def start(self, rng: np.random.Generator) -> list[Array]:
        """Weights with spread 1/√(inputs), biases 0."""
        return [rng.normal(0, 1 / np.sqrt(s[0]), size=s) if len(s) == 2 else np.zeros(s) for s in self.shapes]

    def load(self, values: list[Array]) -> None:
        for parameter, value in zip(self.parameters, values, strict=True):
            parameter.assign(value)


@cache
def net(hidden: int, h: str) -> Net:
    return Net(hidden, {"tanh": dl.tanh, "relu": dl.relu}[h])


class Workshop(Figure):
    """A spiral, a network, and every knob of the course; training goes on when you press."""

    title = "The whole course on one map"
    rate = slider(0.001, 1.0, value=0.03, log=True, label="learning rate η (lesson 02)")
    beta = slider(0.0, 0.95, value=0.9, step=0.05, label="momentum β (02)")
    batch = slider(10, 240, value=60, step=10, label="batch size B (05)")
    hidden = choice({"4": "4", "16": "16", "32": "32"}, value="16", label="hidden units (13)")
    h = choice(["tanh", "relu"], label="nonlinearity (09)")
    seed = slider(0, 9, value=1, step=1, label="start, by seed (13)")
    train = action("Train 25 updates", "train_on")
    afresh = action("Fresh weights", "begin")

    grid = 40

    def setup(self) -> None:
        self.X, self.labels = spiral(np.random.default_rng(15))
        self.one_hot = np.eye(2)[self.labels]
        side = np.linspace(-3, 3, self.grid)
        self.ground = np.stack(np.meshgrid(side, side[::-1]), axis=-1).reshape(-1, 2)
        self.made: tuple[Any, ...] = ()
        self.looked_at = -1
        self.compute()
        for _ in range(16):  # a first look
            self.train_on()

    def begin(self) -> None:
        """Fresh weights, as the seed draws them; a new width, nonlinearity or seed is a new network, too."""
        self.rng = np.random.default_rng(round(self.seed))
        self.values = self.net.start(self.rng)
        self.speed = [np.zeros_like(v) for v in self.values]
        self.losses: list[float] = []

    def train_on(self) -> None:
        feeds_of = [self.rng.permutation(len(self.X))[: round(self.batch)] for _ in range(25)]
        for picked in feeds_of:
            self.net.load(self.values)
            *pulls, loss = dl.run(
                [*self.net.pulls, self.net.loss], {self.net.x: self.X[picked], self.net.y: self.one_hot[picked]}
            )
            self.losses.append(float(loss))
            for k, g in enumerate(pulls):
                self.speed[k] = self.beta * self.speed[k] + g
                self.values[k] = np.clip(self.values[k] - self.rate * self.speed[k], -1e3, 1e3)

    def compute(self) -> None:
        wanted = (self.hidden, self.h, round(self.seed))
        self.net = net(int(self.hidden), self.h)
        if wanted != self.made:
            self.made, self.looked_at = wanted, -1
            self.begin()
        if self.looked_at == len(self.losses):
            return  # nothing was trained since: the map is as it was
        self.looked_at = len(self.losses)
        self.net.load(self.values)
        scores = dl.run(self.net.scores, {self.net.x: np.concatenate([self.ground, self.X])})
        lead = scores[:, 1] - scores[:, 0]
        self.sure = 1 / (1 + np.exp(-np.clip(lead[: len(self.ground)], -30, 30)))
        self.right = int(np.sum((lead[len(self.ground) :] > 0) == (self.labels == 1)))

    def scene(self) -> list[Panel]:
        levels = np.round(self.sure.reshape(self.grid, self.grid) * 8) / 8  # few tints: a small picture
        tints = np.array([[0, 114, 178], [213, 94, 0]])  # blue for circles, vermillion for triangles
        pixels = np.empty((self.grid, self.grid, 4))
        pixels[..., :3] = np.where(levels[..., None] > 0.5, tints[1], tints[0])
        pixels[..., 3] = np.abs(levels - 0.5) * 2 * 80
        plane = Panel(
            [image(np.kron(pixels, np.ones((4, 4, 1))), (-3, 3, -3, 3)), *scatter(self.X, self.labels)],
            xlim=(-3, 3),
            ylim=(-3, 3),
            xlabel="x₀",
            ylabel="x₁",
            aspect="equal",
            title="Which arm?",
            name="map",
        )
        n = max(len(self.losses), 25)
        shown = np.unique(np.linspace(0, len(self.losses) - 1, 150).astype(int)) if self.losses else np.arange(0)
        falling = Panel(
            [polyline(shown + 1.0, [self.losses[k] for k in shown], role="function")],
            xlim=(0, float(n)),
            ylim=(1e-3, 3),
            yscale="log",
            xlabel="update",
            ylabel="loss of the batch",
            title=f"Next: η {self.rate:.2g}, β {self.beta:.2f}, B {self.batch:.0f}",
            name="loss",
        )
        return [plane, falling]

    def describe(self) -> str:
        rate = f"η = {self.rate:.2g}, β = {self.beta:.2f}, B = {self.batch:.0f}"  # of what comes: each may have changed
        shape = f"{self.hidden} {self.h} units in each of two layers, seed {self.seed:.0f}"
        right = f"{self.right} of {len(self.X)} points on the right side"
        return f"{len(self.losses)} updates of {shape}: {right}; next {rate}"


FIGURES = {"claims": Claims, "workshop": Workshop}
