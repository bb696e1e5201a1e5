"""One graph on several devices: the same numbers, and no transfer that was not asked for.

The device here is NumPy behind a fence (faraway.py): arrays that refuse to be converted, as CuPy's do. What runs on a
real GPU is in tests/gpu.
"""

import importlib.util
import subprocess
import sys
import threading

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.engine.hardware import CPU, DeviceError, current_device
from tests.engine import faraway

FAR = faraway.device()


@pytest.fixture(autouse=True)
def count_transfers(monkeypatch):
    """Each test counts from zero; afterwards the CPU's fast path is as before."""
    faraway.transfers.clear()
    monkeypatch.setattr("dlcourse.engine.program.other_devices", others := set())
    monkeypatch.setattr(sys.modules["dlcourse.engine.hardware"], "others", others)


def examples():
    """Every operation of the contract, on the same inputs; each gives a number to differentiate."""
    x = dl.parameter(np.random.default_rng(0).uniform(0.2, 1.0, (3, 4)), name="x")
    b = dl.parameter(np.random.default_rng(1).uniform(0.2, 1.0, 4), name="b")
    labels = dl.placeholder("labels", (None,), int)
    feeds = {labels: [0, 3, 1]}
    one_hot = np.eye(4)[[0, 3, 1]]
    results = {
        "arithmetic": (x + b) * 2 - b / x + x**3 - (-b) ** 2 + x**b,
        "matmul": x @ dl.transpose(x) @ (x @ b),
        "functions": dl.exp(x) + dl.log(x) + dl.sqrt(x) + dl.square(x) + dl.abs(-x) + dl.sin(x) * dl.cos(x),
        "activations": dl.sigmoid(x) + dl.tanh(x) + dl.relu(x - 0.5),
        "choices": dl.maximum(x, b) + dl.minimum(x, 0.5) + dl.where(x > b, x, b) + dl.clip(x, 0.3, 0.6),
        "softmax": dl.softmax(x) + dl.log_softmax(x, axis=0) + dl.logsumexp(x, keepdims=True),
        "reductions": dl.sum(x, 0) + dl.mean(x, 0) * dl.max(x, 0) - dl.min(x) + dl.max(x, axis=1)[1],
        "shapes": dl.reshape(dl.broadcast_to(b, (3, 4)), (4, 3)) @ dl.concatenate([x, x * 2], axis=0)[3:],
        "indexing": x[1] * x[[0, 0, 2]] * x[:, 1:2] + x[-1, ::-1],
        "entropy": dl.softmax_cross_entropy(x, labels) + dl.softmax_cross_entropy(x, one_hot),
        "errors": dl.squared_error(x, one_hot),
        "constants": dl.constant(np.arange(4.0)) * x,
    }
    return x, b, feeds, results


@pytest.mark.parametrize("name", list(examples()[-1]))
def test_every_operation_and_gradient_is_the_same_far_away(name):
    x, b, feeds, results = examples()
    y = results[name]
    fetch = [y, *dl.gradients(dl.sum(y * y), [x, b], unconnected="zero")]
    here = dl.run(fetch, feeds)
    there = dl.run(fetch, feeds, device=FAR)
    for one, other in zip(here, there, strict=True):
        assert type(other) is np.ndarray
        assert one.dtype == other.dtype
        np.testing.assert_allclose(other, one, rtol=1e-12, atol=1e-14)


OPTIMIZERS = [
    dl.GradientDescent(0.1),
    dl.Momentum(0.1),
    dl.Nesterov(0.1),
    dl.AdaGrad(0.1),
    dl.RMSProp(0.1),
    dl.Adam(0.1),
    dl.AdamW(0.1),
]


def network(dtype=float):
    x, t = dl.placeholder("x", (None, 5), dtype), dl.placeholder("t", (None,), int)
    model = dl.Sequential(dl.Linear(5, 7, rng=0, dtype=dtype), dl.relu, dl.Linear(7, 3, rng=1, dtype=dtype))
    loss = dl.mean(dl.softmax_cross_entropy(model(x), t)).named("loss")
    rng = np.random.default_rng(2)
    return model, loss, {x: rng.normal(size=(8, 5)).astype(dtype), t: rng.integers(0, 3, 8)}


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda o: type(o).__name__)
def test_every_optimizer_takes_the_same_steps_far_away(optimizer):
    (near, loss, feeds), (far, far_loss, far_feeds) = network(), network()
    step, far_step = optimizer.minimize(loss), optimizer.minimize(far_loss, device=FAR)
    for _ in range(5):
        np.testing.assert_allclose(far_step(far_feeds), step(feeds), rtol=1e-12)
    for a, b in zip(near.parameters(), far.parameters(), strict=True):
        np.testing.assert_allclose(b.value, a.value, rtol=1e-10, atol=1e-14)


