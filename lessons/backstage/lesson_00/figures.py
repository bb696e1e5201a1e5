"""The figures of lesson 00: turning knobs by hand, sending blame back, and a map of the course."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

import dlcourse as dl
from dlcourse.figures import (
    Figure,
    Mark,
    Panel,
    bars,
    by_frame,
    choice,
    curve,
    edge,
    node,
    point,
    points,
    slider,
    text,
    toggle,
)
from dlcourse.figures.figure import Slider
from dlcourse.figures.hills import Array, Hill, Terrain, walk
from dlcourse.figures.pieces import Eye, contour_map, surface
from dlcourse.figures.spelling import count, fixed
from dlcourse.lesson import files
from dlcourse.lesson.progress import Progress

# six taxi rides, made up: kilometres, and the fare
KM, FARE = np.array([1.0, 2.0, 3.0, 5.0, 6.0, 8.0]), np.array([5.2, 6.9, 9.3, 12.8, 15.4, 19.1])
RIDES = list(zip(KM.tolist(), FARE.tolist(), strict=True))


def fare_loss(w: dl.Node, b: dl.Node | float = 0.0) -> dl.Node:
    """The mean squared error of the line wx + b over the rides."""
    total = dl.constant(0.0)
    for x, y in RIDES:
        total = total + (w * x + b - y) ** 2
    return total / len(RIDES)


LINE_LOSS = Hill("loss", "mean of (wx − y)²", lambda w: fare_loss(w))
MAP_LOSS = Terrain("loss", "mean of (wx + b − y)²", lambda w, b: fare_loss(w, b))


class Knobs(Figure):
    """Knobs that are turned by hand, and a memory of every setting whose loss was seen.

    A subclass has one slider for each knob, named in ``knobs``, and says what the ``loss`` of a setting is.
    The controls as they were in the beginning count as a new beginning.
    """

    knobs: ClassVar[tuple[str, ...]]

    def setup(self) -> None:
        self.seen: dict[tuple[float, ...], float] = {}

    def loss(self, setting: tuple[float, ...]) -> float:
        raise NotImplementedError

    def compute(self) -> None:
        self.setting = tuple(float(getattr(self, name)) for name in self.knobs)
        if self.setting == tuple(self._controls_of(Slider)[name].value for name in self.knobs):
            self.seen = {}
        self.now = self.seen.setdefault(self.setting, self.loss(self.setting))
        self.best = min(self.seen, key=lambda setting: self.seen[setting])
        self.tries = len(self.seen)

    def lowest(self) -> str:
        if self.best == self.setting:
            return "the lowest so far"
        return f"the lowest so far is {self.seen[self.best]:.3g}"


def rides_panel(w: float, b: float, formula: str) -> Panel:
    """The rides, the line of this setting, and how far it misses each ride."""
    marks: list[Mark] = [curve([x, x], [y, w * x + b], role="guide") for x, y in RIDES]
    marks += [curve([0, 9], [b, 9 * w + b], role="function", label=formula), points(KM, FARE, role="class_a")]
    return Panel(
        marks,
        xlim=(0, 9),
        ylim=(0, 25),
        xlabel="distance x (km)",
        ylabel="fare y",
        title="Six rides and your line",
        name="rides",
    )


class OneKnob(Knobs):
    """A line with one parameter, and the loss of each setting that was tried."""

    title = "One knob: the price of a kilometre"
    w = slider(0.0, 5.0, value=0.5, step=0.1, label="knob w")
    whole = toggle(False, label="show the losses of all settings")
    knobs = ("w",)

    def loss(self, setting: tuple[float, ...]) -> float:
        return float(LINE_LOSS(setting[0]))

    def scene(self) -> list[Panel]:
        tried = sorted(self.seen)
        marks: list[Mark] = []
        if self.whole:
            ws = np.linspace(0, 5, 101)
            marks.append(curve(ws, LINE_LOSS(ws), role="function"))
        best = [] if self.best == self.setting else [self.best]
        marks += [
            points([s[0] for s in tried], [self.seen[s] for s in tried], role="neutral"),
            points([s[0] for s in best], [self.seen[s] for s in best], role="minimum", label="best so far"),
            point(self.w, self.now, role="here", label="you", drag={"x": "w"}),
        ]
        losses = Panel(
            marks,
            xlim=(0, 5),
            ylim=(-8, 160),
            xlabel="knob w",
            ylabel="loss",
            title="The losses you have seen",
            name="losses",
        )
        return [rides_panel(self.w, 0.0, "your line"), losses]

    def describe(self) -> str:
        all_of_them = "; the curve shows the loss of every setting" if self.whole else ""
        return f"try {self.tries}: w = {self.w:.1f} gives the loss {self.now:.3g}; {self.lowest()}{all_of_them}"


LEVELS = [0.5, 2.0, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0]
EYE = Eye(turn=-15.0, tilt=40.0, lift=0.5)
VIEWS = {"fog": "in the fog", "map": "as a map", "surface": "as a surface"}


@cache
def loss_map() -> list[Mark]:
    """The loss over both knobs, as a map."""
    return contour_map(MAP_LOSS, (0, 5), (0, 10), LEVELS, named=[10.0, 40.0, 160.0])


def in_space(w: Any, b: Any, losses: Any) -> Array:
    """Settings and their losses as points in a box of sides 1."""
    return np.stack([np.asarray(w) / 5, np.asarray(b) / 10, lifted(losses)], axis=-1)


def lifted(losses: Any) -> Array:
    """How high a loss stands in the box, which ends at 200."""
    heights: Array = np.minimum(losses, 200.0) / 200
    return heights


@cache
def loss_surface() -> Mark:
    """The loss over both knobs, as a surface in space."""
    levels = [level / 200 for level in LEVELS]
    return surface(lambda p: lifted(MAP_LOSS(p * [5, 10])), (0, 1), (0, 1), levels, EYE)


class TwoKnobs(Knobs):
    """A line with two parameters; the losses of all settings lie in the fog until it is lifted."""

    title = "Two knobs: the price of a kilometre, and what every ride costs"
    w = slider(0.0, 5.0, value=0.5, step=0.1, label="knob w")
    b = slider(0.0, 10.0, value=8.0, step=0.2, label="knob b")
    view = choice(VIEWS, value="fog", label="the loss of every setting")
    knobs = ("w", "b")

    def setup(self) -> None:
        super().setup()
        loss_map(), loss_surface()  # drawn once, before somebody waits for them

    def loss(self, setting: tuple[float, ...]) -> float:
        return float(MAP_LOSS(setting))

    def spots(self, settings: Sequence[tuple[float, ...]]) -> tuple[Array, Array]:
        """Where settings that were tried are drawn."""
        found = np.array(settings).reshape(-1, 2)
        if self.view != "surface":
            return found[:, 0], found[:, 1]
        return EYE(in_space(found[:, 0], found[:, 1], [self.seen[setting] for setting in settings]))

    def scene(self) -> list[Panel]:
        here = [float(v[0]) for v in self.spots([self.setting])]
        in_hand = None if self.view == "surface" else {"x": "w", "y": "b"}
        marks: list[Mark] = {"fog": [], "map": loss_map(), "surface": [loss_surface()]}[self.view] + [
            points(*self.spots(sorted(self.seen)), role="neutral"),
            points(*self.spots([] if self.best == self.setting else [self.best]), role="minimum", label="best so far"),
            point(here[0], here[1], role="here", label=f"loss {self.now:.3g}", drag=in_hand),
        ]
        if self.view == "surface":
            left, right, low, high = loss_surface().extent
            for words, w, b in (("knob w", 0.5, -0.12), ("knob b", 1.12, 0.5)):
                x, y = EYE(np.array([w, b, 0.0]))
                marks.append(text(float(x), float(y), words, anchor="middle"))
            space = Panel(
                marks,
                xlim=(left - 0.1, right + 0.1),
                ylim=(low - 0.12, high + 0.03),
                axes=False,
                title="The settings you have tried",
                name="settings",
            )
            return [rides_panel(self.w, self.b, "ŷ = wx + b"), space]
        settings = Panel(
            marks,
            xlim=(0, 5),
            ylim=(0, 10),
            xlabel="knob w",
            ylabel="knob b",
            title="The settings you have tried",
            name="settings",
        )
        return [rides_panel(self.w, self.b, "ŷ = wx + b"), settings]

    def describe(self) -> str:
        where = {
            "fog": "all else is in the fog",
            "map": "on the map, a long valley whose floor is near w = 2.0, b = 3.1",
            "surface": "in space, a valley with steep sides; its floor is near w = 2.0, b = 3.1",
        }[self.view]
        return (
            f"try {self.tries}: w = {self.w:.1f}, b = {self.b:.1f} gives the loss {self.now:.3g}; {self.lowest()}; "
            f"{where}"
        )


# ------------------------------------------------------------------------------------------- ten knobs

# one day, made up: every two hours, degrees above or below the day's mean
HOURS = np.arange(0.0, 24.0, 2.0)
WARMTH = np.array([-3.2, -4.2, -4.9, -4.4, -1.4, 1.8, 4.5, 5.8, 5.2, 2.7, 0.1, -1.8])
POWERS = np.arange(10)


def powers(hours: Array) -> Array:
    """1, u, u², …, u⁹, where u runs from −1 at hour 0 to 1 at hour 22."""
    result: Array = ((hours[:, None] - 11) / 11) ** POWERS
    return result


@cache
def day_loss() -> tuple[Any, Any]:
    """The loss of ten knobs over the day, and its ten slopes: two functions, one compiled graph each."""
    knobs = dl.placeholder("w", shape=(10,))
    loss = dl.mean((dl.constant(powers(HOURS)) @ knobs - WARMTH) ** 2)
    (slopes,) = dl.gradients(loss, [knobs])
    return lambda w: float(dl.run(loss, {knobs: w})), lambda w: dl.run(slopes, {knobs: w})


class TenKnobs(Knobs):
    """A curve with ten parameters: turned by hand at step 0, by descent from there on."""

    title = "Ten knobs: w₀ + w₁u + w₂u² + … + w₉u⁹"
    w0 = slider(-15, 15, value=0.0, step=0.6, label="knob w₀")
    w1 = slider(-15, 15, value=0.0, step=0.6, label="knob w₁")
    w2 = slider(-15, 15, value=0.0, step=0.6, label="knob w₂")
    w3 = slider(-15, 15, value=0.0, step=0.6, label="knob w₃")
    w4 = slider(-15, 15, value=0.0, step=0.6, label="knob w₄")
    w5 = slider(-15, 15, value=0.0, step=0.6, label="knob w₅")
    w6 = slider(-15, 15, value=0.0, step=0.6, label="knob w₆")
    w7 = slider(-15, 15, value=0.0, step=0.6, label="knob w₇")
    w8 = slider(-15, 15, value=0.0, step=0.6, label="knob w₈")
    w9 = slider(-15, 15, value=0.0, step=0.6, label="knob w₉")
    knobs = tuple(f"w{k}" for k in POWERS)

    rate, stride = 0.6, 10  # a frame is ten steps of descent
    counted = (0, stride)
    last_frame = 20

    def loss(self, setting: tuple[float, ...]) -> float:
        return float(day_loss()[0](np.array(setting)))

    def compute(self) -> None:
        before = getattr(self, "setting", None)
        super().compute()
        if before not in (None, self.setting):
            self.frame = 0  # your hand is on a knob again
        steps = self.last_frame * self.stride
        self.path = np.array(walk(day_loss()[1], np.array(self.setting), self.rate, steps)[:: self.stride])
        self.losses = ((self.path @ powers(HOURS).T - WARMTH) ** 2).mean(axis=1)

    def scene(self) -> list[Panel]:
        hours = np.linspace(0, 22, 45)
        curves = self.path @ powers(hours).T
        day = Panel(
            [curve(hours, by_frame(curves), role="function", label="ŷ"), points(HOURS, WARMTH, role="class_a")],
            xlim=(0, 22),
            ylim=(-9, 9),
            xlabel="hour of the day",
            ylabel="degrees above the mean",
            title="Twelve readings",
            name="day",
        )
        settings = Panel(
            [bars(POWERS, by_frame(self.path), role="function", width=0.7)],
            xlim=(-0.6, 9.6),
            ylim=(-16, 16),
            xlabel="knob",
            ylabel="where it stands",
            title="The ten knobs",
            name="settings",
        )
        return [day, settings]

    def describe(self) -> str:
        if self.frame == 0:
            return f"by hand, try {self.tries}: ten knobs give the loss {self.now:.3g}; {self.lowest()}"
        return (
            f"descent from your setting, step {self.frame * self.stride}: "
            f"it turned all ten knobs at each step, and the loss is {self.losses[self.frame]:.2f}"
        )


# ------------------------------------------------------------------------------------------- the blame

SPOTS = {  # where each node stands
    "x": (0.0, 1.0),
    "h": (1.1, 1.0),
    "ŷ": (2.4, 1.0),
    "ℓ": (3.7, 1.0),
    "w₁": (1.1, 0.0),
    "w₂": (2.4, 0.0),
    "y": (3.7, 0.0),
}
WIRES = [("x", "h"), ("w₁", "h"), ("h", "ŷ"), ("w₂", "ŷ"), ("ŷ", "ℓ"), ("y", "ℓ")]
KNOWN_AT = {"x": 0, "w₁": 0, "w₂": 0, "y": 0, "h": 1, "ŷ": 2, "ℓ": 3}  # the frame from which a value is known
BLAMED_AT = {"ŷ": 4, "w₂": 5, "h": 5, "w₁": 6}  # and the frame from which its slope is


class Values(NamedTuple):
    """What flows forward through the small network, and what flows back."""

    forward: dict[str, float]
    backward: dict[str, float]


@cache
def small_network() -> Any:
    """Two layers with a knob each: h = w₁x, ŷ = w₂h, ℓ = (ŷ − y)², with all derivatives of ℓ."""
    w1, w2 = dl.placeholder("w1", shape=()), dl.placeholder("w2", shape=())
    h = w1 * 1.5
    guess = w2 * h
    loss = (guess - 2.0) ** 2
    backward = dict(zip(("ŷ", "w₂", "h", "w₁"), dl.gradients(loss, [guess, w2, h, w1]), strict=True))
    nodes = {"h": h, "ŷ": guess, "ℓ": loss}

    def values(a: float, b: float) -> Values:
        found = dl.run([nodes, backward], {w1: a, w2: b})
        forward = {"x": 1.5, "y": 2.0, "w₁": a, "w₂": b, **{k: float(v) for k, v in found[0].items()}}
        return Values(forward, {k: float(v) for k, v in found[1].items()})

    return values


class Blame(Figure):
    """Numbers flow forward to the loss; then blame flows back, and reaches every knob."""

    title = "Forward to the loss, then back to every knob"
    first = slider(-2.0, 2.0, value=0.4, step=0.1, label="knob w₁")
    second = slider(-2.0, 2.0, value=0.5, step=0.1, label="knob w₂")

    rate = 0.1
    last_frame = 7

    def compute(self) -> None:
        values = small_network()
        self.before: Values = values(self.first, self.second)
        slopes = self.before.backward
        self.after: Values = values(self.first - self.rate * slopes["w₁"], self.second - self.rate * slopes["w₂"])

    def product(self, after: str, times: str) -> str:
        """The slope that comes from the next node, times what one unit moves that node: as a sum on paper."""
        slope, by = self.before.backward[after], self.before.forward[times]
        factor = fixed(by) if by >= 0 else f"({fixed(by)})"
        return f"{fixed(slope)} · {factor} = {fixed(slope * by)}"

    def label(self, name: str, frame: int) -> str:
        if frame < KNOWN_AT[name]:
            return name
        label = f"{name} = {fixed(self.before.forward[name])}"
        return f"{label} → {fixed(self.after.forward[name])}" if frame == 7 and name in ("w₁", "w₂", "ℓ") else label

    def scene(self) -> list[Panel]:
        frames = range(self.last_frame + 1)
        marks: list[Mark] = []
        for a, b in WIRES:
            role, ends = [], []
            for k in frames:
                back = k >= BLAMED_AT.get(a, 99)
                role.append("derivative" if back else "function" if k >= KNOWN_AT[b] else "guide")
                ends.append((*SPOTS[b], *SPOTS[a]) if back else (*SPOTS[a], *SPOTS[b]))
            x0, y0, x1, y1 = (by_frame(c) for c in zip(*ends, strict=True))
            marks.append(edge(x0, y0, x1, y1, role=by_frame(role)))
        for name, (x, y) in SPOTS.items():
            knob = name in ("w₁", "w₂")
            label = by_frame([self.label(name, k) for k in frames])
            marks.append(node(x, y, label, role="here" if knob else "function"))
            if name in BLAMED_AT:
                said = f"slope {fixed(self.before.backward[name])}"
                words = [said if k >= BLAMED_AT[name] else "" for k in frames]
                marks.append(text(x, y - 0.3 if knob else y + 0.3, by_frame(words), anchor="middle"))
        return [Panel(marks, xlim=(-0.5, 4.4), ylim=(-0.5, 1.5), axes=False, name="network")]

    def describe(self) -> str:
        forward, slopes = self.before.forward, self.before.backward
        ways = {-1.0: "up", 0.0: "not at all", 1.0: "down"}
        turns = " and ".join(f"{name} {ways[float(np.sign(slopes[name]))]}" for name in ("w₁", "w₂"))
        too_far = ": turned too far, as lesson 02 explains" if self.after.forward["ℓ"] > forward["ℓ"] else ""
        said = [
            f"start: x = 1.50 goes in, w₁ = {fixed(forward['w₁'])} and w₂ = {fixed(forward['w₂'])}; y = 2.00 is wanted",
            f"forward: h = w₁x = {fixed(forward['h'])}",
            f"forward: ŷ = w₂h = {fixed(forward['ŷ'])}",
            f"forward: the loss is ℓ = (ŷ − y)² = {fixed(forward['ℓ'])}",
            f"back: (ŷ − y)² has the slope 2(ŷ − y) = {fixed(slopes['ŷ'])} for ŷ",
            f"back: a unit of w₂ moves ŷ by h, so its slope is {self.product('ŷ', 'h')}; "
            f"a unit of h moves ŷ by w₂, so its slope is {self.product('ŷ', 'w₂')}",
            f"back: a unit of w₁ moves h by x, so its slope is {self.product('h', 'x')}; every knob knows its slope",
            f"turn each knob against its slope: {turns}; the loss goes from {fixed(forward['ℓ'])} to "
            f"{fixed(self.after.forward['ℓ'])}{too_far}",
        ]
        return said[self.frame]


# ------------------------------------------------------------------------------------------- the map


class Stop(NamedTuple):
    """A lesson on the map: what it is called there, how long it takes, what it builds on, where it stands."""

    name: str
    minutes: int
    needs: tuple[str, ...]
    column: float
    row: float
    anchor: Literal["start", "middle", "end"] = "middle"  # of its name, which keeps clear of an edge from above


def stop(number: str) -> Stop:
    """A lesson on the map, as its ``lesson.toml`` has it."""
    lesson = files.about(number)
    place = lesson["map"]
    needs = tuple(lesson["needs"])
    return Stop(lesson["short"], lesson["minutes"], needs, place["column"], place["row"], place.get("label", "middle"))


COURSE = {number: stop(number) for number in files.numbers()}


def before(number: str) -> list[str]:
    """Every lesson that one builds on, directly or by way of another, in the order of the course.

    Examples
    --------
    >>> before("03")
    ['00', '01', '02']
    """
    found: set[str] = set()
    waiting = list(COURSE[number].needs)
    while waiting:
        needed = waiting.pop()
        if needed not in found:
            found.add(needed)
            waiting += COURSE[needed].needs
    return sorted(found)


def practised(progress: Progress) -> dict[str, str]:
    """For each lesson in which something was practised by hand: ✓ if all of it sits, else ◐."""
    found = {}
    for number in COURSE:
        records = [progress.practised(id) for id in files.practice(number)]
        if any(record["finished"] for record in records):
            found[number] = "✓" if all(record["sits"] for record in records) else "◐"
    return found


class CourseMap(Figure):
    """The lessons; choose one, and what it builds on lights up."""

    title = "The course: choose a lesson, and what it builds on lights up"
    lesson = choice({number: f"{number} {entry.name}" for number, entry in COURSE.items()}, value="11", label="lesson")

    def __init__(self, **settings: Any) -> None:
        self.by_hand: dict[str, str] = {}
        super().__init__(**settings)

    def show(self) -> None:
        """Display it with what the learner has practised; on paper there is none of that."""
        from dlcourse.figures.view import show

        on_paper = CourseMap(lesson=self.lesson)
        self.by_hand = practised(Progress())
        show(self, on_paper=on_paper)

    def pick(self, x: float, y: float) -> None:
        """Choose the lesson nearest to a click."""
        at = min(COURSE, key=lambda n: (COURSE[n].column - x) ** 2 + (COURSE[n].row - y) ** 2)
        self.set(lesson=at)

    def compute(self) -> None:
        self.lit = before(self.lesson)

    def role(self, number: str) -> str:
        return "here" if number == self.lesson else "function" if number in self.lit else "guide"

    def scene(self) -> list[Panel]:
        marks: list[Mark] = []
        for number, entry in COURSE.items():
            for needed in entry.needs:
                there = COURSE[needed]
                role = "function" if number in (*self.lit, self.lesson) else "guide"
                marks.append(edge(there.column, there.row, entry.column, entry.row, role=role))
        for number, entry in COURSE.items():
            marks.append(node(entry.column, entry.row, number, role=self.role(number)))
            aside = {"start": 0.07, "middle": 0.0, "end": -0.07}[entry.anchor]
            height = entry.row + (0.32 if entry.row else -0.32)
            marks.append(text(entry.column + aside, height, entry.name, entry.anchor))
            if number in self.by_hand:
                marks.append(text(entry.column + 0.17, entry.row + 0.1, self.by_hand[number]))
        if self.by_hand:
            marks.append(text(-0.45, 2.8, "by hand:  ✓ sits,  ◐ begun"))  # over the names of the first row
        top = 3.0 if self.by_hand else 2.55
        return [Panel(marks, xlim=(-0.5, 5.8), ylim=(-0.55, top), axes=False, click="pick", name="course")]

    def describe(self) -> str:
        entry = COURSE[self.lesson]
        head = f"lesson {self.lesson}, {entry.name}, {entry.minutes} minutes"
        sits = {"✓": "; what it has to practise by hand sits", "◐": "; practice by hand is begun"}
        head += sits.get(self.by_hand.get(self.lesson, ""), "")
        if not self.lit:
            return f"{head}: it builds on nothing; begin here"
        hours = sum(COURSE[number].minutes for number in self.lit) / 60
        lessons = count(len(self.lit), "lesson")
        return f"{head}: it builds on {lessons} ({', '.join(self.lit)}), about {hours:.1f} hours of work"


FIGURES = {"one-knob": OneKnob, "two-knobs": TwoKnobs, "blame": Blame, "ten-knobs": TenKnobs, "map": CourseMap}
