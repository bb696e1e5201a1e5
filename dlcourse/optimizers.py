"""Optimizers: how a gradient becomes a step."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Any

from dlcourse.errors import GradientError, NonFiniteError, built, label
from dlcourse.gradients import gradients
from dlcourse.graph import Array, Node, Parameter, topological_order
from dlcourse.program import Program, check_all_finite


_ARRAY = repeat("array")


class Step:
    """One update of the parameters, compiled. Call it with the feeds; it returns the loss it started from."""

    def __init__(self, loss: Node, updates: Sequence[tuple[Parameter, Node]]) -> None:
        self.loss = loss
        self.program = Program([loss], updates)

    @property
    def source(self) -> str:
        """The compiled program, readable."""
        return self.program.source

    def __call__(self, feeds: Mapping[Any, Any] | None = None) -> Array:
        program = self.program
        with program.lock:
            loss, *new = program.results(feeds or {})
            if not math.isfinite(loss):
                check_all_finite([self.loss], feeds or {})
                raise NonFiniteError(f"{label(self.loss)} is {loss}." + built([self.loss]))
            # All or nothing: one call into C, which neither a keyboard interrupt nor another thread can cut in two.
            any(map(setattr, program.updated, _ARRAY, new))
        return loss


class GradientDescent:
    """p ← p − learning_rate · ∂L/∂p.

    >>> import dlcourse as dl
    >>> x = dl.parameter(4.0, name="x")
    >>> step = dl.GradientDescent(learning_rate=0.25).minimize(x * x)
    >>> step(), x.value
    (array(16.), array(2.))
    """

    def __init__(self, learning_rate: float) -> None:
        self.learning_rate = learning_rate

    def minimize(self, loss: Node, parameters: Sequence[Parameter] | None = None) -> Step:
        """The step that lowers `loss` by changing `parameters` (None: all that it depends on)."""
        if parameters is None:
            parameters = [node for node in topological_order(loss) if isinstance(node, Parameter)]
        if not parameters:
            raise GradientError(f"{label(loss)} depends on no parameter, so there is nothing to learn." + built([loss]))
        # Differentiation is linear: what arrives at the loss goes into every gradient as a factor. So the learning rate
        # is sent through the graph once, instead of multiplied with each gradient at the end.
        moves = gradients(loss, parameters, grad_output=self.learning_rate)
        pairs = sorted(zip(parameters, moves, strict=True), key=lambda pair: pair[1].serial)  # as they arrive
        updates = [(p, (p - g).named(f"new {p.name}" if p.name else "new_parameter")) for p, g in pairs]
        return Step(loss, updates)
