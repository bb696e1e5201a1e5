"""Bring a lesson's notebook up to date: what its room says, the names of cells, and what its cells print and show.

Stored are text and pictures; widget views and widget state are left out, so that a lesson that was not run shows
pictures and no error. A picture that looks as before is not replaced. Every cell has the execution count 1: numbers in
order would change behind every cell that is added, and nbval takes a cell without a number for one that was never run.
"""

from __future__ import annotations

import base64
import io
import os
import tempfile
from pathlib import Path
from typing import Any

import nbformat
import numpy as np

from dlcourse.commands.publishing import course_list
from dlcourse.commands.serving import WIDGET_VIEW
from dlcourse.grading.files import write_atomically
from dlcourse.lesson.writing import CannotWrite, name_cells, write_cells

__all__ = ["COUNT", "WIDGET_VIEW", "is_up_to_date", "store", "store_list", "with_list", "written"]

COUNT = 1
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def store(path: Path) -> str:
    """Bring one notebook up to date and run it; return a sentence about it.

    Raises
    ------
    CannotWrite
        If the notebook was left as it was; says why.
    """
    from nbclient.exceptions import CellExecutionError

    previous = read(path)
    notebook = prepared(previous, path)
    with tempfile.TemporaryDirectory() as folder:
        try:
            notebook = tidied(executed(notebook, Path(folder)), previous)
        except CellExecutionError as error:
            source = str(error).split("------------------")[1].strip()
            raised = f"{error.ename}: {error.evalue}"
            raise CannotWrite(f"{path.name} was left as it was, for a cell failed:\n\n{source}\n\n{raised}") from None
    if found := complaints(notebook):
        raise CannotWrite(f"{path.name} was left as it was: {'; '.join(found)}.")
    text = written(notebook)
    if text == path.read_text(encoding="utf-8"):
        return f"{path.name} is up to date."
    write_atomically(path, text.encode())
    return f"{path.name} stored."


def is_up_to_date(path: Path) -> bool:
    """Whether a notebook holds what its room says, under names, in the one form; nothing is run."""
    return written(prepared(read(path), path)) == path.read_text(encoding="utf-8")


def with_list(readme: Path) -> str:
    """The README with the list of the lessons that there are."""
    begin, end = "<!-- lessons: dlcourse author store -->", "<!-- /lessons -->"
    before, _, rest = readme.read_text(encoding="utf-8").partition(begin)
    return f"{before}{begin}\n{course_list()}\n{end}{rest.partition(end)[2]}"


def store_list(readme: Path) -> None:
    """Bring the README's list of lessons up to date."""
    text = with_list(readme)
    if text != readme.read_text(encoding="utf-8"):
        write_atomically(readme, text.encode())
        print(f"{readme.name} stored.")


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def prepared(notebook: Any, path: Path) -> Any:
    """A copy of a notebook with all that does not come from running it."""
    notebook = nbformat.from_dict(notebook)  # type: ignore[no-untyped-call]
    try:
        write_cells(notebook, path.name[:2])
    except CannotWrite as problem:
        raise CannotWrite(f"{path.name} was left as it was. {problem}") from None
    name_cells(notebook)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.execution_count = COUNT
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})  # type: ignore[no-untyped-call]
    notebook.nbformat_minor = 5
    return notebook


def executed(notebook: Any, folder: Path) -> Any:
    """Run a copy of a notebook from top to bottom in a fresh kernel, with progress of its own."""
    from nbclient import NotebookClient

    notebook = nbformat.from_dict(notebook)  # type: ignore[no-untyped-call]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    before = os.environ.get("DLCOURSE_PROGRESS")
    os.environ["DLCOURSE_PROGRESS"] = str(folder / "progress.json")
    try:
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            timeout=300,
            store_widget_state=False,
            record_timing=False,
            resources={"metadata": {"path": str(folder)}},
        )
        client.execute()
    finally:
        if before is None:
            del os.environ["DLCOURSE_PROGRESS"]
        else:
            os.environ["DLCOURSE_PROGRESS"] = before
    return notebook


def tidied(notebook: Any, previous: Any) -> Any:
    """Keep what is the same on every machine: text, and pictures."""
    pictures = [
        output.data["image/png"]
        for cell in previous.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.execution_count = COUNT
        cell.outputs = [output for output in joined(cell.outputs) if kept(output)]
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = COUNT
            if "image/png" in output.get("data", {}):
                new = output.data["image/png"]
                output.data["image/png"] = next((old for old in pictures if looks_like(old, new)), new).strip() + "\n"
    notebook.metadata.pop("widgets", None)
    notebook.metadata.language_info = {"name": "python"}  # the kernel has told its version
    return notebook


def joined(outputs: list[Any]) -> list[Any]:
    """Put the pieces in which a kernel sends printed text together."""
    result: list[Any] = []
    for output in outputs:
        before = result[-1] if result else None
        if before is not None and output.output_type == before.output_type == "stream" and output.name == before.name:
            before.text += output.text
        else:
            result.append(output)
    return result


def kept(output: Any) -> bool:
    """Drop widget views; drop an output of which nothing is left."""
    if "data" not in output:
        return True
    output.data.pop(WIDGET_VIEW, None)
    return bool(output.data)


def looks_like(old: str, new: str) -> bool:
    """Whether two PNG pictures show the same: same size, and nearly the same colour everywhere."""
    if old.strip() == new.strip():
        return True
    from matplotlib.image import imread

    one, other = (imread(io.BytesIO(base64.b64decode(picture)), format="png") for picture in (old, new))
    return one.shape == other.shape and float(np.abs(one - other).max()) < 0.02


def complaints(notebook: Any) -> list[str]:
    """What must not be stored: warnings, for nbval compares them, too."""
    return [
        f"cell {cell.id} writes to stderr: {output.text.strip().splitlines()[-1]}"
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stderr"
    ]


def written(notebook: Any) -> str:
    """The notebook as text, always in the same form."""
    text: str = nbformat.writes(notebook, version=4)  # type: ignore[no-untyped-call]
    return text.rstrip("\n") + "\n"
