"""Partial credit: the parts of an exercise that are right where the whole is not."""

from __future__ import annotations

from collections.abc import Sequence

from dlcourse.lesson.exercises import Exercise, Part
from dlcourse.lesson.running import Report, Run
from dlcourse.lesson.values import decode, differs, encode

__all__ = ["parts_right"]


def parts_right(exercise: Exercise, run: Run, expected: Sequence[Report]) -> list[Part]:
    """Which parts of an answer are right in every case; nothing where some case gave no value.

    Parameters
    ----------
    exercise : Exercise
    run : Run
        What came back. It may come from a hostile process: what a part cannot be seen in is not right.
    expected : sequence of Report
        What the reference gives on the same cases.

    Examples
    --------
    >>> from dlcourse.lesson.exercises import exercise
    >>> both = exercise("90.1", "A sum and a product", points=3)
    >>> both.part("the sum", 1, lambda observed: observed[0])
    >>> reports = [[Report("value", encode(value))] for value in ([5.0, 6.0], [5.0, 7.0], 3.0)]
    >>> [[part.title for part in parts_right(both, Run(reports=found), reports[0])] for found in reports]
    [['the sum'], ['the sum'], []]
    """
    if not run.complete or len(run.reports) != len(expected) or any(report.changed for report in run.reports):
        return []
    return [part for part in exercise.parts if _right(exercise, part, run.reports, expected)]


def _right(exercise: Exercise, part: Part, reports: Sequence[Report], expected: Sequence[Report]) -> bool:
    for report, reference in zip(reports, expected, strict=True):
        assert reference.observed is not None
        wanted = encode(part.look(decode(reference.observed)))
        try:
            found = encode(part.look(decode(report.observed or {})))
        except Exception:  # whatever an observation of another form makes `look` do
            return False
        if differs(wanted, found, exercise.rtol) is not None:
            return False
    return True
