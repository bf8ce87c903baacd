"""The pass itself: frames in, state out; and what it tells."""

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from math import inf
from typing import TYPE_CHECKING, Any

import polars as pl

from diapason.engines.scan import Scan, Shape, faults, lines, regimes, sampled
from diapason.errors import DataError
from diapason.knowledge.findings import sentence
from diapason.ports.workspace import Progress
from diapason.vocabulary.findings import Finding
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW, Contract
from diapason.vocabulary.wire import plain

if TYPE_CHECKING:
    from diapason.engines.scan import Drift

__all__ = ["BATCH", "found", "limits_of", "passed", "told"]

BATCH = 262_144
"""Rows taken in at a time, at most."""


def passed(
    frames: Iterator[pl.DataFrame],
    roles: Mapping[str, str],
    source: str,
    progress: Progress,
    *,
    agreed: Contract | None = None,
    before: Scan | None = None,
    of: int = 0,
) -> Scan:
    """Take in all frames; key, relations and ranges are those of the contract, as is the regime if no role says it."""
    scan = before
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for frame in frames:
            part = frame.drop(ROW) if ROW in frame.columns else frame  # to drop nothing costs a query
            if scan is None:
                scan = Scan.new(_shape(dict(part.schema), roles, agreed))
            scan.update(part, across=pool.map)
            share = scan.rows / of if of else -1.0
            progress(Text("scanning", "扫描中"), share, f"{scan.rows:,}")
    if scan is None or not scan.rows:
        raise DataError(
            Text("there are no rows", "没有任何行"), at=source, fix=Text("export the table again", "请重新导出该表")
        )
    progress(Text("done", "完成"), 1.0, "")
    return scan


def _shape(schema: dict[str, pl.DataType], roles: Mapping[str, str], agreed: Contract | None) -> Shape:
    told = Contract("", ()) if agreed is None else agreed
    return Shape.of(
        schema,
        time=roles.get("time", ""),
        asset=roles.get("asset", ""),
        tag=roles.get("tag", ""),
        value=roles.get("value", ""),
        regime=roles.get("regime") or told.regime,
        key=told.key,
        relations=told.relations,
        allowed=limits_of(told),
    )


def told(
    scan: Scan, contract: Contract | None = None, against: Scan | None = None, new: Scan | None = None
) -> dict[str, Any]:
    """What the state tells, as plain facts: columns, findings, sentences and advice in both languages.

    With a contract also which of its rules are broken, and which could not be tested; with a reference also how far
    each column has drifted from it.

    Args:
        new: the rows that the reference does not hold, where the others are its own.
    """
    drifted, changed = _compared(new or scan, against)
    drawn = sampled(scan.sample, scan.shape)
    found = (*changed, *faults(scan, drawn["regimes"]))
    return {
        "rows": scan.rows,
        "assets": len(scan.assets),
        "roles": {name: getattr(scan.shape, name) for name in ("time", "asset", "tag", "regime")},
        "aside": list(scan.shape.aside),
        "columns": lines(scan),
        "sampled": drawn,
        "key": scan.told_of_keys() | {"columns": list(scan.shape.key)} if scan.shape.key else None,
        "relations": {said: plain(r) for said, r in scan.relations.items()},
        "drift": None if against is None else [plain(d) for d in drifted],
        "compared": 0 if against is None else (new or scan).rows,
        "contract": None if contract is None else _judged(scan, contract),
        "findings": plain(found),
        "sentences": [_both(f, "sentence") for f in found],
        "advice": [_both(f, "advice") for f in found],
    }


def found(scan: Scan) -> list[tuple[dict[str, Any], dict[str, str]]]:
    """The faults alone, each as plain facts with its sentence in both languages."""
    told_of = faults(scan, regimes(scan.sample.frames(), scan.shape))
    return [(plain(f), _both(f, "sentence")) for f in told_of]


def _compared(scan: Scan, against: Scan | None) -> "tuple[tuple[Drift, ...], tuple[Finding, ...]]":
    """How far columns have drifted from a reference, and what else has changed."""
    if against is None:
        return (), ()
    from diapason.engines.scan import changes, drifts

    drifted = drifts(against, scan)
    return drifted, tuple(changes(against, scan, drifted))


def limits_of(contract: Contract) -> dict[str, tuple[float, float]]:
    """The range of each column that has one, infinite where one end is not said."""
    return {
        c.name: (-inf if c.low is None else c.low, inf if c.high is None else c.high)
        for c in contract.columns
        if c.low is not None or c.high is not None
    }


def _judged(scan: Scan, contract: Contract) -> dict[str, Any]:
    """How many rules there are, and those that are broken or not tested."""
    from diapason.engines.contracts import broken, rules

    ranges = limits_of(contract)
    counted = [
        line | {"counts": scan.words[line["name"]].counts} if line["kind"] == "words" else line for line in lines(scan)
    ]
    for line in counted:  # a state that was begun with another range has not counted what lies outside of this one
        if scan.shape.limits(line["name"]) != ranges.get(line["name"]):
            line.pop("outside", None)
    keyed = (scan.shape.time, scan.shape.asset, scan.shape.tag, scan.shape.value)
    found = broken(
        contract,
        counted,
        [*(line["name"] for line in counted), *keyed, *scan.shape.aside, *scan.shape.clocks],
        keys=scan.told_of_keys() if scan.shape.key == contract.key else None,
        relations={said: plain(r) for said, r in scan.relations.items()},
    )
    said = {"broken": [plain(b) for b in found if b.tested], "untested": [plain(b) for b in found if not b.tested]}
    return {"rules": rules(contract), **said}


def _both(finding: Finding, part: str) -> dict[str, str]:
    return {"en": sentence(finding, "en", part=part), "zh": sentence(finding, "zh", part=part)}
