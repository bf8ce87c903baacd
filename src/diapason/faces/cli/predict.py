"""`diapason predict`: new rows, each with its interval and how far it can be trusted."""

from pathlib import Path
from typing import Annotated, Any

from diapason.errors import DataError
from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["predict"]


@command(
    Text(
        "Predict new rows with a published model; each row says how far it can be trusted.",
        "用已发布的模型预测新数据；每行都说明可信程度。",
    ),
    good="diapason predict new.csv --model turbofan@2",
    bad=Text(
        "diapason predict new.csv --model turbofan@3 -> turbofan@3 may not predict: it was never published",
        "diapason predict new.csv --model turbofan@3 -> turbofan@3 不得预测：从未发布",
    ),
)
def predict(
    face: Face,
    source: Annotated[str, Argument("File with new rows", "新数据文件")],
    *,
    model: Annotated[str, Option("--model -m", "NAME or NAME@VERSION", "模型，或 模型@版本")],
    out: Annotated[Path | None, Option("--out", "CSV to write", "输出的 CSV 文件")] = None,
    last: Annotated[bool, Option("--last", "Last row of each asset only", "仅每台设备的末行")] = False,
    unpublished: Annotated[
        bool, Option("--unpublished", "Let an unpublished model predict", "允许未发布的模型预测")
    ] = False,
    uncertainty: Annotated[
        Path | None, Option("--uncertainty", "Sensors as in score --needs", "传感器文件，同 score --needs")
    ] = None,
    option: Annotated[list[str] | None, Option("--option -o", "How to read: key=value", "如何读取：选项=值")] = None,
) -> None:
    """Call the service; say how many rows can be trusted."""
    from diapason.services import predict as service

    options = dict(_pair(text) for text in option or ())
    story = service.run(
        face.open(),
        source,
        model=model,
        out=out or "",
        last=last,
        unpublished=unpublished,
        uncertainty=uncertainty or "",
        options=options,
    )
    made = face.run(story)
    _told(face, made)
    face.result(made)


def _told(face: Face, made: dict[str, Any]) -> None:
    """How many rows can be trusted, what is odd about the file, what the sensors' uncertainty adds."""
    trust, words = (
        made["trust"],
        {"good": Text("good", "可信"), "doubtful": Text("doubtful", "存疑"), "bad": Text("bad", "不可信")},
    )
    face.say(
        Text(
            f"{made['rows']:,} rows predicted by {made['model']}: {trust['good']:,} good, "
            f"{trust['doubtful']:,} doubtful, {trust['bad']:,} bad. They are in {made['out']}.",
            f"{made['model']} 预测了 {made['rows']:,} 行：可信 {trust['good']:,}，存疑 {trust['doubtful']:,}，"
            f"不可信 {trust['bad']:,}。结果见 {made['out']}。",
        )
    )
    _warnings(face, made)
    _picture(face, trust, words)
    _sensors(face, made["uncertainty"])
    face.say(
        Text(f"Next: open {made['out']}; the column why has the reasons", f"下一步：打开 {made['out']}，why 列为原因")
    )


def _warnings(face: Face, made: dict[str, Any]) -> None:
    for unit in made["units"]:
        face.say(Text(f"! {unit['column']} seems to come in another unit: {unit['change']}",
                      f"! {unit['column']} 的单位似乎不同：{unit['change']}"))  # fmt: skip
    if made["absent"]:
        names = ", ".join(made["absent"])
        face.say(Text(f"! absent: {names}", f"! 缺少列：{names}"))
    if made["rejected"]:
        face.say(Text(f"! {made['rejected']:,} of {made['seen']:,} rows could not be read",
                      f"! {made['seen']:,} 行中有 {made['rejected']:,} 行无法读取"))  # fmt: skip
    if made["standing"] != "published":
        face.say(Text("! this model is not published", "! 该模型尚未发布"))


def _picture(face: Face, trust: dict[str, int], words: dict[str, Text]) -> None:
    most = max(1, sum(trust.values()))
    bars = {level: "#" * round(40 * count / most) for level, count in trust.items()}
    face.say("")
    face.table(
        (Text("trust", "可信程度"), Text("rows", "行数"), ""),
        [(words[level](face.language), f"{count:,}", bars[level]) for level, count in trust.items()],
    )
    face.say("")


def _sensors(face: Face, budgets: list[dict[str, Any]]) -> None:
    """Which sensors' uncertainty was carried, and of which of their lines nothing was said."""
    if not budgets:
        return
    names = ", ".join(f"{b['tag']} ± {b['expanded']:.3g}" for b in budgets)
    face.say(
        Text(
            f"Carried to each prediction, in u_inputs (classes: same_class): {names}",
            f"已传播到每个预测，见 u_inputs 列（类别见 same_class）：{names}",
        )
    )
    lost = ", ".join(f"{b['tag']} ({', '.join(b['missing'])})" for b in budgets if b["missing"])
    if lost:
        face.say(Text(f"! not said, so a lower bound: {lost}", f"! 未说明，故为下限：{lost}"))


def _pair(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign:
        raise DataError(
            Text(f"'{text}' is not an option", f"'{text}' 不是选项"),
            at="-o",
            fix=Text("write it as key=value: -o decimal=comma", "写作 key=value：-o decimal=comma"),
        )
    return key, value
