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


composed.mutant(
    "All slopes are taken at x. The second function never sees x: take its slope at what the first one gives.",
    "        x = f(x)\n",
    "",
)
composed.mutant(
    "You added the slopes. Each link scales the change it receives, so they multiply.",
    """slope = 1.0
    for f, df in zip(fs, dfs, strict=True):
        slope = slope *""",
    """slope = 0.0
    for f, df in zip(fs, dfs, strict=True):
        slope = slope +""",
)
composed.mutant(
    "Each slope is taken one place too late: take df at the value that goes into f, then move on to f of it.",
    "slope * df(x)\n        x = f(x)",
    "slope * df(f(x))\n        x = f(x)",
)
composed.mutant(
    "You went through the functions from the last to the first. fs[0] is the one that gets x.",
    "zip(fs, dfs, strict=True)",
    "zip(fs[::-1], dfs[::-1])",
)
composed.mutant(
    "That is the slope of the last link alone. The links before it scale the change, too.",
    "slope = slope * df(x)",
    "slope = df(x)",
)
composed.mutant(
    "That is the slope of the first link alone. Does a `return` stand inside your loop?",
    "        x = f(x)\n",
    "        return slope\n",
)
composed.mutant(
    "Everything comes out 0. A product that starts at 0 stays there: start it at 1.", "slope = 1.0", "slope = 0.0"
)
composed.mutant(
    "The signs are lost. A link that falls turns the change round: multiply the slopes as they are.",
    "slope * df(x)",
    "slope * abs(df(x))",
)
composed.mutant("You multiplied the values. It is the slopes df that scale a change.", "slope * df(x)", "slope * f(x)")
composed.mutant(
    "The slope of the first link is missing. It scales the change, too: fs[0] gets x, so dfs[0] is taken at x.",
    "slope = slope * df(x)",
    "slope = slope * (df(x) if f is not fs[0] else 1.0)",
)
composed.mutant(
    "Every factor is the slope of the first link. Each link has a slope of its own: fs and dfs move on together.",
    "slope * df(x)",
    "slope * dfs[0](x)",
)


@composed.mutant(
    "Each slope is taken one function after x, and no further. Keep the value: the third link gets what two have made."
)
def _(fs: list[Function], dfs: list[Function], x: float) -> float:
    slope = dfs[0](x)
    for i in range(1, len(fs)):
        slope = slope * dfs[i](fs[i - 1](x))
    return slope


@composed.mutant(
    "Your value goes through some functions more than once. Each link moves it on once, and then the next."
)
def _(fs: list[Function], dfs: list[Function], x: float) -> float:
    slope = 1.0
    for i in range(len(fs)):
        for f in fs[: i + 1]:
            x = f(x)
        slope = slope * dfs[i](x)
    return slope


LINKS = {  # a function and its slope, as text
    "square": ("x * x", "2.0 * x"),
    "sine": ("np.sin(x)", "np.cos(x)"),
    "tanh": ("np.tanh(x)", "1.0 - np.tanh(x) ** 2"),
    "exp": ("np.exp(-x)", "-np.exp(-x)"),
    "line": ("1.7 * x + 0.4", "1.7"),
}


composed.equivalent("strict=True", "strict=False", "There are as many slopes as functions.")


@composed.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(
        fs=[function_of("x", "x * x"), function_of("x", "np.sin(x)")],
        dfs=[function_of("x", "2.0 * x"), function_of("x", "np.cos(x)")],
        x=1.3,
    )
    yield dict(
        fs=[function_of("x", "5 * x + 1"), function_of("x", "x * x")],
        dfs=[function_of("x", "5"), function_of("x", "2 * x")],
        x=2,
    )
    for count in (1, 2, 3, 4, 5):
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
    total = 0.0
    for after, slope in edges.get(start, {}).items():
        total = total + slope * sum_over_paths(edges, after, end)
    return total


