"""An appraisal: read the facts, hold the model against them, sign what was found with the answers it stands on."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from diapason.engines.appraisal.appraise import Appraisal, appraise
from diapason.engines.evidence import dsse
from diapason.engines.evidence.canonical import digest
from diapason.errors import NotFound
from diapason.knowledge.maturity import parsed
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.appraise.telling import told
from diapason.services.facts import facts, known
from diapason.services.facts.figures import OVER_TIME
from diapason.services.maturity import Found, find
from diapason.services.standing import fallen
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.facts import Fact
from diapason.vocabulary.language import Text
from diapason.vocabulary.wire import plain

__all__ = ["about", "again", "listed", "run"]

_OWN = ("appraisals", "models_of_maturity_used", "days_since_appraisal")
"""Facts that an appraisal itself changes; their values alone make no appraisal a new one."""


def about(model: str) -> str:
    """What a ledger entry about an appraisal is about; no dataset can have this name."""
    return f"maturity:{model}"


def run(ws: Workspace, model: str, *, item: str = "") -> dict[str, Any]:
    """Appraise this workspace by a model of maturity.

    The result is signed with every answer and its grounds. Where nothing has changed since the last appraisal by the
    same model, that one stands and is named again.

    Args:
        model: annex2, dcmm, dcmm-2018, cmmm, siri, a model of the workspace, or the path of a file.
        item: only this item is told in full; the whole is appraised all the same.

    Returns:
        Claimed and proven level, shares counted and declared, dimensions, items, steps, answers, grounds, the run, and
        which counted clauses have fewer points than in the appraisal before (`fell`).

    Raises:
        NotFound: no such model or item.
        DataError: the model is not as it must be.
    """
    found = find(ws, model)
    held = facts(ws, fallen(ws))
    result = appraise(found.model, held)
    if item and result.item(item) is None:
        raise NotFound(
            Text(f"{found.model.id} has no item '{item}'", f"{found.model.id} 没有条目“{item}”"),
            at=found.at,
            fix=Text("choose one of: ", "可选：") + ", ".join(i.code for i in found.model.items()),
        )
    signed, fell = _signed(ws, found, held, result)
    return {**told(result, held, item), "fell": _named(result, fell), "run": signed}


def again(ws: Workspace, run_id: str) -> dict[str, Any]:
    """A former appraisal, made again from the answers and the model's file that were signed with it.

    Returns:
        As `run`; when it was, and whether levels and points follow from the answers as they were signed (`follows`).

    Raises:
        NotFound: no appraisal has that id.
        BrokenEvidence: it is not what was signed.
    """
    kept = attest.finished(ws, run_id)
    entry = next(e for e in ws.ledger.entries(run=run_id) if e.kind == "result")
    dsse.verify(entry.body, {ws.signer.keyid: ws.signer.public})
    signed = kept["result"]
    if kept["verb"] != "appraise":
        raise NotFound(
            Text(f"{run_id} is no appraisal", f"{run_id} 不是评估运行"), at=run_id, fix="diapason appraise MODEL"
        )
    text = ws.vault.get(str(kept["subjects"][f"model/{signed['model']}"]))
    model = parsed(text.decode("utf-8-sig"), at=run_id)
    held = {n: Fact(n, a["value"], a["unit"], tuple(a["on"]), a["by"]) for n, a in signed["answers"].items()}
    result = appraise(model, held)
    levels, points = _levels(result), _points(result)
    follows = plain(levels) == signed["levels"] and plain(points) == signed["clauses"]
    return {**told(result, held), "run": run_id, "at": kept["at"], "follows": follows}


def listed(ws: Workspace) -> dict[str, Any]:
    """Every fact that is counted here or was declared, with its value; what is not known says why."""
    held = facts(ws, fallen(ws))
    meaning = known()
    rows = []
    for name in dict.fromkeys((*meaning, *held)):
        fact, what = held.get(name), meaning.get(name)
        said = plain(what.said) if what else plain(fact.said) if fact and fact.said else None
        row: dict[str, Any] = {
            "name": name,
            "value": None,
            "unit": what.unit if what else "",
            "by": "",
            "on": [],
            "said": said,
            "why": None,
        }
        if fact is not None:
            why = plain(fact.said) if fact.value is None else None
            row |= {"value": fact.value, "by": fact.by, "on": list(fact.on), "why": why}
        rows.append(row | {"command": what.by if what else ""})
    return {"facts": rows}


def _signed(ws: Workspace, found: Found, held: Mapping[str, Fact], result: Appraisal) -> tuple[str, list[str]]:
    """The run that signs this, the newest one where it says the same; and what has fallen since the one before."""
    text = sha256(found.text).hexdigest()
    answers = _answers(result, held)
    settings = {"model": found.model.id, "text": text, "person": ws.person, "state": _state(result)}
    last = attest.result(ws, "appraise", about(found.model.id))
    if last is not None and last["plan"]["settings"] == settings:
        return str(last["run"]), list(last["result"].get("fell", ()))
    fell = [] if last is None else _fell(last["result"]["clauses"], _points(result))
    begun = attest.begin(ws, _plan(found, settings))
    begun.subject(f"model/{found.model.id}", ws.vault.put(found.text))
    begun.finish({**_result(found, result, answers, text), "fell": fell})
    return begun.id, fell


def _fell(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Clauses that a machine counted both times, with fewer points now."""
    both = [(code, told[1], now[code][1]) for code, told in then.items() if code in now]
    return [code for code, was, is_ in both if was is not None and is_ is not None and is_ < was]


