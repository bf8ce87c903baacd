"""`diapason backup`: the whole workspace in one file."""

from pathlib import Path
from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["backup"]


@command(
    Text("Write the workspace into one file, and read it back to be sure.", "将工作区写入一个文件，并回读校验。"),
    good="diapason backup /media/usb/plant-a.backup",
    bad=Text(
        "diapason backup plant-a.backup (again) -> plant-a.backup exists already",
        "diapason backup plant-a.backup（再次）-> plant-a.backup 已存在",
    ),
)
def backup(
    face: Face,
    file: Annotated[
        Path | None, Argument("New file; default NAME-DATE.backup", "新文件；默认 名称-日期.backup")
    ] = None,
    with_keys: Annotated[bool, Option("--with-keys", "Private keys too", "连同私钥")] = False,
) -> None:
    """Call the service and say where the file is."""
    from diapason.services import workspace

    made = workspace.backup(face.open(), file, with_keys=with_keys)
    size = f"{made['bytes'] / 1e6:,.1f} MB" if made["bytes"] > 1e5 else f"{made['bytes'] / 1e3:,.0f} kB"
    face.say(
        Text(f"{made['file']} ({size}) holds everything, checked.", f"{made['file']}（{size}）已含全部内容，并已校验。")
    )
    if with_keys:
        face.say(Text("It holds private keys: keep it where nobody else reads it.", "内含私钥：请妥善保管。"))
    else:
        face.say(
            Text("Private keys are not in it: keep the folder keys/ apart.", "不含私钥：请另行保存 keys/ 文件夹。")
        )
    where = face.quoted(made["file"])
    face.say(Text(f"Back: diapason restore {where} FOLDER", f"恢复：diapason restore {where} 文件夹"))
    face.result(made)
