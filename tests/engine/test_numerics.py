"""Differences judge the rules: they must be right themselves, and must not pass what is wrong."""

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.engine.numerics import with_replaced


def test_numerical_gradient_of_a_known_function():
    point = np.array([[0.5, -1.0], [2.0, 3.0]])
    got = dl.numerical_gradient(lambda x: np.sum(np.sin(x)) + x[0, 0] * x[1, 1], point)
    want = np.cos(point)
    want[0, 0] += 3.0
    want[1, 1] += 0.5
    np.testing.assert_allclose(got, want, rtol=1e-8)
    np.testing.assert_array_equal(point, [[0.5, -1.0], [2.0, 3.0]])


def test_numerical_gradient_takes_numbers_lists_and_whole_numbers():
    assert dl.numerical_gradient(lambda x: x**2, 3).round(6) == 6
    np.testing.assert_allclose(dl.numerical_gradient(lambda x: x @ x, [1, 2]), [2, 4], rtol=1e-8)
    assert dl.numerical_gradient(lambda x: x.sum(), np.zeros((0, 3))).shape == (0, 3)


def test_numerical_gradient_needs_two_evaluations_a_number():
    calls = []
    dl.numerical_gradient(lambda x: calls.append(1) or x.sum(), np.zeros(5))
    assert len(calls) == 10


def test_numerical_gradient_of_something_large_is_still_good():
    np.testing.assert_allclose(dl.numerical_gradient(lambda x: x[0] ** 2, [1e8]), [2e8], rtol=1e-8)


def test_numerical_gradient_refuses_a_function_with_several_values():
    with pytest.raises(dl.GradientError, match=r"shape \(2,\): take its sum"):
        dl.numerical_gradient(lambda x: x, [1.0, 2.0])


def test_right_gradients_pass_in_float64_and_float32():
    rng = np.random.default_rng(0)
    for dtype in (np.float64, np.float32):
        x = dl.placeholder("x", (None, 3), dtype)
        W = dl.parameter(rng.normal(size=(3, 4)).astype(dtype), name="W")
        loss = dl.mean(dl.softmax_cross_entropy(dl.tanh(x @ W), [0, 3]))
        dl.check_gradients(loss, {x: rng.normal(size=(2, 3))})


def wrong(factor):
    @dl.operation("wrong cube", shape=lambda x: x)
    def cube(x):
        return x**3

    @dl.register_gradient("wrong cube")
    def _(op, g):
        return [g * op.inputs[0] ** 2 * factor(op.inputs[0])]

    return cube


def test_a_wrong_gradient_is_told_with_parameter_entry_both_values_and_the_rule_to_blame():
    cube = wrong(lambda x: dl.where(x > 1.5, 6.0, 3.0))
    x = dl.parameter([[1.0, 2.0, 0.5]], name="weights")
    with pytest.raises(dl.GradientError) as caught:
        dl.check_gradients(dl.sum(2 * cube(x)).named("loss"))
    message = str(caught.value)
    assert message.startswith(
        "weights[0, 1]: the gradient is 48, but differences of loss say 24 (off by 24); 1 of its 3"
    )
    assert "The rule of wrong cube looks wrong." in message
    assert "test_numerics.py" in message


def test_a_gradient_that_is_off_by_a_millionth_is_found():
    x = dl.parameter([1.0, 2.0], name="x")
    dl.check_gradients(dl.sum(wrong(lambda x: 3.0)(x)))
    with pytest.raises(dl.GradientError, match=r"x\[1\]"):
        dl.check_gradients(dl.sum(wrong(lambda x: 3.0 + 1e-5)(x)))


def test_at_a_kink_any_slope_between_the_two_sides_is_right():
    x = dl.parameter([0.0, 1.0, -1.0], name="x")
    dl.check_gradients(dl.sum(dl.relu(x) + dl.abs(x) + dl.maximum(x, 0)))

    @dl.operation("steep relu")
    def steep(x):
        return np.maximum(x, 0)

    @dl.register_gradient("steep relu")
    def _(op, g):
        return [g * dl.where(dl.equal(op.inputs[0], 0), 1.5, dl.cast(op.inputs[0] > 0, float))]

    with pytest.raises(dl.GradientError, match=r"x\[0\]: the gradient is 1.5"):
        dl.check_gradients(dl.sum(steep(x)))


