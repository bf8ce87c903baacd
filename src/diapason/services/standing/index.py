"""All claims of a workspace, kept beside the ledger so that only new entries are read; lose it and it is made again."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from diapason.engines.evidence import dsse
from diapason.errors import BrokenEvidence, DiapasonError
from diapason.ports.disk import write_whole
from diapason.ports.workspace import Workspace
from diapason.services.standing.claims import Claim, claims_of
from diapason.vocabulary.evidence import Entry
from diapason.vocabulary.facts import ground

__all__ = ["FILE", "Index", "Recall", "indexed", "read"]

FILE = ".standing"
"""In the folder of the workspace. It holds nothing that the ledger does not."""
_MAKE = 9
"""Raised when entries are read in another way."""


class Recall(msgspec.Struct, frozen=True, array_like=True):
    """Something recalled by a person, or given back."""

    of: str
    because: str
    person: str
    at: str
    seq: int
    lifted: bool


class Index(msgspec.Struct, frozen=True):
    """What the ledger claims up to an entry."""

    make: int
    seq: int
    hash: str
    claims: list[Claim]
    recalls: list[Recall]
    bad: list[int]  # entries that are not as their kind must be

    def named(self) -> dict[str, Claim]:
        """Claims by name; of several with one name the newest counts."""
        return {c.id: c for c in self.claims}

    def recalled(self) -> dict[str, Recall]:
        """What is recalled now, by name: the newest word counts."""
        newest = {r.of: r for r in self.recalls}
        return {of: r for of, r in newest.items() if not r.lifted}


_NOTHING = Index(_MAKE, 0, "0" * 64, [], [], [])


def indexed(ws: Workspace) -> Index:
    """All claims, new entries of the ledger read and kept."""
    known, (seq, head) = _kept(ws), ws.ledger.head()
    if known.seq == seq and known.hash == head:
        return known
    made = read(ws.ledger.entries(after=known.seq), known)
    write_whole(ws.folder / FILE, msgspec.msgpack.encode(made))
    return made


def read(entries: Iterable[Entry], known: Index | None = None) -> Index:
    """What entries claim and recall, after what is known already."""
    before = known or _NOTHING
    claims, recalls, bad = list(before.claims), list(before.recalls), list(before.bad)
    seq, last = before.seq, before.hash
    for entry in entries:
        try:
            claims += claims_of(entry)
        except BrokenEvidence:
            bad.append(entry.seq)
        recalls += _recalls(entry)
        seq, last = entry.seq, entry.hash
    return Index(_MAKE, seq, last, claims, recalls, bad)


def _recalls(entry: Entry) -> list[Recall]:
    """What an entry recalls: by name, a cost that was withdrawn, an agent that was retired."""
    try:
        if entry.kind == "withdrawal":
            said, of, lifted = entry.body, ground("entry", entry.body["entry"]), False
        elif entry.kind == "recall":
            said = dsse.opened(entry.body).predicate
            of, lifted = str(said["of"]), bool(said["lifted"])
        elif entry.kind == "agent":
            said = dsse.opened(entry.body).predicate
            if said["act"] != "retire":
                return []
            of, lifted = ground("agent", entry.subject), False
        else:
            return []
        return [Recall(of, str(said["because"]), str(said["person"]), entry.at, entry.seq, lifted)]
    except (DiapasonError, KeyError, TypeError, ValueError):
        return []  # `verify` says that the entry is bad


def _kept(ws: Workspace) -> Index:
    """What was kept, if it belongs to this ledger."""
    path: Path = ws.folder / FILE
    try:
        found = msgspec.msgpack.decode(path.read_bytes(), type=Index)
    except (OSError, msgspec.DecodeError):
        return _NOTHING
    if found.make != _MAKE or found.seq == 0:
        return _NOTHING
    newest = next(ws.ledger.entries(after=found.seq - 1), None)
    return found if newest is not None and newest.hash == found.hash else _NOTHING
