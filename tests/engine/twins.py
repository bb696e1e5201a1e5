"""One table: for each public operation and optimizer its twin in NumPy, and how to write a random use of it.

A *use* is a line of Python that means the same to the engine and to NumPy: ``dl.softmax(n3, axis=0)`` builds a node
when `dl` is dlcourse, and computes an array when `dl` is :data:`NUMPY`, this table. So a random graph is a list of
lines, printing it is writing it down, and the twin can compute in any precision, long double too.

An operation on dlcourse's front page without an entry here fails the tests by its name: see test_registry.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Twin:
    """`numpy` computes what the operation computes; `write` asks a writer for operands and returns a line.

    `smooth` is False where the result has no derivative (whole numbers, comparisons), or is flat wherever it has one.
    """

    numpy: Callable[..., Any]
    write: Callable[[Any], str]
    smooth: bool = True


def real(x: Any) -> Any:
    x = np.asarray(x)
    return x if x.dtype.kind == "f" else x.astype(float)


# ------------------------------------------------------------------------------------------ what NumPy has not


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-real(x)))


def softplus(x: Any) -> Any:
    return np.logaddexp(real(x), 0)


def logsumexp(x: Any, axis: Any = -1, keepdims: bool = False) -> Any:
    most = np.max(real(x), axis=axis, keepdims=True)
    total = np.log(np.sum(np.exp(x - most), axis=axis, keepdims=True)) + most
    return total if keepdims else np.squeeze(total, tuple(range(np.ndim(x))) if axis is None else axis)


def log_softmax(x: Any, axis: Any = -1) -> Any:
    return real(x) - logsumexp(x, axis, keepdims=True)


def softmax(x: Any, axis: Any = -1) -> Any:
    return np.exp(log_softmax(x, axis))


def softmax_cross_entropy(logits: Any, labels: Any) -> Any:
    logs, labels = log_softmax(logits), np.asarray(labels)
    if labels.ndim < logs.ndim:
        return -np.take_along_axis(logs, np.broadcast_to(labels, logs.shape[:-1])[..., None], -1)[..., 0]
    return -np.sum(labels.astype(logs.dtype) * logs if labels.dtype.kind != "f" else labels * logs, -1)


def sigmoid_cross_entropy(logits: Any, labels: Any) -> Any:
    z = real(logits)
    return np.logaddexp(z, 0) - labels * z


def one_hot(labels: Any, like: Any) -> Any:
    return (np.asarray(labels)[..., None] == np.arange(np.shape(like)[-1])).astype(np.asarray(like).dtype)


def sum_to(x: Any, like: Any) -> Any:
    extra = np.ndim(x) - np.ndim(like)
    repeated = [i for i in range(np.ndim(x)) if i < extra or np.shape(like)[i - extra] == 1 != np.shape(x)[i]]
    return np.sum(x, axis=tuple(repeated), keepdims=False).reshape(np.shape(like))


def cast(x: Any, dtype: Any) -> Any:
    x, dtype = np.asarray(x), np.dtype(dtype)
    return x if x.dtype == np.longdouble and dtype.kind == "f" else x.astype(dtype)  # long double: as exact as can be


def clip(x: Any, low: Any = None, high: Any = None) -> Any:
    x = x if low is None else np.maximum(x, low)
    return x if high is None else np.minimum(x, high)


def power(a: Any, b: Any) -> Any:
    return np.power(real(a), b)


def expand_dims(x: Any, axis: Any) -> Any:
    return np.expand_dims(x, axis)


# ------------------------------------------------------------------------------------------------ how to write


def one(name: str, low: float = -4.0, high: float = 4.0, axes: int = 0) -> Callable[[Any], str]:
    """A function of one array, asked between `low` and `high`."""
    return lambda w: f"dl.{name}({w.real(low, high, axes)})"


def two(form: str, low: float = -4.0, high: float = 4.0) -> Callable[[Any], str]:
    """A function of two arrays that can be broadcast, the second between `low` and `high`."""
    return lambda w: form.format(*w.pair(low=low, high=high))


def along(name: str, axis: str = "any", keepdims: bool = True, low: float = -9, high: float = 9) -> Any:
    """A function along axes: `axis` is "one", "any" (None and several, too) or "some" (not None)."""

    def write(w: Any) -> str:
        x = w.real(low, high, 1 if axis != "any" else 0)
        options = []
        chosen = w.axis(x, axis)
        if chosen != "default":
            options.append(f", axis={chosen}")
        if keepdims and w.chance(0.3):
            options.append(", keepdims=True")
        return f"dl.{name}({x}{''.join(options)})"

    return write


def choice(w: Any) -> str:
    a, b = w.pair()
    return f"dl.where({w.condition(a)}, {a}, {b})"


def cut(w: Any) -> str:
    x = w.real()
    low, high = sorted(w.rng.uniform(-2, 2, size=2).round(2))
    bounds = w.pick([f"{low}, {high}", f"low={low}", f"high={high}", f"{low}, {w.below(x, low)}"])
    return f"dl.clip({x}, {bounds})"


def raised(w: Any) -> Any:
    if w.chance(0.5):
        return f"dl.power({w.real(-2, 2)}, {w.pick([0, 1, 2, 3, 4, 2.0])})"  # `**` of whole numbers is NumPy's own
    a, b = w.pair(-2, 2, low_first=0.3, high_first=3.0)
    return w.pick([f"dl.power({a}, {b})", f"{a} ** {b}", f"{a} ** {w.pick([-1, 0.5, -0.5, 1.5])}"])


def product(w: Any) -> Any:
    a, b = w.factors()
    return w.pick([f"{a} @ {b}", f"dl.matmul({a}, {b})"])


def reordered(w: Any) -> Any:
    x = w.real()
    axes = w.rng.permutation(w.ndim(x)).tolist()
    return w.pick([f"{x}.T", f"dl.transpose({x})", f"dl.transpose({x}, {tuple(axes)})"])


def reshaped(w: Any) -> str:
    x = w.real()
    return f"dl.reshape({x}, {w.new_shape(x)})"


def broadcast(w: Any) -> str:
    x = w.real()
    return f"dl.broadcast_to({x}, {w.wider_shape(x)})"


def widened(w: Any) -> str:
    x = w.real()
    n = w.ndim(x)
    return f"dl.expand_dims({x}, {int(w.rng.integers(-n - 1, n + 1))})"


def joined(w: Any) -> str:
    names, axis = w.alike(axes=1)
    return f"dl.concatenate([{', '.join(names)}], axis={axis})"


def stacked(w: Any) -> str:
    names, axis = w.alike(axes=0)
    return f"dl.stack([{', '.join(names)}], axis={axis})"


def entropy(w: Any) -> str:
    z = w.real(-6, 6, axes=1)
    return f"dl.softmax_cross_entropy({z}, {w.labels(z) if w.chance(0.5) else w.beside(z, 0, 1)})"


def binary_entropy(w: Any) -> str:
    z = w.real(-6, 6)
    return f"dl.sigmoid_cross_entropy({z}, {w.beside(z, 0, 1)})"


def hot(w: Any) -> str:
    z = w.real(-6, 6, axes=1)
    return f"dl.one_hot({w.labels(z)}, {z})"


def added_to(w: Any) -> str:
    like = w.real()
    wide = w.line(f"{like} * {w.leaf_wider(like)}")
    return f"dl.sum_to({wide}, {like})"


def repeated_like(w: Any) -> str:
    a, b = w.pair()
    wide = w.line(f"{a} + {b}")
    return f"dl.broadcast_like({a}, {wide})"


def converted(w: Any) -> str:
    return f"dl.cast({w.real()}, np.{w.pick(['float32', 'float64'])})"


def comparison(symbol: str, name: str) -> Callable[[Any], str]:
    def write(w: Any) -> Any:
        a, b = w.pair()
        forms = [f"{a} {symbol} {b}"] if symbol else []
        if not symbol or w.has(name):
            forms.append(f"dl.{name}({a}, {b})")
        return w.pick(forms)

    return write


def logical(name: str, inputs: int = 2) -> Callable[[Any], str]:
    def write(w: Any) -> str:
        a, b = w.pair()
        conditions = [f"({a} > {b})", f"({b} > 0.1)", f"({a} <= {b})"]
        return f"dl.{name}({', '.join(w.pick(conditions) for _ in range(inputs))})"

    return write


TABLE: dict[str, Twin] = {
    "add": Twin(np.add, two("{} + {}")),
    "subtract": Twin(np.subtract, two("{} - {}")),
    "multiply": Twin(np.multiply, two("{} * {}")),
    "divide": Twin(np.true_divide, two("{} / {}", 0.3, 4.0)),
    "power": Twin(power, raised),
    "negative": Twin(np.negative, lambda w: f"-{w.real()}"),
    "exp": Twin(lambda x: np.exp(real(x)), one("exp")),
    "expm1": Twin(lambda x: np.expm1(real(x)), one("expm1")),
    "log": Twin(lambda x: np.log(real(x)), one("log", 0.2, 9.0)),
    "log1p": Twin(lambda x: np.log1p(real(x)), one("log1p", -0.7, 9.0)),
    "sqrt": Twin(lambda x: np.sqrt(real(x)), one("sqrt", 0.2, 9.0)),
    "square": Twin(np.square, one("square")),
    "abs": Twin(np.abs, lambda w: w.pick([f"dl.abs({w.real()})", f"abs({w.real()})"])),
    "sign": Twin(np.sign, one("sign"), smooth=False),
    "floor": Twin(lambda x: np.floor(real(x)), one("floor"), smooth=False),
    "sin": Twin(lambda x: np.sin(real(x)), one("sin")),
    "cos": Twin(lambda x: np.cos(real(x)), one("cos")),
    "tanh": Twin(lambda x: np.tanh(real(x)), one("tanh")),
    "sigmoid": Twin(sigmoid, one("sigmoid", -30.0, 30.0)),
    "softplus": Twin(softplus, one("softplus", -30.0, 30.0)),
    "relu": Twin(lambda x: np.maximum(x, 0), one("relu")),
    "maximum": Twin(np.maximum, two("dl.maximum({}, {})")),
    "minimum": Twin(np.minimum, two("dl.minimum({}, {})")),
    "where": Twin(np.where, choice),
    "clip": Twin(clip, cut),
    "cast": Twin(cast, converted),
    "stop_gradient": Twin(np.positive, one("stop_gradient"), smooth=False),
    "greater": Twin(np.greater, comparison(">", "greater"), smooth=False),
    "greater_equal": Twin(np.greater_equal, comparison(">=", "greater_equal"), smooth=False),
    "less": Twin(np.less, comparison("<", "less"), smooth=False),
    "less_equal": Twin(np.less_equal, comparison("<=", "less_equal"), smooth=False),
    "equal": Twin(np.equal, comparison("", "equal"), smooth=False),
    "not_equal": Twin(np.not_equal, comparison("", "not_equal"), smooth=False),
    "logical_and": Twin(np.logical_and, logical("logical_and"), smooth=False),
    "logical_or": Twin(np.logical_or, logical("logical_or"), smooth=False),
    "logical_not": Twin(np.logical_not, logical("logical_not", 1), smooth=False),
    "squared_error": Twin(lambda p, t: np.square(real(p) - t), two("dl.squared_error({}, {})")),
    "sum": Twin(np.sum, along("sum")),
    "mean": Twin(np.mean, along("mean")),
    "var": Twin(np.var, along("var")),
    "prod": Twin(np.prod, along("prod", low=-2, high=2)),
    "max": Twin(np.max, along("max")),
    "min": Twin(np.min, along("min")),
    "cumsum": Twin(np.cumsum, along("cumsum", "one", keepdims=False)),
    "argmax": Twin(np.argmax, along("argmax", "one", keepdims=False), smooth=False),
    "argmin": Twin(np.argmin, along("argmin", "one", keepdims=False), smooth=False),
    "logsumexp": Twin(logsumexp, along("logsumexp", "some")),
    "softmax": Twin(softmax, along("softmax", "some", keepdims=False)),
    "log_softmax": Twin(log_softmax, along("log_softmax", "some", keepdims=False)),
    "softmax_cross_entropy": Twin(softmax_cross_entropy, entropy),
    "sigmoid_cross_entropy": Twin(sigmoid_cross_entropy, binary_entropy),
    "one_hot": Twin(one_hot, hot, smooth=False),
    "matmul": Twin(np.matmul, product),
    "transpose": Twin(np.transpose, reordered),
    "reshape": Twin(np.reshape, reshaped),
    "broadcast_to": Twin(np.broadcast_to, broadcast),
    "broadcast_like": Twin(lambda x, like: np.broadcast_to(x, np.shape(like)), repeated_like),
    "expand_dims": Twin(expand_dims, widened),
    "sum_to": Twin(sum_to, added_to),
    "concatenate": Twin(np.concatenate, joined),
    "stack": Twin(np.stack, stacked),
    "zeros_like": Twin(np.zeros_like, lambda w: f"{(x := w.real())} + dl.zeros_like({x})", smooth=False),
    "ones_like": Twin(np.ones_like, lambda w: f"{(x := w.real())} * dl.ones_like({x})", smooth=False),
    "getitem": Twin(lambda x, index: np.asarray(x)[index], lambda w: (x := w.real(axes=0)) + w.index(x)),
}

NUMPY = SimpleNamespace(**{name: twin.numpy for name, twin in TABLE.items()})

# -------------------------------------------------------------------------------------------------- optimizers


@dataclass(frozen=True)
class Rule:
    """An optimizer's rule in NumPy, with its options and their defaults; `state` is a dict that it may write to."""

    direction: Callable[..., Any]
    options: dict[str, float]
    decay: float = 0.0  # the weight decay when none is given
    decoupled: bool = False


