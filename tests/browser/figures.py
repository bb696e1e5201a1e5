"""Moving a figure as a reader does, by its controls' roles, and seeing whether it answers.

Nothing here knows any lesson: whatever can be moved is found on the page, moved, and must change both the picture
and the sentence under it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from playwright.sync_api import JSHandle, Locator, Page, expect

# One string each for all that is drawn and for the sentence.
LOOK = """figure => ({
    picture: [...figure.querySelectorAll('svg')].map(svg => svg.outerHTML).join(''),
    sentence: figure.querySelector('.dlfig-sentence').textContent })"""

# Resolves when the figure says what it says at its initial settings and first frame. Where something is put back,
# Python has to answer. Not by clicks of a mouse, which wait and look first: these buttons have tests of their own.
AFRESH = """figure => new Promise(done => {
    const press = name => {
        const is = button => button.lastChild.textContent === name && button.checkVisibility();
        const button = [...figure.querySelectorAll('button.dlfig-button')].find(is);
        const works = button && button.getAttribute('aria-disabled') !== 'true';
        if (works) button.click();
        return works;
    };
    let timer;
    const wait = time => { clearTimeout(timer); timer = setTimeout(finish, time); };
    const watch = new MutationObserver(() => wait(60));
    function finish() { watch.disconnect(); done(); }
    watch.observe(figure.querySelector('.dlfig-sentence'), { childList: true, characterData: true, subtree: true });
    const settings = press('Initial settings'), frame = press('Reset');
    wait(settings || frame ? 1500 : 60); })"""

# Resolves to what is still the same as in `before` when the time is up: nothing, if all is well. A map is a long text:
# it is written out again only after something in the figure has changed.
UNCHANGED = """(figure, [before, patience]) => new Promise(done => {
    const look = LOOK, end = performance.now() + patience;
    let changed = true, same = [];
    const watch = new MutationObserver(() => { changed = true; });
    watch.observe(figure, { subtree: true, childList: true, attributes: true, characterData: true });
    const check = () => {
        if (changed) {
            const now = look(figure);
            changed = false;
            same = Object.keys(before).filter(part => now[part] === before[part]);
        }
        if (same.length && performance.now() < end) return requestAnimationFrame(check);
        watch.disconnect();
        done(same);
    };
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
            expect(self.root.locator(".dlfig-sentence")).to_have_text(sentence, timeout=3000)
        except AssertionError:
            return False
        return True

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=name, exact=True)

    def plays(self) -> bool:
        return self.button("Step").is_visible()

    def start_afresh(self) -> JSHandle:
        """Its initial settings and first frame; returns its look, which stays in the page."""
        self.root.evaluate(AFRESH)
        return self.root.evaluate_handle(LOOK)

    def as_it_stands(self) -> JSHandle:
        return self.root.evaluate_handle(LOOK)

    def go_to_end(self) -> JSHandle:
        """The last frame: what a control does may show only there."""
        self.start_afresh()
        self.root.locator(".dlfig-transport input").press("End")
        self.page.wait_for_timeout(60)
        return self.root.evaluate_handle(LOOK)

    def moves(self, ways: Ways, css: str, at_most: int | None = None) -> list[str]:
        """Move each thing that ``css`` finds in one of its ``ways``; returns a complaint for each that did nothing."""
        things = [self.kept(thing) for thing in self.root.locator(css).all()[:at_most]]
        stuck = [(thing, still) for thing in things if thing.is_visible() and (still := self.moved(ways, thing))]
        return [
            f"{self.name}: {name_of(thing)} changed no {' and no '.join(still)}"
            for thing, still in stuck
            if not self.moved_by_another_choice(ways, thing)
        ]

    def kept(self, thing: Locator) -> Locator:
        """The same thing by its name: "the first that is not chosen" is another one once that is chosen."""
        id = thing.get_attribute("id")
        return self.page.locator(f'[id="{id}"]') if id else thing

    def moved(self, ways: Ways, thing: Locator) -> list[str]:
        """What stayed the same whatever was tried."""
        starts = (self.go_to_end, self.start_afresh) if self.plays() else (self.start_afresh,)
        # First from where the last control has left the figure, which nearly always will do; the last round is for a
        # machine that has other things to do.
        still = ["picture", "sentence"]
        for patience, prepares in ((60, (self.as_it_stands,)), (400, starts), (2500, starts)):
            for prepare in prepares:
                if not (still := self.tried(ways, thing, prepare, patience)):
                    return []
        return still

    def moved_by_another_choice(self, ways: Ways, thing: Locator) -> bool:
        """Whether it moves something once another choice is made: flat ground, say, knows no learning rate."""
        radios = [self.kept(one) for one in self.root.locator('.dlfig-controls input[type="radio"]').all()]
        options = self.root.locator(".dlfig-controls select option").all()
        lists = [(option.locator("xpath=.."), option.get_attribute("value")) for option in options]
        choose = [radio.check for radio in radios] + [partial(some.select_option, value) for some, value in lists]
        for make_choice in choose:

            def chosen() -> JSHandle:
                self.start_afresh()
                make_choice()  # noqa: B023 (used in this round only)
                if self.plays():
                    self.root.locator(".dlfig-transport input").press("End")
                self.page.wait_for_timeout(300)
                return self.as_it_stands()

            if not self.tried(ways, thing, chosen, 400):
                return True
        return False

    def tried(self, ways: Ways, thing: Locator, prepare: Callable[[], JSHandle], patience: int) -> list[str]:
        """What stayed the same after each way was tried, a few times, from this start."""
        still = ["picture", "sentence"]
        for attempt in ways(thing):
            before = prepare()
            for quick in (*[60] * 7, patience):  # the sentence rounds: one small step may not show in it
                attempt()
                still = self.unchanged(before, quick)
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
