"""Answers that were written as new learners would, before anything was run: what is said about each.

``data/answers_tried.json`` holds them, right and wrong, and ``data/answers_fresh.json`` those that were written later,
to measure what had been mended: before anything was done about them, 95 % of 263 wrong ones were told their mistake.
``data/answers_unseen.json`` was written by somebody who had read the tasks and nothing else: of 915 wrong ones 4
passed at first, and 95 % were told their mistake.
The suite looks at every 40th, `.ci/run` at every 12th, `DLCOURSE_ALL=1` at all.
``data/answers_told.json`` is the table: of the wrong ones of each exercise how many are told their mistake (*named*: a
misconception, a repair, a fact, an exception, a form), how many only that something differs (*general*), and which
message was found to be *untrue* on reading it beside its code; ``python -m tests.lesson.test_answers_tried`` writes the
counts anew.
"""

from __future__ import annotations

import functools
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dlcourse.lesson import diagnose, explaining, files
from dlcourse.lesson.judging import Verdict, expected_of, same
from tests.conftest import EVERYTHING, REQUIRED

DATA = Path(__file__).parent / "data"
ANSWERS: list[dict[str, str]] = [
    answer
    for name in ("answers_tried.json", "answers_fresh.json", "answers_unseen.json")
    for answer in json.loads((DATA / name).read_text(encoding="utf-8"))
]
TABLE = DATA / "answers_told.json"
CHOSEN = ANSWERS if EVERYTHING else ANSWERS[:: 12 if REQUIRED else 40]

ARGUABLE = {
    ("00.3", "list instead of tuple"): "passes: the two right numbers, which nothing later takes apart",
    ("07.3", "sets, not lists"): "passes: the order of the users is not asked for, and a set has each once",
}


def verdict_of(number: int) -> Verdict:
    return _told(number)


@functools.cache
def _told(number: int) -> Verdict:
    return diagnose(ANSWERS[number]["exercise"], ANSWERS[number]["code"])


def named(verdict: Verdict) -> bool:
    return verdict.evidence != "none"


@functools.cache
def numbers(kind: str) -> list[int]:
    return [n for n, answer in enumerate(ANSWERS) if answer["kind"] == kind and answer in CHOSEN]


def ids(number: int) -> str:
    return f"{ANSWERS[number]['exercise']} {ANSWERS[number]['what']}"


@pytest.mark.parametrize("number", numbers("wrong"), ids=ids)
def test_no_wrong_answer_passes(number):
    if (ANSWERS[number]["exercise"], ANSWERS[number]["what"]) not in ARGUABLE:
        verdict = verdict_of(number)
        assert verdict.outcome != "passed"
        assert 2 <= len(verdict.lines) <= 3 or verdict.evidence == "form"


@pytest.mark.parametrize("number", numbers("right"), ids=ids)
def test_no_right_answer_is_refused(number):
    if (ANSWERS[number]["exercise"], ANSWERS[number]["what"]) not in ARGUABLE:
        assert str(verdict_of(number)) == f"PASS {ANSWERS[number]['exercise']}"


@pytest.mark.parametrize("number", numbers("wrong"), ids=ids)
def test_a_misconception_that_is_told_agrees_on_every_case_and_no_other_does(number):
    answer, verdict = ANSWERS[number], verdict_of(number)
    if verdict.evidence != "misconception":
        return
    exercise = files.exercises(answer["exercise"][:2])[answer["exercise"]]
    cases = exercise.draw()
    run = explaining.observed(exercise, answer["code"], cases)
    agree = [
        index
        for index, mutant in enumerate(exercise.mutants)
        if all(map(functools.partial(same, exercise), run.reports, expected_of(exercise, cases, mutant.answer)))
    ]
    assert len(run.reports) == len(cases)
    assert verdict.mutant in agree
    assert len({exercise.mutants[index].message for index in agree}) == 1


def test_nearly_every_wrong_answer_is_told_its_mistake():
    told = Counter(named(verdict_of(number)) for number in numbers("wrong"))
    assert told[True] >= SHARE * told.total()


SHARE = 0.92


def test_no_exercise_is_told_less_than_the_table_says():
    table: dict[str, dict[str, Any]] = json.loads(TABLE.read_text(encoding="utf-8"))
    if len(CHOSEN) == len(ANSWERS):
        for exercise, counts in counted().items():
            assert counts["named"] >= table[exercise]["named"], exercise
    general = {(exercise, what) for exercise, row in table.items() for what in row["general"]}
    for number in numbers("wrong"):
        answer = ANSWERS[number]
        assert named(verdict_of(number)) or (answer["exercise"], answer["what"]) in general, ids(number)


def test_what_was_found_untrue_is_in_the_table_and_nothing_else_is_claimed():
    table: dict[str, dict[str, Any]] = json.loads(TABLE.read_text(encoding="utf-8"))
    wrong = {(answer["exercise"], answer["what"]) for answer in ANSWERS if answer["kind"] == "wrong"}
    assert {(exercise, what) for exercise, row in table.items() for what in row["untrue"]} <= wrong
    assert set(table) == {exercise for exercise, _ in wrong}


def counted() -> dict[str, dict[str, Any]]:
    """The table as it is now, but for what only a reader can say."""
    before = json.loads(TABLE.read_text(encoding="utf-8")) if TABLE.is_file() else {}
    rows: dict[str, dict[str, Any]] = {}
    for number, answer in enumerate(ANSWERS):
        if answer["kind"] != "wrong":
            continue
        untrue = before.get(answer["exercise"], {}).get("untrue", [])
        row = rows.setdefault(answer["exercise"], {"named": 0, "general": [], "untrue": untrue})
        verdict = verdict_of(number)
        if named(verdict):
            row["named"] += 1
        else:
            row["general"].append(answer["what"])
    return rows


if __name__ == "__main__":
    explaining.LONGEST_SEARCH = 60.0  # as in conftest
    TABLE.write_text(json.dumps(counted(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    sys.stdout.write(f"written: {TABLE.name}\n")
