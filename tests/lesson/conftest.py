"""A notebook in this process: cells run in a real IPython shell, and checks print as they would in a kernel."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from dlcourse.lesson import explaining, files


@pytest.fixture(autouse=True, scope="package")
def a_busy_machine() -> Iterator[None]:
    """Searches end by the processor's time, not by the clock: what is found does not depend on who else works here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explaining, "LONGEST_SEARCH", 60.0)
        yield


class Notebook:
    """Runs cells and returns what they print."""

    def __init__(self, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
        self.shell, self.capsys = shell, capsys

    def run(self, cell: str, id: str | None = None) -> str:
        """Run a cell; the page says which of its cells it is, a front end of another kind does not."""
        self.shell.run_cell(textwrap.dedent(cell).strip("\n"), store_history=False, cell_id=id)  # as nbval does
        return self.capsys.readouterr().out

    def check(self, id: str, *cells: str) -> str:
        """Run some cells; return what the check of the exercise then says."""
        for cell in cells:
            self.run(cell)
        return self.run(f'lesson.check("{id}")')


@pytest.fixture
def progress_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Progress of this test alone."""
    path = tmp_path / "progress.json"
    monkeypatch.setenv("DLCOURSE_PROGRESS", str(path))
    return path


@pytest.fixture
def shell(progress_file: Path) -> Iterator[InteractiveShell]:
    config = Config()
    config.HistoryManager.enabled = False  # no history file; what was run here is remembered all the same
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance(config=config)
    try:
        yield made
    finally:
        InteractiveShell.clear_instance()


@pytest.fixture
def open_notebook(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> Callable[[str], Notebook]:
    def open_(lesson: str) -> Notebook:
        notebook = Notebook(shell, capsys)
        notebook.run(
            f"""
            import numpy as np
            import dlcourse as dl
            from dlcourse.lesson import open_lesson

            lesson = open_lesson("{lesson}")
            """
        )
        return notebook

    return open_


ANSWERS = '''
"""A lesson for the tests: each exercise is there for one thing that the first lessons do not have."""

import numpy as np

import dlcourse as dl
from dlcourse.lesson import exercise, prediction, question

counter = exercise("90.1", "A class")


@counter.reference
class Counter:
    """It remembers."""

    def __init__(self, start: int) -> None:
        self.total = start

    def add(self, k: int) -> int:
        self.total += k
        return self.total


@counter.mutant("It forgets what was there before.")
class _:
    def __init__(self, start):
        self.total = start

    def add(self, k):
        return k


@counter.cases
def _(rng):
    for _ in range(2):
        yield dict(start=int(rng.integers(1000, 2000)), steps=[int(k) for k in rng.integers(10, 1000, size=8)])


@counter.observe
def _(answer, case):
    made = answer(case["start"])
    return [made.add(k) for k in case["steps"]]


counter.hints("concept", "shapes", "almost")

root = exercise("90.2", "Either root will do", time_limit=1.5)


@root.reference
def a_root(x: float) -> float:
    """Squared it gives x."""
    return np.sqrt(x)


@root.mutant("You squared it.")
def _(x):
    return x**2


@root.cases
def _(rng):
    for x in rng.uniform(1, 9, size=3):
        yield dict(x=x)


@root.accepts
def _(observation, case):
    return True if abs(observation**2 - case["x"]) < 1e-9 else "Squared, that is not x."


root.hints("concept", "shapes", "almost")

doubled = exercise("90.3", "Twice an array")


@doubled.reference
def twice(v: np.ndarray) -> np.ndarray:
    """Each entry times 2."""
    return 2 * v


@doubled.mutant("You squared each entry.")
def _(v):
    return v * v


@doubled.mutant("That is the sum of the entries, doubled.")
def _(v):
    return 2 * v.sum()


@doubled.cases
def _(rng):
    yield dict(v=rng.normal(size=3))
    yield dict(v=rng.normal(size=(2, 2)))


doubled.hints("concept", "shapes", "almost")

predictions = [prediction("90.a", "Up?", options={"yes": "Right.", "no": "Look again."}, answer="yes")]
quiz = [question("90.q1", "Down?", options={"yes": "Look again.", "no": "Right."}, answer="no")]
'''

STUBS = {
    "90.1": "class Counter:\n    def __init__(self, start):\n        ...\n\n    def add(self, k):\n        return ...",
    "90.2": "def a_root(x):\n    return ...",
    "90.3": "def twice(v):\n    return ...",
}


@pytest.fixture
def lesson_90(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A course folder as a wheel lays it out, with one small lesson in it."""
    cells = []
    for id, stub in STUBS.items():
        for tag, source in (("answer", stub), ("check", f'lesson.check("{id}")')):
            metadata = {"tags": [tag], "dlcourse": {"exercise": id}}
            cells.append(
                {
                    "cell_type": "code",
                    "id": f"{tag}-{id[-1]}",
                    "metadata": metadata,
                    "source": source,
                    "outputs": [],
                    "execution_count": None,
                }
            )
    package = tmp_path / "site" / "dlcourse"
    room = package / "lessons" / "backstage" / "lesson_90"
    room.mkdir(parents=True)
    (room / "exercises.py").write_text(ANSWERS, encoding="utf-8")
    (room / "figures.py").write_text("FIGURES = {}", encoding="utf-8")
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (package / "lessons" / "90_test.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    monkeypatch.setattr(files, "PACKAGE", package)
    files._opened.cache_clear()
    files.stub.cache_clear()
    files.cells.cache_clear()
    yield package
    files._opened.cache_clear()
    files.stub.cache_clear()
    files.cells.cache_clear()
