"""All small edits of an answer: one slip made, or one slip mended.

``edits`` goes through a program's syntax tree and changes one thing at a time, in place, where a slip of the pen or of
thought usually is. Each edit knows its line and its kind in words, never more: the words may be shown to a learner.

Three things are made of it. A *repair* is an edit of a learner's own answer that makes it right. A *twin* is an edit
of the reference that behaves exactly as the learner's answer does. A *survivor* is an edit of the reference that the
cases of the exercise do not notice.
"""

from __future__ import annotations

import ast
import dataclasses
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

__all__ = ["MENDING", "REPAIRS", "Edit", "edits"]

Node = TypeVar("Node", bound=ast.AST)

REDUCTIONS = ("sum", "mean", "max", "min", "prod", "std", "var", "median")
FAMILIES: tuple[tuple[str, ...], ...] = (
    REDUCTIONS,
    ("argmax", "argmin"),
    ("maximum", "minimum"),
    ("exp", "log"),
    ("sin", "cos", "tan"),
    ("zeros", "ones"),
    ("zeros_like", "ones_like"),
    ("append", "extend"),
    ("any", "all"),
    ("floor", "ceil", "round"),
    ("sqrt", "square", "abs"),
    ("hstack", "vstack", "concatenate", "stack"),
    ("pop", "popleft"),
    ("append", "appendleft"),
    ("rows", "columns"),
    ("normal", "uniform"),
)
OPERATORS: dict[type[ast.operator], tuple[tuple[type[ast.operator], str], ...]] = {
    ast.Add: ((ast.Sub, "the sign"),),
    ast.Sub: ((ast.Add, "the sign"),),
    ast.Mult: ((ast.Div, "times or divided by"), (ast.MatMult, "`*` or `@`"), (ast.Pow, "`*` or `**`")),
    ast.Div: ((ast.Mult, "times or divided by"), (ast.FloorDiv, "`/` or `//`")),
    ast.FloorDiv: ((ast.Div, "`/` or `//`"),),
    ast.MatMult: ((ast.Mult, "`*` or `@`"),),
    ast.Pow: ((ast.Mult, "`*` or `**`"),),
    ast.BitXor: ((ast.Pow, "`^` or `**`: only `**` is a power"),),
}
RARER: dict[type[ast.operator], type[ast.operator]] = {ast.Add: ast.Mult, ast.Mult: ast.Add}
COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
PLAIN_BUILTINS = ("abs", "len", "sum", "max", "min", "list", "float", "sorted", "reversed")


@dataclass(frozen=True)
class Edit:
    """One edit: where it is and what it concerns, in words that fit after "look at".

    Attributes
    ----------
    line : int
        The line in the text that the tree was read from.
    kind : str
        For instance ``"the sign"`` or ``"the place of that line"``.
    what : str
        Of the program itself, for whoever wrote it: the name or the number that is meant.
    """

    line: int
    kind: str
    what: str = dataclasses.field(default="", compare=False)

    @property
    def words(self) -> str:
        """The kind, with what it is about.

        Examples
        --------
        >>> Edit(2, "the name: is it the one meant?", "`k`").words
        'the name `k`: is it the one meant?'
        """
        head, colon, tail = self.kind.partition(":")
        return f"{head} {self.what}{colon}{tail}" if self.what else self.kind


def edits(
    tree: ast.Module, line: int | None = None, *, mending: bool = True, operators: bool = False
) -> Iterator[Edit]:
    """Make every small edit of a program, one after the other, in place.

    While an edit is out, the tree is the edited program; the next step undoes it. What is made first is what is
    most often the slip.

    Parameters
    ----------
    tree : ast.Module
        Read by ``ast.parse``. It is as it was when the iterator has ended or was closed.
    line : int, optional
        Edits of this line only.
    mending : bool
        Also what mends more often than it spoils: a call, a copy or a ``return`` that may have been left out.
    operators : bool
        Only signs, operators, comparisons and conditions.

    Examples
    --------
    >>> tree = ast.parse("def step(x, lr): return x + lr")
    >>> [ast.unparse(tree).split("return ")[1] for edit in edits(tree) if edit.kind == "the sign"]
    ['x - lr', '-(x + lr)', '-x + lr', 'x + -lr']
    >>> ast.unparse(tree).split("return ")[1]
    'x + lr'
    """
    for top in tree.body:
        if isinstance(top, ast.FunctionDef | ast.ClassDef):
            parts = PARTS
        elif isinstance(top, ast.Assign) and isinstance(top.value, ast.Lambda):
            parts = tuple(part for part in PARTS if part not in (_statements, _lines_left_out))
        else:
            continue
        scope = Scope(top)
        for part in (_operators,) if operators else parts:
            yield from (edit for edit in part(top, scope, line) if mending or edit.kind not in (*MENDING, *REPAIRS))


MENDING = (
    "a call left out",
    "a copy that is not made",
    "an array changed in place",
    "what is given back",
    "a factor left out",
    "a term left out",
    "a square left out",
    "a number off by one",
    "whether 1 minus it is meant",
    "whether 1 divided by it is meant",
    "the brackets: what belongs together?",
    "these two: are they exchanged?",
    "`sum` or `len`",
    "the number: is it exact?",
    "an index left out",
)
# What mends an answer, and would say too little of one that a slip in the reference resembles.
REPAIRS = (
    "how the size is measured",
    "rounded up or down",
    "what is compared",
    "a line left out there",
    "what stands there more than once: change it each time",
    "the questions: is an `if` an `elif`?",
)


