"""Nothing outside a run is touched, nothing is left behind, nothing is too long: what a class of learners will try."""

import gc
import pickle
import sys
import threading
import time
import tracemalloc
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import dlcourse as dl


def training(seed=0, n=64):
    """A small network, the step that trains it, and data."""
    rng = np.random.default_rng(seed)
    x, t = dl.placeholder("x", (None, 8)), dl.placeholder("t", (None,), int)
    model = dl.Sequential(dl.Linear(8, 16, rng=seed), dl.tanh, dl.Linear(16, 3, rng=seed + 1))
    loss = dl.mean(dl.softmax_cross_entropy(model(x), t)).named("loss")
    return model, loss, {x: rng.normal(size=(n, 8)), t: rng.integers(0, 3, n)}


def values(model):
    return [p.value for p in model.parameters()]


# ---------------------------------------------------------------------------------------------------- threads


def test_tensorslow_22_one_graph_run_by_many_threads_gives_each_its_own_right_result():
    _, loss, feeds = training()
    x, t = feeds
    slopes = dl.gradients(loss, [n for n in dl.topological_order(loss) if isinstance(n, dl.Parameter)])
    rng = np.random.default_rng(1)
    batches = [{x: rng.normal(size=(n, 8)), t: rng.integers(0, 3, n)} for n in (16, 17, 32, 16) for _ in range(10)]
    alone = [dl.run([loss, *slopes], batch) for batch in batches]
    fresh = [loss + 0.0, *slopes]  # nothing of this is compiled yet
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            together = list(pool.map(lambda batch: dl.run(fresh, batch), batches))
            for one, other in zip(alone, together, strict=True):
                for a, b in zip(one, other, strict=True):
                    np.testing.assert_array_equal(a, b)


def test_many_sizes_at_once_in_many_threads():
    """More sizes than are kept compiled: programs are dropped while others use them."""
    x = dl.placeholder("x", (None,))
    y = dl.sum(dl.exp(x) * x)
    data = [np.linspace(0, 1, n) for n in range(1, 61)]
    want = [np.sum(np.exp(d) * d) for d in data]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            np.testing.assert_allclose(list(pool.map(lambda d: dl.run(y, {x: d}), data)), want, rtol=1e-12)


def test_graphs_built_and_differentiated_in_several_threads_do_not_meet():
    def build(seed):
        model, loss, feeds = training(seed)
        step = dl.GradientDescent(0.1).minimize(loss)
        for _ in range(20):
            step(feeds)
        return values(model)

    alone = [build(seed) for seed in range(6)]
    with ThreadPoolExecutor(6) as pool:
        for one, other in zip(alone, pool.map(build, range(6)), strict=True):
            for a, b in zip(one, other, strict=True):
                np.testing.assert_array_equal(a, b)


def test_steps_from_several_threads_are_taken_one_after_the_other():
    w = dl.parameter(0.0, name="w")
    step = dl.GradientDescent(1.0).minimize(-w)  # every step adds exactly 1
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: [step() for _ in range(100)], range(8)))
    assert w.value == 800.0


def test_a_reader_never_sees_half_a_step():
    """Two parameters that every step changes alike are alike in every run."""
    a, b = dl.parameter(np.zeros(50), name="a"), dl.parameter(np.zeros(50), name="b")
    step = dl.GradientDescent(1.0).minimize(-dl.sum(a + b))
    both, stop, torn = [a, b], threading.Event(), []

    def read():
        while not stop.is_set():
            one, other = dl.run(both)
            if not np.array_equal(one, other):
                torn.append((one, other))

    old = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(2) as pool:
            readers = [pool.submit(read) for _ in range(2)]
            for _ in range(500):
                step()
            stop.set()
            for reader in readers:
                reader.result()
    finally:
        sys.setswitchinterval(old)
    assert not torn


# ------------------------------------------------------------------------------------- re-entrancy, interruption


