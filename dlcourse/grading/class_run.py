"""``dlcourse grade``: from a folder of submissions to a gradebook."""

from __future__ import annotations

import hashlib
import platform
import re
import secrets
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median

from tqdm import tqdm

from dlcourse.grading.asking import CannotGrade, checksum, grade_one, make_key, stop_all
from dlcourse.grading.gradebook import Records, earlier_seed
from dlcourse.grading.intake import Rejected, Submitted, cells_of, entries, read, several, shown
from dlcourse.grading.results import OUTCOMES, Gradebook, Job, RunInfo, Settings, SubmissionResult
from dlcourse.grading.sandbox import why_no_sandbox
from dlcourse.grading.splicing import belongs
from dlcourse.lesson import files

__all__ = ["Request", "grade_class", "summary"]

VERSIONS = ("dlcourse", "numpy", "nbval", "ipykernel")
ATTEMPTS = 2  # to get a result for a submission whose worker was lost


@dataclass(frozen=True)
class Request:
    """What the command line asks for."""

    lesson: str
    submissions: Path
    output: Path
    seed: int | None = None
    jobs: int = 1
    cluster: str | None = None
    cell_timeout: float = 20.0
    sandbox: bool = True
    keep: bool = False


def grade_class(request: Request) -> Gradebook:
    """Grade a folder of submissions; results of an earlier run that still hold are kept.

    Raises
    ------
    CannotGrade
        One sentence: why there can be no gradebook.
    """
    _check(request)
    found = list(entries(request.submissions))
    info = _run_info(request)
    records = Records(request.output, info)
    settings = Settings(info.lesson, info.seed, info.key, info.sandbox, info.cell_timeout, keep=request.keep)
    quiet = not sys.stderr.isatty()
    try:
        with (
            _executor(request) as (executor, width),
            tqdm(
                total=len(found),
                desc="Grading",
                unit="submission",
                mininterval=30 if quiet else 0.2,
                dynamic_ncols=True,
            ) as bar,
        ):
            worst = 0
            for result in _results(request.submissions, found, records, settings, executor, width):
                records.add(result)
                bar.update()
                severity, news = _news(result)
                if severity and severity >= worst:
                    worst = severity
                    bar.set_postfix_str(f"{shown(result.submission)[:40]}: {news}", refresh=False)
    except BaseException:
        stop_all()
        records.close()
        raise
    return records.finish()


# -------------------------------------------------------------------------------------------------- before the run


def _check(request: Request) -> None:
    """Refuse what cannot work, in one sentence."""
    if not request.submissions.is_dir():
        raise CannotGrade(f"{request.submissions} is not a folder: name the folder that holds the submissions.")
    inside, outside = request.output.resolve(), request.submissions.resolve()
    if inside == outside or outside in inside.parents:
        raise CannotGrade(f"{request.output} is among the submissions: name a folder elsewhere for the gradebook.")
    if not files.exercises(request.lesson):
        raise CannotGrade(f"Lesson {request.lesson} has no exercises.")
    if request.sandbox and (why := why_no_sandbox()):
        raise CannotGrade(f"{why} If submissions may read and change all that you may: --no-sandbox.")
    try:
        request.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotGrade(f"{request.output} cannot be written to ({error.strerror}).") from None


def _run_info(request: Request) -> RunInfo:
    """What the results of this run depend on."""
    lesson = request.lesson
    earlier = earlier_seed(request.output, lesson)
    if request.seed is not None and earlier not in (None, request.seed):
        raise CannotGrade(
            f"{request.output} holds a gradebook with the seed {earlier}: leave out --seed, or name another folder."
        )
    seed = next((seed for seed in (request.seed, earlier) if seed is not None), None)
    return RunInfo(
        lesson=lesson,
        title=_title(lesson),
        # 53 bits are what every reader of JSON keeps
        seed=secrets.randbits(53) if seed is None else seed,
        sandbox=request.sandbox,
        key=checksum(lesson),
        cell_timeout=request.cell_timeout,
        versions={"python": platform.python_version()} | {name: version(name) for name in VERSIONS},
        exercises=[(e.id, e.title, e.points) for e in files.exercises(lesson).values()],
    )


def _title(lesson: str) -> str:
    cells = cells_of(files.notebook(lesson).read_bytes())
    headings = (re.search(r"^#+ +(.+)$", cell.source, re.MULTILINE) for cell in cells if cell.kind == "markdown")
    return next((heading[1] for heading in headings if heading), f"Lesson {lesson}")


@contextmanager
def _executor(request: Request) -> Iterator[tuple[Executor, int]]:
    """Where the work is done, and how much of it at a time."""
    executor: Executor
    if request.cluster is None:  # each thread waits for a supervisor, which is a process
        executor, width = ThreadPoolExecutor(request.jobs), request.jobs + 1
    else:
        from dlcourse.grading.cluster import open_cluster

        executor, width = open_cluster(request.cluster)
    try:
        yield executor, width
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
        stop_all()


# -------------------------------------------------------------------------------------------------------- the run


