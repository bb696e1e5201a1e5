"""What lesson 07 says of its figures holds."""

from itertools import permutations

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.lesson import files
from tests.lessons.claims import cells, claim

figures = files.figures("07")


def arrows(figure):
    return [mark for mark in figure.scene()[0].marks if mark.kind == "edge"]


@claim("07", "saw-expression", "A letter that stands twice has one box and two arrows.")
def test_a_letter_that_stands_twice_sends_two_arrows():
    square = figures.Expression(text="x*x")
    assert len(arrows(square)) == 2
    assert len({mark.aside for mark in arrows(square)}) == 2, "side by side, not one on the other"


@claim("07", "saw-expression", "type `tanh(w*x + b)**2` and count: eight boxes")
def test_the_formula_of_the_hook_has_eight_boxes():
    assert len(figures.Expression(text="tanh(w*x + b)**2").nodes) == 8


def test_the_ladder_of_doublings_shows_both_questions_of_each_step():
    assert len(arrows(figures.Visits(height=3))) == 6


@claim("07", "saw-expression", "Every value has a box: the names, the plain numbers, and the result of each operation.")
def test_names_numbers_and_results_have_boxes():
    nodes = figures.Expression(text="tanh(w*x + b)**2").nodes
    assert sum(bool(node.inputs) for node in nodes) == 4, "two products or sums, tanh, the power"
    assert sorted(node.name or "2" for node in nodes if not node.inputs) == ["2", "b", "w", "x"]


@claim("07", "names", "Building comes first, and computes nothing.", "Running comes after, as often as you like.")
def test_building_computes_nothing_and_running_may_be_repeated():
    calls = []

    @dl.operation("counted", shape=lambda shape: shape)
    def counted(a):
        calls.append(1)
        return a + 1

    x = dl.placeholder("x", shape=())
    y = counted(x)
    assert calls == []
    assert [float(dl.run(y, {x: value})) for value in (1.0, 2.0)] == [2.0, 3.0] and len(calls) == 2


@claim("07", "forward", "Every input is ready when it is needed, and nothing is computed twice.")
def test_the_forward_pass_takes_each_node_once_after_its_inputs():
    walk = figures.Forward()
    assert len(set(walk.operations)) == len(walk.operations) == walk.last_frame
    ready = {node for node in walk.nodes if not node.inputs}
    for node in walk.operations:
        assert ready.issuperset(node.inputs)
        ready.add(node)


@claim(
    "07",
    "saw-forward",
    "A change travels along the arrows, and only along them.",
    "The others keep their values: w·x does not care about b.",
)
def test_a_change_reaches_what_the_arrows_reach():
    for moved in ("x", "w", "b", "y"):
        walk = figures.Forward(moved=moved, by=0.7)
        changed = [before != after for before, after in zip(walk.before, walk.after, strict=True)]
        assert changed == walk.feels
        kept = {walk.names[node] for node, feels in zip(walk.nodes, walk.feels, strict=True) if not feels}
        assert moved not in kept and ("w·x" in kept) == (moved in "by")


@claim("07", "pipeline", "If none does, its derivative is 0, and training never moves it.")
def test_a_knob_without_a_path_to_the_loss_stays():
    w, idle = dl.parameter(2.0, name="w"), dl.parameter(3.0, name="idle")
    loss = dl.square(w)
    (slope,) = dl.gradients(loss, [idle], unconnected="zero")
    assert float(dl.run(slope)) == 0
    dl.GradientDescent(0.1).minimize(loss)()
    assert float(idle.value) == 3.0 and float(w.value) != 2.0


@claim(
    "07",
    "saw-cut",
    "Cut off h, and the whole first layer falls silent.",
    "A box that is cut off keeps its value; what lies behind it no longer matters.",
)
def test_what_lies_behind_a_cut_no_longer_matters():
    said = figures.Cut(cut="h").sentence()
    assert "h is cut off from its inputs and keeps its value" in said
    assert "w₂ and b₂ can still change the loss, w₁ and b₁ cannot" in said


@claim("07", "cycles", "There is no order, so there is no forward pass.")
def test_two_nodes_that_need_each_other_have_no_order():
    scope = {}
    exec(cells("07")["a-cycle"].partition("done")[0], scope)
    graph = scope["circle"]

    def works(order):
        return all(order.index(i) < order.index(n) for n in graph for i in graph[n][1])

    assert not any(works(order) for order in permutations(graph))


@claim(
    "07",
    "careful",
    "With 60 such nodes in place of 18 the first program would not end in your lifetime.",
    "The results are the same: this mistake costs nothing but time, so tests with small graphs never find it.",
)
def test_a_walk_without_a_memory_is_slow_and_right():
    tower = figures.Visits().without
    assert [n + 1 for n in tower] == [2 ** (k + 1) for k in range(len(tower))]
    a_billion_a_second = (2**61 - 1) / 1e9 / 31_557_600
    assert a_billion_a_second > 70, "years"

    def post_order(node, seen=None):
        if seen is not None and node in seen:
            return []
        if seen is not None:
            seen.add(node)
        return [*(n for i in node.inputs for n in post_order(i, seen)), node]

    x = dl.parameter(1.5)
    y = x * x + x
    once = post_order(y, set())
    assert list(dict.fromkeys(post_order(y))) == once, "the same order, with repeats"
    assert np.isclose(float(dl.run(y)), 3.75) and once[-1] is y and pytest.approx(3.75) == float(dl.run(once[-1]))
