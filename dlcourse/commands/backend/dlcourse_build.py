"""What builds the package: hatchling, after a look at Python.

Left to itself, pip finds out that Python is too old after it has fetched, for minutes, what the course needs, and then
names a package that nobody has heard of. This file is read by that old Python, so it is written for it.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 (as requires-python says)
    found = ".".join(str(part) for part in sys.version_info[:2])
    sys.exit(
        "\n\n    dlcourse needs Python 3.11 or newer, and this is Python " + found + ". Install a newer one\n"
        "    (python.org, or your system's packages), make a new environment with it, for instance\n"
        "    python3.13 -m venv .venv  and try again.\n"
    )

from hatchling.build import *  # noqa: F403