class Scope:
    """The names that an answer has at hand."""

    def __init__(self, top: ast.AST) -> None:
        self.arguments: list[str] = []
        self.names: list[str] = []
        self.attributes: list[str] = []
        self.strings: list[str] = []
        self.called: set[str] = set()
        self.has_self = False
        self.tick: list[ast.stmt] = []  # what a loop that an edit makes begins with
        for node in ast.walk(top):
            if isinstance(node, ast.Expr) and is_tick(node):
                self.tick = [node]
                continue
            if isinstance(node, ast.arguments):
                self.arguments += [a.arg for a in [*node.posonlyargs, *node.args, *node.kwonlyargs]]
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.names.append(node.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
                self.attributes.append(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 40:
                self.strings.append(node.value)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                self.called.add(node.func.id)
        self.has_self = "self" in self.arguments
        self.arguments = [name for name in dict.fromkeys(self.arguments) if name != "self"]
        self.names = [name for name in dict.fromkeys([*self.arguments, *self.names]) if name != "_"]
        self.attributes = list(dict.fromkeys(self.attributes))
        self.strings = list(dict.fromkeys(self.strings))
        self.functions = [name for name in self.arguments if name in self.called]


# ---------------------------------------------------------------------------------------- changing in place


def _set(node: ast.AST, field: str, value: Any, edit: Edit) -> Iterator[Edit]:
    """Put a value into a field while the edit is out."""
    before = getattr(node, field)
    setattr(node, field, value)
    try:
        yield edit
    finally:
        setattr(node, field, before)


def _like(new: Node, old: ast.AST) -> Node:
    """Give new nodes the place of an old one; a compiler wants one for each."""
    for node in ast.walk(new):
        if "lineno" in node._attributes and not hasattr(node, "lineno"):
            ast.copy_location(node, old)
    return new


def _computed(top: ast.AST) -> Iterator[ast.AST]:
    """Every node but the types in annotations, outer ones first: nothing is computed from those."""
    todo = deque([top])
    while todo:
        node = todo.popleft()
        yield node
        for field, value in ast.iter_fields(node):
            if field not in ("annotation", "returns"):
                todo += [part for part in (value if isinstance(value, list) else [value]) if isinstance(part, ast.AST)]


def _expressions(top: ast.AST, line: int | None) -> Iterator[tuple[ast.AST, str, int | None, ast.expr]]:
    """Every expression that is computed, with the field that holds it; outer ones first."""
    for parent in _computed(top):
        if isinstance(parent, ast.arguments | ast.ClassDef) or is_tick(parent):
            continue
        for field, value in ast.iter_fields(parent):
            if field in ("annotation", "returns", "decorator_list", "targets", "target", "format_spec"):
                continue
            if isinstance(value, ast.expr):
                if line in (None, value.lineno) and isinstance(getattr(value, "ctx", None), ast.Load | None):
                    yield parent, field, None, value
            elif isinstance(value, list) and value and isinstance(value[0], ast.expr):
                for i, item in enumerate(value):
                    if line in (None, item.lineno) and isinstance(getattr(item, "ctx", None), ast.Load | None):
                        yield parent, field, i, item


TICK = "_tick_"


def is_tick(node: ast.AST) -> bool:
    """Whether a statement is a counter that ``with_ticks`` has put in."""
    if isinstance(node, ast.Expr):
        node = node.value
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == TICK


def with_ticks(tree: ast.Module) -> ast.Module:
    """Let every turn of a loop and every call report itself: a loop without an end is stopped from within."""
    for node in ast.walk(tree):
        if isinstance(node, ast.For | ast.While | ast.FunctionDef):
            call = ast.Expr(ast.Call(ast.Name(TICK, ast.Load()), [], []))
            node.body.insert(0, _like(call, node))
    return tree


def _put(place: tuple[ast.AST, str, int | None, ast.expr], new: ast.expr, kind: str, what: str = "") -> Iterator[Edit]:
    """Replace an expression while the edit is out."""
    parent, field, index, old = place
    edit = Edit(old.lineno, kind, what)
    _like(new, old)
    if index is None:
        yield from _set(parent, field, new, edit)
        return
    items = getattr(parent, field)
    items[index] = new
    try:
        yield edit
    finally:
        items[index] = old


def _load(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    head, _, tail = name.partition(".")
    function: ast.expr = ast.Attribute(_load(head), tail, ast.Load()) if tail else _load(head)
    return ast.Call(function, list(arguments), [])


# ------------------------------------------------------------------------------------------ kinds of edits


def _operators(top: ast.AST, scope: Scope, line: int | None) -> Iterator[Edit]:
    """Signs, operators, comparisons and conditions."""
    for node in _computed(top):
        if line not in (None, getattr(node, "lineno", None)):
            continue
        if isinstance(node, ast.BinOp | ast.AugAssign):
            for operator, kind in OPERATORS.get(type(node.op), ()):
                if not (isinstance(node, ast.AugAssign) and operator is ast.MatMult):
                    yield from _set(node, "op", operator(), Edit(node.lineno, kind))
        if isinstance(node, ast.BinOp) and not isinstance(node.op, ast.Add):
            left, right = node.left, node.right
            node.left, node.right = right, left
            try:
                if not isinstance(node.op, ast.Mult):
                    yield Edit(node.lineno, "the order of the two sides")
            finally:
                node.left, node.right = left, right
        if isinstance(node, ast.Compare):
            for i, sign in enumerate(node.ops):
                for other in COMPARISONS if isinstance(sign, COMPARISONS) else ():
                    if not isinstance(sign, other) and _equality(sign) == _equality(other()):
                        ops: list[ast.cmpop] = [*node.ops[:i], other(), *node.ops[i + 1 :]]
                        yield from _set(node, "ops", ops, Edit(node.lineno, "the comparison"))
                if isinstance(sign, ast.In | ast.NotIn):
                    swapped = ast.NotIn() if isinstance(sign, ast.In) else ast.In()
                    ops = [*node.ops[:i], swapped, *node.ops[i + 1 :]]
                    yield from _set(node, "ops", ops, Edit(node.lineno, "the comparison"))
        if isinstance(node, ast.BoolOp):
            swap = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield from _set(node, "op", swap, Edit(node.lineno, "`and` or `or`"))
            for i in range(len(node.values) if len(node.values) > 2 else 0):
                rest = node.values[:i] + node.values[i + 1 :]
                yield from _set(node, "values", rest, Edit(node.lineno, "a condition too many"))
        if isinstance(node, ast.IfExp):
            body, orelse = node.body, node.orelse
            node.body, node.orelse = orelse, body
            try:
                yield Edit(node.lineno, "the two sides of the `if`")
            finally:
                node.body, node.orelse = body, orelse
    for place in list(_expressions(top, line)):
        old = place[3]
        if isinstance(old, ast.UnaryOp) and isinstance(old.op, ast.USub) and not isinstance(old.operand, ast.Constant):
            yield from _put(place, old.operand, "the sign")
        elif isinstance(old, ast.UnaryOp) and isinstance(old.op, ast.Not):
            yield from _put(place, old.operand, "the condition: is it the right way round?")
        elif isinstance(old, ast.BoolOp) and len(old.values) == 2:
            for value in old.values:
                yield from _put(place, value, "a condition too many")
        elif isinstance(place[0], ast.If | ast.While | ast.IfExp) and place[1] == "test":
            yield from _put(place, ast.UnaryOp(ast.Not(), old), "the condition: is it the right way round?")
        if _signed(place):
            yield from _put(place, ast.UnaryOp(ast.USub(), old), "the sign")


def _equality(sign: ast.cmpop) -> bool:
    return isinstance(sign, ast.Eq | ast.NotEq)


def _rarer(top: ast.AST, scope: Scope, line: int | None) -> Iterator[Edit]:
    """Plus for times, and an order for an equality: a slip that looks like it is more often something else."""
    for node in _computed(top):
        if line not in (None, getattr(node, "lineno", None)):
            continue
        if isinstance(node, ast.BinOp | ast.AugAssign) and (operator := RARER.get(type(node.op))):
            yield from _set(node, "op", operator(), Edit(node.lineno, "plus or times"))
        if isinstance(node, ast.Compare):
            for i, sign in enumerate(node.ops):
                for other in COMPARISONS if isinstance(sign, COMPARISONS) else ():
                    if _equality(sign) != _equality(other()):
                        ops: list[ast.cmpop] = [*node.ops[:i], other(), *node.ops[i + 1 :]]
                        yield from _set(node, "ops", ops, Edit(node.lineno, "the comparison"))


def _brackets(top: ast.AST, scope: Scope, line: int | None) -> Iterator[Edit]:
    """Of three things with two operators between them, the other two taken together."""
    kind = "the brackets: what belongs together?"
    for place in list(_expressions(top, line)):
        whole = place[3]
        if not isinstance(whole, ast.BinOp):
            continue
        for inner, other in ((whole.left, whole.right), (whole.right, whole.left)):
            if not isinstance(inner, ast.BinOp) or (
                type(inner.op) is type(whole.op) and isinstance(whole.op, ast.Add | ast.Mult)
            ):
                continue
            if inner is whole.left:
                new = ast.BinOp(inner.left, inner.op, ast.BinOp(inner.right, whole.op, other))
            else:
                new = ast.BinOp(ast.BinOp(other, whole.op, inner.left), inner.op, inner.right)
            yield from _put(place, new, kind)


def _two_exchanged(top: ast.AST, scope: Scope, line: int | None) -> Iterator[Edit]:
    """Two arguments, each in the place of the other wherever they stand."""
    names = [node for node in _computed(top) if isinstance(node, ast.Name)]
    for i, one in enumerate(scope.arguments[:9]):
        for other in scope.arguments[i + 1 : 9]:
            there = [node for node in names if node.id in (one, other)]
            if {node.id for node in there} != {one, other} or line not in (None, there[0].lineno):
                continue
            other_of = {one: other, other: one}
            for node in there:
                node.id = other_of[node.id]
            try:
                yield Edit(there[0].lineno, "these two: are they exchanged?", f"(`{one}` and `{other}`)")
            finally:
                for node in there:
                    node.id = other_of[node.id]


def _everywhere(top: ast.AST, scope: Scope, line: int | None) -> Iterator[Edit]:
    """The same operator exchanged wherever it stands."""
    nodes = [node for node in _computed(top) if isinstance(node, ast.BinOp)]
    for old in (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.MatMult, ast.Pow):
        all_of_them = [node for node in nodes if isinstance(node.op, old)]
        for those in (all_of_them, *_siblings(top, all_of_them)):
            if len(those) < 2 or line not in (None, those[0].lineno):
                continue
            rarer = [(RARER[old], "plus or times")] if old in RARER else []
            for new, kind in (*OPERATORS[old], *rarer):
                before = [node.op for node in those]
                for node in those:
                    node.op = new()
                try:
                    yield Edit(those[0].lineno, f"{kind}, each time")
                finally:
                    for node, op in zip(those, before, strict=True):
                        node.op = op


def _siblings(top: ast.AST, nodes: list[ast.BinOp]) -> list[list[ast.BinOp]]:
    """Groups of operations that stand in expressions of the same form, with other names: 1 - a * t and 1 - b * t."""
    groups: dict[str, list[ast.BinOp]] = {}
    for parent in _computed(top):
        if isinstance(parent, ast.BinOp):
            form = re.sub(r"id='\w+'", "id", ast.dump(parent))
            for side, node in (("left", parent.left), ("right", parent.right)):
                if isinstance(node, ast.BinOp) and any(node is one for one in nodes):
                    groups.setdefault(f"{side} of {form}", []).append(node)
    return [group for group in groups.values() if 1 < len(group) < len(nodes)]


def _signed(place: tuple[ast.AST, str, int | None, ast.expr]) -> bool:
    """Whether a minus sign may have been left out in front of this expression."""
    parent, _field, _index, old = place
    if isinstance(parent, ast.Call) and ast.unparse(parent.func) in ("abs", "np.abs", "len", "range", "zip", "np.cos"):
        return False
    if isinstance(old, ast.UnaryOp | ast.Constant | ast.Compare | ast.BoolOp | ast.Tuple | ast.List | ast.Lambda):
        return False
    if isinstance(old, ast.ListComp | ast.JoinedStr | ast.Dict | ast.GeneratorExp):
        return False
    usual = (
        ast.Return | ast.Assign | ast.BinOp | ast.Call | ast.List | ast.Tuple | ast.Subscript | ast.IfExp | ast.ListComp
    )
    return isinstance(parent, usual | ast.Lambda) and _field not in ("func", "generators")


def _doubles(parent: ast.AST, name: str) -> bool:
    """Whether this name, put there, hands a thing to its own method: a list that doubles each turn ends the memory."""
    method = parent.func if isinstance(parent, ast.Call) else None
    return isinstance(method, ast.Attribute) and isinstance(method.value, ast.Name) and method.value.id == name


def _growing(top: ast.AST) -> set[str]:
    """The names of what is extended by something: two names for one such thing could make it double each turn."""
    names = set()
    for node in _computed(top):
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "extend":
            names.add(ast.unparse(node.func.value))
    return names


def _numbers_and_names(top: ast.AST, scope: Scope, line: int | None) -> Iterator[Edit]:
    """Numbers off by one, names exchanged, transposes, positions."""
    for place in list(_expressions(top, line)):
        parent, field, _index, old = place
        if isinstance(old, ast.Constant):
            yield from _constant(place, scope)
        elif isinstance(old, ast.Name) and field != "func" and old.id in scope.names:
            for name in scope.names:
                if name != old.id and not _doubles(parent, name):
                    yield from _put(place, _load(name), "the name: is it the one meant?", f"`{old.id}`")
            if scope.has_self and old.id in scope.attributes:
                new = ast.Attribute(_load("self"), old.id, ast.Load())
                yield from _put(place, new, "`self`: is it this object's own?")
        elif isinstance(old, ast.Name) and field == "func":
            for name in scope.functions:
                if old.id in scope.functions and name != old.id:
                    yield from _put(place, _load(name), "which function is called")
        elif isinstance(old, ast.Attribute) and isinstance(old.value, ast.Name) and old.value.id == "self":
            for name in scope.attributes if field != "func" else ():
                if name != old.attr:
                    new = ast.Attribute(_load("self"), name, ast.Load())
                    yield from _put(place, new, "the name: is it the one meant?", f"`self.{old.attr}`")
            if old.attr in scope.names:
                yield from _put(place, _load(old.attr), "`self`: is it this object's own?")
        if isinstance(old, ast.Attribute) and old.attr == "T":
            yield from _put(place, old.value, "the transpose")
        elif _may_be_array(old) and isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.MatMult):
            yield from _put(place, ast.Attribute(old, "T", ast.Load()), "the transpose")
        if isinstance(old, ast.Subscript):
            yield from _subscript(place, old)
        searched = isinstance(parent, ast.For | ast.comprehension) and field == "iter"
        searched = searched or (isinstance(parent, ast.Compare) and field == "comparators")
        if searched and isinstance(old, ast.Subscript) and not isinstance(old.slice, ast.Slice):
            for part in (1, 0):
                indexed = ast.Subscript(old, ast.Constant(part), ast.Load())
                yield from _put(place, indexed, "an index left out")
        inside = isinstance(parent, ast.Slice) or (isinstance(parent, ast.Subscript) and field == "slice")
        if inside and isinstance(old, ast.Name | ast.BinOp | ast.Call):
            for operator in (ast.Add, ast.Sub):
                yield from _put(place, ast.BinOp(old, operator(), ast.Constant(1)), "a position off by one")
        if isinstance(old, ast.Tuple | ast.List) and 2 <= len(old.elts) <= 4:
            yield from _exchanged(old, "elts", "the order of the entries")
        if isinstance(old, ast.Tuple | ast.List) and len(old.elts) == 1 and not isinstance(old.elts[0], ast.Starred):
            yield from _put(place, old.elts[0], "the brackets: is a part or the whole wanted?")
        if isinstance(old, ast.Tuple | ast.List) and isinstance(parent, ast.Return) and 2 <= len(old.elts) <= 4:
            for i in range(len(old.elts)):
                rest = old.elts[:i] + old.elts[i + 1 :]
                fewer = rest[0] if len(rest) == 1 else ast.Tuple(rest, ast.Load())
                yield from _put(place, fewer, "an entry too many")
    for node in _computed(top):
        target = node.target if isinstance(node, ast.comprehension | ast.For) else None
        if isinstance(target, ast.Tuple) and len(target.elts) == 2 and line in (None, target.lineno):
            yield from _exchanged(target, "elts", "the order of the names")
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple) and line in (None, node.lineno):
            yield from _exchanged(node.targets[0], "elts", "the order of the names")


def _may_be_array(node: ast.expr) -> bool:
    return isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Call | ast.BinOp)


