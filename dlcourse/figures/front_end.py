"""The files of the front end as text: for widgets, and for pages that have none."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

__all__ = ["playing", "scripts", "static", "styles"]

STATIC = files("dlcourse.figures") / "static"


def static(name: str) -> str:
    """The text of a front-end file. Given to anywidget as text: a path would start a file watcher."""
    return (STATIC / name).read_text(encoding="utf-8")


def styles() -> str:
    """The style of a page without Python."""
    return static("style.css") + static("still.css")


def scripts() -> str:
    """The front end of figures and questions as one plain script: a page that is opened as a file loads no modules.

    Examples
    --------
    >>> "export default" in scripts()
    False
    """
    figure = static("page.js") + static("plot.js") + static("figure.js")
    choices = static("page.js") + static("choices.js")
    parts = [
        f"(() => {{\n{source.replace('export default', f'dlcourse.{name} =')}\n}})();"
        for name, source in (("figure", figure), ("choices", choices))
    ]
    return "\n".join(["(() => {", "const dlcourse = {};", *parts, static("still.js"), "})();"])


def playing(paper: str, record: Any, note: str = "") -> str:
    """What stands on paper, and what `scripts` plays in its place.

    Examples
    --------
    >>> "</b>" in playing("<p>paper</p>", {"said": ["</b>"]})       # a script would end there
    False
    """
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    there = f'<p class="dlcourse-note" hidden>{note}</p>' if note else ""
    return (
        f'<div class="dlcourse-still"><div class="dlcourse-paper">{paper}</div>'
        f'<script type="application/json">{text}</script>{there}</div>'
    )
