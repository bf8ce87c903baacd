"""`diapason agent status`: what the fleet does now, and what it decided last."""

from typing import Annotated, Any

from diapason.faces.cli.ahead import ahead_lines
from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.faces.cli.fleets import decision_line, sentence, state_lines
from diapason.vocabulary.language import Text

__all__ = ["agent_status"]

_SHOWN = 12


@command(
    Text("What the fleet does now, and what it decided last.", "机群当前状态与最近的判断。"),
    good="diapason agent status",
    bad=Text(
        "diapason agent status boiler-wach -> no agent 'boiler-wach' is registered",
        "diapason agent status boiler-wach -> 没有登记智能体“boiler-wach”",
    ),
)
def agent_status(
    face: Face,
    name: Annotated[str, Argument("NAME of an agent", "智能体名称")] = "",
    *,
    last: Annotated[int, Option("--last", "So many decisions", "最近多少条判断", least=1)] = 10,
) -> None:
    """Call the service and print it."""
    from diapason.services import operate

    found = operate.status(face.open(), name, last=last)
    now = found["fleet"]
    if now is None:
        face.say(Text("No fleet runs in this workspace.", "本工作区没有运行中的机群。"))
    elif found["age"] > operate.FRESH:
        age = f"{found['age']:,.0f}"
        face.say(
            Text(f"No fleet runs; the last one was seen {age} s ago.", f"没有运行中的机群；最近一次在 {age} 秒前。")
        )
    else:
        face.say(sentence(now))
        for line in state_lines({**now, "outlook": ()}, face):
            face.say(line)
        _ahead(face, found["outlook"])
    if found["decisions"]:
        face.say("")
        for one in found["decisions"]:
            face.say(decision_line(one, face))
    else:
        face.say(Text("Nothing was decided yet: diapason agent run --all", "尚无判断：diapason agent run --all"))
    face.result(found)


def _ahead(face: Face, outlook: list[dict[str, Any]]) -> None:
    lines = ahead_lines(outlook, face)
    if lines:
        face.say("")
        face.say(Text("Ahead:", "预测："))
        for line in lines[:_SHOWN]:
            face.say(line)
        if len(lines) > _SHOWN:
            face.say(Text("  … all of it: --json", "  … 全部：--json"))
