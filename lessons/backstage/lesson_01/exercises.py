"""Answers to lesson 01, the hill and the slope.

Every function here stands alone: it sees ``np``, ``dl`` and its own arguments, nothing else.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from dlcourse.lesson import exercise, function_of, prediction, question

Function = Callable[[float], float]
Case = dict[str, Any]

# ------------------------------------------------------------------------------------------------ 01.1

central = exercise("01.1", "A slope from two heights", points=1, rtol=1e-7)


@central.reference
def slope(f: Function, x: float, h: float = 1e-5) -> float:
    """Measure on both sides of x.

    The two heights are 2h apart, so the rise is divided by 2h. What the forward quotient has too much, the
    backward one has too little, so most of the error cancels: it falls with h², not with h.
    """
    return (f(x + h) - f(x - h)) / (2 * h)


QUOTIENT = "(f(x + h) - f(x - h)) / (2 * h)"
central.mutant(
    "That is the formula as the slides print it: only the last height is divided. Bracket the difference.",
    QUOTIENT,
    "f(x + h) - f(x) / h",
)
central.mutant(
    "Division comes before subtraction: only the last height is divided. Bracket the difference.",
    QUOTIENT,
    "f(x + h) - f(x - h) / (2 * h)",
)
central.mutant(
    "You measured on one side only: x and x + h. Take the heights at x + h and at x − h.",
    QUOTIENT,
    "(f(x + h) - f(x)) / h",
)
central.mutant(
    "You measured on one side only: x − h and x. Take the heights at x + h and at x − h.",
    QUOTIENT,
    "(f(x) - f(x - h)) / h",
)
central.mutant(
    "Two pairs of brackets are missing: around the difference of the heights, and around the distance, 2 * h.",
    QUOTIENT,
    "f(x + h) - f(x - h) / 2 * h",
)
central.mutant("Your slope is twice too steep: from x − h to x + h the distance is 2h, not h.", "(2 * h)", "h")
central.mutant(
    "`/ 2 * h` divides by 2 and then MULTIPLIES by h. Put brackets around the whole distance.", "(2 * h)", "2 * h"
)
central.mutant(
    "The sign is wrong: take the height on the right minus the height on the left.",
    QUOTIENT,
    "(f(x - h) - f(x + h)) / (2 * h)",
)
central.mutant("You halve the rise. Divide it by the distance between the two places, which is 2h.", "(2 * h)", "2")
central.mutant("You do not divide: that is the rise. The slope is the rise over the distance, 2h.", " / (2 * h)", "")
central.mutant("`//` cuts the quotient down to a whole number. To divide, write `/`.", " / ", " // ")
central.mutant(
    "You do not use the h that is handed over: your result is that of h = 1e-5.",
    QUOTIENT,
    "(f(x + 1e-5) - f(x - 1e-5)) / 2e-5",
)
central.mutant(
    "Your two sides work against each other: measure both from left to right, so the left one is f(x) − f(x − h).",
    QUOTIENT,
    "(f(x + h) - 2 * f(x) + f(x - h)) / (2 * h)",
)
central.mutant(
    "x times h is no neighbour of x. The places to measure at are x + h and x − h.", QUOTIENT, "(f(x * h) - f(x)) / h"
)


central.mutant("Your rise is 0 each time: both heights are taken at one place.", "f(x - h)", "f(x + h)")


@central.mutant("Your two places are h apart, h/2 to each side. They stand h away on both sides, so 2h apart.")
def _(f: Function, x: float, h: float = 1e-5) -> float:
    return (f(x + h / 2) - f(x - h / 2)) / h


@central.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(f=function_of("x", "x**3"), x=3, h=0.5)
    yield dict(f=function_of("x", "x**2 + x"), x=2, h=1)
    yield dict(f=function_of("x", "1e6 * x**3"), x=0)  # here the usual h can be seen
    a, b = (float(v) for v in rng.uniform(0.5, 2.0, size=2))
    yield dict(f=function_of("x", f"{a!r} * x**3 - {b!r} * x"), x=float(rng.uniform(0.5, 2)), h=0.25)
    yield dict(f=function_of("x", "np.sin(x)"), x=float(rng.uniform(0.3, 1.2)), h=float(rng.uniform(0.1, 0.3)))
    yield dict(f=function_of("x", "np.exp(x)"), x=float(rng.uniform(0.2, 1)))
    yield dict(f=function_of("x", f"{a!r} * np.abs(x)"), x=float(-rng.uniform(1, 2)))  # off the corner
    yield dict(f=function_of("x", f"{b!r} * x**2 - x**4"), x=float(-rng.uniform(0.8, 1.5)), h=1e-3)


central.hints(
    "Slope is rise over run. Which two places lie equally far to both sides of x?",
    "f is a function: its heights are f(x + h) and f(x - h). These places are 2h apart.",
    "Difference of the two heights, in brackets, divided by 2h, in brackets.",
)

# ------------------------------------------------------------------------------------------------ 01.2

sign_rule = exercise("01.2", "Which way is down?", points=1)


@sign_rule.reference
def direction(df: Function, x: float) -> int:
    """A positive slope says that the ground rises to the right, so down is to the left, and the other way round.

    Where the slope is 0 neither side is down, as far as the slope can tell: stay.
    """
    slope = df(x)
    if slope > 0:
        return -1
    if slope < 0:
        return 1
    return 0


sign_rule.mutant(
    "That is the way UP. A positive slope means that the ground rises to the right: go left.",
    [("slope > 0", "slope < 0 "), ("slope < 0:", "slope > 0:")],
)
sign_rule.mutant(
    "You measure the slope of df. But df is the slope already: its sign at x decides.",
    "slope = df(x)",
    "slope = (df(x + 1e-5) - df(x - 1e-5)) / 2e-5",
)
sign_rule.mutant(
    "You returned minus the slope. Only its sign is asked for: −1, 0 or 1. How far is lesson 02.",
    [("return -1", "return -slope"), ("return 1", "return -slope")],
)
sign_rule.mutant(
    "At slope 0 you walk left, as the rule on the slides does. Neither side is down there: return 0.",
    "return 0",
    "return -1",
)
sign_rule.mutant(
    "At slope 0 you walk right. Neither side is down there, as far as the slope can tell: return 0.",
    "return 0",
    "return 1",
)
sign_rule.mutant(
    "At slope 0 you return nothing, and nothing is None. Say that you stay: return 0.", "return 0", "return None"
)
sign_rule.mutant(
    "You look at the sign of x: as if the bottom were always at 0. Ask the slope: df(x).", "slope = df(x)", "slope = x"
)
sign_rule.mutant(
    "You stay where the slope is small. Small is not 0: it still says which way is down.",
    "slope = df(x)",
    "slope = round(df(x))",
)
sign_rule.mutant(
    "You returned the place where a step of length 1 leads. The direction is asked for: −1, 0 or 1.",
    [("return -1", "return x - 1"), ("return 1", "return x + 1"), ("return 0", "return x")],
)
sign_rule.mutant(
    "You returned the slope. Which way is down, its sign tells: −1, 0 or 1 is asked for.",
    [("return -1", "return slope"), ("return 1", "return slope")],
)


sign_rule.mutant(
    "Where the slope is positive you stay. An `else` belongs to the last `if` alone: write elif between them.",
    "return -1",
    "return 0",
)


sign_rule.equivalent("if slope < 0", "if slope != 0", "A positive slope has returned already.")
sign_rule.equivalent(
    "    if slope > 0:\n        return -1\n    if slope < 0:\n        return 1\n",
    "    if slope < 0:\n        return 1\n    if slope > 0:\n        return -1\n",
    "No slope is both above and below 0.",
)


@sign_rule.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    bowl = function_of("x", "2 * x")
    for place in (3, -3.0, 0):
        yield dict(df=bowl, x=place)
    yield dict(df=function_of("x", "2 * x - 8"), x=1)
    for kind in rng.permutation(np.repeat([-1, 0, 1], 9)):
        bottom, steep = int(rng.integers(1, 6)) * int(rng.choice([-1, 1])), float(rng.uniform(2, 4))
        yield dict(
            df=function_of("x", f"{steep!r} * (x - {bottom})"), x=bottom + int(kind) * float(rng.uniform(0.5, 7))
        )
    for level in (1e-12, -1e-12, 1e-100, -1e-100):  # all but level
        yield dict(df=function_of("x", f"{level!r} * (x - 9.0)"), x=3.0)


sign_rule.hints(
    "The slope says which way is up. You want the other one.",
    "df is a function: its sign at x decides. The answer is one of −1, 0 and 1; there are three cases.",
    "If the slope at x is positive return −1, if it is negative return 1, and otherwise return 0.",
)

# ------------------------------------------------------------------------------------------------ 01.3

floor = exercise("01.3", "Is this a minimum?", points=2)


@floor.reference
def is_minimum(f: Function, x: float, tol: float) -> bool:
    """Two tests: level here, and no neighbour lower.

    The slope alone accepts hilltops and level spots; the neighbours alone accept places next to the bottom.
    """
    slope = (f(x + 1e-5) - f(x - 1e-5)) / 2e-5
    level = abs(slope) <= tol
    lowest = f(x - 0.01) >= f(x) and f(x + 0.01) >= f(x)
    return bool(level and lowest)


SLOPE = "(f(x + 1e-5) - f(x - 1e-5)) / 2e-5"
LOWEST = "f(x - 0.01) >= f(x) and f(x + 0.01) >= f(x)"
floor.mutant(
    "You asked the slope only. Hilltops and level spots have slope 0, too: look at both neighbours.",
    "level and lowest",
    "level",
)
floor.mutant(
    "You compare f(x) with places. The neighbours' heights are f(x - 0.01) and f(x + 0.01).",
    LOWEST,
    "x - 0.01 >= f(x) and x + 0.01 >= f(x)",
)
floor.mutant(
    "The neighbours stand beside x, not beside 0: at x - 0.01 and x + 0.01.",
    LOWEST,
    "f(-0.01) >= f(x) and f(0.01) >= f(x)",
)
floor.mutant(
    "You asked the neighbours only. Next to the bottom both can be higher while the ground still tilts.",
    "level and lowest",
    "lowest",
)
floor.mutant(
    "One of the two tests is enough for you. Both must hold: join them with `and`.",
    "level and lowest",
    "level or lowest",
)
floor.mutant(
    "You compare the slope itself with tol, so every downward slope counts as level. Take its size: abs.",
    "abs(slope)",
    "slope",
)
floor.mutant(
    "You ask for a slope of exactly 0, which floats hardly ever reach. That is what tol is for.",
    "abs(slope) <= tol",
    "slope == 0",
)
floor.mutant("A slope of exactly tol in size still counts as level: compare with <=.", "<= tol", "< tol")
floor.mutant("Your rise is not divided by the distance, 2e-5. Rise over distance is the slope.", " / 2e-5", "")
floor.mutant("Your slope is twice too steep: from x − h to x + h the distance is 2h.", "/ 2e-5", "/ 1e-5")
floor.mutant(
    "Your slope looks to the right only. The central slope takes the heights at x − h and x + h.",
    SLOPE,
    "(f(x + 1e-5) - f(x)) / 1e-5",
)
floor.mutant(
    "You measured the slope with h = 0.01, the distance of the neighbours. For the slope h is 1e-5.",
    SLOPE,
    "(f(x + 0.01) - f(x - 0.01)) / 0.02",
)
floor.mutant(
    "You do not look to the left. On x³ at 0 the ground rises to the right and still falls to the left.",
    LOWEST,
    "f(x + 0.01) >= f(x)",
)
floor.mutant(
    "You do not look to the right. On −x³ at 0 the ground rises to the left and still falls to the right.",
    LOWEST,
    "f(x - 0.01) >= f(x)",
)
floor.mutant(
    "One neighbour is enough for you. NEITHER may be lower: both conditions must hold.", "(x) and f", "(x) or f"
)
floor.mutant(
    "That finds hilltops: at a minimum the neighbours are HIGHER than the place between them.",
    LOWEST,
    "f(x - 0.01) <= f(x) and f(x + 0.01) <= f(x)",
)
floor.mutant(
    "You want the neighbours higher. On flat ground they are as high as x, and no neighbour is lower: that counts.",
    LOWEST,
    "f(x - 0.01) > f(x) and f(x + 0.01) > f(x)",
)
floor.mutant(
    "A neighbour may be a little lower for you. tol is for the slope; no neighbour may be lower at all.",
    LOWEST,
    "f(x - 0.01) >= f(x) - tol and f(x + 0.01) >= f(x) - tol",
)
floor.mutant(
    "Your neighbours stand 1e-5 away, where the slope was measured. They stand 0.01 away.", "0.01", "1e-5", count=2
)
floor.mutant("Your neighbours stand tol away. They stand 0.01 away, whatever tol is.", "0.01", "tol", count=2)
floor.mutant(
    "You compare the neighbours with each other. Each has to be compared with x itself.",
    LOWEST,
    "f(x - 0.01) >= f(x + 0.01)",
)
floor.mutant(
    "You ask the slopes of the neighbours. Their heights are asked for, and whether one is below that of x.",
    LOWEST,
    "f(x - 0.01 + 1e-5) <= f(x - 0.01 - 1e-5) and f(x + 0.01 + 1e-5) >= f(x + 0.01 - 1e-5)",
)
floor.mutant(
    "You compare places with the slope. Compare heights: f at each neighbour's place with f(x).",
    LOWEST,
    "x - 0.01 >= slope and x + 0.01 >= slope",
)
floor.mutant(
    "Turned round: you say True where it is no minimum, and False where it is one.",
    "level and lowest",
    "not (level and lowest)",
)


floor.equivalent("(f(x + 1e-5) - f(x - 1e-5))", "(f(x - 1e-5) - f(x + 1e-5))", "Only the size of the slope counts.")
floor.equivalent(
    "slope = (f(x + 1e-5) - f(x - 1e-5)) / 2e-5",
    "slope = -((f(x + 1e-5) - f(x - 1e-5)) / 2e-5)",
    "Only the size of the slope counts.",
)
floor.equivalent("slope = (f", "slope = -(f", "Only the size of the slope counts.")
floor.equivalent("/ 2e-5", "/ -2e-5", "Only the size of the slope counts.")
floor.equivalent(
    "bool(level and lowest)", "level and lowest", "f gives floats, and a comparison of floats is True or False already."
)
floor.equivalent(
    "    level = abs(slope) <= tol\n    lowest = f(x - 0.01) >= f(x) and f(x + 0.01) >= f(x)\n",
    "    lowest = f(x - 0.01) >= f(x) and f(x + 0.01) >= f(x)\n    level = abs(slope) <= tol\n",
    "Neither of the two tests uses the other.",
)


@floor.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(f=function_of("x", "x**2"), x=0, tol=0.01)
    yield dict(f=function_of("x", "x**3"), x=0, tol=0.01)
    yield dict(f=function_of("x", "-(x**3)"), x=0, tol=0.01)
    yield dict(f=function_of("x", "-(x**2)"), x=0, tol=0.01)
    yield dict(f=function_of("x", "x**2"), x=0, tol=0)  # at most tol: here they are equal
    yield dict(f=function_of("x", "3.0 + 0 * x"), x=2, tol=0.01)  # flat ground
    # kinds of places, as: formula of u = x − a, and how far from a the place is; slopes are far from tol = 0.01
    bottoms = [("2.0 * u**2", 0.0), ("u**4 + u**2", 0.0), ("0.5 * u**2", 0.004), ("0.5 * u**2", -0.004)]
    bottoms += [("np.maximum(0.0, u) ** 2", 0.0), ("np.minimum(u, 0.0) ** 2", 0.0)]  # flat to one side
    bottoms += [("u**2", 0.004), ("u**2", -0.004)]  # slope 0.008
    bottoms += [("1e4 * u**2", 0.0), ("400.0 * u**3 + 30.0 * u**2", 0.0)]  # one-sided or coarse slopes are steep here
    others = [
        ("-(u**2)", 0.0),
        ("u**3", 0.0),
        ("-(u**3)", 0.0),
        ("2.0 * u**2", 0.004),  # slope 0.016
        ("2.0 * u**2", -0.004),
        ("1e6 * u**2", 0.001),
        ("u**2", 1.0),
        ("u**2", -1.0),
        ("1e8 * (u**2 - 6.4e-5) ** 2", 0.0),  # a hilltop between two hollows: the neighbours lie beyond their floors
        ("1e8 * u**2 * ((u - 0.009) ** 2 - 4e-6)", 0.0),  # a narrow hollow at the right neighbour
        ("1e8 * u**2 * ((u + 0.009) ** 2 - 4e-6)", 0.0),
    ]
    for _ in range(3):
        kinds = [*bottoms, *others]
        for k in rng.permutation(len(kinds)):
            formula, away = kinds[int(k)]
            a = round(float(rng.uniform(0.5, 3)), 2)
            yield dict(f=function_of("x", re.sub(r"\bu\b", f"(x - {a!r})", formula)), x=round(a + away, 3), tol=0.01)
    # the same hill with a looser and a tighter tolerance, and one where neighbours tol away say otherwise
    for bend, away, tol in ((1.0, 0.003, 0.05), (1.0, 0.003, 0.0005), (0.5, 0.004, 0.005), (0.5, 0.001, 0.005)):
        for side in (-1, 1):
            yield dict(f=function_of("x", f"{bend} * (x - 1.0)**2"), x=1 + side * away, tol=tol)
    for side in (-1, 1):  # a slope of 0.4 and a tolerance that even a rise which was not divided exceeds
        yield dict(f=function_of("x", "50.0 * (x - 1.0)**2"), x=1 + side * 0.004, tol=1e-13)
    for x in (-2.0, -1.9):  # left of 0, where the sign of the place itself tells nothing
        yield dict(f=function_of("x", "(x + 2.0) ** 2"), x=x, tol=0.01)


floor.hints(
    "Two questions: is it level here, and is neither neighbour lower?",
    "The slope is the central one with h = 1e-5; its SIZE is compared with tol. The neighbours are 0.01 away.",
    "Two conditions, joined by `and`: the slope's size is at most tol; both neighbours are at least f(x).",
)

# ------------------------------------------------------------------------------------------------ 01.4

sides = exercise("01.4", "A slope on each side", points=1, rtol=1e-6)


@sides.reference
def one_sided(f: Function, x: float, h: float = 1e-6) -> tuple[float, float]:
    """Take the second place once to the left and once to the right of x.

    Where the hill is smooth both come to the same number, the derivative. Where they do not, there is none.
    """
    left = (f(x) - f(x - h)) / h
    right = (f(x + h) - f(x)) / h
    return left, right


LEFT, RIGHT = "(f(x) - f(x - h))", "(f(x + h) - f(x))"
sides.mutant("The order is left first, then right.", "return left, right", "return right, left")
sides.mutant(
    "These are the signs of the slopes, each 1 or −1. Asked for are the slopes: rise divided by h.",
    "return left, right",
    "return np.sign(left), np.sign(right)",
)
sides.mutant(
    "The left slope has the wrong sign: measure it from left to right, too, from x − h to x.", LEFT, "(f(x - h) - f(x))"
)
sides.mutant(
    "The right slope has the wrong sign: measure it from left to right, too, from x to x + h.",
    RIGHT,
    "(f(x) - f(x + h))",
)
sides.mutant(
    "Both slopes have the wrong sign: each is the height on the right minus the height on the left.",
    [(LEFT, "(f(x - h) - f(x))"), (RIGHT, "(f(x) - f(x + h))")],
)
sides.mutant(
    "Both numbers are the central slope, which mixes the two sides. Measure each side from x.",
    "return left, right",
    "return (left + right) / 2, (left + right) / 2",
)
sides.mutant(
    "Each side is only h long, from x to its neighbour: divide by h, not by 2h.",
    [(LEFT + " / h", LEFT + " / (2 * h)"), (RIGHT + " / h", RIGHT + " / (2 * h)")],
)
sides.mutant(
    "Both numbers are the slope on the right. For the left one, the second place is x − h.",
    "return left",
    "return right",
)
sides.mutant(
    "Both numbers are the slope on the left. For the right one, the second place is x + h.",
    "return left, right",
    "return left, left",
)
sides.mutant(
    "Only one of the two heights is divided by h: the bracket of the slides again. Put the rise in brackets.",
    [(LEFT, "f(x) - f(x - h)"), (RIGHT, "f(x + h) - f(x)")],
)
sides.mutant("These are the rises. Divide each by h, the way to the neighbour.", " / h", "", count=2)
sides.mutant(
    "You divide by the places. A slope is rise over the way between two places, and that is h each time.",
    [(LEFT + " / h", LEFT + " / (x - h)"), (RIGHT + " / h", RIGHT + " / (x + h)")],
)
sides.mutant("You multiply by h. A slope is the rise divided by the way, h.", " / h", " * h", count=2)


sides.equivalent(
    "    left = (f(x) - f(x - h)) / h\n    right = (f(x + h) - f(x)) / h\n",
    "    right = (f(x + h) - f(x)) / h\n    left = (f(x) - f(x - h)) / h\n",
    "Neither of the two slopes uses the other.",
)


@sides.mutant("These are two heights. Each slope is a rise, from one height to the other, divided by h.")
def _(f: Function, x: float, h: float = 1e-6) -> tuple[float, float]:
    return f(x - h), f(x + h)


@sides.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(f=function_of("x", "abs(x)"), x=0)
    yield dict(f=function_of("x", "x**2"), x=3, h=1)
    yield dict(f=function_of("x", "x**2"), x=0)  # here the usual h can be seen
    a, b, c = (float(v) for v in rng.uniform(0.5, 3.0, size=3))
    yield dict(f=function_of("x", f"np.maximum({a!r} * (x - 1), {-b!r} * (x - 1))"), x=1.0)
    yield dict(f=function_of("x", f"{c!r} * x**2"), x=float(rng.uniform(0.5, 2)), h=0.125)  # the sides of a curve
    yield dict(f=function_of("x", f"{c!r} * x**2 + {a!r} * np.abs(x - 0.5)"), x=0.5, h=0.25)
    yield dict(f=function_of("x", "np.maximum(0.0, x)"), x=0.0, h=float(rng.uniform(0.1, 0.3)))


sides.hints(
    "A slope to the right uses x and x + h. What does a slope to the left use?",
    "Both are rise over run from left to right: the run is h each time, and up to the right is positive.",
    "left is f(x) minus f(x − h), right is f(x + h) minus f(x); each divided by h; return both.",
)

# ------------------------------------------------------------------------------------------------ predictions and quiz

predictions = [
    prediction(
        "01.a",
        "In the fog you see a few steps of ground, and you set off downhill. "
        "How often is the village, the lowest place of all, on that side?",
        options={
            "Always": "The hill can rise again behind the fog. Play on until you meet such a hill.",
            "Often, not always": "Downhill here is certain. What lies behind the fog is a guess, and a fair one.",
            "Half the time, like a coin": "The ground under you tells more than a coin: keep the score and see.",
        },
        answer="Often, not always",
    ),
    prediction(
        "01.b",
        "On the hill x² you stand at 1. You divide the rise to a second place, at 1 + h, by h. "
        "You slide h from 0.8 through 0 to −0.8. What does the quotient do near h = 0?",
        options={
            "It comes to 0": "The rise comes to 0, and so does the distance. Their quotient need not.",
            "It comes to 2 from both sides": "Above 2 on the right, below 2 on the left, and as near as you like.",
            "It comes to 2 on one side and to −2 on the other": (
                "On the left the rise is negative, and so is h: minus divided by minus is plus."
            ),
        },
        answer="It comes to 2 from both sides",
    ),
    prediction(
        "01.c",
        "A computer finds the slope of x³ at 0.7 with the central quotient. You halve h again and again. "
        "What does the error do?",
        options={
            "It falls for ever": "On paper it does. A computer keeps about 16 digits of each height.",
            "It falls, then stays tiny": "It does not stay: slide h all the way down and look at the left arm.",
            "It falls, then grows again": "The best h is far from the smallest one.",
        },
        answer="It falls, then grows again",
    ),
]

quiz = [
    question(
        "01.q1",
        "The slope under your feet is −2. Which way is down?",
        options={
            "To the right": "A negative slope falls to the right: x has to grow.",
            "To the left": "To the left the ground rises: the slope is negative.",
            "One cannot tell without the height": "The height does not matter here. The sign of the slope does.",
        },
        answer="To the right",
    ),
    question(
        "01.q2",
        "f(3) = 9 and f(3.5) = 12.25. What is the difference quotient with h = 0.5?",
        options={
            "3.25": "That is the rise. Divide it by the distance.",
            "6.5": "A rise of 3.25 over a distance of 0.5.",
            "−5.75": "That divides only the second height, as the misplaced bracket does.",
        },
        answer="6.5",
    ),
    question(
        "01.q3",
        "The slope is 0, and both neighbours are lower. Where are you?",
        options={
            "In a valley": "In a valley the neighbours are higher.",
            "On a hilltop": "The rule says stay all the same: it only sees the slope.",
            "On a level spot of a slope": "There one neighbour would be lower and the other one higher.",
        },
        answer="On a hilltop",
    ),
    question(
        "01.q4",
        "At a corner the slope is −3 on the left and 1 on the right. What is the derivative there?",
        options={
            "−1": "That is the mean, which the central quotient gives. No side has this slope.",
            "There is none": "A derivative needs both sides to come to the same number.",
            "0, because a corner is a minimum": "It is a minimum, but neither side is level.",
        },
        answer="There is none",
    ),
    question(
        "01.q5",
        "A central quotient with h = 10⁻¹³ has three digits. Why so few?",
        options={
            "h is still too large": "A smaller h makes it worse.",
            "The two heights share most of their digits": "Subtracting removes these; mostly rounding is left.",
            "The formula is only an approximation": "Its own error is about h², far too small to see here.",
        },
        answer="The two heights share most of their digits",
    ),
]