def _velocity(g: Any, state: dict[str, Any], momentum: float) -> Any:
    state["v"] = momentum * state.get("v", 0.0) + g
    return state["v"]


def _adagrad(g: Any, state: dict[str, Any], t: int, epsilon: float) -> Any:
    state["s"] = state.get("s", 0.0) + g * g
    return g / (np.sqrt(state["s"]) + epsilon)


def _rmsprop(g: Any, state: dict[str, Any], t: int, decay: float, epsilon: float) -> Any:
    state["s"] = decay * state.get("s", 0.0) + (1 - decay) * g * g
    return g / (np.sqrt(state["s"]) + epsilon)


def _adam(g: Any, state: dict[str, Any], t: int, beta1: float, beta2: float, epsilon: float) -> Any:
    state["m"] = beta1 * state.get("m", 0.0) + (1 - beta1) * g
    state["s"] = beta2 * state.get("s", 0.0) + (1 - beta2) * g * g
    return state["m"] / (1 - beta1**t) / (np.sqrt(state["s"] / (1 - beta2**t)) + epsilon)


_ADAM = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}

RULES: dict[str, Rule] = {
    "GradientDescent": Rule(lambda g, state, t: g, {}),
    "Momentum": Rule(lambda g, state, t, momentum: _velocity(g, state, momentum), {"momentum": 0.9}),
    "Nesterov": Rule(lambda g, state, t, momentum: g + momentum * _velocity(g, state, momentum), {"momentum": 0.9}),
    "AdaGrad": Rule(_adagrad, {"epsilon": 1e-10}),
    "RMSProp": Rule(_rmsprop, {"decay": 0.9, "epsilon": 1e-8}),
    "Adam": Rule(_adam, _ADAM),
    "AdamW": Rule(_adam, _ADAM, decay=0.01, decoupled=True),
}


def stepped(
    name: str, values: list[Any], slopes: list[Any], states: list[dict[str, Any]], t: int, **given: Any
) -> list[Any]:
    """The parameters after step number t = 1, 2, ... of the optimizer `name`, as its formula says."""
    rule = RULES[name]
    rate, most = given["learning_rate"], given.get("clip_norm")
    rate = rate(t - 1) if callable(rate) else rate
    decay = given.get("weight_decay", rule.decay)
    options = {key: given.get(key, default) for key, default in rule.options.items()}
    if most is not None:
        length = math.sqrt(sum(float(np.sum(np.square(g, dtype=np.longdouble))) for g in slopes))
        slopes = [g * min(1.0, most / (length + 1e-6)) for g in slopes]
    new = []
    for p, g, state in zip(values, slopes, states, strict=True):
        move = rule.direction(g if rule.decoupled else g + decay * p, state, t, **options)
        new.append(p - rate * (move + decay * p if rule.decoupled else move))
    return new
