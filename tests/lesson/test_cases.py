"""Cases are literals: the same values in the notebook and in a probe."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from dlcourse.lesson.cases import compact, copy_of, function_of, literal, source_of, unchanged
from dlcourse.lesson.exercises import exercise, plain_source, prediction
from tests.lesson.test_values import identical, values


@settings(deadline=None)
@given(values.filter(lambda v: "complex" not in repr(getattr(v, "dtype", ""))))
def test_source_text_gives_back_exactly_the_same_value(value):
    try:
        written = source_of(literal(value))
    except TypeError:  # complex arrays inside a container: no literal
        return
    back = eval(written, {"np": np, "function_of": function_of})
    assert identical(back, value)


def test_a_written_function_is_callable_and_says_its_text():
    slope = function_of("x", f"{np.float64(0.1)!r} * x - {np.float64(2.5)!r}")
    assert slope(1.0) == 0.1 * 1.0 - 2.5
    assert repr(slope) == "x ↦ 0.1 * x - 2.5"
    assert eval(source_of(slope), {"function_of": function_of}) == slope
    assert function_of("x, y", "np.hypot(x, y)")(3, 4) == 5


def test_a_copy_can_be_changed_without_the_original():
    case = {"a": np.zeros(2), "b": [1, [2]], "f": function_of("x", "x")}
    copy = copy_of(case)
    assert unchanged(case, copy)
    copy["b"][1][0] = 3
    assert case["b"] == [1, [2]]
    assert not unchanged(case["b"], copy["b"])
    copy["a"][0] = np.nan
    assert not unchanged(case["a"], copy["a"])
    assert unchanged(float("nan"), float("nan"))
    assert not unchanged(1, 1.0)


def test_long_values_are_shown_short():
    assert compact(0.30000000000000004) == "0.3"
    assert compact(12345.678) == "1.235e+04"
    assert compact(function_of("x", "2.7018345676 * (x - 0.123456789)")) == "x ↦ 2.702 * (x - 0.1235)"
    assert compact(np.arange(4).reshape(2, 2)) == "[[0, 1], [2, 3]]"
    assert compact((1.0,)) == "(1.0,)"
    assert compact("x" * 200).endswith("…")


def test_an_exercise_shows_its_reference_as_a_learner_would_write_it():
    one = exercise("90.1", "One")

    @one.reference
    def mean_of(x: dict[str, int], *, scale: list[int] | None = None, é: float = 1.0) -> dict[str, list[int]]:
        """Why."""

        # a comment
        def inner(y: int) -> int:
            return y  # ->

        return {"ü": [inner(y) for y in x.values()]}

    assert one.source() == (
        'def mean_of(x, *, scale=None, é=1.0):\n    """Why."""\n\n    # a comment\n'
        '    def inner(y):\n        return y  # ->\n\n    return {"ü": [inner(y) for y in x.values()]}'
    )
    assert one.signature() == "mean_of(x, scale, é)"


def test_the_source_of_a_class_keeps_its_methods():
    class Box:
        """A box."""

        def add(self, k: int) -> int:
            return k

    assert plain_source(Box) == 'class Box:\n    """A box."""\n\n    def add(self, k):\n        return k'


@pytest.mark.parametrize("id", ["2.1", "02.0", "02", "02.x", "002.1", "02.1.1"])
def test_an_id_of_another_form_is_refused(id):
    with pytest.raises(ValueError, match="exercise ids look like"):
        exercise(id, "")


def test_a_prediction_needs_its_answer_among_the_options():
    with pytest.raises(ValueError, match=r"90\.a"):
        prediction("90.a", "?", options={"x": ""}, answer="y")


def test_cases_depend_on_the_seed_and_on_nothing_else():
    one = exercise("90.1", "One")

    @one.cases
    def _(rng):
        yield dict(x=rng.normal(), n=rng.integers(5))

    assert one.draw() == one.draw()
    assert one.draw(1) == one.draw(1) != one.draw(2) != one.draw()
    assert [type(v) for v in one.draw()[0].values()] == [float, int]
