"""The operations: what each computes, the shape of its result, and its derivative beside it.

Two kinds of entry. A *primitive* is a function of NumPy arrays. A *composite* is given by its formula in simpler
operations; it stays one node in your graph, in pictures and in error messages, and is taken apart when all sizes are
known, where the parts are shared (the exponentials of a softmax serve its gradient, too).

A derivative is a rule, written as in lesson 11: from the gradient `g` of the loss with respect to the result, the
result `y`, and the inputs (and attributes, such as the axis of a sum) to a list with the gradient for each input.
Where an operation works number by number and broadcasts, what an input gets is added up over its copies
(``_of_copies``), and no rule needs to say so; those that broadcast in part, such as matmul, say it with ``sum_to``.
Some operations exist only because sizes may be open (None) until you run, and a gradient must have the shape of what
it belongs to: reshape_like, broadcast_like, spread, sum_to, put_back, part, count, one_hot and zeros_like.
"""

from __future__ import annotations

import builtins
import inspect
import itertools
import math
import operator
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from dlcourse.engine.errors import DTypeError, Mismatch, ShapeError, built, label, shape_text
from dlcourse.engine.graph import OPERATIONS, Constant, Node, Operand, Shape, as_nodes, constant
from dlcourse.engine.kinds import OperationKind, Rule, ShapeOf, ShapeRule, broadcast_shapes
from dlcourse.engine.operators import Different
from dlcourse.engine.values import Array, checked_dtype, sizes_in, whole

Axis = int | Sequence[int] | None
Axes = tuple[int, ...]
Gradients = Sequence[Node | None]  # what a rule returns: one for each input, None where there is none


def _flat(g: Node, y: Node, *inputs: Node, **_: Any) -> Gradients:
    """It is flat wherever it has a derivative, or depends on shapes and labels only."""
    return [None] * len(inputs)


def _of_copies(rule: Rule | None) -> Rule | None:
    """The rule of an operation that broadcasts: what each input gets is added up over the copies made of it."""
    if rule is None or rule is _flat:
        return rule
    return lambda g, y, *inputs, **attributes: [
        part if part is None or (part.shape == x.shape and None not in x.shape) else sum_to(part, x)
        for part, x in zip(rule(g, y, *inputs, **attributes), inputs, strict=True)
    ]


def elementwise(
    name: str, function: np.ufunc, dtype: str | DTypeLike, doc: str, rule: Rule | None = None
) -> OperationKind:
    """A primitive that works number by number, with broadcasting."""
    kind = OPERATIONS[name] = OperationKind(name, function, dtype=dtype, rule=_of_copies(rule))
    kind.document(doc, [["x"], ["a", "b"]][function.nin - 1])
    return kind


def _kind(composite: bool, prepare: Callable[..., Any] | None, **options: Any) -> Callable[[Any], OperationKind]:
    def register(function: Callable[..., Any]) -> OperationKind:
        name = function.__name__
        ways: dict[str, Any] = {"formula": function} if composite else {"function": function}
        broadcasts = options["shape"] in (None, broadcast_shapes)
        options["rule"] = _of_copies(options["rule"]) if broadcasts else options["rule"]
        kind = OPERATIONS[name] = OperationKind(name, **ways, prepare=prepare, **options)
        parameters = inspect.signature(prepare or function).parameters
        kind.document(function.__doc__ or "", parameters)
        if prepare is None:
            kind.takes = len(parameters)
        return kind

    return register


def primitive(
    prepare: Callable[..., Any] | None = None,
    *,
    shape: ShapeRule,
    dtype: str | DTypeLike = "same",
    rule: Rule | None = None,
) -> Callable[[Callable[..., Any]], OperationKind]:
    """Make the decorated function of NumPy arrays an operation."""
    return _kind(False, prepare, shape=shape, dtype=dtype, rule=rule)


def composite(
    prepare: Callable[..., Any] | None = None,
    *,
    shape: ShapeRule | None = None,
    dtype: str = "float",
    rule: Rule | None = None,
) -> Callable[[Callable[..., Node]], OperationKind]:
    """Make the decorated formula in simpler operations an operation. Without a rule, it is differentiated itself."""
    return _kind(True, prepare, shape=shape, dtype=dtype, rule=rule)


def as_node(value: Operand) -> Node:
    return value if isinstance(value, Node) else constant(value)


# ---------------------------------------------------------------------------------------- number by number


add = elementwise(
    "add",
    np.add,
    "same",
    """a + b, element by element, with NumPy's broadcasting: each gets g (Sabinasz, "Gradient for add").

    >>> import dlcourse as dl
    >>> dl.run(dl.add([1.0, 2.0], 3.0))
    array([4., 5.])
    """,
    lambda g, y, a, b: [g, g],
)
subtract = elementwise(
    "subtract",
    np.subtract,
    "signed",
    """a − b, element by element.

    >>> import dlcourse as dl
    >>> dl.run(dl.subtract([1.0, 2.0], 3.0))
    array([-2., -1.])
    """,
    lambda g, y, a, b: [g, -g],
)
multiply = elementwise(
    "multiply",
    np.multiply,
    "same",
    'a · b, element by element (Sabinasz, "Gradient for multiply").',
    lambda g, y, a, b: [g * b, g * a],
)
divide = elementwise(
    "divide",
    np.divide,
    "float",
    """a / b, element by element; whole numbers give a floating-point result.

    >>> import dlcourse as dl
    >>> dl.run(dl.divide([1, 3], 2))
    array([0.5, 1.5])
    """,
    lambda g, y, a, b: [g / b, -g * y / b],
)


def _power_rule(g: Node, y: Node, a: Node, b: Node) -> Gradients:
    """y = aᵇ:  ∂L/∂a = g b aᵇ⁻¹, and 0 where a = b = 0;  ∂L/∂b = g y log a, and 0 where a = 0 and b ≥ 0."""
    if isinstance(b, Constant) and b.array.ndim == 0:
        n = b.array.item()
        return [g * (n * a ** (n - 1)) if n != 0 else zeros_like(a), None]
    slope = b * a ** where(logical_and(equal(a, 0), equal(b, 0)), 1, b - 1)
    return [g * slope, g * y * log(where(logical_and(equal(a, 0), b >= 0), 1, a))]


power = elementwise(
    "power",
    np.power,
    "float",
    """aᵇ, element by element; 0⁰ = 1, and a⁰ has gradient 0 everywhere.

    >>> import dlcourse as dl
    >>> x = dl.parameter([-3.0, 0.0])
    >>> dl.run([x**2, x**0])
    [array([9., 0.]), array([1., 1.])]
    """,
    _power_rule,
)


