"""Faults that were found in the engine, one test each, named for what it protects."""

import copy
import pickle
import runpy
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.engine.graph import evaluate

f = np.float32


def z() -> dl.Parameter:
    return dl.parameter([1.0, 2.0, 3.0], name="z")


# 1


def test_one_entry_of_a_computed_array_is_that_entry() -> None:
    assert dl.run(dl.softmax(z())[2]) == pytest.approx(0.66524, abs=1e-5)
    x, W = dl.placeholder("x", shape=(None, 2)), dl.parameter(np.ones((2, 2)))
    assert dl.run((x @ W)[0, 1], {x: [[1.0, 2.0]]}) == 3
    assert dl.run(dl.sum(x, axis=0)[1], {x: [[1.0, 2.0], [3.0, 4.0]]}) == 6
    y = dl.exp(z())
    assert dl.run(y[1]) == np.exp(2.0)


def test_a_loss_made_of_one_entry_falls() -> None:
    step = dl.GradientDescent(0.5).minimize(-dl.log(dl.softmax(z())[2]))
    losses = [float(step()) for _ in range(3)]
    assert losses[0] > losses[1] > losses[2] > 0


# 2


@pytest.mark.parametrize(
    "build",
    [
        lambda q: dl.maximum(q, 1.0),
        lambda q: dl.minimum(q, 3.0),
        lambda q: dl.clip(q, 0, 6),
        lambda q: dl.where(q > 0, q, 0.5),
        lambda q: dl.relu(q),
        lambda q: dl.abs(q) ** 3,
    ],
)
def test_a_single_number_of_float32_stays_float32(build: Any) -> None:
    q = dl.parameter(np.array(2.0, f))
    nodes = [build(q), dl.gradients(build(q), q)]
    assert [v.dtype for v in dl.run(nodes)] == [node.dtype for node in nodes] == [f, f]
    for optimizer in (dl.GradientDescent(0.1), dl.Momentum(0.1), dl.Adam(0.1)):
        step = optimizer.minimize(build(q))
        step()
        assert q.value.dtype == f and all(slot.value.dtype == slot.dtype for slot in step.state)


def test_a_float32_product_below_a_single_number_has_a_gradient() -> None:
    p = dl.parameter(np.ones((2, 2), f))
    assert dl.run(dl.gradients(dl.maximum(dl.sum(p @ p), 1.0), p)).dtype == f


# 3


def test_comparisons_of_single_numbers_are_truth_values_as_in_arrays() -> None:
    a, b, c, d = dl.parameter(2.0), dl.parameter(3.0), dl.parameter([2.0]), dl.parameter([3.0])
    assert dl.run(a * ((a > 0) + (b > 0))) == dl.run(c * ((c > 0) + (d > 0))) == 2
    for node in ((a > 0) + (b > 0), dl.minimum(a > 0, b), dl.where(a > 9, a, b > 0)):
        assert dl.run(node).dtype == node.dtype
        assert dl.run(node) == 1


# 4


def test_a_constant_called_ones_is_what_it_holds() -> None:
    c, m = dl.constant([7.0, 8.0, 9.0], name="ones"), dl.parameter(np.arange(6.0).reshape(3, 2))
    product, total = dl.run([c @ m, dl.sum(m, axis=0)])
    assert product.tolist() == [52, 76] and total.tolist() == [6, 9]


# 5


def test_whole_numbers_that_do_not_fit_are_refused() -> None:
    i = dl.placeholder("i", shape=(), dtype=np.int32)
    with pytest.raises(dl.DTypeError, match="1099511627776 does not fit into int32"):
        i + 2**40
    with pytest.raises(dl.DTypeError, match="does not fit into uint8"):
        dl.placeholder("u", dtype=np.uint8) + -1
    with pytest.raises(dl.DTypeError, match="int32"):
        dl.constant([2**40], dtype=np.int32)


# 6 and 14


def test_building_an_index_allocates_nothing() -> None:
    tracemalloc.start()
    y = dl.placeholder("x", shape=(None, None, 3))[:, :, [0, 1]]
    dl.placeholder("x", shape=(None, 64))[:, list(range(32))]
    assert tracemalloc.get_traced_memory()[1] < 1e6
    tracemalloc.stop()
    assert y.shape == (None, None, 2)


