"""Why an answer is wrong, found out by trying: one edit that mends it, one edit of the reference that does the same,
or a fact about how it runs.

``judging`` finds words in the values alone. What is here runs the answer again, in variations, so it belongs where
the learner's own code may run: in the notebook, and in a student's sandbox, never in a process that judges.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from time import process_time
from typing import Any, TypeGuard
from weakref import WeakKeyDictionary

import numpy as np

from dlcourse.lesson import files
from dlcourse.lesson.cases import copy_of, shortened
from dlcourse.lesson.editing import MENDING, REPAIRS, TICK, Edit, edits, with_ticks
from dlcourse.lesson.exercises import Exercise
from dlcourse.lesson.judging import (
    LONGEST,
    Verdict,
    accepted,
    expected_of,
    judge,
    not_attempted,
    same,
    told_apart,
    wrong_cases,
)
from dlcourse.lesson.running import (
    Report,
    Run,
    TimeUp,
    fresh_space,
    observe_answer,
    observe_case,
    parse,
    quiet,
    same_code,
    time_limit,
    without_names,
)

__all__ = ["Trials", "diagnose", "explained", "observed"]

Case = dict[str, Any]
REPAIR_SECONDS = 1.3
PAIR_SECONDS = 0.3  # for a second edit beside one that mends a part
MOST_HALVES = 6
MENDED_CASES, MENDED_SHARE = 3, 0.6  # of the wrong ones, that one edit must mend to be worth a word
TWIN_SECONDS = 0.6
EACH = 0.25  # seconds for one edited program, at most
PATIENCE = 5  # times as long as the answer and the reference take, before it is taken for a loop without an end
LONGEST_SEARCH = 4.0  # seconds on the clock, where those above are the processor's: a busy machine has less of these


def diagnose(exercise_id: str, source: str, seed: int | None = None) -> Verdict:
    """Say what ``lesson.check`` says about a cell.

    Parameters
    ----------
    exercise_id : str
        For instance ``"09.3"``.
    source : str
        The cell.
    seed : int, optional
        Draws the cases as grading does; without it they are the notebook's.

    Returns
    -------
    Verdict
        ``outcome``, ``evidence`` and ``lines``.

    Examples
    --------
    >>> verdict = diagnose("02.1", "def step(x, df, lr):\\n    return x + lr * df(x)")
    >>> verdict.outcome, verdict.evidence
    ('failed', 'misconception')
    """
    lesson = exercise_id.partition(".")[0]
    found = files.exercises(files.lesson_number(lesson))
    if exercise_id not in found:
        raise files.Unknown(f"There is no exercise {exercise_id!r}: lesson {lesson} has {', '.join(found)}.")
    return checked(found[exercise_id], source, seed)[0]


def observed(exercise: Exercise, source: str, cases: Sequence[Case], elsewhere: Collection[str] = ()) -> Run:
    """Run a cell on these cases, as the exercise says."""
    return observe_answer(
        source,
        exercise.name,
        exercise.observer,
        cases,
        exercise=exercise.id,
        is_class=exercise.is_class,
        without=exercise.without,
        seconds=exercise.time_limit,
        elsewhere=elsewhere,
    )


def checked(
    exercise: Exercise, source: str, seed: int | None = None, elsewhere: Collection[str] = ()
) -> tuple[Verdict, Run]:
    """Run a cell, judge it, and look for the reason if it is wrong."""
    cases = exercise.draw(seed)
    run = observed(exercise, source, cases, elsewhere)
    expected = _expected(exercise, cases, seed)
    verdict = judge(exercise, cases, run, expected)
    if verdict.outcome != "passed" and same_code(source, files.stub(exercise.id)):
        return not_attempted(exercise), run
    if verdict.evidence in ("misconception", "fact") and (words := _uses_nothing(exercise, source)):
        return replace(verdict, lines=(*verdict.lines[:2], words), evidence="fact", mutant=None), run
    if verdict.outcome in ("passed", "not attempted") or verdict.evidence in ("misconception", "exception"):
        return verdict, run
    try:
        return explained(exercise, cases, source, run, verdict, expected), run
    except (
        KeyboardInterrupt,
        RecursionError,
        MemoryError,
    ):  # the learner does not want to wait, or what is tried is too big
        return verdict, run


KNOWN: WeakKeyDictionary[Exercise, list[Report]] = WeakKeyDictionary()


def _expected(exercise: Exercise, cases: Sequence[Case], seed: int | None) -> list[Report]:
    """What the reference gives; for the notebook's cases it is found out once."""
    if seed is not None:
        return expected_of(exercise, cases)
    if exercise not in KNOWN:
        KNOWN[exercise] = expected_of(exercise, cases)
    return KNOWN[exercise]


