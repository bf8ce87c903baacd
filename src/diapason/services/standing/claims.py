"""Each entry of the ledger as claims, and what they stand on."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

import msgspec

from diapason.engines.evidence import dsse
from diapason.errors import BrokenEvidence, DiapasonError
from diapason.vocabulary.evidence import Entry
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text

__all__ = ["Claim", "claims_of"]

_RUN = re.compile(r"\b[a-z]+-[0-9a-f]{10}-\d+\b")
"""How a run is named wherever one is mentioned."""
_WHOLE_MINUTE = 60.0


class Claim(msgspec.Struct, frozen=True, array_like=True):
    """Something that stands or falls, and where the ledger says so."""

    id: str
    kind: str  # "dataset", "run", "model", "approval", "publication", "agent", "paper", "declaration", "person"
    on: tuple[str, ...]
    until: str  # ISO 8601, "" = no limit
    seq: int
    at: str
    verb: str  # of a run: "learn"; of a paper: "calibration"
    about: str  # "furnace@1", "furnace"
    minutes: float  # that it took, where the run says so; 0 = not said
    replaces: str = ""  # of a paper: the one it stands in for
    proves: tuple[str, ...] = ()  # of a run: artefacts that its result is, where it says so


def claims_of(entry: Entry) -> tuple[Claim, ...]:
    """What an entry claims; nothing for plans, intents and the like.

    A run stands on every version, model and run that its signed statement names, on who signed it and on the code that
    made it; a version on the run that committed it; a model on its run; an approval on its model and its person, until
    its day; a publication on its approval and on what the rules were satisfied by.

    Raises:
        BrokenEvidence: the entry is not as its kind must be.
    """
    made = _KINDS.get(entry.kind)
    try:
        return () if made is None else tuple(made(entry))
    except (DiapasonError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise BrokenEvidence(
            Text(f"entry {entry.seq} is no '{entry.kind}'", f"第 {entry.seq} 条不是“{entry.kind}”"),
            at=f"ledger entry {entry.seq}",
            fix="diapason doctor",
        ) from error


def _result(entry: Entry) -> Iterator[Claim]:
    said = dsse.opened(entry.body)
    facts = said.predicate
    named = {s.name for s in said.subjects}
    on = [ground(kind, name) for kind, _, name in (n.partition("/") for n in named) if kind in ("model", "dataset")]
    on = [g for g in on if "@" in g]
    on += [ground("run", run) for run in _mentioned(facts, entry.run)]
    on += _named(facts["result"]) if isinstance(facts["result"], Mapping) else []
    on += [ground("person", facts["person"]), ground("code", f"diapason {facts['made_with']['diapason']}")]
    made = _claim(entry, ground("run", entry.run), "run", on, verb=str(facts["verb"]), minutes=_minutes(facts))
    proves = facts["result"].get("proves", ()) if isinstance(facts["result"], Mapping) else ()
    yield msgspec.structs.replace(made, proves=tuple(map(str, proves)))


def _mentioned(facts: Mapping[str, Any], own: str) -> list[str]:
    """Runs that a statement names anywhere, itself left out."""
    return sorted(set(_RUN.findall(json.dumps([facts["plan"], facts["result"]]))) - {own})


def _named(result: Mapping[str, Any]) -> list[str]:
    """Grounds that a result names itself, and the approval under a publication."""
    approval = result.get("approval")
    own = [ground("entry", approval["seq"])] if isinstance(approval, Mapping) and "seq" in approval else []
    return own + [str(g) for g in result.get("on", ())]


def _minutes(facts: Mapping[str, Any]) -> float:
    spent = facts["result"].get("cost", {}) if isinstance(facts["result"], Mapping) else {}
    seconds = spent.get("spent", {}).get("seconds", 0.0) if isinstance(spent, Mapping) else 0.0
    return float(seconds) / _WHOLE_MINUTE


def _commit(entry: Entry) -> Iterator[Claim]:
    body = entry.body
    version = f"{body['dataset']}@{body['version']}"
    on = [ground("run", entry.run)] if entry.run else []
    if body.get("base"):
        on.append(ground("dataset", f"{body['dataset']}@{body['base']}"))
    yield _claim(entry, ground("dataset", version), "dataset", on, about=version)


def _model(entry: Entry) -> Iterator[Claim]:
    on = [ground("run", entry.run), ground("dataset", entry.body["dataset"])]
    yield _claim(entry, ground("model", entry.subject), "model", on)


def _approve(entry: Entry) -> Iterator[Claim]:
    said = dsse.opened(entry.body).predicate
    on = [ground("model", said["model"]), ground("person", said["person"])]
    yield _claim(entry, ground("entry", entry.seq), "approval", on, until=_day(said["until"]))


def _publish(entry: Entry) -> Iterator[Claim]:
    said = dsse.opened(entry.body).predicate
    on = [ground("model", said["model"]), ground("entry", said["approval"]["seq"]), *map(str, said.get("on", ()))]
    yield _claim(entry, ground("entry", entry.seq), "publication", on)


def _person(entry: Entry) -> Iterator[Claim]:
    yield _claim(entry, ground("person", entry.body["person"]), "person", [])


def _declare(entry: Entry) -> Iterator[Claim]:
    said = dsse.opened(entry.body).predicate
    on = [ground("person", said["person"])]
    yield _claim(entry, ground("entry", entry.seq), "declaration", on, until=_day(said.get("until")))


def _signature(entry: Entry) -> Iterator[Claim]:
    """It must last when the change is made; what was made stands until somebody recalls it."""
    said = dsse.opened(entry.body).predicate
    on = [ground("person", said["person"])]
    yield _claim(entry, ground("entry", entry.seq), "signature", on, about=str(said["about"]))


def _cost(entry: Entry) -> Iterator[Claim]:
    yield _claim(entry, ground("entry", entry.seq), "cost", [ground("person", entry.body["person"])])


def _paper(entry: Entry) -> Iterator[Claim]:
    said = dsse.opened(entry.body).predicate
    on, about = [ground("person", said["person"])], str(said["for"])
    made = _claim(entry, str(said["id"]), "paper", on, until=_day(said["until"]), verb=str(said["kind"]), about=about)
    yield msgspec.structs.replace(made, replaces=str(said.get("replaces") or ""))


def _agent(entry: Entry) -> Iterator[Claim]:
    """A registered agent, until its last day; on the person who answers for it and on its model."""
    said = dsse.opened(entry.body).predicate
    if said["act"] == "register":
        on = [ground("person", said["owner"]), *([ground("model", said["model"])] if said["model"] else [])]
        yield _claim(entry, ground("agent", entry.subject), "agent", on, until=_day(said["until"]))


def _day(said: object) -> str:
    """A last day as ISO 8601; one that can't be read has passed."""
    if not said:
        return ""
    try:
        return datetime.fromisoformat(str(said)).date().isoformat()
    except ValueError:
        return date.min.isoformat()


_KINDS = {
    "agent": _agent,
    "result": _result,
    "commit": _commit,
    "model": _model,
    "approve": _approve,
    "publish": _publish,
    "person": _person,
    "declare": _declare,
    "cost": _cost,
    "signature": _signature,
    "vouch": _paper,
}


def _claim(  # roomy: a claim has that many sides
    entry: Entry,
    name: str,
    kind: str,
    on: list[str],
    *,
    until: str = "",
    verb: str = "",
    about: str = "",
    minutes: float = 0.0,
) -> Claim:
    grounds = tuple(dict.fromkeys(g for g in on if g != name))
    return Claim(name, kind, grounds, until, entry.seq, entry.at, verb, about or entry.subject, minutes)
