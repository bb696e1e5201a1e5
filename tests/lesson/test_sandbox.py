"""An answer is observed from literals in a sandboxed process, judged outside, and sees no answers inside.

Grading does exactly this. Started by root the sandbox becomes nobody by itself; to try the other way, too, the
same observations are made once more by a process that is nobody before it makes its sandbox.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy
import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("the sandbox needs Linux", allow_module_level=True)

from dlcourse.grading.probe import observe_sandboxed, probe_source, read_run
from dlcourse.grading.sandbox import NOBODY, Finished, Limits, run_sandboxed, sandbox_command, why_no_sandbox
from dlcourse.lesson import files
from dlcourse.lesson.exercises import Exercise
from dlcourse.lesson.judging import judge
from tests.conftest import missing

TRAIN = files.exercises("12")["12.3"]
SEED = 20261121


@pytest.fixture(scope="module", autouse=True)
def sandbox() -> None:
    if why := why_no_sandbox():
        missing(why)


def inside(code: str, limits: Limits | None = None) -> Finished:
    """Run a few lines of Python in the sandbox."""
    return run_sandboxed([sys.executable, "-I", "-B", "-"], stdin=code, limits=limits or Limits(seconds=30))


def value(code: str) -> object:
    done = inside(f"import json\n{code}\nprint(json.dumps(result))")
    assert done.stderr == ""
    return json.loads(done.stdout)


def said(exercise: Exercise, cell: str, limits: Limits | None = None) -> str:
    cases = exercise.draw(SEED)
    return str(judge(exercise, cases, observe_sandboxed(exercise, cell, cases, limits=limits)))


# ----------------------------------------------------------------------------- observed inside, judged outside


def test_a_whole_training_run_is_observed_inside_and_judged_outside():
    assert said(TRAIN, TRAIN.source()) == "PASS 12.3"


@pytest.mark.parametrize("index", range(len(TRAIN.mutants)))
def test_a_mistake_made_inside_is_named_outside(index):
    from tests.lesson.test_exercises import mutant_source

    assert said(TRAIN, mutant_source(TRAIN, index)).splitlines()[2] == TRAIN.mutants[index].message


def test_the_probe_holds_inputs_and_nothing_of_the_answer():
    cases = TRAIN.draw(SEED)
    probe = probe_source(TRAIN, "def train(): ...", cases)
    assert repr(cases[0]["X"][0, 0].item()) in probe
    for secret in ("softmax_cross_entropy", "minimize", "PASS", *(mutant.message for mutant in TRAIN.mutants)):
        assert secret not in probe


def test_an_answer_that_says_it_passed_has_said_nothing():
    cell = (
        "import json, os, sys\n"
        "def train(X, Y, W0, b0, lr, steps):\n"
        "    print('PASS 12.3', file=sys.__stdout__)\n"
        "    os.write(1, b'PASS 12.3\\n')\n"
        "    return W0, b0, [0.0] * steps"
    )
    assert said(TRAIN, cell).startswith("12.3: tried train(")


VALUE = '{"trouble": null, "reports": [{"status": "value", "observed": %s}]}'


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        "[]",
        "{}",
        '{"trouble": null, "reports": []}',
        '{"trouble": null, "reports": [{"status": "value"}]}',
        VALUE % '{"kind": "array", "dtype": "object", "shape": [1], "data": [1]}',
        VALUE % '{"kind": "array", "dtype": "float64", "shape": [9999999999], "data": []}',
        VALUE % '{"kind": "float", "value": "1e5"}' * 2,
        VALUE % '{"kind": "float"}',
        VALUE % '{"kind": "int", "value": 3}',
        VALUE % '{"kind": "str", "value": ["x"]}',
        VALUE % '{"kind": "bool", "value": "yes"}',
        VALUE % '{"kind": "dict", "items": [[1, 2]]}',
        VALUE % '{"items": []}',
        '{"trouble": {"status": "raised", "message": "\\u001b[31m"}, "reports": []}',
        '{"trouble": {"status": "raised", "message": 3}, "reports": []}',
        '{"trouble": {"status": "PASS", "surprise": 1}, "reports": []}',
        '{"trouble": ' + "[" * 100_000,
    ],
)
def test_a_forged_report_is_no_report(line):
    assert read_run(f"dlcourse-run: {line}\n", TRAIN.draw(SEED)[:1]) is None


def test_a_process_that_ends_itself_is_told_from_a_wrong_answer():
    assert said(TRAIN, "import os\nos._exit(0)").startswith("12.3: ran your cell, and Python itself ended.")


def test_a_loop_that_no_interruption_reaches_is_ended_from_outside():
    frozen = "import os, signal\ndef train(X, Y, W0, b0, lr, steps):\n    os.kill(os.getpid(), signal.SIGSTOP)"
    begin = time.monotonic()
    assert "It had not come back" in said(TRAIN, frozen, replace(Limits(), seconds=3))
    assert time.monotonic() - begin < 20


def test_python_loops_are_ended_inside_and_say_which_case():
    endless = "def train(X, Y, W0, b0, lr, steps):\n    while True: pass"
    quick = replace(TRAIN, time_limit=1.0)
    assert said(quick, endless).splitlines()[0].startswith("12.3: tried train(X=")


# ----------------------------------------------------------------------------------------- what is seen inside

LOOK_EVERYWHERE = """
import os
result = []
for folder, folders, files in os.walk("/"):
    if folder in ("/proc", "/sys"):
        folders.clear()
    for name in files + folders:
        path = os.path.join(folder, name)
        if name in ("answers", "lessons") or name.endswith(".ipynb") or "lesson_" in name:
            result.append(path)
