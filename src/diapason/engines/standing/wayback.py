"""The cheapest way back: what must be made again, in which order, so that a fallen claim stands once more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from diapason.engines.standing.falling import Fall
from diapason.engines.standing.graph import Graph, order

__all__ = ["Step", "way_back"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to make again."""

    id: str
    kind: str
    cost: float
    root: bool  # it fell by itself: it must be replaced (a new certificate), not only run again


def way_back(fall: Fall, goals: Sequence[str], replaced: Mapping[str, float] | None = None) -> tuple[Step, ...]:
    """What to do, in order, so that these claims stand again, at the least cost.

    Each fallen claim is made again once, whatever stands on it. Where one of several supports is enough, that one is
    taken whose own way back is cheapest when nothing is shared: with all supports needed this is exact, with
    alternatives that share work it is an upper bound.

    Args:
        goals: ids that are to stand; those that stand need nothing.
        replaced: cost of replacing what fell by itself, by id; else its own cost.
    """
    graph, prices = fall.graph, replaced or {}
    choice = _choices(fall, prices)
    wanted, queue = set[int](), [graph.place[g] for g in goals if graph.place[g] in fall.cause]
    while queue:
        i = queue.pop()
        if i in wanted:
            continue
        wanted.add(i)
        below = [choice[i]] if i in choice else graph.supports(i).tolist()
        queue += [j for j in below if j in fall.cause]
    return tuple(_step(fall, prices, int(i)) for i in order(graph) if int(i) in wanted)


def _choices(fall: Fall, prices: Mapping[str, float]) -> dict[int, int]:
    """Of fallen nodes that need one support which one to take, by the cost of its way back, nothing shared."""
    graph = fall.graph
    total, choice = np.zeros(len(graph.nodes)), dict[int, int]()
    for i in order(graph).tolist():
        if i not in fall.cause:
            continue
        below = graph.supports(i)
        total[i] = _price(graph, prices, i)
        if graph.nodes[i].any and len(below):
            choice[i] = int(below[np.argmin(total[below])])
            total[i] += total[choice[i]]
        else:
            total[i] += float(total[below].sum())
    return choice


def _price(graph: Graph, prices: Mapping[str, float], i: int) -> float:
    node = graph.nodes[i]
    return float(prices.get(node.id, node.cost))


def _step(fall: Fall, prices: Mapping[str, float], i: int) -> Step:
    node = fall.graph.nodes[i]
    return Step(node.id, node.kind, _price(fall.graph, prices, i), i in fall.roots)
