"""What lesson 03 says of its figures and outputs holds."""

import numpy as np
import pytest

from dlcourse.lesson import files
from tests.lessons.claims import claim

figures = files.figures("03")


@claim("03", "contours", "east, $d = (1, 0)$, gives −0.6; $d = (0.6, -0.8)$ gives −1.", "No direction gives less")
def test_no_direction_of_length_1_is_steeper_than_minus_the_gradient():
    gradient = np.array([-0.6, 0.8])
    turns = np.linspace(0, 2 * np.pi, 721)
    slopes = gradient @ np.array([np.cos(turns), np.sin(turns)])
    assert gradient @ [1, 0] == pytest.approx(-0.6)
    assert gradient @ [0.6, -0.8] == pytest.approx(-1)
    assert slopes.min() >= -1 - 1e-12


def descend(grad, p0, rate=0.3, steps=60):
    path = [np.array(p0)]
    for _ in range(steps):
        path.append(path[-1] - rate * grad(path[-1]))
    return np.array(path)


@claim(
    "03",
    "many-directions",
    "From the same tiny push, hilltop and saddle let go equally slowly: 40 steps, and hardly a trace.",
    "Without a push both hold you for ever. But only one of them did you walk into.",
)
def test_hilltop_and_saddle_let_go_equally_slowly_and_only_the_saddle_draws_in():
    def pass_grad(p):
        return np.array([p[0] ** 3 / 2 - p[0], p[1]])

    hilltop, saddle = descend(lambda p: -p, [1e-6, 0.0]), descend(pass_grad, [1e-6, 1.6])
    assert abs(hilltop[40, 0]) < 0.05 and abs(saddle[40, 0]) < 0.05
    assert abs(int(np.argmax(abs(hilltop[:, 0]) > 0.1)) - int(np.argmax(abs(saddle[:, 0]) > 0.1))) <= 1
    assert descend(lambda p: -p, [0.0, 0.0])[-1].tolist() == [0, 0]
    assert descend(pass_grad, [0.0, 1.6])[-1, 0] == 0 and abs(descend(pass_grad, [0.0, 1.6])[-1, 1]) < 1e-6
    away = np.linalg.norm(descend(lambda p: -p, [0.5, 0.5], steps=20), axis=1)
    assert (np.diff(away) > 0).all(), "descent leads away from a hilltop"


@claim("03", "saw-units", "The arrow goes where the gradient promises the most descent on it.")
def test_the_arrow_ends_at_the_lowest_place_of_the_tangent_plane():
    for scale in (1.0, 2.0, 3.0):
        units = figures.Units(scale=scale)
        turns = np.linspace(0, 2 * np.pi, 3601)
        strides = units.stride * np.column_stack([np.cos(turns), np.sin(turns)]) / units.stretch  # on the ground
        promised = strides @ units.f.gradient(units.place)
        best = strides[promised.argmin()]
        assert best == pytest.approx(units.move / units.stretch, abs=3e-3)


@claim("03", "saw-units", "At 3 new units for one old, the contour lines on the left are circles.")
def test_at_three_units_the_steepest_way_points_at_the_minimum():
    assert figures.Units(scale=3.0).angle == pytest.approx(0, abs=1e-6)
    assert figures.Units(scale=1.0).angle > 40
