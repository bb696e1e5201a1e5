"""`dlcourse worksheet`: problems on paper."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from dlcourse.commands.program import main
from dlcourse.commands.worksheet import BROWSERS, sheet_page
from dlcourse.lesson import files
from tests.conftest import missing

LESSON = next(number for number in files.numbers() if files.practice(number))


def test_a_sheet_has_its_problems_and_no_answers_unless_asked(tmp_path: Path) -> None:
    sheet, key = tmp_path / "sheet.html", tmp_path / "key.html"
    assert main(["worksheet", LESSON, "--seed", "7", "-n", "4", "-o", str(sheet)]) == 0
    assert main(["worksheet", LESSON, "--seed", "7", "-n", "4", "--answers", "-o", str(key)]) == 0
    page, answers = sheet.read_text(encoding="utf-8"), key.read_text(encoding="utf-8")
    assert page.count("<section>") == page.count("<img alt=") == 4 and "solutions</h1>" not in page
    assert answers.count("<section>") == 8 and answers.count("<img alt=") == 4
    assert re.findall(r"<img.*?>", page) == re.findall(r"<img.*?>", answers)
    assert "http" not in re.sub(r'src="data:[^"]*"', "", page)  # nothing comes from elsewhere


@pytest.mark.parametrize("lesson", ["07", "11"])
def test_an_order_is_solved_in_one_line_that_lets_others_pass(lesson: str) -> None:
    page = sheet_page(lesson, 7, 2, True)
    lines = re.findall(r"<li>(.*?)</li>", page.partition("solutions</h1>")[2])
    assert [bool(re.match(r"1st to \d(th|rd): \w(, \w)+\. Any other order", line)) for line in lines].count(True) >= 1
    assert not any(re.match(r"\d(st|nd|rd|th)\b(?! to )", line) for line in lines)


def test_the_same_seed_is_the_same_sheet_and_another_one_another() -> None:
    page = sheet_page(LESSON, 3, 2, True)
    assert page == sheet_page(LESSON, 3, 2, True) != sheet_page(LESSON, 4, 2, True)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["worksheet", LESSON, "-n", "0", "-o", "a.html"], "-n is the number of problems, from 1 to 200, not 0."),
        (["worksheet", LESSON, "--seed", "-1", "-o", "a.html"], "--seed is a whole number from 0 on, not -1."),
        (["worksheet", LESSON, "-o", "a.txt"], "a.txt must end with .html or .pdf."),
        (["worksheet", "77", "-o", "a.html"], "There is no lesson 77"),
        (["worksheet", "15", "-o", "a.html"], "Lesson 15 has no practice by hand"),
        (["worksheet", LESSON, "-o", "nowhere/a.html"], "cannot write nowhere"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(words, sentence, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 1
    assert sentence in capsys.readouterr().err and list(tmp_path.iterdir()) == []


def test_a_browser_prints_it(tmp_path: Path) -> None:
    if not any(map(shutil.which, BROWSERS)):
        missing("there is no browser that prints PDF")
    assert main(["worksheet", LESSON, "-n", "2", "-o", str(tmp_path / "sheet.pdf")]) == 0
    assert (tmp_path / "sheet.pdf").read_bytes()[:5] == b"%PDF-"


def test_on_a_sheet_the_shapes_stand_where_a_picture_has_them():
    """SVG is written at another resolution than PNG; what is laid out in pixels has to follow."""
    from dlcourse.figures.paper import SVG_DPI, drawn
    from dlcourse.lesson.practice import Practice

    figure = Practice(files.practice("09")["09.sum"])

    def outlines(dpi: int) -> list[list[float]]:
        axes = drawn(figure, words=False, dpi=dpi).axes[0]
        found = [patch.get_path().transformed(patch.get_transform()).get_extents() for patch in axes.patches]
        return [[round(side / dpi, 2) for side in extent.extents] for extent in found]

    png, svg = outlines(120), outlines(SVG_DPI)
    assert len(png) == len(svg) > 4
    far = [max(abs(a - b) for a, b in zip(one, other, strict=True)) for one, other in zip(png, svg, strict=True)]
    assert max(far) < 0.06, far  # inches; words are measured in whole pixels
