"""Who solves lessons 07 and 11 has written an engine, cell by cell: here it is put together, and put to the test.

Nothing but the source of the reference answers is used, each run on its own as a learner's cell is. Random graphs go
through it and through the course's engine, and both must agree with differences. And it trains the perceptron, the
2-2-1 network, a spiral and the digits: step by step it loses what the course's engine and PyTorch lose.
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.lesson import files
from tests.lesson.record_torch_training import FILE, TRAININGS, Training, losses_of_torch

EXERCISES = {
    "topo": "07.1",
    "evaluate": "07.2",
    "entrywise_rules": "11.1",
    "matrix_rules": "11.2",
    "reducing_rules": "11.3",
    "backward": "11.4",
    "gradcheck": "11.5",
    "train": "11.6",
}


def cell(id: str) -> Any:
    """What one answer cell defines, run by itself."""
    exercise = files.exercises(id.split(".")[0])[id]
    space: dict[str, Any] = {"np": np}
    exec(exercise.source(), space)
    return space[exercise.name]


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@pytest.fixture(scope="module")
def learners() -> SimpleNamespace:
    engine = SimpleNamespace(**{name: cell(id) for name, id in EXERCISES.items()})
    engine.vjps = {**engine.entrywise_rules(), **engine.matrix_rules(), **engine.reducing_rules()}
    engine.functions = {
        "negative": np.negative,
        "log": np.log,
        "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
        "multiply": np.multiply,
        "matmul": np.matmul,
        "add": np.add,
        "softmax": softmax,
        "sum": np.sum,
        "sum0": lambda x: x.sum(axis=0),
        "sum1": lambda x: x.sum(axis=1),
    }
    return engine


COURSE = {
    "negative": dl.negative,
    "log": dl.log,
    "sigmoid": dl.sigmoid,
    "multiply": dl.multiply,
    "matmul": dl.matmul,
    "add": dl.add,
    "softmax": dl.softmax,
    "sum": dl.sum,
    "sum0": lambda x: dl.sum(x, axis=0),
    "sum1": lambda x: dl.sum(x, axis=1),
}
TWO = ("multiply", "matmul", "add")


def random_graph(rng: np.random.Generator, operations: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Every kind of operation, 2-D tables, biases and single numbers; values are fed such that every log is defined."""
    shapes: dict[str, tuple[int, ...]] = {"x": (3, 2), "y": (2, 2), "b": (2,), "c": (3, 1), "k": ()}
    graph: dict[str, Any] = {name: ("input", []) for name in shapes}
    feed = {name: rng.normal(0, 0.7, size=shape) for name, shape in shapes.items()}

    def note(kind: str, *inputs: str, shape: tuple[int, ...]) -> str:
        name = f"n{len(graph)}"
        graph[name], shapes[name] = (kind, list(inputs)), shape
        return name

    def some(*wanted: tuple[int, ...]) -> str:
        recent = [name for name in graph if shapes[name] in wanted]
        return str(rng.choice(recent[-4:]))

    for _ in range(operations):
        kind = str(rng.choice(["negative", "log", "sigmoid", "multiply", "matmul", "add", "softmax", "sum0", "sum1"]))
        table = some((3, 2), (2, 2))
        n = shapes[table][0]
        if kind == "log":
            note("log", note("sigmoid", table, shape=shapes[table]), shape=shapes[table])
        elif kind == "multiply":
            note("multiply", table, some(shapes[table]), shape=shapes[table])
        elif kind == "matmul":
            note("matmul", table, some((2, 2)), shape=(n, 2))
        elif kind == "add":
            small = some((2,), (), *([(3, 1)] if n == 3 else []))
            note("add", *rng.permutation([table, small]).tolist(), shape=shapes[table])
        elif kind in ("sum0", "sum1"):
            # back to a table at once: x + (a sum over its rows or columns)
            total = note(kind, table, shape=(2,) if kind == "sum0" else (n,))
            if kind == "sum0" or n == 2:
                note("add", total, table, shape=shapes[table])
        else:
            note(kind, table, shape=shapes[table])
    tables = [name for name in graph if len(shapes[name]) == 2]
    note("sum", note("multiply", tables[-1], some(shapes[tables[-1]]), shape=shapes[tables[-1]]), shape=())
    names = [str(name) for name in rng.permutation(list(graph))]  # order in the dict means nothing
    return {name: graph[name] for name in names}, feed


def by_the_course(graph: dict[str, Any], order: list[str], feed: dict[str, Any], loss: str) -> dict[str, Any]:
    nodes: dict[str, Any] = {}
    for name in order:
        kind, inputs = graph[name]
        nodes[name] = COURSE[kind](*[nodes[i] for i in inputs]) if inputs else dl.parameter(feed[name], name=name)
    dl.check_gradients(nodes[loss], wrt=[nodes[name] for name in feed])
    found = dl.gradients(nodes[loss], [nodes[name] for name in order], unconnected="zero")
    return dict(zip(order, dl.run(found), strict=True))


