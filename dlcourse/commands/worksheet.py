"""``dlcourse worksheet``: practice on paper, with the solutions on sheets of their own."""

from __future__ import annotations

import argparse
import html
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlcourse.commands.errors import CommandError
from dlcourse.lesson import files

if TYPE_CHECKING:
    from dlcourse.lesson.practice import Practice, Problem

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge", "chromium-headless-shell")
MOST = 200  # problems on a sheet; more is a mistake

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
@page {{ size: A4; margin: 16mm; }}
body {{ font: 11pt/1.4 "DejaVu Sans", Verdana, sans-serif; color: black; background: white; }}
body {{ max-width: 178mm; margin: 8mm auto; }}
header {{ display: flex; flex-wrap: wrap; justify-content: space-between; gap: 4mm; padding-bottom: 2mm; }}
header {{ border-bottom: 0.3mm solid black; }}
h1 {{ font-size: 14pt; margin: 0; }} h2 {{ font-size: 11pt; margin: 5mm 0 1mm; }}
p {{ margin: 0 0 1mm; }}
section {{ break-inside: avoid; }}
img {{ display: block; width: 100%; max-width: 150mm; filter: grayscale(1); clip-path: inset(0.4mm); }}
.solutions {{ break-before: page; }}
ol {{ margin: 1mm 0; padding-left: 7mm; }}
</style></head><body>
{body}
</body></html>
"""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command to the parser."""
    sheet = commands.add_parser("worksheet", help="write problems to be done on paper")
    sheet.add_argument("lesson", metavar="LESSON", help="the lesson's number, for instance 09")
    sheet.add_argument("--seed", metavar="N", type=int, default=1, help="another number, other problems (default 1)")
    sheet.add_argument("-n", metavar="COUNT", type=int, default=6, help="how many problems (default 6)")
    sheet.add_argument("--answers", action="store_true", help="with the solutions, on sheets of their own")
    sheet.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        required=True,
        help="where to write it: FILE.html, or FILE.pdf where Chromium, Chrome or Edge is installed",
    )
    sheet.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Write one worksheet."""
    target: Path = options.output
    if target.suffix not in (".html", ".pdf"):
        raise CommandError(f"{target} must end with .html or .pdf.")
    if not 1 <= options.n <= MOST:
        raise CommandError(f"-n is the number of problems, from 1 to {MOST}, not {options.n}.")
    if options.seed < 0:
        raise CommandError(f"--seed is a whole number from 0 on, not {options.seed}.")
    try:
        page = sheet_page(options.lesson, options.seed, options.n, options.answers)
    except files.UnknownLesson as error:
        raise CommandError(str(error)) from None
    try:
        if target.suffix == ".html":
            target.write_text(page, encoding="utf-8")
        else:
            print_to(target, page)
    except OSError as error:
        raise CommandError(f"cannot write {target} ({error.strerror}); name a file you may write.") from None
    problems = "1 problem" if options.n == 1 else f"{options.n} problems"
    print(f"Wrote {target}: {problems}{', with solutions' if options.answers else ''}; seed {options.seed}.")
    return 0


def sheet_page(lesson: str, seed: int, count: int, answers: bool) -> str:
    """The sheet as one HTML page; its pictures are in it. The same arguments give the same page.

    The families of the lesson take turns, each from its easiest level to its hardest.

    Raises
    ------
    UnknownLesson
        There is no such lesson, or nothing in it that is practised by hand.
    """
    from dlcourse.lesson.practice import Practice

    number = files.lesson_number(lesson)
    files.notebook(number)
    families = list(files.practice(number).values())
    if not families:
        with_practice = [other for other in files.numbers() if files.practice(other)]
        raise files.UnknownLesson(f"Lesson {number} has no practice by hand; {', '.join(with_practice)} have.")
    figures = []
    for i in range(count):
        family = families[i % len(families)]
        level = i // len(families) % len(family.levels)
        settings: dict[str, Any] = {"level": str(level)} if len(family.levels) > 1 else {}
        figures.append(Practice(family, seed * MOST + i, **settings))
    title = f"Lesson {number}: {files.about(number)['title']}"
    body = [*_problems(title, seed, figures)]
    if answers:
        body += ['<div class="solutions">', *_solutions(title, seed, figures), "</div>"]
    return PAGE.format(title=html.escape(title), body="\n".join(body))


def _problems(title: str, seed: int, figures: list[Practice]) -> Iterator[str]:
    yield f"<header><h1>{html.escape(title)}</h1><span>sheet {seed}</span><span>name: {'_' * 24}</span></header>"
    for i, figure in enumerate(figures, 1):
        boxes = "; ".join(box.label for box in figure.problem.boxes)
        yield f"<section><h2>{i}. {html.escape(figure.title)}</h2><p>{_written(figure.problem.task)}</p>"
        seen = figure.problem.in_words or f"{figure.title}."
        yield f"{_picture(figure, f'{seen} To fill in: {boxes}.')}</section>"


def _solutions(title: str, seed: int, figures: list[Practice]) -> Iterator[str]:
    yield f"<header><h1>{html.escape(title)}: solutions</h1><span>sheet {seed}</span></header>"
    for i, figure in enumerate(figures, 1):
        yield f"<section><h2>{i}. {html.escape(figure.title)}</h2><ol>"
        for words in _solved(figure.problem):
            yield f"<li>{_written(words)}</li>"
        yield "</ol></section>"


def _solved(problem: Problem) -> Iterator[str]:
    """What belongs in each box, and why; an order in one line, for it is seldom the only one."""
    places = list(problem.order.places) if problem.order else []
    for box in problem.boxes:
        if box.name not in places:
            yield f"{box.label}: {box.shown()}. {box.why}"
        elif box.name == places[0]:
            order = ", ".join(problem.box(place).shown() for place in places)
            ends = f"{box.beside()} to {problem.box(places[-1]).beside()}"
            yield f"{ends}: {order}. Any other order in which each stands after what it waits for is right, too."


def _written(words: str) -> str:
    """Words for the page; h′ stays beside its bracket at the end of a line."""
    return html.escape(words).replace("′(", "′&NoBreak;(")


def _picture(figure: Practice, words: str) -> str:
    import base64

    from dlcourse.figures.paper import picture

    data = base64.b64encode(picture(figure, words=False, form="svg")).decode("ascii")
    return f'<img alt="{html.escape(words)}" src="data:image/svg+xml;base64,{data}">'


def print_to(target: Path, page: str) -> None:
    """Print a page to a PDF file, by the browser that is installed."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise CommandError(
            f"{target}: to write PDF, Chromium, Chrome or Edge has to be installed. "
            f"Write {target.with_suffix('.html')} and print it from your browser."
        )
    with tempfile.TemporaryDirectory(prefix="dlcourse-", ignore_cleanup_errors=True) as folder:
        source = Path(folder) / "sheet.html"
        source.write_text(page, encoding="utf-8")
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", "--disable-dev-shm-usage"]
        options += [f"--user-data-dir={folder}/profile", f"--print-to-pdf={Path(folder) / 'sheet.pdf'}"]
        subprocess.run([browser, *options, source.as_uri()], capture_output=True, timeout=120, check=False)
        made = Path(folder) / "sheet.pdf"
        if not made.is_file():
            raise CommandError(f"{browser} printed nothing; write {target.with_suffix('.html')} and print that.")
        shutil.copyfile(made, target)
