"""Every change that was asked for, and what became of it, from signed entries of the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from diapason.engines.evidence import dsse
from diapason.engines.evidence.canonical import digest
from diapason.errors import DiapasonError, NotFound
from diapason.ports.workspace import Workspace
from diapason.services.standing import fallen
from diapason.services.workspace import people
from diapason.vocabulary.evidence import Entry
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text

__all__ = ["REQUEST", "SIGNATURE", "Change", "changes", "find", "named"]

REQUEST = "urn:diapason:predicate:change-request:v1"
SIGNATURE = "urn:diapason:predicate:change-signature:v1"


@dataclass(frozen=True, slots=True)
class Change:
    """One change, exactly as it would be done, and where it stands: "open", "signed", "refused" or "ended"."""

    id: str  # "change-1"
    act: str  # a key of `asking.ACTS`
    about: str  # dataset
    thing: Mapping[str, Any]  # all that would be done
    digest: str  # of act, about and thing: what is signed
    said: Text
    person: str  # who asks
    at: str
    state: str = "open"
    signer: str = ""
    until: str = ""
    why: str = ""  # of a refusal, or of a signature that holds no more
    seq: int = 0  # entry of the signature or refusal

    @property
    def told(self) -> dict[str, Any]:
        """As plain values."""
        own = ("id", "act", "about", "thing", "digest", "person", "at", "state", "signer", "until", "why", "seq")
        return {name: getattr(self, name) for name in own} | {"said": {"en": self.said.en, "zh": self.said.zh}}


def named(act: str, about: str, thing: Mapping[str, Any]) -> str:
    """The digest by which a change is known: another thing, another digest."""
    return digest({"act": act, "about": about, "thing": dict(thing)})


def changes(ws: Workspace) -> list[Change]:
    """All changes, oldest first; of several answers to one the newest that its person has signed counts."""
    keys, gone = _keys(ws), fallen(ws)
    found: dict[str, Change] = {}
    for entry in ws.ledger.entries(kind="request"):
        said = _signed(entry, REQUEST, keys)
        if said is not None and said.get("id") not in found:
            asked = _asked(said)
            if asked is not None:
                found[asked.id] = asked
    for entry in ws.ledger.entries(kind="signature"):
        said = _signed(entry, SIGNATURE, keys)
        change = found.get(str(said["change"])) if said is not None else None
        if said is not None and change is not None and said["digest"] == change.digest:
            why = gone.get(ground("entry", entry.seq))
            found[change.id] = _answered(ws, change, said, entry, "" if why is None else why(ws.language))
    return list(found.values())


def find(ws: Workspace, name: str) -> Change:
    """One change by its id.

    Raises:
        NotFound: nobody asked for it.
    """
    known = {change.id: change for change in changes(ws)}
    if name in known:
        return known[name]
    waiting = ", ".join(c.id for c in known.values() if c.state == "open")
    raise NotFound(
        Text(f"there is no change '{name}'", f"没有变更“{name}”"),
        at=str(ws.folder),
        fix=Text(f"choose one of: {waiting}", f"可选：{waiting}") if waiting else "diapason inbox",
    )


def _asked(said: Mapping[str, Any]) -> Change | None:
    """A request as a change, if its digest is that of the thing it names."""
    try:
        words = Text(str(said["said"]["en"]), str(said["said"]["zh"]))
        own = named(str(said["act"]), str(said["about"]), said["thing"])
        if own != said["digest"]:
            return None
        return Change(
            str(said["id"]), str(said["act"]), str(said["about"]), said["thing"], own, words, str(said["person"]),
            str(said["at"]),
        )  # fmt: skip
    except (KeyError, TypeError):
        return None


def _answered(ws: Workspace, change: Change, said: Mapping[str, Any], entry: Entry, fell: str) -> Change:
    """The change with its newest answer: a signature holds while its day lasts and its person may sign still."""
    who, until = str(said["person"]), str(said["until"])
    if who == change.person:
        return change
    answered = replace(change, signer=who, until=until, seq=entry.seq, why=str(said.get("because") or ""))
    if said["verdict"] != "sign":
        return replace(answered, state="refused")
    if fell:
        return replace(answered, state="ended", why=fell)
    if "approver" not in people(ws).get(who, {}).get("roles", ()):
        why = Text(f"{who} is no approver any more", f"{who} 已不是批准人")
        return replace(answered, state="ended", why=why(ws.language))
    if datetime.fromisoformat(until) <= ws.clock():
        why = Text(f"the signature ended on {until}", f"签名已于 {until} 到期")
        return replace(answered, state="ended", why=why(ws.language))
    return replace(answered, state="signed")


def _signed(entry: Entry, kind: str, keys: Mapping[str, dict[str, bytes]]) -> Mapping[str, Any] | None:
    """What an entry says, if the person it names signed it."""
    try:
        said = dsse.opened(entry.body)
        dsse.verify(entry.body, keys.get(str(said.predicate["person"]), {}))
    except (DiapasonError, KeyError, TypeError, ValueError):
        return None
    return said.predicate if said.predicate_type == kind else None


def _keys(ws: Workspace) -> dict[str, dict[str, bytes]]:
    """Every key that a person ever had."""
    found: dict[str, dict[str, bytes]] = {}
    for entry in ws.ledger.entries(kind="person"):
        body = entry.body
        found.setdefault(str(body["person"]), {})[str(body["keyid"])] = bytes.fromhex(body["public"])
    return found
