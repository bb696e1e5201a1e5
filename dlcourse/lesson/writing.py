"""What a notebook takes from its room: title, time, needs, new words, hints, stubs, checks.

``write_cells`` puts them into the notebook, and a test compares. A cell that a front end made gets its tags and its
name here, too, so that an author can add cells in any of them.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import nbformat

from dlcourse.lesson import files
from dlcourse.lesson.exercises import Exercise

__all__ = ["CannotWrite", "hints", "name_cells", "prose", "time_and_needs", "title", "write_cells"]

HEADING = re.compile(r"^### Exercise \d\d\.\d+.*", re.MULTILINE)
HINTS = re.compile(r"(?:\s*<details><summary>Hint \d</summary>.*?</details>)+\s*\Z", re.DOTALL)
TIME_AND_NEEDS = re.compile(r"^About \d+ minutes\. Needs (?:no other lesson|lessons? [\d, and]+)\.", re.MULTILINE)
NEW_WORDS = re.compile(r"^\*\*New words\*\*: .*?\.(?=\n\n|\s*\Z)", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
CALLS = {  # tag -> what the code of a cell with this tag does
    "setup": "\nlesson = open_lesson(",
    "predict": "lesson.predict(",
    "widget": "lesson.show(",
    "check": "lesson.check(",
    "quiz": "lesson.quiz(",
}


class CannotWrite(ValueError):
    """A notebook and its room do not fit together; says which cell, and what to do."""


def title(lesson: str) -> str:
    """The first cell of a notebook."""
    return f"# {lesson} · {files.about(lesson)['title']}"


def time_and_needs(lesson: str) -> str:
    """How long a lesson takes and what it builds on, as its second cell says it.

    Examples
    --------
    >>> time_and_needs("13")
    'About 75 minutes. Needs lessons 05 and 12.'
    """
    about = files.about(lesson)
    *first, last = sorted(about["needs"]) or ["no other lesson"]
    needs = f"lessons {', '.join(first)} and {last}" if first else f"lesson {last}" if about["needs"] else last
    return f"About {about['minutes']} minutes. Needs {needs}."


def heading(exercise: Exercise) -> str:
    """The first line of the task.

    Examples
    --------
    >>> heading(files.exercises("12")["12.2"])
    '### Exercise 12.2: the cross-entropy'
    """
    return f"### Exercise {exercise.id}: {exercise.title[0].lower()}{exercise.title[1:]}"


def hints(exercise: Exercise) -> str:
    """The three hints, folded away below the task."""
    texts = enumerate(exercise.hint_texts, 1)
    return "\n".join(f"<details><summary>Hint {n}</summary>{text}</details>" for n, text in texts)


def prose(text: str) -> list[str]:
    """The words of a markdown cell that are read at once; what is folded away is not.

    Examples
    --------
    >>> prose("Go *downhill*. <details><summary>Hint 1</summary>Subtract.</details>")
    ['Go', '*downhill*.']
    """
    return re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL).split()


def write_cells(notebook: Any, lesson: str) -> None:
    """Put into a lesson's notebook what its room says; an exercise that has no cells yet gets them before the quiz.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Changed in place. Cells keep their order, and those of exercises their ids.
    lesson : str
        Its number, two digits.

    Raises
    ------
    CannotWrite
        If the notebook lacks a cell that this goes into.
    """
    exercises = files.exercises(lesson)
    for id in (cell.metadata.get("dlcourse", {}).get("exercise", "") for cell in notebook.cells):
        if id and id not in exercises:
            raise CannotWrite(
                f"The notebook has cells for {id}, but exercises.py has no such exercise; delete the cells or add it."
            )
    tagged(notebook, "title").source = title(lesson)
    objectives = tagged(notebook, "objectives")
    objectives.source, found = TIME_AND_NEEDS.subn(time_and_needs(lesson), objectives.source, count=1)
    if not found:
        objectives.source = f"{objectives.source.rstrip()}\n\n{time_and_needs(lesson)}"
    new_words = f"**New words**: {', '.join(files.about(lesson).get('new_words', {}))}."
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = NEW_WORDS.sub(lambda _: new_words, cell.source)
    for exercise in exercises.values():
        write_exercise(notebook, exercise)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            tags = cell.metadata.get("tags", [])
            new = [tag for tag, call in CALLS.items() if call in cell.source and tag not in tags]
            if new:
                cell.metadata["tags"] = [*tags, *new]


def tagged(notebook: Any, tag: str) -> Any:
    """The first cell with a tag."""
    for cell in notebook.cells:
        if tag in cell.metadata.get("tags", []):
            return cell
    raise CannotWrite(f'No cell has the tag "{tag}". Give it to the cell that it belongs to.')


def write_exercise(notebook: Any, exercise: Exercise) -> None:
    """Task (its heading and hints), answer and check of one exercise."""
    belongs = [cell.metadata.get("dlcourse", {}).get("exercise") == exercise.id for cell in notebook.cells]
    if not any(belongs):
        place = notebook.cells.index(tagged(notebook, "quiz"))
        notebook.cells[place:place] = new_cells(exercise)
        return write_exercise(notebook, exercise)
    first = belongs.index(True)
    task, answer, *check = notebook.cells[max(first - 1, 0) : first + 2]
    tags = [cell.metadata.get("tags", []) for cell in (answer, *check)]
    if task.cell_type != "markdown" or tags != [["answer"], ["check"]] or belongs[first:].count(True) != 2:
        raise CannotWrite(
            f"Exercise {exercise.id} is three cells in a row: the task, the answer, the check. Put them in this order,"
            " or delete the answer and the check, and they are made anew."
        )
    asked, found = HEADING.subn(lambda _: heading(exercise), HINTS.sub("", task.source).rstrip(), count=1)
    if not found:
        raise CannotWrite(f'The task of {exercise.id} must have its heading: "{heading(exercise)}".')
    task.source = f"{asked}\n\n{hints(exercise)}"
    answer.source = exercise.stub()
    check[0].source = f'lesson.check("{exercise.id}")'


def new_cells(exercise: Exercise) -> list[Any]:
    """The cells of an exercise that the notebook does not know yet."""
    cells = [nbformat.v4.new_markdown_cell(f"{heading(exercise)}\n\nTODO: `{exercise.signature()}`")]  # type: ignore[no-untyped-call]
    for tag in ("answer", "check"):
        metadata = {"dlcourse": {"exercise": exercise.id}, "tags": [tag]}
        cells.append(nbformat.v4.new_code_cell(metadata=metadata))  # type: ignore[no-untyped-call]
    return cells


# ------------------------------------------------------------------------------------------------- names


def name_cells(notebook: Any) -> None:
    """Name the cells whose ids a front end made up; a name that a person gave stays, and so does an exercise's."""
    taken = {cell.id for cell in notebook.cells}
    for cell, following in zip(notebook.cells, [*notebook.cells[1:], None], strict=True):
        if NAME.fullmatch(cell.id) and not files.MADE_BY_A_FRONT_END.fullmatch(cell.id):
            continue
        name = base = proposed(cell, following)
        count = 1
        while name in taken:
            count += 1
            name = f"{base}-{count}"
        taken.add(name)
        cell.id = name


def proposed(cell: Any, following: Any) -> str:
    """A name for a cell, after what it does or, failing that, how it begins."""
    for part, called in ((cell, ""), (following, "task")):
        metadata = part.metadata if part is not None else {}
        if id := metadata.get("dlcourse", {}).get("exercise"):
            kind = called or ("answer" if "answer" in metadata.get("tags", []) else "check")
            return f"ex-{id.split('.')[1]}-{kind}"
        if cell.cell_type != "markdown":
            break
    if "setup" in cell.metadata.get("tags", []):
        return "setup"
    if call := re.search(r"""lesson\.(show|predict|quiz|progress)\((?:["'](?:\d\d\.)?(.*?)["'])?""", cell.source):
        kind = "figure" if call[1] == "show" else call[1]
        return "-".join([kind, *words(call[2] or "")])
    return "-".join(words(cell.source)[:3]) or "cell"


def words(text: str) -> list[str]:
    """The words of a text in plain small letters, from the first that begins with a letter."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    found = re.findall(r"[a-z0-9]+", plain)
    while found and not found[0][0].isalpha():
        found.pop(0)
    return found
