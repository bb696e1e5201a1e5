"""The figures of lesson 10, Jacobians, and never building them."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

import dlcourse as dl
from dlcourse.figures import (
    Figure,
    Mark,
    Panel,
    action,
    arrow,
    by_frame,
    choice,
    curve,
    point,
    polygon,
    polyline,
    slider,
    text,
)
from dlcourse.figures.diagrams import diagram
from dlcourse.figures.hills import Array
from dlcourse.figures.pieces import heat
from dlcourse.figures.spelling import grouped, signed

# ------------------------------------------------------------------------------------------------ J as a picture


class Map:
    """A function of two numbers that returns two, with its Jacobian, both computed by the course's engine."""

    def __init__(self, function: Callable[[dl.Node, dl.Node], tuple[dl.Node, dl.Node]]) -> None:
        self._p = dl.placeholder("p", shape=(None, 2))
        outputs = function(self._p[:, 0], self._p[:, 1])
        rows = [dl.gradients(dl.sum(y), self._p) for y in outputs]  # points do not mix: the sum keeps them apart
        self._program = dl.Program([*outputs, *rows])

    def __call__(self, points: Any) -> tuple[Array, Array]:
        """Images, shape (n, 2), and Jacobians, shape (n, 2, 2), of points of shape (n, 2)."""
        y1, y2, row1, row2 = self._program({self._p: np.asarray(points, dtype=float)})
        return np.stack([y1, y2], axis=1), np.stack([row1, row2], axis=1)


MAPS: dict[str, tuple[str, Callable[[dl.Node, dl.Node], tuple[dl.Node, dl.Node]]]] = {
    "bend": ("bend", lambda a, b: (a + 0.2 * b**2 - 0.4, b - 0.5 * dl.sin(2 * a))),
    "linear": ("linear", lambda a, b: (0.6 * a - 0.5 * b, 0.9 * a + 0.6 * b)),
    "tanh": ("tanh, number by number", lambda a, b: (dl.tanh(a), dl.tanh(b))),
    "polar": ("radius and angle", lambda a, b: (a * dl.cos(b), a * dl.sin(b))),
}
LOOKS = {"column1": "column 1", "column2": "column 2", "row1": "row 1", "row2": "row 2"}
CORNERS = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]], dtype=float)
ALONG = np.array([a + t * (b - a) for a, b in pairwise(CORNERS) for t in np.linspace(0, 1, 13)])
DIGITS = "₁₂"


def xy(points: Array) -> tuple[Array, Array]:
    """The two columns of an array of places."""
    return points[:, 0], points[:, 1]


def step(start: Array, move: Array, role: str, label: str) -> Mark:
    """An arrow from a place, as long as the move."""
    end = start + move
    return arrow(float(start[0]), float(start[1]), float(end[0]), float(end[1]), role=role, label=label)


