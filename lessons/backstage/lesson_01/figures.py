"""The figures of lesson 01, the hill and the slope."""

from __future__ import annotations

from functools import cache

import numpy as np

import dlcourse as dl
from dlcourse.figures import Figure, Mark, Panel, action, arrow, band, choice, curve, point, polyline, slider, text
from dlcourse.figures.hills import Array, Hill
from dlcourse.figures.spelling import scientific, signed

NOWHERE = [np.nan, np.nan]  # drawn as nothing, so that the list of marks stays the same


def sign_of(slope: float) -> int:
    """−1, 0 or 1; what rounds to 0.00 counts as level."""
    return 0 if abs(slope) < 5e-3 else int(np.sign(slope))


def side(move: int) -> str:
    return "right" if move > 0 else "left"


# ------------------------------------------------------------------------------------------------ fog


@cache
def landscape() -> tuple[dl.Node, dl.Node, dict[str, dl.Node]]:
    """Height and slope of every hill in the fog: one graph, c(x − m)² + Σ aₖ sin(kx + pₖ)."""
    x, bowl = dl.placeholder("x", shape=(None, 1)), dl.placeholder("bowl", shape=(2,))
    waves = dl.placeholder("waves", shape=(2, 3))
    away = x[:, 0] - bowl[1]
    height = bowl[0] * away * away + dl.sum(dl.sin(x * np.array([1.1, 1.9, 2.7]) + waves[1]) * waves[0], axis=1)
    (slope,) = dl.gradients(dl.sum(height), [x])
    return height, slope, {"x": x, "bowl": bowl, "waves": waves}


class Country:
    """One hill in the fog: its heights, the place of the hiker, the lowest place."""

    xs: Array = np.linspace(-3.0, 3.0, 241)
    reach = 3.0  # from the lowest place to the highest one

    def __init__(self, number: int) -> None:
        rng = np.random.default_rng([7, number])
        height, slope, feeds = landscape()
        if number <= 2:  # the two cases of the puzzle: the bottom to the right, the bottom to the left
            bowl, waves = np.array([0.2, 1.4 if number == 1 else -1.4]), np.zeros((2, 3))
        else:
            bowl = np.array([0.14, rng.uniform(-1, 1)])
            waves = np.stack([rng.uniform(0.3, 0.7, size=3), rng.uniform(0, 2 * np.pi, size=3)])
        values = {feeds["x"]: self.xs[:, None], feeds["bowl"]: bowl, feeds["waves"]: waves}
        heights, slopes = dl.run([height, slope], values)
        scale = self.reach / np.ptp(heights)
        self.heights: Array = heights * scale
        self.slopes: Array = slopes[:, 0] * scale
        low = int(np.argmin(self.heights))
        self.village = float(self.xs[low]), float(self.heights[low])
        # the hiker stands on a slope, not next to the village, and not at the border of the picture
        fine = (np.abs(self.slopes) > 0.3) & (np.abs(self.xs - self.xs[low]) > 0.7) & (np.abs(self.xs) < 2.6)
        at = int(np.argmin(np.abs(self.xs))) if number <= 2 else int(rng.choice(np.nonzero(fine)[0]))
        self.x, self.y, self.slope = float(self.xs[at]), float(self.heights[at]), float(self.slopes[at])
        self.rule = -sign_of(self.slope)
        self.way = 1 if self.village[0] > self.x else -1


