"""Answers to lesson 03, two dimensions.

Every function here stands alone: it sees ``np``, ``dl`` and its own arguments, nothing else.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcourse.lesson import exercise, function_of, prediction, question

Array = NDArray[np.float64]
Height = Callable[[Any], Any]
Gradient = Callable[[Any], Array]
Case = dict[str, Any]

# ------------------------------------------------------------------------------------------------ 03.1

numeric = exercise("03.1", "The gradient by shaking", points=2, rtol=1e-7)


@numeric.reference
def grad_num(f: Height, p: Any, h: float = 1e-5) -> Array:
    """One partial for each coordinate: shake this one, hold the others.

    The copy holds floats, so a p of whole numbers can be shaken, too, and the caller's p stays as it was.
    A fresh step of zeros with h in one place leaves nothing to put back.
    """
    p = np.array(p, dtype=float)
    g = np.zeros(len(p))
    for i in range(len(p)):
        step = np.zeros(len(p))
        step[i] = h
        g[i] = (f(p + step) - f(p - step)) / (2 * h)
    return g


RISE, FRESH = "(f(p + step) - f(p - step))", "        step = np.zeros(len(p))\n        step[i] = h\n"
WAY = RISE + " / (2 * h)"
numeric.mutant(
    "All entries shake the same coordinate. Entry i of the gradient needs a shake of coordinate i.",
    "step[i] = h",
    "step[0] = h",
)
numeric.mutant(
    "You shake all coordinates at once. Shake one and hold the others: a step that is h in one place, 0 elsewhere.",
    "return g",
    "return (f(p + h) - f(p - h)) / (2 * h)",
)
numeric.mutant(
    "You measured on one side only. And an array of whole numbers cuts p + h off: copy p into floats.",
    [
        ("    p = np.array(p, dtype=float)\n", ""),
        (FRESH, "        up = p.copy()\n        up[i] += h\n"),
        (WAY, "(f(up) - f(p)) / h"),
    ],
)
numeric.mutant(
    "You shook all coordinates at once. A partial holds the others still: change one at a time.",
    "step[i] = h",
    "step[:] = h",
)
numeric.mutant(
    "You changed p and did not put it back: the next coordinate is shaken at another place.",
    [(FRESH, "        p[i] += h\n        up = f(p)\n        p[i] -= 2 * h\n"), (RISE, "(up - f(p))")],
)
numeric.mutant(
    "The step still holds the h of the coordinate before: make a fresh step of zeros for each i.",
    [
        ("    for i", "    step = np.zeros(len(p))\n    for i"),
        ("        step = np.zeros(len(p))\n        step[i]", "        step[i]"),
    ],
)
numeric.mutant(
    "You looked to one side only. Measure at p + h and at p − h: the error shrinks from h to h².",
    WAY,
    "(f(p + step) - f(p)) / h",
)
numeric.mutant(
    "You looked to one side only, the left. Measure at p + h and at p − h: the error shrinks from h to h².",
    WAY,
    "(f(p) - f(p - step)) / h",
)
numeric.mutant("From p − h to p + h it is 2h, not h. Divide by 2h.", "(2 * h)", "h")
numeric.mutant("`/ 2 * h` divides by 2 and then MULTIPLIES by h. Put brackets around 2 * h.", "(2 * h)", "2 * h")
numeric.mutant("You do not divide by the distance, which is 2h.", " / (2 * h)", "")
numeric.mutant("Only the last height is divided: put the difference in brackets.", RISE, "f(p + step) - f(p - step)")
numeric.mutant("The sign is wrong: the height at p + h minus the height at p − h.", RISE, "(f(p - step) - f(p + step))")
numeric.mutant(
    "An array of whole numbers cuts p + h off to p again. Copy p into an array of floats first.",
    [
        ("p = np.array(p, dtype=float)", "p = np.array(p)"),
        (FRESH, "        up, down = p.copy(), p.copy()\n        up[i] += h\n        down[i] -= h\n"),
        (RISE, "(f(up) - f(down))"),
    ],
)
numeric.mutant(
    "Where p holds whole numbers, so does np.zeros_like(p), and the slopes are cut off: use np.zeros.",
    "    p = np.array(p, dtype=float)\n    g = np.zeros(len(p))\n",
    "    g = np.zeros_like(p)\n    p = np.array(p, dtype=float)\n",
)
numeric.mutant(
    "All entries are 0: both heights come from one place. `up = p` is a second name for p; p.copy() is another array.",
    RISE,
    "(f(p) - f(p))",
)
numeric.mutant("The order is turned round: entry i belongs to coordinate i.", "return g", "return g[::-1]")
numeric.mutant(
    "Only the first coordinate is done. Is a `return` inside the loop? It ends the loop in its first turn.",
    "    return g",
    "        return g",
)
numeric.mutant("You add the partials up. Keep them apart: one entry for each coordinate.", "return g", "return g.sum()")
numeric.mutant(
    "You do not use the h that is handed over: your result is that of h = 1e-5.",
    "g = np.zeros(len(p))",
    "g, h = np.zeros(len(p)), 1e-5",
)
numeric.mutant(
    "That gradient has length 1. Its length says how steep it is: do not divide by it.",
    "return g",
    "return g / np.linalg.norm(g)",
)


numeric.equivalent("g = np.zeros", "g = -np.zeros", "Every partial is written over what stood there.")
numeric.equivalent("g = np.zeros", "g = np.ones", "Every partial is written over what stood there.")
numeric.equivalent("    step = np.zeros", "    step = -np.zeros", "Minus 0 is 0.")
numeric.equivalent("range(len(p))", "range(len(g))", "There are as many partials as coordinates.")
numeric.equivalent("step = np.zeros(len(p))", "step = np.zeros(len(g))", "There are as many partials as coordinates.")
numeric.equivalent("p = np.array(p, dtype=float)", "p = p", "p + step is a new array of floats whatever p holds.")
numeric.equivalent("p = np.array", "g = np.array", "p + step is a new array of floats whatever p holds.")
numeric.equivalent("p = np.array", "i = np.array", "p + step is a new array of floats whatever p holds.")
numeric.equivalent("p = np.array", "step = np.array", "p + step is a new array of floats whatever p holds.")
numeric.equivalent("    p = np.array(p, dtype=float)\n", "", "p + step is a new array of floats whatever p holds.")
numeric.equivalent(
    "    p = np.array(p, dtype=float)\n    g = np.zeros(len(p))\n",
    "    g = np.zeros(len(p))\n    p = np.array(p, dtype=float)\n",
    "There are as many partials as coordinates.",
)
numeric.equivalent("in range(len(p))", "in reversed(list(range(len(p))))", "No partial uses another one.")
numeric.equivalent("step[i] = h", "step[i] += h", "The fresh step holds 0 there.")
numeric.equivalent("g[i] = ", "g[i] += ", "It holds 0 there, and is met once.")


@numeric.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(f=function_of("p", "p[0]**2 + 3*p[0]*p[1]"), p=np.array([1.0, 2.0]))
    yield dict(f=function_of("p", "p[0]**3 + p[0] * p[1]**3"), p=np.array([1.0, 2.0]), h=1.0)
    for _ in range(3):
        a, b, c = rng.uniform(0.5, 2.0, size=3)
        f = function_of("p", f"{a!r} * p[0]**2 + {b!r} * p[0] * p[1] - {c!r} * np.sin(p[1])")
        yield dict(f=f, p=rng.uniform(0.5, 2.0, size=2))
    a = rng.uniform(0.5, 2.0)
    yield dict(f=function_of("p", f"{a!r} * p[0]**2 * p[1]"), p=np.array([2, 1]))  # whole numbers
    yield dict(f=function_of("p", f"{a!r} * p[0] * p[1]**2 * p[2]**3"), p=rng.uniform(0.5, 2.0, size=3))
    yield dict(f=function_of("p", f"{a!r} * p[0]**3"), p=rng.uniform(0.5, 2.0, size=1), h=0.5)
    yield dict(
        f=function_of("p", "1e6 * (p[0]**3 + 2 * p[1]**3)"), p=np.array([0.0, 0.0])
    )  # here the usual h can be seen


numeric.hints(
    "A partial is an ordinary slope: all coordinates but one are held. You know how to measure a slope.",
    "p has shape (d,), f(p) is one number, the answer has shape (d,). Work on a float copy of p.",
    "For each i: step is zeros with h at place i; entry i is f(p + step) minus f(p − step), over 2h.",
)

# ------------------------------------------------------------------------------------------------ 03.2

loop = exercise("03.2", "Descent in the plane", points=1, start="path = [np.array(p0, dtype=float)]\n...")


@loop.reference
def descend2(grad: Gradient, p0: Any, lr: float, n: int) -> Array:
    """Each new place is a new array, so the old ones keep what they were.

    Both coordinates move at once, by the gradient at the place where you stand.
    """
    path = [np.array(p0, dtype=float)]
    for _ in range(n):
        path.append(path[-1] - lr * grad(path[-1]))
    return np.array(path)


MOVE = "path.append(path[-1] - lr * grad(path[-1]))"
loop.mutant(
    "All rows are the last place: `p -= …` changes the array that is already in your list. Make a new one.",
    MOVE,
    "path[-1] -= lr * grad(path[-1])\n        path.append(path[-1])",
)
loop.mutant(
    "You start each step from p0, so every row is the first step. Go on from the last place: path[-1].",
    MOVE,
    "path.append(path[0] - lr * grad(path[0]))",
)
loop.mutant("You walked uphill. The gradient points up: subtract it.", "- lr", "+ lr")
loop.mutant(
    "The start is missing: after n steps there are n + 1 places, p0 first.",
    "np.array(path)",
    "np.array(path[1:]).reshape(n, 2)",
)
loop.mutant(
    "You use the gradient of the start at every step. Ask for the gradient where you stand now.",
    "grad(path[-1])",
    "grad(path[0])",
)
loop.mutant(
    "You moved x first, then asked for y's slope at the new x. One gradient, at one place, moves both.",
    MOVE,
    "p = path[-1].copy()\n        p[0] -= lr * grad(p)[0]\n        p[1] -= lr * grad(p)[1]\n        path.append(p)",
)
loop.mutant("The learning rate is missing: each step is lr times the gradient.", "lr * ", "")
loop.mutant("Every step starts from p0. Start from the place you reached last.", "append(path[-1]", "append(path[0]")
loop.mutant(
    "You divide the gradient by its length, so all steps are equally long. The step is lr times the gradient itself.",
    "lr * grad(path[-1])",
    "lr * grad(path[-1]) / np.linalg.norm(grad(path[-1]))",
)
loop.mutant("One step is missing: n steps make n + 1 places.", "range(n)", "range(n - 1)")
loop.mutant("One step too many: n steps make n + 1 places, with p0 among them.", "range(n)", "range(n + 1)")
loop.mutant(
    "Only the first step is taken. Is a `return` inside the loop? It ends the loop in its first turn.",
    "    return np",
    "        return np",
)
loop.mutant("You return the last place. All places are asked for, p0 first.", "np.array(path)", "path[-1]")
loop.mutant(
    "Your rows are the coordinates. A row for each place: shape (n + 1, 2).", "np.array(path)", "np.array(path).T"
)
loop.mutant(
    "You collect the moves. The places are asked for: each is the place before, minus the move.",
    "append(path[-1] - lr",
    "append(-lr",
)


loop.equivalent("range(n)", "range(1, n + 1)", "The number of the step is not used.")
loop.equivalent("range(n)", "reversed(list(range(n)))", "The number of the step is not used.")
loop.equivalent(
    "return np.array(path)", "return path", "A list of the places holds the same numbers, and is taken for the array."
)


@loop.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(grad=function_of("p", "2 * p"), p0=[1.0, -2.0], lr=0.25, n=2)
    for n in (1, 3, 5):
        a, b, c = rng.uniform(0.5, 2.0, size=3)
        grad = function_of("p", f"np.array([{a!r} * p[0] + {c!r} * p[1], {c!r} * p[0] + {b!r} * p[1]])")
        yield dict(grad=grad, p0=rng.uniform(0.5, 2.0, size=2), lr=float(rng.uniform(0.05, 0.3)), n=n)
    yield dict(grad=function_of("p", "2 * p"), p0=[3, 1], lr=0.1, n=2)  # a list of whole numbers
    yield dict(grad=function_of("p", "2 * p"), p0=np.array([3, 1]), lr=0.1, n=2)  # and an array of them
    yield dict(grad=function_of("p", "2 * p"), p0=np.array([1.5, 0.5]), lr=0.1, n=0)
    yield dict(grad=function_of("p", "2 * p"), p0=np.array([1.0, 4.0]), lr=0.5, n=3)  # level after one step


loop.hints(
    "It is the loop of lesson 02. The place is now an array of two numbers, and so is the gradient.",
    "path is a list that starts with p0 as an array of floats, shape (2,). At the end, np.array(path) is (n + 1, 2).",
    "n times: append the last place minus lr times the gradient there. Write it with a new array, not with -=.",
)

# ------------------------------------------------------------------------------------------------ 03.3

matrix = exercise("03.3", "A step with a matrix", points=1)


@matrix.reference
def precond_step(p: Array, g: Array, M: Array) -> Array:
    """The matrix turns and stretches the gradient; then you subtract, as always.

    M plays the part of the learning rate: it multiplies the gradient, and is not inverted.
    """
    return p - M @ g


matrix.mutant(
    "You divided by M. It stands where η stood: multiply the gradient by it.", "M @ g", "np.linalg.pinv(M) @ g"
)
matrix.mutant(
    "You solve with M, or invert it. It stands where η stood: multiply by it.", "M @ g", "np.linalg.solve(M, g)"
)
matrix.mutant("`*` multiplies entry by entry, and gives a 2 × 2 array. Matrix times vector is `@`.", "M @ g", "M * g")
matrix.mutant(
    "Only the diagonal of M was used. The other entries turn the step: take the whole matrix.",
    "M @ g",
    "np.diag(M) * g",
)
matrix.mutant("You walked uphill: subtract what M makes of the gradient.", "p - M", "p + M")
matrix.mutant("That is the move. Add the place where you stand.", "p - M", "-M")
matrix.mutant("M multiplies the place. It belongs to the gradient g: M @ g.", "M @ g", "M @ p")
matrix.mutant("M comes twice. Once is enough: it plays the part of η.", "M @ g", "M @ M @ g")
matrix.mutant(
    "Each entry of g is multiplied by the sum of a row, or column, of M. In M @ g every row meets the whole g.",
    "M @ g",
    "M.sum(axis=1) * g",
)
matrix.mutant("M multiplies the place as well. Only the gradient goes through M.", "p - M @ g", "M @ (p - g)")
matrix.mutant(
    "Eigenvalues times g forgets the directions they belong to. M @ g is all you need.",
    "M @ g",
    "np.linalg.eigvalsh(M) * g",
)
matrix.mutant("M is missing: it multiplies the gradient, as η did.", "M @ g", "g")
matrix.mutant(
    "You subtracted the place from the move. It is the other way round: p minus M @ g.", "p - M @ g", "M @ g - p"
)


matrix.equivalent("M @ g", "g @ M", "A matrix that takes the place of a learning rate is symmetric.")
matrix.equivalent("M @ g", "M.T @ g", "A matrix that takes the place of a learning rate is symmetric.")
matrix.equivalent("M @ g", "M @ g.T", "A vector has one axis: to transpose it changes nothing.")


matrix.mutant(
    "M multiplies the place, and the gradient is left alone. It is the other way round.", "p - M @ g", "M @ p - g"
)
matrix.mutant("You added all of M up to one number. M turns the gradient, too: M @ g.", "M @ g", "np.sum(M) * g")
matrix.mutant(
    "Only the last product of each row is subtracted: a row of M times g is a SUM of products.",
    "M @ g",
    "M[:, -1] * g[-1]",
)


@matrix.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(p=np.array([1.0, 1.0]), g=np.array([2.0, 4.0]), M=np.array([[0.5, 0.25], [0.25, 0.5]]))
    yield dict(p=np.array([1, 2]), g=np.array([3, 4]), M=np.array([[2, 1], [1, 3]]))  # whole numbers
    for _ in range(4):
        R = rng.uniform(0.2, 1.0, size=(2, 2))
        yield dict(p=rng.normal(size=2), g=rng.normal(size=2), M=R @ R.T + 0.1 * np.eye(2))
    yield dict(p=np.array([1.0, 2.0]), g=np.array([3.0, 5.0]), M=np.array([[1.0, 1.0], [1.0, 1.0]]))  # not invertible


matrix.hints(
    "It is p − ηg with the matrix M in the place of the number η.",
    "M is (2, 2), g is (2,): their matrix product has the shape (2,), like p.",
    "M @ g is the matrix product. Subtract it from p.",
)

# ------------------------------------------------------------------------------------------------ 03.4

# rounding leaves about a millionth of a degree between parallel vectors
angle = exercise("03.4", "How far off is steepest?", points=2, rtol=1e-4)


@angle.reference
def angle_to_min(g: Array, to_min: Array) -> float:
    """The cosine of an angle is the dot product over both lengths.

    You walk against g, hence −g. Rounding can carry the cosine of parallel vectors beyond 1, where the
    arccos does not exist, hence the clip.
    """
    cosine = -g @ to_min / (np.linalg.norm(g) * np.linalg.norm(to_min))
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


LENGTHS, CLIPPED = " / (np.linalg.norm(g) * np.linalg.norm(to_min))", "np.clip(cosine, -1, 1)"
angle.mutant(
    "For parallel vectors rounding gives a cosine like 1.0000000000000002, and its arccos is nan. Clip it.",
    CLIPPED,
    "cosine",
)
angle.mutant("You took the angle from the gradient itself, which points uphill. You walk along −g.", "-g @", "g @")
angle.mutant(
    "You took the cosine of the cosine. The way back from a cosine to its angle is np.arccos.", "np.arccos", "np.cos"
)
angle.mutant(
    "np.radians makes radians of degrees. np.arccos answers in radians already: np.degrees is wanted.",
    "np.degrees",
    "np.radians",
)
angle.mutant(
    "Half a turn is π radians and 180°: times 180 alone is π times too large. np.degrees does it.",
    f"np.degrees(np.arccos({CLIPPED}))",
    f"np.arccos({CLIPPED}) * 180",
)
angle.mutant(
    "np.arccos answers in radians. Turn them into degrees.",
    f"np.degrees(np.arccos({CLIPPED}))",
    f"np.arccos({CLIPPED})",
)
angle.mutant(
    "np.arccos answers in radians: turn them into degrees. And clip the cosine: beyond 1, by rounding, arccos is nan.",
    f"np.degrees(np.arccos({CLIPPED}))",
    "np.arccos(cosine)",
)
angle.mutant("The dot product alone is no cosine: divide it by the lengths of both vectors.", LENGTHS, "")
angle.mutant(
    "You divide by the length of one vector only. Both lengths belong below the line.", LENGTHS, " / np.linalg.norm(g)"
)
angle.mutant(
    "`a / b * c` divides by b and then MULTIPLIES by c. Put brackets around the two lengths.",
    LENGTHS,
    " / np.linalg.norm(g) * np.linalg.norm(to_min)",
)
angle.mutant("You added the lengths. The dot product is divided by their product.", "norm(g) *", "norm(g) +")
angle.mutant(
    "Walking away is an angle above 90°, up to 180. Keep the sign of the cosine (no abs), and clip it.",
    "-g @ to_min",
    "abs(g @ to_min)",
)
angle.mutant(
    "Two angles with the x-axis can differ by more than 180°. The angle between arrows is the short way.",
    f"np.degrees(np.arccos({CLIPPED}))",
    "np.degrees(abs(np.arctan2(-g[1], -g[0]) - np.arctan2(to_min[1], to_min[0])))",
)
angle.mutant(
    "That is the cosine. Its angle, in degrees, is asked for: np.arccos.", f"np.degrees(np.arccos({CLIPPED}))", "cosine"
)
angle.mutant(
    "The arcsine belongs to the sine. A cosine is turned into an angle by np.arccos.", "np.arccos", "np.arcsin"
)
angle.mutant(
    "You turn the cosine into degrees. It is no angle yet: first np.arccos, then np.degrees.",
    f"np.degrees(np.arccos({CLIPPED}))",
    "np.arccos(np.degrees(cosine))",
)
angle.mutant(
    "That is the angle of to_min − g with the x-axis. The angle between two arrows is asked for.",
    f"np.degrees(np.arccos({CLIPPED}))",
    "np.degrees(np.arctan2(to_min[1] - g[1], to_min[0] - g[0]))",
)


angle.equivalent("-g @ to_min", "to_min @ -g", "A dot product does not ask which vector comes first.")
angle.equivalent("norm(g)", "norm(-g)", "A length has no sign.")
angle.equivalent("norm(to_min)", "norm(-to_min)", "A length has no sign.")
angle.equivalent("@ to_min", "@ to_min.T", "A vector has one axis: to transpose it changes nothing.")
angle.equivalent("norm(g)", "norm(g, axis=0)", "A vector has one axis, and it is both the first and the last.")
angle.equivalent("norm(g)", "norm(g, axis=-1)", "A vector has one axis, and it is both the first and the last.")
angle.equivalent(
    "norm(to_min)", "norm(to_min, axis=0)", "A vector has one axis, and it is both the first and the last."
)
angle.equivalent(
    "norm(to_min)", "norm(to_min, axis=-1)", "A vector has one axis, and it is both the first and the last."
)
angle.equivalent(
    "np.clip(cosine, -1, 1)",
    "np.clip(-1, cosine, 1)",
    "−1 raised to at least the cosine, and held to at most 1, is the same number.",
)


@angle.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(g=np.array([2.0, 20.0]), to_min=np.array([-1.0, -0.1]))
    yield dict(g=np.array([3, 0]), to_min=np.array([-2, 2]))  # whole numbers
    yield dict(g=np.array([3, 4]), to_min=np.array([-4, -3]))
    for _ in range(3):
        turn = rng.uniform(0.3, 1.2)
        g = rng.uniform(0.5, 2.0) * np.array([np.cos(0.1), np.sin(0.1)])
        yield dict(g=g, to_min=rng.uniform(0.3, 3.0) * np.array([-np.cos(turn), np.sin(turn)]))
    turn = rng.uniform(0.3, 1.2)
    yield dict(g=np.array([1.5, 0.5]), to_min=2.0 * np.array([np.cos(turn), np.sin(turn)]))  # walking away
    yield dict(g=np.array([0.02, 0.01]), to_min=np.array([30.0, -40.0]))  # a gentle slope, and a far minimum
    for one, other in (([7.5, 3.0], [-1.5, -0.6]), ([-18.9, -0.7], [2.7, 0.1]), ([16.1, 4.2], [-2.3, -0.6])):
        yield dict(g=np.array(one), to_min=np.array(other))  # parallel: the cosine comes out above 1
    yield dict(g=np.array([7.5, 3.0]), to_min=np.array([1.5, 0.6]))  # straight away from it: below −1


angle.mutant(
    "You subtract two directions. Their difference runs from −360 to 360; the angle between two arrows from 0 to 180.",
    f"np.degrees(np.arccos({CLIPPED}))",
    "np.degrees(np.arctan2(-g[1], -g[0]) - np.arctan2(to_min[1], to_min[0]))",
)


angle.hints(
    "The dot product of two vectors is the product of their lengths, times the cosine of the angle between them.",
    "Your direction is −g, shape (2,). The cosine is one number between −1 and 1; np.clip keeps it there.",
    "cosine = −g @ to_min / (both np.linalg.norm multiplied); clip it to −1 … 1; np.degrees(np.arccos(...)).",
)

# ------------------------------------------------------------------------------------------------ predictions and quiz

predictions = [
    prediction(
        "03.a",
        "You stand in the fog. To the east (along x) the ground falls by 0.6 for each metre, to the north (along y) "
        "it climbs by 0.8. Which way is down the steepest?",
        options={
            "South: the steeper of the two slopes": "South falls by 0.8. Some east falls, too: together they win.",
            "South-east, more south than east": "Each slope has its say, in proportion to how steep it is.",
            "Any way between south and east, all alike": "All of these go down, but not equally fast.",
        },
        answer="South-east, more south than east",
    ),
    prediction(
        "03.b",
        "A long valley is 100 times as curved across as along. You stand on its side and walk in the direction of "
        "steepest descent. How far is that from the direction to the lowest point?",
        options={
            "About 10°": "Look at the two arrows at step 0 with κ = 100.",
            "About 45°": "That is near κ = 10. At 100 it is worse.",
            "About 80°": "Steepest is nearly straight across the valley. The minimum lies along it.",
        },
        answer="About 80°",
    ),
    prediction(
        "03.c",
        "You measure one of the two directions in other units, say feet for metres. The hill stays where it is. "
        "What happens to the direction of steepest descent on the ground?",
        options={
            "Nothing: steepest is steepest": "It sounds safe. Move the slider and watch the arrow on the right.",
            "It turns": "Steepest means most descent for a step of length one, and units decide what length one is.",
            "It stays, but the step gets longer": "The length changes, and the direction with it.",
        },
        answer="It turns",
    ),
]

quiz = [
    question(
        "03.q1",
        "f(x, y) = 3x + y². What is the gradient at (5, 2)?",
        options={
            "(3, 4)": "Hold y and the slope is 3 everywhere; hold x and the slope of y² at 2 is 4.",
            "(15, 4)": "3x is the height. Its slope along x is 3.",
            "7": "The partials stay apart: a gradient has an entry for each input.",
        },
        answer="(3, 4)",
    ),
    question(
        "03.q2",
        "You walk along a contour line. What do you know about the gradient?",
        options={
            "It is zero": "The height stays, in this one direction. Across the line it may change fast.",
            "It points along the line": "Along the line nothing changes. The gradient points where most changes.",
            "It is at right angles to the line": "No change along the line means that all the change is across it.",
        },
        answer="It is at right angles to the line",
    ),
    question(
        "03.q3",
        "Your list of places has 50 rows, all the same. What happened?",
        options={
            "The gradient was zero": "Then the rows would all be the start. Compare them with p0.",
            "You appended one array, and changed it with -=": "A list holds the array itself, 50 times, not 50 copies.",
            "η was too large": "Then the rows would be wild, and different.",
        },
        answer="You appended one array, and changed it with -=",
    ),
    question(
        "03.q4",
        "M is diag(1, 0) and the gradient is (0, 2). Where does p − M∇f take you?",
        options={
            "Nowhere": "M(0, 2) is (0, 0). A zero eigenvalue is blind to that direction.",
            "Down, slowly": "The step has length 0, so it goes nowhere, at any speed.",
            "Uphill": "M does not turn it round. It wipes it out.",
        },
        answer="Nowhere",
    ),
    question(
        "03.q5",
        "At a place the gradient is zero. Along x it is a valley, along y a hilltop. What is it?",
        options={
            "A local minimum": "Along y the ground falls away on both sides.",
            "A saddle": "Up one way, down the other. Descent slows here and can leave with a small push.",
            "A local maximum": "Along x the ground rises on both sides.",
        },
        answer="A saddle",
    ),
]
