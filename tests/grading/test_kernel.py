"""A kernel in the sandbox: started by jupyter_client, seen from inside, gone afterwards."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import psutil
import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("the sandbox needs Linux", allow_module_level=True)

from jupyter_client.manager import KernelManager

from dlcourse.grading.kernel import JUPYTER_PATH, SandboxProvisioner, own_uid, remove
from dlcourse.grading.sandbox import NOBODY, why_no_sandbox
from dlcourse.lesson import files
from tests.conftest import missing


class Inside:
    """A kernel to ask."""

    def __init__(self, manager: KernelManager) -> None:
        self.manager, self.client = manager, manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def value(self, code: str) -> Any:
        """Run code that puts something JSON-able into ``result``."""
        lines: list[str] = []
        reply = self.client.execute_interactive(
            f"import json\n{code}\nprint(json.dumps(result))",
            timeout=60,
            output_hook=lambda message: lines.append(message["content"].get("text", "")),
        )
        assert reply["content"]["status"] == "ok", reply["content"]
        return json.loads("".join(lines))


@pytest.fixture(scope="module")
def inside() -> Iterator[Inside]:
    if why := why_no_sandbox():
        missing(why)
    before = os.environ.get("JUPYTER_PATH")
    os.environ["JUPYTER_PATH"] = str(JUPYTER_PATH)
    try:
        manager = KernelManager(kernel_name="dlcourse-sandbox")
        manager.start_kernel()
    finally:
        os.environ.pop("JUPYTER_PATH")
        if before is not None:
            os.environ["JUPYTER_PATH"] = before
    found = Inside(manager)
    folder = manager.provisioner.folder
    below = psutil.Process(manager.provisioner.pid).children(recursive=True)
    assert folder.is_dir() and below
    yield found
    found.client.stop_channels()
    manager.shutdown_kernel(now=True)
    assert not folder.exists()
    assert psutil.wait_procs(below, timeout=10)[1] == []


def test_jupyter_finds_the_provisioner():
    [found] = entry_points(group="jupyter_client.kernel_provisioners", name="dlcourse-sandbox")
    assert found.load() is SandboxProvisioner


def test_it_is_a_kernel_as_any_other_and_the_course_is_there(inside):
    assert inside.value("import numpy as np, dlcourse as dl\nresult = float(dl.run(dl.exp(0.0)))") == 1.0
    assert inside.value("import os\nresult = os.getcwd()") == "/home/student"


def test_it_can_be_interrupted(inside):
    message = inside.client.execute("while True: pass", stop_on_error=False)  # what is asked next is not aborted
    time.sleep(0.5)
    inside.manager.interrupt_kernel()
    assert inside.client.get_shell_msg(timeout=30)["parent_header"]["msg_id"] == message
    assert inside.value("result = 1") == 1


LISTED = """
import os
result = []
for top in {places!r}:
    for folder, folders, files in os.walk(top):
        if "dlcourse" in folder or folder == top:
            result += [os.path.join(folder, name) for name in files]
        elif "dlcourse" not in " ".join(folders):
            folders.clear()
"""


def test_what_is_visible_of_the_course(inside):
    """The engine, and what a probe needs: no lesson, no answer, no figure, no grader, nor what lies beside it."""
    package = files.PACKAGE
    places = [str(package.parent), sys.prefix, "/home", "/root", "/tmp"]
    seen = {Path(path) for path in inside.value(LISTED.format(places=places)) if "dlcourse" in path}
    ours = {path.relative_to(package) for path in seen if package in path.parents and "__pycache__" not in path.parts}
    engine = {path.relative_to(package) for place in (package, package / "engine") for path in place.glob("*.*")}
    lesson = {path.relative_to(package) for path in (package / "lesson").glob("*.py")}
    data = {path.relative_to(package) for path in (package / "engine" / "datasets").rglob("*") if path.is_file()}
    assert ours == engine | lesson | data
    assert [path for path in seen if "lesson_" in path.name or path.suffix == ".ipynb"] == []


@pytest.mark.parametrize("lesson", ["02", "12"])
def test_no_answer_can_be_had_inside(inside, lesson):
    """Neither imported, nor found among what the course's modules hold, nor read in any of its files."""
    code = f"""
from dlcourse.lesson import files
try:
    files.answers({lesson!r})
    result = "there are answers"
except files.UnknownLesson as error:
    result = str(error)
"""
    assert "no lesson" in inside.value(code) or "no answers" in inside.value(code)
    code = f"""
import os
import dlcourse
result = []
lines = {[line for e in files.exercises(lesson).values() for line in long_lines(e.source())]!r}
top = os.path.dirname(dlcourse.__file__)
for folder, _, files in os.walk(top):
    for name in files:
        text = open(os.path.join(folder, name), "rb").read().decode(errors="replace")
        result += [[name, line] for line in lines if line in text]
"""
    assert inside.value(code) == []


def long_lines(source: str) -> list[str]:
    """The lines of an answer that nobody writes by chance."""
    lines = [line.strip() for line in source.splitlines()]
    return [line for line in lines if len(line) > 30 and not line.startswith("def ")]


def test_its_messages_are_its_own(inside):
    """Of the folder for sockets one sees one's own, and no port is used."""
    folders = inside.value("import os\nresult = [f for f in os.listdir('/tmp') if f.startswith(('k', 'dlcourse'))]")
    assert len(folders) <= 1
    assert inside.manager.transport == "ipc"


def test_memory_that_is_shared_is_limited_too(inside):
    code = """
import os
written = 0
try:
    with open("/dev/shm/x", "wb") as file:
        while written < 1 << 30:
            written += file.write(bytes(1 << 20))
except OSError:
    pass
os.unlink("/dev/shm/x")
result = written
"""
    assert inside.value(code) <= 128 << 20


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
def test_each_kernel_has_a_user_of_its_own(inside):
    uid = inside.value("import os\nresult = os.getuid()")
    assert uid == own_uid() != 0
    assert inside.value("import os\nresult = os.getgroups()") == []


def test_folders_that_nobody_may_enter_are_removed_and_those_without_end():
    """Tried by somebody who has to ask, as root has not."""
    top = Path(tempfile.mkdtemp(dir="/tmp"))
    top.chmod(0o777)
    child = os.fork()
    if child == 0:
        if os.geteuid() == 0:
            os.setuid(NOBODY)
        os.chdir(top)
        for name in ["a", *"d" * 1500]:
            os.mkdir(name)
            os.chdir(name)
        os.chdir(top / "a")
        os.symlink("/etc", "link")
        for closed in (top / "a" / "d" / "d", top / "a" / "d", top / "a"):
            closed.chmod(0)
        os.chdir("/")
        remove(top / "a")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.listdir(top) == [] and Path("/etc/passwd").exists()
    top.rmdir()
