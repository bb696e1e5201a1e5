"""Everything that grading must withstand: the whole corpus, scale, and faults.

    python -m tests.grading.everything [corpus] [places] [speed] [crowd] [faults]      (default: all five)

corpus   every submission of the corpus in the sandbox: its verdict, and nothing that outlives the run
places   the same verdicts with one job, with two, and on a Dask cluster that loses a worker meanwhile
speed    a hundred honest submissions, against `nbgrader autograde` on the same notebooks
crowd    a thousand submissions, and the memory of the process that grades them
faults   the command killed at ten random moments, then resumed: the same gradebook

It needs an hour of a machine with two cores, bubblewrap and the extra `test`. `tests/grading/test_corpus.py` runs a
sample of the first in seconds.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
import psutil

from dlcourse.grading.pages import page_name
from dlcourse.lesson import files
from tests.grading.corpus import CANARY, LOOPS, PORT, SAMPLES, Book, Sample, problems, write

PROGRAM = [sys.executable, "-m", "dlcourse", "grade"]
SEED = "20261121"
TIMEOUT = "5"  # seconds for a cell: the corpus has many that never end


def command(lesson: str, submissions: Path, output: Path, *options: str) -> list[str]:
    return [*PROGRAM, lesson, str(submissions), "-o", str(output), "--seed", SEED, "--cell-timeout", TIMEOUT, *options]


def grade(lesson: str, submissions: Path, output: Path, *options: str) -> dict[str, Any]:
    """Run the command to its end; its gradebook."""
    done = subprocess.run(command(lesson, submissions, output, *options), capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stdout + done.stderr
    return gradebook(output)


def gradebook(output: Path) -> dict[str, Any]:
    book: dict[str, Any] = json.loads((output / "gradebook.json").read_text(encoding="utf-8"))
    return book


# ----------------------------------------------------------------------------------------- what must not be left


class Watch:
    """Sees what a run leaves behind: files with the canary's name, processes, folders, and visitors on loopback."""

    def __enter__(self) -> Watch:
        self.before = {process.pid for process in psutil.process_iter()}
        self.folders = set(_temporary())
        self.canaries = set(_canaries())
        self.visits: list[str] = []
        self.stop = threading.Event()
        self.listeners = [_listener(socket.SOCK_STREAM), _listener(socket.SOCK_DGRAM)]
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def _listen(self) -> None:
        while not self.stop.is_set():
            for listener in self.listeners:
                with contextlib.suppress(OSError):
                    if listener.type == socket.SOCK_STREAM:
                        self.visits.append(str(listener.accept()[1]))
                    else:
                        self.visits.append(str(listener.recvfrom(100)))

    def __exit__(self, *exception: object) -> None:
        self.stop.set()
        for listener in self.listeners:
            listener.close()

    def left(self) -> list[str]:
        """What is there now and was not before, with a moment's patience for what is just ending."""
        until = time.monotonic() + 5
        while (found := self._left()) and time.monotonic() < until:
            time.sleep(0.2)
        return found

    def _left(self) -> list[str]:
        """Other runs of the grader may go on meanwhile on this machine: what is theirs is left to them."""
        found = [f"a visit from {visit}" for visit in self.visits]
        found += [f"the file {path}" for path in set(_canaries()) - self.canaries]
        for path in set(_temporary()) - self.folders:
            if not psutil.pid_exists(int(path.split("-")[1])):  # the number of the supervisor that made it
                found.append(f"the folder {path}")
        for process in psutil.process_iter(["cmdline"]):
            words = " ".join(process.info["cmdline"] or [])
            ours = sys.prefix in words and re.search(r"bwrap|ipykernel_launcher|dlcourse\.grading", words)
            if process.pid not in self.before and (ours or "61.7320508" in words) and not _graded_by_another(process):
                found.append(f"the process {process.pid} {words[:100]}")
        return found


def _graded_by_another(process: psutil.Process) -> bool:
    """Whether a run that goes on elsewhere answers for it: ours has ended."""
    with contextlib.suppress(psutil.Error):
        return any(
            "grade" in words or "pytest" in " ".join(words)
            for words in (parent.cmdline() for parent in process.parents())
        )
    return False


def _listener(kind: socket.SocketKind) -> socket.socket:
    listener = socket.socket(socket.AF_INET, kind)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", PORT))
    if kind == socket.SOCK_STREAM:
        listener.listen()
    listener.settimeout(0.1)
    return listener


def _temporary() -> Iterator[str]:
    yield from (str(path) for path in Path("/tmp").glob("dlcourse-[0-9]*-*"))


