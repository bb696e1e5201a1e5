"""Feedback worth sending: a page for each student and one for the class.

Every page is one HTML file that fetches nothing. All that a student can influence (file names, code, messages) is
untrusted: it is escaped, cut to a length, and rid of what would act on a terminal, hide in the text or turn it around.
"""

from __future__ import annotations

import re
import statistics
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dlcourse.grading.files import file_name, write_atomically
from dlcourse.grading.results import OUTCOMES, ExerciseResult, Gradebook, SubmissionResult
from dlcourse.grading.similarity import Likeness, look_alikes

__all__ = ["class_page", "clean", "page_name", "student_page", "write_feedback"]

MOST_NAME, MOST_LINE, MOST_TEXT, MOST_CODE = 120, 300, 2000, 4000
MOST_LIKENESSES = 60
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


def _environment() -> Any:
    try:
        import jinja2
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError('feedback pages need Jinja2: pip install "dlcourse[grade]"') from error
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("dlcourse.grading", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "name": _name,
        "line": _line,
        "text": _text,
        "code": lambda text: clean(text, MOST_CODE),
        "anchor": _anchor,
        "page": page_name,
        "said": _said,
    }
    return environment


def student_page(one: SubmissionResult, gradebook: Gradebook, environment: Any = None) -> str:
    """The page that a student gets: each exercise's outcome, what was tried, what came back, what that means.

    Parameters
    ----------
    one : SubmissionResult
    gradebook : Gradebook
        It came from here.
    environment : jinja2.Environment, optional
        To make many pages with one.

    Returns
    -------
    str
        HTML.
    """
    template = (environment or _environment()).get_template("student.html")
    return str(template.render(one=one, info=gradebook.info))


def class_page(gradebook: Gradebook, environment: Any = None) -> str:
    """The page for the instructor: scores, misconceptions, and what a human should look at.

    Parameters
    ----------
    gradebook : Gradebook
    environment : jinja2.Environment, optional

    Returns
    -------
    str
        HTML.
    """
    graded = [one for one in gradebook.submissions if one.status == "graded"]
    scores = [one.score for one in graded]
    likenesses = look_alikes(gradebook)
    template = (environment or _environment()).get_template("class.html")
    return str(
        template.render(
            info=gradebook.info,
            submissions=gradebook.submissions,
            graded=graded,
            outcomes=OUTCOMES,
            mean=statistics.fmean(scores) if scores else 0,
            median=statistics.median(scores) if scores else 0,
            histogram=_histogram(scores, gradebook.info.max_score),
            exercises=[_summary(gradebook, *exercise) for exercise in gradebook.info.exercises],
            evasions=[(one, e) for one in graded for e in one.exercises if e.evasions],
            likenesses=likenesses,
            shown=MOST_LIKENESSES,
            answers=_answers(gradebook, likenesses[:MOST_LIKENESSES]),
        )
    )


def _summary(gradebook: Gradebook, id: str, title: str, points: int) -> dict[str, Any]:
    """What the class made of one exercise."""
    results = [e for one in gradebook.submissions for e in one.exercises if e.id == id]
    counts = Counter(e.outcome for e in results)
    known = Counter(e.misconception for e in results if e.misconception)
    wrong = sum(1 for e in results if e.outcome not in ("passed", "not attempted") and not e.misconception)
    return {
        "id": id,
        "title": title,
        "points": points,
        "counts": counts,
        "misconceptions": known.most_common(),
        "unexplained": wrong,
        "tried": len(results) - counts["not attempted"],
    }


def _answers(gradebook: Gradebook, likenesses: Sequence[Likeness]) -> dict[tuple[str, str], str]:
    """The sources that are shown side by side."""
    wanted = {(found.exercise, who) for found in likenesses for who in found.submissions[:2]}
    return {
        (e.id, one.submission): e.answer
        for one in gradebook.submissions
        for e in one.exercises
        if (e.id, one.submission) in wanted
    }


def _histogram(scores: Sequence[int], most: int) -> dict[str, Any]:
    """Bars for an SVG, and the same in words."""
    step = max(1, -(-(most + 1) // 21))  # at most 21 bars
    starts = range(0, most + 1, step)
    counts = [sum(start <= score < start + step for score in scores) for start in starts]
    labels = [str(a) if step == 1 else f"{a}–{min(a + step - 1, most)}" for a in starts]
    width, floor, tallest = 640, 220, max([1, *counts])
    slot = width / len(labels)
    bars = [
        {
            "x": round(i * slot + 0.15 * slot, 1),
            "width": round(0.7 * slot, 1),
            "middle": round((i + 0.5) * slot, 1),
            "height": round(190 * count / tallest, 1),
            "y": round(floor - 190 * count / tallest, 1),
            "count": count,
            "label": label,
        }
        for i, (count, label) in enumerate(zip(counts, labels, strict=True))
    ]
    parts = [
        f"{label} {'point' if label == '1' else 'points'}: {count}"
        for label, count in zip(labels, counts, strict=True)
        if count
    ]
    return {
        "width": width,
        "height": floor + 46,
        "floor": floor,
        "bars": bars,
        "text": f"Submissions by score: {'; '.join(parts) or 'none'}.",
    }


def write_feedback(gradebook: Gradebook, folder: Path) -> None:
    """Write ``feedback/*.html``, one page for each submission, and ``class.html``.

    Pages of submissions that are no longer there are removed.

    Parameters
    ----------
    gradebook : Gradebook
    folder : Path
        Where ``gradebook.json`` is.
    """
    environment = _environment()
    pages = folder / "feedback"
    names = {page_name(one.submission) for one in gradebook.submissions}
    for old in pages.glob("*-????????.html"):
        if old.name not in names:
            old.unlink()
    for one in gradebook.submissions:
        page = student_page(one, gradebook, environment)
        write_atomically(pages / page_name(one.submission), page.encode("utf-8", "replace"))
    write_atomically(folder / "class.html", class_page(gradebook, environment).encode("utf-8", "replace"))
