"""A person's yes or no to one exact action: bound to its digest, signed by their own key, until a time."""

from datetime import UTC, datetime
from typing import Any

from diapason.engines.evidence import dsse
from diapason.engines.safety import Seal
from diapason.errors import Conflict, DataError, DiapasonError, NotFound, Refused
from diapason.ports.workspace import Workspace
from diapason.services.gateway import story
from diapason.services.gateway.roster import manifest_of
from diapason.services.gateway.wire import tag_subject
from diapason.services.gateway.words import button
from diapason.services.workspace import people, require, signer_of
from diapason.vocabulary.acting import Approval
from diapason.vocabulary.evidence import Statement, Subject
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Moment

__all__ = ["APPROVAL", "MAY", "apart", "approve", "asked", "newest", "refuse"]

APPROVAL = "urn:diapason:predicate:action-approval:v1"
MAY = ("approver", "operator", "safety")
"""Roles that may approve an action."""
_SEEN = 12


def approve(ws: Workspace, key: str, *, seen: str = "", note: str = "") -> dict[str, Any]:
    """Sign one action, exactly as it was proposed; it holds until the proposal ends.

    Args:
        seen: digest of what was looked at, its first 12 digits at least; where it is another, nothing is signed.

    Returns:
        key, digest, said (the words of the button), person, until, seq.

    Raises:
        NotFound: no such action.
        Conflict: it does not wait (any more).
        Refused: who acts may not, runs the agent or answers for it, or saw another thing.
    """
    require(ws, *MAY)
    action = asked(ws, key)
    if action.state == "recommended":
        raise Conflict(
            Text(f"{key} is advice (recommended): the gateway does not write it", f"{key} 为建议，网关不会写入"),
            at=f"action:{key}",
            fix=Text(
                f"set it by hand, then: diapason approve action:{key} --by-hand",
                f"请手动设定，然后：diapason approve action:{key} --by-hand",
            ),
        )
    _may(ws, action, seen)
    now = ws.clock().astimezone(UTC)
    until = datetime.fromtimestamp(action.proposal.expires / 1e6, UTC)
    said = {
        "key": key,
        "digest": action.digest,
        "person": ws.person,
        "made": int(now.timestamp() * 1e6),
        "expires": action.proposal.expires,
        "note": note,
    }
    signer = signer_of(ws)
    made = Statement((Subject(f"action/{key}", action.digest),), APPROVAL, said)
    body = dsse.sign(made, signer.keyid, signer.sign)
    subject = tag_subject(action.proposal.asset, action.proposal.tag)
    entry = ws.ledger.append("approval", run=story.run_of(key), subject=subject, body=body)
    words = button(action.proposal)
    told = {k: said[k] for k in ("key", "digest", "person")}
    ends = until.isoformat(timespec="seconds")
    return {**told, "said": {"en": words.en, "zh": words.zh}, "until": ends, "seq": entry.seq}


def refuse(ws: Workspace, key: str, *, because: str) -> dict[str, Any]:
    """Say no to an action, with the reason; it ends there.

    Raises:
        DataError: no reason.
        NotFound, Conflict, Refused: as `approve`; also who runs the agent may refuse.
    """
    require(ws, *MAY)
    if not because.strip():
        raise DataError(
            Text("a refusal needs a reason", "拒绝须说明理由"),
            at="--because",
            fix=Text('say why: --because "the valve is being repaired"', '请说明：--because "阀门检修中"'),
        )
    action = asked(ws, key)
    body = {"person": ws.person, "because": because, "digest": action.digest}
    subject = tag_subject(action.proposal.asset, action.proposal.tag)
    ws.ledger.append("refusal", run=story.run_of(key), subject=subject, body=body)
    return {"key": key, "person": ws.person, "because": because}


def asked(ws: Workspace, key: str) -> story.Action:
    """An action that waits for a person, to be approved or to be done by hand.

    Raises:
        NotFound: nobody proposed it.
        Conflict: it is over, or was never to be approved.
    """
    action = story.find(ws, key)
    if action is None:
        names = ", ".join(a.key for a in story.waiting(ws)) or "-"
        raise NotFound(
            Text(f"there is no action '{key}'", f"没有动作“{key}”"),
            at=f"action:{key}",
            fix=Text(f"waiting are: {names}", f"待批动作：{names}"),
        )
    if action.state not in ("waiting", "approved", "recommended"):
        raise Conflict(
            Text(f"{key} does not wait: {action.state}; {action.said.en}", f"{key} 不在待批：{action.said.zh}"),
            at=f"action:{key}",
            fix=Text("see: diapason inbox", "请查看：diapason inbox"),
        )
    return action


def _may(ws: Workspace, action: story.Action, seen: str) -> None:
    if not apart(ws, action, ws.person):
        raise Refused(
            Text(
                f"{ws.person} runs {action.proposal.agent} or answers for it, and can't approve {action.key}",
                f"{ws.person} 运行或负责 {action.proposal.agent}，不能批准 {action.key}",
            ),
            at=f"action:{action.key}",
            fix=Text(
                f"ask somebody else: diapason approve action:{action.key} --as NAME",
                f"请他人批准：diapason approve action:{action.key} --as 姓名",
            ),
        )
    if seen and (len(seen) < _SEEN or not action.digest.startswith(seen.lower())):
        raise Refused(
            Text(f"{action.key} is not what was seen: its digest is {action.digest}", f"{action.key} 与所查看内容不符"),
            at=f"action:{action.key}",
            fix=Text("look again: diapason inbox", "请重新查看：diapason inbox"),
        )


def apart(ws: Workspace, action: story.Action, person: str) -> bool:
    """Whether a person neither runs the agent's process nor answers for the agent."""
    manifest = manifest_of(ws, action.proposal.agent)
    return person not in (action.person, manifest.owner if manifest else "")


def newest(ws: Workspace, action: story.Action) -> tuple[Approval | None, Seal | None]:
    """The newest approval of an action that is genuine, else the newest at all, and what is found of its signature."""
    found = [_looked(ws, action, entry.body) for entry in action.approvals]
    told = [pair for pair in found if pair is not None]
    good = [pair for pair in told if pair[1] == Seal(genuine=True, may=True, apart=True)]
    return (good or told)[-1] if told else (None, None)


def _looked(ws: Workspace, action: story.Action, body: Any) -> tuple[Approval, Seal] | None:
    try:
        said = dsse.opened(body)
        told = said.predicate
        person = str(told["person"])
        keyid, sig = str(body["signatures"][0]["keyid"]), str(body["signatures"][0]["sig"])
        bare = Approval(str(told["digest"]), person, keyid, _moment(told["made"]), _moment(told["expires"]), sig)
    except (DiapasonError, KeyError, TypeError, ValueError, IndexError):
        return None
    known = people(ws).get(person)
    genuine = known is not None and said.predicate_type == APPROVAL and told.get("key") == action.key
    try:
        dsse.verify(body, {} if known is None else {known["keyid"]: bytes.fromhex(known["public"])})
    except (DiapasonError, ValueError):
        genuine = False
    may = known is not None and bool(set(known["roles"]) & set(MAY))
    return bare, Seal(genuine=genuine, may=may, apart=apart(ws, action, person))


def _moment(value: Any) -> Moment:
    if type(value) is not int:
        raise ValueError(value)
    return value
