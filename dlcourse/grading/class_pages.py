"""The pages for the instructor: the class, how hard it was, and answers that look alike.

As everywhere in ``feedback``, what a student can influence is untrusted. Nothing is fetched, and the one script that
runs, which sorts tables, is named by its checksum, so that no text of a student's can become another.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import random
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dlcourse.grading.difficulty import Hardness, how_hard
from dlcourse.grading.files import write_atomically
from dlcourse.grading.marks import ClassList
from dlcourse.grading.pages import environment
from dlcourse.grading.results import OUTCOMES
from dlcourse.grading.similarity import Likeness, look_alikes, published, too_short

__all__ = ["class_page", "difficulty_page", "look_alikes_page", "write_class_pages"]

MOST_LIKENESSES = 60
# A table is sorted by what its cells say, or by their data-key; without the script it is a table all the same.
SORTING = """
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down < 0 ? "descending" : "ascending");
      const key = (row) => row.cells[column].dataset.key ?? row.cells[column].textContent.trim();
      const order = (one, other) => {
        const numbers = Number(one) - Number(other);
        return Number.isNaN(numbers) || one === "" || other === "" ? one.localeCompare(other) : numbers;
      };
      const body = table.tBodies[0];
      body.append(...[...body.rows].sort((one, other) => down * order(key(one), key(other))));
    });
  });
}
"""
CHECKSUM = base64.b64encode(hashlib.sha256(SORTING.encode()).digest()).decode()


def class_page(marks: ClassList, made: Any = None, likenesses: list[Likeness] | None = None) -> str:
    """The page for the instructor: marks, misconceptions, and what a human should look at.

    Parameters
    ----------
    marks : ClassList
    made : jinja2.Environment, optional
    likenesses : list of Likeness, optional
        If they are found already.

    Returns
    -------
    str
        HTML.
    """
    gradebook = marks.gradebook
    submissions = [one for one in gradebook.submissions if one.student.layout != "system"]
    graded = [one for one in submissions if one.status == "graded"]
    counting = [one for one in marks.counting.submissions if one.status == "graded"]
    totals = [mark.total for mark in marks.marks if mark.total is not None and mark.status == "graded"]
    template = (made or environment(gradebook)).get_template("class.html")
    return str(
        template.render(
            info=gradebook.info,
            marks=marks,
            graded=graded,
            beside=(beside := len(marks.beside)),
            refused=len(submissions) - len(graded) - beside,
            grouped=any(mark.person.group for mark in marks.marks),
            system=[one for one in gradebook.submissions if one.student.layout == "system"],
            outcomes=OUTCOMES,
            mean=statistics.fmean(totals) if totals else 0,
            median=statistics.median(totals) if totals else 0,
            totals=totals,
            histogram=_histogram(totals, gradebook.info.max_score),
            exercises=(exercises := how_hard(marks)),
            overview=_overview(exercises),
            lacking=sorted(Counter(package for one in counting for package in one.lacking).items()),
            evasions=[(one, e) for one in counting for e in one.exercises if e.evasions],
            published=published(marks.counting),
            short=too_short(gradebook.info.lesson),
            likenesses=look_alikes(marks.counting) if likenesses is None else likenesses,
            sorting=SORTING,
            checksum=CHECKSUM,
        )
    )


def difficulty_page(marks: ClassList, made: Any = None) -> str:
    """How hard it was, exercise by exercise, with the code of the answers that got no name."""
    exercises = how_hard(marks)
    template = (made or environment(marks.gradebook)).get_template("difficulty.html")
    return str(template.render(info=marks.gradebook.info, exercises=exercises, overview=_overview(exercises)))


def look_alikes_page(marks: ClassList, made: Any = None, likenesses: list[Likeness] | None = None) -> str:
    """Answers that look alike, side by side; without a name or a comment where the rules say so."""
    gradebook, anonymous = marks.gradebook, marks.rules.anonymous
    found = look_alikes(marks.counting) if likenesses is None else likenesses
    answers = {(e.id, one.submission): e.answer for one in gradebook.submissions for e in one.exercises}
    names: Mapping[str, str] = marks.names
    if anonymous:
        names = _numbers(list(names), gradebook.info.seed)
        found = [replace(one, submissions=tuple(sorted(one.submissions, key=names.__getitem__))) for one in found]
        answers = {key: without_comments(answer) for key, answer in answers.items()}
    template = (made or environment(gradebook)).get_template("look_alikes.html")
    return str(
        template.render(
            info=gradebook.info,
            likenesses=found,
            shown=MOST_LIKENESSES,
            names=names,
            answers=answers,
            anonymous=anonymous,
        )
    )


def _numbers(submissions: Sequence[str], seed: int) -> dict[str, str]:
    """A number for each, which tells nothing of the order of the names, and is the same in every run."""
    mixed = sorted(submissions)
    random.Random(seed).shuffle(mixed)
    return {submission: f"Student {number:03d}" for number, submission in enumerate(mixed, start=1)}


def without_comments(source: str) -> str:
    """Code without what a name may stand in: comments, docstrings, strings.

    Examples
    --------
    >>> print(without_comments("def f(x):  # by Ada\\n    return 'Ada', 2*x"))
    def f(x):
        return ('…', 2 * x)
    >>> without_comments("def f(")
    '(Python cannot read this one: it is not shown without its name.)'
    """
    try:
        tree = ast.parse(source)
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
                node.value = "…"
        return ast.unparse(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError, TypeError):
        return "(Python cannot read this one: it is not shown without its name.)"


def _overview(exercises: Sequence[Hardness]) -> dict[str, Any]:
    """A bar for each exercise, in four parts, and the same in words."""
    left, width, height = 64, 640, 30
    bars = []
    for row, e in enumerate(exercises):
        parts = [
            ("passed", e.counts["passed"]),
            ("named", e.named),
            ("unnamed", e.unexplained),
            ("open", e.counts["not attempted"]),
        ]
        total, at = sum(count for _, count in parts), float(left)
        pieces = []
        for kind, count in parts:
            wide = (width - left) * count / total if total else 0.0
            pieces.append({"kind": kind, "count": count, "x": round(at, 1), "width": round(wide, 1)})
            at += wide
        bars.append({"id": e.id, "y": row * height + 4, "pieces": pieces})
    text = "; ".join(e.in_words() for e in exercises)
    return {"width": width, "height": len(bars) * height + 8, "bars": bars, "text": f"{text}."}


def _histogram(scores: Sequence[float], most: int) -> dict[str, Any]:
    """Bars for an SVG, and the same in words. A mark by hand may lie below them or above: the outer bars take it."""
    step = max(1, -(-(most + 1) // 21))  # at most 21 bars
    starts = range(0, most + 1, step)
    places = [min(max(0, int(score // step)), len(starts) - 1) for score in scores]
    counts = [places.count(i) for i in range(len(starts))]
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
        "text": f"Students by mark: {'; '.join(parts) or 'none'}."
        + (" Parts of points are left out here." if any(score % 1 for score in scores) else ""),
    }


def write_class_pages(marks: ClassList, folder: Path, made: Any = None) -> None:
    """Write ``class.html``, ``difficulty.html`` and ``look-alikes.html``."""
    made = made or environment(marks.gradebook)
    found = look_alikes(marks.counting)
    pages = {
        "class": class_page(marks, made, found),
        "difficulty": difficulty_page(marks, made),
        "look-alikes": look_alikes_page(marks, made, found),
    }
    for name, page in pages.items():
        write_atomically(folder / f"{name}.html", page.encode("utf-8", "replace"))
