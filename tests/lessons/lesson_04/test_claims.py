"""What lesson 04 says of its figures and numbers holds."""

import numpy as np
import pytest

from dlcourse.lesson import files
from tests.lessons.claims import cells, claim

figures = files.figures("04")


@claim(
    "04",
    "five-losses",
    "| squared | $(1 - m)^2$ | 9 | 4 |",
    "| absolute | $\\lvert 1 - m\\rvert$ | 3 | 2 |",
    "| hinge | $\\max(0, 1 - m)$ | 3 | 0 |",
    "| logistic | $\\log(1 + e^{-m})$ | 2.13 | 0.05 |",
    "| 0–1 | 1 if $m < 0$, else 0 | 1 | 0 |",
)
def test_the_five_losses_charge_what_the_table_says():
    said = {"squared": [9, 4], "absolute": [3, 2], "hinge": [3, 0], "logistic": [2.13, 0.05], "0-1": [1, 0]}
    for name, charges in said.items():
        assert figures.Zoo().cost([-2.0, 3.0], name).round(2).tolist() == charges


@claim("04", "pulls-cancel", "the logistic border, −0.72, goes farther out than the squared one, −0.62")
def test_the_borders_with_the_outlier_on_the_wrong_side():
    found = {loss: figures.Zoo(loss=loss, outlier=-5.0).best for loss in ("squared", "logistic")}
    assert found == {"squared": pytest.approx(-0.62, abs=0.01), "logistic": pytest.approx(-0.72, abs=0.01)}


@claim("04", "saw-zoo", "the squared one drags the border across an innocent triangle")
def test_too_right_costs_a_triangle_with_the_squared_loss_alone():
    wrong = {loss: figures.Zoo(loss=loss, outlier=5.0).wrong for loss in figures.LOSSES}
    assert wrong.pop("squared") == 1 and set(wrong.values()) == {0}


@claim(
    "04",
    "saw-zoo",
    "| squared | grows with distance |",
    "| absolute, hinge | 1 |",
    "| logistic | up to 1 |",
    "| 0–1 | none: slope 0 |",
)
def test_the_pull_of_a_wrong_point_is_the_slope_of_its_loss():
    zoo, h = figures.Zoo(), 1e-6
    for name in figures.LOSSES:
        near, far = (float(zoo.cost(m - h, name) - zoo.cost(m + h, name)) / (2 * h) for m in (-1.0, -4.0))
        expected = {"squared": far > near > 1, "logistic": near < far < 1, "0-1": near == far == 0}
        assert expected.get(name, near == pytest.approx(1) and far == pytest.approx(1)), name


@claim("04", "one-way", "back from 10 any $x$ from 2.3 to 3.8 will do")
def test_many_inputs_lead_to_a_rounded_output():
    tens = np.round(np.linspace(2.25, 3.85, 161) ** 2, -1)
    assert np.all(tens[5:-5] == 10) and round(2.2**2, -1) == 0 and round(3.9**2, -1) == 20


@claim("04", "mse-gradient", "the loss $e^2$ is 9", "So the slope is $2e\\cdot x = -12$.")
def test_the_gradient_of_one_sample():
    x, y, w, h = 2.0, 5.0, 1.0, 1e-6
    assert (w * x - y) ** 2 == 9
    assert (((w + h) * x - y) ** 2 - ((w - h) * x - y) ** 2) / (2 * h) == pytest.approx(-12)


@claim("04", "probable", "The chance of all three is the product, 0.288", "$0.105 + 0.223 + 0.916 = 1.245$")
def test_the_cross_entropy_is_the_sum_of_minus_the_logarithms():
    chances = np.array([0.9, 0.8, 0.4])
    assert round(float(chances.prod()), 3) == 0.288
    assert (-np.log(chances)).round(3).tolist() == [0.105, 0.223, 0.916]
    assert round(float(-np.log(chances).sum()), 3) == 1.245


def test_nothing_of_later_lessons_is_used():
    code = " ".join(source for name, source in cells("04").items())
    assert [word for word in ("dl.parameter", "minimize", "hidden unit", "XOR") if word in code] == []
