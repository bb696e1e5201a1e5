"""The figures of lesson 13, multi-layer networks by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

import dlcourse as dl
from dlcourse import data
from dlcourse.engine.graph import Node
from dlcourse.figures import (
    Figure,
    Mark,
    Panel,
    action,
    bars,
    by_frame,
    choice,
    image,
    point,
    points,
    polygon,
    polyline,
    slider,
    text,
    toggle,
)
from dlcourse.figures.diagrams import diagram
from dlcourse.figures.pieces import loss_panel, scatter
from dlcourse.lesson import files

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
Params = list[tuple[Array, Array]]
Activation = Callable[[Any], Node]

CORNERS = np.array([[-1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [1.0, -1.0]])
CORNER_LABELS = np.array([0, 0, 1, 1])
SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"


class Network:
    """A multi-layer network on one set of samples, its mean cross-entropy, and gradient descent on it.

    ``params`` may have an axis of networks in front, W (n, a, b) with b (n, 1, b): then all of them train at once,
    each with its own gradient, because their losses are added.
    """

    def __init__(self, params: Params, X: Array, labels: Labels, rate: float, hidden: Activation = dl.tanh) -> None:
        self.params = [(dl.parameter(W), dl.parameter(b)) for W, b in params]
        self.hidden = hidden
        self.x = dl.placeholder("x", shape=(None, X.shape[-1]))
        self.scores = self.from_input(self.x)
        Y = np.eye(params[-1][0].shape[-1])[labels]
        self.losses = -dl.sum(dl.log_softmax(self.scores) * Y, axis=(-2, -1)) / len(labels)
        self.loss = dl.sum(self.losses)
        self.update = dl.GradientDescent(learning_rate=rate).minimize(self.loss)
        self.X, self.labels = X, labels

    def from_input(self, x: Node) -> Node:
        (W, b), *rest = self.params
        s = x @ W + b
        for W, b in rest:
            s = self.hidden(s) @ W + b
        return s

    def train(self, steps: int, every: int = 1) -> tuple[list[Params], list[float]]:
        """The weights before the first and after every so many steps, and the loss there."""
        feeds = {self.x: self.X}
        kept, losses = [], []
        for k in range(steps + 1):
            if k % every == 0:
                kept.append([(W.value, b.value) for W, b in self.params])
                losses.append(float(dl.run(self.loss, feeds)))
            if k < steps:
                self.update(feeds)
        return kept, losses


def random_start(dims: Sequence[int], rng: np.random.Generator) -> Params:
    """The reference start of exercise 13.5."""
    params: Params = files.exercises("13")["13.5"].answer(list(dims), rng)
    return params


def apply(params: Params, X: Array, hidden: Callable[[Array], Array] = np.tanh) -> Array:
    """The scores, for maps: thousands of places at once, no gradient."""
    for k, (W, b) in enumerate(params):
        X = (hidden(X) if k else X) @ W + b
    return X


def corner_clouds(rng: np.random.Generator, n: int = 8, spread: float = 0.25) -> tuple[Array, Labels]:
    """Exclusive or as four clouds: circles where both coordinates have the same sign, triangles where they differ."""
    return (CORNERS[:, None] + spread * rng.normal(size=(4, n, 2))).reshape(-1, 2), np.repeat(CORNER_LABELS, n)


def region_map(scores: Callable[[Array], Array], reach: float, pixels: int = 72) -> Mark:
    """Which class wins where, as two tints with a line between them."""
    across = np.linspace(-reach, reach, pixels)
    places = np.stack(np.meshgrid(across, across[::-1]), axis=-1).reshape(-1, 2)
    s = scores(places)
    wins = (s[:, 1] > s[:, 0]).reshape(pixels, pixels)
    tints = np.array([[0, 114, 178, 45], [213, 94, 0, 70]], dtype=np.uint8)[wins.astype(int)]
    border = np.zeros_like(wins)
    border[:, 1:] |= wins[:, 1:] != wins[:, :-1]
    border[1:, :] |= wins[1:, :] != wins[:-1, :]
    tints[border] = (112, 112, 112, 255)
    return image(tints, (-reach, reach, -reach, reach))


# ------------------------------------------------------------------------------------------- the folded plane

HIDDEN: dict[str, tuple[str, Activation]] = {"tanh": ("tanh", dl.tanh), "none": ("nothing: sums alone", lambda s: s)}


@lru_cache(maxsize=2)
def folding(hidden: str) -> tuple[Array, Labels, list[Params], list[float]]:
    """Two hidden units on the four clouds, every fifth step."""
    X, labels = corner_clouds(np.random.default_rng(13))
    network = Network(random_start((2, 2, 2), np.random.default_rng(3)), X, labels, 0.5, HIDDEN[hidden][1])
    return X, labels, *network.train(300, every=5)


class Fold(Figure):
    """A grid on the plane, what two hidden units make of it, and the line that the last layer draws there."""

    title = "A hidden layer bends the plane until a line is enough"
    hidden = choice({name: words for name, (words, _) in HIDDEN.items()}, value="tanh", label="after the sums")
    step_number = slider(0, 300, value=40, step=5, label="training step")

    reach = 1.9

    def compute(self) -> None:
        self.X, self.labels, kept, losses = folding(self.hidden)
        at = round(self.step_number / 5)
        ((self.W, self.b), (V, c)), self.loss = kept[at], losses[at]
        self.normal, self.offset = V[:, 1] - V[:, 0], float(c[1] - c[0])
        self.right = int(np.sum((self.fold(self.X) @ self.normal + self.offset > 0) == (self.labels == 1)))
        # the same frame of the hidden plane for the whole run
        far = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]]) * self.reach
        spans = [np.abs(far @ W + b).max() for (W, b), _ in kept]
        self.span = 1.1 if self.hidden == "tanh" else 1.1 * float(max(spans))

    def fold(self, places: Array) -> Array:
        sums: Array = places @ self.W + self.b
        folded: Array = np.tanh(sums) if self.hidden == "tanh" else sums
        return folded

    def line(self) -> Array:
        """The line in the hidden plane where both classes tie, from border to border; closely spaced at the ends."""
        d, size = self.normal, self.span
        foot, along = -self.offset * d / (d @ d), np.array([-d[1], d[0]]) / np.linalg.norm(d)
        inside = 0.9999 if self.hidden == "tanh" else size
        with np.errstate(divide="ignore"):
            ends = np.sort(np.stack([(-inside - foot) / along, (inside - foot) / along]), axis=0)
        low, high = ends[0].max(), ends[1].min()
        if low >= high:
            return np.full((2, 2), np.nan)
        t = (np.tanh(np.linspace(-5, 5, 81)) + 1) / 2
        line: Array = foot + (low + (high - low) * t)[:, None] * along
        return line

    def scene(self) -> list[Panel]:
        cuts = np.linspace(-1.5, 1.5, 7)
        ts = np.linspace(-1.5, 1.5, 13)
        up = [np.stack([np.full(13, c), ts], axis=1) for c in cuts]
        lines = up + [g[:, ::-1] for g in up]
        there = self.line()
        sums = np.arctanh(there) if self.hidden == "tanh" else there
        here = (sums - self.b) @ np.linalg.inv(self.W)
        plane = Panel(
            [
                *[polyline(g[[0, -1], 0], g[[0, -1], 1], role="guide") for g in lines],
                *scatter(self.X, self.labels),
                polyline(here[:, 0], here[:, 1], role="function"),
            ],
            xlim=(-self.reach, self.reach),
            ylim=(-self.reach, self.reach),
            xlabel="x₀",
            ylabel="x₁",
            aspect="equal",
            title="The plane of the inputs",
            name="inputs",
        )
        folded = [self.fold(g) for g in lines]
        hidden = Panel(
            [
                *[polyline(g[:, 0], g[:, 1], role="guide") for g in folded],
                *scatter(self.fold(self.X), self.labels),
                polyline(there[[0, -1], 0], there[[0, -1], 1], role="function"),
            ],
            xlim=(-self.span, self.span),
            ylim=(-self.span, self.span),
            xlabel="hidden unit 0",
            ylabel="hidden unit 1",
            aspect="equal",
            title="The same, after the hidden layer",
            name="hidden",
        )
        return [plane, hidden]

    def describe(self) -> str:
        layer = "two tanh units" if self.hidden == "tanh" else "two sums without a nonlinearity"
        return (
            f"{layer}, after step {self.step_number:.0f}: the line has {self.right} of {len(self.X)} points on the "
            f"right side, loss {self.loss:.2f}"
        )


# ------------------------------------------------------------------------------------------------ δ, and its reuse


class Deltas(Figure):
    """Three layers of one unit each: forward, then back, with what each step takes from the one before."""

    title = "Back through three layers, one δ at a time"
    x = slider(-2.0, 2.0, value=1.0, step=0.1, label="input x")
    w2 = slider(-2.0, 2.0, value=1.5, step=0.1, label="weight w₂")
    y = slider(-2.0, 2.0, value=-0.5, step=0.1, label="target y")

    last_frame = 6
    # (what is computed, what it takes, multiplications with reuse, multiplications when each starts at the loss)
    stages = (
        ("d3", ("s3",), 0, 0),
        ("w2", ("d3", "z2"), 1, 1),
        ("d2", ("d3", "w2b", "s2"), 3, 3),
        ("w1", ("d2", "z1"), 4, 4),
        ("d1", ("d2", "w1b", "s1"), 6, 8),
        ("w0", ("d1", "x"), 7, 9),
    )

    def setup(self) -> None:
        self.inputs = {
            name: dl.parameter(v, name=name)
            for name, v in {"x": 0.0, "w0": 0.8, "w1": -1.2, "w2": 0.0, "y": 0.0}.items()
        }
        p = self.inputs
        s1 = p["w0"] * p["x"]
        z1 = dl.tanh(s1)
        s2 = p["w1"] * z1
        z2 = dl.tanh(s2)
        s3 = p["w2"] * z2
        cost = dl.square(s3 - p["y"]) / 2
        forward = {"x": p["x"], "s1": s1, "z1": z1, "s2": s2, "z2": z2, "s3": s3}
        wanted = dict(
            zip(
                ("d1", "d2", "d3", "w0", "w1", "w2"),
                dl.gradients(cost, [s1, s2, s3, p["w0"], p["w1"], p["w2"]]),
                strict=True,
            )
        )
        self.known, self.wanted = list(forward), list(wanted)
        self.nodes = [*forward.values(), *wanted.values()]

    def compute(self) -> None:
        for name in ("x", "w2", "y"):
            self.inputs[name].assign(getattr(self, name))
        self.value = dict(zip([*self.known, *self.wanted], map(float, dl.run(self.nodes)), strict=True))
        self.weights = {"w0": 0.8, "w1": -1.2, "w2": self.w2}

    def role(self, name: str) -> Any:
        """Dotted before it is known, ink while it is used, dashed afterwards; what the forward pass knows is solid."""
        known = [k for k, stage in enumerate(self.stages, 1) if stage[0] == name]
        roles = []
        for frame in range(self.last_frame + 1):
            used = frame > 0 and name in self.stages[frame - 1][1]
            made = "function" if not known else "derivative" if frame >= known[0] else "guide"
            roles.append("here" if used else made)
        return by_frame(roles)

    def note(self, name: str) -> Any:
        number = f"{self.value[name]:.2f}"
        known = [k for k, stage in enumerate(self.stages, 1) if stage[0] == name]
        return by_frame([number if not known or f >= known[0] else "" for f in range(self.last_frame + 1)])

    def scene(self) -> list[Panel]:
        w2 = f"{self.w2:.1f}"
        parts: dict[str, Any] = {"x": "observed"}
        for k, w in enumerate(("0.8", "−1.2", w2)):
            parts[f"w{k}b"] = ("block", f"{w}·")
            parts[f"s{k + 1}"] = ("circle", f"s{SUBSCRIPTS[k + 1]}")
            if k < 2:
                parts[f"h{k + 1}"] = ("box", "h")
                parts[f"z{k + 1}"] = ("circle", f"z{SUBSCRIPTS[k + 1]}")
            parts[f"d{k + 1}"] = ("circle", f"δ{SUBSCRIPTS[k + 1]}")
            parts[f"w{k}"] = ("circle", f"dw{SUBSCRIPTS[k]}")
        rows: list[list[str | None]] = [
            ["x", "w0b", "s1", "h1", "z1", "w1b", "s2", "h2", "z2", "w2b", "s3"],
            [None, None, "d1", None, None, None, "d2", None, None, None, "d3"],
            ["w0", None, None, None, "w1", None, None, None, "w2"],
        ]
        steps = {("s3", "d3"): 1, ("d3", "w2"): 2, ("d3", "d2"): 3, ("d2", "w1"): 4, ("d2", "d1"): 5, ("d1", "w0"): 6}
        arrows: list[Any] = ["x w0b s1 h1 z1 w1b s2 h2 z2 w2b s3"]
        for (start, end), since in steps.items():
            roles = ["derivative" if f >= since else "guide" for f in range(self.last_frame + 1)]
            arrows.append((f"{start} {end}", by_frame(roles)))
        noted = [name for name in (*self.known, *self.wanted) if name != "s3"]  # an arrow leaves it downwards
        return [
            diagram(
                parts,
                rows,
                arrows,
                roles={name: self.role(name) for name in parts},
                notes={name: self.note(name) for name in noted},
                words=[(-0.36, 10, self.note("s3"))],
                size=(660, 290),
                pitch=96,
            )
        ]

    def describe(self) -> str:
        v, k = self.value, self.frame
        if k == 0:
            says = f"the forward pass is done and kept: s₃ = {v['s3']:.2f}; the target is {self.y:.1f}"
            return says
        name, _, few, many = self.stages[k - 1]
        level = name[1]
        if name == "d3":
            says = f"δ₃ = s₃ − y = {v['d3']:.2f}: how the loss ½(s₃ − y)² feels s₃"
        elif name[0] == "w":
            above = int(level) + 1
            source = "x" if level == "0" else f"z{SUBSCRIPTS[int(level)]}"
            into = v["x"] if level == "0" else v[f"z{level}"]
            says = (
                f"dw{SUBSCRIPTS[int(level)]} = {source} · δ{SUBSCRIPTS[above]} = "
                f"{into:.2f} · {v[f'd{above}']:.2f} = {v[name]:.2f}"
            )
        else:
            j = int(level)
            slope = 1 - v[f"z{j}"] ** 2
            says = (
                f"δ{SUBSCRIPTS[j]} = h′(s{SUBSCRIPTS[j]}) · w{SUBSCRIPTS[j]} · δ{SUBSCRIPTS[j + 1]} = "
                f"{slope:.2f} · {self.weights[f'w{j}']:.1f} · {v[f'd{j + 1}']:.2f} = {v[name]:.2f}"
            )
        times = "multiplication" if few == 1 else "multiplications"
        return f"{says}; {few} {times} so far, {many} if each gradient started at the loss"


# -------------------------------------------------------------------------------------------------- how to start

STARTS = {
    "zero": "all zero",
    "equal": "all units equal",
    "twins": "units 1 and 2 equal",
    "small": "small: a hundredth",
    "good": "random, 1/√n",
    "large": "large: times ten",
}


def start_weights(name: str) -> Params:
    """Four hidden units for the four clouds, started in one of the ways of ``STARTS``."""
    (W, b), (V, c) = random_start((2, 4, 2), np.random.default_rng(3))
    if name == "equal":
        W, V = np.repeat(W[:, :1], 4, axis=1), np.repeat(V[:1], 4, axis=0)
    elif name == "twins":
        W, V = W[:, [0, 0, 2, 3]], V[[0, 0, 2, 3]]
    scale = {"zero": 0.0, "small": 0.01, "large": 10.0}.get(name, 1.0)
    return [(scale * W, b), ((1.0 if name == "large" else scale) * V, c)]


@lru_cache(maxsize=len(STARTS))
def started(name: str) -> tuple[Array, list[float]]:
    """The weights into the four hidden units, shape (frames, 2, 4), and the loss, every tenth step."""
    X, labels = corner_clouds(np.random.default_rng(13))
    kept, losses = Network(start_weights(name), X, labels, rate=0.5).train(400, every=10)
    return np.array([params[0][0] for params in kept]), losses


class Starts(Figure):
    """Where the weights of four hidden units go, from starts that are zero, equal, small, right or large."""

    sealed = True
    title = "Four hidden units, and how they start"
    how = choice(STARTS, value="twins", label="start")

    def setup(self) -> None:
        for name in STARTS:
            started(name)

    def compute(self) -> None:
        self.paths, self.losses = started(self.how)
        self.last_frame = len(self.losses) - 1
        self.span = 1.25 * max(1.0, float(np.abs(self.paths).max()))

    def groups(self, frame: int, close: float) -> list[list[int]]:
        """Units whose weights are that close, by number."""
        groups: list[list[int]] = []
        for unit in range(4):
            place = self.paths[frame, :, unit]
            for group in groups:
                if np.linalg.norm(place - self.paths[frame, :, group[0]]) <= close:
                    group.append(unit)
                    break
            else:
                groups.append([unit])
        return groups

    def names(self, unit: int) -> Any:
        """A unit's number beside its dot; units on one spot share one label."""
        labels = []
        for frame in range(self.last_frame + 1):
            mine = next(g for g in self.groups(frame, 0.12 * self.span) if unit in g)
            labels.append(", ".join(str(u + 1) for u in mine) if mine[0] == unit else "")
        return by_frame(labels)

    def scene(self) -> list[Panel]:
        counts = by_frame(range(1, self.last_frame + 2))
        marks: list[Mark] = []
        for unit in range(4):
            marks.append(polyline(self.paths[:, 0, unit], self.paths[:, 1, unit], role="path", shown=counts))
        for unit in range(4):
            xs, ys = self.paths[:, 0, unit].tolist(), self.paths[:, 1, unit].tolist()
            marks.append(point(by_frame(xs), by_frame(ys), role="function", label=self.names(unit)))
        plane = Panel(
            marks,
            xlim=(-self.span, self.span),
            ylim=(-self.span, self.span),
            xlabel="weight from x₀",
            ylabel="weight from x₁",
            aspect="equal",
            title="Weights into each unit",
            name="weights",
        )
        steps = np.arange(0.0, 10 * self.last_frame + 1, 10.0)
        falling = loss_panel(steps, np.array(self.losses), (0.004, 4), what="loss", label="J")
        return [plane, falling]

    def describe(self) -> str:
        same = [g for g in self.groups(self.frame, 1e-9) if len(g) > 1]
        moved = float(np.abs(self.paths[self.frame] - self.paths[0]).max())
        units = " and ".join(str(u + 1) for u in same[0]) if same else ""
        twins = (
            "all four units have the same weights"
            if same and len(same[0]) == 4
            else (f"units {units} have the same weights" if same else "the four units differ")
        )
        return (
            f"{STARTS[self.how]}, after step {10 * self.frame}: loss {self.losses[self.frame]:.2g}, "
            f"the weights into the units have moved by {moved:.2f} at most; {twins}"
        )


