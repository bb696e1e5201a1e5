"""The gradebook for spreadsheets and learning platforms.

Names come from file names, so they can hold anything: commas, quotes, line breaks, escape sequences, formulas,
bytes that are no UTF-8. A CSV file never starts a cell with what a spreadsheet would take for a formula.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from dlcourse.grading.files import MADE_HERE, file_names, write_atomically
from dlcourse.grading.late import spell
from dlcourse.grading.marks import ClassList, Mark

__all__ = ["canvas_csv", "cell", "gradebook_csv", "gradescope_json", "moodle_csv", "students_csv", "write_exports"]

# Excel takes the wide signs for the same. Where semicolons or tabs separate cells, as in most of Europe, a spreadsheet
# does not see our quotes: text behind one of these, or on a new line, begins a cell, too.
FORMULA = re.compile(r"(\A|[;\t\r\n|])(?=[\"' \u00a0]*[=+\-@\uff1d\uff0b\uff0d\uff20])|\A(?=[\t\r])")


def cell(value: str | float) -> str | float:
    """A value for a cell of a CSV file: what would begin a formula gets a ``'`` in front, bytes become readable.

    Examples
    --------
    >>> cell("=cmd|' /C calc'!A0"), cell("Ada, \\"A\\""), cell(-3)
    ("'=cmd|' /C calc'!A0", 'Ada, "A"', -3)
    >>> cell("caf\\udce9.ipynb")
    'caf\\\\xe9.ipynb'
    >>> cell("a;=1+1;b"), cell("a;b"), cell(6.50), cell(7.0)
    ("a;'=1+1;b", 'a;b', 6.5, 7)
    """
    if isinstance(value, int | float):
        return int(value) if value == int(value) else round(value, 2)
    return FORMULA.sub(r"\1'", "".join(_visible(character) for character in value))


def _visible(character: str) -> str:
    """A lone surrogate stands for a byte that is no UTF-8; a NUL ends a cell in some readers."""
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"
    if "\ud800" <= character <= "\udfff" or character == "\0":
        return f"\\u{ord(character):04x}"
    return character


def table(head: Sequence[str], rows: Iterable[Sequence[str | float]]) -> str:
    """A CSV table as the standard wants it (RFC 4180): quoted where needed, lines that end with CR LF."""
    text = io.StringIO(newline="")
    write = csv.writer(text).writerow
    write([cell(name) for name in head])
    for row in rows:
        write([cell(value) for value in row])
    return text.getvalue()


def gradebook_csv(marks: ClassList) -> str:
    """What was found: one row a submission, one column an exercise. No mark by hand and no penalty is in it.

    Returns
    -------
    str
        Columns: submission, student, status, score, max_score, one for each exercise, late, sandbox, reason, counts.
    """
    gradebook, counting = marks.gradebook, marks.by_submission
    ids = [id for id, _, _ in gradebook.info.exercises]
    head = ["submission", "student", "status", "score", "max_score", *ids, "late", "sandbox", "reason", "counts"]
    sandbox = "yes" if gradebook.info.sandbox else "NO"
    rows: list[list[str | float]] = []
    for one in gradebook.submissions:
        found = {exercise.id: exercise.score for exercise in one.exercises}
        row: list[str | float] = [one.submission, one.student.name, one.status, one.score, one.max_score]
        row += [found.get(id, 0) for id in ids]
        row += ["late" if one.student.late else "", sandbox, one.reason, "yes" if one.submission in counting else "no"]
        rows.append(row)
    return table(head, rows)


def students_csv(marks: ClassList) -> str:
    """What each student gets: one row each, whoever is missing included.

    Returns
    -------
    str
        Columns: student, id, email, section, group, status, mark, max_score, one for each exercise, late, penalty,
        by_hand, comment, submission, also_handed_in, sandbox.
    """
    info = marks.gradebook.info
    ids = [id for id, _, _ in info.exercises]
    head = ["student", "id", "email", "section", "group", "status", "mark", "max_score", *ids]
    head += ["late", "penalty", "by_hand", "comment", "submission", "also_handed_in", "sandbox"]
    rows: list[list[str | float]] = []
    for mark in marks.marks:
        one = mark.person
        row: list[str | float] = [one.name, one.id or one.sis, one.email, one.section, one.group, mark.status]
        row += ["" if mark.total is None else mark.total, info.max_score]
        row += ["" if mark.total is None else mark.scores.get(id, 0) for id in ids]
        late = spell(mark.late_by) if mark.late_by else "late" if mark.late else ""
        row += [late, mark.penalty or ""]
        row += [", ".join(sorted(mark.by_hand)), "\n".join(mark.comments)]
        row += [mark.counts.submission if mark.counts else ""]
        row += [", ".join(other.submission for other in (*mark.attempts, *mark.others))]
        rows.append([*row, "yes" if info.sandbox else "NO"])
    return table(head, rows)


def _to_import(marks: ClassList) -> list[Mark]:
    """Who gets a row on a platform: everybody with a mark, an ID once."""
    rows: list[Mark] = []
    taken: set[str] = set()
    for mark in sorted(marks.marks, key=lambda mark: not mark.person.line):  # the roster's own first
        if mark.total is None or (mark.person.id and mark.person.id in taken):
            continue
        taken.add(mark.person.id)
        rows.append(mark)
    return rows


def canvas_csv(marks: ClassList) -> str:
    """What Canvas imports under *Grades, Import*: it finds a student by ``ID``, which its downloads have in the name.

    The last column is the assignment's name as in Canvas; ``--assignment`` gives it. Who is missing has no row, so
    that whatever stands there in Canvas stays.
    """
    info = marks.gradebook.info
    rows: list[list[str | float]] = [["    Points Possible", "", "", "", "", info.max_score]]
    for mark in _to_import(marks):
        one = mark.person
        rows.append([one.name, one.id, one.sis, one.login, one.section, mark.total or 0])
    return table(["Student", "ID", "SIS User ID", "SIS Login ID", "Section", _assignment(marks)], rows)


def moodle_csv(marks: ClassList) -> str:
    """What Moodle imports as an offline grading worksheet: it finds a student by *Identifier*.

    It refuses a table without *Last modified (grade)*, and a row that is older than its own mark: with the worksheet as
    roster, the time is the one in there.
    """
    info = marks.gradebook.info
    rows: list[list[str | float]] = []
    for mark in _to_import(marks):
        one = mark.person
        identifier = f"Participant {one.id}" if one.id else ""
        said = "\n".join(filter(None, [info.warning, *_reasons(mark)]))
        rows.append([identifier, one.name, one.email, mark.total or 0, info.max_score, one.modified, said])
    head = ["Identifier", "Full name", "Email address", "Grade", "Maximum grade", "Last modified (grade)"]
    return table([*head, "Feedback comments"], rows)


def _reasons(mark: Mark) -> list[str]:
    """How a mark came about, for the student: exercise by exercise, by hand, late."""
    if mark.counts is None or mark.status == "rejected":
        lines = [mark.counts.reason] if mark.counts else []
    else:
        worth = {exercise.id: exercise.max_score for exercise in mark.counts.exercises}
        lines = [
            f"{id}: {score:g} of {worth.get(id, 0)}{' (by hand)' if id in mark.by_hand else ''}"
            for id, score in mark.scores.items()
        ]
    lines += mark.comments
    if mark.penalty:
        lines.append(
            f"{mark.penalty:g} {'point' if mark.penalty == 1 else 'points'} off: handed in {spell(mark.late_by)} late."
        )
    if "total" in mark.by_hand:
        lines.append("The mark as a whole is by hand.")
    return lines


def _assignment(marks: ClassList) -> str:
    info = marks.gradebook.info
    title = marks.rules.assignment or info.title or f"Lesson {info.lesson}"
    return title if info.sandbox else f"{title} (graded without the sandbox)"


def gradescope_json(mark: Mark, marks: ClassList) -> dict[str, Any]:
    """The ``results.json`` of one student, as Gradescope's autograders leave it.

    Returns
    -------
    dict
        ``score``, ``output``, and ``tests``: one for each exercise. The seed is not in it: students may see this file.
    """
    info, one = marks.gradebook.info, mark.counts
    tests = [
        {
            "number": e.id,
            "name": f"{e.id} {e.title}".strip(),
            "score": mark.scores[e.id],
            "max_score": e.max_score,
            "status": "passed" if mark.scores[e.id] == e.max_score else "failed",
            "output": e.feedback,
            "output_format": "text",
            "visibility": "visible",
        }
        for e in (one.exercises if one else [])
    ]
    reasons = [line for line in _reasons(mark) if line.partition(":")[0] not in mark.scores or line in mark.comments]
    return {
        "score": mark.total or 0,
        "output": "\n".join(filter(None, [info.warning, *reasons])),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": {"submission": one.submission if one else "", "lesson": info.lesson},
    }


def write_exports(marks: ClassList, folder: Path) -> None:
    """Write ``gradebook.csv``, ``students.csv``, ``canvas.csv``, ``moodle.csv`` and ``gradescope/*/results.json``.

    An autograder of Gradescope grades one submission at a time and looks for ``results.json`` in the folder itself,
    so where there is one student it is there, too.

    Parameters
    ----------
    marks : ClassList
    folder : Path
        Where ``gradebook.json`` is.
    """
    # Excel takes a CSV file for UTF-8 if it begins with a mark, and Canvas and Moodle skip the mark. The table of
    # ours is for programs, too, and many would read the mark as a part of the first column's name.
    write_atomically(folder / "gradebook.csv", gradebook_csv(marks).encode())
    for name, text in (("students", students_csv(marks)), ("canvas", canvas_csv(marks)), ("moodle", moodle_csv(marks))):
        write_atomically(folder / f"{name}.csv", text.encode("utf-8-sig"))
    names = file_names(one.submission for one in marks.gradebook.submissions)
    results = {
        names[submission]: json.dumps(gradescope_json(given[0], marks), indent=1).encode()
        for submission, given in marks.by_submission.items()
    }
    for name, content in results.items():
        write_atomically(folder / "gradescope" / name / "results.json", content)
    for old in folder.glob("gradescope/*/results.json"):  # of submissions that are no longer there
        if old.parent.name not in results and MADE_HERE.search(old.parent.name):
            shutil.rmtree(old.parent)
    alone = [one for one, given in marks.by_submission.items() if given[0].counts and given[0].counts.file] or [*names]
    if len(alone) == 1 and names[alone[0]] in results:  # other files may lie beside the one notebook
        write_atomically(folder / "results.json", results[names[alone[0]]])
    else:  # it was written when there was one result so far
        (folder / "results.json").unlink(missing_ok=True)
