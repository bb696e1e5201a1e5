"""Running a graph: feed it, execute the compiled program, and explain what fails."""

from __future__ import annotations

import contextvars
import itertools
import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dlcourse.engine.compiler import Sizes, Specialised, Writer, guarded, runs_on_floats
from dlcourse.engine.errors import (
    DTypeError,
    EngineError,
    FeedError,
    NonFiniteError,
    RunError,
    ShapeError,
    built,
    code,
    label,
    made_by,
    place,
    shape_text,
    variable_names,
)
from dlcourse.engine.graph import Constant, Node, Operation, Parameter, Placeholder, topological_order
from dlcourse.engine.hardware import CPU, Device, current_device
from dlcourse.engine.hardware import device as device_named
from dlcourse.engine.hardware import others as other_devices
from dlcourse.engine.values import Array, nodes_in, nothing_to_collect, numeric_array

Update = tuple[Parameter, Node]  # and its new value

_programs = itertools.count(1)
_MOST_SIZES = 16  # programs kept for different sizes of the data
WALKED = 10_000  # a graph on so few numbers is not compiled before its second run
_MANY = 1_000  # nodes: fewer with a single number each are compiled at once, for Python's floats are quick


class Compiled:
    """One program for one set of sizes: its code, and the memories that runs borrow, one for each run at a time."""

    def __init__(self, writer: Writer) -> None:
        put, self.floats, self.sizes = writer.device.put, writer.floats, [*writer.graph.sizes.values()]
        self.filename = f"<dlcourse program {next(_programs)}>"
        self.code = compile(writer.source(), self.filename, "exec")
        self.node_of_line, self.first_line = writer.node_of_line, writer.first_line
        self.objects = {name: put(x) if isinstance(x, np.ndarray) else x for name, x in writer.objects.items()}
        self.empty, self.memory = writer.device.module.empty, writer.plan.memory
        self.idle: list[Callable[..., tuple[Any, ...]]] = []
        if self.floats:  # needs no memory of its own
            self.on_floats = self.executed()

    def executed(self) -> Callable[..., tuple[Any, ...]]:
        namespace = {**self.objects, **{place.name: self.empty(place.shape, place.dtype) for place in self.memory}}
        exec(self.code, namespace)
        step: Callable[..., tuple[Any, ...]] = namespace["step"]
        return step

    def function(self) -> Callable[..., tuple[Any, ...]]:
        """The compiled function with memory of its own."""
        step = self.executed()
        if any(node.kind.learners for node in self.node_of_line if isinstance(node, Operation)):
            return np.errstate(all="ignore")(step)
        quiet = contextvars.Context()  # in here NumPy does not warn: a bad value is reported by its node instead
        quiet.run(np.seterr, all="ignore")
        return partial(quiet.run, step)

    def __call__(self, arguments: Sequence[Any]) -> tuple[Any, ...]:
        try:
            step = self.idle.pop()
        except IndexError:
            step = self.function()
        try:
            return step(*arguments)
        finally:
            self.idle.append(step)


