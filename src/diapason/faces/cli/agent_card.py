"""`diapason agent card`: what other systems read of an agent, as an A2A agent card or an identity document."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["agent_card"]


class As(StrEnum):
    """Forms of a card."""

    A2A = "a2a"
    IDENTITY = "identity"
    RECORD = "record"


@command(
    Text("Write an agent's A2A card, identity document or record.", "写出智能体的 A2A 名片、身份文档或登记记录。"),
    good="diapason agent card boiler-watch --to agent-card.json",
    bad=Text(
        "diapason agent card ghost -> no agent 'ghost' is registered",
        "diapason agent card ghost -> 没有登记智能体“ghost”",
    ),
)
def agent_card(
    face: Face,
    name: Annotated[str, Argument("NAME", "名称")],
    form: Annotated[As, Option("--form", "a2a, identity or record", "a2a 名片、identity 身份、record 记录")] = As.A2A,
    to: Annotated[Path | None, Option("--to", "File to write; else shown", "要写出的文件；默认显示")] = None,
    url: Annotated[str, Option("--url", "a2a: where it answers", "a2a：应答地址")] = "http://127.0.0.1:8790/",
) -> None:
    """Call the service; write or show."""
    from diapason.services import agent as service

    made = service.carded(face.open(), name, form=form.value, to=to, url=url)
    if to is None:
        face.say(json.dumps(made, ensure_ascii=False, indent=1))
    else:
        face.say(Text(f"{face.quoted(to)} is written.", f"已写出 {face.quoted(to)}。"))
    face.result(made)
