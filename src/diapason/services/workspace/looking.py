"""Look at a workspace: what is in it, what was done, what comes next."""

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

from diapason.ports.lake import Difference
from diapason.ports.workspace import Workspace
from diapason.services.workspace.forgetting import models
from diapason.services.workspace.people import people
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import VersionRef
from diapason.vocabulary.wire import plain

__all__ = ["datasets", "difference", "folder_size", "status", "versions"]

SHOWN = 1000
"""Changed cells, added and removed rows that a difference lists; all are counted."""


def status(ws: Workspace) -> dict[str, Any]:
    """What is here, in plain values; `next` is a command and why, in both languages."""
    verbs, runs = _runs(ws)
    found = datasets(ws)
    count, head = ws.ledger.head()
    last = ws.ledger.last(kind="backup")
    return {
        "name": ws.name,
        "folder": str(ws.folder),
        "person": ws.person,
        "people": [{"name": p["name"], "roles": p["roles"]} for p in people(ws).values()],
        "datasets": found,
        "models": [{"name": s, "at": e.at, "task": e.body.get("task", "")} for s, e in models(ws.ledger).items()],
        "runs": runs,
        "ledger": {"entries": count, "head": head},
        "signer": ws.signer.keyid,
        "backup": last.at if last else "",
        "bytes": {part: folder_size(ws.folder / part) for part in ("lake", "vault", "ledger.db")},
        "free": shutil.disk_usage(ws.folder).free,
        "undone": list(ws.settings.get("undone", ())),
        "next": _next(found, verbs),
    }


def datasets(ws: Workspace) -> list[dict[str, Any]]:
    """Every dataset at its newest version: name, version, rows, at, note, digest."""
    return [_version(ws.lake.version(VersionRef(name))) for name in ws.lake.datasets()]


def versions(ws: Workspace, name: str) -> list[dict[str, Any]]:
    """Every version of a dataset, oldest first.

    Raises:
        NotFound: no dataset has that name.
    """
    ws.lake.version(VersionRef(name))
    return [_version(v) for v in ws.lake.versions(name)]


def difference(ws: Workspace, before: str, after: str) -> dict[str, Any]:
    """Rows and cells by which two versions such as `turbofan@1` and `turbofan@2` differ: counts, and the first 1000."""
    found: Difference = ws.lake.difference(VersionRef.parse(before), VersionRef.parse(after))
    rows = found.changed["_row"].n_unique()
    return {
        "before": before,
        "after": after,
        "added": found.added.height,
        "removed": found.removed.height,
        "changed_cells": found.changed.height,
        "changed_rows": rows,
        "by_column": plain(dict(Counter(found.changed["column"]).most_common())),
        "changes": plain(found.changed.head(SHOWN).to_dicts()),
        "added_rows": plain(found.added["_row"].head(SHOWN).to_list()),
        "removed_rows": plain(found.removed["_row"].head(SHOWN).to_list()),
    }


def folder_size(path: Path) -> int:
    """Bytes of a file, or of everything in a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(p.stat().st_size for p in path.rglob("*") if p.is_file())


def _version(version: Any) -> dict[str, Any]:
    said = plain(version)
    ref = said.pop("ref")
    return {"name": ref["name"], "version": ref["version"], **said}


def _runs(ws: Workspace) -> tuple[dict[str, set[str]], dict[str, int]]:
    """Which verbs were finished for which dataset; and how many runs ended how."""
    ended = {e.run: kind for kind in ("abandoned", "result") for e in ws.ledger.entries(kind=kind)}
    verbs: dict[str, set[str]] = {}
    states = Counter({"finished": 0, "abandoned": 0, "unfinished": 0})
    for entry in ws.ledger.entries(kind="plan"):
        state = {"result": "finished", "abandoned": "abandoned"}.get(ended.get(entry.run, ""), "unfinished")
        states[state] += 1
        if state == "finished":
            verbs.setdefault(entry.subject.split("@")[0], set()).add(entry.run.split("-")[0])
    return verbs, dict(states)


_STEPS = {
    "ingest": ("diapason ingest FILE --name NAME", Text("bring in a table", "导入一张表")),
    "assess": ("diapason assess {name}", Text("see what is wrong with this data", "查看这份数据有何问题")),
    "learn": ("diapason learn {name} --task TASK", Text("learn a model, on an honest split", "在诚实划分上学习模型")),
    "resonate": ("diapason resonate {name}", Text("try repairs of the data", "试验数据修复")),
    "report": ("diapason report {name}", Text("read it all on one page", "在一页报告中查看全部")),
}


def _next(found: list[dict[str, Any]], verbs: dict[str, set[str]]) -> dict[str, Any]:
    """The first step of the loop that is missing, for the dataset that changed last."""
    name = str(max(found, key=lambda d: d["at"])["name"]) if found else ""
    done = verbs.get(name, set()) | {"ingest"} if found else set()
    step = next((verb for verb in _STEPS if verb not in done), "report")
    command, why = _STEPS[step]
    return {"command": command.format(name=name), "why": plain(why)}
