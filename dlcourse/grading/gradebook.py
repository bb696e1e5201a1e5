"""What was found so far, in files that survive whatever happens to the command.

``results.jsonl`` is a journal: the run in its first line, then a line for each result, written as soon as there is
one. A run that goes on reads it. ``gradebook.json`` and the rest are made from it, each of them as a whole or not.
"""

from __future__ import annotations

import fcntl
import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from dlcourse.grading.asking import CannotGrade
from dlcourse.grading.exports import write_exports
from dlcourse.grading.feedback import write_feedback
from dlcourse.grading.files import file_name, write_atomically
from dlcourse.grading.marks import ClassList, Rules, class_list
from dlcourse.grading.results import Gradebook, RunInfo, SubmissionResult

__all__ = ["Records", "earlier_seed", "known_results"]

JOURNAL = "results.jsonl"


def earlier_seed(folder: Path, lesson: str) -> int | None:
    """The seed of the gradebook that a folder holds; ``None`` if it holds none.

    Raises
    ------
    CannotGrade
        If it is the gradebook of another lesson, or none of ours.
    """
    path = folder / "gradebook.json"
    try:
        book: Any = json.loads(path.read_text(encoding="utf-8"))
        there, seed = str(book["lesson"]), int(book["seed"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        raise CannotGrade(f"{path} cannot be read as a gradebook: move it away, or name another folder.") from None
    if there != lesson:
        raise CannotGrade(f"{folder} holds the gradebook of lesson {there}: name another folder for lesson {lesson}.")
    return seed


def known_results(folder: Path, info: RunInfo) -> dict[str, SubmissionResult]:
    """What an earlier run under the same conditions found; the last line of its journal may be torn."""
    earlier: dict[str, SubmissionResult] = {}
    with suppress(OSError, ValueError, LookupError, TypeError):
        first, *lines = (folder / JOURNAL).read_text(encoding="utf-8").splitlines()
        if RunInfo.from_json(first) == info:
            for line in lines:
                result = SubmissionResult.from_json(line)
                earlier[result.submission] = result
    return earlier


class Records:
    """The results of a run, in a folder that nobody else writes to meanwhile."""

    def __init__(self, folder: Path, info: RunInfo, rules: Rules | None = None) -> None:
        self.folder, self.info, self.rules = folder, info, rules or Rules()
        self.path = folder / JOURNAL
        self.lock = (folder / ".lock").open("w")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotGrade(f"Another dlcourse grade writes to {folder}: wait for it to end.") from None
        self.results = known_results(folder, info)
        self.seen: set[str] = set()
        self.written = self.cost = 0.0
        self.behind = False  # whether there are results that only the journal has
        self._write_journal()
        self.journal = self.path.open("a", encoding="utf-8")
        self.write()

    def _write_journal(self) -> None:
        lines = [self.info.to_json(), *(result.to_json() for result in self.gradebook.submissions if result.sha256)]
        write_atomically(self.path, "".join(f"{line}\n" for line in lines).encode())

    def known(self, submission: str, sha256: str) -> SubmissionResult | None:
        """The result of an earlier run, if the notebook is still the same."""
        result = self.results.get(submission)
        return result if result is not None and sha256 and result.sha256 == sha256 else None

    def add(self, result: SubmissionResult) -> None:
        """Take a result in, and write it down. One without a checksum will be found out anew by a later run."""
        if result.spliced:
            name = file_name(result.submission)
            write_atomically(self.folder / "spliced" / f"{name}.ipynb", result.spliced.encode())
            result.spliced = ""
        self.seen.add(result.submission)
        if self.results.get(result.submission) == result:
            return
        if result.sha256:
            self.journal.write(result.to_json() + "\n")
            self.journal.flush()
        self.results[result.submission] = result
        self.write(everything=False)

    @property
    def gradebook(self) -> Gradebook:
        return Gradebook(self.info, [self.results[name] for name in sorted(self.results)])

    def write(self, everything: bool = True) -> None:
        """Write the gradebook, and what is made of it: in a large class that takes long, and can wait for a while."""
        begin = time.monotonic()
        self.behind = not everything and begin - self.written <= 20 * self.cost
        if not self.behind:
            book = self.gradebook
            write_atomically(self.folder / "gradebook.json", (json.dumps(book.contract(), indent=1) + "\n").encode())
            write_exports(class_list(book, self.rules), self.folder)
            self.written = time.monotonic()
            self.cost = self.written - begin

    def finish(self) -> ClassList:
        """Write everything, without what is no longer among the submissions."""
        self.results = {name: result for name, result in self.results.items() if name in self.seen}
        self.write()
        marks = class_list(self.gradebook, self.rules)
        write_feedback(marks, self.folder)
        self._write_journal()
        self.close()
        return marks

    def close(self) -> None:
        """Let go of the folder; what was found stands in the gradebook then, also where the run was interrupted."""
        if self.behind:
            self.write()
        self.journal.close()
        self.lock.close()
