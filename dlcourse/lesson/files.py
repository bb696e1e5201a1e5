"""Where the lessons are: one loader for the source checkout and for the installed package.

Behind each notebook there is a room, ``lessons/backstage/lesson_NN``, with its ``lesson.toml``, ``exercises.py`` and
``figures.py``. It is opened here, by path, and nowhere else.
"""

from __future__ import annotations

import importlib.util
import re
import sys
import tomllib
import unicodedata
from functools import cache
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlcourse.figures.choices import Question
    from dlcourse.lesson.exercises import Exercise
    from dlcourse.lesson.practice import Family

__all__ = [
    "MADE_BY_A_FRONT_END",
    "Unknown",
    "UnknownLesson",
    "about",
    "answers",
    "answers_path",
    "cells",
    "choices",
    "exercises",
    "figures",
    "lesson_number",
    "lessons_folder",
    "notebook",
    "notebooks",
    "numbers",
    "practice",
    "reference",
    "room",
    "sentence",
    "stub",
]

PACKAGE = Path(__file__).resolve().parent.parent
MADE_BY_A_FRONT_END = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4,12})*")  # an id of a cell; the course gives words to its own


class Unknown(LookupError):
    """A name that does not exist, told in one sentence. A notebook shows the sentence without a traceback."""

    def _render_traceback_(self) -> list[str]:  # IPython asks for this
        return [f"{type(self).__name__}: {self}"]


class UnknownLesson(Unknown):
    """There is no such lesson."""


def lessons_folder() -> Path:
    """The folder of the released notebooks: beside the package in a checkout, inside it when installed."""
    inside, beside = PACKAGE / "lessons", PACKAGE.parent / "lessons"
    return beside if not inside.is_dir() and (PACKAGE.parent / "pyproject.toml").is_file() else inside


def notebooks() -> list[Path]:
    """The released notebooks, in the order of the course."""
    return sorted(path for path in lessons_folder().glob("[0-9][0-9]_*.ipynb") if path.is_file())


def lesson_number(lesson: str | int) -> str:
    """Two digits, from ``12``, ``"12"``, ``"2"`` or ``"02"``.

    Examples
    --------
    >>> lesson_number(2)
    '02'
    """
    text = str(lesson).strip()
    if not re.fullmatch(r"\d{1,2}", text):
        raise UnknownLesson(f'There is no lesson {lesson!r}: give its number, for instance "12".')
    return text.zfill(2)


def numbers() -> list[str]:
    """The lessons that are here."""
    return [path.name[:2] for path in notebooks()]


def notebook(lesson: str | int) -> Path:
    """The released notebook of a lesson."""
    number = lesson_number(lesson)
    for path in notebooks():
        if path.name.startswith(f"{number}_"):
            return path
    raise UnknownLesson(f"There is no lesson {number}: there are {', '.join(numbers()) or 'none here'}.")


def room(lesson: str | int) -> Path:
    """The folder behind the notebook of a lesson, where it is or would be."""
    return lessons_folder() / "backstage" / f"lesson_{lesson_number(lesson)}"


def about(lesson: str | int) -> dict[str, Any]:
    """What ``lesson.toml`` says about a lesson: its title, minutes, needs, and what it teaches."""
    return tomllib.loads((room(lesson) / "lesson.toml").read_text(encoding="utf-8"))


def answers_path(lesson: str | int) -> Path:
    """Where the answers of a lesson are, or would be."""
    return room(lesson) / "exercises.py"


def has_answers() -> bool:
    """Whether this installation holds answers; where submissions are graded it does not."""
    return any((lessons_folder() / "backstage").glob("lesson_[0-9][0-9]/exercises.py"))


def answers(lesson: str) -> ModuleType:
    """The exercises, predictions and questions of a lesson, as a module."""
    return _opened(lesson_number(lesson), "exercises")


def figures(lesson: str) -> ModuleType:
    """The figures of a lesson, as a module; its ``FIGURES`` says by which names they are shown."""
    return _opened(lesson_number(lesson), "figures")


def practice(lesson: str) -> dict[str, Family]:
    """The families of problems that a lesson has to practise, by id; none where its room has no ``practice.py``."""
    from dlcourse.lesson.practice import Family

    number = lesson_number(lesson)
    if not (room(number) / "practice.py").is_file():
        return {}
    found = [value for value in vars(_opened(number, "practice")).values() if isinstance(value, Family)]
    return {one.id: one for one in found}


@cache
def _opened(number: str, name: str) -> ModuleType:
    """A file of a lesson's room, as a module."""
    path = room(number) / f"{name}.py"
    if not path.is_file():
        notebook(number)  # a sentence that lists the lessons, if it is the number that is wrong
        raise UnknownLesson(f"Lesson {number} has no {name} ({path}).")
    spec = importlib.util.spec_from_file_location(f"dlcourse_lesson_{number}_{name}", path)
    assert spec is not None and spec.loader is not None
    for again in (True, False):
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # inspect finds the source of a class through its module
        try:
            spec.loader.exec_module(module)
            return module
        except BaseException as problem:
            del sys.modules[spec.name]
            if not (again and isinstance(problem, SystemError) and "recursion depth mismatch" in str(problem)):
                raise
        # Two threads have parsed Python at once, which some CPython 3.11 and 3.12 take for an error of their own (issue
        # 106905 there). The other thread loads what figures need.
        from dlcourse.figures import prepare

        prepare()()
    raise AssertionError("the second attempt returns or raises")


