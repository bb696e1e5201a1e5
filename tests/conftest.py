"""What all tests share: what may skip, and what must not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

REQUIRED = os.environ.get("DLCOURSE_REQUIRE") == "1"

# Helpers, benchmarks and authors' tools: pytest looks for examples in the docstrings of dlcourse, not in these.
HERE = Path(__file__).parent
collect_ignore = [str(p) for p in HERE.rglob("*.py") if not p.name.startswith("test_") and p.name != "conftest.py"]


def missing(what: str) -> NoReturn:
    """Skip visibly because this machine lacks something; where nothing may skip (.ci/run), fail."""
    if REQUIRED:
        pytest.fail(f"DLCOURSE_REQUIRE=1, but {what}")
    pytest.skip(what)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if REQUIRED:
        return
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.skip(reason="slow: set DLCOURSE_REQUIRE=1 to run it"))
