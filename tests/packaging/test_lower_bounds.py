"""What pyproject.toml claims to support is what .ci/run installs for its second run."""

from __future__ import annotations

import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]


def test_the_constraints_are_exactly_the_lower_bounds_of_the_direct_dependencies() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["lab"]]
    claimed = [text.replace(">=", "==") for text in asked]
    unbounded = [text for text in claimed if not str(Requirement(text).specifier).startswith("==")]
    assert unbounded == [], "each has one lower bound"
    lines = (ROOT / "tests" / "lower-bounds.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == claimed
