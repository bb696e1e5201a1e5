"""Lessons on pages without a kernel: what `jupyter nbconvert` and `dlcourse site` make of a lesson's outputs.

A stored output holds a picture and a sentence. Here the picture gets its words for who does not see it, and where the
cell says which figure it shows, the figure itself: frames, sentences and settings, recorded by running its model now.
Questions answer in the browser anyway. Without JavaScript the picture and the text stay.

The wheel brings a setting for nbconvert (jupyter/nbconvert.json) that puts `Stills` before every export to HTML,
slides, Markdown and LaTeX; in the last two a figure's sentence stands below its picture, and each hint by itself. With
the extra `site` formulas are MathML, and a page of HTML fetches nothing; slides fetch reveal.js and RequireJS, or take
them from where `--SlidesExporter.reveal_url_prefix` and `.require_js_url` say. Notebooks that are no lessons pass it
untouched.
"""

from __future__ import annotations

import ast
import importlib.util
import re
from html import escape
from typing import Any

from nbconvert.exporters.html import HTMLExporter
from nbconvert.exporters.latex import LatexExporter
from nbconvert.exporters.markdown import MarkdownExporter
from nbconvert.exporters.slides import SlidesExporter
from nbconvert.preprocessors import Preprocessor

from dlcourse.commands.mathml import NOTHING, without_mathjax
from dlcourse.commands.serving import ASIDE, WIDGET_VIEW, is_lesson
from dlcourse.lesson import files, remembering

__all__ = ["Stills", "lesson_of", "slides", "with_sentences", "with_stills"]

RECORDED = "Recorded on this page: {}."
STEPS, SETTINGS = "every step", "one control at a time, at some of its settings"
NEEDS_PYTHON = "Without Python this page cannot do: {}."
ONLY_A_PICTURE = "A picture: what it shows is computed in the cells above it."
A_PROBLEM = "A problem to be done by hand. The lesson draws as many as you like, and says which mistake it was."
RUN = '<a href="{}">Run the lesson</a> to move everything.'


class Stills(Preprocessor):
    """Put into a lesson's outputs what a page without a kernel shows and plays."""

    def preprocess(self, notebook: Any, resources: Any) -> tuple[Any, Any]:
        """Called by nbconvert, with a copy of the notebook that is its own."""
        if is_lesson(notebook) and isinstance(self.parent, (MarkdownExporter, LatexExporter)):
            with_sentences(notebook, pictures_have_words=isinstance(self.parent, MarkdownExporter))
            with_hints_apart(notebook, can_be_folded=isinstance(self.parent, MarkdownExporter))
        elif is_lesson(notebook):
            with_stills(notebook)
            add_scripts(notebook, TALL_SLIDES if isinstance(self.parent, SlidesExporter) else "")
            notebook["metadata"].pop("widgets", None)  # what plays needs no programs of ipywidgets
            if isinstance(self.parent, HTMLExporter) and importlib.util.find_spec("latex2mathml"):
                without_mathjax(self.parent, resources)
            if isinstance(self.parent, SlidesExporter):
                slides(notebook)
            else:
                resources["require_js_url"] = NOTHING
        return notebook, resources


def lesson_of(notebook: Any) -> str:
    """The number of a lesson, from the cell that opens it; empty if none does.

    Examples
    --------
    >>> lesson_of({"cells": [{"source": 'lesson = open_lesson("03")'}]})
    '03'
    """
    found = (re.search(r"""open_lesson\(["']?(\d\d?)["']?\)""", cell["source"]) for cell in notebook["cells"])
    number = next((match[1].zfill(2) for match in found if match), "")
    return number if number in files.numbers() else ""


