"""Ideas of our own (``ideas.py``): ways out, marks without work, and honest habits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dlcourse as dl

if not sys.platform.startswith("linux"):
    pytest.skip("the sandbox needs Linux", allow_module_level=True)

from dlcourse.grading.class_run import say_what_is_lacking, the_notebook
from dlcourse.grading.intake import cells_of, entries, python_of
from dlcourse.grading.probe import shown_cases
from dlcourse.grading.results import ExerciseResult, Job, Settings, SubmissionResult
from dlcourse.grading.sandbox import why_no_sandbox
from dlcourse.grading.splicing import evasions, find_answers
from dlcourse.lesson import files
from dlcourse.lesson.judging import accepted, expected_of, judge
from dlcourse.lesson.running import observe_answer
from tests.conftest import EVERYTHING, missing
from tests.grading.corpus import Book, Sample
from tests.grading.everything import run_corpus
from tests.grading.ideas import (
    ALL_ROUTES,
    BESIDE,
    DISHONEST,
    FOLDERS,
    FORBIDDEN_LAYERS,
    FORBIDDEN_WAYS,
    HABITS,
    HONEST,
    LESSONS,
    NOTEBOOKS,
    SHORTCUTS,
    classes,
    forbidden_way,
    routes_cell,
    shortcut,
)
from tests.grading.test_escapes import graded_by


def test_there_are_enough_of_them():
    habits = sum(map(len, [*HONEST.values(), *BESIDE.values()]))
    assert habits + sum(map(len, ALL_ROUTES.values())) + len(SHORTCUTS) + len(DISHONEST) + len(NOTEBOOKS) > 120
    assert {id[:2] for id in HONEST} == set(LESSONS)


def passes(id: str, source: str, seed: int) -> bool:
    """Whether grading would say so; nobody looks for words."""
    exercise = files.exercises(id[:2])[id]
    cases = exercise.draw(seed)
    shown = shown_cases(exercise, cases)
    run = observe_answer(source, exercise.name, exercise.observer, shown, exercise=id, seconds=600.0)
    assert run.trouble is None, run.trouble
    assert len(run.reports) == len(cases) and run.reports[-1].status != "time"  # a busy machine is no refusal
    rights = run.reports if exercise.judge else expected_of(exercise, cases)  # a judge needs none
    return all(accepted(exercise, *one) for one in zip(cases, rights, run.reports, strict=True))


@pytest.mark.parametrize("name", SHORTCUTS)
def test_no_exercise_is_satisfied_without_doing_it(name):
    id, source = shortcut(name)
    compile(source, name, "exec")
    assert [seed for seed in range(1, 100 if EVERYTHING else 4) if passes(id, source, seed)] == []


# 15.4 trains: its own lesson's tests do that
@pytest.mark.parametrize("id", sorted({id for id, _ in SHORTCUTS.values()} - {"15.4"}))
def test_what_refuses_the_shortcuts_lets_the_work_pass(id):
    source = files.exercises(id[:2])[id].source()
    assert [seed for seed in range(1, 1000 if EVERYTHING else 6) if not passes(id, source, seed)] == []


LOST = """
import json
from tests.grading.test_ideas import lost_habits
lost = lost_habits()
open("lost.json", "w").write(json.dumps(lost))
"""


def lost_habits() -> dict[str, str]:
    lost = {}
    for name, (id, source) in HABITS.items():
        exercise = files.exercises(id[:2])[id]
        cases = exercise.draw(7)
        seen = dict(exercise=id, absent=True, seconds=60.0)
        run = observe_answer(source, exercise.name, exercise.observer, cases, **seen)
        verdict = judge(exercise, cases, run)
        if verdict.outcome != "passed":
            lost[name] = str(verdict)
    return lost


def test_right_answers_as_people_write_them_pass(tmp_path: Path):
    """Each is looked at as the probe looks at it, and nothing of it needs a kernel.

    In a process of their own: they change fonts, signals, and how deep calls may go.
    """
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", LOST], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "lost.json").read_text()) == {}


def test_a_cell_for_a_newer_python_is_told_so():
    newer = f"{sys.version_info[0]}.{sys.version_info[1] + 1}"
    content = json.dumps({"metadata": {"language_info": {"codemirror_mode": {"version": 3}, "version": f"{newer}.1"}}})
    said = [
        "02.1: Python cannot read line 1 of your cell: type T = int",
        "It says: invalid syntax",
        "Look at that line.",
    ]
    result = SubmissionResult("ada.ipynb", "graded", 1, exercises=[ExerciseResult("02.1", 1, "error", said)])
    say_what_is_lacking(result, python_of(content.encode()))
    assert result.lacking == [f"Python {newer}"] and "write it in an older way" in said[2]
    untouched = ["02.1: Python cannot read line 1 of your cell: def f(", "It says: '(' was never closed", "Look."]
    result.exercises = [ExerciseResult("02.1", 1, "error", list(untouched))]
    say_what_is_lacking(result, sys.version_info[:2])
    assert result.exercises[0].lines == untouched and result.lacking == []


def unlisted(id: str, ways: Mapping[str, tuple[str, str]]) -> tuple[list[str], list[str], int]:
    """Each is run as grading runs it; what is refused needs no word: which come through without one, which fall for
    another reason, and how many come through.
    """
    exercise, silent, odd, through = files.exercises(id[:2])[id], [], [], 0
    cases = exercise.draw(5)
    rights = expected_of(exercise, cases)
    for name, (answer, other) in ways.items():
        names: dict[str, Any] = {"np": np, "dl": dl}
        exec(other, names)
        run = observe_answer(
            answer, exercise.name, exercise.observer, cases, exercise=id, without=exercise.without, names=names
        )
        got = zip(cases, rights, run.reports, strict=False)
        passed = len(run.reports) == len(cases) and all(accepted(exercise, *one) for one in got)
        listed = evasions(exercise, answer, [other]) or run.leaned.intersection(exercise.without)
        through += passed
        silent += [name] if passed and not listed else []
        odd += [] if passed or "WriteItYourself" in str(run) else [f"{name}: {(run.trouble or run.reports[0]).message}"]
    return silent, odd, through


def test_whatever_reaches_a_forbidden_name_is_on_the_class_page():
    """Some must come through, to be seen."""
    silent, odd, through = unlisted("12.1", {name: forbidden_way(name) for name in FORBIDDEN_WAYS})
    assert odd == ["by what is deleted: module 'dlcourse' has no attribute 'softmax': is it dl.Softmax?"]
    assert silent == [] and through >= 5


def test_whatever_makes_the_layer_of_14_by_the_courses_own_is_on_the_class_page():
    silent, odd, through = unlisted("14.1", FORBIDDEN_LAYERS)
    assert (silent, odd, through) == ([], [], 4)


@pytest.mark.parametrize("routes", ALL_ROUTES)
@pytest.mark.parametrize("by", ["by the one who runs the tests", "by an ordinary user"])
def test_no_way_leads_out_of_a_submission_that_is_graded(settings: Settings, by: str, routes: str):
    book = Book().answers({"12.5": routes_cell(files.stub("12.5"), ALL_ROUTES[routes])})
    job = Job(replace(settings, cell_timeout=20.0), "ada.ipynb", "ada.ipynb", book.bytes())
    results = graded_by(by, job)
    outcome, feedback = results.pop(4)
    assert {one for one, _ in results} == {"passed"}
    assert outcome == "error" and "ValueError: ['this, which always works']" in feedback, feedback


OURS = Book("05").bytes()
LATER = [one for one in LESSONS if EVERYTHING and one != "05"]


@pytest.mark.parametrize("lesson", ["05", *LATER])
def test_a_class_of_ideas_gets_the_marks_that_it_deserves(tmp_path: Path, lesson):
    if why := why_no_sandbox():
        missing(why)
    assert run_corpus(tmp_path, classes(EVERYTHING)[lesson], "--jobs", "2", "--cell-timeout", "20") == []


@pytest.mark.parametrize("name", [*NOTEBOOKS, *FOLDERS])
def test_what_is_run_of_a_notebook_from_elsewhere_is_what_is_run_of_ours(tmp_path: Path, name):
    """So it has the same marks, and needs no kernel to show it; with DLCOURSE_ALL=1 the class above grades it, too."""
    made = (NOTEBOOKS | FOLDERS)[name]
    Sample(name if name in FOLDERS else "ada.ipynb", "idea", "05", made).write(tmp_path)
    [entry] = entries(tmp_path)
    read = [find_answers(cells_of(content), "05") for content in (the_notebook(entry, "05").read_bytes(), OURS)]
    theirs, ours = ([(piece.source, piece.answers) for piece in found.pieces] for found in read)
    assert theirs == ours and read[0].answers == read[1].answers and len(ours) == len(files.exercises("05"))
