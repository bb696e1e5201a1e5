"""Record what JAX computes: every operation of the table in tests/engine/twins.py, on random uses of it.

python -m tests.peers.record_jax            # needs jax and jaxlib; writes data/jax.npz
"""

from __future__ import annotations

import warnings
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tests.engine.random_graphs import needed, written
from tests.engine.twins import TABLE
from tests.peers.records import Case, save, weights

jax.config.update("jax_enable_x64", True)
USES = 6  # of each operation


def softmax_cross_entropy(logits: Any, labels: Any) -> Any:
    logs = jax.nn.log_softmax(logits)
    if labels.ndim < logs.ndim:
        return -jnp.take_along_axis(logs, labels[..., None], -1)[..., 0]
    return -jnp.sum(labels * logs, -1)


def sigmoid_cross_entropy(logits: Any, labels: Any) -> Any:
    return -labels * jax.nn.log_sigmoid(logits) - (1 - labels) * jax.nn.log_sigmoid(-logits)


def sum_to(x: Any, like: Any) -> Any:
    _, back = jax.vjp(lambda small: jnp.broadcast_to(small, x.shape), jnp.zeros(like.shape))
    return back(x)[0]


SAME = [
    *["add", "subtract", "multiply", "divide", "power", "negative", "exp", "expm1", "log", "log1p", "sqrt", "square"],
    *["abs", "sign", "floor", "sin", "cos", "tanh", "maximum", "minimum", "where", "greater", "greater_equal", "less"],
    *["less_equal", "equal", "not_equal", "logical_and", "logical_or", "logical_not", "logical_xor", "sum", "mean"],
    *["var", "prod", "max", "min", "cumsum", "argmax", "argmin", "matmul", "transpose", "reshape", "broadcast_to"],
    *["expand_dims", "concatenate", "stack", "zeros_like", "ones_like"],
]
JAX = SimpleNamespace(
    **{name: getattr(jnp, name) for name in SAME},
    sigmoid=jax.nn.sigmoid,
    softplus=jax.nn.softplus,
    relu=jax.nn.relu,
    softmax=jax.nn.softmax,
    log_softmax=jax.nn.log_softmax,
    logsumexp=lambda x, axis=-1, keepdims=False: jax.nn.logsumexp(x, axis, keepdims=keepdims),
    one_hot=lambda labels, like: jax.nn.one_hot(labels, like.shape[-1], dtype=like.dtype),
    clip=lambda x, low=None, high=None: jnp.clip(x, low, high),
    cast=lambda x, dtype: x.astype(dtype),
    stop_gradient=jax.lax.stop_gradient,
    broadcast_like=lambda x, like: jnp.broadcast_to(x, like.shape),
    squared_error=lambda p, t: (p - t) ** 2,
    softmax_cross_entropy=softmax_cross_entropy,
    sigmoid_cross_entropy=sigmoid_cross_entropy,
    sum_to=sum_to,
)


def recorded(case: Case) -> Case:
    smooth = case.smooth

    def target(floats: Any) -> Any:
        names = {"dl": JAX, "np": np, **{name: jnp.asarray(array) for name, array in case.inputs.items()}}
        names.update(zip(smooth, floats, strict=True))
        for name, text in case.lines:
            names[name] = eval(text, names)
        return names[case.target]

    floats = [jnp.asarray(case.inputs[name]) for name in smooth]
    case.value = np.asarray(target(floats))
    if case.value.dtype.kind == "f" and smooth:
        w = weights(case.value.shape)
        first = jax.grad(lambda x: jnp.sum(target(x) * w))
        along = lambda x: sum(jnp.sum(g * weights(g.shape)) for g in first(x))  # noqa: E731
        case.first = {name: np.asarray(g) for name, g in zip(smooth, first(floats), strict=True)}
        case.second = {name: np.asarray(g) for name, g in zip(smooth, jax.grad(along)(floats), strict=True)}
    return case


def uses(operation: str) -> list[Case]:
    found: list[Case] = []
    for seed in range(200):
        graph = written(500_000 + seed, 1, [operation], np.float64)
        if len(found) == USES or not graph.targets:
            continue
        graph = needed(type(graph)(graph.lines, graph.targets[:1]))
        inputs = graph.at(0)
        lines = [[line.name, line.text] for line in graph.lines if line.arrays is None]
        if sum(array.size for array in inputs.values()) > 60:
            continue
        try:
            case = recorded(Case(operation, lines, graph.targets[0], inputs))
        except (TypeError, NotImplementedError, IndexError):
            continue  # JAX takes no lists as an index, and so on
        numbers = [case.value, *case.first.values(), *case.second.values()]
        if all(np.isfinite(array).all() for array in numbers):
            found.append(case)
    return found


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        everything = {operation: uses(operation) for operation in TABLE}
    path = save("jax", jax.__version__, [case for cases in everything.values() for case in cases])
    print(f"wrote {path}, {path.stat().st_size} bytes:", {name: len(cases) for name, cases in everything.items()})
