"""Error messages: the nodes, the shapes, the learner's line, and what to try."""

from __future__ import annotations

import sys
import types
from typing import Any

import numpy as np
import pytest

import dlcourse as dl
from dlcourse.engine.errors import code, label, place


def message(error: type[Exception], act: Any) -> str:
    with pytest.raises(error) as caught:
        act()
    return str(caught.value)


def test_a_product_of_shapes_that_do_not_fit_tells_names_shapes_lines_and_a_remedy() -> None:
    x = dl.placeholder("x", shape=(None, 3))
    hidden = dl.relu(x @ np.ones((3, 60)))
    W2 = dl.parameter(np.ones((40, 10)), name="W2")
    text = message(dl.ShapeError, lambda: hidden @ W2).splitlines()
    assert text[0] == "matmul cannot multiply hidden (None, 60) by W2 (40, 10): 60 columns meet 40 rows."
    assert "test_errors.py:" in text[1] and "hidden @ W2" in text[1]
    assert text[2].startswith("  hidden was built in ") and text[2].endswith("hidden = dl.relu(x @ np.ones((3, 60)))")
    assert text[3].startswith("  W2     was built in ")
    assert text[4] == "  Did you mean W2 with shape (60, 10)?"


def test_what_only_the_data_can_decide_is_told_with_the_same_names() -> None:
    x, t = dl.placeholder("x", shape=(None, 2)), dl.placeholder("t", shape=(None, 2))
    doubled = 2 * x
    difference = doubled - t
    text = message(dl.ShapeError, lambda: dl.run(difference, {x: np.ones((3, 2)), t: np.ones((4, 2))}))
    assert "subtract cannot take doubled (3, 2) and t (4, 2): 3 meets 4 in axis -2" in text
    assert "difference = doubled - t" in text


@pytest.mark.parametrize(
    ("feed", "said"),
    [
        (lambda x, W: {}, "x (None, 3) was not fed"),
        (lambda x, W: {"x": 1}, "not its name: write {x: data}"),
        (lambda x, W: {"y": 1}, "they hold 'y'"),
        (lambda x, W: {x: np.ones((2, 4))}, "x has shape (None, 3), and was fed an array of shape (2, 4)"),
        (lambda x, W: {x: np.ones(3)}, "fed an array of shape (3,)"),
        (lambda x, W: {x: np.ones((2, 3)), W: 1}, "W is a parameter"),
        (lambda x, W: {x: W}, "W is a node"),
        (lambda x, W: [1], "feeds are a dict"),
    ],
)
def test_feeds_that_do_not_fit_are_told_apart(feed: Any, said: str) -> None:
    x, W = dl.placeholder("x", shape=(None, 3)), dl.parameter(np.ones(3), name="W")
    assert said in message(dl.EngineError, lambda: dl.run(x @ W, feed(x, W)))


def test_the_first_node_that_is_not_finite_is_named_with_the_range_of_its_inputs() -> None:
    x = dl.placeholder("x", shape=(None,))
    shifted = x - 2
    logs = dl.log(shifted)
    total = dl.sum(dl.exp(logs))
    assert dl.run(total, {x: [2.0, 3.0]}) == 1.0  # exp(−∞) = 0: the end looks fine
    text = message(dl.NonFiniteError, lambda: dl.run(total, {x: [2.0, 3.0]}, check_finite=True))
    assert "logs is the first node that is infinite: 1 of its 2 numbers" in text
    assert "Its input shifted had values from 0 to 1." in text and "logs = dl.log(shifted)" in text
    assert "x is the first node that is NaN" in message(
        dl.NonFiniteError, lambda: dl.run(total, {x: [np.nan]}, check_finite=True)
    )
    assert dl.run(total, {x: [3.0]}, check_finite=True) == 1.0


