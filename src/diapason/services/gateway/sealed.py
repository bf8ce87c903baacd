"""Words that persons sign into the ledger for the gateway: envelopes, levels, modes, approvals."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from diapason.engines.evidence import dsse
from diapason.engines.evidence.canonical import digest
from diapason.errors import Conflict, DiapasonError
from diapason.ports.workspace import Workspace
from diapason.services.workspace import people, signer_of
from diapason.vocabulary.evidence import Entry, Statement, Subject
from diapason.vocabulary.language import Text

__all__ = ["opened", "seal", "signed_by"]


def seal(ws: Workspace, kind: str, subject: str, said: Mapping[str, Any], *, run: str = "") -> Entry:
    """Sign what is said with the key of who acts, and chain it.

    Raises:
        Missing: their private key is not here.
    """
    now = ws.clock().astimezone(UTC).isoformat(timespec="seconds")
    before = ws.ledger.last(kind=kind, subject=subject)
    after = 0 if before is None else before.seq
    predicate = {**said, "person": ws.person, "at": now, "subject": subject, "after": after}
    signer = signer_of(ws)
    made = Statement((Subject(subject, digest(predicate)),), _type(kind), predicate)
    body = dsse.sign(made, signer.keyid, signer.sign)
    entry = ws.ledger.append(kind, run=run, subject=subject, body=body)
    if _before(ws, entry) != after:
        raise Conflict(
            Text("somebody else said something of the same at this moment", "他人同时就同一事项作出了记录"),
            at=subject,
            fix=Text("look at it, then say it again", "请查看后重新操作"),
        )
    return entry


def _before(ws: Workspace, entry: Entry) -> int:
    """Number of the entry of the same kind and subject before this one: what was signed once counts in one place."""
    seqs = [e.seq for e in ws.ledger.entries(kind=entry.kind, subject=entry.subject) if e.seq < entry.seq]
    return seqs[-1] if seqs else 0


def opened(entry: Entry | None, kind: str) -> Mapping[str, Any]:
    """What such an entry says, whoever signed it; empty where it is none."""
    if entry is None:
        return {}
    try:
        said = dsse.opened(entry.body)
    except DiapasonError:
        return {}
    right = said.predicate_type == _type(kind) and said.predicate.get("subject") == entry.subject
    return said.predicate if right else {}


def signed_by(ws: Workspace, entry: Entry | None, kind: str) -> tuple[str, tuple[str, ...]]:
    """Who signed an entry with the key that the ledger names for them today, and their roles; "" = nobody."""
    said = opened(entry, kind)
    if entry is None or not said or said.get("after") != _before(ws, entry):
        return "", ()
    person = people(ws).get(str(said.get("person")))
    if person is None:
        return "", ()
    try:
        dsse.verify(entry.body, {person["keyid"]: bytes.fromhex(person["public"])})
    except (DiapasonError, ValueError):
        return "", ()
    return str(person["name"]), tuple(person["roles"])


def _type(kind: str) -> str:
    return f"urn:diapason:predicate:{kind}:v1"
