"""The practice of lesson 08, solved by walking every path, and where there are functions by moving x a little."""

from __future__ import annotations

from math import prod

from dlcourse.lesson.practice import Problem


def over_paths(slopes: dict[tuple[str, str], float], start: str, end: str) -> list[float]:
    """The product of slopes along each path."""
    if start == end:
        return [1.0]
    return [slope * rest for (a, b), slope in slopes.items() if a == start for rest in over_paths(slopes, b, end)]


def along_paths(problem: Problem) -> dict[str, float]:
    given = problem.given
    if "power" in given:

        def u(x: float) -> float:
            moving = given["the factor of x"] * x if "the factor of x" in given else x**2
            return moving + given["the number at the end of u"]

        def moved(f, at):
            return (f(at + 1e-5) - f(at - 1e-5)) / 2e-5

        x, power = given["x"], int(given["power"])
        return {
            "u": u(x),
            "du": moved(u, x),
            "dy": moved(lambda at: at**power, u(x)),
            "dx": moved(lambda at: u(at) ** power, x),
        }
    slopes = {(name[-5], name[-1]): slope for name, slope in given.items()}
    end = max(b for _, b in slopes)
    values = {}
    for box in problem.boxes:
        if box.name in ("upper", "lower"):
            through = "b" if box.name == "upper" else "c"
            values[box.name] = prod([slopes["a", through], slopes[through, "d"]])
        else:
            values[box.name] = sum(over_paths(slopes, box.name, end))
    return values


second_way = {"08.paths": along_paths}
