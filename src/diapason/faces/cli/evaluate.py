"""`diapason evaluate`: the same evaluation for a model that was made elsewhere."""

from collections.abc import Mapping
from typing import Annotated, Any

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["evaluate"]


@command(
    Text("Evaluate your own model: a table of predictions or an ONNX file.", "评估自有模型：预测表或 ONNX 文件。"),
    good="diapason evaluate turbofan --task remaining_life --predictions mine.csv",
    bad=Text(
        "diapason evaluate turbofan --task remaining_life -> give either predictions or a model",
        "diapason evaluate turbofan --task remaining_life -> 请提供预测表或模型之一",
    ),
)
def evaluate(
    face: Face,
    name: Annotated[str, Argument("Dataset", "数据集")],
    task: Annotated[
        str,
        Option(
            "--task",
            "classification, regression, remaining_life, monitoring",
            "任务类型：classification 分类、regression 回归、remaining_life 剩余寿命、monitoring 监测",
        ),
    ],
    *,
    predictions: Annotated[
        str, Option("--predictions", "CSV with a column prediction", "含 prediction 列的 CSV 文件")
    ] = "",
    onnx: Annotated[str, Option("--onnx", "ONNX file", "ONNX 文件")] = "",
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
) -> None:
    """Call the service; sentence, table."""
    from diapason.services import evaluate as service

    done = service.run(
        face.open(), name, task, predictions=predictions, onnx=onnx, horizon=horizon, normal_first=normal_first
    )
    _tell(face, done)
    face.result(done)


def _tell(face: Face, done: Mapping[str, Any]) -> None:
    card = done["given"]
    measures = {done["metric"]: card["score"], **card["others"]}
    face.say(
        Text(
            f"{done['source']} on {done['dataset']}: {done['metric']} {_said(card['score'])}. "
            f"Rows it has learnt from would flatter it.",
            f"{done['source']} 在 {done['dataset']} 上：{done['metric']} 为 {_said(card['score'])}。"
            f"若模型见过这些行，结果会虚高。",
        )
    )
    face.table(
        [Text("measure", "指标"), Text("value (95 %)", "值（95 %）")], [[k, _said(v)] for k, v in measures.items()]
    )
    for part in card["slices"]:
        face.say(Text(f"Weak where {part['rule']} (n={part['n']}).", f"薄弱之处：{part['rule']}（n={part['n']}）。"))
    _rows(face, done["rows"])
    values = [part["value"] for part in done["folds"] if part["value"] is not None]
    if len(values) > 1:
        face.say(
            Text(
                f"Fold by fold of the honest split: {min(values):.4g} to {max(values):.4g}.",
                f"按诚实划分逐折：{min(values):.4g} 至 {max(values):.4g}。",
            )
        )
    if done["ours"]:
        own = _said(done["ours"]["score"])
        face.say(
            Text(
                f"Ours on the same rows, honest split: {own}.",
                f"我们的模型在诚实划分下：{own}。",
            )
        )


def _rows(face: Face, rows: Mapping[str, int]) -> None:
    """What was left out, and why."""
    if n := rows["without"]:
        face.say(Text(f"{n} rows were not judged: no prediction or no truth.", f"{n} 行未评判：没有预测或没有真值。"))
    if n := rows["foreign"]:
        face.say(Text(f"{n} lines speak of no row of the dataset.", f"有 {n} 个预测与数据集的任何一行都不对应。"))


def _said(e: Mapping[str, Any]) -> str:
    return "–" if e["value"] is None else f"{e['value']:.4g} ({e['low']:.4g}-{e['high']:.4g})"
