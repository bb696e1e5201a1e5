"""Backpropagation node by node: what lesson 11 shows must be what happens."""

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.engine.tracing import names_of


def diamond(swapped=False):
    """b = 2a, c = b·b, d = b + c at a = 3: the derivative is 2 + 2·6·2 = 26."""
    a = dl.parameter(3.0, name="a")
    b = (2 * a).named("b")
    c = (b * b).named("c")
    return a, (c + b if swapped else b + c).named("d")


@pytest.mark.parametrize(
    ("order", "swapped", "found"),
    [
        ("topological", False, 26),
        ("topological", True, 26),
        ("breadth-first", False, 2),
        ("breadth-first", True, 26),
        ("paths", False, 26),
        ("paths", True, 26),
    ],
)
def test_breadth_first_finds_2_or_26_depending_on_how_the_sum_is_written(order, swapped, found):
    a, d = diamond(swapped)
    assert dl.Trace(d, order=order).gradients[a] == found


def test_the_visits_are_told_in_order_with_values_gradients_and_what_is_sent():
    _, d = diamond()
    trace = dl.Trace(d)
    assert [str(v) for v in trace.forward] == ["a = 3.", "b = 6.", "c = 36.", "d = 42."]
    assert [v.name for v in trace.backward][:3] == ["d", "c", "b"]
    c = next(v for v in trace.backward if v.name == "c")
    assert [(n.name, float(g)) for n, g in c.sent] == [("b", 6.0), ("b", 6.0)]
    assert trace.values[d] == 42


def test_breadth_first_says_which_gradient_came_too_late():
    _, d = diamond()
    late = [(v.name, [n.name for n in v.late]) for v in dl.Trace(d, order="breadth-first").backward if v.late]
    assert late == [("c", ["b", "b"])]


def test_path_by_path_visits_grow_as_the_number_of_paths():
    def visits(diamonds):
        x = y = dl.parameter(0.1, name="x")
        for _ in range(diamonds):
            y = y * y
        return sum(v.node is x for v in dl.Trace(y, order="paths").backward)

    assert [visits(n) for n in (1, 2, 3, 4)] == [2, 4, 8, 16]
    y = dl.parameter(0.1)
    for _ in range(40):
        y = y * y
    with pytest.raises(dl.GradientError, match="every path"):
        dl.Trace(y, order="paths", most_visits=1000)


def test_the_traced_gradients_are_those_of_the_engine():
    rng = np.random.default_rng(0)
    x, t = dl.placeholder("x", (None, 3)), dl.placeholder("t", (None,), int)
    model = dl.Sequential(dl.Linear(3, 4, rng=0), dl.relu, dl.Linear(4, 2, rng=1))
    loss = dl.mean(dl.softmax_cross_entropy(model(x), t)) + 0.1 * dl.sum(dl.concatenate([model(x)[0], x[0]]) ** 2)
    feeds = {x: rng.normal(size=(5, 3)), t: [0, 1, 1, 0, 1]}
    trace = dl.Trace(loss, feeds)
    for parameter, gradient in zip(
        model.parameters(), dl.run(dl.gradients(loss, model.parameters()), feeds), strict=True
    ):
        np.testing.assert_allclose(trace.gradients[parameter], gradient, rtol=1e-12)


def test_a_loss_that_is_no_number_and_an_unknown_order_are_refused():
    x = dl.parameter([1.0, 2.0], name="x")
    with pytest.raises(dl.GradientError, match="only a single number"):
        dl.Trace(x * x)
    with pytest.raises(dl.GradientError, match="order is 'topological'"):
        dl.Trace(dl.sum(x), order="random")


def test_names_are_those_the_learner_knows():
    w = dl.parameter(1.0)
    hidden = dl.tanh(2 * w)
    assert list(names_of(dl.topological_order(hidden)).values()) == ["2", "w", "multiply", "hidden"]
