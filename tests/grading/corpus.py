"""Submissions of every kind, made by code from the released lessons, with the verdict that each must get.

The hostile ones are bounded and know no address but loopback. Even so they are for the sandbox only.
"""

# ruff: noqa: E501 (a submission's lines are as long as its author made them)
from __future__ import annotations

import copy
import json
import os
import random
import re
import socket
import stat
import textwrap
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from dlcourse.lesson import files

__all__ = ["CANARY", "SAMPLES", "Sample", "problems", "write"]

CANARY = "dlcourse-canary"  # in the name of every file that a submission tries to leave behind
PORT = 20000 + os.getpid() % 9999  # where a listener waits, on loopback, for a submission that reaches the network
LOST = ("failed", "not attempted", "timeout", "kernel died", "error")  # everything but "passed"

Cell = dict[str, Any]
Outcome = str | tuple[str, ...]


class Book:
    """A notebook on its way to be handed in: the released one, until somebody gets hold of it."""

    def __init__(self, lesson: str = "12", *, solved: bool = True) -> None:
        self.lesson = lesson
        self.data: dict[str, Any] = copy.deepcopy(released(lesson))
        if solved:
            self.solve()

    @property
    def cells(self) -> list[Cell]:
        cells: list[Cell] = self.data["cells"]
        return cells

    @property
    def code(self) -> list[Cell]:
        return [cell for cell in self.cells if cell["cell_type"] == "code"]

    def answer_cell(self, id: str) -> Cell:
        return next(cell for cell in self.cells if is_(cell, "answer") and exercise_of(cell) == id)

    def solve(self, *ids: str) -> Book:
        for id, exercise in files.exercises(self.lesson).items():
            if not ids or id in ids:
                self.answer_cell(id)["source"] = exercise.source()
        return self

    def answers(self, sources: Mapping[str, str]) -> Book:
        for id, source in sources.items():
            self.answer_cell(id)["source"] = textwrap.dedent(source).strip("\n")
        return self

    def add(self, source: str, where: str = "setup", kind: str = "code", **more: Any) -> Cell:
        """Put a cell behind the one with this id, or at the end."""
        cell: Cell = {
            "cell_type": kind,
            "id": f"added-{len(self.cells)}",
            "metadata": {},
            "source": textwrap.dedent(source).strip("\n"),
        }
        if kind == "code":
            cell |= {"outputs": [], "execution_count": None}
        cell |= more
        ids = [cell.get("id") for cell in self.cells]
        self.cells.insert(ids.index(where) + 1 if where in ids else len(self.cells), cell)
        return cell

    def keep(self, wanted: Callable[[Cell], bool]) -> Book:
        self.data["cells"] = [cell for cell in self.cells if wanted(cell)]
        return self

    def bytes(self) -> bytes:
        return json.dumps(self.data, indent=1, ensure_ascii=True).encode()


