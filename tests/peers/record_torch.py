"""Record what PyTorch computes on its own sample inputs: its OpInfo test tables, where an operation of ours can say it.

python -m tests.peers.record_torch          # needs torch, expecttest and hypothesis; writes data/torch.npz
python -m tests.peers.record_torch exp sum  # these only; the others stay as they are recorded
"""

from __future__ import annotations

import sys
import warnings
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch.testing._internal.common_methods_invocations import op_db

from tests.peers.records import Case, load, save, weights

MOST, LARGEST = 8, 800  # samples of an operation; numbers in a sample
Said = tuple[str, Sequence[Any]]  # our line, in which {0}, {1}, ... stand for the inputs; and the inputs


def plain(form: str, options: int = 0) -> Callable[..., Said | None]:
    """The same arguments, all arrays or numbers, and no options."""

    def said(*operands: Any, **given: Any) -> Said | None:
        if {key: value for key, value in given.items() if value is not None}:
            return None
        places = [f"{{{i}}}" if isinstance(x, torch.Tensor) else repr(x) for i, x in enumerate(operands)]
        tensors = [x for x in operands if isinstance(x, torch.Tensor)]
        if form.count("%s") != len(places) or len(tensors) < len(places):
            return None
        return form % tuple(places), tensors

    return said


def reduction(name: str, axis: str = "None") -> Callable[..., Said | None]:
    def said(x: Any, dim: Any = None, keepdim: bool = False, *more: Any, **given: Any) -> Said | None:
        if more or set(given) - {"unbiased", "correction"} or isinstance(dim, bool):
            return None
        if name == "var" and (given.get("unbiased", True) or given.get("correction", 0)):
            return None
        empty = dim is None or (isinstance(dim, list | tuple) and not dim)  # no axis is every axis, in PyTorch
        if not x.ndim and not empty:
            return None  # 0-d arrays have no axis 0
        which = axis if empty else repr(tuple(dim) if isinstance(dim, list) else dim)
        return f"dl.{name}({{0}}, axis={which}, keepdims={keepdim})", [x]

    return said


def along(name: str, keepdim: bool = False) -> Callable[..., Said | None]:
    def said(x: Any, dim: Any = None, *more: Any, **given: Any) -> Said | None:
        if more or not x.ndim or dim is None or given.get("dtype") is not None or given.get("keepdim"):
            return None
        return f"dl.{name}({{0}}, axis={dim})", [x]

    return said


def clamp(x: Any, low: Any = None, high: Any = None, **given: Any) -> Said | None:
    low, high = given.get("min", low), given.get("max", high)
    bounds = [x for x in (low, high) if isinstance(x, torch.Tensor)]
    if low is not None and high is not None and bool((torch.as_tensor(low) > torch.as_tensor(high)).any()):
        return None  # PyTorch differentiates crossed bounds by another convention
    places = {"low": low, "high": high}
    text, at = [], 1
    for name, bound in places.items():
        if isinstance(bound, torch.Tensor):
            text.append(f"{name}={{{at}}}")
            at += 1
        elif bound is not None:
            text.append(f"{name}={bound!r}")
    return f"dl.clip({{0}}, {', '.join(text)})", [x, *bounds]


def listed(name: str) -> Callable[..., Said | None]:
    def said(tensors: Any, dim: int = 0, **given: Any) -> Said | None:
        dim = given.get("dim", dim)
        if len({t.ndim for t in tensors}) > 1 or any(t.shape == (0,) for t in tensors):
            return None
        return f"dl.{name}([{', '.join(f'{{{i}}}' for i in range(len(tensors)))}], axis={dim})", tensors

    return said


def index(x: Any, where: Any) -> Said | None:
    def text(item: Any) -> str:
        if isinstance(item, slice):
            return ":".join("" if end is None else str(end) for end in (item.start, item.stop))
        return "..." if item is Ellipsis else str(item)

    items = where if isinstance(where, tuple | list) else [where]
    if any(isinstance(item, torch.Tensor) for item in items):
        return None
    if isinstance(where, list) and all(isinstance(item, int) for item in where):
        return f"{{0}}[{where}]", [x]
    return f"{{0}}[{', '.join(map(text, items))}]", [x]


