"""What lesson 01 says of its figures and outputs holds."""

import numpy as np
import pytest

from dlcourse.lesson import files
from tests.lessons.claims import claim

figures = files.figures("01")


@claim("01", "saw-fog", "Which way is down, *here*, you always know.")
@claim("01", "puzzle", "In case 1 the bottom lies to your right, in case 2 to your left, as on hills 1 and 2 above.")
@claim("01", "saw-fog", "on about one hill in four a deeper valley waits on the other side")
def test_the_village_lies_the_other_way_on_one_hill_in_four():
    hills = [figures.Country(number) for number in range(1, 201)]
    assert [hill.way for hill in hills[:2]] == [1, -1]
    for hill in hills:
        here = int(np.argmin(np.abs(hill.xs - hill.x)))
        assert hill.heights[here + hill.rule] < hill.heights[here]
    assert 0.2 < np.mean([hill.rule != hill.way for hill in hills]) < 0.32


@claim("01", "saw-secant", "From **both** sides: $h$ may be negative.", "At $h = 0$ itself there is nothing to divide.")
def test_both_sides_come_to_the_derivative():
    assert figures.Secant(h=0.02).quotient == pytest.approx(2, abs=0.03)
    assert figures.Secant(h=-0.02).quotient == pytest.approx(2, abs=0.03)
    assert figures.Secant(h=0.0).level


@claim(
    "01", "bracket", "The two sides come to 6, one from above, one from below. Their mean is there long before them."
)
@claim("01", "bracket", "The bracket is misplaced: as printed, only $f(x)$ is divided by $h$.")
def test_the_mean_of_both_sides_is_there_first():
    assert 3.001**2 - 3**2 / 0.001 < -8000, "as printed; what is meant is near 6"
    for h in (1, 0.1, 0.001):
        right, left = ((3 + h) ** 2 - 9) / h, (9 - (3 - h) ** 2) / h
        assert left < 6 < right and (left + right) / 2 == pytest.approx(6)


@claim("01", "flat", "Its slope is $4x(x^2 - 2)$", "has its two bottoms at √2 and −√2")
def test_the_slope_that_is_taken_on_trust():
    for x in (-1.3, 0.4, 2.0):
        h = 1e-6
        assert (((x + h) ** 2 - 2) ** 2 - ((x - h) ** 2 - 2) ** 2) / (2 * h) == pytest.approx(4 * x * (x * x - 2))


@claim("01", "saw-corner", "A formula that looks to one side sees nothing wrong.")
@claim("01", "saw-corner", "From the right the quotients are +1, from the left −1, however small h is.")
def test_at_the_corner_the_sides_stay_apart():
    for h in (0.6, 0.02):
        assert figures.Secant(hill="corner", x=0.0, h=h).quotient == 1
        assert figures.Secant(hill="corner", x=0.0, h=-h).quotient == -1


@claim(
    "01",
    "saw-ucurve",
    "With $h = 10^{-13}$ the heights are 0.343000000000147 and 0.342999999999853: to twelve digits, the same 0.343.",
    "Subtracting leaves 0.000000000000294, three digits",
)
def test_the_digits_that_are_lost():
    above, below = (0.7 + 1e-13) ** 3, (0.7 - 1e-13) ** 3
    assert (f"{above:.15f}", f"{below:.15f}") == ("0.343000000000147", "0.342999999999853")
    assert f"{above:.12f}" == f"{below:.12f}" == "0.343000000000"
    assert f"{above - below:.15f}" == "0.000000000000294"


@claim("01", "saw-ucurve", "central is best near $h = 10^{-5}$ (hence the default in 01.1), forward near $10^{-8}$")
def test_where_each_quotient_is_best():
    figure = figures.UCurve()

    def best(errors):
        hs = np.logspace(-11, -2, 10)
        worst = [max(e for h, e in zip(figure.hs, errors, strict=False) if low / 3 < h < low * 3) for low in hs]
        return hs[int(np.argmin(worst))]

    assert 1e-6 <= best(figure.central[:-1]) <= 1e-5 * 1.01
    assert 1e-9 <= best(figure.forward[:-1]) <= 1e-7


