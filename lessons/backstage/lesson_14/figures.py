"""The figures of lesson 14, modules, two Jacobians, devices."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import dlcourse as dl
from dlcourse.figures import (
    Figure,
    Mark,
    Panel,
    by_frame,
    choice,
    edge,
    node,
    point,
    points,
    polygon,
    polyline,
    text,
    toggle,
)
from dlcourse.figures.diagrams import diagram
from dlcourse.figures.pieces import heat

Array = NDArray[np.float64]
SUBSCRIPTS = "₀₁₂₃"

# ------------------------------------------------------------------------------------------- two Jacobians a module


class Way(NamedTuple):
    """What one module does to the row that arrives: both Jacobians, and both products."""

    arriving: Array  # ∂C/∂z', 1 × m
    by_state: Array  # ∂z'/∂z, m × n
    by_weights: Array  # ∂z'/∂w, m × number of weights
    down: Array  # arriving times the first
    own: Array  # arriving times the second


@cache
def three_modules() -> list[Way]:
    """A linear module from 3 to 4, tanh, a linear module from 4 to 2, and the cost ½|z₃ − y|²."""
    rng = np.random.default_rng(14)
    modules: list[dl.Module] = [dl.Linear(3, 4, rng=rng), dl.Tanh(), dl.Linear(4, 2, rng=rng)]
    states: list[dl.Node] = [dl.parameter([0.9, -0.6, 0.4], name="z0")]
    for module in modules:
        states.append(module(states[-1]))
    cost = dl.sum(dl.square(states[-1] - np.array([1.0, -1.0]))) / 2
    ways = []
    for k, module in enumerate(modules):
        weights = module.parameters()
        row, down, *own = dl.run(dl.gradients(cost, [states[k + 1], states[k], *weights]))
        tables = [dl.jacobian(states[k + 1], w).reshape(len(row), -1) for w in weights]
        by_weights = np.concatenate([np.zeros((len(row), 0)), *tables], axis=1)
        flat = np.concatenate([np.zeros(0), *[g.reshape(-1) for g in own]])
        ways.append(Way(row, dl.jacobian(states[k + 1], states[k]), by_weights, down, flat))
    return ways


class Stack(Figure):
    """LeCun's stack of modules, and the column that walks back through it."""

    title = "A stack of modules: on the way back one row arrives, two products leave"
    module = choice({"2": "f₂, linear", "1": "f₁, tanh", "0": "f₀, linear"}, value="2", label="look into")

    last_frame = 4

    def scene(self) -> list[Panel]:
        return [self._stack(), self._tables()]

    def _role(self, since: int) -> Any:
        return by_frame(["derivative" if f >= since else "guide" for f in range(self.last_frame + 1)])

    def _stack(self) -> Panel:
        z, g, own, high = 40.0, 190.0, 300.0, 46.0
        at = int(self.module)
        y = (2 * at + 1) * high
        marks: list[Mark] = [polygon([8, 352, 352, 8], [y - 21, y - 21, y + 21, y + 21], role="region_a")]
        for k in range(3):
            up = (2 * k + 1) * high
            marks += [edge(z, up - high, z, up), edge(z, up, z, up + high)]
            since = 4 - k  # ∂C/∂z₃ comes at frame 1; then one module a frame
            role = self._role(since)
            marks += [edge(g, up + high, g, up, role=role), edge(g, up, g, up - high, role=role)]
            if k != 1:
                marks.append(edge(g, up + high, own, up, role=role))
                marks.append(node(own, up, f"· ∂z{SUBSCRIPTS[k + 1]}/∂w{SUBSCRIPTS[k]}", role=role))
                shown = [f"= ∂C/∂w{SUBSCRIPTS[k]}" if f >= since else "" for f in range(self.last_frame + 1)]
                marks.append(text(own, up - 31, by_frame(shown), anchor="middle"))
            marks.append(node(g, up, f"· ∂z{SUBSCRIPTS[k + 1]}/∂z{SUBSCRIPTS[k]}", role=role))
            marks.append(node(z, up, f"f{SUBSCRIPTS[k]}"))
        marks += [edge(z, 6 * high, 115, 6 * high), edge(115, 6 * high, g, 6 * high, role=self._role(1))]
        for k in range(4):
            marks.append(node(z, 2 * k * high, f"z{SUBSCRIPTS[k]}", shape="box"))
            marks.append(node(g, 2 * k * high, f"∂C/∂z{SUBSCRIPTS[k]}", role=self._role(4 - k)))
        marks.append(node(115, 6 * high, "C", shape="square"))
        return Panel(marks, (0, 360), (-18, 6 * high + 20), axes=False, width=1.45, name="stack")

    def _tables(self) -> Panel:
        way = three_modules()[int(self.module)]
        marks: list[Mark] = []
        top = 282.0
        tables = [("state", way.by_state, way.down), ("weights", way.by_weights, way.own)]
        for name, table, product in tables:
            m, n = table.shape
            marks.append(text(6, top, f"for the {name}: [1×{m}] · [{m}×{n}] = [1×{n}]" if n else "no weights"))
            if n:
                size = 10.0 if n > 8 else 20.0
                left, high = 20.0 + m * size + 22, top - 14
                marks += heat(way.arriving[None], 6.0, high, (size, size), signs=False)
                marks.append(text(14.0 + m * size, high - size / 2, "·", anchor="middle"))
                marks += heat(table, left - 14, high, (size, size), signs=False)
                low = high - m * size - 8
                marks.append(text(left - 30, low - size / 2, "=", anchor="middle"))
                marks += heat(product[None], left - 14, low, (size, size), signs=False)
            top -= 150
        return Panel(marks, (0, 240), (-18, 296), axes=False, name="tables")

    def describe(self) -> str:
        k = int(self.module)
        way = three_modules()[k]
        m, n = way.by_state.shape
        p = way.by_weights.shape[1]
        state = f"the row [1×{m}] times ∂z{SUBSCRIPTS[k + 1]}/∂z{SUBSCRIPTS[k]} [{m}×{n}] goes on down as [1×{n}]"
        weights = (
            f"times ∂z{SUBSCRIPTS[k + 1]}/∂w{SUBSCRIPTS[k]} [{m}×{p}] it stays as [1×{p}]"
            if p
            else ("f₁ has no weights, so nothing stays")
        )
        where = [
            "Forward is done",
            "The cost hands back ∂C/∂z₃",
            "∂C/∂z₂ and ∂C/∂w₂ are there",
            "∂C/∂z₁ is there; f₁ has no weights",
            "∂C/∂z₀ and ∂C/∂w₀ are there: done",
        ][self.frame]
        return f"{where}. In f{SUBSCRIPTS[k]}, {state}; {weights}"


