"""A class of 40 from a platform's download to the files that the platform imports."""

from __future__ import annotations

import copy
import csv
import io
import json
import re
import sys
import threading
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("grading needs a Unix", allow_module_level=True)

from dlcourse.commands.program import main
from dlcourse.grading import class_run
from dlcourse.grading.results import Job, Settings, SubmissionResult
from dlcourse.grading.sandbox import why_no_sandbox
from tests.conftest import missing
from tests.grading.classes import DUE, LAYOUTS, LESSON, MOST, PEOPLE, Classroom, make_class

KEYS: list[Settings] = []
GRADED: dict[bytes, SubmissionResult] = {}


@pytest.fixture
def each_notebook_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Grade what 160 students of four classes hand in once for each different notebook: there are a few."""
    make, grade_it, lock = class_run.make_key, class_run.grade_one, threading.Lock()

    def make_key(settings: Settings) -> Settings:
        if not KEYS:
            KEYS.append(make(settings))
        return KEYS[0]

    def grade_one(job: Job) -> SubmissionResult:
        with lock:
            if job.content not in GRADED:
                GRADED[job.content] = grade_it(job)
            known = copy.deepcopy(GRADED[job.content])
        return replace(known, submission=job.submission, file=job.file, student=job.student)

    monkeypatch.setattr(class_run, "make_key", make_key)
    monkeypatch.setattr(class_run, "grade_one", grade_one)


def grade(room: Classroom, out: Path, *more: str) -> int:
    words = ["grade", LESSON, str(room.submissions), "-o", str(out), "--roster", str(room.roster), "--seed", "20261126"]
    return main([*words, "--due", DUE.isoformat(), "--late", "10% per day", *more])


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_dry_run_says_who_is_found_what_is_skipped_and_what_would_be_graded(tmp_path, capsys, layout):
    room = make_class(tmp_path, layout)
    assert grade(room, tmp_path / "out", "--dry-run") == 0
    said = capsys.readouterr().out
    assert not (tmp_path / "out").exists()
    assert said.count("would be graded") == 38 + (layout in ("canvas", "gradescope"))  # the partner's is the leader's
    assert len(re.findall(r"^  \S", said, re.MULTILINE)) == 40
    assert said.count("1 day 1 hour late") == 1 and said.count(": missing") == 1 and "Not in the roster" not in said
    assert said.count("the latest counts") == (layout in ("canvas", "gradescope"))
    assert (
        "begins with a dot: .forgotten.ipynb" in said and "Nobody's, so nobody has a mark for it: desktop.ini" in said
    )
    essay = "It is not a notebook" if layout == "canvas" else "The folder holds no notebook"
    assert f"rejected: {essay}" in said
    assert ("notes.pdf" in said and "progress.json: It is a progress file" in said) == (layout == "canvas")


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS)
def test_from_the_folder_to_the_files_that_the_platform_imports(tmp_path, capsys, layout, each_notebook_once):
    if why := why_no_sandbox():
        missing(why)
    room, out = make_class(tmp_path, layout), tmp_path / "out"
    assert grade(room, out, "--assignment", "Lesson 02 (48213)") == 0
    said, page = capsys.readouterr().out, (out / "class.html").read_text(encoding="utf-8")
    handed_in = 38 + (layout in ("canvas", "gradescope"))
    assert f"{handed_in - 1} submissions graded, 1 rejected." in said
    assert f"{handed_in - 1} notebooks graded, 1 rejected" in page
    assert ("Other files beside a notebook, left alone: 2 (" in said) == (layout == "canvas")
    book = json.loads((out / "gradebook.json").read_text(encoding="utf-8"))
    visible = [path.name for path in room.submissions.iterdir() if not path.name.startswith(".")]
    assert sorted(visible) == [entry["submission"] for entry in book["submissions"]]

    ada = PEOPLE[9]
    name = f"{ada.last}, {ada.first}" if layout == "canvas" else ada.name
    (out / "overrides.csv").write_text(f"student;exercise;score;comment\n{name};;{MOST};Told me at the board\n")
    before = (out / "gradebook.json").read_bytes()
    assert grade(room, out, "--assignment", "Lesson 02 (48213)") == 0
    assert (out / "gradebook.json").read_bytes() == before  # what was found stays what was found
    room.marks[ada.name] = MOST

    found = {row["student"]: row for row in rows(out / "students.csv")}
    assert len(found) == len(PEOPLE)
    for pupil in PEOPLE:
        row = found[f"{pupil.last}, {pupil.first}" if layout == "canvas" else pupil.name]
        mark = room.marks[pupil.name]
        assert row["mark"] == ("" if mark is None else f"{mark - room.late.get(pupil.name, 0):g}"), row
        assert row["status"] == ("missing" if mark is None else "rejected" if pupil.number == 7 else "graded")
    assert found[name]["by_hand"] == "total" and found[name]["comment"] == "Told me at the board"
    assert "from the first check to the one that passed" in (out / "difficulty.html").read_text(encoding="utf-8")

    with zipfile.ZipFile(out / "feedback.zip") as pages:
        names = pages.namelist()
    if layout == "canvas":
        _, *imported = rows(out / "canvas.csv")
        assert {row["ID"]: row["Lesson 02 (48213)"] for row in imported} == {
            str(41000 + p.number): found[f"{p.last}, {p.first}"]["mark"]
            for p in PEOPLE
            if room.marks[p.name] is not None
        }
        handed_in = {path.stem for path in room.submissions.iterdir()}
        assert len(names) == 38 and {name.removesuffix(".html") for name in names} <= handed_in  # the group's is one
    if layout == "moodle":  # as Moodle's importer reads them
        imported = rows(out / "moodle.csv")
        assert {"Identifier", "Grade", "Last modified (grade)"} <= imported[0].keys()
        numbers = [row["Identifier"].removeprefix("Participant ") for row in imported]
        assert numbers and len(numbers) == len(set(numbers)) == 39
        assert {row["Last modified (grade)"] for row in imported} == {"Monday, 30 November 2026, 10:00 AM"}
        parts = [name.split("/")[0].split("_") for name in names]
        assert sorted(part[1] for part in parts) == sorted(numbers) and {part[2] for part in parts} == {
            "assignsubmission"
        }
    if layout == "nbgrader":
        assert f"feedback/s008/lesson_{LESSON}/02_walking_down.html" in names
    if layout == "gradescope":
        results = [json.loads(path.read_text()) for path in out.glob("gradescope/*/results.json")]
        assert len(results) == 38 and str(book["seed"]) not in json.dumps(results)
        assert next(r for r in results if r["extra_data"]["submission"] == "submission_91020")[
            "score"
        ] == pytest.approx(0.8 * MOST)
