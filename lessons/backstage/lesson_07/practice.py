"""Practice for lesson 07: an order in which a graph can be computed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import dlcourse as dl
from dlcourse.engine.graph import Node, topological_order
from dlcourse.figures.graphs import graph_panel
from dlcourse.lesson.practice import Box, Order, Problem, family, sheet

Rng = np.random.Generator
PLACES = ("1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th")


@family("07.order", "An order to compute in", levels=("four results", "six nodes", "eight nodes"))
def order_to_compute_in(rng: Rng, level: int) -> Problem:
    """A graph of sums; its nodes are put into an order. Any order will do in which each comes after what it needs."""
    inputs, results = ((2, 4), (3, 3), (3, 5))[level]
    letters = [str(letter) for letter in rng.permutation(list("abcdefghkmpqrstuvwz"))]
    nodes: list[Node] = [dl.parameter(float(k), name=letters[k]) for k in range(inputs)]
    while len(nodes) < inputs + results:
        unused = [n for n in nodes if not any(n in m.inputs for m in nodes)]
        left = inputs + results - len(nodes)
        first = unused[int(rng.integers(len(unused)))] if unused else nodes[int(rng.integers(len(nodes)))]
        if left <= len(unused) - 1:  # from here on, only what ties the ends together
            second = next(n for n in unused if n is not first)
        else:
            others = [n for n in nodes if n is not first]
            second = others[int(rng.integers(len(others)))]
        nodes.append(dl.add(first, second).named(letters[len(nodes)]))
    top = nodes[-1]
    # the engine gives one order; it is one of many
    found = topological_order(top)
    names = {n: str(n.name) for n in found}
    asked = [n for n in found if n.inputs] if level == 0 else found
    needs = {names[n]: [names[m] for m in dict.fromkeys(n.inputs) if m in asked] for n in asked}
    shuffled = {name: needs[name] for name in sorted(needs)}  # as they are read, not as they are computed
    places = PLACES[: len(asked)]
    first_order = [names[n] for n in asked]
    boxes = [
        Box(place, f"{place}, the node to compute", name, (0, 0), f"{name} comes after all that it needs.")
        for place, name in zip(places, first_order, strict=True)
    ]
    boxes, panel = sheet(boxes, panel=1, columns=2 if len(boxes) > 4 else 1)
    drawn = graph_panel(found, names)  # as wide as any picture, however long its names
    known = "The inputs are known. " if level == 0 else ""
    task = (
        f"{known}Put {'the results' if level == 0 else 'all nodes'} into an order in which each can be computed when "
        f"its turn comes: {', '.join(shuffled)}. There may be several; any of them is right."
    )
    arrows = sorted(f"{names[m]} → {names[n]}" for n in found for m in n.inputs)
    return Problem(
        task,
        [replace(drawn, width=1.0), panel],
        boxes,
        {"needs": shuffled},
        Order(places, shuffled),
        in_words=f"Arrows, each from what is needed to what needs it: {', '.join(arrows)}.",
    )
