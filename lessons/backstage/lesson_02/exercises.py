"""Answers to lesson 02, walking down in one dimension.

Every function here stands alone: it sees ``np``, ``dl`` and its own arguments, nothing else.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from dlcourse.lesson import exercise, function_of, prediction, question

Slope = Callable[[float], float]
Case = dict[str, Any]

# ------------------------------------------------------------------------------------------------ 02.1

one_step = exercise("02.1", "One step downhill", points=1)


@one_step.reference
def step(x: float, df: Slope, lr: float) -> float:
    """Go against the slope.

    A positive slope says that the ground rises to the right, so down is to the left: subtract.
    The learning rate turns a slope, which is a steepness, into a length to walk.
    """
    return x - lr * df(x)


one_step.mutant(
    "You walked uphill. A positive slope means that the ground rises to the right; to go down, subtract.",
    "x - lr",
    "x + lr",
)
one_step.mutant("The learning rate is missing. Without it the step is as long as the slope is steep.", "lr * ", "")
one_step.mutant("You returned the move, not the place you arrive at. Add the move to x.", "x - lr", "-lr")
one_step.mutant(
    "Only the sign of the slope is used. Near the bottom the steps should shrink as the slope does.",
    "df(x)",
    "np.sign(df(x))",
)
one_step.mutant("You multiplied lr by the place x. What counts is the slope there: df(x).", "df(x)", "x")
one_step.mutant("2x is the slope of x² only. The slope of this hill comes from df: call it at x.", "df(x)", "2 * x")
one_step.mutant(
    "You divide by the learning rate. It multiplies the slope: a small rate makes a short step.",
    "lr * df(x)",
    "df(x) / lr",
)
one_step.mutant("You ask for the slope at lr. Ask at the place where you stand: df(x).", "lr * df(x)", "df(lr)")
one_step.mutant(
    "You ask for the slope at lr times x. Ask at x, then multiply the slope by lr.", "lr * df(x)", "df(lr * x)"
)
one_step.mutant("lr multiplies the place as well. It belongs to the slope only.", "x - lr * df(x)", "lr * (x - df(x))")
one_step.mutant(
    "You subtracted the place from the move. It is the other way round: the place minus the move.",
    "x - lr * df(x)",
    "lr * df(x) - x",
)
one_step.mutant("You took two steps. One is asked for.", "return x", "x = x - lr * df(x)\n    return x")
one_step.mutant("The place is multiplied by the move. Subtract the move from it.", "x - lr", "x * lr")


@one_step.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(x=1.0, df=function_of("x", "2.0 * x"), lr=0.1)
    yield dict(x=3, df=function_of("x", "2 * x - 2"), lr=1)  # whole numbers
    for _ in range(4):
        a, b = rng.uniform(0.5, 4.0, size=2)
        df = function_of("x", f"{a!r} * x - {b!r}")
        yield dict(x=float(rng.normal()), df=df, lr=float(rng.uniform(0.02, 0.4)))
    yield dict(x=float(rng.uniform(-2, -1)), df=function_of("x", "4.0 * x**3 - 4.0 * x + 0.4"), lr=0.01)


one_step.hints(
    "The slope points uphill. Which sign takes you the other way?",
    "df is a function: call it at x to get the slope there. lr is a number.",
    "The new place is the old x, minus lr times the slope at x.",
)

# ------------------------------------------------------------------------------------------------ 02.2

loop = exercise("02.2", "The loop that knows when to stop", points=2, start="x, history = x0, [x0]\n...")


@loop.reference
def descend(df: Slope, x0: float, lr: float, tol: float, max_iter: int) -> tuple[float, list[float]]:
    """Walk while it is still steep *and* there are steps left.

    Both conditions must hold to go on, hence ``and``. The slope is what tells you that you have
    arrived: x may be anything at the bottom. The history holds the start, too, so after k steps
    it has k + 1 entries.
    """
    x, history = x0, [x0]
    while abs(df(x)) > tol and len(history) <= max_iter:
        x = x - lr * df(x)
        history.append(x)
    return x, history


STEEP, LEFT = "abs(df(x)) > tol", "len(history) <= max_iter"
for below in ("<", "<="):
    loop.mutant(
        "You step first and ask then. Ask before each step, at the start, too; and at exactly tol you stop.",
        f"    while {STEEP} and {LEFT}:\n        x = x - lr * df(x)\n        history.append(x)\n",
        "    for _ in range(max_iter):\n        x = x - lr * df(x)\n        history.append(x)\n"
        f"        if abs(df(x)) {below} tol:\n            break\n",
    )
loop.mutant(
    "You compare the length of the next move with tol. The size of the slope itself is compared: leave lr out.",
    STEEP,
    "abs(lr * df(x)) > tol",
)
loop.mutant(
    "You compare the length of the next move with tol. The slope itself is compared, and at exactly tol you stop.",
    STEEP,
    "abs(lr * df(x)) >= tol",
)
loop.mutant(
    "It goes on when the steps are used up. Go on while it is steep AND steps are left; `or` needs one only.",
    "and",
    "or",
)
loop.mutant(
    "You stop when x is near 0. The bottom can be anywhere; it is the slope that is near 0 there.", "df(x)) >", "x) >"
)
loop.mutant(
    "The history lacks the start. After k steps it should hold k + 1 places, x0 first.",
    [("[x0]", "[]"), ("<= max_iter", "< max_iter")],
)
loop.mutant("You always take max_iter steps. Stop early when the slope is at most tol in size.", STEEP + " and ", "")
loop.mutant(
    "You compare the slope itself with tol. A steep slope to the other side is negative: take its size.",
    "abs(df(x)) >",
    "df(x) >",
)
loop.mutant(
    "Two things. A steep slope to the other side is negative: take its size. And the history holds the start, too: it "
    "may grow to max_iter + 1.",
    [("abs(df(x)) >", "df(x) >"), ("<= max", "< max")],
)
loop.mutant(
    "You walk before you look: where it is level, or no steps are allowed, not one step is to be taken.",
    [
        (f"while {STEEP} and {LEFT}", "while True"),
        (
            "        history.append(x)",
            "        history.append(x)\n        if abs(df(x)) <= tol or len(history) > max_iter:\n            break",
        ),
    ],
)
loop.mutant(
    "You go on while the slope is SMALL, so a steep start is left at once. Go on while it is large.", "> tol", "< tol"
)
loop.mutant(
    "The slope alone ends your walk, max_iter never does: count the steps, and stop when max_iter of them are taken.",
    " and " + LEFT,
    "",
)
loop.mutant(
    "max_iter never ends your walk. If you count the steps: the count has to grow, k = k + 1 inside the loop.",
    LEFT,
    "0 < max_iter",
)
loop.mutant(
    "One step is missing when they run out: the history holds the start, too, so it may grow to max_iter + 1.",
    "<= max",
    "< max",
)
loop.mutant(
    "One step too many when they run out: count the steps from 0, and go on while fewer than max_iter.",
    "<= max_iter",
    "<= max_iter + 1",
)
loop.mutant(
    "You walk by the slope of the start for ever. Ask for the slope again at every place: df(x).",
    "x = x - lr * df(x)",
    "x = x - lr * df(x0)",
)
loop.mutant(
    "You ask for the slope once, before the loop. Ask again at every place: df(x) inside the loop.",
    [("    while abs(df(x))", "    slope = df(x)\n    while abs(slope)"), ("lr * df(x)", "lr * slope")],
)
loop.mutant("The first thing you return is the start. The last place is asked for.", "return x,", "return x0,")
loop.mutant("The learning rate is missing: x minus lr times the slope.", "lr * ", "")
loop.mutant("You walk uphill: to go down, subtract.", "x - lr", "x + lr")
loop.mutant(
    "Only the first step is taken. Is a `return` inside the loop? It ends the loop in its first turn.",
    "    return x, history",
    "        return x, history",
)
loop.mutant(
    "You note the place before you move: the start comes twice, and the last place is missing.",
    "        x = x - lr * df(x)\n        history.append(x)",
    "        history.append(x)\n        x = x - lr * df(x)",
)
loop.mutant("The order is the last place first, then the list of all places.", "return x, history", "return history, x")
loop.mutant(
    "The history holds the start only: append each new place, inside the loop.", "history.append(x)", "max_iter -= 1"
)
loop.mutant(
    "The list holds only the start and the last place. Append inside the loop, at every step.",
    [
        (LEFT, "max_iter > 0"),
        ("        history.append(x)", "        max_iter -= 1\n    if x != x0:\n        history.append(x)"),
    ],
)
loop.mutant(
    "You return the list alone. The last place comes first, then the list.", "return x, history", "return history"
)


@loop.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    square = function_of("x", "2 * x")
    yield dict(df=square, x0=1.0, lr=0.25, tol=0.3, max_iter=10)
    yield dict(df=square, x0=-4, lr=0.25, tol=1, max_iter=10)  # ends where the slope is exactly tol in size
    yield dict(df=square, x0=1.0, lr=0.25, tol=0.3, max_iter=2)
    yield dict(df=square, x0=1.0, lr=0.25, tol=0.3, max_iter=0)
    for side in (-1.0, 1.0):
        bottom = float(rng.uniform(1.0, 3.0))
        df = function_of("x", f"2.0 * (x - {bottom!r})")
        yield dict(df=df, x0=bottom + side * float(rng.uniform(1, 2)), lr=0.2, tol=1e-3, max_iter=50)
        yield dict(df=df, x0=bottom + side * float(rng.uniform(1, 2)), lr=0.02, tol=1e-3, max_iter=7)
    yield dict(df=function_of("x", "2.0 * x - 3.0"), x0=1.5, lr=0.1, tol=1e-6, max_iter=10)  # already there
    yield dict(df=square, x0=float(rng.uniform(0.5, 1.5)), lr=1.2, tol=1e-6, max_iter=6)  # explodes


loop.hints(
    "There are two reasons to stop: the ground is flat, or you are out of steps. When do you go on?",
    "history starts as [x0] and grows by one place per step, so its length tells how many steps you took.",
    "while abs(df(x)) > tol and fewer than max_iter steps are taken: take a step, append the new x.",
)

# ------------------------------------------------------------------------------------------------ 02.3

safe = exercise("02.3", "The largest safe learning rate", points=1)


@safe.reference
def largest_safe_lr(curvature: float) -> float:
    """On ½cx² one step multiplies x by 1 − ηc, and |1 − ηc| < 1 exactly when 0 < η < 2/c."""
    return 2 / curvature


safe.mutant(
    "1/c lands on the bottom in one step, but you may go further: up to twice that, the walk still shrinks.",
    "2 /",
    "1 /",
)
safe.mutant("More curvature needs SMALLER steps. Divide by the curvature.", "2 / curvature", "curvature")
safe.mutant("You multiply by the curvature. The more the bowl bends, the smaller the safe rate: divide.", "2 /", "2 *")
safe.mutant("Upside down: the more the bowl bends, the smaller the safe rate.", "2 / curvature", "curvature / 2")
safe.mutant("The curvature counts once: the factor is 1 − ηc, with no square in it.", "/ curvature", "/ curvature**2")
safe.mutant("A learning rate is positive. The border is where the factor 1 − ηc is −1, not 3.", "2 /", "-2 /")
safe.mutant("You subtract the curvature. In 1 − ηc = −1 it multiplies η, so divide by it.", "2 /", "2 -")
safe.mutant("You subtract from 1 once too often: in 1 − ηc = −1 the 1 is gone when you solve for η.", "2 /", "1 - 2 /")
safe.mutant(
    "No root here: the factor is 1 − ηc, and η in 1 − ηc = −1 comes out by dividing.",
    "2 / curvature",
    "1 / curvature**0.5",
)
safe.mutant(
    "No root here: the factor is 1 − ηc, and η in 1 − ηc = −1 comes out by dividing by c.",
    "/ curvature",
    "/ curvature**0.5",
)
safe.mutant("The border itself is asked for: no margin below it.", "/ curvature", "/ curvature - 0.01")


@safe.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(curvature=4)
    yield dict(curvature=1)
    yield dict(curvature=2)
    for c in rng.uniform(0.05, 40.0, size=6):
        yield dict(curvature=float(c))


safe.hints(
    "Each step multiplies the distance to the bottom by the same factor. When does that factor shrink things?",
    "The factor is 1 − ηc. Safe means that its size is below 1; the border is where it is −1.",
    "Solve 1 − ηc = −1 for η.",
)

# ------------------------------------------------------------------------------------------------ 02.4

heavy = exercise("02.4", "A step with momentum", points=1)


@heavy.reference
def momentum_step(x: float, v: float, df: Slope, lr: float, beta: float) -> tuple[float, float]:
    """The velocity remembers: keep β of the old one, add the slope here, then walk against it."""
    v = beta * v + df(x)
    x = x - lr * v
    return x, v


NEW_V, NEW_X = "    v = beta * v + df(x)\n", "    x = x - lr * v\n"
heavy.mutant(
    "lr comes twice, and your velocity points downhill: v = beta * v + the slope, and lr belongs into the move alone.",
    NEW_V + NEW_X,
    "    v = beta * v - lr * df(x)\n    x = x + lr * v\n",
)
heavy.mutant(
    "You moved with the OLD velocity. Update v first, then use the new v to move x.",
    NEW_V + NEW_X,
    "    x, v = x - lr * v, beta * v + df(x)\n",
)
heavy.mutant(
    "You moved x first, with the old velocity, and took the slope at the new place. First the new v, then x.",
    NEW_V + NEW_X,
    NEW_X + NEW_V,
)
heavy.mutant("The velocity has the wrong sign: v collects slopes, and the walk goes against v.", "v + df", "v - df")
heavy.mutant("You walk along v. v collects slopes, and slopes point uphill: subtract lr times v.", "x - lr", "x + lr")
heavy.mutant("x moves by the slope alone. It moves by the new velocity: x minus lr times v.", "lr * v", "lr * df(x)")
heavy.mutant("You forgot β: the old velocity must fade, or the ball never comes to rest.", "beta * v", "v")
heavy.mutant(
    "You averaged: (1 − β) times the slope. That is another rule; here the slope is added whole.",
    "+ df",
    "+ (1 - beta) * df",
)
heavy.mutant(
    "Here v holds slopes, and η is applied when you walk: x − ηv. You put η into v.",
    [("+ df", "+ lr * df"), ("- lr * v", "- v")],
)
heavy.mutant("You apply η twice: to the slope in v, and to v. v holds slopes as they are.", "+ df", "+ lr * df")
heavy.mutant("η is missing: the new place is x minus η times v.", "lr * v", "v")
heavy.mutant(
    "β multiplies the slope as well. It makes the old velocity fade; the slope is added whole.",
    "beta * v + df(x)",
    "beta * (v + df(x))",
)
heavy.mutant("The order of the answer is x first, then v.", "return x, v", "return v, x")
heavy.mutant(
    "The velocity that you return is the old one. Return the new one, that you moved with.",
    NEW_V + NEW_X,
    "    x = x - lr * (beta * v + df(x))\n",
)
heavy.mutant(
    "Your new v takes the slope at the NEW place. Both new values come from the slope at the old x.",
    NEW_V + NEW_X,
    "    x = x - lr * (beta * v + df(x))\n    v = beta * v + df(x)\n",
)
heavy.mutant("That is a plain step: the old velocity is not in it. Keep β of it, and add the slope.", "beta * v + ", "")
heavy.mutant(
    "You moved with the new v, and then once more: the slope comes in twice. It is in v already.",
    "lr * v",
    "lr * v - lr * df(x)",
)


@heavy.mutant(
    "Your v holds moves: −η times the slope is in it. Here v holds slopes; η and the minus come when x moves."
)
def _(x: float, v: float, df: Slope, lr: float, beta: float) -> tuple[float, float]:
    v = beta * v - lr * df(x)
    return x + v, v


heavy.mutant(
    "β multiplies the slope, and all of the old velocity is kept. It is the other way round.",
    "beta * v + df(x)",
    "v + beta * df(x)",
)


@heavy.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(x=1.0, v=0.5, df=function_of("x", "2.0 * x"), lr=0.1, beta=0.9)
    yield dict(x=3, v=4, df=function_of("x", "2 * x"), lr=1, beta=0.5)
    for _ in range(4):
        x, v = rng.normal(size=2)
        df = function_of("x", f"{rng.uniform(0.5, 4.0)!r} * x")
        yield dict(x=float(x), v=float(v), df=df, lr=float(rng.uniform(0.02, 0.3)), beta=float(rng.uniform(0.3, 0.95)))


heavy.hints(
    "A heavy ball keeps most of its old velocity and gains some from the slope under it.",
    "v has the units of a slope. First the new v, from the old v and the slope at x; then the new x.",
    "v = beta * v + the slope at x; then x minus lr times this new v; return both, x first.",
)

# ------------------------------------------------------------------------------------------------ 02.5

trace = exercise("02.5", "Read a trace", points=2)


@trace.reference
def classify(history: list[float]) -> str:
    """Look at the lengths of the steps, not at the places: the bottom can be anywhere."""
    steps = np.diff(history)
    if not np.all(np.isfinite(history)) or abs(steps[-1]) > abs(steps[0]):
        return "diverged"
    if abs(steps[-1]) < 1e-6:
        return "converged"
    if steps[-1] * steps[-2] < 0:
        return "oscillating"
    return "slow"


FINITE, GROWN = "not np.all(np.isfinite(history))", "abs(steps[-1]) > abs(steps[0])"
GONE, SIDES = "abs(steps[-1]) < 1e-6", "steps[-1] * steps[-2] < 0"
trace.mutant(
    "You compare places. The bottom can be anywhere: is the last STEP, between two places, longer than the first?",
    GROWN,
    "abs(history[-1]) > abs(history[0])",
)
trace.mutant(
    "You look for inf alone, and nan passes. np.isfinite is False for both.", FINITE, "np.any(np.isinf(history))"
)
trace.mutant(
    "You test whether x is near 0. The walk may settle anywhere: look at the last step, not the last place.",
    GONE,
    "abs(history[-1]) < 1e-6",
)
trace.mutant(
    "You compare places. Compare STEPS, from place to place: np.diff(history). The bottom can be anywhere.",
    [
        (FINITE + " or " + GROWN, "history[-1] > history[0]"),
        (GONE, "history[-1] < 1e-6"),
        (SIDES, "history[-1] * history[-2] < 0"),
    ],
)
trace.mutant(
    "A step to the left is negative: compare sizes, with abs. And inf and nan passed you by: ask np.isfinite first.",
    [(FINITE + " or " + GROWN, "steps[-1] > steps[0]")],
)
trace.mutant(
    "A walk that has left the number line (inf or nan) passed you by: nan is neither below nor above anything.",
    FINITE + " or ",
    "",
)
trace.mutant(
    "inf and nan passed you by: nan is neither below nor above anything. First ask np.isfinite, of all places.",
    [(FINITE + " or ", ""), (SIDES, "np.sign(steps[-1]) != np.sign(steps[-2])")],
)
trace.mutant(
    "Not finite in the middle counts, too: look at all places, not only at the last one.",
    FINITE,
    "not np.isfinite(history[-1])",
)
trace.mutant(
    "You do not ask whether the steps have grown: a walk is diverged while it is still finite.", " or " + GROWN, ""
)
trace.mutant(
    "An explosion often changes sides, too. First ask whether the steps grow, then whether they alternate.",
    f"    if {FINITE}",
    f'    if len(steps) > 1 and {SIDES} and not {GONE}:\n        return "oscillating"\n    if {FINITE}',
)
trace.mutant(
    "A zig-zag that has not settled is called slow here. Compare the signs of the last two steps.",
    '"oscillating"',
    '"slow"',
)
trace.mutant(
    "Going down in a straight line is not oscillating. Steps alternate when neighbours have OPPOSITE signs.",
    SIDES,
    "steps[-1] * steps[-2] > 0",
)
trace.mutant(
    "You compare the steps themselves. A long step to the left is negative: compare sizes, with abs.",
    [(GROWN, "steps[-1] > steps[0]"), (GONE, "steps[-1] < 1e-6")],
)
trace.mutant(
    "You compare the last step with the first as they are. A step to the left is negative: compare sizes, with abs.",
    GROWN,
    "steps[-1] > steps[0]",
)
trace.mutant(
    "A long step to the left is below 1e-6, too: it is negative. Compare its size, with abs.", GONE, "steps[-1] < 1e-6"
)
trace.mutant(
    "You compare the last step with the one before it. Compare it with the first.", "abs(steps[0])", "abs(steps[-2])"
)
trace.mutant(
    "You compare the longest step with the first. The LAST one decides whether the walk has diverged.",
    GROWN,
    "max(abs(steps)) > abs(steps[0])",
)
trace.mutant("A last step as long as the first is not longer: compare with >.", "> abs", ">= abs")
trace.mutant(
    "You ask for converged first. An order is asked for: diverged, converged, oscillating, slow.",
    [
        (f'    if {FINITE} or {GROWN}:\n        return "diverged"\n', ""),
        (
            '        return "converged"\n',
            f'        return "converged"\n    if {FINITE} or {GROWN}:\n        return "diverged"\n',
        ),
    ],
)
trace.mutant(
    "You ask for oscillating before converged: a zig-zag that has shrunk to nothing has converged.",
    [
        (f'    if {GONE}:\n        return "converged"\n', ""),
        (
            '        return "oscillating"\n',
            f'        return "oscillating"\n    if {GONE}:\n        return "converged"\n',
        ),
    ],
)
trace.mutant(
    "Any change of side makes it oscillating for you. Only the last two steps count.",
    SIDES,
    "np.any(steps[1:] * steps[:-1] < 0)",
)
trace.mutant(
    "You compare the first two steps. The last two decide whether it oscillates.", SIDES, "steps[1] * steps[0] < 0"
)
trace.mutant(
    "You look on which sides of 0 the places are. The bottom can be anywhere: look at the signs of the steps.",
    SIDES,
    "history[-1] * history[-2] < 0",
)
trace.mutant("10e-6 is 1e-5, ten times too large: write 1e-6.", "1e-6", "10e-6")
trace.mutant(
    "A walk that is none of the first three gets nothing from you: it is slow, and the last line has to say so.",
    '    return "slow"',
    "    return None",
)


trace.equivalent(
    "steps[-1] * steps[-2] < 0",
    "steps[-1] * steps[-2] <= 0",
    "Differs only where a step is exactly 0 and the walk goes on after it: descent stays where it stands.",
)
trace.equivalent(
    "steps[-1] * steps[-2] < 0",
    "steps[-1] / steps[-2] < 0",
    "Differs only where a step is exactly 0 and the walk goes on after it: descent stays where it stands.",
)
trace.equivalent("np.diff(history)", "-np.diff(history)", "Sizes do not change, and both signs do.")
trace.equivalent("abs(steps[-1]) < 1e-6", "abs((-steps)[-1]) < 1e-6", "The size of a step has no sign.")
trace.equivalent(
    "abs(steps[-1]) > abs(steps[0])", "abs((-steps)[-1]) > abs(steps[0])", "The size of a step has no sign."
)
trace.equivalent(
    "abs(steps[-1]) > abs(steps[0])", "abs(steps[-1]) > abs((-steps)[0])", "The size of a step has no sign."
)
trace.equivalent(
    "np.isfinite(history)",
    "np.isfinite(steps)",
    "A step is finite where both its places are, and every place belongs to a step.",
)


@trace.mutant("You ask whether EVERY step changes side. Only the last two steps are asked about.")
def _(history: list[float]) -> str:
    d = np.diff(history)
    if not np.all(np.isfinite(history)) or abs(d[-1]) > abs(d[0]):
        return "diverged"
    if abs(d[-1]) < 1e-6:
        return "converged"
    return "oscillating" if np.all(d[1:] * d[:-1] < 0) else "slow"


@trace.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    far, off = float("inf"), float("nan")
    walks: list[list[float]] = [
        [1.0, 0.9, 0.81],
        [1.0, -1.0, 1.0],
        [0, 1, 3],  # the steps grow
        [3, 1, 0],  # they shrink, to the left
        [4, 2, 0],  # the last place is 0, which says nothing
        [5, 4, 4],
        [0, -1, 2],  # they grow and change sides
        [10, 9, 9.5],  # they change sides, the places do not
        [1, 3, 2.5, -1.0],  # the other way round
        [0, 4, 5, 7],  # the last step is longer than the one before it, and shorter than the first
        [0, 2, 5, 6],  # the longest is neither
        [0, 4, 2, 1],  # a change of side that is over
        [0, 4, 6, 5],  # one that has just come
        [0, 1, 0.5, 0.5000003],  # gone, while changing sides
        [0, 1e-8, 6e-8],  # as small, and growing
        [0, 1, 1.000005],  # not yet gone
        [0, 1, 1.0000008],  # gone
        [1, 0, 1e-6],
        [1, far, 2, 1.9],
        [0, 1, off],
        [1, -3, 9, far, off, off],
    ]
    # many walks: one word alone could be guessed. Each of these is x - bottom multiplied by a fixed factor.
    factors = {"converged": (-0.5, 0.5), "zig-zag": (-0.99, -0.9), "crawl": (0.93, 0.995), "explode": (-1.6, -1.1)}
    for _ in range(20):
        low, high = factors[str(rng.choice(list(factors)))]
        bottom, start = rng.normal(0, 3), rng.uniform(1, 2)
        walks.append([float(v) for v in bottom + start * rng.uniform(low, high) ** np.arange(40)])
    for history in walks:
        yield dict(history=history)


trace.hints(
    "Compare steps, not places: are the steps growing, gone, changing sides, or none of these?",
    "np.diff(history) gives the steps; a step's size is its absolute value, its side is its sign.",
    "Ask in this order: not finite or last step larger than the first; last step under 1e-6; last two signs differ.",
)

# ------------------------------------------------------------------------------------------------ predictions and quiz

predictions = [
    prediction(
        "02.a",
        "You stand at x = 1.6 on the hill ½x². At each step you go 0.3 times the slope, downhill. "
        "How do the lengths of your steps change on the way down?",
        options={
            "They stay the same": "Watch the dots in the figure: they crowd together near the bottom.",
            "They shrink": ("The slope is x itself here, so the closer you get, the shorter the steps."),
            "They grow": "They would on a hill that gets steeper as you go down. This one gets flatter.",
        },
        answer="They shrink",
    ),
    prediction(
        "02.b",
        "On the bowl ½cx² you turn up the learning rate η. At η = 1/c you land on the bottom in one step. "
        "What happens at η = 1.5/c?",
        options={
            "You never arrive: too large is too large": "Move the dial and look. There is room beyond 1/c.",
            "You overshoot, and still arrive": "Each step lands on the other side at half the distance.",
            "You arrive faster than at 1/c": "At 1/c you need one step. Nothing beats that.",
        },
        answer="You overshoot, and still arrive",
    ),
    prediction(
        "02.c",
        "A hill has two valleys, the left one deeper. You start at x = 1.6, on the right. "
        "You roll a heavy ball with momentum β. Which β takes it into the deeper valley?",
        options={
            "Any β above 0": "Try β = 0.5: the ball stops in the near valley. It needs more speed than that.",
            "β of about 0.9 or more": "Below that, the ball loses its speed before the ridge.",
            "None: it always stops in the first valley": (
                "Plain descent does. A ball that keeps 0.9 of its speed does not."
            ),
        },
        answer="β of about 0.9 or more",
    ),
]

quiz = [
    question(
        "02.q1",
        "The slope at your place is −3 and η = 0.1. Where do you go?",
        options={
            "0.3 to the right": "x − 0.1 · (−3) = x + 0.3. A negative slope falls to the right.",
            "0.3 to the left": "Left is where the ground rises here. Subtracting a negative number adds.",
            "3 to the right": "The direction is right. The learning rate scales the length to 0.3.",
        },
        answer="0.3 to the right",
    ),
    question(
        "02.q2",
        "On ½cx² with c = 8, which η makes the walk jump between two places for ever?",
        options={
            "0.125": "That is 1/c: one step to the bottom.",
            "0.25": "That is 2/c: the factor 1 − ηc is −1, so x only changes its sign.",
            "0.5": "Here the factor is −3: each step triples the distance.",
        },
        answer="0.25",
    ),
    question(
        "02.q3",
        "Your loop is `while k < max_iter or abs(slope) > tol`. The walk diverges. What happens?",
        options={
            "It stops after max_iter steps": "With `and` it would. With `or`, a steep slope alone keeps it going.",
            "It goes on until the numbers break": ("The slope is never small, so `or` is never false until x is nan."),
            "It stops at once": "The first condition holds at the start, so it does go on.",
        },
        answer="It goes on until the numbers break",
    ),
    question(
        "02.q4",
        "The slope is exactly 0 where you stand. What do you know?",
        options={
            "You are at the lowest point": "It could also be a local valley, a hilltop, or a level spot on a slope.",
            "You are at a local minimum": "A hilltop has slope 0, too. A zero slope alone does not tell.",
            "The rule will not move you": "And nothing more. Minimum, maximum and level spot all have slope 0.",
        },
        answer="The rule will not move you",
    ),
    question(
        "02.q5",
        "Which of these is a hyperparameter?",
        options={
            "x, the place you stand": "That is what the method changes: a parameter.",
            "η, the learning rate": "You choose it before you start, and the method never changes it.",
            "f′(x), the slope": "The slope is computed from the hill and x. Nobody chooses it.",
        },
        answer="η, the learning rate",
    ),
]
