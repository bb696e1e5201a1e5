"""A learner's server on a hub, without what only others use; tests/benchmarks/hub.py runs a real hub with it."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dlcourse.commands import singleuser
from dlcourse.lesson import files
from tests.conftest import missing
from tests.packaging.checkout import ROOT

START = f"import runpy, sys; own = runpy.run_path({singleuser.__file__!r})\n"


def python(code: str, *extra: Path, **environment: str) -> str:
    path = os.pathsep.join(map(str, [*extra, ROOT]))
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env=os.environ | environment | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_courses_extension_works_in_the_server_without_the_engine(tmp_path: Path) -> None:
    """Opening, saving, and the words under a question; and whoever wants the rest gets it."""
    lesson = files.notebook("03")
    code = f"""
for package in own["FRONT_PAGES"]: own["turn_to_when_asked"](package)
import json
from dlcourse.commands import serving
from dlcourse.lesson.progress import Progress
Progress().chose("03.a", "b"); Progress().recalled("03.a", right=True)
notebook = json.load(open({str(lesson)!r}, encoding="utf-8"))
serving.show_pictures(notebook); serving.leave_numbers_out(notebook)
serving.put_views_aside({{"type": "notebook", "content": notebook}})
print("You chose" in serving.with_choices("Which?", ["03.a"]), "<style>" in serving.walked_through("p", {{}}))
print([name for name in ("numpy", "matplotlib", "dlcourse.engine") if name in sys.modules])
import dlcourse as dl
from dlcourse.lesson import Lesson, exercise
from dlcourse.figures import Figure
print(dl.run(dl.constant(2.0) * 3), Lesson.__name__, Figure.__name__, dl.lesson.Lesson is Lesson)
"""
    told = python(START + code, DLCOURSE_PROGRESS=str(tmp_path / "progress.json"))
    assert told.splitlines() == ["True True", "[]", "6.0 Lesson Figure True"]


HUB = {
    "__init__": "",
    "orm": "import sqlalchemy\nclass User: pass",
    "roles": "from . import orm",
    "scopes": "import sqlalchemy as sa\nfrom . import orm, roles\ndef scope(): return orm.User",
    "handlers/__init__": "from . import pages",
    "handlers/pages": "from .. import orm\nclass HealthCheckHandler: pass",
    "singleuser": "from . import scopes\nfrom .handlers.pages import HealthCheckHandler\nmain = lambda: None",
}
TELL = """
server = own["server"]()
print("database" in vars(server.scopes.sa), end=" ")
import sqlalchemy, jupyterhub.orm
print(sqlalchemy.database, jupyterhub.orm.User.__name__)
"""


@pytest.mark.parametrize(
    ("more", "with_database"),
    [("", False), ("class Mine(orm.User): pass", True), ("from .orm import User", True)],
    ids=["as in jupyterhub 6", "a class of the hub", "a name of the hub"],
)
def test_a_server_that_wants_more_of_the_hub_gets_it(tmp_path: Path, more: str, with_database: bool) -> None:
    (tmp_path / "sqlalchemy").mkdir()
    (tmp_path / "sqlalchemy/__init__.py").write_text("database = 'real'")
    (tmp_path / "sqlalchemy/exc.py").write_text("")
    for name, text in HUB.items():
        path = tmp_path / f"jupyterhub/{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n{more if name == 'scopes' else ''}\n")
    assert python(START + TELL, tmp_path) == f"{with_database} real User\n"


def test_jupyterhubs_own_server_starts_without_its_database() -> None:
    if importlib.util.find_spec("jupyterhub") is None:
        missing("JupyterHub is not installed")
    code = """
server = own["server"]()
print(callable(server.main), [name for name in ("sqlalchemy", "alembic", "jupyterhub.orm") if name in sys.modules])
import jupyterhub.orm
print(jupyterhub.orm.User.__tablename__)
"""
    assert python(START + code) == "True []\nusers\n"


def test_the_lessons_come_before_the_server(tmp_path: Path) -> None:
    """The hub's server is another program here, which tells with what it was started."""
    (tmp_path / "jupyterhub").mkdir()
    (tmp_path / "jupyterhub/__init__.py").write_text("")
    (tmp_path / "jupyterhub/singleuser.py").write_text("import sys\ndef main(): print(sys.argv[1:])")
    code = "import sys; from dlcourse.commands.program import main; sys.exit(main(sys.argv[1:]))"
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}", "HOME": str(tmp_path)}
    command = [sys.executable, "-c", code, "singleuser", "~/mine", "--port=1", "--help"]
    for said in ("Copied to", "as you left them"):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        assert said in done.stdout and done.stdout.endswith("['--port=1', '--help']\n")
    assert (tmp_path / "mine" / files.notebooks()[0].name).exists()
    (tmp_path / "full").write_text("no folder")
    command[4] = "~/full"
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert re.fullmatch(r"dlcourse: .*full is a file; name a folder to put the lessons in\.\n", done.stderr)
    assert done.stdout == "['--port=1', '--help']\n", "a server all the same"
