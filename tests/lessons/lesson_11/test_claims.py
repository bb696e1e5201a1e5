"""What lesson 11 says of its figures and outputs holds."""

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.lesson import files
from tests.lessons.claims import claim

figures = files.figures("11")
answers = files.exercises("11")


def hook(swapped: bool = False) -> tuple[dl.Node, dict[str, dl.Node]]:
    a = dl.parameter(3.0, name="a")
    b = 2 * a
    c = b * b
    d = c + b if swapped else b + c
    return d, {"a": a, "b": b, "c": c}


@claim(
    "11",
    "hook",
    "b moves 2 times as far as a, c 12 times as far as b, and d, which has both, 13 times.",
    "So the derivative of d by a is 26.",
)
def test_the_slopes_of_the_hook():
    d, nodes = hook()
    assert dl.run(dl.gradients(nodes["b"], nodes["a"])) == 2
    assert dl.run(dl.gradients(nodes["c"], nodes["b"])) == 12
    assert dl.run(dl.gradients(d, [nodes["b"], nodes["a"]])) == [13, 26]


@claim("11", "saw-mail", "Breadth-first, b opens its door once, with half its mail.")
@claim("11", "saw-mail", "A node reads what lies at its door, adds it up, and sends one letter along each arrow")
@claim("11", "surprise", "Taken at its word, this is what happens on the graph of the hook, written in two ways.")
def test_breadth_first_opens_too_early():
    d, nodes = hook()
    assert dl.Trace(d, order="breadth-first").gradients[nodes["a"]] == 2 * 1  # d's letter; c's has not come
    assert dl.Trace(d).gradients[nodes["a"]] == 2 * (1 + 12)


@claim("11", "saw-mail", "No two ways meet in it, so every order is right.", "Tests on such graphs find nothing.")
@claim("11", "careful", "On graphs where short and long ways never meet, breadth-first is right")
def test_in_the_perceptron_every_order_is_right():
    rng = np.random.default_rng(0)
    W, b = dl.parameter(rng.normal(size=(2, 2)), name="W"), dl.parameter([0.0, 0.0], name="b")
    P = dl.softmax(dl.constant(rng.normal(size=(5, 2))) @ W + b)
    J = -dl.sum(np.eye(2)[[0, 1, 0, 1, 1]] * dl.log(P))
    early, right = dl.Trace(J, order="breadth-first").gradients, dl.Trace(J).gradients
    for parameter in (W, b):
        np.testing.assert_allclose(early[parameter], right[parameter])


@claim("11", "by-hand", "d has 1. Then c, then b (three letters: one from d, two from $c = b\\cdot b$)")
def test_b_gets_three_letters():
    d, nodes = hook()
    letters = [node for node in dl.topological_order(d) for i in node.inputs if i is nodes["b"]]
    assert len(letters) == 3


@claim("11", "recipe", "So it gets $G_{11}B_{11} + G_{12}B_{12}$: the first row of G times the first row of B.")
@claim("11", "recipe-general", "The same for all entries: row i of G, times row k of B.")
def test_the_first_entry_of_a_product():
    rng = np.random.default_rng(1)
    A, B, G = rng.normal(size=(3, 2)), rng.normal(size=(2, 4)), rng.normal(size=(3, 4))
    parameter = dl.parameter(A)
    found = dl.run(dl.gradients(parameter @ B, parameter, grad_output=G))
    assert found[0, 0] == pytest.approx(G[0] @ B[0])
    for i, k in np.ndindex(3, 2):
        assert found[i, k] == pytest.approx(G[i] @ B[k])


@claim("11", "recipe-general", "With A (n, m), B (m, k) and G (n, k), there is one way to make an (n, m) of G and B.")
def test_one_product_has_the_shape():
    G, B = np.ones((2, 5)), np.ones((3, 5))
    fits = []
    for left in (G, G.T):
        for right in (B, B.T):
            for one, two in ((left, right), (right, left)):
                if one.shape[1] == two.shape[0] and (one @ two).shape == (2, 3):
                    fits.append((one.shape, two.shape))
    assert fits == [((2, 5), (5, 3))]