paths.mutant(
    "Only one path is counted. A change goes along every arrow that leaves a node. Does a `return` stand in your loop?",
    "after, end)\n    return total",
    "after, end)\n        return total\n    return total",
)
paths.mutant(
    "Only the largest share is kept. A change goes along every arrow that leaves a node, and the shares add up.",
    """total = 0.0
    for after, slope in edges.get(start, {}).items():
        total = total + slope * sum_over_paths(edges, after, end)
    return total""",
    "return max([slope * sum_over_paths(edges, after, end) for after, slope in edges.get(start, {}).items()] or [0.0])",
)
paths.mutant(
    "You add along a path. Along a path the slopes multiply; it is the paths that add up.",
    "slope * sum_over",
    "slope + sum_over",
)
paths.mutant(
    "You add along a path. Along a path the slopes multiply; it is the paths that add up.",
    [("slope * sum_over", "slope + sum_over"), ("return 1.0", "return 0.0")],
)
paths.mutant(
    "You multiply the shares with each other. Each arrow carries its own share of the change: add them.",
    """total = 0.0
    for after, slope in edges.get(start, {}).items():
        total = total +""",
    """total = 1.0
    for after, slope in edges.get(start, {}).items():
        total = total *""",
)
paths.mutant(
    "You counted the paths. What is asked for is the sum of their products.",
    "total + slope * sum_over",
    "total + sum_over",
)
paths.mutant(
    "Ways that break off before the end are counted, too. Only what arrives at the end moves it.",
    "if start == end:",
    "if start == end or not edges.get(start):",
)
paths.mutant(
    "You go on past the end where arrows leave it, too. A path is complete as soon as it arrives.",
    "if start == end:",
    "if start == end and start not in edges:",
)
paths.mutant(
    "Everything comes out 0. A path that has arrived counts 1, the empty product: 0 would wipe its slopes out.",
    "return 1.0",
    "return 0.0",
)


@paths.mutant("You look one or two arrows deep. A path may have any number of arrows: let the function call itself.")
def _(edges: Edges, start: str, end: str) -> float:
    total = 0.0
    for after, slope in edges.get(start, {}).items():
        total += slope if after == end else slope * edges.get(after, {}).get(end, 0.0)
    return total


@paths.mutant("You take two arrows of a path at most. A path may have any number: let the function call itself.")
def _(edges: Edges, start: str, end: str) -> float:
    return sum(edges[start].get(node, 1.0) * arrows[end] for node, arrows in edges.items() if end in arrows)


@paths.mutant(
    "A node passes its share on before all of its shares have arrived. What comes later has to go on from there, too."
)
def _(edges: Edges, start: str, end: str) -> float:
    shares, queue = {start: 1.0}, [start]
    for node in queue:
        for after, slope in edges.get(node, {}).items():
            if after not in shares:
                shares[after] = 0.0
                queue.append(after)
            shares[after] += shares[node] * slope
    return shares.get(end, 0.0)


@paths.mutant("A share that arrives at a node replaces the one that is there. Where paths meet, their shares add up.")
def _(edges: Edges, start: str, end: str) -> float:
    shares, queue = {start: 1.0}, [start]
    for node in queue:
        for after, slope in edges.get(node, {}).items():
            shares[after] = shares[node] * slope
            queue.append(after)
    return shares[end]


@paths.mutant(
    "Of each path only the last slope is left. Take the product so far along, and multiply each slope into it."
)
def _(edges: Edges, start: str, end: str) -> float:
    total, ways = 0.0, [(start, 1.0)]
    for node, product in ways:
        total += product if node == end else 0.0
        ways.extend(edges.get(node, {}).items())
    return total


@paths.mutant("Only the path with the largest product is kept. All paths carry the change: their products add up.")
def _(edges: Edges, start: str, end: str) -> float:
    ways = [(start, 1.0)]
    for node, product in ways:
        ways.extend((after, product * slope) for after, slope in edges.get(node, {}).items())
    return max([*(product for node, product in ways if node == end)])


@paths.mutant("Only the path with the largest product is kept. All paths carry the change: their products add up.")
def _(edges: Edges, start: str, end: str) -> float:
    ways = [(start, 1.0)]
    for node, product in ways:
        ways.extend((after, product * slope) for after, slope in edges.get(node, {}).items())
    return max([0.0, *(product for node, product in ways if node == end)])