class Fog(Figure):
    """A hiker sees a piece of the hill only, says where the village is, and is told how the sign rule does."""

    title = "Fog: where is the village?"
    sight = slider(0.1, 2.5, value=0.3, step=0.1, label="how far you see")
    left = action("Village on the left", "go_left")
    right = action("Village on the right", "go_right")
    onward = action("Next hill", "next_hill")

    number = 1
    said = 0  # −1 and 1 once the hiker has said it, 0 before
    asked = won = rule_won = 0

    def go_left(self) -> None:
        self.go(-1)

    def go_right(self) -> None:
        self.go(1)

    def go(self, way: int) -> None:
        if self.said:
            return  # the fog has lifted: it is too late to say something else
        self.said = way
        self.asked += 1
        self.won += way == self.country.way
        self.rule_won += self.country.rule == self.country.way

    def next_hill(self) -> None:
        self.number, self.said = self.number + 1, 0

    def compute(self) -> None:
        self.country = country(self.number)

    def scene(self) -> list[Panel]:
        c = self.country
        low, high = c.y - 3.3, c.y + 3.3  # the hiker is always half way up: the picture's height tells nothing
        seen = np.abs(c.xs - c.x) <= self.sight + 1e-9
        marks: list[Mark] = []
        if self.said:
            marks.append(curve(c.xs, c.heights, role="path"))
        else:
            for a, b in ((-3.0, c.x - self.sight), (c.x + self.sight, 3.0)):
                if b - a > 0.05:
                    marks.append(band([a, b], [low, low], [high, high], role="neutral"))
                if b - a > 0.6:
                    marks.append(text((a + b) / 2, c.y + 2.6, "fog", anchor="middle"))
        marks.append(curve(c.xs[seen], c.heights[seen], role="function"))
        if self.said:
            ends = np.array([-0.9, 0.9])
            marks.append(curve(c.x + ends, c.y + c.slope * ends, role="derivative", label="slope"))
            marks.append(point(*c.village, role="minimum", label="village"))
        marks.append(point(c.x, c.y, role="here", label="you"))
        return [Panel(marks, xlim=(-3, 3), ylim=(low, high), xlabel="x", ylabel="height f(x)", name="hill")]

    def score(self) -> str:
        return f"Score: you {self.won} of {self.asked}, the sign rule {self.rule_won} of {self.asked}."

    def describe(self) -> str:
        c = self.country
        if not self.said:
            so_far = self.score() if self.asked else "No score yet."
            return f"Hill {self.number}: you see {self.sight:.1f} to each side. Is the village left or right? {so_far}"
        hit = "and there it is" if self.said == c.way else f"but it is on the {side(c.way)}"
        rule = "rightly" if c.rule == c.way else "wrongly"
        return (
            f"Hill {self.number}, seen {self.sight:.1f} to each side: you say {side(self.said)}, {hit}. "
            f"The slope under you is {signed(c.slope)}, so the sign rule goes {side(c.rule)}, {rule}. {self.score()}"
        )


@cache
def country(number: int) -> Country:
    return Country(number)


# ------------------------------------------------------------------------------------------------ secant

SMOOTH = {
    "square": Hill("square", "x²", lambda x: x * x),
    "cubic": Hill("cubic", "½x³ − x", lambda x: x * x * x / 2 - x),
    "corner": Hill("corner", "|x|", dl.abs),
}
ROOM = {"square": ((-0.6, 4.6), (-2.2, 4.2)), "cubic": ((-2.4, 2.4), (-2.2, 4.2)), "corner": ((-0.6, 2.6), (-1.6, 1.6))}


