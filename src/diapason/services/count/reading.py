"""A ledger as records that rules can judge: signatures checked, and what has fallen marked with its reason."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import msgspec
from msgspec import structs

from diapason.engines.acceptance.records import Evidence, Record
from diapason.engines.evidence import dsse
from diapason.engines.evidence.bundle import Bundle
from diapason.engines.standing.falling import EXPIRED, Fall, fall
from diapason.errors import DiapasonError
from diapason.ports.workspace import Workspace
from diapason.services.standing.claims import Claim
from diapason.services.standing.drawing import draw
from diapason.services.standing.index import Index, read
from diapason.services.standing.viewing import reason
from diapason.vocabulary.evidence import Entry
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text

__all__ = ["fallen_in", "from_bundle", "from_workspace"]

_BY_PERSON = ("agent", "approve", "vouch", "declare", "recall")
"""Entries that a person signs with a key of their own; other signed ones are the workspace's."""
_BARE = {"rollback": "withdrawal", "recall": "recall"}
"""Signed entries that take something back and on which nothing stands."""
_HIDDEN = "recalled; the reason is not shown"


def from_workspace(ws: Workspace) -> Evidence:
    """Everything that the ledger here shows.

    Raises:
        BrokenEvidence: the chain does not hold.
    """
    ws.ledger.check()
    entries = list(ws.ledger.entries())
    keys = {ws.signer.keyid: ws.signer.public}
    people = _people(entries)
    keys |= {keyid: bytes.fromhex(str(e.body["public"])) for keyid, e in people.items()}
    held = [e for e in entries if "payloadType" not in e.body or _signed(e, keys)]
    hands = {keyid: str(e.body["person"]) for keyid, e in people.items()}
    return _evidence(ws.name, _by_right_hand(held, hands, ws.signer.keyid), ws.clock().date(), _Shown())


def from_bundle(held: Bundle, today: date) -> Evidence:
    """What a bundle that was verified shows.

    Bodies that are not shown are known by their header, and by what the signer says of them: `below` in the manifest.
    A recall whose body is not shown counts as a recall.
    """
    entries = [_entry(line) for line in held.lines if line.said]
    hands = {keyid: str(e.body["person"]) for keyid, e in _people(entries).items()}
    workspace = str(held.facts.get("workspace") or held.signer[:12])
    return _evidence(workspace, _by_right_hand(entries, hands, held.signer), today, _Shown.of(held))


def fallen_in(held: Bundle, today: date) -> set[str]:
    """Names of what stands no more in a bundle of a whole workspace."""
    entries = [_entry(line) for line in held.lines]
    hands = {keyid: str(e.body["person"]) for keyid, e in _people(entries).items()}
    index = read(_by_right_hand(entries, hands, held.signer))
    return set(_fallen(index, _Shown.of(held), today).ids())


class _Shown(msgspec.Struct, frozen=True):
    """What is known of entries whose bodies are not shown; of a workspace all is."""

    outlined: Mapping[str, Mapping[str, Any]] = {}
    names: frozenset[str] = frozenset()  # grounds of which the ledger has at least a header
    recalled: tuple[str, ...] = ()
    whole: bool = True

    @classmethod
    def of(cls, held: Bundle) -> "_Shown":
        hidden = [line for line in held.lines if not line.said]
        names = {ground("run", line.run) for line in hidden if line.run}
        names |= {line.subject for line in hidden if line.kind == "person"}
        names |= {ground("dataset", line.subject) for line in hidden if line.kind == "commit"}
        names |= {ground("model", line.subject) for line in hidden if line.kind == "model"}
        names |= {ground("entry", line.seq) for line in hidden} | {
            line.subject for line in hidden if line.kind == "vouch"
        }
        recalled = tuple(line.subject for line in hidden if line.kind == "recall")
        outlined = {str(k): v for k, v in dict(held.facts.get("below") or {}).items()}
        return cls(outlined, frozenset(names), recalled, whole=False)

    def claims(self, known: Iterable[Claim]) -> list[Claim]:
        """A claim for each ground that is not shown and that the ledger has."""
        there = {c.id: c for c in known}
        wanted = [g for c in there.values() for g in c.on if g not in there]
        made: dict[str, Claim] = {}
        for name in wanted:  # grows while it is walked
            said = self.outlined.get(name, {})
            if name in made or name in there or not self._has(name):
                continue
            on = tuple(str(g) for g in said.get("on", ()))
            kind, about = name.partition(":")[0], str(said.get("about", name.partition(":")[2]))
            until, verb = str(said.get("until", "")), str(said.get("verb", ""))
            made[name] = Claim(name, kind, on, until, int(said.get("seq", 0)), "", verb, about, 0.0)
            wanted += on
        return list(made.values())

    def _has(self, name: str) -> bool:
        return name in self.names or (name.startswith("dataset:") and name.partition("@")[0] in self.names)


