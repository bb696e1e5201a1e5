"""Practice for lesson 02: steps down a hill that one sees, without and with momentum."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

import dlcourse as dl
from dlcourse.figures import Mark, Panel, curve, point, points, polyline
from dlcourse.lesson.practice import Box, Problem, bracketed, exact, family, sheet, stepped

Rng = np.random.Generator
RATES = (0.1, 0.2, 0.5)


def bowl(x: Any, bend: float, low: float) -> Any:
    """A bowl of this curvature, lowest at ``low``."""
    return bend / 2 * (x - low) ** 2


@family("02.step", "A step down the hill", levels=("one step", "two steps", "a step with momentum"))
def step_down(rng: Rng, level: int) -> Problem:
    """The slope is read from the picture; then one walks against it."""
    return _two_steps(rng) if level == 1 else _one_step(rng, heavy=level == 2)


def _one_step(rng: Rng, heavy: bool) -> Problem:
    """A bowl with its tangent, and a triangle from which the slope can be read."""
    while True:
        bend, low, rate = float(rng.choice([0.5, 1, 2])), float(rng.integers(-2, 3)), float(rng.choice(RATES))
        x0 = low + float(rng.choice([-4, -3, -2, -1, 1, 2, 3, 4]))
        v, beta = float(rng.choice([-4, -3, -2, 2, 3, 4])), float(rng.choice([0.5, 0.8, 0.9]))
        across = float(rng.choice([1, 2]))
        slope = bend * (x0 - low)
        numbers = [0.0, x0, slope, slope * across, rate, v, beta, 1.0]
        if abs(slope) in (0.5, 1) or len({abs(n) for n in numbers}) < len(numbers):
            continue  # two numbers that are alike hide which one was taken
        if not heavy or abs(beta * v + slope) > 0.3:
            break
    # the engine says what is right
    x = dl.parameter(x0, name="x")
    (df,) = dl.gradients(bowl(x, bend, low), [x])
    new_v = beta * v + df if heavy else df
    slope, velocity, new_x = (float(n) for n in dl.run([df, new_v, x - rate * new_v]))

    boxes = [
        Box(
            "slope",
            "f′(x), the slope",
            slope,
            (0, 0),
            f"The tangent rises by {exact(slope * across)} over {exact(across)}: "
            f"f′(x) = {bracketed(slope * across)}/{exact(across)} = {exact(slope)}.",
            {
                "That is how far the tangent rises; divide by how far it goes across.": slope * across,
                "That is how far it goes across, divided by how far it rises. It is the other way round.": 1 / slope,
                "That is the height at x, not the slope there.": bend / 2 * (x0 - low) ** 2,
                "That is the place x, not the slope there.": x0,
                "You multiplied the two sides of the triangle; divide.": slope * across * across,
                "You turned the sign: where the tangent falls to the right, the slope is negative.": -slope,
            },
        )
    ]
    if heavy:
        boxes.append(
            Box(
                "v",
                "the new v, the velocity",
                velocity,
                (0, 0),
                f"βv + f′(x) = {exact(beta)} · {bracketed(v)} + {bracketed(slope)} = {exact(velocity)}.",
                {
                    "You kept all of the old velocity: β is missing.": v + slope,
                    "That is what is kept of the old velocity; the slope is added to it.": beta * v,
                    "You subtracted the slope. It is added here, and subtracted when you walk.": beta * v - slope,
                    "β multiplies the old velocity, not the slope.": v + beta * slope,
                    "β multiplies the old velocity only.": beta * (v + slope),
                    "You kept 1 − β of the old velocity.": (1 - beta) * v + slope,
                    "You weighed both: here the slope counts in full.": beta * v + (1 - beta) * slope,
                    "η is not in it yet: it counts when you walk.": beta * v + rate * slope,
                    "That is walking already; the new velocity is asked first.": beta * v - rate * slope,
                    "You turned the sign of the old velocity.": -beta * v + slope,
                },
                follows=lambda b: beta * v + b["slope"],
            )
        )
    boxes.append(
        Box(
            "x",
            "the new x, the place after the step",
            new_x,
            (0, 0),
            f"x − η{'v' if heavy else 'f′(x)'} = {exact(x0)} − {exact(rate)} · {bracketed(velocity)} = {exact(new_x)}.",
            stepped(
                x0,
                rate,
                velocity,
                "x",
                {
                    "You multiplied x by the slope.": x0 * velocity,
                    **(
                        {
                            "You walked along the slope; walk along the new velocity.": x0 - rate * slope,
                            "You walked along the old velocity.": x0 - rate * v,
                            "You walked by what is kept of the old velocity; walk by all of the new one.": x0
                            - rate * beta * v,
                            "The slope is in the new velocity already; you took it twice.": x0
                            - rate * (velocity + slope),
                            "β is not in this line: it is in v already.": x0 - rate * beta * velocity,
                        }
                        if heavy
                        else {}
                    ),
                },
                "the velocity" if heavy else "the slope",
            ),
            follows=(lambda b: x0 - rate * b["v"]) if heavy else (lambda b: x0 - rate * b["slope"]),
        )
    )
    given: dict[str, Any] = {"x": x0, "η": rate, "bowl": (bend, low)}
    if heavy:
        given |= {"v": v, "β": beta}
    known = ", ".join(f"{name} = {exact(number)}" for name, number in given.items() if name != "bowl")
    rest = ", the new velocity and the new place" if heavy else " and the new place"
    boxes, panel = sheet(boxes, panel=1)
    return Problem(
        f"You stand at x; {known}. Read the slope from the triangle. Fill in the slope{rest}.",
        [replace(_hill(x0, bend, low, across), title=known), panel],
        boxes,
        given,
        in_words=f"The tangent at x and a triangle under it: {exact(across)} to the right, "
        f"{exact(abs(slope * across))} {'up' if slope > 0 else 'down'}.",
    )


def _two_steps(rng: Rng) -> Problem:
    """A bowl, and beside it its slope at every place."""
    while True:
        bend, low, rate = float(rng.choice([1, 2])), float(rng.integers(-2, 3)), float(rng.choice([0.25, 0.5]))
        x0 = low + float(rng.choice([-4, -2, 2, 4]))
        if rate * bend < 1 and x0 not in (0, low) and abs(bend * (x0 - low)) != abs(x0):
            break
    x = dl.parameter(x0, name="x")
    hill = bowl(x, bend, low)
    df, step = dl.gradients(hill, [x])[0], dl.GradientDescent(learning_rate=rate).minimize(hill)
    places, slopes = [x0], []
    for _ in range(2):
        slopes.append(float(dl.run(df)))
        step()
        places.append(float(x.value))
    boxes = []
    for k in range(2):
        here, slope = places[k], slopes[k]
        name, at = ("x₁", "x₀") if k == 0 else ("x₂", "x₁")
        boxes += [
            Box(
                f"slope{k}",
                f"f′({at}), the slope at {at}",
                slope,
                (0, 0),
                f"Over {exact(here)} the line on the right is at {exact(slope)}.",
                {
                    "That is the height of the hill there, not its slope.": bend / 2 * (here - low) ** 2,
                    "That is the slope at the place before.": slopes[0],
                    "That is where the slope is 0.": low,
                    "That is the place, not the slope there.": here,
                    "That is the slope at 0. Read it over the place where you stand.": -bend * low,
                },
                follows=(lambda b: bend * (b["x1"] - low)) if k else None,
            ),
            Box(
                f"x{k + 1}",
                f"{name}, after {'one step' if k == 0 else 'two steps'}",
                places[k + 1],
                (0, 0),
                f"{at} − ηf′({at}) = {exact(here)} − {exact(rate)} · {bracketed(slope)} = {exact(places[k + 1])}.",
                stepped(
                    here,
                    rate,
                    slope,
                    at,
                    {
                        "You started from x₀ again: the second step starts at x₁.": x0 - rate * slope,
                        "You took the slope at x₀ again; take the one where you stand.": here - rate * slopes[0],
                        "That is where the hill is lowest. One step does not lead there.": low,
                    },
                ),
                digits=3,
                follows=(lambda b, k=k, here=here: (b["x1"] if k else here) - rate * b[f"slope{k}"]),  # type: ignore[misc]
            ),
        ]
    boxes, panel = sheet(boxes, panel=2, width=0.7)
    xs = np.linspace(low - 5, low + 5, 61)
    whole = np.arange(low - 5, low + 6)  # the grid is too coarse to read a slope from, the more the narrower it is
    right = Panel(
        [
            curve(xs, bend * (xs - low), role="derivative", label="f′"),
            points(whole, bend * (whole - low), role="derivative"),
        ],
        (low - 5, low + 5),
        (-5 * bend - 0.5, 5 * bend + 0.5),
        xlabel="x",
        ylabel="f′(x)",
        name="slope",
    )
    return Problem(
        f"You start at x₀ = {exact(x0)} with η = {exact(rate)}. The slope at each place is drawn on the right, "
        "with a dot at each whole x. Walk two steps.",
        [replace(_hill(x0, bend, low, None), title=f"x₀ = {exact(x0)}, η = {exact(rate)}"), right, panel],
        boxes,
        {"x₀": x0, "η": rate, "bowl": (bend, low)},
        in_words=f"f′ is a straight line: 0 at x = {exact(low)}, {exact(bend)} more for each 1 to the right.",
    )


def _hill(x0: float, bend: float, low: float, across: float | None) -> Panel:
    """The bowl with the place where one stands; with ``across``, its tangent and a triangle under it."""
    end_of_hill = low + 5 if across is None else max(low + 5, x0 + across + 0.8)  # the triangle is read: all of it
    xs = np.linspace(low - 5, low + 5, 61)
    top = float(bowl(low + 5, bend, low))
    y0 = float(bowl(x0, bend, low))
    marks: list[Mark] = [curve(xs, bowl(xs, bend, low), label="f")]
    bottom = -0.1 * top
    if across is not None:
        slope = bend * (x0 - low)
        left, right = x0 - 1.5 * across, x0 + 1.8 * across
        marks.append(polyline([left, right], [y0 + slope * (s - x0) for s in (left, right)], role="derivative"))
        end = y0 + slope * across
        marks.append(polyline([x0, x0 + across], [y0, y0], role="path", label=exact(across)))
        marks.append(polyline([x0 + across, x0 + across], [y0, end], role="path", label=exact(slope * across)))
        bottom, top = min(bottom, end - 0.6), max(top, end + 0.6)
    marks.append(point(x0, y0, label="x" if across is not None else "x₀"))
    return Panel(marks, (low - 5, end_of_hill), (bottom, top), xlabel="x", ylabel="f(x)", width=1.2, name="hill")