class Secant(Figure):
    """The line through two places of a hill, and the difference quotient for every distance between them."""

    title = "Two heights, one slope"
    hill = choice({name: h.formula for name, h in SMOOTH.items()}, value="square", label="hill f")
    x = slider(-1.5, 1.5, value=1.0, step=0.05, label="place x")
    h = slider(-1.0, 1.0, value=0.8, step=0.02, label="distance h")

    steps: Array = np.linspace(-1.0, 1.0, 101)  # step 50 is h = 0: there is no quotient
    spot = ("", 0.0)  # where the reader has slid h, and from where to where: no more than that is drawn

    def compute(self) -> None:
        f = SMOOTH[self.hill]
        if self.spot != (self.hill, self.x):
            self.spot, self.lowest, self.highest = (self.hill, self.x), self.h, self.h
        self.lowest, self.highest = min(self.lowest, self.h), max(self.highest, self.h)
        self.near = self.lowest < 0.1 and self.highest > -0.1
        self.here, there = (float(v) for v in f(np.array([self.x, self.x + self.h])))
        self.rise = there - self.here
        self.level = abs(self.h) < 1e-9
        self.quotient = 0.0 if self.level else self.rise / self.h
        self.quotients = np.full_like(self.steps, np.nan)
        some = np.abs(self.steps) > 1e-9
        self.quotients[some] = (f(self.x + self.steps[some]) - self.here) / self.steps[some]
        # at a corner the two nearest quotients do not meet
        self.corner = abs(self.x) < 1e-9 and self.hill == "corner"
        self.slope = float(f.slope(self.x))

    def scene(self) -> list[Panel]:
        f, x, h, y = SMOOTH[self.hill], self.x, self.h, self.here
        (low, high), room = ROOM[self.hill]
        xs, ends = np.linspace(-2.5, 2.5, 101), np.array([-5.0, 5.0])
        line = NOWHERE if self.level else (y + self.quotient * ends).tolist()
        touch = NOWHERE if self.corner or not self.near else (y + self.slope * ends).tolist()
        slope = Panel(
            [
                curve(xs, f(xs), role="function", label="f"),
                curve(x + ends, touch, role="guide"),
                curve(x + ends, line, role="derivative"),
                polyline([x, x + h, x + h], [y, y, y + self.rise], role="path"),
                point(x + h, y + self.rise, role="derivative", label="" if self.level else "x + h"),
                point(x, y, role="here", label="x", drag={"x": "x"}),
            ],
            xlim=(-2.5, 2.5),
            ylim=(low, high),
            xlabel="place",
            ylabel="height",
            title="The line through two places",
            name="hill",
        )
        limits = NOWHERE if self.corner or not self.near else [self.slope, self.slope]
        slid = (self.steps >= self.lowest - 0.01) & (self.steps <= self.highest + 0.01)
        quotient = Panel(
            [
                curve([-1.0, 1.0], limits, role="guide", label="f′(x)"),
                curve(self.steps, np.where(slid, self.quotients, np.nan), role="derivative"),
                point(
                    h,
                    self.slope if self.level and not self.corner else self.quotient,
                    role="here",
                    label="0/0" if self.level else "now",
                    drag={"x": "h"},
                ),
            ],
            xlim=(-1.05, 1.05),
            ylim=(room[0], room[1]),
            xlabel="distance h",
            ylabel="[f(x + h) − f(x)] / h",
            title="Its steepness, for every h",
            name="quotient",
        )
        return [slope, quotient]

    def describe(self) -> str:
        where = f"{SMOOTH[self.hill].formula} at x = {self.x:.2f}"
        if self.level:
            if self.corner:
                return f"{where}, h = 0: 0 divided by 0. From the right the quotients come to +1, from the left to −1"
            return f"{where}, h = 0: 0 divided by 0, no quotient; from both sides they come to {signed(self.slope)}"
        second = "to the right" if self.h > 0 else "to the left"
        up = f"{abs(self.rise):.2f} {'higher' if self.rise > 0 else 'lower'}" if abs(self.rise) > 5e-3 else "as high"
        gap = "" if self.corner or not self.near else f"; the derivative is {signed(self.slope)}"
        return (
            f"{where}: the second place is {abs(self.h):.2f} {second} and {up}, "
            f"so the quotient is {signed(self.quotient)}{gap}"
        )


# ------------------------------------------------------------------------------------------------ rule

HILLS = {
    "bowl": Hill("bowl", "½x²", lambda x: x * x / 2),
    "valleys": Hill("valleys", "two valleys", lambda x: x**4 / 8 - x**3 / 20 - 0.675 * x**2),  # level at −1.5, 0, 1.8
    "cosine": Hill("cosine", "cos x", dl.cos),
    "cubic": Hill("cubic", "⅓x³", lambda x: x * x * x / 3),
}
WINDOWS = {"bowl": (-0.5, 3.0), "valleys": (-1.5, 0.9), "cosine": (-1.6, 1.8), "cubic": (-3.0, 3.0)}


