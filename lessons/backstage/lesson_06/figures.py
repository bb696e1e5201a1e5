"""The figures of lesson 06, when there is no gradient."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

import dlcourse as dl
from dlcourse.figures import Figure, Mark, Panel, action, by_frame, choice, curve, point, points, polyline, slider, text
from dlcourse.figures.hills import Array, Hill, Terrain, walk
from dlcourse.figures.pieces import contour_map, loss_curve, trail
from dlcourse.figures.spelling import power_of_ten, rounded

# ------------------------------------------------------------------------------------------------ kinds


def devil(x: Any, k: int = 30) -> Array:
    """The devil's staircase on [0, 1] after k refinements of the straight line (G. Cantor, 1884).

    Each refinement replaces the left and the right third by copies half as high, and the middle third by a flat.

    Examples
    --------
    >>> devil([0.0, 0.25, 0.4, 1.0]).round(6).tolist()
    [0.0, 0.333333, 0.5, 1.0]
    """
    x = np.asarray(x, dtype=float)
    height, size, done = np.zeros_like(x), 1.0, np.zeros(x.shape, dtype=bool)
    for _ in range(k):
        size /= 2
        left, right = x < 1 / 3, x > 2 / 3
        height += np.where(~done & ~left, size, 0.0)
        done |= ~left & ~right
        x = np.where(left, 3 * x, 3 * x - 2)
    values: Array = np.where(done, height, height + size * x)
    return values


class Staircase(Hill):
    """The devil's staircase over the window of the figure. Where it has a slope, the slope is 0."""

    def __init__(self, name: str, formula: str) -> None:
        self.name, self.formula = name, formula

    def __call__(self, x: Any) -> Array:
        return 2 * devil((np.asarray(x, dtype=float) + 2) / 4)

    def slope(self, x: Any) -> Array:
        return np.zeros_like(np.asarray(x, dtype=float))


def riser(x: dl.Node, place: float) -> dl.Node:
    """0 on the left of a place, 1 on its right, with slope 0 on both sides.

    Through a sign the engine finds no way back to x, and says so; 0·x is one, with the slope 0 that is meant.
    """
    return (1 + dl.sign(x - place)) / 2 + 0 * x


def steps_to_the_middle(x: dl.Node) -> dl.Node:
    return sum((riser(dl.abs(x), 0.25 + 0.5 * k) / 2 for k in range(1, 4)), riser(dl.abs(x), 0.25) / 2)


GROUNDS: dict[str, Hill] = {
    "kink": Hill("kink", "a kink: |x|", dl.abs),
    "stairs": Hill("stairs", "stairs", steps_to_the_middle),
    "hole": Hill("hole", "a hole in a bowl", lambda x: x**2 / 2 + 0.1 - 1.3 * (riser(x, 0.75) - riser(x, 1.0))),
    "flat": Hill("flat", "a flat with one pit", lambda x: 1.0 - dl.exp(-8.0 * x**2)),
    "devil": Staircase("devil", "the devil’s staircase"),
}
CUTS = {"kink": [0.0], "stairs": [-1.75, -1.25, -0.75, -0.25, 0.25, 0.75, 1.25, 1.75], "hole": [0.75, 1.0]}
BOTTOMS: dict[str, float] = {"kink": 0.0, "stairs": 0.0, "hole": 0.875, "flat": 0.0, "devil": -2.0}
LEVEL = 5e-3  # a slope that rounds to 0.00