def test_placeholders_are_checked_where_there_are_no_parameters_and_unused_ones_have_zeros():
    x, unused = dl.placeholder("x", (2,)), dl.placeholder("unused", (2,))
    dl.check_gradients(dl.sum(x**3), {x: [1.0, 2.0], unused: [1.0, 2.0]})
    dl.check_gradients(dl.sum(x**3), {x: [1.0, 2.0], unused: [1.0, 2.0]}, wrt=[unused])
    with pytest.raises(dl.DTypeError, match="not square"):
        dl.check_gradients(dl.sum(dl.square(x)), {x: [1.0, 2.0]}, wrt=[dl.square(x).named("square")])


def test_checking_leaves_parameters_alone():
    x = dl.parameter([1.0, 2.0], name="x")
    before = x.array
    dl.check_gradients(dl.sum(dl.exp(x)))
    assert x.array is before


# --------------------------------------------------------------------------------------------------- Jacobians


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0,)])
def test_the_jacobian_has_the_shape_of_y_and_then_that_of_x(shape):
    x = dl.parameter(np.ones(shape))
    assert dl.jacobian(dl.sin(x), x).shape == shape + shape
    assert dl.jacobian(dl.sum(x), x).shape == shape
    np.testing.assert_allclose(dl.jacobian(dl.sum(x**2), x), 2 * np.ones(shape))


@pytest.mark.parametrize(
    "f",
    [
        dl.softmax,
        lambda x: dl.log_softmax(x, axis=0),
        lambda x: x @ np.arange(12.0).reshape(3, 4),
        lambda x: np.arange(4.0).reshape(2, 2) @ x,
        lambda x: x @ dl.transpose(x),
        lambda x: x[:, [0, 2, 2]] * x[1],
        lambda x: x[1, [0, 2]],
        lambda x: dl.concatenate([x, 2 * x[:, :1]], axis=1),
        lambda x: dl.max(x, axis=1, keepdims=True) - dl.mean(x, axis=0),
        lambda x: dl.reshape(dl.broadcast_to(x[:, None], (2, 4, 3)), (8, 3)),
        lambda x: dl.transpose(dl.broadcast_to(x, (4, 2, 3)), (1, 2, 0)),
        lambda x: dl.softmax_cross_entropy(x, [0, 2]),
        lambda x: dl.where(x > 0.5, x**3, dl.exp(x)),
        lambda x: dl.sum(x, axis=1) @ x,
        lambda x: dl.gradients(dl.sum(dl.logsumexp(x) ** 2), x),
        lambda x: dl.constant(np.ones((2, 2))) * 1.0,
    ],
)
def test_the_jacobian_agrees_with_differences_in_every_row(f):
    point = np.random.default_rng(3).uniform(0.1, 1.0, size=(2, 3))
    x = dl.parameter(point, name="x")
    y = f(x)
    got = dl.jacobian(y, x)
    at = dl.placeholder("at", point.shape)
    (moved,) = with_replaced([y], {x: at})
    for i in np.ndindex(y.shape):
        row = dl.numerical_gradient(lambda p, i=i: dl.run(moved, {at: p})[i], point)
        np.testing.assert_allclose(got[i], row, rtol=1e-6, atol=1e-8)


def test_the_jacobian_with_respect_to_a_placeholder_with_an_open_size_or_an_inner_node():
    x = dl.placeholder("x", (None, 2))
    h = 3 * x
    jacobian = dl.jacobian(dl.square(h), x, {x: [[1.0, 2.0]]})
    np.testing.assert_allclose(jacobian, [[[[18.0, 0.0]], [[0.0, 36.0]]]])
    assert dl.jacobian(dl.square(h), h, {x: [[1.0, 2.0]]}).shape == (1, 2, 1, 2)


def test_the_jacobian_of_a_learners_operation():
    @dl.operation("doubled", shape=lambda x: x)
    def doubled(x):
        return 2 * x

    @dl.register_gradient("doubled")
    def _(op, g):
        return [doubled(g)]

    x = dl.parameter([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(dl.jacobian(doubled(x), x), 2 * np.eye(3))


def test_the_jacobian_keeps_float32():
    x = dl.parameter(np.ones(2, np.float32))
    assert dl.jacobian(x * x, x).dtype == np.float32
