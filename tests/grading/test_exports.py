"""What spreadsheets and learning platforms get, read back as they read it."""

from __future__ import annotations

import csv
import io
import json

import pytest

from dlcourse.grading.exports import canvas_csv, cell, gradebook_csv, moodle_csv, students_csv, write_exports
from dlcourse.grading.files import file_name, file_names, write_atomically
from dlcourse.grading.marks import class_list
from tests.grading.books import NAMES, gradebook


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_every_submission_has_one_row_and_every_exercise_a_column():
    book = gradebook()
    read = rows(gradebook_csv(class_list(book)))
    assert [row["submission"] for row in read] == [cell(name) for name in sorted(NAMES)]
    for row, one in zip(read, book.submissions, strict=True):
        assert row["status"] == one.status and row["score"] == str(one.score) and row["max_score"] == "8"
        parts = [int(row[id]) for id, _, _ in book.info.exercises]
        assert sum(parts) == one.score and row["sandbox"] == "yes"


@pytest.mark.parametrize("make", [gradebook_csv, students_csv, canvas_csv, moodle_csv])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_no_cell_is_a_formula_wherever_a_spreadsheet_splits_and_all_is_utf8(make, delimiter):
    awful = ["a;=1+1;b.ipynb", 'a";"=1+1.ipynb', "a\t@SUM(A1)", "a\n=2;3", "a; =1+1", "a|=1+1", "a;\uff1d1+1", "a\r+1"]
    text = make(class_list(gradebook([*NAMES, *awful])))
    text.encode()  # lone surrogates would raise
    assert "\0" not in text
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        for value in row:
            value = value.strip("\"' ") if not value.startswith("'") else "text"
            assert value[:1] not in ("=", "+", "-", "@", "\t", "\r", "\uff1d"), row


@pytest.mark.parametrize("name", ["a,b", 'a"b', "a\nb", "a\r\nb", "a;b", "'a'", "李", " a "])
def test_names_come_back_as_they_were(name):
    assert rows(gradebook_csv(class_list(gradebook([name]))))[0]["submission"] == name


def test_canvas_finds_students_by_id_and_moodle_by_participant():
    book = gradebook()
    points, *students = rows(canvas_csv(class_list(book)))
    assert points["Student"].strip() == "Points Possible" and points["12 · Train a perceptron"] == "8"
    graded = {one.student.user_id: str(one.score) for one in book.submissions if one.student.user_id}
    assert {row["ID"]: row["12 · Train a perceptron"] for row in students if row["ID"]} == graded
    found = {row["Identifier"]: row["Grade"] for row in rows(moodle_csv(class_list(book))) if row["Identifier"]}
    assert found == {f"Participant {id}": score for id, score in graded.items()}


def test_gradescope_gets_a_file_for_each_submission(tmp_path):
    book = gradebook()
    write_exports(class_list(book), tmp_path)
    assert len(list(tmp_path.glob("gradescope/*/results.json"))) == len(NAMES)
    assert not (tmp_path / "results.json").exists()
    for one in book.submissions:
        results = json.loads((tmp_path / "gradescope" / file_name(one.submission) / "results.json").read_text())
        assert results["score"] == one.score == sum(test["score"] for test in results["tests"])
        assert results["extra_data"]["submission"] == one.submission
        full = {test["name"]: test["score"] == test["max_score"] for test in results["tests"]}
        assert {test["name"]: test["status"] == "passed" for test in results["tests"]} == full
    write_exports(class_list(gradebook(["ada.ipynb"])), tmp_path / "one")
    assert json.loads((tmp_path / "one" / "results.json").read_text())["score"] == 8
    write_exports(class_list(gradebook(["bob.ipynb", "cyd.ipynb"])), tmp_path / "one")  # the run went on; ada is gone
    assert not (tmp_path / "one" / "results.json").exists()
    assert {path.name for path in (tmp_path / "one" / "gradescope").iterdir()} == {
        file_name("bob.ipynb"),
        file_name("cyd.ipynb"),
    }


def test_every_format_says_when_there_was_no_sandbox(tmp_path):
    write_exports(class_list(gradebook(["ada.ipynb", "bob.ipynb"], sandbox=False)), tmp_path)
    assert {row["sandbox"] for row in rows((tmp_path / "gradebook.csv").read_text())} == {"NO"}
    for name in (
        "students.csv",
        "canvas.csv",
        "moodle.csv",
        *(str(p) for p in tmp_path.glob("gradescope/*/results.json")),
    ):
        text = (tmp_path / name).read_text(encoding="utf-8-sig")
        assert "without the sandbox" in text or {row["sandbox"] for row in rows(text)} == {"NO"}


def test_file_names_are_safe_and_differ_even_where_case_and_accents_do_not_count():
    names = [file_name(name) for name in NAMES]
    assert len({name.lower() for name in names}) == len(NAMES)
    plain = {name for name in names if name.isascii() and name.replace("-", "").isalnum() and len(name) < 80}
    assert set(names) - plain == set()


def test_two_names_with_one_digest_have_two_files():
    first, second = "ada!(©,.ipynb", "ada%@$~.ipynb"  # found in 0.2 s, for eight digits
    assert file_name(first, 8) == file_name(second, 8) == "ada-c05ca51d"
    assert file_name(first) != file_name(second)
    names = file_names([first, second, first], digits=8)
    assert len(set(names.values())) == 2 and names == file_names([second, first], digits=8)


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    write_atomically(tmp_path / "a", b"old")
    with pytest.raises(TypeError):
        write_atomically(tmp_path / "a", "not bytes")  # type: ignore[arg-type]
    assert (tmp_path / "a").read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1
