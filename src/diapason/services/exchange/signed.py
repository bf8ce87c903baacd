"""What a person says in the exchange: signed by their key, read back only if it holds."""

from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any

from diapason.engines.evidence import dsse
from diapason.engines.evidence.canonical import digest
from diapason.errors import DiapasonError
from diapason.ports.workspace import Workspace
from diapason.services.workspace import signer_of
from diapason.vocabulary.evidence import Entry, Statement, Subject

__all__ = ["keep", "kept"]

_PREDICATE = "urn:diapason:predicate:{}:v1"


def keep(ws: Workspace, kind: str, subject: str, said: Mapping[str, Any]) -> Entry:
    """Sign what is said with the key of who acts, and chain it."""
    now = ws.clock().astimezone(UTC).isoformat(timespec="seconds")
    whole = {**said, "person": ws.person, "at": now}
    signer = signer_of(ws)
    made = Statement((Subject(f"{kind}/{subject}", digest(whole)),), _PREDICATE.format(kind), whole)
    return ws.ledger.append(kind, subject=subject, body=dsse.sign(made, signer.keyid, signer.sign))


def kept(ws: Workspace, kind: str, subject: str | None = None) -> Iterator[tuple[Entry, Mapping[str, Any]]]:
    """Everything of a kind that the person it names has signed, oldest first."""
    keys: dict[str, dict[str, bytes]] = {}
    for entry in ws.ledger.entries(kind="person"):
        body = entry.body
        keys.setdefault(str(body["person"]), {})[str(body["keyid"])] = bytes.fromhex(body["public"])
    for entry in ws.ledger.entries(kind=kind, subject=subject):
        try:
            said = dsse.opened(entry.body)
            dsse.verify(entry.body, keys.get(str(said.predicate["person"]), {}))
        except (DiapasonError, KeyError, TypeError, ValueError):
            continue
        if said.predicate_type == _PREDICATE.format(kind):
            yield entry, said.predicate
