"""``dlcourse singleuser``: bring the lessons to a learner's folder, and become JupyterHub's server of one learner.

That server takes 110 MiB of a class machine for each learner, of which a third is for what it never uses:
``jupyterhub.singleuser`` imports the whole hub with its database library, for the name of one class (36 MiB), and the
course's own extension would bring NumPy with the engine (13 MiB), which only kernels compute with. So this file is also
a program, which imports nothing of the course. It puts empty modules in the place of what is not used, imports the
server, and takes them away again: whoever asks for the real ones later gets them. Where another JupyterHub wants more
than that, its server starts as it always does.
"""

import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

FRONT_PAGES = ("dlcourse", "dlcourse.figures", "dlcourse.lesson")  # packages of which a server wants single modules
# In jupyterhub 5 and 6 these are for the hub; of their names a learner's server touches these two, and uses neither.
HUB_ONLY: dict[str, dict[str, Any]] = {
    "sqlalchemy": {},
    "sqlalchemy.exc": {"SQLAlchemyError": type("SQLAlchemyError", (Exception,), {})},
    "jupyterhub.orm": {},
    "jupyterhub.roles": {},
    "jupyterhub.handlers": {},
    "jupyterhub.handlers.pages": {"HealthCheckHandler": type("HealthCheckHandler", (), {})},
}

HELP = """usage: dlcourse singleuser DIR [options of jupyterhub-singleuser]

For a JupyterHub, which calls it: copy the lessons to DIR, bring those up to date that the learner did not change, and
become the server of one learner. lessons/backstage/hub.md has the hub's settings."""


def add_to(commands: Any) -> None:
    """Name this command in ``--help``; as with `dlcourse lab`, its words never come to argparse."""
    commands.add_parser("singleuser", help="for a JupyterHub: become the server of one learner", add_help=False)


def run(words: Sequence[str]) -> int:
    """Copy the lessons, then become the server; a learner whose folder is full gets a server all the same."""
    from dlcourse.commands.errors import CommandError
    from dlcourse.commands.lab import copy_lessons
    from dlcourse.lesson import files

    if not words or words[0].startswith("-"):
        print(HELP)
        return 0 if words[:1] in (["-h"], ["--help"]) else 2
    if importlib.util.find_spec("jupyterhub") is None:
        raise CommandError(f"JupyterHub is not installed for {sys.executable}; try: python -m pip install jupyterhub")
    folder = Path(words[0]).expanduser()
    try:
        print(copy_lessons(folder, files.notebooks()).report(folder), flush=True)
    except CommandError as error:
        print(f"dlcourse: {error}", file=sys.stderr, flush=True)
    command = [sys.executable, "-P", __file__, *words[1:]]
    os.execv(command[0], command)


def serve() -> None:
    """Be the server."""
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    for name in FRONT_PAGES:
        turn_to_when_asked(name)
    server().main()


def server() -> Any:
    """The module ``jupyterhub.singleuser``, without the hub where that is possible."""
    before = set(sys.modules)
    importlib.import_module("jupyterhub")
    for name, holds in HUB_ONLY.items():
        stand_in = sys.modules[name] = ModuleType(name)
        vars(stand_in).update(holds)
    try:
        return importlib.import_module("jupyterhub.singleuser")
    except (ImportError, AttributeError, TypeError):  # another JupyterHub: all of it
        for name in set(sys.modules) - before:
            if name.startswith("jupyterhub"):
                del sys.modules[name]
    finally:
        for name in HUB_ONLY:
            sys.modules.pop(name, None)
    return importlib.import_module("jupyterhub.singleuser")


def turn_to_when_asked(name: str) -> None:
    """Import a package without running its ``__init__``; that runs when somebody asks for a name which it defines."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        return
    package, loader = importlib.util.module_from_spec(spec), spec.loader

    def asked(wanted: str) -> Any:
        if wanted.startswith("__") or importlib.util.find_spec(f"{name}.{wanted}"):
            raise AttributeError(wanted)  # Python goes on to import the module of that name
        del package.__getattr__
        loader.exec_module(package)
        return getattr(package, wanted)

    package.__getattr__ = asked  # type: ignore[method-assign]
    sys.modules[name] = package
    parent, _, last = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], last, package)


if __name__ == "__main__":
    serve()
