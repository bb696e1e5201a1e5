"""What a new lesson begins with: a notebook and a room that work, to be filled from there.

What stands there with TODO is for the author to say; a test finds what is left.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any

import nbformat

from dlcourse.lesson import files

__all__ = ["new_lesson"]

LESSON = """\
title = {title}
short = {title}  # on the map of the course
minutes = 15
words = 400  # at most, hints aside
needs = ["{needs}"]
map = {{ column = {column}, row = {row} }}

[new_words]  # introduced in this lesson, and in which cell
"TODO" = "saw"
"""

EXERCISES = '''\
"""Answers to lesson {number}, {title}.

Every function here stands alone: it sees ``np``, ``dl`` and its own arguments, nothing else.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from dlcourse.lesson import exercise, prediction, question

Case = dict[str, Any]

# ------------------------------------------------------------------------------------------------ {number}.1

step = exercise("{number}.1", "TODO: one step downhill")


@step.reference
def step_down(x: float, slope: float, lr: float) -> float:
    """TODO: say why it is right, in a sentence or two. Against the slope, for the slope points uphill."""
    return x - lr * slope


@step.mutant("TODO: the words that help. The slope points uphill: subtract it.")
def _(x: float, slope: float, lr: float) -> float:
    return x + lr * slope


@step.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    for x, slope in rng.normal(size=(4, 2)):
        yield dict(x=x, slope=slope, lr=rng.uniform(0.05, 0.5))


step.hints(
    "TODO: the concept. Which way is down?",
    "TODO: shapes or units. All three are numbers.",
    "TODO: almost the code. From x, take lr times the slope.",
)

# ------------------------------------------------------------------------------------------ predictions, quiz

predictions = [
    prediction(
        "{number}.a",
        "TODO: what will the figure show?",
        options={{"up": "No: the slope points uphill.", "down": "Yes.", "nowhere": "Only where the slope is 0."}},
        answer="down",
    )
]

quiz = [
    question(
        "{number}.q1",
        "TODO: what should be remembered?",
        options={{"up": "No: the slope points uphill.", "down": "Yes.", "nowhere": "Only where the slope is 0."}},
        answer="down",
    )
]
'''

FIGURES = '''\
"""The figures of lesson {number}, {title}."""

from __future__ import annotations

import numpy as np

from dlcourse.figures import Figure, Panel, curve, point, slider


class Hill(Figure):
    """A place on a hill, and its height. TODO: what there is to see."""

    title = "TODO: a place on a hill"
    x = slider(-2.0, 2.0, value=1.0, step=0.1, label="x")

    def compute(self) -> None:
        self.height = self.x**2 / 2

    def scene(self) -> list[Panel]:
        xs = np.linspace(-2, 2, 41)
        marks = [curve(xs, xs**2 / 2, label="f"), point(self.x, self.height, label="you", drag={{"x": "x"}})]
        return [Panel(marks, xlim=(-2.2, 2.2), ylim=(-0.2, 2.2), xlabel="x", ylabel="f(x)", name="hill")]

    def describe(self) -> str:
        return f"x = {{self.x:.1f}}: you stand {{self.height:.2f}} above the lowest place"


FIGURES = {{"hill": Hill}}
'''

INSTRUCTOR = """\
# Lesson {number}, for the instructor: {title}

**Timing** (15 minutes): TODO.

**What people get wrong first.** TODO.
"""

TESTS = '''\
"""The figures of lesson {number} show what the lesson says they show."""

from __future__ import annotations

import pytest

from dlcourse.lesson import files

Hill = files.figures("{number}").Hill


def test_you_stand_on_the_hill():
    assert Hill(x=-1.0).height == pytest.approx(0.5)
    assert "0.50 above the lowest place" in Hill(x=-1.0).describe()
'''

SETUP = """\
try:
    from dlcourse import open_lesson
except ModuleNotFoundError as missing:
    raise SystemExit(
        f"{missing.name} is not installed where this notebook runs. Run  %pip install dlcourse  in a new "
        "cell, restart the kernel, and run this cell again."
    ) from None
import numpy as np
import dlcourse as dl

lesson = open_lesson("{number}")"""

CELLS = [  # tag, source; the three cells of the exercise come by themselves
    ("title", ""),
    ("objectives", "**By the end you can**\n\n- TODO.\n\nSources: TODO."),
    ("", SETUP),
    ("", "lesson.remember()"),
    ("hook", "TODO: a question that makes one want to know."),
    ("", 'lesson.predict("{number}.a")'),
    ("", 'lesson.show("hill")'),
    ("saw", "**What did you see?** TODO."),
    ("", "lesson.quiz()"),
    ("summary", "## Summary\n\n- TODO.\n\n**New words**: TODO."),
    ("next", "**Where next**: TODO."),
    ("", "lesson.progress()"),
]


def new_lesson(number: str, title: str) -> list[Path]:
    """Write the files of a new lesson; returns their paths.

    Raises
    ------
    FileExistsError
        If there is a lesson with this number.
    """
    room = files.room(number)
    if number in files.numbers() or room.exists():
        raise FileExistsError(f"There is a lesson {number} already. Take the next free number.")
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    name = "_".join(re.findall(r"[a-z0-9]+", plain)[:5]) or "lesson"
    column, row = free_place()
    facts = dict(number=number, title=title, needs=max(files.numbers()), column=column, row=row)
    texts = {
        room / "lesson.toml": LESSON.format_map(facts | {"title": quoted(title)}),
        room / "exercises.py": EXERCISES.format_map(facts),
        room / "figures.py": FIGURES.format_map(facts),
        room / "instructor.md": INSTRUCTOR.format_map(facts),
        files.lessons_folder().parent / f"tests/lessons/lesson_{number}/test_figures.py": TESTS.format_map(facts),
        files.lessons_folder() / f"{number}_{name}.ipynb": notebook(number),
    }
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(texts)


def free_place() -> tuple[float, float]:
    """A place on the map of the course that is not too near to another lesson's."""
    taken = [files.about(number)["map"] for number in files.numbers()]
    places = [(float(column), float(row)) for row in range(3) for column in range(6)]
    return max(places, key=lambda p: min((p[0] - t["column"]) ** 2 + 4 * (p[1] - t["row"]) ** 2 for t in taken))


def quoted(text: str) -> str:
    """A text as TOML writes it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def notebook(number: str) -> str:
    """The notebook as an author would have typed it; storing it does the rest."""
    cells: list[Any] = []
    for tag, source in CELLS:
        make = nbformat.v4.new_markdown_cell if tag else nbformat.v4.new_code_cell
        cell = make(source.replace("{number}", number))  # type: ignore[no-untyped-call]
        cell.metadata["tags"] = [tag] if tag in ("title", "objectives") else []
        if not cell.metadata.tags:
            del cell.metadata["tags"]
        cell.id = tag or cell.id
        cells.append(cell)
    next(cell for cell in cells if cell.source == "lesson.remember()").id = "remember"
    # the quiz is where new exercises are put before, and is known by its tag
    next(cell for cell in cells if cell.source == "lesson.quiz()").metadata["tags"] = ["quiz"]
    text: str = nbformat.writes(nbformat.v4.new_notebook(cells=cells))  # type: ignore[no-untyped-call]
    return text
