"""Feedback worth sending: a page for each student.

What makes a page safe to look at is in ``pages``.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

from dlcourse.grading.class_pages import write_class_pages
from dlcourse.grading.files import MADE_HERE, file_names, write_atomically
from dlcourse.grading.marks import ClassList, Mark
from dlcourse.grading.pages import environment
from dlcourse.grading.results import SubmissionResult

__all__ = ["feedback_zip", "student_page", "write_feedback", "zip_name"]


def student_page(one: SubmissionResult, marks: ClassList, mark: Mark | None = None, made: Any = None) -> str:
    """The page that a student gets: each exercise's outcome, what was tried, what came back, what that means.

    Parameters
    ----------
    one : SubmissionResult
    marks : ClassList
        It came from here.
    mark : Mark, optional
        Whose page it is, where a submission is that of several: what is by hand for one is not for another to read.
    made : jinja2.Environment, optional
        To make many pages with one.

    Returns
    -------
    str
        HTML.
    """
    given = marks.of(one.submission)
    if mark is None and given and all(_same(given[0], other) for other in given):
        mark = given[0]
    template = (made or environment(marks.gradebook)).get_template("student.html")
    instead = None if given else marks.instead.get(one.submission)
    return str(template.render(one=one, info=marks.gradebook.info, mark=mark, given=given, instead=instead))


def _same(one: Mark, other: Mark) -> bool:
    return (one.total, one.scores, one.comments, one.penalty) == (
        other.total,
        other.scores,
        other.comments,
        other.penalty,
    )


def write_feedback(marks: ClassList, folder: Path) -> None:
    """Write ``feedback/*.html``, one page for each submission, ``feedback.zip`` and the pages for the instructor.

    Pages of submissions that are no longer there are removed.

    Parameters
    ----------
    marks : ClassList
    folder : Path
        Where ``gradebook.json`` is.
    """
    made = environment(marks.gradebook)
    pages = folder / "feedback"
    handed_in = [one for one in marks.gradebook.submissions if one.student.layout != "system"]
    names = file_names(one.submission for one in marks.gradebook.submissions)
    kept = {f"{names[one.submission]}.html" for one in handed_in}
    for old in pages.glob("*.html"):
        if old.name not in kept and MADE_HERE.search(old.name):
            old.unlink()
    for one in handed_in:
        page = student_page(one, marks, made=made)
        write_atomically(pages / f"{names[one.submission]}.html", page.encode("utf-8", "replace"))
    write_atomically(folder / "feedback.zip", feedback_zip(marks, made))
    write_class_pages(marks, folder, made)


# ------------------------------------------------------------------------------------------------------- the zip

NOT_IN_NAMES = '\\/:*?"<>|'


def _part(text: str) -> str:
    """A part of a path that every system takes: what it may not hold, or what cannot be seen, becomes a dash."""
    whole = "".join("-" if c in NOT_IN_NAMES or unicodedata.category(c)[0] == "C" else c for c in text)
    whole = re.sub(r"\A\.|[. ]\Z", "-", whole)
    return re.sub(r"(?i)\A(con|prn|aux|nul|com\d|lpt\d)(?=\.|\Z)", r"\1-", whole)  # Windows unpacks no such file


def feedback_zip(marks: ClassList, made: Any = None) -> bytes:
    """All pages in one file, named as the learning platform wants them to be.

    Canvas finds a student by its own name for the file that was handed in, Moodle by the participant's number,
    nbgrader by its folders. Elsewhere a page is called as the student.
    """
    made = made or environment(marks.gradebook)
    packed = io.BytesIO()
    taken: set[str] = set()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for mark in marks.marks:
            if mark.counts is None:
                continue
            name = zip_name(mark, marks.gradebook.info.lesson)
            if _alike(name) in taken and mark.counts.student.layout in ("canvas", "nbgrader"):
                continue  # a group's, whose page has its place already
            stem, number = name.removesuffix(".html"), 2
            while _alike(name) in taken:
                name, number = f"{stem} ({number}).html", number + 1
            taken.add(_alike(name))
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            shared = mark.counts.student.layout in ("canvas", "nbgrader") and len(marks.of(mark.counts.submission)) > 1
            page = student_page(mark.counts, marks, None if shared else mark, made)
            file.writestr(entry, page.encode("utf-8", "replace"))
    return packed.getvalue()


def _alike(name: str) -> str:
    """The same for names that some system takes for one."""
    return unicodedata.normalize("NFC", name).casefold()


def zip_name(mark: Mark, lesson: str) -> str:
    """What a student's page is called in ``feedback.zip``.

    Examples
    --------
    >>> from dlcourse.grading.results import Student
    >>> from dlcourse.grading.roster import Person
    >>> ada = Person("Ada Lovelace", "77")
    >>> def of(submission, student, file=""):
    ...     return zip_name(Mark(ada, SubmissionResult(submission, "graded", 8, student=student, file=file)), "12")
    >>> of("lovelaceada_77_9_12_train.ipynb", Student("canvas", "lovelaceada", "77", "9"))
    'lovelaceada_77_9_12_train.html'
    >>> of("Ada Lovelace_77_assignsubmission_file", Student("moodle", "Ada Lovelace", "77"))
    'Ada Lovelace_77_assignsubmission_file/lesson_12_feedback.html'
    >>> of("ada", Student("nbgrader", "ada"), "ada/lesson_12/work.ipynb")
    'feedback/ada/lesson_12/work.html'
    >>> of("ada.ipynb", Student("file", "ada"))
    'Ada Lovelace (77).html'
    """
    assert mark.counts is not None
    one, student = mark.counts, mark.counts.student
    if student.layout == "canvas":
        return _part(re.sub(r"\.\w+(\.txt|\.json)?\Z", "", one.submission)) + ".html"
    if student.layout == "moodle" and mark.person.id:
        name = _part(mark.person.name).replace("_", " ")
        return f"{name}_{mark.person.id}_assignsubmission_file/lesson_{lesson}_feedback.html"
    if student.layout == "nbgrader" and one.file:
        parts = [_part(part) for part in Path(one.file).with_suffix(".html").parts]
        return "/".join(["feedback", *parts])
    id = f" ({mark.person.id})" if mark.person.id else ""
    return f"{_part(mark.person.name[:80]) or 'student'}{_part(id)}.html"
