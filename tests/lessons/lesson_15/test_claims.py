"""What lesson 15 says of its figures holds."""

import numpy as np
import pytest

from dlcourse.lesson import files
from tests.lessons.claims import claim

figures = files.figures("15")


def said_and_found(name):
    """Where on the knob the card prints the same number twice."""
    _, says, truth = figures.curves(name)
    printed = [[f"{v if abs(v) > 1e-6 else 0:.3g}" for v in line] for line in (says, truth)]
    return [said == found for said, found in zip(*printed, strict=True)]


@claim(
    "15",
    "saw-claims",
    "**right**: the lines are one, wherever you look;",
    "**conditional**: said and found are the same number over a whole stretch of the knob",
    "**wrong**: they are the same nowhere, or in a single place by chance.",
)
@pytest.mark.parametrize("name", figures.CLAIMS)
def test_each_verdict_follows_from_the_rule_that_the_lesson_states(name):
    same = said_and_found(name)
    assert figures.CLAIMS[name].verdict == ("right" if all(same) else "conditional" if sum(same) >= 4 else "wrong")


@claim(
    "15",
    "saw-workshop",
    "With 16 units, 400 updates put all 240 points on the right side. With 4 relu units they seldom do",
    "With η = 1 and β = 0.95 the loss jumps about; with η = 0.001 it has hardly moved.",
)
def test_which_knobs_ruin_the_training():
    seeds = (1, 2, 3)
    assert [figures.Workshop(seed=s).right for s in seeds] == [240, 240, 240]
    assert max(figures.Workshop(seed=s, hidden="4", h="relu").right for s in seeds) < 230
    assert [s for s in seeds if max(figures.Workshop(seed=s, rate=1.0, beta=0.95).losses[100:]) <= 2] == []
    assert [s for s in seeds if np.mean(figures.Workshop(seed=s, rate=0.001).losses[-20:]) <= 0.4] == []