@made_by("dl.Program(fetches, updates=()), two lists: nodes to compute, and pairs of a parameter and its new value")
class Program:
    """Fetches (and updates of parameters) that are computed together. It is compiled when it meets new sizes.

    Where results are `checked`, one number comes before them that is finite if all of theirs are.

    >>> import dlcourse as dl
    >>> x = dl.placeholder("x", shape=(None,))
    >>> program = Program([x * x])
    >>> program({x: [1.0, 2.0]})
    [array([1., 4.])]
    >>> print(program.source)
    # 1 operations, 0 bytes of memory
    # x: (2,)
    from numpy import multiply
    def step(x):
        program = multiply(x, x)
        return program,
    <BLANKLINE>
    """

    def __init__(
        self, fetches: Sequence[Node], updates: Sequence[Update] = (), may_walk: bool = False, checked: bool = False
    ) -> None:
        self.targets, self.checked = [*nodes_in(fetches), *(new for _, new in updates)], checked
        self.n_fetches, self.updated = len(self.targets) - len(updates), [parameter for parameter, _ in updates]
        self.order = order = topological_order(self.targets)
        self.placeholders = [node for node in order if isinstance(node, Placeholder)]
        self.parameters = [node for node in order if isinstance(node, Parameter)]
        self.compiled: OrderedDict[tuple[Any, ...], Compiled] = OrderedDict()  # by the forms of what is fed
        self.only: Compiled | None = None  # where nothing is fed
        self.lock = threading.RLock()
        self.device = current_device()
        self.may_walk = may_walk and not checked and (len(order) > _MANY or any(node.shape for node in order))
        self.room = WALKED - sum([node.array.size for node in self.parameters])
        self.walked: set[tuple[Sizes, ...]] = set()

    @property
    def source(self) -> str:
        """The program as Python source, as last compiled. Before the first run, an example for 100 samples."""
        if self.compiled:
            last = next(reversed(self.compiled.values()))
            return self.writer(last.sizes, last.floats, printed=True).source()
        try:
            example = [tuple(100 if size is None else size for size in node.shape) for node in self.placeholders]
            unknown = any(None in node.shape for node in self.placeholders)
            heading = "# Before the first run: an example, with 100 for sizes not known yet.\n" if unknown else ""
            return heading + self.writer(example, printed=True).source()
        except ShapeError:
            return "# Not compiled yet: run it once, so that the sizes of the data are known.\n"

    def writer(self, sizes: Sequence[Sizes], floats: bool = True, printed: bool = False) -> Writer:
        """The program for these sizes, as source: as it runs, or to be printed."""
        graph, arguments = self.specialised(sizes)
        floats = floats and self.device is CPU and runs_on_floats(graph, arguments)
        return Writer(graph, arguments, floats, self.device, printed, self.checked and not printed)

    def specialised(self, sizes: Sequence[Sizes]) -> tuple[Specialised, list[Node]]:
        graph = Specialised(self.targets, self.order, dict(zip(self.placeholders, sizes, strict=True)))
        return graph, [graph.done[leaf] for leaf in (*self.placeholders, *self.parameters)]

    def __call__(self, feeds: Mapping[Placeholder, ArrayLike] | None = None) -> list[Array]:
        return list(self.results({} if feeds is None else checked_feeds(feeds))[self.checked :])

    def results(self, feeds: Mapping[Placeholder, ArrayLike]) -> tuple[Array, ...]:
        """The values of all targets. Nothing else has changed."""
        fed: Sequence[Any] = ()
        compiled = None if feeds or other_devices else self.only
        if compiled is None:
            try:  # arrays like those that a program was compiled for need no other look
                fed = [*map(feeds.get, self.placeholders)]
                compiled = self.compiled.get((-1 - len(feeds) if other_devices else len(feeds), *map(_form, fed)))
            except (AttributeError, TypeError):
                pass
        if compiled is None:
            fed = fed_arrays(self.placeholders, feeds)
            if self.may_walk and not other_devices and (walked := self.walk(fed)) is not None:
                return walked
            compiled = self.compiled_for(fed, floats=not other_devices)
        arguments = [*fed, *map(_array_of, self.parameters)]
        try:
            if other_devices:  # what is fed goes to the device, what is fetched comes back
                results, n = compiled([*map(self.device.put, arguments)]), self.n_fetches + self.checked
                return (*map(self.device.get, results[:n]), *results[n:])
            if compiled.floats:
                try:
                    return compiled.on_floats(*arguments)
                except (ArithmeticError, ValueError):  # Python's floats raise where NumPy has an infinity or a NaN
                    compiled = self.compiled_for(fed, floats=False)
            return compiled(arguments)
        except Exception as error:
            raise _explained(error, compiled) from error

    def walk(self, fed: Sequence[Array]) -> tuple[Array, ...] | None:
        """The first run for arrays of these sizes, operation by operation. A second is compiled: there may be many."""
        sizes = tuple([array.shape for array in fed])
        if sizes in self.walked or len(self.walked) == _MOST_SIZES or sum([array.size for array in fed]) >= self.room:
            return None
        self.walked.add(sizes)
        with nothing_to_collect(), np.errstate(all="ignore"):
            graph, leaves = self.specialised(sizes)
            if sum([math.prod([n or 1 for n in x.shape]) for x in graph.order if x.shape]) > 100 * WALKED:
                return None  # all would be held
            values = dict(zip(leaves, [*fed, *map(_array_of, self.parameters)], strict=True))
            for node in graph.order:
                if isinstance(node, Operation):
                    given, kind = [values[parent] for parent in node.inputs], node.kind
                    compute = kind.function if kind.elementwise else guarded(node, CPU) if kind.learners else None
                    try:
                        values[node] = compute(*given) if compute else kind.value(given, node.attributes, node.dtype)
                    except Exception as error:
                        raise _failed(graph.origin.get(node, node), error) from error
                elif isinstance(node, Constant):
                    values[node] = node.array
        return tuple([np.array(values[target], target.dtype, order="C") for target in graph.targets])

    def compiled_for(self, fed: Sequence[Array], floats: bool = True) -> Compiled:
        """The program for arrays of these sizes, compiled when they are met for the first time."""
        form = (len(fed) if floats else -1 - len(fed), *map(_form, fed))
        compiled = self.compiled.get(form)
        if compiled is None:
            with self.lock, nothing_to_collect():
                compiled = self.compiled[form] = Compiled(self.writer([array.shape for array in fed], floats))
                self.only = compiled if floats and not fed else None
                if len(self.compiled) > _MOST_SIZES:
                    self.compiled.popitem(last=False)
        return compiled

    def __reduce__(self) -> tuple[Any, ...]:
        updates = list(zip(self.updated, self.targets[self.n_fetches :], strict=True))
        return Program, (self.targets[: self.n_fetches], updates)