negative = elementwise("negative", np.negative, "signed", "−x.", lambda g, y, x: [-g])
exp = elementwise("exp", np.exp, "float", "eˣ.", lambda g, y, x: [g * y])
log = elementwise("log", np.log, "float", "The natural logarithm; −∞ at 0, NaN below.", lambda g, y, x: [g / x])
log1p = elementwise(
    "log1p",
    np.log1p,
    "float",
    """log(1 + x), with all digits for small x.

    >>> import dlcourse as dl
    >>> dl.run(dl.log1p(1e-20))
    array(1.e-20)
    """,
    lambda g, y, x: [g / (1 + x)],
)
expm1 = elementwise(
    "expm1",
    np.expm1,
    "float",
    """eˣ − 1, with all digits for small x.

    >>> import dlcourse as dl
    >>> dl.run(dl.expm1(1e-20))
    array(1.e-20)
    """,
    lambda g, y, x: [g * (y + 1)],
)
sqrt = elementwise(
    "sqrt",
    np.sqrt,
    "float",
    """√x.

    >>> import dlcourse as dl
    >>> dl.run(dl.sqrt([4.0, 9.0]))
    array([2., 3.])
    """,
    lambda g, y, x: [g / (2 * y)],
)
sin: OperationKind = elementwise(
    "sin",
    np.sin,
    "float",
    """The sine of x radians.

    >>> import dlcourse as dl
    >>> dl.run(dl.sin([0.0, np.pi / 2]))
    array([0., 1.])
    """,
    lambda g, y, x: [g * cos(x)],
)
cos: OperationKind = elementwise(
    "cos",
    np.cos,
    "float",
    """The cosine of x radians.

    >>> import dlcourse as dl
    >>> dl.run(dl.cos([0.0, np.pi]))
    array([ 1., -1.])
    """,
    lambda g, y, x: [-(g * sin(x))],
)
tanh: OperationKind = elementwise(
    "tanh",
    np.tanh,
    "float",
    """The hyperbolic tangent, (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ).

    >>> import dlcourse as dl
    >>> dl.run(dl.tanh([0.0, 100.0]))
    array([0., 1.])
    """,
    lambda g, y, x: [g * (1 - y * y)],
)
abs: OperationKind = elementwise(
    "abs",
    np.absolute,
    "same",
    """|x|; its derivative at 0 is taken to be 0.

    >>> import dlcourse as dl
    >>> dl.run(dl.abs([-2.0, 3.0]))
    array([2., 3.])
    """,
    lambda g, y, x: [g * sign(x)],
)
sign: OperationKind = elementwise(
    "sign",
    np.sign,
    "signed",
    """−1, 0 or 1.

    >>> import dlcourse as dl
    >>> dl.run(dl.sign([-2.0, 0.0, 3.0]))
    array([-1.,  0.,  1.])
    """,
    _flat,
)
floor = elementwise(
    "floor",
    np.floor,
    "float",
    """The next whole number below x; it has no slope.

    >>> import dlcourse as dl
    >>> dl.run(dl.floor([-0.5, 1.5]))
    array([-1.,  1.])
    """,
    _flat,
)


def _to_larger(g: Node, a: Node, b: Node) -> Gradients:
    """The larger gets the gradient; equal ones get half each."""
    half = where(equal(a, b), g / 2, 0)
    return [where(a > b, g, half), where(b > a, g, half)]


maximum: OperationKind = elementwise(
    "maximum",
    np.maximum,
    "same",
    """The larger of a and b, element by element; at a tie they share the gradient equally.

    >>> import dlcourse as dl
    >>> dl.run(dl.maximum([1.0, 5.0], 3.0))
    array([3., 5.])
    """,
    lambda g, y, a, b: _to_larger(g, a, b),
)
minimum: OperationKind = elementwise(
    "minimum",
    np.minimum,
    "same",
    """The smaller of a and b, element by element; at a tie they share the gradient equally.

    >>> import dlcourse as dl
    >>> dl.run(dl.minimum([1.0, 5.0], 3.0))
    array([1., 3.])
    """,
    lambda g, y, a, b: _to_larger(g, b, a),
)
greater: OperationKind = elementwise(
    "greater",
    np.greater,
    bool,
    """Where a > b.

    >>> import dlcourse as dl
    >>> dl.run(dl.greater([1, 2], 1))
    array([False,  True])
    """,
    _flat,
)
greater_equal = elementwise(
    "greater_equal",
    np.greater_equal,
    bool,
    """Where a ≥ b.

    >>> import dlcourse as dl
    >>> dl.run(dl.greater_equal([1, 2], 2))
    array([False,  True])
    """,
    _flat,
)
less: OperationKind = elementwise(
    "less",
    np.less,
    bool,
    """Where a < b.

    >>> import dlcourse as dl
    >>> dl.run(dl.less([1, 2], 2))
    array([ True, False])
    """,
    _flat,
)
less_equal = elementwise(
    "less_equal",
    np.less_equal,
    bool,
    """Where a ≤ b.

    >>> import dlcourse as dl
    >>> dl.run(dl.less_equal([1, 2], 1))
    array([ True, False])
    """,
    _flat,
)
equal: OperationKind = elementwise(
    "equal",
    np.equal,
    bool,
    """Where a = b; ``a == b`` builds the same node.

    >>> import dlcourse as dl
    >>> dl.run(dl.equal([1, 2], [1, 3]))
    array([ True, False])
    """,
    _flat,
)
not_equal = elementwise(
    "not_equal",
    np.not_equal,
    bool,
    """Where a ≠ b; ``a != b`` builds the same node.

    >>> import dlcourse as dl
    >>> dl.run(dl.not_equal([1, 2], [1, 3]))
    array([False,  True])
    """,
    _flat,
)
logical_and = elementwise(
    "logical_and",
    np.logical_and,
    bool,
    """Where both hold (a number holds if it is not 0).

    >>> import dlcourse as dl
    >>> x = dl.constant([1.0, 2.0, 3.0])
    >>> dl.run(dl.logical_and(x > 1, x < 3))
    array([False,  True, False])
    """,
    _flat,
)
logical_or = elementwise(
    "logical_or",
    np.logical_or,
    bool,
    """Where at least one holds.

    >>> import dlcourse as dl
    >>> x = dl.constant([1.0, 2.0, 3.0])
    >>> dl.run(dl.logical_or(x < 2, x > 2))
    array([ True, False,  True])
    """,
    _flat,
)
logical_not = elementwise(
    "logical_not",
    np.logical_not,
    bool,
    """Where x does not hold.

    >>> import dlcourse as dl
    >>> dl.run(dl.logical_not([True, False]))
    array([False,  True])
    """,
    _flat,
)


def _choice(condition: Operand, a: Operand, b: Operand) -> Any:
    return (cast(condition, bool), *as_nodes((a, b), "where")), {}


@primitive(
    _choice,
    shape=broadcast_shapes,
    dtype="branches",
    rule=lambda g, y, chosen, a, b: [None, where(chosen, g, 0), where(chosen, 0, g)],
)
def where(condition: Array, a: Array, b: Array) -> Array:
    """a where the condition holds, b elsewhere; the gradient goes to the one that was chosen.

    A branch that is not chosen is computed, too, and what it computes may be NaN. Its gradient is then 0 · NaN = NaN:
    choose a harmless input first, ``dl.sqrt(dl.where(x > 0, x, 1))``.

    >>> import dlcourse as dl
    >>> x = dl.parameter([-1.0, 2.0])
    >>> dl.run(dl.where(x > 0, x, 0.1 * x))
    array([-0.1,  2. ])
    """
    return np.where(condition, a, b)


def _to_dtype(x: Operand, dtype: DTypeLike) -> Any:
    node, wanted = as_node(x), checked_dtype(dtype, "cast: the result")
    return node if node.dtype == wanted else ((node,), {"dtype": wanted.name})


@primitive(
    _to_dtype, shape=broadcast_shapes, rule=lambda g, y, x, dtype: [cast(g, x.dtype) if x.dtype.kind == "f" else None]
)
def cast(x: Array, dtype: str) -> Array:
    """x with another dtype.

    >>> import dlcourse as dl
    >>> dl.run(dl.cast([0.5, 1.5], int))
    array([0, 1])
    """
    return x.astype(dtype)


@composite(dtype="same", rule=lambda g, y, x: [g * (2 * x)])
def square(x: Node) -> Node:
    """x².

    >>> import dlcourse as dl
    >>> dl.run(dl.square([-2.0, 3.0]))
    array([4., 9.])
    """
    return x * x


