"""Answers to lesson 15, the capstone: referee the sources, then train.

Every function here stands alone: it sees ``np``, ``dl`` and its own arguments, nothing else.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

import dlcourse as dl
from dlcourse.lesson import exercise, prediction, question

Array = NDArray[np.float64]
Graph = dict[str, tuple[str, list[str]]]
Hill = Callable[[float], float]
Case = dict[str, Any]

# ------------------------------------------------------------------------------------------------ 15.1

refute = exercise("15.1", "A counterexample for each claim", points=3, repairs=False)


@refute.reference
def counterexample(claim: str, lr: float) -> tuple[Hill, float]:
    """Three ways in which "this rule works always" fails, each with a hill and a start.

    On a hilltop the slope is 0, so the rule stays. A hill without a floor is walked down for ever. And whatever the
    learning rate, a bowl with more curvature than 2/lr is steep enough for each step to overshoot and climb.
    """
    if claim == "it never rests on a hilltop":
        return lambda x: -x * x, 0.0
    if claim == "it comes to rest":
        return lambda x: -x * x, 1.0
    curvature = 3 / lr
    return lambda x: curvature * x * x / 2, 1.0


@refute.mutant(
    "Your walker rests in a valley, climbs nothing and has a floor: that is where the rule works. Look for a hill "
    "where it fails."
)
def _(claim: str, lr: float) -> tuple[Hill, float]:
    return lambda x: x * x, 0.0


@refute.mutant(
    "One steep bowl for every claim: it refutes the last one, but a bowl has no hilltop, and the first claim is "
    "about hilltops."
)
def _(claim: str, lr: float) -> tuple[Hill, float]:
    curvature = 3 / lr
    return lambda x: curvature * x * x / 2, 1.0


@refute.mutant(
    "One upside-down bowl for every claim: going down it lowers the height at every step, so the last claim stands."
)
def _(claim: str, lr: float) -> tuple[Hill, float]:
    return lambda x: -x * x, 0.0 if claim == "it never rests on a hilltop" else 1.0


@refute.mutant(
    "You start on the side of a hill and go down it, for every claim. The first wants a walker that rests on top."
)
def _(claim: str, lr: float) -> tuple[Hill, float]:
    return lambda x: -x * x, 1.0


CLAIM, TOP, DOWN = (
    'if claim == "it comes to rest":',
    'if claim == "it never rests on a hilltop":',
    "lambda x: -x * x, 1.0",
)
AT_TOP, AWAY = f"    {TOP}\n        return lambda x: -x * x, 0.0\n", f"    {CLAIM}\n        return {DOWN}\n"
STEEP, BOWL = "    curvature = 3 / lr\n", "lambda x: curvature * x * x / 2, 1.0"
for reason, old, *new in (
    ("Of the three claims this one comes last in the alphabet.", TOP, TOP.replace("==", ">=")),
    ("A steep bowl refutes this claim, too.", CLAIM, *(CLAIM.replace("==", sign) for sign in (">", ">="))),
    ("A steep bowl refutes this claim, too.", CLAIM, CLAIM.replace("claim", "lr"), TOP),
    ("A steep bowl refutes this claim, too.", AT_TOP + AWAY, AT_TOP, AT_TOP + AWAY.replace("    ", " " * 8)),
    ("The claims are told apart in either order.", AT_TOP + AWAY, AWAY + AT_TOP),
    ("Each claim has lines of its own.", AWAY + STEEP, STEEP + AWAY),
    (
        "Any curvature above 2/lr will do.",
        STEEP,
        *(STEEP.replace("3 /", more) for more in ("3 //", "4 /", "6 /", "30 /")),
    ),
    (
        "Any curvature above 2/lr will do.",
        BOWL,
        *(BOWL.replace("x / 2", more) for more in ("x * 2", "x / 1", "x / 0.2", "x")),
    ),
    (
        "Any start beside the middle will do.",
        BOWL,
        *(BOWL.replace("1.0", x) for x in ("2.0", "-1.0", "0.5", "10.0", "0.1")),
    ),
    (
        "Any start beside the top will do.",
        DOWN,
        *(DOWN.replace("1.0", x) for x in ("2.0", "-1.0", "0.5", "10.0", "0.1")),
    ),
    (
        "Any slope that never ends will do.",
        DOWN,
        *(DOWN.replace("-x * x", f) for f in ("-x * lr", "-lr * x", "-x", "x")),
    ),
):
    for one in new:
        refute.equivalent(old, one, reason)


@refute.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    for claim in ("it never rests on a hilltop", "it comes to rest", "every step goes down"):
        yield dict(claim=claim, lr=1.0)
        for low in (0.004, 0.05, 0.15, 0.3):  # a hill that does by luck for one rate does not for all of them
            yield dict(claim=claim, lr=round(float(rng.uniform(low, 2 * low)), 4))


@refute.observe
def _(answer: Callable[[str, float], tuple[Hill, float]], case: Case) -> Any:
    pair = answer(case["claim"], case["lr"])
    if pair is ...:  # type: ignore[comparison-overlap]
        return ...
    if not isinstance(pair, tuple | list) or len(pair) != 2 or not callable(pair[0]) or callable(pair[1]):
        return "no pair"
    f, x = pair
    x = float(x)  # a number, and so are heights: none with an arithmetic of its own
    places: list[float] = []
    heights: list[float] = []
    while len(places) < 2 or (len(places) < 13 and abs(x) < 1e6):  # farther out, floats are too coarse for a slope
        places.append(x)
        heights.append(float(f(x)))
        x = x - case["lr"] * (float(f(x + 1e-5)) - float(f(x - 1e-5))) / 2e-5
    left, right = float(f(places[0] - 0.01)), float(f(places[0] + 0.01))
    again = [float(f(place)) for place in places]
    return {"places": places, "heights": heights, "left": left, "right": right, "again": again}


@refute.accepts
def _(observed: Any, case: Case) -> bool | str:
    if isinstance(observed, str):
        return "Two things are asked for: a function, the hill, and then a number, the start."
    places, heights = observed["places"], observed["heights"]
    if len(places) < 2 or not np.all(np.isfinite([*places, *heights])):
        return "The walk breaks off: the height must be a number at every place."
    if observed["again"] != heights:
        return "At one place your hill had two heights. A hill is a function: its height depends on x alone."
    moved = np.abs(np.diff(places))
    if case["claim"] == "it never rests on a hilltop":
        if moved.max() > 1e-6:
            return "Your walker moves. To refute this claim it has to stay where it starts."
        top = observed["left"] < heights[0] and observed["right"] < heights[0]
        return bool(top) or "Your walker rests, but not on a hilltop: beside it the hill is not lower on both sides."
    if case["claim"] == "it comes to rest":
        if moved[0] <= 1e-9:
            return "Your walker rests where it starts: the slope is 0 there. Start beside that place."
        grows = np.all(moved[1:] >= 0.999 * moved[:-1])
        return (
            bool(grows)
            or "A step of your walker is shorter than the one before it. Where does a hill go down for ever?"
        )
    if moved.max() <= 1e-9:
        return "Your walker makes no step at all: the slope is 0 where it starts. Start beside that place."
    climbs = np.any(np.diff(heights) > 1e-9 * np.abs(heights[:-1]))  # one step that climbs is enough
    return bool(climbs) or "No step climbs. On a bowl with curvature c every step climbs when lr > 2/c."


refute.hints(
    "Where is the slope 0 though it is no valley? Which hill has no floor? When does a step land higher on the "
    "other side?",
    "Return a function of one number and a number. lr is given: the last claim needs a bowl whose curvature fits it.",
    "−x² from 0, −x² from 1, and ½cx² from 1 with c larger than 2/lr.",
)

# ------------------------------------------------------------------------------------------------ 15.2

race = exercise("15.2", "Who is faster?", points=1)


@race.reference
def winners(updates: dict[int, int]) -> tuple[int, int]:
    """A batch of B samples costs B samples an update. Fewest updates and fewest samples are two different races."""
    return min(updates, key=lambda B: updates[B]), min(updates, key=lambda B: B * updates[B])


@race.mutant("You crowned one winner for both races. Samples are updates times batch size: count those for the second.")
def _(updates: dict[int, int]) -> tuple[int, int]:
    fastest = min(updates, key=lambda B: updates[B])
    return fastest, fastest


@race.mutant("You divided by the batch size. A batch of B costs B samples for each update: multiply.")
def _(updates: dict[int, int]) -> tuple[int, int]:
    return min(updates, key=lambda B: updates[B]), min(updates, key=lambda B: updates[B] / B)


@race.mutant("The two winners are in the wrong order: first fewest updates, then fewest samples.")
def _(updates: dict[int, int]) -> tuple[int, int]:
    return min(updates, key=lambda B: B * updates[B]), min(updates, key=lambda B: updates[B])


@race.mutant("You return how many updates and samples they needed. The batch sizes of the winners are asked for.")
def _(updates: dict[int, int]) -> tuple[int, int]:
    return min(updates.values()), min(B * n for B, n in updates.items())


@race.mutant("You compared the batch sizes themselves. Compare what each needed: its updates, and B times its updates.")
def _(updates: dict[int, int]) -> tuple[int, int]:
    return min(updates), max(updates)


@race.mutant("These are the slowest. Fewest updates, and fewest samples, win.")
def _(updates: dict[int, int]) -> tuple[int, int]:
    return max(updates, key=lambda B: updates[B]), max(updates, key=lambda B: B * updates[B])


SAMPLES = "min(updates, key=lambda B: B * updates[B])"
race.mutant(
    "The smallest batch does not always need the fewest samples: multiply its updates by its size, and compare.",
    "min(updates, key=lambda B: B * updates[B])",
    "min(updates)",
)
for second in ("min(updates, key=lambda B: B * updates[B])", "min(updates)"):
    race.mutant(
        "The smallest batch came first with you. Fewest updates: look up how many each one needed, and compare.",
        [("min(updates, key=lambda B: updates[B]), ", "min(updates), "), (SAMPLES, second)],
    )
race.mutant(
    "You took the last and the first batch for granted. Compare what each one needed.",
    f"min(updates, key=lambda B: updates[B]), {SAMPLES}",
    "list(updates)[-1], list(updates)[0]",
)
race.mutant(
    "Both times it is the last batch. Does your loop remember the smallest number so far, as well as whose it is?",
    f"min(updates, key=lambda B: updates[B]), {SAMPLES}",
    "list(updates)[-1], list(updates)[-1]",
)
race.mutant(
    "Those are pairs of a batch size and its updates. The two batch sizes alone are asked for.",
    f"min(updates, key=lambda B: updates[B]), {SAMPLES}",
    "tuple((B, updates[B]) for B in (min(updates, key=lambda B: updates[B]), " + SAMPLES + "))",
)
race.mutant(
    "The largest batch does not always need the fewest updates: look up how many each one needed, and compare.",
    "min(updates, key=lambda B: updates[B]), ",
    "max(updates), ",
)
race.mutant(
    "You took the largest and the smallest batch for granted. Compare what each one needed.",
    "min(updates, key=lambda B: updates[B]), min(updates, key=lambda B: B * updates[B])",
    "max(updates), min(updates)",
)
race.mutant(
    "Those are positions in the dict. The batch sizes themselves, the keys, are asked for.",
    "return min(updates, key=lambda B: updates[B]), min(updates, key=lambda B: B * updates[B])",
    "found = min(updates, key=lambda B: updates[B]), min(updates, key=lambda B: B * updates[B])\n"
    "    return tuple(list(updates).index(B) for B in found)",
)


@race.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(updates={1: 128, 8: 20, 64: 3, 4096: 1})
    yield dict(updates={16: 5, 1: 300, 64: 4})
    made = 0
    while made < 16:
        sizes = [int(B) for B in rng.choice(np.arange(1, 300), size=4, replace=False)]
        samples = rng.permutation(np.arange(1, 5)) * int(rng.integers(300, 500))
        table = {B: int(-(-n // B)) + int(rng.integers(0, 3)) for B, n in zip(sizes, samples, strict=True)}
        ordered = sorted(table.values())
        costs = sorted(B * n for B, n in table.items())
        if ordered[0] < ordered[1] and costs[0] < costs[1]:  # clear winners
            made += 1
            yield dict(updates=table)
    n = int(rng.integers(20, 60))
    yield dict(updates={1: n, 32: n + 3})  # here a small batch wins both races
    yield dict(updates={64: n + 7, 2: n + 1})


race.hints(
    "A batch of 64 needs few updates. How many samples does it look at in each?",
    "updates maps the batch size B to the number of updates. Return two batch sizes.",
    "The first is the key with the smallest value; the second the key with the smallest key times value.",
)

# ------------------------------------------------------------------------------------------------ 15.3

breaker = exercise("15.3", "Break breadth-first backprop", points=2, repairs=False)


@breaker.reference
def bfs_breaker() -> tuple[Graph, str]:
    """A short way and a long way to one node: breadth-first comes by the short one, too early.

    d = b + c with c = b·b and b = a + a. The walk meets b through d before c has sent its share, and never looks back.
    """
    return {"a": ("input", []), "b": ("add", ["a", "a"]), "c": ("multiply", ["b", "b"]), "d": ("add", ["b", "c"])}, "d"


@breaker.mutant(
    "On a chain there is one way only, and breadth-first goes it. You need a node that is reached on a short way "
    "and on a long one."
)
def _() -> tuple[Graph, str]:
    return {"a": ("input", []), "b": ("add", ["a", "a"]), "c": ("multiply", ["b", "b"])}, "c"


@breaker.mutant("Both ways of this diamond are equally long, so both shares arrive in time. Make one way shorter.")
def _() -> tuple[Graph, str]:
    return {"a": ("input", []), "b": ("add", ["a", "a"]), "c": ("multiply", ["a", "a"]), "d": ("add", ["b", "c"])}, "d"


@breaker.mutant(
    "Nearly: but here what comes early is an input, and inputs pass nothing on. The early node must have inputs of "
    "its own."
)
def _() -> tuple[Graph, str]:
    return {"a": ("input", []), "c": ("multiply", ["a", "a"]), "d": ("add", ["a", "c"])}, "d"


B, C, D = '"b": ("add", ["a", "a"])', '"c": ("multiply", ["b", "b"])', '"d": ("add", ["b", "c"])'
for old, *new in (
    (B, B.replace("add", "multiply")),
    (C, C.replace("multiply", "add"), C.replace('"b", "b"', '"a", "b"'), C.replace('"b", "b"', '"b", "a"')),
    (D, D.replace("add", "multiply")),
):
    breaker.equivalent(old, new, "Here, too, b is met through d before c has sent its share.")


@breaker.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(4):
        yield dict(a=round(float(rng.uniform(0.5, 3.0)), 3))


@breaker.observe
def _(answer: Callable[[], tuple[Graph, str]], case: Case) -> Any:
    made = answer()
    if made is ...:  # type: ignore[comparison-overlap]
        return ...
    if not isinstance(made, tuple | list) or len(made) != 2 or not isinstance(made[0], dict):
        return "a pair is asked for, the graph and the name of its last node"
    graph, loss = made
    takes = {"input": 0, "add": 2, "multiply": 2}
    for name, entry in graph.items():
        if not isinstance(entry, tuple | list) or len(entry) != 2 or not isinstance(entry[1], tuple | list):
            return f"{name} stands for something else than a pair of an operation and a list of inputs"
        if entry[0] not in takes:
            return "the operations are input, add and multiply"
        if len(entry[1]) != takes[entry[0]]:
            return f"{name} has {len(entry[1])} in its list; an input has none, add and multiply have two"
    listed = {str(name): (str(kind), [str(i) for i in inputs]) for name, (kind, inputs) in graph.items()}
    order: list[str] = []
    values: dict[str, float] = {}
    while len(order) < len(listed):  # forward, whatever order the dict is in
        ready = [n for n in listed if n not in values and all(i in values for i in listed[n][1])]
        if not ready:
            return "the graph has a cycle, or an input that is not there"
        for n in ready:
            kind, inputs = listed[n]
            v = [values[i] for i in inputs]
            values[n] = case["a"] if kind == "input" else v[0] + v[1] if kind == "add" else v[0] * v[1]
            order.append(n)
    return {"graph": listed, "loss": str(loss), "values": [float(values[n]) for n in order]}


@breaker.accepts
def _(observed: Any, case: Case) -> bool | str:
    if isinstance(observed, str):
        return f"This cannot be used: {observed}."
    graph, loss = observed["graph"], observed["loss"]
    if len(graph) > 6:
        return "At most six nodes, please."
    if loss not in graph:
        return "The second thing to return is the name of the last node."
    for kind, inputs in graph.values():
        if (kind, len(inputs)) not in (("input", 0), ("add", 2), ("multiply", 2)):
            return "Use nodes like ('input', []), ('add', [p, q]) and ('multiply', [p, q]) only."

    done: list[str] = []
    while ready := [n for n in graph if n not in done and all(i in done for i in graph[n][1])]:
        done += ready
    if len(done) < len(graph):
        return "The graph has a cycle, or an input that is not there."

    def value(n: str) -> float:
        kind, inputs = graph[n]
        if kind == "input":
            return float(case["a"])
        left, right = value(inputs[0]), value(inputs[1])
        return left + right if kind == "add" else left * right

    def shares(n: str, g: float) -> list[tuple[str, float]]:
        kind, inputs = graph[n]
        if not inputs:
            return []
        factors = (1.0, 1.0) if kind == "add" else (value(inputs[1]), value(inputs[0]))
        return [(i, g * f) for i, f in zip(inputs, factors, strict=True)]

    def total(n: str) -> dict[str, float]:
        """Right: over all paths."""
        found: dict[str, float] = {}
        waiting = [(n, 1.0)]
        while waiting:
            node, g = waiting.pop()
            found[node] = found.get(node, 0.0) + g
            waiting += shares(node, g)
        return found

    truth = total(loss)

    def goes_wrong(turned: bool) -> bool:
        arrived, queue = {loss: 1.0}, [loss]
        for node in queue:  # breadth-first: each node once, with what has arrived by then
            sent = shares(node, arrived[node])
            for i, g in sent[::-1] if turned else sent:
                if i not in arrived:
                    queue.append(i)
                arrived[i] = arrived.get(i, 0.0) + g
        return any(abs(truth[n] - arrived[n]) > 1e-9 for n in truth)

    if goes_wrong(turned=False):
        return True
    if goes_wrong(turned=True):
        return "Breadth-first gets this one right, but only by the order in which you list inputs: exchange them."
    ways: dict[str, set[int]] = {loss: {0}}  # how many arrows lie between a node and the end
    for node in reversed(done):
        for i in graph[node][1] if node in ways else ():
            ways[i] = ways.get(i, set()) | {length + 1 for length in ways[node]}
    uneven = [node for node in ways if len(ways[node]) > 1]
    if not uneven:
        return "Breadth-first gets this one right: each node is as far from the end on every way. Make one way longer."
    if not any(graph[node][1] for node in uneven):
        return "Breadth-first gets this one right: what it meets too early is an input, which passes nothing on."
    return "Breadth-first gets this one right."


breaker.hints(
    "Breadth-first visits the near nodes first. Which node is near on one way and far on another?",
    "Return a dict as in lesson 07 and the name of its last node. Kinds: input, add, multiply. The node that is"
    " met too early needs inputs of its own.",
    "Make b from a, c from b, and d from b and c: b is met through d before c has sent its share.",
)

# ------------------------------------------------------------------------------------------------ 15.4

spiral = exercise("15.4", "Train the spiral", points=3, time_limit=120.0, repairs=False)


@spiral.reference
def train_spiral(X: Array, labels: Array, X_new: Array, rng: np.random.Generator) -> Array:
    """Two hidden layers of tanh, softmax cross-entropy, Adam, and batches drawn by the generator.

    Every part is a lesson: loss 04, batches 05, graph 07, gradients 08 to 11, softmax 12, layers 13 and 14.
    """
    x, y = dl.placeholder("x", shape=(None, 2)), dl.placeholder("y", shape=(None, 2))
    first, second, last = dl.Linear(2, 32, rng=rng), dl.Linear(32, 32, rng=rng), dl.Linear(32, 2, rng=rng)
    scores = dl.Sequential(first, dl.tanh, second, dl.tanh, last)(x)
    step = dl.Adam(learning_rate=0.01).minimize(dl.mean(dl.softmax_cross_entropy(scores, y)))
    one_hot = np.eye(2)[np.asarray(labels, dtype=int)]
    for _ in range(120):
        order = rng.permutation(len(X))
        for k in range(0, len(X), 50):
            batch = order[k : k + 50]
            step({x: X[batch], y: one_hot[batch]})
    found: Array = dl.run(scores, {x: X_new}).argmax(axis=1)
    return found


@spiral.mutant(
    "There is no nonlinearity in your model, so its border is a straight line, and a spiral winds. Put tanh between"
    " the layers."
)
def _(X: Array, labels: Array, X_new: Array, rng: np.random.Generator) -> Array:
    A = np.column_stack([X, np.ones(len(X))])
    w = np.linalg.lstsq(A, 2.0 * np.asarray(labels) - 1, rcond=None)[0]
    return (np.column_stack([X_new, np.ones(len(X_new))]) @ w > 0).astype(int)


@spiral.mutant("All points get one label. Take, for each row of the scores, the position of the largest.")
def _(X: Array, labels: Array, X_new: Array, rng: np.random.Generator) -> Array:
    return np.zeros(len(X_new), dtype=int)


@spiral.mutant("You return labels for X, the points you trained on. Those of X_new are asked for.")
def _(X: Array, labels: Array, X_new: Array, rng: np.random.Generator) -> Array:
    return np.asarray(labels, dtype=int)


ROWS = "np.eye(2)[np.asarray(labels, dtype=int)]"
spiral.equivalent(
    ROWS, ("np.eye(2)[-np.asarray(labels, dtype=int)]", ROWS.replace("(labels", "(-labels")), "Row −1 is row 1 of two."
)
spiral.equivalent("argmax(axis=1)", "argmax(axis=-1)", "The scores have two axes, and the second is the last.")
spiral.equivalent(ROWS, "np.eye(2)[labels]", "The labels are an array of whole numbers.")
spiral.equivalent(
    f"    one_hot = {ROWS}\n    for _ in range(120):\n",
    f"    for _ in range(120):\n        one_hot = {ROWS}\n",
    "It is the same in every epoch.",
)
TRAINS = "    step = dl.Adam(learning_rate=0.01).minimize(dl.mean(dl.softmax_cross_entropy(scores, y)))\n"
spiral.equivalent(
    f"{TRAINS}    one_hot = {ROWS}\n", f"    one_hot = {ROWS}\n{TRAINS}", "Neither of the two lines uses the other."
)
spiral.equivalent(
    "    found: Array = dl.run(", "        found: Array = dl.run(", "Asked after every epoch, and the last time counts."
)
spiral.leaves_open(
    "Any model, any number of steps and any batches will do that put more than 95 % on the right arm.",
    "x, y =",
    "first, second, last =",
    "scores =",
    "step =",
    "for _ in",
    "order =",
    "for k in",
    "batch =",
    "step({x",
)


@spiral.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    wind, begin = float(rng.choice([-1, 1]) * rng.uniform(2.1, 2.5)), float(rng.uniform(0, 2 * np.pi))

    def points(n: int, arms: Any, noise: float) -> Any:
        turn = rng.uniform(0.4, 2.6, size=n)
        angle = begin + wind * turn + np.pi * arms
        return turn[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]) + rng.normal(0, noise, (n, 2))

    labels = rng.integers(0, 2, size=320)
    # so many half-way between the arms that two honest trainings differ in some of them, in 29 at least of 1500
    new = np.concatenate([points(150, rng.integers(0, 2, size=150), 0.05), points(1050, 0.5, 0.05)])
    seeds = [int(seed) for seed in rng.integers(1 << 30, size=2)]
    X, X_new = points(320, labels, 0.05), rng.permutation(new)
    turned = float(rng.uniform(0.5, 2.6))
    yield dict(X=X, labels=labels, X_new=X_new, seeds=seeds, turned=turned, wind=wind, begin=begin)


@spiral.observe
def _(answer: Callable[[Array, Array, Array, np.random.Generator], Any], case: Case) -> Any:
    elsewhere = str(np.random.get_state())  # noqa: NPY002 (it is watched, not drawn from)
    seen: dict[str, Any] = {"labels": [], "drawn from rng": True}
    cos, sin = np.cos(case["turned"]), np.sin(case["turned"])
    (first, second), as_it_is, given = case["seeds"], np.eye(2), case["labels"]
    exchanged = np.where(np.hypot(*case["X"].T) > 1.9, 1 - given, given)
    for seed, plane, labels in [
        (first, as_it_is, given),
        (second, as_it_is, given),
        (first, np.array([[cos, sin], [-sin, cos]]), given),
        (first, as_it_is, exchanged),
    ]:
        rng = np.random.default_rng(seed)
        before = rng.bit_generator.state
        found = answer(case["X"] @ plane, labels.copy(), case["X_new"] @ plane, rng)
        if found is ... or found is None:
            return found
        found = np.asarray(found)
        if found.dtype.kind not in "biuf" or not np.all(np.isfinite(found)):
            return "no numbers"
        seen["labels"].append(found)
        seen["drawn from rng"] = seen["drawn from rng"] and rng.bit_generator.state != before
    return {**seen, "drawn from np.random": str(np.random.get_state()) != elsewhere}  # noqa: NPY002


@spiral.accepts
def _(observed: Any, case: Case) -> bool | str:
    """What is right is told from where the points are; where they lie between the arms, two starts must disagree.

    A border that is trained from a random start is drawn a little otherwise each time. One that is not trained, as
    that of the nearest neighbour, is the same whatever was drawn. With the plane turned, the first weights look along
    other directions, so with the same draws the border is another, too. Distances are the same: so is what rests on
    them alone, as the nearest of all points but some that were left out by chance. Where the labels far out are
    exchanged, every weight hears of it, and the border in the middle moves; a vote of the neighbours stays as it is.
    """
    if not isinstance(observed, dict):
        return "An array of zeros and ones is asked for, a label for each row of X_new."
    (found, again, turned, exchanged), X = map(np.asarray, observed["labels"]), np.asarray(case["X_new"])
    if found.shape == np.shape(case["labels"]):
        return "That is a label for each point of X, on which you train. Those of X_new are asked for."
    if found.shape != (len(X),):
        return f"One label for each of the {len(X)} new points is asked for, in an array of that length."
    turn = np.hypot(X[:, 0], X[:, 1])
    ahead = np.cos(np.arctan2(X[:, 1], X[:, 0]) - case["begin"] - case["wind"] * turn)  # 1 on one arm, −1 on the other
    on_an_arm = np.abs(ahead) > 0.8
    share = float(np.mean((found == (ahead < 0))[on_an_arm]))
    less, least = (
        float(np.mean((labels == (ahead < 0))[on_an_arm])) if labels.shape == found.shape else 0.0
        for labels in (again, turned)
    )
    right = f"{share:.0%} of the new points on the arms are right; more than 95 % are asked for."
    if share > 0.95:
        if observed["drawn from np.random"]:
            return "Your labels are right, but you drew from np.random. Take all randomness from rng."
        if not observed["drawn from rng"]:
            return "Your labels are right, but nothing was drawn from rng. Take all randomness from it."
        if less <= 0.95:
            return f"Your labels are right with one rng, and with another {less:.0%} of those on the arms are."
        if np.array_equal(found, again):
            return (
                "Your labels are right, and the same for two different rng, between the arms, too: is it trained "
                "from a random start?"
            )
        if least <= 0.95:
            return f"Your labels are right, and with the whole plane turned {least:.0%} of those on the arms are."
        if np.array_equal(found, turned):
            return (
                "Your labels are right, and the same with the whole plane turned, between the arms, too: are they "
                "looked up by distance? Weights are trained for each of the two coordinates."
            )
        inside = turn < 1.1  # 0.8 from where labels were exchanged: further than to the arms on both sides
        if exchanged.shape == found.shape and np.array_equal(found[inside], exchanged[inside]):
            return (
                "Your labels are right, and in the middle the same whatever the labels far out are: do only the "
                "neighbours have a say? What is trained has its weights from all points."
            )
        return True
    if not np.all((found == 0) | (found == 1)):
        return "Your labels are not all 0 or 1. The label is the position of the larger score in its row."
    if len(np.unique(found)) == 1:
        return (
            f"{right} All points got one label: are all weights 0, the labels in another order than X, or the scores "
            "not compared?"
        )
    if share < 0.05:
        return f"{right} The two classes are exchanged: the label is the position of the LARGEST score."
    A = np.column_stack([X, np.ones(len(X))])
    w = np.zeros(3)
    for _ in range(2000):  # does a straight line part the two labels?
        wrong = (A @ w > 0) != (found == found.max())
        if not wrong.any():
            return f"{right} A straight line parts your labels: with tanh between layers, and enough steps, it bends."
        w += (np.where(found == found.max(), 1.0, -1.0) * wrong) @ A / len(A)
    return f"{right} Does the loss still fall? Train longer, change the learning rate, or use more units."


spiral.hints(
    "A model that can wind needs hidden layers. Which loss goes with two classes, and what does a batch hold?",
    "X is (N, 2), labels has N zeros and ones. Scores are (N, 2). Return one label for each row of X_new.",
    "dl.Sequential of three Linear layers, 2–32–32–2, with tanh between; dl.Adam(0.01) on the mean softmax "
    "cross-entropy; 120 epochs in batches of 50; argmax of the scores.",
)

# ------------------------------------------------------------------------------------------------ predictions and quiz

predictions = [
    prediction(
        "15.a",
        "You have worked through four sources. How many of them hold at least one formula or program that you can "
        "refute with a few lines of code?",
        options={
            "None: they are published": "Published texts are read more often than they are run.",
            "One or two": "Count again at the end of this lesson.",
            "All four": "Each of them, and they are good sources. Errors are normal; checking is your job.",
        },
        answer="All four",
    ),
    prediction(
        "15.b",
        "Twelve claims lie before you, as printed. How many of them are true without any condition?",
        options={
            "Two": "Both are theorems: the chain rule, and the gradient of a sum.",
            "Six": "Half of them sound right. Move the knob and look where the curves part.",
            "All but two": "Most hold somewhere. The question is whether they hold as printed.",
        },
        answer="Two",
    ),
]

quiz = [
    question(
        "15.q1",
        "What makes a claim conditional, and not wrong?",
        options={
            "It holds under a condition that it does not state": "Name the condition, and the claim can be used.",
            "Few people believe it": "How many believe it does not change what it says.",
            "It has one counterexample": (
                "One is enough to refute it as printed. The condition says where it does hold."
            ),
        },
        answer="It holds under a condition that it does not state",
    ),
    question(
        "15.q2",
        "You suspect a printed gradient. What is the quickest fair test?",
        options={
            "Derive it again by hand": "Good, but slow, and you may slip where the author slipped.",
            "Move the input a little, at random places, and compare": (
                "Central differences, h near 10⁻⁵, away from kinks."
            ),
            "See whether training works": "Many wrong gradients still go downhill for a while.",
        },
        answer="Move the input a little, at random places, and compare",
    ),
    question(
        "15.q3",
        "A test of a backward pass uses chains only. Which mistake can it not find?",
        options={
            "A wrong order of the visits": "On a chain there is one order. It takes two ways of different length.",
            "A wrong sign": "A chain shows that at once.",
            "A slope taken at the wrong place": "That shows on a chain of two functions already.",
        },
        answer="A wrong order of the visits",
    ),
    question(
        "15.q4",
        '"Larger batches converge faster." What is missing?',
        options={
            "Faster counted in what": (
                "In updates, often; in samples, usually not; in seconds, it depends on the machine."
            ),
            "The learning rate has to be 0.01": "No fixed number makes it true.",
            "Nothing": "Two races have two winners: exercise 15.2.",
        },
        answer="Faster counted in what",
    ),
    question(
        "15.q5",
        "Your network reaches 100 % on the points it was trained on and 70 % on new ones. What do you report?",
        options={
            "100 %": "The points it has seen say little about those it has not.",
            "85 %, the mean": "A mean of two different things is neither.",
            "70 %, with how the new points were chosen": "What counts are points that training has not seen.",
        },
        answer="70 %, with how the new points were chosen",
    ),
]
