"""The server extension: loaded by every Jupyter server of the environment, and what it does to lessons alone."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from dlcourse.commands.serving import WIDGET_VIEW, language_info
from dlcourse.lesson import files
from dlcourse.lesson.progress import Progress
from tests.conftest import missing


def output(*processes: int, asked: Sequence[str] = (), text: str = "the sentence") -> dict[str, Any]:
    held = {"process": list(processes), "asked": list(asked)}
    view = {"model_id": "m", "version_major": 2, "version_minor": 0, "dlcourse": held}
    return {"output_type": "display_data", "data": {"text/plain": text, WIDGET_VIEW: view}, "metadata": {}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory):
    """Plain `jupyter lab`, without any option of the course's but the extension itself, as the wheel registers it."""
    folder = tmp_path_factory.mktemp("served")
    for path in files.notebooks()[:2]:
        (folder / path.name).write_bytes(path.read_bytes())
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    config = folder / "config"
    config.mkdir()
    registered = Path(__file__).parents[2] / "dlcourse/commands/jupyter/extension.json"
    (config / "jupyter_server_config.json").write_text(registered.read_text())
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTER_DATA_DIR": f"{folder}/data",
        "DLCOURSE_PROGRESS": f"{folder}/progress.json",
    }
    options = ["--no-browser", "--allow-root", f"--ServerApp.port={port}", "--IdentityProvider.token=t"]
    log = folder / "log"
    with log.open("wb") as file:
        command = [sys.executable, "-m", "jupyterlab", *options]
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=file, stderr=file)

    def ask(path: str, body: Any = None, method: str = "GET") -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{port}/{path}?token=t", data=data, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read().decode()
        return json.loads(text) if path.startswith("api") and text else text

    try:
        deadline = time.monotonic() + 90
        while True:
            try:
                ask("api/status")
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
        yield folder, ask, process
    finally:
        process.terminate()
        process.wait(20)


def test_jupyterlab_does_not_ask_about_news(server) -> None:
    _, ask, _ = server
    if not Path(sys.prefix, "share/jupyter/lab/settings/overrides.d/dlcourse.json").exists():
        missing("the course's wheel is not installed in this environment: pip install -e .")
    news = json.loads(ask("lab/api/settings/@jupyterlab%2Fapputils-extension:notification"))
    assert news["schema"]["properties"]["fetchNews"]["default"] == "false"


def test_opening_a_released_lesson_gives_what_jupyterlab_would_write_into_it(server) -> None:
    _, ask, _ = server
    model = ask(f"api/contents/{files.notebooks()[0].name}")
    assert model["content"]["metadata"]["language_info"] == language_info()
    assert {cell.get("execution_count") for cell in model["content"]["cells"]} == {None}, "nobody has run it"


def kernels_of(process: subprocess.Popen[bytes]) -> list[int]:
    return [child.pid for child in psutil.Process(process.pid).children(recursive=True)]


def test_a_saved_lesson_keeps_what_can_be_seen_without_its_kernel_and_is_live_while_that_process_is(server) -> None:
    folder, ask, process = server
    name = files.notebooks()[1].name
    session = ask(
        "api/sessions", {"path": name, "name": name, "type": "notebook", "kernel": {"name": "python3"}}, "POST"
    )
    notebook = ask(f"api/contents/{name}")["content"]
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    cell["outputs"] = [output(*kernels_of(process))]
    ask(f"api/contents/{name}", {"type": "notebook", "content": notebook}, "PUT")

    def shown(notebook: Any) -> list[str]:
        [output] = next(c for c in notebook["cells"] if c["id"] == cell["id"])["outputs"]
        return sorted(output["data"])

    assert shown(json.loads((folder / name).read_text(encoding="utf-8"))) == ["text/plain"]
    assert shown(ask(f"api/contents/{name}")["content"]) == [WIDGET_VIEW, "text/plain"], "its kernel runs"
    ask(f"api/kernels/{session['kernel']['id']}/restart", {}, "POST")
    assert shown(ask(f"api/contents/{name}")["content"]) == ["text/plain"], "another process, which knows no figure"
    ask(f"api/sessions/{session['id']}", method="DELETE")
    assert shown(ask(f"api/contents/{name}")["content"]) == ["text/plain"], "the kernel is gone"


