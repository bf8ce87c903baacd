"""Whether a bundle may run at all: its signature, its plan, and what it asks for, against the contract."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from diapason.errors import BrokenEvidence, DiapasonError, Refused
from diapason.ports.workspace import Workspace
from diapason.services.visit.bundles import Bundle, read_bundle
from diapason.services.visit.contract import FIELDS, Agreed, agreed, runs_left, standing
from diapason.services.visit.trial import entrants
from diapason.vocabulary.language import Text

__all__ = ["admit", "look"]


def admit(ws: Workspace, bundle: Bundle, found: Agreed) -> None:
    """Refuse a bundle that is not the one agreed on, or that asks for more than was agreed.

    Raises:
        BrokenEvidence: signed by another key than the provider's, or another plan than the contract's.
        Refused: the contract does not stand, names another plant, or does not allow what is asked.
    """
    terms, at = found.terms, str(found.path)
    if bundle.keyid != terms.provider.key:
        raise BrokenEvidence(
            Text("the bundle is not signed by the provider of the contract", "试验包并非由合同中的供方签名"),
            at=bundle.keyid,
            fix=Text("do not run it; ask the provider by another way", "请勿运行，并通过其他途径向供方核实"),
        )
    if bundle.plan != terms.plan:
        raise BrokenEvidence(
            Text("the plan of the bundle is not the one in the contract", "包中的计划与合同所载不同"),
            at=f"{at}, field plan",
            fix=Text(
                "ask for the bundle that was agreed on, or agree on this one", "请索取约定的试验包，或就此包另订合同"
            ),
        )
    if terms.plant.key != ws.signer.keyid:
        raise Refused(
            Text("the contract is with another plant", "合同的工厂方不是本工作区"),
            at=f"{at}, field plant.key",
            fix=Text(f"the key of this workspace is {ws.signer.keyid}", f"本工作区的密钥为 {ws.signer.keyid}"),
        )
    standing(ws, found)
    _no_more(bundle, found)


def look(ws: Workspace, bundle: Path, contract: Path | None) -> dict[str, Any]:
    """What a person wants to know before anything runs: what is asked, what would leave, and whether it may run.

    Args:
        contract: where there is one; `objection` then says why the bundle could not run now, "" for nothing.

    Raises:
        BrokenEvidence: the bundle, or the contract, is not what was signed.
    """
    came = read_bundle(bundle)
    facts: dict[str, Any] = {"bundle": came.digest, "plan": came.plan, "key": came.keyid}
    facts["told"] = msgspec.to_builtins(came.told)
    facts["would_leave"] = [
        {"field": f, "en": said.en, "zh": said.zh} for f, said in FIELDS.items() if f in came.told.asks
    ]
    facts["objections"] = [_said(x) for x in _tried(lambda: entrants(came))]
    if contract is None:
        return facts
    found = agreed(contract)
    facts["objections"] += [_said(x) for x in _tried(lambda: admit(ws, came, found))]
    left, until = runs_left(ws, found), str(found.terms.until)
    told = {"digest": found.digest, "number": found.terms.number, "until": until, "runs_left": left}
    return facts | {"contract": told | {"signed": dict(found.signed)}}


def _tried(step: Callable[[], object]) -> list[DiapasonError]:
    try:
        step()
    except DiapasonError as error:
        return [error]
    return []


def _said(error: DiapasonError) -> dict[str, Any]:
    en, zh = error.said("en"), error.said("zh")
    return {"at": error.at, "what": {"en": en["what"], "zh": zh["what"]}, "fix": {"en": en["fix"], "zh": zh["fix"]}}


def _no_more(bundle: Bundle, found: Agreed) -> None:
    """Each field and each slice that is asked for stands in the contract."""
    for field in bundle.told.asks:
        if field not in found.terms.may_leave:
            raise _beyond(found, "may_leave", field, Text(f"'{field}'", f"“{field}”"))
    known = {s.column for s in found.terms.slices}
    for column in bundle.told.slices:
        if column not in known:
            raise _beyond(found, "slices", column, Text(f"rows by '{column}'", f"按“{column}”的行数"))


def _beyond(found: Agreed, where: str, what: str, said: Text) -> Refused:
    return Refused(
        Text(
            f"the bundle asks for {said.en}, which the contract does not let out",
            f"试验包要求{said.zh}，合同不允许其离开",
        ),
        at=f"{found.path}, field {where}: {what}",
        fix=Text(
            "ask the provider to pack without it, or agree on a contract that has it",
            "请供方去掉该项后重新打包，或另订包含该项的合同",
        ),
    )