def test_the_size_of_a_slice_of_an_open_axis_is_open() -> None:
    k = dl.placeholder("k", shape=(None,))
    assert k[-2:1].shape == (None,) and dl.run(dl.max(k[-2:1]), {k: [5.0]}) == 5
    kk = dl.placeholder("kk", shape=(None, None))
    assert kk[-4:, -1].shape == (None,) and dl.run(kk[-4:, -1], {kk: np.ones((3, 2))}).shape == (3,)


@pytest.mark.parametrize(
    "index",
    [
        (0, [1, 0], slice(None), [0, 1]),
        ([1, 0], 0),
        (slice(None), [[1, 0]], None, ..., 0),
        (..., slice(None, None, -2)),
        (None, [0, 1], slice(1, 2)),
        ([0, 1], slice(None), [[0], [1]]),
        (slice(None), 0, [1, 1, 0]),
        (slice(5, 1), -1),
    ],
)
def test_the_shape_of_an_index_is_numpys(index: Any) -> None:
    data = np.arange(2 * 3 * 4 * 2.0).reshape(2, 3, 4, 2)
    x = dl.parameter(data)
    assert x[index].shape == data[index].shape
    assert np.array_equal(dl.run(x[index]), data[index])


# 7


def test_a_step_whose_new_value_is_not_finite_changes_nothing() -> None:
    p = dl.parameter([0.0, 0.0], name="p")
    step = dl.GradientDescent(0.1).minimize(dl.sqrt(dl.sum(p * p)))
    with pytest.raises(dl.NonFiniteError, match="first node that is"):
        step()
    assert p.value.tolist() == [0, 0]


# 8 and 17


def test_mixed_derivatives_of_a_power_agree_where_the_exponent_is_0() -> None:
    X, Y = dl.parameter(2.0), dl.parameter(0.0)
    one = dl.gradients(dl.gradients(X**Y, X), Y)
    other = dl.gradients(dl.gradients(X**Y, Y), X)
    assert dl.run([one, other]) == [0.5, 0.5]


def test_a_negative_power_of_0_falls_without_end() -> None:
    A, B = dl.parameter(0.0), dl.parameter(-1.0)
    assert dl.run(dl.gradients(A**B, B)) == -np.inf


# 9


@pytest.mark.parametrize(
    "name", ["reshape", "transpose", "broadcast_to", "permute", "columns", "max", "sum", "getitem"]
)
def test_an_operation_of_your_own_is_never_taken_for_ours_of_that_name(name: str) -> None:
    triple = dl.operation(name, shape=lambda x: x)(lambda x: 3 * x)
    dl.register_gradient(triple)(lambda op, g: [triple(g)])
    x = dl.parameter([1.0, 2.0, 3.0])
    assert dl.jacobian(triple(x), x).diagonal().tolist() == [3, 3, 3]
    assert dl.run(dl.sum(triple(x)[:1] + dl.max(x))) == 6


# 10


def test_double_equals_compares_values_and_lists_find_nodes() -> None:
    v, w = dl.parameter([0.0, 2.0]), dl.parameter([0.0, 3.0])
    assert dl.run(dl.where(v == 0, 1.0, v)).tolist() == [1, 2]
    assert dl.run(dl.mean(v == w)) == 0.5 and dl.run(dl.mean(v != w)) == 0.5
    assert dl.run(np.array([0.0, 3.0]) == v).tolist() == [True, False]
    other = dl.parameter(np.ones((4, 5)))
    assert v in [other, w, v] and v not in [other, w] and {v: 1, w: 2}[w] == 2 and len({v, w, v}) == 2
    assert [other, v].index(v) == 1
    with pytest.raises(dl.DTypeError, match="has no value until you run it"):
        bool(v == 0)
    with pytest.raises(dl.ShapeError):
        dl.where(v == dl.parameter(np.ones(3)), 1.0, 0.0)
    assert (v == None) is False and (v == "v") is False  # noqa: E711


