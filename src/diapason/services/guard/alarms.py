"""Incidents of broken contracts: one for each dataset and rule while it is open, with an owner; a person closes it."""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from diapason.engines.evidence import dsse
from diapason.errors import BrokenEvidence
from diapason.ports.disk import turn
from diapason.ports.workspace import Workspace
from diapason.services import facts, incident
from diapason.services.guard.verdicts import SEVERITY, verdicts
from diapason.services.ingest.guarding import told
from diapason.vocabulary.names import file_name, proper

__all__ = ["known", "owner_of", "settle"]

_TOKEN = re.compile(r"\w[\w-]*")
_WAIT = 30.0


def settle(ws: Workspace, name: str, judged: Sequence[Mapping[str, Any]] | None = None) -> list[str]:
    """Open what is not open yet for the rules that deliveries have broken; what a person has closed stays closed.

    Also after a kill: the signed verdicts say what was broken; those before an incident was closed went with it.

    Args:
        judged: verdicts to look at; default all.

    Returns:
        Numbers of the incidents that were opened.
    """
    broke = _broken(verdicts(ws, name) if judged is None else judged)
    if not broke:
        return []
    with turn(ws.folder / "incidents" / ".guard.lock", wait=_WAIT):
        seen = {i["rule"]: i for i in reversed(known(ws, name))}  # the newest of each rule
        return [_opened(ws, name, rule, *said) for rule, said in broke.items() if _is_new(ws, seen.get(rule), said[0])]


def known(ws: Workspace, name: str) -> list[dict[str, Any]]:
    """Incidents of this dataset's contract, newest first."""
    return [i for i in incident.listed(ws) if i["rule"] and name in (d.partition("@")[0] for d in i["datasets"])]


def owner_of(ws: Workspace, name: str) -> str:
    """Who was declared to own a dataset; else who acts here."""
    token = name if _TOKEN.fullmatch(name) else file_name(proper(name))
    try:
        said = facts.valid(facts.read(ws)).get(f"dataset.{token}.owner")
    except BrokenEvidence:  # nobody's word can be told from another's then
        said = None
    return str(said.said["value"]) if said is not None and said.said["value"] else ws.person


def _broken(judged: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """The newest verdict by which each rule was broken."""
    found: dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {}
    for one in judged:
        found |= {f"{b['column']}:{b['rule']}": (one, b) for b in one["broken"]}
        found |= {f"{f['column']}:{f['rule']}": (one, f) for f in one["faults"] if f["act"] == "alarm"}
    return found


def _is_new(ws: Workspace, last: Mapping[str, Any] | None, judged: Mapping[str, Any]) -> bool:
    """Whether no incident of this rule is open, nor was the last one closed after this verdict."""
    if last is None:
        return True
    entries = ws.ledger.entries(kind="incident", subject=f"incident:{last['id']}")
    closed = [e.seq for e in entries if dsse.opened(e.body).predicate["act"] == "close"]
    return bool(closed) and closed[-1] < judged["seq"]


def _opened(ws: Workspace, name: str, rule: str, judged: Mapping[str, Any], b: Mapping[str, Any]) -> str:
    said = b["sentence"][ws.language] if "sentence" in b else told(b)(ws.language)
    made = incident.open_(
        ws,
        f"{name}: {said} [{b['act']}, {PurePath(judged['source']).name}]",
        dataset=name if ws.lake.versions(name) else "",
        regimes=(),
        rule=rule,
        owner=owner_of(ws, name),
        severity=SEVERITY[b["act"]],
    )
    return str(made["id"])
