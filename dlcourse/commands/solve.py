"""``dlcourse solve``: a lesson with the reference answers filled in."""

from __future__ import annotations

import argparse
from pathlib import Path

from dlcourse.commands.errors import CommandError
from dlcourse.grading.files import write_atomically
from dlcourse.lesson import files


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command to the parser."""
    solve = commands.add_parser("solve", help="write a lesson with the reference answers filled in")
    solve.add_argument("lesson", metavar="LESSON", help="the lesson's number, for instance 12")
    solve.add_argument("-o", "--output", metavar="FILE.ipynb", type=Path, required=True, help="where to write it")
    solve.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Write one lesson with its answers filled in; nothing is run."""
    import nbformat

    from dlcourse.lesson.solve import solved_notebook

    target: Path = options.output
    if target.is_dir():
        raise CommandError(f"{target} is a folder; name the notebook to write, for instance {target / 'solved.ipynb'}")
    if target.suffix != ".ipynb":
        raise CommandError(f"{target} would not open as a notebook; its name must end with .ipynb")
    try:
        notebook = solved_notebook(options.lesson)
    except files.UnknownLesson as error:
        raise CommandError(str(error)) from None
    if target.resolve().parent == files.lessons_folder().resolve():
        raise CommandError(f"{target} is among the released lessons, which hold no answers; name another folder.")
    text: str = nbformat.writes(notebook) + "\n"  # type: ignore[no-untyped-call]
    if not target.parent.is_dir():
        raise CommandError(f"cannot write {target}: there is no folder {target.parent}; make it, or name another one.")
    try:
        write_atomically(target, text.encode())
    except OSError as error:
        raise CommandError(f"cannot write {target} ({error.strerror}); name a folder you may write to.") from None
    print(f"Wrote {target}: the reference answers are filled in, nothing was run.")
    return 0
