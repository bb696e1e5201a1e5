"""Questions with options to choose from, and a bar that shows progress: small widgets of native controls.

Feedback comes from the browser itself, at once; Python is only told what was chosen, to keep it.
"""

from __future__ import annotations

import string
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

OnChoice = Callable[[str, str, bool], None]


@dataclass(frozen=True)
class Question:
    """A question, its options with what to say to who chooses them, which option is right, and its topic, if any.

    Examples
    --------
    >>> Question("02.a", "Where to?", {"left": "No.", "right": "Yes."}, answer="up")
    Traceback (most recent call last):
    ...
    ValueError: question 02.a: the answer 'up' is not among its options left, right
    """

    id: str
    text: str
    options: Mapping[str, str]
    answer: str
    topic: str = ""

    def __post_init__(self) -> None:
        if len(self.options) < 2:
            raise ValueError(f"question {self.id}: there must be at least two options to choose from")
        if self.answer not in self.options:
            names = ", ".join(self.options)
            raise ValueError(f"question {self.id}: the answer {self.answer!r} is not among its options {names}")


def as_text(questions: Sequence[Question]) -> str:
    """The questions with lettered options, for where no widget runs.

    Examples
    --------
    >>> print(as_text([Question("02.a", "Where to?", {"left": "No.", "right": "Yes."}, answer="right")]))
    Where to?
      a) left
      b) right
    """
    blocks = []
    for i, question in enumerate(questions, 1):
        head = f"{i}. {question.text}" if len(questions) > 1 else question.text
        options = [
            textwrap.fill(option, 100, initial_indent=f"  {letter}) ", subsequent_indent="     ")
            for letter, option in zip(string.ascii_lowercase, question.options, strict=False)
        ]
        blocks.append("\n".join([textwrap.fill(head, 100), *options]))
    return "\n\n".join(blocks)


def ask(
    questions: Sequence[Question],
    chosen: Mapping[str, str] | None = None,
    on_choice: OnChoice | None = None,
    commit: bool = False,
    fallback_text: str | None = None,
    routes: Mapping[str, str] | None = None,
    folded: str = "",
) -> None:
    """Display questions with radio buttons.

    Parameters
    ----------
    questions : list of Question
    chosen : dict from question id to option, optional
        What was chosen before; it is shown with its feedback.
    on_choice : callable, optional
        Called with (id, option, is_right) when an answer is given.
    commit : bool
        True: a prediction. It is given once, with the button "Commit". False: a quiz, where one may try again.
    fallback_text : str, optional
        The text/plain output instead of `as_text`.
    routes : dict from topic to sentence, optional
        What to say once all are answered: the sentence of each topic in which an answer was wrong, or the sentence
        of the topic "" when none was.
    folded : str
        A line to be opened; the questions are behind it, and how many are right is not counted.
    """
    from dlcourse.figures.choices_view import ChoicesView
    from dlcourse.figures.view import display_bundle

    known = {q.id: q for q in questions}
    before = {id: option for id, option in (chosen or {}).items() if id in known and option in known[id].options}
    state = as_state(questions, before, commit, routes, folded)

    def answered(id: str, option: str) -> None:
        question = known[id]
        if option not in question.options:
            raise ValueError(f"question {id} has no option {option!r}")
        if on_choice is not None:
            on_choice(id, option, option == question.answer)

    view = ChoicesView(state, answered)
    # another text than that of these questions has no place for what was chosen
    there = [q.id for q in questions] if fallback_text is None else []
    display_bundle(view, fallback_text if fallback_text is not None else as_text(questions), asked=there)


def as_state(
    questions: Sequence[Question],
    chosen: Mapping[str, str] | None = None,
    commit: bool = False,
    routes: Mapping[str, str] | None = None,
    folded: str = "",
) -> dict[str, Any]:
    """What the browser has to know to ask these questions; the arguments are those of `ask`.

    Examples
    --------
    >>> question = Question("02.a", "Where to?", {"left": "No.", "right": "Yes."}, answer="right")
    >>> as_state([question], commit=True)["commit"]
    True
    """
    if routes is not None and (lost := {"", *(q.topic for q in questions)} - set(routes)):
        raise ValueError(f"there is no route for {', '.join(repr(topic) for topic in sorted(lost))}")
    asked = [
        {"id": q.id, "text": q.text, "options": list(q.options.items()), "answer": q.answer, "topic": q.topic}
        for q in questions
    ]
    state: dict[str, Any] = {"questions": asked, "chosen": dict(chosen or {}), "commit": commit, "folded": folded}
    return state | {"routes": None if routes is None else dict(routes)}


STATES = {"passed": "✓", "sits": "✓", "tried": "◐", "to do": "○"}


def show_progress(title: str, items: Sequence[tuple[str, str]], text_plain: str) -> None:
    """Display how much is done: a bar, and a list that says it in words.

    Parameters
    ----------
    title : str
    items : list of (name, state)
        State is "passed", "sits", "tried" or "to do".
    text_plain : str
        The text output. It is stored and compared, so it must not depend on the learner.
    """
    from dlcourse.figures.choices_view import ChoicesView
    from dlcourse.figures.view import display_bundle

    listed: list[dict[str, Any]] = [{"name": n, "state": s, "symbol": STATES.get(s, "·")} for n, s in items]
    done = sum(state in ("passed", "sits") for _, state in items)
    display_bundle(ChoicesView({"title": title, "items": listed, "done": done}), text_plain)
