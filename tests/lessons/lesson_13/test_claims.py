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
