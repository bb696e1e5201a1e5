"""What lesson 11 says of its figures and outputs holds."""

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.lesson import files
from tests.lessons.claims import cells, claim
from tests.lessons.unproved import numbers, printed

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
    "b moves 2 times as far as a, c 12 times as far as b, and d, their sum, 13 times.",
    "So the derivative of d by a is 2 · 13 = 26.",
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
@claim("11", "recipe-general", "So $\\bar B_{kj} = \\sum_i A_{ik} G_{ij}$, which is $\\bar B = A^{\\mathsf T} G$.")
def test_the_first_entry_of_a_product():
    rng = np.random.default_rng(1)
    A, B, G = rng.normal(size=(3, 2)), rng.normal(size=(2, 4)), rng.normal(size=(3, 4))
    parameter = dl.parameter(A)
    found = dl.run(dl.gradients(parameter @ B, parameter, grad_output=G))
    assert found[0, 0] == pytest.approx(G[0] @ B[0])
    for i, k in np.ndindex(3, 2):
        assert found[i, k] == pytest.approx(G[i] @ B[k])
    parameter = dl.parameter(B)
    found = dl.run(dl.gradients(A @ parameter, parameter, grad_output=G))
    for k, j in np.ndindex(2, 4):
        assert found[k, j] == pytest.approx(A[:, k] @ G[:, j])


@claim(
    "11",
    "sums",
    "Column i of lesson 10's Jacobian holds $-S_jS_i$, and $S_i$ more on the diagonal.",
    "So the row G times it gives, for the score $z_i$, $\\;\\bar z_i = S_i\\,(G_i - \\sum_j G_j S_j)$.",
)
def test_a_row_times_the_jacobian_of_softmax():
    rng = np.random.default_rng(2)
    z, G = dl.parameter(rng.normal(size=4)), rng.normal(size=4)
    S, J = dl.run(dl.softmax(z)), dl.jacobian(dl.softmax(z), z)
    for i in range(4):
        np.testing.assert_allclose(J[:, i], [S[i] * (i == j) - S[j] * S[i] for j in range(4)])
    np.testing.assert_allclose(G @ J, S * (G - G @ S))


@claim("11", "recipe-general", "With A (3, 2), B (2, 4) and G (3, 4), there is one way to make a (3, 2) of G and B.")
def test_one_product_has_the_shape():
    G, B = np.ones((3, 4)), np.ones((2, 4))
    fits = []
    for left in (G, G.T):
        for right in (B, B.T):
            for one, two in ((left, right), (right, left)):
                if one.shape[1] == two.shape[0] and (one @ two).shape == (3, 2):
                    fits.append((one.shape, two.shape))
    assert fits == [((3, 4), (4, 2))]


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


@claim("11", "careful", "Its matmul rule is for matrices. With a vector, `@` gives a number of no use.")
@claim("11", "careful", "In a + b, G for both holds where the shapes are equal, as the text says")
def test_what_the_published_rules_leave_out():
    A, x = dl.parameter(np.ones((2, 2))), dl.parameter(np.array([1.0, 10.0]))
    assert dl.run(dl.gradients(dl.sum(A @ x), A)).shape == (2, 2)
    assert np.ndim(np.ones(2) @ dl.run(x).T) == 0
    b = dl.parameter(np.zeros((2, 2)))
    assert (dl.run(dl.gradients(dl.sum(A + b), b)) == 1).all()


@claim("11", "registry-dl", "Two decorators are all there is:")
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


def rules():
    return {name: rule for k in (1, 2, 3) for name, rule in answers[f"11.{k}"].answer().items()}


