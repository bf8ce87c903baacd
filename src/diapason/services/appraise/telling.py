"""An appraisal in plain values for faces: with the words of the model in both languages."""

from collections.abc import Mapping
from typing import Any

from diapason.engines.appraisal.appraise import Appraisal, ItemResult, Part
from diapason.engines.appraisal.clauses import Verdict
from diapason.engines.appraisal.steps import Step, next_steps
from diapason.services.facts import known
from diapason.vocabulary.facts import Fact
from diapason.vocabulary.maturity import Clause, Maturity
from diapason.vocabulary.wire import plain

__all__ = ["command", "model_of", "part", "step", "told"]

SHOWN = 5
"""Next steps that are told."""


def told(result: Appraisal, held: Mapping[str, Fact], item: str = "") -> dict[str, Any]:
    """The whole; of one item also its clauses."""
    steps = next_steps(result)
    mine = [s for s in steps if not item or s.item.code == item]
    dimensions = []
    for dimension, found in zip(result.model.dimensions, result.dimensions, strict=True):
        codes = {i.code for i in dimension.items}
        rows = [_item(result.model, i, held) for i in result.items if i.item.code in codes]
        dimensions.append({**part(result.model, found), "items": rows})
    one = result.item(item) if item else None
    return {
        "model": model_of(result.model),
        **part(result.model, result.whole),
        "held_by": _weakest(result),
        "dimensions": dimensions,
        "item": _full(result.model, one, held) if one else None,
        "steps": [step(s) for s in mine[:SHOWN]],
        "open_questions": sum(
            v.claimed is None and v.clause.test.ask is not None for i in result.items for v in i.verdicts
        ),
        "on": list(result.on),
    }


def _weakest(result: Appraisal) -> list[dict[str, Any]]:
    """The dimensions that hold the whole back, where the weakest decides what the whole can be."""
    if result.model.rollup.model not in ("capped_mean", "minimum"):
        return []
    scores = [d.claimed.score for d in result.dimensions]
    if result.whole.claimed.score >= sum(scores) / len(scores) - 1e-9:
        return []
    return [
        {"code": d.code, "title": plain(d.title)} for d in result.dimensions if d.claimed.score <= min(scores) + 1e-9
    ]


def model_of(model: Maturity) -> dict[str, Any]:
    """Name, levels and what a reader must know first."""
    levels = [{"level": model.base + n, "name": plain(name)} for n, name in enumerate(model.levels)]
    return {
        "id": model.id,
        "title": plain(model.title),
        "levels": levels,
        "note": plain(model.note),
        "source": model.source,
    }


def part(model: Maturity, found: Part) -> dict[str, Any]:
    """An item, a dimension or the whole."""
    sides = {
        name: {"level": s.level, "score": round(s.score, 4), "name": plain(model.called(s.level))}
        for name, s in (("claimed", found.claimed), ("proven", found.proven))
    }
    shares = {"counted": round(found.counted, 4), "declared": round(found.declared, 4)}
    return {"code": found.code, "title": plain(found.title), **sides, **shares}


def step(found: Step) -> dict[str, Any]:
    """A clause to fulfil, with its effort and effect."""
    clause = found.clause
    return {
        "clause": clause.code,
        "item": found.item.code,
        "item_title": plain(found.item.title),
        "level": clause.level,
        "text": plain(clause.text),
        "do": plain(clause.do or clause.text),
        "command": command(clause),
        "effort_days": found.effort,
        "wait_days": round(found.wait, 1),
        "effect": {"claimed": round(found.claimed, 4), "proven": round(found.proven, 4)},
        "asked": clause.test.ask is not None,
        "untested": found.untested,
        "also": list(found.also),
    }


def command(clause: Clause) -> str:
    """What to type: what makes the count grow, or how to answer."""
    if clause.test.ask is not None:
        return f"diapason declare {clause.test.fact} VALUE"
    what = known().get(clause.test.fact)
    return what.by if what else ""


def _item(model: Maturity, found: ItemResult, held: Mapping[str, Fact]) -> dict[str, Any]:
    gaps = [
        _verdict(v, held) for v in found.verdicts if v.clause.level == found.part.claimed.level + 1 and v.state != "met"
    ]
    return {**part(model, found.part), "gaps": gaps, "on": list(found.on), "mark": found.item.mark}


def _full(model: Maturity, found: ItemResult, held: Mapping[str, Fact]) -> dict[str, Any]:
    return {**_item(model, found, held), "clauses": [_verdict(v, held) for v in found.verdicts]}


def _verdict(found: Verdict, held: Mapping[str, Fact]) -> dict[str, Any]:
    clause = found.clause
    fact = held.get(clause.test.fact)
    return {
        "clause": clause.code,
        "level": clause.level,
        "text": plain(clause.text),
        "state": found.state,
        "claimed": found.claimed,
        "proven": found.proven,
        "by": found.by,
        "value": found.value,
        "unit": fact.unit if fact else "",
        "fact": clause.test.fact,
        "limit": _limit(clause),
        "why": plain(found.why),
        "disputed": found.disputed,
        "effort_days": clause.effort,
        "weight": clause.weight,
        "mark": clause.mark,
        "command": command(clause),
        "on": list(found.on),
    }


def _limit(clause: Clause) -> str:
    """The limit of a counted clause as signs: ">= 0.9"."""
    test = clause.test
    if test.graded:
        return f">= {test.graded[-1][0]:g}"
    parts = [f">= {test.at_least:g}"] if test.at_least is not None else []
    parts += [f"<= {test.at_most:g}"] if test.at_most is not None else []
    parts += [f"= {str(test.equals).lower()}"] if test.equals is not None else []
    return ", ".join(parts)