@cache
def released(lesson: str) -> dict[str, Any]:
    """The released notebook without its outputs, which are large."""
    notebook: dict[str, Any] = json.loads(files.notebook(lesson).read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    return notebook


def is_(cell: Cell, tag: str) -> bool:
    return tag in cell["metadata"].get("tags", [])


def exercise_of(cell: Cell) -> str:
    return str(cell["metadata"].get("dlcourse", {}).get("exercise", ""))


@dataclass(frozen=True)
class Sample:
    """A submission and what must come of it.

    Attributes
    ----------
    name : str
        The entry in the folder of submissions.
    kind : str
        ``"honest"``, ``"mangled"``, ``"broken"`` or ``"hostile"``.
    lesson : str
    make : function
        Gives the notebook, or writes whatever there is to be at the path.
    outcome : str or tuple of str
        Of every exercise that ``outcomes`` does not list; one of these.
    outcomes : dict
        By exercise.
    says : dict of str
        By exercise, a pattern that its feedback must match; under ``""``, one for the reason of a rejection.
    status : str
    seconds : int
        About how long it takes, for choosing a quick sample.
    evades : bool
        Whether a passed exercise must be on the class's list for a human to look at.
    """

    name: str
    kind: str
    lesson: str
    make: Callable[[], Any]
    outcome: Outcome = "passed"
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    says: Mapping[str, str] = field(default_factory=dict)
    status: str = "graded"
    seconds: int = 3
    evades: bool = False

    def write(self, folder: Path) -> None:
        """Hand it in."""
        path = folder / self.name
        made = self.make()
        if isinstance(made, Book):
            made = made.bytes()
        if isinstance(made, bytes):
            path.write_bytes(made)
        else:
            made(path)


SAMPLES: list[Sample] = []


def sample(kind: str, name: str, lesson: str = "12", **expected: Any) -> Callable[[Callable[[], Any]], None]:
    """Register what the function makes."""

    def register(make: Callable[[], Any]) -> None:
        entry = expected.pop("entry", re.sub(r"[^\w]+", "-", f"{kind} {name}").strip("-") + ".ipynb")
        SAMPLES.append(Sample(entry, kind, lesson, make, **expected))

    return register


def write(samples: Iterable[Sample], folder: Path) -> None:
    """Fill a folder of submissions."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in samples:
        one.write(folder)


def problems(one: Sample, found: Mapping[str, Any]) -> list[str]:
    """What is wrong with a submission's entry in ``gradebook.json``; empty if it is as it must be."""
    if found["status"] != one.status:
        return [f"{one.name}: is {found['status']} ({found['reason']!r}), not {one.status}"]
    wrong = []
    if one.status == "rejected":
        if found["score"] != 0 or found["exercises"] != [] or not found["reason"].strip().endswith("."):
            wrong.append(f"{one.name}: a rejected one has no score and a reason: {found}")
        if not re.search(one.says.get("", ""), found["reason"]):
            wrong.append(f"{one.name}: the reason is {found['reason']!r}")
        return wrong
    exercises = files.exercises(one.lesson)
    if [e["id"] for e in found["exercises"]] != list(exercises):
        wrong.append(f"{one.name}: has the exercises {[e['id'] for e in found['exercises']]}")
    for e in found["exercises"]:
        wanted = one.outcomes.get(e["id"], one.outcome)
        if e["outcome"] not in ((wanted,) if isinstance(wanted, str) else wanted):
            wrong.append(f"{one.name}: {e['id']} is {e['outcome']!r}, not {wanted!r}: {e['feedback']!r}")
        points = exercises[e["id"]].points
        if e["max_score"] != points or e["score"] != (points if e["outcome"] == "passed" else 0):
            wrong.append(f"{one.name}: {e['id']} has {e['score']} of {e['max_score']} for {e['outcome']}")
        if not re.search(one.says.get(e["id"], ""), e["feedback"]):
            wrong.append(f"{one.name}: {e['id']} says {e['feedback']!r}")
        if not e["feedback"].strip() or len(e["feedback"]) > 2000 or "\x1b" in e["feedback"]:
            wrong.append(f"{one.name}: the feedback of {e['id']} is {e['feedback'][:200]!r}")
    if found["score"] != sum(e["score"] for e in found["exercises"]):
        wrong.append(f"{one.name}: the score is no sum")
    return wrong


# ================================================================================================ honest


@sample("honest", "reference")
def _() -> Book:
    return Book()


@sample("honest", "reference 02", "02")
def _() -> Book:
    return Book("02")


@sample("honest", "untouched", outcome="not attempted")
def _() -> Book:
    return Book(solved=False)


@sample("honest", "untouched 02", "02", outcome="not attempted")
def _() -> Book:
    return Book("02", solved=False)


@sample("honest", "as JupyterLab saved it, outputs and all")
def _() -> bytes:
    notebook = json.loads(files.notebook("12").read_text(encoding="utf-8"))
    exercises = files.exercises("12")
    for cell in notebook["cells"]:
        if is_(cell, "answer"):
            cell["source"] = exercises[exercise_of(cell)].source().splitlines(keepends=True)
    return json.dumps(notebook).encode()


LOOPS = {
    "12.1": """
        import math

        def softmax(Z):
            out = []
            for row in Z:
                top = max(row)
                powers = [math.exp(z - top) for z in row]
                out.append([p / sum(powers) for p in powers])
            return out
        """,
    "12.2": """
        def cross_entropy(P, Y):
            total = 0.0
            for p, y in zip(P.tolist(), Y.tolist()):
                total -= np.log(p[y.index(1.0)])
            return total
        """,
    "12.3": """
        def train(X, Y, W0, b0, lr, steps):
            W, b, losses = W0.copy(), b0.copy(), []
            for _ in range(steps):
                Z = X @ W + b
                Z = Z - Z.max(axis=1, keepdims=True)
                P = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
                losses.append(-np.log((P * Y).sum(axis=1)).sum())
                W = W - lr * X.T @ (P - Y)
                b = b - lr * (P - Y).sum(axis=0)
            return W, b, losses
        """,
    "12.4": """
        def boundary(W, b):
            (a00, a01), (a10, a11) = W.tolist()
            slope = (a01 - a00) / (a10 - a11)
            return [slope, (b[1] - b[0]) / (a10 - a11)]
        """,
    "12.5": """
        def accuracy(X, labels, W, b):
            right = 0
            for x, label in zip(X, labels):
                scores = [float(x @ W[:, k] + b[k]) for k in range(W.shape[1])]
                right += scores.index(max(scores)) == label
            return right / len(labels)
        """,
}
LOOPS_02 = {
    "02.1": "step = lambda x, df, lr: x + (-lr) * df(x)",
    "02.2": """
        def descend(df, x0, lr, tol, max_iter):
            history = [x0]
            for _ in range(max_iter):
                slope = df(history[-1])
                if -tol <= slope <= tol:
                    break
                history += [history[-1] - lr * slope]
            return history[-1], np.array(history)
        """,
    "02.3": "def largest_safe_lr(curvature):\n    return np.float64(1) / (curvature / 2)",
    "02.4": """
        def momentum_step(x, v, df, lr, beta):
            new = v * beta + df(x)
            return [x - new * lr, new]
        """,
    "02.5": """
        def classify(history):
            h = np.asarray(history, dtype=float)
            if np.isnan(h).any() or np.isinf(h).any():
                return 'diverged'
            moves = h[1:] - h[:-1]
            if np.abs(moves[-1]) > np.abs(moves[0]):
                return 'diverged'
            if np.abs(moves[-1]) < 0.000001:
                return 'converged'
            return 'oscillating' if np.sign(moves[-1]) == -np.sign(moves[-2]) else 'slow'
        """,
}


@sample("honest", "loops and lists")
def _() -> Book:
    return Book().answers(LOOPS)


@sample("honest", "loops and lists 02", "02")
def _() -> Book:
    return Book("02").answers(LOOPS_02)


@sample("honest", "float32 results")
def _() -> Book:
    book = Book()
    for id, kind in {
        "12.1": "np.float32({})",
        "12.2": "np.float32({})",
        "12.4": "tuple(np.float32({}))",
        "12.5": "np.float32({})",
    }.items():
        exercise = files.exercises("12")[id]
        inner = exercise.source().replace(f"def {exercise.name}", "    def inner").replace("\n", "\n    ")
        arguments = exercise.signature().partition("(")[2]
        book.answers({id: f"def {exercise.signature()}:\n{inner}\n    return {kind.format('inner(' + arguments)}"})
    return book


@sample("honest", "partly right", outcomes={"12.1": "passed", "12.4": "passed"}, outcome="not attempted")
def _() -> Book:
    return Book(solved=False).solve("12.1", "12.4")


def _mutants(lesson: str, index: int) -> Sample:
    exercises = files.exercises(lesson)
    chosen = {id: e.mutants[index % len(e.mutants)] for id, e in exercises.items()}
    sources = {id: m.source(exercises[id].name) for id, m in chosen.items()}
    return Sample(
        f"honest-mistake-{lesson}-{index}.ipynb",
        "honest",
        lesson,
        lambda: Book(lesson).answers(sources),
        outcome=("failed", "error", "timeout"),
        says={id: re.escape(m.message) for id, m in chosen.items()},
    )


for _lesson in ("12", "02"):
    for _index in range(max(len(e.mutants) for e in files.exercises(_lesson).values())):
        SAMPLES.append(_mutants(_lesson, _index))


@sample("honest", "helpers in other cells")
def _() -> Book:
    book = Book().answers(
        {
            "12.1": "def softmax(Z):\n    return normalised(np.exp(Z - Z.max(axis=1, keepdims=True)))",
            "12.5": "def accuracy(X, labels, W, b):\n    return share(winners(X @ W + b) == labels)",
        }
    )
    book.add("def normalised(E):\n    return E / E.sum(axis=1, keepdims=True)")
    book.add("def winners(Z):\n    return Z.argmax(axis=1)\nshare = np.mean", "ex-5-task")
    return book


@sample("honest", "a helper behind the answer")
def _() -> Book:
    book = Book().answers({"12.2": "def cross_entropy(P, Y):\n    return -logs(P, Y).sum()"})
    book.add("def logs(P, Y):\n    return np.log((P * Y).sum(axis=1))", "ex-2-answer")
    return book


@sample("honest", "imports moved and constants elsewhere")
def _() -> Book:
    book = Book().keep(lambda cell: not is_(cell, "setup"))
    book.cells.insert(
        0,
        {
            "cell_type": "code",
            "id": "mine",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": "from dlcourse import open_lesson\nimport dlcourse as dl, numpy as np\nfrom numpy import exp as e\n"
            "AXIS = 1\nlesson = open_lesson('12')",
        },
    )
    text = "def softmax(Z):\n    E = e(Z - Z.max(axis=AXIS, keepdims=True))\n    return E / E.sum(axis=AXIS, keepdims=True)"
    return book.answers({"12.1": text})


@sample("honest", "prints warnings and plots")
def _() -> Book:
    book = Book()
    for id in files.exercises("12"):
        cell = book.answer_cell(id)
        first, rest = cell["source"].split("\n", 1)
        cell["source"] = (
            f"import warnings\nimport matplotlib.pyplot as plt\n{first}\n    print('called', end=' ')\n"
            f"    warnings.warn('careful')\n    np.log(np.zeros(1))\n{rest}\n"
            "plt.plot([1, 2]); plt.title('mine'); plt.show()\nprint('defined')\n1 + 1"
        )
    book.add("import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.imshow(np.eye(3))\nfig")
    book.add(
        "from IPython.display import HTML, display\ndisplay(HTML('<b>mine</b>'))\nimport sys\nprint('e', file=sys.stderr)"
    )
    return book


@sample("honest", "lambdas decorators hints and docstrings")
def _() -> Book:
    return Book().answers(
        {
            "12.1": "softmax = lambda Z: (lambda E: E / E.sum(1, keepdims=True))(np.exp(Z - Z.max(1, keepdims=True)))",
            "12.2": """
            import functools
            def loud(f):
                @functools.wraps(f)
                def g(*a, **k):
                    return f(*a, **k)
                return g
            @loud
            @np.errstate(all='ignore')
            def cross_entropy(P: 'np.ndarray', Y: 'np.ndarray', *, axis: int = 1) -> float:
                '''Sum of surprises.  Ünïcode: ∑ −log p 🎯'''
                # the p of the right class
                π = np.sum(P * Y, axis=axis)
                return -np.sum(np.log(π))
            assert cross_entropy(np.eye(2), np.eye(2)) == 0
            """,
            "12.4": """
            class Line:
                def __init__(self, W, b):
                    self.d, self.e = W[:, 0] - W[:, 1], b[0] - b[1]
                @property
                def pair(self):
                    return np.array([-self.d[0] / self.d[1], -self.e / self.d[1]])
            def boundary(W, b):
                return Line(W, b).pair
            """,
        }
    )


@sample("honest", "shadowed builtins print options and a changed folder")
def _() -> Book:
    book = Book()
    book.add("list = [1]; sum = 0; len = 3; float_ = str; print = None; type = 'mine'; json = 1; sys = 2; dl_ = 3")
    book.add("import os; os.chdir('/'); np.set_printoptions(precision=1, suppress=True); np.seterr(all='raise')")
    book.add("np.random.seed(1); import random; random.seed(2)")
    return book


@sample("honest", "deleted names and a reset")
def _() -> Book:
    book = Book()
    book.add("%reset -f", "ex-2-check")
    book.add(
        "import numpy as np\nimport dlcourse as dl\nfrom dlcourse import open_lesson\nlesson = open_lesson('12')",
        "added-0",
    )
    book.add("del np, dl, lesson", "end")
    book.add("%reset -f", "end")
    return book


@sample("honest", "magics and shell lines")
def _() -> Book:
    book = Book()
    book.add("%matplotlib inline\n%time x = 1\n!echo hello\nnp.exp?\n%timeit -n1 -r1 1 + 1\n%config InlineBackend")
    book.answer_cell("12.1")["source"] = "%%time\n" + book.answer_cell("12.1")["source"]
    book.answer_cell("12.5")["source"] += "\n%time accuracy(np.eye(2), np.array([0, 1]), np.eye(2), np.zeros(2))"
    return book


@sample("honest", "cells that go wrong beside right answers")
def _() -> Book:
    book = Book()
    book.add("1 / 0")
    book.add("import pandas_is_not_here")
    book.add("x = input('name? ')", "ex-1-check")
    book.add("def broken(:\n  pass", "ex-2-check")
    book.add("raise SystemExit('enough')", "ex-3-check")
    book.add("assert False, 'my own test'", "end")
    book.add("undefined_name", "end")
    return book


@sample("honest", "a package that is to be installed first", seconds=20)
def _() -> Book:
    book = Book()
    book.add("%pip install --quiet dlcourse seaborn\n!pip install --timeout 2 seaborn\nimport seaborn")
    return book


@sample("honest", "every button of the lesson pressed")
def _() -> Book:
    book = Book()
    for id in files.exercises("12"):
        book.add(f"lesson.hint('{id}')\nlesson.check('{id}')\nlesson.solution('{id}', i_give_up=True)", "end")
    book.add("lesson.show('line', start=3)\nlesson.progress()\nlesson.quiz()\nlesson.predict('12.a')\nlesson", "end")
    book.add(
        "import ipywidgets as w\nw.IntSlider(value=3)\nw.interact(lambda x: x, x=3)\nwith w.Output():\n    print(1)",
        "end",
    )
    return book


@sample("honest", "odd ways to define a function")
def _() -> Book:
    book = Book().answers(
        {
            "12.1": """
            from __future__ import annotations
            if True:
                def softmax(*args: list[int] | None, **kwargs) -> np.ndarray:
                    (Z,) = (*args, *kwargs.values())
                    return np.stack([(lambda e: e / e.sum())(np.exp(z - z.max())) for z in Z])
            """,
            "12.2": """
            count = 0
            def cross_entropy(P, Y, start=0):
                global count
                count += 1
                if start == len(P):
                    return 0
                return -np.log(P[start] @ Y[start]) + cross_entropy(P, Y, start + 1)
            """,
            "12.4": """
            def boundary(W, b):
                return None
            def boundary(W, b):
                with np.errstate(all='raise'):
                    (a, c), (d, e) = np.asarray(W) @ [[1], [-1]], np.array([0, 0])
                return np.array([-a / c, -(b[:1] - b[1:]) / c]).ravel()
            """,
            "12.5": """
            %matplotlib inline
            def accuracy(X, labels, W, b):
                display('called'); print('called')
                return sum(int(np.argmax(x @ W + b)) == t for x, t in zip(X, labels)) / len(X)
            accuracy?
            """,
        }
    )
    book.add("%load_ext autoreload\n%autoreload 2")
    book.add("import asyncio\nawait asyncio.sleep(0.01)\nasync def f():\n    return 1\nawait f()")
    book.add("%%capture out\nprint('x')")
    book.add("%%bash\necho hello; exit 3")
    book.add("%%writefile mine.py\nx = 1")
    book.add("%%html\n<script>alert(1)</script>")
    book.add(
        "import unittest\nclass T(unittest.TestCase):\n    def test(self): self.fail()\nunittest.main(argv=['x'], exit=True)"
    )
    return book


@sample("honest", "a setup of one's own")
def _() -> Book:
    book = Book().answers({"12.2": "def cross_entropy(P, Y):\n    return -fsum(log(p) for p in (P * Y).sum(axis=1))"})
    next(cell for cell in book.cells if is_(cell, "setup"))["source"] += "\nfrom math import log, fsum\nplt = None"
    return book


@sample("honest", "threads and a slow start")
def _() -> Book:
    book = Book()
    book.add("import time; time.sleep(1.5)")
    return book.answers(
        {
            "12.1": """
        from concurrent.futures import ThreadPoolExecutor
        def one(z):
            E = np.exp(z - z.max())
            return E / E.sum()
        def softmax(Z):
            with ThreadPoolExecutor(2) as pool:
                return np.array(list(pool.map(one, Z)))
        """
        }
    )


@sample("honest", "a wrong first try above the right one")
def _() -> Book:
    book = Book()
    book.add("def softmax(Z):\n    return Z / Z.sum()", "ex-1-task")
    book.add("def train(X, Y, W0, b0, lr, steps):\n    return None", "ex-3-task")
    return book


@sample("honest", "the stub copied below the answer")
def _() -> Book:
    book = Book()
    for n, id in enumerate(files.exercises("12"), start=1):
        book.add(files.stub(id), f"ex-{n}-answer")
    return book


@sample(
    "honest",
    "wrong in ways that have names",
    outcomes={"12.1": "failed", "12.2": "failed", "12.3": ("failed", "error"), "12.4": "failed", "12.5": "failed"},
    says={"12.1": "argument Z|changed", "12.2": "return", "12.4": "generator|list", "12.5": "twice|[Ww]ork|times"},
)
def _() -> Book:
    return Book().answers(
        {
            "12.1": "def softmax(Z):\n    Z -= Z.max(axis=1, keepdims=True)\n    E = np.exp(Z)\n    return E / E.sum(axis=1, keepdims=True)",
            "12.2": "def cross_entropy(P, Y):\n    -np.log((P * Y).sum(axis=1)).sum()",
            "12.3": "def train(X, Y, W0, b0, lr, steps):\n    return W0, b0",
            "12.4": "def boundary(W, b):\n    yield 1.0\n    yield 2.0",
            "12.5": "def accuracy(X, labels, W, b):\n    return 2 * ((X @ W + b).argmax(axis=1) == labels).mean()",
        }
    )


@sample("honest", "renamed functions", outcomes={"12.1": "not attempted", "12.3": "not attempted"})
def _() -> Book:
    book = Book()
    for id, other in {"12.1": "soft_max", "12.3": "Train"}.items():
        cell = book.answer_cell(id)
        cell["source"] = cell["source"].replace(f"def {files.exercises('12')[id].name}", f"def {other}")
    return book


@sample(
    "honest",
    "what was to be built is used",
    outcomes={"12.1": "error", "12.2": "error"},
    says={"12.1": "write this one yourself", "12.2": "write this one yourself"},
)
def _() -> Book:
    return Book().answers(
        {
            "12.1": "def softmax(Z):\n    return dl.run(dl.softmax(dl.constant(Z)), {})",
            "12.2": "def cross_entropy(P, Y):\n    return dl.run(dl.sum(dl.softmax_cross_entropy(np.log(P), Y)), {})",
        }
    )


@sample("honest", "answers handed on from the lesson", outcome=LOST)
def _() -> Book:
    book = Book(solved=False)
    for id, e in files.exercises("12").items():
        book.answer_cell(id)["source"] = f"{e.name} = lesson.given('{id}')"
    return book


# ================================================================================================ mangled


@sample("mangled", "cell ids lost")
def _() -> Book:
    book = Book()
    for cell in book.cells:
        del cell["id"]
    book.data["nbformat_minor"] = 4
    return book


@sample("mangled", "cell ids new")
def _() -> Book:
    book = Book()
    for n, cell in enumerate(book.cells):
        cell["id"] = f"cell-{n:08x}"
    return book


@sample("mangled", "metadata dropped")
def _() -> Book:
    book = Book()
    for cell in book.cells:
        cell["metadata"] = {}
    book.data["metadata"] = {}
    return book


@sample("mangled", "ids and metadata dropped")
def _() -> Book:
    book = Book()
    for cell in book.cells:
        cell["metadata"] = {}
        del cell["id"]
    book.data |= {"metadata": {}, "nbformat_minor": 0}
    return book


@sample("mangled", "ids and metadata dropped 02", "02")
def _() -> Book:
    book = Book("02")
    for cell in book.cells:
        cell.pop("metadata")
        del cell["id"]
    return book


@sample("mangled", "every cell twice")
def _() -> Book:
    book = Book()
    book.data["cells"] = [copy.deepcopy(cell) for cell in book.cells for _ in range(2)]
    return book


@sample("mangled", "the whole notebook twice")
def _() -> Book:
    book = Book()
    book.data["cells"] = book.cells + copy.deepcopy(book.cells)
    return book


@sample("mangled", "back to front")
def _() -> Book:
    book = Book()
    book.cells.reverse()
    return book


@sample("mangled", "shuffled")
def _() -> Book:
    book = Book()
    random.Random(5).shuffle(book.cells)
    return book


@sample("mangled", "a function split in the middle")
def _() -> Book:
    book = Book()
    for n, id in enumerate(("12.1", "12.3"), start=0):
        cell = book.answer_cell(id)
        lines = cell["source"].split("\n")
        place = next(i for i, line in enumerate(lines) if line.startswith(("    E =", "    J =")))
        cell["source"] = "\n".join(lines[:place])
        book.add("", f"ex-{2 * n + 1}-answer")["source"] = "\n".join(lines[place:])
    return book


@sample("mangled", "import and function in cells of their own")
def _() -> Book:
    book = Book()
    book.answer_cell("12.1")["source"] = "from math import e"
    book.add(
        """
        def softmax(Z):
            E = e ** (Z - Z.max(axis=1, keepdims=True))
            return E / E.sum(axis=1, keepdims=True)
        """,
        "ex-1-answer",
    )
    return book


@sample("mangled", "all answers in one cell")
def _() -> Book:
    book = Book(solved=False)
    whole = "\n\n".join(e.source() for e in files.exercises("12").values())
    book.answer_cell("12.1")["source"] = whole
    return book.keep(lambda cell: not is_(cell, "answer") or exercise_of(cell) == "12.1")


@sample("mangled", "two answers in the first one's cell")
def _() -> Book:
    book = Book()
    one, two = book.answer_cell("12.1"), book.answer_cell("12.2")
    one["source"] += "\n\n" + two["source"]
    two["source"] = files.stub("12.2")
    return book


@sample("mangled", "answers in new cells above untouched stubs")
def _() -> Book:
    book = Book(solved=False)
    for n, e in enumerate(files.exercises("12").values(), start=1):
        book.add(e.source(), f"ex-{n}-task")
    return book


@sample("mangled", "answers at the end")
def _() -> Book:
    book = Book(solved=False)
    for e in files.exercises("12").values():
        book.add(e.source(), "end")
    return book


for _kind in ("markdown", "raw"):

    @sample("mangled", f"an answer turned into {_kind}")
    def _(kind: str = _kind) -> Book:
        book = Book()
        cell = book.answer_cell("12.4")
        cell["cell_type"] = kind
        del cell["outputs"], cell["execution_count"]
        return book


@sample("mangled", "checks deleted")
def _() -> Book:
    return Book().keep(lambda cell: not is_(cell, "check"))


@sample("mangled", "only the answers left")
def _() -> Book:
    return Book().keep(lambda cell: is_(cell, "answer"))


@sample("mangled", "only bare answers left")
def _() -> Book:
    book = Book().keep(lambda cell: is_(cell, "answer"))
    for cell in book.cells:
        cell["metadata"] = {}
        del cell["id"]
    return book


@sample("mangled", "metadata and ids of one answer on another")
def _() -> Book:
    book = Book()
    one, two = book.answer_cell("12.1"), book.answer_cell("12.2")
    one["metadata"], two["metadata"], one["id"], two["id"] = two["metadata"], one["metadata"], two["id"], one["id"]
    return book


@sample("mangled", "checks above answers")
def _() -> Book:
    book = Book()
    for n in range(1, 6):
        cells = {cell["id"]: i for i, cell in enumerate(book.cells)}
        i, j = cells[f"ex-{n}-answer"], cells[f"ex-{n}-check"]
        book.cells[i], book.cells[j] = book.cells[j], book.cells[i]
    return book


@sample("mangled", "format 3")
def _() -> bytes:
    cells = []
    for cell in Book().cells:
        if cell["cell_type"] == "code":
            cells.append(
                {
                    "cell_type": "code",
                    "input": cell["source"],
                    "language": "python",
                    "outputs": [],
                    "collapsed": False,
                    "metadata": cell["metadata"],
                    "prompt_number": 3,
                }
            )
        else:
            cells.append({"cell_type": "markdown", "source": cell["source"].splitlines(True), "metadata": {}})
    sheet = {
        "metadata": {"name": ""},
        "nbformat": 3,
        "nbformat_minor": 0,
        "worksheets": [{"cells": cells, "metadata": {}}],
    }
    return json.dumps(sheet).encode()


@sample("mangled", "line ends of Windows")
def _() -> bytes:
    book = Book()
    for cell in book.cells:
        cell["source"] = cell["source"].replace("\n", "\r\n")
    return book.bytes().replace(b"\n", b"\r\n")


@sample("mangled", "line ends of old")
def _() -> Book:
    book = Book()
    for cell in book.cells:
        cell["source"] = cell["source"].replace("\n", "\r")
    return book


@sample("mangled", "a byte order mark")
def _() -> bytes:
    return b"\xef\xbb\xbf" + Book().bytes()


@sample("mangled", "lists of lines and tabs")
def _() -> Book:
    book = Book()
    for cell in book.cells:
        source = cell["source"]
        if is_(cell, "answer"):
            source = "\n\n" + source.replace("    ", "\t").replace("\n", "  \n") + "\n\n\n"
        cell["source"] = source.splitlines(keepends=True)
    return book


@sample("mangled", "strange keys everywhere")
def _() -> Book:
    book = Book()
    for cell in book.cells:
        cell |= {"colab": {"x": [1, {}]}, "zzz": None}
        cell["metadata"] |= {"trusted": True, "dlcourse-x": 3, "scrolled": "auto", "nbgrader": {"grade": "no"}}
    book.data |= {"colab": {}, "nbformat_minor": 99}
    book.data["metadata"] |= {"widgets": {"a": {}}, "toc": [], "kernelspec": "not a dict"}
    return book


@sample("mangled", "kernels of other languages")
def _() -> Book:
    book = Book()
    book.data["metadata"] = {
        "kernelspec": {"name": "../../../tmp/evil", "language": "julia"},
        "language_info": {"name": "R"},
    }
    return book


@sample("mangled", "metadata of the wrong kinds")
def _() -> Book:
    book = Book()
    values: list[Any] = [None, 3, "x", [], {"tags": 3}, {"tags": [3, None]}, {"dlcourse": 7}]
    for cell, value in zip(book.cells, values * 9, strict=False):
        if not is_(cell, "answer"):
            cell["metadata"] = value
    return book


@sample("mangled", "exercise ids that do not exist")
def _() -> Book:
    book = Book()
    for cell in book.cells:
        if exercise_of(cell):
            cell["metadata"]["dlcourse"]["exercise"] = "12.99"
    return book


@sample("mangled", "stored errors and odd counts")
def _() -> Book:
    book = Book()
    for n, cell in enumerate(book.code):
        cell["execution_count"] = 7 - n
        cell["outputs"] = [{"output_type": "error", "ename": "E", "evalue": "e", "traceback": ["\x1b[31mno\x1b[0m"]}]
    return book


@sample("mangled", "outputs that are no outputs")
def _() -> Book:
    book = Book()
    for cell in book.code:
        cell["outputs"], cell["execution_count"] = {"what": 1}, "many"
    return book


@sample("mangled", "a folder of a student", entry="mangled folder")
def _() -> Callable[[Path], None]:
    def make(path: Path) -> None:
        (path / ".ipynb_checkpoints").mkdir(parents=True)
        (path / "__MACOSX").mkdir()
        (path / "lesson.ipynb").write_bytes(Book().bytes())
        (path / ".ipynb_checkpoints" / "lesson-checkpoint.ipynb").write_bytes(Book(solved=False).bytes())
        (path / "__MACOSX" / "._lesson.ipynb").write_bytes(b"\0\5\x16")
        (path / "birds.csv").write_text("a,b\n")

    return make


@sample("mangled", "nbgrader's folders", entry="mangled-nbgrader")
def _() -> Callable[[Path], None]:
    def make(path: Path) -> None:
        (path / "lesson_12").mkdir(parents=True)
        (path / "lesson_12" / "12_train_a_perceptron.ipynb").write_bytes(Book().bytes())
        (path / "lesson_12" / "timestamp.txt").write_text("2026-11-21 09:00:00 UTC")

    return make


@sample("mangled", "Canvas", entry="lovelaceada_LATE_1815_51210_12_train_a_perceptron-2.ipynb")
def _() -> Book:
    return Book()


@sample("mangled", "Moodle", entry="Ada Lovelace_1815_assignsubmission_file_")
def _() -> Callable[[Path], None]:
    def make(path: Path) -> None:
        path.mkdir()
        (path / "abgabe (1).IPYNB").write_bytes(Book().bytes())

    return make


@sample("mangled", "several lessons in a folder", entry="mangled-lessons")
def _() -> Callable[[Path], None]:
    def make(path: Path) -> None:
        path.mkdir()
        for lesson in ("02", "05", "12"):
            (path / f"{lesson}.ipynb").write_bytes(Book(lesson).bytes())

    return make


@sample("mangled", "renamed by a browser", entry="mangled-browser.ipynb.txt")
def _() -> Book:
    return Book()


@sample("mangled", "renamed by a mail program", entry="mangled-mail.json")
def _() -> Book:
    return Book()


HOSTILE_NAMES = [
    "=cmd|' C'!A0.ipynb",
    "-rf.ipynb",
    "--help.ipynb",
    "@x.ipynb",
    "a\nb.ipynb",
    "a\tb.ipynb",
    "\x1b[31mred.ipynb",
    "quote'\"`$(touch x).ipynb",
    "{{7*7}}.ipynb",
    "<script>alert(1)<&.ipynb",
    "caf\udce9.ipynb",
    "e\u0301.ipynb",
    "\u202egnp.ipynb",
    " space .ipynb",
    "%s%n%d.ipynb",
    "*?[a].ipynb",
    "comma,semi;.ipynb",
    "ä" * 100 + ".ipynb",
    "#x&y=1.ipynb",
    "~root.ipynb",
    "null\\0.ipynb",
]
for _name in HOSTILE_NAMES:

    @sample("mangled", _name, entry=_name, seconds=2, outcomes={"12.1": "passed"}, outcome="not attempted")
    def _() -> Book:
        return Book(solved=False).solve("12.1")


# ================================================================================================ broken

REJECTED: dict[str, bytes | Callable[[], bytes]] = {
    "empty": b"",
    "blank": b" \n\n",
    "null": b"null",
    "a list": b"[]",
    "an object": b"{}",
    "a number": b"4",
    "cut in half": lambda: Book().bytes()[:9000],
    "binary": bytes(range(256)) * 50,
    "a zip": b"PK\x03\x04" + bytes(range(256)),
    "a PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj",
    "a web page": b"<!DOCTYPE html><html><body>Sign in</body></html>",
    "Python": lambda: files.exercises("12")["12.1"].source().encode(),
    "UTF-16": lambda: Book().bytes().decode().encode("utf-16"),
    "Latin-1": lambda: Book().bytes().replace(b"Train", b"Tr\xe4in"),
    "format 5": lambda: Book().bytes().replace(b'"nbformat": 4', b'"nbformat": 5'),
    "format of text": lambda: Book().bytes().replace(b'"nbformat": 4', b'"nbformat": "4"'),
    "cells that are no list": b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": {"a": 1}}',
    "cells that are no cells": b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [1, null, "x", []]}',
    "sources that are no text": b'{"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "code", "source": {"a": 1}}]}',
    "lists in lists": b'{"nbformat": 4, "cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a number of a million digits": b'{"nbformat": 4, "cells": [], "x": ' + b"9" * 1_000_000 + b"}",
    "too large": lambda: (
        Book().bytes().replace(b'"metadata"', b'"padding": "' + b"x" * (21 << 20) + b'", "metadata"', 1)
    ),
    "too many cells": lambda: json.dumps({**released("12"), "cells": Book().cells * 100}).encode(),
    "another lesson": lambda: Book("02").bytes(),
    "two notebooks in one file": lambda: Book().bytes() * 2,
}
for _what, _content in REJECTED.items():

    @sample("broken", _what, status="rejected", seconds=0)
    def _(content: bytes | Callable[[], bytes] = _content) -> bytes:
        return content() if callable(content) else content


def special(make: Callable[[Path], None]) -> Callable[[], Callable[[Path], None]]:
    return lambda: make


def _folder(**files: bytes) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        path.mkdir()
        for name, content in files.items():
            (path / name.replace("__", ".")).write_bytes(content)

    return make


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        here = os.getcwd()
        os.chdir(path.parent)  # the name of a socket may have about a hundred characters
        try:
            bound.bind(path.name)
        finally:
            os.chdir(here)


def _unreadable(path: Path) -> None:
    path.write_bytes(Book().bytes())
    path.chmod(0)


for _entry, _make, _says in [
    ("broken-link.ipynb", lambda path: path.symlink_to("/etc/passwd"), "link"),
    ("broken-link-to-another.ipynb", lambda path: path.symlink_to("honest-reference.ipynb"), "link"),
    ("broken-link-to-nothing.ipynb", lambda path: path.symlink_to("nowhere"), "link"),
    ("broken-link-to-itself.ipynb", lambda path: path.symlink_to(path.name), "link"),
    ("broken-link-folder", lambda path: path.symlink_to("/etc"), "link"),
    ("broken-fifo.ipynb", lambda path: os.mkfifo(path), "ordinary file"),
    ("broken-socket.ipynb", _socket, "ordinary file"),
    ("broken-folder-empty", _folder(), "no notebook"),
    ("broken-folder.ipynb", _folder(notes__txt=b"x"), "no notebook"),
    (
        "broken-folder-two",
        lambda path: _folder(a__ipynb=Book().bytes(), b__ipynb=Book().bytes())(path),
        r"a\.ipynb, b\.ipynb",
    ),
    ("broken-notes.txt", lambda path: path.write_text("done!"), "ipynb"),
    ("broken-no-ending", lambda path: path.write_bytes(Book().bytes()), "ipynb"),
]:
    SAMPLES.append(Sample(_entry, "broken", "12", special(_make), status="rejected", says={"": _says}, seconds=0))


def _archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.ipynb", b"0" * (50 << 20))


def _inner_link(path: Path) -> None:
    path.mkdir()
    (path / "lesson.ipynb").symlink_to("/etc/passwd")


def _device(path: Path) -> None:
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 5))  # /dev/zero
    except PermissionError:
        os.mkfifo(path)


