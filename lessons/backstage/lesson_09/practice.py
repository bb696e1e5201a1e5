"""Practice for lesson 09: forward and back through weighted sums and nonlinearities, with numbers for the head."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import dlcourse as dl
from dlcourse.figures import Mark, Panel, edge, node, text
from dlcourse.lesson.practice import Box, Problem, bracketed, exact, family, sheet, weighted, whole

Rng = np.random.Generator
NONLINEARITIES: dict[str, Callable[[dl.Node], dl.Node]] = {"relu": dl.relu, "square": dl.square}


def slope_words(h: str, s: float) -> str:
    return f"h′({exact(s)}) = {exact(2 * s)}" if h == "square" else f"h′({exact(s)}) = {int(s > 0)}"


@family("09.sum", "Both boxes, forward and back", levels=("one sum", "a sum and a nonlinearity", "one z, two sums"))
def both_boxes(rng: Rng, level: int) -> Problem:
    """Numbers on the wires of a small network; forward first, then dC/d… of every wire."""
    return _fan_out(rng) if level == 2 else _one_sum(rng, bent=level == 1)


def _one_sum(rng: Rng, bent: bool) -> Problem:
    """Two z, one sum, perhaps a nonlinearity behind it."""
    h = str(rng.choice(list(NONLINEARITIES)))
    while True:
        z, w = [whole(rng, -4, 5) for _ in range(2)], [whole(rng, -3, 4) for _ in range(2)]
        s = w[0] * z[0] + w[1] * z[1]
        if (
            abs(s) <= 12
            and (s > 0 or (h == "square" and s) or rng.random() < 0.2)
            and z[0] != z[1]
            and w[0] != w[1]
            and not {z[0], z[1]} & {w[0], w[1]}
        ):
            break
    g = whole(rng, -3, 5)
    # the engine says what is right
    nodes = [dl.parameter(value, name=f"z{i + 1}") for i, value in enumerate(z)]
    total = dl.add(w[0] * nodes[0], w[1] * nodes[1])
    top = NONLINEARITIES[h](total) if bent else total
    y, ds, dz1, dz2 = (float(v) for v in dl.run([top, *dl.gradients(top, [total, *nodes], grad_output=np.array(g))]))
    dz = [dz1, dz2]

    marks: list[Mark] = [
        node(0, 1, "z₁", shape="circle"),
        node(0, -1, "z₂", shape="circle"),
        node(2, 0, "s", shape="circle"),
    ]
    marks += [edge(0, 1, 2, 0, label=f"w₁ = {exact(w[0])}"), edge(0, -1, 2, 0, label=f"w₂ = {exact(w[1])}")]
    marks += [text(0, 1.55, exact(z[0]), anchor="middle"), text(0, -1.55, exact(z[1]), anchor="middle")]
    end = 2.0
    if bent:
        marks += [
            node(3.4, 0, "relu" if h == "relu" else "h(s) = s²"),
            edge(2, 0, 3.4, 0),
            node(4.8, 0, "z", shape="circle"),
        ]
        marks += [edge(3.4, 0, 4.8, 0)]
        end = 4.8
    out = "z" if bent else "s"
    marks += [text(end, -1.35, f"dC/d{out} = {exact(g)}", anchor="middle")]

    boxes = [
        Box(
            "s",
            "s, the weighted sum",
            s,
            (2.45 if bent else 2.1, 0.72),
            f"s = {exact(w[0])} · {bracketed(z[0])} + {bracketed(w[1])} · {bracketed(z[1])} = {exact(s)}.",
            {
                "You added the z without their weights.": z[0] + z[1],
                "The weights are swapped: w₁ belongs to z₁.": w[1] * z[0] + w[0] * z[1],
                "You multiplied the two products; a sum adds them.": w[0] * z[0] * w[1] * z[1],
                "You added the weights, too: each weight multiplies its z.": w[0] + z[0] + w[1] + z[1],
                "Only the wire from z₁ is in it.": w[0] * z[0],
                "Only the wire from z₂ is in it.": w[1] * z[1],
                "You subtracted the second product.": w[0] * z[0] - w[1] * z[1],
            },
        )
    ]
    if bent:
        slope = 2 * s if h == "square" else float(s > 0)
        boxes += [
            Box(
                "z",
                "z, what the nonlinearity makes of s",
                y,
                (4.9, 0.62),
                f"h({exact(s)}) = {exact(y)}.",
                {"That is the slope of h at s, not h(s).": slope, "That is s: it has not gone through h yet.": s}
                | (
                    {"You doubled s; it is squared.": 2 * s, "A square is not negative.": -s * s}
                    if h == "square"
                    else {"Below 0, relu gives 0, not the size of s.": abs(s)}
                    if s < 0
                    else {"s is above 0, so it goes through relu as it is.": 0.0}
                ),
                follows=lambda v: v["s"] ** 2 if h == "square" else max(v["s"], 0.0),
            ),
            Box(
                "ds",
                "dC/ds",
                ds,
                (2.2, -0.72),
                f"dC/ds = dC/dz · h′(s), and {slope_words(h, s)}: {exact(g)} · {bracketed(slope)} = {exact(ds)}.",
                {
                    "That is the slope of h alone; what comes from above multiplies it.": slope,
                    "That is dC/dz: the slope of h at s is missing.": g,
                    "You multiplied by h(s); it is the slope at s that counts.": g * y,
                    "You multiplied by s itself; it is the slope of h at s that counts.": g * s,
                    "You took the slope of h at z; it is taken at s.": g * (2 * y if h == "square" else float(y > 0)),
                    "You added where the path multiplies.": g + slope,
                },
                follows=lambda v: g * (2 * v["s"] if h == "square" else float(v["s"] > 0)),
            ),
        ]
    back = ds if bent else g
    for i in range(2):
        j = 1 - i
        boxes.append(
            Box(
                f"dz{i + 1}",
                f"dC/dz{'₁₂'[i]}",
                dz[i],
                (-0.3, 0.42 if i == 0 else -0.42),
                f"Back along its wire: dC/ds · w{'₁₂'[i]} = {exact(back)} · {bracketed(w[i])} = {exact(dz[i])}.",
                {
                    "That is the weight alone; what comes from s multiplies it.": w[i],
                    "That is dC/ds: the weight of the wire is missing.": back,
                    "You added where the path multiplies.": back + w[i],
                    "You took the weight of the other wire.": back * w[j],
                    "You multiplied by z: that is the slope along the weight.": back * z[i],
                    "You divided by the weight; back along a wire it multiplies, too.": back / w[i],
                    "The slope of h is missing: you passed dC/dz on to the wire.": g * w[i],
                    "You sent the value s back, not dC/ds.": s * w[i],
                },
                follows=(lambda v, i=i: v["ds"] * w[i]) if bent else None,  # type: ignore[misc]
            )
        )
    panel = Panel(marks, (-1.8, end + 0.9), (-2, 2), axes=False, name="network")
    step = "s, z, then back: dC/ds, dC/dz₁, dC/dz₂" if bent else "s, then back: dC/dz₁ and dC/dz₂"
    given: dict[str, Any] = {"z₁": z[0], "z₂": z[1], "w₁": w[0], "w₂": w[1], f"dC/d{out}": g}
    seen = f"{', '.join(f'{name} = {exact(n)}' for name, n in given.items())}; s = w₁z₁ + w₂z₂"
    return Problem(
        f"C moves by {exact(g)} when {out} moves by 1. Fill in {step}.",
        [panel],
        boxes,
        given | ({"h": h} if bent else {}),
        in_words=seen + (f", z = h(s){', h is relu' if h == 'relu' else ' and h(s) = s²'}." if bent else "."),
    )


def _fan_out(rng: Rng) -> Problem:
    """One z feeds two sums: what comes back is added."""
    while True:
        z, (u, w) = whole(rng, -4, 5), (whole(rng, -3, 4) for _ in range(2))
        g, k = (whole(rng, -4, 5) for _ in range(2))
        if len({abs(u), abs(w)}) == 2 and len({g, k}) == 2 and u * g + w * k and abs(u * g) != abs(w * k):
            break
    one, weights = dl.parameter(z, name="z"), [u, w]
    sums = [u * one, w * one]
    [dz] = (float(v) for v in dl.run(dl.gradients(dl.add(g * sums[0], k * sums[1]), [one])))
    s = [float(v) for v in dl.run(sums)]

    marks: list[Mark] = [
        node(0, 0, "z", shape="circle"),
        node(2.4, 1, "s₁", shape="circle"),
        node(2.4, -1, "s₂", shape="circle"),
    ]
    marks += [edge(0, 0, 2.4, 1, label=f"w₁ = {exact(u)}"), edge(0, 0, 2.4, -1, label=f"w₂ = {exact(w)}")]
    marks += [text(0, 0.6, exact(z), anchor="middle")]
    marks += [text(2.9, 0.6, f"dC/ds₁ = {exact(g)}"), text(2.9, -1.4, f"dC/ds₂ = {exact(k)}")]
    boxes = [
        Box(
            f"s{i + 1}",
            f"s{'₁₂'[i]}",
            s[i],
            (3.6, 1.2 - 2 * i),
            f"s{'₁₂'[i]} = w{'₁₂'[i]} · z = {exact(weights[i])} · {bracketed(z)} = {exact(s[i])}.",
            {
                "You took the weight of the other wire.": weights[1 - i] * z,
                "You added the weight; it multiplies.": weights[i] + z,
                "z is missing: that is the weight.": weights[i],
                "The weight is missing: that is z.": z,
                "You divided by z; the wire multiplies.": weights[i] / z,
            },
        )
        for i in range(2)
    ]
    along = [u * g, w * k]
    boxes += [
        Box(
            f"back{i + 1}",
            f"what comes back along wire {i + 1}",
            along[i],
            (1.3, 1.15 - 2.3 * i),
            f"w{'₁₂'[i]} · dC/ds{'₁₂'[i]} = {exact(weights[i])} · {bracketed((g, k)[i])} = {exact(along[i])}.",
            {
                "The weight of the wire is missing.": (g, k)[i],
                "dC/ds is missing: that is the weight.": weights[i],
                "You took the weight of the other wire.": weights[1 - i] * (g, k)[i],
                "You took dC/ds of the other sum.": weights[i] * (g, k)[1 - i],
                "You added where the path multiplies.": weights[i] + (g, k)[i],
                "You sent the value of the sum back, not dC/ds.": weights[i] * s[i],
                "You multiplied by z: that is the slope along the weight.": z * (g, k)[i],
            },
            caption=f"back on {i + 1}",
        )
        for i in range(2)
    ]
    boxes.append(
        Box(
            "dz",
            "dC/dz",
            dz,
            (0.1, -0.62),
            f"Copies of z go out, so what comes back adds up: {exact(along[0])} + {bracketed(along[1])} = {exact(dz)}.",
            {
                "One of the two wires is missing.": along[0],
                "One of the two wires is missing: the first.": along[1],
                "You multiplied the two; copies of z add up on the way back.": along[0] * along[1],
                "You took the mean; copies of z add up on the way back.": sum(along) / 2,
                "You subtracted one wire from the other; they add up.": along[0] - along[1],
                "You added dC/ds without the weights.": g + k,
                "You added the weights without dC/ds.": u + w,
                "The weights are swapped.": w * g + u * k,
                "You multiplied by z, too: the slope along z has no z in it.": dz * z,
            },
            follows=lambda v: v["back1"] + v["back2"],
        )
    )
    panel = Panel(marks, (-1.3, 4.9), (-1.9, 1.9), axes=False, name="network")
    given: dict[str, Any] = {"z": z, "w₁": u, "w₂": w, "dC/ds₁": g, "dC/ds₂": k}
    return Problem(
        "One z feeds two sums. Fill in both sums, what comes back along each wire, and dC/dz.",
        [panel],
        boxes,
        given,
        in_words=f"{', '.join(f'{name} = {exact(n)}' for name, n in given.items())}; s₁ = w₁z, s₂ = w₂z.",
    )


# ------------------------------------------------------------------------------------------ any nonlinearity


@dataclass(frozen=True)
class Bend:
    """A nonlinearity as one meets it by hand: its formula, as a graph, and its slope."""

    formula: str
    of: Callable[[dl.Node], dl.Node]
    slope: Callable[[float, float], float]  # from s and z
    words: Callable[[float, float], str]
    wrong: Callable[[float, float], dict[str, float]]  # slopes that people write instead
    wrong_z: Callable[[float], dict[str, float]] = lambda s: {}  # and values, from s


BENDS: dict[str, Bend] = {
    "relu": Bend(
        "max(s, 0)",
        dl.relu,
        lambda s, z: float(s > 0),
        lambda s, z: f"s is {'above' if s > 0 else 'below'} 0, so the slope is {int(s > 0)}.",
        lambda s, z: {
            "That is the other side of the kink.": 1.0 - float(s > 0),
            "relu has no slope of −1: below 0 it is flat.": -1.0,
            "It is flat there or rises as fast as s, nothing between.": 0.5,
        },
        lambda s: {"s is above 0, so it goes through as it is.": 0.0},
    ),
    "leaky": Bend(
        "s above 0, else 0.1 s",
        lambda s: dl.maximum(s, 0.1 * s),
        lambda s, z: 1.0 if s > 0 else 0.1,
        lambda s, z: f"s is {'above' if s > 0 else 'below'} 0, so the slope is {1 if s > 0 else 0.1}.",
        lambda s, z: {
            "That is the other side of the kink.": 0.1 if s > 0 else 1.0,
            "It is not flat below 0: it still rises a little.": 0.0,
            "Below 0 it still rises: the slope is positive.": -0.1,
        },
        lambda s: (
            {"A tenth is for s below 0.": 0.1 * s}
            if s > 0
            else {"That is flat relu; this one still rises below 0.": 0.0}
        ),
    ),
    "square": Bend(
        "s²",
        dl.square,
        lambda s, z: 2 * s,
        lambda s, z: f"h′(s) = 2s = {exact(2 * s)}.",
        lambda s, z: {
            "2 is missing: the slope of s² is 2s.": s,
            "The slope of s² is 2s, not 2.": 2.0,
            "You took the slope at z; it is taken at s.": 2 * z,
            "That is 2s²: the power falls by one.": 2 * s * s,
        },
    ),
    "cube": Bend(
        "s³",
        lambda s: s * s * s,
        lambda s, z: 3 * s * s,
        lambda s, z: f"h′(s) = 3s² = {exact(3 * s * s)}.",
        lambda s, z: {
            "3 is missing: the slope of s³ is 3s².": s * s,
            "The slope of s³ is 3s², not 3s.": 3 * s,
            "That is the slope of s².": 2 * s,
            "The power falls by one.": 3 * s**3,
            "You took (3s)²: only s is squared.": 9 * s * s,
        },
    ),
    "tanh": Bend(
        "tanh",
        dl.tanh,
        lambda s, z: 1 - z * z,
        lambda s, z: f"h′(s) = 1 − z² = 1 − {bracketed(z)}² = {exact(1 - z * z)}.",
        lambda s, z: {
            "The square is missing: the slope is 1 − z².": 1 - z,
            "That is z²; take it from 1.": z * z,
            "The slope is 1 − z², not 1 + z².": 1 + z * z,
            "That is the slope of the sigmoid: z(1 − z).": z * (1 - z),
            "You doubled z; it is squared.": 1 - 2 * z,
            "The slope is 1 at 0 only.": 1.0,
        },
    ),
    "sigmoid": Bend(
        "σ",
        dl.sigmoid,
        lambda s, z: z * (1 - z),
        lambda s, z: f"h′(s) = z(1 − z) = {exact(z)} · {exact(1 - z)} = {exact(z * (1 - z))}.",
        lambda s, z: {
            "That is 1 − z; it is multiplied by z.": 1 - z,
            "That is the slope of tanh: 1 − z².": 1 - z * z,
            "That is z(1 + z); the slope is z(1 − z).": z * (1 + z),
            "That is z²; the slope is z(1 − z).": z * z,
            "That is σ(s) itself, not its slope.": z,
            "No slope of σ is as steep as 1: ¼ at most.": 1.0,
        },
    ),
}


@family("09.bend", "Through a nonlinearity and back", levels=("with a kink", "with a power", "tanh and sigmoid"))
def nonlinearity(rng: Rng, level: int) -> Problem:
    """A weight, a sum with a bias, and one of six nonlinearities; forward, then back to the input."""
    kinds = (("relu", "leaky"), ("square", "cube"), ("tanh", "sigmoid"))[level]
    h = str(rng.choice(kinds))
    bend, told = BENDS[h], level == 2  # with tanh and sigmoid, z is told: nobody knows it by heart
    while True:
        x, w, b, g = whole(rng, -4, 5), whole(rng, -3, 4), float(rng.integers(-4, 5)), whole(rng, -4, 5)
        s = w * x + b
        if told:
            z = float(rng.choice([0.1, 0.2, 0.3, 0.4, 0.6, 0.8] + [-0.2, -0.4, -0.6] * (h == "tanh")))
            s = float(np.arctanh(z)) if h == "tanh" else float(np.log(z / (1 - z)))
            b = 0.0
        apart = len({abs(x), abs(w), abs(g), abs(b)}) == 4 and (told or s not in (x, w, b, g))
        small = told or (b and s and abs(s) <= (4 if h == "cube" else 12) and abs(bend.slope(s, 0.0) * g * w) < 999)
        if apart and small:
            break
    # the engine says what is right
    one = dl.parameter(s / w if told else x, name="x")
    total = w * one + b
    out = bend.of(total)
    [slope], back = dl.gradients(out, [total]), dl.gradients(out, [total, one], grad_output=np.array(g))
    z, slope_at, ds, dx = (round(float(v), 6) for v in dl.run([out, slope, *back]))  # tanh of artanh: 0.6, not 0.5999…
    boxes = []
    if not told:
        boxes += [
            Box(
                "s",
                "s",
                s,
                (0, 0),
                f"s = wx + b = {exact(w)} · {bracketed(x)} + {bracketed(b)} = {exact(s)}.",
                weighted(w, x, b),
            ),
            Box(
                "z",
                "z",
                z,
                (0, 0),
                f"h({exact(s)}) = {exact(z)}.",
                {
                    "That is the slope of h at s, not h(s).": slope_at,
                    "That is s: it has not gone through h yet.": s,
                    "You doubled s.": 2 * s,
                    "You took three times s.": 3 * s,
                    "You squared s.": s * s,
                    **({"That is the size of s.": abs(s)} if s < 0 else {}),
                    **bend.wrong_z(s),
                },
                follows=lambda v: float(dl.run(bend.of(dl.constant(float(v["s"]))))),
            ),
        ]
    boxes += [
        Box(
            "slope",
            "h′(s)",
            slope_at,
            (0, 0),
            bend.words(s, z),
            {"That is z, not the slope.": z, "That is s, not the slope.": s, **bend.wrong(s, z)},
            follows=None if told else lambda v: bend.slope(v["s"], v["z"]),
        ),
        Box(
            "ds",
            "dC/ds",
            ds,
            (0, 0),
            f"dC/dz · h′(s) = {exact(g)} · {bracketed(slope_at)} = {exact(ds)}.",
            {
                "That is the slope alone; what comes from above multiplies it.": slope_at,
                "That is dC/dz: the slope of h is missing.": g,
                "You multiplied by z; it is the slope that counts.": g * z,
                "You multiplied by s; it is the slope that counts.": g * s,
                "You added where the path multiplies.": g + slope_at,
                "You divided; back through h it multiplies, too.": g / slope_at if slope_at else 0.0,
            },
            digits=3,
            follows=lambda v: g * v["slope"],
        ),
        Box(
            "dx",
            "dC/dx",
            dx,
            (0, 0),
            f"Back along the wire: dC/ds · w = {bracketed(ds)} · {bracketed(w)} = {exact(dx)}.",
            {
                "That is the weight alone.": w,
                "That is dC/ds: the weight of the wire is missing.": ds,
                "You added where the path multiplies.": ds + w,
                "The slope of h is missing.": g * w,
                "You multiplied by x: that is the slope along the weight.": ds * x,
                "You divided by the weight; back along a wire it multiplies, too.": ds / w,
                "You multiplied by h, not by its slope.": g * z * w,
                "b has no place on the way back: adding it does not stretch.": ds * w + b,
                "dC/dz is missing: that is the slope of z.": slope_at * w,
            },
            digits=3,
            follows=lambda v: v["ds"] * w,
        ),
    ]
    boxes, column = sheet(boxes, panel=1)
    marks: list[Mark] = [
        node(0, 0, "x", shape="circle"),
        node(1.8, 0, "s", shape="circle"),
        node(3.2, 0, {"relu": "relu", "leaky": "leaky relu"}.get(h, bend.formula)),
    ]
    marks += [node(4.8, 0, "z", shape="circle"), edge(0, 0, 1.8, 0, label=f"w = {exact(w)}")]
    marks += [edge(1.8, 0, 3.2, 0), edge(3.2, 0, 4.8, 0)]
    if not told:
        marks += [text(0, 0.42, exact(x), anchor="middle"), text(1.8, -0.7, f"b = {exact(b)}", anchor="middle")]
    else:
        marks += [text(4.8, 0.42, f"z = {exact(z)}", anchor="middle")]
    marks += [text(4.7, -0.7, f"dC/dz = {exact(g)}", anchor="middle")]
    given: dict[str, Any] = {"w": w, "dC/dz": g, "h": h} | ({"z": z} if told else {"x": x, "b": b})
    ask = "h′(s), then dC/ds and dC/dx" if told else "s, z and h′(s), then dC/ds and dC/dx"
    how = f"z = h(s) came out as {exact(z)}" if told else f"s = wx + b and z = h(s), with h(s) = {bend.formula}"
    return Problem(
        f"{how}{', where h is ' + h if told else ''}. C moves by {exact(g)} when z moves by 1. Fill in {ask}.",
        [Panel(marks, (-0.5, 5.7), (-1.6, 1.3), axes=False, width=1.4, name="wire"), column],
        boxes,
        given,
        in_words=f"{', '.join(f'{name} = {exact(n)}' for name, n in given.items() if name != 'h')}; "
        f"s = wx{'' if told else ' + b'}, z = h(s), and h is {bend.formula}.",
    )