class Kinds(Figure):
    """A walk on ground where the slope breaks, jumps away or says nothing, beside the slope that it feels."""

    sealed = True
    title = "Ground that is hard to read by its slope"
    ground = choice({name: hill.formula for name, hill in GROUNDS.items()}, value="kink", label="ground")
    start = slider(-1.9, 1.9, value=1.6, step=0.1, label="start x₀")
    rate = slider(0.05, 0.6, value=0.3, step=0.05, label="learning rate η")

    def setup(self) -> None:
        self.tried = (self.start, self.start)  # the devil's staircase is drawn as far as the start was moved

    def compute(self) -> None:
        hill = GROUNDS[self.ground]
        self.tried = (min(self.tried[0], self.start), max(self.tried[1], self.start))
        self.path = np.array(walk(hill.slope, self.start, self.rate, steps=24, limit=3.0))
        self.heights, self.slopes = hill(self.path), hill.slope(self.path)
        self.last_frame = len(self.path) - 1

    def scene(self) -> list[Panel]:
        hill, cuts = GROUNDS[self.ground], CUTS.get(self.ground, [])
        n = 244 if self.ground == "devil" else 81
        edges = [-2.0, *cuts, 2.0]
        pieces = [  # one piece of curve between two breaks, so that no line is drawn over a break
            np.linspace(a + 1e-9, b - 1e-9, max(2, round(n * (b - a) / 4))) for a, b in pairwise(edges)
        ]
        xs = np.concatenate([np.append(piece, np.nan) for piece in pieces])
        heights, slopes = hill(xs), hill.slope(xs)
        slopes[np.isnan(xs)] = np.nan
        if self.ground == "kink":
            heights[np.isnan(xs)] = 0.0  # a kink is no gap in the ground
            xs = np.where(np.isnan(xs), 0.0, xs)
            xs[-1] = heights[-1] = np.nan
        counts = by_frame(range(1, len(self.path) + 1))
        bottom = BOTTOMS[self.ground]
        if self.ground == "devil":
            heights[~((xs > self.tried[0] - 0.03) & (xs < self.tried[1] + 0.03))] = np.nan
        marks: list[Mark] = [
            curve(xs, heights, role="function", label="f"),
            *([] if self.ground == "devil" else [point(bottom, float(hill(bottom)), role="minimum", label="lowest")]),
            polyline(self.path, self.heights, role="path", shown=counts, markers=True),
            point(by_frame(self.path), by_frame(self.heights), role="here", label="you", drag={"x": "start"}),
        ]
        ground = Panel(
            marks,
            xlim=(-2.1, 2.1),
            ylim=(-1.4, 2.4),
            xlabel="x",
            ylabel="height f(x)",
            title="The ground",
            name="ground",
        )
        felt = Panel(
            [
                curve([-2.1, 2.1], [0, 0], role="guide"),
                curve(xs, slopes, role="derivative", label="f′"),
                point(by_frame(self.path), by_frame(self.slopes), role="here"),
            ],
            xlim=(-2.1, 2.1),
            ylim=(-2.8, 2.8),
            xlabel="x",
            ylabel="slope f′(x)",
            title="What you feel",
            name="slope",
        )
        return [ground, felt]

    def describe(self) -> str:
        k, x, slope = self.frame, self.path[self.frame], self.slopes[self.frame]
        head = f"{GROUNDS[self.ground].formula}, η = {self.rate:.2f}, step {k}: x = {x:.2f}"
        if abs(x) > 3:
            return f"{head}: the walk has left the picture"
        if abs(slope) < LEVEL:
            lowest = abs(x - BOTTOMS[self.ground]) < 0.25
            ends = "this is the lowest place" if lowest else "which way is down?"
            if self.ground == "hole":
                ends = "the hole was lower, and nothing told you"
            return f"{head}: the slope is 0, so you stay; {ends}"
        move = f"the next step moves {'left' if slope > 0 else 'right'} by {self.rate * abs(slope):.2f}"
        if self.ground == "hole" and 0.75 < x < 1.0:
            return f"{head}: in the hole by luck, and you feel the bowl's slope {slope:+.2f}; {move}"
        if self.ground == "hole":
            return f"{head}: you feel {slope:+.2f} and nothing of the hole; {move}"
        return f"{head}: you feel {slope:+.2f}; {move}"


# ------------------------------------------------------------------------------------------------ smooth

JUMPS = np.array([-2.5, -1.9, -1.3, -0.7, -0.1, 0.5, 1.0, 1.5, 2.0])  # where the stairs jump
RISES = np.array([-0.5, -0.5, -0.5, -0.5, -0.5, 0.9, 0.9, 0.9, 0.9])  # and by how much
BEST = 0.2  # the middle of the lowest step