def _results(
    folder: Path, found: list[Submitted], records: Records, settings: Settings, executor: Executor, width: int
) -> Iterator[SubmissionResult]:
    """A result for every entry, as they come; no more than ``width`` notebooks are held at a time."""
    waiting: dict[Future[SubmissionResult], tuple[Job, str, int]] = {}
    for entry in found:
        rejected = SubmissionResult(entry.submission, "rejected", records.info.max_score, student=entry.student)
        try:
            path = the_notebook(entry, settings.lesson)
            content = read(path)
        except Rejected as problem:
            rejected.reason = str(problem)
            yield rejected
            continue
        digest = hashlib.sha256(content).hexdigest()
        if known := records.known(entry.submission, digest):
            yield known
            continue
        if not settings.expected:
            settings = executor.submit(make_key, settings).result()
        job = Job(settings, entry.submission, str(path.relative_to(folder)), content, entry.student)
        waiting[executor.submit(grade_one, job)] = job, digest, 1
        if len(waiting) >= width:
            yield from _finished(waiting, executor)
    while waiting:
        yield from _finished(waiting, executor)


def _finished(
    waiting: dict[Future[SubmissionResult], tuple[Job, str, int]], executor: Executor
) -> Iterator[SubmissionResult]:
    """Wait for at least one result. A worker that is lost costs nothing: what it was at is done again."""
    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
        job, digest, attempts = waiting.pop(future)
        try:
            result = future.result()
            result.sha256 = digest
            yield result
        except CannotGrade:
            raise
        except Exception as error:
            if attempts < ATTEMPTS:
                waiting[executor.submit(grade_one, job)] = job, digest, attempts + 1
                continue
            why = f"Grading this notebook broke the grader itself, {ATTEMPTS} times ({shown(str(error))[:200]})."
            points = sum(exercise.points for exercise in files.exercises(job.settings.lesson).values())
            yield SubmissionResult(job.submission, "rejected", points, why, student=job.student, file=job.file)


def the_notebook(entry: Submitted, lesson: str) -> Path:
    """The notebook of a submission. Of one in each of several folders, as nbgrader has them, the one of this lesson."""
    if entry.reason:
        raise Rejected(entry.reason)
    paths = list(entry.notebooks)
    if len(paths) > 1:
        paths = [path for path in paths if _is_of(path, lesson)]
    if len(paths) != 1:
        raise Rejected(several([path.name for path in paths or entry.notebooks]))
    return paths[0]


def _is_of(path: Path, lesson: str) -> bool:
    try:
        belongs(cells_of(read(path)), lesson)
    except Rejected:
        return False
    return True


# ------------------------------------------------------------------------------------------------------- in words


def _news(result: SubmissionResult) -> tuple[int, str]:
    """How bad a result is, for whoever watches, and in what words."""
    if result.status == "rejected":
        return 9, result.reason
    worst = max(result.exercises, key=lambda exercise: OUTCOMES.index(exercise.outcome), default=None)
    if worst is None or worst.outcome in ("passed", "not attempted"):
        return 0, ""
    return OUTCOMES.index(worst.outcome), f"{worst.outcome} in {worst.id}"


def summary(book: Gradebook, folder: Path) -> str:
    """What to say at the end.

    Examples
    --------
    >>> info = RunInfo("12", "Train", 5, False, "", 20.0, {}, [("12.1", "Softmax", 2)])
    >>> print(summary(Gradebook(info, [SubmissionResult("a.txt", "rejected", 2, "It is no notebook.")]), Path("out")))
    Lesson 12: 0 submissions graded, 1 rejected.
      rejected: a.txt: It is no notebook.
    Graded without the sandbox: what ran could read and change files here.
    The seed is 5. Everything is in out: gradebook.json, gradebook.csv, class.html, feedback/ and more.
    """
    graded = [result for result in book.submissions if result.status == "graded"]
    rejected = [result for result in book.submissions if result.status == "rejected"]
    lines = [f"Lesson {book.info.lesson}: {len(graded)} submissions graded, {len(rejected)} rejected."]
    if graded:
        scores = [result.score for result in graded]
        middle = median(scores)
        lines[0] += f" Median {middle:g} of {book.info.max_score}, from {min(scores)} to {max(scores)}."
        for number, (id, title, _) in enumerate(book.info.exercises):
            counts = Counter(result.exercises[number].outcome for result in graded)
            told = ", ".join(f"{outcome} {counts[outcome]}" for outcome in OUTCOMES if counts[outcome])
            lines.append(f"  {id} {title}: {told}")
    lines += [f"  rejected: {shown(result.submission)}: {result.reason}" for result in rejected[:10]]
    if len(rejected) > 10:
        lines.append(f"  and {len(rejected) - 10} more that were rejected")
    evasive = [shown(result.submission) for result in graded if any(exercise.evasions for exercise in result.exercises)]
    if evasive:
        some = ", ".join(evasive[:5]) + (f" and {len(evasive) - 5} more" if len(evasive) > 5 else "")
        lines.append(f"To look at yourself, for an answer may use what it was to build: {some}.")
    if book.info.warning:
        lines.append(book.info.warning)
    seed = f"The seed is {book.info.seed}."
    lines.append(f"{seed} Everything is in {folder}: gradebook.json, gradebook.csv, class.html, feedback/ and more.")
    return "\n".join(lines)
