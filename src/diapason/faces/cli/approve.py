"""`diapason approve`: a second person's signature under one exact model."""

from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["approve"]


@command(
    Text("Approve one exact model with your own key, until a day.", "用本人密钥批准某一确切模型，有期限。"),
    good="diapason approve turbofan@2 --as li",
    bad=Text(
        "diapason approve turbofan@2 --as wang -> wang trained turbofan@2 and can't approve it",
        "diapason approve turbofan@2 --as wang -> wang 训练了 turbofan@2，不能批准它",
    ),
)
def approve(
    face: Face,
    model: Annotated[str, Argument("NAME@VERSION", "模型@版本")],
    days: Annotated[int, Option("--days", "Valid for so many days", "有效天数", least=1, most=3650)] = 365,
    note: Annotated[str, Option("--note", "What you looked at", "所查看的内容")] = "",
) -> None:
    """Call the service and say what was signed."""
    from diapason.services import publish as service

    made = service.approve(face.open(), model, days=days, note=note)
    face.say(
        Text(
            f"{made['person']} approved {made['model']} (digest {made['digest'][:12]}…) until {made['until']}.",
            f"{made['person']} 已批准 {made['model']}（摘要 {made['digest'][:12]}…），至 {made['until']}。",
        )
    )
    nxt = f'diapason publish {made["model"]} --accept "MEASURE<=LIMIT"'
    face.say(Text(f"Next: {nxt}", f"下一步：{nxt}"))
    face.result(made)
