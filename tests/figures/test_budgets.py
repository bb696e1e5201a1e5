"""Every figure of every lesson keeps to its budget: what an event costs the kernel, and what it sends."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from dlcourse.figures.encoding import difference, encode
from dlcourse.figures.figure import Control, Figure, Form, Select, Slider, Toggle
from dlcourse.lesson import files

KILOBYTES, MILLISECONDS = 10.0, 10.0


def figures() -> Iterator[Any]:
    for path in files.notebooks():
        module = files.figures(path.name[:2])
        for name, made in module.FIGURES.items():
            yield pytest.param(made, id=f"{path.name[:2]}-{name}")


def settings(control: Control[Any]) -> list[Any]:
    """Where a reader may put a control: both ends, the middle, every option, and where it stood."""
    if isinstance(control, Select):
        return [*control.options, control.value]
    if isinstance(control, Toggle):
        return [not control.value, control.value]
    if isinstance(control, Slider):
        return [*np.linspace(control.low, control.high, 5).tolist(), control.value]
    return []


def events(figure: Figure) -> Iterator[tuple[str, float, float]]:
    """Move every control; of each event its name, the kernel's processor time in milliseconds, and kilobytes sent."""
    old = encode(figure._checked_scene())
    for name, control in figure._controls_of(Control).items():
        if isinstance(control, Form):
            continue
        for value in settings(control):
            start = time.thread_time()
            figure.set(**{name: value})
            new = encode(figure._checked_scene())
            figure.sentence()
            change = difference(old, new)
            spent = time.thread_time() - start
            yield f"{name} = {value}", 1e3 * spent, len(json.dumps(change, ensure_ascii=False).encode()) / 1e3
            old = new


@pytest.mark.parametrize("make", list(figures()))
def test_an_event_costs_little_and_sends_little(make: Any) -> None:
    figure = make()
    list(events(figure))  # once: what is computed at first use is there afterwards
    slowest: dict[str, float] = {}
    for _ in range(4):  # another process may have had the core: the quickest of four counts
        for event, spent, sent in events(figure):
            assert sent <= KILOBYTES, f"{event} sends {sent:.1f} kB"
            slowest[event] = min(slowest.get(event, spent), spent)
    assert {event: spent for event, spent in slowest.items() if spent > MILLISECONDS} == {}
