"""What a learner did is there again when the lesson is opened again; after a restart one press brings a figure back."""

from __future__ import annotations

import json
import os
import signal
import urllib.request
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from dlcourse.lesson import files
from tests.browser.figures import ANSWERED, FigureOnPage, figures_on
from tests.browser.jupyter import TOKEN
from tests.browser.page import NOTEBOOK, NotebookPage, notebook_page
from tests.conftest import EVERYTHING

CELLS = ("setup", "predict-a", "figure-blame", "ex-1-answer", "ex-1-check")  # of lesson 00
PROCESS_ID = f"""const future = {NOTEBOOK}.sessionContext.session.kernel.requestExecute({{
        code: 'import os', user_expressions: {{ id: 'os.getpid()' }} }});
    return (await future.done).content.user_expressions.id.data['text/plain'];"""  # of the kernel
ANSWER = "def loss_at(knob, x, y):\n    return np.mean((knob * x - y) ** 2)"


def ask(port: int, path: str, body: Any = None, method: str = "GET") -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/{path}?token={TOKEN}",
        data=None if body is None else json.dumps(body).encode(),
        method=method,
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read().decode()
    return json.loads(text) if text else None


def put(port: int, name: str, ids: Sequence[str]) -> None:
    """Save some cells of lesson 00 as a notebook, for a learner who has answered nothing in it yet."""
    lesson = json.loads(files.notebook("00").read_text(encoding="utf-8"))
    cells = {cell["id"]: cell for cell in lesson["cells"]}
    cells["ex-1-answer"]["source"] = ANSWER
    cells["setup"]["source"] += "\nfrom dlcourse.lesson.progress import Progress\nProgress().forget(['00'])"
    lesson["cells"] = [cells[id] for id in ids]
    ask(port, f"contents/{name}", {"type": "notebook", "content": lesson}, "PUT")


@pytest.fixture(scope="module", params=["doc/tree", "notebooks"] if EVERYTHING else ["doc/tree"])
def opened(request: pytest.FixtureRequest, context: BrowserContext, port: int) -> Iterator[tuple[NotebookPage, str]]:
    """A few cells of lesson 00, run, in JupyterLab or in Notebook 7."""
    name = f"a-few-cells-{request.param[:3]}.ipynb"
    put(port, name, CELLS)
    with notebook_page(context, port, name, front_end=request.param) as notebook:
        page = notebook.page
        expect(page.get_by_text("This is a picture: run the setup cell")).to_be_visible()
        assert page.locator(".jp-OutputArea img").first.get_attribute("alt"), "its sentence is its alternative text"
        notebook.run_all_cells()
        yield notebook, name


def restart(page: Page) -> None:
    page.evaluate(f"() => {NOTEBOOK}.sessionContext.session.kernel.restart()")
    page.wait_for_function(f"() => {NOTEBOOK}.sessionContext.session?.kernel?.status === 'idle'", timeout=60_000)


def blame(page: Page) -> FigureOnPage:
    [figure] = [figure for figure in figures_on(page) if figure.plays()]
    return figure


def last_output(page: Page) -> str:
    return page.locator(".jp-OutputArea").last.inner_text()


def test_check_says_that_the_cell_on_the_screen_is_another_one_than_it_judged(opened: Any) -> None:
    page = opened[0].page
    assert last_output(page).strip() == "PASS 00.1"
    page.locator(".jp-CodeCell .cm-content").nth(3).click()
    page.keyboard.press("Control+End")
    page.keyboard.type(" + 1")
    page.evaluate("() => { jupyterapp.shell.currentWidget.content.activeCellIndex = 4; }")
    page.evaluate("() => { jupyterapp.commands.execute('notebook:run-cell'); }")
    expect(page.locator(".jp-OutputArea").last).to_contain_text("You have edited it since", timeout=30_000)
    opened[0].run_all_cells()
    assert "00.1" in last_output(page) and "edited" not in last_output(page) and "PASS" not in last_output(page)


def test_after_a_restart_one_press_brings_the_figure_back_as_it_was(opened: Any) -> None:
    page = opened[0].page
    figure = blame(page)
    for _ in range(2):
        before = figure.look()
        figure.button("Step").click()
        assert figure.unchanged(before, 10_000) == []
    said = figure.look()["sentence"]
    restart(page)
    note = figure.root.locator(".dlfig-late")
    expect(note).to_contain_text("Python was restarted: run the setup cell, then this cell.")
    expect(note).to_contain_text("Its steps can still be walked through.")
    expect(note).to_be_in_viewport(ratio=1)  # where the learner looks who has pressed Step, on a laptop's page
    seen = figure.look()["picture"]
    figure.button("Back").click()
    assert figure.becomes("Step 1. Its sentence comes from Python.")
    assert figure.look()["picture"] != seen, "what is drawn already needs no Python"
    figure.button("Step").click()
    assert figure.becomes(said)
    figure.button("Run both").click()
    expect(note).to_contain_text("It is back", timeout=60_000)
    assert figure.becomes(said)
    figure.button("Step").click()
    expect(note).to_be_hidden(timeout=10_000)


