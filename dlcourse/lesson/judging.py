"""From observations to a verdict in plain words. Nothing here runs, calls or believes the learner's objects.

A message has at most three lines: what was tried, what came back, what that usually means. It never shows
the answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlcourse.lesson import values
from dlcourse.lesson.cases import compact, shortened
from dlcourse.lesson.exercises import Exercise
from dlcourse.lesson.running import Report, Run, observe_case, quiet, without_names
from dlcourse.lesson.values import Difference, Unsupported

__all__ = ["Verdict", "expected_of", "judge"]

Case = dict[str, Any]
WIDTH = 150  # of a line


@dataclass(frozen=True)
class Verdict:
    """What to say about an answer.

    Attributes
    ----------
    outcome : str
        ``"passed"``, ``"failed"``, ``"not attempted"``, ``"timeout"``, ``"kernel died"`` or ``"error"``.
    lines : tuple of str
        At most three.
    mutant : int or None
        Which misconception it is, counted from 0.
    """

    outcome: str
    lines: tuple[str, ...]
    mutant: int | None = None

    def __str__(self) -> str:
        return "\n".join(self.lines)


def expected_of(exercise: Exercise, cases: Sequence[Case], answer: Any = None) -> list[Report]:
    """Observe the reference, or a mutant, with these cases."""
    answer = exercise.answer if answer is None else answer
    with quiet(), without_names(exercise.without), np.errstate(all="ignore"):
        return [observe_case(answer, exercise.observer, case) for case in cases]


def judge(
    exercise: Exercise,
    cases: Sequence[Case],
    run: Run,
    expected: Sequence[Report] | None = None,
    mutants: Sequence[Sequence[Report]] | None = None,
) -> Verdict:
    """Compare a run with what the reference gives on the same cases, and find words for the difference.

    What the reference gives, and each of the mutants, is found out here, unless the caller knows it already.
    """
    if run.trouble is not None:
        return _before(exercise, run.trouble)
    reports = run.reports
    if reports and reports[-1].status in ("time", "stopped"):
        case = cases[len(reports) - 1]
        return _verdict(exercise, _outcome(reports[-1]), _tried(exercise, case), *_ended(exercise, reports[-1]))
    if any(report.status == "stub" for report in reports) or not reports:
        return _stub(exercise)
    expected = expected_of(exercise, cases) if expected is None else expected
    wrong = [i for i in range(len(cases)) if not _accepted(exercise, cases[i], expected[i], reports[i])]
    if not wrong:
        changed = next((report for report in reports if report.changed), None)
        if changed is None:
            return Verdict("passed", (f"PASS {exercise.id}",))
        return _verdict(exercise, "failed", *_changed(changed))
    first = wrong[0]
    lines = list(_wrong(exercise, cases[first], expected[first], reports[first]))
    if len(lines) == 2 and reports[first].status == "value":
        lines.append(_in_common(exercise, [(expected[i], reports[i]) for i in wrong]))
    if mutants is None:
        mutants = [expected_of(exercise, cases, mutant.answer) for mutant in exercise.mutants]
    mutant = _matching_mutant(exercise, mutants, reports, wrong)
    if mutant is not None:
        lines = [*lines[:2], exercise.mutants[mutant].message]
    elif any(report.changed for report in reports) and reports[first].status == "value":
        lines = [*lines[:2], _changed(next(report for report in reports if report.changed))[0]]
    return _verdict(exercise, _outcome(reports[first]), *lines, mutant=mutant)


def _verdict(exercise: Exercise, outcome: str, *lines: str, mutant: int | None = None) -> Verdict:
    """Put the id in front of the first line; a message of a mutant is never cut."""
    short = [line if mutant is not None and i == 2 else shortened(line, WIDTH + 60) for i, line in enumerate(lines)]
    return Verdict(outcome, (f"{exercise.id}: {short[0]}", *short[1:3]), mutant)


def _outcome(report: Report) -> str:
    return {"time": "timeout", "stopped": "error", "raised": "error"}.get(report.status, "failed")


# ------------------------------------------------------------------------------------------- the comparison


def _accepted(exercise: Exercise, case: Case, expected: Report, report: Report) -> bool:
    return report.status == "value" and _objection(exercise, case, expected, report) is None


def _objection(exercise: Exercise, case: Case, expected: Report, report: Report) -> Difference | str | None:
    """What is wrong with an observed value: where it differs, or what the exercise's own judge says."""
    assert report.observed is not None and expected.observed is not None
    if exercise.judge is None:
        return values.differs(expected.observed, report.observed, exercise.rtol)
    try:
        said = exercise.judge(values.decode(report.observed), case)
    except Exception:  # the judge stumbled over a value of an unforeseen kind: say how it differs from the usual
        said = False
        if difference := values.differs(expected.observed, report.observed, exercise.rtol):
            return difference
    return None if said is True else said or "This is not what is asked for."


