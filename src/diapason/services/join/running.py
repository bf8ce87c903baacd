"""The story of a join: two versions, a sealed plan, times set right, rows together, doubts, a new version, signed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from diapason.errors import DataError, DiapasonError
from diapason.knowledge.findings import sentence
from diapason.ports.workspace import Workspace
from diapason.services import attest, permit
from diapason.services.ingest.contracts import hold, release
from diapason.services.join.asking import Asked
from diapason.services.join.doubting import doubts
from diapason.services.join.sides import JOINED, Side, newest, side
from diapason.services.join.timing import lags, offset
from diapason.services.join.ways import Joined, in_time, inherited, on_clock, on_key, resampled
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.facts import ground
from diapason.vocabulary.findings import Finding
from diapason.vocabulary.language import Text
from diapason.vocabulary.names import proper
from diapason.vocabulary.tables import ROW, Column, Contract, Role
from diapason.vocabulary.wire import plain

__all__ = ["run"]


@dataclass(frozen=True, slots=True)
class _Tables:
    """What a join stands on."""

    here: Side
    there: Side
    links: tuple[Side, ...]


def run(  # noqa: PLR0913  # roomy: what a person may say about a join
    ws: Workspace,
    left: str,
    other: str,
    *,
    on: Sequence[str] = (),
    as_of: str = "",
    delay: str = "",
    direction: str = "backward",
    genealogy: Sequence[str] | str = (),
    every: str = "",
    rule: Sequence[str] = (),
    lag: str = "",
    offset: str = "",
    within: str = "",
    name: str = "",
) -> dict[str, Any]:
    """Join a file or dataset to a dataset and store the result as a new version, or as dataset `name`.

    Args:
        left: a dataset; its newest version is taken, or `NAME@VERSION`.
        other: a file, or a dataset.
        on: columns that must be equal, `COLUMN` or `LEFT=OTHER`; in a join in time, such as the asset.
        as_of: the longest age of a value, such as "6h"; both tables then need a time column.
        delay: from sampling to reporting, such as "4h", or the column that says when each value was reported: a value
            counts only once it is reported.
        direction: "backward" for inputs; "forward" or "nearest" for results known only later.
        genealogy: files or datasets of parents and children, the columns in this order, a mass or share third; several
            tables, or several generations in one.
        every: ticks of a common clock, such as "1min". With `as_of` the other table is brought to it, else both, and
            they meet tick by tick; the result is then stored as a dataset of its own.
        rule: how values come to the clock, `RULE` or `TAG=RULE`: hold, mean, time_weighted_mean, interpolate. Default:
            what suits the tag's records and never looks ahead.
        lag: "estimate", "apply" or a time: by how much results come later than the tags that they follow.
        offset: "estimate", "apply" or a time: by how much the other table's clock is ahead.
        within: how far lags and offsets are looked for.

    Returns:
        dataset, coverage (counts that add up), columns, findings, sentences, lags, offset, and the run.

    Raises:
        Refused: keys repeat in the other table; or a lag or offset is to be applied and can't be told.
        DataError: an option or column is not as it must be, or there is nothing to join on.
        NotFound: there is no such dataset or file.
    """
    links = (genealogy,) if isinstance(genealogy, str) and genealogy else tuple(genealogy)
    said = Asked(tuple(on), as_of, delay, direction, links, every, tuple(rule), lag, offset, within).check(other)
    tables = _tables(ws, left, other, said)
    target = proper(name or (f"{tables.here.ref.name}-{every}" if _both(said) else tables.here.ref.name), at="--name")
    others = [s.ref for s in (tables.there, *tables.links) if s.ref.version]
    permit.used(ws, "join", str(tables.here.ref), *map(str, others))
    run_ = attest.begin(ws, _plan(tables, target, said))
    try:
        joined, findings, facts = _made(tables, said)
        made = _extended(tables, target, joined)
        hold(ws, made, run_.id)
        version = ws.lake.commit(target, [joined.table], run=run_.id, note=f"join {tables.there.ref.name}")
    except DiapasonError as error:
        run_.abandon(str(error.what))
        raise
    release(ws, target)
    run_.subject(f"dataset/{version.ref}", version.digest)
    result = {
        "dataset": str(version.ref),
        "coverage": plain(joined.coverage),
        "share": joined.coverage.share,
        "columns": dict(joined.names),
        "findings": plain(findings),
        **plain(facts),
        "on": [ground("dataset", ref) for ref in others],
    }
    run_.finish(result)
    words = [{"en": sentence(f, "en"), "zh": sentence(f, "zh")} for f in findings]
    return {"run": run_.id, "sentences": words, **result}


def _both(asked: Asked) -> bool:
    """Whether both tables are brought to a clock."""
    return bool(asked.every) and not asked.as_of


def _tables(ws: Workspace, left: str, other: str, asked: Asked) -> _Tables:
    here = newest(ws, left, tuple(a for a, _ in asked.pairs))
    there = side(ws, other, left, tuple(b for _, b in asked.pairs))
    return _Tables(here, there, tuple(side(ws, source, left) for source in asked.genealogy))


def _plan(tables: _Tables, target: str, asked: Asked) -> Plan:
    here, there = tables.here, tables.there
    with_ = [{"dataset": str(s.ref), "digest": s.digest} for s in (there, *tables.links)]
    settings = {**plain(asked), "with": with_, "name": target}
    aim = f"rows of {there.ref} belong to rows of {here.ref}"
    return Plan("join", str(here.ref), here.digest, aim, "coverage", "", (), 0, {}, 0.0, settings)


def _made(tables: _Tables, asked: Asked) -> tuple[Joined, tuple[Finding, ...], dict[str, Any]]:
    """The rows, everything found on the way, and what programs may want of it."""
    here, there = tables.here, tables.there
    if asked.genealogy:
        joined = inherited(here, there, tables.links)
        return joined, (*doubts(here, there, joined), *joined.findings), {}
    if not asked.in_time:
        joined = on_key(here, there)
        return joined, (*doubts(here, there, joined), *joined.findings), {}
    there, clock = offset(here, there, asked)
    shifts = lags(here, there, asked)
    found: tuple[Finding, ...] = (*clock.findings, *shifts.findings)
    facts = {"offset": dict(clock.facts), "lag": dict(shifts.facts)}
    if asked.every:
        _check_rules(here, there, asked)
        there, said = resampled(there, asked, shifts)
        found = (*found, *said)
    if _both(asked):
        here, said = resampled(here, asked, type(shifts)())
        joined, found = on_clock(here, there), (*found, *said)
    else:
        joined = in_time(here, there, asked, type(shifts)() if asked.every else shifts)
    joined = replace(joined, ahead=joined.ahead or shifts.earlier)
    return joined, (*doubts(here, there, joined), *found, *joined.findings), facts


def _check_rules(here: Side, there: Side, asked: Asked) -> None:
    tags = {n for s in (here, there) for n in (s.layout.columns or s.frame[s.layout.tag].cast(pl.String).unique())}
    unknown = sorted(set(asked.rules) - tags - {""})
    if unknown:
        raise DataError(
            Text(f"no tag '{unknown[0]}'", f"没有位号“{unknown[0]}”"),
            at="--rule",
            fix=Text("choose one of: " + ", ".join(sorted(tags)[:50]), "可选：" + "、".join(sorted(tags)[:50])),
        )


def _extended(tables: _Tables, name: str, joined: Joined) -> Contract:
    """The contract with the new columns and what the other one says of them; what was a target stays one."""
    here, there = tables.here.contract, {c.name: c for c in tables.there.contract.columns}
    columns = {c.name: c for c in here.columns if c.name in joined.table.columns}
    free = here.first(Role.TARGET) is None
    for new in joined.table.columns:
        if new != ROW and new not in columns:
            origin = joined.names.get(new, new)
            kind = _kind(joined.table.schema[new])
            known = there.get(origin, Column(origin, kind, Role.FEATURE if kind != "time" else Role.IGNORED))
            role = _role(known.role, kind, ahead=joined.ahead, free=free)
            columns[new] = replace(known, name=new, kind=kind, role=role, why=f"{JOINED}{origin}")
    return replace(here, name=name, columns=tuple(columns.values()))


def _role(role: Role, kind: str, *, ahead: bool, free: bool) -> Role:
    """What is known only later is a leak, unless it is what is to be predicted."""
    if role is Role.TARGET and free:
        return Role.TARGET
    if kind in ("time", "text") or role in (Role.IGNORED, Role.ASSET, Role.TIME, Role.BATCH):
        return Role.IGNORED
    return Role.LEAK if ahead or role in (Role.LEAK, Role.TARGET) else Role.FEATURE


def _kind(dtype: pl.DataType) -> str:
    if dtype.is_numeric():
        return "number"
    return "flag" if dtype == pl.Boolean else "time" if dtype.is_temporal() else "category"
