"""What lesson 03 says of its figures and outputs holds."""

import numpy as np
import pytest

from dlcourse.figures.hills import walk
from dlcourse.lesson import files
from tests.lessons.claims import claim

figures = files.figures("03")
BOWL = figures.BOWL


@claim(
    "03", "slope-along", "East, $d = (1, 0)$, gives −0.6. North, $d = (0, 1)$, gives 0.8.", "gives −0.36 − 0.64 = −1"
)
def test_the_slope_along_a_direction_is_the_sum_of_the_two_slopes_in_their_shares():
    turn = figures.Turn()
    assert turn.gradient == pytest.approx([-0.6, 0.8])
    assert turn.gradient @ [1, 0] == pytest.approx(-0.6)
    assert turn.gradient @ [0, 1] == pytest.approx(0.8)
    assert turn.gradient @ [0.6, -0.8] == pytest.approx(-1)


@claim("03", "contours", "the numbers on our maps do not rise evenly")
def test_the_levels_of_the_maps_are_uneven():
    assert len({round(step, 6) for step in np.diff(figures.Turn.levels)}) > 1


@claim(
    "03",
    "three-directions",
    "The cosine is 1 where the arrows agree, 0 at right angles, −1 where they are opposite, and never less.",
    "$-\\nabla f$ is the steepest way down",
    "$\\nabla f$ points where the ground climbs most",
)
@claim(
    "03",
    "saw-turn",
    'Only the angle α ("alpha") between the two arrows counts.',
    "*The slope along d is the length of the gradient, times the cosine of the angle between them.*",
)
def test_no_direction_is_steeper_than_minus_the_gradient_and_along_the_contour_line_it_is_level():
    slopes = {}
    for angle in range(361):
        turn = figures.Turn(angle=angle)
        length = np.linalg.norm(turn.gradient)
        assert turn.slope == pytest.approx(length * np.cos(np.deg2rad(turn.between)), abs=1e-9)
        slopes[angle] = turn.slope
    lowest = figures.Turn(angle=min(slopes, key=slopes.get))
    assert lowest.between == pytest.approx(180, abs=0.5)
    assert figures.Turn(angle=max(slopes, key=slopes.get)).between == pytest.approx(0, abs=0.5)
    across = figures.Turn(angle=lowest.angle + 90 if lowest.angle < 270 else lowest.angle - 90)
    assert across.slope == pytest.approx(0, abs=0.01)
    ahead = BOWL(across.place + 1e-4 * across.d) - BOWL(across.place)
    assert abs(ahead) < 2e-6, "along the contour line the height stays"


def steps_to_the_bottom(rate, beta):
    """In the valley with κ = 100, from (1, 0.1), as the lesson counts them."""
    bends = np.array([2.0, 200.0])
    path = np.array(walk(lambda p: bends * p, [1.0, 0.1], rate, 800, beta=beta))
    return int(np.argmax(path[:, 0] ** 2 + 100 * path[:, 1] ** 2 < 1e-6))


TUNED = 4 / (200**0.5 + 2**0.5) ** 2, (9 / 11) ** 2


@claim("03", "heavy-ball", "688 steps, for $\\kappa = 100$.")
@claim("03", "saw-heavy", "126 steps do what took 688. With $\\eta$ and $\\beta$ made for this valley, 58.")
def test_momentum_in_the_long_valley():
    assert steps_to_the_bottom(0.005, 0.0) == 688
    assert steps_to_the_bottom(0.005, 0.9) == 126
    assert steps_to_the_bottom(*TUNED) == 58


@claim("03", "saw-heavy", "That $\\eta$ is above $2/c = 0.01$, where plain descent explodes")
def test_momentum_moves_the_border():
    assert TUNED[0] > 0.01
    plain = np.array(walk(lambda p: np.array([2.0, 200.0]) * p, [1.0, 0.1], TUNED[0], 30))
    assert abs(plain[-1, 1]) > 1e3


@claim(
    "03", "heavy-ball", "Across the valley the slope changes its sign from step to step", "Along the valley it keeps"
)
def test_plain_descent_bounces_across_and_creeps_along():
    bounces = figures.Condition(kappa=100.0, share=0.9)
    assert (np.sign(bounces.path[1:8, 1]) == -np.sign(bounces.path[:7, 1])).all()
    assert (bounces.path[:, 0] > 0).all() and bounces.path[-1, 0] > 0.4


