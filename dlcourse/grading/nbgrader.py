"""A lesson for a class that lives in nbgrader: a source notebook with solution regions, hidden tests and points.

nbgrader runs its tests in the student's own process, so a student who wants to can forge these marks
(``lessons/backstage/grading.md`` says how); ``dlcourse grade`` is the one to trust. The judging is the same.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import nbformat

from dlcourse.lesson import files
from dlcourse.lesson.exercises import Exercise
from dlcourse.lesson.judging import judge
from dlcourse.lesson.notebook import executed_cells, names_elsewhere
from dlcourse.lesson.running import Report, Run, defines, observe_answer

__all__ = ["NotYet", "course_files", "mark", "source_notebook"]

CONFIG = '''\
"""What nbgrader needs to know to hand out lessons of dlcourse."""

c = get_config()  # noqa: F821 (nbgrader puts it there)
c.ClearSolutions.code_stub = {"python": "return ..."}  # as in the released lessons: Run All works untouched
c.ExecutePreprocessor.timeout = 120
'''


class NotYet(AssertionError):
    """What nbgrader shows for an exercise without full marks: the words that the lesson uses."""

    def _render_traceback_(self) -> list[str]:  # IPython asks for this: our own frames tell a student nothing
        return str(self).splitlines()


def mark(id: str, seed: int) -> None:
    """Raise ``NotYet`` unless the notebook's answer to an exercise is right; nbgrader's hidden tests call this.

    Parameters
    ----------
    id : str
        The exercise.
    seed : int
        Draws the inputs; the notebook's own check draws others.

    Raises
    ------
    NotYet
        With what was tried, what came back and what that usually means.
    """
    exercise = files.exercises(id.split(".")[0])[id]
    cells, cases = executed_cells(), exercise.draw(seed)
    source = next((cell for cell in reversed(cells) if defines(cell, exercise.name)), None)
    run = Run(Report("missing"))
    if source is not None:
        run = observe_answer(
            source,
            exercise.name,
            exercise.observer,
            cases,
            exercise=id,
            is_class=exercise.is_class,
            without=exercise.without,
            seconds=exercise.time_limit,
            elsewhere=names_elsewhere(cells, source),
        )
    verdict = judge(exercise, cases, run)
    if verdict.outcome != "passed":
        raise NotYet(str(verdict))


def source_notebook(lesson: str | int, seed: int) -> Any:
    """The released notebook with solution regions in its answer cells, and a graded cell after each check.

    Parameters
    ----------
    lesson : str or int
        Its number.
    seed : int
        Draws the inputs of the hidden tests.

    Returns
    -------
    nbformat.NotebookNode
    """
    number = files.lesson_number(lesson)
    exercises = files.exercises(number)
    notebook: Any = nbformat.read(files.notebook(number), as_version=4)  # type: ignore[no-untyped-call]
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        exercise = exercises.get(cell.metadata.get("dlcourse", {}).get("exercise", ""))
        if exercise is None or cell.cell_type != "code":
            continue
        tags = cell.metadata.get("tags", [])
        if "answer" in tags:
            cell.source = with_regions(cell.source, exercise.source())
            cell.metadata["nbgrader"] = _role(exercise, "answer")
        elif "check" in tags and exercise.points:
            cells.append(_graded_cell(exercise, seed))
    notebook.cells = cells
    return notebook


def with_regions(stub: str, answer: str) -> str:
    """Write the answer with nbgrader's solution regions around what the stub does not show.

    Examples
    --------
    >>> print(with_regions("def f(x):\\n    return ...", "def f(x):\\n    y = 2 * x\\n    return y"))
    def f(x):
        ### BEGIN SOLUTION
        y = 2 * x
        return y
        ### END SOLUTION
    """
    shown, lines = stub.splitlines(), answer.splitlines()
    top = ast.parse(answer).body[0]
    written = [top] if isinstance(top, ast.FunctionDef) else ast.iter_child_nodes(top)
    out, done = [], 0
    for function in written:
        if not isinstance(function, ast.FunctionDef):
            continue
        body = function.body[1:] if ast.get_docstring(function) and len(function.body) > 1 else function.body
        out += lines[done : _first_line(function.body[0]) - 1]
        start, done = _first_line(body[0]) - 1, function.end_lineno or 0
        while lines[start] in shown and start < done - 1 and not _opens_a_block(lines[start]):  # given, as in 02.2
            out.append(lines[start])
            start += 1
        space = " " * body[0].col_offset
        out += [f"{space}### BEGIN SOLUTION", *lines[start:done], f"{space}### END SOLUTION"]
    return "\n".join([*out, *lines[done:]])


def _first_line(statement: ast.stmt) -> int:
    """Of a statement, its decorators included."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def _opens_a_block(line: str) -> bool:
    """A line that cannot stand without the next one."""
    return line.rstrip().endswith(":") or line.lstrip().startswith("@")


def _graded_cell(exercise: Exercise, seed: int) -> Any:
    points = f"{exercise.points} point" + ("s" if exercise.points > 1 else "")
    source = f"""\
# {exercise.id} is graded here, with inputs of its own: {points}. Leave this cell as it is.
### BEGIN HIDDEN TESTS
from dlcourse.grading.nbgrader import mark
mark({exercise.id!r}, seed={seed})
### END HIDDEN TESTS"""
    cell: Any = nbformat.v4.new_code_cell(source)  # type: ignore[no-untyped-call]
    cell.metadata["nbgrader"] = _role(exercise, "grade")
    cell.id = cell.metadata["nbgrader"]["grade_id"]
    return cell


def _role(exercise: Exercise, role: str) -> dict[str, Any]:
    grade_id = f"{role}-{exercise.id.replace('.', '-')}"  # nbgrader takes no dots
    graded = role == "grade"
    metadata = {"schema_version": 3, "grade_id": grade_id, "solution": not graded, "grade": graded, "locked": graded}
    return {**metadata, "task": False, **({"points": exercise.points} if graded else {})}


def course_files(lesson: str | int, seed: int) -> dict[Path, str]:
    """What ``dlcourse export-nbgrader`` writes: path in nbgrader's course folder → text."""
    number = files.lesson_number(lesson)
    text: str = nbformat.writes(source_notebook(number, seed))  # type: ignore[no-untyped-call]
    notebook = Path("source", f"lesson_{number}", files.notebook(number).name)
    return {Path("nbgrader_config.py"): CONFIG, notebook: text + "\n"}
