"""What the figures of lesson 01 promise their reader."""

import math

import numpy as np
import pytest

from dlcourse.lesson import files

figures = files.figures("01")
JETS = figures.JETS
SMOOTH = figures.SMOOTH
Country = figures.Country
Fog = figures.Fog
Rule = figures.Rule
Secant = figures.Secant
UCurve = figures.UCurve


def marks(figure, panel):
    (found,) = (p for p in figure.scene() if p.name == panel)
    return found.marks


def test_fog_hides_what_lies_farther_than_one_sees_until_one_has_said_where_to_go():
    fog = Fog(sight=0.5)
    fog.next_hill()
    hill = [m for m in marks(fog, "hill") if m.kind == "curve"]
    assert [x for m in hill for x in m.xs if abs(x - fog.country.x) >= 0.51] == []
    assert "minimum" not in {m.role for m in marks(fog, "hill")}
    fog.right()
    assert "minimum" in {m.role for m in marks(fog, "hill")}


def test_fog_counts_the_first_word_on_each_hill_only():
    fog = Fog()
    fog.left()
    fog.right()
    assert (fog.asked, fog.won, fog.rule_won) == (1, 0, 1)
    fog.onward()
    fog.left()
    assert (fog.asked, fog.won, fog.rule_won) == (2, 1, 2)
    assert "Score: you 1 of 2, the sign rule 2 of 2." in fog.describe()


def test_the_sign_rule_finds_the_village_three_times_out_of_four_and_who_sees_farther_beats_it():
    """The lesson says both."""
    hills = [Country(k) for k in range(1, 201)]
    rule = np.mean([c.rule == c.way for c in hills])
    assert 0.7 < rule < 0.8

    def lowest_seen(c):
        seen = np.abs(c.xs - c.x) <= 2.5
        return np.sign(c.xs[seen][np.argmin(c.heights[seen])] - c.x)

    assert np.mean([lowest_seen(c) == c.way for c in hills]) > rule + 0.1


@pytest.mark.parametrize("hill", ["square", "cubic"])
def test_on_a_smooth_hill_both_sides_come_to_the_engines_derivative(hill):
    figure = Secant(hill=hill, x=0.5)
    near = np.flatnonzero(np.isfinite(figure.quotients) & (np.abs(figure.steps) < 0.03))
    assert len(near) == 2
    assert figure.quotients[near] == pytest.approx(float(SMOOTH[hill].slope(0.5)), abs=0.05)


def test_at_a_corner_the_sides_disagree_and_no_derivative_is_named():
    right, left = (Secant(hill="corner", x=0.0, h=h) for h in (0.02, -0.02))
    assert (right.quotient, left.quotient) == (1.0, -1.0)
    assert "derivative" not in right.describe()
    assert "derivative is −1.00" in Secant(hill="corner", x=-1.0, h=0.04).describe()


def test_at_h_0_the_figure_says_that_there_is_nothing_to_divide():
    assert "0 divided by 0" in Secant(h=0.0).describe()


@pytest.mark.parametrize(
    ("hill", "x", "what"),
    [("bowl", 0, "valley"), ("cosine", 0, "hilltop"), ("cubic", 0, "level spot"), ("valleys", 1.8, "valley")],
)
def test_where_the_slope_is_0_the_neighbours_say_what_it_is(hill, x, what):
    assert what in Rule(hill=hill, x=x).describe()


def test_the_rule_always_points_to_lower_ground_next_to_it():
    for hill in ("bowl", "valleys", "cosine", "cubic"):
        for x in np.arange(-1.9, 2.0, 0.2):
            figure = Rule(hill=hill, x=x)
            if figure.way:
                assert not figure.higher[0 if figure.way < 0 else 1], (hill, x)
        assert figure.way != 0


@pytest.mark.parametrize("hill", list(JETS))
def test_the_error_is_a_u_with_its_bottom_where_the_sentence_turns(hill):
    figure = UCurve(hill=hill, x=0.7)
    assert 1e-6 < figure.bottom < 1e-4

    def worst(low, high):
        return max(figure.central[:-1][(figure.hs > low) & (figure.hs < high)])

    at_bottom = worst(figure.bottom / 2, figure.bottom * 2)
    assert worst(1e-3, 1e-2) > 100 * at_bottom and worst(1e-13, 1e-12) > 100 * at_bottom
    assert "helps" in UCurve(hill=hill, h=0.01).describe() and "hurts" in UCurve(hill=hill, h=1e-12).describe()


def test_the_engines_higher_derivatives_give_the_height_of_the_arms():
    figure = UCurve(hill="inverse", x=1.0)
    assert (figure.second, figure.third) == pytest.approx((2.0, -6.0))
    k = int(np.argmin(np.abs(figure.hs - 1e-2)))
    h = figure.hs[k]
    assert figure.central[k] == pytest.approx(abs(figure.third) / 6 * h**2, rel=0.01)
    assert figure.forward[k] == pytest.approx(figure.second / 2 * h, rel=0.02)


def test_the_buttons_make_h_smaller_down_to_the_smallest():
    figure = UCurve(h=0.2)
    figure.halve()
    assert figure.h == 0.1
    for _ in range(6):
        figure.thousandth()
    assert math.isclose(figure.h, 1e-16)
