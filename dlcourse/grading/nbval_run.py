"""One run of a spliced notebook by nbval, in a process that may be lost.

nbval runs the cells and holds the probes' outputs against the stored ones. What we add, by subclassing, is how two
outputs are compared: by the lesson's own ``judge``, which also finds the words. What a student's kernel sends is
read here and nowhere else, so that a message made to break its reader breaks no more than this process.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import nbval.kernel
import nbval.plugin
import pytest
from jupyter_client.provisioning.factory import KernelProvisionerFactory

from dlcourse.grading.bounded import die_with_parent
from dlcourse.grading.cgroups import Group
from dlcourse.grading.probe import MARK, read_run
from dlcourse.grading.splicing import Probe, probe_id
from dlcourse.lesson.judging import judge
from dlcourse.lesson.parts import parts_right
from dlcourse.lesson.running import Report

__all__ = ["Session", "get_ready", "run_session"]

MEMORY = 2 << 30  # bytes of this process
LOG = 64 << 20  # bytes of what pytest prints
MOST_OUTPUT = 16 << 20  # characters that a cell may print
MOST_MESSAGES = 50_000
ADDRESS = re.compile(r"0x[0-9a-f]{6,}")


@dataclass(frozen=True)
class Session:
    """What a run needs to know.

    Attributes
    ----------
    notebook : Path
        The spliced notebook, alone in its folder.
    probes : dict of Probe
        By exercise.
    mutants : dict of lists of lists of Report
        By exercise, what each misconception gives.
    sandbox : bool
    cell_timeout : float
        Seconds for a cell of the student's.
    seconds : float
        For the whole run.
    group : Group or None
        Where the system counts what the kernel holds.
    """

    notebook: Path
    probes: Mapping[str, Probe]
    mutants: Mapping[str, list[list[Report]]]
    sandbox: bool
    cell_timeout: float
    seconds: float = 600.0
    group: Group | None = None

    def limit(self, cell: str) -> float:
        """How long a cell may take, by its id; a look at an answer keeps its own time, and has a little around it."""
        ids = [id for id in self.probes if cell == probe_id(id)]
        if not ids:
            return self.cell_timeout
        probe = self.probes[ids[0]]
        return probe.exercise.time_limit * probe.patience + 5


def get_ready() -> None:
    """Do once, before processes are forked, what each of them would do anew."""
    import IPython.paths  # noqa: F401  (where kernels are looked for)

    KernelProvisionerFactory.instance()  # looks through what every package here offers
    pytest.main(["-c", os.devnull, "--version"])  # imports pytest's own plugins
    nbformat.validate(nbformat.v4.new_notebook())  # type: ignore[no-untyped-call]  # the schema becomes a program
    nbval.kernel.pformat = lambda message: ""  # a log that nobody reads has each message on many lines


def run_session(session: Session, say: Callable[[dict[str, Any]], None]) -> None:
    """Run a notebook to its end. What happens is told by ``say``, as it happens:

    ``{"no kernel": why}``                    it did not start
    ``{"cell": id}``                          the cell begins
    ``{"exercise": id, "printed": text}``     what a probe printed, where nothing is expected of it yet
    ``{"exercise": id, "outcome": ..., "lines": [...], "mutant": ...}``    what a probe's values are worth
    ``{"flooded": cause}``                    too much was printed: by the cell, or by all of them (``"long"``)
    ``{"done": true}``
    """
    kernel = "dlcourse-sandbox" if session.sandbox else "dlcourse-plain"
    folder = session.notebook.parent
    options = ["-c", os.devnull, f"--rootdir={folder}", "--noconftest", "--color=no", "--tb=line", "-q"]
    options.append(f"--confcutdir={folder}")  # pytest would look at everything in the folders above, too
    plugins = ["-p", "nbval.plugin", "-p", "no:cacheprovider", "-p", "no:faulthandler", "-p", "no:logging"]
    words = [str(session.notebook), f"--nbval-kernel-name={kernel}", *options, *plugins]
    pytest.main(words, plugins=[Plugin(session, say)])


class Plugin:
    """Collects the notebook, in the place of nbval's own hook: without ``--nbval`` that one stays quiet."""

    def __init__(self, session: Session, say: Callable[[dict[str, Any]], None]) -> None:
        self.session, self.say = session, say

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        if file_path.suffix != ".ipynb":
            return None
        notebook: SplicedNotebook = SplicedNotebook.from_parent(parent, path=file_path)
        notebook.job, notebook.say = self.session, self.say
        return notebook

    def pytest_exception_interact(self, call: pytest.CallInfo[Any], report: pytest.TestReport) -> None:
        """Say why no kernel has started."""
        if report.when == "setup" and call.excinfo is not None:
            self.say({"no kernel": call.excinfo.exconly()})

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Say so at once: pytest then cleans up for a while what ends with its process anyway."""
        if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            self.say({"done": True})


class SplicedNotebook(nbval.plugin.IPyNbFile):  # type: ignore[misc]
    """nbval's notebook, with our cells in it. Only cells tagged so are compared, as with ``--nbval-lax``."""

    job: Session
    say: Callable[[dict[str, Any]], None]
    messages = size = total = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.compare_outputs = False

    def collect(self) -> Iterator[SplicedCell]:
        for cell in super().collect():
            yield SplicedCell.from_parent(
                self, name=cell.name, cell_num=cell.cell_num, cell=cell.cell, options=cell.options
            )

    def setup(self) -> None:
        """Start the kernel, and leave it no place on our disk."""
        super().setup()
        self.kernel.km.provisioner.settle()

    def get_kernel_message(self, timeout: float | None = None, stream: str = "iopub") -> Any:
        """Count what a cell sends: nbval itself reads as long as there is something."""
        message = super().get_kernel_message(timeout, stream)
        self.messages += 1
        content = message["content"]
        self.size += len(content.get("text", "")) + sum(map(len, content.get("data", {}).values()))
        together = self.total + self.size > 4 * MOST_OUTPUT
        if together or self.messages > MOST_MESSAGES or self.size > MOST_OUTPUT:
            self.say({"flooded": "long" if together else "flooded"})
            os._exit(1)
        return message

    def teardown(self) -> None:
        """Everything is known by now; the kernel ends with this process."""


