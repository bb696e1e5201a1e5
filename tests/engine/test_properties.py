"""Whatever the shapes, axes, dtypes and graphs: the gradients are those of differences and of another library."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import dlcourse as dl

bounded = settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
shapes = hnp.array_shapes(min_dims=0, max_dims=4, min_side=1, max_side=4)
seeds = st.integers(0, 2**20)


def numbers(seed, shape, low=-2.0, high=2.0):
    return np.random.default_rng(seed).uniform(low, high, shape)


# --------------------------------------------------------------------------------------- values, as NumPy's


@bounded
@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=4, min_side=0), seeds)
def test_broadcasting_gives_numpys_values_and_gradients_that_add_up(pair, seed):
    a, b = numbers(seed, pair.input_shapes[0]), numbers(seed + 1, pair.input_shapes[1], 0.5, 2.0)
    A, B = dl.parameter(a, name="a"), dl.parameter(b, name="b")
    for ours, theirs in (
        (A + B, a + b),
        (A - B, a - b),
        (A * B, a * b),
        (A / B, a / b),
        (dl.maximum(A, B), np.maximum(a, b)),
        (dl.where(A > B, A, B * 2), np.where(a > b, a, b * 2)),
        (dl.squared_error(A, B), (a - b) ** 2),
    ):
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(dl.run(ours), theirs, rtol=1e-12)
    weights = numbers(seed + 2, pair.result_shape)
    got = dl.run(dl.gradients(dl.sum(A * B * weights), [A, B]))
    want = autograd.grad(lambda a, b: anp.sum(a * b * weights), (0, 1))(a, b)
    for one, other in zip(got, want, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)


@st.composite
def reductions(draw):
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=1, max_side=4))
    axes = st.none() | st.just(())
    if shape:
        one = st.integers(-len(shape), len(shape) - 1)
        several = st.lists(one, unique_by=lambda a: a % len(shape), max_size=len(shape)).map(tuple)
        axes = axes | one | several
    return shape, draw(axes), draw(st.booleans())


@bounded
@given(reductions(), seeds, st.sampled_from([np.float64, np.float32, np.int64]))
def test_reductions_take_every_axis_as_numpy_does(reduction, seed, dtype):
    shape, axis, keepdims = reduction
    data = (10 * numbers(seed, shape)).astype(dtype)
    for name in ("sum", "mean", "max", "min"):
        want = getattr(np, name)(data, axis=axis, keepdims=keepdims)
        got = getattr(dl, name)(dl.constant(data), axis=axis, keepdims=keepdims)
        assert got.shape == want.shape
        assert got.dtype == want.dtype
        np.testing.assert_allclose(dl.run(got), want, rtol=1e-5 if dtype == np.float32 else 1e-12, atol=1e-5)


@bounded
@given(reductions(), seeds)
def test_the_gradients_of_reductions_are_those_of_autograd(reduction, seed):
    shape, axis, keepdims = reduction
    data = numbers(seed, shape)
    x = dl.parameter(data, name="x")
    weights = numbers(seed + 1, np.sum(data, axis=axis, keepdims=keepdims).shape)
    for name in ("sum", "mean", "max", "min"):
        if axis == () and name in ("max", "min"):
            continue  # autograd has no gradient for it
        loss = dl.sum(getattr(dl, name)(x, axis=axis, keepdims=keepdims) * weights)
        f = getattr(anp, name)
        want = autograd.grad(lambda a, f=f: anp.sum(f(a, axis=axis, keepdims=keepdims) * weights))(data)
        np.testing.assert_allclose(dl.run(dl.gradients(loss, x)), want, rtol=1e-10, atol=1e-12)


@st.composite
def products(draw):
    n, k, m = (draw(st.integers(1, 3)) for _ in range(3))
    batch = draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=2, max_side=3))
    left, right = (*batch.input_shapes[0], n, k), (*batch.input_shapes[1], k, m)
    return draw(st.sampled_from([(left, right), ((k,), right), (left, (k,)), ((k,), (k,))]))


@bounded
@given(products(), seeds)
def test_every_kind_of_matrix_product_and_its_gradients(pair, seed):
    a, b = numbers(seed, pair[0]), numbers(seed + 1, pair[1])
    A, B = dl.parameter(a, name="a"), dl.parameter(b, name="b")
    C = A @ B
    assert C.shape == (a @ b).shape
    np.testing.assert_allclose(dl.run(C), a @ b, rtol=1e-12, atol=1e-13)
    dl.check_gradients(dl.sum(dl.sin(C)))


def anp_logsumexp(x, axis, keepdims=False):
    return anp.log(anp.sum(anp.exp(x), axis=axis, keepdims=keepdims))


# autograd's functions under our names, and where a function can be asked
UNARY = {
    "exp": (anp.exp, -2, 2),
    "log": (anp.log, 0.1, 3),
    "sqrt": (anp.sqrt, 0.1, 3),
    "square": (anp.square, -2, 2),
    "abs": (anp.abs, 0.1, 2),
    "sin": (anp.sin, -3, 3),
    "cos": (anp.cos, -3, 3),
    "tanh": (anp.tanh, -2, 2),
    "sigmoid": (lambda x: 1 / (1 + anp.exp(-x)), -4, 4),
    "relu": (lambda x: anp.maximum(x, 0), 0.1, 2),
    "negative": (anp.negative, -2, 2),
    "logsumexp": (lambda x: anp_logsumexp(x, axis=-1), -2, 2),
    "softmax": (lambda x: anp.exp(x - anp_logsumexp(x, axis=-1, keepdims=True)), -2, 2),
    "log_softmax": (lambda x: x - anp_logsumexp(x, axis=-1, keepdims=True), -2, 2),
}


@pytest.mark.parametrize("name", UNARY)
@bounded
@given(shape=hnp.array_shapes(min_dims=1, max_dims=3, max_side=4), seed=seeds)
def test_first_and_second_derivatives_are_those_of_autograd(name, shape, seed):
    theirs, low, high = UNARY[name]
    data = numbers(seed, shape, low, high)
    x = dl.parameter(data, name="x")
    y = getattr(dl, name)(x)
    weights = numbers(seed + 1, y.shape)
    first = dl.gradients(dl.sum(y * weights), x, unconnected="zero")
    second = dl.gradients(dl.sum(first * first), x, unconnected="zero")
    f1 = autograd.grad(lambda a: anp.sum(theirs(a) * weights))
    f2 = autograd.grad(lambda a: anp.sum(f1(a) ** 2))
    np.testing.assert_allclose(dl.run(y), theirs(data), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(dl.run(first), f1(data), rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(dl.run(second), f2(data), rtol=1e-8, atol=1e-9)


@bounded
@given(hnp.array_shapes(min_dims=1, max_dims=3, max_side=4), st.data(), seeds)
def test_indexing_is_numpys_and_collects_gradients_of_repeated_entries(shape, data, seed):
    index = data.draw(hnp.basic_indices(shape, allow_newaxis=True) | hnp.integer_array_indices(shape, dtype=np.int64))
    array = numbers(seed, shape)
    x = dl.parameter(array, name="x")
    want = array[index]
    got = x[index]
    assert got.shape == np.shape(want)
    np.testing.assert_array_equal(dl.run(got), want)
    weights = numbers(seed + 1, np.shape(want))
    np.testing.assert_allclose(
        dl.run(dl.gradients(dl.sum(got * weights), x)),
        autograd.grad(lambda a: anp.sum(a[index] * weights))(array),
        atol=1e-12,
    )


@bounded
@given(shapes, st.data(), seeds)
def test_reshaping_and_transposing_move_gradients_back_to_their_places(shape, data, seed):
    array = numbers(seed, shape)
    x = dl.parameter(array, name="x")
    axes = tuple(data.draw(st.permutations(range(len(shape)))))
    y = dl.reshape(dl.transpose(x, axes), (-1,)) if shape else dl.reshape(x, (1,))
    want = array.transpose(axes).reshape(-1)
    np.testing.assert_array_equal(dl.run(y), want)
    places = np.arange(float(array.size))
    moved = dl.run(dl.gradients(dl.sum(y * places), x))
    np.testing.assert_array_equal(moved.transpose(axes).reshape(-1), places)


# --------------------------------------------------------------------------------------------- random graphs

BINARY = ["add", "subtract", "multiply", "divide", "maximum", "minimum"]
SAFE = ["tanh", "sigmoid", "sin", "cos", "softmax", "square", "negative"]


@st.composite
def recipes(draw):
    """How to build a graph: each step takes earlier nodes, so that some are used many times and some never."""
    steps = []
    for i in range(draw(st.integers(2, 12))):
        earlier = st.integers(0, i + 1)
        steps.append(
            draw(
                st.one_of(
                    st.tuples(st.sampled_from(SAFE), earlier),
                    st.tuples(st.sampled_from(BINARY), earlier, earlier),
                    st.tuples(st.just("matmul"), earlier, earlier),
                    st.tuples(st.just("mean"), earlier),
                )
            )
        )
    return steps


def built(recipe, m, leaves):
    """The recipe with the functions of `m` (ours or autograd's), all on 3×3 matrices."""
    nodes = list(leaves)
    for name, *inputs in recipe:
        a, *rest = [nodes[i] for i in inputs]
        if name == "matmul":
            nodes.append(m["tanh"](a @ rest[0]))
        elif name == "divide":
            nodes.append(a / (1.5 + m["sin"](rest[0])))
        elif name == "square":
            nodes.append(m["square"](m["tanh"](a)))
        elif name == "mean":
            nodes.append(a - m["mean"](a, axis=0))
        else:
            nodes.append(m[name](a, *rest))
    return m["sum"](nodes[-1] * nodes[-1])


OURS = {name: getattr(dl, name) for name in (*BINARY, *SAFE, "mean", "sum")}
THEIRS = {name: getattr(anp, name) for name in (*BINARY, "tanh", "sin", "cos", "square", "negative", "mean", "sum")}
THEIRS |= {"sigmoid": UNARY["sigmoid"][0], "softmax": UNARY["softmax"][0]}


@settings(bounded, max_examples=60)
@given(recipes(), seeds)
def test_random_graphs_have_the_values_and_gradients_of_autograd(recipe, seed):
    data = [numbers(seed + i, (3, 3)) for i in range(2)]
    leaves = [dl.parameter(array, name=f"p{i}") for i, array in enumerate(data)]
    loss = built(recipe, OURS, leaves)
    value, want = autograd.value_and_grad(lambda both: built(recipe, THEIRS, both))(data)
    got_value, got = dl.run([loss, dl.gradients(loss, leaves, unconnected="zero")])
    np.testing.assert_allclose(got_value, value, rtol=1e-9)
    for one, other in zip(got, want, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-9)


@settings(bounded, max_examples=12)
@given(recipes(), seeds)
def test_random_graphs_agree_with_differences(recipe, seed):
    dl.check_gradients(
        built(recipe, OURS, [dl.parameter(numbers(seed + i, (3, 3)), name=f"p{i}") for i in range(2)]), rtol=1e-5
    )


@settings(bounded, max_examples=25)
@given(recipes(), seeds)
def test_all_nodes_of_a_random_graph_can_be_fetched_together_and_alone(recipe, seed):
    leaves = [dl.parameter(numbers(seed + i, (3, 3)), name=f"p{i}") for i in range(2)]
    loss = built(recipe, OURS, leaves)
    nodes = dl.topological_order([loss, *dl.gradients(loss, leaves, unconnected="zero")])
    together = dl.run(nodes)
    for node, value in list(zip(nodes, together, strict=True))[::7]:
        np.testing.assert_allclose(dl.run(node), value, rtol=1e-12, atol=1e-13)


@settings(bounded, max_examples=25)
@given(recipes(), seeds, st.sampled_from([np.float32, np.float64]))
def test_the_dtype_is_kept_through_values_gradients_and_steps(recipe, seed, dtype):
    leaves = [dl.parameter(numbers(seed + i, (3, 3)).astype(dtype), name=f"p{i}") for i in range(2)]
    loss = built(recipe, OURS, leaves)
    for value in dl.run([loss, *dl.gradients(loss, leaves, unconnected="zero")]):
        assert value.dtype == dtype
    reached = [leaf for leaf in leaves if leaf in dl.topological_order(loss)]
    dl.GradientDescent(0.01).minimize(loss, reached)()
    assert [leaf for leaf in leaves if leaf.value.dtype != dtype] == []


@settings(bounded, max_examples=8)
@given(seeds)
def test_batches_of_any_size_run_through_one_graph(seed):
    """Compiled for one size after another, and back again."""
    x = dl.placeholder("x", (None, 3))
    W = dl.parameter(numbers(seed, (3, 3)), name="W")
    loss = dl.mean(dl.tanh(x @ W) ** 2)
    slope = dl.gradients(loss, W)
    for n in (1, 5, 2, 5, 1):
        data = numbers(seed + n, (n, 3))
        want = autograd.grad(lambda w, data=data: anp.mean(anp.tanh(anp.dot(data, w)) ** 2))(W.value)
        np.testing.assert_allclose(dl.run(slope, {x: data}), want, rtol=1e-9, atol=1e-12)


@settings(bounded, max_examples=20)
@given(recipes(), seeds)
def test_a_pickled_random_graph_computes_the_same(recipe, seed):
    import pickle

    leaves = [dl.parameter(numbers(seed + i, (3, 3)), name=f"p{i}") for i in range(2)]
    loss = built(recipe, OURS, leaves)
    np.testing.assert_array_equal(dl.run(pickle.loads(pickle.dumps(loss))), dl.run(loss))


@settings(bounded, max_examples=20)
@given(recipes(), seeds)
def test_the_jacobian_of_a_random_graph_is_that_of_autograd(recipe, seed):
    """All rows at once give what one row after the other gives."""
    data = [numbers(seed + i, (3, 3)) for i in range(2)]
    leaves = [dl.parameter(array, name=f"p{i}") for i, array in enumerate(data)]
    ours = {**OURS, "sum": lambda x: x}
    theirs = {**THEIRS, "sum": lambda x: x}
    want = autograd.jacobian(lambda a: built(recipe, theirs, [a, data[1]]) + 0 * a)(data[0])
    np.testing.assert_allclose(dl.jacobian(built(recipe, ours, leaves), leaves[0]), want, rtol=1e-8, atol=1e-9)
