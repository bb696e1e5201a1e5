"""The figures of lesson 04 say what is so."""

import numpy as np
import pytest

from dlcourse import data
from dlcourse.lesson import files

figures = files.figures("04")
DIAGRAMS = figures.DIAGRAMS
LOSSES = figures.LOSSES
Blocks = figures.Blocks
Line = figures.Line
Nearest = figures.Nearest
Zoo = figures.Zoo


def test_the_loss_on_the_map_is_the_mean_over_the_birds():
    birds = data.penguins()
    x, y = (birds.features[:, 2] - 200) / 10, birds.features[:, 3] / 1000
    fig = Line()
    for w, b in [(0.0, 5.5), (0.7, 3.3)]:
        assert float(fig.loss([w, b])) == pytest.approx(np.mean((w * x + b - y) ** 2))
    assert np.abs(fig.loss.gradient(fig.best)).max() < 1e-10


def test_the_second_handle_turns_the_line_and_the_first_one_lifts_it():
    fig = Line(w=0.2, b=4.0)
    fig.set(far=5.0)
    assert (fig.w, fig.b) == (pytest.approx(0.5), 4.0)
    fig.set(b=4.5)
    assert (fig.w, fig.far) == (pytest.approx(0.5), pytest.approx(5.5))
    fig.set(w=0.0)
    assert fig.far == 4.5
    fig.restore()
    assert (fig.w, fig.b, fig.far) == (0.0, 5.5, 5.5)


def test_descent_arrives_at_the_closed_form():
    fig = Line(rate=0.2)
    assert np.allclose(fig.path[-1], fig.best, atol=0.01)


def best(loss, outlier):
    fig = Zoo(loss=loss, outlier=outlier)
    return fig.best, fig.wrong


@pytest.mark.parametrize("loss", LOSSES)
def test_only_losses_that_charge_for_being_too_right_follow_the_outlier(loss):
    (near, _), (far, wrong) = best(loss, 3.0), best(loss, 5.0)
    if loss == "squared":
        assert far > near and wrong == 1
    else:
        assert far == pytest.approx(near, abs=0.05)


def test_squared_and_absolute_losses_have_their_minimum_at_mean_and_median():
    for outlier in (-4.0, 0.5, 5.0):
        fig = Zoo(loss="squared", outlier=outlier)
        wanted = fig.places - fig.labels  # the squared loss wants every margin to be 1
        assert fig.best == pytest.approx(wanted.mean(), abs=0.02)
        assert best("absolute", outlier)[0] == pytest.approx(np.median(wanted), abs=0.02)


def test_the_logistic_loss_stays_finite_far_out():
    assert Zoo().cost([-1000.0, 0.0, 1000.0], "logistic") == pytest.approx([1000.0, np.log(2), 0.0])


@pytest.mark.parametrize("drawn", DIAGRAMS)
def test_w_is_drawn_where_it_is_asked_for_and_moves_the_numbers(drawn):
    fig = Blocks(drawn=drawn, explicit=True)
    (panel,) = fig.scene()
    assert any(m.kind == "node" and m.label == "w" for m in panel.marks) == (drawn != "cost")
    before = fig.describe(), [m.string for m in panel.marks if m.kind == "text"]
    fig.set(w=1.7)
    assert fig.describe() != before[0]
    assert [m.string for m in fig.scene()[0].marks if m.kind == "text"] != before[1]


def test_the_average_is_that_of_three_samples_with_one_w():
    fig = Blocks(drawn="average", w=2.0)
    assert fig.outputs == [2.0, 4.0, 6.0] and fig.mean == pytest.approx((0 + 1 + 1) / 3)


def test_cells_and_answer_agree():
    fig = Nearest()
    for x, z in np.random.default_rng(4).uniform(-2.5, 2.5, size=(20, 2)).round(1):
        fig.set(x=x, z=z)
        corners = np.stack(fig.cell(fig.winner), axis=1)
        sides = np.roll(corners, -1, axis=0) - corners
        to = fig.at - corners
        turns = sides[:, 0] * to[:, 1] - sides[:, 1] * to[:, 0]
        assert (turns >= -1e-9).all() or (turns <= 1e-9).all(), "x lies in the cell of the row that wins"


def test_on_a_wall_the_answer_has_no_slope_and_the_sentence_says_so():
    fig = Nearest(u=1.2, v=-1.7, x=-1.0, z=0.0)  # as far from row 1 as from row 0
    assert "slope in W is 0" in fig.describe()
    fig.set(x=1.0)
    assert fig.changes() > 0 and "no slope at all" in fig.describe()
