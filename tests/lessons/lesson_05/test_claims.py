"""What lesson 05 says of its figures holds."""

import numpy as np
import pytest

from dlcourse.lesson import files
from tests.lessons.claims import cells, claim

figures = files.figures("05")


def drawn(race, size):
    """Places of the curve of one hiker, as drawn."""
    number = list(figures.RATES).index(size)
    curve = [mark for mark in race.scene()[0].marks if mark.kind == "polyline"][number]
    return curve.xs, curve.ys


@claim("05", "saw-race", "Counted in updates, the hiker with all samples wins; in samples, $B = 1$; in time, $B = 64$.")
def test_the_curves_cross_the_finish_where_the_sentence_says_and_the_winner_is_who_is_drawn_first():
    for axis, winner in (("updates", 4096), ("samples", 1), ("time", 64)):
        race = figures.Race(axis=axis)
        first = {}
        for size in figures.RATES:
            xs, ys = drawn(race, size)
            first[size] = float(xs[np.argmax(ys <= figures.FINISH)])
            assert first[size] == race.arrival[size]
        assert min(first, key=first.get) == winner


@claim("05", "saw-race", "going from 64 to 4096 saves ten, for 26 times the samples")
def test_what_the_largest_batch_saves():
    updates, samples = figures.Race(axis="updates").arrival, figures.Race(axis="samples").arrival
    assert updates[64] - updates[4096] == 10
    assert round(samples[4096] / samples[64]) == 26


@claim("05", "saw-arrows", "All at a quarter of their length.")
def test_pulls_are_drawn_at_a_quarter_of_their_length():
    assert figures.Arrows.shrink == 0.25


def test_the_floor_is_not_told_before_it_is_reached():
    floor = figures.Floor()
    floor.frame = 0
    assert "on average" not in floor.sentence()
    floor.frame = floor.last_frame
    assert "on average" in floor.sentence()


def micro_batches():
    """The data of the lesson, and the micro-batches of its cells."""
    rng = np.random.default_rng(5)
    X = np.stack([rng.uniform(-1, 2, 64), np.ones(64)], axis=1)
    y = X @ np.array([0.8, 1.0]) + rng.normal(0, 0.6, 64)

    def gradient(w, rows):
        return 2 * X[rows].T @ (X[rows] @ w - y[rows]) / len(rows)

    scope = {"gradient": gradient, "np": np}
    exec(cells("05")["accumulation-loop"], scope)  # the six lines as the lesson prints them
    return gradient, np.split(np.arange(64), 8), scope["accumulated"]


def mean(grads, sizes):
    return sum(size * g for g, size in zip(grads, sizes, strict=True)) / sum(sizes)


@claim("05", "four-loops", "The fourth loop is six lines.", "the 64 samples make two updates an epoch")
def test_the_bucket_is_emptied_twice_an_epoch():
    _, micro, accumulated = micro_batches()
    asked = []
    accumulated(np.zeros(2), micro, 4, 0.1, lambda grads, sizes: asked.append(sizes) or grads[0])
    assert asked == [[8] * 4] * 2
    loop = cells("05")["accumulation-loop"].partition("def ")[2]
    assert len(loop.splitlines()) == 6


@claim(
    "05",
    "saw-all-four",
    "Done right, four micro-batches of 8 are one mini-batch of 32, and no better: the same samples, the same step.",
    "the second bucket, four times too long a step",
    "which is full-batch descent",
)
def test_accumulation_is_a_mini_batch_that_is_not_held_at_once():
    gradient, micro, accumulated = micro_batches()
    w = large = np.array([-1.0, 3.0])
    for rows in np.split(np.arange(64), 2):
        large = large - 0.1 * gradient(large, rows)
    assert accumulated(w, micro, 4, 0.1, mean) == pytest.approx(large, abs=1e-12)
    added = accumulated(w, micro[:4], 4, 0.1, lambda grads, sizes: sum(grads)) - w
    assert added == pytest.approx(4 * (accumulated(w, micro[:4], 4, 0.1, mean) - w))
    assert accumulated(w, micro, 8, 0.1, mean) == pytest.approx(w - 0.1 * gradient(w, np.arange(64)), abs=1e-12)


@claim("05", "rules", "if the scatter falls as $1/\\sqrt B$, the variance falls as $1/B$")
def test_the_variance_is_the_scatter_squared():
    arrows = figures.Arrows()
    arrows.drawn = 10_000
    variances = [arrows.scatter(arrows.batches(size)) ** 2 for size in (1, 16)]
    assert variances[0] / variances[1] == pytest.approx(16, rel=0.2)
