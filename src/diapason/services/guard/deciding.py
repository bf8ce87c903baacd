"""The quarantine of a dataset: look at the rows set aside, release some by a person with a reason, or drop them."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl

from diapason.errors import Conflict, DataError, NotFound
from diapason.ports.lake import Version
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.ingest import QUARANTINE
from diapason.services.ingest.aside import rows_of
from diapason.services.workspace.people import ROLES, require
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW, VersionRef

__all__ = ["decide", "look", "waiting"]

ACTS = ("release", "drop")
_SPAN = re.compile(r"\s*(\d+)\s*(?:[-–]\s*(\d+)\s*)?")
_MOST = 1000


def look(ws: Workspace, name: str, *, most: int = 20) -> dict[str, Any]:
    """Rows that wait for a decision, the oldest first, and what was decided on others.

    Returns:
        dataset, waiting, released, dropped, because (rows by the rules they break), rows (number, because, row, run).

    Raises:
        NotFound: there is no such dataset.
    """
    ws.lake.version(VersionRef(name))
    rows = waiting(ws, name)
    counts = {act: sum(len(_numbers(d["rows"])) for d in _decided(ws, name) if d["act"] == act) for act in ACTS}
    by_rule = rows.group_by("because").len().sort("len", "because", descending=[True, False])
    return {
        "dataset": name,
        "kept": name + QUARANTINE,
        "waiting": rows.height,
        "released": counts["release"],
        "dropped": counts["drop"],
        "because": [{"rules": rules, "rows": count} for rules, count in by_rule.rows()],
        "rows": [
            {"number": number, "because": because, "run": run, "row": raw}
            for number, because, run, raw in rows.head(most).select(ROW, "because", "run", "raw").rows()
        ],
    }


def decide(ws: Workspace, name: str, act: str, rows: str, *, because: str) -> dict[str, Any]:
    """Release rows into a new version, as they are, or drop them; in the name of who acts, with a reason.

    What was decided is a signed run; the rows themselves stay in `NAME.quarantine`, so that it can be looked up.

    Args:
        act: release or drop.
        rows: numbers: `3,7-12`, or `all`.

    Raises:
        DataError: no reason, no numbers, or rows that no longer fit the dataset's columns.
        NotFound: one of them does not wait.
        Refused: who acts has no role here.
    """
    require(ws, *ROLES)
    if not because.strip():
        raise DataError(
            Text("say why", "请说明理由"), at="--because", fix='--because "the sensor was right: a real trip"'
        )
    table = waiting(ws, name)
    numbers = _asked(table[ROW].to_list(), rows)
    chosen = table.filter(pl.col(ROW).is_in(numbers))
    settings = {"act": act, "rows": _spans(numbers), "because": because.strip(), "person": ws.person}
    run = attest.begin(ws, Plan("quarantine", name, "", "", "", "", (), 0, {}, 0.0, settings))
    version = _released(ws, name, chosen, run.id) if act == "release" else None
    if version is not None:
        run.subject(f"dataset/{version.ref}", version.digest)
    result = {**settings, "count": len(numbers), "version": None if version is None else version.ref.version}
    run.finish(result)
    left = table.height - len(numbers)
    return {**result, "dataset": name, "run": run.id, "waiting": left}


def waiting(ws: Workspace, name: str) -> pl.DataFrame:
    """Rows set aside on which nothing was decided."""
    if not ws.lake.versions(name + QUARANTINE):
        return pl.DataFrame(schema={ROW: pl.Int64, "because": pl.String, "run": pl.String, "raw": pl.String})
    decided = {number for d in _decided(ws, name) for number in _numbers(d["rows"])}
    table = ws.lake.scan(VersionRef(name + QUARANTINE)).collect()
    return table.filter(~pl.col(ROW).is_in(sorted(decided)))


def _released(ws: Workspace, name: str, chosen: pl.DataFrame, run: str) -> Version:
    ref = ws.lake.version(VersionRef(name)).ref
    schema = ws.lake.scan(ref).collect_schema()
    rows = rows_of(chosen["raw"], schema, at=f"{name}{QUARANTINE}")
    numbered = rows.with_columns(pl.int_range(rows.height).alias(ROW)).select(schema.names())
    return ws.lake.commit(name, [numbered], run=run, note="release", append=True)


def _decided(ws: Workspace, name: str) -> Iterator[dict[str, Any]]:
    """What was decided since the quarantine was last erased; a release that was killed after its commit is one too."""
    erased = ws.ledger.last(kind="erase", subject=name + QUARANTINE)
    after = erased.seq if erased is not None else 0
    done, committed = set[str](), {v.run for v in ws.lake.versions(name)}
    for entry in ws.ledger.entries(kind="result", subject=name, after=after):
        if entry.run.startswith("quarantine-"):
            done.add(entry.run)
            yield attest.read(entry)["result"]
    for entry in ws.ledger.entries(kind="plan", subject=name, after=after):
        if entry.run.startswith("quarantine-") and entry.run in committed - done:
            yield dict(entry.body["plan"]["settings"])


def _asked(here: list[int], said: str) -> list[int]:
    if not here:
        raise Conflict(
            Text("nothing is in quarantine", "隔离区为空"),
            at="diapason quarantine",
            fix=Text("nothing to do", "无需处理"),
        )
    if said.strip() in ("all", "全部"):
        return here
    asked = _numbers(said)
    gone = sorted(asked - set(here))
    if gone or not asked:
        shown = ", ".join(map(str, gone[:5])) or said
        raise NotFound(
            Text(f"no such row waits in quarantine: {shown}", f"隔离区中没有待处理的行：{shown}"),
            at=said,
            fix=Text(f"numbers such as {_spans(here[:_MOST])}, or all", f"行号如 {_spans(here[:_MOST])}，或 all"),
        )
    return sorted(asked)


def _numbers(said: str) -> set[int]:
    """Numbers as a person writes them.

    >>> sorted(_numbers("3,7-9"))
    [3, 7, 8, 9]
    """
    found = set[int]()
    for word in said.replace("，", ",").split(","):
        match = _SPAN.fullmatch(word)
        if match is None or int(match[2] or match[1]) < int(match[1]) or int(match[2] or 0) - int(match[1]) > 10**8:
            raise DataError(
                Text(f"'{word}' is no number of a row", f"“{word}”不是行号"),
                at=said,
                fix=Text("write 3,7-12 or all", "请写 3,7-12 或 all"),
            )
        found |= set(range(int(match[1]), int(match[2] or match[1]) + 1))
    return found


def _spans(numbers: Iterable[int]) -> str:
    """Numbers as a person would write them.

    >>> _spans([3, 7, 8, 9])
    '3,7-9'
    """
    spans: list[list[int]] = []
    for n in sorted(numbers):
        if spans and n == spans[-1][1] + 1:
            spans[-1][1] = n
        else:
            spans.append([n, n])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in spans)
