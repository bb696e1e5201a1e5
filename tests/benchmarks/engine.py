"""How fast is a training step of the engine, beside hand-written NumPy and beside its peers?

    python tests/benchmarks/engine.py                    all workloads and all tables
    python tests/benchmarks/engine.py W1 W4 --rounds 31  some workloads, more carefully

All contenders take turns in one process, on one core, with the same data; their losses after 0, 1 and 10 steps must
agree with NumPy's (1e-6; 2e-4 in float32). What counts is the ratio to the hand-written step in the same round, and
of these the median: in process time, which other jobs on the machine hardly change, and in wall time. MyGrad,
autograd, PyTorch and JAX are skipped where they are not installed: pip install "dlcourse[peers]".
"""

from __future__ import annotations

import argparse
import gc
import itertools
import os
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from types import SimpleNamespace
from typing import Any

for _library in ("OPENBLAS", "MKL", "OMP"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
import numpy as np  # noqa: E402  (after the settings)

import dlcourse as dl  # noqa: E402

Contender = tuple[Callable[[], Any], Callable[[], float]]  # one training step; the loss now


# ----------------------------------------------------------------------------------------------- the workloads


@dataclass
class Work:
    """Data, parameters, and the loss, written once for every library: `m` has its functions under one set of names."""

    what: str
    bar: float
    loss: Callable[[Any, Any, Any, Sequence[Any]], Any]
    parameters: list[Any]
    rate: float
    X: Any = None
    labels: Any = None
    tolerance: float = 1e-6

    def copies(self) -> list[Any]:
        return [np.array(p) for p in self.parameters]

    @property
    def one_hot(self) -> Any:
        return np.eye(int(self.labels.max()) + 1, dtype=self.X.dtype)[self.labels]


def network(activation: str) -> Callable[..., Any]:
    def loss(m: Any, x: Any, labels: Any, parameters: Sequence[Any]) -> Any:
        for i in range(0, len(parameters), 2):
            x = x @ parameters[i] + parameters[i + 1]
            x = getattr(m, activation)(x) if i + 2 < len(parameters) else x
        return m.cross_entropy(x, labels)

    return loss


def deep(m: Any, x: Any, _: Any, parameters: Sequence[Any]) -> Any:
    for W in parameters:
        x = m.tanh(x @ W)
    return m.sum(x * x)


def diamonds(m: Any, _: Any, __: Any, parameters: Sequence[Any]) -> Any:
    (x,) = parameters
    for _ in range(20):
        x = x * x + x
    return m.sum(x)


def quartic(_: Any, __: Any, ___: Any, parameters: Sequence[Any]) -> Any:
    (x,) = parameters
    return x**4 - 3 * x**3 + 2


def workloads() -> dict[str, Work]:
    rng = np.random.default_rng(0)

    def layers(*sizes: int, dtype: Any = float) -> list[Any]:
        pairs = itertools.pairwise(sizes)
        return [a.astype(dtype) for i, o in pairs for a in (rng.normal(size=(i, o)) * np.sqrt(2 / i), np.zeros(o))]

    clouds = np.concatenate([rng.normal(2, 1, (50, 2)), rng.normal(-2, 1, (50, 2))])
    digits = rng.random((128, 784)).astype(np.float32)
    orthogonal = [np.linalg.qr(rng.normal(size=(16, 16)))[0].copy() for _ in range(200)]
    return {
        "W1": Work(
            "perceptron 2-2, batch 100", 0.78, network("tanh"), layers(2, 2), 0.01, clouds, np.repeat([0, 1], 50)
        ),
        "W2": Work(
            "tanh network 64-64-10, batch 32",
            0.88,
            network("tanh"),
            layers(64, 64, 10),
            1e-3,
            rng.normal(size=(32, 64)),
            np.arange(32) % 10,
        ),
        "W3": Work(
            "relu network 784-60-40-10, batch 128, float32",
            0.94,
            network("relu"),
            layers(784, 60, 40, 10, dtype=np.float32),
            1e-4,
            digits,
            np.arange(128) % 10,
            2e-4,
        ),
        "W4": Work("200 layers of 16×16 tanh, batch 8", 0.70, deep, orthogonal, 1e-3, rng.normal(size=(8, 16))),
        "W5": Work("20 diamonds x ← x·x + x on 64 numbers", 0.60, diamonds, [rng.uniform(-0.04, 0.04, 64)], 1e-3),
        "W6": Work("quartic of one number", 0.45, quartic, [np.array(4.0)], 1e-3),
    }


# -------------------------------------------------------------------------------------------- written by hand


def by_hand(work: Work) -> Contender:
    """What a good student writes in NumPy: forward, backward, update."""
    p, X, rate = work.copies(), work.X, work.rate
    if work.loss is deep:

        def forward() -> Any:
            h = [X]
            for W in p:
                h.append(np.tanh(h[-1] @ W))
            return h

        def step() -> None:
            h = forward()
            np.sum(h[-1] * h[-1])
            g = 2 * h[-1]
            for i in range(len(p) - 1, -1, -1):
                g = g * (1 - h[i + 1] * h[i + 1])
                gW = h[i].T @ g
                if i:
                    g = g @ p[i].T
                p[i] -= rate * gW

        return step, lambda: float(np.sum(forward()[-1] ** 2))
    if work.loss is diamonds:

        def forward() -> Any:
            xs = [p[0]]
            for _ in range(20):
                xs.append(xs[-1] * xs[-1] + xs[-1])
            return xs

        def step() -> None:
            xs = forward()
            np.sum(xs[-1])
            g = np.ones_like(xs[0])
            for x in reversed(xs[:-1]):
                g = g * (2 * x + 1)
            p[0] -= rate * g

        return step, lambda: float(np.sum(forward()[-1]))
    if work.loss is quartic:

        def step() -> None:
            x = p[0]
            x**4 - 3 * x**3 + 2
            x -= rate * (4 * x**3 - 9 * x**2)

        return step, lambda: float(p[0] ** 4 - 3 * p[0] ** 3 + 2)

    relu, one_hot, n, rate = work.tolerance > 1e-6, work.one_hot, len(p) // 2, X.dtype.type(rate)

    def forward() -> Any:
        h = [X]
        for i in range(n):
            z = h[-1] @ p[2 * i] + p[2 * i + 1]
            h.append(z if i == n - 1 else np.maximum(z, 0) if relu else np.tanh(z))
        z = h[-1] - h[-1].max(axis=1, keepdims=True)
        e = np.exp(z)
        total = e.sum(axis=1, keepdims=True)
        return h, e / total, -np.sum(one_hot * (z - np.log(total)))

    def step() -> None:
        h, shares, _ = forward()
        g = shares - one_hot
        for i in range(n - 1, -1, -1):
            gW, gb = h[i].T @ g, g.sum(axis=0)
            if i:
                g = g @ p[2 * i].T
                g = g * (h[i] > 0) if relu else g * (1 - h[i] * h[i])
            p[2 * i] -= rate * gW
            p[2 * i + 1] -= rate * gb

    return step, lambda: float(forward()[2])


def with_buffers(work: Work) -> Contender | None:
    """What an expert writes: every array made once and written to with `out=`. Floats for a single number."""
    p, X, rate = work.copies(), work.X, work.rate
    if work.loss is quartic:
        x = float(p[0])

        def step() -> None:
            nonlocal x
            square = x * x
            square * square - 3 * square * x + 2
            x -= rate * (4 * square * x - 9 * square)

        return step, lambda: x**4 - 3 * x**3 + 2
    if work.loss is diamonds:
        xs, slopes, g = [p[0]] + [np.empty(64) for _ in range(20)], [np.empty(64) for _ in range(20)], np.empty(64)

        def forward() -> Any:
            for x, slope, y in zip(xs, slopes, xs[1:], strict=False):
                np.add(x, 1, out=slope)
                np.multiply(x, slope, out=y)  # x·x + x = x (x + 1), and x + 1 serves the derivative, too
            return np.add.reduce(xs[-1])

        def step() -> None:
            forward()
            np.copyto(g, rate)
            for x, slope in zip(reversed(xs[:-1]), reversed(slopes), strict=True):
                np.add(slope, x, out=slope)
                np.multiply(g, slope, out=g)
            np.subtract(xs[0], g, out=xs[0])

        return step, lambda: float(forward())
    if work.loss is deep:
        return None
    relu, one_hot, n = work.tolerance > 1e-6, work.one_hot, len(p) // 2
    h = [X] + [np.empty((len(X), p[2 * i].shape[1]), X.dtype) for i in range(n)]
    g = [np.empty_like(a) for a in h]
    d = [np.empty(a.shape, bool if relu else a.dtype) for a in h]
    gp = [np.empty_like(a) for a in p]
    z, e, column = np.empty_like(h[-1]), np.empty_like(h[-1]), np.empty((len(X), 1), X.dtype)
    rate = X.dtype.type(rate)

    def forward() -> Any:
        for i in range(n):
            np.dot(h[i], p[2 * i], out=h[i + 1])
            np.add(h[i + 1], p[2 * i + 1], out=h[i + 1])
            if i < n - 1:
                np.maximum(h[i + 1], 0, out=h[i + 1]) if relu else np.tanh(h[i + 1], out=h[i + 1])
        np.maximum.reduce(h[-1], axis=1, keepdims=True, out=column)
        np.subtract(h[-1], column, out=z)
        np.exp(z, out=e)
        np.add.reduce(e, axis=1, keepdims=True, out=column)
        return np.log(column).sum() - np.vdot(one_hot, z)

    def step() -> None:
        forward()
        np.divide(e, column, out=g[n])
        np.subtract(g[n], one_hot, out=g[n])
        for i in range(n - 1, -1, -1):
            np.dot(h[i].T, g[i + 1], out=gp[2 * i])
            np.add.reduce(g[i + 1], axis=0, out=gp[2 * i + 1])
            if i:
                np.dot(g[i + 1], p[2 * i].T, out=g[i])
                if relu:
                    np.greater(h[i], 0, out=d[i])
                else:
                    np.multiply(h[i], h[i], out=d[i])
                    np.subtract(1, d[i], out=d[i])
                np.multiply(g[i], d[i], out=g[i])
            for array, gradient in zip(p[2 * i : 2 * i + 2], gp[2 * i : 2 * i + 2], strict=True):
                np.multiply(gradient, rate, out=gradient)
                np.subtract(array, gradient, out=array)

    return step, lambda: float(forward())


def with_rows(work: Work) -> Contender | None:
    """What is alike as rows of one array, for what can be done at once then: 45 calls where a formula has 101."""
    if work.loss is not diamonds:
        return None
    p, rate = work.copies(), work.rate
    x, more, slopes = np.empty((21, 64)), np.empty((20, 64)), np.empty((21, 64))
    xs, mores = [*x], [*more]
    one, ones, slopes[20] = np.array(1.0), np.ones(64), rate

    def forward() -> Any:
        np.copyto(xs[0], p[0])
        for a, b, c in zip(xs, mores, xs[1:], strict=False):
            np.add(a, one, b)
            np.multiply(a, b, c)  # x·x + x = x (x + 1)
        return ones.dot(xs[20])

    def step() -> None:
        forward()
        np.add(x[:20], more, slopes[:20])
        p[0] = p[0] - np.multiply.reduce(slopes)

    return step, lambda: float(forward())


# ----------------------------------------------------------------------------------------- ours, and the peers


def ours(work: Work) -> Contender:
    m = SimpleNamespace(
        tanh=dl.tanh, relu=dl.relu, sum=dl.sum, cross_entropy=lambda z, t: dl.sum(dl.softmax_cross_entropy(z, t))
    )
    feeds: dict[Any, Any] = {}
    x = t = None
    if work.X is not None:
        x = dl.placeholder("x", (None, work.X.shape[1]), work.X.dtype)
        feeds[x] = work.X
    if work.labels is not None:
        t = dl.placeholder("t", (None, work.one_hot.shape[1]), work.X.dtype)
        feeds[t] = work.one_hot
    loss = work.loss(m, x, t, [dl.parameter(p) for p in work.copies()])
    step = dl.GradientDescent(work.rate).minimize(loss)
    return (lambda: step(feeds)), (lambda: float(dl.run(loss, feeds)))


def with_mygrad(work: Work) -> Contender:
    import mygrad as mg
    from mygrad.nnet.losses import softmax_crossentropy

    p = [mg.tensor(array) for array in work.copies()]
    rate = p[0].dtype.type(work.rate)
    m = SimpleNamespace(
        tanh=mg.tanh,
        relu=lambda x: mg.maximum(x, 0),
        sum=mg.sum,
        cross_entropy=lambda z, t: softmax_crossentropy(z, t) * z.dtype.type(len(z)),
    )

    def step() -> None:
        work.loss(m, work.X, work.labels, p).backward()
        for tensor in p:
            tensor.data -= rate * tensor.grad

    return step, lambda: float(work.loss(m, work.X, work.labels, p).data)


def with_autograd(work: Work) -> Contender:
    import autograd.numpy as anp
    from autograd import value_and_grad

    def cross_entropy(z: Any, t: Any) -> Any:
        z = z - anp.max(z, axis=1, keepdims=True)
        return anp.sum(t * (anp.log(anp.sum(anp.exp(z), axis=1, keepdims=True)) - z))

    p, one_hot = work.copies(), work.one_hot if work.labels is not None else None
    m = SimpleNamespace(tanh=anp.tanh, relu=lambda x: anp.maximum(x, 0), sum=anp.sum, cross_entropy=cross_entropy)
    measure = value_and_grad(lambda p: work.loss(m, work.X, one_hot, p))
    rate = p[0].dtype.type(work.rate)

    def step() -> None:
        _, gradients = measure(p)
        for i, gradient in enumerate(gradients):
            p[i] = p[i] - rate * gradient

    return step, lambda: float(work.loss(m, work.X, one_hot, p))


def with_torch(work: Work) -> Contender:
    import torch
    from torch.nn.functional import cross_entropy

    torch.set_num_threads(1)
    p = [torch.from_numpy(array).requires_grad_() for array in work.copies()]
    X = None if work.X is None else torch.from_numpy(work.X)
    labels = None if work.labels is None else torch.from_numpy(work.labels)
    m = SimpleNamespace(
        tanh=torch.tanh, relu=torch.relu, sum=torch.sum, cross_entropy=lambda z, t: cross_entropy(z, t, reduction="sum")
    )
    optimizer = torch.optim.SGD(p, lr=work.rate)

    def step() -> None:
        optimizer.zero_grad()
        work.loss(m, X, labels, p).backward()
        optimizer.step()

    return step, lambda: float(work.loss(m, X, labels, p).detach())


def with_jax(work: Work) -> Contender:
    import jax

    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp

    one_hot = work.one_hot if work.labels is not None else None
    m = SimpleNamespace(
        tanh=jnp.tanh, relu=jax.nn.relu, sum=jnp.sum, cross_entropy=lambda z, t: -jnp.sum(t * jax.nn.log_softmax(z))
    )
    rate = work.parameters[0].dtype.type(work.rate)

    @jax.jit
    def update(p: Any) -> Any:
        value, gradients = jax.value_and_grad(lambda p: work.loss(m, work.X, one_hot, p))(p)
        return value, [a - rate * g for a, g in zip(p, gradients, strict=True)]

    p = [jnp.asarray(array) for array in work.copies()]

    def step() -> None:
        nonlocal p
        _, p = update(p)
        p[0].block_until_ready()

    return step, lambda: float(work.loss(m, work.X, one_hot, p))


CONTENDERS: dict[str, Callable[[Work], Contender | None]] = {
    "NumPy": by_hand,
    "NumPy with out=": with_buffers,
    "NumPy with rows": with_rows,
    "dlcourse": ours,
    "JAX jit": with_jax,
    "MyGrad": with_mygrad,
    "PyTorch": with_torch,
    "autograd": with_autograd,
}


# ------------------------------------------------------------------------------------------------ the measuring


@dataclass
class Timed:
    step: Callable[[], Any]
    repeats: int
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    def block(self) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(self.repeats):
            self.step()
        self.cpu.append((time.process_time() - cpu) / self.repeats)
        self.wall.append((time.perf_counter() - wall) / self.repeats)


def race(work: Work, rounds: int, block: float) -> dict[str, Timed | str]:
    """The contenders, one after the other, round after round; a sentence where one does not take part."""
    found: dict[str, Timed | str] = {}
    expected: list[float] = []
    for name, make in CONTENDERS.items():
        try:
            made = make(work)
        except ImportError as error:
            found[name] = f"skipped: {error}"
            continue
        if made is None:
            continue
        step, loss = made
        losses = [loss()]
        for steps in (1, 9):
            for _ in range(steps):
                step()
            losses.append(loss())
        expected = expected or losses
        if not np.allclose(losses, expected, rtol=work.tolerance, atol=work.tolerance):
            raise AssertionError(f"{name} computes other losses: {losses}, not {expected}")
        timed = Timed(step, 3)
        for _ in range(3):
            timed.block()
        found[name] = Timed(step, max(1, int(block / max(1e-9, min(timed.wall)))))
    running = [timed for timed in found.values() if isinstance(timed, Timed)]
    gc.collect()
    for shift in range(rounds):
        for i in range(len(running)):
            running[(i + shift) % len(running)].block()
    return found


def ratios(found: dict[str, Timed | str], name: str) -> tuple[float, float]:
    """The median ratio to hand-written NumPy of the same round, in process time and in wall time."""
    timed, base = found[name], found["NumPy"]
    assert isinstance(timed, Timed) and isinstance(base, Timed)
    return (
        median(a / b for a, b in zip(timed.cpu, base.cpu, strict=True)),
        median(a / b for a, b in zip(timed.wall, base.wall, strict=True)),
    )


def speed_table(names: Sequence[str], rounds: int, block: float) -> None:
    print(f"One training step: ratio to hand-written NumPy, median of {rounds} rounds (process time; wall time)\n")
    skipped: dict[str, str] = {}
    for name, work in workloads().items():
        if names and name not in names:
            continue
        found = race(work, rounds, block)
        base = found["NumPy"]
        assert isinstance(base, Timed)
        print(f"{name}  {work.what}: NumPy {1e6 * median(base.cpu):.1f} µs")
        for contender, timed in found.items():
            if isinstance(timed, str):
                skipped[contender] = timed
                continue
            cpu, wall = ratios(found, contender)
            verdict = f"   bar {work.bar}: {'met' if cpu <= work.bar else 'MISSED'}" if contender == "dlcourse" else ""
            print(f"    {contender:16} {cpu:7.2f} {wall:7.2f}{verdict}")
    for contender, why in skipped.items():
        print(f"{contender} {why}")


# -------------------------------------------------------------------- compiling, memory, very long computations


def compile_table() -> None:
    print("\nTime to differentiate and compile (process time)\n")
    for name, layers in (("W3", 0), *[(f"{n} layers", n) for n in (25, 50, 100, 200, 400)]):
        work = workloads()["W3" if not layers else "W4"]
        work.parameters = work.parameters if not layers else (work.parameters * 2)[:layers]
        times = []
        for _ in range(3):
            start = time.process_time()
            step, _ = ours(work)
            step()
            times.append(time.process_time() - start)
        nodes = len(compiled_nodes(work))
        print(f"    {name:12} {nodes:6} nodes {1e3 * min(times):8.1f} ms {1e6 * min(times) / nodes:7.1f} µs a node")


def compiled_nodes(work: Work) -> list[Any]:
    m = SimpleNamespace(
        tanh=dl.tanh, relu=dl.relu, sum=dl.sum, cross_entropy=lambda z, t: dl.sum(dl.softmax_cross_entropy(z, t))
    )
    parameters = [dl.parameter(p) for p in work.parameters]
    labels = dl.constant(work.one_hot) if work.labels is not None else None
    loss = work.loss(m, dl.constant(work.X), labels, parameters)
    return dl.topological_order([loss, *dl.gradients(loss, parameters)])


def memory_table() -> None:
    """What a step needs beyond data and parameters: what it keeps between steps, and the peak inside one."""
    print("\nMemory of a step (NumPy's allocations)\n")
    for name in workloads():
        needed = {}
        for contender in ("NumPy", "NumPy with out=", "dlcourse"):
            measured = memory(name, contender)
            if measured is not None:
                kept, inside = measured
                needed[contender] = kept + inside
                print(
                    f"    {name} {contender:16} kept {kept / 1e3:8.1f} kB, inside a step {inside / 1e3:8.1f} kB, "
                    f"together {needed[contender] / max(1, needed['NumPy']):.2f} of NumPy's"
                )


def memory(name: str, contender: str) -> tuple[int, int] | None:
    arrays = tracemalloc.DomainFilter(inclusive=True, domain=np.lib.tracemalloc_domain)

    def held() -> int:
        gc.collect()
        return sum(trace.size for trace in tracemalloc.take_snapshot().filter_traces([arrays]).traces)

    tracemalloc.start()
    work = workloads()[name]
    fixed = sum(p.nbytes for p in work.parameters) + (0 if work.labels is None else work.one_hot.nbytes)
    before = held()
    made = CONTENDERS[contender](work)
    if made is None:
        tracemalloc.stop()
        return None
    step, _ = made
    step()
    step()
    kept = held() - before - fixed
    start = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    step()
    inside = tracemalloc.get_traced_memory()[1] - start
    tracemalloc.stop()
    return kept, inside


def chain_table() -> None:
    print("\nA chain of x ← sin x, differentiated: process time per node of the chain\n")
    for length in (1_000, 10_000, 100_000):
        times = [time.process_time()]
        x = dl.parameter(0.5, name="x")
        y: dl.Node = x
        for _ in range(length):
            y = dl.sin(y)
        times.append(time.process_time())
        slope = dl.gradients(y, x)
        times.append(time.process_time())
        dl.run([y, slope])
        times.append(time.process_time())
        dl.run([y, slope])
        times.append(time.process_time())
        parts = [1e6 * (b - a) / length for a, b in itertools.pairwise(times)]
        words = zip(("build", "differentiate", "compile and run", "run again"), parts, strict=True)
        print(f"    {length:7} nodes: " + ", ".join(f"{word} {part:.2f} µs" for word, part in words))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "workloads", nargs="*", metavar="W1 ... W6", help="which ones (default: all, and the other tables)"
    )
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--block", type=float, default=0.02, help="seconds for each contender in each round")
    arguments = parser.parse_args()
    speed_table(arguments.workloads, arguments.rounds, arguments.block)
    if not arguments.workloads:
        compile_table()
        memory_table()
        chain_table()


if __name__ == "__main__":
    main()
