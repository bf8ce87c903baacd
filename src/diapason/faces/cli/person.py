"""`diapason person`: who works here, and what each may do."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from diapason.errors import NotFound
from diapason.faces.cli.arguments import Argument, Misused, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["person"]

_WHO = Text("say who: diapason person li --role approver", "请写明是谁：diapason person li --role approver")
_ONE = Text("choose one of the two", "请二选一")


@command(
    Text("List the people of this plant, or give a person roles and a key.", "列出工厂人员，或授予某人角色与密钥。"),
    good="diapason person li --role approver",
    bad=Text(
        "diapason person li --role boss -> no role 'boss'",
        "diapason person li --role boss -> 没有角色“boss”",
    ),
)
def person(
    face: Face,
    name: Annotated[str, Argument("Who; without it everybody is listed", "姓名；省略则列出全部")] = "",
    role: Annotated[
        list[str] | None,
        Option(
            "--role",
            "administrator, trainer, approver, operator, safety",
            "administrator 管理员、trainer 训练员、approver 批准人、operator 操作员、safety 安全负责人",
        ),
    ] = None,
    retire: Annotated[bool, Option("--retire", "Take all roles away", "收回全部角色")] = False,
    new_key: Annotated[bool, Option("--new-key", "Give another key", "更换密钥")] = False,
) -> None:
    """Call the service and show who is who."""
    from diapason.services import workspace

    if (role or retire or new_key) and not name:
        raise Misused(Text("NAME is missing", "缺少 NAME"), at="diapason person", fix=_WHO)
    if role and retire:
        raise Misused(Text("--role and --retire exclude each other", "--role 与 --retire 不能同用"), at=name, fix=_ONE)
    site, changed = face.open(), None
    if name:
        here = workspace.people(site)
        roles = _retired(name, here) if retire else list(role or _roles(name, here) or ["operator"])
        changed = workspace.add_person(site, name, roles, new_key=new_key)
        given = ", ".join(changed["roles"]) or "-"
        face.say(Text(f"{name} is now: {given}.", f"{name} 现为：{given}。"))
        if changed["new"] or new_key:
            _hand_over(face, name, site.folder / "keys" / "people" / f"{name}.pem")
    everyone = list(workspace.people(site).values())
    heads = [Text("person", "人员"), Text("roles", "角色"), Text("key", "密钥"), Text("since", "自")]
    face.table(heads, [[p["name"], ", ".join(p["roles"]) or "-", p["keyid"][:12], p["since"][:10]] for p in everyone])
    face.result({"person": changed, "people": everyone})


def _roles(name: str, here: Mapping[str, Any]) -> list[str]:
    """What a person may do now."""
    return list(here.get(name, {}).get("roles", []))


def _retired(name: str, here: Mapping[str, Any]) -> list[str]:
    """No roles, for somebody who is here.

    Raises:
        NotFound: nobody is called so.
    """
    if name in here:
        return []
    fix = Text(f"choose one of: {', '.join(here)}", f"可选：{'、'.join(here)}")
    raise NotFound(Text(f"nobody here is called '{name}'", f"这里没有人叫“{name}”"), at=name, fix=fix)


def _hand_over(face: Face, name: str, place: Path) -> None:
    """Where a new key lies, and whose it is."""
    face.say(
        Text(
            f"Give {name} the file {place} and delete it here: whoever holds it signs as {name}. "
            f"It is put back for as long as {name} signs.",
            f"请将文件 {place} 交给 {name} 并在此处删除：持有者即可以 {name} 的名义签名。仅在其签名时放回。",
        )
    )
