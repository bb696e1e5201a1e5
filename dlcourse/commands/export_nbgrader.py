"""``dlcourse export-nbgrader``: a lesson as a source notebook for nbgrader."""

from __future__ import annotations

import argparse
import secrets
from pathlib import Path

from dlcourse.commands.errors import CommandError
from dlcourse.grading.files import write_atomically
from dlcourse.lesson import files


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command to the parser."""
    export = commands.add_parser("export-nbgrader", help="write a lesson as a source notebook for nbgrader")
    export.add_argument("lesson", metavar="LESSON", help="the lesson's number, for instance 12")
    export.add_argument("-o", "--output", metavar="DIR", type=Path, required=True, help="nbgrader's course folder")
    export.add_argument("--seed", metavar="N", type=int, help="draws the hidden tests' inputs (default: random)")
    export.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Write a lesson's source notebook into nbgrader's course folder; a configuration that is there stays."""
    from dlcourse.grading.nbgrader import course_files

    folder: Path = options.output
    try:
        written = course_files(options.lesson, secrets.randbits(64) if options.seed is None else options.seed)
    except files.UnknownLesson as error:
        raise CommandError(str(error)) from None
    try:
        for name, text in written.items():
            target = folder / name
            if name.suffix == ".py" and target.exists():
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(target, text.encode())
    except OSError as error:
        raise CommandError(f"cannot write to {folder} ({error.strerror}); name a folder you may write to.") from None
    *_, notebook = written
    print(f"Wrote {folder / notebook}. Next, there: nbgrader generate_assignment {notebook.parent.name} --create")
    return 0