# --------------------------------------------------------------------------------------------------- the spiral


def spiral(rng: np.random.Generator, n: int = 50) -> tuple[Array, Labels]:
    """Two arms of n points each, wound round each other; the notebook has the same lines."""
    t = np.linspace(0.3, 2.0, n)
    arm = t[:, None] * np.stack([np.cos(np.pi * t), np.sin(np.pi * t)], axis=1)
    return np.concatenate([arm, -arm]) + 0.06 * rng.normal(size=(2 * n, 2)), np.repeat([0, 1], n)


SIZES = {"3": (3,), "8": (8,), "8, 8": (8, 8)}


@lru_cache(maxsize=len(SIZES))
def wound(size: str) -> tuple[Array, Labels, list[Params], list[float]]:
    rng = np.random.default_rng(13)
    X, labels = spiral(rng)
    return X, labels, *Network(random_start((2, *SIZES[size], 2), rng), X, labels, rate=0.2).train(1000, every=50)


class Spiral(Figure):
    """Two arms wound round each other, and the regions that networks of three sizes give them while they learn."""

    title = "Two spiral arms and the border between them"
    size = choice({"3": "3 units", "8": "8 units", "8, 8": "8 units, then 8"}, value="8, 8", label="hidden layers")
    step_number = slider(0, 1000, value=1000, step=50, label="training step")

    def setup(self) -> None:
        for size in SIZES:
            wound(size)

    def compute(self) -> None:
        self.X, self.labels, self.kept, self.losses = wound(self.size)
        self.at = round(self.step_number / 50)
        winners = apply(self.kept[self.at], self.X).argmax(axis=1)
        self.right = int(np.sum(winners == self.labels))

    def scene(self) -> list[Panel]:
        params = self.kept[self.at]
        plane = Panel(
            [region_map(lambda places: apply(params, places), 2.4), *scatter(self.X, self.labels)],
            xlim=(-2.4, 2.4),
            ylim=(-2.4, 2.4),
            xlabel="x₀",
            ylabel="x₁",
            aspect="equal",
            title="Who wins where",
            name="map",
        )
        steps = 50.0 * np.arange(len(self.losses))
        falling = Panel(
            [
                polyline(steps, self.losses, role="function"),
                point(steps[self.at], self.losses[self.at], role="here", label="J"),
            ],
            xlim=(0, 1000),
            ylim=(0.002, 2),
            yscale="log",
            xlabel="step",
            ylabel="loss J",
            title="The loss",
            name="loss",
        )
        return [plane, falling]

    def describe(self) -> str:
        layers = "two hidden layers of 8" if self.size == "8, 8" else f"one hidden layer of {self.size}"
        return (
            f"{layers}, after step {self.step_number:.0f}: {self.right} of {len(self.X)} points are in the region of "
            f"their arm, loss {self.losses[self.at]:.2g}"
        )


