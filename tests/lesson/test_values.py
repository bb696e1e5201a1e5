"""Values travel without loss, and one comparison serves check and grading."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dlcourse.lesson.values import MOST_VALUES, Difference, Unsupported, bits, decode, differs, encode

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
kinds = (
    hnp.floating_dtypes(sizes=(16, 32, 64), endianness="=")
    | hnp.integer_dtypes(endianness="=")
    | hnp.complex_number_dtypes(sizes=(64, 128), endianness="=")
    | st.just(np.dtype(bool))
)
arrays = hnp.arrays(kinds, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
values = st.recursive(
    scalars | arrays,
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def identical(a: object, b: object) -> bool:
    """The same to the last bit, type and dtype included."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and all(map(identical, a.ravel().tolist(), b.ravel().tolist()))
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(identical, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(identical(a[k], b[k]) for k in a)
    if isinstance(a, complex):
        return identical(a.real, b.real) and identical(a.imag, b.imag)
    if isinstance(a, float):
        return (a == b and math.copysign(1, a) == math.copysign(1, b)) or (a != a and b != b)
    return a == b


@settings(deadline=None)
@given(values)
def test_a_value_survives_the_way_through_json_to_the_last_bit(value):
    assert identical(decode(json.loads(json.dumps(encode(value)))), value)


@settings(deadline=None)
@given(values)
def test_every_value_equals_itself(value):
    assert differs(encode(value), encode(value)) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([1, 2], np.array([1.0, 2.0])),
        ((1.0, [2, 3]), [1, (2.0, 3.0)]),
        (np.float64(0.5), 0.5),
        (np.array(0.5), 0.5),
        (np.zeros((0,)), []),
        (np.zeros((2, 2)), [[0, 0], [0, 0]]),
        ([np.nan, np.inf], [np.nan, np.inf]),
        (1.0, 1.0 + 5e-10),
        (np.float32(1.0), np.float32(1.0 + 5e-6)),
        (np.float64(1.0), np.float32(1.0 + 5e-6)),
        (["a", "b"], ("a", "b")),
        (np.array(["a", "b"]), ["a", "b"]),
        ({"x": 1, "y": [2]}, {"y": (2.0,), "x": 1.0}),
        ([1.0, 0.0], [1.0, 1e-17]),  # what is left of a cancellation
        (True, np.True_),
        ((np.zeros((2, 2)), np.zeros(2), [1.0]), [np.zeros((2, 2)), [0, 0], (1,)]),
        (10**30, 1e30),
        ([1, [2, 3]], (1, np.array([2, 3]))),
    ],
)
def test_equal_shape_and_value_is_equal_whatever_the_container(one, other):
    assert differs(encode(one), encode(other)) is None
    assert differs(encode(other), encode(one)) is None


@pytest.mark.parametrize(
    ("expected", "observed", "kind", "path"),
    [
        (1.0, 1.0 + 5e-9, "value", ()),
        (1.0, -1.0, "value", ()),
        ([1.0, 2.0, 3.0], [1.0, 2.5, 9.0], "value", (1,)),
        (np.eye(2), np.ones((2, 2)), "value", (0, 1)),
        (np.inf, -np.inf, "value", ()),
        (1.0, np.nan, "nan", ()),
        (np.nan, 1.0, "value", ()),
        (np.inf, np.nan, "nan", ()),
        (np.zeros(3), np.zeros((3, 1)), "shape", ()),
        ([1, 2], [1, 2, 3], "shape", ()),
        ([1, [2, 3]], [1, [2]], "shape", (1,)),
        (1.0, None, "type", ()),
        (1.0, "1.0", "type", ()),
        ((1.0, [1.0, 2.0]), 1.0, "type", ()),
        ((1.0, [1.0, 2.0]), (1.0, None), "type", (1,)),
        ("up", "down", "value", ()),
        (["up", "down"], ["up", "up"], "value", (1,)),
        ({"x": 1}, {"y": 1}, "shape", ()),
        ({"x": 1}, {"x": 2}, "value", ("x",)),
        (2**70, 2**70 + 1, "value", ()),
        (3, 4, "value", ()),
        (1.0, object(), "type", ()),
        ([1.0], [...], "type", (0,)),
    ],
)
def test_the_first_difference_is_found_and_named(expected, observed, kind, path):
    difference = differs(encode(expected), encode(observed))
    assert difference is not None
    assert (difference.kind, difference.path) == (kind, path)


