"""Kinds of operation: what all nodes of one kind share, and how a learner adds a kind of their own."""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from dlcourse.engine.errors import (
    DTypeError,
    EngineError,
    GradientError,
    Line,
    Mismatch,
    ShapeError,
    built,
    code,
    label,
    learners_line,
    place,
    shape_text,
)
from dlcourse.engine.graph import (
    LEARNERS_OPERATIONS,
    OPERATIONS,
    Constant,
    Node,
    Operand,
    Operation,
    Shape,
    as_nodes,
    evaluate,
)
from dlcourse.engine.values import Array, Dtype, checked_dtype, checked_name, sizes_in

ShapeRule = Callable[..., Sequence[int | None]]
Rule = Callable[..., Sequence["Node | None"]]
_WEIGHED: dict[str, Callable[[tuple[Node, ...]], Sequence[Node]]] = {  # the inputs that decide about the dtype
    "same": lambda inputs: inputs,
    "signed": lambda inputs: inputs,  # and truth values are refused, as NumPy refuses them
    "float": lambda inputs: inputs,  # and whole numbers become floating-point ones
    "scores": lambda inputs: [x for i, x in enumerate(inputs) if i == 0 or x.dtype.kind == "f"],  # labels do not count
    "first": lambda inputs: inputs[:1],  # the others only lend their shape, or are indices
    "second": lambda inputs: inputs[1:2],
    "branches": lambda inputs: inputs[1:],  # a condition does not count
}
_NUMBERS, _SMALL = (int, float), 2**31  # which every dtype of floats can hold


class ShapeOf(tuple[int | None, ...]):
    """A shape, as a shape rule gets it: a tuple that also answers to `.shape` and `.ndim`, as an array would."""

    __slots__ = ()

    @property
    def shape(self) -> ShapeOf:
        return self

    @property
    def ndim(self) -> int:
        return len(self)


