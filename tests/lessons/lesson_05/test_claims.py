"""What lesson 05 says of its figures holds."""

import re

import numpy as np
import pytest

from dlcourse.lesson import files, open_lesson
from tests.lessons.claims import cells, claim
from tests.lessons.unproved import printed

figures = files.figures("05")


def drawn(race, size):
    """Places of the curve of one hiker, as drawn."""
    number = list(figures.RATES).index(size)
    curve = [mark for mark in race.scene()[0].marks if mark.kind == "polyline"][number]
    return curve.xs, curve.ys


@claim("05", "saw-race", "Counted in updates, the hiker with all samples wins; in samples, $B = 1$; in time, $B = 64$.")
def test_the_curves_cross_the_finish_where_the_sentence_says_and_the_winner_is_who_is_drawn_first():
    for axis, winner in (("updates", 4096), ("samples", 1), ("time", 64)):
        race = figures.Race(axis=axis)
        first = {}
        for size in figures.RATES:
            xs, ys = drawn(race, size)
            first[size] = float(xs[np.argmax(ys <= figures.FINISH)])
            assert first[size] == race.arrival[size]
        assert min(first, key=first.get) == winner


@claim(
    "05",
    "careful-race",
    "Even in updates it soon stops paying: going from 64 to 4096 saves ten, for 26 times the samples",
)
def test_what_the_largest_batch_saves():
    updates, samples = figures.Race(axis="updates").arrival, figures.Race(axis="samples").arrival
    assert updates[64] - updates[4096] == 10
    assert round(samples[4096] / samples[64]) == 26


@claim("05", "saw-arrows", "All at a quarter of their length.")
def test_pulls_are_drawn_at_a_quarter_of_their_length():
    assert figures.Arrows.shrink == 0.25


def test_the_floor_is_not_told_before_it_is_reached():
    floor = figures.Floor()
    floor.frame = 0
    assert "on average" not in floor.sentence()
    floor.frame = floor.last_frame
    assert "on average" in floor.sentence()


def micro_batches():
    """The data of the lesson, and the micro-batches of its cells."""
    rng = np.random.default_rng(5)
    X = np.stack([rng.uniform(-1, 2, 64), np.ones(64)], axis=1)
    y = X @ np.array([0.8, 1.0]) + rng.normal(0, 0.6, 64)

    def gradient(w, rows):
        return 2 * X[rows].T @ (X[rows] @ w - y[rows]) / len(rows)

    scope = {"gradient": gradient, "np": np}
    exec(cells("05")["accumulation-loop"], scope)  # the six lines as the lesson prints them
    return gradient, np.split(np.arange(64), 8), scope["accumulated"]


def mean(grads, sizes):
    return sum(size * g for g, size in zip(grads, sizes, strict=True)) / sum(sizes)


@claim("05", "fourth-loop", "The fourth loop is six lines.", "the 64 samples make two updates an epoch")
def test_the_bucket_is_emptied_twice_an_epoch():
    _, micro, accumulated = micro_batches()
    asked = []
    accumulated(np.zeros(2), micro, 4, 0.1, lambda grads, sizes: asked.append(sizes) or grads[0])
    assert asked == [[8] * 4] * 2
    loop = cells("05")["accumulation-loop"].partition("def ")[2]
    assert len(loop.splitlines()) == 6


@claim(
    "05",
    "engine-task",
    "Done right, four micro-batches of 8 are one mini-batch of 32, and no better: the same samples, the same step.",
)
@claim("05", "saw-all-four", "the second bucket, four times too long a step", "which is full-batch descent")
def test_accumulation_is_a_mini_batch_that_is_not_held_at_once():
    gradient, micro, accumulated = micro_batches()
    w = large = np.array([-1.0, 3.0])
    for rows in np.split(np.arange(64), 2):
        large = large - 0.1 * gradient(large, rows)
    assert accumulated(w, micro, 4, 0.1, mean) == pytest.approx(large, abs=1e-12)
    added = accumulated(w, micro[:4], 4, 0.1, lambda grads, sizes: sum(grads)) - w
    assert added == pytest.approx(4 * (accumulated(w, micro[:4], 4, 0.1, mean) - w))
    assert accumulated(w, micro, 8, 0.1, mean) == pytest.approx(w - 0.1 * gradient(w, np.arange(64)), abs=1e-12)


