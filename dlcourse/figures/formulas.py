"""A formula as a learner types it, turned into a graph of the course's engine. Nothing is ever evaluated as Python."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

import dlcourse as dl

__all__ = ["FUNCTIONS", "FormulaError", "formula"]

FUNCTIONS: dict[str, Callable[..., dl.Node]] = {
    name: getattr(dl, name)
    for name in ("exp", "log", "sqrt", "square", "abs", "sin", "cos", "sigmoid", "tanh", "relu", "maximum", "minimum")
}
OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}
SYMBOLS = "+ - * / **"


class FormulaError(ValueError):
    """A formula that cannot be read, told in one sentence."""


def formula(text: str, names: Mapping[str, dl.Node], most_nodes: int = 60) -> dl.Node:
    """Read a formula.

    Parameters
    ----------
    text : str
        Numbers, names, ``+ - * / **``, brackets, and the functions in `FUNCTIONS`.
    names : mapping from str to Node
        What each name stands for.
    most_nodes : int
        Longer formulas are refused.

    Raises
    ------
    FormulaError
        One sentence about what cannot be read.

    Examples
    --------
    >>> import dlcourse as dl
    >>> x, w = dl.parameter(2.0, name="x"), dl.parameter(0.5, name="w")
    >>> float(dl.run(formula("tanh(w*x - 1) + 3", {"x": x, "w": w})))
    3.0
    >>> formula("w*", {"w": w})
    Traceback (most recent call last):
    ...
    dlcourse.figures.formulas.FormulaError: The formula ends too early, or something is missing after "w*".
    """
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise FormulaError(_unreadable(text, error)) from None
    if sum(isinstance(part, ast.expr) for part in ast.walk(tree)) > most_nodes:
        raise FormulaError("The formula is too long to draw.")
    result = _build(tree.body, text.strip(), names)
    return result if isinstance(result, dl.Node) else dl.constant(result)


def _build(part: ast.expr, text: str, names: Mapping[str, dl.Node]) -> Any:
    """The node, or the plain number, that a part of the formula stands for."""
    match part:
        case ast.Constant(value=bool() | str() | bytes() | complex()) | ast.Constant(value=None):
            pass
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.Name(id=name) if name in FUNCTIONS:
            raise FormulaError(f"{name} is a function: write {name}(…).")
        case ast.Name(id=name):
            raise FormulaError(f"There is no {name} here: use {', '.join(names)}, or a number.")
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as op, operand=operand):
            value = _build(operand, text, names)
            return -value if isinstance(op, ast.USub) else value
        case ast.BinOp(op=op, left=left, right=right) if type(op) in OPERATORS:
            values = _build(left, text, names), _build(right, text, names)
            if not any(isinstance(value, dl.Node) for value in values):
                return _number(type(op), *values)
            return OPERATORS[type(op)](*values)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
            wanted = 2 if name in ("maximum", "minimum") else 1
            if len(args) != wanted or any(isinstance(a, ast.Starred) for a in args):
                raise FormulaError(f"{name} takes {wanted} number{'s' * (wanted > 1)} in its brackets.")
            return FUNCTIONS[name](*[_build(a, text, names) for a in args])
        case ast.Call(func=ast.Name(id=name)):
            raise FormulaError(f"There is no function {name}: use {', '.join(FUNCTIONS)}.")
    written = ast.get_source_segment(text, part) or "this"
    raise FormulaError(f'"{written}" cannot be read: use numbers, names, {SYMBOLS}, brackets and functions.')


def _number(op: type[ast.operator], left: float, right: float) -> float:
    """Two plain numbers, put together."""
    try:
        result = OPERATORS[op](left, right)
    except (ArithmeticError, ValueError):
        result = None
    if not isinstance(result, float):
        raise FormulaError("Two plain numbers in it cannot be put together like that.")
    return result


def _unreadable(text: str, error: BaseException) -> str:
    if not text.strip():
        return "Type a formula."
    if isinstance(error, SyntaxError) and error.offset and error.offset <= len(text.strip()):
        return f'The formula cannot be read from "{text.strip()[error.offset - 1 :]}" on.'
    return f'The formula ends too early, or something is missing after "{text.strip()}".'
