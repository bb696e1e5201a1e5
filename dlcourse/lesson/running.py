"""Run a learner's cell and observe the answer in it. Values leave this module, never a verdict.

``check`` runs this in the notebook's own kernel. Grading runs it in the student's sandboxed process, from a
probe, and judges the ``Run`` that comes back somewhere else (``judging``).
"""

from __future__ import annotations
import __future__

import _thread
import ast
import builtins
import importlib.util
import inspect
import io
import linecache
import os
import re
import signal
import sys
import textwrap
import threading
import traceback
import warnings
from collections.abc import Callable, Collection, Coroutine, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field, replace
from functools import wraps
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from dlcourse.lesson import values
from dlcourse.lesson.cases import WrittenFunction, compact, copy_of, fitted, shortened, unchanged

__all__ = [
    "Report",
    "Run",
    "binds",
    "defines",
    "looks_defined",
    "observe_answer",
    "observe_case",
    "parse",
    "time_limit",
    "without_names",
]


@dataclass
class Report:
    """What happened, once: running the cell, or looking at the answer with one case.

    Attributes
    ----------
    status : str
        ``"value"`` (see ``observed``), ``"raised"``, ``"syntax"``, ``"time"`` (limit reached), ``"stopped"`` (by
        the learner), ``"stub"`` (it gave back ``...``), ``"missing"`` (the cell does not define the name),
        ``"kind"`` (the name is no function; ``type`` says what it is) or, from another process, ``"died"``.
    observed : dict
        The encoded observation.
    type, message, line, text
        The exception, and where it left the learner's own cell: line number and the line itself.
    name, elsewhere
        For a ``NameError``: the name, and whether some other cell defines it.
    changed : list of str
        The arguments that were not the same afterwards.
    calls : list of dict
        The first calls of the answer that an observer made: the ``text`` of the call, and what was ``observed``.
    ends : str
        ``"no return"`` for a function that has none; ``"handed over"`` if an exception began in something that the
        exercise hands to the answer; ``"said by dl"`` if the engine refused what came back; for a
        ``NameError`` whose name the cell has, out of sight, ``"kept in self"``, ``"of another method"`` or
        ``"bound elsewhere"``.
    """

    status: str
    observed: dict[str, Any] | None = None
    type: str = ""
    message: str = ""
    line: int = 0
    text: str = ""
    name: str = ""
    elsewhere: bool = False
    changed: list[str] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    ends: str = ""


