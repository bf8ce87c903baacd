"""What a name stands on: papers, people and recalls are shown with it; of other runs and data only that they are there.

Whoever recounts elsewhere must see why something stands or has fallen, and need not see what else the plant does.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from diapason.engines.evidence import bundle
from diapason.errors import DiapasonError
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.standing.claims import Claim
from diapason.services.standing.index import indexed
from diapason.vocabulary.evidence import Entry
from diapason.vocabulary.facts import ground

__all__ = ["WHOLE", "outlined", "shown"]

WHOLE = ("appraise", "comply", "effect")
"""Verbs that speak of the whole enterprise; shown on request only."""

_OPEN = ("person", "paper")
"""Claims whose entries are shown wherever the name stands on them."""


def shown(ws: Workspace, name: str, entries: Iterable[Entry], *, facts: bool) -> set[int]:
    """Numbers of the entries whose bodies go along: all about the name, and what decides whether it stands.

    Args:
        facts: what people have declared and what was appraised about the enterprise too.
    """
    known = list(entries)
    about = {e.seq for e in known if bundle.about(e.subject) == name}
    if facts:
        runs = {e.run for e in known if e.kind == "plan" and str(e.run).split("-", 1)[0] in WHOLE}
        about |= {e.seq for e in known if e.kind == "declare" or (e.run and e.run in runs)}
    below = _below(ws, about)
    open_ = {c.seq for c in below if c.kind in _OPEN}
    ids = {c.id for c in below} | {g for c in below for g in c.on}
    recalls = {
        e.seq for e in known if e.kind == "recall" and (e.subject in ids or ground("dataset", name) == e.subject)
    }
    erased = {e.seq for e in known if e.kind == "erase" and e.seq in about}
    return about | open_ | recalls | erased | _hands(known, about | open_ | recalls)


def outlined(ws: Workspace, numbers: set[int]) -> dict[str, dict[str, Any]]:
    """Claims below whose bodies are not shown: what each is and what it stands on; no content."""
    return {c.id: _outline(ws, c) for c in _below(ws, numbers) if c.seq not in numbers}


def _below(ws: Workspace, numbers: set[int]) -> list[Claim]:
    """Claims of some entries, and all that they stand on, papers included."""
    known = {c.id: c for c in indexed(ws).claims}
    papers: dict[str, list[Claim]] = {}
    for c in known.values():
        if c.kind == "paper":
            papers.setdefault(c.about, []).append(c)
    queue = [c.id for c in known.values() if c.seq in numbers]
    seen = set(queue)
    for one in queue:  # grows while it is walked
        found = known.get(one)
        whole = one.partition("@")[0]
        more = [p.id for target in {one, whole} for p in papers.get(target, ())]
        fresh = [g for g in (*(found.on if found else ()), *more) if g not in seen]
        seen.update(fresh)
        queue += fresh
    return [known[name] for name in queue if name in known]


def _outline(ws: Workspace, c: Claim) -> dict[str, Any]:
    said: dict[str, Any] = {"kind": c.kind, "about": c.about, "verb": c.verb, "on": list(c.on), "seq": c.seq}
    if c.until:
        said["until"] = c.until
    return said | {"simulated": True} if c.kind == "run" and _simulated(ws, c) else said


def _simulated(ws: Workspace, c: Claim) -> bool:
    if c.verb != "ingest":
        return False
    try:
        result: Mapping[str, Any] = attest.finished(ws, c.id.partition(":")[2])["result"]
    except DiapasonError:
        return False
    return any(a.get("what") == "source" and a.get("value") == "simulated" for a in result.get("assumed") or ())


def _hands(known: Iterable[Entry], numbers: set[int]) -> set[int]:
    """Who signed what is shown."""
    entries = list(known)
    keys = {str(s.get("keyid")) for e in entries if e.seq in numbers for s in e.body.get("signatures", ())}
    return {e.seq for e in entries if e.kind == "person" and e.body.get("keyid") in keys}