# --------------------------------------------------------------------------------------- the part of torch that matters


class Module:
    """A module that keeps a list of the modules in it, made by its __init__."""

    def __init__(self) -> None:
        self._modules: dict[str, Module] = {}

    def __setattr__(self, name: str, value: object) -> None:
        if isinstance(value, Module):
            if "_modules" not in vars(self):
                raise AttributeError("cannot assign module before Module.__init__() call")
            self._modules[name] = value
        super().__setattr__(name, value)


class Linear(Module):
    """x Aᵀ + b for rows x; whatever has more axes is cut into rows along its last one."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.A, self.b = np.zeros((n_out, n_in)), np.zeros(n_out)

    def __call__(self, x: Array) -> Array:
        rows, T = x.reshape(-1, x.shape[-1]), self.A.T
        if rows.shape[1] != T.shape[0]:
            sizes = f"{rows.shape[0]}x{rows.shape[1]} and {T.shape[0]}x{T.shape[1]}"
            raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({sizes})")
        return x @ T + self.b


def view(x: Array, *shape: int) -> Array:
    """The same memory in another shape, or an error: nothing is copied."""
    seen = x.reshape(*shape)
    if not np.shares_memory(seen, x):
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
            "contiguous subspaces). Use .reshape(...) instead."
        )
    return seen


FLATTEN = {"view": "x.view(-1)", "reshape": "x.reshape(-1)", "flatten": "x.flatten(1)"}
FED = {"z0": "self.m0(z0)", "x": "self.m0(x)"}


class Network(Module):
    """The lecture's network, with its lines as they are chosen; it tells what each line gave."""

    def __init__(self, initialised: bool, flat: str, fed: str) -> None:
        if initialised:
            super().__init__()
        self.m0, self.m1, self.m2 = Linear(600, 60), Linear(60, 40), Linear(40, 10)
        self.flat, self.fed = flat, fed

    def forward(self, x: Array, told: list[str]) -> Array:
        def tell(value: Array) -> Array:
            told.append(str(value.shape))
            return value

        ways: dict[str, Callable[[], Array]] = {
            "view": lambda: view(x, -1),
            "reshape": lambda: x.reshape(-1),
            "flatten": lambda: x.reshape(len(x), -1),
        }
        z0 = tell(ways[self.flat]())
        s1 = tell(self.m0(z0 if self.fed == "z0" else x))
        z1 = tell(np.maximum(s1, 0))
        s2 = tell(self.m1(z1))
        z2 = tell(np.maximum(s2, 0))
        return tell(self.m2(z2))


