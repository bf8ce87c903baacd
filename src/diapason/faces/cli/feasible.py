"""`diapason feasible`: what can be reached with this data, by rows, sensors or cleaning."""

from collections.abc import Mapping
from typing import Annotated, Any

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["feasible"]


@command(
    Text(
        "Say what is reachable before anything is mended: noise floor, gain of more rows, of a sensor, of cleaning.",
        "在修复之前说明可达到的程度：噪声下限，以及增加行、加装传感器、清洗各能带来多少改善。",
    ),
    good='diapason feasible turbofan --target "rmse<=12"',
    bad=Text(
        'diapason feasible turbofan --target "rmse>=12" -> rmse is better when lower',
        'diapason feasible turbofan --target "rmse>=12" -> rmse 越低越好',
    ),
)
def feasible(
    face: Face,
    name: Annotated[str, Argument("Dataset, or dataset@version", "数据集，或 数据集@版本")],
    target: Annotated[str, Option("--target", 'What you want, such as "rmse<=12"', '想达到的值，如 "rmse<=12"')] = "",
    task: Annotated[
        str,
        Option(
            "--task",
            "As for learn, but no monitoring; needed where nothing was learnt yet",
            "任务类型，同 learn（监测除外）；尚未学习时必填",
        ),
    ] = "",
    more: Annotated[
        int, Option("--more", "Rows you could collect; default a quarter", "可再收集的行数；默认四分之一", least=0)
    ] = 0,
    seed: Annotated[int, Option("--seed", "Same seed, same result", "随机种子；种子相同则结果相同", least=0)] = 0,
) -> None:
    """Call the service; the verdict, why, the table of gains, the next step."""
    from diapason.services import feasible as service

    done = service.run(face.open(), name, target=target, task=task, more=more, seed=seed)
    face.say(wrapped(done["verdict"][face.language]))
    for words in done["sentences"]:
        face.say("· " + wrapped(words[face.language], 2))
    face.say("")
    heads = (Text("more rows", "增加行数"), Text("gain (90 %)", "改善（90 %）"))
    face.table(heads, [(f"{p['more']:,}", _gain(p["gain"])) for p in done["promises"]])
    cost = done["cost"]
    face.say("")
    face.say(
        Text(
            f"Cost: {cost['spent']['trainings']} trainings, {cost['spent']['seconds']} s; "
            f"looked at {done['rows']['looked']:,} of {done['rows']['known']:,} rows.",
            f"花费：{cost['spent']['trainings']} 次训练，{cost['spent']['seconds']} 秒；"
            f"查看了 {done['rows']['known']:,} 行中的 {done['rows']['looked']:,} 行。",
        )
    )
    nxt = f"diapason order {done['dataset'].split('@')[0]}"
    face.say(Text(f"Next: {nxt}", f"下一步：{nxt}"))
    face.result(done)


def _gain(e: Mapping[str, Any]) -> str:
    unit = "" if e["unit"] == "1" else f" {e['unit']}"
    return f"{e['value']:+.3g} ({e['low']:.2g} … {e['high']:.2g}){unit}"