def _exchanged(node: ast.AST, field: str, kind: str) -> Iterator[Edit]:
    """Every pair of neighbours in a list, exchanged; and the whole the other way round."""
    items = getattr(node, field)
    line = items[0].lineno if items else 0
    for i in range(len(items) - 1):
        if ast.dump(items[i]) != ast.dump(items[i + 1]):
            yield from _set(node, field, [*items[:i], items[i + 1], items[i], *items[i + 2 :]], Edit(line, kind))
    if len(items) > 2:
        yield from _set(node, field, items[::-1], Edit(line, kind))


def _constant(place: tuple[ast.AST, str, int | None, ast.expr], scope: Scope) -> Iterator[Edit]:
    old = place[3]
    assert isinstance(old, ast.Constant)
    value = old.value
    if isinstance(value, bool):
        keyword = place[0].arg if isinstance(place[0], ast.keyword) else None
        yield from _put(place, ast.Constant(not value), keyword or "True or False")
    elif isinstance(value, int | float):
        axis = isinstance(place[0], ast.keyword) and place[0].arg == "axis"
        others: list[Any] = [value + 1, value - 1] if isinstance(value, int) or value == int(value) else []
        if axis:
            others += [0, 1, -1, None]
        elif isinstance(place[0], ast.UnaryOp):  # of -1: what -0 and -2 are is tried, and the sign is another edit
            others += [] if isinstance(value, int) else [value * 10, value / 10]
        elif not isinstance(place[0], ast.Subscript | ast.Slice):
            others += [-value, value * 2, value / 2, value * 10, value / 10]
        if value == 1:
            others += [0.5]
        for third in (1 / 3, 2 / 3):
            if isinstance(value, float) and 0 < abs(value - third) < 0.09:
                yield from _put(place, ast.Constant(third), "the number: is it exact?", str(value))
        for other in dict.fromkeys(others):
            if other != value or (type(other) is not type(value) and other is None):
                yield from _put(place, ast.Constant(other), *(["the axis"] if axis else ["the number", str(value)]))
    elif isinstance(value, str):
        for word in scope.strings:
            if word != value and not isinstance(place[0], ast.JoinedStr | ast.Expr):
                yield from _put(place, ast.Constant(word), "the word")


