"""What looks alike, what does not, and how long it takes for a thousand."""

from __future__ import annotations

import time

import numpy as np
import pytest

from dlcourse.grading import similarity
from dlcourse.grading.results import ExerciseResult, Gradebook, SubmissionResult
from dlcourse.grading.similarity import alike, grams, jaccard, look_alikes, published, tokens_of
from dlcourse.lesson import files
from tests.grading.books import LOOP, gradebook

SAME_IDEA = """\
def softmax(Z):
    result = []
    for row in Z:
        m = max(row)
        exps = [np.exp(x - m) for x in row]
        result.append([x / sum(exps) for x in exps])
    return np.array(result)
"""
DISGUISES = {
    "other names": LOOP.replace("rows", "ausgabe").replace("powers", "e").replace("total", "s").replace("value", "v"),
    "comments": LOOP.replace("\n    for", "  # my own idea\n\n    for"),
    "a docstring": LOOP.replace(":\n    rows", ':\n    """My softmax."""\n    rows'),
    "layout": LOOP.replace("    ", "  ").replace("[np.exp(value - top) for", "[  np.exp((value-top)) for"),
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_disguise_of_a_minute_changes_nothing(disguise):
    [found] = alike("12.1", {"ada": LOOP, "bob": DISGUISES[disguise]})
    assert found.submissions == ("ada", "bob") and found.similarity == 1.0


def test_an_added_line_still_looks_alike_and_another_idea_does_not():
    added = LOOP.replace("    total", "    assert len(powers) == len(z)\n        total")
    [found] = alike("12.1", {"ada": LOOP, "bob": added, "cyd": SAME_IDEA})
    assert found.submissions == ("ada", "bob") and found.similarity < 1


def test_what_the_lesson_itself_says_is_nobodys_secret():
    book = gradebook(["a", "b", "c", "d"])
    exercises = files.exercises("12")
    for text in (lambda e: e.source(), lambda e: files.stub(e.id), lambda e: e.mutants[0].source(e.name)):
        for one in book.submissions:
            one.exercises = [ExerciseResult(e.id, e.points, "passed", answer=text(e)) for e in exercises.values()]
        assert look_alikes(book) == []
    for one in book.submissions[:2]:
        one.exercises[0].answer = LOOP
    [found] = look_alikes(book)
    assert (found.exercise, found.submissions) == ("12.1", ("a", "b"))


def test_answers_that_python_cannot_read_are_compared_by_words():
    broken = LOOP.replace("for z in Z:", "for z in Z")
    [found] = alike("12.1", {"ada": broken, "bob": broken + "  # mine"})
    assert found.similarity == 1.0
    for hostile in ("(" * 50_000, "\0", "\ud800", "'''", "x = " + "-" * 50_000 + "1", "[" * 90 + "]" * 90):
        assert isinstance(grams(hostile), frozenset)


def random_answer(rng: np.random.Generator) -> str:
    lines = [
        f"    {rng.choice(list('abcdef'))} = np.{rng.choice(['exp', 'sum', 'max', 'sin', 'dot'])}"
        f"({rng.choice(list('abcdefXYW'))}, {rng.integers(9)}) {rng.choice(list('+-*/'))} {rng.integers(9)}"
        for _ in range(12)
    ]
    return "\n".join(["def train(X, Y, W0, b0, lr, steps):", *lines, "    return a"])


def test_every_pair_above_the_threshold_is_found():
    rng = np.random.default_rng(3)
    answers = {}
    for i in range(60):
        text = random_answer(rng)
        answers[f"{i}"] = text
        answers[f"{i} changed"] = "\n".join([*text.split("\n")[: rng.integers(9, 13)], "    return a"])
    sets = {name: grams(text) for name, text in answers.items()}
    for threshold in (0.5, 0.7, 0.9):
        slowly = {(a, b) for a in sets for b in sets if a < b and jaccard(sets[a], sets[b]) >= threshold}
        found = {
            pair
            for f in alike("12.3", answers, threshold=threshold)
            for a in f.submissions
            for b in f.submissions
            if (pair := (a, b)) and a < b
        }
        assert slowly == found and len(slowly) > 4


def test_a_thousand_answers_take_seconds():
    rng = np.random.default_rng(4)
    answers = {str(i): random_answer(rng) for i in range(1000)}
    start = time.process_time()
    alike("12.3", answers)
    assert time.process_time() - start < 10  # all half a million pairs would take minutes


def test_a_thousand_copies_are_one_group_and_not_half_a_million_pairs():
    [found] = alike("12.1", {f"{i:04}": LOOP for i in range(1000)})
    assert len(found.submissions) == 1000


def test_marks_stay_as_they_are():
    book = gradebook(["a", "b"])
    assert isinstance(book, Gradebook) and all(isinstance(one, SubmissionResult) for one in book.submissions)
    before = [one.to_json() for one in book.submissions]
    look_alikes(book)
    assert [one.to_json() for one in book.submissions] == before


BUSY = {
    "a long import": "import " + ".".join(["a"] * 400_000),
    "brackets": "(" * 400_000,
    "signs": "x = " + "-" * 400_000 + "1",
    "calls": "f" + "(x)" * 400_000,
    "a string without end": 'x = """' + "\\\n" * 300_000,
    "half a character": "def f(): return '\ud800'",
}


def test_an_answer_that_keeps_its_reader_busy_costs_the_pages_of_a_class_a_few_seconds_and_nobody_else(monkeypatch):
    monkeypatch.setattr(similarity, "READING", 1)
    book = gradebook([*BUSY, "ada", "bob"])
    for one in book.submissions:
        one.status, one.reason = "graded", ""
        one.exercises = [ExerciseResult("12.1", 2, "passed", answer=BUSY.get(one.submission, LOOP))]
    begin = time.monotonic()
    assert [found.submissions for found in look_alikes(book)] == [("ada", "bob")] and published(book) == []
    assert time.monotonic() - begin < 60
    assert tokens_of([LOOP])[LOOP] and len(tokens_of(BUSY.values())) == len(BUSY)
