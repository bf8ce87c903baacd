"""`diapason person`: who works here, and what each may do."""

from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["person"]


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
        Option("--role", "administrator, trainer, approver, operator", "管理员、训练员、批准人、操作员（英文词）"),
    ] = None,
    retire: Annotated[bool, Option("--retire", "Take all roles away", "收回全部角色")] = False,
    new_key: Annotated[bool, Option("--new-key", "Give another key", "更换密钥")] = False,
) -> None:
    """Call the service and show who is who."""
    from diapason.services import workspace

    site = face.open()
    changed = None
    if name:
        known = workspace.people(site).get(name, {}).get("roles", [])
        roles = [] if retire else list(role or known or ["operator"])
        changed = workspace.add_person(site, name, roles, new_key=new_key)
        given = ", ".join(changed["roles"]) or "-"
        face.say(Text(f"{name} is now: {given}.", f"{name} 现为：{given}。"))
    everyone = list(workspace.people(site).values())
    heads = [Text("person", "人员"), Text("roles", "角色"), Text("key", "密钥"), Text("since", "自")]
    face.table(heads, [[p["name"], ", ".join(p["roles"]) or "-", p["keyid"][:12], p["since"][:10]] for p in everyone])
    face.result({"person": changed, "people": everyone})
