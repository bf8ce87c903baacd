"""PROV: which versions came of what, by which runs, in whose hands, as PROV-JSON.

Source: W3C, PROV-DM and the PROV-JSON submission.
"""

from typing import Any
from urllib.parse import quote

from diapason.engines.cards.card import Card, Step, identity

__all__ = ["provenance"]

Document = dict[str, Any]
_KINDS = (
    "entity",
    "activity",
    "agent",
    "used",
    "wasGeneratedBy",
    "wasDerivedFrom",
    "wasAssociatedWith",
    "wasAttributedTo",
)


def provenance(card: Card) -> Document:
    """The document of one version: every finished run about the dataset, what it used and what it made."""
    made: Document = {
        "prefix": {"plant": f"urn:diapason:{quote(card.workspace, safe='')}:", "diapason": "urn:diapason:"}
    }
    made |= {kind: {} for kind in _KINDS}
    _entity(made, _name(card.dataset), card.dataset, {"diapason:sha256": card.digest, "diapason:rows": card.rows})
    made["entity"][_name(card.dataset)]["diapason:identity"] = identity(card)
    for origin in card.origins:
        more = {"diapason:sha256": origin.sha256} if origin.sha256 else {}
        _entity(made, _name(origin.id), origin.name, more)
    for step in card.steps:
        if step.state == "finished":
            _activity(made, step)
    return {kind: found for kind, found in made.items() if found}


def _activity(made: Document, step: Step) -> None:
    run, person = _name(f"run/{step.run}"), _name(f"person/{step.person}")
    times = {"prov:startTime": step.began, "prov:endTime": step.ended}
    made["activity"][run] = {**times, "prov:label": step.run, "diapason:verb": step.verb}
    made["agent"][person] = {
        "prov:type": {"$": "prov:Person", "type": "prov:QUALIFIED_NAME"},
        "prov:label": step.person,
    }
    _relate(made, "wasAssociatedWith", {"prov:activity": run, "prov:agent": person})
    for thing in step.used:
        _entity(made, _name(thing), thing, {})
        _relate(made, "used", {"prov:activity": run, "prov:entity": _name(thing)})
    for thing in step.made:
        _entity(made, _name(thing), thing, {})
        _relate(made, "wasGeneratedBy", {"prov:entity": _name(thing), "prov:activity": run, "prov:time": step.ended})
        _relate(made, "wasAttributedTo", {"prov:entity": _name(thing), "prov:agent": person})
        for source in step.used:
            derived = {"prov:generatedEntity": _name(thing), "prov:usedEntity": _name(source), "prov:activity": run}
            _relate(made, "wasDerivedFrom", derived)


def _entity(made: Document, name: str, label: str, more: Document) -> None:
    made["entity"].setdefault(name, {"prov:label": label}).update(more)


def _relate(made: Document, kind: str, said: Document) -> None:
    made[kind][f"_:{kind}{len(made[kind]) + 1}"] = said


def _name(thing: str) -> str:
    return "plant:" + quote(thing, safe="")
