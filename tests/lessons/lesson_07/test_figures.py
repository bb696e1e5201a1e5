"""The figures of lesson 07 show what the lesson says they show."""

import pytest

import dlcourse as dl
from dlcourse.lesson import files

figures = files.figures("07")
Cut = figures.Cut
Expression = figures.Expression
Forward = figures.Forward
Visits = figures.Visits


@pytest.mark.parametrize(("text", "boxes"), [("tanh(w*x + b)**2", 8), ("x*x", 2), ("(x + w)*(x - w)", 5)])
def test_every_value_has_one_box(text, boxes):
    fig = Expression(text=text)
    assert len(fig.nodes) == boxes
    assert fig.describe().startswith(f"{boxes} boxes")


def test_half_a_formula_leaves_the_last_whole_one_on_the_screen():
    fig = Expression(text="x*x")
    fig.set(text="x*(")
    assert fig.problem
    assert len(fig.nodes) == 2


@pytest.mark.parametrize("moved", ["x", "w", "b", "y"])
@pytest.mark.parametrize("by", [-0.7, 0.3])
def test_values_that_move_are_those_that_are_said_to_feel_it(moved, by):
    fig = Forward(moved=moved, by=by)
    assert [before != after for before, after in zip(fig.before, fig.after, strict=True)] == fig.feels


def test_without_a_cut_the_loss_sees_what_has_a_gradient():
    fig = Cut()
    slopes = [float(v) for v in dl.run(dl.gradients(fig.loss, fig.turn))]
    assert all(slopes)
    assert fig.seen == set(fig.nodes)


@pytest.mark.parametrize(("cut", "still"), [("s", "w₂ b₂"), ("h", "w₂ b₂"), ("ŷ", ""), ("ℓ", "")])
def test_knobs_behind_a_cut_have_gradient_0(cut, still):
    fig = Cut(cut=cut)
    # the box keeps its value: a constant takes its place, and the rest of the graph is made anew
    made: dict[dl.Node, dl.Node] = {}
    rules = {"multiply": dl.multiply, "add": dl.add, "subtract": dl.subtract, "relu": dl.relu, "square": dl.square}
    for node in fig.nodes:
        if node is fig.node:
            made[node] = dl.constant(dl.run(node))
        else:
            made[node] = rules[node.kind_name](*[made[i] for i in node.inputs]) if node.inputs else node
    slopes = [float(v) for v in dl.run(dl.gradients(made[fig.loss], fig.turn, unconnected="zero"))]
    assert [fig.names[n] for n, slope in zip(fig.turn, slopes, strict=True) if slope] == still.split()
    assert [fig.names[n] for n in fig.turn if n in fig.seen] == still.split()


def test_questions_double_without_a_memory_as_the_program_of_the_lesson_counts_them():
    fig = Visits(height=18)
    assert fig.without[18] == 524_287

    def visit(node):
        return 1 + sum(visit(i) for i in node.inputs)

    assert [visit(fig.tower[n]) for n in range(9)] == fig.without[:9]


def test_an_input_that_is_not_moved_moves_nothing():
    still = Forward(moved="w", by=0, frame=99)
    assert still.sentence() == "w stays where it is, and so does all the rest; ℓ is 0.157"


def test_a_formula_whose_graph_could_not_be_read_is_refused_in_a_sentence():
    """Twenty-one boxes lay upon one another; the learner's own graph of that size was refused already."""
    deep = "x"
    for _ in range(6):
        deep = f"tanh({deep}*w + b)"
    figure = files.figures("07").FIGURES["expression"](text="x*w")
    figure.set(text=deep)
    assert figure.sentence().startswith("That makes 21 boxes, too many for one picture that can be read.")
    assert len(figure.nodes) == 3, "the last that could be read"
