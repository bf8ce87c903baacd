"""Browse a server's address space level by level, in bounded memory: every variable as a tag with unit and range."""

import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from asyncua import Client, ua

from diapason.connectors.opcua.units import ucum
from diapason.connectors.opcua.values import data_kind
from diapason.errors import DataError
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Kind, Point

__all__ = ["Place", "described", "points", "tag_of", "top"]

_STEP = 100  # nodes in one request
_PAGE = 1000  # references in one answer
_WORDS = ("EngineeringUnits", "EURange", "InstrumentRange")
_LONGEST = 300.0  # s


@dataclass(frozen=True, slots=True)
class Place:
    """A node on the way: where it is, and how it is called from the top."""

    node: ua.NodeId
    path: tuple[str, ...] = ()
    variable: bool = False
    title: str = ""


@dataclass(slots=True)
class _Walk:
    client: Client
    ahead: deque[Place]
    seen: set[ua.NodeId] = field(default_factory=set)
    began: float = field(default_factory=time.monotonic)


def top() -> Place:
    """The folder under which everything stands."""
    return Place(ua.NodeId(ua.ObjectIds.ObjectsFolder))


async def points(client: Client, start: Place, most: int) -> AsyncIterator[tuple[Point, ua.NodeId]]:
    """Variables below a place, breadth first; the server's own nodes are left out.

    Raises:
        DataError: there are more than `most`, or it takes too long; what was found has been handed out.
    """
    walk, found = _Walk(client, deque([start]), {start.node}), 0
    while walk.ahead:
        places = [walk.ahead.popleft() for _ in range(min(_STEP, len(walk.ahead)))]
        words = await _look(walk, places)
        variables = [p for p in places if p.variable]
        for place, point in zip(variables, await _points(client, variables, words), strict=True):
            if found == most:
                raise _too_many(place, most)
            found += 1
            yield point, place.node
        if len(walk.seen) > 20 * most + 10_000 or time.monotonic() - walk.began > _LONGEST:
            raise _too_many(places[-1], found)


async def described(client: Client, places: Sequence[Place]) -> list[Point]:
    """What the server says of these variables."""
    walk = _Walk(client, deque(), set())
    words = await _look(walk, places)
    return await _points(client, places, words)


def _too_many(place: Place, found: int) -> DataError:
    under = "/".join(place.path[:-1])
    return DataError(
        Text(f"there are more than {found:,} tags here", f"此处位号超过 {found:,} 个"),
        at=under or "Objects",
        fix=Text(
            f"browse a part of it, such as under '{under}'; or allow more",
            f"请只浏览其中一部分，例如 “{under}” 之下；或提高上限",
        ),
    )


async def _look(walk: _Walk, places: Sequence[Place]) -> dict[ua.NodeId, dict[str, ua.NodeId]]:
    """Browse these nodes: children go to the walk, properties that matter are returned by node."""
    words: dict[ua.NodeId, dict[str, ua.NodeId]] = {}
    below = await _references(walk.client, [p.node for p in places])
    for place, one in ((p, r) for p, references in zip(places, below, strict=True) for r in references):
        name = one.BrowseName.Name or ""
        if one.ReferenceTypeId.Identifier == ua.ObjectIds.HasProperty:
            if name in _WORDS:
                words.setdefault(place.node, {})[name] = one.NodeId
        elif one.NodeId not in walk.seen and not _own(one):
            walk.seen.add(one.NodeId)
            variable = one.NodeClass == ua.NodeClass.Variable
            walk.ahead.append(Place(one.NodeId, (*place.path, name), variable, one.DisplayName.Text or ""))
    return words


def _own(one: Any) -> bool:
    """A node of the standard itself: the server's diagnostics, types, aliases."""
    return bool(one.NodeId.NamespaceIndex == 0)