def _canaries() -> Iterator[str]:
    """The canary's files wherever an escaped process of this user could have put one."""
    here = Path(__file__).resolve().parents[2]
    places = ["/", "/tmp", "/var/tmp", "/dev/shm", "/root", "/home", "/etc", "/usr", "/opt", "/run", str(Path.home())]
    places += [str(here), str(here.parent), str(here / "dlcourse"), os.getcwd(), sys.prefix]
    places += [str(path) for path in Path("/tmp").iterdir() if path.is_dir() and "corpus" not in path.name]
    for place in dict.fromkeys(places):
        with contextlib.suppress(OSError):
            yield from (entry.path for entry in os.scandir(place) if CANARY in entry.name)
    for touched in (here / "dlcourse" / "__init__.py", Path("/etc/passwd")):
        if CANARY in touched.read_text(errors="replace"):
            yield str(touched)


# ------------------------------------------------------------------------------------------------------ the parts


def judged(samples: Sequence[Sample], output: Path) -> list[str]:
    """What is wrong with a gradebook of these samples."""
    found = {entry["submission"]: entry for entry in gradebook(output)["submissions"]}
    wrong = [f"{name!r} is in the gradebook and was not handed in" for name in found.keys() - {s.name for s in samples}]
    shown = (output / "class.html").read_text(encoding="utf-8")
    listed = shown[shown.index("Answers that may use") : shown.index("Answers that are the published ones")]
    for one in samples:
        if one.name not in found:
            wrong.append(f"{one.name!r} is not in the gradebook")
            continue
        wrong += problems(one, found[one.name])
        passed = any(e["outcome"] == "passed" for e in found[one.name]["exercises"])
        if one.evades and passed and page_name(one.name) not in listed:
            wrong.append(f"{one.name}: passed, and is not on the list of what a human should look at")
        if not (output / "feedback" / page_name(one.name)).is_file():
            wrong.append(f"{one.name}: there is no feedback page")
    return wrong


def run_corpus(folder: Path, samples: Sequence[Sample], *options: str) -> list[str]:
    """Grade samples in the sandbox; everything that is wrong afterwards."""
    wrong = []
    for lesson in sorted({one.lesson for one in samples}):
        chosen = [one for one in samples if one.lesson == lesson]
        write(chosen, folder / f"in-{lesson}")
        with Watch() as watch:
            grade(lesson, folder / f"in-{lesson}", folder / f"out-{lesson}", *options)
            wrong += watch.left()
        wrong += judged(chosen, folder / f"out-{lesson}")
    return wrong


def corpus(folder: Path) -> list[str]:
    start = time.monotonic()
    wrong = run_corpus(folder, SAMPLES, "--jobs", "2", "--keep")
    print(f"  {len(SAMPLES)} submissions in {time.monotonic() - start:.0f} s")
    return wrong


def places(folder: Path) -> list[str]:
    """One job, two jobs, and a cluster that loses a worker while it grades."""
    from tests.grading.test_cluster import cluster

    chosen = [one for one in SAMPLES if one.lesson == "12" and one.seconds <= 5]
    chosen = [one for one in chosen if one.kind != "broken" or one.status == "graded"][::3]
    write(chosen, folder / "in")
    books = {jobs: grade("12", folder / "in", folder / f"jobs-{jobs}", "--jobs", jobs) for jobs in ("1", "2")}
    with cluster(folder) as running:

        def lose_one() -> None:
            time.sleep(30)
            running.workers[0].send_signal(signal.SIGKILL)

        threading.Thread(target=lose_one, daemon=True).start()
        books["dask"] = grade("12", folder / "in", folder / "dask", "--cluster", running.address)
        gone = [worker.poll() is not None for worker in running.workers]
    print(f"  {len(chosen)} submissions; workers that died: {gone}")
    wrong = judged(chosen, folder / "dask")
    wrong += ["the cluster lost no worker"] if gone != [True, False] else []
    for place, book in books.items():
        wrong += [f"{place}: {difference}" for difference in differences(books["1"], book)]
    return wrong


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Where two gradebooks differ; in how a run was cut off by a limit of time they may."""
    found = []
    for ours, theirs in zip(one["submissions"], other["submissions"], strict=True):
        if ours != theirs:
            found.append(f"{ours['submission']}: {json.dumps(ours)[:600]} is not {json.dumps(theirs)[:600]}")
    rest = [{key: value for key, value in book.items() if key != "submissions"} for book in (one, other)]
    return found + ([f"{rest[0]} is not {rest[1]}"] if rest[0] != rest[1] else [])


def honest_answers(number: int) -> dict[str, str]:
    """The answers of honest student number so-and-so: all right in two styles, or one of them wrong; no two alike."""
    exercises = files.exercises("12")
    sources = {id: e.source() for id, e in exercises.items()} if number % 2 else Book().answers(LOOPS)
    if isinstance(sources, Book):
        sources = {id: sources.answer_cell(id)["source"] for id in exercises}
    if number % 5 == 3:
        sources["12.1"] = "def softmax(Z):\n    E = np.exp(Z)\n    return E / E.sum(axis=1, keepdims=True)"
    return {id: f"{source}\n# student {number}" for id, source in sources.items()}


class Peak(threading.Thread):
    """The largest resident memory of a process and of all that it started, looked at twice a second."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.process, self.alone, self.together, self.series = psutil.Process(pid), 0, 0, [(0.0, 0)]
        self.start()

    def run(self) -> None:
        begin = time.monotonic()
        with contextlib.suppress(psutil.Error):
            while self.process.is_running() and self.process.status() != psutil.STATUS_ZOMBIE:
                alone = self.process.memory_info().rss
                together = alone
                for child in self.process.children(recursive=True):
                    with contextlib.suppress(psutil.Error):
                        memory = child.memory_info()
                        together += memory.rss - memory.shared
                self.alone, self.together = max(self.alone, alone), max(self.together, together)
                self.series.append((time.monotonic() - begin, alone))
                time.sleep(0.5)


