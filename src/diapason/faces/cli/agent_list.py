"""`diapason agent list`: which agents there are, by what they watch, may and have proven."""

from typing import Annotated

from diapason.faces.cli.arguments import Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["agent_list"]


@command(
    Text("Find agents by asset, tag, right or grade.", "按设备、位号、权限或等级查找智能体。"),
    good="diapason agent list --asset R-101 --right write",
    bad=Text(
        "diapason agent list --right administer -> nothing is called 'administer' here",
        "diapason agent list --right administer -> 没有“administer”",
    ),
)
def agent_list(  # roomy: one parameter for each option of the command
    face: Face,
    asset: Annotated[str, Option("--asset", "That watch or may move this asset", "看护或可动作该设备")] = "",
    tag: Annotated[str, Option("--tag", "That have a right to this tag", "对该位号有权限")] = "",
    right: Annotated[str, Option("--right", "read, propose or write", "read 读取、propose 建议、write 写入")] = "",
    grade: Annotated[
        str,
        Option(
            "--grade", "At least basic, advisory or high-level", "至少 basic 基础、advisory 辅助、high-level 高水平"
        ),
    ] = "",
    every: Annotated[
        bool, Option("--every", "Also expired, retired and fallen ones", "包括已到期、停用与失效的")
    ] = False,
) -> None:
    """Call the service and print one line for each."""
    from diapason.services import agent as service

    found = service.listed(face.open(), asset=asset, tag=tag, right=right, grade=grade, everything=every)
    if not found:
        face.say(Text("No agent answers that.", "没有符合条件的智能体。"))
        face.say(
            Text(
                "Make one: diapason agent new NAME --model MODEL@VERSION --asset ASSET",
                "新建：diapason agent new 名称 --model 模型@版本 --asset 设备",
            )
        )
    else:
        heads = [Text("agent", "智能体"), Text("asset", "设备"), Text("may", "权限"), Text("grade", "等级")]
        heads += [Text("owner", "责任人"), Text("until", "有效期"), Text("state", "状态")]
        rows = [
            (
                f"{a['name']}@{a['version']}",
                a["asset"],
                _may(a)(face.language),
                service.GRADES[a["grade"]](face.language),
                a["owner"],
                a["expires"],
                service.STATES[a["state"]](face.language),
            )
            for a in found
        ]
        face.table(heads, rows)
    face.result({"agents": found})


def _may(a: dict[str, object]) -> Text:
    moves = len(a["moves"]) if isinstance(a["moves"], list) else 0
    moving = Text(f", moves {moves} ≤{a['most']}", f"，动作 {moves} ≤{a['most']}") if moves else Text("", "")
    return Text(f"reads {a['reads']}{moving.en}", f"读 {a['reads']}{moving.zh}")
