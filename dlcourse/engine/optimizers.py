"""Optimizers: how gradients become a step, p ← p − learning_rate · direction. They differ in the direction.

A rule is a function without side effects: from a gradient and what is remembered of the parameter to a direction and
what is to be remembered next. It is written in graph operations, like the gradients, and ends up in the same compiled
program; what is remembered is held in parameters of its own. The numbers are PyTorch's for the same rule.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike

from dlcourse.engine.differentiation import gradients
from dlcourse.engine.elsewhere import Elsewhere, LikeOptimizers
from dlcourse.engine.errors import (
    DTypeError,
    GradientError,
    NonFiniteError,
    ShapeError,
    built,
    label,
    learners_line,
    shape_text,
)
from dlcourse.engine.graph import Node, Parameter, Placeholder, constant, topological_order
from dlcourse.engine.hardware import Device
from dlcourse.engine.hardware import device as device_named
from dlcourse.engine.operations import cast, minimum, reshape, sqrt, square, sum
from dlcourse.engine.program import Program, check_all_finite, checked_feeds
from dlcourse.engine.values import Array, nodes_in

Schedule = Callable[[int], float]  # from the number of steps already taken to the learning rate of the next one
Group = Mapping[str, Any]  # {"parameters": [...]} and the options of the optimizer that are different for them
State = Mapping[str, Node]  # what is remembered of one parameter, by name; and "step", the number of this step, from 1


def _number(name: str, value: Any, least: float = -math.inf) -> float:
    """A finite number that an optimizer or a schedule is made with."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not math.isfinite(value):
        shown = type(value).__name__ if not isinstance(value, float | bool) else repr(value)
        raise DTypeError(f"{name} is a number{' or a schedule' * (name == 'learning_rate')}, not {shown}.")
    if value < least:
        raise DTypeError(f"{name} is at least {least:g}, and was given as {value}.")
    return float(value)


