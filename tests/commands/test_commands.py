"""The other commands: what they print, write and refuse."""

from __future__ import annotations

import json
import subprocess
import sys
import webbrowser
from importlib.metadata import version
from pathlib import Path

import nbformat
import pytest

from dlcourse.commands.doctor import (
    FRONT_ENDS,
    Finding,
    browser,
    examine,
    front_ends,
    jupyter_folders,
    other_kernels,
    table,
)
from dlcourse.commands.program import main
from dlcourse.grading.starting import QUICKLY
from dlcourse.lesson import files


def numbers() -> list[str]:
    return [path.name[:2] for path in files.notebooks()]


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "dlcourse", *words], cwd=cwd, capture_output=True, text=True)


def test_help_names_every_command_and_version_is_the_packages(tmp_path: Path) -> None:
    told = run("--help", cwd=tmp_path)
    assert told.returncode == 0 and all(command in told.stdout for command in ("lab", "doctor", "solve"))
    assert run("--version", cwd=tmp_path).stdout == f"dlcourse {version('dlcourse')}\n"
    assert "[jupyter options]" in run("lab", "--help", cwd=tmp_path).stdout
    assert run(cwd=tmp_path).stdout == told.stdout, "without a word, too"
    assert list(tmp_path.iterdir()) == []


def test_help_comes_quickly_because_nothing_heavy_is_imported(tmp_path: Path) -> None:
    code = (
        "import sys, dlcourse.commands.program; "
        "print([m for m in ('matplotlib', 'ipywidgets', 'IPython', 'jupyterlab', 'nbformat') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_our_processes_import_nbformat_without_the_grammar_that_takes_seconds(tmp_path: Path) -> None:
    code = f"{QUICKLY}import nbformat; print([m for m in ('lark', 'jsonschema') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "['jsonschema']\n"


def test_doctor_finds_everything_that_a_learner_needs_on_this_machine(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    printed = capsys.readouterr().out
    for part in (
        "Python",
        "numpy",
        "jupyterlab",
        "anywidget",
        "lessons",
        "progress file",
        "graphics card",
        "grading sandbox",
    ):
        assert part in printed
    assert len(printed.splitlines()) == len(examine())


def test_doctor_says_when_jupyterlab_would_start_another_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "kernels" / "python3"
    folder.mkdir(parents=True)
    spec = {"argv": ["/opt/another/bin/python", "-m", "ipykernel_launcher"], "display_name": "P", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    assert main(["doctor"]) == 1
    [line] = [line for line in capsys.readouterr().out.splitlines() if "kernel python3" in line]
    assert "broken" in line and "/opt/another/bin/python" in line and "kernelspec remove" in line


def test_doctor_names_other_pythons_that_lack_the_course_and_lets_them_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "python"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    folder = tmp_path / "kernels" / "other"
    folder.mkdir(parents=True)
    spec = {"argv": [str(program), "-m", "ipykernel_launcher"], "display_name": "P", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    [found] = [finding for finding in other_kernels() if finding.part == "kernel other"]
    assert found.state == "absent" and str(program) in found.detail
    program.write_text("#!/bin/sh\nexit 0\n")
    [found] = [finding for finding in other_kernels() if finding.part == "kernel other"]
    assert found.state == "works"


def test_doctor_and_lab_say_where_jupyter_cannot_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    blocker = tmp_path / "file"
    blocker.touch()
    monkeypatch.setenv("DLCOURSE_PROGRESS", str(tmp_path / "progress.json"))
    for name in ("RUNTIME", "CONFIG"):  # both are told at once: who has mended the one is not sent away again
        monkeypatch.setenv(f"JUPYTER_{name}_DIR", str(blocker / name.lower()))
    assert jupyter_folders().state == "broken"
    assert main(["lab", str(tmp_path / "mine"), "--no-browser"]) == 1
    error = capsys.readouterr().err
    assert f"cannot write in {blocker / 'runtime'}" in error and f" and {blocker / 'config'}" in error
    assert error.endswith("; set JUPYTER_RUNTIME_DIR and JUPYTER_CONFIG_DIR to folders of yours\n")
    assert error.count("\n") == 1


def test_doctor_knows_the_front_ends_whose_pages_keep_the_figures_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    assert any(found.part == "figures in jupyterlab" and found.state == "works" for found in front_ends())
    monkeypatch.setitem(FRONT_ENDS, "jupyterlab", "99")
    [found] = [found for found in front_ends() if found.part == "figures in jupyterlab"]
    assert found.state == "broken" and "jupyterlab>=99" in found.detail


def test_doctor_fails_when_progress_cannot_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    blocker = tmp_path / "file"
    blocker.touch()
    monkeypatch.setenv("DLCOURSE_PROGRESS", str(blocker / "progress.json"))
    assert main(["doctor"]) == 1
    [line] = [line for line in capsys.readouterr().out.splitlines() if "broken  progress file" in line]
    assert line.endswith("set DLCOURSE_PROGRESS to a file in a folder of yours")
    assert main(["progress", "reset"]) == 1
    assert capsys.readouterr().err.endswith("; set DLCOURSE_PROGRESS to a file in a folder of yours.\n")


def test_doctor_says_what_to_do_where_there_is_no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webbrowser.get", lambda: (_ for _ in ()).throw(webbrowser.Error()))
    assert browser().state == "absent" and "address" in browser().detail
    monkeypatch.setattr("webbrowser.get", lambda: webbrowser.GenericBrowser("firefox"))
    assert browser() == Finding("browser", "works", "firefox")


def test_the_table_can_be_printed_on_a_console_without_the_symbols() -> None:
    findings = [Finding("a", "works", "x"), Finding("bb", "broken", "y")]
    assert table(findings, "utf-8") == "✓ works   a   x\n✗ broken  bb  y"
    assert table(findings, "cp1252") == "+ works   a   x\n! broken  bb  y"


@pytest.mark.parametrize("number", numbers())
def test_solve_writes_a_valid_notebook_with_a_pass_under_every_check(tmp_path: Path, number: str) -> None:
    assert main(["solve", number, "-o", str(tmp_path / "solved.ipynb")]) == 0
    notebook = nbformat.read(tmp_path / "solved.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(notebook)
    checks = [cell for cell in notebook.cells if "check" in cell.metadata.get("tags", [])]
    assert checks
    for cell in checks:
        assert cell.execution_count is not None
        assert [output.text for output in cell.outputs] == [f"PASS {cell.metadata.dlcourse.exercise}\n"]


def test_solve_runs_from_any_folder_and_leaves_no_other_file(tmp_path: Path) -> None:
    done = run("solve", numbers()[0], "-o", "solved.ipynb", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["solved.ipynb"]


@pytest.mark.parametrize("lesson", ["99", "bananas", "../12", ""])
def test_an_unknown_lesson_is_one_sentence_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lesson: str
) -> None:
    assert main(["solve", lesson, "-o", str(tmp_path / "solved.ipynb")]) == 1
    told = capsys.readouterr().err
    assert told.startswith("dlcourse: ") and told.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_solve_refuses_places_where_it_must_not_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    released = files.notebooks()[0]
    before = released.read_bytes()
    for target, reason in [
        (tmp_path, "is a folder"),
        (tmp_path / "solved.txt", "must end with .ipynb"),
        (tmp_path / "nowhere" / "solved.ipynb", "cannot write"),
        (released, "released lessons"),
    ]:
        assert main(["solve", numbers()[0], "-o", str(target)]) == 1
        assert reason in capsys.readouterr().err
    assert released.read_bytes() == before and list(tmp_path.iterdir()) == []