@claim("05", "variance-task", "if the scatter falls as $1/\\sqrt B$, the variance falls as $1/B$")
def test_the_variance_is_the_scatter_squared():
    arrows = figures.Arrows()
    arrows.drawn = 10_000
    variances = [arrows.scatter(arrows.batches(size)) ** 2 for size in (1, 16)]
    assert variances[0] / variances[1] == pytest.approx(16, rel=0.2)


def stored(cell):
    """What is stored as the output of a cell, which nbval compares."""
    return next(printed(c) for c in files.cells("05") if c["id"] == cell)


def ran(cell, scope, old="", new=""):
    """Run a cell of the lesson in a scope, a number of it changed, as the lesson asks."""
    exec(cells("05")[cell].replace(old, new), scope)
    return scope


@claim("05", "saw-arrows", "Stand on the triangle: the pulls are there.", "Only their mean is gone.")
def test_at_the_minimum_only_the_mean_pull_is_gone():
    fit = figures.line_fit()
    pulls = -fit.gradients(fit.best)
    assert np.abs(pulls.mean(axis=0)).max() < 1e-12
    assert np.median(np.hypot(*pulls.T)) > 0.5


@claim(
    "05",
    "estimate-task",
    "One sample's gradient is an *estimate*: right on average if every $p$ is equally likely, and only then.",
)
def test_the_estimate_is_right_on_average_when_drawn_evenly():
    whole = re.search(r"all 64 at once: (.*)", stored("mean-check"))[1]
    assert f"evenly: average estimate {whole}" in stored("picked")
    assert f"unevenly: average estimate {whole}" not in stored("picked")


@claim("05", "saw-estimates", "You saw another: four times the batch, a quarter of the variance.")
def test_four_times_the_batch_has_a_quarter_of_the_variance():
    variances = [float(v) for v in re.findall(r"variance of the estimate ([\d.]+)", stored("estimates"))]
    assert np.divide(variances[:-1], variances[1:]) == pytest.approx(4, rel=0.05)


@claim("05", "saw-floor", "Far out, nearly all samples agree, and one is enough.", "half of them pull the wrong way")
def test_samples_agree_far_out_and_not_near_the_minimum():
    fit = figures.line_fit()

    def agree(place):
        pulls = fit.gradients(place)
        return np.mean(pulls @ pulls.mean(axis=0) > 0)

    assert agree(figures.Floor.start) > 0.9
    assert np.mean([agree(fit.best + 0.02 * np.array([np.cos(a), np.sin(a)])) for a in range(6)]) == pytest.approx(
        0.5, abs=0.1
    )


@claim(
    "05",
    "saw-floor",
    "lower for small η and large $B$",
    "Let η fall, and you settle; too early, and you never arrive.",
    "Per look at the data, yes; but at a fixed η it never arrives (next cell), unless one $w$ fits every sample.",
)
def test_what_lowers_the_floor():
    floor = figures.Floor()
    usual = floor.level
    for better in ({"rate": 0.02}, {"size": "16"}, {"decay": "drop"}):
        assert figures.Floor(**better).level < 0.7 * usual
    early = figures.Floor(rate=0.02, decay="slower")
    assert early.level > figures.Floor(rate=0.02).level, "too early"
    (sgd, full), (floor, arrived) = re.findall(r"SGD ([\d.]+)   full batch ([\d.]+)", stored("floor-numbers"))
    assert float(sgd) < float(full) / 10 and float(floor) > 0.02 and float(arrived) == 0
    fit = figures.LineFit()
    fit.ys = fit.xs + 0.5  # one line fits every sample
    w, order = np.array([-1.0, 3.0]), figures.shuffled(64, 1, np.random.default_rng(5))
    for _ in range(1500):
        w = w - 0.08 * fit.gradients(w, next(order))[0]
    assert w == pytest.approx([1.0, 0.5], abs=1e-6)


