"""The figures of lesson 05: batch, stochastic, mini-batch, accumulated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

import dlcourse as dl
from dlcourse.figures import (
    Figure,
    Mark,
    Panel,
    action,
    arrow,
    bars,
    by_frame,
    choice,
    curve,
    node,
    point,
    points,
    polyline,
    slider,
    text,
)
from dlcourse.figures.hills import Array, walk
from dlcourse.figures.pieces import contour_map, loss_curve, trail
from dlcourse.figures.spelling import few, rounded

MAP = (-1.5, 3.5)  # both parameters, on every map of this lesson
LEVELS = [0.4, 0.8, 1.6, 3.2, 6.4, 12.8]


class LineFit:
    """Lines ŷ = wx + b through seeded samples: per-sample losses (ŷ − y)² and gradients, by the engine.

    The engine is given one pair (w, b) for each sample, so one gradient holds the gradients of all samples.

    Examples
    --------
    >>> fit = LineFit()
    >>> fit.gradients([1.0, 0.5]).shape, bool(fit.excess(fit.best) < 1e-12)
    ((64, 2), True)
    """

    def __init__(self, count: int = 64, seed: int = 5) -> None:
        rng = np.random.default_rng(seed)
        self.xs = rng.uniform(-1.0, 2.0, count)
        self.ys = 1.0 + 0.8 * self.xs + rng.normal(0.0, 0.6, count)
        self._x, self._y = dl.placeholder("x", shape=(None,)), dl.placeholder("y", shape=(None,))
        self._p = dl.placeholder("p", shape=(None, 2))
        losses = dl.squared_error(self._x * self._p[:, 0] + self._p[:, 1], self._y)
        (self._df,) = dl.gradients(dl.sum(losses), [self._p])
        design = np.stack([self.xs, np.ones(count)], axis=1)
        self.curvature = 2 * design.T @ design / count  # the average loss is a bowl with this second derivative
        self.best = np.asarray(np.linalg.solve(self.curvature, 2 * design.T @ self.ys / count), dtype=float)
        self.lowest = float(np.mean((design @ self.best - self.ys) ** 2))

    def gradients(self, p: Any, rows: Any = slice(None)) -> Array:
        """The gradient of each of these samples' loss at (w, b) = p, shape (samples, 2)."""
        xs, ys = self.xs[rows], self.ys[rows]
        places = np.broadcast_to(np.asarray(p, dtype=float), (len(xs), 2))
        values: Array = dl.run(self._df, {self._x: xs, self._y: ys, self._p: places})
        return values

    def excess(self, p: Any) -> Array:
        """How far the average loss at p, shape (..., 2), lies above the lowest."""
        off = np.asarray(p, dtype=float) - self.best
        values: Array = 0.5 * np.einsum("...i,ij,...j->...", off, self.curvature, off)
        return values


@cache
def line_fit() -> LineFit:
    return LineFit()


@cache
def loss_map() -> tuple[Mark, ...]:
    fit = line_fit()
    return tuple(contour_map(lambda p: fit.lowest + fit.excess(p), MAP, MAP, LEVELS, named=[0.8, 3.2, 12.8]))


