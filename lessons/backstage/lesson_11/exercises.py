"""Answers to lesson 11, build your own autodiff.

Every function here stands alone: it sees ``np``, ``dl`` and its own arguments, nothing else.

A graph is the dict of lesson 07. A rule is a function ``rule(g, output, *inputs)``: ``g`` is the gradient of the loss
by the operation's result, the others are values; it returns a list of gradients, one for each input. A registry is a
dict from the name of an operation to its rule. An axis is part of the name: "sum0" adds over axis 0.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

import dlcourse as dl
from dlcourse.engine.graph import LEARNERS_OPERATIONS
from dlcourse.lesson import exercise, function_of, prediction, question

Array = NDArray[np.float64]
Graph = dict[str, tuple[str, list[str]]]
Rule = Callable[..., list[Any]]
Rules = dict[str, Rule]
Case = dict[str, Any]


def ask_rule(answer: Callable[[], Any], case: Case) -> Any:
    """What 11.1 to 11.3 look at: one rule of the registry, asked with the case's values."""
    rules, operation = answer(), case["operation"]
    if rules is None or rules is ...:
        return rules
    if not isinstance(rules, dict):
        return f"no dict of rules, but something of type {type(rules).__name__}"
    if operation not in rules or rules[operation] is ...:
        raise NotImplementedError(f"there is no rule for {operation!r} yet")
    return rules[operation](case["g"], case["output"], *case["inputs"])


# ------------------------------------------------------------------------------------------------ 11.1

entrywise = exercise(
    "11.1",
    "Rules entry by entry",
    points=2,
    start="""
    rules = {"square": lambda g, output, x: [g * 2 * x]}
    rules["negative"] = ...
    """,
)


@entrywise.reference
def entrywise_rules() -> Any:
    """Each entry of the result hangs on one entry of each input, so its gradient is g times one slope.

    The sigmoid's slope is written with the output, which the forward pass has computed already. At x = 0 the log has
    no slope: dividing by 0 gives inf, an honest answer. A number added to x would hide it, and be wrong elsewhere.
    """
    rules = {
        "negative": lambda g, output, x: [-g],
        "log": lambda g, output, x: [g / x],
        "sigmoid": lambda g, output, x: [g * output * (1 - output)],
        "multiply": lambda g, output, a, b: [g * b, g * a],
    }
    return rules


ALL_ENTRYWISE = """"negative": lambda g, output, x: [-g],
        "log": lambda g, output, x: [g / x],
        "sigmoid": lambda g, output, x: [g * output * (1 - output)],
        "multiply": lambda g, output, a, b: [g * b, g * a],"""
for minus_one in ("[-np.ones_like(x)]", "[-1]"):
    entrywise.mutant(
        "These are the slopes alone. The gradient that arrives is g: multiply by it, as the chain rule says.",
        ALL_ENTRYWISE,
        f""""negative": lambda g, output, x: {minus_one},
        "log": lambda g, output, x: [1 / x],
        "sigmoid": lambda g, output, x: [output * (1 - output)],
        "multiply": lambda g, output, a, b: [b, a],""",
    )
for name, rule, alone in (
    ("Log", "[g / x]", "[1 / x]"),
    ("Sigmoid", "[g * output * (1 - output)]", "[output * (1 - output)]"),
    ("Multiply", "[g * b, g * a]", "[b, a]"),
):
    entrywise.mutant(f"{name}: that is the slope alone. The gradient that arrives is g: multiply by it.", rule, alone)
entrywise.mutant(
    "Multiply, the two gradients are swapped: moving a changes a·b by b, so a's gradient is made with b.",
    "[g * b, g * a]",
    "[g * a, g * b]",
)
entrywise.mutant(
    "Sigmoid: that is σ(x)·σ(1 − x), as Sabinasz prints it. Lesson 09 found the slope: it has 1 − σ(x) in it.",
    "(1 - output)",
    "(1 / (1 + np.exp(x - 1)))",
)
entrywise.mutant(
    "Sigmoid: you used the input, x, where the output belongs. The slope is σ(1 − σ), and the output is σ.",
    "g * output * (1 - output)",
    "g * x * (1 - x)",
)
entrywise.mutant(
    "Sigmoid: the output is σ(x) already. You applied the sigmoid to it once more.",
    "g * output * (1 - output)",
    "g * 0.25 / np.cosh(output / 2) ** 2",
)
entrywise.mutant(
    "Sigmoid: that is g times σ. Its slope is σ(1 − σ), and the output is σ.", "g * output * (1 - output)", "g * output"
)
entrywise.mutant(
    "These are the slopes alone. The gradient that arrives is g: multiply by it, as the chain rule says.",
    ALL_ENTRYWISE,
    """"negative": lambda g, output, x: [-g],
        "log": lambda g, output, x: [1 / x],
        "sigmoid": lambda g, output, x: [output * (1 - output)],
        "multiply": lambda g, output, a, b: [b, a],""",
)
entrywise.mutant(
    "Log: you multiplied by the log itself. Its slope is 1 / x: divide g by the input.", "g / x", "g * np.log(x)"
)
entrywise.mutant(
    "Log: you divided by the output. The slope of the log is 1 / x: divide by the input.", "g / x", "g / output"
)
for guarded in ("x + 1e-8", "x + 1e-9", "x + 1e-10", "x + 1e-12", "np.maximum(x, 1e-8)", "np.maximum(x, 1e-12)"):
    entrywise.mutant(
        "Log: you kept x away from 0. There is no slope there, and the inf of g / x says so: add nothing to x.",
        "g / x",
        f"g / ({guarded})",
    )
for guarded in ("np.where(x == 0, 0.0, g / x)", "np.nan_to_num(g / x)"):
    entrywise.mutant(
        "Log: at x = 0 there is no slope. You put a number there; the inf of g / x says it honestly.", "g / x", guarded
    )
entrywise.mutant(
    "A rule gives back a list, one gradient for each input, also where there is one input.",
    ALL_ENTRYWISE,
    """"negative": lambda g, output, x: -g,
        "log": lambda g, output, x: g / x,
        "sigmoid": lambda g, output, x: g * output * (1 - output),
        "multiply": lambda g, output, a, b: [g * b, g * a],""",
)
entrywise.mutant(
    "That is a list of rules. They are looked up by the names of their operations: return the dict.",
    "return rules",
    "return list(rules.values())",
)


@entrywise.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(operation="multiply", g=1.0, output=10.0, inputs=(2.0, 5.0))
    yield dict(operation="log", g=3.0, output=float(np.log(4.0)), inputs=(4.0,))
    for shape in ((3,), (2, 3)):
        g, x, other = rng.normal(size=shape), rng.normal(size=shape), rng.normal(size=shape)
        yield dict(operation="negative", g=g, output=-x, inputs=(x,))
        yield dict(operation="log", g=g, output=np.log(np.abs(x)), inputs=(np.abs(x),))
        yield dict(operation="sigmoid", g=g, output=1 / (1 + np.exp(-x)), inputs=(x,))
        yield dict(operation="multiply", g=g, output=x * other, inputs=(x, other))
    yield dict(operation="log", g=np.array([3.0]), output=np.array([-np.inf]), inputs=(np.array([0.0]),))
    x = np.array([1e-6, 2.0])
    yield dict(operation="log", g=rng.uniform(0.5, 1.5, size=2), output=np.log(x), inputs=(x,))