@dataclass
class Run:
    """A cell that was run and observed: ``trouble`` that came before the first case, or a report for each case.

    ``leaned`` are the names that the answer was not to use and that the course's own code used on its behalf.
    ``answer`` is the learner's object itself; it does not travel.
    """

    trouble: Report | None = None
    reports: list[Report] = field(default_factory=list)
    leaned: set[str] = field(default_factory=set)
    answer: Any = None

    @property
    def complete(self) -> bool:
        """Whether every case gave a value."""
        return self.trouble is None and all(report.status == "value" for report in self.reports)

    @property
    def ended(self) -> bool:
        """Whether it was ended before it had gone through all cases."""
        last = self.trouble or (self.reports[-1] if self.reports else None)
        return last is not None and last.status in ("time", "stopped", "died")

    def to_json(self) -> dict[str, Any]:
        """The part that travels. Where a time limit struck is chance, and a gradebook has to be the same again."""
        timeless = [
            replace(report, line=0, text="") if report.status in ("time", "stopped") else report
            for report in (*([] if self.trouble is None else [self.trouble]), *self.reports)
        ]
        written = [dict(vars(report)) for report in timeless]  # what is in them is JSON already
        trouble = None if self.trouble is None else written.pop(0)
        return {"trouble": trouble, "reports": written, "leaned": sorted(self.leaned)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Run:
        """Rebuild what ``to_json`` gave. It may come from a hostile process: anything else raises ``ValueError``."""
        trouble, leaned = data["trouble"], data.get("leaned", [])
        if not isinstance(leaned, list) or not all(isinstance(name, str) and name.isidentifier() for name in leaned):
            raise ValueError("not a run")
        reports = [_checked_report(item) for item in data["reports"]]
        return cls(None if trouble is None else _checked_report(trouble), reports, set(leaned))


def _checked_report(data: Mapping[str, Any]) -> Report:
    report = Report(**data)
    texts = (report.status, report.type, report.message, report.text, report.name, report.ends)
    fine = all(isinstance(text, str) and len(text) <= 200 and text.isprintable() for text in texts)
    fine = fine and type(report.line) is int and type(report.elsewhere) is bool
    fine = fine and all(isinstance(name, str) and name.isidentifier() for name in report.changed)
    if not fine or (report.status == "value") != (report.observed is not None):
        raise ValueError("not a report")
    if report.observed is not None:
        values.decode(report.observed)  # raises on what `encode` did not make
    for call in report.calls:
        if call.keys() != {"text", "observed"} or len(call["text"]) > MOST_CALL or not call["text"].isprintable():
            raise ValueError("not a report")
        values.decode(call["observed"])
    return report


MOST_CALLS = 12  # that are kept of a case
MOST_CALL = 400  # characters of a call


# ------------------------------------------------------------------------------------------ reading cells


def parse(source: str) -> ast.Module:
    """Parse a cell; lines that speak to IPython (``%time``, ``!ls``) are blanked, so line numbers stay right.

    As in a notebook, all of a cell may be indented, or stand behind prompts, and ``pip`` needs no ``%``.

    Examples
    --------
    >>> [ast.unparse(parse(cell)) for cell in ("%matplotlib inline\\n%time x = 1", "  x = 1", ">>> x = 1")]
    ['x = 1', 'x = 1', 'x = 1']
    >>> print(ast.unparse(parse("pip install tqdm\\nfor k in [1]:\\n    !echo {k}")))
    for k in [1]:
        pass
    """
    try:
        return ast.parse(source)
    except SyntaxError:
        plain = re.sub(r"^([ \t]*\w+[ \t]*=)[ \t]*[%!].*$", r"\1 None", source, flags=re.MULTILINE)  # files = !ls
        plain = re.sub(r"^([ \t]*)%time[ \t]+(?=\w)", r"\1", plain, flags=re.MULTILINE)
        plain = TO_IPYTHON.sub(_nothing, plain)
        bare = PROMPT.sub("", plain) if PROMPT.search(plain) else plain
        for text in (plain, textwrap.dedent(bare)):
            with suppress(SyntaxError):
                return ast.parse(text)
        raise


# Lines that speak to IPython, with those that they go on in: magics, commands of the shell, questions, and the magics
# that people write without their % (an assignment to such a name is none).
TO_IPYTHON = re.compile(
    r"^([ \t]*)(?:[%!?]|(?:pip|conda|mamba|uv|ls|cd|cat|mkdir|cp|mv|rm|time|timeit)[ \t]+"
    r"(?![=(,.\[:+*/<>&|^-][ \t=])\S)"
    r"(?:[^\n]*\\\n)*[^\n]*$|^(?=([ \t]*))[^\n]*\?[ \t]*$",
    re.MULTILINE,
)
PROMPT = re.compile(r"^[ \t]*(?:>>>|In \[\d+\]:|\.\.\.:?)(?: |$)", re.MULTILINE)


def _nothing(line: re.Match[str]) -> str:
    """In the place of a line: what a block may consist of, on as many lines; at the margin, nothing."""
    margin = line[1] or line[2] or ""
    return (f"{margin}pass" if margin else "") + "\n" * line[0].count("\n")


def defines(source: str, name: str) -> bool:
    """Whether the top level of a cell gives this name a function, a class or something else of its own.

    A cell that cannot be parsed counts when it looks as if it tried. ``step = lesson.given("02.1")`` does not
    count, and neither does a number or a string by that name: that is no attempt at the exercise.

    Examples
    --------
    >>> defines("def step(x): return x", "step"), defines("step = lambda x: x", "step")
    (True, True)
    >>> defines("def step(x) return x", "step"), defines("step = lesson.given('02.1')", "step")
    (True, False)
    """
    try:
        tree = parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return looks_defined(source, name)
    return binds(tree, name)


def has(tree: ast.Module, name: str) -> bool:
    """Whether a name is given or put anywhere in a cell, in whatever function."""
    return any(
        (isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store))
        or (isinstance(node, ast.arg) and node.arg == name)
        or (isinstance(node, ast.Attribute) and node.attr == name and isinstance(node.ctx, ast.Store))
        or (isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name)
        for node in ast.walk(tree)
    )


