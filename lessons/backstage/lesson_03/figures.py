"""The figures of lesson 03, two dimensions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import dlcourse as dl
from dlcourse.figures import Figure, Mark, Panel, arrow, by_frame, choice, curve, point, polyline, slider, text
from dlcourse.figures.hills import Array, Terrain, walk
from dlcourse.figures.pieces import Eye, contour_map, loss_panel, surface, trail
from dlcourse.figures.spelling import few, fixed

BOWL = Terrain("bowl", "¼x² + ½y²", lambda x, y: x**2 / 4 + y**2 / 2)
PASS = Terrain("pass", "⅛x⁴ − ½x² + ½y²", lambda x, y: x**4 / 8 - x**2 / 2 + y**2 / 2)


def degrees_between(a: Array, b: Array) -> Array:
    """The angle between vectors of shape (..., 2); nan where one of them is zero."""
    with np.errstate(all="ignore"):
        cosine = (a * b).sum(axis=-1) / (np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1))
    angles: Array = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    return angles


def unit(vectors: Array) -> Array:
    """The vectors with length 1; those that are all but zero become zero."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Array = np.where(length > 1e-9, vectors / np.maximum(length, 1e-9), 0.0)
    return scaled


def arrows(at: Array, along: Array, role: str, label: str) -> Mark:
    """One arrow for each frame, from places of shape (frames, 2); where it has no length its name goes, too."""
    ends = at + along
    there = np.linalg.norm(along, axis=-1) > 1e-9
    x0, y0, x1, y1 = (by_frame(v.tolist()) for v in (at[:, 0], at[:, 1], ends[:, 0], ends[:, 1]))
    return arrow(x0, y0, x1, y1, role=role, label=by_frame([label if yes else "" for yes in there]))


class Hill2D(Figure):
    """A place on a surface and on its map: two slices, two slopes, and the arrow they make."""

    title = "One hill, seen from the side and from above"
    hill = choice({t.name: f"{t.name}: {t.formula}" for t in (BOWL, PASS)}, value="bowl", label="hill")
    x = slider(-1.6, 1.6, value=0.0, step=0.05, label="x")
    y = slider(-1.6, 1.6, value=0.0, step=0.05, label="y")

    reach = 2.0  # the hill is shown from −reach to reach, both ways
    eye = Eye(turn=20, tilt=48, lift=0.75)
    hills = (  # each with its levels, and where its surface begins in the picture
        (BOWL, (0.1, 0.3, 0.6, 1.0, 1.5, 2.0, 2.5), -0.8),
        (PASS, (-0.4, -0.2, 0.0, 0.2, 0.4, 0.7, 1.0, 1.5), -1.3),
    )

    def setup(self) -> None:
        window = (-self.reach, self.reach)
        self.drawn = {
            f.name: (
                f,
                low,
                surface(f, window, window, levels, self.eye, pixels=160),
                contour_map(f, window, window, levels),
            )
            for f, levels, low in self.hills
        }

    def compute(self) -> None:
        self.f, self.low, self.mesh, self.chart = self.drawn[self.hill]
        self.place = np.array([self.x, self.y])
        self.height = float(self.f(self.place))
        self.gradient = self.f.gradient(self.place)

    def on_surface(self, ground: Array, heights: Array) -> tuple[Array, Array]:
        return self.eye(np.concatenate([ground, heights[..., None]], axis=-1))

    def slice_and_tangent(self, axis: int, name: str) -> list[Mark]:
        """The curve on which only one coordinate changes, and its tangent here."""
        along = np.eye(2)[axis]
        t = np.linspace(-self.reach, self.reach, 29)
        ground = self.place * (1 - along) + t[:, None] * along
        short = np.array([-0.7, 0.7])
        slope = self.gradient[axis]
        return [
            polyline(*self.on_surface(ground, self.f(ground)), role="function", label=name),
            polyline(
                *self.on_surface(self.place + short[:, None] * along, self.height + short * slope), role="derivative"
            ),
        ]

    def scene(self) -> list[Panel]:
        (x, y), (gx, gy), r = self.place, self.gradient, self.reach
        (u, v), (u1, v1) = np.transpose(
            self.on_surface(
                np.array([self.place, self.place - self.gradient]),
                np.array([self.height, self.height - self.gradient @ self.gradient]),
            )
        )
        flat = bool(np.hypot(gx, gy) < 1e-9)
        side = Panel(
            [
                self.mesh,
                *self.slice_and_tangent(0, "along x"),
                *self.slice_and_tangent(1, "along y"),
                arrow(u, v, u1, v1, role="here"),
                point(u, v, role="here", label="you"),
            ],
            xlim=(-2.7, 2.7),
            ylim=(self.low, self.low + 4.4),
            axes=False,
            aspect="equal",
            title="The surface",
            name="surface",
        )
        above = Panel(
            [
                *self.chart,
                polyline([-r, r], [y, y], role="guide"),
                polyline([x, x], [-r, r], role="guide"),
                # a part that is all of the arrow needs no name of its own
                arrow(x, y, x - gx, y, role="derivative", label="−∂f/∂x" if min(abs(gx), abs(gy)) > 0.02 else ""),
                arrow(x, y, x, y - gy, role="derivative", label="−∂f/∂y" if min(abs(gx), abs(gy)) > 0.02 else ""),
                arrow(x, y, x - gx, y - gy, role="here", label="" if flat else "−∇f"),
                point(x, y, role="here", label="you", drag={"x": "x", "y": "y"}),
            ],
            xlim=(-r, r),
            ylim=(-r, r),
            xlabel="x",
            ylabel="y",
            aspect="equal",
            title="Its map",
            name="map",
        )
        return [side, above]

    def describe(self) -> str:
        gx, gy = (fixed(g) for g in self.gradient)
        where = f"{self.hill}, at ({fixed(self.x)}, {fixed(self.y)}) the height is {fixed(self.height)}"
        where += f"; slope along x {gx}, along y {gy}"
        if np.hypot(*self.gradient) < 5e-3:
            return f"{where}: the ground is level, and there is no arrow"
        down = ", ".join(fixed(-g) for g in self.gradient)
        return f"{where}, so ∇f = ({gx}, {gy}), and steepest downhill is −∇f = ({down})"


