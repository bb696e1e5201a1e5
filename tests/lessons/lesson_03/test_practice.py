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


def test_each_line_of_the_map_joins_places_of_the_height_that_is_written_on_it():
    for seed in range(30):
        problem = files.practice("03")["03.map"].problem(seed, seed % 3)
        given = problem.given
        a, b = (problem.box(name).value for name in ("fx", "fy"))
        lines = [mark for mark in problem.panels[0].marks if mark.role == "guide"]
        assert len(lines) == 3
        for line in lines:
            for x, y in zip(line.xs, line.ys, strict=True):
                height = given["the height here"] + a * (x - given["x"]) + b * (y - given["y"])
                assert abs(height - float(line.label.replace("−", "-"))) < 0.06