# -------------------------------------------------------------------------------------------------------- digits


@lru_cache(maxsize=1)
def reader() -> tuple[Callable[[Array], Array], Array, Labels]:
    """Train 64–32–10 on 1,437 digits for ten epochs; the scores of pictures as rows, the other 360, and their labels.

    The notebook's cell does the same with the same seed.
    """
    handwritten = data.digits()
    X, Y = handwritten.images.reshape(-1, 64) / 16, np.eye(10)[handwritten.labels]
    rng = np.random.default_rng(13)
    rows = rng.permutation(len(X))
    test, learn = rows[:360], rows[360:]
    params = [(dl.parameter(W), dl.parameter(b)) for W, b in random_start((64, 32, 10), rng)]
    x, y = dl.placeholder("x", shape=(None, 64)), dl.placeholder("y", shape=(None, 10))
    (W, b), (V, c) = params
    scores = dl.tanh(x @ W + b) @ V + c
    step = dl.GradientDescent(learning_rate=0.5).minimize(dl.mean(dl.softmax_cross_entropy(scores, y)))
    for _ in range(10):
        for batch in np.array_split(rng.permutation(learn), 45):
            step({x: X[batch], y: Y[batch]})
    return lambda ink: dl.run(scores, {x: ink}), handwritten.images[test], handwritten.labels[test]