def _matching_mutant(
    exercise: Exercise, mutants: Sequence[Sequence[Report]], reports: list[Report], wrong: list[int]
) -> int | None:
    """The misconception that explains every wrong case; of several, the one that agrees most often.

    Two mistakes in one answer match no single misconception everywhere. Then the one that alone explains the
    first wrong case, which is the one shown, is named: mending it uncovers the other.
    """
    best: tuple[int, int] | None = None
    explain_the_first = []
    for index, observed in enumerate(mutants):
        agrees = [_same(exercise, theirs, ours) for theirs, ours in zip(reports, observed, strict=True)]
        shown = [i for i in wrong if reports[i].status == "value"]  # an exception alone is no evidence
        if shown and all(agrees[i] for i in wrong) and (best is None or sum(agrees) > best[0]):
            best = sum(agrees), index
        if reports[wrong[0]].status == "value" and agrees[wrong[0]]:
            explain_the_first.append(index)
    if best is not None:
        return best[1]
    return explain_the_first[0] if len(explain_the_first) == 1 else None


def _same(exercise: Exercise, one: Report, other: Report) -> bool:
    if one.status == other.status == "value":
        assert one.observed is not None and other.observed is not None
        return values.differs(other.observed, one.observed, exercise.rtol) is None
    return one.status == other.status == "raised" and one.type == other.type


# ------------------------------------------------------------------------------------------------- in words


