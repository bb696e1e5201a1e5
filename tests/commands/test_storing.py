"""`dlcourse author store` writes what the room says, stores what every machine shows, and nothing else."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import nbformat
import pytest

from dlcourse.commands.program import main
from dlcourse.commands.storing import WIDGET_VIEW, is_up_to_date, store
from dlcourse.lesson import files
from dlcourse.lesson.writing import CannotWrite, time_and_needs, write_cells

SETUP = "from dlcourse import open_lesson\nlesson = open_lesson('00')"


def write(path: Path, *sources: str) -> Path:
    """A notebook of lesson 00 as a front end would leave it: ids of its own, and nothing of the room."""
    cells = [
        nbformat.v4.new_markdown_cell("", metadata={"tags": ["title"]}, id="title"),
        nbformat.v4.new_markdown_cell("You will see.", metadata={"tags": ["objectives"]}, id="objectives"),
        *(nbformat.v4.new_code_cell(source, id=str(uuid.uuid4()), execution_count=7) for source in (SETUP, *sources)),
        nbformat.v4.new_code_cell("lesson.quiz()", id="0a1b2c3d", metadata={"tags": ["quiz"]}),
    ]
    metadata = {"kernelspec": {"name": "mine", "display_name": "Mine"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), path)
    return path


def cells(path: Path) -> dict[str, Any]:
    return {cell.id: cell for cell in nbformat.read(path, as_version=4).cells}


def test_a_notebook_gets_what_the_room_says_and_what_its_cells_show(tmp_path):
    path = write(
        tmp_path / "00_x.ipynb",
        "print('one')\nprint('two')\n40 + 2",
        "lesson.show('two-knobs')",
        'lesson.predict("00.a")',
        "import ipywidgets\nipywidgets.IntSlider()",
    )
    assert not is_up_to_date(path)
    assert store(path) == "00_x.ipynb stored."
    assert is_up_to_date(path)
    there = cells(path)
    exercises = [f"ex-{k}-{part}" for k in (1, 2, 3) for part in ("task", "answer", "check")]
    shown = ["print-one-print", "figure-two-knobs", "predict-a", "import-ipywidgets-ipywidgets"]
    assert list(there) == ["title", "objectives", "setup", *shown, *exercises, "quiz"]
    assert there["title"].source == "# 00 · Start here"
    assert there["objectives"].source == f"You will see.\n\n{time_and_needs('00')}"
    tags = {name: there[name].metadata["tags"] for name in ("setup", "figure-two-knobs", "predict-a")}
    assert tags == {"setup": ["setup"], "figure-two-knobs": ["widget"], "predict-a": ["predict"]}
    first = files.exercises("00")["00.1"]
    assert there["ex-1-answer"].source == first.stub()
    assert there["ex-1-task"].source.endswith(f"<summary>Hint 3</summary>{first.hint_texts[2]}</details>")
    assert there["ex-1-check"].outputs[0].text.startswith("00.1: not attempted yet.")
    printed, figure, slider = (there[name].outputs for name in (shown[0], shown[1], shown[3]))
    assert printed[0].text == "one\ntwo\n"
    assert printed[1].data == {"text/plain": "42"}
    assert set(figure[0].data) == {"image/png", "text/plain"}
    assert set(slider[0].data) == {"text/plain"}
    text = path.read_text(encoding="utf-8")
    assert WIDGET_VIEW not in text and "Mine" not in text and '"execution_count": 7' not in text
    assert store(path) == "00_x.ipynb is up to date."  # running it again changes nothing


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("import warnings\nwarnings.warn('careful')", "writes to stderr"),
        ("1 / 0", "00_x.ipynb was left as it was, for a cell failed:\n\n1 / 0\n\nZeroDivisionError: division by zero"),
    ],
)
def test_a_lesson_that_warns_or_fails_is_left_as_it_was(tmp_path, source, sentence):
    path = write(tmp_path / "00_x.ipynb", source)
    before = path.read_bytes()
    with pytest.raises(CannotWrite, match=sentence):
        store(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda cells: cells.pop(0), 'No cell has the tag "title"'),
        (
            lambda cells: cells.pop([cell.id for cell in cells].index("ex-1-check")),
            "Exercise 00.1 is three cells in a row",
        ),
        (lambda cells: cells[3].metadata.update(dlcourse={"exercise": "00.9"}), "The notebook has cells for 00.9"),
    ],
)
def test_a_notebook_that_does_not_fit_its_room_is_refused_in_a_sentence(damage, sentence):
    notebook = nbformat.read(files.notebook("00"), as_version=4)
    damage(notebook.cells)
    with pytest.raises(CannotWrite, match=sentence):
        write_cells(notebook, "00")


def test_the_released_lessons_are_up_to_date_and_the_command_says_which_is_not(tmp_path, monkeypatch, capsys):
    assert main(["author", "store", "--check", "00", "11"]) == 0
    assert capsys.readouterr().out == ""
    changed = tmp_path / "11_changed.ipynb"
    changed.write_text(files.notebook("11").read_text(encoding="utf-8").replace("About ", "Some "))
    monkeypatch.setattr(files, "notebook", lambda lesson: changed)
    assert main(["author", "store", "--check", "11"]) == 1
    assert capsys.readouterr().out == "11_changed.ipynb is not what its room says; run: dlcourse author store 11\n"