def test_what_was_chosen_is_saved_under_its_question_once(server, tmp_path: Path) -> None:
    folder, ask, _ = server
    Progress(folder / "progress.json").chose("01.a", "uphill")
    Progress(folder / "progress.json").recalled("01.a", right=False)
    name = files.notebooks()[0].name
    notebook = ask(f"api/contents/{name}")["content"]
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    question = "Where to?\n  a) uphill\n  b) downhill"
    for _ in range(2):  # saved twice, it stands there once
        cell["outputs"] = [output(0, asked=["01.a"], text=question)]
        ask(f"api/contents/{name}", {"type": "notebook", "content": notebook}, "PUT")
        notebook = ask(f"api/contents/{name}")["content"]
        [left] = next(c for c in notebook["cells"] if c["id"] == cell["id"])["outputs"]
        question = left["data"]["text/plain"]
        assert question == "Where to?\n  a) uphill\n  b) downhill\n\nYou chose:\n  uphill (not so)"


def test_a_picture_comes_with_its_sentence_and_with_what_to_run_and_is_saved_as_it_was(server) -> None:
    folder, ask, _ = server
    name = files.notebooks()[1].name
    before = (folder / name).read_text(encoding="utf-8")
    opened = ask(f"api/contents/{name}")["content"]
    shown = [o["data"] for c in opened["cells"] for o in c.get("outputs", []) if "image/png" in o.get("data", {})]
    pages = [data["text/html"] for data in shown]
    assert pages and all("run the setup cell" in page and 'alt="' in page for page in pages)
    ask(f"api/contents/{name}", {"type": "notebook", "content": opened}, "PUT")
    saved = json.loads((folder / name).read_text(encoding="utf-8"))
    released = json.loads(before)["cells"]
    for cell in released:
        cell |= {"execution_count": None} if cell["cell_type"] == "code" else {}
    assert saved["cells"] == released


def walked(*processes: int) -> dict[str, Any]:
    """What a figure with steps leaves in a notebook."""
    shown = output(*processes)
    shown["data"]["image/png"] = "iVBORw0KGgo="
    shown["metadata"] = {"image/png": {"alt": "two steps down"}}
    shown["data"][WIDGET_VIEW]["dlcourse"]["walk"] = {
        "state": {"title": "</script>"},
        "said": ["0", "1"],
        "settings": {},
    }
    return shown


def test_the_steps_of_a_saved_figure_can_be_walked_through_in_a_page_that_may_run_scripts(server) -> None:
    folder, ask, _ = server
    name = files.notebooks()[1].name
    notebook = ask(f"api/contents/{name}")["content"]
    one, other = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"][:2]
    one["outputs"] = [walked(0)]
    theirs = {"output_type": "display_data", "data": {"text/html": "<script>steal()</script>"}, "metadata": {}}
    other |= {"outputs": [walked(0), theirs], "metadata": {}}
    ask(f"api/contents/{name}", {"type": "notebook", "content": notebook}, "PUT")
    saved = (folder / name).read_text(encoding="utf-8")
    assert "dlcourse-still" not in saved and "trusted" not in saved
    opened = {cell["id"]: cell for cell in ask(f"api/contents/{name}")["content"]["cells"]}
    page = opened[one["id"]]["outputs"][0]["data"]["text/html"]
    assert 'class="dlcourse-still"' in page and "steps, as you left it" in page and '"</script>"' not in page
    assert opened[one["id"]]["metadata"]["trusted"] and not opened[other["id"]]["metadata"].get("trusted")
    notebook["metadata"]["widgets"] = {}
    ask(f"api/contents/{name}", {"type": "notebook", "content": notebook}, "PUT")
    opened = {cell["id"]: cell for cell in ask(f"api/contents/{name}")["content"]["cells"]}
    assert not opened[one["id"]]["metadata"].get("trusted"), "a live view could be of the file's own making"


def test_other_notebooks_are_left_alone(server) -> None:
    folder, ask, _ = server
    cell = {"id": "a", "cell_type": "code", "source": "1", "metadata": {}, "outputs": [output()], "execution_count": 1}
    notebook = {"cells": [cell], "metadata": {"language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5}
    ask("api/contents/other.ipynb", {"type": "notebook", "content": notebook}, "PUT")
    saved = json.loads((folder / "other.ipynb").read_text(encoding="utf-8"))
    assert WIDGET_VIEW in saved["cells"][0]["outputs"][0]["data"]
    assert ask("api/contents/other.ipynb")["content"]["metadata"]["language_info"] == {"name": "python"}


def test_the_menus_export_of_a_lesson_has_the_words_of_its_pictures_and_plays(server) -> None:
    _, ask, _ = server
    page = ask(f"nbconvert/html/{files.notebooks()[1].name}")
    assert "No description has been provided" not in page and page.count('<div class="dlcourse-still">') > 5
