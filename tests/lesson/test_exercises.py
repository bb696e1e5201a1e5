"""Every exercise of every lesson keeps what the course promises about exercises."""

from __future__ import annotations

import functools
import inspect
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import nbformat
import numpy as np
import pytest

import dlcourse as dl
from dlcourse.lesson import files
from dlcourse.lesson.exercises import Exercise
from dlcourse.lesson.judging import expected_of, judge, same
from dlcourse.lesson.running import Report, Run, observe_answer
from dlcourse.lesson.values import bits
from tests.conftest import LESSONS

EXERCISES = [exercise for lesson in LESSONS for exercise in files.exercises(lesson).values()]
MUTANTS = [(exercise, index) for exercise in EXERCISES for index in range(len(exercise.mutants))]
each_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
SEEDS = (None, 1, 2)  # the notebook's own cases, and two that grading might draw


@functools.cache
def notebook(lesson: str) -> Any:
    return nbformat.read(files.notebook(lesson), as_version=4)


def cells(lesson: str, tag: str) -> list[Any]:
    return [cell for cell in notebook(lesson).cells if tag in cell.metadata.get("tags", [])]


def run(exercise: Exercise, source: str, seed: int | None = None) -> Run:
    made = observe_answer(
        source,
        exercise.name,
        exercise.observer,
        exercise.draw(seed),
        exercise=exercise.id,
        is_class=exercise.is_class,
        without=exercise.without,
        seconds=exercise.time_limit,
    )
    return Run.from_json(made.to_json())


def mutant_source(exercise: Exercise, index: int) -> str:
    return exercise.mutants[index].source(exercise.name)


@functools.cache  # of all exercises: 200 MB, and asked for by four tests, each of which would take 20 seconds for it
def known(exercise: Exercise, seed: int | None) -> tuple[list[Report], list[list[Report]]]:
    """What the reference gives on the cases of a seed, and what each of the mutants gives."""
    cases = exercise.draw(seed)
    return expected_of(exercise, cases), [expected_of(exercise, cases, mutant.answer) for mutant in exercise.mutants]


@pytest.fixture(autouse=True, scope="module")
def forget() -> Iterator[None]:
    yield
    known.cache_clear()


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_exercises_of_a_lesson_are_numbered_from_1_without_gaps(lesson):
    ids = list(files.exercises(lesson))
    assert ids == [f"{lesson}.{k}" for k in range(1, len(ids) + 1)]
    assert sum(exercise.points for exercise in files.exercises(lesson).values()) > 0


@pytest.mark.parametrize("lesson", LESSONS)
def test_each_exercise_has_one_answer_cell_and_one_check_cell_and_they_carry_its_id(lesson):
    for tag in ("answer", "check"):
        found = Counter(cell.metadata.get("dlcourse", {}).get("exercise") for cell in cells(lesson, tag))
        assert found == dict.fromkeys(files.exercises(lesson), 1)
        assert [cell.id for cell in cells(lesson, tag) if cell.cell_type != "code"] == []
    carrying = {cell.id for cell in notebook(lesson).cells if "dlcourse" in cell.metadata}
    assert carrying == {cell.id for tag in ("answer", "check") for cell in cells(lesson, tag)}


@each_exercise
def test_the_stub_counts_as_not_attempted(exercise):
    assert judge(exercise, exercise.draw(), run(exercise, exercise.stub())).outcome == "not attempted"


@pytest.mark.parametrize("seed", SEEDS)
@each_exercise
def test_the_reference_passes_from_its_source_alone(exercise, seed):
    """Its text is run in a fresh namespace, so it stands alone; and it leaves its arguments as they were."""
    reports, mutants = known(exercise, seed)
    verdict = judge(exercise, exercise.draw(seed), run(exercise, exercise.source(), seed), reports, mutants)
    assert str(verdict) == f"PASS {exercise.id}"
    assert [report for report in reports if report.status != "value" or report.changed] == []


@pytest.mark.parametrize("drawn", (False, True), ids=("here", "drawn"))
@pytest.mark.parametrize(("exercise", "index"), MUTANTS, ids=[f"{e.id}-{i}" for e, i in MUTANTS])
def test_a_mutant_fails_with_its_own_message(exercise, index, drawn):
    seed = 1 + index % 2 if drawn else None
    made = run(exercise, mutant_source(exercise, index), seed)
    verdict = judge(exercise, exercise.draw(seed), made, *known(exercise, seed))
    assert verdict.outcome in ("failed", "error")
    assert verdict.mutant == index
    assert verdict.lines[2] == exercise.mutants[index].message
    assert len(verdict.lines) == 3