def shares(scores: Array) -> Array:
    """Softmax of each row."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    found: Array = powers / powers.sum(axis=-1, keepdims=True)
    return found


@lru_cache(maxsize=1)
def reading() -> tuple[Array, Labels, Array]:
    """The 360 digits that the network was not trained on, their labels, and the probabilities that it gives them."""
    scores, images, labels = reader()
    return images, labels, shares(scores(images.reshape(-1, 64) / 16))


KINDS = {"wrong": "what it gets wrong", "unsure": "right, but barely", "sure": "right, and surest"}
SHOWN = 10


class Digits(Figure):
    """Ten digits that the network never trained on, and the probabilities that it gives one of them."""

    title = "Digits that the network has never seen"
    kind = choice(KINDS, value="wrong", label="show")
    which = slider(1, SHOWN, value=1, step=1, label="number")

    def compute(self) -> None:
        self.images, self.labels, self.chances = reading()
        says = self.chances.argmax(axis=1)
        top = np.sort(self.chances, axis=1)
        margin = top[:, -1] - top[:, -2]
        right = says == self.labels
        self.wrong = int(np.sum(~right))
        if self.kind == "wrong":  # the most confident mistakes first
            rows = np.flatnonzero(~right)
            order = np.argsort(-margin[rows], kind="stable")
        else:
            rows = np.flatnonzero(right)
            order = np.argsort(margin[rows] if self.kind == "unsure" else -margin[rows], kind="stable")
        self.rows = rows[order][:SHOWN]
        self.says = says
        self.at = min(round(self.which), len(self.rows)) - 1

    def scene(self) -> list[Panel]:
        marks: list[Mark] = []
        for k, row in enumerate(self.rows):
            x, y = 1.25 * (k % 5), -1.8 * (k // 5)
            ink = np.kron(255 - 255 / 16 * self.images[row], np.ones((6, 6)))
            marks.append(image(np.repeat(ink[:, :, None], 3, axis=2), (x, x + 1, y, y + 1)))
            said, label = self.says[row], self.labels[row]
            words = f"{said}, not {label}" if said != label else f"{said}"
            marks.append(text(x + 0.5, y - 0.2, words, anchor="middle"))
        x, y = 1.25 * (self.at % 5), -1.8 * (self.at // 5)
        frame = 0.05
        marks.append(
            polyline(
                np.array([x - frame, x + 1 + frame, x + 1 + frame, x - frame, x - frame]),
                np.array([y - frame, y - frame, y + 1 + frame, y + 1 + frame, y - frame]),
                role="derivative",
            )
        )
        gallery = Panel(
            marks,
            (-0.15, 6.15),
            (-2.5, 1.3),
            title=KINDS[self.kind].capitalize(),
            axes=False,
            width=1.5,
            name="gallery",
        )
        row = self.rows[self.at]
        share = Panel(
            [
                bars(np.arange(10.0), self.chances[row], role="function"),
                *[
                    text(k, p + 0.03, f"{k}✓" if k == self.labels[row] else f"{k}", anchor="middle")
                    for k, p in enumerate(self.chances[row])
                ],
            ],
            xlim=(-0.6, 9.6),
            ylim=(0, 1.1),
            xlabel="digit (✓ the label)",
            ylabel="probability",
            title="What it says",
            name="chances",
        )
        return [gallery, share]

    def describe(self) -> str:
        row = self.rows[self.at]
        said, label = self.says[row], self.labels[row]
        sure = 100 * self.chances[row, said]
        if said == label:
            return f"number {self.at + 1} is labelled {label}: it says {said}, with {sure:.0f} %"
        return (
            f"{self.wrong} of {len(self.labels)} are wrong; number {self.at + 1} is labelled {label}, "
            f"and it says {said}, with {sure:.0f} %"
        )


STROKE = [(3, y) for y in range(8)]  # a 1, as the sheet opens


class Draw(Figure):
    """A digit of the reader's own, on the grid of the data, and what a network reads in it.

    ``reads`` takes pictures as rows of 64 numbers from 0 to 1, and gives ten scores for each.
    """

    title = "Draw a digit: what does the network read?"
    column = slider(1, 8, value=1, step=1, label="column, from the left")
    row = slider(1, 8, value=1, step=1, label="row, from the top")
    put = action("Ink here", "ink_here")
    rub = toggle(False, label="rubber: strokes take ink away")
    another = action("A digit of the data", "take")
    clear = action("Empty sheet", "wipe")

    def __init__(self, reads: Callable[[Array], Array] | None = None, **settings: Any) -> None:
        self.reads = reads or reader()[0]
        super().__init__(**settings)

    def setup(self) -> None:
        self.taken = -1
        self.ink = np.zeros((8, 8))
        for x, y in STROKE:
            self.stroke(x + 0.5, y + 0.5)

    def stroke(self, x: float, y: float) -> None:
        """Ink in a square, and a little beside it, as a pen leaves it; or none, with the rubber."""
        column, row = min(max(int(x), 0), 7), 7 - min(max(int(y), 0), 7)
        if self.rub:
            self.ink[row, column] = 0.0
            return
        self.ink[row, column] = 16.0
        for r, c in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            if 0 <= r < 8 and 0 <= c < 8:
                self.ink[r, c] = max(self.ink[r, c], 4.0)

    def ink_here(self) -> None:
        """What the button does, at the place of the two sliders."""
        self.stroke(self.column - 0.5, 8.5 - self.row)

    def take(self) -> None:
        """The next of the digits that the network was not trained on."""
        self.taken = (self.taken + 1) % len(reader()[1])
        self.ink = reader()[1][self.taken].copy()

    def wipe(self) -> None:
        """No ink at all."""
        self.taken = -1
        self.ink = np.zeros((8, 8))

    def compute(self) -> None:
        self.chances = shares(np.asarray(self.reads(self.ink.reshape(1, 64) / 16)))[0]

    def scene(self) -> list[Panel]:
        sheet = np.kron(255 - 255 / 16 * self.ink, np.ones((4, 4)))
        x, y = self.column - 1, 8 - self.row
        corners = [(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1), (x, y)]
        corners += [(x + 1, y + 1)] if self.rub else []  # a rubber is crossed out
        xs, ys = np.array(corners, dtype=float).T
        pen = polyline(xs, ys, role="guide")
        border = polyline([0, 8, 8, 0, 0], [0, 0, 8, 8, 0], role="neutral")
        return [
            Panel(
                [image(np.repeat(sheet[:, :, None], 3, axis=2), (0, 8, 0, 8)), border, pen],
                xlim=(0, 8),
                ylim=(0, 8),
                axes=False,  # rows are counted from the top, and an axis would count from below
                title="Draw here, or press Ink",
                aspect="equal",
                click="stroke",
                brush=True,
                name="sheet",
            ),
            Panel(
                [
                    bars(np.arange(10.0), self.chances, role="function"),
                    *[text(k, p + 0.03, f"{k}", anchor="middle") for k, p in enumerate(self.chances)],
                ],
                xlim=(-0.6, 9.6),
                ylim=(0, 1.1),
                xlabel="digit",
                ylabel="probability",
                title="What it reads",
                name="chances",
            ),
        ]

    def describe(self) -> str:
        place = f"{'Rubber' if self.rub else 'Pen'} at column {self.column:.0f}, row {self.row:.0f}"
        if not self.ink.any():
            return f"an empty sheet: draw a digit with the mouse or a finger, or with the sliders and Ink here. {place}"
        first, second = np.argsort(-self.chances)[:2]
        label = f"a digit labelled {reader()[2][self.taken]}" if self.taken >= 0 else "your digit"
        return (
            f"{label}, {int(np.sum(self.ink > 0))} of 64 squares with ink: it reads {first}, with "
            f"{100 * self.chances[first]:.0f} %, then {second}, with {100 * self.chances[second]:.0f} %. {place}"
        )


# -------------------------------------------------------------------------------------------- what each unit sees

TINTS = np.array([[0, 114, 178], [255, 255, 255], [213, 94, 0]], dtype=float)  # −1, 0 and 1


def tinted(values: Array) -> Array:
    """Numbers from −1 to 1 as colours: blue, white, vermillion, in steps of a quarter."""
    values = np.round(4 * values) / 4
    return np.stack([np.interp(values, [-1, 0, 1], TINTS[:, k]) for k in range(3)], axis=-1).astype(np.uint8)


class Units(Figure):
    """What each of the 16 hidden units of the spiral's network puts out, all over the plane, while it is trained."""

    title = "What each unit sees, while the network learns"
    step_number = slider(0, 1000, value=1000, step=50, label="training step")

    pixels = 14

    def setup(self) -> None:
        self.X, self.labels, self.kept, self.losses = wound("8, 8")
        across = np.linspace(-2.4, 2.4, self.pixels)
        self.places = np.stack(np.meshgrid(across, across[::-1]), axis=-1).reshape(-1, 2)

    def compute(self) -> None:
        self.at = round(self.step_number / 50)
        (W, b), (V, c), (U, d) = self.kept[self.at]
        self.first = np.tanh(self.places @ W + b)
        self.second = np.tanh(self.first @ V + c)
        scores = self.second @ U + d
        self.out = np.tanh(scores[:, 1] - scores[:, 0])
        winners = apply(self.kept[self.at], self.X).argmax(axis=1)
        self.right = int(np.sum(winners == self.labels))

    def side_by_side(self, values: Array) -> Array:
        """The pictures of some units, one beside the other with white between."""
        gap = np.zeros((self.pixels, 2))
        squares = [column.reshape(self.pixels, self.pixels) for column in values.T]
        return tinted(np.hstack([part for one in squares for part in (one, gap)][:-1]))

    def scene(self) -> list[Panel]:
        marks: list[Mark] = []
        for row, (values, name) in enumerate([(self.first, "layer 1"), (self.second, "layer 2")]):
            y = 1.6 - 1.6 * row
            marks.append(text(-0.1, y + 1.16, name))
            marks.append(image(self.side_by_side(values), (0, 8 + 7 * 2 / self.pixels, y, y + 1)))
        marks.append(text(-0.1, -0.44, "output"))
        marks.append(image(self.side_by_side(self.out[:, None]), (1.15, 2.75, -2.2, -0.6)))
        marks.append(text(3.2, -1.5, "blue −1, white 0, orange +1"))
        return [Panel(marks, (-0.2, 9.3), (-2.3, 3.1), axes=False, name="units")]

    def describe(self) -> str:
        return (
            f"after step {self.step_number:.0f}: {self.right} of {len(self.X)} points are in the region of their arm; "
            "each unit of layer 1 turns from blue to orange along a straight line"
        )


