"""What passes also works: with every right answer, however it is written, the rest of the notebook runs as with ours.

The cells of a lesson are run once in this process, with the references. For each right answer only the cells that use
it are run again, from what the names held before it. The suite takes a sample; ``DLCOURSE_ALL=1`` takes all.
"""

from __future__ import annotations

import ast
import copy
import functools
import io
import json
import linecache
import re
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest

import dlcourse.lesson.notebook as talking
from dlcourse.lesson import diagnose, files, on_screen
from dlcourse.lesson.exercises import Exercise
from dlcourse.lesson.notebook import Lesson
from tests.conftest import EVERYTHING, LESSONS

ANSWERS = json.loads((Path(__file__).parent / "data" / "answers_tried.json").read_text(encoding="utf-8"))
RIGHT = [answer for answer in ANSWERS if answer["kind"] == "right" and answer["exercise"][:2] in LESSONS]
EXERCISES = [exercise for lesson in LESSONS for exercise in files.exercises(lesson).values()]
DRAWN = {"widget", "predict", "quiz", "practice", "hide-input"}  # cells that no answer reaches

# The same values, otherwise held: each passes and works, or the check says which kind is asked for.
ARRAY = "type(value) is np.ndarray and value.ndim"
FORMS = {
    "lists": f"value.tolist() if {ARRAY} else list(value) if type(value) is tuple else value",
    "tuples": f"tuple(value) if type(value) is list or {ARRAY} else value",
    "NumPy scalars": "np.float64(value) if type(value) is float else np.int64(value) if type(value) is int else value",
    "Python scalars": "value.item() if isinstance(value, np.generic) else value",
    "0-d arrays": "np.array(value) if type(value) is float or isinstance(value, np.generic) else value",
    "arrays": "np.array(value) if type(value) is list and all(np.isscalar(item) for item in value) else value",
}


@dataclass
class Cell:
    """A code cell, what it bound when it ran with the references, and what it printed and asked for."""

    id: str
    source: str
    exercise: str = ""  # whose answer it holds
    asked: set[str] = field(default_factory=set)  # whose answers it used
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    printed: str = ""

    def __post_init__(self) -> None:
        nodes = [node for node in ast.walk(ast.parse(self.source)) if isinstance(node, ast.Name)]
        self.stores = {node.id for node in nodes if isinstance(node.ctx, ast.Store)} | set(_defined(self.source))
        self.loads = {node.id for node in nodes if isinstance(node.ctx, ast.Load)}


def _defined(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)


class Asked(Lesson):
    """A lesson that notes whose answers are asked for."""

    asked: set[str]

    def given(self, id: str) -> Any:
        self.asked.add(id)
        return super().given(id)


NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def words(text: str) -> str:
    return NUMBER.sub("", text)


def numbers(text: str) -> list[float]:
    """What was printed, as numbers: another way of reckoning ends in other last digits."""
    return [float(found) for found in NUMBER.findall(text)]


@contextmanager
def printing() -> Iterator[io.StringIO]:
    out = io.StringIO()
    with redirect_stdout(out):
        yield out


def held(space: dict[str, Any]) -> dict[str, Any]:
    """The names as they are now; what a later cell may change or draw from is copied."""
    kept = (list, dict, np.ndarray, np.random.Generator)
    return {name: copy.deepcopy(value) if type(value) in kept else value for name, value in space.items()}