class OperationKind:
    """What all nodes of one kind share: how to compute them, the shape and dtype of the result, and its derivative.

    One of two says how to compute: `function`, of NumPy arrays, or `formula`, which builds the node from simpler ones
    once all sizes are known. `rule` is its derivative, see :func:`register_gradient`. Calling a kind builds a node, so
    the kind of an operation *is* the operation: ``dl.exp`` is one. `prepare` turns what the caller writes into inputs
    and attributes (or into a node, if there is nothing to do); without it, all that is written are inputs.
    """

    def __init__(
        self,
        name: str,
        function: Callable[..., Any] | None = None,
        shape: ShapeRule | None = None,
        dtype: str | DTypeLike = "same",
        rule: Rule | None = None,
        formula: Callable[..., Node] | None = None,
        prepare: Callable[..., Any] | None = None,
        learners: bool = False,
    ):
        self.name = self.__name__ = name
        self.function, self.formula, self.rule = function, formula, rule and _taking_node(rule)
        self.shape_rule, self.dtype_rule = shape or broadcast_shapes, dtype
        self.prepare, self.learners, self.learners_rule = prepare, learners, False
        self.takes = function.nin if isinstance(function, np.ufunc) else None  # so many inputs, and nothing else
        self.takes_floats = isinstance(dtype, str) and dtype in ("float", "scores") and not learners
        self.elementwise = isinstance(function, np.ufunc) and not learners
        self.keeps_floats = self.elementwise and isinstance(dtype, str) and dtype in ("same", "float", "signed")

    def __call__(self, *operands: Operand, **attributes: Any) -> Node:
        quick = self.keeps_floats and len(operands) == self.takes and not attributes
        if quick and (usual := self.of_floats(operands[0], operands[-1])) is not None:
            return usual
        if self.prepare is not None:
            try:
                prepared = self.prepare(*operands, **attributes)
            except TypeError:
                self.arguments(operands, attributes)  # says so if it is the call that is wrong
                raise
            if isinstance(prepared, Node):
                return prepared  # there is nothing to do
            operands, attributes = prepared
        elif self.takes is not None and (len(operands) != self.takes or attributes):
            operands, attributes = self.arguments(operands, attributes), {}
        given = as_nodes(operands, self.name)
        inputs = self.in_floats(given) if self.takes_floats else given
        return self.build(inputs, attributes, None, learners_line(), known_as=given)

    def of_floats(self, a: Operand, b: Operand) -> Operation | None:
        """What is built nearly always, sooner: from floats of one shape and dtype, or with a number."""
        if type(b) in _NUMBERS and isinstance(a, Node) and a.dtype.kind == "f" and -_SMALL < b < _SMALL:
            b = Constant(np.array(b, a.dtype), None, learners_line())
        elif type(a) in _NUMBERS and isinstance(b, Node) and b.dtype.kind == "f" and -_SMALL < a < _SMALL:
            a = Constant(np.array(a, b.dtype), None, learners_line())
        elif not isinstance(a, Node) or not isinstance(b, Node):
            return None
        if a.dtype is not b.dtype or a.dtype.kind != "f" or not (a.shape == b.shape or () in (a.shape, b.shape)):
            return None
        return Operation(self, (a, b)[: self.takes], {}, a.shape or b.shape, a.dtype, None, learners_line())

    def document(self, doc: str, parameters: Iterable[str] | Mapping[str, inspect.Parameter]) -> None:
        """What ``help(dl.exp)`` shows: the text, and the names of what is to be given."""
        kinds = (
            [parameter.replace(annotation=parameter.empty) for parameter in parameters.values()]
            if isinstance(parameters, Mapping)
            else (inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in parameters)
        )
        self.__doc__, self.__signature__ = doc, inspect.Signature(list(kinds))

    def arguments(self, operands: tuple[Any, ...], attributes: Mapping[str, Any]) -> tuple[Any, ...]:
        """What it was called with, in the order of its parameters; or a sentence that says how it is called."""
        try:
            return self.__signature__.bind(*operands, **attributes).args
        except TypeError as error:
            call = f"{'' if self.learners else 'dl.'}{self.name}{self.__signature__}"
            raise DTypeError(f"{self.name} is called as {call}, which does not fit: {error}.") from None

    def in_floats(self, inputs: tuple[Node, ...]) -> tuple[Node, ...]:
        """Whole numbers and truth values become floating-point numbers before anything is computed from them."""
        counted = inputs[:1] if self.dtype_rule == "scores" else inputs
        for node in counted:
            if node.dtype.kind != "f":
                dtype = self.dtype(inputs, {})
                floats = [x if x.dtype.kind == "f" else OPERATIONS["cast"](x, dtype) for x in counted]
                return (*floats, *inputs[len(floats) :])
        return inputs

    def value(self, inputs: Sequence[Array], attributes: Mapping[str, Any], dtype: Dtype) -> Array:
        """What an operation of this kind computes from arrays: its function of them, or its formula, evaluated."""
        if self.formula:
            parts = self.formula(*[Constant(array, None, ("", 0)) for array in inputs], **attributes)
            return evaluate([parts], {})[0].astype(dtype)
        if self.learners:
            inputs = [array.copy() for array in inputs]  # yours stay as they are
        return np.asarray(self.function(*inputs, **attributes)).astype(dtype, copy=self.learners)  # type: ignore[misc]

    def build(
        self,
        inputs: tuple[Node, ...],
        attributes: dict[str, Any],
        name: str | None,
        where: Line,
        known_as: tuple[Node, ...] | None = None,
    ) -> Operation:
        """The node of this kind with these inputs, which messages call what they call `known_as`."""
        try:
            if self.shape_rule is broadcast_shapes:
                shape = broadcast_shapes(*[node.shape for node in inputs])
            else:
                shape = tuple(self.shape_rule(*[ShapeOf(node.shape) for node in inputs], **attributes))
        except Mismatch as mismatch:
            raise self.explained(mismatch, inputs, known_as or inputs, where) from None
        return Operation(self, inputs, attributes, shape, self.dtype(inputs, attributes), name, where)

    def dtype(self, inputs: tuple[Node, ...], attributes: Mapping[str, Any]) -> Dtype:
        """The dtype of the result: a fixed one, or by one of the rules in `_WEIGHED`."""
        rule: Any = attributes.get("dtype", self.dtype_rule)
        if rule in ("same", "float", "signed") and 0 < len(inputs) < 3 and inputs[0].dtype == inputs[-1].dtype:
            dtype = inputs[0].dtype
            if dtype.kind == "f" or rule == "same":
                return dtype
        if not isinstance(rule, str) or rule not in _WEIGHED:
            declared: Dtype = np.dtype(rule)
            return declared
        weighed = _WEIGHED[rule](inputs)
        strong = [node.dtype for node in weighed if not node.weak]
        result: Dtype = np.result_type(*(strong or [node.dtype for node in weighed] or [np.dtype(float)]))
        if rule == "signed" and result.kind == "b":
            raise DTypeError(
                f"{self.name} is not defined for True and False, which {label(inputs[0])} holds: use dl.logical_not, "
                "or dl.cast(x, int) to compute with 1 and 0." + built(inputs)
            )
        return np.dtype(float) if rule in ("float", "scores") and result.kind != "f" else result

    def explained(
        self, mismatch: Mismatch, inputs: Sequence[Node], known_as: Sequence[Node], where: Line
    ) -> ShapeError:
        """The mismatch, told with the names of the nodes, their shapes and the lines that built them."""
        names = [label(node, where) for node in known_as]
        shapes = [f"{name} {shape_text(node.shape)}" for name, node in zip(names, inputs, strict=True)]
        verb = mismatch.verb.format(*shapes) or f"cannot take {' and '.join(shapes)}"
        elsewhere = dict.fromkeys(node for node in known_as if node.where != where)
        return ShapeError(
            f"{self.name} {verb}: {mismatch.reason.format(*names)}"
            + f"\n  This {self.name} was built in {place(where)}:  {code(where)}".rstrip(" :")
            + built(elsewhere, where)
            + (f"\n  {mismatch.hint.format(*names)}" if mismatch.hint else "")
        )

    def __repr__(self) -> str:
        return f"<operation {self.name!r}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _kind_named, (self.name, self.learners)


