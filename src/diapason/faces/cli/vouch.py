"""`diapason vouch`: put a certificate, a licence or a contract under what rests on it."""

from pathlib import Path
from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["vouch"]


@command(
    Text(
        "Put a certificate, licence or contract under a dataset, model or person; when it runs out, they fall.",
        "为数据集、模型或人员登记证书、许可或合同；到期后，依其成立者一并失效。",
    ),
    good="diapason vouch furnace --paper calibration.pdf --kind calibration --until 2027-01-31 --as li",
    bad=Text(
        "diapason vouch furnace --paper no.pdf --kind calibration -> there is no file no.pdf",
        "diapason vouch furnace --paper no.pdf --kind calibration -> 没有文件 no.pdf",
    ),
)
def vouch(  # roomy: who vouches says that much
    face: Face,
    name: Annotated[
        str,
        Argument(
            "Dataset, dataset:NAME@1, model:NAME@1 or person:NAME",
            "数据集、dataset:名称@1、model:名称@1 或 person:姓名",
        ),
    ],
    paper: Annotated[Path, Option("--paper", "The file; it is kept in the workspace", "文件；保存在工作区")],
    kind: Annotated[str, Option("--kind", "calibration, licence, contract, …", "calibration、licence、contract 等")],
    until: Annotated[
        str, Option("--until", "Its last day: 2027-01-31; none = no limit", "有效期至：2027-01-31；不写为无限期")
    ] = "",
    replaces: Annotated[str, Option("--replaces", "Recalled paper it stands in for", "所替代的已召回文件")] = "",
    note: Annotated[str, Option("--note", "What you looked at", "所查看的内容")] = "",
) -> None:
    """Call the service and say what now stands on it."""
    from diapason.services import standing as service

    ws = face.open()
    made = service.vouch(ws, name, paper, kind=kind, until=until, replaces=replaces, note=note)
    above = [c for c in service.look(ws, made["id"])["above"] if c["kind"] != "papers"]
    last = Text(f", until {made['until']}", f"，有效期至 {made['until']}") if made["until"] else Text("", "")
    face.say(
        wrapped(
            Text(
                f"{made['person']} vouches for {made['file']}, {made['id']}{last.en}: {len(above)} claims stand on it.",
                f"{made['person']} 为 {made['file']} 作保，编号 {made['id']}{last.zh}：{len(above)} 项声明以其为依据。",
            )(face.language)
        )
    )
    face.say(Text(f"Next: diapason standing {made['id']}", f"下一步：diapason standing {made['id']}"))
    face.result({**made, "above": above})
