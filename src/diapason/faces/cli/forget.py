"""`diapason forget`: real deletion, with a trace."""

from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["forget"]


@command(
    Text(
        "Really delete a dataset or a model version; digests and reason stay.",
        "彻底删除数据集或模型版本；仅留摘要与理由。",
    ),
    good='diapason forget turbofan --reason "contract ended"',
    bad=Text(
        "diapason forget turbofan -> deleting needs a reason",
        "diapason forget turbofan -> 删除须说明理由",
    ),
)
def forget(
    face: Face,
    name: Annotated[
        str,
        Argument(
            "turbofan, turbofan@2; with --model a model version", "turbofan 或 turbofan@2；加 --model 则为模型版本"
        ),
    ],
    reason: Annotated[str, Option("--reason", "Why; kept for good", "理由，永久保存")] = "",
    model: Annotated[bool, Option("--model", "It is a model", "所指为模型")] = False,
) -> None:
    """Call the service and say what is gone and what is not."""
    from diapason.services import workspace

    gone = workspace.forget(face.open(), name, reason=reason, model=model)
    count = len(gone["digests"])
    face.say(
        Text(
            f"{gone['what']} is deleted; {count} digests and the reason stay in the ledger.",
            f"{gone['what']} 已删除；账本保留 {count} 个摘要与理由。",
        )
    )
    for subject in gone["models"]:
        face.say(
            Text(
                f"The model {subject} learnt from it and is still here: diapason forget {subject} --model --reason …",
                f"模型 {subject} 由其训练而来，仍在：diapason forget {subject} --model --reason …",
            )
        )
    for ref in gone["datasets"]:
        face.say(Text(f"{ref} was made from it and is still here.", f"{ref} 由其生成，仍在。"))
    face.say(Text("Backups made before still hold it.", "此前的备份中仍有该内容。"))
    face.result(gone)