def operation(
    name: str, shape: ShapeRule | Sequence[int] | None = None, dtype: DTypeLike | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Node]]:
    """Add an operation of your own: decorate a function of NumPy arrays.

    `shape` is a rule that gets the shapes of the inputs and returns the shape of the result; without it, the
    operation is taken to work element by element. Run the cell again to change the operation; give it a gradient
    with :func:`register_gradient`.

    >>> import dlcourse as dl
    >>> @dl.operation("cube", shape=lambda x: x)
    ... def cube(x):
    ...     return x ** 3
    >>> @dl.register_gradient("cube")
    ... def _(op, g):
    ...     return [g * 3 * op.inputs[0] ** 2]
    >>> x = dl.parameter(2.0)
    >>> dl.run([cube(x), *dl.gradients(cube(x), [x])])
    [array(8.), array(12.)]
    """
    checked_name(name)
    if shape is not None and not callable(shape):
        fixed = sizes_in(shape, f"operation {name!r}")
        shape = lambda *_: fixed  # noqa: E731
    rule = _accepting_attributes(shape or broadcast_shapes)
    declared = None if dtype is None else checked_dtype(dtype, f"operation {name!r}")

    def decorate(function: Callable[..., Any]) -> Callable[..., Node]:
        if not callable(function):
            raise DTypeError(f"@dl.operation({name!r}) stands above a function of NumPy arrays, not {function!r}.")
        kind: OperationKind = LEARNERS_OPERATIONS.setdefault(name, OperationKind(name, learners=True))
        kind.function, kind.shape_rule = function, rule  # nodes built before the cell was re-run follow, too
        kind.dtype_rule = "float" if declared is None else declared
        defaults = _defaults(function)
        if known_call := inspect.isfunction(function):
            kind.document(function.__doc__ or "", inspect.signature(function).parameters)

        def build(*operands: Operand, **attributes: Any) -> Node:
            if known_call:
                kind.arguments(operands, attributes)
            known = {name: value for place, name, value in defaults if place >= len(operands)}
            return kind(*operands, **{**known, **attributes})

        build.__name__, build.__doc__ = name, function.__doc__
        build.kind = kind  # type: ignore[attr-defined]
        return build

    return decorate


def _defaults(function: Callable[..., Any]) -> list[tuple[int, str, Any]]:
    """The attributes that a learner's function has if the caller gives none: its parameters with a default."""
    if not inspect.isfunction(function):
        return []
    parameters = enumerate(inspect.signature(function).parameters.values())
    return [(place, p.name, p.default) for place, p in parameters if p.default is not p.empty]


def register_gradient(operation: str | Callable[..., Node]) -> Callable[[Rule], Rule]:
    """Say how gradients pass through an operation, given as the function (``dl.exp``) or by its name.

    The rule gets the node `op` and the node `g`, the gradient of the loss with respect to `op`, and returns a list with
    one node for each of ``op.inputs``, written in graph operations; None where an input has no gradient. `op` itself
    may be used, too: it is the operation's result. A rule of lesson 11, ``rule(g, output, *inputs)``, is taken as well.
    See :func:`operation` for an example, and ``operations.py`` for many.

    >>> import dlcourse as dl
    >>> @dl.operation("cube", shape=lambda x: x)
    ... def cube(x):
    ...     return x ** 3
    >>> rule = dl.register_gradient(cube)(lambda g, output, x: [g * 3 * x * x])
    >>> x = dl.parameter(2.0)
    >>> dl.run(dl.gradients(cube(x), x))
    array(12.)
    """
    kind = operation if isinstance(operation, OperationKind) else getattr(operation, "kind", None)
    if kind is None and isinstance(operation, str):
        kind = LEARNERS_OPERATIONS.get(operation) or OPERATIONS.get(operation)
    if kind is None:
        raise GradientError(
            f"there is no operation {operation!r} to give a gradient to: define it first, "
            f"with @dl.operation({operation if isinstance(operation, str) else 'name'!r})."
        )

    def decorate(rule: Rule) -> Rule:
        kind.learners_rule = not str(getattr(rule, "__module__", "")).startswith("dlcourse.engine.")
        kind.rule = _taking_node(_callable_as_asked(rule, kind) if kind.learners_rule else rule)
        return rule

    return decorate