def with_stills(notebook: Any, run: str = "") -> None:
    """Change a lesson's outputs, in place, to what plays without Python; ``run`` is where one can run the lesson."""
    lesson = lesson_of(notebook)
    for cell in notebook["cells"]:
        shown = [output for output in cell.get("outputs", []) if output["output_type"] == "display_data"]
        walks = []
        for output in shown:
            view = output["metadata"].pop(ASIDE, None) or output["data"].get(WIDGET_VIEW, {})
            walk = view.get("dlcourse", {}).get("walk")
            walks.append(walk if isinstance(walk, dict) and walk.keys() >= {"state", "said", "settings"} else None)
            if len(output["data"]) > 1:
                output["data"].pop(WIDGET_VIEW, None)
        calls = calls_in(cell["source"]) if lesson and shown else []
        recordings = [recording(lesson, *call) for call in calls]
        if len(recordings) != len(shown):  # the cell was changed after it was run: what it shows is not known
            recordings = [None] * len(shown)
        for output, found, walk in zip(shown, recordings, walks, strict=True):
            data, found = output["data"], found or walk
            if found is not None or "image/png" in data:
                otherwise = A_PROBLEM if ".practice(" in cell["source"] else ONLY_A_PICTURE
                data["text/html"] = page_part(output, found, otherwise, run)


def with_sentences(notebook: Any, pictures_have_words: bool) -> None:
    """Set below each figure's picture the sentence that goes with it: Markdown and LaTeX take one of the two.

    LaTeX knows no alternative text. Markdown does, and nbconvert has written the picture's file by now.
    """
    for cell in notebook["cells"]:
        shown = []
        for output in cell.get("outputs", []):
            shown.append(output)
            data, about = output.get("data", {}), output.get("metadata", {})
            if len(data) > 1:
                data.pop(WIDGET_VIEW, None)
            if "alt" not in about.get("image/png", {}):
                continue
            sentence = as_markdown(data["text/plain"])
            file = about.get("filenames", {}).get("image/png")
            if pictures_have_words and file:
                picture = f"![{as_markdown(about['image/png']['alt'])}](<{file}>)"
                output["data"] = type(data)({"text/markdown": f"\n\n{picture}\n\n{sentence}\n"})
            else:
                caption = type(output)(output)
                caption |= {"data": type(data)({"text/markdown": sentence}), "metadata": type(about)()}
                shown.append(caption)
        if cell["cell_type"] == "code":
            cell["outputs"] = shown


def with_hints_apart(notebook: Any, can_be_folded: bool) -> None:
    """Give each hint a paragraph of its own: what reads Markdown and knows no HTML sets lines one behind the other."""
    folded = "<details><summary>{}</summary>\n\n{}\n\n</details>" if can_be_folded else "**{}**\n\n{}"
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            parts = re.split(r"\s*<details><summary>(.*?)</summary>(.*?)</details>\s*", cell["source"], flags=re.DOTALL)
            texts, names, hints = parts[::3], parts[1::3], parts[2::3]
            apart = [folded.format(name, hint.strip()) for name, hint in zip(names, hints, strict=True)]
            blocks = [texts[0], *(block for pair in zip(apart, texts[1:], strict=True) for block in pair)]
            cell["source"] = "\n\n".join(block for block in blocks if block)


def as_markdown(text: str) -> str:
    """A sentence as Markdown that means just this.

    Examples
    --------
    >>> print(as_markdown("x_1 * [2] costs $3"))
    x\\_1 \\* \\[2\\] costs \\$3
    """
    return re.sub(r"([\\`*_{}\[\]<>$~^|#])", r"\\\1", text)


# A figure taller than a slide, 700 of reveal.js's pixels, has its controls below the edge.
TALL_SLIDES = ".reveal .slides section:not(.stack) { box-sizing: border-box; max-height: 700px; overflow-y: auto; }"
SHOWING = ("show", "practice", "predict", "quiz", "remember", "checkup", "progress", "reference")


def calls_in(source: str) -> list[tuple[str, list[Any] | None, dict[str, Any]]]:
    """What a cell asks its lesson to display: method, arguments, settings. No arguments where they are no literals.

    Examples
    --------
    >>> calls_in('lesson.show("secant", x=0.0)\\nlesson.show("graph", of=y)\\nlesson.check("01.1")')
    [('show', ['secant'], {'x': 0.0}), ('show', None, {})]
    """
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return []
    found: list[tuple[str, list[Any] | None, dict[str, Any]]] = []
    for statement in statements:
        match statement:
            case ast.Expr(ast.Call(ast.Attribute(ast.Name("lesson"), name)) as call) if name in SHOWING:
                try:
                    arguments = [ast.literal_eval(argument) for argument in call.args]
                    settings = {key.arg: ast.literal_eval(key.value) for key in call.keywords if key.arg}
                except ValueError:
                    found.append((name, None, {}))
                else:
                    found.append((name, arguments, settings))
    return found