def explained(
    exercise: Exercise,
    cases: Sequence[Case],
    source: str,
    run: Run,
    verdict: Verdict,
    expected: Sequence[Report] | None = None,
) -> Verdict:
    """Give a verdict better words, if something can be verified about the answer that says more."""
    if run.trouble is not None or run.ended or len(run.reports) < len(cases):
        return verdict
    expected = expected_of(exercise, cases) if expected is None else expected
    wrong = wrong_cases(exercise, cases, expected, run.reports)
    if not wrong:  # all is right, but for an argument that is not left alone; that is told already
        return verdict
    if any(_too_large(report) for report in run.reports):  # that is told, and no variation of it is wanted again
        return verdict
    order = [*wrong, *(i for i in range(len(cases)) if i not in wrong)]
    mending = Mending(exercise, cases, source, expected, order, wrong)
    repairs, unnamed = exercise.repairs, verdict.evidence == "none"
    searches: list[tuple[bool, str, Callable[[], str]]] = [
        (True, "fact", lambda: _lingers(source)),
        (unnamed, "fact", lambda: _put_aside(exercise, source)),
        (repairs, "repair", mending.one),
        (True, "fact", lambda: _unreached(source)),
        (unnamed, "fact", lambda: _stands_still(source) or _never_used(exercise, source)),
        (repairs, "repair", mending.two),
        (True, "repair", lambda: _twin(exercise, cases, source, run.reports, expected, order)),
        (unnamed, "fact", lambda: _fact(exercise, cases, source, run, expected, wrong)),
        (unnamed and repairs, "repair", mending.part),
        (unnamed, "fact", lambda: told_apart(exercise, cases, expected, run.reports, wrong[0])),
    ]
    for wanted, evidence, search in searches:
        try:
            with trying(exercise), time_limit(LONGEST_SEARCH):
                words = search() if wanted else ""
        except TimeUp:  # the machine is busy: what comes next may be quick
            continue
        if words:
            return _with(verdict, words, evidence)
    return verdict


def _too_large(report: Report) -> bool:
    return report.observed is not None and str(report.observed.get("why", "")).startswith("too large")


@contextmanager
def trying(exercise: Exercise) -> Iterator[None]:
    """Let programs run quietly, without the names that the exercise forbids."""
    with quiet(), without_names(exercise.without), np.errstate(all="ignore"):
        yield


def _with(verdict: Verdict, words: str, evidence: str) -> Verdict:
    """Put the words into the last line; what was known before stays in front of them."""
    *above, last = verdict.lines if len(verdict.lines) == 3 else (*verdict.lines, "")
    if verdict.evidence != "none" and len(last) < 120:
        words = f"{last} {words}".strip()
    return replace(verdict, lines=(*above, shortened(words, LONGEST)), evidence=evidence)


# --------------------------------------------------------------------------------------- edited programs


class Trials:
    """Runs programs that are being edited, and looks at the answer in them, within a time for each.

    Parameters
    ----------
    exercise : Exercise
    tree : ast.Module
        The program, with ticks.
    names : dict
        What it finds when it runs.
    until : float
        The moment (of ``process_time``) after which nothing more is tried.
    """

    def __init__(self, exercise: Exercise, tree: ast.Module, names: dict[str, Any], until: float) -> None:
        self.exercise, self.tree, self.names, self.until = exercise, tree, names, until
        self.limit, self.each = until, EACH

    def pace(self, cases: Sequence[Case], order: Sequence[int], *others: Trials) -> None:
        """Give an edited program as much time as the unedited one takes, and these others, and some more."""
        took = []
        for trials in (self, *others):
            trials.until, began = process_time() + EACH, process_time()
            for _ in trials.reports(cases, order):
                pass
            took.append(process_time() - began)
        self.each = min(EACH, 0.02 + PATIENCE * max(took))

    def tick(self) -> None:
        """Called by the program on every turn of a loop, and in every call."""
        if process_time() > self.limit:
            raise TimeUp

    @property
    def over(self) -> bool:
        """Whether there is no time left."""
        return process_time() > self.until

    def reports(self, cases: Sequence[Case], order: Sequence[int]) -> Iterator[Report]:
        """Run the program as it is now, then look at its answer case by case; ends early where it cannot go on."""
        self.limit = min(self.until, process_time() + self.each)
        space = dict(self.names) | {TICK: self.tick}
        try:
            exec(compile(self.tree, "<edited>", "exec", dont_inherit=True), space)
            answer = space[self.exercise.name]
        except KeyboardInterrupt:
            raise
        except BaseException:
            return
        for i in order:
            try:
                yield observe_case(answer, self.exercise.observer, cases[i])
            except TimeUp:
                return


