"""`dlcourse lab` keeps the learner's work, and opens what it says, from any folder."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from jupyter_server.services.kernels.connection.base import BaseKernelWebsocketConnection
from traitlets.utils.importstring import import_item

from dlcourse.commands.errors import CommandError
from dlcourse.commands.lab import RECORD, copy_lessons, jupyterlab_settings, put_beside, where_to_go_on
from dlcourse.commands.program import main
from dlcourse.lesson import files


@pytest.fixture(autouse=True)
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLCOURSE_PROGRESS", str(tmp_path / "data" / "progress.json"))


def release(folder: Path, **lessons: str) -> list[Path]:
    """A folder of released lessons with the given contents."""
    folder.mkdir(exist_ok=True)
    for name, content in lessons.items():
        (folder / f"{name}.ipynb").write_text(content, encoding="utf-8")
    return sorted(folder.glob("*.ipynb"))


def test_the_learner_gets_every_released_notebook_and_nothing_else(tmp_path: Path) -> None:
    done = copy_lessons(tmp_path / "mine", files.notebooks())
    released = {path.name: path.read_bytes() for path in files.notebooks()}
    copied = {path.name: path.read_bytes() for path in (tmp_path / "mine").iterdir() if path.name != RECORD}
    assert copied == released
    assert sorted(done.added) == sorted(released)


def test_a_changed_lesson_is_never_overwritten_and_its_newer_release_is_mentioned(tmp_path: Path) -> None:
    mine, released = tmp_path / "mine", tmp_path / "released"
    copy_lessons(mine, release(released, l01="first"))
    (mine / "l01.ipynb").write_text("my work")
    assert (
        copy_lessons(mine, release(released, l01="first")).report(mine)
        == f"The lessons are in {mine}, as you left them."
    )
    done = copy_lessons(mine, release(released, l01="second"))
    assert (mine / "l01.ipynb").read_text() == "my work"
    assert done.outdated == ["l01.ipynb"] and "newer" in done.report(mine)


def lesson(*cells: tuple[str, str], output: str = "") -> str:
    """A notebook of cells (id, source); those whose id ends in -answer are answers."""
    return json.dumps(
        {
            "cells": [
                {
                    "id": id,
                    "cell_type": "code",
                    "source": source,
                    "outputs": [output],
                    "metadata": {"tags": ["answer"], "dlcourse": {}} if id.endswith("-answer") else {},
                }
                for id, source in cells
            ]
        }
    )


def test_a_lesson_that_was_only_run_is_brought_up_to_date(tmp_path: Path) -> None:
    mine, released = tmp_path / "mine", tmp_path / "released"
    copy_lessons(mine, release(released, l01=lesson(("hook", "a"))))
    ran = lesson(("hook", "a"), output="what it printed here")
    (mine / "l01.ipynb").write_text(ran)
    copy_lessons(mine, release(released, l01=lesson(("hook", "a"))))
    assert (mine / "l01.ipynb").read_text() == ran, "nothing new: what was run stays"
    done = copy_lessons(mine, release(released, l01=lesson(("hook", "b"))))
    assert done.updated == ["l01.ipynb"] and json.loads((mine / "l01.ipynb").read_text())["cells"][0]["source"] == "b"


def test_merge_puts_the_newer_lesson_with_the_learners_answers_beside_the_learners_own(tmp_path: Path) -> None:
    mine, released = tmp_path / "mine", tmp_path / "released"
    copy_lessons(mine, release(released, l01=lesson(("hook", "a"), ("ex-1-answer", "stub"), ("dropped", "old"))))
    changed = lesson(("hook", "a"), ("5f1e22aa", "my note"), ("ex-1-answer", "my answer"), ("dropped", "old"))
    (mine / "l01.ipynb").write_text(changed)
    newer = release(released, l01=lesson(("hook", "b"), ("more", "c"), ("ex-1-answer", "new stub")))
    assert "--merge" in copy_lessons(mine, newer).report(mine)
    done = copy_lessons(mine, newer, merge=True)
    assert done.merged == ["l01-newer.ipynb"] and "l01-newer.ipynb" in done.report(mine)
    assert (mine / "l01.ipynb").read_text() == changed
    cells = json.loads((mine / "l01-newer.ipynb").read_text())["cells"]
    assert [cell["source"] for cell in cells] == ["b", "my note", "c", "my answer"]

    (mine / "l01-newer.ipynb").write_text("worked on")
    assert copy_lessons(mine, newer, merge=True).merged == ["l01-newer2.ipynb"]
    assert (mine / "l01-newer.ipynb").read_text() == "worked on", "what is there is not overwritten"
    assert copy_lessons(mine, newer, merge=True).merged == ["l01-newer2.ipynb"], "nor written again"


@pytest.mark.parametrize("broken", ["my work", "[1]", '{"cells": 3}', '{"cells": [1]}', ""])
def test_merge_of_a_file_that_is_no_notebook_any_more_gives_the_newer_lesson(tmp_path: Path, broken: str) -> None:
    mine, released = tmp_path / "mine", tmp_path / "released"
    copy_lessons(mine, release(released, l01=lesson(("hook", "a"))))
    (mine / "l01.ipynb").write_text(broken)
    newer = release(released, l01=lesson(("hook", "b")))
    assert copy_lessons(mine, newer, merge=True).merged == ["l01-newer.ipynb"]
    assert (mine / "l01.ipynb").read_text() == broken
    assert (mine / "l01-newer.ipynb").read_bytes() == newer[0].read_bytes()


def test_an_untouched_lesson_follows_a_release_that_prints_something_else(tmp_path: Path) -> None:
    mine, released = tmp_path / "mine", tmp_path / "released"
    copy_lessons(mine, release(released, l01=lesson(("hook", "a"), output="old")))
    done = copy_lessons(mine, release(released, l01=lesson(("hook", "a"), output="new")))
    assert done.updated == ["l01.ipynb"] and "new" in (mine / "l01.ipynb").read_text()


def test_lab_opens_the_first_lesson_and_then_the_one_that_was_worked_on_last(tmp_path: Path) -> None:
    copy_lessons(tmp_path, files.notebooks())
    assert where_to_go_on(tmp_path) == files.notebooks()[0].name
    for number, when in ((7, 200), (3, 100)):
        path = tmp_path / files.notebooks()[number].name
        path.write_text(path.read_text(encoding="utf-8").replace("lesson", "Lesson"), encoding="utf-8")
        os.utime(path, (when, when))
    assert where_to_go_on(tmp_path) == files.notebooks()[7].name
    assert f"--LabApp.default_url=/lab/tree/{files.notebooks()[7].name}" in jupyterlab_settings(tmp_path, [])
    beside = put_beside(tmp_path / files.notebooks()[3].name, b"of --merge")
    assert where_to_go_on(tmp_path) == beside


def test_copy_only_copies_and_stops(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab", str(tmp_path / "mine"), "--copy-only"]) == 0
    assert len(list((tmp_path / "mine").glob("*.ipynb"))) == len(files.notebooks())
    assert "Copied to" in capsys.readouterr().out


def test_lab_finds_the_lessons_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It put a second set into the first, and another beside, where the learner's answers seemed to be lost."""

    def lab(*words: str) -> str:
        assert main(["lab", *words]) == 0
        return capsys.readouterr().out

    monkeypatch.chdir(tmp_path)
    assert lab("--copy-only", "my lessons").startswith("Copied to my lessons: "), "an option of ours before DIR"
    monkeypatch.chdir("my lessons")
    assert lab("--copy-only") == "The lessons are in ., as you left them.\n"
    monkeypatch.chdir(tmp_path)
    said = f"You worked in {tmp_path / 'my lessons'} before. To go on there: dlcourse lab '{tmp_path / 'my lessons'}'"
    assert lab("--copy-only").splitlines()[1:] == [said]
    assert lab("--copy-only", "my lessons").count("\n") == 1, "there are lessons here, too"


