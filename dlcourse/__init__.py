"""dlcourse: gradient descent and backpropagation, learned by building them."""

from typing import Any

import dlcourse.engine.pickling  # how graphs are pickled
from dlcourse.engine.differentiation import gradients
from dlcourse.engine.errors import (
    DTypeError,
    EngineError,
    FeedError,
    GradientError,
    Mismatch,
    NonFiniteError,
    RunError,
    ShapeError,
)
from dlcourse.engine.graph import Node, Parameter, Placeholder, constant, parameter, placeholder, topological_order
from dlcourse.engine.hardware import device, devices
from dlcourse.engine.kinds import operation, register_gradient
from dlcourse.engine.modules import (
    Dropout,
    Linear,
    LogSoftmax,
    Module,
    ReLU,
    Sequential,
    Sigmoid,
    Softmax,
    Tanh,
    glorot_uniform,
    he_normal,
    lecun_normal,
    load,
    save,
)
from dlcourse.engine.numerics import check_gradients, jacobian, numerical_gradient
from dlcourse.engine.operations import (
    abs,
    add,
    argmax,
    argmin,
    broadcast_like,
    broadcast_to,
    cast,
    clip,
    concatenate,
    cos,
    cumsum,
    divide,
    equal,
    exp,
    expand_dims,
    expm1,
    floor,
    greater,
    greater_equal,
    less,
    less_equal,
    log,
    log1p,
    log_softmax,
    logical_and,
    logical_not,
    logical_or,
    logsumexp,
    matmul,
    max,
    maximum,
    mean,
    min,
    minimum,
    multiply,
    negative,
    not_equal,
    one_hot,
    ones_like,
    power,
    prod,
    relu,
    reshape,
    sigmoid,
    sigmoid_cross_entropy,
    sign,
    sin,
    softmax,
    softmax_cross_entropy,
    softplus,
    sqrt,
    square,
    squared_error,
    stack,
    stop_gradient,
    subtract,
    sum,
    sum_to,
    tanh,
    transpose,
    var,
    where,
    zeros_like,
)
from dlcourse.engine.optimizers import (
    AdaGrad,
    Adam,
    AdamW,
    GradientDescent,
    Momentum,
    Nesterov,
    RMSProp,
    cosine_decay,
    exponential_decay,
    inverse_decay,
    step_decay,
    warmup,
)
from dlcourse.engine.program import Program, run
from dlcourse.engine.tracing import Trace

_HIDING = {"abs", "max", "min", "sum"}  # built-in functions, which `from dlcourse import *` leaves alone
__all__ = [
    name
    for name, value in globals().items()
    if not (name.startswith("_") or name in _HIDING or name in ("Any", "dlcourse", "engine"))
]

_CALLED_HERE = {
    "Variable": "dl.parameter(array) makes something to be learned, dl.placeholder an input",
    "Session": "there is none: dl.run(fetch, feeds) runs a graph",
    "GradientDescentOptimizer": "it is dl.GradientDescent(learning_rate=0.1).minimize(loss)",
    "SGD": "it is dl.GradientDescent(learning_rate=0.1).minimize(loss)",
    "RegisterGradient": '@dl.register_gradient("name") gives an operation its rule',
    "reduce_sum": "it is dl.sum(x, axis=...)",
    "reduce_mean": "it is dl.mean(x, axis=...)",
    "reduce_max": "it is dl.max(x, axis=...)",
    "grad": "dl.gradients(loss, [W, b]) returns the gradients as nodes",
    "tensor": "dl.constant(array) is a node that always has this value",
    "Tensor": "dl.constant(array) is a node that always has this value",
    "optim": "dl.GradientDescent, dl.Momentum and dl.Adam stand on the front page",
    "nn": "dl.Linear and dl.Sequential stand on the front page",
    "zeros": "dl.constant(np.zeros(shape)) never changes, dl.parameter(np.zeros(shape)) is learned",
    "ones": "dl.constant(np.ones(shape)) never changes, dl.parameter(np.ones(shape)) is learned",
    "randn": "dl.parameter(rng.normal(size=shape)), where rng = np.random.default_rng(0)",
    "norm": "dl.sqrt(dl.sum(x * x)) is the length of x",
    "mod": "x - y * dl.floor(x / y) is the remainder",
}


def __getattr__(name: str) -> Any:
    """The parts that a script which only computes does not need are loaded when they are first used."""
    if name == "open_lesson":
        from dlcourse.lesson import open_lesson

        return open_lesson
    if name == "data":
        from importlib import import_module

        return import_module("dlcourse.engine.data")
    what = f". {_CALLED_HERE[name]}." if name in _CALLED_HERE else ""
    raise AttributeError(f"module 'dlcourse' has no attribute {name!r}{what}")
