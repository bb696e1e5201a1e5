"""The figures of lesson 09 show what the lesson says they show."""

import re

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.lesson import files

figures = files.figures("09")
NONLINEARITIES = figures.NONLINEARITIES
Collapse = figures.Collapse
Depth = figures.Depth
FanOut = figures.FanOut
Microscope = figures.Microscope


@pytest.mark.parametrize("h", ["tanh", "sigmoid"])
def test_a_move_of_half_the_size_leaves_a_quarter_of_the_gap(h):
    gaps = [(fig := Microscope(h=h, s=0.5, ds=ds)).true - fig.linear for ds in (0.2, 0.1)]
    assert gaps[0] / gaps[1] == pytest.approx(4, rel=0.1)


@pytest.mark.parametrize("w", [-1.3, 0.0, 2.0])
def test_what_z_collects_is_the_gradient_of_the_engine(w):
    fig = FanOut(w=w, dz=0.25)
    z = dl.parameter(0.7)
    sums = dl.constant([2.0, w, 0.5]) * z
    cost = dl.sum(sums * dl.constant(fig.arriving))  # any C with these slopes
    (slope,) = dl.gradients(cost, [z])
    assert fig.total == pytest.approx(float(dl.run(slope)))
    assert np.dot(fig.moves, fig.arriving) == pytest.approx(fig.total * 0.25)


@pytest.mark.parametrize("h", NONLINEARITIES)
@pytest.mark.parametrize(("layers", "weight"), [(1, 1.0), (7, 1.6), (20, 1.0), (20, 2.5)])
def test_the_product_of_the_layers_is_the_gradient_of_the_whole_tower(h, layers, weight):
    fig = Depth(h=h, layers=layers, weight=weight)
    bottom = dl.parameter(0.5)
    z = bottom
    for _ in range(layers):
        z = NONLINEARITIES[h](weight * z)
    (slope,) = dl.gradients(z, [bottom])
    assert fig.left[-1] == pytest.approx(float(dl.run(slope)), rel=1e-9)
    assert len(fig.left) == layers + 1


@pytest.mark.parametrize("weight", [0.5, 4.0])
@pytest.mark.parametrize("h", list(NONLINEARITIES))
def test_what_reaches_the_bottom_of_twenty_layers_is_in_sight(h, weight):
    fig = Depth(h=h, layers=20, weight=weight)
    low, high = fig.scene()[0].ylim
    assert low < fig.left[-1] < high


def test_twenty_sigmoids_leave_less_than_a_quarter_each():
    assert Depth(layers=20).left[-1] < 0.25**20


@pytest.mark.parametrize("layers", [1, 3, 5])
def test_one_matrix_replaces_the_layers_unless_something_bends_between_them(layers):
    fig = Collapse(layers=layers)
    product = np.eye(2)
    for W in fig.matrices[:layers]:
        product = W @ product
    assert np.allclose(fig.matrix.T, product)
    assert fig.miss < 1e-12
    fig.set(bend=True)
    assert fig.miss > 0.01


def test_one_layer_is_one_layer_and_the_least_factor_comes_first():
    assert Depth(layers=1, h="sigmoid").describe().startswith("1 sigmoid layer, w = 1.0: w·h′(s) is 0.235; ")
    said = Depth(layers=6, weight=2.0).describe()
    low, high = (float(number) for number in re.findall(r"between (\S+) and (\S+);", said)[0])
    assert said.startswith("6 sigmoid layers") and low < high