SAMPLES += [
    Sample("broken-bomb.zip", "broken", "12", special(_archive), status="rejected", says={"": "ipynb"}, seconds=0),
    Sample("broken-inner-link", "broken", "12", special(_inner_link), status="rejected", seconds=0),
    Sample(
        "broken-device.ipynb", "broken", "12", special(_device), status="rejected", says={"": "ordinary"}, seconds=0
    ),
]


def breaks(name: str, body: str, outcome: Outcome, *, id: str = "12.2", says: str = "", **more: Any) -> None:
    """One answer goes wrong; the others are right and must stay so."""
    e = files.exercises("12")[id]
    text = f"def {e.signature()}:\n" + textwrap.indent(textwrap.dedent(body).strip("\n"), "    ")

    @sample("broken", name, outcomes={id: outcome}, says={id: says} if says else {}, **more)
    def _() -> Book:
        return Book().answers({id: text})


breaks("raises", "raise ValueError('no idea')", "error", says="ValueError: no idea")
breaks("a name that nobody knows", "return totel", "error", says="totel")
breaks("exits", "import sys\nsys.exit(3)", "error", says="must not end Python")
breaks("quits", "quit()", ("error", "failed"))  # in a notebook it gives back None, and ends the kernel later
breaks("asks", "return float(input('loss? '))", "error", says="input")
breaks("recurses", "return cross_entropy(P, Y)", ("error", "kernel died"), says="calls itself")
breaks("loops", "while True:\n    pass", "timeout", seconds=40)
breaks("loops and prints", "while True:\n    print('.')", ("timeout", "error"), seconds=40)
breaks(
    "loops and cannot be interrupted",
    """
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
    """,
    "timeout",
    seconds=60,
)
breaks("sleeps", "import time\ntime.sleep(1e6)", "timeout", seconds=40)
breaks("holds the lock", "import re\nreturn re.match('(a+)+$', 'a' * 64 + 'b')", "timeout", seconds=60)
breaks("ends the kernel", "import os\nos._exit(0)", "kernel died")
breaks("kills itself", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "kernel died")
breaks(
    "kills everybody",
    "import os, signal\nos.kill(-1, signal.SIGKILL)\nos.kill(os.getpid(), 9)",
    ("kernel died", "error"),
)
breaks("crashes", "import ctypes\nctypes.string_at(0)", "kernel died")
breaks("aborts", "import ctypes\nctypes.CDLL(None).abort()", "kernel died")
breaks("one large array", "return np.ones(10**12).sum()", ("error", "kernel died"))
breaks("grows", "x = [0]\nwhile True:\n    x += x", ("error", "kernel died", "timeout"), seconds=20)
breaks(
    "overflows the stack in C",
    """
    import sys, ast
    sys.setrecursionlimit(10**9)
    def f():
        return [f()]
    return f()
    """,
    ("error", "kernel died", "timeout"),
    seconds=10,
)
breaks("prints 30 MB", "print('x' * 30_000_000)\nreturn 0.0", ("failed", "error"))
breaks("gives a view of a trillion zeros", "return np.broadcast_to(0.0, (10**6, 10**6))", "failed")
breaks("gives a huge integer", "return 1 << 10**7", "failed")
breaks("gives a list of itself", "x = []\nx.append(x)\nreturn x", "failed")
breaks("gives ten million numbers", "return [0.0] * 10**7", "failed")
breaks("gives objects", "return np.array([object()])", "failed")
breaks("gives itself", "return cross_entropy", "failed", says="function")
breaks("gives an endless generator", "import itertools\nreturn itertools.count()", "failed")
breaks("gives nan", "return float('nan')", "failed")
breaks(
    "raises something that cannot be printed",
    """
    class E(Exception):
        def __str__(self):
            raise self
        __repr__ = __str__
    raise E
    """,
    "error",
)
breaks(
    "raises something that prints without end",
    """
    class E(Exception):
        def __str__(self):
            while True:
                pass
    raise E
    """,
    ("timeout", "error"),
    seconds=40,
)
breaks(
    "raises an escape sequence and a page",
    "raise ValueError('\\x1b[31m<script>alert(1)</script>\\x07' * 1000)",
    "error",
)

