"""nbval runs every lesson as a test: as released and solved, strictly, on two kinds of processor."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from dlcourse.lesson import library
from dlcourse.lesson.solve import solved_notebook
from tests.conftest import missing

LESSONS = [path.name[:2] for path in library.notebooks()]
OTHER_CORE = "Nehalem"  # OpenBLAS then uses neither AVX nor fused multiply-add: other roundings in matrix products


def released(lesson: str) -> Any:
    return nbformat.read(library.notebook(lesson), as_version=4)


def nbval(notebook: Any, folder: Path, core: str | None = None) -> subprocess.CompletedProcess[str]:
    """Let nbval run a notebook in a folder of its own, with progress of its own."""
    nbformat.write(notebook, folder / "lesson.ipynb")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "OPENBLAS_"))}
    environment["DLCOURSE_PROGRESS"] = str(folder / "progress.json")
    if core is not None:
        environment["OPENBLAS_CORETYPE"] = core
    return subprocess.run(
        [
            sys.executable, "-m", "pytest", "lesson.ipynb", "--nbval", "--nbval-current-env",
            "--nbval-cell-timeout=120", "-c", os.devnull, "--noconftest", "--rootdir", str(folder),
            "-p", "no:cacheprovider", "--color=no", "-q",
        ],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip


CORE_NAME = """
import ctypes, glob, os, numpy
numpy.ones((2, 2)) @ numpy.ones((2, 2))
for line in open("/proc/self/maps"):
    path = line.split()[-1]
    if "openblas" in path:
        for name in ("scipy_openblas_get_corename64_", "openblas_get_corename64_", "openblas_get_corename"):
            try:
                ask = getattr(ctypes.CDLL(path), name)
            except AttributeError:
                continue
            ask.restype = ctypes.c_char_p
            print(ask().decode())
            raise SystemExit
"""


def core_name(core: str | None) -> str:
    """What OpenBLAS takes the processor for; empty where NumPy uses something else."""
    environment = {key: value for key, value in os.environ.items() if key != "OPENBLAS_CORETYPE"}
    if core is not None:
        environment["OPENBLAS_CORETYPE"] = core
    command = [sys.executable, "-c", CORE_NAME]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.stdout.strip().lower()


@pytest.mark.parametrize("lesson", LESSONS)
@pytest.mark.parametrize("core", [None, OTHER_CORE], ids=["this processor", OTHER_CORE])
@pytest.mark.parametrize("variant", ["released", "solved"])
def test_a_lesson_gives_its_stored_outputs(lesson, variant, core, tmp_path):
    if core is not None and core_name(core) in ("", core_name(None)):
        missing("another core type cannot be chosen: NumPy does not use OpenBLAS here, or it runs on that core")
    notebook = released(lesson) if variant == "released" else solved_notebook(lesson)
    done = nbval(notebook, tmp_path, core)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    code_cells = sum(cell.cell_type == "code" for cell in notebook.cells)
    assert f"{code_cells} passed" in done.stdout


def test_a_wrong_stored_output_would_be_noticed(tmp_path):
    """The net has no hole: nbval fails when a check does not say what is stored."""
    lesson = LESSONS[0]
    notebook = solved_notebook(lesson)
    cell = next(cell for cell in notebook.cells if "check" in cell.metadata.get("tags", []))
    cell.outputs[0].text = cell.outputs[0].text.replace("PASS", "PASSED")
    done = nbval(notebook, tmp_path)
    assert done.returncode == 1
    assert "1 failed" in done.stdout


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_solved_notebook_is_the_released_one_but_for_answers_and_passes(lesson):
    before, after = released(lesson), solved_notebook(lesson)
    exercises = library.exercises(lesson)
    assert [cell.id for cell in before.cells] == [cell.id for cell in after.cells]
    for was, now in zip(before.cells, after.cells, strict=True):
        id, tags = now.metadata.get("dlcourse", {}).get("exercise"), now.metadata.get("tags", [])
        if "answer" in tags:
            assert now.source == exercises[id].source()
            assert now.outputs == []
        elif "check" in tags:
            assert now.source == was.source
            assert [output.text for output in now.outputs] == [f"PASS {id}\n"]
            assert now.execution_count is not None
        else:
            assert now == was
    nbformat.validate(after)


def test_solving_a_lesson_does_not_run_it(monkeypatch, tmp_path):
    monkeypatch.setenv("DLCOURSE_PROGRESS", str(tmp_path / "p.json"))
    solved_notebook(LESSONS[0])
    assert not (tmp_path / "p.json").exists()