@claim("05", "memory", "So noise frees you if there is enough of it, and it throws some out of the better valley, too.")
def test_noise_frees_from_both_valleys():
    left = {
        (valley, int(size)): int(count)
        for valley, size, count in re.findall(r"from the (\w+) valley, B = +(\d+): (\d+) of 200", stored("escape"))
    }
    assert left["worse", 1] > 100 and 0 < left["better", 1] < 100
    assert left["worse", 16] == left["worse", 64] == left["better", 64] == 0, "not enough of it"


@claim(
    "05",
    "bucket",
    "A million photos of 224 × 224 × 3 numbers, 4 bytes each, fill 602 GB.",
    "A batch of 64 takes 39 MB, and what a network",
)
def test_how_much_photographs_fill():
    photo = 224 * 224 * 3 * 4
    assert round(1e6 * photo / 1e9) == 602 and round(64 * photo / 1e6) == 39


@claim(
    "05",
    "saw-conveyor",
    "Adding the means makes the step too long: as many times as there are micro-batches, if all are of one size.",
    "Their mean is right when all are of one size.",
)
def test_the_rules_of_the_bucket():
    even = {rule: figures.Conveyor(rule=rule, size=5).bucket[-1] for rule in figures.RULES}
    uneven = {rule: figures.Conveyor(rule=rule, size=4).bucket[-1] for rule in figures.RULES}
    full = figures.Conveyor.samples.mean()
    assert even == pytest.approx({"sum": 2 * full, "mean": full, "weighted": full})
    assert uneven["weighted"] == pytest.approx(full) and abs(uneven["mean"] - full) > 0.1


@claim("05", "saw-all-four", "It steps with the gradient it computed last: the third bucket.")
def test_the_third_bucket_hands_over_the_last_gradient():
    scope = {"accumulate": None}
    exec(re.search(r"rules = \{.*?\}", cells("05")["all-four"], re.DOTALL)[0], scope)
    (_, (_, added), (_, last)) = scope["rules"].items()
    assert added([1, 2, 5], None) == 8 and last([1, 2, 5], None) == 5


@claim("05", "sum-or-mean", "the safe η shrinks as the data grow: twice the data, twice the slope")
def test_the_safe_rate_of_a_sum_shrinks_with_the_data():
    X = np.stack([np.random.default_rng(5).uniform(-1, 2, 64), np.ones(64)], axis=1)  # as in the cell `samples`
    safe = 2 / np.linalg.eigvalsh(2 * X.T @ X)[-1]
    assert safe / 2 < 0.01 < safe
    twice = np.tile(X, (2, 1))
    assert 2 * twice.T @ twice == pytest.approx(2 * (2 * X.T @ X))
    sizes = [float(size) for size in re.findall(r"after 30 steps (\S+)", stored("sum-scales"))]
    assert sizes[0] < 2 and sizes[1] > 1e9 and sizes[2] > sizes[1]


@claim(
    "05",
    "saw-three-loops",
    "Regular ends at the bottom. Mini-batch and stochastic stop where an epoch leads back to its start",
)
@claim("05", "saw-three-loops", "for they do not shuffle: near the minimum, not on it")
def test_batches_in_stored_order_settle_near_the_minimum():
    gradient, micro, _ = micro_batches()
    w = np.zeros(2)
    for _ in range(300):
        before = w
        for rows in micro:
            w = w - 0.1 * gradient(w, rows)
    assert w == pytest.approx(before, abs=1e-12)
    assert 0.005 < np.linalg.norm(gradient(w, np.arange(64))) < 0.5