RULES = [
    (lambda op, g: [g, g], "returned 2 gradients, but"),
    (lambda op, g: [np.ones(3)], "returned a ndarray for input 0, not a node"),
    (lambda op, g: [3.0], "returned a float for input 0, not a node"),
    (lambda op, g: [dl.sum(g)], r"returned shape () for input 0"),
    (lambda op, g: None, "'NoneType'"),
]


@pytest.mark.parametrize(("rule", "said"), RULES)
def test_a_rule_that_returns_something_else_is_told_what(rule: Any, said: str) -> None:
    @dl.operation("told")
    def told(x: Any) -> Any:
        return x

    dl.register_gradient("told")(rule)
    w = dl.parameter(np.ones(3), name="w")
    assert said in message(dl.GradientError, lambda: dl.gradients(dl.sum(told(w)), w))


def test_a_gradient_whose_shape_only_the_data_shows_to_be_wrong_is_refused_when_it_runs() -> None:
    @dl.operation("late")
    def late(x: Any) -> Any:
        return x

    @dl.register_gradient("late")
    def _(op: Any, g: Any) -> Any:
        return [dl.concatenate([g, g])]

    x = dl.placeholder("x", shape=(None,))
    slope = dl.gradients(dl.sum(late(x)), x)
    assert "must have the shape of what it is the gradient of" in message(
        dl.ShapeError, lambda: dl.run(slope, {x: [1.0, 2.0]})
    )


def test_an_operation_without_a_gradient_names_itself_and_the_remedy() -> None:
    @dl.operation("bare")
    def bare(x: Any) -> Any:
        return x

    w = dl.parameter(np.ones(3), name="w")
    assert '@dl.register_gradient("bare")' in message(dl.GradientError, lambda: dl.gradients(dl.sum(bare(w)), w))
    assert "no operation 'unknown'" in message(dl.GradientError, lambda: dl.register_gradient("unknown"))


def test_an_operation_that_fails_or_breaks_its_promise_is_named_with_its_line() -> None:
    @dl.operation("promises", shape=lambda s: (7,))
    def promises(x: Any) -> Any:
        return x

    @dl.operation("changes its input")
    def changes(x: Any) -> Any:
        x += 1
        return x

    w = dl.parameter(np.ones(3), name="w")
    broken = promises(w)
    text = message(dl.RunError, lambda: dl.run(broken))
    assert "returned shape (3,), but its shape rule promised (7,)" in text and "broken = promises(w)" in text
    assert "read-only" in message(dl.RunError, lambda: dl.run(changes(w)))
    assert w.value.tolist() == [1, 1, 1]


def test_in_a_notebook_a_line_is_a_line_of_a_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = types.SimpleNamespace(compile=types.SimpleNamespace(_filename_map={"/tmp/ipykernel_1/2.py": 12}))
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    assert place(("/tmp/ipykernel_1/2.py", 3)) == "cell 12, line 3"
    assert place(("script.py", 3)) == "script.py:3"
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: None))
    assert place(("script.py", 3)) == "script.py:3"


def test_a_real_notebooks_cell_is_named_by_its_number_and_its_code() -> None:
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.run_cell("import dlcourse as dl", store_history=True)
    shell.run_cell("x = dl.parameter([1.0], name='x')\nhidden = x * 2", store_history=True)
    node = shell.user_ns["hidden"]
    try:
        assert (place(node.where), code(node.where), label(node, ("", 0))) == (
            "cell 2, line 2",
            "hidden = x * 2",
            "hidden",
        )
    finally:
        InteractiveShell.clear_instance()


def test_a_notebook_shows_the_learners_lines_and_the_message_but_not_the_engines_insides() -> None:
    a, b = dl.parameter(np.ones((2, 3)), name="a"), dl.parameter(np.ones((2, 3)), name="b")
    with pytest.raises(dl.ShapeError) as caught:
        a @ b
    shown = caught.value._render_traceback_()
    assert len(shown) == 2 and shown[0].endswith(":  a @ b") and shown[1] == f"ShapeError: {caught.value}"


