"""Answers to lesson 08, the chain rule, one path and many.

Every function here stands alone: it sees ``np``, ``dl`` and its own arguments, nothing else.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcourse.lesson import exercise, function_of, prediction, question

Function = Callable[[float], float]
Edges = dict[str, dict[str, float]]
Array = NDArray[np.float64]
Case = dict[str, Any]

# ------------------------------------------------------------------------------------------------ 08.1

composed = exercise("08.1", "The slope of a chain", points=2)


@composed.reference
def chain(fs: list[Function], dfs: list[Function], x: float) -> float:
    """Each link multiplies the slope by its own, taken where the value is by then.

    The first function gets x. The second gets what the first gave, and so its slope is needed there. That is why
    the value and the product travel together.
    """
    slope = 1.0
    for f, df in zip(fs, dfs, strict=True):
        slope = slope * df(x)
        x = f(x)
    return slope


@composed.mutant(
    "All slopes are taken at x. The second function never sees x: take its slope at what the first one gives."
)
def _(fs: list[Function], dfs: list[Function], x: float) -> float:
    slope = 1.0
    for df in dfs:
        slope = slope * df(x)
    return slope


@composed.mutant("You added the slopes. Each link scales the change it receives, so they multiply.")
def _(fs: list[Function], dfs: list[Function], x: float) -> float:
    slope = 0.0
    for f, df in zip(fs, dfs, strict=True):
        slope = slope + df(x)
        x = f(x)
    return slope


@composed.mutant(
    "Each slope is taken one place too late: take df at the value that goes into f, then move on to f of it."
)
def _(fs: list[Function], dfs: list[Function], x: float) -> float:
    slope = 1.0
    for f, df in zip(fs, dfs, strict=True):
        x = f(x)
        slope = slope * df(x)
    return slope


@composed.mutant("You went through the functions from the last to the first. fs[0] is the one that gets x.")
def _(fs: list[Function], dfs: list[Function], x: float) -> float:
    slope = 1.0
    for f, df in zip(fs[::-1], dfs[::-1], strict=True):
        slope = slope * df(x)
        x = f(x)
    return slope


@composed.mutant("That is the slope of the last link alone. The links before it scale the change, too.")
def _(fs: list[Function], dfs: list[Function], x: float) -> float:
    slope = 1.0
    for f, df in zip(fs, dfs, strict=True):
        slope = df(x)
        x = f(x)
    return slope


LINKS = {  # a function and its slope, as text
    "square": ("x * x", "2.0 * x"),
    "sine": ("np.sin(x)", "np.cos(x)"),
    "tanh": ("np.tanh(x)", "1.0 - np.tanh(x) ** 2"),
    "exp": ("np.exp(-x)", "-np.exp(-x)"),
    "line": ("1.7 * x + 0.4", "1.7"),
}


@composed.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(
        fs=[function_of("x", "x * x"), function_of("x", "np.sin(x)")],
        dfs=[function_of("x", "2.0 * x"), function_of("x", "np.cos(x)")],
        x=1.3,
    )
    for count in (2, 3, 4, 5):
        names = [str(name) for name in rng.choice(list(LINKS), size=count, replace=count > len(LINKS))]
        fs = [function_of("x", LINKS[name][0]) for name in names]
        dfs = [function_of("x", LINKS[name][1]) for name in names]
        yield dict(fs=fs, dfs=dfs, x=float(rng.uniform(0.3, 1.2)))


composed.hints(
    "Walk through the chain with a value in one hand and a product in the other.",
    "fs and dfs are lists of functions, first the one that gets x. Both give numbers.",
    "slope = 1. For each f and df: multiply slope by df(x), and only then replace x by f(x).",
)

# ------------------------------------------------------------------------------------------------ 08.2

paths = exercise("08.2", "Over all paths", points=2)


@paths.reference
def sum_over_paths(edges: Edges, start: str, end: str) -> float:
    """Whatever leaves the start splits over its arrows; each share goes on by itself, and at the end they add up.

    This walks every path, as the formula says. There can be 2ⁿ of them; exercise 11.4 does the same in one walk.
    """
    if start == end:
        return 1.0
    return sum(slope * sum_over_paths(edges, after, end) for after, slope in edges.get(start, {}).items())


@paths.mutant(
    "Only one path is counted. A change goes along every arrow that leaves a node, not along the first alone."
)
def _(edges: Edges, start: str, end: str) -> float:
    product = 1.0
    while start != end and edges.get(start):
        start, slope = next(iter(edges[start].items()))
        product *= slope
    return product if start == end else 0.0


@paths.mutant("You add along a path. Along a path the slopes multiply; it is the paths that add up.")
def _(edges: Edges, start: str, end: str) -> float:
    def walk(node: str, so_far: float) -> float:
        if node == end:
            return so_far
        return sum(walk(after, so_far + slope) for after, slope in edges.get(node, {}).items())

    return walk(start, 0.0)


@paths.mutant("You multiply the paths with each other. Each path carries its own share of the change: add them.")
def _(edges: Edges, start: str, end: str) -> float:
    products = []

    def walk(node: str, so_far: float) -> None:
        if node == end:
            products.append(so_far)
        for after, slope in edges.get(node, {}).items():
            walk(after, so_far * slope)

    walk(start, 1.0)
    return float(np.prod(products))


@paths.mutant("You counted the paths. What is asked for is the sum of their products.")
def _(edges: Edges, start: str, end: str) -> float:
    def walk(node: str) -> float:
        return 1.0 if node == end else sum(walk(after) for after in edges.get(node, {}))

    return walk(start)


@paths.mutant("Ways that break off before the end are counted, too. Only what arrives at the end moves it.")
def _(edges: Edges, start: str, end: str) -> float:
    def walk(node: str) -> float:
        return sum(s * walk(after) for after, s in edges[node].items()) if edges.get(node) else 1.0

    return walk(start)


@paths.mutant("A path that has arrived counts 0 with you, and a 0 wipes its whole product out. An empty product is 1.")
def _(edges: Edges, start: str, end: str) -> float:
    def walk(node: str) -> float:
        return 0.0 if node == end else sum(s * walk(after) for after, s in edges.get(node, {}).items())

    return float(walk(start))


@paths.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(edges={"a": {"b": 2.0, "c": 3.0}, "b": {"d": 5.0}, "c": {"d": 7.0}, "d": {"e": 0.5}}, start="a", end="e")

    def slope() -> float:
        return round(float(rng.uniform(0.3, 2.5) * rng.choice([-1, 1])), 3)

    yield dict(edges={"a": {"b": slope()}, "b": {"c": slope()}}, start="a", end="c")
    for count in (5, 6, 7):
        names = [f"n{k}" for k in range(count)]
        edges: Edges = {name: {} for name in names[:-1]}
        for k in range(1, count):
            for before in {int(v) for v in rng.integers(max(0, k - 3), k, size=2)} | {k - 1}:
                edges[names[before]][names[k]] = slope()
        edges[names[0]]["dead end"] = slope()
        yield dict(edges=edges, start="n0", end=names[-1])


paths.hints(
    "A change of the start is copied onto every arrow that leaves it. Each copy then goes its own way.",
    "edges[node] is a dict: the next node, and the slope of the arrow that leads there. A node may have no arrows.",
    "If start is end, the answer is 1. Else add up, over the arrows: slope times the same question asked from "
    "the next node.",
)

# ------------------------------------------------------------------------------------------------ 08.3

linear = exercise("08.3", "The gradient of one sample's loss", points=1)


@linear.reference
def grad_linear(w: Array, x: Array, y: float) -> Array:
    """Two links: the error e = w·x − y, whose slope by w is x, and ½e², whose slope by e is e.

    The half is there to cancel the 2 of the square. The target y does not depend on w, so it adds nothing.
    """
    w, x = np.asarray(w, dtype=float), np.asarray(x, dtype=float)
    return (w @ x - y) * x


@linear.mutant("There is a 2 too many. The loss has a ½ in front, and the 2 from the square cancels it.")
def _(w: Array, x: Array, y: float) -> Any:
    w, x = np.asarray(w, dtype=float), np.asarray(x, dtype=float)
    return 2 * (w @ x - y) * x


@linear.mutant("The sign is turned round: the error is prediction minus target, w·x − y.")
def _(w: Array, x: Array, y: float) -> Any:
    w, x = np.asarray(w, dtype=float), np.asarray(x, dtype=float)
    return (y - w @ x) * x


@linear.mutant(
    "That is one number, the slope by the prediction. The second link is missing: how w moves the prediction."
)
def _(w: Array, x: Array, y: float) -> Any:
    w, x = np.asarray(w, dtype=float), np.asarray(x, dtype=float)
    return w @ x - y


@linear.mutant("You differentiated by the data x. It is the weights w that can be turned.")
def _(w: Array, x: Array, y: float) -> Any:
    w, x = np.asarray(w, dtype=float), np.asarray(x, dtype=float)
    return (w @ x - y) * w


@linear.mutant("The target got lost. Its slope by w is 0, but the error itself contains it: e = w·x − y.")
def _(w: Array, x: Array, y: float) -> Any:
    w, x = np.asarray(w, dtype=float), np.asarray(x, dtype=float)
    return (w @ x) * x


@linear.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(w=np.array([1, 2]), x=np.array([3, 1]), y=4)
    for n in (1, 3, 5):
        yield dict(w=rng.normal(size=n), x=rng.normal(size=n), y=float(rng.normal()))


linear.hints(
    "There are two links: from w to the error e = w·x − y, and from e to the loss ½e².",
    "The slope of the loss by e is a number. The slope of e by w has as many entries as w.",
    "Multiply the error w @ x - y with the slope of w·x by w, which is x.",
)

# ------------------------------------------------------------------------------------------------ 08.4

plane = exercise("08.4", "Three slopes on a plane", points=1)


@plane.reference
def three_slopes(a: float, b: float, c: float) -> tuple[float, float, float]:
    """On the plane ax + by + cz = 0, hold the third letter still and solve.

    With z still, a dx + b dy = 0, so ∂x/∂y = −b/a; and so on round. Each slope has a minus of its own, and three
    of them make the product −1. What looked like a cancelling of fractions are three different experiments.
    """
    return -b / a, -c / b, -a / c


@plane.mutant(
    "The signs are lost. With z held still, ax + by has to stay the same: when y goes up, x has to make up for it."
)
def _(a: float, b: float, c: float) -> tuple[float, float, float]:
    return b / a, c / b, a / c


@plane.mutant("Each fraction stands on its head: ∂x/∂y says how far x moves for each unit of y.")
def _(a: float, b: float, c: float) -> tuple[float, float, float]:
    return -a / b, -b / c, -c / a


@plane.mutant("The order is another one: first ∂x/∂y, then ∂y/∂z, then ∂z/∂x.")
def _(a: float, b: float, c: float) -> tuple[float, float, float]:
    return -b / a, -a / c, -c / b


@plane.mutant("You return the product of the three. The three slopes themselves are asked for.")
def _(a: float, b: float, c: float) -> Any:
    return (-b / a) * (-c / b) * (-a / c)


@plane.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(a=1.0, b=2.0, c=4.0)
    for _ in range(3):
        a, b, c = (rng.uniform(0.5, 4.0, size=3) * rng.choice([-1, 1], size=3)).tolist()
        yield dict(a=a, b=b, c=c)


plane.hints(
    "∂x/∂y is an experiment: hold z still, move y by a little, and see how x has to move for the point to stay "
    "on the plane.",
    "With z still, a·dx + b·dy = 0. The answer is three numbers.",
    "Solve a·dx + b·dy = 0 for dx/dy, then do the same with x held still, and with y.",
)

# ------------------------------------------------------------------------------------------------ predictions and quiz

predictions = [
    prediction(
        "08.a",
        "Gear x has 8 teeth and drives gear u with 16, which drives gear y with 8. You give x one full turn. "
        "How far does y turn?",
        options={
            "A quarter of a turn": "u halves the turn, but y doubles it again: it has half as many teeth as u.",
            "One full turn": "Half a turn for u, and twice that for y: ½ · 2 = 1.",
            "Two turns": "u has more teeth than x, so it turns less, not more.",
        },
        answer="One full turn",
    ),
    prediction(
        "08.b",
        "What is the slope of sin(x²) at x = 1.3?",
        options={
            "cos(1.3) · 2.6": "The sine never sees 1.3. It is handed x², which is 1.69.",
            "cos(1.69) · 2.6": "The sine gets 1.69, so its slope is needed there; x² has the slope 2.6 at 1.3.",
            "cos(2.6)": "The slope of the inner function multiplies. It does not go into the cosine.",
        },
        answer="cos(1.69) · 2.6",
    ),
    prediction(
        "08.c",
        "a feeds b and c, and both feed d. Along a–b–d the slopes multiply to 6, along a–c–d to 4. You move a by 0.01. "
        "How far does d move, roughly?",
        options={
            "0.06: the steeper path wins": "Both paths carry the change at the same time. Neither knows of the other.",
            "0.10": "0.06 arrives through b and 0.04 through c.",
            "0.24": "Slopes multiply along a path. Two paths side by side add up.",
        },
        answer="0.10",
    ),
]

quiz = [
    question(
        "08.q1",
        "y = g(u) and u = f(x), with f(2) = 5, f′(2) = 3, g′(2) = 7, g′(5) = 10. What is dy/dx at x = 2?",
        options={
            "21": "That takes g′ at 2. But g is handed f(2) = 5.",
            "30": "g′ where g stands, at 5, times f′ where f stands, at 2.",
            "13": "Slopes along a chain multiply.",
        },
        answer="30",
    ),
    question(
        "08.q2",
        "A node feeds three others. How do you get the slope of the loss by this node?",
        options={
            "Add up three shares, one for each consumer": "Each share is the consumer's slope times the arrow's.",
            "Multiply three shares": "They arrive side by side, not one after the other.",
            "Take the share of the largest consumer": "Small shares count as well; together they may outweigh it.",
        },
        answer="Add up three shares, one for each consumer",
    ),
    question(
        "08.q3",
        "The loss is ½(w·x − y)². Why does the target y have no share of its own in the gradient by w?",
        options={
            "Because it is small": "It may be as large as it likes. Turning w does not move it.",
            "Because y does not depend on w": "Its slope by w is 0. Within the error it counts all the same.",
            "Because the square removes it": "It stands in the error, and the error stands in the gradient.",
        },
        answer="Because y does not depend on w",
    ),
    question(
        "08.q4",
        "A slide says dL/dw₀ = dL/dy · dy/dw₁ · dw₁/dw₀, for a network with weights w₀ and then w₁. What is wrong?",
        options={
            "The factors are in the wrong order": "Numbers may be multiplied in any order. Look at the last factor.",
            "w₁ does not depend on w₀": "So dw₁/dw₀ is 0. The way from w₀ to y leads through the activation.",
            "Nothing": "Then w₀ would never be trained: one of the factors is always 0.",
        },
        answer="w₁ does not depend on w₀",
    ),
    question(
        "08.q5",
        "In (∂x/∂y)(∂y/∂z)(∂z/∂x) everything seems to cancel. Why is it −1 on the plane x + y + z = 0?",
        options={
            "Each factor holds another letter still": "They are three different experiments, each with slope −1.",
            "It is a rounding error": "It is exactly −1. Work it out on paper.",
            "Because the plane is tilted": "It is −1 on every plane with three non-zero coefficients.",
        },
        answer="Each factor holds another letter still",
    ),
]
