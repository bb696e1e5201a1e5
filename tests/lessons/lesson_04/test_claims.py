"""What lesson 04 says of its figures and numbers holds."""

import numpy as np
import pytest

from dlcourse import data
from dlcourse.lesson import files
from tests.lessons.claims import cells, claim

figures = files.figures("04")


@claim(
    "04",
    "five-losses",
    "| squared | $(1 - m)^2$ | 9 | 4 |",
    "| absolute | $\\lvert 1 - m\\rvert$ | 3 | 2 |",
    "| hinge | $\\max(0, 1 - m)$ | 3 | 0 |",
    "| logistic | $\\log(1 + e^{-m})$ | 2.13 | 0.05 |",
    "| 0–1 | 1 if $m < 0$, else 0 | 1 | 0 |",
)
def test_the_five_losses_charge_what_the_table_says():
    said = {"squared": [9, 4], "absolute": [3, 2], "hinge": [3, 0], "logistic": [2.13, 0.05], "0-1": [1, 0]}
    for name, charges in said.items():
        assert figures.Zoo().cost([-2.0, 3.0], name).round(2).tolist() == charges


@claim("04", "pulls-cancel", "The border rests where all eleven pulls cancel.")
def test_at_the_best_border_the_pulls_cancel():
    h = 1e-6
    for loss in ("squared", "logistic"):
        zoo = figures.Zoo(loss=loss, outlier=-5.0)
        margins = zoo.labels * (zoo.places - zoo.best)
        pulls = zoo.labels * (zoo.cost(margins + h) - zoo.cost(margins - h)) / (2 * h)
        assert len(pulls) == 11 and abs(pulls.sum()) < 0.1 < np.abs(pulls).sum()


@claim("04", "pulls-cancel", "the logistic border, −0.72, goes farther out than the squared one, −0.62")
def test_the_borders_with_the_outlier_on_the_wrong_side():
    found = {loss: figures.Zoo(loss=loss, outlier=-5.0).best for loss in ("squared", "logistic")}
    assert found == {"squared": pytest.approx(-0.62, abs=0.01), "logistic": pytest.approx(-0.72, abs=0.01)}


@claim("04", "saw-zoo", "the squared one drags the border across an innocent triangle")
def test_too_right_costs_a_triangle_with_the_squared_loss_alone():
    wrong = {loss: figures.Zoo(loss=loss, outlier=5.0).wrong for loss in figures.LOSSES}
    assert wrong.pop("squared") == 1 and set(wrong.values()) == {0}


@claim("04", "probable", "It is the 0–1 loss: no slope.")
@claim(
    "04",
    "saw-zoo",
    "| squared | grows with distance |",
    "| absolute, hinge | 1 |",
    "| logistic | up to 1 |",
    "| 0–1 | none: slope 0 |",
)
def test_the_pull_of_a_wrong_point_is_the_slope_of_its_loss():
    zoo, h = figures.Zoo(), 1e-6
    for name in figures.LOSSES:
        near, far = (float(zoo.cost(m - h, name) - zoo.cost(m + h, name)) / (2 * h) for m in (-1.0, -4.0))
        expected = {"squared": far > near > 1, "logistic": near < far < 1, "0-1": near == far == 0}
        assert expected.get(name, near == pytest.approx(1) and far == pytest.approx(1)), name


@claim(
    "04",
    "one-way",
    "From $x = 3$ you get 9 with one product.",
    "Back from 9, $x$ may be 3 or −3, and you have to solve an equation.",
    "Forward is one answer and a known price; backward is a search, with one end, several or none.",
    "back from 10 any $x$ from 2.3 to 3.8 will do",
)
def test_many_inputs_lead_to_a_rounded_output():
    assert 3**2 == (-3) ** 2 == 9
    tens = np.round(np.linspace(2.25, 3.85, 161) ** 2, -1)
    assert np.all(tens[5:-5] == 10) and round(2.2**2, -1) == 0 and round(3.9**2, -1) == 20


@claim("04", "mse-gradient", "the loss $e^2$ is 9", "So the slope is $2e\\cdot x = -12$.")
def test_the_gradient_of_one_sample():
    x, y, w, h = 2.0, 5.0, 1.0, 1e-6
    assert (w * x - y) ** 2 == 9
    assert (((w + h) * x - y) ** 2 - ((w - h) * x - y) ** 2) / (2 * h) == pytest.approx(-12)


@claim("04", "probable", "The chance of all three is the product, 0.288")
@claim("04", "cross", "= 0.105 + 0.223 + 0.916 = 1.245")
@claim("04", "cross", "A chance of 1 costs nothing; the smaller the chance of the right class, the more it costs.")
def test_the_cross_entropy_is_the_sum_of_minus_the_logarithms():
    chances = np.array([0.9, 0.8, 0.4])
    assert round(float(chances.prod()), 3) == 0.288
    assert (-np.log(chances)).round(3).tolist() == [0.105, 0.223, 0.916]
    assert round(float(-np.log(chances).sum()), 3) == 1.245
    assert np.log(1) == 0 and np.all(np.diff(-np.log(np.linspace(0.1, 1, 10))) < 0)


