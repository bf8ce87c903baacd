"""A second person signs exactly one change, or refuses it with a reason."""

from datetime import UTC, timedelta
from typing import Any

from diapason.engines.evidence import dsse
from diapason.errors import Conflict, DataError, Refused
from diapason.ports.workspace import Workspace
from diapason.services.approve.changes import SIGNATURE, Change, find
from diapason.services.workspace import require, signer_of
from diapason.vocabulary.evidence import Statement, Subject
from diapason.vocabulary.language import Text

__all__ = ["refuse", "sign"]

_SEEN = 12
"""Digits of a digest that must be given at least where one says what one has seen."""


def sign(ws: Workspace, name: str, *, days: int = 365, note: str = "", seen: str = "") -> dict[str, Any]:
    """Sign a change with the key of who acts, for so many days.

    Args:
        seen: digest of what was looked at, its first 12 digits at least; where it is another, nothing is signed.

    Raises:
        NotFound: there is no such change.
        Refused: who acts is no approver, or asked for it, or saw another thing.
        Conflict: it was answered before.
    """
    return _answer(ws, name, "sign", days=days, because=note, seen=seen)


def refuse(ws: Workspace, name: str, *, because: str) -> dict[str, Any]:
    """Say no to a change, with the reason; the same thing can't be asked for again.

    Raises:
        DataError: no reason.
        NotFound: there is no such change.
        Refused: who acts is no approver, or asked for it.
        Conflict: it was answered before.
    """
    if not because.strip():
        raise DataError(
            Text("a refusal needs a reason", "拒绝须说明理由"),
            at="--refuse",
            fix=Text('say why: --refuse "the meter was off"', '请说明：--refuse "仪表当时未投用"'),
        )
    return _answer(ws, name, "refuse", days=0, because=because, seen="")


def _answer(  # roomy: what is signed, one argument each
    ws: Workspace, name: str, verdict: str, *, days: int, because: str, seen: str
) -> dict[str, Any]:
    require(ws, "approver")
    change = find(ws, name)
    _may(ws, change, seen)
    now = ws.clock().astimezone(UTC)
    said = {
        "change": change.id,
        "act": change.act,
        "about": change.about,
        "digest": change.digest,
        "verdict": verdict,
        "because": because,
        "person": ws.person,
        "at": now.isoformat(timespec="seconds"),
        "until": (now + timedelta(days=days)).isoformat(timespec="seconds"),
    }
    signer = signer_of(ws)
    envelope = dsse.sign(
        Statement((Subject(f"change/{change.id}", change.digest),), SIGNATURE, said), signer.keyid, signer.sign
    )
    entry = ws.ledger.append("signature", subject=change.about, body=envelope)
    return {**said, "said": {"en": change.said.en, "zh": change.said.zh}, "keyid": signer.keyid, "seq": entry.seq}


def _may(ws: Workspace, change: Change, seen: str) -> None:
    if ws.person == change.person:
        raise Refused(
            Text(
                f"{ws.person} asked for {change.id} and can't answer it",
                f"{change.id} 由 {ws.person} 提出，不能自行签批",
            ),
            at=change.about,
            fix=Text(
                f"ask somebody else: diapason approve {change.id} --as NAME",
                f"请他人签批：diapason approve {change.id} --as 姓名",
            ),
        )
    if change.state in ("signed", "refused"):
        done = Text("signed", "签名") if change.state == "signed" else Text("refused", "拒绝")
        raise Conflict(
            Text(f"{change.signer} {done.en} {change.id} before", f"{change.signer} 已{done.zh} {change.id}"),
            at=change.about,
            fix="diapason inbox",
        )
    if seen and (len(seen) < _SEEN or not change.digest.startswith(seen.lower())):
        raise Refused(
            Text(f"{change.id} is not what was seen: its digest is {change.digest}", f"{change.id} 与所查看内容不符"),
            at=change.about,
            fix=Text("look again: diapason inbox", "请重新查看：diapason inbox"),
        )
