"""Graphs are drawn so that they can be read: from left to right, nothing on top of anything."""

import itertools

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.figures import picture, resolve
from dlcourse.figures.graphs import Backpropagation, Layout, graph_panel


def mlp_loss():
    x, t = dl.placeholder("x", (None, 2)), dl.placeholder("t", (None, 2))
    model = dl.Sequential(dl.Linear(2, 3, rng=0), dl.tanh, dl.Linear(3, 2, rng=1))
    return dl.mean(dl.softmax_cross_entropy(model(x), t)), {x: np.ones((4, 2)), t: np.eye(2)[[0, 1, 0, 1]]}


def graphs():
    x = dl.parameter(2.0, name="x")
    stacked = x
    for _ in range(5):
        stacked = stacked * stacked + stacked
    loss, _ = mlp_loss()
    reached = [n for n in dl.topological_order(loss) if isinstance(n, dl.Parameter)]
    return {
        "one": [x],
        "diamonds": dl.topological_order(stacked),
        "network": dl.topological_order(loss),
        "with derivatives": dl.topological_order([loss, *dl.gradients(loss, reached)]),
    }


@pytest.mark.parametrize("nodes", graphs().values(), ids=graphs().keys())
def test_inputs_stand_to_the_left_and_no_two_nodes_share_a_place(nodes):
    layout = Layout(nodes)
    for node in nodes:
        for parent in node.inputs:
            assert layout.at[parent][0] < layout.at[node][0]
            path = layout.paths[parent, node]
            assert path[0] == layout.at[parent]
            assert path[-1] == layout.at[node]
    for (x0, y0), (x1, y1) in itertools.combinations(layout.at.values(), 2):
        assert x0 != x1 or abs(y0 - y1) > 0.99


def test_edges_that_can_be_drawn_without_crossing_do_not_cross():
    a, b, c = (dl.parameter(1.0, name=name) for name in "abc")
    nodes = [a, b, c, dl.sin(c), dl.sin(b), dl.sin(a)]
    assert Layout(nodes).crossings() == 0


def test_long_edges_go_around_the_nodes_between():
    a = dl.parameter(1.0)
    b = dl.sin(a)
    c = dl.sin(b)
    layout = Layout(dl.topological_order(a + c))
    (path,) = [path for (start, _), path in layout.paths.items() if start is a and len(path) > 2]
    assert not set(path[1:-1]) & set(layout.at.values())


def test_a_graph_of_a_thousand_nodes_is_laid_out_at_once():
    x = dl.parameter(0.1)
    for _ in range(500):
        x = x * x + x
    assert len(Layout(dl.topological_order(x)).at) == 1001


def test_the_picture_shows_values_gradients_and_both_networks():
    a = dl.parameter(3.0, name="a")
    b = (2 * a).named("b")
    figure = Backpropagation((b + (b * b).named("c")).named("d"))
    figure.frame = figure.last_frame
    network, beside = resolve(figure.scene(), figure.frame)
    words = [mark.string for mark in network.marks if mark.kind == "text"]
    assert {"42", "36", "6", "3", "∂ 26", "∂ 13", "∂ 1"} <= set(words)
    names = {mark.label for mark in beside.marks if mark.kind == "node"}
    assert {"∂d/∂a", "∂d/∂b", "b"} <= names
    assert picture(figure).startswith(b"\x89PNG")


def test_before_the_first_step_no_value_is_shown():
    figure = Backpropagation(*mlp_loss())
    (panel,) = resolve(figure.scene(), 0)
    assert [mark.string for mark in panel.marks if mark.kind == "text" and mark.string] == []
    assert figure.describe() == f"{figure.last_frame} steps, forward and then backward."


def test_the_wrong_order_is_seen_and_said():
    a = dl.parameter(3.0, name="a")
    b = (2 * a).named("b")
    figure = Backpropagation(b + (b * b).named("c"), order="breadth-first")
    said = []
    for frame in range(figure.last_frame + 1):
        figure.frame = frame
        said.append(figure.describe())
    assert "too late for b" in "\n".join(said)
    assert said[-1].endswith("a is 26, so this is wrong.")
    figure.set(order="topological")
    figure.frame = figure.last_frame
    assert "wrong" not in figure.describe()


def test_names_roles_and_leaves_can_be_chosen():
    x = dl.parameter(2.0, name="x")
    y = dl.sin(x)
    panel = graph_panel([x, y], names={x: "input", y: "output"}, roles={y: "derivative"}, leaves=[y])
    assert [(m.kind, m.fields.get("label"), m.role) for m in panel.marks] == [
        ("node", "input", "function"),
        ("node", "output", "derivative"),
    ]