def _entry(line: Any) -> Entry:
    return Entry(line.seq, line.at, line.kind, line.run, line.subject, msgspec.json.decode(line.said), "", line.hash)


def _people(entries: Iterable[Entry]) -> dict[str, Entry]:
    return {str(e.body["keyid"]): e for e in entries if e.kind == "person" and "public" in e.body}


def _signed(entry: Entry, keys: Mapping[str, bytes]) -> bool:
    try:
        dsse.verify(entry.body, keys)
    except DiapasonError:
        return False
    return True


def _by_right_hand(entries: Iterable[Entry], hands: Mapping[str, str], signer: str) -> list[Entry]:
    """Entries that were signed by whom they must be signed by: a person's word by that person, the rest by the
    workspace.
    """
    return [e for e in entries if "payloadType" not in e.body or _right(e, hands, signer)]


def _right(entry: Entry, hands: Mapping[str, str], signer: str) -> bool:
    keyid = str(entry.body["signatures"][0]["keyid"])
    if entry.kind not in _BY_PERSON:
        return keyid == signer or keyid not in hands
    try:
        return hands.get(keyid) == str(dsse.opened(entry.body).predicate.get("person"))
    except DiapasonError:
        return False


def _evidence(workspace: str, entries: list[Entry], today: date, shown: _Shown) -> Evidence:
    index, by_seq = read(entries), {e.seq: e for e in entries}
    claims = [(c, by_seq[c.seq]) for c in index.claims]
    outlined = shown.claims(index.claims)
    fallen = _fallen(structs.replace(index, claims=[*index.claims, *outlined]), shown, today)
    erased = _erased(entries)
    records = [_record(c, e, fallen, erased) for c, e in claims]
    records += [_outline(c, fallen, shown) for c in outlined]
    records += [_bare(e) for e in entries if e.kind in _BARE]
    return Evidence(workspace, today, tuple(records), whole=shown.whole)


def _fallen(index: Index, shown: _Shown, today: date) -> Fall:
    recalled = {of: r.because for of, r in index.recalled().items()}
    recalled |= dict.fromkeys(shown.recalled, _HIDDEN)
    graph = draw(index, recalled)
    return fall(graph, {of: why for of, why in recalled.items() if of in graph.place}, today)


def _erased(entries: Iterable[Entry]) -> dict[str, Text]:
    """Versions that were really deleted since, and why."""
    found: dict[str, Text] = {}
    for e in entries:
        if e.kind == "erase" and e.body.get("what") == "dataset":
            why = Text(f"deleted: {e.body.get('reason', '')}", f"已删除：{e.body.get('reason', '')}")
            found |= {ground("dataset", f"{e.subject}@{v}"): why for v in e.body.get("versions", ())}
    return found


def _record(c: Claim, entry: Entry, fallen: Fall, erased: Mapping[str, Text]) -> Record:
    facts = dict(_facts(entry))
    why = reason(fallen, c.id) if fallen.because(c.id) else None
    if c.id in erased:
        why, facts["erased"] = erased[c.id], True
    if why is not None and fallen.why(c.id) == EXPIRED:
        facts["expired"] = True
    person = str(facts.get("person") or facts.get("by") or "")
    return Record(c.id, c.kind, c.about, c.verb, entry.at, entry.seq, c.until, c.on, person, facts, why)


def _facts(entry: Entry) -> Mapping[str, Any]:
    return dsse.opened(entry.body).predicate if "payloadType" in entry.body else entry.body


def _outline(c: Claim, fallen: Fall, shown: _Shown) -> Record:
    why = reason(fallen, c.id) if fallen.because(c.id) else None
    facts = {"simulated": bool(shown.outlined.get(c.id, {}).get("simulated"))}
    return Record(c.id, c.kind, c.about, c.verb, "", c.seq, c.until, c.on, "", facts, why)


def _bare(entry: Entry) -> Record:
    said = _facts(entry)
    name, who = ground("entry", entry.seq), str(said.get("by") or said.get("person") or "")
    return Record(name, _BARE[entry.kind], entry.subject, "", entry.at, entry.seq, "", (), who, said)