def test_a_notebook_shows_where_a_learners_own_operation_failed() -> None:
    @dl.operation("brittle")
    def brittle(x: Any) -> Any:
        return x / [][0]

    node = brittle(dl.parameter(1.0, name="p"))
    with pytest.raises(dl.RunError) as caught:
        dl.run(node)
    shown = "\n".join(caught.value._render_traceback_())
    assert "dl.run(node)" in shown and "return x / [][0]" in shown and "program.py" not in shown


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (lambda g: [g], r"takes \(g\), which does not fit: too many positional arguments.*rule\(op, g\)"),
        (lambda g, output, x, other: [g], r"takes \(g, output, x, other\).*missing a required argument: 'other'"),
        (lambda: [], r"takes \(\), which does not fit"),
    ],
)
def test_a_rule_that_cannot_be_called_as_rules_are_is_told_so(rule, said):
    """In our words: a bare TypeError from inside says nothing of what a rule is given."""
    build = dl.operation("asked differently", shape=lambda x: x)(lambda x: x)
    dl.register_gradient("asked differently")(rule)
    x = dl.parameter(1.0)
    with pytest.raises(dl.GradientError, match=said):
        dl.gradients(build(x), x)


def test_what_is_no_function_is_no_rule():
    dl.operation("asked differently", shape=lambda x: x)(lambda x: x)
    with pytest.raises(dl.GradientError, match="a gradient rule is a function; this is 3"):
        dl.register_gradient("asked differently")(3)


def _nodes() -> dict[str, Any]:
    """What the calls below are written with."""
    return {
        "dl": dl,
        "np": np,
        "W": dl.parameter(np.ones((2, 3)), name="W"),
        "v": dl.parameter([1.0, 2.0, 3.0], name="v"),
        "s": dl.parameter(2.0, name="s"),
        "x": dl.placeholder("x", shape=(None, 2)),
        "flag": dl.placeholder("flag", dtype=bool),
        "model": dl.Sequential(dl.Linear(2, 3, rng=0)),
        "step": dl.GradientDescent(0.1).minimize(dl.square(dl.parameter(1.0))),
    }


