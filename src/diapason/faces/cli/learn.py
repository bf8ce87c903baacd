"""`diapason learn`: how good a model really is, honest split first."""

from collections.abc import Mapping
from typing import Annotated, Any

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["learn"]


@command(
    Text(
        "Learn a model; honest split first, the random one beside it, the gap explained.",
        "学习模型；先看诚实划分，随机划分放在旁边，并解释差距。",
    ),
    good="diapason learn turbofan --task remaining_life --horizon 125",
    bad=Text(
        "diapason learn turbofan --task guess -> 'guess' is not a task type that can be learnt",
        "diapason learn turbofan --task guess -> “guess”不是可学习的任务类型",
    ),
)
def learn(  # roomy: one parameter for each option of the command
    face: Face,
    name: Annotated[str, Argument("Dataset, or dataset@version", "数据集，或 数据集@版本")],
    task: Annotated[
        str,
        Option(
            "--task",
            "classification, regression, remaining_life, monitoring",
            "任务类型：classification 分类、regression 回归、remaining_life 剩余寿命、monitoring 监测",
        ),
    ],
    horizon: Annotated[
        float | None,
        Option("--horizon", "Cap of remaining life, in time units", "剩余寿命上限，以时间列的单位计", least=0),
    ] = None,
    normal_first: Annotated[
        int,
        Option(
            "--normal-first",
            "Monitoring: first rows of each asset are normal",
            "监测：每台设备的前若干行为正常",
            least=0,
        ),
    ] = 0,
    waive: Annotated[
        str, Option("--waive", "Why to learn although a rule asks for something", "规则有所要求时仍要训练的理由")
    ] = "",
    seed: Annotated[int, Option("--seed", "Same seed, same result", "随机种子；种子相同则结果相同", least=0)] = 0,
) -> None:
    """Call the service; sentence, small table, next step."""
    from diapason.services import learn as service

    done = service.run(face.open(), name, task, seed=seed, horizon=horizon, normal_first=normal_first, waive=waive)
    _tell(face, done)
    face.result(done)


def _tell(face: Face, done: Mapping[str, Any]) -> None:
    honest, random = done["honest"], done["random"]
    metric = done["metric"]
    _tell_score(face, done)
    for words in done["sentences"]:
        face.say(words[face.language])
    face.say("")
    rows = [[metric, _said(honest["score"]), _said(random["score"])]]
    rows += [[key, _said(value), _said(random["others"].get(key))] for key, value in honest["others"].items()]
    face.table([Text("measure", "指标"), Text("honest", "诚实"), Text("random", "随机")], rows)
    if honest["slices"]:
        face.say("")
        face.say(Text("Weak where:", "薄弱之处："))
        face.table(
            [Text("rows", "行"), "n", metric, Text("elsewhere", "其他")],
            [[s["rule"], s["n"], _said(s["score"]), _said(s["rest"])] for s in honest["slices"]],
        )
    face.say("")
    split, cost = done["split"], done["cost"]["spent"]
    face.say(Text(f"Split: {split['why']}.", f"划分：{split['kind']}（{split['why']}）"))
    face.say(
        Text(
            f"Cost: {cost['trainings']} trainings, {cost['seconds']} s.",
            f"花费：{cost['trainings']} 次训练，{cost['seconds']} 秒。",
        )
    )
    face.say(
        Text(
            f"Next: diapason resonate {done['dataset'].split('@')[0]}",
            f"下一步：diapason resonate {done['dataset'].split('@')[0]}",
        )
    )


def _tell_score(face: Face, done: Mapping[str, Any]) -> None:
    """The score in a sentence; where it is not known, what is known instead."""
    honest, random, metric = done["honest"], done["random"], done["metric"]
    if honest["score"]["value"] is None:
        false = _said(honest["others"].get("false_alarms"))
        face.say(
            Text(
                f"{done['model']}: false alarms {false} on normal rows that were held out; {metric} is not known.",
                f"{done['model']}：在留出的正常行上误报率为 {false}；{metric} 未知。",
            )
        )
    else:
        face.say(
            Text(
                f"{done['model']}: {metric} {_said(honest['score'])} on an honest split; "
                f"a random split would claim {_said(random['score'])}.",
                f"{done['model']}：诚实划分下 {metric} 为 {_said(honest['score'])}；"
                f"随机划分会声称 {_said(random['score'])}。",
            )
        )


def _said(e: Mapping[str, Any] | None) -> str:
    if not e or e["value"] is None:
        return "–"
    return f"{e['value']:.4g} ({e['low']:.4g}-{e['high']:.4g})"
