"""Practice for lesson 11: the walk back on a graph that nobody chose, with values, order and gradients."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

import dlcourse as dl
from dlcourse.engine.graph import Node, topological_order
from dlcourse.figures.graphs import graph_panel
from dlcourse.lesson.practice import Box, Order, Problem, bracketed, exact, family, sheet, whole

Rng = np.random.Generator
SIGNS = {"add": "+", "subtract": "−", "multiply": "·"}


@family("11.walk", "The walk back", levels=("a value used twice", "order and gradients", "values, order and gradients"))
def walk_back(rng: Rng, level: int) -> Problem:
    """Values forward; then each node once, when all that comes back to it is there."""
    steps = (3, 3, 4)[level]
    while True:
        formulas, nodes = _graph(rng, steps)
        # the engine says what is right
        found = dl.run([*nodes, *dl.gradients(nodes[-1], nodes)])
        values, gradients = [float(v) for v in found[: len(nodes)]], [float(g) for g in found[len(nodes) :]]
        if all(0 < abs(g) <= 400 for g in gradients) and 1 not in (abs(gradients[0]), abs(gradients[1])):
            break
    names = [str(n.name) for n in nodes]
    inputs = [n for n in nodes if not n.inputs]
    results = [n for n in nodes if n.inputs]
    value, gradient = dict(zip(nodes, values, strict=True)), dict(zip(nodes, gradients, strict=True))
    boxes: list[Box] = []
    if level != 1:
        boxes += [_value_box(n, formulas[n], value) for n in results]
    order = None
    if level:
        # a node's turn comes when all that use it have had theirs
        walked = [n for n in reversed(topological_order(nodes[-1])) if n.inputs]
        needs = {str(n.name): [str(m.name) for m in results if n in m.inputs] for n in sorted(results, key=str_name)}
        places = tuple(("1st", "2nd", "3rd", "4th")[: len(walked)])
        boxes += [
            Box(
                place,
                f"{place} on the way back",
                str(n.name),
                (0, 0),
                f"{n.name}: all that use it come before.",
                caption=place,
            )
            for place, n in zip(places, walked, strict=True)
        ]
        order = Order(places, needs)
    boxes += [_gradient_box(n, nodes, value, gradient) for n in reversed(topological_order(nodes[-1])[:-1]) if n.inputs]
    boxes += [_gradient_box(n, nodes, value, gradient) for n in inputs]
    columns = 1 if len(boxes) < 6 else 2
    boxes, column = sheet(boxes, panel=1, columns=columns, width=(0.6, 0.75)[columns - 1])
    notes = {n: (exact(value[n]), "") for n in inputs}
    for n in results:  # over a node what it does, under it what came out
        notes[n] = formulas[n].split(" = ")[1], exact(value[n]) if level == 1 else ""
    drawn = graph_panel(topological_order(nodes[-1]), {n: str(n.name) for n in nodes}, notes=notes)
    top = names[-1]
    known = ", ".join(f"{n.name} = {exact(value[n])}" for n in (nodes if level == 1 else inputs))
    what = " and ".join(
        (["values"] if level != 1 else []) + (["an order of the walk back"] if level else []) + ["gradients"]
    ).replace("values and an order of the walk back and", "values, an order of the walk back and")
    task = (
        f"{', '.join(formulas[n] for n in results)}; {known}. The walk starts with d{top}/d{top} = 1. Fill in {what}."
    )
    given: dict[str, Any] = {str(n.name): value[n] for n in (nodes if level == 1 else inputs)}
    given["formulas"] = {str(n.name): formulas[n] for n in results}
    return Problem(task, [replace(drawn, width=1.0), column], boxes, given, order)


def str_name(n: Node) -> str:
    return str(n.name)


def _graph(rng: Rng, steps: int) -> tuple[dict[Node, str], list[Node]]:
    """Two inputs and some operations, each on the newest value; all are used, one of them twice."""
    apply = {"add": float.__add__, "subtract": float.__sub__, "multiply": float.__mul__}
    while True:
        values = [whole(rng, -4, 5) for _ in range(2)]
        drawn: list[tuple[str, int, int]] = []
        for k in range(2, 2 + steps):
            kind = str(rng.choice([*apply, "multiply", "square"]))
            first = k - 1 if k > 2 else 0
            second = first if kind == "square" else int(rng.choice([i for i in range(k) if i != first]))
            drawn.append((kind, first, second))
            values.append(values[first] ** 2 if kind == "square" else apply[kind](values[first], values[second]))
        uses = [i for kind, first, second in drawn for i in ([first] if kind == "square" else [first, second])]
        apart = len({abs(v) for v in values}) == len(values)  # which operand was taken must be seen in the number
        if {0, 1} <= set(uses) and len(uses) > len(set(uses)) and apart and all(0 < abs(v) <= 99 for v in values):
            break
    operations = {"add": dl.add, "subtract": dl.subtract, "multiply": dl.multiply}
    nodes: list[Node] = [dl.parameter(value, name=name) for value, name in zip(values[:2], "xy", strict=True)]
    formulas: dict[Node, str] = {}
    for (kind, first, second), name in zip(drawn, "abcd"[:steps], strict=True):
        a, b = nodes[first], nodes[second]
        made = dl.square(a) if kind == "square" else operations[kind](a, b)
        nodes.append(made.named(name))
        right = f"{a.name}²" if kind == "square" else f"{a.name} {SIGNS[kind]} {b.name}"
        formulas[nodes[-1]] = f"{name} = {right}"
    return formulas, nodes


def _value_box(n: Node, formula: str, value: dict[Node, float]) -> Box:
    a, b = n.inputs[0], n.inputs[-1]
    u, v = value[a], value[b]
    slips = {f"That is {a.name}.": u, f"That is {b.name}.": v}
    if n.kind_name == "square":
        slips |= {"You doubled; it is squared.": 2 * u, "A square is not negative.": -u * u}
    else:
        slips |= {
            "You added; look at the sign in the box.": u + v,
            "You multiplied; look at the sign in the box.": u * v,
            "You subtracted; look at the sign in the box.": u - v,
            "You subtracted the other way round.": v - u,
        }
    numbers = formula.split(" = ")[1].replace(str(a.name), bracketed(u)).replace(str(b.name), bracketed(v))
    return Box(f"value {n.name}", f"{n.name}", value[n], (0, 0), f"{formula} = {numbers} = {exact(value[n])}.", slips)


def _letters(n: Node, nodes: list[Node], value: dict[Node, float], gradient: dict[Node, float]) -> list[Any]:
    """What comes back to a node: (from which node, its gradient, the slope of the arrow), once for each arrow."""
    found = []
    for m in nodes:
        if n not in m.inputs:
            continue
        if m.kind_name == "square":
            found.append((m, gradient[m], 2 * value[n]))
            continue
        for k, one in enumerate(m.inputs):
            if one is n:
                other = value[m.inputs[1 - k]]
                slope = {"add": 1.0, "subtract": -1.0 if k else 1.0, "multiply": other}[m.kind_name]
                found.append((m, gradient[m], slope))
    return found


def _gradient_box(n: Node, nodes: list[Node], value: dict[Node, float], gradient: dict[Node, float]) -> Box:
    top = nodes[-1].name
    letters = _letters(n, nodes, value, gradient)
    sent = [g * slope for _, g, slope in letters]
    total = gradient[n]
    slips: dict[str, float] = {}
    for (m, _, _), letter in zip(letters, sent, strict=True):
        if len(letters) > 1:
            slips[f"Only what comes from {m.name} is in it."] = letter
            if len(letters) > 2:
                slips[f"What comes from {m.name} is missing."] = total - letter
    slips |= {
        "You multiplied what comes back; what comes back to one node is added.": float(np.prod(sent)),
        "You forgot the slopes of the arrows.": sum(g for _, g, _ in letters),
        "Those are the slopes of the arrows alone; what comes from above multiplies them.": sum(s for *_, s in letters),
        "You added where the path multiplies.": sum(g + s for _, g, s in letters),
        f"That is the value of {n.name}, not its gradient.": value[n],
        f"You multiplied by the value of {n.name} itself; the other factor belongs there.": sum(
            g * value[n] if m.kind_name == "multiply" else g * s for m, g, s in letters
        ),
        "The factor 2 of the square is missing.": sum(
            g * (s / 2 if m.kind_name == "square" else s) for m, g, s in letters
        ),
        "You forgot the minus of the subtraction.": sum(
            g * (abs(s) if m.kind_name == "subtract" else s) for m, g, s in letters
        ),
        "A sum passes on what comes back as it is; it is not multiplied by the other term.": sum(
            g * (value[m.inputs[0]] + value[m.inputs[1]] - value[n] if m.kind_name == "add" else s)
            for m, g, s in letters
        ),
        "You took the mean of what comes back; it is added.": sum(sent) / len(sent),
        "You subtracted what comes back; it is added.": sent[0] - sum(sent[1:]) if len(sent) > 1 else total,
    }
    parts = " + ".join(f"{bracketed(g)} · {bracketed(slope)}" for _, g, slope in letters)
    users = " and ".join(dict.fromkeys(str(m.name) for m, *_ in letters))
    return Box(
        f"d{n.name}",
        f"d{top}/d{n.name}",
        total,
        (0, 0),
        f"From {users}: {parts} = {exact(total)}.",
        slips,
        follows=lambda v: sum(v.get(f"d{m.name}", g) * slope for m, g, slope in letters),
    )
