"""The practice of lesson 03, solved from the heights that the map shows."""

from __future__ import annotations

from math import hypot

from dlcourse.lesson import files
from dlcourse.lesson.practice import Problem


def slopes_from_a_map(problem: Problem) -> dict[str, float]:
    given = problem.given
    fx, fy = (
        (given[f"the height in the {way}"] - given["the height here"]) / given[f"the way to the {way}"]
        for way in ("east", "north")
    )
    values = {"fx": fx, "fy": fy}
    if "steep" in {box.name for box in problem.boxes}:
        values |= {"dx": -fx, "dy": -fy, "steep": hypot(fx, fy)}
    if "d" in given:
        dx, dy = given["d"]
        values |= {"along": fx * dx + fy * dy}
        values |= {name: given[name] - given["η"] * slope for name, slope in (("x", fx), ("y", fy))}
    return values


second_way = {"03.map": slopes_from_a_map}


def test_each_height_stands_on_the_line_that_joins_the_places_of_that_height():
    for seed in range(30):
        problem = files.practice("03")["03.map"].problem(seed, seed % 3)
        given, marks = problem.given, problem.panels[0].marks
        a, b = (problem.box(name).value for name in ("fx", "fy"))

        def height(x: float, y: float) -> float:
            return given["the height here"] + a * (x - given["x"]) + b * (y - given["y"])  # noqa: B023

        lines = [mark for mark in marks if mark.role == "guide"]
        words = [mark for mark in marks if mark.kind == "text"]
        assert len(lines) == len(words) == 3
        for line, word in zip(lines, words, strict=True):
            written = float(word.string.replace("−", "-"))
            ends = zip(line.xs, line.ys, strict=True)
            assert all(abs(height(x, y) - written) < 0.06 for x, y in [*ends, (word.x, word.y)])
            assert word.anchor == "middle" and abs(word.x - given["x"]) + abs(word.y - given["y"]) > 0.3
