"""``dlcourse site``: the whole course as pages that need no kernel and no network, for reading on a phone.

Underneath are nbconvert and a template (pages/lesson). Formulas become MathML when the site is built; a page loads
three files that lie beside it, and works when it is opened as a file, too.
"""

from __future__ import annotations

import argparse
import contextlib
import html
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dlcourse.commands.errors import CommandError
from dlcourse.commands.mathml import page, renderer
from dlcourse.commands.publishing import is_named, repository, run_places
from dlcourse.lesson import files

NEEDED = {"nbconvert": "site", "latex2mathml": "site"}
NEEDED_LITE = {"jupyterlite_core": "lite", "jupyterlite_pyodide_kernel": "lite"}
PAGES = Path(__file__).parent / "pages"
LONG = 30  # letters of LaTeX: a longer formula may not fit on a line of a phone, and can be scrolled
COMMANDS = (  # the README's, tested to be
    'python3 -m venv .venv && .venv/bin/pip install ".[lab]" && .venv/bin/dlcourse lab',
    'py -m venv .venv; .venv\\Scripts\\pip install ".[lab]"; .venv\\Scripts\\dlcourse lab',
)


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command to the parser."""
    site = commands.add_parser("site", help="write the course as pages to read without Python and without a network")
    site.add_argument("lessons", metavar="NN", nargs="*", help="numbers of lessons (default: all)")
    site.add_argument("-o", "--output", metavar="DIR", type=Path, required=True, help="a new folder, or a former site")
    site.add_argument(
        "--repository",
        metavar="URL",
        help="where the course is published, for links to run it (default: what pyproject.toml says)",
    )
    site.add_argument("--lite", action="store_true", help="with a JupyterLite in it, which runs lessons in the browser")
    site.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Write the site."""
    need(NEEDED | (NEEDED_LITE if options.lite else {}))
    target: Path = options.output
    try:
        chosen = [files.notebook(lesson) for lesson in options.lessons or files.numbers()]
    except files.UnknownLesson as error:
        raise CommandError(str(error)) from None
    if target.exists() and not is_ours(target):
        raise CommandError(f"{target} is there and is no site of this course; name a folder that does not exist yet.")
    published = options.repository or repository()
    try:
        for path, text in site_files(sorted(chosen), published if is_named(published) else "", options.lite):
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (target / path).write_text(text, encoding="utf-8")
        if options.lite:
            build_lite(target / "lite")
    except OSError as error:
        raise CommandError(f"cannot write {target} ({error.strerror}); name a folder you may write to.") from None
    print(f"Wrote {target / 'index.html'}: open it in a browser, or put the folder on any web server.")
    return 0


def need(packages: dict[str, str]) -> None:
    """What this command needs beyond the course itself."""
    missing = {extra for name, extra in packages.items() if importlib.util.find_spec(name) is None}
    if missing:
        extras = ",".join(sorted(missing))
        raise CommandError(f"a site needs packages that are not here; try: python -m pip install 'dlcourse[{extras}]'")


def is_ours(folder: Path) -> bool:
    """Whether a folder is empty or a former site: what stands in it may then be written over."""
    return folder.is_dir() and (not any(folder.iterdir()) or (folder / "assets" / "figures.js").is_file())


def site_files(notebooks: list[Path], repository: str, lite: bool = False) -> Iterator[tuple[str, str]]:
    """The files of the site: path and text."""
    import jinja2

    from dlcourse.figures.front_end import scripts, styles
    from dlcourse.figures.spelling import count

    yield "assets/figures.js", scripts()
    yield "assets/figures.css", styles()
    yield "assets/page.css", (PAGES / "page.css").read_text(encoding="utf-8")
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGES), autoescape=jinja2.select_autoescape(["j2"]), trim_blocks=True
    )
    common: dict[str, Any] = dict(repository=repository, commands=COMMANDS, lite="lite/lab/index.html" if lite else "")
    listed = [entry(path, repository) for path in notebooks]
    course = f"{count(len(listed), 'lesson')}, about {count(round(sum(e['minutes'] for e in listed) / 60), 'hour')}"
    places = run_places(repository)
    page = dict(common, title="Gradient descent and backpropagation", places=places, here="index")
    yield "index.html", templates.get_template("index.html.j2").render(page, lessons=listed, course=course)
    names = {path.name[:2]: f"{path.stem}.html" for path in notebooks}
    page = dict(common, title="Reference", places=places, here="reference")
    cells = linked(reference(), names)
    yield "reference.html", templates.get_template("reference.html.j2").render(page, cells=safe(cells))
    exporter = lesson_exporter()
    for path, (before, lesson, after) in zip(notebooks, neighbours(listed), strict=True):
        cells = lesson_cells(exporter, path)
        page = dict(common, title=f"{lesson['number']} · {lesson['title']}", places=lesson["places"], names=names)
        if lite:
            page["lite"] += f"?path={path.name}"
        page |= dict(before=before, after=after, number=lesson["number"], about=lesson, sections=sections(cells))
        yield lesson["href"], templates.get_template("lesson.html.j2").render(page, cells=safe(cells))


def neighbours(listed: list[Any]) -> Iterator[tuple[Any, Any, Any]]:
    """Each with the one before and the one after it.

    Examples
    --------
    >>> list(neighbours([1, 2])), list(neighbours([]))
    ([(None, 1, 2), (1, 2, None)], [])
    """
    for k, here in enumerate(listed):
        yield listed[k - 1] if k else None, here, listed[k + 1] if k + 1 < len(listed) else None


def safe(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)


