"""What a version must show before it may predict: data, acceptance test, evidence, a second person, and the rules."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from diapason.errors import DataError, DiapasonError, NotFound
from diapason.ports.workspace import Workspace
from diapason.services import attest, permit, standing
from diapason.services.publish import approval, registry
from diapason.services.publish.registry import Model
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text

__all__ = ["Acceptance", "Gate", "acceptance", "check"]

_CLAUSE = re.compile(r"\s*([a-z][a-z0-9_]*)\s*(<=|>=|≤|≥)\s*([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*")


@dataclass(frozen=True, slots=True)
class Gate:
    """One demand: whether it is met, what was found, and the command that supplies it."""

    name: str  # "data", "acceptance", "evidence", "approval", "permission"
    holds: bool
    said: Text
    supply: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A threshold on an honest score: the whole interval must be on the right side of it."""

    metric: str
    sign: str  # "<=" or ">="
    limit: float

    def __str__(self) -> str:
        return f"{self.metric}{self.sign}{self.limit:g}"


def acceptance(text: str) -> Acceptance:
    """Read `rmse<=12`.

    >>> str(acceptance("rmse <= 12.0"))
    'rmse<=12'
    """
    read = _CLAUSE.fullmatch(text)
    if not read:
        raise DataError(
            Text(f"'{text}' is not a threshold", f"'{text}' 不是阈值"),
            at="--accept",
            fix=Text('write a measure, <= or >=, and a number: --accept "rmse<=12"', '写法：--accept "rmse<=12"'),
        )
    return Acceptance(read[1], read[2].replace("≤", "<=").replace("≥", ">="), float(read[3]))


def check(workspace: Workspace, model: Model, accept: tuple[str, ...], waive: str) -> tuple[Gate, ...]:
    """All demands, whether met or not; the rules speak only where people have declared what makes them apply."""
    tests = [acceptance(text) for text in accept]
    return (
        _data(workspace, model, waive),
        *([_accepted(workspace, model, test) for test in tests] or [_untested(model)]),
        _evidence(workspace, model),
        _approved(workspace, model),
        *_permitted(workspace, model),
    )


def _data(workspace: Workspace, model: Model, waive: str) -> Gate:
    """An assessment of the very version that was learnt from, without findings that ask to act, or a waiver."""
    dataset = str(model.facts["dataset"])
    found = attest.result(workspace, "assess", dataset)
    if found is None:
        said = Text(f"{dataset} was never assessed", f"{dataset} 从未评估")
        return Gate("data", False, said, f"diapason assess {dataset}")
    act = [f for f in found["result"]["findings"] if f["harm"] == "act" and _concerns(f, model)]
    kinds = ", ".join(sorted({str(f["kind"]) for f in act}))
    facts = {"run": found["run"], "act": len(act), "kinds": kinds, "waiver": waive if act else ""}
    if not act:
        return Gate("data", True, Text(f"{dataset} has no finding to act on", f"{dataset} 没有须处理的发现"), "", facts)
    said = Text(
        f"{dataset} has {len(act)} findings to act on: {kinds}", f"{dataset} 有 {len(act)} 项须处理的发现：{kinds}"
    )
    if waive.strip():
        waived = Text(f"{said.en}; waived: {waive}", f"{said.zh}；豁免理由：{waive}")
        return Gate("data", True, waived, "", facts)
    supply = f'diapason resonate {model.ref.name}   # or: diapason publish {model.ref} … --waive "REASON"'
    return Gate("data", False, said, supply, facts)


def _concerns(finding: Mapping[str, Any], model: Model) -> bool:
    """Whether a finding is about anything that the model uses; a leak that was left out, for example, is settled."""
    columns = set(finding["where"].get("columns") or ())
    said = model.facts.get("contract", {}).get("columns", ())
    used = {c["name"] for c in said if c["role"] in ("target", "asset", "time", "batch")} | set(model.facts["features"])
    return not columns or bool(columns & used)