def _subscript(place: tuple[ast.AST, str, int | None, ast.expr], old: ast.Subscript) -> Iterator[Edit]:
    yield from _put(place, old.value, "the brackets: is a part or the whole wanted?")
    index = old.slice
    if (
        isinstance(index, ast.UnaryOp)
        and isinstance(index.operand, ast.Constant)
        and isinstance(index.operand.value, int)
    ):
        n = -index.operand.value
        for other in (0, n - 1, n + 1):
            new = ast.Subscript(old.value, ast.Constant(other), ast.Load())
            yield from _put(place, new, "the position")
    elif isinstance(index, ast.Constant) and index.value == 0:
        yield from _put(place, ast.Subscript(old.value, ast.Constant(-1), ast.Load()), "the position")
    elif isinstance(index, ast.Slice):
        one, last = ast.Constant(1), ast.UnaryOp(ast.USub(), ast.Constant(1))
        for lower, upper in ((one, None), (None, last), (one, last)):
            new = ast.Subscript(old.value, ast.Slice(lower, upper, index.step), ast.Load())
            yield from _put(place, new, "where the slice begins or ends")


def _calls(top: ast.AST, scope: Scope, line: int | None) -> Iterator[Edit]:
    """Arguments exchanged, another function of the same family, axis and keepdims, a call left out or too many."""
    for node in _computed(top):
        if not isinstance(node, ast.Call) or is_tick(node) or line not in (None, node.lineno):
            continue
        if 2 <= len(node.args) <= 4:
            yield from _exchanged(node, "args", "the order of the arguments")
        function = node.func
        name = (
            function.attr
            if isinstance(function, ast.Attribute)
            else function.id
            if isinstance(function, ast.Name)
            else ""
        )
        for family in FAMILIES:
            for other in family if name in family else ():
                if other != name and isinstance(function, ast.Attribute):
                    yield from _set(function, "attr", other, Edit(node.lineno, f"{name}: is it what is wanted?"))
                elif other != name and isinstance(function, ast.Name) and other in ("sum", "max", "min", "any", "all"):
                    yield from _set(function, "id", other, Edit(node.lineno, f"{name}: is it what is wanted?"))
        if name in (*REDUCTIONS, "argmax", "argmin", "norm", "cumsum", "softmax", "log_softmax", "logsumexp"):
            given = {keyword.arg for keyword in node.keywords}
            for i in range(len(node.keywords)):
                word = node.keywords[i].arg
                rest = node.keywords[:i] + node.keywords[i + 1 :]
                kind = word if word in ("keepdims", "key") else "the axis"
                yield from _set(node, "keywords", rest, Edit(node.lineno, kind))
            if isinstance(function, ast.Attribute) and "axis" not in given and len(node.args) <= 1:
                for axis in (0, 1, -1):
                    keyword = _like(ast.keyword("axis", ast.Constant(axis)), node)
                    yield from _set(node, "keywords", [*node.keywords, keyword], Edit(node.lineno, "the axis"))
            if isinstance(function, ast.Attribute) and "keepdims" not in given:
                keyword = _like(ast.keyword("keepdims", ast.Constant(True)), node)
                yield from _set(node, "keywords", [*node.keywords, keyword], Edit(node.lineno, "keepdims"))
        if name == "range":
            yield from _range(node)
        if name in ("sum", "len") and len(node.args) == 1 and not node.keywords:
            yield from _set(
                node, "func", _like(_load("len" if name == "sum" else "sum"), node), Edit(node.lineno, "`sum` or `len`")
            )
    for place in list(_expressions(top, line)):
        parent, field, _index, old = place
        if isinstance(old, ast.BinOp) and isinstance(old.op, ast.FloorDiv):
            up = ast.UnaryOp(ast.USub(), ast.BinOp(ast.UnaryOp(ast.USub(), old.left), ast.FloorDiv(), old.right))
            yield from _put(place, up, "rounded up or down")
        if isinstance(old, ast.Call) and len(old.args) == 1 and not old.keywords and _measures(old):
            inside = old.args[0]
            while isinstance(inside, ast.Call) and len(inside.args) == 1 and _measures(inside):
                inside = inside.args[0]
            norm = ast.Attribute(ast.Attribute(_load("np"), "linalg", ast.Load()), "norm", ast.Load())
            yield from _put(place, ast.Call(norm, [inside], []), "how the size is measured")
        if isinstance(old, ast.Call) and not isinstance(parent, ast.Expr):
            for argument in old.args[:2]:
                if not isinstance(argument, ast.Starred):
                    yield from _put(place, argument, "a call too many")
            if isinstance(old.func, ast.Attribute) and not (
                isinstance(old.func.value, ast.Name) and old.func.value.id in ("np", "dl", "math")
            ):
                yield from _put(place, old.func.value, "a call too many")
        if isinstance(parent, ast.For | ast.comprehension) and field == "iter":
            yield from _put(place, _call("reversed", _call("list", old)), "the order of the loop")
            for lower, upper in ((ast.Constant(1), None), (None, ast.UnaryOp(ast.USub(), ast.Constant(1)))):
                new = ast.Subscript(_call("list", old), ast.Slice(lower, upper), ast.Load())
                yield from _put(place, new, "where the loop begins or ends")


