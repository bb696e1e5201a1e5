"""What the figures of lesson 13 claim is so: lines that tie, starts that stay equal, networks that are not there."""

from __future__ import annotations

import numpy as np
import pytest

from dlcourse.lesson import files

figures = files.figures("13")
CORNERS = figures.CORNERS
STARTS = figures.STARTS
WIDTHS = figures.WIDTHS
Deltas = figures.Deltas
Digits = figures.Digits
Fold = figures.Fold
apply = figures.apply
searches = figures.searches
start_weights = figures.start_weights
started = figures.started


@pytest.mark.parametrize("hidden", ["tanh", "none"])
@pytest.mark.parametrize("step", [0, 40, 300])
def test_both_pictures_of_the_border_are_where_the_two_scores_tie(hidden, step):
    figure = Fold(hidden=hidden, step_number=step)
    inputs, folded = (panel.marks[-1] for panel in figure.scene())
    places = np.stack([inputs.xs, inputs.ys], axis=1)
    ends = np.stack([folded.xs, folded.ys], axis=1)
    for hidden_places in (figure.fold(places[1:-1]), ends):
        np.testing.assert_allclose(hidden_places @ figure.normal + figure.offset, 0, atol=1e-6)


def test_sums_without_a_nonlinearity_never_separate_the_clouds():
    assert max(Fold(hidden="none", step_number=step).right for step in range(0, 301, 20)) < 32
    assert Fold(hidden="tanh", step_number=300).right == 32


def test_the_deltas_that_are_told_are_the_engine_s():
    figure = Deltas(x=0.7, w2=-1.3, y=0.4)
    v = figure.value
    for j in (2, 1):
        by_hand = (1 - v[f"z{j}"] ** 2) * figure.weights[f"w{j}"] * v[f"d{j + 1}"]
        assert v[f"d{j}"] == pytest.approx(by_hand, rel=1e-12)
    assert figure.stages[-1][2:] == (3 * 3 - 2, 3**2)


def test_units_that_start_equal_stay_equal_and_zero_does_not_move():
    twins, _ = started("twins")
    np.testing.assert_allclose(twins[-1, :, 0], twins[-1, :, 1], atol=1e-9)
    assert np.abs(twins[-1, :, 0] - twins[-1, :, 2]).max() > 0.1
    zero, losses = started("zero")
    assert not zero.any() and losses[0] == pytest.approx(np.log(2)) == losses[-1]


@pytest.mark.parametrize("name", STARTS)
def test_every_start_is_four_units(name):
    (W, b), (V, c) = start_weights(name)
    assert (W.shape, b.shape, V.shape, c.shape) == ((2, 4), (4,), (4, 2), (2,))


def test_a_narrow_network_is_a_wide_one_whose_other_units_are_never_there():
    params, solved = searches("tanh")
    for row, width in enumerate(WIDTHS):
        for W in (params[0][0][row * 30 : row * 30 + 30, :, width:], params[1][0][row * 30 : row * 30 + 30, width:]):
            assert not W.any()
    assert solved.sum(axis=1)[0] == 0 < solved.sum(axis=1)[1] < 30 == solved.sum(axis=1)[-1]
    index = 30 + int(np.argmax(solved[1]))
    scores = apply([(W[index], b[index, 0]) for W, b in params], CORNERS)
    assert scores.argmax(axis=1).tolist() == [0, 0, 1, 1]


def test_the_digits_shown_as_wrong_are_wrong_and_the_network_is_better_than_96_per_cent():
    figure = Digits()
    assert figure.wrong < 0.04 * 360
    assert (figure.says[figure.rows] != figure.labels[figure.rows]).all()
    figure.set(kind="unsure")
    assert (figure.says[figure.rows] == figure.labels[figure.rows]).all()


def test_a_product_with_0_has_no_sign():
    """Of one 0 stood "−0.00": it had its true minus before the place that takes signs from zeros saw it."""
    for frame in range(7):
        figure = Deltas(x=-2, w2=0, y=2, frame=frame)
        texts = [mark.text for panel in figure.scene() for mark in panel.marks if hasattr(mark, "text")]
        assert "−0.0" not in f"{figure.sentence()} {texts}"
