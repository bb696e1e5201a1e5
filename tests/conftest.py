"""What all tests share: what may skip, and what must not."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from dlcourse.grading.starting import import_quickly
from dlcourse.lesson import files

import_quickly()  # nbformat, before any test imports it

# The lessons that tests of lessons are about: all, or those that `dlcourse author check NN` names.
LESSONS = os.environ.get("DLCOURSE_LESSONS", "").split() or files.numbers()
REQUIRED = os.environ.get("DLCOURSE_REQUIRE") == "1"
# What takes samples takes all of it: hours. `.ci/run` requires every program, but takes the samples.
EVERYTHING = os.environ.get("DLCOURSE_ALL") == "1"

# Helpers, benchmarks and authors' tools: pytest looks for examples in the docstrings of dlcourse, not in these.
HERE = Path(__file__).parent
collect_ignore = [str(p) for p in HERE.rglob("*.py") if not p.name.startswith("test_") and p.name != "conftest.py"]
BROWSER = None not in map(importlib.util.find_spec, ("playwright", "axe_playwright_python"))
if not BROWSER and not REQUIRED:
    collect_ignore.append(str(HERE / "browser"))


def pytest_report_header() -> list[str]:
    return [] if BROWSER else ["tests/browser is left out: install the extra browser to run it"]


def missing(what: str) -> NoReturn:
    """Skip visibly because this machine lacks something; where nothing may skip (.ci/run), fail."""
    if REQUIRED:
        pytest.fail(f"DLCOURSE_REQUIRE=1, but {what}")
    pytest.skip(what)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("slow") and not REQUIRED:
            item.add_marker(pytest.mark.skip(reason="slow: set DLCOURSE_REQUIRE=1 to run it"))
    if "PYTEST_XDIST_WORKER" in os.environ:  # long ones first, or one worker ends with them alone
        long = {item.path for item in items if item.get_closest_marker("slow") or "browser" in item.path.parts}
        items.sort(key=lambda item: item.path not in long)


@pytest.hookimpl(optionalhook=True)  # there is such a hook only where pytest-xdist is
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `pytest -n 3`, what shares an expensive fixture stays on one worker: a file, in the browser a lesson."""
    from xdist.scheduler import LoadFileScheduling

    class ByFixture(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file, _, test = nodeid.partition("::")
            lesson = re.search(r"\[(\d\d_\w+)", test) if "/browser/" in file else None
            return f"{file} {lesson[1]}" if lesson else file

    config.option.loadscopereorder = False  # by the number of tests; ours are in order of length already
    return ByFixture(config, log)


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """A shell that runs pytest in the background has it ignore Ctrl-C, and what it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
