"""A class of 40 as learning platforms hand it over: second attempts, attachments, lateness, groups, and a roster."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from dlcourse.lesson import files
from tests.grading.corpus import Book

__all__ = ["DUE", "LAYOUTS", "LESSON", "MOST", "PEOPLE", "Classroom", "make_class"]

LESSON = "02"
LAYOUTS = ("canvas", "moodle", "gradescope", "nbgrader")
DUE = datetime(2026, 12, 1, 23, 0, tzinfo=UTC)
FIRST = ["Ada", "Alan", "Grace", "Edsger", "Barbara", "Zoë", "李", "Jean-Luc", "Ö.", "Mary Ann"]
LAST = ["Lovelace", "O'Neil", "van der Berg", "Müller"]
MOST = sum(exercise.points for exercise in files.exercises(LESSON).values())
TWICE, NOTES, LATE, LEADER, PARTNER, MISSING, PROGRESS, ESSAY = range(8)


@dataclass(frozen=True)
class Pupil:
    """Somebody of the class."""

    number: int
    first: str
    last: str

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"

    @property
    def canvas(self) -> str:
        return "".join(c for c in f"{self.last}{self.first}".lower() if c.isalpha())

    @property
    def login(self) -> str:
        return f"s{self.number:03d}"

    @property
    def wrong(self) -> int:
        """How many of the exercises they have wrong."""
        return 0 if self.number < 8 else self.number % 4


PEOPLE = [Pupil(i, FIRST[i % 10], LAST[i // 10]) for i in range(40)]


@dataclass
class Classroom:
    """The folder, the roster, and the marks that must come out."""

    submissions: Path
    roster: Path
    marks: dict[str, float | None] = field(default_factory=dict)  # by name, without any lateness
    late: dict[str, float] = field(default_factory=dict)  # by name, what "10% per day" takes off


def make_class(folder: Path, layout: str) -> Classroom:
    """Write the class in a platform's layout."""
    room = Classroom(folder / "submissions", folder / "roster.csv")
    room.submissions.mkdir(parents=True)
    metadata: list[str] = ["---"]
    for pupil in PEOPLE:
        if pupil.number == MISSING:
            room.marks[pupil.name] = None
        elif pupil.number == PARTNER:
            room.marks[pupil.name] = MOST
        elif pupil.number == ESSAY:
            _hand_in(room, layout, pupil, "essay.docx", b"PK", 0, metadata)
            room.marks[pupil.name] = 0
        else:
            _hand_in(room, layout, pupil, "02_walking_down.ipynb", work(pupil.wrong), 0, metadata)
            room.marks[pupil.name] = MOST - sum(sorted(_points())[: pupil.wrong])
    if layout in ("canvas", "gradescope"):  # the others hand over the last attempt only
        _hand_in(room, layout, PEOPLE[TWICE], "02_walking_down-1.ipynb", work(len(_points())), 1, metadata)
        room.marks[PEOPLE[TWICE].name] = 0
    room.late[PEOPLE[LATE].name] = round(0.2 * MOST, 6)
    (room.submissions / "desktop.ini").write_text("")
    (room.submissions / ".forgotten.ipynb").write_bytes(work(0))
    if layout == "gradescope":
        (room.submissions / "submission_metadata.yml").write_text("\n".join(metadata) + "\n", encoding="utf-8")
    _roster(room.roster, layout)
    return room


def _points() -> list[int]:
    return [exercise.points for exercise in files.exercises(LESSON).values()]


@cache
def work(wrong: int) -> bytes:
    """The solved lesson with the cheapest exercises answered by nonsense."""
    cheapest = sorted(files.exercises(LESSON).values(), key=lambda e: e.points)[:wrong]
    return Book(LESSON).answers({e.id: f"def {e.name}(*arguments):\n    return 'nonsense'" for e in cheapest}).bytes()


def _moment(pupil: Pupil, attempt: int) -> datetime:
    late = timedelta(days=1, hours=1) if pupil.number == LATE else -timedelta(hours=5)
    return DUE + late + timedelta(minutes=attempt)


