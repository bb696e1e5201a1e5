"""From observations to a verdict in plain words. Nothing here runs, calls or believes the learner's objects.

A message has at most three lines: what was tried, what came back, what that usually means. It never shows
the answer.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlcourse.lesson import values
from dlcourse.lesson.cases import compact, fitted, shortened
from dlcourse.lesson.exercises import Exercise
from dlcourse.lesson.running import Report, Run, observe_case, quiet, without_names
from dlcourse.lesson.values import Difference, Unsupported

__all__ = ["Verdict", "expected_of", "judge", "told_apart"]

Case = dict[str, Any]
WIDTH = 150  # of a line, usually
LONGEST = 420  # where inputs are shown in full
SEVERAL = 640  # where it takes several calls


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
    evidence : str
        What the words rest on: ``"misconception"`` (its values agree on all cases), ``"repair"`` (one small edit makes
        it right, or one makes a right answer give the same), ``"fact"`` (something verified about the run),
        ``"exception"``, ``"form"`` (nothing to compare, or a value of another kind or shape) or ``"none"``.
    """

    outcome: str
    lines: tuple[str, ...]
    mutant: int | None = None
    evidence: str = "none"

    def __str__(self) -> str:
        return "\n".join(self.lines)


def expected_of(exercise: Exercise, cases: Sequence[Case], answer: Any = None) -> list[Report]:
    """Observe the reference, or a mutant, with these cases."""
    answer = exercise.answer if answer is None else answer
    with quiet(), without_names(exercise.without), np.errstate(all="ignore"):
        record = not exercise.called_directly
        return [observe_case(answer, exercise.observer, case, record=record) for case in cases]


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
        case, last = cases[len(reports) - 1], reports[-1]
        return _verdict(
            exercise, _outcome(last), _tried(exercise, case), *_ended(exercise, last), evidence=_timed(last)
        )
    if any(report.status == "stub" for report in reports) or not reports:
        return not_attempted(exercise)
    expected = expected_of(exercise, cases) if expected is None else expected
    wrong = wrong_cases(exercise, cases, expected, reports)
    if not wrong:
        changed = next((report for report in reports if report.changed), None)
        if changed is None:
            return Verdict("passed", (f"PASS {exercise.id}",))
        return _verdict(exercise, "failed", *_changed(changed), evidence="fact")
    first = wrong[0]
    lines, evidence = _wrong(exercise, cases[first], expected[first], reports[first])
    mutant = _matching_mutant(exercise, cases, reports, wrong, mutants)
    if mutant is not None:
        lines, evidence = [*lines[:2], exercise.mutants[mutant].message], "misconception"
    elif any(report.changed for report in reports) and reports[first].status == "value":
        told = _changed(next(report for report in reports if report.changed))[0]
        lines = [*lines[:2], told[0].upper() + told[1:]]
        evidence = "fact"
    elif evidence == "none" and (fact := _in_common(exercise, expected, reports)):
        lines, evidence = [*lines[:2], fact], "fact"
    if len(lines) == 2 and evidence != "exception":
        lines.append(f'Work this case out by hand and compare; lesson.hint("{exercise.id}") gives a hint.')
    return _verdict(exercise, _outcome(reports[first]), *lines, mutant=mutant, evidence=evidence)


def wrong_cases(
    exercise: Exercise, cases: Sequence[Case], expected: Sequence[Report], reports: Sequence[Report]
) -> list[int]:
    """Which cases came out wrong: first the worked value of the task, then the smallest."""
    wrong = [i for i in range(len(cases)) if not accepted(exercise, cases[i], expected[i], reports[i])]
    return sorted(wrong, key=lambda i: (i > 0, size_of(cases[i])))


def size_of(value: Any) -> float:
    """How much there is to work through by hand; a long number counts a little more than a short one."""
    if isinstance(value, dict):
        return sum(map(size_of, value.values()))
    if isinstance(value, list | tuple):
        return 1 + sum(map(size_of, value))
    if isinstance(value, np.ndarray):
        return 1 + value.size
    return 1.1 if isinstance(value, float) and value != round(value, 2) else 1.0


def _verdict(
    exercise: Exercise, outcome: str, *lines: str, mutant: int | None = None, evidence: str = "none"
) -> Verdict:
    """Put the id in front of the first line; a message of a mutant is never cut."""
    short = [line if mutant is not None and i == 2 else shortened(line, SEVERAL) for i, line in enumerate(lines)]
    return Verdict(outcome, (f"{exercise.id}: {short[0]}", *short[1:3]), mutant, evidence)


def _outcome(report: Report) -> str:
    return {"time": "timeout", "stopped": "error", "raised": "error"}.get(report.status, "failed")


# ------------------------------------------------------------------------------------------- the comparison


def accepted(exercise: Exercise, case: Case, expected: Report, report: Report) -> bool:
    """Whether one observation is right."""
    return report.status == "value" and _objection(exercise, case, expected, report) is None


