"""The reading tools: what they give is data of bounded size, its texts cut and without signs that a terminal obeys."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl

from diapason.engines.grounding import Known, Table
from diapason.errors import DataError, NotFound
from diapason.ports.workspace import Workspace
from diapason.services import agent, ask, attest, gateway
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import VersionRef
from diapason.vocabulary.wire import plain

__all__ = ["MOST", "READING", "clean"]

MOST = 200
"""Lines of a list at most."""
_LONGEST = 300
_HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]|[\U000e0000-\U000e007f]")

Given = Mapping[str, Any]


def clean(value: Any) -> Any:
    """The same, its texts cut to 300 signs and without marks that a terminal or a reader obeys."""
    if isinstance(value, str):
        return _HIDDEN.sub(" ", value)[:_LONGEST]
    if isinstance(value, Mapping):
        return {str(clean(str(k))): clean(v) for k, v in value.items()}
    return [clean(v) for v in value] if isinstance(value, list) else value


def _status(ws: Workspace, _: Given) -> dict[str, Any]:
    names = ask.known(ws)
    return {
        "workspace": ws.name,
        "datasets": len(names.tables),
        "models": len(names.models),
        "agents": len(names.agents),
        "entries": ws.ledger.head()[0],
    }


def _datasets(ws: Workspace, _: Given) -> dict[str, Any]:
    tables = ask.known(ws).tables
    lines = [
        {
            "dataset": f"{t.name}@{t.version}",
            "rows": ws.lake.version(VersionRef(t.name, t.version)).rows,
            "tags": len(t.tags),
            "start": t.start.isoformat() if t.start else "",
            "end": t.end.isoformat() if t.end else "",
        }
        for t in tables[:MOST]
    ]
    return {"datasets": lines, "cut": len(tables) > MOST}


def _tags(ws: Workspace, given: Given) -> dict[str, Any]:
    table = _table(ask.known(ws), given["dataset"])
    tags = [{"tag": tag, "unit": unit} for tag, unit in table.tags.items()]
    return {"dataset": f"{table.name}@{table.version}", "tags": tags[:MOST], "cut": len(tags) > MOST}


def _readings(ws: Workspace, given: Given) -> dict[str, Any]:
    table = _table(ask.known(ws), given["dataset"])
    tag, most = str(given["tag"]), int(given.get("most", 100))
    if tag not in table.tags or not table.time:
        raise NotFound(Text(f"{table.name} has no readings of '{tag}'", f"{table.name} 没有“{tag}”的读数"), at="tag")
    ref = VersionRef(table.name, table.version)
    frame = ws.lake.scan(ref).select(pl.col(table.time).alias("at"), pl.col(tag).cast(pl.Float64).alias("value"))
    zone = getattr(frame.collect_schema()["at"], "time_zone", None)
    for word, edge in (("start", 1), ("end", -1)):
        if given.get(word):
            moment = _moment(str(given[word]), word)
            bound = pl.lit(moment if zone else moment.replace(tzinfo=None))
            frame = frame.filter(pl.col("at") >= bound if edge > 0 else pl.col("at") <= bound)
    got = frame.head(most + 1).collect()
    lines = [{"at": at.isoformat(), "value": plain(value)} for at, value in got.head(most).iter_rows()]
    digest = ws.lake.version(ref).digest
    own = {"dataset": str(ref), "digest": digest, "tag": tag, "unit": table.tags[tag]}
    return {**own, "readings": lines, "cut": got.height > most}


def _ask(ws: Workspace, given: Given) -> dict[str, Any]:
    said = ask.run(ws, str(given["question"]))
    return {key: said[key] for key in ("state", "said", "numbers", "words", "choices")}


def _agents(ws: Workspace, given: Given) -> dict[str, Any]:
    found = agent.listed(ws, asset=str(given.get("asset", "")))
    keep = ("name", "version", "agent_id", "owner", "expires", "asset", "model", "grade", "moves", "most")
    return {"agents": [{k: a[k] for k in keep} for a in found[:MOST]], "cut": len(found) > MOST}


def _explain(ws: Workspace, given: Given) -> dict[str, Any]:
    name = agent.find(ws, str(given["agent"])).name
    keys = [e.run.removeprefix("action:") for e in ws.ledger.entries(kind="proposal", subject=f"agent:{name}")]
    told = [found.told for key in keys[-50:] if (found := gateway.find(ws, key)) is not None]
    return {"agent": name, "actions": told, "cut": len(keys) > 50}


def _evidence(ws: Workspace, given: Given) -> dict[str, Any]:
    run, about = str(given.get("run", "")), str(given.get("about", ""))
    if bool(run) == bool(about):
        raise DataError(Text("say a run or a name", "请给出运行编号或名称"), at="run, about")
    found = [attest.finished(ws, run)] if run else list(attest.results(ws, subject=about))
    keep = ("run", "at", "seq", "hash", "verb", "dataset")
    return {"runs": [{k: f[k] for k in keep} for f in found[-MOST:]], "cut": len(found) > MOST}


READING: Mapping[str, Callable[[Workspace, Given], dict[str, Any]]] = {
    "diapason_status": _status,
    "diapason_datasets": _datasets,
    "diapason_tags": _tags,
    "diapason_readings": _readings,
    "diapason_ask": _ask,
    "diapason_agents": _agents,
    "diapason_explain": _explain,
    "diapason_evidence": _evidence,
}
"""What each tool does."""


def _table(names: Known, asked: object) -> Table:
    name = str(asked).partition("@")[0]
    found = next((t for t in names.tables if t.name == name), None)
    if found is None:
        known = ", ".join(t.name for t in names.tables[:20])
        raise NotFound(Text(f"there is no dataset '{name}'", f"没有数据集“{name}”"), at="dataset", fix=known)
    return found


def _moment(text: str, at: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise DataError(
            Text(f"'{text}' is no time", f"“{text}”不是时间"), at=at, fix="2026-03-02T08:00+00:00"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
