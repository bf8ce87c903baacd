"""A graph of claims and what they stand on, as arrays, so that a hundred thousand of them fall in a moment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["Graph", "Node", "drawn", "order"]

Index = NDArray[np.int64]


class Node(NamedTuple):
    """Something that stands or falls: a claim, a data version, a model, a certificate, an approval.

    A named tuple: a hundred thousand of them are made in a moment.
    """

    id: str
    kind: str  # "dataset", "run", "model", "certificate", "approval", …
    on: tuple[str, ...] = ()  # ids of what it stands on
    any: bool = False  # stands as long as one of these stands; else all of them must
    until: str = ""  # the last day on which it stands, ISO 8601; "" = no limit
    cost: float = 0.0  # of making it again, in the unit of the caller


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes by position; `on` and `above` are the same edges, gathered by either end."""

    nodes: tuple[Node, ...]
    place: dict[str, int]
    on: tuple[Index, Index]  # starts (n + 1,), positions of what each node stands on
    above: tuple[Index, Index]  # starts (n + 1,), positions of what stands on each node
    loose: tuple[tuple[str, str], ...] = field(default=())  # (id, what it stands on that nobody knows)

    def supports(self, i: int) -> Index:
        """Positions of what node i stands on."""
        starts, ends = self.on
        return ends[starts[i] : starts[i + 1]]

    def dependents(self, i: int) -> Index:
        """Positions of what stands on node i."""
        starts, ends = self.above
        return ends[starts[i] : starts[i + 1]]

    def any(self) -> NDArray[np.bool_]:
        """Which nodes stand as long as one of their supports does; shape (n,)."""
        return np.array([node.any for node in self.nodes], bool)


def drawn(nodes: Iterable[Node]) -> Graph:
    """The graph of these nodes. What a node stands on without being known itself is kept as `loose`.

    Raises:
        DataError: an id stands twice, or nodes stand on each other in a circle; names them.

    >>> graph = drawn([Node("model", "model", ("data",)), Node("data", "dataset")])
    >>> graph.dependents(graph.place["data"]).tolist()
    [0]
    """
    known = tuple(nodes)
    place = {node.id: i for i, node in enumerate(known)}
    if len(place) < len(known):
        twice = sorted({n.id for i, n in enumerate(known) if place[n.id] != i})[:3]
        raise DataError(
            Text(f"claimed twice: {', '.join(twice)}", f"重复声明：{'、'.join(twice)}"),
            at=twice[0],
            fix=Text("give each claim an id of its own", "为每项声明使用唯一编号"),
        )
    ends = [place.get(s, -1) for node in known for s in node.on]
    starts = np.repeat(np.arange(len(known)), [len(node.on) for node in known])
    edges = np.column_stack([starts, np.array(ends, np.int64)])
    loose = tuple((node.id, s) for node in known for s in node.on if s not in place) if -1 in ends else ()
    edges = edges[edges[:, 1] >= 0]
    graph = Graph(known, place, _gathered(edges, len(known)), _gathered(edges[:, ::-1], len(known)), loose)
    _no_circle(graph)
    return graph


def order(graph: Graph) -> Index:
    """Positions so that each comes after all it stands on; those in a circle are left out."""
    left, (starts, ends) = np.diff(graph.on[0]).tolist(), (part.tolist() for part in graph.above)
    ready = [i for i, count in enumerate(left) if not count]
    for i in ready:  # grows while it is walked
        for j in ends[starts[i] : starts[i + 1]]:
            left[j] -= 1
            if not left[j]:
                ready.append(j)
    return np.array(ready, np.int64)


def _gathered(edges: NDArray[np.int64], n: int) -> tuple[Index, Index]:
    """Edges by their first end: starts and the other ends, in the order given."""
    sequence = np.argsort(edges[:, 0], kind="stable")
    counts = np.bincount(edges[:, 0], minlength=n) if len(edges) else np.zeros(n, np.int64)
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), edges[sequence, 1].astype(np.int64)


def _no_circle(graph: Graph) -> None:
    done = order(graph)
    if len(done) == len(graph.nodes):
        return
    rest = sorted(set(range(len(graph.nodes))) - set(done.tolist()))
    names = [graph.nodes[i].id for i in _circle(graph, rest)]
    raise DataError(
        Text(f"these stand on each other: {' → '.join(names)}", f"以下声明互为依据：{' → '.join(names)}"),
        at=names[0],
        fix=Text("a claim can't prove what proves it; take one of these edges out", "声明不能互证，请去掉其中一条依赖"),
    )


def _circle(graph: Graph, rest: Sequence[int]) -> list[int]:
    """One circle among nodes each of which stands on another of them."""
    left, path = set(rest), [rest[0]]
    while True:
        further = next(int(j) for j in graph.supports(path[-1]) if int(j) in left)
        if further in path:
            return [*path[path.index(further) :], further]
        path.append(further)
