"""One small network, 2-2-1, goes through lessons 08 to 13: by hand, with the learner's functions, with the engine.

Two inputs, two tanh units, one output, no biases; the loss is half the squared error, the rate of a step 0.1. Wherever
the network is met, the numbers are these; the engine computes them here, and what a lesson prints is compared.
"""

from __future__ import annotations

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.lesson import files
from tests.lessons.claims import cells
from tests.lessons.unproved import numbers, printed

X, Y, RATE = [1.0, 2.0], 1.0, 0.1
W = [[3.0, -1.0], [-2.0, 2.0]]  # a row for each sum: s = W x
V = [2.0, -1.0]  # the output is V · z

# what each lesson prints of it, and in which cell; a lesson may print more
SHOWN = {
    "08": {"small-by-hand": ["z", "error", "loss"], "small-moved": ["by W[0, 0]", "by x[0]"]},
    "09": {
        "small-both": ["z", "error", "loss", "by s", "by z", "by x"],
        "figure-small": ["z", "output", "error", "loss", "by s", "by x"],
    },
    "10": {"small-rows": ["by z", "by s", "by x", "by W"]},
    "11": {
        "small-engine": ["s", "z", "error", "loss", "by s", "by z", "by x", "by W", "by V"],
        "small-step": ["new W", "new V", "new loss"],
        "small-dl": ["by x", "by W", "by V", "loss", "new loss"],
    },
    "12": {"small-step-engine": ["loss", "new W", "new V", "new loss"]},
    "13": {"small-by-functions": ["output", "loss", "by W", "by V", "new W", "new V"]},
}


def by_the_engine() -> dict[str, np.ndarray]:
    """Every number of the network: forward, the slope at each box, and what one step makes of it."""
    x, w, v = dl.parameter(X, name="x"), dl.parameter(W, name="W"), dl.parameter(V, name="V")
    s = w @ x
    z = dl.tanh(s)
    error = v @ z - Y
    loss = error**2 / 2
    wanted = {"x": x, "W": w, "V": v, "s": s, "z": z, "output": error}
    slopes = dl.gradients(loss, list(wanted.values()))
    found = dict(zip((f"by {name}" for name in wanted), dl.run(slopes), strict=True))
    found |= dict(zip(("s", "z", "error", "loss"), dl.run([s, z, error, loss]), strict=True))
    found["slope of tanh"] = 1 - found["z"] ** 2
    found["output"] = found["error"] + Y
    found["by W[0, 0]"], found["by x[0]"] = found["by W"][0, 0], found["by x"][0]
    dl.GradientDescent(learning_rate=RATE).minimize(loss, [w, v])({})
    found |= {"new W": w.value, "new V": v.value, "new loss": dl.run(loss)}
    return found


FOUND = by_the_engine()


@pytest.mark.parametrize(("lesson", "cell"), [(lesson, cell) for lesson in SHOWN for cell in SHOWN[lesson]])
def test_a_lesson_prints_the_numbers_of_the_small_network(lesson, cell):
    (stored,) = [c for c in files.cells(lesson) if c["id"] == cell]
    shown = numbers(printed(stored))
    for name in SHOWN[lesson][cell]:
        for value in np.ravel(FOUND[name]):
            assert numbers(f"{abs(value):.4f}") <= shown, f"{name} is {value:.4f}, and {cell} does not print it"


def test_it_is_met_in_every_lesson_from_08_to_13():
    assert set(SHOWN) == {"08", "09", "10", "11", "12", "13"}


def test_a_step_makes_it_better():
    assert FOUND["new loss"] < FOUND["loss"] / 3


def test_lesson_08_works_it_out_by_hand():
    text = cells("08")["small-network"] + cells("08")["small-paths"] + cells("08")["small-slopes"]
    for name in ("z", "output", "error", "loss", "by W[0, 0]"):
        for value in np.ravel(FOUND[name]):
            assert f"{value:.4f}".replace("-", "−") in text.replace("-", "−"), name
    assert f"{FOUND['slope of tanh'][0]:.4f}" in text