def _objection(exercise: Exercise, case: Case, expected: Report, report: Report) -> Difference | str | None:
    """What is wrong with an observed value: where it differs, or what the exercise's own judge says."""
    assert report.observed is not None and expected.observed is not None
    if exercise.judge is None:
        difference = values.differs(expected.observed, report.observed, exercise.rtol)
        if difference is None and exercise.strict:
            return values.other_kind(expected.observed, report.observed)
        return difference
    try:
        said = exercise.judge(values.decode(report.observed), case)
    except Exception:  # the judge stumbled over a value of an unforeseen kind: say how it differs from the usual
        said = False
        if difference := values.differs(expected.observed, report.observed, exercise.rtol):
            return difference
    return None if said is True else said or "This is not what is asked for."


def _matching_mutant(
    exercise: Exercise,
    cases: Sequence[Case],
    reports: Sequence[Report],
    wrong: list[int],
    mutants: Sequence[Sequence[Report]] | None,
) -> int | None:
    """The misconception whose values agree in every case, the right ones included; none, if two say otherwise."""
    if all(reports[i].status != "value" for i in wrong):
        return None  # an exception alone is no evidence
    order = [*wrong, *(i for i in range(len(cases)) if i not in wrong)]
    agree = []
    with quiet(), without_names(exercise.without), np.errstate(all="ignore"):
        for index, mutant in enumerate(exercise.mutants):
            theirs = (
                mutants[index][i] if mutants is not None else observe_case(mutant.answer, exercise.observer, cases[i])
                for i in order
            )
            if all(same(exercise, reports[i], report) for i, report in zip(order, theirs, strict=True)):
                agree.append(index)
    return agree[0] if len({exercise.mutants[index].message for index in agree}) == 1 else None


def same(exercise: Exercise, one: Report, other: Report) -> bool:
    """Whether two answers did the same with a case, to their arguments, too."""
    if one.changed != other.changed:
        return False
    if one.status == other.status == "value":
        assert one.observed is not None and other.observed is not None
        return values.differs(other.observed, one.observed, exercise.rtol) is None
    fell = ("raised", "form")  # an author's answer has no cell, so what it raises in a case counts as the case's form
    return one.status in fell and other.status in fell and one.type == other.type


# ------------------------------------------------------------------------------------------------- in words


def _tried(exercise: Exercise, case: Case) -> str:
    texts = fitted([compact(value) for value in case.values()], LONGEST)
    inputs = ", ".join(f"{key}={text}" for key, text in zip(case, texts, strict=True))
    return f"tried {exercise.name}({inputs})" if exercise.called_directly else f"tried {exercise.name} with {inputs}"


def not_attempted(exercise: Exercise) -> Verdict:
    """What is said of a stub."""
    text = "not attempted yet. Put your own code where the ... is, run the cell, then check again."
    return Verdict("not attempted", (f"{exercise.id}: {text}",), evidence="form")


def _before(exercise: Exercise, trouble: Report) -> Verdict:
    """The cell itself went wrong, before the first case."""
    name, kind = exercise.name, "class" if exercise.is_class else "function"
    if trouble.status == "syntax":
        where = f"line {trouble.line} of your cell: {trouble.text}" if trouble.line else "your cell"
        return _verdict(
            exercise,
            "error",
            f"Python cannot read {where}",
            f"It says: {trouble.message}",
            _syntax_advice(trouble),
            evidence="exception",
        )
    if trouble.status == "missing":
        head = "class" if exercise.is_class else "def"
        return _verdict(
            exercise,
            "not attempted",
            f"your cell ran, but afterwards there was no {kind} named {name}.",
            f"It needs to start with `{head} {name}` at the left margin.",
            evidence="form",
        )
    if trouble.status == "kind":
        return _verdict(
            exercise,
            "failed",
            f"{name} is of type {trouble.type}; a {kind} is asked for.",
            f"Keep the first line of the exercise: {_header(exercise)}",
            evidence="form",
        )
    if trouble.status == "died":
        return _verdict(
            exercise,
            "kernel died",
            "ran your cell, and Python itself ended.",
            "Usually far too much memory, or a call that ends the program.",
        )
    if trouble.status in ("time", "stopped"):
        lines = ("ran your cell", *_ended(exercise, trouble))
        return _verdict(exercise, _outcome(trouble), *lines, evidence=_timed(trouble))
    return _verdict(exercise, "error", "ran your cell on its own", *_exception(trouble), evidence="exception")


def _header(exercise: Exercise) -> str:
    return f"class {exercise.name}:" if exercise.is_class else f"def {exercise.signature()}:"


def _syntax_advice(trouble: Report) -> str:
    message = trouble.message.lower()
    if trouble.type in ("IndentationError", "TabError") or "indent" in message:
        return "Indent the body of the function by four spaces, every line alike."
    if "never closed" in message or "unmatched" in message or "does not match" in message:
        return "Count the brackets: each one that opens must close."
    if "invalid character" in message or "non-printable" in message:
        return "Type that sign anew on your keyboard: Python takes plain quotes, signs and blanks only."
    called = re.fullmatch(r"(\w+) *\(.*\) *:", trouble.text.strip())
    if called and not keyword.iskeyword(called[1]) and not hasattr(builtins, called[1]):
        return "A function begins with the word def, and a class with class."
    if "expected ':'" in message:
        word = re.match(r"(def|class|if|elif|else|for|while|with|try)\b", trouble.text)
        return f"A line that starts with {word[0] if word else 'def, if, else, for or while'} ends with a colon."
    if "invalid decimal literal" in message and re.search(r"\d[^\W\d_]", trouble.text):
        return "A product needs its sign: 2 * h, not 2h. And no name begins with a digit."
    if "maybe you meant '=='" in message:
        return "One = puts something into a name. To compare, write ==."
    return "Look at that line and the one above it: a missing bracket, comma or colon shows up late."


