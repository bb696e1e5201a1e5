"""Optimizers: how gradients become a step, p ← p − learning_rate · direction. They differ in the direction.

The rules are written in graph operations, like the gradients, and end up in the same compiled program; what a rule
remembers from step to step (a velocity, a mean of squares) is kept in parameters of its own. The numbers are
PyTorch's for the same rule.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from dlcourse.engine.differentiation import gradients
from dlcourse.engine.errors import DTypeError, GradientError, NonFiniteError, ShapeError, built, label, shape_text
from dlcourse.engine.graph import Array, Node, Parameter, Placeholder, constant, learners_line, topological_order
from dlcourse.engine.hardware import Device
from dlcourse.engine.hardware import device as device_named
from dlcourse.engine.operations import cast, minimum, reshape, sqrt, square, sum
from dlcourse.engine.program import Program, check_all_finite

Schedule = Callable[[int], float]  # from the number of steps already taken to the learning rate of the next one
Group = Mapping[str, Any]  # {"parameters": [...]} and the options of the optimizer that are different for them


class Memory:
    """What an optimizer remembers between steps, and the numbers that follow from how many steps were taken."""

    def __init__(self) -> None:
        self.slots: dict[tuple[Parameter, str], Parameter] = {}
        self.numbers: dict[Any, tuple[Placeholder, Schedule]] = {}
        self.count = Parameter(np.zeros(()), "steps taken", learners_line())
        self.updates: list[tuple[Parameter, Node]] = []

    def remember(self, parameter: Parameter, what: str, rule: Callable[[Parameter], Node]) -> Node:
        """The new value of a slot, by a rule from the old one. A slot starts as zeros of the parameter's shape."""
        key = (parameter, what)
        if key not in self.slots:
            zeros, name = np.zeros(parameter.array.shape, parameter.dtype), f"{what} of {variable(parameter)}"
            self.slots[key] = Parameter(zeros, name, parameter.where)
        new = rule(self.slots[key])
        self.updates.append((self.slots[key], new))
        return new

    def number(self, name: str, schedule: Schedule, owner: Optimizer) -> Placeholder:
        """A number that is worked out before each step, from the number of steps taken."""
        key = (name, id(owner))
        if key not in self.numbers:
            self.numbers[key] = (Placeholder((), np.dtype(float), name, learners_line(), weak=True), schedule)
        return self.numbers[key][0]


class Step:
    """One update of the parameters, compiled. Call it with the feeds; it returns the loss it started from.

    A step is all or nothing: when it raises, or is interrupted, the parameters are as they were before.
    """

    def __init__(self, loss: Node, optimizer: Optimizer, groups: Sequence[tuple[Optimizer, list[Parameter]]]) -> None:
        self.loss, self.optimizer, self.groups = loss, optimizer, groups
        self.parameters = [parameter for _, members in groups for parameter in members]
        self.memory = Memory()
        self.program = Program([loss], self._updates(None))
        self._accumulating: tuple[Program, Program, dict[Parameter, Placeholder]] | None = None

    @property
    def source(self) -> str:
        """The compiled program, readable."""
        return self.program.source

    @property
    def state(self) -> list[Parameter]:
        """What the optimizer remembers: save it with the model's parameters to go on training another day."""
        return [*self.memory.slots.values(), *([self.memory.count] if self.memory.numbers else [])]

    def __call__(self, feeds: Mapping[Any, Any] | None = None, check_finite: bool = False) -> Array:
        feeds = {} if feeds is None else feeds
        with self.program.lock:
            if check_finite:
                check_all_finite(self.program.targets, feeds, self._numbers(self.program))
            loss, *new = self.program.results(feeds, self._numbers(self.program) if self.memory.numbers else ())
            if not math.isfinite(loss):
                self._not_finite(loss, feeds)
            self._commit(self.program, new)
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
        sizes = [_samples(feeds) for feeds in micro_batches] if sizes is None else sizes
        if not micro_batches or len(sizes) != len(micro_batches) or math.fsum(sizes) <= 0:
            raise DTypeError(f"accumulate needs a size for each micro-batch: {len(micro_batches)}, and {list(sizes)}.")
        with self.program.lock:
            if self._accumulating is None:
                with self.program.device:
                    measure = Program([self.loss, *gradients(self.loss, self.parameters)])
                    arrived = {}
                    for p in self.parameters:
                        arrived[p] = Placeholder(p.shape, p.dtype, f"gradient of {variable(p)}", p.where)
                    self._accumulating = measure, Program([], self._updates(arrived)), arrived
            measure, apply, arrived = self._accumulating
            total: list[Any] = [0.0] * (1 + len(arrived))
            for feeds, size in zip(micro_batches, sizes, strict=True):
                values = measure.results(feeds)
                if not math.isfinite(values[0]):
                    self._not_finite(values[0], feeds)
                share = size / math.fsum(sizes)
                total = [a + share * b for a, b in zip(total, values, strict=True)]
            fed = dict(zip(arrived.values(), total[1:], strict=True))
            self._commit(apply, apply.results(fed, self._numbers(apply)))
            return np.array(total[0])

    def _updates(self, arrived: Mapping[Parameter, Node] | None) -> list[tuple[Parameter, Node]]:
        """The new value of each parameter, and of all that the optimizer remembers, as nodes."""
        memory, optimizer = self.memory, self.optimizer
        directed: list[tuple[Parameter, Node, Any]] = []  # parameter, direction, learning rate
        memory.updates = []
        if arrived is None and len(self.groups) == 1 and optimizer.is_plain:
            # Differentiation is linear: what arrives at the loss goes into every gradient as a factor. So the learning
            # rate can be sent through the graph once, instead of being multiplied with each gradient at the end.
            moves = gradients(self.loss, self.parameters, grad_output=optimizer.learning_rate)
            directed = [(p, move, 1.0) for p, move in zip(self.parameters, moves, strict=True)]
        else:
            arrived = arrived or dict(zip(self.parameters, gradients(self.loss, self.parameters), strict=True))
            arrived = arrived if optimizer.clip_norm is None else clipped(arrived, optimizer.clip_norm)
            for rule, members in self.groups:
                rate = rule.learning_rate
                number = memory.number("learning_rate", rate, rule) if callable(rate) else rate
                directed += [(p, rule.decayed(p, arrived[p], memory), number) for p in members]
        directed.sort(key=lambda entry: entry[1].serial)  # as the gradients arrive, so that they need not be kept
        new = [(p, (p - rate * direction).named(f"new {variable(p)}")) for p, direction, rate in directed]
        return [*new, *memory.updates, *([(memory.count, memory.count + 1)] if memory.numbers else [])]

    def _numbers(self, program: Program) -> list[float]:
        schedules = dict(self.memory.numbers.values())
        return [float(schedules[node](int(self.memory.count.value))) for node in program.numbers]

    def _commit(self, program: Program, new: Sequence[Array]) -> None:
        """All or nothing: one call into C, which neither a keyboard interrupt nor another thread can cut in two."""
        any(map(setattr, program.updated, _ARRAY, new))

    def _not_finite(self, loss: Any, feeds: Mapping[Any, Any]) -> None:
        check_all_finite([self.loss], feeds)
        raise NonFiniteError(f"{label(self.loss)} is {loss}." + built([self.loss]))


