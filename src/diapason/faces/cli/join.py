"""`diapason join`: several tables into one, by key, in time, or by genealogy."""

from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["join"]


@command(
    Text(
        "Join another table: by key, as of a time with the lab's delay, or by batch genealogy.",
        "关联另一张表：按键、按时间（含化验延迟）或按批次谱系。",
    ),
    good="diapason join coils --with lab.csv --on coil --as-of 6h",
    bad=Text(
        "diapason join coils --with lab.csv -> there is nothing to join on",
        "diapason join coils --with lab.csv -> 没有指定关联依据",
    ),
)
def join(  # roomy: one parameter for each option of the command
    face: Face,
    name: Annotated[str, Argument("Dataset", "数据集")],
    other: Annotated[str, Option("--with", "File or dataset to join", "要关联的文件或数据集")],
    on: Annotated[list[str] | None, Option("--on", "COLUMN, or LEFT=OTHER", "列，或 左列=右列")] = None,
    as_of: Annotated[str, Option("--as-of", "Longest age of a value: 6h, 30min", "值的最长时效：6h、30min")] = "",
    delay: Annotated[str, Option("--delay", "From sampling to reporting: 4h", "取样到报告的延迟：4h")] = "0s",
    direction: Annotated[
        str, Option("--direction", "backward, forward, nearest", "方向：backward 向前找、forward 向后找、nearest 最近")
    ] = "backward",
    genealogy: Annotated[
        str, Option("--genealogy", "File of parent, child, mass", "含 parent、child、mass 的文件")
    ] = "",
    save: Annotated[str, Option("--name", "Store as another dataset", "另存为数据集")] = "",
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
