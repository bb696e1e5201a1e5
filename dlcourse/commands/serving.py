"""What the course asks of Jupyter's server, wherever one runs: a server extension that comes with the package.

`dlcourse lab`, plain ``jupyter lab``, Notebook 7, Binder and a hub load it alike. It does three small things:

- messages between browser and kernel leave at once (websocket.py says why that matters);
- a lesson is saved as somebody without its kernel will see it: where an output has both a picture or a sentence and a
  live view, the view is put aside, and what was chosen stands under the question. The view comes back when the lesson
  is opened while the process that holds it still runs; else there are picture, sentence, and what to run, and a
  figure's steps can be walked through;
- opening a released lesson does not change it: what JupyterLab would write into it is there already. Its cells have no
  numbers on the page, for nobody has run them.

Other notebooks are left alone. That JupyterLab does not ask whether it may fetch news is a setting in the same wheel
(jupyter/overrides.json).
"""

from __future__ import annotations

import html
import inspect
import platform
from collections.abc import Collection, Iterator, Sequence
from typing import Any

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
STILL = "dlcourse_still"  # in an output's metadata: its HTML is made for the page and is not saved
CHOSEN = "You chose:"
ASIDE = "dlcourse_view"  # in an output's metadata: the live view that a page without a kernel cannot show


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "dlcourse.commands.serving"}]


def _load_jupyter_server_extension(server: Any) -> None:
    from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

    from dlcourse.commands.websocket import PromptConnection

    settings = server.web_app.settings
    if settings.get("kernel_websocket_connection_class") is ZMQChannelsWebsocketConnection:  # nobody chose another
        settings["kernel_websocket_connection_class"] = PromptConnection
    for kind in ("HTMLExporter", "LatexExporter", "MarkdownExporter"):  # the menu's are as jupyter/nbconvert.json's
        if "preprocessors" not in server.config[kind]:
            server.config[kind].preprocessors = ["dlcourse.commands.stills.Stills"]
    contents = server.contents_manager
    contents.register_pre_save_hook(put_views_aside)
    if inspect.iscoroutinefunction(contents.get):  # what else uses a manager that is not asynchronous would be misled
        contents.get = _opening(contents.get, server.session_manager, server.kernel_manager)


