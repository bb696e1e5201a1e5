"""Random graphs: what the compiler computes, against the interpreter, against NumPy, and against differences.

    python -m tests.engine.random_graphs --minutes 10 --seed 1

A graph is a list of lines that mean the same to the engine and to NumPy (see twins.py). Some shapes have None in them,
and every graph is run with two sets of feeds of different sizes. What is compared:

- the value of each node, fetched with all others, with some and alone, with NumPy's and with the interpreter's;
- shapes and dtypes, as declared and as they come;
- the gradients and second derivatives of a loss, with the interpreter's, and with differences of the NumPy twin in
  long double, along random directions;
- two steps of a random optimizer, with its formula in NumPy.

A failure is made as small as it can be and printed as code that runs.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import CodeType
from typing import Any

import numpy as np

import dlcourse as dl
from dlcourse.engine.graph import Node, Operation, evaluate
from tests.engine.twins import NUMPY, RULES, TABLE, stepped

Pair = tuple[Any, Any]  # one for each of the two sets of feeds
MOST = 300.0  # larger numbers are not followed: differences of them say little


@dataclass(frozen=True)
class Line:
    """`name` = `text`. A leaf has `arrays`, its value in each set of feeds."""

    name: str
    text: str
    arrays: Pair | None = None
    kind: str = "operation"

    @property
    def fed(self) -> bool:
        return self.kind == "placeholder"


@functools.lru_cache(maxsize=20_000)
def _code(text: str) -> CodeType:
    return compile(text, "<random graph>", "eval")


@dataclass(frozen=True)
class Graph:
    """Lines, the names that are fetched together, the name of the loss ("" for none), and how it is to be lowered."""

    lines: tuple[Line, ...]
    targets: tuple[str, ...]
    loss: str = ""
    optimizer: str = ""
    sized: bool = True  # whether the second set of feeds is run, too
    seed: int = 0

    @property
    def leaves(self) -> list[Line]:
        return [line for line in self.lines if line.arrays is not None]

    def built(self) -> dict[str, Node]:
        names: dict[str, Any] = {"dl": dl, "np": np}
        for line in self.lines:
            names[line.name] = eval(_code(line.text), names)
        return {line.name: names[line.name] for line in self.lines}

    def feeds(self, nodes: Mapping[str, Node], which: int) -> dict[Any, Any]:
        return {nodes[line.name]: line.arrays[which] for line in self.leaves if line.fed}  # type: ignore[index]

    def computed(
        self, given: Mapping[str, Any], noise: Callable[[Any], Any] | None = None, upto: str = ""
    ) -> dict[str, Any]:
        """The value of each line by the NumPy twins, in the dtype of the leaves; those `given` are taken as given."""
        names: dict[str, Any] = {"dl": NUMPY, "np": np}
        for line in self.lines:
            known = line.name in given
            value = given[line.name] if known else np.asarray(eval(_code(line.text), names))
            names[line.name] = noise(value) if noise else value
            if line.name == upto:
                break
        del names["dl"], names["np"]
        names.pop("__builtins__", None)
        return names

    def at(self, which: int, exact: bool = False) -> dict[str, Any]:
        """The leaves in one of the two sets of feeds; `exact`: in long double."""
        found = {}
        for line in self.leaves:
            array = np.asarray(line.arrays[which])  # type: ignore[index]
            found[line.name] = array.astype(np.longdouble) if exact and array.dtype.kind == "f" else array
        return found

    def __str__(self) -> str:
        fed = ", ".join(f"{line.name}: {literal(line.arrays[0])}" for line in self.leaves if line.fed)  # type: ignore[index]
        return "\n".join(
            [
                "import numpy as np, dlcourse as dl",
                *[f"{line.name} = {line.text}" for line in self.lines],
                f"feeds = {{{fed}}}",
            ]
        )


def literal(array: Any) -> str:
    array = np.asarray(array)
    dtype = "" if array.dtype in (np.float64, np.bool_) else f", dtype=np.{array.dtype.name}"
    return f"np.array({array.tolist()}{dtype})" if array.size else f"np.zeros({array.shape}{dtype})"


# ------------------------------------------------------------------------------------------------- writing graphs


class Rejected(Exception):
    """A line that says nothing: it has no value, or too large a one."""


class Writer:
    """Writes lines; the entries of the table ask it for operands."""

    def __init__(
        self, rng: np.random.Generator, names: Sequence[str] | None = None, dtype: type[np.floating[Any]] | None = None
    ) -> None:
        self.rng = rng
        mixtures: list[list[Any]] = [[np.float64], [np.float64], [np.float32], [np.float64, np.float32]]
        self.dtypes: list[Any] = mixtures[rng.integers(4)] if dtype is None else [dtype]
        n, m = rng.choice([1, 2, 3, 4, 5, 7], size=2), rng.choice([1, 2, 3, 6], size=2)
        self.sizes: list[Pair] = [(1, 1), (2, 2), (3, 3), (int(n[0]), int(n[1])), (int(m[0]), int(m[1]))]
        if rng.random() < 0.08:
            self.sizes.append((0, 0) if rng.random() < 0.5 else (0, 2))
        self.lines: list[Line] = []
        self.values: dict[str, Pair] = {}
        self.names = list(names or available())

    # -- drawing

    def chance(self, p: float) -> bool:
        return bool(self.rng.random() < p)

    def pick(self, items: Sequence[Any]) -> Any:
        return items[int(self.rng.integers(len(items)))]

    @staticmethod
    def has(name: str) -> bool:
        return hasattr(dl, name)

    def ndim(self, name: str) -> int:
        return int(self.values[name][0].ndim)

    def shapes(self, name: str) -> Pair:
        return self.values[name][0].shape, self.values[name][1].shape

    # -- lines

    def line(self, text: str) -> str:
        name = f"n{len(self.lines)}"
        both = []
        for which in (0, 1):
            names = {"dl": NUMPY, "np": np, **{key: value[which] for key, value in self.values.items()}}
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    value = np.asarray(eval(_code(text), names))
                except (ValueError, IndexError, TypeError, ZeroDivisionError) as error:
                    raise Rejected(f"{text}: {error}") from error
            if value.dtype.kind in "fi" and value.size and not np.abs(value).max() < MOST:
                raise Rejected(f"{text} is too large")
            if value.size > 500 or value.ndim > 5:
                raise Rejected(f"{text} has too many numbers")
            both.append(value)
        if both[0].ndim != both[1].ndim:
            raise Rejected(f"{text} has {both[0].ndim} axes or {both[1].ndim}")
        self.lines.append(Line(name, text))
        self.values[name] = both[0], both[1]
        return name

    def leaf(self, shapes: Pair, low: float = -2.0, high: float = 2.0, whole: bool = False) -> str:
        name = f"n{len(self.lines)}"
        dtype = self.pick([np.int64, np.int32]) if whole else self.pick(self.dtypes)
        draw: Any = self.rng.integers if whole else self.rng.uniform
        arrays = [np.asarray(draw(low, high, size=shape)).round(6).astype(dtype) for shape in shapes]
        kinds = ["placeholder", "constant"] if whole else ["parameter", "parameter", "placeholder", "constant"]
        kind = self.pick(kinds) if shapes[0] == shapes[1] else "placeholder"
        if kind == "placeholder":
            declared = tuple(
                a if a == b and not self.chance(0.15) else None for a, b in zip(shapes[0], shapes[1], strict=True)
            )
            text = f'dl.placeholder("{name}", shape={declared}, dtype=np.{np.dtype(dtype).name})'
        else:
            arrays[1] = arrays[0]
            text = f"dl.{kind}({literal(arrays[0])}" + (f', name="{name}")' if kind == "parameter" else ")")
        self.lines.append(Line(name, text, (arrays[0], arrays[1]), kind))
        self.values[name] = arrays[0], arrays[1]
        return name

    def shape(self, axes: int = 0) -> Pair:
        ndim = max(axes, int(self.rng.choice(4, p=[0.15, 0.3, 0.4, 0.15])))
        sizes = [self.pick(self.sizes) for _ in range(ndim)]
        return tuple(s[0] for s in sizes), tuple(s[1] for s in sizes)

    # -- operands

    def known(self, low: float, high: float, axes: int = 0, kinds: str = "f") -> list[str]:
        return [
            name
            for name, both in self.values.items()
            if both[0].dtype.kind in kinds
            and both[0].ndim >= axes
            and all(not v.size or (low <= v.min() and v.max() <= high) for v in both)
        ]

    def recent(self, names: Sequence[str]) -> str:
        """Often one of the last, so that graphs grow deep; sometimes any, so that nodes are shared."""
        return (
            self.pick(names) if self.chance(0.4) else names[-1 - min(int(self.rng.geometric(0.4)) - 1, len(names) - 1)]
        )

    def real(self, low: float = -np.inf, high: float = np.inf, axes: int = 0) -> str:
        """A node whose numbers lie between `low` and `high`, with at least so many axes."""
        names = self.known(low, high, axes, "fi" if self.chance(0.1) else "f")
        if names and not self.chance(0.08):
            return self.recent(names)
        others = self.known(-np.inf, np.inf, axes)
        if others and np.isfinite(low) and self.chance(0.7):
            middle, half = round((low + high) / 2, 3), round(0.49 * (high - low), 3)
            return self.line(f"{middle} + {half} * dl.sin({self.recent(others)})")
        return self.leaf(self.shape(axes), max(low, -2.0), min(high, max(low, -2.0) + 4.0))

    def pair(
        self, low: float = -np.inf, high: float = np.inf, low_first: float = -np.inf, high_first: float = np.inf
    ) -> tuple[str, str]:
        """Two operands that can be broadcast; the second lies between `low` and `high`."""
        a = self.real(low_first, high_first)
        if self.chance(0.1):
            return a, str(round(float(self.rng.uniform(max(low, -2.0), min(high, 2.0))), 2))
        names = [b for b in self.known(low, high, kinds="fi" if self.chance(0.1) else "f") if self.fit(a, b)]
        if names and not self.chance(0.2):
            return a, self.recent(names)
        return a, self.leaf(self.narrower(a), max(low, -2.0), min(high, max(low, -2.0) + 4.0))

    def fit(self, *names: str) -> bool:
        try:
            for which in (0, 1):
                np.broadcast_shapes(*[self.values[name][which].shape for name in names])
        except ValueError:
            return False
        return True

    def narrower(self, name: str) -> Pair:
        """Shapes that broadcast against this one: without its first axes, and with a 1 in some places."""
        a, b = self.shapes(name)
        start = int(self.rng.integers(len(a) + 1)) if self.chance(0.4) else 0
        keep = [self.chance(0.75) for _ in a]
        return tuple(
            tuple(size if kept else 1 for size, kept in zip(shape, keep, strict=True))[start:] for shape in (a, b)
        )  # type: ignore[return-value]

    def beside(self, name: str, low: float, high: float) -> str:
        return self.leaf(self.shapes(name), low, high)

    def below(self, name: str, low: float) -> str:
        return self.leaf(self.narrower(name), low, low + 3)

    def leaf_wider(self, name: str) -> str:
        a, b = self.shapes(name)
        return self.leaf(
            ((2, *[3 if s == 1 else s for s in a]), (2, *[3 if t == 1 else s for s, t in zip(b, a, strict=True)]))
        )

    def condition(self, name: str) -> str:
        others = [b for b in self.known(-np.inf, np.inf, kinds="fb") if self.fit(name, b)]
        b = self.pick(others) if others else name
        if self.values[b][0].dtype.kind == "b":
            return b
        return f"{name} {self.pick(['>', '<=', '<', '>='])} {b if self.chance(0.5) else 0.1}"

    def factors(self) -> tuple[str, str]:
        a = self.real(axes=1)
        names = []
        for b in self.known(-np.inf, np.inf, 1):
            try:
                for which in (0, 1):
                    np.matmul(self.values[a][which], self.values[b][which])
                names.append(b)
            except ValueError:
                pass
        if names and self.chance(0.6):
            return a, self.recent(names)
        inner = [shape[-1] for shape in self.shapes(a)]
        columns = self.pick([(), (1,), (2,), (3,)])
        return a, self.leaf(tuple((size, *columns) for size in inner))  # type: ignore[arg-type]

    def axis(self, name: str, which: str) -> Any:
        n = self.ndim(name)
        if which != "one" and self.chance(0.25):
            return "default" if which == "some" or self.chance(0.5) else None
        if n == 0:
            return self.pick([None, ()]) if which == "any" else 0
        if which == "one" or self.chance(0.7):
            return int(self.rng.integers(-n, n))
        several = self.rng.permutation(n)[: int(self.rng.integers(1, n + 1))]
        return tuple(int(i) - n * self.chance(0.3) for i in several)

    def new_shape(self, name: str) -> Any:
        a, b = self.shapes(name)
        if a == b and self.chance(0.6):
            return self.pick([a[::-1], (*a, 1), (1, *a), (a[0] * a[1], *a[2:]) if len(a) > 1 else (-1, 1), -1])
        return self.pick([-1, (-1,), (1, -1), (-1, 1), (-1, *a[-1:]) if a[-1:] == b[-1:] else (-1,)])

    def wider_shape(self, name: str) -> Any:
        a, b = self.shapes(name)
        if a != b:
            raise Rejected("its size is not known")
        shape = (*self.pick([(), (2,), (1,), (2, 1)]), *[self.pick([1, 3]) if size == 1 else size for size in a])
        for declared, size in zip(reversed(self.declared(name)), reversed(shape), strict=False):
            if declared is None and size == 1:
                raise Rejected("a size that only the data will tell is not known to be 1")
        return shape

    def declared(self, name: str) -> tuple[int | None, ...]:
        """The shape that the engine knows of; of a graph that it refuses, which a fault tells later, none."""
        try:
            return Graph(tuple(self.lines), ()).built()[name].shape
        except dl.EngineError as error:
            raise Rejected("the engine refuses this graph") from error

    def alike(self, axes: int) -> tuple[list[str], int]:
        """Nodes of one shape, in which one axis may differ if `axes` is 1, and that axis."""
        a = self.real(axes=axes)
        n = self.ndim(a)
        axis = int(self.rng.integers(n)) if axes else int(self.rng.integers(n + 1))
        names = [a, *[b for b in self.known(-np.inf, np.inf, axes) if self.shapes(b) == self.shapes(a)]]
        chosen = [a, *[self.pick(names) for _ in range(int(self.rng.integers(0, 3)))]]
        if axes and self.chance(0.6):
            shapes = [list(shape) for shape in self.shapes(a)]
            shapes[0][axis] = shapes[1][axis] = int(self.rng.integers(1, 4))
            chosen.append(self.leaf((tuple(shapes[0]), tuple(shapes[1]))))
        order = self.rng.permutation(len(chosen))
        return [chosen[i] for i in order], axis if self.chance(0.6) else axis - n - (1 - axes)

    def labels(self, name: str) -> str:
        a, b = self.shapes(name)
        if not min(a[-1], b[-1]):
            raise Rejected("no classes")
        return self.leaf((a[:-1], b[:-1]), 0, min(a[-1], b[-1]), whole=True)

    def index(self, name: str) -> str:
        a, b = self.shapes(name)
        items: list[str] = []
        lists = 0
        for size in [min(pair) for pair in zip(a, b, strict=True)]:
            form = self.rng.random()
            if form < 0.45 and size:
                items.append(str(int(self.rng.integers(-size, size))))
            elif form < 0.55 and size and not lists:
                lists += 1
                if self.chance(0.5):
                    items.append(str(self.rng.integers(-size, size, size=int(self.rng.integers(1, 4))).tolist()))
                else:
                    items.append(self.leaf(self.pick([((), ()), ((2,), (2,)), ((3,), (1,))]), 0, size, whole=True))
            elif form < 0.8:
                start, stop = self.rng.choice(["", "0", "1", "-1", "2", "-2"], size=2)
                items.append(f"{start}:{stop}{self.pick(['', '', ':-1', ':2'])}")
            else:
                items.append(":")
        if self.chance(0.3):
            items = items[: int(self.rng.integers(len(items) + 1))]
        if self.chance(0.15):
            items.insert(int(self.rng.integers(len(items) + 1)), "None")
        if self.chance(0.15):
            items.insert(len(items) if len(items) < len(a) else 0, "...")
        return f"[{', '.join(items)}]" if items else "[()]"


@functools.lru_cache
def available() -> tuple[str, ...]:
    """The operations of the table that the engine has. Entries are taken often: they are how faults came in."""
    names = [name for name in TABLE if hasattr(dl, name) or name in OPERATORS]
    return (*names, *["getitem"] * 5, *["add", "multiply", "matmul", "sum", "mean"] * 2)


OPERATORS = {"getitem", "greater", "greater_equal", "less", "less_equal"}  # written with brackets and signs


def written(seed: int, operations: int | None = None, names: Sequence[str] | None = None, dtype: Any = None) -> Graph:
    """The graph of this seed."""
    rng = np.random.default_rng(seed)
    w = Writer(rng, names, dtype)
    wanted = int(rng.integers(1, 14)) if operations is None else operations
    tries = 0
    made: list[str] = []
    while len(made) < wanted and tries < 8 * wanted + 40:
        tries += 1
        before = len(w.lines)
        try:
            made.append(w.line(TABLE[w.pick(w.names)].write(w)))
        except Rejected:
            for line in w.lines[before:]:
                del w.values[line.name]
            del w.lines[before:]
    computed = [line.name for line in w.lines if line.arrays is None]
    targets = [made[-1], *[w.pick(computed) for _ in range(int(rng.integers(0, 3)))]] if made else []
    return with_loss(w, tuple(dict.fromkeys(targets)), seed)


def with_loss(w: Writer, targets: tuple[str, ...], seed: int) -> Graph:
    """The graph with a loss of its targets: a weighted sum, so that nothing cancels; one entry is a loss, too."""
    terms = []
    for name in targets:
        if w.values[name][0].dtype.kind == "f" and w.values[name][0].size:
            single = w.ndim(name) == 0
            with contextlib.suppress(Rejected):  # where the sum is too large
                terms.append(name if single else w.line(f"dl.sum({name} * {w.beside(name, -1.0, 1.0)})"))
    loss = terms[0] if terms else ""
    for term in terms[1:]:
        with contextlib.suppress(Rejected):
            loss = w.line(f"{loss} + {term}")
    return Graph(tuple(w.lines), targets, loss, optimizer(w.rng) if loss else "", seed=seed)


def optimizer(rng: np.random.Generator) -> str:
    name = list(RULES)[int(rng.integers(len(RULES)))]
    options = [f"learning_rate={float(rng.choice([0.1, 0.5]))}"]
    for option in RULES[name].options:
        options.append(f"{option}={0.01 if option == 'epsilon' else round(float(rng.uniform(0.5, 0.99)), 2)}")
    if rng.random() < 0.3:
        options.append("weight_decay=0.1")
    if rng.random() < 0.3:
        options.append("clip_norm=0.7")
    return f"dl.{name}({', '.join(options)})"


# ------------------------------------------------------------------------------------------------------ checking


@dataclass(frozen=True)
class Fault:
    """What is wrong with a graph: a word, and a sentence with the numbers."""

    kind: str
    told: str
    target: str = ""
    call: str = field(default="", compare=False)


def faults(graph: Graph) -> Iterator[Fault]:
    """Everything that is wrong with this graph."""
    try:
        yield from _faults(graph)
    except (dl.EngineError, ArithmeticError, LookupError, TypeError, ValueError, MemoryError, NameError) as error:
        yield Fault(f"raises {type(error).__name__}", f"{type(error).__name__}: {error}", call=graph.loss)


def _faults(graph: Graph) -> Iterator[Fault]:
    try:
        nodes = graph.built()
    except (dl.EngineError, ArithmeticError, LookupError, TypeError, ValueError, MemoryError) as error:
        yield Fault("refused", f"{type(error).__name__}: {error}")
        return
    singles = any(node.dtype == np.float32 for node in nodes.values())
    loose = 3e-4 if singles else 1e-9
    everything = [nodes[line.name] for line in graph.lines if line.arrays is None]
    names = [line.name for line in graph.lines if line.arrays is None]
    chosen = [nodes[name] for name in graph.targets]
    for which in (0, 1, 0) if graph.sized else (0,):
        feeds = graph.feeds(nodes, which)
        with np.errstate(all="ignore"):
            right = graph.computed(graph.at(which))
        unsure = functools.partial(graph_noise, graph, which, 1e-7 if singles else 2e-16)
        asked: list[tuple[str, Sequence[str], Any]] = [
            ("together", graph.targets, dl.run(chosen, feeds)),
            *[(f"{name} alone", [name], [dl.run(nodes[name], feeds)]) for name in graph.targets],
            ("with all", names, dl.run(everything, feeds)),
            ("by the interpreter", names, evaluate(everything, feeds)),
        ]
        yield from unlike(asked[0][2], dl.run(chosen, feeds), graph.targets)
        for how, which_names, values in asked:
            for name, value in zip(which_names, values, strict=True):
                yield from compared(name, how, nodes[name], value, right[name], loose, unsure)
    if not graph.loss:
        return
    wrt = [n for n in graph.leaves if n.kind in ("parameter", "placeholder") and nodes[n.name].dtype.kind == "f"]
    if not wrt:
        return
    yield from slopes(graph, nodes, [line.name for line in wrt], loose)
    yield from steps(graph, nodes, loose)


def unlike(first: Sequence[Any], again: Sequence[Any], names: Sequence[str], call: str = "") -> Iterator[Fault]:
    """A first run may do without a program, and a second has one: they agree, but for the last digit.

    A transposed array lies otherwise in memory where no program has a place for it. Sums over rows, which are products
    with ones, and `prod` then take its numbers in another order, and round otherwise.
    """
    floats = [a[np.isfinite(a)] for a in first if a.dtype.kind == "f"]
    size = max([float(np.abs(a).max(initial=0.0)) for a in floats], default=0.0)  # what cancels leaves digits of that
    for name, a, b in zip(names, first, again, strict=True):
        few = 8 * np.finfo(a.dtype).eps if a.dtype.kind == "f" else 0.0
        same = (a.dtype, a.shape) == (b.dtype, b.shape) and np.allclose(a, b, few, few * size, equal_nan=bool(few))
        if not same:
            yield Fault(
                "again", f"{name} is {a.tolist()}, and the second time {b.tolist()}", "" if call else name, call
            )


def compared(
    name: str, how: str, node: Node, value: Any, right: Any, loose: float, unsure: Callable[[], Mapping[str, Any]]
) -> Iterator[Fault]:
    if not isinstance(value, np.ndarray):
        yield Fault("type", f"{name} {how} is a {type(value).__name__}", name)
        return
    fits = len(node.shape) == value.ndim and all(a in (None, b) for a, b in zip(node.shape, value.shape, strict=True))
    if not fits:
        yield Fault("shape", f"{name} {how} is declared {node.shape} and comes as {value.shape}", name)
    if value.shape != right.shape:
        yield Fault("shape", f"{name} {how} has shape {value.shape}, NumPy's has {right.shape}", name)
        return
    if value.dtype != node.dtype:
        yield Fault("dtype", f"{name} {how} is declared {node.dtype} and comes as {value.dtype}", name)
    if right.dtype != value.dtype:
        yield Fault("dtype", f"{name} {how} has dtype {value.dtype}, NumPy's has {right.dtype}", name)
    room = loose * np.maximum(1.0, np.abs(right.astype(float)))
    off = np.abs(value.astype(float) - right.astype(float))
    if not np.all(off <= room) and not np.all(off <= room + 100 * unsure()[name]):
        yield Fault("value", f"{name} {how} is {value.tolist()}, right is {right.tolist()}", name)


def graph_noise(graph: Graph, which: int, eps: float) -> dict[str, Any]:
    """How far rounding may move each node: computed 100 times, a little wrong, so that jumps of floor are met. Half of
    them round as the graph does: so two numbers that should be the same are, now and then."""
    rng = np.random.default_rng(0)

    def noise(value: Any) -> Any:
        if value.dtype.kind != "f":
            return value
        return (value * (1 + eps * rng.normal(size=value.shape))).astype(value.dtype)

    with np.errstate(all="ignore"):
        runs = [graph.computed(graph.at(which, exact=exact), noise) for exact in (True, False) * 50]
    return {
        name: functools.reduce(
            np.maximum, [np.abs(run[name].astype(float) - runs[0][name].astype(float)) for run in runs]
        )
        for name in runs[0]
    }


def slopes(graph: Graph, nodes: Mapping[str, Node], wrt: Sequence[str], loose: float) -> Iterator[Fault]:
    """First and second derivatives along random directions."""
    rng = np.random.default_rng(graph.seed)
    loss = nodes[graph.loss]
    leaves = [nodes[name] for name in wrt]
    first = dl.gradients(loss, leaves, unconnected="zero")
    stand = {name: dl.placeholder(f"way {name}", nodes[name].shape, nodes[name].dtype) for name in wrt}
    along = None
    for name, g in zip(wrt, first, strict=True):
        term = dl.sum(g * stand[name])
        along = term if along is None else along + dl.cast(term, along.dtype)
    assert along is not None
    second = dl.gradients(along, leaves, unconnected="zero")
    for which in (0, 1) if graph.sized else (0,):
        exact = graph.at(which, exact=True)
        stopped = {line.name for line in graph.lines if line.text.startswith("dl.stop_gradient")}
        exact |= {name: value for name, value in graph.computed(exact).items() if name in stopped}
        v, d = ({name: rng.normal(size=exact[name].shape).round(3) for name in wrt} for _ in "vd")
        feeds = graph.feeds(nodes, which) | {stand[name]: v[name] for name in wrt}
        got = dl.run([loss, *first, *second], feeds)
        again = dl.run([loss, *first, *second], feeds)
        yield from unlike(got, again, [graph.loss, *wrt, *wrt], graph.loss)
        found = [*first, *second]
        for node, g, name in zip(found, got[1:], [*wrt, *wrt], strict=True):
            order = "gradient" if node in first else "second derivative"
            if g.dtype != nodes[name].dtype or g.shape != exact[name].shape:
                yield Fault(
                    f"{order}'s form",
                    f"the {order} of {name} {exact[name].shape} {nodes[name].dtype} is {g.shape} {g.dtype}",
                    call=graph.loss,
                )
                return
        g1, g2 = got[1 : 1 + len(wrt)], got[1 + len(wrt) :]
        for node, mine, plain in zip(found, got[1:], evaluate(found, feeds), strict=True):
            room = 100 * loose * max(1.0, float(np.abs(plain).max(initial=0.0)))
            agree = mine.dtype == plain.dtype and np.allclose(mine, plain, rtol=loose, atol=room, equal_nan=True)
            if not agree and (mine.dtype != plain.dtype or not rounding([node], feeds, [mine - plain])):
                told = f"{node!r} is {mine.tolist()} {mine.dtype}, interpreted {plain.tolist()} {plain.dtype}"
                yield Fault("interpreter", told, call=graph.loss)
        directional = sum(float(np.sum(g * d[n], dtype=float)) for n, g in zip(wrt, g1, strict=True))
        size = sum(float(np.sum(np.abs(g * d[n]), dtype=float)) for n, g in zip(wrt, g1, strict=True))

        def f(t: Any, s: Any, exact: Any = exact, v: Any = v, d: Any = d) -> Any:
            moved = {n: exact[n] + np.longdouble(t) * d[n] + np.longdouble(s) * v[n] for n in wrt}
            with np.errstate(all="ignore"):
                return graph.computed({**exact, **moved}, upto=graph.loss)[graph.loss]

        h = np.longdouble(1e-6)
        here, up, down = f(0, 0), f(h, 0), f(-h, 0)
        slope, bend = float((up - down) / (2 * h)), float((up - 2 * here + down) / h)
        if not abs(bend) < 1e-3 * max(1.0, abs(slope), size):  # a kink or a jump: differences say nothing here
            return
        rough = loose > 1e-6  # float32
        # where a square begins on one side only, differences are off by half the bend
        allowed = (1e-2 if rough else 1e-6) * max(1.0, size, abs(float(here))) + abs(bend)
        if not abs(directional - slope) <= allowed and not rounding(first, feeds, [abs(directional - slope)]):
            yield Fault("gradient", f"along a direction: {directional}, differences say {slope}", call=graph.loss)
            return
        curved = sum(float(np.sum(g * d[n], dtype=float)) for n, g in zip(wrt, g2, strict=True))
        size2 = sum(float(np.sum(np.abs(g * d[n]), dtype=float)) for n, g in zip(wrt, g2, strict=True))
        wide = [
            float((f(k, k) - f(k, -k) - f(-k, k) + f(-k, -k)) / (4 * k * k))
            for k in (np.longdouble(2e-4), np.longdouble(1e-4))
        ]
        better = wide[1] + (wide[1] - wide[0]) / 3
        allowed = (3e-2 if rough else 1e-5) * max(1.0, size2, size) + 30 * abs(wide[1] - wide[0])
        if abs(wide[1] - wide[0]) > 1e-3 * max(1.0, size2):
            return
        if not abs(curved - better) <= allowed and not rounding(second, feeds, [abs(curved - better)]):
            yield Fault(
                "second derivative", f"along two directions: {curved}, differences say {better}", call=graph.loss
            )
            return


EXACT = {"max", "min", "spread", "broadcast_to", "broadcast_like", "reshape", "reshape_like"}  # they round nothing:
# a largest number is equal to one of those that it was chosen from, also when all are a little wrong


def rounding(targets: Sequence[Node], feeds: Mapping[Any, Any], off: Sequence[Any]) -> bool:
    """Whether rounding explains a difference: each node on the way is made a little wrong, and results compared."""
    rng = np.random.default_rng(0)
    order = dl.topological_order(list(targets))
    eps = 1e-7 if any(node.dtype == np.float32 for node in order) else 2e-16
    runs = []
    for _ in range(12):  # so many, that a comparison of a number with itself, rounded, is met both ways
        values: dict[Node, Any] = {}
        for node in order:
            if isinstance(node, Operation):
                with np.errstate(all="ignore"):
                    value = node.kind.value([values[x] for x in node.inputs], node.attributes, node.dtype)
            else:
                (value,) = evaluate([node], feeds)
            written = node.kind_name == "constant"  # a power's 2 is exact: a little off, it has no value below 0
            if value.dtype.kind == "f" and not written and node.kind_name not in EXACT:
                value = (value * (1 + eps * rng.normal(size=value.shape))).astype(value.dtype)
            values[node] = value
        runs.append([values[target].astype(float) for target in targets])
    spread = max(float(np.abs(a - b).max(initial=0.0)) for run in runs[1:] for a, b in zip(run, runs[0], strict=True))
    most = max(float(np.abs(x).max(initial=0.0)) for x in off)
    return not np.isfinite(most) or most <= 200 * spread


def steps(graph: Graph, nodes: Mapping[str, Node], loose: float) -> Iterator[Fault]:
    """Two steps of the graph's optimizer, against its formula."""
    loss = nodes[graph.loss]
    parameters = [n for n in dl.topological_order(loss) if isinstance(n, dl.Parameter)]
    if not parameters or not graph.optimizer:
        return
    slope = dl.gradients(loss, parameters, unconnected="zero")
    name = graph.optimizer[3:].split("(")[0]
    options = eval(f"dict({graph.optimizer.split('(', 1)[1]}")
    try:
        step = eval(graph.optimizer, {"dl": dl}).minimize(loss, parameters)
    except dl.GradientError:
        return  # no gradient reaches a parameter
    states: list[dict[str, Any]] = [{} for _ in parameters]
    for t, which in enumerate((0, 1) if graph.sized else (0,), start=1):
        feeds = graph.feeds(nodes, which)
        before = [p.value for p in parameters]
        value, *g = dl.run([loss, *slope], feeds)
        wanted = stepped(name, before, g, states, t, **options)
        finite = all(np.isfinite(x).all() for x in [value, *wanted])
        try:
            started = step(feeds)
        except dl.NonFiniteError:
            if finite:
                yield Fault("step", f"step {t} of {graph.optimizer} refuses finite numbers", call=graph.loss)
            return
        if not finite:
            yield Fault("step", f"step {t} of {graph.optimizer} took numbers that are not finite", call=graph.loss)
            return
        if not np.allclose(started, value, rtol=loose, atol=loose) or started.dtype != loss.dtype:
            yield Fault("step", f"step {t} returned {started!r}, the loss was {value!r}", call=graph.loss)
        for p, old, new in zip(parameters, before, wanted, strict=True):
            room = 1e3 * loose * max(1.0, float(np.abs(new).max(initial=0.0)))
            if p.value.dtype != old.dtype:
                yield Fault("step", f"{p.name} was {old.dtype} and is {p.value.dtype}", call=graph.loss)
            elif not np.allclose(p.value, new, rtol=0, atol=room) and not rounding(slope, feeds, [p.value - new]):
                yield Fault(
                    "step",
                    f"step {t} of {graph.optimizer}: {p.name} is {p.value.tolist()}, right is {new.tolist()}",
                    call=graph.loss,
                )
                return


