"""What runs on a real GPU: every operation, gradient and optimizer, against the CPU. Skipped visibly without one."""

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.engine.hardware import DeviceError
from tests.engine.random_graphs import written
from tests.engine.test_devices import OPTIMIZERS, examples, network
from tests.engine.test_registry import TESTED, use, with_slopes


@pytest.fixture(autouse=True, scope="module")
def gpu():
    try:
        return dl.device("cuda")
    except DeviceError as error:
        pytest.skip(str(error))  # .ci/run has no GPU either, so this is a skip there, too


@pytest.mark.parametrize("name", list(examples()[-1]))
def test_every_operation_and_gradient_is_the_same_on_the_gpu(name):
    x, b, feeds, results = examples()
    y = results[name]
    fetch = [y, *dl.gradients(dl.sum(y * y), [x, b], unconnected="zero")]
    for here, there in zip(dl.run(fetch, feeds), dl.run(fetch, feeds, device="cuda"), strict=True):
        assert type(there) is np.ndarray
        assert here.dtype == there.dtype
        np.testing.assert_allclose(there, here, rtol=1e-10, atol=1e-12)


def agree(graph):
    """Everything that can be fetched of a graph is the same on both, with its dtype: NaNs in the same places, too."""
    fetch, feeds = with_slopes(graph)
    if not fetch:
        return
    exact = 1e-4 if any(node.dtype == np.float32 for node in dl.topological_order(fetch)) else 1e-9
    for here, there in zip(dl.run(fetch, feeds), dl.run(fetch, feeds, device="cuda"), strict=True):
        assert type(there) is np.ndarray and here.dtype == there.dtype and here.shape == there.shape, str(graph)
        np.testing.assert_allclose(there, here, rtol=exact, atol=exact, err_msg=str(graph))


@pytest.mark.parametrize("name", TESTED)
@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
def test_random_uses_of_every_public_operation_are_the_same_on_the_gpu(name, dtype):
    for seed in range(4):
        agree(use(name, seed, dtype))


@pytest.mark.parametrize("first", range(0, 200, 20))
def test_random_graphs_are_the_same_on_the_gpu(first):
    for seed in range(first, first + 20):
        agree(written(seed))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda o: type(o).__name__)
def test_every_optimizer_takes_the_same_steps_on_the_gpu(optimizer, dtype):
    (here, loss, feeds), (there, far_loss, far_feeds) = network(dtype), network(dtype)
    step, far_step = optimizer.minimize(loss), optimizer.minimize(far_loss, device="cuda")
    exact = 1e-4 if dtype == np.float32 else 1e-9
    for _ in range(5):
        np.testing.assert_allclose(far_step(far_feeds), step(feeds), rtol=exact)
    for a, b in zip(here.parameters(), there.parameters(), strict=True):
        np.testing.assert_allclose(b.value, a.value, rtol=exact, atol=exact)
        assert b.value.dtype == dtype


def test_parameters_stay_on_the_gpu_between_steps():
    import cupy

    model, loss, feeds = network()
    step = dl.GradientDescent(0.1).minimize(loss, device="cuda")
    step(feeds)
    assert [p for p in model.parameters() if not isinstance(p.array, cupy.ndarray)] == []
    dl.check_gradients(loss, feeds)  # and the CPU can still use them
