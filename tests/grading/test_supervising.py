"""Every outcome, from real kernels in the real sandbox; and nothing of them is left."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("the sandbox needs Linux", allow_module_level=True)

from dlcourse.grading import asking, sandbox, supervising
from dlcourse.grading.asking import CannotGrade, SupervisorLost, checksum, grade_one, make_key
from dlcourse.grading.cgroups import Group
from dlcourse.grading.intake import Rejected
from dlcourse.grading.nbval_run import Session
from dlcourse.grading.probe import probe_source
from dlcourse.grading.results import Job, Settings, SubmissionResult
from dlcourse.grading.splicing import Probe
from dlcourse.lesson import files
from dlcourse.lesson.judging import expected_of
from dlcourse.lesson.values import bits
from tests.conftest import EVERYTHING
from tests.grading.corpus import Book

PASSED = ["passed"] * len(files.exercises("12"))
FULL = sum(exercise.points for exercise in files.exercises("12").values())


def graded(settings: Settings, book: Book) -> SubmissionResult:
    return grade_one(Job(settings, "ada.ipynb", "ada.ipynb", book.bytes()))


def outcomes(result: SubmissionResult) -> list[str]:
    return [exercise.outcome for exercise in result.exercises]


def left() -> list[str]:
    """What a supervisor between two jobs must not have: processes below it, a folder of its own."""
    asked = asking.HERE.supervisor  # the one of this thread: other tests have theirs
    process = psutil.Process(asked.process.pid)
    folders = [str(path) for path in Path("/tmp").glob("dlcourse-*") if f"-{asked.process.pid}-" in path.name]
    return folders + [child.name() for child in process.children(recursive=True)]


TOLD_TO_END = """
from dlcourse.grading import supervising
from dlcourse.lesson import files
from dlcourse.lesson.running import observe_answer
exercise = files.exercises("12")["12.1"]
ends = "import os, signal\\ndef softmax(Z):\\n    os.kill(os.getpid(), signal.SIGTERM)\\n    while True: pass"
def serve(connection):
    observe_answer(ends, "softmax", exercise.observer, exercise.draw(1), exercise="12.1")
