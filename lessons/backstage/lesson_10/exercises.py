"""Answers to lesson 10, Jacobians, and never building them.

Every function here stands alone: it sees ``np``, ``dl`` and its own arguments, nothing else.
"""

from collections.abc import Callable, Iterator
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcourse.lesson import exercise, function_of, prediction, question

Array = NDArray[np.float64]
Function = Callable[[Array], Array]
Case = dict[str, Any]


# ------------------------------------------------------------------------------------------------ 10.1

numerical = exercise("10.1", "A Jacobian by moving inputs", points=2, rtol=1e-7)


@numerical.reference
def jacobian_num(f: Function, x: Array) -> Array:
    """Move one input, and all outputs answer at once: their answers, divided by the move, are one column.

    The step is an array of floats, also where x holds whole numbers, and a new one for each input, so that the other
    inputs stay where they are.
    """
    dx = 1e-5
    columns = []
    for j in range(len(x)):
        step = np.zeros(len(x))
        step[j] = dx
        columns.append((f(x + step) - f(x - step)) / (2 * dx))
    return np.stack(columns, axis=1)


numerical.mutant(
    "It lies on its side. What one input does to all outputs is a column; each output has a row.", "axis=1", "axis=0"
)
numerical.mutant(
    "You stepped to both sides, so the two ends lie 2·dx apart. Dividing by dx gives twice the slope.", "(2 * dx)", "dx"
)
numerical.mutant("`/ 2 * dx` divides by 2 and then multiplies by dx. Put 2 * dx in brackets.", "(2 * dx)", "2 * dx")
numerical.mutant(
    "You stepped to one side only. That is off by a curvature; step to both sides, as in lesson 01.",
    "f(x - step)) / (2 * dx)",
    "f(x)) / dx",
)


@numerical.mutant("You stepped to one side only. That is off by a curvature; step to both sides, as in lesson 01.")
def _(f: Function, x: Array) -> Array:
    columns = []
    for j in range(len(x)):
        up = x.copy()
        up[j] += 1e-5  # a copy of whole numbers swallows the step, which is the next thing to find
        columns.append((f(up) - f(x)) / 1e-5)
    return np.stack(columns, axis=1)


@numerical.mutant("You moved all inputs together, so nobody can tell which did what. Move input j alone for column j.")
def _(f: Function, x: Array) -> Array:
    return (f(x + 1e-5) - f(x - 1e-5)) / 2e-5


numerical.mutant(
    "Every column is the same: you moved all inputs together. Move input j alone for column j.",
    "step[j] = dx",
    "step[:] = dx",
)
numerical.mutant(
    "When input 2 moves, input 1 moves with it: your step keeps its old entries. Make a new one for each input.",
    """for j in range(len(x)):
        step = np.zeros(len(x))""",
    """step = np.zeros(len(x))
    for j in range(len(x)):""",
)
numerical.mutant(
    "When input 2 moves, input 1 is still a step away from x. Put it back, or start from a fresh copy.",
    """for j in range(len(x)):
        step = np.zeros(len(x))
        step[j] = dx
        columns.append((f(x + step) - f(x - step)) / (2 * dx))""",
    """x = np.array(x, dtype=float)
    for j in range(len(x)):
        x[j] += dx
        up = f(x)
        x[j] -= 2 * dx
        columns.append((up - f(x)) / (2 * dx))""",
)
numerical.mutant(
    "With whole numbers in x, your step is cut to a whole number, 0. Make it, or x, an array of floats.",
    "np.zeros(len(x))",
    "np.zeros_like(x)",
)
numerical.mutant(
    "With whole numbers in x, its copy holds whole numbers, too, and dx is cut off. Make the copy an array of floats.",
    """step = np.zeros(len(x))
        step[j] = dx
        columns.append((f(x + step) - f(x - step)) / (2 * dx))""",
    """up, down = x.copy(), x.copy()
        up[j] += dx
        down[j] -= dx
        columns.append((f(up) - f(down)) / (2 * dx))""",
)
numerical.mutant(
    "Every slope comes out 0. Is f asked twice at one place? `down = x` is a second name for the same array: copy it.",
    "(f(x + step) - f(x - step))",
    "(f(x) - f(x))",
)
for tiny in ("1e-15", "1e-14", "1e-13", "1e-12"):
    numerical.mutant(
        "Your step is so small that rounding eats the difference, as in lesson 01. Take dx = 1e-5.", "1e-5", tiny
    )
