"""`diapason restore`: a workspace back from its backup."""

from pathlib import Path
from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["restore"]


@command(
    Text("Bring a workspace back from a backup into a new folder.", "从备份恢复工作区到新文件夹。"),
    good="diapason restore plant-a.backup plant-a-again",
    bad=Text(
        "diapason restore plant-a.backup plant-a -> plant-a holds something; nothing is ever restored over it",
        "diapason restore plant-a.backup plant-a -> plant-a 中已有内容；恢复绝不覆盖",
    ),
)
def restore(
    face: Face,
    file: Annotated[Path, Argument("The backup", "备份文件")],
    folder: Annotated[Path, Argument("New folder", "新文件夹")],
    new_key: Annotated[bool, Option("--new-key", "Give it another key", "换用新密钥")] = False,
) -> None:
    """Call the service and say what is back."""
    from diapason.services import workspace

    made = workspace.restore(file, folder, new_key=new_key)
    names = ", ".join(made["datasets"]) or "-"
    face.say(
        Text(
            f"{made['name']} is back in {folder}: {names}; {made['entries']} ledger entries, every byte checked.",
            f"{made['name']} 已恢复到 {folder}：{names}；账本 {made['entries']} 条，逐字节校验通过。",
        )
    )
    if not made["able"]:
        face.say(
            Text(
                f"It cannot sign yet: copy the kept keys into {folder}/keys, or restore with --new-key.",
                f"尚不能签名：请将保存的密钥拷入 {folder}/keys，或用 --new-key 恢复。",
            )
        )
    where = face.quoted(folder)
    face.say(Text(f"Next: cd {where} && diapason status", f"下一步：cd {where} && diapason status"))
    face.result(made)