@claim(
    "11",
    "saw-broadcast",
    "a was not copied.",
    "sum over every axis that was new in front, and over every axis of length 1 that was stretched; keep the latter",
    "Shapes `()`, (4,), (3, 1) and (1, 4) are all in the figure",
)
def test_what_was_copied_is_added_up():
    assert figures.Broadcast().axes == []
    assert {"()", "(4,)", "(3, 1)", "(1, 4)"} <= set(figures.SHAPES)
    g = np.arange(12.0).reshape(3, 4)
    for shape, axes in {(4,): (0,), (): (0, 1), (3, 1): (1,), (1, 4): (0,)}.items():
        b = dl.parameter(np.zeros(shape))
        found = dl.run(dl.gradients(np.zeros((3, 4)) + b, b, grad_output=g))
        np.testing.assert_allclose(found, g.sum(axis=axes, keepdims=len(shape) == 2))


@claim(
    "11",
    "saw-two-ways",
    "It asks a node once for each path, and lesson 08's thirty diamonds have a thousand million of those.",
    "A set of visited nodes makes a walk short, not right; the order makes it right.",
)
def test_the_two_ways_that_people_propose():
    assert 2**30 > 1_000_000_000
    said = {cell["id"]: cell for cell in files.cells("11")}["two-ways-say"]["outputs"][0]["text"]
    by_path, at_once = "".join(said).splitlines()
    assert "'a': 26" in by_path and "'a': 2}" in at_once


@claim("11", "saw-check", "The check runs the forward pass twice or more *for each number*, so nobody trains with it.")
def test_the_check_is_dear():
    runs = []
    answers["11.5"].answer(lambda x: runs.append(1) or float(np.sum(x**2)), np.ones(7), np.ones(7) / 2)
    assert len(runs) >= 14


@claim("11", "careful", "its matmul rule is for matrices (with a vector, `@` gives a number of no use)")
@claim("11", "careful", "In a + b, G for both holds where the shapes are equal, as the text says")
def test_what_the_published_rules_leave_out():
    A, x = dl.parameter(np.ones((2, 2))), dl.parameter(np.array([1.0, 10.0]))
    assert dl.run(dl.gradients(dl.sum(A @ x), A)).shape == (2, 2)
    assert np.ndim(np.ones(2) @ dl.run(x).T) == 0
    b = dl.parameter(np.zeros((2, 2)))
    assert (dl.run(dl.gradients(dl.sum(A + b), b)) == 1).all()


@claim("11", "registry-dl", "So its gradient is more graph.")
@claim("11", "reading", "It returns nodes, and so can be differentiated again.")
def test_a_rule_of_ones_own_can_be_differentiated_again():
    softsign = answers["11.7"].answer()
    x = dl.parameter([0.5, -2.0])
    slope = dl.gradients(dl.sum(softsign(x)), x)
    assert isinstance(slope, dl.Node)
    curved = dl.run(dl.gradients(dl.sum(slope), x))
    np.testing.assert_allclose(curved, [-2 / 1.5**3, 2 / 3**3])


def test_the_rules_of_the_learner_register_unchanged():
    """Every rule of 11.1 to 11.3 that is written with operators only serves the package as it stands."""
    rules = answers["11.1"].answer()
    for name, function in {"negative": np.negative, "log": np.log, "sigmoid": lambda x: 1 / (1 + np.exp(-x))}.items():
        operation = dl.operation(f"their {name}")(function)
        dl.register_gradient(f"their {name}")(rules[name])
        dl.check_gradients(dl.sum(operation(dl.parameter([0.5, 1.5]))))
    product = dl.operation("their multiply")(np.multiply)
    dl.register_gradient("their multiply")(rules["multiply"])
    dl.check_gradients(dl.sum(product(dl.parameter([0.5, 1.5]), dl.parameter([2.0, -1.0]))))
