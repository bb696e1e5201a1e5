"""What lesson 12 says of its figures and outputs holds."""

import re

import numpy as np
import pytest

import dlcourse as dl
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


Pull, Published, Race = (figures.FIGURES[name] for name in ("pull", "published", "race"))


@claim("12", "saw-line", "One point against twenty moves the line little, but the loss can no longer fall to 0.")
def test_one_point_on_the_wrong_side_keeps_the_loss_up():
    line, with_one = figures.FIGURES["line"](), figures.FIGURES["line"]()
    with_one.add_point(2.0, 2.0, "triangle")
    with_one.set()
    assert with_one.losses[-1] > line.losses[-1] + 1
    assert turned(with_one.d[60], line.d[60]) < 30


@claim("12", "ex-2-task", "A sure and right answer costs 0, a coin toss 0.69, a right class with 1 % costs 4.6.")
def test_what_answers_cost():
    assert [round(-np.log(p), 2) for p in (1.0, 0.5, 0.01)] == [0.0, 0.69, 4.61]


@claim("12", "pull", "The second has, by $z_k$, the slope 1 over the sum, times the slope of $e^{z_k}$")
@claim("12", "pull", "Softmax gives p = (0.665, 0.245, 0.090), and")
@claim("12", "pull", "In numbers, (0.665 − 1, 0.245, 0.090) = (−0.335, 0.245, 0.090).")
def test_the_slopes_by_the_scores_are_p_minus_y():
    p = np.exp([2.0, 1.0, 0.0]) / np.exp([2.0, 1.0, 0.0]).sum()
    assert p.round(3).tolist() == [0.665, 0.245, 0.09] and (p - [1, 0, 0]).round(3).tolist() == [-0.335, 0.245, 0.09]
    z = dl.parameter([2.0, 1.0, 0.0])
    (slope,) = dl.run(dl.gradients(dl.sum(dl.softmax_cross_entropy(z, [1.0, 0.0, 0.0])), [z]))
    assert slope == pytest.approx(p - [1, 0, 0])
    assert dl.run(dl.gradients(dl.logsumexp(z), z)) == pytest.approx(p)


@claim(
    "12", "engine", "On its own side, far out, a point hardly pulls.", "On the wrong side it pulls with all its might."
)
def test_a_point_pulls_on_the_wrong_side():
    far, wrong = Pull(x=5.0, y=5.0), Pull(x=-5.0, y=-5.0)
    assert far.pull < 0.05 and wrong.pull > 0.9 * 2**0.5 * np.hypot(5, 5)
    assert far.slope == pytest.approx((far.chance - 1) * np.array([5.0, 5.0]))  # p − y, times x


@claim(
    "12",
    "from-scores",
    "`softmax_cross_entropy` takes the *scores*, so it survives where the probabilities made *by hand* do not.",
)
@claim("12", "small-step", "By hand: the first weight is 3, its slope −0.3703, so the new one is 3 + 0.0370.")
def test_one_step_of_the_small_network():
    W, V = dl.parameter([[3.0, -1.0], [-2.0, 2.0]]), dl.parameter([2.0, -1.0])
    C = dl.square(V @ dl.tanh(W @ np.array([1.0, 2.0])) - 1.0) / 2
    (slope,) = dl.run(dl.gradients(C, [W]))
    assert slope[0, 0] == pytest.approx(-0.3703, abs=5e-5)
    dl.GradientDescent(0.1).minimize(C)()
    assert W.value[0, 0] == pytest.approx(3.0370, abs=5e-5)
    assert np.isfinite(dl.run(dl.softmax_cross_entropy(dl.constant([[1000.0, 0.0]]), [[0, 1]]))).all()


@claim(
    "12",
    "errata-line",
    "Softmax sees differences only, so the model is the same.",
    "The published line swings about.",
    "Because it often looks right.",
)
def test_the_published_line_swings_and_the_true_one_stays():
    here, there = Published(), Published(shift=3.0)
    assert turned(here.true[0], there.true[0]) == pytest.approx(0, abs=1e-5) and here.right[0] == there.right[0]
    assert turned(here.column[0], there.column[0]) > 40


@claim(
    "12", "penguins", "Body mass runs to thousands of grams, bills to tens of millimetres, so one η cannot serve both."
)
def test_the_birds_measures_differ_a_hundredfold():
    length, _, _, mass = dl.data.penguins().features.mean(axis=0)
    assert 10 < length < 100 and 1000 < mass < 10000


@claim(
    "12",
    "surprise",
    "With the two bill measures alone, three straight borders meet in a point.",
    "All four measures together leave hardly a mistake.",
)
def test_three_borders_meet_and_four_measures_do_better():
    birds = figures.FIGURES["penguins"](frame=999)
    W, b = birds.models[-1]
    meet = np.linalg.solve((W[:, :2] - W[:, 1:]).T, b[1:] - b[:2])
    scores = meet @ W + b
    assert np.ptp(scores) == pytest.approx(0, abs=1e-9)
    assert birds.right[-1] < len(birds.labels)


