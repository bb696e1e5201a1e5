"""A figure that follows a prediction does not answer it: neither its stored picture and sentence nor as it opens.

For each prediction: the figure below it, what would give the answer away, and settings in which the figure does say it.
"""

from __future__ import annotations

from typing import Any

import nbformat
import pytest

from dlcourse.lesson import files

SPOILERS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "02.a": ("descent", "come to rest", {"frame": 999}),
    "02.c": ("momentum", "left, deeper", {"beta": 0.94, "frame": 999}),
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
    "09.a": ("microscope", "z moves by", {"ds": 1.0}),
    "09.b": ("fan", "times dz", {"dz": 0.5}),
    "09.c": ("depth", "e-1", {"layers": 20}),
    "10.b": ("order", "times as many", {"frame": 999}),
    "11.a": ("mail", "which is wrong", {"order": "breadth-first", "frame": 999}),
    "12.a": ("line", "step 60", {"frame": 999}),
    "13.b": ("starts", "after step 400", {"frame": 999}),
}


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
