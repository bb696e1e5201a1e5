"""Small edits of a program: what they are, that they leave no trace, and what is made of them."""

from __future__ import annotations

import ast
import time
from itertools import islice

import pytest

from dlcourse.lesson import diagnose, files
from dlcourse.lesson.cases import function_of
from dlcourse.lesson.editing import edits, is_tick, with_ticks
from dlcourse.lesson.exercises import Exercise
from tests.lesson.variants import chosen, survivors

EXERCISES = [exercise for number in files.numbers() for exercise in files.exercises(number).values()]


DOUBLE = function_of("x", "2.0 * x")


def variants_of(text: str) -> dict[str, str]:
    tree = ast.parse(text)
    kinds: dict[str, str] = {}
    for edit in edits(tree):
        kinds.setdefault(ast.unparse(tree), edit.kind)  # the first is what is told
    return kinds


@pytest.mark.parametrize(
    ("text", "edited", "kind"),
    [
        ("def f(x): return x + 1", "def f(x): return x - 1", "the sign"),
        ("def f(x, y): return x", "def f(x, y): return y", "the name: is it the one meant?"),
        ("def f(x, y): return x - 2 * y", "def f(x, y): return y - 2 * x", "these two: are they exchanged?"),
        ("def f(x, y): return x + y / 2", "def f(x, y): return (x + y) / 2", "the brackets: what belongs together?"),
        ("def f(x): return x / sum(x)", "def f(x): return x / len(x)", "`sum` or `len`"),
        ("def f(x): return 0.33 * x", f"def f(x): return {1 / 3} * x", "the number: is it exact?"),
        ("def f(x): return x < 2", "def f(x): return x <= 2", "the comparison"),
        ("def f(x): return x[1]", "def f(x): return x[2]", "the number"),
        ("def f(x): return x.sum()", "def f(x): return x.sum(axis=0)", "the axis"),
        ("def f(x): return x.sum(axis=1)", "def f(x): return x.sum(axis=1, keepdims=True)", "keepdims"),
        ("def f(x, y): return x @ y", "def f(x, y): return x.T @ y", "the transpose"),
        ("def f(x, y): return x * y", "def f(x, y): return x", "a factor too many"),
        ("def f(x): return x", "def f(x): return 2 * x", "a factor left out"),
        ("def f(x): return abs(x)", "def f(x): return x", "a call too many"),
        ("def f(g, x): return g(x, 2)", "def f(g, x): return g(2, x)", "the order of the arguments"),
        ("def f(x):\n    y = x\n    return y", "def f(x):\n    y += x\n    return y", "`=` or `+=`"),
        ("def f(x):\n    x += 1\n    return x", "def f(x):\n    x = x + 1\n    return x", "an array changed in place"),
        ("def f(x): print(x)", "def f(x): return x", "`print` or `return`"),
        ("def f(x):\n    y = x", "def f(x):\n    y = x\n    return y", "what is given back"),
        (
            "def f(x):\n    for v in x:\n        y = v\n        return y",
            "def f(x):\n    for v in x:\n        y = v\n    return y",
            "whether that line belongs into the loop",
        ),
        ("def f(n): return range(n)", "def f(n): return range(n + 1)", "where the loop begins or ends"),
        ("f = lambda x: x - 1", "f = lambda x: x + 1", "the sign"),
    ],
)
def test_an_edit_has_a_kind(text, edited, kind):
    assert variants_of(text)[ast.unparse(ast.parse(edited))] == kind


def test_no_edit_makes_a_list_grow_by_itself():
    """It would double each turn, and take all memory long before any limit of time."""
    edited = "\n".join(variants_of("def f(a, b):\n    while b:\n        a.extend(b)\n    return a"))
    assert "extend(a)" not in edited.replace("b.extend(a)", "") and "a.extend(b)" in edited


def test_the_line_is_that_of_the_slip():
    tree = ast.parse("def f(x):\n    y = 2\n\n    return x + y")
    assert {edit.line for edit in edits(tree) if edit.kind == "the sign"} == {4}
    assert {edit.line for edit in edits(tree, 2) if "two lines" not in edit.kind} == {2}


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
def test_every_edit_of_a_reference_is_a_program_and_the_last_leaves_no_trace(exercise):
    tree = with_ticks(ast.parse(exercise.bare_source))
    before = ast.dump(tree, include_attributes=True)
    for edit in islice(edits(tree), 0, None, 7):
        try:
            compile(tree, "edited", "exec")
        except (
            SyntaxError
        ):  # a `return` with a `yield`, a name that is local and global: no answer, and none that passes
            continue
        assert edit.line >= 1
    assert ast.dump(tree, include_attributes=True) == before


def test_an_iterator_that_is_closed_undoes_its_edit():
    tree = ast.parse("def f(x, y):\n    for k in range(y):\n        x = x + k\n    return x")
    before = ast.dump(tree)
    for n in range(200):
        some = edits(tree)
        assert next(islice(some, n, None), None) is not None or n > 50
        some.close()
        assert ast.dump(tree) == before


def test_ticks_are_in_loops_and_functions_and_are_no_part_of_what_is_edited():
    tree = with_ticks(ast.parse("def f(x):\n    while x:\n        x = x - 1\n    return x"))
    assert sum(is_tick(node) for node in ast.walk(tree) if isinstance(node, ast.Expr)) == 2


def test_the_type_of_a_variable_is_no_part_of_what_is_computed():
    tree = ast.parse("def f(x):\n    y: dict[str, list[int]] = {}\n    return y")
    assert all("y: dict[str, list[int]] =" in ast.unparse(tree) for _ in edits(tree, 2) if "y:" in ast.unparse(tree))


