"""Answers to lesson 06, when there is no gradient.

Every function here stands alone: it sees ``np``, ``dl`` and its own arguments, nothing else.
"""

from collections.abc import Callable, Iterator, Sequence
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
    return float(np.sign(x))


@kink.mutant("x / |x| is 0 / 0 at the kink, which is no number. Say what the answer is at 0.")
def _(x: float) -> float:
    return float(x / abs(x)) if x != 0 else float("nan")


@kink.mutant("The sign is wrong: on the right of 0 the ground |x| rises to the right.")
def _(x: float) -> float:
    return float(-np.sign(x))


@kink.mutant("That is the height |x|. Its slope is asked for.")
def _(x: float) -> float:
    return float(abs(x))


@kink.mutant("You took the slope of ½x². |x| is equally steep everywhere, as far from 0 as you like.")
def _(x: float) -> float:
    return float(x)


@kink.mutant("At 0 you gave both ends of the range. Any number between them will do, but give one.")
def _(x: float) -> Any:
    return [-1.0, 1.0] if x == 0 else float(np.sign(x))


@kink.mutant("A slope near 0 is not 0. However close to the kink you stand, |x| still has the slope −1 or +1.")
def _(x: float) -> float:
    return float(np.sign(x)) if abs(x) > 1e-3 else 0.0


@kink.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    # one slope alone could be guessed: many places a case
    yield dict(xs=[3, -2, 0, 0.5, -0.25])
    for scale in (1.0, 10.0, 1e-5):
        signs = rng.permutation(np.repeat([-1.0, 1.0], 12))
        xs = [float(v) for v in signs * rng.uniform(0.1, 2.0, size=24) * scale]
        yield dict(xs=[*xs[:9], 0.0, *xs[9:]])


@kink.observe
def _(answer: Callable[[float], Any], case: Case) -> list[Any]:
    return [answer(x) for x in case["xs"]]


@kink.accepts
def _(slopes: list[Any], case: Case) -> bool | str:
    """Off 0 the sign; at 0 anything from −1 to 1."""
    for x, slope in zip(case["xs"], slopes, strict=True):
        if np.ndim(slope) != 0 or isinstance(slope, str | bool) or slope is None:
            return f"At x = {x:.3g} one number is asked for."
        if not np.isfinite(slope):
            return f"At x = {x:.3g} this is no number."
        if x == 0 and not -1 <= slope <= 1:
            return "At 0 a line this steep does not stay below |x|: it cuts through the ground."
        if x != 0 and abs(slope - np.sign(x)) > 1e-9:
            return f"At x = {x:.3g} the ground has one slope only, and it is not {slope:.3g}."
    return True


kink.hints(
    "Stand on the right of 0 and take a small step: how much does |x| change? Then on the left. Then choose for 0.",
    "x is a number, and so is the answer: one of two slopes off 0, and at 0 any number between these two.",
    "np.sign(x) is −1, 0 or 1.",
)

# ------------------------------------------------------------------------------------------------ 06.2

search = exercise("06.2", "Random search", points=2, start="...")


@search.reference
def random_search(f: Callable[[Array], float], x0: Array, sigma: float, n: int, rng: np.random.Generator) -> Array:
    """Try a place nearby, and go there unless it is higher.

    Ties are accepted: on a flat you wander about, and may wander off it.
    """
    x, height = np.array(x0, dtype=float), f(x0)
    for _ in range(n):
        candidate = x + sigma * rng.normal(size=len(x))
        new = f(candidate)
        if new <= height:
            x, height = candidate, new
    return x


@search.mutant("You go to every candidate, the higher ones too. Compare the heights first.")
def _(f: Callable[[Array], float], x0: Array, sigma: float, n: int, rng: np.random.Generator) -> Array:
    x = np.array(x0, dtype=float)
    for _ in range(n):
        x = x + sigma * rng.normal(size=len(x))
    return x


