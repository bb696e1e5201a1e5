"""Error messages that are small lessons: what went wrong, where it was written, what to try."""

from __future__ import annotations

import functools
import keyword
import linecache
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

Line = tuple[str, int]  # the file (or notebook cell) and the line number on which a node was built


_FOLDER = os.path.dirname(os.path.abspath(__file__))
_ENGINE_FILES = frozenset(os.path.join(_FOLDER, name) for name in os.listdir(_FOLDER) if name.endswith(".py"))
_line: ContextVar[Line | None] = ContextVar("the line that is being worked for", default=None)


class Built(Protocol):
    """What a message needs to know about a node."""

    name: str | None
    where: Line
    serial: int

    @property
    def kind_name(self) -> str: ...


AnyBuilt = TypeVar("AnyBuilt", bound=Built)


class EngineError(Exception):
    """Whatever the engine has to say about your graph, your data or your gradient."""

    def _render_traceback_(self) -> list[str]:  # IPython asks for this
        """What a notebook shows: your own lines, and the message; not the engine's insides."""
        # where it was raised, and if an operation of your own failed, where in it
        tracebacks = [error.__traceback__ for error in (self, self.__cause__) if error is not None]
        lines = [(f.filename, f.lineno or 0) for tb in tracebacks for f in traceback.extract_tb(tb)]
        own = dict.fromkeys(line for line in lines if not line[0].startswith(_not_the_learners()))
        return [*[f"in {place(line)}:  {code(line)}" for line in own], f"{type(self).__name__}: {self}"]


def _not_the_learners() -> tuple[str, ...]:
    """How the names of files begin that are the engine's, its compiled programs or IPython's."""
    found = [sys.modules.get(name) for name in ("dlcourse", "IPython", "ipykernel")]
    folders = [os.path.dirname(module.__file__) + os.sep for module in found if module and module.__file__]
    return ("<dlcourse", "<frozen", *folders)


class ShapeError(EngineError, ValueError):
    """Sizes that do not fit together."""


class DTypeError(EngineError, TypeError):
    """A kind of number, or of object, that cannot be used here."""


class FeedError(EngineError, ValueError):
    """A placeholder that got no array, or one that does not fit."""


class GradientError(EngineError, ValueError):
    """A derivative that does not exist, or a gradient rule that returned something else."""


class NonFiniteError(EngineError, ArithmeticError):
    """A value that became NaN or infinite."""


class RunError(EngineError, RuntimeError):
    """An operation that failed on the data it met."""


class Mismatch(Exception):
    """Raised by a shape rule that cannot accept its inputs: the reason, and what to try.

    `{0}`, `{1}` in either stand for the names of the inputs, and in `verb` for their names and shapes.
    The engine turns it into a :class:`ShapeError`.
    """

    def __init__(self, reason: str, hint: str = "", verb: str = "") -> None:
        super().__init__(reason)
        self.reason, self.hint, self.verb = reason, hint, verb


AnyClass = TypeVar("AnyClass", bound=type)


def made_by(call: str) -> Callable[[AnyClass], AnyClass]:
    """A class that is called with what it cannot take says what is called instead, or how."""

    def decorate(cls: AnyClass) -> AnyClass:
        made: Any = cls
        filled = made.__init__

        def fill(self: Any, *given: Any, **options: Any) -> None:
            try:
                filled(self, *given, **options)
            except (TypeError, AttributeError) as error:
                if isinstance(error, EngineError):
                    raise
                raise DTypeError(f"a {cls.__name__} is made by {call}.") from None

        made.__init__ = functools.wraps(filled)(fill)
        return cls

    return decorate


@contextmanager
def built_on(line: Line | None) -> Iterator[None]:
    """What is built inside belongs to this line. (To look for it each time takes longer than to build a node.)"""
    token = _line.set(line)
    try:
        yield
    finally:
        _line.reset(token)


def learners_line() -> Line:
    """The innermost line that is not the engine's own: the one the learner wrote."""
    if line := _line.get():
        return line
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename in _ENGINE_FILES:
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno


def place(line: Line) -> str:
    """Where a node was built, as the learner sees it: ``cell 12, line 3``, or ``file.py:3`` outside a notebook."""
    filename, number = line
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    cell = getattr(getattr(shell, "compile", None), "_filename_map", {}).get(filename)
    return f"{filename}:{number}" if cell is None else f"cell {cell}, line {number}"


def code(line: Line) -> str:
    """The text of that line, or nothing where it is not known."""
    return linecache.getline(*line).strip()


_ASSIGNMENT = re.compile(r"(?:(?:else|try|finally)\s*:\s*)?([^\W\d]\w*)\s*(?::[^=]*)?=(?!=)")


def label(node: Built, seen_from: Line | None = None) -> str:
    """What to call a node: its name, else the variable it was assigned to, else its kind.

    Only the last node of a line is assigned, and it is used on another line (`seen_from`); the nodes inside the
    line's expression go by their kind.
    """
    if node.name:
        return node.name
    line = code(node.where) if seen_from not in (None, node.where) else ""
    assigned = None if ";" in line else _ASSIGNMENT.match(line)  # of two statements on a line, which one is it?
    return assigned[1] if assigned and not keyword.iskeyword(assigned[1]) else node.kind_name


def variable_names(nodes: Iterable[AnyBuilt]) -> dict[AnyBuilt, str]:
    """What the learner calls each of many nodes: the last one of a line goes by the variable it was assigned to."""
    nodes = list(nodes)
    last_on_line = {node.where: node for node in sorted(nodes, key=lambda node: node.serial)}
    return {node: label(node, ("", 0) if last_on_line[node.where] is node else None) for node in nodes}


def built(nodes: Iterable[Built], seen_from: Line | None = None) -> str:
    """One line a node: its name, where it was built and the code that built it."""
    lines = {node: label(node, seen_from) for node in nodes}
    width = max(map(len, lines.values()), default=0)
    return "".join(
        f"\n  {name:{width}} was built in {place(node.where)}:  {code(node.where)}".rstrip(" :")
        for node, name in lines.items()
    )


def shape_text(shape: Sequence[int | None]) -> str:
    """A shape as Python writes it.

    >>> shape_text((None, 3))
    '(None, 3)'
    """
    return str(tuple(shape))
