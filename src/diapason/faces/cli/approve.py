"""`diapason approve`: a second person's signature under one exact model, change or action of an agent."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from diapason.faces.cli.arguments import Argument, Misused, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

if TYPE_CHECKING:
    from diapason.services.workspace import Workspace

__all__ = ["approve"]

_CHANGE = re.compile(r"change-\d+")


@command(
    Text(
        "Sign one exact model, change or action that waits for you, with your own key.",
        "用本人密钥签批某一确切模型、待签变更或智能体的动作。",
    ),
    good="diapason approve turbofan@2 --as li",
    bad=Text(
        "diapason approve turbofan@2 --as wang -> wang trained turbofan@2 and can't approve it",
        "diapason approve turbofan@2 --as wang -> wang 训练了 turbofan@2，不能批准它",
    ),
)
def approve(
    face: Face,
    what: Annotated[str, Argument("NAME@VERSION, change-1 or action:KEY", "模型@版本、change-1 或 action:键")],
    *,
    days: Annotated[int, Option("--days", "Valid for so many days", "有效天数", least=1, most=3650)] = 365,
    note: Annotated[str, Option("--note", "What you looked at", "所查看的内容")] = "",
    seen: Annotated[
        str, Option("--seen", "Change, action: digest of what you saw", "变更、动作：所查看内容的摘要（12 位起）")
    ] = "",
    refuse: Annotated[str, Option("--refuse", "A change: say no, and why", "变更：拒绝并说明理由")] = "",
    by_hand: Annotated[bool, Option("--by-hand", "Advice: you have set it by hand", "建议：您已手动设定")] = False,
) -> None:
    """Call the service and say what was signed."""
    if what.startswith("action:"):
        key, said = what.removeprefix("action:"), {"note": note, "seen": seen, "refuse": refuse}
        (_followed if by_hand else _action)(face, key, **said)
        return
    if _CHANGE.fullmatch(what):
        _change(face, face.open(), what, {"days": days, "note": note, "seen": seen, "refuse": refuse})
        return
    if seen or refuse or by_hand:
        flag = "--seen" if seen else "--refuse" if refuse else "--by-hand"
        raise Misused(
            Text(f"{flag} belongs to a change or an action", f"{flag} 只用于变更或动作"),
            at=flag,
            fix=Text("name a change of diapason inbox", "请给出 diapason inbox 所列的变更"),
        )
    from diapason.services import publish as service

    made = service.approve(face.open(), what, days=days, note=note)
    face.say(
        Text(
            f"{made['person']} approved {made['model']} (digest {made['digest'][:12]}…) until {made['until']}.",
            f"{made['person']} 已批准 {made['model']}（摘要 {made['digest'][:12]}…），至 {made['until']}。",
        )
    )
    nxt = f'diapason publish {made["model"]} --accept "MEASURE<=LIMIT"'
    face.say(Text(f"Next: {nxt}", f"下一步：{nxt}"))
    face.result(made)


def _change(face: Face, ws: "Workspace", name: str, said: Mapping[str, Any]) -> None:
    from diapason.services import approve as service

    if said["refuse"]:
        made = service.refuse(ws, name, because=said["refuse"])
        face.say(Text(f"{made['person']} refused {name}.", f"{made['person']} 已拒绝 {name}。"))
    else:
        made = service.sign(ws, name, days=said["days"], note=said["note"], seen=said["seen"])
        face.say(
            Text(
                f"{made['person']} signed {name} (digest {made['digest'][:12]}…) until {made['until']}: "
                f"{made['said']['en']}.",
                f"{made['person']} 已签批 {name}（摘要 {made['digest'][:12]}…），至 {made['until']}："
                f"{made['said']['zh']}。",
            )
        )
        face.say(Text("Next: whoever asked calls the command again.", "下一步：由提出人再次执行原命令。"))
    face.result(made)


def _followed(face: Face, key: str, *, note: str, seen: str, refuse: str) -> None:
    """Advice that a person has followed: nothing is written, what the tag reads now is kept."""
    if seen or refuse:
        raise Misused(
            Text("--by-hand goes with --note alone", "--by-hand 只可与 --note 同用"),
            at="--by-hand",
            fix=Text(f"diapason approve action:{key} --by-hand", f"diapason approve action:{key} --by-hand"),
        )
    from diapason.services import gateway as service

    done = face.run(service.follow_now(face.open(), key, note=note))
    face.say(f"{key}: {done['said'][face.language]}")
    if done["why"]:
        face.say(Text(f"It could not be read: {done['why']}", f"未能回读：{done['why']}"))
    face.result(done)


def _action(face: Face, key: str, *, note: str, seen: str, refuse: str) -> None:
    """The button's words, then what became of it, as soon as the gateway has done it."""
    from diapason.services import gateway as service

    ws = face.open()
    if refuse:
        done = service.refuse(ws, key, because=refuse)
        face.say(Text(f"{done['person']} refused {key}.", f"{done['person']} 已拒绝 {key}。"))
        face.result(done)
        return
    made = face.run(service.approve_now(ws, key, seen=seen, note=note))
    face.say(
        Text(f"{made['person']} approves: {made['said']['en']}.", f"{made['person']} 批准：{made['said']['zh']}。")
    )
    if made["action"] is not None:
        face.say(f"{made['action']['state']}: {made['action']['said'][face.language]}")
    else:
        call = "diapason agent watch"
        face.say(Text(f"It waits: {made['why']}. Next: {call}", f"动作待执行：{made['why']}。下一步：{call}"))
    face.result(made)
