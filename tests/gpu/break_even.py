"""From which size on a GPU is faster than the CPU:    python tests/gpu/break_even.py

Lesson 14 shows what this printed on one machine. OPENBLAS_NUM_THREADS=1 before it keeps NumPy to one core.

One training step of a tanh network with two hidden layers of the given width, batch 256, float32: median of 21 steps,
transfers of the data included, as a learner would see it.
"""

from __future__ import annotations

import time
from statistics import median

import numpy as np

import dlcourse as dl


def seconds(width: int, device: str) -> float:
    x, t = dl.placeholder("x", (None, width), np.float32), dl.placeholder("t", (None,), int)
    layers = [dl.Linear(i, o, rng=0, dtype=np.float32) for i, o in ((width, width), (width, width), (width, 10))]
    loss = dl.mean(dl.softmax_cross_entropy(dl.Sequential(layers[0], dl.tanh, layers[1], dl.tanh, layers[2])(x), t))
    step = dl.GradientDescent(1e-3).minimize(loss, device=device)
    rng = np.random.default_rng(0)
    feeds = {x: rng.normal(size=(256, width)).astype(np.float32), t: rng.integers(0, 10, 256)}
    times = []
    for _ in range(24):
        start = time.perf_counter()
        step(feeds)  # returns when the loss has come back
        times.append(time.perf_counter() - start)
    return median(times[3:])  # the first compile


def main() -> None:
    names = dl.devices()
    print("ms for a step      " + "".join(f"{name:>10}" for name in names))
    if "cuda" not in names:
        print("No GPU here: the column for cuda is missing.")
    for width in (8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096):
        row = [min(seconds(width, name) for _ in range(2)) for name in names]
        faster = "   the GPU is faster" if row[-1] < row[0] else ""
        print(f"    width {width:5}    " + "".join(f"{1e3 * s:10.3f}" for s in row) + faster)


if __name__ == "__main__":
    main()