def stairs(x: Any) -> Array:
    """Stairs that fall gently from the left and rise steeply to the right."""
    values: Array = 2.6 + (np.asarray(x, dtype=float)[..., None] > JUMPS) @ RISES
    return values


@cache
def smooth_stairs() -> tuple[dl.Node, dl.Node, dl.Node, dl.Node]:
    """Each jump becomes a sigmoid of width T: places, temperatures, heights and slopes, one of each per walker."""
    x, T = dl.placeholder("x", shape=(None, 1)), dl.placeholder("T", shape=(None, 1))
    heights = 2.6 + dl.sum(RISES * dl.sigmoid((x - JUMPS) / T), axis=1)
    (slopes,) = dl.gradients(dl.sum(heights), [x])
    return x, T, heights, slopes


class Smooth(Figure):
    """Stairs whose jumps are smoothed by a temperature, and how low on the real stairs a walk gets."""

    title = "Stairs, smoothed by a temperature"
    temperature = slider(0.01, 2.0, value=0.03, label="temperature T", log=True)
    start = slider(-2.8, 1.8, value=-2.2, step=0.1, label="start x₀")

    steps, rate, shown = 60, 0.25, 2  # a frame is two steps
    counted = (0, shown)
    temperatures: Array = np.geomspace(0.01, 2.0, 28)

    def compute(self) -> None:
        x, T, heights, slopes = smooth_stairs()
        each = np.append(self.temperatures, self.temperature)[:, None]  # one walker each; the last one is drawn

        def slope(places: Array) -> Array:
            values: Array = dl.run(slopes, {x: places, T: each})
            return np.clip(values, -4, 4)  # a riser is a cliff: nobody leaps farther than a step of 1

        places = np.array(walk(slope, np.full_like(each, self.start), self.rate, self.steps))[:, :, 0]
        self.path = places[:: self.shown, -1]
        self.ends = stairs(places[-1, :-1])
        self.end = float(stairs(places[-1, -1]))
        self.grid = np.linspace(-3, 2.2, 131)
        hot = np.full((131, 1), self.temperature)
        self.curve = dl.run(heights, {x: self.grid[:, None], T: hot})
        many = np.full((len(self.path), 1), self.temperature)
        self.heights = dl.run(heights, {x: self.path[:, None], T: many})
        self.slopes = dl.run(slopes, {x: self.path[:, None], T: many})[:, 0]
        self.last_frame = len(self.path) - 1

    def scene(self) -> list[Panel]:
        edges = np.concatenate([[-3.0], np.repeat(JUMPS, 2), [2.2]])
        treads = np.repeat(stairs((edges[::2] + edges[1::2]) / 2), 2)
        counts = by_frame(range(1, len(self.path) + 1))
        hill = Panel(
            [
                curve(edges, treads, role="guide"),
                curve(self.grid, self.curve, role="function", label="smoothed"),
                point(BEST, float(stairs(BEST)), role="minimum", label="lowest"),
                polyline(self.path, self.heights, role="path", shown=counts, markers=True),
                point(by_frame(self.path), by_frame(self.heights), role="here", label="you", drag={"x": "start"}),
            ],
            xlim=(-3, 2.2),
            ylim=(-0.3, 4.2),
            xlabel="x",
            ylabel="height",
            title="The stairs (dotted), smoothed",
            name="hill",
        )
        sweep = Panel(
            [
                curve(self.temperatures, self.ends, role="path"),
                text(0.012, 3.9, "too cold"),
                text(1.8, 3.9, "too hot", anchor="end"),
                point(self.temperature, self.end, role="here", label="this T", drag={"x": "temperature"}),
            ],
            xlim=(0.01, 2.0),
            ylim=(-0.3, 4.2),
            xscale="log",
            xlabel="temperature T",
            ylabel="height on the real stairs",
            title=f"Where {self.steps} steps lead",
            name="sweep",
        )
        return [hill, sweep]

    def describe(self) -> str:
        k, x, slope = self.frame, self.path[self.frame], self.slopes[self.frame]
        real = float(stairs(x))
        felt = "no slope" if abs(slope) < LEVEL else f"the slope {slope:+.2f}"
        where = "the lowest step" if abs(real - float(stairs(BEST))) < 1e-9 else f"a step of height {real:.1f}"
        return (
            f"T = {self.temperature:.2g}, step {k * self.shown}: x = {x:.2f}, you feel {felt}; on the real stairs "
            f"this is {where}, and the walk ends at height {self.end:.1f}"
        )