for _name, _source, _outcome in [
    ("a missing colon", "def cross_entropy(P, Y)\n    return 0", "error"),
    ("a missing bracket", "def cross_entropy(P, Y):\n    return (P * Y", "error"),
    ("a wrong indent", "def cross_entropy(P, Y):\n  x = 1\n    return x", "error"),
    ("words", "cross_entropy is minus the log of the right one", ("error", "not attempted")),
    ("a null byte", "def cross_entropy(P, Y):\n    return '\0'", ("error", "failed")),
    ("half a character", "def cross_entropy(P, Y):\n    return '\ud800'", ("error", "failed")),
    (
        "brackets in brackets",
        "def cross_entropy(P, Y):\n    return " + "(" * 5000 + "0" + ")" * 5000,
        ("error", "kernel died"),
    ),
    ("a long sum", "def cross_entropy(P, Y):\n    return " + "1+" * 50_000 + "1", ("error", "failed", "kernel died")),
    ("an endless cell", "while True: pass\ndef cross_entropy(P, Y): return 0", "timeout"),
    ("a comment alone", "# I could not do this one", "not attempted"),
    ("nothing", "", "not attempted"),
    ("text in quotes", "'''I could not do this one'''", "not attempted"),
    ("pass", "def cross_entropy(P, Y):\n    pass", ("failed", "not attempted")),
    ("a class", "class cross_entropy:\n    pass", ("error", "failed")),
]:

    @sample("broken", _name, outcomes={"12.2": _outcome}, seconds=40 if "endless" in _name else 3)
    def _(source: str = _source) -> Book:
        book = Book()
        book.answer_cell("12.2")["source"] = source
        return book


for _name, _source, _seconds in [
    ("an endless cell of one's own", "while True:\n    pass", 30),
    ("a cell that prints without end", "while True:\n    print('x' * 1000)", 40),
    ("a cell that ends the kernel", "import os\nos._exit(1)", 5),
    ("a cell that crashes", "import ctypes\nctypes.string_at(0)", 5),
    ("a cell that prints 100 MB", "print('x' * 100_000_000)", 20),
    ("a cell that takes all memory", "x = bytearray(10**11)", 5),
    ("a cell that quits", "quit()", 5),
    ("a cell that leaves but keeps the kernel", "exit(keep_kernel=True)", 5),
    ("a cell that restarts the kernel", "get_ipython().kernel.do_shutdown(True)", 5),
    (
        "a cell that cannot be interrupted",
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass",
        40,
    ),
]:
    for _where in ("setup", "ex-3-check"):

        @sample("broken", f"{_name} {_where}", seconds=_seconds)
        def _(source: str = _source, where: str = _where) -> Book:
            book = Book()
            book.add(source, where)
            return book


