"""Programs for PyTorch in a lesson: run where it is installed; elsewhere what they printed when recorded is shown."""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import json
import textwrap
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import Any

from dlcourse.lesson import files

__all__ = ["record", "records", "show"]

Program = Callable[[Any], None]  # gets the module torch, and prints


def records(lesson: str) -> dict[str, dict[str, str]]:
    """What was recorded for a lesson, by the name of the program: its source, what it printed, and who ran it.

    Examples
    --------
    >>> sorted(records("14")["ten_outputs"])
    ['printed', 'source', 'torch']
    """
    path = place(lesson)
    found: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def place(lesson: str) -> Path:
    """Where the records of a lesson are kept."""
    return files.room(lesson) / "torch.json"


def record(lesson: str, programs: list[Program], torch: Any) -> None:
    """Run programs with PyTorch, and keep what they print."""
    found = {}
    for program in programs:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            program(torch)
        found[program.__name__] = {"torch": torch.__version__, "source": source(program), "printed": printed.getvalue()}
    place(lesson).write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def show(lesson: str, program: Program) -> None:
    """Run a program with PyTorch; where there is none, print what it printed when it was recorded."""
    try:
        torch = import_module("torch")
    except ImportError:
        known = records(lesson).get(program.__name__)
        if known is None:
            print(f"PyTorch is not installed here, and {program.__name__} was never recorded: pip install torch.")
            return
        if code(source(program)) != code(known["source"]):
            print("PyTorch is not installed here, so what you changed cannot run. As it was, it printed:")
        print(known["printed"], end="")
    else:
        program(torch)


def source(program: Program) -> str:
    """The source of a program and of the functions beside it that it calls, those first."""
    names = program.__code__.co_names if isinstance(program, FunctionType) else ()
    beside = [getattr(program, "__globals__", {}).get(name) for name in names]
    called: list[Program] = [f for f in beside if isinstance(f, FunctionType) and f.__module__ == program.__module__]
    return "\n".join(textwrap.dedent(inspect.getsource(f)) for f in [*called, program])


def code(text: str) -> str:
    """A source as Python reads it: comments and blank lines change nothing."""
    return ast.dump(ast.parse(text))
