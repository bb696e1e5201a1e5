"""The README's commands work as printed. .ci/run runs the test command itself; here is the other one."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from dlcourse.lesson import files
from tests.packaging.checkout import QUICK_INSTALL, ROOT, clean_environment, copy_to


def commands() -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return [line for block in re.findall(r"```bash\n(.*?)```", text, re.S) for line in block.strip().splitlines()]


def test_there_are_two_commands_of_one_line_each_and_both_make_their_own_environment() -> None:
    opens, tests = commands()
    assert opens.endswith("dlcourse lab") and ".venv/bin/pytest" in tests
    for command in (opens, tests):
        # A system Python may refuse `pip install`; one in an environment of its own does not.
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install ")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the Windows commands are printed beside")
def test_the_first_command_serves_the_lessons_within_a_minute_of_its_install(tmp_path: Path) -> None:
    clone = copy_to(tmp_path / "clone")
    install, lab = commands()[0].rsplit(" && ", 1)
    home = clean_environment(HOME=str(tmp_path / "home"), **QUICK_INSTALL)
    subprocess.run(["bash", "-c", install], cwd=clone, env=home, check=True, capture_output=True)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = f"exec {lab} --no-browser --ServerApp.port={port} --IdentityProvider.token=secret"
    installed = time.monotonic()
    server = subprocess.Popen(
        ["bash", "-c", command], cwd=clone, env=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        url = f"http://127.0.0.1:{port}/api/contents?token=secret"
        while True:
            try:
                with urllib.request.urlopen(url, timeout=10) as answer:
                    listing = json.load(answer)
                break
            except OSError:
                assert server.poll() is None and time.monotonic() < installed + 60, "no lessons after 60 seconds"
                time.sleep(0.1)
    finally:
        server.terminate()
        server.wait(20)
    assert {entry["name"] for entry in listing["content"]} == {path.name for path in files.notebooks()}
