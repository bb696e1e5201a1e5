"""What lesson 06 says of its figures holds."""

from types import SimpleNamespace

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.lesson import files
from tests.lessons.claims import cells, claim

figures = files.figures("06")


@claim("06", "saw-bike", "The **actor**, here one number, walks up *its* slope")
def test_the_actor_climbs_the_critic_and_the_figure_counts_rewards():
    bike = figures.Bike()
    (_, reward) = bike.scene()
    assert reward.ylabel.startswith("reward")
    before = bike.gain
    way = np.sign(bike.slope)
    bike.climb()
    assert np.sign(bike.gain - before) == way
    assert bike.tried[:, 1].min() >= 0, "seconds upright"


@claim("06", "score", r"So $$\frac{dJ}{d\theta} = 3\,p(1-p)$$")
@claim("06", "score-average", r"$$p\cdot 4\,(1-p) + (1-p)\cdot 1\,(0-p) = (4 - 1)\,p(1-p)$$")
@claim("06", "score-in-words", r"At $p = \frac12$: $\frac12\cdot 4\cdot\frac12 - \frac12\cdot 1\cdot\frac12 = 0.75$.")
@claim("06", "score", r"At θ = 0, $p$ is ½, and the slope is $3\cdot\frac14 = 0.75$.")
@claim("06", "dice", r"At $p = \frac12$ you expect 2.5, half way from 1 to 4.")
def test_the_score_formula_is_the_slope_of_the_expected_reward():
    for theta in (-1.0, 0.0, 0.7):
        p = 1 / (1 + np.exp(-theta))
        by_dice = p * 4 * (1 - p) + (1 - p) * 1 * (0 - p)
        assert by_dice == pytest.approx(3 * p * (1 - p))
        assert theta or (p == 0.5 and by_dice == 0.75 and 4 * p + (1 - p) == 2.5)


@claim(
    "06",
    "trained-critic",
    "Below it has 49 numbers",
    "learn` moves the critic's 49 numbers, so that it foretells the seconds upright",
)
@claim("06", "actor-task", "The slope goes back through the critic, whose numbers stay, to the actor:")
def test_the_actors_slope_comes_through_the_critic_whose_numbers_stay():
    scope = {"np": np, "dl": dl}
    exec(cells("06")["critic-network"] + "\n" + cells("06")["actor"], scope)
    cell = SimpleNamespace(**scope)
    numbers = [parameter.value.copy() for parameter in cell.critic.parameters()]
    assert sum(value.size for value in numbers) == 49
    gain, h = cell.actor.value[0, 0], 1e-5
    left, right = (float(dl.run(cell.critic(np.array([[g / 15 - 2]])))[0, 0]) for g in (gain - h, gain + h))
    cell.climb()
    assert cell.actor.value[0, 0] - gain == pytest.approx(10 * (right - left) / (2 * h), rel=1e-6)
    for before, parameter in zip(numbers, cell.critic.parameters(), strict=True):
        assert np.array_equal(before, parameter.value)


@claim(
    "06",
    "saw-two-modules",
    "From the second round on the robot stays up nearly twice as long, and no ride was ever differentiated.",
)
def test_the_trained_critic_leads_to_longer_rides(capsys):
    scope = {"np": np, "dl": dl, "ride": figures.ride}
    exec("\n".join(cells("06")[id] for id in ("critic-network", "actor", "two-modules")), scope)
    upright = [float(line.split("upright ")[1].split(" s")[0]) for line in capsys.readouterr().out.splitlines()]
    assert len(upright) == 5 and min(upright[1:]) > 1.7 * upright[0]


@claim("06", "saw-kinds", "So are stairs, off their risers.")
def test_stairs_are_level_off_their_risers():
    xs = np.linspace(-1.99, 1.99, 200)
    off = [x for x in xs if min(abs(x - cut) for cut in figures.CUTS["stairs"]) > 1e-6]
    assert np.all(figures.GROUNDS["stairs"].slope(np.array(off)) == 0)


@claim(
    "06", "ways-out", "At a kink the slope does not shrink as you arrive, so you hop over the bottom, by η, for ever."
)
def test_a_walk_hops_over_the_kink_by_its_rate():
    kink = figures.Kinds(ground="kink")
    assert np.abs(kink.slopes[-4:]) == pytest.approx(np.ones(4))
    assert np.abs(np.diff(kink.path[-4:])) == pytest.approx(np.full(3, kink.rate))
    assert kink.path[-1] * kink.path[-2] < 0


@claim(
    "06",
    "saw-cost",
    "A gradient computed backwards costs a handful of heights, whatever the dimension $d$",
    "we count four",
    "Finite differences cost two heights for each direction, $2d$ a step",
    "Random search depends on $d$ as well, and this bowl is round.",
)
def test_what_the_figure_counts():
    low, high = figures.Cost(dimension=10), figures.Cost(dimension=300)
    steps = 10 ** low.digits["gradient"][-1] / 4
    assert steps == pytest.approx(11) and figures.PER_GRADIENT == 4
    assert high.digits["gradient"][-1] == low.digits["gradient"][-1]
    assert 10 ** high.digits["finite differences"][-1] == pytest.approx(2 * 300 * steps)
    assert high.digits["random search"][-1] > low.digits["random search"][-1]


