"""The same work on a Dask cluster: a real scheduler, two worker processes, one of which is killed."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dlcourse.grading.asking import CannotGrade
from dlcourse.grading.cluster import open_cluster
from dlcourse.grading.sandbox import why_no_sandbox
from tests.conftest import missing
from tests.grading.corpus import SAMPLES, write
from tests.grading.everything import PROGRAM, judged

pytest.importorskip("distributed")


@dataclass
class Cluster:
    """A scheduler and its workers, as `dask scheduler` and `dask worker` start them."""

    address: str
    workers: list[subprocess.Popen[bytes]]


@contextlib.contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """Start a cluster on this machine, without nannies: a worker that is killed is gone."""
    quiet = {**os.environ, "DASK_DISTRIBUTED__DIAGNOSTICS__NVML": "False"}
    common = {"cwd": folder, "env": quiet, "stdout": subprocess.DEVNULL, "start_new_session": True}
    log = folder / "scheduler.log"
    started: list[subprocess.Popen[bytes]] = []
    try:
        with log.open("wb") as file:
            command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
            started.append(subprocess.Popen([*command, "--no-dashboard"], stderr=file, **common))
        address = None
        until = time.monotonic() + 60
        while address is None and time.monotonic() < until:
            address = re.search(r"tcp://127\.0\.0\.1:\d+", log.read_text())
            time.sleep(0.1)
        assert address is not None, log.read_text()
        for _ in range(workers):
            command = [sys.executable, "-m", "distributed.cli.dask_worker", address[0], "--no-nanny", "--nthreads", "1"]
            command += ["--no-dashboard", "--local-directory", str(folder), "--host", "127.0.0.1"]
            started.append(subprocess.Popen(command, stderr=subprocess.DEVNULL, **common))
        yield Cluster(address[0], started[1:])
    finally:
        for process in reversed(started):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def where(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def fails_twice(folder: str) -> int:
    """Leaves a mark each time; raises the first two times."""
    path = Path(folder, "tries")
    tries = len(path.read_text()) if path.exists() else 0
    path.write_text("x" * (tries + 1))
    if tries < 2:
        raise RuntimeError("stumbled")
    return tries + 1


@pytest.mark.slow
def test_work_goes_to_every_worker_and_survives_one_that_is_killed(tmp_path):
    with cluster(tmp_path) as running:
        executor, jobs = open_cluster(running.address)
        with executor:
            executor._client.wait_for_workers(2, timeout=60)
            futures = [executor.submit(where, 0.3) for _ in range(12)]
            futures[0].result(timeout=60)
            time.sleep(0.1)  # both are in the middle of one
            running.workers[0].send_signal(signal.SIGKILL)
            places = [future.result(timeout=60) for future in futures]
            assert set(places) <= {worker.pid for worker in running.workers} and len(places) == 12
            assert executor.submit(where, 0).result(timeout=60) == running.workers[1].pid
            assert executor.submit(fails_twice, str(tmp_path)).result(timeout=60) == 3
        assert jobs in (1, 2)


@pytest.mark.slow
def test_a_class_is_graded_on_two_workers_one_of_which_dies_in_the_middle(tmp_path):
    if why := why_no_sandbox():
        missing(why)
    chosen = [one for one in SAMPLES if one.lesson == "12" and one.kind == "honest" and one.seconds <= 3][:6]
    write(chosen, tmp_path / "in")
    with cluster(tmp_path) as running:
        words = [*PROGRAM, "12", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--cluster", running.address]
        grading = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd="/")
        journal = tmp_path / "out" / "results.jsonl"
        until = time.monotonic() + 120
        while grading.poll() is None and time.monotonic() < until:
            if journal.exists() and len(journal.read_text().splitlines()) > 2:  # two results are there, four to come
                running.workers[0].send_signal(signal.SIGKILL)
                break
            time.sleep(0.1)
        _, said = grading.communicate(timeout=180)
        assert grading.returncode == 0, said
        assert running.workers[0].wait(timeout=10) == -signal.SIGKILL
        assert running.workers[1].poll() is None
    assert judged(chosen, tmp_path / "out") == []


def test_an_address_where_nobody_answers_gets_a_sentence(monkeypatch):
    monkeypatch.setattr("dlcourse.grading.cluster.PATIENCE", 1)
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(CannotGrade, match="No Dask scheduler answers"):
            open_cluster(f"tcp://127.0.0.1:{taken.getsockname()[1]}")
    with pytest.raises(CannotGrade, match="No Dask scheduler answers"):
        open_cluster("nonsense")


@pytest.mark.slow
def test_a_cluster_without_workers_gets_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("dlcourse.grading.cluster.PATIENCE", 2)
    with cluster(tmp_path, workers=0) as running, pytest.raises(CannotGrade, match="has no workers"):
        open_cluster(running.address)
