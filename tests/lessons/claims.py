"""What a lesson says of its figures and outputs, asserted.

    @claim("15", "saw-workshop", "With 16 units, 400 updates put all 240 points on the right side.")
    def test_sixteen_units_are_enough(): ...

quotes the sentence: a test whose sentence is no longer in its cell fails, and says so.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import nbformat

from dlcourse.lesson import files


@functools.cache
def cells(lesson: str) -> dict[str, str]:
    """The sources of a lesson's cells, by id."""
    return {cell.id: cell.source for cell in nbformat.read(files.notebook(lesson), as_version=4).cells}


def plain(text: str) -> str:
    """Text without what changes its looks only: white space, bold and italics."""
    return re.sub(r"\s+", " ", text.replace("*", "")).strip()


def claim(lesson: str, cell: str, *sentences: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a test that asserts what `sentences` of a cell say; it fails, too, when they are no longer there."""

    def decorated(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def checked(*args: Any, **kwargs: Any) -> None:
            said = plain(cells(lesson).get(cell, ""))
            gone = [sentence for sentence in sentences if plain(sentence) not in said]
            assert gone == [], f"lesson {lesson} no longer says this in {cell}: change the test with the text"
            test(*args, **kwargs)

        return checked

    return decorated
