"""An exercise is data, in one place: the right answer, the wrong ones people give, and inputs to tell them apart."""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, overload

import numpy as np

from dlcourse.lesson.cases import literal

if TYPE_CHECKING:
    from dlcourse.figures.choices import Question

__all__ = ["Equivalent", "Exercise", "Mutant", "Part", "exercise", "plain_source", "prediction", "question"]

Answer = TypeVar("Answer", bound=Callable[..., Any])
Case = dict[str, Any]


@dataclass(frozen=True)
class Mutant:
    """A wrong answer that people really give, and the words that help. ``text`` is its source, if an edit made it."""

    message: str
    answer: Callable[..., Any]
    text: str = ""

    def source(self, name: str) -> str:
        """The wrong answer as a learner would write it, under this name."""
        # classes have names of their own: of several with one name, Python finds the source of the first only
        return self.text or re.sub(r"^(def|class) _\w*", rf"\1 {name}", plain_source(self.answer), count=1)


@dataclass(frozen=True)
class Equivalent:
    """A change of the reference that changes nothing, with the reason."""

    text: str
    reason: str


@dataclass(frozen=True)
class Part:
    """A piece of an exercise that is worth points by itself, where the whole is not right."""

    title: str
    points: int
    look: Callable[[Any], Any]


def call(answer: Callable[..., Any], case: Case) -> Any:
    """Look at an answer by calling it: what ``observe`` does unless an exercise says otherwise."""
    return answer(*case.values())