# ----------------------------------------------------------------------------------------------------- shrinking


def needed(graph: Graph) -> Graph:
    """Without the lines that nothing fetched depends on."""
    wanted = {*graph.targets, graph.loss}
    kept: list[Line] = []
    for line in reversed(graph.lines):
        if line.name in wanted:
            kept.append(line)
            wanted |= set(_code(line.text).co_names)
    return replace(graph, lines=tuple(reversed(kept)))


def shrunk(graph: Graph, fault: Fault) -> tuple[Graph, Fault]:
    """A smaller graph with a fault of the same kind."""

    def persists(smaller: Graph) -> Fault | None:
        try:
            return next((f for f in faults(smaller) if f.kind == fault.kind), None)
        except Exception:  # a graph that is cut wrongly
            return None

    smaller = True
    while smaller:
        smaller = False
        for candidate in _smaller(graph):
            found = persists(candidate)
            if found is not None:
                graph, fault, smaller = candidate, found, True
                break
    return graph, fault


def _smaller(graph: Graph) -> Iterator[Graph]:
    computed = [line.name for line in graph.lines if line.arrays is None]
    if graph.loss or len(graph.targets) > 1:
        for name in computed:
            yield needed(replace(graph, targets=(name,), loss="", optimizer=""))
    pruned = needed(graph)
    if len(pruned.lines) < len(graph.lines):
        yield pruned
    if graph.sized:
        yield replace(graph, sized=False)
    if graph.optimizer:
        yield replace(graph, optimizer="")
    for target in graph.targets:
        yield needed(replace(graph, targets=tuple(t for t in graph.targets if t != target)))
    both = [graph.computed(graph.at(which)) for which in (0, 1)]
    for line in graph.lines:
        if line.arrays is None and line.name not in graph.targets and line.name != graph.loss:
            arrays = both[0][line.name], both[1][line.name]
            kind = "parameter" if arrays[0].dtype.kind == "f" and not graph.sized else "placeholder"
            text = f'dl.parameter({literal(arrays[0])}, name="{line.name}")'
            if kind == "placeholder":
                shape = tuple(a if a == b else None for a, b in zip(arrays[0].shape, arrays[1].shape, strict=True))
                text = f'dl.placeholder("{line.name}", shape={shape}, dtype=np.{arrays[0].dtype.name})'
            leaf = Line(line.name, text, arrays, kind)
            yield needed(replace(graph, lines=tuple(leaf if old is line else old for old in graph.lines)))


