"""What these tests run is compiled, also where it is run only once; but for those that are about something else."""

from __future__ import annotations

import pytest

from dlcourse.engine import program

RUNS = {"test_random_graphs", "test_tracing", "test_errors", "test_modules", "test_registry"}  # as everybody's do


@pytest.fixture(autouse=True)
def compiled(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if request.module.__name__.rpartition(".")[2] not in RUNS:
        monkeypatch.setattr(program, "WALKED", 0)
