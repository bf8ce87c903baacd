"""`diapason publish`: the gate before a model may predict."""

from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["publish"]


@command(
    Text(
        "Publish a model if data, score, evidence and a second person allow it.",
        "发布模型：须通过数据、得分、证据与第二人批准四道关。",
    ),
    good='diapason publish turbofan@2 --accept "rmse<=12"',
    bad=Text(
        "diapason publish turbofan@2 -> turbofan@2 can't be published, 2 missing: acceptance …, approval …",
        "diapason publish turbofan@2 -> turbofan@2 不能发布，缺 2 项：验收 …，批准 …",
    ),
)
def publish(
    face: Face,
    model: Annotated[str, Argument("NAME@VERSION", "模型@版本")],
    accept: Annotated[
        list[str] | None, Option("--accept", 'Threshold such as "rmse<=12"', '验收阈值，如 "rmse<=12"')
    ] = None,
    waive: Annotated[str, Option("--waive", "Reason to accept findings to act on", "接受待处理问题的理由")] = "",
) -> None:
    """Call the service and say what passed."""
    from diapason.services import publish as service

    made = service.run(face.open(), model, accept=accept or (), waive=waive)
    approval = made["approval"]
    face.say(
        Text(
            f"{made['model']} is published, approved by {approval['person']} until {approval['until']}.",
            f"{made['model']} 已发布，由 {approval['person']} 批准，至 {approval['until']}。",
        )
    )
    face.say("")
    heads = (Text("gate", "关口"), Text("what was found", "结果"))
    face.table(heads, [(g["gate"], g["said"][face.language]) for g in made["gates"]])
    face.say("")
    face.say(
        Text(
            f"Next: diapason predict FILE --model {made['model']}",
            f"下一步：diapason predict 文件 --model {made['model']}",
        )
    )
    face.result(made)
