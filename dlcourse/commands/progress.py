"""``dlcourse progress``: how far you are, on this computer; taken to another one, or begun anew."""

from __future__ import annotations

import argparse
import itertools
import json
from pathlib import Path

from dlcourse.commands.errors import CommandError
from dlcourse.grading.files import write_atomically
from dlcourse.lesson import files
from dlcourse.lesson.progress import MEND_PROGRESS, NOT_UNDERSTOOD, VERSION, Progress, progress_file, understood


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command to the parser."""
    progress = commands.add_parser("progress", help="how far you are; export, import or reset it")
    progress.set_defaults(command=show)
    actions = progress.add_subparsers(metavar="ACTION")
    for name, function, words in (
        ("export", export, "write your progress to a file, to take it to another computer"),
        ("import", add, "add the progress in a file to yours; nothing is lost"),
    ):
        action = actions.add_parser(name, help=words)
        action.add_argument("file", metavar="FILE.json", type=Path)
        action.set_defaults(command=function)
    reset = actions.add_parser("reset", help="begin anew; what was is kept in a file beside")
    reset.add_argument("lessons", metavar="LESSON", nargs="*", help="only these; all if none is named")
    reset.set_defaults(command=begin_anew)


def show(options: argparse.Namespace) -> int:
    """Print the table of the course."""
    from dlcourse.lesson.home import as_text, course

    print(as_text(course(Progress())))
    print(f"Kept in {progress_file()}.")
    return 0


def export(options: argparse.Namespace) -> int:
    """Write all of it to a file that is not there yet."""
    if options.file.exists():
        raise CommandError(f"{options.file} exists already; name a file that does not.")
    _write(options.file, Progress())
    print(f"Wrote {options.file}. On the other computer: dlcourse progress import {options.file.name}")
    return 0


def add(options: argparse.Namespace) -> int:
    """Add what a file says."""
    path: Path = options.file
    try:
        text = path.read_text(encoding="utf-8")
        version = json.loads(text).get("version", VERSION)
        record = understood(text)
    except OSError as error:
        raise CommandError(
            f"cannot read {path} ({error.strerror}); name a file of `dlcourse progress export`."
        ) from None
    except NOT_UNDERSTOOD:
        raise CommandError(f"{path} holds no progress; name a file that `dlcourse progress export` wrote.") from None
    if version != VERSION:
        raise CommandError(f"{path} is of another version of the course; update dlcourse, then try again.")
    Progress().add(record)
    print(f"Added what {path} says: {_counted(record['exercises'])}. Nothing of yours was lost.")
    return 0


def begin_anew(options: argparse.Namespace) -> int:
    """Forget, and keep what was beside the progress file."""
    try:
        lessons = [files.notebook(lesson).name[:2] for lesson in options.lessons] or files.numbers()
    except files.UnknownLesson as error:
        raise CommandError(str(error)) from None
    kept = next(
        path
        for number in itertools.count(1)
        if not (path := progress_file().with_name(f"progress-before-reset-{number}.json")).exists()
    )
    _write(kept, Progress(), MEND_PROGRESS)
    Progress().forget(lessons)
    which = "all lessons" if not options.lessons else f"lesson {', '.join(lessons)}"
    print(f"Your progress in {which} begins anew; restart the kernels of lessons that are open, for they remember it.")
    print(f"What was is kept. To have it back: dlcourse progress import {kept}")
    return 0


def _write(path: Path, progress: Progress, mend: str = "name a file in a folder of yours") -> None:
    content = json.dumps({"version": VERSION} | progress.everything(), indent=1, ensure_ascii=False, sort_keys=True)
    try:
        write_atomically(path, content.encode())
    except OSError as error:
        raise CommandError(f"cannot write {path} ({error.strerror}); {mend}.") from None


def _counted(exercises: dict[str, dict[str, int]]) -> str:
    passed = sum(bool(record.get("passed")) for record in exercises.values())
    return "1 exercise passed" if passed == 1 else f"{passed} exercises passed"