class Rule(Figure):
    """The sign rule along a hill, beside the slope that it reads."""

    title = "The sign of the slope says which way is down"
    hill = choice({name: h.formula for name, h in HILLS.items()}, value="bowl", label="hill f")
    x = slider(-2.0, 2.0, value=-1.2, step=0.1, label="place x")

    def compute(self) -> None:
        f = HILLS[self.hill]
        self.y, self.slope = float(f(self.x)), float(f.slope(self.x))
        before, here, after = (float(v) for v in f(self.x + np.array([-0.05, 0.0, 0.05])))
        self.higher = (before > here + 1e-12, after > here + 1e-12)
        self.way = -sign_of(self.slope)

    def scene(self) -> list[Panel]:
        f, (low, high) = HILLS[self.hill], WINDOWS[self.hill]
        xs, ends = np.linspace(-2.2, 2.2, 89), np.array([-0.6, 0.6])
        slopes = f.slope(xs)
        marks = [
            curve(xs, f(xs), role="function", label="f"),
            curve(self.x + ends, self.y + self.slope * ends, role="derivative"),
        ]
        if self.way:
            marks.append(arrow(self.x, self.y, self.x + 0.75 * self.way, self.y, role="here"))
        words = f"go {side(self.way)}" if self.way else "level"
        marks.append(point(self.x, self.y, role="here", label=words, drag={"x": "x"}))
        hill = Panel(
            marks, xlim=(-2.2, 2.2), ylim=(low, high), xlabel="x", ylabel="height f(x)", title="The hill", name="hill"
        )
        reach = float(np.max(np.abs(slopes))) * 1.5
        sign = Panel(
            [
                band(xs, np.minimum(slopes, 0), np.zeros_like(xs), role="region_a"),
                band(xs, np.zeros_like(xs), np.maximum(slopes, 0), role="region_b"),
                text(-2.1, -0.85 * reach, "below 0: go right"),
                text(-2.1, 0.85 * reach, "above 0: go left"),
                curve(xs, slopes, role="derivative", label="f′"),
                point(self.x, self.slope, role="here"),
            ],
            xlim=(-2.2, 2.2),
            ylim=(-reach, reach),
            xlabel="x",
            ylabel="slope f′(x)",
            title="Its slope",
            name="slope",
        )
        return [hill, sign]

    def describe(self) -> str:
        where = f"{HILLS[self.hill].formula}, x = {self.x:.1f}"
        if self.way:
            kind = "negative" if self.slope < 0 else "positive"
            return f"{where}: the slope is {signed(self.slope)}, {kind}, so down is to the {side(self.way)}"
        place = {
            (True, True): "both neighbours are higher: the bottom of a valley",
            (False, False): "both neighbours are lower: a hilltop",
        }
        what = place.get(self.higher, "one neighbour is higher, one lower: a level spot on a slope")
        return f"{where}: the slope is 0, and the rule says stay; {what}"


# ------------------------------------------------------------------------------------------------ ucurve


class Jet(Hill):
    """A hill with its second and third derivative, too."""

    def higher(self, x: float) -> tuple[float, float]:
        if not hasattr(self, "_more"):
            (second,) = dl.gradients(dl.sum(self._df), [self._x])
            (third,) = dl.gradients(dl.sum(second), [self._x])
            self._more = second, third
        second, third = self._more
        return float(self._run(second, x)), float(self._run(third, x))


# Only + − × ÷ and √ are used: IEEE 754 fixes their last bit, so that even the noise is the same on every machine.
JETS = {
    "cube": Jet("cube", "x³", lambda x: x * x * x),
    "inverse": Jet("inverse", "1/x", lambda x: 1 / x),
    "root": Jet("root", "√x", dl.sqrt),
}
UNIT = 2.0**-53  # half the gap between 1 and the next float: the relative error of one rounding


