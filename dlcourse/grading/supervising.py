"""What a supervisor does: run a submission, watch over it, and run it again without what broke it."""

from __future__ import annotations

import json
import os
import platform
import resource
import select
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import nbformat
import psutil

from dlcourse.grading.asking import CannotGrade, SupervisorLost, checksum
from dlcourse.grading.bounded import each
from dlcourse.grading.cgroups import Group, make_group
from dlcourse.grading.intake import Rejected, cells_of
from dlcourse.grading.kernel import remove
from dlcourse.grading.nbval_run import Session, get_ready, start_session
from dlcourse.grading.probe import read_run
from dlcourse.grading.results import ExerciseResult, Job, Settings, SubmissionResult
from dlcourse.grading.sandbox import HOME, Limits, know_the_machine
from dlcourse.grading.splicing import Found, Piece, Probe, cell_ids, find_answers, splice
from dlcourse.lesson import files
from dlcourse.lesson.exercises import Exercise
from dlcourse.lesson.judging import expected_of, judge
from dlcourse.lesson.running import Report, Run
from dlcourse.lesson.solve import solved_notebook
from dlcourse.lesson.values import bits

__all__ = ["main"]

TICK = 0.2  # seconds between two looks at the kernel
GRACE = 5.0  # seconds for an interrupted cell to end
ENDING = threading.Event()  # somebody has told this process to end
START = 90.0  # seconds for a kernel to start, on a busy machine
MEMORY = 4 << 30  # bytes of all processes of a kernel together
INODE = 2 << 10  # bytes that the system needs to remember a file, however empty
SOCKET = 1 << 19  # bytes that may wait in one
MAPPING = 256  # bytes that the system needs to remember a mapping, of a page at least
READING = 15  # seconds of CPU for reading a notebook
MOST_PATIENCE = 3.0  # times a limit of time, on a busy machine
FEWEST_BITS = 40
IDLE = 120.0  # seconds after which a supervisor that nobody asks ends


class Abandoned(Exception):
    """Nobody waits for the result any more."""


@dataclass
class Prepared:
    """The exercises as this run looks at them."""

    exercises: dict[str, Exercise]
    cases: dict[str, list[dict[str, Any]]]
    mutants: dict[str, list[list[Report]]]


@cache
def prepared(lesson: str, seed: int, cell_timeout: float) -> Prepared:
    """Draw the cases, and observe every misconception with them."""
    exercises = files.exercises(lesson)
    for id, exercise in exercises.items():  # in a check most have 10 seconds; those with more have more here, too
        exercises[id] = replace(exercise, time_limit=cell_timeout * exercise.time_limit / 10)
    cases = {id: exercise.draw(seed) for id, exercise in exercises.items()}
    mutants = {
        id: [expected_of(exercise, cases[id], mutant.answer) for mutant in exercise.mutants]
        for id, exercise in exercises.items()
    }
    return Prepared(exercises, cases, mutants)


@dataclass
class Ended:
    """How a run ended: what was said, the cell that it was in, and why it ended: empty if by itself, ``"time"`` if the
    cell took too long, ``"flooded"`` if it printed too much, ``"long"`` if all of it together did, ``"died"``.
    """

    said: list[dict[str, Any]] = field(default_factory=list)
    cell: str = ""
    cause: str = ""


