"""Bring another table to a dataset: by key, as of a time with the lab's delay, or by batch genealogy."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from diapason.engines.alignment.asof import AsOf, as_of
from diapason.engines.alignment.genealogy import Links, ancestry, inherit
from diapason.engines.alignment.keys import by_key, key_texts, near_misses, repeats
from diapason.engines.alignment.matching import Coverage, Match, attach, coverage
from diapason.engines.alignment.moments import duration
from diapason.errors import DataError, NotFound, Refused
from diapason.knowledge.findings import sentence
from diapason.ports.workspace import Workspace
from diapason.services import attest, ingest
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.findings import Finding, Where
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW, Column, Contract, Role, VersionRef
from diapason.vocabulary.wire import plain

__all__ = ["run"]

LOW = 0.95
"""Share of matched rows below which the coverage is a finding to look at."""


@dataclass(frozen=True, slots=True)
class _Joined:
    """What a join gave: the rows, the new columns' origins, and what was found on the way."""

    table: pl.DataFrame
    names: dict[str, str]
    coverage: Coverage
    findings: tuple[Finding, ...]


def run(  # roomy: what a person may say about a join
    ws: Workspace,
    left: str,
    other: str,
    *,
    on: Sequence[str] = (),
    as_of: str = "",
    delay: str = "0s",
    direction: str = "backward",
    genealogy: str = "",
    name: str = "",
) -> dict[str, Any]:
    """Join a file or dataset to a dataset and store the result as a new version, or as dataset `name`.

    Args:
        left: a dataset; its newest version is taken.
        other: a file, or the name of a dataset.
        on: columns that must be equal, `COLUMN` or `LEFT=OTHER`.
        as_of: the longest age of a value, such as "6h"; both tables then need a time column.
        delay: from sampling to reporting, such as "4h": a value counts only once it is reported.
        direction: "backward" for inputs; "forward" or "nearest" for results known only later.
        genealogy: a file or dataset of parents and children, the columns in this order, a mass or share third.

    Returns:
        dataset, coverage (counts that add up), findings, sentences, and the run.

    Raises:
        Refused: keys repeat in the other table, so that rows would be multiplied.
        DataError: a column is absent, or there is nothing to join on.
    """
    ref = _newest(ws, left)
    here, there = ws.lake.scan(ref).collect(), _table(ws, other)
    contract = ingest.contract(ws, ref.name)
    pairs = tuple(_pair(text) for text in on)
    settings = {"on": list(on), "as_of": as_of, "delay": delay, "direction": direction, "genealogy": genealogy}
    run_ = attest.begin(ws, _plan(ref, ws.lake.version(ref).digest, other, settings))
    if genealogy:
        joined = _inherited(here, there, _table(ws, genealogy), pairs)
    elif as_of:
        joined = _in_time(here, there, pairs, contract, (duration(as_of), duration(delay), direction))
    elif pairs:
        joined = _by_key(here, there, pairs)
    else:
        raise DataError(
            Text("there is nothing to join on", "没有指定关联依据"),
            at=other,
            fix=Text(
                "give --on COLUMN, --as-of 6h, or --genealogy FILE", "请给出 --on 列、--as-of 6h 或 --genealogy 文件"
            ),
        )
    target = name or ref.name
    version = ws.lake.commit(target, [joined.table], run=run_.id, note=f"join {other}")
    ingest.keep_contract(ws, _extended(contract, target, joined))
    words = [{"en": sentence(f, "en"), "zh": sentence(f, "zh")} for f in joined.findings]
    result = {
        "dataset": str(version.ref),
        "coverage": plain(joined.coverage),
        "share": joined.coverage.share,
        "columns": joined.names,
        "findings": plain(joined.findings),
    }
    run_.finish(result)
    return {"run": run_.id, "sentences": words, **result}


def _newest(ws: Workspace, name: str) -> VersionRef:
    ref = VersionRef.parse(name)
    if ws.lake.versions(ref.name):
        return ws.lake.version(ref).ref
    raise NotFound(
        Text(f"there is no dataset '{ref.name}'", f"没有数据集“{ref.name}”"),
        at=str(ws.folder),
        fix=Text("choose one of: " + ", ".join(ws.lake.datasets()), "可选：" + "、".join(ws.lake.datasets())),
    )


def _table(ws: Workspace, source: str) -> pl.DataFrame:
    """A dataset by name, else a file: ingested beside under its own name, so that the join stands on a version."""
    if source in ws.lake.datasets():
        return ws.lake.scan(VersionRef(source)).collect()
    name = Path(source).name.split(".")[0]
    asyncio.run(ingest.run(ws, source, name=name))
    return ws.lake.scan(VersionRef(name)).collect()


def _pair(text: str) -> tuple[str, str]:
    here, _, there = text.partition("=")
    return here, there or here


def _plan(ref: VersionRef, version: str, other: str, settings: dict[str, Any]) -> Plan:
    return Plan(
        "join", str(ref), version, f"rows of {other} belong to rows of {ref}", "coverage", "", (), 0, {}, 0.0, settings
    )


def _by_key(here: pl.DataFrame, there: pl.DataFrame, pairs: tuple[tuple[str, str], ...]) -> _Joined:
    many = repeats(here, there, pairs)
    if many is not None and not many.alike:
        shown = ", ".join(many.examples[:3])
        raise Refused(
            Text(
                f"{many.keys} keys stand more than once in the other table: "
                f"{here.height:,} rows would become {many.grown:,}",
                f"另一张表中有 {many.keys} 个键重复：{here.height:,} 行会变成 {many.grown:,} 行",
            ),
            at=shown,
            fix=Text("make them unique, or join as of a time: --as-of 6h", "请使其唯一，或按时间关联：--as-of 6h"),
        )
    match = by_key(here, there, pairs)
    return _attached(here, there, match, _near(here, there, match, pairs))


