"""`diapason agent show`: one agent with its rights, bounds, versions, and its record before use."""

from typing import TYPE_CHECKING, Annotated, Any

from diapason.faces.cli.ahead import ahead_lines
from diapason.faces.cli.arguments import Argument
from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

if TYPE_CHECKING:
    from diapason.services.workspace import Workspace

__all__ = ["agent_show"]

_CLASSES = {
    "human only": Text("human only", "仅由人决定"),
    "user authorised": Text("user authorised", "用户授权"),
    "autonomous": Text("autonomous", "自主"),
}


@command(
    Text("Show who an agent is, what it may, who answers for it.", "查看智能体的身份、权限与责任人。"),
    good="diapason agent show boiler-watch",
    bad=Text(
        "diapason agent show ghost -> no agent 'ghost' is registered",
        "diapason agent show ghost -> 没有登记智能体“ghost”",
    ),
)
def agent_show(face: Face, name: Annotated[str, Argument("NAME or NAME@VERSION", "名称 或 名称@版本")]) -> None:
    """Call the service; the sentence, the rights, what is missing before use."""
    from diapason.services import agent as service

    ws = face.open()
    a = service.show(ws, name)
    ref, state = f"{a['name']}@{a['version']}", service.STATES[a["state"]]
    grade = service.GRADES[a["grade"]]
    words = Text(
        f"{ref} is {state.en}: {a['owner']} answers for it until {a['expires']}; grade: {grade.en}.",
        f"{ref} {state.zh}：由 {a['owner']} 负责，至 {a['expires']}；等级：{grade.zh}。",
    )
    face.say(wrapped(words(face.language)))
    if a["state"] != "in force":
        face.say(a["why"][face.language])
    if a["edited"]:
        face.say(
            Text(
                f"Its file was edited since: diapason agent new {a['name']}",
                f"文件已修改：diapason agent new {a['name']}",
            )
        )
    face.say("")
    heads = [Text("right", "权限"), Text("asset", "设备"), Text("tag", "位号"), Text("at most", "上限")]
    heads += [Text("who decides", "谁决定")]
    rights = a["record"]["permission_list"]
    face.table(
        heads, [(p["right"], p["asset"], p["tag"], p["most"], _CLASSES[p["class"]](face.language)) for p in rights]
    )
    face.say("")
    a["outlook"] = _ahead(face, ws, a["name"])
    face.say(f"{a['agent_id']}")
    test = a["record"]["kill_test"]
    if test is None:
        face.say(
            Text(
                f"Its stop was never drilled: diapason agent drill {a['name']}",
                f"停止功能未演练：diapason agent drill {a['name']}",
            )
        )
    face.result(a)


def _ahead(face: Face, ws: "Workspace", name: str) -> list[dict[str, Any]]:
    """What it foresees, where a fleet runs."""
    from diapason.services import operate

    found = operate.outlook(ws, name)
    fresh: list[dict[str, Any]] = (
        found["outlook"] if found["age"] is not None and found["age"] <= 2 * operate.FRESH else []
    )
    if lines := ahead_lines(fresh, face):
        face.say(Text("Ahead:", "预测："))
        for line in lines:
            face.say(line)
        face.say("")
    return fresh
