"""What the course uses before it introduces it: `python -m tests.lessons.terms 05`.

Each `lesson.toml` lists the words, symbols and pieces of Python that its lesson introduces, and in which cell:

    [new_words]
    "learning rate" = "saw-descent"

    [new_symbols]
    "η" = "saw-descent"

    [new_python]
    "lambda" = "zero-slope"           # the cell explains it; names as in PYTHON below

Everything that a learner reads is read in order: text, code and its comments, outputs, hints, predictions and
questions with what is said to each choice, the words of figures, and the messages of checks. What comes too soon is
named, and so are letters and pieces of Python that no lesson introduces. Two things may be said in `lesson.toml`:

    everyday = ["cost"]               # in lessons before this one the word is one of everyday

    [early]                           # where a word of later stands all the same, and why
    "graph" = "next: names what is to come"
"""

from __future__ import annotations

import ast
import functools
import io
import re
import sys
import tokenize
from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from dlcourse.lesson import files
from tests.lessons.unproved import printed


class Said(NamedTuple):
    """Something that a learner reads: where, in which order, and what; `code` if it is Python."""

    lesson: str
    place: int
    cell: str
    text: str
    code: bool = False


def figure_words(lesson: str, name: str) -> Iterator[str]:
    """The words of a figure: its title, controls and axes, and what it says and shows at its first and last frame."""
    figure = files.figures(lesson).FIGURES[name]()
    yield figure.title
    for control in figure._controls.values():
        yield str(getattr(control, "label", ""))
        yield from map(str, getattr(control, "options", {}).values() if hasattr(control, "options") else ())
    for frame in (0, figure.last_frame):
        figure.frame = frame
        yield figure.sentence()
    for panel in figure.scene():
        yield from (panel.title, panel.xlabel, panel.ylabel)
        for mark in panel.marks:
            yield from (word for word in (getattr(mark, "label", None), getattr(mark, "string", None)) if word)


@functools.cache
def said(lesson: str) -> list[Said]:
    """Everything that a lesson says, in order."""
    found: list[Said] = []
    questions = {**files.choices(lesson, "predictions")}
    quiz = files.choices(lesson, "quiz")
    exercises = files.exercises(lesson)
    own = files.figures(lesson).FIGURES
    for place, cell in enumerate(files.cells(lesson)):
        here = functools.partial(Said, lesson, place, cell["id"])
        source = cell["source"]
        if cell["cell_type"] == "markdown":
            found.append(here(source))
            found += [
                here(code, code=True)
                for code in re.findall(r"```python\n(.*?)```|`([^`\n]+)`", source, re.S)
                for code in code
                if code
            ]
            continue
        found += [here(source, code=True), here(printed(cell))]
        asked = re.search(r'lesson\.predict\("(.*?)"\)', source)
        shown = re.search(r'lesson\.show\("([\w-]+)"', source)
        checked = re.search(r'lesson\.check\("(.*?)"\)', source)
        read = [questions[asked[1]]] if asked else list(quiz.values()) if "lesson.quiz()" in source else []
        for question in read:
            found.append(here(" ".join([question.text, *question.options, *question.options.values()])))
        if shown and shown[1] in own:
            found += [here(str(text)) for text in figure_words(lesson, shown[1])]
        if checked:
            found += [here(mutant.message) for mutant in exercises[checked[1]].mutants]
    return found


OPENING = ("title", "objectives", "setup")  # they say what is to come

NAMES = "alpha beta gamma delta epsilon eta theta kappa lambda mu pi rho sigma tau phi psi omega"
GREEK = dict(zip(NAMES.split(), "αβγδεηθκλμπρστφψω", strict=True))
SIGNS = {"nabla": "∇", "partial": "∂", "circ": "∘", "odot": "⊙", "otimes": "⊗", **GREEK}
LETTERS = set(SIGNS.values()) - {"π"} | {"ŷ", "ȳ", "ℓ", "′"}


