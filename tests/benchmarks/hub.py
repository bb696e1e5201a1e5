"""A class on one server: a real JupyterHub, so many learners at once, each runs a lesson. Passes or fails nothing.

    python tests/benchmarks/hub.py --users 25 --lesson 03

It needs `jupyterhub` and the course with the extra `lab` here, and the program `configurable-http-proxy`.
For each learner it tells the memory of server and kernel (PSS: what is shared is divided among those who share it; and
what is shared with nobody, which does not depend on how many there are), how long the server took to start and the
lesson to run, errors, and how long a figure takes to answer.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from dlcourse.lesson import files

OURS = """
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_port = {hub_port}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/cookie"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{folder}/home/{{username}}"
c.Spawner.http_timeout = c.Spawner.start_timeout = 600
c.Spawner.args = [*c.Spawner.args, "--allow-root"]
c.Spawner.env_keep = ["PATH", "PYTHONPATH", "LANG"]
c.JupyterHub.services = [dict(name="class", api_token="{token}")]
scopes = ["admin:users", "admin:servers", "access:servers"]
c.JupyterHub.load_roles = [dict(name="class", services=["class"], scopes=scopes)]
"""


def configuration(**settings: Any) -> str:
    """The settings that the page for instructors prints, and those of this experiment."""
    page = (files.lessons_folder() / "backstage" / "hub.md").read_text(encoding="utf-8")
    [printed] = re.findall(r"```python\n(.*?)```", page, re.S)
    return str(printed) + OURS.format(**settings)


def free_ports(count: int) -> list[int]:
    listeners = [socket.socket() for _ in range(count)]
    for listener in listeners:
        listener.bind(("127.0.0.1", 0))
    ports = [int(listener.getsockname()[1]) for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


PAGE_ASKS_FOR = (
    "lab/api/settings",
    "lab/api/translations/default",
    "lab/api/workspaces/default",
    "api/kernelspecs",
    "api/me",
)


class Hub:
    """The hub's address, and asking it."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token

    def ask(self, path: str, body: Any = None, method: str = "GET") -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {self.token}"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=600) as answer:
            text = answer.read().decode()
        return json.loads(text) if text.startswith(("{", "[")) else None


def learn(hub: Hub, name: str, lesson: str) -> dict[str, Any]:
    """One learner: start the server, run the lesson, move a figure."""
    import asyncio

    began = time.monotonic()
    hub.ask(f"hub/api/users/{name}/server", {}, "POST")
    while not hub.ask(f"hub/api/users/{name}")["servers"].get("", {}).get("ready"):
        time.sleep(1)
    started = time.monotonic()
    path = files.notebook(lesson).name
    for page in (f"lab/tree/{path}", *PAGE_ASKS_FOR):
        hub.ask(f"user/{name}/{page}")
    opened = hub.ask(f"user/{name}/api/contents/{path}")["content"]
    kernel = hub.ask(
        f"user/{name}/api/sessions",
        {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}},
        "POST",
    )["kernel"]["id"]
    cells = ["".join(cell["source"]) for cell in opened["cells"] if cell["cell_type"] == "code"]
    told = asyncio.run(run_cells(hub, name, kernel, cells))
    return {"name": name, "start_s": started - began, **told}


async def run_cells(hub: Hub, name: str, kernel: str, cells: list[str]) -> dict[str, Any]:
    address = f"ws://127.0.0.1:{hub.port}/user/{name}/api/kernels/{kernel}/channels"
    header = {"Authorization": f"token {hub.token}"}
    request = HTTPRequest(address, headers=header, connect_timeout=600, request_timeout=600)
    line = await websocket_connect(request, max_message_size=2**27)
    errors, figures = [], []
    began = time.monotonic()
    for source in cells:
        asked = await send(line, "execute_request", {"code": source, "silent": False, "store_history": True})
        while True:
            message = json.loads(str(await line.read_message()))
            if message["msg_type"] == "error":
                errors.append(f"{message['content']['ename']}: {message['content']['evalue']}")
            if message["msg_type"] == "comm_open":
                state = message["content"]["data"].get("state", {}).get("state", {})
                sliders = [c for c in state.get("controls", []) if c["kind"] == "slider" and not c.get("log")]
                if sliders:
                    figures.append((message["content"]["comm_id"], sliders[0]))
            if message["msg_type"] == "execute_reply" and message["parent_header"].get("msg_id") == asked:
                break
    ran = time.monotonic() - began
    answers = []
    comm, slider = figures[0]
    processes = of_learner(name)
    used = processor_time(processes)
    for k in range(20):
        value = slider["low"] + (slider["high"] - slider["low"]) * (k % 7 + 1) / 9
        data = {"method": "custom", "content": {"id": f"q-{k}", "values": {slider["name"]: value}}}
        begun = time.perf_counter()
        await send(line, "comm_msg", {"comm_id": comm, "data": data})
        while True:
            message = json.loads(str(await line.read_message()))
            content = message["content"].get("data", {}).get("content", {})
            if message["msg_type"] == "comm_msg" and content.get("answer_to") == f"q-{k}":
                break
        answers.append(1000 * (time.perf_counter() - begun))
        time.sleep(0.2)
    used = processor_time(processes) - used
    line.close()
    return {
        "run_s": ran,
        "errors": errors,
        "answers": answers,
        "answer_ms": statistics.median(answers),
        "used_ms": 1000 * used / len(answers),
    }