def test_a_run_inside_a_run_of_the_same_program():
    x = dl.placeholder("x", (3,))
    depth = []

    @dl.operation("nested", shape=lambda x: x)
    def nested(array):
        if len(depth) < 3:
            depth.append(1)
            return array + dl.run(y, {x: 10 * array})
        return array

    y = nested(x * 2.0) * 1.5
    depth.clear()
    by_hand = 1.5 * 2.0 * 20.0**3  # the innermost run
    for level in (2, 1, 0):
        by_hand = 1.5 * (2.0 * 20.0**level + by_hand)
    np.testing.assert_allclose(dl.run(y, {x: np.ones(3)}), by_hand)


class Stop(Exception):
    pass


@pytest.mark.parametrize("error", [Stop, KeyboardInterrupt, MemoryError])
@pytest.mark.parametrize("optimizer", [dl.GradientDescent(0.1), dl.Adam(0.1), dl.Momentum(0.1)])
def test_whatever_stops_a_step_leaves_parameters_and_optimizer_as_they_were(error, optimizer):
    failing = []

    @dl.operation("watched", shape=lambda x: x)
    def watched(array):
        if failing:
            raise error("now")
        return array

    @dl.register_gradient("watched")
    def _(op, g):
        return [watched(g)]

    a, b = dl.parameter([1.0, 2.0], name="a"), dl.parameter([3.0, 4.0], name="b")
    step = optimizer.minimize(dl.sum(watched(a * b) ** 2))
    step()
    before = [p.value for p in (a, b)]
    failing.append(1)
    with pytest.raises(Exception if error is not KeyboardInterrupt else KeyboardInterrupt):
        step()
    for p, old in zip((a, b), before, strict=True):
        np.testing.assert_array_equal(p.value, old)
    failing.clear()
    step()  # and it goes on as if nothing had been: the same two steps without an interruption
    c, d = dl.parameter([1.0, 2.0]), dl.parameter([3.0, 4.0])
    undisturbed = optimizer.minimize(dl.sum((c * d) ** 2))
    undisturbed(), undisturbed()
    np.testing.assert_allclose(a.value, c.value, rtol=1e-12)
    np.testing.assert_allclose(b.value, d.value, rtol=1e-12)


def test_interrupts_at_any_moment_of_training_leave_a_whole_step_or_none(ctrl_c):
    """Ctrl-C really arriving, at many different moments: a and b always changed the same number of times."""
    import _thread

    a, b = dl.parameter(np.zeros(2000), name="a"), dl.parameter(np.zeros(2000), name="b")
    step = dl.GradientDescent(1.0).minimize(-dl.sum(a + b))
    step()
    interrupted = 0
    for i in range(30):
        timer = threading.Timer(0.0005 + 0.0001 * i, _thread.interrupt_main)
        try:
            timer.start()
            until = time.monotonic() + 2
            while time.monotonic() < until:
                step()
        except KeyboardInterrupt:
            interrupted += 1
        timer.join()
        np.testing.assert_array_equal(a.value, b.value)
    assert interrupted == 30
    step()
    np.testing.assert_array_equal(a.value, b.value)


def test_a_loss_that_is_not_finite_changes_nothing():
    w = dl.parameter([1.0, -1.0], name="w")
    step = dl.GradientDescent(0.1).minimize(dl.sum(dl.log(w)))
    with pytest.raises(dl.NonFiniteError):
        step()
    np.testing.assert_array_equal(w.value, [1.0, -1.0])


# --------------------------------------------------------------------------------------- what belongs to the user


def test_the_users_arrays_are_never_written_to_and_never_shared():
    start, data = np.ones((8, 3)), np.ones((4, 8))
    data.flags.writeable = False
    W = dl.parameter(start, name="W")
    x = dl.placeholder("x", (None, 8))
    y = dl.relu(x @ W)
    step = dl.GradientDescent(0.1).minimize(dl.sum(y))
    step({x: data})
    np.testing.assert_array_equal(start, 1)
    results = dl.run([x, W, y, x, dl.reshape(x, (-1,)), x.T, W[0], dl.broadcast_to(W[0], (2, 3))], {x: data})
    kept = [r.copy() for r in results]
    for i, r in enumerate(results):
        assert not np.shares_memory(r, data)
        assert not np.shares_memory(r, W.array)
        assert [j for j, other in enumerate(results) if j > i and np.shares_memory(r, other)] == []
    step({x: data})
    dl.run(y, {x: 5 * data})
    for r, k in zip(results, kept, strict=True):
        np.testing.assert_array_equal(r, k)
        r[...] = -1  # yours to change
    np.testing.assert_array_equal(dl.run(x, {x: data}), 1)


