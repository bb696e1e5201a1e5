"""Modules own their parameters; files keep them, and keep them safe."""

import copy
import os
import pickle
import zipfile

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.engine.modules import SavedFileError


def network():
    return dl.Sequential(dl.Linear(3, 4, rng=0), dl.Tanh(), dl.Linear(4, 2, rng=np.random.default_rng(1)))


def test_linear_is_z_W_plus_b():
    layer = dl.Linear(2, 3, rng=0)
    layer.b.assign([1.0, 2.0, 3.0])
    z = np.array([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_array_equal(dl.run(layer(z)), z @ layer.W.value + [1, 2, 3])
    assert layer.parameters() == [layer.W, layer.b]
    assert dl.Linear(2, 3, rng=0, bias=False).parameters()[0].shape == (2, 3)


def test_the_same_seed_gives_the_same_network_and_another_seed_another():
    one, two, other = (dl.Linear(3, 4, rng=seed).W.value for seed in (5, 5, 6))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)
    shared = np.random.default_rng(5)
    assert not np.array_equal(dl.Linear(3, 4, rng=shared).W.value, dl.Linear(3, 4, rng=shared).W.value)


@pytest.mark.parametrize(
    ("initialiser", "variance"), [(dl.glorot_uniform, 2 / 500), (dl.he_normal, 2 / 200), (dl.lecun_normal, 1 / 200)]
)
def test_initialisers_have_the_variance_of_their_formula(initialiser, variance):
    weights = dl.Linear(200, 300, rng=0, initialiser=initialiser).W.value
    assert abs(weights.mean()) < 4 * np.sqrt(variance / weights.size)
    np.testing.assert_allclose(weights.var(), variance, rtol=0.02)


def test_float32_layers_stay_float32():
    layer = dl.Linear(2, 3, rng=0, dtype=np.float32)
    x = dl.placeholder("x", (None, 2), np.float32)
    step = dl.GradientDescent(0.1).minimize(dl.sum(layer(x)))
    step({x: np.ones((4, 2))})
    assert layer.W.value.dtype == layer(x).dtype == np.float32


@pytest.mark.parametrize(
    ("module", "formula"),
    [
        (dl.Sigmoid(), lambda z: 1 / (1 + np.exp(-z))),
        (dl.Tanh(), np.tanh),
        (dl.ReLU(), lambda z: np.maximum(z, 0)),
        (dl.Softmax(), lambda z: np.exp(z) / np.exp(z).sum(-1, keepdims=True)),
        (dl.LogSoftmax(), lambda z: z - np.log(np.exp(z).sum(-1, keepdims=True))),
    ],
)
def test_activations_compute_their_formula_and_have_no_parameters(module, formula):
    z = np.array([[-1.0, 0.5, 2.0]])
    np.testing.assert_allclose(dl.run(module(z)), formula(z), rtol=1e-12)
    assert module.parameters() == []


def test_sequential_composes_and_takes_plain_functions():
    a, b = dl.Linear(2, 2, rng=0), dl.Linear(2, 2, rng=1)
    z = np.ones((1, 2))
    hand = np.maximum(z @ a.W.value + a.b.value, 0) @ b.W.value + b.b.value
    np.testing.assert_allclose(dl.run(dl.Sequential(a, dl.relu, b)(z)), hand, rtol=1e-14)
    with pytest.raises(dl.EngineError, match="layer 1 of Sequential is a int"):
        dl.Sequential(a, 3)


def test_a_layer_used_twice_has_its_parameters_once_and_gets_both_gradients():
    layer = dl.Linear(2, 2, rng=0)
    model = dl.Sequential(layer, layer)
    assert len(model.parameters()) == 2
    dl.check_gradients(dl.sum(model(np.ones((1, 2))) ** 2))


def test_parameters_of_equal_name_are_numbered_and_own_names_are_left_alone():
    inner = dl.Sequential(dl.Linear(2, 2, rng=0), dl.Linear(2, 2, rng=0))
    names = [p.name for p in dl.Sequential(dl.Linear(2, 2, rng=0), inner, dl.Linear(2, 2, rng=0)).parameters()]
    assert names == ["W1", "b1", "W2", "b2", "W3", "b3", "W4", "b4"]

    class Own(dl.Module):
        def __init__(self):
            self.parts = {"one": dl.parameter(1.0, name="h10"), "two": [dl.parameter(2.0, name="h20")]}

        def forward(self, z):
            return z * self.parts["one"] + self.parts["two"][0]

    assert [p.name for p in dl.Sequential(Own()).parameters()] == ["h10", "h20"]


def test_a_shape_that_does_not_fit_names_the_weights_and_the_learners_line():
    with pytest.raises(dl.ShapeError, match=r"W1.*\(3, 4\)(.|\n)*test_modules.py"):
        network()(dl.placeholder("x", (None, 5)))


def test_the_two_jacobians_of_a_module_are_those_of_its_function():
    """S0.72: one with respect to the state, one with respect to the parameters, both as products with g."""
    model = network()
    z, g = dl.placeholder("z", (None, 3)), dl.placeholder("g", (None, 2))
    to_state, to_parameters = model.vjp(z, g)
    feeds = {z: np.random.default_rng(0).normal(size=(5, 3)), g: np.random.default_rng(1).normal(size=(5, 2))}
    y = model(z)
    np.testing.assert_allclose(
        dl.run(to_state, feeds), np.tensordot(feeds[g], dl.jacobian(y, z, feeds), 2), rtol=1e-10, atol=1e-12
    )
    for product, parameter in zip(dl.run(to_parameters, feeds), model.parameters(), strict=True):
        whole = dl.jacobian(y, parameter, feeds)
        np.testing.assert_allclose(product, np.tensordot(feeds[g], whole, 2), rtol=1e-10, atol=1e-12)


def test_dropout_sets_numbers_to_zero_while_training_and_keeps_their_mean():
    x, layer = dl.placeholder("x", (None, 50)), dl.Dropout(0.2, rng=3)
    y = layer(x)
    data = np.full((400, 50), 3.0)
    value = dl.run(y, {x: data})
    assert set(np.unique(value)) == {0.0, 3 / 0.8}
    assert abs(np.mean(value == 0) - 0.2) < 0.01 and abs(value.mean() - 3) < 0.05
    assert not np.array_equal(dl.run(y, {x: data}), value)  # each run draws anew


def test_dropout_draws_the_same_from_the_same_seed_and_differently_in_each_layer():
    def drawn():
        model = dl.Sequential(dl.Dropout(0.5, rng=1), dl.Dropout(0.5, rng=2))
        return [dl.run(layer(np.ones(40))) for layer in model.layers]

    first, second = drawn(), drawn()
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(*first)


def test_value_gradient_and_second_derivative_share_the_mask_of_a_run():
    x = dl.parameter(np.linspace(0.5, 2.0, 30), name="x")
    loss = dl.sum(dl.square(dl.Dropout(0.4, rng=0)(x)))
    g = dl.gradients(loss, x)
    value, first, second = dl.run([loss, g, dl.gradients(dl.sum(g), x)])
    assert set(np.round(second * 0.36 / 2, 9)) == {0.0, 1.0}  # the second derivative is 2 (m / 0.6)²
    np.testing.assert_allclose(first, second * x.value)
    np.testing.assert_allclose(value, np.sum(second / 2 * x.value**2))


def test_evaluation_mode_switches_dropout_off_in_a_graph_that_is_built():
    inner = dl.Sequential(dl.Linear(3, 8, rng=0), dl.Dropout(0.5, rng=1))
    model = dl.Sequential(inner, {"tanh": dl.tanh}["tanh"], dl.Linear(8, 1, rng=2))
    x = dl.placeholder("x", (None, 3), np.float64)
    y, data = model(x), np.ones((2, 3))
    loss = dl.mean(y)
    model.evaluate()
    np.testing.assert_array_equal(dl.run(y, {x: data}), dl.run(y, {x: data}))
    dl.check_gradients(loss, {x: data})
    model.train()
    assert not np.array_equal(dl.run(y, {x: data}), dl.run(y, {x: data}))


def test_dropout_keeps_float32_is_trained_through_and_pickled():
    x = dl.placeholder("x", (None, 3), np.float32)
    model = dl.Sequential(dl.Linear(3, 4, rng=0, dtype=np.float32), dl.Dropout(rng=1))
    y = model(x)
    feeds = {x: np.ones((5, 3), np.float32)}
    dl.Adam(0.1).minimize(dl.mean(dl.square(y)))(feeds)
    assert dl.run(y, feeds).dtype == model.parameters()[0].value.dtype == np.float32
    other_y, other_x, other = pickle.loads(pickle.dumps((y, x, model)))
    assert repr(other) == repr(model)
    np.testing.assert_array_equal(dl.run(other_y, {other_x: feeds[x]}), dl.run(y, feeds))  # it goes on as this one does


def test_a_probability_that_leaves_nothing_is_refused():
    with pytest.raises(dl.EngineError, match="was given 1"):
        dl.Dropout(1, rng=0)


def test_a_module_without_forward_says_what_it_needs():
    with pytest.raises(NotImplementedError, match="forward"):
        dl.Module()(1.0)


# ------------------------------------------------------------------------------------------------------- files


def test_what_was_saved_comes_back_in_its_order(tmp_path):
    zebra = dl.parameter([[1.0, 2.0]], name="zebra")
    a = dl.parameter(np.float32(0.1), name="∂ α/β file")
    dl.save(tmp_path / "weights.npz", [zebra, a])
    loaded = dl.load(tmp_path / "weights.npz")
    assert list(loaded) == ["zebra", "∂ α/β file"]
    np.testing.assert_array_equal(loaded["zebra"], zebra.value)
    assert loaded["∂ α/β file"].dtype == np.float32
    with np.load(tmp_path / "weights.npz") as file:  # it is an ordinary npz file
        np.testing.assert_array_equal(file["zebra"], zebra.value)


def test_a_model_is_restored_by_name_and_shape(tmp_path):
    old, new = network(), network()
    for p in new.parameters():
        p.assign(np.zeros(p.shape))
    dl.save(tmp_path / "m.npz", old)
    dl.load(tmp_path / "m.npz", into=new)
    for a, b in zip(old.parameters(), new.parameters(), strict=True):
        np.testing.assert_array_equal(a.value, b.value)


@pytest.mark.parametrize("other", [dl.Linear(3, 4, rng=0), dl.Linear(2, 2, rng=0)], ids=["shapes", "other shapes"])
def test_a_file_for_another_model_changes_nothing(tmp_path, other):
    dl.save(tmp_path / "m.npz", dl.Linear(3, 2, rng=1))
    before = other.W.value
    with pytest.raises(SavedFileError, match="W has shape"):
        dl.load(tmp_path / "m.npz", into=other)
    np.testing.assert_array_equal(other.W.value, before)
    with pytest.raises(SavedFileError, match="holds W, b, and the parameters are W1"):
        dl.load(tmp_path / "m.npz", into=network())


def test_two_networks_of_equal_layers_share_a_file(tmp_path):
    """Their parameters have the same names, and are kept apart by their order."""
    one, two = network(), dl.Sequential(dl.Linear(3, 4, rng=8), dl.Linear(4, 2, rng=9))
    both = one.parameters() + two.parameters()
    kept = [p.value for p in both]
    dl.save(tmp_path / "both.npz", both)
    assert list(dl.load(tmp_path / "both.npz"))[3:6] == ["b2", "W1 (2)", "b1 (2)"]
    for p in both:
        p.assign(np.zeros(p.shape))
    dl.load(tmp_path / "both.npz", into=both)
    for p, value in zip(both, kept, strict=True):
        np.testing.assert_array_equal(p.value, value)


def test_a_network_with_a_name_names_its_parameters_after_itself():
    critic = dl.Sequential(dl.Linear(3, 4, rng=0), dl.tanh, dl.Linear(4, 1, rng=1), name="critic")
    assert [p.name for p in critic.parameters()] == ["critic W1", "critic b1", "critic W2", "critic b2"]
    with pytest.raises(dl.ShapeError, match="critic W1"):
        critic(dl.placeholder("x", (None, 5)))


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 not really", b"\x93NUMPY"])
def test_foreign_files_are_refused_with_one_sentence(tmp_path, content):
    path = tmp_path / "foreign.npz"
    path.write_bytes(content)
    with pytest.raises(SavedFileError, match=r"^\S*foreign.npz is damaged, or no file of parameters: .*$"):
        dl.load(path)


def test_a_pickle_in_an_npz_is_never_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "run"),))

    np.savez(tmp_path / "evil.npz", a=np.array([Evil()], dtype=object))
    with zipfile.ZipFile(tmp_path / "evil.npz", "a") as archive:
        archive.comment = b"dlcourse parameters forged"
    with pytest.raises(SavedFileError):
        dl.load(tmp_path / "evil.npz")
    assert not (tmp_path / "run").exists()