def _measures(call: ast.Call) -> bool:
    """Whether a call makes one size of numbers."""
    return ast.unparse(call.func).removeprefix("np.") in ("abs", "sum", "max", "mean", "absolute")


def _range(node: ast.Call) -> Iterator[Edit]:
    edit = Edit(node.lineno, "where the loop begins or ends")
    end = len(node.args) - 1 if len(node.args) < 3 else 1
    if not node.args:
        return
    one = ast.Constant(1)
    for i in {0, end} if len(node.args) > 1 else {0}:
        for operator in (ast.Add, ast.Sub):
            new = _like(ast.BinOp(node.args[i], operator(), one), node)
            yield from _set(node, "args", [*node.args[:i], new, *node.args[i + 1 :]], edit)
    if len(node.args) == 1:
        last = node.args[0]
        more = _like(ast.BinOp(last, ast.Add(), one), node)
        yield from _set(node, "args", [_like(one, node), last], edit)
        yield from _set(node, "args", [_like(ast.Constant(1), node), more], edit)
        yield from _set(node, "args", [_like(ast.Constant(0), node), last, _like(ast.Constant(2), node)], edit)


def _too_many(top: ast.AST, scope: Scope, line: int | None) -> Iterator[Edit]:
    """A factor, a term or a power too many."""
    for place in list(_expressions(top, line)):
        old = place[3]
        if isinstance(place[0], ast.Call) and ast.unparse(place[0].func) == "range":
            continue  # told as where the loop begins or ends
        if isinstance(old, ast.BinOp):
            kind = "a factor too many" if isinstance(old.op, ast.Mult | ast.Div | ast.MatMult) else "a term too many"
            kind = "the power" if isinstance(old.op, ast.Pow) else kind
            yield from _put(place, old.left, kind)
            yield from _put(place, old.right, kind)


