"""One piece of a stream into the workspace: spooled whole first, so that a kill loses and doubles nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from diapason.engines.evidence.canonical import digest
from diapason.errors import DataError
from diapason.ports.disk import write_whole
from diapason.ports.lake import Version
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.guard.alarms import settle
from diapason.services.guard.faults import new_faults
from diapason.services.guard.waits import waited
from diapason.services.ingest.aside import Aside
from diapason.services.ingest.refused import Refused
from diapason.services.ingest.widening import after, stored, widened
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW, VersionRef
from diapason.vocabulary.wire import plain

__all__ = ["Piece", "keep", "resumed"]


@dataclass(slots=True)
class Piece:
    """Rows of a stream that are judged and not yet stored."""

    good: list[pl.DataFrame] = field(default_factory=list)
    aside: list[pl.DataFrame] = field(default_factory=list)
    refused: list[pl.DataFrame] = field(default_factory=list)
    sent: int = 0
    read: list[tuple[float, int]] = field(default_factory=list)  # when the oldest row of each batch was read

    @property
    def counts(self) -> dict[str, int]:
        """Sent, stored, quarantined, refused, so far."""
        return {
            "sent": self.sent,
            "stored": sum(f.height for f in self.good),
            "quarantined": sum(f.height for f in self.aside),
            "refused": sum(f.height for f in self.refused),
        }


class _Spooled(msgspec.Struct):
    facts: dict[str, Any]
    good: bytes
    aside: bytes
    refused: bytes


def keep(ws: Workspace, name: str, spool: Path, piece: Piece, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Store what is good, set aside what is not, keep what was refused, sign the verdict; all of it or, once more, all.

    Args:
        spool: file in which the piece waits until its run is signed.
        facts: the verdict, the source, from which byte to which.

    Returns:
        The verdict with the version, new faults and incidents that were opened.
    """
    parts = [_bytes(frames) for frames in (piece.good, piece.aside, piece.refused)]
    data = msgspec.msgpack.encode(_Spooled(plain(facts), *parts))
    write_whole(spool, data)
    return _kept(ws, name, spool, data)


def resumed(ws: Workspace, name: str, spool: Path) -> dict[str, Any] | None:
    """Finish the piece that a kill has left; None where there is none."""
    return _kept(ws, name, spool, spool.read_bytes()) if spool.is_file() else None


def _kept(ws: Workspace, name: str, spool: Path, data: bytes) -> dict[str, Any]:
    held = msgspec.msgpack.decode(data, type=_Spooled)
    settings = {k: held.facts[k] for k in ("source", "begin", "upto", "began")}
    plan = Plan("guard", name, sha256(data).hexdigest(), "", "", "", (), 0, {}, 0.0, settings)
    done = _finished(ws, name, plan)
    if done is None:
        done = _carried_out(ws, name, held, attest.begin(ws, plan))
    spool.unlink()
    return {**done, "incidents": settle(ws, name, [done])}


def _carried_out(ws: Workspace, name: str, held: _Spooled, run: attest.Run) -> dict[str, Any]:
    with Aside() as aside, Refused() as refused:
        aside.add(_frame(held.aside))
        refused.add(_numbered(_frame(held.refused)))
        aside.commit(ws, name, run.id)
        version = _stored(ws, name, _frame(held.good), run.id)
        refused.commit(ws, name, run.id, version or ws.lake.version(VersionRef(name)), append=True)
    told = {k: v for k, v in held.facts.items() if k != "read"}
    result = {**told, "version": None if version is None else version.ref.version, "faults": []}
    result["waits"] = waited(held.facts.get("read", ()), ws.clock().timestamp())
    if version is not None:
        run.subject(f"dataset/{version.ref}", version.digest)
        result["faults"] = new_faults(ws, version.ref)
    entry = run.finish(result)
    return {**result, "run": run.id, "seq": entry.seq, "at": entry.at}


def _stored(ws: Workspace, name: str, rows: pl.DataFrame, run: str) -> Version | None:
    done = [v for v in ws.lake.versions(name) if v.run == run]
    if done or not rows.height:
        return done[-1] if done else None
    schema = ws.lake.scan(VersionRef(name)).collect_schema()
    numbered = _numbered(rows)
    wider = widened(ws.lake, name, numbered.schema)
    try:
        frame = numbered.select(pl.col(c).cast(wider.get(c, kind)) for c, kind in schema.items())
    except pl.exceptions.PolarsError as error:
        raise DataError(
            Text(f"the columns of {name} have changed meanwhile: {error}", f"{name} 的列已变更：{error}"),
            at=name,
            fix=Text("start the guard again", "请重新启动 guard"),
        ) from error
    if not wider:
        return ws.lake.commit(name, [frame], run=run, note="guard", append=True)
    newest = ws.lake.version(VersionRef(name)).ref
    every = after(stored(ws.lake, newest, wider), [frame])
    return ws.lake.commit(name, every, run=run, note="guard", expected=newest.version)


def _finished(ws: Workspace, name: str, plan: Plan) -> dict[str, Any] | None:
    """What this very piece has become, if its run was signed before the spool could be taken away."""
    sealed = digest(plain(plan))
    for entry in ws.ledger.entries(kind="plan", subject=name):
        if entry.body.get("digest") == sealed:
            for end in ws.ledger.entries(kind="result", run=entry.run):
                return {**attest.read(end)["result"], "run": end.run, "seq": end.seq, "at": end.at}
    return None


def _numbered(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.int_range(rows.height).alias(ROW)) if rows.height else rows


def _bytes(frames: list[pl.DataFrame]) -> bytes:
    if not frames:
        return b""
    kinds = zip(frames[0].columns, *(f.dtypes for f in frames), strict=True)
    wide = [pl.col(c).cast(pl.Float64) for c, *found in kinds if set(found) == {pl.Int64(), pl.Float64()}]
    out = BytesIO()
    pl.concat([f.with_columns(wide) for f in frames] if wide else frames).write_ipc(out)
    return out.getvalue()


def _frame(data: bytes) -> pl.DataFrame:
    return pl.read_ipc(BytesIO(data)) if data else pl.DataFrame()
