"""Practice for lesson 06: slopes from heights alone, over a kink, and from throws of dice."""

from __future__ import annotations

from typing import Any

import numpy as np

import dlcourse as dl
from dlcourse.figures import Mark, Panel, point, polyline, text
from dlcourse.lesson.practice import Box, Problem, bracketed, exact, family, lowered, sheet, stepped

Rng = np.random.Generator
THROWS = 5  # a mean over these is a short number


@family("06.heights", "Slopes where none is given", levels=("from three heights", "over a kink", "from dice"))
def slopes_where_none_is_given(rng: Rng, level: int) -> Problem:
    """What lesson 06 does instead of differentiating, with numbers."""
    return (_three_heights, _kink, _dice)[level](rng)


def _three_heights(rng: Rng) -> Problem:
    """Heights at three places: the slopes to both sides, the one from both, and a step."""
    while True:
        bend, slope = float(rng.choice([2, 4])), float(rng.choice([-5, -4, -3, -2, 2, 3, 4, 5]))
        x, h = float(rng.integers(-4, 5)), float(rng.choice([0.5, 2]))
        top, rate = float(rng.integers(10, 30)), float(rng.choice([0.1, 0.2]))
        left, right = slope - bend * h / 2, slope + bend * h / 2
        if x and len({abs(n) for n in (left, slope, right, x, h, rate, rate * slope, 1, 0)}) == 9:
            break
    # the engine says what is right: measured at both sides, a bowl has its own slope
    place = dl.parameter(x, name="x")

    def f(at: dl.Node) -> dl.Node:
        return bend / 2 * dl.square(at - x) + slope * (at - x) + top

    (df,) = dl.gradients(f(place), [place])
    values = dl.run([f(place - h), f(place), f(place + h), df, place - rate * df])
    low, here, high, both, new_x = (float(v) for v in values)
    to_left, to_right = (here - low) / h, (high - here) / h

    def one_sided(side: str, other: str, slope: float, opposite: float, rise: tuple[float, float], formula: str) -> Box:
        start, end = rise
        return Box(
            side,
            f"the slope to the {side}",
            slope,
            (0, 0),
            f"{formula}/h = ({exact(end)} − {exact(start)})/{exact(h)} = {exact(slope)}.",
            {
                "That is how much the height changes; divide by h.": end - start,
                "You multiplied by h; divide.": (end - start) * h,
                "You took the heights the other way round: what lies right, minus what lies left.": -slope,
                f"That is the slope to the {other}.": opposite,
                "You divided by 2h; from x to its neighbour it is h.": slope / 2,
                f"That is the height on the {side}.": start if side == "left" else end,
            },
            caption=f"slope to the {side}",
        )

    boxes = [
        one_sided("left", "right", to_left, to_right, (low, here), "(f(x) − f(x − h))"),
        one_sided("right", "left", to_right, to_left, (here, high), "(f(x + h) − f(x))"),
        Box(
            "both",
            "the slope from both sides",
            both,
            (0, 0),
            f"(f(x + h) − f(x − h))/2h = ({exact(high)} − {exact(low)})/{exact(2 * h)} = {exact(both)}.",
            {
                "You divided by h; from one neighbour to the other it is 2h.": 2 * both,
                "That is how much the height changes; divide by 2h.": high - low,
                "You took the heights the other way round: what lies right, minus what lies left.": -both,
                "That is the slope to the right; take both neighbours.": to_right,
                "That is the slope to the left; take both neighbours.": to_left,
                "You multiplied by 2h; divide.": (high - low) * 2 * h,
                "You divided by 2 and not by h.": (high - low) / 2,
                "That is the height here over h; take the difference of both neighbours.": here / h,
                "You added the heights; take their difference.": (high + low) / (2 * h),
            }
            | ({"You divided by h squared.": (high - low) / h**2} if h != 2 else {}),
            follows=lambda v: (v["left"] + v["right"]) / 2,
            caption="slope from both sides",
        ),
        Box(
            "x",
            "the new x, after one step",
            new_x,
            (0, 0),
            f"x − η · slope = {exact(x)} − {exact(rate)} · {bracketed(both)} = {exact(new_x)}.",
            stepped(
                x,
                rate,
                both,
                "x",
                {
                    "You took the slope to the left.": x - rate * to_left,
                    "You took the slope to the right.": x - rate * to_right,
                    "You started from the height; start from x.": here - rate * both,
                    "You walked by h; here η says how far.": x - h * both,
                    "You subtracted η times h; the slope belongs there.": x - rate * h,
                },
            ),
            digits=3,
            follows=lambda v: x - rate * v["both"],
        ),
    ]
    boxes, panel = sheet(boxes, panel=1)
    places, heights = [x - h, x, x + h], [low, here, high]
    marks: list[Mark] = [polyline(places, heights, role="guide")]
    marks += [point(p, y, label=exact(y)) for p, y in zip(places, heights, strict=True)]
    room = 0.25 * (max(heights) - min(heights))
    hill = Panel(
        marks,
        (x - 1.8 * h, x + 1.8 * h),
        (min(heights) - room, max(heights) + room),
        xlabel="x",
        ylabel="f(x)",
        width=1.2,
        name="heights",
    )
    return Problem(
        f"You know three heights: f({exact(x - h)}) = {exact(low)}, f({exact(x)}) = {exact(here)}, "
        f"f({exact(x + h)}) = {exact(high)}. You stand at x = {exact(x)}; h = {exact(h)}, η = {exact(rate)}. "
        "Fill in the slopes measured to each side and from both, then a step by the last.",
        [hill, panel],
        boxes,
        {"x": x, "h": h, "η": rate, "f(x − h)": low, "f(x)": here, "f(x + h)": high},
        in_words="Three points, at the three places, each with its height.",
    )