class Step:
    """One update of the parameters, compiled. Call it with the feeds; it returns the loss it started from.

    A step is all or nothing: when it raises, or is interrupted, the parameters are as they were before. It raises when
    the loss or a new value is not finite. A step can be pickled and copied; a copy has a memory of its own.
    """

    def __init__(
        self,
        loss: Node,
        optimizer: Optimizer,
        groups: Sequence[tuple[Optimizer, list[Parameter]]],
        unconnected: Literal["raise", "zero"] = "raise",
    ) -> None:
        self.loss, self.optimizer, self.groups, self.unconnected = loss, optimizer, groups, unconnected
        self.parameters = [parameter for _, members in groups for parameter in members]
        self.count = Parameter(np.zeros(()), "steps taken", learners_line())
        self.memory = {p: {what: self._slot(p, what) for what in rule.remembers} for rule, ps in groups for p in ps}
        self.rates = {  # learning rates that are looked up before each step
            id(rule): Parameter(np.zeros(()), "learning rate", learners_line())
            for rule, _ in groups
            if callable(rule.learning_rate)
        }
        arrived = gradients(loss, self.parameters, unconnected=unconnected)
        updates = self._updates(dict(zip(self.parameters, arrived, strict=True)))
        self.program = Program([loss], updates, checked=True)
        self._accumulating: tuple[Program, Program, list[Placeholder]] | None = None

    @property
    def source(self) -> str:
        """The compiled program, readable."""
        return self.program.source

    @property
    def state(self) -> list[Parameter]:
        """What the optimizer remembers: save it with the model's parameters to go on training another day."""
        counted = [self.count] if self.count in self.program.updated else []
        return [*[slot for slots in self.memory.values() for slot in slots.values()], *counted]

    def __call__(self, feeds: Mapping[Any, Any] | None = None, check_finite: bool = False) -> Array:
        feeds = {} if feeds is None else checked_feeds(feeds)
        with self.program.lock:
            if self.rates:
                self._look_up_rates()
            if check_finite:
                check_all_finite(self.program.targets, feeds)
            results = _finite(self.program, feeds)
            _commit(self.program, results[1:])
        loss: Array = results[0]
        return loss

    def accumulate(self, micro_batches: Sequence[Mapping[Any, Any]], sizes: Sequence[float] | None = None) -> Array:
        """One step for several micro-batches, as if they had been one batch. The loss must be a mean over samples.

        The mean of the whole is the mean of the parts' means, weighted by their `sizes` (None: as many samples as
        were fed). For a loss that is a sum over samples, multiply what you get for equal sizes by their number.

        >>> import dlcourse as dl
        >>> x, w = dl.placeholder("x", shape=(None,)), dl.parameter(1.0, name="w")
        >>> step = dl.GradientDescent(0.1).minimize(dl.mean(w * x))
        >>> step.accumulate([{x: [1.0, 2.0]}, {x: [6.0]}]), w.value      # the mean of 1, 2, 6 is 3
        (array(3.), array(0.7))
        """
        if not all(isinstance(given, Sequence) for given in (micro_batches, sizes or [])):
            raise DTypeError("accumulate takes a list of feeds, [{x: data}, {x: more}], and a list of as many sizes.")
        micro_batches = [checked_feeds(feeds) for feeds in micro_batches]
        sizes = [_samples(feeds) for feeds in micro_batches] if sizes is None else sizes
        if not micro_batches or len(sizes) != len(micro_batches) or math.fsum(sizes) <= 0:
            raise DTypeError(f"accumulate needs a size for each micro-batch: {len(micro_batches)}, and {list(sizes)}.")
        with self.program.lock:
            if self._accumulating is None:
                self._accumulating = self._in_two_parts()
            measure, apply, arrived = self._accumulating
            if self.rates:
                self._look_up_rates()
            total: list[Any] = [0.0] * (1 + len(arrived))
            for feeds, size in zip(micro_batches, sizes, strict=True):
                values = _finite(measure, feeds)
                share = size / math.fsum(sizes)
                total = [a + share * b for a, b in zip(total, values, strict=True)]
            _commit(apply, _finite(apply, dict(zip(arrived, total[1:], strict=True))))
            return np.array(total[0])

    def __reduce__(self) -> tuple[Any, ...]:
        made = (self.loss, self.optimizer, self.groups, self.unconnected)
        return _remembering, (made, [slot.value for slot in self.state])

    def _slot(self, p: Parameter, what: str) -> Parameter:
        return Parameter(np.zeros(p.array.shape, p.dtype), f"{what} of {variable(p)}", p.where)

    def _updates(self, arrived: Mapping[Parameter, Node]) -> list[tuple[Parameter, Node]]:
        """The new value of each parameter, and of all that is remembered, as nodes."""
        arrived = arrived if self.optimizer.clip_norm is None else clipped(arrived, self.optimizer.clip_norm)
        number = self.count + 1
        new: list[tuple[Parameter, Node]] = []
        remembered: list[tuple[Parameter, Node]] = []
        for rule, members in self.groups:
            for p in members:
                slots = self.memory[p]
                direction, state = rule.decayed(p, arrived[p], {**slots, "step": number})
                rate = cast(self.rates[id(rule)], p.dtype) if callable(rule.learning_rate) else rule.learning_rate
                new.append((p, (p - rate * direction).named(f"new {variable(p)}")))
                remembered += [(slots[what], value) for what, value in state.items()]
        new.sort(key=lambda update: arrived[update[0]].serial)  # as gradients arrive, so that none has to be kept
        counted = self.rates or number in topological_order([value for _, value in new])
        return [*new, *remembered, *([(self.count, number)] if counted else [])]

    def _in_two_parts(self) -> tuple[Program, Program, list[Placeholder]]:
        """The step cut in two, so that gradients can be added up in between: one that measures, one that applies."""
        with self.program.device:
            slopes = gradients(self.loss, self.parameters, unconnected=self.unconnected)
            arrived = {p: Placeholder(p.shape, p.dtype, f"gradient of {variable(p)}", p.where) for p in self.parameters}
            measure = Program([self.loss, *slopes], checked=True)
            return measure, Program([], self._updates(arrived), checked=True), [*arrived.values()]

    def _look_up_rates(self) -> None:
        """Ask the schedules. The rates are no part of what is remembered: they follow from the number of steps."""
        taken = int(self.count.value)
        for rule, _ in self.groups:
            if callable(rule.learning_rate):
                rate = rule.learning_rate(taken)
                if (
                    not isinstance(rate, int | float | np.number | np.ndarray)
                    or np.ndim(rate)
                    or not math.isfinite(rate)
                ):
                    raise DTypeError(f"the learning rate of step {taken} is {rate!r}: a schedule must return a number.")
                self.rates[id(rule)].array = np.array(float(rate))