@pytest.mark.parametrize(
    ("call", "said"),
    [
        # what would be taken for something else without a word
        ("v[np.array([True, False])]", "2 entries that are True or False do not fit it"),
        ("dl.run(x[np.array([True, False, True])], {x: np.ones((4, 2))})", "3 entries that are True or False"),
        ("W[..., np.array([True])]", "1 entries that are True or False"),
        ("v[True]", "cannot be indexed with constant, which holds bool"),
        ("dl.constant(2, dtype=bool)", "a constant of bool cannot hold 2"),
        ("dl.cumsum(W, None)", "cumsum: the axis must be a whole number, and None is none."),
        ("dl.cumsum(W, (0, 1))", "and (0, 1) is none."),
        ("dl.concatenate([W, W], axis=None)", "concatenate: the axis must be a whole number"),
        ("dl.expand_dims(v, 5)", "expand_dims along axis 5 is not possible: the result has 2 axes."),
        ("dl.sum(W, axis=1.5)", "sum: an axis must be a whole number, and 1.5 is none."),
        ("dl.sum(W, axis=True)", "and True is none."),
        ("dl.sum(W, v)", "and v is none."),
        ("v.reshape(1.5, 2)", "reshape: a size must be a whole number, and 1.5 is none."),
        ("dl.broadcast_to(v, (-1, 3))", "broadcast_to: (-1, 3) cannot be a shape, with a size of -1."),
        ("dl.one_hot([0, 1], -3)", "(-3,) cannot be a shape"),
        ("dl.one_hot([0, 1], 2.5)", "one_hot: the number of classes must be a whole number, and 2.5 is none."),
        ("dl.one_hot([0, 1], s)", "s needs an axis of classes."),
        ("dl.sum_to(v, W)", "sum_to cannot take v (3,) and W (2, 3)"),
        ("dl.operation('neg', shape=lambda s: (-1,))(lambda x: x)(v)", "its shape rule returned this: (-1,) cannot"),
        ("dl.GradientDescent(0.1, clip_norm=-1)", "clip_norm is a length"),
        ("dl.GradientDescent(float('nan'))", "learning_rate is a number or a schedule, not nan."),
        ("dl.cosine_decay(0.1, steps=0)", "steps is at least 1, and was given as 0."),
        ("dl.save('nowhere.npz', {'a': 'text'})", "what is saved as 'a' must hold numbers"),
        ("dl.Linear(2, 3, rng=None)", "Linear: rng is a seed"),
        # what is called with too much, too little, or by another library's names
        ("dl.relu(v, v)", "relu is called as dl.relu(x), which does not fit: too many positional arguments."),
        ("dl.GradientDescent(lr=0.1)", "GradientDescent is called as GradientDescent(learning_rate, weight_decay=0.0"),
        (
            "dl.Linear(2)",
            "Linear(n_in, n_out, rng=..., bias=True, initialiser=glorot_uniform, dtype=float), which does",
        ),
        ("dl.Adam()", "Adam is called as Adam(learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-08, weight_decay=0.0"),
        ("dl.Parameter([1.0])", "a Parameter is made by dl.parameter(initial_array, name=None)."),
        ("dl.Placeholder('x', (2,))", "a Placeholder is made by dl.placeholder(name, shape=(), dtype=float)."),
        ("dl.Program()", "a Program is made by dl.Program(fetches, updates=()), two lists"),
        ("dl.AdamW()", "which does not fit: missing a required argument: 'learning_rate'."),
        ("dl.Linear()", "which does not fit: missing a required argument: 'n_in'."),
        ("dl.Dropout()", "Dropout is called as Dropout(p=0.5, rng=...), which does not fit: missing a required"),
        ("dl.ReLU(3)", "ReLU is called as ReLU(), which does not fit: too many positional arguments."),
        ("dl.step_decay()", "step_decay is called as"),
        ("dl.argmin(v, axis=0.5)", "argmax or argmin: the axis must be a whole number, and 0.5 is none."),
        ("dl.relu(v, inplace=True)", "unexpected keyword argument 'inplace'"),
        ("dl.exp()", "exp is called as dl.exp(x), which does not fit: missing a required argument: 'x'."),
        ("W.sum(dim=1)", "dl.sum(x, axis=None, keepdims=False), which does not fit"),
        ("dl.operation('once')(lambda x: x)(v, v)", "once is called as once(x), which does not fit"),
        ("dl.operation('braces', shape=lambda s: s['{0}'])(lambda x: x)(v)", "its shape rule failed with TypeError"),
        ("dl.concatenate(v, v)", "concatenate takes a list of nodes: dl.concatenate([a, b])."),
        ("dl.sum([v, v])", "a list with nodes in it: dl.stack([a, b])"),
        # what is no node, no number, no layer
        ("dl.gradients(v.sum(), model)", "a node is needed here, or a list of nodes, and this is Sequential"),
        ("dl.GradientDescent(0.1).minimize(3)", "a node is needed here, or a list of nodes, and this is 3."),
        ("dl.GradientDescent(0.1).minimize(v.sum(), [])", "no parameters are given, so there is nothing to learn."),
        ("dl.GradientDescent(0.1).minimize(v.sum(), model)", "write .parameters() behind it"),
        ("dl.GradientDescent(dl.step_decay)", "call step_decay(...) to make one."),
        ("dl.GradientDescent(lambda t: 'a').minimize(v.sum())()", "the learning rate of step 0 is 'a'"),
        ("step(np.ones(3))", "feeds are a dict"),
        ("step.accumulate({x: 1})", "accumulate takes a list of feeds"),
        ("dl.Sequential(dl.ReLU)", "layer 0 of Sequential is the class ReLU"),
        ("dl.Sequential(lambda z: 3)(v)", "must return a node, and returned 3."),
        ("dl.numerical_gradient(v, [1.0])", "takes a function of an array"),
        ("dl.numerical_gradient(lambda x: 'a', [1.0])", "the value of your function must hold numbers"),
        ("dl.constant(2**70)", "whole numbers too large for 64 bits"),
        ("dl.cast(v, 'floaty')", "cast: the result cannot hold 'floaty'"),
        ("dl.placeholder('k', 2.5)", "has 2.5 in it"),
        ("-flag", "negative is not defined for True and False"),
        ("flag - flag", "subtract is not defined for True and False"),
        ("dl.sign(flag)", "dl.cast(x, int)"),
        ("round(v)", "holds no numbers yet"),
        ("1 in v", "cannot be looped over"),
        ("setattr(v, 'value', 3.0)", "a new value is given by v.assign(array)."),
    ],
)
def test_a_call_that_makes_no_sense_is_told_in_one_sentence(call: str, said: str) -> None:
    assert said in message(dl.EngineError, lambda: eval(call, _nodes())).splitlines()[0]