@sample("broken", "a hundred slow cells", seconds=300)
def _() -> Book:
    book = Book()
    for _ in range(100):
        book.add("import time; time.sleep(4)")
    return book


@sample("broken", "two hundred cells that print 15 MB", seconds=100)
def _() -> Book:
    book = Book()
    for _ in range(200):
        book.add("print('x' * (15 << 20))", "ex-2-check")
    return book


@sample("broken", "an end that does not come", seconds=20)
def _() -> Book:
    book = Book()
    book.add(
        "import atexit, time, threading\natexit.register(time.sleep, 1000)\n"
        "threading.Thread(target=time.sleep, args=(1000,)).start()\nclass D:\n    def __del__(self):\n        time.sleep(1000)\nd = D()"
    )
    return book


@sample("broken", "output closed before the first answer", outcome=(*LOST, "passed"), seconds=60)
def _() -> Book:
    book = Book()
    book.add("import sys, os\nsys.stdout.close(); sys.__stdout__.close(); os.close(1)")
    return book


# ================================================================================================ hostile

WRONG = {
    "12.1": "def softmax(Z):\n    return np.full(np.shape(Z), 0.5)",
    "12.2": "def cross_entropy(P, Y):\n    return 1.0",
    "12.3": "def train(X, Y, W0, b0, lr, steps):\n    return W0, b0, [1.0] * steps",
    "12.4": "def boundary(W, b):\n    return 1.0, 0.0",
    "12.5": "def accuracy(X, labels, W, b):\n    return 1.0",
}


def hostile(name: str, prelude: str = "", answers: Mapping[str, str] | str = "", **expected: Any) -> None:
    """Wrong answers, and a cell after the setup that tries to have them counted. None may pass."""
    expected = {"outcome": LOST} | expected
    given = dict.fromkeys(WRONG, answers) if isinstance(answers, str) and answers else answers or WRONG

    @sample("hostile", name, **expected)
    def _() -> Book:
        book = Book(solved=False)
        exercises = files.exercises("12")
        for id, text in dict(given).items():
            body = textwrap.dedent(text).strip("\n")
            book.answer_cell(id)["source"] = body.replace("ANSWER", exercises[id].name).replace("EXERCISE", id)
        if prelude:
            book.add(prelude)
        return book


# -------------------------------------------------------------------------------- objects that agree with everything

hostile(
    "equal to everything",
    answers="""
    class Same:
        def __eq__(self, other): return True
        def __ne__(self, other): return False
        def __bool__(self): return True
        def __sub__(self, other): return 0.0
        __rsub__ = __abs__ = __lt__ = __le__ = __float__ = lambda *a: 0.0
        def __array__(self, *a, **k): return np.zeros(1)
        def __len__(self): return 1
        def __getattr__(self, name): return self
        def __call__(self, *a, **k): return self
        def __iter__(self): return iter([1.0])
        def __reduce__(self): return (print, ('PASS',))
    def ANSWER(*args, **kwargs): return Same()
    """,
)
hostile(
    "an array that is equal to everything",
    answers="""
    class Same(np.ndarray):
        def __eq__(self, other): return np.ones(self.shape, bool)
        def __array_ufunc__(self, ufunc, method, *inputs, **kwargs): return np.bool_(True)
        def __array_function__(self, *a, **k): return True
        def tolist(self): return ['0x1p0']
    def ANSWER(*args, **kwargs): return np.zeros((3, 3)).view(Same)
    """,
)
hostile(
    "floats that are equal to everything",
    answers="""
    class F(float):
        def __eq__(self, other): return True
        def hex(self): return '0x1p0'
        __hash__ = float.__hash__
        __sub__ = __rsub__ = __abs__ = lambda *a: F(0)
    class N(np.float64):
        def __eq__(self, other): return True
        __hash__ = np.float64.__hash__
    def ANSWER(*args, **kwargs): return [F(1), N(1)]
    """,
)
hostile(
    "types that call themselves float",
    answers="""
    class Meta(type):
        def __eq__(cls, other): return True
        def __instancecheck__(cls, other): return True
        def __hash__(cls): return hash(float)
        __name__ = 'float'
    class float_(metaclass=Meta):
        __class__ = float
        def hex(self): return '0x1.8p0'
    def ANSWER(*args, **kwargs): return float_()
    """,
)

# --------------------------------------------------------------------------------------- what judges is patched

hostile(
    "every comparison patched",
    """
    import builtins, math, unittest
    for module in (np, np.testing, math, builtins):
        for name in ('allclose', 'isclose', 'array_equal', 'array_equiv', 'assert_allclose', 'assert_array_equal',
                     'assert_equal', 'all', 'isfinite'):
            try: setattr(module, name, lambda *a, **k: True)
            except Exception: pass
    """,
)
hostile(
    "print and stdout patched",
    """
    import builtins, sys
    real = sys.stdout.write
    builtins.print = lambda *a, **k: real('PASS 12.1\\nPASS 12.2\\nPASS 12.3\\nPASS 12.4\\nPASS 12.5\\n')
    class Out:
        def write(self, text): real('PASS 12.1\\n' + text); return len(text)
        def flush(self): pass
    sys.stdout = sys.__stdout__ = Out()
    """,
)
hostile(
    "json patched",
    """
    import json
    def dumps(value, *a, **k):
        if isinstance(value, dict) and 'reports' in value:
            value = {'trouble': None, 'reports': [{**r, 'status': 'value', 'observed': {'kind': 'none'}} for r in value['reports']]}
        return real(value, *a, **k)
    real, json.dumps = json.dumps, dumps
    """,
)
hostile(
    "the encoder patched",
    """
    import dlcourse.lesson.values as o
    for fake in ('NaN', {'kind': 'float', 'value': 'nan'}, {'kind': 'anything'}, None):
        o.encode = o._encode = lambda *a, fake=fake: fake
    """,
)
hostile(
    "the observer patched",
    """
    import dlcourse.lesson.running as a
    def fake(source, name, observer, cases, **more):
        run = a.Run()
        run.reports = [a.Report('value', observed={'kind': 'float', 'value': '0x1.0p0'}) for _ in cases]
        return run
    a.observe_answer = fake
    a.observe_case = lambda *args: a.Report('value', observed={'kind': 'none'})
    """,
)
hostile(
    "the judge patched and a run forged",
    """
    import sys
    try:
        import dlcourse.grading.probe, dlcourse.lesson.judging as j, dlcourse.grading.results, dlcourse.grading as g
        j.judge = lambda *a: j.Verdict('passed', ('PASS',))
    except Exception as e: print(e)
    print('dlcourse-run: {"trouble": null, "reports": []}')
    print('dlcourse-run: {"outcome": "passed"}')
    """,
)
hostile(
    "classes that say passed",
    """
    import dlcourse.lesson.running as a
    a.Run.to_json = lambda self: {'trouble': None, 'reports': [], 'outcome': 'passed', 'answer': 'PASS'}
    a.Report.status = property(lambda self: 'passed')
    """,
)
hostile(
    "a run line of every shape",
    """
    lines = ['null', '[]', '{}', '{"trouble": 1, "reports": 1}', '{"trouble": null, "reports": [null]}', '[' * 9999,
             '{"trouble": null, "reports": [{"status": "value", "observed": {"kind": "float", "value": "0x1p99999"}}]}',
             '{"trouble": null, "reports": [{"status": "value", "observed": {"kind": "array", "dtype": "float64",'
             ' "shape": [1000000, 1000000], "data": []}}]}',
             '{"trouble": null, "reports": [{"status": "value", "observed": {"kind": "array", "dtype": "object",'
             ' "shape": [1], "data": ["__import__(\\'os\\').system(\\'true\\')"]}}]}', '9' * 9999]
    import sys, json
    numbers = iter(lines * 99)
    def dumps(*a, **k): return next(numbers)
    json.dumps = dumps
    """,
)
hostile(
    "modules replaced",
    """
    import sys, types
    fake = types.ModuleType('dlcourse.lesson.running')
    class R:
        complete = ended = True
        def to_json(self): return {'trouble': None, 'reports': [{'status': 'value', 'observed': {'kind': 'none'}}] * 3}
    fake.observe_answer = lambda *a, **k: R()
    sys.modules['dlcourse.lesson.running'] = fake
    import dlcourse.lesson
    dlcourse.lesson.running = fake
    """,
)
hostile(
    "imports patched",
    """
    import builtins, sys
    real = builtins.__import__
    def fake(name, *a, **k):
        if 'dlcourse' in name or name == 'json':
            raise ImportError('PASS')
        return real(name, *a, **k)
    builtins.__import__ = fake
    """,
)
hostile(
    "exec compile and open patched",
    """
    import builtins
    def nothing(*a, **k): print('dlcourse-run: {"trouble": null, "reports": []}')
    builtins.exec = builtins.compile = builtins.open = nothing
    """,
)
hostile(
    "random numbers patched",
    """
    import random
    class Zero:
        def __getattr__(self, name): return lambda *a, size=None, **k: np.zeros(size or ())
    np.random.default_rng = lambda *a: Zero()
    np.random.Generator = np.random.RandomState = Zero
    np.random.normal = np.random.rand = lambda *a, **k: np.zeros(3)
    random.random = lambda: 0.0
    """,
)
hostile(
    "NumPy patched",
    """
    np.exp = np.log = np.abs = lambda x, *a, **k: np.zeros(np.shape(x))
    np.asarray = np.array = lambda *a, **k: 0.0
    """,
)

# --------------------------------------------------------------------------------------- the kernel's own machinery

