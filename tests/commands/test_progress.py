"""`dlcourse progress`: shown, taken along, begun anew; nothing is lost, and a bad file is told in one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dlcourse.commands.program import main
from dlcourse.lesson.home import as_markdown, as_text, course, where_to_go_on
from dlcourse.lesson.progress import Progress


@pytest.fixture(autouse=True)
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "mine" / "progress.json"
    monkeypatch.setenv("DLCOURSE_PROGRESS", str(path))
    return path


def passed(*ids: str) -> None:
    for id in ids:
        Progress().checked(id, attempted=True, passed=True)


def test_what_is_exported_can_be_imported_elsewhere_and_nothing_there_is_lost(
    tmp_path: Path, mine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    passed("02.1", "03.1")
    Progress().chose("02.a", "down")
    taken = tmp_path / "taken.json"
    assert main(["progress", "export", str(taken)]) == 0
    assert main(["progress", "export", str(taken)]) == 1, "a file that is there is not overwritten"
    monkeypatch.setenv("DLCOURSE_PROGRESS", str(tmp_path / "other.json"))
    passed("04.1")
    Progress().chose("02.a", "up")
    assert main(["progress", "import", str(taken)]) == 0
    assert "2 exercises passed" in capsys.readouterr().out
    there = Progress()
    assert [there.exercise(id)["passed"] for id in ("02.1", "03.1", "04.1")] == [True] * 3
    assert there.chosen("02.a") == "up", "what was chosen here stays chosen"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot read"),
        ("not json", "holds no progress"),
        ("[1]", "holds no progress"),
        ('{"cells": []}', "holds no progress"),
        ('{"exercises": {"02.1": {"checks": "many"}}, "choices": {}}', "holds no progress"),
        ('{"version": 2, "exercises": {}, "choices": {}}', "another version"),
    ],
)
def test_a_bad_file_is_told_in_one_sentence_and_changes_nothing(
    tmp_path: Path, mine: Path, capsys: pytest.CaptureFixture[str], content: str | None, says: str
) -> None:
    passed("02.1")
    before = mine.read_bytes()
    path = tmp_path / "bad.json"
    if content is not None:
        path.write_text(content)
    assert main(["progress", "import", str(path)]) == 1
    error = capsys.readouterr().err
    assert says in error and str(path) in error and error.count("\n") == 1
    assert mine.read_bytes() == before


def test_reset_keeps_what_was_and_can_be_undone(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    passed("02.1", "03.1")
    assert main(["progress", "reset", "2"]) == 0
    assert [Progress().exercise(id)["passed"] for id in ("02.1", "03.1")] == [False, True]
    assert main(["progress", "reset"]) == 0
    assert json.loads(mine.read_text())["exercises"] == {}
    kept = sorted(mine.parent.glob("progress-before-reset-*.json"))
    assert len(kept) == 2
    assert f"dlcourse progress import {kept[0]}" in capsys.readouterr().out
    assert main(["progress", "import", str(kept[0])]) == 0
    assert [Progress().exercise(id)["passed"] for id in ("02.1", "03.1")] == [True, True]
    assert main(["progress", "reset", "99"]) == 1


def test_the_course_page_says_what_is_done_and_where_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter(range(1000, 9000))
    monkeypatch.setattr("dlcourse.lesson.progress.time.time", lambda: next(clock))
    first = course(Progress())[0]
    assert where_to_go_on(course(Progress())) == first
    passed("02.1")
    rows = course(Progress())
    assert where_to_go_on(rows) == rows[2] and rows[2].exercises[0] == 1
    passed(*(f"02.{k}" for k in range(1, rows[2].exercises[1] + 1)))
    rows = course(Progress())
    assert rows[2].done and where_to_go_on(rows) == rows[3]
    assert f"| ▸ | [03 · {rows[3].title}]({rows[3].file}) |" in as_markdown(rows)
    assert main(["progress"]) == 0
    assert as_text(rows) in capsys.readouterr().out
