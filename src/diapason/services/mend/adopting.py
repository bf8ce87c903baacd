"""A person adopts mended cells: a new version of the table, in that person's name, that `undo` takes back."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import polars as pl

from diapason.errors import Conflict, DataError, Refused
from diapason.ports.lake import Version
from diapason.ports.workspace import Workspace
from diapason.services import approve, attest, permit
from diapason.services.attest import table_bytes
from diapason.services.mend.texts import put_back, said
from diapason.services.workspace import require
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW, VersionRef
from diapason.vocabulary.wire import plain

__all__ = ["CANDIDATE", "adopt", "proposals"]

CANDIDATE = "mended-cells"


def proposals(done: Mapping[str, Any], least: float) -> pl.DataFrame:
    """Cells whose proposal is sure enough: columns row, column, value, proposed."""
    kept = [c for c in done["cells"] if c["proposed"] is not None and c["sure_of_proposal"] >= least]
    keys = {"row": pl.Int64, "column": pl.String, "value": pl.String, "proposed": pl.String}
    return pl.DataFrame([[c[k] for k in keys] for c in kept], schema=keys, orient="row")


def adopt(ws: Workspace, name: str, changes: pl.DataFrame, *, found: str = "") -> dict[str, Any]:
    """Write cells into a new version, in the name of who acts.

    Every line must say what stands in its cell now: a sheet made for another version is refused whole.

    Args:
        changes: columns row (number of the source row), column, value (as it stands), proposed ("" empties).
        found: the run that proposed them.

    Returns:
        dataset (the version after), before, cells changed, person, and the run.

    Raises:
        NotFound: there is no such dataset.
        Refused: there is nothing to change, who acts may not, or a second person has to sign it first.
        DataError: a row, column or value is none of this table; nothing is changed.
        Conflict: somebody else wrote a version meanwhile.
    """
    require(ws, "trainer", "administrator")
    name = VersionRef.parse(name).name
    before = _before(ws, name)
    if not changes.height:
        raise Refused(
            Text("no line says what to write", "没有任何一行说明要写入什么"),
            at=name,
            fix=Text(
                "write set or empty in the column do, or use a lower --least",
                "请在 do 列填写 set 或 empty，或降低 --least",
            ),
        )
    frame = ws.lake.scan(before.ref).collect()
    _check(frame, changes, str(before.ref))
    mended = _mended(frame, changes, before)
    lines = sha256(table_bytes(changes)).hexdigest()
    second = _granted(ws, before, changes, lines)
    said_ = {"cells": changes.height, "lines": lines, "found": found, "person": ws.person, "adopts": True}
    plan = Plan("mend", str(before.ref), before.digest, "", "", "", (CANDIDATE,), 0, {}, 0.0, said_)
    run_ = attest.begin(ws, plan)
    run_.keep("adopted", changes)
    after = _committed(ws, name, mended, run_.id, before)
    run_.subject(f"dataset/{after.ref}", after.digest)
    result = {
        "dataset": str(after.ref),
        "before": str(before.ref),
        "candidate": CANDIDATE,
        "cells": changes.height,
        "rows": changes["row"].n_unique(),
        "columns": sorted(changes["column"].unique().to_list()),
        "person": ws.person,
        "mend": found,
        **({"on": list(second)} if second else {}),
    }
    if not any(e.kind == "adopt" for e in ws.ledger.entries(run=run_.id)):  # first, so that `undo` always finds it
        ws.ledger.append("adopt", run=run_.id, subject=str(after.ref), body=plain(result))
    run_.finish(result)
    return {**result, "run": run_.id}


def _granted(ws: Workspace, before: Version, changes: pl.DataFrame, lines: str) -> tuple[str, ...]:
    """The second person's signature where the grade asks for one; and the terms of the data allow it."""
    thing = {"cells": changes.height, "lines": lines, "before": str(before.ref), "rows_of": before.digest}
    words = Text(f"write {changes.height} cells of {before.ref}", f"改写 {before.ref} 的 {changes.height} 个单元格")
    second = approve.before_adopting(ws, before.ref.name, thing, words)
    permit.used(ws, "mend", str(before.ref))
    return second


def _mended(frame: pl.DataFrame, changes: pl.DataFrame, before: Version) -> pl.DataFrame:
    mended, failed = put_back(frame, changes)
    if failed:
        line = changes.row(failed[0], named=True)
        what = Text(f"'{line['proposed']}' is no value for this column", f"“{line['proposed']}”不能写入该列")
        raise _wrong(what, line, before)
    return mended


def _before(ws: Workspace, name: str) -> Version:
    """The version to mend: the newest, or the one before it where an adoption was killed after it had written."""
    newest = ws.lake.version(VersionRef(name))
    begun = [
        e for e in ws.ledger.entries(kind="plan") if e.run == newest.run and e.body["plan"]["settings"].get("adopts")
    ]
    if begun and not any(e.run == newest.run for e in ws.ledger.entries(kind="result")):
        return ws.lake.version(VersionRef.parse(str(begun[0].body["plan"]["dataset"])))
    return newest


def _committed(ws: Workspace, name: str, frame: pl.DataFrame, run: str, before: Version) -> Version:
    """Commit, unless this run has committed before it was killed."""
    done = [v for v in ws.lake.versions(name) if v.run == run]
    newest = ws.lake.version(VersionRef(name))
    if done:
        return done[-1]
    if newest.ref != before.ref:
        raise Conflict(
            Text(
                f"{newest.ref} was begun from another sheet and never signed",
                f"{newest.ref} 由另一份清单写出，尚未签署",
            ),
            at=str(newest.ref),
            fix=Text("adopt that sheet again first", "请先重新采纳那份清单"),
        )
    return ws.lake.commit(name, [frame], run=run, note="mend cells", expected=before.ref.version)


def _check(frame: pl.DataFrame, changes: pl.DataFrame, at: str) -> None:
    """Every line speaks of a cell of this table as it is."""
    known = {row: i for i, row in enumerate(frame[ROW].to_list())}
    texts: dict[str, list[str]] = {}
    for line in changes.iter_rows(named=True):
        column = line["column"]
        if column == ROW or column not in frame.columns:
            raise _wrong(Text(f"there is no column '{column}'", f"没有列“{column}”"), line, at)
        if line["row"] not in known:
            raise _wrong(Text(f"there is no row {line['row']}", f"没有第 {line['row']} 行"), line, at)
        if column not in texts:
            texts[column] = said(frame[column])
        now = texts[column][known[line["row"]]]
        if now != line["value"] and not _same_number(now, line["value"]):
            raise _wrong(
                Text(f"'{now}' stands there now, not '{line['value']}'", f"现有值为“{now}”，而不是“{line['value']}”"),
                line,
                at,
            )


def _same_number(first: str, second: str) -> bool:
    """Spreadsheets write 12.0 as 12."""
    try:
        return float(first) == float(second)
    except ValueError:
        return False


def _wrong(what: Text, line: Mapping[str, Any], at: Version | str) -> DataError:
    where = str(at.ref) if isinstance(at, Version) else at
    fix = Text(
        "correct or delete that line, or write the sheet again: diapason mend NAME",
        "请更正或删除该行，或重新生成清单：diapason mend 名称",
    )
    return DataError(what, at=f"{where}: row {line['row']}, {line['column']}", fix=fix)
