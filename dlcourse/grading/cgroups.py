"""A control group for each kernel, where one can be had: Linux then counts and bounds what the kernel holds.

Whatever a process holds counts there: pages, files in memory, pipes, page tables, what a dead child has left. That can
be had by root, and by a user to whom a part of the tree was given (as systemd gives one to each user, for instance
with ``systemd-run --user --scope dlcourse grade ...``). Elsewhere ``supervising.held`` adds up what can be seen.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["Group", "make_group", "remove_groups"]

CONTROLLERS = ("memory", "pids", "cpu")  # the first must be there; the last lets no kernel take another's turn
JOIN = (
    'for group; do [ "$group" = -- ] && break; echo $$ > "$group/cgroup.procs" || exit 1; shift; done; shift; exec "$@"'
)


@dataclass(frozen=True)
class Group:
    """The folders of a group: one, or in the first version of control groups one for each controller."""

    folders: tuple[Path, ...]

    def command(self, words: Sequence[str]) -> list[str]:
        """The command line that joins the group, and then runs another."""
        return ["/bin/sh", "-c", JOIN, "sh", *map(str, self.folders), "--", *words]

    def is_empty(self) -> bool:
        """Whether nobody is in it who has not ended; False where that cannot be known."""
        with suppress(OSError):
            return not (self.folders[0] / "cgroup.procs").read_bytes().strip()
        return False

    def remove(self) -> None:
        """Give it up; whoever was in it has ended."""
        for folder in self.folders:
            with suppress(OSError):
                folder.rmdir()


def make_group(name: str, memory: int, processes: int) -> Group | None:
    """Make a group whose processes may hold so many bytes and be so many; None where there can be none.

    Parameters
    ----------
    name : str
        It begins with ``dlcourse-`` and the number of the process that answers for it.
    memory : int
    processes : int

    Returns
    -------
    Group or None
    """
    folders = []
    for parent in parents():
        folder = parent / name
        try:
            folder.mkdir()
            folders.append(folder)
            _limit(folder, memory, processes)
        except OSError:
            Group(tuple(folders)).remove()
            return None
    return Group(tuple(folders)) if folders else None


def _limit(folder: Path, memory: int, processes: int) -> None:
    """Write the limits; those files are there that this group's controllers have."""
    for file, limit in {
        "memory.max": memory,
        "memory.swap.max": 0,
        "memory.oom.group": 0,  # one process that wants too much ends; the kernel itself may go on
        "memory.limit_in_bytes": memory,
        "memory.memsw.limit_in_bytes": memory,
        "pids.max": processes,
    }.items():
        if (folder / file).exists():
            (folder / file).write_text(str(limit))


def remove_groups(pid: int) -> None:
    """Remove what a process has left that was killed."""
    for parent in parents():
        for folder in parent.glob(f"dlcourse-{pid}-*"):
            Group((folder,)).remove()


@cache
def parents() -> tuple[Path, ...]:
    """The folders in which groups of ours can be made; empty where they cannot."""
    mounts = [line.split() for line in _lines("/proc/self/mounts")]
    own = [line.split(":", 2) for line in _lines("/proc/self/cgroup")]
    found = []
    for controller in CONTROLLERS:
        for words in mounts:
            if words[2] == "cgroup" and controller in words[3].split(","):  # the first version: a tree for each
                path = next((path for _, names, path in own if controller in names.split(",")), "/")
                found += [parent for parent in _upwards(Path(words[1]), path) if os.access(parent, os.W_OK)][:1]
                break
        if controller == "memory" and not found:
            break
    if found:
        return tuple(dict.fromkeys(found))
    path = next((path for number, names, path in own if number == "0" and not names), "/")
    for words in mounts:
        if words[2] == "cgroup2":
            for parent in _upwards(Path(words[1]), path):
                if os.access(parent, os.W_OK) and os.access(parent / "cgroup.procs", os.W_OK) and _gives_memory(parent):
                    return (parent,)
    return ()


def _upwards(top: Path, path: str) -> Iterator[Path]:
    """The folder of our own group and those above it, as far as they can be seen here."""
    own = top / path.lstrip("/")
    if own.is_dir() and ".." not in own.parts:
        yield from (folder for folder in (own, *own.parents) if folder != top and top in folder.parents)
    yield top


def _gives_memory(parent: Path) -> bool:
    """Whether groups in this one have a memory controller, perhaps from now on. One with processes may not begin."""
    with suppress(OSError):
        there = (parent / "cgroup.controllers").read_text().split()
        for controller in CONTROLLERS:
            if controller in there:
                with suppress(OSError):
                    (parent / "cgroup.subtree_control").write_text(f"+{controller}")
        return "memory" in (parent / "cgroup.subtree_control").read_text().split()
    return False


def _lines(path: str) -> list[str]:
    with suppress(OSError):
        return Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    return []
