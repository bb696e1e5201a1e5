"""Optimizers: the same steps as PyTorch, all or nothing, with memory that can be kept."""

from __future__ import annotations

import copy
import json
import pickle
import re
from typing import Any

import numpy as np
import pytest

import dlcourse as dl
from tests.engine.record_torch_trajectories import CASES, FILE
from tests.engine.twins import RULES, stepped

RECORDED = json.loads(FILE.read_text())
OPTIMIZERS = list(RULES)  # all that are public: see test_registry.py


def problem(dtype: Any = float) -> tuple[Any, dict[str, Any], dict[Any, Any]]:
    given = {name: np.array(value) for name, value in RECORDED["problem"].items()}
    x, t = dl.placeholder("x", shape=(None, 3), dtype=dtype), dl.placeholder("t", shape=(None,), dtype=int)
    p = {name: dl.parameter(given[name].astype(dtype), name=name) for name in ("W1", "b1", "W2")}
    loss = dl.mean(dl.softmax_cross_entropy(dl.tanh(x @ p["W1"] + p["b1"]) @ p["W2"], t))
    return loss, p, {x: given["X"], t: given["t"]}


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_every_optimizer_has_a_case_at_pytorchs(kind: str) -> None:
    assert any(ours == kind for _, _, ours, _ in CASES.values()), (
        f"dl.{kind} has no case in tests/engine/record_torch_trajectories.py: add one and record it, by its name alone"
    )