def _ended(exercise: Exercise, report: Report) -> tuple[str, ...]:
    if report.status == "stopped":
        return ("You stopped it before it came back.",)
    where = f"; it was in line {report.line} of your cell then: {report.text}" if report.line else "."
    return (
        f"It had not come back after {exercise.time_limit:g} seconds{where}",
        "Usually a loop that never ends, or the same work done again and again: does something change on every turn?",
    )


def _timed(report: Report) -> str:
    return "exception" if report.line else "none"


def _changed(report: Report) -> tuple[str, ...]:
    names = ", ".join(report.changed)
    return (
        f"your answer changed its argument{'s' if len(report.changed) > 1 else ''} {names} for everyone who uses it.",
        "Work on a copy, or make a new array: `x = x - step` makes a new one, `x -= step` changes the old one.",
    )


MEANING = {
    "ZeroDivisionError": "Something you divide by is 0 for these inputs.",
    "RecursionError": "It calls itself deeper than Python goes: without an end, or on something that is so deep.",
    "MemoryError": "It asked for more memory than there is: look at the shapes it builds.",
    "SystemExit": "An answer must not end Python: give the value back with `return`.",
    "KeyError": "A dictionary was asked for a key that it does not have. What should happen where there is none?",
    "UnboundLocalError": "Nothing is in that name yet: give it a value above, or see why its line is not reached.",
    "AssertionError": "One of your own assertions does not hold for these inputs.",
    "ModuleNotFoundError": "Use what the setup cell imports: np and dl.",
    "ImportError": "Use what the setup cell imports: np and dl.",
    "ShapeError": "The shapes do not fit: write each operand's shape beside it on paper.",
    "NotImplementedError": "Part of it is still to be written.",
}