def _tried(exercise: Exercise, case: Case) -> str:
    each = max(30, WIDTH // max(1, len(case)))
    inputs = ", ".join(f"{key}={shortened(compact(value), each)}" for key, value in case.items())
    return f"tried {exercise.name}({inputs})" if exercise.called_directly else f"tried {exercise.name} with {inputs}"


def _stub(exercise: Exercise) -> Verdict:
    text = "not attempted yet. Put your own code where the ... is, run the cell, then check again."
    return Verdict("not attempted", (f"{exercise.id}: {text}",))


def _before(exercise: Exercise, trouble: Report) -> Verdict:
    """The cell itself went wrong, before the first case."""
    name, kind = exercise.name, "class" if exercise.is_class else "function"
    if trouble.status == "syntax":
        where = f"line {trouble.line} of your cell: {trouble.text}" if trouble.line else "your cell"
        return _verdict(
            exercise, "error", f"Python cannot read {where}", f"It says: {trouble.message}", _syntax_advice(trouble)
        )
    if trouble.status == "missing":
        head = "class" if exercise.is_class else "def"
        return _verdict(
            exercise,
            "not attempted",
            f"your cell ran, but afterwards there was no {kind} named {name}.",
            f"It needs to start with `{head} {name}` at the left margin.",
        )
    if trouble.status == "kind":
        return _verdict(
            exercise,
            "failed",
            f"{name} is of type {trouble.type}; a {kind} is asked for.",
            f"Keep the first line of the exercise: {_header(exercise)}",
        )
    if trouble.status == "died":
        return _verdict(
            exercise,
            "kernel died",
            "ran your cell, and Python itself ended.",
            "Usually far too much memory, or a call that ends the program.",
        )
    if trouble.status in ("time", "stopped"):
        return _verdict(exercise, _outcome(trouble), "ran your cell", *_ended(exercise, trouble))
    return _verdict(exercise, "error", "ran your cell on its own", *_exception(trouble))


def _header(exercise: Exercise) -> str:
    return f"class {exercise.name}:" if exercise.is_class else f"def {exercise.signature()}:"


def _syntax_advice(trouble: Report) -> str:
    message = trouble.message.lower()
    if trouble.type in ("IndentationError", "TabError") or "indent" in message:
        return "Indent the body of the function by four spaces, every line alike."
    if "never closed" in message or "unmatched" in message or "does not match" in message:
        return "Count the brackets: each one that opens must close."
    if "expected ':'" in message:
        return "A line that starts with def, if, else, for or while ends with a colon."
    return "Look at that line and the one above it: a missing bracket, comma or colon shows up late."


def _ended(exercise: Exercise, report: Report) -> tuple[str, ...]:
    if report.status == "stopped":
        return ("You stopped it before it came back.",)
    return (
        f"It had not come back after {exercise.time_limit:g} seconds.",
        "Usually a loop that never ends, or the same work done again and again: does something change on every turn?",
    )


def _changed(report: Report) -> tuple[str, ...]:
    names = ", ".join(report.changed)
    return (
        f"your answer changed its argument {names} for everyone who uses it.",
        "Work on a copy, or make a new array: `x = x - step` makes a new one, `x -= step` changes the old one.",
    )


MEANING = {
    "ZeroDivisionError": "Something you divide by is 0 for these inputs.",
    "RecursionError": "It calls itself about 1000 deep: without an end, or on something deeper than that.",
    "MemoryError": "It asked for more memory than there is: look at the shapes it builds.",
    "SystemExit": "An answer must not end Python: give the value back with `return`.",
    "IndexError": "A position lies beyond the end. n entries have the positions 0 to n − 1.",
    "KeyError": "A dictionary was asked for a key that it does not have.",
    "UnboundLocalError": "A name is used before anything was put into it.",
    "AttributeError": "The thing before the dot is not what you think it is: print its type.",
    "AssertionError": "One of your own assertions does not hold for these inputs.",
    "ModuleNotFoundError": "Use what the setup cell imports: np and dl.",
    "ImportError": "Use what the setup cell imports: np and dl.",
    "ShapeError": "The shapes do not fit: write each operand's shape beside it on paper.",
    "NotImplementedError": "Part of it is still to be written.",
}


def _exception(report: Report) -> tuple[str, ...]:
    """What was raised, where, and what that usually means."""
    if report.type == "WriteItYourself":
        return (shortened(report.message, WIDTH),)
    what = f"{report.type}: {report.message}".rstrip(". ") if report.message else report.type
    where = f", in line {report.line} of your cell: {report.text}" if report.line else ""
    meaning = MEANING.get(report.type, "")
    if report.name and report.elsewhere:
        meaning = f"Another cell defines {report.name}; an answer stands alone: what it needs belongs into its cell."
    elif report.name:
        meaning = f"Nothing named {report.name} is in this cell: a typing slip, or something to define here first."
    elif report.type == "TypeError" and "numpy boolean subtract" in report.message:
        meaning = "NumPy does not subtract True and False: make numbers of them first, with int(...) or 1.0 * ..."
    elif report.type == "TypeError" and re.search("(operand|instances of).*'function'", report.message):
        meaning = "A function stands where its value is wanted: call it, as in f(x)."
    elif report.type == "LinAlgError" and "square" in report.message:
        meaning = "Only a square matrix can be inverted or solved with: look at its shape."
    elif report.type == "TypeError" and ("bitwise_xor" in report.message or "for ^" in report.message):
        meaning = "A power is written ** in Python: x**2. The sign ^ is something else."
    elif report.type == "TypeError" and "argument" in report.message and report.line:
        meaning = "A function in that line is called with other arguments than it takes."
    elif report.type == "TypeError" and "argument" in report.message:
        meaning = "Keep the names and the order of the arguments as the exercise has them."
    elif report.type in ("TypeError", "AttributeError") and "NoneType" in report.message:
        meaning = "Something is None there: a function without `return` gives back None."
    elif report.type == "ValueError" and "truth value" in report.message:
        meaning = "An `if` wants one True or False, and this is a whole array: np.where chooses entry by entry."
    elif report.type == "TypeError" and "converted to Python scalar" in report.message:
        meaning = "A whole array stands where one number is wanted: np.exp and its like take arrays, math.exp does not."
    elif report.type == "ValueError" and ("broadcast" in report.message or "mismatch" in report.message):
        meaning = MEANING["ShapeError"]
    return (f"it raised {what}{where}", *([meaning] if meaning else []))


def _wrong(exercise: Exercise, case: Case, expected: Report, report: Report) -> tuple[str, ...]:
    """What was tried, what came back, what that usually means."""
    if report.status == "raised":
        return (_tried(exercise, case), *_exception(report))
    objection = _objection(exercise, case, expected, report)
    assert report.observed is not None and objection is not None
    value = values.decode(report.observed)
    if isinstance(objection, str):  # the exercise's own words
        return _tried(exercise, case), f"came back: {_show(value)}", objection
    meaning = _meaning(objection)
    more = (meaning,) if meaning else ()
    one = _one_by_one(exercise, case, objection, value)
    if one is not None:
        key, at = one
        tried = f"tried {exercise.name} with {key}[{at}] = {compact(case[key][at])}"
        return tried, f"came back: {_show(value[at])}", *more
    back = _show(value)
    if objection.path and len(back) > 60:
        back = f"{back}; at {_place(objection.path)}: {_show(objection.observed)}"
    return _tried(exercise, case), f"came back: {back}", *more


def _one_by_one(exercise: Exercise, case: Case, d: Difference, value: Any) -> tuple[str, int] | None:
    """Where an observer went through a list of inputs, the input that came out wrong: its name and position."""
    if exercise.called_directly or not isinstance(value, list) or not d.path:
        return None
    lists = [key for key, items in case.items() if isinstance(items, list) and len(items) == len(value)]
    return (lists[0], d.path[0]) if len(lists) == 1 else None


def _place(path: tuple[Any, ...]) -> str:
    return "".join(f"[{part!r}]" for part in path)


def _show(value: Any) -> str:
    if isinstance(value, Unsupported):
        return f"something of type {value.type_name}" + (f" ({value.why})" if value.why else "")
    return compact(value)


def _meaning(d: Difference) -> str:
    """What a difference of kind or shape usually means; empty for a plain difference of values."""
    got = d.observed
    if got is None:
        return "Usually a missing `return`: a function without one gives back None."
    if isinstance(got, Unsupported):
        if got.type_name in ("Node", "Parameter", "Placeholder", "Constant", "Operation"):
            return "That is a node of the graph. Its value is in dl.run(...), a parameter's in .value."
        if got.type_name in ("generator", "range", "map", "zip", "filter", "dict_keys", "dict_values", "set"):
            return "Make it a list: list(...)."
        if got.type_name in ("function", "method", "builtin_function_or_method", "type"):
            return "A function came back instead of its value: call it with brackets."
        return f"Give back {_kind(d.expected)}."
    if d.kind == "nan":
        return "nan means not a number: 0/0, inf − inf, inf/inf or the log of something negative happened on the way."
    if d.kind in ("type", "shape"):
        wanted, found = _kind(d.expected), _kind(got)
        if wanted != found:
            where = f" at {_place(d.path)}" if d.path else ""
            return f"That is {found}{where}; {wanted} is asked for."
        return "It is built otherwise than asked for: compare it with the worked value of the exercise."
    return ""


def _kind(value: Any) -> str:
    """A value's kind and shape in words, without the value."""
    if isinstance(value, Unsupported):
        return f"something of type {value.type_name}"
    if value is None:
        return "None"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, bool):
        return "True or False"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, dict):
        return f"a dictionary with the keys {', '.join(map(str, value))}"
    if isinstance(value, np.ndarray):
        return "a number" if value.ndim == 0 else f"an array of shape {value.shape}"
    if isinstance(value, tuple):
        return f"a tuple of {len(value)}"
    array = values.as_array(values.encode(value))
    if array is not None and array.ndim > 1:
        return f"a list of lists of shape {array.shape}"
    return f"a list of {len(value)}" if isinstance(value, list) else f"something of type {type(value).__name__}"