entrywise.observe(ask_rule)
entrywise.hints(
    "By how much does the result move when one entry of the input moves? Multiply that by g, the gradient of "
    "the result.",
    "g, output and the inputs have one shape here, and so has each gradient. log and sigmoid: [one]; multiply: [two].",
    "rules[\"log\"] = lambda g, output, x: [g / x]. The sigmoid's slope is output * (1 - output). In a·b, a's slope "
    "is b.",
)


# ------------------------------------------------------------------------------------------------ 11.2

shapely = exercise("11.2", "Rules that change shapes", points=2, start='rules = {}\nrules["matmul"] = ...')


@shapely.reference
def matrix_rules() -> Rules:
    """Matmul: shapes leave one way to put g and the other matrix together. Add: what was copied is added up again.

    A number that was used in many places gets a letter from each, and letters add. So a gradient is summed over the
    axes that broadcasting put in front, and over those of length 1 that it stretched.
    """

    def back_to(shape: tuple[int, ...], g: Any) -> Any:
        g = np.sum(g, axis=tuple(range(np.ndim(g) - len(shape))))
        return np.sum(g, axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)

    return {
        "matmul": lambda g, output, a, b: [g @ b.T, a.T @ g],
        "add": lambda g, output, a, b: [back_to(np.shape(a), g), back_to(np.shape(b), g)],
    }


PRODUCTS = "[g @ b.T, a.T @ g]"
shapely.mutant(
    "Matmul, swapped: G·Bᵀ has the shape of A and is A's gradient; Aᵀ·G is B's. Square matrices hide it.",
    PRODUCTS,
    "[a.T @ g, g @ b.T]",
)
shapely.mutant(
    "Matmul without transposes: rows of B meet columns of G, so B goes in as Bᵀ. Square matrices hide it.",
    PRODUCTS,
    "[g @ b, a @ g]",
)
shapely.mutant(
    "Matmul: the transposed matrix stands on the wrong side: G·Bᵀ and Aᵀ·G. Square matrices hide it.",
    PRODUCTS,
    "[b.T @ g, g @ a.T]",
)
shapely.mutant(
    "Matmul: `*` multiplies entry by entry. Both gradients are matrix products, @.", PRODUCTS, "[g * b.T, a.T * g]"
)
shapely.mutant(
    "Matmul: nothing is divided or inverted on the way back. Turn B and A round, as Bᵀ and Aᵀ.",
    PRODUCTS,
    "[g @ np.linalg.pinv(b), np.linalg.pinv(a) @ g]",
)
ADDED = "[back_to(np.shape(a), g), back_to(np.shape(b), g)]"
shapely.mutant(
    "Add: a gradient has the shape of its input. Where the input was copied, add up what its copies got.",
    ADDED,
    "[g, g]",
)
shapely.mutant(
    "Add: you sum for the second input alone. The first can be the small one, too.",
    ADDED,
    "[g, back_to(np.shape(b), g)]",
)
shapely.mutant(
    "Add: you sum over axis 0, whatever the shapes. Compare the shapes of g and b: which axes were copied?",
    ADDED,
    "[g, g.sum(axis=0)]",
)
shapely.mutant(
    "Add: each entry got the sum of all of g. An entry answers for its own copies only.",
    ADDED,
    "[np.ones(np.shape(a)) * g.sum(), np.ones(np.shape(b)) * g.sum()]",
)
shapely.mutant(
    "Add: you sum over new axes in front only. An axis of length 1 was stretched, too: sum over it, keep it.",
    "return np.sum(g, axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)",
    "return g",
)
shapely.mutant(
    "Add: a summed axis of length 1 is gone from your gradient. It has the shape of its input: keepdims=True.",
    "n == 1), keepdims=True)",
    "n == 1))",
)
shapely.mutant(
    "Add: you averaged over the copies. Each of them moves the loss, so their gradients add up.",
    """g = np.sum(g, axis=tuple(range(np.ndim(g) - len(shape))))
        return np.sum(""",
    """g = np.mean(g, axis=tuple(range(np.ndim(g) - len(shape))))
        return np.mean(""",
)


shapely.equivalent("n == 1", "n <= 1", "No axis here is shorter.")
for one in "abg":
    count = "np.ndim(g)" if one == "g" else f"np.shape({one})"
    shapely.equivalent(count, count.replace("(", "(-"), "A minus sign changes no shape.")
shapely.equivalent("enumerate(shape)", "reversed(list(enumerate(shape)))", "It does not matter which axis comes first.")


@shapely.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    a, b = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), np.array([10.0, 20.0, 30.0])
    yield dict(operation="add", g=np.ones((2, 3)), output=a + b, inputs=(a, b))
    a, b = np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]])
    yield dict(operation="matmul", g=np.array([[10.0]]), output=a @ b, inputs=(a, b))
    for n, m, k in [(2, 2, 2), (2, 3, 4), (3, 1, 2)]:
        a, b = rng.normal(size=(n, m)), rng.normal(size=(m, k))
        yield dict(operation="matmul", g=rng.normal(size=(n, k)), output=a @ b, inputs=(a, b))
    for left, right in [
        ((2, 3), (2, 3)),
        ((2, 3), (3,)),
        ((3, 1), (3, 2)),
        ((2, 3), ()),
        ((3,), (2, 3)),
        ((), (2,)),
        ((), ()),
        ((1, 3), (1, 3)),
        ((3, 1), (1, 2)),
        ((2, 2, 3), (2, 1)),
    ]:
        a, b = np.asarray(rng.normal(size=left)), np.asarray(rng.normal(size=right))
        yield dict(
            operation="add", g=np.asarray(rng.normal(size=np.shape(a + b))), output=np.asarray(a + b), inputs=(a, b)
        )


shapely.observe(ask_rule)
shapely.hints(
    "An input that was used in several places gets a gradient from each of them, and they add up.",
    "A gradient always has the shape of its input. For a matmul, (n, m) times (m, k), there is one way to get (n, "
    "m) out "
    "of g, (n, k), and b. For an add, find the axes on which g is longer.",
    "matmul: [g @ b.T, a.T @ g]. add: sum g over its first g.ndim - a.ndim axes, then, with keepdims=True, over the "
    "axes where a has length 1; the same for b.",
)


# ------------------------------------------------------------------------------------------------ 11.3

reducing = exercise("11.3", "Sums and softmax", points=2, start='rules = {}\nrules["sum"] = ...')