hostile(
    "errors dropped on the way out",
    """
    session = get_ipython().kernel.session
    real = session.send
    def send(stream, kind, *a, **k):
        name = kind if isinstance(kind, str) else kind.get('header', {}).get('msg_type', '')
        if name == 'error': return None
        return real(stream, kind, *a, **k)
    session.send = send
    """,
)
hostile(
    "outputs replaced on the way out",
    """
    session = get_ipython().kernel.session
    real = session.send
    def send(stream, kind, content=None, *a, **k):
        if kind == 'stream':
            content = {'name': 'stdout', 'text': 'PASS 12.1\\nPASS 12.2\\nPASS 12.3\\nPASS 12.4\\nPASS 12.5\\n'}
        return real(stream, kind, content, *a, **k)
    session.send = send
    """,
)
hostile(
    "messages without a header",
    """
    kernel = get_ipython().kernel
    for parts in ([b'x'], [b'<IDS|MSG>', b''], [b'<IDS|MSG>', b'sig', b'{}', b'{}', b'{}', b'{}'], [b'\\xff'] * 20, []):
        try: kernel.iopub_socket.send_multipart(parts)
        except Exception as e: print(type(e))
    session = kernel.session
    for message in ({}, {'header': {}}, {'header': {'msg_id': 'x'}, 'parent_header': {}, 'metadata': {}, 'content': {}}):
        try: kernel.iopub_socket.send_multipart(session.serialize(message))
        except Exception as e: print(type(e))
    """,
)
hostile(
    "messages of the wrong kinds",
    """
    kernel = get_ipython().kernel
    parent = kernel.get_parent()
    for kind, content in [('stream', {}), ('stream', {'name': 3, 'text': 4}), ('stream', {'name': 'stdout', 'text': None}),
                          ('execute_result', {'data': None, 'metadata': 3}), ('display_data', {'data': {'text/plain': [1, {}]}}),
                          ('error', {}), ('status', {'execution_state': 'dead'}), ('status', {}), ('execute_input', None),
                          ('comm_open', {'comm_id': None}), ('clear_output', {}), ('nonsense', {'x': 'y'}),
                          ('update_display_data', {}), ('shutdown_reply', {})]:
        try: kernel.session.send(kernel.iopub_socket, kind, content, parent=parent)
        except Exception as e: print(type(e))
    """,
    seconds=10,
)
hostile(
    "idle said too early",
    """
    import threading, time
    kernel = get_ipython().kernel
    def lie():
        while True:
            try:
                parent = kernel.get_parent()
                kernel.session.send(kernel.iopub_socket, 'status', {'execution_state': 'idle'}, parent=parent, ident=b'status')
                kernel.session.send(kernel.iopub_socket, 'stream', {'name': 'stdout', 'text': 'PASS 12.1\\n'}, parent=parent)
            except Exception: pass
            time.sleep(0.005)
    threading.Thread(target=lie, daemon=True).start()
    """,
    seconds=20,
)
hostile(
    "replies forged from another process",
    """
    import os, json, glob, subprocess, sys
    files = glob.glob('/tmp/**/*.json', recursive=True) + [a for a in open('/proc/self/cmdline').read().split('\\0') if a.endswith('.json')]
    code = '''
    import zmq, sys, json, time
    from jupyter_client.session import Session
    info = json.load(open(sys.argv[1]))
    '''
    for f in files:
        try: print(open(f).read())
        except Exception as e: print(e)
        subprocess.Popen([sys.executable, '-c', code.replace('\\n    ', '\\n'), f])
    """,
)
hostile(
    "later cells blanked",
    """
    shell = get_ipython()
    shell.input_transformers_cleanup.append(lambda lines: ["print('PASS 12.1')\\n"])
    """,
)
hostile(
    "syntax trees stripped",
    """
    import ast
    class Strip(ast.NodeTransformer):
        def visit_Module(self, node):
            node.body = ast.parse("print('dlcourse-run: {\\\\"trouble\\\\": null, \\\\"reports\\\\": []}')").body
            return node
    get_ipython().ast_transformers.append(Strip())
    """,
)
hostile(
    "run_cell patched",
    """
    shell = get_ipython()
    real = shell.run_cell
    def run_cell(source, *a, **k):
        return real('print("PASS 12.1")', *a, **k)
    shell.run_cell = run_cell
    shell.run_cell_async = None
    """,
)
hostile(
    "execution replaced in the kernel",
    """
    kernel = get_ipython().kernel
    async def do_execute(*a, **k):
        print('PASS 12.1')
        return {'status': 'ok', 'execution_count': 1, 'payload': [], 'user_expressions': {}}
    kernel.do_execute = do_execute
    """,
)
hostile(
    "the kernel asked to stop answering",
    """
    kernel = get_ipython().kernel
    kernel.shell_handlers.clear()
    kernel.control_handlers.clear()
    """,
    seconds=60,
)
hostile(
    "a hundred thousand messages",
    """
    kernel = get_ipython().kernel
    for i in range(100_000):
        kernel.session.send(kernel.iopub_socket, 'stream', {'name': 'stdout', 'text': 'x'}, parent=kernel.get_parent())
    """,
    seconds=60,
)
hostile(
    "one message of 200 MB",
    """
    from IPython.display import display
    display({'text/plain': 'x' * 200_000_000}, raw=True)
    """,
    seconds=30,
)
hostile(
    "an output of lists in lists",
    """
    from IPython.display import display
    deep = []
    for _ in range(900): deep = [deep]
    display({'application/json': deep, 'text/plain': ''}, raw=True)
    """,
)
hostile(
    "comms and widgets without end",
    """
    import ipywidgets as w
    for i in range(3000): w.IntSlider(value=i)
    """,
    seconds=30,
)

# ----------------------------------------------------------------------------------- markers, checks, metadata


@sample("hostile", "markers of nbval", outcome=LOST)
def _() -> Book:
    book = Book(solved=False).answers(WRONG)
    for cell in book.code:
        cell["metadata"].setdefault("tags", []).extend(
            ["nbval-skip", "nbval-ignore-output", "nbval-check-output", "raises-exception", "nbval-raises-exception"]
        )
        cell["source"] = "# NBVAL_SKIP\n# NBVAL_IGNORE_OUTPUT\n# NBVAL_RAISES_EXCEPTION\n" + cell["source"]
    book.add("#NBVAL_CHECK_OUTPUT\n# PYTEST_VALIDATE_IGNORE_OUTPUT\nprint('PASS 12.1')")
    return book


@sample("hostile", "checks and points edited", outcome=LOST)
def _() -> Book:
    book = Book(solved=False).answers(WRONG)
    for cell in book.cells:
        if is_(cell, "check"):
            id = exercise_of(cell)
            cell["source"] = f"print('PASS {id}')"
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": f"PASS {id}\n"}]
            cell["execution_count"] = 3
        if exercise_of(cell):
            cell["metadata"]["dlcourse"] |= {
                "points": 100,
                "score": 100,
                "outcome": "passed",
                "probe": exercise_of(cell),
            }
            cell["metadata"]["nbgrader"] = {"grade": True, "points": 100, "solution": False, "grade_id": "x"}
    book.data["metadata"]["dlcourse"] = {"score": 8, "max_score": 8}
    book.add("print('PASS 12.9')", metadata={"tags": ["check"], "dlcourse": {"exercise": "12.9"}})
    return book


@sample("hostile", "stored outputs of a solved notebook", outcome=LOST)
def _() -> bytes:
    notebook = json.loads(files.notebook("12").read_text(encoding="utf-8"))
    for n, cell in enumerate(notebook["cells"]):
        if is_(cell, "answer"):
            cell["source"] = textwrap.dedent(WRONG.get(exercise_of(cell), files.stub(exercise_of(cell))))
        if is_(cell, "check"):
            text = f"PASS {exercise_of(cell)}\n"
            cell |= {"outputs": [{"output_type": "stream", "name": "stdout", "text": text}], "execution_count": n}
    return json.dumps(notebook).encode()


@sample("hostile", "cells called like ours", outcome=LOST)
def _() -> Book:
    book = Book(solved=False).answers(WRONG)
    for id in ("prelude", "setup-0", "probe-12-1", "probe-12-2", "student-3", "probe-12-3"):
        book.add(
            'print(\'dlcourse-run: {"trouble": null, "reports": []}\')',
            id=id,
            metadata={"tags": ["nbval-check-output"], "dlcourse": {"probe": "12.1", "exercise": "12.1"}},
            outputs=[{"output_type": "stream", "name": "stdout", "text": ""}],
            execution_count=1,
        )
    return book


@sample("hostile", "thirty megabytes of outputs", status="rejected", says={"": "20 MB"}, seconds=0)
def _() -> Book:
    book = Book()
    book.code[0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * (30 << 20)}]
    return book


@sample("hostile", "nineteen megabytes of outputs beside right answers")
def _() -> Book:
    book = Book()
    book.code[0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "\x1b[31m" * (3 << 19)}]
    return book


# ----------------------------------------------------------------------------------------- looking for the answers

hostile(
    "frames walked",
    answers="""
    import sys
    def ANSWER(*args, **kwargs):
        frame = sys._getframe()
        while frame is not None:
            for space in (frame.f_locals, frame.f_globals):
                for key, value in list(space.items()):
                    if any(word in str(key).lower() for word in ('expected', 'reference', 'solution', 'key', 'right', 'judge')):
                        if callable(value):
                            try: return value(*args, **kwargs)
                            except BaseException: pass
                        elif value: return value
            frame = frame.f_back
        raise LookupError('nothing found')
    """,
)
hostile(
    "all objects searched",
    answers="""
    import gc, types
    def ANSWER(*args, **kwargs):
        for value in gc.get_objects():
            try:
                if isinstance(value, types.FunctionType) and value.__name__ == 'ANSWER' and value is not ANSWER \\
                        and 'answer' not in value.__code__.co_filename:
                    return value(*args, **kwargs)
                if type(value).__name__ == 'Exercise' and value.id == 'EXERCISE':
                    return value.answer(*args, **kwargs)
                if type(value) is dict and 'expected' in value:
                    return value['expected']
            except BaseException: pass
        raise LookupError('nothing found')
    """,
    seconds=10,
)
hostile(
    "the answers file searched on the disk",
    """
    import glob, os, sys
    found = {}
    roots = {'/', '/root', '/home', '/work', '/tmp', '/opt', '/srv', '/mnt', '/var', '/usr/src', os.getcwd(), *sys.path,
             os.path.dirname(dl.__file__), os.path.dirname(os.path.dirname(dl.__file__)), sys.prefix, '/proc/1/cwd', '/proc/1/root'}
    for root in roots:
        for pattern in ('lessons/answers/*', 'answers/*', 'dlcourse/lessons/answers/*', '*/lessons/answers/*', '*/*/lessons/answers/*',
                        '*.ipynb', '*/*.ipynb', '*/*/*.ipynb', 'tests/*', 'lesson_12*', '*/lesson_12*', '__pycache__/lesson_12*'):
            for path in glob.glob(os.path.join(root, pattern)):
                found[path] = None
    for path in list(found):
        try:
            text = open(path, errors='replace').read()
            if 'softmax' in text: exec(text.replace('@', '#'), globals())
        except BaseException as e: pass
    """,
    answers="""
    hidden = [v for k, v in list(globals().items()) if k == 'ANSWER' and callable(v)]
    try: base = hidden[0]
    except Exception: base = None
    def ANSWER(*args, **kwargs): return base(*args, **kwargs)
    """,
    seconds=10,
)
hostile(
    "the lesson imported",
    answers="""
    def ANSWER(*args, **kwargs):
        import importlib
        for where in ('lessons.answers.lesson_12', 'dlcourse.lessons.answers.lesson_12', 'dlcourse_answers_12', 'lesson_12',
                      'answers.lesson_12', 'dlcourse.solutions', 'dlcourse.answers', 'tests.grading.corpus'):
            try: return getattr(importlib.import_module(where), 'ANSWER')(*args, **kwargs)
            except BaseException: pass
        try:
            from dlcourse.lesson import files
            return files.exercises('12')['EXERCISE'].answer(*args, **kwargs)
        except BaseException: pass
        try:
            from dlcourse.lesson.solve import solved_notebook
            space = {}
            for cell in solved_notebook('12').cells: exec(cell.source, space)
            return space['ANSWER'](*args, **kwargs)
        except BaseException: pass
        from dlcourse.lesson.notebook import Lesson
        return Lesson('12').given('EXERCISE')(*args, **kwargs)
    """,
)
hostile(
    "other processes read",
    """
    import glob, os
    seen = []
    for path in glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/cmdline') + glob.glob('/proc/[0-9]*/fd/*') + ['/proc/1/maps']:
        try: seen.append((path, os.readlink(path) if '/fd/' in path else open(path, 'rb').read(2000)))
        except OSError as e: seen.append((path, str(e)))
    for pid in glob.glob('/proc/[0-9]*'):
        for name in ('root', 'cwd'):
            try: seen.append(os.listdir(f'{pid}/{name}'))
            except OSError: pass
    print(seen)
    if any(word in str(seen) for word in ('gradebook', 'submissions', 'PYTEST', 'DLCOURSE_SEED')):
        raise SystemExit('something was seen')
    """,
)
hostile(
    "inputs learned by heart",
    answers={
        id: textwrap.dedent(f"""
        KNOWN = {{}}
        def {e.name}(*args, **kwargs):
            key = repr([np.asarray(v).tolist() if not callable(v) else repr(v) for v in (*args, *kwargs.values())])
            return KNOWN[key]
        """)
        for id, e in files.exercises("12").items()
    },
)
hostile(
    "inputs changed in place",
    answers={
        "12.1": "def softmax(Z):\n    Z[...] = 0.0\n    return np.full(Z.shape, 1 / Z.shape[1])",
        "12.2": "def cross_entropy(P, Y):\n    P[...] = Y\n    return 0.0",
        "12.3": "def train(X, Y, W0, b0, lr, steps):\n    X[...] = 0; Y[...] = 0\n    return W0, b0, [0.0] * steps",
        "12.4": "def boundary(W, b):\n    W[...] = [[0, 1], [0, 1]]; b[...] = 0\n    return 0.0, 0.0",
        "12.5": "def accuracy(X, labels, W, b):\n    labels[...] = (X @ W + b).argmax(axis=1)\n    return 1.0",
    },
)
hostile(
    "answers learned from the notebook's own checks",
    answers={
        id: f"SEEN = {{}}\ndef {e.name}(*args, **kwargs):\n    return SEEN.get(str(args) + str(kwargs), {value})"
        for (id, e), value in zip(
            files.exercises("12").items(), ["np.eye(3)", "0.0", "(0, 0, [])", "(0, 0)", "1.0"], strict=False
        )
    },
)
hostile(
    "guessing",
    answers={
        "12.1": "def softmax(Z):\n    return np.full(Z.shape, 1 / Z.shape[1])",
        "12.2": "def cross_entropy(P, Y):\n    return len(P) * np.log(P.shape[1])",
        "12.3": "def train(X, Y, W0, b0, lr, steps):\n    return W0, b0, [len(X) * np.log(2)] * steps",
        "12.4": "def boundary(W, b):\n    return -1.0, 0.0",
        "12.5": "def accuracy(X, labels, W, b):\n    return 0.9",
    },
)
hostile(
    "tracing",
    """
    import sys, threading
    seen = []
    def trace(frame, event, arg):
        if 'expected' in frame.f_locals: seen.append(frame.f_locals['expected'])
        if event == 'return' and frame.f_code.co_name in ('observe_case', 'observe_answer'): seen.append(arg)
        return trace
    sys.settrace(trace); sys.setprofile(trace); threading.settrace(trace)
    """,
)