def _in_time(
    here: pl.DataFrame,
    there: pl.DataFrame,
    pairs: tuple[tuple[str, str], ...],
    contract: Contract,
    rule: tuple[float, float, Any],
) -> _Joined:
    tolerance, delay, direction = rule
    clock = contract.first(Role.TIME) or _clock(here, "left")
    found = as_of(here, there, AsOf(clock, _clock(there, "other"), pairs, direction, tolerance, delay))
    findings = list(_near(here, there, found.match, pairs)) if pairs else []
    if found.beyond:
        where = Where((clock,), (), found.beyond, here.height)
        findings.append(Finding("join_beyond_tolerance", where, 1.0, "look", {"tolerance": tolerance}))
    joined = _attached(here, there, found.match, tuple(findings))
    age = pl.Series("age", np.where(np.isfinite(found.age), found.age, np.nan)).fill_nan(None)
    label = next(n for n in ("age", "age_joined", "age_of_join") if n not in joined.table.columns)
    return replace(joined, table=joined.table.with_columns(age.alias(label)), names={**joined.names, label: "age [s]"})


def _clock(table: pl.DataFrame, which: str) -> str:
    times = [n for n, t in table.schema.items() if t.is_temporal()]
    if times:
        return times[0]
    raise DataError(
        Text(f"the {which} table has no time column", f"{'左' if which == 'left' else '另一张'}表没有时间列"),
        at=", ".join(table.columns),
        fix=Text("ingest it with --time NAME", "请用 --time 列名 导入"),
    )


def _inherited(
    here: pl.DataFrame, there: pl.DataFrame, links: pl.DataFrame, pairs: tuple[tuple[str, str], ...]
) -> _Joined:
    """What each row's batch inherits from its ancestors, weighted by mass."""
    if not pairs:
        raise DataError(Text("genealogy needs the key", "谱系关联需要键"), fix=Text("--on coil=heat", "--on coil=heat"))
    columns = [c for c in links.columns if c != ROW]
    mass = columns[2] if len(columns) > 2 else ""
    family = ancestry([Links(links, columns[0], columns[1], mass)])
    (mine, key), *_ = pairs
    made = inherit(family, key_texts(here, [mine]), there, key)
    known = made.known > 0
    match = Match(np.arange(here.height), np.where(known, 0, -1), (here.height, there.height))
    names = {c if c not in here.columns else f"{c}_inherited": c for c in made.table.columns}
    table = here.hstack(made.table.rename({old: new for new, old in names.items()}).get_columns())
    counted = replace(coverage(match), used=0, unused=0)
    return _Joined(table, names, counted, _covered(counted, (mine,)))


def _attached(here: pl.DataFrame, there: pl.DataFrame, match: Match, findings: tuple[Finding, ...]) -> _Joined:
    table, names = attach(here, there, match, suffix="joined")
    counted = coverage(match)
    return _Joined(table, names, counted, (*_covered(counted, ()), *findings))


def _covered(counted: Coverage, columns: tuple[str, ...]) -> tuple[Finding, ...]:
    harm = "act" if counted.share < 0.5 else "look" if counted.share < LOW else "know"
    where = Where(columns, (), counted.matched, counted.left)
    return (Finding("join_coverage", where, 1.0, harm, {"unused": counted.unused}),)


def _near(
    here: pl.DataFrame, there: pl.DataFrame, match: Match, pairs: tuple[tuple[str, str], ...]
) -> tuple[Finding, ...]:
    """Keys of both sides that found nothing and differ only in how they are written."""
    if not pairs:
        return ()
    alone = np.setdiff1d(match.left[match.other < 0], match.left[match.other >= 0])
    free = np.setdiff1d(np.arange(there.height), match.other)
    mine = key_texts(here[alone], [a for a, _ in pairs]).drop_nulls().unique().to_list()
    other = key_texts(there[free], [b for _, b in pairs]).drop_nulls().unique().to_list()
    names = tuple(a for a, _ in pairs)
    return tuple(
        Finding(
            "join_near_keys",
            Where(names, (), near.count, here.height),
            0.9,
            "act",
            {"way": near.kind, "here": near.examples[0][0], "there": near.examples[0][1]},
        )
        for near in near_misses(mine, other)
    )


def _extended(contract: Contract, name: str, joined: _Joined) -> Contract:
    """The contract with the new columns; what was a target stays one."""
    known = {c.name for c in contract.columns}
    new = [n for n in joined.table.columns if n != ROW and n not in known]
    kinds = [_kind(joined.table.schema[n]) for n in new]
    added = tuple(
        Column(
            n,
            kind,
            Role.FEATURE if kind in ("number", "category", "flag") else Role.IGNORED,
            why=f"joined: {joined.names.get(n, n)}",
        )
        for n, kind in zip(new, kinds, strict=True)
    )
    return replace(contract, name=name, columns=(*contract.columns, *added))


def _kind(dtype: pl.DataType) -> str:
    if dtype.is_numeric():
        return "number"
    return "flag" if dtype == pl.Boolean else "time" if dtype.is_temporal() else "category"
