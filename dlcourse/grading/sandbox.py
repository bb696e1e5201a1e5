"""Run a student's code where it can do no harm and see no answers. Linux only, with bubblewrap.

Inside there is no network, the system is read-only, the home folder is empty, no variable of ours is set in any
process, other processes and keyrings cannot be seen, and memory, time, processes and files are limited. What the
kernel may be asked for is in ``seccomp``. The packages that the code needs are mounted read-only; lessons and answers
are not there in any form. Started by root, the code runs as nobody.
"""

from __future__ import annotations

import compileall
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

from dlcourse.grading import seccomp
from dlcourse.lesson import files

__all__ = ["Finished", "Limits", "know_the_machine", "run_sandboxed", "sandbox_command", "why_no_sandbox"]

NOBODY = 65534
HOME = "/home/student"
ENVIRONMENT = {
    "HOME": HOME,
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",  # the same run twice must give the same values
    "PYTHONDONTWRITEBYTECODE": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MPLBACKEND": "agg",
}
# What the kernel shows of itself, and programs ask for. The rest (the command line that started it, session keys,
# disks, other hardware) is the machine's own business.
SHOWN_PROC = {"cpuinfo", "filesystems", "loadavg", "meminfo", "mounts", "net", "self", "stat", "sys", "thread-self"}
SHOWN_PROC |= {"uptime", "version", "vmstat"}
INSTALL = "install it, for instance with `apt install bubblewrap`"


@dataclass(frozen=True)
class Limits:
    """What one sandboxed process may use."""

    seconds: float = 60.0  # on the clock
    cpu_seconds: int = 60
    memory: int = 3 << 30  # bytes, each process
    file_size: int = 64 << 20
    scratch: int = 128 << 20  # bytes in /tmp
    processes: int = 256
    files: int = 256
    output: int = 16 << 20  # bytes on stdout, and as many on stderr


@dataclass(frozen=True)
class Finished:
    """How a sandboxed process ended: ``"ended"``, ``"timeout"`` or ``"flooded"``, and what it wrote."""

    outcome: str
    status: int
    stdout: str
    stderr: str


# ------------------------------------------------------------------------------------------- the command


