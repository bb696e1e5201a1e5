"""What lesson 12 says of its figures and outputs holds."""

import numpy as np

from dlcourse.lesson import files
from tests.lessons.claims import claim

figures = files.figures("12")


def turned(d, e):
    """The angle between two lines, in degrees."""
    return float(np.degrees(np.arccos(np.clip(d @ e / np.linalg.norm(d) / np.linalg.norm(e), -1, 1))))


@claim("12", "saw-line", "the first ten steps turn the line further than the fifty after them")
def test_the_line_turns_most_in_the_first_ten_steps():
    line = figures.FIGURES["line"]()
    assert turned(line.d[0], line.d[10]) > turned(line.d[10], line.d[60])


@claim("12", "saw-line", "In the end it is a little narrower than at step 3: the model has become surer.")
def test_the_band_is_narrower_in_the_end():
    line = figures.FIGURES["line"]()
    width = [2 * np.log(9) / np.linalg.norm(d) for d in line.d]  # between the places where a class has 10 %
    assert 0.7 * width[3] < width[60] < 0.95 * width[3]
