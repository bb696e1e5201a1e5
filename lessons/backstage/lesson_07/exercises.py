"""Answers to lesson 07, computations are graphs.

Every function here stands alone: it sees ``np``, ``dl`` and its own arguments, nothing else.

A graph is plain data: a dict from the name of a node to ``(operation, names of its inputs)``.
"""

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
    order: dict[str, None] = {}
    for start in graph:
        stack = [start]
        while stack:
            name = stack.pop()
            if name not in order:
                order[name] = None
                stack.extend(graph[name][1])
    return list(order)


@order.mutant(
    "Every node is there and its inputs are too, but the list runs backwards: from the results to the inputs."
)
def _(graph: Graph) -> list[str]:
    order: dict[str, None] = {}
    while len(order) < len(graph):
        for name, (_, inputs) in graph.items():
            if name not in order and all(i in order for i in inputs):
                order[name] = None
    return list(order)[::-1]


@order.mutant(
    "That is the order of the dict. A dict keeps the order in which nodes were written, and nodes may be written in"
    " any."
)
def _(graph: Graph) -> list[str]:
    return list(graph)


@order.mutant("A node that two others use is noted twice. Keep the noted nodes in a set, and look there first.")
def _(graph: Graph) -> list[str]:
    order: list[str] = []
    done: dict[str, list[str]] = {}
    while len(done) < len(graph):
        for name, (_, inputs) in graph.items():
            if name not in done and all(i in done for i in inputs):
                done[name] = [*inputs, name]
    for names in done.values():
        order.extend(names)
    return order


@order.mutant("Only what the last node of the dict needs is listed. Every node of the graph belongs in the list.")
def _(graph: Graph) -> list[str]:
    noted: dict[str, None] = {}
    stack = [list(graph)[-1]]
    while stack:
        name = stack[-1]
        waiting = [i for i in graph[name][1] if i not in noted]
        if waiting:
            stack.extend(waiting)
            continue
        stack.pop()
        noted[name] = None
    return list(noted)


@order.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(graph={"y": ("tanh", ["s"]), "s": ("multiply", ["w", "x"]), "w": ("input", []), "x": ("input", [])})
    for size in (8, 12, 16):
        yield dict(graph=random_graph(rng, 3, size))
    yield dict(chain=[int(k) for k in rng.permutation(1500)])


@order.observe
def _(answer: Callable[[Graph], list[str]], case: Case) -> list[str]:
    if "chain" in case:  # too long to write out: each node is the tanh of the one before
        names = [f"n{k}" for k in case["chain"]]
        links = {names[k]: ("tanh", [names[k - 1]]) for k in range(1, len(names))}
        graph = {names[0]: ("input", []), **{name: links[name] for name in sorted(links)}}
        return list(answer(graph))
    return list(answer({name: (kind, list(inputs)) for name, (kind, inputs) in case["graph"].items()}))


@order.accepts
def _(observed: Any, case: Case) -> bool | str:
    if "chain" in case:
        return bool(observed == [f"n{k}" for k in case["chain"]])
    graph: Graph = case["graph"]
    if not isinstance(observed, list) or not set(map(str, observed)) <= set(graph):
        return "A list of the names in the graph is asked for."
    if missing := [name for name in graph if name not in observed]:
        return f"{missing[0]} is missing. Every name of the graph belongs in the list."
    if twice := [name for name in observed if observed.count(name) > 1]:
        return f"{twice[0]} is there more than once. Note a name only if it is not noted yet."
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


@forward.mutant(
    "The inputs arrive in the wrong order. For a − b it matters which comes first: keep the order of the list."
)
def _(graph: Graph, feed: dict[str, float], functions: dict[str, Callable[..., float]]) -> dict[str, float]:
    values = dict(feed)
    while len(values) < len(graph):
        for name, (kind, inputs) in graph.items():
            if name not in values and all(i in values for i in inputs):
                values[name] = functions[kind](*[values[i] for i in reversed(inputs)])
    return values


@forward.mutant("The values that were fed are missing from what you return. Every node has a value, the inputs, too.")
def _(graph: Graph, feed: dict[str, float], functions: dict[str, Callable[..., float]]) -> dict[str, float]:
    values = dict(feed)
    while len(values) < len(graph):
        for name, (kind, inputs) in graph.items():
            if name not in values and all(i in values for i in inputs):
                values[name] = functions[kind](*[values[i] for i in inputs])
    return {name: value for name, value in values.items() if name not in feed}


@forward.mutant("A node that uses one input twice, as x·x does, gets it once only. Do not drop repeated inputs.")
def _(graph: Graph, feed: dict[str, float], functions: dict[str, Callable[..., float]]) -> dict[str, float]:
    values = dict(feed)
    while len(values) < len(graph):
        for name, (kind, inputs) in graph.items():
            if name not in values and all(i in values for i in inputs):
                arguments = [values[i] for i in dict.fromkeys(inputs)]
                if len(arguments) < len(inputs):
                    arguments += [0.0] * (len(inputs) - len(arguments))
                values[name] = functions[kind](*arguments)
    return values


