"""`check` says so where what it judged is known not to be what stands on the screen."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from dlcourse.lesson import files, on_screen
from dlcourse.lesson.on_screen import Cell, edited_since

RIGHT = "def loss_at(knob, x, y):\n    return np.mean((knob * x - y) ** 2)"
EXERCISE = files.exercises("00")["00.1"]


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Saves the lesson with an answer, some seconds before or after now."""

    def save(answer: str, seconds: float, more: str = "1") -> None:
        lesson = json.loads(files.notebook("00").read_text(encoding="utf-8"))
        for cell in lesson["cells"]:
            if cell["id"] == "ex-1-answer":
                cell["source"] = answer
            if cell["id"] == "six-rides":
                cell["source"] = more
        path = tmp_path / "00_start_here.ipynb"
        path.write_text(json.dumps(lesson), encoding="utf-8")
        os.utime(path, (time.time() + seconds, time.time() + seconds))

    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "00_start_here.ipynb"))
    monkeypatch.setattr(on_screen, "running_shell", lambda: None)
    monkeypatch.setattr(on_screen, "EDITED", {})
    return save


def test_a_file_that_was_saved_later_with_another_answer_tells(saved) -> None:
    judged = Cell(RIGHT)
    saved(RIGHT + " + 1", seconds=10)
    assert edited_since(EXERCISE, judged)
    saved(RIGHT + " + 1", seconds=-10)
    assert not edited_since(EXERCISE, judged), "saved before the cell ran: nothing is known"
    saved(RIGHT + "\n", seconds=10)
    assert not edited_since(EXERCISE, judged)
    saved("def loss_at(knob, x, y):\n    return ...", seconds=10, more=RIGHT)
    assert not edited_since(EXERCISE, judged), "it stands in another cell"


def test_what_the_page_tells_counts_until_the_cell_runs_again(saved) -> None:
    judged = Cell(RIGHT)
    assert not edited_since(EXERCISE, judged)
    on_screen.EDITED["00.1"] = judged.at + 1
    assert edited_since(EXERCISE, judged)
    later = Cell(RIGHT)
    later.at = judged.at + 2
    assert not edited_since(EXERCISE, later)


@pytest.mark.parametrize("content", ["", "[1]", '{"cells": [{"cell_type": "code"}]}'])
def test_a_file_that_cannot_be_understood_tells_nothing(saved, tmp_path: Path, content: str) -> None:
    judged = Cell(RIGHT)
    saved(RIGHT, seconds=0)
    (tmp_path / "00_start_here.ipynb").write_text(content)
    os.utime(tmp_path / "00_start_here.ipynb", (judged.at + 9, judged.at + 9))
    assert not edited_since(EXERCISE, judged)


def test_the_setup_cell_and_the_figures_own_bring_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = [Cell("import numpy"), Cell("lesson = open_lesson('00')"), Cell("1 + 1"), Cell("lesson.show('blame')")]
    monkeypatch.setattr(on_screen, "executed_cells", lambda: cells)
    assert on_screen.cells_to_run_again() == ["lesson = open_lesson('00')", "lesson.show('blame')"]
    monkeypatch.setattr(on_screen, "executed_cells", lambda: cells[:2])
    assert on_screen.cells_to_run_again() == ["lesson = open_lesson('00')"]
