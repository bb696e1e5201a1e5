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


def __getattr__(name: str) -> Any:
    """The parts that a script which only computes does not need are loaded when they are first used."""
    if name == "open_lesson":
        from dlcourse.lesson import open_lesson

        return open_lesson
    if name == "data":
        from importlib import import_module

        return import_module("dlcourse.engine.data")
    from dlcourse.engine.elsewhere import on_front_page

    raise AttributeError(f"module 'dlcourse' has no attribute {name!r}{on_front_page(name, __all__)}")
