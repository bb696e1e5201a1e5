"""What lesson 08 says of its figures and outputs holds."""

import re

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.lesson import files
from tests.lessons.claims import claim
from tests.lessons.test_small_network import FOUND, SHOWN
from tests.lessons.unproved import printed

figures = files.figures("08")


@claim(
    "08",
    "saw-gears",
    "Each pair of gears has a ratio, and the ratios multiply: 8/16 times 16/8.",
    "(Each is negative: gears that mesh turn opposite ways. Two minus signs make a plus.)",
)
def test_two_pairs_of_gears():
    gears = figures.Gears(turn=1.0)
    first, second = gears.ratios
    assert (first, second) == (-8 / 16, -16 / 8)
    assert first * second == 1


@claim("08", "backwards", "From the top of a network to its bottom, you multiply by every $h'$ on the way.")
def test_a_chain_of_bends_multiplies_their_slopes():
    s = dl.parameter(0.3)
    z, product = s, 1.0
    for _ in range(4):
        product *= 1 - np.tanh(dl.run(z)) ** 2
        z = dl.tanh(z)
    assert dl.run(dl.gradients(z, s)) == pytest.approx(product)


@claim(
    "08", "saw-diamond", "The arrow from b to d carries c: in d = b·c, with c held still, d moves c times as far as b."
)
def test_what_the_arrows_of_a_product_carry():
    diamond = figures.Diamond(a=1.3)
    assert diamond.local["bd"] == diamond.value["c"] and diamond.local["cd"] == diamond.value["b"]


@claim("08", "saw-paths", "Thirty diamonds in a row have 1 073 741 824 paths, and 120 arrows.")
@claim("08", "saw-paths", "When you come to a node, all its consumers are done, so each arrow is used once.")
def test_thirty_diamonds():
    paths = figures.Paths(count=30)
    assert paths.ways[30] == 2**30 == 1_073_741_824
    assert paths.arrows[30] == 120
    order = dl.topological_order(paths.rows[-1][-1])
    done, used = set(), 0
    for node in order[::-1]:  # from the end
        consumers = [n for n in order if any(i is node for i in n.inputs)]
        assert done.issuperset(consumers)
        done.add(node)
        used += len(consumers)
    assert used == 120


@claim("08", "small-paths", "$e = -0.4408$ and the loss $C = \\frac12 e^2 = 0.0972$")
@claim("08", "small-slopes", "More weight means less loss.")
@claim("08", "small-by-engine", "it is twice the first one, because $x_2$ is twice $x_1$")
def test_the_small_network_by_hand():
    assert FOUND["error"] == pytest.approx(-0.4408, abs=5e-5) and FOUND["loss"] == pytest.approx(0.0972, abs=5e-5)
    assert FOUND["by W"][0, 0] < 0
    assert FOUND["by W"][0, 1] == pytest.approx(2 * FOUND["by W"][0, 0])


@claim("08", "careful", "The last factor is 0, and w₀ would stay as it is.")
def test_a_gradient_of_zero_moves_nothing():
    w0 = dl.parameter(0.4)
    w1 = dl.parameter(3.0)
    assert dl.run(dl.gradients(w1, w0, unconnected="zero")) == 0
    loss = (w1 * dl.tanh(1.2 * w0) + 1) ** 2
    assert dl.run(dl.gradients(loss, w0)) != 0


@claim("08", "saw-gears", "So do the slopes of functions.")
@claim("08", "where", "The ratio of two gears never changes.")
def test_ratios_stay_and_slopes_do_not():
    assert figures.Gears(turn=0.3).ratios == figures.Gears(turn=2.0).ratios
    x = dl.parameter([0.6, 0.9])
    u = dl.square(x)
    y = dl.tanh(u)
    dy_dx, dy_du = dl.run(dl.gradients(dl.sum(y), [x, u]))
    np.testing.assert_allclose(dy_dx, dy_du * dl.run(dl.gradients(dl.sum(u), x)))
    assert dy_du[0] != pytest.approx(dy_du[1])


@claim("08", "own-graph", "The same walk, on the graph: over each box its value, under it its gradient, $\\partial$.")
def test_the_picture_shows_what_the_walk_prints():
    said = {cell["id"]: printed(cell) for cell in files.cells("08")}
    walked = re.search(r"ds/da = ([+-][\d.]+)", said["walk-back"])
    drawn = re.search(r"by a its gradient is ([−\d.]+)", said["figure-own"])
    assert walked and drawn
    assert float(drawn[1].replace("−", "-")) == pytest.approx(float(walked[1]), abs=1e-3)


@claim("08", "many-inputs", "Each entry of w is a knob, with its own path through f")
def test_the_gradient_after_a_function_of_many_numbers():
    w = dl.parameter([0.3, -0.5, 0.2])
    f = dl.sum(dl.square(w))
    outer, inner = dl.run(dl.gradients(dl.tanh(f), [f, w])), dl.run(dl.gradients(f, w))
    np.testing.assert_allclose(outer[1], outer[0] * inner)


@claim("08", "links", "The chain rule multiplies the three slopes.")
@claim("08", "one-sample-gradient", "the error, times what the weights were handed")
def test_the_three_slopes_are_the_answer():
    w, x, y = np.array([1.0, -2.0]), np.array([3.0, 0.5]), 4.0
    by_model, by_error, by_loss = x, 1.0, w @ x - y
    np.testing.assert_allclose(files.exercises("08")["08.3"].answer(w, x, y), by_loss * by_error * by_model)


@claim("08", "small-network", "This network comes again in each lesson up to 13.")
def test_the_small_network_comes_in_each_lesson():
    assert sorted(SHOWN) == ["08", "09", "10", "11", "12", "13"]
