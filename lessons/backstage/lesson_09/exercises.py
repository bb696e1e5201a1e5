"""Answers to lesson 09, backprop through two boxes.

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
    small = np.exp(-np.abs(a))
    return small / (1 + small) ** 2


SLOPE = "small / (1 + small) ** 2"
slope.mutant(
    "That is the slope of tanh. The sigmoid is another curve: its slope is σ(1 − σ), at most ¼.",
    "small / (1 + small) ** 2",
    "1 - np.tanh(a) ** 2",
)
slope.mutant(
    "That is σ(a)·σ(1 − a), as Sabinasz prints it. The 1 belongs outside: 1 − σ(a). Compare at a = 0: the slope is ¼.",
    SLOPE,
    "1 / (1 + np.exp(-a)) / (1 + np.exp(a - 1))",
)
slope.mutant(
    "You took the slope at σ(a) in place of a: the sigmoid was applied twice.",
    SLOPE,
    "0.25 / np.cosh(0.5 / (1 + np.exp(-a))) ** 2",
)
slope.mutant(
    "It is right near 0, and nan far out: e to the power of 1000 is too large. The slope is the same at a and −a.",
    SLOPE,
    "np.exp(-a) / (1 + np.exp(-a)) ** 2",
)
slope.mutant(
    "That is the sigmoid itself. Its slope is largest at 0, where it is ¼, and dies away on both sides.",
    SLOPE,
    "1 / (1 + np.exp(-a))",
)
slope.mutant(
    "A minus is lost. Both links, 1/u and 1 + e^(−a), have a slope below 0; multiplied, that is above 0.",
    SLOPE,
    "-np.exp(-a) / (1 + np.exp(-a)) ** 2",
)
slope.mutant(
    "The sign is turned round. The sigmoid rises everywhere, so its slope is positive: is it 1 − σ(a) with you?",
    SLOPE,
    "-small / (1 + small) ** 2",
)
slope.mutant(
    "You multiplied a itself with 1 − a. The slope is σ(a)(1 − σ(a)): apply the sigmoid first.", SLOPE, "a * (1 - a)"
)
slope.mutant(
    "That is σ(a)². Deriving 1/(1 + e⁻ᵃ), the slope of the inside, −e⁻ᵃ, has to multiply.",
    SLOPE,
    "1 / (1 + np.exp(-a)) ** 2",
)
slope.mutant(
    "1 − σ(a)² is the pattern of tanh. The sigmoid's slope is σ(a)(1 − σ(a)).", SLOPE, "1 - 1 / (1 + np.exp(-a)) ** 2"
)
slope.mutant(
    "That is a bell, and ¼ at 0, too, but it dies away as e⁻ᵃ². The slope is σ(a)(1 − σ(a)).",
    SLOPE,
    "np.exp(-(a**2)) / 4",
)
slope.mutant("That is 1 − σ(a). One factor is missing: the slope is σ(a)(1 − σ(a)).", SLOPE, "1 / (1 + np.exp(a))")


slope.equivalent("(1 + small) **", "(-(1 + small)) **", "A square has no sign.")


@slope.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(a=np.array([0.0]))
    yield dict(a=np.array([-2, 0, 1]))
    yield dict(a=rng.normal(0, 2, size=6))
    yield dict(a=np.array([-1000.0, 1000.0, float(rng.uniform(1, 3))]))
    yield dict(a=rng.normal(size=(2, 3)))
    yield dict(a=np.zeros((0, 2)))


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


through_h.mutant(
    "The slope of tanh is taken at z = tanh(s). The nonlinearity was handed s: take it there.",
    "np.tanh(s)",
    "np.tanh(np.tanh(s))",
)
through_h.mutant(
    "You square all of 1 − tanh(s). The square belongs to tanh(s) alone: 1 − tanh(s)².",
    "1 - np.tanh(s) ** 2",
    "(1 - np.tanh(s)) ** 2",
)
through_h.mutant(
    "Where s is negative, your relu turns the sign round. It is flat there: its slope is 0.", "(s > 0)", "np.sign(s)"
)
for leak in ("0.01", "0.1", "0.2"):
    through_h.mutant(
        "Where s is not positive, you let a small share through. That is a leaky relu; relu itself is flat there.",
        "(s > 0)",
        f"np.where(s > 0, 1.0, {leak})",
    )
through_h.mutant("The square is missing: tanh has the slope 1 − tanh(s)².", "np.tanh(s) ** 2", "np.tanh(s)")
through_h.mutant(
    "Your slope of tanh is 1 − s². What is squared is tanh(s), not s: 1 − tanh(s)².", "np.tanh(s) ** 2", "s**2"
)
through_h.mutant(
    "`dC_dz * s > 0` compares a product with 0. Put the comparison in brackets: it gives the slope, 1 or 0.",
    "dC_dz * (s > 0)",
    "dC_dz * s > 0",
)
through_h.mutant("It is s that decides where relu is flat, not what arrives from above.", "(s > 0)", "(dC_dz > 0)")
through_h.mutant(
    "Where s is not positive, relu is flat: nothing comes back there. You let everything through.",
    "dC_dz * (s > 0)",
    "dC_dz",
)
BOTH = """if h == "tanh":
        return dC_dz * (1 - np.tanh(s) ** 2)
    return dC_dz * (s > 0)"""
through_h.mutant(
    "That is h′(s) alone. What arrives from above, dC/dz, has to be multiplied with it.",
    BOTH,
    'return 1 - np.tanh(s) ** 2 if h == "tanh" else 1.0 * (s > 0)',
)
through_h.mutant(
    "You multiplied by h(s), the value. It is the slope h′(s) that scales a change.",
    BOTH,
    'return dC_dz * (np.tanh(s) if h == "tanh" else np.maximum(s, 0))',
)
through_h.mutant(
    "You applied h to what comes back. On the way back h is not applied again: multiply by its slope.",
    BOTH,
    'return np.tanh(dC_dz) if h == "tanh" else np.maximum(dC_dz, 0)',
)


through_h.equivalent('h == "tanh"', 'h >= "tanh"', "Of the two names only this one comes as late in the alphabet.")
through_h.equivalent("np.tanh(s)", ("(-np.tanh(s))", "np.tanh(-s)"), "A square has no sign.")


through_h.mutant(
    "tanh gets dC/dz times s with you. It stands at s alone; dC/dz multiplies the slope that it has there.",
    "dC_dz * (1 - np.tanh(s) ** 2)",
    "(1 - np.tanh(dC_dz * s) ** 2)",
)


@through_h.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(dC_dz=np.array([5.0, 5.0]), s=np.array([2.0, -1.0]), h="relu")
    yield dict(dC_dz=np.array([-3, 4, 5]), s=np.array([2, 0, -1]), h="relu")
    yield dict(dC_dz=np.array([2.0, -3.0]), s=np.array([0.0, 0.5]), h="tanh")
    for h in ("tanh", "relu"):
        yield dict(dC_dz=rng.normal(size=6), s=rng.normal(size=6), h=h)
        yield dict(dC_dz=rng.normal(size=(2, 3)), s=rng.normal(size=(2, 3)), h=h)


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


through_sum.mutant(
    "These are the weights as on the way forward. Going back, each z collects from all the s that it feeds: W turned.",
    "W.T @ dC_ds",
    "W @ dC_ds",
)
through_sum.mutant(
    "You averaged over the sums that z feeds. Its changes reach C on all these ways at once: add them.",
    "W.T @ dC_ds",
    "W.T @ dC_ds / len(dC_ds)",
)
through_sum.mutant(
    "Only the strongest way counts with you. The others carry changes, too: add them all.",
    "W.T @ dC_ds",
    "np.array([max(shares, key=abs) for shares in W.T * dC_ds])",
)
for table in ("W.T * dC_ds", "W * dC_ds[:, None]"):
    through_sum.mutant(
        "You left the shares in a table. Each z needs one number: the sum over all s that it feeds.",
        "W.T @ dC_ds",
        table,
    )
through_sum.mutant(
    "What arrives is lost: that is the sum of the weights. Each weight has to be multiplied by its dC/ds.",
    "W.T @ dC_ds",
    "W.sum(axis=0)",
)
through_sum.mutant(
    "dC_ds[i] belongs to row i of W, but `dC_ds * W` lines it up with column i: make it a column, or use @.",
    "W.T @ dC_ds",
    "(dC_ds * W).sum(axis=0)",
)
through_sum.mutant(
    "You added along the rows of W: all that one sum collects. Add down the columns: all that one z feeds.",
    "W.T @ dC_ds",
    "(W * dC_ds[:, None]).sum(axis=1)",
)
through_sum.mutant(
    "You inverted W. On the way back nothing is undone: each z adds up what it moves, with W turned, Wᵀ.",
    "W.T @ dC_ds",
    "np.linalg.pinv(W) @ dC_ds",
)
through_sum.mutant(
    "You added up before you multiplied. Each weight has to meet its own dC/ds first; then add.",
    "W.T @ dC_ds",
    "W.sum(axis=0) * dC_ds.sum()",
)
through_sum.mutant(
    "Only the first z has got its slope. W has a column for each z.", "W.T @ dC_ds", "W[:, :1].T @ dC_ds"
)


through_sum.equivalent("@ dC_ds", "@ dC_ds.T", "A vector has one axis: to transpose it changes nothing.")


@through_sum.mutant("You take the diagonal of W only. Each z feeds every s, so all entries of its column count.")
def _(W: Any, dC_ds: Any) -> Any:
    return np.array([W[j, j] * dC_ds[j] for j in range(W.shape[1])])


@through_sum.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(W=np.array([[2.0], [-1.0], [0.5]]), dC_ds=np.array([1.0, 3.0, 4.0]))
    yield dict(W=np.array([[2, 1], [0, 3]]), dC_ds=np.array([1, 2]))
    for m, n in ((3, 3), (2, 4), (5, 2), (1, 3)):
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


depth.mutant(
    "You added the slopes. Each layer scales what it gets from the one above, so they multiply.",
    "factor = 1.0\n    for value in s:\n        factor = factor * dh",
    "factor = 0.0\n    for value in s:\n        factor = factor + dh",
)
depth.mutant(
    "You took the slope at the first place for every layer. Each layer stands at a place of its own.",
    "dh(value)",
    "dh(s[0])",
)
depth.mutant(
    "You handed each slope to dh again. s says where each layer stands; the slopes themselves are only multiplied.",
    "factor = 1.0\n    for value in s:\n        factor = factor * dh(value)",
    "factor = s[0]\n    for value in s:\n        factor = dh(factor)",
)
depth.mutant(
    "The first layer is missing: there are as many slopes as there are places.",
    "for value in s:",
    "for value in s[1:]:",
)
depth.mutant(
    "The last layer is missing: there are as many slopes as there are places.",
    "for value in s:",
    "for value in s[:-1]:",
)
depth.mutant(
    "That is the slope of the last layer alone. What is left there is scaled by all the others, too.",
    "factor = factor * dh(value)",
    "factor = dh(value)",
)
depth.mutant(
    "That is the slope of the first layer alone. Does a `return` stand inside your loop?",
    "dh(value)\n",
    "dh(value)\n        return factor\n",
)
depth.mutant(
    "Everything comes out 0. A product that starts at 0 stays there: start it at 1.", "factor = 1.0", "factor = 0.0"
)
depth.mutant(
    "You multiplied by the places, too. Only the slope at a place scales what comes back.",
    "factor * dh(value)",
    "factor * value * dh(value)",
)
depth.mutant(
    "You multiplied the places. What scales is the slope there: dh(value).", "factor * dh(value)", "factor * value"
)
LOOP = "    for value in s:\n        factor = factor * dh(value)\n"
for place in ("sum(s)", "np.prod(s)"):
    depth.mutant(
        "You put the places together and take one slope. Each layer has a slope at its own place: multiply these.",
        LOOP,
        f"    factor = dh({place})\n",
    )
depth.mutant(
    "You took all slopes at the mean of the places. Each layer stands at a place of its own.",
    "dh(value)",
    "dh(np.mean(s))",
)
depth.mutant(
    "The product goes into dh with you. dh gets the place alone; what it gives multiplies the product.",
    "factor * dh(value)",
    "dh(value * factor)",
)
depth.mutant(
    "You took the slopes at 0, 1, 2, the numbers of the layers. The places are what stands in s.",
    "for value in s:",
    "for value in range(len(s)):",
)
for end, word in (("min", "smallest"), ("max", "largest")):
    depth.mutant(
        f"That is the {word} of the slopes alone. What comes back through all layers is the product of all of them.",
        LOOP,
        f"    factor = {end}(dh(value) for value in s)\n",
    )
depth.mutant(
    "¼ is the most that a sigmoid lets through, at 0. Here dh says the slope, and each layer has a place of its own.",
    "return factor",
    "return 0.25 ** len(s)",
)


depth.equivalent("in s:", "in reversed(list(s)):", "A product does not ask which factor comes first.")


@depth.mutant("You took the mean slope for every layer. Each layer scales by a slope of its own: multiply these.")
def _(dh: Any, s: Any) -> Any:
    return np.mean([dh(value) for value in s]) ** len(s)


@depth.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    slopes = ["1.0 - np.tanh(x) ** 2", "0.25 / np.cosh(x / 2) ** 2", "np.cos(x)"]
    yield dict(dh=function_of("x", slopes[0]), s=[0.5, 1.0])
    yield dict(dh=function_of("x", "x + 1"), s=[1, 3])
    yield dict(dh=function_of("x", slopes[2]), s=[2.5])
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


fold.mutant(
    "The order is turned round. Ws[0] is applied first, so it stands next to x, on the right.", "after @ W", "W @ after"
)
fold.mutant(
    "You multiplied entry by entry. One layer after another is the matrix product, @.", "after @ W", "after * W"
)
fold.mutant(
    "You added the matrices. That would be layers side by side; these stand one after another.",
    "after @ W",
    "after + W",
)
fold.mutant(
    "The matrix is transposed. With x as a column, W x has a row of W for each output.", "return W", "return W.T"
)
fold.mutant("The first matrix is used twice. You begin with it: go on with the one after it.", "Ws[1:]", "Ws")
fold.mutant("The last matrix is missing. All of them have to be in the product.", "Ws[1:]", "Ws[1:-1]")
fold.mutant(
    "The first matrix is missing. All of them have to be in the product.", "W = Ws[0]", "W = np.eye(len(Ws[0]))"
)
fold.mutant(
    "Everything comes out 0. What does your product begin with? Zeros stay zeros; Ws[0] is a good beginning.",
    "W = Ws[0]",
    "W = np.zeros_like(Ws[0])",
)
fold.mutant(
    "Your product begins with a table of ones. What changes nothing is the identity, np.eye; or begin with Ws[0].",
    "W = Ws[0]\n    for after in Ws[1:]:",
    "W = np.ones(Ws[0].shape)\n    for after in Ws:",
)
fold.mutant(
    "Each matrix is transposed. They go into the product as they are.",
    [("W = Ws[0]", "W = Ws[0].T"), ("after @ W", "after.T @ W")],
)
fold.mutant(
    "That is the product of the first two alone. Does a `return` stand inside your loop?",
    "after @ W\n",
    "after @ W\n        return W\n",
)


@fold.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(Ws=[np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([[2.0, 0.0], [0.0, 3.0]])])
    yield dict(Ws=[np.array([[0, 1], [2, 0]]), np.array([[1, 1], [0, 1]]), np.array([[2, 0], [1, 1]])])
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
            "1": "Then the slope would have to be 1 on average. It is 0.79 at the start, and falls from there.",
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
