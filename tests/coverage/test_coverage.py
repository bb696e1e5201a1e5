"""Every item of the four sources is taught somewhere, and every erratum shown by a cell whose numbers still come out.

`assigned.toml` says which lesson has to teach what. `NN.toml` says in which cells lesson NN does it:

    [items]
    "S1.8" = ["sign-rule"]            # ids of the cells that teach it

    [errata]
    "E1.3" = { cell = "bracket", shows = ["-8990.99", "6.001"] }    # a code cell, and what its stored output says

nbval runs every cell and compares all of its output with what is stored (tests/notebooks), so a number that is
found in the stored output is one that came out when the tests ran.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import nbformat
import pytest

from dlcourse.lesson import library

HERE = Path(__file__).parent
ASSIGNED = tomllib.loads((HERE / "assigned.toml").read_text(encoding="utf-8"))
LESSONS = [path.name[:2] for path in library.notebooks()]
each_lesson = pytest.mark.parametrize("lesson", LESSONS)


def spread(ranges: list[str]) -> list[str]:
    """``["S1.1-3", "S1.5"]`` as S1.1, S1.2, S1.3, S1.5."""
    names: list[str] = []
    for text in ranges:
        source, first, last = re.fullmatch(r"([SE]\d)\.(\d+)(?:-(\d+))?", text).groups()
        names += [f"{source}.{k}" for k in range(int(first), int(last or first) + 1)]
    return names


def coverage(lesson: str) -> dict[str, dict[str, Any]]:
    return tomllib.loads((HERE / f"{lesson}.toml").read_text(encoding="utf-8"))


def cells(lesson: str) -> dict[str, Any]:
    return {cell.id: cell for cell in nbformat.read(library.notebook(lesson), as_version=4).cells}


def printed(cell: Any) -> str:
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.get("outputs", [])]
    return "\n".join(texts)


@pytest.mark.parametrize(
    ("table", "counts"),
    [("lessons", {"S0": 72, "S1": 69, "S2": 34, "S3": 39}), ("errata", {"E0": 22, "E1": 21, "E2": 17, "E3": 10})],
)
def test_each_item_of_the_sources_is_assigned_to_one_lesson(table, counts):
    assigned = [name for ranges in ASSIGNED[table].values() for name in spread(ranges)]
    every = [f"{source}.{k}" for source, count in counts.items() for k in range(1, count + 1)]
    assert sorted(assigned) == sorted(every)


@each_lesson
def test_a_lesson_teaches_every_item_that_it_has_to(lesson):
    assert [name for name in spread(ASSIGNED["lessons"][lesson]) if not coverage(lesson)["items"].get(name)] == []


@each_lesson
def test_a_lesson_shows_every_erratum_that_it_has_to(lesson):
    assert [name for name in spread(ASSIGNED["errata"][lesson]) if name not in coverage(lesson).get("errata", {})] == []


@each_lesson
def test_the_cells_that_are_named_are_there_and_say_something(lesson):
    there = cells(lesson)
    named = {id for ids in coverage(lesson)["items"].values() for id in ids}
    named |= {shown["cell"] for shown in coverage(lesson).get("errata", {}).values()}
    assert named - set(there) == set()
    assert [id for id in named if not there[id].source.strip()] == []


@each_lesson
def test_an_erratum_is_shown_by_code_whose_numbers_come_out(lesson):
    there = cells(lesson)
    for name, shown in coverage(lesson).get("errata", {}).items():
        cell = there[shown["cell"]]
        assert cell.cell_type == "code", f"{name}: {cell.id} is not a cell that the learner runs"
        assert shown["shows"], f"{name}: say which numbers its output has to show"
        missing = [text for text in shown["shows"] if text not in printed(cell)]
        assert missing == [], f"{name}: the output of {cell.id} says otherwise"


def test_only_known_items_are_named():
    known = {name for table in ASSIGNED.values() for ranges in table.values() for name in spread(ranges)}
    for lesson in LESSONS:
        named = {*coverage(lesson)["items"], *coverage(lesson).get("errata", {})}
        assert named - known == set(), lesson
