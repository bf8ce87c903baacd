"""`diapason init`: a workspace, its key, its administrator."""

from pathlib import Path
from typing import Annotated

from diapason.faces.cli.arguments import Argument
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["init"]


@command(
    Text("Make a workspace: a folder with its key and its administrator.", "新建工作区：一个文件夹，含密钥与管理员。"),
    good="diapason init plant-a",
    bad=Text(
        "diapason init plant-a (again) -> plant-a is already a workspace",
        "diapason init plant-a（再次）-> plant-a 已经是工作区",
    ),
)
def init(
    face: Face,
    folder: Annotated[Path, Argument("Folder to make", "新建的文件夹")],
) -> None:
    """Call the service and say where things are."""
    from diapason.services import workspace

    made = workspace.init(folder, person=face.person)
    face.say(Text(f"Workspace {made['name']} is ready.", f"工作区 {made['name']} 已就绪。"))
    where = face.quoted(folder)
    face.say(
        Text(
            f"Next: cd {where} && diapason ingest FILE --name NAME",
            f"下一步：cd {where} && diapason ingest 文件 --name 名称",
        )
    )
    face.result(made)
