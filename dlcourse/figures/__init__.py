"""Interactive figures: a model in plain Python, a scene of marks, one front end that draws any scene.

``Figure`` and the marks are here; ``figure.show()`` loads the browser side, ``picture(figure)`` matplotlib,
each only when it is asked for.
"""

import threading
from collections.abc import Callable
from functools import cache
from typing import Any

from dlcourse.figures.figure import Figure, action, choice, entry, form, number, slider, toggle
from dlcourse.figures.scene import (
    ROLES,
    ByFrame,
    Mark,
    Panel,
    arrow,
    band,
    bars,
    blank,
    by_frame,
    curve,
    edge,
    image,
    node,
    point,
    points,
    polygon,
    polyline,
    resolve,
    text,
)

__all__ = [
    "ROLES",
    "ByFrame",
    "Figure",
    "Mark",
    "Panel",
    "action",
    "arrow",
    "band",
    "bars",
    "blank",
    "by_frame",
    "choice",
    "curve",
    "edge",
    "entry",
    "form",
    "image",
    "node",
    "number",
    "picture",
    "point",
    "points",
    "polygon",
    "polyline",
    "prepare",
    "resolve",
    "slider",
    "text",
    "toggle",
]


@cache
def prepare() -> Callable[[], object]:
    """Load anywidget and matplotlib in the background, so that the first figure need not wait for them.

    A lesson calls this when it is opened; ``show`` calls what it returns, which waits until they are there. Where no
    thread can be started (Pyodide), nothing happens before that. Calling it again does nothing.

    Examples
    --------
    >>> prepare() is prepare()
    True
    """

    def load() -> None:
        from dlcourse.figures import paper, view

    thread = threading.Thread(target=load, name="prepare figures", daemon=True)
    try:
        thread.start()
    except RuntimeError:
        return load
    return thread.join


def __getattr__(name: str) -> Any:
    if name == "picture":  # imports matplotlib, so only on demand
        from dlcourse.figures.paper import picture

        return picture
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
