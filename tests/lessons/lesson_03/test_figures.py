"""The figures of lesson 03: what their models say, at places where it is known."""

import numpy as np
import pytest

from dlcourse.lesson import files

figures = files.figures("03")
FIGURES = figures.FIGURES
Condition = figures.Condition
Hill2D = figures.Hill2D
Precondition = figures.Precondition
Saddle = figures.Saddle
Units = figures.Units


@pytest.mark.parametrize("hill", ["bowl", "pass"])
def test_the_arrow_on_the_map_is_at_right_angles_to_the_contour(hill):
    """A hundredth of a stride across the arrow changes the height far less than the same along it."""
    fig = Hill2D(hill=hill, x=0.7, y=-1.1)
    step = fig.gradient / np.linalg.norm(fig.gradient) / 100
    across = np.array([-step[1], step[0]])
    changes = [abs(float(fig.f(fig.place + d)) - fig.height) for d in (across, -step)]
    assert changes[0] < changes[1] / 50
    assert float(fig.f(fig.place - step)) < fig.height


def test_the_slices_run_through_the_place_on_the_surface():
    fig = Hill2D(x=0.4, y=1.3)
    side = fig.scene()[0]
    you = next(mark for mark in side.marks if mark.kind == "point")
    for curve in (mark for mark in side.marks if mark.kind == "polyline" and mark.label):
        ends = np.column_stack([curve.xs, curve.ys])
        gap = np.min(np.hypot(*(ends - [you.x, you.y]).T))
        assert gap < np.max(np.hypot(*np.diff(ends, axis=0).T))


def test_the_pass_has_no_arrow_on_top():
    assert "no arrow" in Hill2D(hill="pass", x=0, y=0).describe()


@pytest.mark.parametrize(("kappa", "degrees"), [(1, 0.0), (10, 39.3), (100, 78.6)])
def test_steepest_is_as_far_off_as_the_lesson_says(kappa, degrees):
    assert Condition(kappa=kappa).angles[0] == pytest.approx(degrees, abs=0.05)


def test_steepest_points_at_the_minimum_where_the_units_make_circles():
    angles = {scale: Units(scale=scale).angle for scale in (1.0, 2.0, 3.0, 4.0)}
    assert angles[3.0] == pytest.approx(0, abs=1e-5)
    assert angles[1.0] > angles[2.0] > 15 and angles[4.0] > 10


def test_a_matrix_arrives_in_one_step_or_explodes_or_is_stuck():
    assert Precondition(first=1.0, second=0.2, angle=30).heights[1] < 1e-20
    assert "explodes" in Precondition(first=1.0, second=0.42, angle=30, frame=20).describe()
    stuck = Precondition(first=0.0, angle=30, frame=20)
    assert "stuck" in stuck.describe() and stuck.heights[-1] > 0.5


def test_a_smaller_push_leaves_the_saddle_later_and_none_never():
    def left_at(push):
        return int(np.argmax(np.abs(Saddle(push=push).path[:, 0]) > 1))

    assert 0 < left_at("0.1") < left_at("0.001") < left_at("0.000001")
    assert "the saddle" in Saddle(push="0", frame=66).describe()


@pytest.mark.parametrize("name", FIGURES)
def test_the_first_and_the_last_frame_say_something(name):
    fig = FIGURES[name]()
    for frame in (0, fig.last_frame):
        fig.set(frame=frame)
        assert len(fig.describe()) > 20 and "nan" not in fig.describe()


@pytest.mark.parametrize("name", FIGURES)
def test_a_map_fills_its_axes(name):
    for panel in FIGURES[name]().scene():
        for image in [mark for mark in panel.marks if mark.kind == "image" and panel.axes]:
            assert image.extent == pytest.approx((*panel.xlim, *panel.ylim))
