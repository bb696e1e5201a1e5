"""The operations: what each computes, its formula, and the shape of its result.

Two kinds of entry. A *primitive* is one NumPy call. A *composite* is given by its formula in simpler operations;
it stays one node in your graph, in pictures and in error messages, and is taken apart only when a program is
compiled, where the parts are shared (the exponentials of a softmax serve its gradient, too).
The derivatives are in ``derivatives.py``, in the same order.
"""

from __future__ import annotations

import builtins
import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from dlcourse.engine.errors import DTypeError, Mismatch, ShapeError, built, label, shape_text
from dlcourse.engine.graph import OPERATIONS, Array, Constant, Node, Operand, Shape, as_nodes, constant
from dlcourse.engine.kinds import OperationKind, ShapeOf, ShapeRule, broadcast_shapes

Axis = int | Sequence[int] | None


def _primitive(
    name: str,
    compute: str | Callable[..., Any],
    shape: ShapeRule | None = None,
    dtype: str | DTypeLike = "same",
    scalar: str = "",
    view: bool = False,
    function: Callable[..., Any] | None = None,
) -> OperationKind:
    OPERATIONS[name] = OperationKind(name, compute, shape, dtype, scalar, view, function=function)
    return OPERATIONS[name]


def _composite(
    name: str, shape: ShapeRule | None = None, dtype: str = "float"
) -> Callable[[Callable[..., Node]], OperationKind]:
    def register(formula: Callable[..., Node]) -> OperationKind:
        OPERATIONS[name] = OperationKind(name, shape=shape, dtype=dtype, formula=formula)
        return OPERATIONS[name]

    return register


def _node(value: Operand) -> Node:
    return value if isinstance(value, Node) else constant(value)


# ---------------------------------------------------------------------------------------- number by number

#            name             NumPy             dtype          on single numbers
_add = _primitive("add", "add", scalar="{0} + {1}")
_subtract = _primitive("subtract", "subtract", scalar="{0} - {1}")
_multiply = _primitive("multiply", "multiply", scalar="{0} * {1}")
_divide = _primitive("divide", "divide", dtype="float", scalar="{0} / {1}")
_power = _primitive("power", "power", dtype="float", scalar="pow({0}, {1})")
_negative = _primitive("negative", "negative", scalar="-{0}")
_exp = _primitive("exp", "exp", dtype="float", scalar="exp({0})")
_log = _primitive("log", "log", dtype="float", scalar="log({0})")
_sqrt = _primitive("sqrt", "sqrt", dtype="float", scalar="sqrt({0})")
_sin = _primitive("sin", "sin", dtype="float", scalar="sin({0})")
_cos = _primitive("cos", "cos", dtype="float", scalar="cos({0})")
_tanh = _primitive("tanh", "tanh", dtype="float", scalar="tanh({0})")
_abs = _primitive("abs", "absolute", scalar="fabs({0})")
_sign = _primitive("sign", "sign", scalar="({0} if {0} != {0} else float(({0} > 0) - ({0} < 0)))")
_maximum = _primitive("maximum", "maximum", scalar="({0} if {0} >= {1} or {0} != {0} else {1})")
_minimum = _primitive("minimum", "minimum", scalar="({0} if {0} <= {1} or {0} != {0} else {1})")
_greater = _primitive("greater", "greater", dtype=bool, scalar="{0} > {1}")
_greater_equal = _primitive("greater_equal", "greater_equal", dtype=bool, scalar="{0} >= {1}")
_less = _primitive("less", "less", dtype=bool, scalar="{0} < {1}")
_less_equal = _primitive("less_equal", "less_equal", dtype=bool, scalar="{0} <= {1}")
_equal = _primitive("equal", "equal", dtype=bool, scalar="{0} == {1}")
_where = _primitive(
    "where", "where({0}, {1}, {2})", dtype="branches", scalar="({1} if {0} else {2})", function=np.where
)
_cast = _primitive("cast", "{0}.astype({dtype})", function=lambda x, dtype: x.astype(dtype))


def add(a: Operand, b: Operand) -> Node:
    """a + b, element by element, with NumPy's broadcasting."""
    return _add(a, b)


def subtract(a: Operand, b: Operand) -> Node:
    """a − b, element by element."""
    return _subtract(a, b)


def multiply(a: Operand, b: Operand) -> Node:
    """a · b, element by element."""
    return _multiply(a, b)