supervising.serve = serve
supervising.main(0)
"""


def test_a_supervisor_that_is_told_to_end_while_it_runs_an_answer_ends():
    """It took the signal for an exit of the answer's own, and who had interrupted the grading waited for ever."""
    done = subprocess.run([sys.executable, "-c", TOLD_TO_END], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (1, "")


def test_what_the_system_itself_needs_for_mappings_counts():
    """Sixty processes with 65,000 mappings each hold 850 MB that is in no process; ``held`` said 300."""
    me, enough = [psutil.Process()], 1 << 60
    without, space = supervising.held(me, enough), me[0].memory_info().vms
    most = space // os.sysconf("SC_PAGE_SIZE") * supervising.MAPPING
    with_it = supervising.held(me, 0) - without
    assert min(most, supervising.kept_by_the_kernel()) > 1 << 20
    assert 0.5 * min(most, supervising.kept_by_the_kernel()) < with_it < 2 * most


def test_where_a_group_counts_a_look_asks_the_group_and_no_process(tmp_path, monkeypatch):
    """On a busy machine a look at each of its processes, five times a second, was a third of what a submission cost."""
    below = supervising.Below(Group((tmp_path,)))
    monkeypatch.setattr(psutil.Process, "children", lambda *_, **__: pytest.fail("every process was looked at"))
    assert below.trouble(started=True) == ""  # it cannot be read: nothing is known
    (tmp_path / "cgroup.procs").write_text("4711\n4712\n")
    assert below.trouble(started=True) == ""
    (tmp_path / "cgroup.procs").write_text("")
    assert below.trouble(started=True) == "died" and below.trouble(started=False) == ""


def test_the_courses_byte_code_is_written_also_where_python_is_told_not_to(tmp_path, monkeypatch):
    """Or each kernel compiled thirty files, since inside nothing can be written: that was a fifth of its start."""
    for name in ("here.py", "engine/there.py", "lessons/answer.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x = 1\n")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(files, "PACKAGE", tmp_path)
    sandbox.compiled.__wrapped__()
    assert sorted(path.name.split(".")[0] for path in tmp_path.rglob("*.pyc")) == ["here", "there"]


# ------------------------------------------------------------------------------------------------------- outcomes


def test_every_outcome_in_one_notebook(settings):
    book = Book().answers(
        {
            "12.2": "def cross_entropy(P, Y):\n    return -np.log((P * Y).sum(axis=1)).mean()",
            "12.3": "def train(X, Y, W0, b0, lr, steps):\n    return W0 @ b1",
            "12.4": files.stub("12.4"),
            "12.5": "def accuracy(X, labels, W, b):\n    while True:\n        pass",
        }
    )
    result = graded(settings, book)
    assert (result.status, result.score, result.max_score) == ("graded", FULL - 7, FULL)
    assert outcomes(result)[:5] == ["passed", "failed", "error", "not attempted", "timeout"]
    assert outcomes(result)[5:] == PASSED[5:]
    first, second, third, fourth, fifth = result.exercises[:5]
    assert first.feedback == "PASS 12.1"
    mutants = files.exercises("12")["12.2"].mutants
    assert second.mutant is not None and second.misconception == mutants[second.mutant].message == second.lines[2]
    assert second.lines[0].startswith("12.2: tried cross_entropy(P=") and second.lines[1].startswith("came back: ")
    assert "NameError" in third.feedback and "line 2 of your cell" in third.feedback
    assert fourth.answer == "" and "not attempted yet" in fourth.feedback
    assert "It had not come back after 4 seconds." in fifth.feedback
    assert left() == []


ENDS = {
    "in its cell": ("import os\nos._exit(0)\ndef softmax(Z): ...", "kernel died"),
    "when called": ("import os\ndef softmax(Z):\n    os._exit(0)", "kernel died"),
    "by a signal": ("import os\ndef softmax(Z):\n    os.kill(os.getpid(), 9)", "kernel died"),
    "frozen": ("import os, signal\ndef softmax(Z):\n    os.kill(os.getpid(), signal.SIGSTOP)", "timeout"),
    "never, whatever is tried": (
        "def softmax(Z):\n    while True:\n        try:\n            while True: pass\n        except: pass",
        "timeout",
    ),
}


def some(kinds: dict[str, Any], quick: str, also: str) -> list[Any]:
    """One kind here, another one in `.ci/run`, all of them with DLCOURSE_ALL=1; the corpus has most of them, too."""
    chosen = [kind for kind in kinds if EVERYTHING or kind in (quick, also)]
    return [kind if kind == quick else pytest.param(kind, marks=pytest.mark.slow) for kind in chosen]


def test_a_supervisor_that_is_just_going_for_want_of_work_is_replaced(settings, monkeypatch):
    """It ends by itself, with status 0, and for a moment still looks alive."""
    going = getattr(asking.HERE, "supervisor", None) or asking.Supervisor()
    asking.HERE.supervisor = going
    with socket.socket(fileno=os.dup(going.connection.fileno())) as line:
        line.shutdown(socket.SHUT_WR)
    assert going.process.wait(10) == 0
    monkeypatch.setattr(going.process, "poll", lambda: None)
    assert outcomes(graded(settings, Book())) == PASSED
    assert asking.HERE.supervisor is not going


@pytest.mark.parametrize("how", some(ENDS, "when called", "never, whatever is tried"))
def test_an_answer_that_ends_the_kernel_costs_itself_only(settings, how):
    source, outcome = ENDS[how]
    result = graded(replace(settings, cell_timeout=2.0), Book().answers({"12.1": source}))
    assert outcomes(result) == [outcome, *PASSED[1:]]
    assert left() == []


ELSEWHERE = {
    "a cell that ends the kernel": "import os\nos._exit(3)",
    "a thread that ends it later": (
        "import os, threading, time\nthreading.Thread(target=lambda: (time.sleep(0.3), os._exit(0))).start()"
    ),
    "a cell that prints without end": "while True: print('x' * 100_000)",
    "names shadowed": "list = dict = len = sum = max = print = float = range = str = globals = 7\nnp = 3",
    "output closed": "import sys, builtins\nsys.stdout.close()\nsys.stdout = None\nbuiltins.print = None",
    "everything deleted": "%reset -f",
    "messages that nobody can read": (
        "kernel = get_ipython().kernel\n"
        "for junk in ([b'x'], [b'<IDS|MSG>', b'1', b'{}', b'{}', b'{}', b'{}']):\n"
        "    kernel.iopub_socket.send_multipart(junk)\n"
        "kernel.session.send = lambda *args, **more: None"
    ),
    "the program ended, as IPython understands it": "quit()",
}


@pytest.mark.parametrize("what", some(ELSEWHERE, "names shadowed", "messages that nobody can read"))
def test_right_answers_count_whatever_else_a_notebook_does(settings, what):
    book = Book()
    book.add(ELSEWHERE[what])
    assert outcomes(graded(replace(settings, cell_timeout=2.0), book)) == PASSED
    assert left() == []


def test_helpers_and_imports_in_other_cells_are_honest(settings):
    book = Book().answers({"12.1": "def softmax(Z):\n    return shares(np.array([exponentials(row) for row in Z]))"})
    book.add("import math\n\ndef shares(E):\n    return E / E.sum(axis=1, keepdims=True)")
    book.add("def exponentials(row):\n    return [math.exp(z - max(row)) for z in row]", "ex-1-check")
    assert outcomes(graded(settings, book)) == PASSED


# ------------------------------------------------------------------------------------------------- no dishonest mark

DISHONEST = {
    "equal to everything": """\
class Same(float):
    def __eq__(self, other): return True
def cross_entropy(P, Y): return Same(1)""",
    "a run of its own": """\
import dlcourse.lesson.running as a
a.observe_answer = lambda *x, **y: a.Run(None, [])
def cross_entropy(P, Y): return 0.0""",
    "the comparison patched": """\
import dlcourse.lesson.values as o, dlcourse.lesson.judging as j
o.differs, j.judge = lambda *args: None, None
def cross_entropy(P, Y): return 0.0""",
    "the answers imported": """\
from dlcourse.lesson import files
cross_entropy = files.exercises('12')['12.2'].answer""",
    "the engine's own": """\
from dlcourse.engine.operations import softmax_cross_entropy as s
def cross_entropy(P, Y): return dl.run(dl.sum(s(np.log(P), Y)))""",
    "a PASS printed": """\
import sys
def cross_entropy(P, Y):
    print('PASS 12.2', file=sys.__stdout__)
    return 0.0""",
}


@pytest.mark.parametrize("how", some(DISHONEST, "the answers imported", "a run of its own"))
def test_no_mark_without_the_values(settings, how):
    found = outcomes(graded(settings, Book().answers({"12.2": DISHONEST[how]})))
    assert found[1] != "passed" and found[:1] + found[2:] == PASSED[1:]


@pytest.mark.parametrize(("load", "times"), [(0.5, 1.0), (1.0, 1.0), (2.5, 2.5), (50.0, supervising.MOST_PATIENCE)])
def test_on_a_busy_machine_all_limits_of_time_grow(monkeypatch, load, times):
    """But not what is said: that an answer had not come back after so many seconds."""
    monkeypatch.setattr("os.getloadavg", lambda: (load * (os.cpu_count() or 1), 0.0, 0.0))
    assert supervising.patience() == pytest.approx(times)
    exercise = files.exercises("12")["12.1"]
    source = probe_source(exercise, "", exercise.draw(1), times)
    assert f"end = time.monotonic() + {exercise.time_limit * times!r}" in source
    session = Session(Path("x"), {"12.1": Probe(exercise, [], "", times)}, {}, True, 20.0)
    assert session.limit("probe-12-1") == exercise.time_limit * times + 5


# --------------------------------------------------------------------------------------------------- the key itself


def test_the_same_notebook_twice_gives_the_same_words_even_if_it_draws_numbers(settings):
    book = Book().answers(
        {
            "12.4": "import random\ndef boundary(W, b): return random.random(), np.random.default_rng().normal()",
            "12.5": "def accuracy(*args): raise ValueError(object())",
        }
    )
    first, second = graded(settings, book), graded(settings, book)
    assert first == second and outcomes(first)[3:5] == ["failed", "error"]


WITH_ANSWERS = [number for number in files.numbers() if files.answers_path(number).is_file()]


@pytest.mark.parametrize("lesson", WITH_ANSWERS)
def test_no_probe_of_a_lesson_can_be_guessed(lesson):
    for exercise in files.exercises(lesson).values():
        seen = [one.observed for one in expected_of(exercise, exercise.draw(7)) if one.observed]
        assert not exercise.points or bits(seen) >= supervising.FEWEST_BITS, exercise.id


@pytest.mark.slow
@pytest.mark.parametrize("lesson", WITH_ANSWERS if EVERYTHING else ["05", "10", "14"])
def test_every_lesson_can_be_graded(lesson, settings):
    """Its key scores full twice, its stubs score nothing, no probe can be guessed."""
    of_it = replace(settings, lesson=lesson, key=checksum(lesson), cell_timeout=20.0, expected={})
    assert make_key(of_it).expected.keys() == files.exercises(lesson).keys()


def test_a_worker_of_another_version_refuses(settings):
    with pytest.raises(CannotGrade, match="another version"):
        graded(replace(settings, key="0"), Book())


def test_a_kernel_that_does_not_start_is_not_the_students_fault(settings, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")  # no bubblewrap there
    with ThreadPoolExecutor(1) as one:  # another thread has another supervisor
        with pytest.raises(SupervisorLost, match=r"no kernel started: .*bwrap"):
            one.submit(graded, settings, Book()).result()
        one.submit(lambda: asking.HERE.supervisor.close()).result()


def test_a_supervisor_that_is_killed_is_replaced_and_leaves_nothing(settings):
    graded(settings, Book(solved=False))
    asked = asking.HERE.supervisor  # the one of this thread: other tests have theirs
    process = psutil.Process(asked.process.pid)
    threading.Timer(1.0, process.kill).start()  # in the middle of a run
    with pytest.raises(SupervisorLost):
        graded(settings, Book().answers({"12.1": "while True: pass"}))
    assert not list(Path("/tmp").glob(f"dlcourse-{process.pid}-*"))
    assert outcomes(graded(settings, Book(solved=False))) == ["not attempted"] * len(PASSED)


@pytest.mark.parametrize(
    "source",
    ["import " + ".".join(["a"] * 100_000), "(" * 100_000, "x = " + "-" * 300_000 + "1", "f" + "(x)" * 100_000],
    ids=["a long import", "brackets", "signs", "calls"],
)
def test_a_cell_that_keeps_the_reader_busy_or_breaks_it_costs_its_own_notebook_at_most(source, monkeypatch):
    """Twice its time, and no more; the reader's end is nobody else's."""
    monkeypatch.setattr(supervising, "READING", 2)
    book = Book()
    book.add(source)
    begin = time.monotonic()
    try:
        found = supervising.read_in_time(book.bytes(), "12")
    except Rejected as problem:
        assert str(problem).endswith(".")
    else:
        assert len(found.answers) == len(PASSED)
    assert time.monotonic() - begin < 20