def _finite(program: Program, feeds: Mapping[Any, Any]) -> tuple[Any, ...]:
    """The results of a checked program; or an error that names the first node that is not finite."""
    results = program.results(feeds)
    if not math.isfinite(results[0]):
        bad = [node for node, value in zip(program.targets, results[1:], strict=True) if not np.isfinite(value).all()]
        if bad:  # or only the sum of squares was too large
            check_all_finite(program.targets, feeds)
            raise NonFiniteError(f"{label(bad[0])} is not finite." + built([bad[0]]))
    return results[1:]


_ARRAY = repeat("array")


def _commit(program: Program, new: Sequence[Array]) -> None:
    """All or nothing: one call into C, which neither a keyboard interrupt nor another thread can cut in two."""
    if len(new) == 1:
        program.updated[0].array = new[0]
    else:
        any(map(setattr, program.updated, _ARRAY, new))


def _remembering(made: tuple[Any, ...], remembered: Iterable[Array]) -> Step:
    """A step that goes on where a pickled one was."""
    step = Step(*made)
    for slot, value in zip(step.state, remembered, strict=True):
        slot.assign(value)
    return step


def variable(parameter: Parameter) -> str:
    """The parameter's name, or the variable it was assigned to."""
    return label(parameter, ("", 0))


def _samples(feeds: Mapping[Any, Any]) -> int:
    sizes = {int(np.shape(value)[0]) for node, value in feeds.items() if node.shape[:1] == (None,)}
    if len(sizes) != 1:
        raise ShapeError(f"how many samples are in this micro-batch? Its arrays have {sorted(sizes)}: give `sizes`.")
    return sizes.pop()


def clipped(arrived: Mapping[Parameter, Node], most: float) -> dict[Parameter, Node]:
    """All gradients, shortened by one factor so that together they are no longer than `most`.

    g ← g · min(1, most / (‖g‖ + 10⁻⁶)), with ‖g‖ over all parameters (R. Pascanu, T. Mikolov, Y. Bengio, "On the
    difficulty of training recurrent neural networks", 2013).
    """
    squares = [sum(square(g)) for g in arrived.values()]
    total = squares[0]
    for part in squares[1:]:
        total = total + part
    factor = minimum(1.0, most / (sqrt(total) + 1e-6)).named("clipping")
    return {p: cast(factor, g.dtype) * g for p, g in arrived.items()}


# ------------------------------------------------------------------------------------------------ optimizers


