"""Unit, range, column and layout of tags, each with where it comes from."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from diapason.engines.schema.units import unit_code, unit_of
from diapason.knowledge.columns import lexicon
from diapason.services.connect.file import Chosen, Connection
from diapason.services.connect.listening import Heard
from diapason.vocabulary.line import Kind, Point

__all__ = ["chosen", "guesses", "layout"]

_TOGETHER = 0.8
"""Share of readings that must come together before a row is a moment."""
_ALIKE = 0.8
"""Share of assets that must have a tag before it is a column of all of them."""


def chosen(points: Sequence[Point], found: Heard, how: str) -> tuple[Chosen, ...]:
    """What is read, with units and ranges proposed."""
    columns = _columns(points, how)
    made = []
    for point, column in zip(points, columns, strict=True):
        tag = found.tags.get(point.tag)
        unit, unit_from = _unit(point)
        kind = Kind.TEXT if tag is not None and tag.text else point.kind
        told = point.low is not None or point.high is not None
        source = replace(point, unit=unit, kind=kind)
        made.append(Chosen(source, column, tag.every if tag else 0.0, unit_from, "source" if told else ""))
    return tuple(made)


def layout(points: Sequence[Point], found: Heard) -> str:
    """Rows that fit: one per moment where tags come together, one per asset and moment where assets are alike."""
    names: dict[str, set[str]] = {}
    for point in points:
        names.setdefault(point.asset, set()).add(_local(point))
    if len(names) > 1 and "" not in names:
        every = set().union(*names.values())
        alike = sum(sum(name in each for each in names.values()) >= _ALIKE * len(names) for name in every)
        if alike >= _ALIKE * len(every):
            return "assets"
    return "wide" if found.together(len(points)) >= _TOGETHER else "long"


def guesses(made: Connection, found: Heard) -> list[dict[str, Any]]:
    """Units that name and values suggest for tags without one; a person decides."""
    told = []
    for one in made.chosen:
        tag = found.tags.get(one.point.tag)
        if one.point.unit or one.point.kind is not Kind.NUMBER or tag is None or tag.high < tag.low:
            continue
        name = one.point.title or one.column
        measured = unit_of(name, "", tag.low, tag.high, lexicon())
        if measured.guess:
            told.append({"tag": one.point.tag, "unit": measured.guess, "low": tag.low, "high": tag.high})
    return told


def _unit(point: Point) -> tuple[str, str]:
    if point.kind not in (Kind.NUMBER, Kind.WHOLE):
        return "", ""
    if point.unit:
        return unit_code(point.unit, lexicon()) or point.unit, "source"
    for name in (point.title, _local(point)):
        measured = unit_of(name, "", 0.0, 0.0, lexicon()) if name else None
        if measured is not None and measured.unit:
            return measured.unit, "name"
    return "", ""


def _columns(points: Sequence[Point], how: str) -> list[str]:
    """Names without the asset where that leaves them distinct, or where the asset has a column of its own."""
    local = [_local(point) for point in points]
    return local if how == "assets" or len({*local, "time", "trust"}) == len(local) + 2 else [p.tag for p in points]


def _local(point: Point) -> str:
    for sign in "/.":
        if point.asset and point.tag.startswith(point.asset + sign):
            return point.tag[len(point.asset) + 1 :]
    return point.tag
