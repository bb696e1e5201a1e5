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


@one_step.mutant("You walked uphill. A positive slope means that the ground rises to the right; to go down, subtract.")
def _(x: float, df: Slope, lr: float) -> float:
    return x + lr * df(x)


@one_step.mutant("The learning rate is missing. Without it the step is as long as the slope is steep.")
def _(x: float, df: Slope, lr: float) -> float:
    return x - df(x)


@one_step.mutant("You returned the move, not the place you arrive at. Add the move to x.")
def _(x: float, df: Slope, lr: float) -> float:
    return -lr * df(x)


@one_step.mutant("Only the sign of the slope is used. Near the bottom the steps should shrink as the slope does.")
def _(x: float, df: Slope, lr: float) -> Any:
    return x - lr * np.sign(df(x))


@one_step.mutant("You multiplied lr by the place x. What counts is the slope there: df(x).")
def _(x: float, df: Slope, lr: float) -> float:
    return x - lr * x


@one_step.mutant("2x is the slope of x² only. The slope of this hill comes from df: call it at x.")
def _(x: float, df: Slope, lr: float) -> float:
    return x - lr * 2 * x


@one_step.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(x=1.0, df=function_of("x", "2.0 * x"), lr=0.1)
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


@loop.mutant("It goes on when the steps are used up. Go on while it is steep AND steps are left; `or` needs one only.")
def _(df: Slope, x0: float, lr: float, tol: float, max_iter: int) -> tuple[float, list[float]]:
    x, history = x0, [x0]
    while abs(df(x)) > tol or len(history) <= max_iter:
        x = x - lr * df(x)
        history.append(x)
    return x, history


@loop.mutant("You stop when x is near 0. The bottom can be anywhere; it is the slope that is near 0 there.")
def _(df: Slope, x0: float, lr: float, tol: float, max_iter: int) -> tuple[float, list[float]]:
    x, history = x0, [x0]
    while abs(x) > tol and len(history) <= max_iter:
        x = x - lr * df(x)
        history.append(x)
    return x, history


@loop.mutant("The history lacks the start. After k steps it should hold k + 1 places, x0 first.")
def _(df: Slope, x0: float, lr: float, tol: float, max_iter: int) -> tuple[float, list[float]]:
    x = x0
    history: list[float] = []
    while abs(df(x)) > tol and len(history) < max_iter:
        x = x - lr * df(x)
        history.append(x)
    return x, history


@loop.mutant("You always take max_iter steps. Stop early when the slope is at most tol in size.")
def _(df: Slope, x0: float, lr: float, tol: float, max_iter: int) -> tuple[float, list[float]]:
    x, history = x0, [x0]
    for _ in range(max_iter):
        x = x - lr * df(x)
        history.append(x)
    return x, history


@loop.mutant("You compare the slope itself with tol. A steep slope to the other side is negative: take its size.")
def _(df: Slope, x0: float, lr: float, tol: float, max_iter: int) -> tuple[float, list[float]]:
    x, history = x0, [x0]
    while df(x) > tol and len(history) <= max_iter:
        x = x - lr * df(x)
        history.append(x)
    return x, history


@loop.mutant("You take one step too many: look at the slope before you walk, and count the steps from 0.")
def _(df: Slope, x0: float, lr: float, tol: float, max_iter: int) -> tuple[float, list[float]]:
    x, history = x0, [x0]
    while True:
        x = x - lr * df(x)
        history.append(x)
        if abs(df(x)) <= tol or len(history) > max_iter:
            return x, history


@loop.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    for side in (-1.0, 1.0):
        bottom = float(rng.uniform(1.0, 3.0))
        df = function_of("x", f"2.0 * (x - {bottom!r})")
        yield dict(df=df, x0=bottom + side * float(rng.uniform(1, 2)), lr=0.2, tol=1e-3, max_iter=50)
        yield dict(df=df, x0=bottom + side * float(rng.uniform(1, 2)), lr=0.02, tol=1e-3, max_iter=7)
    yield dict(df=function_of("x", "2.0 * x"), x0=float(rng.uniform(1, 2)), lr=0.2, tol=1e-3, max_iter=50)
    yield dict(df=function_of("x", "2.0 * x - 3.0"), x0=1.5, lr=0.1, tol=1e-6, max_iter=10)  # already there
    start = float(rng.uniform(0.5, 1.5))
    yield dict(df=function_of("x", "2.0 * x"), x0=start, lr=1.2, tol=1e-6, max_iter=6)  # explodes


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


@safe.mutant("1/c lands on the bottom in one step, but you may go further: up to twice that, the walk still shrinks.")
def _(curvature: float) -> float:
    return 1 / curvature


@safe.mutant("More curvature needs SMALLER steps. Divide by the curvature.")
def _(curvature: float) -> float:
    return curvature


@safe.mutant("Upside down: the more the bowl bends, the smaller the safe rate.")
def _(curvature: float) -> float:
    return curvature / 2


@safe.mutant("The curvature counts once: the factor is 1 − ηc, with no square in it.")
def _(curvature: float) -> float:
    return 2 / curvature**2


@safe.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(curvature=4)
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


@heavy.mutant("You moved with the OLD velocity. Update v first, then use the new v to move x.")
def _(x: float, v: float, df: Slope, lr: float, beta: float) -> tuple[float, float]:
    return x - lr * v, beta * v + df(x)


@heavy.mutant("The velocity has the wrong sign: v collects slopes, and the walk goes against v.")
def _(x: float, v: float, df: Slope, lr: float, beta: float) -> tuple[float, float]:
    v = beta * v - df(x)
    return x - lr * v, v