@pytest.mark.parametrize(
    ("written", "here"),
    [
        ("dl.mm", "a @ b"),
        ("dl.jit", "a graph is compiled when it is run"),
        ("dl.GradientTape", "dl.gradients(loss, [W, b])"),
        ("dl.softmx", "is it dl.softmax?"),
        ("v.exp", "it is dl.exp(x)."),
        ("v.std", "dl.sqrt(dl.var(x, axis=...))"),
        ("v.unsqueeze", "dl.expand_dims(x, axis)"),
        ("v.cuda", 'dl.device("cuda")'),
        ("dl.Adam(0.1).zero_grad", "step = optimizer.minimize(loss)"),
        ("model.eval", "model.evaluate()"),
        ("model.state_dict", "dl.save(path, model)"),
    ],
)
def test_names_of_other_libraries_say_what_to_write_here(written: str, here: str) -> None:
    assert here in message(AttributeError, lambda: eval(written, _nodes()))


def test_every_sentence_about_another_library_names_only_what_exists_here() -> None:
    import re

    from dlcourse.engine import elsewhere

    tables = (elsewhere._FRONT_PAGE, elsewhere._NODES, elsewhere._OPTIMIZERS, elsewhere._MODULES)
    sentences = " ".join(sentence for table in tables for sentence in table.values())
    missing = {name for name in re.findall(r"dl\.([a-zA-Z_]\w*)", sentences) if not hasattr(dl, name)}
    assert not missing
    taken = {name for names in elsewhere._FRONT_PAGE for name in names.split()} & set(vars(dl)) - {"evaluate"}
    assert not taken, "what the front page has is not called otherwise"


def test_what_fits_is_still_taken() -> None:
    """A mask for an axis of unknown size, a named argument, a single parameter, several axes in a set."""
    x, v = dl.placeholder("x", shape=(None, 2)), dl.parameter([3.0, 1.0], name="v")
    mask = np.array([True, False, True])
    np.testing.assert_array_equal(dl.run(x[mask, 1], {x: [[1, 2], [3, 4], [5, 6]]}), [2, 6])
    np.testing.assert_array_equal(dl.run(x[..., np.array([False, True])], {x: [[1, 2]]}), [[2]])
    assert float(dl.run(dl.subtract(a=v[0], b=v[1]))) == 2
    dl.GradientDescent(1.0).minimize(dl.sum(v), v)()
    np.testing.assert_array_equal(v.value, [2, 0])
    assert dl.sum(x, {0, 1}).shape == ()


def test_what_fails_in_a_property_of_your_module_is_told_as_it_is() -> None:
    class Scaled(dl.Module):
        @property
        def factor(self) -> float:
            return self.wieght * 2  # type: ignore[attr-defined, no-any-return]

    assert "has no attribute 'wieght'" in message(AttributeError, lambda: Scaled().factor)
    assert not hasattr(Scaled(), "anything")