def _kink(rng: Rng) -> Problem:
    """Two slopes that meet in a kink, and a walk that hops over it."""
    while True:
        down, up = float(rng.choice([-4, -3, -2])), float(rng.choice([2, 3, 4, 5]))
        kink, rate = float(rng.integers(-3, 4)), float(rng.choice([0.1, 0.2, 0.5]))
        first = down if rng.random() < 0.5 else up
        away = abs(first) * rate * float(rng.choice([0.25, 0.5, 0.75]))
        x0 = round(kink + away * (1 if first > 0 else -1), 4)
        x1 = x0 - rate * first
        second = up if x1 > kink else down
        x2 = x1 - rate * second
        if -down == up or abs(x1 - kink) < 1e-6 or second == first or round(x0, 2) != x0:
            continue
        if kink and len({round(abs(n), 6) for n in (x0, x1, x2, rate, kink, down, up)}) == 7 and 0 not in (x0, x1, x2):
            break
    # the engine says what is right
    x = dl.parameter(x0, name="x")
    f = dl.maximum(down * (x - kink), up * (x - kink))
    (df,) = dl.gradients(f, [x])
    step = dl.GradientDescent(learning_rate=rate).minimize(f)
    places, slopes = [x0], []
    for _ in range(2):
        slopes.append(float(dl.run(df)))
        step()
        places.append(round(float(x.value), 6))
    boxes: list[Box] = []
    for k in range(2):
        here, slope = places[k], slopes[k]
        name, at = lowered("x", k + 1), lowered("x", k)
        side = "right" if here > kink else "left"
        boxes += [
            Box(
                f"g{k}",
                f"the slope at {at}",
                slope,
                (0, 0),
                f"{exact(here)} lies {side} of the kink: the slope is {exact(slope)}.",
                {
                    "That is the slope on the other side of the kink.": down + up - slope,
                    "That is the place, not the slope there.": here,
                    "It is 0 nowhere but at the kink, and there you may choose.": 0.0,
                    "You took the mean of both slopes; you stand on one side.": (down + up) / 2,
                    "You turned the sign: where it falls to the right, the slope is negative.": -slope,
                    "That is the height, not the slope.": slope * (here - kink),
                    "You added both slopes; you stand on one side.": down + up,
                    "That is where the kink is.": kink,
                },
                follows=(lambda v: up if v["x1"] > kink else down) if k else None,
                caption=f"slope at {at}",
            ),
            Box(
                f"x{k + 1}",
                f"{name}, after {'one step' if k == 0 else 'two steps'}",
                places[k + 1],
                (0, 0),
                f"{at} − η · slope = {exact(here)} − {exact(rate)} · {bracketed(slope)} = {exact(places[k + 1])}.",
                stepped(
                    here,
                    rate,
                    slope,
                    at,
                    {
                        "You stopped at the kink; the step leads past it.": kink,
                        "You took the slope of the other side.": here - rate * (down + up - slope),
                        "You stand where you stood: the slope there is not 0.": here,
                    }
                    | ({"You started from x₀ again.": x0 - rate * slope} if k else {}),
                ),
                digits=3,
                follows=lambda v, k=k, here=here: (v["x1"] if k else here) - rate * v[f"g{k}"],  # type: ignore[misc]
            ),
        ]
    boxes, panel = sheet(boxes, panel=1)
    ends = [kink - 1.5, kink, kink + 1.5]
    heights = [down * -1.5, 0.0, up * 1.5]
    marks: list[Mark] = [polyline(ends, heights, role="function", label="f")]
    marks.append(point(x0, max(down * (x0 - kink), up * (x0 - kink)), label="x₀"))
    hill = Panel(
        marks, (ends[0], ends[2]), (-0.5, max(heights) + 0.5), xlabel="x", ylabel="f(x)", width=1.2, name="kink"
    )
    return Problem(
        f"f has its kink at x = {exact(kink)}: left of it the slope is {exact(down)}, right of it {exact(up)}. "
        f"You start at x₀ = {exact(x0)} with η = {exact(rate)}. Walk two steps.",
        [hill, panel],
        boxes,
        {
            "x₀": x0,
            "η": rate,
            "the place of the kink": kink,
            "the slope on the left": down,
            "the slope on the right": up,
        },
        in_words="f falls to the kink and rises after it.",
    )