_ARRAY = repeat("array")


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
class Optimizer:
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
    decoupled: ClassVar[bool] = False  # weight decay beside the rule, not through it

    def __post_init__(self) -> None:
        if not callable(self.learning_rate) and not isinstance(self.learning_rate, int | float | np.number):
            raise DTypeError(f"learning_rate is a number or a schedule, not {type(self.learning_rate).__name__}.")

    def minimize(
        self, loss: Node, parameters: Sequence[Parameter | Group] | None = None, device: str | Device | None = None
    ) -> Step:
        """The step that lowers `loss` by changing `parameters` (None: all that it depends on).

        `device` is where the steps are computed, "cpu" or "cuda"; the parameters then stay there.
        Instead of parameters, groups can be given, each with options of its own:
        ``[{"parameters": [W1, b1], "learning_rate": 0.01}, {"parameters": [W2]}]``.
        """
        if device is not None:
            with device_named(device):
                return self.minimize(loss, parameters)
        if parameters is None:
            parameters = [node for node in topological_order(loss) if isinstance(node, Parameter)]
        groups: list[tuple[Optimizer, list[Parameter]]] = []
        for entry in parameters:
            if isinstance(entry, Mapping):
                options = {key: value for key, value in entry.items() if key != "parameters"}
                groups.append((self._with(options), list(entry.get("parameters", ()))))
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
            raise GradientError(
                f"{label(loss, here)} depends on no parameter, so there is nothing to learn." + built([loss], here)
            )
        return Step(loss, self, groups)

    def _with(self, options: Mapping[str, Any]) -> Optimizer:
        known = {f.name for f in dataclasses.fields(self)} - {"clip_norm"}  # the norm is that of all gradients together
        if unknown := set(options) - known:
            options_are = f"its options are {', '.join(sorted(known))}"
            raise GradientError(f"a group cannot set {', '.join(sorted(unknown))}: {options_are}.")
        return dataclasses.replace(self, **options)

    @property
    def is_plain(self) -> bool:
        """Whether the step is no more than learning rate times gradient."""
        changed = self.weight_decay or self.clip_norm is not None or self.preconditioner is not None
        return type(self) is GradientDescent and not callable(self.learning_rate) and not changed

    def decayed(self, p: Parameter, g: Node, memory: Memory) -> Node:
        """The direction for the gradient g, with preconditioning and weight decay."""
        if self.preconditioner is not None:
            matrix = constant(self.preconditioner, dtype=p.dtype)
            if matrix.shape != (p.array.size, p.array.size):
                raise ShapeError(
                    f"the preconditioner of {variable(p)} {shape_text(p.shape)} must be a matrix of "
                    f"{p.array.size} by {p.array.size}, and is {shape_text(matrix.shape)}."
                )
            g = reshape(matrix @ reshape(g, (p.array.size,)), p.shape)
        decay = self.weight_decay
        if not decay:
            return self.direction(p, g, memory)
        return self.direction(p, g, memory) + decay * p if self.decoupled else self.direction(p, g + decay * p, memory)

    def direction(self, p: Parameter, g: Node, memory: Memory) -> Node:
        """Where to go, against which the parameter is moved: the rule of this optimizer."""
        return g


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
    methods", 1964)."""

    momentum: float = 0.9

    def direction(self, p: Parameter, g: Node, memory: Memory) -> Node:
        return memory.remember(p, "velocity", lambda v: self.momentum * v + g)