@claim("01", "surprise", "the picture is drawn as far as you have come")
def test_the_u_is_drawn_as_far_as_h_was_halved():
    def leftmost(figure):
        curves = [mark for mark in figure.scene()[0].marks if mark.kind in ("curve", "polyline")]
        return min(
            x
            for mark in curves
            for x, y in zip(np.asarray(mark.xs), np.asarray(mark.ys), strict=True)
            if y == y and x == x
        )

    figure = figures.UCurve()
    assert leftmost(figure) > 0.1
    for _ in range(4):
        figure.shrink_h()
        figure.set()
    assert 1e-14 < leftmost(figure) < 1e-12


@claim("01", "saw-rule", "Below 0 the rule sends you right, above 0 left.")
@claim("01", "saw-rule", "A long one may land higher up, and the rule knows one valley only: the one under your feet.")
def test_the_rule_goes_down_and_a_long_step_may_land_higher():
    assert [figures.Rule(hill="bowl", x=x).way for x in (-1.2, 1.2)] == [1, -1]
    assert (1.0 - 3.0) ** 2 > 1.0**2, "left from 1 on x², by 3"
    other = figures.HILLS["valleys"]
    valley = figures.Rule(hill="valleys", x=-1.0)
    assert valley.way == -1 and float(other(1.8)) < float(other(-1.5)), "the deeper valley lies the other way"


@claim("01", "flat", "True: at the bottom of a smooth valley the slope is 0.")
@claim("01", "flat", "a slope of 0 may be a hilltop or a level spot.", "in a computer the slope may never be exactly 0")
def test_a_slope_of_0_is_a_valley_a_hilltop_or_a_level_spot():
    said = [figures.Rule(hill=hill, x=0).describe() for hill in ("bowl", "cosine", "cubic")]
    assert [word in text for word, text in zip(("valley", "hilltop", "level spot"), said, strict=True)] == [True] * 3
    root = np.sqrt(2)
    for x in (np.nextafter(root, 0), root, np.nextafter(root, 2)):
        assert 4 * x * (x * x - 2) != 0


@claim("01", "saw-ucurve", "A U, made of two errors.")
def test_the_error_falls_with_h_and_rises_again():
    curve = figures.FIGURES["ucurve"]()
    for error in (curve.forward[:-1], curve.central[:-1]):
        small, middle, large = (np.median(error[(curve.hs > a) & (curve.hs < 10 * a)]) for a in (1e-14, 1e-7, 1e-2))
        assert middle < small / 100 and middle < large / 100


@claim("01", "saw-ucurve", "Forward, it falls with $h$ (in the figure: ∝ h); central, with $h^2$.")
@claim("01", "saw-ucurve", "This error grows like $1/h$.")
def test_how_fast_each_error_falls_and_grows():
    curve = figures.UCurve()

    def error(errors, h):
        return np.median(errors[:-1][(curve.hs > h / 4) & (curve.hs < 4 * h)])

    assert error(curve.forward, 1e-2) / error(curve.forward, 1e-4) == pytest.approx(100, rel=0.3)
    assert error(curve.central, 1e-2) / error(curve.central, 1e-4) == pytest.approx(100**2, rel=0.3)
    for errors in (curve.forward, curve.central):
        assert 100 / 3 < error(errors, 1e-13) / error(errors, 1e-11) < 100 * 3


@claim("01", "saw-ucurve", "Under the microscope the smooth hill turns into stairs.")
def test_under_the_microscope_the_hill_turns_into_stairs():
    curve = figures.UCurve()

    def heights():
        microscope = next(panel for panel in curve.scene() if panel.name == "microscope")
        return len(set(next(mark for mark in microscope.marks if mark.label == "f").ys))

    assert heights() > 100
    for _ in range(5):
        curve.shrink_h()
        curve.set()
    assert 2 <= heights() <= 12


@claim("01", "saw-ucurve", "in the figure: ∝ h")
def test_the_lines_of_the_u_are_named_when_they_are_there():
    curve = figures.FIGURES["ucurve"]()

    def names():
        return [mark.string for mark in curve.scene()[0].marks if mark.kind == "text" and mark.string]

    assert names() == []
    for _ in range(4):
        curve.shrink_h()
        curve.set()
    assert {"forward", "central", "truncation ∝ h", "truncation ∝ h²", "rounding ∝ 1/h"} == set(names())