def _terms(top: ast.AST, scope: Scope, line: int | None) -> Iterator[Edit]:
    """A factor, a term or a call left out."""
    for place in list(_expressions(top, line)):
        parent, field, _index, old = place
        if isinstance(old, ast.Constant | ast.Lambda | ast.Slice | ast.Starred | ast.JoinedStr) or field in (
            "func",
            "slice",
        ):
            continue
        if isinstance(
            old, ast.Compare | ast.BoolOp | ast.Dict | ast.Tuple | ast.ListComp | ast.List | ast.GeneratorExp
        ):
            continue
        if (isinstance(old, ast.Name) and old.id in ("np", "dl", "self", "math")) or isinstance(parent, ast.Attribute):
            continue
        whole = isinstance(
            parent, ast.Return | ast.Assign | ast.AugAssign | ast.ListComp | ast.Lambda | ast.Tuple | ast.List
        )
        whole = whole or (isinstance(parent, ast.Call) and field == "args")
        for function in (
            *scope.functions,
            "abs",
            "len",
            "np.abs",
            "np.sqrt",
            "np.log",
            "np.exp",
            "float",
            "list",
            "sum",
        ):
            yield from _put(place, _call(function, old), "a call left out")
        if isinstance(old, ast.Name | ast.Attribute):
            yield from _put(place, ast.Call(ast.Attribute(old, "copy", ast.Load()), [], []), "a copy that is not made")
        yield from _put(place, ast.BinOp(old, ast.Pow(), ast.Constant(2)), "a square left out")
        if whole or isinstance(parent, ast.BinOp | ast.Compare):
            two = ast.Constant(2)
            yield from _put(place, ast.BinOp(two, ast.Mult(), old), "a factor left out")
            yield from _put(place, ast.BinOp(old, ast.Div(), two), "a factor left out")
            yield from _put(place, ast.BinOp(ast.Constant(1), ast.Sub(), old), "whether 1 minus it is meant")
            yield from _put(place, ast.BinOp(ast.Constant(1), ast.Div(), old), "whether 1 divided by it is meant")
            for operator in (ast.Add, ast.Sub):
                yield from _put(place, ast.BinOp(old, operator(), ast.Constant(1)), "a number off by one")
        if whole:
            for name in scope.names:
                if name in scope.functions:
                    continue
                for factor in (_load(name), _call("len", _load(name))):
                    yield from _put(place, ast.BinOp(old, ast.Mult(), factor), "a factor left out")
                    yield from _put(place, ast.BinOp(old, ast.Div(), factor), "a factor left out")
                yield from _put(place, ast.BinOp(old, ast.Add(), _load(name)), "a term left out")
                yield from _put(place, ast.BinOp(old, ast.Sub(), _load(name)), "a term left out")
                if isinstance(parent, ast.Return | ast.Assign):
                    yield from _put(place, ast.BinOp(_load(name), ast.Sub(), old), "a term left out")


def _alike(top: ast.AST, scope: Scope, line: int | None) -> Iterator[Edit]:
    """The same small change wherever the same expression stands: who thinks wrongly writes it so each time."""
    groups: dict[str, list[tuple[ast.AST, str, int | None, ast.expr]]] = {}
    for place in _expressions(top, None):
        if isinstance(place[3], ast.BinOp | ast.Call | ast.Subscript | ast.Name | ast.Constant) and place[1] != "func":
            groups.setdefault(ast.dump(place[3]), []).append(place)
    for places in groups.values():
        old = places[0][3]
        if len(places) < 2 or line not in (None, old.lineno):
            continue
        others: list[ast.expr] = []
        if isinstance(old, ast.BinOp):
            others = [old.left, old.right]
            others += [ast.BinOp(old.left, operator(), old.right) for operator, _ in OPERATORS.get(type(old.op), ())]
        elif isinstance(old, ast.Call):
            others = [argument for argument in old.args[:2] if not isinstance(argument, ast.Starred)]
        elif isinstance(old, ast.Subscript):
            others = [old.value]
        elif isinstance(old, ast.Name) and old.id in scope.names:
            others = [_load(name) for name in scope.names if name != old.id and not {name, old.id} & _growing(top)]
        elif isinstance(old, ast.Constant) and isinstance(old.value, int | float) and old.value is not True:
            others = [ast.Constant(old.value * 2), ast.Constant(old.value / 2), ast.Constant(old.value / 10)]
        for other in others:
            what = ast.unparse(old)
            kind = "what stands there more than once: change it each time"
            yield from _put_all(places, other, Edit(old.lineno, kind, f"(`{what}`)" if len(what) < 30 else ""))


def _put_all(places: list[tuple[ast.AST, str, int | None, ast.expr]], new: ast.expr, edit: Edit) -> Iterator[Edit]:
    """Replace expressions that are equal while the edit is out."""
    for parent, field, index, old in places:
        _like(new, old)
        if index is None:
            setattr(parent, field, new)
        else:
            getattr(parent, field)[index] = new
    try:
        yield edit
    finally:
        for parent, field, index, old in places:
            if index is None:
                setattr(parent, field, old)
            else:
                getattr(parent, field)[index] = old