@dataclass(eq=False)
class Exercise:
    """One exercise; made by ``exercise``, filled by the decorators below.

    Attributes
    ----------
    id, title, points : str, str, int
        ``"NN.k"``, a few words, and what it is worth.
    without : tuple of str
        Names of ``dlcourse`` that the answer may not lean on.
    rtol : float or None
        The tolerance of the comparison; ``None`` for the usual one.
    time_limit : float
        Seconds for a whole check.
    strict : bool
        Whether a list, a tuple and an array are told apart, because what comes later needs the one asked for.
    repairs : bool
        Whether a small edit that mends an answer says what was meant: not where almost anything is right.
    start : str
        Lines of the answer that the stub gives away.
    answer, mutants, equivalents, open_lines, hint_texts, observer, judge
        What the decorators collected.
    """

    id: str
    title: str
    points: int = 1
    without: tuple[str, ...] = ()
    rtol: float | None = None
    time_limit: float = 10.0
    strict: bool = False
    repairs: bool = True
    start: str = ""
    mutants: list[Mutant] = field(default_factory=list)
    equivalents: list[Equivalent] = field(default_factory=list)
    open_lines: dict[str, str] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    hint_texts: tuple[str, ...] = ()
    answer: Callable[..., Any] = field(default=call, repr=False)
    observer: Callable[[Any, Case], Any] = field(default=call, repr=False)
    judge: Callable[[Any, Case], bool | str] | None = field(default=None, repr=False)
    case_maker: Callable[[np.random.Generator], Iterable[Case]] | None = field(default=None, repr=False)

    # ------------------------------------------------------------------------------- written in answers files

    def reference(self, answer: Answer) -> Answer:
        """Register the right answer, a function or a class; its docstring says why it is right."""
        self.answer = answer
        return answer

    @overload
    def mutant(self, message: str) -> Callable[[Answer], Answer]: ...
    @overload
    def mutant(self, message: str, old: str, new: str, *, count: int = 1) -> None: ...
    @overload
    def mutant(self, message: str, old: Sequence[tuple[str, str]], *, count: int = 1) -> None: ...

    def mutant(
        self, message: str, old: str | Sequence[tuple[str, str]] = "", new: str = "", *, count: int = 1
    ) -> Callable[[Answer], Answer] | None:
        """Register a wrong answer that people give, with the message that helps them.

        Either a decorator of a whole function or class, or an edit of the reference: ``old`` becomes ``new``, or
        each old text in a list of pairs its new one. An old text must be there ``count`` times, all of which are
        replaced; docstrings do not count.

        ::

            step.mutant("You walked uphill: subtract.", "x - lr", "x + lr")
            step.mutant("Two slips in one.", [("x - lr", "x + lr"), ("df(x)", "df(-x)")])
        """
        if old:
            pairs = [(old, new)] if isinstance(old, str) else old
            text = self.edited(pairs, count)
            self.mutants.append(Mutant(message, self._built(text), text))
            return None

        def register(answer: Answer) -> Answer:
            self.mutants.append(Mutant(message, answer))
            return answer

        return register

    def equivalent(self, old: str, new: str | Sequence[str], reason: str, *, count: int = 1) -> None:
        """Say of an edit of the reference that it is as right as the reference, and why no case can tell.

        Several new texts for one old text are as many edits, with one reason.
        """
        for text in [new] if isinstance(new, str) else new:
            self.equivalents.append(Equivalent(self.edited([(old, text)], count), reason))

    def leaves_open(self, reason: str, *lines: str) -> None:
        """Say of lines of the reference, by how they begin, that the task leaves them to the learner, and why.

        An edit there is another way to do it: it passes or fails by what comes of it, and need not be listed.
        """
        for line in lines:
            if not any(one.strip().startswith(line) for one in self.bare_source.splitlines()):
                raise ValueError(f"exercise {self.id}: no line of the reference begins with {line!r}")
            self.open_lines[line] = reason

    def edited(self, pairs: Iterable[tuple[str, str]], count: int = 1) -> str:
        """The reference's source with each old text replaced; raise where one is not there as often as said."""
        text = self.bare_source
        for old, new in pairs:
            if text.count(old) != count:
                raise ValueError(
                    f"exercise {self.id}: {old!r} is {text.count(old)} times in the reference, not {count} times: "
                    f"give more of the line, or count={text.count(old)}"
                )
            text = text.replace(old, new)
        return text

    def _built(self, text: str) -> Callable[..., Any]:
        """What the source of an answer defines, among the names that the reference sees."""
        seen = dict(vars(sys.modules[self.answer.__module__]))
        exec(compile(text, f"<edit of {self.id}>", "exec"), seen)
        built: Callable[..., Any] = seen[self.name]
        return built

    def cases(self, make: Answer) -> Answer:
        """Register ``make(rng)``, which yields the inputs: dicts of literals, the nasty ones included."""
        self.case_maker = make
        return make

    def observe(self, look: Answer) -> Answer:
        """Register ``look(answer, case)``, which returns what to compare. It may use only ``np`` and ``dl``."""
        self.observer = look
        return look

    def accepts(self, judge: Answer) -> Answer:
        """Register ``judge(observation, case)``: ``True``, or a message; for answers that are right in many ways."""
        self.judge = judge
        return judge

    def part(self, title: str, points: int, look: Callable[[Any], Any]) -> None:
        """Give points for a part: ``look(observation)`` is that part, compared as the whole is. All together is more.

        Examples
        --------
        >>> both = exercise("90.1", "Forward and backward", points=2)
        >>> both.part("forward", 1, lambda observed: observed[0])
        >>> both.part("backward", 1, lambda observed: observed[1])
        Traceback (most recent call last):
            ...
        ValueError: the parts of 90.1 are worth 2 points: the whole must be worth more
        """
        worth = sum(part.points for part in self.parts) + points
        if points < 1 or worth >= self.points:
            raise ValueError(f"the parts of {self.id} are worth {worth} points: the whole must be worth more")
        self.parts.append(Part(title, points, look))

    def hints(self, concept: str, shapes: str, almost: str) -> None:
        """Give the three hints: the concept, then shapes or units, then almost the code."""
        self.hint_texts = (concept, shapes, almost)

    # ------------------------------------------------------------------------------------- read by the rest

    @property
    def lesson(self) -> str:
        """The number of the lesson, two digits."""
        return self.id.split(".")[0]

    @property
    def name(self) -> str:
        """The name that the answer must define."""
        return self.answer.__name__

    @property
    def is_class(self) -> bool:
        """Whether the answer is a class."""
        return inspect.isclass(self.answer)

    @property
    def called_directly(self) -> bool:
        """Whether a case is the arguments of the answer."""
        return self.observer is call

    def draw(self, seed: int | None = None) -> list[Case]:
        """Draw the cases: always the same ones for the notebook, others for every seed in grading."""
        if self.case_maker is None:
            raise ValueError(f"exercise {self.id} has no cases")
        lesson, number = (int(part) for part in self.id.split("."))
        rng = np.random.default_rng([lesson, number] if seed is None else [lesson, number, seed])
        return [literal(case, f"case {i} of {self.id}") for i, case in enumerate(self.case_maker(rng))]

    def source(self) -> str:
        """The right answer as a learner would write it: without decorator and type hints."""
        return plain_source(self.answer)

    def stub(self) -> str:
        """What the answer cell holds before the learner writes: the signature, ``start``, and ``return ...``.

        A class shows its ``__init__`` whole, and each other method as a stub.

        Examples
        --------
        >>> double = exercise("90.2", "Twice", start="result = ...")
        >>> @double.reference
        ... def twice(v: float) -> float:
        ...     return 2 * v
        >>> print(double.stub())
        def twice(v):
            result = ...
            return ...
        """
        lines = self.source().splitlines()
        (top,) = ast.parse(self.source()).body
        if isinstance(top, ast.FunctionDef):
            return _stub(lines, top, textwrap.dedent(self.start).strip("\n"))
        assert isinstance(top, ast.ClassDef)
        methods = [part for part in top.body if isinstance(part, ast.FunctionDef)]
        shown = [
            "\n".join(lines[method.lineno - 1 : method.end_lineno])
            if method.name == "__init__"
            else _stub(lines, method)
            for method in methods
        ]
        return f"class {top.name}:\n" + "\n\n".join(shown)

    @cached_property
    def bare_source(self) -> str:
        """The right answer's source without its docstrings: what edits are made of."""
        text = self.source()
        lines = text.splitlines(keepends=True)
        for node in reversed(list(ast.walk(ast.parse(text)))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
                doc = node.body[0]
                assert doc.end_lineno is not None
                if len(node.body) > 1:
                    lines[doc.lineno - 1 : doc.end_lineno] = [""] * (doc.end_lineno - doc.lineno + 1)
        return "".join(lines)

    def why(self) -> str:
        """Why the right answer is right."""
        return inspect.getdoc(self.answer) or ""

    def signature(self) -> str:
        """How the answer is called, for instance ``step(x, df, lr)``."""
        return f"{self.name}({', '.join(inspect.signature(self.answer).parameters)})"


def exercise(
    id: str,
    title: str,
    *,
    points: int = 1,
    without: Iterable[str] = (),
    rtol: float | None = None,
    time_limit: float = 10.0,
    strict: bool = False,
    repairs: bool = True,
    start: str = "",
) -> Exercise:
    """Begin an exercise; the decorators of the result fill it.

    Parameters
    ----------
    id : str
        ``"NN.k"``: the lesson in two digits, then 1, 2, 3, ...
    title : str
        A few words.
    points : int
        What it is worth.
    without : names of dlcourse
        What the answer may not lean on: these raise "write this one yourself" while it runs.
    rtol : float, optional
        The relative tolerance, if the usual one does not fit.
    time_limit : float
        Seconds for a whole check.
    strict : bool
        Whether a list, a tuple and an array are told apart, because what comes later needs the one asked for.
    repairs : bool
        Whether a small edit that mends an answer says what was meant: not where almost anything is right.
    start : str
        Lines of the answer that the stub gives away, as they stand in the notebook; ``...`` where the learner goes on.

    Examples
    --------
    >>> half = exercise("90.1", "Half of it")
    >>> @half.reference
    ... def halve(x: float) -> float:
    ...     return x / 2
    >>> @half.mutant("You doubled it.")
    ... def _(x):
    ...     return x * 2
    >>> @half.cases
    ... def _(rng):
    ...     yield dict(x=rng.normal())
    >>> half.signature(), len(half.draw())
    ('halve(x)', 1)
    """
    lesson, dot, number = id.partition(".")
    if not (dot and len(lesson) == 2 and lesson.isdecimal() and number.isdecimal() and number[0] != "0"):
        raise ValueError(f'exercise ids look like "03.2", not {id!r}')
    return Exercise(id, title, points, tuple(without), rtol, time_limit, strict=strict, repairs=repairs, start=start)


def _stub(lines: list[str], definition: ast.FunctionDef, start: str = "") -> str:
    """A function of a source that is there in ``lines``, with ``start`` and ``return ...`` for a body."""
    signature = lines[definition.lineno - 1 : definition.body[0].lineno - 1]
    body = textwrap.indent(f"{start}\nreturn ...".strip(), " " * (definition.col_offset + 4))
    return "\n".join([*signature, body])


def plain_source(answer: Callable[..., Any]) -> str:
    """The source of a function or class without its decorators and the type hints of its signatures.

    The answers files are typed; a notebook does not show types, and the names that they use are not there.
    """
    text = textwrap.dedent(inspect.getsource(answer))
    tree = ast.parse(text)
    top = tree.body[0]
    assert isinstance(top, ast.FunctionDef | ast.ClassDef)
    lines = [line.encode() for line in text.splitlines()]  # ast counts columns in bytes
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    flat = b"\n".join(lines)

    def place(line: int | None, column: int | None) -> int:
        assert line is not None and column is not None
        return starts[line - 1] + column

    cuts: list[tuple[int, int]] = []
    for node in ast.walk(top):
        if isinstance(node, ast.arg) and node.annotation is not None:
            begin = place(node.lineno, node.col_offset) + len(node.arg.encode())
            end = place(node.annotation.end_lineno, node.annotation.end_col_offset)
            if flat[end : end + 3] == b" = ":  # a default: without a type there are no blanks around its "="
                cuts += [(end + 2, end + 3), (begin, end + 1)]
            else:
                cuts.append((begin, end))
        elif isinstance(node, ast.FunctionDef) and node.returns is not None:
            begin = place(node.returns.lineno, node.returns.col_offset)
            end = place(node.returns.end_lineno, node.returns.end_col_offset)
            cuts.append((len(flat[: flat.rindex(b"->", 0, begin)].rstrip()), end))
    for begin, end in sorted(cuts, reverse=True):
        flat = flat[:begin] + flat[end:]
    # every cut lies behind the line of `def`, so the first line of the definition is still where it was
    return b"\n".join(flat.split(b"\n")[top.lineno - 1 :]).decode()


def prediction(id: str, text: str, *, options: Mapping[str, str], answer: str) -> Question:
    """Make a question that is answered before a figure is seen.

    Examples
    --------
    >>> prediction("90.a", "Up or down?", options={"up": "No.", "down": "Yes."}, answer="down").answer
    'down'
    """
    from dlcourse.figures.choices import Question  # not there where submissions are graded, nor asked for

    return Question(id, text, dict(options), answer)


def question(id: str, text: str, *, options: Mapping[str, str], answer: str, topic: str = "") -> Question:
    """Make a question of the quiz; like ``prediction``. In a checkup, ``topic`` says what it is about."""
    return replace(prediction(id, text, options=options, answer=answer), topic=topic)
