"""`diapason agent new`: make an agent from a published model or from rules, or sign what its file says now."""

from pathlib import Path
from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["agent_new"]

_STATES = {
    "registered": Text(
        "{ref} is registered: {owner} answers for it until {expires}; it begins in shadow.",
        "{ref} 已登记：由 {owner} 负责，有效期至 {expires}；从影子模式开始。",
    ),
    "unchanged": Text("{ref} is as its file says; nothing was signed.", "{ref} 与文件一致，未作登记。"),
    "waits for its owner": Text(
        "{name} waits for {owner}: diapason agent new {name} --as {owner}",
        "{name} 待 {owner} 签署：diapason agent new {name} --as {owner}",
    ),
}


@command(
    Text(
        "Make an agent from a published model or from rules, or sign its edited file as a new version.",
        "由已发布的模型或规则建立智能体；或将修改后的文件签署为新版本。",
    ),
    good="diapason agent new boiler-watch --model boiler@3 --asset boiler --expires 2027-06-30",
    bad=Text(
        "diapason agent new boiler-watch -> the manifest does not hold: Invalid enum value 'administer'",
        "diapason agent new boiler-watch -> 清单有误：Invalid enum value 'administer'",
    ),
)
def agent_new(  # roomy: one parameter for each option of the command
    face: Face,
    name: Annotated[str, Argument("NAME", "名称")],
    model: Annotated[str, Option("--model", "A published model: NAME@VERSION", "已发布的模型：名称@版本")] = "",
    rules: Annotated[Path | None, Option("--rules", "File of rules, YAML", "规则文件（YAML）")] = None,
    asset: Annotated[str, Option("--asset", "What it watches", "看护的设备")] = "",
    connection: Annotated[str, Option("--connection", "Connection it listens to", "监听的连接")] = "",
    expires: Annotated[str, Option("--expires", "Its last day; else in a year", "最后有效日；默认一年后")] = "",
    owner: Annotated[str, Option("--owner", "Who answers for it; else who acts", "责任人；默认操作人")] = "",
) -> None:
    """Call the service; say what it may and where the file lies."""
    from diapason.services import agent as service

    said = {"model": model, "asset": asset, "connection": connection, "expires": expires, "owner": owner}
    made = service.create(face.open(), name, rules=rules or "", **said)
    words = _STATES[made["state"]]
    facts = {**made, "ref": f"{made['name']}@{made['version']}"}
    face.say(Text(words.en.format(**facts), words.zh.format(**facts)))
    face.say("")
    heads = (Text("right", "权限"), Text("asset", "设备"), Text("tag", "位号"), Text("at most", "上限"))
    rows = [(p["right"], p["asset"], p["tag"], f"A{p['autonomy']}") for p in made["permissions"]]
    face.table(heads, rows[:20])
    face.say("")
    face.say(Text(f"To change it, edit {made['file']}", f"如需修改，请编辑 {made['file']}"))
    face.say(Text(f"Next: diapason agent qualify {made['name']}", f"下一步：diapason agent qualify {made['name']}"))
    face.result(made)
