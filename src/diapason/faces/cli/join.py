"""`diapason join`: several tables into one, by key, in time, or by genealogy."""

from typing import Annotated

import typer

from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["join"]


@command(
    Text(
        "Join another table: by key, as of a time with the lab's delay, or by batch genealogy.",
        "关联另一张表：按键、按时间（含化验延迟）或按批次谱系。",
    ),
    good="diapason join coils --with lab.csv --on coil --as-of 6h",
    bad="diapason join coils --with lab.csv -> there is nothing to join on",
)
def join(  # roomy: one parameter for each option of the command
    face: Face,
    name: Annotated[str, typer.Argument(help="Dataset / 数据集")],
    other: Annotated[str, typer.Option("--with", help="File or dataset to join / 要关联的文件或数据集")],
    on: Annotated[list[str] | None, typer.Option("--on", help="COLUMN or LEFT=OTHER, again for more / 关联列")] = None,
    as_of: Annotated[str, typer.Option("--as-of", help="Longest age of a value: 6h, 30min / 最长时效")] = "",
    delay: Annotated[str, typer.Option("--delay", help="From sampling to reporting: 4h / 取样到报告的延迟")] = "0s",
    direction: Annotated[str, typer.Option("--direction", help="backward, forward, nearest / 方向")] = "backward",
    genealogy: Annotated[str, typer.Option("--genealogy", help="File of parent, child, mass / 谱系表")] = "",
    save: Annotated[str, typer.Option("--name", help="Store as another dataset / 另存为数据集")] = "",
) -> None:
    """Call the service; coverage in a sentence, what is suspicious, next step."""
    from diapason.services import join as service

    done = service.run(
        face.open(),
        name,
        other,
        on=on or (),
        as_of=as_of,
        delay=delay,
        direction=direction,
        genealogy=genealogy,
        name=save,
    )
    counted = done["coverage"]
    face.say(
        Text(
            f"{done['dataset']}: {counted['matched']:,} of {counted['left']:,} rows matched, "
            f"{counted['unmatched']:,} did not; {len(done['columns'])} columns came.",
            f"{done['dataset']}：{counted['left']:,} 行中 {counted['matched']:,} 行匹配，"
            f"{counted['unmatched']:,} 行未匹配；新增 {len(done['columns'])} 列。",
        )
    )
    for words in done["sentences"]:
        face.say("  " + words[face.language])
    base = done["dataset"].split("@")[0]
    face.say(Text(f"Next: diapason assess {base}", f"下一步：diapason assess {base}"))
    face.result(done)