@contextmanager
def _closing(iterator: Iterator[Edit]) -> Iterator[Iterator[Edit]]:
    """See to it that an edit that is out is undone."""
    try:
        yield iterator
    finally:
        iterator.close()  # type: ignore[attr-defined]


class Mending:
    """Small edits of the learner's own cell, and which cases each of them makes right."""

    def __init__(
        self,
        exercise: Exercise,
        cases: Sequence[Case],
        source: str,
        expected: Sequence[Report],
        order: Sequence[int],
        wrong: Sequence[int],
    ) -> None:
        self.exercise, self.cases, self.expected, self.order, self.wrong = exercise, cases, expected, order, wrong
        tree = parse(source)
        # what a cell prints or tries out is no part of the answer, and must not run again and again
        tree.body = [part for part in tree.body if not isinstance(part, ast.Expr | ast.For | ast.While | ast.Assert)]
        self.tree = with_ticks(tree)
        self.trials = Trials(exercise, tree, fresh_space(), process_time())
        self.lines = _suspicious(exercise, tree)
        self.began = process_time()
        self.halves: dict[int, tuple[Edit, set[int]]] = {}  # edits that mend a part, by their number

    def right(self) -> set[int]:
        """The cases that the program as it is now gets right; none, if not the first that was wrong."""
        found = set()
        for i, report in zip(self.order, self.trials.reports(self.cases, self.order), strict=False):
            if not report.changed and accepted(self.exercise, self.cases[i], self.expected[i], report):
                found.add(i)
            elif i == self.order[0]:
                break
        return found

    def one(self) -> str:
        """Words for one small edit that makes every case right; empty if none is found."""
        self.trials.pace(self.cases, self.order, reference_trials(self.exercise, 0.0))
        self.began = process_time()
        self.trials.until = self.began + REPAIR_SECONDS
        with _closing(_suspicious_first(self.tree, self.lines)) as some:
            for number, edit in enumerate(some):
                if len(right := self.right()) == len(self.cases):
                    return f"One small change in line {edit.line} makes it right: {look(edit.words)}"
                if right:
                    self.halves[number] = edit, right
                if self.trials.over:
                    break
        return ""

    def two(self) -> str:
        """Words for two small edits, one of which mends a part, or both of which are needed; after ``one``."""
        best = sorted(self.halves, key=lambda number: -len(self.halves[number][1]))[:MOST_HALVES]
        self.trials.until = max(process_time(), self.began + REPAIR_SECONDS) + PAIR_SECONDS  # and what ``one`` has left
        for alike in (True, False):  # who slips twice most often slips twice alike
            with _closing(_suspicious_first(self.tree, self.lines)) as some:
                for number, one in enumerate(some):
                    if number > max(best, default=-1) or self.trials.over:
                        break
                    if number in best and (other := self._second(one, alike)):
                        return _both(one, other)
        return _two_operators(self.tree, self.trials, lambda: len(self.right()) == len(self.cases))

    def _second(self, one: Edit, alike: bool) -> Edit | None:
        """While one edit is out, another one, of the same kind or not, that makes every case right."""
        with _closing(edits(self.tree)) as more:
            for other in more:
                if other == one or (other.kind == one.kind) != alike:  # of two of one thing nobody learns
                    continue
                if len(self.right()) == len(self.cases):
                    return other
                if self.trials.over:
                    break
        return None

    def part(self) -> str:
        """Words for the one small edit that mends most of what is wrong and spoils nothing; after ``one``."""
        was_right = set(range(len(self.cases))) - set(self.wrong)
        mends = [(len(right) - len(was_right), edit) for edit, right in self.halves.values() if right > was_right]
        most = max((count for count, _ in mends), default=0)
        best = {edit for count, edit in mends if count == most}
        if len(best) != 1 or most < max(MENDED_CASES, MENDED_SHARE * len(self.wrong)):
            return ""
        edit, of = best.pop(), len(self.wrong)
        words = f"One small change in line {edit.line} mends {most} of the {of} wrong cases: {look(edit.words)}"
        return f"{words} Something else is left."