@reducing.reference
def reducing_rules() -> Rules:
    """A sum hands its gradient back to everything that it added. Softmax ties the entries of a row together.

    The result of "sum1" has lost axis 1, so g gets it back before it is repeated. In a softmax one score moves every
    share of its row: the diagonal of the Jacobian is not enough, and the sum over the row is what the others add.
    """
    return {
        "sum": lambda g, output, x: [g * np.ones_like(x)],
        "sum0": lambda g, output, x: [g * np.ones_like(x)],
        "sum1": lambda g, output, x: [g[:, None] * np.ones_like(x)],
        "softmax": lambda g, output, x: [(g - (g * output).sum(axis=1, keepdims=True)) * output],
    }


ALL_SUMS = """"sum": lambda g, output, x: [g * np.ones_like(x)],
        "sum0": lambda g, output, x: [g * np.ones_like(x)],
        "sum1": lambda g, output, x: [g[:, None] * np.ones_like(x)],"""
reducing.mutant(
    "The axis is lost: sum1 needs g as a column. Without it, square tables get the numbers in wrong places.",
    "g[:, None]",
    "g",
)
reducing.mutant(
    "sum0 and sum1 are exchanged: sum1 adds along the rows, and its g has a number for each row.",
    ALL_SUMS,
    """"sum": lambda g, output, x: [g * np.ones_like(x)],
        "sum1": lambda g, output, x: [g * np.ones_like(x)],
        "sum0": lambda g, output, x: [g[:, None] * np.ones_like(x)],""",
)
for count0, count1 in (("x.shape[0]", "x.shape[1]"), ("1", "1")):
    reducing.mutant(
        "You shared g out among the entries. Each of them moves the sum by all of its move, so each gets all of g.",
        ALL_SUMS,
        f""""sum": lambda g, output, x: [g * np.ones_like(x) / x.size],
        "sum0": lambda g, output, x: [g * np.ones_like(x) / {count0}],
        "sum1": lambda g, output, x: [g[:, None] * np.ones_like(x) / {count1}],""",
    )
reducing.mutant(
    "A gradient has the shape of its input: repeat g along the axis that was summed away.",
    ALL_SUMS,
    """"sum": lambda g, output, x: [g],
        "sum0": lambda g, output, x: [g],
        "sum1": lambda g, output, x: [g],""",
)
reducing.mutant(
    "Sums: you multiplied by x. Each entry moves the sum by just its own move, so each gets g, however large it is.",
    [
        (
            '[g * np.ones_like(x)],\n        "sum0": lambda g, output, x: [g * np.ones_like(x)]',
            '[g * x],\n        "sum0": lambda g, output, x: [g * x]',
        ),
        ("[g[:, None] * np.ones_like(x)]", "[g[:, None] * x]"),
    ],
)
reducing.mutant(
    "Sums: those are the slopes alone, all 1. The gradient that arrives is g: multiply by it.",
    ALL_SUMS,
    """"sum": lambda g, output, x: [np.ones_like(x)],
        "sum0": lambda g, output, x: [np.ones_like(x)],
        "sum1": lambda g, output, x: [np.ones_like(x)],""",
)
ROW = "(g - (g * output).sum(axis=1, keepdims=True)) * output"
reducing.mutant(
    "Softmax: that is the diagonal of the Jacobian alone. A score also takes from the other shares of its row.",
    ROW,
    "g * output * (1 - output)",
)
reducing.mutant(
    "Softmax: you used the scores x where the shares belong. The Jacobian is written with the output.",
    ROW,
    "(g - (g * x).sum(axis=1, keepdims=True)) * x",
)
reducing.mutant(
    "Softmax: g is missing. Each share counts as much as the gradient that arrives for it.",
    ROW,
    "(1 - (output * output).sum(axis=1, keepdims=True)) * output",
)
reducing.mutant(
    "Softmax: you summed over the whole table. Each row is a softmax of its own.", "axis=1, keepdims=True", ""
)
reducing.mutant(
    "Softmax: you summed down the columns. Each row is a softmax of its own: axis=1.",
    "axis=1, keepdims=True",
    "axis=0, keepdims=True",
)
reducing.mutant(
    "Softmax: the row sums have lost their axis, and meet columns in place of their own rows: keepdims=True.",
    "axis=1, keepdims=True",
    "axis=1",
)
reducing.mutant(
    "Softmax: the row's sum is taken away from g before all of it is multiplied by the output.",
    ROW,
    "g * output - (g * output).sum(axis=1, keepdims=True)",
)
reducing.mutant(
    "Softmax: the sign is turned round. The row's sum is taken away from g, not g from the sum.",
    ROW,
    "((g * output).sum(axis=1, keepdims=True) - g) * output",
)
reducing.mutant(
    "Softmax: the output is missing in the row's sum. Each G_j counts with its share S_j.", "(g * output).sum", "g.sum"
)


for before in ('"sum": lambda g, output, x: [g', '"sum0": lambda g, output, x: [g', "[g[:, None]"):
    reducing.equivalent(f"{before} *", (f"{before} /", f"{before} **"), "Times 1, over 1, to the power of 1: all one.")
    reducing.equivalent(f"{before} * np.ones_like(x)", f"{before} * np.ones_like(-x)", "A minus sign changes no shape.")
reducing.equivalent("axis=1,", "axis=-1,", "A row's axis is both the second and the last.")


@reducing.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    yield dict(operation="sum1", g=np.array([5.0, 7.0]), output=x.sum(axis=1), inputs=(x,))
    yield dict(operation="sum0", g=np.array([1.0, 2.0, 3.0]), output=x.sum(axis=0), inputs=(x,))
    yield dict(operation="sum", g=np.asarray(4.0), output=np.asarray(x.sum()), inputs=(x,))
    scores = np.array([[0.0, np.log(3)]])
    yield dict(operation="softmax", g=np.array([[4.0, 0.0]]), output=np.array([[0.25, 0.75]]), inputs=(scores,))
    for shape in ((3, 3), (2, 4)):
        x = rng.normal(size=shape)
        e = np.exp(x)
        yield dict(operation="sum", g=np.asarray(rng.normal()), output=np.asarray(x.sum()), inputs=(x,))
        yield dict(operation="sum0", g=rng.normal(size=shape[1]), output=x.sum(axis=0), inputs=(x,))
        yield dict(operation="sum1", g=rng.normal(size=shape[0]), output=x.sum(axis=1), inputs=(x,))
        yield dict(operation="softmax", g=rng.normal(size=shape), output=e / e.sum(axis=1, keepdims=True), inputs=(x,))


reducing.observe(ask_rule)
reducing.hints(
    "Move one entry of x by a little. By how much does the sum move? And which shares of its row does a score move?",
    "x is (n, k). g is one number for sum, (k,) for sum0, (n,) for sum1, (n, k) for softmax. Each gradient is (n, k).",
    "sum: g * np.ones_like(x); sum1: g[:, None] first. softmax: take the row sums of g * output, with "
    "keepdims=True, away "
    "from g, then multiply by output.",
)


# ------------------------------------------------------------------------------------------------ 11.4


