"""`diapason undo`: take an adoption back."""

from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["undo"]


@command(
    Text(
        "Take the newest adoption back; the rows before it become a new version.",
        "撤回最近一次采纳；采纳前的行成为新的版本。",
    ),
    good='diapason undo turbofan --reason "the lab confirmed these values"',
    bad=Text(
        "diapason undo turbofan -> nothing was adopted for turbofan",
        "diapason undo turbofan -> turbofan 没有采纳过任何修复",
    ),
)
def undo(
    face: Face,
    name: Annotated[str, Argument("Dataset", "数据集")],
    reason: Annotated[str, Option("--reason", "Why, for the ledger", "理由，写入账本")] = "",
) -> None:
    """Call the service and say what is back."""
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