def birds():
    """Centimetres above 200 mm with a column of ones, and kilograms."""
    penguins = data.penguins()
    x, y = (penguins.features[:, 2] - 200) / 10, penguins.features[:, 3] / 1000
    return np.stack([x, np.ones(len(x))], axis=1), y


@claim("04", "hook", "You have 342 other penguins, measured at Palmer Station in Antarctica: flipper and mass.")
@claim("04", "no-closed-form", "The penguin of the hook: 4.16 kg", "Give or take 0.39, the root of the loss, 0.155.")
@claim("04", "surprise", "Its loss is 0.155.")
def test_the_penguin_of_the_hook():
    X, y = birds()
    best = np.linalg.lstsq(X, y, rcond=None)[0]
    loss = np.mean((X @ best - y) ** 2)
    assert len(y) == 342 and round(best[1], 2) == 4.16
    assert round(loss, 3) == 0.155 and round(np.sqrt(loss), 2) == 0.39


@claim("04", "no-closed-form", "For least squares you have it, if no column of $X$ can be made of the others.")
def test_a_column_made_of_others_leaves_no_single_solution():
    X, _ = birds()
    twice = np.column_stack([X, X[:, 0] + 3 * X[:, 1]])
    assert np.linalg.matrix_rank(X.T @ X) == 2 and np.linalg.matrix_rank(twice.T @ twice) == 2 < 3


@claim("04", "no-distance", "The last two lines below say otherwise")
def test_squared_error_and_cross_entropy_are_no_distances():
    p, q = np.array([0.9, 0.1]), np.array([0.5, 0.5])
    assert (0 - 2) ** 2 > (0 - 1) ** 2 + (1 - 2) ** 2 and -p @ np.log(q) != -q @ np.log(p)


@claim(
    "04",
    "careful",
    "Each prediction was compared with every bird.",
    "The best that training can do then is the mean mass.",
)
def test_the_trap_compares_all_with_all():
    X, y = birds()
    assert (y - (X @ np.ones(2))[:, None]).shape == (342, 342)
    best = np.linalg.lstsq(X, np.full(342, y.mean()), rcond=None)[0]  # row sums of the trap want the mean everywhere

    def trap(theta):
        return np.mean((y - (X @ theta)[:, None]) ** 2)

    assert X @ best == pytest.approx(np.full(342, y.mean()))
    assert all(trap(best) < trap(best + step) for step in ([0.01, 0], [-0.01, 0], [0, 0.01], [0, -0.01]))


@claim("04", "careful", "the difference has two rows: (0, 1) and (−1, 0)", "The mean of the squares is ½")
def test_the_trap_with_two_birds():
    y = np.array([1, 2])
    difference = y - np.array([[1], [2]])
    assert difference.tolist() == [[0, 1], [-1, 0]] and np.mean(difference**2) == 0.5


@claim("04", "mse-many", "the predictions $X\\theta$ are 2, 0 and 1, and the errors $X\\theta - y$ are −3, −1 and −1")
@claim("04", "mse-many", "$2e$ times row gives (−12, −6), (0, −2) and (−2, −2). Their mean, a third of (−14, −10)")
@claim("04", "mse-many", "One product does it all: $X^\\top$ times the errors adds up error times row.")
def test_the_gradient_of_three_samples_by_hand():
    X, y, theta = np.array([[2, 1], [0, 1], [1, 1]]), np.array([5, 1, 2]), np.array([1, 0])
    errors = X @ theta - y
    assert (X @ theta).tolist() == [2, 0, 1] and errors.tolist() == [-3, -1, -1]
    rows = 2 * errors[:, None] * X
    assert rows.tolist() == [[-12, -6], [0, -2], [-2, -2]] and rows.sum(axis=0).tolist() == [-14, -10]
    assert (2 * X.T @ errors).tolist() == [-14, -10]


@claim("04", "no-minimum-task", "A larger $w$ makes every margin larger, and so every logistic loss smaller.")
@claim("04", "no-minimum-task", "Where a border separates the classes, a larger $w$ is always better.")
def test_a_larger_weight_is_always_better_where_a_border_separates():
    margins = np.array([-1, -1, 1, 1]) * np.array([-2, -1, 1, 2])
    losses = [np.log1p(np.exp(-w * margins)) for w in (0.5, 1, 2, 4)]
    assert np.all(np.diff(losses, axis=0) < 0)


def test_nothing_of_later_lessons_is_used():
    code = " ".join(source for name, source in cells("04").items())
    assert [word for word in ("dl.parameter", "minimize", "hidden unit", "XOR") if word in code] == []
