"""One figure alone on a page: the course's own front end in a browser, the model in this process, nothing between.

The page is made anew whenever it is loaded, from the file as it then is: save ``figures.py``, reload, look.
"""

from __future__ import annotations

import html
import json
import threading
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from dlcourse.figures.figure import Figure
from dlcourse.figures.view import FigureView

__all__ = ["serve"]

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><link rel="icon" href="data:,">
<style>body {{ font: 14px system-ui; max-width: 760px; margin: 2rem auto; color-scheme: light dark; }} {css}</style>
</head><body><main id="figure"></main><script type="module">
import widget from "/figure.js";
const ask = async (path, body) => (await fetch(path, body && {{ method: "POST", body: JSON.stringify(body) }})).json();
const state = await ask("/state"), listeners = new Set();
const model = {{
  get: () => state,
  on: (_, listener) => listeners.add(listener),
  off: (_, listener) => listeners.delete(listener),
  send: async (message) => (await ask("/message", message)).forEach((answer) => listeners.forEach((f) => f(answer))),
}};
const figure = widget();
figure.initialize({{ model }});
figure.render({{ el: document.getElementById("figure") }});
</script></body></html>
"""


def serve(make: Callable[[], Figure], port: int = 0) -> ThreadingHTTPServer:
    """A server for this machine alone that shows the figure that ``make`` returns; ``make`` is asked at each load.

    Parameters
    ----------
    make : function
        Returns a figure. What it raises is shown on the page.
    port : int
        0 for a free one.

    Returns
    -------
    http.server.ThreadingHTTPServer
        Not yet serving: call its ``serve_forever``. Its ``server_port`` says where.
    """
    lock = threading.Lock()  # one message at a time, as a kernel does
    views: list[FigureView] = []  # the latest one
    answers: list[Any] = []

    def page() -> str:
        try:
            figure = make()
            views[:] = [FigureView(figure)]
        except Exception:
            return f"<!DOCTYPE html><title>error</title><pre>{html.escape(traceback.format_exc())}</pre>"
        figure._view = views[0]
        views[0].send = lambda message, buffers=None: answers.append(message)
        return PAGE.format(title=html.escape(figure.title), css=FigureView._css)

    def answer(message: dict[str, Any]) -> list[Any]:
        answers.clear()
        views[0]._answer(None, message, None)
        return list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with lock:
                if self.path == "/":
                    self.reply("text/html", page())
                elif self.path == "/figure.js":
                    self.reply("text/javascript", str(FigureView._esm))
                elif self.path == "/state" and views:
                    self.reply("application/json", json.dumps(views[0].whole()))
                else:
                    self.send_error(404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                self.reply("application/json", json.dumps(answer(json.loads(body))))

        def reply(self, kind: str, text: str) -> None:
            content = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Not a word for each request."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)
