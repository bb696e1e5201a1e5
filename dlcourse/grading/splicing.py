"""Find a student's answers in whatever became of the notebook, and put them into one to be run.

The key alone says which checks there are, what they are worth and what is expected. Of the student's notebook
only the code is used: no outputs, tags, metadata or checks.
"""

from __future__ import annotations

import ast
import dis
import json
import re
import textwrap
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from types import CodeType
from typing import Any

from dlcourse.grading.intake import Cell, Rejected, cells_of
from dlcourse.grading.probe import in_fresh_namespace, probe_source
from dlcourse.lesson import files
from dlcourse.lesson.exercises import Exercise
from dlcourse.lesson.running import binds, looks_defined, parse

__all__ = ["Found", "Piece", "Probe", "belongs", "cell_ids", "find_answers", "probe_id", "splice"]

NBVAL_MARKERS = ("NBVAL_", "PYTEST_VALIDATE_")
MOST_HALVES = 20  # cells that one function was cut into
OPENED = re.compile(r"open_lesson\(\W*(\d{1,2})\W*\)")


@dataclass(frozen=True)
class Piece:
    """A cell of the student's that is run: ``answers`` names the exercises that it was chosen for."""

    number: int
    source: str
    answers: tuple[str, ...] = ()


@dataclass
class Found:
    """What was found in a submission.

    Attributes
    ----------
    pieces : list of Piece
        What is to be run, in the student's order.
    answers : dict of str
        By exercise, the source that is graded; an exercise without an answer is not there.
    evasions : dict of lists of str
        By exercise, how its answer may lean on what it was to build.
    """

    pieces: list[Piece] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    evasions: dict[str, list[str]] = field(default_factory=dict)


# ------------------------------------------------------------------------------------------- the released lesson


@dataclass(frozen=True)
class Released:
    """A lesson as it was handed out."""

    lesson: str
    cells: tuple[Cell, ...]
    exercises: Mapping[str, Exercise]

    @property
    def setup(self) -> list[str]:
        return [cell.source for cell in self.cells if "setup" in cell.tags]

    def ids(self, tag: str) -> dict[str, str]:
        """The exercises by the id of their answer cell, or of their check."""
        return {cell.id: cell.exercise for cell in self.cells if tag in cell.tags and cell.exercise}


@cache
def released(lesson: str) -> Released:
    """Read a lesson as it was handed out."""
    cells = cells_of(files.notebook(lesson).read_bytes())
    return Released(lesson, tuple(cells), files.exercises(lesson))


# ------------------------------------------------------------------------------------------------ finding


def find_answers(cells: Sequence[Cell], lesson: str) -> Found:
    """Find each exercise's answer, by metadata, by cell id, or by the name that it must define.

    Of several answers to an exercise the last one that is not the stub counts. A cell that was split in the middle
    of a function is put together again. An answer in a cell that is no code cell any more is found, too. Of the
    lesson's own cells, which are left out otherwise, those are taken that define what an answer uses.

    Raises
    ------
    Rejected
        If this is the notebook of another lesson, or of none.
    """
    course = released(lesson)
    belongs(cells, lesson)
    unchanged = {(cell.kind, _bare(cell.source)) for cell in course.cells}
    changed = {n: cell for n, cell in enumerate(cells) if (cell.kind, _bare(cell.source)) not in unchanged}
    code = {n: cell.source for n, cell in changed.items() if cell.kind == "code" and not _is_stub(cell.source, course)}
    text = {n: cell.source for n, cell in changed.items() if cell.kind != "code" and _tree(cell.source) is not None}
    claims = {n: _claims(cells[n], course) for n in code}

    found, chosen, dropped = Found(), dict[int, list[str]](), set[int]()
    for exercise in course.exercises.values():
        number = _choose(exercise, code, text, claims)
        if number is None:
            continue
        chosen.setdefault(number, []).append(exercise.id)
        source = code.get(number, text.get(number, ""))
        rest = [n for n in sorted(code) if n > number]
        for n in rest[:MOST_HALVES]:
            joined = _joined(source, code[n])
            if not joined:
                break
            source = joined
            dropped.add(n)
        rest = [n for n in rest if n not in dropped]
        source = "\n".join([source, *(code[n] for n in rest if _extends(code[n], exercise.name))])
        found.answers[exercise.id] = source
        signature = _first_line(source)
        dropped |= {n for n in code if n != number and exercise.id in claims[n] and _first_line(code[n]) == signature}
    shown = _of_the_lesson(course, cells, changed)
    needed = _taken_up(found.answers.values(), [*code.values(), *shown.values()])
    code |= {n: source for n, source in shown.items() if source in needed}
    for number in sorted({*code, *chosen} - (dropped - set(chosen))):
        answers = tuple(chosen.get(number, ()))
        source = found.answers[answers[0]] if len(answers) == 1 else code.get(number, text.get(number, ""))
        found.pieces.append(Piece(number, source, answers))
    others = [piece.source for piece in found.pieces if not piece.answers]
    lines = {line.strip() for cell in course.cells for line in cell.source.splitlines()}
    for id, source in found.answers.items():
        found.evasions[id] = evasions(course.exercises[id], source, others, lines)
    return found