def _compared(top: ast.AST, scope: Scope, line: int | None) -> Iterator[Edit]:
    """Something else that the program has at hand in the place of what is compared."""
    at_hand: dict[str, ast.expr] = {}
    for *_, value in _expressions(top, None):
        if isinstance(value, ast.Call | ast.BinOp | ast.Subscript | ast.Name) and not is_tick(value):
            at_hand.setdefault(ast.dump(value), value)
    few = [value for value in at_hand.values() if sum(1 for _ in ast.walk(value)) <= 12][:25]
    for place in list(_expressions(top, line)):
        parent, _field, _index, old = place
        size = isinstance(parent, ast.Call) and _measures(parent)
        if not (isinstance(parent, ast.Compare) or size) or isinstance(old, ast.Constant):
            continue
        for other in few:
            if ast.dump(other) != ast.dump(old) and old not in ast.walk(other):
                yield from _put(place, other, "what is compared")


# ------------------------------------------------------------------------------------------------ statements


def _lines_left_out(top: ast.AST, scope: Scope, line: int | None) -> Iterator[Edit]:
    """A value that should be renewed where something happens, or a counter that should go up."""
    stored = [
        target.id
        for node in _computed(top)
        for target in (
            [*node.targets, *(e for t in node.targets if isinstance(t, ast.Tuple) for e in t.elts)]
            if isinstance(node, ast.Assign)
            else []
        )
        if isinstance(target, ast.Name)
    ]
    kept, growing = list(dict.fromkeys(stored))[:4], _growing(top)
    for owner, field, body in list(_bodies(top)):
        last = body[-1]
        if not isinstance(owner, ast.If | ast.For | ast.While) or field != "body" or line not in (None, last.lineno):
            continue
        at = len(body) - isinstance(last, ast.Return | ast.Break | ast.Continue)
        edit = Edit(last.lineno, "a line left out there")
        for name in kept:
            target = ast.Name(name, ast.Store())
            more: list[ast.stmt] = [ast.AugAssign(target, ast.Add(), ast.Constant(1))]
            more += [ast.Assign([target], value) for value in _compared_with(owner, name)]
            others = [other for other in scope.names if other != name and not {name, other} & growing]
            more += [ast.Assign([target], _load(other)) for other in others]
            for new in more:
                yield from _in_body(body, [*body[:at], _like(new, last), *body[at:]], edit)


def _compared_with(owner: ast.AST, name: str) -> list[ast.expr]:
    """What a condition compares a name with: what is the best so far is renewed by it."""
    test = owner.test if isinstance(owner, ast.If) else None
    parts = [node for node in ast.walk(test) if isinstance(node, ast.Compare)] if test is not None else []
    pairs = [(part.left, part.comparators[0]) for part in parts]
    sides = [*pairs, *((b, a) for a, b in pairs)]
    return [value for known, value in sides if isinstance(known, ast.Name) and known.id == name]


def _bodies(top: ast.AST) -> Iterator[tuple[ast.AST, str, list[ast.stmt]]]:
    for node in _computed(top):
        for field in ("body", "orelse", "finalbody"):
            body = getattr(node, field, None)
            if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
                yield node, field, body


def _statements(top: ast.AST, scope: Scope, line: int | None) -> Iterator[Edit]:
    """Lines too many or in the wrong place, = for +=, in place for a copy, return for print, a missing return."""
    if isinstance(top, ast.ClassDef):
        functions = [node for node in top.body if isinstance(node, ast.FunctionDef)]
    else:
        functions = [top] if isinstance(top, ast.FunctionDef) else []
    for function in functions:
        yield from _returns(function, scope, line)
    for _owner, _field, body in list(_bodies(top)):
        for i, statement in enumerate(list(body)):
            if is_tick(statement) or line not in (None, statement.lineno):
                continue
            yield from _one_statement(body, i, statement, scope)
    for function in functions:
        yield from _moves(function, line)


def _sums(body: list[ast.stmt], line: int | None) -> Iterator[Edit]:
    """A loop that puts each value over the one before, made to add them up."""
    for i, loop in enumerate(body):
        for k, part in enumerate(loop.body) if isinstance(loop, ast.For | ast.While) else ():
            if not isinstance(part, ast.Assign) or line not in (None, part.lineno) or not isinstance(loop, ast.For):
                continue
            target = part.targets[0]
            if isinstance(target, ast.Name):
                start = _like(ast.Assign([ast.Name(target.id, ast.Store())], ast.Constant(0)), loop)
                before = list(body)
                loop.body[k] = _like(ast.AugAssign(target, ast.Add(), part.value), part)
                body[:] = [*body[:i], start, *body[i:]]
                try:
                    yield Edit(part.lineno, "`=` or `+=`")
                finally:
                    body[:], loop.body[k] = before, part


def _in_body(body: list[ast.stmt], new: list[ast.stmt], edit: Edit) -> Iterator[Edit]:
    """Give a body other statements while the edit is out; an empty one passes."""
    before = list(body)
    body[:] = new or [_like(ast.Pass(), before[0])]
    try:
        yield edit
    finally:
        body[:] = before