@search.mutant("You climb: the comparison is the wrong way round. Keep the candidate where it is NOT higher.")
def _(f: Callable[[Array], float], x0: Array, sigma: float, n: int, rng: np.random.Generator) -> Array:
    x = np.array(x0, dtype=float)
    for _ in range(n):
        candidate = x + sigma * rng.normal(size=len(x))
        if f(candidate) >= f(x):
            x = candidate
    return x


@search.mutant("On level ground you stay put. Go to candidates of the SAME height, too: so you wander off a step.")
def _(f: Callable[[Array], float], x0: Array, sigma: float, n: int, rng: np.random.Generator) -> Array:
    x = np.array(x0, dtype=float)
    for _ in range(n):
        candidate = x + sigma * rng.normal(size=len(x))
        if f(candidate) < f(x):
            x = candidate
    return x


@search.mutant("All candidates lie around x0. Search around the place where you are now.")
def _(f: Callable[[Array], float], x0: Array, sigma: float, n: int, rng: np.random.Generator) -> Array:
    start = np.array(x0, dtype=float)
    x = start
    for _ in range(n):
        candidate = start + sigma * rng.normal(size=len(x))
        if f(candidate) <= f(x):
            x = candidate
    return x


@search.mutant("You return the last candidate, even if it was turned down. Return the place where you stand.")
def _(f: Callable[[Array], float], x0: Array, sigma: float, n: int, rng: np.random.Generator) -> Array:
    x = candidate = np.array(x0, dtype=float)
    for _ in range(n):
        candidate = x + sigma * rng.normal(size=len(x))
        if f(candidate) <= f(x):
            x = candidate
    return candidate


@search.mutant("sigma is missing: it says how far around you the candidates lie.")
def _(f: Callable[[Array], float], x0: Array, sigma: float, n: int, rng: np.random.Generator) -> Array:
    x = np.array(x0, dtype=float)
    for _ in range(n):
        candidate = x + rng.normal(size=len(x))
        if f(candidate) <= f(x):
            x = candidate
    return x


@search.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    stairs = function_of("x", "np.sum(np.floor(2.0 * np.abs(x)))")
    bowl = function_of("x", "np.sum(np.square(x))")
    for d, sigma, n in ((1, 0.3, 20), (2, 0.2, 30), (3, 0.4, 30)):
        x0 = rng.uniform(1.5, 3.0, size=d) * rng.choice([-1.0, 1.0], size=d)
        yield dict(f=stairs, x0=x0, sigma=sigma, n=n, seed=int(rng.integers(1000)))
        yield dict(f=bowl, x0=x0 + 0.1, sigma=sigma, n=n, seed=int(rng.integers(1000)))


@search.observe
def _(answer: Callable[..., Any], case: Case) -> Any:
    """Ten searches go on from one generator, so that a last step that happened to be taken hides nothing."""
    rng = np.random.default_rng(case["seed"])
    return [answer(case["f"], case["x0"], case["sigma"], n, rng) for n in (0, *range(case["n"], case["n"] + 9))]


search.hints(
    "You can only ask how high a place is. Ask about a place nearby; is it worth going there?",
    "x has the shape (d,), and so has rng.normal(size=len(x)). f(x) is one number. Each candidate is a new array.",
    "n times: candidate = x + sigma * rng.normal(size=len(x)); if f(candidate) <= f(x), x becomes the candidate.",
)

# ------------------------------------------------------------------------------------------------ 06.3

dice = exercise("06.3", "A gradient from dice", points=2)


@dice.reference
def score_gradient(theta: float, reward: Callable[[Any], Any], n: int, rng: np.random.Generator) -> float:
    """The mean of reward times score. The score, a − p, is the derivative of log p(a) with respect to θ.

    The reward itself is never differentiated: it may jump, or be known from trials only.
    """
    p = 1 / (1 + np.exp(-theta))
    a = (rng.random(n) < p).astype(float)
    return float(np.mean(reward(a) * (a - p)))


