"""What lesson 13 says of its figures holds."""

import numpy as np

import dlcourse as dl
from dlcourse.lesson import files
from tests.lessons.claims import claim

figures = files.figures("13")


@claim(
    "13",
    "saw-starts",
    "Zero is worse: nothing moves. Small weights wait on a plateau",
    "Four equal units are one unit: the loss stays above 0.5. With two equal, three are left, and that is enough here.",
    "Large ones press tanh flat: they learn later than a good start, though they move as far.",
)
def test_how_each_start_fares():
    start = {how: figures.FIGURES["starts"](how=how) for how in figures.STARTS}
    moved = {how: float(np.abs(s.paths[-1] - s.paths[0]).max()) for how, s in start.items()}
    quarter = {how: s.losses[len(s.losses) // 4] for how, s in start.items()}
    assert moved["zero"] == 0
    assert quarter["small"] > 0.95 * start["small"].losses[0]
    assert min(start["equal"].losses) > 0.5 and np.ptp(start["equal"].paths[-1], axis=1).max() < 1e-9
    assert start["twins"].losses[-1] < 0.01
    assert quarter["large"] > 5 * quarter["good"] and moved["large"] >= moved["good"]


@claim(
    "13",
    "saw-widths",
    "One unit never can.",
    "With ReLU it is harsher: 12, 18, 26, 29, 30 of 30 for 2, 3, 4, 6, 8 units.",
)
@claim("13", "saw-widths", "Two can, and 24 of 30 starts")
def test_how_many_starts_find_the_four_corners():
    found = {units: figures.searches(units)[1].sum(axis=1).tolist() for units in ("tanh", "relu")}
    by_width = {units: dict(zip(figures.WIDTHS, counts, strict=True)) for units, counts in found.items()}
    assert by_width["tanh"][1] == by_width["relu"][1] == 0
    assert by_width["tanh"][2] == 24
    assert [by_width["relu"][width] for width in (2, 3, 4, 6, 8)] == [12, 18, 26, 29, 30]


@claim("13", "against-task", "The loss is half the sum of squares, so its slope by Y is Y.")
def test_the_slope_of_half_the_sum_of_squares():
    Y = dl.parameter([[1.0, -2.0], [0.5, 3.0]])
    np.testing.assert_array_equal(dl.run(dl.gradients(dl.sum(dl.square(Y)) / 2, Y)), Y.value)


@claim("13", "hook", "Lesson 12's line fails on it: no straight line has all circles on one side.")
@claim(
    "13",
    "saw-fold",
    "Two weighted sums alone turn and stretch the plane.",
    "In the plane of the inputs that *one* line is *two* borders.",
)
def test_sums_alone_never_separate_the_corners_and_tanh_makes_two_borders():
    for hidden, best in (("none", 24), ("tanh", 32)):
        X, labels, kept, _ = figures.folding(hidden)
        bent = np.tanh if hidden == "tanh" else lambda s: s
        right = (figures.apply(kept[-1], X, bent).argmax(axis=1) == labels).sum()
        assert right <= best if hidden == "none" else right == best
    across = figures.apply(kept[-1], np.column_stack([np.linspace(-2, 2, 400)] * 2), np.tanh)  # from corner to corner
    other = figures.apply(kept[-1], np.column_stack([np.linspace(-2, 2, 400), -np.linspace(-2, 2, 400)]), np.tanh)
    borders = [int(np.abs(np.diff(s[:, 1] > s[:, 0])).sum()) for s in (across, other)]
    assert sorted(borders)[-1] == 2


@claim(
    "13",
    "saw-deltas",
    "Three layers of one unit: 7 multiplications instead of 9.",
    "With L layers it is 3L − 2 instead of L².",
)
def test_the_multiplications_of_the_chain():
    deltas = figures.FIGURES["deltas"](frame=999)
    assert "7 multiplications so far, 9 if each gradient started at the loss" in deltas.sentence()
    assert 3 * 3 - 2 == 7 and 3**2 == 9


@claim(
    "13",
    "saw-units",
    "A unit of the second layer adds eight such pictures, and bends.",
    "it turns from blue to orange along a straight line",
)
def test_a_unit_of_the_first_layer_has_a_straight_border_and_one_of_the_second_need_not():
    units = figures.FIGURES["units"]()
    plane = np.column_stack([units.places, np.ones(len(units.places))])

    def off_a_plane(values):
        sums = np.arctanh(values)
        return np.abs(sums - plane @ np.linalg.lstsq(plane, sums, rcond=None)[0]).max(axis=0)

    (W, b), (V, c), _ = units.kept[-1]
    assert W.shape == (2, 8) and V.shape == (8, 8)
    assert np.abs(units.places @ W + b - plane @ np.vstack([W, b])).max() < 1e-12
    assert (off_a_plane(np.tanh(0.01 * (units.first @ V + c))) > 1e-3).all()


@claim(
    "13",
    "saw-curves",
    "On the 100 digits the loss ends at 0.11, on the held-out ones at 0.31",
    "With 1,437 digits both end lower, at 0.022 and 0.088.",
)
def test_the_two_curves_part():
    few, many = figures.FIGURES["curves"](frame=999), figures.FIGURES["curves"](count="1437", frame=999)
    assert (round(few.seen[-1], 2), round(few.unseen[-1], 2)) == (0.11, 0.31)
    assert (round(many.seen[-1], 3), round(many.unseen[-1], 3)) == (0.022, 0.088)


@claim(
    "13", "saw-draw", 'It reads some of yours, and is sure of nonsense, too: it has ten answers and no "none of these".'
)
def test_a_drawn_digit_is_read_and_so_is_nonsense():
    draw = figures.FIGURES["draw"]()
    assert draw.chances.argmax() == 1  # the stroke that the sheet opens with
    sure = 0
    for seed in range(20):  # squares at random
        draw.ink = 16.0 * (np.random.default_rng(seed).random((8, 8)) < 0.4)
        draw.set()
        sure += draw.chances.max() > 0.9
    assert sure >= 5


def test_a_digit_can_be_drawn_by_clicks_and_by_the_keys():
    draw, other = figures.FIGURES["draw"](), figures.FIGURES["draw"]()
    draw.clear()
    other.clear()
    assert draw.sentence().startswith("an empty sheet")
    draw._call("stroke", x=2.4, y=7.9)
    other.set(column=3, row=1)
    other.put()
    assert (draw.ink == other.ink).all() and draw.ink[0, 2] == 16 and (draw.ink > 0).sum() == 4
    draw.set(rub=True)
    draw._call("stroke", x=2.4, y=7.9)
    assert draw.ink[0, 2] == 0
    draw.another()
    assert draw.chances.argmax() == figures.reader()[2][0]


def test_the_network_that_reads_may_be_the_learners():
    draw = figures.FIGURES["draw"](reads=lambda ink: np.eye(10)[[4]] * 50)
    assert "it reads 4, with 100 %" in draw.sentence()


@claim("13", "surprise", "Two hidden units fold the plane for XOR: you have seen it happen.")
@claim("13", "saw-widths", "A unit that is 0 at all corners gets no gradient.")
def test_a_unit_that_is_off_gets_no_gradient():
    W = dl.parameter(np.array([[1.0], [1.0]]))
    off = dl.relu(figures.CORNERS @ W - 5.0)
    (slope,) = dl.run(dl.gradients(dl.sum(off * 3.0), [W]))
    assert (slope == 0).all()
    X, labels, kept, _ = figures.folding("tanh")
    assert (figures.apply(kept[-1], X).argmax(axis=1) == labels).all()