@heavy.mutant("You forgot β: the old velocity must fade, or the ball never comes to rest.")
def _(x: float, v: float, df: Slope, lr: float, beta: float) -> tuple[float, float]:
    v = v + df(x)
    return x - lr * v, v


@heavy.mutant("You averaged: (1 − β) times the slope. That is another rule; here the slope is added whole.")
def _(x: float, v: float, df: Slope, lr: float, beta: float) -> tuple[float, float]:
    v = beta * v + (1 - beta) * df(x)
    return x - lr * v, v


@heavy.mutant("Here v holds slopes, and η is applied when you walk: x − ηv. You put η into v.")
def _(x: float, v: float, df: Slope, lr: float, beta: float) -> tuple[float, float]:
    v = beta * v + lr * df(x)
    return x - v, v


@heavy.mutant("The order of the answer is x first, then v.")
def _(x: float, v: float, df: Slope, lr: float, beta: float) -> tuple[float, float]:
    v = beta * v + df(x)
    return v, x - lr * v


@heavy.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(x=1.0, v=0.5, df=function_of("x", "2.0 * x"), lr=0.2, beta=0.9)  # 1 − β is not lr
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
    if not np.all(np.isfinite(history)):
        return "diverged"
    steps = np.diff(history)
    if abs(steps[-1]) > abs(steps[0]):
        return "diverged"
    if abs(steps[-1]) < 1e-6:
        return "converged"
    return "oscillating" if steps[-1] * steps[-2] < 0 else "slow"


@trace.mutant("You test whether x is near 0. The walk may settle anywhere: look at the last step, not the last place.")
def _(history: list[float]) -> str:
    if not np.all(np.isfinite(history)):
        return "diverged"
    steps = np.diff(history)
    if abs(steps[-1]) > abs(steps[0]):
        return "diverged"
    if abs(history[-1]) < 1e-6:
        return "converged"
    return "oscillating" if steps[-1] * steps[-2] < 0 else "slow"


@trace.mutant("A walk that has left the number line (inf or nan) passed you by: comparisons with nan are never true.")
def _(history: list[float]) -> str:
    with np.errstate(all="ignore"):
        steps = np.diff(history)
        if abs(steps[-1]) > abs(steps[0]):
            return "diverged"
        if abs(steps[-1]) < 1e-6:
            return "converged"
        return "oscillating" if steps[-1] * steps[-2] < 0 else "slow"


@trace.mutant("An explosion often changes sides, too. First ask whether the steps grow, then whether they alternate.")
def _(history: list[float]) -> str:
    with np.errstate(all="ignore"):
        steps = np.diff(history)
        if steps[-1] * steps[-2] < 0 and abs(steps[-1]) >= 1e-6:
            return "oscillating"
    if not np.all(np.isfinite(history)) or abs(steps[-1]) > abs(steps[0]):
        return "diverged"
    return "converged" if abs(steps[-1]) < 1e-6 else "slow"


@trace.mutant("A zig-zag that has not settled is called slow here. Compare the signs of the last two steps.")
def _(history: list[float]) -> str:
    if not np.all(np.isfinite(history)):
        return "diverged"
    steps = np.diff(history)
    if abs(steps[-1]) > abs(steps[0]):
        return "diverged"
    return "converged" if abs(steps[-1]) < 1e-6 else "slow"


@trace.mutant("Going down in a straight line is not oscillating. Steps alternate when neighbours have OPPOSITE signs.")
def _(history: list[float]) -> str:
    if not np.all(np.isfinite(history)):
        return "diverged"
    steps = np.diff(history)
    if abs(steps[-1]) > abs(steps[0]):
        return "diverged"
    if abs(steps[-1]) < 1e-6:
        return "converged"
    return "slow" if steps[-1] * steps[-2] < 0 else "oscillating"


@trace.mutant("You compare the steps themselves. A long step to the left is negative: compare sizes, with abs.")
def _(history: list[float]) -> str:
    if not np.all(np.isfinite(history)):
        return "diverged"
    steps = np.diff(history)
    if steps[-1] > steps[0]:
        return "diverged"
    if steps[-1] < 1e-6:
        return "converged"
    return "oscillating" if steps[-1] * steps[-2] < 0 else "slow"


@trace.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    # many walks a case: one word alone could be guessed. Each walk is x - bottom multiplied by a fixed factor.
    factors = {"converged": (-0.5, 0.5), "zig-zag": (-0.99, -0.9), "crawl": (0.93, 0.995), "explode": (-1.6, -1.1)}
    for _ in range(2):
        walks = []
        for _ in range(20):
            low, high = factors[str(rng.choice(list(factors)))]
            bottom, start = rng.normal(0, 3), rng.uniform(1, 2)
            walks.append([float(v) for v in bottom + start * rng.uniform(low, high) ** np.arange(40)])
        walks.append([1.0, -1.0] * 10)
        walks.append([1.0, -3.0, 9.0, float("inf"), float("nan"), float("nan")])
        walks.append([2.0, float("inf"), float("nan"), float("nan")])
        yield dict(histories=[walks[i] for i in rng.permutation(len(walks))])


@trace.observe
def _(answer: Callable[[list[float]], str], case: Case) -> list[str]:
    return [answer(list(history)) for history in case["histories"]]


trace.hints(
    "Compare steps, not places: are the steps growing, gone, changing sides, or none of these?",
    "np.diff(history) gives the steps; a step's size is its absolute value, its side is its sign.",
    "Ask in this order: not finite or last step larger than the first; last step under 1e-6; last two signs differ.",
)

# ------------------------------------------------------------------------------------------------ predictions and quiz

predictions = [
    prediction(
        "02.a",
        "You stand at x = 1.6 on the hill ½x². At each step you move by −η · slope, with η = 0.3. "
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
