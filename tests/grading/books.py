"""A gradebook made by hand, with names as awful as file names can be."""

from __future__ import annotations

import hashlib

from dlcourse.grading.results import ExerciseResult, Gradebook, RunInfo, Student, SubmissionResult
from dlcourse.lesson import files

NAMES = [
    "ada.ipynb",
    'Lovelace, "Ada".ipynb',
    '=HYPERLINK("http://x","y").ipynb',
    "+1.ipynb",
    "-1.ipynb",
    "@SUM(A1).ipynb",
    "\tindented.ipynb",
    "\rreturned.ipynb",
    "two\nlines\r\nlong.ipynb",
    "caf\udce9.ipynb",  # a byte that is no UTF-8, as os.fsdecode gives it
    "<script>alert(1)</script>&amp;.ipynb",
    "\x1b[31mred\x1b[0m.ipynb",
    "abc\u202efdp.ipynb",  # a right-to-left override: reads as pdf.cba on a careless page
    "zero\u200bwidth\u2066.ipynb",
    "Ζωή.ipynb",
    "李小龙.ipynb",
    "e\u0301.ipynb",
    "\xe9.ipynb",  # the last two look alike
    "ADA.ipynb",
    "a" * 240 + ".ipynb",
    "{{ 7 * 7 }}{% include 'x' %}.ipynb",
    "CON.ipynb",
    "..ipynb",
]
LOOP = """\
def softmax(Z):
    rows = []
    for z in Z:
        top = max(z)
        powers = [np.exp(value - top) for value in z]
        total = sum(powers)
        rows.append([power / total for power in powers])
    return np.array(rows)
"""
OUTCOMES = ["passed", "failed", "not attempted", "timeout", "kernel died", "error"]


def gradebook(names: list[str] | None = None, lesson: str = "12", *, sandbox: bool = True) -> Gradebook:
    """Every name once, every outcome often, misconceptions and evasions here and there."""
    names = NAMES if names is None else names
    exercises = dict(list(files.exercises(lesson).items())[:5])  # a lesson may grow; this book is of five exercises
    submissions = []
    for i, name in enumerate(sorted(names)):
        student = Student("canvas", name.removesuffix(".ipynb"), str(100 + i), str(900 + i), i % 7 == 3)
        if i % 9 == 4:
            submissions.append(SubmissionResult(name, "rejected", 8, f"{name!r} is no notebook.", student=student))
            continue
        results = []
        for k, e in enumerate(exercises.values()):
            one = ExerciseResult(e.id, e.points, "passed" if i % 5 == 0 else OUTCOMES[(i + k) % 6], title=e.title)
            one.lines = [f"PASS {e.id}"]
            if one.outcome != "passed":
                one.lines = [f"{e.id}: tried {e.name}({name})", "came back: <b>7</b>"]
            if one.outcome == "failed":
                one.mutant = (i + k) % len(e.mutants)
                one.misconception = e.mutants[one.mutant].message
                one.lines.append(one.misconception)
            if one.outcome != "not attempted":
                one.answer = f"def {e.name}(x):  # {name}\n    return '</script>', {i // 2}"
            if k == 0 and i in (0, 5, 10):
                one.answer = LOOP if i else LOOP.replace("powers", "e")
            if (i, k) == (5, 0):
                one.evasions = [f"{e.name} reads dl.softmax under another name"]
            results.append(one)
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
        submissions.append(SubmissionResult(name, "graded", 8, "", results, student, name, digest))
    points = [(e.id, e.title, e.points) for e in exercises.values()]
    versions = {"dlcourse": "0.1.0", "Python": "3.11", "NumPy": "2.0.0", "nbval": "0.11.0"}
    info = RunInfo(lesson, "12 · Train a perceptron", 2**63 + 5, sandbox, "f" * 64, 20.0, versions, points)
    return Gradebook(info, submissions)