@dataclass
class Optimizer(LikeOptimizers):
    """What all optimizers share.

    `learning_rate` is a number or a schedule: a function from the number of steps taken to a number.
    `weight_decay` λ pulls parameters towards 0, by adding λ p to the gradient. `clip_norm` limits the length of all
    gradients together. `preconditioner` is a matrix that multiplies each gradient, flattened: with a positive definite
    one the step still goes downhill, though not the steepest way.
    """

    learning_rate: float | Schedule
    weight_decay: float = field(default=0.0, kw_only=True)
    clip_norm: float | None = field(default=None, kw_only=True)
    preconditioner: ArrayLike | None = field(default=None, kw_only=True)
    remembers: ClassVar[tuple[str, ...]] = ()  # what `direction` finds in its state; each starts as zeros
    decoupled: ClassVar[bool] = False  # weight decay beside the rule, not through it

    def __post_init__(self) -> None:
        rate = self.learning_rate
        if isinstance(rate, type):
            raise DTypeError(f"learning_rate is a number or a schedule: call {rate.__name__}(...) to make one.")
        if not callable(rate):
            _number("learning_rate", rate)
        _number("weight_decay", self.weight_decay, least=0.0)
        if self.clip_norm is not None and _number("clip_norm", self.clip_norm) <= 0:
            raise DTypeError(f"clip_norm is a length, which all gradients together keep: not {self.clip_norm}.")

    def minimize(
        self,
        loss: Node,
        parameters: Parameter | Sequence[Parameter | Group] | None = None,
        device: str | Device | None = None,
        unconnected: Literal["raise", "zero"] = "raise",
    ) -> Step:
        """The step that lowers `loss` by changing `parameters` (None: all that it depends on).

        `device` is where the steps are computed, "cpu" or "cuda"; the parameters then stay there.
        A parameter that the loss does not depend on raises; with ``unconnected="zero"`` its gradient is 0.
        Instead of parameters, groups can be given, each with options of its own:
        ``[{"parameters": [W1, b1], "learning_rate": 0.01}, {"parameters": [W2]}]``.

        >>> import dlcourse as dl
        >>> w, b = dl.parameter(2.0, name="w"), dl.parameter(1.0, name="b")
        >>> slope = dl.gradients(w * w + b, w)      # does not depend on b
        >>> step = dl.GradientDescent(0.1).minimize(slope * slope, [w, b], unconnected="zero")
        >>> step(), w.value, b.value
        (array(16.), array(0.4), array(1.))
        """
        if device is not None:
            with device_named(device):
                return self.minimize(loss, parameters, unconnected=unconnected)
        order, given = topological_order(loss), parameters is not None
        if isinstance(parameters, Node) or hasattr(parameters, "parameters"):
            parameters = nodes_in(parameters)
        if parameters is None:
            parameters = [node for node in order if isinstance(node, Parameter)]
        groups: list[tuple[Optimizer, list[Parameter]]] = []
        for entry in parameters:
            if isinstance(entry, Mapping):
                options = {key: value for key, value in entry.items() if key != "parameters"}
                groups.append((self._with(options), nodes_in(entry.get("parameters", ()))))
            elif groups and groups[-1][0] is self:
                groups[-1][1].append(entry)
            else:
                groups.append((self, [entry]))
        members = [parameter for _, group in groups for parameter in group]
        counts = Counter(members)
        for parameter in members:
            if not isinstance(parameter, Parameter):
                raise DTypeError(f"only parameters can be learned, and this is none: {parameter!r}.")
            if counts[parameter] > 1:
                raise GradientError(f"{label(parameter)} is listed twice.")
        if loss.shape != ():
            gradients(loss, members)  # says what is wrong
        if not members:
            here = learners_line()
            why = "no parameters are given" if given else f"{label(loss, here)} depends on no parameter"
            raise GradientError(f"{why}, so there is nothing to learn." + built([loss], here))
        return Step(loss, self, groups, unconnected)

    def _with(self, options: Mapping[str, Any]) -> Optimizer:
        known = {f.name for f in dataclasses.fields(self)} - {"clip_norm"}  # the norm is that of all gradients together
        if unknown := set(options) - known:
            options_are = f"a group holds its 'parameters', and its options are {', '.join(sorted(known))}"
            raise GradientError(f"a group cannot set {', '.join(sorted(unknown))}: {options_are}.")
        return dataclasses.replace(self, **options)

    def decayed(self, p: Parameter, g: Node, state: State) -> tuple[Node, dict[str, Node]]:
        """`direction` for the gradient g of p, with preconditioning and weight decay."""
        if self.preconditioner is not None:
            matrix = constant(self.preconditioner, dtype=p.dtype)
            size = math.prod(np.shape(p.array))
            if matrix.shape != (size, size):
                raise ShapeError(
                    f"the preconditioner of {variable(p)} {shape_text(p.shape)} must be a matrix of "
                    f"{size} by {size}, and is {shape_text(matrix.shape)}."
                )
            g = reshape(matrix @ reshape(g, (size,)), p.shape)
        decay = self.weight_decay
        direction, new = self.direction(g if self.decoupled or not decay else g + decay * p, state)
        return (direction + decay * p if self.decoupled and decay else direction), new

    def direction(self, g: Node, state: State) -> tuple[Node, dict[str, Node]]:
        """The rule of this optimizer: where to go, against which the parameter is moved, and the new state."""
        return g, {}


