"""Pickling graphs of any depth: as a flat list, in which operations point at their inputs by number."""

from __future__ import annotations

import weakref
from typing import Any

from dlcourse.graph import Node, Operation, topological_order


class _Flat:
    """A graph as a flat list, so that pickling needs no recursion: leaves, and records that point at their inputs."""

    def __init__(self, records: list[Any]) -> None:
        self.records = records
        self.nodes: list[Node] = []

    def __getstate__(self) -> list[Any]:
        return self.records

    def __setstate__(self, records: list[Any]) -> None:
        self.__init__(records)  # type: ignore[misc]
        for record in records:
            if isinstance(record, Node):
                self.nodes.append(record)
            else:
                kind, inputs, attributes, shape, dtype, name, where = record
                parents = tuple(self.nodes[i] for i in inputs)
                self.nodes.append(Operation(kind, parents, attributes, shape, dtype, name, where))


def flattened(node: Node) -> tuple[Any, ...]:
    """The flat form of the graph below `node`, and the place of `node` in it.

    Nodes of one graph pickled together must stay one graph. So each node remembers, weakly, the last flat form it
    was part of: while that is alive (a pickler keeps what it has written), it is used again.
    """
    flat, index = (node._flat[0](), node._flat[1]) if node._flat else (None, 0)
    if flat is None:
        order = topological_order(node)
        places: dict[Node, int] = {}
        records: list[Any] = []
        for member in order:
            places[member] = len(records)
            known = member._flat and member._flat[0]()
            if isinstance(member, Operation) and not known:
                records.append((member.kind, [places[i] for i in member.inputs], member.attributes,
                                member.shape, member.dtype, member.name, member.where))  # fmt: skip
            else:
                records.append(member)
        flat, index = _Flat(records), places[node]
        reference = weakref.ref(flat)
        for member in order:
            if isinstance(member, Operation) and not (member._flat and member._flat[0]()):
                member._flat = (reference, places[member])
    return _unflatten, (flat, index)


def _unflatten(flat: _Flat, index: int) -> Node:
    return flat.nodes[index]
