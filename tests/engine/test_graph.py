"""The graph: what a node knows, how it refuses to be an array, and that graphs of any depth can be kept."""

from __future__ import annotations

import ast
import copy
import io
import itertools
import pickle
import subprocess
import sys
import tokenize
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.engine.graph import topological_order


def test_importing_the_engine_loads_nothing_of_the_course() -> None:
    heavy = ["matplotlib", "ipywidgets", "IPython", "jupyterlab", "nbformat", "cupy", "anywidget"]
    code = f"import sys, dlcourse; print([m for m in {heavy} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_a_node_knows_its_shape_dtype_name_and_building_line() -> None:
    x = dl.placeholder("x", shape=(None, 3), dtype=np.float32)
    h = dl.relu(x * 2).named("hidden")
    assert (h.shape, h.dtype, h.ndim, h.name, h.is_operation) == ((None, 3), np.float32, 2, "hidden", True)
    assert repr(h).startswith("<relu 'hidden', shape (None, 3), float32, built in ") and "test_graph.py:" in repr(h)


@pytest.mark.parametrize("name", ["", "  ", "two\nlines", 3, None])
def test_a_name_is_text_on_one_line(name: Any) -> None:
    with pytest.raises(dl.DTypeError, match="cannot be a name"):
        dl.placeholder(name)


@pytest.mark.parametrize("shape", [(-1,), (2.5,), ("a",), (True,)])
def test_a_shape_is_made_of_whole_numbers_and_none(shape: Any) -> None:
    with pytest.raises(dl.ShapeError, match="shape of placeholder 'x'"):
        dl.placeholder("x", shape=shape)


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (bool, "has no value until you run it"),
        (float, "dl.run"),
        (int, "dl.run"),
        (np.asarray, "dl.exp"),
        (list, "looped"),
        (np.linalg.norm, "dl.exp"),
        (len, "not known yet"),
        (lambda x: x.__setitem__(0, 1), "dl.where"),
        (lambda x: np.add.reduce(x), "dl.run"),
        (lambda x: x + "a", "must hold numbers"),
        (lambda x: x + None, "must hold numbers"),
        (lambda x: x["a"], "must hold numbers"),
        (lambda x: x[0.5], "whole numbers"),
        (lambda x: x[x > 0], "whole numbers"),
        (lambda x: dl.add(x, [[1], [2, 3]]), "different lengths"),
    ],
)
def test_a_node_is_no_array_and_says_what_to_do_instead(use: Any, message: str) -> None:
    with pytest.raises(dl.DTypeError, match=message):
        use(dl.placeholder("x", shape=(None, 2)))


def test_numpys_functions_of_nodes_build_nodes() -> None:
    x = dl.parameter([1.0, 4.0], name="x")
    assert dl.run([np.sqrt(x), np.multiply(2.0, x), np.float64(2) * x])[2].tolist() == [2, 8]


def test_order_puts_inputs_first_and_each_node_once() -> None:
    x = dl.parameter(1.0, name="x")
    a = x * 2
    order = topological_order([a + a * x, a])
    assert len(order) == len(set(order)) and all(order.index(p) < order.index(n) for n in order for p in n.inputs)


@pytest.mark.parametrize(
    "keep", [lambda nodes: pickle.loads(pickle.dumps(nodes)), copy.deepcopy], ids=["pickle", "deepcopy"]
)
@pytest.mark.parametrize("order", [1, -1])
def test_nodes_kept_together_stay_one_graph(keep: Any, order: int) -> None:
    x, data = dl.parameter([1.0, 2.0], name="x"), dl.placeholder("data", shape=(None,))
    h = dl.exp(x)
    loss = dl.sum(h * h) + dl.sum(data)
    kept = dict(zip(["x", "data", "h", "loss"][::order], keep([x, data, h, loss][::order]), strict=True))
    found = dl.run(dl.gradients(kept["loss"], [kept["h"], kept["x"]]), {kept["data"]: [1.0]})
    np.testing.assert_allclose(found[1], 2 * np.exp([2.0, 4.0]))
    kept["x"].assign([0.0, 0.0])
    assert x.value.tolist() == [1, 2] and dl.run(kept["loss"], {kept["data"]: [0.5]}) == 2.5


def test_thirty_thousand_nodes_are_differentiated_printed_and_pickled_without_recursion() -> None:
    y = x = dl.parameter(0.5, name="x")
    for _ in range(30_000):
        y = dl.sin(y)
    slope = dl.gradients(y, x)
    again, x_again = pickle.loads(pickle.dumps([slope, x]))
    assert len(repr(slope)) < 300 and x_again in topological_order(again)


def test_nodes_pickled_one_after_the_other_take_linear_time() -> None:
    y, nodes = dl.parameter(0.5, name="x"), []
    for _ in range(5_000):
        y = dl.sin(y)
        nodes.append(y)
    again = pickle.loads(pickle.dumps(nodes))
    assert [b for a, b in itertools.pairwise(again) if b.inputs[0] is not a] == []


def test_a_learners_operation_is_pickled_by_name() -> None:
    @dl.operation("pickled")
    def pickled(x: Any) -> Any:
        return x * 2

    assert dl.run(pickle.loads(pickle.dumps(pickled(dl.parameter([1.0], name="x"))))).tolist() == [2]


def code_lines(name: str) -> tuple[ast.Module, set[int]]:
    """A file of the engine, and its lines that hold code, and neither a comment nor a docstring."""
    text = (Path(dl.__file__).parent / "engine" / name).read_text()
    tree = ast.parse(text)
    told = {id(node.body[0]) for node in ast.walk(tree) if isinstance(node, TOLD) and ast.get_docstring(node)}
    skipped = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    docs = {line for node in ast.walk(tree) if id(node) in told for line in spanned(node)}
    tokens = [t for t in tokenize.generate_tokens(io.StringIO(text).readline) if t.type not in skipped]
    return tree, {line for t in tokens for line in range(t.start[0], t.end[0] + 1)} - docs


def spanned(node: Any) -> range:
    return range(node.lineno, node.end_lineno + 1)


def test_what_is_to_be_read_first_stays_short() -> None:
    def lines(name: str) -> int:
        return len(code_lines(name)[1])

    assert lines("graph.py") + lines("differentiation.py") < 300  # with the interpreter, which stands in graph.py
    assert lines("compiler.py") + lines("program.py") < 758


def test_all_derivative_rules_fill_no_more_than_two_screens() -> None:
    """Each is what stands after ``rule=`` (of `elementwise`, last); a function of its own counts with its helpers."""
    tree, code = code_lines("operations.py")
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    helpers = {"_of_copies", "_to_larger", "_flipped", "_at"}
    rules: list[Any] = [functions[name] for name in helpers]
    for call in [node for node in ast.walk(tree) if isinstance(node, ast.Call)]:
        called = call.func.id if isinstance(call.func, ast.Name) else ""
        rules += [given.value for given in call.keywords if given.arg == "rule"]
        rules += call.args[4:] if called == "elementwise" else []
    rules += [functions[rule.id] for rule in rules if isinstance(rule, ast.Name) and rule.id in functions]
    assert len({line for rule in rules for line in spanned(rule)} & code) < 150
    assert {rule.name for rule in rules if isinstance(rule, ast.FunctionDef)} > {"_matmul_rule", "_flat"}  # it looks


TOLD = (ast.Module, ast.ClassDef, ast.FunctionDef)