def divide(a: Operand, b: Operand) -> Node:
    """a / b, element by element; whole numbers give a floating-point result."""
    return _divide(a, b)


def power(a: Operand, b: Operand) -> Node:
    """aᵇ, element by element; 0⁰ = 1, and a⁰ has gradient 0 everywhere.

    >>> import dlcourse as dl
    >>> x = dl.parameter([-3.0, 0.0])
    >>> dl.run([x**2, x**0])
    [array([9., 0.]), array([1., 1.])]
    """
    return _power(a, b)


def negative(x: Operand) -> Node:
    """−x."""
    return _negative(x)


def exp(x: Operand) -> Node:
    """eˣ."""
    return _exp(x)


def log(x: Operand) -> Node:
    """The natural logarithm; −∞ at 0, NaN below."""
    return _log(x)


def sqrt(x: Operand) -> Node:
    """√x."""
    return _sqrt(x)


def sin(x: Operand) -> Node:
    """The sine of x radians."""
    return _sin(x)


def cos(x: Operand) -> Node:
    """The cosine of x radians."""
    return _cos(x)


def tanh(x: Operand) -> Node:
    """The hyperbolic tangent, (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)."""
    return _tanh(x)


def abs(x: Operand) -> Node:
    """|x|; its derivative at 0 is taken to be 0."""
    return _abs(x)


def sign(x: Operand) -> Node:
    """−1, 0 or 1."""
    return _sign(x)


def maximum(a: Operand, b: Operand) -> Node:
    """The larger of a and b, element by element; at a tie they share the gradient equally."""
    return _maximum(a, b)


def minimum(a: Operand, b: Operand) -> Node:
    """The smaller of a and b, element by element; at a tie they share the gradient equally."""
    return _minimum(a, b)


def equal(a: Operand, b: Operand) -> Node:
    """Where a = b (`==` itself compares nodes, not their values)."""
    return _equal(a, b)


def where(condition: Operand, a: Operand, b: Operand) -> Node:
    """a where the condition holds, b elsewhere; the gradient goes to the one that was chosen.

    >>> import dlcourse as dl
    >>> x = dl.parameter([-1.0, 2.0])
    >>> dl.run(dl.where(x > 0, x, 0.1 * x))
    array([-0.1,  2. ])
    """
    return _where(cast(condition, bool), *as_nodes((a, b), "where"))


def cast(x: Operand, dtype: DTypeLike) -> Node:
    """x with another dtype."""
    node = _node(x)
    return node if node.dtype == np.dtype(dtype) else _cast(node, dtype=np.dtype(dtype).name)


@_composite("square", dtype="same")
def _square(x: Node) -> Node:
    return x * x


@_composite("sigmoid")
def _sigmoid(x: Node) -> Node:
    return 1 / (1 + exp(-x))  # where exp(-x) overflows to infinity, 1/∞ = 0 is right


@_composite("relu", dtype="same")
def _relu(x: Node) -> Node:
    return maximum(x, 0)


@_composite("clip", dtype="same")
def _clip(x: Node, low: Node, high: Node) -> Node:
    bounded = [isinstance(bound, Constant) and bool(np.all(np.isinf(bound.array))) for bound in (low, high)]
    x = x if bounded[0] else maximum(x, low)
    return x if bounded[1] else minimum(x, high)


@_composite("squared_error")
def _squared_error(prediction: Node, target: Node) -> Node:
    return square(prediction - target)


def square(x: Operand) -> Node:
    """x²."""
    return _square(x)


