"""The pages that grading writes, in a browser: no rule of axe broken, nothing fetched, nothing run, one page wide."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page

from dlcourse.grading.feedback import write_feedback
from dlcourse.grading.marks import class_list
from dlcourse.grading.pages import page_name
from tests.grading.books import NAMES, gradebook

SCRIPT = "<script>alert(1)</script>&amp;.ipynb"
PAGES = [
    "class.html",
    "difficulty.html",
    "look-alikes.html",
    *(f"feedback/{page_name(name)}" for name in ("ada.ipynb", SCRIPT, sorted(NAMES)[4])),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("graded")
    write_feedback(class_list(gradebook()), folder / "sandbox")
    write_feedback(class_list(gradebook(sandbox=False)), folder / "none")
    return folder


@pytest.fixture(scope="module", params=["light", "dark"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1000, "height": 900}, color_scheme=request.param, bypass_csp=True)
    page = context.new_page()
    yield page
    context.close()


@pytest.mark.parametrize("kind", ["sandbox", "none"])
@pytest.mark.parametrize("name", PAGES)
def test_no_rule_of_axe_is_broken_and_nothing_is_fetched(folder: Path, page: Page, kind: str, name: str) -> None:
    url = (folder / kind / name).as_uri()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    page.goto(url)
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    violations = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [(v["id"], v["help"], [node["html"][:200] for node in v["nodes"][:3]]) for v in violations] == []
    assert asked == [url]
    assert page.locator("iframe, img, b, object").count() == 0
    assert page.locator("script").count() == (name == "class.html")  # which sorts its tables
    assert (page.locator(".warning").count() == 1) == (kind == "none")
    page.set_viewport_size({"width": 320, "height": 600})  # a phone, or a page at 400 %
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.set_viewport_size({"width": 1000, "height": 900})


@pytest.mark.parametrize("name", ["class.html", "difficulty.html", PAGES[3]])
def test_pages_can_be_walked_by_keyboard_and_printed(folder: Path, page: Page, name: str) -> None:
    page.goto((folder / "none" / name).as_uri())
    reachable = page.locator("a, button, summary, [tabindex='0']").count()
    seen = set()
    for _ in range(reachable):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)"))
    assert len(seen) == reachable
    page.emulate_media(media="print")
    colours = page.evaluate("[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]")
    assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    assert "without the sandbox" in page.locator(".warning").inner_text()
    page.set_viewport_size({"width": 680, "height": 960})  # a sheet of A4 within its margins
    assert page.evaluate("document.documentElement.scrollWidth") <= 680
    page.set_viewport_size({"width": 1000, "height": 900})
    page.emulate_media(media="screen")


def test_the_table_of_marks_is_sorted_without_a_network_and_by_our_script_alone(folder: Path, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1100, "height": 900}, offline=True)  # with the page's own policy
    page = context.new_page()
    page.goto((folder / "sandbox" / "class.html").as_uri())
    table = page.locator("table.sortable")
    marks = table.locator("tbody td.number")
    before = [int(text) for text in marks.all_inner_texts()]
    button = table.get_by_role("button", name="Mark")
    button.focus()
    page.keyboard.press("Enter")
    assert [int(text) for text in marks.all_inner_texts()] == sorted(before) != before
    button.click()
    assert [int(text) for text in marks.all_inner_texts()] == sorted(before, reverse=True)
    assert table.locator("th[aria-sort=descending]").inner_text().startswith("Mark")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1100
    with pytest.raises(Error, match="Content Security Policy"):
        page.add_script_tag(content="document.title = 'another script'")
    context.close()
