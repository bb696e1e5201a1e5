"""``dlcourse lab``: copy the lessons to a folder of the learner's, and open JupyterLab on them."""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dlcourse.commands.errors import CommandError
from dlcourse.grading.files import write_atomically
from dlcourse.grading.starting import QUICKLY
from dlcourse.lesson import files

DEFAULT_FOLDER = "dlcourse-lessons"
RECORD = ".dlcourse-lessons.json"  # in the learner's folder: what each lesson looked like when it was copied

LAB_HELP = f"""usage: dlcourse lab [DIR] [jupyter options]

Copy the lessons to DIR (default: ./{DEFAULT_FOLDER}) if they are not there, and open JupyterLab on them.
What you changed is never overwritten. To start a lesson afresh, delete or rename its file and run this again.
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
    named = bool(words) and not words[0].startswith("-")
    folder, options = (Path(words[0]), list(words[1:])) if named else (Path(DEFAULT_FOLDER), list(words))
    if importlib.util.find_spec("jupyterlab") is None:
        raise CommandError(f"JupyterLab is not installed for {sys.executable}; try: python -m pip install jupyterlab")
    print(copy_lessons(folder, files.notebooks()).report(folder), flush=True)
    program = f"{QUICKLY}from jupyterlab.labapp import main; sys.exit(main())"
    command = [sys.executable, "-c", program, *jupyterlab_settings(folder, options), *options]
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
