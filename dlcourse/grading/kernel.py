"""A Jupyter kernel in the sandbox: a kernel provisioner, as jupyter_client calls what starts kernels.

The folder ``jupyter`` beside this file holds the kernels that use it: ``dlcourse-sandbox``, and ``dlcourse-plain`` for
``--no-sandbox``. With that folder in ``JUPYTER_PATH``, nbval starts them like any other kernel. Each kernel talks
through sockets in a private folder; no port is opened.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Bool

from dlcourse.grading.sandbox import ENVIRONMENT, Limits, sandbox_command

__all__ = ["JUPYTER_PATH", "SandboxProvisioner", "remove"]

JUPYTER_PATH = Path(__file__).parent / "jupyter"


class SandboxProvisioner(LocalProvisioner):
    """Starts a kernel in the sandbox, and leaves nothing behind when it ends."""

    sandboxed = Bool(True, help="Whether to use the sandbox.").tag(config=True)
    folder: Path | None = None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Put the connection file and the sockets into a private folder, and the command into the sandbox."""
        if self.folder is None:
            self.folder = Path(tempfile.mkdtemp(prefix="k"))
        manager: Any = self.parent
        manager.transport = "ipc"
        manager.connection_file = str(self.folder / "c.json")
        manager.ip = str(self.folder / "s")
        kwargs = await super().pre_launch(**kwargs)
        if self.sandboxed:
            uid = own_uid()
            if os.geteuid() == 0:
                os.chown(self.folder / "c.json", uid, uid)
            limits = Limits(cpu_seconds=int(os.environ.get("DLCOURSE_CPU_SECONDS", Limits.cpu_seconds)))
            kwargs["cmd"] = sandbox_command(kwargs["cmd"], limits=limits, private=self.folder, uid=uid)
            kwargs["cwd"] = "/"
        else:
            kwargs["env"] = {**os.environ, **ENVIRONMENT, "HOME": str(self.folder), "PATH": os.environ.get("PATH", "")}
            kwargs["cwd"] = str(self.folder)
        return kwargs

    async def cleanup(self, restart: bool = False) -> None:
        """Remove the private folder."""
        await super().cleanup(restart)
        if self.folder is not None and not restart:
            remove(self.folder)
            self.folder = None


def own_uid() -> int:
    """A user that no other kernel has: limits on the number of processes are counted by user."""
    return 61184 + os.getpid() % 4000  # numbers that systems keep for users of the moment


def remove(folder: Path) -> None:
    """Remove a folder that somebody else may have written into, folders that nobody may enter included."""

    def open_up(function: Any, path: str, error: Any) -> None:
        try:
            os.chmod(os.path.dirname(path), 0o700)
            if not os.path.islink(path):
                os.chmod(path, 0o700)
            shutil.rmtree(path, ignore_errors=True) if os.path.isdir(path) else os.unlink(path)
        except OSError:
            pass

    if sys.version_info >= (3, 12):
        shutil.rmtree(folder, onexc=open_up)
    else:
        shutil.rmtree(folder, onerror=open_up)
