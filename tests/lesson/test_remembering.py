"""Which questions come again, and when."""

from __future__ import annotations

import importlib.machinery
import sys

import pytest

from dlcourse.lesson import files
from dlcourse.lesson.progress import Progress
from dlcourse.lesson.remembering import A_DAY, to_remember, usual
from tests.conftest import LESSONS

NOW = 1_800_000_000.0
LATER = [lesson for lesson in LESSONS if lesson >= "02"]


@pytest.fixture
def progress(tmp_path, monkeypatch):
    kept = Progress(tmp_path / "progress.json")

    def answer(id: str, right: bool, days_ago: float) -> None:
        monkeypatch.setattr("dlcourse.lesson.progress.time.time", lambda: NOW - days_ago * A_DAY)
        kept.recalled(id, right=right)

    kept.answer = answer
    return kept


def asked(lesson: str, progress: Progress) -> list[str]:
    return [question.id for question in to_remember(lesson, progress, NOW)]


@pytest.mark.parametrize("lesson", LATER)
def test_a_newcomer_is_asked_three_of_earlier_lessons(lesson, progress):
    ids = [question.id for question in usual(lesson)]
    assert len(set(ids)) == 3 and max(ids) < lesson
    assert asked(lesson, progress) == ids


@pytest.mark.parametrize("lesson", LATER)
def test_what_was_wrong_comes_first_and_what_is_right_today_does_not_come(lesson, progress):
    pool = [id for number in files.numbers() if number < lesson for id in files.choices(number, "quiz")]
    for id in pool:
        progress.answer(id, right=True, days_ago=0.1)
    progress.answer(pool[-1], right=False, days_ago=0.05)
    assert asked(lesson, progress)[0] == pool[-1]


def test_of_three_wrong_ones_the_two_oldest_come_and_one_that_was_right_long_ago(progress):
    for id, right, days in (
        ("01.q1", True, 30),
        ("02.q1", True, 20),
        ("03.q1", False, 9),
        ("03.q2", False, 8),
        ("03.q3", False, 7),
    ):
        progress.answer(id, right, days)
    assert asked("05", progress) == ["03.q1", "03.q2", "01.q1"]
    progress.answer("03.q1", right=True, days_ago=0)
    assert asked("05", progress) == ["03.q2", "03.q3", "01.q1"]


def test_it_never_asks_what_lies_ahead(progress):
    progress.answer("09.q1", right=False, days_ago=3)
    assert "09.q1" not in asked("09", progress) and "09.q1" in asked("10", progress)


def test_in_a_notebook_the_text_is_always_the_same_and_answers_are_kept(open_notebook, progress_file, monkeypatch):
    from dlcourse.figures import choices

    notebook = open_notebook("05")
    first = notebook.run("lesson.remember()")
    assert first.startswith("Do you remember?") and "Optional" in first and usual("05")[2].text[:20] in first
    progress = Progress(progress_file)
    progress.recalled("02.q1", right=False)
    assert open_notebook("05").run("lesson.remember()") == first
    seen = []
    monkeypatch.setattr(choices, "ask", lambda questions, **how: seen.append((questions, how)))
    notebook.run("lesson.remember()")
    [(questions, how)] = seen
    assert questions[0].id == "02.q1" and how["folded"]
    how["on_choice"](questions[0].id, questions[0].answer, True)
    assert progress.answered("02.q1")["right_at"] >= progress.answered("02.q1")["wrong_at"] > 0
    assert progress.chosen("02.q1") is None  # the quiz of lesson 02 does not show it


def test_answers_of_a_quiz_count_for_what_comes_again(open_notebook, progress_file, monkeypatch):
    from dlcourse.figures import choices

    seen = []
    monkeypatch.setattr(choices, "ask", lambda questions, **how: seen.append(how))
    open_notebook("03").run("lesson.quiz()")
    seen[0]["on_choice"]("03.q1", "whatever", False)
    assert "03.q1" in [question.id for question in to_remember("04", Progress(progress_file), NOW)]


def test_two_threads_that_parse_at_once_are_no_error(monkeypatch):
    """CPython's issue 106905: opening a room while figures are loaded beside may raise."""
    loader, tries = importlib.machinery.SourceFileLoader, []
    real = loader.exec_module

    def exec_module(self, module):
        tries.append(module.__name__)
        if len(tries) == 1:
            raise SystemError("AST constructor recursion depth mismatch (before=147, after=75)")
        real(self, module)

    monkeypatch.setattr(loader, "exec_module", exec_module)
    monkeypatch.delitem(sys.modules, "dlcourse_lesson_03_practice", raising=False)
    module = files._opened.__wrapped__("03", "practice")
    assert tries.count(module.__name__) == 2 and sys.modules[module.__name__] is module
