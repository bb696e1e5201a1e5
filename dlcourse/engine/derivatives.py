"""The table of derivatives: how a gradient passes through each operation, in the order of ``operations.py``.

A rule gets the node `op` and the node `g`, ∂L/∂op; it returns ∂L/∂input for each of ``op.inputs``, as graph nodes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlcourse.engine.differentiation import register_gradient
from dlcourse.engine.graph import OPERATIONS, Constant, Node, Operation
from dlcourse.engine.operations import (
    broadcast_like,
    cast,
    cos,
    equal,
    expand_dims,
    log,
    log_softmax,
    one_hot,
    parts,
    put_back,
    reshape_like,
    shares,
    sign,
    sin,
    softmax,
    spread,
    sum,
    sum_to,
    transpose,
    where,
)


@register_gradient("add")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """c = a + b:  ∂L/∂a = g,  ∂L/∂b = g  (Sabinasz, "Gradient for add")."""
    a, b = op.inputs
    return [sum_to(g, a), sum_to(g, b)]


@register_gradient("subtract")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """c = a − b:  ∂L/∂a = g,  ∂L/∂b = −g."""
    a, b = op.inputs
    return [sum_to(g, a), sum_to(-g, b)]


@register_gradient("multiply")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """c = a b:  ∂L/∂a = g b,  ∂L/∂b = g a  (Sabinasz, "Gradient for multiply")."""
    a, b = op.inputs
    return [sum_to(g * b, a), sum_to(g * a, b)]


@register_gradient("divide")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """c = a / b:  ∂L/∂a = g / b,  ∂L/∂b = −g c / b."""
    a, b = op.inputs
    return [sum_to(g / b, a), sum_to(-g * op / b, b)]


@register_gradient("power")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """c = aᵇ:  ∂L/∂a = g b aᵇ⁻¹, and 0 where b = 0;  ∂L/∂b = g c log a, and 0 where a = 0."""
    a, b = op.inputs
    if isinstance(b, Constant) and b.array.ndim == 0:
        n = b.array.item()
        return [g * (n * a ** (n - 1)) if n != 0 else broadcast_like(cast(0.0, a.dtype), a), None]
    slope = where(equal(b, 0), 0, b * a ** where(equal(b, 0), 1, b - 1))
    return [sum_to(g * slope, a), sum_to(g * op * log(where(equal(a, 0), 1, a)), b)]


@register_gradient("negative")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """y = −x:  ∂L/∂x = −g  (Sabinasz, "Gradient for negative")."""
    return [-g]


@register_gradient("exp")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """y = eˣ:  ∂L/∂x = g y."""
    return [g * op]


@register_gradient("log")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """y = log x:  ∂L/∂x = g / x  (Sabinasz, "Gradient for log")."""
    return [g / op.inputs[0]]


@register_gradient("sqrt")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """y = √x:  ∂L/∂x = g / 2y."""
    return [g / (2 * op)]


@register_gradient("square")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """y = x²:  ∂L/∂x = 2 g x."""
    return [g * (2 * op.inputs[0])]


@register_gradient("abs")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """y = |x|:  ∂L/∂x = g sign(x), and sign(0) = 0."""
    return [g * sign(op.inputs[0])]


@register_gradient("sign")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """sign(x) is flat wherever it has a derivative."""
    return [None]


@register_gradient("sin")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """y = sin x:  ∂L/∂x = g cos x."""
    return [g * cos(op.inputs[0])]


@register_gradient("cos")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """y = cos x:  ∂L/∂x = −g sin x."""
    return [-(g * sin(op.inputs[0]))]


@register_gradient("tanh")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """y = tanh x:  ∂L/∂x = g (1 − y²)."""
    return [g * (1 - op * op)]


@register_gradient("sigmoid")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """y = σ(x):  ∂L/∂x = g y (1 − y)  (Sabinasz, "Gradient for sigmoid")."""
    return [g * (op * (1 - op))]


@register_gradient("relu")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """y = max(x, 0):  ∂L/∂x = g where y > 0, and 0 elsewhere, at 0 itself too."""
    return [g * cast(op > 0, g.dtype)]


@register_gradient("maximum")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """The larger one gets the gradient; equal ones get half each."""
    a, b = op.inputs
    half = where(equal(a, b), g / 2, 0)
    return [sum_to(where(a > b, g, half), a), sum_to(where(a < b, g, half), b)]


@register_gradient("minimum")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """The smaller one gets the gradient; equal ones get half each."""
    a, b = op.inputs
    half = where(equal(a, b), g / 2, 0)
    return [sum_to(where(a < b, g, half), a), sum_to(where(a > b, g, half), b)]


@register_gradient("clip")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """x between the bounds gets the gradient; beyond one, the bound does."""
    x, low, high = op.inputs
    return [
        sum_to(where(x < low, 0, where(x > high, 0, g)), x),
        sum_to(where(x < low, g, 0), low),
        sum_to(where(x > high, g, 0), high),
    ]


@register_gradient("where")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """The one that was chosen gets the gradient."""
    condition, a, b = op.inputs
    return [None, sum_to(where(condition, g, 0), a), sum_to(where(condition, 0, g), b)]


@register_gradient("cast")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """Another dtype, the same numbers."""
    (x,) = op.inputs
    return [cast(g, x.dtype) if x.dtype.kind == "f" else None]


@register_gradient("squared_error")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """y = (p − t)²:  ∂L/∂p = 2 g (p − t),  ∂L/∂t = −∂L/∂p."""
    p, t = op.inputs
    toward = g * (2 * (p - t))
    return [sum_to(toward, p), sum_to(-toward, t)]


@register_gradient("sum")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """y = Σ x:  each x gets g  (Sabinasz, "Gradient for reduce_sum")."""
    return [spread(g, op.inputs[0], op.attributes["axis"])]


@register_gradient("mean")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """y = Σ x / n:  each x gets g / n."""
    (x,), axis = op.inputs, op.attributes["axis"]
    return [spread(g / OPERATIONS["count"](x, axis=axis), x, axis)]


def _extreme(op: Operation, g: Node) -> Sequence[Node | None]:
    """y = max x (or min x):  the chosen x get g, shared equally."""
    (x,), axis = op.inputs, op.attributes["axis"]
    chosen = cast(equal(x, spread(op, x, axis)), g.dtype)
    return [spread(g, x, axis) * chosen / spread(reshape_like(sum(chosen, axis), op), x, axis)]


register_gradient("max")(_extreme)
register_gradient("min")(_extreme)


@register_gradient("logsumexp")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """y = log Σ eˣ:  ∂L/∂x = g softmax(x)."""
    (x,), axis = op.inputs, op.attributes["axis"]
    return [spread(g, x, axis) * softmax(x, axis)]


@register_gradient("softmax")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """s = softmax(x):  ∂L/∂x = (g − Σ g s) s  (Sabinasz, "Gradient for softmax")."""
    return [(g - sum(g * op, op.attributes["axis"], keepdims=True)) * op]


@register_gradient("shares")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """s = T softmax(x):  ∂L/∂x = (g − Σ g softmax(x)) s,  ∂L/∂T = Σ g softmax(x)."""
    (x, total), axis = op.inputs, op.attributes["axis"]
    mean = sum(g * softmax(x, axis), axis, keepdims=True)
    return [(g - mean) * op, sum_to(mean, total)]


@register_gradient("log_softmax")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """y = log softmax(x):  ∂L/∂x = g − softmax(x) Σ g."""
    (x,), axis = op.inputs, op.attributes["axis"]
    return [g - softmax(x, axis) * sum(g, axis, keepdims=True)]


@register_gradient("softmax_cross_entropy")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """L = −Σ t log softmax(z):  ∂L/∂z = g (softmax(z) Σ t − t), where Σ t = 1;  ∂L/∂t = −g log softmax(z)."""
    z, t = op.inputs
    g = expand_dims(g, -1)
    if t.ndim < z.ndim:
        return [g * (softmax(z) - one_hot(t, like=z)), None]
    return [sum_to(g * (shares(z, total=sum(t, -1, keepdims=True)) - t), z), sum_to(-g * log_softmax(z), t)]


def _constant(op: Operation, g: Node) -> Sequence[Node | None]:
    """It depends on shapes and labels only."""
    return [None] * len(op.inputs)


register_gradient("count")(_constant)
register_gradient("one_hot")(_constant)


@register_gradient("pick")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """The entries that were picked get the gradient."""
    scores, labels = op.inputs
    return [expand_dims(g, -1) * one_hot(labels, like=scores), None]


@register_gradient("matmul")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """C = A B:  ∂L/∂A = G Bᵀ,  ∂L/∂B = Aᵀ G  (Sabinasz, "Gradient for matmul")."""
    A, B = op.inputs
    if A.ndim == B.ndim == 1:
        return [g * B, g * A]
    rows = A if A.ndim > 1 else expand_dims(A, 0)  # a vector on the left is a row,
    columns = B if B.ndim > 1 else expand_dims(B, 1)  # on the right a column
    G = expand_dims(g, -2) if A.ndim == 1 else expand_dims(g, -1) if B.ndim == 1 else g
    dA, dB = G @ _flipped(columns), _flipped(rows) @ G
    return [sum_to(dA if A.ndim > 1 else sum(dA, -2), A), sum_to(dB if B.ndim > 1 else sum(dB, -1), B)]


def _flipped(x: Node) -> Node:
    """The last two axes exchanged: the transpose of each matrix of a stack."""
    return transpose(x, (*range(x.ndim - 2), -1, -2))


@register_gradient("transpose")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """y = xᵀ:  ∂L/∂x = gᵀ."""
    return [g.T]


@register_gradient("permute")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """Axes put back in their order."""
    return [transpose(g, tuple(int(i) for i in np.argsort(op.attributes["axes"])))]


def _reshaped_back(op: Operation, g: Node) -> Sequence[Node | None]:
    """The same numbers in the shape they came in."""
    return [reshape_like(g, op.inputs[0]), *[None] * (len(op.inputs) - 1)]


for _name in ("reshape", "reshape_like", "expand_dims"):
    register_gradient(_name)(_reshaped_back)


def _repeated(op: Operation, g: Node) -> Sequence[Node | None]:
    """What was repeated adds up."""
    return [sum_to(g, op.inputs[0]), *[None] * (len(op.inputs) - 1)]


for _name in ("broadcast_to", "broadcast_like"):
    register_gradient(_name)(_repeated)


@register_gradient("spread")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """What was repeated adds up, along the axes that it was repeated on."""
    x, _ = op.inputs
    return [reshape_like(sum(g, op.attributes["axis"]), x), None]


@register_gradient("sum_to")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """What was added up gets the gradient of the sum, each."""
    return [broadcast_like(g, op.inputs[0]), None]


@register_gradient("same_shape")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """The same node, checked."""
    return [g, None]


def _indexed(op: Operation, g: Node) -> Sequence[Node | None]:
    """y = x[i]:  zeros, with g at the places i."""
    x, *arrays = op.inputs
    return [put_back(g, x, arrays, op.attributes["index"]), *[None] * len(arrays)]


register_gradient("getitem")(_indexed)
register_gradient("take")(_indexed)


@register_gradient("put_back")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """Zeros with x at the places i:  ∂L/∂x = g[i]."""
    _, _, *arrays = op.inputs
    kind = OPERATIONS["take" if arrays else "getitem"]
    return [kind(g, *arrays, index=op.attributes["index"]), None, *[None] * len(arrays)]


@register_gradient("concatenate")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """Each gets its part of g."""
    return parts(g, op.inputs, op.attributes["axis"])


@register_gradient("part")
def _(op: Operation, g: Node) -> Sequence[Node | None]:
    """One part of x:  g there, zeros in the other parts."""
    _, *inputs = op.inputs
    zeros = [broadcast_like(cast(0.0, g.dtype), node) for node in inputs]
    zeros[op.attributes["which"]] = g
    return [OPERATIONS["concatenate"](*zeros, axis=op.attributes["axis"]), *[None] * len(inputs)]