"""


def test_no_lesson_and_no_answer_is_anywhere_in_the_sandbox():
    seen = {path for path in value(LOOK_EVERYWHERE) if "dlcourse" in path or str(files.PACKAGE.parent) in path}
    seen = {path for path in seen if not re.search("/site-packages/(?!dlcourse)", path)}  # nbgrader's own notebooks
    figures = str(files.PACKAGE / "figures")
    assert {path for path in seen if not path.startswith(figures) and "/lessons" not in path} == set()
    folders = {path for path in seen if path.endswith("/lessons")}
    there = {folder: value(f"import os\nresult = os.listdir({folder!r})") for folder in folders}
    assert {folder: names for folder, names in there.items() if names} == {}
    assert not {path for path in seen if "/lessons/" in path}


def test_no_line_of_an_answer_can_be_read_inside():
    """Searched for: the message of a mutant, in every file that has to do with the course, compiled or not."""
    secret = TRAIN.mutants[0].message[:40]
    assert secret in files.answers_path("12").read_text(encoding="utf-8")
    found = value(
        f"""
import os
secret, result = {secret!r}.encode(), [0]
for top in {[str(files.PACKAGE.parent), str(files.PACKAGE), sys.prefix]!r}:
    for folder, folders, files in os.walk(top):
        if "site-packages" in folder and "dlcourse" not in folder and not folder.endswith("site-packages"):
            folders.clear()
            continue
        for name in files:
            with open(os.path.join(folder, name), "rb") as file:
                content = file.read()
            result[0] += 1
            if secret in content:
                result.append(os.path.join(folder, name))
"""
    )
    assert found[0] > 20, "the search has looked at files"
    assert found[1:] == []


def test_a_lesson_opens_inside_and_keeps_silent():
    done = inside(
        "from dlcourse import open_lesson\nlesson = open_lesson('12')\nlesson.check('12.3')\nlesson.show('line')\n"
        "lesson.quiz()\nlesson.predict('12.a')\nlesson.hint('12.1')\nlesson.progress()\nprint(lesson.given('12.3')(1))"
    )
    assert (done.stdout, done.stderr, done.status) == ("Ellipsis\n", "", 0)


def test_the_answers_of_a_wheel_inside_the_environment_are_covered(tmp_path, monkeypatch):
    """A second copy of the course, installed where Python finds packages, is emptied, too."""
    site = tmp_path / "lib" / "python3.11" / "site-packages" / "dlcourse" / "lessons" / "answers"
    site.mkdir(parents=True)
    (site / "lesson_12.py").write_text("SECRET = 1")
    (site.parent.parent / "kept.py").write_text("")
    tmp_path.chmod(0o755)
    for folder in tmp_path.parents[:-1]:
        if not os.access(folder, os.X_OK):
            pytest.skip("the temporary folder cannot be seen")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    command = sandbox_command(["/usr/bin/find", str(tmp_path), "-name", "*.py"])
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"{site.parent.parent / 'kept.py'}\n"


INSTALLED = """
import sys
from dlcourse.grading.probe import observe_sandboxed
from dlcourse.grading.sandbox import run_sandboxed
from dlcourse.lesson import files
from dlcourse.lesson.judging import judge
assert files.lessons_folder().parent == files.PACKAGE
exercise = files.exercises("12")["12.3"]
cases = exercise.draw(5)
print(judge(exercise, cases, observe_sandboxed(exercise, exercise.source(), cases)))
look = "import os; print(os.path.isdir(%r), os.listdir(%r))" % ((str(files.lessons_folder()),) * 2)
print(run_sandboxed([sys.executable, "-I", "-c", look]).stdout, end="")
"""


def test_an_installed_course_is_used_inside_without_its_lessons(tmp_path):
    """The package with lessons in it, as a wheel lays it out, in an environment of its own."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    (site,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    packages = Path(numpy.__file__).parents[1]
    for name in ("numpy", "numpy.libs"):
        if (packages / name).is_dir():
            shutil.copytree(packages / name, site / name)
    shutil.copytree(files.PACKAGE, site / "dlcourse")
    shutil.copytree(files.lessons_folder(), site / "dlcourse" / "lessons", dirs_exist_ok=True)
    done = subprocess.run(
        [tmp_path / "venv" / "bin" / "python", "-I", "-"],
        input=INSTALLED,
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
    )
    assert done.stdout.splitlines() == ["PASS 12.3", "True []"], done.stderr


