"""The figures of lesson 02, walking down in one dimension."""

from __future__ import annotations

import numpy as np

from dlcourse.figures import Figure, Panel, band, by_frame, choice, curve, point, points, polyline, slider, text
from dlcourse.figures.hills import Array, Hill, double_well, walk

HILLS = {
    "parabola": Hill("parabola", "½x²", lambda x: x**2 / 2),
    "cubic": Hill("cubic", "⅓x³ − x", lambda x: x**3 / 3 - x),
    "quartic": Hill("quartic", "x⁴ − 2x² + 0.4x", double_well),
}
WINDOWS = {  # what each hill shows: x from, x to, height from, height to
    "parabola": (-2.2, 2.2, -0.25, 2.6),
    "cubic": (-2.4, 2.4, -1.6, 1.9),
    "quartic": (-1.8, 1.8, -1.7, 3.2),
}
LEFT_BOTTOM, RIGHT_BOTTOM = -1.0467, 0.9456  # the two bottoms of the quartic, where 4x³ − 4x + 0.4 = 0


def side(move: float) -> str:
    return "right" if move > 0 else "left"


class Descent(Figure):
    """A walker on a hill, one step of gradient descent at a time, and how long each step was."""

    sealed = True
    title = "Walking down a hill, one step at a time"
    hill = choice({name: f"{name}: {h.formula}" for name, h in HILLS.items()}, value="parabola", label="hill")
    start = slider(-2.0, 2.0, value=1.6, step=0.05, label="start x₀")
    rate = slider(0.01, 1.2, value=0.3, step=0.01, label="learning rate η")

    def compute(self) -> None:
        self.window = WINDOWS[self.hill]
        low, high = self.window[:2]
        x0 = min(max(self.start, low), high)
        places = walk(HILLS[self.hill].slope, x0, self.rate, steps=30, limit=20.0)
        self.path = np.array(places)
        self.heights = HILLS[self.hill](self.path)
        self.slopes = HILLS[self.hill].slope(self.path)
        self.last_frame = len(self.path) - 1

    def scene(self) -> list[Panel]:
        low, high, bottom, top = self.window
        f = HILLS[self.hill]
        xs = np.linspace(low, high, 97)
        path, heights = self.path, self.heights
        counts = list(range(1, len(path) + 1))
        hill = Panel(
            [
                curve(xs, f(xs), role="function", label="f"),
                polyline(path, heights, role="path", shown=by_frame(counts), markers=True),
                point(by_frame(path), by_frame(heights), role="here", label="you", drag={"x": "start"}),
            ],
            xlim=(low, high),
            ylim=(bottom, top),
            xlabel="x",
            ylabel="height f(x)",
            title="On the hill",
            name="hill",
        )
        lengths = np.append(np.nan, np.abs(np.diff(path)))  # of the step that led here; nothing led to the start
        steps = Panel(
            [
                polyline(np.arange(len(path)), lengths, role="derivative", shown=by_frame(counts), markers=True),
                point(by_frame(list(range(len(path)))), by_frame(lengths), role="here", label="last step"),
                point(by_frame(counts), by_frame(np.abs(self.rate * self.slopes)), role="guide", label="next"),
            ],
            xlim=(0, 30),
            ylim=(0, 2.0),
            xlabel="step",
            ylabel="its length",
            title="How long each step was",
            name="steps",
        )
        return [hill, steps]

    def describe(self) -> str:
        k, x, slope = self.frame, self.path[self.frame], self.slopes[self.frame]
        move = -self.rate * slope
        if abs(x) > 20:
            return f"step {k}: the walk has left the picture: it explodes"
        if abs(move) < 5e-4:
            return f"step {k}: x = {x:.2f}, the ground is flat; the walk has come to rest"
        return f"step {k}: x = {x:.2f}, slope {slope:+.2f}; the next step moves {side(move)} by {abs(move):.2f}"


