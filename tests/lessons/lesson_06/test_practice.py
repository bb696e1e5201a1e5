"""The practice of lesson 06, from what the task says: heights, sides of a kink, and throws one by one."""

from __future__ import annotations

from fractions import Fraction

from dlcourse.lesson.practice import Problem


def slopes(problem: Problem) -> dict[str, float]:
    given = problem.given
    if "h" in given:
        low, here, high = (given[name] for name in ("f(x − h)", "f(x)", "f(x + h)"))
        both = (high - low) / (2 * given["h"])
        values = {"left": (here - low) / given["h"], "right": (high - here) / given["h"], "both": both}
        return values | {"x": given["x"] - given["η"] * both}
    if "x₀" in given:
        kink, sides = given["the place of the kink"], (given["the slope on the left"], given["the slope on the right"])
        first = sides[given["x₀"] > kink]
        place = given["x₀"] - given["η"] * first
        second = sides[place > kink]
        return {"g0": first, "x1": place, "g1": second, "x2": place - given["η"] * second}
    p, rewards = Fraction(str(given["p"])), [Fraction(given["r(0)"]), Fraction(given["r(1)"])]
    throws = [int(a) for a in given["throws"].split(", ")]
    estimate = sum(rewards[a] * (a - p) for a in throws) / len(throws)
    expected = {"J": p * rewards[1] + (1 - p) * rewards[0], "slope": (rewards[1] - rewards[0]) * p * (1 - p)}
    values = expected | {"score1": 1 - p, "score0": -p, "estimate": estimate}
    return {name: float(value) for name, value in values.items()}


second_way = {"06.heights": slopes}
