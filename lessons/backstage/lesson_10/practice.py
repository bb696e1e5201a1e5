"""Practice for lesson 10: shapes of Jacobians and of what they are multiplied with, and the cheaper order."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

import dlcourse as dl
from dlcourse.figures import Mark, Panel, edge, node, text
from dlcourse.lesson.practice import Answer, Box, Problem, family, sheet

Rng = np.random.Generator


def shape(rows: int, columns: int) -> str:
    return f"{rows}×{columns}"


@family(
    "10.shapes",
    "Shapes, and the cheaper order",
    levels=("shapes of Jacobians", "a row and a column", "the cheaper order", "three Jacobians"),
)
def shapes(rng: Rng, level: int) -> Problem:
    """A chain of functions of many numbers: rows for outputs, columns for inputs."""
    return (_jacobians, _row_and_column, _cheaper, _three)[level](rng)


def _sizes(rng: Rng, how_many: int, most: int) -> list[int]:
    """Sizes of which no two are alike, so that each shape can be told from each other one."""
    return [int(n) for n in rng.choice(np.arange(2, most + 1), size=how_many, replace=False)]


def _engine(sizes: list[int]) -> list[tuple[int, ...]]:
    """The shapes that the engine's Jacobians have: of each layer, and of all."""
    x = dl.parameter(np.ones(sizes[0]), name="x")
    layers: list[dl.Node] = [x]
    found = []
    for n, m in pairwise(sizes):
        layers.append(dl.matmul(dl.constant(np.ones((m, n))), layers[-1]))
        found.append(dl.jacobian(layers[-1], layers[-2]).shape)
    return [*found, dl.jacobian(layers[-1], x).shape]


def _chain(sizes: list[int], functions: str) -> Panel:
    """x → f → z → g → y, with how many numbers there are at each place."""
    letters = ["x", "z", "y"] if len(sizes) == 3 else ["x", "u", "z", "y"]
    marks: list[Mark] = []
    for k, (size, letter) in enumerate(zip(sizes, letters, strict=True)):
        marks += [node(2 * k, 0, letter, shape="circle"), text(2 * k, -0.55, f"{size} numbers", anchor="middle")]
    for k, name in enumerate(functions):
        marks += [node(2 * k + 1, 0, name), edge(2 * k, 0, 2 * k + 1, 0), edge(2 * k + 1, 0, 2 * k + 2, 0)]
    return Panel(marks, (-0.7, 2 * len(functions) + 0.7), (-1.1, 0.9), axes=False, width=1.2, name="chain")


def _told(sizes: list[int], functions: str) -> str:
    """The same in words."""
    letters = ["x", "z", "y"] if len(sizes) == 3 else ["x", "u", "z", "y"]
    steps = [
        f"{f} makes {p} numbers {b} of {n} numbers {a}"
        for f, (n, p), (a, b) in zip(functions, pairwise(sizes), pairwise(letters), strict=True)
    ]
    return f"{', '.join(steps)}."


def _shape_box(name: str, label: str, size: tuple[int, ...], why: str, slips: dict[str, Answer]) -> Box:
    rows, columns = size
    turned: dict[str, Answer] = {"That is turned round: rows for outputs, columns for inputs.": shape(columns, rows)}
    return Box(name, label, shape(rows, columns), (0, 0), why, turned | slips, wide=74.0)


def _jacobians(rng: Rng) -> Problem:
    """dz/dx, dy/dz and dy/dx."""
    n, p, m = _sizes(rng, 3, 12)
    (f_rows, f_columns), (g_rows, g_columns), (rows, columns) = _engine([n, p, m])
    boxes = [
        _shape_box(
            "f",
            "dz/dx",
            (f_rows, f_columns),
            f"f takes {n} numbers and gives {p}: a row for each output, a column for each input, {p}×{n}.",
            {
                "That is dy/dz.": shape(m, p),
                "That is dy/dx.": shape(m, n),
                f"z has {p} numbers, and each has its row.": f"1×{n}",
            },
        ),
        _shape_box(
            "g",
            "dy/dz",
            (g_rows, g_columns),
            f"g takes {p} numbers and gives {m}: {m}×{p}.",
            {"That is dz/dx.": shape(p, n), "That is dy/dx.": shape(m, n)},
        ),
        _shape_box(
            "all",
            "dy/dx",
            (rows, columns),
            f"dy/dz times dz/dx: {m}×{p} times {p}×{n} is {m}×{n}.",
            {
                "That is dz/dx times dy/dz, turned round.": shape(p, p),
                "The inner size goes: what meets must be alike, and is gone.": shape(m, p),
                "The inner size goes; it is no longer there.": shape(p, n),
            },
        ),
        Box(
            "entries",
            "entries of dy/dx",
            float(m * n),
            (0, 0),
            f"{m} · {n} = {m * n} slopes, one for each output by each input.",
            {
                "You added; each output has a slope by each input.": m + n,
                "You counted the inner size, too.": m * n * p,
                "That is how many entries dz/dx has.": p * n,
                "That is how many entries dy/dz has.": m * p,
                "That is the number of inputs.": n,
                "That is the number of outputs.": m,
                "You counted the entries of both Jacobians.": p * n + m * p,
            },
        ),
    ]
    boxes, column = sheet(boxes, panel=1, width=0.7)
    return Problem(
        f"f makes {p} numbers of {n}, and g makes {m} of these. Fill in the shapes, rows × columns.",
        [_chain([n, p, m], "fg"), column],
        boxes,
        {"the number of inputs": n, "the inner size": p, "the number of outputs": m},
        in_words=_told([n, p, m], "fg"),
    )


