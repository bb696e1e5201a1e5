"""``dlcourse grade`` as an instructor runs it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from dlcourse.commands.program import main
from tests.conftest import missing
from tests.grading.corpus import Book

if not sys.platform.startswith("linux"):
    pytest.skip("the sandbox needs Linux", allow_module_level=True)

from dlcourse.grading.class_run import the_notebook
from dlcourse.grading.intake import Rejected, entries
from dlcourse.grading.sandbox import why_no_sandbox
from dlcourse.lesson import files
from tests.lesson.test_sandbox import as_nobody

PROGRAM = [sys.executable, "-m", "dlcourse", "grade"]


def run(*words: object, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command from some other folder."""
    environment = os.environ | ({} if path is None else {"PATH": path})
    command = [*PROGRAM, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, cwd="/", env=environment, timeout=300, check=False)


FULL = sum(exercise.points for exercise in files.exercises("12").values())
ONE_WRONG = Book().answers({"12.5": "def accuracy(X, labels, W, b):\n    return 1"}).bytes()


@pytest.fixture
def class_of_two(tmp_path: Path) -> Path:
    """One who has it all right, one who has one wrong, and somebody else's essay."""
    if why := why_no_sandbox():
        missing(why)
    folder = tmp_path / "submissions"
    folder.mkdir()
    (folder / "ada.ipynb").write_bytes(Book().bytes())
    (folder / "bob\n.ipynb").write_bytes(ONE_WRONG)
    (folder / "essay.txt").write_text("")
    return folder


def scores(out: Path) -> dict[str, int]:
    book = json.loads((out / "gradebook.json").read_text(encoding="utf-8"))
    return {entry["submission"]: entry["score"] for entry in book["submissions"]}


def test_a_class_is_graded_then_graded_again_where_something_changed(class_of_two, tmp_path, capsys):
    out = tmp_path / "graded"
    done = run(12, class_of_two, "-o", out, "--jobs", 2, "--keep")
    assert done.returncode == 0, done.stderr
    assert scores(out) == {"ada.ipynb": FULL, "bob\n.ipynb": FULL - 1, "essay.txt": 0}
    assert f"2 submissions graded, 1 rejected. Median {FULL - 0.5} of {FULL}" in done.stdout
    assert "rejected: essay.txt: It is not a notebook" in done.stdout and "3/3" in done.stderr
    book = (out / "gradebook.json").read_bytes()
    kept = sorted((out / "spliced").iterdir())
    assert len(kept) == 2 and "dlcourse-run: " in kept[0].read_text(encoding="utf-8")
    assert (out / "class.html").exists() and len(list((out / "feedback").iterdir())) == 3

    before = {path: path.stat().st_mtime_ns for path in kept}
    shutil.copy(class_of_two / "ada.ipynb", class_of_two / "bob\n.ipynb")
    done = run(12, class_of_two, "-o", out, "--jobs", 1, "--keep")
    assert done.returncode == 0 and scores(out)["bob\n.ipynb"] == FULL
    assert [path.stat().st_mtime_ns == then for path, then in before.items()] == [True, False]

    seed = json.loads(book)["seed"]
    for words, said in (
        (["12", "--seed", str(seed + 1)], f"a gradebook with the seed {seed}"),
        (["02"], "holds the gradebook of lesson 12"),
    ):
        assert main(["grade", words[0], str(class_of_two), "-o", str(out), *words[1:]]) == 1
        assert said in capsys.readouterr().err


def start(*words: object) -> subprocess.Popen[bytes]:
    quiet = subprocess.DEVNULL
    return subprocess.Popen([*PROGRAM, *map(str, words)], cwd="/", stdout=quiet, stderr=quiet)


@pytest.mark.slow
def test_killed_at_any_moment_it_goes_on_and_leaves_nothing(class_of_two, tmp_path):
    """In the end it goes on beside another class that is graded at the same time: neither disturbs the other."""
    out = tmp_path / "graded"
    for seconds in (1.0, 4.0, 6.5):
        process = start("12", class_of_two, "-o", out, "--seed", "3", "--jobs", "2")
        time.sleep(seconds)
        below = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert psutil.wait_procs(below, timeout=20)[1] == []
        assert not [path for child in below for path in Path("/tmp").glob(f"dlcourse-{child.pid}-*")]
        if (out / "gradebook.json").exists():
            scores(out)  # whole at any moment
    both = [start(12, class_of_two, "-o", place, "--seed", "3") for place in (out, tmp_path / "calm")]
    assert [one.wait() for one in both] == [0, 0]
    assert (out / "gradebook.json").read_bytes() == (tmp_path / "calm" / "gradebook.json").read_bytes()
    assert scores(out) == {"ada.ipynb": FULL, "bob\n.ipynb": FULL - 1, "essay.txt": 0}


AS_NOBODY = """
import json, os, sys
from pathlib import Path
from dlcourse.commands.program import main
folder = Path("/tmp/in")
folder.mkdir()
main(["solve", "12", "-o", "/tmp/in/ada.ipynb"])
for name, line in {"ends": "os._exit(0)", "grows": "bytearray(9 << 30)"}.items():
    book = json.loads((folder / "ada.ipynb").read_text())
    [cell] = [c for c in book["cells"] if c["id"] == "ex-1-answer"]
    cell["source"] = f"import os\\ndef softmax(Z):\\n    {line}"
    (folder / f"{name}.ipynb").write_text(json.dumps(book))
(folder / "closed.ipynb").touch(mode=0)
status = main(["grade", "12", "/tmp/in", "-o", "/tmp/out"])
book = json.loads(Path("/tmp/out/gradebook.json").read_text())
left = [path.name for path in Path("/tmp").glob("dlcourse-*")]
print([status, os.geteuid() == 0, [one["score"] for one in book["submissions"]], left])
print(book["submissions"][1]["reason"])
"""


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="every other test here ran without rights")
def test_a_user_without_rights_grades_as_well():
    """Tried as in the sandbox's own tests."""
    done = as_nobody(AS_NOBODY)
    told = [f"[0, False, [{FULL}, 0, {FULL - 1}, {FULL - 1}], []]", "It cannot be read: Permission denied."]
    assert done.stdout.splitlines()[-2:] == told, done.stderr


