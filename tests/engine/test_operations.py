"""Operations: NumPy's values, shapes and dtypes, and no warning that the learner did not cause."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import dlcourse as dl

rng = np.random.default_rng(0)


def value(node: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return dl.run(node)


def both_ways(build: Any, *arrays: Any) -> list[Any]:
    """The value when the shapes are known while building, and when they are not."""
    results = []
    for known in (True, False):
        nodes = [
            dl.placeholder(f"p{i}", shape=a.shape if known else (None,) * a.ndim, dtype=a.dtype)
            for i, a in enumerate(arrays)
        ]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            results.append(dl.run(build(*nodes), dict(zip(nodes, arrays, strict=True))))
    return results


def same(build: Any, expected: Any, *arrays: Any) -> None:
    for result in both_ways(build, *arrays):
        assert isinstance(result, np.ndarray)
        assert result.shape == np.shape(expected)
        np.testing.assert_allclose(result, expected, rtol=1e-13, atol=1e-300)


UNARY = ["exp", "log", "sqrt", "sin", "cos", "tanh", "abs", "square", "negative", "sign"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.int32])
@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one_array_are_numpys(name: str, dtype: Any) -> None:
    for shape in [(), (3,), (2, 0), (2, 3), (1, 2, 3)]:
        x = (np.abs(rng.normal(size=shape)) * 3 + 1).astype(dtype)
        expected = getattr(np, name)(x.astype(float) if x.dtype.kind == "i" and name in UNARY[:6] else x)
        for result in both_ways(getattr(dl, name), x):
            assert result.dtype == np.asarray(expected).dtype
            np.testing.assert_allclose(result, expected, rtol=1e-5 if dtype == np.float32 else 1e-13)


SHAPES = [
    ((), ()),
    ((3,), ()),
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((2, 1), (1, 3)),
    ((0, 3), (3,)),
    ((4, 1, 3), (2, 1)),
    ((1,), (0,)),
]


@pytest.mark.parametrize("shapes", SHAPES)
@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "divide", "power", "maximum", "minimum"])
def test_functions_of_two_arrays_broadcast_as_numpys(name: str, shapes: Any) -> None:
    for dtypes in [
        (np.float64, np.float64),
        (np.float32, np.float32),
        (np.float32, np.float64),
        (np.int64, np.float64),
    ]:
        a, b = (np.asarray(rng.uniform(1, 3, size=s)).astype(d) for s, d in zip(shapes, dtypes, strict=True))
        expected = getattr(np, name)(a, b)
        for result in both_ways(getattr(dl, name), a, b):
            assert result.shape == expected.shape and result.dtype == expected.dtype
            np.testing.assert_allclose(result, expected, rtol=1e-6 if expected.dtype == np.float32 else 1e-13)


def test_operators_work_between_nodes_arrays_and_numbers_on_either_side() -> None:
    a = np.array([1.0, 2.0])
    x = dl.parameter(a, name="x")
    nodes = [
        x + 1,
        1 + x,
        x - 1,
        1 - x,
        2 * x,
        x * 2,
        x / 2,
        2 / x,
        x**2,
        2**x,
        -x,
        abs(-x),
        a + x,
        a * x,
        a - x,
        a / x,
        x @ a,
        a @ x,
    ]
    expected = [
        a + 1,
        1 + a,
        a - 1,
        1 - a,
        2 * a,
        a * 2,
        a / 2,
        2 / a,
        a**2,
        2**a,
        -a,
        a,
        a + a,
        a * a,
        a - a,
        a / a,
        a @ a,
        a @ a,
    ]
    for got, wanted in zip(dl.run(nodes), expected, strict=True):
        np.testing.assert_allclose(got, wanted)


def test_comparisons_choose_between_branches() -> None:
    x = dl.parameter([-1.0, 0.0, 2.0], name="x")
    assert value(dl.where(x > 0, x, 0.0)).tolist() == [0, 0, 2]
    assert value(dl.where(x >= 0, 1, 0)).tolist() == [0, 1, 1]
    assert value(dl.where(x < 0, 1.0, x)).tolist() == [1, 0, 2]
    assert value(dl.where(dl.equal(x, 0), 5.0, x)).tolist() == [-1, 5, 2]
    assert value(dl.where([True, False, True], x, -x)).tolist() == [-1, 0, 2]


AXES = [None, 0, 1, -1, (0, 1), (0, -1), (), (2,), (0, 2), (0, 1, 2)]


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("name", ["sum", "mean", "max", "min"])
def test_reductions_take_every_axis_that_numpy_takes(name: str, axis: Any, keepdims: bool) -> None:
    for x in (rng.normal(size=(2, 3, 4)), rng.normal(size=(1, 3, 1)), rng.integers(0, 9, size=(2, 3, 4))):
        same(
            lambda n: getattr(dl, name)(n, axis=axis, keepdims=keepdims),
            getattr(np, name)(x, axis=axis, keepdims=keepdims),
            x,
        )


@pytest.mark.parametrize("shape", [(1,), (7,), (100, 2), (2, 100), (1500, 3), (3, 1500), (5, 1), (1, 5), (3, 70)])
@pytest.mark.parametrize("name", ["sum", "mean", "max", "min"])
def test_thin_matrices_are_reduced_to_the_same_numbers_as_numpys(name: str, shape: Any) -> None:
    x = rng.normal(size=shape)
    for axis in range(x.ndim):
        for keepdims in (False, True):
            expected = getattr(np, name)(x, axis=axis, keepdims=keepdims)
            for result in both_ways(lambda n, a=axis, k=keepdims: getattr(dl, name)(n, a, k), x):
                assert result.shape == expected.shape
                np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-13)


def test_infinities_and_nan_survive_the_faster_sums() -> None:
    x = np.array([[np.inf, 1.0], [np.nan, 2.0], [-np.inf, 3.0]])
    for axis in (0, 1):
        np.testing.assert_array_equal(value(dl.sum(x, axis=axis)), x.sum(axis=axis))
        np.testing.assert_array_equal(value(dl.max(x, axis=axis)), x.max(axis=axis))


def test_empty_arrays_add_up_to_zero_and_have_no_maximum() -> None:
    assert value(dl.sum(np.zeros((0, 3)))) == 0
    assert value(dl.sum(np.zeros((0, 3)), axis=0)).tolist() == [0, 0, 0]
    assert np.isnan(value(dl.mean(np.zeros((0,)))))
    with pytest.raises(dl.ShapeError, match="nothing to choose from"):
        dl.max(np.zeros((0, 3)), axis=0)
    x = dl.placeholder("x", shape=(None, 3))
    with pytest.raises(dl.ShapeError, match=r"x \(0, 3\)[\s\S]*nothing to choose from"):
        dl.run(dl.max(x, axis=0), {x: np.zeros((0, 3))})


@pytest.mark.parametrize("axis", [2, -3, (0, 0), (0, -2)])
def test_an_axis_that_is_not_there_names_the_node(axis: Any) -> None:
    with pytest.raises(dl.ShapeError, match=r"W has shape \(2, 3\)"):
        dl.sum(dl.parameter(np.ones((2, 3)), name="W"), axis=axis)


def softmax(x: Any, axis: Any = -1) -> Any:
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4), (3, 1), (100, 2)])
def test_softmax_log_softmax_and_logsumexp_agree_with_their_definitions(shape: Any) -> None:
    x = rng.normal(size=shape) * 3
    for axis in range(-x.ndim, x.ndim):
        s = softmax(x, axis)
        for result in both_ways(lambda n, a=axis: [dl.softmax(n, a), dl.log_softmax(n, a), dl.logsumexp(n, a)], x):
            np.testing.assert_allclose(result[0], s, rtol=1e-12)
            np.testing.assert_allclose(result[1], np.log(s), rtol=1e-11, atol=1e-14)
            np.testing.assert_allclose(result[2], np.log(np.exp(x).sum(axis=axis)), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(value(dl.logsumexp(x, axis=None)), np.log(np.exp(x).sum()))
    assert value(dl.logsumexp(x, keepdims=True)).shape == (*shape[:-1], 1)


def test_extreme_numbers_have_their_right_values_and_warn_of_nothing() -> None:
    inf = np.inf
    assert value(dl.softmax([1000.0, 0.0])).tolist() == [1, 0]
    assert value(dl.softmax([-1000.0, -1000.0])).tolist() == [0.5, 0.5]
    assert value(dl.sigmoid([-1000.0, 1000.0, 0.0])).tolist() == [0, 1, 0.5]
    np.testing.assert_allclose(value(dl.sigmoid(-40.0)), np.exp(-40.0), rtol=1e-14)
    assert value(dl.log_softmax([1000.0, 0.0])).tolist() == [0, -1000]
    assert value(dl.logsumexp([1000.0, 1000.0])) == 1000 + np.log(2)
    assert value(dl.logsumexp([-inf, -inf])) == -inf
    assert value(dl.logsumexp([inf, 1.0])) == inf
    assert value(dl.softmax([-inf, 0.0])).tolist() == [0, 1]
    assert value(dl.log([0.0, 1.0])).tolist() == [-inf, 0]
    assert np.isnan(value(dl.log(-1.0))) and np.isnan(value(dl.sqrt(-1.0)))
    assert value(dl.exp(1000.0)) == inf and value(dl.exp(-1000.0)) == 0
    assert value(1 / dl.parameter(0.0, name="x")) == inf
    assert value(dl.parameter(1e200, name="x") ** 2) == inf
    assert value(dl.power([0.0, 0.0, -3.0], [0.0, 2.0, 2.0])).tolist() == [1, 0, 9]
    assert np.isnan(value(dl.power(-8.0, 0.5)))


def test_single_numbers_meet_the_same_edges_as_arrays() -> None:
    x = dl.placeholder("x")
    nodes = [
        1 / x,
        dl.log(x),
        dl.sqrt(x),
        dl.exp(x * 1000),
        x**0,
        x**-1,
        x**0.5,
        dl.sigmoid(x * 1000),
        dl.sign(x),
        dl.maximum(x, 0),
        dl.minimum(x, 0),
        dl.where(x > 0, x, -x),
        abs(x),
        dl.tanh(x),
        dl.cos(x),
    ]
    for number in (0.0, -0.0, 1.5, -2.0, np.inf, -np.inf, np.nan, 1e300):
        alone = dl.run(nodes, {x: number})
        v = dl.placeholder("v", shape=(2,))
        together = [
            1 / v,
            dl.log(v),
            dl.sqrt(v),
            dl.exp(v * 1000),
            v**0,
            v**-1,
            v**0.5,
            dl.sigmoid(v * 1000),
            dl.sign(v),
            dl.maximum(v, 0),
            dl.minimum(v, 0),
            dl.where(v > 0, v, -v),
            abs(v),
            dl.tanh(v),
            dl.cos(v),
        ]
        for one, two in zip(alone, dl.run(together, {v: [number, number]}), strict=True):
            np.testing.assert_allclose(one, two[0], rtol=1e-13)


@pytest.mark.parametrize("power", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1, -2, 0.5, 2.5])
def test_powers_written_as_products_are_powers(power: float) -> None:
    x = np.array([0.5, 1.0, 2.0, 3.7])
    same(lambda n: n**power, x**power, x)
    if power == int(power) and power >= 0:
        same(lambda n: n**power, (-x) ** power, -x)


def test_cross_entropy_of_a_perfect_prediction_is_zero() -> None:
    z = np.array([[400.0, -400.0]])
    assert value(dl.softmax_cross_entropy(z, [0])).tolist() == [0]
    assert value(dl.softmax_cross_entropy(z, [[1.0, 0.0]])).tolist() == [0]
    assert value(dl.softmax_cross_entropy(z, [1])).tolist() == [800]


def test_cross_entropy_takes_labels_as_numbers_one_hot_or_as_probabilities() -> None:
    z, labels = rng.normal(size=(5, 3)), np.array([0, 2, 1, 1, 0])
    expected = -np.log(softmax(z))[np.arange(5), labels]
    for t in (
        labels,
        labels.astype(np.int32),
        np.eye(3)[labels],
        np.eye(3, dtype=int)[labels],
        np.eye(3, dtype=bool)[labels],
    ):
        np.testing.assert_allclose(value(dl.softmax_cross_entropy(z, t)), expected, rtol=1e-13)
    p = rng.uniform(size=(5, 3))  # rows that do not even add up to 1
    np.testing.assert_allclose(
        value(dl.softmax_cross_entropy(z, p)), -(p * np.log(softmax(z))).sum(axis=-1), rtol=1e-13
    )
    np.testing.assert_allclose(value(dl.softmax_cross_entropy(z[0], 0)), expected[0], rtol=1e-13)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 3], "3 classes.*one label is 3"),
        ([-1, 0], "3 classes.*one label is -1"),
        ([[0], [1]], r"did you mean .*\[:, 0\]"),
        ([0.0, 1.0], "must hold whole numbers"),
        ([0, 1, 2], "2 meets 3"),
        (np.ones((2, 4)), "3 meets 4"),
    ],
)
def test_labels_that_do_not_fit_are_refused_with_a_reason(labels: Any, message: str) -> None:
    with pytest.raises(dl.EngineError, match=message):
        dl.run(dl.softmax_cross_entropy(np.zeros((2, 3)), labels))


PRODUCTS = [
    ((3, 4), (4, 2)),
    ((4,), (4, 2)),
    ((3, 4), (4,)),
    ((4,), (4,)),
    ((5, 3, 4), (4, 2)),
    ((5, 3, 4), (5, 4, 2)),
    ((4,), (5, 4, 2)),
    ((5, 3, 4), (4,)),
    ((2, 1, 3, 4), (5, 4, 2)),
    ((0, 4), (4, 2)),
    ((3, 0), (0, 2)),
]


@pytest.mark.parametrize("shapes", PRODUCTS)
def test_matmul_multiplies_vectors_matrices_and_stacks(shapes: Any) -> None:
    for dtype in (np.float64, np.float32, np.int64):
        a, b = ((rng.normal(size=s) * 5).astype(dtype) for s in shapes)
        for result in both_ways(dl.matmul, a, b):
            assert result.dtype == (a @ b).dtype
            np.testing.assert_allclose(result, a @ b, rtol=1e-4 if dtype == np.float32 else 1e-12, atol=1e-5)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int32, np.int64, bool])
def test_scores_that_are_whole_numbers_are_computed_with_as_floating_point_ones(dtype):
    """0 − 1 was 255 where the scores were bytes, and a loss came as 0."""
    z = np.array([[1, 0], [0, 1]], dtype)
    expected = np.log(1 + np.exp([1.0, -1.0]))
    single = np.result_type(dtype, np.float32)
    for labels, wanted in (
        ([1, 1], np.float64),
        (np.array([[0, 1]] * 2), np.float64),
        (np.array([[0.0, 1.0]] * 2), np.float64),
        (np.array([[0, 1]] * 2, np.float32), single),
    ):
        loss = dl.softmax_cross_entropy(z, labels)
        assert loss.dtype == value(loss).dtype == wanted
        np.testing.assert_allclose(value(loss), expected, rtol=1e-6)
    np.testing.assert_allclose(value(dl.softmax_cross_entropy(z[:1], [[0, 3]])), 3 * expected[:1])


def test_shapes_change_as_in_numpy() -> None:
    x = rng.normal(size=(2, 3, 4))
    same(lambda n: dl.reshape(n, (6, 4)), x.reshape(6, 4), x)
    same(lambda n: dl.reshape(n, (-1, 2)), x.reshape(-1, 2), x)
    same(lambda n: dl.reshape(n, -1), x.reshape(-1), x)
    same(lambda n: dl.transpose(n), x.T, x)
    same(lambda n: n.T, x.T, x)
    same(lambda n: dl.transpose(n, (1, 2, 0)), x.transpose(1, 2, 0), x)
    same(lambda n: dl.transpose(n, (0, -1, 1)), x.transpose(0, -1, 1), x)
    same(lambda n: dl.reshape(n.T, (4, 6)), x.T.reshape(4, 6), x)
    same(lambda n: dl.reshape(dl.exp(n).T, (4, 6)) + 0, np.exp(x).T.reshape(4, 6), x)  # memory that is planned, too
    same(lambda n: dl.broadcast_to(n, (5, 2, 3, 4)), np.broadcast_to(x, (5, 2, 3, 4)), x)
    same(lambda n: dl.concatenate([n, n], axis=1), np.concatenate([x, x], axis=1), x)
    same(lambda n: dl.concatenate([n]), x, x)
    same(lambda n: dl.expand_dims(n, -1), x[..., None], x)
    same(lambda n: dl.clip(n, -0.5, 0.5), x.clip(-0.5, 0.5), x)
    same(lambda n: dl.clip(n, low=0.1), x.clip(min=0.1), x)


INDICES = [
    0,
    -1,
    slice(1, 3),
    slice(None, None, -1),
    (slice(None), 1),
    (..., 1),
    (None, 0),
    (1, 2),
    [0, 2, 0],
    ([0, 1], [2, 2]),
    np.array([True, False, True]),
    (slice(0, 2), [1, 1]),
    np.array([[0, 1], [1, 0]]),
    (),
    ...,
]


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_an_index_takes_what_numpy_takes(index: Any) -> None:
    x = rng.normal(size=(3, 4))
    same(lambda n: n[index], x[index], x)


def test_a_node_of_whole_numbers_can_be_an_index() -> None:
    x, i = dl.parameter(rng.normal(size=(5, 2)), name="x"), dl.placeholder("i", shape=(None,), dtype=int)
    np.testing.assert_array_equal(dl.run(x[i], {i: [4, 0, 4]}), x.value[[4, 0, 4]])


def test_slicing_an_unknown_size_leaves_it_unknown() -> None:
    x = dl.placeholder("x", shape=(None, 3))
    assert [x[:10].shape, x[0].shape, x[:, 1].shape, x[[0, 1]].shape] == [(None, 3), (3,), (None,), (2, 3)]
    assert dl.run(x[:10], {x: np.ones((4, 3))}).shape == (4, 3)


def test_plain_numbers_do_not_widen_float32() -> None:
    x = dl.parameter(np.ones(3, np.float32), name="x")
    for node in (
        x * 2.0,
        2 * x,
        x + 1,
        x**2,
        x / 3,
        dl.maximum(x, 0),
        dl.where(x > 0, x, 0.0),
        dl.constant(2.0) * x,
        dl.clip(x, 0, 1),
        dl.sigmoid(x),
        dl.softmax(x),
        dl.logsumexp(x),
        dl.mean(x),
        dl.relu(x),
        1 - x,
    ):
        assert node.dtype == np.float32 and dl.run(node).dtype == np.float32


def test_whole_numbers_are_data_like_any_other() -> None:
    x, W = dl.placeholder("x", shape=(None, 2), dtype=int), dl.parameter(np.ones((2, 1)), name="W")
    assert dl.run(x @ W, {x: [[1, 2]]}).tolist() == [[3.0]]
    assert dl.run(dl.mean(x), {x: [[1, 2]]}) == 1.5
    assert dl.run(dl.sum(x), {x: [[1, 2]]}).dtype.kind == "i"
    assert dl.run(x / 2, {x: [[1, 2]]}).tolist() == [[0.5, 1.0]]


def test_a_large_sum_of_float32_is_as_exact_as_numpys() -> None:
    x = np.full(10**6, 0.1, np.float32)
    assert value(dl.sum(x)) == pytest.approx(1e5, rel=1e-6)
    assert value(dl.sum(np.tile(x[:5000], (3, 1)), axis=1)) == pytest.approx(500.0, rel=1e-6)