def _hand_in(
    room: Classroom, layout: str, pupil: Pupil, name: str, content: bytes, attempt: int, metadata: list[str]
) -> None:
    moment, more = _moment(pupil, attempt), dict[str, bytes]()
    if pupil.number == NOTES:
        more["notes.pdf"] = b"%PDF"
    if pupil.number == PROGRESS:
        more["progress.json"] = json.dumps(progress()).encode()
    number = 91000 + 10 * pupil.number + attempt
    if layout == "canvas":
        late = "LATE_" if pupil.number == LATE else ""
        start = f"{pupil.canvas}_{late}{41000 + pupil.number}"
        paths = {f"{start}_{number}_{name}": content}
        paths |= {f"{start}_{number + 5}_{other}": text for other, text in more.items()}
    else:
        top = {
            "moodle": f"{pupil.name.replace('_', ' ')}_{7000 + pupil.number}_assignsubmission_file",
            "gradescope": f"submission_{number}",
            "nbgrader": f"{pupil.login}/lesson_{LESSON}",
        }[layout]
        paths = {f"{top}/{other}": text for other, text in {name: content, **more}.items()}
        if layout == "nbgrader":
            paths[f"{top}/timestamp.txt"] = f"{moment:%Y-%m-%d %H:%M:%S}.25 UTC".encode()
    for path, text in paths.items():
        target = room.submissions / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text)
        stamp = moment.timestamp() if layout in ("canvas", "moodle") else DUE.timestamp() + 10**7
        os.utime(target, (stamp, stamp))
    metadata += [f"submission_{number}:", "  :submitters:"]
    for one in [pupil, *([PEOPLE[PARTNER]] if pupil.number == LEADER else [])]:
        metadata += [f"  - :name: {json.dumps(one.name)}", f"    :sid: '{one.login}'", f"    :email: {one.login}@x.edu"]
    metadata += [f"  :created_at: {moment:%Y-%m-%d %H:%M:%S}.123456000 Z", "  :score: ", "  :results: !ruby/hash:Other"]
    metadata += ["    a: 1"]


def progress() -> dict[str, object]:
    """What a progress file holds: the first exercise passed at the third try, ten minutes after the first."""
    first = next(iter(files.exercises(LESSON)))
    record = {"checks": 3, "attempts": 3, "passed": True, "hints": 1, "solution": False}
    return {"version": 1, "exercises": {first: record | {"began_at": 1000, "passed_at": 1600}}, "choices": {}}


def _roster(path: Path, layout: str) -> None:
    """As the platform exports it, with a column for groups."""
    group = {LEADER: "G1", PARTNER: "G1"}
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        write = csv.writer(file, delimiter=";" if layout == "nbgrader" else ",").writerow
        if layout == "canvas":
            write(["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Lesson 02 (48213)", "Group"])
            write(["    Points Possible", "", "", "", "", "7.00", ""])
            for one in PEOPLE:
                name, id = f"{one.last}, {one.first}", 41000 + one.number
                write([name, id, f"u{one.number}", one.login, "Monday", "", group.get(one.number, "")])
        elif layout == "moodle":
            write(["Identifier", "Full name", "Email address", "Status", "Grade", "Last modified (grade)", "Group"])
            for one in PEOPLE:
                row = [f"Participant {7000 + one.number}", one.name, f"{one.login}@x.edu", "Submitted", ""]
                write([*row, "Monday, 30 November 2026, 10:00 AM", group.get(one.number, "")])
        elif layout == "gradescope":  # who worked together is in the download
            write(["First Name", "Last Name", "SID", "Email", "Section"])
            for one in PEOPLE:
                write([one.first, one.last, one.login, f"{one.login}@x.edu", ""])
        else:
            write(["id", "first_name", "last_name", "email", "group"])
            for one in PEOPLE:
                write([one.login, one.first, one.last, f"{one.login}@x.edu", group.get(one.number, "")])
