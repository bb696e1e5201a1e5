"""Every public operation and optimizer is tested, because the list is the engine's own.

What each is tested for, by random uses of it alone: values against a NumPy twin, first and second derivatives against
differences in long double, float32 kept, the same numbers on a device, the same graph after pickling. The twins and
domains stand in one table, twins.py: an operation that is not in it fails here by its name.
"""

from __future__ import annotations

import inspect
import pickle
import sys
from typing import Any

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.engine.compiler import may_share
from dlcourse.engine.graph import Node, Operation, evaluate
from dlcourse.engine.kinds import OperationKind
from dlcourse.engine.optimizers import Optimizer
from dlcourse.engine.program import Program
from tests.engine import faraway
from tests.engine.random_graphs import Graph, faults, told, written
from tests.engine.twins import RULES, TABLE

OPERATIONS = sorted(  # not of dl.__all__: sum, max, min and abs are public, and left out of `import *`
    name
    for name, f in vars(dl).items()
    if isinstance(f, OperationKind) or (inspect.isfunction(f) and f.__module__ == "dlcourse.engine.operations")
)
OPTIMIZERS = sorted(name for name in dl.__all__ if inspect.isclass(o := getattr(dl, name)) and issubclass(o, Optimizer))
TESTED = [name for name in OPERATIONS if name in TABLE] + ["getitem"]
FAR = faraway.device()
SEEDS = 7  # uses of each operation: so many that a wrong rule of any is found, which is tested below


def use(name: str, seed: int, dtype: Any = np.float64) -> Graph:
    """A graph whose only operation that matters is `name`, with a loss of its result."""
    for attempt in range(20):
        graph = written(1000 * seed + attempt, 1, [name], dtype)
        if graph.targets:
            return graph
    raise AssertionError(f"the table's entry for {name} writes nothing that has a value: see tests/engine/twins.py")


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_public_operation_has_a_twin_and_a_domain(name: str) -> None:
    assert name in TABLE, f"dl.{name} is public: give it a twin in NumPy and a domain, in tests/engine/twins.py"


def test_the_table_has_nothing_that_the_engine_has_not() -> None:
    """An entry of an operation that was taken out, or is misspelt, would test nothing."""
    assert set(TABLE) == {*OPERATIONS, "getitem"}
    assert set(RULES) == set(OPTIMIZERS)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_public_optimizer_has_a_rule_in_numpy(name: str) -> None:
    assert name in RULES, f"dl.{name} is public: write its rule in NumPy, in tests/engine/twins.py"


@pytest.mark.parametrize("name", TESTED)
@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
def test_values_and_first_and_second_derivatives_are_right(name: str, dtype: Any) -> None:
    """And shapes and dtypes are kept; sizes that are known and that are not; steps of every optimizer."""
    for seed in range(SEEDS if dtype is np.float64 else 3):
        graph = use(name, seed, dtype)
        assert any(name in line.text for line in graph.lines) or name in SIGNS
        for fault in faults(graph):
            raise AssertionError(told(graph, fault))


SIGNS = {"add", "subtract", "multiply", "divide", "power", "negative", "getitem", "matmul", "transpose", "abs"} | {
    "greater",
    "greater_equal",
    "less",
    "less_equal",
}


@pytest.mark.parametrize("name", [name for name in TESTED if TABLE[name].smooth])
def test_a_rule_that_is_twice_too_large_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests above can fail: for each operation they do when its rule is wrong."""
    found = False
    for seed in range(SEEDS):
        graph = use(name, seed)
        nodes = graph.built()
        kinds = {
            node.kind for node in dl.topological_order([nodes[t] for t in graph.targets]) if isinstance(node, Operation)
        }
        kinds = {kind for kind in kinds if kind.name not in {"sum", "multiply", "sin", "add"} or kind.name == name}
        with monkeypatch.context() as patch:
            for kind in kinds:
                rule = kind.rule
                if rule is None:
                    continue

                def doubled(op: Operation, g: Node, rule: Any = rule) -> Any:
                    return [None if part is None else 2 * part for part in rule(op, g)]

                patch.setattr(kind, "rule", doubled)
            found = any(fault.kind == "gradient" for fault in faults(graph))
        if found:
            return
    raise AssertionError(f"the rule of {name} may be wrong, and no test would say so: see its entry in twins.py")


@pytest.mark.parametrize("name", ["var", "softplus", "log_softmax", "squared_error", "sigmoid"])
def test_a_composite_without_a_rule_is_differentiated_by_its_formula(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice, too: in a program the gradient that arrives depends on what it is multiplied with."""
    kind = getattr(dl, name)
    assert kind.formula is not None
    monkeypatch.setattr(kind, "rule", None)
    for seed in range(6):
        graph = use(name, seed)
        for fault in faults(graph):
            raise AssertionError(told(graph, fault))


