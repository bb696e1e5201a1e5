"""``dlcourse doctor``: what works on this machine. One finding per part, each with a word for its state and what to do.

Only what a learner needs can be ``broken``; what is for graphics cards or for instructors is at worst ``absent``.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import warnings
import webbrowser
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement
from packaging.version import Version

SYMBOLS = {"works": "✓", "absent": "–", "broken": "✗"}
PYTHON3 = "Python 3 (ipykernel)"  # as JupyterLab names the kernel that is here with it
FRONT_ENDS = {"jupyterlab": "4.2", "notebook": "7.2", "nbclassic": "1.1"}
PLAIN_SYMBOLS = {"works": "+", "absent": "-", "broken": "!"}  # for consoles that cannot print the others


@dataclass(frozen=True)
class Finding:
    """One row of the table."""

    part: str
    state: Literal["works", "absent", "broken"]
    detail: str


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command to the parser."""
    commands.add_parser("doctor", help="say what works on this machine").set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Print what works here; not 0 if something that a learner needs is broken."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # IPython's, of a home that is read-only: two lines of the table say it better
        findings = examine()
    print(table(findings))
    return 1 if any(finding.state == "broken" for finding in findings) else 0


def examine() -> list[Finding]:
    """Look at everything, quickest first."""
    course = [*front_ends(), widgets(), browser(), lessons(), progress(), jupyter_folders()]
    return [python(), *packages(), kernel(), *other_kernels(), *course, graphics_card(), sandbox()]


def table(findings: list[Finding], encoding: str | None = None) -> str:
    """The findings in three columns: symbol and state, part, detail.

    >>> print(table([Finding("Python", "works", "3.12.1")], encoding="ascii"))
    + works   Python  3.12.1
    """
    symbols = SYMBOLS
    try:
        "".join(SYMBOLS.values()).encode(encoding or sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        symbols = PLAIN_SYMBOLS
    width = max(len(finding.part) for finding in findings)
    return "\n".join(f"{symbols[f.state]} {f.state:<6}  {f.part:<{width}}  {f.detail}" for f in findings)


def python() -> Finding:
    return Finding("Python", "works", f"{platform.python_version()} at {sys.executable}")


def packages() -> Iterator[Finding]:
    """Each package that the course depends on, with the extra `lab`, against the lowest version that it needs."""
    for text in metadata.requires("dlcourse") or []:
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate({"extra": "lab"}):
            continue
        name, mend = requirement.name, f'python -m pip install "{requirement.name}{requirement.specifier}"'
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            yield Finding(name, "broken", f"not installed; try: {mend}")
            continue
        if requirement.specifier.contains(found, prereleases=True):
            yield Finding(name, "works", found)
        else:
            yield Finding(name, "broken", f"{found}, but the course needs {requirement.specifier}; try: {mend}")


def kernel() -> Finding:
    """Whether the Python that JupyterLab will start for a lesson is this one: another one may not have the course."""
    part = "kernel python3"
    try:
        from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
    except ImportError:
        return Finding(part, "absent", "JupyterLab is not installed here, so what it starts is not known")
    try:
        found = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        return Finding(part, "broken", "there is none; try: python -m pip install --force-reinstall ipykernel")
    program = found.argv[0]
    started = Path(found.argv[0]).name.startswith("python") and not os.path.isabs(found.argv[0])
    if not started and not _same(program):  # "python" alone is what starts the server: jupyter_client sees to it
        return Finding(
            part,
            "broken",
            f"{found.resource_dir} starts {program}, not {sys.executable};"
            f" try: jupyter kernelspec remove python3, or: {sys.executable} -m ipykernel install --sys-prefix",
        )
    return Finding(part, "works", f"{program}, as {found.resource_dir} says")


def other_kernels() -> Iterator[Finding]:
    """The other Pythons that a notebook can be given: a lesson that is switched to one may not find the course."""
    try:
        from jupyter_client.kernelspec import KernelSpecManager
    except ImportError:
        return
    look = "import importlib.util, sys; sys.exit(importlib.util.find_spec('dlcourse') is None)"
    for name, found in sorted(KernelSpecManager().get_all_specs().items()):
        spec = found["spec"]
        ours = name == "python3" or name.startswith("dlcourse-")  # the latter are for grading
        if ours or spec.get("language") != "python" or not spec.get("argv") or _same(spec["argv"][0]):
            continue
        program = spec["argv"][0]
        try:
            has_course = subprocess.run([program, "-c", look], capture_output=True, timeout=20).returncode == 0
        except (OSError, subprocess.TimeoutExpired):
            has_course = False
        if has_course:
            yield Finding(f"kernel {name}", "works", f"{program} has the course, too")
        else:
            yield Finding(f"kernel {name}", "absent", f"{program} lacks the course: keep lessons on {PYTHON3}")


def front_ends() -> Iterator[Finding]:
    """Each front end that is here, against the lowest version in whose page the figures keep their keys."""
    for name, lowest in FRONT_ENDS.items():
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
        if Version(found) >= Version(lowest):
            yield Finding(f"figures in {name}", "works", found)
        else:
            mend = f'python -m pip install "{name}>={lowest}"'
            yield Finding(f"figures in {name}", "broken", f"{found} is too old for the figures; try: {mend}")


def jupyter_folders() -> Finding:
    """Whether Jupyter can keep what it needs while it runs; where a home is read-only, it cannot."""
    part = "Jupyter's folders"
    try:
        from jupyter_core.paths import jupyter_config_dir, jupyter_runtime_dir
    except ImportError:
        return Finding(part, "absent", "JupyterLab is not installed here")
    refused = {}
    for name, folder in (("JUPYTER_RUNTIME_DIR", jupyter_runtime_dir()), ("JUPYTER_CONFIG_DIR", jupyter_config_dir())):
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=folder):
                pass
        except OSError as error:
            refused[name] = f"{folder} ({error.strerror})"
    if refused:
        mend = f"set {' and '.join(refused)} to {'a folder' if len(refused) == 1 else 'folders'} of yours"
        return Finding(part, "broken", f"Jupyter cannot write in {' and '.join(refused.values())}; {mend}")
    return Finding(part, "works", jupyter_runtime_dir())


