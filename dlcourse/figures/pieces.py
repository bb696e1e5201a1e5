"""What many figures draw: a contour map, a path that grows, a loss that falls. Each is drawn here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dlcourse.figures.scene import Array, Mark, Panel, Text, by_frame, image, point, points, polyline, text

Limits = tuple[float, float]
INK = {True: (0, 114, 178), False: (213, 94, 0)}  # blue for +, vermillion for −; the signs say it again

CELL = 20  # pixels of a cell: enough for its rim to stay thin when the browser scales the picture


@cache
def cividis() -> NDArray[np.uint8]:
    """The 256 colours of the map cividis, which reads the same to people who see colours differently.

    J. R. Nuñez, C. R. Anderton, R. S. Renslow, *Optimizing colormaps with consideration for color vision
    deficiency to enable accurate interpretation of scientific data*, 2018.
    """
    from matplotlib import colormaps

    colours: NDArray[np.uint8] = colormaps["cividis"](np.arange(256), bytes=True)
    return colours


def contour_map(
    height: Callable[[Array], Array],
    xlim: Limits,
    ylim: Limits,
    levels: Sequence[float],
    named: Sequence[float] | None = None,
    pixels: int = 200,
) -> list[Mark]:
    """A map of a function of two numbers: one tint between neighbouring levels, a line on each, and its number.

    Parameters
    ----------
    height : callable
        Takes points, shape (..., 2), returns their heights, shape (...).
    xlim, ylim : (low, high)
        What the map shows.
    levels : sequence of float
        Rising heights; a line runs where the function takes one of them.
    named : sequence of float, optional
        The levels whose numbers are written on the map; by default every second one. A number stands where its
        line meets the diagonal to the upper right, else where it comes nearest.
    pixels : int
        Rows and columns of the picture. Few tints compress well: about 3 kB.

    Examples
    --------
    >>> marks = contour_map(lambda p: (p**2).sum(axis=-1), (-2, 2), (-2, 2), levels=[1.0, 2.0, 3.0, 4.0])
    >>> [mark.kind for mark in marks], [mark.string for mark in marks[1:]]
    (['image', 'text', 'text'], ['1', '3'])
    """
    xs = np.linspace(*xlim, pixels)
    ys = np.linspace(*ylim, pixels)[::-1]  # row 0 of a picture is its top
    heights = height(np.stack(np.meshgrid(xs, ys), axis=-1))
    band = np.searchsorted(np.asarray(levels, dtype=float), heights)
    tints = cividis()[np.linspace(40, 250, len(levels) + 1).astype(int)].copy()
    tints[:, 3] = 105  # see-through: the ground is the theme's own
    picture = tints[band]
    line = np.zeros(band.shape, dtype=bool)
    line[:, 1:] |= band[:, 1:] != band[:, :-1]
    line[1:, :] |= band[1:, :] != band[:-1, :]
    picture[line] = (112, 112, 112, 230)  # to be seen on light and on dark ground
    marks = [image(picture, (*xlim, *ylim))]
    wanted = list(levels)[::2] if named is None else named
    # only those whose line is on the map
    crossed = [level for level in wanted if len(np.unique(band >= _above(level, levels))) == 2]
    return marks + [_number(level, band, levels, xs, ys) for level in crossed]


def _above(level: float, levels: Sequence[float]) -> int:
    """The band just above a level."""
    return list(levels).index(level) + 1


def _number(level: float, band: NDArray[np.int64], levels: Sequence[float], xs: Array, ys: Array) -> Mark:
    """A level's number on its line, at the place nearest to the diagonal through the map's upper right."""
    n = len(xs)
    over = band >= _above(level, levels)
    edge = over & ~np.roll(over, 1, axis=1) | over & ~np.roll(over, -1, axis=1)
    edge[:, [0, 1, -2, -1]] = False  # `roll` meets the other border; and a number needs room
    edge[: n // 16] = edge[-n // 16 :] = edge[:, -n // 12 :] = False
    rows, columns = np.nonzero(edge if edge.any() else over)
    right, upward = columns / n - 0.5, 0.5 - rows / n
    away = np.abs(right - upward) + 0.8 * (right + upward < 0)
    best = int(np.argmin(away))
    return text(float(xs[columns[best]]), float(ys[rows[best]]), f"{level:g}", anchor="middle")


def trail(
    path: Array, label: str | None = "you", role: Text = "path", drag: dict[str, str] | None = None
) -> list[Mark]:
    """A descent path on a map that grows frame by frame, and the walker at its end.

    Parameters
    ----------
    path : array, shape (steps + 1, 2)
        Where the walker was; the figure needs ``last_frame = steps``.
    label, role, drag
        The walker's name; how the line is drawn; which controls the walker's place sets when it is dragged.

    Examples
    --------
    >>> line, walker = trail(np.array([[2.0, 1.0], [1.0, 0.5]]))
    >>> line.shown.values, walker.x.values
    ((1, 2), (2.0, 1.0))
    """
    x, y = path[:, 0], path[:, 1]
    counts = by_frame(range(1, len(path) + 1))
    walker = point(by_frame(x.tolist()), by_frame(y.tolist()), role="here", label=label, drag=drag)
    return [polyline(x, y, role=role, shown=counts, markers=True), walker]


def loss_curve(xs: Array, losses: Array, role: Text = "function", label: str | None = "loss") -> list[Mark]:
    """A loss that is drawn as training goes on: a line that grows frame by frame, and a dot at its end.

    Parameters
    ----------
    xs, losses : arrays, shape (frames,)
        Steps, samples or seconds so far, and the loss there; one entry for each frame.

    Examples
    --------
    >>> [mark.kind for mark in loss_curve(np.arange(3), np.array([4.0, 2.0, 1.0]))]
    ['polyline', 'point']
    """
    xs, losses = np.asarray(xs, dtype=float), np.asarray(losses, dtype=float)
    return [
        polyline(xs, losses, role=role, shown=by_frame(range(1, len(xs) + 1))),
        point(by_frame(xs.tolist()), by_frame(losses.tolist()), role="here", label=label),
    ]


def loss_panel(
    xs: Array,
    losses: Array,
    ylim: tuple[float, float],
    yscale: Literal["linear", "log"] = "log",
    what: str = "height",
    label: str | None = None,
    width: float = 1.0,
    last: float | None = None,
) -> Panel:
    """A pair of axes of its own for a ``loss_curve``: what is lost or how high one stands, over the steps.

    Parameters
    ----------
    xs, losses : arrays, shape (frames,)
        Steps so far, and the loss or the height there.
    ylim : (low, high)
        What the upright axis shows.
    what : str
        What is drawn; ``height`` or ``loss``.
    last : float, optional
        Where the axis of the steps ends, if not at the last of ``xs``.

    Examples
    --------
    >>> loss_panel(np.arange(3.0), np.array([4.0, 2.0, 1.0]), ylim=(0.5, 5)).title
    'The height'
    """
    return Panel(
        loss_curve(xs, losses, label=label),
        xlim=(0, float(np.max(xs)) if last is None else last),
        ylim=ylim,
        yscale=yscale,
        xlabel="step",
        ylabel=f"{what} {label}" if label else what,
        title=f"The {what}",
        width=width,
        name=what,
    )


def scatter(X: Array, labels: NDArray[np.int64]) -> list[Mark]:
    """Samples of two classes: circles and triangles.

    Parameters
    ----------
    X : array, shape (N, 2)
    labels : array of whole numbers, shape (N,)
        0 or 1 for each sample.

    Examples
    --------
    >>> [mark.role for mark in scatter(np.zeros((3, 2)), np.array([0, 1, 1]))]
    ['class_a', 'class_b']
    """
    a, b = X[labels == 0], X[labels == 1]
    return [points(a[:, 0], a[:, 1], role="class_a"), points(b[:, 0], b[:, 1], role="class_b")]


@dataclass(frozen=True)
class Eye:
    """From where a surface in space is seen: an orthographic projection, so parallel lines stay parallel.

    Parameters
    ----------
    turn : float
        Degrees by which the ground is turned about the upward axis; at 0, x goes right and y goes away.
    tilt : float
        Degrees of the eye above the ground: 90 looks straight down, as on a map.
    lift : float
        How many units of the ground one unit of height is drawn as.

    Examples
    --------
    >>> across, up = Eye(turn=0, tilt=90)(np.array([[1.0, 2.0, 5.0]]))
    >>> across.tolist(), up.round(9).tolist()
    ([1.0], [2.0])
    """

    turn: float = 25.0
    tilt: float = 35.0
    lift: float = 1.0

    def __call__(self, points: Array) -> tuple[Array, Array]:
        """Where points of shape (..., 3) are seen: across and up, each of shape (...)."""
        x, y, z = np.moveaxis(np.asarray(points, dtype=float), -1, 0)
        tilt = np.deg2rad(self.tilt)
        return self._turned(x, y)[0], self._turned(x, y)[1] * np.sin(tilt) + self.lift * z * np.cos(tilt)

    def away(self, points: Array) -> Array:
        """How far back a point stands on the ground: what is nearer hides what is farther."""
        return self._turned(points[..., 0], points[..., 1])[1]

    def _turned(self, x: Array, y: Array) -> tuple[Array, Array]:
        c, s = np.cos(np.deg2rad(self.turn)), np.sin(np.deg2rad(self.turn))
        return c * x - s * y, s * x + c * y


def surface(
    height: Callable[[Array], Array],
    xlim: Limits,
    ylim: Limits,
    levels: Sequence[float],
    eye: Eye,
    lines: int = 12,
    pixels: int = 220,
) -> Mark:
    """A function of two numbers as a surface in space, in the tints that `contour_map` gives the same levels.

    A mesh of ``lines`` curves each way is drawn on it. It is painted from the far end to the near one, so what is
    behind is hidden. Other marks are put on the surface through the same ``eye``.

    Examples
    --------
    >>> mark = surface(lambda p: (p**2).sum(axis=-1), (-1, 1), (-1, 1), [0.5, 1.0, 1.5], Eye())
    >>> mark.kind, [round(v, 2) for v in mark.extent]
    ('image', [-1.33, 1.33, -0.1, 2.4])
    """
    n = 2 * pixels  # samples each way: closer together than the pixels, also on a slope
    places = np.stack(np.meshgrid(np.linspace(*xlim, n), np.linspace(*ylim, n)), axis=-1)
    space = np.concatenate([places, height(places)[..., None]], axis=-1)
    across, up = eye(space)
    left, right, low, high = across.min(), across.max(), up.min(), up.max()
    columns = pixels
    rows = max(2, round(columns * (high - low) / (right - left)))
    band = np.searchsorted(np.asarray(levels, dtype=float), space[..., 2])
    tints = cividis()[np.linspace(40, 250, len(levels) + 1).astype(int)].copy()
    tints[:, 3] = 105
    on_mesh = np.zeros(n, dtype=bool)
    on_mesh[np.linspace(0, n - 1, lines + 1).round().astype(int)] = True
    colour = tints[band]
    mesh = on_mesh[:, None] | on_mesh[None, :]
    colour[mesh] = (112, 112, 112, 170)
    column = np.clip((across - left) / (right - left) * columns, 0, columns - 1).astype(int)
    row = np.clip((high - up) / (high - low) * rows, 0, rows - 1).astype(int)
    depth = eye.away(space) - 0.01 * (xlim[1] - xlim[0]) * mesh  # a line lies on the ground beside it, not under it
    order = np.argsort(-depth, axis=None, kind="stable")
    picture = np.zeros((rows, columns, 4), dtype=np.uint8)
    picture[row.ravel()[order], column.ravel()[order]] = colour.reshape(-1, 4)[order]
    return image(picture, (float(left), float(right), float(low), float(high)))


def heat(table: Array, x: float, y: float, cell: tuple[float, float], signs: bool = True) -> list[Mark]:
    """A table as a picture, its upper left corner at (x, y): the darker, the larger; a 0 is left empty."""
    rows, columns = table.shape
    wide, high = cell
    strength = np.abs(table) / max(float(np.abs(table).max()), 1e-12)
    pixels = np.zeros((rows, columns, 4), dtype=np.uint8)
    pixels[..., :3] = np.where((table > 0)[..., None], INK[True], INK[False])
    pixels[..., 3] = np.where(table == 0, 0, 30 + 150 * strength)
    picture = pixels.repeat(CELL, axis=0).repeat(CELL, axis=1)
    picture[::CELL, :] = picture[-1:, :] = (128, 128, 128, 150)
    picture[:, ::CELL] = picture[:, -1:] = (128, 128, 128, 150)
    marks = [image(picture, (x, x + columns * wide, y - rows * high, y))]
    if signs:
        for i, j in zip(*np.nonzero(table), strict=True):
            sign = "+" if table[i, j] > 0 else "−"
            marks.append(text(x + (j + 0.5) * wide, y - (i + 0.5) * high, sign, anchor="middle"))
    return marks


def clip(corners: Array, d: Array, e: float) -> Array:
    """The part of a convex polygon where d·x + e ≥ 0 (I. Sutherland and G. Hodgman, 1974)."""
    kept: list[Array] = []
    values = corners @ d + e
    for i, here in enumerate(corners):
        before, v, u = corners[i - 1], values[i], values[i - 1]
        if (v >= 0) != (u >= 0):
            kept.append(before + (here - before) * (u / (u - v)))
        if v >= 0:
            kept.append(here)
    return np.array(kept).reshape(-1, 2)
