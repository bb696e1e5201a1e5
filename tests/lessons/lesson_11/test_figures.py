"""The figures of lesson 11 show what the lesson says they show."""

import numpy as np
import pytest

from dlcourse.lesson import files

figures = files.figures("11")
HS = figures.HS
RULES = figures.RULES
SHAPES = figures.SHAPES
Broadcast = figures.Broadcast
Check = figures.Check
Mail = figures.Mail
errors = figures.errors


def sentences(fig):
    said = [fig.describe()]
    while fig.frame < fig.last_frame:
        fig.step()
        said.append(fig.describe())
    return said


def test_breadth_first_depends_on_how_the_sum_is_written_and_the_right_order_does_not():
    ends = {
        (graph, order): sentences(Mail(graph=graph, order=order))[-1]
        for graph in ("b + c", "c + b")
        for order in ("topological", "breadth-first", "paths")
    }
    assert [pair for pair, end in ends.items() if end.endswith("wrong: it is 26")] == [("b + c", "breadth-first")]
    assert sum(end.endswith("a has 26, which is right") for end in ends.values()) == 5


def test_the_early_node_is_shown_with_half_its_mail_and_the_letter_that_comes_too_late():
    said = sentences(Mail(graph="b + c", order="breadth-first"))
    assert "b reads 1 of 2 letters" in said[2] and "12 to b, too late" in said[3]


@pytest.mark.parametrize("graph", ["b + c", "c + b", "perceptron", "diamonds"])
def test_when_all_letters_are_there_each_node_is_visited_once_and_reads_all_of_them(graph):
    mail = Mail(graph=graph).post
    assert [v.node for v in mail.visits] == list(dict.fromkeys(v.node for v in mail.visits))
    assert [letter for letter in mail.letters if not letter.read] == []
    assert [len(mail.arrived(v.node, k)) for k, v in enumerate(mail.visits)] == [
        mail.expected[v.node] for v in mail.visits
    ]


def test_path_by_path_reads_one_letter_a_visit_and_visits_more_often():
    mail = Mail(graph="diamonds", order="paths").post
    assert len(mail.visits) == 10 and len({v.node for v in mail.visits}) == 5
    assert sorted(letter.read for letter in mail.letters) == list(range(2, 11))
    for letter in mail.letters:
        assert letter.amount == pytest.approx(float(mail.visits[letter.read - 1].value))


def test_whoever_is_visited_next_stood_in_the_queue():
    for order in ("topological", "breadth-first", "paths"):
        for graph in ("b + c", "perceptron", "diamonds"):
            mail = Mail(graph=graph, order=order).post
            pairs = zip(mail.visits, mail.queues, strict=False)
            assert [visit for visit, queue in pairs if visit.node not in queue] == []
            assert mail.queues[-1] == []


def test_each_entry_of_an_input_gets_the_sum_of_its_cells():
    for a in SHAPES:
        for b in SHAPES:
            for of in "ab":
                fig = Broadcast(a=a, b=b, of=of)
                sums = np.bincount(fig.belongs.ravel(), weights=fig.g.ravel())
                assert sums == pytest.approx(fig.gradient.ravel())
                assert fig.g.sum(axis=tuple(fig.axes)).ravel() == pytest.approx(fig.gradient.ravel())


@pytest.mark.parametrize("name", RULES)
def test_a_right_rule_passes_at_the_bottom_of_the_u_and_a_wrong_one_at_no_h(name):
    right, wrong = errors(name)
    at = int(np.argmin(abs(np.log10(HS) + 5)))
    assert (right[:, at] < 1e-8).all()
    assert (right[:, at] < right[:, 0]).all()
    assert (wrong > 1e-2).all()


def test_a_mistake_marks_the_row_of_its_operation_only():
    fig = Check(operation="matmul", mistaken=True)
    bad = (fig.table[:, :, fig.k] > 1e-4).all(axis=1)
    assert [name for name, is_bad in zip(RULES, bad, strict=True) if is_bad] == ["matmul"]


def test_a_large_h_is_blamed_where_something_bends_only():
    assert "(h is large)" in Check(operation="softmax", h=0.1).sentence()
    assert "below 10⁻⁸ (as good as it gets)" in Check(operation="matmul", h=0.1).sentence(), "linear in each input"
