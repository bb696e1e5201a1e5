"""``dlcourse author``: what somebody who writes lessons does again and again."""

from __future__ import annotations

import argparse
import importlib.util

from dlcourse.commands.errors import CommandError
from dlcourse.lesson import files

NEEDED = ("pytest", "nbval", "nbclient")


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command to the parser."""
    author = commands.add_parser("author", help="for contributors: bring a lesson's notebook up to date")
    tasks = author.add_subparsers(metavar="TASK", required=True)

    storing = tasks.add_parser(
        "store", help="write title, hints, stubs and checks into notebooks, run them, store outputs"
    )
    storing.add_argument("lessons", metavar="NN", nargs="*", help="numbers of lessons (default: all)")
    storing.add_argument(
        "--check", action="store_true", help="run and write nothing; fail if a notebook is not up to date"
    )
    storing.set_defaults(command=store)


def store(options: argparse.Namespace) -> int:
    """Bring notebooks up to date."""
    need_the_test_extra()
    from dlcourse.commands import storing
    from dlcourse.lesson.writing import CannotWrite

    status = 0
    try:
        paths = [files.notebook(lesson) for lesson in options.lessons or files.numbers()]
    except files.UnknownLesson as error:
        raise CommandError(str(error)) from None
    for path in paths:
        try:
            if not options.check:
                print(storing.store(path), flush=True)
            elif not storing.is_up_to_date(path):
                number = path.name[:2]
                raise CannotWrite(f"{path.name} is not what its room says; run: dlcourse author store {number}")
        except CannotWrite as problem:
            print(problem)
            status = 1
    return status


def need_the_test_extra() -> None:
    """What authors do needs what the tests need."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise CommandError(
            f"writing lessons needs {', '.join(missing)}; in a clone, try: python -m pip install -e '.[test]'"
        )
