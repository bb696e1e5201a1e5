"""Programs: what a run may touch, what it may not, and how it reads."""

from __future__ import annotations

import gc
import itertools
import tracemalloc
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.engine import operations, program
from dlcourse.engine.graph import OPERATIONS, evaluate
from dlcourse.engine.program import _MOST_SIZES

rng = np.random.default_rng(3)


def network(dtype: Any = float) -> tuple[Any, dict[Any, Any], list[Any]]:
    x, t = dl.placeholder("x", shape=(None, 4), dtype=dtype), dl.placeholder("t", shape=(None,), dtype=int)
    W, b = dl.parameter(rng.normal(size=(4, 3)).astype(dtype), name="W"), dl.parameter(np.zeros(3, dtype), name="b")
    loss = dl.mean(dl.softmax_cross_entropy(dl.tanh(x @ W + b), t))
    return loss, {x: rng.normal(size=(5, 4)), t: [0, 1, 2, 1, 0]}, [W, b]


# ------------------------------------------------------------------------------------------------ fetches


def test_a_run_returns_what_was_asked_for_in_the_same_structure() -> None:
    x = dl.placeholder("x")
    fetch = {"a": x, "b": [x + 1, (x * 2, x * 2)], "c": [], "d": {}}
    result = dl.run(fetch, {x: 3.0})
    assert result == {"a": 3.0, "b": [4.0, (6.0, 6.0)], "c": [], "d": {}}
    assert isinstance(dl.run((x,), {x: 1.0}), tuple) and isinstance(dl.run(x, {x: 1.0}), np.ndarray)


def test_feeds_may_be_left_out_where_nothing_is_to_be_fed() -> None:
    assert dl.run(dl.constant(3.0) * 2) == 6.0
    assert dl.run([]) == []


