"""What lesson 06 says of its figures holds."""

import numpy as np
import pytest

from dlcourse.lesson import files
from tests.lessons.claims import claim

figures = files.figures("06")


@claim("06", "saw-bike", "The **actor**, here one number, walks up *its* slope")
def test_the_actor_climbs_the_critic_and_the_figure_counts_rewards():
    bike = figures.Bike()
    (_, reward) = bike.scene()
    assert reward.ylabel.startswith("reward")
    before = bike.gain
    way = np.sign(bike.slope)
    bike.climb()
    assert np.sign(bike.gain - before) == way
    assert bike.tried[:, 1].min() >= 0, "seconds upright"


@claim("06", "dice", r"$\frac{dJ}{d\theta} = (4 - 1)\,p(1-p)$")
def test_the_score_formula_is_the_slope_of_the_expected_reward():
    for theta in (-1.0, 0.0, 0.7):
        p = 1 / (1 + np.exp(-theta))
        by_dice = p * 4 * (1 - p) + (1 - p) * 1 * (0 - p)
        assert by_dice == pytest.approx(3 * p * (1 - p))
