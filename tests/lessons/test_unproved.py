"""What the lessons say of figures and outputs is proved: the number of claims that nothing proves may only fall."""

from __future__ import annotations

import pytest

from dlcourse.lesson import files
from tests.conftest import LESSONS
from tests.lessons.claims import plain
from tests.lessons.unproved import is_candidate, quoted, sentences, unproved, why_not


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_lesson_says_more_than_is_proved(lesson):
    found = unproved(lesson)
    listed = "\n".join(f"{cell}: {sentence}" for cell, sentence in found)
    most = files.about(lesson).get("unproved", 0)
    assert len(found) <= most, (
        f"more than {most}: quote one in a claim test, or say in [no_claim] why it is none\n{listed}"
    )


@pytest.mark.parametrize("lesson", LESSONS)
def test_what_is_marked_as_no_claim_is_said_and_would_be_taken_for_one(lesson):
    everything = [
        s for cell in files.cells(lesson) if cell["cell_type"] == "markdown" for s in sentences(cell["source"])
    ]
    for begin, reason in files.about(lesson).get("no_claim", {}).items():
        assert reason in ("task", "definition", "derivation", "history", "plan"), f"{begin}: {reason} is no reason"
        assert any(plain(s).startswith(plain(begin)) for s in everything), f"lesson {lesson} no longer says: {begin}"


SENTENCES = [
    "With 4 units it rarely does.",
    "The hilltop lets go; the saddle holds you longer than that.",
    "It narrows, because the model becomes surer.",
]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_number_a_comparison_and_a_cause_are_claims(sentence):
    assert is_candidate(sentence) and not why_not(sentence)


def test_the_claim_tests_are_found():
    assert ("15", "saw-claims") in quoted()