def run(source: str, name: str, space: dict[str, Any]) -> None:
    """As a cell of a notebook: what it defines has a source that can be shown."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    exec(compile(source, name, "exec"), space)


@functools.lru_cache(maxsize=2)
def cells_of(number: str) -> list[Cell]:
    """The code cells of a lesson, run with the references."""
    cells = []
    for cell in nbformat.read(files.notebook(number), as_version=4).cells:
        tags = set(cell.metadata.get("tags", []))
        if cell.cell_type == "code" and not tags & DRAWN and "check" not in tags and "display(" not in cell.source:
            exercise = cell.metadata["dlcourse"]["exercise"] if "answer" in tags else ""
            source = files.exercises(number)[exercise].source() if exercise else cell.source
            cells.append(Cell(cell.id, source, exercise))
    lesson = Asked(number)
    space: dict[str, Any] = {"__name__": "__main__", "np": np, "lesson": lesson}
    exec("import dlcourse as dl\nfrom dlcourse import open_lesson", space)
    for cell in cells:
        cell.before, lesson.asked = held(space), cell.asked
        with printing() as out:
            run(cell.source, f"<{number} {cell.id}>", space)
        cell.printed = out.getvalue()
        cell.after = {name: value for name, value in held(space).items() if name in cell.stores}
    return cells


def the_rest_with(exercise: Exercise, source: str) -> None:
    """Run an answer, check it, then the cells after it that use it; they print what they print with ours."""
    cells = cells_of(exercise.lesson)
    start = next(i for i, cell in enumerate(cells) if cell.exercise == exercise.id)
    lesson = Asked(exercise.lesson)
    lesson.asked = set()
    space = held(cells[start].before) | {"lesson": lesson}
    with printing() as out:
        run(source, f"<answer {exercise.id}>", space)
    with printing() as out, pytest.MonkeyPatch.context() as patch:
        patch.setattr(talking, "executed_cells", lambda: [on_screen.Cell(source)])
        lesson.check(exercise.id)
    assert out.getvalue() == f"PASS {exercise.id}\n"
    touched = Cell("", source).stores
    for cell in cells[start + 1 :]:
        if exercise.id not in cell.asked and not cell.loads & touched:
            space |= cell.after
            touched -= cell.stores
            continue
        with printing() as out:
            run(cell.source, f"<{exercise.lesson} {cell.id}>", space)
        if exercise.judge is None:
            assert words(out.getvalue()) == words(cell.printed), cell.id
            assert numbers(out.getvalue()) == pytest.approx(numbers(cell.printed), rel=0.05, abs=1e-3), cell.id
        touched |= cell.stores


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch, tmp_path):
    """A lesson may write beside its notebook: 15's last project does."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def progress(tmp_path, monkeypatch):
    monkeypatch.setenv("DLCOURSE_PROGRESS", str(tmp_path / "progress.json"))


@pytest.mark.parametrize(
    "answer", RIGHT if EVERYTHING else RIGHT[::13], ids=lambda answer: f"{answer['exercise']} {answer['what']}"
)
def test_the_rest_of_the_notebook_runs_with_a_right_answer(answer):
    exercise = files.exercises(answer["exercise"][:2])[answer["exercise"]]
    if str(diagnose(exercise.id, answer["code"])) == f"PASS {exercise.id}":  # what is refused says why
        the_rest_with(exercise, answer["code"])


def otherwise(exercise: Exercise, form: str) -> str:
    """The reference, but its values are held otherwise."""
    head = (
        f"from functools import wraps\n\ndef otherwise(answer):\n    @wraps(answer)\n    def held(*args, **kwargs):\n"
        f"        value = answer(*args, **kwargs)\n        return {FORMS[form]}\n    return held\n\n"
    )
    lines = exercise.source().splitlines()
    decorated = []
    for line in lines:
        text = line.lstrip()
        indent = line[: len(line) - len(text)]
        outer = indent == ("    " if exercise.is_class else "")
        if outer and text.startswith("def ") and not text.startswith("def __"):
            decorated.append(f"{indent}@otherwise")
        decorated.append(line)
    return head + "\n".join(decorated)


SHAPED = [(exercise, form) for exercise in EXERCISES for form in FORMS]


@pytest.mark.parametrize(
    ("exercise", "form"), SHAPED if EVERYTHING else SHAPED[::23], ids=lambda one: getattr(one, "id", one)
)
def test_values_held_otherwise_work_or_are_told_which_kind_is_wanted(exercise, form):
    source = otherwise(exercise, form)
    verdict = diagnose(exercise.id, source)
    if verdict.outcome == "passed":
        the_rest_with(exercise, source)
    else:
        assert "asked for" in verdict.lines[2], verdict
