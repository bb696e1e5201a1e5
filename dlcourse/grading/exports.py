"""The gradebook for spreadsheets and learning platforms.

Names come from file names, so they can hold anything: commas, quotes, line breaks, escape sequences, formulas,
bytes that are no UTF-8. A CSV file never starts a cell with what a spreadsheet would take for a formula.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from dlcourse.grading.files import file_name, write_atomically
from dlcourse.grading.results import Gradebook, SubmissionResult

__all__ = ["canvas_csv", "cell", "gradebook_csv", "gradescope_json", "moodle_csv", "write_exports"]

FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # Excel takes the wide ones for the same


def cell(value: str | int) -> str | int:
    """A value for a cell of a CSV file: text that would be a formula gets a ``'`` in front, bytes become readable.

    Examples
    --------
    >>> cell("=cmd|' /C calc'!A0"), cell("Ada, \\"A\\""), cell(-3)
    ("'=cmd|' /C calc'!A0", 'Ada, "A"', -3)
    >>> cell("caf\\udce9.ipynb")
    'caf\\\\xe9.ipynb'
    """
    if isinstance(value, int):
        return value
    text = "".join(_visible(character) for character in value)
    return "'" + text if text.startswith(FORMULA) else text


def _visible(character: str) -> str:
    """A lone surrogate stands for a byte that is no UTF-8; a NUL ends a cell in some readers."""
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"
    if "\ud800" <= character <= "\udfff" or character == "\0":
        return f"\\u{ord(character):04x}"
    return character


def table(head: Sequence[str], rows: Iterable[Sequence[str | int]]) -> str:
    """A CSV table as the standard wants it (RFC 4180): quoted where needed, lines that end with CR LF."""
    text = io.StringIO(newline="")
    write = csv.writer(text).writerow
    write([cell(name) for name in head])
    for row in rows:
        write([cell(value) for value in row])
    return text.getvalue()


def gradebook_csv(gradebook: Gradebook) -> str:
    """One row a submission, one column an exercise.

    Parameters
    ----------
    gradebook : Gradebook

    Returns
    -------
    str
        Columns: submission, student, status, score, max_score, one for each exercise, late, sandbox, reason.
    """
    ids = [id for id, _, _ in gradebook.info.exercises]
    head = ["submission", "student", "status", "score", "max_score", *ids, "late", "sandbox", "reason"]
    sandbox = "yes" if gradebook.info.sandbox else "NO"
    rows: list[list[str | int]] = []
    for one in gradebook.submissions:
        scores: list[str | int] = list(_scores(one, ids))
        rows.append(
            [
                one.submission,
                one.student.name,
                one.status,
                one.score,
                one.max_score,
                *scores,
                "late" if one.student.late else "",
                sandbox,
                one.reason,
            ]
        )
    return table(head, rows)


def _scores(one: SubmissionResult, ids: Sequence[str]) -> list[int]:
    found = {exercise.id: exercise.score for exercise in one.exercises}
    return [found.get(id, 0) for id in ids]


def canvas_csv(gradebook: Gradebook) -> str:
    """What Canvas imports under *Grades, Import*: it finds a student by ``ID``, which its downloads have in the name.

    The column is the assignment's name as in Canvas; rename it if yours is called otherwise.
    """
    info = gradebook.info
    name = _assignment(gradebook)
    rows: list[list[str | int]] = [["    Points Possible", "", "", "", "", info.max_score]]
    rows += [
        [one.student.name or one.submission, one.student.user_id, "", "", "", one.score]
        for one in gradebook.submissions
    ]
    return table(["Student", "ID", "SIS User ID", "SIS Login ID", "Section", name], rows)


def moodle_csv(gradebook: Gradebook) -> str:
    """What Moodle imports as an offline grading worksheet: it finds a student by *Identifier*."""
    info = gradebook.info
    rows: list[list[str | int]] = []
    for one in gradebook.submissions:
        identifier = f"Participant {one.student.user_id}" if one.student.user_id else ""
        said = one.reason or "\n".join(f"{e.id}: {e.score} of {e.max_score}" for e in one.exercises)
        rows.append(
            [
                identifier,
                one.student.name or one.submission,
                one.score,
                info.max_score,
                f"{info.warning}\n{said}".strip(),
            ]
        )
    return table(["Identifier", "Full name", "Grade", "Maximum grade", "Feedback comments"], rows)


def _assignment(gradebook: Gradebook) -> str:
    title = gradebook.info.title or f"Lesson {gradebook.info.lesson}"
    return title if gradebook.info.sandbox else f"{title} (graded without the sandbox)"


def gradescope_json(one: SubmissionResult, gradebook: Gradebook) -> dict[str, Any]:
    """The ``results.json`` of one submission, as Gradescope's autograders leave it.

    Parameters
    ----------
    one : SubmissionResult
    gradebook : Gradebook
        It came from here.

    Returns
    -------
    dict
        ``score``, ``output``, and ``tests``: one for each exercise.
    """
    info = gradebook.info
    tests = [
        {
            "number": e.id,
            "name": f"{e.id} {e.title}".strip(),
            "score": e.score,
            "max_score": e.max_score,
            "status": "passed" if e.outcome == "passed" else "failed",
            "output": e.feedback,
            "output_format": "text",
            "visibility": "visible",
        }
        for e in one.exercises
    ]
    output = "\n".join(text for text in (one.reason, info.warning) if text)
    return {
        "score": one.score,
        "output": output,
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": {"submission": one.submission, "lesson": info.lesson, "seed": str(info.seed)},
    }


def write_exports(gradebook: Gradebook, folder: Path) -> None:
    """Write ``gradebook.csv``, ``canvas.csv``, ``moodle.csv`` and ``gradescope/*/results.json``.

    An autograder of Gradescope grades one submission at a time and looks for ``results.json`` in the folder itself,
    so where there is one submission it is there, too.

    Parameters
    ----------
    gradebook : Gradebook
    folder : Path
        Where ``gradebook.json`` is.
    """
    # Excel takes a CSV file for UTF-8 if it begins with a mark, and Canvas and Moodle skip the mark. The table of
    # ours is for programs, too, and many would read the mark as a part of the first column's name.
    write_atomically(folder / "gradebook.csv", gradebook_csv(gradebook).encode())
    write_atomically(folder / "canvas.csv", canvas_csv(gradebook).encode("utf-8-sig"))
    write_atomically(folder / "moodle.csv", moodle_csv(gradebook).encode("utf-8-sig"))
    results = {
        file_name(one.submission): json.dumps(gradescope_json(one, gradebook), indent=1).encode()
        for one in gradebook.submissions
    }
    for name, text in results.items():
        write_atomically(folder / "gradescope" / name / "results.json", text)
    for old in folder.glob("gradescope/*-????????/results.json"):  # of submissions that are no longer there
        if old.parent.name not in results:
            shutil.rmtree(old.parent)
    if len(results) == 1:
        write_atomically(folder / "results.json", next(iter(results.values())))
    else:  # it was written when there was one result so far
        (folder / "results.json").unlink(missing_ok=True)
