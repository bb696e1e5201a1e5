"""What was found is kept: whole files, a journal that survives, and nothing of another run."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("grading needs a Unix", allow_module_level=True)

from dlcourse.grading.asking import CannotGrade
from dlcourse.grading.gradebook import JOURNAL, Records, earlier_seed
from dlcourse.grading.results import ExerciseResult, RunInfo, SubmissionResult
from tests.grading.books import NAMES, gradebook

INFO = gradebook().info


def result(name: str, outcome: str = "passed", sha256: str = "1") -> SubmissionResult:
    exercises = [ExerciseResult(id, points, outcome, [f"PASS {id}"], title) for id, title, points in INFO.exercises]
    return SubmissionResult(name, "graded", INFO.max_score, exercises=exercises, sha256=sha256)


def book(folder: Path) -> dict[str, object]:
    read: dict[str, object] = json.loads((folder / "gradebook.json").read_text(encoding="utf-8"))
    return read


def test_the_gradebook_is_as_the_contract_says(tmp_path):
    records = Records(tmp_path, INFO)
    records.add(result("b.ipynb"))
    records.add(SubmissionResult("a.txt", "rejected", INFO.max_score, "It is no notebook."))
    records.finish()
    assert book(tmp_path) == {
        "lesson": "12",
        "seed": INFO.seed,
        "sandbox": True,
        "max_score": 8,
        "submissions": [
            {
                "submission": "a.txt",
                "status": "rejected",
                "reason": "It is no notebook.",
                "score": 0,
                "max_score": 8,
                "exercises": [],
            },
            {
                "submission": "b.ipynb",
                "status": "graded",
                "reason": "",
                "score": 8,
                "max_score": 8,
                "exercises": [
                    {"id": id, "score": points, "max_score": points, "outcome": "passed", "feedback": f"PASS {id}"}
                    for id, _, points in INFO.exercises
                ],
            },
        ],
    }
    assert (tmp_path / "gradebook.csv").exists() and list((tmp_path / "feedback").glob("*.html"))


def test_there_is_a_gradebook_from_the_first_moment_and_when_a_run_is_interrupted(tmp_path):
    records = Records(tmp_path, INFO)
    assert book(tmp_path)["submissions"] == []
    records.add(result("a"))
    records.close()
    assert [entry["submission"] for entry in book(tmp_path)["submissions"]] == ["a"]


@pytest.mark.parametrize("torn", ["", '{"submission": "c', "\x00\x00", "[]\n", "{}\n"])
def test_a_run_that_was_interrupted_goes_on(tmp_path, torn):
    records = Records(tmp_path, INFO)
    for name in NAMES:
        records.add(result(name))
    records.add(result("no checksum", sha256=""))
    records.close()
    with (tmp_path / JOURNAL).open("a") as journal:
        journal.write(torn)
    again = Records(tmp_path, INFO)
    assert [name for name in NAMES if again.known(name, "1") != result(name)] == []
    assert again.known("no checksum", "") is None
    assert again.known(NAMES[0], "2") is None
    again.add(result(NAMES[0], "failed", "2"))
    again.close()
    third = Records(tmp_path, INFO)
    assert third.known(NAMES[0], "2") == result(NAMES[0], "failed", "2")
    third.add(result(NAMES[1]))
    assert [one.submission for one in third.finish().gradebook.submissions] == [
        NAMES[1]
    ]  # the others are not there any more


@pytest.mark.parametrize("change", [{"seed": 7}, {"key": "x"}, {"sandbox": False}, {"cell_timeout": 1.0}])
def test_results_found_under_other_conditions_are_not_taken_over(tmp_path, change):
    records = Records(tmp_path, INFO)
    records.add(result("a"))
    records.finish()
    assert Records(tmp_path, replace(INFO, **change)).known("a", "1") is None


def test_two_runs_do_not_write_to_the_same_folder(tmp_path):
    records = Records(tmp_path, INFO)
    with pytest.raises(CannotGrade, match="Another dlcourse grade"):
        Records(tmp_path, INFO)
    records.close()
    Records(tmp_path, INFO).close()


def test_the_seed_is_that_of_the_gradebook(tmp_path):
    assert earlier_seed(tmp_path, "12") is None
    Records(tmp_path, INFO).finish()
    assert earlier_seed(tmp_path, "12") == INFO.seed
    with pytest.raises(CannotGrade, match="gradebook of lesson 12: name another folder for lesson 02"):
        earlier_seed(tmp_path, "02")
    for content in ("", "[]", "{}", '{"lesson": "12", "seed": "x"}', "[" * 100_000):
        (tmp_path / "gradebook.json").write_text(content)
        with pytest.raises(CannotGrade, match="cannot be read as a gradebook"):
            earlier_seed(tmp_path, "12")


def test_the_notebooks_that_were_run_are_kept_beside_it_and_not_in_memory(tmp_path):
    records = Records(tmp_path, INFO)
    kept = result("../ada.ipynb")
    kept.spliced = "{}"
    records.add(kept)
    records.close()
    [path] = (tmp_path / "spliced").iterdir()
    assert path.read_text() == "{}" and kept.spliced == ""


def test_what_a_run_is_travels_as_json():
    assert RunInfo.from_json(INFO.to_json()) == INFO
    assert "sandbox" in replace(INFO, sandbox=False).warning and INFO.warning == ""