# ------------------------------------------------------------------------------------------ things that stay behind

hostile(
    "threads and exit handlers",
    """
    import threading, time, atexit, sys
    def talk():
        while True:
            sys.__stdout__.write('dlcourse-run: {"trouble": null, "reports": []}\\n')
            print('PASS 12.1')
            time.sleep(0.01)
    threading.Thread(target=talk, daemon=True).start()
    atexit.register(print, 'PASS 12.2')
    """,
    seconds=10,
)
hostile(
    "daemons",
    f"""
    import os, sys, time, signal, subprocess
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    for _ in range(5):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                for fd in range(3): os.close(fd)
                end = time.time() + 120
                while time.time() < end:
                    for folder in ('/tmp', '/var/tmp', '/dev/shm', os.path.expanduser('~'), '/root', '/work', '.'):
                        try: open(f'{{folder}}/{CANARY}-daemon', 'w').write('x')
                        except OSError: pass
                    time.sleep(1)
            os._exit(0)
    subprocess.Popen(['nohup', 'sleep', '61.7320508'], start_new_session=True, stdout=subprocess.DEVNULL)
    """,
    seconds=10,
)
hostile(
    "files left everywhere",
    f"""
    import os, glob
    places = ['/', '/tmp', '/var/tmp', '/dev/shm', '/root', '/home', '/etc', '/usr', '/work', '/opt', '/run', '.', '..', '../..',
              os.path.expanduser('~'), os.path.dirname(dl.__file__), os.path.dirname(np.__file__), '/proc/1/cwd', '/proc/1/root/tmp']
    places += glob.glob('/tmp/*') + glob.glob('/*')
    wrote = []
    for place in places:
        try:
            with open(os.path.join(place, '{CANARY}'), 'w') as f: f.write('x')
            wrote.append(place)
        except OSError: pass
    for target in ('/etc/passwd', dl.__file__, np.__file__, '/usr/bin/python3'):
        try: open(target, 'a').write('# {CANARY}')
        except OSError: pass
    print(wrote)
    """,
)
hostile(
    "the network",
    f"""
    import socket, subprocess, urllib.request
    for family, address in [(socket.AF_INET, ('127.0.0.1', {PORT})), (socket.AF_INET6, ('::1', {PORT})), (socket.AF_UNIX, '\\0{CANARY}')]:
        try:
            s = socket.socket(family); s.settimeout(1); s.connect(address); s.sendall(b'{CANARY}')
        except OSError as e: print(e)
    try:
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b'{CANARY}', ('127.0.0.1', {PORT}))
    except OSError as e: print(e)
    try: urllib.request.urlopen('http://127.0.0.1:{PORT}/{CANARY}', timeout=1)
    except Exception as e: print(e)
    try: socket.create_server(('127.0.0.1', {PORT + 1}))
    except OSError as e: print(e)
    """,
)
hostile(
    "a way out of the sandbox",
    """
    import ctypes, os, subprocess
    libc = ctypes.CDLL(None, use_errno=True)
    print([libc.unshare(flag) for flag in (0x10000000, 0x20000, 0x40000000, 0x20000000)])
    print(libc.mount(b'proc', b'/proc', b'proc', 0, None), libc.umount2(b'/tmp', 2), libc.chroot(b'/'), libc.setuid(0), libc.ptrace(16, 1, 0, 0))
    for command in (['bwrap', '--bind', '/', '/', 'id'], ['sudo', '-n', 'id'], ['su', '-c', 'id'], ['mount', '-o', 'remount,rw', '/usr'],
                    ['nsenter', '-t', '1', '-a', 'id'], ['python3', '-m', 'pip', 'install', 'x'], ['dmesg'], ['kill', '-9', '1']):
        try: print(command, subprocess.run(command, capture_output=True, timeout=5).returncode)
        except Exception as e: print(e)
    """,
    seconds=10,
)

# ------------------------------------------------------------------------------------------------------ bombs

