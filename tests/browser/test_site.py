"""Pages of `dlcourse site`, opened as files with the network off: figures play, by keyboard and by mouse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from dlcourse.commands import program
from dlcourse.figures.still import played
from dlcourse.lesson import files
from tests.browser.figures import FigureOnPage

PLACE = "02_walking_down.html"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "pages"
    assert program.main(["site", "02", "-o", str(folder), "--repository", "https://github.com/me/course"]) == 0
    return folder


@pytest.fixture(scope="module")
def asked() -> list[str]:
    """What the pages loaded, and what went wrong in them."""
    return []


@pytest.fixture(scope="module")
def page(browser: Browser, site: Path, asked: list[str]) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce", offline=True)
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: asked.append(str(error)))
    page.goto((site / PLACE).as_uri())
    expect(page.locator("figure.dlfig svg").first).to_be_visible(timeout=60_000)
    yield page
    context.close()


@pytest.fixture
def figure(page: Page) -> FigureOnPage:
    return FigureOnPage(page, page.locator("figure.dlfig").first)


def test_steps_are_there_by_keyboard_and_by_mouse_and_say_what_python_would_say(figure: FigureOnPage) -> None:
    model = files.figures("02").Descent()
    assert figure.becomes(model.sentence())
    for act in (lambda b: b.press("Enter"), lambda b: b.click()):
        before = figure.look()
        act(figure.button("Step"))
        model.step()
        assert figure.unchanged(before, 5000) == [] and figure.becomes(model.sentence())
    figure.root.get_by_role("slider", name="step").press("End")
    model.frame = model.last_frame
    assert figure.becomes(model.sentence())
    figure.button("Reset").click()
    model.reset()
    assert figure.becomes(model.sentence())


def test_play_goes_at_one_step_a_second_where_less_motion_is_asked_for(figure: FigureOnPage) -> None:
    figure.page.clock.install()
    figure.button("Play").click()
    figure.page.clock.run_for(3100)
    expect(figure.root.get_by_role("slider", name="step")).to_have_attribute("aria-valuetext", "3 of 30")
    figure.button("Pause").click()
    figure.button("Reset").click()
    figure.page.clock.resume()


def test_a_control_stands_at_recorded_settings_and_goes_back(figure: FigureOnPage) -> None:
    opening = figure.look()
    found = played(files.figures("02").Descent())
    rate = figure.root.get_by_role("slider", name="learning rate")
    rate.press("ArrowRight")
    above = next(r for r in found["settings"]["rate"] if r["value"] > found["state"]["values"]["rate"])
    assert figure.becomes(above["said"][0])
    figure.root.get_by_role("radio").last.check()
    assert figure.becomes(found["settings"]["hill"][-1]["said"][0])  # one control at a time: the rate is back
    figure.button("Initial settings").click()
    assert figure.becomes(opening["sentence"])
    assert (
        "one control at a time, at some of its settings"
        in figure.root.locator("xpath=../..").locator(".dlcourse-note").inner_text()
    )


def test_questions_answer(page: Page) -> None:
    form = page.locator("form.dlfig-quiz-form:has-text('Commit')").first
    form.get_by_role("radio").first.check()
    form.get_by_role("button", name="Commit").click()
    expect(form.locator(".dlfig-feedback")).to_have_text(re.compile("Right|Not so"))


def test_nothing_is_wider_than_a_phone_and_nothing_came_from_elsewhere(page: Page, asked: list[str]) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize(("name", "theme"), [(PLACE, "light"), ("index.html", "dark")])
def test_no_rule_of_axe_is_broken(browser: Browser, site: Path, name: str, theme: str) -> None:
    # narrow, as on a phone: there long lines scroll, and have to be reached by key
    page = browser.new_page(color_scheme=theme, viewport={"width": 390, "height": 844})  # type: ignore[arg-type]
    page.goto((site / name).as_uri())
    results = Axe().run(page, options={"resultTypes": ["violations"]})
    assert results.response["violations"] == [], results.generate_report()
    page.close()


def test_without_javascript_there_are_pictures_and_their_words(browser: Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto((site / PLACE).as_uri())
    picture = page.locator("img").first
    expect(picture).to_be_visible()
    assert len(picture.get_attribute("alt") or "") > 40
    expect(page.locator(".dlcourse-paper pre").first).to_be_visible()  # the questions
    context.close()
