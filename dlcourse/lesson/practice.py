"""Practice that never runs out: problems drawn from a seed, each number judged when its box is left.

A family of problems is data, in ``practice.py`` of its lesson's room: how a problem is drawn, how it is shown, and for
each box the right value, what wrong values people write there, and one sentence on how one gets there. This file
judges what is filled in and keeps count; the figure that shows it all is `Practice`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from dlcourse.figures.figure import Figure, action, choice
from dlcourse.figures.scene import Panel, blank, by_frame
from dlcourse.figures.spelling import count, listed, minus

__all__ = [
    "Box",
    "Family",
    "Judgement",
    "Order",
    "Practice",
    "Problem",
    "bracketed",
    "exact",
    "family",
    "judge",
    "lowered",
    "read_number",
    "sheet",
    "spelled",
    "stepped",
    "weighted",
    "whole",
]

Answer = float | str
IN_A_ROW = 3  # so many problems without help, one after the other, and a family sits


@dataclass(frozen=True)
class Box:
    """One box of a problem.

    Parameters
    ----------
    name : str
        What the program calls it.
    label : str
        What belongs in it, in words that stand alone: they are read aloud and begin each message.
    value : float or str
        What belongs in it. Words are compared without spaces and case, shapes however they are written: 2×3, (2, 3).
    at : (x, y)
        The middle of the box on its panel.
    why : str
        How one gets there, in a sentence.
    slips : dict of str to float or str
        Sentences that name a mistake, each with what comes out of it. Two slips that give the same number are told
        together, "… Or: …". What gives the right value, or what three others give, says nothing and is left out.
    follows : callable, optional
        The value from what is in the other boxes: tells a number that is wrong from one that follows from a wrong one.
    digits : int
        Digits after the point that are asked for. A value that has more is rounded, and the task has to say so.
    panel : int
        On which panel it stands.
    wide : float
        Its width in pixels.
    caption : str
        What stands to the left of it; by default the label, up to its first comma.
    """

    name: str
    label: str
    value: Answer
    at: tuple[float, float]
    why: str
    slips: Mapping[str, Answer] = field(default_factory=dict)
    follows: Callable[[Mapping[str, float]], float] | None = None
    digits: int = 2
    panel: int = 0
    wide: float = 62.0
    caption: str | None = None

    def __post_init__(self) -> None:
        apart: dict[str, Answer] = {}
        for value in self.slips.values():
            alike = [(other, found) for other, found in self.slips.items() if self._alike(found, value)]
            # two that agree only when rounded would be told for each other's numbers, too
            if self.takes(value) or len(alike) > 2 or any(_apart(found, value) for _, found in alike):
                continue
            apart[" Or: ".join(other for other, _ in alike)] = value
        object.__setattr__(self, "slips", apart)

    def takes(self, answer: Answer) -> bool:
        """Whether this is what belongs in the box, rounded as the task asks or better."""
        return self._alike(answer, self.value)

    def _alike(self, a: Answer, b: Answer) -> bool:
        if isinstance(a, str) or isinstance(b, str):
            return spelled(str(a)) == spelled(str(b))
        return math.isfinite(a) and abs(a - b) <= 0.5 * 10.0**-self.digits + 1e-9

    def beside(self) -> str:
        """What stands to the left of the box."""
        return self.label.split(",")[0] if self.caption is None else self.caption

    def shown(self) -> str:
        """The value as it is written."""
        return self.value if isinstance(self.value, str) else exact(round(self.value, self.digits))


def _apart(a: Answer, b: Answer) -> bool:
    """Whether two values differ by more than what computing leaves behind."""
    return a != b and (isinstance(a, str) or isinstance(b, str) or abs(a - b) > 1e-9)


@dataclass(frozen=True)
class Order:
    """Boxes that are places in a row, to be filled with names so that each stands after all that it needs.

    There is seldom one right order. A name is right in a place if what is in the other places, as far as it is
    settled, can still become an order with it.

    Parameters
    ----------
    places : list of str
        The names of the boxes, from the first place to the last.
    needs : dict of str to list of str
        For each name those that have to stand before it.

    Examples
    --------
    >>> order = Order(["1st", "2nd", "3rd"], {"x": [], "w": [], "s": ["w", "x"]})
    >>> order.completed({"1st": "w"})
    {'1st': 'w', '2nd': 'x', '3rd': 's'}
    >>> order.fault("2nd", "s", {"1st": "w"})
    's needs w and x: it is number 3 at the earliest.'
    """

    places: Sequence[str]
    needs: Mapping[str, Sequence[str]]

    def completed(self, settled: Mapping[str, str]) -> dict[str, str] | None:
        """A whole order that has these names in these places; None if there is none."""
        at = {k: self._name(settled[place]) for k, place in enumerate(self.places) if settled.get(place, "").strip()}
        row: list[str] = []

        def go_on() -> bool:
            if len(row) == len(self.places):
                return True
            fixed = at.get(len(row))
            for name in self.needs if fixed is None else [fixed]:
                free = name not in row and (fixed is not None or name not in at.values())
                if free and name in self.needs and set(self.needs[name]) <= set(row):
                    row.append(name)
                    if go_on():
                        return True
                    row.pop()
            return False

        return dict(zip(self.places, row, strict=True)) if go_on() else None

    def fault(self, place: str, words: str, settled: Mapping[str, str]) -> str:
        """Why this name cannot stand in this place, beside those that are settled."""
        name, k = self._name(words), list(self.places).index(place)
        if name not in self.needs:
            return f"“{words.strip()}” is none of {', '.join(self.needs)}."
        row = {self._name(settled[p]): i for i, p in enumerate(self.places) if settled.get(p, "").strip() and i != k}
        if name in row:
            return f"{name} is number {row[name] + 1} already."
        if late := [other for other in self.needs[name] if row.get(other, -1) > k]:
            return f"{name} needs {late[0]}, and {late[0]} comes later."
        if early := [other for other in row if name in self.needs[other] and row[other] < k]:
            return f"{early[0]} needs {name}, and {early[0]} comes earlier."
        before, after = self._before(name), [other for other in self.needs if name in self._before(other)]
        if k < len(before):
            return f"{name} needs {listed(sorted(before))}: it is number {len(before) + 1} at the earliest."
        if (room := len(self.places) - 1 - k) < len(after):
            users = f"{listed(sorted(after))} {'needs' if len(after) == 1 else 'need'} it"
            left = f"{count(room, 'place')} {'is' if room == 1 else 'are'}" if room else "no place is"
            return f"That is too late for {name}: {users}, and {left} left after it."
        return f"With {name} here, no order of the others is left that computes each after what it needs."

    def why(self, name: str) -> str:
        """Why a name may stand where all that it needs stands before it."""
        needs = listed(sorted(self.needs[name])) if self.needs[name] else ""
        return f"{name} needs {needs}, before it." if needs else f"{name} needs nothing before it."

    def _before(self, name: str) -> set[str]:
        """All that a name needs, at once or further back."""
        found: set[str] = set()
        waiting = list(self.needs[name])
        while waiting:
            if (one := waiting.pop()) not in found:
                found.add(one)
                waiting += self.needs[one]
        return found

    def _name(self, words: str) -> str:
        return next((name for name in self.needs if spelled(name) == spelled(words)), words.strip())


@dataclass(frozen=True)
class Problem:
    """One problem: what to do, what to look at, which boxes to fill, in the order in which they can be filled.

    ``given`` are the numbers of the problem by the names under which the picture shows them; ``order`` says which of
    the boxes are places in a row, that are judged together; ``in_words`` is what the picture shows and the task does
    not say, for whoever cannot see it.

    Examples
    --------
    >>> box = Box("y", "y, twice x", 6.0, (1, 0), "y = 2 · 3 = 6.")
    >>> Problem("Double it.", [Panel([], (0, 2), (-1, 1))], [box, box], {"x": 3.0})
    Traceback (most recent call last):
    ...
    ValueError: a problem has two boxes of the name 'y'
    """

    task: str
    panels: Sequence[Panel]
    boxes: Sequence[Box]
    given: Mapping[str, Any] = field(default_factory=dict)
    order: Order | None = None
    in_words: str = ""

    def __post_init__(self) -> None:
        names = [box.name for box in self.boxes]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"a problem has two boxes of the name {name!r}")

    def box(self, name: str) -> Box:
        """The box of that name."""
        return next(box for box in self.boxes if box.name == name)

    def solution(self, settled: Mapping[str, str]) -> dict[str, str]:
        """What belongs in each box, given what is settled in the others."""
        found = {box.name: box.shown() for box in self.boxes}
        return found | ((self.order.completed(settled) or {}) if self.order else {})

    def why(self, box: Box, words: str) -> str:
        """How one gets to what belongs in a box."""
        return self.order.why(words) if self.order is not None and box.name in self.order.places else box.why

    def scene(self, words: Mapping[str, Any], verdicts: Mapping[str, Any]) -> list[Panel]:
        """The panels with the boxes on them, filled with these words."""
        boxes = [
            (
                b.panel,
                blank(*b.at, b.name, b.label, words.get(b.name, ""), verdicts.get(b.name, ""), b.wide, b.beside()),
            )
            for b in self.boxes
        ]
        return [
            replace(p, marks=[*p.marks, *(b for i, b in boxes if i == k)], words="" if k else self.in_words)
            for k, p in enumerate(self.panels)
        ]


@dataclass(frozen=True)
class Family:
    """Problems of one kind. ``draw(rng, level)`` makes one; the levels are named from easy to hard."""

    id: str
    title: str
    draw: Callable[[np.random.Generator, int], Problem]
    levels: tuple[str, ...] = ("",)

    def problem(self, seed: int, level: int = 0) -> Problem:
        """The problem of a seed: always the same."""
        return self.draw(np.random.default_rng([seed, level, *self.id.encode()]), level)


def family(
    id: str, title: str, levels: Sequence[str] = ("",)
) -> Callable[[Callable[[np.random.Generator, int], Problem]], Family]:
    """Make a function that draws a problem into a family of a lesson's practice.

    Examples
    --------
    >>> @family("02.double", "Twice as much")
    ... def double(rng, level):
    ...     x = int(rng.integers(1, 9))
    ...     box = Box("y", "y, twice x", 2.0 * x, (0, 0), f"y = 2 · {x} = {2 * x}.", {"That is x itself.": x})
    ...     return Problem(f"x is {x}. What is y = 2x?", [Panel([], (-1, 1), (-1, 1))], [box], {"x": x})
    >>> problem = double.problem(seed=1)
    >>> judge(problem, problem.boxes[0], "x", {}).message
    '“x” is not a number. Write it like −1.5 or 3/4.'
    """

    def make(draw: Callable[[np.random.Generator, int], Problem]) -> Family:
        return Family(id, title, draw, tuple(levels))

    return make


# ------------------------------------------------------------------------------------------------- judging


@dataclass(frozen=True)
class Judgement:
    """What is said about one box: a verdict ("", when there was nothing to judge), a sentence, and whether it names
    the mistake.
    """

    verdict: str
    message: str = ""
    named: bool = False


def judge(problem: Problem, box: Box, words: str, others: Mapping[str, str]) -> Judgement:
    """Judge what was written into a box; ``others`` is what the other boxes hold, however right.

    Every sentence says only what has been checked: a slip whose value is this one, the sign, the value of another box
    or of something given, what follows from another box that is wrong.
    """
    if not words.strip():
        return Judgement("")
    if problem.order is not None and box.name in problem.order.places:
        if problem.order.completed({**others, box.name: words}) is not None:
            return Judgement("right", "Right.")
        return Judgement("wrong", problem.order.fault(box.name, words, others), True)
    answer: Answer | None = words if isinstance(box.value, str) else read_number(words)
    if answer is None:
        return Judgement("", f"“{words.strip()}” is not a number. Write it like −1.5 or 3/4.")
    if box.takes(answer):
        return Judgement("right", "Right.")
    named = next((sentence for sentence, value in box.slips.items() if box._alike(answer, value)), None)
    if named is None:
        named = _fact_of_words(problem, box, answer) if isinstance(answer, str) else _fact(problem, box, answer, others)
    return Judgement("wrong", named, True) if named else Judgement("wrong", "Not yet.")


def _fact_of_words(problem: Problem, box: Box, answer: str) -> str | None:
    """What can be said of a shape that is wrong."""
    theirs, ours = (spelled(str(words)).split("×") for words in (answer, box.value))
    if not all(part.isdigit() for part in ours):
        return None
    if not all(part.isdigit() for part in theirs):
        return "A shape is rows × columns, as 2×3."
    if len(theirs) != len(ours):
        return f"This shape has {count(len(ours), 'number')}: rows × columns."
    if theirs == ours[::-1]:
        return "That is turned round: rows come first, columns second."
    same = [b.label for b in problem.boxes if b is not box and isinstance(b.value, str) and b.takes(answer)]
    if same:
        return f"That is the shape of {_beside(same[0])}."
    right = [k for k in range(len(ours)) if theirs[k] == ours[k]]
    if len(right) == 1 and len(ours) == 2:
        return ("The rows are right, the columns not yet.", "The columns are right, the rows not yet.")[right[0]]
    return "Neither the rows nor the columns are right yet."


def _fact(problem: Problem, box: Box, answer: float, others: Mapping[str, str]) -> str | None:
    """What can be said of a wrong number without knowing how it came about: a fact, and the one that says most."""
    assert not isinstance(box.value, str)
    value = box.value
    if box.follows is not None:
        theirs = {b.name: _number(b, others) for b in problem.boxes if not isinstance(b.value, str) and b is not box}
        wrong = [b.label for b in problem.boxes if b.name in theirs and not b.takes(theirs[b.name])]
        if wrong and box._alike(answer, box.follows(theirs)):
            return f"This follows from what you have for {wrong[0]}. That is not right yet; this step is."
    if box._alike(answer, -value):
        return "The size is right. Look at the sign."
    if abs(answer - value) <= 5 * 10.0**-box.digits and round(value, box.digits) != value:
        return f"Nearly: {count(box.digits, 'digit')} after the point, rounded."
    if any(abs(answer - round(value, digits)) < 1e-9 for digits in range(box.digits)):
        return "That is the right number, rounded too far."
    known = _known(problem, box)
    if named := _only(name for name, number in known if box._alike(answer, number)):
        return f"That is {named}."
    if value:
        if box._alike(answer, 1 / value) and abs(answer) > 10.0**-box.digits:
            return "That is 1 over the right number: upside down."
        for factor, said in ((2.0, "twice"), (0.5, "half"), (10.0, "ten times"), (0.1, "a tenth of")):
            if box._alike(answer, factor * value) and abs(answer) > 10.0**-box.digits:
                return f"That is {said} the right number."
    return _relation(box, answer, value, known)


def _relation(box: Box, answer: float, value: float, known: Sequence[tuple[str, float]]) -> str | None:
    """How a wrong number hangs together with the right one, or with two numbers of the problem."""
    real = [(name, number) for name, number in known if abs(number) > 10.0**-box.digits]
    factors = [(name, number) for name, number in real if abs(abs(number) - 1) > 1e-9]
    if value and answer:
        if named := _only(name for name, number in factors if box._alike(answer * number, value)):
            return f"The right number is this times {named}."
        if named := _only(name for name, number in factors if box._alike(answer, value * number)):
            return f"That is the right number times {named}."
    if named := _only(name for name, number in real if box._alike(answer + number, value)):
        return f"The right number is this plus {named}."
    if named := _only(name for name, number in real if box._alike(answer, value + number)):
        return f"That is the right number plus {named}."
    if abs(abs(answer - value) - 1) < 1e-9:
        return f"That is off by one: too {'high' if answer > value else 'low'}."
    if named := _only(name for name, number in real if box._alike(answer, -number)):
        return f"That is minus {named}."
    if value and box._alike(answer, value * value):
        return "That is the square of the right number."
    if named := _only(name for name, number in real if box._alike(answer + 2 * number, value)):
        return f"The right number is this plus twice {named}."
    pairs = [(a, x, b, y) for i, (a, x) in enumerate(real) for b, y in real[i + 1 :]]
    for made in (
        [(f"{a} plus {b}", x + y) for a, x, b, y in pairs],
        [(f"{a} times {b}", x * y) for a, x, b, y in pairs],
        [(f"{a} minus {b}", x - y) for a, x, b, y in pairs],
        [(f"{b} minus {a}", y - x) for a, x, b, y in pairs],
    ):
        if named := _only(name for name, number in made if box._alike(answer, number)):
            return f"That is {named}: not what is asked."
    return None


def _only(names: Iterable[str]) -> str | None:
    """The name, or both if there are two; what more would explain is explained by none."""
    found = list(dict.fromkeys(names))
    return " or ".join(found) if 1 <= len(found) <= 2 else None


def _known(problem: Problem, box: Box) -> list[tuple[str, float]]:
    """The numbers that the learner sees or works out, by name; not those that are the right one, too."""
    there = [(_beside(b.label), b.value) for b in problem.boxes if b is not box and not isinstance(b.value, str)]
    there += [(name, float(v)) for name, v in problem.given.items() if isinstance(v, int | float)]
    return [(name, number) for name, number in there if not box.takes(number)]


def _beside(label: str) -> str:
    """A label without its explanation."""
    return label.split(",")[0]


def _number(box: Box, others: Mapping[str, str]) -> float:
    """What the learner has in a box, or what belongs there if it is empty."""
    assert not isinstance(box.value, str)
    written = read_number(others.get(box.name, ""))
    return box.value if written is None else written


def read_number(words: str) -> float | None:
    """A number as people write it: with a point or a comma, a true minus sign, as a fraction. None if it is none.

    Examples
    --------
    >>> read_number(" −1,5 "), read_number("3/4"), read_number("+2"), read_number("1e3"), read_number("x")
    (-1.5, 0.75, 2.0, 1000.0, None)
    """
    plain = words.strip().replace("−", "-").replace("–", "-").replace(" ", "")
    if re.fullmatch(r"[-+]?\d+,\d+", plain):
        plain = plain.replace(",", ".")
    number = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?"
    if not (found := re.fullmatch(rf"({number})(?:/({number}))?", plain, re.IGNORECASE)):
        return None
    below = float(found[2]) if found[2] else 1.0
    return float(found[1]) / below if below else None


def spelled(words: str) -> str:
    """Words that are to be compared: without spaces, case and brackets; a shape however it is written.

    Examples
    --------
    >>> {spelled(one) for one in ("2×3", "(2, 3)", "2 x 3", "2*3", "2 by 3")}
    {'2×3'}
    """
    plain = re.sub(r"[\s()\[\]]", "", words).casefold().replace("−", "-").rstrip(",.")
    return re.sub(r"(?<=\d)(?:by|[x*,·×])(?=\d)", "×", plain)


# ------------------------------------------------------------------------------------- what families write with


def whole(rng: np.random.Generator, low: int, high: int) -> float:
    """A whole number other than 0, 1 and −1: those hide whether one multiplied.

    Examples
    --------
    >>> {whole(np.random.default_rng(seed), -2, 2) for seed in range(20)} == {-2.0, 2.0}
    True
    """
    return float(rng.choice([n for n in range(low, high + 1) if abs(n) > 1]))


def sheet(
    boxes: Sequence[Box], panel: int, columns: int = 1, width: float = 0.6, title: str | None = None
) -> tuple[list[Box], Panel]:
    """A panel with nothing but boxes, one under the other, for what has no place in the picture.

    Parameters
    ----------
    boxes : list of Box
        Where they stand is settled here.
    panel : int
        Which panel of the problem it will be.
    columns : int
        Filled one after the other.
    width : float
        Relative to the other panels.
    title : str, optional
        Over them: numbers of the task that the picture does not show. What is said of a box takes the task's place.

    Examples
    --------
    >>> boxes, _ = sheet([Box(name, name, 1.0, (0, 0), "So.") for name in "ab"], panel=1)
    >>> [(box.panel, box.at) for box in boxes]
    [(1, (0.6, 1.0)), (1, (0.6, 0.0))]
    """
    rows = -(-len(boxes) // columns)
    across = [max(len(box.beside()) for box in boxes[rows * k : rows * (k + 1)]) for k in range(columns)]
    # one column of boxes stands in the middle; several share the room by how long their captions are
    middles = [0.6] if columns == 1 else [0.12 * sum(across[: k + 1]) + 1.1 * k for k in range(columns)]
    placed = [
        replace(box, panel=panel, at=(middles[k // rows], float(rows - 1 - k % rows))) for k, box in enumerate(boxes)
    ]
    room = max(0.6, (5 - rows) / 2)  # few boxes stand in the middle
    sides = (-0.6, 1.15) if columns == 1 else (-0.6, middles[-1] + 0.55)
    return placed, Panel([], sides, (-room, rows - 1 + room), axes=False, width=width, title=title, name="sheet")


def stepped(
    at: float, rate: float, slope: float, name: str, own: Mapping[str, float], last: str = "the slope"
) -> dict[str, float]:
    """What people write for the place after a step of descent, ``at − rate · slope``.

    Parameters
    ----------
    at, rate, slope : float
        What the step is made of.
    name : str
        What moves: x, or w.
    own : dict of str to float
        Slips of this problem; where a rare one of all problems gives the same number, these say more.
    last : str
        What one walks against.

    Examples
    --------
    >>> slips = stepped(2.0, 0.5, 6.0, "x", {"You started from 0.": -3.0})
    >>> [sentence for sentence, value in slips.items() if value == 5.0]
    ['You walked uphill: the step goes against the slope.']
    >>> "That is half of the step taken." in slips
    True
    """
    likely = {
        f"You walked uphill: the step goes against {last}.": at + rate * slope,
        "η is missing: the step is η times as long.": at - slope,
        f"That is the step; take it from {name}.": rate * slope,
        f"That is minus the step; it starts from {name}.": -rate * slope,
    }
    rare = {
        f"You subtracted η and forgot {last}.": at - rate,
        f"η multiplies {last} alone, not {name}.": rate * (at - slope),
        f"That is {name} times 1 − η; {last} is missing.": at * (1 - rate),
        "You divided by η; it multiplies.": at - slope / rate,
        "That is half of the step taken.": at - rate * slope / 2,
        "That is the step taken twice.": at - 2 * rate * slope,
        "The point has moved: this step is ten times as long.": at - 10 * rate * slope,
        f"{name} and {last} have changed places.": slope - rate * at,
    }
    told = {*own.values(), *likely.values()}
    return {**likely, **own, **{sentence: value for sentence, value in rare.items() if value not in told}}


def weighted(w: float, x: float, b: float) -> dict[str, float]:
    """What people write for ``wx + b``.

    Examples
    --------
    >>> [sentence for sentence, value in weighted(2.0, 3.0, 5.0).items() if value == 16.0]
    ['b is added once, after the product.']
    """
    return {
        "b is missing.": w * x,
        "You subtracted b.": w * x - b,
        "You added w and x; they multiply.": w + x + b,
        "b is added once, after the product.": w * (x + b),
        "w is missing.": x + b,
        "x is missing.": w + b,
        "w and b have changed places.": b * x + w,
        "You multiplied all three.": w * x * b,
    }


def bracketed(value: float) -> str:
    """A number inside a formula: with brackets if it has a sign.

    Examples
    --------
    >>> bracketed(2.5), bracketed(-3)
    ('2.5', '(−3)')
    """
    return f"({exact(value)})" if value < 0 else exact(value)


def exact(value: float) -> str:
    """A number with all its digits, as it stands in its box: who reckons on with it must not lose one.

    Examples
    --------
    >>> exact(-1.125), exact(1200.0), exact(0.1 + 0.2), exact(-0.0)
    ('−1.125', '1200', '0.3', '0')
    """
    return minus(f"{value + 0.0:.6g}")


def lowered(name: str, index: int) -> str:
    """A letter with its number below the line.

    Examples
    --------
    >>> lowered("w", 2)
    'w₂'
    """
    return name + str(index).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


# -------------------------------------------------------------------------------------------------- figure


class Practice(Figure):
    """A problem of a family with its boxes; made by ``lesson.practice``.

    Parameters
    ----------
    family : Family
    seed : int
        Of the first problem; *Another one* goes on from there.
    finished : callable, optional
        Called with whether a problem was done without help when its last box is right; returns how many in a row.
    """

    sealed = True
    step_shown = action("Show a step", "show_step")
    solution = action("Walk through the solution", "walk")
    another = action("Another one", "draw_another")

    def __new__(cls, family: Family, *args: Any, **kwargs: Any) -> Practice:
        """A family with levels has a control for them."""
        if len(family.levels) < 2 or "level" in cls._controls:
            return super().__new__(cls)
        levels = {str(k): words for k, words in enumerate(family.levels)}
        return super().__new__(type("Practice", (cls,), {"level": choice(levels, label="level")}))

    def __init__(
        self, family: Family, seed: int = 1, finished: Callable[[bool], int] | None = None, **settings: Any
    ) -> None:
        self.family, self.seed, self.finished, self.title = family, seed, finished, family.title
        self.drawn: tuple[int, int] | None = None
        super().__init__(**settings)

    def compute(self) -> None:
        now = (self.seed, int(getattr(self, "level", 0)))
        if now != self.drawn:
            self.drawn = now
            self.problem = self.family.problem(*now)
            self.words: dict[str, str] = {}
            self.verdicts: dict[str, str] = {}
            self.message, self.slips, self.helped, self.walked = "", 0, False, False
        self.last_frame = len(self.problem.boxes) if self.walked else 0

    # -- what the reader does

    def fill(self, name: str, words: str) -> None:
        """Write something into a box and leave it."""
        box = self.problem.box(name)
        if self.verdicts.get(name) in ("right", "shown"):
            return
        order = self.problem.order
        places = order is not None and name in order.places
        judged = judge(self.problem, box, words, self._settled() if places else self.words)
        self.words[name], self.verdicts[name] = words, judged.verdict
        self.slips += judged.verdict == "wrong"
        self.message = f"{box.label}: {judged.message}" if judged.message else ""
        self._count()

    def show_step(self) -> None:
        """Fill in the first box that is not right, and say how one gets there."""
        for box in self.problem.boxes:
            if self.verdicts.get(box.name) not in ("right", "shown"):
                self.helped = True
                self.words[box.name] = self.problem.solution(self._settled())[box.name]
                self.verdicts[box.name] = "shown"
                self.message = f"{box.label}: {self.problem.why(box, self.words[box.name])}"
                self._count()
                return

    def walk(self) -> None:
        """Go through the solution, a box a frame."""
        if not self._done():
            self.helped = True
            self.words = self.problem.solution(self._settled())
            self.verdicts = {box.name: self.verdicts.get(box.name) or "shown" for box in self.problem.boxes}
            self.verdicts = {name: "shown" if v == "wrong" else v for name, v in self.verdicts.items()}
            self._count()
        self.walked, self.frame = True, 0

    def draw_another(self) -> None:
        """Draw the next problem."""
        self.seed, self.frame = self.seed + 1, 0

    def _settled(self) -> dict[str, str]:
        """The words that are right, or were shown."""
        return {name: words for name, words in self.words.items() if self.verdicts.get(name) in ("right", "shown")}

    def _done(self) -> bool:
        return all(self.verdicts.get(box.name) in ("right", "shown") for box in self.problem.boxes)

    def _count(self) -> None:
        """When the last box is done: one slip is forgiven, a step that was shown is not."""
        if not self._done():
            return
        alone = not self.helped and self.slips <= 1
        row = self.finished(alone) if self.finished is not None else int(alone)
        n = len(self.problem.boxes)
        right = {1: "The box is right.", 2: "Both boxes are right."}.get(n, f"All {n} boxes are right.")
        said = "That was it." if self.helped else right
        if alone:
            said += " It sits." if row >= IN_A_ROW else f" Without help: {row} in a row, and at {IN_A_ROW} it sits."
        elif not self.helped:
            said += f" With {self.slips} slips this one does not count: one is forgiven."
        self.message = f"{self.message} {said}" if self.helped and self.message else said

    # -- what it shows

    def scene(self) -> list[Panel]:
        if not self.walked:
            return self.problem.scene(self.words, self.verdicts)
        n = len(self.problem.boxes)
        solved = self.problem.solution(self.words)
        words = {b.name: by_frame([solved[b.name] if k > i else "" for k in range(n + 1)]) for i, b in self._numbered()}
        verdicts = {b.name: by_frame(["shown"] * (n + 1)) for _, b in self._numbered()}
        return self.problem.scene(words, verdicts)

    def _numbered(self) -> list[tuple[int, Box]]:
        return list(enumerate(self.problem.boxes))

    def task(self) -> str:
        return self.problem.task

    def describe(self) -> str:
        boxes = self.problem.boxes
        if self.walked:
            if self.frame == 0:
                return f"The solution has {count(len(boxes), 'step')}: press Step."
            box = boxes[self.frame - 1]
            return f"{box.label}: {self.problem.why(box, self.problem.solution(self.words)[box.name])}"
        if not self.message:
            return f"{count(len(boxes), 'box', 'boxes')} to fill in. Type and press Enter: each box is judged at once."
        right = sum(self.verdicts.get(box.name) in ("right", "shown") for box in boxes)
        return self.message if right == len(boxes) else f"{self.message} Done: {right} of {len(boxes)}."

    def show(self) -> None:
        """Display it. On paper the problem is the one that everybody sees first, with empty boxes."""
        from dlcourse.figures import prepare

        prepare()()
        from dlcourse.figures.view import show

        show(self, on_paper=Practice(self.family))
