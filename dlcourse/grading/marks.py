"""From what the grader found to what each student gets: one mark for each, with the reasons for it.

``gradebook.json`` and ``gradebook.csv`` say what was found in each submission, and nothing here changes that. A mark is
made anew from it every time: of a student's attempts one counts, marks by hand replace those that were found, a late
penalty comes off what is left, and a group has what its submission has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from dlcourse.grading.asking import CannotGrade
from dlcourse.grading.late import LateRule
from dlcourse.grading.results import Gradebook, SubmissionResult
from dlcourse.grading.roster import Person, Roster, plain, read_rows

__all__ = ["ATTEMPTS", "ClassList", "Mark", "Override", "Rules", "class_list", "read_overrides"]

ATTEMPTS = ("latest", "best")


@dataclass(frozen=True)
class Override:
    """A line of ``overrides.csv``: a mark, a comment or both, by hand.

    Attributes
    ----------
    who : str
        A submission, or a name, ID, login or e-mail.
    exercise : str
        Which; empty for the whole.
    score : float or None
    comment : str
        For the student to read.
    line : int
        Where it stands.
    """

    who: str
    exercise: str = ""
    score: float | None = None
    comment: str = ""
    line: int = 0


@dataclass(frozen=True)
class Rules:
    """How marks are made of what was found.

    Attributes
    ----------
    roster : Roster or None
    overrides : tuple of Override
    attempts : str
        Which of several counts: ``"latest"`` or ``"best"``.
    due : datetime or None
    late : LateRule or None
    assignment : str
        What the learning platform calls it; empty for the lesson's own title.
    anonymous : bool
        Whether the page of look-alikes names nobody.
    hidden : tuple of str
        Entries of the folder that were skipped because their names begin with a dot.
    """

    roster: Roster | None = None
    overrides: tuple[Override, ...] = ()
    attempts: str = "latest"
    due: datetime | None = None
    late: LateRule | None = None
    assignment: str = ""
    anonymous: bool = False
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mark:
    """What one student gets.

    Attributes
    ----------
    person : Person
    counts : SubmissionResult or None
        The submission that counts; ``None`` for somebody who is missing.
    attempts, others : tuple of SubmissionResult
        What else they handed in: notebooks, and other files.
    scores : mapping of str to float
        By exercise, marks by hand included.
    max_score : int
    by_hand : frozenset of str
        The exercises whose mark is by hand; ``"total"`` for the whole.
    comments : tuple of str
        By hand, for the student.
    late_by : timedelta
        Zero for who was in time, or where nothing says when it was due.
    penalty : float
        The points that this costs.
    total : float or None
        The mark; ``None`` for somebody who is missing.
    """

    person: Person
    counts: SubmissionResult | None
    attempts: tuple[SubmissionResult, ...] = ()
    others: tuple[SubmissionResult, ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    max_score: int = 0
    by_hand: frozenset[str] = frozenset()
    comments: tuple[str, ...] = ()
    late_by: timedelta = timedelta()
    penalty: float = 0.0
    total: float | None = None

    @property
    def status(self) -> str:
        """``"graded"``, ``"rejected"`` or ``"missing"``."""
        return "missing" if self.counts is None else self.counts.status

    @property
    def late(self) -> bool:
        """Whether the platform or the deadline says that it was late."""
        return bool(self.late_by) or (self.counts is not None and self.counts.student.late)

    @property
    def everything(self) -> tuple[SubmissionResult, ...]:
        """All that they handed in."""
        return (*([] if self.counts is None else [self.counts]), *self.attempts, *self.others)


@dataclass(frozen=True)
class ClassList:
    """A gradebook by students.

    Attributes
    ----------
    gradebook : Gradebook
    rules : Rules
    marks : tuple of Mark
        By name.
    unknown : tuple of Override
        Lines by hand that fit nobody.
    """

    gradebook: Gradebook
    rules: Rules
    marks: tuple[Mark, ...]
    unknown: tuple[Override, ...] = ()

    @property
    def missing(self) -> list[Mark]:
        """Who is in the roster and handed in nothing."""
        return [mark for mark in self.marks if mark.counts is None]

    @property
    def strangers(self) -> list[Mark]:
        """Who is not in the roster; nobody where there is none."""
        return [mark for mark in self.marks if self.rules.roster is not None and not mark.person.line]

    def of(self, submission: str) -> list[Mark]:
        """The marks that a submission gives: one, or one for each of a group; none if another attempt counts."""
        return self.by_submission.get(submission, [])

    @cached_property
    def counting(self) -> Gradebook:
        """The gradebook with nothing but the submissions that count: nobody looks like their own other attempt."""
        found = self.by_submission
        return Gradebook(self.gradebook.info, [one for one in self.gradebook.submissions if one.submission in found])

    @cached_property
    def names(self) -> dict[str, str]:
        """By submission that counts, who handed it in; the submission where that says no more."""
        named = {
            submission: "; ".join(m.person.name for m in given) for submission, given in self.by_submission.items()
        }
        return {submission: name or submission for submission, name in named.items()}

    @cached_property
    def instead(self) -> dict[str, SubmissionResult]:
        """By a submission that does not count, the one that does."""
        pairs = ((mark.counts, one) for mark in self.marks for one in (*mark.attempts, *mark.others))
        return {one.submission: counts for counts, one in pairs if counts is not None}

    @cached_property
    def beside(self) -> set[str]:
        """What is no notebook and was handed in beside one: nobody's mark comes of it."""
        return {
            one.submission for mark in self.marks for one in mark.others if one.submission not in self.by_submission
        }

    @cached_property
    def by_submission(self) -> dict[str, list[Mark]]:
        """By submission that counts, the marks that it gives."""
        found: dict[str, list[Mark]] = defaultdict(list)
        for mark in self.marks:
            if mark.counts is not None:
                found[mark.counts.submission].append(mark)
        return found


