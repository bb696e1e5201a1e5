"""Each word of the course is introduced once, in the cell that `lesson.toml` names, and not used before."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

import dlcourse.figures
from dlcourse.lesson import files, open_lesson
from tests.conftest import LESSONS
from tests.lessons.terms import PYTHON, early, introduced, said, too_soon, uses


def source(lesson: str, id: str) -> str:
    return next((cell["source"] for cell in files.cells(lesson) if cell["id"] == id), "")


def shown(lesson: str, id: str) -> str:
    """What a cell says: its text, and for a figure or an output what is stored."""
    for cell in files.cells(lesson):
        if cell["id"] == id:
            outputs = [o.get("text", o.get("data", {}).get("text/plain", "")) for o in cell.get("outputs", [])]
            return " ".join([cell["source"], *("".join(output) for output in outputs)])
    return ""


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_word_stands_in_the_cell_that_introduces_it(lesson):
    def is_in(word: str, text: str) -> bool:
        parts = re.findall(r"[\w-]+", word.split(" (")[0].replace(" and ", " ")) if word.isascii() else [word]
        return all(part[:6].casefold() in text.casefold() for part in parts)

    words = files.about(lesson)["new_words"]
    assert [f"{word}: {cell}" for word, cell in words.items() if not is_in(word, shown(lesson, cell))] == []


def test_no_word_is_introduced_twice():
    counts = Counter(word.casefold() for lesson in files.numbers() for word in files.about(lesson)["new_words"])
    assert [word for word, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_nothing_is_said_before_it_is_introduced(lesson):
    found = too_soon(lesson)
    listed = "\n".join(f"{cell}: {name!r} is introduced in {where}" for cell, name, where in found)
    assert len(found) <= files.about(lesson).get("too_soon", 0), listed


@pytest.mark.parametrize("lesson", LESSONS)
def test_what_may_come_early_does(lesson):
    there = {(one.cell, name) for one in said(lesson) for name, _ in uses(one)} if early(lesson) else set()
    assert [(cell, word) for word, cells in early(lesson).items() for cell in cells if (cell, word) not in there] == []
    everyday = files.about(lesson).get("everyday", [])
    assert set(everyday) <= files.about(lesson)["new_words"].keys()


def test_each_piece_of_python_is_explained_somewhere():
    assert introduced("new_python").keys() <= PYTHON.keys()


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_summary_lists_the_new_words(lesson):
    (listed,) = re.findall(r"\*\*New words\*\*: (.*?)\.(?:\n\n|$)", source(lesson, "summary"), flags=re.DOTALL)
    assert " ".join(listed.split()) == ", ".join(files.about(lesson)["new_words"])


def test_a_learner_can_ask_where_a_word_comes_from(capsys):
    lesson = open_lesson("13")
    lesson.word("Learning rate")
    said = capsys.readouterr().out
    assert said.startswith("learning rate: lesson 02") and "how far you go" in said
    lesson.word("η")
    said = capsys.readouterr().out
    assert "lesson 02" in said and "how far you go" in said
    lesson.word("b")
    assert "A second knob, $b$, lifts the line" in capsys.readouterr().out
    lesson.word("slope")
    assert "how much $f$ changes for each unit" in capsys.readouterr().out
    lesson.word("flux capacitor")
    assert "no word 'flux capacitor' of its own. The summary of each" in capsys.readouterr().out
    lesson.word("learnig rate")
    assert "Near it: learning rate." in capsys.readouterr().out


@pytest.mark.parametrize("lesson", LESSONS)
def test_what_is_quoted_of_a_word_is_no_half_of_a_sentence(lesson):
    """A quote runs from the beginning of a paragraph, a line of a list or a sentence to the end of one."""
    for word, cell in {**files.about(lesson)["new_words"], **files.about(lesson).get("new_symbols", {})}.items():
        said = files.sentence(lesson, cell, re.split(r", | \(", word)[0])
        whole = [" ".join(part.split()) for part in re.split(r"\n\s*\n|\n(?=[-#|<$])", source(lesson, cell))]
        parts = [part.replace("*", "").lstrip("#- ") for part in whole]
        around = [part.partition(said)[::2] for part in parts if said and said in part]
        assert not said or any(
            (not before or before.rstrip()[-1] in ".?!)") and (not after or said[-1] in ".?!)")
            for before, after in around
        ), (word, said)


def test_a_learner_can_look_letters_and_words_up(capsys):
    open_lesson("13").reference()
    said = capsys.readouterr().out
    assert "|learning rate|$\\eta$, `lr`|" in said and "False friends" in said
    assert all(
        f"- **{word}** (lesson {lesson})" in said for lesson in LESSONS for word in files.about(lesson)["new_words"]
    )


def test_no_figure_spells_a_minus_by_itself():
    """`spelling.minus` does it for all that is shown and takes the sign from a 0, if no true minus stands there."""
    rooms = [files.lessons_folder() / "backstage", Path(dlcourse.figures.__file__).parent]
    spelled = [path for room in rooms for path in room.rglob("*.py") if '.replace("-", "−")' in path.read_text("utf-8")]
    assert spelled == []