@pytest.mark.parametrize("name", CASES)
def test_each_optimizer_takes_pytorchs_steps(name: str) -> None:
    assert name in RECORDED["cases"], f"record it: python tests/engine/record_torch_trajectories.py {name!r}"
    case = RECORDED["cases"][name]
    assert [case["optimizer"], case["options"]] == json.loads(json.dumps(CASES[name][2:])), f"record {name!r} again"
    options = dict(case["options"])
    if isinstance(options["learning_rate"], list):
        schedule, arguments = options["learning_rate"]
        options["learning_rate"] = getattr(dl, schedule)(*arguments)
    groups = options.pop("groups", {})
    loss, p, feeds = problem()
    parameters = [{"parameters": [p[n]], **groups[n]} if n in groups else p[n] for n in p]
    step = getattr(dl, case["optimizer"])(**options).minimize(loss, parameters)
    for expected_loss, expected in zip(case["losses"], case["path"], strict=True):
        assert step(feeds) == pytest.approx(expected_loss, rel=1e-12)
        for n, value in expected.items():
            np.testing.assert_allclose(p[n].value, value, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_float32_parameters_stay_float32_whatever_the_optimizer(kind: str) -> None:
    loss, p, feeds = problem(np.float32)
    step = getattr(dl, kind)(dl.cosine_decay(0.1, 10), weight_decay=0.1, clip_norm=1.0).minimize(loss)
    assert step(feeds).dtype == np.float32
    assert [name for name, parameter in p.items() if parameter.value.dtype != np.float32] == []


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_micro_batches_weighted_by_size_take_the_step_of_the_whole_batch(kind: str) -> None:
    whole_loss, whole, feeds = problem()
    parts_loss, parts, parts_feeds = problem()
    x, t = parts_feeds
    whole_step = getattr(dl, kind)(0.1).minimize(whole_loss)
    parts_step = getattr(dl, kind)(0.1).minimize(parts_loss)
    for _ in range(3):
        a = whole_step(feeds)
        b = parts_step.accumulate(
            [{x: parts_feeds[x][i], t: parts_feeds[t][i]} for i in (slice(4), slice(4, 5), slice(5, 6))]
        )
        assert a == pytest.approx(b, rel=1e-13)
        for n in whole:
            np.testing.assert_allclose(parts[n].value, whole[n].value, rtol=1e-10, atol=1e-12)


def test_steps_and_accumulated_steps_share_what_the_optimizer_remembers() -> None:
    paths = []
    for accumulate in (False, True):
        loss, p, feeds = problem()
        step = dl.Adam(0.1).minimize(loss)
        for i in range(4):
            step.accumulate([feeds]) if accumulate and i % 2 else step(feeds)
        paths.append(p["W1"].value)
    np.testing.assert_allclose(*paths, rtol=1e-10)


def test_micro_batches_without_a_size_are_refused() -> None:
    x = dl.placeholder("x", shape=(2,))
    w = dl.parameter(1.0, name="w")
    step = dl.GradientDescent(0.1).minimize(dl.mean(w * x))
    with pytest.raises(dl.ShapeError, match="give `sizes`"):
        step.accumulate([{x: [1.0, 2.0]}])
    assert step.accumulate([{x: [1.0, 2.0]}], sizes=[2]) == 1.5


def test_a_preconditioning_matrix_multiplies_the_gradient() -> None:
    A, matrix = np.diag([1.0, 10.0]), np.array([[1.0, 0.2], [0.2, 0.1]])
    p = dl.parameter([3.0, 2.0], name="p")
    step = dl.GradientDescent(0.1, preconditioner=matrix).minimize(dl.sum(p * (A @ p)) / 2)
    step()
    np.testing.assert_allclose(p.value, np.array([3.0, 2.0]) - 0.1 * matrix @ (A @ [3.0, 2.0]))


def test_newtons_matrix_reaches_the_minimum_of_a_parabola_in_one_step() -> None:
    A = np.array([[3.0, 1.0], [1.0, 2.0]])
    p = dl.parameter([5.0, -4.0], name="p")
    dl.GradientDescent(1.0, preconditioner=np.linalg.inv(A)).minimize(dl.sum(p * (A @ p)) / 2)()
    np.testing.assert_allclose(p.value, 0, atol=1e-12)


def test_a_preconditioner_of_the_wrong_size_names_the_parameter() -> None:
    p = dl.parameter([5.0, -4.0], name="p")
    with pytest.raises(dl.ShapeError, match="preconditioner of p"):
        dl.GradientDescent(1.0, preconditioner=np.eye(3)).minimize(dl.sum(p * p))


def test_a_step_returns_the_loss_it_started_from() -> None:
    x = dl.parameter(4.0, name="x")
    step = dl.GradientDescent(learning_rate=0.25).minimize(x * x)
    assert step() == 16.0 and step() == 4.0 and x.value == 1.0
    assert isinstance(step(), np.ndarray)


def test_a_loss_that_is_not_finite_raises_and_leaves_the_parameters_as_they_were() -> None:
    w = dl.parameter([1.0, 2.0], name="w")
    shifted = w - 1.5
    loss = dl.sum(dl.log(shifted))
    step = dl.Momentum(0.1).minimize(loss)
    with pytest.raises(dl.NonFiniteError, match=r"log.*NaN[\s\S]*shifted[\s\S]*-0\.5 to 0\.5"):
        step()
    assert w.value.tolist() == [1.0, 2.0]
    assert [slot for slot in step.state if slot.value.any()] == []


def test_check_finite_watches_the_gradients_too() -> None:
    w = dl.parameter([0.0, 1.0], name="w")
    step = dl.GradientDescent(0.1).minimize(dl.sum(dl.sqrt(w)))
    with pytest.raises(dl.NonFiniteError, match="infinite"):
        step(check_finite=True)
    assert w.value.tolist() == [0.0, 1.0]


def test_a_step_that_is_interrupted_leaves_the_parameters_as_they_were() -> None:
    interrupt = True

    @dl.operation("stops")
    def stops(x: Any) -> Any:
        if interrupt:
            raise KeyboardInterrupt
        return x

    @dl.register_gradient("stops")
    def _(op: Any, g: Any) -> Any:
        return [g]

    a, b = dl.parameter([1.0], name="a"), dl.parameter([2.0], name="b")
    step = dl.Adam(0.1).minimize(dl.sum(stops(a * b)))
    with pytest.raises(KeyboardInterrupt):
        step()
    assert (a.value, b.value) == (1.0, 2.0) and all(not slot.value.any() for slot in step.state)
    interrupt = False
    step()
    assert a.value != 1.0 and b.value != 2.0


def test_what_an_optimizer_remembers_can_be_carried_to_another_session() -> None:
    loss, p, feeds = problem()
    step = dl.Adam(0.1).minimize(loss)
    for _ in range(3):
        step(feeds)
    kept = [parameter.value for parameter in [*p.values(), *step.state]]
    for _ in range(3):
        step(feeds)
    expected = p["W1"].value

    other_loss, q, other_feeds = problem()
    other = dl.Adam(0.1).minimize(other_loss)
    for parameter, value in zip([*q.values(), *other.state], kept, strict=True):
        parameter.assign(value)
    for _ in range(3):
        other(other_feeds)
    np.testing.assert_array_equal(q["W1"].value, expected)


def test_only_the_parameters_asked_for_are_changed() -> None:
    loss, p, feeds = problem()
    before = {n: q.value for n, q in p.items()}
    dl.GradientDescent(0.1).minimize(loss, [p["W2"]])(feeds)
    assert np.array_equal(p["W1"].value, before["W1"]) and not np.array_equal(p["W2"].value, before["W2"])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda loss, p: dl.GradientDescent("fast"), "learning_rate is a number or a schedule"),
        (lambda loss, p: dl.GradientDescent(0.1).minimize(loss, [loss]), "only parameters can be learned"),
        (lambda loss, p: dl.GradientDescent(0.1).minimize(loss, [p, p]), "p is listed twice"),
        (lambda loss, p: dl.GradientDescent(0.1).minimize(loss, []), "no parameter"),
        (lambda loss, p: dl.Adam(0.1).minimize(loss, [{"parameters": [p], "momentum": 1}]), "cannot set momentum"),
        (lambda loss, p: dl.GradientDescent(0.1).minimize(p), "p has shape \\(2,\\)"),
        (
            lambda loss, p: dl.GradientDescent(0.1).minimize(loss, [dl.parameter([1.0], name="other")]),
            "depend on other",
        ),
    ],
)
def test_mistakes_with_optimizers_are_explained(build: Any, message: str) -> None:
    p = dl.parameter([1.0, 2.0], name="p")
    with pytest.raises(dl.EngineError, match=message):
        build(dl.sum(p * p), p)