numerical.mutant(
    "Only f(x − step) is divided by 2·dx. Put the difference in brackets, then divide it.",
    "(f(x + step) - f(x - step)) / (2 * dx)",
    "f(x + step) - f(x - step) / (2 * dx)",
)
numerical.mutant(
    "The signs are lost. An output may fall when an input rises: its slope is negative.",
    "(f(x + step) - f(x - step))",
    "np.abs(f(x + step) - f(x - step))",
)


numerical.equivalent("np.zeros(len(x))", "-np.zeros(len(x))", "Minus 0 is 0.")
numerical.equivalent(
    "1e-5",
    ("-1e-5", "2e-5", "5e-6", "1e-4", "1.0000000000000002e-06"),
    "Both ends are asked, and any step near this one is exact enough.",
)
numerical.equivalent("axis=1", "axis=-1", "The new axis is both the second and the last.")
numerical.equivalent("step[j] = dx", "step[j] += dx", "The fresh step holds 0 there.")
numerical.equivalent("dx = 1e-5\n    columns = []", "columns = []\n    dx = 1e-5", "Neither needs the other.")


for size in ("1e-3", "1e-4", "1e-6", "1e-7", "1e-8"):
    numerical.mutant(
        "You stepped to one side only. That is off by a curvature; step to both sides, as in lesson 01.",
        [("f(x - step)) / (2 * dx)", "f(x)) / dx"), ("dx = 1e-5", f"dx = {size}")],
    )


@numerical.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(f=function_of("x", "np.array([x[0] * x[1], x[0] + 3 * x[1], np.sin(x[0])])"), x=np.array([2.0, 1.0]))
    yield dict(f=function_of("x", "np.array([x[0] * x[1] ** 2, x[1] * x[2]])"), x=np.array([2, 1, 3]))
    yield dict(f=function_of("x", "np.array([1000.0 * x[0] ** 2 + x[1], x[0] * x[1]])"), x=np.array([0.0, 0.7]))
    a, b, c = rng.uniform(0.5, 2.0, size=3).round(3).tolist()
    x = rng.uniform(0.3, 1.5, size=3)
    outputs = f"{a} * x[0] * x[2], np.tanh({b} * x[1]), np.exp({c} * x[0] - x[2])"
    yield dict(f=function_of("x", f"np.array([{outputs}])"), x=x)
    yield dict(
        f=function_of("x", f"np.array([{a} * x[0] ** 2 + {b} * x[1] * x[2] + x[3]])"), x=rng.uniform(0.3, 1.5, size=4)
    )
    yield dict(
        f=function_of("x", f"np.array([{a} * x[0], x[0] ** 3, np.cos({c} * x[0])])"), x=rng.uniform(0.3, 1.5, size=1)
    )


numerical.hints(
    "Move input j alone, a little up and a little down. All outputs answer; their answers make column j.",
    "f takes n numbers and gives m. The result has m rows and n columns: np.stack(columns, axis=1).",
    "For each j: step = np.zeros(n); step[j] = dx; the column is (f(x + step) - f(x - step)) / (2 * dx).",
)


# ------------------------------------------------------------------------------------------------ 10.2

pointwise = exercise("10.2", "A row times the Jacobian of tanh", without=("gradients", "jacobian"))


@pointwise.reference
def vjp_tanh(x: Array, v: Array) -> Array:
    """The Jacobian is diagonal, so a row times it scales each entry by its own slope, 1 − tanh²(x).

    No matrix is needed: n multiplications, where the whole product would take n².
    """
    return v * (1 - np.tanh(x) ** 2)


pointwise.mutant(
    "tanh is taken twice. The slope is 1 − tanh²(x); the second form, 1 − z², is for z = tanh(x).",
    "np.tanh(x)",
    "np.tanh(np.tanh(x))",
)
pointwise.mutant("1 − z² holds for the output z = tanh(x). You put the input there.", "np.tanh(x) ** 2", "x**2")
pointwise.mutant("The square is missing: the slope of tanh is 1 − tanh²(x).", "np.tanh(x) ** 2", "np.tanh(x)")
pointwise.mutant(
    "You squared x. What is squared is tanh(x): first tanh, then the square.", "np.tanh(x) ** 2", "np.tanh(x**2)"
)
pointwise.mutant(
    "You multiplied by tanh(x), the value. It is the slope, 1 − tanh²(x), that scales a row on its way back.",
    "(1 - np.tanh(x) ** 2)",
    "np.tanh(x)",
)
pointwise.mutant(
    "x and v have changed places: the slope is taken at x, and v is multiplied by it.",
    "v * (1 - np.tanh(x) ** 2)",
    "x * (1 - np.tanh(v) ** 2)",
)
pointwise.mutant(
    "Those are the slopes alone. The row v, which comes from the loss, has to multiply them.",
    "v * (1 - np.tanh(x) ** 2)",
    "1 - np.tanh(x) ** 2",
)
pointwise.mutant(
    "That is the Jacobian itself. What is asked for is v times it: a row again, as long as x.",
    "v * (1 - np.tanh(x) ** 2)",
    "np.diag(1 - np.tanh(x) ** 2)",
)
for product in ("x * v", "v @ x"):
    pointwise.mutant(
        "You took tanh of x and v together. x alone decides the slope, 1 − tanh²(x), and v multiplies it.",
        "v * (1 - np.tanh(x) ** 2)",
        f"np.tanh({product})",
    )
