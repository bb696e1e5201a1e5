"""What lesson 13 says of its figures holds."""

import numpy as np

from dlcourse.lesson import files
from tests.lessons.claims import claim

figures = files.figures("13")


@claim(
    "13",
    "ex-5-task",
    "Zero is worse: nothing moves. Small weights wait on a plateau.",
    "Large ones press tanh flat: they learn later than a good start, though they move as far.",
)
def test_how_each_start_fares():
    start = {how: figures.FIGURES["starts"](how=how) for how in figures.STARTS}
    moved = {how: float(np.abs(s.paths[-1] - s.paths[0]).max()) for how, s in start.items()}
    quarter = {how: s.losses[len(s.losses) // 4] for how, s in start.items()}
    assert moved["zero"] == 0
    assert quarter["small"] > 0.95 * start["small"].losses[0]
    assert quarter["large"] > 5 * quarter["good"] and moved["large"] >= moved["good"]


@claim(
    "13",
    "saw-widths",
    "One unit never can.",
    "With ReLU it is harsher: 12, 18, 26, 29, 30 of 30 for 2, 3, 4, 6, 8 units.",
)
@claim("13", "saw-widths", "Two can, and 24 of 30 starts")
def test_how_many_starts_find_the_four_corners():
    found = {units: figures.searches(units)[1].sum(axis=1).tolist() for units in ("tanh", "relu")}
    by_width = {units: dict(zip(figures.WIDTHS, counts, strict=True)) for units, counts in found.items()}
    assert by_width["tanh"][1] == by_width["relu"][1] == 0
    assert by_width["tanh"][2] == 24
    assert [by_width["relu"][width] for width in (2, 3, 4, 6, 8)] == [12, 18, 26, 29, 30]
