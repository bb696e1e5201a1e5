"""One JupyterLab and one Chromium for all browser tests; one page for each lesson, in one context."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.jupyter import find_chromium, jupyterlab
from tests.browser.page import browser_context
from tests.conftest import missing


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = find_chromium()
    if chromium is None:
        missing("no Chromium or Chrome was found (apt install chromium, or: playwright install chromium)")
    with sync_playwright() as playwright:
        # A container's root has no user namespace for Chromium's own sandbox; the pages are our own.
        options = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--force-color-profile=srgb"]
        opened = playwright.chromium.launch(executable_path=chromium, args=options)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """What the browser keeps of JupyterLab's programs, it need not read again for each lesson."""
    with browser_context(browser) as opened:
        yield opened


@pytest.fixture(scope="session")
def port(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a JupyterLab that `dlcourse lab` started on a fresh copy of the lessons."""
    folder: Path = tmp_path_factory.mktemp("jupyter") / "lessons"
    with jupyterlab(folder) as port:
        yield port
