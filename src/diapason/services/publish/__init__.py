"""The gate and the registry: what may predict, who said so, and the way back."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from diapason.errors import Refused
from diapason.ports.workspace import Workspace
from diapason.services import attest, permit
from diapason.services.publish import registry
from diapason.services.publish.approval import approve
from diapason.services.publish.gates import Gate, check
from diapason.services.publish.registry import Model, find, parts, standing, standings
from diapason.services.workspace import require
from diapason.vocabulary.evidence import Plan, Statement
from diapason.vocabulary.language import Text
from diapason.vocabulary.wire import plain

__all__ = ["Gate", "approve", "check", "find", "parts", "rollback", "run", "standing", "standings"]


def run(workspace: Workspace, model: str, *, accept: Sequence[str] = (), waive: str = "") -> dict[str, Any]:
    """Publish one version, if its data, its score, its evidence and a second person allow it.

    Args:
        accept: thresholds on honest scores such as "rmse<=12"; the bound of the interval counts.
        waive: reason for publishing in spite of findings to act on; signed with the publication.

    Raises:
        Refused: names everything that is missing at once, with the command that supplies each.
        NotFound: there is no such model.
    """
    found = find(workspace, model)
    gates = check(workspace, found, tuple(accept), waive)
    missing = [gate for gate in gates if not gate.holds]
    if missing:
        raise _refused(found, missing)
    permit.used(workspace, "publish", str(found.facts["dataset"]))
    done = attest.begin(workspace, _plan(found, accept, waive))
    for subject in found.subjects():
        done.subject(subject.name, subject.sha256)
    approval = next(gate.facts for gate in gates if gate.name == "approval")
    said = {
        "model": str(found.ref),
        "digest": found.digest,
        "dataset": found.facts["dataset"],
        "publisher": workspace.person,
        "approval": {key: approval[key] for key in ("person", "keyid", "until", "seq")},
        "gates": [{"gate": g.name, "said": plain(g.said), "facts": plain(g.facts)} for g in gates],
        "waiver": waive,
    }
    said |= {"on": list(on)} if (on := _stands_on(gates)) else {}
    body = registry.statement(workspace, Statement(found.subjects(), registry.MODEL, said))
    entry = workspace.ledger.append("publish", run=done.id, subject=str(found.ref), body=body)
    done.finish({**said, "seq": entry.seq})
    return {**said, "run": done.id, "seq": entry.seq}


def _stands_on(gates: Sequence[Gate]) -> list[str]:
    """What the rules were satisfied by: when that falls, the publication falls with it."""
    return [str(name) for gate in gates if gate.name == "permission" for name in gate.facts.get("on", ())]


def rollback(workspace: Workspace, model: str, *, reason: str) -> dict[str, Any]:
    """Put a former published version in place again; every version published after it is withdrawn.

    Raises:
        Refused: that version can't predict now, nothing newer is in place, or no reason is given.
    """
    require(workspace, "approver", "administrator")
    found = find(workspace, model)
    if not reason.strip():
        raise Refused(
            Text("a roll-back needs a reason", "回滚须说明理由"), fix=f'diapason rollback {model} --reason "…"'
        )
    known = standings(workspace, found.ref.name)
    mine = known.get(found.ref.version)
    if mine is None or mine.state != "published" or mine.entry is None:
        why = standing(workspace, found).why
        raise Refused(
            Text(f"{found.ref} can't be put in place: {why.en}", f"无法恢复 {found.ref}：{why.zh}"),
            fix=Text("choose a version that is published", "请选择已发布的版本").en,
        )
    newer = [
        v for v, s in known.items() if s.state in ("published", "expired") and s.entry and s.entry.seq > mine.entry.seq
    ]
    if not newer:
        raise Refused(Text(f"{found.ref} is in place already", f"{found.ref} 已是当前版本"), fix="diapason status")
    withdrawn = [f"{found.ref.name}@{v}" for v in sorted(newer)]
    said = {
        "model": str(found.ref),
        "withdrawn": withdrawn,
        "reason": reason,
        "by": workspace.person,
        "at": _now(workspace),
    }
    body = registry.statement(workspace, Statement(found.subjects(), registry.ROLLBACK, said))
    entry = workspace.ledger.append("rollback", run=str(found.facts["run"]), subject=str(found.ref), body=body)
    return {**said, "seq": entry.seq}


def _refused(model: Model, missing: list[Gate]) -> Refused:
    en = "\n".join(f"- {gate.name}: {gate.said.en}" for gate in missing)
    zh = "\n".join(f"- {_GATES[gate.name]}：{gate.said.zh}" for gate in missing)
    commands = list(dict.fromkeys(gate.supply for gate in missing if gate.supply))
    return Refused(
        Text(
            f"{model.ref} can't be published, {len(missing)} missing:\n{en}",
            f"{model.ref} 不能发布，缺 {len(missing)} 项：\n{zh}",
        ),
        at=str(model.ref),
        fix=commands[0] if len(commands) == 1 else "".join(f"\n- {command}" for command in commands),
    )


def _plan(model: Model, accept: Sequence[str], waive: str) -> Plan:
    return Plan(
        verb="publish",
        dataset=str(model.facts["dataset"]),
        dataset_digest="",
        hypothesis=f"{model.ref} may predict",
        metric=", ".join(accept),
        split="",
        candidates=(str(model.ref),),
        seed=0,
        budget={},
        settings={"digest": model.digest, "accept": list(accept), "waive": waive},
    )


def _now(workspace: Workspace) -> str:
    return workspace.clock().astimezone(UTC).isoformat(timespec="seconds")


_GATES = {"data": "数据", "acceptance": "验收", "evidence": "证据", "approval": "批准", "permission": "许可"}
