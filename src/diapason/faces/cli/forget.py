"""`diapason forget`: real deletion, with a trace."""

from typing import Annotated

import typer

from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["forget"]


@command(
    Text(
        "Really delete a dataset or a model version; digests and reason stay.",
        "彻底删除数据集或模型版本；仅留摘要与理由。",
    ),
    good='diapason forget turbofan --reason "contract ended"',
    bad="diapason forget turbofan -> deleting needs a reason",
)
def forget(
    face: Face,
    name: Annotated[str, typer.Argument(help="turbofan, turbofan@2; with --model a model version / 名称")],
    reason: Annotated[str, typer.Option("--reason", help="Why; kept for good / 理由，永久保存")] = "",
    model: Annotated[bool, typer.Option("--model", help="It is a model / 指模型")] = False,
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
