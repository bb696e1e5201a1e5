"""dlcourse: gradient descent and backpropagation, learned by building them."""

from typing import Any

import dlcourse.engine.derivatives  # the rules that gradients() follows
from dlcourse.engine.differentiation import gradients, register_gradient
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
from dlcourse.engine.kinds import operation
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
    broadcast_to,
    cast,
    clip,
    concatenate,
    cos,
    divide,
    equal,
    exp,
    expand_dims,
    log,
    log_softmax,
    logsumexp,
    matmul,
    max,
    maximum,
    mean,
    min,
    minimum,
    multiply,
    negative,
    one_hot,
    power,
    relu,
    reshape,
    sigmoid,
    sign,
    sin,
    softmax,
    softmax_cross_entropy,
    sqrt,
    square,
    squared_error,
    subtract,
    sum,
    sum_to,
    tanh,
    transpose,
    where,
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

__all__ = [name for name in dir() if not name.startswith("_") and name != "Any"]


def __getattr__(name: str) -> Any:
    """The parts that a script which only computes does not need are loaded when they are first used."""
    if name == "open_lesson":
        from dlcourse.lesson import open_lesson

        return open_lesson
    if name == "data":
        from importlib import import_module

        return import_module("dlcourse.engine.data")
    raise AttributeError(f"module 'dlcourse' has no attribute {name!r}")
