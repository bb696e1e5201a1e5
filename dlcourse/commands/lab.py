"""``dlcourse lab``: copy the lessons to a folder of the learner's, and open JupyterLab on them."""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import itertools
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dlcourse.commands import doctor
from dlcourse.commands.errors import CommandError
from dlcourse.grading.files import write_atomically
from dlcourse.grading.starting import QUICKLY
from dlcourse.lesson import files
from dlcourse.lesson.progress import progress_file

DEFAULT_FOLDER = "dlcourse-lessons"
RECORD = ".dlcourse-lessons.json"  # in the learner's folder: what each lesson looked like when it was copied

LAB_HELP = f"""usage: dlcourse lab [DIR] [--copy-only] [--merge] [jupyter options]

Copy the lessons to DIR if they are not there, and open JupyterLab on the lesson that you worked on last, or on 00.
Without DIR that is this folder if it has the lessons, else ./{DEFAULT_FOLDER}. What you changed is never overwritten.
To start a lesson afresh, delete or rename its file and run this again.
  --copy-only   copy the lessons and stop, for a server that is running already
  --merge       beside each lesson that you changed and that the course has a newer version of, put the newer one
                with your answers in it
A first argument that starts with "-" is an option. Every option goes to JupyterLab unchanged, for instance
  dlcourse lab --no-browser --port 9999
`jupyter lab --help` lists them."""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Name this command in ``--help``; its words never come to argparse, for its options belong to JupyterLab."""
    commands.add_parser("lab", help="copy the lessons to a folder of yours and open JupyterLab on them", add_help=False)


def run(words: Sequence[str]) -> int:
    """Copy the lessons, then become JupyterLab."""
    if words[:1] in (["-h"], ["--help"]):
        print(LAB_HELP)
        return 0
    copy_only, merge = "--copy-only" in words, "--merge" in words
    options = [word for word in words if word not in ("--copy-only", "--merge")]
    folder = Path(options.pop(0)) if options and not options[0].startswith("-") else usual_folder()
    before = worked_in_before(folder)
    print(copy_lessons(folder, files.notebooks(), merge).report(folder), flush=True)
    if before:
        quoted = subprocess.list2cmdline([str(before)]) if os.name == "nt" else shlex.quote(str(before))
        print(f"You worked in {before} before. To go on there: dlcourse lab {quoted}", flush=True)
    if copy_only:
        return 0
    if importlib.util.find_spec("jupyterlab") is None:
        raise CommandError(
            f'JupyterLab is not installed for {sys.executable}; try: python -m pip install "dlcourse[lab]"'
        )
    if (folders := doctor.jupyter_folders()).state == "broken":
        raise CommandError(folders.detail)
    program = f"{QUICKLY}from jupyterlab.labapp import main; sys.exit(main())"
    command = [sys.executable, "-P", "-c", program, *jupyterlab_settings(folder, options), *options]
    if os.name == "nt":  # Windows has no exec that keeps the console
        return subprocess.call(command)
    os.execv(command[0], command)


def usual_folder() -> Path:
    """Where the lessons go when no folder is named; who stands in a folder of lessons means that one."""
    return Path(".") if Path(RECORD).exists() else Path(DEFAULT_FOLDER)


def worked_in_before(folder: Path) -> Path | None:
    """Where the lessons were last, if this is another, new folder: the answers are there. Remembers this one."""
    note = progress_file().with_name("lessons-folder")
    try:
        before = Path(note.read_text(encoding="utf-8")) if note.exists() else folder.resolve()
        elsewhere = before != folder.resolve() and (before / RECORD).exists() and not (folder / RECORD).exists()
        write_atomically(note, str(folder.resolve()).encode())
    except (OSError, ValueError):
        return None  # a hint is not worth a failure
    return before if elsewhere else None


def jupyterlab_settings(folder: Path, options: Sequence[str]) -> list[str]:
    """What the course asks of JupyterLab; the learner's own options come after these and win."""
    settings = [
        f"--ServerApp.root_dir={folder.resolve()}",
        f"--LabApp.default_url=/lab/tree/{where_to_go_on(folder)}",
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


def where_to_go_on(folder: Path) -> str:
    """The name of the lesson that was saved last, or of the first one where none was worked on."""
    record = read_record(folder / RECORD)
    lessons = [folder / path.name for path in files.notebooks() if (folder / path.name).exists()]
    newer = [path for lesson in lessons for path in folder.glob(f"{lesson.stem}-newer*.ipynb")]  # of --merge
    worked_on = [path for path in [*lessons, *newer] if checksum(path.read_bytes()) != record.get(path.name)]
    if not record or not worked_on:
        return min((path.name for path in lessons), default="")
    return max(worked_on, key=lambda path: path.stat().st_mtime).name


@dataclass
class Copied:
    """What ``copy_lessons`` did, by file name."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    outdated: list[str] = field(default_factory=list)  # changed by the learner, and by a newer release, too
    merged: list[str] = field(default_factory=list)  # of these, the newer ones with the learner's answers

    def report(self, folder: Path) -> str:
        lines = []
        if self.added:
            lines.append(f"Copied to {folder}: {', '.join(self.added)}.")
        if self.updated:
            lines.append(f"Brought up to date, for you had not changed them: {', '.join(self.updated)}.")
        if self.merged:
            lines.append(f"The course's newer version with your answers in it: {', '.join(self.merged)}.")
        elif self.outdated:
            lines.append(
                f"Kept your version of {', '.join(self.outdated)}; the course has a newer one."
                " Run this again with --merge to get it with your answers in it, or delete yours to start afresh."
            )
        return "\n".join(lines) or f"The lessons are in {folder}, as you left them."


def copy_lessons(folder: Path, released: Sequence[Path], merge: bool = False) -> Copied:
    """Copy the ``released`` notebooks to ``folder``; what the learner changed stays as it is.

    A record in the folder keeps the checksums of each lesson as it was copied: of the file, and of what its cells say.
    A lesson in which no cell says anything else was not changed, only run, so a newer release may replace it.
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
            new, then = checksum(content), {record.get(name), record.get(f"cells of {name}")} - {None}
            now = target.read_bytes() if target.exists() else None
            if now is not None and not {checksum(now), cells_checksum(now)} & {new, cells_checksum(content), *then}:
                if then and new not in then:  # changed by the learner, and by the course
                    done.outdated.append(name)
                    if merge:
                        done.merged.append(put_beside(target, merged(now, content)))
                continue
            if now is None or checksum(now) in then - {new} or cells_checksum(now) != cells_checksum(content):
                (done.added if now is None else done.updated).append(name)
                write_atomically(target, content)
            copied_as |= {name: new, f"cells of {name}": cells_checksum(content)}
        if copied_as != record and folder.resolve() != released[0].resolve().parent:  # a contributor's checkout
            write_atomically(folder / RECORD, json.dumps(copied_as, indent=1).encode())
    except OSError as error:
        raise CommandError(
            f"cannot put the lessons in {folder} ({error.strerror}); name a folder you may write to."
        ) from None
    return done


def put_beside(lesson: Path, content: bytes) -> str:
    """Write a newer lesson beside the learner's, under the first name that is free or holds the same; returns it."""
    for number in itertools.count(1):
        beside = lesson.with_name(f"{lesson.stem}-newer{number if number > 1 else ''}.ipynb")
        if not beside.exists():
            write_atomically(beside, content)
        if beside.read_bytes() == content:
            break
    return beside.name


def merged(mine: bytes, newer: bytes) -> bytes:
    """The newer lesson with the learner's answers in it, and with the cells that the learner added where they stood.

    Of a file that is no notebook any more, nothing: the newer lesson as it is.
    """
    new = json.loads(newer)
    try:
        old = [(cell, "".join(cell["source"])) for cell in json.loads(mine)["cells"]]
    except (ValueError, KeyError, TypeError):
        return newer
    places = {cell["id"]: cell for cell in new["cells"]}
    before = None
    for cell, text in old:
        known = places.get(cell.get("id"))
        if known is None and files.MADE_BY_A_FRONT_END.fullmatch(cell.get("id", "")) and text.strip():
            at = next((i for i, c in enumerate(new["cells"]) if c is before), -1) + 1
            new["cells"].insert(at, cell)
            before = cell
        elif known is not None:
            before = known
            if "answer" in cell.get("metadata", {}).get("tags", []):
                known["source"] = cell["source"]
    return json.dumps(new, indent=1, ensure_ascii=False).encode() + b"\n"


def checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def cells_checksum(content: bytes) -> str:
    """Of what the cells of a notebook say, whatever stands under them; of something else, of all of it."""
    try:
        cells = [(cell["cell_type"], "".join(cell["source"])) for cell in json.loads(content)["cells"]]
    except (ValueError, KeyError, TypeError):
        return checksum(content)
    return checksum(json.dumps(cells).encode())


def read_record(path: Path) -> Mapping[str, str]:
    """The record, or an empty one: without it every lesson counts as changed by the learner, which is safe."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}