# 11


def test_where_bounds_cross_the_upper_one_gets_the_gradient() -> None:
    L, H = dl.parameter(2.0), dl.parameter(0.0)
    assert dl.run(dl.gradients(dl.clip(dl.parameter(1.0), L, H), [L, H])) == [0, 1]


# 12


def test_nodes_and_steps_can_be_copied_and_pickled() -> None:
    x = z()
    for again in (copy.copy(x * 2), copy.deepcopy(x * 2), pickle.loads(pickle.dumps(x * 2))):
        assert dl.run(again).tolist() == [2, 4, 6]
    step = dl.Adam(0.1).minimize(dl.sum(x * x))
    step()
    twin = pickle.loads(pickle.dumps(step))
    assert float(twin()) == float(step())


# 13 and 23


def test_numbers_of_other_widths_are_refused_with_a_sentence() -> None:
    for dtype in (np.float16, np.longdouble):
        if np.dtype(dtype) != np.dtype(float):
            for make in (dl.parameter, dl.constant):
                with pytest.raises(dl.DTypeError, match=r"use float, np\.float32"):
                    make(np.ones(2, dtype))
            with pytest.raises(dl.DTypeError, match=r"use float, np\.float32"):
                dl.placeholder("x", dtype=dtype)
            with pytest.raises(dl.DTypeError, match=r"use float, np\.float32"):
                dl.cast(z(), dtype)
    x = dl.placeholder("x", shape=(None,))
    assert dl.run(dl.mean(x), {x: np.ones(70000, np.float16)}) == 1  # fed numbers take the declared dtype


# 15


def test_cross_entropy_does_not_look_at_the_scores_of_classes_that_are_not_meant() -> None:
    scores = [-np.inf, 0.0, 0.0]
    assert dl.run(dl.softmax_cross_entropy(scores, [0.0, 1.0, 0.0])) == pytest.approx(np.log(2))
    assert dl.run(dl.softmax_cross_entropy([scores], [1])) == pytest.approx(np.log(2))
    assert dl.run(dl.softmax_cross_entropy(scores, [0.1, 0.9, 0.0])) == np.inf
    assert np.isnan(dl.run(dl.softmax_cross_entropy([np.nan, 0.0, 0.0], [0.0, 1.0, 0.0])))


# 16


def test_a_softmax_over_nothing_is_empty() -> None:
    nothing = dl.parameter(np.zeros((5, 0)))
    for function in (dl.softmax, dl.log_softmax):
        assert dl.run(function(nothing)).shape == (5, 0)
        assert dl.run(dl.gradients(dl.sum(function(nothing)), nothing)).shape == (5, 0)
    assert dl.run(dl.logsumexp(nothing)).tolist() == [-np.inf] * 5


# 18 and 19


def test_indices_are_whole_numbers() -> None:
    with pytest.raises(dl.DTypeError, match=r"cannot be sliced at 1\.7"):
        z()[1.7:3]  # type: ignore[misc]
    assert dl.run(z()[[]]).shape == (0,)


# 20


def test_masked_arrays_are_refused() -> None:
    masked = np.ma.array([1.0, 2.0], mask=[1, 0])
    k = dl.placeholder("k", shape=(None,))
    for use in (lambda: dl.run(k * 1, {k: masked}), lambda: dl.parameter(masked), lambda: dl.constant(masked)):
        with pytest.raises(dl.DTypeError, match="masked array"):
            use()


# 21 and 22


def test_broadcasting_to_an_open_size_is_refused_when_built() -> None:
    with pytest.raises(dl.ShapeError, match="broadcast_like"):
        dl.broadcast_to(0.0, (None, 4))  # type: ignore[arg-type]


def test_one_hot_takes_the_number_of_classes() -> None:
    assert dl.run(dl.one_hot([0, 2], 3)).tolist() == [[1, 0, 0], [0, 0, 1]]


# 24


