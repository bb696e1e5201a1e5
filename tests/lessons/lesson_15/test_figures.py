"""The claims of lesson 15 deserve their verdicts, and its workshop trains."""

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.lesson import files

figures = files.figures("15")
CLAIMS = figures.CLAIMS
Claims = figures.Claims
Workshop = figures.Workshop
curves = figures.curves
spiral = figures.spiral


@pytest.mark.parametrize("name", CLAIMS)
def test_what_is_right_holds_everywhere_and_everything_else_fails_somewhere(name):
    _, says, truth = curves(name)
    gap = np.abs(says - truth)
    if CLAIMS[name].verdict == "right":
        assert gap.max() < 1e-6
    else:
        assert gap.max() > 0.05


def test_two_claims_are_right_four_conditional_and_six_wrong():
    verdicts = [claim.verdict for claim in CLAIMS.values()]
    assert [verdicts.count(v) for v in ("right", "conditional", "wrong")] == [2, 4, 6]


def test_only_the_fitting_verdict_is_agreed_to():
    fig = Claims(claim="sigmoid", verdict="conditional")
    assert "Agreed" not in fig.describe()
    fig.set(verdict="wrong")
    assert "Agreed, wrong" in fig.describe()


def test_a_verdict_is_on_its_own_claim_only():
    fig = Claims()
    fig.set(verdict="wrong")
    fig.set(claim="sigmoid")
    assert "Right, conditional or wrong?" in fig.describe()
    fig.set(verdict="wrong")
    fig.set(claim="rule")
    assert "You say wrong." in fig.describe()
    fig.set(claim="sigmoid")
    fig.restore()
    assert (fig.claim, fig.verdict) == ("rule", "not yet")


@pytest.mark.parametrize("name", CLAIMS)
def test_what_is_said_to_a_verdict_that_does_not_fit_is_true(name):
    _, says, truth = curves(name)
    same = [figures.shown(a) == figures.shown(b) for a, b in zip(says, truth, strict=True)]
    for verdict in {"right", "conditional", "wrong"} - {CLAIMS[name].verdict}:
        said = Claims(claim=name, verdict=verdict).describe()
        assert ("The lines part:" in said) == (verdict == "right" and not all(same))
        assert ("There is a whole stretch" in said) == (verdict == "wrong" and 4 <= sum(same) < len(same))


def test_the_arms_are_half_a_turn_apart():
    X, labels = spiral(np.random.default_rng(3), n=100)
    behind = np.exp(1j * (np.arctan2(X[:, 1], X[:, 0]) - 2.4 * np.hypot(X[:, 0], X[:, 1])))
    assert (behind.real < 0).tolist() == (labels == 1).tolist()


def test_training_lowers_the_loss_and_new_settings_of_the_net_begin_anew():
    fig = Workshop()
    fig.net.load(fig.values)
    everything = {fig.net.x: fig.X, fig.net.y: fig.one_hot}
    assert len(fig.losses) == 400
    assert float(dl.run(fig.net.loss, everything)) < 0.05
    assert fig.right == 240
    fig.set(hidden="4")
    assert fig.losses == []


def test_fresh_weights_are_those_of_the_seed_and_are_trained_with_the_knobs_as_they_are():
    fig, other = Workshop(seed=3), Workshop()
    fig.set(rate=0.001)
    assert "400 updates" in fig.sentence() and "next η = 0.001" in fig.sentence(), "the 400 had another rate"
    fig._call("begin")
    assert "0 updates of 16 tanh units in each of two layers, seed 3: " in fig.sentence()
    other.set(seed=3)
    assert all(np.array_equal(a, b) for a, b in zip(fig.values, other.values, strict=True))
    assert fig.right == other.right < 240
    for _ in range(4):
        fig._call("train_on")
    assert np.mean(fig.losses[-20:]) > 0.4, "it has hardly moved"
