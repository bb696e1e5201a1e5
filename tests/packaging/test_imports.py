"""Arrows point down, the engine needs NumPy alone, and no function is called like the module that it lives in."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

from tests.packaging.checkout import ROOT

ROOMS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("lessons/backstage/lesson_*/*.py"))


@functools.cache
def parsed(pattern: str) -> list[tuple[str, ast.Module]]:
    paths = sorted(ROOT.glob(pattern))
    return [(path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))) for path in paths]


def imported(tree: ast.Module) -> set[str]:
    """The modules that a file imports, as it names them."""
    nodes = list(ast.walk(tree))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    froms = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    return names | {f"{node.module}.{alias.name}" for node in froms for alias in node.names}


def test_the_contracts_of_pyproject_toml_are_kept() -> None:
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run([sys.executable, "-c", code, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_engine_needs_numpy_alone_and_asks_for_cupy_only_where_there_is_a_graphics_card() -> None:
    graph = grimp.build_graph("dlcourse", include_external_packages=True, cache_dir=None)
    engine = {"dlcourse.engine", *graph.find_descendants("dlcourse.engine")}
    outside = {name for module in engine for name in graph.find_modules_directly_imported_by(module)} - engine
    assert outside - set(sys.stdlib_module_names) - {"numpy"} <= {"cupy"}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_uses_lesson_figures_and_engine_only(room: str) -> None:
    tree = ast.parse((ROOT / room).read_text(encoding="utf-8"))
    upwards = ("dlcourse.grading", "dlcourse.commands", "lessons")
    assert [name for name in sorted(imported(tree)) if name.startswith(upwards)] == []


def test_nobody_imports_backstage_by_name() -> None:
    rooms = [*ROOT.glob("dlcourse/**/*.py"), *ROOT.glob("tests/**/*.py"), *ROOT.glob("lessons/**/*.py")]
    named = [path for path in rooms if "backstage" in path.read_text(encoding="utf-8")]  # parsing all takes long
    assert len(named) > 5
    imports = {path.as_posix(): imported(ast.parse(path.read_text(encoding="utf-8"))) for path in named}
    assert [path for path, modules in imports.items() if any("backstage" in module for module in modules)] == []


def test_no_function_is_called_like_the_module_that_it_lives_in() -> None:
    """`import dlcourse.engine.x as x` would give the one or the other, as it happens."""
    defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    clashes = [
        f"{name}: {node.name}"
        for name, tree in parsed("dlcourse/**/*.py")
        for node in tree.body
        if isinstance(node, defined) and node.name == Path(name).stem
    ]
    assert clashes == []


def test_a_package_offers_no_function_under_the_name_of_one_of_its_modules() -> None:
    """`import dlcourse.gradients as g` gave a function once."""
    clashes = []
    for name, tree in parsed("dlcourse/**/__init__.py"):
        folder = (ROOT / name).parent
        modules = {path.stem for path in folder.iterdir() if path.suffix == ".py" or path.is_dir()}
        froms = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
        offered = {alias.asname or alias.name: node.module for node in froms for alias in node.names}
        package = ".".join(folder.relative_to(ROOT).parts)
        clashes += [f"{package}.{at}" for at, home in offered.items() if at in modules and home != package]
    assert clashes == []