def test_while_python_hangs_no_sentence_of_another_step_stands_beside_the_picture(opened: Any) -> None:
    page = opened[0].page
    opened[0].run_all_cells()
    figure = blame(page)
    figure.button("Step").click()
    figure.button("Step").click()
    page.evaluate(ANSWERED)
    said, note = figure.look()["sentence"], figure.root.locator(".dlfig-late")
    kernel = int(page.evaluate(f"async () => {{ {PROCESS_ID} }}"))
    os.kill(kernel, signal.SIGSTOP)
    try:
        figure.button("Back").click()
        expect(note).to_contain_text("the figure follows when it", timeout=10_000)
        assert figure.becomes("Step 1. Its sentence comes from Python.")
    finally:
        os.kill(kernel, signal.SIGCONT)
    expect(note).to_be_hidden(timeout=20_000)
    figure.button("Step").click()
    assert figure.becomes(said)


def test_a_kernel_that_is_started_after_the_old_one_was_shut_down_brings_the_figure_back(opened: Any) -> None:
    page = opened[0].page
    opened[0].run_all_cells()
    figure = blame(page)
    note = figure.root.locator(".dlfig-late")
    for _ in range(2):
        figure.button("Step").click()
    page.evaluate(ANSWERED)
    page.evaluate(f"() => {NOTEBOOK}.sessionContext.shutdown()")
    figure.button("Back").click()
    expect(note).to_contain_text("No Python runs here: start one (menu Kernel), run the setup cell, then this cell.")
    assert figure.becomes("Step 1. Its sentence comes from Python.")
    expect(figure.button("Run both")).to_be_hidden()
    page.evaluate(f"() => {NOTEBOOK}.sessionContext.startKernel()")
    expect(note).to_contain_text("Python was restarted: run the setup cell", timeout=60_000)
    figure.button("Run both").click(timeout=60_000)
    expect(note).to_contain_text("It is back", timeout=60_000)
    before = figure.look()
    figure.button("Step").click()
    assert figure.unchanged(before, 10_000) == []


def test_a_lesson_that_was_saved_opens_again_with_pictures_and_what_was_chosen(opened: Any, port: int) -> None:
    notebook, name = opened
    page = notebook.page
    notebook.run_all_cells()
    question = page.locator("form.dlfig-quiz-form").first
    chosen = question.locator("label").first.inner_text()
    question.get_by_role("radio").first.check()
    question.get_by_role("button", name="Commit").click()
    opened[0].settle(200)
    page.evaluate(f"() => {NOTEBOOK}.context.save()")
    page.wait_for_function(f"() => !{NOTEBOOK}.context.model.dirty", timeout=30_000)
    saved = ask(port, f"contents/{name}", method="GET")["content"]["cells"]
    assert "application/vnd.jupyter.widget-view+json" in saved[2]["outputs"][0]["data"], "its kernel runs"
    restart(page)
    content = ask(port, f"contents/{name}", method="GET")["content"]
    assert "application/vnd.jupyter.widget-view+json" not in content["cells"][2]["outputs"][0]["data"], (
        "it is forgotten"
    )
    content["cells"][3]["source"] += "\n"  # another file than the one that was signed, as when somebody sends it
    for cell in content["cells"]:
        cell["metadata"].pop("trusted", None)
    ask(port, f"contents/{name}", {"type": "notebook", "content": content}, "PUT")
    page.reload(timeout=60_000)
    page.wait_for_function(f"() => {NOTEBOOK}?.context?.isReady", timeout=60_000)
    notebook.settle()
    assert notebook.complaints() == []
    expect(page.get_by_text("Its steps, as you left it.")).to_be_visible()
    figure = blame(page)
    said = figure.look()["sentence"]
    figure.button("Step").press("Enter")
    expect(figure.root.locator(".dlfig-sentence")).not_to_have_text(said)
    figure.button("Back").click()
    assert figure.becomes(said)
    asked = page.locator(".jp-OutputArea").nth(1).inner_text()
    assert f"You chose:\n  {chosen}" in asked
    assert not page.evaluate(f"() => {NOTEBOOK}.context.model.dirty"), "opening is not changing"