def _row_and_column(rng: Rng) -> Problem:
    """vJ and Jv of one function, and what is asked for which."""
    n, p, m = _sizes(rng, 3, 12)
    _, (g_rows, g_columns), (rows, columns) = _engine([n, p, m])
    v_row, v_column = np.ones((1, rows)), np.ones((columns, 1))
    through, whole_table = np.ones((g_rows, g_columns)), np.ones((rows, columns))
    boxes = [
        _shape_box(
            "v",
            "v, in vJ",
            v_row.shape,
            f"A row that meets the {m} rows of J: 1×{m}.",
            {
                "v meets the rows of J, so it is as long as there are outputs.": shape(1, n),
                "v is a row here.": shape(n, 1),
            },
        ),
        _shape_box(
            "vJ",
            "vJ",
            (v_row @ whole_table).shape,
            f"1×{m} times {m}×{n} is 1×{n}: a slope for each input.",
            {
                "That is v itself; it comes out as long as there are inputs.": shape(1, m),
                "A row times a table is a row.": shape(m, n),
            },
        ),
        _shape_box(
            "Jv",
            "Jv, with a column v",
            (whole_table @ v_column).shape,
            f"{m}×{n} times {n}×1 is {m}×1: how far each output moves.",
            {
                "That is the column that goes in; what comes out is as long as there are outputs.": shape(n, 1),
                "A table times a column is a column.": shape(m, n),
            },
        ),
        _shape_box(
            "half",
            "v · dy/dz",
            (v_row @ through).shape,
            f"One module back: 1×{m} times {m}×{p} is 1×{p}.",
            {
                "That is two modules back.": shape(1, n),
                "That is v itself; it has to go through dy/dz.": shape(1, m),
                "A row times a table is a row.": shape(m, p),
            },
        ),
    ]
    boxes, column = sheet(boxes, panel=1, width=0.8)
    return Problem(
        f"J = dy/dx, from {n} numbers to {m}, by way of {p}. Fill in shapes: of a row v and of vJ, of Jv for a column, "
        "and of the row after one module.",
        [_chain([n, p, m], "fg"), column],
        boxes,
        {"the number of inputs": n, "the inner size": p, "the number of outputs": m},
        in_words=_told([n, p, m], "fg"),
    )


