"""Answers to lesson 00, start here.

Every function here stands alone: it sees ``np``, ``dl`` and its own arguments, nothing else.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from dlcourse.lesson import exercise, prediction, question

Case = dict[str, Any]
Shape = tuple[int, int]

# ------------------------------------------------------------------------------------------------ 00.1

losing = exercise("00.1", "The loss of one setting", points=1)


@losing.reference
def loss_at(knob: float, x: Any, y: Any) -> Any:
    """Predict, subtract, square, average.

    The square makes every miss count as positive, so misses to both sides cannot cancel. The mean makes the loss
    of six rides comparable with that of six thousand.
    """
    return np.mean((knob * x - y) ** 2)


losing.mutant("The square is missing: misses to both sides cancel, and a bad line can look perfect.", " ** 2", "")
losing.mutant("You added the squares up. Divide by how many there are: the loss is their mean.", "np.mean", "np.sum")
losing.mutant(
    "You took the size of each miss. That is a loss, too, but here each miss is squared.",
    "(knob * x - y) ** 2",
    "abs(knob * x - y)",
)
losing.mutant(
    "You squared the mean miss. Square each miss first, then take the mean.",
    "np.mean((knob * x - y) ** 2)",
    "np.mean(knob * x - y) ** 2",
)
losing.mutant(
    "The last step is one too many: no square root here.",
    "np.mean((knob * x - y) ** 2)",
    "np.sqrt(np.mean((knob * x - y) ** 2))",
)
losing.mutant("You compared the knob itself with y. The prediction is knob times x.", "knob * x", "knob")
losing.mutant("You doubled each miss. In Python a square is written ** 2.", "** 2", "* 2")
losing.mutant(
    "That is half the mean. Some texts put a ½ there; here the loss is the mean itself.", "** 2)", "** 2) / 2"
)
losing.mutant(
    "Only the first ride is in your mean. Is a `return` inside the loop? It ends the loop in its first turn.",
    "np.mean((knob * x - y) ** 2)",
    "(knob * x[0] - y[0]) ** 2 / len(x)",
)
for last in ("(knob * x[-1] - y[-1]) ** 2", "(knob * x[-1] - y[-1]) ** 2 / len(x)"):
    losing.mutant(
        "Only the last ride counts here. In a loop, add each square to a sum that starts at 0.",
        "np.mean((knob * x - y) ** 2)",
        last,
    )
losing.mutant(
    "You rounded to three digits. The page does so to print it: give the loss as it is.",
    "np.mean((knob * x - y) ** 2)",
    "round(float(np.mean((knob * x - y) ** 2)), 3)",
)
losing.mutant(
    "Only x is squared here. Square the whole miss: it needs brackets.", "(knob * x - y) ** 2", "knob * x**2 - y"
)
losing.mutant(
    "Only y is squared here. Square the whole miss: it needs brackets.", "(knob * x - y) ** 2", "knob * x - y**2"
)


losing.equivalent("knob * x - y", "y - knob * x", "The square takes the sign of a miss away.")
losing.equivalent("(knob * x - y) ** 2", "(-(knob * x - y)) ** 2", "The square takes the sign of a miss away.")
losing.equivalent("** 2)", "** 2, axis=0)", "The rides have one axis, and it is both the first and the last.")
losing.equivalent("** 2)", "** 2, axis=-1)", "The rides have one axis, and it is both the first and the last.")


losing.mutant(
    "You squared the two before you took their difference. First the miss, then its square.",
    "(knob * x - y) ** 2",
    "(knob * x) ** 2 - y**2",
)


@losing.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(knob=2, x=np.array([1, 2]), y=np.array([3, 7]))
    yield dict(knob=2.5, x=np.array([1.0, 2.0, 3.0, 5.0, 6.0, 8.0]), y=np.array([5.2, 6.9, 9.3, 12.8, 15.4, 19.1]))
    for n in (1, 3, 7):
        yield dict(knob=float(rng.uniform(-3, 3)), x=rng.uniform(1, 9, size=n), y=rng.normal(0, 9, size=n))


losing.hints(
    "How far off is each prediction? Square each of these misses, then say how large they are on average.",
    "knob is one number, x and y have one entry for each ride. knob * x - y has one entry for each ride, too.",
    "np.mean of (knob * x - y) ** 2.",
)

# ------------------------------------------------------------------------------------------------ 00.2

choosing = exercise("00.2", "The best setting so far", points=1)


@choosing.reference
def best_knob(knobs: list[float], losses: list[float]) -> float:
    """Find where the smallest loss stands, then say which knob stands there.

    ``argmin`` gives a place in the list, not a value. The same place in the other list is the answer.
    """
    return knobs[np.argmin(losses)]


choosing.mutant(
    "That is the smallest loss. Asked for is the knob that gave it.", "knobs[np.argmin(losses)]", "min(losses)"
)
choosing.mutant(
    "That is the place of the best knob in the list. Look up the knob that stands there.",
    "knobs[np.argmin(losses)]",
    "np.argmin(losses)",
)
choosing.mutant("That knob has the largest loss. The best one has the smallest.", "argmin", "argmax")
choosing.mutant(
    "That is the smallest knob. Which one is best, the losses decide.", "knobs[np.argmin(losses)]", "min(knobs)"
)
choosing.mutant(
    "A loss may be negative, and lower is better even then: −3 beats 1. Do not take its size.",
    "argmin(losses)",
    "argmin(np.abs(losses))",
)
choosing.mutant(
    "That is the first knob, whatever the losses are. (For a list, `losses == min(losses)` is False, or 0).",
    "np.argmin(losses)",
    "0",
)
choosing.mutant("That is the last knob, whatever the losses are.", "np.argmin(losses)", "-1")
choosing.mutant(
    "The last entry is never looked at: range(len(losses)) ends with it by itself.",
    "np.argmin(losses)",
    "np.argmin(losses[:-1] or losses)",
)
choosing.mutant(
    "You stop at the first loss below the one at the start. A later one may be lower still: look at all.",
    "np.argmin(losses)",
    "next((k for k in range(len(losses)) if losses[k] < losses[0]), 0)",
)
choosing.mutant(
    "You take the last loss that is below the one before it. Compare with the best so far, and renew it.",
    "np.argmin(losses)",
    "max((k for k in range(1, len(losses)) if losses[k] < losses[k - 1]), default=0)",
)


for limit, start in (("0", "0"), ("1e6", "a number of your own")):
    found = f"min((k for k in range(len(losses)) if losses[k] < {limit}), key=lambda k: losses[k], default=0)"
    for wrong in (f"knobs[{found}]", f"knobs[{found}] if min(losses) < {limit} else 0"):
        choosing.mutant(
            f"If `best` starts at {start}, only losses below it are found. Let it start with the first loss.",
            "knobs[np.argmin(losses)]",
            wrong,
        )


choosing.equivalent(
    "np.argmin(losses)",
    "np.argmin(losses, axis=0)",
    "A list of losses has one axis, and it is both the first and the last.",
)
choosing.equivalent(
    "np.argmin(losses)",
    "np.argmin(losses, axis=-1)",
    "A list of losses has one axis, and it is both the first and the last.",
)


@choosing.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(knobs=[1.0, 2.0, 3.0], losses=[8.0, 0.5, 4.0])
    yield dict(knobs=[4, 1, 3], losses=[5, 6, 2])  # the last, in whole numbers
    yield dict(knobs=[3.0, 1.0, 2.0], losses=[1.0, 2.0, 3.0])  # the first
    yield dict(knobs=[2.0, 4.0, 1.0, 3.0], losses=[-0.5, 1.0, -3.0, 2.0])
    yield dict(knobs=[2.0, 4.0, 1.0], losses=[5e12, 2e12, 3e12])  # above whatever a search may start from
    for n in (5, 8, 12):
        for best in (0, int(rng.integers(2, n - 2)), n - 1):
            losses = np.sort(rng.uniform(-3, 3, size=n))
            order = rng.permutation(np.arange(1, n))
            losses = np.concatenate([losses[order[:best]], losses[:1], losses[order[best:]]])
            yield dict(knobs=rng.uniform(-5, 5, size=n).tolist(), losses=losses.tolist())
    yield dict(knobs=[float(rng.uniform(-5, 5))], losses=[float(rng.uniform(1, 2))])


choosing.hints(
    "Two lists stand side by side. The place of the smallest entry in one tells where to look in the other.",
    "np.argmin(losses) is a place: a whole number, counted from 0. knobs[place] is a knob.",
    "place = np.argmin(losses), then knobs at that place.",
)

# ------------------------------------------------------------------------------------------------ 00.3

shaping = exercise("00.3", "The shape of a product", points=1)


@shaping.reference
def shape_of(a: Shape, b: Shape) -> Shape | None:
    """A row of A meets a column of B, so they must be equally long: A's columns are B's rows.

    There is one result for each row of A and each column of B.
    """
    if a[1] == b[0]:
        return (a[0], b[1])
    return None


shaping.mutant(
    "Some of these products do not exist: A needs as many columns as B has rows. Else give back None.",
    "a[1] == b[0]",
    "True",
)
shaping.mutant(
    "That is the rule for A * B, entry by entry. A @ B pairs each row of A with each column of B.",
    "a[1] == b[0]",
    "a == b",
)
shaping.mutant(
    "You kept the two numbers that have to agree. They disappear: the outer two are left.",
    "(a[0], b[1])",
    "(a[1], b[0])",
)
shaping.mutant(
    "The result is lying on its side: first the rows of A, then the columns of B.", "(a[0], b[1])", "(b[1], a[0])"
)
shaping.mutant(
    "That is B @ A. The order matters: here A comes first.",
    [("a[1] == b[0]", "b[1] == a[0]"), ("(a[0], b[1])", "(b[0], a[1])")],
)
shaping.mutant(
    "You compare rows with rows. A row of A meets a column of B: compare a[1] with b[0].",
    "a[1] == b[0]",
    "a[0] == b[0]",
)
shaping.mutant(
    "You compare columns with columns. A row of A meets a column of B: compare a[1] with b[0].",
    "a[1] == b[0]",
    "a[1] == b[1]",
)
shaping.mutant(
    "You compare the outer two numbers. The inner two have to agree: A's columns and B's rows.",
    "a[1] == b[0]",
    "a[0] == b[1]",
)
shaping.mutant(
    "You put one shape behind the other. A shape has two numbers: A's rows, B's columns.", "(a[0], b[1])", "a + b"
)
shaping.mutant(
    "Where there is no product, give back None itself: no brackets, no quotes, no 0.", "return None", "return (0, 0)"
)


shaping.equivalent("    return None", "", "A function that ends without a `return` gives back None, too.")
shaping.equivalent(
    "    return None", "        return None", "A function that ends without a `return` gives back None, too."
)


shaping.mutant(
    "You multiplied the sizes. The product keeps the rows of A and the columns of B as they are.",
    "(a[0], b[1])",
    "(a[0] * b[0], a[1] * b[1])",
)


@shaping.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    pairs = [((2, 3), (3, 4)), ((2, 3), (2, 3)), ((2, 3), (2, 5)), ((3, 2), (5, 2)), ((2, 3), (4, 2)), ((1, 5), (5, 1))]
    pairs += [((5, 1), (1, 5)), ((4, 4), (4, 4)), ((0, 3), (3, 2)), ((3, 1), (1, 3)), ((1, 3), (3, 3))]
    for _ in range(8):
        p, q, r, s = (int(k) for k in rng.permutation(np.arange(1, 10))[:4])
        pairs += [((p, q), (q, r)), ((p, q), (r, s)), ((q, r), (p, q))]
    for a, b in pairs:
        yield dict(a=a, b=b)


shaping.hints(
    "Each entry of A @ B is a row of A times a column of B, entry by entry, summed. When do the two fit?",
    "a is (rows, columns) of A, so a row of A has a[1] entries. A column of B has b[0].",
    "If a[1] equals b[0], the pair of a[0] and b[1]; else None.",
)

# ------------------------------------------------------------------------------------ predictions and quiz

predictions = [
    prediction(
        "00.a",
        "A line through 0 is to give the fare of six taxi rides. One knob turns the line. You turn it slowly from one "
        "end to the other. What does the loss do?",
        options={
            "It falls all the way": "Turn on: past the best place the line is too steep, and the loss rises again.",
            "It falls, then rises": "There is one best place, and the loss grows on both sides of it.",
            "It jumps up and down": "A small turn moves the line a little, so the loss changes a little, too.",
        },
        answer="It falls, then rises",
    ),
    prediction(
        "00.b",
        "A knob has 51 positions. To be sure of the best one you try all 51. Now there are two knobs, and each "
        "pair of positions is a setting. How many tries make you sure?",
        options={
            "102": "That is one knob after the other. But when you move one, the best place of the other moves, too.",
            "2,601": "51 times 51: every position of one with every position of the other.",
            "51": "You would have to turn both at once, always in step. Most settings are not tried then.",
        },
        answer="2,601",
    ),
    prediction(
        "00.c",
        "Ten knobs with 51 positions each. A fast computer tries a million settings a second, all of them in turn. "
        "How long does it take?",
        options={
            "Half an hour": "Five knobs take six minutes. Every further knob makes it 51 times as long.",
            "Two years": "That is nearer to eight knobs.",
            "Thousands of years": "51 to the power of 10 is a number of 18 digits.",
        },
        answer="Thousands of years",
    ),
]

checkup = [
    question(
        "00.c1",
        "What is the slope of the line y = 3x − 2?",
        options={
            "3": "One step to the right, three up.",
            "−2": "That is the height of the line where x = 0.",
            "3x": "A line is equally steep everywhere, so its slope is a plain number.",
        },
        answer="3",
        topic="derivative",
    ),
    question(
        "00.c2",
        "What is the slope of x² at x = 3?",
        options={
            "9": "That is the height of the curve at 3.",
            "6": "The slope of x² is 2x, and twice 3 is 6.",
            "2x": "That is the rule. Put x = 3 into it.",
        },
        answer="6",
        topic="derivative",
    ),
    question(
        "00.c3",
        "The derivative of f at x = 1 is −4. You go from 1 to 1.1. What does f do, roughly?",
        options={
            "It falls by 4": "That would be a whole step to the right. You go a tenth of it.",
            "It rises by 0.4": "A negative slope falls to the right.",
            "It falls by 0.4": "Slope times step: −4 · 0.1.",
        },
        answer="It falls by 0.4",
        topic="derivative",
    ),
    question(
        "00.c4",
        "f(x) = 7 for every x. What is its derivative?",
        options={
            "7": "That is its height. Its height never changes.",
            "0": "Nothing changes, so the rate of change is 0.",
            "There is none": "There is one: a level line has a slope, and it is 0.",
        },
        answer="0",
        topic="derivative",
    ),
    question(
        "00.c5",
        "Where is the slope of (x − 2)² equal to 0?",
        options={
            "At x = 0": "There the slope is −4: the curve falls towards 2.",
            "At x = 2": "That is the bottom of the bowl, where the curve is level.",
            "Nowhere": "The bowl has a bottom. What is its slope there?",
        },
        answer="At x = 2",
        topic="derivative",
    ),
    question(
        "00.c6",
        "A has shape (2, 3): 2 rows, 3 columns. B has shape (3, 4). What is the shape of A @ B?",
        options={
            "(3, 3)": "The inner two numbers must agree, and then they disappear.",
            "(2, 4)": "The rows of A and the columns of B.",
            "There is no such product": "There is: A has 3 columns, and B has 3 rows.",
        },
        answer="(2, 4)",
        topic="matrix",
    ),
    question(
        "00.c7",
        "A and B both have shape (2, 3). What is the shape of A @ B?",
        options={
            "(2, 3)": "That is A + B, or A * B. For A @ B a row of A must be as long as a column of B.",
            "(2, 2)": "That would be A times B on its side, A @ B.T.",
            "There is no such product": "A has 3 columns, B has 2 rows: they do not fit.",
        },
        answer="There is no such product",
        topic="matrix",
    ),
    question(
        "00.c8",
        "What is the product of the row (1, 2, 3) and the column (4, 0, −1)?",
        options={
            "1": "1·4 + 2·0 + 3·(−1) = 1.",
            "(4, 0, −3)": "These are the three products. Now add them up.",
            "7": "4 + 0 + 3: mind the sign of the last product.",
        },
        answer="1",
        topic="matrix",
    ),
    question(
        "00.c9",
        "A has the rows (1, 2) and (3, 4). What is A times the column (1, 0)?",
        options={
            "The column (1, 3)": "1 times the first column of A, and 0 times the second.",
            "The column (1, 2)": "That is the first row. A column picks among the columns.",
            "The column (3, 7)": "That is A times the column (1, 1): the sum of the columns.",
        },
        answer="The column (1, 3)",
        topic="matrix",
    ),
    question(
        "00.c10",
        "A has shape (3, 4). What is the shape of its transpose A.T?",
        options={
            "(3, 4)": "That would be A itself. Transposing turns rows into columns.",
            "(4, 3)": "Rows become columns.",
            "(12, 1)": "The entries stay in rows and columns: only the two change places.",
        },
        answer="(4, 3)",
        topic="matrix",
    ),
]

routes = {
    "derivative": "Read “Refresher: slopes” below; lesson 01 goes on from there.",
    "matrix": "Read “Refresher: shapes” below before exercise 00.3.",
    "": "You bring all you need: skip both refreshers and go on to exercise 00.3.",
}

quiz = [
    question(
        "00.q1",
        "What is a parameter?",
        options={
            "A number that training changes": "It is a knob: training turns it to make the loss small.",
            "A number in the data": "The data stay as they are. Training turns the knobs of the model.",
            "How wrong the model is": "That is the loss. It is what the knobs are turned for.",
        },
        answer="A number that training changes",
    ),
    question(
        "00.q2",
        "Two lines miss three points by (1, −1, 0) and by (1, 1, 1). Which has the lower loss, the mean squared miss?",
        options={
            "The first": "Its squares are 1, 1, 0: their mean is ⅔, and that of the second is 1.",
            "The second": "Its squares are 1, 1, 1, so their mean is 1. The first has ⅔.",
            "They are equal": "Squares count every miss: three of size 1 cost more than two.",
        },
        answer="The first",
    ),
    question(
        "00.q3",
        "A check says “not attempted yet”. What have you done?",
        options={
            "Something wrong": "Nothing is wrong. The cell still returns `...`, which stands for your answer.",
            "Nothing yet": "The answer cell still returns `...`. Write your answer there and run it, then check.",
            "You used up your tries": "You may check as often as you like. Nobody is counting.",
        },
        answer="Nothing yet",
    ),
    question(
        "00.q4",
        "You open a lesson again the next day, run a cell in the middle, and it says NameError. What helps?",
        options={
            "Run all the cells above it": "One of them makes the name, and today none of them has been run.",
            "Write the name into the cell": "Then it is there, but it stands for nothing yet. A cell above makes it.",
            "Ask for the solution": "Your answer may be right. What is missing was made in a cell above.",
        },
        answer="Run all the cells above it",
    ),
    question(
        "00.q5",
        "What do the slopes tell you that flow back through the network?",
        options={
            "The slope of the loss for every knob": "And so which way to turn each of them, all from one sweep.",
            "The best setting of every knob": "It tells the direction from here. You still have to walk.",
            "The loss of every setting": "Only the present setting is looked at, and the slope there.",
        },
        answer="The slope of the loss for every knob",
    ),
]
