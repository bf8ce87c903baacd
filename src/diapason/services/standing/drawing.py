"""Claims drawn as a graph: papers count together by kind, what a run made does not carry that run."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from diapason.engines.standing.falling import Fall, fall
from diapason.engines.standing.graph import Graph, Node, drawn
from diapason.ports.workspace import Workspace
from diapason.services.standing.claims import Claim
from diapason.services.standing.index import Index, indexed
from diapason.vocabulary.facts import ground

__all__ = ["ENTRY", "draw", "fall_now"]

ENTRY = "entry"
"""Kind of a node that is an entry by its number alone."""
_ENTRY = ground("entry", "")


def fall_now(ws: Workspace) -> tuple[Index, Fall]:
    """What stands and what has fallen, today."""
    index = indexed(ws)
    recalled = {of: r.because for of, r in index.recalled().items()}
    graph = draw(index, recalled)
    known = {of: why for of, why in recalled.items() if of in graph.place}
    return index, fall(graph, known, ws.clock().date())


def draw(index: Index, recalled: Mapping[str, str] | None = None) -> Graph:
    """The graph of all claims, and of the entries that something stands on by their number.

    Versions of a dataset stand on the papers that somebody vouched for, by kind: any paper of a kind that has neither
    run out nor been recalled will do; but a recalled one that no other replaces takes them down with it, since they may
    rest on it.
    """
    known = index.named()
    made = {(c.id, g) for c in known.values() for g in c.on if g.startswith("run:") and c.kind != "run"}
    groups, direct = _papers(known, recalled or {})
    nodes = [_node(c, known, made, direct) for c in known.values()]
    nodes += [Node(code, "code") for code in sorted({g for c in known.values() for g in c.on if g.startswith("code:")})]
    nodes += [Node(name, "papers", tuple(on), any=True) for name, on in groups.items()]
    return drawn([*nodes, *_entries(index, nodes, known, recalled or {})])


def _entries(
    index: Index, nodes: Iterable[Node], known: Mapping[str, Claim], recalled: Mapping[str, str]
) -> Iterator[Node]:
    """Entries that are grounds by their number alone: each stands on what it claims; a bad one is not there."""
    named = (*(g for node in nodes for g in node.on), *recalled)
    wanted = {g for g in named if g.startswith(_ENTRY)}
    numbers = {int(g.removeprefix(_ENTRY)): g for g in wanted - known.keys() if g.removeprefix(_ENTRY).isdigit()}
    if not numbers:
        return
    claimed: dict[int, list[str]] = {}
    for c in known.values():
        if c.seq in numbers:
            claimed.setdefault(c.seq, []).append(c.id)
    for seq in numbers.keys() - set(index.bad):
        if 0 < seq <= index.seq:
            yield Node(numbers[seq], ENTRY, tuple(claimed.get(seq, ())))


def _node(c: Claim, known: Mapping[str, Claim], made: set[tuple[str, str]], direct: Mapping[str, list[str]]) -> Node:
    """A claim as a node. A run that is only mentioned need not be ours; one that made something must be."""
    own = c.on
    if c.kind == "run":
        own = tuple(g for g in own if (g, c.id) not in made and (g in known or not g.startswith("run:")))
    carried = _carried(c, direct) if direct else ()
    return Node(c.id, c.kind, (*own, *carried) if carried else own, False, c.until, c.minutes)


def _carried(c: Claim, direct: Mapping[str, list[str]]) -> list[str]:
    """Papers under a claim: under its version, or under the dataset as a whole."""
    whole = c.id.partition("@")[0]
    return [*direct.get(c.id, ()), *(direct.get(whole, ()) if whole != c.id else ())]


def _papers(
    known: Mapping[str, Claim], recalled: Mapping[str, str]
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Groups of papers by kind and target; and for each target the groups and lone papers that it stands on."""
    groups: dict[str, list[str]] = {}
    direct: dict[str, list[str]] = {}
    replaced = {c.replaces for c in known.values() if c.kind == "paper" and c.replaces and c.id not in recalled}
    for c in known.values():
        if c.kind != "paper":
            continue
        name, target = ground("papers", f"{c.verb} of {c.about}"), c.about
        if name not in groups:
            direct.setdefault(target, []).append(name)
        groups.setdefault(name, []).append(c.id)
        if c.id in recalled and c.id not in replaced:
            direct[target].append(c.id)
    return groups, direct


def days_left(until: str, today: date) -> int:
    """Days until the last day of something; negative where it has passed."""
    return (date.fromisoformat(until[:10]) - today).days
