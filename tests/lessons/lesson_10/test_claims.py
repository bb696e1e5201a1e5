"""What lesson 10 says of its figures and outputs holds."""

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.figures import resolve
from dlcourse.lesson import files
from tests.lessons.claims import claim
from tests.lessons.unproved import printed

figures = files.figures("10")


@claim(
    "10",
    "hook",
    "Each output may listen to each input, so there are 16 777 216 slopes, for one sample and one layer.",
    "Backpropagation uses every one of them, and stores none.",
)
def test_a_row_goes_through_a_layer_without_its_table():
    """No slope of a small layer is 0, and no node on the way back is as large as the table but W, which is there."""
    assert 4096 * 4096 == 16_777_216
    n, rng = 40, np.random.default_rng(10)
    x, W = dl.parameter(rng.normal(size=n), name="x"), dl.parameter(rng.normal(size=(n, n)) / n, name="W")
    v, z = rng.normal(size=n), dl.tanh(W @ x)
    (row,) = dl.gradients(z, [x], grad_output=v)
    J = dl.jacobian(z, x)
    assert np.count_nonzero(J) == n * n and np.count_nonzero(v) == n
    np.testing.assert_allclose(dl.run(row), v @ J)
    order = dl.topological_order(row)
    large = [
        values for node, values in zip(order, dl.run(order), strict=True) if values.size >= n * n and node is not W
    ]
    assert [values for values in large if not np.array_equal(values, W.value.T)] == []


@claim("10", "saw-memory", "Slide the batch to 16 384: what fills the memory then are the activations")
def test_with_large_batches_the_activations_outgrow_the_weights():
    memory = figures.Memory(batch=14)
    assert memory.B == 16384
    weights = 4 * memory.n**2 * round(memory.depth)
    assert 4 * memory.B * memory.n * round(memory.depth) > weights


@claim("10", "which-first", "A chain of products may be done in any order. The result is the same.")
def test_brackets_change_nothing_but_the_cost():
    rng = np.random.default_rng(0)
    A, B, C = rng.normal(size=(2, 5)), rng.normal(size=(5, 4)), rng.normal(size=(4, 3))
    np.testing.assert_allclose((A @ B) @ C, A @ (B @ C))


def on_the_way(order: str) -> list[list[int]]:
    """The shapes of the boxes that the figure shows after the first product."""
    boxes, _ = resolve(figures.Parentheses(order=order).scene(), frame=1)
    texts = [mark.string for mark in boxes.marks if mark.kind == "text" and "×" in mark.string]
    return [[int(size) for size in shape.split(" × ")] for shape in texts]


@claim(
    "10",
    "saw-order",
    "Down from the loss, there is never more than a row on the way.",
    "Up from the input, you multiply full tables for the same result.",
)
def test_from_the_loss_a_row_is_on_the_way_and_from_the_input_a_table():
    assert on_the_way("loss")[0] == [1, 100]
    assert min(on_the_way("input")[1]) == 100


@claim("10", "channels", "Input 1 reaches output 1 by three **channels**.", "A row times a column does that.")
def test_three_channels_add_up_to_one_entry():
    said = next(printed(cell) for cell in files.cells("10") if cell["id"] == "chain-shapes")
    J1, J2 = np.array([[2.0, 0.0], [1.0, 3.0], [0.0, 1.0]]), np.array([[1.0, 4.0, 0.0], [0.0, 1.0, 5.0]])
    assert J2[0] @ J1[:, 0] == (J2 @ J1)[0, 0] == 6
    assert said == f"input 1 to output 1: 6\nJ2 J1: {(J2 @ J1).tolist()}\n"


@claim("10", "shared", "A parameter in **two** layers has a path through each, and these add up.")
def test_a_shared_parameter_has_a_term_for_each_of_its_layers():
    w = dl.parameter(0.7)
    lower, upper = dl.parameter(0.7), dl.parameter(0.7)
    (whole,) = dl.run(dl.gradients(w * dl.tanh(w * 1.5), [w]))
    assert sum(dl.run(dl.gradients(upper * dl.tanh(lower * 1.5), [lower, upper]))) == pytest.approx(whole)
