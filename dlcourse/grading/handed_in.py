"""What lies beside the notebooks: when they were handed in, by whom, and how long the exercises took.

Gradescope writes ``submission_metadata.yml`` into its downloads, nbgrader ``timestamp.txt`` beside each notebook.
Where neither is there, the time of the file itself is all there is: unpacking a download keeps it, copying may not.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dlcourse.grading.results import Student

__all__ = ["by_nbgrader", "is_progress", "progress_of", "submitters", "when"]

MOMENT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[ T](?P<clock>\d\d:\d\d:\d\d)(?P<fraction>\.\d+)? ?"
    r"((?P<offset>[+-]\d\d:?\d\d)|(?P<zone>Z|[A-Za-z][\w/+-]*))?"
)
SUBMISSION = re.compile(r"submission_\d+")  # the names that Gradescope gives to folders
MOST_PROGRESS = 1 << 20  # bytes
MOST_METADATA = 64 << 20
MOST_SECONDS = 10 * 365 * 86400


def when(notebook: Path, student: Student) -> Student:
    """The student with the time when the notebook was handed in, if the platform has not told it.

    A ``timestamp.txt`` is believed where nbgrader made the folder; elsewhere, the student may have written it.
    """
    if student.handed_in is not None:
        return student
    with suppress(OSError, ValueError):
        if student.clock == "nbgrader":
            return replace(student, handed_in=timestamp(_begin(notebook.parent / "timestamp.txt")))
    with suppress(OSError):
        return replace(student, handed_in=os.lstat(notebook).st_mtime, clock="file")
    return student


def _begin(path: Path) -> str:
    if not path.is_file() or path.is_symlink():
        raise ValueError("no file")
    with path.open(encoding="utf-8") as file:
        return file.read(100)


def by_nbgrader(folders: Sequence[Path]) -> bool:
    """Whether nbgrader made these folders: in most of them, a time lies beside the notebook."""
    timed = sum(any(folder.glob("*/timestamp.txt")) for folder in folders)
    return 2 * timed > len(folders)


def timestamp(text: str) -> float:
    """Read a time as nbgrader and Gradescope write it; what is none raises ``ValueError``.

    Examples
    --------
    >>> timestamp("2026-12-01 12:00:00.5 UTC") == timestamp("2026-12-01 13:00:00.5 Europe/Berlin")
    True
    >>> timestamp("2026-12-01 12:00:00 Z") - timestamp("2026-12-01T12:00:00+01:00")
    3600.0
    """
    match = MOMENT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text[:40]!r} is no time")
    moment = datetime.fromisoformat(f"{match['day']} {match['clock']}{match['offset'] or ''}")
    zone = match["zone"]
    try:
        if zone:
            moment = moment.replace(tzinfo=UTC if zone in ("Z", "UTC") else ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{zone!r} is no time zone") from None
    return moment.timestamp() + float(match["fraction"] or 0)


def submitters(path: Path) -> dict[str, Student]:
    """Who handed in what, by the name of the folder, as Gradescope says; empty where it says nothing."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size > MOST_METADATA:
        return {}
    try:
        import yaml
    except ModuleNotFoundError:
        return {}

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """Plain data, whatever Ruby, which wrote it, calls its kinds of mappings and lists."""

    def plain(loader: Any, _: str, node: Any) -> Any:
        kinds = {"mapping": loader.construct_mapping, "sequence": loader.construct_sequence}
        return kinds[node.id](node, deep=True) if node.id in kinds else loader.construct_scalar(node)

    Loader.add_multi_constructor("!", plain)
    Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: loader.construct_scalar(node))
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader)
        return {name: _submitter(name, entry) for name, entry in data.items() if SUBMISSION.fullmatch(name)}
    except (OSError, ValueError, yaml.YAMLError, AttributeError, TypeError, LookupError, RecursionError):
        return {}


def _submitter(name: str, entry: Any) -> Student:
    people = [tuple(str(one.get(key) or "") for key in (":name", ":sid", ":email")) for one in entry[":submitters"]]
    (first, sid, email), *partners = people
    try:
        moment: float | None = timestamp(str(entry[":created_at"]))
    except (LookupError, ValueError):
        moment = None
    number = name.rpartition("_")[2]
    clock = "" if moment is None else "Gradescope"
    return Student("gradescope", first, sid, number, False, email, moment, clock, tuple(partners))


# --------------------------------------------------------------------------------------------------- progress files


def is_progress(content: bytes) -> bool:
    """Whether a file is what ``dlcourse.lesson.progress`` keeps."""
    return len(content) <= MOST_PROGRESS and _records(content) is not None


def progress_of(content: bytes, lesson: str) -> dict[str, dict[str, int]]:
    """By exercise of the lesson, whole numbers: ``attempts``, ``hints``, ``passed``, and ``seconds`` until it passed.

    The file is the student's: whatever is no such number is left out.
    """
    found: dict[str, dict[str, int]] = {}
    for id, record in (_records(content) or {}).items():
        if id.startswith(f"{lesson}.") and isinstance(record, dict):
            numbers = {key: value for key, value in record.items() if isinstance(value, int) and 0 <= value < 1 << 40}
            kept = {key: int(numbers[key]) for key in ("attempts", "hints", "passed") if key in numbers}
            seconds = numbers.get("passed_at", 0) - numbers.get("began_at", 0)
            if kept.get("passed") and {"began_at", "passed_at"} <= numbers.keys() and 0 <= seconds < MOST_SECONDS:
                kept["seconds"] = seconds
            found[id] = kept
    return found


def _records(content: bytes) -> dict[str, Any] | None:
    try:
        data = json.loads(content.decode("utf-8-sig"))
        records = data["exercises"]
        return records if isinstance(records, dict) and isinstance(data["choices"], dict) else None
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
