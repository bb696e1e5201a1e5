"""The practice of lesson 04 in plain numbers; slopes by moving what they belong to."""

from __future__ import annotations

from collections.abc import Callable

from dlcourse.lesson.practice import Problem


def slope(f: Callable[[float], float], at: float) -> float:
    return (f(at + 1e-5) - f(at - 1e-5)) / 2e-5


def loss_by_hand(problem: Problem) -> dict[str, float]:
    given = problem.given
    if "c" in given:
        right_of = given["x"] - given["c"]
        m = right_of if "A triangle" in problem.task else -right_of
        values = {"m": m, "squared": (1 - m) ** 2, "hinge": max(0, 1 - m)}
        return values | {"pull": slope(lambda m: (1 - m) ** 2, m), "bent": slope(lambda m: max(0, 1 - m), m)}
    w = given["w"]
    if "x" in given:
        x, y, b = given["x"], given["y"], given["b"]
        e = w * x + b - y
        values = {"yhat": w * x + b, "e": e, "loss": e * e}
        values["dw"] = slope(lambda w: (w * x + b - y) ** 2, w)
        return values | {"db": slope(lambda b: (w * x + b - y) ** 2, b)}
    pairs = [(given["x" + k], given["y" + k]) for k in "₁₂₃₄" if "x" + k in given]
    b = given.get("b", 0)
    errors = {f"e{k}": w * x + b - y for k, (x, y) in enumerate(pairs, 1)}
    n = len(pairs)
    if "η" not in given:
        squared, absolute = sum(e * e for e in errors.values()) / n, sum(abs(e) for e in errors.values()) / n
        return errors | {"squared": squared, "absolute": absolute}
    own = {f"d{k}": slope(lambda w: (w * x - y) ** 2, w) for k, (x, y) in enumerate(pairs, 1)}  # noqa: B023
    mean = slope(lambda w: sum((w * x - y) ** 2 for x, y in pairs) / n, w)
    return errors | own | {"mean": mean, "w": w - given["η"] * mean}


second_way = {"04.loss": loss_by_hand}