@dataclass
class Grading:
    """One submission, or the key, in the making."""

    settings: Settings
    found: Found
    asker: Connection
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    printed: dict[str, str] = field(default_factory=dict)
    spliced: str = ""

    def __post_init__(self) -> None:
        settings = self.settings
        self.lesson = prepared(settings.lesson, settings.seed, settings.cell_timeout)
        self.patience = patience()
        limits = 6 * settings.cell_timeout + sum(2 * e.time_limit for e in self.lesson.exercises.values())
        self.seconds = START + limits * self.patience

    def grade(self) -> None:
        """Fill ``results``: run everything; leave out what broke it; look at the rest one by one.

        An exercise that was being looked at when the kernel ended is looked at once more alone: perhaps something
        else in the notebook ended it.
        """
        left = {id for id in self.lesson.exercises if id in self.found.answers}
        broken: set[int] = set()
        until = time.monotonic() + self.seconds
        while left and len(broken) <= len(self.lesson.exercises) + 3 and time.monotonic() < until:
            ended = self.run(left, broken)
            left -= self.results.keys()
            if ended.cause in ("", "long"):
                break
            culprit = next((p for p in self.found.pieces if ended.cell in cell_ids(p)), None)
            if culprit is None:
                break
            broken.add(culprit.number)
            ends = [self.alone(id) for id in sorted(left.intersection(culprit.answers))]
            left -= self.results.keys()
            if "" in ends:  # alone it ends well: what else there is in the notebook breaks it, and would break the rest
                break
        if len(left) > 1:
            self.run(left, alone=True)
        for id in sorted(left - self.results.keys()):
            self.alone(id)

    def alone(self, id: str) -> str:
        """Look at one answer with nothing beside it. Whatever comes of it is the result; return why it was ended."""
        cause = self.run({id}, alone=True).cause
        if id not in self.results:
            self.results[id] = self.without_values(self.lesson.exercises[id], cause)
        return cause

    def without_values(self, exercise: Exercise, cause: str) -> dict[str, Any]:
        """What to say where nothing came back."""
        if cause in ("time", "long", "died"):
            verdict = judge(exercise, [], Run(Report("died" if cause == "died" else "time")))
            return {"outcome": verdict.outcome, "lines": list(verdict.lines), "mutant": None}
        said = {
            "flooded": ("ran your cell, and it printed without end.", "Take the prints out of its loops."),
            "": ("ran your notebook, and nothing came back.", "Something in it closes or replaces what it prints to."),
        }[cause]
        return {"outcome": "error", "lines": [f"{exercise.id}: {said[0]}", said[1]], "mutant": None}

    def run(self, ids: Collection[str], without: Collection[int] = (), alone: bool = False) -> Ended:
        """One run of the spliced notebook in a folder of its own."""
        exercises, cases, expected = self.lesson.exercises, self.lesson.cases, self.settings.expected
        probes = {id: Probe(exercises[id], cases[id], expected.get(id, ""), self.patience) for id in ids}
        text = splice(self.found, self.settings.lesson, probes, without=without, alone=alone)
        self.spliced = self.spliced or text
        folder = Path(tempfile.mkdtemp(prefix=f"dlcourse-{os.getpid()}-", dir="/tmp"))
        try:
            notebook = folder / "submission.ipynb"
            notebook.write_text(text, encoding="utf-8")
            sandbox, cell_timeout = self.settings.sandbox, self.settings.cell_timeout * self.patience
            if sandbox:
                know_the_machine()  # here, once, and not in each of the processes that are forked from this one
            group = make_group(folder.name, MEMORY, Limits.processes) if sandbox else None
            session = Session(notebook, probes, self.lesson.mutants, sandbox, cell_timeout, self.seconds, group)
            ended = watch(session, time.monotonic() + self.seconds, self.asker)
            if not ended.cell:  # nothing of the student's has run, so it is not the student's fault
                raise SupervisorLost(f"no kernel started: {why_none(ended, folder)}")
        finally:
            remove(folder)
        for message in ended.said:
            if "printed" in message:
                self.printed[message["exercise"]] = message["printed"]
            elif "outcome" in message:
                self.results[message["exercise"]] = message
        return ended


def patience() -> float:
    """By how much limits of time grow where more programs want to run than there are processors: none runs at full
    speed then, and an answer must not lose its mark to what else the machine is at.
    """
    with suppress(OSError):  # some systems do not tell
        return min(MOST_PATIENCE, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))
    return 1.0


