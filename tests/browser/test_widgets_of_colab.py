"""Figures with ipywidgets 7.7.1, the lowest that pyproject.toml allows: Colab has it. JupyterLab 4 needs 8.

Colab's own page cannot be had; the classic Notebook draws these widgets with the same programs of ipywidgets.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from dlcourse.lesson import files
from tests.browser.figures import CONTROLS, FigureOnPage, by_keyboard
from tests.browser.jupyter import TOKEN, free_port
from tests.browser.page import BROKEN
from tests.packaging.checkout import BIN, QUICK_INSTALL, clean_environment, copy_to

WANTED = ("ipywidgets==7.7.1", "notebook==6.5.7")
# The page hears of no widget before its extension is there, which it loads beside the kernel.
CONNECTED = "() => window.Jupyter?.notebook?.kernel?.is_connected() && Jupyter.notebook.kernel.widget_manager"
RUN = """() => new Promise(ran => {
    const code = Jupyter.notebook.get_cells().filter(cell => cell.cell_type === 'code');
    Jupyter.notebook.execute_all_cells();
    const look = setInterval(() => {
        if (code.every(cell => cell.input_prompt_number > 0)) clearInterval(look), ran();
    }, 200); })"""
IDS = "() => Jupyter.notebook.get_cells().map(cell => cell.id ?? cell.cell_id)"


@pytest.mark.slow
def test_every_figure_of_a_lesson_answers_and_no_key_reaches_the_notebook(browser: Browser, tmp_path: Path) -> None:
    environment = clean_environment(HOME=str(tmp_path), **QUICK_INSTALL)
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    bin = tmp_path / "venv" / BIN
    source = copy_to(tmp_path / "course")
    install = [bin / "python", "-m", "pip", "install", "--quiet", str(source), *WANTED]
    done = subprocess.run(install, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lesson = files.notebook("00")
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / lesson.name).write_bytes(lesson.read_bytes())
    port = free_port()
    command = [bin / "python", "-m", "notebook", "--no-browser", "--allow-root", f"--port={port}"]
    command += [f"--NotebookApp.token={TOKEN}", f"--notebook-dir={tmp_path / 'lessons'}"]
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=tmp_path)
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    try:
        wait_for(f"http://127.0.0.1:{port}/api/status?token={TOKEN}", server)
        page.goto(f"http://127.0.0.1:{port}/notebooks/{lesson.name}?token={TOKEN}", timeout=120_000)
        page.wait_for_function(CONNECTED, timeout=120_000)
        before = page.evaluate(IDS)
        page.evaluate(RUN)
        shown = len(re.findall(r"lesson\.show\(", lesson.read_text(encoding="utf-8")))
        page.wait_for_function(f"() => document.querySelectorAll('figure.dlfig').length === {shown}", timeout=60_000)
        figures = [FigureOnPage(page, root) for root in page.locator("figure.dlfig").all()]
        assert [fault for figure in figures for fault in figure.moves(by_keyboard, CONTROLS, at_most=1)] == []
        for figure in figures:
            control = figure.root.locator(CONTROLS).first
            control.focus()
            for key in ("x", "a", "b", "d", "d", "ArrowRight"):
                page.keyboard.press(key)
        assert page.evaluate(IDS) == before, "a key for the figure was taken by the notebook"
        assert page.get_by_text(re.compile(BROKEN)).count() == 0
    finally:
        page.close()
        server.terminate()
        server.wait(20)


def wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            assert server.poll() is None and time.monotonic() < deadline, "the classic Notebook did not start"
            time.sleep(0.1)