@claim("11", "by-hand", "The 2 is a node, too.")
@claim("11", "direction", "From the loss, one walk serves all knobs.")
@claim("11", "ex-6-task", "Your `backward` makes a new dict each time.")
def test_one_walk_asks_each_rule_once_and_serves_every_knob():
    graph = {"a": ("input", []), "two": ("input", []), "b": ("multiply", ["two", "a"])}
    graph |= {"c": ("multiply", ["b", "b"]), "d": ("add", ["b", "c"])}
    values, asked = {"a": 3.0, "two": 2.0, "b": 6.0, "c": 36.0, "d": 42.0}, []

    def watched(name, rule):
        return lambda g, output, *inputs: asked.append(name) or rule(g, output, *inputs)

    watching = {name: watched(name, rule) for name, rule in rules().items()}
    first, second = (answers["11.4"].answer(graph, values, "d", watching) for _ in range(2))
    assert sorted(asked) == 2 * ["add"] + 4 * ["multiply"]
    assert set(first) == set(graph) and float(first["two"]) == 39
    assert first is not second and first == second


@claim("11", "registry", "All rules keep one contract:")
def test_each_rule_takes_g_the_output_and_the_inputs_and_gives_one_gradient_for_each():
    table = np.full((2, 2), 0.5)
    shapes = {"sum": (), "sum0": (2,), "sum1": (2,)}
    for name, rule in rules().items():
        inputs = [table] * (2 if name in ("multiply", "matmul", "add") else 1)
        sent = rule(np.ones(shapes.get(name, (2, 2))), table, *inputs)
        assert [np.shape(g) for g in sent] == [(2, 2)] * len(inputs), name


@claim("11", "decorators", "So `register` returns a function, `note`, made inside it")
def test_register_returns_note():
    names: dict = {"np": np}
    exec(cells("11")["decorator"], names)
    assert names["register"]("anything").__name__ == "note"
    names["register"]("cube")(len)
    assert names["registry"]["cube"] is len


@claim("11", "careful", "In A·A that is the first place, twice.")
def test_what_index_finds():
    A, G = np.array([[1.0, 2.0], [3.0, 4.0]]), np.ones((2, 2))
    assert ["A", "A"].index("A") == 0, "never the second place"
    node = dl.parameter(A)
    true = dl.run(dl.gradients(dl.sum(node @ node), node))
    np.testing.assert_allclose(true, G @ A.T + A.T @ G)
    assert abs(true - 2 * G @ A.T).max() > 1


@claim("11", "small-engine-task", "It bends with tanh, for which your registry has no rule yet: a line adds it.")
@claim("11", "small-engine-task", "The slope is 1 − tanh², and tanh is the output.")
def test_the_rule_that_a_line_adds():
    assert "tanh" not in rules()
    line = cells("11")["small-engine"].splitlines()[0]
    names: dict = {"vjps": rules()}
    exec(line, names)
    x, h = np.array([0.3, -1.2]), 1e-6
    (sent,) = names["vjps"]["tanh"](np.ones(2), np.tanh(x), x)
    np.testing.assert_allclose(sent, (np.tanh(x + h) - np.tanh(x - h)) / (2 * h), rtol=1e-6)


@claim("11", "small-dl-task", "The same numbers come out, and the same step.")
def test_the_package_prints_what_the_learners_engine_prints():
    said = {cell["id"]: printed(cell) for cell in files.cells("11")}
    package = numbers(said["small-dl"].replace("-", ""))
    assert package <= numbers((said["small-engine"] + said["small-step"]).replace("-", "")) and len(package) > 8


@claim(
    "11",
    "sums",
    "With S = [0.25, 0.75] and G = [4, 0], the sum is 1.",
    "0.25 · (4 − 1) = 0.75 and 0.75 · (0 − 1) = −0.75",
)
def test_the_scores_of_a_row_of_two():
    scores, G = dl.parameter(np.log([0.25, 0.75])), np.array([4.0, 0.0])
    S = dl.softmax(scores)
    np.testing.assert_allclose(dl.run(S) @ G, 1)
    np.testing.assert_allclose(dl.run(dl.gradients(S, scores, grad_output=G)), [0.25 * (4 - 1), 0.75 * (0 - 1)])