def class_list(gradebook: Gradebook, rules: Rules | None = None) -> ClassList:
    """Make the marks of a class.

    Examples
    --------
    >>> from dlcourse.grading.results import ExerciseResult, RunInfo, Student
    >>> info = RunInfo("12", "Train", 5, True, "", 20.0, {}, [("12.1", "Softmax", 2)])
    >>> ada = Student("canvas", "lovelaceada", "41001", "91001")
    >>> work = SubmissionResult("lovelaceada_41001_91001_12.ipynb", "graded", 2, student=ada, file="x")
    >>> work.exercises = [ExerciseResult("12.1", 2, "passed")]
    >>> notes = SubmissionResult("lovelaceada_41001_91002_notes.pdf", "rejected", 2, "No notebook.", student=ada)
    >>> [mark] = class_list(Gradebook(info, [work, notes])).marks
    >>> mark.total, mark.counts.submission, [one.submission for one in mark.others]
    (2, 'lovelaceada_41001_91001_12.ipynb', ['lovelaceada_41001_91002_notes.pdf'])
    """
    rules = rules or Rules()
    mine, strangers = _by_person(gradebook.submissions, rules.roster)
    by_group: dict[str, dict[str, SubmissionResult]] = defaultdict(dict)
    for person, results in mine.items():
        by_group[person.group] |= {one.submission: one for one in results}
    handed_in: dict[Person, Sequence[SubmissionResult]] = dict(strangers)
    for person in rules.roster.people if rules.roster else ():  # whoever of a group handed it in
        handed_in[person] = [*by_group[person.group].values()] if person.group else mine.get(person, [])
    lines, unknown = _by_hand(rules, handed_in)
    marks = [_mark(gradebook, rules, person, results, lines.get(person, [])) for person, results in handed_in.items()]
    marks.sort(key=lambda mark: (plain(mark.person.name), mark.person.name, mark.person.line, mark.person.submission))
    return ClassList(gradebook, rules, tuple(marks), tuple(unknown))


def _by_person(
    submissions: Iterable[SubmissionResult], roster: Roster | None
) -> tuple[dict[Person, list[SubmissionResult]], dict[Person, list[SubmissionResult]]]:
    """What everybody handed in: those of the roster, and the others."""
    mine: dict[Person, list[SubmissionResult]] = defaultdict(list)
    strangers: dict[Person, list[SubmissionResult]] = defaultdict(list)
    keys: dict[tuple[str, ...], Person] = {}
    for one in submissions:
        student = one.student
        if student.layout == "system":
            continue
        people = [(student.name, student.user_id, student.email), *student.partners]
        for name, id, email in people:
            asked = replace(student, name=name, user_id=id, email=email)
            if roster is not None and (person := roster.find(one.submission, asked)):
                mine[person].append(one)
                continue
            platform = student.layout in ("canvas", "moodle", "gradescope") and (id or email)
            key = (student.layout, id or email) if platform else (student.layout, one.submission, name)
            stranger = Person(name or one.submission, id, email=email, submission="" if platform else one.submission)
            strangers[keys.setdefault(key, stranger)].append(one)
    return mine, strangers


def _mark(
    gradebook: Gradebook, rules: Rules, person: Person, handed_in: Sequence[SubmissionResult], lines: Sequence[Override]
) -> Mark:
    made = [_of_attempt(gradebook, rules, person, one, lines) for one in handed_in if one.file]
    # what could not be graded does not push aside what could, nor does an older attempt a newer one
    made.sort(key=lambda mark: (mark.status == "graded", _place(rules, mark), _order(mark.counts)))
    others = tuple(one for one in handed_in if not one.file)
    if made:
        *rest, best = made
        return replace(best, attempts=tuple(mark.counts for mark in rest if mark.counts is not None), others=others)
    first, *more = others or (None,)
    return replace(_of_attempt(gradebook, rules, person, first, lines), others=tuple(one for one in more if one))


