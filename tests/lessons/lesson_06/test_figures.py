"""What the figures of lesson 06 promise their reader."""

import numpy as np
import pytest

from dlcourse.lesson import files

figures = files.figures("06")
BEST = figures.BEST
DIMS = figures.DIMS
GAINS = figures.GAINS
Bike = figures.Bike
Cost = figures.Cost
Game = figures.Game
Kinds = figures.Kinds
Smooth = figures.Smooth
devil = figures.devil
ride = figures.ride
stairs = figures.stairs
wind = figures.wind


def test_a_walk_by_slope_gets_near_the_kink_and_nowhere_on_stairs_or_flats():
    kink = Kinds(ground="kink", start=1.6)
    assert abs(kink.path[-1]) <= kink.rate
    for ground in ("stairs", "flat", "devil"):
        walk = Kinds(ground=ground, start=1.6)
        assert np.ptp(walk.path) < 1e-3, ground
        assert "you stay" in walk.describe()


def test_the_slope_felt_on_the_bowl_with_a_hole_is_that_of_the_bowl_alone():
    hole = Kinds(ground="hole", start=1.9)
    assert hole.slopes == pytest.approx(hole.path)
    assert abs(hole.path[-1]) < 0.01


def test_the_devils_staircase_climbs_by_1_and_is_level_almost_everywhere():
    assert devil([0.0, 1.0]).tolist() == [0.0, 1.0]
    xs = np.random.default_rng(0).uniform(0.01, 0.99, 2000)
    assert np.all(np.diff(devil(np.sort(xs))) >= 0)
    assert np.mean(devil(xs + 1e-10) == devil(xs - 1e-10)) > 0.99


def test_between_too_cold_and_too_hot_a_smoothed_walk_reaches_the_lowest_step():
    low = float(stairs(BEST))
    assert Smooth(temperature=0.2).end == low
    assert Smooth(temperature=0.01).end > low
    assert Smooth(temperature=2.0).end > low


def test_heights_alone_cost_more_the_more_dimensions_there_are_and_gradients_do_not():
    figure = Cost(dimension=100)
    for name in ("finite differences", "random search"):
        values = figure.digits[name][: len(DIMS)]
        assert np.all(np.diff(values) > 0)
        # in proportion to the dimension, for large ones
        assert values[-1] - values[-4] == pytest.approx(np.log10(DIMS[-1] / DIMS[-4]), abs=0.1)
    assert np.ptp(figure.digits["gradient"]) == 0


def test_each_line_of_the_costs_leads_up_to_its_point():
    for d in (2, 10, 100, 300):
        marks = Cost(dimension=d).scene()[0].marks
        lines, dots = ([mark for mark in marks if mark.kind == kind] for kind in ("curve", "point"))
        ends = [(line.xs[-1], line.ys[-1]) for line in lines]
        assert len(ends) == 4 and ends == [pytest.approx((dot.x, dot.y)) for dot in dots]


def test_a_ride_alone_and_in_company_is_the_same_ride():
    _, together = ride(GAINS, wind(3))
    assert [float(ride(g, wind(3))[1][0]) for g in GAINS] == together.tolist()


def test_the_time_upright_jumps_from_one_gain_to_the_next():
    up = ride(GAINS, wind(1))[1]
    assert np.abs(np.diff(up)).max() > 2


def test_stepping_down_the_critic_brings_the_robot_to_longer_rides():
    figure = Bike()
    winds = np.random.default_rng(0).normal(size=(17, 200))

    def upright(gain):
        return float(ride(np.full(200, gain), winds)[1].mean())

    before = upright(figure.gain)
    for _ in range(4):
        figure.climb()
        figure.more()
    assert upright(figure.gain) > before + 2


def test_without_rides_there_is_no_critic_and_nothing_to_climb():
    figure = Bike()
    figure.clear()
    figure.climb()
    assert figure.gain == 12 and "too few for a critic" in figure.describe()


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.3])
def test_at_once_the_game_spirals_out_by_the_formula_in_turn_it_stays_with_a_look_ahead_it_comes_in(rate):
    out = Game(rate=rate)
    assert out.radius == pytest.approx(np.sqrt(2) * (1 + out.rate**2) ** (np.arange(len(out.radius)) / 2))
    turns = Game(rate=rate, play="turns").radius
    assert 0.7 < turns[-1] / turns[0] < 1.4
    assert Game(rate=rate, play="ahead").radius[-1] < np.sqrt(2)
