"""The settings on the page for a class server are settings; tests/benchmarks/hub.py runs a hub with them."""

from __future__ import annotations

import importlib
import json
import re

from traitlets.config import Config

from dlcourse.commands.lab import LAB_HELP
from tests.packaging.checkout import ROOT

PAGE = (ROOT / "lessons/backstage/hub.md").read_text(encoding="utf-8")


def test_the_settings_run_and_start_a_server_with_the_lessons() -> None:
    [printed] = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    c = Config()
    exec(printed, {"c": c})
    assert c.Spawner.cmd == ["dlcourse", "singleuser", c.Spawner.notebook_dir]
    assert c.Spawner.notebook_dir == "~/dlcourse-lessons"
    assert (ROOT / "lessons" / c.Spawner.default_url.removeprefix("/lab/tree/")).is_file()


def test_what_the_page_names_is_there() -> None:
    [extension] = json.loads((ROOT / "dlcourse/commands/jupyter/extension.json").read_text())["ServerApp"][
        "jpserver_extensions"
    ]
    assert f"`{extension}`" in PAGE and importlib.import_module(extension)
    assert all(option in LAB_HELP for option in re.findall(r"--(?:copy-only|merge)", PAGE))
    for path in re.findall(r"(?:tests|\.devcontainer)/[\w./]+\w", PAGE):
        assert (ROOT / path).exists(), path
