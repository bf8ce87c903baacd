"""What can be asked about in a workspace: datasets with their tags and spans, models, agents; kept by content."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import polars as pl

from diapason.engines.grounding import Known, Table
from diapason.errors import DiapasonError
from diapason.ports.lake import Version
from diapason.ports.workspace import Workspace
from diapason.services import agent, connect
from diapason.services.ingest import contract
from diapason.services.workspace.forgetting import models
from diapason.vocabulary.tables import ROW, Contract, Role

__all__ = ["known", "numbers"]

_ASIDE = (".rejected", ".quarantine")
_MOST = 5_000
"""Assets of one dataset that are known by name."""
_WORDS = 40
"""Different words that a column of states has at most."""
_STATES = ("state", "fault", "alarm", "abnormal", "status")
"""What columns of states are called; the target of a monitoring dataset is one too."""


def known(ws: Workspace) -> Known:
    """Every name that a question may hold. Facts of a version are computed once and kept under its digest."""
    found = [ws.lake.version(v.ref) for v in _newest(ws)]
    agents = agent.all(ws)
    return Known(
        tables=tuple(_table(ws, v) for v in found),
        models=tuple(models(ws.ledger)),
        agents=tuple(m.name for m in agents),
        assets=tuple(dict.fromkeys(a for m in agents for a in (m.asset, *(p.asset for p in m.permissions)))),
        titles=_titles(ws),
    )


def numbers(frame: pl.LazyFrame) -> list[str]:
    """Columns with numbers, the hidden ones left out."""
    return [name for name, kind in frame.collect_schema().items() if kind.is_numeric() and name != ROW]


def _newest(ws: Workspace) -> Iterator[Version]:
    for name in ws.lake.datasets():
        if not name.endswith(_ASIDE):
            yield ws.lake.versions(name)[-1]


def _table(ws: Workspace, version: Version) -> Table:
    try:
        said = contract(ws, version.ref.name)
    except DiapasonError:
        said = Contract(version.ref.name, ())
    frame = ws.lake.scan(version.ref)
    columns = frame.collect_schema()
    time, asset = said.first(Role.TIME) or "", said.first(Role.ASSET) or ""
    time = time if time in columns and columns[time].is_temporal() else ""
    asset = asset if asset in columns else ""
    states = next((c for c in columns if c.lower() in _STATES and columns[c] == pl.String), "")
    units = {c.name: c.unit for c in said.columns}
    facts = _kept(ws, version, time, asset, states)
    return Table(
        name=version.ref.name,
        version=version.ref.version,
        tags={c: units.get(c, "") for c in numbers(frame) if c not in (asset, time)},
        time=time,
        asset=asset,
        assets=tuple(facts["assets"]),
        states=states,
        words=tuple(facts["words"]),
        start=datetime.fromisoformat(facts["start"]) if facts["start"] else None,
        end=datetime.fromisoformat(facts["end"]) if facts["end"] else None,
    )


def _kept(ws: Workspace, version: Version, time: str, asset: str, states: str) -> Mapping[str, Any]:
    key = f"ask/{version.digest}/{time}/{asset}/{states}"
    there = ws.vault.recall(key)
    if there is not None:
        kept: Mapping[str, Any] = json.loads(ws.vault.get(there))
        return kept
    made = _facts(ws.lake.scan(version.ref), time, asset, states)
    ws.vault.remember(key, ws.vault.put(json.dumps(made, ensure_ascii=False).encode()))
    return made


def _facts(frame: pl.LazyFrame, time: str, asset: str, states: str) -> dict[str, Any]:
    made: dict[str, Any] = {"start": "", "end": "", "assets": [], "words": []}
    if time:
        first, last = frame.select(pl.col(time).min().alias("a"), pl.col(time).max().alias("b")).collect().row(0)
        made |= {"start": _iso(first), "end": _iso(last)}
    for column, key, most in ((asset, "assets", _MOST), (states, "words", _WORDS)):
        if column:
            different = frame.select(pl.col(column).drop_nulls().unique().cast(pl.String)).collect().to_series()
            made[key] = sorted(different.to_list())[:most]
    return made


def _iso(moment: Any) -> str:
    if not isinstance(moment, datetime):
        return ""
    from datetime import UTC

    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def _titles(ws: Workspace) -> dict[str, tuple[str, ...]]:
    """What connections say that their tags are called."""
    found: dict[str, dict[str, None]] = {}
    for name in connect.connections(ws):
        for chosen in _chosen(ws, name):
            for title in chosen.point.title.split("|"):
                found.setdefault(title.strip()[:80], {})[chosen.column] = None
    return {title: tuple(tags) for title, tags in found.items() if len(title) > 2}


def _chosen(ws: Workspace, name: str) -> tuple[connect.Chosen, ...]:
    try:
        return connect.connection(ws, name).chosen
    except DiapasonError:
        return ()
