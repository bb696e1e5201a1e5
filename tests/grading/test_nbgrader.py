"""A lesson in nbgrader's hands: the real nbgrader makes the student version and grades it."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from dlcourse.commands.program import main
from dlcourse.grading.nbgrader import source_notebook
from dlcourse.grading.starting import QUICKLY
from dlcourse.lesson import files
from tests.conftest import missing


@pytest.mark.parametrize("lesson", [path.name[:2] for path in files.notebooks()])
def test_every_answer_is_a_region_and_every_point_is_in_a_hidden_test(lesson):
    notebook = source_notebook(lesson, seed=7)
    nbformat.validate(notebook)
    roles = [(cell.metadata.nbgrader, cell.source) for cell in notebook.cells if "nbgrader" in cell.metadata]
    exercises = files.exercises(lesson).values()
    assert sum(role.get("points", 0) for role, _ in roles) == sum(e.points for e in exercises)
    assert len([role for role, _ in roles if role.solution]) == len(exercises)
    marks = {True: "BEGIN HIDDEN TESTS", False: "BEGIN SOLUTION"}
    assert [source for role, source in roles if marks[role.grade] not in source] == []
    for exercise in exercises:  # what is left for the student is a stub that Python can read
        source = next(s for role, s in roles if role.grade_id == f"answer-{exercise.id.replace('.', '-')}")
        left, hidden = [], False
        for line in source.splitlines():
            if "BEGIN SOLUTION" in line:
                left.append(line[: line.index("#")] + "return ...")
            hidden = (hidden or "BEGIN SOLUTION" in line) and "END SOLUTION" not in line
            if not hidden and "SOLUTION" not in line:
                left.append(line)
        compile("\n".join(left), exercise.id, "exec")
        compile(source, exercise.id, "exec")


def test_a_lesson_that_does_not_exist_and_a_folder_that_is_a_file_get_a_sentence(tmp_path, capsys):
    assert main(["export-nbgrader", "99", "-o", str(tmp_path)]) == 1
    assert "There is no lesson 99" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert main(["export-nbgrader", "12", "-o", str(tmp_path / "file")]) == 1
    assert "name a folder you may write to" in capsys.readouterr().err


def test_a_configuration_that_is_there_stays(tmp_path):
    (tmp_path / "nbgrader_config.py").write_text("# mine")
    assert main(["export-nbgrader", "12", "-o", str(tmp_path), "--seed", "7"]) == 0
    assert (tmp_path / "nbgrader_config.py").read_text() == "# mine"
    again = tmp_path / "again"
    assert main(["export-nbgrader", "12", "-o", str(again), "--seed", "7"]) == 0
    path = Path("source", "lesson_12", "12_train_a_perceptron.ipynb")
    assert (again / path).read_bytes() == (tmp_path / path).read_bytes()


RUN = """
from nbgrader.apps.nbgraderapp import NbGraderApp
for words in {commands!r}:
    NbGraderApp.clear_instance()
    try:
        NbGraderApp.launch_instance(argv=words)
    except SystemExit as end:
        if end.code:
            raise
"""


def nbgrader(folder: Path, *commands: list[str]) -> None:
    """What the program ``nbgrader`` does with these words, one after the other; it starts once for all of them."""
    paths = [str(Path(sys.executable).parent), os.environ["PATH"]]  # for alembic
    environment = {**os.environ, "PATH": os.pathsep.join(paths)}
    program = [sys.executable, "-c", QUICKLY + "\n" + RUN.format(commands=commands)]
    done = subprocess.run(program, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course folder with the lesson released, filled in by two students and autograded."""
    if importlib.util.find_spec("nbgrader") is None:
        missing("nbgrader is not installed")
    folder = tmp_path_factory.mktemp("nbgrader") / "course"
    assert main(["export-nbgrader", "2", "-o", str(folder)]) == 0
    nbgrader(folder, ["generate_assignment", "lesson_02", "--create"])
    [released] = folder.glob("release/lesson_02/*.ipynb")
    for student, answers in {
        "solved": {id: exercise.source() for id, exercise in files.exercises("02").items()},
        "uphill": {"02.1": "def step(x, df, lr):\n    return x + lr * df(x)"},  # and nothing else
    }.items():
        notebook = nbformat.read(released, as_version=4)
        # without the lesson's own cells, which would only take their time
        notebook.cells = [
            c for c in notebook.cells if "nbgrader" in c.metadata or "setup" in c.metadata.get("tags", [])
        ]
        for cell in notebook.cells:
            if "answer" in cell.metadata.get("tags", []):
                cell.source = answers.get(cell.metadata["dlcourse"]["exercise"], cell.source)
        target = folder / "submitted" / student / "lesson_02"
        target.mkdir(parents=True)
        nbformat.write(notebook, target / released.name)
    nbgrader(folder, ["autograde", "lesson_02"], ["export"])
    return folder


@pytest.mark.slow
def test_the_student_version_shows_stubs_and_neither_answers_nor_tests(course):
    text = next(course.glob("release/lesson_02/*.ipynb")).read_text()
    assert "mark(" not in text and "SOLUTION" not in text and "HIDDEN" not in text
    cells = {
        cell["metadata"]["nbgrader"]["grade_id"]: "".join(cell["source"])
        for cell in json.loads(text)["cells"]
        if "nbgrader" in cell["metadata"]
    }
    assert cells["answer-02-1"] == files.stub("02.1")
    assert "x, history = x0, [x0]" in cells["answer-02-2"]


@pytest.mark.slow
def test_nbgrader_gives_full_marks_to_the_solved_notebook_and_none_to_stubs_and_a_mistake(course):
    with (course / "grades.csv").open(newline="") as file:
        scores = {row["student_id"]: (float(row["score"]), float(row["max_score"])) for row in csv.DictReader(file)}
    points = sum(exercise.points for exercise in files.exercises("02").values())
    assert scores == {"solved": (points, points), "uphill": (0, points)}


@pytest.mark.slow
def test_the_graded_notebook_says_which_misconception_it_is(course):
    [graded] = course.glob("autograded/uphill/lesson_02/*.ipynb")
    cells = [cell for cell in nbformat.read(graded, as_version=4).cells if "nbgrader" in cell.metadata]
    [output] = next(cell for cell in cells if cell.metadata.nbgrader.grade_id == "grade-02-1").outputs
    assert "You walked uphill" in "\n".join(output.traceback)
    assert "dlcourse/grading" not in "\n".join(output.traceback)