NO_ENTRIES = "A single number has no entries: an array or a list is wanted where one number stands."
NO_ARRAY = "A list is no array: to compute with all its entries at once, make an array of it, np.array(...)."
OTHER_ARGUMENTS = "A function in that line is called with other arguments than it takes."
# By type and by what the message says; the first that fits is told.
TOLD: tuple[tuple[str, str, str], ...] = (
    (
        "TypeError",
        "numpy boolean subtract",
        "NumPy does not subtract True and False: make numbers of them first, with int(...) or 1.0 * ...",
    ),
    (
        "TypeError",
        "(operand|instances of).*'function'",
        "A function stands where its value is wanted: call it, as in f(x).",
    ),
    (
        "AttributeError",
        f"'(list|tuple)' .*attribute '({'|'.join(name for name in dir(np.ndarray) if not hasattr(list, name))})'",
        "An array has that, a list has not: make an array of it, np.array(...), or call a function of np.",
    ),
    (
        "AttributeError",
        "'numpy.ndarray' .*attribute '(append|extend|index|insert|remove)'",
        "A list has that, an array has not: make a list of it, list(...), or call a function of np.",
    ),
    ("AttributeError", "'dict' .*attribute '(add|discard)'", "{} makes an empty dict. An empty set is set()."),
    (
        "AttributeError",
        "^(?!.*NoneType).*has no attribute",
        "The thing before the dot is not what you think it is: print its type.",
    ),
    (
        "ValueError",
        "m(ax|in)\\(\\) .*empty|zero-size array to reduction",
        "Nothing is in there to choose from. Was nothing put in, or is there a case in which all is left out?",
    ),
    ("ValueError", "is not in list", "A list was searched for something that it does not hold."),
    (
        "TypeError",
        "'(int|float|numpy.float64)' object is not callable",
        "Brackets behind a number call it, and only functions can be called. A product needs its *: 2 * (x + 1).",
    ),
    (
        "TypeError",
        "'(list|tuple|dict|numpy.ndarray)' object is not callable",
        "Round brackets call a function. An entry is taken with square ones, as in a[0].",
    ),
    ("TypeError", "'str' object is not callable", "A text is no function: look up the function that it names."),
    (
        "TypeError",
        "object is not callable",
        "Brackets behind a name call it, and only functions can be called. That name holds something else.",
    ),
    (
        "IndexError",
        "assignment index out of range",
        "There is no such place in the list yet. A list grows with append, one entry at a time.",
    ),
    ("IndexError", "out of (range|bounds)", "A position lies beyond the end. n entries have the positions 0 to n − 1."),
    ("IndexError", "too many indices", "More positions are asked for than there are axes: look at its shape."),
    ("IndexError", "scalar", "A single number has no entries: an array is wanted where one number was handed over."),
    ("IndexError", "valid indices|used as indices", "A place in an array is a whole number, or a slice such as 0:2."),
    (
        "TypeError",
        "'(function|method|builtin_function_or_method|numpy.ufunc|numpy._ArrayFunc.*)' object is not subscriptable",
        "Square brackets pick an entry. A function is called with round ones, as in f(x).",
    ),
    ("TypeError", "'(int|float|bool|numpy.(int|float|bool).*)' object is not (subscriptable|iterable)", NO_ENTRIES),
    ("TypeError", "'(int|float|bool|numpy.(int|float|bool).*)' has no len|len\\(\\) of unsized", NO_ENTRIES),
    (
        "TypeError",
        "'(numpy.)?float[0-9]*' object cannot be interpreted as an integer",
        "A whole number is wanted there: 2, not 2.0.",
    ),
    (
        "LinAlgError",
        "ingular",
        "It has no inverse, for a column follows from the others: look at its columns, and at its shape.",
    ),
    ("LinAlgError", "square", "Only a square matrix can be inverted or solved with: look at its shape."),
    (
        "UFuncTypeError",
        "Cannot cast",
        "An array of whole numbers cannot take fractions in place: write x = x + step, which makes a new array.",
    ),
    (
        "LinAlgError",
        "dimensional",
        "A matrix is wanted where a plain row of numbers stands: look at the order, and at the shapes.",
    ),
    ("TypeError", "can only concatenate (list|tuple)", NO_ARRAY),
    (
        "TypeError",
        "for \\+.*'set'",
        "A set grows by found.add(...), which takes one thing, or by found.update(...), which takes several.",
    ),
    ("TypeError", "bitwise_xor|for \\^", "A power is written ** in Python: x**2. The sign ^ is something else."),
    (
        "TypeError",
        "(for [-+*/@]+=?( or pow\\(\\))?|for unary [-+]|for abs\\(\\)|instances of):? '(list|tuple)'",
        NO_ARRAY,
    ),
    (
        "TypeError",
        "for [-+*/@]+=?: ('dict'|.* and 'dict')",
        "A dictionary does not compute: take an entry of it by its key, or go through its keys one by one.",
    ),
    (
        "TypeError",
        "for [-+*/@]+=?: .* and '(list|tuple)'",
        "A number meets a whole list there: take an entry of the list, or make an array of it, np.array(...).",
    ),
    (
        "TypeError",
        "multiply sequence|for .*: .*'str'",
        "A list, a tuple or a text stands where a number or an array is meant.",
    ),
    ("ValueError", "to unpack", "There are more names than things to put into them, or fewer."),
    (
        "TypeError",
        "cannot unpack",
        "A single thing is to be shared out among several names. A loop over a dictionary gives its keys alone; "
        ".items() gives pairs.",
    ),
    (
        "TypeError",
        "order must be str",
        "NumPy's flatten takes no axis: it makes one row of everything. reshape takes the shape that you want.",
    ),
    (
        "TypeError|ValueError",
        "sub-type of ndarray|Cannot interpret .* as a data type",
        "NumPy's view is for other types, not for other shapes. reshape takes the shape that you want.",
    ),
    ("AxisError", "out of bounds", "There is no such axis: those of n axes are 0 to n − 1. Look at its shape."),
    (
        "TypeError",
        "must be integers or slices, not tuple",
        "That is a list: its entries are taken one by one, as in a[i][j], or make an array of it.",
    ),
    (
        "TypeError",
        "must be integers or slices",
        "A place in a list or tuple is a whole number. What stands in the brackets there is something else.",
    ),
    ("TypeError", "argument", OTHER_ARGUMENTS),
    ("TypeError|AttributeError", "NoneType", "Something is None there: a function without `return` gives back None."),
    (
        "ValueError",
        "truth value",
        "One True or False is wanted there, and this is a whole array: np.where and np.maximum go entry by entry.",
    ),
    (
        "TypeError",
        "converted to Python scalar",
        "A whole array stands where one number is wanted: np.exp and its like take arrays, math.exp does not.",
    ),
    (
        "ValueError",
        "math domain",
        "A root, a log or an arccos takes some numbers only, and this one lies outside, if only by rounding.",
    ),
    ("ValueError", "must have the same shape", "np.stack takes arrays of one shape only: print the shape of each."),
    ("ValueError", "equal division", "np.split cuts into equal parts only, or at the places that a list names."),
    (
        "ValueError",
        "enough dimensions",
        "A single number stands beside @, which takes vectors and matrices: print both sides of it.",
    ),
    ("ValueError", "cannot reshape", "A new shape holds as many entries as the old one: the sizes, multiplied."),
    ("ValueError", "broadcast|mismatch", MEANING["ShapeError"]),
)


