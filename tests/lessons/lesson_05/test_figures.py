"""The figures of lesson 05 show what the lesson says they show."""

import numpy as np
import pytest

from dlcourse.lesson import files

figures = files.figures("05")
RULES = figures.RULES
Arrows = figures.Arrows
Conveyor = figures.Conveyor
Floor = figures.Floor
Race = figures.Race
line_fit = figures.line_fit
race = figures.race


def test_the_engine_gives_each_sample_its_own_gradient():
    fit, p = line_fit(), np.array([0.3, -0.7])
    error = p[0] * fit.xs + p[1] - fit.ys
    assert fit.gradients(p) == pytest.approx(2 * error[:, None] * np.stack([fit.xs, np.ones(64)], axis=1))
    assert fit.gradients(fit.best).mean(axis=0) == pytest.approx([0, 0], abs=1e-12)


def test_four_times_the_batch_is_half_the_scatter_wherever_you_stand():
    for place in ({}, {"w": -1.0, "b": 3.0}, {"w": 0.9, "b": 0.9}):
        measured = np.array(Arrows(**place).measured)
        assert measured[2:] / measured[:-2] == pytest.approx(np.full(5, 0.5), rel=0.35)


def test_drawing_again_draws_another_cloud_and_restarting_the_same():
    fig = Arrows(size=4)
    first = fig.describe()
    fig.again()
    assert fig.describe() != first
    assert Arrows(size=4).describe() == first


def test_the_floor_rises_with_the_rate_and_falls_with_the_batch():
    levels = {(size, rate): Floor(size=size, rate=rate).level for size in ("1", "4", "64") for rate in (0.06, 0.12)}
    assert levels["1", 0.12] > levels["1", 0.06] > levels["4", 0.06] > levels["64", 0.06]
    assert Floor(rate=0.12, decay="drop").level < levels["1", 0.12] / 3


def test_only_weighing_by_size_always_hands_over_the_full_gradient():
    for size in range(1, 11):
        bucket = {rule: Conveyor(size=size, rule=rule).bucket[-1] for rule in RULES}
        assert bucket["weighted"] == pytest.approx(2.8)
        assert (bucket["mean"] == pytest.approx(2.8)) == (10 % size == 0)
        assert (bucket["sum"] == pytest.approx(2.8)) == (size == 10)


def test_another_hiker_wins_on_each_axis():
    winners = {}
    for axis in ("updates", "samples", "time"):
        arrival = Race(axis=axis).arrival
        winners[axis] = min(arrival, key=lambda size: arrival[size])
    assert winners == {"updates": 4096, "samples": 1, "time": 64}
    assert [size for size, loss in race().items() if loss.min() > 0.05] == [], "everybody arrives"


@pytest.mark.parametrize("name", ["arrows", "floor"])
def test_no_line_is_drawn_over_the_numbers_of_the_map(name):
    kinds = [mark.kind for mark in files.figures("05").FIGURES[name]().scene()[0].marks]
    lines = [place for place, kind in enumerate(kinds) if kind in ("polyline", "arrow", "curve")]
    assert kinds.count("text") >= 3 and kinds.index("text") > max(lines)
