"""``dlcourse grade``: from a folder of submissions to a gradebook."""

from __future__ import annotations

import hashlib
import platform
import re
import secrets
import sys
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

from tqdm import tqdm

from dlcourse.grading.asking import CannotGrade, checksum, grade_one, make_key, stop_all
from dlcourse.grading.gradebook import Records, earlier_seed
from dlcourse.grading.handed_in import progress_of, when
from dlcourse.grading.intake import Rejected, Submitted, cells_of, entries, hidden, python_of, read, several, shown
from dlcourse.grading.marks import ClassList, Rules, class_list, read_overrides
from dlcourse.grading.results import OUTCOMES, Gradebook, Job, RunInfo, Settings, SubmissionResult
from dlcourse.grading.roster import plain
from dlcourse.grading.sandbox import why_no_sandbox
from dlcourse.grading.splicing import belongs
from dlcourse.lesson import files

__all__ = [
    "OVERRIDES",
    "Request",
    "check_places",
    "grade_class",
    "rejected",
    "rules_of",
    "run_info",
    "say_what_is_lacking",
    "timed",
    "to_regrade",
]

VERSIONS = ("dlcourse", "numpy", "nbval", "ipykernel")
OVERRIDES = "overrides.csv"  # in the folder of the gradebook: written by hand, read by every run, never written
MOST_TOGETHER = 60 << 20  # bytes of the notebooks in a folder that are looked into
TRIES = 2  # to get a result for a submission whose worker was lost


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
    rules: Rules = field(default_factory=Rules)
    regrade: str = ""


@dataclass
class Waiting:
    """A submission that is being graded."""

    job: Job
    digest: str
    progress: dict[str, dict[str, int]]
    earlier: SubmissionResult | None = None  # of which one exercise is graded anew
    tries: int = 1


def grade_class(request: Request) -> ClassList:
    """Grade a folder of submissions; results of an earlier run that still hold are kept.

    Raises
    ------
    CannotGrade
        One sentence: why there can be no gradebook.
    """
    _check(request)
    found = list(entries(request.submissions))
    info = run_info(request)
    rules = rules_of(request, info, found)
    again = to_regrade(request, info, found)
    records = Records(request.output, info, rules)
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
            for result in _results(request, found, records, settings, executor, width, again):
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
    check_places(request)
    if request.sandbox and (why := why_no_sandbox()):
        raise CannotGrade(f"{why} If submissions may read and change all that you may: --no-sandbox.")
    try:
        request.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotGrade(f"{request.output} cannot be written to ({error.strerror}).") from None


def check_places(request: Request) -> None:
    if not request.submissions.is_dir():
        raise CannotGrade(f"{request.submissions} is not a folder: name the folder that holds the submissions.")
    inside, outside = request.output.resolve(), request.submissions.resolve()
    if inside == outside or outside in inside.parents:
        raise CannotGrade(f"{request.output} is among the submissions: name a folder elsewhere for the gradebook.")
    if not files.exercises(request.lesson):
        raise CannotGrade(f"Lesson {request.lesson} has no exercises.")


def run_info(request: Request) -> RunInfo:
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


def rules_of(request: Request, info: RunInfo, found: Sequence[Submitted]) -> Rules:
    """The rules with what was written by hand; a line that fits nobody is refused now, not after an hour."""
    rules = replace(request.rules, hidden=tuple(hidden(request.submissions)))
    path = request.output / OVERRIDES
    if path.exists():
        rules = replace(rules, overrides=read_overrides(path, info.exercises))
    untold = [rejected(entry, info, "") for entry in found]
    for line in class_list(Gradebook(info, untold), rules).unknown:
        raise CannotGrade(
            f"{path}, line {line.line}: {shown(line.who)!r} fits nobody, or two; "
            "write the name of a submission, or a name, ID or e-mail of the roster."
        )
    return rules


def to_regrade(request: Request, info: RunInfo, found: Sequence[Submitted]) -> set[str]:
    """The submissions that are graded anew though nothing changed."""
    asked = request.regrade
    if not asked:
        return set()
    if asked in ["all", *(id for id, _, _ in info.exercises)]:
        return {entry.submission for entry in found}
    person = request.rules.roster.called(asked) if request.rules.roster else None
    untold = class_list(Gradebook(info, [rejected(entry, info, "") for entry in found]), request.rules)
    names = {
        one.submission
        for mark in untold.marks
        for one in mark.everything
        if mark.person == person
        or asked in (one.submission, mark.person.id, mark.person.email)
        or plain(asked) in (plain(mark.person.name), plain(one.student.name))
    }
    if not names:
        raise CannotGrade(
            f"--regrade {shown(asked)!r}: that is no exercise of lesson {info.lesson}, and nobody handed in as that."
        )
    return names


# -------------------------------------------------------------------------------------------------------- the run


def rejected(entry: Submitted, info: RunInfo, reason: str, file: str = "") -> SubmissionResult:
    return SubmissionResult(entry.submission, "rejected", info.max_score, reason, student=entry.student, file=file)


def _progress(entry: Submitted, lesson: str) -> dict[str, dict[str, int]]:
    if entry.progress is None:
        return {}
    try:
        return progress_of(read(entry.progress), lesson)
    except Rejected:
        return {}


