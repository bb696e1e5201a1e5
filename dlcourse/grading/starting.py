"""Processes of ours that start quickly.

nbformat and JupyterLab import jsonschema, and that compiles a grammar for addresses in all the world's scripts when it
finds the package ``rfc3987_syntax``: one to four seconds in every process (jupyter_server#1559), for a check that no
schema of Jupyter's asks for. Where the package is marked as not there, jsonschema goes on without that check.
"""

from __future__ import annotations

import sys

__all__ = ["QUICKLY", "import_quickly"]

QUICKLY = "import sys; sys.modules.setdefault('rfc3987_syntax', None); "  # the beginning of a `python -c`


def import_quickly() -> None:
    """Let this process import nbformat quickly."""
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