def _two_operators(tree: ast.Module, trials: Trials, is_right: Callable[[], bool]) -> str:
    """Two signs or operators turned round at once: where each needs the other, neither mends a part."""
    trials.until = process_time() + PAIR_SECONDS
    with _closing(edits(tree, operators=True)) as some:
        for number, one in enumerate(some):
            with _closing(edits(tree, operators=True)) as more:
                for at, other in enumerate(more):
                    if at > number and is_right():
                        return _both(one, other)
                    if trials.over:
                        return ""
    return ""


def _both(one: Edit, other: Edit) -> str:
    first, second = sorted((one, other), key=lambda edit: edit.line)
    if first.line == second.line:
        return f"Two small changes in line {first.line} make it right: {look(first.words)} And {look(second.words)}"
    return (
        f"Two small changes make it right. In line {first.line} {look(first.words)} "
        f"In line {second.line} {look(second.words)}"
    )


def look(kind: str) -> str:
    """The kind of an edit as a request, with the mark at its end."""
    end = "" if kind.endswith("?") else "."
    return f"look {'for' if kind.startswith(('a ', 'an ')) else 'at'} {kind}{end}"


def opposite(kind: str) -> str:
    """What an edit of a right answer did, seen from the wrong one: what was taken away there is left out here."""
    if kind.endswith(" too many"):
        return kind.replace(" too many", " left out")
    return kind.replace(" left out", " too many")


def _suspicious(exercise: Exercise, tree: ast.Module) -> list[int]:
    """Lines that have no counterpart in the reference, if these are few."""
    known = {ast.dump(part) for part in ast.walk(ast.parse(exercise.bare_source)) if isinstance(part, ast.stmt)}
    simple = ast.Assign | ast.AugAssign | ast.Return | ast.Expr
    parts = [part for part in ast.walk(tree) if isinstance(part, simple)]
    odd = [part.lineno for part in parts if ast.dump(part) not in known]
    return list(dict.fromkeys(odd)) if len(odd) <= len(parts) / 2 else []


def _suspicious_first(tree: ast.Module, lines: Sequence[int]) -> Iterator[Edit]:
    """All edits, those of the suspicious lines first."""
    for line in lines:
        with _closing(edits(tree, line)) as some:
            yield from some
    with _closing(edits(tree)) as rest:
        yield from (edit for edit in rest if edit.line not in lines)


def reference_trials(exercise: Exercise, until: float) -> Trials:
    """The reference as a program to edit."""
    import sys

    tree = with_ticks(ast.parse(exercise.bare_source))
    return Trials(exercise, tree, dict(vars(sys.modules[exercise.answer.__module__])), until)


def _known(kind: str, source: str) -> str:
    """A kind that names a function, unless the answer does not use that function."""
    return kind if re.search(rf"\b{kind.partition(':')[0]}\b", source) else "the function that is called"


def _twin(
    exercise: Exercise,
    cases: Sequence[Case],
    source: str,
    reports: Sequence[Report],
    expected: Sequence[Report],
    order: Sequence[int],
) -> str:
    """Words for one small edit of the reference that gives exactly what the learner's answer gives."""
    if exercise.judge is not None or all(report.status != "value" for report in reports):
        return ""  # where much is right, what two answers have in common says little
    if all(map(same, [exercise] * len(reports), expected, reports)):
        return ""  # the values are right, and of another kind: a slip that changes nothing would fit them
    if len(cases) > 1 and all(report.observed == reports[0].observed for report in reports):
        return ""  # what always gives the same, None perhaps, may have come from anywhere
    trials = reference_trials(exercise, 0.0)
    trials.pace(cases, order)
    trials.until = process_time() + TWIN_SECONDS
    kinds: list[str] = []
    plain: list[str] = []
    with _closing(edits(trials.tree)) as variants:  # what may have been left out may be there once too often
        for edit in variants:
            if edit.kind in REPAIRS:
                continue
            alike = 0
            for i, report in zip(order, trials.reports(cases, order), strict=False):
                if not same(exercise, reports[i], report) or report.changed != reports[i].changed:
                    break
                alike += 1
            if alike == len(cases) and opposite(edit.kind) not in kinds:
                kinds.append(opposite(edit.kind))
                plain += [opposite(edit.kind)] if edit.kind not in MENDING else []
            if trials.over or len(kinds) > 4:
                break
    kinds = plain or kinds  # what had to be added to a right answer says less than what was changed or taken away
    if not kinds or len(kinds) > 2:
        return ""
    # a function of the right answer that this one does not use would only puzzle
    named = [re.sub(r"^\w+: is it what is wanted\?$", lambda found: _known(found[0], source), kind) for kind in kinds]
    words = " Or ".join(look(kind) for kind in dict.fromkeys(named))
    return f"A right answer with one slip gives exactly your values: {words}"


