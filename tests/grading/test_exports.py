"""What spreadsheets and learning platforms get, read back as they read it."""

from __future__ import annotations

import csv
import io
import json

import pytest

from dlcourse.grading.exports import canvas_csv, cell, gradebook_csv, moodle_csv, write_exports
from dlcourse.grading.files import file_name, write_atomically
from tests.grading.books import NAMES, gradebook


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_every_submission_has_one_row_and_every_exercise_a_column():
    book = gradebook()
    read = rows(gradebook_csv(book))
    assert [row["submission"] for row in read] == [cell(name) for name in sorted(NAMES)]
    for row, one in zip(read, book.submissions, strict=True):
        assert row["status"] == one.status and row["score"] == str(one.score) and row["max_score"] == "8"
        parts = [int(row[id]) for id, _, _ in book.info.exercises]
        assert sum(parts) == one.score and row["sandbox"] == "yes"


@pytest.mark.parametrize("make", [gradebook_csv, canvas_csv, moodle_csv])
def test_no_cell_is_a_formula_and_all_is_utf8(make):
    text = make(gradebook())
    text.encode()  # lone surrogates would raise
    assert "\0" not in text
    for row in csv.reader(io.StringIO(text, newline="")):
        assert not [value for value in row if value[:1] in "=+-@\t\r" and value]


@pytest.mark.parametrize("name", ["a,b", 'a"b', "a\nb", "a\r\nb", "a;b", "'a'", "李", " a "])
def test_names_come_back_as_they_were(name):
    assert rows(gradebook_csv(gradebook([name])))[0]["submission"] == name


def test_canvas_finds_students_by_id_and_moodle_by_participant():
    book = gradebook()
    points, *students = rows(canvas_csv(book))
    assert points["Student"].strip() == "Points Possible" and points["12 · Train a perceptron"] == "8"
    graded = {one.student.user_id: str(one.score) for one in book.submissions if one.student.user_id}
    assert {row["ID"]: row["12 · Train a perceptron"] for row in students if row["ID"]} == graded
    found = {row["Identifier"]: row["Grade"] for row in rows(moodle_csv(book)) if row["Identifier"]}
    assert found == {f"Participant {id}": score for id, score in graded.items()}


def test_gradescope_gets_a_file_for_each_submission(tmp_path):
    book = gradebook()
    write_exports(book, tmp_path)
    assert len(list(tmp_path.glob("gradescope/*/results.json"))) == len(NAMES)
    assert not (tmp_path / "results.json").exists()
    for one in book.submissions:
        results = json.loads((tmp_path / "gradescope" / file_name(one.submission) / "results.json").read_text())
        assert results["score"] == one.score == sum(test["score"] for test in results["tests"])
        assert results["extra_data"]["submission"] == one.submission
        assert all((test["status"] == "passed") == (test["score"] == test["max_score"]) for test in results["tests"])
    write_exports(gradebook(["ada.ipynb"]), tmp_path / "one")
    assert json.loads((tmp_path / "one" / "results.json").read_text())["score"] == 8
    write_exports(gradebook(["bob.ipynb", "cyd.ipynb"]), tmp_path / "one")  # the run went on; ada is gone
    assert not (tmp_path / "one" / "results.json").exists()
    assert {path.name for path in (tmp_path / "one" / "gradescope").iterdir()} == {
        file_name("bob.ipynb"),
        file_name("cyd.ipynb"),
    }


def test_every_format_says_when_there_was_no_sandbox(tmp_path):
    write_exports(gradebook(["ada.ipynb", "bob.ipynb"], sandbox=False), tmp_path)
    assert {row["sandbox"] for row in rows((tmp_path / "gradebook.csv").read_text())} == {"NO"}
    for name in ("canvas.csv", "moodle.csv", *(str(p) for p in tmp_path.glob("gradescope/*/results.json"))):
        assert "without the sandbox" in (tmp_path / name).read_text(encoding="utf-8-sig")


def test_file_names_are_safe_and_differ_even_where_case_and_accents_do_not_count():
    names = [file_name(name) for name in NAMES]
    assert len({name.lower() for name in names}) == len(NAMES)
    assert all(name.isascii() and name.replace("-", "").isalnum() and len(name) < 80 for name in names)


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    write_atomically(tmp_path / "a", b"old")
    with pytest.raises(TypeError):
        write_atomically(tmp_path / "a", "not bytes")  # type: ignore[arg-type]
    assert (tmp_path / "a").read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1
