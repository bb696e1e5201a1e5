"""What lesson 07 says of its figures holds."""

from dlcourse.lesson import files
from tests.lessons.claims import claim

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
