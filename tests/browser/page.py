"""A page of a real browser on one notebook in JupyterLab."""

from __future__ import annotations

import contextlib
import json
import re
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Request

from tests.browser.jupyter import TOKEN

LOCAL = re.compile(r"(https?|wss?)://(127\.0\.0\.1|localhost)[:/]|data:|blob:|about:")
NOTEBOOK = "window.jupyterapp?.shell?.currentWidget"
IDLE = f"{NOTEBOOK}.sessionContext.isReady && {NOTEBOOK}.sessionContext.session?.kernel?.status === 'idle'"
CLOSE = f"async () => {{ const open = {NOTEBOOK}; await open.sessionContext.shutdown(); open.dispose(); }}"
BROKEN = "Error displaying widget|Error creating widget|Loading widget|Failed to load model|Javascript Error"
LOADING = 180_000  # milliseconds: JupyterLab takes three seconds, and a hundred where ten others share the processor
# anywidget says so of a widget that takes two seconds to begin; ours work all the same (page.js, `hearAlways`).
TIME_IS_OVER = "[anywidget] Failed to initialize model."


@dataclass
class NotebookPage:
    """What a learner sees, and what the browser's console and network tell us behind their back."""

    page: Page
    console_errors: list[str] = field(default_factory=list)
    other_hosts: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.page.on("console", lambda m: self.console_errors.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self.console_errors.append(str(error)))
        self.page.on("request", self._request)

    def _request(self, request: Request) -> None:
        if not LOCAL.match(request.url):
            self.other_hosts.append(request.url)

    def open(self, port: int, name: str, front_end: str) -> None:
        self.page.goto(f"http://127.0.0.1:{port}/{front_end}/{urllib.parse.quote(name)}?token={TOKEN}", timeout=LOADING)
        self.wait_for_notebook(name)

    def turn_to(self, name: str) -> None:
        """Close what is open, its kernel too, and open another notebook in the same JupyterLab, as a learner does.

        The programs of JupyterLab are read and started once, which takes longer than all that a lesson does with them.
        """
        self.page.evaluate(CLOSE)
        self.console_errors.clear()
        self.other_hosts.clear()
        self.page.evaluate("path => { jupyterapp.commands.execute('docmanager:open', { path }); }", name)
        self.wait_for_notebook(name)

    def wait_for_notebook(self, name: str) -> None:
        it_is_open = f"{NOTEBOOK}?.context?.isReady && {NOTEBOOK}.context.path === {json.dumps(name)}"
        self.page.wait_for_function(f"() => {it_is_open}", timeout=LOADING, polling=100)
        self.page.wait_for_function(f"() => {IDLE}", timeout=LOADING, polling=100)
        self.settle()

    def run_all_cells(self) -> None:
        self.page.evaluate(
            """() => { window.ran = false;
                jupyterapp.commands.execute('notebook:run-all-cells').then(() => { window.ran = true; }); }"""
        )
        self.page.wait_for_function(f"() => window.ran && {IDLE}", timeout=180_000, polling=100)
        self.settle()

    def settle(self, quiet: int = 600) -> None:
        """Wait until the outputs have not changed for a while: widgets are drawn after the kernel is idle."""
        self.page.evaluate(
            """quiet => new Promise(done => {
                let timer = setTimeout(finish, quiet);
                const watch = new MutationObserver(() => { clearTimeout(timer); timer = setTimeout(finish, quiet); });
                function finish() { watch.disconnect(); done(); }
                watch.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
                setTimeout(finish, 20000);
            })""",
            quiet,
        )

    def theme(self) -> str:
        light = self.page.evaluate("() => document.body.dataset.jpThemeLight === 'true'")
        return "JupyterLab Light" if light else "JupyterLab Dark"

    def set_theme(self, theme: str) -> None:
        if theme == self.theme():
            return
        self.page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
        light = "true" if theme.endswith("Light") else "false"
        self.page.wait_for_selector(f'body[data-jp-theme-light="{light}"]', state="attached", timeout=LOADING)
        self.settle()

    def cells(self) -> list[dict[str, Any]]:
        """The notebook as it stands in the page, outputs included."""
        notebook: dict[str, Any] = self.page.evaluate(f"() => {NOTEBOOK}.context.model.toJSON()")
        return list(notebook["cells"])

    def complaints(self) -> list[str]:
        """What an output area says when something did not work."""
        found: list[str] = self.page.evaluate(
            """broken => [...document.querySelectorAll('.jp-OutputArea-output')].map(e => e.innerText)
                .filter(text => RegExp(broken, 'i').test(text))""",
            BROKEN,
        )
        return found + [
            f"{output['ename']}: {output['evalue']}"
            for cell in self.cells()
            for output in cell.get("outputs", [])
            if output["output_type"] == "error"
        ]


@contextlib.contextmanager
def browser_context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, reduced_motion="no-preference")
    context.set_default_timeout(10_000)  # for one click or key; what waits for a kernel says so
    try:
        yield context
    finally:
        context.close()


@contextlib.contextmanager
def notebook_page(
    browser: Browser | BrowserContext, port: int, name: str, front_end: str = "doc/tree"
) -> Iterator[NotebookPage]:
    """A page on one notebook. Of a browser: in a context of its own, where nothing that was kept is shared.

    `front_end` is the path of JupyterLab, or "notebooks", where the same server has Notebook 7.
    """
    with contextlib.ExitStack() as closing:
        context = browser if isinstance(browser, BrowserContext) else closing.enter_context(browser_context(browser))
        opened = NotebookPage(context.new_page())
        closing.callback(opened.page.close)
        opened.listen()
        opened.open(port, name, front_end)
        yield opened
