"""Partial credit, where an exercise defines parts."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from dlcourse.lesson import files
from dlcourse.lesson.judging import expected_of
from dlcourse.lesson.parts import parts_right
from dlcourse.lesson.running import Run
from dlcourse.lesson.values import encode

WITH_PARTS = [e for n in files.numbers() for e in files.exercises(n).values() if e.parts]


@pytest.mark.parametrize("exercise", WITH_PARTS, ids=lambda e: e.id)
def test_the_reference_has_all_parts_and_every_part_is_missed_by_some_misconception(exercise):
    cases = exercise.draw(7)
    expected = expected_of(exercise, cases)
    assert parts_right(exercise, Run(reports=expected), expected) == exercise.parts
    runs = [Run(reports=expected_of(exercise, cases, mutant.answer)) for mutant in exercise.mutants]
    right = [parts_right(exercise, run, expected) for run in runs]
    for part in exercise.parts:
        assert any(part in found for found in right) and any(part not in found for found in right)


@pytest.mark.parametrize("observed", [None, 3.0, [], ["x"], {"a": 1}, "text", [[1.0], 2.0]])
def test_an_observation_of_another_form_has_no_part_right(observed):
    exercise = files.exercises("14")["14.1"]
    cases = exercise.draw(7)
    expected = expected_of(exercise, cases)
    reports = expected_of(exercise, cases)
    reports[-1].observed = encode(observed)
    assert parts_right(exercise, Run(reports=reports), expected) == []
    assert parts_right(exercise, Run(reports=reports[:-1]), expected) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the sandbox needs Linux")
def test_half_of_an_answer_is_worth_a_part_and_is_not_passed(tmp_path: Path):
    from dlcourse.commands.program import main
    from dlcourse.grading.sandbox import why_no_sandbox
    from tests.conftest import missing
    from tests.grading.corpus import Book

    if why := why_no_sandbox():
        missing(why)
    (tmp_path / "in").mkdir()
    wrong = files.exercises("14")["14.1"].source().replace("g @ self.W.T", "g @ self.W.T * 2")
    assert "W.T * 2" in wrong
    (tmp_path / "in" / "ada.ipynb").write_bytes(Book("14").answers({"14.1": wrong}).bytes())
    assert main(["grade", "14", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--jobs", "1"]) == 0
    book = json.loads((tmp_path / "out" / "gradebook.json").read_text(encoding="utf-8"))
    [ada] = book["submissions"]
    first = ada["exercises"][0]
    assert (first["score"], first["max_score"], first["outcome"]) == (1, 2, "failed")
    assert ada["score"] == book["max_score"] - 1
    assert first["feedback"].splitlines()[-1] == "1 of 2 points, for this is right: forward."
