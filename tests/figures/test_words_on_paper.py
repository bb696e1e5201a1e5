"""No word of a figure lies on another or on a node that is not its own, and none is cut off.

At first and last frame, with every control at both ends.
Computed from the layout and the metrics of the font, without making a picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from typing import Any

import matplotlib
import pytest

from dlcourse.figures import Figure, Panel, node, paper, text
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
    """A figure as it opens, at its last frame, and with one control at an end (DLCOURSE_ALL: each, at both)."""
    make = files.figures(lesson).FIGURES[name]
    figure = make()
    yield "as it opens", figure
    if figure.last_frame:
        figure.frame = figure.last_frame
        yield "last frame", figure
    moved = {control.name: ends(control) for control in figure._controls.values() if ends(control)}
    settings = [{control: value} for control, values in moved.items() for value in values]
    if not EVERYTHING:
        settings = [{control: values[-1]} for control, values in moved.items()][-1:]
    for setting in settings:
        figure = make(**setting)
        figure.frame = figure.last_frame
        yield f"{setting}, last frame", figure


Extent = tuple[float, float, float, float]


def words(figure: Any) -> tuple[list[tuple[str, Extent]], list[Extent], tuple[float, float]]:
    """Every text of a drawn figure with its box in pixels, the shapes of its nodes, and the size of the paper."""
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
        shapes = [
            patch.get_window_extent(renderer) for axes in page.axes for patch in axes.patches if not patch.get_clip_on()
        ]
    nodes = [(box.x0, box.y0, box.x1, box.y1) for box in shapes]
    return found, nodes, (float(page.bbox.width), float(page.bbox.height))


def faults(figure: Any) -> Iterator[str]:
    """What is wrong with the words of a figure, one sentence each."""
    found, nodes, (width, height) = words(figure)
    for word, (x0, y0, x1, y1) in found:
        if x0 < -1 or y0 < -1 or x1 > width + 1 or y1 > height + 1:
            yield f"cut off: {word!r}"
    for (a, (p0, q0, p1, q1)), (b, (x0, y0, x1, y1)) in combinations(found, 2):
        if min(p1, x1) - max(p0, x0) > SLACK and min(q1, y1) - max(q0, y0) > SLACK + 2:
            yield f"{a!r} lies on {b!r}"
    for (word, (p0, q0, p1, q1)), (x0, y0, x1, y1) in product(found, nodes):
        its_own = x0 < (p0 + p1) / 2 < x1 and y0 < (q0 + q1) / 2 < y1  # what stands in a shape is its name
        if not its_own and min(p1, x1) - max(p0, x0) > SLACK and min(q1, y1) - max(q0, y0) > SLACK + 2:
            yield f"{word!r} lies on a shape"


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_word_lies_on_another_and_none_is_cut_off(lesson):
    found = [
        f"{name}, {state}: {fault}"
        for name in files.figures(lesson).FIGURES
        for state, figure in states(name, lesson)
        for fault in faults(figure)
    ]
    assert found == [], "\n" + "\n".join(found)


class Crowded(Figure):
    """A word on a word, on a shape, over the edge of the paper."""

    title = "Crowded"

    def scene(self):
        on_the_rim = text(0.0, 0.05, "a word that leads out of it", anchor="start")
        marks = [node(0, 0, "a shape"), on_the_rim, text(0.5, 0.5, "one", anchor="middle")]
        marks += [text(0.5, 0.5, "two", anchor="middle")]
        return [Panel(marks, xlim=(-1, 1), ylim=(-1, 1), axes=False, title="too wide " * 20, name="crowd")]

    def describe(self):
        return "crowded"


def test_what_lies_on_another_is_found():
    found = list(faults(Crowded()))
    assert "'one' lies on 'two'" in found
    assert "'a word that leads out of it' lies on a shape" in found
    assert any(fault.startswith("cut off: 'too wide") for fault in found)
