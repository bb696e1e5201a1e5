"""Answers to lesson 07, computations are graphs.

Every function here stands alone: it sees ``np``, ``dl`` and its own arguments, nothing else.

A graph is plain data: a dict from the name of a node to ``(operation, names of its inputs)``.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from dlcourse.lesson import exercise, function_of, prediction, question

Graph = dict[str, tuple[str, list[str]]]
Case = dict[str, Any]


def random_graph(rng: np.random.Generator, inputs: int, operations: int) -> Graph:
    """A graph with nodes of one and of two inputs; its dict is in no useful order."""
    names = [f"n{k}" for k in rng.permutation(inputs + operations)]
    graph: Graph = {name: ("input", []) for name in names[:inputs]}
    for k in range(inputs, len(names)):
        # reach back to recent nodes mostly, so that the graph is deep
        before = names[max(0, k - 5) : k]
        chosen = [str(name) for name in rng.choice(before, size=2)]
        kind = str(rng.choice(["add", "multiply", "subtract", "tanh"]))
        graph[names[k]] = (kind, chosen[:1] if kind == "tanh" else chosen)
    shuffled = [str(name) for name in rng.permutation(list(graph))]
    return {name: graph[name] for name in shuffled}


# ------------------------------------------------------------------------------------------------ 07.1

order = exercise("07.1", "An order to compute in", points=2)


@order.reference
def topo(graph: Graph) -> list[str]:
    """Go down to what a node needs, and note the node on the way back up.

    A node is noted once all that it needs is noted: that is the order. The set of noted nodes makes sure
    that each is walked once. The stack is our own list, because Python's own stack of calls ends at about 1000.
    """
    order: list[str] = []
    noted: set[str] = set()
    for start in graph:
        stack = [start]
        while stack:
            name = stack[-1]
            waiting = [i for i in graph[name][1] if i not in noted]
            if waiting:
                stack.extend(waiting)
                continue
            stack.pop()
            if name not in noted:
                noted.add(name)
                order.append(name)
    return order


@order.mutant(
    "A node stands before one of its inputs. You note a node when you meet it; note it when its inputs are done."
)
def _(graph: Graph) -> list[str]:
    order: list[str] = []
    stack = list(graph)[::-1]
    while stack:
        name = stack.pop()
        if name not in order:
            order.append(name)
            stack.extend(graph[name][1])
    return order


order.mutant(
    "Every node is there and its inputs are too, but the list runs backwards: from the results to the inputs.",
    "return order",
    "return order[::-1]",
)
order.mutant(
    "That is the order of the dict. A dict keeps the order in which nodes were written, which may be any.",
    "return order",
    "return list(graph)",
)
order.mutant(
    "A node that two others use is noted twice. Keep the noted nodes in a set, and look there first.",
    "if name not in noted",
    "if True",
)
order.mutant(
    "Only what the last node of the dict needs is listed. Every node of the graph belongs in the list.",
    "for start in graph",
    "for start in list(graph)[-1:]",
)
order.mutant(
    "Only what the first node of the dict needs is listed. Every node of the graph belongs in the list.",
    "for start in graph",
    "for start in list(graph)[:1]",
)
order.mutant(
    "The inputs come first, but the rest is in the order of the dict. Operations wait for one another, too.",
    "return order",
    "return sorted(graph, key=lambda name: bool(graph[name][1]))",
)


NOTE = "            if name not in noted:\n                noted.add(name)\n                order.append(name)\n"
order.equivalent("if name not in noted", "if name not in order", "The set and the list hold the same names.")
order.equivalent("if i not in noted", "if i not in order", "The set and the list hold the same names.")
order.equivalent(
    "in graph:", "in reversed(list(graph)):", "Any order will do in which no node stands before one of its inputs."
)
order.equivalent(
    "in graph[name][1]",
    "in reversed(list(graph[name][1]))",
    "Any order will do in which no node stands before one of its inputs.",
)
order.equivalent(
    "if name not in noted:", "while name not in noted:", "The first turn notes it: there is no second one."
)
order.equivalent(
    "    order: list[str] = []\n    noted: set[str] = set()\n",
    "    noted: set[str] = set()\n    order: list[str] = []\n",
    "Neither of the two lines uses the other.",
)
order.equivalent(
    "            stack.pop()\n" + NOTE,
    NOTE + "            stack.pop()\n",
    "The name is at hand, whether it is still on the stack or not.",
)
order.equivalent(
    "            if waiting:\n                stack.extend(waiting)\n",
    "            stack.extend(waiting)\n            if waiting:\n",
    "Nothing is put on the stack where nothing waits.",
)
order.equivalent(
    "                noted.add(name)\n                order.append(name)\n",
    "                order.append(name)\n                noted.add(name)\n",
    "Neither of the two lines uses the other.",
)


@order.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(graph={"s": ("multiply", ["w", "x"]), "y": ("tanh", ["s"]), "x": ("input", []), "w": ("input", [])})
    yield dict(graph={"b": ("tanh", ["a"]), "c": ("add", ["a", "b"]), "d": ("add", ["c", "b"]), "a": ("input", [])})
    yield dict(graph={"b": ("tanh", ["a"]), "a": ("input", []), "c": ("input", [])})  # nobody needs the last one
    # written from its end: whoever looks one step back only puts c before b
    yield dict(graph={"d": ("tanh", ["c"]), "c": ("tanh", ["b"]), "b": ("tanh", ["a"]), "a": ("input", [])})
    for size in (8, 12, 16):
        yield dict(graph=random_graph(rng, 3, size))
    # what is deep is as large as the graph that it stands for, so that it is shown last
    yield dict(graph="n1499 … n0, then m0 … m1499, each from the one numbered one less", deep=[1] * 300)


@order.observe
def _(answer: Callable[[Graph], list[str]], case: Case) -> list[str]:
    if "deep" not in case:
        return answer(case["graph"])
    # 150 nodes and a tenth of Python's stack stand for 1500 nodes and the whole of it: quick for every answer;
    # one chain is written from its end, one from its beginning, so that no order of the dict helps
    import sys

    graph: Graph = {f"n{k}": ("tanh", [f"n{k - 1}"]) for k in range(149, 0, -1)}
    graph |= {"n0": ("input", []), "m0": ("input", [])}
    graph |= {f"m{k}": ("tanh", [f"m{k - 1}"]) for k in range(1, 150)}
    frame: Any = sys._getframe()
    depth, limit = 0, sys.getrecursionlimit()
    while frame is not None:
        frame, depth = frame.f_back, depth + 1
    sys.setrecursionlimit(depth + 100)
    try:
        return answer(graph)
    finally:
        sys.setrecursionlimit(limit)


@order.accepts
def _(observed: Any, case: Case) -> bool | str:
    graph: Graph = case["graph"]
    if "deep" in case:
        graph = {f"n{k}": ("tanh", [f"n{k - 1}"]) for k in range(149, 0, -1)}
        graph |= {"n0": ("input", []), "m0": ("input", [])}
        graph |= {f"m{k}": ("tanh", [f"m{k - 1}"]) for k in range(1, 150)}
    if not isinstance(observed, list | tuple) or not all(isinstance(name, str) and name in graph for name in observed):
        return "A list of the names in the graph is asked for."
    if missing := [name for name in graph if name not in observed]:
        return f"{missing[0]} is missing. Every name of the graph belongs in the list."
    if len(observed) > len(graph):
        twice = next(name for name, times in Counter(observed).items() if times > 1)
        return f"{twice} is there more than once. Note a name only if it is not noted yet."
    place = {name: k for k, name in enumerate(observed)}
    early = [(name, i) for name in observed for i in graph[name][1] if place[i] > place[name]]
    return f"{early[0][0]} stands before {early[0][1]}, which it is computed from." if early else True


order.hints(
    "Before you can compute a node, all its inputs must be computed. What about their inputs?",
    "Keep a list (a stack) of nodes you are trying to note, and a set of those that are noted. 1500 calls deep "
    "is too deep for Python.",
    "Look at the top of the stack: if inputs of it are not noted, push those; else pop it, and note it unless "
    "it is noted already.",
)

# ------------------------------------------------------------------------------------------------ 07.2

forward = exercise("07.2", "The forward pass", points=2, start="values = dict(feed)\n...")


@forward.reference
def evaluate(graph: Graph, feed: dict[str, float], functions: dict[str, Callable[..., float]]) -> dict[str, float]:
    """Compute whatever can be computed, until nothing is left.

    An input takes its value from the feed. Every other node takes the values of its inputs, in the order in which
    they stand, and hands them to its function. With an order at hand, as in 07.1, one walk is enough.
    """
    values = dict(feed)
    while len(values) < len(graph):
        for name, (kind, inputs) in graph.items():
            if name not in values and all(i in values for i in inputs):
                values[name] = functions[kind](*[values[i] for i in inputs])
    return values


forward.mutant(
    "The inputs arrive in the wrong order. For a − b it matters which comes first: keep the order of the list.",
    "for i in inputs])",
    "for i in reversed(inputs)])",
)
forward.mutant(
    "The values that were fed are missing from what you return. Every node has a value, the inputs, too.",
    "return values",
    "return {name: values[name] for name in values if name not in feed}",
)
forward.mutant(
    "You return one value, the last one computed. All of them are asked for: a dict from name to value.",
    "return values",
    "return values[name]",
)
forward.mutant(
    "You go through the dict once, and what cannot be computed yet is left out. Go round until all have values.",
    [("    while len(values) < len(graph):\n", "    for _ in range(1):\n")],
)
forward.mutant("You return the fed values only: nothing was computed.", "return values", "return dict(feed)")


forward.equivalent(
    "len(values) < len(graph)",
    "len(values) != len(graph)",
    "Every name in values is in the graph, so there are never more.",
)
forward.equivalent("name not in values", "name not in feed", "It is computed again, from the same values.")
forward.equivalent(
    "in graph.items()",
    "in reversed(list(graph.items()))",
    "Whatever can be computed is, until nothing is left: in which order does not count.",
)
forward.equivalent(
    "for i in inputs)", "for i in reversed(list(inputs)))", "All of them are asked for, in whatever order."
)
forward.equivalent(
    "if name not in values", "while name not in values", "The first turn gives it its value: there is no second one."
)


@forward.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    functions = {
        "add": function_of("a, b", "a + b"),
        "subtract": function_of("a, b", "a - b"),
        "multiply": function_of("a, b", "a * b"),
        "tanh": function_of("a", "np.tanh(a)"),
    }
    small = {"d": ("subtract", ["q", "b"]), "q": ("multiply", ["a", "a"]), "a": ("input", []), "b": ("input", [])}
    yield dict(graph=small, feed={"a": 3.0, "b": 0.5}, functions=functions)
    yield dict(graph={"a": ("input", [])}, feed={"a": 3.0}, functions=functions)
    tower = {f"n{k}": ("tanh", [f"n{k - 1}"]) for k in range(9, 0, -1)} | {"n0": ("input", [])}
    yield dict(graph=tower, feed={"n0": 0.5}, functions=functions)  # as many rounds as nodes
    for size in (6, 10):
        graph = random_graph(rng, 3, size)
        first = next(name for name, (kind, _) in graph.items() if kind == "input")
        graph["last"] = ("subtract", [first, next(name for name in graph if name != first)])
        feed = {name: round(float(rng.normal()), 3) for name, (kind, _) in graph.items() if kind == "input"}
        yield dict(graph=graph, feed=feed, functions=functions)


forward.hints(
    "A node can be computed as soon as all its inputs have values. Which ones have values at the start?",
    "values starts as a copy of feed. graph[name] is a pair: the operation, and the list of input names.",
    "Walk in an order as in 07.1; for each node that was not fed: values[name] = functions[kind](*[values[i] "
    "for i in inputs]).",
)

# ------------------------------------------------------------------------------------------------ 07.3

users = exercise("07.3", "Who uses this node?", points=1)


@users.reference
def consumers(graph: Graph) -> dict[str, list[str]]:
    """Turn the arrows round: each node tells its inputs that it uses them.

    A node that nobody uses has an empty list. The result has none that use it; a forgotten knob has none either.
    """
    used_by: dict[str, list[str]] = {name: [] for name in graph}
    for name in graph:
        for i in dict.fromkeys(graph[name][1]):
            used_by[i].append(name)
    return used_by


EACH = "dict.fromkeys(graph[name][1])"
users.mutant(
    "These are the inputs of each node. Its consumers stand at the other end of the arrows: the nodes that use it.",
    "return used_by",
    "return {name: list(graph[name][1]) for name in graph}",
)
users.mutant(
    "These are the inputs of each node, each once. Its consumers stand at the other end: the nodes that use it.",
    "return used_by",
    "return {name: list(dict.fromkeys(graph[name][1])) for name in graph}",
)
users.mutant(
    "Nodes that nobody uses are missing. They belong in the dict, too, with an empty list.",
    "return used_by",
    "return {name: used for name, used in used_by.items() if used}",
)
users.mutant("A node that uses x twice, as x·x does, is listed twice. It is one consumer.", EACH, "graph[name][1]")
users.mutant(
    "Each node keeps its last consumer only: you put a new list in place of the old one. Append to it.",
    "used_by[i].append(name)",
    "used_by[i] = [name]",
)
users.mutant(
    "All nodes share one list: dict.fromkeys(graph, []) puts the same one everywhere. Each needs its own.",
    "{name: [] for name in graph}",
    "dict.fromkeys(graph, [])",
)
users.mutant(
    "`+=` puts the letters of a name into the list, one by one. Append the name, and each name once.",
    [(EACH, "graph[name][1]"), ("used_by[i].append(name)", "used_by[i] += name")],
)
users.mutant("You note what the consumers do. Their names are asked for.", "append(name)", "append(graph[name][0])")
users.mutant(
    "The consumers of consumers are in your lists, too. Only the nodes that use it directly belong there.",
    "    return used_by",
    "    for _ in graph:\n        for name in graph:\n"
    "            more = {k for user in used_by[name] for k in used_by[user]}\n"
    "            used_by[name] = sorted({*used_by[name], *more})\n    return used_by",
)
users.mutant(
    "You count the consumers. Their names are asked for.",
    "return used_by",
    "return {name: len(used_by[name]) for name in graph}",
)
users.mutant("Each node is in its own list. A node does not use itself.", "[] for name", "[name] for name")


users.equivalent("    for name in graph:", "    for name in used_by:", "Every name of the graph has its list.")
users.equivalent(
    "    for name in graph:",
    "    for name in reversed(list(graph)):",
    "The order within a list is free, and so is the order of the names.",
)
users.equivalent(
    "dict.fromkeys(graph[name][1])",
    "reversed(list(dict.fromkeys(graph[name][1])))",
    "The order within a list is free, and so is the order of the names.",
)
users.equivalent(
    "for name in graph}",
    "for name in reversed(list(graph))}",
    "The order within a list is free, and so is the order of the names.",
)


users.mutant("Only the first input of each node is looked at. A node uses all its inputs.", EACH, "graph[name][1][:1]")


@users.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(graph={"q": ("multiply", ["a", "a"]), "s": ("add", ["q", "a"]), "a": ("input", [])})
    for size in (6, 10, 14):
        graph = random_graph(rng, 3, size)
        first = next(iter(graph))
        graph["square"] = ("multiply", [first, first])
        graph["last"] = ("add", ["square", first])
        yield dict(graph=graph)


@users.observe
def _(answer: Callable[[Graph], dict[str, list[str]]], case: Case) -> Any:
    found = answer(case["graph"])
    if not isinstance(found, dict):
        return found
    # the order within a list is free
    return {
        str(name): sorted(users) if isinstance(users, list | tuple | set) else users
        for name, users in sorted(found.items())
    }


users.hints(
    "Every arrow goes from an input to a node that uses it. You know the arrows that arrive; collect those that leave.",
    "Start with an empty list for every name of the graph. Then go through the nodes once.",
    "For each node, for each different name among its inputs: append the node's name to that input's list.",
)

# ------------------------------------------------------------------------------------------------ 07.4

upstream = exercise("07.4", "What a node depends on", points=1)


@upstream.reference
def ancestors(graph: Graph, node: str) -> set[str]:
    """Follow the arrows backwards from the node and collect whatever you meet, once.

    A knob that is not among the ancestors of the loss cannot change it: its derivative is 0, whatever its value.
    """
    found: set[str] = set()
    waiting = list(graph[node][1])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(graph[name][1])
    return found


upstream.mutant(
    "These are the node's direct inputs. It depends on their inputs as well, and on theirs, up to the beginning.",
    "return found",
    "return set(graph[node][1])",
)
upstream.mutant(
    "You went back two arrows. It depends on the inputs of these as well, and on theirs, up to the beginning.",
    "return found",
    "return set(graph[node][1]).union(*(graph[i][1] for i in graph[node][1]))",
)
upstream.mutant(
    "The node itself is in your set. Ancestors are what it is computed from.", "list(graph[node][1])", "[node]"
)
upstream.mutant(
    "You walked with the arrows: these nodes feel a change of the node. Walk against the arrows.",
    [
        ("waiting = list(graph[node][1])", "waiting = [k for k in graph if node in graph[k][1]]"),
        ("waiting.extend(graph[name][1])", "waiting.extend([k for k in graph if name in graph[k][1]])"),
    ],
)
upstream.mutant(
    "Only the inputs at the very beginning are there. The operations in between are ancestors, too.",
    "return found",
    "return {name for name in found if not graph[name][1]}",
)
upstream.mutant(
    "The inputs at the very beginning are missing. A node depends on them, too.",
    "return found",
    "return {name for name in found if graph[name][1]}",
)
upstream.mutant(
    "These are all the other nodes. Some of them do not lead to the node.", "return found", "return set(graph) - {node}"
)
upstream.mutant(
    "You follow one arrow of each node only. A node depends on all its inputs.",
    "extend(graph[name][1])",
    "extend(graph[name][1][:1])",
)


upstream.mutant(
    "`update` puts the letters of a name into the set. `add` puts the name there.",
    "found.add(name)",
    "found.update(name)",
)
upstream.mutant(
    "These are its consumers: the nodes that use it. Ancestors are what it is computed from.",
    "return found",
    "return {k for k in graph if node in graph[k][1]}",
)


@upstream.mutant("What the inner call gives back is dropped. It belongs into the set: found |= ancestors(graph, i).")
def _(graph: Graph, node: str) -> set[str]:
    def inner(node: str) -> set[str]:
        found = set()
        for i in graph[node][1]:
            found.add(i)
            inner(i)
        return found

    return inner(node)


@upstream.mutant(
    "Some nodes are reached on 2⁶⁰ paths, and you follow each path. Go on from a name only where it is new in your set."
)
def _(graph: Graph, node: str) -> set[str]:
    def on_each_path(node: str) -> set[str]:
        found = set(graph[node][1])
        for name in graph[node][1]:
            found |= on_each_path(name)
        return found

    return on_each_path(node)


upstream.equivalent(
    "if name not in found", "while name not in found", "The first turn puts it in: there is no second one."
)
upstream.equivalent(
    "    found: set[str] = set()\n    waiting = list(graph[node][1])\n",
    "    waiting = list(graph[node][1])\n    found: set[str] = set()\n",
    "Neither of the two lines uses the other.",
)
upstream.equivalent(
    "            found.add(name)\n            waiting.extend(graph[name][1])\n",
    "            waiting.extend(graph[name][1])\n            found.add(name)\n",
    "Neither of the two lines uses the other.",
)


@upstream.mutant("You follow the first input only. A node may have several, and each leads on.")
def _(graph: Graph, node: str) -> set[str]:
    found = set()
    while graph[node][1]:
        node = graph[node][1][0]
        found.add(node)
    return found


@upstream.mutant("These are the names that stand before it in the dict. What it is computed from, the inputs tell.")
def _(graph: Graph, node: str) -> set[str]:
    names = list(graph)
    return set(names[: names.index(node)])


@upstream.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    graph = {"y": ("tanh", ["s"]), "s": ("multiply", ["w", "x"])} | {name: ("input", []) for name in "wxb"}
    yield dict(graph=graph, node="y")
    yield dict(graph=graph, node="w")
    chain = {"d": ("tanh", ["c"]), "c": ("add", ["b", "x"]), "b": ("tanh", ["a"])}
    yield dict(graph=chain | {"a": ("input", []), "x": ("input", [])}, node="d")
    for size in (8, 12, 16):
        graph = random_graph(rng, 3, size)
        users = {i for _, inputs in graph.values() for i in inputs}
        middle = [name for name, (kind, _) in graph.items() if kind != "input" and name in users]
        depends = [name for name in middle if any(graph[i][1] for i in graph[name][1])]
        yield dict(graph=graph, node=str(rng.choice(depends or middle)))
    ladder: Graph = {"n0": ("input", [])} | {f"n{k}": ("add", [f"n{k - 1}"] * 2) for k in range(1, 61)}
    yield dict(graph=ladder, node="n60")  # 2⁶⁰ paths
    braid: Graph = {"a0": ("input", []), "b0": ("input", [])}
    for k in range(1, 41):
        braid |= {f"{side}{k}": ("add", [f"a{k - 1}", f"b{k - 1}"]) for side in "ab"}
    yield dict(graph=braid, node="a40")  # 2⁴⁰ paths, and no node uses another one twice


@upstream.observe
def _(answer: Callable[[Graph, str], set[str]], case: Case) -> Any:
    """Nobody has to wait for 2⁶⁰ paths: the graph counts how often it is asked."""

    class TooOften(BaseException):
        pass

    class Watched(dict):  # type: ignore[type-arg]
        asked = 0

        def __getitem__(self, name: str) -> Any:
            self.asked += 1
            if self.asked > 300 * len(self):
                raise TooOften
            return super().__getitem__(name)

        def get(self, name: str, otherwise: Any = None) -> Any:
            return self[name] if name in self else otherwise  # noqa: SIM401 (this is what get does)

    graph = Watched(case["graph"])
    try:
        found = answer(graph, case["node"])
    except TooOften:
        found = f"still looking, after {graph.asked} questions about {len(graph)} nodes"  # type: ignore[assignment]
    case["graph"].clear()
    case["graph"].update(graph)  # so that a change is seen
    once = isinstance(found, list | tuple | frozenset) and len(set(found)) == len(found)
    return set(found) if once else found


upstream.hints(
    "Begin with the node's own inputs. Each of them has inputs as well.",
    "Keep a set of what you have found, and a list of names whose inputs you have still to look at.",
    "Take a name from the list; if it is not in the set, put it there and put its inputs on the list.",
)

# ------------------------------------------------------------------------------------------------ predictions and quiz

predictions = [
    prediction(
        "07.a",
        "You write tanh(w*x + b)**2 as a graph: a box for each input and each operation. How many boxes are there?",
        options={
            "4: one for each operation": "Those are the operations. The inputs they start from are boxes, too.",
            "3: w, x and b": (
                "Those are where it starts. Each operation makes a new value, and that needs a box as well."
            ),
            "More than 6": "Three names, four operations, and the number 2, which is an input that never changes.",
        },
        answer="More than 6",
    ),
    prediction(
        "07.b",
        "In ℓ = (tanh(w·x + b) − y)² you move b a little. Which values stay as they were?",
        options={
            "All but ℓ": "The change has to get to ℓ somehow: every value on the way there moves.",
            "w·x, and the other inputs": "No arrow leads there from b. What comes after b moves.",
            "None: everything is connected": (
                "Connected, yes, but arrows have a direction, and a change travels along them."
            ),
        },
        answer="w·x, and the other inputs",
    ),
    prediction(
        "07.c",
        "A graph of 19 nodes: each uses the one before it twice. You ask the last for its value; each node asks its "
        "inputs, and nobody remembers anything. How many times is a node asked?",
        options={
            "19": "That would need a memory: a node that was asked before would have to answer at once.",
            "38": (
                "Two questions a node would be 38, if each node were asked once. But each is asked twice as "
                "often as the next."
            ),
            "About 500 000": "Each node is asked twice as often as the one after it: 1, 2, 4, 8, … up to 262 144.",
        },
        answer="About 500 000",
    ),
]

quiz = [
    question(
        "07.q1",
        "The arrows of the graph are w → s, x → s, s → y. Which list is a topological order?",
        options={
            "x, w, s, y": "Each node stands after all it needs. w, x, s, y is another.",
            "s, w, x, y": "s cannot be computed yet: w and x come after it.",
            "y, s, x, w": "That is an order for walking back. To compute, start from the inputs.",
        },
        answer="x, w, s, y",
    ),
    question(
        "07.q2",
        "Which node has no consumers?",
        options={
            "An input": "An input that nobody uses would be a mistake. It has no inputs, which is something else.",
            "The loss": "All arrows lead there and none leaves. A forgotten knob has no consumers, too.",
            "A constant": "A constant has no inputs. Somebody uses it, or it would not be in the graph.",
        },
        answer="The loss",
    ),
    question(
        "07.q3",
        "A knob is not among the ancestors of the loss. What is the derivative of the loss by it?",
        options={
            "It is not defined": "It is defined: move the knob, and the loss moves by nothing.",
            "0": "No path leads from the knob to the loss, so turning it changes nothing.",
            "1": "1 is the derivative of the loss by itself.",
        },
        answer="0",
    ),
    question(
        "07.q4",
        "Why must a graph of one computation have no cycle?",
        options={
            "It would take too much memory": (
                "Memory is not the point: no order exists in which it could be computed at all."
            ),
            "Each node of the cycle would have to be computed before itself": (
                "There is no node to begin with, so there is no topological order."
            ),
            "Derivatives would be infinite": "It does not get that far: not even the values can be computed.",
        },
        answer="Each node of the cycle would have to be computed before itself",
    ),
    question(
        "07.q5",
        "In training, which boxes of the graph does gradient descent change?",
        options={
            "All of them": "It changes the parameters. Everything computed from them follows.",
            "The data and the targets": "Those are given. A model that could change them would learn nothing.",
            "The parameters": "Data and targets are given, operations are computed; only parameters are free.",
        },
        answer="The parameters",
    ),
]