@pytest.mark.parametrize("walked", [0, 10_000])
def test_every_result_is_the_callers_own(walked: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """No result shares memory with a feed, a parameter, a constant, another result, or a later run."""
    monkeypatch.setattr(program, "WALKED", walked)
    x, W, k = dl.placeholder("x", shape=(3, 2)), dl.parameter(np.ones((3, 2)), name="W"), dl.constant(np.ones((3, 2)))
    h = dl.exp(x * 0.1)
    fetch = [
        x,
        W,
        k,
        x.T,
        W.T,
        W[0],
        x[1:],
        dl.reshape(x, (6,)),
        h,
        h,
        h.T,
        h[:, 0],
        dl.reshape(h, (2, 3)),
        x + W,
        x * 1,
        dl.broadcast_to(k, (2, 3, 2)),
        dl.where(x > 0, x, W),
        dl.sum(x, axis=()),
        dl.negative(-x),
        dl.concatenate([x]),
        h + 0,
    ]
    data = rng.normal(size=(3, 2))
    first = dl.run(fetch, {x: data})
    kept = [value.copy() for value in first]
    second = dl.run(fetch, {x: data + 1})
    everything = [data, W.array, k.array, *first, *second]
    for i, a in enumerate(everything):
        for b in everything[:i]:
            assert not np.shares_memory(a, b)
    for value, copy in zip(first, kept, strict=True):
        np.testing.assert_array_equal(value, copy)
        value[...] = 99  # and writing into one changes nothing
    np.testing.assert_array_equal(dl.run(W), np.ones((3, 2)))
    np.testing.assert_array_equal(dl.run(fetch, {x: data})[0], data)


def test_feeds_are_never_written_to() -> None:
    loss, feeds, parameters = network()
    x = next(iter(feeds))
    data = feeds[x]
    before = data.copy()
    data.flags.writeable = False
    dl.GradientDescent(0.1).minimize(loss)(feeds)
    dl.run([loss, *dl.gradients(loss, [*parameters, x])], feeds)
    np.testing.assert_array_equal(data, before)


def test_arrays_laid_out_in_any_way_give_the_same_result() -> None:
    loss, feeds, parameters = network()
    x, _t = feeds
    nodes = [loss, *dl.gradients(loss, parameters)]
    expected = dl.run(nodes, feeds)
    base = feeds[x]
    wide = np.zeros((10, 8))
    wide[::2, ::2] = base
    for other in (np.asfortranarray(base), base[::-1][::-1], wide[::2, ::2], base.astype(">f8"), base.tolist()):
        for a, b in zip(dl.run(nodes, {**feeds, x: other}), expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12)


def test_a_parameters_value_is_a_copy_and_assign_takes_one() -> None:
    array = np.ones(2)
    p = dl.parameter(array, name="p")
    p.value[0] = 5
    p.assign(array * 2)
    array[:] = 7
    assert p.value.tolist() == [2, 2]
    with pytest.raises(dl.ShapeError, match="p has shape"):
        p.assign(np.ones(3))
    p.assign([1, 2])
    assert p.value.dtype == float


def test_what_is_run_once_is_not_compiled_and_what_is_run_again_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of few numbers only: a walk keeps all arrays. A few single ones are quicker as Python's floats; many are not."""
    monkeypatch.setattr(program, "WALKED", 10_000)
    x = dl.placeholder("x", shape=(None,))
    y, single = dl.sum(dl.tanh(x * 3) / 7), dl.parameter(2.0) * 3

    def compilations(node: Any, *feeds: Any) -> list[int]:
        counts = []
        for data in feeds:
            dl.run(node, {} if data is None else {x: data})
            (made,) = node.programs.values()
            counts.append(len(made.compiled))
        return counts

    assert compilations(y, [1.0, 2.0], [3.0, 4.0], [1.0], [1.0], np.ones(20_000)) == [0, 1, 1, 2, 3]
    assert compilations(single, None) == [1]
    wide = dl.exp(dl.reshape(x, (-1, 1)) - dl.reshape(x, (1, -1)))  # few numbers come, and many arise
    assert compilations(wide, np.ones(1_500), np.ones(10), np.ones(10)) == [1, 1, 2]


def test_a_long_chain_of_single_numbers_is_walked_before_it_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same results, and linear: its gradient has 4 nodes for each of the chain."""
    monkeypatch.setattr(program, "WALKED", 10_000)
    x, p = dl.parameter(0.5, name="x"), dl.parameter(0.99, name="p")
    y: Any = x
    for _ in range(1_000):
        y = dl.tanh(y) * p
    fetch = [y, *dl.gradients(y, [x, p])]
    runs = [dl.run(fetch), dl.run(fetch), evaluate(fetch, {})]
    (made,) = max(fetch, key=lambda node: node.serial).programs.values()
    assert len(made.walked) == len(made.compiled) == 1
    for run in runs[1:]:
        np.testing.assert_allclose(run, runs[0], rtol=1e-11)


def test_a_first_run_tells_an_error_as_a_later_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "WALKED", 10_000)

    @dl.operation("writes")
    def writes(a: Any) -> Any:
        a[:] = 0
        return a

    y = writes(dl.parameter([1.0, 2.0], name="x"))
    told = []
    for _ in range(2):
        with pytest.raises(dl.RunError, match=r"writes failed: .*read-only[\s\S]*test_program.py") as caught:
            dl.run(y)
        told.append(str(caught.value))
    assert told[0] == told[1]


# -------------------------------------------------------------------------------------------------- feeds


@pytest.mark.parametrize(
    ("dtype", "data", "result"),
    [
        (float, 1, 1.0),
        (float, np.float32(0.5), 0.5),
        (float, True, 1.0),
        (np.float32, 0.1, np.float32(0.1)),
        (int, 2.0, 2),
        (int, np.uint8(3), 3),
        (int, True, 1),
        (bool, 1, True),
        (bool, False, False),
        (np.float32, 1e300, np.inf),
    ],
)
def test_what_is_fed_is_cast_to_the_declared_dtype(dtype: Any, data: Any, result: Any) -> None:
    x = dl.placeholder("x", dtype=dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fetched = dl.run(x, {x: data})
    assert fetched == result and fetched.dtype == np.dtype(dtype)


@pytest.mark.parametrize(
    ("dtype", "data"),
    [
        (int, 0.5),
        (int, np.nan),
        (int, np.inf),
        (int, 1e300),
        (np.int8, 300),
        (bool, 2),
        (float, 1j),
        (float, "1"),
        (float, None),
        (float, [[1.0], [1.0, 2.0]]),
        (float, object()),
    ],
)
def test_what_cannot_be_cast_is_refused_by_name(dtype: Any, data: Any) -> None:
    x = dl.placeholder("x", dtype=dtype)
    with pytest.raises(dl.EngineError, match="x "):
        dl.run(x, {x: data})


def test_placeholders_that_are_not_needed_may_be_fed_or_not() -> None:
    x, y = dl.placeholder("x"), dl.placeholder("y")
    for _ in range(3):
        assert dl.run(x, {x: np.array(1.0), y: 2.0}) == 1
        assert dl.run(x, {x: np.array(1.0)}) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x, t, right: {},
        lambda x, t, right: {x: right[x]},
        lambda x, t, right: {**right, "x": right[x]},
        lambda x, t, right: {**right, dl.parameter(1.0): 1.0},
        lambda x, t, right: {x: right[x], "t": right[t]},
        lambda x, t, right: {**right, x: np.ma.array(right[x], mask=right[x] > 1)},
        lambda x, t, right: {**right, x: right[x].astype(complex)},
        lambda x, t, right: {**right, x: right[x][0]},
        lambda x, t, right: {**right, x: right[x][:, :1]},
        lambda x, t, right: {**right, t: right[t] + 0.5},
        lambda x, t, right: {**right, t: None},
        lambda x, t, right: [right],
    ],
)
def test_what_is_refused_at_first_is_refused_between_two_runs(wrong: Any) -> None:
    """Once a program is compiled, arrays like those it was compiled for are not looked at closely."""
    x, t = dl.placeholder("x", (None, 2)), dl.placeholder("t", (None,), int)
    p = dl.parameter(np.ones((2, 2)))
    loss = dl.mean(dl.softmax_cross_entropy(x @ p, t))
    right = {x: np.arange(6.0).reshape(3, 2), t: np.array([0, 1, 1])}
    takes = [dl.GradientDescent(0.1).minimize(loss), lambda feeds: dl.run(loss, feeds)]
    for take in takes:
        sentences = set()
        for _ in range(3):
            was = p.value
            with pytest.raises(dl.EngineError) as told:
                take(wrong(x, t, right))
            sentences.add(str(told.value))
            assert told.value.__context__ is None or told.value.__suppress_context__  # nothing of our insides above it
            assert np.array_equal(p.value, was)
            take(right)
        assert len(sentences) == 1


def test_what_is_fed_in_another_form_between_two_runs_is_converted_as_at_first() -> None:
    x = dl.placeholder("x", (None,), np.float32)
    y = dl.cumsum(x) * 2
    right = np.array([1.0, 2.0, 3.0], np.float32)
    for form in (
        right,
        right.astype(float),
        right.astype(">f4"),
        right.astype(int),
        [1, 2, 3],
        (1.0, 2, 3),
        right[::-1][::-1],
    ):
        for _ in range(3):
            result = dl.run(y, {x: form})
            assert result.tolist() == [2, 6, 12] and result.dtype == np.float32
            assert dl.run(y, {x: right}).tolist() == [2, 6, 12]


# ------------------------------------------------------------------------------------ sizes, threads, leaks


def test_a_program_serves_batches_of_any_size_and_keeps_a_bounded_number() -> None:
    loss, feeds, parameters = network()
    x, t = feeds
    step = dl.GradientDescent(0.0).minimize(loss)
    for n in [*range(1, 3 * _MOST_SIZES), 1, 7, 1]:
        data, labels = rng.normal(size=(n, 4)), rng.integers(0, 3, size=n)
        z = np.tanh(data @ parameters[0].value + parameters[1].value)
        expected = np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(n), labels])
        np.testing.assert_allclose(step({x: data, t: labels}), expected, rtol=1e-12)
    assert len(step.program.compiled) <= _MOST_SIZES


def test_an_empty_batch_is_a_batch() -> None:
    x, t = dl.placeholder("x", shape=(None, 4)), dl.placeholder("t", shape=(None, 2))
    W = dl.parameter(np.ones((4, 2)), name="W")
    loss, feeds = dl.sum(dl.softmax_cross_entropy(dl.relu(x @ W), t)), {x: np.zeros((0, 4)), t: np.zeros((0, 2))}
    assert dl.run(loss, feeds) == 0
    assert dl.run(dl.gradients(loss, W), feeds).tolist() == np.zeros((4, 2)).tolist()


def test_a_step_of_a_network_needs_no_more_memory_than_one_written_by_hand() -> None:
    n, sizes = 128, (784, 60, 40, 10)
    X, T = rng.random((n, 784)), np.eye(10)[rng.integers(0, 10, n)]
    hand = [rng.normal(size=s) for i, o in itertools.pairwise(sizes) for s in ((i, o), (o,))]
    x, t = dl.placeholder("x", shape=(None, 784)), dl.placeholder("t", shape=(None, 10))
    nodes, h = [dl.parameter(p, name=f"p{i}") for i, p in enumerate(hand)], x
    for i in (0, 2, 4):
        h = h @ nodes[i] + nodes[i + 1]
        h = dl.relu(h) if i < 4 else h
    step = dl.GradientDescent(1e-4).minimize(dl.sum(dl.softmax_cross_entropy(h, t)))

    def by_hand() -> None:
        hs = [X]
        for i in (0, 2, 4):
            z = hs[-1] @ hand[i] + hand[i + 1]
            hs.append(np.maximum(z, 0) if i < 4 else z)
        z = hs[-1] - hs[-1].max(axis=1, keepdims=True)
        e = np.exp(z)
        s = e.sum(axis=1, keepdims=True)
        np.sum(T * (z - np.log(s)))
        g = e / s - T
        for i in (4, 2, 0):
            gW, gb = hs[i // 2].T @ g, g.sum(axis=0)
            if i:
                g = (g @ hand[i].T) * (hs[i // 2] > 0)
            hand[i] -= 1e-4 * gW
            hand[i + 1] -= 1e-4 * gb

    def peak(run: Any) -> int:
        tracemalloc.start()
        for _ in range(3):
            run()
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    feeds = {x: X, t: T}
    assert peak(lambda: step(feeds)) <= 1.1 * peak(by_hand) + 200_000  # and the compiler's own, the first time
    assert peak(lambda: step(feeds)) <= 1.0 * peak(by_hand)


# ------------------------------------------------------------------------------------------------- source


def test_the_source_is_the_program_and_names_what_the_learner_named() -> None:
    x = dl.placeholder("x", shape=(None, 4))
    W, b = dl.parameter(rng.normal(size=(4, 3)), name="W"), dl.parameter(np.zeros(3), name="b")
    hidden = dl.tanh(x @ W + b)
    loss = dl.sum(hidden * hidden)
    step = dl.GradientDescent(0.1).minimize(loss)
    assert "example" in step.source  # sizes are not known yet
    step({x: np.ones((5, 4))})
    assert "example" not in step.source
    for line in ("from numpy import", "def step(x, W, b):", "hidden = tanh(", "loss = ", "new_W = W - 0.1 * "):
        assert line in step.source
    namespace: dict[str, Any] = {"ones": np.ones(15), "ones_2": np.ones(5)}
    exec(step.source, namespace)  # it stands on its own, but for the arrays of ones
    assert "step" in namespace


def test_names_that_are_no_identifiers_or_clash_still_compile() -> None:
    names = [
        "class",
        "x y",
        "1st",
        "η",
        "add",
        "m0",
        "k0",
        "step",
        "x",
        "x",
        "x_2",
        "ones",
        "data",
        "float",
        "'; import os",
        "ﬁ",
        "fi",
        "_",
        "…",
    ]
    nodes = [dl.placeholder(name, shape=(2,)) for name in names]
    total = dl.exp(nodes[0]) * 2.0
    for node in nodes[1:]:
        total = dl.exp(node * 3.0).named(node.name) + total
    made = dl.Program([total])
    (result,) = made({node: [0.0, 0.0] for node in nodes})
    assert result.tolist() == [len(names) + 1.0] * 2


def test_what_is_needed_twice_is_computed_once_and_what_is_not_needed_not_at_all() -> None:
    x = dl.parameter([1.0, 2.0], name="x")
    dl.exp(x * 5)
    made = dl.Program([dl.exp(x) + dl.exp(x) * dl.exp(x)])
    made()
    assert made.source.count("exp(") == 1


def test_softmax_and_cross_entropy_share_their_exponentials_forwards_and_backwards() -> None:
    loss, feeds, parameters = network()
    made = dl.Program([loss, *dl.gradients(loss, parameters)])
    made(feeds)
    assert made.source.count("exp(") == 1


def test_what_changes_nothing_is_dropped() -> None:
    x = dl.parameter(rng.normal(size=(2, 3)), name="x")
    made = dl.Program([dl.exp((dl.negative(-x)).T.T * 1 + 0 - 0)])
    made()
    assert len([line for line in made.source.splitlines() if line.startswith("    ")]) == 2


def test_programs_of_single_numbers_run_on_pythons_floats() -> None:
    x = dl.parameter(4.0, name="x")
    step = dl.GradientDescent(1e-3).minimize(x**4 - 3 * x**3 + 2)
    step()
    assert "numpy import array" in step.source and "multiply(" not in step.source and "x = float(x)" in step.source


# ----------------------------------------------------------------------------------- a learner's operations


def test_a_cell_with_an_operation_can_be_run_again() -> None:
    x = dl.parameter([2.0], name="x")

    def cell(factor: float) -> Any:
        @dl.operation("scaled", shape=lambda s: s)
        def scaled(a: Any) -> Any:
            return factor * a

        @dl.register_gradient("scaled")
        def _(op: Any, g: Any) -> Any:
            return [factor * g]

        return scaled

    old = cell(3.0)(x)
    assert dl.run([old, dl.gradients(dl.sum(old), x)]) == [6.0, 3.0]
    new = cell(5.0)(x)
    assert dl.run([new, dl.gradients(dl.sum(new), x)]) == [10.0, 5.0]
    assert dl.run(old) == 10.0  # the name means one thing at a time


def test_an_operation_may_take_several_inputs_and_options_and_any_kind_of_shape_rule() -> None:
    @dl.operation("outer", shape=lambda a, b: (*a, *b))
    def outer(a: Any, b: Any) -> Any:
        return np.outer(a, b)

    @dl.operation("rolled", shape=lambda x, by=1: x.shape)
    def rolled(x: Any, by: int = 1) -> Any:
        return np.roll(x, by)

    @dl.register_gradient("rolled")
    def _(op: Any, g: Any) -> Any:
        return [rolled(g, by=-op.attributes["by"])]

    @dl.operation("two", shape=(2,))
    def two(x: Any) -> Any:
        return [float(x.sum()), 1]

    @dl.operation("plus")
    def plus(a: Any, b: Any) -> Any:
        return a + b

    x, y = dl.parameter([1.0, 2.0, 4.0], name="x"), dl.placeholder("y", shape=(None,))
    assert outer(x, y).shape == (3, None)
    assert dl.run(outer(x, y), {y: [1.0, 3.0]}).tolist() == [[1, 3], [2, 6], [4, 12]]
    assert dl.run(rolled(x, by=2)).tolist() == [2, 4, 1]
    weights = np.array([1.0, 10.0, 100.0])
    assert dl.run(dl.gradients(dl.sum(rolled(x, by=1) * weights), x)).tolist() == [10, 100, 1]
    assert dl.run(two(x)).tolist() == [7, 1]
    assert plus(x, np.ones((4, 1))).shape == (4, 3)


def test_an_operation_that_returns_its_input_shares_nothing_with_it() -> None:
    @dl.operation("same")
    def same(x: Any) -> Any:
        return x

    p = dl.parameter([1.0, 2.0], name="p")
    result = dl.run(same(p))
    result[:] = 9
    assert p.value.tolist() == [1, 2]


def test_an_operation_keeps_float32() -> None:
    @dl.operation("half")
    def half(x: Any) -> Any:
        return x * np.float64(0.5)

    x = dl.parameter(np.ones(2, np.float32), name="x")
    assert dl.run(half(x)).dtype == np.float32


# --------------------------------------------------------------------------------------------- deep graphs


@pytest.mark.parametrize("size", [(), (3,)])
def test_a_chain_of_many_nodes_is_built_differentiated_run_printed_and_dropped(size: Any) -> None:
    n = 4_000  # four times as deep as Python lets a recursion go
    y = x = dl.parameter(np.full(size, 0.5), name="x")
    for i in range(n):
        y = dl.sin(y) if i % 2 else y * 0.9999
    loss = dl.sum(y)
    slope = dl.gradients(loss, x)
    value, found = dl.run([loss, slope])
    assert np.isfinite(value) and np.all(found > 0)
    step = dl.GradientDescent(0.1).minimize(loss)
    assert step() == value and step.source.count("\n") > n
    assert len(repr(loss)) < 300
    del y, loss, slope, step
    gc.collect()


def test_a_node_with_thousands_of_consumers_and_a_node_with_thousands_of_inputs() -> None:
    x = dl.parameter(np.ones(3), name="x")
    h = dl.exp(x)
    n = 1_100  # more than Python lets a recursion go
    parts = [dl.sum(h * float(i)) for i in range(n)]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    np.testing.assert_allclose(dl.run(dl.gradients(total, x)), np.e * n * (n - 1) / 2, rtol=1e-12)
    joined = dl.sum(dl.concatenate([h * float(i) for i in range(n)]))
    np.testing.assert_allclose(dl.run(dl.gradients(joined, x)), np.e * n * (n - 1) / 2, rtol=1e-12)


def test_products_that_are_written_in_two_ways_are_both_imported() -> None:
    a, b = dl.parameter(np.ones((2, 2))), dl.parameter(np.ones((2, 2), np.float32))
    assert dl.run((a @ b) @ (a @ b)).tolist() == [[8, 8], [8, 8]]


def test_a_number_that_a_program_puts_in_keeps_the_dtype_that_was_decided():
    """x⁰ became a plain 1.0, which took the dtype of what it met."""
    ones = dl.parameter(-0.8) ** 0
    single = dl.parameter(np.float32(0.5))
    strong, weak = dl.constant(np.array(1.0), dtype=float), dl.constant(1.0) * dl.constant(1.0)
    got = dl.run([single + ones, single + strong, weak])
    assert [array.dtype for array in got] == [np.float64] * 3


def test_the_operation_that_the_engines_page_adds_is_right_at_each_run() -> None:
    """As it stands there. What NumPy's flip returns looks at its input, whose memory is used again."""
    text = (Path(dl.__file__).parent / "engine" / "README.md").read_text()
    names = dict(vars(operations))
    exec(text.partition("```python\n")[2].partition("```")[0], names)
    del OPERATIONS["flip"]
    kind = names["flip"]
    x = dl.placeholder("x", (None,))
    data = np.array([1.0, 2.0, 3.0])
    total = dl.sum(kind(dl.exp(x)) * dl.sin(x) + dl.cos(x))
    expected = (np.exp(data)[::-1] * np.sin(data) + np.cos(data)).sum()
    slope = np.exp(data) * np.sin(data)[::-1] + np.exp(data)[::-1] * np.cos(data) - np.sin(data)
    for _ in range(3):
        np.testing.assert_allclose(dl.run(total, {x: data}), expected, rtol=1e-12)
        np.testing.assert_allclose(dl.run(dl.gradients(total, x), {x: data}), slope, rtol=1e-12)
    p = dl.parameter(data)
    program = dl.Program([kind(p), kind(dl.exp(p))])
    first, second = program()
    kept = second.copy()
    first[:] = 0
    p.assign(2 * data)
    program()
    assert np.array_equal(second, kept) and np.array_equal(p.value, 2 * data)