def _one_statement(body: list[ast.stmt], i: int, statement: ast.stmt, scope: Scope) -> Iterator[Edit]:
    def instead(new: ast.stmt, kind: str) -> Iterator[Edit]:
        return _in_body(body, [*body[:i], _like(new, statement), *body[i + 1 :]], Edit(statement.lineno, kind))

    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        if isinstance(target, ast.Name | ast.Attribute | ast.Subscript):
            for operator in (ast.Add, ast.Sub, ast.Mult):
                yield from instead(ast.AugAssign(target, operator(), statement.value), "`=` or `+=`")
        if isinstance(target, ast.Name) and scope.has_self and target.id in scope.attributes:
            own = ast.Attribute(_load("self"), target.id, ast.Store())
            yield from instead(ast.Assign([own], statement.value), "`self`: is it this object's own?")
        if isinstance(target, ast.Name):
            for name in scope.names:
                if name != target.id:
                    named = ast.Assign([ast.Name(name, ast.Store())], statement.value)
                    yield from instead(named, "the name before the =")
    if isinstance(statement, ast.AugAssign):
        yield from instead(ast.Assign([statement.target], statement.value), "`=` or `+=`")
        if isinstance(statement.target, ast.Name):
            fresh = ast.BinOp(_load(statement.target.id), statement.op, statement.value)
            yield from instead(ast.Assign([statement.target], fresh), "an array changed in place")
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        if isinstance(call.func, ast.Name) and call.func.id == "print" and call.args:
            yield from instead(ast.Return(call.args[0]), "`print` or `return`")
    if isinstance(statement, ast.If):
        if statement.orelse:
            then, otherwise = statement.body, statement.orelse
            statement.body, statement.orelse = otherwise, then
            try:
                yield Edit(statement.lineno, "the two sides of the `if`")
            finally:
                statement.body, statement.orelse = then, otherwise
        if not isinstance(statement.body[-1], ast.Return | ast.Raise | ast.Break):
            loop = ast.While(statement.test, [*scope.tick, *statement.body], [])
            yield from instead(_like(loop, statement), "`if` or `while`")
        inner = statement.orelse[0] if len(statement.orelse) == 1 else None
        following = body[i + 1] if i + 1 < len(body) else None
        for other in (inner, following):
            if isinstance(other, ast.If):
                ours, theirs = (statement.test, statement.body), (other.test, other.body)
                (statement.test, statement.body), (other.test, other.body) = theirs, ours
                try:
                    yield Edit(statement.lineno, "the order of the questions")
                finally:
                    (statement.test, statement.body), (other.test, other.body) = ours, theirs
        yield from _in_body(body, [*body[:i], *statement.body, *body[i + 1 :]], Edit(statement.lineno, "the `if`"))
    if isinstance(statement, ast.If) and not statement.orelse:
        run = [statement]
        for other in body[i + 1 :]:
            if not isinstance(other, ast.If) or other.orelse:
                break
            run.append(other)
        if len(run) > 1:
            chain: list[ast.stmt] = []
            for part in reversed(run):
                chain = [_like(ast.If(part.test, part.body, chain), part)]
            edit = Edit(run[1].lineno, "the questions: is an `if` an `elif`?")
            yield from _in_body(body, [*body[:i], *chain, *body[i + len(run) :]], edit)
    if isinstance(statement, ast.While):
        yield from instead(_like(ast.If(statement.test, statement.body, []), statement), "`if` or `while`")
    if isinstance(statement, ast.Break):
        yield from instead(ast.Continue(), "`break` or `continue`")
    if isinstance(statement, ast.Continue):
        yield from instead(ast.Break(), "`break` or `continue`")
    if not isinstance(statement, ast.Return) or i + 1 < len(body) or len(body) > 1:
        yield from _in_body(body, body[:i] + body[i + 1 :], Edit(statement.lineno, "a line too many"))


def _returns(function: ast.FunctionDef, scope: Scope, line: int | None) -> Iterator[Edit]:
    last = function.body[-1]
    if line not in (None, last.lineno):
        return
    edit = Edit(last.lineno, "what is given back")
    if isinstance(last, ast.Expr) and not is_tick(last):
        returned = _like(ast.Return(last.value), last)
        yield from _in_body(function.body, [*function.body[:-1], returned], edit)
    if isinstance(last, ast.Assign):
        returned = _like(ast.Return(last.value), last)
        yield from _in_body(function.body, [*function.body[:-1], returned], edit)
    if not isinstance(last, ast.Return):
        for name in scope.names:
            yield from _in_body(function.body, [*function.body, _like(ast.Return(_load(name)), last)], edit)


def _moves(function: ast.FunctionDef, line: int | None) -> Iterator[Edit]:
    """Statements exchanged with their neighbours, and lines taken out of a loop or into it."""
    for _owner, _field, body in list(_bodies(function)):
        yield from _sums(body, line)
        at = [i for i, statement in enumerate(body) if not is_tick(statement)]
        for i, j in pairwise(at):
            if line not in (None, body[i].lineno, body[j].lineno):
                continue
            swapped = list(body)
            swapped[i], swapped[j] = swapped[j], swapped[i]
            yield from _in_body(body, swapped, Edit(body[j].lineno, "the order of two lines"))
        for i, statement in enumerate(body):
            if not isinstance(statement, ast.For | ast.While | ast.If | ast.With):
                continue
            where = "the if" if isinstance(statement, ast.If) else "the loop"
            inner = statement.body
            ours = [k for k, part in enumerate(inner) if not is_tick(part)]
            if len(ours) > 1:
                for k, before in ((ours[-1], False), (ours[0], True)):
                    moved = inner[k]
                    if line not in (None, moved.lineno):
                        continue
                    kept = inner[:k] + inner[k + 1 :]
                    outer = [*body[:i], moved, *body[i:]] if before else [*body[: i + 1], moved, *body[i + 1 :]]
                    whole, whole_inner = list(body), list(inner)
                    body[:], inner[:] = outer, kept
                    try:
                        yield Edit(moved.lineno, f"whether that line belongs into {where}")
                    finally:
                        body[:], inner[:] = whole, whole_inner
            for k, inside in ((i + 1, "last"), (i - 1, "first")):
                if not 0 <= k < len(body) or is_tick(body[k]) or line not in (None, body[k].lineno):
                    continue
                moved = body[k]
                whole, whole_inner = list(body), list(inner)
                inner[:] = [*inner, moved] if inside == "last" else [moved, *inner]
                body[:] = [part for part in whole if part is not moved]
                try:
                    yield Edit(moved.lineno, f"whether that line belongs into {where}")
                finally:
                    body[:], inner[:] = whole, whole_inner


PARTS: tuple[Callable[..., Iterator[Edit]], ...] = (
    _operators,
    _too_many,
    _calls,
    _numbers_and_names,
    _two_exchanged,
    _statements,
    _everywhere,
    _alike,
    _lines_left_out,
    _compared,
    _brackets,
    _rarer,
    _terms,  # the most by far
)