def _callable_as_asked(rule: Rule, kind: OperationKind) -> Rule:
    """A learner's rule; that it cannot be called with what a rule is given is told in our words, not in Python's."""
    try:
        signature = inspect.signature(rule)
    except TypeError:
        raise GradientError(f"a gradient rule is a function; this is {rule!r}.") from None
    except ValueError:  # one that is written in C, which says nothing of its parameters
        return rule

    @functools.wraps(rule)
    def told(*arguments: Any, **attributes: Any) -> Any:
        try:
            signature.bind(*arguments, **attributes)
        except TypeError as error:
            raise GradientError(
                f"the gradient rule of {kind.name} takes {signature}, which does not fit: {error}. Write rule(op, g), "
                f"or, as in lesson 11, rule(g, output, *inputs)."
            ) from None
        return rule(*arguments, **attributes)

    return told


def _taking_node(rule: Rule) -> Rule:
    """A rule as it is called, rule(op, g). One of lesson 11, rule(g, output, *inputs), is given the inputs, and what
    it asks for of the attributes."""
    try:
        parameters = inspect.signature(rule).parameters.values()
    except (TypeError, ValueError):
        return rule
    needed = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty]
    if len(needed) <= 2 and all(p.kind is not p.VAR_POSITIONAL for p in parameters):
        return rule
    asked = _asked_for(parameters)
    return lambda op, g: rule(g, op, *op.inputs, **asked(op.attributes))


def _asked_for(parameters: Iterable[inspect.Parameter]) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """What a function of these parameters asks for, of the attributes of an operation."""
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return lambda attributes: attributes
    names = {p.name for p in parameters if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)}
    return lambda attributes: {k: v for k, v in attributes.items() if k in names}


def _accepting_attributes(rule: Callable[..., Any]) -> Callable[..., Sequence[int | None]]:
    """A learner's shape rule, given only the attributes it asks for, its result checked."""
    asked = _asked_for(inspect.signature(rule).parameters.values())
    hint = "A shape rule gets one shape (a tuple) for each input and returns a shape."

    def checked(*shapes: ShapeOf, **attributes: Any) -> Sequence[int | None]:
        try:
            result = rule(*shapes, **asked(attributes))
            return tuple(None if size is None else sizes_in(size, "its shape rule returned this")[0] for size in result)
        except (Mismatch, EngineError) as error:
            raise (error if not isinstance(error, ShapeError) else Mismatch(_literal(error), hint)) from None
        except Exception as error:
            told = f"its shape rule failed with {type(error).__name__}: {_literal(error)}."
            raise Mismatch(told, hint) from error

    return checked


def _literal(error: Exception) -> str:
    """The text of an error, in which {0} stands for itself and not for the name of an input."""
    return str(error).replace("{", "{{").replace("}", "}}")


def broadcast_shapes(*shapes: Sequence[int | None], **_: Any) -> Shape:
    """NumPy's broadcasting rule, with `None` for a size that is not known yet.

    >>> broadcast_shapes((None, 1), (3,))
    (None, 3)
    """
    if len(set(shapes)) == 1:
        return tuple(shapes[0])
    result: list[int | None] = []
    for sizes in itertools.zip_longest(*[reversed(shape) for shape in shapes], fillvalue=1):
        known = {size for size in sizes if size is not None and size != 1}
        if len(known) > 1:
            axis = -1 - len(result)
            met = " meets ".join(str(shape[axis]) for shape in shapes if len(shape) >= -axis and shape[axis] != 1)
            raise Mismatch(f"{met} in axis {axis}.", "Broadcasting needs equal sizes, or a 1, from the last axis on.")
        result.append(known.pop() if known else None if None in sizes else 1)
    return tuple(reversed(result))


def _kind_named(name: str, learners: bool) -> OperationKind:
    if learners and name not in LEARNERS_OPERATIONS:
        raise EngineError(f"this graph uses the operation {name!r}: run the cell that defines it first.")
    kind: OperationKind = (LEARNERS_OPERATIONS if learners else OPERATIONS)[name]
    return kind