def sigmoid(x: Operand) -> Node:
    """σ(x) = 1 / (1 + e⁻ˣ), from 0 to 1, without overflow at either end.

    >>> import dlcourse as dl
    >>> dl.run(dl.sigmoid([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    return _sigmoid(x)


def relu(x: Operand) -> Node:
    """max(x, 0); its derivative at 0 is taken to be 0."""
    return _relu(x)


def clip(x: Operand, low: Operand | None = None, high: Operand | None = None) -> Node:
    """x, kept between `low` and `high`; the gradient passes from `low` to `high`, both included."""
    return _clip(x, -math.inf if low is None else low, math.inf if high is None else high)


def squared_error(prediction: Operand, target: Operand) -> Node:
    """(p − t)², element by element: take its mean or its sum for a loss."""
    return _squared_error(prediction, target)


# --------------------------------------------------------------------------------------------- adding up


def _reduced(x: ShapeOf, axis: tuple[int, ...], keepdims: bool) -> Shape:
    sizes = [1 if i in axis else size for i, size in enumerate(x)]
    return tuple(size for i, size in enumerate(sizes) if keepdims or i not in axis)


def _reduced_not_empty(x: ShapeOf, axis: tuple[int, ...], keepdims: bool) -> Shape:
    if any(x[i] == 0 for i in axis):
        raise Mismatch("there is nothing to choose from along an axis of size 0.")
    return _reduced(x, axis, keepdims)


def _axes(x: Node, axis: Axis, what: str) -> tuple[int, ...]:
    """`axis` as NumPy takes it, as a tuple of axes counted from the first."""
    if axis is None:
        return tuple(range(x.ndim))
    given = tuple(axis) if isinstance(axis, Iterable) else (axis,)
    axes = tuple(a + x.ndim if a < 0 else a for a in given)
    if len(set(axes)) < len(axes) or any(not 0 <= a < x.ndim for a in axes):
        raise ShapeError(
            f"{what} along axis {axis} is not possible: {label(x)} has shape {shape_text(x.shape)}, "
            f"whose axes are {', '.join(map(str, range(x.ndim))) or 'none'}." + built([x])
        )
    return tuple(sorted(int(a) for a in axes))


_sum = _primitive("sum", "add.reduce({0}, axis={axis}, keepdims={keepdims}{out})", _reduced, function=np.add.reduce)
_max = _primitive(
    "max", "maximum.reduce({0}, axis={axis}, keepdims={keepdims}{out})", _reduced_not_empty, function=np.maximum.reduce
)
_min = _primitive(
    "min", "minimum.reduce({0}, axis={axis}, keepdims={keepdims}{out})", _reduced_not_empty, function=np.minimum.reduce
)


@_composite("mean", shape=_reduced)
def _mean(x: Node, axis: tuple[int, ...], keepdims: bool) -> Node:
    return _sum(x if x.dtype.kind == "f" else cast(x, float), axis=axis, keepdims=keepdims) / count(x, axis)


@_composite("count", shape=lambda x, axis: ())
def _count(x: Node, axis: tuple[int, ...]) -> Node:
    return constant(float(math.prod(x.shape[i] or 0 for i in axis)), dtype=x.dtype if x.dtype.kind == "f" else None)


@_composite("logsumexp", shape=_reduced)
def _logsumexp(x: Node, axis: tuple[int, ...], keepdims: bool) -> Node:
    largest = _max(x, axis=axis, keepdims=True)
    largest = where(abs(largest) < math.inf, largest, 0)  # ∞ − ∞ has no value
    total = _sum(exp(x - largest), axis=axis, keepdims=True)
    return log(total) + largest if keepdims else _sum(log(total) + largest, axis=axis, keepdims=False)


@_composite("softmax", shape=lambda x, axis: x)
def _softmax(x: Node, axis: tuple[int, ...]) -> Node:
    e = exp(x - _max(x, axis=axis, keepdims=True))  # the largest becomes 0, so nothing overflows
    return e / _sum(e, axis=axis, keepdims=True)


@_composite("shares", shape=lambda x, total, axis: x)
def _shares(x: Node, total: Node, axis: tuple[int, ...]) -> Node:
    e = exp(x - _max(x, axis=axis, keepdims=True))
    return e * (total / _sum(e, axis=axis, keepdims=True))


@_composite("log_softmax", shape=lambda x, axis: x)
def _log_softmax(x: Node, axis: tuple[int, ...]) -> Node:
    shifted = x - _max(x, axis=axis, keepdims=True)
    return shifted - log(_sum(exp(shifted), axis=axis, keepdims=True))


def sum(x: Operand, axis: Axis = None, keepdims: bool = False) -> Node:
    """Add up along `axis` (None: everything), as :func:`numpy.sum` does.

    >>> import dlcourse as dl
    >>> dl.run(dl.sum([[1.0, 2.0], [3.0, 4.0]], axis=0))
    array([4., 6.])
    """
    x = _node(x)
    dtype = {"dtype": np.add.reduce(np.empty(0, x.dtype)).dtype} if x.dtype.kind in "biu" else {}
    return _sum(cast(x, dtype["dtype"]) if dtype else x, axis=_axes(x, axis, "sum"), keepdims=keepdims)


def mean(x: Operand, axis: Axis = None, keepdims: bool = False) -> Node:
    """The average along `axis` (None: of everything)."""
    x = _node(x)
    return _mean(x, axis=_axes(x, axis, "mean"), keepdims=keepdims)


def max(x: Operand, axis: Axis = None, keepdims: bool = False) -> Node:
    """The largest along `axis`; several equally large ones share the gradient equally."""
    x = _node(x)
    return _max(x, axis=_axes(x, axis, "max"), keepdims=keepdims)


def min(x: Operand, axis: Axis = None, keepdims: bool = False) -> Node:
    """The smallest along `axis`; several equally small ones share the gradient equally."""
    x = _node(x)
    return _min(x, axis=_axes(x, axis, "min"), keepdims=keepdims)


def count(x: Operand, axis: Axis = None) -> Node:
    """How many numbers lie along `axis` (None: all of them)."""
    x = _node(x)
    return _count(x, axis=_axes(x, axis, "count"))


def logsumexp(x: Operand, axis: Axis = -1, keepdims: bool = False) -> Node:
    """log Σ eˣ along `axis`, without overflow."""
    x = _node(x)
    return _logsumexp(x, axis=_axes(x, axis, "logsumexp"), keepdims=keepdims)


def softmax(x: Operand, axis: Axis = -1) -> Node:
    """eˣ / Σ eˣ along `axis`: scores become probabilities.

    >>> import dlcourse as dl
    >>> dl.run(dl.softmax([[1000.0, 0.0], [1.0, 1.0]]))
    array([[1. , 0. ],
           [0.5, 0.5]])
    """
    x = _node(x)
    return _softmax(x, axis=_axes(x, axis, "softmax"))


def shares(x: Operand, total: Operand, axis: Axis = -1) -> Node:
    """A total, shared out as softmax(x) says."""
    x = _node(x)
    return _shares(x, total, axis=_axes(x, axis, "shares"))


def log_softmax(x: Operand, axis: Axis = -1) -> Node:
    """log softmax(x) = x − log Σ eˣ, computed without ever taking the logarithm of 0."""
    x = _node(x)
    return _log_softmax(x, axis=_axes(x, axis, "log_softmax"))


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


@_composite("softmax_cross_entropy", shape=_losses, dtype="floats")
def _softmax_cross_entropy(logits: Node, labels: Node) -> Node:
    axis = logits.ndim - 1
    shifted = logits - _max(logits, axis=(axis,), keepdims=True)
    log_total = log(sum(exp(shifted), axis, keepdims=True))
    if labels.ndim < logits.ndim:
        return sum(log_total, axis) - pick(shifted, labels)
    return sum(sum(labels, axis, keepdims=True) * log_total, axis) - sum(labels * shifted, axis)


def softmax_cross_entropy(logits: Operand, labels: Operand) -> Node:
    """−Σ t · log softmax(z) for each sample, from the scores z (the logits) themselves.

    `labels` are one-hot rows t (or probabilities), or whole numbers, the index of the right class.

    >>> import dlcourse as dl
    >>> z = [[400.0, -400.0], [0.0, 0.0]]
    >>> dl.run(dl.softmax_cross_entropy(z, [0, 1])).round(4)
    array([0.    , 0.6931])
    """
    scores, targets = _node(logits), labels if isinstance(labels, Node) else constant(np.asarray(labels))
    if targets.ndim == scores.ndim - 1 and targets.dtype.kind not in "iu":
        raise DTypeError(
            f"softmax_cross_entropy: {label(targets)} has one axis less than {label(scores)}, so it must hold whole "
            f"numbers (the index of the right class), and it holds {targets.dtype}: use dtype=int." + built([targets])
        )
    if targets.ndim == scores.ndim and targets.dtype.kind in "biu":
        targets = cast(targets, scores.dtype)
    return _softmax_cross_entropy(scores, targets)


def _pick(scores: Array, labels: Array) -> Array:
    classes, labels = scores.shape[-1], np.asarray(labels, like=scores)
    if labels.size and not (labels.min() >= 0 and labels.max() < classes):
        wrong = labels[(labels < 0) | (labels >= classes)].ravel()[0].item()
        raise ValueError(f"there are {classes} classes, counted from 0, and one label is {wrong}")
    return np.take_along_axis(scores, labels[..., None], -1)[..., 0]


_pick_kind = _primitive("pick", _pick, lambda scores, labels: scores[:-1], dtype="first")


def pick(scores: Operand, labels: Operand) -> Node:
    """From each row of `scores` the entry whose index stands in `labels`."""
    return _pick_kind(scores, labels)


@_composite("one_hot", shape=lambda labels, like: (*labels, like[-1]), dtype="second")
def _one_hot(labels: Node, like: Node) -> Node:
    return cast(equal(expand_dims(labels, -1), constant(np.arange(like.shape[-1] or 0))), like.dtype)


def one_hot(labels: Operand, like: Node) -> Node:
    """Rows with a 1 at the label and 0 elsewhere, as wide as `like` and of its dtype."""
    return _one_hot(labels, like)


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


_matmul = _primitive("matmul", "matmul({0}, {1}{out})", _product, function=np.matmul)


def matmul(a: Operand, b: Operand) -> Node:
    """The matrix product, as `@` in NumPy: vectors, matrices, and stacks of matrices."""
    return _matmul(a, b)


# -------------------------------------------------------------------------------------------------- shape


def _permuted(x: ShapeOf, axes: tuple[int, ...]) -> Shape:
    return tuple(x[i] for i in axes)


def _reshaped(x: ShapeOf, shape: tuple[int, ...]) -> Shape:
    known = math.prod(size for size in shape if size >= 0)
    if None in x:
        return tuple(None if size < 0 else size for size in shape)
    total = math.prod(size or 0 for size in x)
    if (-1 not in shape and known != total) or (-1 in shape and (total % known if known else total)):
        raise Mismatch(f"{total} numbers do not fill the shape {shape_text(shape)}.")
    return tuple(size if size >= 0 else (total // known if known else 0) for size in shape)


def _broadcasted(x: ShapeOf, shape: Shape) -> Shape:
    try:
        fits = len(x) <= len(shape) and broadcast_shapes(x, shape) == tuple(shape)
    except Mismatch:
        fits = False
    if not fits:
        raise Mismatch(f"it cannot be broadcast to {shape_text(shape)}.")
    return shape


def _expanded(x: ShapeOf, axis: int) -> Shape:
    return (*x[:axis], 1, *x[axis:])


_transpose = _primitive("transpose", "{0}.T", lambda x: x[::-1], view=True, function=np.transpose)
_columns = _primitive("columns", "{0}.T.copy()", lambda x: x[::-1], function=np.transpose)
_permute = _primitive("permute", "{0}.transpose({axes})", _permuted, view=True, function=np.transpose)
_reshape = _primitive("reshape", "{0}.reshape({shape})", _reshaped, view=True, function=np.reshape)
_broadcast_to = _primitive(
    "broadcast_to", "broadcast_to({0}, {shape})", _broadcasted, view=True, function=np.broadcast_to
)


def _like(x: ShapeOf, like: ShapeOf, **_: Any) -> Shape:
    return like


@_composite("reshape_like", shape=_like, dtype="first")
def _reshape_like(x: Node, like: Node) -> Node:
    return reshape(x, like.shape)


@_composite("broadcast_like", shape=_like, dtype="first")
def _broadcast_like(x: Node, like: Node) -> Node:
    return broadcast_to(x, like.shape)


@_composite("spread", shape=_like, dtype="first")
def _spread(x: Node, like: Node, axis: tuple[int, ...]) -> Node:
    return broadcast_to(reshape(x, _reduced(ShapeOf(like.shape), axis, True)), like.shape)


@_composite("sum_to", shape=_like, dtype="first")
def _sum_to(x: Node, like: Node) -> Node:
    extra = x.ndim - like.ndim
    repeated = [i for i in range(x.ndim) if i < extra or (like.shape[i - extra] == 1 and x.shape[i] != 1)]
    return reshape(_sum(x, axis=tuple(repeated), keepdims=False), like.shape)


@_composite("expand_dims", shape=_expanded, dtype="same")
def _expand_dims(x: Node, axis: int) -> Node:
    return reshape(x, _expanded(ShapeOf(x.shape), axis))


def transpose(x: Operand, axes: Sequence[int] | None = None) -> Node:
    """x with its axes in the order `axes` (None: reversed)."""
    x = _node(x)
    order = tuple(range(x.ndim))[::-1] if axes is None else tuple(a + x.ndim if a < 0 else a for a in axes)
    if sorted(order) != list(range(x.ndim)):
        raise ShapeError(f"transpose: {tuple(axes or ())} is no order of the axes of {label(x)} {shape_text(x.shape)}.")
    return _transpose(x) if order == tuple(range(x.ndim))[::-1] else _permute(x, axes=order)


def reshape(x: Operand, shape: Sequence[int | None] | int) -> Node:
    """The same numbers in another shape; one size may be −1, to be worked out from the others."""
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    whole = tuple(-1 if size is None else int(size) for size in sizes)
    if whole.count(-1) > 1 or builtins.min(whole, default=0) < -1:
        raise ShapeError(f"reshape: {shape_text(sizes)} leaves more than one size open.")
    return _reshape(x, shape=whole)


def broadcast_to(x: Operand, shape: Sequence[int | None] | int) -> Node:
    """x, repeated to fill `shape` by NumPy's broadcasting rule."""
    return _broadcast_to(x, shape=(shape,) if isinstance(shape, int) else tuple(shape))