@paths.mutant("You add along a path. Along a path the slopes multiply; it is the paths that add up.")
def _(edges: Edges, start: str, end: str) -> float:
    ways = [(start, 0.0)]
    for node, along in ways:
        ways.extend((after, along + slope) for after, slope in edges.get(node, {}).items())
    return sum(along for node, along in ways if node == end)


@paths.mutant("You add along a path. Along a path the slopes multiply; it is the paths that add up.")
def _(edges: Edges, start: str, end: str) -> float:
    ways = [(start, 1.0)]
    for node, along in ways:
        ways.extend((after, along + slope) for after, slope in edges.get(node, {}).items())
    return sum(along for node, along in ways if node == end)


@paths.mutant(
    "Your branches share one product. A slope belongs to the paths through its arrow alone: keep one for each."
)
def _(edges: Edges, start: str, end: str) -> float:
    total, product, stack = 0.0, 1.0, [start]
    while stack:
        node = stack.pop()
        if node == end:
            total, product = total + product, 1.0
            continue
        for after, slope in edges.get(node, {}).items():
            product *= slope
            stack.append(after)
    return total


paths.equivalent(
    "edges.get(start, {}).items()",
    "reversed(list(edges.get(start, {}).items()))",
    "A sum does not ask which path comes first.",
)
paths.equivalent(
    "if start == end:\n        return 1.0\n    total = 0.0",
    "total = 0.0\n    if start == end:\n        return 1.0",
    "The sum is not yet needed there.",
)


@paths.mutant(
    "You follow paths of exactly two arrows. A path may have one arrow, or many: let the function call itself."
)
def _(edges: dict[str, dict[str, float]], start: str, end: str) -> float:
    total = 0.0
    for name, slope in edges[start].items():
        for after, more in edges.get(name, {}).items():
            if after == end:
                total += slope * more
    return total


@paths.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    worked: Edges = {"a": {"b": 2.0, "c": 3.0}, "b": {"d": 5.0}, "c": {"d": 7.0}, "d": {"e": 0.5}}
    yield dict(edges=worked, start="a", end="e")
    yield dict(edges=worked, start="a", end="d")  # an arrow leaves the end
    # d is met first by the short way, before its share through b is there
    yield dict(edges={"a": {"d": 2.0, "b": 3.0}, "b": {"d": 5.0}, "d": {"e": 7.0}}, start="a", end="e")

    def slope() -> float:
        return round(float(rng.uniform(0.3, 2.5) * rng.choice([-1, 1])), 3)

    yield dict(edges={"a": {"b": slope()}, "b": {"c": slope()}}, start="a", end="c")
    yield dict(edges={"a": {"b": -2, "c": -3}, "b": {"d": 4}, "c": {"d": 5}}, start="a", end="d")
    yield dict(edges={"a": {"b": 2, "c": 3}, "b": {"c": 5}}, start="a", end="c")  # one arrow, and two
    for count in (5, 6, 7):
        names = [f"n{k}" for k in range(count)]
        edges: Edges = {name: {} for name in names[:-1]}
        edges[names[0]]["dead end"] = slope()
        for k in range(1, count):
            for before in {int(v) for v in rng.integers(max(0, k - 3), k, size=2)} | {k - 1}:
                edges[names[before]][names[k]] = slope()
        for name, arrows in edges.items():
            edges[name] = {str(after): arrows[str(after)] for after in rng.permutation(list(arrows))}
        yield dict(edges=edges, start="n0", end=names[-1])
        yield dict(edges=edges, start="n1", end=names[-2])


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
    return (w @ x - y) * x