def _opening(get: Any, sessions: Any, kernels: Any) -> Any:
    """The contents manager's `get`, for a lesson as the learner left it."""

    async def _processes(path: str) -> set[int]:
        """Of the kernels of this notebook: a restarted one is another process, and knows nothing of the figures."""
        ids = [s["kernel"]["id"] for s in await sessions.list_sessions() if s["path"].strip("/") == path.strip("/")]
        return {getattr(kernels.get_kernel(id).provisioner, "pid", None) or 0 for id in ids} - {0}

    async def opened(path: str, *arguments: Any, **options: Any) -> Any:
        model = await get(path, *arguments, **options)
        notebook = model.get("content")
        if model.get("type") == "notebook" and notebook and is_lesson(notebook):
            take_views_back(notebook, await _processes(path))
            show_pictures(notebook)
            trust_what_is_ours(notebook)
            leave_numbers_out(notebook)
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
    >>> data = {"text/plain": "a", WIDGET_VIEW: {"model_id": "m", "dlcourse": {"process": [7, 1], "asked": []}}}
    >>> output = {"output_type": "display_data", "data": data, "metadata": {}}
    >>> lesson = {"cells": [{"metadata": {"dlcourse": {}}, "outputs": [output]}]}
    >>> put_views_aside({"type": "notebook", "content": lesson})
    >>> list(output["data"]), output["metadata"]["dlcourse_view"]["model_id"]
    (['text/plain'], 'm')
    >>> take_views_back(lesson, processes={8})          # the kernel was restarted
    >>> list(output["data"])
    ['text/plain']
    >>> take_views_back(lesson, processes={7})
    >>> sorted(output["data"]), output["metadata"]
    (['application/vnd.jupyter.widget-view+json', 'text/plain'], {})
    """
    if model["type"] != "notebook" or not is_lesson(model["content"]):
        return
    for output in _outputs(model["content"]):
        if output["metadata"].pop(STILL, False):
            del output["data"]["text/html"]
        if WIDGET_VIEW in output["data"] and len(output["data"]) > 1:
            view = output["metadata"][ASIDE] = output["data"].pop(WIDGET_VIEW)
            if asked := view.get("dlcourse", {}).get("asked"):
                output["data"]["text/plain"] = with_choices(_joined(output["data"]["text/plain"]), asked)


def take_views_back(notebook: Any, processes: Collection[int]) -> None:
    """What these processes hold is live when the lesson is opened."""
    for output in _outputs(notebook):
        held_by = output["metadata"].get(ASIDE, {}).get("dlcourse", {}).get("process", [])
        if not set(processes).isdisjoint(held_by):
            output["data"][WIDGET_VIEW] = output["metadata"].pop(ASIDE)


def with_choices(text: str, asked: Sequence[str]) -> str:
    """The text of questions, and under it what the learner chose, as the progress file has it."""
    from dlcourse.lesson.progress import Progress

    progress = Progress()
    lines = []
    for number, id in enumerate(asked, 1):
        if (option := progress.chosen(id)) is not None:
            when = progress.answered(id)
            verdict = "right" if when["right_at"] >= when["wrong_at"] else "not so"
            lines.append(f"  {f'{number}. ' if len(asked) > 1 else ''}{option} ({verdict})")
    return "\n".join([text.split(f"\n\n{CHOSEN}\n")[0], *(["", CHOSEN, *lines] if lines else [])])


def show_pictures(notebook: Any) -> None:
    """Where there is only the picture of a figure, say how it is made to move, and give it its alternative text.

    Front ends that draw a picture drop its text. Where the saved lesson has the figure's steps, they can be walked
    through. This is for the page only: it is not saved.
    """
    for output in _outputs(notebook):
        about, data = output["metadata"].get("image/png", {}), output["data"]
        if WIDGET_VIEW in data or "text/html" in data or "alt" not in about or "image/png" not in data:
            continue
        before = "As you left it. " if ASIDE in output["metadata"] else ""
        picture = html.escape(_joined(data["image/png"]).replace("\n", ""))
        paper = (
            f'<img src="data:image/png;base64,{picture}" alt="{html.escape(about["alt"])}" width="640">\n'
            f"<p><em>{before}This is a picture: run the setup cell, then this cell, and it moves.</em></p>"
        )
        walk = output["metadata"].get(ASIDE, {}).get("dlcourse", {}).get("walk")
        data["text/html"] = walked_through(paper, walk) if walk else paper
        output["metadata"][STILL] = True


def walked_through(paper: str, walk: Any) -> str:
    """A figure whose steps can be walked through, and nothing else; the picture where the page runs no scripts."""
    from dlcourse.figures.front_end import playing, scripts, styles

    note = "<em>Its steps, as you left it. To move everything, run the setup cell, then this cell.</em>"
    return f"{playing(paper, walk, note)}<style>{styles()}</style><script>{scripts()}</script>"


def trust_what_is_ours(notebook: Any) -> None:
    """Let the page run what this server has just written itself, in cells that show nothing but that and pictures.

    JupyterLab trusts a file whose cells were all run by this learner, so never a lesson that was left half-way: its
    live figures would be pictures as soon as the page is loaded again.
    """
    if "widgets" in notebook["metadata"]:
        return  # a live view would be what the file holds under its name, whoever has written that
    for cell in notebook["cells"]:
        outputs = [output for output in cell.get("outputs", []) if "data" in output]
        html_is_ours = all(STILL in output["metadata"] for output in outputs if "text/html" in output["data"])
        kinds = {kind for output in outputs for kind in output["data"]}
        if outputs and html_is_ours and kinds <= {"text/plain", "text/html", "image/png", WIDGET_VIEW}:
            cell["metadata"]["trusted"] = True


def leave_numbers_out(notebook: Any) -> None:
    """A released lesson has the number 1 beside each cell (storing.py says why), which on a page means: it was run.

    Examples
    --------
    >>> lesson = {"cells": [{"cell_type": "code", "execution_count": 1} for _ in "ab"]}
    >>> leave_numbers_out(lesson)
    >>> [cell["execution_count"] for cell in lesson["cells"]]
    [None, None]
    """
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    if all(cell.get("execution_count") == 1 for cell in cells):
        for cell in cells:
            cell["execution_count"] = None


def _joined(text: str | list[str]) -> str:
    """A file may hold a text as a list of lines."""
    return text if isinstance(text, str) else "".join(text)


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