pointwise.mutant(
    "v multiplies the 1 alone. Put the whole slope, 1 − tanh²(x), in brackets.",
    "v * (1 - np.tanh(x) ** 2)",
    "v * 1 - np.tanh(x) ** 2",
)
pointwise.mutant(
    "You squared all of 1 − tanh(x). The square belongs to tanh(x) alone.",
    "(1 - np.tanh(x) ** 2)",
    "(1 - np.tanh(x)) ** 2",
)
pointwise.mutant("You added everything up. Each input has an entry of its own in the result.", "v * (1", "v @ (1")
pointwise.mutant(
    "The values are right, but you built a table of n times n slopes, and nearly all are 0. Keep the n that are not.",
    "v * (1 - np.tanh(x) ** 2)",
    "v @ np.diag(1 - np.tanh(x) ** 2)",
)


pointwise.equivalent("np.tanh(x)", ("(-np.tanh(x))", "np.tanh(-x)"), "A square has no sign.")


pointwise.mutant(
    "The square takes v with it. Only tanh(x) is squared: 1 − tanh²(x), then times v.",
    "v * (1 - np.tanh(x) ** 2)",
    "(v * (1 - np.tanh(x))) ** 2",
)


@pointwise.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(x=np.array([0.0, 1.0]), v=np.array([2.0, 3.0]))
    yield dict(x=np.array([1, -2, 0]), v=np.array([1, 1, 4]))
    for n in (1, 3, 6):
        yield dict(x=rng.normal(size=n), v=rng.normal(size=n))
    yield dict(x=np.array([40.0, -40.0, 0.3]), v=rng.normal(size=3))
    yield dict(x=np.zeros(0), v=np.zeros(0))
    yield dict(x=rng.normal(size=200), v=rng.normal(size=200))  # here the memory is watched


@pointwise.observe
def _(answer: Callable[[Array, Array], Any], case: Case) -> Any:
    x, v = case["x"], case["v"]
    if len(x) < 200:
        return answer(x, v)
    import tracemalloc

    answer(x[:1], v[:1])  # what an answer makes once, an import, is not counted
    mine = not tracemalloc.is_tracing()
    if mine:
        tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        row = answer(x, v)
        table = tracemalloc.get_traced_memory()[1] - before > 4 * len(x) ** 2  # half of a table of n times n
    finally:
        if mine:
            tracemalloc.stop()
    return {"row": row, "made on the way": "a table, n by n" if table else "rows"}


pointwise.hints(
    "Output i listens to input i alone. So entry i of the result is v's entry i times one slope.",
    "x, v and the result all have n entries. No matrix is needed.",
    "The slope of tanh at x is 1 - np.tanh(x)**2. Multiply it by v, entry by entry.",
)


# ------------------------------------------------------------------------------------------------ 10.3

weighted = exercise("10.3", "A row times the Jacobian of a linear layer", without=("gradients", "jacobian"))


@weighted.reference
def vjp_linear(W: Array, v: Array) -> Array:
    """The Jacobian of s = Wx by x is W itself, so the row v becomes the row vW: entry j adds up v_i W_ij over i.

    In NumPy a row with m entries is an array of shape (m,); ``W.T @ v`` gives the same.
    """
    return v @ W