@pytest.mark.parametrize("seed", range(40))
def test_the_learners_engine_agrees_with_the_course_and_with_differences(learners, seed):
    rng = np.random.default_rng(seed)
    graph, feed = random_graph(rng, int(rng.integers(3, 12)))
    order = learners.topo(graph)
    loss = f"n{len(graph) - 1}"
    values = learners.evaluate(graph, feed, learners.functions)
    grads = learners.backward(graph, values, loss, learners.vjps)
    truth = by_the_course(graph, order, feed, loss)
    for name in order:
        if name in grads:
            assert np.shape(grads[name]) == np.shape(values[name])
        np.testing.assert_allclose(grads.get(name, np.zeros(np.shape(values[name]))), truth[name], rtol=1e-9, atol=1e-9)
    for name in feed:
        if name in grads:

            def moved(v: Any, name: str = name) -> float:
                return float(learners.evaluate(graph, {**feed, name: v}, learners.functions)[loss])

            assert learners.gradcheck(moved, grads[name], feed[name]) < 1e-7


def test_every_operation_takes_part(learners):
    kinds = {kind for seed in range(40) for kind, _ in random_graph(np.random.default_rng(seed), 8)[0].values()}
    assert kinds == {"input", *learners.vjps} == {"input", *COURSE}


@pytest.mark.parametrize("kind", sorted(COURSE))
def test_gradcheck_of_the_learner_accepts_right_rules_and_finds_a_wrong_one(learners, kind):
    rng = np.random.default_rng(7)
    inputs = [rng.uniform(0.5, 1.5, size=(3, 3)) for _ in range(2 if kind in TWO else 1)]
    output = learners.functions[kind](*inputs)
    g = rng.normal(size=np.shape(output))
    for i, gradient in enumerate(learners.vjps[kind](g, output, *inputs)):

        def loss(v: Any, i: int = i) -> float:
            return float(np.sum(g * learners.functions[kind](*[v if j == i else x for j, x in enumerate(inputs)])))

        assert learners.gradcheck(loss, gradient, inputs[i]) < 1e-8
        assert learners.gradcheck(loss, gradient + 0.01 * np.eye(3), inputs[i]) > 1e-3