def test_an_untouched_lesson_follows_the_release_and_new_lessons_arrive(tmp_path: Path) -> None:
    mine, released = tmp_path / "mine", tmp_path / "released"
    copy_lessons(mine, release(released, l01="first"))
    done = copy_lessons(mine, release(released, l01="second", l02="new"))
    assert (done.added, done.updated, done.outdated) == (["l02.ipynb"], ["l01.ipynb"], [])
    assert (mine / "l01.ipynb").read_text() == "second"
    again = copy_lessons(mine, release(released))
    assert not (again.added or again.updated or again.outdated)


def test_a_deleted_lesson_comes_back_fresh(tmp_path: Path) -> None:
    mine, released = tmp_path / "mine", release(tmp_path / "released", l01="first")
    copy_lessons(mine, released)
    (mine / "l01.ipynb").unlink()
    assert copy_lessons(mine, released).added == ["l01.ipynb"]
    assert (mine / "l01.ipynb").read_text() == "first"


@pytest.mark.parametrize("damage", ["not json", "[1, 2]", '{"l01.ipynb": 3}'])
def test_without_a_readable_record_every_file_counts_as_changed(tmp_path: Path, damage: str) -> None:
    mine, released = tmp_path / "mine", tmp_path / "released"
    copy_lessons(mine, release(released, l01="first"))
    (mine / RECORD).write_text(damage)
    copy_lessons(mine, release(released, l01="second"))
    assert (mine / "l01.ipynb").read_text() == "first"