def checked_feeds(feeds: Any) -> Mapping[Any, Any]:
    if type(feeds) is dict or isinstance(feeds, Mapping):
        return feeds
    raise FeedError(f"feeds are a dict from placeholders to arrays, {{x: data}}, not a {type(feeds).__name__}.")


_age = attrgetter("serial")
_form = attrgetter("__class__", "shape", "dtype")
_array_of = attrgetter("array")  # in C, so that no other thread's update falls between two parameters


def fed_arrays(placeholders: Sequence[Placeholder], feeds: Mapping[Placeholder, Any]) -> list[Array]:
    """The array for each placeholder, checked against its shape and of its dtype."""
    arrays = []
    for node in placeholders:
        value = feeds.get(node, _MISSING)
        if type(value) is not np.ndarray or value.dtype != node.dtype:
            value = _converted(node, value, feeds)
        sizes = zip(value.shape, node.shape, strict=False)
        if len(value.shape) != node.ndim or any(promised not in (None, size) for size, promised in sizes):
            raise FeedError(
                f"{node.name} has shape {shape_text(node.shape)}, and was fed an array of shape "
                f"{shape_text(value.shape)}." + built([node])
            )
        arrays.append(value)
    for key in feeds:
        if not isinstance(key, Placeholder):
            what = f"{label(key)} is a {key.kind_name}" if isinstance(key, Node) else f"{key!r} is no node"
            raise FeedError(f"{what}; only placeholders can be fed: write {{x: data}} with the placeholder itself.")
    return arrays


_MISSING: Any = object()


def _converted(node: Placeholder, value: Any, feeds: Mapping[Any, Any]) -> Array:
    if value is _MISSING:
        if node.name in feeds:
            raise FeedError(
                f"feeds are keyed by the placeholder itself, not its name: write {{{node.name}: data}} "
                f"without quotes." + built([node])
            )
        given = ", ".join(label(key) if isinstance(key, Node) else repr(key) for key in feeds) or "nothing"
        raise FeedError(
            f"{node.name} {shape_text(node.shape)} was not fed: add {{{node.name}: its data}} to the feeds "
            f"(they hold {given})." + built([node])
        )
    array = numeric_array(value, f"what {node.name} is fed")
    if node.dtype.kind in "iu" and array.dtype.kind == "f":
        if not np.all(array == np.floor(array)) or not np.all(np.isfinite(array)):
            raise FeedError(
                f"{node.name} holds whole numbers ({node.dtype}), and was fed fractions. "
                "Round them, or declare it with dtype=float." + built([node])
            )
    elif node.dtype.kind == "b" and array.dtype.kind != "b" and not np.all((array == 0) | (array == 1)):
        raise FeedError(f"{node.name} holds True and False, and was fed other numbers." + built([node]))
    with np.errstate(all="ignore"):
        cast_array = array.astype(node.dtype)
    if node.dtype.kind in "iu" and not np.array_equal(cast_array, array):
        raise FeedError(f"{node.name} holds {node.dtype}, and was fed numbers beyond its range." + built([node]))
    return cast_array