async def _references(client: Client, nodes: Sequence[ua.NodeId]) -> list[list[Any]]:
    """Forward hierarchical references of each node, page by page."""
    wishes = []
    for node in nodes:
        wish = ua.BrowseDescription()
        wish.NodeId, wish.BrowseDirection = node, ua.BrowseDirection.Forward
        wish.ReferenceTypeId, wish.IncludeSubtypes = ua.NodeId(ua.ObjectIds.HierarchicalReferences), True
        wish.NodeClassMask = ua.NodeClass.Object | ua.NodeClass.Variable
        wish.ResultMask = ua.BrowseResultMask.All
        wishes.append(wish)
    asked = ua.BrowseParameters()
    asked.View, asked.RequestedMaxReferencesPerNode, asked.NodesToBrowse = ua.ViewDescription(), _PAGE, wishes
    results = await client.uaclient.browse(asked)
    found = [list(r.References or ()) for r in results]
    for i, result in enumerate(results):
        mark = result.ContinuationPoint
        while mark:
            more = ua.BrowseNextParameters()
            more.ReleaseContinuationPoints, more.ContinuationPoints = False, [mark]
            page = (await client.uaclient.browse_next(more))[0]
            found[i] += page.References or ()
            mark = page.ContinuationPoint
    return found


async def _points(client: Client, places: Sequence[Place], words: dict[ua.NodeId, dict[str, ua.NodeId]]) -> list[Point]:
    if not places:
        return []
    wanted = [(p.node, a) for p in places for a in (ua.AttributeIds.DataType, ua.AttributeIds.UserAccessLevel)]
    wanted += [(p.node, ua.AttributeIds.Description) for p in places]
    extra = [(p.node, name, node) for p in places for name, node in words.get(p.node, {}).items()]
    read = await _read(client, [*wanted, *((node, ua.AttributeIds.Value) for _, _, node in extra)])
    n = len(places)
    told: dict[ua.NodeId, dict[str, Any]] = {}
    for (node, name, _), value in zip(extra, read[3 * n :], strict=True):
        told.setdefault(node, {})[name] = value
    return [
        _point(place, read[2 * i], read[2 * i + 1], read[2 * n + i], told.get(place.node, {}))
        for i, place in enumerate(places)
    ]


async def _read(client: Client, wanted: Sequence[tuple[ua.NodeId, ua.AttributeIds]]) -> list[Any]:
    """Values of attributes, None where the server has none."""
    values = []
    for first in range(0, len(wanted), 500):
        asked = ua.ReadParameters()
        asked.NodesToRead = [ua.ReadValueId(node, attribute) for node, attribute in wanted[first : first + 500]]
        results = await client.uaclient.read(asked)
        values += [
            r.Value.Value if r.Value is not None and (r.StatusCode is None or r.StatusCode.is_good()) else None
            for r in results
        ]
    return values


def _point(place: Place, data_type: Any, access: Any, description: Any, told: dict[str, Any]) -> Point:
    kind = data_kind(data_type)
    unit, span = told.get("EngineeringUnits"), _span(told)
    said = getattr(description, "Text", None) or place.title
    return Point(
        tag=tag_of(place),
        address=place.node.to_string(),
        kind=kind,
        unit=ucum(unit.UnitId, unit.DisplayName.Text or "") if isinstance(unit, ua.EUInformation) else "",
        low=span[0] if span and kind is not Kind.TEXT else None,
        high=span[1] if span and kind is not Kind.TEXT else None,
        writable=bool((access or 0) & 2),
        title=said,
        asset="/".join(place.path[1:-1]) or "/".join(place.path[:1] if len(place.path) > 1 else ()),
    )


def _span(told: dict[str, Any]) -> tuple[float, float] | None:
    """The range that is said, if it is one: many servers leave it at 0 to 0."""
    said = told.get("EURange") or told.get("InstrumentRange")
    if not isinstance(said, ua.Range) or not said.Low < said.High:
        return None
    return float(said.Low), float(said.High)


def tag_of(place: Place) -> str:
    """How the plant calls it: the identifier where it is a word, as most servers have it; else the path of names."""
    identifier = place.node.Identifier
    return identifier if isinstance(identifier, str) and identifier else "/".join(place.path)