def expand_dims(x: Operand, axis: int) -> Node:
    """x with a new axis of size 1 at `axis`."""
    x = _node(x)
    return _expand_dims(x, axis=axis + x.ndim + 1 if axis < 0 else axis)


def reshape_like(x: Operand, like: Node) -> Node:
    """x in the shape of `like`, whatever that turns out to be."""
    return _reshape_like(x, like)


def broadcast_like(x: Operand, like: Node) -> Node:
    """x broadcast to the shape of `like`, whatever that turns out to be."""
    x = _node(x)
    return x if x.shape == like.shape and None not in x.shape else _broadcast_like(x, like)


def spread(x: Operand, like: Node, axis: tuple[int, ...]) -> Node:
    """Undo the shape of a reduction of `like` along `axis`: x, repeated along the axes that were reduced."""
    return _spread(x, like, axis=axis)


def sum_to(x: Operand, like: Node) -> Node:
    """Undo broadcasting: add x up until it has the shape of `like`.

    What was copied on the way forward collects the sum of its copies' gradients on the way back.
    """
    x = _node(x)
    return x if x.shape == like.shape and None not in x.shape else _sum_to(x, like)


# ---------------------------------------------------------------------------------------- parts and joins


class Index(NamedTuple):
    """What stands between the brackets of x[...]: numbers, slices, None and ..., and places of array inputs."""

    items: tuple[Any, ...]

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
    """The shape of x[index]: ask NumPy, with three sizes for each unknown one; what varies with them stays unknown."""
    found: list[Shape] = []
    smallest = 1 if arrays else 0  # no entry can be picked out of an empty stand-in, and NumPy 2.0 only warns of it
    for unknown in (smallest, 10**6 + 3, 10**6 + 33):
        sizes = [tuple(unknown if size is None else size for size in shape) for shape in (x, *arrays)]
        if unknown and sizes[0] == tuple(x) and sizes[1:] == list(map(tuple, arrays)) and found:
            break  # nothing is unknown
        stand_ins = [np.broadcast_to(np.zeros((), int), size) for size in sizes]
        try:
            found.append(stand_ins[0][index.real(stand_ins[1:])].shape)
        except IndexError as error:
            problem = error
    if not found:
        raise Mismatch(f"{problem}.")
    return tuple(sizes[0] if len(set(sizes)) == 1 and sizes[0] < 10**6 else None for sizes in zip(*found, strict=True))