class UCurve(Figure):
    """The error of two difference quotients for every h, and the hill through a microscope as wide as h."""

    title = "Smaller and smaller h"
    hill = choice({name: h.formula for name, h in JETS.items()}, value="cube", label="hill f")
    x = slider(0.6, 1.6, value=0.7, step=0.1, label="place x")
    h = slider(1e-16, 0.2, value=0.2, log=True, label="distance h")
    halve = action("Halve h", "halve_h")
    thousandth = action("h ÷ 1000", "shrink_h")

    hs: Array = np.logspace(-16, np.log10(0.2), 154)
    least = 1.0  # the smallest h so far: the errors of smaller ones are not drawn yet

    def halve_h(self) -> None:
        self.h = self.h / 2

    def shrink_h(self) -> None:
        self.h = self.h / 1000

    def compute(self) -> None:
        f, x = JETS[self.hill], self.x
        self.least = min(self.least, self.h)
        self.value, self.slope = float(f(x)), float(f.slope(x))
        self.second, self.third = f.higher(x)
        all_h = np.append(self.hs, self.h)
        ahead, behind = f(x + all_h), f(x - all_h)
        self.forward = np.abs((ahead - self.value) / all_h - self.slope)
        self.central = np.abs((ahead - behind) / (2 * all_h) - self.slope)
        # where the two sources of error of the central quotient are equal
        self.bottom = float((6 * UNIT * abs(self.value) / abs(self.third)) ** (1 / 3))

    def scene(self) -> list[Panel]:
        f, x, h = JETS[self.hill], self.x, self.h
        hs = self.hs
        # each error is drawn as a line where it is the larger one
        turn = float(np.sqrt(2 * UNIT * abs(self.value) / abs(self.second)))
        left, far, near = (np.array(ends) for ends in ([1e-16, self.bottom], [turn, 0.2], [self.bottom, 0.2]))
        seen = np.append(hs, h) >= 0.9 * self.least
        drawn = [np.where((e > 0) & seen, e, np.nan) for e in (self.central, self.forward)]
        left = np.maximum(left, self.least) if self.least < self.bottom / 10 else np.array(NOWHERE)
        far, near = np.maximum(far, self.least), np.maximum(near, self.least)
        grown = self.least < 1e-3  # a line is named when there is one
        error = Panel(
            [
                curve(near, abs(self.third) / 6 * near**2, role="guide"),
                curve(far, abs(self.second) / 2 * far, role="guide"),
                curve(left, UNIT * abs(self.value) / left, role="guide"),
                text(3e-14, 2.0, "rounding ∝ 1/h" if self.least < 1e-9 else ""),
                text(3e-5, 0.1, "forward" if grown else "", anchor="end"),
                text(3e-5, 5e-3, "truncation ∝ h" if grown else "", anchor="end"),
                text(0.15, 4e-12, "central" if grown else "", anchor="end"),
                text(0.15, 1.5e-13, "truncation ∝ h²" if grown else "", anchor="end"),
                curve(hs, drawn[1][:-1], role="derivative"),
                curve(hs, drawn[0][:-1], role="function"),
                point(h, float(max(self.central[-1], 1e-14)), role="here"),
            ],
            xlim=(1e-16, 0.2),
            ylim=(1e-14, 10.0),
            xscale="log",
            yscale="log",
            xlabel="distance h",
            ylabel="error of the slope",
            title="How wrong each quotient is",
            name="error",
            width=1.25,
        )
        t = np.linspace(-2.0, 2.0, 161)
        reach = 3 * abs(self.slope) + 0.3
        chord = (f(x + np.array([-h, h])) - self.value) / h
        through = (chord[0] + chord[1]) / 2 + (chord[1] - chord[0]) / 2 * np.array([-2.0, 2.0])
        microscope = Panel(
            [
                curve(t, (f(x + t * h) - self.value) / h, role="function", label="f"),
                curve([-2.0, 2.0], through, role="derivative"),
                point(-1.0, float(chord[0]), role="derivative", label="x − h"),
                point(1.0, float(chord[1]), role="derivative", label="x + h"),
            ],
            xlim=(-2, 2),
            ylim=(-reach, reach),
            xlabel="(place − x) / h",
            ylabel="(height − f(x)) / h",
            title="The hill under a microscope",
            name="microscope",
        )
        return [error, microscope]

    def describe(self) -> str:
        if self.h > 3 * self.bottom:
            why = "truncation rules: the hill bends between the two places, and a smaller h helps"
        elif self.h > self.bottom / 3:
            why = "truncation and rounding are about equal: no h does much better"
        else:
            why = "rounding rules: the two heights share most of their digits, and a smaller h hurts"
        return (
            f"{JETS[self.hill].formula} at x = {self.x:.1f}, h = {scientific(self.h)}: the central quotient is off by "
            f"{scientific(float(self.central[-1]))}, the forward one by {scientific(float(self.forward[-1]))}; {why}"
        )


FIGURES = {"fog": Fog, "secant": Secant, "rule": Rule, "ucurve": UCurve}
