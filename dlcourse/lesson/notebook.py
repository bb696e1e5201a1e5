"""The ``lesson`` object of a notebook."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any

import numpy as np

from dlcourse.lesson import files
from dlcourse.lesson.exercises import Exercise
from dlcourse.lesson.explaining import checked
from dlcourse.lesson.files import Unknown
from dlcourse.lesson.judging import Verdict
from dlcourse.lesson.on_screen import Cell, cells_to_run_again, edited_since, executed_cells, watch_the_page
from dlcourse.lesson.progress import Progress
from dlcourse.lesson.running import defines, parse, running_shell

if TYPE_CHECKING:
    from dlcourse.figures.choices import Question
    from dlcourse.figures.figure import Figure

__all__ = ["Lesson", "UnknownExercise", "UnknownFigure", "executed_cells", "open_lesson"]


class UnknownExercise(Unknown):
    """There is no such exercise, prediction or question in this lesson."""


class UnknownFigure(Unknown):
    """There is no such figure in this lesson."""


class UnknownSetting(Unknown):
    """A figure was asked to start from a setting that it does not have, or that it cannot take."""


def open_lesson(lesson: str | int) -> Lesson:
    """Open a lesson: what a notebook does in its first code cell.

    Where submissions are graded there are no answers; the lesson then opens all the same, and what it is asked
    to do it leaves undone.

    Parameters
    ----------
    lesson : str or int
        Its number.

    Examples
    --------
    >>> open_lesson("02")
    <lesson 02>
    """
    number = files.lesson_number(lesson)
    if not files.has_answers():
        return SilentLesson(number)
    files.notebook(number)
    executed_cells()  # from now on cells are noted
    if running_shell() is not None:
        from dlcourse.figures import prepare

        prepare()  # what figures need is loaded while the learner reads
    return Lesson(number)


class Lesson:
    """A lesson as its notebook talks to it. Made by ``open_lesson``."""

    def __init__(self, number: str) -> None:
        self.number = number
        self.answers: dict[str, Any] = {}  # what passed in this kernel

    def __repr__(self) -> str:
        return f"<lesson {self.number}>"

    @cached_property
    def _progress(self) -> Progress:
        return Progress()

    # ------------------------------------------------------------------------------------------ exercises

    def check(self, id: str) -> None:
        """Check your answer, and say what to look at if it is not right yet.

        The answer is the latest cell you ran that defines the function. It is run once more on its own, so it
        must stand alone. Nothing leaves this computer.
        """
        exercise = self._exercise(id)
        source = answered_in(exercise, executed_cells())
        verdict = self._judge(exercise, source)
        self._progress.checked(id, attempted=verdict.outcome != "not attempted", passed=verdict.outcome == "passed")
        print(verdict)
        if source is not None and edited_since(exercise, source):
            print("This is about the cell as you ran it last. You have edited it since: run it, then check again.")

    def _judge(self, exercise: Exercise, source: Cell | None) -> Verdict:
        if source is None:
            text = f"there is no {exercise.name} yet. Run the cell that defines it, then check again."
            return Verdict("not attempted", (f"{exercise.id}: {text}",))
        if text := defines_none(exercise, source):
            return Verdict("not attempted", (f"{exercise.id}: {text}",))
        verdict, run = checked(exercise, source, elsewhere=names_elsewhere(executed_cells(), source))
        if verdict.outcome == "passed":
            self.answers[exercise.id] = in_usual_form(exercise, run.answer)
        return verdict

    def hint(self, id: str, n: int | None = None) -> None:
        """Show a hint: the next one, or number 1, 2 or 3."""
        texts = self._exercise(id).hint_texts
        if n is None:
            n = min(self._progress.exercise(id)["hints"] + 1, len(texts))
        if not 1 <= n <= len(texts):
            print(f"{id} has the hints 1 to {len(texts)}.")
            return
        self._progress.hinted(id, n)
        print(f"Hint {n} of {len(texts)}: {texts[n - 1]}")

    def given(self, id: str) -> Any:
        """Your own answer if its check has passed in this session, else ours; for the cells that use it."""
        return self.answers.get(id, self._exercise(id).answer)

    def solution(self, id: str, i_give_up: bool = False) -> None:
        """Show an answer of ours and why it is right, once you have tried."""
        exercise = self._exercise(id)
        if not i_give_up and not self._progress.exercise(id)["attempts"]:
            print(f'{id}: try it first and press check. Or say lesson.solution("{id}", i_give_up=True).')
            return
        self._progress.opened_solution(id)
        print(exercise.source())

    # ------------------------------------------------------------------------- figures, predictions, quiz

    @property
    def figures(self) -> Any:
        """The module of this lesson's figures, for cells that use what a figure computes with."""
        return files.figures(self.number)

    def show(self, name: str, **settings: Any) -> None:
        """Show a figure of this lesson; the settings are where its controls start.

        ``"graph"`` is there in every lesson and draws a graph of your own: ``of`` is a node, or a dict as in lesson
        07; a node takes ``feeds`` and ``gradients=True``, a dict takes ``values`` and ``gradients``, dicts by name.
        """
        from dlcourse.figures.own import OwnGraph

        figures: dict[str, Callable[..., Any]] = {**self.figures.FIGURES, "graph": OwnGraph}
        if name not in figures:
            there = f"there are {', '.join(figures)}"
            raise UnknownFigure(f"Lesson {self.number} has no figure {name!r}: {there}.")
        try:
            figure = figures[name](**settings)
        except (TypeError, ValueError) as problem:
            if not settings and name != "graph":
                raise  # then it is the figure's own mistake
            raise UnknownSetting(f"The figure {name!r} cannot start like that: {problem}.") from None
        self._display(figure)

    def _display(self, figure: Figure) -> None:
        figure.run_again = cells_to_run_again()
        figure.show()
        watch_the_page()

    def predict(self, id: str) -> None:
        """Ask what you expect, before you see it."""
        self._ask([self._choice(id, "predictions")], commit=True)

    def quiz(self) -> None:
        """Ask the questions at the end of the lesson."""
        questions = list(files.choices(self.number, "quiz").values())
        if questions:
            self._ask(questions, commit=False)

    def remember(self) -> None:
        """Ask three questions from earlier lessons: what was wrong, or is long ago. Skip them if you like."""
        import time

        from dlcourse.figures.choices import as_text, ask
        from dlcourse.lesson.remembering import TITLE, to_remember, usual

        def on_choice(id: str, option: str, is_right: bool) -> None:
            self._progress.recalled(id, right=is_right)

        if self.number == files.numbers()[0]:
            print("There is no earlier lesson to remember yet.")
            return
        questions = to_remember(self.number, self._progress, time.time())
        ask(questions, on_choice=on_choice, fallback_text=f"{TITLE}\n\n{as_text(usual(self.number))}", folded=TITLE)

    def checkup(self, again: bool = False) -> None:
        """Ask what you bring along, and say which sections of this lesson to read; ``again`` begins afresh."""
        questions = list(files.choices(self.number, "checkup").values())
        if questions:
            self._ask(questions, commit=True, routes=files.answers(self.number).routes, again=again)

    def _ask(
        self, questions: list[Question], commit: bool, routes: Mapping[str, str] | None = None, again: bool = False
    ) -> None:
        from dlcourse.figures.choices import ask

        def on_choice(id: str, option: str, is_right: bool) -> None:
            self._progress.chose(id, option)
            self._progress.recalled(id, right=is_right)

        before = [] if again else [(q, self._progress.chosen(q.id)) for q in questions]
        chosen = {q.id: option for q, option in before if option is not None and option in q.options}
        ask(questions, chosen=chosen, on_choice=on_choice, commit=commit, routes=routes)
        watch_the_page()

    def practice(self, id: str, seed: int = 1) -> None:
        """Draw a problem to be done by hand, and another one, for as long as you like."""
        from dlcourse.lesson.practice import Practice

        families = files.practice(self.number)
        if id not in families:
            raise UnknownExercise(f"There is no practice {id!r}: lesson {self.number} has {_listed(list(families))}.")
        done = self._progress.practised(id)["finished"]
        self._display(Practice(families[id], seed + done, lambda alone: self._progress.finished(id, alone=alone)))

    def progress(self) -> None:
        """Show how far you are in this lesson."""
        from dlcourse.figures.choices import show_progress
        from dlcourse.figures.spelling import count

        items = [(f"{e.id} {e.title}", self._state(e.id)) for e in files.exercises(self.number).values()]
        families = files.practice(self.number).values()
        items += [(f"By hand: {f.title}", self._sits(f.id)) for f in families]
        by_hand = f" and {count(len(families), 'kind')} of problems by hand" if families else ""
        exercises = count(len(items) - len(families), "exercise")
        text = f"Your progress in lesson {self.number}: {exercises}{by_hand}. It is kept on this computer only."
        show_progress(f"Lesson {self.number}", items, text)

    def _state(self, id: str) -> str:
        record = self._progress.exercise(id)
        if record["passed"]:
            return "passed"
        return "tried" if record["attempts"] else "to do"

    def _sits(self, id: str) -> str:
        record = self._progress.practised(id)
        return "sits" if record["sits"] else "tried" if record["finished"] else "to do"

    def home(self) -> None:
        """Show the course: all lessons, what you have done in each, what sits, and where to go on."""
        from dlcourse.lesson.home import as_markdown, as_text, course

        rows = course(self._progress)
        if running_shell() is None:
            print(as_text(rows))
            return
        from IPython.display import display

        plain = f"The course has {len(rows)} lessons. Your progress is kept on this computer only."
        display({"text/markdown": as_markdown(rows), "text/plain": plain}, raw=True)  # type: ignore[no-untyped-call]

    def word(self, name: str) -> None:
        """Say where a word or a symbol of the course is introduced, and what is said there."""
        every: list[str] = []
        for number in files.numbers():
            about = files.about(number)
            for known, cell in {**about.get("new_words", {}), **about.get("new_symbols", {})}.items():
                every.append(known)
                if name.casefold() in (known.casefold(), *known.casefold().split(", ")):
                    print(f"{known}: lesson {number}, {about['title']}.\n{files.sentence(number, cell, name)}")
                    return
        near = ", ".join(get_close_matches(name.casefold(), every))
        meant = f"Near it: {near}." if near else "The summary of each lesson lists its new words."
        print(f"The course introduces no word {name!r} of its own. {meant}")

    def reference(self) -> None:
        """Show the page for looking things up: letters, what the sources call them, where words come from."""
        page = files.reference()
        if running_shell() is None:
            print(page)
            return
        from IPython.display import display

        display({"text/markdown": page, "text/plain": page}, raw=True)  # type: ignore[no-untyped-call]

    def torch(self, program: Callable[[Any], None]) -> None:
        """Run a program for PyTorch, a function of the module ``torch``.

        Where PyTorch is not installed, what the program printed on a recorded run is printed instead.
        """
        from dlcourse.lesson import recorded

        if not hasattr(program, "__name__"):
            print("Give lesson.torch a function with one parameter: it is called with the module torch.")
            return
        recorded.show(self.number, program)

    # -------------------------------------------------------------------------------------------- looking up

    def _exercise(self, id: str) -> Exercise:
        found = files.exercises(self.number)
        if id not in found:
            raise UnknownExercise(f"There is no exercise {id!r}: lesson {self.number} has {_listed(list(found))}.")
        return found[id]

    def _choice(self, id: str, kind: str) -> Question:
        found = files.choices(self.number, kind)
        if id not in found:
            raise UnknownExercise(f"There is no prediction {id!r}: lesson {self.number} has {_listed(list(found))}.")
        return found[id]


