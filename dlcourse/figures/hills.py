"""Hills to walk down, and the walks: the one place where lesson figures compute a descent."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import dlcourse as dl

Array = NDArray[np.float64]


class Hill:
    """A function of one number with its slope, both computed by the course's engine.

    Parameters
    ----------
    name : str
        What the figure calls it.
    formula : str
        The formula as the reader sees it.
    height : callable
        The formula as code: takes a node, returns a node.

    Examples
    --------
    >>> bowl = Hill("parabola", "½x²", lambda x: x**2 / 2)
    >>> float(bowl(3.0)), float(bowl.slope(3.0))
    (4.5, 3.0)
    """

    def __init__(self, name: str, formula: str, height: Callable[[dl.Node], dl.Node]) -> None:
        self.name, self.formula = name, formula
        self._x = dl.placeholder("x", shape=(None,))
        self._f = height(self._x)
        (self._df,) = dl.gradients(dl.sum(self._f), [self._x])

    def __call__(self, x: Any) -> Array:
        return self._run(self._f, x)

    def slope(self, x: Any) -> Array:
        """f′(x), for one place or for an array of places."""
        return self._run(self._df, x)

    def _run(self, node: dl.Node, x: Any) -> Array:
        places = np.asarray(x, dtype=float)
        values: Array = dl.run(node, {self._x: places.reshape(-1)}).reshape(places.shape)
        return values


class Terrain:
    """A function of two numbers with its gradient, both computed by the course's engine.

    Parameters
    ----------
    name, formula : str
        What the figure calls it, and the formula as the reader sees it.
    height : callable
        The formula as code: takes two nodes, returns a node.

    Examples
    --------
    >>> valley = Terrain("valley", "½(x² + 9y²)", lambda x, y: (x**2 + 9 * y**2) / 2)
    >>> float(valley([2.0, 1.0])), valley.gradient([2.0, 1.0]).tolist()
    (6.5, [2.0, 9.0])
    >>> valley([[2.0, 1.0], [0.0, 0.0]]).tolist()
    [6.5, 0.0]
    """

    def __init__(self, name: str, formula: str, height: Callable[[dl.Node, dl.Node], dl.Node]) -> None:
        self.name, self.formula = name, formula
        self._p = dl.placeholder("p", shape=(None, 2))
        self._f = height(self._p[:, 0], self._p[:, 1])
        (self._df,) = dl.gradients(dl.sum(self._f), [self._p])

    def __call__(self, p: Any) -> Array:
        """Heights, shape (...), of points of shape (..., 2)."""
        points = np.asarray(p, dtype=float)
        values: Array = dl.run(self._f, {self._p: points.reshape(-1, 2)}).reshape(points.shape[:-1])
        return values

    def gradient(self, p: Any) -> Array:
        """The gradient at each point, shape (..., 2)."""
        points = np.asarray(p, dtype=float)
        values: Array = dl.run(self._df, {self._p: points.reshape(-1, 2)}).reshape(points.shape)
        return values


def walk(
    slope: Callable[[Any], Any], start: Any, rate: float, steps: int, beta: Any = 0.0, limit: float = np.inf
) -> list[Any]:
    """Places visited by gradient descent with momentum: v ← βv + f′(x), x ← x − ηv.

    Stops early once any place is farther than ``limit`` from 0; the places visited so far, that one
    included, are returned. ``start`` may be an array, and ``beta`` with it: then many walkers go at once, or one
    walks in two dimensions.

    The rule is B. T. Polyak's (*Some methods of speeding up the convergence of iteration methods*, 1964).

    Examples
    --------
    >>> [round(float(x), 3) for x in walk(lambda x: 2 * x, 1.0, rate=0.25, steps=3)]
    [1.0, 0.5, 0.25, 0.125]
    """
    x, v = np.asarray(start, dtype=float), np.zeros_like(start, dtype=float)
    places = [x]
    for _ in range(steps):
        v = beta * v + slope(x)
        x = x - rate * v
        places.append(x)
        if not np.all(np.abs(x) <= limit):
            break
    return places


def double_well(x: dl.Node) -> dl.Node:
    """Two valleys with a ridge between them; the left one is deeper."""
    return x**4 - 2 * x**2 + 0.4 * x
