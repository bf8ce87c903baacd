"""`diapason mode`: say in which mode an asset is; agents move it only in those that its envelope names."""

from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["mode"]


@command(
    Text(
        "Show or say the mode of an asset: automatic, manual, maintenance, locked.",
        "查看或设定资产的运行方式：automatic 自动、manual 手动、maintenance 检修、locked 上锁挂牌。",
    ),
    good='diapason mode R-101 maintenance --because "seal change" --as zhao',
    bad=Text("diapason mode R-101 broken -> no mode 'broken'", "diapason mode R-101 broken -> 没有方式“broken”"),
)
def mode(
    face: Face,
    asset: Annotated[str, Argument("Asset", "资产")],
    now: Annotated[str, Argument("Mode; without it the present one is shown", "方式；省略则显示现行方式")] = "",
    because: Annotated[str, Option("--because", "Why", "理由")] = "",
) -> None:
    """Call the service."""
    from diapason.services import gateway as service

    ws = face.open()
    if now:
        done = service.set_mode(ws, asset, now, because=because)
    else:
        done = {"asset": asset, "mode": service.mode_of(ws, asset), "person": "", "because": ""}
    said = service.MODES.get(done["mode"], Text("unknown; no agent may move it", "未知；智能体不得操作"))
    face.say(Text(f"{asset} is in mode: {said.en}.", f"{asset} 的运行方式：{said.zh}。"))
    face.result(done)
