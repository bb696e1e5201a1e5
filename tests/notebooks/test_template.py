"""The notebooks keep to the template of the course, and their files to one form."""

from __future__ import annotations

import base64
import os
import re
import statistics
import struct
import subprocess
import sys
from typing import Any

import nbformat
import pytest

from dlcourse.commands.scaffolding import SETUP
from dlcourse.commands.storing import COUNT, WIDGET_VIEW, is_up_to_date, written
from dlcourse.lesson import files
from dlcourse.lesson.writing import prose
from tests.conftest import LESSONS

NOTEBOOKS = {lesson: nbformat.read(files.notebook(lesson), as_version=4) for lesson in LESSONS}
TAGS = {
    "title",
    "objectives",
    "setup",
    "hide-input",
    "widget",
    "predict",
    "answer",
    "check",
    "surprise",
    "quiz",
    "slide",
    "instructor",
}
each_notebook = pytest.mark.parametrize(("lesson", "notebook"), NOTEBOOKS.items(), ids=list(NOTEBOOKS))


def tags(cell: Any) -> list[str]:
    return list(cell.metadata.get("tags", []))


def code(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@each_notebook
def test_the_file_is_valid_and_written_in_the_one_form(lesson, notebook):
    nbformat.validate(notebook)
    assert files.notebook(lesson).read_text(encoding="utf-8") == written(notebook)


@each_notebook
def test_nothing_of_one_machine_is_stored(lesson, notebook):
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    assert notebook.metadata == {"kernelspec": kernel, "language_info": {"name": "python"}}
    assert [cell.id for cell in notebook.cells if not set(cell.metadata) <= {"tags", "dlcourse"}] == []


@each_notebook
def test_cell_ids_are_names_that_a_person_gave(lesson, notebook):
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert [id for id in ids if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", id)] == []
    assert [id for id in ids if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4,12})*", id)] == []


@each_notebook
def test_tags_are_those_of_the_course_and_none_hides_a_cell_from_nbval(lesson, notebook):
    used = {tag for cell in notebook.cells for tag in tags(cell)}
    assert used - TAGS == set()
    assert {"title", "objectives", "setup", "quiz"} - used == set()
    assert [cell.id for cell in notebook.cells if "NBVAL" in cell.source] == []


@each_notebook
def test_a_tag_says_what_its_cell_does(lesson, notebook):
    calls = {"predict": "lesson.predict(", "widget": "lesson.show(", "check": "lesson.check(", "quiz": "lesson.quiz("}
    for cell in code(notebook):
        for tag, call in calls.items():
            assert (tag in tags(cell)) == (call in cell.source), f"{cell.id}: {tag}"


@each_notebook
def test_it_opens_with_title_objectives_and_setup(lesson, notebook):
    title, objectives, setup = notebook.cells[:3]
    assert tags(title) == ["title"] and title.source.startswith(f"# {lesson} · ")
    assert "objectives" in tags(objectives)
    assert "setup" in tags(setup) and f'lesson = open_lesson("{lesson}")' in setup.source
    assert sum("setup" in tags(cell) for cell in notebook.cells) == 1
    assert setup.source.startswith(SETUP.partition("import numpy")[0]), "it says what to do where dlcourse is missing"


@pytest.mark.parametrize("absent", ["dlcourse", "numpy"])
def test_where_a_package_is_not_installed_the_first_cell_names_it_and_says_what_to_do(absent, tmp_path):
    """As in Anaconda, on Colab, in VS Code with another Python; NumPy: the course's folder alone, as in Pyodide."""
    program = f"import sys; sys.modules[{absent!r}] = None\n{SETUP}"
    environment = os.environ | {"PYTHONPATH": str(files.lessons_folder().parent)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1 and "%pip install dlcourse" in done.stderr and "Traceback" not in done.stderr
    assert done.stderr.startswith(f"{absent} is not installed where this notebook runs.")


@each_notebook
def test_the_hook_is_short_and_a_figure_comes_soon(lesson, notebook):
    opening = [cell for cell in notebook.cells if cell.source != "lesson.remember()"]
    assert len(prose(re.sub(r"^#.*", "", opening[3].source))) <= 60  # its heading aside
    figures = [place for place, cell in enumerate(opening) if "widget" in tags(cell)]
    assert not figures or figures[0] < 6


@each_notebook
def test_from_lesson_02_on_it_opens_with_something_to_remember(lesson, notebook):
    asks = [place for place, cell in enumerate(notebook.cells) if cell.source == "lesson.remember()"]
    assert asks == ([] if lesson < "02" else [3])


@each_notebook
def test_a_lesson_keeps_to_its_budget_of_words(lesson, notebook):
    """Whoever adds a paragraph finds one to delete, or says in lesson.toml that the lesson has become longer."""
    words = sum(len(prose(cell.source)) for cell in notebook.cells if cell.cell_type == "markdown")
    assert words <= files.about(lesson)["words"], f"lesson {lesson} has {words} words; lesson.toml allows it fewer"


@each_notebook
def test_the_instructors_page_is_about_this_lesson_and_times_it_as_lesson_toml_does(lesson, notebook):
    page = (files.room(lesson) / "instructor.md").read_text(encoding="utf-8")
    assert page.startswith(f"# Lesson {lesson}, for the instructor: ")
    assert f"**Timing** ({files.about(lesson)['minutes']} minutes)" in page


@each_notebook
def test_the_minutes_are_honest_and_a_long_lesson_has_a_place_to_stop(lesson, notebook):
    """150 words a minute, 3 minutes a figure, 7 an exercise; more than an hour is two sittings."""
    words = sum(len(prose(cell.source)) for cell in notebook.cells if cell.cell_type == "markdown")
    sources = [cell.source for cell in notebook.cells]
    figures, exercises = (sum(call in source for source in sources) for call in ("lesson.show(", "lesson.check("))
    minutes = files.about(lesson)["minutes"]
    counted = words / 150 + 3 * figures + 7 * exercises
    assert counted - 2 <= minutes <= counted + 6
    if minutes > 60:
        stops = sum("**A place to stop.**" in source for source in sources)
        assert {1: "A place to stop is marked.", 2: "Two places to stop are marked."}[stops] in notebook.cells[1].source


@each_notebook
def test_nothing_is_left_to_do(lesson, notebook):
    assert [cell.id for cell in notebook.cells if "TODO" in cell.source] == []
    assert [
        path.name for path in files.room(lesson).iterdir() if path.is_file() and "TODO" in path.read_text("utf-8")
    ] == []


@each_notebook
def test_a_code_cell_is_a_thought(lesson, notebook):
    lengths = {cell.id: len(cell.source.splitlines()) for cell in code(notebook)}
    assert statistics.median(lengths.values()) <= 5
    assert {id: length for id, length in lengths.items() if length > 12} == {}
    assert [line for cell in code(notebook) for line in cell.source.splitlines() if len(line) > 110] == []


@each_notebook
def test_no_cell_of_prose_is_longer_than_110_words(lesson, notebook):
    long = {cell.id: len(prose(cell.source)) for cell in notebook.cells if cell.cell_type == "markdown"}
    assert {id: count for id, count in long.items() if count > 110} == {}


@each_notebook
def test_it_ends_with_quiz_summary_and_progress(lesson, notebook):
    """An appendix may follow, for whoever likes more."""
    sources = [cell.source for cell in notebook.cells]
    appendix = next((k for k, source in enumerate(sources) if source.startswith("## Appendix")), len(sources))
    last = sources[appendix - 4 : appendix]
    assert last[0] == "lesson.quiz()"
    assert last[1].startswith("## Summary")
    assert "**Where next**" in last[2]
    assert last[3] == "lesson.progress()"


@each_notebook
def test_the_words_that_make_a_reader_feel_slow_are_not_used(lesson, notebook):
    prose = " ".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert re.findall(r"\b(?:simply|obviously|trivially|of course)\b", prose, flags=re.IGNORECASE) == []


@each_notebook
def test_it_holds_what_its_room_says(lesson, notebook):
    """Title, time, needs, hints, stubs and checks are written once, in lesson.toml and exercises.py."""
    assert is_up_to_date(files.notebook(lesson)), f"run: dlcourse author store {lesson}"


@each_notebook
def test_every_cell_was_run_without_error_or_warning(lesson, notebook):
    assert [cell.id for cell in code(notebook) if cell.execution_count != COUNT] == []
    for cell in code(notebook):
        for output in cell.outputs:
            assert output.output_type != "error", cell.id
            assert output.get("name") != "stderr", cell.id


@each_notebook
def test_every_figure_stores_a_picture_and_a_sentence_and_no_widget(lesson, notebook):
    for cell in code(notebook):
        for output in cell.outputs:
            assert WIDGET_VIEW not in output.get("data", {}), cell.id
        if "widget" in tags(cell):
            (output,) = cell.outputs
            assert set(output.data) == {"text/plain", "image/png"}
            assert len(output.data["text/plain"]) > 20
            assert output.metadata["image/png"]["alt"]
            picture = base64.b64decode(output.data["image/png"])
            assert picture.startswith(b"\x89PNG\r\n\x1a\n")
            width, height = struct.unpack(">II", picture[16:24])
            assert width >= 600 and height >= 200
    assert "widgets" not in notebook.metadata


@each_notebook
def test_no_stored_text_depends_on_one_run(lesson, notebook):
    """No addresses, no temporary names, no times."""
    for cell in code(notebook):
        for output in cell.outputs:
            text = output.get("text") or output.get("data", {}).get("text/plain", "")
            assert not re.search(r"0x[0-9a-f]{6,}|/tmp/|ipykernel_\d+", text), cell.id


@each_notebook
def test_untouched_checks_say_not_attempted(lesson, notebook):
    for cell in notebook.cells:
        if "check" in tags(cell):
            (output,) = cell.outputs
            assert output.text.startswith(f"{cell.metadata.dlcourse.exercise}: not attempted yet.")
