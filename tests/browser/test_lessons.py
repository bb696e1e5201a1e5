"""Every lesson in a real JupyterLab in a real browser, as a learner meets it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext

from dlcourse.lesson import files
from tests.browser import labels
from tests.browser.figures import CONTROL_KINDS, PLACES, FigureOnPage, by_keyboard, by_mouse, figures_on
from tests.browser.page import TIME_IS_OVER, NotebookPage
from tests.conftest import EVERYTHING

RULES = {"JupyterLab Light": {}, "JupyterLab Dark": {"runOnly": ["color-contrast", "link-in-text-block"]}}


@dataclass
class Visit:
    """One lesson, looked at before it was run and then run."""

    notebook: NotebookPage = field(repr=False)
    released: dict[str, Any] = field(repr=False)  # what its file says
    pictures_before: list[dict[str, Any]]  # each picture as the page showed it before anything was run
    complaints_before: list[str]

    def figure_cells(self) -> list[dict[str, Any]]:
        calls = ("lesson.show(", "lesson.practice(")
        return [cell for cell in self.released["cells"] if any(call in "".join(cell["source"]) for call in calls)]

    def figures(self) -> list[FigureOnPage]:
        found = figures_on(self.notebook.page)
        assert len(found) == len(self.figure_cells()) > 0, "a figure is missing"
        return found


@dataclass
class Lab:
    """One page in which lesson after lesson is opened; a new one after a failure, which may have left anything."""

    context: BrowserContext
    port: int
    session: pytest.Session
    notebook: NotebookPage | None = None
    failed: int = 0

    def turn_to(self, name: str) -> NotebookPage:
        if self.notebook is None or self.session.testsfailed > self.failed:
            self.close()
            self.failed, self.notebook = self.session.testsfailed, NotebookPage(self.context.new_page())
            self.notebook.listen()
            self.notebook.open(self.port, name, "doc/tree")
        else:
            self.notebook.turn_to(name)
        return self.notebook

    def close(self) -> None:
        if self.notebook is not None:
            self.notebook.page.close()


@pytest.fixture(scope="module")
def lab(request: pytest.FixtureRequest, context: BrowserContext, port: int) -> Iterator[Lab]:
    lab = Lab(context, port, request.session)
    yield lab
    lab.close()


@pytest.fixture(scope="module", params=files.notebooks(), ids=lambda path: path.stem)
def visit(request: pytest.FixtureRequest, lab: Lab) -> Visit:
    path: Path = request.param
    notebook = lab.turn_to(path.name)
    pictures = notebook.page.evaluate(
        """() => [...document.querySelectorAll('.jp-OutputArea-output img')].map(image =>
            ({ width: image.naturalWidth, shown: image.getBoundingClientRect().width }))"""
    )
    complaints = notebook.complaints()
    notebook.run_all_cells()
    return Visit(notebook, json.loads(path.read_text(encoding="utf-8")), pictures, complaints)


def test_before_anything_is_run_every_figure_shows_its_picture_and_no_error(visit: Visit) -> None:
    assert visit.complaints_before == []
    assert visit.notebook.page.get_by_text("official Jupyter news").count() == 0, "a question about news lies over it"
    assert len(visit.pictures_before) >= len(visit.figure_cells()) > 0
    for picture in visit.pictures_before:
        assert picture["width"] > 300 and picture["shown"] > 200
    for cell in visit.figure_cells():
        for output in cell["outputs"]:
            # JupyterLab itself drops the text alternative of a picture; GitHub, nbviewer and exports keep it.
            assert len(output["metadata"]["image/png"]["alt"]) > 20


def test_all_cells_run_and_every_figure_appears(visit: Visit) -> None:
    assert visit.notebook.complaints() == []
    for figure in visit.figures():
        look = figure.look()
        assert look["sentence"] and "<path" in look["picture"]


def test_every_figure_can_be_moved_with_the_keyboard_alone(visit: Visit) -> None:
    """One control of each kind in each figure (DLCOURSE_ALL: every control), and all that is drawn to be moved."""
    cells = len(visit.notebook.cells())
    complaints = []
    for figure in visit.figures():
        complaints += figure.moves(by_keyboard, ".dlfig-handle")
        for kind in CONTROL_KINDS:
            complaints += figure.moves(by_keyboard, kind, at_most=None if EVERYTHING else 1)
    assert complaints == []
    assert len(visit.notebook.cells()) == cells, "a key for the figure was taken by JupyterLab"


def test_every_figure_can_be_moved_with_the_mouse(visit: Visit) -> None:
    """On each figure all that is drawn to be moved; of the ordinary controls, one of each kind in a lesson."""
    complaints, seen = [], set()
    for figure in visit.figures():
        complaints += figure.moves(by_mouse, f".dlfig-handle, {PLACES}")
        for kind in CONTROL_KINDS:
            if kind not in seen and figure.root.locator(kind).count():
                seen.add(kind)
                complaints += figure.moves(by_mouse, kind, at_most=1)
    assert complaints == []


@pytest.mark.parametrize("hand", ["keyboard", "mouse"])
def test_step_back_play_and_reset_walk_through_the_frames(visit: Visit, hand: str) -> None:
    """By keyboard the first walk of each lesson, by mouse the last (DLCOURSE_ALL: all): they have the same buttons."""
    those = slice(None) if EVERYTHING else {"keyboard": slice(1), "mouse": slice(-1, None)}[hand]
    for figure in [figure for figure in visit.figures() if figure.plays()][those]:

        def press(name: str) -> None:
            if hand == "mouse":
                figure.button(name).click()  # noqa: B023 (used in this round only)
            else:
                figure.button(name).focus()  # noqa: B023
                figure.page.keyboard.press("Enter")  # noqa: B023

        figure.start_afresh()
        start = figure.look()
        press("Step")
        assert figure.unchanged(start, 10_000) == [], f"{figure.name}: Step"
        several = figure.button("Step").get_attribute("aria-disabled") == "false"  # some have one step only
        if several:
            second = figure.look()
            press("Step")
            assert "picture" not in figure.unchanged(second, 10_000), f"{figure.name}: the second Step"
            press("Back")
        press("Back")
        assert figure.becomes(start["sentence"]), f"{figure.name}: Back undoes Step"
        press("Play")
        assert figure.unchanged(start, 10_000) == [], f"{figure.name}: Play"
        if several:  # wherever it is by now
            assert figure.arrives(2), f"{figure.name}: Play goes on"
            assert "picture" not in figure.unchanged(second, 10_000), f"{figure.name}: Play goes on"
        if figure.steps() - figure.frame() > 1 and figure.button("Pause").is_visible():  # a short walk may be over
            press("Pause")
            figure.page.wait_for_timeout(500)
            paused = figure.look()
            assert figure.unchanged(paused, 400) == ["picture", "sentence"], f"{figure.name}: Pause"
        press("Reset")
        assert figure.becomes(start["sentence"]), f"{figure.name}: Reset goes to the start"


def test_the_step_slider_reaches_the_last_frame_and_the_first(visit: Visit) -> None:
    for figure in visit.figures():
        if figure.plays():
            figure.go_to_end()
            assert figure.button("Step").get_attribute("aria-disabled") == "true", figure.name
            assert figure.button("Back").get_attribute("aria-disabled") == "false", figure.name
            figure.root.locator(".dlfig-transport input").press("Home")
            figure.page.wait_for_timeout(60)
            assert figure.button("Back").get_attribute("aria-disabled") == "true", figure.name


def test_no_word_of_a_figure_lies_on_another_or_on_a_foreign_mark_and_none_is_cut_off(visit: Visit) -> None:
    figures, rng = visit.figures(), np.random.default_rng(11)
    found = [fault for figure in figures for fault in labels.faults(figure, EVERYTHING)]
    for figure in figures if EVERYTHING else [figures[rng.integers(len(figures))]]:
        found += labels.faults_by_chance(figure, rng, 20 if EVERYTHING else 6)
    assert found == []
    assert labels.faults_once_a_word_is_moved(visit.figures()[0]) != []


def test_a_question_can_be_answered_with_the_keyboard_and_says_what_it_thinks(visit: Visit) -> None:
    page = visit.notebook.page
    for folded in page.locator(".jp-OutputArea details.dlfig-folded > summary").all():  # what to remember is folded
        folded.focus()
        page.keyboard.press("Enter")
    questions = page.locator(".jp-OutputArea form.dlfig-quiz-form").all()
    assert len(questions) >= 3, "every lesson has predictions and a quiz"
    for question in questions if EVERYTHING else [questions[0], *questions[-2:]]:  # all are made by one program
        question.get_by_role("radio").first.focus()
        page.keyboard.press("Space")
        question.get_by_role("button").focus()
        page.keyboard.press("Enter")
        verdict = question.locator(".dlfig-feedback").inner_text()
        assert len(verdict) > 20, question.locator("legend").inner_text()


def test_no_output_breaks_a_rule_of_axe_in_the_light_or_in_the_dark(visit: Visit) -> None:
    """In the dark, the rules about colours: the others see the same page. Lessons take turns in which comes first."""
    notebook, violations = visit.notebook, []
    for theme in sorted(RULES, key=lambda theme: theme != notebook.theme()):
        notebook.set_theme(theme)
        found = Axe().run(
            notebook.page,
            context={"include": [[".jp-OutputArea-output"]]},
            options={"resultTypes": ["violations"], **RULES[theme]},
        )
        violations += [
            (theme, v["id"], v["help"], [n["html"][:200] for n in v["nodes"][:3]]) for v in found.response["violations"]
        ]
    assert violations == []


def test_nothing_went_to_the_console_as_an_error_or_to_another_host(visit: Visit) -> None:
    """The last test of a lesson: it judges everything that the tests above have done."""
    assert [error for error in visit.notebook.console_errors if error != TIME_IS_OVER] == []
    assert visit.notebook.other_hosts == []