class Turn(Figure):
    """A direction that is turned, and the slope along it: the length of the gradient times a cosine."""

    title = "The slope in every direction"
    angle = slider(0.0, 360.0, value=0.0, step=1.0, label="direction d, in degrees from east")

    place, reach = np.array([-1.2, 0.8]), 2.0
    levels = (0.1, 0.3, 0.6, 1.0, 1.5, 2.0, 2.5)
    named = (0.1, 0.6, 1.5)  # a 2.5 would stand where ∇f ends, as if it were a factor

    def setup(self) -> None:
        self.across, self.up = (-self.reach - 0.4, self.reach - 0.4), (-self.reach, self.reach)
        self.ground = contour_map(BOWL, self.across, self.up, self.levels, self.named)
        self.gradient = BOWL.gradient(self.place)

    def compute(self) -> None:
        turn = np.deg2rad(self.angle)
        self.d = np.array([np.cos(turn), np.sin(turn)])
        self.slope = float(self.gradient @ self.d)
        self.between = float(degrees_between(self.gradient, self.d))

    def scene(self) -> list[Panel]:
        x, y = self.place
        chart = Panel(
            [
                *self.ground,
                arrow(x, y, x + self.gradient[0], y + self.gradient[1], role="derivative", label="∇f"),
                arrow(x, y, x + self.d[0], y + self.d[1], role="here", label="d"),
                point(x, y, role="here"),
            ],
            xlim=self.across,
            ylim=self.up,
            xlabel="x",
            ylabel="y",
            aspect="equal",
            title="The map",
            name="map",
        )
        degrees = np.linspace(0, 360, 73)
        turns = np.deg2rad(degrees)
        slopes = Panel(
            [
                curve([0, 360], [0, 0], role="guide"),
                curve(degrees, np.column_stack([np.cos(turns), np.sin(turns)]) @ self.gradient, role="function"),
                point(self.angle, self.slope, role="here", label="d", drag={"x": "angle"}),
            ],
            xlim=(0, 360),
            ylim=(-1.3, 1.3),
            xlabel="direction d, in degrees from east",
            ylabel="slope along d",
            title="The slope along d",
            name="slopes",
        )
        return [chart, slopes]

    def describe(self) -> str:
        east, north = (fixed(v) for v in self.d)
        return (
            f"d = ({east}, {north}), {self.between:.0f}° from ∇f; the slope along d is "
            f"{fixed(float(np.linalg.norm(self.gradient)))} · cos {self.between:.0f}° = {fixed(self.slope)}"
        )


