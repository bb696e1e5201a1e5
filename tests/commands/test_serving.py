"""The server extension: loaded by every Jupyter server of the environment, and what it does to lessons alone."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from dlcourse.commands.serving import WIDGET_VIEW, language_info
from dlcourse.lesson import files
from tests.conftest import missing

OUTPUT = {
    "output_type": "display_data",
    "data": {"text/plain": "the sentence", WIDGET_VIEW: {"model_id": "m", "version_major": 2, "version_minor": 0}},
    "metadata": {},
}


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
    environment = os.environ | {"JUPYTER_CONFIG_DIR": str(config), "JUPYTER_DATA_DIR": f"{folder}/data"}
    options = ["--no-browser", "--allow-root", f"--ServerApp.port={port}", "--IdentityProvider.token=t"]
    log = folder / "log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "jupyterlab", *options]
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)

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
        yield folder, ask
    finally:
        process.terminate()
        process.wait(20)


def test_jupyterlab_does_not_ask_about_news(server) -> None:
    _, ask = server
    if not Path(sys.prefix, "share/jupyter/lab/settings/overrides.d/dlcourse.json").exists():
        missing("the course's wheel is not installed in this environment: pip install -e .")
    news = json.loads(ask("lab/api/settings/@jupyterlab%2Fapputils-extension:notification"))
    assert news["schema"]["properties"]["fetchNews"]["default"] == "false"


def test_opening_a_released_lesson_gives_what_jupyterlab_would_write_into_it(server) -> None:
    _, ask = server
    model = ask(f"api/contents/{files.notebooks()[0].name}")
    assert model["content"]["metadata"]["language_info"] == language_info()


def test_a_saved_lesson_keeps_what_can_be_seen_without_its_kernel_and_is_live_while_the_kernel_is(server) -> None:
    folder, ask = server
    name = files.notebooks()[1].name
    notebook = ask(f"api/contents/{name}")["content"]
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    cell["outputs"] = [OUTPUT]
    ask(f"api/contents/{name}", {"type": "notebook", "content": notebook}, "PUT")

    def shown(notebook: Any) -> list[str]:
        [output] = next(c for c in notebook["cells"] if c["id"] == cell["id"])["outputs"]
        return sorted(output["data"])

    assert shown(json.loads((folder / name).read_text(encoding="utf-8"))) == ["text/plain"]
    assert shown(ask(f"api/contents/{name}")["content"]) == ["text/plain"], "the kernel is gone"
    session = ask(
        "api/sessions", {"path": name, "name": name, "type": "notebook", "kernel": {"name": "python3"}}, "POST"
    )
    assert shown(ask(f"api/contents/{name}")["content"]) == [WIDGET_VIEW, "text/plain"], "its kernel runs"
    ask(f"api/sessions/{session['id']}", method="DELETE")
    assert shown(ask(f"api/contents/{name}")["content"]) == ["text/plain"]


def test_other_notebooks_are_left_alone(server) -> None:
    folder, ask = server
    cell = {"id": "a", "cell_type": "code", "source": "1", "metadata": {}, "outputs": [OUTPUT], "execution_count": 1}
    notebook = {"cells": [cell], "metadata": {"language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5}
    ask("api/contents/other.ipynb", {"type": "notebook", "content": notebook}, "PUT")
    saved = json.loads((folder / "other.ipynb").read_text(encoding="utf-8"))
    assert WIDGET_VIEW in saved["cells"][0]["outputs"][0]["data"]
    assert ask("api/contents/other.ipynb")["content"]["metadata"]["language_info"] == {"name": "python"}