def test_every_damaged_or_cut_file_is_refused_or_harmless(tmp_path):
    weights = dl.parameter([[1.0, 2.0]], name="W")
    dl.save(tmp_path / "good.npz", [weights])
    good, path = (tmp_path / "good.npz").read_bytes(), tmp_path / "bad.npz"
    harmless = 0
    for i in range(len(good)):
        path.write_bytes(good[:i])
        with pytest.raises(SavedFileError):
            dl.load(path)
        path.write_bytes(good[:i] + bytes([good[i] ^ 0x55]) + good[i + 1 :])
        try:
            (found,) = dl.load(path).items()
        except SavedFileError:
            continue
        harmless += 1  # a time stamp, for example
        assert found[0] == "W"
        np.testing.assert_array_equal(found[1], weights.value)
    assert harmless < len(good) / 2


def test_a_module_of_your_own_may_be_a_list_too():
    class Stack(dl.Module, list):  # type: ignore[type-arg]
        def __init__(self, size):
            super().__init__()
            self.size = size

    assert copy.copy(Stack(3)).size == 3
    with pytest.raises(dl.DTypeError, match=r"Stack is called as Stack\(size\)"):
        Stack()


def test_a_missing_file_is_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        dl.load(tmp_path / "nothing.npz")


def test_an_interrupted_save_leaves_the_old_file_and_no_litter(tmp_path, monkeypatch):
    path = tmp_path / "w.npz"
    dl.save(path, [dl.parameter([1.0], name="W")])

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(np.lib.format, "write_array", interrupted)
    with pytest.raises(KeyboardInterrupt):
        dl.save(path, [dl.parameter([2.0], name="W")])
    monkeypatch.undo()
    np.testing.assert_array_equal(dl.load(path)["W"], [1.0])
    assert [p.name for p in tmp_path.iterdir()] == ["w.npz"]
