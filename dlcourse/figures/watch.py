"""Hears from the page which answer cells were edited since they were run, as far as the page knows."""

from __future__ import annotations

from collections.abc import Callable

import anywidget

from dlcourse.figures.front_end import static


class Watch(anywidget.AnyWidget):
    """A widget without a view: the page tells it names and numbers, and it tells ``edited``."""

    _esm = static("watch.js")

    def __init__(self, edited: Callable[[list[str]], None]) -> None:
        super().__init__()
        self.on_msg(lambda _, message, buffers: edited([str(name) for name in message.get("edited", ())]))