def test_the_released_lessons_themselves_can_be_opened_in_place(tmp_path: Path) -> None:
    released = release(tmp_path / "released", l01="first")
    copy_lessons(tmp_path / "released", released)
    assert [path.name for path in (tmp_path / "released").iterdir()] == ["l01.ipynb"]


def test_a_file_where_the_folder_should_be_is_one_clear_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").touch()
    assert main(["lab", str(tmp_path / "taken")]) == 1
    assert (
        capsys.readouterr().err == f"dlcourse: {tmp_path / 'taken'} is a file; name a folder to put the lessons in.\n"
    )


def test_a_folder_that_cannot_be_made_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match=r"cannot put the lessons in .*name a folder you may write to"):
        copy_lessons(tmp_path / "file" / "lessons", release(tmp_path / "released", l01="first"))


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_lab_serves_the_lessons_without_asking_the_network_for_news(tmp_path: Path) -> None:
    """From another folder and with options only: DIR is ./dlcourse-lessons and the options arrive unchanged."""
    port, token = free_port(), "secret"
    command = [
        sys.executable,
        "-m",
        "dlcourse",
        "lab",
        "--no-browser",
        f"--ServerApp.port={port}",
        "--IdentityProvider.token=" + token,
    ]
    home = {
        "HOME": str(tmp_path),
        "JUPYTER_CONFIG_DIR": f"{tmp_path}/config",
        "JUPYTER_DATA_DIR": f"{tmp_path}/data",
        "JUPYTER_RUNTIME_DIR": f"{tmp_path}/runtime",
    }
    log = tmp_path / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(command, cwd=tmp_path, env=os.environ | home, stdout=output, stderr=output)
    try:

        def get(path: str) -> str:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}?token={token}", timeout=10) as answer:
                return str(answer.read().decode())

        deadline = time.monotonic() + 60
        while True:
            try:
                listing = json.loads(get("api/contents"))
                break
            except OSError:
                assert server.poll() is None and time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
        assert {entry["name"] for entry in listing["content"]} == {path.name for path in files.notebooks()}
        assert Path(tmp_path, "dlcourse-lessons").is_dir()
        config = re.search(r'<script id="jupyter-config-data" type="application/json">(.*?)</script>', get("lab"), re.S)
        assert config is not None and json.loads(config[1])["news"] == {"disabled": True}
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


def test_the_connection_that_lab_asks_jupyter_for_is_one_of_jupyters(tmp_path: Path) -> None:
    """That messages then leave at once is measured by tests/benchmarks/latency.py; the browser tests run through it."""
    [name] = [s.partition("=")[2] for s in jupyterlab_settings(tmp_path, []) if "websocket_connection_class" in s]
    assert issubclass(import_item(name), BaseKernelWebsocketConnection)
