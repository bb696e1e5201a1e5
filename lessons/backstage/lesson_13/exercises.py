"""Answers to lesson 13, multi-layer networks by hand.

Every function here stands alone: it sees ``np``, ``dl`` and its own arguments, nothing else.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcourse.lesson import exercise, prediction, question

Array = NDArray[np.float64]
Layer = tuple[Array, Array]  # (W, b) of a layer, or its gradients, or (z, s), what went in and the weighted sum
Case = dict[str, Any]


# ------------------------------------------------------------------------------------------------ 13.1

passing = exercise("13.1", "Forward, and what to keep", points=2)


@passing.reference
def forward(params: Sequence[Layer], X: Array) -> tuple[Array, list[Layer]]:
    """Each layer keeps what its gradient will need: z, what came in, for W; and s, for the slope of tanh.

    The last layer ends with its weighted sum: its scores may be any numbers, and softmax or a squared error comes
    after them.
    """
    z, caches = X, []
    for W, b in params:
        s = z @ W + b
        caches.append((z, s))
        z = np.tanh(s)
    return s, caches


passing.mutant(
    "Your caches hold tanh(s), the activation, where s is asked for: the sum BEFORE tanh.",
    "caches.append((z, s))",
    "caches.append((z, np.tanh(s)))",
)
passing.mutant(
    "Your caches hold what comes OUT of each layer. Keep what goes in: dW will be made of it.",
    "        caches.append((z, s))\n        z = np.tanh(s)",
    "        z = np.tanh(s)\n        caches.append((z, s))",
)
for alone in ("z", "s"):
    passing.mutant(
        f"Your caches hold {alone} alone. A pair (z, s) is asked for, for each layer.",
        "caches.append((z, s))",
        f"caches.append({alone})",
    )
passing.mutant(
    "You add b behind tanh. It belongs to the sum s, so tanh sees it, too.",
    [("z @ W + b", "z @ W"), ("np.tanh(s)", "np.tanh(s) + b")],
)
passing.mutant("Your pairs are the wrong way round: first z, what goes in, then s, the sum.", "(z, s)", "(s, z)")
passing.mutant(
    "The last layer's scores went through tanh. There is no nonlinearity after the last weights.",
    "return s,",
    "return z,",
)
passing.mutant(
    "Every s has gone through tanh, the last one, too. s is the sum as it is; its tanh is the next z, a new array.",
    "z = np.tanh(s)",
    "z = np.tanh(s, out=s)",
)
passing.mutant("The biases are missing: s = z @ W + b.", "z @ W + b", "z @ W")
passing.mutant(
    "There is no tanh between your layers, so all of them together are one matrix (lesson 09).", "np.tanh(s)", "s"
)
passing.mutant(
    "You took tanh of what goes INTO each layer, of X, too. It comes after a layer's sum, and makes the next z.",
    "z @ W + b\n        caches.append((z, s))\n        z = np.tanh(s)",
    "np.tanh(z) @ W + b\n        caches.append((z, s))\n        z = s",
)
passing.mutant(
    "Every layer got X. What goes into a layer is the tanh of the sums of the one before.",
    "        z = np.tanh(s)\n",
    "",
)
for other, message in (
    ("np.maximum(s, 0)", "That is relu between your layers. This network has tanh: np.tanh(s)."),
    ("1 / (1 + np.exp(-s))", "That is the sigmoid between your layers. This network has tanh: np.tanh(s)."),
):
    passing.mutant(message, "np.tanh(s)", other)


passing.mutant(
    "Your caches run from the last layer to the first. Put them in the order of params.",
    "return s, caches",
    "return s, caches[::-1]",
)


@passing.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    params = [(np.array([[1.0]]), np.array([0.0])), (np.array([[2.0]]), np.array([1.0]))]
    yield dict(params=params, X=np.array([[0.5]]))
    yield dict(params=[(np.array([[1, 2], [3, 4]]), np.array([10, 20]))], X=np.array([[1, 0], [0, 1]]))
    for dims, n in [
        ((2, 2, 1), 3),
        ((3, 4, 2), 5),
        ((2, 3, 3, 2), 4),
        ((4, 2), 3),
        ((2, 5, 4, 3, 2), 1),
        ((2, 2, 2), 2),
    ]:
        params = [(rng.normal(size=(a, b)) / np.sqrt(a), rng.normal(size=b)) for a, b in pairwise(dims)]
        yield dict(params=params, X=rng.normal(size=(n, dims[0])))


passing.hints(
    "Go through the layers with z in your hand. At first z is X; after a layer it is tanh of that layer's sum.",
    "z is (N, n_in), W (n_in, n_out), b (n_out,), s (N, n_out). caches has one pair (z, s) for each layer.",
    "For each W, b: s = z @ W + b, keep (z, s), z = np.tanh(s). Return the last s and the list.",
)


# ------------------------------------------------------------------------------------------------ 13.2

back = exercise("13.2", "Backward, by hand", points=3, without=("gradients", "numerical_gradient", "jacobian"))


@back.reference
def backward(params: Sequence[Layer], caches: Sequence[Layer], dY: Array) -> list[Layer]:
    """One δ for each layer, made from the δ of the layer above and used twice.

    δ is the slope of the loss by s. It gives the layer's own two gradients, zᵀδ and the sum of δ over the samples;
    and through Wᵀ, and the slope of tanh, it becomes the δ of the layer below.
    """
    delta, grads = dY, []
    for k in range(len(params) - 1, -1, -1):
        z = caches[k][0]
        grads.append((z.T @ delta, delta.sum(axis=0)))
        if k > 0:
            below = caches[k - 1][1]
            delta = (delta @ params[k][0].T) * (1 - np.tanh(below) ** 2)
    return grads[::-1]


back.mutant(
    "Your dW is made of what came OUT of the layer. A weight passes on what goes IN: z of the cache.",
    "(z.T @ delta,",
    "(np.tanh(caches[k][1]).T @ delta,",
)
back.mutant(
    "You sent δ down through dW. No weight depends on another one; the way down is through W itself.",
    "params[k][0].T",
    "grads[-1][0].T",
)
back.mutant(
    "δ goes down through W, as if it were going up. On the way back a layer's weights are transposed.",
    "params[k][0].T",
    "params[k][0]",
)
back.mutant(
    "δ goes down through the weights of the layer below. Its way leads through the weights of the layer it has left.",
    "params[k][0].T",
    "params[k - 1][0].T",
)
back.mutant(
    "db has a row for each sample. One b serves all of them, so what they say about it adds up.",
    "delta.sum(axis=0)",
    "delta",
)
back.mutant(
    "For db you added along the rows, axis 1. Add over the samples, down the columns: one number for each sum.",
    "delta.sum(axis=0)",
    "delta.sum(axis=1)",
)
back.mutant("Your dW is transposed. It belongs to W, so it has W's shape, (n_in, n_out).", "z.T @ delta", "delta.T @ z")
back.mutant(
    "You averaged over the samples. Whether the loss is a mean is the loss's affair; dY knows it already.",
    "(z.T @ delta, delta.sum(axis=0))",
    "(z.T @ delta / len(delta), delta.mean(axis=0))",
)
back.mutant("The list runs from the last layer to the first. Put it in the order of params.", "grads[::-1]", "grads")
back.mutant(
    "The slope of tanh is missing where δ passes from one layer to the one below.", " * (1 - np.tanh(below) ** 2)", ""
)
back.mutant(
    "You took 1 − s² for the slope. It is 1 − tanh(s)², and the caches hold s.", "np.tanh(below) ** 2", "below**2"
)
back.mutant("The square is missing: the slope of tanh is 1 − tanh(s)².", "np.tanh(below) ** 2", "np.tanh(below)")
back.mutant(
    "tanh is taken twice in your slope. z is tanh(s) already: 1 − tanh(s)² is 1 − z².",
    "np.tanh(below)",
    "np.tanh(np.tanh(below))",
)
back.mutant(  # with the list left as it was made, the top first, which is the next thing to find
    "You took the slope at the layer's own s. δ goes down to the layer below, and passes the tanh that stands there.",
    [("below = caches[k - 1][1]", "below = caches[k][1]"), ("grads[::-1]", "grads")],
)
back.mutant(
    "You took the slope at the layer's own s. δ goes down to the layer below, and passes the tanh that stands there.",
    "caches[k - 1][1]",
    "caches[k][1]",
)
back.mutant(
    "Every layer got dY. Each layer's δ is made from the δ of the layer above it.",
    "(delta @ params[k][0].T) * (1 - np.tanh(below) ** 2)",
    "dY",
)
back.mutant(
    "Your last layer, too, is multiplied by a slope of tanh. Its sum IS the output: there δ is dY.",
    "dY, []",
    "dY * (1 - np.tanh(caches[-1][1]) ** 2), []",
)
back.mutant(
    "`*` goes entry by entry. W takes each entry of z to each sum, over all samples: zᵀδ, a matrix product.",
    "z.T @ delta",
    "z * delta",
)
back.mutant(
    "z(1 − z) is the slope of the sigmoid. These layers have tanh: 1 − z², with z = tanh(s).",
    "(1 - np.tanh(below) ** 2)",
    "np.tanh(below) * (1 - np.tanh(below))",
)
for given in ("grads", "grads[::-1]"):
    back.mutant(
        "You go through the layers from the first to the last. dY stands behind the last one: begin there.",
        [
            ("range(len(params) - 1, -1, -1)", "range(len(params))"),
            ("        if k > 0:\n            below = caches[k - 1][1]\n    ", ""),
            ("(1 - np.tanh(below) ** 2)", "(1 - z**2)"),
            ("grads[::-1]", given),
        ],
    )


back.equivalent("k > 0", "k != 0", "No layer has a number below 0.")
back.equivalent("below = caches", "below = -caches", "A square has no sign.")
back.equivalent("np.tanh(below)", ("(-np.tanh(below))", "np.tanh(-below)"), "A square has no sign.")
back.equivalent("len(params) - 1,", "len(caches) - 1,", "Each layer has its pair.")
back.equivalent(
    "        if k > 0:\n            below = caches[k - 1][1]\n",
    "        below = caches[k - 1][1]\n        if k > 0:\n",
    "At the first layer it is not used.",
)


@back.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    params = [(np.array([[1.0]]), np.array([0.0])), (np.array([[2.0]]), np.array([1.0]))]
    caches = [(np.array([[0.5]]), np.array([[0.5]])), (np.tanh([[0.5]]), 2 * np.tanh([[0.5]]) + 1)]
    yield dict(params=params, caches=caches, dY=np.array([[1.0]]))
    # the next nets are square, so that a forgotten transpose gives a wrong value and not only an error
    for dims, n in [
        ((2, 2), 2),
        ((2, 2, 2), 3),
        ((3, 3, 3, 3), 4),
        ((3, 3, 3, 3), 3),
        ((3, 4, 2), 5),
        ((2, 5, 3, 1), 3),
    ]:
        params = [(rng.normal(size=(a, b)) / np.sqrt(a), rng.normal(size=b)) for a, b in pairwise(dims)]
        z, caches = rng.normal(size=(n, dims[0])), []
        for W, b in params:
            s = z @ W + b
            caches.append((z, s))
            z = np.tanh(s)
        yield dict(params=params, caches=caches, dY=rng.normal(size=(n, dims[-1])))


back.hints(
    "Start at the top, where δ is dY. At each layer do two things with it: the layer's own gradients, then the δ of "
    "the layer below.",
    "δ has the shape of s, (N, n_out). dW is (n_in, n_out), like W; db is (n_out,), like b; δ of the layer below "
    "is (N, n_in).",
    "dW = z.T @ delta, db = delta.sum(axis=0), then delta = (delta @ W.T) * (1 - np.tanh(s_below)**2), where s_below "
    "is in caches[k - 1]. Return the list in the order of params.",
)


# ------------------------------------------------------------------------------------------------ 13.3

outer = exercise("13.3", "Where a weight's gradient comes from", points=1)


@outer.reference
def delta_outer(delta: Array, z: Array) -> Array:
    """Weight (i, j) takes entry i of [z, 1] to sum j, so its gradient is that entry times δ_j: an outer product.

    The last row belongs to the input that is always 1. It is the gradient of the bias: δ itself.
    """
    return np.outer(np.append(z, 1.0), delta)


OUTER = "np.outer(np.append(z, 1.0), delta)"
outer.mutant("The 1 is missing, and with it the row of the biases.", OUTER, "np.outer(z, delta)")
outer.mutant(
    "That is the notes' layout, a row for each sum. Here a row is an input, as in W.",
    OUTER,
    "np.outer(delta, np.append(z, 1.0))",
)
outer.mutant(
    "The 1 stands in front. Put it last, so that the biases are the last row.", "np.append(z, 1.0)", "np.append(1.0, z)"
)
outer.mutant("The last row is 0. The input of the biases is 1, so their gradient is δ.", "1.0", "0.0")
outer.mutant(
    "The 1 stands behind δ. It is an input, the one that is always 1: put it behind z.",
    OUTER,
    "np.outer(z, np.append(delta, 1.0))",
)
outer.mutant(
    "The last row holds ones. The input of the biases is 1, and their gradient is that 1 times δ.",
    OUTER,
    "np.vstack([np.outer(z, delta), np.ones(len(delta))])",
)
outer.mutant(
    "That is one long row: np.append without an axis flattens. Put the 1 behind z before you multiply.",
    OUTER,
    "np.append(np.outer(z, delta), delta)",
)
outer.mutant(
    "`*` goes entry by entry. Each entry of [z, 1] meets each entry of δ: an outer product, a table.",
    OUTER,
    "np.append(z, 1.0) * delta",
)


@outer.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(delta=np.array([2, -1]), z=np.array([3, 0, 1]))
    for n_in, n_out in [(3, 2), (2, 4), (1, 1), (4, 4), (2, 3)]:
        yield dict(delta=rng.normal(size=n_out), z=rng.normal(size=n_in))


outer.hints(
    "How far does sum j move when weight (i, j) moves by 1? By entry i of [z, 1]. And the loss then moves by δ_j "
    "times that.",
    "delta is (n_out,), z is (n_in,). The answer is (n_in + 1, n_out); entry (i, j) is a product of two numbers.",
    "np.append(z, 1.0) puts the 1 behind z, and np.outer(a, b) has a[i] * b[j] at (i, j).",
)


# ------------------------------------------------------------------------------------------------ 13.4

# moving w₁ both ways is an answer, too, and its last digits are lost; one way only is not
crossed = exercise("13.4", "The term that was crossed out", points=2, rtol=1e-6)


@crossed.reference
def first_gradient(w: Sequence[float], x: float, y: float) -> float:
    """The loss feels the first weight through z₁ only, z₁ through z₂, z₂ through z₃; no weight feels another one.

    ℓ = ½(z₃ − y)², and dz₃/dz₂ = (1 − z₃²)·w₃, dz₂/dz₁ = (1 − z₂²)·w₂, dz₁/dw₁ = (1 − z₁²)·x: the product of all.
    """
    z1 = np.tanh(w[0] * x)
    z2 = np.tanh(w[1] * z1)
    z3 = np.tanh(w[2] * z2)
    return (z3 - y) * (1 - z3**2) * w[2] * (1 - z2**2) * w[1] * (1 - z1**2) * x


PRODUCT = "(z3 - y) * (1 - z3**2) * w[2] * (1 - z2**2) * w[1] * (1 - z1**2) * x"
for message, wrong in (
    ("That is the printed line: 0, always. The term it keeps is the one that vanishes.", "0.0"),
    ("One link is missing: the loss has the slope z₃ − y by z₃.", PRODUCT.replace("(z3 - y) * ", "")),
    (
        "That is the gradient by w₂: you stopped at the second layer.",
        "(z3 - y) * (1 - z3**2) * w[2] * (1 - z2**2) * z1",
    ),
    ("That is the gradient by w₃: you stopped at the last layer.", "(z3 - y) * (1 - z3**2) * z2"),
    ("The slopes of tanh are missing: each of the three layers has one, 1 − z².", "(z3 - y) * w[2] * w[1] * x"),
    *(
        (
            "One of the three slopes of tanh is missing: each layer has one, 1 − z².",
            PRODUCT.replace(f"(1 - z{k}**2) * ", ""),
        )
        for k in (1, 2, 3)
    ),
    ("The squares are missing: the slope of tanh is 1 − z².", PRODUCT.replace("**2", "")),
    (
        "You passed through the weights: dz₃/dw₃ and dz₂/dw₂. The way leads through z₂ and z₁.",
        PRODUCT.replace("w[2]", "z2").replace("w[1]", "z1"),
    ),
    (
        "dz₁/dw₁ stands in your product twice, as the notes' general line has it by mistake.",
        PRODUCT + " * (1 - z1**2) * x",
    ),
    ("x is missing: w₁ is multiplied by x, so z₁ feels it times x.", PRODUCT.replace(" * x", "")),
    (
        "The weights on the way are missing: z₃ feels z₂ times w₃, and z₂ feels z₁ times w₂.",
        PRODUCT.replace("w[2] * ", "").replace("w[1] * ", ""),
    ),
    *(
        (
            "One weight on the way is missing: z₃ feels z₂ times w₃, and z₂ feels z₁ times w₂.",
            PRODUCT.replace(f"w[{k}] * ", ""),
        )
        for k in (1, 2)
    ),
    ("All three weights are in your product. w₁ itself is not: dz₁/dw₁ is (1 − z₁²)·x.", PRODUCT + " * w[0]"),
    (
        "Your weights are one place off: w[0] is w₁. The way leads through w₃ and w₂, w[2] and w[1].",
        PRODUCT.replace("w[1]", "w[0]").replace("w[2]", "w[1]"),
    ),
    ("There is a 2 too many: the loss has a ½ in front, and the 2 of the square cancels it.", "2 * " + PRODUCT),
    ("The sign is turned round: the error is z₃ − y.", PRODUCT.replace("z3 - y", "y - z3")),
    ("That is the loss itself. What is asked for is its slope by w₁.", "0.5 * (z3 - y) ** 2"),
    ("You put the loss itself in front. Its slope by z₃ is z₃ − y.", PRODUCT.replace("(z3", "0.5 * (z3 - y) * (z3")),
    (
        "You squared all of 1 − z. The slope of tanh is 1 − z²: the square belongs to z alone.",
        PRODUCT.replace("**2)", ") ** 2"),
    ),
    (
        "tanh is taken twice in your slopes. z is tanh of its sum already: the slope is 1 − z².",
        re.sub(r"(z\d)\*\*2", r"np.tanh(\1) ** 2", PRODUCT),
    ),
    ("You added the links. A slope of a chain is the product of its links.", PRODUCT.replace(") *", ") +")),
):
    crossed.mutant(message, PRODUCT, wrong)
crossed.mutant(
    "The weights run the wrong way: w[0] is w₁, the one that x meets first.",
    [("w[0] * x", "w[2] * x"), ("w[2] * z2", "w[0] * z2"), (PRODUCT, PRODUCT.replace("w[2]", "w[0]"))],
)
crossed.mutant(
    "There is no tanh on your way forward: z₁ = tanh(w₁x), and so on. The slopes 1 − z² are those of tanh.",
    [("np.tanh(w[0] * x)", "w[0] * x"), ("np.tanh(w[1] * z1)", "w[1] * z1"), ("np.tanh(w[2] * z2)", "w[2] * z2")],
)
crossed.mutant(
    "Your last layer has no tanh. In this network there is one behind each of the three weights.",
    [("np.tanh(w[2] * z2)", "w[2] * z2"), ("(1 - z3**2) * ", "")],
)


for z in ("z1", "z2", "z3"):
    crossed.equivalent(f"{z}**2", f"(-{z}) ** 2", "A square has no sign.")


@crossed.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(w=[1, 1, 1], x=1, y=0)
    yield dict(w=[1, 1, 1], x=1, y=0.56)  # a curve so bent that moving w₁ one way only shows
    yield dict(w=[0.5, 1.5, -0.8], x=1.2, y=1.0)
    for _ in range(4):
        w, x, y = rng.uniform(0.4, 1.6, size=3) * rng.choice([-1, 1], size=3), rng.uniform(0.5, 1.5), rng.normal()
        yield dict(w=w.tolist(), x=float(x), y=float(y))


crossed.hints(
    "Move w₁ a little. Which numbers move, one after the other, until the loss does?",
    "z₁ = tanh(w₁x), z₂ = tanh(w₂z₁), z₃ = tanh(w₃z₂), ℓ = ½(z₃ − y)². The answer is one number, a product.",
    "It is (z3 - y), times (1 - z3**2) * w[2], times (1 - z2**2) * w[1], times (1 - z1**2) * x.",
)


# ------------------------------------------------------------------------------------------------ 13.5

start = exercise("13.5", "A good start", points=2)


@start.reference
def init(dims: Sequence[int], rng: np.random.Generator) -> list[Layer]:
    """Different weights, so that no two units are twins; spread 1/√n_in, so that sums keep a size of about 1.

    A sum of n_in terms with spread 1/√n_in each has spread 1. Biases may start at 0: the weights already make the
    units differ.
    """
    sizes = [(dims[k], dims[k + 1]) for k in range(len(dims) - 1)]
    return [(rng.normal(size=(a, b)) / np.sqrt(a), np.zeros(b)) for a, b in sizes]


WEIGHTS = "rng.normal(size=(a, b)) / np.sqrt(a)"
start.mutant(
    "All weights are 0. Then no hidden unit does anything, and none gets a gradient.", WEIGHTS, "np.zeros((a, b))"
)
start.mutant(
    "All weights of a layer are equal, so its units are twins and stay twins.", WEIGHTS, "np.ones((a, b)) / np.sqrt(a)"
)
start.mutant(
    "The weights are too large: divide by √n_in, or the sums grow with the number of inputs.",
    WEIGHTS,
    "rng.normal(size=(a, b))",
)
start.mutant(
    "You divide by n_in. A sum of n_in terms grows like √n_in, so that the square root is enough.",
    WEIGHTS,
    "rng.normal(size=(a, b)) / a",
)
start.mutant(
    "You divide by √n_out. How many terms a sum has is the number of INPUTS, the rows of W.",
    WEIGHTS,
    "rng.normal(size=(a, b)) / np.sqrt(b)",
)
start.mutant(
    "Your biases are random. Start them at 0: the weights are enough to make the units differ.",
    "np.zeros(b)",
    "rng.normal(size=b)",
)


@start.observe
def _(answer: Callable[..., Any], case: Case) -> Any:
    dims, seed = case["dims"], case["seed"]
    return {
        f"init({dims}, default_rng({seed}))": answer(list(dims), np.random.default_rng(seed)),
        "the same once more": answer(list(dims), np.random.default_rng(seed)),
        f"with default_rng({seed + 1})": answer(list(dims), np.random.default_rng(seed + 1)),
    }


@start.accepts
def _(tries: dict[str, Any], case: Case) -> bool | str:
    """Spread within 12 % of 1/√n_in for 4,000 weights or more: an honest start misses that once in 10²³ times."""
    dims = case["dims"]
    shapes = list(pairwise(dims))
    for params in tries.values():
        if not isinstance(params, list | tuple) or len(params) != len(shapes):
            return f"For {len(dims)} sizes a list of {len(shapes)} pairs (W, b) is asked for, one for each layer."
        for (a, b), layer in zip(shapes, params, strict=True):
            if not isinstance(layer, list | tuple) or len(layer) != 2:
                return "Each layer is a pair (W, b)."
            W, bias = (np.asarray(v, dtype=float) for v in layer)
            if W.shape != (a, b):
                return f"W of the layer from {a} to {b} has the shape {W.shape}; a row for each input makes ({a}, {b})."
            if bias.shape != (b,):
                return f"b of the layer from {a} to {b} has the shape {bias.shape}; one for each sum makes ({b},)."
            if np.any(bias != 0):
                return "Start the biases at 0: the weights are enough to make the units differ."
            if not np.all(np.isfinite(W)):
                return "Some weights are no numbers."
            if len(np.unique(W)) < W.size / 2:
                return "Many weights are equal. Units with equal weights are twins, and stay twins."
            if len(np.unique(W, axis=1).T) < b:
                return "Two units of a layer have the same weights. They are twins, and stay twins: draw each weight."
            if np.linalg.matrix_rank(W) < min(W.shape):
                return "Some units are made of others: what those learn, they learn, too. Draw every weight by itself."
            if W.size < 1000:
                continue  # too few for a word about their spread
            if abs(W.mean()) > 7 * W.std() / np.sqrt(W.size):
                return f"The weights are not centred: their mean is {W.mean():.2g}, and should be near 0."
            if abs(np.corrcoef(W.flat[1:], W.flat[:-1])[0, 1]) > 7 / np.sqrt(W.size):
                return "Each weight says what the next one is. Draw every weight by itself, with rng.normal."
            if not 0.88 < W.std() * np.sqrt(a) < 1.12:
                return f"The weights from {a} to {b} have spread {W.std():.2g}; 1/√{a} is {1 / np.sqrt(a):.2g}."
    first, again, other = ([np.asarray(W, dtype=float) for W, _ in params] for params in tries.values())
    if not all(np.array_equal(V, W) for V, W in zip(first, again, strict=True)):
        return "The same seed gave two different starts: take all randomness from rng and nowhere else."
    if any(np.array_equal(V, W) for V, W in zip(first, other, strict=True)):
        return "Two different seeds gave the same start: draw the weights from rng."
    pairs = [(V.flat, W.flat) for V, W in zip(first, other, strict=True) if W.size >= 1000]
    if any(abs(np.corrcoef(V, W)[0, 1]) > 7 / np.sqrt(len(V)) for V, W in pairs):
        return "Two different seeds gave nearly the same start: draw every weight from rng."
    return True


start.equivalent(
    WEIGHTS,
    (f"-({WEIGHTS})", f"-{WEIGHTS}", "rng.normal(size=(a, b)) / -np.sqrt(a)"),
    "Random weights are as often negative as positive.",
)
start.equivalent("np.zeros(b)", "-np.zeros(b)", "Minus 0 is 0.")


@start.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(dims=[2, 8, 3], seed=1)
    yield dict(dims=[90, 50], seed=int(rng.integers(10**6)))
    yield dict(dims=[64, 81, 50], seed=int(rng.integers(10**6)))


start.hints(
    "Two questions: what makes the units of a layer differ, and how large is a sum of n_in terms?",
    "dims = [2, 8, 3] means two layers: W (2, 8) with b (8,), and W (8, 3) with b (3,).",
    "For each pair a, b of neighbours in dims: rng.normal(size=(a, b)) / np.sqrt(a), and np.zeros(b).",
)


# ------------------------------------------------------------------------------------------------ predictions and quiz

predictions = [
    prediction(
        "13.a",
        "Circles stand in two opposite corners of a square, triangles in the other two. No line separates them. "
        "You put a layer of two weighted sums in front, WITHOUT a nonlinearity. Does a line separate them now?",
        options={
            "Yes, with the right weights": "Sums move, turn and stretch the plane. Straight lines stay straight.",
            "No, whatever the weights": "The plane is stretched and turned, not folded. The corners stay opposite.",
            "Only with three sums or more": "Three sums put the plane into space, but it is still a flat plane there.",
        },
        answer="No, whatever the weights",
    ),
    prediction(
        "13.b",
        "Two hidden units start with equal weights, those that come in and those that go out. You train. "
        "When do they become different?",
        options={
            "After the first step": "Their gradients are equal as well, so the step moves both alike.",
            "Slowly, through rounding": (
                "They do the same arithmetic on the same numbers. Rounding is far too small to part them here."
            ),
            "Never": "Equal weights get equal gradients, for ever. The two count as one.",
        },
        answer="Never",
    ),
    prediction(
        "13.c",
        "Two hidden units are enough for the four corners. You train such a network from 30 random starts, "
        "300 steps each. How many of them get all four corners right and sure?",
        options={
            "All 30": "Some descents end on a plateau where two corners share one answer.",
            "Most, but not all": "The weights exist, but descent does not always find them.",
            "Hardly any": "It is better than that, with these starts.",
        },
        answer="Most, but not all",
    ),
]

quiz = [
    question(
        "13.q1",
        "A network has the sizes 64, 32, 10. What is the shape of the first layer's W, and of its δ for 50 samples?",
        options={
            "W (64, 32), δ (50, 32)": "A row for each input; and δ is shaped like the layer's sums.",
            "W (32, 64), δ (50, 64)": "That is the notes' layout for W. Here samples are rows, and so are inputs in W.",
            "W (64, 32), δ (64, 32)": "δ belongs to the sums of all samples; dW is shaped like W.",
        },
        answer="W (64, 32), δ (50, 32)",
    ),
    question(
        "13.q2",
        "What does the lower layer reuse from the layer above it?",
        options={
            "The gradient dW of the upper weights": "Nothing below depends on it. No weight depends on another.",
            "The δ of the upper layer": "It passes through the transposed weights and the slope of tanh.",
            "Only the loss": "Then every layer would start again from the top.",
        },
        answer="The δ of the upper layer",
    ),
    question(
        "13.q3",
        "Why does the forward pass keep z and s of every layer?",
        options={
            "To draw them": "It does help to look at them, but the backward pass needs them.",
            "dW is made of z and δ, and the slope of tanh is taken at s": "Without them all would be computed twice.",
            "To start the next step from them": "The next step has new weights, so all of them change.",
        },
        answer="dW is made of z and δ, and the slope of tanh is taken at s",
    ),
    question(
        "13.q4",
        "All weights start at 0. Hidden units are tanh. What does training do to the weights into the hidden layer?",
        options={
            "Nothing": "δ arrives through weights that are 0, and each unit puts out 0: no weight gets a gradient.",
            "They grow alike": "That happens when they start equal, but not at 0.",
            "They find their way": "Something has to make them move first, and different.",
        },
        answer="Nothing",
    ),
    question(
        "13.q5",
        "Eight hidden units find the four corners from nearly every start, two do not. What follows?",
        options={
            "Two units cannot solve it": "They can: many of the starts succeeded.",
            "Width helps to find a solution": "Among many units, some happen to start well.",
            "Eight units must overfit": "There are four corners, and a wide network found all of them.",
        },
        answer="Width helps to find a solution",
    ),
]