def measured(words: Sequence[str], **options: Any) -> tuple[float, float, Peak]:
    """Run a command: seconds on the clock, seconds of CPU of all its processes, memory."""
    start, before = time.monotonic(), os.times()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, **options)
        peak = Peak(process.pid)
        status = process.wait()
        log.seek(0)
        assert status == 0, log.read().decode(errors="replace")[-3000:]
    peak.join()
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return time.monotonic() - start, cpu, peak


def speed(folder: Path, number: int = 100, theirs: int = 20) -> list[str]:
    """The same notebooks, released by nbgrader, graded by both."""
    course = folder / "course"
    nbgrader = Path(sys.executable).with_name("nbgrader")
    environment = {**os.environ, "PATH": f"{nbgrader.parent}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run([sys.executable, "-m", "dlcourse", "export-nbgrader", "12", "-o", str(course)], check=True)
    quiet: dict[str, Any] = {"cwd": course, "env": environment}
    subprocess.run([nbgrader, "generate_assignment", "lesson_12", "--create"], check=True, capture_output=True, **quiet)
    [released] = course.glob("release/lesson_12/*.ipynb")
    (folder / "in").mkdir()
    for i in range(number):
        notebook: Any = nbformat.read(released, as_version=4)  # type: ignore[no-untyped-call]
        for cell in notebook.cells:
            if "answer" in cell.metadata.get("tags", []):
                cell.source = honest_answers(i)[cell.metadata["dlcourse"]["exercise"]]
        text = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
        (folder / "in" / f"student{i:03}.ipynb").write_text(text, encoding="utf-8")
        if i < theirs:
            target = course / "submitted" / f"student{i:03}" / "lesson_12"
            target.mkdir(parents=True)
            (target / released.name).write_text(text, encoding="utf-8")
    load = os.getloadavg()[0]
    seconds, cpu, peak = measured(
        [*PROGRAM, "12", str(folder / "in"), "-o", str(folder / "out"), "--jobs", "2", "--seed", SEED]
    )
    load = (load + os.getloadavg()[0]) / 2
    print(f"  dlcourse grade, {number} submissions, 2 jobs: {seconds / number:.2f} s each, {cpu / number:.2f} s of")
    print(f"    CPU each, start, key, sandbox included; parent {peak.alone >> 20} MB, all {peak.together >> 20} MB;")
    print(f"    load of the machine meanwhile about {load:.1f} on {os.cpu_count()} cores")
    their_seconds, their_cpu, their_peak = measured([str(nbgrader), "autograde", "lesson_12"], **quiet)
    print(
        f"  nbgrader autograde, {theirs} of the same, no sandbox: {their_seconds / theirs:.2f} s and "
        f"{their_cpu / theirs:.2f} s of CPU each; all together {their_peak.together >> 20} MB"
    )
    scores = {entry["submission"]: entry["score"] for entry in gradebook(folder / "out")["submissions"]}
    full = sum(exercise.points for exercise in files.exercises("12").values())
    wrong = [
        f"student {i} has {scores[f'student{i:03}.ipynb']}"
        for i in range(number)
        if scores[f"student{i:03}.ipynb"] != full - (i % 5 == 3)
    ]
    if seconds / number > their_seconds / theirs:
        wrong.append("nbgrader is faster")
    if seconds / number > 1.5:
        wrong.append(f"{seconds / number:.2f} s a submission are more than 1.5")
    return wrong


def crowd(folder: Path, number: int = 1000) -> list[str]:
    """As many students, no two of them alike: the memory of the parent must not grow with their number."""
    (folder / "in").mkdir()
    for i in range(number):
        (folder / "in" / f"student{i:04}.ipynb").write_bytes(Book(solved=False).answers(honest_answers(i)).bytes())
    seconds, cpu, peak = measured(command("12", folder / "in", folder / "out", "--jobs", "2"))
    end = peak.series[-1][0]
    tenths = [max(memory for at, memory in peak.series if at <= k * end / 10) >> 20 for k in range(1, 11)]
    late = max(memory for at, memory in peak.series if at < 0.97 * end) >> 20
    print(f"  {number} submissions in {seconds:.0f} s: {seconds / number:.2f} s each, {cpu / number:.2f} s of CPU;")
    print(f"    at most so many MB in the parent, after each tenth of the time: {', '.join(map(str, tenths))}")
    print(f"    before the pages are written: {late}; the parent and all that it started: {peak.together >> 20}")
    scores = {entry["submission"]: entry["score"] for entry in gradebook(folder / "out")["submissions"]}
    full = sum(exercise.points for exercise in files.exercises("12").values())
    expected = {f"student{i:04}.ipynb": full - (i % 5 == 3) for i in range(number)}
    wrong = [f"{name} has {scores.get(name)}" for name, score in expected.items() if scores.get(name) != score]
    return wrong + ([f"the parent grew by {late - tenths[1]} MB"] if late - tenths[1] > 30 else [])


def faults(folder: Path, kills: int = 10) -> list[str]:
    """Kill the command, resume, kill it again; in the end the gradebook is that of a run without disturbance."""
    chosen = [one for one in SAMPLES if one.lesson == "12" and one.seconds <= 3 and one.kind in ("honest", "mangled")]
    chosen += [one for one in SAMPLES if one.lesson == "12" and one.kind == "broken" and one.seconds <= 3][::6]
    chosen = chosen[::2]
    write(chosen, folder / "in")
    start = time.monotonic()
    calm = grade("12", folder / "in", folder / "calm", "--jobs", "2")
    whole = time.monotonic() - start
    rng, wrong, killed = random.Random(11), [], 0
    with Watch() as watch:
        for _ in range(kills):
            process = subprocess.Popen(
                command("12", folder / "in", folder / "out", "--jobs", "2"),
                cwd="/",
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(rng.uniform(1, max(4, whole / 5)))
            if process.poll() is None:
                process.kill()
                killed += 1
            process.wait()
            if (folder / "out" / "gradebook.json").exists():
                gradebook(folder / "out")  # whole, whenever it is looked at
        resumed = grade("12", folder / "in", folder / "out", "--jobs", "2")
        wrong += watch.left()
    print(f"  {len(chosen)} submissions, {whole:.0f} s undisturbed; killed {killed} times")
    wrong += differences(calm, resumed) + judged(chosen, folder / "out")
    again = time.monotonic()
    wrong += differences(calm, grade("12", folder / "in", folder / "out", "--jobs", "2"))
    print(f"  once more with nothing to do: {time.monotonic() - again:.0f} s")
    return wrong + ([] if killed >= kills // 2 else [f"it was killed {killed} times only"])


PARTS: dict[str, Callable[[Path], list[str]]] = {
    "corpus": corpus,
    "places": places,
    "speed": speed,
    "crowd": crowd,
    "faults": faults,
}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("parts", nargs="*", choices=[*PARTS, []], help=argparse.SUPPRESS)
    options.add_argument("--keep", action="store_true", help="keep the folder that it worked in")
    chosen = options.parse_args()
    wrong = []
    for part in chosen.parts or PARTS:
        folder = Path(tempfile.mkdtemp(prefix=f"grading-corpus-{part}-"))
        print(f"{part}:", flush=True)
        start = time.monotonic()
        found = PARTS[part](folder)
        for line in found:
            print(f"  WRONG {re.sub(r'[^ -~]', '?', line)}")
        where = f", in {folder}" if chosen.keep else ""
        print(f"  {len(found)} wrong, {time.monotonic() - start:.0f} s{where}", flush=True)
        wrong += found
        if not chosen.keep:
            shutil.rmtree(folder, ignore_errors=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