# ------------------------------------------------------------------------------------------------- facts


def _fact(
    exercise: Exercise, cases: Sequence[Case], source: str, run: Run, expected: Sequence[Report], wrong: Sequence[int]
) -> str:
    """Something that holds of the answer and not of a right one; empty if nothing is found."""
    tree = parse(source)
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
        if line := _runs_once(function):
            return f"The loop in line {line} runs only once: something in it ends it on the first turn."
    if words := _globals(tree, exercise):
        return words
    values = [report.observed for report in run.reports if report.status == "value"]
    wanted = [report.observed for report in expected]
    alike = len(values) == len(cases) > 2 and all(value == values[0] for value in values)
    if alike and sum(value != wanted[0] for value in wanted) > len(cases) / 2:
        return "The same comes back for every input that was tried."
    if exercise.called_directly and not exercise.is_class and (words := _without_effect(exercise, cases, run)):
        return words
    if wrong:
        again = observe_case(run.answer, exercise.observer, cases[wrong[0]])
        if not same(exercise, again, run.reports[wrong[0]]):
            return (
                "The same call, made a second time, gives something else: it keeps something from one call to the next."
            )
    return ""


def _beside(exercise: Exercise, tree: ast.Module) -> Iterator[tuple[ast.FunctionDef, ast.FunctionDef]]:
    """The functions of an answer, each with the reference's of the same name."""
    ours = [node for node in ast.walk(ast.parse(exercise.bare_source)) if isinstance(node, ast.FunctionDef)]
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
        if model := next((node for node in ours if node.name == function.name), None):
            yield function, model


def _never_used(exercise: Exercise, source: str) -> str:
    """An argument that the reference uses and the answer does not."""
    for function, model in _beside(exercise, parse(source)):
        for name in _unused(function):
            if name not in _unused(model):
                return f"{_named(function, exercise)} never uses its argument {name}."
    return ""


def _put_aside(exercise: Exercise, source: str) -> str:
    """What is handed over and is not used, for the answer puts something of its own in its place."""
    for function, model in _beside(exercise, parse(source)):
        if "rng" in _arguments(model) and (line := _other_randomness(function)):
            return f"Line {line} takes its randomness from elsewhere: use rng, which is handed over."
        for number, part in enumerate(function.body):
            names = [ast.unparse(target) for target in part.targets] if isinstance(part, ast.Assign) else []
            read = {node.id for above in function.body[: number + 1] for node in ast.walk(above) if _is_read(node)}
            for name in set(names) & set(_arguments(model)) - set(_unused(model)) - read:
                return f"Line {part.lineno} puts something else into {name}: what is handed over is never used."
    return ""


def _is_read(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)


def _uses_nothing(exercise: Exercise, source: str) -> str:
    """Where no argument is used at all, values that agree with a mistake's do not come from that mistake."""
    for function, model in _beside(exercise, parse(source)):
        arguments = _arguments(model)
        if arguments and function.name == exercise.name and set(_unused(function)) >= set(arguments):
            return _never_used(exercise, source)
    return ""


def _lingers(source: str) -> str:
    """A default value that is one and the same object in every call, and is changed by the function."""
    for function in [node for node in ast.walk(parse(source)) if isinstance(node, ast.FunctionDef)]:
        arguments, defaults = function.args.args, function.args.defaults
        for argument, default in zip(arguments[len(arguments) - len(defaults) :], defaults, strict=True):
            made = isinstance(default, ast.Call) and ast.unparse(default.func) in ("list", "dict", "set")
            if (made or isinstance(default, ast.List | ast.Dict | ast.Set)) and _grows(function, argument.arg):
                return (
                    f"{argument.arg} in line {function.lineno} is made once, not for every call: "
                    "what one call puts into it is still there in the next."
                )
    return ""


def _unreached(source: str) -> str:
    """A line that stands behind a `return` in the same block; the `return ...` of the template counts for nothing.

    Examples
    --------
    >>> _unreached("def f(x):\\n    return x\\n    return -x")
    'Line 3 is never reached: the `return` above it ends the function.'
    """
    for node in ast.walk(parse(source)):
        for block in (getattr(node, "body", None), getattr(node, "orelse", None)):
            if not isinstance(block, list):
                continue
            for statement, following in pairwise(block):
                if isinstance(statement, ast.Return) and ast.unparse(following) != "return ...":
                    return f"Line {following.lineno} is never reached: the `return` above it ends the function."
    return ""