def why_none(ended: Ended, folder: Path) -> str:
    """Why no kernel started, as far as is known: what pytest was told, or the end of what it wrote."""
    told = [message["no kernel"] for message in ended.said if "no kernel" in message]
    with suppress(OSError):
        text = (folder / "log.txt").read_text(encoding="utf-8", errors="replace").split()
        told.append(f"{ended.cause} {' '.join(text)[-200:]}".strip())
    return str(next(iter(told), ended.cause))[:300]


def watch(session: Session, deadline: float, asker: Connection) -> Ended:
    """Run a session and end it when it takes too much of anything. Nothing of it is left afterwards."""
    ended = Ended()
    pipe = start_session(session)
    below = Below(session.group)
    until, text = time.monotonic() + START, b""
    try:
        while not ended.cause:
            ready = select.select([pipe, asker.fileno()], [], [], TICK)[0]
            if asker.fileno() in ready or ENDING.is_set():  # nothing is sent while we work: the other end was closed
                raise Abandoned
            if pipe in ready:
                data = os.read(pipe, 1 << 20)
                if not data:
                    ended.cause = "died"
                *lines, text = (text + data).split(b"\n")
                for message in map(json.loads, lines):
                    if "done" in message:
                        return ended
                    if "flooded" in message:
                        ended.cause = message["flooded"]
                    elif "cell" in message:
                        ended.cell = message["cell"]
                        until = time.monotonic() + session.limit(ended.cell) + GRACE
                    else:
                        ended.said.append(message)
            elif time.monotonic() > until:
                ended.cause = "time"
            elif time.monotonic() > deadline:
                ended.cause = "long"
            else:
                ended.cause = below.trouble(started=ended.cell != "")
        return ended
    finally:
        below.end()
        os.close(pipe)
        if session.group is not None:
            session.group.remove()


class Below:
    """All that runs below the supervisor: the process with nbval, and in the sandbox the kernel and what it started."""

    def __init__(self, group: Group | None = None) -> None:
        self.supervisor = psutil.Process()
        self.group = group  # counted by the system, which ends what is too large by itself
        self.kept = kept_by_the_kernel()

    def trouble(self, started: bool) -> str:
        """Whether the kernel is dead, or larger than it may be. While it starts, Jupyter sees to that itself.

        To find all processes below takes a look at every process of the machine: only without a group it is needed.
        """
        if self.group is not None:
            return "died" if started and self.group.is_empty() else ""
        processes = self.supervisor.children(recursive=True)
        dead = started and sum(_is_alive(process) for process in processes) < 2
        return "died" if dead or held(processes, self.kept) > MEMORY else ""

    def end(self) -> None:
        """End all of it, and wait until it is gone: until this process, to which orphans come, has no child left."""
        until = time.monotonic() + 10
        while (processes := self.supervisor.children(recursive=True)) and time.monotonic() < until:
            for process in processes:
                with suppress(psutil.Error):
                    process.kill()
            for _ in range(10):
                if not reap():
                    return
                time.sleep(0.005)


