"""Practice for lesson 08: slopes multiplied along a path, and added over paths."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

import dlcourse as dl
from dlcourse.figures import Mark, Panel, edge, node, text
from dlcourse.lesson.practice import Box, Problem, bracketed, exact, family, sheet, whole

Rng = np.random.Generator


@family("08.paths", "Along paths and over them", levels=("one path", "two paths", "three paths", "slopes to be found"))
def along_paths(rng: Rng, level: int) -> Problem:
    """A slope on each arrow; at the last level the arrows are functions, whose slopes have to be found."""
    return (_one_path, _two_paths, _three_paths, _functions)[level](rng)


def _engine(slopes: dict[tuple[str, str], float], names: str) -> dict[str, float]:
    """How fast the last node moves with each of them, by the engine: each node is a sum over the arrows into it."""
    nodes: dict[str, dl.Node] = {names[0]: dl.parameter(1.0, name=names[0])}
    for name in names[1:]:
        parts = [slope * nodes[a] for (a, b), slope in slopes.items() if b == name]
        total = parts[0]
        for part in parts[1:]:
            total = dl.add(total, part)
        nodes[name] = total
    found = dl.run(dl.gradients(nodes[names[-1]], list(nodes.values())))
    return {name: float(value) for name, value in zip(names, found, strict=True)}


def _drawn(slopes: dict[tuple[str, str], float], at: dict[str, tuple[float, float]]) -> list[Mark]:
    marks: list[Mark] = [node(*at[name], name, shape="circle") for name in at]
    return marks + [edge(*at[a], *at[b], label=exact(slope)) for (a, b), slope in slopes.items()]


def _given(slopes: dict[tuple[str, str], float]) -> dict[str, float]:
    # "de/da" would be the name of one arrow and of the slope over all paths
    return {f"the slope of the arrow {a} → {b}": slope for (a, b), slope in slopes.items()}


def _in_words(slopes: dict[tuple[str, str], float]) -> str:
    return f"Arrows: {', '.join(f'{a} → {b} with slope {exact(slope)}' for (a, b), slope in slopes.items())}."


def _one_path(rng: Rng) -> Problem:
    """a → b → c → d."""
    while True:
        slopes = {pair: whole(rng, -4, 5) for pair in pairwise("abcd")}
        if len({abs(s) for s in slopes.values()}) == 3:
            break
    first, second, third = slopes.values()
    right = _engine(slopes, "abcd")
    boxes = [
        Box(
            "b",
            "dd/db",
            right["b"],
            (3.1, -0.6),
            f"From b to d: {bracketed(second)} · {bracketed(third)} = {exact(right['b'])}.",
            {
                "You added where the path multiplies.": second + third,
                "That is one arrow; the path from b to d has two.": third,
                "That is the first of the two arrows on the way.": second,
                "That is the whole way, from a.": first * second * third,
                "You multiplied the first two arrows; b is behind the first.": first * second,
                "You divided; along a path slopes multiply.": third / second,
                "You divided; along a path slopes are multiplied.": second / third,
            },
        ),
        Box(
            "a",
            "dd/da",
            right["a"],
            (1.3, -1.0),
            f"From a to d: {bracketed(first)} · {bracketed(second)} · {bracketed(third)} = {exact(right['a'])}.",
            {
                "You added where the path multiplies.": first + second + third,
                "The first arrow is missing.": second * third,
                "The last arrow is missing.": first * second,
                "The arrow in the middle is missing.": first * third,
                "You multiplied the first two and added the third.": first * second + third,
                "You multiplied the last two and added the first.": first + second * third,
                "That is the slope of the first arrow alone.": first,
            },
            follows=lambda v: first * v["b"],
        ),
    ]
    at = {"a": (0.0, 0.0), "b": (1.8, 0.0), "c": (3.6, 0.0), "d": (5.4, 0.0)}
    panel = Panel(_drawn(slopes, at), (-0.5, 5.9), (-1.3, 1.2), axes=False, name="path")
    return Problem(
        "Each arrow has its slope. Fill in the slopes of d by b and by a.",
        [panel],
        boxes,
        _given(slopes),
        in_words=_in_words(slopes),
    )


def _two_paths(rng: Rng) -> Problem:
    """a feeds b and c, and both feed d."""
    while True:
        ab, ac, bd, cd = (whole(rng, -4, 5) for _ in range(4))
        upper, lower = ab * bd, ac * cd
        if upper + lower and abs(upper) != abs(lower) and len({ab, ac, bd, cd}) == 4:
            break
    slopes = {("a", "b"): ab, ("a", "c"): ac, ("b", "d"): bd, ("c", "d"): cd}
    right = _engine(slopes, "abcd")
    boxes = [
        Box(
            name,
            label,
            value,
            (1.6, y),
            f"{bracketed(first)} · {bracketed(then)} = {exact(value)}.",
            {
                "You added where the path multiplies.": first + then,
                "That is the first arrow alone.": first,
                "That is the second arrow alone.": then,
                "You changed over to the other path.": first * other_then,
                "You came from the other path.": other_first * then,
                "That is the other path.": other_first * other_then,
                "You divided; along a path slopes multiply.": then / first,
                "You subtracted where the path multiplies.": then - first,
            },
        )
        for name, label, value, y, first, then, other_first, other_then in (
            ("upper", "the path through b", upper, 1.55, ab, bd, ac, cd),
            ("lower", "the path through c", lower, -1.55, ac, cd, ab, bd),
        )
    ]
    boxes.append(
        Box(
            "a",
            "dd/da",
            right["a"],
            (2.2, 0.0),
            f"Over paths one adds: {exact(upper)} + {bracketed(lower)} = {exact(right['a'])}.",
            {
                "One of two paths is missing: the one through c.": upper,
                "One of two paths is missing: the one through b.": lower,
                "You multiplied the two paths; over paths one adds.": upper * lower,
                "You subtracted one path from the other; they are added.": upper - lower,
                "You took the mean of the paths; they are added.": (upper + lower) / 2,
                "You added all four arrows.": ab + ac + bd + cd,
                "You multiplied all four arrows.": ab * ac * bd * cd,
                "You added before you multiplied.": (ab + ac) * (bd + cd),
                "You multiplied where the paths add, and added where a path multiplies.": (ab + bd) * (ac + cd),
                "You crossed the paths.": ab * cd + ac * bd,
            },
            follows=lambda v: v["upper"] + v["lower"],
        )
    )
    at = {"a": (0.0, 0.0), "b": (2.0, 1.0), "c": (2.0, -1.0), "d": (4.0, 0.0)}
    panel = Panel(_drawn(slopes, at), (-0.9, 4.5), (-1.9, 1.9), axes=False, name="paths")
    return Problem(
        "Each arrow has its slope. Fill in what each path gives, and the slope of d by a.",
        [panel],
        boxes,
        _given(slopes),
        in_words=_in_words(slopes),
    )


def _three_paths(rng: Rng) -> Problem:
    """A diamond, one arrow more, and one that leads past it."""
    while True:
        ab, ac, bd, cd, de, ae = (float(rng.choice([-3, -2, 2, 3, 4])) for _ in range(6))
        diamond = ab * bd + ac * cd
        if diamond and diamond * de + ae and abs(ab * bd) != abs(ac * cd) and abs(diamond) not in (1, abs(de)):
            break
    slopes = {("a", "b"): ab, ("a", "c"): ac, ("b", "d"): bd, ("c", "d"): cd, ("d", "e"): de, ("a", "e"): ae}
    right = _engine(slopes, "abcde")
    boxes = [
        Box(
            "b",
            "de/db",
            right["b"],
            (1.9, 1.7),
            f"{bracketed(bd)} · {bracketed(de)} = {exact(right['b'])}.",
            {
                "You added where the path multiplies.": bd + de,
                "That is the slope of d by b; e lies one arrow further.": bd,
                "That is the last arrow alone.": de,
                "That starts at a, not at b.": ab * bd * de,
                "You took the way of c.": cd * de,
                "You stopped at d and started at a.": ab * bd,
            },
        ),
        Box(
            "c",
            "de/dc",
            right["c"],
            (4.25, -0.2),
            f"{bracketed(cd)} · {bracketed(de)} = {exact(right['c'])}.",
            {
                "You added where the path multiplies.": cd + de,
                "That is the slope of d by c; e lies one arrow further.": cd,
                "That is the last arrow alone.": de,
                "That starts at a, not at c.": ac * cd * de,
                "You took the way of b.": bd * de,
                "You stopped at d and started at a.": ac * cd,
            },
        ),
        Box(
            "a",
            "de/da",
            right["a"],
            (0.1, -1.5),
            f"Three paths: {bracketed(ab)} · {bracketed(right['b'])} + {bracketed(ac)} · {bracketed(right['c'])} + "
            f"{bracketed(ae)} = {exact(right['a'])}.",
            {
                "The arrow from a straight to e is missing.": diamond * de,
                "The path through b is missing.": ac * cd * de + ae,
                "The path through c is missing.": ab * bd * de + ae,
                "Only the path through b is in it.": ab * bd * de,
                "Only the path through c is in it.": ac * cd * de,
                "Only the arrow straight to e is in it.": ae,
                "That is the slope of d by a; e lies further.": diamond,
                "You multiplied the paths; over paths one adds.": ab * bd * de * ac * cd * de * ae,
                "You multiplied all arrows; over paths one adds.": ab * bd * ac * cd * de * ae,
                "You multiplied the two paths through b and c.": ab * bd * ac * cd * de + ae,
                "The last arrow is on the paths through b and c, too.": diamond + ae,
                "The last arrow is on two paths, not on the one straight to e.": (diamond + ae) * de,
                "The first arrows are missing.": (bd + cd) * de + ae,
                "The first arrow to b and to c is missing, and the one to e, too.": (bd + cd) * de,
                "You added up all arrows.": ab + ac + bd + cd + de + ae,
            },
            follows=lambda v: ab * v["b"] + ac * v["c"] + ae,
        ),
    ]
    at = {"a": (0.0, -0.8), "b": (1.8, 1.1), "c": (2.2, 0.15), "d": (4.1, 0.6), "e": (6.0, -0.8)}
    panel = Panel(_drawn(slopes, at), (-1.0, 6.5), (-1.9, 2.1), axes=False, name="paths")
    return Problem(
        "Each arrow has its slope. Fill in the slopes of e by b, by c and by a.",
        [panel],
        boxes,
        _given(slopes),
        in_words=_in_words(slopes),
    )


# what a box of the chain does: its formula, and as code for numbers and nodes alike
FUNCTIONS: dict[str, tuple[Callable[[dl.Node], dl.Node], Callable[[float], str]]] = {
    "²": (dl.square, lambda at: f"2 · {bracketed(at)}"),
    "³": (lambda n: n * n * n, lambda at: f"3 · {bracketed(at)}²"),
}


def _functions(rng: Rng) -> Problem:
    """x → u → y: two functions one after the other, each with its slope where it stands."""
    while True:
        x0, k, shift = whole(rng, -3, 4), whole(rng, -3, 4), float(rng.integers(-3, 4))
        outer, square_first = str(rng.choice(list(FUNCTIONS))), bool(rng.random() < 0.4)
        u0 = x0**2 + shift if square_first else k * x0 + shift
        if abs(u0) > 1 and abs(u0) <= 6 and u0 not in (x0, k, -x0) and shift:
            break
    f, slope_words = FUNCTIONS[outer]
    # the engine says what is right
    x = dl.parameter(x0, name="x")
    inner = dl.square(x) + shift if square_first else k * x + shift
    y = f(inner)
    [dy_du, dy_dx], [du_dx] = dl.gradients(y, [inner, x]), dl.gradients(inner, [x])
    u, du, dy, total = (float(v) for v in dl.run([inner, du_dx, dy_du, dy_dx]))
    power = 2 if outer == "²" else 3
    formula = f"{'x²' if square_first else f'{exact(k)}x'} {'−' if shift < 0 else '+'} {exact(abs(shift))}"
    boxes = [
        Box(
            "u",
            "u",
            u,
            (0, 0),
            f"u = {formula} = {exact(u)} at x = {exact(x0)}.",
            {
                "The number at the end is missing.": u - shift,
                "You turned the sign of the number at the end.": u - 2 * shift,
                "That is x; it goes through the first box.": x0,
                "That is y already.": u**power,
            }
            | (
                {"You doubled x; it is squared.": 2 * x0 + shift, "You added before you squared.": (x0 + shift) ** 2}
                if square_first
                else {
                    "You added before you multiplied.": k * (x0 + shift),
                    "You added the factor; it multiplies x.": k + x0 + shift,
                }
            ),
        ),
        Box(
            "du",
            "du/dx",
            du,
            (0, 0),
            f"{'2x' if square_first else 'The slope of a line is its factor'}: {exact(du)}.",
            {
                "That is u, not how fast it moves.": u,
                "The number at the end does not move: it adds nothing to the slope.": du + shift,
                "You took the value without the number at the end.": u - shift,
            }
            | (
                {"2 is missing: the slope of x² is 2x.": x0, "The slope of x² is 2x, not 2.": 2.0}
                if square_first
                else {"That is x; it has no place in the slope of a line.": x0, "x comes with a factor.": 1.0}
            ),
        ),
        Box(
            "dy",
            "dy/du",
            dy,
            (0, 0),
            f"At u = {exact(u)}: {slope_words(u)} = {exact(dy)}.",
            {
                "That is y, not its slope.": u**power,
                "You took the slope at x; the outer function stands at u.": power * x0 ** (power - 1),
                "That is u; the slope of a power has its factor, too.": u,
                f"The factor {power} is missing.": u ** (power - 1),
                f"The power stays one too high: it falls to {power - 1}.": power * u**power,
                "That is the factor alone.": float(power),
                "You took the slope of a square." if power == 3 else "You took the slope of a cube.": 2 * u
                if power == 3
                else 3 * u * u,
            },
            follows=lambda v: power * v["u"] ** (power - 1),
        ),
        Box(
            "dx",
            "dy/dx",
            total,
            (0, 0),
            f"Along the path: {bracketed(dy)} · {bracketed(du)} = {exact(total)}.",
            {
                "You added where the path multiplies.": dy + du,
                "That is dy/du; the first box is missing.": dy,
                "That is du/dx; the second box is missing.": du,
                "The outer slope is taken at x; it belongs at u.": power * x0 ** (power - 1) * du,
                "You multiplied the values, not the slopes.": u * u**power,
                "You divided; along a path slopes multiply.": dy / du,
                "You multiplied by x, too.": total * x0,
            },
            follows=lambda v: v["dy"] * v["du"],
        ),
    ]
    boxes, column = sheet(boxes, panel=1)
    at = {"x": (0.0, 0.0), "u": (3.0, 0.0), "y": (5.6, 0.0)}
    marks: list[Mark] = [node(*place, name, shape="circle") for name, place in at.items()]
    marks += [node(1.5, 0, formula), node(4.3, 0, f"u{outer}")]
    marks += [edge(a, 0, b, 0) for a, b in pairwise([0.0, 1.5, 3.0, 4.3, 5.6])]
    marks.append(text(0, 0.42, exact(x0), anchor="middle"))
    panel = Panel(marks, (-0.5, 6.1), (-1.5, 1.5), axes=False, width=1.4, name="path")
    return Problem(
        f"x = {exact(x0)}, u = {formula}, y = u{outer}. Fill in u, the slope of each box where it stands, and dy/dx.",
        [panel, column],
        boxes,
        {"x": x0, "the number at the end of u": shift, "power": str(power)}
        | ({} if square_first else {"the factor of x": k}),
    )
