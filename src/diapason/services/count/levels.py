"""Levels of maturity of a workspace elsewhere: as it has signed them, or counted anew from a bundle of all of it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from diapason.engines.acceptance.records import Evidence
from diapason.engines.appraisal.appraise import appraise
from diapason.engines.evidence.bundle import WHOLE, Bundle
from diapason.ports.workspace import Workspace
from diapason.services import facts
from diapason.services.count.reading import fallen_in
from diapason.services.standing import fallen
from diapason.vocabulary.facts import Fact
from diapason.vocabulary.maturity import Maturity

__all__ = ["Levels", "anew", "here", "stated"]

Levels = tuple[tuple[str, int], ...]
"""Proven levels: ("annex2", 2) of the whole model, ("annex2:13", 3) of an item."""


def stated(evidence: Evidence) -> Levels:
    """By the newest appraisal of each model that the workspace has signed and that stands."""
    found: dict[str, int] = {}
    for run in evidence.of("run", verb="appraise"):
        result = run.facts.get("result") or {}
        if run.fallen is None and isinstance(result.get("model"), str):
            found |= dict(_signed(result["model"], result.get("levels") or {}))
    return tuple(sorted(found.items()))


def anew(held: Bundle, models: Sequence[Maturity], today: date, evidence: Evidence) -> Levels:
    """By these models from what the bundle shows; as it was signed where the bundle is not of a whole workspace."""
    if not models or held.name != WHOLE:
        return stated(evidence)
    now = datetime.combine(today, time(12)).astimezone()
    return _counted(models, facts.of(facts.read_bundle(held, now, fallen_in(held, today))))


def here(ws: Workspace, models: Sequence[Maturity], evidence: Evidence) -> Levels:
    """The same of the workspace itself."""
    return _counted(models, facts.facts(ws, fallen(ws))) if models else stated(evidence)


def _counted(models: Sequence[Maturity], held: Mapping[str, Fact]) -> Levels:
    found = [appraise(model, held) for model in models]
    levels = {a.model.id: a.whole.proven.level for a in found}
    levels |= {f"{a.model.id}:{i.item.code}": i.part.proven.level for a in found for i in a.items}
    return tuple(sorted(levels.items()))


def _signed(model: str, found: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Levels as an appraisal signs them: by "whole" and "item 13", claimed beside proven."""
    for name, sides in found.items():
        kind, _, code = name.partition(" ")
        level = sides["proven"]["level"]
        if isinstance(level, int) and kind in ("whole", "item"):
            yield (f"{model}:{code}" if kind == "item" else model), level