@pytest.mark.parametrize("start", [4.0, [4.0, 5.0], np.ones((2, 3), np.float32)])
def test_the_printed_step_of_plain_descent_reads_as_its_formula(start: Any) -> None:
    p = dl.parameter(start, name="p")
    step = dl.GradientDescent(0.1).minimize(dl.sum(p * p * p).named("J"))
    step()
    assert "    new_p = p - 0.1 * dJ_dp\n" in step.source


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_what_is_printed_computes_what_runs_to_the_last_digit(kind: str, dtype: Any) -> None:
    """It runs with each result written to its place, also where a formula is printed on one line."""
    start = np.random.default_rng(5)
    data = start.normal(size=(6, 3)).astype(dtype)
    parameters = [dl.parameter(start.normal(size=s).astype(dtype), name=n) for s, n in (((3, 2), "W"), (2, "b"))]
    W, b = parameters
    step = getattr(dl, kind)(0.3).minimize(dl.mean(dl.square(dl.tanh(data @ W + b) - W[0, 0] * b)))
    for _ in range(3):
        (compiled,) = step.program.compiled.values() or [step.program.compiled_for([])]
        names = dict(compiled.objects)
        exec(step.source, names)
        printed = names["step"](*[node.array for node in step.program.parameters])
        step()
        for node, value in zip(step.program.updated, printed[1:], strict=True):
            assert node.dtype == value.dtype
            np.testing.assert_array_equal(node.value, value)


def test_a_step_with_a_finite_loss_and_a_gradient_that_is_not_changes_nothing() -> None:
    """The norm is 0 at 0, and has no gradient there (HIPS/autograd#151, #183, #570, #617; jax#21723)."""
    for take in (lambda step: step(), lambda step: step.accumulate([{}], sizes=[1])):
        p = dl.parameter([0.0, 0.0], name="p")
        step = dl.Momentum(0.1).minimize(dl.sqrt(dl.sum(p * p)))
        with pytest.raises(
            dl.NonFiniteError, match=r"is the first node that is (infinite|NaN)[\s\S]*test_optimizers.py"
        ):
            take(step)
        assert not p.value.any() and not any(slot.value.any() for slot in step.state)


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_a_new_value_that_overflows_is_refused_whatever_the_optimizer(kind: str) -> None:
    p = dl.parameter([1.0, 1e200], name="p")
    step = getattr(dl, kind)(1e200).minimize(1e150 * dl.sum(p))  # finite, and so is its gradient
    try:
        step()
    except dl.NonFiniteError:
        assert p.value.tolist() == [1.0, 1e200] and not any(slot.value.any() for slot in step.state)
    assert np.isfinite(p.value).all() and all(np.isfinite(slot.value).all() for slot in step.state)


