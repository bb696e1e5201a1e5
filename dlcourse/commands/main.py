"""The command line: ``dlcourse lab | doctor | solve | grade | export-nbgrader | author``.

Each command is one function that returns an exit status. What a person can mend is raised as
``CommandError`` and printed as one sentence, without a traceback.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from dlcourse.commands import author
from dlcourse.commands.errors import CommandError
from dlcourse.lesson import files

DEFAULT_FOLDER = "dlcourse-lessons"
RECORD = ".dlcourse-lessons.json"  # in the learner's folder: what each lesson looked like when it was copied

LAB_HELP = f"""usage: dlcourse lab [DIR] [jupyter options]

Copy the lessons to DIR (default: ./{DEFAULT_FOLDER}) if they are not there, and open JupyterLab on them.
What you changed is never overwritten. To start a lesson afresh, delete or rename its file and run this again.
A first argument that starts with "-" is an option. Every option goes to JupyterLab unchanged, for instance
  dlcourse lab --no-browser --port 9999
`jupyter lab --help` lists them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the entry point of the ``dlcourse`` program."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if words[:1] == ["lab"]:  # not argparse's business: its options belong to JupyterLab
            return lab(words[1:])
        options = parser().parse_args(words)
        return int(options.command(options))
    except CommandError as error:
        print(f"dlcourse: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="dlcourse", description="Gradient descent and backpropagation, learned by building them."
    )
    top.add_argument("--version", action="version", version=f"dlcourse {version('dlcourse')}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)

    # Listed for --help only: main() has taken "lab" already.
    commands.add_parser("lab", help="copy the lessons to a folder of yours and open JupyterLab on them", add_help=False)

    doctor_ = commands.add_parser("doctor", help="say what works on this machine")
    doctor_.set_defaults(command=doctor)

    solve_ = commands.add_parser("solve", help="write a lesson with the reference answers filled in")
    solve_.add_argument("lesson", metavar="LESSON", help="the lesson's number, for instance 12")
    solve_.add_argument("-o", "--output", metavar="FILE.ipynb", type=Path, required=True, help="where to write it")
    solve_.set_defaults(command=solve)

    grade_ = commands.add_parser("grade", help="grade a folder of submitted notebooks")
    grade_.add_argument("lesson", metavar="LESSON", help="the lesson's number, for instance 12")
    grade_.add_argument("submissions", metavar="SUBMISSIONS", type=Path, help="the folder that holds the submissions")
    grade_.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        type=Path,
        required=True,
        help="where the gradebook goes; a run that was interrupted goes on there",
    )
    grade_.add_argument("--seed", metavar="N", type=natural, help="repeats a run: the seed is in its gradebook")
    grade_.add_argument("--jobs", metavar="N", type=positive, help="submissions at a time (default: one for each core)")
    grade_.add_argument("--cluster", metavar="ADDRESS", help="grade on the Dask cluster with this scheduler")
    grade_.add_argument(
        "--cell-timeout",
        metavar="S",
        type=seconds,
        default=20.0,
        help="seconds for each cell and for each look at an answer (default: 20)",
    )
    grade_.add_argument("--no-sandbox", action="store_true", help="run submissions with all your rights; dangerous")
    grade_.add_argument("--keep", action="store_true", help="keep the notebooks that were run, in DIR/spliced")
    grade_.set_defaults(command=grade)

    nbgrader = commands.add_parser("export-nbgrader", help="write a lesson as a source notebook for nbgrader")
    nbgrader.add_argument("lesson", metavar="LESSON", help="the lesson's number, for instance 12")
    nbgrader.add_argument("-o", "--output", metavar="DIR", type=Path, required=True, help="nbgrader's course folder")
    nbgrader.add_argument("--seed", metavar="N", type=int, help="draws the hidden tests' inputs (default: random)")
    nbgrader.set_defaults(command=export_nbgrader)

    author.add_to(commands)
    return top


# ------------------------------------------------------------------------------------------------ lab


def lab(words: Sequence[str]) -> int:
    """Copy the lessons, then become JupyterLab."""
    if words[:1] in (["-h"], ["--help"]):
        print(LAB_HELP)
        return 0
    named = bool(words) and not words[0].startswith("-")
    folder, options = (Path(words[0]), list(words[1:])) if named else (Path(DEFAULT_FOLDER), list(words))
    if importlib.util.find_spec("jupyterlab") is None:
        raise CommandError(f"JupyterLab is not installed for {sys.executable}; try: python -m pip install jupyterlab")
    print(copy_lessons(folder, files.notebooks()).report(folder), flush=True)
    command = [sys.executable, "-m", "jupyterlab", *jupyterlab_settings(folder, options), *options]
    if os.name == "nt":  # Windows has no exec that keeps the console
        return subprocess.call(command)
    os.execv(command[0], command)


