"""Answers to lesson 06, when there is no gradient.

Every function here stands alone: it sees ``np``, ``dl`` and its own arguments, nothing else.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcourse.lesson import exercise, function_of, prediction, question

Array = NDArray[np.float64]
Case = dict[str, Any]

# ------------------------------------------------------------------------------------------------ 06.1

kink = exercise("06.1", "A slope at a kink", points=1)


@kink.reference
def subgrad_abs(x: float) -> float:
    """Off the kink there is one slope: −1 on the left of 0, +1 on its right.

    At 0 every line with a slope from −1 to 1 touches |x| from below, so each of them is a subgradient.
    The sign takes the one in the middle.
    """
    return np.sign(x)


kink.mutant(
    "x / |x| is 0 / 0 at the kink, which is no number. Say what the answer is at 0.",
    "np.sign(x)",
    "np.float64(x) / abs(x)",
)
kink.mutant("The sign is wrong: on the right of 0 the ground |x| rises to the right.", "np.sign(x)", "-np.sign(x)")
kink.mutant(
    "On the right of 0 the ground |x| rises to the right, so its slope there is +1.",
    "np.sign(x)",
    "-1.0 if x > 0 else 1.0",
)
kink.mutant("To the left of 0 the ground |x| falls to the right, so its slope there is −1.", "np.sign(x)", "1.0")
kink.mutant("That is the height |x|. Its slope is asked for.", "np.sign(x)", "abs(x)")
kink.mutant("You took the slope of ½x². |x| is equally steep everywhere, as far from 0 as you like.", "np.sign(x)", "x")
kink.mutant(
    "At 0 you gave both ends of the range. Any number between them will do, but give one.",
    "np.sign(x)",
    "np.sign(x) if x else [-1.0, 1.0]",
)
kink.mutant(
    "At 0 you return nothing, and nothing is None. Any number from −1 to 1 will do there.",
    "np.sign(x)",
    "np.sign(x) if x else None",
)
kink.mutant(
    "A slope near 0 is not 0. However close to the kink you stand, |x| still has the slope −1 or +1.",
    "np.sign(x)",
    "np.sign(x) if abs(x) > 1e-3 else 0.0",
)
kink.mutant(
    "Closer to the kink than your h, both sides mix. Off 0 the slope is −1 or +1 however close: ask for the sign of x.",
    "np.sign(x)",
    "(abs(x + 1e-5) - abs(x - 1e-5)) / 2e-5",
)


@kink.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    for x in (-2, 3, 0, 0.5, -0.25):
        yield dict(x=x)
    # one slope alone could be guessed: many places; never closer to 0 than 1e-6, so that measuring with that h is right
    for scale in (1.0, 10.0, 1e-5):
        for sign in rng.permutation(np.repeat([-1.0, 1.0], 10)):
            yield dict(x=float(sign * rng.uniform(0.11, 2.0) * scale))
    yield dict(x=0.0)
    for x in (-1, 1):  # where a special case for 0 may have slipped to
        yield dict(x=x)


@kink.accepts
def _(slope: Any, case: Case) -> bool | str:
    """Off 0 the sign, measured or known; at 0 anything from −1 to 1."""
    x = case["x"]
    if np.ndim(slope) != 0 or isinstance(slope, str | bool) or slope is None:
        return "One number is asked for."
    if not np.isfinite(slope):
        return "This is no number."
    if x == 0:
        return bool(abs(slope) <= 1) or "At 0 a line this steep does not stay below |x|: it cuts through the ground."
    return (
        bool(abs(slope - np.sign(x)) < 1e-5)
        or f"At x = {x:.3g} the ground has one slope only, and it is not {slope:.6g}."
    )


kink.hints(
    "Stand on the right of 0 and take a small step: how much does |x| change? Then on the left. Then choose for 0.",
    "x is a number, and so is the answer: one of two slopes off 0, and at 0 any number between these two.",
    "np.sign(x) is −1, 0 or 1.",
)

# ------------------------------------------------------------------------------------------------ 06.2

search = exercise("06.2", "Random search", points=2, start="...")


@search.reference
def random_search(f: Callable[[Array], float], x0: Array, spread: float, n: int, rng: np.random.Generator) -> Array:
    """Try a place nearby, and go there unless it is higher.

    Ties are accepted: on a flat you wander about, and may wander off it.
    """
    x = x0
    for _ in range(n):
        candidate = x + spread * rng.normal(size=len(x0))
        if f(candidate) <= f(x):
            x = candidate
    return x


TRIED = "candidate = x + spread * rng.normal(size=len(x0))"
search.mutant(
    "You go to every candidate, the higher ones too. Compare the heights first.", "f(candidate) <= f(x)", "True"
)
search.mutant(
    "You climb: the comparison is the wrong way round. Keep the candidate where it is NOT higher.", "<=", ">="
)
search.mutant("You go where it is higher. Go there unless it is higher: compare with <=.", "<=", ">")
search.mutant(
    "On level ground you stay put. Go to candidates of the SAME height, too: so you wander off a step.", "<=", "<"
)
search.mutant(
    "All candidates lie around x0. Search around the place where you are now.", "candidate = x +", "candidate = x0 +"
)
search.mutant(
    "You return the last candidate, even if it was turned down. Return the place where you stand.",
    "return x",
    "return candidate",
)
search.mutant("spread is missing: it says how far around you the candidates lie.", "spread * ", "")
search.mutant(
    "Each candidate is compared with the start. Compare it with the place where you are now.", "f(x)", "f(x0)"
)
search.mutant("All coordinates move by the same number. Draw one for each: size=len(x0).", "size=len(x0)", "size=1")
search.mutant(
    "A normal number has both signs, a uniform one from rng.random has not. Draw with rng.normal.",
    "rng.normal(size=",
    "rng.random(size=",
)
search.mutant(
    "You go on until n candidates were accepted. n is the number of tries, whether accepted or not.",
    [
        ("for _ in range(n)", "moves, tries = 0, 0\n    while moves < n and tries < 10000"),
        (TRIED, TRIED + "\n        tries += 1"),
        ("x = candidate", "x = candidate\n            moves += 1"),
    ],
)
search.mutant(
    "Only the first try is made. Is a `return` inside the loop? It ends the loop in its first turn.",
    "    return",
    "        return",
)
search.mutant(
    "You return all places. The last one is asked for.",
    [
        ("x = x0\n", "x = x0\n    path = [x]\n"),
        ("x = candidate", "x = candidate\n            path.append(x)"),
        ("return x", "return path"),
    ],
)
search.mutant("You return the height. The place where you stand is asked for.", "return x", "return f(x)")
search.mutant(
    "You return two things. The place where you stand is asked for, and nothing else.", "return x", "return x, f(x)"
)


search.mutant(
    "The first number that rng.normal takes is the mean of what it draws, not the spread: multiply by it.",
    "spread * rng.normal(size=len(x0))",
    "rng.normal(spread, size=len(x0))",
)


search.mutant(
    "You ask the height of one place and go to another: rng.normal draws anew each time. Draw once and keep it.",
    "x = candidate\n    return",
    "x = x + spread * rng.normal(size=len(x0))\n    return",
)


@search.mutant("All your candidates lie around x0. Each try starts at the place where you are by then.")
def _(f: Callable[[Array], float], x0: Array, spread: float, n: int, rng: np.random.Generator) -> Array:
    return min([x0, *(x0 + spread * rng.normal(size=len(x0)) for _ in range(n))], key=f)


@search.mutant("All your candidates lie around x0, and the lowest one wins. Each try starts where you are by then.")
def _(f: Callable[[Array], float], x0: Array, spread: float, n: int, rng: np.random.Generator) -> Array:
    return min([x0 + spread * rng.normal(size=len(x0)) for _ in range(n)], key=f)


search.mutant("n counts the tries. A candidate has as many numbers as x0 has: size=len(x0).", "size=len(x0)", "size=n")


search.equivalent("len(x0))", "len(x))", "x and x0 have the same length all along.")
search.equivalent("range(n)", "range(1, n + 1)", "The number of the try is not used.")
search.equivalent("range(n)", "reversed(list(range(n)))", "The number of the try is not used.")


@search.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    stairs = function_of("x", "np.sum(np.floor(2.0 * np.abs(x)))")
    bowl, aside = function_of("x", "np.sum(x * x)"), function_of("x", "np.sum((x - 1.0) ** 2)")
    yield dict(f=bowl, x0=np.array([1.0]), spread=0.5, n=3, seed=2)
    yield dict(f=bowl, x0=np.array([3, -2]), spread=0.5, n=1, seed=2)
    for d, spread in ((1, 0.3), (2, 0.2), (3, 0.4)):
        x0 = rng.uniform(1.5, 3.0, size=d) * rng.choice([-1.0, 1.0], size=d)
        for n in (2, *range(8, 13)):  # many lengths, so that a last step that happened to be taken hides nothing
            yield dict(f=stairs, x0=x0, spread=spread, n=n, seed=int(rng.integers(1000)))
            yield dict(f=aside, x0=x0 + 0.1, spread=spread, n=n, seed=int(rng.integers(1000)))
    yield dict(f=bowl, x0=np.array([1.0, 2.0]), spread=0.5, n=0, seed=2)


@search.observe
def _(answer: Callable[..., Any], case: Case) -> Any:
    return answer(case["f"], case["x0"], case["spread"], case["n"], np.random.default_rng(case["seed"]))


search.hints(
    "You can only ask how high a place is. Ask about a place nearby; is it worth going there?",
    "x has the shape (d,), and so has rng.normal(size=len(x)). f(x) is one number. Each candidate is a new array.",
    "n times: candidate = x + spread * rng.normal(size=len(x)); if f(candidate) <= f(x), x becomes the candidate.",
)

# ------------------------------------------------------------------------------------------------ 06.3

dice = exercise("06.3", "A gradient from dice", points=2)


@dice.reference
def score_gradient(theta: float, reward: Callable[[Any], Any], n: int, rng: np.random.Generator) -> Any:
    """The mean of reward times score. The score, a − p, is the derivative of log p(a) with respect to θ.

    The reward itself is never differentiated: it may jump, or be known from trials only.
    """
    p = 1 / (1 + np.exp(-theta))
    a = 1.0 * (rng.random(n) < p)
    return np.mean(reward(a) * (a - p))


dice.mutant(
    "You averaged the rewards: that is J itself. Multiply each reward by the score of its action first.",
    " * (a - p)",
    "",
)
dice.mutant("The score is a − p, not a: rewards for the other action count, too, with a minus.", "(a - p)", "a")
dice.mutant(
    "The sign is wrong: an action that was taken (a = 1) becomes likelier when θ grows. The score is a − p.",
    "(a - p)",
    "(p - a)",
)
dice.mutant("You added the n products up. An estimate of an expectation is their mean.", "np.mean", "np.sum")
dice.mutant(
    "You multiplied the mean reward by the slope of p. Each action has a score of its own: 0 and 1 differ.",
    "np.mean(reward(a) * (a - p))",
    "np.mean(reward(a)) * p * (1 - p)",
)
dice.mutant(
    "You threw the dice with θ as the probability. θ may be any number: the probability is σ(θ).",
    "1 / (1 + np.exp(-theta))",
    "theta",
)
dice.mutant(
    "Your σ has the wrong sign: σ(θ) = 1 / (1 + exp(−θ)), so a larger θ makes action 1 likelier.", "-theta", "theta"
)
dice.mutant(
    "Your a is 1 with probability 1 − p. rng.random is below p with probability p: compare with <.", "< p", "> p"
)
dice.mutant("One throw for all. Draw n actions: rng.random(n).", "rng.random(n)", "rng.random()")
dice.mutant(
    "You averaged the scores and the rewards apart. Multiply throw by throw, then average.",
    "np.mean(reward(a) * (a - p))",
    "np.mean(reward(a)) * np.mean(a - p)",
)
dice.mutant(
    "You asked for the reward of p, not of the actions. Throw, then ask for reward(a).", "reward(a)", "reward(p)"
)
dice.mutant(
    "You gave every throw the score of action 1, 1 − p. Action 0 has 0 − p: the score is a − p.", "(a - p)", "(1 - p)"
)
dice.mutant(
    "You wrote the rewards yourself, 4 and 1. Another task has others: ask for reward(a).", "reward(a)", "(1 + 3 * a)"
)
dice.equivalent("< p", "<= p", "A draw is exactly p about once in 10¹⁶ times.")
dice.equivalent(
    "np.mean(reward(a) * (a - p))",
    ("np.mean(reward(a) * (a - p), axis=0)", "np.mean(reward(a) * (a - p), axis=-1)"),
    "The throws have one axis, and it is both the first and the last.",
)
dice.equivalent("1.0 * (rng.random(n) < p)", "rng.random(n) < p", "True counts as 1 and False as 0.")


@dice.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    step = function_of("a", "1 + 3 * a")
    yield dict(theta=0.0, reward=step, n=2000, seed=0)
    yield dict(theta=1.5, reward=step, n=1, seed=1)
    yield dict(theta=-0.5, reward=step, n=30, seed=2)
    for sign in (1, -1):
        low, high = (round(float(v), 1) for v in (rng.uniform(1, 2), rng.uniform(4, 6)))
        reward = function_of("a", f"np.where(np.asarray(a) > 0.5, {high}, {low})")
        yield dict(theta=sign * float(rng.uniform(0.4, 1.5)), reward=reward, n=2000, seed=int(rng.integers(1000)))
    reward = function_of("a", "np.where(np.asarray(a) > 0.5, 2.0, 9.0)")
    yield dict(theta=float(rng.uniform(-0.5, 0.5)), reward=reward, n=2000, seed=int(rng.integers(1000)))


@dice.observe
def _(answer: Callable[..., Any], case: Case) -> list[Any]:
    """Estimates from several generators, the first once more at the end. Few throws are tried often."""
    seeds = (*range({1: 200, 30: 500}.get(case["n"], 6)), 0)
    return [answer(case["theta"], case["reward"], case["n"], np.random.default_rng([case["seed"], k])) for k in seeds]


@dice.accepts
def _(estimates: list[Any], case: Case) -> bool | str:
    """An estimate says how many of its n actions were 1: a whole number, near n·σ(θ).

    Each action 1 adds high·(1 − p), each action 0 takes off low·p. So what was not thrown cannot come out, however
    near to the exact slope it is. Seven standard errors: an honest estimate misses that less than once in 10¹¹ times.
    Nor do honest throws always give about n·σ(θ) ones: that number varies from generator to generator, by √(np(1 − p)).
    """
    n, p = case["n"], 1 / (1 + np.exp(-case["theta"]))
    low, high = float(case["reward"](0)), float(case["reward"](1))
    if len(estimates) != {1: 200, 30: 500}.get(n, 6) + 1:  # as many as are asked for: fewer would hide their spread
        return False
    for estimate in estimates:
        if np.ndim(estimate) != 0 or isinstance(estimate, str | bool) or estimate is None or not np.isfinite(estimate):
            return "Give back one number, the estimate of dJ/dθ."
    ones = (n * np.array(estimates, dtype=float) + n * low * p) / (high * (1 - p) + low * p)
    if np.any(abs(ones - np.clip(np.round(ones), 0, n)) > 1e-6 * n):
        return (
            "This is no mean of reward times score over n throws: an action 1 adds r(1) · (1 − p), a 0 adds −r(0) · p."
        )
    share, thrown = float(np.mean(ones[:-1])) / n, n * (len(estimates) - 1)
    if abs(share - p) > 7 * np.sqrt(p * (1 - p) / thrown):
        return (
            f"That comes out where {share:.0%} of the actions are 1, and σ(θ) is {p:.0%}. Draw a n times, each 1 with "
            "probability σ(θ)."
        )
    if np.all(ones == ones[0]):  # two may agree by chance
        return "Different generators gave the same number to the last digit: draw n actions from rng."
    spread = float(np.std(ones[:-1])) / np.sqrt(n * p * (1 - p))
    if len(ones) > 300 and not 0.79 < spread < 1.21:  # more than six standard errors
        return (
            f"From generator to generator the number of your ones varies {spread:.2g} times as much as honest throws. "
            "Throw each of the n actions on its own."
        )
    if estimates[0] != estimates[-1]:
        return "The same seed gave two different estimates: take all randomness from rng and nowhere else."
    return True


dice.hints(
    "Which of the two actions was taken, what did it earn, and would a larger θ have made it likelier or rarer?",
    "rng.random(n) < p is an array of n actions. Rewards and scores have the shape (n,); the answer is one number.",
    "p = 1 / (1 + np.exp(-theta)), a = (rng.random(n) < p) * 1.0; the answer is the mean of reward(a) * (a - p).",
)

# ------------------------------------------------------------------------------------------------ 06.4

critic = exercise("06.4", "A critic, and what it advises", points=2, rtol=1e-6)


@critic.reference
def fit_critic(a: Any, r: Any) -> Any:
    """Fit c₂a² + c₁a + c₀ by least squares; its slope 2c₂a + c₁ is 0 at −c₁/(2c₂).

    That is a top only if the parabola opens downwards. If it does not, the critic knows of no best action, and the
    best one that was tried is all there is.
    """
    c2, c1, _ = np.polyfit(a, r, 2)
    if c2 >= 0:
        return a[np.argmax(r)]
    return -c1 / (2 * c2)


TOP = "-c1 / (2 * c2)"
critic.mutant(
    "You returned the best action that was tried. It may have been luck: ask the parabola where its top is.",
    "c2 >= 0",
    "True",
)
critic.mutant(
    "This parabola opens upwards: where its slope is 0 it has a bottom. Then return the best action tried.",
    "c2 >= 0",
    "False",
)
critic.mutant("The condition is turned round: c₂ < 0 opens downwards, and has a top.", "c2 >= 0", "c2 < 0")
critic.mutant("Twice too far: the slope of c₂a² is 2c₂a, so there is a 2 below the line.", "(2 * c2)", "c2")
critic.mutant(
    "`/ 2 * c` divides by 2 and then MULTIPLIES by c. Put brackets around what you divide by.", "(2 * c2)", "2 * c2"
)
critic.mutant("The sign is wrong: 2c₂a + c₁ is 0 at a = −c₁ / (2c₂).", "-c1 /", "c1 /")
critic.mutant(
    "The coefficients are mixed up: np.polyfit gives the one of the highest power first.", "c2, c1, _ =", "_, c1, c2 ="
)
critic.mutant(
    "The coefficients are mixed up: the highest power comes first. And ask which way the parabola opens.",
    [("c2, c1, _ =", "_, c1, c2 ="), ("c2 >= 0", "False")],
)
critic.mutant(
    "You fitted the actions to the rewards. The reward is the height over the action: np.polyfit(a, r, 2).",
    "polyfit(a, r",
    "polyfit(r, a",
)
critic.mutant(
    "That is the reward at the top. The action is asked for: where the top is, not how high.",
    [("c1, _", "c1, c0"), ("a[np.argmax(r)]", "max(r)"), (TOP, "c0 - c1**2 / (4 * c2)")],
)
critic.mutant(
    "Where it opens upwards you return a place in the list. Look up the action that stands there.",
    "a[np.argmax(r)]",
    "np.argmax(r)",
)
critic.mutant(
    "Where it opens upwards you return the largest reward. The action that earned it is asked for.",
    "a[np.argmax(r)]",
    "max(r)",
)
critic.mutant(
    "Where it opens upwards you return the worst action tried. The best has the LARGEST reward.", "argmax", "argmin"
)
critic.mutant(
    "Where it opens upwards you return the largest action. The best has the largest REWARD.",
    "a[np.argmax(r)]",
    "max(a)",
)
critic.mutant(
    "`/ 2 * c` divides by 2 and then MULTIPLIES by c. And ask which way the parabola opens.",
    [("(2 * c2)", "2 * c2"), ("c2 >= 0", "False")],
)
critic.mutant(
    "The slope of c₂a² is 2c₂a, so there is a 2 below the line. And ask which way the parabola opens.",
    [("(2 * c2)", "c2"), ("c2 >= 0", "False")],
)
critic.equivalent(
    "c2 >= 0",
    "c2 > 0",
    "Rounding leaves no c₂ that is exactly 0, but for rewards that are all 0, where every action is best.",
)


critic.equivalent("argmax(r)", "argmax(r, axis=0)", "The rewards have one axis, and it is both the first and the last.")
critic.equivalent(
    "argmax(r)", "argmax(r, axis=-1)", "The rewards have one axis, and it is both the first and the last."
)


critic.mutant(
    "Where it opens upwards you return the action that the parabola likes best. Return the one that earned most.",
    "np.argmax(r)",
    "np.argmax(np.polyval(np.polyfit(a, r, 2), a))",
)


@critic.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(a=[0, 1, 2], r=[0, 3, 0])
    yield dict(a=[0, 1, 3], r=[4, 0, 12])  # opens upwards
    yield dict(a=[0, 1, 3], r=[12, 0, 4])  # the best action is not the largest one
    yield dict(a=[0, 1, 2, 3], r=[5, 0, 3, 4.5])  # nor the one where the parabola is highest
    for noise, bend in ((0.0, -1.0), (0.3, -0.5), (0.3, -2.0), (0.1, 1.5), (0.1, 0.8)):
        best = float(rng.uniform(1.5, 3.0)) * float(rng.choice([-1, 1]))
        a = best + rng.permutation(np.linspace(-2, 2, 9)) + rng.uniform(-0.2, 0.2, size=9)
        lift = float(rng.choice([-0.4, 0.4]))
        r = float(rng.uniform(2, 4)) + bend * (a - best + lift) ** 2 + noise * rng.normal(size=9)
        yield dict(a=a, r=r)


critic.hints(
    "Draw a parabola through the cloud of tries. Where is its top, and when has it none?",
    "np.polyfit(a, r, 2) gives three numbers: c₂, c₁ and c₀, the highest power first. One action comes back.",
    "Where c₂ is negative: -c1 / (2 * c2). Otherwise the entry of a at np.argmax(r).",
)

# ------------------------------------------------------------------------------------------------ 06.5

cantor = exercise("06.5", "The devil's staircase", points=2)


@cantor.reference
def devil(x: float, k: int) -> float:
    """Follow x into its third, k times.

    A third is stretched by 3 to the whole, has one refinement less to come, and is half as high.
    In the middle third all is level: the height is known, whatever is left of k.
    """
    if k == 0:
        return x
    if x < 1 / 3:
        return devil(3 * x, k - 1) / 2
    if x <= 2 / 3:
        return 0.5
    return 0.5 + devil(3 * x - 2, k - 1) / 2


LEFT, RIGHT = "devil(3 * x, k - 1) / 2", "0.5 + devil(3 * x - 2, k - 1) / 2"
cantor.mutant(
    "The right third is neither halved nor lifted. It is the copy, half as high, on top of 1/2.",
    RIGHT,
    "devil(3 * x - 2, k - 1)",
)
cantor.mutant(
    "In the middle third your staircase drops: it is level at ½ of the piece, not at its foot.",
    "return 0.5\n",
    "return 0.0\n",
)
cantor.mutant(
    "In the middle third your staircase still climbs like the line. It is level there, at ½ of the piece.",
    "return 0.5\n",
    "return x\n",
)
cantor.mutant(
    "Your copies are a third as high. They are a third as WIDE, and half as high: two make the whole.",
    [(LEFT, LEFT.replace("/ 2", "/ 3")), (RIGHT, RIGHT.replace("/ 2", "/ 3"))],
)
cantor.mutant(
    "Your copies are as high as the whole. They are half as high: two of them make the whole.",
    [(LEFT, LEFT.replace(" / 2", "")), (RIGHT, RIGHT.replace(" / 2", ""))],
)
cantor.mutant("The copy in the left third is as high as the whole. It is half as high.", LEFT, "devil(3 * x, k - 1)")
cantor.mutant(
    "The copy in the right third is as high as the whole. It is half as high.", RIGHT, "0.5 + devil(3 * x - 2, k - 1)"
)
cantor.mutant(
    "You refine for ever, until x lies on a level third. Refine k times only, then take the straight line.",
    [("k == 0", "k == -60")],
)
cantor.mutant(
    "You refine once only. The copy is refined, too, k − 1 times: let devil call itself.",
    [(LEFT, "1.5 * x"), (RIGHT, "0.5 + (3 * x - 2) / 2")],
)
cantor.mutant("The right third starts half way up. Add this ½ to its copy.", RIGHT, "devil(3 * x - 2, k - 1) / 2")
cantor.mutant(
    "In the right third, x goes from 2/3 to 1. Stretched to 0 … 1 it is 3x − 2, not 3x.", "3 * x - 2", "3 * x"
)
cantor.mutant(
    "In the right third, x goes from 2/3 to 1. Stretched to 0 … 1 it is 3x − 2, not 3x − 1.", "3 * x - 2", "3 * x - 1"
)
cantor.mutant(
    "A third is stretched to the whole: multiply x by 3. You divide it.", [("devil(3 * x, ", "devil(x / 3, ")]
)
cantor.mutant(
    "When k is used up the straight line is left: devil(x, 0) is x. You end at the foot of that line.",
    "return x",
    "return 0.0",
)
cantor.mutant("One refinement too few: devil(x, 0) is x, and devil(x, 1) has one.", "k == 0", "k <= 1")
cantor.mutant("One refinement too many: devil(x, 0) is x, the straight line.", "k == 0", "k == -1")
cantor.mutant(
    "Your thirds are rounded. Write 1/3 and 2/3: between 0.33 and a third the staircase is another.",
    [("1 / 3", "0.33"), ("2 / 3", "0.66")],
)
cantor.mutant("Your thirds are rounded to three digits. Write 1/3 and 2/3.", [("1 / 3", "0.333"), ("2 / 3", "0.667")])
cantor.mutant("Thirds end at 1/3 and 2/3. You wrote 0.3 and 0.7, or the like.", [("1 / 3", "0.3"), ("2 / 3", "0.7")])
cantor.equivalent("x < 1 / 3", "x <= 1 / 3", "At a third the left copy ends at ½, where the level part begins.")
cantor.equivalent("x <= 2 / 3", "x < 2 / 3", "At two thirds the right copy begins at ½, where the level part ends.")


cantor.mutant("The copy has one refinement less to come: hand k − 1 on, not k.", "k - 1", "k", count=2)


cantor.equivalent("k == 0", "k <= 0", "k counts down one by one, and so meets 0.")
cantor.equivalent(
    "    if x < 1 / 3:\n        return devil(3 * x, k - 1) / 2\n    if x <= 2 / 3:\n        return 0.5\n",
    "    if x <= 2 / 3:\n        if x < 1 / 3:\n            return devil(3 * x, k - 1) / 2\n        return 0.5\n",
    "What is left of a third is left of two thirds.",
)


cantor.mutant(
    "You stretch nothing: x in a third has to become 0 … 1 again, for the copy is a whole staircase.",
    [("3 * x, k", "x, k"), ("3 * x - 2, k", "x - 2 / 3, k")],
)
cantor.mutant(
    "k is never asked for: when no refinement is left, the straight line is, and devil(x, 0) is x.",
    "    if k == 0:\n        return x\n",
    "",
)


@cantor.mutant("You cut at ¼ and ¾. The staircase is cut into thirds: at 1/3 and 2/3, and a third is stretched by 3.")
def _(x: float, k: int) -> float:
    def quarters(x: float, k: int) -> float:
        if k == 0:
            return x
        if x < 0.25:
            return quarters(4 * x, k - 1) / 2
        return 0.5 + quarters(4 * x - 3, k - 1) / 2 if x > 0.75 else 0.5

    return quarters(x, k)


@cantor.mutant("You take a height for the next x. Refine the copy first, devil(3x, k − 1); then halve what it gives.")
def _(x: float, k: int) -> float:
    for _ in range(k):
        x = 1.5 * x if x < 1 / 3 else 0.5 if x <= 2 / 3 else 0.5 + (3 * x - 2) / 2
    return x


@cantor.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    for x, k in ((0.1, 2), (0.4, 2), (0.1, 1), (0.9, 1), (0.25, 0), (1, 1), (0, 3)):
        yield dict(x=x, k=k)
    for x in (
        0.331,
        0.3331,
        0.3335,
        0.335,
        0.664,
        0.6664,
        0.6668,
        0.668,
        0.32,
        0.69,
    ):  # close to the borders of the thirds
        yield dict(x=x, k=2)
    for k in (2, 3, 9):
        for x in rng.permutation(np.concatenate([rng.uniform(a, a + 1 / 3, size=5) for a in (0.0, 1 / 3, 2 / 3)])):
            yield dict(x=float(x), k=k)
        yield dict(x=1.0, k=k)


cantor.hints(
    "In which third is x? The middle one is level; the outer ones are small copies of the whole staircase.",
    "A copy is stretched to 0 … 1 by 3x (left) or 3x − 2 (right), has k − 1 refinements left, and is half as high.",
    "A function may call itself. k = 0: x. Left: devil(3*x, k-1) / 2. Middle: 1/2. Right: 1/2 + devil(3*x-2, k-1) / 2.",
)

# ------------------------------------------------------------------------------------------------ predictions and quiz

predictions = [
    prediction(
        "06.a",
        "You walk down by the slope, always by −η · slope. On which of these grounds does that bring you near the "
        "lowest place?",
        options={
            "On |x|, which has a kink": "The slope is ±1 everywhere else, and it points the right way.",
            "On stairs that lead down": "You stand on a step, and a step is level. The slope is 0: you stay.",
            "On a level field with one pit": "Far from the pit the ground is smooth, and as good as level. You stay.",
        },
        answer="On |x|, which has a kink",
    ),
    prediction(
        "06.b",
        "A bowl in 300 dimensions. With gradients, 11 steps bring you down to a hundredth of the height. Without "
        "them you can only measure heights. How many must you measure?",
        options={
            "About as many as with gradients": "Each measured height tells one thing, and there are 300 directions.",
            "Some thousands": "A slope costs two heights per direction, so the bill grows with the dimension.",
            "More than there are atoms in the universe": (
                "That is what blind guessing costs: 10³⁰⁰. Who remembers the last good place does far better."
            ),
        },
        answer="Some thousands",
    ),
    prediction(
        "06.c",
        "A hill is continuous, without a single jump. At a place chosen at random its slope is 0, practically "
        "always. From the left end to the right end it rises by …",
        options={
            "nothing": "So one would think. But the few places that are left over do all the climbing.",
            "a tiny bit": "Then the bit could be made tinier still. It can be a whole unit.",
            "whatever one likes, say 1": "All the climbing happens in places so rare that you never hit them.",
        },
        answer="whatever one likes, say 1",
    ),
]

quiz = [
    question(
        "06.q1",
        "LeCun's notes list a hole, a staircase and a flat as cases without a gradient. Which one has it everywhere?",
        options={
            "The hole": "At its rim the ground jumps: there is no slope there.",
            "The staircase": "On its steps it has a slope, 0. At the risers it jumps.",
            "The flat": "It is smooth, and its gradient exists everywhere. It is 0, and that tells you nothing.",
        },
        answer="The flat",
    ),
    question(
        "06.q2",
        "You walk on |x| with a fixed η and hop about the kink for ever. What helps?",
        options={
            "A better choice of the slope at 0": "You hardly ever land on 0 exactly. The slope beside it stays ±1.",
            "An η that shrinks from step to step": "The hops are as long as η. Let it shrink, but not too fast.",
            "A smoother start": "The start is forgotten after a few steps. The hops are not.",
        },
        answer="An η that shrinks from step to step",
    ),
    question(
        "06.q3",
        "The reward jumps from 1 to 4. What has a derivative with respect to the policy's parameter θ?",
        options={
            "The reward": "It jumps, and it does not contain θ at all.",
            "The expected reward": "θ moves probabilities, and these move smoothly. So does the average.",
            "Neither": "The reward has none. Its average over actions drawn by the policy has.",
        },
        answer="The expected reward",
    ),
    question(
        "06.q4",
        "What does the critic in an actor–critic method give you?",
        options={
            "The true reward, exactly": "It is fitted to a few trials. Where none were made, it is a guess.",
            "A reward that can be differentiated": "It imitates the black box, and you walk up the imitation.",
            "A policy without mistakes": "The actor chooses. The critic only says what it expects that to earn.",
        },
        answer="A reward that can be differentiated",
    ),
    question(
        "06.q5",
        "Two players on xy both take gradient steps at once, with a small η. Where do they end up?",
        options={
            "At (0, 0), the equilibrium": "They circle around it, and each step carries them a little farther out.",
            "On a circle for ever": "A circle needs steps that curve. Straight ones leave it: √(1 + η²) each time.",
            "Farther and farther out": "Each step multiplies the distance by √(1 + η²), which is more than 1.",
        },
        answer="Farther and farther out",
    ),
]