def picture(batch: bool, permuted: bool) -> Array:
    """One image (3, 10, 20), or eight; permuted, it came as (10, 20, 3) and its axes were moved."""
    count = (8,) if batch else ()
    return np.moveaxis(np.zeros((*count, 10, 20, 3)), -1, -3) if permuted else np.zeros((*count, 3, 10, 20))


def attempt(initialised: bool, flat: str, fed: str, batch: bool, permuted: bool) -> tuple[list[str], str]:
    """What the lines of the program give, one after the other, and the error that ends it, if one does."""
    told: list[str] = []
    try:
        model = Network(initialised, flat, fed)
        told.append("made")
        x = picture(batch, permuted)
        told.append(str(x.shape))
        model.forward(x, told)
    except (AttributeError, RuntimeError) as error:
        return told, f"{type(error).__name__}: {error}"
    return told, ""


class Hunt(Figure):
    """The lecture's network, line by line, and where it stops."""

    title = "The program, run line by line"
    sealed = True  # 14.b asks where it stops
    last_frame = 8
    initialised = toggle(False, label="call super().__init__()")
    fed = choice(FED, value="x", label="s1 =")
    flat = choice(FLATTEN, value="view", label="z0 =")
    batch = toggle(False, label="eight images")
    permuted = toggle(False, label="axes moved")

    def compute(self) -> None:
        self.told, self.said = attempt(self.initialised, self.flat, self.fed, self.batch, self.permuted)
        x = "8 images" if self.batch else "1 image"
        self.lines = [
            "super().__init__();  self.m0 = nn.Linear(600, 60) …"
            if self.initialised
            else "self.m0 = nn.Linear(600, 60) …",
            f"x: {x}{', axes moved' if self.permuted else ''}",
            f"z0 = {FLATTEN[self.flat]}",
            f"s1 = {FED[self.fed]}",
            "z1 = torch.relu(s1)",
            "s2 = self.m1(z1)",
            "z2 = torch.relu(s2)",
            "s3 = self.m2(z2)",
        ]

    def scene(self) -> list[Panel]:
        marks: list[Mark] = []
        for k, line in enumerate(self.lines):
            y = 7.0 - k
            ran = self.told[k] if k < len(self.told) else "✗ stops here" if k == len(self.told) else "–"
            shown = by_frame(["" if f <= k else ran for f in range(self.last_frame + 1)])
            marks += [text(0.2, y, line), text(6.6, y, shown, anchor="middle")]
        return [Panel(marks, (0, 8.4), (-0.6, 7.6), axes=False, name="program")]

    def describe(self) -> str:
        x = f"{'eight images' if self.batch else 'one image'}{' with moved axes' if self.permuted else ''}"
        how = f"{'with' if self.initialised else 'without'} super, {FLATTEN[self.flat]}, {FED[self.fed]}, {x}"
        if self.frame == 0:
            return f"{how}: nothing has run yet"
        if self.said and self.frame > len(self.told):
            return f"{how}: {self.said}"
        if self.frame == self.last_frame:
            return f"{how}: it runs, and gives {self.told[-1]}"
        return f"{how}: line {self.frame} ran, {self.told[self.frame - 1]}"


# ------------------------------------------------------------------------------------------------------- the pipeline