def _place(rules: Rules, mark: Mark) -> float:
    return mark.total or 0.0 if rules.attempts == "best" else 0.0


def _order(one: SubmissionResult | None) -> tuple[int, float, str]:
    """Later attempts come later: by the platform's running number, by time, by name."""
    assert one is not None
    number = one.student.submission_id
    return int(number) if number.isdecimal() and len(number) < 30 else 0, one.student.handed_in or 0.0, one.submission


def _of_attempt(
    gradebook: Gradebook, rules: Rules, person: Person, one: SubmissionResult | None, lines: Sequence[Override]
) -> Mark:
    """The mark if this is what counts."""
    ids = [id for id, _, _ in gradebook.info.exercises]
    scores = dict.fromkeys(ids, 0.0)
    if one is not None:
        scores |= {exercise.id: exercise.score for exercise in one.exercises}
    scores |= {line.exercise: line.score for line in lines if line.exercise and line.score is not None}
    total: float | None = sum(scores.values())
    if one is None and not any(line.score is not None for line in lines):
        total = None
    late_by, penalty = timedelta(), 0.0
    due = person.due or rules.due
    if one is not None and due is not None and one.student.handed_in is not None:
        late_by = max(timedelta(), datetime.fromtimestamp(one.student.handed_in, UTC) - due)
    whole = [line.score for line in lines if not line.exercise and line.score is not None]
    if whole:
        total = whole[-1]
    elif rules.late is not None and late_by and total is not None:
        penalty = min(total, rules.late.penalty(late_by, gradebook.info.max_score))
        total -= penalty
    by_hand = {line.exercise or "total" for line in lines if line.score is not None}
    comments = [f"{line.exercise}: {line.comment}" if line.exercise else line.comment for line in lines if line.comment]
    return Mark(
        person,
        one,
        scores=scores,
        max_score=gradebook.info.max_score,
        by_hand=frozenset(by_hand),
        comments=tuple(comments),
        late_by=late_by,
        penalty=penalty,
        total=total,
    )


# ------------------------------------------------------------------------------------------------------- by hand


def _by_hand(
    rules: Rules, handed_in: Mapping[Person, Sequence[SubmissionResult]]
) -> tuple[dict[Person, list[Override]], list[Override]]:
    """Whose each line of ``overrides.csv`` is, and the lines that are nobody's."""
    everybody = Roster(tuple(handed_in))
    named: dict[str, list[Person]] = defaultdict(list)
    for person, results in handed_in.items():
        for one in results:
            named[one.submission].append(person)
    lines: dict[Person, list[Override]] = defaultdict(list)
    unknown = []
    for line in rules.overrides:
        found = named.get(line.who) or [one for one in [everybody.called(line.who)] if one]
        for person in found:  # of a group, all whom the submission gives a mark
            lines[person].append(line)
        if not found:
            unknown.append(line)
    return lines, unknown


def read_overrides(path: Path, exercises: Sequence[tuple[str, str, int]]) -> tuple[Override, ...]:
    """Read ``overrides.csv``: the columns student, exercise, score and comment.

    Raises
    ------
    CannotGrade
        One sentence with the line: what is wrong with it.
    """
    head, rows = read_rows(path)
    names = [plain(name) for name in head]
    if "student" not in names or not {"score", "comment"} & set(names):
        raise CannotGrade(f"{path}: its first row must name the columns student, exercise, score and comment.")
    most = {id: points for id, _, points in exercises} | {"": sum(points for _, _, points in exercises)}
    found = []
    for line, row in rows:
        cells = dict(zip(names, row, strict=False))
        who, exercise, score = (cells.get(name, "") for name in ("student", "exercise", "score"))
        where = f"{path}, line {line}"
        exercise = "" if exercise.casefold() in ("total", "all") else exercise
        if not who:
            raise CannotGrade(f"{where}: it names no student.")
        if exercise not in most:
            raise CannotGrade(f"{where}: there is no exercise {exercise!r} here; leave it empty for the whole mark.")
        try:
            number = float(score.replace(",", ".")) if score else None
        except ValueError:
            raise CannotGrade(f"{where}: {score!r} is no number.") from None
        if number is not None and not 0 <= number <= most[exercise]:
            raise CannotGrade(f"{where}: {score} is not between 0 and {most[exercise]}, what it is worth.")
        found.append(Override(who, exercise, number, cells.get("comment", ""), line))
    return tuple(found)
