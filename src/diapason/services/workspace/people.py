"""Persons: each has roles and a key of their own, and the ledger knows since when."""

from collections.abc import Iterable
from typing import Any

from diapason.errors import BrokenEvidence, Conflict, DataError, NotFound, Refused
from diapason.ports import find
from diapason.ports.ledger import Ledger
from diapason.ports.workspace import Signer, Workspace
from diapason.vocabulary.language import Text
from diapason.vocabulary.names import proper

__all__ = ["ROLES", "add_person", "checked_key", "holder", "known_person", "people", "require", "signer_of"]

ROLES = {
    "administrator": Text("administrator", "管理员"),
    "trainer": Text("trainer", "训练员"),
    "approver": Text("approver", "批准人"),
    "operator": Text("operator", "操作员"),
    "safety": Text("safety officer", "安全负责人"),
}
"""What a person may be; one person may be several."""


def holder(person: str) -> str:
    """The name under which the keys know a person."""
    return f"people/{person}"


def people(source: Workspace | Ledger) -> dict[str, dict[str, Any]]:
    """Every person by name: roles, keyid, public, since, by; in the order in which they came."""
    ledger = source.ledger if isinstance(source, Workspace) else source
    known: dict[str, dict[str, Any]] = {}
    for entry in ledger.entries(kind="person"):
        body = entry.body
        facts = {key: body[key] for key in ("roles", "keyid", "public", "by")}
        known[body["person"]] = {"name": body["person"], "since": entry.at, **facts}
    return known


def add_person(ws: Workspace, name: str, roles: Iterable[str], *, new_key: bool = False) -> dict[str, Any]:
    """Add a person with a key of their own, or change the roles of one; empty roles take all rights away.

    Args:
        new_key: give them another key; what they signed before stays signed by the old one.

    Raises:
        Refused: who acts is no administrator, or the last administrator would go.
        DataError: no such role, or not a name.
    """
    require(ws, "administrator")
    name, wanted = proper(name), [role for role in ROLES if role in set(roles)]
    odd = sorted(set(roles) - set(ROLES))
    if odd:
        raise DataError(
            Text(f"no role '{odd[0]}'", f"没有角色“{odd[0]}”"),
            fix=Text("choose of: " + ", ".join(ROLES), "可选：" + ", ".join(ROLES)),
        )
    known = people(ws)
    _keep_an_administrator(known, name, wanted)
    keys = find("stores", "keys")(ws.folder / "keys")
    key = _key(keys, name, known.get(name), new_key=new_key)
    body = {"person": name, "roles": wanted, "keyid": key.keyid, "public": key.public.hex(), "by": ws.person}
    entry = ws.ledger.append("person", subject=f"person:{name}", body=body)
    checked_key(keys, holder(name), key.keyid)
    return {"name": name, "roles": wanted, "keyid": key.keyid, "since": entry.at, "new": name not in known}


def _key(keys: Any, name: str, known: dict[str, Any] | None, *, new_key: bool) -> Any:
    """The key to record: a new one is kept aside until the ledger knows it."""
    if known is None:
        return keys.load(holder(name)) if keys.has(holder(name)) else keys.make(holder(name))
    if new_key:
        return keys.make(f"{holder(name)}:next", again=True)
    return checked_key(keys, holder(name), known["keyid"])


def checked_key(keys: Any, who: str, keyid: str) -> Any:
    """The key of a holder, if it is the one that the ledger names; a new one that the ledger names takes its place.

    Raises:
        BrokenEvidence: the file holds another key.
        Missing: there is none.
    """
    if keys.has(f"{who}:next") and keys.load(f"{who}:next").keyid == keyid:
        keys.promote(f"{who}:next", who)
    key = keys.load(who)
    if key.keyid != keyid:
        raise BrokenEvidence(
            Text(f"the key of {who} is not the one that the ledger names", f"{who} 的密钥与账本记载不符"),
            at=str(keys.files(who)[0]),
            fix=Text("put the right file back", "请放回正确的密钥文件"),
        )
    return key


def require(ws: Workspace, *roles: str) -> None:
    """Refuse unless who acts has one of these roles."""
    mine = people(ws).get(ws.person, {}).get("roles", [])
    if set(mine) & set(roles):
        return
    en, zh = " / ".join(ROLES[r].en for r in roles), " / ".join(ROLES[r].zh for r in roles)
    raise Refused(
        Text(f"{ws.person} is not {en}", f"{ws.person} 不是{zh}"),
        at=f"person:{ws.person}",
        fix=Text(
            f"act as somebody who is (--as NAME), or have the role given: diapason person NAME --role {roles[0]}",
            f"请由有此角色的人操作（--as 姓名），或请管理员授予：diapason person 姓名 --role {roles[0]}",
        ),
    )


def signer_of(ws: Workspace, person: str = "") -> Signer:
    """The key of a person, to sign in their own name; default: who acts.

    Raises:
        NotFound: nobody has that name.
        Missing: the private half is not here (raised when it is asked to sign).
    """
    name = person or ws.person
    found = known_person(people(ws), name)
    signer: Signer = checked_key(find("stores", "keys")(ws.folder / "keys"), holder(name), found["keyid"])
    return signer


def known_person(known: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    """What is known of a person; raises NotFound."""
    if name not in known:
        raise NotFound(
            Text(f"nobody here is called '{name}'", f"此处没有名为“{name}”的人"),
            at="--as",
            fix=Text(
                f"choose one of: {', '.join(known)}; or add them: diapason person {name} --role operator",
                f"可选：{', '.join(known)}；或先添加：diapason person {name} --role operator",
            ),
        )
    return known[name]


def _keep_an_administrator(known: dict[str, dict[str, Any]], name: str, wanted: list[str]) -> None:
    others = any("administrator" in p["roles"] for n, p in known.items() if n != name)
    if not others and "administrator" not in wanted:
        raise Conflict(
            Text(f"{name} is the last administrator", f"{name} 是最后一位管理员"),
            at=f"person:{name}",
            fix=Text("make somebody else administrator first", "请先任命另一位管理员"),
        )
