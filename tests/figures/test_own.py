"""A learner's own graph, drawn: whatever is built in a lesson shows its values and gradients, or says why it cannot."""

import itertools

import numpy as np
import pytest
from matplotlib.textpath import TextPath

import dlcourse as dl
from dlcourse.figures import resolve
from dlcourse.figures.labels import overlap
from dlcourse.figures.own import OwnGraph
from dlcourse.lesson import open_lesson
from dlcourse.lesson.notebook import UnknownSetting

SQUARE = {"a": ("input", []), "q": ("multiply", ["a", "a"]), "s": ("add", ["q", "a"])}


def perceptron():
    x, t = dl.placeholder("x", (None, 2)), dl.placeholder("t", (None, 1))
    W, b, v = (dl.parameter(np.full(shape, 0.5), name=name) for name, shape in [("W", (2, 3)), ("b", 3), ("v", (3, 1))])
    return dl.mean(dl.square(dl.tanh(x @ W + b) @ v - t)), {x: np.ones((4, 2)), t: np.ones((4, 1))}


def shared():
    a = dl.parameter(3.0, name="a")
    b = (2 * a).named("b")
    return (b + (b * b).named("c")).named("d")


def nested():
    node = dl.parameter(0.5, name="x")
    for _ in range(4):
        node = dl.tanh(node * node)
    return node


def marks(figure, kind):
    (panel,) = resolve(figure.scene(), figure.frame)
    return [mark for mark in panel.marks if mark.kind == kind]


def test_values_stand_over_the_boxes_and_gradients_under_them():
    figure = OwnGraph(of=shared(), gradients=True)
    words = {mark.string for mark in marks(figure, "text")}
    assert {"3", "6", "36", "42", "∂ 1", "∂ 13", "∂ 26"} <= words
    assert figure.sentence() == "5 boxes, 2 of them inputs; d is 42; by a its gradient is 26"


def test_a_node_that_is_used_twice_sends_two_arrows():
    x = dl.parameter(2.0, name="x")
    assert len(marks(OwnGraph(of=x * x), "edge")) == 2
    assert len(marks(OwnGraph(of=SQUARE), "edge")) == 4


def test_a_box_says_its_name_and_what_computes_it():
    labels = {mark.label for mark in marks(OwnGraph(of=shared()), "node")}
    assert labels == {"2", "a", "b: multiply", "c: multiply", "d: add"}


def test_steps_walk_forward_and_then_back():
    figure = OwnGraph(of=shared(), gradients=True)
    figure.reset()
    assert figure.sentence() == "5 boxes, 2 of them inputs; nothing is computed yet"
    said = []
    while figure.frame < figure.last_frame - 1:
        figure.step()
        said.append(figure.sentence())
    assert said == [
        "forward: b is 6",
        "forward: c is 36",
        "forward: d is 42",
        "backward: d has the gradient 1",
        "backward: c has the gradient 1",
        "backward: b has the gradient 13",
    ]


def test_without_data_the_shapes_are_shown():
    loss, feeds = perceptron()
    assert "(None, 2)" in {mark.string for mark in marks(OwnGraph(of=loss), "text")}
    assert "4×2" in {mark.string for mark in marks(OwnGraph(of=loss, feeds=feeds, gradients=True), "text")}
    with pytest.raises(ValueError, match=r"^gradients need values: feeds= has none for [tx] and [tx]$"):
        OwnGraph(of=loss, gradients=True)


def test_a_dict_shows_what_the_learners_own_functions_returned():
    figure = OwnGraph(of=SQUARE, values={"a": 3.0, "q": 9.0, "s": 12.0}, gradients={"s": 1.0, "q": 1.0, "a": 7.0})
    assert figure.sentence() == "3 boxes, 1 of them an input; s is 12; by a its gradient is 7"
    assert OwnGraph(of=dict(reversed(SQUARE.items()))).sentence() == "3 boxes, 1 of them an input"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"of": {"a": ("add", ["b", "b"]), "b": ("tanh", ["a"])}}, "a and b cannot be computed: .* has a cycle"),
        ({"of": {"a": ("tanh", ["b"])}}, "a uses b, and the dict has no line for b"),
        ({"of": 3}, "of= takes a node, as in of=loss, or a graph as in lesson 07, and this is int"),
        ({"of": SQUARE, "gradients": True}, "a dict computes nothing"),
        ({"of": dl.constant(1.0), "values": {}}, "a node of the engine computes its values"),
        ({"of": dl.parameter([1.0, 2.0]), "gradients": True}, "scalar|one number"),
        ({"of": {}}, "the dict is empty"),
        ({"of": {"a": ("add", "b", "c")}}, r"the line of a is \('add', 'b', 'c'\), not \(operation, "),
        ({"of": {"a": 3.0}}, r"the line of a is 3.0, not"),
        ({}, "of= takes a node, as in of=loss, or a graph as in lesson 07, and nothing was given"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_one_sentence(settings, says):
    with pytest.raises(UnknownSetting, match=says) as raised:
        open_lesson("07").show("graph", **settings)
    assert str(raised.value).startswith("The figure 'graph' cannot start like that: ")


@pytest.mark.parametrize("length", [30, 5000])
def test_too_large_a_graph_is_refused_at_once(length):
    node = dl.parameter(0.5)
    for _ in range(length):
        node = dl.tanh(node)
    with pytest.raises(ValueError, match=f"^this graph has {length + 1} nodes, too many for one picture"):
        OwnGraph(of=node)
    chain = {"n0": ("input", [])} | {f"n{k}": ("tanh", [f"n{k - 1}"]) for k in range(1, length + 1)}
    with pytest.raises(ValueError, match=f"^this graph has {length + 1} nodes, too many for one picture"):
        OwnGraph(of=chain)


@pytest.mark.parametrize("graph", [shared, nested, perceptron])
@pytest.mark.parametrize("gradients", [False, True])
def test_no_words_lie_on_words_or_on_a_box(graph, gradients):
    made = graph()
    node, feeds = made if isinstance(made, tuple) else (made, None)
    figure = OwnGraph(of=node, feeds=feeds, gradients=gradients)
    (panel,) = resolve(figure.scene(), figure.last_frame)
    across, up = 610 / (panel.xlim[1] - panel.xlim[0]), 290 / (panel.ylim[1] - panel.ylim[0])  # pixels a unit
    boxes = []
    for mark in panel.marks:
        words = {"node": mark.fields.get("label"), "text": mark.fields.get("string")}.get(mark.kind)
        if words:
            wide = 0.72 * TextPath((0, 0), words, size=9.5).get_extents().width / 0.54  # as printed, 640 pixels wide
            wide, high = (wide + 10, 24) if mark.kind == "node" else (wide, 11)
            x, y = mark.x * across, mark.y * up
            boxes.append((x - wide / 2, y - high / 2, x + wide / 2, y + high / 2, words))
    assert len(boxes) > len(figure.nodes)
    for a, b in itertools.combinations(boxes, 2):
        assert overlap(a[:4], b[:4]) == 0, (a[4], b[4])
