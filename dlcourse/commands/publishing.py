"""Where the course is published, and where its lessons run without installing anything: for the README and the site."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, metadata

from dlcourse.lesson import files

__all__ = ["course_list", "is_named", "repository", "run_places"]


def repository() -> str:
    """The address of the course's repository, as pyproject.toml says; empty if it does not say."""
    project = files.lessons_folder().parent / "pyproject.toml"
    if project.is_file():
        urls = tomllib.loads(project.read_text(encoding="utf-8"))["project"].get("urls", {})
        return str(urls.get("Repository", ""))
    try:
        entries = metadata("dlcourse").get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    named = (re.split(r",\s*", str(entry), maxsplit=1) for entry in entries)  # "Repository, https://..."
    return next((address for name, address in named if name == "Repository"), "")


def is_named(repository: str) -> bool:
    """Whether somebody has put a name in place of OWNER/REPO."""
    return bool(repository) and "OWNER/REPO" not in repository


def run_places(repository: str, name: str = "") -> dict[str, str]:
    """Where a lesson, or the course, runs without installing anything; nowhere if it is not published on GitHub.

    Examples
    --------
    >>> run_places("https://github.com/me/course", "00_start_here.ipynb")["Colab"]
    'https://colab.research.google.com/github/me/course/blob/HEAD/lessons/00_start_here.ipynb'
    """
    published = re.fullmatch(r"https://github\.com/([^/]+/[^/]+?)(?:\.git)?/?", repository)
    if published is None:
        return {}
    binder = f"https://mybinder.org/v2/gh/{published[1]}/HEAD?urlpath=lab/tree/lessons"
    if not name:
        return {"Binder": binder}
    colab = f"https://colab.research.google.com/github/{published[1]}/blob/HEAD/lessons/{name}"
    return {"Binder": f"{binder}/{name}", "Colab": colab}


def course_list() -> str:
    """How many lessons there are, how long they take, what they are called and where they run; as the README has it."""
    about = {path: files.about(path.name[:2]) for path in files.notebooks()}
    hours = round(sum(lesson["minutes"] for lesson in about.values()) / 60)
    lines = [f"{len(about)} lessons, about {hours} hours.", "", "| | lesson | minutes | |", "| --- | --- | --- | --- |"]
    for path, lesson in about.items():
        badges = [
            f"[![{lesson['title']} on {place}][{place.lower()}]]({url})"
            for place, url in run_places(repository(), path.name).items()
        ]
        link = f"[{lesson['title']}](lessons/{path.name})"
        lines.append(f"| **{path.name[:2]}** | {link} | {lesson['minutes']} | {' '.join(badges)} |")
    pictures = [f"[{name}]: lessons/pictures/{name}.svg" for name in ("binder", "colab")]
    return "\n".join([*lines, "", *pictures])