def _exception(report: Report, own: str = "") -> tuple[str, ...]:
    """What was raised, where, and what that usually means; ``own`` is the name of the answer."""
    if report.type == "WriteItYourself":
        return (shortened(report.message, WIDTH),)
    said = re.sub(r"Input operand .*\((size \d+ is different from \d+)\)", r"\1", report.message)  # of a matmul
    said = re.sub(r"(enough dimensions) \(has.*", r"\1", said)
    what = f"{report.type}: {said}".rstrip(". ") if said else report.type
    where = f", in line {report.line} of your cell: {report.text}" if report.line else ""
    meaning = MEANING.get(report.type, "")
    missing = re.search(r"'(\w+)' object has no attribute '(\w+)'", report.message)
    if report.name and report.ends == "kept in self":
        meaning = f"{report.name} is kept in the object: write self.{report.name}."
    elif report.name and report.ends == "of another method":
        meaning = f"Only another method has {report.name}: keep it there, in self.{report.name}, and write that here."
    elif report.name and report.ends == "bound elsewhere":  # whatever other cells call by that name
        meaning = (
            f"{report.name} is in this cell, but this line does not see it: it is made later, or in another function."
        )
    elif report.name and report.elsewhere:
        meaning = f"Another cell defines {report.name}; an answer stands alone: what it needs belongs into its cell."
    elif report.name:
        meaning = f"Nothing named {report.name} is in this cell: a typing slip, or something to define here first."
    elif report.ends == "handed over" and report.type == "AttributeError":
        meaning = "That comes from something that is handed to you: it was used before it could be, or out of order."
    elif missing and missing[1] == own:
        meaning = f"Nothing has put {missing[2]} there yet: which method should have stored it in self.{missing[2]}?"
    else:
        told = (
            sentence
            for kind, words, sentence in TOLD
            if re.fullmatch(kind, report.type) and re.search(words, report.message)
        )
        meaning = next(told, meaning)
        if meaning == OTHER_ARGUMENTS and not report.line:  # the call is ours
            meaning = "Keep the names and the order of the arguments as the exercise has them"
            meaning += "; self is a method's first." if "." in report.message.partition("()")[0] else "."
    return (f"it raised {what}{where}", *([meaning] if meaning else []))


def _wrong(exercise: Exercise, case: Case, expected: Report, report: Report) -> tuple[list[str], str]:
    """What was tried, what came back, what that usually means; and what that rests on."""
    call = _failing_call(exercise, expected, report)
    tried = _calls_up_to(report, call[0]) if call else _tried(exercise, case)
    if report.status == "raised":
        return [
            _calls_up_to(report, report.calls[-1]) if report.calls else tried,
            *_exception(report, exercise.name),
        ], "exception"
    if report.status == "form":
        return _unusable(exercise, tried, call, expected, report), "form"
    objection = _objection(exercise, case, expected, report)
    assert report.observed is not None and objection is not None
    value = values.decode(report.observed)
    if isinstance(objection, str):  # the exercise's own words, about what it looked at
        shown = call[0] if call else report.calls[0] if report.calls else None
        if shown is not None:
            tried, value = _calls_up_to(report, shown), values.decode(shown["observed"])
        return [tried, _came_back(exercise, value, None), objection], "fact"
    if call is not None:
        theirs, ours = call
        difference = values.differs(ours["observed"], theirs["observed"], exercise.rtol)
        if difference is None and exercise.strict:
            difference = values.other_kind(ours["observed"], theirs["observed"])
        if difference is not None:
            value, objection = values.decode(theirs["observed"]), difference
    elif not exercise.called_directly and objection.path:  # a place in what the observer put together tells nobody
        if len(_show(value)) > WIDTH:
            value = objection.observed
        objection = Difference(objection.kind, (), objection.expected, objection.observed)
    meaning = _meaning(objection, report)
    back = _came_back(exercise, value, objection)
    form = objection.kind in ("type", "shape", "nan") or _infinite(objection)
    form = form or _misspelt(objection) or _yes_or_no(objection)
    return [tried, back, *([meaning] if meaning else [])], "form" if form and meaning else "none"


Call = dict[str, Any]


def _failing_call(exercise: Exercise, expected: Report, report: Report) -> tuple[Call, Call] | None:
    """Of the calls that an observer made, the first that did not give what the reference gives; theirs and ours."""
    for theirs, ours in zip(report.calls, expected.calls, strict=False):
        if theirs["text"] != ours["text"] or _has_more(ours["observed"], theirs["observed"]):
            return None
        if all(values.contains(side["observed"], "unsupported") for side in (theirs, ours)):
            continue  # an object of the answer's own: what it is shows in the next call
        pair = ours["observed"], theirs["observed"]
        if values.differs(*pair, exercise.rtol) or (exercise.strict and values.other_kind(*pair)):
            return theirs, ours
    return None


