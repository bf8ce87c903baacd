"""`diapason agent replay`: recorded history through the code of the line, or one decision again."""

from typing import Annotated, Any

from diapason.faces.cli.ahead import ahead_lines
from diapason.faces.cli.arguments import Argument, Misused, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["agent_replay"]


@command(
    Text(
        "Let an agent decide recorded history as it would have on the line, or one decision again.",
        "让智能体按在线方式重放历史数据，或重现某一条判断。",
    ),
    good="diapason agent replay boiler-watch --from boiler-history",
    bad=Text(
        "diapason agent replay boiler-watch --from other -> other@1 has no rows of boiler",
        "diapason agent replay boiler-watch --from other -> other@1 中没有 boiler 的数据",
    ),
)
def agent_replay(
    face: Face,
    name: Annotated[str, Argument("NAME of an agent", "智能体名称")],
    *,
    dataset: Annotated[str, Option("--from", "Dataset with the history", "历史数据集")] = "",
    decision: Annotated[int, Option("--decision", "Number of one decision", "某条判断的编号", least=1)] = 0,
    every: Annotated[bool, Option("--every", "All assets of the dataset", "数据集中的全部设备")] = False,
    unpublished: Annotated[
        bool, Option("--unpublished", "Let an unpublished model decide", "允许未发布的模型判断")
    ] = False,
) -> None:
    """Call the service; say how well it told."""
    from diapason.services import operate

    if bool(dataset) == bool(decision):
        raise Misused(
            Text("give a dataset or a decision", "请给出数据集或判断编号"),
            at="diapason agent replay",
            fix=Text("--from DATASET, or --decision NUMBER", "--from 数据集，或 --decision 编号"),
        )
    made = operate.replay(face.open(), name, dataset, decision=decision, every=every, unpublished=unpublished)
    if decision:
        face.say(
            Text(
                f"Decision {decision} comes out again: {made['again']:.6g}.",
                f"第 {decision} 条判断已重现：{made['again']:.6g}。",
            )
        )
    else:
        _tell(face, made)
    face.result(made)


def _tell(face: Face, made: dict[str, Any]) -> None:
    line, whole = made["line"], made["whole"]
    if line is None:
        face.say(
            Text(
                f"{made['agent']} raised {made['alarms']:,} alarms in {made['rows']:,} rows; "
                "nobody says which were right.",
                f"{made['agent']} 在 {made['rows']:,} 行中报警 {made['alarms']:,} 次；数据未标注真实异常。",
            )
        )
    else:
        missed = line["misses"]
        face.say(
            Text(
                f"{made['agent']} told of {line['events'] - missed} of {line['events']} events, "
                f"and {line['false_alarms']} times of nothing.",
                f"{made['agent']} 发现 {line['events']} 次异常中的 {line['events'] - missed} 次，"
                f"误报 {line['false_alarms']} 次。",
            )
        )
    if made["no_worse"] is False:
        face.say(Text("! It is worse than the model on the whole history.", "！不如模型对整段历史的判断。"))
    if line is not None:
        face.say("")
        heads = ("", Text("missed", "漏报"), Text("delay", "延迟"), Text("false per asset-day", "每设备日误报"))
        rows = [_row(Text("on the line", "在线方式")(face.language), line)]
        rows += [_row(Text("whole history", "整段历史")(face.language), whole)] if whole else []
        face.table(heads, rows)
    if made["difference"] is not None:
        face.say("")
        face.say(
            Text(
                f"Largest difference from the model's word on the whole history: {made['difference']:.1e}",
                f"与模型对整段历史判断的最大差异：{made['difference']:.1e}",
            )
        )
    _ahead(face, made["outlook"])


def _ahead(face: Face, outlook: list[dict[str, Any]]) -> None:
    """What was foreseen at the end of the history, and how forecasts fared along it."""
    lines = ahead_lines(outlook, face)
    if lines:
        face.say("")
        face.say(Text("Ahead, at the end of it:", "历史末端的预测："))
        for line in lines:
            face.say(line)
    rated = [one for one in outlook if one.get("made")]
    if rated:
        face.say("")
        heads = [Text("foreseen", "预测对象"), Text("forecasts", "次数"), Text("came inside", "落入区间")]
        heads += [Text("off by", "误差"), Text("as it is now", "按现值"), Text("limits in time", "限值如期")]
        face.table(heads, [_rated(one) for one in rated])


def _rated(one: dict[str, Any]) -> tuple[str, ...]:
    inside, limits = one["inside"], one["limits"]
    return (
        f"{one['agent'][:24]} {one['tag']}".strip(),
        f"{one['made']}",
        f"{inside['value']:.0%} ({inside['low']:.0%}-{inside['high']:.0%})",
        f"{one['error']:.3g}",
        f"{one['as_now']:.3g}",
        f"{limits['right']}/{limits['told']}" if limits["told"] else "-",
    )


def _row(name: str, said: dict[str, Any]) -> tuple[str, ...]:
    missed, false = said["miss_rate"], said["false_per_asset_day"]
    return (
        name,
        f"{said['misses']}/{said['events']} ({missed['low']:.0%}-{missed['high']:.0%})",
        f"{said['delay_s']:.0f} s",
        f"{false['value']:.2g} ({false['low']:.2g}-{false['high']:.2g})",
    )
