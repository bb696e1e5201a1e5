"""Somebody who has only the wheel has the whole course."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from dlcourse.lesson import files
from tests.packaging.checkout import BIN, ROOT, build_wheel, clean_environment, copy_to


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    return build_wheel(copy_to(folder / "source"), folder / "dist")


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with this wheel; the third-party packages are borrowed from ours, which saves a minute."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / BIN / Path(sys.executable).name
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index", str(wheel)],
        check=True,
    )
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = subprocess.run([str(python), "-c", code], check=True, capture_output=True, text=True).stdout.strip()
    Path(site, "borrowed.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return python


def ask(python: Path, code: str, cwd: Path) -> Any:
    """Run code in the wheel's environment; what it prints last is JSON."""
    done = subprocess.run([str(python), "-c", code], cwd=cwd, env=clean_environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_wheel_holds_the_package_the_lessons_and_nothing_left_over(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"dlcourse"}
    assert not [
        name for name in names if "__pycache__" in name or ".ipynb_checkpoints" in name or name.endswith(".pyc")
    ]
    for path in files.notebooks():
        assert f"dlcourse/lessons/{path.name}" in names
    ours = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "dlcourse").rglob("*")
        if path.suffix in (".py", ".js", ".css", ".csv", ".md", ".j2", ".json")
    }
    assert ours <= set(names)
    assert [name for name in names if name.endswith(".dist-info/licenses/LICENSE")] != [], names


def test_lessons_open_from_the_installed_wheel(python: Path, tmp_path: Path) -> None:
    code = """
import json, pathlib, dlcourse
from dlcourse.lesson import files
numbers = [path.name[:2] for path in files.notebooks()]
for number in numbers:
    dlcourse.open_lesson(number)
print(json.dumps([dlcourse.__file__, str(files.lessons_folder()), [p.name for p in files.notebooks()]]))
"""
    module, folder, names = ask(python, code, tmp_path)
    environment = str(python.parents[1])
    assert module.startswith(environment) and folder.startswith(environment)
    assert names == [path.name for path in files.notebooks()]


def test_the_installed_command_solves_a_lesson_and_reads_the_penguins(python: Path, tmp_path: Path) -> None:
    number = files.notebooks()[0].name[:2]
    command = [str(python.parent / "dlcourse"), "solve", number, "-o", "solved.ipynb"]
    done = subprocess.run(command, cwd=tmp_path, env=clean_environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "solved.ipynb").is_file()
    assert ask(python, "import dlcourse; print(len(dlcourse.data.penguins()))", tmp_path) == 342


@pytest.mark.parametrize("version", [(3, 9, 18), (3, 10, 1), (2, 7, 18)])
def test_an_old_python_gets_a_sentence_before_anything_is_fetched(version: tuple[int, ...]) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    [folder] = settings["build-system"]["backend-path"]
    path = ROOT / folder / f"{settings['build-system']['build-backend']}.py"
    program = f"import runpy, sys; sys.version_info = {version}; runpy.run_path({str(path)!r})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 1
    needs = settings["project"]["requires-python"].removeprefix(">=")
    assert f"needs Python {needs} or newer, and this is Python {version[0]}.{version[1]}." in done.stderr
