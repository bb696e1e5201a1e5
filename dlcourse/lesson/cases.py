"""Values that can be written down as Python source: what the cases of an exercise are made of.

The same case is handed to an answer in the notebook and written into a probe for grading, so a case holds
only numbers, strings, booleans, ``None``, lists, tuples, dicts, arrays and functions given by their text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

__all__ = ["WrittenFunction", "compact", "copy_of", "function_of", "literal", "source_of", "unchanged"]

NUMPY_FLOAT = re.compile(r"np\.float64\(([^()]*)\)")
LONG_NUMBER = re.compile(r"(?<![\w.])\d+\.\d{4,}(?:e[+-]?\d+)?")


class WrittenFunction:
    """A function that knows its own text. Make one with ``function_of``."""

    def __init__(self, arguments: str, expression: str) -> None:
        self.arguments = arguments
        self.expression = NUMPY_FLOAT.sub(r"\1", expression)  # what f"{a!r}" writes for a NumPy number
        self.function: Callable[..., Any] = eval(f"lambda {self.arguments}: {self.expression}", {"np": np})

    def __call__(self, *values: Any) -> Any:
        return self.function(*values)

    def __repr__(self) -> str:
        return f"{self.arguments} ↦ {self.expression}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WrittenFunction) and source_of(self) == source_of(other)

    def __hash__(self) -> int:
        return hash((self.arguments, self.expression))


def function_of(arguments: str, expression: str) -> WrittenFunction:
    """Make a function from its text; the expression may use ``np``.

    Parameters
    ----------
    arguments : str
        The names of its arguments, for instance ``"x"`` or ``"x, y"``.
    expression : str
        What it returns, in Python.

    Examples
    --------
    >>> slope = function_of("x", "2.0 * x")
    >>> slope(3.0)
    6.0
    >>> slope
    x ↦ 2.0 * x
    """
    return WrittenFunction(arguments, expression)


def literal(value: Any, where: str = "the case") -> Any:
    """Return ``value`` with NumPy scalars as Python numbers; raise where it cannot be written as source.

    Examples
    --------
    >>> literal({"x": np.float64(0.5)})
    {'x': 0.5}
    >>> literal([1, object()])
    Traceback (most recent call last):
        ...
    TypeError: the case[1] is of type object: a case holds numbers, strings, None, lists, dicts, arrays, function_of.
    """
    if value is None or type(value) in (bool, int, float, str, WrittenFunction):
        return value
    if isinstance(value, np.generic) and value.dtype.kind in "biufU":
        return value.item()
    if type(value) is np.ndarray and value.dtype.kind in "biufU":
        return value
    if type(value) in (list, tuple):
        return type(value)(literal(item, f"{where}[{i}]") for i, item in enumerate(value))
    if type(value) is dict:
        return {literal(key, where): literal(item, f"{where}[{key!r}]") for key, item in value.items()}
    raise TypeError(
        f"{where} is of type {type(value).__name__}: "
        "a case holds numbers, strings, None, lists, dicts, arrays, function_of."
    )


def source_of(value: Any) -> str:
    """Write a literal as Python source that gives exactly the same value; it needs ``np`` and ``function_of``.

    Examples
    --------
    >>> source_of({"x": 0.1, "W": np.zeros((1, 2)), "end": float("inf")})
    "{'x': 0.1, 'W': np.array([0.0, 0.0], dtype='float64').reshape((1, 2)), 'end': float('inf')}"
    """
    if type(value) is float:
        return repr(value) if np.isfinite(value) else f"float('{value}')"
    if value is None or type(value) in (bool, int, str):
        return repr(value)
    if type(value) is WrittenFunction:
        return f"function_of({value.arguments!r}, {value.expression!r})"
    if type(value) is list:
        return f"[{', '.join(map(source_of, value))}]"
    if type(value) is tuple:
        return f"({', '.join(map(source_of, value))}{',' if len(value) == 1 else ''})"
    if type(value) is dict:
        return "{" + ", ".join(f"{source_of(key)}: {source_of(item)}" for key, item in value.items()) + "}"
    if type(value) is np.ndarray:
        # float() of a float32 is exact, so the text gives back the same float32
        return f"np.array({source_of(value.ravel().tolist())}, dtype={str(value.dtype)!r}).reshape({value.shape})"
    raise TypeError(f"{type(value).__name__} cannot be written as source")


def copy_of(value: Any) -> Any:
    """Copy a literal, arrays and lists included, so that an answer cannot change the original."""
    if type(value) is np.ndarray:
        return value.copy()
    if type(value) in (list, tuple):
        return type(value)(map(copy_of, value))
    if type(value) is dict:
        return {key: copy_of(item) for key, item in value.items()}
    return value


def unchanged(before: Any, after: Any) -> bool:
    """Tell whether an argument is still what it was, to the last bit.

    Examples
    --------
    >>> a = np.zeros(2)
    >>> b = copy_of(a); b += 1
    >>> unchanged(a, a.copy()), unchanged(a, b)
    (True, False)
    """
    if type(before) is not type(after):
        return False
    if type(before) is np.ndarray:
        same_kind: bool = before.dtype == after.dtype and before.shape == after.shape
        return same_kind and before.tobytes() == after.tobytes()
    if type(before) in (list, tuple):
        return len(before) == len(after) and all(map(unchanged, before, after))
    if type(before) is dict:
        return before.keys() == after.keys() and all(unchanged(before[key], after[key]) for key in before)
    return before is after or bool(before == after) or (before != before and after != after)  # nan is nan


def compact(value: Any, width: int = 60) -> str:
    """Write a value for a person: four digits, one line, long things shortened.

    Examples
    --------
    >>> compact(0.123456), compact([1.0, 2.0]), compact(np.zeros((20, 2)))
    ('0.1235', '[1.0, 2.0]', 'array of shape (20, 2)')
    >>> compact([0.5] * 100)
    '[0.5, 0.5, 0.5, …, 0.5] (100 entries)'
    """
    if isinstance(value, np.generic):
        value = value.item()
    if type(value) is float:
        short = f"{value:.4g}"
        return short if not short.lstrip("-").isdigit() else short + ".0"
    if type(value) is WrittenFunction:
        return f"{value.arguments} ↦ {LONG_NUMBER.sub(lambda m: f'{float(m[0]):.4g}', value.expression)}"
    if type(value) is np.ndarray:
        if value.size > 9:
            return f"array of shape {value.shape}"
        return compact(value.tolist(), width) if value.size else f"an empty array of shape {value.shape}"
    if type(value) in (list, tuple):
        opening, closing = "[]" if type(value) is list else "()"
        parts = [compact(item, width) for item in (value if len(value) <= 7 else [*value[:3], value[-1]])]
        text = ", ".join(parts)
        if len(value) > 7:
            return f"{opening}{', '.join(parts[:3])}, …, {parts[3]}{closing} ({len(value)} entries)"
        return f"{opening}{text}{',' if closing == ')' and len(value) == 1 else ''}{closing}"
    if type(value) is set:
        parts = [compact(item, width) for item in sorted(value, key=repr)]
        return shortened("{" + ", ".join(parts) + "}", 2 * width) if parts else "set()"
    if type(value) is dict:
        return shortened("{" + ", ".join(f"{k!r}: {compact(v, width)}" for k, v in value.items()) + "}", 2 * width)
    return shortened(repr(value), width)


def shortened(text: str, width: int) -> str:
    """Cut a text that is longer than ``width``."""
    return text if len(text) <= width else text[: width - 1] + "…"


def fitted(texts: Sequence[str], width: int) -> list[str]:
    """Cut the longest of some texts, so that together they are no longer than ``width``; what is short stays whole.

    Examples
    --------
    >>> fitted(["1", "2", "a long text"], 8)
    ['1', '2', 'a lon…']
    """
    left, share = width, 0
    for number, size in enumerate(sorted(map(len, texts))):
        share = left // (len(texts) - number)
        if size > share:
            break
        left -= size
    else:
        return list(texts)
    return [shortened(text, max(share, 1)) for text in texts]
