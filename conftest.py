"""What pytest needs to know about the whole repository."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give `dl.gradients` and `dl.devices` back to the functions.

    pytest imports a file for its docstring examples by itself, and then binds the module to the package under the
    file's name. Two functions of dlcourse are called like the file they are in.
    """
    package = sys.modules.get("dlcourse")
    for name in ("gradients", "devices"):
        module = getattr(package, name, None)
        if isinstance(module, ModuleType):
            setattr(package, name, getattr(module, name))