@dice.mutant("You averaged the rewards: that is J itself. Multiply each reward by the score of its action first.")
def _(theta: float, reward: Callable[[Any], Any], n: int, rng: np.random.Generator) -> float:
    p = 1 / (1 + np.exp(-theta))
    a = (rng.random(n) < p).astype(float)
    return float(np.mean(reward(a)))


@dice.mutant("The score is a − p, not a: rewards for the other action count, too, with a minus.")
def _(theta: float, reward: Callable[[Any], Any], n: int, rng: np.random.Generator) -> float:
    p = 1 / (1 + np.exp(-theta))
    a = (rng.random(n) < p).astype(float)
    return float(np.mean(reward(a) * a))


@dice.mutant("The sign is wrong: an action that was taken (a = 1) becomes likelier when θ grows. The score is a − p.")
def _(theta: float, reward: Callable[[Any], Any], n: int, rng: np.random.Generator) -> float:
    p = 1 / (1 + np.exp(-theta))
    a = (rng.random(n) < p).astype(float)
    return float(np.mean(reward(a) * (p - a)))


@dice.mutant("You added the n products up. An estimate of an expectation is their mean.")
def _(theta: float, reward: Callable[[Any], Any], n: int, rng: np.random.Generator) -> float:
    p = 1 / (1 + np.exp(-theta))
    a = (rng.random(n) < p).astype(float)
    return float(np.sum(reward(a) * (a - p)))


@dice.mutant("You multiplied the mean reward by the slope of p. Each action has a score of its own: 0 and 1 differ.")
def _(theta: float, reward: Callable[[Any], Any], n: int, rng: np.random.Generator) -> float:
    p = 1 / (1 + np.exp(-theta))
    a = (rng.random(n) < p).astype(float)
    return float(np.mean(reward(a)) * p * (1 - p))


@dice.mutant("You threw the dice with θ as the probability. θ may be any number: the probability is σ(θ).")
def _(theta: float, reward: Callable[[Any], Any], n: int, rng: np.random.Generator) -> float:
    a = (rng.random(n) < theta).astype(float)
    return float(np.mean(reward(a) * (a - theta)))


@dice.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    for sign in (1, -1):
        theta = sign * float(rng.uniform(0.4, 1.5))
        low, high = (round(float(v), 1) for v in (rng.uniform(1, 2), rng.uniform(4, 6)))
        yield dict(
            theta=theta,
            reward=function_of("a", f"np.where(np.asarray(a) > 0.5, {high}, {low})"),
            n=20000,
            seed=int(rng.integers(1000)),
        )
    theta = float(rng.uniform(-0.5, 0.5))
    yield dict(
        theta=theta,
        reward=function_of("a", "np.where(np.asarray(a) > 0.5, 2.0, 9.0)"),
        n=20000,
        seed=int(rng.integers(1000)),
    )


@dice.observe
def _(answer: Callable[..., Any], case: Case) -> list[Any]:
    """Two estimates from two generators, the first once more, and the share of 1 among the actions rewarded."""
    estimates, shares = [], []
    for k in (0, 1, 0):
        asked: list[float] = []

        def reward(a: Any, asked: list[float] = asked) -> Any:
            asked.extend(np.ravel(a).tolist())
            return case["reward"](a)

        estimates.append(answer(case["theta"], reward, case["n"], np.random.default_rng([case["seed"], k])))
        # who asks for the two rewards only, and looks them up, shows no throws
        shares.append(float(np.mean(asked)) if len(asked) >= case["n"] else None)
    return [*estimates, shares[0]]