@pytest.mark.parametrize("seed", SEEDS)
@each_exercise
def test_no_two_mutants_agree_on_the_cases(exercise, seed):
    _, seen = known(exercise, seed)
    for i, one in enumerate(seen):
        for j, other in enumerate(seen[:i]):
            pairs = zip(one, other, strict=True)
            assert not all(same(exercise, a, b) for a, b in pairs), (
                f"mutants {j} and {i} of {exercise.id} cannot be told apart"
            )


@each_exercise
def test_there_is_a_mutant_or_more_and_each_has_a_short_sentence(exercise):
    messages = [mutant.message for mutant in exercise.mutants]
    assert messages
    assert [
        message for message in messages if len(message) > 150 or "\n" in message or message[-1:] not in (".", "?")
    ] == []


@pytest.mark.parametrize("seed", SEEDS)
@each_exercise
def test_the_observation_is_too_much_to_guess(exercise, seed):
    reports, _ = known(exercise, seed)
    assert bits([report.observed for report in reports]) >= 40


@each_exercise
def test_a_check_takes_a_moment(exercise):
    """Far from the time limit, so that a slow machine passes, too: a tenth of it in processor time."""
    import time

    begin = time.process_time()
    run(exercise, exercise.source())
    assert time.process_time() - begin < exercise.time_limit / 10


@each_exercise
def test_there_are_three_hints(exercise):
    """That the notebook shows them is tested with all that it takes from its room: tests/notebooks/test_template.py."""
    assert len(exercise.hint_texts) == 3 and all(exercise.hint_texts)


@each_exercise
def test_the_answer_explains_why_it_is_right_and_forbidden_names_exist(exercise):
    assert len(exercise.why().split()) >= 5
    assert [name for name in exercise.without if not hasattr(dl, name)] == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_predictions_and_quiz_have_a_sentence_for_every_option(lesson):
    quiz = files.choices(lesson, "quiz")
    assert list(quiz) == [f"{lesson}.q{n}" for n in range(1, max(len(quiz), 1) + 1)]
    for choice in [*quiz.values(), *files.choices(lesson, "predictions").values()]:
        assert len(choice.options) >= 3, choice.id
        assert [option for option, feedback in choice.options.items() if not feedback.strip()] == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_prediction_and_every_figure_is_used_once_in_the_notebook(lesson):
    source = "\n".join(cell.source for cell in notebook(lesson).cells if cell.cell_type == "code")
    assert sorted(re.findall(r'lesson\.predict\("(.*?)"\)', source)) == sorted(files.choices(lesson, "predictions"))
    figures = files.figures(lesson).FIGURES
    shown = set(re.findall(r'lesson\.show\("(.*?)"', source))
    assert shown - {"graph"} == set(figures)  # every lesson has "graph"
    assert source.count("lesson.quiz(") == source.count("lesson.progress(") == 1


def test_an_integer_where_a_float_is_usual_is_fine_for_the_references():
    """Learners try their functions with whole numbers."""
    step = files.exercises("02")["02.1"].answer
    assert step(1, lambda x: 2 * x, 1) == -1
    accuracy = files.exercises("12")["12.5"].answer
    assert accuracy([[1, 0], [0, 1]], np.array([0, 0]), np.eye(2, dtype=int), np.zeros(2, dtype=int)) == 0.5


def test_a_mutant_can_be_an_edit_of_the_reference_and_an_edit_that_fits_nowhere_is_refused():
    step = files.exercises("02")["02.1"]
    edited = Exercise(step.id, step.title, answer=step.answer, case_maker=step.case_maker)
    edited.mutant("You walked uphill.", "x - lr", "x + lr")
    edited.mutant("You went back.", [("x - lr", "-x - lr"), ("df(x)", "df(-x)")])
    assert [mutant.answer(2.0, lambda x: x, 0.5) for mutant in edited.mutants] == [3.0, -1.0]
    assert edited.mutants[0].source("step") == "def step(x, df, lr):\n    return x + lr * df(x)"
    with pytest.raises(ValueError, match=r"exercise 02.1: 'x' is 3 times in the reference, not 1 times"):
        edited.mutant("", "x", "y")
    edited.equivalent("x - lr * df(x)", "-lr * df(x) + x", "A sum in the other order.")
    edited.equivalent("x - lr", ("x + -lr", "-lr + x"), "So are these.")
    assert [one.text.split("return ")[1] for one in edited.equivalents] == [
        "-lr * df(x) + x",
        "x + -lr * df(x)",
        "-lr + x * df(x)",
    ]


@pytest.mark.parametrize("seed", SEEDS)
@each_exercise
def test_a_case_names_its_arguments_in_the_order_of_the_answer(exercise, seed):
    """They are handed over by position, so a learner may give them other names."""
    if exercise.called_directly:
        names = list(inspect.signature(exercise.answer).parameters)
        assert all(list(case) == names[: len(case)] for case in exercise.draw(seed))
