"""Practice by keyboard alone, and how its boxes stand, wide and narrow: each family on a page with nothing between."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from dlcourse.commands.standing_alone import serve
from dlcourse.figures import Figure
from dlcourse.lesson import files
from dlcourse.lesson.practice import Family, Practice
from tests.conftest import EVERYTHING, LESSONS

FAMILIES = [one for number in LESSONS for one in files.practice(number).values()]
LEVELS = [(one, k) for one in FAMILIES for k in range(len(one.levels)) if EVERYTHING or k == len(one.levels) - 1]
NARROW, WIDE = {"width": 330, "height": 844}, {"width": 1280, "height": 900}
# Boxes and words that lie on each other, by at least 3 pixels each way; and boxes or words that no scrolling shows.
FAULTS = """() => {
    const panels = document.querySelector('.dlfig-panels'), frame = panels.getBoundingClientRect(), faults = [];
    const things = [...panels.querySelectorAll('.dlfig-blank input, text.dlfig-text, .dlfig-names text')].map(e => ({
        r: e.getBoundingClientRect(), words: e.textContent || e.getAttribute('aria-label'), box: e.matches('input')
    })).filter(t => t.r.width);
    things.forEach((a, i) => {
        if (a.r.left < frame.left - panels.scrollLeft - 2) faults.push([a.words, 'is cut off']);
        things.slice(i + 1).forEach(b => {
            const across = Math.min(a.r.right, b.r.right) - Math.max(a.r.left, b.r.left);
            const down = Math.min(a.r.bottom, b.r.bottom) - Math.max(a.r.top, b.r.top);
            if ((a.box || b.box) && across > 3 && down > 3) faults.push([a.words, b.words]);
        });
    });
    return faults;
}"""


# Words that lie on each other, by at least 3 pixels each way.
ON_EACH_OTHER = """() => {
    const words = [...document.querySelectorAll('.dlfig-panels text.dlfig-text')].filter(e => e.textContent);
    const boxes = words.map(e => [e.textContent, e.getBoundingClientRect()]);
    const lies = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 3
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
    return boxes.flatMap(([one, a], i) => boxes.slice(i + 1).filter(([, b]) => lies(a, b)).map(([two]) => [one, two]));
}"""


class Shown:
    """What the page shows, in this process."""

    figure: Figure


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = serve(lambda: Shown.figure)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport=WIDE)  # type: ignore[arg-type]
    yield page
    page.close()


def opened(page: Page, address: str, one: Family, level: int) -> Practice:
    figure = Shown.figure = Practice(one, **({"level": str(level)} if len(one.levels) > 1 else {}))
    page.goto(address)
    expect(page.locator(".dlfig-blank input").first).to_be_visible()
    return figure


def test_the_names_on_the_map_of_the_course_lie_on_nothing(page: Page, address: str) -> None:
    """With what sits by hand, and its legend; where it is narrow it is moved sideways."""
    figure = Shown.figure = files.figures("00").FIGURES["map"]()
    figure.by_hand = dict.fromkeys(LESSONS[2:14], "✓")
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.goto(address)
        expect(page.locator(".dlfig-panel")).to_be_visible()
        assert page.locator(".dlfig-sideways").count() == (size is NARROW)
        assert page.evaluate(ON_EACH_OTHER) == [], size


@pytest.mark.parametrize(("one", "level"), LEVELS, ids=[f"{f.id}-{k}" for f, k in LEVELS])
def test_no_box_lies_on_another_or_on_words_and_each_has_its_label(page: Page, address: str, one: Family, level: int):
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        figure = opened(page, address, one, level)
        assert page.evaluate(FAULTS) == [], size
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), size
        labels = page.locator(".dlfig-blank input").evaluate_all("all => all.map(e => e.getAttribute('aria-label'))")
        assert sorted(labels) == sorted(box.label for box in figure.problem.boxes)


def press_until(page: Page, key: str, there: str) -> None:
    """Press a key until what has the focus is what is looked for."""
    for _ in range(60):
        page.keyboard.press(key)
        if page.evaluate(f"(() => {{ const e = document.activeElement; return {there}; }})()"):
            return
    raise AssertionError(f"{key} never leads to {there}")


@pytest.mark.parametrize("one", FAMILIES, ids=lambda f: f.id)
def test_problems_are_done_by_keyboard_alone(page: Page, address: str, one: Family) -> None:
    """One problem with a slip, one with a step shown, and more where all is tried."""
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    figure = opened(page, address, one, len(one.levels) - 1)
    press_until(page, "Tab", "e.matches('.dlfig-blank input')")

    def write(label: str, words: str) -> None:
        assert (page.evaluate("document.activeElement.getAttribute('aria-label')") or "").startswith(label)
        page.keyboard.press("Control+A")
        page.keyboard.type(words)
        page.keyboard.press("Enter")
        expect(page.locator(f".dlfig-blank input[aria-label^={label!r}]").first).to_have_attribute(
            "aria-label", f"{label}: right"
        )

    for round_ in range(5 if EVERYTHING else 2):
        problem = figure.problem
        if round_ == 1:
            press_until(page, "Tab", "e.textContent === 'Show a step'")
            page.keyboard.press("Enter")
            expect(page.locator(".dlfig-blank.dlfig-shown")).to_have_count(1)
            press_until(page, "Shift+Tab", "e.matches('.dlfig-blank input') && e.readOnly")
            page.keyboard.press("Tab")
        for k, box in enumerate(problem.boxes):
            if round_ == 1 and k == 0:
                continue
            right = problem.solution(figure._settled())[box.name]
            if round_ == 0 and k == 0 and not isinstance(box.value, str):
                page.keyboard.type(str(box.value + 1000))
                page.keyboard.press("Enter")
                expect(page.locator(".dlfig-blank.dlfig-wrong")).to_have_count(1)
                if len(problem.boxes) > 1:
                    page.keyboard.press("Shift+Tab")
                assert page.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"
            write(box.label, right)
        expect(page.locator(".dlfig-sentence")).to_contain_text("That was it" if round_ == 1 else "boxes are right")
        press_until(page, "Tab", "e.textContent === 'Another one'")
        page.keyboard.press("Enter")
        expect(page.locator(".dlfig-blank.dlfig-right")).to_have_count(0)
        expect(page.locator(".dlfig-blank input").first).to_be_focused()
    assert figure.seed == 1 + (5 if EVERYTHING else 2)