class SplicedCell(nbval.plugin.IPyNbCell):  # type: ignore[misc]
    """nbval's cell; a probe is compared by ``judge``."""

    def setup(self) -> None:
        """That an earlier cell was interrupted changes nothing for this one."""

    def runtest(self) -> None:
        notebook: SplicedNotebook = self.parent
        notebook.total += notebook.size
        notebook.messages = notebook.size = 0
        self.output_timeout = 60  # nbval would end the kernel after 5 seconds of silence; the supervisor watches better
        notebook.say({"cell": self.cell.id})
        self.config.option.nbval_cell_timeout = notebook.job.limit(self.cell.id)
        try:
            super().runtest()
        finally:
            self.test_outputs = None  # nbval keeps them

    def compare_outputs(self, test: Any, ref: Any, skip_compare: Any = None) -> bool:
        """Hold what a probe printed against what the reference's probe printed."""
        session = self.parent.job
        probe = session.probes[self.cell.metadata["dlcourse"]["probe"]]
        exercise, cases = probe.exercise, probe.cases
        printed = _printed(test)
        run = read_run(printed, cases)
        if run is None:
            self.comparison_traceback = ["nothing came back"]  # the kernel closed or replaced what we read from
            return False
        if not probe.expected:
            line = next(line for line in reversed(printed.splitlines()) if line.startswith(MARK))
            self.parent.say({"exercise": exercise.id, "printed": line + "\n"})
            return True
        expected = read_run(_printed(ref), cases)
        assert expected is not None
        verdict = judge(exercise, cases, run, expected.reports, session.mutants[exercise.id])
        lines = [ADDRESS.sub("0x…", line) for line in verdict.lines]
        message = {"exercise": exercise.id, "outcome": verdict.outcome, "lines": lines, "mutant": verdict.mutant}
        message["leaned"] = sorted(run.leaned.intersection(exercise.without))
        if verdict.outcome != "passed":
            message["parts"] = [[part.title, part.points] for part in parts_right(exercise, run, expected.reports)]
        self.parent.say(message)
        self.comparison_traceback = lines
        return verdict.outcome == "passed"


def _printed(outputs: Any) -> str:
    return "".join(str(o["text"]) for o in outputs if o["output_type"] == "stream" and o["name"] == "stdout")


# ------------------------------------------------------------------------------------------- in a process of its own


def start_session(session: Session) -> int:
    """Fork a process that runs a session; return the end of the pipe that it talks through.

    It dies with this process, and its kernel with it.
    """
    ours, theirs = os.pipe()
    sys.stdout.flush()
    if os.fork():
        os.close(theirs)
        return ours
    try:
        os.setsid()
        die_with_parent()
        os.close(ours)
        log = os.open(session.notebook.parent / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        null = os.open(os.devnull, os.O_RDONLY)
        for number, descriptor in enumerate((null, log, log)):
            os.dup2(descriptor, number)
        for limit, value in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, LOG)):
            resource.setrlimit(limit, (value, resource.getrlimit(limit)[1]))  # the kernel gets limits of its own
        tempfile.tempdir = str(session.notebook.parent)
        os.environ["DLCOURSE_CPU_SECONDS"] = str(int(session.seconds))
        os.environ["DLCOURSE_GROUP"] = os.pathsep.join(map(str, session.group.folders if session.group else ()))
        os.chdir(session.notebook.parent)
        run_session(session, lambda message: _write(theirs, (json.dumps(message) + "\n").encode()))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
