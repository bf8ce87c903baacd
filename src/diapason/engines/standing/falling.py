"""What falls when something is recalled or runs out, and because of what."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from diapason.engines.standing.graph import Graph
from diapason.errors import NotFound
from diapason.vocabulary.language import Text

__all__ = ["EXPIRED", "LOOSE", "Fall", "fall"]

EXPIRED, LOOSE = "expired", "unknown support"
"""Reasons why something falls by itself: its last day has passed; nobody knows what it stands on."""


@dataclass(frozen=True, slots=True)
class Fall:
    """Which nodes have fallen, and because of which other one."""

    graph: Graph
    cause: Mapping[int, int]  # of each fallen node the support that fell first; itself for a root
    roots: Mapping[int, str]  # position → why it fell by itself

    def ids(self) -> tuple[str, ...]:
        """Everything that has fallen, roots included, in the order of the graph."""
        return tuple(self.graph.nodes[i].id for i in sorted(self.cause))

    def because(self, name: str) -> tuple[str, ...]:
        """The way down from a fallen node to what fell by itself, both included; empty where it stands.

        Raises:
            NotFound: there is no such node.
        """
        i = _placed(self.graph, name)
        if i not in self.cause:
            return ()
        way = [i]
        while self.cause[way[-1]] != way[-1]:
            way.append(self.cause[way[-1]])
        return tuple(self.graph.nodes[j].id for j in way)

    def by_root(self) -> dict[str, tuple[str, str]]:
        """Of everything fallen what fell by itself below it, and why; in one walk, in the order of falling."""
        root: dict[int, int] = {}
        for i, cause in self.cause.items():  # a cause falls before what it takes down
            root[i] = i if cause == i else root[cause]
        nodes = self.graph.nodes
        return {nodes[i].id: (nodes[r].id, self.roots[r]) for i, r in root.items()}

    def why(self, name: str) -> str:
        """Why the root fell that a fallen node fell with; "" where it stands."""
        way = self.because(name)
        return self.roots[self.graph.place[way[-1]]] if way else ""


def fall(graph: Graph, recalled: Mapping[str, str], today: date | None = None) -> Fall:
    """Everything that no longer stands.

    A node falls when it is recalled, when its last day has passed, when it stands on something that nobody knows, or
    when what it stands on has fallen: any of it, or all of it for a node that needs only one of several.

    Args:
        recalled: id → reason.
        today: nothing runs out without it.

    Raises:
        NotFound: something is recalled that the graph does not know.

    >>> from diapason.engines.standing.graph import Node, drawn
    >>> graph = drawn([Node("plan", "run"), Node("score", "run", ("plan",)), Node("other", "run")])
    >>> fall(graph, {"plan": "withdrawn"}).ids()
    ('plan', 'score')
    """
    roots = _roots(graph, recalled, today)
    (starts, ends), needs_one = (part.tolist() for part in graph.above), graph.any().tolist()
    left = np.diff(graph.on[0]).tolist()  # supports that still stand, for nodes that need only one
    queue = sorted(roots)
    cause = dict(zip(queue, queue, strict=True))
    for i in queue:  # grows while it is walked
        for j in ends[starts[i] : starts[i + 1]]:
            left[j] -= 1
            if j not in cause and (left[j] <= 0 or not needs_one[j]):
                cause[j] = i
                queue.append(j)
    return Fall(graph, cause, roots)


def _roots(graph: Graph, recalled: Mapping[str, str], today: date | None) -> dict[int, str]:
    """What falls by itself, and why; a recall is said before anything else."""
    found = {} if today is None else _expired(graph, today)
    lost: dict[str, int] = {}
    for name, _ in graph.loose:
        lost[name] = lost.get(name, 0) + 1
    for name, count in lost.items():
        i = graph.place[name]
        if not graph.nodes[i].any or count == len(graph.nodes[i].on):
            found[i] = LOOSE
    return found | {_placed(graph, name): reason for name, reason in recalled.items()}


def _expired(graph: Graph, today: date) -> dict[int, str]:
    day = today.isoformat()
    return {i: EXPIRED for i, node in enumerate(graph.nodes) if node.until and node.until[:10] < day}


def _placed(graph: Graph, name: str) -> int:
    if name not in graph.place:
        raise NotFound(
            Text(f"there is no claim or evidence '{name}'", f"没有编号为“{name}”的声明或证据"),
            at=name,
            fix=Text("see: diapason standing", "请查看：diapason standing"),
        )
    return graph.place[name]