class Dial(Figure):
    """The learning rate on the bowl ½cx², with the factor that one step multiplies the distance by."""

    title = "The learning-rate dial on the bowl ½cx²"
    rate = slider(0.02, 1.6, value=0.2, step=0.02, label="learning rate η")
    curvature = slider(0.5, 4.0, value=2.0, step=0.1, label="curvature c")

    most = 0.0  # the largest η so far: the dial is not drawn beyond it yet

    def compute(self) -> None:
        self.most = max(self.most, self.rate)
        self.factor = 1 - self.rate * self.curvature
        places = walk(lambda x: self.curvature * x, 1.0, self.rate, steps=20, limit=1e3)
        self.path = np.array(places)
        self.last_frame = len(self.path) - 1

    def regime(self) -> str:
        r = self.factor
        if abs(r) < 5e-3:
            return "arrives in one step"
        if abs(r + 1) < 5e-3:
            return "jumps between two places for ever"
        if r < -1:
            return "explodes"
        return "zig-zags to the bottom" if r < 0 else "crawls to the bottom"

    def scene(self) -> list[Panel]:
        c, path = self.curvature, self.path
        xs = np.linspace(-2.2, 2.2, 61)
        heights = c * path**2 / 2
        bowl = Panel(
            [
                curve(xs, c * xs**2 / 2, role="function", label="½cx²"),
                polyline(path, heights, role="path", shown=by_frame(list(range(1, len(path) + 1))), markers=True),
                point(by_frame(path), by_frame(heights), role="here", label="you"),
            ],
            xlim=(-2.2, 2.2),
            ylim=(-0.2 * c, 2.4 * c),
            xlabel="x",
            ylabel="height f(x)",
            title="On the bowl",
            name="bowl",
        )
        one, two, end = 1 / c, 2 / c, 1.6
        rates = np.linspace(0, self.most, 81)
        borders = [one if self.most >= one else np.nan, two if self.most >= two else np.nan]
        names = [(one / 2, "crawl"), ((one + two) / 2, "zig-zag"), ((two + end) / 2, "explode")]
        dial = Panel(
            [
                band([min(two, self.most), self.most], [0, 0], [3, 3], role="bad"),
                curve([0, end], [1, 1], role="guide"),
                curve([borders[0]] * 2, [0, 3], role="guide", label="1/c" if self.most >= one else ""),
                curve([borders[1]] * 2, [0, 3], role="guide", label="2/c" if self.most >= two else ""),
                curve(rates, np.abs(1 - rates * c), role="derivative"),
                *[text(x, 2.4, name, anchor="middle") for x, name in names if x < min(end - 0.12, self.most)],
                point(self.rate, abs(self.factor), role="here", label="η", drag={"x": "rate"}),
            ],
            xlim=(0, end),
            ylim=(0, 3),
            xlabel="learning rate η",
            ylabel="|1 − ηc|, what a step multiplies by",
            title="The dial",
            name="dial",
        )
        return [bowl, dial]

    def describe(self) -> str:
        x = self.path[self.frame]
        where = f"x = {x:.2f}" if abs(x) < 100 else "x is beyond 100"
        return (
            f"η = {self.rate:.2f}, c = {self.curvature:.1f}: each step multiplies x by {self.factor:+.2f}, "
            f"so the walk {self.regime()}; step {self.frame}: {where}"
        )