def _accepted(workspace: Workspace, model: Model, test: Acceptance) -> Gate:
    measures = _honest(workspace, model)
    score = measures.get(test.metric)
    if score is None:
        known = ", ".join(measures)
        said = Text(
            f"{model.ref} has no honest {test.metric}; it has: {known or '-'}",
            f"{model.ref} 没有诚实的 {test.metric}；已有：{known or '-'}",
        )
        return Gate("acceptance", False, said, f"diapason learn {model.ref.name} --task {model.facts['task']}")
    bound = float(score["high"] if test.sign == "<=" else score["low"])
    holds = bound <= test.limit if test.sign == "<=" else bound >= test.limit
    shown = f"{test.metric} {score['value']:.4g} ({score['low']:.4g}-{score['high']:.4g})"
    facts = {"test": str(test), "score": score, "bound": bound}
    if holds:
        return Gate("acceptance", True, Text(f"{shown} meets {test}", f"{shown} 满足 {test}"), "", facts)
    said = Text(
        f"{shown} does not meet {test}: the bound {bound:.4g} of its interval counts",
        f"{shown} 不满足 {test}：以区间端点 {bound:.4g} 为准",
    )
    return Gate("acceptance", False, said, f"diapason resonate {model.ref.name}", facts)


def _untested(model: Model) -> Gate:
    said = Text("no acceptance test was stated", "未给出验收标准")
    return Gate("acceptance", False, said, f'diapason publish {model.ref} --accept "MEASURE<=LIMIT"')


def _evidence(workspace: Workspace, model: Model) -> Gate:
    """The chain is whole, the run's statement is signed, and the model's files are those it names."""
    try:
        entries = workspace.ledger.check()
        registry.signed(workspace, registry.origin(workspace, model))
        registry.parts(workspace, model)
        kept = attest.finished(workspace, str(model.facts["run"]))["kept"]
        for facts in kept.values():
            workspace.vault.get(str(facts["sha256"]))
    except DiapasonError as error:
        said = Text(
            f"the evidence does not hold: {error.said('en')['what']}", f"证据不成立：{error.said('zh')['what']}"
        )
        return Gate("evidence", False, said, "diapason doctor")
    gone = standing.removed(workspace, ground("model", model.ref))
    if gone is not None:
        said = Text(f"what it stands on has fallen: {gone.en}", f"其依据已失效：{gone.zh}")
        return Gate("evidence", False, said, f"diapason standing {ground('model', model.ref)}")
    return Gate(
        "evidence", True, Text(f"{entries} ledger entries hold", f"账本 {entries} 条完好"), "", {"entries": entries}
    )


def _approved(workspace: Workspace, model: Model) -> Gate:
    found = approval.valid(workspace, model)
    if isinstance(found, Text):
        return Gate("approval", False, found, f"diapason approve {model.ref} --as PERSON")
    said = Text(
        f"approved by {found['person']} until {found['until']}", f"由 {found['person']} 批准，至 {found['until']}"
    )
    return Gate("approval", True, said, "", found)


def _permitted(workspace: Workspace, model: Model) -> tuple[Gate, ...]:
    """What the rules of the regimes ask for: one gate per missing artefact, or one that holds."""
    found = permit.permission(workspace, str(model.ref), registry.grounds(model))
    if found is None:
        return ()
    if found.wants:
        return tuple(Gate("permission", False, want.said, want.supply) for want in found.wants)
    count, names = len(found.rules), ", ".join(found.rules)
    said = Text(f"{count} rules apply and what they ask for is there", f"{count} 条规则适用，所需材料齐备")
    facts = {"rules": names, "on": list(found.on), "unknown": list(found.unknown)}
    return (Gate("permission", True, said, "", facts),)


def _honest(workspace: Workspace, model: Model) -> dict[str, Mapping[str, Any]]:
    """Value and interval of each known measure under the honest split, as the signed statement of the model's own run
    has it.
    """
    try:
        card = attest.finished(workspace, str(model.facts["run"]))["result"].get("honest") or {}
    except NotFound:
        return {}
    measures = {card["metric"]["name"]: card["score"], **card.get("others", {})} if card else {}
    return {name: e for name, e in measures.items() if e and None not in (e["value"], e["low"], e["high"])}