class Square(Figure):
    """A small square of inputs, where it really goes, and where the Jacobian says that it goes."""

    title = "Four slopes as a picture"
    function = choice({name: words for name, (words, _) in MAPS.items()}, value="bend", label="function")
    look = choice(LOOKS, value="column2", label="look at")
    x1 = slider(-1.2, 1.2, value=0.3, step=0.1, label="x₁")
    x2 = slider(-1.6, 1.6, value=0.8, step=0.1, label="x₂")
    side = slider(0.1, 1.0, value=0.8, step=0.1, label="side of the square")

    def setup(self) -> None:
        self.maps = {name: Map(function) for name, (_, function) in MAPS.items()}

    def compute(self) -> None:
        self.x = np.array([self.x1, self.x2])
        images, jacobians = self.maps[self.function](self.x + self.side * ALONG)
        self.image, self.y, self.J = images, images[0], jacobians[0]
        self.promised = self.y + self.side * CORNERS @ self.J.T
        self.is_row, self.k = self.look.startswith("row"), int(self.look[-1]) - 1

    def scene(self) -> list[Panel]:
        k, s = self.k, self.side
        square = self.x + s * CORNERS
        inputs: list[Mark] = [polygon(*xy(square), role="region_a"), curve(*xy(square), role="function")]
        outputs: list[Mark] = [
            polygon(*xy(self.image), role="region_a"),
            curve(*xy(self.image), role="function", label="where it goes"),
            curve(*xy(self.promised), role="derivative", label="what J says"),
        ]
        if self.is_row:
            row = self.J[k]
            length = float(np.hypot(*row))
            across = np.array([-row[1], row[0]]) / max(length, 1e-9)
            if length > 1e-9:
                inputs.append(
                    polyline(
                        *xy(self.x + 4 * np.outer([-1, 1], across)), role="guide", label=f"y{DIGITS[k]} stands still"
                    )
                )
                inputs.append(step(self.x, s * row / length, "derivative", f"row {k + 1}"))
            outputs.append(step(self.y, s * length * np.eye(2)[k], "derivative", f"y{DIGITS[k]}"))
        else:
            inputs.append(step(self.x, s * np.eye(2)[k], "path", f"x{DIGITS[k]} moves"))
            outputs.append(step(self.y, s * self.J[:, k], "derivative", f"column {k + 1}"))
        here = "" if self.is_row else "x"  # a row's arrow and line have their names where this one would stand
        inputs.append(point(self.x1, self.x2, role="here", label=here, drag={"x": "x1", "y": "x2"}))
        outputs.append(point(float(self.y[0]), float(self.y[1]), role="here", label="y"))
        planes = [
            Panel(
                marks,
                (-1.6, 2.2),
                (-2.6, 2.6),
                xlabel=f"{name}₁",
                ylabel=f"{name}₂",
                title=title,
                aspect="equal",
                name=name,
            )
            for marks, name, title in ((inputs, "x", "Inputs"), (outputs, "y", "Outputs"))
        ]
        return [*planes, self.table()]

    def table(self) -> Panel:
        marks: list[Mark] = []
        for i in range(2):
            for j in range(2):
                chosen = self.k == (i if self.is_row else j)
                xs, ys = np.array([j, j + 1, j + 1, j, j]), -np.array([i, i, i + 1, i + 1, i])
                role, tint = ("region_b", 0.15) if chosen else ("neutral", 0.05)
                marks.append(polygon(xs, ys, role=role, opacity=tint))
                marks.append(polyline(xs, ys, role="path"))
                marks.append(text(j + 0.5, -i - 0.5, signed(self.J[i, j]), anchor="middle"))
            marks.append(text(i + 0.5, 0.2, f"x{DIGITS[i]}", anchor="middle"))
            marks.append(text(-0.1, -i - 0.5, f"y{DIGITS[i]}", anchor="end"))
        return Panel(marks, (-0.55, 2.05), (-4.0, 2.0), title="J", axes=False, width=0.5, name="J")

    def describe(self) -> str:
        k, far = self.k, self.image[2 * 13]  # the corner across
        gap = float(np.hypot(*(far - self.promised[2])))
        if self.is_row:
            a, b = self.J[k]
            words = f"y{DIGITS[k]} listens to x₁ with {signed(a)} and to x₂ with {signed(b)}"
        else:
            a, b = self.J[:, k]
            words = f"a unit of x{DIGITS[k]} moves y₁ by {signed(a)} and y₂ by {signed(b)}"
        return (
            f"{'Row' if self.is_row else 'Column'} {k + 1} at ({signed(self.x1, 1)}, {signed(self.x2, 1)}): {words}; "
            f"for a square of side {self.side:.1f} the far corner misses the parallelogram's by {gap:.2f}"
        )


# ------------------------------------------------------------------------------------------------ two modules


@cache
def two_modules(m: int, n: int) -> tuple[Array, Array, Array]:
    """∂C/∂z_g, ∂z_g/∂z_f and ∂C/∂z_f of a tanh layer from n numbers to m and a squared cost."""
    rng = np.random.default_rng(10)
    W, target, start = rng.normal(size=(4, 4)).round(1), rng.normal(size=4).round(1), rng.normal(size=4).round(1)
    z_f = dl.constant(start[:n])
    z_g = dl.tanh(W[:m, :n] @ z_f)
    C = dl.sum(dl.square(z_g - target[:m]))
    row, product = dl.run(dl.gradients(C, [z_g, z_f]))
    return row, dl.jacobian(z_g, z_f), product


