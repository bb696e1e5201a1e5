"""What other libraries computed, kept as numbers: one file a library, written by record_torch.py and record_jax.py.

A case is a few lines that mean the same to both sides, the arrays that go in, and what came out: the value of `target`;
the gradient of Σ w·target, for each floating-point input; and the gradient of Σ v·gradient, over all of them. The
weights w and the directions v are :func:`weights` of their shape, so they need not be kept.
"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

FOLDER = pathlib.Path(__file__).parent / "data"


@dataclass
class Case:
    operation: str
    lines: list[list[str]]  # [name, text]: name = text, where text uses `dl` and earlier names
    target: str
    inputs: dict[str, Any]
    value: Any = None
    first: dict[str, Any] = field(default_factory=dict)
    second: dict[str, Any] = field(default_factory=dict)

    @property
    def smooth(self) -> list[str]:
        """The inputs that have gradients."""
        return [name for name, array in self.inputs.items() if array.dtype.kind == "f"]

    def __str__(self) -> str:
        return "; ".join(f"{name} = {text}" for name, text in self.lines)


def weights(shape: tuple[int, ...]) -> Any:
    return np.cos(1.0 + np.arange(np.prod(shape, dtype=int))).reshape(shape)


def save(library: str, version: str, cases: Iterable[Case]) -> pathlib.Path:
    """All numbers in one long array, and an index that says how it is cut."""
    numbers: list[Any] = []

    def cut(arrays: dict[str, Any]) -> dict[str, Any]:
        numbers.extend(np.asarray(array, float).ravel() for array in arrays.values())
        return {name: [list(np.shape(array)), np.asarray(array).dtype.name] for name, array in arrays.items()}

    index = [
        {
            "operation": case.operation,
            "lines": case.lines,
            "target": case.target,
            "inputs": cut(case.inputs),
            "value": cut({case.target: case.value}),
            "first": cut(case.first),
            "second": cut(case.second),
        }
        for case in cases
    ]
    path = FOLDER / f"{library}.npz"
    path.parent.mkdir(exist_ok=True)
    text = json.dumps({"version": version, "cases": index})
    np.savez_compressed(path, numbers=np.concatenate(numbers), index=np.frombuffer(text.encode(), np.uint8))
    return path


def load(library: str) -> list[Case]:
    with np.load(FOLDER / f"{library}.npz") as file:
        numbers, index = file["numbers"], json.loads(file["index"].tobytes().decode())
    at = 0

    def glued(parts: dict[str, Any]) -> dict[str, Any]:
        nonlocal at
        found = {}
        for name, (shape, dtype) in parts.items():
            size = int(np.prod(shape, dtype=int))
            found[name] = numbers[at : at + size].reshape(shape).astype(dtype)
            at += size
        return found

    cases = []
    for entry in index["cases"]:
        inputs, value = glued(entry["inputs"]), glued(entry["value"])[entry["target"]]
        first, second = glued(entry["first"]), glued(entry["second"])
        cases.append(Case(entry["operation"], entry["lines"], entry["target"], inputs, value, first, second))
    return cases
