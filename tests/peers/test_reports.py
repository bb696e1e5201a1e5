"""Faults that people reported of other libraries, each tried here: the right value, or the convention they share."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import dlcourse as dl

inf, nan = np.inf, np.nan


def slope(y: Any, *wrt: Any, **options: Any) -> Any:
    found = dl.run(dl.gradients(y, list(wrt), **options))
    return found if len(wrt) > 1 else found[0]


def of(f: Any, point: Any) -> Any:
    """The gradient of Σ f at a point."""
    x = dl.parameter(point, name="x")
    return slope(dl.sum(f(x)), x)


# --------------------------------------------------------------------------------------------------- powers


def test_jax_12033_the_mixed_second_derivative_of_a_power_is_the_same_in_both_orders() -> None:
    x, y = dl.parameter(2.0), dl.parameter(0.0)
    power = x**y
    assert slope(dl.gradients(power, x), y) == slope(dl.gradients(power, y), x) == 0.5


@pytest.mark.parametrize(
    ("exponent", "to_base", "to_exponent"),
    [(2.0, 0, 0), (1.0, 1, 0), (0.5, inf, 0), (0.0, 0, -inf), (-1.0, -inf, -inf)],
)
def test_tinygrad_155_tfjs_346_tensorflow_2295_powers_of_zero(
    exponent: float, to_base: float, to_exponent: float
) -> None:
    a, b = dl.parameter(0.0), dl.parameter(exponent)
    got = slope(a**b, a, b)
    assert got[0] == to_base
    if exponent:  # at 0⁰ the slope of 0ᵇ jumps: see pytorch#27134
        assert got[1] == to_exponent


def test_pytorch_27134_zero_to_the_power_b_is_flat_at_one() -> None:
    assert of(lambda b: 0.0**b, 1.0) == 0


def test_micrograd_17_the_exponent_has_a_gradient() -> None:
    assert of(lambda b: 2.0**b, 3.0) == pytest.approx(8 * np.log(2))


def test_tensorflow_35011_derivatives_of_a_polynomial_with_vector_exponents_at_zero() -> None:
    x = dl.parameter(0.0, name="x")
    y = dl.sum(dl.broadcast_to(x, (4,)) ** np.array([1.0, 2.0, 3.0, 4.0]))
    found = []
    for _ in range(6):
        y = dl.gradients(y, x, unconnected="zero")
        found.append(float(dl.run(y)))
    assert found == [1, 2, 6, 24, 0, 0]


# ------------------------------------------------------------------------------------------ infinities and kinks


def test_optax_1762_a_logit_of_minus_infinity_where_the_label_is_zero() -> None:
    logits = dl.parameter([-inf, 0.0, 0.0], name="logits")
    for labels in (1, [0.0, 1.0, 0.0]):
        loss = dl.softmax_cross_entropy(logits, labels)
        assert dl.run(loss) == pytest.approx(np.log(2))
        np.testing.assert_allclose(slope(loss, logits), [0, -0.5, 0.5])


def test_tinygrad_17822_logsumexp_of_a_row_with_masked_entries() -> None:
    np.testing.assert_allclose(dl.run(dl.logsumexp([-inf, 0.0, 0.0])), np.log(2))
    np.testing.assert_allclose(of(dl.logsumexp, [-inf, 0.0, 0.0]), [0, 0.5, 0.5])


def test_tensorflow_11756_softmax_behind_a_mask_has_no_nan() -> None:
    weights = np.array([1.0, 2.0, 3.0])
    got = of(lambda x: dl.softmax(dl.where([True, False, True], x, -inf)) * weights, [0.0, 0.0, 0.0])
    np.testing.assert_allclose(got, [-0.5, 0, 0.5])


def test_jax_5798_the_branch_that_is_not_taken_needs_a_harmless_argument() -> None:
    """0 · ∞ is NaN, here as everywhere; the way round it is to choose inside the function, too."""
    assert np.isnan(of(lambda x: dl.where(x < 1, x, dl.sqrt(x)), 0.0))
    assert of(lambda x: dl.where(x < 1, x, dl.sqrt(dl.where(x < 1, 1.0, x))), 0.0) == 1


def test_tensorflow_5562_the_square_of_the_square_root_of_zero() -> None:
    assert np.isnan(of(lambda x: dl.square(dl.sqrt(x)), 0.0))  # 0 · ∞, as everywhere


def test_pytorch_31829_jax_6811_logsumexp_of_nothing_but_minus_infinity() -> None:
    assert dl.run(dl.logsumexp([-inf, -inf])) == -inf
    assert np.isnan(of(dl.logsumexp, [-inf, -inf])).all()  # as PyTorch's and JAX's


def test_jax_21495_softmax_with_plus_infinity() -> None:
    assert np.isnan(dl.run(dl.softmax([inf, 0.0]))[0])  # as everywhere


def test_jax_40383_the_second_derivative_of_log_sigmoid_far_out() -> None:
    x = dl.parameter(-37.4, name="x")
    first = dl.gradients(-dl.softplus(-x), x)
    assert slope(first, x) == pytest.approx(-5.72e-17, rel=0.01)


def test_jax_37820_the_absolute_value_is_flat_at_zero() -> None:
    np.testing.assert_array_equal(of(dl.abs, [0.0, -0.0]), [0, 0])


def test_mxnet_18563_equally_large_entries_share_the_gradient() -> None:
    np.testing.assert_allclose(of(dl.max, [1.0, 3.0, 3.0]), [0, 0.5, 0.5])


def test_tinygrad_12296_float16_is_right_or_refused() -> None:
    """With 70,000 equal entries their number is no float16; neither is their sum."""
    try:
        h = dl.parameter(np.ones(70_000, np.float16), name="h")
    except dl.DTypeError as refused:
        assert "float16" in str(refused)
    else:
        assert slope(dl.max(h), h)[0] == pytest.approx(1 / 70_000, rel=1e-2)
        assert dl.run(dl.mean(h)) == 1


# -------------------------------------------------------------------------------------------- shapes and dtypes


def test_autograd_384_broadcasting_on_purpose() -> None:
    np.testing.assert_array_equal(of(lambda x: dl.broadcast_to(x, (3, 2)), [1.0, 2.0]), [3, 3])


def test_rust_autograd_38_a_number_times_an_array_summed() -> None:
    assert of(lambda v: dl.sum(np.arange(4.0) * v), 2.0) == 6


def test_pytorch_107007_a_mean_that_is_taken_away() -> None:
    np.testing.assert_allclose(of(lambda x: dl.square(x - dl.mean(x)), [1.0, 2.0, 6.0]), [-4, -2, 6])


@pytest.mark.parametrize("shape", [(), (1,), (3,)])
def test_autograd_199_float32_stays_float32(shape: tuple[int, ...]) -> None:
    for f in (dl.max, dl.min, dl.relu, dl.abs, lambda x: dl.maximum(x, 1.0), lambda x: dl.clip(x, 0.0, 1.0)):
        x = dl.parameter(np.full(shape, 2.0, np.float32), name="x")
        y = f(x)
        got = dl.run([y, dl.gradients(dl.sum(y), x)])
        assert [array.dtype for array in got] == [np.float32, np.float32]


def test_pytorch_1528_the_same_entry_taken_twice() -> None:
    x = dl.parameter([5.0, 7.0], name="x")
    y = x[[0, 0]]
    np.testing.assert_array_equal(slope(y[0] + y[1], x), [2, 0])
    np.testing.assert_array_equal(slope(y[1], x), [1, 0])


@pytest.mark.parametrize("dtype", [">f8", ">f4"])
def test_pytorch_541_3671_numbers_in_the_other_byte_order(dtype: str) -> None:
    array = np.array([1.0, 2.0, 3.0], dtype)
    x = dl.placeholder("x", shape=(3,), dtype=np.dtype(dtype).newbyteorder("="))
    assert dl.run(x * 2, {x: array}).tolist() == [2, 4, 6]
    p = dl.parameter(array, name="p")
    dl.GradientDescent(0.5).minimize(dl.sum(p * dl.constant(array)))()
    assert p.value.tolist() == [0.5, 1, 1.5]
    assert dl.run(p[np.array([2, 0], ">i4")]).tolist() == [1.5, 0.5]


@pytest.mark.parametrize("use", ["fed", "parameter", "constant"])
def test_numpy_26669_jax_13795_a_mask_is_not_dropped_silently(use: str) -> None:
    masked = np.ma.array([1.0, 2.0], mask=[True, False])
    x = dl.placeholder("x", shape=(2,))
    with pytest.raises(dl.EngineError, match="mask"):
        {
            "fed": lambda: dl.run(x, {x: masked}),
            "parameter": lambda: dl.parameter(masked),
            "constant": lambda: x + masked,
        }[use]()


def test_arrays_in_any_order_of_memory_are_read_and_never_written() -> None:
    whole = np.arange(24.0).reshape(4, 6)
    x = dl.placeholder("x", shape=(None, None))
    for array in (np.asfortranarray(whole), whole[::-1, ::-2], np.broadcast_to(whole[0], (3, 6)), whole.T):
        before = array.copy()
        shown = array.view()
        shown.flags.writeable = False
        np.testing.assert_array_equal(dl.run(dl.exp(-x) * 2 + x.T.T, {x: shown}), np.exp(-before) * 2 + before)
        np.testing.assert_array_equal(array, before)
    subclass = whole.view(type("Mine", (np.ndarray,), {}))
    assert type(dl.run(x + 1, {x: subclass})) is np.ndarray


def test_pytorch_3313_49824_mygrad_296_nodes_cannot_be_written() -> None:
    x = dl.parameter([1.0, 2.0], name="x")
    with pytest.raises(dl.EngineError, match="never changed"):
        x[0] = 3.0
    x.value[0] = 5.0
    dl.run(x)[0] = 5.0
    assert x.value.tolist() == [1, 2]


# ----------------------------------------------------------------------------------------- empty, deep, and norms


def test_pytorch_50224_a_step_on_an_empty_batch_changes_nothing() -> None:
    x, W = dl.placeholder("x", shape=(None, 3)), dl.parameter(np.ones((3, 2)), name="W")
    step = dl.GradientDescent(0.1).minimize(dl.mean(x @ W))
    with pytest.raises(dl.NonFiniteError, match="mean"):
        step({x: np.zeros((0, 3))})
    assert np.all(W.value == 1)


def test_pytorch_15870_the_cross_entropy_of_no_samples_is_zero() -> None:
    z, t = dl.placeholder("z", shape=(None, 3)), dl.placeholder("t", shape=(None,), dtype=int)
    loss = dl.sum(dl.softmax_cross_entropy(z, t))
    value, g = dl.run([loss, dl.gradients(loss, z)], {z: np.zeros((0, 3)), t: np.zeros(0, int)})
    assert value == 0 and g.shape == (0, 3)


@pytest.mark.parametrize(
    "norm",
    [lambda p: dl.sqrt(dl.sum(p * p)), lambda p: dl.sum(dl.square(p)) ** 0.5, lambda p: dl.sum(dl.sqrt(p * p))],
    ids=["root", "power", "sum of roots"],
)
def test_autograd_151_183_570_617_jax_21723_a_norm_at_zero_is_named_and_not_stepped_through(norm: Any) -> None:
    p = dl.parameter([0.0, 0.0], name="p")
    with pytest.raises(dl.NonFiniteError, match="first node that is"):
        dl.GradientDescent(0.1).minimize(norm(p))()
    assert p.value.tolist() == [0, 0]


def test_pytorch_5534_6873_46669_micrograd_90_a_deep_chain_is_differentiated_and_pickled() -> None:
    x = dl.parameter(0.5, name="x")
    y = x
    for _ in range(2_000):
        y = y * 0.999 + 0.001
    g = dl.gradients(y, x)
    assert dl.run(g) == pytest.approx(0.999**2_000)
    assert dl.run(pickle.loads(pickle.dumps(g))) == dl.run(g)
