"""The files for containers and conda ask for what pyproject.toml asks for; who has Docker or conda builds them."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from typing import Any

import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from tests.packaging.checkout import ROOT

HERE = ROOT / ".devcontainer"
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONDA_NAMES = {"matplotlib-base": "matplotlib"}  # conda's matplotlib brings a window system


def test_condas_environment_has_the_bounds_of_the_package() -> None:
    environment = yaml.safe_load((HERE / "environment.yml").read_text(encoding="utf-8"))
    asked = [Requirement(text) for text in environment["dependencies"] if isinstance(text, str)]
    found = {CONDA_NAMES.get(one.name, one.name): one.specifier for one in asked}
    assert found.pop("python") == SpecifierSet(PROJECT["requires-python"])
    found.pop("pip")
    wanted = [Requirement(text) for text in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["lab"]]]
    assert found == {one.name: one.specifier for one in wanted}
    [by_pip] = [entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict)]
    assert [(HERE / path).resolve() for path in by_pip] == [ROOT]


def test_the_image_has_a_python_that_the_course_takes_and_runs_what_the_readme_says() -> None:
    text = (HERE / "Dockerfile").read_text(encoding="utf-8")
    [version] = re.findall(r"^FROM python:([\d.]+)", text, re.M)
    assert SpecifierSet(PROJECT["requires-python"]).contains(version)
    steps = re.findall(r"^([A-Z]+) (.*)$", text, re.M)
    assert [words for step, words in steps if step == "USER"] == ["learner"], "a hub starts no server as root"
    [command] = [json.loads(words) for step, words in steps if step == "CMD"]
    assert command[:2] == ["dlcourse", "lab"]
    [pip] = [shlex.split(words) for step, words in steps if step == "RUN" and words.startswith("pip")]
    assert "/tmp/dlcourse[lab]" in pip


def test_the_devcontainer_builds_that_image_and_opens_the_lessons() -> None:
    settings = json.loads((HERE / "devcontainer.json").read_text(encoding="utf-8"))
    assert (HERE / settings["build"]["dockerfile"]).is_file()
    assert (HERE / settings["build"]["context"]).resolve() == ROOT
    assert f"useradd --create-home --uid 1000 --shell /bin/bash {settings['remoteUser']}" in (
        HERE / "Dockerfile"
    ).read_text(encoding="utf-8")
    assert all(settings[name].startswith("dlcourse lab ") for name in ("postCreateCommand", "postAttachCommand"))
    [pattern] = [o for o in shlex.split(settings["postAttachCommand"]) if o.startswith("--ServerApp.allow_origin_pat=")]
    for origin, taken in (
        ("https://old-hat-x9-8888.app.github.dev", True),  # Codespaces' page is of another host than the server thinks
        ("https://app.github.dev.example.org", False),
        ("https://a.app.github.dev.example.org", False),
        ("http://a-8888.app.github.dev", False),
    ):
        assert bool(re.match(pattern.partition("=")[2], origin)) is taken