@composite(rule=lambda g, y, x: [g * (y * (1 - y))])
def sigmoid(x: Node) -> Node:
    """σ(x) = 1 / (1 + e⁻ˣ), from 0 to 1, without overflow at either end (Sabinasz, "Gradient for sigmoid").

    >>> import dlcourse as dl
    >>> dl.run(dl.sigmoid([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    return 1 / (1 + exp(-x))  # where exp(-x) overflows to infinity, 1/∞ = 0 is right


@composite(dtype="same", rule=lambda g, y, x: [g * cast(y > 0, g.dtype)])
def relu(x: Node) -> Node:
    """max(x, 0); its derivative at 0 is taken to be 0.

    >>> import dlcourse as dl
    >>> dl.run(dl.relu([-1.0, 2.0]))
    array([0., 2.])
    """
    return maximum(x, 0)


@composite(rule=lambda g, y, x: [g * sigmoid(x)])
def softplus(x: Node) -> Node:
    """log(1 + eˣ), a smooth relu, without overflow; its derivative is the sigmoid.

    >>> import dlcourse as dl
    >>> dl.run(dl.softplus([-1000.0, 0.0, 1000.0])).round(4)
    array([0.000e+00, 6.931e-01, 1.000e+03])
    """
    return maximum(x, 0) + log1p(exp(-abs(x)))


def _bounds(x: Operand, low: Operand | None = None, high: Operand | None = None) -> Any:
    return (x, -math.inf if low is None else low, math.inf if high is None else high), {}


def _clip_rule(g: Node, y: Node, x: Node, low: Node, high: Node) -> Gradients:
    """x between the bounds gets the gradient; beyond one, the bound does, and `high` has the last word."""
    above = logical_or(x > high, logical_and(x < low, low > high))
    return [where(logical_or(above, x < low), 0, g), where(above, 0, where(x < low, g, 0)), where(above, g, 0)]


@composite(_bounds, dtype="same", rule=_clip_rule)
def clip(x: Node, low: Node, high: Node) -> Node:
    """x, kept between `low` and `high`; the gradient passes from `low` to `high`, both included.

    >>> import dlcourse as dl
    >>> dl.run(dl.clip([-1.0, 0.5, 3.0], 0, 1))
    array([0. , 0.5, 1. ])
    """
    bounded = [isinstance(bound, Constant) and bool(np.all(np.isinf(bound.array))) for bound in (low, high)]
    x = x if bounded[0] else maximum(x, low)
    return x if bounded[1] else minimum(x, high)


@composite(rule=lambda g, y, p, t: [g * (2 * (p - t)), -(g * (2 * (p - t)))])
def squared_error(prediction: Node, target: Node) -> Node:
    """(p − t)², element by element: take its mean or its sum for a loss.

    >>> import dlcourse as dl
    >>> dl.run(dl.squared_error([1.0, 2.0], [1.0, 4.0]))
    array([0., 4.])
    """
    return square(prediction - target)


@composite(rule=lambda g, y, z, t: [g * (sigmoid(z) - t), -(g * z)])
def sigmoid_cross_entropy(logits: Node, targets: Node) -> Node:
    """−t log σ(z) − (1 − t) log(1 − σ(z)), element by element, from the scores z (the logits) themselves.

    >>> import dlcourse as dl
    >>> dl.run(dl.sigmoid_cross_entropy([400.0, 0.0], [1.0, 1.0])).round(4)
    array([0.    , 0.6931])
    """
    return maximum(logits, 0) - logits * targets + log1p(exp(-abs(logits)))


@composite(dtype="same", rule=_flat)
def stop_gradient(x: Node) -> Node:
    """x itself, through which no gradient passes.

    >>> import dlcourse as dl
    >>> x = dl.parameter(3.0)
    >>> dl.run(dl.gradients(x * dl.stop_gradient(x), x))
    array(3.)
    """
    return x


# --------------------------------------------------------------------------------------------- adding up


def _reduced(x: ShapeOf, axis: Axes, keepdims: bool = False) -> Shape:
    sizes = [1 if i in axis else size for i, size in enumerate(x)]
    return tuple(size for i, size in enumerate(sizes) if keepdims or i not in axis)


def _reduced_not_empty(x: ShapeOf, axis: Axes, keepdims: bool = False) -> Shape:
    if any(x[i] == 0 for i in axis):
        raise Mismatch("there is nothing to choose from along an axis of size 0.")
    return _reduced(x, axis, keepdims)


def _axes(x: Node, axis: Axis, what: str) -> Axes:
    """`axis` as NumPy takes it, as a tuple of axes counted from the first."""
    if axis is None:
        return tuple(range(x.ndim))
    given = [whole(a, f"{what}: an axis") for a in (axis if isinstance(axis, tuple | list | set) else (axis,))]
    axes = tuple(a + x.ndim if a < 0 else a for a in given)
    if len(set(axes)) < len(axes) or any(not 0 <= a < x.ndim for a in axes):
        raise ShapeError(
            f"{what} along axis {axis} is not possible: {label(x)} has shape {shape_text(x.shape)}, "
            f"whose axes are {', '.join(map(str, range(x.ndim))) or 'none'}." + built([x])
        )
    return tuple(sorted(axes))


def _one_axis(x: Node, axis: int, what: str) -> int:
    return _axes(x, whole(axis, f"{what}: the axis"), what)[0]


def _reducing(what: str, default: Axis = None, added: bool = False) -> Callable[..., Any]:
    """Takes what a reduction is called with; `added` numbers are counted in a dtype that is wide enough."""

    def prepare(x: Operand, axis: Axis = default, keepdims: bool = False) -> Any:
        x = as_node(x)
        if added and x.dtype.kind in "biu":
            x = cast(x, np.add.reduce(np.empty(0, x.dtype)).dtype)
        return (x,), {"axis": _axes(x, axis, what), "keepdims": keepdims}

    return prepare


def _along(what: str, default: Axis = -1) -> Callable[..., Any]:
    def prepare(x: Operand, axis: Axis = default) -> Any:
        x = as_node(x)
        return (x,), {"axis": _axes(x, axis, what)}

    return prepare


@primitive(_reducing("sum", added=True), shape=_reduced, rule=lambda g, y, x, axis, keepdims: [spread(g, x, axis)])
def sum(x: Array, axis: Axes, keepdims: bool) -> Array:
    """Add up along `axis` (None: everything), as :func:`numpy.sum` does (Sabinasz, "Gradient for reduce_sum").

    >>> import dlcourse as dl
    >>> dl.run(dl.sum([[1.0, 2.0], [3.0, 4.0]], axis=0))
    array([4., 6.])
    """
    return np.sum(x, axis=axis, keepdims=keepdims)  # type: ignore[no-any-return]


def _extreme_rule(g: Node, y: Node, x: Node, axis: Axes, keepdims: bool) -> Gradients:
    """y = max x (or min x):  the chosen x get g, shared equally."""
    chosen = cast(equal(x, spread(y, x, axis)), g.dtype)
    return [spread(g, x, axis) * chosen / spread(reshape_like(sum(chosen, axis), y), x, axis)]


@primitive(_reducing("max"), shape=_reduced_not_empty, rule=_extreme_rule)
def max(x: Array, axis: Axes, keepdims: bool) -> Array:
    """The largest along `axis`; several equally large ones share the gradient equally.

    >>> import dlcourse as dl
    >>> dl.run(dl.max([[1.0, 2.0], [4.0, 3.0]], axis=1))
    array([2., 4.])
    """
    return np.max(x, axis=axis, keepdims=keepdims)  # type: ignore[no-any-return]


@primitive(_reducing("min"), shape=_reduced_not_empty, rule=_extreme_rule)
def min(x: Array, axis: Axes, keepdims: bool) -> Array:
    """The smallest along `axis`; several equally small ones share the gradient equally.

    >>> import dlcourse as dl
    >>> dl.run(dl.min([[1.0, 2.0], [4.0, 3.0]], axis=1))
    array([1., 3.])
    """
    return np.min(x, axis=axis, keepdims=keepdims)  # type: ignore[no-any-return]


@primitive(
    _reducing("prod", added=True),
    shape=_reduced,
    rule=lambda g, y, x, axis, keepdims: [spread(g, x, axis) * others(x, axis)],
)
def prod(x: Array, axis: Axes, keepdims: bool) -> Array:
    """Multiply along `axis` (None: everything); the gradient is right at zeros, too.

    >>> import dlcourse as dl
    >>> x = dl.parameter([2.0, 0.0, 3.0])
    >>> dl.run([dl.prod(x), dl.gradients(dl.prod(x), x)])
    [array(0.), array([0., 6., 0.])]
    """
    return np.prod(x, axis=axis, keepdims=keepdims)  # type: ignore[no-any-return]


@composite(_along("others"), shape=lambda x, axis: x)
def others(x: Node, axis: Axes) -> Node:
    """For each entry the product of all others along `axis`, from a table in which its own place holds a 1."""
    order = (*[i for i in range(x.ndim) if i not in axis], *axis)
    moved = transpose(x, order)
    n = math.prod(x.shape[i] or 0 for i in axis)
    rows = reshape(moved, (*moved.shape[: x.ndim - len(axis)], 1, n))
    table = where(np.eye(n, dtype=bool), constant(1.0, dtype=x.dtype), rows)
    return transpose(reshape(prod(table, -1), moved.shape), tuple(int(i) for i in np.argsort(order)))


@composite(
    _reducing("mean"), shape=_reduced, rule=lambda g, y, x, axis, keepdims: [spread(g / count(x, axis), x, axis)]
)
def mean(x: Node, axis: Axes, keepdims: bool) -> Node:
    """The average along `axis` (None: of everything).

    >>> import dlcourse as dl
    >>> dl.run(dl.mean([[1.0, 2.0], [3.0, 4.0]], axis=0))
    array([2., 3.])
    """
    return sum(x, axis, keepdims) / count(x, axis)


def _var_rule(g: Node, y: Node, x: Node, axis: Axes, keepdims: bool) -> Gradients:
    """y = Σ (x − m)² / n:  each x gets 2 g (x − m) / n, for the distances from the mean m add up to 0."""
    return [spread(g / count(x, axis), x, axis) * (2 * (x - mean(x, axis, True)))]


@composite(_reducing("var"), shape=_reduced, rule=_var_rule)
def var(x: Node, axis: Axes, keepdims: bool) -> Node:
    """The variance along `axis` (None: of everything): the average squared distance from the mean.

    >>> import dlcourse as dl
    >>> dl.run(dl.var([1.0, 2.0, 3.0, 6.0]))
    array(3.5)
    """
    return mean(square(x - mean(x, axis, True)), axis, keepdims)


@composite(_along("count", None), shape=lambda x, axis: (), rule=_flat)
def count(x: Node, axis: Axes) -> Node:
    """How many numbers lie along `axis` (None: all of them)."""
    return constant(float(math.prod(x.shape[i] or 0 for i in axis)), dtype=x.dtype)


def _position(x: Operand, axis: int | None = None) -> Any:
    x = as_node(x)
    return (x,), {
        "axis": _axes(x, axis if axis is None else whole(axis, "argmax or argmin: the axis"), "argmax or argmin")
    }


def _found(function: Callable[..., Any], x: Array, axis: Axes) -> Array:
    return function(x, axis=axis[0] if len(axis) == 1 else None)  # type: ignore[no-any-return]


@primitive(_position, shape=_reduced_not_empty, dtype=np.dtype(np.int64), rule=_flat)
def argmax(x: Array, axis: Axes) -> Array:
    """Where the largest number along `axis` stands (None: in x read row by row); the first, if there are several.

    >>> import dlcourse as dl
    >>> dl.run(dl.argmax([[0.1, 0.9], [0.8, 0.2]], axis=1))
    array([1, 0])
    """
    return _found(np.argmax, x, axis)


@primitive(_position, shape=_reduced_not_empty, dtype=np.dtype(np.int64), rule=_flat)
def argmin(x: Array, axis: Axes) -> Array:
    """Where the smallest number along `axis` stands (None: in x read row by row); the first, if there are several.

    >>> import dlcourse as dl
    >>> dl.run(dl.argmin([[0.1, 0.9], [0.8, 0.2]], axis=1))
    array([0, 1])
    """
    return _found(np.argmin, x, axis)


def _running(x: Operand, axis: int = -1) -> Any:
    (x,), _ = _reducing("cumsum", added=True)(x)
    return (x,), {"axis": (_one_axis(x, axis, "cumsum"),)}


def _cumsum_rule(g: Node, y: Node, x: Node, axis: Axes) -> Gradients:
    """Each x is in all sums from its place on: the running sums of g, from the end."""
    backwards = (*(slice(None),) * axis[0], slice(None, None, -1))
    return [cumsum(g[backwards], axis[0])[backwards]]


@primitive(_running, shape=lambda x, axis: x, rule=_cumsum_rule)
def cumsum(x: Array, axis: Axes) -> Array:
    """Running sums along `axis`, the last if none is given.

    >>> import dlcourse as dl
    >>> dl.run(dl.cumsum([1.0, 2.0, 3.0]))
    array([1., 3., 6.])
    """
    return np.cumsum(x, axis[0])


@composite(
    _reducing("logsumexp", -1),
    shape=_reduced,
    rule=lambda g, y, x, axis, keepdims: [spread(g, x, axis) * softmax(x, axis)],
)
def logsumexp(x: Node, axis: Axes, keepdims: bool) -> Node:
    """log Σ eˣ along `axis`, without overflow.

    >>> import dlcourse as dl
    >>> dl.run(dl.logsumexp([1000.0, 1000.0]))
    array(1000.69314718)
    """
    if _is_empty(x, axis):
        return log(sum(x, axis, keepdims))
    largest = max(x, axis, keepdims=True)
    largest = where(abs(largest) < math.inf, largest, 0)  # ∞ − ∞ has no value
    total = sum(exp(x - largest), axis, keepdims=True)
    return log(total) + largest if keepdims else sum(log(total) + largest, axis)


def _is_empty(x: Node, axis: Axes) -> bool:
    return any(x.shape[i] == 0 for i in axis)


@composite(
    _along("softmax"), shape=lambda x, axis: x, rule=lambda g, y, x, axis: [(g - sum(g * y, axis, keepdims=True)) * y]
)
def softmax(x: Node, axis: Axes) -> Node:
    """eˣ / Σ eˣ along `axis`: scores become probabilities (Sabinasz, "Gradient for softmax": (g − Σ g s) s).

    >>> import dlcourse as dl
    >>> dl.run(dl.softmax([[1000.0, 0.0], [1.0, 1.0]]))
    array([[1. , 0. ],
           [0.5, 0.5]])
    """
    if _is_empty(x, axis):
        return x
    e = exp(x - max(x, axis, keepdims=True))  # the largest becomes 0, so nothing overflows
    return e / sum(e, axis, keepdims=True)


def _shared(x: Operand, total: Operand, axis: Axis = -1) -> Any:
    x = as_node(x)
    return (x, total), {"axis": _axes(x, axis, "shares")}


def _shares_rule(g: Node, y: Node, x: Node, total: Node, axis: Axes) -> Gradients:
    """y = T softmax(x):  ∂L/∂x = (g − Σ g softmax(x)) y,  ∂L/∂T = Σ g softmax(x)."""
    weighted = sum(g * softmax(x, axis), axis, keepdims=True)
    return [(g - weighted) * y, sum_to(weighted, total)]


@composite(_shared, shape=lambda x, total, axis: x, rule=_shares_rule)
def shares(x: Node, total: Node, axis: Axes) -> Node:
    """A total, shared out as softmax(x) says."""
    if _is_empty(x, axis):
        return x
    e = exp(x - max(x, axis, keepdims=True))
    return e * (total / sum(e, axis, keepdims=True))


@composite(
    _along("log_softmax"),
    shape=lambda x, axis: x,
    rule=lambda g, y, x, axis: [g - softmax(x, axis) * sum(g, axis, keepdims=True)],
)
def log_softmax(x: Node, axis: Axes) -> Node:
    """log softmax(x) = x − log Σ eˣ, computed without ever taking the logarithm of 0.

    >>> import dlcourse as dl
    >>> dl.run(dl.log_softmax([1000.0, 0.0]))
    array([    0., -1000.])
    """
    if _is_empty(x, axis):
        return x
    shifted = x - max(x, axis, keepdims=True)
    return shifted - log(sum(exp(shifted), axis, keepdims=True))


# ------------------------------------------------------------------------------------------ cross-entropy


def _losses(logits: ShapeOf, labels: ShapeOf) -> Shape:
    if not logits:
        raise Mismatch("{0} needs an axis of classes.")
    if len(labels) == len(logits):
        broadcast_shapes(logits, labels)
        if any(a != b and 1 in (a, b) and None not in (a, b) for a, b in zip(logits, labels, strict=True)):
            raise Mismatch(
                "logits and one-hot labels must have the same shape.",
                "Labels given as whole numbers have one axis less than the logits: did you mean {1}[:, 0]?",
            )
    elif len(labels) == len(logits) - 1:
        broadcast_shapes(logits[:-1], labels)
    else:
        raise Mismatch("{1} must be one-hot, of the shape of {0}, or whole numbers, with one axis less.")
    return logits[:-1]


def _scores_and_labels(logits: Operand, labels: Operand) -> Any:
    scores, targets = as_node(logits), labels if isinstance(labels, Node) else constant(np.asarray(labels))
    if targets.ndim == scores.ndim - 1 and targets.dtype.kind not in "iu":
        raise DTypeError(
            f"softmax_cross_entropy: {label(targets)} has one axis less than {label(scores)}, so it must hold whole "
            f"numbers (the index of the right class), and it holds {targets.dtype}: use dtype=int." + built([targets])
        )
    if targets.ndim == scores.ndim and targets.dtype.kind in "biu":
        targets = cast(targets, scores.dtype if scores.dtype.kind == "f" else float)
    return (scores, targets), {}


def _cross_entropy_rule(g: Node, y: Node, z: Node, t: Node) -> Gradients:
    """L = −Σ t log softmax(z):  ∂L/∂z = g (softmax(z) Σ t − t), where Σ t = 1;  ∂L/∂t = −g log softmax(z)."""
    g = expand_dims(g, -1)
    if t.ndim < z.ndim:
        return [g * (softmax(z) - one_hot(t, z)), None]
    return [sum_to(g * (shares(z, sum(t, -1, keepdims=True)) - t), z), sum_to(-g * log_softmax(z), t)]


@composite(_scores_and_labels, shape=_losses, dtype="scores", rule=_cross_entropy_rule)
def softmax_cross_entropy(logits: Node, labels: Node) -> Node:
    """−Σ t · log softmax(z) for each sample, from the scores z (the logits) themselves.

    `labels` are one-hot rows t (or probabilities), or whole numbers, the index of the right class.

    >>> import dlcourse as dl
    >>> z = [[400.0, -400.0], [0.0, 0.0]]
    >>> dl.run(dl.softmax_cross_entropy(z, [0, 1])).round(4)
    array([0.    , 0.6931])
    """
    axis = logits.ndim - 1
    if _is_empty(logits, (axis,)):
        return sum(logits, axis)
    shifted = logits - max(logits, axis, keepdims=True)
    log_total = log(sum(exp(shifted), axis, keepdims=True))
    if labels.ndim < logits.ndim:
        return sum(log_total, axis) - pick(shifted, labels)
    expected = log_total - shifted
    return settled(sum(labels * expected, axis), labels, expected)


@primitive(
    lambda *inputs: (inputs, {}),
    shape=lambda total, weights, values: total,
    rule=lambda g, y, total, weights, values: [g, None, None],
)
def settled(total: Array, weights: Array, values: Array) -> Array:
    """Σ weights · values, given that sum: where it is not finite, what has no weight counts 0, even 0 · ∞."""
    flat = total.ravel()
    if flat.dot(flat) < math.inf:
        return total
    return np.where(weights == 0, 0, weights * values).sum(-1)  # type: ignore[no-any-return]


def settled_sum(weights: Array, values: Array) -> Array:
    """The sum of what `settled` gives for each row."""
    total = weights.ravel().dot(values.ravel())
    if -math.inf < total < math.inf:
        return total  # type: ignore[no-any-return]
    return np.where(weights == 0, 0, weights * values).sum()  # type: ignore[no-any-return]


@primitive(
    shape=lambda scores, labels: scores[:-1],
    dtype="first",
    rule=lambda g, y, scores, labels: [expand_dims(g, -1) * one_hot(labels, scores), None],
)
def pick(scores: Array, labels: Array) -> Array:
    """From each row of `scores` the entry whose index stands in `labels`."""
    classes, labels = scores.shape[-1], np.asarray(labels, like=scores)
    if labels.size and not (labels.min() >= 0 and labels.max() < classes):
        wrong = labels[(labels < 0) | (labels >= classes)].ravel()[0].item()
        raise ValueError(f"there are {classes} classes, counted from 0, and one label is {wrong}")
    return np.take_along_axis(scores, labels[..., None], -1)[..., 0]


def _labels(labels: Operand, like: Operand) -> Any:
    if not isinstance(like, Node) and np.ndim(like) == 0:
        like = broadcast_to(0.0, (whole(like, "one_hot: the number of classes"),))
    return (labels, like), {}


def _rows(labels: ShapeOf, like: ShapeOf) -> Shape:
    if not like:
        raise Mismatch("{1} needs an axis of classes.", "Or give their number: dl.one_hot(labels, 10).")
    return (*labels, like[-1])


@composite(_labels, shape=_rows, dtype="second", rule=_flat)
def one_hot(labels: Node, like: Node) -> Node:
    """Rows with a 1 at the label and 0 elsewhere, as wide as `like` says: a number of classes, or the scores.

    A label that is none of the classes gives a row of zeros.

    >>> import dlcourse as dl
    >>> dl.run(dl.one_hot([0, 2], 3))
    array([[1., 0., 0.],
           [0., 0., 1.]])
    """
    return cast(equal(expand_dims(labels, -1), constant(np.arange(like.shape[-1] or 0))), like.dtype)


# ------------------------------------------------------------------------------------------------- matmul


def _product(a: ShapeOf, b: ShapeOf) -> Shape:
    if not a or not b:
        raise Mismatch("a matrix product needs at least one axis on both sides.", "Use * to multiply by a number.")
    rows, columns = a[-1], b[-2] if len(b) > 1 else b[0]
    if rows is not None and columns is not None and rows != columns:
        wanted = (*b[:-2], rows, b[-1]) if len(b) > 1 else (rows,)
        raise Mismatch(
            f"{rows} columns meet {columns} rows.",
            f"Did you mean {{1}} with shape {shape_text(wanted)}?",
            verb="cannot multiply {0} by {1}",
        )
    batch = broadcast_shapes(a[:-2], b[:-2])
    return (*batch, *a[-2:-1], *(b[-1:] if len(b) > 1 else ()))


def _matmul_rule(g: Node, y: Node, A: Node, B: Node) -> Gradients:
    """C = A B:  ∂L/∂A = G Bᵀ,  ∂L/∂B = Aᵀ G  (Sabinasz, "Gradient for matmul")."""
    if A.ndim == B.ndim == 1:
        return [g * B, g * A]
    rows = A if A.ndim > 1 else expand_dims(A, 0)  # a vector on the left is a row,
    columns = B if B.ndim > 1 else expand_dims(B, 1)  # on the right a column
    G = expand_dims(g, -2) if A.ndim == 1 else expand_dims(g, -1) if B.ndim == 1 else g
    dA, dB = G @ _flipped(columns), _flipped(rows) @ G
    return [sum_to(dA if A.ndim > 1 else sum(dA, -2), A), sum_to(dB if B.ndim > 1 else sum(dB, -1), B)]


@primitive(shape=_product, rule=_matmul_rule)
def matmul(a: Array, b: Array) -> Array:
    """The matrix product, as `@` in NumPy: vectors, matrices, and stacks of matrices.

    >>> import dlcourse as dl
    >>> dl.run(dl.matmul([[1.0, 2.0], [3.0, 4.0]], [1.0, 1.0]))
    array([3., 7.])
    """
    return np.matmul(a, b)  # type: ignore[no-any-return]


def _flipped(x: Node) -> Node:
    """The last two axes exchanged: the transpose of each matrix of a stack."""
    return transpose(x, (*range(x.ndim - 2), -1, -2))


# -------------------------------------------------------------------------------------------------- shape


def _reversed(x: Operand, axes: Sequence[int] | None = None) -> Any:
    x = as_node(x)
    given = tuple(range(x.ndim))[::-1] if axes is None else sizes_in(axes, "transpose", -x.ndim)
    order = tuple(a + x.ndim if a < 0 else a for a in given)
    if sorted(order) != list(range(x.ndim)):
        raise ShapeError(f"transpose: {given} is no order of the axes of {label(x)} {shape_text(x.shape)}.")
    return ((x,), {}) if order == tuple(range(x.ndim))[::-1] else permute(x, axes=order)


@primitive(_reversed, shape=lambda x: x[::-1], rule=lambda g, y, x: [transpose(g)])
def transpose(x: Array) -> Array:
    """x with its axes in the order `axes` (None: reversed).

    >>> import dlcourse as dl
    >>> dl.run(dl.transpose([[1, 2, 3]]))
    array([[1],
           [2],
           [3]])
    """
    return np.transpose(x)


@primitive(
    lambda x, axes: ((x,), {"axes": axes}),
    shape=lambda x, axes: tuple(x[i] for i in axes),
    rule=lambda g, y, x, axes: [transpose(g, np.argsort(axes).tolist())],
)
def permute(x: Array, axes: Axes) -> Array:
    """x with its axes in another order."""
    return np.transpose(x, axes)


def _reshaped(x: ShapeOf, shape: Axes) -> Shape:
    known = math.prod(size for size in shape if size >= 0)
    if None in x:
        return tuple(None if size < 0 else size for size in shape)
    total = math.prod(size or 0 for size in x)
    if (-1 not in shape and known != total) or (-1 in shape and (total % known if known else total)):
        raise Mismatch(f"{total} numbers do not fill the shape {shape_text(shape)}.")
    return tuple(size if size >= 0 else (total // known if known else 0) for size in shape)


def _sizes(x: Operand, shape: Sequence[int | None] | int) -> Any:
    given = [-1 if size is None else size for size in shape] if isinstance(shape, tuple | list) else shape
    sizes = sizes_in(given, "reshape", -1)
    if sizes.count(-1) > 1:
        raise ShapeError(f"reshape: {shape_text(sizes)} leaves more than one size open.")
    return (x,), {"shape": sizes}


def _reshaped_rule(g: Node, y: Node, x: Node, *like: Node, **_: Any) -> Gradients:
    """The same numbers in the shape they came in."""
    return [reshape_like(g, x), *[None] * len(like)]


@primitive(_sizes, shape=_reshaped, rule=_reshaped_rule)
def reshape(x: Array, shape: Axes) -> Array:
    """The same numbers in another shape; one size may be −1, to be worked out from the others.

    >>> import dlcourse as dl
    >>> dl.run(dl.reshape([1, 2, 3, 4], (2, -1)))
    array([[1, 2],
           [3, 4]])
    """
    return np.reshape(x, shape)


def _broadcasted(x: ShapeOf, shape: Shape) -> Shape:
    """Each size is that of `shape`, or 1, or not known yet."""
    extra = len(shape) - len(x)
    if extra < 0 or not all(a == b or a == 1 or None in (a, b) for a, b in zip(x, shape[extra:], strict=True)):
        raise Mismatch(f"it cannot be broadcast to {shape_text(shape)}.")
    return shape


def _to_shape(x: Operand, shape: Sequence[int] | int) -> Any:
    if isinstance(shape, tuple | list) and None in shape:
        raise ShapeError(
            f"broadcast_to {shape_text(shape)} leaves a size open: dl.broadcast_like(x, node) takes it from a node."
        )
    return (x,), {"shape": sizes_in(shape, "broadcast_to")}


def _repeated_rule(g: Node, y: Node, x: Node, *like: Node, **_: Any) -> Gradients:
    """What was repeated adds up."""
    return [sum_to(g, x), *[None] * len(like)]


@primitive(_to_shape, shape=_broadcasted, rule=_repeated_rule)
def broadcast_to(x: Array, shape: Axes) -> Array:
    """x, repeated to fill `shape` by NumPy's broadcasting rule.

    >>> import dlcourse as dl
    >>> dl.run(dl.broadcast_to([1, 2], (2, 2)))
    array([[1, 2],
           [1, 2]])
    """
    return np.broadcast_to(x, shape)


def _expanded(x: ShapeOf, axis: int) -> Shape:
    return (*x[:axis], 1, *x[axis:])


def _new_axis(x: Operand, axis: int) -> Any:
    x = as_node(x)
    return (x,), {"axis": _new(x, axis, "expand_dims")}


def _new(x: Node, axis: int, what: str) -> int:
    """Where a new axis of x is to stand, counted from the first."""
    ndim, place = x.ndim + 1, whole(axis, f"{what}: the axis")
    if not -ndim <= place < ndim:
        raise ShapeError(f"{what} along axis {axis} is not possible: the result has {ndim} axes." + built([x]))
    return place % ndim


@composite(_new_axis, shape=_expanded, dtype="same", rule=_reshaped_rule)
def expand_dims(x: Node, axis: int) -> Node:
    """x with a new axis of size 1 at `axis`.

    >>> import dlcourse as dl
    >>> dl.expand_dims(np.ones((2, 3)), 1).shape
    (2, 1, 3)
    """
    return reshape(x, _expanded(ShapeOf(x.shape), axis))


def _like(x: ShapeOf, like: ShapeOf, **_: Any) -> Shape:
    return like


@composite(shape=_like, dtype="first", rule=_reshaped_rule)
def reshape_like(x: Node, like: Node) -> Node:
    """x in the shape of `like`, whatever that turns out to be."""
    return reshape(x, like.shape)


def _unless_equal(x: Operand, like: Operand) -> Any:
    x, like = as_node(x), as_node(like)
    return x if x.shape == like.shape and None not in x.shape else ((x, like), {})


@composite(_unless_equal, shape=_broadcasted, dtype="first", rule=_repeated_rule)
def broadcast_like(x: Node, like: Node) -> Node:
    """x broadcast to the shape of `like`, whatever that turns out to be.

    >>> import dlcourse as dl
    >>> batch = dl.placeholder("batch", shape=(None, 2))
    >>> dl.run(dl.broadcast_like([1.0, 2.0], batch), {batch: [[0, 0], [0, 0]]})
    array([[1., 2.],
           [1., 2.]])
    """
    return broadcast_to(x, like.shape)


def may_be_equal(a: Shape, b: Shape) -> bool:
    """Whether two shapes may be the same one, as far as is known yet."""
    return len(a) == len(b) and all(m == n or None in (m, n) for m, n in zip(a, b, strict=True))


def _checked_shape(g: ShapeOf, like: ShapeOf) -> Shape:
    if not may_be_equal(like, g):
        raise Mismatch(
            "a gradient must have the shape of what it is the gradient of.",
            "After broadcasting, dl.sum_to(gradient, input) adds up the copies.",
        )
    return like


@composite(shape=_checked_shape, dtype="same", rule=lambda g, y, x, like: [g, None])
def same_shape(g: Node, like: Node) -> Node:
    """g, once it is certain that it has the shape of `like`."""
    return g


@composite(dtype="same", rule=_flat)
def zeros_like(x: Node) -> Node:
    """Zeros of the shape and dtype of x, however many samples that turns out to have.

    >>> import dlcourse as dl
    >>> x = dl.placeholder("x", shape=(None,))
    >>> dl.run(dl.zeros_like(x), {x: [5.0, 6.0]})
    array([0., 0.])
    """
    return broadcast_to(constant(0, dtype=x.dtype), x.shape)


@composite(dtype="same", rule=_flat)
def ones_like(x: Node) -> Node:
    """Ones of the shape and dtype of x, however many samples that turns out to have.

    >>> import dlcourse as dl
    >>> x = dl.placeholder("x", shape=(None,))
    >>> dl.run(dl.ones_like(x), {x: [5.0, 6.0]})
    array([1., 1.])
    """
    return broadcast_to(constant(1, dtype=x.dtype), x.shape)


@composite(
    lambda x, like, axis: ((x, like), {"axis": axis}),
    shape=_like,
    dtype="first",
    rule=lambda g, y, x, like, axis: [reshape_like(sum(g, axis), x), None],
)
def spread(x: Node, like: Node, axis: Axes) -> Node:
    """Undo the shape of a reduction of `like` along `axis`: x, repeated along the axes that were reduced."""
    return broadcast_to(reshape(x, _reduced(ShapeOf(like.shape), axis, True)), like.shape)


def _summed(x: ShapeOf, like: ShapeOf) -> Shape:
    extra = len(x) - len(like)
    if extra < 0 or not all(a == b or b == 1 or None in (a, b) for a, b in zip(x[extra:], like, strict=True)):
        raise Mismatch("no broadcasting makes the first of the second, so adding up leads nowhere.")
    return like


@composite(_unless_equal, shape=_summed, dtype="first", rule=lambda g, y, x, like: [broadcast_like(g, x), None])
def sum_to(x: Node, like: Node) -> Node:
    """Undo broadcasting: add x up until it has the shape of `like`.

    What was copied on the way forward collects the sum of its copies' gradients on the way back.

    >>> import dlcourse as dl
    >>> dl.run(dl.sum_to([[1.0, 2.0], [3.0, 4.0]], [0.0, 0.0]))
    array([4., 6.])
    """
    extra = x.ndim - like.ndim
    repeated = [i for i in range(x.ndim) if i < extra or (like.shape[i - extra] == 1 and x.shape[i] != 1)]
    return reshape(sum(x, tuple(repeated)), like.shape)


# ---------------------------------------------------------------------------------------- parts and joins


class Index(NamedTuple):
    """What stands between the brackets of x[...]: numbers, slices, None and ..., and places of array inputs."""

    items: tuple[Any, ...]
    masks: tuple[tuple[int, int | None], ...] = ()  # axes of x, and how many entries of a mask stand for each

    def real(self, arrays: Sequence[Any] = ()) -> tuple[Any, ...]:
        real = {"slice": lambda *ends: slice(*ends), "input": lambda i: arrays[i - 1]}
        return tuple(real[item[0]](*item[1:]) if isinstance(item, tuple) else item for item in self.items)

    def __str__(self) -> str:
        def text(item: Any) -> str:
            if isinstance(item, tuple) and item[0] == "input":
                return f"{{{item[1]}}}"
            if isinstance(item, tuple):
                start, stop, step = ("" if end is None else str(end) for end in item[1:])
                return f"{start}:{stop}" + (f":{step}" if step else "")
            return "..." if item is Ellipsis else str(item)

        return ", ".join(map(text, self.items)) if self.items else "()"


def _indexed(x: ShapeOf, *arrays: ShapeOf, index: Index) -> Shape:
    """The shape of x[index], by NumPy's rules; the size of a part of an axis whose size is open is open, too."""
    used = builtins.sum(item is not None and item is not Ellipsis for item in index.items)
    if used > len(x):
        raise Mismatch(f"too many indices: {{0}} has {len(x)} axes, and {used} were given.")
    if index.items.count(Ellipsis) > 1:
        raise Mismatch("an index can have a single ellipsis ('...').")
    items: list[Any] = []  # with slices in place of ... and of what is left out
    whole = [("slice", None, None, None)] * (len(x) - used)
    for item in index.items if Ellipsis in index.items else (*index.items, Ellipsis):
        items += whole if item is Ellipsis else [item]
    for axis, entries in index.masks:
        if len(x) <= axis or x[axis] not in (None, entries):
            raise Mismatch(f"{entries} entries that are True or False do not fit it: there must be one for each.")
    sizes = iter(x)
    kept: list[int | None] = []
    places: list[int] = []  # of numbers and arrays among the items
    for place, item in enumerate(items):
        if item is None:
            kept.append(1)
        elif isinstance(item, tuple) and item[0] == "slice":
            size = next(sizes)
            if item[3] == 0:
                raise Mismatch("the step of a slice cannot be 0.")
            is_all = item[1:3] == (None, None) and item[3] in (None, 1, -1)
            kept.append(size if is_all else None if size is None else len(range(*slice(*item[1:]).indices(size))))
        else:
            size = next(sizes)
            if isinstance(item, int) and size is not None and not -size <= item < size:
                raise Mismatch(f"index {item} is out of bounds: that axis has size {size}.")
            places.append(place)
    if arrays:  # their axes stand where the first of them stood, or in front if something stands between them
        together = places == list(range(places[0], places[0] + len(places)))
        start = builtins.sum(1 for item in items[: places[0]]) if together else 0
        kept[start:start] = broadcast_shapes(*arrays)
    return tuple(kept)


