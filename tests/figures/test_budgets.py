"""Every figure of every lesson keeps to its budget: what an event costs the kernel, and what it sends.

The budget is for an ordinary core with nothing else to do. A slower core, or one whose caches and clock other processes
share, needs longer for the same instructions, in processor time, too. So a fixed piece of work of the same kind is
measured beside the events, and the budget stretches as far as it does: a figure is judged, not the machine.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

from dlcourse.figures.encoding import difference, encode
from dlcourse.figures.figure import Control, Figure, Form, Select, Slider, Toggle
from dlcourse.lesson import files
from dlcourse.lesson.practice import Practice
from tests.conftest import LESSONS

KILOBYTES, MILLISECONDS = 10.0, 10.0
ORDINARY = 5.0  # milliseconds for `fixed_work` on an ordinary core with nothing else to do
ROUNDS = 10  # another process may have had the core meanwhile: an event is slow if it is so every time


def fixed_work() -> float:
    """Small arrays, lists and JSON, as an event makes them; the processor time that it took, in milliseconds."""
    start = time.thread_time()
    for k in range(100):
        xs = np.linspace(0.0, 1.0, 60)
        json.dumps({"x": xs.tolist(), "y": (k * xs**2).round(3).tolist()})
    return 1e3 * (time.thread_time() - start)


def figures() -> Iterator[Any]:
    for lesson in LESSONS:
        for name, made in files.figures(lesson).FIGURES.items():
            yield pytest.param(made, id=f"{lesson}-{name}")
        for id, family in files.practice(lesson).items():
            yield pytest.param(partial(Practice, family), id=f"practice-{id}")


def settings(control: Control[Any]) -> list[Any]:
    """Where a reader may put a control: both ends, the middle, every option, and where it stood."""
    if isinstance(control, Select):
        return [*control.options, control.value]
    if isinstance(control, Toggle):
        return [not control.value, control.value]
    if isinstance(control, Slider):
        return [*np.linspace(control.low, control.high, 5).tolist(), control.value]
    return []


def moves(figure: Figure) -> Iterator[tuple[str, Callable[[], None]]]:
    """Each control moved; and problems filled in wrongly and rightly, shown, walked through and drawn anew."""
    for name, control in figure._controls_of(Control).items():
        if not isinstance(control, Form):
            for value in settings(control):
                yield f"{name} = {value}", partial(figure.set, **{name: value})
    if isinstance(figure, Practice):
        for level in range(len(figure.family.levels)):
            if len(figure.family.levels) > 1:
                figure.set(level=str(level))
            for call in ("show_step", "walk", "draw_another"):
                yield f"{call} at level {level}", partial(figure._call, call)
            for box in figure.problem.boxes:
                for words in ("1234", box.shown()):
                    yield (
                        f"{words} in {box.name} at level {level}",
                        partial(figure._call, "fill", name=box.name, words=words),
                    )


def events(figure: Figure) -> Iterator[tuple[str, float, float]]:
    """Move it; of each event its name, the kernel's processor time in milliseconds, and kilobytes sent."""
    for name, move in moves(figure):
        old = encode(figure._checked_scene())
        start = time.thread_time()
        move()
        new = encode(figure._checked_scene())
        figure.sentence()
        change = difference(old, new)
        spent = time.thread_time() - start
        yield name, 1e3 * spent, len(json.dumps(change, ensure_ascii=False).encode()) / 1e3


@pytest.mark.parametrize("make", list(figures()))
def test_an_event_costs_little_and_sends_little(make: Any) -> None:
    figure = make()
    list(events(figure))  # once: what is computed at first use is there afterwards
    cost: dict[str, float] = {}
    for _ in range(ROUNDS):
        before, round_ = fixed_work(), list(events(figure))
        slowness = max(1.0, before / ORDINARY, fixed_work() / ORDINARY)
        for event, spent, sent in round_:
            assert sent <= KILOBYTES, f"{event} sends {sent:.1f} kB"
            cost[event] = min(cost.get(event, spent), spent / slowness)
        slow = {event: f"{spent:.1f} ms" for event, spent in cost.items() if spent > MILLISECONDS}
        if not slow:
            break
    assert slow == {}


@pytest.mark.parametrize("make", list(figures()))
def test_a_model_leaves_the_name_error_to_the_figure(make: Any) -> None:
    """The browser side takes what stands there for a problem, and shows nothing new."""
    assert make().error is None
