"""``dlcourse author``: what somebody who writes lessons does again and again."""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import webbrowser
from pathlib import Path
from typing import Any

from dlcourse.commands.errors import CommandError
from dlcourse.lesson import files

NEEDED = ("pytest", "nbval", "nbclient")
CHECKS = (
    "notebooks",
    "coverage",
    "lessons/test_words.py",
    "lesson/test_exercises.py",
    "figures/test_budgets.py",
)  # below tests/


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command to the parser."""
    author = commands.add_parser("author", help="for contributors: begin, store and check a lesson, look at a figure")
    tasks = author.add_subparsers(metavar="TASK", required=True)

    new_ = tasks.add_parser("new", help="begin a lesson: its notebook, its room and its test")
    new_.add_argument("lesson", metavar="NN", help="its number")
    new_.add_argument("title", metavar="TITLE")
    new_.set_defaults(command=new)

    store_ = tasks.add_parser("store", help="write title, hints, stubs, checks into notebooks, run them, store outputs")
    store_.add_argument("lessons", metavar="NN", nargs="*", help="numbers of lessons (default: all)")
    store_.add_argument("--check", action="store_true", help="run and write nothing; fail if one is not up to date")
    store_.set_defaults(command=store)

    check_ = tasks.add_parser("check", help="run the tests of one lesson")
    check_.add_argument("lesson", metavar="NN", help="its number")
    check_.set_defaults(command=check)

    figure_ = tasks.add_parser("figure", help="open one figure alone in a browser")
    figure_.add_argument("lesson", metavar="NN", help="the number of its lesson")
    figure_.add_argument("name", metavar="NAME", help="what the notebook shows it by")
    figure_.add_argument("--no-browser", action="store_true", help="print the address and open nothing")
    figure_.add_argument("--port", metavar="N", type=int, default=0, help="default: a free one")
    figure_.set_defaults(command=figure)


def new(options: argparse.Namespace) -> int:
    """Begin a lesson."""
    need_a_clone()
    from dlcourse.commands.scaffolding import new_lesson

    try:
        number = files.lesson_number(options.lesson)
        written = new_lesson(number, options.title)
    except (files.UnknownLesson, FileExistsError) as problem:
        raise CommandError(str(problem)) from None
    root = files.lessons_folder().parent
    print("Written:", *(path.relative_to(root) for path in written), sep="\n  ")
    print(f"Fill in what says TODO, then: dlcourse author store {number}  (and 00, which shows the map of the course)")
    return 0


def store(options: argparse.Namespace) -> int:
    """Bring notebooks, and the README's list of lessons, up to date."""
    need_a_clone()
    from dlcourse.commands import storing
    from dlcourse.lesson.writing import CannotWrite

    status = 0
    paths = [notebook(lesson) for lesson in options.lessons or files.numbers()]
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
    readme = files.lessons_folder().parent / "README.md"
    if not options.check:
        storing.store_list(readme)
    elif storing.with_list(readme) != readme.read_text(encoding="utf-8"):
        print("README.md lists other lessons than there are; run: dlcourse author store")
        status = 1
    return status


def check(options: argparse.Namespace) -> int:
    """Run the tests of one lesson: its figures, exercises, template and notebook, with every answer in its place."""
    need_a_clone()
    number = notebook(options.lesson).name[:2]
    tests = files.lessons_folder().parent / "tests"
    paths = [tests / "lessons" / f"lesson_{number}", *(tests / name for name in CHECKS)]
    # For the whole run: the notebook as released, which the store command has just run; the test of the tests; and
    # hypothesis, which takes a second to load, is for the engine.
    chosen = "not released- and not would_be_noticed"
    command = [sys.executable, "-m", "pytest", "-q", "-n2", "-p", "no:hypothesispytest", "-k", chosen]
    return subprocess.call(
        [*command, *(str(path) for path in paths if path.exists())],
        cwd=tests.parent,
        env=os.environ | {"DLCOURSE_LESSONS": number},
    )


def figure(options: argparse.Namespace) -> int:
    """Open one figure alone in a browser, until it is interrupted."""
    from dlcourse.commands.standing_alone import serve

    number = notebook(options.lesson).name[:2]
    there = files.figures(number).FIGURES
    if options.name not in there:
        raise CommandError(f"lesson {number} has no figure {options.name!r}: there are {', '.join(there) or 'none'}.")

    def make() -> Any:
        files._opened.cache_clear()  # the file may have been changed
        return files.figures(number).FIGURES[options.name]()

    try:
        server = serve(make, options.port)
    except OSError as problem:
        raise CommandError(f"port {options.port} cannot be used ({problem.strerror}); leave --port out.") from None
    address = f"http://127.0.0.1:{server.server_port}/"
    print(
        f"{address} shows {options.name} of lesson {number}. Reload it to see what you changed; Ctrl+C ends it.",
        flush=True,
    )
    if not options.no_browser:
        webbrowser.open(address)
    with server:
        server.serve_forever()
    return 0


def notebook(lesson: str) -> Path:
    """The notebook of a lesson that is here."""
    try:
        return files.notebook(lesson)
    except files.UnknownLesson as error:
        raise CommandError(str(error)) from None


def need_a_clone() -> None:
    """What authors do changes files of the repository, and needs what the tests need."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise CommandError(
            f"writing lessons needs {', '.join(missing)}; in a clone, try: python -m pip install -e '.[test]'"
        )
    if not (files.lessons_folder().parent / "tests" / "lessons").is_dir():
        raise CommandError(
            "lessons are written in a clone of the repository; there: python -m pip install -e '.[test]'"
        )