weighted.mutant(
    "That is Wv, which goes forward. Going back, v stands at the outputs: v times W, or Wᵀ times v.", "v @ W", "W @ v"
)
weighted.mutant(
    "Those are the products before they are added. Input j feels all outputs: add over the rows.",
    "v @ W",
    "v[:, None] * W",
)
weighted.mutant(
    "v[i] belongs to row i of W, but `v * W` lines it up with column i, and nothing is added up. Use @.",
    "v @ W",
    "v * W",
)
weighted.mutant(
    "You added along the rows: all that makes one output. Add down the columns: all that one input does.",
    "v @ W",
    "(v[:, None] * W).sum(axis=1)",
)
weighted.mutant(
    "v is missing: each row of W counts as much as the loss cares for its output.", "v @ W", "W.sum(axis=0)"
)
weighted.mutant(
    "That is a mean over the outputs. What arrives from several outputs adds up.", "v @ W", "v @ W / len(v)"
)
weighted.mutant(
    "v[i] meets column i of W in your products, and then you add down that column. v[i] belongs to row i: use v @ W.",
    "v @ W",
    "(v * W).sum(axis=0)",
)
weighted.mutant(
    "You added up before you multiplied. Each entry has to meet its own v[i] first; then add.",
    "v @ W",
    "W.sum(axis=0) * v.sum()",
)
weighted.mutant("That is the whole Jacobian. What is asked for is the row v times it.", "v @ W", "W")


weighted.equivalent("v @", "v.T @", "A vector has one axis: to transpose it changes nothing.")


@weighted.mutant("You solved Wx = v, which undoes the layer. Going back, nothing is undone: v times W.")
def _(W: Array, v: Array) -> Any:
    return np.linalg.lstsq(W, v, rcond=None)[0]


@weighted.mutant("W's rows are added up before v meets them. Each row counts v_i times; then add.")
def _(W: Array, v: Array) -> Any:
    return np.outer(v, W.sum(axis=0))


@weighted.mutant("Only the first entry of v is used, for all rows alike. Row i of W counts v_i times.")
def _(W: Array, v: Array) -> Any:
    return np.sum(W, axis=0) * v[0]


@weighted.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(W=np.array([[1.0, 2.0], [3.0, 4.0]]), v=np.array([1.0, 10.0]))
    yield dict(W=np.array([[1, 0, 2], [0, 3, 1]]), v=np.array([1, -1]))
    for m, n in ((3, 3), (2, 4), (5, 2), (3, 1), (1, 3)):
        yield dict(W=rng.normal(size=(m, n)), v=rng.normal(size=m))


weighted.hints(
    "The Jacobian of Wx by x is W. Entry j of the result adds up what input j does to all outputs.",
    "W has the shape (m, n), v has m entries, the result has n.",
    "A row times a matrix is v @ W in NumPy.",
)


# ------------------------------------------------------------------------------------------------ 10.4

shares = exercise("10.4", "The Jacobian of softmax", points=2, without=("gradients", "jacobian"))


@shares.reference
def jac_softmax(z: Array) -> Array:
    """Each share has the sum of all below the line, so each listens to every score: ∂p_i/∂z_j = p_i (δ_ij − p_j).

    δ_ij is 1 where i = j and 0 elsewhere. All rows and all columns add up to 0: the shares always add up to 1, and
    raising all scores alike changes nothing.
    """
    e = np.exp(z - z.max())
    p = e / e.sum()
    return np.diag(p) - np.outer(p, p)


TABLE = "np.diag(p) - np.outer(p, p)"
shares.mutant(
    "Only the diagonal is there. Raise one score, and every other share goes down: the rest is not 0.",
    TABLE,
    "np.diag(p * (1 - p))",
)
shares.mutant(
    "Those are n numbers, the diagonal of J. Each share listens to the other scores, too: J is a table, n by n.",
    TABLE,
    "p * (1 - p)",
)
shares.mutant(
    "All signs are turned round. Raise a score, and its own share goes up: the diagonal is positive.",
    TABLE,
    "np.outer(p, p) - np.diag(p)",
)
shares.mutant(
    "No entry is negative. Raise one score, and the other shares go down: −p_i p_j beside the diagonal.",
    TABLE,
    "np.abs(np.diag(p) - np.outer(p, p))",
)
shares.mutant(
    "The diagonal lacks something: there, p_i is added to −p_i p_i. Each row has to add up to 0.",
    TABLE,
    "-np.outer(p, p)",
)
shares.mutant(
    "The diagonal is 1 − p_i² with you. Put p_i, not 1, where −p_i p_i is taken off: each row has to add up to 0.",
    "np.diag(p)",
    "np.eye(len(p))",
)
shares.mutant(
    "p * p multiplies entry by entry and gives n numbers. All pairs p_i p_j fill a table, n by n.",
    "np.outer(p, p)",
    "p * p",
)
shares.mutant(
    "Beside the diagonal you have −p_i(1 − p_j). It is −p_i p_j there: the two shares, multiplied.",
    TABLE,
    "np.where(np.eye(len(p)) > 0, np.outer(p, 1 - p), -np.outer(p, 1 - p))",
)
shares.mutant(
    "The diagonal is 1 − p_i with you. It is p_i(1 − p_i): each row has to add up to 0.",
    TABLE,
    "np.where(np.eye(len(p)) > 0, 1 - p, -np.outer(p, p))",
)
shares.mutant(
    "You cut the scores off, so two that lie far out become equal. Take the largest score away from all.",
    "z - z.max()",
    "np.clip(z, -500, 500)",
)
shares.mutant(
    "That is the sigmoid's Jacobian, each score by itself. In a softmax every share listens to all the scores.",
    TABLE,
    "np.diag(1 / (1 + np.exp(-z)) / (1 + np.exp(z)))",
)
shares.mutant(
    "p @ p is one number, and you took it from every entry. All pairs p_i p_j fill a table, n by n.",
    "np.outer(p, p)",
    "p @ p",
)
shares.mutant(
    "Beside the diagonal you have −p_j alone. It is −p_i p_j there: the two shares, multiplied.",
    TABLE,
    "np.where(np.eye(len(p)) > 0, p * (1 - p), -p)",
)
shares.mutant(
    "You kept the sum below the line still. It grows with z, too: that takes p_i p_j from every entry.",
    TABLE,
    "np.diag(p)",
)
shares.mutant(
    "exp of 1000 is inf, exp of −1000 is 0: neither can be shared out. Take the largest score away from all first.",
    "z - z.max()",
    "z",
)
for number in ("1000", "z.min()", "z.mean()"):
    shares.mutant(
        "What you take off the scores is not the largest of them, so exp still runs out of range somewhere.",
        "z.max()",
        number,
    )