def _entries(x: Operand, index: Any) -> Any:
    x = as_node(x)
    items: list[Any] = []
    arrays: list[Node] = []
    masks: list[Any] = []
    given = index if isinstance(index, tuple) else (index,)
    for place, item in enumerate(given):
        if isinstance(item, slice):
            items.append(("slice", *(_whole(end, x) for end in (item.start, item.stop, item.step))))
        elif item is None or item is Ellipsis:
            items.append(item)
        elif isinstance(item, int | np.integer) and not isinstance(item, bool):
            items.append(int(item))
        else:
            node = constant(np.zeros(0, int)) if isinstance(item, list) and not item else as_node(item)
            is_mask = node.dtype.kind == "b"
            if node.dtype.kind not in "iub" or (is_mask and not (isinstance(node, Constant) and node.ndim)):
                raise DTypeError(
                    f"{label(x)} cannot be indexed with {label(node)}, which holds {node.dtype}: use whole numbers. "
                    "To keep some entries and drop others, multiply by 0 or 1, or use dl.where." + built([x, node])
                )
            if is_mask:
                start = _begins(x, given, place)
                masks += [(start + i, size) for i, size in enumerate(node.shape)]
            for part in np.nonzero(node.array) if is_mask else [node]:
                arrays.append(as_node(part))
                items.append(("input", len(arrays)))
    attributes = {"index": Index(tuple(items), tuple(masks))}
    return take(x, *arrays, **attributes) if arrays else ((x,), attributes)