def _scatter(g: Array, *arrays: Array, shape: tuple[int, ...], index: Index) -> Array:
    whole = np.zeros_like(g, shape=shape)
    if arrays:
        np.add.at(whole, index.real(arrays), g)  # an entry that was taken twice collects twice
    else:
        whole[index.real()] = g
    return whole


_getitem = _primitive("getitem", "{0}[{index}]", _indexed, view=True, function=lambda x, index: x[index.real()])
_take = _primitive(
    "take", "{0}[{index}]", _indexed, dtype="first", function=lambda x, *arrays, index: x[index.real(arrays)]
)
_scatter_kind = _primitive("scatter", _scatter, lambda g, *arrays, shape, index: shape, dtype="first")


@_composite("put_back", shape=lambda g, like, *arrays, index: like, dtype="first")
def _put_back(g: Node, like: Node, *arrays: Node, index: Index) -> Node:
    return _scatter_kind(g, *arrays, shape=like.shape, index=index)


def getitem(x: Node, index: Any) -> Node:
    """x[index], as in NumPy; an index may be a node of whole numbers, too.

    >>> import dlcourse as dl
    >>> x = dl.parameter([[1.0, 2.0], [3.0, 4.0]], name="x")
    >>> dl.run([x[0], x[:, 1], x[[1, 1]]])
    [array([1., 2.]), array([2., 4.]), array([[3., 4.],
           [3., 4.]])]
    """
    items: list[Any] = []
    arrays: list[Node] = []
    for item in index if isinstance(index, tuple) else (index,):
        if isinstance(item, slice):
            items.append(("slice", *(None if end is None else int(end) for end in (item.start, item.stop, item.step))))
        elif item is None or item is Ellipsis:
            items.append(item)
        elif isinstance(item, int | np.integer) and not isinstance(item, bool):
            items.append(int(item))
        else:
            node = _node(item)
            if node.dtype.kind not in "iub" or (node.dtype.kind == "b" and not isinstance(node, Constant)):
                raise DTypeError(
                    f"{label(x)} cannot be indexed with {label(node)}, which holds {node.dtype}: use whole numbers. "
                    "To keep some entries and drop others, multiply by 0 or 1, or use dl.where." + built([x, node])
                )
            many = np.nonzero(node.array) if isinstance(node, Constant) and node.dtype.kind == "b" else [node]
            for part in many:
                arrays.append(_node(part))
                items.append(("input", len(arrays)))
    return (_take if arrays else _getitem)(x, *arrays, index=Index(tuple(items)))


