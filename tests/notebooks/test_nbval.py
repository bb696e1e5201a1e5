"""nbval runs every lesson as a test: as released and solved, strictly, on two kinds of processor."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nbformat
import pytest

from dlcourse.grading.starting import QUICKLY
from dlcourse.lesson import files
from dlcourse.lesson.solve import solved_notebook
from tests.conftest import LESSONS, missing

OTHER_CORE = "Nehalem"  # OpenBLAS then uses neither AVX nor fused multiply-add: other roundings in matrix products


def released(lesson: str) -> Any:
    return nbformat.read(files.notebook(lesson), as_version=4)


def nbval(notebooks: dict[str, Any], folder: Path, core: str | None = None) -> dict[str, list[str]]:
    """Let nbval run notebooks in a folder of their own, with progress of their own.

    Starting pytest costs more than starting a kernel, so one run serves many notebooks. Returned is, for each,
    the outcome of every code cell: empty when it passed, else what nbval says.
    """
    for name, notebook in notebooks.items():
        nbformat.write(notebook, folder / f"{name}.ipynb")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "OPENBLAS_"))}
    environment["DLCOURSE_PROGRESS"] = str(folder / "progress.json")
    if core is not None:
        environment["OPENBLAS_CORETYPE"] = core
    strictly = "--nbval --nbval-current-env --nbval-cell-timeout=120 --junitxml=results.xml"
    alone = f"-c {os.devnull} --noconftest --rootdir . -p no:cacheprovider -p no:xdist --color=no -q"
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"{QUICKLY}import pytest; sys.exit(pytest.main())",
            *strictly.split(),
            *alone.split(),
            *(f"{name}.ipynb" for name in notebooks),
        ],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout[-4000:] + done.stderr[-2000:]
    outcomes: dict[str, list[str]] = {name: [] for name in notebooks}
    for case in ElementTree.parse(folder / "results.xml").iter("testcase"):
        name = str(case.get("classname")).split(".ipynb")[0]
        # whatever is not a plain pass counts: a failure, an error, a cell that was skipped
        outcomes[name].append("\n".join(f"{case.get('name')}: {child.text}" for child in case))
    return outcomes


@functools.cache
def outcomes_of(chosen: tuple[tuple[str, str], ...]) -> dict[tuple[str, str], list[str]]:
    """What nbval says to lessons as released and as solved; the two run side by side."""

    def run(variant: str) -> dict[tuple[str, str], list[str]]:
        make, core = VARIANTS[variant]
        notebooks = {lesson: make(lesson) for of, lesson in chosen if of == variant}
        with tempfile.TemporaryDirectory() as folder:
            found = nbval(notebooks, Path(folder), core if can_be_chosen(core) else None)
        return {(variant, lesson): outcomes for lesson, outcomes in found.items()}

    with ThreadPoolExecutor() as pool:
        return dict(
            item for found in pool.map(run, sorted({variant for variant, _ in chosen})) for item in found.items()
        )


def chosen(request: pytest.FixtureRequest) -> tuple[tuple[str, str], ...]:
    """The notebooks that this run of the tests is about: whoever selects one lesson does not wait for the others."""
    tests = [item for item in request.session.items if item.nodeid.split("[")[0] == request.node.nodeid.split("[")[0]]
    return tuple(sorted({(item.callspec.params["variant"], item.callspec.params["lesson"]) for item in tests}))


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


@functools.cache
def can_be_chosen(core: str | None) -> bool:
    """Whether NumPy can be told to compute as on this other processor."""
    return core is not None and core_name(core) not in ("", core_name(None))


# As released on this processor, as solved on the other one: whatever is stored was compared on both. A reference
# answer passes on this one, too, and that is tested without a notebook (tests/lesson/test_exercises.py).
VARIANTS = {"released": (released, None), "solved": (solved_notebook, OTHER_CORE)}


@pytest.mark.parametrize("lesson", LESSONS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_lesson_gives_its_stored_outputs(lesson, variant, request):
    outcomes = outcomes_of(chosen(request))[variant, lesson]
    assert len(outcomes) == sum(cell.cell_type == "code" for cell in released(lesson).cells)
    assert "\n".join(filter(None, outcomes)) == ""


def test_a_second_kind_of_processor_was_tried():
    if not can_be_chosen(OTHER_CORE):
        missing("another core type cannot be chosen: NumPy does not use OpenBLAS here, or it runs on that core")


def test_a_wrong_stored_output_would_be_noticed(tmp_path):
    """The net has no hole: nbval fails when a check or a figure does not say what is stored."""
    notebook = solved_notebook(LESSONS[0])
    check = next(cell for cell in notebook.cells if "check" in cell.metadata.get("tags", []))
    check.outputs[0].text = check.outputs[0].text.replace("PASS", "PASSED")
    figure = next(cell for cell in notebook.cells if "widget" in cell.metadata.get("tags", []))
    figure.outputs[0].data["text/plain"] += "."
    outcomes = nbval({"changed": notebook}, tmp_path)["changed"]
    assert sum(map(bool, outcomes)) == 2


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_solved_notebook_is_the_released_one_but_for_answers_and_passes(lesson):
    before, after = released(lesson), solved_notebook(lesson)
    exercises = files.exercises(lesson)
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