def random_graph(rng: np.random.Generator, operations: int) -> Graph:
    """Of small matrices; some nodes do not lead to the loss, and the dict is in no useful order."""
    graph: Graph = {name: ("input", []) for name in ("x", "y")}
    for k in range(operations):
        kind = str(rng.choice(["add", "multiply", "matmul", "sigmoid"]))
        chosen = [str(name) for name in rng.choice(list(graph)[-4:], size=2)]
        graph[f"n{k}"] = (kind, chosen[:1] if kind == "sigmoid" else chosen)
    graph["last"] = ("multiply", ["x", f"n{operations - 1}"])
    graph["loss"] = ("sum", ["last"])
    shuffled = [str(name) for name in rng.permutation(list(graph))]
    return {name: graph[name] for name in shuffled}


FORWARD: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "multiply": np.multiply,
    "matmul": np.matmul,
    "sum": np.sum,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
}
VJPS = {
    "add": function_of("g, output, a, b", "[g, g]"),
    "multiply": function_of("g, output, a, b", "[g * b, g * a]"),
    "matmul": function_of("g, output, a, b", "[g @ b.T, a.T @ g]"),
    "sigmoid": function_of("g, output, x", "[g * output * (1 - output)]"),
    "sum": function_of("g, output, x", "[g * np.ones_like(x)]"),
}


def forward(graph: Graph, feed: dict[str, Any]) -> dict[str, Any]:
    """The values of all nodes, as in exercise 07.2, in no useful order."""
    values = dict(feed)
    while len(values) < len(graph):
        for name, (kind, inputs) in graph.items():
            if name not in values and all(i in values for i in inputs):
                values[name] = np.asarray(FORWARD[kind](*[values[i] for i in inputs]))
    return {name: values[name] for name in sorted(values)}


walk = exercise(
    "11.4",
    "The walk back",
    points=3,
    start="""
    order = []
    def note(name):                                # exercise 07.1, for graphs that are not too deep
        if name not in order:
            for i in graph[name][1]:
                note(i)
            order.append(name)
    note(loss)
    ...
    """,
)


@walk.reference
def backward(graph: Graph, values: dict[str, Any], loss: str, vjps: Rules) -> dict[str, Any]:
    """In reverse topological order all users of a node come before it, so all its letters are there when it is visited.

    A node adds up its letters, asks its rule once, and sends one letter along each of its arrows. `+` makes a
    new array; `+=` would write into one that the rule of add has handed to two inputs.
    """
    order = []

    def note(name: str) -> None:
        if name not in order:
            for i in graph[name][1]:
                note(i)
            order.append(name)

    note(loss)
    grads: dict[str, Any] = {loss: 1.0}
    for name in reversed(order):
        kind, inputs = graph[name]
        if inputs:
            sent = vjps[kind](grads[name], values[name], *[values[i] for i in inputs])
            for i, g in zip(inputs, sent, strict=True):
                grads[i] = grads[i] + g if i in grads else g
    return grads


SENDING = """            sent = vjps[kind](grads[name], values[name], *[values[i] for i in inputs])
            for i, g in zip(inputs, sent, strict=True):
                grads[i] = grads[i] + g if i in grads else g"""
walk.mutant(
    "A second letter replaces the first. What arrives at a node over several arrows adds up.",
    "grads[i] = grads[i] + g if i in grads else g",
    "grads[i] = g",
)
walk.mutant(
    "matmul(A, A) has two gradients, and `index` finds the first place only. Go through both lists side by side.",
    """for i, g in zip(inputs, sent, strict=True):
                grads[i] = grads[i] + g if i in grads else g""",
    """for i in inputs:
                g = sent[inputs.index(i)]
                grads[i] = grads[i] + g if i in grads else g""",
)
walk.mutant(
    "`+=` writes into an array that another node holds, too: add hands the same g to both inputs. Make a new sum.",
    "grads[i] = grads[i] + g if i in grads else g",
    """if i in grads:
                    grads[i] += g
                else:
                    grads[i] = g""",
)
walk.mutant(
    "You start with the loss's value. Start with 1: when the loss moves, the loss moves just as far.",
    "{loss: 1.0}",
    "{loss: values[loss]}",
)
walk.mutant(
    "The gradients are right, but a rule is asked once for each input. Ask it once, and share out its list.",
    SENDING,
    """            for k, i in enumerate(inputs):
                g = vjps[kind](grads[name], values[name], *[values[j] for j in inputs])[k]
                grads[i] = grads[i] + g if i in grads else g""",
)
walk.mutant(
    "A dict may be in any order. Walk `order` backwards: it has each node after its inputs.",
    "for name in reversed(order):\n        kind, inputs = graph[name]\n        if inputs:",
    "for name in reversed(list(graph)):\n        kind, inputs = graph[name]\n        if inputs and name in grads:",
)
walk.mutant(
    "The gradients of the nodes between are missing: every node that the loss depends on has one.",
    "return grads",
    "return {name: g for name, g in grads.items() if not graph[name][1]}",
)


@walk.mutant(
    "A node passed its gradient on before all its letters had come: that is breadth-first. Walk `order` backwards."
)
def _(graph: Graph, values: dict[str, Any], loss: str, vjps: Rules) -> dict[str, Any]:
    grads: dict[str, Any] = {loss: 1.0}
    queue = [loss]
    for name in queue:
        kind, inputs = graph[name]
        if inputs:
            sent = vjps[kind](grads[name], values[name], *[values[i] for i in inputs])
            for i, g in zip(inputs, sent, strict=True):
                grads[i] = grads[i] + g if i in grads else g
                if i not in queue:
                    queue.append(i)
    return grads


@walk.mutant("The gradients are right, but each path was walked by itself, and paths double. Visit every node once.")
def _(graph: Graph, values: dict[str, Any], loss: str, vjps: Rules) -> dict[str, Any]:
    grads: dict[str, Any] = {loss: 1.0}
    waiting: list[tuple[str, Any]] = [(loss, 1.0)]
    while waiting:
        name, g = waiting.pop()
        kind, inputs = graph[name]
        if inputs:
            sent = vjps[kind](g, values[name], *[values[i] for i in inputs])
            for i, letter in zip(inputs, sent, strict=True):
                grads[i] = grads[i] + letter if i in grads else letter
                waiting.append((i, letter))
    return grads


walk.equivalent("strict=True", "strict=False", "A rule sends as many gradients as there are inputs.")
walk.equivalent("reversed(order)", "list(reversed(order))[:-1]", "The first in the order has no inputs.")
walk.equivalent("in graph[name][1]:", "in reversed(list(graph[name][1])):", "Any order with inputs first will do.")
ZIPPED = "zip(inputs, sent, strict=True)"
walk.equivalent(ZIPPED, f"reversed(list({ZIPPED}))", "A sum does not ask what comes first.")
walk.equivalent("if name not in order", "while name not in order", "After one turn it is there.")
INNER = "            for i in graph[name][1]:\n                note(i)\n"
NOTE = f"\n    def note(name):\n        if name not in order:\n{INNER}            order.append(name)\n"
BEGIN = "    grads: dict[str, Any] = {loss: 1.0}\n"
for first, second in (("    order = []\n", NOTE), ("    note(loss)\n", BEGIN)):
    walk.equivalent(first + second, second + first, "Neither needs the other.")