class Condition(Figure):
    """A valley κ times as curved across as along, and a walk down it, with or without momentum."""

    sealed = True
    title = "A valley that is steeper across than along: x² + κy²"
    kappa = slider(1.0, 100.0, value=1.0, log=True, label="condition number κ")
    share = slider(0.05, 1.6, value=0.5, step=0.05, label="η × κ (plain: safe below 1)")
    beta = slider(0.0, 0.95, value=0.0, step=0.05, label="momentum β")

    start, steps = (1.0, 0.1), 40
    levels = (0.02, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
    xlim, ylim = (-0.5, 1.25), (-0.5, 0.5)

    def setup(self) -> None:
        self.curved = dl.parameter(1.0, name="kappa")  # one graph for all κ
        self.f = Terrain("valley", "x² + κy²", lambda x, y: x**2 + self.curved * y**2)
        self.drawn = 0.0  # the κ of the map that is there

    def compute(self) -> None:
        if self.kappa != self.drawn:
            self.curved.assign(self.kappa)
            self.ground = contour_map(self.f, self.xlim, self.ylim, self.levels, named=(0.5, 2.0, 10.0))
            self.drawn = self.kappa
        self.rate = self.share / self.kappa  # safe is below 2 over the largest second derivative, 2κ
        places = walk(self.f.gradient, self.start, self.rate, self.steps, beta=self.beta, limit=1e6)
        self.path = np.array(places + places[-1:] * (self.steps + 1 - len(places)))
        self.heights = self.f(self.path)
        self.downhill = -self.f.gradient(self.path)
        self.angles = degrees_between(self.downhill, -self.path)
        self.last_frame = self.steps

    def scene(self) -> list[Panel]:
        far = np.linalg.norm(self.path, axis=-1, keepdims=True)
        length = np.where(far > 0.05, np.minimum(0.4, far), 0.0)
        chart = Panel(
            [
                *self.ground,
                point(0.0, 0.0, role="minimum", label="minimum"),
                arrows(self.path, -unit(self.path) * length, "guide", ""),
                arrows(self.path, unit(self.downhill) * length, "derivative", "−∇f"),
                *trail(self.path),
            ],
            xlim=self.xlim,
            ylim=self.ylim,
            xlabel="x",
            ylabel="y",
            aspect="equal",
            title="The map",
            name="map",
            width=1.6,
        )
        fall = loss_panel(np.arange(self.steps + 1.0), self.heights, (1e-6, 3), width=0.8)
        return [chart, fall]

    def describe(self) -> str:
        k = self.frame
        heavy = f", β = {self.beta:.2f}" if self.beta else ""
        where = f"condition number {self.kappa:.3g}, η = {self.rate:.3g}{heavy}; step {k}"
        if self.heights[k] > 100:
            return f"{where}: the walk explodes"
        where += f": height {few(self.heights[k], 1e-3)}"
        if np.linalg.norm(self.path[k]) < 0.05:
            return f"{where}, all but at the minimum"
        return f"{where}; steepest downhill is {self.angles[k]:.0f}° away from the direction to the minimum"


class Units(Figure):
    """The same hill, its y measured in smaller and smaller units, and the steepest direction in each."""

    title = "The same hill in other units: ½(x² + 9y²)"
    scale = slider(1.0, 4.0, value=1.0, step=0.1, label="new units in one old unit of y")

    place = np.array([1.5, 1.0])
    stride = 0.8
    levels = (0.5, 1.0, 2.0, 4.0, 7.0, 12.0, 20.0, 40.0)
    window = (-4.8, 4.8)  # of both maps: with one new unit for one old they are the same picture

    def setup(self) -> None:
        self.f = Terrain("valley", "½(x² + 9y²)", lambda x, y: (x**2 + 9 * y**2) / 2)
        self.old_map = contour_map(self.f, self.window, self.window, self.levels, named=(2.0, 20.0))

    def compute(self) -> None:
        self.stretch = np.array([1.0, self.scale])
        gradient = self.f.gradient(self.place) / self.stretch  # the chain rule: dy/dv = 1/s
        self.move = -unit(gradient) * self.stride  # in new units
        self.angle = float(degrees_between(self.move / self.stretch, -self.place))

    def scene(self) -> list[Panel]:
        here, turn = self.place * self.stretch, np.linspace(0, 2 * np.pi, 49)
        circle = here + self.stride * np.column_stack([np.cos(turn), np.sin(turn)])

        def one(at: Array, ring: Array, move: Array, names: Sequence[str]) -> list[Mark]:
            tip = at + move
            return [
                point(0.0, 0.0, role="minimum"),
                polyline([at[0], 0.0], [at[1], 0.0], role="guide"),
                polyline(ring[:, 0], ring[:, 1], role="path", label=names[0]),
                arrow(at[0], at[1], tip[0], tip[1], role="derivative", label=names[1]),
                point(at[0], at[1], role="here"),
            ]

        measured = Panel(
            [
                *contour_map(
                    lambda p: self.f(p / self.stretch), self.window, self.window, self.levels, named=(2.0, 20.0)
                ),
                *one(here, circle, self.move, ("one stride", "")),
            ],
            xlim=self.window,
            ylim=self.window,
            xlabel="x",
            ylabel="y in new units",
            aspect="equal",
            title="As you measure it",
            name="new",
        )
        ground = Panel(
            [*self.old_map, *one(self.place, circle / self.stretch, self.move / self.stretch, ("", "steepest"))],
            xlim=self.window,
            ylim=self.window,
            xlabel="x",
            ylabel="y in old units",
            aspect="equal",
            title="The same, on the ground",
            name="old",
        )
        return [measured, ground]

    def describe(self) -> str:
        x, y = self.move / self.stretch
        return (
            f"one old unit of y is {self.scale:.1f} new ones: on the ground the steepest step is "
            f"({fixed(x)}, {fixed(y)}), {self.angle:.0f}° away from the minimum"
        )


class Precondition(Figure):
    """A walk p ← p − M∇f with a matrix M in place of the learning rate."""

    title = "A matrix as learning rate: p ← p − M∇f(p)"
    first = slider(0.0, 2.2, value=0.6, step=0.1, label="first eigenvalue of M")
    second = slider(0.0, 0.5, value=0.2, step=0.02, label="second eigenvalue of M")
    angle = slider(0.0, 175.0, value=0.0, step=5.0, label="angle of its first axis, in degrees")

    start, steps, tilt = (-1.7, 0.3), 20, np.deg2rad(30.0)
    curvatures = (1.0, 5.0)
    levels = (0.1, 0.3, 0.7, 1.5, 3.0, 6.0, 12.0)

    def setup(self) -> None:
        c, s = np.cos(self.tilt), np.sin(self.tilt)
        along, across = self.curvatures

        def valley(x: dl.Node, y: dl.Node) -> dl.Node:
            u, v = c * x + s * y, c * y - s * x
            height: dl.Node = (along * u**2 + across * v**2) / 2
            return height

        self.f = Terrain("tilted valley", "½(u² + 5v²)", valley)
        self.ground = contour_map(self.f, (-2.4, 2.4), (-2.4, 2.4), self.levels, named=(0.3, 1.5, 6.0))

    def compute(self) -> None:
        turn = np.deg2rad(self.angle)
        self.axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])  # rows: unit vectors
        self.M = self.axes.T @ np.diag([self.first, self.second]) @ self.axes
        self.path = np.array(walk(lambda p: self.M @ self.f.gradient(p), self.start, 1.0, self.steps, limit=30.0))
        self.heights = self.f(self.path)
        self.gradients = self.f.gradient(self.path)
        self.moves = -self.gradients @ self.M
        self.last_frame = len(self.path) - 1

    def scene(self) -> list[Panel]:
        corner, size = np.array([1.35, -1.75]), 0.7  # where M is drawn as an ellipse, apart from the walk
        turn = np.linspace(0, 2 * np.pi, 33)
        ring = corner + 0.45 * np.column_stack([np.cos(turn), np.sin(turn)]) @ self.M
        marks = [*self.ground, point(0.0, 0.0, role="minimum")]
        marks.append(polyline(ring[:, 0], ring[:, 1], role="path", label="M"))
        for direction, value in zip(self.axes, (self.first, self.second), strict=True):
            ends = corner + 0.45 * max(value, 0.0) * np.array([-direction, direction])
            marks.append(polyline(ends[:, 0], ends[:, 1], role="path"))
        near = np.minimum(size, np.linalg.norm(self.path, axis=-1, keepdims=True))
        near = np.where(near > 0.05, near, 0.0)
        marks.append(arrows(self.path, -unit(self.gradients) * near, "derivative", "−∇f"))
        marks.append(arrows(self.path, unit(self.moves) * near, "here", "−M∇f"))
        marks += trail(self.path, label=None)
        chart = Panel(
            marks,
            xlim=(-2.4, 2.4),
            ylim=(-2.4, 2.4),
            xlabel="x",
            ylabel="y",
            aspect="equal",
            title="The map",
            name="map",
        )
        fall = loss_panel(
            np.arange(float(len(self.path))), np.maximum(self.heights, 1e-9), (1e-6, 100), width=0.8, last=self.steps
        )
        return [chart, fall]

    def describe(self) -> str:
        k = self.frame
        what = f"M stretches by {self.first:.1f} at {self.angle:.0f}° and by {self.second:.2f} across"
        if self.heights[k] > 50:
            return f"{what}; step {k}: the walk has left the picture: it explodes"
        what += f"; step {k}: height {few(self.heights[k], 1e-3)}"
        if np.linalg.norm(self.moves[k]) < 5e-4:
            stuck = np.linalg.norm(self.gradients[k]) > 5e-3
            return f"{what}, stuck: the slope here is not zero, but M takes it to zero" if stuck else f"{what}, arrived"
        off = degrees_between(self.moves[k], -self.gradients[k])
        return f"{what}; the next step is {off:.0f}° off steepest downhill"


