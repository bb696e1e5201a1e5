"""What the tests of grading share: the key of lesson 12, made once."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

if sys.platform.startswith("linux"):
    from dlcourse.grading.asking import checksum, make_key, stop_all
    from dlcourse.grading.results import Settings
    from dlcourse.grading.sandbox import why_no_sandbox
    from tests.conftest import missing

    @pytest.fixture(scope="session")
    def settings() -> Iterator[Settings]:
        """Of a run with little patience."""
        if why := why_no_sandbox():
            missing(why)
        yield make_key(Settings("12", 5, checksum("12"), sandbox=True, cell_timeout=4.0, keep=True))
        stop_all()
