"""What a figure shows depends on how its controls stand, and not on how they came to stand so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dlcourse.figures import Figure
from dlcourse.figures.encoding import encode
from dlcourse.figures.figure import Action, Form
from dlcourse.lesson import files
from tests.conftest import LESSONS
from tests.figures.test_words_on_paper import ends

REMEMBERS = {"02-dial"}  # on purpose: its dial is drawn as far as the learner has turned it


def figures() -> Iterator[Any]:
    """Those without buttons: what a button has done is meant to stay."""
    for lesson in LESSONS:
        for name, make in files.figures(lesson).FIGURES.items():
            buttons = make._controls_of(Action) or make._controls_of(Form)
            if not buttons and f"{lesson}-{name}" not in REMEMBERS:
                yield pytest.param(make, id=f"{lesson}-{name}")


@pytest.mark.parametrize("make", list(figures()))
def test_a_figure_that_was_moved_about_shows_what_a_fresh_one_shows(make: type[Figure]) -> None:
    moved, fresh = make(), make()
    reachable = {name: ends(moved._setting(name)) for name in moved._settings()}
    for last in (-1, 0):  # all of them to one end, one after another, and to the other: each finds the others moved
        for name, values in reachable.items():
            if values:
                moved.set(**{name: values[last]})
    moved.restore()
    assert moved.sentence() == fresh.sentence()
    assert encode(moved.scene()) == encode(fresh.scene())
