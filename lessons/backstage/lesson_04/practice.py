"""Practice for lesson 04: losses worked out by hand, and how fast they move with the parameters."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

import dlcourse as dl
from dlcourse.figures import Mark, Panel, point, polyline
from dlcourse.lesson.practice import Box, Problem, bracketed, exact, family, lowered, sheet, stepped, weighted, whole

Rng = np.random.Generator


@family(
    "04.loss",
    "A loss, and its slope",
    levels=("two losses of one line", "one sample, and its slopes", "the slope of a mean", "margins"),
)
def loss_by_hand(rng: Rng, level: int) -> Problem:
    """Errors are read from a line and its samples; then the loss, then how fast it moves with w and b."""
    return (_two_losses, _one_sample, _mean_of_two, _margins)[level](rng)


def _line(w: float, b: float) -> str:
    """The model as it is written: 2x − 1."""
    return f"{exact(w)}x" + (f" {'−' if b < 0 else '+'} {exact(abs(b))}" if b else "")


def _plane(w: float, b: float, xs: list[float], ys: list[float]) -> Panel:
    """The line, its samples, and how far each is from it."""
    low, high = min(*xs, 0) - 1, max(*xs, 0) + 1
    heights = [w * low + b, w * high + b, *ys]
    marks: list[Mark] = [polyline([low, high], heights[:2], role="function", label="ŷ")]
    marks += [polyline([x, x], [w * x + b, y], role="path") for x, y in zip(xs, ys, strict=True)]
    marks += [
        point(x, y, label=lowered("y", k) if len(xs) > 1 else "y")
        for k, (x, y) in enumerate(zip(xs, ys, strict=True), 1)
    ]
    room = 0.12 * (max(heights) - min(heights))
    return Panel(
        marks, (low, high), (min(heights) - room, max(heights) + room), xlabel="x", ylabel="y", width=1.2, name="data"
    )


def _error_box(name: str, label: str, yhat: float, y: float, error: float, more: dict[str, float]) -> Box:
    """The error of one sample, and ``more`` slips than every sample has."""
    return Box(
        name,
        label,
        error,
        (0, 0),
        f"ŷ − y = {exact(yhat)} − {bracketed(y)} = {exact(error)}.",
        {
            "You turned it round: the error is ŷ − y.": y - yhat,
            "That is ŷ; take y from it.": yhat,
            "That is y; take it from ŷ.": y,
            "You added y; take it from ŷ.": yhat + y,
            "That is the square of it.": error**2,
        }
        | more,
    )


def _two_losses(rng: Rng) -> Problem:
    """Four samples, so that a mean is a short number: the squared and the absolute loss of one line."""
    while True:
        w, b = whole(rng, -2, 3), float(rng.integers(-2, 3))
        xs = sorted(float(x) for x in rng.choice(np.arange(-2, 5), size=4, replace=False))
        wrong = [float(e) for e in rng.choice([-4, -3, -2, -1, 1, 2, 3, 5], size=4, replace=False)]
        ys = [w * x + b - e for x, e in zip(xs, wrong, strict=True)]
        squares, sizes = sum(e * e for e in wrong), sum(abs(e) for e in wrong)
        if b and squares % 2 == 0 and squares != sizes and abs(sum(wrong)) != sizes and len(set(ys)) == 4:
            break
    # the engine says what is right
    yhat = w * dl.constant(np.array(xs)) + b
    error = yhat - np.array(ys)
    values = dl.run([yhat, error, dl.mean(dl.square(error)), dl.mean(dl.abs(error))])
    heights, errors, squared, absolute = (np.asarray(one, dtype=float) for one in values)
    boxes = [
        _error_box(
            f"e{k + 1}",
            f"{lowered('e', k + 1)}, the error of sample {k + 1}",
            float(heights[k]),
            ys[k],
            float(errors[k]),
            {
                "b is missing in ŷ.": w * xs[k] - ys[k],
                "You subtracted b in ŷ.": w * xs[k] - b - ys[k],
                "You took y from x; ŷ is what the line says there.": xs[k] - ys[k],
            },
        )
        for k in range(4)
    ]
    added = f"({' + '.join(exact(e * e) for e in wrong)})/4", f"({' + '.join(exact(abs(e)) for e in wrong)})/4"
    boxes += [
        Box(
            "squared",
            "the squared loss, the mean of e²",
            float(squared),
            (0, 0),
            f"{added[0]} = {exact(float(squared))}.",
            {
                "That is the sum; take the mean over the samples.": squares,
                "You added the errors before you squared.": sum(wrong) ** 2,
                "You squared the mean of the errors; take the mean of the squares.": (sum(wrong) / 4) ** 2,
                "That is the mean of the errors; square each of them first.": sum(wrong) / 4,
                "You took the sizes; square them.": sizes / 4,
                "You took the root. The mean of the squares is asked.": float(np.sqrt(squared)),
                "You divided by 3; there are four samples.": squares / 3,
                "The last sample is missing.": (squares - wrong[3] ** 2) / 4,
                "You halved it: here the loss is the mean of e², not of ½e².": squares / 8,
                "You squared ŷ, not the errors.": float(np.mean(heights**2)),
                "A square is not negative: −3 squared is 9.": sum(e * abs(e) for e in wrong) / 4,
                "You doubled the errors; square them.": 2 * sizes / 4,
            },
            follows=lambda v: sum(v[f"e{k}"] ** 2 for k in (1, 2, 3, 4)) / 4,
            caption="mean e²",
        ),
        Box(
            "absolute",
            "the absolute loss, the mean of |e|",
            float(absolute),
            (0, 0),
            f"{added[1]} = {exact(float(absolute))}.",
            {
                "That is the sum; take the mean over the samples.": sizes,
                "You added the errors with their signs; take their sizes.": sum(wrong) / 4,
                "You added the errors with their signs, and did not divide.": sum(wrong),
                "That is the mean of the squares; here it is of the sizes.": squares / 4,
                "That is the largest error.": max(abs(e) for e in wrong),
            }
            | ({"You took the size of the sum; take the size of each.": abs(sum(wrong)) / 4} if sum(wrong) < 0 else {}),
            follows=lambda v: sum(abs(v[f"e{k}"]) for k in (1, 2, 3, 4)) / 4,
            caption="mean |e|",
        ),
    ]
    boxes, panel = sheet(boxes, panel=1, columns=2, width=0.9)
    pairs = ", ".join(f"({exact(x)}, {exact(y)})" for x, y in zip(xs, ys, strict=True))
    given: dict[str, Any] = {"w": w, "b": b}
    given |= {lowered("x", k): x for k, x in enumerate(xs, 1)} | {lowered("y", k): y for k, y in enumerate(ys, 1)}
    return Problem(
        f"The model is ŷ = {_line(w, b)}; the samples (x, y) are {pairs}. Fill in each error e = ŷ − y, then the "
        "means of e² and of |e|.",
        [_plane(w, b, xs, ys), panel],
        boxes,
        given,
        in_words="A line, and four samples beside it; the distances up and down are the errors.",
    )


def _slope_slips(error: float, x: float, y: float, yhat: float) -> dict[str, float]:
    """What people write for the slope of e² along w, which is 2ex."""
    return {
        "The factor 2 of the square is missing.": error * x,
        "x is missing: turn w by 1, and ŷ moves by x.": 2 * error,
        "That is the loss, not its slope.": error**2,
        "That is the error alone.": error,
        "You multiplied the loss by x; it is 2e that counts.": error**2 * x,
        "You multiplied twice the loss by x; the power falls by one.": 2 * error**2 * x,
        "You added where the path multiplies.": 2 * error + x,
        "You turned the error round: ŷ − y.": -2 * error * x,
        "You took y, not the error.": 2 * y * x,
        "You took ŷ, not the error.": 2 * yhat * x,
        "x is not squared.": 2 * error * x * x,
        "e is missing: that is 2x.": 2 * x,
    }


def _one_sample(rng: Rng) -> Problem:
    """ŷ, e, e², and how fast e² moves with w and with b."""
    while True:
        w, b, x, error = whole(rng, -3, 4), whole(rng, -4, 5), whole(rng, -4, 5), whole(rng, -5, 5)
        y = w * x + b - error
        if y and abs(y) <= 15 and len({abs(n) for n in (w, b, x, error, y, w * x + b)}) == 6 and abs(error) != 2:
            break
    # the engine says what is right
    weight, bias = dl.parameter(w, name="w"), dl.parameter(b, name="b")
    yhat = weight * x + bias
    off = yhat - y
    loss = dl.square(off)
    top, e, cost, dw, db = (float(v) for v in dl.run([yhat, off, loss, *dl.gradients(loss, [weight, bias])]))
    boxes = [
        Box(
            "yhat",
            "ŷ, the prediction",
            top,
            (0, 0),
            f"wx + b = {exact(w)} · {bracketed(x)} + {bracketed(b)} = {exact(top)}.",
            {**weighted(w, x, b), "That is y, the target; ŷ is what the model says.": y},
        ),
        _error_box("e", "e, the error ŷ − y", top, y, e, {"b is missing in ŷ.": w * x - y}),
        Box(
            "loss",
            "e², the loss",
            cost,
            (0, 0),
            f"{bracketed(e)}² = {exact(cost)}.",
            {
                "You doubled e; square it.": 2 * e,
                "That is e itself; square it.": e,
                "A square is not negative.": -e * e,
                "That is ½e²; here the loss is e².": e * e / 2,
                "You squared ŷ and y apart; square the error.": top**2 - y**2,
                "You squared ŷ; square the error.": top**2,
            },
            follows=lambda v: v["e"] ** 2,
        ),
        Box(
            "dw",
            "dℓ/dw",
            dw,
            (0, 0),
            f"2e · x = 2 · {bracketed(e)} · {bracketed(x)} = {exact(dw)}.",
            _slope_slips(e, x, y, top)
            | {
                "b has no place in the slope along w.": 2 * e * x + b,
                "You multiplied by w; turn w, and ŷ moves by x.": 2 * e * w,
            },
            follows=lambda v: 2 * v["e"] * x,
        ),
        Box(
            "db",
            "dℓ/db",
            db,
            (0, 0),
            f"Lift b by 1, and e moves by 1: 2e = {exact(db)}.",
            {
                "The factor 2 of the square is missing.": e,
                "That is the slope along w; b is not multiplied by x.": 2 * e * x,
                "You multiplied by b; lift b, and ŷ moves as much.": 2 * e * b,
                "That is the loss, not its slope.": e * e,
                "b does move it: it is in ŷ.": 0.0,
                "That is how fast ŷ moves; the slope of e² multiplies it.": 1.0,
                "You turned the error round: ŷ − y.": -2 * e,
            },
            follows=lambda v: 2 * v["e"],
        ),
    ]
    boxes, panel = sheet(boxes, panel=1)
    return Problem(
        f"The model is ŷ = wx + b with w = {exact(w)}, b = {exact(b)}. One sample: x = {exact(x)}, "
        f"y = {exact(y)}. The loss ℓ is e². Fill in the prediction, the error, the loss and its slopes.",
        [_plane(w, b, [x], [y]), panel],
        boxes,
        {"w": w, "b": b, "x": x, "y": y},
        in_words="A line and one sample; the distance up or down between them is the error.",
    )


def _mean_of_two(rng: Rng) -> Problem:
    """Two samples: each has its slope, and the slope of the mean loss is their mean. Then one step."""
    while True:
        w, rate = whole(rng, -3, 4), float(rng.choice([0.1, 0.2]))
        xs, wrong = [whole(rng, -3, 4) for _ in range(2)], [whole(rng, -4, 5) for _ in range(2)]
        ys = [w * x - e for x, e in zip(xs, wrong, strict=True)]
        slopes = [2 * e * x for e, x in zip(wrong, xs, strict=True)]
        apart = abs(xs[0]) != abs(xs[1]) and abs(wrong[0]) != abs(wrong[1]) and abs(slopes[0]) != abs(slopes[1])
        if apart and all(ys) and sum(slopes) != 0 and not set(ys) & {w, *xs}:
            break
    # the engine says what is right
    weight = dl.parameter(w, name="w")
    errors = weight * np.array(xs) - np.array(ys)
    loss = dl.mean(dl.square(errors))
    ones = [dl.square(weight * x - y) for x, y in zip(xs, ys, strict=True)]
    found = dl.run([*(dl.gradients(one, [weight])[0] for one in ones), *dl.gradients(loss, [weight]), errors])
    first, second, mean = (float(v) for v in found[:3])
    dl.GradientDescent(learning_rate=rate).minimize(loss)()
    new_w = float(weight.value)
    own, e = [first, second], [float(v) for v in found[3]]
    boxes: list[Box] = []
    for k in range(2):
        name = lowered("e", k + 1)
        boxes += [
            _error_box(
                f"e{k + 1}",
                f"{name}, the error of sample {k + 1}",
                w * xs[k],
                ys[k],
                e[k],
                {
                    "You took x of the other sample.": w * xs[1 - k] - ys[k],
                    "You took y of the other sample.": w * xs[k] - ys[1 - k],
                },
            ),
            Box(
                f"d{k + 1}",
                f"d{name}²/dw, the slope of sample {k + 1}",
                own[k],
                (0, 0),
                f"2{name}{lowered('x', k + 1)} = 2 · {bracketed(e[k])} · {bracketed(xs[k])} = {exact(own[k])}.",
                _slope_slips(e[k], xs[k], ys[k], w * xs[k])
                | {
                    "You took x of the other sample.": 2 * e[k] * xs[1 - k],
                    "You took the error of the other sample.": 2 * e[1 - k] * xs[k],
                    "You multiplied by w; turn w, and ŷ moves by x.": 2 * e[k] * w,
                },
                follows=lambda v, k=k: 2 * v[f"e{k + 1}"] * xs[k],  # type: ignore[misc]
                caption=f"slope {k + 1}",
            ),
        ]
    boxes += [
        Box(
            "mean",
            "dJ/dw, the slope of the mean loss",
            mean,
            (0, 0),
            f"({exact(first)} + {bracketed(second)})/2 = {exact(mean)}.",
            {
                "That is the sum; J is a mean.": first + second,
                "That is sample 1 alone.": first,
                "That is sample 2 alone.": second,
                "That is half of sample 1; sample 2 is missing.": first / 2,
                "That is half of sample 2; sample 1 is missing.": second / 2,
                "You subtracted one slope from the other.": (first - second) / 2,
                "You multiplied the two slopes; take their mean.": first * second,
                "You took the mean of the errors times the mean of x.": sum(e) * sum(xs) / 2,
                "You took the mean of the losses, not of their slopes.": (e[0] ** 2 + e[1] ** 2) / 2,
                "You took both slopes as positive.": (abs(first) + abs(second)) / 2,
            },
            follows=lambda v: (v["d1"] + v["d2"]) / 2,
        ),
        Box(
            "w",
            "the new w, after one step",
            new_w,
            (0, 0),
            f"w − η · dJ/dw = {exact(w)} − {exact(rate)} · {bracketed(mean)} = {exact(new_w)}.",
            stepped(
                w,
                rate,
                mean,
                "w",
                {
                    "You walked by the sum; J is a mean.": w - rate * (first + second),
                    "You walked by sample 1 alone.": w - rate * first,
                    "You walked by sample 2 alone.": w - rate * second,
                },
            ),
            follows=lambda v: w - rate * v["mean"],
            caption="new w",
        ),
    ]
    boxes, panel = sheet(boxes, panel=1, columns=2, width=1.2)
    told = "; ".join(
        f"{lowered('x', k)} = {exact(x)}, {lowered('y', k)} = {exact(y)}"
        for k, (x, y) in enumerate(zip(xs, ys, strict=True), 1)
    )
    given: dict[str, Any] = {"w": w, "η": rate}
    given |= {lowered("x", k): x for k, x in enumerate(xs, 1)} | {lowered("y", k): y for k, y in enumerate(ys, 1)}
    return Problem(
        f"The model is ŷ = wx with w = {exact(w)}. Two samples: {told}. The loss J is the mean of e². Fill in the "
        f"errors and the slopes, then w after a step with η = {exact(rate)}.",
        [_plane(w, 0.0, xs, ys), panel],
        boxes,
        given,
        in_words="A line through 0, and two samples beside it; the distances up and down are the errors.",
    )


def _margins(rng: Rng) -> Problem:
    """How far a point is on its own side of a border, what that costs, and how hard the loss pulls."""
    while True:
        triangle = bool(rng.random() < 0.5)
        border, x = float(rng.choice([-2, -1.5, -0.5, 0.5, 1, 1.5, 2])), float(rng.choice(np.arange(-4, 4.5, 0.5)))
        m = x - border if triangle else border - x
        if 0.5 <= abs(m) <= 4 and m not in (0.5, 1, 2, x, border, -x, -border) and x and abs(1 - m) not in (1, 2):
            break
    # the engine says what is right
    margin = dl.parameter(m, name="m")
    squared, hinge = dl.square(1 - margin), dl.maximum(0.0, 1 - margin)
    found = dl.run([squared, hinge, *dl.gradients(squared, [margin]), *dl.gradients(hinge, [margin])])
    square, bent, pull, bent_pull = (float(v) for v in found)
    rule = (
        ("x − c", f"{exact(x)} − {bracketed(border)}") if triangle else ("c − x", f"{exact(border)} − {bracketed(x)}")
    )
    boxes = [
        Box(
            "m",
            "m, the margin",
            m,
            (0, 0),
            f"A {'triangle belongs right' if triangle else 'circle belongs left'} of c: {rule[0]} = {rule[1]} = "
            f"{exact(m)}.",
            {
                f"That is for a {'circle' if triangle else 'triangle'}: this point belongs on the other side.": -m,
                "You added; it is how far x is from c.": x + border,
                "That is x; take how far it is from c.": x,
                "That is c; take how far x is from it.": border,
                "That is 1 − m.": 1 - m,
            },
        ),
        Box(
            "squared",
            "the squared loss, (1 − m)²",
            square,
            (0, 0),
            f"(1 − {bracketed(m)})² = {bracketed(1 - m)}² = {exact(square)}.",
            {
                "That is m²; take m from 1 first.": m * m,
                "The square is missing.": 1 - m,
                "You squared m, then took it from 1.": 1 - m * m,
                "You doubled; square it.": 2 * (1 - m),
                "You squared 1 and m apart; take m from 1 first.": 1 + m * m,
                "You added m to 1; take it from 1.": (1 + m) ** 2,
                "A square is not negative.": -square,
                "Being too right costs, too: this loss is 0 at m = 1 only.": 0.0,
            },
            follows=lambda v: (1 - v["m"]) ** 2,
            caption="squared loss",
        ),
        Box(
            "hinge",
            "the hinge loss, max(0, 1 − m)",
            bent,
            (0, 0),
            f"1 − m is {exact(1 - m)}, {'above 0, so it stays' if m < 1 else 'below 0, so it costs nothing'}: "
            f"{exact(bent)}.",
            {
                "Below 0 the hinge charges nothing.": 1 - m,
                "Beyond m = 1 the hinge charges nothing.": abs(1 - m),
                "1 − m is above 0: the hinge charges it.": 0.0,
                "That is m; take it from 1.": m,
                "You added m to 1; take it from 1.": 1 + m,
                "The hinge does not square.": square,
            },
            follows=lambda v: max(0.0, 1 - v["m"]),
            caption="hinge loss",
        ),
        Box(
            "pull",
            "the slope of the squared loss, by m",
            pull,
            (0, 0),
            f"−2(1 − m) = −2 · {bracketed(1 - m)} = {exact(pull)}.",
            {
                "The minus of 1 − m is missing: more margin, and 1 − m falls.": -pull,
                "The factor 2 is missing.": pull / 2,
                "Factor 2 and the minus are missing.": -pull / 2,
                "That is the loss, not its slope.": square,
                "You took the slope of m².": 2 * m,
                "1 is missing: it is 1 − m that is squared.": -2 * m,
                "You squared; the power falls by one.": -2 * square,
                "You added m to 1; take it from 1.": -2 * (1 + m),
                "That is the slope of the hinge.": bent_pull,
            },
            follows=lambda v: -2 * (1 - v["m"]),
            caption="slope of squared",
        ),
        Box(
            "bent",
            "the slope of the hinge, by m",
            bent_pull,
            (0, 0),
            f"m is {'below' if m < 1 else 'above'} 1, where it {'falls by 1 for each 1' if m < 1 else 'is flat'}: "
            f"{exact(bent_pull)}.",
            {
                "More margin costs less: the hinge falls.": 1.0,
                "Beyond m = 1 the hinge is flat." if m > 1 else "It is flat beyond m = 1 only.": -1.0 if m > 1 else 0.0,
                "That is the loss, not its slope.": bent,
                "That is the slope of the squared loss.": pull,
                "That is the margin.": m,
                "It falls as fast as m rises, nothing between.": -0.5,
                "The hinge does not double.": -2.0,
            },
            follows=lambda v: -1.0 if v["m"] < 1 else 0.0,
            caption="slope of hinge",
        ),
    ]
    boxes, panel = sheet(boxes, panel=1)
    kind = "triangle" if triangle else "circle"
    marks: list[Mark] = [polyline([border, border], [-0.6, 0.8], role="guide", label=f"c = {exact(border)}")]
    marks.append(point(x, 0.0, role="class_b" if triangle else "class_a", label=f"x = {exact(x)}"))
    marks += [polyline([a, b], [0.0, 0.0], role="guide") for a, b in pairwise([-5.0, 5.0])]
    side = Panel(marks, (-5, 5), (-1, 1.2), axes=False, width=1.2, name="border")
    return Problem(
        f"Circles should lie left of the border c = {exact(border)}, triangles right of it. A {kind} lies at "
        f"x = {exact(x)}. Fill in its margin, two losses, and how fast each moves with m.",
        [side, panel],
        boxes,
        {"c": border, "x": x},
        in_words=f"A line with the border at {exact(border)} and a {kind} at {exact(x)}.",
    )