def test_between_feeding_and_fetching_nothing_travels():
    model, loss, feeds = network(np.float32)
    step = dl.Momentum(0.1).minimize(loss, device=FAR)
    step(feeds)  # the parameters, the velocities and the program's constants go once
    faraway.transfers.clear()
    for _ in range(10):
        step(feeds)
    assert (
        faraway.transfers == ["put", "put", "get", "get"] * 10
    )  # the data, the labels; whether all is finite, the loss
    assert [p for p in model.parameters() if not isinstance(p.array, faraway.Array)] == []
    assert [p for p in model.parameters() if p.value.dtype != np.float32] == []


def test_micro_batches_accumulate_where_the_step_is():
    (near, loss, feeds), (far, far_loss, far_feeds) = network(), network()

    def halves(feeds):
        return [{node: array[part] for node, array in feeds.items()} for part in (slice(3), slice(3, 8))]

    dl.GradientDescent(0.1).minimize(loss).accumulate(halves(feeds))
    dl.GradientDescent(0.1).minimize(far_loss, device=FAR).accumulate(halves(far_feeds))
    for a, b in zip(near.parameters(), far.parameters(), strict=True):
        assert isinstance(b.array, faraway.Array)
        np.testing.assert_allclose(b.value, a.value, rtol=1e-12, atol=1e-15)


def test_after_training_far_away_the_model_is_used_saved_and_trained_here(tmp_path):
    model, loss, feeds = network()
    dl.GradientDescent(0.1).minimize(loss, device=FAR)(feeds)
    far = dl.run(loss, feeds, device=FAR)
    np.testing.assert_allclose(dl.run(loss, feeds), far, rtol=1e-12)
    dl.save(tmp_path / "m.npz", model)
    np.testing.assert_array_equal(dl.load(tmp_path / "m.npz")["W1"], model.parameters()[0].value)
    step = dl.GradientDescent(0.1).minimize(loss)
    step(feeds)
    assert [p for p in model.parameters() if type(p.array) is not np.ndarray] == []
    dl.check_gradients(loss, feeds)


def test_a_learners_operation_gets_the_devices_arrays():
    seen = []

    @dl.operation("shifted", shape=lambda x: x)
    def shifted(x):
        seen.append(type(x))
        return np.exp(x) + 1  # NumPy's functions pass the work on to the device

    x = dl.parameter([1.0, 2.0])
    np.testing.assert_allclose(dl.run(shifted(x), device=FAR), np.exp([1.0, 2.0]) + 1)
    assert seen == [faraway.Array]


def test_errors_far_away_name_the_node_too():
    x, labels = dl.parameter(np.ones((2, 3)), name="scores"), dl.placeholder("labels", (None,), int)
    y = dl.softmax_cross_entropy(x, labels).named("losses")
    with pytest.raises(dl.RunError, match="one label is 7"):
        dl.run(y, {labels: [0, 7]}, device=FAR)


def test_the_program_says_where_its_functions_come_from():
    _, loss, feeds = network()
    step = dl.GradientDescent(0.1).minimize(loss, device=FAR)
    step(feeds)
    assert "from tests.engine.faraway import" in step.source
    assert "from numpy import" not in step.source


def test_a_with_statement_chooses_for_this_thread_only_and_gives_back():
    seen = []
    with FAR:
        assert current_device() is FAR
        with dl.device("cpu"):
            assert current_device() is CPU
        thread = threading.Thread(target=lambda: seen.append(current_device()))
        thread.start()
        thread.join()
        assert current_device() is FAR
    assert seen == [CPU]
    assert current_device() is CPU
    with pytest.raises(ZeroDivisionError), FAR:
        raise ZeroDivisionError
    assert current_device() is CPU


def test_unknown_devices_are_refused_and_the_cpu_is_always_here():
    assert dl.devices()[0] == "cpu"
    assert dl.device("cpu") is CPU
    with pytest.raises(DeviceError, match=r'no device \'tpu\': use "cpu" or "cuda"'):
        dl.device("tpu")


@pytest.mark.skipif(importlib.util.find_spec("cupy") is not None, reason="CuPy is installed here")
def test_without_cupy_cuda_says_what_to_install():
    with pytest.raises(DeviceError, match=r'pip install "dlcourse\[cuda\]"'):
        dl.device("cuda")
    assert dl.devices() == ["cpu"]


def test_importing_the_engine_does_not_import_cupy():
    code = "import sys, dlcourse; sys.exit('cupy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
