"""`dlcourse author new` begins a lesson that works, `store` and `check` carry it on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dlcourse.commands import author, storing
from dlcourse.commands.errors import CommandError
from dlcourse.commands.program import main
from dlcourse.lesson import files
from tests.packaging.checkout import ROOT, copy_to


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository in which somebody has begun lesson 16."""
    clone = copy_to(tmp_path_factory.mktemp("clone") / "dlcourse")
    done = run(clone, "new", "16", 'A "short" lesson')
    assert done.returncode == 0, done.stderr
    return clone


def run(clone: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dlcourse", "author", *words]
    environment = os.environ | {"PYTHONPATH": str(clone)}
    return subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True)


def test_a_new_lesson_passes_its_tests_but_for_what_is_left_to_do(clone: Path) -> None:
    assert "16_a_short_lesson.ipynb is not what its room says" in run(clone, "store", "--check", "16").stdout
    stored = run(clone, "store", "16")
    assert stored.stdout == "16_a_short_lesson.ipynb stored.\nREADME.md stored.\n", stored.stdout + stored.stderr
    assert "17 lessons" in (clone / "README.md").read_text(encoding="utf-8")
    checked = run(clone, "check", "16")
    failed = [line.split(" - ")[0] for line in checked.stdout.splitlines() if line.startswith("FAILED")]
    assert failed == ["FAILED tests/notebooks/test_template.py::test_nothing_is_left_to_do[16]"], checked.stdout
    assert checked.returncode == 1


def test_the_room_of_a_new_lesson_is_as_clean_as_the_others(clone: Path) -> None:
    room = "lessons/backstage/lesson_16"
    for command in (
        ["ruff", "check", "--output-format=concise", room],
        ["ruff", "format", "--check", room],
        ["mypy", "--cache-dir", str(ROOT / ".mypy_cache"), room],  # which knows the package already
    ):
        done = subprocess.run([sys.executable, "-m", *command], cwd=clone, capture_output=True, text=True)
        assert [line for line in done.stdout.splitlines() if room in line] == []


def test_a_lesson_that_is_there_is_not_begun_again(capsys: pytest.CaptureFixture[str]) -> None:
    before = files.notebook("03").read_bytes()
    assert main(["author", "new", "3", "Again"]) == 1
    assert capsys.readouterr().err == "dlcourse: There is a lesson 03 already. Take the next free number.\n"
    assert files.notebook("03").read_bytes() == before


def test_an_unknown_figure_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["author", "figure", "02", "nonsense"]) == 1
    assert capsys.readouterr().err.startswith("dlcourse: lesson 02 has no figure 'nonsense': there are descent, ")


def test_what_is_missing_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(author, "NEEDED", ("pytest", "no_such_package"))
    with pytest.raises(CommandError, match=r"writing lessons needs no_such_package; in a clone, try: .*'\.\[test\]'"):
        author.need_a_clone()


def test_outside_a_clone_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PACKAGE", tmp_path)
    with pytest.raises(CommandError, match="lessons are written in a clone of the repository"):
        author.need_a_clone()


def test_the_readme_lists_the_lessons_that_there_are() -> None:
    readme = ROOT / "README.md"
    assert storing.with_list(readme) == readme.read_text(encoding="utf-8"), "run: dlcourse author store"
