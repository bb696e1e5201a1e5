"""What grading finds out, as data: what the modules of ``dlcourse.grading`` hand to each other.

``gradebook`` collects one ``SubmissionResult`` for each submission and writes them. ``marks.class_list`` makes of a
``Gradebook`` what each student gets. From that the rest is written, into the folder that the person named:

``feedback.write_feedback(marks, folder)``   ``feedback/*.html``, ``feedback.zip`` and the pages for the instructor
``exports.write_exports(marks, folder)``     ``gradebook.csv``, ``students.csv`` and the files of learning platforms

Where the grading happens is up to a ``concurrent.futures.Executor``: ``executor.submit(grade_one, job)`` with
``dlcourse.grading.asking.grade_one``, a plain function, and a ``Job``, which pickles and holds all that is
needed, so that it can be sent to another machine. It gives a ``SubmissionResult``. Threads are enough: ``grade_one``
starts processes of its own. ``cluster.open_cluster(address)`` gives such an executor and how many jobs it can take.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["OUTCOMES", "ExerciseResult", "Gradebook", "Job", "RunInfo", "Settings", "Student", "SubmissionResult"]

OUTCOMES = ("passed", "failed", "not attempted", "timeout", "kernel died", "error")


@dataclass(frozen=True)
class Student:
    """What the name of a submission tells about whose it is; empty where it does not.

    Attributes
    ----------
    layout : str
        ``"file"``, ``"folder"``, ``"nbgrader"``, ``"canvas"``, ``"moodle"``, ``"gradescope"``; ``"system"`` for what is
        nobody's submission.
    name : str
        ``"lovelaceada"`` from Canvas, ``"Ada Lovelace"`` from Moodle, the folder's or the file's name otherwise.
    user_id : str
        The number of the student in Canvas, of the participant in Moodle, the student's ID in Gradescope.
    submission_id : str
        The number of the submission in Canvas and Gradescope.
    late : bool
        Canvas says so in the file name.
    email : str
        Where Gradescope tells it.
    handed_in : float or None
        When, in seconds since 1970.
    clock : str
        Who says so: ``"Gradescope"``, ``"nbgrader"``, or ``"file"`` for the time of the file itself.
    partners : tuple of (name, user_id, email)
        Who else handed it in, in Gradescope.
    """

    layout: str = "file"
    name: str = ""
    user_id: str = ""
    submission_id: str = ""
    late: bool = False
    email: str = ""
    handed_in: float | None = None
    clock: str = ""
    partners: tuple[tuple[str, ...], ...] = ()


@dataclass
class ExerciseResult:
    """How one exercise went.

    Attributes
    ----------
    id, title : str
    score, max_score : int
        ``score`` is ``max_score`` if the outcome is ``"passed"``, else what its parts are worth, which is less.
    outcome : str
        One of ``OUTCOMES``.
    lines : list of str
        What to tell the student, at most three lines, in the words of the lesson's own ``check``. On a failure: what
        was tried, what came back, what that usually means. It never shows the answer.
    mutant : int or None
        Which misconception it matches: the number of the mutant in the answers file, from 0.
    misconception : str
        That mutant's message.
    parts : list of (str, int)
        Where the whole is not right, the parts of it that are, and what they are worth.
    evasions : list of str
        For a human to look at: one sentence for each way in which the answer may lean on what it was to build.
    answer : str
        The source that was graded, empty if there was none; for ``similarity``.
    """

    id: str
    max_score: int
    outcome: str
    lines: list[str] = field(default_factory=list)
    title: str = ""
    mutant: int | None = None
    misconception: str = ""
    parts: list[tuple[str, int]] = field(default_factory=list)
    evasions: list[str] = field(default_factory=list)
    answer: str = ""

    @property
    def score(self) -> int:
        return self.max_score if self.outcome == "passed" else sum(points for _, points in self.parts)

    @property
    def feedback(self) -> str:
        return "\n".join([*self.lines, self.partly] if self.parts else self.lines)

    @property
    def partly(self) -> str:
        """What a part of the answer is worth, in a sentence; empty where nothing is."""
        if not self.parts:
            return ""
        return (
            f"{self.score} of {self.max_score} points, for this is right: {', '.join(part for part, _ in self.parts)}."
        )

    def contract(self) -> dict[str, Any]:
        """The part that ``gradebook.json`` shows."""
        return {
            "id": self.id,
            "score": self.score,
            "max_score": self.max_score,
            "outcome": self.outcome,
            "feedback": self.feedback,
        }


LACKING = re.compile(r"No module named '([\w.]{1,80})'|the grader has no (Python \d+\.\d+)")


@dataclass
class SubmissionResult:
    """How one submission went.

    Attributes
    ----------
    submission : str
        The entry of SUBMISSIONS, as found. It can hold anything that a file name can: line breaks, escape sequences,
        and lone surrogates where the name is not UTF-8 (``json`` writes and reads those).
    status : str
        ``"graded"`` or ``"rejected"``.
    reason : str
        One sentence that the student can act on, if it was rejected.
    exercises : list of ExerciseResult
        In the order of the lesson; empty if it was rejected.
    student : Student
    file : str
        The notebook, relative to SUBMISSIONS; empty if there was none.
    sha256 : str
        Of that file's bytes; empty if it could not be read.
    max_score : int
        Of the lesson.
    progress : dict
        By exercise, what a progress file that was handed in says: ``attempts``, ``hints``, ``passed``, ``seconds``.
    spliced : str
        The notebook that was run, for ``--keep``. It is not stored with the result.
    """

    submission: str
    status: str
    max_score: int
    reason: str = ""
    exercises: list[ExerciseResult] = field(default_factory=list)
    student: Student = Student()
    file: str = ""
    sha256: str = ""
    progress: dict[str, dict[str, int]] = field(default_factory=dict)
    spliced: str = field(default="", compare=False)

    @property
    def score(self) -> int:
        return sum(exercise.score for exercise in self.exercises)

    @property
    def lacking(self) -> list[str]:
        """The packages, or the Python, that the notebook uses and the grader has not, where that cost an exercise."""
        lines = (line for exercise in self.exercises for line in exercise.lines)
        found = (match[2] or match[1].partition(".")[0] for line in lines for match in LACKING.finditer(line))
        return sorted(set(found) - {"dlcourse"})

    def contract(self) -> dict[str, Any]:
        """The part that ``gradebook.json`` shows."""
        return {
            "submission": self.submission,
            "status": self.status,
            "reason": self.reason,
            "score": self.score,
            "max_score": self.max_score,
            "exercises": [e.contract() for e in self.exercises],
        }

    def to_json(self) -> str:
        """All of it, in one line, without ``spliced``.

        Examples
        --------
        >>> result = SubmissionResult("ada.ipynb", "graded", 2, exercises=[ExerciseResult("12.1", 2, "passed")])
        >>> SubmissionResult.from_json(result.to_json()) == result, result.score
        (True, 2)
        """
        return json.dumps({key: value for key, value in asdict(self).items() if key != "spliced"})

    @classmethod
    def from_json(cls, text: str) -> SubmissionResult:
        """Rebuild what ``to_json`` gave; anything else raises ``ValueError``, ``TypeError`` or ``KeyError``."""
        data: Mapping[str, Any] = json.loads(text)
        student = data["student"]
        return cls(
            **{
                **data,
                "student": Student(**{**student, "partners": tuple(map(tuple, student["partners"]))}),
                "exercises": [
                    ExerciseResult(**{**exercise, "parts": [tuple(part) for part in exercise["parts"]]})
                    for exercise in data["exercises"]
                ],
            }
        )


@dataclass(frozen=True)
class RunInfo:
    """What a whole run has in common, and what must be stamped on everything that it writes.

    Attributes
    ----------
    lesson, title : str
        ``"12"``, and the first heading of its notebook.
    seed : int
        Of the probes' inputs. The same seed, key and submissions give the same gradebook.
    sandbox : bool
        Whether the submissions ran in the sandbox. If not, every output must say so: ``warning`` does.
    key : str
        The checksum of the lesson, its answers and the course's version: marks with another key are other marks.
    cell_timeout : float
    versions : dict
        Of dlcourse, Python, NumPy and nbval.
    exercises : list of (id, title, max_score)
        In the order of the lesson.
    """

    lesson: str
    title: str
    seed: int
    sandbox: bool
    key: str
    cell_timeout: float
    versions: dict[str, str]
    exercises: list[tuple[str, str, int]]

    @property
    def max_score(self) -> int:
        return sum(points for _, _, points in self.exercises)

    @property
    def warning(self) -> str:
        """One sentence where the marks cannot be trusted; empty where they can."""
        return "" if self.sandbox else "Graded without the sandbox: what ran could read and change files here."

    def to_json(self) -> str:
        """All of it, in one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> RunInfo:
        """Rebuild what ``to_json`` gave; anything else raises ``ValueError``, ``TypeError`` or ``KeyError``."""
        data: Mapping[str, Any] = json.loads(text)
        return cls(**{**data, "exercises": [(str(id), str(title), int(n)) for id, title, n in data["exercises"]]})


@dataclass(frozen=True)
class Gradebook:
    """A run and its results, sorted by submission."""

    info: RunInfo
    submissions: list[SubmissionResult]

    def contract(self) -> dict[str, Any]:
        """The content of ``gradebook.json``."""
        return {
            "lesson": self.info.lesson,
            "seed": self.info.seed,
            "sandbox": self.info.sandbox,
            "max_score": self.info.max_score,
            "submissions": [result.contract() for result in self.submissions],
        }


@dataclass(frozen=True)
class Settings:
    """What all jobs of a run have in common.

    Attributes
    ----------
    lesson, seed, key, sandbox, cell_timeout
        As in ``RunInfo``. A worker whose own ``key`` is another refuses.
    expected : dict of str
        By exercise, what the probe of the reference answer printed.
    keep : bool
        Whether ``SubmissionResult.spliced`` is wanted.
    """

    lesson: str
    seed: int
    key: str
    sandbox: bool
    cell_timeout: float
    expected: dict[str, str] = field(default_factory=dict)
    keep: bool = False


@dataclass(frozen=True)
class Job:
    """One submission to grade: picklable, and all that ``grade_one`` needs."""

    settings: Settings
    submission: str
    file: str
    content: bytes
    student: Student = Student()
