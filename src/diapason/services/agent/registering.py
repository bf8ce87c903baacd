"""Write a manifest, sign it, and register it: each change is a new version; or end it."""

import base64
from collections.abc import Mapping
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any

import msgspec

from diapason.engines.evidence import dsse
from diapason.engines.evidence.canonical import canonical, digest
from diapason.errors import Conflict, DataError, Refused
from diapason.ports import find as found
from diapason.ports.disk import write_whole
from diapason.ports.workspace import Workspace
from diapason.services import publish
from diapason.services.agent.checks import decision_class, risk_grade, sound
from diapason.services.agent.form import Allowed, File, file_of, manifest_of, read, rules_of, text_of
from diapason.services.agent.registry import AGENT, Registered, holder, registered, versions
from diapason.services.workspace import people, require, signer_of
from diapason.services.workspace.people import known_person
from diapason.vocabulary.acting import Manifest, Right
from diapason.vocabulary.evidence import Statement, Subject
from diapason.vocabulary.language import Text
from diapason.vocabulary.names import proper
from diapason.vocabulary.tables import Role
from diapason.vocabulary.wire import plain

__all__ = ["create", "register", "retire"]

_DAYS = 365
"""How long a permission lasts where nobody says."""


def create(  # roomy: what is known of an agent when it is made
    ws: Workspace,
    name: str,
    *,
    model: str = "",
    asset: str = "",
    connection: str = "",
    rules: str | Path = "",
    expires: str = "",
    owner: str = "",
) -> dict[str, Any]:
    """Write `agents/NAME.yaml`, or take the one that is there, and register it.

    Without model, rules and asset the file that is there is registered as it stands. Where somebody else shall be the
    owner the file is written, and waits until that person runs the same.

    Returns:
        name, version, state ("registered", "unchanged", "waits for its owner"), file, keyid, owner, expires, grade,
        permissions, seq.

    Raises:
        NotFound: no such model, person or file.
        Refused: the model is not published, or who acts may not sign this.
        Conflict: there is a file already, and what was said would write over it.
        DataError: the file, a name or a day can't be.
    """
    name, path = proper(name, at="NAME"), file_of(ws, name)
    if model or str(rules) or asset:
        if path.exists():
            raise Conflict(
                Text(f"{path.name} is there already", f"{path.name} 已存在"),
                at=str(path),
                fix=Text(
                    f"edit it, then: diapason agent new {name}", f"请修改该文件，再运行：diapason agent new {name}"
                ),
            )
        made = _drafted(ws, name, model, asset, connection, rules, expires, owner or ws.person)
        draft = manifest_of(made, version=1, keyid="")
        sound(draft, at=str(path))
        known_person(people(ws), made.owner)
        _alive(ws, draft, str(path))
        _predicts(ws, draft)
        write_whole(path, text_of(made).encode())
    return register(ws, name)


def register(ws: Workspace, name: str) -> dict[str, Any]:
    """Sign what the file of an agent says, as its next version; nothing is written where nothing has changed.

    Raises:
        NotFound: there is no file, no such person or model.
        DataError: the file can't be.
        Refused: another person owned it and who acts is no administrator; the model may not predict.
    """
    path = file_of(ws, name)
    said = read(path)
    if said.name != name:
        raise DataError(
            Text(f"the file is about '{said.name}'", f"文件内容属于“{said.name}”"),
            at=f"{path}, field name",
            fix=f"name: {name}",
        )
    known_person(people(ws), said.owner)
    known = versions(ws, name)
    last = known[-1] if known else None
    draft = manifest_of(said, version=0, keyid="")
    sound(draft, at=str(path))
    _alive(ws, draft, str(path))
    if said.owner != ws.person:
        return _told(draft, path, "waits for its owner")
    if last is not None and last.state in ("in force", "expired") and _same(last.manifest, draft):
        return _told(last.manifest, path, "unchanged", seq=last.entry.seq)
    _may(ws, last)
    _predicts(ws, draft)
    key = _key(ws, name)
    ready = manifest_of(said, version=len(known) + 1, keyid=key.keyid)
    seq = _written(ws, ready, key, last)
    return _told(ready, path, "registered", seq=seq)


def retire(ws: Workspace, name: str, *, because: str) -> dict[str, Any]:
    """End an agent: it may nothing from now on. Its owner can, or an administrator.

    Raises:
        DataError: no reason.
        Conflict: it is retired already.
        Refused: who acts is neither.
    """
    if not because.strip():
        raise DataError(Text("say why", "请说明理由"), at="--because", fix='--because "replaced by boiler-advice"')
    one = registered(ws, name)
    if one.state == "retired":
        raise Conflict(
            Text(f"{one.ref} is retired already", f"{one.ref} 已停用"), at=one.ref, fix="diapason agent list"
        )
    if ws.person != one.manifest.owner:
        require(ws, "administrator")
    said = {"act": "retire", "ref": one.ref, "because": because.strip(), "person": ws.person, "at": _now(ws)}
    seq = _signed(ws, one.ref, str(one.said["digest"]), said)
    return {"agent": one.ref, "state": "retired", "because": because.strip(), "person": ws.person, "seq": seq}