@forward.mutant("You return one value, the last one computed. All of them are asked for: a dict from name to value.")
def _(graph: Graph, feed: dict[str, float], functions: dict[str, Callable[..., float]]) -> Any:
    values = dict(feed)
    last = 0.0
    while len(values) < len(graph):
        for name, (kind, inputs) in graph.items():
            if name not in values and all(i in values for i in inputs):
                last = values[name] = functions[kind](*[values[i] for i in inputs])
    return last


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
    for name, (_, inputs) in graph.items():
        for i in dict.fromkeys(inputs):
            used_by[i].append(name)
    return used_by


@users.mutant(
    "These are the inputs of each node. Its consumers stand at the other end of the arrows: the nodes that use it."
)
def _(graph: Graph) -> dict[str, list[str]]:
    return {name: list(inputs) for name, (_, inputs) in graph.items()}


@users.mutant("Nodes that nobody uses are missing. They belong in the dict, too, with an empty list.")
def _(graph: Graph) -> dict[str, list[str]]:
    used_by: dict[str, list[str]] = {}
    for name, (_, inputs) in graph.items():
        for i in dict.fromkeys(inputs):
            used_by.setdefault(i, []).append(name)
    return used_by


@users.mutant("A node that uses x twice, as x·x does, is listed twice. It is one consumer.")
def _(graph: Graph) -> dict[str, list[str]]:
    used_by: dict[str, list[str]] = {name: [] for name in graph}
    for name, (_, inputs) in graph.items():
        for i in inputs:
            used_by[i].append(name)
    return used_by


@users.mutant("Each node keeps its last consumer only: you put a new list in place of the old one. Append to it.")
def _(graph: Graph) -> dict[str, list[str]]:
    used_by: dict[str, list[str]] = {name: [] for name in graph}
    for name, (_, inputs) in graph.items():
        for i in inputs:
            used_by[i] = [name]
    return used_by


@users.mutant("All nodes share one list: dict.fromkeys(graph, []) puts the same one everywhere. Each needs its own.")
def _(graph: Graph) -> dict[str, list[str]]:
    one: list[str] = []
    used_by = dict.fromkeys(graph, one)
    for name, (_, inputs) in graph.items():
        for i in dict.fromkeys(inputs):
            used_by[i].append(name)
    return used_by


@users.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(graph={"q": ("multiply", ["a", "a"]), "a": ("input", []), "s": ("add", ["q", "a"])})
    for size in (6, 10, 14):
        graph = random_graph(rng, 3, size)
        first = next(iter(graph))
        graph["square"] = ("multiply", [first, first])
        graph["last"] = ("add", ["square", first])
        yield dict(graph=graph)


@users.observe
def _(answer: Callable[[Graph], dict[str, list[str]]], case: Case) -> Any:
    found = answer({name: (kind, list(inputs)) for name, (kind, inputs) in case["graph"].items()})
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


@upstream.mutant(
    "These are the node's direct inputs. It depends on their inputs as well, and on theirs, up to the beginning."
)
def _(graph: Graph, node: str) -> set[str]:
    return set(graph[node][1])


@upstream.mutant("The node itself is in your set. Ancestors are what it is computed from.")
def _(graph: Graph, node: str) -> set[str]:
    found: set[str] = set()
    waiting = [node]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(graph[name][1])
    return found


@upstream.mutant("You walked with the arrows: these nodes feel a change of the node. Walk against the arrows.")
def _(graph: Graph, node: str) -> set[str]:
    found: set[str] = set()
    grown = True
    while grown:
        grown = False
        for name, (_, inputs) in graph.items():
            if name not in found and any(i == node or i in found for i in inputs):
                found.add(name)
                grown = True
    return found


@upstream.mutant("Only the inputs at the very beginning are there. The operations in between are ancestors, too.")
def _(graph: Graph, node: str) -> set[str]:
    found: set[str] = set()
    waiting = list(graph[node][1])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(graph[name][1])
    return {name for name in found if not graph[name][1]}


@upstream.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    graph = {"y": ("tanh", ["s"]), "s": ("multiply", ["w", "x"])} | {name: ("input", []) for name in "wxb"}
    yield dict(graph=graph, node="y")
    for size in (8, 12, 16):
        graph = random_graph(rng, 3, size)
        users = {i for _, inputs in graph.values() for i in inputs}
        middle = [name for name, (kind, _) in graph.items() if kind != "input" and name in users]
        depends = [name for name in middle if any(graph[i][1] for i in graph[name][1])]
        yield dict(graph=graph, node=str(rng.choice(depends or middle)))
    yield dict(graph="n1 … n60, each from the one before it twice: 2⁶⁰ paths", node="n60")


@upstream.observe
def _(answer: Callable[[Graph, str], set[str]], case: Case) -> Any:
    if isinstance(case["graph"], str):  # too long to write out
        graph: Graph = {"n0": ("input", [])}
        graph.update({f"n{k}": ("add", [f"n{k - 1}"] * 2) for k in range(1, 61)})
    else:
        graph = {name: (kind, list(inputs)) for name, (kind, inputs) in case["graph"].items()}
    found = answer(graph, case["node"])
    return sorted(found) if isinstance(found, set | frozenset | list | tuple) else found


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
