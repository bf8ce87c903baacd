"""`diapason evidence`: everything a stranger needs to recheck a name, or the whole workspace, in one signed file."""

from pathlib import Path
from typing import Annotated, Any

from diapason.faces.cli.arguments import Argument, Misused, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["evidence"]


@command(
    Text(
        "Write all evidence about a dataset and its models, or about everything, into one signed file.",
        "将某一数据集及其模型的证据，或全部证据，写入一个签名文件。",
    ),
    good="diapason evidence turbofan --with-data",
    bad=Text(
        "diapason evidence turbofam -> there is no finished run about 'turbofam'",
        "diapason evidence turbofam -> 没有关于 'turbofam' 的已完成运行",
    ),
)
def evidence(  # roomy: each switch adds one kind of content
    face: Face,
    name: Annotated[
        str, Argument("Dataset; none = everything, with pages to read", "数据集；不写则为全部证据，附页面")
    ] = "",
    *,
    out: Annotated[Path | None, Option("--out -o", "File to write", "输出文件")] = None,
    every: Annotated[bool, Option("--all", "Kept predictions of every run", "所有运行保存的预测")] = False,
    with_data: Annotated[bool, Option("--with-data", "Add the data", "附数据")] = False,
    with_models: Annotated[bool, Option("--with-models", "Add the models", "附模型")] = False,
    with_facts: Annotated[
        bool, Option("--with-facts", "Add what was declared and appraised, for a count", "附申报与评估，供他处计数")
    ] = False,
    pdf: Annotated[bool, Option("--pdf", "Pages as PDF/A", "页面用 PDF/A")] = False,
    stays: Annotated[
        str, Option("--stays", "Where data go that rules hold back; kept", "规则限制出境时，数据实际去向；记入账本")
    ] = "",
) -> None:
    """Call the service and say how to recheck."""
    from diapason.services import dossier
    from diapason.services import evidence as service
    from diapason.vocabulary.names import file_name

    ws, whose = face.open(), name
    if name and pdf:
        raise Misused(
            Text("pages go along with everything only", "仅在导出全部证据时附页面"),
            at="--pdf",
            fix=Text(
                "leave the name out, or: diapason report NAME --to FILE.pdf",
                "不写名称，或用 diapason report 名称 --to 文件.pdf",
            ),
        )
    path = out or Path(f"{file_name(name or ws.name)}.evidence")
    more: dict[str, Any] = {"every": every, "data": with_data, "models": with_models, "stays": stays}
    if name:
        made = service.export(ws, name, path, facts=with_facts, **more)
    else:
        made, whose = dossier.export(ws, path, pdf=pdf, **more), ws.name
    size = f"{made['bytes'] / 1e6:.1f} MB"
    face.say(
        Text(
            f"{path} holds the evidence about {whose}: {made['entries']} ledger entries, {size}.",
            f"{path} 含 {whose} 的证据：账本 {made['entries']} 条，{size}。",
        )
    )
    face.say(
        Text(
            f"Next, anywhere: diapason verify {path} --signer {made['signer']}",
            f"下一步（任何机器上）：diapason verify {path} --signer {made['signer']}",
        )
    )
    face.result(made)
