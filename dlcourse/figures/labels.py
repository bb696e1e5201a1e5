"""Where labels go, so that they lie on nothing: a greedy choice among a few places near what they name.

The browser does nearly the same (``placeLabels`` in plot.js): only it knows its pixels, and where a word stood before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Box = tuple[float, float, float, float]  # left, top, right, bottom, in pixels, y down


@dataclass
class Label:
    """Words, how large they are, and where they could go: boxes' left-top corners, the best first."""

    string: str
    width: float
    height: float
    places: Sequence[tuple[float, float]]
    box: Box = field(default=(0.0, 0.0, 0.0, 0.0))


def overlap(a: Box, b: Box) -> float:
    """The area that two boxes share."""
    across = min(a[2], b[2]) - max(a[0], b[0])
    down = min(a[3], b[3]) - max(a[1], b[1])
    return across * down if across > 0 and down > 0 else 0.0


def _area(box: Box) -> float:
    return max((box[2] - box[0]) * (box[3] - box[1]), 1.0)


def around(x: float, y: float, width: float, height: float, gap: float) -> list[tuple[float, float]]:
    """Places round a point: right above first, then the other corners, then above, below, right, left."""
    right, left, above, below = x + gap, x - gap - width, y - gap - height, y + gap
    middle, level, inset = x - width / 2, y - height / 2, gap * 0.4
    corners = [(x + inset, above), (x - inset - width, above), (x + inset, below), (x - inset - width, below)]
    return [*corners, (right, level), (left, level), (middle, above), (middle, below)]


def along(line: Sequence[tuple[float, float]], width: float, height: float) -> list[tuple[float, float]]:
    """Places above and below a line, near its right end first."""
    places = []
    for share in (0.97, 0.85, 0.72, 0.6, 0.45, 0.3, 0.15, 0.03):
        x, y = line[round(share * (len(line) - 1))]
        for dx in (-width / 2, -width - 4, 4):
            places += [(x + dx, y - height - 4), (x + dx, y + 4)]
    for share in (0.97, 0.5, 0.03):  # a short line among other words: one line of words away
        x, y = line[round(share * (len(line) - 1))]
        for dx in (-width / 2, -width - 4, 4):
            places += [(x + dx, y - 2 * height - 10), (x + dx, y + height + 10)]
    return places


def place(labels: Sequence[Label], taken: Sequence[Box], dots: Sequence[tuple[float, float]], frame: Box) -> None:
    """Set ``box`` of each label. ``dots`` are points of the drawn lines, which labels keep clear of.

    Examples
    --------
    >>> a, b = (Label(s, 10, 5, around(50, 50, 10, 5, 4)) for s in "ab")
    >>> place([a, b], [], [], (0, 0, 100, 100))
    >>> overlap(a.box, b.box)
    0.0
    """
    placed = list(taken)
    for label in labels:
        best = float("inf")
        for rank, (x, y) in enumerate(label.places):
            box = (x, y, x + label.width, y + label.height)
            area = label.width * label.height
            cost = 0.02 * rank + 6 * (1 - overlap(box, frame) / area)
            # a short word hides under a long one: what counts is the share of the smaller of the two
            cost += sum(4 * overlap(box, other) / min(area, _area(other)) for other in placed)
            cost += 0.15 * sum(box[0] - 1 <= u <= box[2] + 1 and box[1] - 1 <= v <= box[3] + 1 for u, v in dots)
            if cost < best:
                best, label.box = cost, box
        placed.append(label.box)
