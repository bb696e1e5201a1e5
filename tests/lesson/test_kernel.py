"""The check in a real Jupyter kernel: history, time limit and interruption are the kernel's own there."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

SETUP = "import numpy as np\nimport dlcourse as dl\nfrom dlcourse import open_lesson\nlesson = open_lesson('02')"
IMPATIENT = "from dlcourse.lesson import files\nfiles.exercises('02')['02.1'].time_limit = 1.0"
ENDLESS = """
def step(x, df, lr):
    while True:
        try:
            x = abs(x)
        except:
            pass
"""
RIGHT = "def step(x, df, lr):\n    print('noise')\n    display('noise')\n    return x - lr * df(x)"
CHECK = "lesson.check('02.1')"
# The search for the mistake fits parabolas to infinite numbers, and LAPACK says so on the standard output of C.
NOISY = """
def fit_critic(a, r):
    c2, c1, _ = np.polyfit(a, r, 2)
    return -c1 / c2
"""


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("kernel")
    sources = [
        SETUP,
        IMPATIENT,
        CHECK,
        ENDLESS,
        CHECK,
        "def step(x, df, lr) return x",
        CHECK,
        RIGHT,
        CHECK,
        "lesson.given('02.1')(1.0, lambda x: 2 * x, 0.1)",
        "lesson.chek",
        "lesson.check('02.9')",
        NOISY,
        "open_lesson('06').check('06.4')",
    ]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells)
    patch = pytest.MonkeyPatch()
    patch.setenv("DLCOURSE_PROGRESS", str(folder / "progress.json"))
    patch.delenv("PYTEST_CURRENT_TEST")  # a kernel that finds it does not listen to the standard output of C
    try:
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            timeout=60,
            allow_errors=True,
            resources={"metadata": {"path": str(folder)}},
        )
        client.execute()
    finally:
        patch.undo()
    assert (Path(folder) / "progress.json").is_file()
    return ["".join(shown(output) for output in cell.outputs) for cell in notebook.cells]


def shown(output: nbformat.NotebookNode) -> str:
    if output.output_type == "error":
        return "\n".join(output.traceback)
    return output.text if output.output_type == "stream" else output.data["text/plain"]


def test_a_kernel_checks_the_latest_cell(outputs):
    assert outputs[2] == "02.1: there is no step yet. Run the cell that defines it, then check again.\n"
    assert outputs[6].startswith("02.1: Python cannot read line 1 of your cell")
    assert outputs[8] == "PASS 02.1\n"


def test_a_kernel_ends_an_endless_loop_that_catches_everything_and_goes_on(outputs):
    assert "It had not come back after 1 seconds" in outputs[4]
    assert len(outputs[4].splitlines()) == 3
    assert outputs[8] == "PASS 02.1\n"


def test_the_learners_own_answer_is_given_back_and_speaks_again(outputs):
    assert outputs[9] == "noise\n'noise'0.8"


def test_a_wrong_id_shows_one_sentence_instead_of_a_traceback(outputs):
    assert outputs[11] == "UnknownExercise: There is no exercise '02.9': lesson 02 has 02.1 … 02.5."
    assert "Traceback" in outputs[10]  # other errors are shown as always


def test_what_compiled_code_says_of_nan_is_not_shown(outputs):
    assert outputs[13].startswith("06.4: ") and " ** On entry" not in outputs[13]