@dice.accepts
def _(observed: list[Any], case: Case) -> bool | str:
    """Within seven standard errors of the exact slope: an honest estimate misses that less than once in 10¹¹ times.

    The slope is the same for θ and −θ, so the throws are looked at, too: a wrong sign in σ shows in them only.
    """
    *estimates, share = observed
    p = 1 / (1 + np.exp(-case["theta"]))
    low, high = float(case["reward"](0)), float(case["reward"](1))
    exact = (high - low) * p * (1 - p)
    spread = np.sqrt(p * (high * (1 - p)) ** 2 + (1 - p) * (low * p) ** 2 - exact**2)
    for estimate in estimates:
        if np.ndim(estimate) != 0 or isinstance(estimate, str | bool) or estimate is None or not np.isfinite(estimate):
            return "Give back one number, the estimate of dJ/dθ."
        if abs(estimate - exact) > 7 * spread / np.sqrt(case["n"]):
            return "Too far from dJ/dθ to be bad luck. Is a = 1 with probability σ(θ), and each reward times its score?"
    if share is not None and abs(share - p) > 7 * np.sqrt(p * (1 - p) / case["n"]) + 1e-3:
        return f"Of your actions {share:.0%} are 1, and σ(θ) is {p:.0%}. Look at the sign in σ, and at how a is drawn."
    if estimates[0] == estimates[1]:
        return "Two different generators gave the same number to the last digit: draw n actions from rng."
    if estimates[0] != estimates[2]:
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
def fit_critic(a: Sequence[float], r: Sequence[float]) -> float:
    """Fit c₂a² + c₁a + c₀ by least squares; its slope 2c₂a + c₁ is 0 at −c₁/(2c₂).

    That is a top only if the parabola opens downwards. If it does not, the critic knows of no best action, and the
    best one that was tried is all there is.
    """
    c2, c1, _ = np.polyfit(a, r, 2)
    if c2 >= 0:
        return float(a[int(np.argmax(r))])
    return float(-c1 / (2 * c2))


@critic.mutant("You returned the best action that was tried. It may have been luck: ask the parabola where its top is.")
def _(a: Sequence[float], r: Sequence[float]) -> float:
    return float(a[int(np.argmax(r))])


@critic.mutant("This parabola opens upwards: where its slope is 0 it has a bottom. Then return the best action tried.")
def _(a: Sequence[float], r: Sequence[float]) -> float:
    c2, c1, _ = np.polyfit(a, r, 2)
    return float(-c1 / (2 * c2))


@critic.mutant("Twice too far: the slope of c₂a² is 2c₂a, so there is a 2 below the line.")
def _(a: Sequence[float], r: Sequence[float]) -> float:
    c2, c1, _ = np.polyfit(a, r, 2)
    if c2 >= 0:
        return float(a[int(np.argmax(r))])
    return float(-c1 / c2)


@critic.mutant("`/ 2 * c` divides by 2 and then MULTIPLIES by c. Put brackets around what you divide by.")
def _(a: Sequence[float], r: Sequence[float]) -> float:
    c2, c1, _ = np.polyfit(a, r, 2)
    if c2 >= 0:
        return float(a[int(np.argmax(r))])
    return float(-c1 / 2 * c2)


@critic.mutant("The coefficients are mixed up: np.polyfit gives the one of the highest power first.")
def _(a: Sequence[float], r: Sequence[float]) -> float:
    _, c1, c2 = np.polyfit(a, r, 2)
    if c2 >= 0:
        return float(a[int(np.argmax(r))])
    return float(-c1 / (2 * c2))


@critic.mutant("That is the reward at the top. The action is asked for: where the top is, not how high.")
def _(a: Sequence[float], r: Sequence[float]) -> float:
    c2, c1, c0 = np.polyfit(a, r, 2)
    if c2 >= 0:
        return float(np.max(r))
    return float(c0 - c1**2 / (4 * c2))


