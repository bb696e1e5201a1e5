"""How fast the figures answer: from a key or a pointer's movement to changed pixels, near and far from the kernel.

    python tests/benchmarks/latency.py [--events 40] [--lesson 02] [--round-trip 150]

Opens every lesson in JupyterLab in headless Chromium, first on this machine and then through a relay that delays
every byte by half the round trip each way. For each slider it presses an arrow key, for each mark that can be
dragged it moves the pointer, and it notes when the first frame with a changed picture was painted, and when the last:
the first is what the browser did itself, the last holds Python's answer. Times are in milliseconds, median / 95th
percentile. A measurement, not a test: it passes or fails nothing.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a file, from anywhere

from playwright.sync_api import Locator, sync_playwright

from dlcourse.lesson import files
from tests.browser.figures import FigureOnPage, figures_on
from tests.browser.jupyter import far_away, find_chromium, jupyterlab
from tests.browser.page import notebook_page

# Watch one figure's pictures from the next event on: milliseconds from the event to the paint of the first and of the
# last changed frame. A task posted from an animation frame runs after that frame was painted.
WATCH = """(figure, [kind, quiet, patience]) => { window.answer = new Promise(done => {
    let start = null, first = null, last = null, waiting = false;
    const began = event => { start ??= event.timeStamp; };
    document.addEventListener(kind, began, { capture: true });
    const painted = () => { waiting = false; last = performance.now() - start; first ??= last; };
    const watch = new MutationObserver(() => {
        if (start === null || waiting) return;
        waiting = true;
        requestAnimationFrame(() => {
            const after = new MessageChannel(); after.port1.onmessage = painted; after.port2.postMessage(0); });
    });
    for (const svg of figure.querySelectorAll('svg'))
        watch.observe(svg, { subtree: true, childList: true, attributes: true, characterData: true });
    const born = performance.now();
    const look = () => {
        const now = performance.now();
        if (now - born > patience || (last !== null && now - start - last > quiet)) {
            watch.disconnect(); document.removeEventListener(kind, began, { capture: true }); done([first, last]);
        } else setTimeout(look, 20);
    };
    look(); }); }"""

Times = list[tuple[float | None, float | None]]


def measure(figure: FigureOnPage, kind: str, quiet: float, acts: list[Callable[[], object]]) -> Times:
    times = []
    for act in acts:
        figure.root.evaluate(WATCH, [kind, quiet, quiet + 1500])
        act()
        first, last = figure.page.evaluate("() => window.answer")
        times.append((first, last))
        if len(times) == 4 and all(first is None for first, _ in times):
            break  # this one changes nothing here
    return times[2:]  # the first two warm up what is only done once


def keys(figure: FigureOnPage, thing: Locator, events: int, quiet: float) -> Times:
    """Single presses, there and back, so that the value stays near where it began."""
    thing.focus()
    share = thing.evaluate("e => (e.value - e.min) / (e.max - e.min)")
    there, back = ("ArrowRight", "ArrowLeft") if share < 0.5 else ("ArrowLeft", "ArrowRight")
    presses = [there if (k // 8) % 2 == 0 else back for k in range(events + 2)]
    return measure(figure, "keydown", quiet, [lambda key=key: figure.page.keyboard.press(key) for key in presses])  # type: ignore[misc]


def drags(figure: FigureOnPage, mark: Locator, events: int, quiet: float) -> Times:
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse = figure.page.mouse
    mouse.move(x, y)
    mouse.down()
    figure.page.wait_for_timeout(300)
    plot = mark.locator("xpath=ancestor::*[name()='svg']").bounding_box()
    assert plot is not None
    across = 1 if x < plot["x"] + plot["width"] / 2 else -1  # towards the middle, where there is room
    up = 1 if y < plot["y"] + plot["height"] / 2 else -1
    places = [(x + across * 6 * (k % 10 + 1), y + up * 4 * (k % 7 + 1)) for k in range(events + 2)]
    times = measure(figure, "pointermove", quiet, [lambda p=place: mouse.move(*p) for place in places])  # type: ignore[misc]
    mouse.up()
    return times


def summary(values: list[float | None]) -> str:
    found = sorted(value for value in values if value is not None)
    if not found:
        return "no change"
    late = found[min(len(found) - 1, round(0.95 * (len(found) - 1)))]
    missed = f" ({len(values) - len(found)} missed)" if len(found) < len(values) else ""
    return f"{statistics.median(found):.0f} / {late:.0f}{missed}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--events", type=int, default=40, help="key presses or movements for each control")
    options.add_argument("--lesson", action="append", help="only this lesson; may be given again")
    options.add_argument("--round-trip", type=float, default=150, help="milliseconds to the far kernel")
    chosen = options.parse_args()
    numbers = [files.lesson_number(number) for number in chosen.lesson or []]
    lessons = [path for path in files.notebooks() if not numbers or path.name[:2] in numbers]
    chromium = find_chromium()
    if chromium is None:
        sys.exit("no Chromium or Chrome was found")

    print(f"{'kernel':<8}{'lesson':<8}{'figure':<52}{'control':<34}{'first change':>16}{'last change':>16}")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()), "lessons")
        port = stack.enter_context(jupyterlab(folder))
        playwright = stack.enter_context(sync_playwright())
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        browser = stack.enter_context(playwright.chromium.launch(executable_path=chromium, args=arguments))
        for kernel, delay in (("here", 0.0), (f"{chosen.round_trip:.0f} ms", chosen.round_trip)):
            reached = stack.enter_context(far_away(port, delay / 1000)) if delay else port
            for path in lessons:
                with notebook_page(browser, reached, path.name) as notebook:
                    notebook.run_all_cells()
                    for figure in figures_on(notebook.page):
                        figure.root.scroll_into_view_if_needed()
                        for thing in figure.root.locator('.dlfig-controls input[type="range"], .dlfig-handle').all():
                            if not thing.is_visible():
                                continue
                            figure.go_to_end() if figure.plays() else figure.start_afresh()
                            notebook.page.wait_for_timeout(300 + 2 * delay)
                            handle = thing.get_attribute("role") == "slider"
                            times = (drags if handle else keys)(figure, thing, chosen.events, 120 + 1.5 * delay)
                            label = thing.get_attribute("aria-label") or thing.evaluate("e => e.labels[0].textContent")
                            control = f"{'drag' if handle else 'key'}: {label}"
                            first, last = (summary([time[k] for time in times]) for k in (0, 1))
                            start = f"{kernel:<8}{path.name[:2]:<8}{figure.name[:50]:<52}{control[:32]:<34}"
                            print(f"{start}{first:>16}{last:>16}", flush=True)


if __name__ == "__main__":
    main()