def _whole(end: Any, x: Node) -> int | None:
    try:
        return None if end is None else operator.index(end)
    except TypeError as error:
        raise DTypeError(f"{label(x)} cannot be sliced at {end!r}: use whole numbers." + built([x])) from error


def _begins(x: Node, index: Sequence[Any], place: int) -> int:
    """Which axis of x the item of an index stands for; a mask stands for as many as it has."""

    def axes(items: Sequence[Any]) -> int:
        arrays = [np.asarray(getattr(i, "array", i)) for i in items if isinstance(i, Constant | list | np.ndarray)]
        masks = [array.ndim - 1 for array in arrays if array.dtype == bool]
        return builtins.sum(item is not None for item in items) + builtins.sum(masks)

    before = index[:place]
    return x.ndim - axes(index[place:]) if any(item is Ellipsis for item in before) else axes(before)


def _indexed_rule(g: Node, y: Node, x: Node, *arrays: Node, index: Index) -> Gradients:
    """y = x[i]:  zeros, with g at the places i."""
    return [put_back(g, x, *arrays, index=index), *[None] * len(arrays)]


def _at(g: Node, arrays: Sequence[Node], index: Index) -> Node:
    """g[i], where the index has been taken to pieces already."""
    return take(g, *arrays, index=index) if arrays else g[index.real()]


