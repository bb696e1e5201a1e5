"""Answers to lesson 09, backpropagation through a nonlinearity and a weighted sum.

Every function here stands alone: it sees ``np``, ``dl`` and its own arguments, nothing else.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcourse.lesson import exercise, function_of, prediction, question

Array = NDArray[np.float64]
Case = dict[str, Any]

# ------------------------------------------------------------------------------------------------ 09.1

slope = exercise("09.1", "The slope of the sigmoid", points=2, without=("sigmoid", "gradients", "run"))


@slope.reference
def dsigmoid(a: Array) -> Array:
    """σ′(a) = σ(a)(1 − σ(a)), which is the same at a and at −a.

    Because of that we may take −|a|, whose exponential never overflows: e to the power of −|a| is at most 1.
    """
    small = np.exp(-np.abs(np.asarray(a, dtype=float)))
    return small / (1 + small) ** 2


@slope.mutant(
    "That is σ(a)·σ(1 − a), as Sabinasz prints it. The 1 belongs outside: 1 − σ(a). Compare at a = 0: the slope is ¼."
)
def _(a: Array) -> Array:
    a = np.asarray(a, dtype=float)
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-a)) / (1 + np.exp(-(1 - a)))


@slope.mutant("You took the slope at σ(a) in place of a: the sigmoid was applied twice.")
def _(a: Array) -> Array:
    with np.errstate(over="ignore"):
        s = 1 / (1 + np.exp(-np.asarray(a, dtype=float)))
    t = 1 / (1 + np.exp(-s))
    return t * (1 - t)


@slope.mutant(
    "It is right near 0, and not a number far out: e to the power of 1000 is too large. Use that the slope is the "
    "same at a and −a."
)
def _(a: Array) -> Array:
    a = np.asarray(a, dtype=float)
    with np.errstate(all="ignore"):
        return np.exp(-a) / (1 + np.exp(-a)) ** 2


@slope.mutant("That is the sigmoid itself. Its slope is largest at 0, where it is ¼, and dies away on both sides.")
def _(a: Array) -> Array:
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-np.asarray(a, dtype=float)))


@slope.mutant(
    "The factor in brackets is turned round: 1 − σ(a), not σ(a) − 1. The sigmoid rises everywhere, so its slope is "
    "positive."
)
def _(a: Array) -> Array:
    with np.errstate(over="ignore"):
        s = 1 / (1 + np.exp(-np.asarray(a, dtype=float)))
    return s * (s - 1)


@slope.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(a=np.array([-2.0, 0.0, 0.5, 2.0]))
    yield dict(a=rng.normal(0, 2, size=6))
    yield dict(a=np.array([-1000.0, 1000.0, float(rng.uniform(1, 3))]))
    yield dict(a=rng.normal(size=(2, 3)))


slope.hints(
    "Write the sigmoid as 1/(1 + e⁻ᵃ) and differentiate, or remember σ′ = σ(1 − σ).",
    "a is an array of any shape. At a = −1000 the answer is 0, not nan: which exponential stays small?",
    "With small = np.exp(-np.abs(a)), the slope is small divided by (1 + small) squared.",
)

# ------------------------------------------------------------------------------------------------ 09.2

through_h = exercise("09.2", "Back through a nonlinearity", points=1, without=("gradients", "run"))


@through_h.reference
def backprop_h(dC_dz: Array, s: Array, h: str) -> Array:
    """dC/ds = dC/dz · h′(s), entry by entry, with the slope taken at s, where h was applied.

    For tanh the slope is 1 − tanh(s)²; for relu it is 1 where s > 0 and 0 elsewhere.
    """
    if h == "tanh":
        return dC_dz * (1 - np.tanh(s) ** 2)
    return dC_dz * (s > 0)


@through_h.mutant("The slope is taken at z = h(s). The nonlinearity was handed s: take it there.")
def _(dC_dz: Array, s: Array, h: str) -> Array:
    if h == "tanh":
        return dC_dz * (1 - np.tanh(np.tanh(s)) ** 2)
    return dC_dz * (np.maximum(s, 0) >= 0)


@through_h.mutant("That is h′(s) alone. What arrives from above, dC/dz, has to be multiplied with it.")
def _(dC_dz: Array, s: Array, h: str) -> Any:
    return 1 - np.tanh(s) ** 2 if h == "tanh" else 1.0 * (s > 0)


@through_h.mutant("You multiplied by h(s), the value. It is the slope h′(s) that scales a change.")
def _(dC_dz: Array, s: Array, h: str) -> Array:
    return dC_dz * (np.tanh(s) if h == "tanh" else np.maximum(s, 0))


@through_h.mutant("You applied h to what comes back. On the way back h is not applied again: multiply by its slope.")
def _(dC_dz: Array, s: Array, h: str) -> Array:
    return np.tanh(dC_dz) if h == "tanh" else np.maximum(dC_dz, 0)


@through_h.mutant("The square is missing: tanh has the slope 1 − tanh(s)², and relu the slope 1 for positive s.")
def _(dC_dz: Array, s: Array, h: str) -> Array:
    return dC_dz * (1 - np.tanh(s) if h == "tanh" else s > 0)


@through_h.mutant("Your slope of tanh is 1 − s². What is squared is tanh(s), not s: 1 − tanh(s)².")
def _(dC_dz: Array, s: Array, h: str) -> Array:
    return dC_dz * (1 - s**2 if h == "tanh" else s > 0)


@through_h.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(dC_dz=np.array([1.0, 2.0, -3.0]), s=np.array([0.5, -1.0, 2.0]), h="tanh")
    for h in ("tanh", "relu"):
        yield dict(dC_dz=rng.normal(size=6), s=rng.normal(size=6), h=h)
    yield dict(dC_dz=rng.normal(size=(2, 3)), s=rng.normal(size=(2, 3)), h="relu")


through_h.hints(
    "Each entry is a chain of its own: s goes through h to z, and z goes on to C.",
    "All three arrays have the same shape. h is a word: the string tanh or the string relu.",
    "Multiply dC_dz by the slope at s: 1 - np.tanh(s)**2 for tanh, (s > 0) for relu.",
)

# ------------------------------------------------------------------------------------------------ 09.3

through_sum = exercise("09.3", "Back through weighted sums", points=2, without=("gradients", "run"))


@through_sum.reference
def backprop_sum(W: Array, dC_ds: Array) -> Array:
    """z[j] feeds every s[i] with the weight W[i, j], so dC/dz[j] adds up W[i, j] · dC/ds[i] over all i.

    That is a weighted sum once more, with the same weights read the other way: the transposed matrix.
    """
    return W.T @ dC_ds


@through_sum.mutant(
    "These are the weights as on the way forward. Going back, each z collects from all the s that it feeds: turn W "
    "round."
)
def _(W: Array, dC_ds: Array) -> Array:
    return W @ dC_ds if W.shape[0] == W.shape[1] else np.resize(W @ np.resize(dC_ds, W.shape[1]), W.shape[1])


@through_sum.mutant("You averaged over the sums that z feeds. Its changes reach C on all these ways at once: add them.")
def _(W: Array, dC_ds: Array) -> Array:
    return W.T @ dC_ds / len(dC_ds)


@through_sum.mutant("Only the strongest way counts with you. The others carry changes, too: add them all.")
def _(W: Array, dC_ds: Array) -> Array:
    shares = W.T * dC_ds
    return shares[np.arange(len(shares)), np.argmax(np.abs(shares), axis=1)]


@through_sum.mutant("You left the shares in a table. Each z needs one number: the sum over all s that it feeds.")
def _(W: Array, dC_ds: Array) -> Array:
    return W.T * dC_ds


@through_sum.mutant(
    "What arrives is lost: that is the sum of the weights. Each weight has to be multiplied by its dC/ds."
)
def _(W: Array, dC_ds: Array) -> Array:
    return W.sum(axis=0)


@through_sum.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(W=np.array([[2.0, 1.0], [0.0, 3.0]]), dC_ds=np.array([1.0, 2.0]))
    for m, n in ((3, 3), (2, 4), (5, 2)):
        yield dict(W=rng.normal(size=(m, n)), dC_ds=rng.normal(size=m))


through_sum.hints(
    "Forward, s = W z: every s collects from all z. Who collects from whom on the way back?",
    "W has a row for each s and a column for each z. The answer has one number for each z.",
    "dC/dz[j] is the sum over i of W[i, j] times dC_ds[i]. One product with the transposed W does it.",
)

# ------------------------------------------------------------------------------------------------ 09.4

depth = exercise("09.4", "What is left after many layers", points=1)


@depth.reference
def depth_factor(dh: Callable[[float], float], s: list[float]) -> float:
    """Every layer multiplies what comes back by its slope, so n layers multiply by n slopes."""
    factor = 1.0
    for value in s:
        factor = factor * dh(value)
    return factor


@depth.mutant("You added the slopes. Each layer scales what it gets from the one above, so they multiply.")
def _(dh: Callable[[float], float], s: list[float]) -> float:
    return float(sum(dh(value) for value in s))


@depth.mutant("You took the slope at the first place for every layer. Each layer stands at a place of its own.")
def _(dh: Callable[[float], float], s: list[float]) -> float:
    return dh(s[0]) ** len(s)


@depth.mutant(
    "You handed each slope to dh again. s says where each layer stands; the slopes themselves are only multiplied."
)
def _(dh: Callable[[float], float], s: list[float]) -> float:
    factor = s[0]
    for _ in s:
        factor = dh(factor)
    return factor


@depth.mutant("One layer is missing: there are as many slopes as there are places.")
def _(dh: Callable[[float], float], s: list[float]) -> float:
    factor = 1.0
    for value in s[1:]:
        factor = factor * dh(value)
    return factor


@depth.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    slopes = ["1.0 - np.tanh(x) ** 2", "0.25 / np.cosh(x / 2) ** 2"]
    yield dict(dh=function_of("x", slopes[0]), s=[0.5, 1.0])
    for dh in slopes:
        for n in (3, 20):
            yield dict(dh=function_of("x", dh), s=[round(float(v), 3) for v in rng.normal(0, 0.8, size=n)])


depth.hints(
    "The gradient at the bottom is the gradient at the top, scaled once by each layer on the way.",
    "s is a list of numbers, one for each layer; dh gives the slope at a place.",
    "Begin with 1 and multiply by dh(value) for each value in s.",
)

# ------------------------------------------------------------------------------------------------ 09.5

fold = exercise("09.5", "Many matrices, one matrix", points=1)


@fold.reference
def collapse(Ws: list[Array]) -> Array:
    """W₂(W₁x) = (W₂W₁)x: the layer that is applied last stands on the left.

    So each new matrix multiplies from the left what has been gathered so far.
    """
    W = Ws[0]
    for after in Ws[1:]:
        W = after @ W
    return W


@fold.mutant("The order is turned round. Ws[0] is applied first, so it stands next to x, on the right.")
def _(Ws: list[Array]) -> Array:
    W = Ws[0]
    for after in Ws[1:]:
        W = W @ after
    return W


@fold.mutant("You multiplied entry by entry. One layer after another is the matrix product, @.")
def _(Ws: list[Array]) -> Array:
    W = Ws[0]
    for after in Ws[1:]:
        W = after * W
    return W


@fold.mutant("You added the matrices. That would be layers side by side; these stand one after another.")
def _(Ws: list[Array]) -> Array:
    return np.sum(Ws, axis=0)


@fold.mutant("The matrix is transposed. With x as a column, W x has a row of W for each output.")
def _(Ws: list[Array]) -> Array:
    W = Ws[0]
    for after in Ws[1:]:
        W = after @ W
    return W.T


@fold.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(Ws=[np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([[2.0, 0.0], [0.0, 3.0]])])
    for count in (2, 3, 5):
        yield dict(Ws=[rng.normal(size=(3, 3)) for _ in range(count)])


fold.hints(
    "x goes through Ws[0] first, and what comes out goes through Ws[1].",
    "All matrices are square and of one size here. So is the answer.",
    "Begin with Ws[0]; for each next matrix, replace W by (next matrix) @ W.",
)

# ------------------------------------------------------------------------------------------------ predictions and quiz

predictions = [
    prediction(
        "09.a",
        "At s = 0.5 tanh has the slope 0.79. You move s by a whole 1, to 1.5. How far does z = tanh(s) move?",
        options={
            "0.79": "That is where the tangent ends. The curve bends away from it.",
            "About 0.44": "The curve flattens out, so it falls behind its tangent.",
            "1": "Then the slope would have to be 1 all the way. It is 1 at 0 and falls from there.",
        },
        answer="About 0.44",
    ),
    prediction(
        "09.b",
        "z feeds three sums with the weights 2, −1 and ½. Going back, dC/ds is 1 for the first, 3 for the second and "
        "4 for the third. What is dC/dz?",
        options={
            "1": "2·1 − 1·3 + ½·4: each way carries its weight times what arrives.",
            "8": "That adds what arrives. A change of z reaches each sum scaled by its weight.",
            "4": "The largest is not the only one that counts. All three ways lead to C.",
        },
        answer="1",
    ),
    prediction(
        "09.c",
        "A gradient comes back through 20 sigmoids in a row, with weights of 1. How much of it is left, at best?",
        options={
            "About a twentieth": "That would be so if each layer took the same amount. Each takes a share.",
            "About a millionth": "Ten layers are enough for that: ¼ to the power of 10.",
            "Less than a millionth of a millionth": "The slope is at most ¼, and ¼ to the power of 20 is 9·10⁻¹³.",
        },
        answer="Less than a millionth of a millionth",
    ),
]

quiz = [
    question(
        "09.q1",
        "z = relu(s) with s = −2, and dC/dz = 5. What is dC/ds?",
        options={
            "5": "That would be so for a positive s. Here the relu is flat.",
            "0": "Left of 0 the relu does not move, so nothing comes back.",
            "−10": "The slope multiplies, not the value of s.",
        },
        answer="0",
    ),
    question(
        "09.q2",
        "Forward, s = W z with a 3 × 2 matrix W. What shape has dC/dz, and how is it computed?",
        options={
            "3 numbers, W times dC/ds": (
                "dC/ds has 3 numbers already; W has 2 columns, so this product does not even exist."
            ),
            "2 numbers, Wᵀ times dC/ds": "One number for each z, collected from the sums that it feeds.",
            "2 numbers, W times dC/ds": "The number is right. A 3 × 2 matrix cannot multiply 3 numbers from the left.",
        },
        answer="2 numbers, Wᵀ times dC/ds",
    ),
    question(
        "09.q3",
        "You halve ds under the perturbation microscope. What happens to the gap between curve and tangent, for"
        " small ds?",
        options={
            "It halves": "A straight line would do that. The gap comes from the bend.",
            "It becomes a quarter": "The gap grows like ds², with h″/2 in front.",
            "It stays": "Then the tangent would be of no use at all. It vanishes, faster than ds.",
        },
        answer="It becomes a quarter",
    ),
    question(
        "09.q4",
        "Five linear layers without anything between them: what can they do that one cannot?",
        options={
            "Draw curved boundaries": "A matrix times a matrix is a matrix, and its boundaries are straight.",
            "Nothing": "Their product is one matrix that does the same.",
            "Learn faster": "The way of training changes, but not what can be computed.",
        },
        answer="Nothing",
    ),
    question(
        "09.q5",
        "Which formula is the slope of the sigmoid?",
        options={
            "σ(a)·(1 − σ(a))": "At 0 it is ¼, as it should be.",
            "σ(a)·σ(1 − a)": "At 0 it is 0.37. It stands in print, and it is right for no a at all.",
            "1 − σ(a)²": "That is the pattern of tanh: 1 − tanh².",
        },
        answer="σ(a)·(1 − σ(a))",
    ),
]
