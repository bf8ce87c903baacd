"""What waits for a second person: asked for once, in the name of who wants it, and done only when it was signed."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from diapason.engines.evidence import dsse
from diapason.errors import Refused
from diapason.ports.workspace import Workspace
from diapason.services.approve.changes import REQUEST, Change, changes, named
from diapason.services.workspace import people, signer_of
from diapason.vocabulary.evidence import Statement, Subject
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text
from diapason.vocabulary.wire import plain

__all__ = ["ACTS", "demand"]

ACTS = {
    "adopt": Text("adopt a repair on graded data", "在分级数据上采纳修复"),
    "grade": Text("lower a grade", "降低数据等级"),
    "licence": Text("change a licence", "变更许可"),
    "order": Text("place an order above the sum", "下达超过限额的任务"),
    "offer": Text("offer a dataset to others", "对外提供数据集"),
}
"""What a second person signs before it happens."""


def demand(ws: Workspace, act: str, about: str, thing: Mapping[str, Any], said: Text) -> str:
    """The ground under a change that a second person has signed; else it is asked for, and refused until then.

    Args:
        act: a key of `ACTS`.
        about: dataset that it concerns.
        thing: everything that would be done and what it would be done to; a signature holds for exactly this.
        said: the same in one sentence.

    Raises:
        Refused: nobody but who asked has signed it yet, or it was refused; names the change.
    """
    exact: dict[str, Any] = plain(dict(thing))
    digest = named(act, about, exact)
    known = [c for c in changes(ws) if c.digest == digest]
    signed = next((c for c in reversed(known) if c.state == "signed"), None)
    if signed is not None:
        return ground("entry", signed.seq)
    last = known[-1] if known else None
    if last is None or last.state == "ended":
        last = _asked(ws, act, about, exact, digest, said)
    if last.state == "refused":
        raise Refused(
            Text(f"{last.signer} refused {last.id}: {last.why}", f"{last.signer} 已拒绝 {last.id}：{last.why}"),
            at=about,
            fix=Text("change what was asked for, and ask again", "请修改所请求的内容后重新提出"),
        )
    raise Refused(
        Text(
            f"{said.en}: this needs the signature of a second person; it waits as {last.id}",
            f"{said.zh}：须由第二人签名，现为待签变更 {last.id}",
        ),
        at=about,
        fix=_way(ws, last),
    )


def _asked(  # roomy: what is asked for, one argument each
    ws: Workspace, act: str, about: str, thing: Mapping[str, Any], digest: str, said: Text
) -> Change:
    """Write the request, signed by who asks."""
    number = 1 + sum(1 for _ in ws.ledger.entries(kind="request"))
    now = ws.clock().astimezone(UTC).isoformat(timespec="seconds")
    body = {
        "id": f"change-{number}",
        "act": act,
        "about": about,
        "thing": thing,
        "digest": digest,
        "said": {"en": said.en, "zh": said.zh},
        "person": ws.person,
        "at": now,
    }
    signer = signer_of(ws)
    made = Statement((Subject(f"change/{body['id']}", digest),), REQUEST, body)
    ws.ledger.append("request", subject=about, body=dsse.sign(made, signer.keyid, signer.sign))
    return Change(str(body["id"]), act, about, thing, digest, said, ws.person, now)


def _way(ws: Workspace, change: Change) -> Text:
    """Who may sign, and by which command."""
    able = [n for n, p in people(ws).items() if "approver" in p["roles"] and n != change.person]
    if not able:
        call = "diapason person NAME --role approver"
        return Text(f"nobody else may sign yet: {call}", f"尚无他人可签：{call}")
    call = f"diapason approve {change.id} --as {able[0]}"
    return Text(
        f"{' or '.join(able)} looks at it (diapason inbox) and signs: {call}; then call this again",
        f"请 {' 或 '.join(able)} 查看（diapason inbox）并签名：{call}；之后再次执行本命令",
    )
