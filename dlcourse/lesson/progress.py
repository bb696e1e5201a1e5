"""What the learner has done, in a local file. It is never sent anywhere.

The file is read anew before each write and both are merged, so that two open notebooks do not undo each other.
A file that cannot be read is set aside; where nothing can be written the course goes on in memory.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

__all__ = ["Progress", "progress_file"]

Record = dict[str, Any]
VERSION = 1
MEND_PROGRESS = "set DLCOURSE_PROGRESS to a file in a folder of yours"
NOT_UNDERSTOOD = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


def progress_file() -> Path:
    """Where progress is kept: the file that ``DLCOURSE_PROGRESS`` names, or one in the user's data folder."""
    named = os.environ.get("DLCOURSE_PROGRESS")
    if named:
        return Path(named)
    import platformdirs

    return platformdirs.user_data_path("dlcourse", appauthor=False) / "progress.json"


class Progress:
    """The learner's progress in all lessons.

    Each exercise has a record: ``checks``, ``attempts`` (checks of something other than the stub), ``passed``,
    ``hints`` (how many were shown), ``solution`` (it was opened), and the times, in seconds since 1970, of the first
    check of an attempt and of the first that passed: ``began_at``, ``passed_at``. Each question has the option that
    was last chosen, and when it was last answered rightly and wrongly: ``right_at``, ``wrong_at``. Each family of
    practice has ``finished`` (problems), ``broken`` (how many were finished when a row of problems without help last
    ended) and ``sits`` (there were three in a row).

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "progress.json"
    ...     Progress(path).checked("02.1", attempted=True, passed=True)
    ...     Progress(path).exercise("02.1")["passed"]
    True
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.memory = nothing()
        self.warned = False

    # ------------------------------------------------------------------------------------------ questions

    def exercise(self, id: str) -> Record:
        """The record of an exercise."""
        record: Record = self._merged()["exercises"].get(id, {})
        return {"checks": 0, "attempts": 0, "passed": False, "hints": 0, "solution": False} | record

    def chosen(self, id: str) -> str | None:
        """The option last chosen in a prediction or a quiz question."""
        choice = self._merged()["choices"].get(id)
        return choice if isinstance(choice, str) else None

    def answered(self, id: str) -> Record:
        """When a question was last answered, rightly and wrongly; 0 if never."""
        record: Record = self._merged()["answered"].get(id, {})
        return {"right_at": 0, "wrong_at": 0} | record

    def practised(self, id: str) -> Record:
        """The record of a family of problems."""
        record: Record = self._merged()["practice"].get(id, {})
        return {"finished": 0, "broken": 0, "sits": False} | record

    # --------------------------------------------------------------------------------------------- events

    def checked(self, id: str, *, attempted: bool, passed: bool) -> None:
        """A check was made."""
        before, now = self.exercise(id), int(time.time())
        record = {
            "checks": before["checks"] + 1,
            "attempts": before["attempts"] + attempted,
            "passed": before["passed"] or passed,
        }
        if attempted and not before["attempts"]:
            record["began_at"] = now
        if passed and not before["passed"]:
            record["passed_at"] = now
        self._note("exercises", id, record)

    def hinted(self, id: str, number: int) -> None:
        """A hint was shown."""
        self._note("exercises", id, {"hints": max(number, self.exercise(id)["hints"])})

    def opened_solution(self, id: str) -> None:
        """The solution was opened."""
        self._note("exercises", id, {"solution": True})

    def chose(self, id: str, option: str) -> None:
        """An option was chosen."""
        self._note("choices", id, option)

    def recalled(self, id: str, *, right: bool) -> None:
        """A question was answered."""
        self._note("answered", id, {"right_at" if right else "wrong_at": int(time.time())})

    def finished(self, id: str, *, alone: bool) -> int:
        """A problem of a family was finished, with help or without; how many without help that makes in a row."""
        record = self.practised(id)
        record["finished"] += 1
        if not alone:
            record["broken"] = record["finished"]
        row = int(record["finished"] - record["broken"])
        self._note("practice", id, record | {"sits": record["sits"] or row >= 3})
        return row

    # -------------------------------------------------------------------------------------------- the file

    def everything(self) -> Record:
        """All of it."""
        return self._merged()

    def add(self, record: Record) -> None:
        """Put another record to this one; nothing is lost, and what was chosen here stays chosen."""
        self._write(together(record, self._merged()))

    def forget(self, lessons: Sequence[str]) -> None:
        """Begin these lessons anew."""
        record = self._merged()
        kept = {part: {id: v for id, v in ids.items() if id[:2] not in lessons} for part, ids in record.items()}
        self._write(kept)

    def _note(self, part: str, id: str, value: Any) -> None:
        merged = self._merged()
        merged[part][id] = merged[part].get(id, {}) | value if isinstance(value, dict) else value
        self._write(merged)

    def _write(self, record: Record) -> None:
        self.memory = record
        path = self.path or progress_file()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".progress-", suffix=".part")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump({"version": VERSION} | record, file, indent=1, ensure_ascii=False, sort_keys=True)
                os.replace(temporary, path)
            except BaseException:
                os.unlink(temporary)
                raise
        except OSError as error:
            self._warn(f"Your progress cannot be saved in {path} ({error.strerror}); it lasts as long as this kernel.")

    def _merged(self) -> Record:
        """What the file says, and what happened here."""
        return together(self._read(), self.memory)

    def _read(self) -> Record:
        path = self.path or progress_file()
        try:
            return understood(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            pass
        except OSError as error:
            self._warn(f"Your progress in {path} cannot be read ({error.strerror}); this notebook starts afresh.")
        except NOT_UNDERSTOOD:
            self._set_aside(path)
        return nothing()

    def _set_aside(self, path: Path) -> None:
        aside = path.with_name(path.name + ".corrupt")
        try:
            os.replace(path, aside)
            print(f"Your progress file was damaged: it is now {aside}, and a new one is begun.")
        except OSError:
            self._warn(f"Your progress file {path} is damaged and cannot be replaced; progress is kept in memory.")

    def _warn(self, sentence: str) -> None:
        if not self.warned:
            self.warned = True
            print(sentence)


def nothing() -> Record:
    """The record of somebody who has done nothing yet."""
    return {"exercises": {}, "choices": {}, "practice": {}, "answered": {}}


def understood(text: str) -> Record:
    """What a progress file says; raises one of ``NOT_UNDERSTOOD``."""
    data = json.loads(text)
    return {
        "exercises": _records(data["exercises"]),
        "choices": _choices(data["choices"]),
        "practice": _records(data.get("practice", {})),  # files of before 2026-11 have none, nor the next
        "answered": _records(data.get("answered", {})),
    }


def together(one: Record, other: Record) -> Record:
    """Both records in one: of numbers the larger, of choices those of the other.

    Examples
    --------
    >>> a, b = nothing(), nothing()
    >>> a["exercises"]["02.1"], b["exercises"]["02.1"] = {"checks": 3}, {"checks": 1, "passed": True}
    >>> together(a, b)["exercises"]
    {'02.1': {'checks': 3, 'passed': True}}
    """
    merged: Record = {**one, "choices": one["choices"] | other["choices"]}
    for part in ("exercises", "practice", "answered"):
        merged[part] = dict(one[part])
        for id, theirs in other[part].items():
            ours = one[part].get(id, {})
            merged[part][id] = ours | {key: max(value, ours.get(key, value)) for key, value in theirs.items()}
    return merged


def _records(data: Any) -> dict[str, Record]:
    for record in data.values():
        for value in record.values():
            if not isinstance(value, int):  # bool is an int
                raise TypeError
    return dict(data)


def _choices(data: Any) -> dict[str, str]:
    if not all(isinstance(value, str) for value in data.values()):
        raise TypeError
    return dict(data)
