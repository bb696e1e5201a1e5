"""Progress survives restarts, damage, two notebooks at once and folders that cannot be written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dlcourse.lesson.progress import Progress, progress_file


def test_progress_survives_a_restart(tmp_path):
    path = tmp_path / "deep" / "progress.json"
    first = Progress(path)
    first.checked("02.1", attempted=True, passed=False)
    first.hinted("02.1", 2)
    first.chose("02.a", "They shrink")
    again = Progress(path)
    record = again.exercise("02.1")
    record.pop("began_at")
    assert record == {"checks": 1, "attempts": 1, "passed": False, "hints": 2, "solution": False}
    assert again.chosen("02.a") == "They shrink"
    assert again.exercise("02.2")["checks"] == 0


def test_it_keeps_when_an_exercise_was_begun_and_when_it_passed(tmp_path, monkeypatch):
    clock = iter(range(1000, 2000, 100))
    monkeypatch.setattr("dlcourse.lesson.progress.time.time", lambda: next(clock))
    for attempted, passed in [(False, False), (True, False), (True, False), (True, True), (True, True), (True, False)]:
        Progress(tmp_path / "p.json").checked("02.1", attempted=attempted, passed=passed)
    record = Progress(tmp_path / "p.json").exercise("02.1")
    assert (record["began_at"], record["passed_at"], record["attempts"]) == (1100, 1300, 5)


def test_a_pass_is_never_forgotten(tmp_path):
    progress = Progress(tmp_path / "p.json")
    progress.checked("02.1", attempted=True, passed=True)
    progress.checked("02.1", attempted=True, passed=False)
    assert progress.exercise("02.1")["passed"] is True


def test_two_open_notebooks_do_not_undo_each_other(tmp_path):
    path = tmp_path / "p.json"
    one, other = Progress(path), Progress(path)
    one.checked("02.1", attempted=True, passed=True)
    other.checked("12.1", attempted=True, passed=True)
    one.chose("02.a", "x")
    other.checked("02.1", attempted=True, passed=False)
    fresh = Progress(path)
    assert fresh.exercise("02.1") | {"passed": True} == fresh.exercise("02.1")
    assert fresh.exercise("02.1")["checks"] == 2
    assert fresh.exercise("12.1")["passed"] is True
    assert fresh.chosen("02.a") == "x"


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "{",
        "[]",
        "null",
        '{"exercises": {}, "choices": []}',
        '{"exercises": {"02.1": 3}, "choices": {}}',
        '{"exercises": {"02.1": {"checks": "many"}}, "choices": {}}',
        "[" * 100_000,
    ],
)
def test_a_damaged_file_is_set_aside_in_one_sentence_and_a_new_one_begun(tmp_path, capsys, damage):
    path = tmp_path / "p.json"
    path.write_text(damage)
    progress = Progress(path)
    progress.checked("02.1", attempted=True, passed=True)
    said = capsys.readouterr().out
    assert said == f"Your progress file was damaged: it is now {path}.corrupt, and a new one is begun.\n"
    assert Path(f"{path}.corrupt").read_text() == damage
    assert Progress(path).exercise("02.1")["passed"] is True


def test_a_file_that_is_not_text_is_set_aside(tmp_path, capsys):
    path = tmp_path / "p.json"
    path.write_bytes(b"\xff\xfe\x00")
    assert Progress(path).exercise("02.1")["checks"] == 0
    assert capsys.readouterr().out.count("\n") == 1


def test_where_nothing_can_be_written_it_says_so_once_and_goes_on_in_memory(tmp_path, capsys):
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    progress = Progress(blocked / "progress.json")
    for _ in range(3):
        progress.checked("02.1", attempted=True, passed=True)
    assert progress.exercise("02.1")["checks"] == 3
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert said.startswith("Your progress")


def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "p.json"
    Progress(path).checked("02.1", attempted=True, passed=True)
    before = path.read_text()

    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("json.dump", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Progress(path).checked("02.2", attempted=True, passed=True)
    assert path.read_text() == before
    assert [p.name for p in tmp_path.iterdir()] == ["p.json"]


def test_the_file_is_where_the_variable_says_or_in_the_users_data(tmp_path, monkeypatch):
    monkeypatch.setenv("DLCOURSE_PROGRESS", str(tmp_path / "x.json"))
    assert progress_file() == tmp_path / "x.json"
    monkeypatch.delenv("DLCOURSE_PROGRESS")
    assert progress_file().parts[-2:] == ("dlcourse", "progress.json")


def test_the_file_can_be_read_by_a_person(tmp_path):
    path = tmp_path / "p.json"
    Progress(path).chose("02.a", "η wächst")
    assert "η wächst" in path.read_text(encoding="utf-8")
    assert json.loads(path.read_text(encoding="utf-8"))["version"] == 1
