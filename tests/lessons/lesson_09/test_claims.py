"""What lesson 09 says of its figures and outputs holds."""

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.lesson import files
from tests.lessons import test_small_network as small
from tests.lessons.claims import claim

figures = files.figures("09")


@claim(
    "09",
    "first-order",
    "so its slope is wrong by half of that change on average, and this over a way of ds: the gap is close to "
    "$\\frac12 h''(s)\\, ds \\cdot ds$.",
    "Halve ds, and the gap becomes a quarter: in the right half of the figure it falls like the dotted ds².",
)
def test_the_gap_goes_with_the_square_of_the_move():
    s = dl.parameter(0.5)
    bend = float(dl.run(dl.gradients(dl.gradients(dl.tanh(s), s), s)))
    gaps = [(fig := figures.Microscope(h="tanh", s=0.5, ds=ds)).true - fig.linear for ds in (0.1, 0.05)]
    assert gaps[0] / gaps[1] == pytest.approx(4, rel=0.05)
    assert gaps[1] == pytest.approx(bend * 0.05**2 / 2, rel=0.05)


@claim(
    "09",
    "saw-small",
    "On the way back tanh has become a number: 0.4200 for the first unit, 0.0707 for the second, which stands where "
    "tanh is almost flat.",
    "Little of the blame gets through to $s_2$.",
    "$x_2 = 1$; then $s_2$ is 0, and all of it passes.",
)
def test_the_small_network_beside_its_derivative_network():
    fig = figures.Small()
    assert (fig.W, fig.V, fig.target, [fig.first, fig.second]) == (small.W, small.V, small.Y, small.X)
    slopes = 1 - fig.values[2] ** 2
    assert [f"{slope:.4f}" for slope in slopes] == ["0.4200", "0.0707"]
    moved = figures.Small(second=1.0)
    assert moved.values[1][1] == 0 and moved.sent_back[1][1] == pytest.approx(moved.sent_back[2][1])


@claim(
    "09",
    "surprise",
    "The slope of the sigmoid is at most ¼, so with weights of 1 at most $0.25^{20} \\approx 9\\cdot10^{-13}$",
    "A relu passes it whole, or not at all.",
    "With w = 2, twenty relus make it a million times as large: it explodes.",
)
def test_what_twenty_layers_leave():
    a = dl.parameter(np.linspace(-6, 6, 241))
    assert dl.run(dl.gradients(dl.sum(dl.sigmoid(a)), a)).max() == pytest.approx(0.25)
    assert pytest.approx(9e-13, rel=0.02) == 0.25**20
    assert set(dl.run(dl.gradients(dl.sum(dl.relu(a)), a))) == {0.0, 1.0}
    relus = figures.Depth(h="relu", layers=20, weight=1.0)
    assert relus.left[-1] == 1
    relus.set(weight=2.0)
    assert relus.left[-1] == pytest.approx(1e6, rel=0.05)


@claim("09", "careful-linear", "96 and not 100: least squares fits the numbers 1 and −1, not the border.")
def test_the_border_itself_separates_the_points():
    X = np.random.default_rng(0).uniform(-1, 1, size=(400, 2))
    target = np.where((X**2).sum(axis=1) < 0.5, 1.0, -1.0)
    assert (np.sign(0.5 - X[:, 0] ** 2 - X[:, 1] ** 2) == target).all()  # linear in the features, and all right