def _listed(ids: list[str]) -> str:
    return f"{ids[0]} … {ids[-1]}" if len(ids) > 2 else " and ".join(ids) or "none"


class SilentLesson(Lesson):
    """A lesson where there are no answers: everything can be called, and nothing happens."""

    def check(self, id: str) -> None: ...
    def hint(self, id: str, n: int | None = None) -> None: ...
    def solution(self, id: str, i_give_up: bool = False) -> None: ...
    def show(self, name: str, **settings: Any) -> None: ...
    def predict(self, id: str) -> None: ...
    def quiz(self) -> None: ...
    def remember(self) -> None: ...
    def checkup(self, again: bool = False) -> None: ...
    def practice(self, id: str, seed: int = 1) -> None: ...
    def progress(self) -> None: ...
    def home(self) -> None: ...
    def word(self, name: str) -> None: ...
    def reference(self) -> None: ...
    def torch(self, program: Callable[[Any], None]) -> None: ...

    @property
    def figures(self) -> Any:
        """Whatever is asked of it: a function that returns ``...``."""
        return Nothing()

    def given(self, id: str) -> Any:
        """A function that returns ``...``."""
        return lambda *args, **kwargs: ...


class Nothing:
    """Has every attribute: a function that returns ``...``."""

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: ...


# --------------------------------------------------------------------------------------- the learner's cells


