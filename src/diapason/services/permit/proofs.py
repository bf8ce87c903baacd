"""Artefacts that the ledger shows: papers vouched for under their name, and signed runs of the verb that makes them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from diapason.engines.standing.falling import Fall
from diapason.knowledge.artefacts import artefacts
from diapason.services.standing.claims import Claim
from diapason.services.standing.index import Index
from diapason.vocabulary.facts import ground

__all__ = ["BEYOND", "MACHINE", "Proof", "Shown", "shown", "supply"]

MACHINE: Mapping[str, tuple[str, ...]] = {
    "dataset-card": ("card", "assess"),
    "dataset-records": ("records",),
    "test-report": ("learn", "evaluate"),
    "label-audit": ("audit",),
    "build-attestation": ("learn",),
    "stop-test": ("drill",),
    "rollback-plan": ("drill",),
}
"""Which verbs' signed runs are which artefact."""

SAYS: Mapping[str, tuple[str, ...]] = {"dataset-quality-report": ("score",)}
"""Which verbs' signed runs are an artefact only where their result says so: a score that passes every gate."""

BEYOND = {"stop-test": ("acts_on_controller", "uses_tools"), "rollback-plan": ("acts_on_controller", "uses_tools")}
"""A drill stops predictions: it counts only where somebody has declared that the system does no more than predict."""


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing in the ledger that is an artefact."""

    artefact: str
    id: str  # "paper:pipia-furnace-1", "run:learn-…", "entry:21"
    about: str
    until: str
    run: str  # the run's id, "" for a paper
    on: tuple[str, ...]  # what a permission stands on when it uses this


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands, and what stood and has fallen, by artefact."""

    proven: Mapping[str, tuple[Proof, ...]]
    lost: Mapping[str, tuple[Proof, ...]]


def shown(index: Index, fall: Fall, facts: Mapping[str, object], about: Collection[str] = ()) -> Shown:
    """Proofs by artefact.

    Args:
        facts: what is known of the system; decides what a drill is worth.
        about: only proofs about one of these grounds, or about a person; empty = all.
    """
    gone = set(fall.ids())
    proven: dict[str, list[Proof]] = {}
    lost: dict[str, list[Proof]] = {}
    for claim in {c.id: c for c in index.claims}.values():
        for name in _names(claim, facts):
            if not about or _concerns(claim, set(about)):
                (lost if claim.id in gone else proven).setdefault(name, []).append(_proof(name, claim))
    return Shown({n: tuple(p) for n, p in proven.items()}, {n: tuple(p) for n, p in lost.items() if n not in proven})


def supply(artefact: str, target: str, facts: Mapping[str, object] | None = None) -> str:
    """The command that supplies an artefact about a model `furnace@1` or a dataset `furnace`."""
    if not target:
        return f"diapason vouch NAME --paper FILE --kind {artefact} --until DAY --as NAME"
    name, version = target.partition("@")[::2]
    only_papers = any((facts or {}).get(f) is not False for f in BEYOND.get(artefact, ()))
    ways = {
        "dataset-card": f"diapason card {name}",
        "dataset-records": f"diapason card {name} --form tc609",
        "dataset-quality-report": f"diapason score {name}",
        "test-report": f"diapason learn {name} --task TASK",
        "approval-record": f"diapason approve {target} --as NAME",
        "stop-test": f"diapason incident drill --model {target} --as NAME",
        "rollback-plan": f"diapason incident drill --model {target} --as NAME",
    }
    if artefact in ways and not only_papers:
        return ways[artefact]
    below = f"model:{target}" if version else name
    return f"diapason vouch {below} --paper FILE --kind {artefact} --until DAY --as NAME"


def _names(claim: Claim, facts: Mapping[str, object]) -> list[str]:
    """The artefacts that a claim is."""
    if claim.kind == "paper":
        return [claim.verb] if claim.verb in artefacts() else []
    if claim.kind == "approval":
        return ["approval-record"]
    if claim.kind != "run":
        return []
    made = [a for a, verbs in MACHINE.items() if claim.verb in verbs]
    made += [a for a, verbs in SAYS.items() if claim.verb in verbs and a in claim.proves]
    return [a for a in made if all(facts.get(f) is False for f in BEYOND.get(a, ()))]


def _concerns(claim: Claim, about: set[str]) -> bool:
    """A model's own training is about it, another model's on the same data is not."""
    if claim.kind == "run" and claim.verb == "learn":
        return claim.id in about
    return claim.about.startswith("person:") or bool(about & {claim.id, claim.about, *claim.on})


def _proof(name: str, claim: Claim) -> Proof:
    run = claim.id.partition(":")[2] if claim.kind == "run" else ""
    on = (ground("papers", f"{claim.verb} of {claim.about}"),) if claim.kind == "paper" else (claim.id,)
    return Proof(name, claim.id, claim.about, claim.until, run, on)
