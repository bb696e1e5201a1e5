"""Modules: parts of a network that own their parameters, and files that keep what was learned.

A module is a function z' = f(z, w) of a state z and of its parameters w (LeCun's lecture, week 2). So it has two
Jacobians, and backpropagation needs both: ∂z'/∂z carries the gradient on to the module before, ∂z'/∂w changes the
module itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import re
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from dlcourse.engine import operations
from dlcourse.engine.differentiation import gradients
from dlcourse.engine.elsewhere import LikeModules
from dlcourse.engine.errors import EngineError, ShapeError, built, label, shape_text
from dlcourse.engine.graph import Node, Operand, Parameter, as_nodes, parameter
from dlcourse.engine.kinds import operation, register_gradient
from dlcourse.engine.values import Array, nodes_in, numeric_array, whole

# ------------------------------------------------------------------------------------------------ initialisers

Initialiser = Callable[[np.random.Generator, int, int], Array]


def glorot_uniform(rng: np.random.Generator, n_in: int, n_out: int) -> Array:
    """Uniform on ±√(6 / (n_in + n_out)): signals keep their size forwards and backwards (Glorot and Bengio, 2010).

    >>> glorot_uniform(np.random.default_rng(0), 2, 3).shape
    (2, 3)
    """
    limit = np.sqrt(6 / (n_in + n_out))
    return rng.uniform(-limit, limit, size=(n_in, n_out))


def he_normal(rng: np.random.Generator, n_in: int, n_out: int) -> Array:
    """Normal with variance 2 / n_in: for relu, which silences half of its inputs (He and others, 2015).

    >>> he_normal(np.random.default_rng(0), 2, 3).shape
    (2, 3)
    """
    return rng.normal(0.0, np.sqrt(2 / n_in), size=(n_in, n_out))


def lecun_normal(rng: np.random.Generator, n_in: int, n_out: int) -> Array:
    """Normal with variance 1 / n_in: sums keep the size of their terms (LeCun and others, 1998).

    >>> lecun_normal(np.random.default_rng(0), 2, 3).shape
    (2, 3)
    """
    return rng.normal(0.0, np.sqrt(1 / n_in), size=(n_in, n_out))


def _generator(rng: Any, what: str) -> np.random.Generator:
    if rng is not None:
        with contextlib.suppress(TypeError, ValueError):
            return np.random.default_rng(rng)
    raise EngineError(f"{what}: rng is a seed, as 0, or np.random.default_rng(0), and this is {rng!r:.60}.")


# ----------------------------------------------------------------------------------------------------- modules


class Module(LikeModules):
    """A part of a network. A subclass computes in ``forward`` and keeps parameters and modules as attributes.

    >>> import dlcourse as dl
    >>> class Scale(dl.Module):
    ...     def __init__(self):
    ...         self.factor = dl.parameter(2.0, name="factor")
    ...     def forward(self, z):
    ...         return self.factor * z
    >>> scale = Scale()
    >>> dl.run(scale([1.0, 3.0])), scale.parameters() == [scale.factor]
    (array([2., 6.]), True)
    """

    def forward(self, z: Node) -> Node:
        """z' = f(z, w)."""
        raise NotImplementedError(f"{type(self).__name__} needs a method forward(self, z) that returns a node.")

    def __call__(self, z: Operand) -> Node:
        return self.forward(as_nodes([z], "a module")[0])

    def parameters(self) -> list[Parameter]:
        """The parameters of this module and of the modules in it, each once."""
        return [part for part in self._parts() if isinstance(part, Parameter)]

    def _parts(self) -> list[Module | Parameter]:
        """This module, the modules in it and all their parameters, each once, in the order of the attributes."""
        found: dict[Module | Parameter, None] = {}
        waiting: list[Any] = [self]
        while waiting:
            part = waiting.pop(0)
            if isinstance(part, Module | Parameter) and part not in found:
                found[part] = None
                waiting[:0] = vars(part).values() if isinstance(part, Module) else ()
            elif isinstance(part, list | tuple):
                waiting[:0] = part
            elif isinstance(part, dict):
                waiting[:0] = part.values()
        return list(found)

    def train(self) -> None:
        """Layers that behave differently while a model learns, as :class:`Dropout`, do so from the next run on."""
        self._set_mode(True)

    def evaluate(self) -> None:
        """All layers behave as they do when a model is used, from the next run on; graphs stay as they are."""
        self._set_mode(False)

    def _set_mode(self, training: bool) -> None:
        for part in self._parts():
            if isinstance(part, Dropout):
                part.training = training

    def vjp(self, z: Node, g: Operand) -> tuple[Node, list[Node]]:
        """What the module's two Jacobians do to g = ∂C/∂z': ∂C/∂z = g ∂z'/∂z, and ∂C/∂w = g ∂z'/∂w for each w.

        Neither Jacobian is ever built: the product is a few operations, the matrix would be huge.

        >>> import dlcourse as dl
        >>> layer = dl.Linear(2, 1, rng=0)
        >>> layer.W.assign([[3.0], [4.0]])
        >>> z = dl.placeholder("z", shape=(None, 2))
        >>> to_state, (to_W, to_b) = layer.vjp(z, [[1.0]])
        >>> dl.run([to_state, to_W, to_b], {z: [[5.0, 6.0]]})
        [array([[3., 4.]]), array([[5.],
               [6.]]), array([1.])]
        """
        to_state, *to_parameters = gradients(self(z), [z, *self.parameters()], grad_output=g, unconnected="zero")
        return to_state, to_parameters

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Linear(Module):
    """z' = z W + b, for rows z of `n_in` numbers; z' has `n_out`. `rng` is a NumPy Generator, or a seed for one.

    >>> import dlcourse as dl
    >>> layer = dl.Linear(3, 2, rng=np.random.default_rng(0))
    >>> layer(dl.placeholder("z", shape=(None, 3))).shape
    (None, 2)
    """

    def __init__(
        self,
        n_in: int,
        n_out: int,
        *,
        rng: np.random.Generator | int,
        bias: bool = True,
        initialiser: Initialiser = glorot_uniform,
        dtype: DTypeLike = float,
    ) -> None:
        for name, size in (("n_in", n_in), ("n_out", n_out)):
            if whole(size, f"Linear: {name}") < 1:
                raise ShapeError(f"Linear: {name} must be at least 1, and is {size}.")
        if not callable(initialiser):
            raise EngineError(f"Linear: initialiser is a function, as dl.he_normal, and this is {initialiser!r}.")
        weights = np.asarray(initialiser(_generator(rng, "Linear"), n_in, n_out), dtype)
        if weights.shape != (n_in, n_out):
            raise ShapeError(
                f"the initialiser of Linear({n_in}, {n_out}) returned an array of shape {shape_text(weights.shape)}."
            )
        self.n_in, self.n_out = n_in, n_out
        self.W = parameter(weights, name="W")
        self.b = parameter(np.zeros(n_out, dtype), name="b") if bias else None

    def forward(self, z: Node) -> Node:
        return z @ self.W if self.b is None else z @ self.W + self.b

    def __repr__(self) -> str:
        return f"Linear({self.n_in}, {self.n_out}{', bias=False' if self.b is None else ''})"