@primitive(_entries, shape=_indexed, rule=_indexed_rule)
def getitem(x: Array, index: Index) -> Array:
    """x[index], as in NumPy; an index may be a node of whole numbers, too.

    >>> import dlcourse as dl
    >>> x = dl.parameter([[1.0, 2.0], [3.0, 4.0]], name="x")
    >>> dl.run([x[0], x[:, 1], x[[1, 1]]])
    [array([1., 2.]), array([2., 4.]), array([[3., 4.],
           [3., 4.]])]
    """
    return x[index.real()]  # type: ignore[no-any-return]


@primitive(
    lambda x, *arrays, index: ((x, *arrays), {"index": index}), shape=_indexed, dtype="first", rule=_indexed_rule
)
def take(x: Array, *arrays: Array, index: Index) -> Array:
    """x[index], where arrays are among the index."""
    return x[index.real(arrays)]  # type: ignore[no-any-return]


@composite(
    lambda g, like, *arrays, index: ((g, like, *arrays), {"index": index}),
    shape=lambda g, like, *arrays, index: like,
    dtype="first",
    rule=lambda g, y, x, like, *arrays, index: [_at(g, arrays, index), None, *[None] * len(arrays)],
)
def put_back(g: Node, like: Node, *arrays: Node, index: Index) -> Node:
    """Undo indexing: zeros of the shape of `like`, with g at the places that `index` had taken."""
    return scatter(g, *arrays, shape=like.shape, index=index)


