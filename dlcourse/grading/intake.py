"""From a folder of submissions to the cells of each: nothing is run here, and nothing is believed.

Every entry of the folder is one submission. What cannot be read raises ``Rejected`` with one sentence that the
student can act on; nobody else is affected.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlcourse.grading.handed_in import by_nbgrader, is_progress, submitters
from dlcourse.grading.results import Student

__all__ = ["Cell", "Rejected", "Submitted", "cells_of", "entries", "hidden", "python_of", "read", "several", "shown"]

MOST_BYTES = 20 << 20
MOST_CELLS = 2000
MOST_SOURCE = 1_000_000  # characters in all cells
MOST_FILES = 5000  # looked at in one folder
MOST_DEPTH = 6
MOST_NOTEBOOKS = 200  # in one folder
MOST_READ = 20  # files of other kinds that are looked into, in one folder
SYSTEM_FOLDERS = ("__MACOSX", "__pycache__")
# what Windows, macOS and Gradescope leave beside what students hand in
SYSTEM_FILES = ("desktop.ini", "thumbs.db", "ehthumbs.db", "icon\r", "submission_metadata.yml")
HIDDEN = (".DS_Store", ".Trashes", ".Spotlight-V100", ".fseventsd", ".directory", ".ipynb_checkpoints", ".git", ".venv")
OTHER_ENDINGS = (".ipynb.txt", ".ipynb.json", ".json")  # a browser or a mail program renamed the notebook

# Canvas takes the spaces and signs out of a name, Moodle its underscores: what follows is the student's to choose.
CANVAS = re.compile(r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<user>[1-9]\d*)_(?P<submission>[1-9]\d*)_.+", re.DOTALL)
MOODLE = re.compile(r"(?P<name>[^_]+)_(?P<user>\d+)_assignsubmission_(?:file|onlinetext)(?:_.*)?", re.DOTALL)


class Rejected(Exception):
    """Why a submission is not graded: one sentence for the student."""


@dataclass(frozen=True)
class Submitted:
    """An entry of the folder.

    Attributes
    ----------
    submission : str
        Its name.
    student : Student
    notebooks : tuple of Path
        The notebooks that may be meant: one, unless a folder holds several.
    reason : str
        Why it is rejected, if it is.
    progress : Path or None
        A progress file that was handed in with it, or that it is.
    """

    submission: str
    student: Student
    notebooks: tuple[Path, ...] = ()
    reason: str = ""
    progress: Path | None = None


@dataclass(frozen=True)
class Cell:
    """A cell of a notebook: the parts that grading looks at."""

    kind: str
    source: str
    id: str = ""
    exercise: str = ""
    tags: tuple[str, ...] = ()


# ---------------------------------------------------------------------------------------------- the folder


def entries(folder: Path) -> Iterator[Submitted]:
    """Look at every entry of the folder that is not hidden, in the order of their names."""
    names = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    tell = _Names(folder, names)
    for name in names:
        if name.casefold() in SYSTEM_FILES or name in SYSTEM_FOLDERS:
            why = "It is nobody's submission: a system or a learning platform left it here."
            yield Submitted(name, Student("system", name), reason=why)
            continue
        try:
            yield _entry(folder / name, tell)
        except Rejected as problem:
            yield Submitted(name, tell.student(name, "file"), reason=str(problem))
        except OSError as error:
            yield Submitted(name, tell.student(name, "file"), reason=f"It cannot be read: {error.strerror}.")


def hidden(folder: Path) -> list[str]:
    """The names that are skipped because they begin with a dot, without those that systems give."""
    names = (name for name in os.listdir(folder) if name.startswith("."))
    return sorted(name for name in names if name not in HIDDEN and not name.startswith("._"))


def _entry(path: Path, tell: _Names) -> Submitted:
    mode = os.lstat(path).st_mode
    if not stat.S_ISDIR(mode):
        _refuse_special(mode)
        student = tell.student(path.name, "file")
        if not path.name.lower().endswith((".ipynb", *OTHER_ENDINGS)):
            raise Rejected("It is not a notebook: hand in the file whose name ends in .ipynb.")
        if path.suffix.lower() == ".json":
            if is_progress(content := read(path)):
                why = "It is a progress file, not a notebook: it tells how long the exercises took."
                return Submitted(path.name, student, reason=why, progress=path)
            if b'"nbformat"' not in content:
                raise Rejected("It is not a notebook: hand in the file whose name ends in .ipynb.")
        return Submitted(path.name, student, (path,))
    found = sorted(_files(path))
    notebooks = [file for file in found if file.name.lower().endswith(".ipynb")]
    if not notebooks:
        notebooks = [file for file in found[:MOST_READ] if _says(file, lambda content: b'"nbformat"' in content)]
    records = [file for file in found if file.suffix.lower() == ".json"]
    progress = next((file for file in records[:MOST_READ] if _says(file, is_progress)), None)
    nested = any(notebook.parent.parent == path for notebook in notebooks)
    student = tell.student(path.name, "nbgrader" if nested else "folder")
    if not notebooks:
        why = "The folder holds no notebook: put the file whose name ends in .ipynb into it."
        return Submitted(path.name, student, reason=why, progress=progress)
    if len(notebooks) > MOST_NOTEBOOKS:
        raise Rejected(f"The folder holds {len(notebooks)} notebooks: leave the one that is to be graded.")
    return Submitted(path.name, student, tuple(notebooks), progress=progress)


def several(folder: str, notebooks: Sequence[Path]) -> str:
    """The sentence about a folder with several notebooks.

    Examples
    --------
    >>> several("ada", [Path("in/ada/old/work.ipynb"), Path("in/ada/work.ipynb")])
    'The folder holds several notebooks (old/work.ipynb, work.ipynb): leave the one that is to be graded.'
    """
    names = [str(path).rpartition(f"{os.sep}{folder}{os.sep}")[2] for path in notebooks]
    some = ", ".join(map(shown, names[:5])) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return f"The folder holds several notebooks ({some}): leave the one that is to be graded."


def shown(text: str) -> str:
    """A text from a submission as a page or a terminal may show it: nothing in it can move the cursor.

    Examples
    --------
    >>> shown("zoë\\n\\x1b[31m\\udcff.ipynb")
    'zoë\\\\n\\\\x1b[31m\\\\udcff.ipynb'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def _files(folder: Path) -> Iterator[Path]:
    """What may be a notebook in a folder and in the folders in it; hidden files, and what systems leave, aside."""

    def fail(error: OSError) -> None:
        raise error

    seen = 0
    for top, folders, files in os.walk(folder, onerror=fail):
        depth = len(Path(top).relative_to(folder).parts)
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in SYSTEM_FOLDERS)
        seen += len(files) + len(folders)
        if seen > MOST_FILES or depth > MOST_DEPTH:
            raise Rejected("The folder holds too many files to look through: hand in the notebook alone.")
        for name in files:
            if name.lower().endswith((".ipynb", *OTHER_ENDINGS)) and not name.startswith("."):
                yield Path(top, name)