@dataclass
class GradientDescent(Optimizer):
    """Against the gradient: p ← p − η g  (A. Cauchy, "Méthode générale pour la résolution des systèmes d'équations
    simultanées", 1847).

    >>> import dlcourse as dl
    >>> x = dl.parameter(4.0, name="x")
    >>> step = dl.GradientDescent(learning_rate=0.25).minimize(x * x)
    >>> step(), x.value
    (array(16.), array(2.))
    """


@dataclass
class Momentum(Optimizer):
    """A heavy ball: v ← μ v + g,  p ← p − η v  (B. Polyak, "Some methods of speeding up the convergence of iteration
    methods", 1964).

    >>> import dlcourse as dl
    >>> x = dl.parameter(4.0, name="x")
    >>> step = dl.Momentum(0.1).minimize(x * x)
    >>> [round(float(step()), 3) for _ in range(3)]
    [16.0, 10.24, 3.386]
    """

    momentum: float = 0.9
    remembers = ("velocity",)

    def direction(self, g: Node, state: State) -> tuple[Node, dict[str, Node]]:
        velocity = self.momentum * state["velocity"] + g
        return velocity, {"velocity": velocity}


@dataclass
class Nesterov(Optimizer):
    """Momentum that looks ahead: v ← μ v + g,  p ← p − η (g + μ v)  (Y. Nesterov, "A method for solving the convex
    programming problem with convergence rate O(1/k²)", 1983).

    >>> import dlcourse as dl
    >>> x = dl.parameter(4.0, name="x")
    >>> step = dl.Nesterov(0.1).minimize(x * x)
    >>> [round(float(step()), 3) for _ in range(3)]
    [16.0, 6.15, 0.791]
    """

    momentum: float = 0.9
    remembers = ("velocity",)

    def direction(self, g: Node, state: State) -> tuple[Node, dict[str, Node]]:
        velocity = self.momentum * state["velocity"] + g
        return g + self.momentum * velocity, {"velocity": velocity}


@dataclass
class AdaGrad(Optimizer):
    """Smaller steps where gradients have been large: s ← s + g²,  p ← p − η g / (√s + ε)  (J. Duchi, E. Hazan,
    Y. Singer, "Adaptive subgradient methods for online learning and stochastic optimization", 2011).

    >>> import dlcourse as dl
    >>> x = dl.parameter(4.0, name="x")
    >>> step = dl.AdaGrad(1.0).minimize(x * x)
    >>> [round(float(step()), 3) for _ in range(3)]
    [16.0, 9.0, 5.76]
    """

    epsilon: float = 1e-10
    remembers = ("sum of squares",)

    def direction(self, g: Node, state: State) -> tuple[Node, dict[str, Node]]:
        s = state["sum of squares"] + g * g
        return g / (sqrt(s) + self.epsilon), {"sum of squares": s}


@dataclass
class RMSProp(Optimizer):
    """AdaGrad that forgets: s ← ρ s + (1 − ρ) g²,  p ← p − η g / (√s + ε)  (T. Tieleman, G. Hinton, "Lecture 6.5:
    rmsprop", 2012).

    >>> import dlcourse as dl
    >>> x = dl.parameter(4.0, name="x")
    >>> step = dl.RMSProp(0.1).minimize(x * x)
    >>> [round(float(step()), 3) for _ in range(3)]
    [16.0, 13.57, 11.996]
    """

    decay: float = 0.9
    epsilon: float = 1e-8
    remembers = ("mean square",)

    def direction(self, g: Node, state: State) -> tuple[Node, dict[str, Node]]:
        s = self.decay * state["mean square"] + (1 - self.decay) * (g * g)
        return g / (sqrt(s) + self.epsilon), {"mean square": s}