def test_an_exercise_may_ask_for_another_tolerance():
    assert differs(encode(1.0), encode(1.001)) is not None
    assert differs(encode(1.0), encode(1.001), rtol=1e-2) is None
    assert differs(encode(1.0), encode(1.0 + 1e-10), rtol=1e-12) is not None


class Liar(float):
    """Equal to everything, and asked for its value it says what you like."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = float.__hash__

    def hex(self) -> str:
        raise AssertionError("was asked")


class LyingArray(np.ndarray):
    def tolist(self) -> object:
        raise AssertionError("was asked")


class LyingList(list):
    def __iter__(self):
        raise AssertionError("was asked")


@pytest.mark.parametrize(
    "value",
    [
        Liar(1.0),
        np.zeros(2).view(LyingArray),
        LyingList([1]),
        np.array([1, None], dtype=object),
        np.array([b"x"]),
        np.zeros(2, dtype="datetime64[s]"),
        range(3),
        object(),
        len,
        int,
    ],
    ids=lambda value: type(value).__name__,  # not repr, which holds an address: pytest-xdist wants the same names twice
)
def test_other_types_are_not_touched(value):
    assert encode(value)["kind"] == "unsupported"
    assert isinstance(decode(encode(value)), Unsupported)


@pytest.mark.parametrize(
    "value",
    [
        np.broadcast_to(0.0, (10**6, 10**6)),
        [0.0] * (MOST_VALUES + 1),
        [[0] * 400] * 400,
        [np.zeros(MOST_VALUES // 2)] * 3,
        "x" * 10**6,
        10 ** (10**5),
        np.array(["x" * 10**6]),
        dict.fromkeys(range(MOST_VALUES + 1)),
    ],
    ids=["a trillion zeros", "a long list", "lists of lists", "arrays", "text", "integer", "text array", "dictionary"],
)
def test_what_is_too_large_is_not_converted(value):
    text = json.dumps(encode(value))
    assert "too large" in text
    assert len(text) < 40 * MOST_VALUES


def test_a_list_that_contains_itself_ends():
    value: list[object] = []
    value.append(value)
    assert "too large" in json.dumps(encode(value))


def test_what_can_be_guessed_has_few_bits():
    assert bits([encode(True), encode(1), encode("up")]) < 10
    assert bits([encode([0.0] * 1000)]) == 0
    assert bits([encode(np.random.default_rng(0).normal(size=2))]) == 60
    assert bits([encode(["a", "b", "c", "d"] * 20)]) == pytest.approx(160)


def test_an_integer_beyond_every_float_is_told_as_too_large_and_is_no_error():
    for huge in (2**4000, -(2**1001)):
        assert decode(encode(huge)) == Unsupported("int", "too large")
        assert differs(encode(0.5), encode(huge)) is not None and differs(encode([1, 2]), encode([1, huge])) is not None
        with pytest.raises(ValueError):
            decode({"kind": "int", "value": hex(huge)})  # as a hostile process may send it
    assert decode(encode(2**999)) == 2**999
    assert differs(encode(0.5), encode(2**999)) is not None


def test_a_set_travels_and_is_compared_without_an_order():
    assert decode(json.loads(json.dumps(encode({"s", "w", ("a", 1)})))) == {"s", "w", ("a", 1)}
    assert decode(encode(set())) == set()
    assert differs(encode({"a", "b"}), encode(frozenset({"b", "a"}))) is None
    assert differs(encode({"a"}), encode({"a", "b"})) == Difference("value", (), {"a"}, {"a", "b"})
    assert differs(encode({"a"}), encode(["a"])).kind == "type"
