"""The course page: all lessons, what is done in each, what sits, and where to go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dlcourse.lesson import files
from dlcourse.lesson.progress import Progress

__all__ = ["Row", "as_markdown", "as_text", "course", "where_to_go_on"]


@dataclass(frozen=True)
class Row:
    """One lesson: exercises passed, kinds of problems by hand that sit, questions answered rightly, of how many."""

    number: str
    title: str
    file: str
    exercises: tuple[int, int]
    by_hand: tuple[int, int]
    questions: tuple[int, int]
    last: int  # when an exercise was last begun or passed, in seconds since 1970; 0 if never

    @property
    def done(self) -> bool:
        return self.exercises[0] == self.exercises[1]


def course(progress: Progress) -> list[Row]:
    """All lessons, in their order."""
    rows = []
    for path in files.notebooks():
        number = path.name[:2]
        exercises = [progress.exercise(id) for id in files.exercises(number)]
        sits = [progress.practised(id)["sits"] for id in files.practice(number)]
        asked = [progress.answered(id) for id in files.choices(number, "quiz")]
        rows.append(
            Row(
                number,
                files.about(number)["title"],
                path.name,
                (sum(e["passed"] for e in exercises), len(exercises)),
                (sum(sits), len(sits)),
                (sum(a["right_at"] > a["wrong_at"] for a in asked), len(asked)),
                max((max(e.get("began_at", 0), e.get("passed_at", 0)) for e in exercises), default=0),
            )
        )
    return rows


def where_to_go_on(rows: Sequence[Row]) -> Row | None:
    """The lesson worked on last, if it is not done; else the first after it that is not; None when all are."""
    open_rows = [row for row in rows if not row.done]
    latest = max(rows, key=lambda row: row.last)
    later = [row for row in open_rows if row.number >= latest.number] if latest.last else open_rows
    return next(iter(later or open_rows), None)


def as_text(rows: Sequence[Row]) -> str:
    """For a terminal."""
    on = where_to_go_on(rows)
    width = max(len(row.title) for row in rows)
    lines = [f"    {'':<{width}}  exercises  by hand  questions"]
    for row in rows:
        counts = f"{_of(row.exercises):>9}  {_of(row.by_hand):>7}  {_of(row.questions):>9}"
        lines.append(f"{row.number}  {row.title:<{width}}  {counts}{'  <- go on here' if row is on else ''}")
    return "\n".join(lines)


def as_markdown(rows: Sequence[Row]) -> str:
    """For a notebook: each title leads to its lesson."""
    on = where_to_go_on(rows)
    lines = ["| | lesson | exercises passed | by hand: sits | quiz: right |", "|---|:---|---:|---:|---:|"]
    for row in rows:
        sign = "▸" if row is on else "✓" if row.done else ""
        counts = f"{_of(row.exercises)} | {_of(row.by_hand)} | {_of(row.questions)}"
        lines.append(f"| {sign} | [{row.number} · {row.title}]({row.file}) | {counts} |")
    end = f"Go on with **[{on.number} · {on.title}]({on.file})**." if on else "You have passed every exercise."
    return "\n".join([*lines, "", f"{end} Your progress is kept on this computer only."])


def _of(counts: tuple[int, int]) -> str:
    return f"{counts[0]} of {counts[1]}" if counts[1] else ""
