"""No word of a figure lies on another, and none is cut off: first and last frame, every control at both ends.

Computed from the layout and the metrics of the font, without making a picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import matplotlib
import pytest

from dlcourse.figures import paper
from dlcourse.figures.figure import Select, Slider, Toggle
from dlcourse.lesson import files
from tests.conftest import EVERYTHING, LESSONS

SLACK = 2.0  # pixels that two boxes may share: letters do not fill their boxes


def ends(control: Any) -> list[Any]:
    """Where a control can be put at most."""
    if isinstance(control, Slider):
        return [control.low, control.high]
    if isinstance(control, Toggle):
        return [False, True]
    if isinstance(control, Select):
        return list(control.options)
    return []


def states(name: str, lesson: str) -> Iterator[tuple[str, Any]]:
    """A figure as it opens, at its last frame, and with two controls at one end each (DLCOURSE_ALL: all, at each)."""
    make = files.figures(lesson).FIGURES[name]
    figure = make()
    yield "as it opens", figure
    if figure.last_frame:
        figure.frame = figure.last_frame
        yield "last frame", figure
    moved = {control.name: ends(control) for control in figure._controls.values() if ends(control)}
    settings = [{control: value} for control, values in moved.items() for value in values]
    if not EVERYTHING:
        settings = [{control: values[-(k % 2)]} for k, (control, values) in enumerate(moved.items())][:2]
    for setting in settings:
        figure = make(**setting)
        figure.frame = figure.last_frame
        yield f"{setting}, last frame", figure


def words(figure: Any) -> tuple[list[tuple[str, tuple[float, float, float, float]]], tuple[float, float]]:
    """Every text of a drawn figure with its box in pixels, and the size of the paper."""
    with matplotlib.rc_context(paper.FONT):
        page = paper.drawn(figure)
        renderer = page.canvas.get_renderer()  # type: ignore[attr-defined]
        texts = list(page.texts)
        for axes in page.axes:
            texts += axes.texts
            if axes.axison:
                for axis in (axes.xaxis, axes.yaxis):
                    axis.get_tightbbox(renderer)  # puts the name of the axis in its place
                    texts += [tick.label1 for tick in axis._update_ticks()] + [axis.label]
        found = []
        for one in texts:
            if one.get_text().strip() and one.get_visible():
                box = one.get_window_extent(renderer)
                found.append((one.get_text(), (box.x0, box.y0, box.x1, box.y1)))
    return found, (float(page.bbox.width), float(page.bbox.height))


def faults(figure: Any) -> Iterator[str]:
    """What is wrong with the words of a figure, one sentence each."""
    found, (width, height) = words(figure)
    for text, (x0, y0, x1, y1) in found:
        if x0 < -1 or y0 < -1 or x1 > width + 1 or y1 > height + 1:
            yield f"cut off: {text!r}"
    for (a, (p0, q0, p1, q1)), (b, (x0, y0, x1, y1)) in combinations(found, 2):
        if min(p1, x1) - max(p0, x0) > SLACK and min(q1, y1) - max(q0, y0) > SLACK + 2:
            yield f"{a!r} lies on {b!r}"


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_word_lies_on_another_and_none_is_cut_off(lesson):
    found = [
        f"{name}, {state}: {fault}"
        for name in files.figures(lesson).FIGURES
        for state, figure in states(name, lesson)
        for fault in faults(figure)
    ]
    assert found == [], "\n" + "\n".join(found)