def jupyterlab_settings(folder: Path, options: Sequence[str]) -> list[str]:
    """What the course asks of JupyterLab; the learner's own options come after these and win."""
    settings = [
        f"--ServerApp.root_dir={folder.resolve()}",
        # Nothing goes to the network: no news feed (nor the question whether to fetch it), no update check.
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--ServerApp.kernel_websocket_connection_class=dlcourse.commands.websocket.PromptConnection",
    ]
    # Jupyter refuses to start as root. In a container people often are root, and the server listens
    # on this machine only and asks for a token.
    if hasattr(os, "geteuid") and os.geteuid() == 0 and not any(o.startswith("--allow-root") for o in options):
        print("You are root: JupyterLab is started with --allow-root.", flush=True)
        settings.append("--allow-root")
    return settings


@dataclass
class Copied:
    """What ``copy_lessons`` did, by file name."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    outdated: list[str] = field(default_factory=list)  # changed by the learner, and by a newer release, too

    def report(self, folder: Path) -> str:
        lines = []
        if self.added:
            lines.append(f"Copied to {folder}: {', '.join(self.added)}.")
        if self.updated:
            lines.append(f"Brought up to date, for you had not changed them: {', '.join(self.updated)}.")
        if self.outdated:
            lines.append(
                f"Kept your version of {', '.join(self.outdated)}; the course has a newer one."
                " Rename or delete yours and run this again to get it."
            )
        return "\n".join(lines) or f"The lessons are in {folder}, as you left them."


def copy_lessons(folder: Path, released: Sequence[Path]) -> Copied:
    """Copy the ``released`` notebooks to ``folder``; what the learner changed stays as it is.

    A record in the folder keeps the checksum of each lesson as it was copied: a file that still has
    that checksum was not changed, so a newer release may replace it.
    """
    if not released:
        raise CommandError("this installation holds no lessons; install dlcourse again.")
    if folder.exists() and not folder.is_dir():
        raise CommandError(f"{folder} is a file; name a folder to put the lessons in.")
    done = Copied()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        record = read_record(folder / RECORD)
        copied_as = dict(record)
        for source in released:
            name, content, target = source.name, source.read_bytes(), folder / source.name
            new, then = checksum(content), record.get(source.name)
            now = checksum(target.read_bytes()) if target.exists() else None
            if now is not None and now not in (new, then):  # changed by the learner
                if then not in (new, None):
                    done.outdated.append(name)
                continue
            if now != new:
                (done.added if now is None else done.updated).append(name)
                write_atomically(target, content)
            copied_as[name] = new
        if copied_as != record and folder.resolve() != released[0].resolve().parent:  # a contributor's checkout
            write_atomically(folder / RECORD, json.dumps(copied_as, indent=1).encode())
    except OSError as error:
        raise CommandError(
            f"cannot put the lessons in {folder} ({error.strerror}); name a folder you may write to."
        ) from None
    return done


def checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def read_record(path: Path) -> Mapping[str, str]:
    """The record, or an empty one: without it every lesson counts as changed by the learner, which is safe."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def write_atomically(path: Path, content: bytes) -> None:
    """Write all of it or nothing: an interrupted write leaves the old file."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


# ------------------------------------------------------------------------------------- doctor and solve


def doctor(options: argparse.Namespace) -> int:
    """Print what works here; not 0 if something that a learner needs is broken."""
    from dlcourse.commands.doctor import examine, table

    findings = examine()
    print(table(findings))
    return 1 if any(finding.state == "broken" for finding in findings) else 0


def solve(options: argparse.Namespace) -> int:
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
    try:
        write_atomically(target, text.encode())
    except OSError as error:
        raise CommandError(f"cannot write {target} ({error.strerror}).") from None
    print(f"Wrote {target}: the reference answers are filled in, nothing was run.")
    return 0


# ------------------------------------------------------------------------------------------ export-nbgrader


def export_nbgrader(options: argparse.Namespace) -> int:
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


# ---------------------------------------------------------------------------------------------------- grade


def grade(options: argparse.Namespace) -> int:
    """Grade a class."""
    if os.name == "nt":
        raise CommandError("grading needs Linux (or macOS, with --no-sandbox); on Windows use WSL.")
    needed = [name for name in ("nbval", "pytest", "psutil", "tqdm") if importlib.util.find_spec(name) is None]
    if needed:
        raise CommandError(f"grading needs {', '.join(needed)}; try: python -m pip install 'dlcourse[grade]'")
    from dlcourse.grading.asking import CannotGrade
    from dlcourse.grading.class_run import Request, grade_class, summary

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
        )
        print(summary(grade_class(request), options.output))
    except (CannotGrade, files.UnknownLesson) as problem:
        raise CommandError(str(problem)) from None
    except KeyboardInterrupt:
        raise CommandError("stopped; what is graded is kept, and the same command goes on from there.") from None
    except OSError as error:
        raise CommandError(f"cannot go on ({error}); the same command goes on from there.") from None
    return 0


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