def test_a_feed_that_the_operation_would_overwrite_is_left_alone():
    x = dl.placeholder("x", (4,))
    data = np.arange(4.0)
    dl.run(dl.exp(x) + x * 2 - x, {x: data})
    np.testing.assert_array_equal(data, np.arange(4.0))


# -------------------------------------------------------------------------------------------------------- leaks


def test_tensorslow_23_hundreds_of_dropped_graphs_leave_nothing_behind():
    W = dl.parameter(np.ones((20, 20)), name="W")
    x = dl.placeholder("x", (None, 20))
    data = np.ones((5, 20))

    def build():
        loss = dl.sum(dl.tanh(x @ W) ** 2)
        dl.GradientDescent(1e-3).minimize(loss)({x: data})
        dl.run(loss, {x: data})
        return weakref.ref(loss)

    for _ in range(20):
        build()
    gc.collect()
    before = len(gc.get_objects())
    alive = [build() for _ in range(200)]
    gc.collect()
    assert [reference for reference in alive if reference() is not None] == []
    assert len(gc.get_objects()) - before < len(alive) + 100  # the weak references themselves, and little else


def test_a_node_that_lives_long_does_not_keep_what_was_once_computed_beside_it():
    W = dl.parameter(np.ones(3), name="W")

    def look():
        loss = dl.sum(W * W)
        dl.run([W, loss])
        return weakref.ref(loss)

    looks = [look() for _ in range(50)]
    gc.collect()
    assert [reference for reference in looks if reference() is not None] == []


def test_many_batch_sizes_do_not_pile_up():
    x = dl.placeholder("x", (None, 100))
    y = dl.sum(dl.exp(x) * dl.sin(x), axis=0)
    for n in range(1, 20):
        dl.run(y, {x: np.ones((n, 100))})
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for n in range(1, 60):
        dl.run(y, {x: np.ones((n, 100))})
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 16 * 4 * 60 * 100 * 8


# -------------------------------------------------------------------------------------- long, deep, wide graphs


def chain(length):
    x = y = dl.parameter(0.5, name="x")
    for _ in range(length):
        y = dl.sin(y)
    return x, y


def diamonds(count):
    x = y = dl.parameter(1e-9, name="x")
    for _ in range(count):
        y = (y + y * y) * 0.5
    return x, y


def fan(consumers):
    x = dl.parameter(0.5, name="x")
    hub = dl.sin(x)
    total = hub * 1.0
    for i in range(consumers):
        total = total + hub * float(i)
    return x, total


def everything(graph):
    """Build, differentiate, run, print and pickle; return how long that took."""
    start = time.process_time()
    x, y = graph()
    slope = dl.gradients(y, x)
    result = dl.run([y, slope])
    assert [r for r in result if not np.isfinite(r)] == []
    repr(y), str(slope)
    source = dl.Program([y, slope]).source
    assert source.count("\n") > 10
    again = pickle.loads(pickle.dumps([y, slope]))
    np.testing.assert_array_equal(dl.run(again), result)
    return time.process_time() - start


@pytest.mark.parametrize(("graph", "small", "large"), [(chain, 300, 1_200), (diamonds, 250, 1_000), (fan, 300, 1_200)])
def test_the_time_grows_with_the_size_and_no_faster(graph, small, large):
    assert sys.getrecursionlimit() <= large
    everything(lambda: graph(50))  # what is done once only
    one = min(everything(lambda: graph(small)) for _ in range(2))
    assert everything(lambda: graph(large)) < 3 * (large / small) * one + 0.5


def test_2_000_stacked_diamonds_are_differentiated_and_run():
    x, y = diamonds(2_000)
    slope = dl.gradients(y, x)
    assert len(dl.topological_order(slope)) < 24_000
    assert np.isfinite(dl.run(y))