# ------------------------------------------------------------------------------------------------ cost

TARGETS = {"0.1": "a tenth", "0.01": "a hundredth", "0.001": "a thousandth"}
DIMS: Array = np.array([1, 2, 3, 5, 8, 13, 22, 36, 60, 100, 170, 300])
RATE, PER_GRADIENT = 0.1, 4


@cache
def searched() -> dict[str, Array]:
    """Evaluations that random search needs on |x|² from |x| = 1, for each dimension; the mean of 30 searches.

    Only the length of x matters, so a step is drawn as its part along x and the squared length of the rest. The
    reach σ grows after a hit and shrinks after a miss (I. Rechenberg, *Evolutionsstrategie*, 1973).
    """
    rng = np.random.default_rng(6)
    needed = {target: np.zeros(len(DIMS)) for target in TARGETS}
    for i, d in enumerate(DIMS):
        square, sigma = np.ones(30), np.full(30, 0.5 / d)
        reached = {target: np.zeros(30) for target in TARGETS}
        n = 1
        while square.max() > 0.001:
            n += 1
            along = sigma * rng.normal(size=30)
            across = sigma**2 * (rng.chisquare(d - 1, size=30) if d > 1 else 0.0)
            after = (np.sqrt(square) + along) ** 2 + across
            hit = after <= square
            square, sigma = np.where(hit, after, square), sigma * np.where(hit, 1.5, 0.9)
            for target, when in reached.items():
                when[(when == 0) & (square <= float(target))] = n
        for target, when in reached.items():
            needed[target][i] = when.mean()
    return needed


class Cost(Figure):
    """How many times you must measure the height of a bowl in d dimensions, four ways to come down."""

    title = "What a step costs when you can only measure heights"
    dimension = slider(1, 300, value=10, label="dimension d", log=True)
    target = choice({t: f"to {words} of the height" for t, words in TARGETS.items()}, value="0.01", label="go down")

    def compute(self) -> None:
        share, self.d = float(self.target), round(self.dimension)
        steps = np.ceil(np.log(share) / np.log((1 - 2 * RATE) ** 2))
        ds = np.concatenate([DIMS, [self.d]])
        search = np.exp(np.interp(np.log(ds), np.log(DIMS), np.log(searched()[self.target])))
        self.ds = ds
        self.digits = {  # log₁₀ of the counts: blind guesses soon go beyond what a float can hold
            "gradient": np.log10(np.full(len(ds), steps * PER_GRADIENT)),
            "finite differences": np.log10(steps * 2 * ds),
            "random search": np.log10(search),
            "blind guesses": -np.log10(share) / 2 * ds,
        }

    def scene(self) -> list[Panel]:
        looks = {
            "gradient": "function",
            "finite differences": "derivative",
            "random search": "class_c",
            "blind guesses": "guide",
        }
        marks: list[Mark] = []
        rising = np.argsort(self.ds)
        shown = rising[self.ds[rising] <= max(self.d, 2)]  # what lies beyond is still to be found out
        for name, role in looks.items():
            values = self.digits[name][shown]
            leaves = name == "blind guesses"  # the picture: its line is cut, and its name stands where there is room
            height = 10.0 ** np.minimum(values, 12)
            marks.append(curve(self.ds[shown], height, role=role, label=None if leaves else name))
        marks.append(text(2.6 / -np.log10(float(self.target)) * 4.4, 2.2e4, "blind guesses"))
        for name, role in looks.items():
            count = 10.0 ** min(float(self.digits[name][-1]), 12.0)
            marks.append(point(self.d, count, role="here" if role == "guide" else role))
        return [
            Panel(
                marks,
                xlim=(0.9, 900),
                ylim=(3, 6e4),
                xscale="log",
                yscale="log",
                xlabel="dimension d",
                ylabel="heights measured",
                title="Down a round bowl",
                name="cost",
            )
        ]

    def describe(self) -> str:
        counts = {
            name: (rounded(10 ** values[-1], 2) if values[-1] < 7 else power_of_ten(round(values[-1])))
            for name, values in self.digits.items()
        }
        return (
            f"d = {self.d}, to {TARGETS[self.target]} of the height: gradients cost as much as {counts['gradient']} "
            f"heights, finite differences {counts['finite differences']}, random search about "
            f"{counts['random search']}, blind guesses {counts['blind guesses']}"
        )