# --------------------------------------------------------------------------------------------- no harm is done


@pytest.fixture
def listener() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        yield port
        with pytest.raises(TimeoutError):
            server.accept()  # nobody came
        with socket.create_connection(("127.0.0.1", port), timeout=2):  # though it could be reached
            server.accept()[0].close()


def test_there_is_no_network_not_even_to_this_machine(listener):
    code = f"""
import socket
result = []
for address in [("127.0.0.1", {listener}), ("1.1.1.1", 53)]:
    try:
        socket.create_connection(address, timeout=2)
    except OSError as error:
        result.append(type(error).__name__)
"""
    assert len(value(code)) == 2


def test_the_system_is_read_only_and_the_home_is_empty_and_writable(tmp_path):
    code = f"""
import os
result = {{"home": os.listdir(), "written": []}}
for folder in ["/", "/usr", "/etc", "/home", {str(files.PACKAGE)!r}, {sys.prefix!r}, {str(tmp_path)!r}, ".", "/tmp"]:
    try:
        with open(os.path.join(folder, "canary"), "w") as file:
            file.write("x")
        result["written"].append(folder)
    except OSError:
        pass
"""
    assert value(code) == {"home": [], "written": [".", "/tmp"]}
    assert not Path("/tmp/canary").exists()


def test_nothing_of_the_environment_and_no_other_process_is_seen(monkeypatch):
    monkeypatch.setenv("DLCOURSE_SECRET", "canary")
    names = value("import os\nresult = sorted(os.environ)")
    assert "HOME" in names and not {"DLCOURSE_SECRET", "USER", "VIRTUAL_ENV", "PYTHONPATH"} & set(names)
    assert value("import os\nresult = [p for p in os.listdir('/proc') if p.isdigit()]") in (["1", "2"], ["1", "2", "3"])