def _grows(function: ast.FunctionDef, name: str) -> bool:
    """Whether something is put into an object of this name."""
    for node in ast.walk(function):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == name:
            return True
        grows = isinstance(node, ast.Attribute) and node.attr in ("append", "add", "extend", "update", "setdefault")
        if isinstance(node, ast.Attribute) and grows and ast.unparse(node.value) == name:
            return True
        if isinstance(node, ast.AugAssign) and ast.unparse(node.target) == name:
            return True
    return False


def _named(function: ast.FunctionDef, exercise: Exercise) -> str:
    return "Your answer" if function.name == exercise.name else f"Your {function.name}"


def _arguments(function: ast.FunctionDef) -> list[str]:
    return [a.arg for a in [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]]


def _unused(function: ast.FunctionDef) -> list[str]:
    """The arguments that are read nowhere in the function."""
    read = {node.id for node in ast.walk(function) if _is_read(node)}
    read |= {
        part.target.id
        for part in ast.walk(function)
        if isinstance(part, ast.AugAssign) and isinstance(part.target, ast.Name)
    }
    if read & {"locals", "vars", "eval", "exec"}:
        return []
    return [name for name in _arguments(function) if name not in read and name != "self"]


def _other_randomness(function: ast.FunctionDef) -> int:
    """The line of a random number that does not come from ``rng``."""
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute) and ast.unparse(node).startswith(("np.random", "random.", "numpy.random")):
            return node.lineno
    return 0


def _runs_once(function: ast.FunctionDef) -> int:
    """The line of a loop that cannot come to a second turn."""
    for node in ast.walk(function):
        if not isinstance(node, ast.For | ast.While) or not isinstance(node.body[-1], ast.Return | ast.Break):
            continue
        if not any(isinstance(part, ast.Continue) for part in ast.walk(node)):
            return node.lineno
    return 0


def _stands_still(source: str) -> str:
    """A counter that a loop waits for, and that nothing changes; plainer than any slip that has the same effect."""
    for function in [node for node in ast.walk(parse(source)) if isinstance(node, ast.FunctionDef)]:
        nodes = list(ast.walk(function))
        stored = [node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
        starts = {
            part.targets[0].id: part
            for part in nodes
            if isinstance(part, ast.Assign)
            and isinstance(part.targets[0], ast.Name)
            and isinstance(part.value, ast.Constant)
        }
        for loop in [node for node in nodes if isinstance(node, ast.While)]:
            for name in [node.id for node in ast.walk(loop.test) if isinstance(node, ast.Name) and node.id in starts]:
                if stored.count(name) == 1:
                    value = ast.unparse(starts[name].value)
                    return f"{name} is {value} all the time: nothing in the loop in line {loop.lineno} changes it."
    return ""


def _globals(tree: ast.Module, exercise: Exercise) -> str:
    """A name that the function reads from the cell around it, where an argument or a name of its own is meant."""
    around = {
        target.id
        for part in tree.body
        if isinstance(part, ast.Assign) and not isinstance(part.value, ast.Lambda)
        for target in part.targets
        if isinstance(target, ast.Name)
    }
    for function in [part for part in tree.body if isinstance(part, ast.FunctionDef) and part.name == exercise.name]:
        own = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        for node in ast.walk(function):
            if isinstance(node, ast.Name) and node.id in around - own - set(_arguments(function)):
                return f"Line {node.lineno} reads {node.id} from outside the function, where it is always the same."
    return ""


def _without_effect(exercise: Exercise, cases: Sequence[Case], run: Run) -> str:
    """An argument whose change never changes what comes back, though it should."""
    for name in cases[0] if len(cases) > 1 else ():
        should = does = 0
        for one, other in pairwise(cases[:12]):
            if name not in one or name not in other:
                continue
            changed = copy_of({**one, name: other[name]})
            pair = [observe_case(exercise.answer, exercise.observer, case) for case in (one, changed)]
            theirs = [observe_case(run.answer, exercise.observer, case) for case in (one, changed)]
            if any(report.status != "value" for report in (*pair, *theirs)):
                continue
            should += not same(exercise, *pair)
            does += not same(exercise, *theirs)
        if should >= 2 and not does:
            return f"Another {name} changes nothing in what comes back, as far as it was tried."
    return ""
