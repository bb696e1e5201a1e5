"""A real JupyterLab for the browser tests: started with ``dlcourse lab``, in folders that are thrown away."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

TOKEN = "browser-test"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def jupyterlab(folder: Path, windowing: str = "none") -> Iterator[int]:
    """Serve ``folder`` (the lessons are copied to it) and yield the port.

    ``windowing="none"`` keeps every cell in the page, so that all figures can be looked at; the learner's
    default takes cells out of the page that are scrolled away.
    """
    with tempfile.TemporaryDirectory(prefix="dlcourse-jupyter-", ignore_cleanup_errors=True) as scratch:
        settings = Path(scratch, "settings", "@jupyterlab", "notebook-extension", "tracker.jupyterlab-settings")
        settings.parent.mkdir(parents=True)
        settings.write_text(json.dumps({"windowingMode": windowing}))
        environment = os.environ | {
            "JUPYTER_CONFIG_DIR": f"{scratch}/config",
            "JUPYTER_DATA_DIR": f"{scratch}/data",
            "JUPYTER_RUNTIME_DIR": f"{scratch}/runtime",
            "IPYTHONDIR": f"{scratch}/ipython",
            "JUPYTERLAB_SETTINGS_DIR": f"{scratch}/settings",
            "JUPYTERLAB_WORKSPACES_DIR": f"{scratch}/workspaces",
            "DLCOURSE_PROGRESS": f"{scratch}/progress.json",
        }
        port, log = free_port(), Path(scratch, "log")
        options = [
            "--no-browser",
            "--expose-app-in-browser",
            "--JupyterNotebookApp.expose_app_in_browser=True",
            f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0",
            f"--IdentityProvider.token={TOKEN}",
        ]
        command = [sys.executable, "-m", "dlcourse", "lab", str(folder), *options]
        with log.open("wb") as output:
            server = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        try:
            deadline = time.monotonic() + 120
            while True:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/api/status?token={TOKEN}", timeout=5).close()
                    break
                except OSError:
                    if server.poll() is not None or time.monotonic() > deadline:
                        raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()}") from None
                    time.sleep(0.05)
            yield port
        finally:
            server.terminate()  # Jupyter stops its kernels, too
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()


@contextlib.contextmanager
def far_away(port: int, round_trip: float) -> Iterator[int]:
    """A loopback relay to ``port`` that delays every byte by half of ``round_trip`` seconds each way."""
    near, ready = free_port(), threading.Event()
    loop, over = asyncio.new_event_loop(), asyncio.Event()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def collect() -> None:
            data = b"something"
            while data:
                data = await reader.read(65536)
                waiting.put_nowait((loop.time() + round_trip / 2, data))

        collection = asyncio.create_task(collect())
        try:
            while True:
                due, data = await waiting.get()
                await asyncio.sleep(max(0.0, due - loop.time()))
                if not data:
                    return
                writer.write(data)
                await writer.drain()
        except OSError:
            return  # one end has hung up
        finally:
            collection.cancel()
            writer.close()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # OSError: nobody is there any more. The other: the relay is over, of which Python 3.11 would print a traceback.
        with contextlib.suppress(OSError, asyncio.CancelledError):
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(forward(reader, there_writer), forward(there_reader, writer))

    async def relay() -> None:
        server = await asyncio.start_server(connect, "127.0.0.1", near)
        ready.set()
        await over.wait()
        server.close()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:  # ends what is still going on when it is left
            runner.run(relay())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    if not ready.wait(10):
        raise RuntimeError("the relay did not start")
    try:
        yield near
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(5)


def find_chromium() -> str | None:
    """A Chromium or Chrome of this machine, or the one that `playwright install chromium` has put there.

    First the one without a window: it draws the same pages with a quarter less of the processor.
    """
    for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome"):
        if path := shutil.which(os.environ.get("CHROMIUM", name)):
            return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None