def sandbox_command(
    command: Sequence[str],
    *,
    limits: Limits | None = None,
    private: Path | None = None,
    uid: int = NOBODY,
    seccomp_filter: int | None = None,
) -> list[str]:
    """Build the command line that runs ``command`` in the sandbox.

    Parameters
    ----------
    command : sequence of str
        What to run inside. The environment does not reach bubblewrap, whose first process inside would show it.
    limits : Limits, optional
    private : Path, optional
        A folder that is mounted writable at its own path, for a kernel's connection files.
    uid : int
        The user to become when started by root. Another user is left as it is: it has no more rights inside.
    seccomp_filter : int, optional
        From ``seccomp.descriptor()``; whoever starts the command passes it on.

    Returns
    -------
    list of str

    Raises
    ------
    FileNotFoundError
        If there is no bubblewrap.
    """
    bubblewrap = shutil.which("bwrap")
    if bubblewrap is None:
        raise FileNotFoundError("there is no program bwrap")
    limits = limits or Limits()
    is_root = os.geteuid() == 0
    line = ["/usr/bin/env", "-i", bubblewrap, "--die-with-parent", "--clearenv", "--chdir", HOME]
    if is_root:
        # In a user namespace root would stay the owner of its files, and no limit on processes would hold.
        # So there is none, and `setpriv` below becomes nobody before anything of the student's runs.
        line += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
        line += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        line += ["--unshare-all", *_no_more_namespaces()]
    line += ["--hostname", "sandbox"]
    if seccomp_filter is not None:
        line += ["--seccomp", str(seccomp_filter)]
    more = [str(folder) for folder in [*site_folders(), files.PACKAGE.parent] if str(folder) not in _found_anyway()]
    extra = {"PYTHONPATH": os.pathsep.join(dict.fromkeys(more))} if more else {}
    for key, value in (ENVIRONMENT | extra).items():
        line += ["--setenv", key, value]
    line += [*_system(), "--proc", "/proc", "--dev", "/dev"]
    line += ["--dev-bind", "/dev/null", "/dev/zero"]  # memory shared through it counts to no process
    line += ["--tmpfs", "/dev/pts", "--remount-ro", "/dev/pts"]  # the whole machine has a few thousand terminals
    for name in sorted(os.listdir("/proc")):
        if not name.isdigit() and name not in SHOWN_PROC:
            path = f"/proc/{name}"
            line += ["--tmpfs", path, "--remount-ro", path] if Path(path).is_dir() else ["--ro-bind", "/dev/null", path]
    line += ["--ro-bind", "/proc/sys", "/proc/sys"]  # some settings, of namespaces of its own, a user could change
    line += ["--tmpfs", "/proc/1", "--remount-ro", "/proc/1"]  # bubblewrap's own, which has no limits of ours
    for folder in ("/tmp", HOME, "/dev/shm"):
        size = ["--size", str(limits.scratch)] if "--size" in _options() else []
        line += [*_parents(Path(folder)), *size, "--perms", "1777", "--tmpfs", folder]
    line += _packages()
    if private is not None:
        if is_root:
            os.chown(private, uid, uid)
        line += [*_parents(private), "--bind", str(private), str(private)]
    line += ["--remount-ro", "/dev", "--remount-ro", "/", "--"]
    line += ["/usr/bin/prlimit", f"--as={limits.memory}", f"--cpu={limits.cpu_seconds}", f"--fsize={limits.file_size}"]
    # A limit of 0 would still hand the memory of a crash to the program that the system names for it; 1 byte does not.
    line += [f"--nproc={limits.processes}", f"--nofile={limits.files}", "--core=1", "--"]
    if is_root:
        line += ["/usr/bin/setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
        line += ["--inh-caps=-all", "--no-new-privs", "--"]
    return [*line, *command]


def _system() -> list[str]:
    """The system's programs and libraries, read-only, and the few settings that they read."""
    line = ["--ro-bind", "/usr", "/usr", "--perms", "0755", "--dir", "/etc"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/", name)
        if path.is_symlink():
            line += ["--symlink", os.readlink(path), str(path)]
        elif path.is_dir():
            line += ["--ro-bind", str(path), str(path)]
    for name in ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime"):
        line += ["--ro-bind-try", name, name]
    return line


def _packages() -> list[str]:
    """Python and its packages, read-only, without lessons and answers: neither of this installation nor of another."""
    package = files.PACKAGE
    checkout = package.parent if (package.parent / "pyproject.toml").is_file() else None
    hidden = [checkout] if checkout is not None else []  # history, builds and answers lie beside the package
    roots = [Path(p) for p in (sys.base_prefix, os.path.realpath(sys.base_prefix), sys.prefix)] + site_folders()
    outside = list(dict.fromkeys([*roots, Path(os.path.realpath(sys.prefix))]))
    line, mounted = [], [Path("/usr")]
    for root in outside:
        if not _inside(root, mounted) and not _inside(root, hidden):
            line += [*_parents(root), "--ro-bind", str(root), str(root)]
            mounted.append(root)
    covered = [str(checkout)] if checkout is not None and _inside(checkout, mounted) else []
    for path in covered:
        line += ["--tmpfs", path]
    for root in [*(root for root in outside if _inside(root, hidden)), package]:
        if not _inside(root, mounted) or _inside(root, hidden):
            line += [*_parents(root), "--ro-bind", str(root), str(root)]
            mounted.append(root)
    for folder in [*_lessons_in(mounted), *(package / room for room in ("figures", "grading", "commands"))]:
        line += ["--perms", "0755", "--tmpfs", str(folder), "--remount-ro", str(folder)]
    return [*line, *(word for path in covered for word in ("--remount-ro", path))]


def site_folders() -> list[Path]:
    """Where the packages are that run a notebook; with ``pip install --user``, say, that is not below Python's own."""
    needed = [importlib.util.find_spec(name) for name in ("numpy", "ipykernel", "IPython", "zmq", "matplotlib")]
    return list(dict.fromkeys(Path(spec.origin).parents[1] for spec in needed if spec is not None and spec.origin))


@cache
def _found_anyway() -> list[str]:
    """Where Python looks for packages without being told."""
    look = [sys.executable, "-I", "-c", "import sys; print(*sys.path, sep='\\n')"]
    return subprocess.run(look, capture_output=True, text=True, check=True).stdout.splitlines()


def _lessons_in(mounted: Sequence[Path]) -> list[Path]:
    """Every folder of lessons that could be seen: in this package, and in each place where packages are installed."""
    patterns = ("lib*/python*/*-packages", "local/lib*/python*/*-packages", "envs/*/lib*/python*/*-packages")
    found = {files.PACKAGE / "lessons", *(root / "dlcourse" / "lessons" for root in mounted)}
    found |= {site / "dlcourse" / "lessons" for root in mounted for p in patterns for site in root.glob(p)}
    return sorted(folder for folder in found if folder.is_dir() and _inside(folder, mounted))


def _inside(path: Path, folders: Sequence[Path]) -> bool:
    return any(path == folder or folder in path.parents for folder in folders)


def _parents(path: Path) -> list[str]:
    """Make the folders above a mount point: bubblewrap would make them for its own user only."""
    line: list[str] = []
    for parent in list(reversed(path.parents))[1:]:
        line += ["--perms", "0755", "--dir", str(parent)]
    return line


@cache
def _no_more_namespaces() -> list[str]:
    """Have no user namespaces inside, where bubblewrap and this machine can do so; the filter refuses them, too."""
    if "--disable-userns" not in _options():
        return []
    options = ["--unshare-user", "--disable-userns"]
    attempt = ["bwrap", *options, "--ro-bind", "/", "/", "--proc", "/proc", "--", "/usr/bin/env"]
    return options if subprocess.run(attempt, capture_output=True, check=False).returncode == 0 else []


def know_the_machine() -> None:
    """Ask bubblewrap and Python now what every command line depends on; later ones are then built at once."""
    for ask in (_options, _found_anyway, _no_more_namespaces, compiled):
        ask()


@cache
def compiled() -> None:
    """Write the course's byte code where it is not there: inside nothing can be written, so each kernel would compile
    what it imports. ``pip install`` has done it; a checkout may lack it, and where it cannot be written, it stays so.
    """
    for folder in (files.PACKAGE, files.PACKAGE / "engine", files.PACKAGE / "lesson"):
        compileall.compile_dir(folder, maxlevels=0, quiet=2)


@cache
def _options() -> str:
    bubblewrap = shutil.which("bwrap")
    if bubblewrap is None:
        return ""
    return subprocess.run([bubblewrap, "--help"], capture_output=True, text=True, check=False).stdout


# ----------------------------------------------------------------------------------------------- running


def why_no_sandbox() -> str:
    """One sentence that says what is missing for a sandbox; empty when it works."""
    if not sys.platform.startswith("linux"):
        return "The sandbox needs Linux and bubblewrap; on this system use a Linux machine or container to grade."
    if shutil.which("bwrap") is None:
        return f"The sandbox needs bubblewrap (the program bwrap): {INSTALL}."
    needed = ["/usr/bin/prlimit", *(["/usr/bin/setpriv"] if os.geteuid() == 0 else [])]
    for program in needed:
        if not Path(program).exists():
            return f"The sandbox needs {program}, from the package util-linux."
    done = run_sandboxed([sys.executable, "-P", "-c", "import numpy, dlcourse; print('ready')"])
    if done.outcome == "ended" and done.stdout.strip() == "ready":
        return ""
    lines = done.stderr.strip().splitlines() or [f"it {done.outcome} with status {done.status}"]
    return f"The sandbox does not start here; bubblewrap or Python in it says: {lines[-1][:200]}"


def run_sandboxed(
    command: Sequence[str], *, stdin: str = "", limits: Limits | None = None, private: Path | None = None
) -> Finished:
    """Run a command in the sandbox to its end, or to a limit. Nothing that it started outlives this call.

    Parameters
    ----------
    command : sequence of str
    stdin : str
        What it can read.
    limits : Limits, optional
    private : Path, optional
        See ``sandbox_command``.

    Returns
    -------
    Finished
    """
    limits = limits or Limits()
    allowed = seccomp.descriptor()
    passed = [] if allowed is None else [allowed]
    process = subprocess.Popen(
        sandbox_command(command, limits=limits, private=private, seccomp_filter=allowed),
        pass_fds=passed,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd="/",
        start_new_session=True,
    )
    for number in passed:
        os.close(number)
    flooded = threading.Event()
    out, err = bytearray(), bytearray()

    def kill() -> None:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)  # bubblewrap's children die with it

    def read(stream: IO[bytes], into: bytearray) -> None:
        while chunk := stream.read1(65536):  # type: ignore[attr-defined]
            into += chunk[: limits.output - len(into)]
            if len(into) >= limits.output:
                flooded.set()
                kill()
                return

    def write(stream: IO[bytes]) -> None:
        try:
            stream.write(stdin.encode())
            stream.close()
        except BrokenPipeError:
            pass

    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    workers = [
        threading.Thread(target=read, args=(process.stdout, out), daemon=True),
        threading.Thread(target=read, args=(process.stderr, err), daemon=True),
        threading.Thread(target=write, args=(process.stdin,), daemon=True),
    ]
    for worker in workers:
        worker.start()
    outcome = "ended"
    try:
        process.wait(limits.seconds)
    except subprocess.TimeoutExpired:
        outcome = "timeout"
    finally:
        kill()
        process.wait()
        for worker in workers:
            worker.join()
        for stream in (process.stdout, process.stderr):
            stream.close()
    if flooded.is_set():
        outcome = "flooded"
    return Finished(outcome, process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))
