"""Binder's plan for this repository, made by repo2docker's own code, builds and opens the lessons.

The image itself needs Docker. Here the plan's steps run in a virtual environment that holds what Binder's base
environment holds, in the versions of repo2docker's lock file.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from dlcourse.lesson import files
from tests.conftest import missing
from tests.packaging.checkout import QUICK_INSTALL, copy_to

# repo2docker looks at the current folder, so it gets a process of its own.
PLAN = """
import json
from repo2docker.app import Repo2Docker
app = Repo2Docker()
for make in app.buildpacks:
    pack = make(base_image=app.base_image)
    if pack.detect():
        break
print(json.dumps({
    "buildpack": type(pack).__name__,
    "python": pack.python_version,
    "steps": [step for _, step in pack.get_preassemble_scripts() + pack.get_assemble_scripts()],
    "post_build": pack.get_post_build_scripts(),
    "start": pack.get_start_script(),
}))
"""
LIST = "pip list --format=json"
# What the course's own requirements could collide with, of the base environment's packages.
BASE = (
    "jupyterlab",
    "notebook",
    "ipywidgets",
    "jupyter_server",
    "jupyterlab_server",
    "jupyterlab_widgets",
    "jupyter-resource-usage",
    "ipykernel",
    "ipython",
    "nbformat",
    "packaging",
    "platformdirs",
)


@dataclass
class Plan:
    home: Path
    buildpack: str
    python: str
    steps: list[str]
    post_build: list[str]
    start: str | None

    def base_versions(self) -> dict[str, str]:
        """Package -> version in the base environment, from repo2docker's lock file."""
        minor = ".".join(self.python.split(".")[:2])
        lock = resources.files("repo2docker") / "buildpacks" / "conda" / f"environment.py-{minor}-linux-64.lock"
        found = re.findall(r"/([a-z0-9_.-]+?)-(\d[^-/]*)-[^-/]+\.conda", lock.read_text(encoding="utf-8"))
        return {name: version for name, version in found if name in BASE}


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    if importlib.util.find_spec("repo2docker") is None:
        missing("repo2docker is not installed (the extra binder)")
    home = copy_to(tmp_path_factory.mktemp("binder") / "home")
    done = subprocess.run([sys.executable, "-c", PLAN], cwd=home, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return Plan(home, **json.loads(done.stdout.splitlines()[-1]))


def test_binder_takes_a_python_that_the_course_supports_and_runs_our_install(plan: Plan) -> None:
    assert plan.buildpack == "PythonBuildPack"
    assert tuple(map(int, plan.python.split("."))) >= (3, 11)
    assert "binder/requirements.txt" in "\n".join(plan.steps)
    assert plan.post_build == ["binder/postBuild"]
    assert os.access(plan.home / "binder" / "postBuild", os.X_OK)


def test_binder_requirements_are_exact_and_leave_the_base_environment_alone(plan: Plan) -> None:
    lines = (plan.home / "binder" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [pin for pin in pins if not re.fullmatch(r"[a-z0-9-]+==[\w.]+", pin)] == []
    assert len(plan.base_versions()) == len(BASE)
    assert not {pin.split("==")[0] for pin in pins} & set(BASE)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="Binder is Linux")
def test_the_plan_builds_and_every_lesson_opens(plan: Plan, tmp_path: Path) -> None:
    if plan.python != f"{sys.version_info.major}.{sys.version_info.minor}":
        pytest.skip(f"Binder would use Python {plan.python}, this is {sys.version}")
    prefix = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", str(prefix)], check=True)
    passed_on = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("PIP_", "SSL_")) or "proxy" in name.lower()
    }
    environment = (
        passed_on
        | QUICK_INSTALL
        | {
            "PATH": f"{prefix}/bin:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(plan.home),
            "REPO_DIR": str(plan.home),
            "KERNEL_PYTHON_PREFIX": str(prefix),
            "NB_PYTHON_PREFIX": str(prefix),
            "LANG": "C.UTF-8",
        }
    )

    def run(command: str) -> str:
        done = subprocess.run(["bash", "-c", command], cwd=plan.home, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    base = [f"{name}=={version}" for name, version in plan.base_versions().items()]
    run(f"pip install -q {' '.join(base)}")
    for step in [*plan.steps, *(f"./{script}" for script in plan.post_build)]:
        run(step)
    run("pip check")
    installed = {
        entry["name"].replace("-", "_"): entry["version"] for entry in json.loads(run("pip list --format=json"))
    }
    for name, version in plan.base_versions().items():
        assert installed[name.replace("-", "_")] == version, "the course changed Binder's own environment"

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    options = ["--no-browser", f"--ServerApp.port={port}", "--IdentityProvider.token=t"]
    if os.geteuid() == 0:
        options.append("--allow-root")
    server = subprocess.Popen(
        [f"{prefix}/bin/jupyter", "lab", *options],
        cwd=plan.home,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def get(path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}?token=t", timeout=10) as answer:
            return json.load(answer)

    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                listing = get("api/contents/lessons")
                break
            except OSError:
                assert server.poll() is None and time.monotonic() < deadline, "the server did not start"
                time.sleep(0.1)
        opened = [entry["name"] for entry in listing["content"] if entry["type"] == "notebook"]
        assert sorted(opened) == sorted(path.name for path in files.notebooks())
        for name in opened:
            lesson = get(f"api/contents/lessons/{name}")["content"]
            assert lesson["cells"] and "version" in lesson["metadata"]["language_info"], "our extension is not loaded"
    finally:
        server.terminate()
        server.wait(20)
    run("cd lessons && python -c 'import dlcourse; print(dlcourse.__file__)' | grep -q site-packages")
