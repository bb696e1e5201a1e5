"""What lesson 05 says of its figures holds."""

import numpy as np

from dlcourse.lesson import files
from tests.lessons.claims import claim

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