class Modules(Figure):
    """LeCun's two modules with their cost, and the way back: a row of slopes that meets a Jacobian."""

    title = "Two modules, and the row that walks back"
    d_g = slider(1, 3, value=2, step=1, label="numbers in z_g")
    d_f = slider(1, 3, value=3, step=1, label="numbers in z_f")

    def compute(self) -> None:
        m, n = self.m, self.n = round(self.d_g), round(self.d_f)
        self.row, self.J, self.product = two_modules(m, n)
        self.last_frame = 1 + n  # the cost, its row, then one entry after the other

    def scene(self) -> list[Panel]:
        frames = range(self.last_frame + 1)
        seen = ["derivative" if k else "guide" for k in frames]
        done = ["derivative" if k == self.last_frame else "guide" for k in frames]
        chart = diagram(
            {
                "x": "observed",
                "f": "block",
                "zf": ("circle", "z_f"),
                "g": "block",
                "zg": ("circle", "z_g"),
                "C": "square",
                "y": "observed",
                "wf": ("circle", "w_f"),
                "wg": ("circle", "w_g"),
                "df": ("box", "∂C/∂z_f"),
                "J": ("box", "∂z_g/∂z_f"),
                "dg": ("box", "∂C/∂z_g"),
            },
            # forward goes down, and back up beside it, so that a phone shows both at once
            [[None, "x", "f", "wf"], [None, None, "zf", "df"], [None, "wg", "g", "J"], ["y", "C", "zg", "dg"]],
            [
                "x f zf g zg C",
                "y C",
                ("wf f", "guide"),
                ("wg g", "guide"),
                ("dg J", by_frame(seen)),
                ("J df", by_frame(done)),
            ],
            roles={"J": by_frame(seen), "dg": by_frame(seen), "df": by_frame(done)},
            size=(300, 200),
            pitch=50,
        )
        tables = Panel(self.numbers(), (-108, 108), (-100, 100), axes=False, name="numbers")
        return [Panel(chart.marks, (-152, 152), (-100, 100), axes=False, name="modules"), tables]

    def numbers(self) -> list[Mark]:
        """The row, set upright, beside the Jacobian; column j of this stands over the entry that both make."""
        m, n, wide, high = self.m, self.n, 44.0, 24.0
        frames = range(self.last_frame + 1)
        marks: list[Mark] = []
        under = 36.0  # the middle of the Jacobian, and of what comes out
        top = m * high - 16
        corners = {"row": (-92.0, top), "J": (under - n * wide / 2, top), "back": (under - n * wide / 2, -32.0)}
        tables = {"row": self.row[:, None], "J": self.J, "back": self.product[None]}
        for name, table in tables.items():
            for i, j in np.ndindex(table.shape):
                x, y = corners[name][0] + j * wide, corners[name][1] - i * high
                xs, ys = np.array([x, x + wide, x + wide, x, x]), np.array([y, y, y - high, y - high, y])
                lit = [{"row": k >= 2, "J": k == j + 2, "back": k == j + 2}[name] for k in frames]
                known = [{"row": k >= 1, "J": k >= 1, "back": k >= j + 2}[name] for k in frames]
                marks.append(polygon(xs, ys, by_frame(["region_b" if on else "neutral" for on in lit]), 0.12))
                marks.append(polyline(xs, ys, role="path"))
                value = signed(float(table[i, j]))
                marks.append(text(x + wide / 2, y - high / 2, by_frame([value if k else "" for k in known]), "middle"))
        for line, words in enumerate(("∂C/∂z_g:", f"1 × {m},", "upright")):
            marks.append(text(-70, -38 - 16 * line, words, anchor="middle"))
        marks.append(text(under, top + 14, f"∂z_g/∂z_f: {m} × {n}", anchor="middle"))
        marks.append(text(under, -72, f"∂C/∂z_f: 1 × {n}", anchor="middle"))
        return marks

    def describe(self) -> str:
        m, n, k = self.m, self.n, self.frame
        if k == 0:
            return f"forward: z_f holds {n} number{'s' * (n > 1)}, z_g {m}, and the cost is one number"
        if k == 1:
            return f"the cost hands back ∂C/∂z_g, a row of {m}: one slope for each number of z_g"
        j = k - 2
        terms = " + ".join(f"({signed(a)})({signed(b)})" for a, b in zip(self.row, self.J[:, j], strict=True))
        end = f"; all: [1×{m}][{m}×{n}] = [1×{n}]" if k == self.last_frame else ""
        return f"the row times column {j + 1}: {terms} = {signed(float(self.product[j]))}{end}"


# ------------------------------------------------------------------------------------------------ patterns

KINDS = {"tanh": "tanh", "linear": "linear, by its input", "weights": "linear, by its weights", "softmax": "softmax"}