def bound(tree: ast.Module, name: str) -> str:
    """Where a cell has a name that a line of it does not see, if anywhere."""
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    inside = [node for one in classes for node in ast.walk(one)]
    if any(isinstance(n, ast.Attribute) and n.attr == name and isinstance(n.ctx, ast.Store) for n in inside):
        return "kept in self"
    if any(isinstance(n, ast.arg) and n.arg == name for n in inside):
        return "of another method"
    return "bound elsewhere" if has(tree, name) else ""


def looks_defined(source: str, name: str) -> bool:
    """Whether a text that need not be Python looks as if it defined this name."""
    word = re.escape(name)
    return re.search(rf"^(?:(?:async\s+)?def|class)\s+{word}\b|^{word}[ \t]*=", source, re.MULTILINE) is not None


def binds(tree: ast.Module, name: str) -> bool:
    """Whether the top level of a parsed cell gives this name something of its own."""
    return any(_binds(statement, name) for statement in tree.body)


def _binds(statement: ast.stmt, name: str) -> bool:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return statement.name == name
    if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        named = any(isinstance(t, ast.Name) and t.id == name for t in targets)
        return named and isinstance(statement.value, ast.Lambda | ast.Name | ast.Attribute)
    return False


def same_code(one: str, other: str) -> bool:
    """Whether two cells say the same, comments and blank lines aside."""
    try:
        return ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


# --------------------------------------------------------------------------------- a quiet, bounded place


class Nowhere(io.TextIOBase):
    """Where an answer's prints go during a check: they were seen when its cell ran."""

    def write(self, text: str) -> int:
        return len(text)

    def writable(self) -> bool:
        return True


@contextmanager
def quiet() -> Iterator[None]:
    """Swallow what is printed, warned and displayed."""
    with ExitStack() as stack:
        shell = running_shell()
        if shell is not None:
            from IPython.core.displayhook import CapturingDisplayHook

            stack.callback(_restore_display, shell.display_pub, sys.displayhook)
            shell.display_pub.publish = shell.display_pub.clear_output = _shown_to_nobody
            sys.displayhook = CapturingDisplayHook(shell=shell, outputs=[])  # type: ignore[no-untyped-call]
            stack.enter_context(_nothing_past_python())
        stack.enter_context(redirect_stdout(Nowhere()))
        stack.enter_context(redirect_stderr(Nowhere()))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _nothing_past_python() -> Iterator[None]:
    """Swallow what compiled code prints: LAPACK complains about each nan, and a notebook shows it."""
    kept = None
    with suppress(ImportError, OSError, TypeError, AttributeError):  # Windows, or no standard output
        import ctypes

        flush = ctypes.CDLL(None).fflush
        kept = os.dup(1)
    if kept is None:
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere:
            flush(None)
            os.dup2(nowhere.fileno(), 1)
        yield
    finally:
        flush(None)
        os.dup2(kept, 1)
        os.close(kept)


def _shown_to_nobody(*args: Any, **kwargs: Any) -> None:
    """In the place of two methods of the shell's display: widgets use its others."""


def _restore_display(publisher: Any, hook: Any) -> None:
    for name in ("publish", "clear_output"):
        vars(publisher).pop(name, None)
    sys.displayhook = hook


def running_shell() -> Any:
    """The IPython shell that runs here, if one does."""
    core = sys.modules.get("IPython")
    return core.get_ipython() if core is not None else None


