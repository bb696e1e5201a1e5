"""Files that say everything or nothing, under names that every system takes."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import unicodedata
from pathlib import Path

__all__ = ["file_name", "write_atomically"]


def file_name(submission: str) -> str:
    """A file name for what belongs to a submission: readable, safe on every system, and another one for each.

    Parameters
    ----------
    submission : str
        Its path as found. It may hold anything; what cannot be used is left out.

    Returns
    -------
    str
        Without an ending.

    Examples
    --------
    >>> file_name("Zoë Ω/../CON.ipynb"), file_name("zoe-con.ipynb")
    ('zoe-con-d3ec46ab', 'zoe-con-eac49a60')
    """
    plain = unicodedata.normalize("NFKD", submission.removesuffix(".ipynb")).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain.lower())
    digest = hashlib.sha256(submission.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return "-".join(["-".join(words)[:60].strip("-") or "submission", digest])


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