@critic.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(a=[0, 1, 2], r=[0, 3, 0])
    for noise, bend in ((0.0, -1.0), (0.3, -0.5), (0.3, -2.0), (0.1, 1.5)):
        best = float(rng.uniform(1.5, 3.0)) * float(rng.choice([-1, 1]))
        a = best + np.linspace(-2, 2, 9) + rng.uniform(-0.2, 0.2, size=9)
        r = float(rng.uniform(2, 4)) + bend * (a - best - 0.4) ** 2 + noise * rng.normal(size=9)
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

    A third is three times narrower than the whole and its copy half as high, so size halves and x is stretched by 3.
    In the middle third all is level: the height is known, whatever is left of k.
    """
    height, size = 0.0, 1.0
    for _ in range(k):
        size = size / 2
        if x < 1 / 3:
            x = 3 * x
        elif x <= 2 / 3:
            return height + size
        else:
            height, x = height + size, 3 * x - 2
    return height + size * x


@cantor.mutant("In the middle third your staircase drops: it is level at ½ of the piece, not at its foot.")
def _(x: float, k: int) -> float:
    height, size = 0.0, 1.0
    for _ in range(k):
        size = size / 2
        if x < 1 / 3:
            x = 3 * x
        elif x <= 2 / 3:
            return height
        else:
            height, x = height + size, 3 * x - 2
    return height + size * x


@cantor.mutant("Your copies are a third as high. They are a third as WIDE, and half as high: two make the whole.")
def _(x: float, k: int) -> float:
    height, size = 0.0, 1.0
    for _ in range(k):
        if x < 1 / 3:
            x = 3 * x
        elif x <= 2 / 3:
            return height + size / 2
        else:
            height, x = height + size / 2, 3 * x - 2
        size = size / 3
    return height + size * x


@cantor.mutant("You refine for ever, until x lies on a level third. Refine k times only, then take the straight line.")
def _(x: float, k: int) -> float:
    height, size = 0.0, 1.0
    for _ in range(60):
        size = size / 2
        if x < 1 / 3:
            x = 3 * x
        elif x <= 2 / 3:
            return height + size
        else:
            height, x = height + size, 3 * x - 2
    return height + size * x


@cantor.mutant("The right third starts half way up. Add this ½ to its copy.")
def _(x: float, k: int) -> float:
    height, size = 0.0, 1.0
    for _ in range(k):
        size = size / 2
        if x < 1 / 3:
            x = 3 * x
        elif x <= 2 / 3:
            return height + size
        else:
            x = 3 * x - 2
    return height + size * x


@cantor.mutant("In the right third, x goes from 2/3 to 1. Stretched to 0 … 1 it is 3x − 2, not 3x.")
def _(x: float, k: int) -> float:
    height, size = 0.0, 1.0
    for _ in range(k):
        size = size / 2
        if x < 1 / 3:
            x = 3 * x
        elif x <= 2 / 3:
            return height + size
        else:
            height, x = height + size, 3 * x
    return height + size * x


@cantor.mutant("When k is used up the straight line is left: devil(x, 0) is x. You end at the foot of that line.")
def _(x: float, k: int) -> float:
    height, size = 0.0, 1.0
    for _ in range(k):
        size = size / 2
        if x < 1 / 3:
            x = 3 * x
        elif x <= 2 / 3:
            return height + size
        else:
            height, x = height + size, 3 * x - 2
    return height


@cantor.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(k=1, xs=[0.1, 0.5, 0.9])
    yield dict(k=0, xs=[0.0, float(rng.uniform(0.1, 0.9)), 1.0])
    for k in (2, 3, 9):
        xs = rng.permutation(np.concatenate([rng.uniform(a, a + 1 / 3, size=6) for a in (0.0, 1 / 3, 2 / 3)]))
        yield dict(k=k, xs=[float(x) for x in xs] + [0.0, 1.0])


@cantor.observe
def _(answer: Callable[..., Any], case: Case) -> list[Any]:
    return [answer(x, case["k"]) for x in case["xs"]]


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
            "The true cost, exactly": "It is fitted to a few trials. Where none were made, it is a guess.",
            "A cost that can be differentiated": "It imitates the black box, and you walk down the imitation.",
            "A policy without mistakes": "The actor chooses. The critic only says what it expects that to cost.",
        },
        answer="A cost that can be differentiated",
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
