"""A Jupyter kernel in the sandbox: a kernel provisioner, as jupyter_client calls what starts kernels.

The folder ``jupyter`` beside this file holds the kernels that use it: ``dlcourse-sandbox``, and ``dlcourse-plain`` for
``--no-sandbox``. With that folder in ``JUPYTER_PATH``, nbval starts them like any other kernel. Each kernel talks
through sockets in a private folder; no port is opened.
"""

from __future__ import annotations

import os
import secrets
import stat
import tempfile
from pathlib import Path
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Bool

from dlcourse.grading.sandbox import ENVIRONMENT, Limits, sandbox_command
from dlcourse.lesson import files

__all__ = ["JUPYTER_PATH", "SandboxProvisioner", "environment", "remove"]

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


def environment() -> dict[str, str]:
    """The variables for a process that runs sessions: none that would change what pytest or Jupyter does."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "JUPYTER_", "JPY_"))}
    path = [str(files.PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]  # the same code as here
    return kept | {
        "PYTHONPATH": os.pathsep.join(path),
        "PYTHONHASHSEED": "0",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "JUPYTER_PATH": str(JUPYTER_PATH),
    }


def own_uid() -> int:
    """A user that no other kernel has: limits on the number of processes are counted by user."""
    return 61184 + os.getpid() % 4000  # numbers that systems keep for users of the moment


def remove(folder: Path) -> None:
    """Remove a folder that somebody else may have written into: also folders that nobody may enter, and any depth.

    What lies deeper is moved up first, so neither the depth of calls nor the length of paths is a limit.
    """
    try:
        os.chmod(folder, 0o700)
        top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    try:
        while names := os.listdir(top):
            for name in names:
                if not _opened_up(name, top):
                    os.unlink(name, dir_fd=top)
                    continue
                inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=top)
                try:
                    for below in os.listdir(inner):
                        if _opened_up(below, inner):
                            os.rename(below, secrets.token_hex(16), src_dir_fd=inner, dst_dir_fd=top)
                        else:
                            os.unlink(below, dir_fd=inner)
                finally:
                    os.close(inner)
                os.rmdir(name, dir_fd=top)
    finally:
        os.close(top)
    os.rmdir(folder)


def _opened_up(name: str, parent: int) -> bool:
    """Whether it is a folder; then it can be read and written afterwards."""
    if not stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
        return False
    os.chmod(name, 0o700, dir_fd=parent)
    return True