def shuffled(count: int, size: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Batches for ever: each pass takes every sample once, in a fresh order."""
    while True:
        order = rng.permutation(count)
        yield from (order[start : start + size] for start in range(0, count, size))


class Arrows(Figure):
    """The pull of every sample at one place, and the cloud of pulls that batches of B samples give."""

    title = "What every sample wants, and what a batch of B wants"
    size = slider(1, 64, value=1, step=1, label="batch size B")
    w = slider(-1.0, 3.0, value=0.8, step=0.1, label="w, where you stand")
    b = slider(-1.0, 3.0, value=2.4, step=0.1, label="b, where you stand")
    again = action("Draw again", "draw")

    sizes, drawn, shrink = (1, 2, 4, 8, 16, 32, 64), 100, 0.25  # a pull of length 1 is drawn 0.25 long

    def setup(self) -> None:
        self.fit, self.seed = line_fit(), 0

    def draw(self) -> None:
        self.seed += 1

    def compute(self) -> None:
        self.pulls = -self.fit.gradients([self.w, self.b])
        self.mean = self.pulls.mean(axis=0)
        self.sigma = float(np.sqrt(self.pulls.var(axis=0).sum()))
        self.cloud = self.batches(int(self.size))
        self.measured = [self.scatter(self.batches(size)) for size in self.sizes]

    def batches(self, size: int) -> Array:
        """The mean pulls of batches whose samples are drawn with replacement."""
        rows = np.random.default_rng([size, self.seed]).integers(len(self.pulls), size=(self.drawn, size))
        means: Array = self.pulls[rows].mean(axis=1)
        return means

    def scatter(self, cloud: Array) -> float:
        """Root of the mean squared distance from the mean pull."""
        return float(np.sqrt(((cloud - self.mean) ** 2).sum(axis=1).mean()))

    def scene(self) -> list[Panel]:
        place = np.array([self.w, self.b])
        tips = place + self.shrink * self.pulls
        ends = place + self.shrink * self.cloud
        mean = place + self.shrink * self.mean
        gaps = np.full(tips.shape, np.nan)  # one line with gaps is less to send than 64 arrows
        rays = np.stack([np.broadcast_to(place, tips.shape), tips, gaps], axis=1).reshape(-1, 2)
        picture, *numbers = loss_map()  # its numbers stand on what is drawn, to be read
        ground = Panel(
            [
                picture,
                polyline(rays[:, 0], rays[:, 1], role="guide"),
                points(ends[:, 0], ends[:, 1], role="path"),
                point(self.fit.best[0], self.fit.best[1], role="minimum"),
                arrow(self.w, self.b, mean[0], mean[1], role="derivative"),
                *numbers,
                point(self.w, self.b, role="here", label="you", drag={"x": "w", "y": "b"}),
            ],
            xlim=MAP,
            ylim=MAP,
            xlabel="w",
            ylabel="b",
            title="The pulls, on the map of J",
            aspect="equal",
            name="map",
        )
        line = np.array([1.0, 64.0])
        tried = 2 if self.size > 1 else 0  # the rule, two points of a line, is drawn once a batch has been tried
        low = self.sigma / 8 / 1.6
        spread = Panel(
            [
                curve(line[:tried], self.sigma / np.sqrt(line[:tried]), role="guide", label="σ/√B" if tried else None),
                points(self.sizes[: tried * 4 or 1], self.measured[: tried * 4 or 1], role="function"),
                point(self.size, self.scatter(self.cloud), role="here", label="this cloud"),
            ],
            xlim=(0.8, 80),
            ylim=(low, self.sigma * 1.6),
            xscale="log",
            yscale="log",
            xlabel="batch size B",
            ylabel="scatter of the batch means",
            title="How wide is the cloud?",
            name="spread",
        )
        return [ground, spread]

    def describe(self) -> str:
        size, seen = int(self.size), self.scatter(self.cloud)
        batches = "100 single samples" if size == 1 else f"100 batches of {size}"
        rule = f", where σ/√B = {self.sigma / np.sqrt(size):.2f}" if size > 1 else ""
        return (
            f"at w = {self.w:.1f}, b = {self.b:.1f} the mean pull has length {np.hypot(*self.mean):.2f}; "
            f"{batches} scatter around it by {seen:.2f}{rule}"
        )


DECAYS = {"constant": "constant", "slower": "falls as 1/(1 + t/20)", "drop": "a tenth after 80 updates"}
FIT_SIZES = {"1": "B = 1", "4": "B = 4", "16": "B = 16", "64": "B = 64, all samples"}


class Floor(Figure):
    """Descent with batches on the map of the average loss, and how far above the lowest loss it stays."""

    sealed = True
    title = "A walk pulled by few samples at a time"
    size = choice(FIT_SIZES, value="1", label="batch size")
    rate = slider(0.01, 0.12, value=0.08, step=0.01, label="learning rate η")
    decay = choice(DECAYS, value="constant", label="η")
    again = action("Shuffle again", "shuffle")

    start, steps, last = (-1.0, 3.0), 160, 40

    def setup(self) -> None:
        self.fit, self.seed = line_fit(), 0

    def shuffle(self) -> None:
        self.seed += 1

    def compute(self) -> None:
        schedules: dict[str, Callable[[int], float]] = {
            "constant": lambda t: 1.0,
            "slower": dl.inverse_decay(1.0, 0.05),
            "drop": dl.step_decay(1.0, every=80),
        }
        factor, rng = schedules[self.decay], np.random.default_rng([5, self.seed])
        batches = enumerate(shuffled(len(self.fit.xs), int(self.size), rng))

        def slope(p: Array) -> Array:
            t, rows = next(batches)
            mean: Array = factor(min(t, self.steps - 1)) * self.fit.gradients(p, rows).mean(axis=0)
            return mean

        self.path = np.array(walk(slope, self.start, self.rate, self.steps, limit=50.0))
        self.losses = np.maximum(self.fit.excess(self.path), 1e-12)
        self.level = float(self.losses[-self.last :].mean())
        self.last_frame = len(self.path) - 1

    def scene(self) -> list[Panel]:
        picture, *numbers = loss_map()
        *walked, here = trail(self.path)
        ground = Panel(
            [picture, point(self.fit.best[0], self.fit.best[1], role="minimum"), *walked, *numbers, here],
            xlim=MAP,
            ylim=MAP,
            xlabel="w",
            ylabel="b",
            title="On the map of J",
            aspect="equal",
            name="map",
        )
        updates = np.arange(float(len(self.path)))
        beyond = self.steps + 24  # room for the floor's name, beside the curve
        ended, name = [0] * self.last_frame + [2], [""] * self.last_frame + ["floor"]
        excess = Panel(
            [
                *loss_curve(updates, self.losses, label="you"),
                polyline([updates[-1] - self.last, beyond], [self.level] * 2, role="derivative", shown=by_frame(ended)),
                text(beyond, self.level * 0.45, by_frame(name), "end"),
            ],
            xlim=(0, beyond),
            ylim=(1e-4, 20),
            yscale="log",
            xlabel="update",
            ylabel="J above the lowest",
            title="How high you are",
            name="loss",
        )
        return [ground, excess]

    def describe(self) -> str:
        k = self.frame
        batch = "all 64 samples" if self.size == "64" else f"B = {self.size}"
        eta = "" if self.decay == "constant" else f", η {DECAYS[self.decay]}"
        return f"{batch}, η = {self.rate:.2f}{eta}; update {k}: J is {few(self.losses[k])} above the lowest" + (
            f"; over the last {self.last} updates it is {few(self.level)} on average" if k == self.last_frame else ""
        )


RULES = {"sum": "add the means up", "mean": "take the mean of the means", "weighted": "weigh each mean by its size"}


class Conveyor(Figure):
    """Micro-batches fall into a bucket; what it hands over depends on how it counts them."""

    title = "Accumulation: micro-batches fall into a bucket"
    rule = choice(RULES, value="sum", label="the bucket's rule")
    size = slider(1, 10, value=4, step=1, label="samples in a micro-batch")

    samples: Array = np.array([1.0, 2.0, 1.0, 3.0, 2.0, 1.0, 2.0, 1.0, 8.0, 7.0])  # dℓ/dw of ten samples

    def compute(self) -> None:
        size, count = int(self.size), len(self.samples)
        self.groups = [self.samples[i : i + size] for i in range(0, count, size)]
        self.means = [float(group.mean()) for group in self.groups]
        shares = {
            "sum": [1.0] * len(self.groups),
            "mean": [1 / len(self.groups)] * len(self.groups),
            "weighted": [len(group) / count for group in self.groups],
        }[self.rule]
        self.added = [share * mean for share, mean in zip(shares, self.means, strict=True)]
        self.bucket = np.concatenate([[0.0], np.cumsum(self.added)])
        self.last_frame = len(self.groups)

    def scene(self) -> list[Panel]:
        frames, marks = range(len(self.bucket)), []
        marks.append(polyline([0.3, 0.3, 10.7, 10.7], [2.2, 0.3, 0.3, 2.2], role="function"))
        at = 0
        for k, group in enumerate(self.groups):
            heights = [1.2 if frame > k else 5.0 for frame in frames]
            left, right = at + 0.6, at + len(group) + 0.4
            marks.append(polyline([left, left, right, right], [4.2, 4.0, 4.0, 4.2], role="path"))
            marks.append(text((left + right) / 2, 3.45, f"{self.means[k]:.3g}", anchor="middle"))
            for i, value in enumerate(group):
                marks.append(node(at + 1 + i, by_frame(heights), f"{value:g}", role="derivative"))
            at += len(group)
        marks.append(text(5.5, 6.1, "gradient of each sample, and the mean of each micro-batch", anchor="middle"))
        belt = Panel(marks, xlim=(0, 11), ylim=(0, 6.6), axes=False, width=2.4, title="Belt and bucket", name="belt")
        dropped = np.arange(1, len(self.bucket))
        levels = [np.where(dropped <= frame, self.bucket[1:], 0.0) for frame in frames]
        full, top = float(self.samples.mean()), max(4.2, float(self.bucket[-1]) * 1.15)
        hands = Panel(
            [
                bars(dropped, by_frame(levels), role="derivative", width=0.6),
                curve([0, len(dropped) + 1], [full, full], role="function", label="full gradient"),
            ],
            xlim=(0, len(dropped) + 1),
            ylim=(0, top),
            xlabel="micro-batches so far",
            ylabel="gradient",
            title="In the bucket",
            name="bucket",
        )
        return [belt, hands]

    def describe(self) -> str:
        k, count, full = self.frame, len(self.groups), float(self.samples.mean())
        rule = RULES[self.rule]
        if k == 0:
            many = "one micro-batch" if count == 1 else f"{count} micro-batches"
            return f"10 samples in {many}, the last of {len(self.groups[-1])}; rule: {rule}; the bucket is empty"
        head = f"micro-batch {k} of {count} adds {self.added[k - 1]:.2f}; the bucket holds {self.bucket[k]:.2f}"
        if k < count:
            return f"{head}; rule: {rule}"
        ratio = self.bucket[-1] / full
        if abs(ratio - 1) < 1e-9:
            return f"{head}; {rule}: this is the full gradient, {full:.2f}"
        return f"{head}; {rule}: {ratio:.2f} times the full gradient, {full:.2f}"


RATES = {1: 1 / 64, 8: 1 / 16, 64: 1 / 4, 4096: 1 / 4}  # the best powers of two for this finish
LIMITS = {1: 1024, 8: 128, 64: 64, 4096: 10}  # updates that are run
# for one update in NumPy: medians of 300, on one core of an AMD EPYC, 21 November 2026
MICROSECONDS = {1: 4.9, 8: 5.0, 64: 5.9, 4096: 65.0}
FINISH = 0.05
AXES = {"updates": "updates", "samples": "samples looked at", "time": "microseconds"}


@cache
def race() -> dict[int, Array]:
    """How far above the lowest loss each hiker is, before the first and after every update."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(4096, 10)) * np.linspace(0.6, 1.4, 10)
    y = X.sum(axis=1) + rng.normal(size=4096)
    half = X.T @ X / len(X)
    best = np.linalg.solve(half, X.T @ y / len(X))
    losses = {}
    for size, rate in RATES.items():
        w, batches, seen = np.zeros(10), shuffled(len(X), size, np.random.default_rng(5)), [best @ half @ best]
        for _ in range(LIMITS[size]):
            rows = next(batches)
            w = w - rate * 2 * X[rows].T @ (X[rows] @ w - y[rows]) / len(rows)
            seen.append((w - best) @ half @ (w - best))
        losses[size] = np.array(seen)
    return losses


class Race(Figure):
    """Four hikers with batches of 1, 8, 64 and all samples; who is first depends on what you count."""

    sealed = True
    title = "Four hikers, one hill: who is first?"
    axis = choice(AXES, value="updates", label="count")

    roles, ticks = {1: "class_a", 8: "class_b", 64: "class_c", 4096: "here"}, 40

    def compute(self) -> None:
        self.losses = race()
        self.price = {s: {"updates": 1.0, "samples": float(s), "time": MICROSECONDS[s]}[self.axis] for s in RATES}
        self.arrival = {s: int(np.argmax(loss <= FINISH)) * self.price[s] for s, loss in self.losses.items()}
        self.low, self.high = min(self.price.values()), 1.6 * max(self.arrival.values())
        # evenly on the log axis, leaving out the moments at which nobody has moved
        clock = np.geomspace(self.high, self.low, self.ticks)
        moments = {tuple(self.done(size, now) for size in RATES): float(now) for now in clock}
        self.now = sorted(moments.values())
        self.last_frame = len(self.now) - 1

    def done(self, size: int, now: float) -> int:
        """Updates made by then."""
        return min(int(now / self.price[size] + 1e-9), LIMITS[size])

    def scene(self) -> list[Panel]:
        marks: list[Mark] = [curve([self.low / 2, self.high * 2], [FINISH] * 2, role="guide")]
        marks.append(text(self.low, FINISH * 0.72, "finish"))
        for size, loss in self.losses.items():
            # thinned evenly on the log axis, and never beyond the picture
            upto = self.done(size, self.high)
            there = int(np.argmax(loss <= FINISH))  # the update that arrives is always drawn
            at = np.unique([*np.round(np.geomspace(1, max(upto, 1), 70)).astype(int), there])
            made = [self.done(size, now) for now in self.now]
            shown = [int(np.searchsorted(at, k, side="right")) for k in made]
            marks.append(polyline(at * self.price[size], loss[at], role=self.roles[size], shown=by_frame(shown)))
            xs = [max(k, 1) * self.price[size] for k in made]
            ys = [loss[k] if k else np.nan for k in made]
            # after one update each they stand in two pairs, too close for four names
            crowd = {1: "B = 1, 8", 8: "", 64: "B = 64, all", 4096: ""} if self.axis == "updates" else {}
            alone = "all" if size == 4096 else f"B = {size}"
            label = by_frame([crowd.get(size, alone) if k == 1 else alone for k in made])
            marks.append(point(by_frame(xs), by_frame(ys), role=self.roles[size], label=label))
            arrived = by_frame([self.arrival[size] if k >= there else np.nan for k in made])
            marks.append(point(arrived, FINISH, role="minimum"))
        xlabel = AXES[self.axis] + (" (one core, recorded in November 2026)" if self.axis == "time" else "")
        return [
            Panel(
                marks,
                xlim=(self.low * 0.9, self.high * 1.5),
                ylim=(0.006, 14),
                xscale="log",
                yscale="log",
                xlabel=xlabel,
                ylabel="J above the lowest",
                title="The race",
                name="race",
            )
        ]

    def describe(self) -> str:
        now = self.now[self.frame]
        order = sorted((s for s in RATES if self.arrival[s] <= now), key=lambda s: self.arrival[s])
        if not order:
            return f"{AXES[self.axis]} so far: {rounded(now)}; nobody has reached the finish"
        names = [f"{'all' if s == 4096 else f'B = {s}'} after {rounded(self.arrival[s])}" for s in order]
        return f"{AXES[self.axis]} so far: {rounded(now)}; at the finish: {', '.join(names)}"


FIGURES = {"arrows": Arrows, "floor": Floor, "conveyor": Conveyor, "race": Race}