def test_every_function_takes_truth_values_for_numbers() -> None:
    v = dl.parameter([0.0, 2.0])
    assert dl.run(dl.sigmoid(v > 0)).round(2).tolist() == [0.5, 0.73]
    for function in (dl.exp, dl.log1p, dl.softplus, dl.softmax, dl.logsumexp, dl.mean, dl.var, dl.tanh, dl.floor):
        node = function(v > 0)
        assert dl.run(node).dtype == node.dtype == float
        assert np.array_equal(dl.run(node), evaluate([node], {})[0])


# what other libraries call otherwise


@pytest.mark.parametrize(
    ("write", "says"),
    [
        (lambda x: x.backward(), "dl.gradients"),
        (lambda x: x.grad, "dl.gradients"),
        (lambda x: x.item(), "dl.run"),
        (lambda x: f"{x:.2f}", "dl.run"),
        (lambda x: dl.Variable, "dl.parameter"),
        (lambda x: dl.Session, "dl.run"),
        (lambda x: dl.GradientDescentOptimizer, r"dl\.GradientDescent\("),
        (lambda x: dl.reduce_sum, "dl.sum"),
        (lambda x: dl.RegisterGradient, "dl.register_gradient"),
        (lambda x: x.data, r"p\.value"),
        (lambda x: x.zero_grad(), "anew in each run"),
        (lambda x: x.requires_grad, "parameters are learned"),
        (lambda x: dl.nn.Linear, "dl.Linear"),
        (lambda x: dl.optim.Adam, "dl.Adam"),
        (lambda x: dl.zeros(3), r"dl\.parameter\(np\.zeros"),
        (lambda x: dl.randn(3), "default_rng"),
        (lambda x: dl.norm(x), r"dl\.sqrt"),
        (lambda x: x // 2, r"dl\.floor\(x / y\)"),
        (lambda x: 2 % x, r"dl\.floor\(x / y\)"),
        (lambda x: (x > 1) & (x < 2), r"dl\.logical_and\(a, b\)"),
        (lambda x: ~(x > 1), r"dl\.logical_not\(a\)"),
    ],
)
def test_what_is_called_otherwise_elsewhere_says_its_name(write: Any, says: str) -> None:
    with pytest.raises((AttributeError, dl.EngineError), match=says):
        write(dl.sum(z()))


def test_feeding_by_name_says_that_the_node_itself_is_the_key() -> None:
    x = dl.placeholder("x", shape=(None, 3))
    with pytest.raises(dl.FeedError, match="not its name"):
        dl.run(dl.sum(x), {"x": [[1, 2, 3]]})


def test_a_star_import_replaces_no_built_in() -> None:
    code = "import builtins; from dlcourse import *; print(*[n for n in dir() if n[0] != '_' and n in dir(builtins)])"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "\n"


def test_words_of_python_are_no_names(tmp_path: Path) -> None:
    lines = [
        "import dlcourse as dl",
        "if False: a = 1",
        "else: a = dl.parameter([[1.0, 2.0]])",
        "try: b = dl.parameter([[1.0, 2.0, 3.0]])",
        "finally: pass",
        "a @ b",
    ]
    (tmp_path / "written.py").write_text("\n".join(lines))
    with pytest.raises(dl.ShapeError, match=r"cannot multiply a \(1, 2\) by b \(1, 3\)"):
        runpy.run_path(str(tmp_path / "written.py"))


# methods and NumPy's own names


def test_nodes_have_the_methods_of_arrays() -> None:
    data = np.arange(6.0).reshape(2, 3)
    x = dl.parameter(data)
    for node, right in [
        (x.sum(), data.sum()),
        (x.sum(axis=1, keepdims=True), data.sum(axis=1, keepdims=True)),
        (x.mean(0), data.mean(0)),
        (x.max(axis=0), data.max(axis=0)),
        (x.min(), data.min()),
        (x.reshape(3, 2), data.reshape(3, 2)),
        (x.reshape((-1,)), data.reshape(-1)),
        (x.transpose(1, 0), data.T),
        (x.transpose(), data.T),
        (x.T, data.T),
        (np.ones_like(x), np.ones_like(data)),
        (np.sum(x, axis=0), data.sum(axis=0)),
    ]:
        assert np.array_equal(dl.run(node), right)


def test_a_rule_of_lesson_11_registers_unchanged() -> None:
    @dl.operation("squash", shape=lambda x: x)
    def squash(x: Any) -> Any:
        return 1 / (1 + np.exp(-x))

    dl.register_gradient(squash)(lambda g, output, x: [g * output * (1 - output)])
    x = dl.parameter([0.3, -0.4])
    dl.check_gradients(dl.sum(squash(x)))

    @dl.operation("rows", shape=lambda x: x[:1])
    def rows(x: Any) -> Any:
        return x.sum(axis=1)

    dl.register_gradient("rows")(lambda g, output, x: [g[:, None] * np.ones_like(x)])
    dl.check_gradients(dl.sum(rows(dl.parameter(np.ones((2, 3)))) ** 2))


def test_attributes_have_the_defaults_of_the_function() -> None:
    @dl.operation("drop", shape=lambda x: x)
    def drop(x: Any, p: float = 0.5) -> Any:
        return x * p

    dl.register_gradient("drop")(lambda op, g: [g * op.attributes["p"]])
    x = dl.parameter([1.0, 2.0])
    assert dl.run(dl.gradients(dl.sum(drop(x)), x)).tolist() == [0.5, 0.5]
    assert dl.run(dl.gradients(dl.sum(drop(x, p=0.25)), x)).tolist() == [0.25, 0.25]


# what is new: gradient and second derivative against differences

AWAY = np.random.default_rng(3).uniform(0.2, 1.5, (3, 4))
NEW = {
    "stop_gradient": lambda x: x * x * dl.stop_gradient(dl.constant(AWAY)),
    "stack": lambda x: dl.stack([x, x * x], axis=1),
    "softplus": lambda x: dl.softplus(x - 1),
    "log1p": lambda x: dl.log1p(x),
    "expm1": lambda x: dl.expm1(x),
    "sigmoid_cross_entropy": lambda x: dl.sigmoid_cross_entropy(x - 1, x * x),
    "cumsum": lambda x: dl.cumsum(x * x, axis=0),
    "prod": lambda x: dl.prod(x, axis=1),
    "prod of all": lambda x: dl.prod(x),
    "prod with a zero": lambda x: dl.prod(x - dl.constant(AWAY[0, 0]), axis=1),
    "var": lambda x: dl.var(x, axis=0),
    "broadcast_like": lambda x: dl.broadcast_like(dl.sum(x * x, axis=0), x),
    "floor": lambda x: x**3 * (1 + dl.floor(3 * x)),
}


@pytest.mark.parametrize("name", NEW)
@pytest.mark.parametrize("open_sizes", [False, True])
def test_new_operations_have_first_and_second_derivatives(name: str, open_sizes: bool) -> None:
    x: Any = dl.placeholder("x", shape=(None, 4)) if open_sizes else dl.parameter(AWAY)
    feeds = {x: AWAY} if open_sizes else {}
    weights = np.random.default_rng(0).normal(size=(40,))

    def scalar(node: Any) -> Any:
        value = dl.run(node, feeds)
        return dl.sum(node * dl.constant(weights[: value.size].reshape(value.shape)))

    y = scalar(NEW[name](x))
    dl.check_gradients(y, feeds, wrt=[x])
    slope = dl.gradients(y, x)
    assert np.allclose(dl.run(slope, feeds), evaluate([slope], feeds)[0])
    dl.check_gradients(dl.sum(slope * slope), feeds, wrt=[x])


def test_argmax_and_argmin_are_numpys() -> None:
    data = np.array([[3.0, 1.0, 3.0], [0.0, 5.0, 5.0]])
    x = dl.placeholder("x", shape=(None, 3))
    for axis in (None, 0, 1, -1):
        assert np.array_equal(dl.run(dl.argmax(x, axis), {x: data}), data.argmax(axis))
        assert np.array_equal(dl.run(dl.argmin(x, axis), {x: data}), data.argmin(axis))
    accuracy = dl.mean(dl.argmax(x, 1) == np.array([0, 2]))
    assert dl.run(accuracy, {x: data}) == 0.5
