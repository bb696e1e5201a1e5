"""The course where no thread and no other program can be started, as in a browser's Python (Pyodide)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dlcourse.grading.starting import QUICKLY
from tests.conftest import EVERYTHING, LESSONS

PROGRAM = """
import json, subprocess, sys, threading
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

def refuse(*_, **__):
    raise RuntimeError("can't start new thread")

threading.Thread.start = refuse
subprocess.Popen.__init__ = refuse
from dlcourse.lesson.solve import solved_notebook

shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
notebook = solved_notebook(sys.argv[1])
failed = []
for cell in notebook.cells:
    if cell.cell_type == "code":
        result = shell.run_cell(cell.source, store_history=True)
        if not result.success:
            failed.append([cell.id, str(result.error_in_exec or result.error_before_exec)])
print()
print(json.dumps(failed))
"""
SAMPLE = [lesson for lesson in LESSONS if EVERYTHING or lesson in ("00", "09", "12")]


@pytest.mark.parametrize("lesson", SAMPLE)
def test_a_solved_lesson_runs_without_a_thread_and_without_another_program(lesson: str, tmp_path: Path) -> None:
    environment = os.environ | {"DLCOURSE_PROGRESS": str(tmp_path / "progress.json"), "MPLBACKEND": "agg"}
    command = [sys.executable, "-c", QUICKLY + "\n" + PROGRAM, lesson]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == []
    passed = done.stdout.count("PASS ")
    assert passed >= 3, "its checks were run"