linear.mutant(
    "There is a 2 too many. The loss has a ½ in front, and the 2 from the square cancels it.",
    "(w @ x - y) * x",
    "2 * (w @ x - y) * x",
)
linear.mutant("The sign is turned round: the error is prediction minus target, w·x − y.", "(w @ x - y)", "(y - w @ x)")
linear.mutant(
    "That is one number, the slope by the prediction. The second link is missing: how w moves the prediction.",
    "(w @ x - y) * x",
    "w @ x - y",
)
linear.mutant("You differentiated by the data x. It is the weights w that can be turned.", "- y) * x", "- y) * w")
linear.mutant(
    "The target got lost. Its slope by w is 0, but the error itself contains it: e = w·x − y.", "(w @ x - y)", "(w @ x)"
)
linear.mutant(
    "That is the loss itself, one number. Its gradient says how each weight moves it: one number for each of them.",
    "(w @ x - y) * x",
    "0.5 * (w @ x - y) ** 2",
)
linear.mutant(
    "The sign of the error is lost. A prediction that is too small has a negative error, and it turns the gradient.",
    "(w @ x - y)",
    "abs(w @ x - y)",
)
linear.mutant(
    "You cut the error off at 0. A prediction that is too small has a negative error, and w has to feel it.",
    "(w @ x - y)",
    "max(w @ x - y, 0)",
)
linear.mutant(
    "No entry is negative. Error and data have signs, and both belong into the product.",
    "(w @ x - y) * x",
    "np.abs((w @ x - y) * x)",
)
linear.mutant(
    "x multiplies the target alone, and not the prediction. Put the error w·x − y in parentheses.",
    "(w @ x - y) * x",
    "w @ x - y * x",
)
linear.mutant("The error is squared still. The slope of ½e² by e is e.", "(w @ x - y)", "(w @ x - y) ** 2")


linear.equivalent("w @ x", ("x @ w", "w.T @ x", "w @ x.T"), "A dot product of two vectors has no order and no rows.")


@linear.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(w=np.array([1, 2]), x=np.array([3, 1]), y=4)
    yield dict(w=np.array([1.0, 2.0]), x=np.array([3.0, -1.0]), y=5.0)  # here the prediction is too small
    for n, above in ((1, 1), (3, -1), (3, 1), (5, -1)):
        w, x = rng.normal(size=n), rng.normal(size=n)
        yield dict(w=w, x=x, y=float(w @ x - above * rng.uniform(0.3, 2.0)))


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


ALL_THREE = "-b / a, -c / b, -a / c"
plane.mutant(
    "The signs are lost. With z held still, ax + by has to stay the same: when y goes up, x has to make up for it.",
    ALL_THREE,
    "b / a, c / b, a / c",
)
for one_lost in ("b / a, -c / b, -a / c", "-b / a, c / b, -a / c", "-b / a, -c / b, a / c"):
    plane.mutant("One of the three signs is lost. Each slope has a minus of its own.", ALL_THREE, one_lost)
plane.mutant(
    "Each fraction stands on its head: ∂x/∂y says how far x moves for each unit of y.",
    ALL_THREE,
    "-a / b, -b / c, -c / a",
)
plane.mutant("The order is another one: first ∂x/∂y, then ∂y/∂z, then ∂z/∂x.", ALL_THREE, "-b / a, -a / c, -c / b")
plane.mutant(
    "You return the product of the three. The three slopes themselves are asked for.",
    "-b / a, -c / b, -a / c",
    "(-b / a) * (-c / b) * (-a / c)",
)
plane.mutant(
    "`//` cuts a quotient down to a whole number. A slope may lie between: `/` divides.",
    ALL_THREE,
    "-b // a, -c // b, -a // c",
)
plane.mutant(
    "Your three are ∂x/∂y, ∂x/∂z and ∂y/∂z. Go round: ∂x/∂y, then ∂y/∂z, then ∂z/∂x.",
    ALL_THREE,
    "-b / a, -c / a, -c / b",
)
plane.mutant(
    "You let two letters move at once. In each experiment one is moved, one follows, and the third is held still.",
    ALL_THREE,
    "-(b + c) / a, -(a + c) / b, -(a + b) / c",
)
for undivided in ("a, b, c", "-a, -b, -c", "b, c, a", "-b, -c, -a"):
    plane.mutant(
        "Those are the coefficients. A slope says how far one letter moves for each unit of another: divide two.",
        ALL_THREE,
        undivided,
    )


@plane.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(a=1.0, b=2.0, c=4.0)
    yield dict(a=2, b=3, c=6)
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