async def send(line: WebSocketClientConnection, kind: str, content: dict[str, Any]) -> str:
    id = uuid.uuid4().hex
    header = {"msg_id": id, "msg_type": kind, "username": "", "session": "class", "version": "5.3", "date": ""}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    await line.write_message(json.dumps(message))
    return id


def of_learner(name: str) -> list[psutil.Process]:
    """A learner's server and kernel."""
    found = []
    for child in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if child.environ().get("JUPYTERHUB_USER") == name:
                found.append(child)
    return found


def processor_time(processes: list[psutil.Process]) -> float:
    """In seconds, so far."""
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def memory(process: int) -> dict[str, list[tuple[float, float]]]:
    """PSS and what is shared with nobody in MiB, of the servers and of the kernels."""
    found: dict[str, list[tuple[float, float]]] = {"server": [], "kernel": []}
    for child in psutil.Process(process).children(recursive=True):
        words = " ".join(child.cmdline())
        kinds = {"server": "commands/singleuser.py", "kernel": "ipykernel_launcher"}
        kind = next((kind for kind, mark in kinds.items() if mark in words), None)
        if kind:
            told = child.memory_full_info()
            found[kind].append((told.pss / 2**20, told.uss / 2**20))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=25)
    parser.add_argument("--lesson", default="03")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dlcourse-hub-", ignore_cleanup_errors=True) as folder:
        port, hub_port, proxy_port = free_ports(3)
        token = secrets.token_hex(16)
        settings = {"folder": folder, "port": port, "hub_port": hub_port, "proxy_port": proxy_port, "token": token}
        config = Path(folder, "jupyterhub_config.py")
        config.write_text(configuration(**settings))
        log = Path(folder, "log")
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", str(config)],
                cwd=folder,
                env=os.environ
                | {
                    "CONFIGPROXY_AUTH_TOKEN": secrets.token_hex(16),
                    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                },
                stdout=output,
                stderr=output,
            )
        hub = Hub(port, token)
        try:
            deadline = time.monotonic() + 120
            while True:
                try:
                    hub.ask("hub/api/users")
                    break
                except (OSError, urllib.error.HTTPError):
                    if process.poll() is not None or time.monotonic() > deadline:
                        raise SystemExit(log.read_text()) from None
                    time.sleep(0.5)
            names = [f"learner{k:02}" for k in range(options.users)]
            for name in names:
                hub.ask(f"hub/api/users/{name}", {}, "POST")
            with ThreadPoolExecutor(options.users) as pool:
                told = list(pool.map(lambda name: learn(hub, name, options.lesson), names))
            found = memory(process.pid)
            for key, words in (
                ("start_s", "server started after"),
                ("run_s", "lesson ran in"),
                ("answer_ms", "figure answered in"),
                ("used_ms", "of processor time for each answer"),
            ):
                values = sorted(one[key] for one in told)
                unit = key[-2:].strip("_")
                print(f"{words}: {values[0]:.1f} to {values[-1]:.1f} {unit}, median {statistics.median(values):.1f}")
            answers = [answer for one in told for answer in one["answers"]]
            print(f"95 of 100 answers within {statistics.quantiles(answers, n=20)[-1]:.1f} ms")
            print(f"errors: {[error for one in told for error in one['errors']]}")
            for kind, values in found.items():
                pss, own = zip(*values, strict=True)
                median = f"median {statistics.median(pss):.0f} MiB, {statistics.median(own):.0f} shared with nobody"
                print(f"PSS of {len(values)} {kind}s: {median}; sum {sum(pss):.0f}")
        finally:
            process.terminate()
            process.wait(60)


if __name__ == "__main__":
    main()