def _explained(error: Exception, compiled: Compiled) -> Exception:
    """The error of an operation, told with the node and the line that built it."""
    step = error.__traceback__
    while step is not None and step.tb_frame.f_code.co_filename != compiled.filename:
        step = step.tb_next
    line = step.tb_lineno - compiled.first_line if step else -1
    known = 0 <= line < len(compiled.node_of_line) and not isinstance(error, EngineError)
    return _failed(compiled.node_of_line[line], error) if known else error


def _failed(node: Node, error: Exception) -> RunError:
    return RunError(f"{label(node)} failed: {error}  ({type(error).__name__})" + built([node]))


def run(
    fetch: Any, feeds: Mapping[Any, Any] | None = None, check_finite: bool = False, device: str | Device | None = None
) -> Any:
    """The values of `fetch`, a node or a list, tuple or dict of nodes, when the placeholders are fed with `feeds`.

    With ``check_finite=True`` the first node that is NaN or infinite is named. `device` is "cpu" or "cuda"; without it,
    that of the surrounding ``with dl.device(...)`` is used.

    >>> import dlcourse as dl
    >>> x = dl.placeholder("x")
    >>> run({"square": x * x, "cube": x**3}, {x: 2.0})
    {'square': array(4.), 'cube': array(8.)}
    """
    if device is not None:
        with device_named(device):
            return run(fetch, feeds, check_finite)
    nodes: list[Node] = []
    rebuild = _structure(fetch, nodes)
    feeds = {} if feeds is None else checked_feeds(feeds)
    if not nodes:
        return rebuild(iter(()))
    if check_finite:
        check_all_finite(nodes, feeds)
    key = (current_device(), *map(id, nodes))
    keeper = max(nodes, key=_age)  # the youngest node keeps the program: an older one would keep the younger alive
    if keeper.programs is None:
        keeper.programs = {}
    program = keeper.programs.get(key)
    if program is None:
        program = keeper.programs[key] = Program(nodes, may_walk=current_device() is CPU)
    return rebuild(iter(program(feeds)))


def _structure(fetch: Any, nodes: list[Node]) -> Callable[[Any], Any]:
    """Collect the nodes of a nest of lists, tuples and dicts, and say how to build the same nest of values."""
    if isinstance(fetch, Node):
        nodes.append(fetch)
        return next
    if isinstance(fetch, dict):
        parts = {key: _structure(value, nodes) for key, value in fetch.items()}
        return lambda values: {key: part(values) for key, part in parts.items()}
    if isinstance(fetch, list | tuple):
        items = [_structure(value, nodes) for value in fetch]
        kind = type(fetch) if type(fetch) in (list, tuple) else tuple
        return lambda values: kind([part(values) for part in items])
    raise DTypeError(f"run takes a node, or a list, tuple or dict of nodes, not {fetch!r}.")


def check_all_finite(targets: Sequence[Node], feeds: Mapping[Any, Any]) -> None:
    """Compute every node below `targets`, and raise at the first that is NaN or infinite."""
    order = [node for node in topological_order(targets) if not isinstance(node, Constant)]
    values = dict(zip(order, Program(order).results(feeds), strict=True))
    names = variable_names(order)
    for node in order:
        value = values[node]
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            kind = "NaN" if np.isnan(value).any() else "infinite"
            bad = int((~np.isfinite(value)).sum())
            ranges = "".join(
                f"\n  Its input {names[x]} had values from {values[x].min():.6g} to {values[x].max():.6g}."
                for x in dict.fromkeys(node.inputs)
                if x in values and values[x].size
            )
            raise NonFiniteError(
                f"{names[node]} is the first node that is {kind}: {bad} of its {value.size} numbers, "
                f"computed by {node.kind_name}."
                + ranges
                + f"\n  It was built in {place(node.where)}:  {code(node.where)}".rstrip(" :")
            )
