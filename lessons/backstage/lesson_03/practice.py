"""Practice for lesson 03: slopes read from a map, and the steepest way down."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import dlcourse as dl
from dlcourse.figures import Mark, Panel, point, polyline, text
from dlcourse.lesson.practice import Box, Problem, bracketed, exact, family, sheet, stepped

Rng = np.random.Generator
TRIPLES = ((3, 4, 5), (4, 3, 5), (6, 8, 10), (8, 6, 10), (0.6, 0.8, 1.0), (0.3, 0.4, 0.5), (5, 12, 13))
DIRECTIONS = ((0.6, 0.8), (0.8, 0.6), (-0.6, 0.8), (0.8, -0.6), (-0.8, -0.6))


@family("03.map", "Slopes from a map", levels=("two partials", "the steepest way down", "another way, and a step"))
def slopes_from_a_map(rng: Rng, level: int) -> Problem:
    """The heights of three places say both slopes; the slopes say the rest."""
    while True:
        if level == 0:
            a, b = (float(rng.choice([-3, -2, -1.5, -0.5, 0.5, 1.5, 2, 3])) for _ in range(2))
        else:
            triple = TRIPLES[int(rng.integers(len(TRIPLES)))]
            a, b = triple[0] * float(rng.choice([-1, 1])), triple[1] * float(rng.choice([-1, 1]))
        east, north = (float(rng.choice([1, 2] if level else [1, 2, 4])) for _ in range(2))
        x0, y0, h = float(rng.integers(-3, 4)), float(rng.integers(-3, 4)), float(rng.integers(20, 60))
        rate, d = float(rng.choice([0.1, 0.2, 0.5])), DIRECTIONS[int(rng.integers(len(DIRECTIONS)))]
        along = a * d[0] + b * d[1]
        gaps = [abs(a * east), abs(b * north), abs(a * east - b * north)]  # lines too near to be told apart
        if abs(a) == abs(b) or x0 == y0 or {x0, y0} & {a, b} or min(gaps) < 0.25 * max(gaps):
            continue
        if level < 2 or (abs(along) > 0.05 and abs(abs(along) - float(np.hypot(a, b))) > 0.05):
            break
    # the engine says what is right
    p = dl.parameter(np.array([x0, y0]), name="p")
    height = dl.sum((p - np.array([x0, y0])) * np.array([a, b])) + h
    (gradient,) = dl.gradients(height, [p])
    steep = dl.sqrt(dl.sum(dl.square(gradient)))
    values = dl.run([gradient, -gradient, steep, p - rate * gradient, dl.sum(gradient * np.array(d))])
    (fx, fy), down, steepest, new, slope = values

    h_east, h_north = h + a * east, h + b * north
    boxes = []
    for name, sign, value, far, there, other, other_far in (
        ("fx", "∂f/∂x", float(fx), east, h_east, b, north),
        ("fy", "∂f/∂y", float(fy), north, h_north, a, east),
    ):
        way = "east" if name == "fx" else "north"
        boxes.append(
            Box(
                name,
                f"{sign}, the slope to the {way}",
                value,
                (0, 0),
                f"{exact(far)} to the {way} the height changes from {exact(h)} to {exact(there)}: "
                f"{bracketed(there - h)}/{exact(far)} = {exact(value)}.",
                {
                    "That is how much the height changes; divide by how far you went.": there - h,
                    "You took the heights the other way round: there minus here.": (h - there) / far,
                    "You multiplied by how far you went; divide.": (there - h) * far,
                    "You went to the other place: x goes east, y goes north.": other,
                    "You went to the other place and did not divide.": other * other_far,
                    "That is the height there, not the slope.": there,
                    "That is the height here, not the slope.": h,
                    "You divided by how far the other place is.": (there - h) / other_far,
                    "You divided the height there by the way; take the difference first.": there / far,
                },
            )
        )
    if level == 1:
        for k, (name, letter) in enumerate((("dx", "x"), ("dy", "y"))):
            own, other = (a, b) if k == 0 else (b, a)
            boxes.append(
                Box(
                    name,
                    f"down {letter}, the part in {letter} of the steepest way down",
                    float(down[k]),
                    (0, 0),
                    f"Against the gradient: −∂f/∂{letter} = {exact(-own)}.",
                    {
                        "That is the steepest way up; go against the gradient.": own,
                        "That is minus the other slope: x and y have changed places.": -other,
                        "x and y have changed places, and it leads up.": other,
                        "You made it 1 long. Here it is as long as the gradient.": -own / float(np.hypot(a, b)),
                        "It is not 0: both slopes pull.": 0.0,
                    },
                    follows=lambda v, k=k: -v["fx" if k == 0 else "fy"],  # type: ignore[misc]
                )
            )
        boxes.append(
            Box(
                "steep",
                "‖∇f‖, how steep it is that way",
                float(steepest),
                (0, 0),
                f"√({bracketed(a)}² + {bracketed(b)}²) = {exact(float(steepest))}.",
                {
                    "You added the two slopes. Square them, add, and take the root.": a + b,
                    "You added the two sizes. Square them, add, and take the root.": abs(a) + abs(b),
                    "The root is missing.": a * a + b * b,
                    "Without the squares: the root of the sum is something else.": float(np.sqrt(abs(a + b))),
                    "That is one of the two slopes; both count.": max(abs(a), abs(b)),
                    "That is the smaller of the two slopes; both count.": min(abs(a), abs(b)),
                    "You took the mean of the two sizes.": (abs(a) + abs(b)) / 2,
                    "You subtracted the squares; they are added.": abs(a * a - b * b),
                    "You subtracted the squares, then took the root; they are added.": float(
                        np.sqrt(abs(a * a - b * b))
                    ),
                },
                follows=lambda v: float(np.hypot(v["fx"], v["fy"])),
            )
        )
    if level == 2:
        boxes.append(
            Box(
                "along",
                "∇f · d, the slope along d",
                float(slope),
                (0, 0),
                f"{bracketed(a)} · {bracketed(d[0])} + {bracketed(b)} · {bracketed(d[1])} = {exact(float(slope))}.",
                {
                    "Only the part in x is in it.": a * d[0],
                    "Only the part in y is in it.": b * d[1],
                    "You subtracted the second part; the parts are added.": a * d[0] - b * d[1],
                    "x and y have changed places in d.": a * d[1] + b * d[0],
                    "You added the slopes; each is multiplied with its part of d first.": a + b,
                    "You multiplied the two parts; they are added.": a * d[0] * b * d[1],
                    "You multiplied the sums; multiply x with x and y with y, then add.": (a + b) * (d[0] + d[1]),
                    "You took all parts as positive.": abs(a * d[0]) + abs(b * d[1]),
                    "That is how steep it is straight up; d goes another way.": float(np.hypot(a, b)),
                },
                follows=lambda v: v["fx"] * d[0] + v["fy"] * d[1],
            )
        )
        for k, (name, letter) in enumerate((("x", "x"), ("y", "y"))):
            here, own, other = (x0, a, b) if k == 0 else (y0, b, a)
            boxes.append(
                Box(
                    name,
                    f"the new {letter}, after one step of descent",
                    float(new[k]),
                    (0, 0),
                    f"{exact(here)} − {exact(rate)} · {bracketed(own)} = {exact(float(new[k]))}.",
                    stepped(
                        here,
                        rate,
                        own,
                        letter,
                        {
                            "You took the slope of the other direction.": here - rate * other,
                            "You took the slope along d; the step goes against the gradient.": here - rate * along,
                            "You walked along d.": here + rate * d[k],
                            "You walked against d; walk against the gradient.": here - rate * d[k],
                            "You started from the other coordinate.": (y0 if k == 0 else x0) - rate * own,
                        },
                        "the gradient",
                    ),
                    follows=lambda v, k=k, here=here: here - rate * v["fx" if k == 0 else "fy"],  # type: ignore[misc]
                )
            )
    given: dict[str, Any] = {"x": x0, "y": y0, "the height here": h}
    given |= {"the height in the east": h_east, "the height in the north": h_north}
    given |= {"the way to the east": east, "the way to the north": north}
    if level == 2:
        given |= {"η": rate, "d": d}
    asks = {
        0: "Fill in both partial derivatives.",
        1: "Fill in both partial derivatives, the arrow −∇f, and how steep it is.",
        2: f"Fill in both partial derivatives, the slope along d = ({exact(d[0])}, {exact(d[1])}), and a step of "
        f"descent with η = {exact(rate)}.",
    }
    task = (
        f"You stand at ({exact(x0)}, {exact(y0)}). The ground is even, and each dotted line joins places of the height "
        f"written on it. {asks[level]}"
    )
    known = f"η = {exact(rate)}, d = ({exact(d[0])}, {exact(d[1])})" if level == 2 else None
    boxes, panel = sheet(boxes, panel=1, title=known)
    seen = (
        f"Where you stand the height is {exact(h)}; {exact(east)} to the east it is {exact(h_east)}, "
        f"{exact(north)} to the north {exact(h_north)}."
    )
    return Problem(task, [_map(x0, y0, h, a, b, east, north), panel], boxes, given, in_words=seen)


def _map(x0: float, y0: float, h: float, a: float, b: float, east: float, north: float) -> Panel:
    """Contour lines through the three places, and their heights."""
    half = max(east, north) * 1.5
    xlim, ylim = (x0 - 0.6 * half, x0 + 1.4 * half), (y0 - 0.6 * half, y0 + 1.4 * half)
    marks: list[Mark] = []
    heights: list[Mark] = []
    taken = [(x0 + share * east, y0) for share in (0, 0.5, 1)] + [(x0, y0 + share * north) for share in (0.5, 1)]
    taken.append((x0 - 0.25 * half, y0 + 0.15 * half))  # "you"
    for height in sorted({h, h + a * east, h + b * north}):
        # the line a·(x − x0) + b·(y − y0) = height − h, as far as the map goes
        ends = []
        for x in xlim:
            y = y0 + (height - h - a * (x - x0)) / b
            if ylim[0] <= y <= ylim[1]:
                ends.append((x, y))
        for y in ylim:
            x = x0 + (height - h - b * (y - y0)) / a
            if xlim[0] <= x <= xlim[1]:
                ends.append((x, y))
        (xa, ya), (xb, yb) = ends[0], ends[-1]
        marks.append(polyline([xa, xb], [ya, yb], role="guide"))
        # the height stands on its line, as on a map: beside it, it might be the next line's
        shares = np.linspace(0.08, 0.92, 22)
        places = [(xa + share * (xb - xa), ya + share * (yb - ya)) for share in shares]
        heights.append(
            text(*max(places, key=lambda at: min(math.dist(at, other) for other in taken)), exact(height), "middle")
        )
    marks += [point(x0, y0, label="you"), point(x0 + east, y0, role="path"), point(x0, y0 + north, role="path")]
    marks += [polyline([x0, x0 + east], [y0, y0]), polyline([x0, x0], [y0, y0 + north]), *heights]
    return Panel(marks, xlim, ylim, xlabel="x, to the east", ylabel="y, to the north", aspect="equal", name="map")