walk.equivalent(
    "        if name not in order:\n" + INNER,
    INNER.replace("    for", "for").replace("    note", "note") + "        if name not in order:\n",
    "More walking, and the same order.",
)


walk.mutant(
    "Each rule is asked as if 1 arrived there. Hand it what has arrived: grads[name].",
    "vjps[kind](grads[name]",
    "vjps[kind](1.0",
)
walk.mutant(
    "Everything comes out 0. The loss's own gradient is 1: when the loss moves, the loss moves just as far.",
    "{loss: 1.0}",
    "{loss: 0.0}",
)
walk.mutant(
    "A rule sends a list, one gradient for each input. You give all of it to each: go through both side by side.",
    """for i, g in zip(inputs, sent, strict=True):
                grads[i] = grads[i] + g""",
    """for i in inputs:
                g = sent
                grads[i] = grads[i] + g""",
)
walk.mutant(
    "You return at the first input on the way. Others may still wait for their letters: skip it, and go on.",
    "                grads[i] = grads[i] + g if i in grads else g\n",
    "                grads[i] = grads[i] + g if i in grads else g\n        else:\n            return grads\n",
)


@walk.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    def case(graph: Graph, loss: str, **feed: Any) -> Case:
        rules = {kind: VJPS[kind] for kind in sorted({kind for kind, _ in graph.values()} - {"input"})}
        return dict(graph=graph, values=forward(graph, feed), loss=loss, vjps=rules)

    small: Graph = {"two": ("input", []), "a": ("input", []), "b": ("multiply", ["two", "a"])}
    hook: Graph = {**small, "c": ("multiply", ["b", "b"]), "d": ("add", ["b", "c"])}
    yield case(hook, "d", two=np.array(2.0), a=np.array(3.0))
    yield case(small, "b", two=np.array(2.0), a=np.array(3.0))
    yield case({**hook, "aside": ("add", ["d", "a"])}, "c", two=np.array(2.0), a=np.array(-1.0))
    late: Graph = {"w": ("input", []), "v": ("multiply", ["w", "w"]), "x": ("input", []), "y": ("add", ["v", "x"])}
    yield case(late, "y", w=np.array(3.0), x=np.array(1.0))  # going back, an input comes before an operation
    twice: Graph = {"A": ("input", []), "S": ("matmul", ["A", "A"]), "loss": ("sum", ["S"])}
    yield case(twice, "loss", A=rng.normal(size=(2, 2)))
    shared: Graph = {"x": ("input", []), "y": ("input", []), "p": ("add", ["x", "y"]), "q": ("add", ["y", "x"])}
    shared |= {"r": ("multiply", ["p", "q"]), "loss": ("sum", ["r"]), "metric": ("sigmoid", ["p"])}
    yield case(shared, "loss", x=rng.normal(size=3), y=rng.normal(size=3))
    for size in (5, 7, 9):
        graph = random_graph(rng, size)
        yield case(graph, "loss", x=rng.normal(0, 0.6, size=(2, 2)), y=rng.normal(0, 0.6, size=(2, 2)))


@walk.observe
def _(answer: Callable[..., dict[str, Any]], case: Case) -> Any:
    graph = {name: (kind, list(inputs)) for name, (kind, inputs) in case["graph"].items()}
    values, loss = case["values"], case["loss"]
    asked: list[Any] = []

    def counted(rule: Any) -> Any:
        import copy

        def ask(g: Any, output: Any, *inputs: Any) -> Any:
            asked.append(output)
            return rule(g, output, *inputs)

        watched = copy.copy(rule)  # it still knows its own text
        watched.function = ask
        return watched

    grads = answer(graph, values, loss, {kind: counted(rule) for kind, rule in case["vjps"].items()})
    needed, waiting = {loss}, [loss]  # nodes that the loss does not depend on may be there or not
    while waiting:
        more = [i for i in graph[waiting.pop()][1] if i not in needed]
        needed.update(more)
        waiting.extend(more)
    once = len({id(output) for output in asked}) == len(asked)
    found = {n: grads[n] for n in sorted(needed) if n in grads} if isinstance(grads, dict) else grads
    return found if once else {"gradients": found, "rules": "asked more than once for one node"}


walk.hints(
    "A node may be visited when all nodes that use it have been visited. `order` has each node after its inputs; "
    "which way "
    "do you walk it?",
    "grads begins as {loss: 1.0}. For a node with inputs: vjps[kind](grads[name], values[name], and the values of its "
    "inputs) is a list as long as inputs.",
    "for name in reversed(order): if it has inputs, ask its rule, then for i, g in zip(inputs, sent): "
    "grads[i] = grads[i] + g if i in grads else g.",
)


# ------------------------------------------------------------------------------------------------ 11.5

checking = exercise(
    "11.5", "A check that needs no rules", points=2, rtol=1e-4, without=("numerical_gradient", "check_gradients")
)


@checking.reference
def gradcheck(f: Callable[[Any], float], claimed: Any, x: Any, h: float = 1e-5) -> float:
    """Move one entry at a time, both ways, and compare. The error is relative, so that large slopes are not punished.

    Where the slopes to the left and to the right disagree there is a kink, and no gradient to compare with. A copy of
    floats is moved: whole numbers could not take h, and the x that was handed in is not ours to change.
    """
    x = np.array(x, dtype=float)
    worst = 0.0
    for i in np.ndindex(x.shape):
        right, left = x.copy(), x.copy()
        right[i] += h
        left[i] -= h
        if abs((f(right) - f(x)) / h - (f(x) - f(left)) / h) > 0.01:
            continue
        slope = (f(right) - f(left)) / (2 * h)
        error = abs(claimed[i] - slope) / max(1.0, abs(claimed[i]), abs(slope))
        worst = max(worst, error)
    return worst


DIVISOR = " / max(1.0, abs(claimed[i]), abs(slope))"
KINK = "abs((f(right) - f(x)) / h - (f(x) - f(left)) / h) > 0.01"
checking.mutant(
    "That is the absolute error. A slope of 1000 that is off by 1 is better than one of 1: divide.", DIVISOR, ""
)
checking.mutant(
    "A right gradient gets an error near h: you move one way only. Move both ways, and divide by 2h.",
    "(f(right) - f(left)) / (2 * h)",
    "(f(right) - f(x)) / h",
)
checking.mutant(
    "From x − h to x + h it is 2h. Dividing by h gives twice the slope.",
    "(f(right) - f(left)) / (2 * h)",
    "(f(right) - f(left)) / h",
)
checking.mutant(
    "x + h moves all entries at once, and gives the sum of their slopes. Move one entry at a time.",
    "right, left = x.copy(), x.copy()\n        right[i] += h\n        left[i] -= h",
    "right, left = x + h, x - h",
)


@checking.mutant(
    "At a kink there is no gradient to compare with. Skip an entry whose left and right slopes differ by over 0.01."
)
def _(f: Callable[[Any], float], claimed: Any, x: Any, h: float = 1e-5) -> float:
    worst = 0.0
    for i in range(len(x)):  # one axis, and copies that may hold whole numbers: two more things to find, later
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        slope = (f(up) - f(down)) / (2 * h)
        worst = max(worst, abs(claimed[i] - slope) / max(1, abs(claimed[i]), abs(slope)))
    return worst


