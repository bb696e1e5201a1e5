"""Ask for one submission to be graded, by a process that can be lost.

``grade_one`` hands a job to a supervisor (``runs``): a process of its own that is started once for each thread that
asks, imports nbval once, and forks for each run. It keeps the time and the memory, ends what does not end by itself,
and removes what was left. It ends, and everything with it, when the process that asked is gone.
"""

from __future__ import annotations

import hashlib
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from dlcourse.grading.cgroups import remove_groups
from dlcourse.grading.kernel import environment, remove
from dlcourse.grading.results import Job, Settings, SubmissionResult
from dlcourse.grading.starting import QUICKLY
from dlcourse.lesson import files

__all__ = ["CannotGrade", "SupervisorLost", "checksum", "grade_one", "make_key", "stop_all"]


class CannotGrade(Exception):
    """One sentence for the instructor: why there can be no grading."""


class SupervisorLost(Exception):
    """The supervisor of a submission ended, or could not start a kernel; another one may do better."""


class Supervisor:
    """The other end: a process that does one thing after the other for this thread."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        code = f"{QUICKLY}from dlcourse.grading.supervising import main; main({theirs.fileno()})"
        self.log = tempfile.TemporaryFile()  # noqa: SIM115
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", code],
            pass_fds=[theirs.fileno()],
            env=environment(),
            cwd="/",
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
        )
        theirs.close()
        self.connection = Connection(ours.detach())
        EVERY.add(self)

    def ask(self, what: str, argument: Any) -> Any:
        try:
            self.connection.send((what, argument))
            answer = self.connection.recv()
        except (EOFError, OSError):
            self.process.wait()
            self.log.seek(0)
            lines = self.log.read().decode(errors="replace").splitlines() or [f"status {self.process.returncode}"]
            self.close()
            raise SupervisorLost(lines[-1]) from None
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def close(self) -> None:
        EVERY.discard(self)
        self.connection.close()
        self.process.wait()
        for folder in Path("/tmp").glob(f"dlcourse-{self.process.pid}-*"):  # it was killed, and could not
            remove(folder)
        remove_groups(self.process.pid)
        self.log.close()


HERE = threading.local()
EVERY: set[Supervisor] = set()


def stop_all() -> None:
    """End every supervisor of this process, and with it what it is at; it cleans up."""
    for supervisor in list(EVERY):
        while supervisor.process.poll() is None:  # what is raised in a finalizer, Python forgets: say it again
            supervisor.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                supervisor.process.wait(10)


def _ask(what: str, argument: Any) -> Any:
    """Ask this thread's supervisor; one that is gone is replaced, also one that is just going, for want of work."""
    asked: Supervisor | None = getattr(HERE, "supervisor", None)
    if asked is not None and asked.process.poll() is None:
        try:
            return asked.ask(what, argument)
        except SupervisorLost:
            if asked.process.returncode != 0:
                raise
    elif asked is not None:
        asked.close()
    asked = HERE.supervisor = Supervisor()
    return asked.ask(what, argument)


def grade_one(job: Job) -> SubmissionResult:
    """Grade a submission. Whatever it does, a result comes back, and no process or file of it stays."""
    result: SubmissionResult = _ask("grade", job)
    return result


def make_key(settings: Settings) -> Settings:
    """Run the reference answers, twice, and the untouched lesson: find what is expected of the probes.

    Raises
    ------
    CannotGrade
        If the key does not score full, if the untouched lesson scores, or if a probe could be guessed.
    """
    try:
        made: Settings = _ask("key", settings)
    except SupervisorLost as problem:
        raise CannotGrade(f"The reference answers cannot be run here: {problem}") from None
    return made


@cache
def checksum(lesson: str) -> str:
    """Of everything that a mark depends on: the lesson, its answers, and the course's own code."""
    digest = hashlib.sha256()
    rooms = [files.PACKAGE / room for room in ("engine", "lesson", "grading")]
    code = [path for room in rooms for path in sorted(room.glob("*.py"))]
    for path in [files.notebook(lesson), files.answers_path(lesson), *code]:
        digest.update(path.read_bytes())
    return digest.hexdigest()
