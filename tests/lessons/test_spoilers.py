"""A figure that follows a prediction does not answer it: neither its stored picture and sentence nor as it opens.

For each prediction: the figure below it, what would give the answer away, and settings in which the figure does say it.
"""

from __future__ import annotations

import re
from typing import Any

import nbformat
import numpy as np
import pytest

from dlcourse.lesson import files
from tests.lessons.unproved import printed

SPOILERS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "00.a": ("one-knob", "of every setting", {"whole": True}),
    "01.b": ("secant", "the derivative is", {"h": 0.04}),
    "01.c": ("ucurve", "hurts", {"h": 1e-12}),
    "02.a": ("descent", "come to rest", {"frame": 999}),
    "02.b": ("dial", "zig-zags", {"rate": 0.74}),
    "02.c": ("momentum", "left, deeper", {"beta": 0.94, "frame": 999}),
    "03.a": ("hill2d", "steepest downhill is", {"x": -1.2, "y": 0.8}),
    "03.b": ("condition", "79°", {"kappa": 100}),
    "03.c": ("units", "0° away", {"scale": 3.0}),
    "04.b": ("zoo", "1 of 11 points on the wrong side", {"outlier": 5.0}),
    "05.a": ("arrows", "σ/√B", {"size": 16}),
    "05.b": ("floor", "on average", {"frame": 999}),
    "05.c": ("race", "at the finish:", {"frame": 999}),
    "06.a": ("kinds", "x = −0.20", {"frame": 999}),
    "06.b": ("cost", "finite differences 6600", {"dimension": 300}),
    "07.a": ("expression", "8 boxes", {"text": "tanh(w*x + b)**2"}),
    "07.b": ("forward", "move with it", {"frame": 999}),
    "07.c": ("visits", "524287", {"height": 18}),
    "08.a": ("gears", "together", {"turn": 60}),
    "08.b": ("evaluation", "takes the cosine at the wrong place", {"x": 1.3}),
    "08.c": ("diamond", "together", {"path": "both"}),
    "09.a": ("microscope", "z moves by", {"ds": 1.0}),
    "09.b": ("fan", "times dz", {"dz": 0.5}),
    "09.c": ("depth", "e-1", {"layers": 20}),
    "10.b": ("order", "times as many", {"frame": 999}),
    "11.a": ("mail", "which is wrong", {"order": "breadth-first", "frame": 999}),
    "11.b": ("broadcast", "summed over axis 0", {"of": "b"}),
    "12.a": ("line", "step 60", {"frame": 999}),
    "12.b": ("published", "the line drawn from column 0 has", {"frame": 999}),
    "12.c": ("separable", "step 2000", {"frame": 999}),
    "13.a": ("fold", "two sums without a nonlinearity", {"hidden": "none"}),
    "13.b": ("starts", "after step 400", {"frame": 999}),
    "13.c": ("widths", "24 of 30", {"width": "2"}),
    "14.b": ("hunt", "before Module.__init__()", {"frame": 999}),
    "14.c": ("bench", "times as long", {"frame": 999}),
}
# The figure opens on other numbers than were asked for, or shows nothing that could answer; why, in a few words.
NEUTRAL = {
    "00.b": "the number of tries is counted, not shown",
    "00.c": "no figure of the ten knobs shows a time",
    "01.a": "the score is empty until a side is chosen",
    "10.a": "the table has no names before a column is moved",
    "14.a": "a small stack, other sizes",
    "15.a": "one card of twelve",
}
# No figure follows; what would give the answer away, and the cell that may say it, which is not the next one.
TOLD_LATER = {
    "04.c": ("(342, 342)", "trap"),
    "15.b": ("Four claims need a condition", "tally"),  # folded away
}
DRIVEN = {"04.a", "06.c"}  # what is drawn would give it away: each has a test of its own below


def test_each_prediction_is_looked_after():
    every = {id for lesson in files.numbers() for id in files.choices(lesson, "predictions")}
    looked_after = [*SPOILERS, *NEUTRAL, *TOLD_LATER, *DRIVEN]
    assert every == set(looked_after) and len(every) == len(looked_after)


@pytest.mark.parametrize("prediction", SPOILERS)
def test_a_figure_keeps_the_answer_to_itself_until_it_is_moved(prediction):
    name, answer, settings = SPOILERS[prediction]
    figure = files.figures(prediction[:2]).FIGURES[name]
    assert answer not in figure().sentence(), "as it opens"
    assert answer in figure(**settings).sentence(), "moved, it does say it"
    cells = nbformat.read(files.notebook(prediction[:2]), as_version=4).cells
    asked = next(k for k, cell in enumerate(cells) if f'lesson.predict("{prediction}")' in cell.source)
    shown = next(cell for cell in cells[asked:] if f'lesson.show("{name}"' in cell.source)
    assert answer not in shown.outputs[0].data["text/plain"], "as it is stored"


@pytest.mark.parametrize("prediction", TOLD_LATER)
def test_the_cell_after_a_prediction_does_not_answer_it(prediction):
    answer, told = TOLD_LATER[prediction]
    cells = files.cells(prediction[:2])
    asked = next(k for k, cell in enumerate(cells) if f'lesson.predict("{prediction}")' in cell["source"])

    def open_text(cell):
        return re.sub(r"<details>.*?</details>", "", cell["source"], flags=re.DOTALL) + printed(cell)

    assert answer not in open_text(cells[asked + 1])
    assert answer in next(cell["source"] + printed(cell) for cell in cells if cell["id"] == told)


def test_04_a_a_line_that_is_turned_goes_straight_across_only_when_you_turn_it():
    line = files.figures("04").FIGURES["line"]
    for figure in (line(), line(frame=999)):
        (trail,) = (m for m in figure.scene()[1].marks if m.kind == "polyline" and m.role == "path")
        assert np.ptp(trail.ys) > 0.5 < 10 * np.ptp(trail.xs), "the path of descent turns and lifts at once"
    turned = [line(w=w).path[0] for w in (0.0, 0.5, 1.0)]
    assert np.ptp(turned, axis=0).tolist() == [1.0, 0.0]


def test_06_c_the_staircase_is_drawn_as_far_as_somebody_went():
    staircase = files.figures("06").FIGURES["kinds"](ground="devil")

    def rise():
        ground, felt = staircase.scene()
        heights = next(m for m in ground.marks if m.role == "function").ys
        assert np.nanmax(np.abs(next(m for m in felt.marks if m.role == "derivative").ys)) == 0
        return np.nanmax(heights) - np.nanmin(heights)

    assert rise() < 0.3
    staircase.set(start=-1.9)
    assert rise() > 1


@pytest.mark.parametrize(("lesson", "answer"), [("05", "winner"), ("07", "524")])
def test_no_heading_gives_the_answer_of_a_prediction_away(lesson, answer):
    """A heading is read before what stands below it, and from anywhere, in the table of contents."""
    sources = [str(cell["source"]) for cell in files.cells(lesson) if cell["cell_type"] == "markdown"]
    headings = [line for source in sources for line in source.splitlines() if line.startswith("#")]
    assert headings and not [line for line in headings if answer in line]