@checking.mutant("x + h moves all entries at once, and gives the sum of their slopes. Move one entry at a time.")
def _(f: Callable[[Any], float], claimed: Any, x: Any, h: float = 1e-5) -> Any:
    x = np.array(x, dtype=float)
    slope = (f(x + h) - f(x - h)) / (2 * h)
    return np.max(np.abs(claimed - slope) / np.maximum(1.0, np.maximum(np.abs(claimed), abs(slope))))


checking.mutant(
    "At a kink there is no gradient to compare with. Skip an entry whose left and right slopes differ by over 0.01.",
    f"        if {KINK}:\n            continue\n",
    "",
)
checking.mutant(
    "At a kink you stop for good. Only this entry has no gradient: go on with the next one.", "continue", "break"
)
checking.mutant(
    "One kink, and your error is 0, whatever stood before and after it. Skip that entry alone.",
    "continue",
    "return 0.0",
)
checking.mutant(
    "A kink is where the two SLOPES differ. You compared values of f, which hardly differ over so small a step.",
    KINK,
    "abs(f(right) - f(left)) > 0.01",
)
checking.mutant(
    "At a flat place you go on as if there were a kink. A slope of 0 is a slope, and the claim may be wrong there.",
    "        error = abs",
    "        if slope == 0:\n            continue\n        error = abs",
)
checking.mutant(
    "That is the error of the last entry. One wrong entry is enough to fail: keep the worst of all.",
    "worst = max(worst, error)",
    "worst = error",
)
checking.mutant(
    "That is the error of the first entry that is no kink. Does a `return` stand inside your loop?",
    "worst = max(worst, error)",
    "return error",
)
checking.mutant(
    "You add the errors up. One wrong entry is enough to fail: keep the worst of all.",
    "worst = max(worst, error)",
    "worst += error",
)
checking.mutant(
    "That is the mean of the errors: many right entries hide a wrong one. Keep the worst of all.",
    "worst = max(worst, error)",
    "worst += error / x.size",
)


@checking.mutant("That is the mean of the errors: many right entries hide a wrong one. Keep the worst of all.")
def _(f: Callable[[Any], float], claimed: Any, x: Any, h: float = 1e-5) -> float:
    x, errors = np.array(x, dtype=float), []
    for i in np.ndindex(x.shape):
        right, left = x.copy(), x.copy()
        right[i] += h
        left[i] -= h
        if abs((f(right) - f(x)) / h - (f(x) - f(left)) / h) <= 0.01:
            slope = (f(right) - f(left)) / (2 * h)
            errors.append(abs(claimed[i] - slope) / max(1.0, abs(claimed[i]), abs(slope)))
    return float(sum(errors) / len(errors))


checking.mutant(
    "A claim that is too small comes out as an error below 0, and is lost: take the absolute value.",
    "abs(claimed[i] - slope)",
    "(claimed[i] - slope)",
)
checking.mutant(
    "You divide by the smallest of the three, and small slopes blow the error up. The largest is asked for.",
    "max(1.0, abs(claimed[i])",
    "min(1.0, abs(claimed[i])",
)
checking.mutant(
    "You move by a step of your own. It comes in as an argument, h.", "    worst = 0.0\n", "    worst, h = 0.0, 1e-5\n"
)
checking.mutant(
    "x holds whole numbers, and so does its copy: 2 + 0.00001 is stored as 2. Copy it as floats.",
    "x = np.array(x, dtype=float)",
    "x = np.array(x)",
)


checking.equivalent("> 0.01", ">= 0.01", "No kink is bent by just so much.")
checking.equivalent(
    "(f(right) - f(x)) / h - (f(x) - f(left)) / h",
    "(f(x) - f(left)) / h - (f(right) - f(x)) / h",
    "The size of a difference has no sign.",
)
checking.equivalent("abs(claimed[i] - slope)", "abs(slope - claimed[i])", "The size of a difference has no sign.")
checking.equivalent("(1.0, abs(claimed[i])", "(1.0, abs((-claimed)[i])", "A size has no sign.")
checking.equivalent("x.shape", "claimed.shape", "There are as many claims as entries.")
checking.equivalent("right, left = x", "left, right = x", "They are equal still.")
checking.equivalent("max(worst, error)", "max(error, worst)", "The largest does not ask which comes first.")
LARGEST = "1.0, abs(claimed[i]), abs(slope)"
for others in (
    "abs(claimed[i]), 1.0, abs(slope)",
    "1.0, abs(slope), abs(claimed[i])",
    "abs(slope), abs(claimed[i]), 1.0",
):
    checking.equivalent(LARGEST, others, "The largest does not ask which comes first.")
checking.equivalent("np.ndindex(x.shape)", "reversed(list(np.ndindex(x.shape)))", "The worst may come at any time.")
for first, second in (
    ("    x = np.array(x, dtype=float)\n", "    worst = 0.0\n"),
    ("        right[i] += h\n", "        left[i] -= h\n"),
    (f"        if {KINK}:\n            continue\n", "        slope = (f(right) - f(left)) / (2 * h)\n"),
):
    checking.equivalent(first + second, second + first, "Neither needs the other.")


checking.mutant(
    "You keep the smallest error. One wrong entry is enough to fail: keep the largest.",
    [("worst = 0.0", "worst = np.inf"), ("worst = max(", "worst = min(")],
)
checking.mutant(
    "1 is missing among what you divide by: where claimed and slope are tiny, so may their difference be.",
    "max(1.0, abs",
    "max(abs",
)


@checking.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    squares, cubes = function_of("x", "np.sum(x**2)"), function_of("x", "np.sum(x**3)")
    yield dict(f=squares, claimed=np.array([2.0, 5.0]), x=np.array([1.0, 2.0]))
    yield dict(f=squares, claimed=np.array([5.0, 2.0]), x=np.array([0.0, 1.0]))  # a flat place is no kink
    yield dict(f=function_of("x", "np.sum(np.abs(x))"), claimed=np.array([0.0, 9.0]), x=np.array([0.0, 1.0]))
    yield dict(f=cubes, claimed=np.array([1.0]), x=np.array([0.0]), h=0.5)  # the slope over this step is 0.25
    yield dict(f=function_of("x", "-np.sum(np.abs(x))"), claimed=np.array([5.0]), x=np.array([0.0]))
    down = function_of("x", "-10 * np.sum(x**2)")
    yield dict(f=down, claimed=np.array([-30.0]), x=np.array([1.0]))
    yield dict(f=down, claimed=np.array([-10.0]), x=np.array([1.0]))
    faint = function_of("x", "0.0075 * abs(x[0]) + 0.004 * abs(x[1])")  # one kink is just one, the other just not
    yield dict(f=faint, claimed=np.array([5.0, 0.5]), x=np.array([0.0, 0.0]))
    x = rng.uniform(0.5, 1.5, size=3)
    yield dict(f=cubes, claimed=3 * x**2, x=x)
    for wrong in (0.9, 1.1):
        yield dict(f=cubes, claimed=3 * x**2 * np.array([1.0, wrong, 1.0]), x=x)
    W = rng.uniform(2.0, 4.0, size=(2, 3))
    off = 30 * W**2
    off[0, 1] -= rng.uniform(1.0, 2.0)
    off[1, 2] += 0.5
    yield dict(f=function_of("x", "10 * np.sum(x**3)"), claimed=off, x=W)
    yield dict(
        f=function_of("x", "3 * np.sum(np.abs(x))"),
        claimed=np.array([3.0 + float(rng.uniform(0.1, 0.3)), 1.0, -3.0]),
        x=np.array([float(rng.uniform(0.5, 1.0)), 0.0, -0.8]),
    )
    whole = rng.integers(1, 4, size=3)
    yield dict(f=cubes, claimed=3.0 * whole**2 + np.array([float(rng.uniform(0.2, 0.8)), 0.0, 0.0]), x=whole)