def entropy(x: Any, t: Any, weight: Any = None, reduction: str = "mean", **given: Any) -> Said | None:
    if x.ndim != 2 or weight is not None or given:
        return None
    losses = "dl.softmax_cross_entropy({0}, {1})"
    return {"mean": f"dl.mean({losses})", "sum": f"dl.sum({losses})", "none": losses}[reduction], [x, t]


def binary(x: Any, t: Any, weight: Any = None, reduction: str = "mean", **given: Any) -> Said | None:
    if weight is not None or given:
        return None
    losses = "dl.sigmoid_cross_entropy({0}, {1})"
    return {"mean": f"dl.mean({losses})", "sum": f"dl.sum({losses})", "none": losses}[reduction], [x, t]


def squares(x: Any, t: Any, reduction: str = "mean", **given: Any) -> Said | None:
    errors = "dl.squared_error({0}, {1})"
    return {"mean": f"dl.mean({errors})", "sum": f"dl.sum({errors})", "none": errors}[reduction], [x, t]


def transposed(x: Any, *axes: Any) -> Said | None:
    if not axes:
        return ("{0}.T", [x]) if x.ndim == 2 else None
    if len(axes) == 1:
        return f"dl.transpose({{0}}, {tuple(axes[0])})", [x]
    order = list(range(x.ndim))
    if not order:
        return None
    a, b = axes
    order[a], order[b] = order[b], order[a]
    return f"dl.transpose({{0}}, {tuple(order)})", [x]


def shaped(name: str) -> Callable[..., Said | None]:
    def said(x: Any, *shape: Any) -> Said | None:
        whole = shape[0] if len(shape) == 1 else shape
        sizes = tuple(whole.shape) if isinstance(whole, torch.Tensor) else tuple(np.atleast_1d(whole).tolist())
        if name == "broadcast_to":
            given = [1] * (len(sizes) - x.ndim) + list(x.shape)
            sizes = tuple(int(a if b == -1 else b) for a, b in zip(given, sizes, strict=True))
        if name == "sum_to":
            return f"dl.sum_to({{0}}, dl.constant(np.zeros({sizes})))", [x]
        return f"dl.{name}({{0}}, {tuple(map(int, sizes))})", [x]

    return said


SAID: dict[str, dict[str, Callable[..., Said | None]]] = {  # ours: {PyTorch's: how to say a sample of it}
    **{
        name: {theirs: plain(f"dl.{name}(%s)")}
        for name, theirs in {
            "exp": "exp",
            "expm1": "expm1",
            "log": "log",
            "log1p": "log1p",
            "sqrt": "sqrt",
            "square": "square",
            "sin": "sin",
            "cos": "cos",
            "tanh": "tanh",
            "sigmoid": "sigmoid",
            "abs": "abs",
            "sign": "sign",
            "floor": "floor",
            "negative": "neg",
            "relu": "nn.functional.relu",
            "zeros_like": "zeros_like",
            "ones_like": "ones_like",
            "logical_not": "logical_not",
        }.items()
    },
    **{
        name: {theirs: plain(form)}
        for name, theirs, form in (
            ("add", "add", "%s + %s"),
            ("subtract", "sub", "%s - %s"),
            ("multiply", "mul", "%s * %s"),
            ("divide", "true_divide", "%s / %s"),
            ("power", "pow", "%s ** %s"),
            ("maximum", "maximum", "dl.maximum(%s, %s)"),
            ("minimum", "minimum", "dl.minimum(%s, %s)"),
            ("greater", "gt", "%s > %s"),
            ("greater_equal", "ge", "%s >= %s"),
            ("less", "lt", "%s < %s"),
            ("less_equal", "le", "%s <= %s"),
            ("equal", "eq", "dl.equal(%s, %s)"),
            ("not_equal", "ne", "dl.not_equal(%s, %s)"),
        )
    },
    "matmul": {theirs: plain("%s @ %s") for theirs in ("matmul", "mm", "mv", "dot", "bmm")},
    "where": {"where": lambda a, c, b, **_: ("dl.where({0}, {1}, {2})", [c, a, b])},
    "clip": {"clamp": clamp},
    "sum": {"sum": reduction("sum")},
    "mean": {"mean": reduction("mean")},
    "var": {"var": reduction("var")},
    "max": {"amax": reduction("max")},
    "min": {"amin": reduction("min")},
    "logsumexp": {"logsumexp": reduction("logsumexp")},
    "prod": {"prod": lambda x, *a, **k: reduction("prod")(x, *a, **k) if k.get("dtype") is None else None},
    "softmax": {"softmax": along("softmax")},
    "log_softmax": {"log_softmax": along("log_softmax")},
    "cumsum": {"cumsum": along("cumsum")},
    "argmax": {"argmax": along("argmax")},
    "argmin": {"argmin": along("argmin")},
    "softmax_cross_entropy": {"nn.functional.cross_entropy": entropy},
    "sigmoid_cross_entropy": {"nn.functional.binary_cross_entropy_with_logits": binary},
    "squared_error": {"nn.functional.mse_loss": squares},
    "transpose": {"transpose": transposed, "permute": transposed, "t": transposed},
    "reshape": {"reshape": shaped("reshape"), "view": shaped("reshape")},
    "broadcast_to": {"broadcast_to": shaped("broadcast_to"), "expand": shaped("broadcast_to")},
    "broadcast_like": {"expand_as": plain("dl.broadcast_like(%s, %s)")},
    "sum_to": {"sum_to_size": shaped("sum_to")},
    "expand_dims": {"unsqueeze": lambda x, axis: (f"dl.expand_dims({{0}}, {axis})", [x])},
    "concatenate": {"cat": listed("concatenate")},
    "stack": {"stack": listed("stack")},
    "getitem": {"__getitem__": index},
}


