"""The learner's cells as they were run, and whether what stands on the screen may be something else.

A kernel knows only what it was given to run. JupyterLab and Notebook 7 mark a cell that was edited since; the figures'
front end tells (figures/watch.py). Everywhere, the saved file tells if it is newer than the run.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from dlcourse.lesson.exercises import Exercise
from dlcourse.lesson.running import running_shell

__all__ = ["Cell", "cells_to_run_again", "edited_since", "executed_cells", "watch_the_page"]


class Cell(str):
    """The source of a cell, when it was run, and which cell of the page it is, where the page tells."""

    at: float
    id: str | None

    def __new__(cls, source: str, id: str | None = None) -> Cell:
        cell = super().__new__(cls, source)
        cell.at, cell.id = time.time(), id
        return cell


CELLS: WeakKeyDictionary[Any, list[Cell]] = WeakKeyDictionary()  # by IPython shell
WATCHES: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
EDITED: dict[str, float] = {}  # names of functions and numbers of exercises, and when the page told of them


def executed_cells() -> list[Cell]:
    """The sources of the cells that were run in this kernel, oldest first.

    IPython's own history would do, but not every front end has it kept: nbval runs cells without.
    """
    shell = running_shell()
    if shell is None:
        return []
    if shell not in CELLS:
        cells = CELLS[shell] = [Cell(str(cell)) for cell in shell.history_manager.input_hist_raw]
        shell.events.register("pre_run_cell", lambda info: cells.append(Cell(str(info.raw_cell), info.cell_id)))
    return CELLS[shell]


def cells_to_run_again() -> list[str]:
    """What brings back what the running cell shows, after a restart: the setup cell, and itself."""
    cells = executed_cells()
    setup = [cell for cell in cells if "open_lesson(" in cell][-1:]
    return [str(cell) for cell in dict.fromkeys([*setup, *cells[-1:]])]


def watch_the_page() -> None:
    """From now on the page tells which answer cells are edited, if it can."""
    shell = running_shell()
    if shell is None or shell in WATCHES:
        return
    from dlcourse.figures.watch import Watch

    def edited(names: list[str]) -> None:
        for name in EDITED.keys() - set(names):
            del EDITED[name]
        for name in set(names) - EDITED.keys():
            EDITED[name] = time.time()

    WATCHES[shell] = Watch(edited)


def edited_since(exercise: Exercise, judged: Cell) -> bool:
    """Whether the answer on the screen is known to be another one than the one that was judged."""
    told = max(EDITED.get(exercise.id, 0.0), EDITED.get(exercise.name, 0.0))
    return told > judged.at or _saved_since(exercise.id, judged)


def _saved_since(id: str, judged: Cell) -> bool:
    """Whether the notebook was saved after the cell ran, and holds another answer, and this one nowhere."""
    shell = running_shell()
    named = os.environ.get("JPY_SESSION_NAME") or (shell and shell.user_ns.get("__vsc_ipynb_file__"))
    if not named:
        return False
    path = Path(named)
    try:
        if not path.is_file():  # it may begin at the server's folder; a kernel runs where its notebook is
            path = Path(path.name)
        if path.stat().st_mtime <= judged.at:
            return False
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        sources = ["".join(cell["source"]).strip() for cell in cells if cell["cell_type"] == "code"]
        answers = [cell for cell in cells if "answer" in cell["metadata"].get("tags", ())]
        return judged.strip() not in sources and any(a["metadata"]["dlcourse"]["exercise"] == id for a in answers)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False  # a file that cannot be read tells nothing
