"""A lesson in Notebook 7: the same figures, on a page that takes keys earlier than JupyterLab does."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from packaging.version import Version
from playwright.sync_api import Browser, BrowserContext

from dlcourse.lesson import files
from tests.browser.figures import CONTROLS, by_keyboard, figures_on
from tests.browser.page import TIME_IS_OVER, browser_context, notebook_page
from tests.conftest import EVERYTHING

KEYS = ("x", "a", "b", "d", "m", "z", "Enter", "Escape", "ArrowDown", "ArrowRight", "j", "k")
CELLS = """() => window.jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.id)"""
ACTIVE = """() => { const it = window.jupyterapp.shell.currentWidget.content; return [it.activeCellIndex, it.mode]; }"""
# A page so slow that the two seconds are over which anywidget gives a widget to begin.
SLOW = """(real => { AbortSignal.timeout = time => time === 2000 ? { addEventListener: (_, over) => over() }
    : real.call(AbortSignal, time); })(AbortSignal.timeout)"""
LESSONS = files.notebooks() if EVERYTHING else [path for path in files.notebooks() if path.name[:2] == "09"]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_on_a_slow_page_figures_answer_and_no_key_reaches_the_notebook(path, browser: Browser, port: int) -> None:
    with browser_context(browser) as context:
        context.add_init_script(SLOW)
        visit(context, port, path.name)


def visit(context: BrowserContext, port: int, name: str) -> None:
    with notebook_page(context, port, name, front_end="notebooks") as notebook:
        notebook.run_all_cells()
        page = notebook.page
        if Version(version("anywidget")) >= Version("0.11"):  # older ones have all the patience there is
            assert TIME_IS_OVER in notebook.console_errors, "the page was not slow"
        figures = figures_on(page)
        assert figures
        assert [c for figure in figures for c in figure.moves(by_keyboard, CONTROLS, at_most=1)] == []
        cells, taken = page.evaluate(CELLS), []
        for figure in figures:
            for control in figure.root.locator(f"{CONTROLS}, button").all():
                if not control.is_visible() or control.is_disabled():
                    continue
                page.evaluate("() => { window.jupyterapp.shell.currentWidget.content.mode = 'command'; }")
                control.focus()
                before = page.evaluate(ACTIVE)
                for key in KEYS:
                    page.keyboard.press(key)
                if page.evaluate(ACTIVE) != before or page.evaluate(CELLS) != cells:
                    taken.append(f"{figure.name}: {control.evaluate('e => e.outerHTML.slice(0, 80)')}")
        assert taken == []
        assert notebook.complaints() == [] and notebook.other_hosts == []  # its console has errors of its own