class Activation(Module):
    """A function without parameters, as a module; it has only the Jacobian with respect to its state."""

    function: ClassVar[Callable[..., Node]]

    def forward(self, z: Node) -> Node:
        return self.function(z)


class Sigmoid(Activation):
    """z' = 1 / (1 + e⁻ᶻ).

    >>> import dlcourse as dl
    >>> dl.run(dl.Sigmoid()([0.0, 100.0]))
    array([0.5, 1. ])
    """

    function = staticmethod(operations.sigmoid)


class Tanh(Activation):
    """z' = tanh z.

    >>> import dlcourse as dl
    >>> dl.run(dl.Tanh()([0.0, 100.0]))
    array([0., 1.])
    """

    function = staticmethod(operations.tanh)


class ReLU(Activation):
    """z' = max(z, 0).

    >>> import dlcourse as dl
    >>> dl.run(dl.ReLU()([-1.0, 2.0]))
    array([0., 2.])
    """

    function = staticmethod(operations.relu)


class Softmax(Activation):
    """z' = eᶻ / Σ eᶻ, for each row.

    >>> import dlcourse as dl
    >>> dl.run(dl.Softmax()([[0.0, 0.0]]))
    array([[0.5, 0.5]])
    """

    function = staticmethod(operations.softmax)


class LogSoftmax(Activation):
    """z' = log softmax z, for each row.

    >>> import dlcourse as dl
    >>> dl.run(dl.LogSoftmax()([[0.0, 1000.0]]))
    array([[-1000.,     0.]])
    """

    function = staticmethod(operations.log_softmax)


