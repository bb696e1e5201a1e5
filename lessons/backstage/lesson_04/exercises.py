"""Answers to lesson 04, models and losses.

Every function here stands alone: it sees ``np``, ``dl`` and its own arguments, nothing else.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dlcourse.lesson import exercise, function_of, prediction, question

Case = dict[str, Any]
Two = Callable[[Any, Any], Any]

# ------------------------------------------------------------------------------------------------ 04.1

line = exercise("04.1", "A linear model for many samples", points=1)


@line.reference
def linear(w: Any, b: float, X: Any) -> Any:
    """A row of X holds the d numbers of one sample: X @ w is one weighted sum for each row, (N,), and b shifts all."""
    return X @ w + b


line.mutant(
    "w @ X sums over the samples. A row is one sample and the weighted sum runs along it: X comes first.",
    "X @ w",
    "w @ X",
)
line.mutant("The bias b is missing: every output is shifted by it.", " + b", "")
line.mutant(
    "You added up the outputs of all samples. There is one output for each row: shape (N,).",
    "X @ w + b",
    "np.sum(X * w) + b",
)
line.mutant(
    "You multiply by w and stop. The products of a row have to be added up: (N, d) becomes (N,).", "X @ w", "X * w"
)
line.mutant("You added b to the inputs. It belongs to the outputs, after the weighted sum.", "X @ w + b", "(X + b) @ w")
line.mutant(
    "You added b to every product, so each output has it d times. Add it once, after the sum.",
    "X @ w + b",
    "(X * w + b).sum(axis=1)",
)
line.mutant(
    "Your outputs have the shape (N, 1), a column. One number for each sample is the shape (N,).",
    "X @ w",
    "X @ w[:, None]",
)
line.mutant(
    "Only the last input is in your outputs: add the products up, instead of replacing one by the next.",
    "X @ w",
    "X[:, -1] * w[-1]",
)
line.mutant(
    "Only the first two inputs are used. d may be any number: X @ w takes all.",
    "X @ w",
    "X[:, 0] * w[0] + X[:, 1] * w[1]",
)
line.mutant("You added up the products down each column. The sum runs along a row.", "X @ w", "(X * w).sum(axis=0)")


@line.mutant("X[i] is sample i. Weight i belongs to input i, and that is the column X[:, i].")
def _(w: Any, b: float, X: Any) -> Any:
    return sum(w[i] * X[i] for i in range(len(w))) + b


line.mutant("The bias is added, not subtracted.", "+ b", "- b")
line.mutant("The bias is added, not multiplied.", "+ b", "* b")


line.equivalent("@ w", "@ w.T", "A vector has one axis: to transpose it changes nothing.")


@line.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(w=np.array([2, -1]), b=3, X=np.array([[1, 1], [4, 2]]))
    yield dict(w=np.array([2, -1]), b=3, X=np.array([[1, 1], [4, 2], [0, 5]]))
    yield dict(w=rng.normal(size=3), b=float(rng.uniform(0.5, 2)), X=rng.normal(size=(3, 3)))  # square: w @ X runs
    for rows, columns in ((5, 2), (1, 4), (6, 1)):
        yield dict(w=rng.normal(size=columns), b=float(rng.normal()), X=rng.normal(size=(rows, columns)))
    yield dict(w=rng.normal(size=2), b=1.5, X=np.zeros((0, 2)))  # nobody came


line.hints(
    "For one sample: each of its numbers times its weight, all added up, plus b.",
    "X is (N, d) and w is (d,). The sum runs over d, and one number for each of the N rows remains: shape (N,).",
    "X @ w takes the weighted sum of every row at once. Then add b.",
)

# ------------------------------------------------------------------------------------------------ 04.2

squares = exercise("04.2", "Mean squared error, whatever the shape", points=2)


@squares.reference
def mse(y: ArrayLike, yhat: ArrayLike) -> Any:
    """Lay both out as (N,) first, so that target k meets prediction k and nobody else; then square, then average."""
    error = np.reshape(y, -1) - np.reshape(yhat, -1)
    return np.mean(error**2)


ERROR = "np.reshape(y, -1) - np.reshape(yhat, -1)"
squares.mutant(
    "(N,) minus (N, 1) is (N, N): EVERY prediction is taken from EVERY target. Make both (N,) first.",
    ERROR,
    "np.asarray(y) - np.asarray(yhat)",
)
squares.mutant(
    "You added up the squares. The mean divides by N, so that many samples compare with few.", "np.mean", "np.sum"
)
squares.mutant(
    "You averaged first, then squared: errors of opposite signs cancel. Square each error first.",
    "np.mean(error**2)",
    "np.mean(error) ** 2",
)
squares.mutant(
    "(N,) minus (N, 1) is (N, N): you added up N × N squares and divided by N. Make both (N,) first.",
    [(ERROR, "np.asarray(y) - np.asarray(yhat)"), ("np.mean(error**2)", "np.sum(error**2) / len(y)")],
)
squares.mutant(
    "You took the root at the end. That is the RMSE; the mean squared error stays squared.",
    "np.mean(error**2)",
    "np.sqrt(np.mean(error**2))",
)
squares.mutant(
    "There is a factor ½. Some sources put it there; the mean squared error has none.", "error**2)", "error**2) / 2"
)
squares.mutant(
    "You took the size of each error. That is the mean absolute error; here each is squared.", "error**2", "abs(error)"
)
squares.mutant("The square is missing: errors of opposite signs cancel.", "error**2", "error")
squares.mutant(
    "You divide by N − 1. That belongs to the variance of a sample; a mean divides by N.",
    [("np.mean(error**2)", "np.sum(error**2) / max(len(error) - 1, 1)")],
)
squares.mutant(
    "That is one number for each sample. Their mean is asked for: one number.", "np.mean(error**2)", "error**2"
)
squares.mutant(
    "y may still be a column, and (N, 1) minus (N,) is (N, N). np.reshape(..., -1) makes (N,) of both.",
    ERROR,
    "np.asarray(y) - np.reshape(yhat, -1)",
)
squares.mutant(
    "yhat may still be a column, and (N,) minus (N, 1) is (N, N). np.reshape(..., -1) makes (N,) of both.",
    ERROR,
    "np.reshape(y, -1) - np.asarray(yhat)",
)
squares.mutant(
    "y is a column now, and a column minus (N,) is (N, N). Make both (N,), or both columns.",
    ERROR,
    "np.reshape(y, (-1, 1)) - np.asarray(yhat)",
)
squares.mutant(
    "yhat is a column now, and (N,) minus a column is (N, N). Make both (N,), or both columns.",
    ERROR,
    "np.asarray(y) - np.reshape(yhat, (-1, 1))",
)


@squares.mutant("To transpose changes nothing in (N,). np.reshape(..., -1) makes (N,) of each, whatever its shape.")
def _(y: ArrayLike, yhat: ArrayLike) -> Any:
    y, yhat = np.asarray(y), np.asarray(yhat)
    return np.mean((y - (yhat if y.shape == yhat.shape else yhat.T)) ** 2)


@squares.mutant("In a column each entry is an array of one number, and so is your answer. Lay both out as (N,) first.")
def _(y: Any, yhat: Any) -> Any:
    return sum((a - b) ** 2 for a, b in zip(y, yhat)) / len(y)  # noqa: B905


@squares.mutant("(N,) minus (N, 1) is (N, N), and `sum` adds up its rows only. Make both (N,) first.")
def _(y: ArrayLike, yhat: ArrayLike) -> Any:
    return sum((np.asarray(y) - np.asarray(yhat)) ** 2) / len(np.asarray(y))


@squares.mutant("Every prediction is taken from every target. Target k meets prediction k: one loop, not two.")
def _(y: Any, yhat: Any) -> Any:
    total = 0
    for a in y:
        for b in yhat:
            total = total + (a - b) ** 2
    return total / len(y)


squares.mutant("You doubled each error. In Python a square is written ** 2.", "error**2", "error * 2")


squares.mutant(
    "You subtract squares. Subtract first, then square the error: (y − ŷ)² is not y² − ŷ².",
    "np.mean(error**2)",
    "np.mean(np.reshape(y, -1) ** 2 - np.reshape(yhat, -1) ** 2)",
)


squares.equivalent(
    "np.reshape(y, -1) - np.reshape(yhat, -1)",
    "np.reshape(yhat, -1) - np.reshape(y, -1)",
    "The square takes the sign of an error away.",
)
squares.equivalent(
    "error = np.reshape(y, -1) - np.reshape(yhat, -1)",
    "error = -(np.reshape(y, -1) - np.reshape(yhat, -1))",
    "The square takes the sign of an error away.",
)
squares.equivalent("np.mean(error**2)", "np.mean((-error) ** 2)", "The square takes the sign of an error away.")
squares.equivalent("(y, -1)", "(y, -2)", "NumPy takes any negative length for the one it has to find out.")
squares.equivalent("(yhat, -1)", "(yhat, -2)", "NumPy takes any negative length for the one it has to find out.")
squares.equivalent("error**2", "error**2, axis=0", "A vector has one axis, and it is both the first and the last.")
squares.equivalent("error**2", "error**2, axis=-1", "A vector has one axis, and it is both the first and the last.")


@squares.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(y=[1, 2, 4], yhat=[1, 4, 1])
    yield dict(y=np.array([1, 2]), yhat=np.array([[2], [4]]))
    y, yhat = rng.normal(4.0, 0.8, size=6), rng.normal(4.0, 0.8, size=6)
    yield dict(y=y, yhat=yhat)
    yield dict(y=y, yhat=yhat.reshape(-1, 1))
    yield dict(y=y.reshape(-1, 1), yhat=rng.normal(size=6))
    yield dict(y=rng.normal(size=(4, 1)), yhat=rng.normal(size=(4, 1)))
    yield dict(y=[float(rng.normal())], yhat=rng.normal(size=(1, 1)))


squares.hints(
    "How far is each prediction from its own target? Square that, and take the mean over the samples.",
    "Before you subtract, both must have the shape (N,). np.reshape(y, -1) makes it of a list, of (N,) and of (N, 1).",
    "The mean of (np.reshape(y, -1) - np.reshape(yhat, -1)) ** 2, as one number.",
)

# ------------------------------------------------------------------------------------------------ 04.3

average = exercise("04.3", "The average loss of any model and any cost", points=1)


@average.reference
def average_loss(C: Two, G: Two, S: Sequence[tuple[Any, Any]], w: Any) -> Any:
    """Each sample runs through the same model with the same w, is compared with its own target, and counts 1/N."""
    total = 0.0
    for x, y in S:
        total = total + C(y, G(x, w))
    return total / len(S)


average.mutant(
    "You averaged the samples, then asked for one loss. Ask for the loss of each sample, and average those.",
    """total = 0.0
    for x, y in S:
        total = total + C(y, G(x, w))
    return total / len(S)""",
    "return C(np.mean([y for _, y in S], axis=0), G(np.mean([x for x, _ in S], axis=0), w))",
)
average.mutant("That is the sum. The average loss divides by the number of samples.", " / len(S)", "")
average.mutant(
    "The cost takes the target first, then the prediction: C(y, G(x, w)). Not every cost is symmetric.",
    "C(y, G(x, w))",
    "C(G(x, w), y)",
)
average.mutant("The model takes the input first, then the parameter: G(x, w).", "G(x, w)", "G(w, x)")
average.mutant(
    "That is the cost of the averages. Compare each sample with its own target, and average the costs.",
    "total / len(S)",
    "C(sum(y for _, y in S) / len(S), sum(G(x, w) for x, _ in S) / len(S))",
)
average.mutant(
    "Only the last sample is in your answer: add each cost to a running total, instead of replacing it.",
    "total + C",
    "C",
)
average.mutant(
    "That is the cost of the last sample alone. Add up the costs of all, and divide by their number.",
    [("total + C", "C"), ("total / len(S)", "total")],
)
average.mutant(
    "You unpacked the pairs as (y, x). A pair of S is the input x first, then the target y.", "for x, y", "for y, x"
)
average.mutant(
    "Only the first sample is in your answer. Is a `return` inside the loop? It ends the loop in its first turn.",
    "    return",
    "        return",
)
average.mutant(
    "You use a squared error of your own. The cost is handed over: call C.", "C(y, G(x, w))", "(y - G(x, w)) ** 2"
)
average.mutant(
    "The model is not asked: C compares y with the prediction G(x, w), not with x.", "C(y, G(x, w))", "C(y, x)"
)
average.mutant("`//` cuts the average down to a whole number. To divide, write `/`.", " / ", " // ")
average.mutant("The costs are multiplied. Add them up.", [("0.0", "1.0"), ("total + C", "total * C")])


average.mutant(
    "That is the cost of the first sample alone. Add up the costs of all, and divide by their number.",
    "    return total / len(S)",
    "        return total",
)


average.equivalent("in S:", "in reversed(list(S)):", "A sum does not depend on the order.")


@average.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(C=function_of("y, yhat", "(y - yhat)**2"), G=function_of("x, w", "w * x"), S=[(1, 2), (2, 3)], w=1)
    yield dict(
        C=function_of("y, yhat", "(y - yhat) ** 2 + 2 * yhat"),
        G=function_of("x, w", "w * x + x"),
        S=[(1.0, 2.0), (2.0, 3.0), (3.0, 5.0)],
        w=1.5,
    )
    costs = ["(y - yhat) ** 2", "abs(y - yhat)", "np.exp(yhat) - y * yhat", "y * np.log(y / yhat) - y + yhat"]
    models = ["w * x", "w * x + x ** 2", "np.sin(x) + w", "np.exp(x - w)"]
    for cost, model in zip(costs, models, strict=True):
        pairs = [(float(x), float(y)) for x, y in rng.uniform(0.5, 3.0, size=(int(rng.integers(2, 6)), 2))]
        yield dict(C=function_of("y, yhat", cost), G=function_of("x, w", model), S=pairs, w=float(rng.uniform(0.5, 2)))
    w = [float(v) for v in rng.uniform(0.5, 2, size=2)]  # a parameter of two numbers, and one sample
    yield dict(C=function_of("y, yhat", "yhat - y"), G=function_of("x, w", "w[0] * x + w[1]"), S=[(3.0, 1.0)], w=w)


average.hints(
    "What does the diagram do with one sample (x, y)? Do that for each, with the same w, and take the average.",
    "G takes (x, w) and gives a prediction; C takes (target, prediction) and gives one number. S is a list of pairs.",
    "Add up C(y, G(x, w)) for x, y in S, and divide by len(S).",
)

# ------------------------------------------------------------------------------------------------ 04.4

neighbour = exercise("04.4", "The nearest row", points=1)


@neighbour.reference
def nearest(W: Any, x: Any) -> Any:
    """W − x subtracts x from every row; the squared lengths of the rows are (K,), and argmin says which is smallest."""
    return np.argmin(np.sum((W - x) ** 2, axis=1))


neighbour.mutant(
    "A product W @ x is no distance: it favours rows that are long, or point elsewhere. Subtract, square, add.",
    "np.argmin(np.sum((W - x) ** 2, axis=1))",
    "np.argmin(W @ x)",
)
neighbour.mutant(
    "You returned the row itself. The answer is its number k, counted from 0.",
    "np.argmin(np.sum((W - x) ** 2, axis=1))",
    "W[np.argmin(np.sum((W - x) ** 2, axis=1))]",
)
neighbour.mutant("That is the row that is FARTHEST away. Take the smallest distance.", "argmin", "argmax")
neighbour.mutant(
    "You returned the distance. The answer is the number of the row that has it: argmin instead of min.",
    "argmin",
    "min",
)
neighbour.mutant(
    "You added up along the wrong axis. Sum along each row, axis=1: K distances remain.", "axis=1", "axis=0"
)
neighbour.mutant(
    "The differences are not squared, so those of opposite signs cancel. Square first, then add.", " ** 2", ""
)
neighbour.mutant(
    "The largest product W @ x favours long rows. Near means a small distance: subtract, square, add.",
    "np.argmin(np.sum((W - x) ** 2, axis=1))",
    "np.argmax(W @ x)",
)
neighbour.mutant(
    "You found the smallest single entry, and counted all entries before it. Add up each row first: axis=1.",
    "np.sum((W - x) ** 2, axis=1)",
    "(W - x) ** 2",
)
neighbour.mutant(
    "You added up the sizes of the differences. The squared distance adds up their squares.",
    "(W - x) ** 2",
    "abs(W - x)",
)
neighbour.mutant(
    "That is row 0 each time. Without axis=1 all is one number; in a loop, `best` begins above every distance.",
    "np.argmin(np.sum((W - x) ** 2, axis=1))",
    "0",
)
neighbour.mutant(
    "You compare how long the rows are. Rows of one length may lie anywhere: subtract x first.",
    "np.argmin(np.sum((W - x) ** 2, axis=1))",
    "np.argmin(abs(np.linalg.norm(W, axis=1) - np.linalg.norm(x)))",
)


@neighbour.mutant("Each row is compared with row 0. Compare it with the nearest row so far.")
def _(W: Any, x: Any) -> Any:
    far = np.sum((W - x) ** 2, axis=1)
    return max([0, *np.flatnonzero(far < far[0])])


neighbour.mutant("You count the rows from 1. They are counted from 0.", "axis=1))", "axis=1)) + 1")
neighbour.mutant(
    "Only the largest difference of a row counts for you. Add up the squares of all.",
    "np.sum((W - x) ** 2",
    "np.max((W - x) ** 2",
)
neighbour.mutant("That is the row with the smallest numbers. How far from x is each? Subtract x first.", "W - x", "W")


neighbour.equivalent("W - x", "x - W", "The square takes the sign of a difference away.")
neighbour.equivalent("(W - x) **", "(-(W - x)) **", "The square takes the sign of a difference away.")
neighbour.equivalent("axis=1", "axis=-1", "Of two axes the second is the last.")
neighbour.equivalent(
    "axis=1)", "axis=1), axis=0", "The squared lengths have one axis, and it is both the first and the last."
)
neighbour.equivalent(
    "axis=1)", "axis=1), axis=-1", "The squared lengths have one axis, and it is both the first and the last."
)
neighbour.equivalent(
    "np.sum",
    "np.mean",
    "Every row has the same number of entries, so the smallest mean stands where the smallest sum does.",
)
neighbour.equivalent("axis=1", "axis=1, keepdims=True", "argmin counts through a column as it does through a row.")


@neighbour.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    W = np.array([[0, 0], [3, 4], [1, 1]])
    for x in ([2, 2], [0, 0], [5, 5]):
        yield dict(W=W, x=np.array(x))
    yield dict(W=np.array([[0, 3], [2, 2]]), x=np.array([0, 0]))  # sizes alone say the other row
    yield dict(W=np.array([[3, 3], [4, 0]]), x=np.array([0, 0]))  # the largest difference alone says the other row
    for rows, columns in ((6, 2), (9, 3), (5, 4), (4, 1), (1, 3)):
        W = rng.normal(size=(rows, columns))
        for _ in range(8 if rows > 1 else 1):  # many questions: the number of one row could be guessed
            yield dict(W=W, x=rng.normal(size=columns))


neighbour.hints(
    "Measure the squared distance from x to each row of W. Which row has the smallest?",
    "W is (K, d), x is (d,). W - x is (K, d): x is taken from every row. Squared and summed over axis=1 it is (K,).",
    "np.argmin of np.sum((W - x) ** 2, axis=1).",
)

# ------------------------------------------------------------------------------------------------ 04.5

solve = exercise("04.5", "Least squares in one go", points=2, rtol=1e-6)


@solve.reference
def closed_form(X: Any, y: Any) -> Any:
    """At the minimum the gradient 2/N · Xᵀ(Xθ − y) is 0, and that is a linear system: (XᵀX) θ = Xᵀy."""
    return np.linalg.solve(X.T @ X, X.T @ y)


SOLVED = "np.linalg.solve(X.T @ X, X.T @ y)"
solve.mutant(
    "You kept as many rows as X has columns, so that it can be inverted. All N samples count: use XᵀX.",
    SOLVED,
    "np.linalg.solve(X[: X.shape[1]], y[: X.shape[1]])",
)
solve.mutant(
    "You stopped at Xᵀy, the right-hand side. The unknown θ still has to be found: solve (XᵀX) θ = Xᵀy.",
    SOLVED,
    "X.T @ y",
)
solve.mutant(
    "`/` divides entry by entry. To find θ in (XᵀX) θ = Xᵀy is to solve equations: np.linalg.solve.",
    SOLVED,
    "X.T @ y / (X.T @ X)",
)
solve.mutant(
    "np.linalg.lstsq gives back four things, and θ is the first of them.", SOLVED, "np.linalg.lstsq(X, y, rcond=None)"
)
solve.mutant(
    "You fitted each column on its own. Columns overlap: all weights are found together, from one system.",
    SOLVED,
    "X.T @ y / (X**2).sum(axis=0)",
)
solve.mutant(
    "You multiplied by XᵀX. It stands on the side of the unknown, so it has to be undone: solve.",
    SOLVED,
    "(X.T @ X) @ (X.T @ y)",
)
solve.mutant(
    "You added a column of ones. X comes with all its columns, the ones for b among them if b is wanted.",
    SOLVED,
    "np.linalg.lstsq(np.column_stack([X, np.ones(len(X))]), y, rcond=None)[0]",
)
solve.mutant(
    "You returned the predictions Xθ. Asked are the parameters θ, one for each column.", "np.linalg", "X @ np.linalg"
)
solve.mutant(
    "That is the gradient at θ = 0. Where it is 0 is asked for: solve (XᵀX) θ = Xᵀy.", SOLVED, "-2 / len(y) * X.T @ y"
)
solve.mutant(
    "You fitted a line to the first column of X and an intercept of your own. All columns of X, and no others, count.",
    SOLVED,
    "np.polyfit(X[:, 0], y, 1)",
)
solve.mutant("The sign is wrong: the gradient is 0 where (XᵀX) θ = +Xᵀy.", "X.T @ y)", "-X.T @ y)")
solve.mutant("Divide by N on both sides or on none: it cancels.", "X.T @ y)", "X.T @ y / len(y))")
solve.mutant(
    "The 2/N of the gradient cancels: it stands on both sides of (XᵀX) θ = Xᵀy.", "X.T @ y)", "2 / len(y) * X.T @ y)"
)
solve.mutant("The 2 of the gradient cancels: it stands on both sides of (XᵀX) θ = Xᵀy.", "X.T @ y)", "2 * X.T @ y)")


solve.equivalent("X.T @ y", "X.T @ y.T", "A vector has one axis: to transpose it changes nothing.")


@solve.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(X=np.array([[1, 1], [2, 1], [4, 1]]), y=np.array([1, 2, 5]))
    yield dict(X=np.array([[1], [2]]), y=np.array([2, 3]))
    yield dict(X=np.column_stack([rng.uniform(-2, 3, size=7), np.ones(7)]), y=rng.normal(4, 1, size=7))
    for rows, columns in ((6, 3), (9, 4), (5, 1)):
        yield dict(X=rng.normal(size=(rows, columns)) + 0.5, y=rng.normal(size=rows))


solve.hints(
    "At the lowest point the gradient is 0. For squared errors that is a linear system, not a search.",
    "X is (N, d), seldom square, so it has no inverse. X.T @ X is (d, d), X.T @ y is (d,), and θ is (d,).",
    "np.linalg.solve(A, c) finds θ with A θ = c. Take A = X.T @ X and c = X.T @ y.",
)

# ------------------------------------------------------------------------------------------------ predictions and quiz

predictions = [
    prediction(
        "04.a",
        "A line is ŷ = wx + b. Draw w across and b upward: the whole line is one dot. You turn the line about the "
        "place x = 0, where its height b stays. How does its dot move?",
        options={
            "Along a circle": "Turning is what the line does. Of its two numbers only one changes.",
            "Straight across": "b stays, w changes: the dot moves along the axis of w.",
            "Straight up": "That happens when you lift the line without turning it.",
        },
        answer="Straight across",
    ),
    prediction(
        "04.b",
        "A triangle lies far out, on the right side of the border. With the squared loss you pull it farther out, "
        "still on the right side. What does the best border do?",
        options={
            "Nothing: the triangle is right already": (
                "That is how the hinge loss sees it. The squared loss also charges for being too right."
            ),
            "It moves after the triangle": "The squared loss wants the margin to be 1, and 5 is as wrong to it as −3.",
            "It moves away from the triangle": "Away makes the margin larger still. The squared loss wants it to be 1.",
        },
        answer="It moves after the triangle",
    ),
    prediction(
        "04.c",
        "y holds 342 masses, shape (342,). yhat holds 342 predictions, shape (342, 1). "
        "What does np.mean((y - yhat)**2) give?",
        options={
            "An error: the shapes differ": "It would be kinder. NumPy has a rule that makes these two shapes fit.",
            "The mean squared error": "For that, mass k would have to meet prediction k alone.",
            "A plausible number that is something else": (
                "Every mass meets every prediction, 342 × 342 of them, and the mean of all that looks fine."
            ),
        },
        answer="A plausible number that is something else",
    ),
]

quiz = [
    question(
        "04.q1",
        "In a block diagram, what is drawn grey with two rims?",
        options={
            "A variable that is given": "Inputs and targets come from outside. What a function computes is white.",
            "A variable that is computed": "Those are white, with one rim.",
            "The parameter w": "w is kept inside the block; where we draw it, it is dotted.",
        },
        answer="A variable that is given",
    ),
    question(
        "04.q2",
        "A linear model has 4 features and 3 outputs. You train it on 50 samples, then on 5,000. How large is its W?",
        options={
            "3 × 4, both times": "A row for each output, a column for each feature. Samples are no part of it.",
            "3 × 50, then 3 × 5,000": "That is the size of the outputs. Parameters are shared by all samples.",
            "4 × 50, then 4 × 5,000": "That is the size of the inputs. W does not grow with them.",
        },
        answer="3 × 4, both times",
    ),
    question(
        "04.q3",
        "Which loss lets the outlier on the wrong side pull least, the farther out it goes?",
        options={
            "Squared": "Its slope grows with the distance: it pulls most.",
            "Hinge": "Its slope is the same everywhere on the wrong side: it keeps pulling, however far.",
            "0–1": "Wrong is wrong: 1, at any distance. It pulls nobody at all, which is why descent cannot use it.",
        },
        answer="0–1",
    ),
    question(
        "04.q4",
        "Why can descent not train the nearest-neighbour model through its answer k?",
        options={
            "It has no parameters": "Its parameters are all the numbers in W.",
            "k jumps, and between jumps its slope is 0": "A tiny change of W leaves k as it was: no news.",
            "The distances have no derivative": "Squared distances have one. The argmin after them loses it.",
        },
        answer="k jumps, and between jumps its slope is 0",
    ),
    question(
        "04.q5",
        "When does setting the gradient to zero give the best parameters in one step?",
        options={
            "Always": "For most models the equations have no solution that can be written down.",
            "Never: one has to iterate": "For a linear model with squared errors it is one linear system.",
            "When the model is linear in its parameters and the errors are squared": (
                "Then the gradient is linear in θ, and the system has one solution if no column can be made of others."
            ),
        },
        answer="When the model is linear in its parameters and the errors are squared",
    ),
]