@dataclass
class Adam(Optimizer):
    """Momentum over RMSProp, both corrected for their start from 0 (D. Kingma, J. Ba, "Adam: a method for stochastic
    optimization", 2015):

    m ← β₁ m + (1 − β₁) g,  s ← β₂ s + (1 − β₂) g²,  p ← p − η m / (1 − β₁ᵗ) / (√(s / (1 − β₂ᵗ)) + ε)

    >>> import dlcourse as dl
    >>> x = dl.parameter(4.0, name="x")
    >>> step = dl.Adam(0.1).minimize(x * x)
    >>> [round(float(step()), 3) for _ in range(3)]
    [16.0, 15.21, 14.441]
    """

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    remembers = ("mean gradient", "mean square")

    def direction(self, g: Node, state: State) -> tuple[Node, dict[str, Node]]:
        m = self.beta1 * state["mean gradient"] + (1 - self.beta1) * g
        s = self.beta2 * state["mean square"] + (1 - self.beta2) * (g * g)
        c1 = cast(1 - self.beta1 ** state["step"], g.dtype)
        c2 = cast(sqrt(1 - self.beta2 ** state["step"]), g.dtype)
        return (m / c1) / (sqrt(s) / c2 + self.epsilon), {"mean gradient": m, "mean square": s}


@dataclass
class AdamW(Adam):
    """Adam whose weight decay stands beside the rule: p ← p − η (λ p + Adam's direction)  (I. Loshchilov, F. Hutter,
    "Decoupled weight decay regularization", 2019).

    >>> import dlcourse as dl
    >>> x = dl.parameter(4.0, name="x")
    >>> step = dl.AdamW(0.1).minimize(x * x)
    >>> [round(float(step()), 3) for _ in range(3)]
    [16.0, 15.179, 14.381]
    """

    weight_decay: float = field(default=0.01, kw_only=True)
    decoupled: ClassVar[bool] = True


# ------------------------------------------------------------------------------------------------- schedules
# Each is made and called like a function, and named like one; as plain data it can be printed, compared and pickled.


@dataclass(frozen=True)
class step_decay(Elsewhere):
    """Multiply by `factor` after each `every` steps.

    >>> step_decay(1.0, every=2, factor=0.5)
    step_decay(initial=1.0, every=2, factor=0.5)
    >>> [step_decay(1.0, every=2, factor=0.5)(t) for t in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    initial: float
    every: int
    factor: float = 0.1

    def __post_init__(self) -> None:
        _number("every", self.every, least=1)

    def __call__(self, t: int) -> float:
        return self.initial * self.factor ** (t // self.every)


@dataclass(frozen=True)
class exponential_decay(Elsewhere):
    """Multiply by `factor` after each step: η_t = η₀ γᵗ.

    >>> exponential_decay(1.0, factor=0.5)(2)
    0.25
    """

    initial: float
    factor: float

    def __call__(self, t: int) -> float:
        return self.initial * self.factor**t


@dataclass(frozen=True)
class inverse_decay(Elsewhere):
    """η_t = η₀ / (1 + rate · t): slow enough to get anywhere, fast enough to come to rest (H. Robbins, S. Monro,
    "A stochastic approximation method", 1951).

    >>> inverse_decay(1.0)(3)
    0.25
    """

    initial: float
    rate: float = 1.0

    def __call__(self, t: int) -> float:
        return self.initial / (1 + self.rate * t)


@dataclass(frozen=True)
class cosine_decay(Elsewhere):
    """Half a cosine from `initial` to `final` in `steps` steps (I. Loshchilov, F. Hutter, "SGDR", 2017).

    >>> [cosine_decay(1.0, steps=2)(t) for t in range(3)]
    [1.0, 0.5, 0.0]
    """

    initial: float
    steps: int
    final: float = 0.0

    def __post_init__(self) -> None:
        _number("steps", self.steps, least=1)

    def __call__(self, t: int) -> float:
        return self.final + (self.initial - self.final) * (1 + math.cos(math.pi * min(t, self.steps) / self.steps)) / 2


@dataclass(frozen=True)
class warmup(Elsewhere):
    """Let the learning rate grow from `schedule` / `steps` in equal parts during the first `steps` steps.

    >>> [warmup(1.0, steps=4)(t) for t in range(5)]
    [0.25, 0.5, 0.75, 1.0, 1.0]
    """

    schedule: float | Schedule
    steps: int

    def __post_init__(self) -> None:
        _number("steps", self.steps, least=1)

    def __call__(self, t: int) -> float:
        rate = self.schedule(t) if callable(self.schedule) else self.schedule
        return rate * min(1.0, (t + 1) / self.steps)
