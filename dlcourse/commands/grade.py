"""``dlcourse grade``: from a folder of submissions to a gradebook."""

from __future__ import annotations

import argparse
import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING

from dlcourse.commands.errors import CommandError
from dlcourse.lesson import files

if TYPE_CHECKING:
    from dlcourse.grading.marks import Rules


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command to the parser."""
    grade = commands.add_parser("grade", help="grade a folder of submitted notebooks")
    grade.add_argument("lesson", metavar="LESSON", help="the lesson's number, for instance 12")
    grade.add_argument("submissions", metavar="SUBMISSIONS", type=Path, help="the folder that holds the submissions")
    grade.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        type=Path,
        required=True,
        help="where the gradebook goes; a run that was interrupted goes on there",
    )
    grade.add_argument("--seed", metavar="N", type=natural, help="repeats a run: the seed is in its gradebook")
    grade.add_argument("--jobs", metavar="N", type=positive, help="submissions at a time (default: one for each core)")
    grade.add_argument("--cluster", metavar="ADDRESS", help="grade on the Dask cluster with this scheduler")
    grade.add_argument(
        "--cell-timeout",
        metavar="S",
        type=seconds,
        default=20.0,
        help="seconds for each cell and for each look at an answer (default: 20)",
    )
    grade.add_argument("--no-sandbox", action="store_true", help="run submissions with all your rights; dangerous")
    grade.add_argument("--keep", action="store_true", help="keep the notebooks that were run, in DIR/spliced")
    whole = grade.add_argument_group(
        "a class as it is", "marks and comments by hand go into DIR/overrides.csv: student, exercise, score, comment"
    )
    whole.add_argument("--roster", metavar="FILE.csv", type=Path, help="who is in the class: names, IDs, groups")
    whole.add_argument(
        "--attempts",
        choices=("latest", "best"),
        default="latest",
        help="which of a student's attempts counts (default: latest)",
    )
    whole.add_argument("--due", metavar="TIME", help="the deadline, like 2026-12-01T23:59")
    whole.add_argument("--late", metavar="RULE", help='what lateness costs, like "10%% per day, at most 50%%"')
    whole.add_argument("--assignment", metavar="NAME", help="what Canvas calls the assignment (default: the title)")
    whole.add_argument("--anonymous", action="store_true", help="no names on the page of answers that look alike")
    whole.add_argument(
        "--regrade",
        metavar="STUDENT|EXERCISE|all",
        default="",
        help="grade one student, one exercise of everybody, or all of it anew",
    )
    whole.add_argument("--dry-run", action="store_true", help="say who is found and what would be done; do nothing")
    grade.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Grade a class; an interruption at any moment is a sentence."""
    try:
        return graded(options)
    except KeyboardInterrupt:
        raise CommandError("stopped; what is graded is kept, and the same command goes on from there.") from None


def graded(options: argparse.Namespace) -> int:
    """Grade a class."""
    if os.name == "nt":
        raise CommandError("grading needs Linux (or macOS, with --no-sandbox); on Windows use WSL.")
    needed = [
        name
        for name in ("nbval", "pytest", "psutil", "tqdm", "jinja2", "yaml")
        if importlib.util.find_spec(name) is None
    ]
    if needed:
        raise CommandError(f"grading needs {', '.join(needed)}; try: python -m pip install 'dlcourse[grade]'")
    from dlcourse.grading.asking import CannotGrade
    from dlcourse.grading.class_run import Request, grade_class
    from dlcourse.grading.telling import dry_run, summary

    try:
        lesson = files.lesson_number(options.lesson)
        files.answers(lesson)
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        jobs = options.jobs or cores or 1
        request = Request(
            lesson,
            options.submissions,
            options.output,
            options.seed,
            jobs,
            options.cluster,
            options.cell_timeout,
            not options.no_sandbox,
            options.keep,
            rules(options),
            options.regrade,
        )
        print(dry_run(request) if options.dry_run else summary(grade_class(request), options.output))
    except (CannotGrade, files.UnknownLesson) as problem:
        raise CommandError(str(problem)) from None
    except OSError as error:
        raise CommandError(f"cannot go on ({error}); the same command goes on from there.") from None
    return 0


def rules(options: argparse.Namespace) -> Rules:
    """How marks are made of what is found."""
    from dlcourse.grading.late import late_rule
    from dlcourse.grading.marks import Rules
    from dlcourse.grading.roster import moment, read_roster

    if options.late and not options.due:
        raise CommandError("--late takes points off after a deadline: give that, too, like --due 2026-12-01T23:59")
    try:
        late = late_rule(options.late) if options.late else None
    except ValueError as problem:
        raise CommandError(f"--late: {problem}") from None
    return Rules(
        roster=read_roster(options.roster) if options.roster else None,
        attempts=options.attempts,
        due=moment(options.due, "--due") if options.due else None,
        late=late,
        assignment=options.assignment or "",
        anonymous=options.anonymous,
    )


def natural(text: str) -> int:
    """A whole number from 0, for argparse."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0")
    return int(text)


def positive(text: str) -> int:
    """A whole number from 1."""
    if natural(text) == 0:
        raise argparse.ArgumentTypeError("at least 1")
    return natural(text)


def seconds(text: str) -> float:
    """A number of seconds."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return value