def in_usual_form(exercise: Exercise, answer: Any) -> Any:
    """The answer, giving an array where ours does: a list of numbers passes, too, and later cells reckon with it."""
    if (
        exercise.is_class
        or not exercise.called_directly
        or type(exercise.answer(**exercise.draw()[0])) is not np.ndarray
    ):
        return answer

    @wraps(answer)
    def give(*args: Any, **kwargs: Any) -> Any:
        value = answer(*args, **kwargs)
        return np.array(value) if type(value) in (list, tuple) else value

    return give


def answered_in(exercise: Exercise, executed: Sequence[Cell]) -> Cell | None:
    """The cell that is judged: the answer's own, whatever is in it by now, or a later one that defines the answer.

    Who answers in another cell may leave a remark in the answer's own.
    """
    own = f"ex-{exercise.id.split('.')[1]}-answer"
    cells = [cell for cell in reversed(executed) if cell.id == own or defines(cell, exercise.name)]
    elsewhere = [cell for cell in cells if cell.id != own]
    last = next((cell for cell in cells if cell.id == own), None)
    remarks = last is not None and all(not line or line.startswith("#") for line in map(str.strip, last.splitlines()))
    return next(iter(elsewhere if remarks and elsewhere else cells), None)


def defines_none(exercise: Exercise, source: str) -> str:
    """What to say of an answer's cell that can be read and does not define the answer; nothing where it does."""
    name = exercise.name
    try:
        statements = parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    if defines(source, name):
        return ""
    others = [s.name for s in statements if isinstance(s, ast.FunctionDef | ast.ClassDef)]
    if others:
        return f"your cell defines {others[-1]}; asked for is {name}. Rename it, run the cell, then check again."
    return f"your cell defines no {name}. Begin it with `{exercise.stub().splitlines()[0]}`, run it, then check again."


def names_elsewhere(cells: Sequence[str], source: str) -> set[str]:
    """The names that other cells put something into."""
    names: set[str] = set()
    for cell in set(cells) - {source}:
        try:
            tree = parse(cell)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                names.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
    return names