def _drafted(  # roomy: as `create`
    ws: Workspace, name: str, model: str, asset: str, connection: str, rules: str | Path, expires: str, owner: str
) -> File:
    if not asset:
        raise DataError(Text("say which asset it watches", "请指明设备"), at="--asset", fix="--asset R-101")
    tags, ref = ("*",), ""
    if model:
        one = publish.find(ws, model)
        ref, contract = str(one.ref), one.facts["contract"]
        tags = tuple(c["name"] for c in contract["columns"] if c["role"] == Role.FEATURE.value) or ("*",)
    return File(
        name=name,
        owner=owner,
        expires=_day(ws, expires),
        asset=asset,
        model=ref,
        connection=connection,
        permissions=tuple(Allowed(right=Right.READ, asset=asset, tag=tag, autonomy="A1") for tag in tags),
        rules=rules_of(Path(rules)) if str(rules) else (),
    )


def _day(ws: Workspace, text: str) -> date:
    if not text:
        return ws.clock().date() + timedelta(days=_DAYS)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise DataError(
            Text(f"'{text}' is no day", f"“{text}”不是日期"), at="--expires", fix="--expires 2027-06-30"
        ) from None


def _alive(ws: Workspace, draft: Manifest, at: str) -> None:
    if date.fromisoformat(draft.expires[:10]) < ws.clock().date():
        raise DataError(
            Text(f"its last day, {draft.expires[:10]}, has passed", f"有效期 {draft.expires[:10]} 已过"),
            at=f"{at}, field expires",
            fix="expires: 2027-06-30",
        )


def _predicts(ws: Workspace, draft: Manifest) -> None:
    """An agent is made of a model that may predict."""
    if not draft.model:
        return
    one = publish.find(ws, draft.model)
    state = publish.standing(ws, one)
    if state.state != "published":
        raise Refused(
            Text(f"{one.ref} may not predict: {state.why.en}", f"{one.ref} 不得预测：{state.why.zh}"),
            at=draft.model,
            fix=f"diapason publish {one.ref}",
        )


def _may(ws: Workspace, last: Registered | None) -> None:
    """An agent passes into other hands only by its former owner's word or an administrator's."""
    if last is not None and last.manifest.owner != ws.person:
        require(ws, "administrator")


def _same(known: Manifest, draft: Manifest) -> bool:
    free = ("version", "keyid", "grade")
    return {k: v for k, v in plain(known).items() if k not in free} == {
        k: v for k, v in plain(draft).items() if k not in free
    }


def _key(ws: Workspace, name: str) -> Any:
    """The agent's own key; made once, kept over all its versions."""
    keys = found("stores", "keys")(ws.folder / "keys")
    return keys.load(holder(name)) if keys.has(holder(name)) else keys.make(holder(name))


def _written(ws: Workspace, ready: Manifest, key: Any, last: Registered | None) -> int:
    ref, whole = f"{ready.name}@{ready.version}", plain(ready)
    said = {
        "act": "register",
        "ref": ref,
        "keyid": key.keyid,
        "public": key.public.hex(),
        "proof": base64.b64encode(key.sign(canonical(whole))).decode(),
        "owner": ready.owner,
        "person": ws.person,
        "at": _now(ws),
        "until": ready.expires,
        "model": ready.model,
        "grade": str(risk_grade(ready)),
        "classes": sorted({decision_class(p) for p in ready.permissions}),
        "digest": digest(whole),
        "before": "" if last is None else str(last.said["digest"]),
        "manifest": whole,
    }
    return _signed(ws, ref, str(said["digest"]), said)


def _signed(ws: Workspace, ref: str, sha256: str, said: Mapping[str, Any]) -> int:
    hand = signer_of(ws)
    body = dsse.sign(Statement((Subject(f"agent/{ref}", sha256),), AGENT, said), hand.keyid, hand.sign)
    return ws.ledger.append("agent", subject=ref, body=body).seq


def _told(one: Manifest, path: Path, state: str, *, seq: int = 0) -> dict[str, Any]:
    facts = msgspec.to_builtins(
        {k: plain(getattr(one, k)) for k in ("name", "version", "keyid", "owner", "asset", "model")}
    )
    facts |= {"expires": one.expires[:10], "connection": one.connection, "permissions": plain(one.permissions)}
    return {**facts, "state": state, "file": str(path), "risk": risk_grade(one), "seq": seq}


def _now(ws: Workspace) -> str:
    return ws.clock().astimezone(UTC).isoformat(timespec="seconds")
