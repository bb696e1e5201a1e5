"""Pickling graphs of any depth: as a flat list, in which operations point at their inputs by number."""

from __future__ import annotations

import copyreg
import weakref
from typing import Any

from dlcourse.engine.graph import Constant, Node, Operation, Parameter, Placeholder, topological_order


class Flat:
    """A graph as a flat list of leaves and of records of operations, inputs before the operations that use them."""

    def __init__(self, records: list[Any]) -> None:
        self.records = records
        self.read: list[Node] = []

    @property
    def nodes(self) -> list[Node]:
        """The nodes that the records describe, made when they are first asked for."""
        for record in self.records[len(self.read) :]:
            if isinstance(record, Node):
                self.read.append(record)
            else:
                kind, places, *rest = record
                self.read.append(Operation(kind, tuple(self.read[i] for i in places), *rest))
        return self.read

    def __getstate__(self) -> list[Any]:
        return self.records

    def __setstate__(self, records: list[Any]) -> None:
        self.records, self.read = records, []
        assert self.nodes is self.read  # they are made now


class _Written:
    """The operations that are part of a flat form which is still alive: a pickler keeps what it has written."""

    def __contains__(self, node: object) -> bool:
        return isinstance(node, Operation) and node.flat is not None and node.flat[0]() is not None


def flattened(node: Node) -> tuple[Any, ...]:
    """How to pickle an operation: as a place in a flat form.

    Nodes of one graph that are pickled together must stay one graph. So each operation remembers, weakly, the flat
    form that it was written in, and while that is alive it is referred to instead of being written again.
    """
    written = _Written()
    if node not in written:
        order = topological_order(node, known=written)
        known = {parent: None for member in order for parent in member.inputs if parent in written}
        places = {member: place for place, member in enumerate([*known, *order])}
        records: list[Any] = list(known)
        for member in order:
            if isinstance(member, Operation):
                inputs = [places[parent] for parent in member.inputs]
                records.append(
                    (member.kind, inputs, member.attributes, member.shape, member.dtype, member.name, member.where)
                )
            else:
                records.append(member)
        flat = Flat(records)
        for member in order:
            member.flat = (weakref.ref(flat), places[member])
    else:
        flat = node.flat[0]()
    return read_back, (flat, node.flat[1])


def read_back(flat: Flat, place: int) -> Node:
    return flat.nodes[place]


copyreg.pickle(Operation, flattened)
copyreg.pickle(Placeholder, lambda node: (Placeholder, (node.shape, node.dtype, node.name, node.where)))
copyreg.pickle(Constant, lambda node: (Constant, (node.array, node.name, node.where, node.weak)))
copyreg.pickle(Parameter, lambda node: (Parameter, (node.array, node.name, node.where)))
