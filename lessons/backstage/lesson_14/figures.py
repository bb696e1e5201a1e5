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
    curve,
    edge,
    node,
    point,
    points,
    polygon,
    polyline,
    slider,
    text,
    toggle,
)
from dlcourse.figures.diagrams import diagram
from dlcourse.figures.pieces import heat
from dlcourse.figures.spelling import grouped

Array = NDArray[np.float64]
SUBSCRIPTS = "₀₁₂₃"

# ------------------------------------------------------------------------------------------- two Jacobians a module


class Way(NamedTuple):
    """What one module does to the row that arrives: both Jacobians, and both products."""

    arriving: Array  # ∂c/∂z', 1 × m
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
            since = 4 - k  # ∂c/∂z₃ comes at frame 1; then one module a frame
            role = self._role(since)
            marks += [edge(g, up + high, g, up, role=role), edge(g, up, g, up - high, role=role)]
            if k != 1:
                marks.append(edge(g, up + high, own, up, role=role))
                marks.append(node(own, up, f"· ∂z{SUBSCRIPTS[k + 1]}/∂w{SUBSCRIPTS[k]}", role=role))
                shown = [f"= ∂c/∂w{SUBSCRIPTS[k]}" if f >= since else "" for f in range(self.last_frame + 1)]
                marks.append(text(own, up - 31, by_frame(shown), anchor="middle"))
            marks.append(node(g, up, f"· ∂z{SUBSCRIPTS[k + 1]}/∂z{SUBSCRIPTS[k]}", role=role))
            marks.append(node(z, up, f"f{SUBSCRIPTS[k]}"))
        marks += [edge(z, 6 * high, 115, 6 * high), edge(115, 6 * high, g, 6 * high, role=self._role(1))]
        for k in range(4):
            marks.append(node(z, 2 * k * high, f"z{SUBSCRIPTS[k]}", shape="box"))
            marks.append(node(g, 2 * k * high, f"∂c/∂z{SUBSCRIPTS[k]}", role=self._role(4 - k)))
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
            "The cost hands back ∂c/∂z₃",
            "∂c/∂z₂ and ∂c/∂w₂ are there",
            "∂c/∂z₁ is there; f₁ has no weights",
            "∂c/∂z₀ and ∂c/∂w₀ are there: done",
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
        raise RuntimeError("view size is not compatible with input tensor's size and stride")
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

    title = "Four faults in a famous program"
    initialised = toggle(False, label="call super().__init__()")
    fed = choice(FED, value="x", label="s1 =")
    flat = choice(FLATTEN, value="view", label="z0 =")
    batch = toggle(False, label="eight images")
    permuted = toggle(False, label="axes moved")

    def compute(self) -> None:
        self.told, self.said = attempt(self.initialised, self.flat, self.fed, self.batch, self.permuted)

    def scene(self) -> list[Panel]:
        x = "8 images" if self.batch else "1 image"
        lines = [
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
        marks: list[Mark] = []
        for k, line in enumerate(lines):
            y = 7.0 - k
            marks.append(text(0.2, y, line))
            if k < len(self.told):
                marks.append(node(6.6, y, self.told[k]))
            elif k == len(self.told):
                marks.append(node(6.6, y, "✗ stops here", role="derivative"))
            else:
                marks.append(text(6.6, y, "–", anchor="middle"))
        return [Panel(marks, (0, 8.4), (-0.6, 7.6), axes=False, name="program")]

    def describe(self) -> str:
        x = f"{'eight images' if self.batch else 'one image'}{' with moved axes' if self.permuted else ''}"
        how = f"{'with' if self.initialised else 'without'} super, {FLATTEN[self.flat]}, {FED[self.fed]}, {x}"
        if self.said:
            return f"{how}: {self.said}"
        return f"{how}: it runs, and gives {self.told[-1]}"


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
                    "u": ("box", "w − η ∂c/∂w" if plain else "optimizer.step()"),
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

# One training step of a tanh network with two hidden layers, batch 256, float32, one core of an AMD EPYC, NumPy 2.4.6
# with one thread, 2026-11-21, in milliseconds by width: tests/gpu/break_even.py, the smallest of up to four medians of
# 21 steps. Others used the machine; from width 1024 on a quiet one may take half the time; break-even is far below.
CPU_MS = {8: 0.052, 16: 0.055, 32: 0.083, 64: 0.167, 128: 0.476, 256: 1.64, 512: 6.65, 1024: 54.2, 2048: 207.0}
BATCH, OPERATIONS, RATE = 256, 48, 2e13  # 42 operations and 6 updates; multiplications and additions a second


def gpu_estimate(width: Any, launch_us: float, gigabytes: float) -> tuple[Any, Any, Any]:
    """What arithmetic says that a GPU would take, in milliseconds: starting, bringing the data, computing.

    Nobody measured this. Each of the step's operations has to be started; the batch travels once; three products of
    matrices for each layer but the first, which needs no gradient for its input, and two for that one.
    """
    width = np.asarray(width, dtype=float)
    weights = np.stack([width * width, width * width, 10 * width])
    flops = 2 * BATCH * (np.array([2, 3, 3]) @ weights.reshape(3, -1)).reshape(width.shape)
    start = np.full_like(width, OPERATIONS * launch_us * 1e-3)
    return start, BATCH * (4 * width + 8) / (gigabytes * 1e6), 1e3 * flops / RATE


def cpu_ms(width: Any) -> Any:
    """The measured times, and between them a straight line on logarithmic axes."""
    return np.exp(np.interp(np.log(width), np.log(list(CPU_MS)), np.log(list(CPU_MS.values()))))


class Bench(Figure):
    """The CPU as it was measured, a GPU as it is estimated, and where they meet."""

    title = "One training step: a CPU core, measured; a GPU, ESTIMATED"
    width = slider(8, 2048, value=32, label="width of the layers", log=True)
    launch = slider(2, 50, value=10, step=1, label="assumed start of an operation, µs")
    speed = slider(5, 50, value=15, step=5, label="assumed transfer, GB/s")

    def compute(self) -> None:
        grid = self.grid = np.geomspace(8, 2048, 161)
        self.estimate = np.sum(gpu_estimate(grid, self.launch, self.speed), axis=0)
        faster = np.flatnonzero(self.estimate < cpu_ms(grid))
        self.even = float(grid[faster[0]]) if len(faster) else float("nan")
        self.parts = [float(part) for part in gpu_estimate(self.width, self.launch, self.speed)]
        self.cpu, self.gpu = float(cpu_ms(self.width)), sum(self.parts)

    def scene(self) -> list[Panel]:
        widths, times = list(CPU_MS), list(CPU_MS.values())
        return [
            Panel(
                [
                    polyline([self.even, self.even], [0.01, 1000], role="guide"),
                    polyline(widths, times, role="function", label="CPU, measured"),
                    points(widths, times, role="class_a"),
                    curve(self.grid, self.estimate, role="derivative", label="GPU, estimated"),
                    text(self.even * 1.08, 0.016, f"break-even: {self.even:.0f}"),
                    point(self.width, self.cpu, role="here"),
                    point(self.width, self.gpu, role="here"),
                ],
                xlim=(7, 2400),
                ylim=(0.01, 1000),
                xscale="log",
                yscale="log",
                xlabel="width of the layers",
                ylabel="ms for a step",
                name="bench",
            )
        ]

    def describe(self) -> str:
        start, transfer, arithmetic = self.parts
        who, times = ("CPU", self.gpu / self.cpu) if self.cpu < self.gpu else ("GPU", self.cpu / self.gpu)
        return (
            f"width {self.width:.0f}: CPU {self.cpu:.3g} ms, measured; GPU {self.gpu:.3g} ms, estimated as "
            f"{start:.2g} to start {OPERATIONS} operations + {transfer:.2g} for the data + {arithmetic:.1g} to "
            f"compute. The {who} wins by a factor of {times:.2g}; break-even near width {grouped(round(self.even))}"
        )


FIGURES = {"stack": Stack, "hunt": Hunt, "pipeline": Pipeline, "bench": Bench}
