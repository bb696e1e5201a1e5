"""Run released lessons in a real kernel and store what they print and show.

    python tests/store_outputs.py lessons/02_walking_down.ipynb ...     (no names: every lesson)

An author runs this after changing a lesson or a figure. Stored are text and pictures; widget views and widget
state are left out, so that a lesson that was not run shows pictures and no error. Cell ids stay as they are.
A picture that looks as before is not replaced.
"""

from __future__ import annotations

import base64
import io
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def executed(notebook: Any, folder: Path) -> Any:
    """Run a copy of a notebook from top to bottom in a fresh kernel, with progress of its own."""
    notebook = nbformat.from_dict(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
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
    """Keep what is the same on every machine: text, pictures, and counts in order."""
    pictures = [
        output.data["image/png"]
        for cell in previous.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    count = 0
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        count += 1
        cell.execution_count = count
        cell.outputs = [output for output in joined(cell.outputs) if kept(output)]
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = count
            if "image/png" in output.get("data", {}):
                new = output.data["image/png"]
                output.data["image/png"] = next((old for old in pictures if looks_like(old, new)), new).strip() + "\n"
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    notebook.nbformat_minor = 5
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
    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"


def store(path: Path) -> str:
    """Store the outputs of one lesson; return a sentence about it."""
    previous = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        try:
            notebook = tidied(executed(previous, Path(folder)), previous)
        except CellExecutionError as error:
            return f"{path.name} failed and was left as it was:\n{error}"
    if found := complaints(notebook):
        return f"{path.name} was left as it was: {'; '.join(found)}"
    text = written(notebook)
    if text == path.read_text(encoding="utf-8"):
        return f"{path.name} is up to date."
    temporary = path.with_suffix(".part")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)
    return f"{path.name} stored."


def main(names: list[str]) -> int:
    paths = [Path(name) for name in names] or sorted(Path(__file__).parents[1].glob("lessons/[0-9][0-9]_*.ipynb"))
    sentences = [store(path) for path in paths]
    print("\n".join(sentences))
    return 0 if all(s.endswith(("stored.", "up to date.")) for s in sentences) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