def _cheaper(rng: Rng) -> Problem:
    """A row or a column, and two Jacobians: which product first?"""
    row = bool(rng.random() < 0.6)
    while True:
        n, p, m = _sizes(rng, 3, 20)
        if n * p * m <= 3000:
            break
    _, _, (rows, columns) = _engine([n, p, m])
    sizes = [1, rows, p, columns] if row else [rows, p, columns, 1]
    a, b, c, d = sizes
    left, right = a * b * c + a * c * d, b * c * d + a * b * d
    first_left, first_right = a * b * c, b * c * d
    factors = ("v", "dy/dz", "dz/dx") if row else ("dy/dz", "dz/dx", "v")
    pairs = f"({factors[0]} · {factors[1]}) · {factors[2]}", f"{factors[0]} · ({factors[1]} · {factors[2]})"
    boxes = [
        Box(
            side,
            f"from the {side}",
            float(cost),
            (0, 0),
            why,
            {
                "That is the first product alone; the second costs, too.": first,
                "That is the second product alone.": cost - first,
                "That is the other order.": other,
                "You added the sizes of a product; they multiply.": added,
                "You multiplied the two products; their costs add.": first * (cost - first),
                "You added the three sizes.": n + p + m,
                "You counted entries of the tables, not multiplications.": a * b + b * c + c * d,
            },
        )
        for side, cost, first, other, why, added in (
            ("left", left, first_left, right, f"{a}·{b}·{c} + {a}·{c}·{d} = {left}.", a + b + c + a + c + d),
            ("right", right, first_right, left, f"{b}·{c}·{d} + {a}·{b}·{d} = {right}.", b + c + d + a + b + d),
        )
    ]
    better = "left" if left < right else "right"
    boxes.append(
        Box(
            "cheaper",
            "cheaper, left or right",
            better,
            (0, 0),
            f"From the {better} it is {min(left, right)}, less than {max(left, right)}: nothing larger than a "
            f"{'row' if row else 'column'} is ever made.",
            {"That makes a full table on the way. Compare the two numbers.": "right" if better == "left" else "left"},
        )
    )
    boxes, column = sheet(boxes, panel=1, width=0.8)
    shapes_shown = " · ".join(shape(r, k) for r, k in pairwise(sizes))
    marks: list[Mark] = [text(0, 1.2, f"{factors[0]} · {factors[1]} · {factors[2]}"), text(0, 0.5, shapes_shown)]
    marks += [text(0, -0.3, f"from the left:  {pairs[0]}"), text(0, -1.0, f"from the right:  {pairs[1]}")]
    panel = Panel(marks, (-0.2, 5.0), (-1.8, 1.9), axes=False, width=1.2, name="product")
    return Problem(
        "An a×b table times a b×c table takes a · b · c multiplications. How many does each order take, and which is "
        "cheaper, left or right?",
        [panel, column],
        boxes,
        {
            "the number of inputs": n,
            "the inner size": p,
            "the number of outputs": m,
            "row": "v first" if row else "v last",
        },
        in_words=f"{' · '.join(factors)}, of shapes {shapes_shown}. From the left: {pairs[0]}. "
        f"From the right: {pairs[1]}.",
    )


def _three(rng: Rng) -> Problem:
    """Three Jacobians and a row: what is on the way, from the left."""
    n, p, q, m = _sizes(rng, 4, 9)
    *_, (rows, columns) = _engine([n, p, q, m])
    row = np.ones((1, rows))
    first = row @ np.ones((m, q))
    second = first @ np.ones((q, p))
    third = second @ np.ones((p, columns))
    cost = m * q + q * p + p * n
    table = m * q * p + m * p * n + m * n
    boxes = [
        _shape_box(
            "first",
            "v · dy/dz",
            first.shape,
            f"1×{m} times {m}×{q} is 1×{q}.",
            {"That is v itself.": shape(1, m), "A row times a table is a row.": shape(m, q)},
        ),
        _shape_box(
            "second",
            "… · dz/du",
            second.shape,
            f"1×{q} times {q}×{p} is 1×{p}.",
            {"That is the row before.": shape(1, q), "A row times a table is a row.": shape(q, p)},
        ),
        _shape_box(
            "third",
            "… · du/dx",
            third.shape,
            f"1×{p} times {p}×{n} is 1×{n}.",
            {"That is the row before.": shape(1, p), "A row times a table is a row.": shape(p, n)},
        ),
        Box(
            "cost",
            "multiplications in all",
            float(cost),
            (0, 0),
            f"{m}·{q} + {q}·{p} + {p}·{n} = {cost}.",
            {
                "You multiplied the tables with each other first: that is dearer.": table,
                "The last product is missing.": m * q + q * p,
                "The first product is missing.": q * p + p * n,
                "That is the last product alone.": p * n,
                "That is the first product alone.": m * q,
                "You multiplied the three; their costs add.": m * q * q * p * p * n,
                "You multiplied all sizes.": m * q * p * n,
                "You added the sizes.": m + q + p + n,
                "You added the sizes of each table.": m + q + q + p + p + n,
            },
        ),
    ]
    boxes, column = sheet(boxes, panel=1, width=0.8)
    given: dict[str, Any] = {f"the size of {name}": size for name, size in zip("xuzy", (n, p, q, m), strict=True)}
    return Problem(
        f"A row v of {m} slopes walks back, one Jacobian after the other. Fill in the shape after each product, and "
        "how many multiplications there are.",
        [_chain([n, p, q, m], "fgr"), column],
        boxes,
        given,
        in_words=_told([n, p, q, m], "fgr"),
    )
