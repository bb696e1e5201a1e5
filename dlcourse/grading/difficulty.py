"""How hard was it? What a class found difficult, exercise by exercise, for whoever teaches it or writes the lesson.

Of every student, or group, the submission that counts is looked at. A wrong answer whose mistake the lesson does not
know has no name yet: its code is what the next misconception is written from.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from dlcourse.grading.marks import ClassList
from dlcourse.grading.results import OUTCOMES, ExerciseResult, SubmissionResult
from dlcourse.grading.similarity import tokens_of

__all__ = ["Hardness", "Unnamed", "how_hard"]


@dataclass(frozen=True)
class Unnamed:
    """A wrong answer whose mistake the lesson does not know.

    Attributes
    ----------
    answer : str
        Its code, as the first of them wrote it.
    said : str
        What the student was told.
    outcome : str
    submissions : tuple of str
        Who wrote it, but for names, comments and layout.
    """

    answer: str
    said: str
    outcome: str
    submissions: tuple[str, ...]


@dataclass(frozen=True)
class Hardness:
    """What the class made of one exercise.

    Attributes
    ----------
    id, title : str
    points : int
    counts : dict of str to int
        By outcome.
    misconceptions : list of (str, int)
        What the lesson said to a mistake that it knows, and to how many; the most common first.
    unnamed : list of Unnamed
        The most common first.
    minutes, tries, hints : list of float
        From the progress files that were handed in: minutes between the first check and the one that passed, attempts
        until then, hints that were asked for.
    """

    id: str
    title: str
    points: int
    counts: dict[str, int]
    misconceptions: list[tuple[str, int]]
    unnamed: list[Unnamed]
    minutes: list[float]
    tries: list[float]
    hints: list[float]

    @property
    def tried(self) -> int:
        """How many gave an answer."""
        return sum(self.counts.values()) - self.counts["not attempted"]

    @property
    def named(self) -> int:
        """How many made a mistake that the lesson knows."""
        return sum(count for _, count in self.misconceptions)

    @property
    def unexplained(self) -> int:
        """How many were wrong in another way."""
        return self.tried - self.counts["passed"] - self.named

    def in_words(self) -> str:
        """One sentence, as the picture's text says it."""
        return (
            f"{self.id}: {self.counts['passed']} passed, {self.named} with a known misconception, "
            f"{self.unexplained} wrong in another way, {self.counts['not attempted']} not attempted"
        )

    def times(self) -> str:
        """What progress files tell, in a sentence; empty where there are none.

        Examples
        --------
        >>> Hardness("12.1", "Softmax", 2, {}, [], [], [2.0, 8.0, 4.0], [1, 2, 2], [0, 1, 3]).times()
        'From 3 progress files: a median of 4 minutes from the first check to the one that passed (2 to 8), with 2 tries and 1 hint.'
        """  # noqa: E501
        parts = []
        if self.minutes:
            middle, low, high = median(self.minutes), min(self.minutes), max(self.minutes)
            parts.append(f"a median of {middle:g} minutes from the first check to the one that passed")
            parts[-1] += f" ({low:g} to {high:g})" if len(self.minutes) > 1 else ""
        if self.tries:
            tries, hints = median(self.tries), median(self.hints or [0])
            kinds = f"{tries:g} {'try' if tries == 1 else 'tries'} and {hints:g} {'hint' if hints == 1 else 'hints'}"
            parts.append(f"with {kinds}")
        files = f"{len(self.tries)} progress file{'s' if len(self.tries) != 1 else ''}"
        return f"From {files}: {', '.join(parts)}." if parts else ""


def how_hard(marks: ClassList) -> list[Hardness]:
    """What the class made of every exercise, in the order of the lesson."""
    counting = [one for one in marks.gradebook.submissions if one.submission in marks.by_submission]
    progress = _progress(marks)
    return [
        _hardness(id, title, points, counting, [record[id] for record in progress if id in record])
        for id, title, points in marks.gradebook.info.exercises
    ]


def _progress(marks: ClassList) -> list[dict[str, dict[str, int]]]:
    """A progress record of each student, whether it lay beside the notebook or was handed in alone."""
    found = {}
    for mark in marks.marks:
        with_one = [one for one in mark.everything if one.progress]
        if with_one:  # a group's is one
            found[with_one[0].submission] = with_one[0].progress
    return list(found.values())


def _hardness(
    id: str, title: str, points: int, counting: Sequence[SubmissionResult], progress: Sequence[dict[str, int]]
) -> Hardness:
    results = [(one.submission, e) for one in counting for e in one.exercises if e.id == id]
    counts = Counter(e.outcome for _, e in results)
    known = Counter(e.misconception for _, e in results if e.misconception)
    passed = [record for record in progress if record.get("passed")]
    return Hardness(
        id,
        title,
        points,
        {outcome: counts[outcome] for outcome in OUTCOMES},
        sorted(known.items(), key=lambda item: (-item[1], item[0])),
        _unnamed(results),
        [round(record["seconds"] / 60, 1) for record in passed if "seconds" in record],
        [record["attempts"] for record in passed if "attempts" in record],
        [record.get("hints", 0) for record in passed],
    )


def _unnamed(results: Sequence[tuple[str, ExerciseResult]]) -> list[Unnamed]:
    groups: dict[tuple[str, ...], list[tuple[str, ExerciseResult]]] = defaultdict(list)
    nameless = [
        (submission, e)
        for submission, e in results
        if e.outcome not in ("passed", "not attempted") and not e.misconception
    ]
    tokens = tokens_of(e.answer for _, e in nameless)
    for submission, e in nameless:
        groups[tokens[e.answer] or (e.answer,)].append((submission, e))
    made = [
        Unnamed(members[0][1].answer, members[0][1].feedback, members[0][1].outcome, tuple(who for who, _ in members))
        for members in groups.values()
    ]
    return sorted(made, key=lambda one: (-len(one.submissions), one.submissions))
