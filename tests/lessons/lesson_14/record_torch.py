"""Run lesson 14's programs for PyTorch, as they stand in the notebook, and keep what they print.

    python tests/lessons/lesson_14/record_torch.py             # with PyTorch: writes the lesson's torch.json

`lesson.torch` shows that where PyTorch is not installed.
"""

from __future__ import annotations

import ast
import linecache
from typing import Any

from dlcourse.lesson import files, recorded


def programs(lesson: str) -> list[Any]:
    """The functions that a lesson hands to `lesson.torch`, in order, with those that they call beside them."""
    trees = [ast.parse("".join(cell["source"])) for cell in files.cells(lesson) if cell["cell_type"] == "code"]
    defined = [node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)]
    shown = [
        node.args[0].id
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "lesson.torch"
        and isinstance(node.args[0], ast.Name)
    ]
    text = "import numpy as np\nimport dlcourse as dl\n\n" + "\n\n".join(ast.unparse(node) for node in defined) + "\n"
    name = f"<programs of lesson {lesson}>"
    linecache.cache[name] = len(text), None, text.splitlines(keepends=True), name  # so that sources can be read
    module: dict[str, Any] = {"__name__": name}
    exec(compile(text, name, "exec"), module)
    return [module[program] for program in shown]


if __name__ == "__main__":
    import torch

    recorded.record("14", programs("14"), torch)
    print(f"wrote {recorded.place('14')}")