class Pipeline(Figure):
    """Everything that one training step is made of."""

    title = "The whole pipeline, once round"
    words = choice({"words": "words", "torch": "PyTorch"}, value="words", label="say it in")

    last_frame = 4

    def scene(self) -> list[Panel]:
        plain = self.words == "words"
        seen = [by_frame(["function" if f >= k else "guide" for f in range(5)]) for k in range(5)]
        back = [by_frame(["derivative" if f >= k else "guide" for f in range(5)]) for k in range(5)]
        return [
            diagram(
                {
                    "x": ("observed", "x"),
                    "M": ("block", "model" if plain else "model(x)"),
                    "ŷ": "circle",
                    "C": ("square", "loss" if plain else "loss_fn(ŷ, y)"),
                    "y": "observed",
                    "w": "circle",
                    "u": ("box", "w − η ∂C/∂w" if plain else "optimizer.step()"),
                    "g": ("block-left", "way back" if plain else "loss.backward()"),
                },
                [[None, None, None, "y"], ["x", "M", "ŷ", "C"], [None, "w", "u", "g"]],
                [
                    ("x M ŷ", seen[1]),
                    ("w M", seen[1]),
                    ("ŷ C", seen[2]),
                    ("y C", seen[2]),
                    ("C g", back[3]),
                    ("g u", back[3]),
                    ("u w", seen[4]),
                ],
                roles={"M": seen[1], "ŷ": seen[1], "C": seen[2], "g": back[3], "u": seen[4]},
            )
        ]

    def describe(self) -> str:
        told = [
            ("Data x and targets y are given, parameters w are kept", "for x, y in loader"),
            ("Forward: the model makes a prediction from x and w", "yhat = model(x)"),
            ("The loss compares prediction and target: one number", "loss = loss_fn(yhat, y)"),
            ("Backward: the gradient of the loss, for each w", "loss.backward(), after optimizer.zero_grad()"),
            ("The update changes w; the model's formula stays, and the next batch comes", "optimizer.step()"),
        ]
        return told[self.frame][0] if self.words == "words" else f"In PyTorch: {told[self.frame][1]}"


# ------------------------------------------------------------------------------------------------------------ devices

# One training step of a tanh network with two hidden layers, batch 256, float32, in milliseconds by width, as
# tests/gpu/break_even.py measures it on one machine, 2026-11-26: one core and all 16 of an Intel Xeon with NumPy 2.5.2,
# and an NVIDIA H100 80GB with CuPy 14.2.0 and CUDA 13. Each is the smallest of two or three medians of 21 steps.
MEASURED = {
    "1 core": [0.0713, 0.0798, 0.1045, 0.2095, 0.5162, 1.7828, 5.8467, 29.423, 105.83, 361.26],
    "16 cores": [0.0697, 0.0802, 0.1027, 0.2607, 0.5775, 1.2972, 2.9483, 7.9721, 25.096, 87.286],
    "GPU": [2.6377, 2.6513, 2.6461, 2.7577, 2.9929, 3.0721, 3.0225, 3.1598, 3.2678, 4.2929],
}
WIDTHS = [8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096]


class Bench(Figure):
    """One training step as it was measured on one machine: on its CPU, and on its GPU."""

    title = "One training step, measured on one machine"
    sealed = True  # 14.c asks which is faster
    last_frame = 1
    width = choice({str(w): str(w) for w in WIDTHS}, value="32", label="width of the layers")
    cpu = choice({"1 core": "1 core", "16 cores": "16 cores"}, value="1 core", label="CPU")

    def compute(self) -> None:
        at = WIDTHS.index(int(self.width))
        self.slow, self.fast = MEASURED[self.cpu][at], MEASURED["GPU"][at]
        self.first = next(k for k, c in enumerate(MEASURED[self.cpu]) if c > MEASURED["GPU"][k])

    def scene(self) -> list[Panel]:
        gpu = by_frame([0, len(WIDTHS)])
        return [
            Panel(
                [
                    polyline(WIDTHS, MEASURED[self.cpu], role="function", label=f"CPU, {self.cpu}"),
                    points(WIDTHS, MEASURED[self.cpu], role="class_a"),
                    polyline(WIDTHS, MEASURED["GPU"], role="derivative", label="GPU, H100", shown=gpu),
                    point(int(self.width), self.slow, role="here"),
                    point(int(self.width), by_frame([self.slow, self.fast]), role="here"),
                ],
                xlim=(7, 4800),
                ylim=(0.03, 1000),
                xscale="log",
                yscale="log",
                xlabel="width of the layers",
                ylabel="ms for a step",
                name="bench",
            )
        ]

    def describe(self) -> str:
        cpu = f"width {self.width}: {self.cpu} of the CPU {self.slow:.3g} ms"
        if self.frame == 0:
            return f"{cpu}; Step shows the GPU"
        ratio = max(self.slow, self.fast) / min(self.slow, self.fast)
        than = "as long" if self.fast > self.slow else "as fast"
        compared = f"{ratio:.2g} times {than}" if ratio > 1.05 else "about the same"
        return (
            f"{cpu}, the GPU {self.fast:.3g} ms: {compared}; "
            f"the lines cross between width {WIDTHS[self.first - 1]} and {WIDTHS[self.first]}"
        )


FIGURES = {"stack": Stack, "hunt": Hunt, "pipeline": Pipeline, "bench": Bench}