def told(graph: Graph, fault: Fault) -> str:
    """The fault as code that runs."""
    asked = f"dl.run([{', '.join(graph.targets)}], feeds)" if graph.targets else "None"
    if graph.loss:
        leaves = ", ".join(n.name for n in graph.leaves if n.kind in ("parameter", "placeholder"))
        asked = f'dl.run([{graph.loss}, *dl.gradients({graph.loss}, [{leaves}], unconnected="zero")], feeds)'
        if graph.optimizer:
            asked = f"{graph.optimizer}.minimize({graph.loss})(feeds)"
    return f"# seed {graph.seed}: {fault.kind}: {fault.told}\n{graph}\nprint({asked})\n"


# ------------------------------------------------------------------------------------------------------ the command


def checked(seed: int) -> list[Fault]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(faults(written(seed)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=1.0, help="how long to go on")
    parser.add_argument("--graphs", type=int, default=10**9, help="how many graphs at most")
    parser.add_argument("--seed", type=int, default=1, help="of the first graph; each has the next number")
    parser.add_argument("--show", type=int, default=10, help="how many failures to make small and print")
    options = parser.parse_args()
    start, cpu = time.monotonic(), time.process_time()
    seed, failed = options.seed, 0
    kinds: dict[str, int] = {}
    while time.monotonic() - start < 60 * options.minutes and seed - options.seed < options.graphs:
        found = checked(seed)
        if found:
            failed += 1
            for kind in {fault.kind for fault in found}:
                kinds[kind] = kinds.get(kind, 0) + 1
            if failed <= options.show:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    print(told(*shrunk(written(seed), found[0])), flush=True)
        seed += 1
    print(
        f"{seed - options.seed} graphs in {time.monotonic() - start:.0f} s ({time.process_time() - cpu:.0f} s of CPU): "
        f"{failed} failed{' ' + str(kinds) if kinds else ''}; the next seed is {seed}"
    )
    return bool(failed)


if __name__ == "__main__":
    raise SystemExit(main())