@claim(
    "03",
    "saw-condition",
    "With $\\kappa = 1$ they agree.",
    "Turn $\\eta \\times \\kappa$ up to 0.9: now the walk bounces",
)
@claim("03", "saw-condition", "At step 0, the grey arrow points at the minimum, the other one down the steepest slope.")
@claim("03", "saw-condition", "The more the valley is curved across, the more they part.")
def test_the_arrows_agree_only_in_a_round_bowl():
    angles = [figures.Condition(kappa=kappa).angles[0] for kappa in (1.0, 10.0, 100.0)]
    assert angles[0] == pytest.approx(0, abs=1e-5) and angles[0] < angles[1] < angles[2]
    arrows = [mark for mark in figures.Condition(kappa=10.0).scene()[0].marks if mark.kind == "arrow"]
    grey, steep = (
        np.array([mark.x1.values[0] - mark.x0.values[0], mark.y1.values[0] - mark.y0.values[0]]) for mark in arrows
    )
    assert figures.degrees_between(grey, np.array([-1.0, -0.1])) == pytest.approx(0, abs=1e-4)
    assert figures.degrees_between(steep, np.array([-2.0, -2.0])) == pytest.approx(0, abs=1e-4)


@claim("03", "careful-promising", "It is the best for a *very short* step.")
def test_steepest_is_best_for_a_very_short_step_only():
    valley, start = figures.Condition(kappa=100.0), np.array([1.0, 0.1])
    steepest, ahead = (way / np.linalg.norm(way) for way in (-valley.f.gradient(start), -start))
    heights = {step: [float(valley.f(start + step * way)) for way in (steepest, ahead)] for step in (0.001, 0.8)}
    assert heights[0.001][0] < heights[0.001][1] and heights[0.8][0] > heights[0.8][1]


@claim("03", "matrix", "makes (1, 1) into (0.5, 2)")
def test_a_matrix_stretches_two_directions():
    assert (np.diag([0.5, 2.0]) @ [1, 1]).tolist() == [0.5, 2.0]


@claim(
    "03",
    "saw-precondition",
    "With 1.0 at 30° and 0.20 across, one step is enough",
    "It is *not* the steepest step. It is better.",
)
@claim("03", "careful-downhill", "can wipe the gradient out: first 0, second 0.20", "first 1.0, second 0.42")
def test_what_a_matrix_does_in_the_tilted_valley():
    assert figures.Precondition(first=1.0, second=0.2, angle=30).heights[1] < 1e-9
    newton = figures.Precondition(first=1.0, second=0.2, angle=30)
    assert figures.degrees_between(newton.moves[0], -newton.gradients[0]) > 10
    assert "stuck" in figures.Precondition(first=0.0, angle=30, frame=99).sentence()
    assert "explodes" in figures.Precondition(first=1.0, second=0.42, angle=30, frame=99).sentence()


def descend(grad, p0, rate=0.3, steps=60):
    path = [np.array(p0)]
    for _ in range(steps):
        path.append(path[-1] - rate * grad(path[-1]))
    return np.array(path)


@claim(
    "03",
    "many-directions",
    "From the same tiny push, hilltop and saddle let go equally slowly: 40 steps, and hardly a trace.",
    "Without a push both hold you for ever. But only one of them did you walk into.",
)
@claim("03", "saddle", "But no descent comes to a maximum: every step leads away from it.")
def test_hilltop_and_saddle_let_go_equally_slowly_and_only_the_saddle_draws_in():
    def pass_grad(p):
        return np.array([p[0] ** 3 / 2 - p[0], p[1]])

    hilltop, saddle = descend(lambda p: -p, [1e-6, 0.0]), descend(pass_grad, [1e-6, 1.6])
    assert abs(hilltop[40, 0]) < 0.05 and abs(saddle[40, 0]) < 0.05
    assert abs(int(np.argmax(abs(hilltop[:, 0]) > 0.1)) - int(np.argmax(abs(saddle[:, 0]) > 0.1))) <= 1
    assert descend(lambda p: -p, [0.0, 0.0])[-1].tolist() == [0, 0]
    assert descend(pass_grad, [0.0, 1.6])[-1, 0] == 0 and abs(descend(pass_grad, [0.0, 1.6])[-1, 1]) < 1e-6
    away = np.linalg.norm(descend(lambda p: -p, [0.5, 0.5], steps=20), axis=1)
    assert (np.diff(away) > 0).all(), "descent leads away from a hilltop"


@claim("03", "saw-units", "All strides of one length make a circle, in the units in which you measure.")
@claim("03", "saw-units", "On the ground the same strides make an ellipse.")
@claim("03", "saw-units", "The arrow goes where the gradient promises the most descent on it.")
def test_the_arrow_ends_at_the_lowest_place_of_the_tangent_plane():
    for scale in (1.0, 2.0, 3.0):
        units = figures.Units(scale=scale)
        turns = np.linspace(0, 2 * np.pi, 3601)
        strides = units.stride * np.column_stack([np.cos(turns), np.sin(turns)]) / units.stretch  # on the ground
        promised = strides @ units.f.gradient(units.place)
        best = strides[promised.argmin()]
        assert best == pytest.approx(units.move / units.stretch, abs=3e-3)