@claim("12", "saw-separable", "When a line separates the clouds, doubling all weights makes every right answer surer.")
def test_doubled_weights_are_surer_where_all_are_right():
    published = Published()
    margin = (published.X @ published.true[0] + published.true[1]) * (1 - 2 * published.labels)
    assert (margin > 0).all() and (np.log1p(np.exp(-2 * margin)) < np.log1p(np.exp(-margin))).all()


@claim(
    "12",
    "saw-race",
    "In the narrow valley plain descent is left at a loss of 1.2 after 60 steps, momentum at 0.0043.",
    "RMSProp takes no notice of the steepness: it ends alike in all three bowls.",
    "In the round bowl plain descent is there in one step, and the others are only slower.",
    "With noise and curvatures 1 : 10, plain descent and momentum hover at 1 and 1.1.",
    "brings these down to 0.026 and 0.13.",
    "RMSProp and Adam had not arrived yet when the rate became small: they end higher with it.",
)
def test_the_race():
    def read(race):  # what stands in its sentence, after each rule and its rate
        return {rule: float(loss) for rule, loss in re.findall(r"(\w+) \(η = [^)]+\) ([^,]+)", race.sentence())}

    narrow, ten, bowl = (Race(steepness=c, frame=60) for c in ("100", "10", "1"))
    assert narrow.heights["descent"][-1] == pytest.approx(1.2, abs=0.05)
    assert narrow.heights["momentum"][-1] == pytest.approx(0.0043, abs=5e-5)
    assert narrow.heights["RMSProp"][-1] == pytest.approx(bowl.heights["RMSProp"][-1], rel=0.01)
    assert narrow.heights["RMSProp"][-1] == pytest.approx(ten.heights["RMSProp"][-1], rel=0.01)
    assert bowl.heights["descent"][1] == 0 and all(bowl.heights[r][1] > 1 for r in ("momentum", "RMSProp", "Adam"))
    hover, fall = (read(Race(steepness="10", noisy=True, schedule=s, frame=60)) for s in (False, True))
    assert (hover["descent"], hover["momentum"]) == (1, 1.1) and (fall["descent"], fall["momentum"]) == (0.026, 0.13)
    assert fall["RMSProp"] > hover["RMSProp"] and fall["Adam"] > hover["Adam"]


@pytest.mark.parametrize("schedule", [False, True])
@pytest.mark.parametrize(
    ("rule", "made"),
    [("descent", dl.GradientDescent), ("momentum", dl.Momentum), ("RMSProp", dl.RMSProp), ("Adam", dl.Adam)],
)
def test_the_walkers_of_the_race_walk_as_the_engine_does(rule, made, schedule):
    places = figures.walks(rule, np.array([0.125]), 10.0, np.zeros((60, 2)), schedule)[:, 0]
    w = dl.parameter([-4.0, 1.5])
    loss = dl.sum(np.array([1.0, 10.0]) * w * w) / 2
    step = made(dl.cosine_decay(0.125, 60) if schedule else 0.125).minimize(loss)
    for place in places[1:30]:
        step()
        assert w.value == pytest.approx(place, rel=1e-6, abs=1e-9)


@claim(
    "12",
    "adam",
    "Both means start at 0, so at first they are too small.",
    "With $\\beta_1 = 0.9$ and slopes of 2, m is 0.2, then 0.38: a share of 10 %, then 19 %.",
    "After t steps it is $1-\\beta_1^t$.",
)
def test_a_mean_from_0_holds_a_share():
    adam_step = files.exercises("12")["12.7"].answer
    g = np.array([2.0, -20.0])
    w = m = s = np.zeros(2)
    shares = []
    for t in range(1, 6):
        before = w
        w, m, s = adam_step(w, m, s, g, t, 0.1, 0.9, 0.99)
        shares.append(m[0] / 2)
        np.testing.assert_allclose(m, (1 - 0.9**t) * g)
        np.testing.assert_allclose(before - w, 0.1 * np.sign(g))  # divided by their shares, both means are whole
    assert shares[:2] == pytest.approx([0.10, 0.19]) and [2 * share for share in shares[:2]] == pytest.approx(
        [0.2, 0.38]
    )


@claim("12", "pull-weights", "The other arrow is how far the line goes.")
@pytest.mark.parametrize("setting", [{}, {"x": -2.7, "y": -4.0}, {"x": 6.0, "y": -4.0, "flipped": True}])
def test_the_arrow_leads_from_the_line_before_to_the_line_after(setting):
    """To first order alone, it led 21 units far where the new line passes at 7, or to the other side of the old one."""
    pull = Pull(**setting)
    for (d, e), place in ((pull.before, pull.foot), (pull.after, pull.foot + pull.moved)):
        assert place @ d + e == pytest.approx(0, abs=1e-9)
    assert f"moves the line by {np.hypot(*pull.moved):.2f} from" in pull.sentence()
    along = pull.before[0] @ pull.after[0]  # of the two directions that point to the circles' side
    assert (along < 0) == ("sides change places" in pull.sentence())