@claim(
    "05",
    "surprise",
    "Four hikers come down one hill: 4096 samples, ten parameters.",
    "Their batches are 1, 8, 64 and all.",
    "Each has its own learning rate, the best power of two for this run.",
    "4.9, 5.0, 5.9 and 65 µs (microseconds) for one update in NumPy, medians of 300, one core of an AMD EPYC",
)
def test_each_hiker_has_its_best_power_of_two():
    assert list(figures.MICROSECONDS.values()) == [4.9, 5.0, 5.9, 65.0] and list(figures.RATES) == [1, 8, 64, 4096]
    rng = np.random.default_rng(5)  # the data of figures.race
    X = rng.normal(size=(4096, 10)) * np.linspace(0.6, 1.4, 10)
    y = X.sum(axis=1) + rng.normal(size=4096)
    half = X.T @ X / len(X)
    best = np.linalg.solve(half, X.T @ y / len(X))

    def arrives(size, rate, most):
        w, batches = np.zeros(10), figures.shuffled(len(X), size, np.random.default_rng(5))
        for n in range(1, most + 1):
            rows = next(batches)
            w = w - rate * 2 * X[rows].T @ (X[rows] @ w - y[rows]) / len(rows)
            if (w - best) @ half @ (w - best) <= figures.FINISH:
                return n
        return most + 1

    for size, rate in figures.RATES.items():
        updates = int(np.argmax(figures.race()[size] <= figures.FINISH))
        assert arrives(size, rate, updates) == updates
        assert arrives(size, rate / 2, updates) > updates and arrives(size, rate * 2, updates) > updates


@claim(
    "05",
    "careful-race",
    '"The higher the batch size, faster the convergence" (Tiwari) is true of updates, and false of samples.',
)
@claim("05", "saw-race", "Here 64 samples cost hardly more time than one.")
def test_larger_batches_take_fewer_updates_and_more_samples():
    updates, samples = ([figures.Race(axis=axis).arrival[s] for s in figures.RATES] for axis in ("updates", "samples"))
    assert sorted(updates, reverse=True) == updates and sorted(samples) == samples
    assert figures.MICROSECONDS[64] < 1.25 * figures.MICROSECONDS[1]


@claim("05", "saw-race", "With 7 the rates no longer fit, and 8 beats 1 in samples.")
def test_another_seed_has_another_winner(capsys):
    lesson = open_lesson("05")
    scope = {"np": np, "batches": lesson.given("05.1"), "sgd_epoch": lesson.given("05.2")}
    for seed, first in (("6", 1), ("7", 8)):
        capsys.readouterr()
        ran("race-numbers", ran("race-loop", dict(scope)), "seed=5", f"seed={seed}")
        samples = {int(b): int(n) for b, n in re.findall(r"B = +(\d+): .*?(\d+) samples", capsys.readouterr().out)}
        assert min(samples, key=samples.get) == first


@claim("05", "scatter", "its guesses scatter by $\\sigma/\\sqrt B$; $\\sigma$")
@claim(
    "05",
    "scatter",
    "In the figure $\\sigma$ is about 3: with $B = 4$ the guesses scatter by half of it, 1.5, with $B = 16$ by",
)
def test_a_batch_of_four_scatters_by_half():
    arrows = figures.Arrows()
    arrows.drawn = 10_000
    assert arrows.scatter(arrows.batches(4)) == pytest.approx(1.5, rel=0.05)
    assert arrows.scatter(arrows.batches(16)) == pytest.approx(3 / 4, rel=0.05)


@claim("05", "uneven", "let three samples pull by 1, 1 and 7. Their mean is 3.")
@claim("05", "uneven", "have the means 1 and 7, and the mean of these is 4", "sums may be added: (2 · 1 + 1 · 7)/3 = 3")
def test_uneven_micro_batches_by_hand():
    parts = [np.array([1, 1]), np.array([7])]
    means = [part.mean() for part in parts]
    assert np.concatenate(parts).mean() == 3 and means == [1, 7] and np.mean(means) == 4
    assert (2 * means[0] + 1 * means[1]) / 3 == 3