class Saddle(Figure):
    """A walk that comes to a saddle, and what a push to the side does."""

    title = "A walk that comes to a pass between two valleys"
    push = choice(
        {"0": "none: x = 0", "0.000001": "x = 0.000001", "0.001": "x = 0.001", "0.1": "x = 0.1"},
        value="0.000001",
        label="push to the side at the start",
    )

    rate, steps = 0.3, 66
    levels = (-0.4, -0.2, 0.0, 0.2, 0.5, 1.0, 1.5, 2.0)

    def setup(self) -> None:
        self.ground = contour_map(PASS, (-2.2, 2.2), (-1.4, 1.9), self.levels, named=(-0.4, 0.0, 0.5, 1.5))

    def compute(self) -> None:
        self.path = np.array(walk(PASS.gradient, (float(self.push), 1.6), self.rate, self.steps))
        self.heights = PASS(self.path)
        self.last_frame = self.steps

    def scene(self) -> list[Panel]:
        bottom = float(np.sqrt(2))
        chart = Panel(
            [
                *self.ground,
                point(-bottom, 0.0, role="minimum", label="minimum"),
                point(bottom, 0.0, role="minimum", label="minimum"),
                text(-0.08, -0.22, "saddle", anchor="end"),
                *trail(self.path),
            ],
            xlim=(-2.2, 2.2),
            ylim=(-1.4, 1.9),
            xlabel="x",
            ylabel="y",
            aspect="equal",
            title="The map",
            name="map",
        )
        fall = loss_panel(np.arange(self.steps + 1.0), self.heights, (-0.7, 1.4), yscale="linear", width=0.8)
        return [chart, fall]

    def describe(self) -> str:
        k = self.frame
        slope = float(np.linalg.norm(PASS.gradient(self.path[k])))
        x, height = self.path[k][0], fixed(self.heights[k])
        at = np.format_float_positional(x, precision=2, fractional=False, trim="-")  # two digits, never 1e-06
        where = f"started {self.push} to the side; step {k}: x = {at}, height {height}, slope {few(slope, 1e-3)}"
        if slope > 0.05:
            return f"{where}: on the way down"
        return f"{where}: all but level, " + ("a minimum" if abs(x) > 1 else "and not a minimum: the saddle")


FIGURES = {
    "hill2d": Hill2D,
    "turn": Turn,
    "condition": Condition,
    "units": Units,
    "precondition": Precondition,
    "saddle": Saddle,
}