@pytest.fixture
def two_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Afterwards the CPU's fast path is as before."""
    others: set[Any] = set()
    monkeypatch.setattr("dlcourse.engine.program.other_devices", others)
    monkeypatch.setattr(sys.modules["dlcourse.engine.hardware"], "others", others)


@pytest.mark.parametrize("name", TESTED)
def test_the_same_numbers_come_from_another_device(name: str, two_devices: None) -> None:
    for seed in range(3):
        fetch, feeds = with_slopes(use(name, seed))
        for one, other in zip(dl.run(fetch, feeds), dl.run(fetch, feeds, device=FAR), strict=True):
            assert type(other) is np.ndarray and one.dtype == other.dtype
            np.testing.assert_allclose(other, one, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", TESTED)
def test_a_pickled_graph_computes_the_same(name: str) -> None:
    for seed in range(2):
        fetch, feeds = with_slopes(use(name, seed))
        copies, keys = pickle.loads(pickle.dumps((fetch, list(feeds))))
        again = dl.run(copies, dict(zip(keys, feeds.values(), strict=True)))
        for one, other in zip(dl.run(fetch, feeds), again, strict=True):
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", TESTED)
def test_no_function_writes_to_an_input_or_returns_one_that_is_not_known_to(name: str) -> None:
    """The memory of an input is used again: what looks at it, unknown to the compiler, is wrong at the next run."""
    for seed in range(SEEDS):
        assert looking(*with_slopes(use(name, seed))) == []


def test_a_function_that_returns_a_view_or_writes_to_its_input_is_found() -> None:
    x = dl.placeholder("x", (3,))
    for function in (lambda a: a[::-1], lambda a: a, lambda a: np.add(a, 1, out=a).copy()):
        kind = OperationKind("careless", function, lambda shape: shape)
        assert looking([kind(dl.exp(x))], {x: np.arange(3.0)}) == ["careless"]


def looking(fetch: list[Node], feeds: dict[Node, Any]) -> list[str]:
    """Operations whose function returns memory of an input, and is not said to, or changes one."""
    program = Program(fetch)
    graph, leaves = program.specialised([np.shape(feeds[x]) for x in program.placeholders])
    values = evaluate(graph.order, dict(zip(leaves, [feeds[x] for x in program.placeholders], strict=False)))
    found, value = set(), dict(zip(graph.order, values, strict=True))
    for node in graph.order:
        if isinstance(node, Operation) and not may_share(node):
            given = [np.array(value[x]) for x in node.inputs]
            answer = node.kind.function(*given, **node.attributes)
            same = all(
                np.array_equal(a, value[x], equal_nan=a.dtype.kind == "f")
                for a, x in zip(given, node.inputs, strict=True)
            )
            if not same or any(np.shares_memory(answer, a) for a in given if a.ndim):
                found.add(node.kind.name)
    return sorted(found)


def with_slopes(graph: Graph) -> tuple[list[Node], dict[Node, Any]]:
    """Everything that can be fetched of a graph: its targets, its loss and its gradients; and the feeds."""
    nodes = graph.built()
    leaves = [nodes[line.name] for line in graph.leaves if line.kind != "constant"]
    leaves = [leaf for leaf in leaves if leaf.dtype.kind == "f"]
    fetch = [nodes[name] for name in graph.targets]
    if graph.loss and leaves:
        fetch += [nodes[graph.loss], *dl.gradients(nodes[graph.loss], leaves, unconnected="zero")]
    return fetch, graph.feeds(nodes, 0)
