"""The one thing that `dlcourse lab` changes in Jupyter's server: small messages leave at once.

A kernel answers a figure with two small messages, "busy" and the answer. By default TCP holds the second one back until
the browser has acknowledged the first, which browsers take up to 40 ms to do (J. Nagle, *Congestion control in IP/TCP
internetworks*, RFC 896, 1984). A figure that follows a key cannot wait for that.
"""

from __future__ import annotations

from typing import Any

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class PromptConnection(ZMQChannelsWebsocketConnection):
    """Jupyter's connection between browser and kernel, with TCP's waiting switched off."""

    def connect(self) -> Any:
        self.websocket_handler.set_nodelay(True)
        return super().connect()
