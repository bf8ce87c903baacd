"""`diapason inbox`: what waits for who acts, with exactly what would be signed."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from diapason.faces.cli.arguments import Option
from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["inbox"]


@command(
    Text(
        "Show everything that waits for you: what to sign, with its digest; what to do; what soon ends.",
        "查看等待您处理的一切：待签事项及其摘要、待办、即将到期。",
    ),
    good="diapason inbox --as li --full",
    bad=Text(
        "diapason inbox --as nobody -> nobody here is called 'nobody'",
        "diapason inbox --as nobody -> 此处没有名为“nobody”的人",
    ),
)
def inbox(
    face: Face,
    *,
    full: Annotated[bool, Option("--full", "Show all that would be signed", "显示拟签内容全文")] = False,
) -> None:
    """Call the service; signatures first."""
    from diapason.services import desk as service

    done = service.inbox(face.open())
    sign, do, soon = (len(done[part]) for part in ("sign", "do", "soon"))
    face.say(
        Text(
            f"{done['person']}: {sign} to sign, {do} to do, {soon} soon to end.",
            f"{done['person']}：待签 {sign} 项，待办 {do} 项，即将到期 {soon} 项。",
        )
    )
    if "approver" not in done["roles"]:
        face.say(Text("You are no approver; nothing is signed by you.", "您不是批准人，没有由您签批的事项。"))
    for one in done["sign"]:
        _sign(face, one, full=full)
    for one in done["do"]:
        face.say("")
        late = Text(" (late)", "（逾期）")(face.language) if one["late"] else ""
        by = f" · {one['by']}" if one["by"] else ""
        face.say(wrapped(f"{one['what']}{by}{late}: {one['said'][face.language]}", 2))
        face.say(f"  {one['command']}")
        _otherwise(face, one)
    for one in done["over"]:
        face.say("")
        line = Text(f"{one['what']} expired: {one['said']['en']}", f"{one['what']} 已过期：{one['said']['zh']}")
        face.say(wrapped(line(face.language), 2))
    for one in done["soon"]:
        face.say("")
        face.say(
            Text(
                f"{one['what']} of {one['about']} ends on {one['until']}",
                f"{one['about']} 的 {one['what']} 于 {one['until']} 到期",
            )
        )
    _asked(face, done)
    face.result(done)


def _sign(face: Face, one: Mapping[str, Any], *, full: bool) -> None:
    face.say("")
    day, who, said = one["at"][:10], one["person"], one["said"]
    line = Text(f"{one['what']}: {said['en']} (from {who}, {day})", f"{one['what']}：{said['zh']}（来自 {who}，{day}）")
    face.say(wrapped(line(face.language), 2))
    face.say(f"  sha256 {one['digest']}")
    if full:
        face.say("  " + json.dumps(one["thing"], ensure_ascii=False, indent=1).replace("\n", "\n  "))
    face.say(f"  {one['command']}")
    _otherwise(face, one)


def _otherwise(face: Face, one: Mapping[str, Any]) -> None:
    """The command that says no, where there is one."""
    if one.get("otherwise"):
        face.say(f"  {Text('or', '或')(face.language)} {one['otherwise']}")


def _asked(face: Face, done: Mapping[str, Any]) -> None:
    """What this person has asked for, and what was said to it."""
    for one in done["asked"]:
        face.say("")
        said = one["said"][face.language]
        if one["state"] == "refused":
            face.say(
                wrapped(
                    Text(
                        f"{one['id']} was refused by {one['signer']}: {one['why']} ({said})",
                        f"{one['id']} 被 {one['signer']} 拒绝：{one['why']}（{said}）",
                    )(face.language),
                    2,
                )
            )
        else:
            face.say(
                wrapped(
                    Text(
                        f"You wait for a second person: {one['id']}, {said}", f"您在等待第二人签名：{one['id']}，{said}"
                    )(face.language),
                    2,
                )
            )