def _of_the_lesson(course: Released, cells: Sequence[Cell], changed: Collection[int]) -> dict[int, str]:
    """The lesson's own cells as they were handed out: an answer may use what one of them has defined."""
    ours = {_bare(cell.source) for cell in course.cells if not {"setup", "answer", "check"}.intersection(cell.tags)}
    code = {n: cell.source for n, cell in enumerate(cells) if cell.kind == "code" and n not in changed}
    return {n: source for n, source in code.items() if _bare(source) in ours}


def belongs(cells: Sequence[Cell], lesson: str) -> None:
    """Raise ``Rejected`` for a notebook that has nothing to do with the lesson."""
    course = released(lesson)
    code = [cell for cell in cells if cell.kind == "code" and cell.source.strip()]
    lessons = {cell.exercise.partition(".")[0] for cell in cells if cell.exercise}
    lessons |= {number.zfill(2) for cell in code for number in OPENED.findall(cell.source)}
    if lessons and course.lesson not in lessons:
        raise Rejected(f"This is the notebook of lesson {min(lessons)}: hand in that of lesson {course.lesson}.")
    names = [exercise.name for exercise in course.exercises.values()]
    if code and not lessons and not any(looks_defined(cell.source, name) for cell in cells for name in names):
        raise Rejected(f"No exercise of lesson {course.lesson} is in this notebook: hand in the lesson's own.")


def _claims(cell: Cell, course: Released) -> set[str]:
    """Which exercises a cell answers: what it is marked as, unless it defines another's name and not that one's."""
    if "check" in cell.tags or cell.id in course.ids("check"):
        return set()
    defined = {id for id, exercise in course.exercises.items() if _defines(cell.source, exercise.name)}
    marked = cell.exercise if cell.exercise in course.exercises else course.ids("answer").get(cell.id, "")
    return {marked} if marked and (marked in defined or not defined) else defined


def _choose(
    exercise: Exercise, code: Mapping[int, str], text: Mapping[int, str], claims: Mapping[int, set[str]]
) -> int | None:
    """The cell that counts: the last of the best kind."""
    defining = [number for number, source in code.items() if _defines(source, exercise.name)]
    functions = {name for source in code.values() for name in _functions(source)}
    sure = [number for number in defining if not _is_a_value(code[number], exercise.name, functions)]
    kinds = (
        [number for number in sure if exercise.id in claims[number]],
        sure,  # two answers in one cell, which is marked as the other
        defining,
        [number for number, source in text.items() if _defines(source, exercise.name)],
        [number for number in code if claims[number] == {exercise.id}],  # the name was changed, say
    )
    return next((max(kind) for kind in kinds if kind), None)


@lru_cache(maxsize=1000)
def _tree(source: str) -> ast.Module | None:
    """A cell, parsed once, however often it is looked at; None if it cannot be parsed."""
    try:
        return parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _defines(source: str, name: str) -> bool:
    tree = _tree(source)
    return binds(tree, name) if tree is not None else looks_defined(source, name)