@claim("06", "game", "Neither gains by leaving (0, 0).")
def test_the_middle_of_the_game_is_an_equilibrium():
    for step in (-1.0, 0.3):
        assert figures.PRODUCT(np.array([step, 0.0])) == figures.PRODUCT(np.array([0.0, step])) == 0


@claim("06", "surprise", "A smaller η only slows it.", "Taking turns keeps the circle;", "spirals in.")
def test_the_three_ways_to_play():
    slow, fast = (figures.Game(rate=rate).radius for rate in (0.02, 0.1))
    assert fast[50] > slow[50] > slow[0]
    for rate in (0.02, 0.1, 0.5):
        for play, said in (("both", "it spirals out"), ("turns", "round and round"), ("ahead", "it spirals in")):
            game = figures.Game(rate=rate, play=play)
            game.frame = game.last_frame
            assert said in game.sentence()
    turns = figures.Game(rate=0.1, play="turns").radius
    assert np.ptp(turns) < 0.2 and figures.Game(rate=0.1, play="ahead").radius[-1] < turns[0]


@claim(
    "06",
    "saw-devil",
    "LeCun's condition holds, and the walk never moves.",
    "It lacks a bound on the steepness: all the rise sits in places too rare to meet.",
)
def test_the_devils_staircase_is_steep_without_bound_where_nobody_stands():
    assert np.ptp(figures.Kinds(ground="devil").path) == 0
    widths = 3.0 ** -np.arange(1, 12)
    steepness = figures.devil(widths) / widths
    assert np.all(np.diff(steepness) > 0) and steepness[-1] > 80


@claim("06", "surprise-devil", "the ground is drawn as far as you go")
def test_the_staircase_is_drawn_between_the_starts_that_were_tried():
    staircase = figures.Kinds(ground="devil")
    for start in (1.0, -0.5, 0.2):
        staircase.set(start=start)
    ground = next(mark for mark in staircase.scene()[0].marks if mark.role == "function")
    drawn = np.asarray(ground.xs)[~np.isnan(ground.ys)]
    assert (drawn.min(), drawn.max()) == pytest.approx((-0.5, 1.6), abs=0.05)


@claim("06", "saw-bike", "Dotted: one wind, all gains.", "It jumps.", "Dots: rides, each in its own wind.")
def test_what_is_dotted_is_one_wind_and_what_are_dots_are_rides():
    bike = figures.FIGURES["bike"]()
    marks = bike.scene()[1].marks
    dotted = next(mark for mark in marks if mark.label == "this wind")
    assert dotted.role == "guide" and np.abs(np.diff(dotted.ys)).max() > 1, "it jumps"
    dots = next(mark for mark in marks if mark.kind == "points")
    assert len(dots.xs) == len(bike.tried) == 10


@claim(
    "06",
    "subgradient-numbers",
    "A line of slope ½ stays below: at 2 it is 1 high, the ground 2; at −2 it is −1, the ground 0.",
)
@claim("06", "subgradient-numbers", "Slope 2 will not do: at 2 its line is 4 high.")
def test_which_lines_stay_below_the_ground_with_a_kink():
    places = np.linspace(-2, 2, 401)
    ground = np.maximum(0, places)
    assert (0.5 * places <= ground).all() and not (2 * places <= ground).all()
    assert [0.5 * 2, 0.5 * -2, 2 * 2] == [1, -1, 4]


@claim("06", "over-a-jump", r"It climbs from 0 to 1: $\sigma(-4) = 0.02$, $\sigma(0) = \frac12$, $\sigma(4) = 0.98$.")
def test_the_sigmoid_climbs_from_0_to_1():
    assert [round(1 / (1 + np.exp(-z)), 2) for z in (-4.0, 0.0, 4.0)] == [0.02, 0.5, 0.98]


@claim("06", "surprise", r"$x^2 + y^2$ has become $(1 + \eta^2)(x^2 + y^2)$. So each step lengthens the radius by")
@claim("06", "surprise", "1.414 becomes 2.326 in 100 steps of η = 0.1")
def test_each_step_of_the_game_lengthens_the_radius():
    x, y = 0.7, -1.2
    assert (x - 0.1 * y) ** 2 + (y + 0.1 * x) ** 2 == pytest.approx((1 + 0.1**2) * (x**2 + y**2))
    assert round(np.sqrt(2) * np.sqrt(1 + 0.1**2) ** 100, 3) == 2.326


@claim(
    "06",
    "saw-cost",
    "**Finite differences** cost two heights for each direction, $2d$ a step: for $d = 10$, 11 · 20 = 220.",
)
def test_what_eleven_steps_cost():
    said = files.figures("06").FIGURES["cost"]().sentence()
    assert "cost as much as 44 heights, finite differences 220" in said and 11 * 4 == 44 and 11 * 2 * 10 == 220
