"""`diapason agent serve`: answer agents from outside, by MCP or A2A, with exactly the tools that were approved."""

import os
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from diapason.errors import DataError
from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

if TYPE_CHECKING:
    from diapason.services.workspace import Workspace

__all__ = ["agent_serve"]


class Door(StrEnum):
    """What is served."""

    READ = "read"
    PROPOSE = "propose"
    A2A = "a2a"


@command(
    Text(
        "Answer agents from outside: read and propose by MCP, questions by A2A; they never approve or write.",
        "为外部智能体提供服务：MCP 读取与建议、A2A 问答；外部不得批准或写入。",
    ),
    good="diapason agent serve read --approve",
    bad=Text(
        "diapason agent serve read -> these tools are not the set that was approved",
        "diapason agent serve read -> 工具集与已批准的不一致",
    ),
)
def agent_serve(
    face: Face,
    door: Annotated[Door, Argument("read, propose or a2a", "read 读取、propose 建议、a2a 问答")],
    agent: Annotated[str, Option("--agent", "In whose name: a registered agent", "以哪个已登记智能体的名义")] = "",
    approve: Annotated[
        bool, Option("--approve", "Sign the tools as they are; serve nothing", "签署当前工具集，不启动服务")
    ] = False,
    port: Annotated[
        int,
        Option("--port", "On 127.0.0.1; else stdin and stdout", "在 127.0.0.1；默认标准输入输出", least=0, most=65535),
    ] = 0,
) -> None:
    """Approve, or serve until the other side leaves; a token comes from DIAPASON_TOKEN."""
    from diapason.services import outside

    ws = face.open()
    if approve:
        _approve(face, ws, door)
        return
    token = os.environ.get("DIAPASON_TOKEN", "")
    if door is Door.PROPOSE and (not agent or (port and not token)):
        raise DataError(
            Text(
                "who proposes is registered, and on a port bears a token", "提出建议须有已登记身份；经端口访问须有令牌"
            ),
            at="--agent",
            fix="DIAPASON_TOKEN=… diapason agent serve propose --agent NAME --port 8791",
        )
    if door is Door.A2A:
        from diapason.faces import a2a

        a2a.serve(ws, agent, port=port or 8790, token=token)
        return
    from diapason.faces import mcp

    which: outside.Server = "propose" if door is Door.PROPOSE else "read"
    server = mcp.server_of(ws, which, agent=agent, opened=outside.opened if which == "propose" else None)
    if port:
        mcp.serve_http(server, port=port, token=token)
    else:
        face.run(mcp.serve_stdio(server))


def _approve(face: Face, ws: "Workspace", door: Door) -> None:
    from diapason.services import outside

    done = [outside.approve_tools(ws, which) for which in outside.SERVERS if door.value in (which, "a2a")]
    for one in done:
        names = ", ".join(one["tools"])
        face.say(Text(f"Approved: {names}", f"已批准：{names}"))
    face.result({"approved": done})