def letters(text: str) -> set[str]:
    r"""The letters of a text that not every reader knows, however they are written.

    >>> sorted(letters(r"$\hat y = x - \eta f'(x)$, and κ"))
    ['ŷ', 'η', 'κ', '′']
    """
    text = re.sub(r"\\([a-z]+)", lambda m: SIGNS.get(m[1], m[0]), text).replace("\\ell", "ℓ")
    text = re.sub(r"\\hat\s*\{?y\}?", "ŷ", text)
    text = re.sub(r"\b([fgh])'\(", r"\1′(", text)
    return {letter for letter in LETTERS if letter in text}


@functools.cache
def pattern(word: str) -> re.Pattern[str]:
    """How a word of the course, its plural or its other forms, is found in a text.

    >>> bool(pattern("local and global minimum").search("two local minima")), bool(pattern("node").search("model"))
    (True, False)
    """
    word = word.split(" (")[0]
    first = re.match(r"(\w+) and (\w+) (.*)", word)
    forms = [f"{first[1]} {first[3]}", f"{first[2]} {first[3]}"] if first else [word]
    either = "|".join(
        r"[\s-]+".join(re.escape(part) for part in re.split(r"[\s-]", form)).replace("minimum", "minim(?:um|a)")
        for form in forms
    )
    return re.compile(rf"(?<![\w.`_])(?:{either})(?:s|es)?(?![\w`_(]|\.\w)", re.IGNORECASE)


def prose(one: Said) -> str:
    """What is read as language: a text without code and formulas, or the comments of code."""
    if one.code:
        try:
            tokens = list(tokenize.generate_tokens(io.StringIO(one.text).readline))
        except (tokenize.TokenError, IndentationError, SyntaxError):
            return ""
        return "\n".join(token.string for token in tokens if token.type == tokenize.COMMENT)
    return re.sub(r"```.*?```|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]*\$", " ", one.text, flags=re.DOTALL)


def has(*kinds: type[ast.AST]) -> Callable[[ast.AST], bool]:
    return lambda node: isinstance(node, kinds)


def calls(*names: str) -> Callable[[ast.AST], bool]:
    return lambda node: isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names


def method(name: str) -> Callable[[ast.AST], bool]:
    return lambda node: isinstance(node, ast.Attribute) and node.attr == name


COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def indexes(node: ast.AST) -> list[ast.expr]:
    if not isinstance(node, ast.Subscript):
        return []
    return node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]


# What the course explains of Python. Not in the list, and taken as known: functions with defaults, lists, loops, `if`,
# imports, several names at once, slices, and of NumPy arrays and their shapes.
PYTHON: dict[str, Callable[[ast.AST], bool]] = {
    "f-string": lambda n: isinstance(n, ast.FormattedValue) and n.format_spec is not None,
    "comprehension": has(ast.ListComp),
    "lambda": has(ast.Lambda),
    "join": method("join"),
    "generator": has(ast.GeneratorExp),
    "@": lambda n: isinstance(n, ast.BinOp) and isinstance(n.op, ast.MatMult),
    "zip": calls("zip"),
    "None as an index": lambda n: any(isinstance(i, ast.Constant) and i.value is None for i in indexes(n)),
    "dict": has(ast.Dict),
    "items": method("items"),
    "index from the end": lambda n: any(isinstance(i, ast.UnaryOp) for i in indexes(n)),
    "try": has(ast.Try),
    "enumerate": calls("enumerate"),
    "comprehension in a comprehension": lambda n: isinstance(n, COMPREHENSIONS) and len(n.generators) > 1,
    "star": has(ast.Starred),
    "walrus": has(ast.NamedExpr),
    "comprehension with if": lambda n: isinstance(n, COMPREHENSIONS) and any(g.ifs for g in n.generators),
    "all and any": calls("all", "any"),
    "a if b else c": has(ast.IfExp),
    "dict comprehension": has(ast.DictComp),
    "union of dicts": lambda n: isinstance(n, ast.BinOp) and isinstance(n.op, ast.BitOr),
    "set": lambda n: has(ast.Set)(n) or calls("set")(n),
    "backwards slice": lambda n: isinstance(n, ast.Slice) and n.step is not None,
    "sorted": calls("sorted"),
    "function in a function": lambda n: (
        isinstance(n, ast.FunctionDef)
        and any(isinstance(inner, ast.FunctionDef) for inner in ast.walk(n) if inner is not n)
    ),
    "decorator": lambda n: isinstance(n, ast.FunctionDef | ast.ClassDef) and bool(n.decorator_list),
    "get": lambda n: isinstance(n, ast.Call) and method("get")(n.func),
    "star in a signature": lambda n: isinstance(n, ast.arguments) and n.vararg is not None,
    "keyword-only argument": lambda n: isinstance(n, ast.arguments) and bool(n.kwonlyargs),
    "with": has(ast.With),
    "assert": has(ast.Assert),
    "map": calls("map"),
    "class": has(ast.ClassDef),
    "class on top of another": lambda n: isinstance(n, ast.ClassDef) and bool(n.bases),
    "super": calls("super"),
    "raise": has(ast.Raise),
    "isinstance": calls("isinstance"),
    "vars and getattr": calls("vars", "getattr"),
}


