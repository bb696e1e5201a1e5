"""The practice of lesson 02, solved from the picture alone: slopes by moving x a little, then the rule of the step."""

from __future__ import annotations

from dlcourse.lesson.practice import Problem


def step_down(problem: Problem) -> dict[str, float]:
    given = problem.given
    bend, low = given["bowl"]

    def slope(x: float) -> float:
        heights = [bend * (at - low) ** 2 / 2 for at in (x - 1e-4, x + 1e-4)]
        return (heights[1] - heights[0]) / 2e-4

    rate = given["η"]
    if "x₀" in given:
        first = given["x₀"] - rate * slope(given["x₀"])
        second = first - rate * slope(first)
        return {"slope0": slope(given["x₀"]), "x1": first, "slope1": slope(first), "x2": second}
    s = slope(given["x"])
    if "v" not in given:
        return {"slope": s, "x": given["x"] - s * rate}
    v = given["v"] * given["β"] + s
    return {"slope": s, "v": v, "x": given["x"] - v * rate}


second_way = {"02.step": step_down}


def test_the_slope_that_the_triangle_shows_is_the_slope_of_the_hill():
    from dlcourse.lesson import files

    for seed in range(30):
        problem = files.practice("02")["02.step"].problem(seed, 2 * (seed % 2))
        across, up = (mark for mark in problem.panels[0].marks if mark.role == "path")
        rise = (up.ys[1] - up.ys[0]) / (across.xs[1] - across.xs[0])
        assert problem.box("slope").takes(rise)
