"""The compiler agrees with the interpreter, with NumPy and with differences, on graphs that nobody thought of.

A fixed number of them runs here. ``python -m tests.engine.random_graphs --minutes 10`` goes on for as long as you like.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.engine.graph import OPERATIONS, Operation
from tests.engine.random_graphs import checked, faults, shrunk, told, written

BLOCKS, GRAPHS = 10, 20  # faults that were put into the compiler are found among the first 100


@pytest.mark.parametrize("block", range(BLOCKS))
def test_random_graphs_have_no_fault(block: int) -> None:
    for seed in range(block * GRAPHS, (block + 1) * GRAPHS):
        found = checked(seed)
        assert not found, told(*shrunk(written(seed), found[0]))


@pytest.mark.parametrize("seed", [5215090, 5217790, 10100728])
def test_what_only_looked_like_a_fault_is_none(seed: int) -> None:
    """cos so near 1 that its floor is a matter of rounding; min(x, y) where x = y, squared: a bend on one side;
    a derivative that is 0, of terms that cancel but for their rounding, which differs from run to run."""
    assert checked(seed) == []


def test_every_kind_of_operation_occurs_in_them() -> None:
    """Those too that only gradients use."""
    met: set[str] = set()
    for seed in range(BLOCKS * GRAPHS):
        try:
            nodes = written(seed).built()
        except dl.EngineError:
            continue  # the test above says so
        leaves = [node for node in nodes.values() if not node.is_operation and node.dtype.kind == "f"]
        loss = nodes[name] if (name := written(seed).loss) else None
        all_of_them = [*nodes.values(), *(dl.gradients(loss, leaves, unconnected="zero") if loss is not None else [])]
        met |= {node.kind.name for node in dl.topological_order(all_of_them) if isinstance(node, Operation)}
    # of a composite, of a rule of a learner, or of none
    parts = {"pick", "settled", "scatter", "same_shape", "pulled_back"}
    missing = set(OPERATIONS) - met - parts
    assert not missing, f"no graph has {', '.join(sorted(missing))}: see tests/engine/twins.py"


def test_a_fault_is_found_made_small_and_printed_as_code_that_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Here tanh is taken to be a little too large in the engine."""
    from tests.engine import twins

    monkeypatch.setattr(twins.NUMPY, "tanh", lambda x: np.tanh(x) * 1.01)
    graphs = sorted((g for seed in range(200) if "dl.tanh(" in str(g := written(seed))), key=lambda g: len(g.lines))
    graph, fault = next((graph, found[0]) for graph in graphs if (found := list(faults(graph))))
    small, same = shrunk(graph, fault)
    operations = [line.text for line in small.lines if line.arrays is None]
    assert len(operations) == 1 and "dl.tanh" in operations[0] and same.kind == "value"
    names: dict[str, Any] = {}
    exec(told(small, same), names)
    assert "array" in capsys.readouterr().out