FACTORS = {-1.0: "The sign is wrong", 2.0: "The result is twice too large", 0.5: "The result is too small by half"}


def _in_common(exercise: Exercise, wrong: Sequence[tuple[Report, Report]]) -> str:
    """No known misconception: say what all wrong values have in common, or where to look next."""
    found = [
        values.differs(ours.observed or {}, theirs.observed or {}, exercise.rtol)
        for ours, theirs in wrong
        if theirs.status == "value"
    ]
    pairs = [(d.expected, d.observed) for d in found if d is not None]
    if all(isinstance(value, int | float) for pair in pairs for value in pair):
        if len(pairs) == len(wrong):
            for factor, words in FACTORS.items():
                if all(e and abs(o - factor * e) <= 1e-6 * abs(e) for e, o in pairs):
                    return f"{words}, each time."
        if len(pairs) == len(wrong) and all(e and 0 < abs(o - e) <= 1e-3 * abs(e) for e, o in pairs):
            return "Nearly: it is off by less than a thousandth. Look for a step, or a small number put in, on the way."
        if pairs and np.isinf(pairs[0][1]):  # of the case that is shown
            return "inf means that a number grew beyond all bounds: an overflow, or a division by 0."
    return f'Work this case out by hand and compare; lesson.hint("{exercise.id}") gives a hint.'
