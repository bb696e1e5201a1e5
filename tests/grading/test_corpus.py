"""A dozen submissions of the corpus, graded by the command itself. `everything.py` grades all of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("the sandbox needs Linux", allow_module_level=True)

from dlcourse.grading.sandbox import why_no_sandbox
from tests.conftest import missing
from tests.grading.corpus import SAMPLES
from tests.grading.everything import run_corpus

CHOSEN = {
    "honest-loops-and-lists.ipynb",
    "honest-mistake-12-1.ipynb",
    "honest-helpers-in-other-cells.ipynb",
    "mangled-ids-and-metadata-dropped.ipynb",
    "a\nb.ipynb",
    "broken-cut-in-half.ipynb",
    "broken-link.ipynb",
    "broken-ends-the-kernel.ipynb",
    "hostile-equal-to-everything.ipynb",
    "hostile-the-observer-patched.ipynb",
    "hostile-the-lesson-imported.ipynb",
    "hostile-the-network.ipynb",
    "hostile-checks-and-points-edited.ipynb",
}


def test_the_corpus_covers_what_it_must():
    kinds = {kind: [one for one in SAMPLES if one.kind == kind] for kind in ("honest", "mangled", "broken", "hostile")}
    assert [kind for kind, samples in kinds.items() if len(samples) < 15] == []
    assert len(SAMPLES) >= 200
    assert len({one.name for one in SAMPLES}) == len(SAMPLES)
    assert {one.name for one in SAMPLES} >= CHOSEN
    for one in (one for one in kinds["hostile"] if one.status == "graded"):  # nobody wins by an attack alone
        outcomes = [one.outcome, *one.outcomes.values()]
        right = one.evades or "right answers" in one.name.replace("-", " ") or one.name == "hostile-beside"
        assert right or not any("passed" in outcome for outcome in outcomes), one.name


def test_a_dozen_of_every_kind_get_the_marks_that_they_deserve(tmp_path: Path):
    if why := why_no_sandbox():
        missing(why)
    assert run_corpus(tmp_path, [one for one in SAMPLES if one.name in CHOSEN], "--jobs", "2") == []