def test_the_student_is_nobody_and_has_no_rights():
    status = str(value("result = open('/proc/self/status').read()"))
    assert re.search(r"^Uid:\s+(\d+)", status, re.MULTILINE).group(1) != "0"
    assert re.search(r"^CapEff:\s+0+$", status, re.MULTILINE)
    assert re.search(r"^CapPrm:\s+0+$", status, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\s+1$", status, re.MULTILINE)


def test_memory_files_and_processes_are_limited():
    result = value(
        """
import os
result = {}
try:
    bytearray(8 << 30)
except MemoryError:
    result["memory"] = "limited"
try:
    with open("/tmp/big", "wb") as file:
        for _ in range(200):
            file.write(bytes(1 << 20))
except OSError:
    result["file"] = "limited"
children = 0
try:
    for _ in range(400):
        if os.fork() == 0:
            import time
            time.sleep(60)
            os._exit(0)
        children += 1
except OSError:
    result["processes"] = "limited"
"""
    )
    assert result == {"memory": "limited", "file": "limited", "processes": "limited"}


def test_nothing_outlives_the_sandbox():
    name = f"outlive{os.getpid()}"
    code = f"""
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open("/proc/self/comm", "w").write({name!r})
        time.sleep(60)
    os._exit(0)
time.sleep(0.5)
print("left one behind", flush=True)
"""
    assert inside(code).stdout == "left one behind\n"
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and name in running():
        time.sleep(0.1)
    assert name not in running()


def running() -> set[str]:
    names = set()
    for status in Path("/proc").glob("[0-9]*/comm"):
        try:
            names.add(status.read_text().strip())
        except OSError:
            continue
    return names


def test_a_flood_of_output_is_cut_off():
    done = inside("while True: print('x' * 10000)", replace(Limits(), output=1 << 20, seconds=30))
    assert done.outcome == "flooded"
    assert len(done.stdout) <= 1 << 20


def test_a_process_that_does_not_come_back_is_ended():
    begin = time.monotonic()
    done = inside("import time\ntime.sleep(60)", replace(Limits(), seconds=1))
    assert done.outcome == "timeout"
    assert time.monotonic() - begin < 10


def test_progress_on_a_read_only_system_goes_on_in_memory():
    done = inside(
        "from pathlib import Path\nfrom dlcourse.lesson.progress import Progress\n"
        "progress = Progress(Path('/usr/dlcourse/progress.json'))\n"
        "for _ in range(2): progress.checked('02.1', attempted=True, passed=True)\n"
        "print(progress.exercise('02.1')['checks'])"
    )
    first, last = done.stdout.splitlines()
    assert first.startswith("Your progress cannot be saved in /usr/dlcourse/progress.json")
    assert last == "2"


# ------------------------------------------------------------------------------------------ as another user

AS_NOBODY = """
import os, sys
from dlcourse.grading.probe import observe_sandboxed
from dlcourse.grading.sandbox import run_sandboxed, why_no_sandbox
from dlcourse.lesson import files
from dlcourse.lesson.judging import judge
assert os.geteuid() != 0
print(why_no_sandbox())
exercise = files.exercises("12")["12.3"]
cases = exercise.draw(5)
print(judge(exercise, cases, observe_sandboxed(exercise, exercise.source(), cases)))
look = "import os; print(os.path.exists(%r), os.listdir('.'))" % str(files.lessons_folder())
print(run_sandboxed([sys.executable, "-I", "-c", look]).stdout, end="")
"""


def as_nobody(program: str) -> subprocess.CompletedProcess[str]:
    """Root becomes nobody, with folders above Python that nobody may not enter replaced by ones that let through."""
    command = [shutil.which("bwrap") or "bwrap", "--ro-bind", "/", "/", "--dev-bind", "/dev", "/dev"]
    command += ["--bind", "/proc", "/proc", "--perms", "1777", "--tmpfs", "/tmp"]
    opened = set()
    for root in {Path(sys.base_prefix).resolve(), Path(sys.prefix), files.PACKAGE.parent}:
        closed = [p for p in reversed(root.parents) if p != Path("/") and not p.stat().st_mode & 0o001]
        if closed and closed[0] not in opened:  # once: a second one would hide what is already below
            opened.add(closed[0])
            command += ["--perms", "0755", "--tmpfs", str(closed[0])]
        emptied = {*closed[:1], Path("/tmp")} & set(root.parents)
        for parent in reversed(root.parents):
            if emptied & set(parent.parents):
                command += ["--perms", "0755", "--dir", str(parent)]
        if emptied:
            command += ["--ro-bind", str(root), str(root)]
    command += ["--", "/usr/bin/setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all"]
    command += [sys.executable, "-B", "-"]
    done = subprocess.run(
        command,
        input=program,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"HOME": "/tmp", "PATH": "/usr/bin:/bin", "PYTHONPATH": str(files.PACKAGE.parent)},  # the same code as here
        cwd="/",
    )
    if "uid map" in done.stdout or "namespace" in done.stdout + done.stderr:
        missing("users other than root may not make namespaces here")
    return done


@pytest.mark.skipif(os.geteuid() != 0, reason="every other test here ran without rights")
def test_it_works_for_a_user_without_rights_too():
    done = as_nobody(AS_NOBODY)
    assert done.stdout.splitlines() == ["", "PASS 12.3", "False []"], done.stderr


def test_a_machine_without_bubblewrap_is_told_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert why_no_sandbox() == (
        "The sandbox needs bubblewrap (the program bwrap): install it, for instance with `apt install bubblewrap`."
    )


def test_sandboxes_side_by_side_do_not_meet():
    results: list[object] = []
    code = (  # the course itself may be in /tmp, too
        "import os, time\nopen('/tmp/mine-%d', 'x').close()\ntime.sleep(0.3)\n"
        "result = [name for name in os.listdir('/tmp') if name.startswith('mine')]"
    )
    threads = [threading.Thread(target=lambda k=k: results.append(value(code % k))) for k in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, results)) == [str([f"mine-{k}"]) for k in range(3)]
