"""`diapason assess`: what is wrong with this data, where, how sure."""

import sys
from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["assess"]

MARKS = {"act": Text("act now", "立即处理"), "look": Text("look", "查看"), "know": Text("know", "知悉")}

DIMENSIONS = {
    "completeness": Text("completeness", "完整性"),
    "uniqueness": Text("uniqueness", "唯一性"),
    "validity": Text("validity", "有效性"),
    "accuracy": Text("accuracy", "准确性"),
    "consistency": Text("consistency", "一致性"),
    "timeliness": Text("timeliness", "及时性"),
}


@command(
    Text("Find what is wrong with a dataset: where, what, how sure.", "查找数据集的问题：在哪里、是什么、有多大把握。"),
    good="diapason assess turbofan",
    bad=Text(
        "diapason assess turbofam -> there is no dataset 'turbofam'",
        "diapason assess turbofam -> 没有数据集“turbofam”",
    ),
)
def assess(
    face: Face,
    name: Annotated[str, Argument("Dataset, or dataset@version", "数据集，或 数据集@版本")],
    most: Annotated[int, Option("--most", "Findings shown", "最多显示多少项", least=0)] = 30,
) -> None:
    """Tell findings as they come, then the ordered list."""
    from diapason.services import assess as service

    done = service.run(face.open(), name, on_finding=lambda _finding, words: _as_it_comes(face, words))
    findings, said = done["findings"], done["sentences"]
    worst = sum(f["harm"] == "act" for f in findings)
    face.say(
        Text(
            f"{done['dataset']}: {len(findings)} findings, {worst} to act on; {done['rows']:,} rows looked at.",
            f"{done['dataset']}：{len(findings)} 项发现，{worst} 项需立即处理；检查了 {done['rows']:,} 行。",
        )
    )
    advised = set[str]()
    for finding, words, todo in list(zip(findings, said, done["advice"], strict=True))[:most]:
        face.say(f"  {MARKS[finding['harm']](face.language)} {finding['sure']:.0%}  {words[face.language]}")
        if finding["harm"] == "act" and finding["kind"] not in advised:
            advised.add(finding["kind"])
            face.say(f"      -> {todo[face.language]}")
    if len(findings) > most:
        face.say(
            Text(f"  … {len(findings) - most} more: --most 1000", f"  … 另有 {len(findings) - most} 项：--most 1000")
        )
    shares = [
        [DIMENSIONS[key](face.language), f"{s['value']:.2%}", f"{s['low']:.2%}-{s['high']:.2%}"]
        for key, s in done["scores"].items()
    ]
    face.say("")
    face.table([Text("good cells", "合格单元格"), Text("share", "比例"), "95 %"], shares)
    base = done["dataset"].split("@")[0]
    nxt = f"diapason learn {base} --task {done['task']}"
    face.say(Text(f"Next: {nxt}", f"下一步：{nxt}"))
    face.result(done)


def _as_it_comes(face: Face, words: str) -> None:
    """A finding as soon as it is met: in the progress line of a terminal, else as a line on the error stream."""
    if sys.stderr.isatty():
        face.progress(Text("found", "发现"), -1, words)
    else:
        face.aside(f"… {words}")
