"""`diapason agent shadow`: what an agent would have done, beside those who did it."""

from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["agent_shadow"]


@command(
    Text(
        "Count an agent on recorded history against operators or the rule that it replaces.",
        "在历史数据上将智能体与操作人员或其所替代的规则相比。",
    ),
    good="diapason agent shadow boiler-watch --from boiler-history --against alarm_by_shift",
    bad=Text(
        "diapason agent shadow boiler-watch --from boiler-history -> boiler-history@1 has no column '' of alarms",
        "diapason agent shadow boiler-watch --from boiler-history -> boiler-history@1 没有报警列“”",
    ),
)
def agent_shadow(  # roomy: one parameter for each option of the command
    face: Face,
    name: Annotated[str, Argument("NAME of an agent", "智能体名称")],
    *,
    dataset: Annotated[str, Option("--from", "Dataset with history and truth", "带真实标注的历史数据集")] = "",
    against: Annotated[str, Option("--against", "Column with their alarms", "对方报警所在列")] = "",
    by: Annotated[str, Option("--by", "Who they are", "对方是谁")] = "operators",
    margin: Annotated[
        float, Option("--margin", "Share of events it may tell less", "可少发现的事件比例", least=0, most=1)
    ] = 0.05,
    unpublished: Annotated[
        bool, Option("--unpublished", "Let an unpublished model decide", "允许未发布的模型判断")
    ] = False,
) -> None:
    """Call the service; say whether it is as good."""
    from diapason.services import operate

    made = operate.shadow(face.open(), name, dataset, against=against, by=by, margin=margin, unpublished=unpublished)
    recorded = made["recorded"]
    if not dataset:
        face.say(
            Text(
                f"{made['agent']} wished {recorded:,} times in shadow; nothing was submitted.",
                f"{made['agent']} 在影子模式下提出 {recorded:,} 次，均未提交。",
            )
        )
        face.say(Text("Count it: --from DATASET --against COLUMN", "计数：--from 数据集 --against 列"))
    else:
        gap = made["difference"]
        good = Text("as good", "不劣于") if made["as_good"] else Text("not shown to be as good", "未证实不劣于")
        face.say(
            Text(
                f"{made['agent']} is {good.en} as {by}: it told of {gap['value']:+.0%} more events "
                f"({gap['low']:+.0%} to {gap['high']:+.0%}).",
                f"{made['agent']} {good.zh} {by}：多发现 {gap['value']:+.0%} 的事件"
                f"（{gap['low']:+.0%} 至 {gap['high']:+.0%}）。",
            )
        )
        face.say("")
        heads = ("", Text("missed", "漏报"), Text("delay", "延迟"), Text("false alarms", "误报"))
        rows = [
            (who, f"{s['misses']}/{s['events']}", f"{s['delay_s']:.0f} s", str(s["false_alarms"]))
            for who, s in ((made["agent"], made["ours"]), (by, made["theirs"]))
        ]
        face.table(heads, rows)
        face.say("")
        face.say(
            Text(
                f"{made['decisions']:,} decisions, {made['violations']:,} outside of the envelope",
                f"{made['decisions']:,} 次判断，{made['violations']:,} 次超出边界",
            )
        )
    face.result(made)
