"""Files that say everything or nothing, under names that every system takes."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterable
from pathlib import Path

__all__ = ["MADE_HERE", "file_name", "file_names", "write_atomically"]

DIGEST = 24  # hexadecimal digits: two names with one digest cost 2^48 tries, and `file_names` tells even those apart

MADE_HERE = re.compile(r"-[0-9a-f]{8}([0-9a-f]{16}([0-9a-f]{40})?)?(\.html)?\Z")  # a name of ours, today or earlier


def file_name(submission: str, digits: int = DIGEST) -> str:
    """A file name for what belongs to a submission: readable, and safe on every system.

    Parameters
    ----------
    submission : str
        Its path as found. It may hold anything; what cannot be used is left out.
    digits : int
        How much of its digest the name ends with.

    Returns
    -------
    str
        Without an ending.

    Examples
    --------
    >>> file_name("Zoë Ω/../CON.ipynb"), file_name("zoe-con.ipynb")
    ('zoe-con-d3ec46abd3893d97c77c0026', 'zoe-con-eac49a601fb1f51ee16fe7f4')
    """
    plain = unicodedata.normalize("NFKD", submission.removesuffix(".ipynb")).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain.lower())
    digest = hashlib.sha256(submission.encode("utf-8", "surrogatepass")).hexdigest()[:digits]
    return "-".join(["-".join(words)[:50].strip("-") or "submission", digest])


def file_names(submissions: Iterable[str], digits: int = DIGEST) -> dict[str, str]:
    """A file name for each submission, and never one for two: where a name is taken, the whole digest is in it.

    Examples
    --------
    >>> names = file_names(["ada!(©,.ipynb", "ada%@$~.ipynb"], digits=8)
    >>> names["ada!(©,.ipynb"], len(names["ada%@$~.ipynb"])
    ('ada-c05ca51d', 68)
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for submission in sorted(set(submissions)):
        name = file_name(submission, digits)
        names[submission] = file_name(submission, 64) if name in taken else name
        taken.add(name)
    return names


def write_atomically(path: Path, content: bytes) -> None:
    """Write all of it or nothing: whoever reads the file meanwhile, or after a crash, sees the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