@cache
def row_times_jacobian(kind: str, n: int) -> Callable[[Array, Array, Array], Array]:
    """The engine's program for v J of a layer with n inputs, as a function of x, W and v."""
    x, W = dl.placeholder("x", shape=(n,)), dl.placeholder("W", shape=(3, n))
    y = {"tanh": dl.tanh, "softmax": dl.softmax}[kind](x) if kind in ("tanh", "softmax") else W @ x
    v = dl.placeholder("v", shape=y.shape)
    row = dl.gradients(y, W if kind == "weights" else x, grad_output=v)
    used = [node for node in dl.topological_order(row) if node in (x, W, v)]
    program = dl.Program([row])

    def back(*arrays: Array) -> Array:
        given = dict(zip((x, W, v), arrays, strict=True))
        result: Array = program({node: given[node] for node in used})[0].reshape(-1)
        return result

    return back


class Patterns(Figure):
    """What the Jacobian of each kind of layer looks like, and what a row times it costs without building it."""

    title = "Jacobians with a pattern"
    kind = choice(KINDS, value="tanh", label="layer")
    n = slider(2, 8, value=6, step=1, label="numbers that go in, n")
    shift = slider(-2.0, 2.0, value=0.0, step=0.1, label="add to all inputs")

    def setup(self) -> None:
        rng = np.random.default_rng(3)
        self.x, self.v, self.W = rng.normal(size=8), rng.normal(size=8), rng.normal(size=(3, 8))

    def compute(self) -> None:
        n = self.count = round(self.n)
        outputs = n if self.kind in ("tanh", "softmax") else len(self.W)
        back = row_times_jacobian(self.kind, n)
        x, W, self.v_used = self.x[:n] + self.shift, self.W[:, :n], self.v[:outputs]
        self.J = np.stack([back(x, W, unit) for unit in np.eye(outputs)])  # a unit row picks a row of J
        self.product = back(x, W, self.v_used)

    def scene(self) -> list[Panel]:
        rows, columns = self.J.shape
        wide, high = min(40.0, 400 / columns), min(30.0, 170 / rows)
        gap = 50
        across = wide * columns
        left = 80.0
        marks = heat(self.J, left, 0, (wide, high), signs=wide >= 14)
        marks += heat(self.v_used[:, None], 0.0, 0, (30.0, high))
        marks.append(text(15, 16, "v, upright", anchor="middle"))
        marks.append(text(left + across / 2, 16, f"J: {rows} × {columns}", anchor="middle"))
        below = -rows * high - gap
        if self.kind == "weights":
            side = min(30.0, 24.0)
            table = self.product.reshape(rows, -1)
            marks += heat(table, left, below + 10, (30.0, side))
            marks.append(text(left - 8, below + 10 - rows * side / 2, "v J, folded", anchor="end"))
            marks.append(text(left + 30 * table.shape[1] + 10, below + 10 - rows * side / 2, "= v upright times x"))
        else:
            marks += heat(self.product[None], left, below, (wide, 28.0))
            marks.append(text(left - 8, below - 14, "v J", anchor="end"))
        return [Panel(marks, (-40, 520), (-310, 34), axes=False, name="patterns")]

    def describe(self) -> str:
        n, (rows, columns) = self.count, self.J.shape
        zeros = int(np.count_nonzero(self.J == 0))
        head = f"J has {rows} × {columns} = {rows * columns} entries, {zeros or 'none'} of them 0"
        largest = float(np.abs(self.J).max())
        return {
            "tanh": f"{head}; the largest is {largest:.2f}. All it has is a diagonal: v J takes {n} multiplications",
            "linear": f"{head}. At x₁ = {self.x[0] + self.shift:.2f} and everywhere it is W itself: nothing to build",
            "weights": f"{head}; the others are copies of x, up to {largest:.2f} in size. v J is v's column times x's "
            f"row: {rows * n} multiplications",
            "softmax": f"{head}; the largest is {largest:.2f}, and each row adds up to 0. v J takes about {2 * n} "
            "multiplications",
        }[self.kind]


# ------------------------------------------------------------------------------------------------ memory

UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def bytes_text(count: float) -> str:
    """A number of bytes in words, in the units of 1024.

    >>> bytes_text(4 * 4096**2), bytes_text(3 * 4096 * 4), bytes_text(12)
    ('64 MiB', '48 KiB', '12 B')
    """
    power = min(int(math.log2(max(count, 1)) // 10), len(UNITS) - 1)
    value = count / 1024**power
    return f"{value:.0f} {UNITS[power]}" if value >= 100 or value == round(value) else f"{value:.3g} {UNITS[power]}"


class Memory(Figure):
    """What the tables of slopes would take, what a row takes, and what really fills the memory."""

    title = "The memory meter: numbers of 4 bytes"
    width = slider(2, 20, value=12, step=1, label="width n = 2 to the power")
    depth = slider(1, 100, value=10, step=1, label="layers")
    batch = slider(0, 14, value=7, step=1, label="batch B = 2 to the power")

    def compute(self) -> None:
        n, layers, B = self.n, self.layers, self.B = 2 ** round(self.width), round(self.depth), 2 ** round(self.batch)
        self.bytes = {
            "one Jacobian": 4 * n * n,
            "all of them": 4 * n * n * layers * B,
            "row, column, result": 4 * 3 * n,
            "activations": 4 * n * layers * B,
            "the weights": 4 * n * n * layers,
        }

    def scene(self) -> list[Panel]:
        marks: list[Mark] = []
        for power in range(1, len(UNITS)):
            marks.append(polyline([10.0 * power, 10.0 * power], [4.4, 4.65], role="guide"))
            marks.append(text(10.0 * power, 4.85, f"1 {UNITS[power]}", anchor="middle"))
        for k, (name, count) in enumerate(self.bytes.items()):
            y, end = 4.0 - k, math.log2(count)
            built = k < 2  # what nobody keeps is hatched
            box = np.array([0, end, end, 0, 0]), y + 0.28 * np.array([-1, -1, 1, 1, -1])
            marks.append(polygon(*box, role="bad" if built else "good", opacity=0.35))
            marks.append(polyline(*box, role="path"))
            for power in range(10, int(end) + 1, 10):
                marks.append(polyline([power, power], [y - 0.28, y + 0.28], role="guide"))
            marks.append(text(-0.8, y, name, anchor="end"))
            marks.append(text(end + 0.8, y, bytes_text(count)))
        return [
            Panel(
                marks, (-24, 76), (-0.7, 5.2), axes=False, name="meter", title="Each line is 1024 times the one before"
            )
        ]

    def describe(self) -> str:
        size = {name: bytes_text(count) for name, count in self.bytes.items()}
        return (
            f"n = {grouped(self.n)}, layers: {self.layers}, B = {grouped(self.B)}: one Jacobian "
            f"{size['one Jacobian']}, one for every layer and sample {size['all of them']}; a row, a column and the "
            f"result are {grouped(3 * self.n)} numbers, {size['row, column, result']}; the activations take "
            f"{size['activations']}"
        )


# ------------------------------------------------------------------------------------------------ order

SIZES = ["1", "2", "5", "10", "20", "50", "100", "200", "500", "1000"]
ORDERS = {"loss": "begin at the loss", "input": "begin at the input"}


class Parentheses(Figure):
    """Three Jacobians in a row, multiplied from one end or from the other."""

    sealed = True
    title = "The same product, in two orders"
    order = choice(ORDERS, value="loss", label="order")
    m = choice(SIZES, value="1", label="numbers at the end, m")
    n2 = choice(SIZES, value="100", label="inside, n₂")
    n1 = choice(SIZES, value="100", label="inside, n₁")
    n = choice(SIZES, value="1000", label="at the start, n")
    turn = action("Turn the sizes round", "turned")

    def turned(self) -> None:
        self.adjust(m=self.n, n2=self.n1, n1=self.n2, n=self.m)

    def compute(self) -> None:
        m, n2, n1, n = self.sizes = [int(v) for v in (self.m, self.n2, self.n1, self.n)]
        self.steps = {"loss": [m * n2 * n1, m * n1 * n], "input": [n2 * n1 * n, m * n2 * n]}
        self.cost = {name: sum(steps) for name, steps in self.steps.items()}
        self.last_frame = 2

    def stages(self) -> list[list[tuple[int, int]]]:
        """The matrices that stand there at each frame, as (rows, columns)."""
        m, n2, n1, n = self.sizes
        first = [(m, n1), (n1, n)] if self.order == "loss" else [(m, n2), (n2, n)]
        return [[(m, n2), (n2, n1), (n1, n)], first, [(m, n)]]

    def scene(self) -> list[Panel]:
        return [self.boxes(), self.counter()]

    def boxes(self) -> Panel:
        """Each matrix as a box: the longer a side, the more rows or columns, by powers of ten."""
        marks: list[Mark] = []
        places = []
        for stage in self.stages():
            wide = [16 + 28 * math.log10(c) for _, c in stage]
            high = [16 + 28 * math.log10(r) for r, _ in stage]
            gap = 44
            left = -(sum(wide) + gap * (len(stage) - 1)) / 2
            spots = []
            for w, h, shape in zip(wide, high, stage, strict=True):
                spots.append((left, w, h, f"{shape[0]} × {shape[1]}"))
                left += w + gap
            places.append(spots)
        for k in range(3):
            boxes, words, xs, dots = [], [], [], []
            for spots in places:
                x, w, h, label = spots[k] if k < len(spots) else (400.0, 0.0, 0.0, "")  # gone: out of sight
                boxes.append((np.array([x, x + w, x + w, x, x]), h / 2 * np.array([-1, -1, 1, 1, -1])))
                words.append(label)
                xs.append(x + w / 2)
                dots.append(x + w + 22 if k + 1 < len(spots) else 400.0)
            ends = by_frame([b[0] for b in boxes]), by_frame([b[1] for b in boxes])
            marks.append(polygon(*ends, role="region_a"))
            marks.append(polyline(*ends, role="function"))
            marks.append(text(by_frame(xs), -78, by_frame(words), anchor="middle"))
            if k < 2:
                marks.append(text(by_frame(dots), 0, "·", anchor="middle"))
        pair = places[0][:2] if self.order == "loss" else places[0][1:]
        brackets = [(pair[0][0] - 12, pair[-1][0] + pair[-1][1] + 12), (400.0, 420.0)]
        for side, bend in ((0, 9), (1, -9)):
            ys = np.array([60.0, 30, 0, -30, -60])
            bow = np.array([1.0, 0.25, 0, 0.25, 1]) * bend
            bent = [brackets[min(frame, 1)][side] + bow for frame in range(3)]
            marks.append(polyline(by_frame(bent), by_frame([ys] * 3), role="path"))
        marks.append(text(-190, 84, "loss"))
        marks.append(text(190, 84, "input", anchor="end"))
        return Panel(marks, (-200, 200), (-95, 98), title="Jacobians", axes=False, width=1.3, name="boxes")

    def counter(self) -> Panel:
        marks: list[Mark] = []
        for k, name in enumerate(ORDERS):
            steps = self.steps[name]
            mine = name == self.order
            sums = [0, steps[0], sum(steps)] if mine else [sum(steps)] * 3
            heights = [math.log10(max(count, 1)) for count in sums]
            corners = by_frame([np.array([0, h, h, 0, 0]) for h in heights])
            y = 1.35 - 1.3 * k
            box = by_frame([y + 0.2 * np.array([-1, -1, 1, 1, -1])] * 3)
            marks.append(polygon(corners, box, role="region_b" if mine else "neutral"))
            marks.append(polyline(corners, box, role="path"))
            label = [f"{ORDERS[name]}: {grouped(count)}" for count in sums]
            marks.append(text(0, y + 0.42, by_frame(label)))
        for power, words in ((3, "1000"), (6, "a million"), (9, "a billion")):
            marks += [polyline([power, power], [y - 0.35, y + 0.25], role="guide") for y in (1.35, 0.05)]
            marks.append(text(power, -0.5, words, anchor="middle"))
        return Panel(marks, (0, 10.5), (-0.75, 2.1), title="Multiplications", axes=False, name="counter")

    def describe(self) -> str:
        steps, k = self.steps[self.order], self.frame
        sizes = "–".join(str(d) for d in self.sizes)
        dear, cheap = max(self.cost.values()), min(self.cost.values())
        if k == 0:
            words = f"the product in brackets will take {grouped(steps[0])} multiplications"
            return f"sizes {sizes}, {ORDERS[self.order]}: {words}"
        if k == 1:
            rows, columns = self.stages()[1][0 if self.order == "loss" else 1]
            return f"sizes {sizes}: {grouped(steps[0])} so far, and a table of {rows} × {columns} to keep on the way"
        ratio = "and as many in the other order"
        if dear > cheap:
            times = f"{dear / cheap:.3g} times as many"
            mine = self.cost[self.order] == cheap
            ratio = f"and the other order takes {times}" if mine else f"{times} as the other order takes"
        return f"sizes {sizes}, {ORDERS[self.order]}: {grouped(sum(steps))} multiplications, {ratio}"


FIGURES = {"square": Square, "modules": Modules, "patterns": Patterns, "memory": Memory, "order": Parentheses}
