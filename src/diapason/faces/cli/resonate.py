"""`diapason resonate`: repairs tried against nothing, placebo and a better learner."""

from collections.abc import Mapping
from typing import Annotated, Any

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["resonate"]

_ENDED = {
    True: Text("adopt it", "可采纳"),
    False: Text("no", "否"),
}


@command(
    Text(
        "Try repairs against nothing, a placebo and the most robust learner; plant known defects to say what is seen.",
        "试验修复：与不处理、安慰剂和最稳健的学习器比较；并植入已知缺陷，说明能看见什么。",
    ),
    good="diapason resonate turbofan --budget 10m",
    bad=Text(
        "diapason resonate turbofan --budget soon -> 'soon' is no time",
        "diapason resonate turbofan --budget soon -> “soon”不是时间",
    ),
)
def resonate(
    face: Face,
    name: Annotated[str, Argument("Dataset, or dataset@version", "数据集，或 数据集@版本")],
    budget: Annotated[str, Option("--budget", "Time, such as 90s, 10m, 1h", "时间预算，如 90s、10m、1h")] = "10m",
    task: Annotated[
        str, Option("--task", "As for learn; needed where nothing was learnt yet", "任务类型，同 learn；尚未学习时必填")
    ] = "",
    seed: Annotated[int, Option("--seed", "Same seed, same result", "随机种子；种子相同则结果相同", least=0)] = 0,
) -> None:
    """Call the service; the verdict, the trial table, what was ruled out, the next step."""
    from diapason.services import resonate as service

    done = service.run(face.open(), name, budget=budget, task=task, seed=seed)
    _tell(face, done)
    face.result(done)


def _tell(face: Face, done: Mapping[str, Any]) -> None:
    face.say(done["verdict"][face.language])
    for words in done["sentences"][:8]:
        face.say("· " + words[face.language])
    if done["rows"]:
        face.say("")
        heads = (
            Text("repair", "修复"),
            Text("rows", "行"),
            Text("over nothing", "对比不处理"),
            Text("over placebo", "对比安慰剂"),
            Text("over robust", "对比稳健学习器"),
            Text("verdict", "结论"),
        )
        face.table(heads, [_row(r, face) for r in done["rows"]])
        face.say("")
        for row in done["rows"]:
            face.say(f"{row['candidate']['id']}: {_why(row, face)}")
    _controls(face, done.get("controls"))
    face.say("")
    face.say(done["ruled_out"][face.language])
    cost = done["cost"]
    face.say(
        Text(
            f"Cost: {cost['spent']['trainings']} trainings, {cost['spent']['seconds']} s "
            f"(planned at most {cost['planned']['trainings']}, {cost['planned']['seconds']} s).",
            f"花费：{cost['spent']['trainings']} 次训练，{cost['spent']['seconds']} 秒"
            f"（计划至多 {cost['planned']['trainings']} 次，{cost['planned']['seconds']} 秒）。",
        )
    )
    _next(face, done)


def _controls(face: Face, controls: Mapping[str, Any] | None) -> None:
    """What the loop can see in this table: known defects that were planted, decoys, flags on rows left alone."""
    if not controls:
        return
    from diapason.services.resonate import control_table

    heads, rows = control_table(controls, face.language)
    face.say("")
    said = Text(
        f"Known defects planted into copies of {controls['rows']:,} rows of this table:",
        f"在本表 {controls['rows']:,} 行的副本中植入已知缺陷：",
    )
    face.say(said)
    face.table(heads, rows)
    for words in controls["sentences"][len(controls["kinds"]) :]:
        face.say(words[face.language])


def _next(face: Face, done: Mapping[str, Any]) -> None:
    name = done["dataset"].split("@")[0]
    verb = "adopt" if done["adopted"] else "audit" if done["audit"] else "report"
    face.say(Text(f"Next: diapason {verb} {name}", f"下一步：diapason {verb} {name}"))


def _row(row: Mapping[str, Any], face: Face) -> tuple[str, ...]:
    gains = (_gain(row[key]) for key in ("over_nothing", "over_placebo", "over_robust"))
    state = Text("a person", "由人判断") if row["candidate"]["ask"] else _ENDED[row["adopted"]]
    return (row["candidate"]["id"], f"{row['touched']:,}", *gains, state(face.language))


def _gain(e: Mapping[str, Any] | None) -> str:
    if not e or e["value"] is None:
        return "–"
    unit = "%" if e["unit"] == "%" else ""
    return f"{e['value']:+.2g}{unit} ({e['low']:.2g}-{e['high']:.2g})" if e["low"] is not None else f"{e['value']:.2g}"


def _why(row: Mapping[str, Any], face: Face) -> str:
    from diapason.services.resonate import reason

    return reason(row)(face.language)