checking.hints(
    "Lesson 01 found a slope by moving x a little, both ways. Do that for each entry, the others held still.",
    "f takes an array of x's shape and returns one number. np.ndindex(x.shape) goes through all places of any shape.",
    "For each i: copies of float x with entry i at +h and −h; the two one-sided slopes (skip if they differ by over "
    "0.01); "
    "slope = (f(right) − f(left)) / 2h; error = |claimed[i] − slope| / max(1, |claimed[i]|, |slope|); keep the "
    "largest.",
)


# ------------------------------------------------------------------------------------------------ 11.6

emptied = exercise("11.6", "Empty the boxes", points=1)


@emptied.reference
def train(params: dict[str, Any], add_gradients: Callable[..., None], lr: float, steps: int) -> dict[str, Any]:
    """A step wants the gradient of this place alone, so the boxes are emptied before they are filled.

    The parameters that were handed in stay as they are: each step makes a new dict of new arrays.
    """
    for _ in range(steps):
        grads: dict[str, Any] = {}
        add_gradients(params, grads)
        params = {name: value - lr * grads[name] for name, value in params.items()}
    return params


FILLED = """for _ in range(steps):
        grads: dict[str, Any] = {}
        add_gradients(params, grads)
"""
STEPPED = "        params = {name: value - lr * grads[name] for name, value in params.items()}\n"
emptied.mutant(
    "The boxes are never emptied: each step walks along the sum of all gradients so far. Empty them at each step.",
    FILLED,
    "grads = {}\n    for _ in range(steps):\n        add_gradients(params, grads)\n",
)
emptied.mutant(
    "Nothing moved. Are the boxes emptied after they are filled, and before the step? Empty, fill, step.",
    "value - lr * grads[name] for",
    "value for",
)
emptied.mutant("You walked uphill. A step subtracts lr times the gradient.", "value - lr", "value + lr")
emptied.mutant("The learning rate is missing: a step is lr times the gradient.", "lr * grads[name]", "grads[name]")
emptied.mutant(
    "The learning rate is shared out among the steps. Each step takes all of lr.", "lr * grads", "lr / steps * grads"
)
emptied.mutant(
    "All steps use the gradient of the start. It changes from place to place: fill the boxes at each step.",
    FILLED,
    "grads = {}\n    add_gradients(params, grads)\n    for _ in range(steps):\n",
)
emptied.mutant(
    "You took one step too many. `range(steps)` makes as many as are asked for.", "range(steps)", "range(steps + 1)"
)
emptied.mutant(
    "You took one step too few. `range(steps)` makes as many as are asked for.", "range(steps)", "range(steps - 1)"
)
emptied.mutant(
    "It comes out as a single step: does a `return` stand in your loop, or does each step begin at the start again?",
    STEPPED,
    STEPPED + "        return params\n",
)
emptied.mutant(
    "Those are the gradients of the last step. The parameters that it led to are asked for.",
    "return params",
    "return grads",
)
emptied.mutant(
    "The second parameter moves after the first has moved already. Ask once in a step, then move all of them.",
    FILLED + STEPPED,
    """params = dict(params)
    for _ in range(steps):
        for name in params:
            grads = {}
            add_gradients(params, grads)
            params[name] = params[name] - lr * grads[name]
""",
)


def adding(**slopes: str) -> Any:
    """Write an ``add_gradients`` that adds these to the boxes."""
    added = ", ".join(f"{name!r}: grads.get({name!r}, 0) + {slope}" for name, slope in slopes.items())
    return function_of("params, grads", f"grads.update({{{added}}})")


emptied.equivalent("range(steps)", ("range(1, steps + 1)", "reversed(list(range(steps)))"), "No step knows its number.")
emptied.equivalent("params.items()", "reversed(list(params.items()))", "Parameters are found by their names.")


@emptied.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(params={"w": 1.0}, add_gradients=adding(w="params['w']"), lr=0.5, steps=2)
    yield dict(params={"a": 1, "b": 2}, add_gradients=adding(a="params['b']", b="params['a']"), lr=0.5, steps=2)
    for lr, steps in [(0.1, 2), (0.3, 5), (0.05, 8)]:
        k, t = rng.uniform(0.8, 1.6), rng.uniform(0.2, 0.6)  # each parameter's gradient knows the other one
        yield dict(
            params={"W": rng.normal(size=(2, 2)), "b": rng.normal(size=2)},
            add_gradients=adding(
                W=f"{k:.3f} * params['W'] + {t:.3f} * params['b'].sum()",
                b=f"{k:.3f} * params['b'] + {t:.3f} * params['W'].sum()",
            ),
            lr=lr,
            steps=steps,
        )


emptied.hints(
    "`add_gradients` adds to what it finds in the boxes. What must be in them before it comes?",
    "grads is a dict, and add_gradients(params, grads) fills it: grads[name] has the shape of params[name]. An "
    "empty dict "
    "counts as zeros.",
    "In each step: grads = {}; add_gradients(params, grads); params = {name: value - lr * grads[name] for name, "
    "value in "
    "params.items()}.",
)


# ------------------------------------------------------------------------------------------------ 11.7

own = exercise(
    "11.7",
    "An operation of your own",
    start="""
    @dl.operation("softsign")
    def softsign(x):
        return ...
    """,
)


@own.reference
def make_softsign() -> Any:
    """The operation computes with arrays; its rule, with nodes, so that a gradient is more graph.

    The slope of x / (1 + |x|) is 1 / (1 + |x|)²: on the right of 0 the quotient rule gives (1 + x − x) / (1 + x)², and
    on the left the two signs of |x| do the same. The rule asks the package for |x|, for there x is a node.
    """

    @dl.operation("softsign")
    def softsign(x: Any) -> Any:
        return x / (1 + np.abs(x))

    @dl.register_gradient("softsign")
    def _(g: Any, output: Any, x: Any) -> Any:
        return [g / dl.square(1 + dl.abs(x))]

    return softsign