@claim("03", "saw-units", "There the steepest way points straight at the minimum.")
@claim("03", "saw-units", "At 3 new units for one old, the contour lines on the left are circles.")
def test_at_three_units_the_steepest_way_points_at_the_minimum():
    assert figures.Units(scale=3.0).angle == pytest.approx(0, abs=1e-6)
    assert figures.Units(scale=1.0).angle > 40


@claim("03", "bends-by-chance", "Bends drawn by chance agree even less often.")
def test_few_random_level_places_are_minima():
    rng = np.random.default_rng(3)
    A = rng.normal(size=(2000, 5, 5))
    assert np.mean(np.linalg.eigvalsh(A + A.transpose(0, 2, 1)).min(axis=1) > 0) < 0.01


@claim("03", "saw-units", "in the units in which you measure")
def test_with_one_new_unit_for_one_old_both_maps_are_the_same_picture():
    measured, ground = figures.Units(scale=1.0).scene()
    assert (measured.xlim, measured.ylim) == (ground.xlim, ground.ylim)
    paths = [[m for m in panel.marks if m.kind in ("arrow", "polyline")] for panel in (measured, ground)]
    assert [(m.x1, m.y1) for m in paths[0] if m.kind == "arrow"] == [
        (m.x1, m.y1) for m in paths[1] if m.kind == "arrow"
    ]


@claim("03", "matrix-task", "The valley below lies at 30°, with curvature 1 along and 5 across.")
def test_the_valley_of_the_matrix_lies_at_30_degrees():
    figure = figures.FIGURES["precondition"]()
    assert np.degrees(figure.tilt) == pytest.approx(30)
    along = np.array([np.cos(figure.tilt), np.sin(figure.tilt)])
    across = np.array([-along[1], along[0]])
    for d, curvature in ((along, 1.0), (across, 5.0)):
        assert figure.f.gradient(d) == pytest.approx(curvature * d)


@claim(
    "03",
    "valley",
    "Its slopes are $2x$ and $2\\kappa y$, so its curvatures, lesson 02's $c$, are 2 along and $2\\kappa$",
)
@claim(
    "03",
    "valley-border",
    "In lesson 02 the safe learning rates ended at $2/c$: here at 1 for the flat direction, and at $1/\\kappa$",
)
@claim(
    "03",
    "careful-promising",
    "The rate is $\\eta = 1/c = 1/(2\\kappa)$, which takes the steep direction to the bottom in one",
)
@pytest.mark.parametrize("kappa", [1.0, 10.0, 100.0])
def test_the_two_curvatures_of_the_valley_and_what_they_allow(kappa):
    valley = figures.Condition(kappa=kappa).f
    assert valley.gradient(np.array([1.0, 0.0])) == pytest.approx([2, 0])
    assert valley.gradient(np.array([0.0, 1.0])) == pytest.approx([0, 2 * kappa])
    ends = {rate: abs(walk(valley.gradient, [0.0, 1.0], rate / kappa, 60)[-1][1]) for rate in (0.5, 0.98, 1.02)}
    assert ends[0.5] == pytest.approx(0) and ends[0.98] < 1 < ends[1.02]
    assert walk(valley.gradient, [0.0, 1.0], 0.5 / kappa, 1)[-1] == pytest.approx([0, 0])


@claim(
    "03", "units-numbers", "Against it, you step by (−2, −20) in new units.", "20 new units are 2 old ones: (−2, −2)."
)
def test_the_step_in_other_units_by_hand():
    slopes, s = np.array([2.0, 200.0]), 10
    assert (-slopes / [1, s]).tolist() == [-2, -20]
    assert (-slopes / [1, s] / [1, s]).tolist() == [-2, -2]
    assert (-np.diag([1, 1 / s**2]) @ slopes).tolist() == pytest.approx([-2, -2])


@claim(
    "03",
    "bends-by-chance",
    "its eigenvalues are the bends in $n$ directions at right angles: a minimum has positive ones only",
)
def test_eigenvalues_are_the_bends_in_directions_at_right_angles():
    A = np.random.default_rng(0).normal(size=(3, 3))
    A = A + A.T
    bends, directions = np.linalg.eigh(A)
    assert directions.T @ directions == pytest.approx(np.eye(3))
    for bend, d in zip(bends, directions.T, strict=True):
        assert d @ A @ d == pytest.approx(bend)  # half of it is the height one step of length 1 along d
