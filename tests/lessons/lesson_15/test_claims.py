"""What lesson 15 says of its figures holds."""

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.lesson import files
from tests.lessons.claims import cells, claim

figures = files.figures("15")


def said_and_found(name):
    """Where on the knob the card prints the same number twice."""
    _, says, truth = figures.curves(name)
    printed = [[figures.shown(v) for v in line] for line in (says, truth)]
    return [said == found for said, found in zip(*printed, strict=True)]


@claim(
    "15",
    "saw-claims",
    "**right**: the lines are one, wherever you look;",
    "**conditional**: said and found are the same number over a whole stretch of the knob",
    "**wrong**: they are the same nowhere, or in a single place by chance.",
)
@pytest.mark.parametrize("name", figures.CLAIMS)
def test_each_verdict_follows_from_the_rule_that_the_lesson_states(name):
    same = said_and_found(name)
    assert figures.CLAIMS[name].verdict == ("right" if all(same) else "conditional" if sum(same) >= 4 else "wrong")


@claim("15", "saw-claims", "The button finds the place where the lines part most.")
@pytest.mark.parametrize("name", figures.CLAIMS)
def test_the_button_goes_where_the_lines_part_most(name):
    fig = figures.Claims(claim=name)
    fig.find()
    assert abs(fig.here[0] - fig.here[1]) == pytest.approx(np.abs(fig.says - fig.truth).max())


@claim("15", "saw-slopes", "With the cards, that makes all four sources.")
def test_something_of_each_source_is_refuted_or_needs_a_condition():
    cards = {card.source for card in figures.CLAIMS.values() if card.verdict != "right"}
    assert {"LeCun", "Tiwari", "Sabinasz"} <= cards  # and the notes: the third slope
    e = np.linspace(0.5, 3, 6)
    assert (e - 2 * e != 0).all() and "½e²: 2e" in cells("15")["three-slopes"]


def ways(loss: dl.Node) -> dict[dl.Node, set[int]]:
    """How many arrows lie between a node and the loss, on each way."""
    lengths: dict[dl.Node, set[int]] = {loss: {0}}
    for node in reversed(dl.topological_order(loss)):
        for i in node.inputs:
            lengths.setdefault(i, set()).update(length + 1 for length in lengths[node])
    return lengths


@claim("15", "order", "Every example in his text comes out right: on each of them all ways to a node are equally long.")
def test_breadth_first_is_right_on_the_examples_of_the_text():
    """A·x + b, the perceptron, and the perceptron with its loss: as operations, one for each node of his."""
    x, A, b = (dl.parameter(v) for v in ([1.0, 2.0], [[1.0, 0.0], [0.0, -1.0]], [1.0, 1.0]))
    p = dl.sigmoid(A @ x + b)
    X, Y = dl.constant([[1.0, 2.0], [-1.0, 0.5]]), dl.constant(np.eye(2))
    W, c = dl.parameter([[1.0, -1.0], [1.0, 0.5]]), dl.parameter([0.0, 0.5])
    J = -dl.sum(dl.sum(Y * dl.log(dl.softmax(X @ W + c)), axis=1))
    for loss, wanted in ((dl.sum(p), [A, x, b]), (J, [W, c])):
        right, early = dl.Trace(loss).gradients, dl.Trace(loss, order="breadth-first").gradients
        for node in wanted:
            np.testing.assert_allclose(early[node], right[node])
            assert len(ways(loss)[node]) == 1


@claim("15", "train", "The knobs of the figure come from lessons 02, 05, 09 and 13.")
def test_each_knob_of_the_workshop_names_its_lesson():
    labels = " ".join(str(getattr(knob, "label", "")) for knob in figures.Workshop()._controls.values())
    assert [lesson for lesson in ("02", "05", "09", "13") if lesson not in labels] == []


@claim("15", "write-it-down", "The best looks as if it knew something.")
def test_the_best_of_twenty_guessers_is_usually_far_above_one():
    rng = np.random.default_rng(1)
    best = (rng.integers(0, 2, size=(500, 20, 40)) == rng.integers(0, 2, size=(500, 1, 40))).mean(axis=2).max(axis=1)
    one = (rng.integers(0, 2, size=(2000, 40)) == 1).mean(axis=1)
    assert np.median(best) >= 0.65 and np.median(one) == 0.5


@claim(
    "15",
    "saw-workshop",
    "With 16 units, 400 updates put all 240 points on the right side.",
    "With 4 relu units they seldom do: the border has too few straight pieces. 16 of them are enough.",
    "With η = 1 and β = 0.95 the loss jumps about; with η = 0.001 it has hardly moved.",
)
def test_which_knobs_ruin_the_training():
    seeds = (1, 2, 3)
    assert [figures.Workshop(seed=s).right for s in seeds] == [240, 240, 240]
    assert max(figures.Workshop(seed=s, hidden="4", h="relu").right for s in seeds) < 230
    assert [figures.Workshop(seed=s, hidden="16", h="relu").right for s in seeds] == [240, 240, 240]
    assert [s for s in seeds if max(figures.Workshop(seed=s, rate=1.0, beta=0.95).losses[100:]) <= 2] == []
    assert [s for s in seeds if np.mean(figures.Workshop(seed=s, rate=0.001).losses[-20:]) <= 0.4] == []