def recorded(operation: str, info: Any, sample: Any, said: Said) -> Case | None:
    text, tensors = said
    names = [f"a{i}" for i in range(len(tensors))]
    inputs = {name: t.detach().numpy(force=True) for name, t in zip(names, tensors, strict=True)}
    if sum(array.size for array in inputs.values()) > LARGEST:
        return None
    for tensor in tensors:
        if tensor.dtype.is_floating_point and tensor.is_leaf:
            tensor.requires_grad_()
    value = info.op(sample.input, *sample.args, **sample.kwargs)
    if not isinstance(value, torch.Tensor):
        return None
    case = Case(operation, [["y", text.format(*names)]], "y", inputs, value.detach().numpy(force=True))
    leaves = [t for t in tensors if t.dtype.is_floating_point]
    if value.dtype.is_floating_point and leaves and value.requires_grad:

        def slopes(of: Any) -> list[Any]:
            if not of.requires_grad:
                return [torch.zeros_like(t) for t in leaves]
            found = torch.autograd.grad(of, leaves, create_graph=True, allow_unused=True)
            return [torch.zeros_like(t) if g is None else g for t, g in zip(leaves, found, strict=True)]

        def weighted(x: Any) -> Any:
            return (x * torch.as_tensor(weights(tuple(x.shape)))).sum()

        first = slopes(weighted(value))
        second = slopes(sum(map(weighted, first)))
        smooth = case.smooth
        case.first = {name: g.detach().numpy(force=True) for name, g in zip(smooth, first, strict=True)}
        case.second = {name: g.detach().numpy(force=True) for name, g in zip(smooth, second, strict=True)}
    numbers = [case.value, *case.first.values(), *case.second.values()]
    return case if all(np.isfinite(array).all() for array in numbers) else None


def samples(operation: str) -> list[Case]:
    found: list[Case] = []
    infos = {info.name: info for info in reversed(op_db)}
    for theirs, say in SAID[operation].items():
        mine: list[Case] = []
        for sample in infos[theirs].sample_inputs("cpu", torch.float64, requires_grad=True):
            try:
                said = say(sample.input, *sample.args, **sample.kwargs)
            except (TypeError, ValueError):
                said = None  # arguments that ours has not
            case = recorded(operation, infos[theirs], sample, said) if said else None
            if case is not None and len(mine) < max(2, MOST // len(SAID[operation])):
                mine.append(case)
        found += mine
    return found


if __name__ == "__main__":
    torch.manual_seed(0)
    asked = sys.argv[1:] or list(SAID)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kept: dict[str, list[Case]] = defaultdict(list)
        if sys.argv[1:]:
            for case in load("torch"):
                kept[case.operation].append(case)
        kept |= {operation: samples(operation) for operation in asked}
    path = save("torch", torch.__version__, [case for cases in kept.values() for case in cases])
    print(f"wrote {path}, {path.stat().st_size} bytes:", {name: len(cases) for name, cases in kept.items()})
