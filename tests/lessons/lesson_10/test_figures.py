"""The figures of lesson 10 show what the lesson says they show."""

import itertools
import re

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.figures import resolve
from dlcourse.lesson import files

figures = files.figures("10")
KINDS = figures.KINDS
MAPS = figures.MAPS
Map = figures.Map
Memory = figures.Memory
Modules = figures.Modules
Parentheses = figures.Parentheses
Patterns = figures.Patterns
Square = figures.Square


@pytest.mark.parametrize("name", MAPS)
def test_the_jacobian_of_a_map_is_what_moving_its_inputs_finds(name):
    f = Map(MAPS[name][1])
    x, h = np.array([0.4, -1.1]), 1e-6
    columns = [(f([x + h * e])[0][0] - f([x - h * e])[0][0]) / (2 * h) for e in np.eye(2)]
    assert f([x])[1][0] == pytest.approx(np.stack(columns, axis=1), abs=1e-8)


def test_a_smaller_square_comes_closer_to_its_parallelogram_by_more_than_its_side():
    gaps = {}
    for side in (0.2, 0.4, 0.8):
        fig = Square(side=side, x1=0.3, x2=0.8)
        gaps[side] = np.hypot(*(fig.image[26] - fig.promised[2]))
    assert gaps[0.4] / gaps[0.2] > 3 and gaps[0.8] / gaps[0.4] > 3
    flat = Square(function="linear", side=1.0)
    assert flat.image[26] == pytest.approx(flat.promised[2])


@pytest.mark.parametrize("name", MAPS)
def test_the_square_is_whole_and_its_image_begins_in_sight_wherever_it_is_moved(name):
    for x1, x2, side in itertools.product((-1.2, 1.2), (-1.6, 1.6), (0.1, 1.0)):
        fig = Square(function=name, x1=x1, x2=x2, side=side)
        inputs, outputs, _ = fig.scene()
        for panel, places in ((inputs, [fig.x, fig.x + side]), (outputs, [fig.y])):
            low, high = np.transpose([panel.xlim, panel.ylim])
            assert np.all((low < places) & (places <= high + 1e-9))


@pytest.mark.parametrize("m", [1, 3])
@pytest.mark.parametrize("n", [1, 3])
def test_the_row_that_arrives_is_the_row_times_the_jacobian_and_the_engine_agrees(m, n):
    fig = Modules(d_g=m, d_f=n)
    assert fig.J.shape == (m, n)
    assert fig.row @ fig.J == pytest.approx(fig.product)
    fig.set(frame=fig.last_frame)
    assert f"[1×{m}][{m}×{n}] = [1×{n}]" in fig.describe()


@pytest.mark.parametrize("kind", KINDS)
def test_the_short_form_of_each_pattern_is_the_row_times_the_whole_table(kind):
    fig = Patterns(kind=kind, n=5, shift=0.3)
    x, v, W = fig.x[:5] + 0.3, fig.v_used, fig.W[:, :5]
    p = dl.run(dl.softmax(dl.constant(x)))
    short = {
        "tanh": lambda: v * (1 - np.tanh(x) ** 2),
        "linear": lambda: v @ W,
        "weights": lambda: np.outer(v, x).ravel(),
        "softmax": lambda: p * (v - v @ p),
    }[kind]()
    assert fig.product == pytest.approx(short)
    assert v @ fig.J == pytest.approx(short)


def test_the_meter_shows_the_numbers_of_the_lesson():
    words = Memory().describe()
    assert [part for part in ("64 MiB", "12 288 numbers", "48 KiB", "20 MiB") if part not in words] == []
    assert Memory(width=20).bytes["one Jacobian"] == 4 * 2**40


def test_turning_the_sizes_round_exchanges_the_costs():
    fig = Parentheses()
    assert fig.cost == {"loss": 110_000, "input": 10_100_000}
    fig.turn()
    assert fig.cost == {"loss": 10_100_000, "input": 110_000}


@pytest.mark.parametrize("order", ["loss", "input"])
def test_one_matrix_is_left_in_the_end_and_it_has_the_outer_sizes(order):
    fig = Parentheses(order=order, m="2", n2="5", n1="20", n="10")
    (boxes, _) = resolve(fig.scene(), frame=2)
    shapes = [mark.string for mark in boxes.marks if mark.kind == "text" and "×" in mark.string]
    assert shapes == ["2 × 10"]


def test_h_is_the_nonlinearity_and_no_step_and_no_module():
    """Lessons 09 and 10 bend with h; whoever meets h for a step or a third module reads it wrongly."""
    family = files.practice("10")["10.shapes"]
    problems = [family.problem(seed, level) for level in range(len(family.levels)) for seed in range(3)]
    read = [words for p in problems for words in (p.task, p.in_words, *(box.why for box in p.boxes))]
    read += [m.label for p in problems for panel in p.panels for m in panel.marks if m.kind == "node"]
    moved = files.exercises("10")["10.1"]
    read += [*moved.hint_texts, *(mutant.message for mutant in moved.mutants)]
    read += [cell["source"] for cell in files.cells("10") if cell["id"] == "ex-1-task"]
    assert "f" in read and not [words for words in read if re.search(r"\bh\b", words)]
