"""Who is in the class: a table that the learning platform, or the university, exports.

Canvas' gradebook, Moodle's grading worksheet and Gradescope's roster are taken as they come, and so is any table whose
first row names its columns. A person is found by what the platform says (an ID, an e-mail), never by what a student
chose, wherever the platform says anything.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from dlcourse.grading.asking import CannotGrade
from dlcourse.grading.results import Student

__all__ = ["Person", "Roster", "plain", "read_roster", "read_rows"]

COLUMNS = {  # what a column may be called, in small letters and digits
    "name": ("name", "student", "fullname", "studentname", "nameofstudent"),
    "first": ("firstname", "givenname", "forename", "vorname"),
    "last": ("lastname", "surname", "familyname", "nachname"),
    "id": ("id", "userid", "canvasid", "canvasuserid", "studentid", "identifier", "participant", "participantid"),
    "sis": ("sisuserid", "sisid", "sid", "idnumber", "studentnumber", "matriculationnumber", "matrikelnummer"),
    "login": ("sisloginid", "login", "loginid", "username", "user"),
    "email": ("email", "emailaddress", "mail"),
    "section": ("section", "sections", "class", "course"),
    "group": ("group", "groupname", "team", "gruppe"),
    "due": ("due", "deadline", "extension", "extendeddue"),
    "submission": ("submission", "file", "filename", "folder"),
    "role": ("role", "roles"),
    "modified": ("lastmodifiedgrade",),
}
REST = ("sis", "login", "email", "section", "group", "submission", "modified")
PLATFORM = ("identifier", "sisuserid", "canvasid", "canvasuserid")  # with these, IDs are those in the platform's names
COPY = re.compile(r"( ?\(\d+\)|[-_]\d{1,2}| - [Cc]opy.*| [Cc]opy.*)+\Z")


@dataclass(frozen=True)
class Person:
    """A line of the roster, or what a submission tells about its student where there is none.

    Attributes
    ----------
    name, id, sis, login, email, section, group, submission, modified : str
        Empty where the roster does not say. ``modified`` is Moodle's *Last modified (grade)*.
    due : datetime or None
        Their own deadline.
    line : int
        Of the roster; 0 for somebody who is not in it.
    """

    name: str = ""
    id: str = ""
    sis: str = ""
    login: str = ""
    email: str = ""
    section: str = ""
    group: str = ""
    submission: str = ""
    modified: str = ""
    due: datetime | None = None
    line: int = 0


@dataclass(frozen=True)
class Roster:
    """The people, and how to find them.

    Examples
    --------
    >>> roster = Roster((Person("Lovelace, Ada", "41001", line=2), Person("Alan Turing", "41002", line=3)), True)
    >>> roster.find("x", Student("canvas", "lovelaceada", "41001")).name
    'Lovelace, Ada'
    >>> roster.find("Alan Turing (1).ipynb", Student("file", "Alan Turing (1)")).id
    '41002'
    >>> roster.find("x", Student("canvas", "lovelaceada", "999")) is None
    True
    """

    people: tuple[Person, ...]
    platform: bool = False
    exact: Mapping[str, Person | None] = field(default_factory=dict, compare=False)
    named: Mapping[str, Person | None] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        exact = ((key.casefold(), one) for one in self.people for key in _keys(one))
        object.__setattr__(self, "exact", _unique(exact))
        object.__setattr__(self, "named", _unique((key, one) for one in self.people for key in _names(one.name)))

    def find(self, submission: str, student: Student) -> Person | None:
        """Whose a submission is; ``None`` if it is nobody's, or might be two people's."""
        if found := self.exact.get(submission.casefold()):
            return found
        if student.layout in ("canvas", "moodle") and self.platform:
            return self.exact.get(student.user_id.casefold())
        if student.layout == "gradescope":
            by = (self.exact.get(key.casefold()) for key in (student.email, student.user_id) if key)
            return next((one for one in by if one), None) or self.named.get(plain(student.name))
        if student.layout in ("canvas", "moodle"):  # the roster's numbers may be others than the platform's
            return self.named.get(plain(student.name)) or self.exact.get(student.user_id.casefold())
        for name in (student.name, COPY.sub("", student.name)):
            if found := self.exact.get(name.casefold()) or self.named.get(plain(name)):
                return found
        return None

    def called(self, who: str) -> Person | None:
        """The person with this ID, login, e-mail or name."""
        return self.exact.get(who.casefold()) or self.named.get(plain(who))


def _unique(pairs: Iterable[tuple[str, Person]]) -> dict[str, Person | None]:
    """What leads to one person; what leads to two leads to nobody."""
    found: dict[str, set[Person]] = defaultdict(set)
    for key, one in pairs:
        if key:
            found[key].add(one)
    return {key: next(iter(people)) if len(people) == 1 else None for key, people in found.items()}


def _keys(one: Person) -> list[str]:
    return [one.id, one.sis, one.login, one.email, one.email.partition("@")[0], one.submission]


def _names(name: str) -> list[str]:
    """A name as it may be written: the family name first or last, with or without a comma."""
    if "," in name:
        last, _, first = name.partition(",")
        return list(dict.fromkeys([plain(last + first), plain(first + last)]))
    words = name.split()
    turned = [plain("".join(words[i:] + words[:i])) for i in range(len(words))]
    return list(dict.fromkeys(turned))


def plain(text: str) -> str:
    """Letters and digits, without case and accents.

    Examples
    --------
    >>> plain("Zoë O'Neil-Ω 3") == plain("zoe oneil ω3")
    True
    """
    text = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in text if c.isalnum())


# ------------------------------------------------------------------------------------------------------ reading


def read_rows(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The head of a CSV table and its rows with their line numbers, whatever separates the cells."""
    try:
        content = path.read_bytes()
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except FileNotFoundError:
        raise CannotGrade(f"There is no file {path}.") from None
    except OSError as error:
        raise CannotGrade(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise CannotGrade(f'{path} is not UTF-8 text: save it as "CSV UTF-8".') from None
    head = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[tuple[int, list[str]]] = []
    try:
        for row in reader:
            rows.append((reader.line_num, [value.strip() for value in row]))
    except csv.Error as error:
        raise CannotGrade(f"{path}, line {reader.line_num}: it is no CSV table ({error}).") from None
    rows = [(line, row) for line, row in rows if any(row)]
    if not rows:
        raise CannotGrade(f"{path} is empty: its first row must name the columns.")
    return rows[0][1], rows[1:]


def column_of(head: Sequence[str], kind: str) -> int | None:
    """Where in the head a kind of column is."""
    names = ["".join(c for c in plain(name) if c.isascii() or c.isalpha()) for name in head]
    return next((names.index(name) for name in COLUMNS[kind] if name in names), None)


def read_roster(path: Path) -> Roster:
    """Read a roster.

    Raises
    ------
    CannotGrade
        One sentence with the line: what is wrong with the table.
    """
    head, rows = read_rows(path)
    where = {kind: place for kind in COLUMNS if (place := column_of(head, kind)) is not None}
    if not where.keys() & {"name", "first", "last", "id", "sis", "login", "email"}:
        raise CannotGrade(f"{path}: no column says who somebody is; name one of them name, id, login or email.")
    people = []
    for line, row in rows:
        cells = {kind: row[place] if place < len(row) else "" for kind, place in where.items()}
        person = _person(cells, line, path)
        if person is not None:
            people.append(person)
    if not people:
        raise CannotGrade(f"{path} names nobody.")
    for kind in ("id", "sis", "login", "email", "submission"):
        lines: dict[str, int] = {}
        for one in people:
            key = getattr(one, kind).casefold()
            if key and key in lines:
                raise CannotGrade(f"{path}: lines {lines[key]} and {one.line} have the same {kind}, {key}.")
            lines[key] = one.line
    names = {plain(name) for name in head}
    return Roster(tuple(people), bool(names.intersection(PLATFORM)))


def _person(cells: Mapping[str, str], line: int, path: Path) -> Person | None:
    name = cells.get("name") or " ".join(filter(None, (cells.get("first"), cells.get("last"))))
    id = re.sub(r"\AParticipant (?=\d+\Z)", "", cells.get("id", ""))  # as Moodle writes it
    known = [name, *(cells.get(kind, "") for kind in ("login", "email", "sis")), id]
    if plain(name) in ("pointspossible", "studenttest") or not any(known):
        return None  # rows of Canvas' table that are nobody
    if cells.get("role") and plain(cells["role"]) not in ("student", "learner", "participant"):
        return None  # Gradescope's roster has the staff in it
    due = moment(cells["due"], f"{path}, line {line}") if cells.get("due") else None
    rest = {kind: cells.get(kind, "") for kind in REST}
    return Person(next(filter(None, known)), id, due=due, line=line, **rest)


def moment(text: str, where: str) -> datetime:
    """A time as ``2026-12-01T23:59``, in this machine's time zone unless it says its own."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise CannotGrade(f"{where}: {text!r} is no time; write it like 2026-12-01T23:59.") from None
    if len(text.strip()) == 10:  # a day ends at midnight
        found = found.replace(hour=23, minute=59, second=59)
    return found.astimezone()