own.mutant(
    "Your rule returns the slope alone. Multiply it by g, the gradient that arrives.",
    "[g / dl.square(1 + dl.abs(x))]",
    "[1 / dl.square(1 + dl.abs(x))]",
)
own.mutant(
    "The size of x is missing in the operation: left of 0 it is to go to −1, and x / (1 + x) does not.",
    "np.abs(x)",
    "x",
)
own.mutant(
    "Your slope is right for positive x only. On the left of 0, too, it is 1 over the square of 1 + |x|.",
    "dl.square(1 + dl.abs(x))",
    "dl.square(1 + x)",
)
own.mutant(
    "The square is missing in the slope: the quotient rule puts the square of the denominator below.",
    "g / dl.square(1 + dl.abs(x))",
    "g / (1 + dl.abs(x))",
)
own.mutant(
    "1 − output² is the slope of tanh. This curve is another one, and so is its slope.",
    "g / dl.square(1 + dl.abs(x))",
    "g * (1 - dl.square(output))",
)
own.mutant(
    "The values are softsign's, but no operation is yours: you built a formula. "
    "Decorate a function of arrays with @dl.operation.",
    "return softsign",
    "return lambda x: x / (1 + dl.abs(x))",
)


own.equivalent("1 + dl.abs(x)", "-(1 + dl.abs(x))", "A square has no sign.")
own.equivalent("dl.abs(x)", "dl.abs(-x)", "A size has no sign.")
own.equivalent(
    "[g / dl.square(1 + dl.abs(x))]",
    "g / dl.square(1 + dl.abs(x))",
    "Where there is one input, the package takes its gradient without a list, too.",
)


own.mutant(
    "The size is missing, above and in the rule: x / (1 + |x|). Left of 0, 1 + x is something else.",
    [("1 + np.abs(x)", "1 + x"), ("1 + dl.abs(x)", "1 + x")],
)
own.mutant(
    "A rule with two arguments gets other things than g and x. Take three, in this order: g, output, x.",
    "(g, output, x)",
    "(g, x)",
)
own.mutant(
    "The rule gets g first, then the output, then x. The names of yours stand in another order.",
    "(g, output, x)",
    "(x, output, g)",
)


@own.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(x=np.array([1.0, -3.0]), g=np.array([1.0, 1.0]))
    yield dict(x=np.array([0.0, 1.0, -1.0]), g=np.array([2.0, -4.0, 10.0]))
    for shape in ((4,), (2, 3)):
        yield dict(x=rng.normal(0, 2, size=shape), g=rng.normal(size=shape))


@own.observe
def _(answer: Callable[[], Any], case: Case) -> Any:
    LEARNERS_OPERATIONS.pop("softsign", None)  # a rule that an earlier answer registered does not count
    operation = answer()
    if operation is None or operation is ...:
        return operation
    x = dl.parameter(case["x"], name="x")
    result = operation(x)
    if not isinstance(result, dl.Node):
        return f"no node, but something of type {type(result).__name__}"
    slopes = dl.gradients(result, x, grad_output=case["g"])
    return {"operation": getattr(result, "kind_name", ""), "values": dl.run(result), "gradient": dl.run(slopes)}


own.hints(
    "Two functions are asked for. One computes, from arrays. The other says how a gradient passes.",
    "x, output and g are nodes in the rule, all of one shape: write it with dl.abs and dl.square, without np.",
    'softsign returns x / (1 + np.abs(x)). Below it, under @dl.register_gradient("softsign"), '
    "def rule(g, output, x) returns a list with g times the slope 1/(1 + |x|)², written with dl.",
)


# ------------------------------------------------------------------------------------------------ predictions and quiz

predictions = [
    prediction(
        "11.a",
        "b = 2a, c = b·b, d = b + c, at a = 3. You know dd/da = 26. A program walks back breadth-first: d, then its "
        "inputs as "
        "they are written, b and c, then a. Each node sends on what it has got by then. What does it say for dd/da?",
        options={
            "26: every arrow is walked once": (
                "Every arrow is walked, but when? Look at what b knows when it sends its letter to a."
            ),
            "2: b is visited before c": (
                "When b is visited it has d's letter, 1, and c's is not written yet. It sends 1·2 to a and is done."
            ),
            "24: c's way is the longer one": "That is c's share, and it comes too late. What b sends is d's share.",
        },
        answer="2: b is visited before c",
    ),
    prediction(
        "11.b",
        "A bias b of shape (4,) is added to a table of 3 rows and 4 columns. Every entry of the gradient that "
        "arrives is 1. What "
        "is the gradient of b?",
        options={
            "[1, 1, 1, 1]": "That would be so if b was used in one row. It was used in three.",
            "a table of ones, 3 by 4": "A gradient has the shape of what it belongs to, and b has 4 entries.",
            "[3, 3, 3, 3]": (
                "Each entry of b was copied into 3 rows. Each copy gets 1, and what the copies get adds up."
            ),
            "[12]": "b's entries stay apart: an entry moves its own column only.",
        },
        answer="[3, 3, 3, 3]",
    ),
]

quiz = [
    question(
        "11.q1",
        "When may a node pass its gradient on?",
        options={
            "When the first letter has come": "Then the others come too late, as they do breadth-first.",
            "When all nodes that use it have sent theirs": "Reverse topological order sees to that.",
            "When all its inputs have been visited": "Its inputs come after it on the way back.",
        },
        answer="When all nodes that use it have sent theirs",
    ),
    question(
        "11.q2",
        "A is (5, 3), B is (3, 2), and G, the gradient of A·B, is (5, 2). Which product is B's gradient?",
        options={
            "G·Bᵀ": "Its shape is (5, 3): that one is A's.",
            "Aᵀ·G": "(3, 5) times (5, 2) is (3, 2), the shape of B.",
            "G·A": "(5, 2) times (5, 3) does not fit.",
        },
        answer="Aᵀ·G",
    ),
    question(
        "11.q3",
        'x has shape (4, 6). What does the rule of "sum over axis 1" do with g?',
        options={
            "It repeats g along axis 1": "g has shape (4,): it becomes a column, and each entry fills its row.",
            "It sums g over axis 1": "g has no axis 1 any more; the forward pass summed it away.",
            "It divides g by 6": "That is the rule of a mean.",
        },
        answer="It repeats g along axis 1",
    ),
    question(
        "11.q4",
        "gradcheck says 0.2 at h = 10⁻³, at 10⁻⁵ and at 10⁻⁷. What do you conclude?",
        options={
            "h is too large": "An error that comes from h shrinks with it. This one does not move.",
            "The rule is wrong": "Rounding and h make errors that change with h. A wrong rule is wrong at each.",
            "Rounding": "Rounding grows when h shrinks. This one does not move.",
        },
        answer="The rule is wrong",
    ),
    question(
        "11.q5",
        "You forget to empty the gradient boxes between two steps. What does the second step follow?",
        options={
            "The second gradient": "The first one is still in the box, and the second was added to it.",
            "The first gradient": "The second was added to it.",
            "The sum of both": "Every box holds all that was ever added to it.",
        },
        answer="The sum of both",
    ),
]
