"""What lesson 00 says of its figures holds."""

import pytest

from dlcourse.lesson import files

figures = files.figures("00")


def test_every_number_of_the_small_network_can_be_redone_by_hand():
    blame = figures.Blame(first=0.4, second=0.6)
    assert blame.before.forward["h"] == pytest.approx(0.4 * 1.5)
    assert blame.before.forward["ŷ"] == pytest.approx(0.6 * 0.6)
    assert blame.before.backward["w₁"] == pytest.approx(2 * (0.36 - 2) * 0.6 * 1.5)


def test_the_slider_counts_the_steps_that_the_sentence_counts():
    ten = figures.TenKnobs()
    ten.frame = ten.last_frame
    first, each = ten.counted
    assert f"step {first + each * ten.last_frame}:" in ten.sentence()