def browser() -> Finding:
    """Whether `dlcourse lab` can open a browser; on another computer than the learner's there is none."""
    try:
        return Finding("browser", "works", str(getattr(webbrowser.get(), "name", None) or "the usual one"))
    except webbrowser.Error:
        return Finding("browser", "absent", "none found: open the address that `dlcourse lab` prints in one")


def _same(program: str) -> bool:
    return os.path.normcase(Path(program).parent) == os.path.normcase(Path(sys.executable).parent)


def widgets() -> Finding:
    """Whether JupyterLab's page will find the two front-end parts that draw the figures."""
    part = "figures in browser"
    try:
        from jupyter_core.paths import jupyter_path
    except ImportError:
        return Finding(part, "broken", "jupyter_core is not installed, so JupyterLab cannot run")
    missing = [
        name
        for name in ("@jupyter-widgets/jupyterlab-manager", "anywidget")
        if not any(Path(folder, name, "package.json").is_file() for folder in jupyter_path("labextensions"))
    ]
    if missing:
        return Finding(
            part,
            "broken",
            f"JupyterLab has no {' and no '.join(missing)};"
            " try: python -m pip install --force-reinstall jupyterlab_widgets anywidget",
        )
    return Finding(part, "works", "JupyterLab has the widget manager and anywidget")


def lessons() -> Finding:
    from dlcourse.lesson import files

    try:
        found = len(files.notebooks())
        folder = files.lessons_folder()
    except OSError as error:
        return Finding("lessons", "broken", str(error))
    if not found:
        return Finding("lessons", "broken", f"no notebook in {folder}; install dlcourse again")
    return Finding("lessons", "works", f"{found} in {folder}")


def progress() -> Finding:
    """Whether the learner's progress can be kept. A lesson runs without it, but forgets."""
    from dlcourse.lesson.progress import MEND_PROGRESS, progress_file

    path = progress_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent):
            pass
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError
    except OSError:
        detail = f"{path} cannot be written, so progress will be forgotten; {MEND_PROGRESS}"
        return Finding("progress file", "broken", detail)
    return Finding("progress file", "works", str(path))


def graphics_card() -> Finding:
    part = "graphics card"
    if importlib.util.find_spec("cupy") is None:
        return Finding(part, "absent", 'optional: CuPy is not installed (pip install "dlcourse[cuda]")')
    try:
        cupy = importlib.import_module("cupy")  # by name: it is not there when types are checked
        count = cupy.cuda.runtime.getDeviceCount()
        names = [cupy.cuda.runtime.getDeviceProperties(k)["name"].decode() for k in range(count)]
    except Exception as error:  # a broken driver raises whatever it likes, and must not end the table
        return Finding(
            part, "absent", f"optional: CuPy is installed but finds no card ({type(error).__name__}: {error})"
        )
    return Finding(part, "works", f"CuPy {metadata.version(cupy_distribution())}: {', '.join(names)}")


def cupy_distribution() -> str:
    """CuPy's distribution is named after the CUDA version, for instance cupy-cuda12x."""
    return metadata.packages_distributions()["cupy"][0]


def sandbox() -> Finding:
    """Bubblewrap, which grading uses; a learner does not need it."""
    part = "grading sandbox"
    program = shutil.which("bwrap")
    if program is None:
        return Finding(part, "absent", "only for grading: install bubblewrap (Linux)")
    try:
        done = subprocess.run(
            [program, "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "true"],
            capture_output=True,
            text=True,
            timeout=20,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding(part, "absent", f"only for grading: {program} does not run ({error})")
    if done.returncode != 0:
        return Finding(
            part, "absent", f"only for grading: {program} may not make a sandbox here: {done.stderr.strip()}"
        )
    return Finding(part, "works", program)