# ------------------------------------------------------------------------------------------------ bike

TICK, TICKS, REACTION, GUST, LIMIT = 0.04, 200, 4, 12, 0.5
MOST = TICK * TICKS  # seconds
GAINS: Array = np.arange(0.0, 60.5, 1.0)


def wind(number: int) -> Array:
    """The pushes of one ride, one for every 0.48 s."""
    return np.random.default_rng([6, number]).normal(size=TICKS // GUST + 1)


def ride(gain: Any, pushes: Array) -> tuple[Array, Array]:
    """Lean at every tick, shape (ticks + 1, gains), and the seconds that the bike stays up, shape (gains,).

    ``pushes`` has the shape (gusts,), one wind for all, or (gusts, gains).

    A bike that leans falls faster and faster, as a pendulum on its head does: lean″ = 10·lean − steering + wind, for
    small leans in radians. The robot looks every 0.16 s and steers by gain·lean + 2·(speed of leaning). More than
    half a radian, and it lies on the ground. Only sums and products are used: the same ride on every machine.
    """
    gains = np.atleast_1d(np.asarray(gain, dtype=float))
    lean, speed, steering = np.full_like(gains, 0.05), np.zeros_like(gains), np.zeros_like(gains)
    leans, up = np.empty((TICKS + 1, len(gains))), np.full(len(gains), TICKS)
    leans[0] = lean
    for k in range(TICKS):
        if k % REACTION == 0:
            steering = gains * lean + 2 * speed
        speed = speed + TICK * (10 * lean - steering + 1.5 * pushes[k // GUST])
        lean = lean + TICK * speed
        fallen = (np.abs(lean) > LIMIT) & (up == TICKS)
        up[fallen] = k + 1
        lean = np.where(up < TICKS, 0.0, lean)  # what lies on the ground is no longer steered
        speed = np.where(up < TICKS, 0.0, speed)
        leans[k + 1] = lean
    return leans, TICK * up


@cache
def rides(number: int) -> Array:
    """The reward of every gain in one wind: the seconds upright."""
    return ride(GAINS, wind(number))[1]


@cache
def critic_graph() -> tuple[dl.Node, dl.Node, dl.Node, dl.Node]:
    """A parabola with three learned numbers, and its slope: gain, coefficients, reward, slope."""
    gain, c = dl.placeholder("gain", shape=(None,)), dl.placeholder("c", shape=(3,))
    t = gain / 30 - 1
    reward = c[0] + c[1] * t + c[2] * t * t
    (slope,) = dl.gradients(dl.sum(reward), [gain])
    return gain, c, reward, slope


class Bike(Figure):
    """A robot on a bike, the rides it has tried, and a critic through them whose slope it can follow."""

    title = "A robot on a bike, and a critic that learns its reward"
    gain = slider(0.0, 60.0, value=12.0, step=1.0, label="gain: how hard it steers")
    weather = slider(1, 9, value=1, step=1, label="wind number")
    more = action("Try ten rides near this gain", "try_rides")
    climb = action("Step up the critic", "follow")
    clear = action("Forget the rides", "forget")

    stride, memory = 4, 30

    def setup(self) -> None:
        self.drawn = 0
        self.tried: Array = np.empty((0, 2))
        self.try_rides()

    def try_rides(self) -> None:
        """Ten rides with gains scattered around this one, each in a wind of its own."""
        rng = np.random.default_rng([60, self.drawn])
        self.drawn += 1
        gains = np.clip(self.gain + 6 * rng.normal(size=10), 0, 60)
        rewards = ride(gains, rng.normal(size=(TICKS // GUST + 1, 10)))[1]
        self.tried = np.concatenate([self.tried, np.stack([gains, rewards], axis=1)])[-self.memory :]

    def follow(self) -> None:
        """The actor moves: one step of gradient ascent on the critic, at most 10 far."""
        if self.fitted is not None:
            move = float(np.clip(40 * self.slope, -10, 10))
            self.adjust(gain=round(self.gain + move))

    def forget(self) -> None:
        self.tried = self.tried[:0]

    def compute(self) -> None:
        leans, up = ride(self.gain, wind(int(self.weather)))
        self.seconds = float(up[0])
        last = round(self.seconds / TICK)
        kept = list(range(0, last, self.stride))
        self.times = np.append(np.array(kept) * TICK, self.seconds)
        self.leans = np.append(leans[kept, 0], leans[last, 0])
        self.fell = self.seconds < MOST
        if self.fell:
            self.leans[-1] = np.copysign(np.pi / 2, leans[last - 1, 0])
        self.last_frame = len(self.leans) - 1
        self.fitted: Array | None = None
        if len(self.tried) >= 3:
            gain, c, reward, slope = critic_graph()
            t = self.tried[:, 0] / 30 - 1
            design = np.stack([t**0, t, t**2], axis=1)
            self.fitted = np.asarray(np.linalg.lstsq(design, self.tried[:, 1], rcond=None)[0], dtype=np.float64)
            low, high = self.tried[:, 0].min() - 4, self.tried[:, 0].max() + 4
            self.span = np.linspace(max(low, 0), min(high, 60), 31)
            self.rewards = dl.run(reward, {gain: self.span, c: self.fitted})
            at, along = dl.run([reward, slope], {gain: np.array([self.gain]), c: self.fitted})
            self.here, self.slope = float(at[0]), float(along[0])

    def scene(self) -> list[Panel]:
        nowhere = [np.nan, np.nan]
        rods = [(np.array([0, np.sin(a)]), np.array([0, np.cos(a)])) for a in self.leans]
        heads = [(float(x[1]), float(y[1])) for x, y in rods]
        reach = np.array([0, np.sin(LIMIT)]), np.array([0, np.cos(LIMIT)])
        bike = Panel(
            [
                curve([-1.1, 1.1], [0, 0], role="guide"),
                curve(reach[0], reach[1], role="guide"),
                curve(-reach[0], reach[1], role="guide"),
                polyline(by_frame([x for x, _ in rods]), by_frame([y for _, y in rods]), role="function"),
                point(by_frame([x for x, _ in heads]), by_frame([y for _, y in heads]), role="here"),
            ],
            xlim=(-1.1, 1.1),
            ylim=(-0.5, 1.7),
            aspect="equal",
            axes=False,
            title="From behind",
            name="bike",
        )
        marks: list[Mark] = [
            curve(GAINS, rides(int(self.weather)), role="guide", label="this wind"),
            points(self.tried[:, 0], self.tried[:, 1], role="class_a"),
        ]
        if self.fitted is not None:
            ends = np.array([-7.0, 7.0])
            marks += [
                curve(self.span, self.rewards, role="function", label="critic"),
                curve(self.gain + ends, self.here + self.slope * ends, role="derivative"),
            ]
        else:
            marks += [curve(nowhere, nowhere, role="function"), curve(nowhere, nowhere, role="derivative")]
        marks.append(point(self.gain, by_frame(self.times.tolist()), role="here", label="you", drag={"x": "gain"}))
        reward = Panel(
            marks,
            xlim=(0, 72),
            ylim=(-0.6, 10),
            xlabel="gain",
            ylabel="reward: seconds upright",
            title="What a gain earns",
            name="reward",
        )
        return [bike, reward]

    def describe(self) -> str:
        k = self.frame
        head = f"gain {self.gain:.0f}, wind {int(self.weather)}, {self.times[k]:.1f} s"
        if k == self.last_frame:
            end = f"it falls after {self.seconds:.1f} s" if self.fell else f"still up after {MOST:.0f} s"
        else:
            end = f"lean {np.rad2deg(self.leans[k]):+.0f}°"
        if self.fitted is None:
            return f"{head}: {end}; {len(self.tried)} rides tried, too few for a critic"
        way = "more" if self.slope > 0 else "less"
        says = f"slope {self.slope:+.2f}, so {way} gain" if abs(self.slope) >= LEVEL else "slope 0, so stay"
        return f"{head}: {end}; the critic, from {len(self.tried)} rides, says: {says}"


# ------------------------------------------------------------------------------------------------ game

PRODUCT = Terrain("game", "xy", lambda x, y: x * y)
PLAY = {"both": "both at once", "turns": "in turn: y answers the new x", "ahead": "both, with a look ahead"}
FIELD = (-3.0, 3.0)


@cache
def field() -> tuple[Mark, ...]:
    levels = [-6.0, -4.0, -2.0, -0.5, 0.5, 2.0, 4.0, 6.0]
    return tuple(contour_map(PRODUCT, FIELD, FIELD, levels, named=[-4.0, -0.5, 0.5, 4.0]))


class Game(Figure):
    """Two players on xy, one of whom goes down and the other up."""

    title = "A game on xy: you move x downhill, they move y uphill"
    rate = slider(0.02, 0.5, value=0.1, step=0.02, label="learning rate η")
    play = choice(PLAY, value="both", label="moves")

    steps, begin = 100, (1.0, 1.0)

    def compute(self) -> None:
        signs = np.array([-1.0, 1.0])  # x goes down, y goes up
        p, places = np.array(self.begin), [np.array(self.begin)]
        for _ in range(self.steps):
            move = self.rate * signs * PRODUCT.gradient(p)
            if self.play == "turns":
                after = p + np.array([move[0], 0.0])
                move = np.array([move[0], self.rate * PRODUCT.gradient(after)[1]])
            elif self.play == "ahead":
                move = self.rate * signs * PRODUCT.gradient(p + move)
            p = p + move
            places.append(p)
            if np.abs(p).max() > 2 * FIELD[1] or np.hypot(*p) < 2e-3:
                break
        self.path = np.array(places)
        self.radius = np.hypot(self.path[:, 0], self.path[:, 1])
        self.last_frame = len(self.path) - 1

    def scene(self) -> list[Panel]:
        picture, *numbers = field()
        *walked, here = trail(self.path)
        board = Panel(
            [picture, point(0.0, 0.0, role="class_c", label="rest"), *walked, *numbers, here],
            xlim=FIELD,
            ylim=FIELD,
            xlabel="x, your number",
            ylabel="y, their number",
            title="The map of xy",
            aspect="equal",
            name="map",
        )
        frames = np.arange(len(self.path), dtype=float)
        away = Panel(
            [curve([0, self.steps], [self.radius[0]] * 2, role="guide"), *loss_curve(frames, self.radius, label="you")],
            xlim=(0, self.steps * 1.12),
            ylim=(1e-3, 12),
            yscale="log",
            xlabel="step",
            ylabel="distance from (0, 0)",
            title="How far from rest",
            name="radius",
        )
        return [board, away]

    def describe(self) -> str:
        k = self.frame
        change = self.radius[-1] / self.radius[0]
        end = f"it spirals {'out' if change > 1 else 'in'}{', slowly' if 0.8 < change < 1.2 else ''}"
        if self.play == "turns":  # a little out and in again on each round
            end = "it goes round and round"
        x, y = self.path[k]
        return (
            f"{PLAY[self.play]}, η = {self.rate:.2f}, step {k}: x = {x:.2f}, y = {y:.2f}, "
            f"{self.radius[k]:.2f} from rest{f'; {end}' if k else ''}"
        )


FIGURES = {"kinds": Kinds, "smooth": Smooth, "cost": Cost, "bike": Bike, "game": Game}
