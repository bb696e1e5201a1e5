"""The command line, ``dlcourse COMMAND``: each command is a module here, which adds itself to the parser.

A command returns an exit status. What a person can mend it raises as ``CommandError``; that is printed as one sentence,
without a traceback. What is heavy is imported when a command runs, so that ``--help`` comes at once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version

from dlcourse.commands import author, doctor, export_nbgrader, grade, lab, progress, singleuser, site, solve, worksheet
from dlcourse.commands.errors import CommandError
from dlcourse.grading.starting import import_quickly

COMMANDS = (lab, doctor, progress, solve, grade, worksheet, site, export_nbgrader, singleuser, author)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the entry point of the ``dlcourse`` program."""
    import_quickly()
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if words[:1] == ["lab"]:  # not argparse's business: its options belong to JupyterLab
            return lab.run(words[1:])
        if words[:1] == ["singleuser"]:  # nor this one's: to JupyterHub
            return singleuser.run(words[1:])
        if not words:
            parser().print_help()
            return 2
        options = parser().parse_args(words)
        return int(options.command(options))
    except CommandError as error:
        print(f"dlcourse: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    top = argparse.ArgumentParser(
        prog="dlcourse", description="Gradient descent and backpropagation, learned by building them."
    )
    top.add_argument("--version", action="version", version=f"dlcourse {version('dlcourse')}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_to(commands)
    return top
