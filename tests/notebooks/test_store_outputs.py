"""The author's tool stores what every machine shows, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.store_outputs import WIDGET_VIEW, store


def write(path: Path, *sources: str) -> Path:
    cells = [nbformat.v4.new_code_cell(source, id=f"cell-{n}") for n, source in enumerate(sources, 1)]
    metadata = {"kernelspec": {"name": "mine", "display_name": "Mine"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), path)
    return path


def outputs(path: Path) -> list[Any]:
    return [cell.outputs for cell in nbformat.read(path, as_version=4).cells]


def test_text_and_pictures_are_stored_and_widgets_are_not(tmp_path):
    path = write(
        tmp_path / "02_x.ipynb",
        "from dlcourse import open_lesson\nlesson = open_lesson('02')",
        "print('one')\nprint('two')\n40 + 2",
        "lesson.show('descent')",
        "import ipywidgets\nipywidgets.IntSlider()",
    )
    assert store(path) == "02_x.ipynb stored."
    notebook = nbformat.read(path, as_version=4)
    assert [cell.id for cell in notebook.cells] == ["cell-1", "cell-2", "cell-3", "cell-4"]
    assert [cell.execution_count for cell in notebook.cells] == [1, 2, 3, 4]
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    _, printed, figure, slider = outputs(path)
    assert printed[0].text == "one\ntwo\n"
    assert printed[1].data == {"text/plain": "42"}
    assert set(figure[0].data) == {"image/png", "text/plain"}
    assert set(slider[0].data) == {"text/plain"}
    assert WIDGET_VIEW not in path.read_text(encoding="utf-8")
    assert store(path) == "02_x.ipynb is up to date."  # running it again changes nothing


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("import warnings\nwarnings.warn('careful')", "writes to stderr"),
        ("1 / 0", "02_x.ipynb failed and was left as it was"),
    ],
)
def test_a_lesson_that_warns_or_fails_is_left_as_it_was(tmp_path, source, sentence):
    path = write(tmp_path / "02_x.ipynb", source)
    before = path.read_bytes()
    assert sentence in store(path)
    assert path.read_bytes() == before