shares.mutant(
    "You took the largest score off above the line, and not below it: the shares no longer add up to 1.",
    "e.sum()",
    "np.exp(z).sum()",
)


shares.equivalent("np.exp", "-np.exp", "Above the line and below it, the sign cancels.")
AXES = ("axis=0", "axis=-1", "keepdims=True")
shares.equivalent("e.sum()", tuple(f"e.sum({axis})" for axis in AXES), "A vector has one axis.")
shares.equivalent("z.max()", tuple(f"z.max({axis})" for axis in AXES), "A vector has one axis.")


shares.mutant(
    "That is p_i (1 − p_j) in every entry. Beside the diagonal it is −p_i p_j: raise one score, the others fall.",
    "np.diag(p) - np.outer(p, p)",
    "np.outer(p, 1 - p)",
)


@shares.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(z=np.array([0.0, 0.0]))
    yield dict(z=np.array([1, 0, 2]))
    for n in (3, 4):
        yield dict(z=rng.normal(size=n))
    yield dict(z=np.array([0.7]))
    yield dict(z=rng.normal(size=3) + 1000)
    yield dict(z=np.array([0.0, 0.0, 0.0, 1000.0]))
    yield dict(z=np.array([1000.0, 0.0, 999.0]))
    yield dict(z=np.array([-1000.0, -1001.0]))


shares.hints(
    "Raise score j a little. Share j goes up. All the others go down, for all of them add up to 1.",
    "n scores, n shares: the Jacobian is (n, n). Entry (i, j) is −p_i p_j, and on the diagonal p_i is added.",
    "First p, with z - z.max() in the exponent. Then np.diag(p) minus np.outer(p, p).",
)


# ------------------------------------------------------------------------------------------------ 10.5

price = exercise("10.5", "What an order costs")


@price.reference
def cost(dims: list[int], order: list[int]) -> int:
    """Keep the positions that are left. Each product costs a size times its two neighbours, and then it is gone."""
    left = list(range(len(dims)))
    total = 0
    for position in order:
        k = left.index(position)
        total = total + dims[left[k - 1]] * dims[left[k]] * dims[left[k + 1]]
        left.pop(k)
    return total


