"""Three questions from earlier lessons: which ones to ask again, and when.

What was wrong comes first, then what was never asked, then what was right longest ago. Nothing is asked again on the
day on which it was answered rightly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlcourse.lesson import files
from dlcourse.lesson.progress import Progress

if TYPE_CHECKING:
    from dlcourse.figures.choices import Question

__all__ = ["TITLE", "to_remember", "usual"]

TITLE = "Do you remember? Three questions from earlier lessons. Optional, two minutes."
HOW_MANY = 3
A_DAY = 24 * 3600  # seconds


def usual(lesson: str) -> list[Question]:
    """What a lesson asks of somebody of whom nothing is known: one question each of the lesson before, of one half way
    back and of one of the first.

    Examples
    --------
    >>> [question.id for question in usual("09")]
    ['08.q4', '04.q4', '02.q4']
    """
    before = [number for number in files.numbers() if number < lesson and files.choices(number, "quiz")]
    found: list[Question] = []
    for place in (len(before) - 1, len(before) // 2, len(before) // 4):
        asked = [q for q in files.choices(before[place], "quiz").values() if q not in found]
        found.append(asked[(int(lesson) - 1) % len(asked)])
    return found


def to_remember(lesson: str, progress: Progress, now: float) -> list[Question]:
    """What a lesson asks of this learner at this time (in seconds since 1970)."""
    pool = [q for number in files.numbers() if number < lesson for q in files.choices(number, "quiz").values()]
    answered = {q.id: progress.answered(q.id) for q in pool}
    wrong = [q for q in pool if answered[q.id]["wrong_at"] > answered[q.id]["right_at"]]
    old = [q for q in pool if q not in wrong and 0 < answered[q.id]["right_at"] < now - A_DAY]
    chosen = sorted(wrong, key=lambda q: answered[q.id]["wrong_at"])[:2]  # a third one may be a success
    fresh = [q for q in usual(lesson) if q not in wrong and not answered[q.id]["right_at"]]
    rest = [*sorted(old, key=lambda q: answered[q.id]["right_at"]), *fresh, *wrong, *usual(lesson), *pool]
    return list({q.id: q for q in [*chosen, *rest]}.values())[:HOW_MANY]
