"""What lesson 00 says of its figures and outputs holds."""

import numpy as np
import pytest

from dlcourse.lesson import files
from tests.lessons.claims import cells, claim

figures = files.figures("00")
KM, FARE = figures.KM, figures.FARE


def loss_at(w):
    return files.exercises("00")["00.1"].answer(w, KM, FARE)


@claim("00", "saw-two", "The valley slants: move one knob, and the best place of the other moves.")
def test_the_best_price_of_a_kilometre_falls_as_the_other_knob_rises():
    best = [np.mean(KM * (FARE - b)) / np.mean(KM**2) for b in (0.0, 3.0, 6.0)]
    assert best[0] > best[1] + 0.2 > best[2] + 0.4


@claim("00", "slopes", "The smaller $h$, the closer to 6.", "has slope $2(x-2)$")
def test_the_rules_of_the_refresher():
    for h in (0.1, 0.001):
        assert ((3 + h) ** 2 - 9) / h == pytest.approx(6 + h)
    rise = (5.001 - 2) ** 2 - (4.999 - 2) ** 2
    assert rise / 0.002 == pytest.approx(6)


@claim("00", "saw-ten", "each bends the whole curve", "after 200 steps the loss is small")
def test_every_knob_moves_every_hour_and_descent_makes_the_loss_small():
    bends = figures.powers(figures.HOURS)
    assert (np.abs(bends) > 1e-12).all()
    ten = figures.TenKnobs()
    assert ten.last_frame * ten.stride == 200
    assert ten.losses[-1] < ten.losses[0] / 20


def trained(cell, rate, w=0.5):
    """Run the loop of a cell with its last line mended as the text says: the losses."""
    losses = []
    source = cells("00")[cell].replace("w = w  ", f"w = w - {rate} * slope  ").replace("    print(", "    note(")

    class Lesson:
        given = staticmethod(lambda id: lambda w, x, y: loss_at(w))

    exec(source, {"lesson": Lesson, "x": KM, "y": FARE, "note": lambda text: losses.append(text)})
    return [float(text.split("loss ")[1].split(",")[0]) for text in losses]


@claim("00", "train", "in ten steps the loss falls from 101 to 2.45", "It explodes; lesson 02 tells why.")
def test_the_mended_cell_trains_the_line_and_too_large_a_step_explodes():
    losses = trained("train-by-slope", 0.01)
    assert len(losses) == 10 and round(losses[0]) == 101 and losses[-1] == 2.45
    assert trained("train-by-slope", 0.05)[-1] > 100 * losses[0]


@claim("00", "train", "As it stands, the last line below leaves $w$ where it is.")
def test_the_cell_as_it_stands_does_not_train():
    assert trained("train-by-slope", 0.0)[0] == trained("train-by-slope", 0.0)[-1]
    assert "w = w  " in cells("00")["train-by-slope"]


@claim("00", "where-it-leads", "Each slope cost you one more loss. A million knobs would cost a million more.")
def test_a_slope_costs_one_more_loss():
    assert cells("00")["train-by-slope"].count("loss_at(w") == 2


@claim("00", "saw-blame", "a unit of $w_2$ moves $\\hat y$ by 0.6", "moves $\\ell$ by −3.4. Multiply: −2.04.")
def test_every_number_of_the_small_network_can_be_redone_by_hand():
    blame = figures.Blame()
    assert blame.before.forward["h"] == pytest.approx(0.6) == pytest.approx(0.4 * 1.5)
    assert blame.before.backward["ŷ"] == pytest.approx(-3.4) == pytest.approx(2 * (0.3 - 2))
    assert blame.before.backward["w₂"] == pytest.approx(-3.4 * 0.6) == pytest.approx(-2.04)
    assert blame.before.backward["h"] == pytest.approx(-3.4 * 0.5)  # another product: one can tell which is which
    assert blame.before.backward["w₁"] == pytest.approx(2 * (0.3 - 2) * 0.5 * 1.5)
    blame.frame = 5
    assert "its slope is −3.40 · 0.60 = −2.04;" in blame.sentence()
    assert "its slope is −3.40 · 0.50 = −1.70" in blame.sentence()


def test_knobs_that_are_turned_too_far_are_said_to_be():
    near, far = figures.Blame(), figures.Blame(first=2.0, second=-2.0)
    near.frame = far.frame = 7
    assert near.sentence().endswith("the loss goes from 2.89 to 1.71")
    assert far.sentence().endswith("the loss goes from 64.00 to 189.34: turned too far, as lesson 02 explains")


@claim("00", "summary", "Trying everything takes 51 tries for one knob, thousands of years for ten.")
def test_trying_everything_takes_thousands_of_years():
    assert 51**10 / 1e6 / 31_557_600 > 3000


def test_the_slider_counts_the_steps_that_the_sentence_counts():
    ten = figures.TenKnobs()
    ten.frame = ten.last_frame
    first, each = ten.counted
    assert f"step {first + each * ten.last_frame}:" in ten.sentence()


@claim("00", "saw-two", "In the fog you know the loss only where you have been.")
def test_in_the_fog_only_places_that_were_tried_are_drawn():
    knobs = figures.FIGURES["two-knobs"]()
    knobs.set(w=1.5)
    knobs.set(b=6.0)
    assert len(knobs.seen) == 3
    marks = [mark.kind for panel in knobs.scene() for mark in panel.marks]
    assert "image" not in marks, "no map"
    assert "image" in [mark.kind for panel in figures.FIGURES["two-knobs"](view="map").scene() for mark in panel.marks]


@claim("00", "more-knobs", "At $w = 2$ your line missed each ride by about 3")
def test_the_line_misses_each_ride_by_about_three():
    x, y = np.array([1, 2, 3, 5, 6, 8]), np.array([5.2, 6.9, 9.3, 12.8, 15.4, 19.1])  # as in the cell `six-rides`
    assert all(2.75 < miss < 3.5 for miss in y - 2 * x)
