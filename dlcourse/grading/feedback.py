"""Feedback worth sending: a page for each student.

Every page is one HTML file that fetches nothing. All that a student can influence (file names, code, messages) is
untrusted: it is escaped, cut to a length, and rid of what would act on a terminal, hide in the text or turn it around.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

from dlcourse.grading.files import MADE_HERE, file_name, file_names, write_atomically
from dlcourse.grading.late import spell
from dlcourse.grading.marks import ClassList, Mark
from dlcourse.grading.results import ExerciseResult, Gradebook, SubmissionResult

__all__ = ["clean", "environment", "feedback_zip", "page_name", "student_page", "write_feedback", "zip_name"]

MOST_NAME, MOST_LINE, MOST_TEXT, MOST_CODE = 120, 300, 2000, 4000
ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)|\x1b.?", re.DOTALL)
MARKS = re.compile(
    r"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{3})"
    r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)


def clean(text: str, most: int = MOST_TEXT) -> str:
    """Untrusted text made safe to look at; escaping for HTML is the template's.

    Terminal escapes are dropped. Characters that cannot be seen or that turn the text around are shown by their
    numbers. Line ends and tabs stay, everything beyond ``most`` characters does not.

    Examples
    --------
    >>> clean("\\x1b[31mred\\x1b[0m"), clean("abc\\u202efdp.ipynb"), clean("caf\\udce9")
    ('red', 'abc⟨U+202E⟩fdp.ipynb', 'caf⟨byte E9⟩')
    >>> clean("a" * 9, 4)
    'aaaa …'
    """
    cut = len(text) > most
    text = ESCAPES.sub("", text[:most]).replace("\r\n", "\n").replace("\r", "\n")
    text = MARKS.sub(r"\1", "".join(map(_visible, text)))  # heaps of accents run over the lines around them
    return text + " …" if cut else text


def _visible(character: str) -> str:
    kind = unicodedata.category(character)
    if character in "\n\t" or kind not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        return character
    if character in "\u200c\u200d":  # some scripts, and emoji, are written with these
        return character
    number = ord(character)
    return f"⟨byte {number - 0xDC00:02X}⟩" if 0xDC80 <= number <= 0xDCFF else f"⟨U+{number:04X}⟩"


def page_name(submission: str) -> str:
    """The name of the page for a submission, in ``feedback/``."""
    return f"{file_name(submission)}.html"


def _name(text: str) -> str:
    return clean(text, MOST_NAME).replace("\n", "⏎").replace("\t", "⇥")


def _line(text: str) -> str:
    return " ".join(clean(text, MOST_LINE).split())


def _text(text: str) -> Any:
    """A sentence; what stands in backticks, as in the lessons, is set as code."""
    from markupsafe import Markup, escape

    parts = re.split(r"`([^`]+)`", " ".join(clean(text).split()))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if i % 2 else escape(part) for i, part in enumerate(parts)
    )


def _anchor(id: str) -> str:
    return "ex-" + re.sub(r"[^0-9A-Za-z]+", "-", id)


LABELS = (
    ("tried ", "What was tried"),
    ("came back: ", "What came back"),
    ("ran ", "What was done"),
    ("Python cannot read ", "What Python says"),
    ("It says: ", "It says"),
)


def _said(result: ExerciseResult) -> list[tuple[str, str, str]]:
    """The lines of a verdict with a label each; those with the learner's own values are set as code."""
    said: list[tuple[str, str, str]] = []
    for i, line in enumerate(result.lines):
        line = line.removeprefix(f"{result.id}: ")
        sentence = line[:1].upper() + line[1:]
        label = next(((label, start) for start, label in LABELS if line.startswith(start)), None)
        if result.misconception and i == len(result.lines) - 1:
            said.append(("What that usually means", line, ""))
        elif label is not None:
            keep = label[1] in ("Python cannot read ", "ran ")
            said.append((label[0], sentence if keep else line.removeprefix(label[1]), "" if keep else "code"))
        else:
            said.append(("What that means" if i else "What happened", sentence, ""))
    return said


def environment(gradebook: Gradebook) -> Any:
    """Where the templates are, and how they write what is not ours."""
    try:
        import jinja2
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError('feedback pages need Jinja2: pip install "dlcourse[grade]"') from error
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("dlcourse.grading", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    names = file_names(one.submission for one in gradebook.submissions)
    made.filters |= {
        "name": _name,
        "line": _line,
        "text": _text,
        "code": lambda text: clean(text, MOST_CODE),
        "anchor": _anchor,
        "page": lambda submission: f"{names[submission]}.html",
        "said": _said,
        "points": lambda value: f"{round(value, 2):g}",
        "spell": spell,
    }
    return made


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
    from dlcourse.grading.class_page import write_class_pages

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
    return re.sub(r"\A\.|[. ]\Z", "-", whole)


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