class TimeUp(BaseException):
    """The time limit was reached. Not an ``Exception``, so that an answer's ``except`` does not keep it."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise ``TimeUp`` in the main thread after so many seconds of the block.

    A thread interrupts the main one as *Kernel, Interrupt* does, which works on every system. An answer that
    catches everything may swallow an interruption, so they keep coming. Elsewhere than in the main thread, and where
    no thread can be started (Pyodide), there is no way to interrupt, and no limit. An interruption by the learner
    stays a ``KeyboardInterrupt``.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    done, struck = threading.Event(), threading.Event()

    def watch() -> None:
        wait = seconds
        while not done.wait(wait):
            struck.set()
            _thread.interrupt_main()
            wait = 0.02

    watcher = threading.Thread(target=watch, name="dlcourse time limit", daemon=True)
    try:
        watcher.start()
    except RuntimeError:
        yield
        return
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):  # a program started in a shell's background ignores interrupts, and this one, too
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        try:
            yield
        finally:
            done.set()
            watcher.join()
            for _ in range(100):  # an interruption on its way arrives here, not later in the learner's notebook
                pass
            if handler in (signal.SIG_IGN, signal.SIG_DFL):
                signal.signal(signal.SIGINT, handler)
    except KeyboardInterrupt:
        done.set()
        watcher.join()
        if struck.is_set():
            raise TimeUp from None
        raise


class WriteItYourself(Exception):
    """An answer used the very thing that the exercise asks for."""


@contextmanager
def without_names(names: Collection[str]) -> Iterator[set[str]]:
    """Let public names of ``dlcourse`` say: write this one yourself, whichever way somebody came by them.

    The course's own code may go on using them. Which of them it has used meanwhile is in the set that this gives.

    Examples
    --------
    >>> import dlcourse
    >>> with without_names(["softmax"]):
    ...     dlcourse.softmax(dlcourse.constant([0.0, 1.0]))
    Traceback (most recent call last):
        ...
    dlcourse.lesson.running.WriteItYourself: dl.softmax is what this exercise builds: write this one yourself.
    """
    leaned: set[str] = set()
    if not names:
        yield leaned
        return
    import dlcourse

    missing = object()
    public = {name: vars(dlcourse).get(name, missing) for name in names}
    entries: dict[FunctionType, dict[str, Any]] = {}
    for name, meant in public.items():
        if (entry := _entry(meant)) is not None:
            entries.setdefault(entry, {})[name] = meant
    before = {entry: (entry.__code__, entry.__defaults__, entry.__kwdefaults__) for entry in entries}
    try:
        for name in names:
            setattr(dlcourse, name, Forbidden(name))
        for entry, meants in entries.items():
            code = _watchful(entry, meants, leaned)
            entry.__defaults__ = entry.__kwdefaults__ = None
            entry.__code__ = code
        yield leaned
    finally:
        for entry, (code, defaults, more) in before.items():
            entry.__code__, entry.__defaults__, entry.__kwdefaults__ = code, defaults, more
        for name, meant in public.items():
            if meant is missing:
                delattr(dlcourse, name)
            else:
                setattr(dlcourse, name, meant)


def _entry(meant: Any) -> FunctionType | None:
    """The Python function that every use of something goes through: itself, or how its objects are called or made."""
    kind = meant if isinstance(meant, type) else type(meant)
    ways = [meant, getattr(kind, "__init__", None)] if kind is meant else [meant]
    call = getattr(kind, "__call__", None)  # noqa: B004 (the function is wanted, not whether there is one)
    return next((way for way in (*ways, call) if isinstance(way, FunctionType)), None)


def _stand_in(*args: Any, **kwargs: Any) -> Any:
    watch: Any = "the place of the watch"
    return watch(args, kwargs)


def _watchful(function: FunctionType, meants: Mapping[str, Any], leaned: set[str]) -> CodeType:
    """Code for a function that lets the course's own code pass, and nobody else, where one of these is meant."""
    real = FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    real.__kwdefaults__ = function.__kwdefaults__

    def watch(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        asks = str(sys._getframe(2).f_globals.get("__name__", ""))
        for name, meant in meants.items():
            own = args[0] if args else None
            if meant is function or own is meant or (isinstance(meant, type) and isinstance(own, meant)):
                if not asks.startswith("dlcourse."):
                    raise WriteItYourself(said_of(name))
                leaned.add(name)
        return real(*args, **kwargs)

    # The function itself stays what it is, for everybody who holds it: another code in it finds them all.
    constants = [watch if one == "the place of the watch" else one for one in _stand_in.__code__.co_consts]
    return _stand_in.__code__.replace(co_consts=tuple(constants))


def said_of(name: str) -> str:
    return f"dl.{name} is what this exercise builds: write this one yourself."


class Forbidden:
    """Stands in for a name that an answer may not use."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise WriteItYourself(said_of(self._name))

    def __getattr__(self, attribute: str) -> Any:
        return self()


class Absent(ModuleType):
    """A package that is not here, or something out of it: it can be imported and named, and complains when used."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"{self.__name__}.{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        package = self.__name__.partition(".")[0]
        raise ModuleNotFoundError(f"No module named '{package}'", name=package)

    __getitem__ = __iter__ = __enter__ = __len__ = __bool__ = __mro_entries__ = __call__
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __matmul__ = __call__
    __neg__ = __float__ = __int__ = __index__ = __array__ = __call__


@contextmanager
def _absent_packages(source: str) -> Iterator[None]:
    """Stand in for the packages that a cell imports and that are not installed; an import in ``try`` is left alone."""
    made: list[str] = []
    try:
        waiting: list[ast.AST] = [parse(source)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        waiting = []
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Try):
            continue
        waiting += ast.iter_child_nodes(node)
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        for name in names:
            parts = name.split(".")
            if parts[0] in sys.modules or len(parts) > 20:
                if parts[0] not in made:
                    continue
            elif importlib.util.find_spec(parts[0]) is not None:
                continue
            for i in range(len(parts)):
                part = ".".join(parts[: i + 1])
                if part not in sys.modules:
                    sys.modules[part] = Absent(part)
                    made.append(part)
    try:
        yield
    finally:
        for name in made:
            sys.modules.pop(name, None)


class NoMagic:
    """Stands in for ``get_ipython()`` and for ``lesson`` while an answer runs: everything does nothing."""

    def __call__(self, *args: Any, **kwargs: Any) -> NoMagic:
        return self

    def __getattr__(self, name: str) -> NoMagic:
        return self


def no_input(prompt: object = "") -> str:
    raise RuntimeError("an answer cannot ask with input(); take what you need as an argument")


# ---------------------------------------------------------------------------------- running and observing


class Stub(Exception):
    """The answer gave back ``...``."""


def observe_answer(
    source: str,
    name: str,
    observer: Callable[[Any, dict[str, Any]], Any],
    cases: Sequence[dict[str, Any]],
    *,
    exercise: str,
    is_class: bool = False,
    without: Collection[str] = (),
    seconds: float = 10.0,
    elsewhere: Collection[str] = (),
    names: Mapping[str, Any] | None = None,
    absent: bool = False,
) -> Run:
    """Run a cell in a fresh namespace and look at the answer in it, case by case.

    Parameters
    ----------
    source : str
        The learner's cell.
    name : str
        What it must define.
    observer : function of (answer, case)
        What to look at.
    cases : sequence of dicts
        Literals; the answer gets copies.
    exercise : str
        The exercise's id, for the name under which Python reports errors.
    is_class : bool
        Whether a class is asked for.
    without : names of dlcourse
        What the answer may not use.
    seconds : float
        The limit for everything together.
    elsewhere : names
        What other cells define: a ``NameError`` about one of these is explained.
    names : dict, optional
        What the cell finds there besides: the rest of a notebook. They are copied, the dict stays as it is.
    absent : bool
        Whether a package that is not installed here may be imported, and whether the cell goes on after a statement
        that fails here. The learner's own machine may have what is lacking (a package, a screen, a file, somebody to
        ask), and what stands beside a right answer is no mistake.

    Returns
    -------
    Run
    """
    filename = f"<answer {exercise}>"
    lines = source.splitlines(keepends=True)
    linecache.cache[filename] = (len(source), None, lines, filename)  # for messages that quote the line
    run = Run()
    space = fresh_space()
    space |= names or {}
    try:
        away = _absent_packages(source) if absent else nullcontext()
        guard = without_names(without)
        with time_limit(seconds), quiet(), guard as run.leaned, away, np.errstate(all="ignore"):
            trouble = _run_cell(source, filename, space, elsewhere, forgiving=absent)
            answer = space.get(name)
            if name not in space or (answer is None and trouble is not None):
                run.trouble = trouble or Report("missing")
                return run
            if not (isinstance(answer, type) if is_class else callable(answer)):
                run.trouble = Report("kind", type=_type_name(answer))
                return run
            run.answer = answer
            record = observer.__name__ != "call"  # where the case is the call, there is nothing to keep
            for case in cases:
                run.reports.append(observe_case(answer, observer, case, filename, elsewhere, record=record))
            if trouble is not None and any(report.type == "NameError" for report in run.reports):
                run.trouble = trouble  # what the answer misses, an earlier line was to make
            if not _returns(source, name):
                for report in run.reports:
                    report.ends = "no return"
    except (TimeUp, KeyboardInterrupt) as stop:
        where = _raised(stop.__context__ or stop, filename, ())  # the interruption itself knows the line
        report = Report("time" if isinstance(stop, TimeUp) else "stopped", line=where.line, text=where.text)
        if run.answer is None:
            run.trouble = report
        elif len(run.reports) < len(cases):
            run.reports.append(report)
    return run


def _returns(source: str, name: str) -> bool:
    """Whether the function of this name gives anything back with ``return``; true of what is no plain function."""
    for node in parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            kept = ast.Return | ast.Yield | ast.YieldFrom
            return any(isinstance(part, kept) and part.value is not None for part in ast.walk(node))
    return True


def fresh_space() -> dict[str, Any]:
    """What an answer finds: what the setup cell imports, and a lesson that does nothing."""
    import dlcourse as dl

    space: dict[str, Any] = {
        "__name__": "__main__",
        "np": np,
        "dl": dl,
        "open_lesson": NoMagic(),
        "lesson": NoMagic(),
        "get_ipython": NoMagic(),
        "input": no_input,
    }
    if not hasattr(builtins, "display"):  # IPython puts it there
        space["display"] = NoMagic()
    return space


def _run_cell(
    source: str, filename: str, space: dict[str, Any], elsewhere: Collection[str], *, forgiving: bool = False
) -> Report | None:
    """Run a cell; the trouble is the first one. ``forgiving`` goes on with the next statement after an exception."""
    trouble = None
    try:
        tree = parse(source)
        whole = compile(tree, filename, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        flags = whole.co_flags & __future__.annotations.compiler_flag | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        parts = [ast.Module([statement], []) for statement in tree.body] if forgiving else []
        for code in [compile(part, filename, "exec", flags, dont_inherit=True) for part in parts] or [whole]:
            try:
                if code.co_flags & inspect.CO_COROUTINE:  # as in a notebook, a cell may wait for something
                    _wait_for(eval(code, space))
                else:
                    exec(code, space)
            except (TimeUp, KeyboardInterrupt):
                raise
            except BaseException as error:
                if not forgiving:
                    raise
                trouble = trouble or _raised(error, filename, elsewhere)
    except SyntaxError as error:
        if error.filename not in (filename, "<unknown>"):
            return _raised(error, filename, elsewhere)  # from something that the cell runs
        return Report(
            "syntax",
            type=type(error).__name__,
            message=_message(error),
            line=error.lineno or 0,
            text=_quoted(error.text or ""),
        )
    except (TimeUp, KeyboardInterrupt):
        raise
    except BaseException as error:  # SystemExit, too: a check outlives everything that an answer does
        return _raised(error, filename, elsewhere)
    return trouble


def _wait_for(waiting: Coroutine[Any, Any, Any]) -> None:
    """Run what a cell awaits, in a loop of its own: the notebook's own loop is busy, running the cell that asked."""
    import asyncio  # few cells wait

    running = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(waiting)
    finally:
        loop.close()
        asyncio._set_running_loop(running)


def observe_case(
    answer: Any,
    observer: Callable[[Any, dict[str, Any]], Any],
    case: dict[str, Any],
    filename: str = "",
    elsewhere: Collection[str] = (),
    *,
    record: bool = False,
) -> Report:
    """Look at an answer with one case; whatever the answer does becomes a report.

    What the observer itself stumbles over, when it goes on with what the answer gave back, is not the answer's
    exception: that report's status is ``"form"``. With ``record`` the calls of the answer are kept.

    Examples
    --------
    >>> report = observe_case(lambda x: 2 * x, lambda answer, case: answer(**case), {"x": 0.5})
    >>> report.status, values.decode(report.observed)
    ('value', 1.0)
    """
    given = copy_of(case)
    watch = Watch(record)
    try:
        with watch.watching(answer) as watched:
            value = observer(watched, given)
        observed = values.encode(value)
    except Stub:
        return Report("stub")
    except (TimeUp, KeyboardInterrupt):
        raise
    except BaseException as error:
        if re.search(r"ellipsis(?! \()", _message(error)):  # of a wrong index NumPy says: "…, ellipsis (`...`), …"
            return Report("stub")
        report = _raised(error, filename, elsewhere)
        # what came back may have raised in another call, of a function in it: then its own calls went well
        report.calls = [] if report.line and watch.raised is not error else watch.calls
        if not report.line and watch.raised is not error and not isinstance(error, WriteItYourself):
            report.status = "form"
            report.ends = "said by dl" if type(error).__module__.startswith("dlcourse.engine") else ""
            if isinstance(error, AttributeError) and isinstance(error.name, str) and error.name.isidentifier():
                report.name = error.name
        return report
    changed = [key for key in case if not unchanged(case[key], given.get(key))]
    if values.contains(observed, "ellipsis"):
        return Report("stub")
    ended = [entry for entry in watch.calls if not any(entry is fallen for fallen in watch.fell)]
    return Report("value", observed=observed, changed=changed, calls=ended)


class Watch:
    """Stands between an observer and an answer: stops at a stub, tells whose an exception is, keeps the calls."""

    def __init__(self, record: bool) -> None:
        self.record = record
        self.calls: list[dict[str, Any]] = []
        self.fell: list[dict[str, Any]] = []  # of these the ones that gave nothing back
        self.raised: BaseException | None = None  # what came out of the answer itself
        self.depth = 0
        self.objects: list[Any] = []  # of the answer, where it is a class, in the order in which they were met

    @contextmanager
    def watching(self, answer: Any) -> Iterator[Any]:
        """Give the answer as the observer gets it. A class is watched method by method, as long as this lasts."""
        if not isinstance(answer, type):
            yield self._around(answer, "")
            return
        methods = {name: value for name, value in vars(answer).items() if isinstance(value, FunctionType)}
        try:
            for name, method in methods.items():
                setattr(answer, name, self._around(method, name))
            yield answer
        finally:
            for name, method in methods.items():
                setattr(answer, name, method)

    def _around(self, function: Callable[..., Any], method: str) -> Callable[..., Any]:
        @wraps(function, updated=())
        def call(*args: Any, **kwargs: Any) -> Any:
            if self.depth:
                return function(*args, **kwargs)
            self.depth = 1
            keep = self.record and len(self.calls) < MOST_CALLS and method != "__repr__"
            head = self._head(method, args[0]) if keep and method and args else ""
            text = call_text(function, head, args, kwargs) if keep else ""
            entry = {"text": text, "observed": {"kind": "none"}} if keep else {}
            if keep:
                self.calls.append(entry)
            try:
                value = function(*args, **kwargs)
            except BaseException as error:
                self.raised = error
                self.fell.append(entry)
                raise
            finally:
                self.depth = 0
            if value is ... and not method:
                raise Stub
            if keep:
                entry["observed"] = values.encode(value, 1000)
            return value

        return call

    def _head(self, method: str, one: Any) -> str:
        """What stands before the brackets of a call; which object it is, if there are several."""
        place = next((i for i, known in enumerate(self.objects) if known is one), len(self.objects))
        if place == len(self.objects):
            self.objects.append(one)
        kind = f"{ORDINALS[place]} {type(one).__name__}" if len(self.objects) > 1 else type(one).__name__
        return kind if method == "__init__" else f"{kind}(...).{method}"


ORDINALS = (
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "11th",
    "12th",
)


def call_text(function: Callable[..., Any], head: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    """Write a call for a person: each argument by its name, with its value; a method's ``head`` says whose it is."""
    try:
        named = dict(inspect.signature(function).bind(*args, **kwargs).arguments)
    except (TypeError, ValueError):
        named = {**{f"{i}": value for i, value in enumerate(args)}, **kwargs}
    if head:
        named.pop(next(iter(named), ""), None)
    else:
        head = str(getattr(function, "__name__", "the answer"))
    texts = fitted([shown(value) for value in named.values()], max(MOST_CALL - 80, 60 * len(named)))
    parts = []
    for name, text in zip(named, texts, strict=True):
        parts.append(text if name.isdecimal() or text == name else f"{name}={text}")
    return shortened("".join(c if c.isprintable() else " " for c in f"{head}({', '.join(parts)})"), MOST_CALL)


def shown(value: Any) -> str:
    """An argument for a person; what is neither a number nor an array goes by the name of its type."""
    if type(value) in (list, tuple) and len(value) <= 7:
        opening, closing = "[]" if type(value) is list else "()"
        return f"{opening}{', '.join(map(shown, value))}{closing}"
    if isinstance(value, dict):  # an observer's own kind of it, too
        value = dict(value)
    written = (bool, int, float, str, list, tuple, set, dict, np.ndarray, WrittenFunction, type(None))
    if type(value) in written or isinstance(value, np.generic):
        return compact(value)
    name = getattr(value, "__name__", None)
    if callable(value) and isinstance(name, str) and name.isidentifier():
        return name
    kind = type(value).__name__
    return "rng" if isinstance(value, np.random.Generator) else f"{'an' if kind[:1] in 'AEIOU' else 'a'} {kind}"


def _raised(error: BaseException, filename: str, elsewhere: Collection[str]) -> Report:
    line, text, ends = 0, "", ""
    try:
        for frame, number in traceback.walk_tb(error.__traceback__):
            if frame.f_code.co_filename == filename:
                line, ends = number, ""
            elif line and str(frame.f_globals.get("__name__", "")).split(".")[0] not in ("numpy", "dlcourse"):
                ends = "handed over"
    except RecursionError:
        pass
    if line:
        text = _quoted(linecache.getline(filename, line))
    name = error.name if type(error) is NameError and isinstance(error.name, str) else ""
    if name:
        ends = bound(parse("".join(linecache.getlines(filename))), name)
    return Report(
        "raised",
        type=_type_name(error),
        message=_message(error),
        line=line,
        text=text,
        name=name,
        elsewhere=name in elsewhere,
        ends=ends,
    )


def _quoted(line: str) -> str:
    """A line of the learner's, for a message."""
    return shortened(" ".join(line.split()), 80)


def _type_name(value: Any) -> str:
    return shortened(str(type.__getattribute__(type(value), "__name__")), 60)


def _message(error: BaseException) -> str:
    """The first line of an exception's message, if it has one that can be had."""
    try:
        text = str(error.msg if isinstance(error, SyntaxError) else error)
    except BaseException:  # an exception may raise when it is printed
        return ""
    line = text.strip().split("\n")[0].strip().replace("WrittenFunction", "function")
    return shortened("".join(c if c.isprintable() else " " for c in line), 160)