price.equivalent(
    "left = list(range(len(dims)))\n    total = 0",
    "total = 0\n    left = list(range(len(dims)))",
    "Neither needs the other.",
)
price.equivalent("range(len(dims))", "range(len(dims) + 1)", "Nobody asks for the position behind the last one.")
price.mutant(
    "You take the neighbours in dims as it was given. A size that has gone is nobody's neighbour any more.",
    "dims[left[k - 1]] * dims[left[k]] * dims[left[k + 1]]",
    "dims[position - 1] * dims[position] * dims[position + 1]",
)
price.mutant(
    "You count positions among the sizes that are left. They are positions in dims as it was given.",
    "k = left.index(position)",
    "k = min(position, len(left) - 2)",
)
price.mutant(
    "That is what the last product costs. Add up the costs of all of them.", "total = total + dims", "total = dims"
)
price.mutant(
    "You multiply the costs of the products. They are done one after the other: add.",
    [("total = 0", "total = 1"), ("total = total + dims", "total = total * dims")],
)
price.mutant(
    "The loop ends after one product: `return` stands inside it.",
    "        left.pop(k)\n    return total",
    "        left.pop(k)\n        return total\n    return total",
)
price.mutant(
    "You add the three sizes. A product of a×b and b×c takes a·b·c multiplications.",
    "dims[left[k - 1]] * dims[left[k]] * dims[left[k + 1]]",
    "(dims[left[k - 1]] + dims[left[k]] + dims[left[k + 1]])",
)
price.mutant(
    "You leave out the size that goes: the cost is that size times its two neighbours.",
    "dims[left[k - 1]] * dims[left[k]] * dims[left[k + 1]]",
    "dims[left[k - 1]] * dims[left[k + 1]]",
)
price.mutant(
    "You look for sizes in dims: a size that occurs twice is found at the first place. Keep positions, not sizes.",
    """    left = list(range(len(dims)))
    total = 0
    for position in order:
        k = left.index(position)
        total = total + dims[left[k - 1]] * dims[left[k]] * dims[left[k + 1]]
        left.pop(k)
""",
    """    left = list(dims)
    total = 0
    for position in order:
        k = left.index(dims[position])
        total = total + left[k - 1] * left[k] * left[k + 1]
        left.pop(k)
""",
)


@price.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(dims=[1, 100, 100, 1000], order=[1, 2])
    yield dict(dims=[1, 100, 100, 1000], order=[2, 1])
    yield dict(dims=[2, 3, 5], order=[1])
    yield dict(dims=[5, 4], order=[])
    yield dict(dims=[2, 7, 3, 7, 4], order=[3, 1, 2])
    for n in (4, 5, 5, 6, 6, 7, 7):
        dims = [int(d) for d in rng.integers(2, 60, size=n)]
        yield dict(dims=dims, order=[int(k) for k in rng.permutation(np.arange(1, n - 1))])


price.hints(
    "Do it on paper: write the sizes in a row. Strike out the first one of the order, and note what that costs. Which "
    "are its neighbours, and which are those of the next one?",
    "dims and order are lists of whole numbers; the answer is one number. With an empty order it is 0.",
    "left = list(range(len(dims))) holds the positions that are left. For each position: k = left.index(position); add "
    "the product of dims at left[k - 1], left[k] and left[k + 1]; then left.pop(k).",
)

# ------------------------------------------------------------------------------------------------ 10.6

parentheses = exercise("10.6", "The best order", points=2)


@parentheses.reference
def best_order(dims: list[int]) -> list[int]:
    """Try every inner size as the first to go, and solve what is left in the same way; keep the cheapest.

    Doing away with an inner size costs it times its two neighbours. Trying everything takes a time that grows like a
    factorial; for a handful of matrices nobody minds. Keeping the results for parts of the chain brings it down to n³
    (S. S. Godbole, "On efficient computation of matrix chain products", 1973).
    """

    def search(left: list[int]) -> tuple[int, list[int]]:
        if len(left) <= 2:
            return 0, []
        found = []
        for k in range(1, len(left) - 1):
            cost = dims[left[k - 1]] * dims[left[k]] * dims[left[k + 1]]
            rest, order = search(left[:k] + left[k + 1 :])
            found.append((cost + rest, [left[k], *order]))
        return min(found)

    return search(list(range(len(dims))))[1]


FOUND = "search(list(range(len(dims))))[1]"
parentheses.mutant(
    "That is the dearest of all orders. The cheapest is asked for: look at the place where you choose.",
    "min(found)",
    "max(found)",
)
parentheses.mutant(
    "You always begin at the loss. That pays when the loss is one number; some chains end in many.",
    FOUND,
    "list(range(1, len(dims) - 1))",
)
parentheses.mutant(
    "You always begin at the input. That is best when there is one input; these chains are not all so.",
    FOUND,
    "list(range(len(dims) - 2, 0, -1))",
)
parentheses.mutant(
    "You always do away with the largest inner size first. A good rule of thumb, and not always the best.",
    FOUND,
    "sorted(range(1, len(dims) - 1), key=lambda k: -dims[k])",
)
parentheses.mutant(
    "You always do away with the smallest inner size first. It makes neighbours cheap: let it stay for a while.",
    FOUND,
    "sorted(range(1, len(dims) - 1), key=lambda k: dims[k])",
)
parentheses.mutant(
    "You sort the products once. Each one changes the neighbours of those that are left: their costs change, too.",
    FOUND,
    "sorted(range(1, len(dims) - 1), key=lambda k: dims[k - 1] * dims[k] * dims[k + 1])",
)
parentheses.mutant(
    "That is what the best order costs. The order itself is asked for: a list of positions.",
    FOUND,
    "search(list(range(len(dims))))[0]",
)
parentheses.mutant(
    "That is a pair, the cost and the order. The order alone is asked for: a list of positions.",
    FOUND,
    "search(list(range(len(dims))))",
)
parentheses.mutant(
    "Those are the sizes. Their positions in dims are asked for.",
    FOUND,
    "[dims[k] for k in search(list(range(len(dims))))[1]]",
)
parentheses.mutant(
    "Your positions begin at 0 for the first inner size. In dims it stands at 1.",
    FOUND,
    "[k - 1 for k in search(list(range(len(dims))))[1]]",
)


