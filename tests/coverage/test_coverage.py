"""Every item of the four sources is taught somewhere, in words that are quoted, and every erratum shown by numbers.

The `lesson.toml` of a lesson says in which cell and with which words, those of the text, of the code or of what is
stored as its output:

    [items]
    "S1.8" = { rule = "if the derivative is negative, increase $x$; else decrease it" }

    [mentioned]                       # named in passing, and taught nowhere; the same form
    "S0.59" = { layers = "Many modern networks mix such blocks freely." }

    [errata]
    "E1.3" = { cell = "bracket", shows = ["-8990.99", "6.001"] }    # a code cell, and what its stored output says

nbval runs every cell and compares all of its output with what is stored (tests/notebooks), so a number that is
found in the stored output is one that came out when the tests ran.
"""

from __future__ import annotations

from typing import Any

import nbformat
import pytest

from dlcourse.lesson import files
from tests.conftest import LESSONS
from tests.lessons.claims import plain

# S0: LeCun, lecture notes; S1: Tiwari, slides; S2: Sabinasz; S3: lecture notes "Backpropagation".
ITEMS = {"S0": 73, "S1": 69, "S2": 35, "S3": 40}
ERRATA = {"E0": 22, "E1": 21, "E2": 17, "E3": 10}
each_lesson = pytest.mark.parametrize("lesson", LESSONS)


def cells(lesson: str) -> dict[str, Any]:
    return {cell.id: cell for cell in nbformat.read(files.notebook(lesson), as_version=4).cells}


def printed(cell: Any) -> str:
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.get("outputs", [])]
    return "\n".join(texts)


def tables(lesson: str) -> dict[str, Any]:
    """What a lesson says of the items: for each, the cells and the words in them."""
    return {**files.about(lesson).get("items", {}), **files.about(lesson).get("mentioned", {})}


@pytest.mark.parametrize(("kinds", "counts"), [(("items", "mentioned"), ITEMS), (("errata",), ERRATA)])
def test_each_item_of_the_sources_has_a_lesson_and_only_known_ones_are_named(kinds, counts):
    named = {name for lesson in files.numbers() for kind in kinds for name in files.about(lesson).get(kind, {})}
    every = {f"{source}.{k}" for source, count in counts.items() for k in range(1, count + 1)}
    assert every - named == set(), "nobody teaches these"
    assert named - every == set(), "the sources have no such item"


def test_what_is_only_mentioned_is_taught_nowhere():
    taught, mentioned = (
        {name for lesson in files.numbers() for name in files.about(lesson).get(kind, {})}
        for kind in ("items", "mentioned")
    )
    assert taught & mentioned == set()


@each_lesson
def test_the_cells_that_are_named_are_there_and_say_something(lesson):
    there = cells(lesson)
    named = {id for ids in tables(lesson).values() for id in ids}
    named |= {shown["cell"] for shown in files.about(lesson).get("errata", {}).values()}
    assert named - set(there) == set()
    assert [id for id in named if not there[id].source.strip()] == []


@each_lesson
def test_an_item_is_taught_in_the_words_that_are_quoted(lesson):
    there = cells(lesson)
    unquoted = [name for name, where in tables(lesson).items() if not isinstance(where, dict)]
    assert unquoted == [], 'quote the words that teach these: "S1.8" = { cell = "words" }'
    quotes = [(*quote, name) for name, where in tables(lesson).items() for quote in where.items()]
    assert [q for q in quotes if len(q[1].split()) < 3 and len(q[1]) < 12] == [], "too short to teach anything"
    said = {id: plain(f"{cell.source}\n{printed(cell)}") for id, cell in there.items()}
    assert [(cell, words, name) for cell, words, name in quotes if plain(words) not in said[cell]] == []


@each_lesson
def test_an_erratum_is_shown_by_code_whose_numbers_come_out(lesson):
    there = cells(lesson)
    for name, shown in files.about(lesson).get("errata", {}).items():
        cell = there[shown["cell"]]
        assert cell.cell_type == "code", f"{name}: {cell.id} is not a cell that the learner runs"
        assert shown["shows"], f"{name}: say which numbers its output has to show"
        missing = [text for text in shown["shows"] if text not in printed(cell)]
        assert missing == [], f"{name}: the output of {cell.id} says otherwise"