def test_it_trains_the_perceptron_of_lesson_12_as_the_course_does(learners):
    rng = np.random.default_rng(12)
    labels = np.repeat([0, 1], 50)
    X = rng.normal(size=(100, 2)) + np.where(labels[:, None] == 0, 2.0, -2.0)
    Y, W = np.eye(2)[labels], rng.normal(size=(2, 2))
    graph: dict[str, Any] = {name: ("input", []) for name in ("X", "Y", "W", "b")}
    graph |= {
        "s": ("matmul", ["X", "W"]),
        "z": ("add", ["s", "b"]),
        "P": ("softmax", ["z"]),
        "L": ("log", ["P"]),
        "own": ("multiply", ["Y", "L"]),
        "sum": ("sum", ["own"]),
        "J": ("negative", ["sum"]),
    }
    losses = []

    def add_gradients(params, grads):
        values = learners.evaluate(graph, {"X": X, "Y": Y, **params}, learners.functions)
        losses.append(float(values["J"]))
        for name, g in learners.backward(graph, values, "J", learners.vjps).items():
            grads[name] = grads.get(name, 0) + g

    params = learners.train({"W": W, "b": np.zeros(2)}, add_gradients, 0.01, 100)
    theirs = files.exercises("12")["12.3"].answer(X, Y, W, np.zeros(2), 0.01, 100)
    np.testing.assert_allclose(params["W"], theirs[0], rtol=1e-8)
    np.testing.assert_allclose(params["b"], theirs[1], rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(losses, theirs[2], rtol=1e-8)


def test_it_takes_the_step_of_the_small_network_as_the_course_does(learners):
    """Two inputs, two tanh units, one output; the rule of tanh is the one line that lesson 11 adds."""
    functions = {**learners.functions, "tanh": np.tanh}
    rules = {**learners.vjps, "tanh": lambda g, output, x: [g * (1 - output**2)]}
    graph: dict[str, Any] = {name: ("input", []) for name in ("x", "W", "V", "-y", "half")}
    graph |= {
        "s": ("matmul", ["W", "x"]),
        "z": ("tanh", ["s"]),
        "out": ("matmul", ["V", "z"]),
        "e": ("add", ["out", "-y"]),
        "e²": ("multiply", ["e", "e"]),
        "C": ("multiply", ["half", "e²"]),
    }
    feed = {"x": np.array([[1.0], [2.0]]), "-y": np.array([[-1.0]]), "half": np.array([[0.5]])}
    start = {"W": np.array([[3.0, -1.0], [-2.0, 2.0]]), "V": np.array([[2.0, -1.0]])}

    def add_gradients(params, grads):
        values = learners.evaluate(graph, {**feed, **params}, functions)
        sent = learners.backward(graph, values, "C", rules)
        grads.update({name: grads.get(name, 0) + sent[name] for name in params})

    W, V = dl.parameter(start["W"], name="W"), dl.parameter(start["V"], name="V")
    loss = dl.sum((V @ dl.tanh(W @ feed["x"]) - 1) ** 2) / 2
    step = dl.GradientDescent(learning_rate=0.1).minimize(loss, [W, V])
    for _ in range(20):
        step({})
    theirs = learners.train(start, add_gradients, 0.1, 20)
    np.testing.assert_allclose(theirs["W"], W.value, rtol=1e-10)
    np.testing.assert_allclose(theirs["V"], V.value, rtol=1e-10)


def graph_of(training: Training) -> dict[str, Any]:
    """The network as a learner writes it down: a dict, whose last node J is the loss, summed over the batch."""
    graph: dict[str, Any] = {name: ("input", []) for name in ("X", "Y", *training.start)}
    z = "X"
    for k in range(len(training.layers)):
        if k:
            graph[f"z{k}"] = ("tanh", [z])
            z = f"z{k}"
        graph[f"p{k}"] = ("matmul", [z, f"W{k}"])
        z = f"p{k}"
        if f"b{k}" in graph:
            graph[f"s{k}"] = ("add", [z, f"b{k}"])
            z = f"s{k}"
    if training.classifies:
        graph |= {"P": ("softmax", [z]), "l": ("log", ["P"]), "own": ("multiply", ["Y", "l"]), "all": ("sum", ["own"])}
        return graph | {"J": ("negative", ["all"])}
    graph |= {"half": ("input", []), "-Y": ("negative", ["Y"]), "e": ("add", [z, "-Y"])}
    return graph | {"e²": ("multiply", ["e", "e"]), "all": ("sum", ["e²"]), "J": ("multiply", ["half", "all"])}


def losses_of_learner(learners: SimpleNamespace, training: Training) -> list[float]:
    functions = {**learners.functions, "tanh": np.tanh}
    rules = {**learners.vjps, "tanh": lambda g, output, x: [g * (1 - output**2)]}
    graph, batches, losses = graph_of(training), iter(training.batches), []

    def add_gradients(params: dict[str, Any], grads: dict[str, Any]) -> None:
        X, Y = next(batches)
        samples = len(X) if training.classifies else 1
        values = learners.evaluate(graph, {"X": X, "Y": Y, "half": 0.5, **params}, functions)
        losses.append(float(values["J"]) / samples)
        sent = learners.backward(graph, values, "J", rules)
        grads.update({name: grads.get(name, 0) + sent[name] / samples for name in params})

    learners.train(training.start, add_gradients, training.rate, len(training.batches))
    return losses


def losses_of_the_course(training: Training) -> list[float]:
    named = {name: dl.parameter(value, name=name) for name, value in training.start.items()}
    x, y = (dl.placeholder(name, (None, array.shape[1])) for name, array in zip("xy", training.batches[0], strict=True))
    z: dl.Node = x
    for k in range(len(training.layers)):
        z = (dl.tanh(z) if k else z) @ named[f"W{k}"]
        z = z + named[f"b{k}"] if f"b{k}" in named else z
    loss = dl.mean(dl.softmax_cross_entropy(z, y)) if training.classifies else dl.sum(dl.square(z - y)) / 2
    step = dl.GradientDescent(training.rate).minimize(loss)
    return [float(step({x: X, y: Y})) for X, Y in training.batches]


RECORDED = json.loads(FILE.read_text(encoding="utf-8"))["losses"]


@pytest.mark.parametrize("name", TRAININGS)
def test_it_trains_what_the_course_and_pytorch_train_and_loses_what_they_lose(learners, name):
    training = TRAININGS[name]()
    found = losses_of_learner(learners, training)
    np.testing.assert_allclose(found, losses_of_the_course(training), rtol=1e-9)
    np.testing.assert_allclose(found, RECORDED[name], rtol=0, atol=1e-6)
    assert found[-1] < 0.6 * found[0], "it learned something"


@pytest.mark.parametrize("name", TRAININGS)
def test_pytorch_itself_still_says_what_was_recorded(name):
    pytest.importorskip("torch", reason="PyTorch is optional: what it did is recorded")
    np.testing.assert_allclose(losses_of_torch(TRAININGS[name]()), RECORDED[name], rtol=0, atol=1e-6)