@dataclass
class Nesterov(Optimizer):
    """Momentum that looks ahead: v ← μ v + g,  p ← p − η (g + μ v)  (Y. Nesterov, "A method for solving the convex
    programming problem with convergence rate O(1/k²)", 1983)."""

    momentum: float = 0.9

    def direction(self, p: Parameter, g: Node, memory: Memory) -> Node:
        return g + self.momentum * memory.remember(p, "velocity", lambda v: self.momentum * v + g)


@dataclass
class AdaGrad(Optimizer):
    """Smaller steps where gradients have been large: s ← s + g²,  p ← p − η g / (√s + ε)  (J. Duchi, E. Hazan,
    Y. Singer, "Adaptive subgradient methods for online learning and stochastic optimization", 2011)."""

    epsilon: float = 1e-10

    def direction(self, p: Parameter, g: Node, memory: Memory) -> Node:
        return g / (sqrt(memory.remember(p, "sum of squares", lambda s: s + g * g)) + self.epsilon)


@dataclass
class RMSProp(Optimizer):
    """AdaGrad that forgets: s ← ρ s + (1 − ρ) g²,  p ← p − η g / (√s + ε)  (T. Tieleman, G. Hinton, "Lecture 6.5:
    rmsprop", 2012)."""

    decay: float = 0.9
    epsilon: float = 1e-8

    def direction(self, p: Parameter, g: Node, memory: Memory) -> Node:
        s = memory.remember(p, "mean square", lambda s: self.decay * s + (1 - self.decay) * (g * g))
        return g / (sqrt(s) + self.epsilon)


@dataclass
class Adam(Optimizer):
    """Momentum over RMSProp, both corrected for their start from 0 (D. Kingma, J. Ba, "Adam: a method for stochastic
    optimization", 2015):

    m ← β₁ m + (1 − β₁) g,  s ← β₂ s + (1 − β₂) g²,  p ← p − η m / (1 − β₁ᵗ) / (√(s / (1 − β₂ᵗ)) + ε)
    """

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def direction(self, p: Parameter, g: Node, memory: Memory) -> Node:
        m = memory.remember(p, "mean gradient", lambda m: self.beta1 * m + (1 - self.beta1) * g)
        s = memory.remember(p, "mean square", lambda s: self.beta2 * s + (1 - self.beta2) * (g * g))
        c1 = memory.number("correction_1", lambda t: 1 - self.beta1 ** (t + 1), self)
        c2 = memory.number("correction_2", lambda t: math.sqrt(1 - self.beta2 ** (t + 1)), self)
        return (m / c1) / (sqrt(s) / c2 + self.epsilon)


@dataclass
class AdamW(Adam):
    """Adam whose weight decay stands beside the rule: p ← p − η (λ p + Adam's direction)  (I. Loshchilov, F. Hutter,
    "Decoupled weight decay regularization", 2019)."""

    weight_decay: float = field(default=0.01, kw_only=True)
    decoupled: ClassVar[bool] = True


# ------------------------------------------------------------------------------------------------- schedules


def step_decay(initial: float, every: int, factor: float = 0.1) -> Schedule:
    """Multiply by `factor` after each `every` steps.

    >>> [step_decay(1.0, every=2, factor=0.5)(t) for t in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """
    return lambda t: initial * factor ** (t // every)


def exponential_decay(initial: float, factor: float) -> Schedule:
    """Multiply by `factor` after each step: η_t = η₀ γᵗ."""
    return lambda t: initial * factor**t


def inverse_decay(initial: float, rate: float = 1.0) -> Schedule:
    """η_t = η₀ / (1 + rate · t): slow enough to get anywhere, fast enough to come to rest (H. Robbins, S. Monro,
    "A stochastic approximation method", 1951)."""
    return lambda t: initial / (1 + rate * t)


def cosine_decay(initial: float, steps: int, final: float = 0.0) -> Schedule:
    """Half a cosine from `initial` to `final` in `steps` steps (I. Loshchilov, F. Hutter, "SGDR", 2017)."""
    return lambda t: final + (initial - final) * (1 + math.cos(math.pi * min(t, steps) / steps)) / 2


def warmup(schedule: float | Schedule, steps: int) -> Schedule:
    """Let the learning rate grow from `schedule` / `steps` in equal parts during the first `steps` steps."""
    rate = schedule if callable(schedule) else lambda t: schedule
    return lambda t: rate(t) * min(1.0, (t + 1) / steps)