@operation("mask of Dropout", shape=lambda z: z)
def _mask(z: Array, layer: Dropout) -> Array:
    if not layer.training:
        return np.ones(z.shape)
    return (layer.generator.random(z.shape) >= layer.p) / (1 - layer.p)


@register_gradient("mask of Dropout")
def _(op: Node, g: Node) -> list[Node | None]:
    """The mask depends on chance only."""
    return [None]


class Dropout(Module):
    """While training, each number of z becomes 0 with probability `p`, and the others are divided by 1 − p.

    So no unit can rely on another one, and sums keep their size (N. Srivastava and others, "Dropout: a simple way to
    prevent neural networks from overfitting", 2014). `rng` is a NumPy Generator, or a seed for one. Each run draws
    anew; within a run, value and gradients share what was drawn. ``evaluate()`` of the model switches dropout off, so
    that z' = z, and ``train()`` on again, in graphs that are already built, too.

    >>> import dlcourse as dl
    >>> model = dl.Sequential(dl.Dropout(0.5, rng=0))
    >>> y = model(np.ones(6))
    >>> dl.run(y)
    array([2., 0., 0., 0., 2., 2.])
    >>> model.evaluate()
    >>> dl.run(y)
    array([1., 1., 1., 1., 1., 1.])
    """

    def __init__(self, p: float = 0.5, *, rng: np.random.Generator | int) -> None:
        if isinstance(p, bool) or not isinstance(p, int | float | np.number) or not 0 <= p < 1:
            raise EngineError(f"Dropout sets numbers to 0 with a probability from 0 to below 1, and was given {p!r}.")
        self.p, self.generator, self.training = p, _generator(rng, "Dropout"), True

    def forward(self, z: Node) -> Node:
        return z * _mask(z, layer=self)

    def __repr__(self) -> str:
        return f"Dropout({self.p})"


class Sequential(Module):
    """Modules one after the other: z' = fₙ(… f₂(f₁(z))). A function from node to node may stand for a module, too.

    Parameters of different layers that have one name are numbered: W1, b1, W2, b2. With a `name`, that of the network
    stands before them, so that the networks of a graph can be told apart.

    >>> import dlcourse as dl
    >>> model = dl.Sequential(dl.Linear(2, 4, rng=0), dl.tanh, dl.Linear(4, 3, rng=1))
    >>> [p.name for p in model.parameters()]
    ['W1', 'b1', 'W2', 'b2']
    >>> [p.name for p in dl.Sequential(dl.Linear(2, 4, rng=0), name="critic").parameters()]
    ['critic W', 'critic b']
    """

    def __init__(self, *layers: Callable[[Any], Node], name: str | None = None) -> None:
        for i, layer in enumerate(layers):
            if not callable(layer) or isinstance(layer, type):
                what = f"the class {layer.__name__}" if isinstance(layer, type) else f"a {type(layer).__name__}"
                raise EngineError(
                    f"layer {i} of Sequential is {what}: use modules, as dl.Linear(2, 3, rng=0) or dl.ReLU(), "
                    "or functions, as dl.tanh."
                )
        self.layers = layers
        alike: defaultdict[str, list[Parameter]] = defaultdict(list)
        for p in self.parameters():
            alike[re.sub(r"\d+$", "", p.name or "")].append(p)
        for base, group in alike.items():
            names = {p.name for p in group}
            if base and len(group) > 1 and (base in names or len(names) < len(group)):
                for i, p in enumerate(group, start=1):
                    p.named(f"{base}{i}")
        if name is not None:
            for p in self.parameters():
                p.named(f"{name} {p.name}" if p.name else name)

    def forward(self, z: Node) -> Node:
        for i, layer in enumerate(self.layers):
            z = layer(z)
            if not isinstance(z, Node):
                raise EngineError(f"layer {i} of {self!r} must return a node, and returned {z!r:.60}.")
        return z

    def __repr__(self) -> str:
        inside = [repr(i) if isinstance(i, Module) else getattr(i, "__name__", repr(i)) for i in self.layers]
        return f"Sequential({', '.join(inside)})"


# ------------------------------------------------------------------------------------------------------- files


def _seal(arrays: Mapping[str, Array]) -> bytes:
    """Who wrote the file, and a check sum over all in it: the comment of the zip archive that an .npz file is."""
    digest = hashlib.sha256()
    for name, array in arrays.items():
        digest.update(repr((name, array.dtype.str, array.shape)).encode() + array.tobytes())
    return b"dlcourse parameters " + digest.hexdigest().encode()


