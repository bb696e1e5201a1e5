"""The penguins are the published ones, and safe to work on."""

from importlib import resources

import numpy as np
import pytest

from dlcourse.engine.data import penguins


def test_all_344_birds_are_there_with_the_published_counts() -> None:
    birds = penguins(missing="nan")
    assert len(birds) == 344
    counts = dict(zip(birds.species_names, np.bincount(birds.species).tolist(), strict=True))
    assert counts == {"Adelie": 152, "Chinstrap": 68, "Gentoo": 124}
    assert sorted(set(birds.island.tolist())) == ["Biscoe", "Dream", "Torgersen"]
    assert sorted(set(birds.year.tolist())) == [2007, 2008, 2009]


def test_species_means_agree_with_the_published_study() -> None:
    # Mean body mass by species as the palmerpenguins documentation prints it.
    birds = penguins()
    mass = birds.features[:, birds.feature_names.index("body_mass_g")]
    means = [mass[birds.species == k].mean() for k in range(3)]
    assert means == pytest.approx([3700.66, 3733.09, 5076.02], abs=0.01)


def test_dropping_leaves_out_exactly_the_two_unmeasured_birds() -> None:
    every, measured = penguins(missing="nan"), penguins()
    unmeasured = np.isnan(every.features).any(axis=1)
    assert unmeasured.sum() == 2
    np.testing.assert_array_equal(every.features[~unmeasured], measured.features)
    np.testing.assert_array_equal(every.species[~unmeasured], measured.species)
    np.testing.assert_array_equal(every.sex[~unmeasured], measured.sex)


def test_a_learner_may_change_the_arrays_without_harm_to_the_next_call() -> None:
    penguins().features[:] = 0
    assert penguins().features.min() > 0


def test_an_unknown_way_with_missing_values_is_refused_with_the_choices() -> None:
    with pytest.raises(ValueError, match='use "drop" or "nan"'):
        penguins(missing="zero")  # type: ignore[arg-type]


def test_licence_and_citation_stand_beside_the_data() -> None:
    text = (resources.files("dlcourse.engine") / "datasets" / "penguins.md").read_text(encoding="utf-8")
    assert "CC0" in text and "Gorman" in text and "10.1371/journal.pone.0090081" in text
