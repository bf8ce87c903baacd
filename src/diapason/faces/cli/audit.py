"""`diapason audit`: the sheet of rows that a person should look at."""

from pathlib import Path
from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["audit"]


@command(
    Text(
        "Write the sheet of rows that a person should look at, with the probability of each to be on it.",
        "写出需要人工核对的行清单，并给出每行被选入的概率。",
    ),
    good="diapason audit turbofan --to look.csv",
    bad=Text(
        "diapason audit turbofan (before resonate) -> no rows of turbofan are waiting for a look",
        "diapason audit turbofan（在 resonate 之前）-> turbofan 没有待人工核对的行",
    ),
)
def audit(
    face: Face,
    name: Annotated[str, Argument("Dataset", "数据集")],
    to: Annotated[Path | None, Option("--to", "File; default NAME.audit.csv", "输出文件；默认 名称.audit.csv")] = None,
) -> None:
    """Call the service and say where the sheet is."""
    from diapason.services import resonate as service

    done = service.audit_sheet(face.open(), name, to=to or "")
    face.say(
        Text(
            f"{done['rows']} rows of {done['dataset']} to look at: {done['file']}",
            f"{done['dataset']} 有 {done['rows']} 行待核对：{done['file']}",
        )
    )
    face.say(
        Text(
            "Fill in is_wrong (yes or no), right_value and who.",
            "请填写 is_wrong（是或否）、right_value（正确值）与 who（核对人）。",
        )
    )
    face.result(done)