def test_large_numbers_that_are_finite_are_taken() -> None:
    """Their sum of squares is infinite, and they are not."""
    p = dl.parameter(np.array([1e30, 1.0], np.float32), name="p")
    dl.GradientDescent(1.0).minimize(dl.sum(p))()
    assert np.isfinite(p.value).all() and p.value[1] == 0


def test_accumulating_names_the_micro_batch_that_went_wrong_and_changes_nothing() -> None:
    x, w = dl.placeholder("x", shape=(None,)), dl.parameter(1.0, name="w")
    step = dl.Adam(0.1).minimize(dl.mean(dl.sqrt(w * x)))
    with pytest.raises(dl.NonFiniteError, match="values from 0 to 4"):
        step.accumulate([{x: [1.0, 2.0]}, {x: [0.0, 4.0]}])
    assert w.value == 1.0 and not any(slot.value.any() for slot in step.state)


@pytest.mark.parametrize("kind", OPTIMIZERS)
@pytest.mark.parametrize("rate", [0.1, dl.warmup(dl.cosine_decay(0.1, 10), 3)], ids=["number", "schedule"])
def test_a_step_is_pickled_and_copied_with_what_it_remembers(kind: str, rate: Any) -> None:
    loss, p, feeds = problem()
    step = getattr(dl, kind)(rate, weight_decay=0.01, clip_norm=1.0).minimize(loss)
    step(feeds), step(feeds)
    others = []
    for other in (pickle.loads(pickle.dumps([step, list(feeds)])), copy.deepcopy([step, list(feeds)])):
        others.append((other[0], dict(zip(other[1], feeds.values(), strict=True))))
    expected = [step(feeds), step(feeds)]
    for other, theirs in others:
        assert [other(theirs), other(theirs)] == expected
        assert [q.value.tolist() for q in other.parameters] == [q.value.tolist() for q in p.values()]
    shallow = copy.copy(step)  # moves the same parameters, and has a memory of its own
    assert shallow.parameters == step.parameters and not set(shallow.state) & set(step.state)


def test_every_optimizer_and_schedule_can_be_pickled_and_says_what_it_is() -> None:
    for kind in OPTIMIZERS:
        optimizer = getattr(dl, kind)(dl.warmup(dl.step_decay(0.1, 2), 3))
        assert pickle.loads(pickle.dumps(optimizer)) == optimizer
    assert repr(dl.exponential_decay(0.1, 0.9)) == "exponential_decay(initial=0.1, factor=0.9)"


def test_a_rule_has_no_side_effects() -> None:
    """The same gradient and state give the same direction and new state, and the state is left alone."""
    g, v = dl.parameter([1.0], name="g"), dl.parameter([2.0], name="v")
    state = {"velocity": v}
    for _ in range(2):
        direction, new = dl.Momentum(0.1, momentum=0.5).direction(g, state)
        assert dl.run([direction, new["velocity"]]) == [2.0, 2.0] and state == {"velocity": v} and v.value == 2.0


def test_a_parameter_that_a_gradient_penalty_does_not_depend_on_stays_as_it_is() -> None:
    x, W = dl.placeholder("x", shape=(None, 3)), dl.parameter(np.ones((3, 2)), name="W")
    b = dl.parameter(np.ones(2), name="b")
    penalty = dl.mean(dl.square(dl.gradients(dl.sum(x @ W + b), x)))
    with pytest.raises(dl.GradientError, match="does not depend on b"):
        dl.Adam(0.1).minimize(penalty, [W, b])
    step = dl.Adam(0.1).minimize(penalty, [W, b], unconnected="zero")
    step({x: np.ones((4, 3))}), step.accumulate([{x: np.ones((4, 3))}])
    assert b.value.tolist() == [1, 1] and np.all(W.value < 1)


