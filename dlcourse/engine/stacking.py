"""The same computation for a stack of inputs at once: what was an array becomes an array with one more axis in front.

A reverse pass is linear in the gradient that it starts from. To get a whole Jacobian, start from all unit vectors
together: one pass over arrays with an axis more, instead of one pass for each row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dlcourse.engine import operations as ops
from dlcourse.engine.compiler import Sizes, Specialised, columns
from dlcourse.engine.graph import Node, Operation, Placeholder, topological_order
from dlcourse.engine.kinds import OperationKind, broadcast_shapes
from dlcourse.engine.operations import broadcast_to, concatenate, reshape, transpose


def stacked(
    targets: Sequence[Node], sizes: Mapping[Placeholder, Sizes], over: Placeholder, count: int
) -> tuple[list[Node], dict[Placeholder, Placeholder]]:
    """`targets` for `count` values of the placeholder `over` at once, and the placeholders that now stand for the old.

    >>> import dlcourse as dl
    >>> x = dl.placeholder("x", shape=(2,))
    >>> (y,), stand_in = stacked([dl.sum(x * x)], {x: (2,)}, over=x, count=3)
    >>> dl.run(y, {stand_in[x]: [[1, 2], [3, 4], [5, 6]]})
    array([ 5., 25., 61.])
    """
    # from here on there are only primitive operations, and all sizes are known
    graph = Specialised(targets, topological_order(targets), sizes)
    stand_in = {p: graph.done[p] for p in sizes if p in graph.done}
    pile = Placeholder((count, *sizes[over]), over.dtype, over.name, over.where)
    piled: dict[Node, Node] = {stand_in.get(over, over): pile}
    for node in topological_order(graph.targets):
        if isinstance(node, Operation) and not piled.keys().isdisjoint(node.inputs):
            piled[node] = _lifted(node, piled, count)
    results = [piled.get(t, broadcast_to(t, (count, *t.shape))) for t in graph.targets]
    return results, {**{p: s for p, s in stand_in.items() if isinstance(s, Placeholder)}, over: pile}


def _lifted(node: Operation, piled: Mapping[Node, Node], n: int) -> Node:
    """`node`, computed for all of the pile."""
    kind: OperationKind = node.kind
    attributes = node.attributes
    first = node.inputs[0]
    x = piled.get(first, first)

    def widened(parent: Node, ndim: int) -> Node:
        """An input with enough axes to be broadcast with others of `ndim` axes below the pile's."""
        if parent not in piled:
            return parent
        sizes = [size or 0 for size in parent.shape]
        return reshape(piled[parent], (n, *[1] * (ndim - parent.ndim), *sizes))

    if kind.shape_rule is broadcast_shapes and not kind.learners:
        return kind(*[widened(parent, node.ndim) for parent in node.inputs], **attributes)
    if kind in (ops.sum, ops.max, ops.min, ops.prod, ops.cumsum):
        return kind.build(
            (x,), {**attributes, "axis": tuple(axis + 1 for axis in attributes["axis"])}, None, node.where
        )
    if kind is ops.matmul:
        ndim = max(2, *(parent.ndim for parent in node.inputs))
        left, right = (_as_matrices(parent, piled.get(parent), n, ndim, i) for i, parent in enumerate(node.inputs))
        return reshape(left @ right, (n, *node.shape))
    if kind in (ops.transpose, columns, ops.permute):
        order = attributes.get("axes", tuple(range(first.ndim))[::-1])
        return transpose(x, (0, *[axis + 1 for axis in order]))
    if kind is ops.reshape:
        return reshape(x, (n, *node.shape))
    if kind is ops.broadcast_to:
        return broadcast_to(widened(first, node.ndim), (n, *node.shape))
    if kind is ops.getitem:
        return x[(slice(None), *attributes["index"].real())]
    if kind is ops.concatenate:
        parts = [piled.get(p, broadcast_to(p, (n, *p.shape))) for p in node.inputs]
        return concatenate(parts, axis=attributes["axis"] + 1)
    inputs = [tuple(piled[p][i] if p in piled else p for p in node.inputs) for i in range(n)]
    rows = [kind.build(operands, attributes, None, node.where) for operands in inputs]
    return concatenate([reshape(row, (1, *node.shape)) for row in rows])  # an operation that we know nothing of


def _as_matrices(parent: Node, pile: Node | None, n: int, ndim: int, side: int) -> Node:
    """A factor of a matrix product; a vector on the left (side 0) is a row, on the right a column."""
    sizes = parent.shape if parent.ndim > 1 else (1, *parent.shape) if side == 0 else (*parent.shape, 1)
    return reshape(parent, sizes) if pile is None else reshape(pile, (n, *[1] * (ndim - len(sizes)), *sizes))
