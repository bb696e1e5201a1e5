"""Practice for lesson 13: a network with two inputs, two hidden units and one output, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

import dlcourse as dl
from dlcourse.figures import Mark, Panel, edge, node, text
from dlcourse.lesson.practice import Box, Problem, bracketed, exact, family, sheet, stepped, whole

Rng = np.random.Generator


@family("13.network", "Two inputs, two units, one output", levels=("forward", "forward and δ", "and an update"))
def network(rng: Rng, level: int) -> Problem:
    """Forward through relu; then δ of the output and of both units; then two weights after a step."""
    while True:
        x = [whole(rng, -3, 4) for _ in range(2)]
        w = [[float(rng.choice([-3, -2, -1, 1, 2, 3])) for _ in range(2)] for _ in range(2)]  # w[unit][input]
        v = [whole(rng, -3, 4) for _ in range(2)]
        s = [w[i][0] * x[0] + w[i][1] * x[1] for i in range(2)]
        on = [number > 0 for number in s]
        y = sum(v[i] * max(s[i], 0.0) for i in range(2))
        t = y - whole(rng, -4, 5)
        if (
            any(on)
            and all(s)
            and (all(on) or rng.random() < 0.35)
            and abs(x[0]) != abs(x[1])
            and v[0] != v[1]
            and s[0] != s[1]
            and t not in (0, y)
            and w[0] != w[1]
        ):
            break
    unit = int(rng.choice([i for i in range(2) if on[i]]))  # of which a weight is changed
    source, rate = int(rng.integers(2)), float(rng.choice([0.1, 0.5]))
    # the engine says what is right
    weights, top = dl.parameter(np.array(w).T, name="W"), dl.parameter(np.array(v), name="v")
    sums = dl.constant(np.array(x)) @ weights
    hidden = dl.relu(sums)
    out = dl.sum(hidden * top)
    loss = dl.square(out - t) / 2
    deltas = dl.gradients(loss, [out, sums, top, weights])
    values = dl.run([sums, hidden, out, *deltas])
    s_, z, y_, d_out, d_units, d_top, d_weights = (np.asarray(one, dtype=float) for one in values)
    delta, z_list = float(d_out), [float(one) for one in z]

    boxes: list[Box] = []
    for i, name in enumerate("AB"):
        first, second = w[i]
        boxes += [
            Box(
                f"s{name}",
                f"s of unit {name}",
                float(s_[i]),
                (0, 0),
                f"{bracketed(first)} · {bracketed(x[0])} + {bracketed(second)} · {bracketed(x[1])} = {exact(s[i])}.",
                {
                    "Only the wire from the first input is in it.": first * x[0],
                    "Only the wire from the second input is in it.": second * x[1],
                    "The weights are swapped.": first * x[1] + second * x[0],
                    "You subtracted the second product.": first * x[0] - second * x[1],
                    "You added the inputs without their weights.": x[0] + x[1],
                    "You added the weights without the inputs.": first + second,
                    "You multiplied the two products; a sum adds them.": first * x[0] * second * x[1],
                    "You took the weights of the other unit.": w[1 - i][0] * x[0] + w[1 - i][1] * x[1],
                    "Each unit takes its own two weights: these are of both.": first * x[0] + w[1 - i][1] * x[1],
                    "It has gone through relu already.": max(s[i], 0.0),
                },
                caption=f"s of {name}",
            ),
            Box(
                f"z{name}",
                f"z of unit {name}",
                z_list[i],
                (0, 0),
                f"relu({exact(s[i])}) = {exact(z_list[i])}.",
                {
                    "relu gives 0 for what is below 0.": s[i],
                    "That is the size of s; below 0, relu gives 0.": abs(s[i]),
                    "That is the slope of relu, not relu.": float(s[i] > 0),
                    "s is above 0, so it goes through as it is.": 0.0,
                },
                follows=lambda b, name=name: max(b[f"s{name}"], 0.0),  # type: ignore[misc]
                caption=f"z of {name}",
            ),
        ]
    boxes.append(
        Box(
            "y",
            "y, the output",
            float(y_),
            (0, 0),
            f"{bracketed(v[0])} · {exact(z_list[0])} + {bracketed(v[1])} · {exact(z_list[1])} = {exact(y)}.",
            {
                "You took s, not z: both go through relu first.": v[0] * s[0] + v[1] * s[1],
                "Only unit A is in it.": v[0] * z_list[0],
                "Only unit B is in it.": v[1] * z_list[1],
                "The weights are swapped.": v[0] * z_list[1] + v[1] * z_list[0],
                "You added z without the weights.": sum(z_list),
                "You subtracted the second product.": v[0] * z_list[0] - v[1] * z_list[1],
                "There is no relu after the output.": max(y, 0.0),
                "You multiplied the two products; a sum adds them.": v[0] * z_list[0] * v[1] * z_list[1],
                "That is the error y − t; first y.": delta,
                "You added weights and z.": sum(v) + sum(z_list),
            },
            follows=lambda b: v[0] * b["zA"] + v[1] * b["zB"],
        )
    )
    if level:
        boxes.append(
            Box(
                "d",
                "δ of y",
                delta,
                (0, 0),
                f"The slope of ½(y − t)² is y − t = {exact(y)} − {bracketed(t)} = {exact(delta)}.",
                {
                    "You turned it round: y − t.": t - y,
                    "That is the loss; δ is its slope.": delta * delta / 2,
                    "That is the square; the slope of ½(y − t)² is y − t.": delta * delta,
                    "½ takes the 2 away.": 2 * delta,
                    "You added t.": y + t,
                    "That is y alone.": y,
                    "You multiplied by y; there is no more to it.": y * delta,
                },
                follows=lambda b: b["y"] - t,
            )
        )
        for i, name in enumerate("AB"):
            boxes.append(
                Box(
                    f"d{name}",
                    f"δ of unit {name}",
                    float(d_units[i]),
                    (0, 0),
                    f"δ of y, times the weight, times the slope of relu: {bracketed(delta)} · {bracketed(v[i])} · "
                    f"{int(on[i])} = {exact(float(d_units[i]))}.",
                    {
                        "The slope of relu is missing: below 0 it is flat.": delta * v[i],
                        "The unit is on: the slope of relu is 1, not 0.": 0.0,
                        "The weight on the way is missing.": delta,
                        "δ of y is missing.": v[i],
                        "You took the weight of the other unit.": delta * v[1 - i],
                        "You added where the path multiplies.": delta + v[i],
                        "You multiplied by z, not by the slope of relu.": delta * v[i] * z_list[i],
                        "You multiplied by s, not by the slope of relu.": delta * v[i] * s[i],
                        "That is the slope along the weight: δ times z.": delta * z_list[i],
                        "You went through y: δ has that in it.": y * v[i],
                        "You divided by the weight.": delta / v[i],
                    },
                    follows=lambda b, i=i, name=name: b["d"] * v[i] * float(b[f"s{name}"] > 0),  # type: ignore[misc]
                    caption=f"δ of {name}",
                )
            )
    if level == 2:
        name, new_v = "AB"[unit], v[unit] - rate * float(d_top[unit])
        old, own = w[unit][source], float(d_units[unit])
        new_w = old - rate * float(d_weights[source, unit])
        boxes += [
            Box(
                "v",
                f"the new v of unit {name}",
                new_v,
                (0, 0),
                f"v − ηδz = {exact(v[unit])} − {exact(rate)} · {bracketed(delta)} · {exact(z_list[unit])} = "
                f"{exact(new_v)}.",
                stepped(
                    v[unit],
                    rate,
                    delta * z_list[unit],
                    "v",
                    {
                        "z is missing: a weight's slope is δ times what comes in.": v[unit] - rate * delta,
                        "δ is missing.": v[unit] - rate * z_list[unit],
                        "That is the gradient.": delta * z_list[unit],
                        "You took δ of the unit; v belongs to δ of y.": v[unit] - rate * own * z_list[unit],
                        "You took z of the other unit.": v[unit] - rate * delta * z_list[1 - unit],
                        "You took y, not δ.": v[unit] - rate * y * z_list[unit],
                    },
                    "the gradient",
                ),
                follows=lambda b: v[unit] - rate * b["d"] * b[f"z{name}"],
                caption=f"v of {name}",
            ),
            Box(
                "w",
                f"the new w, from input {source + 1} to unit {name}",
                new_w,
                (0, 0),
                f"w − ηδx = {exact(old)} − {exact(rate)} · {bracketed(own)} · {bracketed(x[source])} = {exact(new_w)}.",
                stepped(
                    old,
                    rate,
                    own * x[source],
                    "w",
                    {
                        "x is missing: a weight's slope is δ times what comes in.": old - rate * own,
                        "That is the gradient.": own * x[source],
                        "You took the other input.": old - rate * own * x[1 - source],
                        "You took δ of y; w belongs to δ of its unit.": old - rate * delta * x[source],
                        "You took z of the unit; what comes in is x.": old - rate * own * z_list[unit],
                        "You took δ of the other unit.": old - rate * float(d_units[1 - unit]) * x[source],
                        "You used the new v on the way back; all δ come first, with the old weights.": old
                        - rate * delta * new_v * x[source],
                        "δ is missing.": old - rate * x[source],
                    },
                    "the gradient",
                ),
                follows=lambda b: old - rate * b[f"d{name}"] * x[source],
                caption=f"w {source + 1} to {name}",
            ),
        ]
    columns = (1, 2, 2)[level]
    known = (None, "loss ½(y − t)²", f"loss ½(y − t)², η = {exact(rate)}")[level]
    boxes, column = sheet(boxes, panel=1, columns=columns, width=(0.6, 0.8, 0.9)[level], title=known)
    given: dict[str, Any] = {"x₁": x[0], "x₂": x[1]}
    given |= {f"w{'₁₂'[j]} of {n}": w[i][j] for i, n in enumerate("AB") for j in range(2)}
    given |= {f"v of {n}": v[i] for i, n in enumerate("AB")}
    if level:
        given["t"] = t
    if level == 2:
        given |= {"η": rate, "unit": "AB"[unit], "source": f"input {source + 1}"}
    asks = (
        "Fill in s and z of both units, and y.",
        f"The loss is ½(y − t)² with t = {exact(t)}. Fill in s, z and y, then δ, from the output on.",
        f"The loss is ½(y − t)², t = {exact(t)}, η = {exact(rate)}. Fill in all, then the new v, from {'AB'[unit]} to "
        f"y, and the new w, from input {source + 1} to {'AB'[unit]}.",
    )
    numbers = ", ".join(f"{name} = {exact(n)}" for name, n in given.items() if isinstance(n, float))
    return Problem(
        f"Both units are relu, without biases. {asks[level]}",
        [_network(x, w, v, t if level else None), column],
        boxes,
        given,
        in_words=f"{numbers}; w is on the wires into a unit, v on the wire from it to y.",
    )


def _network(x: list[float], w: list[list[float]], v: list[float], t: float | None) -> Panel:
    at = {"x₁": (0.0, 1.0), "x₂": (0.0, -1.0), "A": (2.4, 1.0), "B": (2.4, -1.0), "y": (4.4, 0.0)}
    marks: list[Mark] = [node(*place, name, shape="circle") for name, place in at.items()]
    for i, unit in enumerate("AB"):
        for j, source in enumerate(("x₁", "x₂")):
            (xa, ya), (xb, yb) = at[source], at[unit]
            marks.append(edge(xa, ya, xb, yb))
            # a third of the way along, so that the two in the middle do not meet
            share, away = (0.3, 0.2) if i == j else (0.2, 0.24)
            up = away if (i == j) == (i == 0) else -away - 0.2
            up = away if source == "x₁" else -away - 0.16
            px, py = xa + share * (xb - xa), ya + share * (yb - ya)
            marks.append(text(px + (0.12 if i != j else 0.0), py + (up if i == j else up * 0.0), exact(w[i][j])))
        marks.append(edge(*at[unit], *at["y"], label=exact(v[i])))
    marks += [text(0, 1.5, exact(x[0]), anchor="middle"), text(0, -1.75, exact(x[1]), anchor="middle")]
    if t is not None:
        marks.append(text(4.4, -0.75, f"t = {exact(t)}", anchor="middle"))
    return Panel(marks, (-0.5, 5.0), (-2.1, 2.0), axes=False, name="network")