def _says(path: Path, what: Callable[[bytes], bool]) -> bool:
    with suppress(Rejected):
        return what(read(path))
    return False


def _refuse_special(mode: int) -> None:
    if stat.S_ISLNK(mode):
        raise Rejected("It is a link to a file, not the file: hand in the notebook itself.")
    if not stat.S_ISREG(mode):
        raise Rejected("It is not an ordinary file: hand in the notebook itself.")


class _Names:
    """What the names in a folder tell, and what the platform wrote beside them.

    Canvas' pattern is met by chance, too (``homework_2_2024_final.ipynb``): it counts where most of the folder is so.
    """

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self.gradescope = submitters(folder / "submission_metadata.yml")
        others = [name for name in names if name.casefold() not in SYSTEM_FILES and name not in SYSTEM_FOLDERS]
        paths = [folder / name for name in others]
        self.nbgrader = by_nbgrader([path for path in paths if path.is_dir() and not path.is_symlink()])
        self.canvas = 2 * sum(CANVAS.fullmatch(name) is not None for name in others) >= len(others)

    def student(self, name: str, layout: str) -> Student:
        if name in self.gradescope and layout != "file":
            return self.gradescope[name]
        if match := MOODLE.fullmatch(name):
            return Student("moodle", match["name"], match["user"])
        if self.canvas and (match := CANVAS.fullmatch(name)):
            return Student("canvas", match["name"], match["user"], match["submission"], match["late"] is not None)
        if layout == "file":
            return Student(layout, re.sub(r"\.ipynb(\.txt|\.json)?\Z|\.\w+\Z", "", name))
        return Student(layout, name, clock="nbgrader" if layout == "nbgrader" and self.nbgrader else "")


# ------------------------------------------------------------------------------------------------ the file


