"""Moving a figure as a reader does, by its controls' roles, and seeing whether it answers.

Nothing here knows any lesson: whatever can be moved is found on the page, moved, and must change both the picture
and the sentence under it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain

from playwright.sync_api import Error, JSHandle, Locator, Page, expect

# One string each for all that is drawn and for the sentence.
LOOK = """figure => ({
    picture: [...figure.querySelectorAll('svg')].map(svg => svg.outerHTML).join(''),
    sentence: figure.querySelector('.dlfig-sentence').textContent })"""

# Back to the initial settings and the first frame; whether there was anything to press for that. Not by clicks of a
# mouse, which wait and look first: these buttons have tests of their own.
AFRESH = """figure => {
    const press = name => {
        const is = button => button.lastChild.textContent === name && button.checkVisibility();
        const button = [...figure.querySelectorAll('button.dlfig-button')].find(is);
        const works = button && button.getAttribute('aria-disabled') !== 'true';
        if (works) button.click();
        return works;
    };
    return [press('Initial settings'), press('Reset')].some(Boolean); }"""

# Resolves when Python has answered what the page has asked. A kernel works in order, so it is asked something else:
# once for what is on its way, and once more for what a figure holds back until that is answered.
ANSWERED = """async () => {
    const kernel = window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel;
    for (let asked = 0; kernel && asked < 2; asked++) await kernel.requestKernelInfo();
    await new Promise(drawn => setTimeout(drawn, kernel ? 60 : 300)); }"""

# Resolves to what is still the same as in `before` when the time is up: nothing, if all is well. A map is a long text:
# it is written out again only after something in the figure has changed, and once a frame at most.
UNCHANGED = """(figure, [before, patience]) => new Promise(done => {
    const look = LOOK;
    let asked = false, same;
    const watch = new MutationObserver(() => {
        if (!asked) requestAnimationFrame(check);
        asked = true;
    });
    const timer = setTimeout(finish, patience);
    function finish() { watch.disconnect(); clearTimeout(timer); if (asked) compare(); done(same); }
    function compare() {
        const now = look(figure);
        same = Object.keys(before).filter(part => now[part] === before[part]);
    }
    function check() {
        asked = false;
        compare();
        if (!same.length) finish();
    }
    watch.observe(figure, { subtree: true, childList: true, attributes: true, characterData: true });
    check(); })""".replace("LOOK", LOOK)

Ways = Callable[[Locator], Iterator[Callable[[], object]]]  # to move a thing: each is tried until one of them shows


@dataclass
class FigureOnPage:
    """One figure, and the things in it that can be moved."""

    page: Page
    root: Locator

    @property
    def name(self) -> str:
        return self.root.locator("figcaption").inner_text()

    def look(self) -> dict[str, str]:
        seen: dict[str, str] = self.root.evaluate(LOOK)
        return seen

    def unchanged(self, before: dict[str, str] | JSHandle, patience: int) -> list[str]:
        same: list[str] = self.root.evaluate(UNCHANGED, [before, patience])
        return same

    def becomes(self, sentence: str) -> bool:
        """Whether the figure soon says this."""
        try:
            expect(self.root.locator(".dlfig-sentence")).to_have_text(sentence, timeout=10_000)
        except AssertionError:
            return False
        return True

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=name, exact=True)

    def plays(self) -> bool:
        return self.button("Step").is_visible()

    def start_afresh(self) -> None:
        """Its initial settings and first frame."""
        if self.root.evaluate(AFRESH):
            self.page.evaluate(ANSWERED)

    def frame(self) -> int:
        """How many steps it stands from its first frame."""
        return int(self.root.locator(".dlfig-transport input").input_value())

    def steps(self) -> int:
        """How many steps its walk has."""
        return int(self.root.locator(".dlfig-transport input").get_attribute("max") or 0)

    def arrives(self, frame: int) -> bool:
        """Whether it soon stands there or further: where a walk has been once, it has been however late one looks."""
        slider = self.root.locator(".dlfig-transport input").element_handle()
        try:
            self.page.wait_for_function(
                "([slider, frame]) => slider.value >= frame", arg=[slider, frame], timeout=20_000
            )
        except Error:
            return False
        return True

    def go_to_end(self) -> None:
        """The last frame: what a control does may show only there."""
        self.start_afresh()
        self.root.locator(".dlfig-transport input").press("End")
        self.page.evaluate(ANSWERED)

    def moves(self, ways: Ways, css: str, at_most: int | None = None) -> list[str]:
        """Move each thing that ``css`` finds in one of its ``ways``; returns a complaint for each that did nothing."""
        things = [self.kept(thing) for thing in self.root.locator(css).all()[:at_most]]
        return [
            f"{self.name}: {name_of(thing)} changed no {' and no '.join(still)}"
            for thing in things
            if thing.is_visible() and (still := self.moved(ways, thing))
        ]

    def kept(self, thing: Locator) -> Locator:
        """The same thing by its name: "the first that is not chosen" is another one once that is chosen."""
        id = thing.get_attribute("id")
        return self.page.locator(f'[id="{id}"]') if id else thing

    def moved(self, ways: Ways, thing: Locator) -> list[str]:
        """What stayed the same whatever was tried."""
        # First from where the last control has left the figure, which nearly always will do. Then from the start and
        # from other choices: flat ground, say, knows no learning rate. The last round is for a machine that has other
        # things to do.
        still = self.tried(ways, thing, 200)
        for patience in (400, 2500):
            starts = (self.go_to_end, self.start_afresh) if self.plays() else (self.start_afresh,)
            for prepare in chain(starts, self.other_choices()):
                if not still:
                    return []
                prepare()
                still = self.tried(ways, thing, patience)
        return still

    def other_choices(self) -> Iterator[Callable[[], None]]:
        """From the start to each choice that the figure offers, and to the last frame."""
        radios = [self.kept(one) for one in self.root.locator('.dlfig-controls input[type="radio"]').all()]
        options = self.root.locator(".dlfig-controls select option").all()
        lists = [(option.locator("xpath=.."), option.get_attribute("value")) for option in options]
        for choose in [radio.check for radio in radios] + [partial(some.select_option, value) for some, value in lists]:
            yield partial(self.chosen, choose)

    def chosen(self, choose: Callable[[], object]) -> None:
        self.start_afresh()
        choose()
        if self.plays():
            self.root.locator(".dlfig-transport input").press("End")
        self.page.evaluate(ANSWERED)

    def tried(self, ways: Ways, thing: Locator, patience: int) -> list[str]:
        """What stayed the same after each way was tried, once and a few times more."""
        still = ["picture", "sentence"]
        for attempt in ways(thing):
            before = self.root.evaluate_handle(LOOK)  # it stays in the page
            for times in (1, 6):  # the sentence rounds: one small step may not show in it; a switch is not turned back
                for _ in range(times):
                    attempt()
                still = self.unchanged(before, 60 if times == 1 else patience)
                if not still:
                    return []
        return still


def name_of(thing: Locator) -> str:
    """The accessible name and kind of a control, for a message."""
    words: str = thing.evaluate(
        """e => [e.tagName.toLowerCase(), e.type, e.getAttribute('role'),
            e.getAttribute('aria-label') ?? e.labels?.[0]?.textContent ?? e.textContent].filter(Boolean).join(' ')"""
    )
    return words


# What can be moved, apart from the transport's buttons, which have tests of their own.
CONTROL_KINDS = (
    'input[type="range"]',
    "select",
    'input[type="checkbox"]',
    '.dlfig-controls input[type="radio"]:not(:checked)',
    '.dlfig-controls input[type="number"]',
    '.dlfig-controls input[type="text"]',
    'form button[type="submit"]',
)
CONTROLS = ", ".join([*CONTROL_KINDS, ".dlfig-handle"])
PLACES = ".dlfig-clickable"


def by_keyboard(thing: Locator) -> Iterator[Callable[[], object]]:
    """Ways to move a control with the keyboard alone; each is tried until one of them shows."""
    kind = thing.evaluate("e => e.type || e.getAttribute('role') || e.tagName")

    def press(key: str) -> None:
        thing.focus()
        thing.page.keyboard.press(key)

    if kind in ("checkbox", "submit"):
        yield partial(press, "Space")
    elif kind == "text":

        def type_more() -> None:
            press("End")
            thing.page.keyboard.type(" + 1")

        yield type_more
    elif kind == "radio":
        wanted = thing.element_handle()  # the locator says "not chosen": once chosen, it would mean another one

        def walk_to_it() -> None:
            # Tab leads to the chosen button of the group, the arrow keys to the others.
            chosen = thing.locator("xpath=ancestor::fieldset").locator("input:checked")
            chosen.focus()
            for _ in range(20):
                thing.page.keyboard.press("ArrowDown")
                if wanted.is_checked():
                    return

        yield walk_to_it
    else:
        for key in ("ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown"):
            yield partial(press, key)


def by_mouse(thing: Locator) -> Iterator[Callable[[], object]]:
    """Ways to move a control with the mouse."""
    kind = thing.evaluate("e => e.type || e.getAttribute('role') || e.tagName")
    page = thing.page

    def at(x: float, y: float) -> tuple[float, float]:
        thing.scroll_into_view_if_needed()
        box = thing.bounding_box()
        assert box is not None
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def click(x: float, y: float) -> None:
        page.mouse.click(*at(x, y))

    def drag(dx: float, dy: float) -> None:
        x, y = at(0.5, 0.5)
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + dx / 2, y + dy / 2)
        page.mouse.move(x + dx, y + dy)
        page.mouse.up()

    if kind == "range":
        for share in (0.25, 0.8, 0.5):
            yield partial(click, share, 0.5)
    elif kind == "slider":
        for dx, dy in ((45, -25), (-45, 25), (12, -12)):
            yield partial(drag, dx, dy)
    elif kind == "text":  # the mouse leads there, the keyboard writes
        yield lambda: (thing.click(), page.keyboard.type(" + 1"))
    elif kind == "select-one":  # the list that opens is the browser's own, not the page's
        for option in thing.locator("option:not(:checked)").all():
            yield partial(thing.select_option, option.get_attribute("value"))
    elif "dlfig-clickable" in (thing.get_attribute("class") or ""):
        for x, y in ((0.8, 0.3), (0.2, 0.8), (0.55, 0.45)):
            yield partial(click, x, y)
    else:
        yield thing.click


def figures_on(page: Page) -> list[FigureOnPage]:
    return [FigureOnPage(page, root) for root in page.locator(".jp-OutputArea figure.dlfig").all()]