def python(one: Said) -> set[str]:
    """The pieces of Python, of those that the course explains, in some code."""
    try:
        tree = ast.parse(one.text)
    except SyntaxError:
        return set()
    return {name for node in ast.walk(tree) for name, is_one in PYTHON.items() if is_one(node)}


def words(one: Said, known: Collection[str]) -> set[str]:
    """Which of these words a text uses."""
    text = prose(one)
    lower = text.casefold()
    return {w for w in known if re.split(r"[ -]", w)[0][:5].casefold() in lower and pattern(w).search(text)}


@functools.cache
def introduced(kind: str) -> dict[str, tuple[str, int]]:
    """Where each word, letter or piece of Python is introduced first: lesson, and place of the cell."""
    found: dict[str, tuple[str, int]] = {}
    for lesson in files.numbers():
        places = {cell["id"]: place for place, cell in enumerate(files.cells(lesson))}
        for name, cell in files.about(lesson).get(kind, {}).items():
            for one in letters(name) if kind == "new_symbols" else {name}:
                found.setdefault(one, (lesson, places[cell]))
    return found


@functools.cache
def everyday() -> set[tuple[str, str]]:
    """Words that are not terms before the lesson that introduces them: (lesson, word)."""
    return {(lesson, word) for lesson in files.numbers() for word in files.about(lesson).get("everyday", ())}


def early(lesson: str) -> dict[str, list[str]]:
    """The cells of a lesson in which a word of later may stand, by word."""
    return {word: where.partition(":")[0].split(", ") for word, where in files.about(lesson).get("early", {}).items()}


def uses(one: Said) -> Iterator[tuple[str, tuple[str, int] | None]]:
    """What is used here of all that is introduced somewhere, and of letters and Python what is introduced nowhere."""
    for word in words(one, introduced("new_words")):
        if word != "TODO":  # a lesson that is being written
            yield word, introduced("new_words")[word]
    for letter in letters(one.text):
        yield letter, introduced("new_symbols").get(letter)
    for piece in python(one) if one.code else ():
        yield piece, introduced("new_python").get(piece)


def too_soon(lesson: str) -> list[tuple[str, str, str]]:
    """What a lesson says before it is introduced: cell, word, and where it is introduced."""
    found: dict[tuple[str, str, str], None] = {}
    for one in said(lesson):
        for name, where in uses(one) if one.cell not in OPENING else ():
            if where is None:
                found[one.cell, name, "nowhere"] = None
            elif (one.lesson, one.place) < where and not (one.lesson < where[0] and (where[0], name) in everyday()):
                found[one.cell, name, f"lesson {where[0]}, {files.cells(where[0])[where[1]]['id']}"] = None
    return [line for line in found if line[0] not in early(lesson).get(line[1], ())]


def main(arguments: list[str]) -> None:
    for lesson in arguments or files.numbers():
        for cell, name, where in too_soon(lesson):
            print(f"{lesson} {cell}: {name!r} is introduced in {where}")


if __name__ == "__main__":
    main([files.lesson_number(argument) for argument in sys.argv[1:]])