def read(path: Path) -> bytes:
    """Read a regular file; a link, a pipe, a device or a giant raises ``Rejected``."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        _refuse_special(os.lstat(path).st_mode)
        with open(os.open(path, flags), "rb") as file:
            _refuse_special(os.fstat(file.fileno()).st_mode)
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Rejected(f"It cannot be read: {error.strerror}.") from None
    if len(content) > MOST_BYTES:
        raise Rejected(
            f"It is larger than {MOST_BYTES >> 20} MB: clear the outputs (Kernel, Restart Kernel and Clear Outputs), "
            "save, and hand it in again."
        )
    return content


AGAIN = "open it in JupyterLab, save it, and hand it in again"


def cells_of(content: bytes) -> list[Cell]:
    """Read a notebook; what is not one raises ``Rejected``.

    Examples
    --------
    >>> cells_of(b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": ["x = 1\\\\n", "x"]}]}')
    [Cell(kind='code', source='x = 1\\nx', id='', exercise='', tags=())]
    >>> cells_of(b"PK\\x03\\x04")
    Traceback (most recent call last):
        ...
    dlcourse.grading.intake.Rejected: It is not a notebook (not JSON): hand in the file that JupyterLab saves.
    """
    notebook = _json(content)
    version = notebook.get("nbformat") if isinstance(notebook, dict) else None
    if not isinstance(notebook, dict) or type(version) is not int or abs(version) > 99:
        raise Rejected("It is not a notebook, though its name says so: hand in the file that JupyterLab saves.")
    if version not in (3, 4):
        raise Rejected(f"It is in notebook format {version}, which cannot be graded: {AGAIN}.")
    cells = _format_3(notebook) if version == 3 else notebook.get("cells")
    if not isinstance(cells, list):
        raise Rejected(f"The notebook is damaged (it has no list of cells): {AGAIN}.")
    if len(cells) > MOST_CELLS:
        raise Rejected(f"It has {len(cells)} cells; up to {MOST_CELLS} can be graded: delete those you do not need.")
    read = [_cell(cell, number) for number, cell in enumerate(cells, start=1)]
    size = sum(len(cell.source) for cell in read)
    if size > MOST_SOURCE:
        raise Rejected(f"Its cells hold {size} characters; up to {MOST_SOURCE} can be graded: take out pasted data.")
    return read


PYTHON = re.compile(rb'"language_info"\s*:\s*\{(?:[^{}]|\{[^{}]*\})*"version"\s*:\s*"(\d{1,2})\.(\d{1,3})\b')


def python_of(content: bytes) -> tuple[int, int]:
    """The Python that a notebook says it was run with; (0, 0) if it does not say so.

    Examples
    --------
    >>> python_of(b'{"metadata": {"language_info": {"codemirror_mode": {"version": 3}, "version": "3.13.1"}}}')
    (3, 13)
    """
    start = max(0, content.rfind(b'"language_info"'))
    match = PYTHON.match(content, start, start + 1000)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _json(content: bytes) -> Any:
    if not content.strip():
        raise Rejected(f"The file is empty: {AGAIN}.")
    try:
        return json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Rejected("It is not a notebook (not UTF-8 text): hand in the file that JupyterLab saves.") from None
    except ValueError:
        raise Rejected("It is not a notebook (not JSON): hand in the file that JupyterLab saves.") from None
    except (RecursionError, MemoryError):
        raise Rejected(f"The notebook is damaged (lists in lists without end): {AGAIN}.") from None


def _format_3(notebook: Mapping[str, Any]) -> list[Any]:
    """The cells of a notebook as Jupyter saved it until 2015."""
    try:
        cells = [cell for sheet in notebook["worksheets"] for cell in sheet["cells"]]
        return [{**cell, "source": cell["input"]} if "input" in cell else cell for cell in cells]
    except (LookupError, TypeError):
        raise Rejected(f"The notebook is damaged (it has no list of cells): {AGAIN}.") from None


def _cell(cell: Any, number: int) -> Cell:
    source = (cell.get("source") or "") if isinstance(cell, dict) else None  # some editors write none for an empty cell
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(cell, dict) or not isinstance(source, str):
        raise Rejected(f"The notebook is damaged (cell {number} is not a cell): {AGAIN}.")
    source = source.encode("utf-8", "replace").decode("utf-8")  # half a character cannot be sent to a kernel
    metadata = cell.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    ours = metadata.get("dlcourse")
    tags = metadata.get("tags")
    return Cell(
        _text(cell.get("cell_type")),
        source.replace("\r\n", "\n").replace("\r", "\n"),
        _text(cell.get("id")),
        _text(ours.get("exercise")) if isinstance(ours, dict) else "",
        tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
