"""A second person's signature under one exact model, until a day."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from diapason.engines.evidence import dsse
from diapason.errors import DiapasonError, Refused
from diapason.ports.workspace import Workspace
from diapason.services.publish import registry
from diapason.services.publish.registry import Model
from diapason.services.standing import fallen
from diapason.services.workspace import people, require, signer_of
from diapason.vocabulary.evidence import Entry, Statement
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text

__all__ = ["APPROVAL", "approve", "valid"]

APPROVAL = "urn:diapason:predicate:approval:v1"


def approve(workspace: Workspace, model: str, *, days: int = 365, note: str = "") -> dict[str, Any]:
    """Sign, with the key of who acts, that this exact model may be published, for so many days.

    Raises:
        NotFound: there is no such model.
        Refused: who acts is no approver, or trained this model.
    """
    require(workspace, "approver")
    found = registry.find(workspace, model)
    if workspace.person == found.facts["trainer"]:
        raise Refused(
            Text(
                f"{workspace.person} trained {found.ref} and can't approve it",
                f"{workspace.person} 训练了 {found.ref}，不能批准它",
            ),
            fix=Text(
                f"ask somebody else: diapason approve {found.ref} --as NAME",
                f"请他人批准：diapason approve {found.ref} --as 姓名",
            ),
        )
    now = workspace.clock().astimezone(UTC)
    said = {
        "model": str(found.ref),
        "digest": found.digest,
        "person": workspace.person,
        "at": now.isoformat(timespec="seconds"),
        "until": (now + timedelta(days=days)).isoformat(timespec="seconds"),
        "note": note,
    }
    signer = signer_of(workspace)
    envelope = dsse.sign(Statement(found.subjects(), APPROVAL, said), signer.keyid, signer.sign)
    entry = workspace.ledger.append("approve", run=str(found.facts["run"]), subject=str(found.ref), body=envelope)
    return {**said, "keyid": signer.keyid, "seq": entry.seq}


def valid(workspace: Workspace, model: Model) -> dict[str, Any] | Text:
    """The newest approval that holds now, or why none does.

    It is signed by the key that the ledger gives to the person, who is an approver still and not the trainer; it names
    this digest, has not ended, nothing that it stands on has fallen, and it is newer than a roll-back that withdrew
    the version.
    """
    entries = list(workspace.ledger.entries(kind="approve", subject=str(model.ref)))
    last, gone = registry.standing(workspace, model), fallen(workspace)
    why = Text("nobody has approved it", "尚无人批准")
    for entry in reversed(entries):
        if last.state == "withdrawn" and last.entry is not None and entry.seq < last.entry.seq:
            return Text("it was withdrawn after it was approved", "批准之后已被撤回")
        held = _held(workspace, model, entry)
        if not isinstance(held, Text):
            held = gone.get(ground("entry", entry.seq)) or held
        if not isinstance(held, Text):
            return held
        why = held
    return why


def _held(workspace: Workspace, model: Model, entry: Entry) -> dict[str, Any] | Text:
    try:
        said = dsse.opened(entry.body).predicate
        person = people(workspace).get(str(said["person"]), {})
        keyid = dsse.verify(entry.body, {str(person["keyid"]): bytes.fromhex(person["public"])})
        return _objection(workspace, model, said, person) or {**said, "keyid": keyid, "seq": entry.seq}
    except (DiapasonError, KeyError, ValueError, TypeError):
        return Text("the approval is not signed by the key of a known person", "审批签名不属于已登记人员")


def _objection(workspace: Workspace, model: Model, said: Mapping[str, Any], person: Mapping[str, Any]) -> Text | None:
    who, until = str(said["person"]), datetime.fromisoformat(str(said["until"]))
    if said["digest"] != model.digest or said["model"] != str(model.ref):
        return Text(f"{who} approved another model", f"{who} 批准的是另一个模型")
    if who == model.facts["trainer"]:
        return Text(f"{who} trained it and can't approve it", f"{who} 训练了它，不能批准")
    if "approver" not in person["roles"]:
        return Text(f"{who} is no approver any more", f"{who} 已不是批准人")
    if until <= workspace.clock():
        return Text(f"the approval by {who} ended on {said['until']}", f"{who} 的批准已于 {said['until']} 到期")
    return None
