"""What the course asks of Jupyter's server, wherever one runs: a server extension that comes with the package.

`dlcourse lab`, plain ``jupyter lab``, Notebook 7, Binder and a hub load it alike. It does three small things:

- messages between browser and kernel leave at once (websocket.py says why that matters);
- a lesson is saved as somebody without its kernel will see it: where an output has both a picture or a sentence and a
  live view, the view is put aside, and comes back when the lesson is opened while its kernel still runs;
- opening a released lesson does not change it: what JupyterLab would write into it is there already.

Other notebooks are left alone. That JupyterLab does not ask whether it may fetch news is a setting in the same wheel
(jupyter/overrides.json).
"""

from __future__ import annotations

import inspect
import platform
from collections.abc import Iterator
from typing import Any

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
ASIDE = "dlcourse_view"  # in an output's metadata: the live view that a page without a kernel cannot show


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "dlcourse.commands.serving"}]


def _load_jupyter_server_extension(server: Any) -> None:
    from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

    from dlcourse.commands.websocket import PromptConnection

    settings = server.web_app.settings
    if settings.get("kernel_websocket_connection_class") is ZMQChannelsWebsocketConnection:  # nobody chose another
        settings["kernel_websocket_connection_class"] = PromptConnection
    contents = server.contents_manager
    contents.register_pre_save_hook(put_views_aside)
    if inspect.iscoroutinefunction(contents.get):  # what else uses a manager that is not asynchronous would be misled
        contents.get = _opening(contents.get, server.session_manager)


def _opening(get: Any, sessions: Any) -> Any:
    """The contents manager's `get`, for a lesson as the learner left it."""

    async def opened(path: str, *arguments: Any, **options: Any) -> Any:
        model = await get(path, *arguments, **options)
        notebook = model.get("content")
        if model.get("type") == "notebook" and notebook and is_lesson(notebook):
            alive = any(session["path"].strip("/") == path.strip("/") for session in await sessions.list_sessions())
            if alive:
                take_views_back(notebook)
            if notebook["metadata"].get("language_info") == {"name": "python"}:
                notebook["metadata"]["language_info"] = language_info()
        return model

    return opened


def is_lesson(notebook: Any) -> bool:
    """Whether this is a lesson of the course, released or worked through."""
    return any("dlcourse" in cell.get("metadata", {}) for cell in notebook.get("cells", []))


def put_views_aside(model: Any, **_: Any) -> None:
    """Before a lesson is saved: its pictures and sentences are what a page without its kernel shows.

    Examples
    --------
    >>> data = {"text/plain": "a", WIDGET_VIEW: {"model_id": "m"}}
    >>> output = {"output_type": "display_data", "data": data, "metadata": {}}
    >>> lesson = {"cells": [{"metadata": {"dlcourse": {}}, "outputs": [output]}]}
    >>> put_views_aside({"type": "notebook", "content": lesson})
    >>> output["data"], output["metadata"]
    ({'text/plain': 'a'}, {'dlcourse_view': {'model_id': 'm'}})
    >>> take_views_back(lesson)
    >>> sorted(output["data"]), output["metadata"]
    (['application/vnd.jupyter.widget-view+json', 'text/plain'], {})
    """
    if model["type"] != "notebook" or not is_lesson(model["content"]):
        return
    for output in _outputs(model["content"]):
        if WIDGET_VIEW in output["data"] and len(output["data"]) > 1:
            output["metadata"][ASIDE] = output["data"].pop(WIDGET_VIEW)


def take_views_back(notebook: Any) -> None:
    """The kernel still has the figures: they are live when the lesson is opened."""
    for output in _outputs(notebook):
        if ASIDE in output["metadata"]:
            output["data"][WIDGET_VIEW] = output["metadata"].pop(ASIDE)


def _outputs(notebook: Any) -> Iterator[Any]:
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            if output["output_type"] in ("display_data", "execute_result"):
                yield output


def language_info() -> dict[str, Any]:
    """What a kernel of this Python says of its language: JupyterLab writes it into each notebook that it opens."""
    return {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
        "version": platform.python_version(),
    }