class Basins(Figure):
    """Every start on the hill with two valleys, marked by the valley in which its walk ends."""

    title = "Which valley you end in depends on where you start"
    rate = slider(0.02, 0.21, value=0.1, step=0.01, label="learning rate η")
    start = slider(-1.6, 1.6, value=1.2, step=0.04, label="follow the start x₀")

    starts: Array = np.linspace(-1.6, 1.6, 81)

    def compute(self) -> None:
        hill = HILLS["quartic"]
        self.ends = walk(hill.slope, self.starts, self.rate, steps=200, limit=50.0)[-1]
        self.left = np.abs(self.ends - LEFT_BOTTOM) < 0.05
        self.right = np.abs(self.ends - RIGHT_BOTTOM) < 0.05
        label = np.where(self.left, 0, np.where(self.right, 1, 2))
        self.borders = int(np.sum(np.diff(label) != 0))
        self.path = np.array(walk(hill.slope, self.start, self.rate, steps=25, limit=3.0))
        self.last_frame = len(self.path) - 1

    def scene(self) -> list[Panel]:
        hill = HILLS["quartic"]
        xs = np.linspace(-1.7, 1.7, 97)
        heights, counts = hill(self.path), list(range(1, len(self.path) + 1))
        a, b = self.starts[self.left], self.starts[self.right]
        walker = Panel(
            [
                curve(xs, hill(xs), role="function", label="f"),
                points(a, np.full(len(a), -1.75), role="class_a"),
                points(b, np.full(len(b), -1.75), role="class_b"),
                polyline(self.path, heights, role="path", shown=by_frame(counts), markers=True),
                point(by_frame(self.path), by_frame(heights), role="here", label="you", drag={"x": "start"}),
            ],
            xlim=(-1.7, 1.7),
            ylim=(-2.1, 2.6),
            xlabel="start x₀",
            ylabel="height f(x)",
            title="Each start, marked by its end",
            name="hill",
        )
        ends = Panel(
            [
                curve([-1.7, 1.7], [LEFT_BOTTOM] * 2, role="guide", label="left valley"),
                curve([-1.7, 1.7], [RIGHT_BOTTOM] * 2, role="guide", label="right valley"),
                points(a, self.ends[self.left], role="class_a"),
                points(b, self.ends[self.right], role="class_b"),
            ],
            xlim=(-1.7, 1.7),
            ylim=(-1.7, 1.7),
            xlabel="start x₀",
            ylabel="end after 200 steps",
            title="Start and end",
            name="ends",
        )
        return [walker, ends]

    def describe(self) -> str:
        times = "once" if self.borders == 1 else f"{self.borders} times"
        lost = len(self.starts) - int(self.left.sum() + self.right.sum())
        rest = f", {lost} in neither" if lost else ""
        return (
            f"η = {self.rate:.2f}: of 81 starts, {int(self.left.sum())} end in the left valley and "
            f"{int(self.right.sum())} in the right one{rest}; from left to right the answer changes {times}. "
            f"Step {self.frame} from {self.start:.2f}: x = {self.path[self.frame]:.2f}"
        )


class HeavyBall(Figure):
    """A ball with momentum on the hill with two valleys, beside plain descent from the same start."""

    title = "A ball with momentum on a hill with two valleys"
    beta = slider(0.0, 0.96, value=0.8, step=0.02, label="momentum β")
    rate = slider(0.005, 0.03, value=0.01, step=0.001, label="learning rate η")

    start, stride = 1.6, 4  # a frame is four steps: with so small an η a single one is hard to see
    counted = (0, stride)

    def compute(self) -> None:
        hill = HILLS["quartic"]
        starts, betas = np.full(2, self.start), np.array([0.0, self.beta])  # both walk at once
        places = np.array(walk(hill.slope, starts, self.rate, steps=240, beta=betas)[:: self.stride])
        self.plain, self.ball = places[:, 0], places[:, 1]
        self.last_frame = len(self.ball) - 1

    def scene(self) -> list[Panel]:
        hill = HILLS["quartic"]
        xs = np.linspace(-1.8, 1.8, 97)
        ball, plain = self.ball, self.plain
        counts = list(range(1, len(ball) + 1))
        track = Panel(
            [
                curve(xs, hill(xs), role="function", label="f"),
                point(LEFT_BOTTOM, float(hill(LEFT_BOTTOM)), role="minimum", label="deepest"),
                point(by_frame(ball), by_frame(hill(ball)), role="here", label="ball"),
            ],
            xlim=(-1.8, 1.8),
            ylim=(-1.8, 3.0),
            xlabel="x",
            ylabel="height f(x)",
            title="On the hill",
            name="hill",
        )
        steps = np.arange(len(ball)) * self.stride
        time = Panel(
            [
                curve([0, steps[-1]], [LEFT_BOTTOM] * 2, role="guide", label="left bottom"),
                curve([0, steps[-1]], [RIGHT_BOTTOM] * 2, role="guide", label="right bottom"),
                polyline(steps, plain, role="guide", shown=by_frame(counts), label="β = 0"),
                polyline(steps, ball, role="path", shown=by_frame(counts)),
                point(by_frame(steps), by_frame(ball), role="here"),
            ],
            xlim=(0, float(steps[-1])),
            ylim=(-1.8, 1.8),
            xlabel="step",
            ylabel="x",
            title="The same, over time",
            name="time",
        )
        return [track, time]

    def describe(self) -> str:
        step, x = self.frame * self.stride, self.ball[self.frame]
        said = f"β = {self.beta:.2f}, η = {self.rate:.3f}; step {step}: x = {x:.2f}"
        if self.frame < self.last_frame:  # where it ends is for Play to tell
            return said
        return f"{said}, in the {'left, deeper' if self.ball[-1] < 0 else 'right'} valley"


FIGURES = {"descent": Descent, "dial": Dial, "basins": Basins, "momentum": HeavyBall}
