"""The live side of a figure: an anywidget that draws scenes, and the one mimebundle that ``show`` displays.

One event costs one message each way. The browser sends what the reader changed, never two requests at a time
(what changes meanwhile is merged, the latest wins); Python answers with what is different on the screen.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import anywidget
import traitlets

from dlcourse.figures.encoding import difference, encode
from dlcourse.figures.front_end import static
from dlcourse.figures.scene import roles_as_data
from dlcourse.figures.spelling import minus

if TYPE_CHECKING:
    from dlcourse.figures.figure import Figure


class View(anywidget.AnyWidget):
    """A widget that knows its own name, by which the browser finds it among all (page.js, ``hearAlways``)."""

    _css = static("style.css")
    own_id = traitlets.Unicode().tag(sync=True)

    def __init__(self, **state: Any) -> None:
        own_id = uuid4().hex
        super().__init__(model_id=own_id, own_id=own_id, **state)


class FigureView(View):
    """The widget of one figure.

    ``state`` is what a newly opened view draws; it is made when somebody asks for it (when the widget is opened,
    when a page is loaded again) and is otherwise kept up to date by small custom messages.
    """

    _esm = static("page.js") + static("plot.js") + static("figure.js")
    state = traitlets.Any().tag(sync=True, to_json=lambda _, view: view.whole())

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.sent = self.now()
        self.number = 0  # counts messages, so that a browser that missed one notices
        super().__init__()
        self.on_msg(self._answer)

    def now(self) -> dict[str, Any]:
        """What can change, as JSON."""
        figure = self.figure
        return {
            "panels": encode(figure._checked_scene()),
            "values": dict(figure._values),
            "frame": figure.frame,
            "last_frame": figure.last_frame,
            "task": minus(figure.task()),
            "sentence": figure.sentence(),
            "error": "",
        }

    def whole(self) -> dict[str, Any]:
        started = self.figure._initial
        controls = [
            {**control.spec(), **({"initial": started[name]} if name in started else {})}
            for name, control in self.figure._controls.items()
        ]
        fixed: dict[str, Any] = {"title": self.figure.title, "controls": controls, "roles": roles_as_data()}
        fixed["run_again"] = list(self.figure.run_again)
        return {**fixed, "counted": list(self.figure.counted), **self.sent, "number": self.number}

    def walk(self) -> dict[str, Any] | None:
        """What a saved lesson keeps of a figure with steps: they can be walked through without this process."""
        if not self.figure.last_frame:
            return None
        fixed = {part: value for part, value in self.whole().items() if part != "run_again"}
        panels = [{**panel, "click": None, "brush": None} for panel in fixed["panels"]]
        state = {**fixed, "panels": panels, "controls": []}
        return {"state": state, "said": sentences(self.figure), "settings": {}, "asks": []}

    def push(self, answer_to: str | None = None) -> None:
        """Send what is different from what was sent last. A model that raises is reported in the figure."""
        try:
            if self.figure.error is not None:
                raise self.figure.error
            new = self.now()
        except Exception as problem:
            self.figure.error = problem
            new = {**self.sent, "values": dict(self.figure._values), "error": as_sentence(problem)}
        changed: dict[str, Any] = {k: v for k, v in new.items() if k != "panels" and v != self.sent[k]}
        if patch := difference(self.sent["panels"], new["panels"]):
            changed["patch"] = patch
        self.sent = new
        self.number += 1
        self.send({"number": self.number, "answer_to": answer_to, **changed})

    def _answer(self, _: Any, request: dict[str, Any], buffers: Any) -> None:
        """Do what the browser asks for."""
        figure = self.figure
        if request.get("whole"):
            self.send({"whole": self.whole()})
            return
        figure._view, figure.error = None, None  # one answer, at the end, however many things are done
        try:
            if values := request.get("values"):
                figure.set(**values)
            for call in request.get("calls", ()):
                method, arguments = self._allowed(call, request.get("forms", {}))
                figure._call(method, **arguments)
            if "frame" in request:
                figure._move(int(request["frame"]))
        except Exception as problem:
            figure.error = problem
        finally:
            figure._view = self
        self.push(request.get("id"))

    def _allowed(self, call: dict[str, Any], forms: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """The method that a button, a form or a click stands for: only what the figure itself offers."""
        from dlcourse.figures.figure import Action, Form

        figure = self.figure
        for name, fields in forms.items():
            figure._values[name] = figure._controls_of(Form)[name].clean(fields)
        if "click" in call:
            panel = figure.scene()[int(call["click"])]
            if panel.click is not None:
                return panel.click, {"x": float(call["x"]), "y": float(call["y"])}
        if "blank" in call:
            blanks = {mark.name for panel in figure.scene() for mark in panel.marks if mark.kind == "blank"}
            if call["blank"] in blanks:
                return "fill", {"name": call["blank"], "words": str(call["words"])[:24]}
        control = figure._controls.get(call.get("name", ""))
        if isinstance(control, Form):
            return control.method, dict(figure._values[control.name])
        if isinstance(control, Action):
            return control.method, {}
        raise ValueError(f"{type(figure).__name__} has nothing to press called {call!r}")


def sentences(figure: Figure) -> list[str]:
    """What the figure says at each of its frames."""
    standing = figure.frame
    found = []
    for k in range(figure.last_frame + 1):
        figure.frame = k
        found.append(figure.sentence())
    figure.frame = standing
    return found


def as_sentence(problem: Exception) -> str:
    """What went wrong, in one line.

    Examples
    --------
    >>> as_sentence(ZeroDivisionError("division by zero"))
    'Python could not draw this: division by zero (ZeroDivisionError). Change a control to go on.'
    """
    what = " ".join(str(problem).split()) or "no reason given"
    return f"Python could not draw this: {what} ({type(problem).__name__}). Change a control to go on."


def show(figure: Figure, on_paper: Figure | None = None) -> None:
    """Display the live view, and for paper the picture and the sentence.

    The live view opens at the figure's own frame. Paper cannot be played, so a figure that stands at its
    first frame is printed at its last one, where the whole walk can be seen. A figure that depends on the learner
    gives another one for paper, which does not.
    """
    from dlcourse.figures.paper import picture

    if figure._view is None:
        figure._view = FigureView(figure)
    view, figure = figure._view, on_paper or figure
    frame = figure.frame
    try:
        figure.frame = frame or (0 if figure.sealed else figure.last_frame)
        sentence, png = figure.on_paper(*(minus(panel.words) for panel in figure.scene())), picture(figure)
    finally:
        figure.frame = frame
    alt = f"{figure.title}. {sentence}" if figure.title else sentence
    display_bundle(view, sentence, png=png, alt=alt, walk=view.walk())
    give_memory_back()


@cache
def freeze_once() -> None:
    """What is there when the first figure is shown stays: Python need not look through all modules each time."""
    gc.freeze()


def give_memory_back() -> None:
    """Collect what drawing left, and hand it to the system: a figure leaves 8 MB, and a class shares a machine.

    matplotlib's objects know one another, so they live until Python looks for such circles.
    """
    gc.collect()
    freeze_once()
    with contextlib.suppress(AttributeError, OSError, TypeError):  # only glibc has this
        ctypes.CDLL(None).malloc_trim(0)


def display_bundle(
    view: anywidget.AnyWidget,
    sentence: str,
    png: bytes | None = None,
    alt: str = "",
    asked: Sequence[str] = (),
    walk: dict[str, Any] | None = None,
) -> None:
    """Display one mimebundle: whoever shows it takes the richest part that it can.

    Beside the name of the live view stands what the server needs when the lesson is saved and opened again
    (commands/serving.py): which process holds the view, which questions are ``asked``, and a figure's steps.
    """
    from IPython.display import display

    bundle: dict[str, Any] = {"text/plain": sentence}
    if png is not None:
        bundle["image/png"] = png
    bundle["application/vnd.jupyter.widget-view+json"] = {
        "version_major": 2,
        "version_minor": 0,
        "model_id": view.model_id,
        # on Windows a virtual environment's python is the parent of the one that runs
        "dlcourse": {"process": [os.getpid(), os.getppid()], "asked": list(asked), "walk": walk},
    }
    metadata = {"image/png": {"alt": alt, "width": 640}} if png is not None else {}
    display(bundle, metadata=metadata, raw=True)  # type: ignore[no-untyped-call]
