"""`diapason undo`: take an adoption back."""

from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["undo"]


@command(
    Text(
        "Take the newest adoption back, or an agent's write: the value before it is written again.",
        "撤回最近一次采纳，或智能体的一次写入（恢复先前的值）。",
    ),
    good='diapason undo turbofan --reason "the lab confirmed these values"',
    bad=Text(
        "diapason undo turbofan -> nothing was adopted for turbofan",
        "diapason undo turbofan -> turbofan 没有采纳过任何修复",
    ),
)
def undo(
    face: Face,
    name: Annotated[str, Argument("Dataset, or action:KEY", "数据集，或 action:键")],
    reason: Annotated[str, Option("--reason", "Why, for the ledger", "理由，写入账本")] = "",
) -> None:
    """Call the service and say what is back."""
    if name.startswith("action:"):
        _action(face, name.removeprefix("action:"), reason)
        return
    from diapason.services import adopt as service

    done = service.undo(face.open(), name, reason=reason)
    face.say(
        Text(
            f"{done['candidate']} is taken back by {done['person']}: "
            f"{done['dataset']} has the rows of {done['restored']}.",
            f"{done['person']} 撤回了 {done['candidate']}：{done['dataset']} 与 {done['restored']} 的行相同。",
        )
    )
    short = done["dataset"].split("@")[0]
    face.say(Text(f"Next: diapason learn {short} --task …", f"下一步：diapason learn {short} --task …"))
    face.result(done)


def _action(face: Face, key: str, reason: str) -> None:
    """The gateway leads the tag back over a connection of its own."""
    from diapason.services import gateway

    done = face.run(gateway.undo_now(face.open(), key, because=reason))
    p = done["proposal"]
    face.say(
        Text(
            f"{key} is undone: {p['tag']} is {p['old']:g} {p['unit']} again. {done['said']['en']}",
            f"{key} 已撤销：{p['tag']} 恢复为 {p['old']:g} {p['unit']}。{done['said']['zh']}",
        )
    )
    face.result(done)