class FormerFigures:
    """Finds ``dlcourse.figures.lesson_NN``, as figures were called in notebooks that learners copied before 2026-11."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        former = re.fullmatch(r"dlcourse\.figures\.lesson_(\d\d)", name)
        return importlib.util.spec_from_file_location(name, room(former[1]) / "figures.py") if former else None


sys.meta_path.append(FormerFigures)


def exercises(lesson: str) -> dict[str, Exercise]:
    """The exercises of a lesson by id, in order."""
    from dlcourse.lesson.exercises import Exercise

    found = [value for value in vars(answers(lesson)).values() if isinstance(value, Exercise)]
    return {exercise.id: exercise for exercise in sorted(found, key=lambda e: e.id)}


def choices(lesson: str, kind: str) -> dict[str, Question]:
    """The ``predictions`` or the ``quiz`` of a lesson by id."""
    return {choice.id: choice for choice in getattr(answers(lesson), kind, [])}


@cache
def cells(lesson: str | int) -> list[dict[str, Any]]:
    """The cells of a released notebook, each with its source as one text; none if there is no notebook."""
    import json

    try:
        found: list[dict[str, Any]] = json.loads(notebook(lesson).read_text(encoding="utf-8"))["cells"]
    except UnknownLesson:
        return []
    return [{**cell, "source": "".join(cell["source"])} for cell in found]


@cache
def stub(exercise_id: str) -> str:
    """The source of the answer cell of an exercise, as released; empty if there is no notebook."""
    for cell in cells(exercise_id.split(".")[0]):
        metadata = cell.get("metadata", {})
        if "answer" in metadata.get("tags", ()) and metadata.get("dlcourse", {}).get("exercise") == exercise_id:
            return str(cell["source"])
    return ""


def sentence(lesson: str | int, cell_id: str, word: str) -> str:
    """The sentence of a cell that introduces a word or a letter, without Markdown's stars; empty if none has it.

    What is printed bold comes first, then what is no heading. A sentence goes on over the ends of lines; what a list,
    a table or a formula has in a line stays a line.
    """
    source = next((cell["source"] for cell in cells(lesson) if cell["id"] == cell_id), "")
    blocks = re.split(r"\n\s*\n|\n(?=[-#|<$]|\d\. )", source.replace("**", BOLD).replace("*", ""))
    parts = [part for block in blocks for part in SENTENCE_END.split(" ".join(block.split()))]
    asked = re.compile(_as_written(word), re.IGNORECASE)
    having = [part for part in parts if asked.search(part.replace(BOLD, ""))]
    bold = [part for part in having if any(asked.search(said) for said in re.findall(f"{BOLD}(.+?)(?:{BOLD}|$)", part))]
    plain = [part for part in having if not part.startswith("#")]
    return next(iter(bold or plain or having), "").replace(BOLD, "").lstrip("#- ")


BOLD = "\x00"
SENTENCE_END = re.compile(rf"(?<=[.?!]){BOLD}? +(?={BOLD}?[A-Z$`(])")
LATEX = {"ℓ": "ell", "⊙": "odot", "∇f": "nabla f", "∂f/∂x": "partial f", "f′": "f'"}


def _as_written(word: str) -> str:
    """What to look for: a letter may be written in LaTeX, and a Latin one stands in a formula by itself."""
    if len(word) == 1 and word.isascii():
        return rf"\$[^$]*(?<![A-Za-z\\]){word}(?![A-Za-z])[^$]*\$"
    name = unicodedata.name(word).split()[-1].lower() if len(word) == 1 else ""
    name = LATEX.get(word, name)
    return rf"(?<!\w){re.escape(word)}" + (rf"|\\?{re.escape(name)}(?![a-z])" if name else "")


def reference() -> str:
    """The reference page, in Markdown: letters, false friends, and where each word and symbol is introduced.

    Examples
    --------
    >>> "- **tangent** (lesson 01)" in reference()
    True
    """
    page = (lessons_folder() / "backstage" / "reference.md").read_text(encoding="utf-8")
    lines = []
    for number in numbers():
        lesson = about(number)
        for word, cell in {**lesson.get("new_words", {}), **lesson.get("new_symbols", {})}.items():
            said = sentence(number, cell, re.split(r", | \(", word)[0])
            lines.append(f"- **{word}** (lesson {number}){': ' if said else ''}{said}")
    return (
        f"{page}\n## Words and symbols, and where they are introduced\n\n"
        + "\n".join(sorted(lines, key=str.casefold))
        + "\n"
    )
