"""A Jupyter kernel in the sandbox: a kernel provisioner, as jupyter_client calls what starts kernels.

The folder ``jupyter`` beside this file holds the kernels that use it: ``dlcourse-sandbox``, and ``dlcourse-plain`` for
``--no-sandbox``. With that folder in ``JUPYTER_PATH``, nbval starts them like any other kernel. Each kernel talks
through sockets in a private folder; no port is opened.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import secrets
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psutil
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Bool

from dlcourse.grading import seccomp
from dlcourse.grading.cgroups import Group
from dlcourse.grading.sandbox import ENVIRONMENT, Limits, sandbox_command
from dlcourse.lesson import files

__all__ = ["JUPYTER_PATH", "SandboxProvisioner", "environment", "remove"]

JUPYTER_PATH = Path(__file__).parent / "jupyter"


class SandboxProvisioner(LocalProvisioner):
    """Starts a kernel in the sandbox, and leaves nothing behind when it ends."""

    sandboxed = Bool(True, help="Whether to use the sandbox.").tag(config=True)
    folder: Path | None = None
    passed: tuple[int, ...] = ()

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
            allowed = seccomp.descriptor()
            kwargs["cmd"] = sandbox_command(
                kwargs["cmd"], limits=limits, private=self.folder, uid=uid, seccomp_filter=allowed
            )
            if folders := os.environ.get("DLCOURSE_GROUP"):
                kwargs["cmd"] = Group(tuple(map(Path, folders.split(os.pathsep)))).command(kwargs["cmd"])
            kwargs |= {"cwd": "/", "env": {}, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            if allowed is not None:
                kwargs["pass_fds"] = (allowed,)
                self.passed = (allowed,)
        else:
            kwargs["env"] = {**os.environ, **ENVIRONMENT, "HOME": str(self.folder), "PATH": os.environ.get("PATH", "")}
            kwargs["cwd"] = str(self.folder)
        return kwargs

    async def post_launch(self, **kwargs: Any) -> None:
        """Keep nothing open that was only for the kernel's start."""
        await super().post_launch(**kwargs)
        while self.passed:
            os.close(self.passed[0])
            self.passed = self.passed[1:]

    def settle(self) -> None:
        """Let the kernel make no more files in its private folder, which lies on our disk; its sockets are there now.

        Raises
        ------
        OSError
            If that cannot be done here.
        """
        assert self.folder is not None and self.pid is not None
        if not self.sandboxed:
            return
        if os.geteuid() == 0:  # the kernel is another user
            for path in (self.folder, self.folder / "c.json"):
                os.chown(path, 0, 0)
                path.chmod(0o755 if path == self.folder else 0o600)
            return
        ours = os.stat("/proc/self/ns/mnt").st_ino
        spaces = [f"/proc/{process.pid}/ns/mnt" for process in psutil.Process(self.pid).children(recursive=True)]
        inside = next((space for space in spaces if os.stat(space).st_ino != ours), None)
        if inside is None:
            raise OSError("the kernel has no view of the files of its own")
        if not (child := os.fork()):
            try:
                remount_read_only(inside, self.folder)
                os._exit(0)
            finally:
                os._exit(1)
        if os.waitpid(child, 0)[1]:
            raise OSError(
                "the folder of the kernel's sockets cannot be closed: is bubblewrap older than 0.4, or setuid?"
            )

    async def cleanup(self, restart: bool = False) -> None:
        """Remove the private folder."""
        await super().cleanup(restart)
        if self.folder is not None and not restart:
            remove(self.folder)
            self.folder = None


def remount_read_only(space: str, folder: Path) -> None:
    """Step into a mount namespace that this user has made, and make a folder in it read-only. There is no way back."""
    libc = ctypes.CDLL(None, use_errno=True)
    mounts = os.open(space, os.O_RDONLY)
    owner = fcntl.ioctl(mounts, 0xB701)  # NS_GET_USERNS: in that one we have every right
    done = libc.setns(owner, 0x10000000) or libc.setns(mounts, 0x00020000)
    kept = os.statvfs(folder).f_flag & (os.ST_NOSUID | os.ST_NODEV | os.ST_NOEXEC | os.ST_NOATIME | os.ST_NODIRATIME)
    read_only, remount, bind, relatime = 1, 32, 4096, (os.statvfs(folder).f_flag & os.ST_RELATIME) << 9
    flags = ctypes.c_ulong(kept | read_only | remount | bind | relatime)
    if done or libc.mount(None, os.fsencode(folder), None, flags, None):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


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