@parentheses.mutant("You take the cheapest product each time. It may leave behind dear ones: compare whole orders.")
def _(dims: list[int]) -> Any:
    left, order = list(range(len(dims))), []
    while len(left) > 2:
        k = min(range(1, len(left) - 1), key=lambda k: dims[left[k - 1]] * dims[left[k]] * dims[left[k + 1]])
        order.append(left.pop(k))
    return order


@parentheses.mutant("That is the dearest of all orders. The cheapest is asked for: look at the place where you choose.")
def _(dims: list[int]) -> Any:
    from itertools import permutations

    def cost(order: Any) -> int:
        left, total = list(range(len(dims))), 0
        for position in order:
            k = left.index(position)
            total += dims[left[k - 1]] * dims[position] * dims[left[k + 1]]
            left.pop(k)
        return total

    return list(max(permutations(range(1, len(dims) - 1)), key=cost))


@parentheses.mutant("You take the better of two orders, from the loss or from the input. The best may begin between.")
def _(dims: list[int]) -> Any:
    inner = range(1, len(dims) - 1)
    from_loss = sum(dims[0] * dims[k] * dims[k + 1] for k in inner)
    from_input = sum(dims[k - 1] * dims[k] * dims[-1] for k in inner)
    return list(inner) if from_loss <= from_input else list(inner)[::-1]


parentheses.equivalent("<= 2", "== 2", "The chain gets shorter by one size at a time.")
parentheses.equivalent("return 0, []", ("return 1, []", "return -1, []"), "Every order costs as much more or less.")
parentheses.equivalent(
    "range(1, len(left) - 1)", "reversed(list(range(1, len(left) - 1)))", "All are tried, and the smallest is taken."
)
parentheses.equivalent(
    "if len(left) <= 2:\n            return 0, []\n        found = []",
    "found = []\n        if len(left) <= 2:\n            return 0, []",
    "Neither needs the other.",
)
parentheses.equivalent(
    """cost = dims[left[k - 1]] * dims[left[k]] * dims[left[k + 1]]
            rest, order = search(left[:k] + left[k + 1 :])
""",
    """rest, order = search(left[:k] + left[k + 1 :])
            cost = dims[left[k - 1]] * dims[left[k]] * dims[left[k + 1]]
""",
    "Neither needs the other.",
)


@parentheses.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(dims=[1, 100, 100, 1000])
    yield dict(dims=[1000, 100, 100, 1])
    yield dict(dims=[10, 7, 1, 9, 9])  # the cheapest first product is not part of the best order
    yield dict(dims=[2, 3, 4, 2])
    yield dict(dims=[4, 9, 8, 1, 5])  # nor is the largest size the one to begin with
    yield dict(dims=[2, 9, 1, 8, 3, 7, 2])  # nor an end
    yield dict(dims=[5, 4])
    yield dict(dims=[5, 4, 3])
    for n in (4, 5, 6, 7, 7):
        yield dict(dims=[int(d) for d in rng.integers(1, 60, size=n)])


def costs(dims: list[int]) -> dict[tuple[int, ...], int]:
    """How many multiplications each order takes."""
    found = {}
    for order in permutations(range(1, len(dims) - 1)):
        left, cost = list(range(len(dims))), 0
        for position in order:
            k = left.index(position)
            cost += dims[left[k - 1]] * dims[left[k]] * dims[left[k + 1]]
            left.pop(k)
        found[order] = cost
    return found