def shows_only(source: str) -> bool:
    """Whether a cell does nothing but show one thing of its lesson.

    Examples
    --------
    >>> shows_only('lesson.show("secant")'), shows_only('x = 1\\nlesson.show("secant")')
    (True, False)
    """
    return len(calls_in(source)) == 1 and len(ast.parse(source).body) == 1


def recording(lesson: str, method: str, arguments: list[Any] | None, settings: dict[str, Any]) -> dict[str, Any] | None:
    """What a page needs to play this; None if only Python could."""
    if arguments is None:
        return None
    from dlcourse.figures.choices import Question, as_state  # nbconvert imports this module for other notebooks, too
    from dlcourse.figures.still import played

    if method == "show":
        figures = files.figures(lesson).FIGURES
        if len(arguments) != 1 or arguments[0] not in figures:
            return None
        try:
            return played(figures[arguments[0]](**settings))
        except (TypeError, ValueError):  # settings that the figure does not take: the cell said so when it was run
            return None
    asked: list[Question] = []
    if method == "predict" and arguments:
        asked = [question for id, question in files.choices(lesson, "predictions").items() if id == arguments[0]]
    elif method in ("quiz", "checkup"):
        asked = list(files.choices(lesson, method).values())
    elif method == "remember" and lesson != files.numbers()[0]:
        asked = remembering.usual(lesson)
    if not asked:
        return None
    routes = files.answers(lesson).routes if method == "checkup" else None
    folded = remembering.TITLE if method == "remember" else ""
    return as_state(asked, commit=method in ("predict", "checkup"), routes=routes, folded=folded)


def page_part(output: Any, found: dict[str, Any] | None, otherwise: str, run: str) -> str:
    """The picture or the text, and below it what plays in its place where JavaScript runs."""
    from dlcourse.figures.front_end import playing

    data = output["data"]
    if png := data.get("image/png"):
        alt = output["metadata"].get("image/png", {}).get("alt") or data.get("text/plain", "")
        source = f"data:image/png;base64,{png.strip()}"
        paper = f'<img class="dlcourse-picture" alt="{escape(alt)}" width="640" src="{source}">'
    else:
        paper = f"<pre>{escape(data['text/plain'])}</pre>"
    link = RUN.format(escape(run)) if run else "Run the lesson to move everything."
    if found is None:
        return f'<div class="dlcourse-paper">{paper}<p class="dlcourse-note">{otherwise} {link}</p></div>'
    note = ""
    if "said" in found:
        parts = [STEPS] * (len(found["said"]) > 1) + [SETTINGS] * bool(found["settings"])
        asks = dict.fromkeys(found.get("asks", []))
        words = [
            RECORDED.format(", and ".join(parts) or "what you see"),
            NEEDS_PYTHON.format(", ".join(map(escape, asks))),
        ]
        note = f"{' '.join(words[: 1 + bool(asks)])} {link}"
    return playing(paper, found, note)


def add_scripts(notebook: Any, more: str) -> None:
    """The front end, once, behind the last output: a page by itself has nothing to load it from."""
    from dlcourse.figures.front_end import scripts, styles

    parts = [o for c in notebook["cells"] for o in c.get("outputs", []) if "text/html" in o.get("data", {})]
    if parts:
        parts[-1]["data"]["text/html"] += f"<style>{styles()}{more}</style><script>{scripts()}</script>"


def slides(notebook: Any) -> None:
    """Begin a slide at each heading and a page below it at each text that follows, where nobody has said otherwise."""
    if any("slideshow" in cell["metadata"] for cell in notebook["cells"]):
        return
    before = ""
    for cell in notebook["cells"]:
        kind = "-"
        if cell["cell_type"] == "markdown":
            kind = "slide" if re.match(r"##? ", cell["source"]) else "subslide"
        elif before == "code":  # two programs on one slide seldom fit
            kind = "-" if "check" in cell["metadata"].get("tags", []) else "subslide"
        cell["metadata"]["slideshow"] = {"slide_type": kind}
        before = cell["cell_type"]