@pytest.mark.slow
def test_an_interruption_is_a_sentence(class_of_two, tmp_path, ctrl_c):
    process = subprocess.Popen(
        [*PROGRAM, "12", class_of_two, "-o", tmp_path / "graded"],
        cwd="/",
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    until = time.monotonic() + 60
    while not (tmp_path / "graded").exists() and time.monotonic() < until:  # it has begun
        time.sleep(0.1)
    time.sleep(2)
    below = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert said.endswith("dlcourse: stopped; what is graded is kept, and the same command goes on from there.\n")
    assert "Traceback" not in said and psutil.wait_procs(below, timeout=20)[1] == []


@pytest.mark.slow
def test_without_a_sandbox_it_says_so_everywhere(class_of_two, tmp_path):
    out = tmp_path / "graded"
    done = run(12, class_of_two, "-o", out, "--no-sandbox", path="/usr/bin-without-bwrap")
    assert done.returncode == 0, done.stderr
    assert scores(out) == {"ada.ipynb": FULL, "bob\n.ipynb": FULL - 1, "essay.txt": 0}
    assert json.loads((out / "gradebook.json").read_text())["sandbox"] is False
    assert "Graded without the sandbox" in done.stdout
    for page in [out / "class.html", *(out / "feedback").glob("*.html")]:
        assert "without the sandbox" in page.read_text(encoding="utf-8").lower(), page


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["99", "{in}", "-o", "{out}"], "There is no lesson 99"),
        (["x", "{in}", "-o", "{out}"], "There is no lesson 'x'"),
        (["12", "{in}/nowhere", "-o", "{out}"], "is not a folder: name the folder that holds the submissions"),
        (["12", "{in}", "-o", "{in}"], "is among the submissions"),
        (["12", "{in}", "-o", "{in}/graded"], "is among the submissions"),
        (["12", "{in}", "-o", "{in}/../file"], "cannot be written to"),
        (["12", "{in}", "-o", "/proc/graded"], "cannot be written to"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(tmp_path, capsys, words, reason):
    (tmp_path / "in").mkdir()
    (tmp_path / "file").write_text("")
    places = {"in": str(tmp_path / "in"), "out": str(tmp_path / "out")}
    assert main(["grade", *(word.format(**places) for word in words)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("dlcourse: ") and reason in said and said.count("\n") == 1


def test_of_the_assignments_in_nbgraders_folders_the_one_of_this_lesson_is_graded(tmp_path):
    for lesson in ("02", "12"):
        folder = tmp_path / "ada" / f"lesson_{lesson}"
        folder.mkdir(parents=True)
        (folder / "work.ipynb").write_bytes(Book(lesson).bytes())
    [entry] = entries(tmp_path)
    assert the_notebook(entry, "12") == tmp_path / "ada" / "lesson_12" / "work.ipynb"
    (tmp_path / "ada" / "again").mkdir()
    (tmp_path / "ada" / "again" / "work.ipynb").write_bytes(Book("12").bytes())
    [entry] = entries(tmp_path)
    with pytest.raises(Rejected, match=r"several notebooks \(again/work.ipynb, lesson_12/work.ipynb\)"):
        the_notebook(entry, "12")
    with pytest.raises(Rejected, match=r"several notebooks \(again/.*None of them is of lesson 05\."):
        the_notebook(entry, "05")


def test_of_the_lessons_that_the_lab_puts_into_one_folder_the_one_of_this_lesson_is_graded(tmp_path):
    (tmp_path / "ada").mkdir()
    for lesson in ("02", "05"):
        (tmp_path / "ada" / f"{lesson}.ipynb").write_bytes(Book(lesson).bytes())
    (tmp_path / "ada" / "\x1b[2J.ipynb").write_bytes(b"{}")
    [entry] = entries(tmp_path)
    assert the_notebook(entry, "05").name == "05.ipynb"


@pytest.mark.parametrize("option", [["--seed", "-1"], ["--seed", "x"], ["--jobs", "0"], ["--cell-timeout", "0"]])
def test_options_that_make_no_sense_are_refused(tmp_path, capsys, option):
    with pytest.raises(SystemExit):
        main(["grade", "12", str(tmp_path), "-o", str(tmp_path / "out"), *option])
    assert option[0] in capsys.readouterr().err


def test_without_bubblewrap_it_says_how_to_install_it(tmp_path, capsys, monkeypatch):
    (tmp_path / "in").mkdir()
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["grade", "12", str(tmp_path / "in"), "-o", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    assert "apt install bubblewrap" in said and "--no-sandbox" in said and not (tmp_path / "out").exists()


def test_an_empty_folder_is_an_empty_gradebook(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    if why := why_no_sandbox():
        missing(why)
    assert main(["grade", "12", str(tmp_path / "in"), "-o", str(tmp_path / "out")]) == 0
    assert scores(tmp_path / "out") == {}
    assert "0 submissions graded, 0 rejected" in capsys.readouterr().out
