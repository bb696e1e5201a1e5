"""Differentiation: right for every operation, of every order, and every bug of TensorSlow stays away."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.engine.graph import OPERATIONS

rng = np.random.default_rng(1)


def central(f: Any, x: Any, h: float = 1e-6) -> Any:
    slope = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        slope[i] = (f(up) - f(down)) / (2 * h)
    return slope


def at(program: Any, feeds: Any, node: Any, array: Any) -> float:
    return float(program({**feeds, node: array})[0])


def agrees(build: Any, *arrays: Any, orders: int = 2) -> None:
    """First and second derivatives agree with central differences, with sizes known beforehand and not."""
    arrays = tuple(np.asarray(a, float) for a in arrays)
    expected: dict[tuple[int, int], Any] = {}  # of each order, for each array: the same in both ways
    for known in (True, False):
        nodes = [dl.placeholder(f"p{i}", shape=a.shape if known else (None,) * a.ndim) for i, a in enumerate(arrays)]
        feeds = dict(zip(nodes, arrays, strict=True))
        y = build(*nodes)
        target = dl.sum(y * np.random.default_rng(2).normal(size=dl.run(y, feeds).shape))
        for order in range(orders):
            found, program = dl.gradients(target, nodes, unconnected="zero"), dl.Program([target])
            for i, (node, slope) in enumerate(zip(nodes, dl.run(found, feeds), strict=True)):
                if known:
                    expected[order, i] = central(partial(at, program, feeds, node), feeds[node])
                assert slope.shape == expected[order, i].shape
                np.testing.assert_allclose(slope, expected[order, i], rtol=2e-5, atol=2e-7)
            target = dl.sum(dl.sin(found[0]))


X, P = rng.normal(size=(3, 4)), rng.uniform(0.5, 2, size=(3, 4))


@pytest.mark.parametrize(
    "name",
    [
        "exp",
        "sin",
        "cos",
        "tanh",
        "sigmoid",
        "relu",
        "abs",
        "square",
        "negative",
        "softmax",
        "log_softmax",
        "logsumexp",
    ],
)
def test_functions_of_any_number(name: str) -> None:
    agrees(getattr(dl, name), X)
    agrees(lambda x: dl.exp(0.1 * getattr(dl, name)(x)), X[0])


@pytest.mark.parametrize("name", ["log", "sqrt"])
def test_functions_of_positive_numbers(name: str) -> None:
    agrees(getattr(dl, name), P)


@pytest.mark.parametrize(
    "shapes", [((3, 4), (3, 4)), ((3, 4), (4,)), ((3, 1), (1, 4)), ((), (2, 3)), ((2, 3), ()), ((), ())]
)
@pytest.mark.parametrize(
    "name", ["add", "subtract", "multiply", "divide", "power", "maximum", "minimum", "squared_error"]
)
def test_functions_of_two_arrays_undo_their_broadcasting(name: str, shapes: Any) -> None:
    a, b = (rng.uniform(0.5, 2, size=shape) for shape in shapes)
    agrees(getattr(dl, name), a, b)


@pytest.mark.parametrize("power", [0, 1, 2, 3, 4, 5, -1, -2, 0.5, 2.5])
def test_powers_to_the_third_derivative(power: float) -> None:
    agrees(lambda x: x**power, P[0], orders=3)


def test_power_of_a_number_by_a_node() -> None:
    agrees(lambda x: 2.0**x, X)
    agrees(lambda x: x ** np.array([0.0, 1.0, 2.0, 3.0]), P)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1), ()])
@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "logsumexp"])
def test_reductions(name: str, axis: Any, keepdims: bool) -> None:
    agrees(lambda x: dl.sin(getattr(dl, name)(x, axis=axis, keepdims=keepdims)), X)


PRODUCTS = [
    ((3, 4), (4, 2)),
    ((4,), (4, 2)),
    ((3, 4), (4,)),
    ((4,), (4,)),
    ((2, 3, 4), (4, 2)),
    ((2, 3, 4), (2, 4, 2)),
    ((4,), (2, 4, 2)),
    ((2, 3, 4), (4,)),
    ((2, 1, 3, 4), (2, 4, 2)),
    ((1, 3, 4), (2, 4, 2)),
]


@pytest.mark.parametrize("shapes", PRODUCTS, ids=str)
def test_matmul_of_vectors_matrices_and_stacks(shapes: Any) -> None:
    agrees(dl.matmul, *(rng.normal(size=shape) for shape in shapes))


def test_cross_entropy_with_labels_one_hot_and_with_any_weights() -> None:
    agrees(lambda z: dl.softmax_cross_entropy(z, np.array([0, 3, 1])), X)
    agrees(dl.softmax_cross_entropy, X, P)  # rows that do not add up to 1
    agrees(lambda z: dl.softmax_cross_entropy(z, 2), X[0])


def test_changes_of_shape() -> None:
    agrees(lambda x: dl.sin(dl.reshape(x, (2, 6))), X)
    agrees(lambda x: dl.reshape(x, (-1, 2)) * 2, X)
    agrees(lambda x: dl.sin(x.T), X)
    agrees(lambda x: dl.sin(dl.transpose(x, (1, 2, 0))), rng.normal(size=(2, 3, 2)))
    agrees(lambda x: dl.sin(dl.broadcast_to(x, (2, 3, 4))), rng.normal(size=(3, 1)))
    agrees(lambda x: dl.sin(dl.expand_dims(x, 1)), X)
    agrees(lambda x, y: dl.sin(dl.concatenate([x, y, x], axis=1)), X, rng.normal(size=(3, 2)))
    agrees(lambda x: dl.clip(x, -0.5, 0.5) * x, X)
    agrees(lambda x, y: dl.where(x > 0, x * y, y), X, X[0])


@pytest.mark.parametrize(
    "index",
    [
        0,
        -1,
        slice(1, 3),
        (slice(None), 1),
        (..., 1),
        (None, slice(None, None, -1)),
        [0, 2, 0],
        ([0, 1], [2, 2]),
        np.array([True, False, True]),
        (slice(0, 2), [1, 1]),
    ],
    ids=str,
)
def test_indexing_adds_up_what_was_taken_twice(index: Any) -> None:
    agrees(lambda x: dl.sin(x[index]), X)


def test_every_operation_has_a_rule() -> None:
    inside_programs = {"columns"}  # made by the compiler only
    missing = {name for name, kind in OPERATIONS.items() if kind.rule is None and kind.formula is None}
    assert missing <= inside_programs, missing


# ------------------------------------------------------------------------------------- kinks, ties and edges


def slope(build: Any, x: Any) -> Any:
    node = dl.parameter(x, name="x")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return dl.run(dl.gradients(dl.sum(build(node)), node, unconnected="zero")).tolist()


def test_at_a_kink_the_derivative_is_the_one_that_the_documentation_states() -> None:
    assert slope(dl.relu, [-1.0, 0.0, 2.0]) == [0, 0, 1]
    assert slope(abs, [-1.0, 0.0, 2.0]) == [-1, 0, 1]
    assert slope(lambda x: dl.clip(x, 0.0, 1.0), [-1.0, 0.0, 0.5, 1.0, 2.0]) == [0, 1, 1, 1, 0]
    assert slope(lambda x: dl.clip(x, high=1.0), [-9.0, 2.0]) == [1, 0]


def test_ties_share_the_gradient_equally() -> None:
    assert slope(dl.max, [1.0, 3.0, 3.0]) == [0, 0.5, 0.5]
    assert slope(dl.min, [1.0, 1.0, 1.0, 1.0]) == [0.25] * 4
    assert slope(lambda x: dl.max(x, axis=1), [[2.0, 2.0], [1.0, 5.0]]) == [[0.5, 0.5], [0, 1]]
    assert slope(lambda x: dl.maximum(x, [1.0, 2.0, 3.0]), [2.0, 2.0, 2.0]) == [1, 0.5, 0]
    assert slope(lambda x: dl.minimum(x, 2.0), [2.0, 1.0, 3.0]) == [0.5, 1, 0]
    assert slope(lambda x: dl.maximum(x, x), [2.0]) == [1]


def test_gradients_at_the_edges_are_right_and_warn_of_nothing() -> None:
    assert slope(lambda x: x**0, [0.0, 2.0]) == [0, 0]
    assert slope(lambda x: x**1, [0.0]) == [1]
    assert slope(lambda x: x**2, [-3.0, 0.0]) == [-6, 0]
    assert slope(lambda x: x ** np.array([0.0, 2.0]), [0.0, -3.0]) == [0, -6]
    assert slope(dl.sqrt, [0.0, 4.0]) == [np.inf, 0.25]
    assert slope(dl.log, [0.0, 2.0]) == [np.inf, 0.5]
    assert slope(dl.sigmoid, [-1000.0, 0.0, 1000.0]) == [0, 0.25, 0]
    assert slope(lambda x: dl.softmax(x)[0], [1000.0, 0.0]) == [0, 0]
    assert slope(lambda z: dl.softmax_cross_entropy(z, [[1.0, 0.0]]), [[400.0, -400.0]]) == [[0, 0]]
    assert slope(lambda z: dl.softmax_cross_entropy(z, [1]), [[400.0, -400.0]]) == [[1, -1]]
    assert slope(dl.logsumexp, [1000.0, 1000.0]) == [0.5, 0.5]
    assert slope(lambda x: dl.sum(x * np.zeros((0, 1))), [1.0]) == [0]


# ------------------------------------------------------------------------------------ what gradients() promises


def test_a_gradient_is_a_graph_that_can_be_differentiated_again() -> None:
    x = dl.parameter(2.0, name="x")
    y, found = x**4, []
    for _i in range(4):
        y = dl.gradients(y, x)
        found.append(y)
    assert [float(v) for v in dl.run(found)] == [32, 48, 48, 24]


def test_the_gradient_has_the_structure_of_what_was_asked_for() -> None:
    x, y = dl.parameter(2.0, name="x"), dl.parameter(3.0, name="y")
    single, several = dl.gradients(x * y, x), dl.gradients(x * y, [x, y, x])
    assert isinstance(single, dl.Node) and isinstance(several, list)
    assert [float(v) for v in dl.run(several)] == [3, 2, 3]
    assert dl.run(dl.gradients(x * y, [])) == []


def test_the_gradient_of_a_node_in_the_middle_and_of_the_loss_itself() -> None:
    x = dl.parameter(2.0, name="x")
    middle = x * x
    loss = dl.exp(middle)
    assert dl.run(dl.gradients(loss, [middle, loss, x])) == [np.exp(4.0), 1.0, 4 * np.exp(4.0)]


def test_gradient_nodes_are_named_after_what_they_are() -> None:
    W = dl.parameter([1.0, 2.0], name="W")
    loss = dl.sum(W * W)
    assert dl.gradients(loss, W).name == "∂loss/∂W"


def test_grad_output_is_what_arrives_at_the_output() -> None:
    x = dl.parameter([1.0, 2.0], name="x")
    assert dl.run(dl.gradients(x * x, x, grad_output=[1.0, 10.0])).tolist() == [2, 40]
    assert dl.run(dl.gradients(x * x, x, grad_output=1.0)).tolist() == [2, 4]
    with pytest.raises(dl.ShapeError, match=r"grad_output has shape \(3,\)"):
        dl.gradients(x * x, x, grad_output=np.ones(3))


def test_float32_gradients_stay_float32_beside_float64_data() -> None:
    x32, w64 = dl.parameter(np.ones(2, np.float32), name="x32"), dl.parameter(np.ones(2), name="w64")
    a, b = dl.gradients(dl.sum(x32 * w64), [x32, w64])
    assert (a.dtype, b.dtype) == (np.float32, np.float64)
    assert [g.dtype for g in dl.run([a, b])] == [np.float32, np.float64]


def test_whole_numbers_on_the_way_need_no_gradient() -> None:
    x, n = dl.parameter([1.0, 2.0], name="x"), dl.placeholder("n", shape=(2,), dtype=int)
    assert dl.run(dl.gradients(dl.sum(x * n), x), {n: [3, 4]}).tolist() == [3, 4]


def test_what_the_loss_does_not_depend_on_is_named_or_zero() -> None:
    x, y = dl.parameter([1.0, 2.0], name="x"), dl.placeholder("y", shape=(None, 2))
    loss = dl.sum(x * x)
    with pytest.raises(dl.GradientError, match=r"loss does not depend on y[\s\S]*test_gradients\.py:\d+"):
        dl.gradients(loss, [x, y])
    assert dl.run(dl.gradients(loss, y, unconnected="zero"), {y: np.ones((3, 2))}).tolist() == [[0, 0]] * 3
    constant_slope = dl.gradients(dl.sum(3 * x), x)
    with pytest.raises(dl.GradientError, match="does not depend on x"):
        dl.gradients(dl.sum(constant_slope), x)
    assert dl.run(dl.gradients(dl.sum(constant_slope), x, unconnected="zero")).tolist() == [0, 0]


# ----------------------------------------------------------- the bugs of TensorSlow (field notes, section 2)


def grad(loss: Any, wrt: Any, feeds: Any = None) -> Any:
    return dl.run(dl.gradients(loss, wrt), feeds)


def test_tensorslow_1_stacked_diamonds_take_linear_time() -> None:
    y = x = dl.parameter(0.01, name="x")
    for _i in range(500):
        y = y * y + y * 0.5
    assert np.isfinite(grad(y, x))


def test_tensorslow_1b_a_node_is_computed_once_however_many_paths_lead_to_it() -> None:
    calls = []

    @dl.operation("noisy")
    def noisy(x: Any) -> Any:
        calls.append(1)
        return x + len(calls)

    d = noisy(dl.parameter([1.0], name="x"))
    assert dl.run(d + (-d)).tolist() == [0] and len(calls) == 1


def test_tensorslow_2_a_skip_connection_waits_for_all_its_consumers() -> None:
    x = dl.parameter([0.3], name="x")
    s = 1 / (1 + np.exp(0.3))
    np.testing.assert_allclose(grad(dl.sum(dl.sigmoid(-x) + x), x), [1 - s * (1 - s)])


def test_tensorslow_3_a_dead_consumer_and_a_second_loss_do_no_harm() -> None:
    x = dl.parameter([1.0, 2.0], name="x")
    h = x * 2
    dl.log(h)
    first, second = dl.sum(h), dl.sum(h * h)
    assert (
        grad(first, x).tolist() == [2, 2] and grad(second, x).tolist() == [8, 16] and grad(first, x).tolist() == [2, 2]
    )


def test_tensorslow_4_matmul_of_a_matrix_with_itself_counts_both_uses() -> None:
    A = dl.parameter([[1.0, 2.0], [3.0, 4.0]], name="A")
    assert grad(dl.sum(A @ A), A).tolist() == [[7, 11], [9, 13]]


def test_tensorslow_5_softmax_does_not_overflow() -> None:
    assert dl.run(dl.softmax([[1000.0, 0.0]])).tolist() == [[1, 0]]


def test_tensorslow_6_softmax_works_along_the_last_axis_of_any_array() -> None:
    for shape in [(4,), (2, 3), (2, 3, 4)]:
        x = dl.parameter(rng.normal(size=shape), name="x")
        np.testing.assert_allclose(dl.run(dl.softmax(x)).sum(axis=-1), 1)
        np.testing.assert_allclose(grad(dl.sum(dl.softmax(x)), x), 0, atol=1e-15)


def test_tensorslow_7_a_perfect_prediction_has_loss_zero_and_gradient_zero() -> None:
    z = dl.parameter([[400.0, -400.0]], name="z")
    step = dl.GradientDescent(0.1).minimize(dl.sum(dl.softmax_cross_entropy(z, [0])))
    assert step() == 0 and z.value.tolist() == [[400, -400]]


def test_tensorslow_8_multiply_adds_up_the_gradient_of_what_was_broadcast() -> None:
    a, b, c = dl.parameter(np.ones((3, 2)), name="a"), dl.parameter([1.0, 2.0], name="b"), dl.parameter(5.0, name="c")
    step = dl.GradientDescent(0.1).minimize(dl.sum(a * b * c))
    step()
    np.testing.assert_allclose(b.value, [1 - 1.5, 2 - 1.5])
    np.testing.assert_allclose(c.value, 5 - 0.9)


def test_tensorslow_9_sum_over_several_axes_with_and_without_keepdims() -> None:
    x = dl.parameter(np.ones((2, 3, 4)), name="x")
    for keepdims in (False, True):
        assert grad(dl.sum(dl.sum(x, axis=(0, 1), keepdims=keepdims)), x).tolist() == np.ones((2, 3, 4)).tolist()


def test_tensorslow_10_the_learners_array_is_never_changed_nor_shared() -> None:
    W0 = np.ones(2)
    a, b = dl.parameter(W0, name="a"), dl.parameter(W0, name="b")
    dl.GradientDescent(0.1).minimize(dl.sum(a + b))()
    assert W0.tolist() == [1, 1] and a.value.tolist() == b.value.tolist() == [0.9, 0.9]


def test_tensorslow_11_whole_number_parameters_are_refused_by_name() -> None:
    for value in ([[1, 2], [3, 4]], 3, np.array([True])):
        with pytest.raises(dl.DTypeError, match=r"'W'.*decimal point"):
            dl.parameter(value, name="W")


def test_tensorslow_12_a_long_chain_needs_no_recursion() -> None:
    y = x = dl.parameter(0.5, name="x")
    for _i in range(1200):  # deeper than Python lets a recursion go
        y = dl.sigmoid(y)
    assert grad(y, x) == 0


def test_tensorslow_13_a_step_computes_its_own_forward_pass() -> None:
    W, x = dl.parameter(1.0, name="W"), dl.placeholder("x")
    loss = W * x
    step = dl.GradientDescent(1.0).minimize(loss)
    dl.run(loss, {x: 5.0})
    assert step({x: 100.0}) == 100 and W.value == -99


def test_tensorslow_14_a_learner_registers_a_gradient_under_any_name() -> None:
    for name in ("tanh", "add", "my own"):

        @dl.operation(name)
        def thrice(x: Any) -> Any:
            return 3 * x

        @dl.register_gradient(name)
        def _rule(op: Any, g: Any) -> Any:
            return [3 * g]

        x = dl.parameter([1.0], name="x")
        assert grad(dl.sum(thrice(x)), x).tolist() == [3]
        assert grad(dl.sum(dl.tanh(x) + x), x) == pytest.approx(2 - np.tanh(1) ** 2)  # ours are as they were


def test_tensorslow_15_the_seed_has_the_shape_and_dtype_of_the_loss() -> None:
    a, b = dl.parameter(np.ones((3, 2)), name="a"), dl.parameter(np.ones(2), name="b")
    with pytest.raises(dl.GradientError, match=r"loss has shape \(3, 2\)"):
        loss = a + b
        dl.gradients(loss, b)
    assert grad(dl.sum(a + b), b).tolist() == [3, 3]
    c = dl.parameter(np.ones(2, np.float32), name="c")
    assert grad(dl.sum(c * c), c).dtype == np.float32


def test_tensorslow_16_numbers_and_tuples_are_data() -> None:
    a, b, x = dl.parameter(3.0, name="a"), dl.parameter(3.0, name="b"), dl.placeholder("x", shape=(2,))
    assert dl.run(a + b) == 6 and dl.run(x * 2, {x: (1, 2)}).tolist() == [2, 4]


def test_tensorslow_17_matmul_of_vectors_and_of_stacks_has_gradients() -> None:
    a, B, C = (
        dl.parameter(np.ones(3), name="a"),
        dl.parameter(np.ones((3, 2)), name="B"),
        dl.parameter(np.ones((4, 2, 3)), name="C"),
    )
    assert [g.shape for g in dl.run(dl.gradients(dl.sum(a @ B), [a, B]))] == [(3,), (3, 2)]
    assert [g.shape for g in dl.run(dl.gradients(dl.sum(C @ B), [C, B]))] == [(4, 2, 3), (3, 2)]


def test_tensorslow_18_a_kind_of_parameter_of_ones_own_is_a_parameter() -> None:
    class Scale(dl.Parameter):
        pass

    scale = Scale(np.array([2.0]), "scale", ("here", 1))
    dl.GradientDescent(0.1).minimize(dl.sum(scale * scale))()
    assert scale.value == pytest.approx([1.6])


def test_tensorslow_19_and_20_there_is_no_global_graph_and_nothing_is_shared_between_steps() -> None:
    x = dl.parameter(1.0, name="x")
    first, second = dl.GradientDescent(0.1).minimize(x * 1.0), dl.GradientDescent(0.1).minimize(x * 2.0)
    first(), second()
    assert x.value == pytest.approx(0.7)


def test_tensorslow_21_a_rule_is_asked_once() -> None:
    calls = []

    @dl.operation("both")
    def both(a: Any, b: Any) -> Any:
        return a + b

    @dl.register_gradient("both")
    def _rule(op: Any, g: Any) -> Any:
        calls.append(1)
        return [g, g]

    a, b = dl.parameter([1.0], name="a"), dl.parameter([1.0], name="b")
    dl.gradients(dl.sum(both(a, b)), [a, b])
    assert len(calls) == 1


def test_tensorslow_24_the_sigmoid_of_a_very_negative_number_is_zero_without_a_warning() -> None:
    assert slope(dl.sigmoid, [-1000.0]) == [0]
