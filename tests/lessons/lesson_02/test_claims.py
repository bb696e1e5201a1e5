"""What lesson 02 says of its figures and outputs holds."""

import numpy as np
import pytest

from dlcourse.lesson import files
from tests.lessons.claims import claim

figures = files.figures("02")


@claim("02", "saw-descent", "The steps get shorter by themselves, for the ground gets flatter.")
def test_the_steps_get_shorter_where_the_ground_gets_flatter():
    walk = figures.Descent()
    assert (np.diff(np.abs(np.diff(walk.path))) < 0).all() and (np.diff(np.abs(walk.slopes)) < 0).all()
    (panel,) = (panel for panel in walk.scene() if panel.name == "steps")
    lengths = next(mark for mark in panel.marks if mark.kind == "polyline").ys
    assert np.isnan(lengths[0]), "nothing led to the start: a line from 0 would say that the steps grow"
    assert list(lengths)[1:] == pytest.approx(np.abs(np.diff(walk.path)))


@claim("02", "dial", "The picture on the right is drawn as far as you have turned.")
def test_the_dial_is_drawn_as_far_as_it_was_turned():
    dial = figures.Dial(rate=0.2)

    def words():
        return [mark.string for mark in dial.scene()[1].marks if mark.kind == "text"]

    assert words() == []
    dial.set(rate=1.4)
    dial.set(rate=0.2)
    assert words() == ["crawl", "zig-zag", "explode"]


@claim(
    "02",
    "saw-dial",
    "below 1 the walk arrives",
    "Overshooting is harmless up to $2/c$. Beyond it, plain descent explodes.",
)
def test_the_five_cases_of_the_dial():
    words = [figures.Dial(rate=rate, curvature=2.0).regime().split()[0] for rate in (0.2, 0.5, 0.7, 1.0, 1.2)]
    assert words == ["crawls", "arrives", "zig-zags", "jumps", "explodes"]


@claim(
    "02",
    "saw-basins",
    "With a small $\\eta$ there is one border, at the top of the ridge. With $\\eta = 0.2$ there are three.",
)
@claim(
    "02", "saw-basins", "Some starts on the far right fly over the ridge in one leap and end in the *better* valley."
)
def test_the_borders_between_the_basins():
    small, large = figures.Basins(rate=0.05), figures.Basins(rate=0.2)
    assert (small.borders, large.borders) == (1, 3)
    border = small.starts[int(np.argmin(small.left)) - 1 :][:2]  # the last start that ends on the left, and the next
    slopes = figures.HILLS["quartic"].slope(border)
    assert slopes[0] > 0 > slopes[1], "it rises up to the border and falls behind it: the top of the ridge"
    leap = figures.Basins(rate=0.2, start=1.6)
    assert leap.path[1] < 0 and large.left[-1], "over the ridge at once, and to the left, the deeper one"
    hill = figures.HILLS["quartic"]
    assert hill(figures.LEFT_BOTTOM) < hill(figures.RIGHT_BOTTOM)


@claim(
    "02", "momentum-adds", "with $\\beta = 0.9$, $v$ grows: 1, 1.9, 2.71, … up to 10, for $0.9\\cdot10 + 1$ is 10 again"
)
@claim("02", "momentum-adds", "For any $\\beta$ it is $1/(1-\\beta)$ slopes.")
def test_a_steady_slope_is_remembered_ten_times():
    for beta in (0.5, 0.8, 0.9):
        grown = [1.0]
        for _ in range(200):
            grown.append(beta * grown[-1] + 1)
        assert grown[-1] == pytest.approx(1 / (1 - beta))
    assert grown[:3] == pytest.approx([1, 1.9, 2.71]) and grown[-1] == pytest.approx(10)


@claim(
    "02",
    "saw-momentum",
    "With η = 0.01, a ball with β up to 0.8 stops in the near valley. With 0.9 it rolls over the ridge.",
)
def test_which_ball_rolls_over_the_ridge():
    ends = {beta: figures.HeavyBall(beta=beta).ball[-1] for beta in (0.0, 0.2, 0.4, 0.6, 0.8, 0.9)}
    assert [beta for beta, end in ends.items() if end < 0] == [0.9]


@claim("02", "saw-momentum", "a fast ball can leave the better valley, too")
def test_a_fast_ball_can_leave_the_better_valley():
    balls = [figures.HeavyBall(beta=beta, rate=rate).ball for beta in (0.92, 0.94, 0.96) for rate in (0.01, 0.02, 0.03)]
    assert any((ball[:-1] < -0.5).any() and (ball[int(np.argmax(ball < -0.5)) :] > 0.5).any() for ball in balls)


@claim("02", "saw-descent", "Where the ground is flat the step has length 0, and you stay.")
@claim("02", "loop", "As written, that never ends: a slope of exactly 0 may never come.")
@claim("02", "loop", "Below, one walk explodes; the count should end it after 10 steps.")
def test_the_step_on_flat_ground_and_a_slope_that_never_is_0():
    assert set(figures.Descent(start=0.0).path) == {0.0}
    x = 1.0
    for _ in range(1000):
        x = x - 0.1 * 2 * x
    assert x != 0
    assert abs((1 - 2.5) ** 10) > 50, "one walk explodes"


@claim("02", "errata", "Only the curvature differs.")
@claim(
    "02",
    "errata",
    "The first walker starts on a hilltop; the second creeps to a level spot;",
    "the fourth has η above 2/c",
)
def test_the_four_walkers():
    assert np.cos(0.0) > np.cos(0.1) and np.sin(0.0) == 0
    x = 1.0
    for _ in range(500):
        x = x - 0.1 * 3 * x * x
    assert 0 < x < 0.01, "creeps towards the level spot of x³ at 0"
    x = -0.1
    for _ in range(41):
        x = x - 0.1 * 3 * x * x
    assert x < -1e9, "finds no floor"
    assert 1.1 > 2 / 2


@claim("02", "errata", "Without $\\eta$ you have no say in what happens.")
def test_three_bowls_without_a_learning_rate():
    ends = []
    for c in (0.5, 2.0, 4.0):
        x = 1.0
        for _ in range(5):
            x = x - c * x
        ends.append(abs(x))
    assert ends[0] < 0.1 and ends[1] == 1 and ends[2] > 100


@claim("02", "saw-descent", "from 1.6 you come to rest at 1, from −1.2 you fall for ever")
def test_on_the_cubic_the_start_decides():
    rest, fall = (figures.Descent(hill="cubic", start=start) for start in (1.6, -1.2))
    assert rest.path[-1] == pytest.approx(1, abs=1e-3)
    assert fall.path[-1] < -20 and fall.slopes[-1] > 0


@claim("02", "saw-dial", "There are five cases, and two borders:")
def test_the_dial_has_five_cases():
    rates = np.arange(1, 81) * 0.02
    cases = [figures.Dial(rate=rate, curvature=2.0).regime() for rate in rates]
    assert len(set(cases)) == 5
    assert cases[24].startswith("arrives") and cases[49].startswith("jumps"), "at 1/c and 2/c"


@claim("02", "valleys", "Below, 81 walkers start on a hill with two valleys.")
def test_how_many_walkers_start():
    basins = figures.FIGURES["basins"]()
    assert len(basins.ends) == 81 == int(basins.left.sum()) + int(basins.right.sum())