def _has_more(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """Whether theirs is a dictionary with more keys than ours: an observer may have allowed some of them."""
    if ours["kind"] != "dict" or theirs["kind"] != "dict":
        return False
    return set(values.decode(ours)) < set(values.decode(theirs))


def _calls_up_to(report: Report, last: Call) -> str:
    """The calls that led to one, for whoever wants to repeat it; only that one, if they are long."""
    texts = [call["text"] for call in report.calls]
    at = next(i for i, call in enumerate(report.calls) if call is last)
    # where its object was made
    start = next(i for i in range(at + 1) if _whose(texts[i]) == _whose(texts[at])) if "(...)." in texts[at] else at
    whole = ", then ".join(texts[start : at + 1])
    return f"tried {whole if len(whole) < SEVERAL - 20 else texts[at]}"


def _whose(text: str) -> str:
    """Of which object a recorded call is."""
    return text.partition("(")[0].removeprefix("first ")


def _unusable(
    exercise: Exercise, tried: str, call: tuple[Call, Call] | None, expected: Report, report: Report
) -> list[str]:
    """The one who looks at the answer could not go on with what it gave back."""
    if call is not None:
        value = values.decode(call[0]["observed"])
        difference = values.differs(call[1]["observed"], call[0]["observed"], exercise.rtol)
        meaning = _meaning(difference, report) if difference else ""
        return [tried, f"came back: {_show(value)}", meaning or "The exercise goes on with it, and cannot."]
    if report.ends == "said by dl":
        return [tried, "What came back was used as the exercise goes on.", f"dl says: {report.message}"]
    what = f"made {report.calls[-1]['text']}" if report.calls else f"used {exercise.name}"
    if report.type == "NotImplementedError":
        return [what, f"Then {report.message.rstrip('.')}."]
    if report.type == "KeyError":
        return [what, f"Then {report.message} was looked up in what came back, and it is not there."]
    if report.type == "AttributeError" and report.name:
        return [what, f"Then {report.name} was asked for, and it is not there."]
    if exercise.is_class:
        said = f"Then it was used as the exercise shows, and Python said: {report.message}"
        if "takes no arguments" in report.message:
            return [what, said, "A class takes its arguments in a method called __init__. It has none."]
        return [what, said]
    return [what, "What came back is built otherwise than asked for: compare it with the worked value of the exercise."]


def _came_back(exercise: Exercise, value: Any, d: Difference | None) -> str:
    """What came back, in full where it is short; a number as exactly as it takes to see that it is wrong."""
    back = _show(value)
    numbers = d is not None and isinstance(d.observed, float) and isinstance(d.expected, int | float)
    if d is not None and numbers and compact(d.observed) == compact(float(d.expected)):
        exact = f"{d.observed:.12g}"
        return f"came back: {exact}" if not d.path else f"came back: {back}; exactly {exact} at {_place(d.path)}"
    if d is not None and d.path and len(back) > 60 and d.kind == "value":
        back = f"{back}; at {_place(d.path)}: {_show(d.observed)}"
    return f"came back: {back}"


def _place(path: tuple[Any, ...]) -> str:
    return "".join(f"[{part!r}]" for part in path)


def _show(value: Any) -> str:
    return repr(value) if isinstance(value, Unsupported) else compact(value)


def _infinite(d: Difference) -> bool:
    """Whether something is infinite that should not be."""
    numbers = isinstance(d.observed, int | float) and isinstance(d.expected, int | float)
    return numbers and bool(np.isinf(float(d.observed)) and not np.isinf(float(d.expected)))


def _misspelt(d: Difference) -> bool:
    """Whether a word is the right one, but for capital letters and blanks."""
    both = isinstance(d.observed, str) and isinstance(d.expected, str)
    return both and d.observed != d.expected and d.observed.strip().lower() == d.expected.strip().lower()


def _yes_or_no(d: Difference) -> bool:
    """Whether True or False came back in the place of a number."""
    return isinstance(d.observed, bool) and isinstance(d.expected, int | float) and not isinstance(d.expected, bool)


def _meaning(d: Difference, report: Report) -> str:
    """What a difference of kind or shape usually means; empty for a plain difference of values."""
    got = d.observed
    if got is None:
        if report.ends == "no return" and not d.path:
            return "There is no `return` with a value in it, and a function without one gives back None."
        if not d.path and d.expected is not None:
            return f"None came back; {_kind(d.expected)} is asked for. Look at what each way through it gives back."
        return ""
    if isinstance(got, Unsupported):
        if got.type_name in ("Node", "Parameter", "Placeholder", "Constant", "Operation"):
            return "That is a node of the graph. Its value is in dl.run(...), a parameter's in .value."
        if got.type_name == "coroutine":
            return "That is a coroutine: begin with `def`, without `async`."
        if got.type_name == "generator" and _kind(d.expected) in ("a number", "a string", "True or False"):
            return f"`yield` makes it a generator; {_kind(d.expected)} is asked for: give it back once, with `return`."
        if got.type_name in ("generator", "range", "map", "zip", "filter", "dict_keys", "dict_values", "set"):
            return "Make it a list: list(...)."
        if got.type_name in ("function", "method", "builtin_function_or_method", "type"):
            return "A function came back instead of its value: call it with brackets."
        if d.expected is None or isinstance(d.expected, Unsupported):
            return ""
        return f"Give back {_kind(d.expected)}."
    if isinstance(got, set) and isinstance(d.expected, list | tuple | np.ndarray):
        return "That is a set, which has no order. Make it a list: list(...)."
    if _yes_or_no(d):
        return f"That is {d.observed}; a number is asked for."
    if _misspelt(d):
        return "The word is right, but for capital letters or blanks: write it as the exercise does."
    if d.kind == "nan":
        return "nan means not a number: 0/0, inf − inf, inf/inf or the log of something negative happened on the way."
    if _infinite(d):
        return "inf means that a number grew beyond all bounds: an overflow, or a division by 0."
    if isinstance(got, dict) and isinstance(d.expected, dict) and (words := _keys(d)):
        return words
    if d.kind in ("type", "shape"):
        wanted, found = _kind(d.expected), _kind(got)
        if wanted != found:
            where = f" at {_place(d.path)}" if d.path else ""
            return f"That is {found}{where}; {wanted} is asked for."
        return "It is built otherwise than asked for: compare it with the worked value of the exercise."
    return ""


def _keys(d: Difference) -> str:
    """Which keys of a dictionary are missing or too many."""
    where = f" at {_place(d.path)}" if d.path else ""
    missing, more = ([k for k in a if k not in b] for a, b in ((d.expected, d.observed), (d.observed, d.expected)))
    for keys, what in ((missing, "missing"), (more, "too many")):
        if keys:
            named = shortened(", ".join(map(repr, keys)), WIDTH)
            return f"{'A key is' if len(keys) == 1 else 'Keys are'} {what} in your dictionary{where}: {named}."
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
        return f"a dictionary with the key{'s' * (len(value) > 1)} {', '.join(map(str, value))}"
    if isinstance(value, np.ndarray):
        return "a number" if value.ndim == 0 else f"an array of shape {value.shape}"
    if isinstance(value, tuple | set):
        return f"a {type(value).__name__} of {len(value)}"
    if not isinstance(value, list):
        return f"something of type {type(value).__name__}"
    array = values.as_array(values.encode(value))
    if array is not None and array.ndim > 1 and all(isinstance(item, list) for item in value):
        return f"a list of lists of shape {array.shape}"
    kinds = {_kind(item) for item in value if isinstance(item, tuple | np.ndarray)}
    # (np.ndim of a tuple would make an array of it, and a ragged one makes none)
    if len(kinds) == 1 and all(
        item.ndim if isinstance(item, np.ndarray) else isinstance(item, tuple) for item in value
    ):
        one = kinds.pop().removeprefix("an ").removeprefix("a ")
        many = one if len(value) == 1 else one.replace("array", "arrays", 1).replace("tuple", "tuples", 1)
        return f"a list of {len(value)} {many}"
    return f"a list of {len(value)}"


FACTORS = {
    -1.0: "Every number comes out with the other sign.",
    2.0: "Every number comes out twice as large as asked for.",
    0.5: "Every number comes out half as large as asked for.",
}
MADE_OF: dict[str, Callable[[Any], Any]] = {
    "the square of what is asked for": np.square,
    "the square root of what is asked for": np.sqrt,
    "1 divided by what is asked for": np.reciprocal,
    "1 minus what is asked for": lambda wanted: 1 - wanted,
    "the exponential of what is asked for": np.exp,
    "the logarithm of what is asked for": np.log,
    "the size of what is asked for, without its sign": np.abs,
}
CLOSE = ((1e-3, "a thousandth"), (1e-2, "a hundredth"), (0.05, "a twentieth"))


def _in_common(exercise: Exercise, expected: Sequence[Report], reports: Sequence[Report]) -> str:
    """What is true of the values in every case, as compared with what is asked for; empty if nothing was found."""
    if exercise.judge is not None or any(report.status != "value" for report in reports):
        return ""
    pairs = [(ours.observed or {}, theirs.observed or {}) for ours, theirs in zip(expected, reports, strict=True)]
    if exercise.called_directly and (words := _of_parts(exercise, pairs)):
        return words
    return _of_numbers(exercise, pairs)


Pairs = Sequence[tuple[dict[str, Any], dict[str, Any]]]


def _of_numbers(exercise: Exercise, pairs: Pairs) -> str:
    """How all numbers that come back are related to those that are asked for."""
    arrays = [(values.as_array(ours), values.as_array(theirs)) for ours, theirs in pairs]
    plain = [
        (a.astype(float), b.astype(float))
        for a, b in arrays
        if a is not None and b is not None and a.dtype.kind in "iuf" and b.dtype.kind in "iuf"
    ]
    if len(plain) < len(arrays):
        return ""
    if all(a.shape == b.shape for a, b in plain):
        ours, theirs = (np.concatenate([side[k].ravel() for side in plain]) for k in (0, 1))
        finite = np.isfinite(ours) & np.isfinite(theirs)
        if not finite.all() or len(set(ours[ours != 0].tolist())) < 3:
            return ""
        for factor, words in FACTORS.items():
            if np.allclose(theirs, factor * ours, rtol=1e-7, atol=1e-12):
                return words
        if np.ptp(theirs - ours) <= 1e-9 * max(1.0, np.abs(ours).max()):
            by = f"{abs(theirs[0] - ours[0]):.6g}"
            return f"Every number comes out {by} too {'large' if theirs[0] > ours[0] else 'small'}."
        if np.array_equal(theirs, np.floor(ours)):
            return "Every number is rounded down to a whole one: is there a // or an int(...) where / is meant?"
        for digits in range(8):
            if np.array_equal(theirs, np.round(ours, digits)):
                return f"Every number is rounded to {digits} digits: give back the number itself."
        with np.errstate(all="ignore"):
            for made, function in MADE_OF.items():
                if np.allclose(theirs, function(ours), rtol=1e-7, atol=1e-12):
                    return f"Every number comes out as {made}."
            sizes = np.allclose(np.abs(theirs), np.abs(ours), rtol=1e-7, atol=1e-12)
        if sizes:
            return "The size of every number is right; the sign is wrong in some of them."
        for much, words in CLOSE:  # a number may be small beside the others of its case, not beside those of another
            if all(
                np.all(np.abs(b - a) <= much * np.maximum(np.abs(a), 0.01 * np.abs(a).max(initial=0))) for a, b in plain
            ):
                return f"Nearly: every number is off by less than {words}."
        if exercise.called_directly and all(a.ndim == 1 and np.allclose(a[::-1], b, rtol=1e-7) for a, b in plain):
            return "The numbers are right, in the opposite order."
    elif exercise.called_directly and all(
        a.ndim == 2 and a.T.shape == b.shape and np.allclose(a.T, b, rtol=1e-7) for a, b in plain
    ):
        return "The numbers are right, with rows and columns exchanged: that is the transpose."
    return ""


def told_apart(
    exercise: Exercise, cases: Sequence[Case], expected: Sequence[Report], reports: Sequence[Report], first: int
) -> str:
    """Which answer is given for which, where there are few; else what the inputs of the wrong cases have in common."""
    if exercise.judge is not None or not exercise.called_directly or any(r.status != "value" for r in reports):
        return ""
    pairs = [(ours.observed or {}, theirs.observed or {}) for ours, theirs in zip(expected, reports, strict=True)]
    wrong = [values.differs(ours, theirs, exercise.rtol) is not None for ours, theirs in pairs]
    few = [(_word(ours), _word(theirs)) for (ours, theirs), bad in zip(pairs, wrong, strict=True) if bad]
    shown = wrong[:first].count(True)  # which of the wrong ones the learner is shown
    if all(None not in pair for pair in few) and len(few) > 1:
        (asked, got), times = Counter(few).most_common(1)[0]
        if times > 1 and times > len(few) / 2:
            when = "Each time that it is wrong" if times == len(few) else f"In {times} of {len(few)} wrong cases"
            when += "" if few[shown] == (asked, got) else ", though not in this one"
            return f"{when}, {asked} is asked for, and {got} comes back."
        never = {asked for asked, _ in few} - {_word(theirs) for _, theirs in pairs}
        if len(never) == 1 and sum(asked in never for asked, _ in few) > 1:
            return f"{never.pop()} never comes back, though it is asked for."
    for name in cases[0]:
        if all(name in case for case in cases):
            for words, is_so in TRAITS:
                known = [is_so(case[name]) for case in cases]
                if None not in known and wrong.count(True) > 1 and wrong.count(False) > 1 and known == wrong:
                    return f"Of what was tried it is wrong wherever {name} {words}, and right elsewhere."
    return ""


def _word(encoded: dict[str, Any]) -> str | None:
    """A short word, True, False, None or a whole number of one digit, for a person; None for anything else."""
    short = encoded["kind"] in ("bool", "none") or (encoded["kind"] == "str" and len(encoded["value"]) < 20)
    if encoded["kind"] == "int":
        short = len(encoded["value"].lstrip("-")) == 1
    return compact(values.decode(encoded)) if short else None


def _number(value: Any) -> float | None:
    return float(value) if type(value) in (int, float) else None


def _entries(value: Any) -> int | None:
    if isinstance(value, np.ndarray):
        return len(value) if value.ndim else None
    return len(value) if isinstance(value, list | tuple | dict) else None


def _trait(of: Callable[[Any], Any], is_so: Callable[[Any], bool]) -> Callable[[Any], bool | None]:
    def look(value: Any) -> bool | None:
        got = of(value)
        return None if got is None else bool(is_so(got))

    return look


# What inputs may have in common that a learner can see.
TRAITS: tuple[tuple[str, Callable[[Any], bool | None]], ...] = (
    ("is negative", _trait(_number, lambda v: v < 0)),
    ("is positive", _trait(_number, lambda v: v > 0)),
    ("is 0", _trait(_number, lambda v: v == 0)),
    ("is not 0", _trait(_number, lambda v: v != 0)),
    ("is above 1", _trait(_number, lambda v: v > 1)),
    ("is below 1", _trait(_number, lambda v: v < 1)),
    ("is no whole number", _trait(_number, lambda v: v != int(v))),
    ("has more than one entry", _trait(_entries, lambda n: n > 1)),
    ("has more than two entries", _trait(_entries, lambda n: n > 2)),
    ("is empty", _trait(_entries, lambda n: n == 0)),
)


PLACES = ("first", "second", "third", "fourth", "fifth")


def _of_parts(exercise: Exercise, pairs: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> str:
    """Where several things are given back: which of them are right each time, and which is not."""
    split = [(values.items_of(a), values.items_of(b)) for a, b in pairs if a["kind"] == "tuple"]
    counts = {len(side) if side is not None else 0 for both in split for side in both}
    if len(split) < len(pairs) or len(counts) != 1 or not 2 <= (count := counts.pop()) <= 5:
        return ""
    right = [
        all(a is not None and b is not None and values.differs(a[k], b[k], exercise.rtol) is None for a, b in split)
        for k in range(count)
    ]
    bad = [PLACES[k] for k in range(count) if not right[k]]
    if len(bad) == 1:
        others = "the other one is" if count == 2 else "the others are"
        return f"Of the {count} things that you give back the {bad[0]} is wrong; {others} right each time."
    return ""
