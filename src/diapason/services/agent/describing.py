"""An agent in words that others read: found by asset, tag, right or grade; its record before use (R-080)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from diapason.errors import DataError, DiapasonError
from diapason.ports.disk import write_whole
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.agent.checks import decision_class, risk_grade
from diapason.services.agent.form import file_of, manifest_of, read
from diapason.services.agent.identity import card, did, document
from diapason.services.agent.registry import STATES, Registered, registered, versions
from diapason.vocabulary.acting import Autonomy, Manifest, Right
from diapason.vocabulary.language import Text
from diapason.vocabulary.wire import plain

__all__ = ["GRADES", "carded", "listed", "record", "show"]

GRADES = {
    "": Text("not qualified", "未鉴定"),
    "none": Text("none reached", "未达任何等级"),
    "basic": Text("basic", "基础级"),
    "advisory": Text("advisory", "辅助决策级"),
    "high-level": Text("high-level", "高水平"),
}
"""Grades of a qualification, lowest first."""

_APPROVALS = ("approval", "refusal", "action", "verdict")
"""Kinds of the ledger in which the gateway writes what people said to proposals."""


def listed(
    ws: Workspace, *, asset: str = "", tag: str = "", right: str = "", grade: str = "", everything: bool = False
) -> list[dict[str, Any]]:
    """Agents that answer a question: who may do this, to this, and how well proven.

    Args:
        asset: of the agent, or of one of its permissions.
        tag: that it has a right to.
        right: "read", "propose" or "write".
        grade: at least this: "basic", "advisory" or "high-level".
        everything: also those that are expired, retired or fallen.

    Raises:
        DataError: there is no such right or grade.
    """
    _known("--right", right, [r.value for r in Right])
    _known("--grade", grade, [g for g in GRADES if g])
    newest = {one.manifest.name: one for one in versions(ws) if one.state != "replaced"}
    found = [one for one in newest.values() if _answers(one.manifest, asset, tag, right, grade)]
    return [_line(one) for one in sorted(found, key=lambda o: o.manifest.name) if everything or one.state == "in force"]


def show(ws: Workspace, name: str) -> dict[str, Any]:
    """All of one agent: identity, permissions, bounds, state, versions, and what its file says that is not signed yet.

    Raises:
        NotFound: nobody registered it.
    """
    one = registered(ws, name)
    line = _line(one) | {"manifest": plain(one.manifest), "digest": one.said["digest"], "seq": one.entry.seq}
    line["versions"] = [
        {"version": v.manifest.version, "state": v.state, "at": v.entry.at, "by": v.said["person"]}
        for v in versions(ws, one.manifest.name)
    ]
    return line | {"file": str(file_of(ws, one.manifest.name)), "edited": _edited(ws, one), "record": record(ws, name)}


def record(ws: Workspace, name: str) -> dict[str, Any]:
    """What must be there before an agent with tools is used: R-080, in the words of GB/Z 185's parts.

    Returns:
        agent_id, permission_list, decision_class, approval_log, kill_test (None where none was made), complete.
    """
    one = registered(ws, name)
    rights = [
        {"right": p.right.value, "asset": p.asset, "tag": p.tag, "most": p.autonomy.name, "class": decision_class(p)}
        for p in one.manifest.permissions
    ]
    drill = attest.result(ws, "drill", one.ref)
    test = None
    if drill is not None and drill["result"].get("agent") == one.ref:
        test = {"run": drill["run"], "at": drill["at"], "passed": drill["result"]["passed"]}
    said = {
        "agent_id": did(bytes.fromhex(str(one.said["public"]))),
        "name": one.ref,
        "owner": one.manifest.owner,
        "until": one.manifest.expires,
        "permission_list": rights,
        "decision_class": _highest(rights),
        "approval_log": list(_approvals(ws, one.manifest.name)),
        "kill_test": test,
    }
    return said | {"complete": test is not None and bool(test["passed"]), "basis": ["R-080", "GB/Z 185-2026"]}


def carded(ws: Workspace, name: str, *, form: str = "a2a", to: Path | None = None, url: str) -> dict[str, Any]:
    """The card in one of its forms, written where a file is named.

    Args:
        form: "a2a", "identity" or "record".
        url: where the agent answers, for A2A.
    """
    made = card(ws, name, url=url) if form == "a2a" else (document if form == "identity" else record)(ws, name)
    if to is not None:
        write_whole(to, json.dumps(made, ensure_ascii=False, indent=1).encode())
    return made


def _known(at: str, word: str, words: list[str]) -> None:
    if word and word not in words:
        raise DataError(Text(f"nothing is called '{word}' here", f"没有“{word}”"), at=at, fix=", ".join(words))


def _answers(m: Manifest, asset: str, tag: str, right: str, grade: str) -> bool:
    order = list(GRADES)
    if grade and order.index(m.grade or "") < order.index(grade):
        return False
    rights = [p for p in m.permissions if right in ("", p.right.value)]
    rights = [p for p in rights if asset in ("", p.asset, m.asset) and (tag in ("", p.tag) or p.tag == "*")]
    return bool(rights)


def _line(one: Registered) -> dict[str, Any]:
    m = one.manifest
    moves = [p for p in m.permissions if p.right is not Right.READ]
    return {
        "name": m.name,
        "version": m.version,
        "agent_id": did(bytes.fromhex(str(one.said["public"]))),
        "keyid": m.keyid,
        "owner": m.owner,
        "expires": m.expires[:10],
        "asset": m.asset,
        "model": m.model,
        "connection": m.connection,
        "state": one.state,
        "why": plain(one.why or STATES[one.state]),
        "grade": m.grade,
        "risk": risk_grade(m),
        "reads": sum(p.right is Right.READ for p in m.permissions),
        "moves": [f"{p.asset} {p.tag}" for p in moves],
        "most": max((p.autonomy for p in m.permissions), default=Autonomy.A0).name,
    }


def _edited(ws: Workspace, one: Registered) -> bool:
    """Whether the file says something else than what was signed; a file that can't be read does."""
    try:
        draft = manifest_of(
            read(file_of(ws, one.manifest.name)), version=one.manifest.version, keyid=one.manifest.keyid
        )
    except DiapasonError:
        return True
    return bool(plain(draft) | {"grade": ""} != plain(one.manifest) | {"grade": ""})


def _highest(rights: list[dict[str, Any]]) -> str:
    order = ("human only", "user authorised", "autonomous")
    return max((str(r["class"]) for r in rights), key=order.index, default=order[0])


def _approvals(ws: Workspace, name: str) -> Iterator[dict[str, Any]]:
    """What people and the gateway said to its proposals, newest last."""
    for kind in _APPROVALS:
        for entry in ws.ledger.entries(kind=kind):
            if entry.subject.partition("@")[0] == name or entry.body.get("agent") == name:
                yield {"kind": kind, "at": entry.at, "seq": entry.seq, "subject": entry.subject}
