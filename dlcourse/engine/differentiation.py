"""Differentiation: walk the graph backwards, hand each node's gradient to its rule, add up what arrives.

The rules stand beside the operations, in ``operations.py``. They are written in graph operations, so the gradient of
a graph is more graph: it can be drawn, compiled, and differentiated again.
The method is reverse accumulation (S. Linnainmaa, "Taylor expansion of the accumulated rounding error", 1976;
D. Sabinasz, "Deep Learning From Scratch: Theory and Implementation").
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any, Literal, overload

from dlcourse.engine.errors import DTypeError, GradientError, ShapeError, built, built_on, label, learners_line
from dlcourse.engine.graph import (
    OPERATIONS,
    Node,
    Operand,
    Operation,
    Placeholder,
    constant,
    topological_order,
    with_replaced,
)
from dlcourse.engine.kinds import OperationKind
from dlcourse.engine.operations import broadcast_like, cast, may_be_equal, same_shape, zeros_like
from dlcourse.engine.values import nodes_in, nothing_to_collect


@overload
def gradients(
    loss: Node, wrt: Node, grad_output: Operand | None = None, unconnected: Literal["raise", "zero"] = "raise"
) -> Node: ...
@overload
def gradients(
    loss: Node, wrt: Sequence[Node], grad_output: Operand | None = None, unconnected: Literal["raise", "zero"] = "raise"
) -> list[Node]: ...
def gradients(
    loss: Node,
    wrt: Node | Sequence[Node],
    grad_output: Operand | None = None,
    unconnected: Literal["raise", "zero"] = "raise",
) -> Node | list[Node]:
    """The gradients of `loss` with respect to each node of `wrt`, as new nodes of the same graph.

    A loss that is not a single number needs `grad_output`, the gradient that arrives at it from beyond.
    A node that the loss does not depend on raises, or with ``unconnected="zero"`` gets zeros.

    >>> import dlcourse as dl
    >>> x = dl.parameter(3.0, name="x")
    >>> slope = dl.gradients(x**4, x)
    >>> curvature = dl.gradients(slope, x)
    >>> dl.run([slope, curvature])
    [array(108.), array(108.)]
    """
    wanted: list[Node] = nodes_in(wrt)
    _check_request(loss, wanted, unconnected)
    here = learners_line()
    called = label(loss, here)
    arriving = {loss: [_seed(loss, grad_output, called, here)]}
    order = topological_order(loss)
    leads_to_wanted = set(wanted)
    for node in order:
        if not leads_to_wanted.isdisjoint(node.inputs):
            leads_to_wanted.add(node)

    found: dict[Node, Node] = {}
    with built_on(here), nothing_to_collect():
        for node in reversed(order):
            if node in arriving and node in leads_to_wanted:
                g = found[node] = _add_all(node, arriving.pop(node), called)
                if isinstance(node, Operation):
                    for parent, contribution in zip(node.inputs, _contributions(node, g), strict=True):
                        if contribution is not None and parent in leads_to_wanted and parent.dtype.kind == "f":
                            arriving.setdefault(parent, []).append(contribution)

        result = [found[node] if node in found else _unreached(loss, node, unconnected, here) for node in wanted]
    return result[0] if isinstance(wrt, Node) else result


def _seed(loss: Node, grad_output: Operand | None, called: str, here: tuple[str, int]) -> Node:
    """What arrives at the loss itself: 1, or what the caller says."""
    if grad_output is None and loss.shape == ():
        return constant(1.0, dtype=loss.dtype)
    if grad_output is None:
        raise GradientError(
            f"{called} has shape {loss.shape}, and only a single number has a gradient: "
            f"take dl.sum or dl.mean of it first, or give grad_output." + built([loss], here)
        )
    seed = cast(grad_output, loss.dtype)
    try:
        return broadcast_like(seed, loss)
    except ShapeError as error:
        shapes = f"grad_output has shape {seed.shape}, but {called} has {loss.shape}."
        raise ShapeError(shapes + built([loss], here)) from error


def _add_all(node: Node, contributions: list[Node], loss: str) -> Node:
    """What arrives at a node over several paths adds up."""
    total = contributions[0]
    for contribution in contributions[1:]:
        total = total + contribution
    if total.name is None and (node.name or not node.inputs) and isinstance(total, Operation):
        total.name = f"∂{loss}/∂{label(node, ('', 0))}"
    return total


def _contributions(node: Operation, g: Node) -> list[Node | None]:
    """What the node's rule says, checked: one node for each input, of that input's shape and dtype."""
    rule = node.kind.rule or (_of_formula if node.kind.formula else None)
    if rule is None:
        raise GradientError(
            f"nobody has said how gradients pass through {label(node)}. Write a rule: "
            f'@dl.register_gradient("{node.kind_name}")' + built([node])
        )
    with built_on(None) if node.kind.learners_rule else nullcontext():  # a rule of yours has lines of its own
        answer: Any = rule(node, g)
    returned = [answer] if isinstance(answer, Node) else answer
    if not isinstance(returned, list | tuple) or len(returned) != len(node.inputs):
        count = f"{len(returned)} gradients" if isinstance(returned, list | tuple) else repr(type(answer).__name__)
        raise GradientError(
            f"the gradient rule of {node.kind_name} returned {count}, but {label(node)} has {len(node.inputs)} "
            f"input(s): return a list with one node for each." + built([node])
        )
    return [None if given is None else _fitting(given, node, i) for i, given in enumerate(returned)]


def _fitting(given: Any, node: Operation, i: int) -> Node:
    """What a rule has returned for input i, if it can be the gradient of that input."""
    parent = node.inputs[i]
    if not isinstance(given, Node):
        raise GradientError(
            f"the gradient rule of {node.kind_name} returned a {type(given).__name__} for input {i}, not a node: "
            f"write it with graph operations (dl.exp, *, +, op.inputs[{i}], g), without np." + built([node])
        )
    if given.shape != parent.shape and not may_be_equal(given.shape, parent.shape):
        raise GradientError(
            f"the gradient rule of {node.kind_name} returned shape {given.shape} for input {i}, "
            f"{label(parent, node.where)}, which has shape {parent.shape}. After broadcasting, "
            f"dl.sum_to(gradient, op.inputs[{i}]) adds up the copies." + built([node])
        )
    if node.kind.learners and None in (*parent.shape, *given.shape):
        given = same_shape(given, parent)
    return given if given.dtype == parent.dtype or parent.dtype.kind != "f" else cast(given, parent.dtype)


def _of_formula(op: Operation, g: Node) -> Sequence[Node | None]:
    """A composite without a rule: its formula is differentiated, once all sizes are known."""
    attributes = {"kind": op.kind, "attributes": tuple(op.attributes.items())}
    return [_pulled_back(g, *op.inputs, **attributes, which=which) for which in range(len(op.inputs))]


def _differentiated(g: Node, *inputs: Node, kind: OperationKind, attributes: Any, which: int) -> Node:
    """On stand-ins: in a program the inputs may depend on each other, and no gradient passes between them here."""
    assert kind.formula is not None
    stand_ins: dict[Node, Node] = {Placeholder(x.shape, x.dtype, label(x), x.where): x for x in (g, *inputs)}
    arriving, *operands = stand_ins
    formula = kind.formula(*operands, **dict(attributes))
    gradient = gradients(formula, operands[which], grad_output=arriving, unconnected="zero")
    return with_replaced([gradient], stand_ins)[0]


_pulled_back = OPERATIONS["pulled_back"] = OperationKind(
    "pulled_back",
    shape=lambda g, *inputs, which, **_: inputs[which],
    dtype="first",
    formula=_differentiated,
    prepare=lambda g, *inputs, **attributes: ((g, *inputs), attributes),
)


def _check_request(loss: Node, wanted: list[Node], unconnected: str) -> None:
    if unconnected not in ("raise", "zero"):
        raise GradientError(f'unconnected must be "raise" or "zero", not {unconnected!r}.')
    for node in nodes_in([loss, *wanted]):
        if node.dtype.kind != "f":
            raise DTypeError(
                f"{label(node)} holds {node.dtype}: only floating-point numbers have gradients. "
                "Declare it with dtype=float." + built([node])
            )


def _unreached(loss: Node, node: Node, unconnected: str, here: tuple[str, int]) -> Node:
    if unconnected == "zero":
        return zeros_like(node)
    raise GradientError(
        f"{label(loss, here)} does not depend on {label(node, here)}, so there is no gradient. Was it left out of "
        f'the model? (unconnected="zero" gives zeros instead.)' + built([node, loss], here)
    )