def test_robbins_and_monros_schedule_is_slow_enough_and_fast_enough() -> None:
    schedule = dl.inverse_decay(0.5, rate=2.0)
    assert [schedule(t) for t in range(3)] == [0.5, 0.5 / 3, 0.1]


def test_gradients_are_used_as_they_arrive_so_that_none_has_to_be_kept() -> None:
    """A deep network: the memory of a step is what the forward pass has to remember, and little more."""
    h, layers = dl.constant(np.ones((4, 6))), [dl.parameter(np.eye(6), name=f"W{i}") for i in range(20)]
    for W in layers:
        h = dl.tanh(h @ W)
    step = dl.GradientDescent(0.1).minimize(dl.sum(h * h))
    step()
    found = re.search(r"(\d+) bytes of memory", step.source)
    assert found and int(found[1]) <= (20 + 2) * 4 * 6 * 8


def alike(dtype: Any = float) -> tuple[Any, list[Any], dict[Any, Any]]:
    """Six layers of one shape with biases of one shape, and two parameters that are like none."""
    rng = np.random.default_rng(3)
    x = dl.placeholder("x", (None, 4), dtype)
    weights = [dl.parameter(rng.normal(size=(4, 4)).astype(dtype), name=f"W{i}") for i in range(6)]
    biases = [dl.parameter(rng.normal(size=4).astype(dtype), name=f"b{i}") for i in range(6)]
    other = [dl.parameter(np.array(0.5, dtype), name="gain"), dl.parameter(np.ones((4, 1), dtype), name="last")]
    y = x
    for W, b in zip(weights, biases, strict=True):
        y = dl.tanh(y @ W + b)
    loss = dl.mean(dl.square(other[0] * (y @ other[1])))
    return loss, [*weights, *biases, *other], {x: rng.normal(size=(5, 4)).astype(dtype)}


@pytest.mark.parametrize("dtype", [float, np.float32])
@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_parameters_of_one_shape_are_moved_each_by_its_own_gradient(kind: str, dtype: Any) -> None:
    """Their new values are rows of one array."""
    loss, ps, feeds = alike(dtype)
    step = getattr(dl, kind)(learning_rate=0.01).minimize(loss)
    states: list[dict[str, Any]] = [{} for _ in ps]
    for t in range(1, 4):
        slopes = dl.run(dl.gradients(loss, ps), feeds)
        expected = stepped(kind, [p.value for p in ps], slopes, states, t, learning_rate=0.01)
        step(feeds)
        for p, new in zip(ps, expected, strict=True):
            np.testing.assert_allclose(p.value, new, rtol=1e-11 if dtype is float else 2e-4, atol=1e-7)
            assert p.array.dtype == dtype
    assert len({id(p.array.base) for p in ps[:6]}) == 1  # or this is about nothing


def test_one_number_among_parameters_of_one_shape_that_is_not_finite_stops_the_step() -> None:
    loss, ps, feeds = alike()
    rows = dl.where(np.arange(4) == 2, dl.sqrt(ps[9] - ps[9].value), 0.0)  # 0, with an infinite slope at one entry
    step = dl.GradientDescent(0.1).minimize(loss + dl.sum(rows))
    before = [p.value for p in ps]
    for _ in range(2):
        with pytest.raises(dl.NonFiniteError, match="is the first node that is"):
            step(feeds)
    assert [p.name for p, was in zip(ps, before, strict=True) if not np.array_equal(p.value, was)] == []


def test_what_was_read_of_parameters_of_one_shape_stays_as_it_was() -> None:
    loss, ps, feeds = alike()
    step = dl.Momentum(0.1).minimize(loss)
    step(feeds)
    held, copies = [p.array for p in ps], [p.value for p in ps]
    for _ in range(3):
        step(feeds)
    assert [p.name for p, was, is_ in zip(ps, copies, held, strict=True) if not np.array_equal(was, is_)] == []
    ps[2].assign(np.zeros((4, 4)))
    assert ps[1].value.any() and ps[3].value.any()
