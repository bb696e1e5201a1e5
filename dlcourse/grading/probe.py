"""An exercise written out as a program of literals, to observe an answer in another process.

The program holds the inputs and the way to look, never what is expected. It prints a ``Run`` as one line of
JSON; who reads that line judges it (``dlcourse.lesson.judging``).
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from dlcourse.grading.sandbox import Limits, run_sandboxed
from dlcourse.lesson.cases import source_of
from dlcourse.lesson.exercises import Exercise, plain_source
from dlcourse.lesson.running import Report, Run

__all__ = ["in_fresh_namespace", "observe_sandboxed", "probe_source", "read_run", "shown_cases"]

MARK = "dlcourse-run: "


def probe_source(exercise: Exercise, cell: str, cases: Sequence[dict[str, Any]], patience: float = 1.0) -> str:
    """Write the program that runs a student's cell and looks at the answer with these cases.

    The cell runs on its own, as in ``lesson.check``. If that does not give a value each time, it runs once more
    among the names of the notebook that the probe stands in: a helper or an import may be in another cell.

    Parameters
    ----------
    exercise : Exercise
    cell : str
        The source of the student's answer cell.
    cases : sequence of dicts
        Literals, from ``exercise.draw(seed)``.
    patience : float
        By how much a busy machine makes the time longer.

    Returns
    -------
    str
        Python source. It needs dlcourse, but no lesson and no answer.
    """
    written = "".join(f"    {source_of(case)},\n" for case in shown_cases(exercise, cases))
    seconds = exercise.time_limit * patience
    return in_fresh_namespace(f"""\
import json
import sys
import time

import numpy as np

import dlcourse as dl
from dlcourse.lesson.running import observe_answer
from dlcourse.lesson.cases import function_of

cell = {cell!r}

{plain_source(exercise.observer)}

cases = [
{written}]

def run(names, seconds):
    return observe_answer(
        cell, {exercise.name!r}, {exercise.observer.__name__}, cases, exercise={exercise.id!r},
        is_class={exercise.is_class!r}, without={exercise.without!r}, seconds=seconds, names=names,
        absent=True,
    )

end = time.monotonic() + {seconds!r}
found = run({{}}, {seconds!r})
if not found.complete and not found.ended:
    again = run(notebook, max(0.1, end - time.monotonic()))
    found = again if again.complete else found
sys.stdout.write("\\n" + {MARK!r} + json.dumps(found.to_json()) + "\\n")
""")


def shown_cases(exercise: Exercise, cases: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cases without what only the judge looks at: where an answer runs, that is not to be found."""
    asked = _asked_for(exercise.observer)
    return [{key: value for key, value in case.items() if asked is None or key in asked} for case in cases]


def _asked_for(observer: Callable[..., Any]) -> set[str] | None:
    """What an observer asks its case for, by name; None if it takes the case as a whole."""
    tree = ast.parse(plain_source(observer))
    top = tree.body[0]
    assert isinstance(top, ast.FunctionDef)
    case = top.args.args[1].arg
    asked, uses = [], 0
    for node in ast.walk(tree):
        uses += isinstance(node, ast.Name) and node.id == case
        match node:
            case ast.Subscript(ast.Name(name), ast.Constant(str(key))) if name == case:
                asked.append(key)
            case ast.Compare(ast.Constant(str(key)), [ast.In() | ast.NotIn()], [ast.Name(name)]) if name == case:
                asked.append(key)
    return set(asked) if len(asked) == uses else None


def in_fresh_namespace(program: str) -> str:
    """Write a cell that runs a program apart from the notebook's names, which may have become anything.

    The program finds them in the dict ``notebook``.

    Examples
    --------
    >>> list = "not what it was"
    >>> exec(in_fresh_namespace("print(list(notebook)[-1] in notebook)"))
    True
    """
    lines = "".join(f"    {line!r}\n" for line in program.splitlines(keepends=True))
    return f"import builtins as _builtins\n_builtins.exec(\n{lines}    , {{'notebook': _builtins.globals()}})\n"


def read_run(output: str, cases: Sequence[dict[str, Any]]) -> Run | None:
    """Find the run in what a probe printed; ``None`` if there is none that can be read."""
    for line in reversed(output.splitlines()):
        if line.startswith(MARK):
            try:
                run = Run.from_json(json.loads(line[len(MARK) :]))
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError):
                return None
            ended_early = bool(run.reports) and run.reports[-1].status in ("time", "stopped")
            complete = run.trouble is not None or len(run.reports) == len(cases)
            return run if complete or (ended_early and len(run.reports) <= len(cases)) else None
    return None


def observe_sandboxed(
    exercise: Exercise, cell: str, cases: Sequence[dict[str, Any]], *, limits: Limits | None = None
) -> Run:
    """Observe a cell's answer in a sandboxed process of its own.

    A process that dies, floods its output or does not come back gives a run that says so.
    """
    limits = limits or replace(Limits(), seconds=exercise.time_limit + 30)
    done = run_sandboxed([sys.executable, "-P", "-B", "-"], stdin=probe_source(exercise, cell, cases), limits=limits)
    run = read_run(done.stdout, cases) if done.outcome == "ended" else None
    if run is not None:
        return run
    return Run(Report("time") if done.outcome == "timeout" else Report("died", message=done.outcome))
