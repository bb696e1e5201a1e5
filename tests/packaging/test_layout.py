"""The house has the rooms that the README's map shows, and no attic."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pytest

from tests.packaging.checkout import ROOT, copy_to

FILES = {"README.md", "CONTRIBUTING.md", "LICENSE", "pyproject.toml", ".gitignore", ".pre-commit-config.yaml"}
ROOMS = FILES | {"lessons", "dlcourse", "tests", "binder", ".ci", ".devcontainer"}


def test_nothing_else_stands_at_the_top(tmp_path: Path) -> None:
    copied = {path.name for path in copy_to(tmp_path / "copy").iterdir()}
    assert copied <= ROOMS
    assert copied >= ROOMS - {".ci"}  # a source archive may lack the CI script


def test_the_only_notebooks_are_the_lessons(tmp_path: Path) -> None:
    copy = copy_to(tmp_path / "copy")
    assert {path.parent.relative_to(copy).as_posix() for path in copy.rglob("*.ipynb")} == {"lessons"}


PAGES = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md"))


@pytest.mark.parametrize("link", re.findall(r"\]\((?!https?:)([^)#]+)\)", PAGES))
def test_what_the_readme_and_the_way_in_link_to_is_there(link: str) -> None:
    assert (ROOT / link).exists()


NAMED = [
    (path.relative_to(ROOT).as_posix(), name)
    for path in [*ROOT.glob("*.md"), *ROOT.glob("dlcourse/**/*.md"), *sorted(ROOT.glob("lessons/*.ipynb"))]
    for name in sorted(set(re.findall(r"`([\w/]+\.py)`", path.read_text(encoding="utf-8"))))
]


@functools.cache
def programs() -> list[str]:
    return [path.as_posix() for room in ("dlcourse", "lessons", "tests") for path in (ROOT / room).rglob("*.py")]


@pytest.mark.parametrize(("page", "name"), NAMED)
def test_a_file_that_a_page_names_is_there(page: str, name: str) -> None:
    """Lesson 15 sent its reader to derivatives.py when it was gone."""
    assert any(path.endswith(f"/{name}") for path in programs()), (
        f"{page} sends its reader to {name}, which is not there"
    )
