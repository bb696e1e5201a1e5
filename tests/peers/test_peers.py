"""Value, gradient and second derivative of every public operation are those that PyTorch and JAX computed."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pytest

import dlcourse as dl
from tests.engine.test_registry import OPERATIONS
from tests.peers.records import Case, load, weights

RECORDED: dict[tuple[str, str], list[Case]] = defaultdict(list)
for library in ("torch", "jax"):
    for case in load(library):
        RECORDED[library, case.operation].append(case)

CHANCE = {"dropout"}  # no two libraries draw the same numbers
OPERATORS = {"getitem", "greater", "greater_equal", "less", "less_equal"}


def nodes(case: Case) -> dict[str, Any]:
    names: dict[str, Any] = {"dl": dl, "np": np}
    for name, array in case.inputs.items():
        names[name] = dl.parameter(array, name=name) if array.dtype.kind == "f" else dl.constant(array)
    for name, text in case.lines:
        names[name] = eval(text, names)
    return names


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name not in CHANCE])
def test_every_public_operation_is_recorded(operation: str) -> None:
    assert RECORDED["torch", operation] or RECORDED["jax", operation], (
        f"nobody has recorded what dl.{operation} is elsewhere: see tests/peers/record_torch.py and record_jax.py"
    )


@pytest.mark.parametrize(("library", "operation"), [k for k in RECORDED if hasattr(dl, k[1]) or k[1] in OPERATORS])
def test_values_and_derivatives_are_those_of_other_libraries(library: str, operation: str) -> None:
    assert RECORDED[library, operation]
    for case in RECORDED[library, operation]:
        names = nodes(case)
        y = names[case.target]
        value = dl.run(y)
        assert value.shape == case.value.shape, str(case)
        np.testing.assert_allclose(value, case.value, rtol=1e-9, atol=1e-11, err_msg=str(case))
        if case.first:
            leaves = [names[name] for name in case.smooth]
            first = dl.gradients(y, leaves, grad_output=weights(y.shape), unconnected="zero")
            along: Any = 0.0
            for g in first:
                along = along + dl.sum(g * weights(g.shape))
            second = dl.gradients(along, leaves, unconnected="zero")
            ours = dl.run([*first, *second])
            theirs = [*case.first.values(), *case.second.values()]
            for name, mine, right in zip([*case.smooth] * 2, ours, theirs, strict=True):
                np.testing.assert_allclose(mine, right, rtol=1e-7, atol=1e-8, err_msg=f"{name} of {case}")