def _named(result: Appraisal, codes: list[str]) -> list[dict[str, Any]]:
    return [{"code": c.code, "text": plain(c.text)} for c in result.model.clauses() if c.code in codes]


def _state(result: Appraisal) -> str:
    """Digest of every verdict with the value that it rests on."""
    lines = [
        [v.clause.code, v.claimed, v.proven, v.by, None if _own(v.clause.test.fact) else v.value]
        for item in result.items
        for v in item.verdicts
    ]
    return digest(plain(lines))


def _own(fact: str) -> bool:
    return fact in _OWN or fact.startswith(OVER_TIME)


def _plan(found: Found, settings: Mapping[str, Any]) -> Plan:
    return Plan(
        verb="appraise",
        dataset=about(found.model.id),
        dataset_digest="",
        hypothesis="",
        metric="level",
        split="",
        candidates=(),
        seed=0,
        budget={},
        settings=settings,
    )


def _answers(result: Appraisal, held: Mapping[str, Fact]) -> dict[str, Any]:
    """Every fact that any clause could read, as it was then."""
    names = dict.fromkeys(n for c in result.model.clauses() for n in (c.test.fact, c.code))
    return {n: {"value": f.value, "unit": f.unit, "by": f.by, "on": list(f.on)} for n in names if (f := held.get(n))}


def _result(found: Found, result: Appraisal, answers: Mapping[str, Any], text: str) -> dict[str, Any]:
    """What is signed: levels and points by code; words stand in the model's file, which is in the vault."""
    levels, points = _levels(result), _points(result)
    return {
        "model": found.model.id,
        "text": text,
        "levels": levels,
        "clauses": points,
        "answers": dict(answers),
        "on": list(result.on),
        "says": "ready, not certified",
    }


def _levels(result: Appraisal) -> dict[str, Any]:
    parts = {"whole": result.whole, **{f"dimension {d.code}": d for d in result.dimensions}}
    parts |= {f"item {i.item.code}": i.part for i in result.items}
    return {
        name: {"claimed": plain(p.claimed), "proven": plain(p.proven), "counted": p.counted, "declared": p.declared}
        for name, p in parts.items()
    }


def _points(result: Appraisal) -> dict[str, Any]:
    return {v.clause.code: [v.claimed, v.proven, v.by] for i in result.items for v in i.verdicts}