@primitive(
    lambda g, *arrays, shape, index: ((g, *arrays), {"shape": shape, "index": index}),
    shape=lambda g, *arrays, shape, index: shape,
    dtype="first",
    rule=lambda g, y, x, *arrays, shape, index: [_at(g, arrays, index), *[None] * len(arrays)],
)
def scatter(g: Array, *arrays: Array, shape: Axes, index: Index) -> Array:
    """Zeros of a shape, with g at the places of an index."""
    whole = np.zeros_like(g, shape=shape or (1,)).reshape(shape)  # CuPy takes () for "no shape given"
    if arrays:  # an entry that was taken twice collects twice
        sys.modules[type(whole).__module__].add.at(whole, index.real(arrays), g)  # NumPy's, or the device's own
    else:
        whole[index.real()] = g
    return whole


def _joined(*shapes: ShapeOf, axis: int) -> Shape:
    if len({len(shape) for shape in shapes}) > 1:
        raise Mismatch("all must have the same number of axes.")
    result: list[int | None] = []
    for i, sizes in enumerate(zip(*shapes, strict=True)):
        known = {size for size in sizes if size is not None}
        if i == axis:
            result.append(None if None in sizes else builtins.sum(size or 0 for size in sizes))
        elif len(known) > 1:
            raise Mismatch(f"their sizes may differ only along axis {axis}.")
        else:
            result.append(known.pop() if known else None)
    return tuple(result)


