"""Answers to lesson 12, train a perceptron.

Every function here stands alone: it sees ``np``, ``dl`` and its own arguments, nothing else.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

import dlcourse as dl
from dlcourse.lesson import exercise, prediction, question

Array = NDArray[np.float64]
Case = dict[str, Any]


# ------------------------------------------------------------------------------------------------ 12.1

probabilities = exercise(
    "12.1",
    "Scores to probabilities",
    points=1,
    without=("softmax", "log_softmax", "logsumexp", "Softmax", "LogSoftmax"),
)


@probabilities.reference
def softmax(Z: Array) -> Array:
    """Exponentials make every score positive; dividing by their sum makes a row add up to 1.

    Subtracting the row's largest score first changes nothing (numerator and denominator are both
    divided by the same number), but no exponential is then larger than 1, so nothing overflows.
    """
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


LARGEST = "Z - Z.max(axis=1, keepdims=True)"
probabilities.mutant(
    "exp(1000) overflows to inf, and inf / inf is nan. Subtract each row's largest score first.", LARGEST, "Z"
)
probabilities.mutant(
    "Your COLUMNS add up to 1. A row is one example, so each row must: axis=1.",
    "Z.max(axis=1, keepdims=True))\n    return E / E.sum(axis=1",
    "Z.max(axis=0, keepdims=True))\n    return E / E.sum(axis=0",
)
for smaller in ("Z - Z.max()", "Z"):
    probabilities.mutant(
        "Your COLUMNS add up to 1. A row is one example, so each row must: axis=1.",
        [("Z - Z.max(axis=1, keepdims=True)", smaller), ("E.sum(axis=1, keepdims=True)", "E.sum(axis=0)")],
    )
probabilities.mutant(
    "You divided by the sum over the whole table. Each row needs its own sum.",
    "Z.max(axis=1, keepdims=True))\n    return E / E.sum(axis=1, keepdims=True)",
    "Z.max())\n    return E / E.sum()",
)
probabilities.mutant(
    "These are the exponentials. Divide each row by its sum to make probabilities of them.",
    " / E.sum(axis=1, keepdims=True)",
    "",
)
probabilities.mutant(
    "You took one largest score for the whole table. A row far below it underflows to 0 / 0.", LARGEST, "Z - Z.max()"
)
for number in ("1000", "Z.min(axis=1, keepdims=True)", "Z.mean(axis=1, keepdims=True)"):
    probabilities.mutant(
        "What you take off is not the row's largest score, so some exponentials still run out of range.",
        LARGEST,
        f"Z - {number}",
    )
probabilities.mutant(
    "The row sums have lost their axis, and meet columns in place of their own rows: keepdims=True.",
    "E.sum(axis=1, keepdims=True)",
    "E.sum(axis=1)",
)
probabilities.mutant(
    "The row sums have lost their axis, and meet columns in place of their own rows: keepdims=True.",
    ", keepdims=True",
    "",
    count=2,
)
probabilities.mutant(
    "The rows' largest scores have lost their axis, and meet columns in place of their own rows: keepdims=True.",
    "Z.max(axis=1, keepdims=True)",
    "Z.max(axis=1)",
)
for positive in ("Z", "Z - Z.min(axis=1, keepdims=True)"):
    probabilities.mutant(
        "You shared out the scores themselves. Take e to the power of each first, then divide by the row's sum.",
        f"np.exp({LARGEST})",
        positive,
    )
probabilities.mutant(
    "You divided by the sum over the whole table: each row needs its own. And exp(1000) overflows to inf.",
    "np.exp(Z - Z.max(axis=1, keepdims=True))\n    return E / E.sum(axis=1, keepdims=True)",
    "np.exp(Z)\n    return E / E.sum()",
)
probabilities.mutant(
    "You divided by the row's largest score. Subtract it: differences stay as they are then, and they are what counts.",
    LARGEST,
    "Z / Z.max(axis=1, keepdims=True)",
)
probabilities.mutant(
    "You cut the scores off, so two that lie far out become equal. Subtract the row's largest score.",
    LARGEST,
    "np.clip(Z, -100, 100)",
)
probabilities.mutant(
    "You squashed each score by itself: that is the sigmoid. Softmax makes each ROW add up to 1.",
    f"np.exp({LARGEST})\n    return E / E.sum(axis=1, keepdims=True)",
    "np.exp(-Z)\n    return 1 / (1 + E)",
)
probabilities.mutant(
    "You divided the scores, and took e to the power of that. First e to the power of each score, then divide.",
    f"np.exp({LARGEST})\n    return E / E.sum(axis=1, keepdims=True)",
    "Z / Z.sum(axis=1, keepdims=True)\n    return np.exp(E)",
)
probabilities.mutant("Your base is 2. Take e to the power of the scores: np.exp.", "np.exp(", "np.exp2(")
for scores in ("Z", LARGEST):
    probabilities.mutant(
        "The row's largest is missing from your sum. Divide by the sum of all of the row's exponentials.",
        [(LARGEST, scores), ("/ E.sum(axis=1, keepdims=True)", "/ (E.sum(axis=1) - E.max(axis=1))[:, None]")],
    )


probabilities.equivalent("np.exp", "-np.exp", "Above the line and below it, the sign cancels.")
for name in "ZE":
    most = f"{name}.{'max' if name == 'Z' else 'sum'}(axis="
    probabilities.equivalent(f"{most}1", f"{most}-1", "A row's axis is both the second and the last.")


@probabilities.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(Z=np.array([[0.0, np.log(3)]]))
    yield dict(Z=np.array([[1, 1], [2, 5]]))
    yield dict(Z=rng.normal(size=(3, 3)))
    yield dict(Z=rng.normal(0, 3, size=(4, 2)))
    yield dict(Z=np.concatenate([rng.normal(size=(2, 2)), [[1000.0, 0.0], [-1000.0, -1001.0]]]))
    yield dict(Z=np.array([[0.0, 0.0, 0.0, 1000.0], [1000.0, 0.0, 0.0, 0.0]]))


probabilities.hints(
    "Make every score positive first, then make each row add up to 1.",
    "Z is (n, k). Sum over the k scores of a row: axis=1, with keepdims=True so that shapes still fit.",
    "Subtract the row maximum, take np.exp, divide by the row sum.",
)


# ------------------------------------------------------------------------------------------------ 12.2

surprise = exercise("12.2", "The cross-entropy", points=1, without=("softmax_cross_entropy",))


@surprise.reference
def cross_entropy(P: Array, Y: Array) -> float:
    """Pick each row's probability of the right class, take minus its log, add up.

    Picking before taking the log keeps 0 · log 0 out: the classes that are wrong never meet the log.
    """
    p = (P * Y).sum(axis=1)
    return float(-np.log(p).sum())


SUM = "float(-np.log(p).sum())"
surprise.mutant(
    "You divided by the number of entries. A sum over the samples is asked for.",
    SUM,
    "float(-np.log(p).sum() / P.size)",
)
surprise.mutant(
    "You divided by the number of entries; a sum over the samples is asked for. And 0 · log 0 is nan.",
    SUM,
    "float(-np.sum(Y * np.log(P)) / P.size)",
)
surprise.mutant(
    "You took the mean; a sum over the samples is asked for. And 0 · log 0 is nan.",
    SUM,
    "float(-np.sum(Y * np.log(P)) / len(P))",
)
surprise.mutant(
    "0 · log 0 is nan. Pick the right class's probability first, then take its log.",
    SUM,
    "float(-np.sum(Y * np.log(P)))",
)
surprise.mutant(
    "You took the mean. In this lesson J is the SUM over the examples, as in Sabinasz.", SUM, "float(-np.log(p).mean())"
)
surprise.mutant(
    "The sign: the log of a probability is negative, and a loss is not. Put a minus in front.",
    SUM,
    "float(np.log(p).sum())",
)
surprise.mutant(
    "You added log(1 − P) for the wrong classes: that is the loss of k separate yes-or-no questions.",
    SUM,
    "float(-np.log(np.where(Y == 1, P, 1.0 - P)).sum())",
)
surprise.mutant(
    "That is how far the probabilities are from 1, without the log. The log punishes confident mistakes.",
    SUM,
    "float((1 - p).sum())",
)
surprise.mutant(
    "You added the probabilities up and took one log. Each example costs −log of its own p: first log, then sum.",
    SUM,
    "float(-np.log(p.sum()))",
)
surprise.mutant(
    "You took each row's largest probability. What counts is that of the right class, which Y marks.",
    "(P * Y).sum(axis=1)",
    "P.max(axis=1)",
)
surprise.mutant(
    "You added down the columns. A row is one example: pick one probability from each row, axis=1.", "axis=1", "axis=0"
)
surprise.mutant(
    "You charge for the other classes, too. An example costs minus the log of the right class's probability, no more.",
    SUM,
    "float(-np.sum(Y * np.log(P) + (1 - Y) * np.log(1 - P)))",
)
surprise.mutant("Those are the costs of the single examples. J is their sum, one number.", SUM, "-np.log(p)")
surprise.mutant(
    "Every class counts with you. Only the probability of the right one does, which Y marks.",
    SUM,
    "float(-np.log(P).sum())",
)
for other in ("log2", "log10"):
    surprise.mutant("Your log has another base. The natural one, base e, is np.log.", "np.log", f"np.{other}")
for guard in ("1e-6", "1e-7", "1e-8", "1e-9", "1e-10"):
    surprise.mutant(
        "You put a small number into the log, and it changes the result. Pick first: then no 0 meets the log.",
        SUM,
        f"float(-np.sum(Y * np.log(P + {guard})))",
    )
for floor in ("1e-6", "1e-7", "1e-8", "1e-9"):
    surprise.mutant(
        "A floor under the probabilities changes the result of a tiny one. Pick first: then no 0 meets the log.",
        SUM,
        f"float(-np.log(np.maximum(p, {floor})).sum())",
    )
surprise.mutant(
    "That is the squared error. Cross-entropy is minus the log of the right class's probability.",
    SUM,
    "float(((P - Y) ** 2).sum())",
)
for floor in ("1e-8", "1e-9", "1e-10", "1e-12", "1e-15"):
    surprise.mutant(
        "P and Y have changed places. The log is taken of the probabilities P; Y picks which of them counts.",
        SUM,
        f"float(-(P * np.log(np.maximum(Y, {floor}))).sum())",
    )
surprise.mutant(
    "P @ Y.T joins each row of P with each row of Y. A sample has one label: P * Y joins a row with its own.",
    SUM,
    "float(-np.log(P @ Y.T).sum())",
)


surprise.equivalent("axis=1", "axis=-1", "A row's axis is both the second and the last.")
surprise.equivalent("Y).sum", "Y).max", "One probability of a row is left, and the rest are 0.")
surprise.equivalent("axis=1", "axis=1, keepdims=True", "All of them are added up in the end.")
surprise.equivalent("(p).sum()", ("(p).sum(axis=0)", "(p).sum(axis=-1)"), "There is one axis left.")
surprise.equivalent("float(-np.log(p).sum())", "-np.log(p).sum()", "NumPy's numbers are numbers.")


surprise.mutant(
    "np.nan_to_num makes 0 of the whole sum as soon as one 0 · log 0 is in it, and all the other examples are lost.",
    SUM,
    "np.nan_to_num(-np.sum(Y * np.log(P)))",
)


@surprise.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(P=np.array([[0.5, 0.5], [0.1, 0.9]]), Y=np.array([[1, 0], [0, 1]]))
    yield dict(P=np.array([[0.2, 0.8]]), Y=np.array([[1, 0]]))
    yield dict(P=np.array([[1.0, 0.0]]), Y=np.array([[1, 0]]))  # a perfect prediction
    yield dict(P=np.array([[1.0, 0.0], [0.5, 0.5]]), Y=np.array([[1, 0], [0, 1]]))  # one perfect, one not
    yield dict(P=np.array([[0.001, 0.999]]), Y=np.array([[1, 0]]))
    yield dict(P=np.array([[1e-10, 1.0 - 1e-10]]), Y=np.array([[1, 0]]))  # sure of the wrong class
    for n, k in [(4, 3), (6, 3), (5, 4)]:
        P = 0.1 / k + 0.9 * rng.dirichlet(np.ones(k), size=n)
        yield dict(P=P, Y=np.eye(k)[rng.integers(0, k, size=n)])


surprise.hints(
    "How surprised are you by the right answer, if you gave it the probability p? −log p says it.",
    "P and Y are both (n, k), and each row of Y has a single 1. P * Y keeps that class's probability; sum it out.",
    "Take p, the row sums of P * Y. The answer is minus the sum of the logs of p, a single number.",
)


# ------------------------------------------------------------------------------------------------ 12.3

training = exercise("12.3", "Train it with the engine", points=3, rtol=1e-7, start="...")


@training.reference
def train(X: Array, Y: Array, W0: Array, b0: Array, lr: float, steps: int) -> tuple[Array, Array, list[float]]:
    """Say what the loss is, once; the engine finds the gradients, and each step is one call."""
    x, y = dl.placeholder("x", shape=X.shape), dl.placeholder("y", shape=Y.shape)
    W, b = dl.parameter(W0, name="W"), dl.parameter(b0, name="b")
    J = dl.sum(dl.softmax_cross_entropy(x @ W + b, y))
    step = dl.GradientDescent(learning_rate=lr).minimize(J)
    losses = [float(step({x: X, y: Y})) for _ in range(steps)]
    return W.value, b.value, losses


training.mutant(
    "You minimise the MEAN. J is a sum over the examples here, so your steps are n times too short.",
    "dl.sum",
    "dl.mean",
)
training.mutant(
    "One softmax too many: softmax_cross_entropy takes the scores and applies softmax itself.",
    "(x @ W + b, y)",
    "(dl.softmax(x @ W + b), y)",
)
training.mutant(
    "b never moved: make it a dl.parameter, not a constant, or the line always passes through one point.",
    "minimize(J)",
    "minimize(J, [W])",
)
training.mutant(
    "Your losses are those AFTER each step. Keep the loss a step starts from: step(...) returns it.",
    "float(step({x: X, y: Y}))",
    "(step({x: X, y: Y}), float(dl.run(J, {x: X, y: Y})))[1]",
)
training.mutant(
    "You walked uphill: the loss grows. `minimize` subtracts; a negative learning rate or loss undoes it.",
    "minimize(J)\n    losses = [float",
    "minimize(-J)\n    losses = [-float",
)
training.mutant(
    "You returned the weights you started from. W.value and b.value hold the trained ones.",
    "W.value, b.value",
    "W0, b0",
)
training.mutant("The biases are not part of your scores: x @ W + b.", "x @ W + b", "x @ W + 0 * b")
training.mutant(
    "The learning rate is written in. It comes in as an argument, lr.", "learning_rate=lr", "learning_rate=0.01"
)
training.mutant(
    "You started from zeros. W0 and b0 say where to start.",
    'dl.parameter(W0, name="W"), dl.parameter(b0, name="b")',
    'dl.parameter(np.zeros(W0.shape), name="W"), dl.parameter(np.zeros(b0.shape), name="b")',
)
training.mutant(
    "You took one step too many. `range(steps)` makes as many as are asked for.", "range(steps)", "range(steps + 1)"
)
training.mutant(
    "You took one step too few. `range(steps)` makes as many as are asked for.", "range(steps)", "range(steps - 1)"
)
training.mutant(
    "What you return has made one step, and all your losses are the first. Build the graph and the step before the "
    "loop, and call the step in it.",
    "losses = [float(step({x: X, y: Y})) for _ in range(steps)]",
    "losses = [float(step({x: X, y: Y}))] * steps",
)
training.mutant(
    "Those are Adam's steps. Asked for is plain gradient descent: dl.GradientDescent.", "dl.GradientDescent", "dl.Adam"
)
for guess in ("dl.softmax(x @ W + b)", "x @ W + b"):
    training.mutant(
        "You minimise the squared error. The loss of this lesson is the cross-entropy: dl.softmax_cross_entropy.",
        "dl.softmax_cross_entropy(x @ W + b, y)",
        f"dl.squared_error({guess}, y)",
    )
training.mutant(
    "That is one loss, the last. All of them are asked for, in a list.", "b.value, losses", "b.value, losses[-1]"
)


for old, names in (
    ('placeholder("x"', 'placeholder("{}"'),
    ('placeholder("y"', 'placeholder("{}"'),
    ('name="W"', 'name="{}"'),
    ('name="b"', 'name="{}"'),
):
    others = [names.format(name) for name in "xyWb" if names.format(name) != old]
    training.equivalent(old, others, "A name is there for people: two nodes may share it.")
training.equivalent("@ W + b, y", "@ W + b, Y", "What is fed in each step may as well be written into the graph.")
training.equivalent("(x @ W", "(X @ W", "What is fed in each step may as well be written into the graph.")
training.equivalent("b, y)", ("b, y), axis=0", "b, y), axis=-1"), "There is one axis left.")
training.equivalent(
    "range(steps)", ("range(1, steps + 1)", "reversed(list(range(steps)))"), "No step knows its number."
)
training.equivalent("float(step({x: X, y: Y}))", "step({x: X, y: Y})", "NumPy's numbers are numbers.")
DATA = '    x, y = dl.placeholder("x", shape=X.shape), dl.placeholder("y", shape=Y.shape)\n'
LEARNED = '    W, b = dl.parameter(W0, name="W"), dl.parameter(b0, name="b")\n'
training.equivalent(DATA + LEARNED, LEARNED + DATA, "Neither needs the other.")


@training.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(X=np.array([[1.0], [-1.0]]), Y=np.eye(2), W0=np.zeros((1, 2)), b0=np.zeros(2), lr=0.5, steps=1)
    yield dict(
        X=np.array([[1.0, 2.0]]), Y=np.array([[0.0, 1.0]]), W0=np.eye(2), b0=np.array([0.0, 1.0]), lr=0.25, steps=2
    )
    for n, d, k, lr, steps in [(20, 2, 2, 0.01, 25), (12, 3, 4, 0.04, 10)]:
        t = np.arange(n) % k
        X = rng.normal(size=(n, d)) + rng.normal(0, 2, size=(k, d))[t]
        yield dict(X=X, Y=np.eye(k)[t], W0=rng.normal(size=(d, k)), b0=rng.normal(size=k), lr=lr, steps=steps)


training.hints(
    "Three things: what goes in (placeholders), what is learned (parameters), what is to become small (the loss).",
    "x is (n, d), W (d, k), b (k,), so x @ W + b is (n, k): the scores. softmax_cross_entropy gives (n,); sum it.",
    "step = dl.GradientDescent(learning_rate=lr).minimize(J), then call step({x: X, y: Y}) `steps` times and keep "
    "what it returns. Return W.value, b.value and the list.",
)


# ------------------------------------------------------------------------------------------------ 12.4

line = exercise("12.4", "Where the line is", points=2)


@line.reference
def boundary(W: Array, b: Array) -> tuple[float, float]:
    """The two classes tie where their scores are equal, so the line is about the DIFFERENCE of the columns.

    (w₀ − w₁)·x + b₀ − b₁ = 0, solved for the second coordinate of x.
    """
    d, e = W[:, 0] - W[:, 1], b[0] - b[1]
    return -d[0] / d[1], -e / d[1]


line.mutant(
    "You used the first class's column alone. A class wins by scoring MORE: compare both columns.",
    "W[:, 0] - W[:, 1], b[0] - b[1]",
    "W[:, 0], b[0]",
)
line.mutant(
    "You subtracted rows. A row of W belongs to one input; a class has a COLUMN.", "W[:, 0] - W[:, 1]", "W[0] - W[1]"
)
line.mutant(
    "You added the columns. The classes tie where the two scores are equal: their DIFFERENCE is 0 there.",
    "W[:, 0] - W[:, 1], b[0] - b[1]",
    "W[:, 0] + W[:, 1], b[0] + b[1]",
)
line.mutant("The slope has the wrong sign: d₀x₀ + d₁x₁ + e = 0 gives x₁ = −(d₀/d₁) x₀ − e/d₁.", "-d[0]", "d[0]")
line.mutant("The intercept has the wrong sign: the constant moves to the other side of the equation.", "-e", "e")
line.mutant(
    "Both signs are lost: d₀x₀ + d₁x₁ + e = 0 gives x₁ = −(d₀/d₁) x₀ − e/d₁.", "-d[0] / d[1], -e", "d[0] / d[1], e"
)
line.mutant("You forgot the biases, so your line always passes through the origin.", "-e / d[1]", "0.0")
line.mutant(
    "Upside down: solve for x₁, the second coordinate, and divide by ITS coefficient.",
    "-d[0] / d[1], -e / d[1]",
    "-d[1] / d[0], -e / d[0]",
)
line.mutant(
    "The slope stands on its head: solve for x₁, the second coordinate, and divide by ITS coefficient.",
    "-d[0] / d[1]",
    "-d[1] / d[0]",
)
line.mutant(
    "The two are in the wrong order: first the slope, then the intercept.",
    "-d[0] / d[1], -e / d[1]",
    "-e / d[1], -d[0] / d[1]",
)
line.mutant("The intercept is not divided. All of the equation is divided by d₁, the constant, too.", "-e / d[1]", "-e")
line.mutant(
    "`//` cuts a quotient down to a whole number. A slope may lie between: `/` divides.",
    "-d[0] / d[1], -e / d[1]",
    "-d[0] // d[1], -e // d[1]",
)
line.mutant(
    "You divided by the length of d. Solve for x₁, the second coordinate: divide by its coefficient d₁.",
    "-d[0] / d[1], -e / d[1]",
    "-d[0] / np.linalg.norm(d), -e / np.linalg.norm(d)",
)


line.equivalent("W[:, 1]", "W[:, -1]", "There are two columns.")


@line.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(W=np.array([[1.0, 0.0], [2.0, 0.0]]), b=np.array([3.0, 0.0]))
    yield dict(W=np.array([[3, 1], [5, 1]]), b=np.array([1, 2]))
    for _ in range(5):
        yield dict(W=rng.normal(size=(2, 2)) + np.array([[1.0, -1.0], [2.0, -2.0]]), b=rng.normal(size=2))


line.hints(
    "On the line neither class wins: both scores are the same. Write that down as an equation.",
    "Column k of W and entry k of b make the score of class k. Subtract the two scores: (2,) and one number remain.",
    "With d the difference of the columns and e that of the biases: slope −d[0]/d[1], intercept −e/d[1].",
)


# ------------------------------------------------------------------------------------------------ 12.5

share = exercise("12.5", "How often is it right?", points=1)


@share.reference
def accuracy(X: Array, labels: NDArray[np.int64], W: Array, b: Array) -> float:
    """The largest score wins; softmax would not change which one that is, so it can be left out."""
    winners = (X @ W + b).argmax(axis=1)
    return float((winners == labels).mean())


RIGHT = "float((winners == labels).mean())"
share.mutant(
    "That is how often it is WRONG. Count the rows where winner and label agree.",
    "winners == labels",
    "winners != labels",
)
share.mutant("You returned a count. Divide by the number of examples.", ".mean()", ".sum()")
share.mutant("You took the SMALLEST score as the winner: argmax, not argmin.", "argmax", "argmin")
share.mutant(
    "`max` gives the score itself. Which class has it, its position in the row, says `argmax`.", "argmax", "max"
)
share.mutant("The biases are missing from your scores.", "(X @ W + b)", "(X @ W)")
share.mutant(
    "You asked whether the winning class is the first one. Compare each winner with its own label.",
    "winners == labels",
    "winners == 0",
)
share.mutant("That is in per cent. A share lies between 0 and 1.", RIGHT, "float(100 * (winners == labels).mean())")
share.mutant(
    "You compare two scores only. There may be more classes: the largest of all of them wins.",
    "(X @ W + b).argmax(axis=1)",
    "np.diff((X @ W + b)[:, :2])[:, 0] > 0",
)
share.mutant(
    "It is always 0 or 1. Does `//` cut your share, or do you ask whether ALL are right? A share may lie between.",
    RIGHT,
    "(winners == labels).sum() // len(labels)",
)
share.mutant(
    "You looked for the largest score in each column. A row is one example: along the row, axis=1.",
    "argmax(axis=1)",
    "argmax(axis=0)",
)
share.mutant(
    "You divided by the number of classes. The share is of the examples, the rows of X.",
    RIGHT,
    "float((winners == labels).sum() / W.shape[1])",
)
share.mutant(
    "You ask whether class 1 scores more than 0.5. Scores are no probabilities: the largest of the row wins.",
    "(X @ W + b).argmax(axis=1)",
    "(X @ W + b)[:, 1] > 0.5",
)
for distance in ("np.abs(winners - labels).mean()", "1 - np.abs(winners - labels).mean()"):
    share.mutant(
        "You measure how far apart the numbers of the classes are. They are names: count where both are equal.",
        RIGHT,
        f"float({distance})",
    )


share.equivalent("axis=1", "axis=-1", "A row's axis is both the second and the last.")
share.equivalent(".mean()", (".mean(axis=0)", ".mean(axis=-1)"), "There is one axis left.")
share.equivalent(RIGHT, "(winners == labels).mean()", "NumPy's numbers are numbers.")


share.mutant(
    "You ask whether the second score is above 0. What counts is which score of the row is the largest.",
    "(X @ W + b).argmax(axis=1)",
    "((X @ W + b)[:, 1] > 0)",
)


@share.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    X, W, b = np.array([[1, 0], [0, 1]]), np.array([[1, 0], [0, 1]]), np.array([0, 0])
    yield dict(X=X, labels=np.array([0, 0]), W=W, b=b)
    yield dict(X=X, labels=np.array([1, 1]), W=W, b=np.array([0.5, 0.0]))
    yield dict(X=X, labels=np.array([0, 0]), W=W, b=np.array([2, 0]))
    yield dict(X=X, labels=np.array([0, 1]), W=W, b=b)
    yield dict(X=X[:1], labels=np.array([2]), W=np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]), b=np.zeros(3))
    # one fraction could be guessed; ten fractions of some hundred examples each cannot
    for n in rng.integers(211, 499, size=10):
        labels = rng.integers(0, 3, size=int(n))
        centres = rng.normal(0, 1.5, size=(3, 2))
        X = np.round(rng.normal(size=(int(n), 2)) + centres[labels], 2)
        yield dict(X=X, labels=labels, W=rng.normal(0, 0.5, size=(2, 3)) + centres.T, b=rng.normal(0, 1.5, size=3))


share.hints(
    "The class with the largest score is the model's answer. Compare it with the label, row by row.",
    "X @ W + b is (n, k). argmax along axis=1 gives one class number per row, shape (n,), like labels.",
    "The mean of (winners == labels) is the share of rows where they agree.",
)


# ------------------------------------------------------------------------------------------------ 12.6

scaled = exercise("12.6", "A step of RMSProp", points=2)


@scaled.reference
def rmsprop_step(w: Array, s: Array, g: Array, lr: float, rho: float) -> tuple[Array, Array]:
    """s is a mean of g² that forgets; its root says how large this weight's slopes usually are.

    Divided by that, a slope of usual size makes a step of usual size, whatever the units of the weight.
    """
    s = rho * s + (1 - rho) * g**2
    return w - lr * g / (np.sqrt(s) + 1e-8), s


NEW_S, NEW_W = "rho * s + (1 - rho) * g**2", "w - lr * g / (np.sqrt(s) + 1e-8), s"
for message, old, wrong in (
    ("The slopes have to be squared in s: a mean of g itself would let signs cancel.", "g**2", "g"),
    ("You divided by s itself. s holds squares: divide by its root.", "np.sqrt(s)", "s"),
    ("You add g² whole. s is a mean: rho of the old one and 1 − rho of the new square.", NEW_S, "rho * s + g**2"),
    ("Nothing is forgotten: s only grows, as in AdaGrad. Keep rho of the old s, and 1 − rho of g².", NEW_S, "s + g**2"),
    ("rho and 1 − rho are exchanged: most of the OLD s is kept.", NEW_S, "(1 - rho) * s + rho * g**2"),
    ("You walk uphill: subtract.", "w - lr", "w + lr"),
    ("You step with g alone: nothing is divided.", " / (np.sqrt(s) + 1e-8)", ""),
    (
        "You divide lr·g by one number for all weights. Each weight has an s of its own.",
        "np.sqrt(s)",
        "np.sqrt(s.sum())",
    ),
    ("The order of the answer is w first, then s.", NEW_W, "s, w - lr * g / (np.sqrt(s) + 1e-8)"),
    (
        "The root is missing the squares: a step of lr in the direction of g's sign is another rule.",
        "g / (np.sqrt(s) + 1e-8)",
        "np.sign(g)",
    ),
):
    scaled.mutant(message, old, wrong)
scaled.mutant(
    "You divided by the root of the OLD s. First the new s, from the slope that has come; then the step.",
    "    s = rho * s + (1 - rho) * g**2\n    return w - lr * g / (np.sqrt(s) + 1e-8), s",
    "    return w - lr * g / (np.sqrt(s) + 1e-8), rho * s + (1 - rho) * g**2",
)


scaled.equivalent("(1 - rho) * g**2", "(1 - rho) * (-g) ** 2", "A square has no sign.")


scaled.mutant(
    "1e-8 goes into the root with you. It is added to the root: behind the bracket of np.sqrt.",
    "np.sqrt(s) + 1e-8",
    "np.sqrt(s + 1e-8)",
)
scaled.mutant(
    "1e-8 is added to the new w. It belongs below the line, to the root: put brackets around both.",
    "(np.sqrt(s) + 1e-8)",
    "np.sqrt(s) + 1e-8",
)


@scaled.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(w=np.array([1.0, 1.0]), s=np.array([0.0, 4.0]), g=np.array([2.0, 20.0]), lr=0.1, rho=0.9)
    for shape in [(2,), (3,), (2, 2)]:
        w, g = rng.normal(size=shape), rng.normal(0, 2, size=shape)
        s, rho = rng.uniform(0.2, 3, size=shape), float(rng.uniform(0.6, 0.95))
        yield dict(w=w, s=s, g=g, lr=float(rng.uniform(0.05, 0.3)), rho=rho)


scaled.hints(
    "Two lines: what s becomes, and what w becomes. The second uses the new s.",
    "w, s and g have one shape, and everything goes entry by entry. The root of s is as large as g usually is.",
    "s = rho * s + (1 - rho) * g**2, then w - lr * g / (np.sqrt(s) + 1e-8). Return w, then s.",
)


# ------------------------------------------------------------------------------------------------ 12.7

both = exercise("12.7", "A step of Adam", points=2)


@both.reference
def adam_step(w: Array, m: Array, s: Array, g: Array, t: int, lr: float, beta1: float, beta2: float) -> Any:
    """Momentum above, RMSProp below. Both means start at 0, so after t steps they hold 1 − βᵗ of a mean.

    Divided by that share, the first step is as long as any other: lr, in the direction of the slope's sign.
    """
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g**2
    mean, square = m / (1 - beta1**t), s / (1 - beta2**t)
    return w - lr * mean / (np.sqrt(square) + 1e-8), m, s


WHOLE = "m / (1 - beta1**t), s / (1 - beta2**t)"
SLIPS_OF_ADAM: tuple[tuple[str, Any, Any], ...] = (
    ("Neither mean is corrected for its start from 0: divide m and s by 1 − βᵗ.", WHOLE, "m, s"),
    ("Only m is corrected for its start from 0. So has s to be, with beta2.", WHOLE, "m / (1 - beta1**t), s"),
    ("Only s is corrected for its start from 0. So has m to be, with beta1.", WHOLE, "m, s / (1 - beta2**t)"),
    (
        "You divide by 1 − β, whatever t is. After t steps the share is 1 − β to the power t.",
        WHOLE,
        "m / (1 - beta1), s / (1 - beta2)",
    ),
    (
        "The correction counts from 0: the first step has t = 1.",
        WHOLE,
        "m / (1 - beta1 ** (t + 1)), s / (1 - beta2 ** (t + 1))",
    ),
    (
        "You multiply by the shares. After t steps m and s are too small: divide by 1 − βᵗ.",
        WHOLE,
        "m * (1 - beta1**t), s * (1 - beta2**t)",
    ),
    (
        "The share of s is taken out behind the root. Divide s by it first, then take the root.",
        "np.sqrt(square)",
        "np.sqrt(s) / (1 - beta2**t)",
    ),
    ("You walk with g over the root of s. Adam walks with the mean m.", "lr * mean", "lr * g"),
    ("You add g whole to m. In Adam m is a mean: beta1 of the old one, 1 − beta1 of g.", "(1 - beta1) * g\n", "g\n"),
    ("The slopes have to be squared in s: a mean of g itself would let signs cancel.", "g**2", "g"),
    (
        "beta1 and beta2 are exchanged: beta1 belongs to m, beta2 to s.",
        [
            ("beta1 * m + (1 - beta1)", "beta2 * m + (1 - beta2)"),
            ("beta2 * s + (1 - beta2)", "beta1 * s + (1 - beta1)"),
        ],
        None,
    ),
    ("You divided by the mean square itself. Divide by its root.", "np.sqrt(square)", "square"),
    ("You walk uphill: subtract.", "w - lr", "w + lr"),
    (
        "You return the corrected means. What is kept for the next step is m and s as they are.",
        "+ 1e-8), m, s",
        "+ 1e-8), mean, square",
    ),
    (
        "The order of the answer is w, then m, then s.",
        "return w - lr * mean / (np.sqrt(square) + 1e-8), m, s",
        "return m, s, w - lr * mean / (np.sqrt(square) + 1e-8)",
    ),
)
for message, old, wrong in SLIPS_OF_ADAM:
    if wrong is None:
        both.mutant(message, old)
    else:
        both.mutant(message, old, wrong)


both.equivalent("(1 - beta2) * g**2", "(1 - beta2) * (-g) ** 2", "A square has no sign.")
M_LINE, S_LINE = "    m = beta1 * m + (1 - beta1) * g\n", "    s = beta2 * s + (1 - beta2) * g**2\n"
both.equivalent(M_LINE + S_LINE, S_LINE + M_LINE, "Neither needs the other.")


both.mutant(
    "1e-8 goes into the root with you. It is added to the root: behind the bracket of np.sqrt.",
    "np.sqrt(square) + 1e-8",
    "np.sqrt(square + 1e-8)",
)
both.mutant(
    "1e-8 is added to the new w. It belongs below the line, to the root: put brackets around both.",
    "(np.sqrt(square) + 1e-8)",
    "np.sqrt(square) + 1e-8",
)


@both.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    start = dict(w=np.array([1.0, 1.0]), m=np.zeros(2), s=np.zeros(2), g=np.array([2.0, -20.0]), t=1)
    yield dict(**start, lr=0.1, beta1=0.9, beta2=0.99)
    yield dict(**start | {"g": np.array([1e-8, -4e-8])}, lr=0.1, beta1=0.9, beta2=0.99)  # as small as what keeps 0 out
    for shape, t in [((2,), 2), ((3,), 5), ((2, 2), 40)]:
        w, m, g = rng.normal(size=(3, *shape))
        s = rng.uniform(0.5, 2, size=shape)
        rates = dict(lr=float(rng.uniform(0.05, 0.3)), beta1=float(rng.uniform(0.6, 0.9)), beta2=0.95)
        yield dict(w=w, m=m, s=s, g=g, t=t, **rates)


both.hints(
    "Four lines: the new m, the new s, both corrected for their start from 0, and the step.",
    "m, s, g and w have one shape. After t steps from 0, m holds 1 − beta1**t of a whole mean, and s 1 − beta2**t.",
    "m = beta1*m + (1-beta1)*g and s = beta2*s + (1-beta2)*g**2. Step with m/(1-beta1**t) over the root of "
    "s/(1-beta2**t), plus 1e-8. Return w, m, s.",
)


# ------------------------------------------------------------------------------------------------ 12.8

falling = exercise("12.8", "A rate that falls in steps", points=1)


@falling.reference
def step_decay(lr: float, t: int, every: int, factor: float) -> float:
    """t // every counts how often the rate has been lowered by then; each time it is multiplied by the factor."""
    return lr * factor ** (t // every)


LOWERED = "lr * factor ** (t // every)"
for message, wrong in (
    (
        "Your rate falls a little at every step: `/` is not cut down. It falls only each `every` steps: `//`.",
        "lr * factor ** (t / every)",
    ),
    ("It falls at every step. Count whole groups of `every` steps: t // every.", "lr * factor**t"),
    ("Each time it is multiplied by the factor, so the factor is taken to a power.", "lr * factor * (t // every)"),
    ("It falls once and never again. How often has it fallen by step t?", "lr * factor if t >= every else lr"),
    (
        "Steps count from 0: the first fall comes AT step `every`, not one before it.",
        "lr * factor ** ((t + 1) // every)",
    ),
    (
        "The fall comes one step late: at t = every the rate is already lower.",
        "lr * factor ** (max(t - 1, 0) // every)",
    ),
    ("% is what is left over. How often it has fallen says //.", "lr * factor ** (t % every)"),
    ("It rises: the rate is multiplied by the factor, not divided.", "lr / factor ** (t // every)"),
    ("You returned the power alone: the rate starts at lr.", "factor ** (t // every)"),
    ("You subtract. Each time that the rate falls it is multiplied by the factor.", "lr - factor * (t // every)"),
):
    falling.mutant(message, LOWERED, wrong)


falling.mutant(
    "It falls at the multiples of `every` only, and is back in between. What has fallen stays low: count the falls.",
    "factor ** (t // every)",
    "(factor if t % every == 0 else 1)",
)


@falling.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(lr=0.8, t=5, every=2, factor=0.5)
    yield dict(lr=0.8, t=0, every=3, factor=0.5)
    for t in (2, 3, 4, 7, 11, 12):
        yield dict(lr=float(rng.uniform(0.1, 1)), t=t, every=3, factor=float(rng.uniform(0.2, 0.8)))


falling.hints(
    "How often has the rate been lowered by step t? Then it has been multiplied by the factor that often.",
    "t // every is a whole number: 0 for the first `every` steps, 1 for the next, and so on.",
    "lr times factor to the power t // every.",
)


# ------------------------------------------------------------------------------------------------ predictions and quiz

predictions = [
    prediction(
        "12.a",
        "A line starts in the wrong place among 20 circles and 20 triangles. "
        "Each step turns and shifts it along the negative gradient. "
        "When does the line move most?",
        options={
            "In the first few steps": "Many points are on the wrong side then, and each pulls hard.",
            "Evenly all the way": "Watch the numbered lines: from 0 to 10 they turn further than from 10 to 60.",
            "Near the end, when it homes in": (
                "Near the end nearly all points are right, and they hardly pull any more."
            ),
        },
        answer="In the first few steps",
    ),
    prediction(
        "12.b",
        "The source draws its final line from one column of W: where the FIRST class's score is 0. "
        "Is that the line where the two classes tie?",
        options={
            "Yes, always": (
                "Add the same number to both columns: the model is unchanged, that line moves. So it cannot be."
            ),
            "No, though it often looks right": (
                "It is another line, and on well-separated points it often separates them, too."
            ),
            "No, and one sees at once that it is wrong": (
                "If one did, the figure would not have been published. Often it looks fine."
            ),
        },
        answer="No, though it often looks right",
    ),
    prediction(
        "12.c",
        "All 100 points are on the right side of the line, with room to spare. "
        "You train on for ten thousand steps more. What do the weights do?",
        options={
            "They settle: there is nothing left to learn": (
                "The loss is small but never 0, and larger weights make it smaller still."
            ),
            "They grow for ever, ever more slowly": (
                "The line hardly moves, but the model becomes ever surer of itself."
            ),
            "They shrink back": "Nothing in this loss asks for small weights.",
        },
        answer="They grow for ever, ever more slowly",
    ),
]

quiz = [
    question(
        "12.q1",
        "A row of scores is (2, 5, 5). You add 100 to all three. What happens to the probabilities?",
        options={
            "Nothing": "Softmax sees differences only.",
            "They grow": "They must still add up to 1, and the differences of the scores are the same.",
            "The largest gets closer to 1": "That is what MULTIPLYING the scores by 100 would do.",
        },
        answer="Nothing",
    ),
    question(
        "12.q2",
        "The model gives the right class the probability 0.01. What does this example add to the cross-entropy?",
        options={
            "0.99": "That is the missing probability. The loss is minus its log.",
            "about 4.6": "That is −log 0.01. One confident mistake costs as much as many mild ones.",
            "0.01": "Small probabilities of the right class cost a lot, not a little.",
        },
        answer="about 4.6",
    ),
    question(
        "12.q3",
        "W has shape (4, 3). What does column 1 hold?",
        options={
            "the weights of input 1": "That is row 1.",
            "the weights of class 1": "4 inputs go in, 3 classes come out, and each class has a column of 4.",
            "the second example": "Examples are rows of X. They are not in W.",
        },
        answer="the weights of class 1",
    ),
    question(
        "12.q4",
        "The loss is the SUM over the examples. You train on ten times as many. What about the learning rate?",
        options={
            "It can stay": "The gradient is a sum, too: it is now about ten times as long.",
            "Make it ten times smaller": "Or use the mean, and the rate can stay.",
            "Make it ten times larger": "The gradient has grown already.",
        },
        answer="Make it ten times smaller",
    ),
    question(
        "12.q5",
        "Training accuracy is 100 %, and the loss still falls. Why?",
        options={
            "There is a bug": "No. Accuracy counts right answers; the loss also rewards being surer of them.",
            "The weights grow, so the model becomes surer": "On separable points that never ends.",
            "The line still has points to win": "It has won them all already.",
        },
        answer="The weights grow, so the model becomes surer",
    ),
]
