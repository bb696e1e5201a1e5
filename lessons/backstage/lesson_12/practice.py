"""Practice for lesson 12: softmax, and what a mistake makes of it."""

from __future__ import annotations

from typing import Any

import numpy as np

import dlcourse as dl
from dlcourse.figures import Mark, Panel, text
from dlcourse.figures.spelling import fixed
from dlcourse.lesson.practice import Box, Problem, bracketed, exact, family, stepped

Rng = np.random.Generator
SUMS = (4, 5, 8, 10, 20)  # a share of these is a short number


@family("12.softmax", "Softmax and p − y", levels=("probabilities", "and the errors", "and a step"))
def softmax(rng: Rng, level: int) -> Problem:
    """Three classes; the powers of e are told, the rest is for the head."""
    while True:
        total = int(rng.choice(SUMS))
        powers = [float(rng.integers(1, total)) for _ in range(2)]
        powers.append(total - sum(powers))
        label = int(rng.integers(3))
        x, b = float(rng.choice([-4, -3, -2, 2, 3, 4])), [float(rng.integers(-3, 4)) for _ in range(3)]
        rate = float(rng.choice([0.1, 0.5, 2.0]))
        whole = total != 8 or rate == 2.0  # eighths of these are too long to be written out
        if powers[-1] > 0 and len(set(powers)) == 3 and total not in powers and abs(x) not in powers and whole:
            break
    # the engine says what is right
    scores = dl.parameter(np.log(powers), name="z")
    target = np.eye(3)[label]
    p = dl.softmax(scores)
    (error,) = dl.gradients(dl.softmax_cross_entropy(scores, target), [scores])
    shares, errors = (np.round(np.asarray(v, dtype=float), 9) for v in dl.run([p, error]))
    boxes: list[Box] = [
        Box(
            "sum",
            "the sum of the powers",
            float(sum(powers)),
            (3.25, 2.0),
            f"{' + '.join(exact(q) for q in powers)} = {total}.",
            {
                "One of the three is missing: the last.": powers[0] + powers[1],
                "One of the three is missing: the first.": powers[1] + powers[2],
                "One of the three is missing: the middle one.": powers[0] + powers[2],
                "You multiplied; they are added.": float(np.prod(powers)),
                "You added the scores; add what e makes of them.": float(np.sum(np.log(powers))),
                "The probabilities add up to 1; these do not yet.": 1.0,
                "That is the largest alone.": max(powers),
                "You took the mean.": total / 3,
            },
            wide=56,
            caption="sum",
        )
    ]
    for k, name in enumerate("abc"):
        own, rest = powers[k], total - powers[k]
        boxes.append(
            Box(
                f"p{k}",
                f"p of class {name}",
                float(shares[k]),
                (float(k), 1.0),
                f"{exact(own)}/{total} = {exact(shares[k])}.",
                {
                    "That is the power; divide it by the sum.": own,
                    "You turned it round: the power is divided by the sum.": total / own,
                    "You divided by the other two; the class itself is in the sum, too.": own / rest,
                    "That is what is left for the other classes.": rest / total,
                    "You divided by the number of classes.": own / 3,
                    "You divided by the largest; divide by the sum.": own / max(powers),
                    "You divided the score, not the power.": float(np.log(own)) / float(np.sum(np.log(powers))),
                    **({"That would be all classes alike.": 1 / 3} if own != 1 else {}),
                    "That is the probability of the next class.": powers[(k + 1) % 3] / total,
                    "That is the probability of the class before.": powers[(k + 2) % 3] / total,
                },
                digits=3,
                wide=56,
                caption="",
                follows=lambda v, own=own: own / v["sum"] if v["sum"] else 0.0,  # type: ignore[misc]
            )
        )
    if level >= 1:
        for k, name in enumerate("abc"):
            y = float(k == label)
            boxes.append(
                Box(
                    f"e{k}",
                    f"p − y of class {name}",
                    float(errors[k]),
                    (float(k), 0.0),
                    f"{exact(shares[k])} − {exact(y)} = {exact(errors[k])}.",
                    {
                        "You turned it round: p − y, not y − p.": y - shares[k],
                        "You added y; it is subtracted.": shares[k] + y,
                        "That is p; this is the right class, so 1 is subtracted."
                        if y
                        else "You subtracted 1; y is 0 here.": shares[k] if y else shares[k] - 1,
                        "That is y.": y,
                        "You multiplied; subtract.": shares[k] * y,
                        "You took −log p; the error is p − y.": -float(np.log(shares[k])),
                        "You squared it.": (shares[k] - y) ** 2,
                        "That is p(1 − p): softmax and logarithm together leave p − y.": shares[k] * (1 - shares[k]),
                        "You subtracted from the power, not from the probability.": powers[k] - y,
                    },
                    digits=3,
                    wide=56,
                    caption="",
                    follows=lambda v, k=k, y=y: v[f"p{k}"] - y,  # type: ignore[misc]
                )
            )
    if level == 2:
        weights = dl.parameter(np.zeros(3), name="w")
        loss = dl.softmax_cross_entropy(x * weights + np.log(powers), target)
        found = dl.run([*dl.gradients(loss, [weights]), dl.constant(np.array(b)) - rate * error])
        dw, new_b = (np.round(np.asarray(v, dtype=float), 9) for v in found)
        k = int(rng.integers(3))
        name = "abc"[k]
        boxes += [
            Box(
                "dw",
                f"dℓ/dw, the weight from x to class {name}",
                float(dw[k]),
                (0.6, -1.9),
                f"x(p − y) = {exact(x)} · {bracketed(errors[k])} = {exact(dw[k])}.",
                {
                    "x is missing.": errors[k],
                    "You multiplied by p, not by p − y.": x * shares[k],
                    "You turned the error round: p − y.": -x * errors[k],
                    "You added; x multiplies the error.": x + errors[k],
                    "That is x alone.": x,
                    "You took the error of the next class.": x * errors[(k + 1) % 3],
                    "You took the error of the class before.": x * errors[(k + 2) % 3],
                    "You divided by x; it multiplies.": errors[k] / x,
                    "η is not asked yet: this is the gradient.": rate * x * errors[k],
                },
                digits=3,
                caption=f"dℓ/dw to {name}",
                follows=lambda v: x * v[f"e{k}"],
            ),
            Box(
                "b",
                f"the new b of class {name}, after one step",
                float(new_b[k]),
                (2.6, -1.9),
                f"b − η(p − y) = {exact(b[k])} − {exact(rate)} · {bracketed(errors[k])} = {exact(new_b[k])}.",
                stepped(
                    b[k],
                    rate,
                    float(errors[k]),
                    "b",
                    {
                        "x has no place here: b is the weight of a 1.": b[k] - rate * x * errors[k],
                        "You multiplied by p, not by p − y.": b[k] - rate * shares[k],
                        "You took the error of the next class.": b[k] - rate * errors[(k + 1) % 3],
                        "You took the error of the class before.": b[k] - rate * errors[(k + 2) % 3],
                    },
                    "the error",
                ),
                digits=3,
                caption=f"new b of {name}",
                follows=lambda v: b[k] - rate * v[f"e{k}"],
            ),
        ]
    marks: list[Mark] = []
    rows = [("class", 3.8), ("z", 3.0), ("e to the z", 2.0), ("p", 1.0)] + ([("p − y", 0.0)] if level else [])
    marks += [text(-0.55, y, words, anchor="end") for words, y in rows]
    for i, name in enumerate("abc"):
        marks.append(text(i, 3.8, f"{name}{' (right)' if i == label and level else ''}", anchor="middle"))
        marks.append(text(i, 3.0, fixed(float(np.log(powers[i]))), anchor="middle"))
        marks.append(text(i, 2.0, exact(powers[i]), anchor="middle"))
    given: dict[str, Any] = {f"power of {name}": q for name, q in zip("abc", powers, strict=True)}
    low = 0.4
    if level:
        given["label"], low = f"class {'abc'[label]}", -0.6
    if level == 2:
        marks.append(text(-1.2, -1.0, f"x = {exact(x)}, b = {exact(b[k])}, η = {exact(rate)}"))
        given |= {"x": x, "b": b[k], "η": rate, "asked": f"class {'abc'[k]}"}
        low = -2.6
    panel = Panel(marks, (-1.5, 3.8), (low, 4.2), axes=False, name="table")
    asks = ("the sum and the probabilities", "the sum, the probabilities and the errors p − y")
    right = f" Class {'abc'[label]} is right." if level else ""
    task = f"Three scores z, and e to each of them.{right} Fill in {asks[min(level, 1)]}"
    if level == 2:
        task += f", the slope along the weight from x to class {'abc'[k]}, and its b after a step"
    seen = [
        f"class {n}: z = {fixed(float(np.log(q)))}, e to the z = {exact(q)}" for n, q in zip("abc", powers, strict=True)
    ]
    if level == 2:
        seen.append(f"x = {exact(x)}, b = {exact(b[k])}, η = {exact(rate)}")
    return Problem(task + ".", [panel], boxes, given, in_words=f"{'; '.join(seen)}.")
