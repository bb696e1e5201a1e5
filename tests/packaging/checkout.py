"""What the packaging tests share: a clean copy of the repository, and a place for environments."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from platformdirs import user_cache_dir

ROOT = Path(__file__).resolve().parents[2]
BIN = "Scripts" if os.name == "nt" else "bin"
NOT_OURS = shutil.ignore_patterns(
    ".git", ".venv*", "__pycache__", "*.egg-info", ".*_cache", ".hypothesis", ".ipynb_checkpoints", "build", "dist"
)


QUICK_INSTALL = {
    "PIP_NO_COMPILE": "0",  # pip's word for: do not compile; of what these environments hold, most is never imported
    # Their home is new and empty, but what pip has fetched before it need not fetch again.
    "PIP_CACHE_DIR": os.environ.get("PIP_CACHE_DIR") or user_cache_dir("pip", appauthor=False),
}


def copy_to(folder: Path) -> Path:
    """The files that a clone would have (and what is new and not ignored)."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:  # the copy that .ci/run tests
        shutil.copytree(ROOT, folder, ignore=NOT_OURS)
        return folder
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without what points Python at another installation."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV", "JUPYTER", "DLCOURSE"))}
    return kept | more


def build_wheel(source: Path, folder: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=source,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    return wheel