def _is_alive(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False


def held(processes: Sequence[psutil.Process], kept: int = 0) -> int:
    """Bytes of memory that processes hold together, however they hold it.

    First what is cheap to find out, where pages that several share count for each. Only when that is too much they
    are divided up. What no process is seen to hold is added: files in memory, with and without a name, messages that
    may wait in sockets, and what the system itself needs for all this. For mappings, which can be as many as pages,
    that is at most what it keeps more than the ``kept`` of the time when nothing ran.
    """
    memory = sum(_numbers(process.pid, "status", ("VmRSS", "VmSwap", "VmPTE")) for process in processes)
    if memory > MEMORY:
        divided = [_numbers(process.pid, "smaps_rollup", ("Pss", "SwapPss")) for process in processes]
        tables = sum(_numbers(process.pid, "status", ("VmPTE",)) for process in processes)
        memory = sum(divided) + tables if all(divided) else memory
    space = sum(_numbers(process.pid, "status", ("VmSize",)) for process in processes)
    mappings = min(space // resource.getpagesize() * MAPPING, max(0, kept_by_the_kernel() - kept))
    return memory + mappings + _in_files_without_a_name(processes) + _in_its_own_places(processes)


def kept_by_the_kernel() -> int:
    """Bytes that the system needs for itself, of all that runs here."""
    return _kilobytes("/proc/meminfo", ("SUnreclaim",))


def _numbers(pid: int, file: str, keys: tuple[str, ...]) -> int:
    """The sum of some lines of a file about a process."""
    return _kilobytes(f"/proc/{pid}/{file}", keys)


def _kilobytes(path: str, keys: tuple[str, ...]) -> int:
    """The sum of some lines, which are in kB, in bytes."""
    with suppress(OSError), open(path, encoding="utf-8", errors="replace") as lines:
        parts = (line.split() for line in lines)
        return sum(int(words[1]) for words in parts if words and words[0].rstrip(":") in keys) << 10
    return 0


def _in_files_without_a_name(processes: Sequence[psutil.Process]) -> int:
    """Bytes in files that are open or mapped and in no folder: those in memory, and those deleted since."""
    sizes: dict[tuple[int, int], int] = {}
    for process in processes:
        for folder in ("fd", "map_files"):  # only root may look into the second
            with suppress(OSError), os.scandir(f"/proc/{process.pid}/{folder}") as entries:
                for entry in entries:
                    with suppress(OSError):
                        target = os.readlink(entry.path)
                        if target.endswith(" (deleted)"):
                            status = os.stat(entry.path)
                            sizes[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(sizes.values())


def _in_its_own_places(processes: Sequence[psutil.Process]) -> int:
    """Bytes in the folders of the sandbox that are in memory, and in its sockets: at most, where it cannot be known."""
    ours = os.stat("/proc/self/ns/mnt").st_ino
    for process in reversed(processes):
        with suppress(OSError, ValueError, IndexError):
            top = f"/proc/{process.pid}"
            if os.stat(f"{top}/ns/mnt").st_ino == ours:
                continue
            places = [os.statvfs(f"{top}/root{place}") for place in ("/tmp", HOME, "/dev/shm")]
            in_files = sum((p.f_blocks - p.f_bfree) * p.f_frsize + (p.f_files - p.f_ffree) * INODE for p in places)
            with open(f"{top}/net/sockstat", encoding="ascii") as lines:
                sockets = int(lines.readline().split()[2])  # "sockets: used 12"
            return in_files + sockets * SOCKET
    return 0


def reap() -> bool:
    """Collect processes that have ended: also those whose parents ended first come to the supervisor. Whether any is
    left that has not.
    """
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
        return True
    return False


# ------------------------------------------------------------------------------------------------ the two questions


def read_in_time(content: bytes, lesson: str) -> Found:
    """Read a notebook and find the answers, in a process that may be lost: a parser can be kept busy, or broken.

    Raises
    ------
    Rejected
        If it is no notebook of the lesson, or is not read in time.
    """

    def read(content: bytes) -> Found | str:
        try:
            return find_answers(cells_of(content), lesson)
        except Rejected as problem:
            return str(problem)

    [found] = each(read, [content], READING)
    if found is None:
        raise Rejected(f"Its cells cannot be read in {READING} seconds: take out what no lesson asks for.")
    if isinstance(found, str):
        raise Rejected(found)
    return found


def grade(job: Job, asker: Connection) -> SubmissionResult:
    """Grade a submission, here."""
    settings = job.settings
    if settings.key != checksum(settings.lesson):
        raise CannotGrade("A worker has another version of the course: install the same one everywhere.")
    exercises = files.exercises(settings.lesson).values()
    result = SubmissionResult(
        job.submission, "graded", sum(e.points for e in exercises), student=job.student, file=job.file
    )
    try:
        found = read_in_time(job.content, settings.lesson)
    except Rejected as problem:
        return replace(result, status="rejected", reason=str(problem))
    grading = Grading(settings, found, asker)
    grading.grade()
    for exercise in exercises:
        verdict = grading.results.get(exercise.id)
        if verdict is None:
            stub = judge(exercise, [], Run())
            verdict = {"outcome": stub.outcome, "lines": list(stub.lines), "mutant": None}
        mutant: int | None = verdict["mutant"]
        graded = ExerciseResult(exercise.id, exercise.points, verdict["outcome"], verdict["lines"], exercise.title)
        graded.mutant = mutant
        graded.misconception = "" if mutant is None else exercise.mutants[mutant].message
        graded.parts = [(title, points) for title, points in verdict.get("parts", [])]
        leaned = [f"{name} was called by what of the course it uses" for name in verdict.get("leaned", [])]
        graded.evasions = [*found.evasions.get(exercise.id, []), *leaned]
        graded.answer = found.answers.get(exercise.id, "")
        result.exercises.append(graded)
    result.spliced = grading.spliced if settings.keep else ""
    return result


def key(settings: Settings, asker: Connection) -> Settings:
    """Make the key, here."""
    solved: str = nbformat.writes(solved_notebook(settings.lesson))  # type: ignore[no-untyped-call]
    answers = find_answers(cells_of(solved.encode()), settings.lesson)
    first = Grading(settings, answers, asker)
    ended = first.run(first.lesson.exercises)
    for id, exercise in first.lesson.exercises.items():
        run = read_run(first.printed.get(id, ""), first.lesson.cases[id])
        if run is None or not run.complete:
            why = f"ended the run ({ended.cause})" if ended.cause else "gave no values"
            raise CannotGrade(f"The reference answer of {id} {why}: nothing can be graded with this key.")
        guess = bits([report.observed for report in run.reports if report.observed])
        if exercise.points and guess < FEWEST_BITS:
            raise CannotGrade(
                f"What is expected in {id} could be guessed ({guess:.0f} bits; {FEWEST_BITS} are asked for): "
                "its cases need more, or less regular, inputs, or it must be worth 0 points."
            )
    settings = replace(settings, expected=first.printed)
    again = Grading(settings, answers, asker)
    again.grade()
    for id in again.lesson.exercises:
        if (outcome := again.results.get(id, {}).get("outcome")) != "passed":
            raise CannotGrade(f"The reference answer of {id}, run a second time, came out as: {outcome}.")
    stubs = {id: files.stub(id) for id in first.lesson.exercises}
    untouched = Grading(settings, Found([Piece(n, stubs[id], (id,)) for n, id in enumerate(stubs)], stubs), asker)
    untouched.grade()
    for id, result in untouched.results.items():
        if result["outcome"] == "passed":
            raise CannotGrade(f"The untouched lesson passes {id}: that exercise cannot be graded.")
    return settings


def serve(connection: Connection) -> None:
    """Answer questions until nobody is there to ask."""
    questions: Mapping[str, Any] = {"grade": grade, "key": key}
    while not ENDING.is_set():
        try:
            if not connection.poll(IDLE):  # on a cluster, say, whose workers run on when the class is graded
                return
            what, argument = connection.recv()
        except EOFError:
            return
        try:
            answer = questions[what](argument, connection)
        except Abandoned:
            return
        except (CannotGrade, SupervisorLost) as problem:
            answer = problem
        connection.send(answer)


def _end(*_: object) -> None:
    """What is raised may be taken for the doing of an answer that is just run here, a reference: it is noted, too."""
    ENDING.set()
    raise KeyboardInterrupt


def main(descriptor: int) -> None:
    """Be the supervisor that ``Supervisor`` starts."""
    signal.signal(signal.SIGTERM, _end)
    get_ready()
    if sys.platform == "linux":
        import ctypes

        libc = ctypes.CDLL(None)
        libc.prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: see `reap`
        if call := {"x86_64": 250, "aarch64": 219}.get(platform.machine()):
            libc.syscall(call, 1, None)  # KEYCTL_JOIN_SESSION_KEYRING: an empty one, not that of the instructor's shell
    with suppress(KeyboardInterrupt):
        serve(Connection(descriptor))
    sys.exit(int(ENDING.is_set()))
