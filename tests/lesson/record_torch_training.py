"""Record how PyTorch trains four networks of the course: run with PyTorch 2.13 to write data/torch_training.json.

    python tests/lesson/record_torch_training.py

The perceptron of lesson 12, the 2-2-1 network of lessons 08 to 13, a spiral and the digits, from starts and batches
that this file makes; kept are the losses. tests/lesson/test_learners_engine.py trains the same with a learner's engine.
"""

from __future__ import annotations

import json
import pathlib
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

import dlcourse as dl

FILE = pathlib.Path(__file__).parent / "data" / "torch_training.json"
Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Training:
    """A network and what it is trained on: rows are samples, between two layers stands tanh, a step takes a batch.

    One-hot targets mean the mean cross-entropy of the scores; other targets half the squared error of the one sample.
    """

    layers: list[tuple[Array, Array | None]]  # weights (inputs, outputs), and biases where there are any
    batches: list[tuple[Array, Array]]
    rate: float

    @property
    def start(self) -> dict[str, Array]:
        """The parameters by name: W0, b0, W1 and so on."""
        named = {}
        for k, (W, b) in enumerate(self.layers):
            named[f"W{k}"] = W
            if b is not None:
                named[f"b{k}"] = b
        return named

    @property
    def classifies(self) -> bool:
        return self.batches[0][1].shape[1] > 1


def network(rng: np.random.Generator, *sizes: int) -> list[tuple[Array, Array | None]]:
    """Weights with spread 1/√inputs, as in lesson 13, and biases 0."""
    return [(rng.normal(size=(a, b)) / np.sqrt(a), np.zeros(b)) for a, b in pairwise(sizes)]


def perceptron() -> Training:
    rng, labels = np.random.default_rng(12), np.repeat([0, 1], 50)
    X = rng.normal(size=(100, 2)) + np.where(labels[:, None] == 0, 2.0, -2.0)
    return Training([(rng.normal(size=(2, 2)), np.zeros(2))], [(X, np.eye(2)[labels])] * 40, rate=1.0)


def two_two_one() -> Training:
    W, V = np.array([[3.0, -2.0], [-1.0, 2.0]]), np.array([[2.0], [-1.0]])
    return Training([(W, None), (V, None)], [(np.array([[1.0, 2.0]]), np.array([[1.0]]))] * 20, rate=0.1)


def spiral() -> Training:
    rng, labels = np.random.default_rng(13), np.repeat([0, 1], 60)
    turn = rng.uniform(0.4, 2.6, size=120)
    angle = 2.4 * turn + np.pi * labels
    X = turn[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]) + rng.normal(0, 0.05, size=(120, 2))
    return Training(network(rng, 2, 8, 8, 2), [(X, np.eye(2)[labels])] * 60, rate=0.3)


def digits() -> Training:
    """One epoch of lesson 13's network: 45 batches of 31 or 32."""
    rng, data = np.random.default_rng(13), dl.data.digits()
    X, Y = data.images.reshape(-1, 64) / 16, np.eye(10)[data.labels]
    layers, learn = network(rng, 64, 32, 10), rng.permutation(len(X))[360:]
    return Training(layers, [(X[rows], Y[rows]) for rows in np.array_split(learn, 45)], rate=0.5)


TRAININGS = {"perceptron": perceptron, "2-2-1": two_two_one, "spiral": spiral, "digits": digits}


def losses_of_torch(training: Training) -> list[float]:
    """The loss that each step starts from."""
    import torch  # the test reads this file without it

    named = {name: torch.tensor(value, requires_grad=True) for name, value in training.start.items()}
    optimizer = torch.optim.SGD(list(named.values()), lr=training.rate)
    losses = []
    for X, Y in training.batches:
        z = torch.tensor(X)
        for k in range(len(training.layers)):
            z = (torch.tanh(z) if k else z) @ named[f"W{k}"]
            z = z + named[f"b{k}"] if f"b{k}" in named else z
        target = torch.tensor(Y)
        loss = torch.nn.functional.cross_entropy(z, target) if training.classifies else ((z - target) ** 2).sum() / 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


if __name__ == "__main__":
    import torch

    found = {name: losses_of_torch(training()) for name, training in TRAININGS.items()}
    FILE.write_text(json.dumps({"torch": torch.__version__, "losses": found}) + "\n")
    print(f"wrote {FILE}: {', '.join(f'{name} {losses[0]:.3f} → {losses[-1]:.3f}' for name, losses in found.items())}")