@parentheses.accepts
def _(order: Any, case: Case) -> bool | str:
    """Any of the cheapest orders will do."""
    all_costs = costs(case["dims"])
    inner = list(range(1, len(case["dims"]) - 1))
    if not isinstance(order, list | tuple | np.ndarray) or not all(isinstance(k, int | np.integer) for k in order):
        return "Give back a list: the positions of the inner sizes, in the order in which they go."
    if sorted(order) != inner:
        return f"Name each inner position once. Here they are {inner}: positions in dims as it was given, not sizes."
    cost, least, most = all_costs[tuple(order)], min(all_costs.values()), max(all_costs.values())
    if cost == least:
        return True
    dearest = "the dearest of all orders" if cost == most else "that order"
    return f"{dearest.capitalize()} takes {cost} multiplications, and {least} are enough."


parentheses.hints(
    "You can tell what an order costs. How many orders of five positions are there? Few enough to try all.",
    "Write `from itertools import permutations` on top: permutations(range(1, 4)) gives (1, 2, 3), (1, 3, 2) and "
    "so on, each order once. The answer is a list of positions.",
    "min(permutations(range(1, len(dims) - 1)), key=lambda order: cost(dims, order)), made a list.",
)


# ------------------------------------------------------------------------------------------------ predictions and quiz

predictions = [
    prediction(
        "10.a",
        "Two inputs, two outputs, four slopes in a table. A column belongs to an input. You move the second input, and "
        "watch the first output. Where is the slope that you see?",
        options={
            "First row, second column": "The row says who listens: output 1. The column says who moves: input 2.",
            "Second row, first column": "That one is the other way round: input 1 moves, output 2 listens.",
            "In both at once": "Those are two different slopes, in general two different numbers.",
        },
        answer="First row, second column",
    ),
    prediction(
        "10.b",
        "Three matrices in a chain, from the loss to the input: 1×100, 100×100 and 100×1000. Multiply the first two "
        "first, or the last two. How do the costs compare?",
        options={
            "They are equal": "The results are equal. The multiplications on the way are not.",
            "The first two first, about 2 times cheaper": "Count the second way: 100 · 100 · 1000 is ten million.",
            "The first two first, about 90 times cheaper": "110 000 multiplications against 10 100 000.",
            "The last two first is cheaper": "That makes a 100×1000 table on the way, at ten million multiplications.",
        },
        answer="The first two first, about 90 times cheaper",
    ),
]

quiz = [
    question(
        "10.q1",
        "f takes 5 numbers and returns 3. What does row 2 of its Jacobian say?",
        options={
            "What input 2 does to all outputs": "That is a column. The table has 3 rows, one for each output.",
            "How output 2 listens to each of the 5 inputs": "A row of 5 slopes: the derivative of that output.",
            "How far all outputs move together": "Each output has a row of its own.",
        },
        answer="How output 2 listens to each of the 5 inputs",
    ),
    question(
        "10.q2",
        "x → f → u → g → y, with 4, 6 and 2 numbers. Which product is the Jacobian of y by x?",
        options={
            "(2×6)(6×4)": "∂y/∂u times ∂u/∂x: the last function stands at the left, and the sizes meet at 6.",
            "(4×6)(6×2)": "The sizes meet, but this would be a table with a row for each input.",
            "(6×4)(2×6)": "4 and 2 do not meet. The last function comes first in the product.",
        },
        answer="(2×6)(6×4)",
    ),
    question(
        "10.q3",
        "A tanh layer has 1000 numbers. What do you need in order to send a row of slopes back through it?",
        options={
            "A table of a million slopes": "All but 1000 of them are 0. You need no table.",
            "1000 multiplications": "One slope for each number: v times 1 − tanh².",
            "The inverse of the Jacobian": "Nothing is inverted: the row is multiplied by the Jacobian, not divided.",
        },
        answer="1000 multiplications",
    ),
    question(
        "10.q4",
        "Training runs out of memory. The layers are 4096 wide, there are 10 of them, and the batch is 16 384. No "
        "Jacobian is ever built. What do you make smaller first?",
        options={
            "The row that walks back": "For each sample it is as long as one layer is wide. Ten times as much is kept.",
            "The batch": "The activations of all layers are kept for every sample: 2.5 GiB. The weights take 640 MiB.",
            "The Jacobians": "They are not there.",
        },
        answer="The batch",
    ),
    question(
        "10.q5",
        "A robot arm has 1 motor to turn, and 500 sensors that answer. You want all 500 slopes. Where do you start?",
        options={
            "At the outputs, as in backpropagation": "That takes 500 walks, one for each output.",
            "At the input": "One walk forward carries all 500 slopes. Few inputs: forward. Few outputs: backward.",
            "It makes no difference": "Try the sizes 500, 100, 100, 1 in the figure.",
        },
        answer="At the input",
    ),
]