def _dice(rng: Rng) -> Problem:
    """An action by dice: what it earns on average, how that moves, and what five throws say of it."""
    while True:
        p = float(rng.choice([0.2, 0.4, 0.5, 0.6, 0.8]))
        r0, r1 = (float(n) for n in rng.choice([-3, -2, 2, 3, 4, 5, 6, 8], size=2, replace=False))
        ones = int(rng.integers(1, THROWS))
        expected = p * r1 + (1 - p) * r0
        if abs(ones / THROWS - p) > 0.05 and abs(r0) != abs(r1) and expected and expected not in (r0, r1):
            break
    throws = [int(a) for a in rng.permutation([1] * ones + [0] * (THROWS - ones))]
    # the engine says what is right
    theta = dl.parameter(float(np.log(p / (1 - p))), name="θ")
    chance = dl.sigmoid(theta)
    scores = [dl.gradients(dl.log(1 - chance), [theta])[0], dl.gradients(dl.log(chance), [theta])[0]]
    mean = r1 * chance + r0 * (1 - chance)
    estimate = dl.mean(dl.stack([(r1 if a else r0) * scores[a] for a in throws]))
    found = dl.run([mean, *scores, *dl.gradients(mean, [theta]), estimate])
    j, score0, score1, slope, measured = (round(float(v), 9) for v in found)
    earned = [r1 if a else r0 for a in throws]
    boxes = [
        Box(
            "J",
            "J, the expected reward",
            j,
            (0, 0),
            f"{exact(p)} · {bracketed(r1)} + {exact(1 - p)} · {bracketed(r0)} = {exact(j)}.",
            {
                "The chances are swapped: p belongs to action 1.": (1 - p) * r1 + p * r0,
                "Only action 1 is in it.": p * r1,
                "Only action 0 is in it.": (1 - p) * r0,
                "Both rewards count the same only where p is ½.": (r0 + r1) / 2,
                "You added the rewards; weigh each by its chance.": r0 + r1,
                "You took p for both.": p * (r0 + r1),
                "You subtracted the second part; the parts are added.": p * r1 - (1 - p) * r0,
                "That is the mean of the five throws; the chances say what to expect.": sum(earned) / THROWS,
                "Action 0 has the chance 1 − p.": p * r1 + r0,
            },
        ),
        Box(
            "score1",
            "the score of action 1",
            score1,
            (0, 0),
            f"a − p = 1 − {exact(p)} = {exact(score1)}.",
            {
                "That is p; the score is a − p.": p,
                "You turned it round: a − p.": p - 1,
                "That is minus p, the score of action 0.": -p,
                "That is the action; take p from it.": 1.0,
                "That is p(1 − p), the slope of σ.": p * (1 - p),
                "That is its reward.": r1,
                "The reward is not in the score: it multiplies later.": r1 * (1 - p),
                "You added p; take it from a.": 1 + p,
            },
            caption="score of action 1",
        ),
        Box(
            "score0",
            "the score of action 0",
            score0,
            (0, 0),
            f"a − p = 0 − {exact(p)} = {exact(score0)}.",
            {
                "You turned it round: a − p, and a is 0.": p,
                "That is 1 − p; here a is 0.": 1 - p,
                "a is 0, and p is taken from it.": 0.0,
                "That is minus the score of action 1.": p - 1,
                "That is p(1 − p), the slope of σ.": p * (1 - p),
                "That is its reward.": r0,
                "The reward is not in the score: it multiplies later.": -r0 * p,
            },
            caption="score of action 0",
        ),
        Box(
            "slope",
            "dJ/dθ, exactly",
            slope,
            (0, 0),
            f"(r(1) − r(0)) · p(1 − p) = {bracketed(r1 - r0)} · {exact(p)} · {exact(1 - p)} = {exact(slope)}.",
            {
                "The slope of σ is missing: p(1 − p).": r1 - r0,
                "That is the slope of σ alone.": p * (1 - p),
                "You took r(0) − r(1).": -slope,
                "You added the rewards; their difference counts.": (r1 + r0) * p * (1 - p),
                "1 − p is missing.": (r1 - r0) * p,
                "p is missing.": (r1 - r0) * (1 - p),
                "You squared p.": (r1 - r0) * p * p,
                "Action 0 earns something, too.": r1 * p * (1 - p),
                "That is J itself.": j,
            },
            digits=3,
        ),
        Box(
            "estimate",
            "the estimate, from five throws",
            measured,
            (0, 0),
            f"{ones} of action 1: ({ones} · {bracketed(r1)} · {exact(score1)} + {THROWS - ones} · {bracketed(r0)} · "
            f"{bracketed(score0)})/{THROWS} = {exact(measured)}.",
            {
                "That is the sum; take the mean of the five.": THROWS * measured,
                "That is the mean reward; each is multiplied by its score.": sum(earned) / THROWS,
                "That is the mean score; each is multiplied by its reward.": ones / THROWS - p,
                "That is the exact slope; five throws say something else.": slope,
                "Only the throws of action 1 are in it.": ones * r1 * score1 / THROWS,
                "Only the throws of action 0 are in it.": (THROWS - ones) * r0 * score0 / THROWS,
                "You counted each action once.": r1 * score1 + r0 * score0,
                "You took the mean of the two actions, not of the five throws.": (r1 * score1 + r0 * score0) / 2,
                "The score of action 0 is negative.": (ones * r1 * score1 - (THROWS - ones) * r0 * score0) / THROWS,
                "You multiplied the mean reward by the mean score; multiply throw by throw.": sum(earned)
                / THROWS
                * (ones / THROWS - p),
                "You swapped the counts of 1 and 0.": ((THROWS - ones) * r1 * score1 + ones * r0 * score0) / THROWS,
                "You swapped the scores.": (ones * r1 * score0 + (THROWS - ones) * r0 * score1) / THROWS,
            },
            digits=3,
            follows=lambda v: (ones * r1 * v["score1"] + (THROWS - ones) * r0 * v["score0"]) / THROWS,
            caption="estimate",
        ),
    ]
    boxes, panel = sheet(boxes, panel=1)
    rows = [("action", "0", "1"), ("reward", exact(r0), exact(r1)), ("chance", "1 − p", f"p = {exact(p)}")]
    marks: list[Mark] = []
    for k, (words, zero, one) in enumerate(rows):
        y = 2.4 - 0.8 * k
        marks += [text(0.0, y, words), text(2.2, y, zero, anchor="middle"), text(3.8, y, one, anchor="middle")]
    marks.append(text(0.0, -0.4, f"throws: {', '.join(str(a) for a in throws)}"))
    table = Panel(marks, (-0.2, 4.8), (-1.0, 3.2), axes=False, width=1.0, name="actions")
    given: dict[str, Any] = {"p": p, "r(0)": r0, "r(1)": r1, "throws": ", ".join(str(a) for a in throws)}
    return Problem(
        f"Action 1 has the chance p = σ(θ) = {exact(p)} and earns {exact(r1)}; action 0 earns {exact(r0)}. Five "
        "throws are shown. Fill in the expected reward, both scores a − p, dJ/dθ, and its estimate from the throws.",
        [table, panel],
        boxes,
        given,
        in_words=f"The throws are {', '.join(str(a) for a in throws)}.",
    )
