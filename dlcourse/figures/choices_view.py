"""The live side of questions and progress."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets

from dlcourse.figures.front_end import static
from dlcourse.figures.view import View


class ChoicesView(View):
    """Questions, or progress: what ``state`` holds decides (choices.js)."""

    _esm = static("page.js") + static("choices.js")
    state = traitlets.Dict().tag(sync=True)

    def __init__(self, state: dict[str, Any], answered: Callable[[str, str], None] | None = None) -> None:
        super().__init__(state=state)
        self.answered = answered
        self.on_msg(self._told)

    def _told(self, _: Any, message: dict[str, Any], buffers: Any) -> None:
        id, option = str(message.get("id")), str(message.get("option"))
        try:
            if self.answered is not None:
                self.answered(id, option)
        except Exception as problem:  # shown under the question; the reader goes on
            self.send({"id": id, "problem": f"This could not be kept: {problem} ({type(problem).__name__})."})
            return
        with self.hold_sync():  # another view of the widget, or a page loaded again, shows it too
            self.state = {**self.state, "chosen": {**self.state["chosen"], id: option}}