def _is_a_value(source: str, name: str, functions: Collection[str]) -> bool:
    """Whether a cell gives the name what is no function: ``train = X`` is another use of the name, not an answer."""
    tree = _tree(source)
    last = [s for s in tree.body if binds(ast.Module([s], []), name)][-1:] if tree is not None else []
    return any(
        isinstance(s, ast.Assign) and isinstance(s.value, ast.Name) and s.value.id not in functions for s in last
    )


@lru_cache(maxsize=4000)
def _functions(source: str) -> frozenset[str]:
    """The names that a cell gives to functions and classes, or imports."""
    tree, found = _tree(source), set[str]()
    for s in tree.body if tree is not None else ():
        if isinstance(s, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(s.name)
        elif isinstance(s, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in s.names}
        elif isinstance(s, ast.Assign) and isinstance(s.value, ast.Lambda | ast.Call):
            found |= {target.id for target in s.targets if isinstance(target, ast.Name)}
    return frozenset(found)


def _is_stub(source: str, course: Released) -> bool:
    """Whether a cell is as it was handed out, or has no code at all: comments, or nothing."""
    tree = _tree(source)
    return tree is not None and (not tree.body or (len(tree.body) < 10 and _dump(tree) in _stubs(course.lesson)))


@cache
def _stubs(lesson: str) -> frozenset[str]:
    return frozenset(_dump(ast.parse(files.stub(id))) for id in files.exercises(lesson))


def _dump(tree: ast.Module) -> str:
    try:
        return ast.dump(tree)
    except (RecursionError, MemoryError):
        return ""


def _joined(source: str, more: str) -> str:
    """Both as one, if ``more`` is the second half of a function that was cut in two, indented or not; else empty."""
    half = None if more.lstrip("\n")[:1].isspace() else _tree(more)  # an indented cell can be read by itself, too
    if half is not None and not any(isinstance(statement, ast.Return) for statement in half.body):
        return ""
    both = (f"{source}\n{more}", f"{source}\n{textwrap.indent(more, '    ')}")
    return next((text for text in both if _whole(text)), "")


def _whole(source: str) -> bool:
    """Whether a source can be compiled: it parses, and ``return`` stands in functions only."""
    tree = _tree(source)
    return tree is not None and not any(isinstance(statement, ast.Return) for statement in tree.body)


def _extends(source: str, name: str) -> bool:
    """Whether a cell gives a class a method afterwards: ``Counter.add = add``, or with ``setattr``."""
    tree = _tree(source)
    for statement in tree.body if tree is not None else ():
        if isinstance(statement, ast.Assign):
            owners = [target.value for target in statement.targets if isinstance(target, ast.Attribute)]
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            call = statement.value
            owners = call.args[:1] if isinstance(call.func, ast.Name) and call.func.id == "setattr" else []
        else:
            continue
        if any(isinstance(owner, ast.Name) and owner.id == name for owner in owners):
            return True
    return False


def _first_line(source: str) -> str:
    lines = (line.strip() for line in source.splitlines())
    return next((line for line in lines if line and not line.startswith("#")), "")


def _bare(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


# ------------------------------------------------------------------------------------------------ evasions

# Names that reach a function without saying which: as attributes, strings or plain names.
AROUND = """
__import__ import_module importlib pkgutil runpy find_spec find_loader load_module exec_module reload
eval exec compile getattr attrgetter methodcaller __getattribute__ getattr_static getmembers
vars globals locals __dict__ __globals__ __builtins__ __closure__ cell_contents __code__ __defaults__ __wrapped__
__subclasses__ __mro__ __bases__ inspect gc get_objects get_referrers get_referents
modules _getframe currentframe f_back f_locals f_globals f_builtins tb_frame settrace setprofile
ctypes pickle cloudpickle marshal CodeType FunctionType MethodType read_text read_bytes subprocess
__class__ __base__ __self__ __func__ __loader__ __spec__ __path__ __reduce__ __reduce_ex__ zipimport imp
timeit doctest runcode runsource run_cell run_code run_line_magic ev ex breakpoint pdb InteractiveInterpreter
engine running __name__ Forbidden without_names operations
allow_pickle get_type_hints runstring resolve_name
"""
WAYS_AROUND = frozenset(AROUND.split())

RUNNERS = {"bdb", "cProfile", "code", "codeop", "copyreg", "profile", "pydoc", "shelve", "trace"}  # of code in a string
LONG = 6  # letters of a name that, found in another name, is no chance
OTHERS = """
algopy autograd casadi chainer cupy flax haiku jax keras micrograd mxnet mygrad numdifftools optax paddle pytensor
pytorch_lightning scipy sklearn statsmodels sympy tensorflow theano thinc tinygrad torch transformers
"""
ORACLES = frozenset(OTHERS.split())  # they may have it ready
LOOKS = """
_getframe currentframe f_back f_locals f_globals tb_frame settrace setprofile get_objects get_referrers ctypes
observe_answer observe_case dlcourse-run input_transformers_post ast_transformers tracemalloc
"""
INSIDE = frozenset(LOOKS.split())  # what no exercise needs: a look at who asks and at what is asked, or a hand on it


def evasions(exercise: Exercise, answer: str, others: Sequence[str] = (), shown: Collection[str] = ()) -> list[str]:
    """What a human should look at: how an answer may use what it is to build. Nothing is decided here.

    Parameters
    ----------
    exercise : Exercise
    answer : str
        Its source.
    others : sequence of str
        Whatever else of the student's is run before; there, a line that only shows something is no matter.
    shown : lines
        What the lesson itself shows.

    Examples
    --------
    >>> from dlcourse.lesson import exercise
    >>> evasions(exercise("90.1", "Softmax", without=["softmax"]), "from dlcourse import softmax as s")
    ['uses softmax: from dlcourse import softmax as s']
    """
    found: list[str] = []
    forbidden = {_plain(name) for name in exercise.without}
    relatives = _relatives(exercise.without)
    taken_up = _taken_up([answer], others) if relatives else set[str]()
    for source in [answer, *others]:
        tree = _tree(source)
        if tree is None:
            continue
        akin = relatives if source == answer or source in taken_up else frozenset()
        lines = [line.strip() for line in source.split("\n")]  # as Python counts them: strings may hold other line ends
        nodes = [n for s in tree.body if source == answer or not isinstance(s, ast.Expr) for n in ast.walk(s)]
        spelled = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
        for node in nodes:
            imports = isinstance(node, ast.Import | ast.ImportFrom)
            number = getattr(node, "lineno", 0)
            line = lines[number - 1] if 0 < number <= len(lines) else ""
            if line in shown:
                continue
            for name in _names_used(node):
                around = name in WAYS_AROUND or (
                    (_plain(name) in forbidden or name in akin) and not isinstance(node, ast.Name)
                )
                whole = isinstance(node, ast.Name) and name in ("dl", "dlcourse") and id(node) not in spelled
                runs = imports and (name == "*" or name in RUNNERS)
                if (forbidden and (around or whole or runs)) or (imports and name in ORACLES) or name in INSIDE:
                    found.append(f"uses {name}: {line[:100]}")
    return list(dict.fromkeys(found))[:10]


def _taken_up(answers: Iterable[str], others: Iterable[str]) -> set[str]:
    """The cells that make something which an answer uses, or something that is used for that."""
    makers: dict[str, list[str]] = {}
    for source in others:
        for name in _names(source)[0]:
            makers.setdefault(name, []).append(source)
    found, waiting = set[str](), list(answers)
    while waiting:
        more = {source for name in _names(waiting.pop())[1] for source in makers.get(name, [])} - found
        found |= more
        waiting += more
    return found


@lru_cache(maxsize=4000)
def _names(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """The names that a cell gives to something, and those that it uses and has from elsewhere."""
    made, used = set[str](), set[str]()
    try:
        tree: Any = _tree(source) or ast.Module([], [])
        whole = compile(tree, "", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset(), frozenset()
    waiting = [whole]
    while waiting:
        code = waiting.pop()
        waiting += [part for part in code.co_consts if isinstance(part, CodeType)]
        for step in dis.get_instructions(code):
            if step.opname in ("STORE_GLOBAL", "DELETE_GLOBAL") or (step.opname == "STORE_NAME" and code is whole):
                made.add(step.argval)
            elif step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                used.add(step.argval)
    return frozenset(made), frozenset(used - made)


@cache
def _relatives(forbidden: tuple[str, ...]) -> frozenset[str]:
    """Public names that have in them what an exercise builds: ``softmax_cross_entropy`` the softmax, and every
    optimizer's ``minimize`` the gradients.
    """
    import dlcourse

    plain = [_plain(name) for name in forbidden if len(name) >= LONG]
    found = {name for name in dlcourse.__all__ if any(part in _plain(name) for part in plain)}
    return frozenset(found | ({"minimize"} if {"gradients", "jacobian"} & set(forbidden) else set()))


def _plain(name: str) -> str:
    """``Softmax`` and ``log_softmax`` as ``softmax`` and ``logsoftmax``: a module of the engine is no other thing."""
    return name.lower().replace("_", "")


def _names_used(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Attribute):
        return [node.attr]
    if isinstance(node, ast.MatchClass):  # ``case object(softmax=f)`` reads an attribute, too
        return node.kwd_attrs
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.keyword):  # ``np.load(..., allow_pickle=True)``
        return [node.arg or ""]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.split(".") if len(node.value) < 200 else []
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
        return [part for name in names for part in name.split(".")]
    return []


# ------------------------------------------------------------------------------------------------ splicing


@dataclass(frozen=True)
class Probe:
    """How an exercise is looked at in this run, what its reference printed then, and how patient a busy machine is."""

    exercise: Exercise
    cases: Sequence[dict[str, Any]]
    expected: str = ""
    patience: float = 1.0


PRELUDE = """\
import random, secrets
random.seed(0)  # the same notebook twice gives the same values, also where it draws numbers without a seed
secrets.randbits = random.Random(0).getrandbits
import numpy
numpy.random.seed(0)

from dlcourse.lesson import files
files.has_answers = lambda: False
"""


def splice(
    found: Found, lesson: str, probes: Mapping[str, Probe], *, without: Collection[int] = (), alone: bool = False
) -> str:
    """Write the notebook that is run: the key's setup, the student's code, and a probe after each answer.

    Parameters
    ----------
    found : Found
    lesson : str
    probes : dict of Probe
        By exercise; those that are to be probed.
    without : numbers of pieces
        What is left out, because it ended the kernel before.
    alone : bool
        Leave out everything but the answers that are probed.

    Returns
    -------
    str
        JSON. A probe's cell has the id ``probe-NN-k``, a cell of the student's ``student-N``.
    """
    cells = [_code("prelude", in_fresh_namespace(PRELUDE))]
    cells += [_code(f"setup-{i}", source) for i, source in enumerate(released(lesson).setup)]
    waiting: list[str] = []
    for piece in found.pieces:
        if piece.number in without or (alone and not set(piece.answers) & set(probes)):
            continue
        if piece.answers:
            cells += [_probe(probes[id], found.answers[id]) for id in waiting]
            waiting = [id for id in piece.answers if id in probes]
        if not alone:
            cells.append(_code(cell_ids(piece)[0], _without_markers(piece.source)))
    cells += [_probe(probes[id], found.answers[id]) for id in waiting]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def _without_markers(source: str) -> str:
    """A cell without the comments that nbval would obey: they are put into brackets."""
    lines = source.splitlines(keepends=True)
    for number, line in enumerate(lines):
        word = line.strip().lstrip("#").strip()
        if word.startswith(NBVAL_MARKERS) and line.lstrip().startswith("#"):
            lines[number] = line.replace(word, f"({word})", 1)
    return "".join(lines)


def cell_ids(piece: Piece) -> list[str]:
    """The ids of a piece's cells: its own, and its probes'."""
    return [f"student-{piece.number}", *map(probe_id, piece.answers)]


def probe_id(exercise: str) -> str:
    """The id of a probe's cell."""
    return f"probe-{exercise.replace('.', '-')}"


def _code(id: str, source: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": id,
        "metadata": {"tags": ["nbval-ignore-output", "raises-exception"]},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def _probe(probe: Probe, answer: str) -> dict[str, Any]:
    """nbval compares a cell that has run, so this one has an execution count."""
    id = probe.exercise.id
    cell = _code(probe_id(id), probe_source(probe.exercise, answer, probe.cases, probe.patience))
    cell["metadata"] = {"tags": ["nbval-check-output"], "dlcourse": {"probe": id}}
    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": probe.expected}]
    cell["execution_count"] = 1
    return cell
