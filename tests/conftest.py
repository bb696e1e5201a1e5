"""What all tests share: what may skip, and what must not."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import NoReturn

import pytest

REQUIRED = os.environ.get("DLCOURSE_REQUIRE") == "1"

# Helpers, benchmarks and authors' tools: pytest looks for examples in the docstrings of dlcourse, not in these.
HERE = Path(__file__).parent
collect_ignore = [str(p) for p in HERE.rglob("*.py") if not p.name.startswith("test_") and p.name != "conftest.py"]


# A shell that starts a job in the background tells it to ignore interrupts, and Python then takes none. The time limit
# of a check interrupts an endless loop, so without this a run in the background would hang there.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def missing(what: str) -> NoReturn:
    """Skip visibly because this machine lacks something; where nothing may skip (.ci/run), fail."""
    if REQUIRED:
        pytest.fail(f"DLCOURSE_REQUIRE=1, but {what}")
    pytest.skip(what)


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep what shares an expensive fixture on one worker: a file's tests, and in the browser a lesson's tests."""
    for item in items:
        lesson = getattr(item, "callspec", None) and item.callspec.params.get("visit")  # type: ignore[attr-defined]
        item.add_marker(pytest.mark.xdist_group(Path(lesson or item.path).stem))
        if item.get_closest_marker("slow") and not REQUIRED:
            item.add_marker(pytest.mark.skip(reason="slow: set DLCOURSE_REQUIRE=1 to run it"))