def _several(nodes: Any, what: str) -> Sequence[Operand]:
    if isinstance(nodes, Node) or not isinstance(nodes, Iterable):
        raise DTypeError(f"{what} takes a list of nodes: dl.{what}([a, b]).")
    given = list(nodes)
    if not given:
        raise ShapeError(f"{what} needs at least one node.")
    return given


def _pieces(nodes: Sequence[Operand], axis: int = 0) -> Any:
    inputs = as_nodes(_several(nodes, "concatenate"), "concatenate")
    return inputs, {"axis": _one_axis(inputs[0], axis, "concatenate")}


def _joined_rule(g: Node, y: Node, *inputs: Node, axis: int) -> Gradients:
    """Each gets its part of g."""
    sizes = [node.shape[axis] for node in inputs]
    if None in sizes:
        return [part(g, *inputs, axis=axis, which=which) for which in range(len(inputs))]
    ends = itertools.accumulate(size or 0 for size in sizes)
    return [g[(*(slice(None),) * axis, slice(end - (n or 0), end))] for n, end in zip(sizes, ends, strict=True)]


@primitive(_pieces, shape=_joined, rule=_joined_rule)
def concatenate(*arrays: Array, axis: int) -> Array:
    """Join along an existing axis, as :func:`numpy.concatenate` does.

    >>> import dlcourse as dl
    >>> dl.run(dl.concatenate([[1, 2], [3]]))
    array([1, 2, 3])
    """
    return np.concatenate(arrays, axis)


def _part_rule(g: Node, y: Node, x: Node, *inputs: Node, axis: int, which: int) -> Gradients:
    """One part of x:  g there, zeros in the other parts."""
    zeros = [cast(zeros_like(node), g.dtype) for node in inputs]
    return [concatenate([*zeros[:which], g, *zeros[which + 1 :]], axis), *[None] * len(inputs)]


@composite(
    lambda g, *inputs, axis, which: ((g, *inputs), {"axis": axis, "which": which}),
    shape=lambda g, *inputs, axis, which: inputs[which],
    dtype="first",
    rule=_part_rule,
)
def part(g: Node, *inputs: Node, axis: int, which: int) -> Node:
    """Undo concatenation: the part of g that belongs to ``inputs[which]``."""
    start = builtins.sum(node.shape[axis] or 0 for node in inputs[:which])
    return g[(*(slice(None),) * axis, slice(start, start + (inputs[which].shape[axis] or 0)))]


def _piled(nodes: Sequence[Operand], axis: int = 0) -> Any:
    inputs = as_nodes(_several(nodes, "stack"), "stack")
    return inputs, {"axis": _new(inputs[0], axis, "stack")}


def _pile(*shapes: ShapeOf, axis: int) -> Shape:
    return _joined(*[ShapeOf(_expanded(shape, axis)) for shape in shapes], axis=axis)


@composite(
    _piled,
    shape=_pile,
    dtype="same",
    rule=lambda g, y, *inputs, axis: [g[(*(slice(None),) * axis, i)] for i in range(len(inputs))],
)
def stack(*nodes: Node, axis: int) -> Node:
    """Put nodes of one shape beside each other along a new axis, as :func:`numpy.stack` does.

    >>> import dlcourse as dl
    >>> dl.run(dl.stack([[1.0, 2.0], [3.0, 4.0]], axis=1))
    array([[1., 3.],
           [2., 4.]])
    """
    return concatenate([expand_dims(node, axis) for node in nodes], axis)


# ---------------------------------------------------------------------------------- operators and methods

_OPERATORS = {"add": add, "sub": subtract, "mul": multiply, "truediv": divide, "pow": power, "matmul": matmul}
for _name, _operation in _OPERATORS.items():
    setattr(Node, f"__{_name}__", lambda self, other, *, kind=_operation: kind(self, other))
    setattr(Node, f"__r{_name}__", lambda self, other, kind=_operation: kind(other, self))
for _name, _operation in {"gt": greater, "ge": greater_equal, "lt": less, "le": less_equal}.items():
    setattr(Node, f"__{_name}__", lambda self, other, kind=_operation: kind(self, other))
for _name, _operation in {"neg": negative, "abs": abs}.items():
    setattr(Node, f"__{_name}__", lambda self, kind=_operation: kind(self))
for _operation in (sum, mean, max, min):
    setattr(Node, _operation.name, lambda self, *axis, kind=_operation, **how: kind(self, *axis, **how))


def _compared(self: Node, other: Any, kind: OperationKind) -> Any:
    """a == b is a node, element by element. Between two nodes, what Python's `in` is told is whether a is b."""
    if not isinstance(other, Node) and not isinstance(other, int | float | np.ndarray | np.generic | list):
        return NotImplemented  # None, a text: no number, so equal to no node
    try:
        node: Any = kind(self, other)
    except ShapeError as error:
        if isinstance(other, Node):
            return Different(error, truth=kind is not_equal)
        raise
    if isinstance(other, Node):
        node.truth = (self is other) == (kind is equal)
    return node


def _truth(self: Node) -> bool:
    truth = getattr(self, "truth", None)
    return _no_truth(self) if truth is None else bool(truth)


def _array_function(self: Node, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """np.sum(node) and the like arrive here: the operation of that name, if there is one."""
    kind = OPERATIONS.get(function.__name__)
    if kind is None or getattr(np, function.__name__, None) is not function:
        self.__array__()
    return kind(*args, **kwargs)


def _array_ufunc(self: Node, ufunc: np.ufunc, method: str, *operands: Any, **options: Any) -> Any:
    """array + node arrives here."""
    kind = OPERATIONS.get({"absolute": "abs", "true_divide": "divide"}.get(ufunc.__name__, ufunc.__name__))
    if kind is None or method != "__call__" or options:
        self.__array__()
    return kind(*operands)


_no_truth = Node.__bool__
for _name, _function in {
    "__getitem__": lambda self, index: getitem(self, index),
    "__eq__": lambda self, other: _compared(self, other, equal),
    "__ne__": lambda self, other: _compared(self, other, not_equal),
    "__hash__": object.__hash__,
    "__bool__": _truth,
    "__array_ufunc__": _array_ufunc,
    "__array_function__": _array_function,
    "T": property(lambda self: transpose(self), doc="The transpose: all axes reversed."),
    "transpose": lambda self, *axes: transpose(self, axes[0] if len(axes) == 1 else axes or None),
    "reshape": lambda self, *shape: reshape(self, shape[0] if len(shape) == 1 else shape),
}.items():
    setattr(Node, _name, _function)

__test__ = {kind.name: kind.__doc__ for kind in OPERATIONS.values() if kind.__doc__}  # for doctest