class SavedFileError(EngineError, ValueError):
    """A file that does not hold what it should."""


def save(path: str | os.PathLike[str], parameters: Module | Iterable[Parameter] | Mapping[str, Any]) -> None:
    """Write parameters to an .npz file, by name. `parameters` is a module, a list, or a dict of names and arrays.

    Of several parameters with one name in a list, the second is called "W (2)" in the file, the third "W (3)".

    The file is written beside the old one and then put in its place: an interruption leaves the old file whole.
    """
    arrays = _named_arrays(parameters)
    target = os.path.realpath(path)
    partial = f"{target}.{os.getpid()}.partial"
    try:
        with open(partial, "wb") as file:
            with zipfile.ZipFile(file, "w") as archive:
                archive.comment = _seal(arrays)
                for name, array in arrays.items():
                    with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                        np.lib.format.write_array(member, array, allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, target)
    finally:
        with contextlib.suppress(OSError):
            os.remove(partial)


def load(path: str | os.PathLike[str], into: Module | Iterable[Parameter] | None = None) -> dict[str, Array]:
    """The arrays of a file that `save` wrote, by name, in the order in which they were saved.

    With `into`, its parameters get these values, if names and shapes agree; if not, none is changed.

    >>> import dlcourse as dl, tempfile, os
    >>> W = dl.parameter([1.0, 2.0], name="W")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "weights.npz")
    ...     dl.save(path, [W])
    ...     dl.load(path)
    {'W': array([1., 2.])}
    """
    arrays: dict[str, Array] = {}
    with open(path, "rb") as file:
        try:
            archive = zipfile.ZipFile(file)
            if not archive.comment.startswith(b"dlcourse parameters "):
                raise ValueError("it was not written by dlcourse.save; numpy.load may read it")
            for info in archive.infolist():
                with archive.open(info) as member:
                    arrays[info.filename.removesuffix(".npy")] = np.lib.format.read_array(member, allow_pickle=False)
            if archive.comment != _seal(arrays):
                raise ValueError("its check sum is wrong")
        except Exception as error:  # a broken archive fails in many ways
            raise SavedFileError(f"{os.fspath(path)} is damaged, or no file of parameters: {error}.") from error
    if into is not None:
        _assign(arrays, into, os.fspath(path))
    return arrays


def _named_arrays(parameters: Module | Iterable[Parameter] | Mapping[str, Any]) -> dict[str, Array]:
    if isinstance(parameters, Mapping):
        return {
            str(name): part.value if isinstance(part, Parameter) else numeric_array(part, f"what is saved as {name!r}")
            for name, part in parameters.items()
        }
    return {name: node.value for name, node in _names_in_file(parameters).items()}


def _names_in_file(parameters: Module | Iterable[Parameter]) -> dict[str, Parameter]:
    """Each parameter by its name; the second W is "W (2)", so that networks of equal layers can share a file."""
    named: dict[str, Parameter] = {}
    for i, node in enumerate(_listed(parameters)):
        name = node.name or f"parameter_{i}"
        alternatives = (f"{name} ({n})" for n in itertools.count(2))
        while name in named:
            name = next(alternatives)
        named[name] = node
    return named


def _listed(parameters: Module | Iterable[Parameter]) -> list[Parameter]:
    nodes = parameters.parameters() if isinstance(parameters, Module) else nodes_in(parameters)
    for node in nodes:
        if not isinstance(node, Parameter):
            raise EngineError(
                f"only parameters are saved and loaded, and this is "
                f"{label(node) if isinstance(node, Node) else type(node).__name__}."
            )
    return nodes


def _assign(arrays: Mapping[str, Array], into: Module | Iterable[Parameter], path: str) -> None:
    wanted = _names_in_file(into)
    if set(wanted) != set(arrays):
        held = ", ".join(arrays) or "nothing"
        raise SavedFileError(f"{path} holds {held}, and the parameters are {', '.join(wanted)}.")
    for name, node in wanted.items():
        if arrays[name].shape != node.shape:
            raise SavedFileError(
                f"{name} has shape {shape_text(arrays[name].shape)} in {path}, and "
                f"{shape_text(node.shape)} in the model." + built([node])
            )
    for name, node in wanted.items():
        node.assign(arrays[name])
