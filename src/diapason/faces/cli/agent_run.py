"""`diapason agent run`: agents at work in one process, with a live view; stop it with Ctrl-C."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from diapason.faces.cli.arguments import Argument, Misused, Option
from diapason.faces.cli.face import Face, command
from diapason.faces.cli.fleets import live, options_of, said, tell_end
from diapason.vocabulary.language import Text

if TYPE_CHECKING:
    from diapason.services.workspace import Workspace

__all__ = ["agent_run"]


@command(
    Text(
        "Run agents in this process: they read, decide, journal and propose until you stop them.",
        "在本进程中运行智能体：读取、判断、记账、提出建议，直到停止。",
    ),
    good="diapason agent run --all",
    bad=Text(
        "diapason agent run boiler-watch -> boiler-watch@1 expired: its last day was 2026-06-30",
        "diapason agent run boiler-watch -> boiler-watch@1 已到期：有效期至 2026-06-30",
    ),
)
def agent_run(  # roomy: one parameter for each option of the command
    face: Face,
    names: Annotated[list[str] | None, Argument("Names of agents", "智能体名称")] = None,
    *,
    every: Annotated[bool, Option("--all", "All that are in force", "全部有效的智能体")] = False,
    at: Annotated[str, Option("--at", "Listen to this address instead", "改为监听此地址")] = "",
    option: Annotated[list[str] | None, Option("--option -o", "Of the address: key=value", "地址选项：选项=值")] = None,
    seconds: Annotated[float, Option("--seconds", "End after so long", "运行多少秒后结束", least=0)] = 0.0,
    period: Annotated[float, Option("--period", "s between two rows of an asset", "每行间隔秒数", least=0.001)] = 1.0,
    hold: Annotated[float, Option("--hold", "s that a value stays valid", "数值保持有效的秒数", least=0.0)] = 10.0,
    shadow: Annotated[bool, Option("--shadow", "Record decisions, propose nothing", "只记录判断，不提建议")] = False,
    unpublished: Annotated[
        bool, Option("--unpublished", "Let an unpublished model decide", "允许未发布的模型判断")
    ] = False,
) -> None:
    """Call the service; show the fleet while it works."""
    from diapason.services import operate

    if bool(names) == every:
        raise Misused(
            Text("say which agents, or --all", "请给出智能体名称，或用 --all"),
            at="diapason agent run",
            fix=Text("diapason agent run --all", "diapason agent run --all"),
        )
    wish = operate.Wish(
        address=at,
        options=options_of(option or ()),
        seconds=seconds,
        pace=operate.Pace(period, period, hold),
        shadow=shadow,
        unpublished=unpublished,
    )
    screen = live(face)

    def tell(facts: dict[str, Any]) -> None:
        screen.decision(facts)

    ws = face.open()
    _unwatched(face, ws, names or ())
    story = operate.run(ws, names or (), wish, show=screen.state, tell=tell)
    last = face.run(story)
    screen.end()
    if face.json:
        sys.stdout.write(said({"end": last}) + "\n")
        return
    tell_end(face, last)


def _unwatched(face: Face, ws: "Workspace", names: Sequence[str]) -> None:
    """Say it where agents may act and no process looks after it: the gateway then writes nothing for them."""
    from diapason.services import operate

    acting = operate.unwatched(ws, names)
    if acting:
        who = ", ".join(acting[:5])
        face.aside(
            Text(
                f"! {who} may act and won't: nothing is written until a watch runs. In a process of its own: "
                "diapason agent watch",
                f"! {who} 有权动作，但没有看护进程，不会写入。请另开进程：diapason agent watch",
            )
        )