def put_back(g: Operand, like: Node, arrays: Sequence[Node], index: Index) -> Node:
    """Undo indexing: zeros of the shape of `like`, with g at the places that `index` had taken."""
    return _put_back(g, like, *arrays, index=index)


def _joined(*shapes: ShapeOf, axis: int) -> Shape:
    for shape in shapes[1:]:
        if len(shape) != len(shapes[0]):
            raise Mismatch("all must have the same number of axes.")
    sizes = [shape[axis] for shape in shapes]
    rest = [
        broadcast_shapes(*[(shape[i],) for shape in shapes])[0]
        if i != axis
        else (None if None in sizes else builtins.sum(size or 0 for size in sizes))
        for i in range(len(shapes[0]))
    ]
    if any(shape[i] is not None and shape[i] != rest[i] for shape in shapes for i in range(len(rest)) if i != axis):
        raise Mismatch(f"their sizes may differ only along axis {axis}.")
    return tuple(rest)


def _one_part(g: ShapeOf, *inputs: ShapeOf, axis: int, which: int) -> Shape:
    return inputs[which]


_concatenate = _primitive(
    "concatenate",
    "concatenate(({inputs},), axis={axis}{out})",
    _joined,
    function=lambda *arrays, axis: np.concatenate(arrays, axis),
)


