"""`dlcourse author figure` shows one figure alone, moved by keyboard, and made anew from the file at each load."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.figures import FigureOnPage


@contextmanager
def serving(lesson: str, figure: str) -> Iterator[str]:
    command = [sys.executable, "-m", "dlcourse", "author", "figure", lesson, figure, "--no-browser"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    found = re.match(r"http://127\.0\.0\.1:\d+/", server.stdout.readline())
    assert found is not None
    yield found[0]
    server.terminate()
    server.wait(10)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving("02", "descent") as found:
        yield found


# Stricter than what VS Code lets a widget do on its page: nothing from elsewhere, and no text becomes a program.
SCRIPTS = "script-src 'self' 'unsafe-inline'; connect-src 'self'"
RULES = f"default-src 'none'; {SCRIPTS}; style-src 'unsafe-inline'; img-src data:"


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    page, refused = browser.new_page(), []
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)

    def with_rules(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, headers={**response.headers, "content-security-policy": RULES})

    page.route(address, with_rules)
    page.goto(address)
    expect(page.locator("figure.dlfig svg").first).to_be_visible()
    yield page
    page.close()
    assert refused == []


def test_a_figure_alone_answers_the_keyboard_and_fetches_nothing_from_elsewhere(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    figure = FigureOnPage(page, page.locator("figure.dlfig"))
    before = figure.look()
    page.get_by_role("slider", name="learning rate").press("ArrowRight")
    assert figure.unchanged(before, 5000) == []
    before = figure.look()
    figure.button("Step").press("Enter")
    assert figure.unchanged(before, 5000) == []
    assert [url for url in asked if not url.startswith(address)] == [] and problems == []


def test_loading_the_page_again_starts_afresh(page: Page) -> None:
    figure = FigureOnPage(page, page.locator("figure.dlfig"))
    first = figure.look()
    page.get_by_role("slider", name="learning rate").press("End")
    assert figure.unchanged(first, 5000) == []
    page.reload()
    assert figure.becomes(first["sentence"])


def test_no_hatch_stays_behind_when_a_mark_is_drawn_anew_without_one(browser: Browser) -> None:
    """The letters that come too late breadth-first are hatched; in the right order none is too late."""
    page = browser.new_page()
    with serving("11", "mail") as found:
        page.goto(found)
        hatched = page.locator('figure.dlfig path[fill*="-slash-"]:not([d=""])')
        for order, late in (("breadth-first", 1), ("when all letters are there", 0)):
            page.get_by_label(order).check()
            page.get_by_label("step", exact=True).press("End")
            expect(hatched).to_have_count(late)
    page.close()


def test_the_two_modules_and_their_numbers_fit_on_a_phone(browser: Browser) -> None:
    """Boxes do not shrink, so a wide chain of them would have to be moved sideways."""
    page = browser.new_page(viewport={"width": 330, "height": 844})
    with serving("10", "modules") as found:
        page.goto(found)
        expect(page.locator("figure.dlfig svg").first).to_be_visible()
        expect(page.locator(".dlfig-sideways")).to_have_count(0)
    page.close()