def entry(path: Path, repository: str) -> dict[str, Any]:
    """What the index and the neighbours' pages say of a lesson."""
    about = files.about(path.name[:2])
    facts = {name: about[name] for name in ("title", "minutes", "needs")}
    return {"number": path.name[:2], "href": f"{path.stem}.html", "places": run_places(repository, path.name), **facts}


def sections(cells: str) -> list[tuple[str, Any]]:
    """The headings of the second level, for the list at the top of a page."""
    found = re.findall(r'<h2 id="(.+?)">(.*?)<a ', cells, re.DOTALL)
    return [(id, safe(text)) for id, text in found]


def lesson_cells(exporter: Any, path: Path) -> str:
    """The cells of a lesson as HTML, with figures that play."""
    import nbformat

    from dlcourse.commands.stills import shows_only, with_stills

    notebook: Any = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    notebook.cells = [cell for cell in notebook.cells if cell.source.strip() != "lesson.progress()"]
    for cell in notebook.cells:
        if shows_only(cell.source):  # who reads sees what is shown
            cell.metadata["transient"] = {"remove_source": True}
    with nobody():
        with_stills(notebook, run="#run")
    body, _ = exporter.from_notebook_node(notebook)
    return scrolled_by_key(str(body))


def scrolled_by_key(text: str) -> str:
    """What may be wider than a phone is reached by key, too, and then scrolled. A corner of a table heads nothing.

    Examples
    --------
    >>> scrolled_by_key("<pre>x</pre><table><th></th></table>")
    '<pre tabindex="0">x</pre><div class="wide" tabindex="0"><table><td></td></table></div>'
    """
    text = re.sub(r"<th([^>]*)></th>", r"<td\1></td>", text.replace("<pre>", '<pre tabindex="0">'))
    return re.sub(r"<table>.*?</table>", r'<div class="wide" tabindex="0">\g<0></div>', text, flags=re.DOTALL)


@contextlib.contextmanager
def nobody() -> Iterator[None]:
    """The course of somebody who has not worked in it yet: the pages are for everybody."""
    before = os.environ.get("DLCOURSE_PROGRESS")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DLCOURSE_PROGRESS"] = str(Path(folder) / "progress.json")
        try:
            yield
        finally:
            del os.environ["DLCOURSE_PROGRESS"]
            if before is not None:
                os.environ["DLCOURSE_PROGRESS"] = before


def lesson_exporter() -> Any:
    """nbconvert's exporter with our template, our headings and MathML."""
    from jinja2 import pass_context
    from nbconvert.exporters.html import HTMLExporter

    class LessonExporter(HTMLExporter):
        @pass_context
        def markdown2html(self, context: Any, source: str) -> str:
            return page(page_renderer(str(context["cell"].get("id", ""))), source)

    options: dict[str, Any] = dict(template_name="lesson", extra_template_basedirs=[str(PAGES)], preprocessors=[])
    return LessonExporter(**options)  # type: ignore[no-untyped-call]


def page_renderer(cell: str) -> Any:
    """Markdown as a page has it: headings with anchors that stay, formulas as MathML.

    Parameters
    ----------
    cell : str
        The id of the cell: its headings are called after it, whatever they say.
    """

    class Renderer(renderer(LONG)):  # type: ignore[misc]
        headings = 0

        def heading(self, text: str, level: int, **attributes: Any) -> str:
            self.headings += 1
            id = cell if self.headings == 1 else f"{cell}-{self.headings}"
            anchor = "" if level == 1 else f'<a class="anchor" href="#{id}" aria-label="link to this section">#</a>'
            return f'<h{level} id="{id}">{text}{anchor}</h{level}>\n'

    return Renderer(escape=False)


def reference() -> str:
    """The page for looking things up, as HTML."""
    return scrolled_by_key(page(page_renderer("reference"), files.reference()))


def linked(text: str, names: dict[str, str]) -> str:
    """With a link wherever a lesson of this site is named.

    Examples
    --------
    >>> linked("<li>slope (lesson 01)", {"01": "01_hill.html"})
    '<li>slope (<a href="01_hill.html">lesson 01</a>)'
    """

    def link(found: re.Match[str]) -> str:
        href = names.get(found[2])
        return f'<a href="{html.escape(href)}">{found[1]}</a>' if href else found[0]

    return re.sub(r"\b(lesson (\d\d))\b", link, text)


# ------------------------------------------------------------------------------------------------ JupyterLite


def build_lite(target: Path) -> None:
    """A JupyterLite with the lessons and this course's wheel: JupyterLite's own builder does it."""
    import nbformat

    with tempfile.TemporaryDirectory(prefix="dlcourse-") as folder:
        wheel = build_wheel(Path(folder))
        contents = Path(folder) / "lessons"
        contents.mkdir()
        command = [sys.executable, "-m", "jupyter", "lite", "build", f"--lite-dir={folder}"]
        command += [f"--output-dir={target.resolve()}"]
        for path in files.notebooks():
            whole: Any = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
            # JupyterLite sets commas between the lines of a text that a notebook has as a list of lines
            (contents / path.name).write_text(json.dumps(whole), encoding="utf-8")
        command += [f"--contents={contents}"]
        command += [f"--piplite-wheels={wheel}"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    if done.returncode:
        raise CommandError(f"JupyterLite could not be built: {(done.stderr or done.stdout).strip().splitlines()[-1]}")


def build_wheel(folder: Path) -> Path:
    """The wheel of this course, from the clone that it runs from."""
    root = files.lessons_folder().parent
    if not (root / "pyproject.toml").is_file():
        raise CommandError("--lite puts the course's wheel into the site; it is built in a clone: run it there.")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "--wheel-dir", str(folder), str(root)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise CommandError(f"the course's wheel could not be built: {done.stderr.strip().splitlines()[-1]}")
    return next(folder.glob("dlcourse-*.whl"))
