"""`diapason join`: several tables into one, by key, in time, or by genealogy."""

from dataclasses import dataclass
from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option, given
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["join"]


@dataclass(frozen=True, slots=True)
class Words:
    """What may be said of a join, named as the service takes it."""

    other: Annotated[str, Option("--with", "File or dataset to join", "要关联的文件或数据集")]
    on: Annotated[
        list[str] | None, Option("--on", "COLUMN or LEFT=OTHER, again for more", "关联列：列名，或 左列=右列")
    ] = None
    as_of: Annotated[str, Option("--as-of", "Longest age of a value: 6h, 30min", "取值的最长时效：6h、30min")] = ""
    delay: Annotated[
        str, Option("--delay", "Sampling to reporting: 4h, or a column", "取样到报告的延迟：4h，或列名")
    ] = ""
    direction: Annotated[
        str, Option("--direction", "backward, forward, nearest", "backward 取之前、forward 取之后、nearest 取最近")
    ] = "backward"
    every: Annotated[str, Option("--every", "Ticks of a common clock: 1min", "统一时钟的步长：1min")] = ""
    rule: Annotated[
        list[str] | None,
        Option(
            "--rule",
            "[TAG=]hold, mean, time_weighted_mean, interpolate",
            "重采样 [位号=]hold 保持、mean 均值、time_weighted_mean 按时间加权、interpolate 插值",
        ),
    ] = None
    lag: Annotated[
        str,
        Option("--lag", "Tag to result: estimate, apply, 35min", "位号到结果的时滞：estimate 估计、apply 应用、35min"),
    ] = ""
    offset: Annotated[
        str,
        Option(
            "--offset",
            "Other clock ahead by: estimate, apply, 7min",
            "另一时钟的超前量：estimate 估计、apply 应用、7min",
        ),
    ] = ""
    within: Annotated[str, Option("--within", "How far to look for them: 12h", "时滞与时钟的搜索范围：12h")] = ""
    genealogy: Annotated[
        list[str] | None,
        Option("--genealogy", "File of parent, child, mass; again for more levels", "谱系文件：母批、子批、质量"),
    ] = None
    save: Annotated[str, Option("--name", "Store as another dataset", "另存为数据集")] = ""


@command(
    Text(
        "Join another table: by key, in time with delay, lag and clock set right, on a common clock, or by genealogy.",
        "关联另一张表：按键、按时间（延迟、时滞、时钟偏差）、按统一时钟或按批次谱系。",
    ),
    good="diapason join lab --with tags.csv --as-of 10min --lag apply",
    bad=Text(
        "diapason join lab --with tags.csv -> there is nothing to join on",
        "diapason join lab --with tags.csv -> 没有指定关联依据",
    ),
)
def join(
    face: Face,
    name: Annotated[str, Argument("Dataset", "数据集")],
    words: Words,
) -> None:
    """Call the service; coverage in a sentence, what is suspicious, next step."""
    from diapason.services import join as service

    said = {key: value for key, value in given(words).items() if key not in ("other", "save")}
    done = service.run(face.open(), name, words.other, name=words.save, **said)
    counted = done["coverage"]
    face.say(
        Text(
            f"{done['dataset']}: {counted['left']:,} rows = {counted['matched']:,} matched + "
            f"{counted['unmatched']:,} not; {len(done['columns'])} columns came.",
            f"{done['dataset']}：{counted['left']:,} 行 = {counted['matched']:,} 行匹配 + "
            f"{counted['unmatched']:,} 行未匹配；新增 {len(done['columns'])} 列。",
        )
    )
    for sentence in done["sentences"]:
        face.say("  " + sentence[face.language])
    base = done["dataset"].split("@")[0]
    face.say(Text(f"Next: diapason assess {base}", f"下一步：diapason assess {base}"))
    face.result(done)