# --------------------------------------------------------------------------------------- seen and never seen

COUNTS = {"100": "100 digits", "1437": "1,437 digits"}
EPOCHS = 25


@lru_cache(maxsize=len(COUNTS))
def curves(count: str) -> tuple[Array, Array]:
    """The mean loss on the digits trained on, and on the 360 held out, before the first epoch and after each."""
    handwritten = data.digits()
    X, Y = handwritten.images.reshape(-1, 64) / 16, np.eye(10)[handwritten.labels]
    rng = np.random.default_rng(13)
    rows = rng.permutation(len(X))
    test, learn = rows[:360], rows[360:][: int(count)]
    x, y = dl.placeholder("x", shape=(None, 64)), dl.placeholder("y", shape=(None, 10))
    (W, b), (V, c) = [(dl.parameter(W), dl.parameter(b)) for W, b in random_start((64, 32, 10), rng)]
    loss = dl.mean(dl.softmax_cross_entropy(dl.tanh(x @ W + b) @ V + c, y))
    step = dl.GradientDescent(learning_rate=0.5).minimize(loss)
    found = []
    for epoch in range(EPOCHS + 1):
        found.append([dl.run(loss, {x: X[part], y: Y[part]}) for part in (learn, test)])
        for batch in np.array_split(rng.permutation(learn), len(learn) // 32) if epoch < EPOCHS else ():
            step({x: X[batch], y: Y[batch]})
    seen, unseen = np.array(found).T
    return seen, unseen


class Curves(Figure):
    """The loss on digits that the network is trained on, beside the loss on digits that it never sees."""

    title = "Trained on, and never seen"
    count = choice(COUNTS, value="100", label="train on")
    last_frame = EPOCHS

    def compute(self) -> None:
        self.seen, self.unseen = curves(self.count)

    def scene(self) -> list[Panel]:
        epochs, shown = np.arange(EPOCHS + 1.0), by_frame(list(range(1, EPOCHS + 2)))
        return [
            Panel(
                [
                    polyline(epochs, self.seen, role="function", shown=shown, label="trained on"),
                    polyline(epochs, self.unseen, role="derivative", shown=shown, label="held out"),
                ],
                xlim=(0, 1.25 * EPOCHS),
                ylim=(0.01, 5),
                yscale="log",
                xlabel="epoch",
                ylabel="mean loss",
                name="curves",
            )
        ]

    def describe(self) -> str:
        k = self.frame
        return (
            f"{COUNTS[self.count]}, after epoch {k}: the loss is {self.seen[k]:.2g} on those, and "
            f"{self.unseen[k]:.2g} on the 360 held out"
        )


# ------------------------------------------------------------------------------------------- width, and finding

WIDTHS = (1, 2, 3, 4, 6, 8)
TRIES = 30
UNITS: dict[str, tuple[str, Activation, Callable[[Array], Array]]] = {
    "tanh": ("tanh", dl.tanh, np.tanh),
    "relu": ("ReLU", dl.relu, lambda s: np.maximum(s, 0)),
}


@lru_cache(maxsize=2)
def searches(units: str) -> tuple[Params, NDArray[np.bool_]]:
    """Train all widths from all starts at once; the trained weights, and who has all four corners right and sure.

    A unit whose weights are all 0 gets no gradient and stays as it is, so the narrow networks are wide ones with
    units that are not there.
    """
    rng, most = np.random.default_rng(13), max(WIDTHS)
    W, V = np.zeros((len(WIDTHS), TRIES, 2, most)), np.zeros((len(WIDTHS), TRIES, most, 2))
    for i, width in enumerate(WIDTHS):
        for j in range(TRIES):
            (W[i, j, :, :width], _), (V[i, j, :width], _) = random_start((2, width, 2), rng)
    count = len(WIDTHS) * TRIES
    params = [
        (W.reshape(count, 2, most), np.zeros((count, 1, most))),
        (V.reshape(count, most, 2), np.zeros((count, 1, 2))),
    ]
    network = Network(params, CORNERS, CORNER_LABELS, rate=1.0, hidden=UNITS[units][1])
    kept, _ = network.train(300, every=300)
    scores = apply(kept[-1], CORNERS, UNITS[units][2])
    ahead = (scores[..., 0] - scores[..., 1]) * np.where(CORNER_LABELS == 0, 1, -1)
    solved = (ahead > np.log(9)).all(axis=-1).reshape(len(WIDTHS), TRIES)  # at least 90 % for each corner
    return kept[-1], solved


class Widths(Figure):
    """Which of 30 random starts find the four corners, for hidden layers of one to eight units."""

    title = "Who finds a solution: width and luck"
    units = choice({name: words for name, (words, _, _) in UNITS.items()}, value="tanh", label="units")
    width = choice([str(w) for w in WIDTHS], value="1", label="hidden units")  # how many find it with 2 is asked above
    try_number = slider(1, TRIES, value=1, step=1, label="start")

    def setup(self) -> None:
        for units in UNITS:
            searches(units)

    def compute(self) -> None:
        self.params, self.solved = searches(self.units)
        self.row, self.column = WIDTHS.index(int(self.width)), round(self.try_number) - 1

    def choose(self, x: float, y: float) -> None:
        """A click on the table takes the network there."""
        row = min(max(round(y), 0), len(WIDTHS) - 1)
        self.adjust(width=str(WIDTHS[row]), try_number=float(min(max(round(x), 1), TRIES)))

    def scene(self) -> list[Panel]:
        # a row shows when its width, or a larger one, is chosen
        rows, columns = np.nonzero(self.solved[: self.row + 1])
        failed_rows, failed_columns = np.nonzero(~self.solved[: self.row + 1])
        marks: list[Mark] = [
            points(columns + 1, rows, role="class_c"),
            points(failed_columns + 1, failed_rows, role="class_b"),
            polygon(*square(self.column + 1, self.row, 0.75, 0.32), role="neutral", opacity=0.5),
        ]
        for row in range(len(WIDTHS)):
            found = f"{int(self.solved[row].sum())}" if row <= self.row else "?"
            marks.append(text(34, row, found, anchor="middle"))
            marks.append(text(-1.5, row, f"{WIDTHS[row]}", anchor="middle"))
        marks += [text(-1.5, 5.8, "units", anchor="middle"), text(34, 5.8, "found", anchor="middle")]
        table = Panel(
            marks,
            xlim=(-3.5, 36.5),
            ylim=(-0.7, 6.4),
            title="30 starts: square found, triangle stuck",
            axes=False,
            width=1.6,
            click="choose",
            name="table",
        )
        index = self.row * TRIES + self.column
        params = [(W[index], b[index, 0]) for W, b in self.params]
        plane = Panel(
            [
                region_map(lambda places: apply(params, places, UNITS[self.units][2]), 1.75),
                *scatter(CORNERS, CORNER_LABELS),
            ],
            xlim=(-1.75, 1.75),
            ylim=(-1.75, 1.75),
            xlabel="x₀",
            ylabel="x₁",
            aspect="equal",
            title="The chosen network",
            name="map",
        )
        return [table, plane]

    def describe(self) -> str:
        found = int(self.solved[self.row].sum())
        here = "finds all four corners" if self.solved[self.row, self.column] else "is stuck"
        name = UNITS[self.units][0]
        unit = "unit" if self.width == "1" else "units"
        return (
            f"{self.width} {name} {unit}: {found} of {TRIES} starts find all four corners; "
            f"start {self.column + 1} {here}"
        )


def square(x: float, y: float, across: float, up: float) -> tuple[Array, Array]:
    """The corners of a box around (x, y)."""
    return x + across * np.array([-1, 1, 1, -1]), y + up * np.array([-1, -1, 1, 1])


FIGURES: dict[str, Callable[..., Figure]] = {
    "fold": Fold,
    "deltas": Deltas,
    "starts": Starts,
    "spiral": Spiral,
    "units": Units,
    "digits": Digits,
    "curves": Curves,
    "draw": Draw,
    "widths": Widths,
}
