"""Back at the provider: is this what the plant signed under our contract, and what does it say."""

import json
from collections.abc import Mapping
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from diapason.engines.evidence import bundle as signed
from diapason.engines.evidence import dsse
from diapason.engines.evidence.canonical import canonical, digest
from diapason.errors import BrokenEvidence, Refused
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.visit.boxes import RELEASE, Box, file_bytes, opened
from diapason.services.visit.content import FORMAT
from diapason.services.visit.contract import FIELDS, Agreed, agreed
from diapason.services.visit.releasing import APPROVAL, CONTENT, SIGNED
from diapason.vocabulary.evidence import Plan, Subject
from diapason.vocabulary.language import Text

__all__ = ["read"]


def read(ws: Workspace, release: Path, contract: Path) -> dict[str, Any]:
    """Check a release against contract and signatures, and keep it as signed evidence of this workspace.

    Raises:
        BrokenEvidence: not signed by the plant of the contract, not approved, or changed.
        Refused: this workspace is not the provider, or the contract is not signed by both.
    """
    found = agreed(contract)
    _ours(ws, found)
    held = opened(file_bytes(release, Text("ask the plant for it", "请向工厂索取")), RELEASE, str(release))
    content, approver = _content(held, found, release)
    name = _name(ws, found)
    plan = Plan(
        verb="visited",
        dataset=name,
        dataset_digest="",
        hypothesis="what the plant let out under the contract",
        metric=str(content["metric"]),
        split="honest, at the plant",
        candidates=(),
        seed=0,
        budget={},
        settings={"release": held.digest, "contract": found.digest},
    )
    before = next((r for r in attest.results(ws, "visited", name) if r["plan"]["settings"] == plan.settings), None)
    day = ws.clock().astimezone(UTC).date() + timedelta(days=found.terms.keep_days)
    more = {"plant": found.terms.plant.name, "approver": approver, "publish": found.terms.publish}
    result = {"content": content, **more, "delete_by": str(day)}
    if before is not None:
        return {"run": before["run"], "name": name, **before["result"]}
    run = attest.begin(ws, plan)
    run.subject("release", held.digest)
    run.subject("contract", found.digest)
    if rows := _table(content):
        run.keep("trials", pl.DataFrame(rows))
    run.finish(result)
    return {"run": run.id, "name": name, **result}


def _ours(ws: Workspace, found: Agreed) -> None:
    missing = [s for s in ("provider", "plant") if s not in found.signed]
    if found.terms.provider.key != ws.signer.keyid or missing:
        raise Refused(
            Text(
                "this workspace is not the provider of the contract"
                if not missing
                else f"the {missing[0]} has not signed",
                "本工作区不是合同中的供方" if not missing else "合同尚未由双方签署",
            ),
            at=str(found.path),
            fix=Text("use the contract that both sides signed", "请使用双方已签署的合同"),
        )


def _content(held: Box, found: Agreed, release: Path) -> tuple[dict[str, Any], str]:
    """What was let out, if the plant signed it under this contract and a person of the plant approved these bytes."""
    if held.keyid != found.terms.plant.key:
        raise _broken("it is not signed by the plant of the contract", "并非由合同中的工厂签名", release)
    try:
        content = json.loads(held.members[CONTENT])
        approval = json.loads(held.members[SIGNED])
        public = bytes.fromhex(approval["public"])
        keyid = dsse.verify(approval["envelope"], {dsse.fingerprint(public): public})
        statement = dsse.opened(approval["envelope"])
        same = canonical(content) == held.members[CONTENT] and statement.subjects == (
            Subject("content", digest(content)),
        )
        under = content["format"] == FORMAT and content["contract"] == found.digest == statement.predicate["contract"]
        beyond = [f for f in FIELDS if f in content and f not in found.terms.may_leave]
    except signed.MALFORMED as error:
        raise _broken("its content can't be read", "内容无法读取", release) from error
    if not (same and statement.predicate_type == APPROVAL and set(held.members) == {CONTENT, SIGNED}):
        raise _broken("nobody at the plant approved these bytes", "工厂无人批准过这些内容", release)
    if not under or content["plan"] != found.terms.plan:
        raise _broken("it was let out under another contract", "是在另一份合同下放行的", release)
    if beyond:
        raise _broken(f"it holds '{beyond[0]}', which the contract does not allow", "含有合同不允许的内容", release)
    return content, keyid


def _name(ws: Workspace, found: Agreed) -> str:
    """The name that was packed, if this workspace packed it."""
    for entry in ws.ledger.entries(kind="pack"):
        if entry.body["plan"] == found.terms.plan:
            return entry.subject
    return "visit"


def _table(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The trial table, one line per entrant."""
    rows = []
    for row in content.get("trials", ()):
        line = {k: row[k] for k in ("number", "entrant", "name", "held", "reason")}
        for gain in ("over_nothing", "over_placebo", "over_robust"):
            line |= {f"{gain}_{k}": (row[gain] or {}).get(k) for k in ("value", "low", "high", "unit")}
        rows.append(line)
    return rows


def _broken(en: str, zh: str, at: Path) -> BrokenEvidence:
    return BrokenEvidence(
        Text(f"this release does not hold: {en}", f"该放行文件不成立：{zh}"),
        at=str(at),
        fix=Text("do not rely on it; ask the plant to release again", "请勿采信，请工厂重新放行"),
    )
