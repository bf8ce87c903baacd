"""Recall evidence, so that what stands on it falls at once; or give it back."""

from collections.abc import Sequence
from datetime import UTC
from hashlib import sha256
from typing import Any

from diapason.engines.evidence import dsse
from diapason.engines.standing.falling import Fall
from diapason.engines.standing.wayback import Step, way_back
from diapason.errors import Conflict, DataError
from diapason.ports.workspace import Workspace
from diapason.services.standing.claims import Claim
from diapason.services.standing.drawing import fall_now
from diapason.services.standing.papers import named
from diapason.services.workspace import require, signer_of
from diapason.vocabulary.evidence import Statement, Subject
from diapason.vocabulary.language import Text

__all__ = ["RECALL", "back", "recall", "restored"]

RECALL = "urn:diapason:predicate:recall:v1"


def recall(ws: Workspace, evidence: str, *, because: str) -> dict[str, Any]:
    """Recall something in the name of who acts; everything that stands on it falls now, and permissions with it.

    Returns:
        of, because, person, `fell` (what stood before and does not any more, each with its way down), `back` (the
        cheapest way back: `replace`, where an equal ground can be had, and `again`, what else must be made again).

    Raises:
        NotFound: there is no such evidence.
        DataError: no reason is given.
        Conflict: it is recalled already.
        Refused: who acts is neither approver nor administrator.
    """
    index, before = fall_now(ws)
    of = _asked(ws, evidence, because, before)
    if of in index.recalled():
        raise Conflict(Text(f"{of} is recalled already", f"{of} 已被召回"), at=of, fix=f"diapason standing {of}")
    said = _written(ws, of, because, lifted=False)
    index, after = fall_now(ws)
    stood = set(after.ids()) - set(before.ids())
    known = index.named()
    fell = [_fell(after, known, name) for name in after.ids() if name in stood and name in known]
    return {**said, "fell": fell, "back": back(after, known, [f["id"] for f in fell])}


def restored(ws: Workspace, evidence: str, *, because: str) -> dict[str, Any]:
    """Take a recall back; what fell with it stands again, unless something else is missing too.

    Raises:
        Conflict: it is not recalled.
    """
    index, before = fall_now(ws)
    of = _asked(ws, evidence, because, before)
    if of not in index.recalled():
        raise Conflict(Text(f"{of} is not recalled", f"{of} 未被召回"), at=of, fix=f"diapason standing {of}")
    said = _written(ws, of, because, lifted=True)
    _, after = fall_now(ws)
    return {**said, "stands": sorted(set(before.ids()) - set(after.ids()))}


def back(fall: Fall, known: dict[str, Claim], goals: Sequence[str]) -> dict[str, Any]:
    """Both ways back: replace what fell by itself, if an equal ground can be had; else make all of it again."""
    steps = way_back(fall, [g for g in goals if g in fall.graph.place])
    again = [s for s in steps if s.kind == "run" and not s.root]
    return {
        "replace": [{"id": s.id, "kind": s.kind, "how": _replacing(s, known)} for s in steps if s.root],
        "again": [{"id": s.id, "verb": known[s.id].verb, "about": known[s.id].about} for s in again],
        "minutes": round(sum(s.cost for s in again), 2),
    }


def _replacing(step: Step, known: dict[str, Claim]) -> str:
    """The command that replaces what fell by itself."""
    claim = known.get(step.id)
    if claim is None:
        return ""
    if claim.kind == "paper":
        return f"diapason vouch {claim.about} --paper FILE --kind {claim.verb} --until DAY --replaces {claim.id}"
    ways = {
        "approval": f"diapason approve {claim.about} --as NAME",
        "dataset": f"diapason ingest FILE --name {claim.about.partition('@')[0]}",
        "run": f"diapason {claim.verb} {claim.about.partition('@')[0]}",
        "person": f"diapason person {claim.about.partition(':')[2]} --new-key",
    }
    return ways.get(claim.kind, "")


def _fell(fall: Fall, known: dict[str, Claim], name: str) -> dict[str, Any]:
    claim = known[name]
    return {"id": name, "kind": claim.kind, "verb": claim.verb, "about": claim.about, "because": fall.because(name)}


def _asked(ws: Workspace, evidence: str, because: str, fall: Fall) -> str:
    require(ws, "approver", "administrator")
    if not because.strip():
        raise DataError(
            Text("a recall needs a reason", "召回须说明理由"), at="--because", fix='--because "certificate withdrawn"'
        )
    return named(evidence, fall.graph.place)


def _written(ws: Workspace, of: str, because: str, *, lifted: bool) -> dict[str, Any]:
    at = ws.clock().astimezone(UTC).isoformat(timespec="seconds")
    said = {"of": of, "because": because, "person": ws.person, "at": at, "lifted": lifted}
    signer = signer_of(ws)
    subject = Subject(of, sha256(of.encode()).hexdigest())
    signed = dsse.sign(Statement((subject,), RECALL, said), signer.keyid, signer.sign)
    entry = ws.ledger.append("recall", subject=of, body=signed)
    return {**said, "seq": entry.seq}
