"""What is taken in and what is sent back, with which words."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from dlcourse.grading.handed_in import when
from dlcourse.grading.intake import MOST_BYTES, Cell, Rejected, cells_of, entries, hidden, read
from tests.grading.corpus import Book

NOTEBOOK = Book().bytes()


def only(folder: Path) -> tuple[str, list[str], str]:
    """The one entry of a folder: its name, its notebooks, why it is rejected."""
    [entry] = entries(folder)
    return entry.submission, [str(path.relative_to(folder)) for path in entry.notebooks], entry.reason


def put(path: Path, content: bytes = NOTEBOOK) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


# ------------------------------------------------------------------------------------------------------ layouts


@pytest.mark.parametrize(
    ("path", "layout", "name", "ids"),
    [
        ("ada.ipynb", "file", "ada", ("", "")),
        ("ada/work.ipynb", "folder", "ada", ("", "")),
        ("ada/lesson_12/work.ipynb", "nbgrader", "ada", ("", "")),
        ("lovelaceada_123_456_work.ipynb", "canvas", "lovelaceada", ("123", "456")),
        ("lovelaceada_LATE_123_456_work-1.ipynb", "canvas", "lovelaceada", ("123", "456")),
        ("Ada Lovelace_77_assignsubmission_file_/work.ipynb", "moodle", "Ada Lovelace", ("77", "")),
        ("Ada Lovelace_77_assignsubmission_file/work.ipynb", "moodle", "Ada Lovelace", ("77", "")),
        ("Ada Lovelace_77_assignsubmission_file_work.ipynb", "moodle", "Ada Lovelace", ("77", "")),
    ],
)
def test_layouts(tmp_path, path, layout, name, ids):
    put(tmp_path / path)
    [entry] = entries(tmp_path)
    assert entry.submission == Path(path).parts[0]
    assert [str(p.relative_to(tmp_path)) for p in entry.notebooks] == [path]
    student = entry.student
    assert (student.layout, student.name, (student.user_id, student.submission_id)) == (layout, name, ids)
    assert student.late == ("LATE" in path)


def test_hidden_files_and_what_systems_leave_are_no_submissions(tmp_path):
    put(tmp_path / ".DS_Store")
    put(tmp_path / ".ipynb_checkpoints" / "a-checkpoint.ipynb")
    assert list(entries(tmp_path)) == []
    put(tmp_path / "ada" / "a.ipynb")
    put(tmp_path / "ada" / ".ipynb_checkpoints" / "a-checkpoint.ipynb")
    put(tmp_path / "ada" / "__MACOSX" / "a.ipynb")
    put(tmp_path / "ada" / "._a.ipynb")
    assert only(tmp_path) == ("ada", ["ada/a.ipynb"], "")


def test_every_entry_is_there_once_in_order_whatever_its_name(tmp_path):
    names = ["b.ipynb", "a\nb.ipynb", "-rf", "\x1b[31m.ipynb", os.fsdecode(b"\xff\xfe.ipynb"), "é.ipynb", "B.ipynb"]
    for name in names:
        put(tmp_path / name)
    found = [entry.submission for entry in entries(tmp_path)]
    assert found == sorted(names)
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(
    ("name", "layout", "who"),
    [
        ("homework_02_2024_final.ipynb", "file", "homework_02_2024_final"),
        ("x_0_5_a.ipynb", "file", "x_0_5_a"),
        ("ada_1_2.ipynb", "file", "ada_1_2"),
    ],
)
def test_what_only_looks_like_canvas_is_none(tmp_path, name, layout, who):
    put(tmp_path / name)
    [entry] = entries(tmp_path)
    assert (entry.student.layout, entry.student.name, entry.student.user_id) == (layout, who, "")


def test_one_name_like_canvas_in_a_folder_of_others_is_a_name(tmp_path):
    for name in ("homework_2_2024_final.ipynb", "ada.ipynb", "bob.ipynb"):
        put(tmp_path / name)
    assert [entry.student.layout for entry in entries(tmp_path)] == ["file"] * 3


def test_a_file_name_cannot_take_another_students_number_in_moodle(tmp_path):
    put(tmp_path / "Eve Müller_777777_assignsubmission_file_x_123456_assignsubmission_file_.ipynb")
    put(tmp_path / "Eve Müller_777777_assignsubmission_file_LATE_5_6_x.ipynb")
    for entry in entries(tmp_path):
        assert (entry.student.layout, entry.student.name, entry.student.user_id) == ("moodle", "Eve Müller", "777777")


def test_a_time_or_a_metadata_file_that_a_student_wrote_is_not_believed(tmp_path):
    for name in ("ada", "bob", "eve"):
        put(tmp_path / name / "lesson_12" / "work.ipynb")
        os.utime(tmp_path / name / "lesson_12" / "work.ipynb", (5000, 5000))
    put(tmp_path / "eve" / "lesson_12" / "timestamp.txt", b"1970-01-01 00:00:07 UTC")
    put(tmp_path / "submission_metadata.yml", b"bob:\n  :submitters:\n  - :name: Eve\n")

    def found() -> list[tuple[str, float | None, str]]:
        students = [when(one.notebooks[0], one.student) for one in entries(tmp_path) if one.notebooks]
        return [(one.name, one.handed_in, one.clock) for one in students]

    assert found() == [(name, 5000, "file") for name in ("ada", "bob", "eve")]
    put(tmp_path / "ada" / "lesson_12" / "timestamp.txt", b"1970-01-01 00:00:08 UTC")  # now nbgrader was here
    assert found() == [("ada", 8, "nbgrader"), ("bob", 5000, "file"), ("eve", 7, "nbgrader")]


def test_what_systems_and_platforms_leave_is_nobodys(tmp_path):
    names = ["desktop.ini", "Thumbs.db", "submission_metadata.yml", "__MACOSX"]
    for name in names:
        put(tmp_path / name / "._a.ipynb" if name == "__MACOSX" else tmp_path / name, b"x")
    found = list(entries(tmp_path))
    assert sorted(names) == [entry.submission for entry in found]
    assert {entry.student.layout for entry in found} == {"system"} and all(
        "nobody's" in entry.reason for entry in found
    )


def test_names_that_begin_with_a_dot_are_told_but_for_those_of_systems(tmp_path):
    for name in (".ada.ipynb", "._ada.ipynb", ".DS_Store", "bob.ipynb"):
        put(tmp_path / name)
    assert hidden(tmp_path) == [".ada.ipynb"] and [entry.submission for entry in entries(tmp_path)] == ["bob.ipynb"]


@pytest.mark.parametrize("name", ["a.ipynb.txt", "a.ipynb.json", "a.json", "A.IPYNB"])
def test_a_notebook_that_a_browser_renamed_is_one(tmp_path, name):
    put(tmp_path / name)
    put(tmp_path / "bob" / name)
    ada, bob = entries(tmp_path)
    assert ada.reason == bob.reason == "" and ada.student.name.casefold() == "a"
    assert [path.name for path in (*ada.notebooks, *bob.notebooks)] == [name, name]


def test_a_table_of_data_is_no_notebook(tmp_path):
    put(tmp_path / "data.json", b'{"x": 1}')
    put(tmp_path / "bob" / "data.json", b'{"x": 1}')
    other, one = entries(tmp_path)
    assert one.reason.startswith("It is not a notebook") and other.reason.startswith("The folder holds no notebook")


def test_a_progress_file_is_found_beside_the_notebook_and_alone(tmp_path):
    record = {"version": 1, "exercises": {"12.1": {"attempts": 3, "hints": 1, "passed": True}}, "choices": {}}
    put(tmp_path / "ada" / "a.ipynb")
    put(tmp_path / "ada" / "progress.json", json.dumps(record).encode())
    put(tmp_path / "bob.json", json.dumps(record).encode())
    ada, bob = entries(tmp_path)
    assert ada.progress == tmp_path / "ada" / "progress.json" and ada.reason == "" and len(ada.notebooks) == 1
    assert bob.progress == tmp_path / "bob.json" and "progress file" in bob.reason


# -------------------------------------------------------------------------------------------- what is no notebook


def test_what_is_no_ordinary_notebook_is_rejected(tmp_path):
    put(tmp_path / "essay.docx")
    (tmp_path / "empty").mkdir()
    (tmp_path / "link.ipynb").symlink_to(put(tmp_path / ".elsewhere.ipynb"))
    (tmp_path / "gone.ipynb").symlink_to("nowhere")
    (tmp_path / "loop.ipynb").symlink_to("loop.ipynb")
    os.mkfifo(tmp_path / "pipe.ipynb")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket.ipynb"))
    found = {entry.submission: entry.reason for entry in entries(tmp_path)}
    link, special = "It is a link to a file", "It is not an ordinary file"
    begins = {
        "empty": "The folder holds no notebook",
        "essay.docx": "It is not a notebook",
        "gone.ipynb": link,
        "link.ipynb": link,
        "loop.ipynb": link,
        "pipe.ipynb": special,
        "socket.ipynb": special,
    }
    assert found.keys() == begins.keys()
    assert {name: found[name] for name, begin in begins.items() if not found[name].startswith(begin)} == {}


def test_a_link_or_a_pipe_in_a_folder_is_not_followed(tmp_path):
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "a.ipynb").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe.ipynb")
    (tmp_path / "bob").symlink_to(tmp_path / "ada")
    ada, bob, _ = entries(tmp_path)
    for path in (ada.notebooks[0], tmp_path / "pipe.ipynb"):
        with pytest.raises(Rejected, match="hand in the notebook itself"):
            read(path)
    assert bob.reason.startswith("It is a link")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_rejected(tmp_path):
    put(tmp_path / "a.ipynb").chmod(0)
    with pytest.raises(Rejected, match="Permission denied"):
        read(tmp_path / "a.ipynb")


def test_a_giant_is_not_read(tmp_path):
    with (tmp_path / "a.ipynb").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(Rejected, match="larger than 20 MB: clear the outputs"):
        read(tmp_path / "a.ipynb")


def test_a_folder_without_end_is_given_up(tmp_path):
    deep = tmp_path / "ada" / "/".join("d" * 20)
    put(deep / "a.ipynb")
    assert "too many files" in only(tmp_path)[2]


# ---------------------------------------------------------------------------------------------------- the content


def notebook(**changes: object) -> bytes:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [], **changes}).encode()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The file is empty"),
        (b" \n", "The file is empty"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (NOTEBOOK.decode().encode("utf-16"), "not UTF-8"),
        (b"PK\x03\x04", "not JSON"),
        (NOTEBOOK[: len(NOTEBOOK) // 2], "not JSON"),
        (b"[" * 100_000, "lists in lists"),
        (b'{"a":' * 100_000, "lists in lists"),
        (b"[]", "though its name says so"),
        (b"null", "though its name says so"),
        (b"{}", "though its name says so"),
        (b'{"nbformat": "4"}', "though its name says so"),
        (b'{"nbformat": 1' + b"0" * 5000 + b"}", "not JSON"),
        (b'{"nbformat": 1' + b"0" * 3000 + b"}", "though its name says so"),  # said in words, it filled a page
        (b'{"nbformat": NaN, "cells": []}', "though its name says so"),
        (notebook(nbformat=4.0), "though its name says so"),
        (notebook(nbformat=2), "notebook format 2"),
        (notebook(nbformat=5), "notebook format 5"),
        (notebook(nbformat=True), "though its name says so"),
        (notebook(nbformat=3), "no list of cells"),
        (notebook(nbformat=3, worksheets=[{"cells": [3]}]), "no list of cells"),
        (notebook(cells=None), "no list of cells"),
        (notebook(cells={"0": {}}), "no list of cells"),
        (notebook(cells=[3]), "cell 1 is not a cell"),
        (
            notebook(cells=[{"cell_type": "code", "source": "x"}, {"cell_type": "code", "source": 3}]),
            "cell 2 is not a cell",
        ),
        (notebook(cells=[{"cell_type": "code", "source": [1]}]), "cell 1 is not a cell"),
        (notebook(cells=[{"cell_type": "code", "source": {"a": 1}}]), "cell 1 is not a cell"),
        (notebook(cells=[{"cell_type": "code", "source": ""}] * 2001), "It has 2001 cells"),
        (notebook(cells=[{"cell_type": "code", "source": "x" * 600_000}] * 2), "1200000 characters"),
    ],
)
def test_what_cannot_be_read_is_rejected_in_a_sentence(content, reason):
    with pytest.raises(Rejected) as caught:
        cells_of(content)
    assert reason in str(caught.value)
    assert str(caught.value).endswith(".") and len(str(caught.value)) < 200


def test_odd_but_harmless_notebooks_are_read():
    assert cells_of(b"\xef\xbb\xbf" + NOTEBOOK) == cells_of(NOTEBOOK)
    odd = {"cell_type": ["code"], "source": ["x = 1\r\n", "x"], "metadata": {"tags": "answer", "dlcourse": 3}, "id": 7}
    assert cells_of(notebook(cells=[odd])) == [Cell("", "x = 1\nx")]
    half = {"cell_type": "code", "source": "a = '\ud800'", "metadata": None}
    assert cells_of(notebook(cells=[half])) == [Cell("code", "a = '?'")]


def test_a_notebook_of_2014_is_read():
    sheet = {"cells": [{"cell_type": "code", "input": ["x = 1"]}, {"cell_type": "heading", "level": 1, "source": "h"}]}
    assert cells_of(notebook(nbformat=3, worksheets=[sheet])) == [Cell("code", "x = 1"), Cell("heading", "h")]


@pytest.mark.parametrize("empty", [{}, {"source": None}, {"source": []}])
def test_a_cell_without_source_is_an_empty_one(empty):
    cells = cells_of(notebook(cells=[{"cell_type": "code", "source": "x"}, {"cell_type": "code", **empty}]))
    assert [cell.source for cell in cells] == ["x", ""]
