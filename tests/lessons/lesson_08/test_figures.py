"""The figures of lesson 08 show what the lesson says they show."""

import re

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.lesson import files

figures = files.figures("08")
Diamond = figures.Diamond
EvaluationPoint = figures.EvaluationPoint
Gears = figures.Gears
Paths = figures.Paths


@pytest.mark.parametrize("teeth", [(8, 16, 8), (6, 7, 16)])
def test_at_the_places_where_gears_touch_the_same_number_of_teeth_goes_by(teeth):
    fig = Gears(turn=60, first=teeth[0], second=teeth[1], third=teeth[2])
    passed = [n * angle for n, angle in zip(teeth, fig.angles, strict=True)]
    assert passed == pytest.approx([passed[0], -passed[0], passed[0]])


def test_the_wheel_between_changes_nothing_but_itself():
    assert {round(Gears(second=n, turn=60).angles[2], 9) for n in range(6, 17)} == {60.0}


@pytest.mark.parametrize("x", [0.3, 1.3, 2.0])
def test_the_slope_taken_where_it_belongs_is_the_slope_by_moving_x(x):
    fig = EvaluationPoint(x=x)
    moved = (np.sin((x + 1e-6) ** 2) - np.sin((x - 1e-6) ** 2)) / 2e-6
    assert fig.right == pytest.approx(moved, abs=1e-8)
    assert abs(fig.wrong - moved) > 0.01


@pytest.mark.parametrize("a", [0.2, 1.0, 1.7])
def test_the_two_paths_add_to_what_the_engine_finds(a):
    fig = Diamond(a=a)
    assert sum(fig.products.values()) == pytest.approx(fig.total)
    nodes = fig.nodes
    for arrow, slope in fig.local.items():  # each arrow alone: the other input of its node stands still
        start, end = (nodes[letter] for letter in arrow)
        held = {n: n if n is start else dl.constant(dl.run(n)) for n in end.inputs}
        again = {"multiply": dl.multiply, "square": dl.square, "divide": dl.divide}[end.kind_name]
        (found,) = dl.gradients(again(*[held[n] for n in end.inputs]), [start])
        assert float(dl.run(found)) == pytest.approx(slope)


def test_the_sum_of_the_paths_is_drawn_with_both_alone_and_adds_up_as_printed():
    for path in ("abde", "acde"):
        assert not [m for m in Diamond(path=path).scene()[1].marks if getattr(m, "text", None) == "sum"]
    for a in np.linspace(0.2, 2.0, 10):
        one, two, together = (float(v) for v in re.findall(r"\d+\.\d\d", Diamond(a=a, path="both").describe()))
        assert one + two == pytest.approx(together, abs=1e-9)


@pytest.mark.parametrize("teeth", [(8, 16, 8), (6, 6, 6), (16, 16, 16)])
def test_the_frame_of_the_gears_is_never_narrower_and_holds_them_all(teeth):
    (panel,) = Gears(first=teeth[0], second=teeth[1], third=teeth[2]).scene()
    left, right = panel.xlim
    assert right - left >= np.subtract(*Gears().scene()[0].xlim[::-1])
    xs = np.concatenate([m.xs for m in panel.marks if m.kind == "polygon"])
    assert left <= xs.min() and xs.max() <= right


def test_paths_double_with_each_diamond_and_arrows_grow_by_four():
    fig = Paths(count=30)
    assert fig.ways[30] == 2**30
    assert fig.arrows[30] == 120
    assert "1 073 741 824 paths over 120 arrows" in fig.describe()
