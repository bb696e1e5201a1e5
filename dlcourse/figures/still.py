"""A figure for a page without Python: every frame with its sentence, and each control at some of its settings.

The page draws it with the front end that every figure has; `static/still.js` answers in Python's place, from what was
recorded here. What was not recorded cannot be answered, so the page does not offer it.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dlcourse.figures.encoding import difference
from dlcourse.figures.figure import Number, Select, Slider, Toggle
from dlcourse.figures.view import FigureView, sentences

if TYPE_CHECKING:
    from dlcourse.figures.figure import Figure

__all__ = ["played"]

MOST = 120_000  # characters for one figure: a page with ten of them still opens at once on a phone
COUNTS = (13, 9, 5, 3)  # positions of a slider; the first that fits is taken
OPTIONS = 20  # a choice among more is not recorded
FACTORS = 200  # positions of a slider with equal factors: POSITIONS in figure.js


def played(figure: Figure) -> dict[str, Any]:
    """What a page shows and answers of this figure without Python.

    Parameters
    ----------
    figure : Figure
        As it opens. It is not moved: copies of it are.

    Returns
    -------
    dict
        ``state`` as it opens, with the controls that were recorded; ``said``, the sentence of each frame; ``settings``,
        by name of a control, what differs from the opening when this one is set elsewhere; ``asks``, the labels of
        what needs Python.

    Examples
    --------
    >>> from dlcourse.figures import Figure, Panel, point, slider
    >>> class Place(Figure):
    ...     x = slider(0.0, 1.0, value=0.5, step=0.25, label="x")
    ...     def scene(self):
    ...         return [Panel([point(self.x, 0.0)], xlim=(0, 1), ylim=(-1, 1))]
    ...     def describe(self):
    ...         return f"x = {self.x:.2f}"
    >>> found = played(Place())
    >>> found["said"], [(s["value"], s["said"]) for s in found["settings"]["x"]]
    (['x = 0.50'], [(0.25, ['x = 0.25']), (0.0, ['x = 0.00']), (0.75, ['x = 0.75']), (1.0, ['x = 1.00'])])
    """
    for count in COUNTS:
        found, fits = recorded(figure, count)
        if fits:
            break
    return found


def size(data: Any) -> int:
    return len(json.dumps(data, ensure_ascii=False))


def recorded(figure: Figure, count: int) -> tuple[dict[str, Any], bool]:
    """Each control at up to `count` positions, as long as there is room; and whether there was for all."""
    whole, said = FigureView(figure).whole(), sentences(figure)
    state = {part: value for part, value in whole.items() if part != "run_again"}  # a page has no kernel
    opening = figure._values
    room = MOST - size([state, said])
    settings: dict[str, list[dict[str, Any]]] = {}
    controls: list[dict[str, Any]] = []
    for name, control in figure._controls.items():
        spec, values = offered(control, opening.get(name), count)
        records = [
            record
            for walk in walks(values, opening.get(name))
            for record in walked(figure, name, walk, state["panels"])
        ]
        if (room := room - size(records)) < 0:
            break
        if records:
            controls.append({**spec, "initial": opening[name]})
            settings[name] = records
    asks = [control.label for name, control in figure._controls.items() if name not in settings]
    for panel in state["panels"]:  # a click is a question to Python
        asks += ["a click in the picture"] * bool(panel["click"])
        panel["click"] = panel["brush"] = None
    return {"state": {**state, "controls": controls}, "said": said, "settings": settings, "asks": asks}, room >= 0


def walks(values: list[Any], opening: Any) -> list[list[Any]]:
    """The ways that lead from the opening to all values: some figures draw where one has been.

    Examples
    --------
    >>> walks([1, 2, 4, 5], 3), walks(["b", "c"], "a")
    ([[2, 1], [4, 5]], [['b'], ['c']])
    """
    if isinstance(opening, float | int) and not isinstance(opening, bool):
        return [sorted((v for v in values if v < opening), reverse=True), sorted(v for v in values if v > opening)]
    return [[value] for value in values]


def walked(figure: Figure, name: str, way: list[Any], panels: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What a copy of the figure shows when one control goes through these values, beside its opening panels."""
    figure = copy.copy(figure)
    figure._values = dict(figure._values)
    for value in way:
        try:
            figure.set(**{name: value})
            now = FigureView(figure).now()
        except Exception:  # a live figure tells this in words; here the setting is not offered
            continue
        record = {"value": value, "values": now["values"], "last_frame": now["last_frame"]}
        yield {**record, "said": sentences(figure), "patch": difference(panels, now["panels"])}


def offered(control: Any, opening: Any, count: int) -> tuple[dict[str, Any], list[Any]]:
    """A control as a page without Python has it, and the values to record, the opening one aside."""
    if isinstance(control, Slider) and control.log:
        return by_factors(control, opening, count)
    if isinstance(control, Number):
        return by_steps(control, opening, count)
    values: list[Any] = []
    if isinstance(control, Select) and len(control.options) <= OPTIONS:
        values = list(control.options)
    elif isinstance(control, Toggle):
        values = [False, True]
    return dict(control.spec()), [value for value in values if value != opening]


def by_steps(control: Number, opening: float, count: int) -> tuple[dict[str, Any], list[float]]:
    """Equal steps, as many of the control's own as needed, so that the opening value is one of the positions."""
    places, at = positions((opening - control.low) / control.step, (control.high - control.low) / control.step, count)
    values = [float(f"{control.low + k * control.step:.12g}") for k in places]
    values[places.index(at)] = opening
    step = control.step * (places[1] - places[0]) if len(places) > 1 else control.step
    ends = {"low": values[0], "high": values[-1], "step": float(f"{step:.12g}")}
    return {**control.spec(), **ends}, [value for value in values if value != opening]


def by_factors(control: Slider, opening: float, count: int) -> tuple[dict[str, Any], list[float]]:
    """Equal factors, likewise."""
    reach = control.high / control.low
    places, at = positions(FACTORS * math.log(opening / control.low) / math.log(reach), FACTORS, count)
    exact = [control.low * reach ** (k / FACTORS) for k in places]
    values = [float(f"{value:.3g}") for value in exact]
    values[places.index(at)] = opening
    ends = {"low": exact[0], "high": exact[-1], "positions": len(places) - 1}
    return {**control.spec(), **ends}, [value for value in values if value != opening]


def positions(at: float, last: float, count: int) -> tuple[list[int], int]:
    """At most ``count`` of the places 0 … last, equally far apart, and ``at`` among them.

    Examples
    --------
    >>> positions(7, 20, 5)
    ([2, 7, 12, 17], 7)
    """
    stride = max(1, math.ceil(round(last) / (count - 1)))
    place = round(at)
    return list(range(place % stride, round(last) + 1, stride)), place