def timed(entry: Submitted, path: Path) -> Submitted:
    """With the time when it was handed in, if its platform has not told it."""
    return replace(entry, student=when(path, entry.student))


def _results(
    request: Request,
    found: list[Submitted],
    records: Records,
    settings: Settings,
    executor: Executor,
    width: int,
    again: Collection[str] = (),
) -> Iterator[SubmissionResult]:
    """A result for every entry, as they come; no more than ``width`` notebooks are held at a time."""
    waiting: dict[Future[SubmissionResult], Waiting] = {}
    for entry in found:
        path = request.submissions / entry.submission
        file = str(entry.notebooks[0].relative_to(request.submissions)) if entry.notebooks else ""
        progress = _progress(entry, settings.lesson)
        try:
            path = the_notebook(entry, settings.lesson)
            content = read(path)
        except Rejected as problem:
            result = rejected(timed(entry, path), records.info, str(problem), file)
            result.progress = progress
            yield result
            continue
        entry = timed(entry, path)
        digest = hashlib.sha256(content).hexdigest()
        known = records.known(entry.submission, digest)
        if known and entry.submission not in again:
            yield replace(known, student=entry.student, progress=progress)
            continue
        if not settings.expected:
            settings = executor.submit(make_key, settings).result()
        job = Job(settings, entry.submission, str(path.relative_to(request.submissions)), content, entry.student)
        waiting[executor.submit(grade_one, job)] = Waiting(job, digest, progress, known)
        if len(waiting) >= width:
            yield from _finished(waiting, executor, request.regrade)
    while waiting:
        yield from _finished(waiting, executor, request.regrade)


def _finished(
    waiting: dict[Future[SubmissionResult], Waiting], executor: Executor, regrade: str
) -> Iterator[SubmissionResult]:
    """Wait for at least one result. A worker that is lost costs nothing: what it was at is done again."""
    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
        one = waiting.pop(future)
        job = one.job
        try:
            result = future.result()
            result.sha256, result.progress = one.digest, one.progress
            say_what_is_lacking(result, python_of(job.content))
            yield merged(result, one.earlier, regrade)
        except CannotGrade:
            raise
        except Exception as error:
            if one.tries < TRIES:
                waiting[executor.submit(grade_one, job)] = replace(one, tries=one.tries + 1)
                continue
            why = f"Grading this notebook broke the grader itself, {TRIES} times ({shown(str(error))[:200]})."
            points = sum(exercise.points for exercise in files.exercises(job.settings.lesson).values())
            yield SubmissionResult(job.submission, "rejected", points, why, student=job.student, file=job.file)


def say_what_is_lacking(result: SubmissionResult, written: tuple[int, int]) -> None:
    """In the notebook, the package may be there, and Python may be newer: what that means is another thing here."""
    ours = sys.version_info[:2]
    for exercise in result.exercises:
        if exercise.outcome == "passed":
            continue
        if lacking := replace(result, exercises=[exercise]).lacking:
            which = f"The grader has no {' and no '.join(lacking)}"
            exercise.lines[-1] = f"{which}: leave the import out, or ask your instructor to install it and grade again."
        elif written > ours and "Python cannot read" in exercise.lines[0]:
            exercise.lines[-1] += (
                f" If your own Python takes it: the grader has no Python {written[0]}.{written[1]}, but "
                f"{ours[0]}.{ours[1]}; write it in an older way, or ask your instructor for a newer one."
            )


def merged(result: SubmissionResult, earlier: SubmissionResult | None, regrade: str) -> SubmissionResult:
    """Where one exercise was to be graded anew, only that one is taken over."""
    if earlier is None or result.status != earlier.status or regrade not in [e.id for e in result.exercises]:
        return result
    anew = {exercise.id: exercise for exercise in result.exercises}
    kept = [anew[exercise.id] if exercise.id == regrade else exercise for exercise in earlier.exercises]
    return replace(result, exercises=kept)


def the_notebook(entry: Submitted, lesson: str) -> Path:
    """The notebook of a submission; of several in a folder, as ``dlcourse lab`` makes them, the one of this lesson."""
    if entry.reason:
        raise Rejected(entry.reason)
    paths = list(entry.notebooks)
    if len(paths) > 1:
        if sum(path.stat().st_size for path in paths) > MOST_TOGETHER:
            raise Rejected(several(entry.submission, paths))
        paths = [path for path in paths if _is_of(path, lesson)]
        if not paths:
            raise Rejected(f"{several(entry.submission, entry.notebooks)} None of them is of lesson {lesson}.")
    if len(paths) != 1:
        raise Rejected(several(entry.submission, paths))
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
    if result.status == "rejected":  # what is no notebook may lie beside one
        return (9, result.reason) if result.file else (0, "")
    worst = max(result.exercises, key=lambda exercise: OUTCOMES.index(exercise.outcome), default=None)
    if worst is None or worst.outcome in ("passed", "not attempted"):
        return 0, ""
    return OUTCOMES.index(worst.outcome), f"{worst.outcome} in {worst.id}"
