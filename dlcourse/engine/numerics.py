"""Derivatives without a single rule, from differences; and what they are good for: checking the rules.

A difference quotient needs two evaluations for each number that is changed, so nobody trains with it. But it knows
nothing of the rules in ``operations.py``, and that makes it the judge of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dlcourse.engine.differentiation import gradients
from dlcourse.engine.errors import DTypeError, EngineError, GradientError, built, label, shape_text
from dlcourse.engine.graph import Constant, Node, Operation, Parameter, Placeholder, topological_order, with_replaced
from dlcourse.engine.program import Program
from dlcourse.engine.program import run as run_graph
from dlcourse.engine.stacking import stacked
from dlcourse.engine.values import Array, nodes_in, numeric_array

Feeds = Mapping[Any, Any]


def numerical_gradient(f: Callable[[Any], Any], point: ArrayLike) -> Array:
    """The gradient of `f` at `point`, from central differences: ∂f/∂xᵢ ≈ (f(x + h eᵢ) − f(x − h eᵢ)) / 2h.

    The error of the formula is about h² f'''/6, that of rounding about ε |f| / h; h = ∛ε balances the two, and about
    ten digits are right. `f` takes an array of the shape of `point` and returns one number.

    >>> import dlcourse as dl
    >>> dl.numerical_gradient(lambda x: x[0] ** 2 * x[1], [3.0, 2.0]).round(6)
    array([12.,  9.])
    """
    if not callable(f):
        raise GradientError(
            f"numerical_gradient takes a function of an array, and this is {f!r:.60}; dl.check_gradients compares the "
            "gradient of a node with differences."
        )
    given = numeric_array(point, "the point")
    x = given.astype(given.dtype if given.dtype.kind == "f" else float)  # a copy: yours stays as it is
    result = np.empty(x.shape, x.dtype)
    for i in np.ndindex(x.shape):
        result[i] = _difference(f, x, i, -1, 1)[0]
    return result


def _difference(f: Callable[[Any], Any], x: Array, i: tuple[int, ...], start: int, end: int) -> tuple[float, float]:
    """The slope of f along entry i, from x + start·h to x + end·h, and how far rounding may have moved it."""
    h = np.cbrt(np.finfo(x.dtype).eps) * max(1.0, abs(x[i]))
    values, places = [], []
    for steps in (start, end):
        moved = x.copy()
        moved[i] += steps * h
        value = numeric_array(f(moved), "the value of your function")
        if value.shape != ():
            raise GradientError(
                "numerical_gradient needs a function with one number as its value, and this one returned an array "
                f"of shape {shape_text(value.shape)}: take its sum or its mean."
            )
        values.append(float(value))
        places.append(float(moved[i]))  # as it was rounded
    width = places[1] - places[0]
    precision = float(np.finfo(value.dtype if value.dtype.kind == "f" else float).eps)
    return (values[1] - values[0]) / width, 20 * precision * max(map(abs, values)) / width


# ------------------------------------------------------------------------------------------ checking the rules


def check_gradients(
    loss: Node, feeds: Feeds | None = None, wrt: Sequence[Node] | None = None, rtol: float | None = None
) -> None:
    """Compare the gradients of `loss` with differences of it, entry by entry, and raise where they disagree.

    `wrt` holds parameters or fed placeholders (None: all parameters, or where there are none, all placeholders of
    floating-point numbers). At a kink, as relu has at 0, any value between the slopes on its two sides is right.
    `rtol` is the relative difference allowed: None is 1e-6, or 1e-2 for float32, whose differences are rough.

    >>> import dlcourse as dl
    >>> @dl.operation("cube", shape=lambda x: x)
    ... def cube(x):
    ...     return x ** 3
    >>> @dl.register_gradient("cube")
    ... def _(op, g):
    ...     return [g * 3 * op.inputs[0]]
    >>> x = dl.parameter([1.0, 2.0], name="x")
    >>> try:
    ...     dl.check_gradients(dl.sum(cube(x)))
    ... except dl.GradientError as error:
    ...     print(str(error).splitlines()[0])
    x[1]: the gradient is 6, but differences of sum say 12 (off by 6); 1 of its 2 entries disagrees.
    """
    feeds = {} if feeds is None else feeds
    if wrt is None:
        leaves = [node for node in topological_order(loss) if isinstance(node, Parameter | Placeholder)]
        wrt = [node for node in leaves if isinstance(node, Parameter)]
        wrt = wrt or [node for node in leaves if node.dtype.kind == "f"]
    for node in (wrt := nodes_in(wrt)):
        if not isinstance(node, Parameter | Placeholder):
            raise DTypeError(f"check_gradients changes parameters and placeholders, not {label(node)}." + built([node]))
    claimed = run_graph(gradients(loss, wrt, unconnected="zero"), feeds)
    for node, gradient in zip(wrt, claimed, strict=True):
        f, point = _as_function(loss, node, feeds)
        allowed = rtol if rtol is not None else 1e-6 if min(loss.dtype.itemsize, node.dtype.itemsize) == 8 else 1e-2
        wrong = {}
        for i in np.ndindex(point.shape):
            slope, agrees = _compare(f, point, i, float(gradient[i]), allowed)
            if not agrees:
                wrong[i] = slope
        if wrong:
            i, slope = max(wrong.items(), key=lambda entry: abs(gradient[entry[0]] - entry[1]))
            name = label(node, loss.where)
            entry = f"{name}{list(i)}" if i else name
            raise GradientError(
                f"{entry}: the gradient is {gradient[i]:.8g}, but differences of {label(loss)} say {slope:.8g} "
                f"(off by {abs(gradient[i] - slope):.3g}); {len(wrong)} of its {gradient.size} entries "
                f"disagree{'s' * (len(wrong) == 1)}." + _suspect(loss, feeds) + built([node], loss.where)
            )


def _compare(
    f: Callable[[Array], Any], point: Array, i: tuple[int, ...], claimed: float, rtol: float
) -> tuple[float, bool]:
    """The slope along entry i by differences, and whether the gradient agrees with it."""
    slope, noise = _difference(f, point, i, -1, 1)
    room = rtol * max(1.0, abs(slope)) + noise
    if abs(claimed - slope) <= room:
        return slope, True
    low, high = sorted([_difference(f, point, i, -1, 0)[0], _difference(f, point, i, 0, 1)[0]])
    is_kink = high - low > 0.01 * max(abs(low), abs(high)) + 4 * noise
    return slope, is_kink and low - room <= claimed <= high + room


def _as_function(loss: Node, node: Node, feeds: Feeds) -> tuple[Callable[[Array], Any], Array]:
    """`loss` as a function of one parameter or placeholder alone, and where that stands now."""
    stand_in = Placeholder(node.shape, node.dtype, label(node), node.where)
    (replaced,) = with_replaced([loss], {node: stand_in})
    program = Program([replaced])
    point = node.value if isinstance(node, Parameter) else numeric_array(feeds[node], label(node)).astype(node.dtype)
    return lambda array: program({**feeds, stand_in: array})[0], point


def alone(
    node: Operation, values: Mapping[Node, Array]
) -> tuple[Node, list[tuple[Placeholder, Node]], dict[Node, Any]]:
    """One operation cut out of its graph: a copy of it, the placeholders at its inputs, and their values as feeds."""
    inputs = [
        (Placeholder(values[parent].shape, parent.dtype, label(parent), parent.where), parent)
        for parent in node.inputs
        if not isinstance(parent, Constant)
    ]
    left = iter(inputs)
    operands = tuple(parent if isinstance(parent, Constant) else next(left)[0] for parent in node.inputs)
    copy = node.kind.build(operands, node.attributes, node.name, node.where)
    return copy, inputs, {stand_in: values[parent] for stand_in, parent in inputs}


def _suspect(loss: Node, feeds: Feeds) -> str:
    """The first operation whose own rule is wrong: each is checked by itself, along one direction."""
    order = topological_order(loss)
    values = dict(zip(order, run_graph(order, feeds), strict=True))
    rng = np.random.default_rng(0)
    for node in order:
        if not isinstance(node, Operation) or node.dtype != float:
            continue
        copy, inputs, at = alone(node, values)
        way = {s: rng.normal(size=at[s].shape) for s, _ in inputs if s.dtype == float}
        out = rng.normal(size=values[node].shape)
        program = Program([copy])

        def along(t: Any, program: Program = program, at: Feeds = at, way: Feeds = way, out: Array = out) -> Any:
            return np.sum(out * program({**at, **{s: at[s] + t * step for s, step in way.items()}})[0])

        try:
            parts = run_graph(gradients(copy, list(way), grad_output=out, unconnected="zero"), at)
        except EngineError:
            continue
        claimed = sum(float(np.sum(part * step)) for part, step in zip(parts, way.values(), strict=True))
        slope = float(numerical_gradient(along, 0.0))
        if abs(claimed - slope) > 1e-5 * max(1.0, abs(slope)):
            return f"\n  The rule of {node.kind_name} looks wrong." + built([node])
    return ""


# --------------------------------------------------------------------------------------------------- Jacobians


def jacobian(y: Node, x: Node, feeds: Feeds | None = None) -> Array:
    """All derivatives ∂yᵢ/∂xⱼ, as an array of shape ``y.shape + x.shape``.

    Row i is what a reverse pass finds that starts from the i-th unit vector. All unit vectors start together, up to
    256 of them at a time.

    >>> import dlcourse as dl
    >>> x = dl.parameter([1.0, 2.0])
    >>> dl.jacobian(x * x, x)
    array([[2., 0.],
           [0., 4.]])
    """
    feeds = {} if feeds is None else feeds
    inputs = [node for node in topological_order([y, x]) if isinstance(node, Placeholder)]
    y_value, x_value, *fed = run_graph([y, x, *inputs], feeds)
    g = Placeholder(y_value.shape, y.dtype, "g", y.where)
    row = gradients(y, x, grad_output=g, unconnected="zero")
    result = np.zeros((y_value.size, *x_value.shape), x.dtype)
    count = min(256, y_value.size)
    if count:
        sizes = {node: array.shape for node, array in zip(inputs, fed, strict=True)}
        (rows,), stand_in = stacked([row], {**sizes, g: y_value.shape}, over=g, count=count)
        program = Program([rows])
        known = {stand_in[node]: array for node, array in zip(inputs, fed, strict=True) if node in stand_in}
        for start in range(0, y_value.size, count):
            units = np.eye(count, y_value.size, start, y.dtype).reshape(count, *y_value.shape)
            result[start : start + count] = program({**known, stand_in[g]: units})[0][: y_value.size - start]
    return result.reshape(y_value.shape + x_value.shape)