def test_a_loop_that_an_edit_makes_counts_its_turns_too():
    tree = with_ticks(ast.parse("def f(x):\n    if x:\n        x = x - 1\n    return x"))
    made = [ast.unparse(tree) for edit in edits(tree) if edit.kind == "`if` or `while`"]
    assert made == ["def f(x):\n    _tick_()\n    while x:\n        _tick_()\n        x = x - 1\n    return x"]


# ------------------------------------------------------------------------------------------------ what is told


@pytest.mark.parametrize(
    ("id", "source", "evidence", "words"),
    [
        ("00.1", "def loss_at(knob, x, y):\n    return np.mean((knob * x - y) * 2)", "repair", "line 2 makes it right"),
        ("02.1", "def step(x, df, lr):\n    return x + lr * df(x)", "misconception", "You walked uphill."),
        (
            "04.3",
            "def average_loss(C, G, S, w):\n    return np.mean([(y - G(x, w)) ** 2 for x, y in S])",
            "fact",
            "argument C",
        ),
        (
            "02.1",
            "def step(x, df, lr):\n    return [x - lr * df(x)]",
            "repair",
            "That is a list of 1; a number is asked for.",
        ),
        ("02.1", "def step(x, df, lr):\n    return x - lr * slope(x)", "exception", "Nothing named slope"),
        ("02.1", "def step(x, df, lr):\n    return ...", "form", "not attempted"),
        ("02.1", "def step(x, df, lr):\n    return x - lr * df(x)", "none", "PASS 02.1"),
    ],
)
def test_a_verdict_says_what_it_rests_on(monkeypatch, id, source, evidence, words):
    if evidence != "misconception":
        nothing_is_known(monkeypatch, id)
    verdict = diagnose(id, source)
    assert verdict.evidence == evidence
    assert words in str(verdict)
    assert 1 <= len(verdict.lines) <= 3


def nothing_is_known(monkeypatch: pytest.MonkeyPatch, id: str) -> None:
    """Take the misconceptions from an exercise, so that a slip has to be found out by trying."""
    monkeypatch.setattr(files.exercises(id[:2])[id], "mutants", [])


def test_a_repair_never_shows_code(monkeypatch):
    nothing_is_known(monkeypatch, "01.1")
    said = diagnose("01.1", "def slope(f, x, h=1e-5):\n    return (f(x + h) - f(x - h)) // (2 * h)").lines[2]
    assert said.endswith("One small change in line 2 makes it right: look at `/` or `//`.")
    assert "2 * h" not in said and "f(x" not in said


def test_seeds_draw_other_cases_and_give_the_same_misconception():
    uphill = "def step(x, df, lr):\n    return x + lr * df(x)"
    said = [diagnose("02.1", uphill, seed) for seed in (None, 1, 2)]
    assert len({verdict.lines[2] for verdict in said}) == 1
    assert {verdict.mutant for verdict in said} == {0}


def test_a_loop_that_only_an_edit_makes_endless_is_stopped_from_within():
    begin = time.monotonic()
    loop = "    while len(h) < 3:\n        x = x - df(x)\n        h.append(x)\n"
    source = f"def descend(df, x0, lr, tol, max_iter):\n    x, h = x0, [x0]\n{loop}    return x, h"
    assert diagnose("02.2", source).outcome == "failed"
    assert time.monotonic() - begin < 20  # far more than the bounds; without them it would never end


def test_a_counter_that_nothing_changes_is_told(monkeypatch):
    nothing_is_known(monkeypatch, "02.2")
    loop = "    while abs(df(x)) > tol and k < max_iter:\n        x = x - lr * df(x)\n        history.append(x)\n"
    source = (
        f"def descend(df, x0, lr, tol, max_iter):\n    x, history = x0, [x0]\n    k = 0\n{loop}    return x, history"
    )
    said = diagnose("02.2", source)
    assert said.evidence == "fact"
    assert "k is 0 all the time: nothing in the loop in line 4 changes it." in said.lines[2]


def test_a_default_that_is_shared_by_all_calls_is_told(monkeypatch):
    nothing_is_known(monkeypatch, "00.2")
    source = "def best_knob(knobs, losses, seen=[]):\n    seen.append(1)\n    return knobs[len(seen) % len(knobs)]"
    assert "seen in line 1 is made once, not for every call" in diagnose("00.2", source).lines[2]


# ---------------------------------------------------------------------------------- cases that decide


def test_the_variants_that_survive_are_found():
    """An exercise whose only case cannot tell a sum from a product."""
    step = files.exercises("02")["02.1"]
    weak = Exercise(step.id, step.title, answer=step.answer, case_maker=lambda rng: [dict(x=0.0, df=DOUBLE, lr=0.5)])
    found = survivors(weak, seeds=())
    assert any("x + lr * df(x)" in one.text for one in found)


@pytest.mark.parametrize("id", ["02.1", "02.3", "02.4"])
def test_no_slip_of_these_references_passes(id):
    [exercise] = chosen([id])
    assert survivors(exercise, every=3) == []


@pytest.mark.parametrize("id", ["01.1", "08.1", "09.4", "12.8"])
def test_who_returns_nought_is_not_told_a_mistake_in_a_computation_that_is_not_there(id):
    """Its values are those of a rise taken at one place, of a product that starts at 0, of a rounding: it has none."""
    head = files.stub(id).partition(":")[0]
    verdict = diagnose(id, f"{head}:\n    return 0")
    assert verdict.evidence == "fact" and "never uses its argument" in verdict.lines[-1] and verdict.mutant is None


@pytest.mark.parametrize("id", ["14.1", "14.2"])
def test_a_class_without_its_first_method_is_told_which_one(id):
    head = next(line for line in files.stub(id).splitlines() if line.startswith("class "))
    assert "__init__" in diagnose(id, f"{head}\n    pass").lines[-1]