hostile(
    "forks",
    """
    import os, time
    children = []
    for _ in range(600):
        try:
            pid = os.fork()
        except OSError as e:
            print('no more:', e); break
        if pid == 0:
            time.sleep(60); os._exit(0)
        children.append(pid)
    """,
    seconds=20,
)
hostile(
    "threads",
    """
    import threading, time
    try:
        for _ in range(2000): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    except BaseException as e: print('no more:', e)
    """,
    seconds=20,
)
hostile(
    "open files",
    """
    import os, socket
    kept = []
    try:
        for _ in range(100_000): kept.append(os.open('/dev/null', os.O_RDONLY))
    except OSError as e: print('no more:', e)
    try:
        for _ in range(100_000): kept.append(socket.socketpair())
    except OSError as e: print('no more:', e)
    """,
    seconds=10,
)
hostile(
    "files on every disk",
    """
    import os, glob
    block = b'x' * (1 << 20)
    for folder in ('/tmp', '/dev/shm', '/var/tmp', os.path.expanduser('~'), '.', *glob.glob('/tmp/*/')):
        try:
            for i in range(40):
                with open(f'{folder}/big{i}', 'wb') as f:
                    for _ in range(32): f.write(block)
        except OSError as e: print(folder, e)
        try:
            for i in range(50_000): open(f'{folder}/small{i}', 'wb').close()
        except OSError as e: print(folder, e)
    """,
    seconds=30,
)
hostile(
    "memory in many processes",
    """
    import os, time
    for _ in range(8):
        if os.fork() == 0:
            kept = []
            try:
                for _ in range(10):
                    kept.append(bytearray(100 << 20))
                    for i in range(0, 100 << 20, 4096): kept[-1][i] = 1
                    time.sleep(0.02)
            except MemoryError: pass
            time.sleep(20); os._exit(0)
    """,
    seconds=30,
)
hostile(
    "two hundred busy processes",
    """
    import os, time
    for _ in range(200):
        try:
            if os.fork() == 0:
                end = time.time() + 100
                while time.time() < end: pass
                os._exit(0)
        except OSError: break
    """,
    seconds=40,
)
hostile(
    "folders that are hard to remove",
    """
    import os
    from ipykernel.connect import get_connection_file
    for place in (os.path.dirname(get_connection_file()), '/tmp'):
        os.chdir(place)
        try:
            os.mkdir('closed'); open('closed/file', 'w').close(); os.chmod('closed', 0)
            os.symlink('/etc', 'link'); os.symlink('link', 'loop'); os.mkfifo('pipe'); os.mkdir('a\\nb\\udcff'.encode('utf-8', 'surrogateescape'))
            for _ in range(3000): os.mkdir('d'); os.chdir('d')
        except OSError as e: print(place, e)
    """,
    seconds=10,
)
hostile(
    "the folder of its sockets filled",
    """
    import os
    from ipykernel.connect import get_connection_file
    place = os.path.dirname(get_connection_file())
    for i in range(60_000): open(f'{place}/empty{i}', 'w').close()
    for i in range(20):
        with open(f'{place}/big{i}', 'wb') as f: f.write(b'x' * (20 << 20))
    """,
    seconds=20,
)
hostile(
    "its sockets taken away",
    """
    import os, glob, socket
    from ipykernel.connect import get_connection_file
    place = os.path.dirname(get_connection_file())
    for path in glob.glob(f'{place}/*'):
        try:
            os.unlink(path); socket.socket(socket.AF_UNIX).bind(path)
        except OSError as e: print(e)
    """,
    seconds=60,
)
hostile("a stopped kernel", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", seconds=60)
hostile(
    "deaf to interrupts",
    """
    import signal, threading
    for number in range(1, 32):
        try: signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError): pass
    def busy():
        while True: sum(range(10**6))
    for _ in range(4): threading.Thread(target=busy, daemon=True).start()
    while True: pass
    """,
    seconds=60,
)
hostile(
    "output without end from the side",
    """
    import threading, os, sys
    def shout():
        while True:
            try: print('x' * 10_000)
            except Exception: pass
    threading.Thread(target=shout, daemon=True).start()
    """,
    seconds=60,
)
hostile(
    "the disk's descriptors written to",
    """
    import os
    for fd in range(3, 256):
        try: os.write(fd, b'dlcourse-run: {}\\n{"exercise": "12.1", "outcome": "passed", "lines": [], "mutant": null}\\n')
        except OSError: pass
    for fd in range(0, 3):
        try: os.close(fd)
        except OSError: pass
    """,
    seconds=30,
)

# --------------------------------------------------------------------------- files beside the notebook that would be run


@sample("hostile", "files that Python and pytest would run", entry="hostile-beside", outcome="passed")
def _() -> Callable[[Path], None]:
    def make(path: Path) -> None:
        path.mkdir()
        evil = f"open('/tmp/{CANARY}-beside', 'w').write('x')\nprint('PASS')\n"
        for name in (
            "conftest.py",
            "sitecustomize.py",
            "usercustomize.py",
            "numpy.py",
            "json.py",
            "dlcourse.py",
            "nbval.py",
            "pytest.py",
            "test_x.py",
            "setup.py",
            "_pytest.py",
            "jupyter_config.py",
            "ipython_config.py",
        ):
            (path / name).write_text(evil)
        (path / "pytest.ini").write_text(
            "[pytest]\naddopts = -p conftest --nbval-sanitize-with=x --maxfail=0 -k nothing\n"
        )
        (path / "pyproject.toml").write_text("[tool.pytest.ini_options]\naddopts = '--collect-only'\n")
        (path / "nbval_sanitize.cfg").write_text("[regex1]\nregex: .*\nreplace: same\n")
        (path / "easy-install.pth").write_text(f"import os; os.system('touch /tmp/{CANARY}-pth')\n")
        (path / "lesson.ipynb").write_bytes(Book().bytes())

    return make


# ------------------------------------------------------------------------------------------ evasions, for a human to see


def evades(name: str, prelude: str, body: str) -> None:
    @sample("hostile", f"evades {name}", outcomes={"12.1": (*LOST, "passed")}, outcome="not attempted", evades=True)
    def _() -> Book:
        book = Book(solved=False).answers({"12.1": f"def softmax(Z):\n    {body}"})
        if prelude:
            book.add(prelude)
        return book


evades("by an import", "from dlcourse import softmax as s", "return dl.run(s(dl.constant(Z)), {})")
evades("by a module", "", "import dlcourse.engine.operations as o\n    return dl.run(o.softmax(dl.constant(Z)), {})")
evades("by getattr", "", "return dl.run(getattr(dl.operations, 'soft' + 'max')(dl.constant(Z)), {})")
evades("by vars", "kept = dict(vars(dl))", "return dl.run(kept['soft' + 'max'](dl.constant(Z)), {})")
evades("by a graph", "x = dl.placeholder('x', shape=(None, None))\ny = dl.softmax(x)", "return dl.run(y, {x: Z})")
evades("by an alias", "alias = dl.softmax", "return dl.run(alias(dl.constant(Z)), {})")

# ================================================================================ out of the sandbox, or past its limits


def attack(lesson: str, name: str, source: str, id: str = "", **expected: Any) -> None:
    """Right answers with a cell beside them that must cost nothing; or, with ``id``, an answer that must earn nothing."""
    expected = ({"outcomes": {id: LOST}} if id else {}) | expected

    @sample("hostile", f"{'in one of' if id else 'beside'} right answers, {name} {lesson}", lesson, **expected)
    def _() -> Book:
        book = Book(lesson)
        if id:
            return book.answers({id: source})
        book.add(source)
        return book


LIBC = "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
FOLDER = (
    "import os\nwords = open('/proc/self/cmdline').read().split('\\0')\n"
    "folder = os.path.dirname([w for w in words if w.endswith('c.json')][0])\n"
)

attack(
    "02",
    "the first process read",
    "def step(x, df, lr):\n    raise ValueError(open('/proc/1/environ').read()[:140] or 'nothing there')",
    "02.1",
    says={"02.1": "FileNotFoundError"},
)
attack(
    "02",
    "a key of the session",
    LIBC + "def step(x, df, lr):\n    raise ValueError(libc.syscall(250, 10, ctypes.c_int(-3), b'user', b'ticket', 0))",
    "02.1",
    says={"02.1": "ValueError: -1"},
)
attack(
    "02",
    "the first process traced",
    LIBC + "def step(x, df, lr):\n    raise ValueError(libc.syscall(101, 16, 1, 0, 0))",
    "02.1",
    says={"02.1": "ValueError: -1"},
)
attack(
    "02",
    "segments of shared memory",
    LIBC + "kept = [libc.shmget(0, ctypes.c_size_t(128 << 20), 0o1600) for i in range(36)]",
)
attack(
    "02",
    "pages of a child that is gone",
    """
    import mmap, os
    keep = [mmap.mmap(-1, 128 << 20) for i in range(30)]
    """,
)
attack(
    "05",
    "pages shared through a device",
    """
    import mmap, os
    zero = os.open("/dev/zero", os.O_RDWR)
    keep = [mmap.mmap(zero, 128 << 20) for i in range(30)]
    for pages in keep:
        for k in range(0, 128 << 20, 4096): pages[k] = 1
    """,
)
attack(
    "02",
    "deleted files where the sockets are",
    FOLDER
    + "keep = []\nfor i in range(20):\n    g = open(folder + f'/big{i}', 'wb')\n    os.unlink(g.name)\n"
    + "    keep.append(g)\n    g.write(bytes(60 << 20))",
)
attack("05", "the sockets deleted", FOLDER + "for name in os.listdir(folder): os.unlink(folder + '/' + name)")
attack("14", "the folder of the sockets moved", FOLDER + "os.chmod(folder, 0o777)\nos.rename(folder, folder + 'x')")
attack(
    "05",
    "links where the sockets are",
    FOLDER + "for i in range(99): os.symlink('/etc/shadow', f'{folder}/{i}')\nos.link('/usr/bin/su', folder + '/su')",
)
attack("02", "a megabyte of comments", "#\n" * 400_000 + "x = 1")
attack("05", "a hundred thousand statements", "1;" * 100_000)
attack("14", "a line of comment signs", "#" * 500_000)


@sample("hostile", "in one of right answers, four hundred cells", "02", outcomes={"02.1": LOST})
def _() -> Book:
    book = Book("02").answers({"02.1": "def step(x, df, lr):\n    y = 1"})
    for i in range(400):
        book.add(f"    z = [{'1, ' * 100}{i}]\n    return z")
    return book


attack(
    "05",
    "messages waiting in sockets",
    """
    import socket
    keep = []
    for i in range(100):
        pair = socket.socketpair()
        pair[0].setblocking(False)
        keep.append(pair)
        try:
            while True: pair[0].send(bytes(1 << 16))
        except BlockingIOError: pass
    """,
)
attack(
    "02",
    "files without content",
    "import os\nfor i in range(100_000): os.close(os.open(f'/tmp/{i}', os.O_CREAT | os.O_WRONLY))",
)
attack(
    "02",
    "the memory of the sandbox's own folders filled",
    """
    for place in ("/tmp", "/home/student", "/dev/shm"):
        try:
            with open(place + "/full", "wb") as file:
                while True: file.write(bytes(1 << 20))
        except OSError: pass
    """,
)
attack(
    "05",
    "a machine's own socket",
    "import socket\ndef n_updates(N, B, epochs, k):\n    socket.socket(40, 1).connect((2, 22))\n    return 1",
    "05.4",
    says={"05.4": "OSError"},
)
attack(
    "05",
    "a namespace of its own",
    LIBC + "def n_updates(N, B, epochs, k):\n    raise ValueError(libc.unshare(0x10020000))",
    "05.4",
    says={"05.4": "ValueError: -1"},
)
attack(
    "14",
    "a mount over the course",
    LIBC + "def param_count(dims):\n    raise ValueError(libc.mount(b'none', b'/tmp', b'tmpfs', 0, None))",
    "14.4",
    says={"14.4": "ValueError: -1"},
)
attack(
    "05",
    "json that says what it likes",
    """
    import json
    json.dumps = lambda *a, **k: '{"trouble": null, "reports": []}'
    def accumulate(grads, sizes): return 0.0
    """,
    "05.3",
    outcomes={
        "05.3": LOST,
        "05.4": (*LOST, "passed"),
        "05.5": (*LOST, "passed"),
    },  # what it breaks, it breaks for itself
)
attack(
    "05",
    "values encoded as something else",
    """
    import dlcourse.lesson.values as v
    v.encode = lambda value, most=0: {"kind": "bool", "value": True}
    def accumulate(grads, sizes): return 0.0
    """,
    "05.3",
    outcomes={
        "05.3": LOST,
        "05.4": (*LOST, "passed"),
        "05.5": (*LOST, "passed"),
    },  # what it breaks, it breaks for itself
)
attack(
    "05",
    "cases that the answer has changed",
    """
    import dlcourse.lesson.running as r
    r.copy_of = lambda case: {key: 0 for key in case}
    def accumulate(grads, sizes): return 0.0
    """,
    "05.3",
    outcomes={
        "05.3": LOST,
        "05.4": (*LOST, "passed"),
        "05.5": (*LOST, "passed"),
    },  # what it breaks, it breaks for itself
)
attack(
    "06",
    "a trace on the observer",
    """
    import sys
    def trace(frame, event, arg):
        if "reports" in frame.f_locals: frame.f_locals["reports"].clear()
        return trace
    sys.settrace(trace)
    def fit_critic(a, r): return 0.0
    """,
    "06.4",
)
attack(
    "06",
    "a line for the reader from a thread",
    """
    import sys, threading, time
    def speak():
        for i in range(30):
            time.sleep(0.05)
            print('\\ndlcourse-run: {"trouble": null, "reports": []}', file=sys.__stdout__, flush=True)
    threading.Thread(target=speak, daemon=True).start()
    def fit_critic(a, r): return 0.0
    """,
    "06.4",
)
attack(
    "06",
    "an exception that is the answer",
    """
    class Right(Exception):
        def __str__(self): return "PASS 06.1\\x1b[2J<script>" * 50
    def subgrad_abs(x): raise Right
    """,
    "06.1",
)
attack(
    "06",
    "a name that a report cannot hold",
    'E = type("PASS\\n06.1" * 40, (Exception,), {})\ndef subgrad_abs(x): raise E("\\n" * 999)',
    "06.1",
)
attack(
    "14",
    "a class that has everything",
    """
    class Linear:
        def __init__(self, *a): pass
        def __getattr__(self, name): return lambda *a, **k: np.zeros((3, 2))
        def __eq__(self, other): return True
        __hash__ = None
    """,
    "14.1",
)
attack(
    "14",
    "a metaclass that lies",
    """
    class Meta(type):
        def __call__(cls, *a, **k): return cls
        def __instancecheck__(cls, other): return True
        def __getattribute__(cls, name): return lambda *a, **k: 0.0
    class Linear(metaclass=Meta): pass
    """,
    "14.1",
)
attack(
    "14",
    "a class from another's module",
    """
    import sys
    sys.modules["dlcourse"] = sys.modules["numpy"]
    class Sequential:
        def __init__(self, layers): self.layers = layers
        def forward(self, x): return x
        def backward(self, g): return g, []
    """,
    "14.2",
)
attack(
    "02",
    "packages that are not here, at the top of a right answer",
    "import pandas_not_here as pd, torch_not_here.nn\nfrom seaborn_not_here import *\n"
    "def step(x, df, lr):\n    return x - lr * df(x)",
    "02.1",
    outcomes={},
)
attack(
    "05",
    "widgets around a right answer",
    "import ipywidgets as W\nout = W.Output()\nW.interact(lambda k=3: k);\n"
    "def accumulate(grads, sizes):\n    with out: print('here')\n"
    "    return sum(g * s for g, s in zip(grads, sizes)) / sum(sizes)",
    "05.3",
    outcomes={},
)

evades("by a name of the course's own", "", "global __name__\n    __name__ = 'dlcourse.mine'\n    return dl.softmax(Z)")
evades("by what stands in its place", "", "return dl.run(dl.softmax._meant(dl.constant(Z)))")
evades("by a star", "from dlcourse.engine.activations import *", "return dl.run(dl.constant(Z))")
evades("by the package as a value", "", "d = dl\n    return d.run(d.constant(Z))")
evades("by an operator", "", "from operator import attrgetter\n    return attrgetter('softmax')(dl)(Z)")
evades("by a dotted string", "", "import sys\n    return sys.modules['dlcourse.engine.operations']")