@_composite("part", shape=_one_part, dtype="first")
def _part(g: Node, *inputs: Node, axis: int, which: int) -> Node:
    start = builtins.sum(node.shape[axis] or 0 for node in inputs[:which])
    return g[(slice(None),) * axis + (slice(start, start + (inputs[which].shape[axis] or 0)),)]


def concatenate(nodes: Sequence[Operand], axis: int = 0) -> Node:
    """Join along an existing axis, as :func:`numpy.concatenate` does."""
    inputs = as_nodes(nodes, "concatenate")
    if not inputs:
        raise ShapeError("concatenate needs at least one node.")
    (first,) = _axes(inputs[0], axis, "concatenate")
    return _concatenate(*inputs, axis=first)


def part(g: Operand, inputs: Sequence[Node], axis: int, which: int) -> Node:
    """Undo concatenation: the part of g that belongs to ``inputs[which]``."""
    return _part(g, *inputs, axis=axis, which=which)


def parts(g: Node, inputs: Sequence[Node], axis: int) -> list[Node]:
    """Undo concatenation: g in as many parts as there were `inputs`."""
    sizes = [node.shape[axis] for node in inputs]
    if None in sizes:
        return [part(g, inputs, axis, which) for which in range(len(inputs))]
    ends = list(itertools.accumulate(size or 0 for size in sizes))
    before = (slice(None),) * axis
    return [g[(*before, slice(end - (size or 0), end))] for size, end in zip(sizes, ends, strict=True)]
