"""`diapason evidence`: everything a stranger needs to recheck a name, in one signed file."""

from pathlib import Path
from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["evidence"]


@command(
    Text(
        "Write all evidence about a dataset and its models into one signed file.",
        "将数据集及其模型的全部证据写入一个签名文件。",
    ),
    good="diapason evidence turbofan --with-data",
    bad=Text(
        "diapason evidence turbofam -> there is no finished run about 'turbofam'",
        "diapason evidence turbofam -> 没有关于 'turbofam' 的已完成运行",
    ),
)
def evidence(
    face: Face,
    name: Annotated[str, Argument("Dataset", "数据集")],
    *,
    out: Annotated[Path | None, Option("--out -o", "File to write", "输出文件")] = None,
    every: Annotated[bool, Option("--all", "Kept predictions of every run", "所有运行保存的预测")] = False,
    with_data: Annotated[bool, Option("--with-data", "Add the data", "附数据")] = False,
    with_models: Annotated[bool, Option("--with-models", "Add the models", "附模型")] = False,
    with_facts: Annotated[
        bool, Option("--with-facts", "Add what was declared and appraised, for a count", "附申报与评估，供他处计数")
    ] = False,
) -> None:
    """Call the service and say how to recheck."""
    from diapason.services import evidence as service
    from diapason.vocabulary.names import file_name

    path = out or Path(f"{file_name(name)}.evidence")
    made = service.export(face.open(), name, path, every=every, data=with_data, models=with_models, facts=with_facts)
    face.say(
        Text(
            f"{path} holds the evidence about {name}: {made['entries']} ledger entries, {made['bytes'] / 1e6:.1f} MB.",
            f"{path} 含 {name} 的证据：账本 {made['entries']} 条，{made['bytes'] / 1e6:.1f} MB。",
        )
    )
    face.say(
        Text(
            f"Next, anywhere: diapason verify {path} --signer {made['signer']}",
            f"下一步（任何机器上）：diapason verify {path} --signer {made['signer']}",
        )
    )
    face.result(made)
