"""The digits are the published ones, and safe to work on."""

from importlib import resources

import numpy as np

from dlcourse.engine.data import digits


def test_all_1797_digits_are_there_with_the_published_counts() -> None:
    handwritten = digits()
    assert handwritten.images.shape == (1797, 8, 8)
    # as optdigits.names, the description that comes with the collection, counts its test set
    assert np.bincount(handwritten.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert (handwritten.images.min(), handwritten.images.max()) == (0.0, 16.0)
    assert (handwritten.images == handwritten.images.round()).all()


def test_a_picture_is_upright() -> None:
    """A nought has a hole in its middle; a seven has its bar at the top."""
    handwritten = digits()
    mean = [handwritten.images[handwritten.labels == k].mean(axis=0) for k in range(10)]
    assert mean[0][3:5, 3:5].max() < 4 < mean[0][3:5, [2, 5]].min()
    assert mean[7][0:2].sum() > 2 * mean[7][6:8].sum()


def test_a_learner_may_change_the_arrays_without_harm_to_the_next_call() -> None:
    digits().images[:] = -1
    assert digits().images.min() == 0


def test_licence_and_citation_stand_beside_the_data() -> None:
    text = (resources.files("dlcourse.engine") / "datasets" / "digits.md").read_text(encoding="utf-8")
    assert "CC BY 4.0" in text and "Alpaydin" in text and "10.24432/C50P49" in text
