"""CuPy's functions under NumPy's names, as programs compiled for a GPU import them. CuPy is loaded when one does."""

from __future__ import annotations

from typing import Any


class Reducing:
    """A function of two arrays that can also reduce one array, as NumPy's can, for those where CuPy's cannot."""

    def __init__(self, function: Any, reduction: Any) -> None:
        self.function, self.reduce = function, reduction

    def __call__(self, *operands: Any, **options: Any) -> Any:
        return self.function(*operands, **options)


def matmul(a: Any, b: Any, out: Any = None) -> Any:
    """CuPy 14.2 refuses `out` here, whatever it is."""
    import cupy

    product = cupy.matmul(a, b)
    if out is None:
        return product
    out[...] = product
    return out


_REDUCTIONS = {"add": "sum", "maximum": "max", "minimum": "min"}


def __getattr__(name: str) -> Any:
    try:
        import cupy

        found = getattr(cupy, name)
    except ImportError as error:
        raise AttributeError(f"without CuPy there is no {name}") from error
    return Reducing(found, getattr(cupy, _REDUCTIONS[name])) if name in _REDUCTIONS else found
