"""`diapason rollback`: the way back to a former published version."""

from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["rollback"]


@command(
    Text(
        "Put a former published version in place again; newer ones are withdrawn.",
        "恢复先前发布的版本；较新的版本即被撤回。",
    ),
    good='diapason rollback turbofan@1 --reason "false alarms since Monday"',
    bad=Text(
        'diapason rollback turbofan@3 --reason "…" -> turbofan@3 can\'t be put in place: it was never published',
        'diapason rollback turbofan@3 --reason "…" -> 无法恢复 turbofan@3：从未发布',
    ),
)
def rollback(
    face: Face,
    model: Annotated[str, Argument("NAME@VERSION", "模型@版本")],
    reason: Annotated[str, Option("--reason", "Why", "理由")] = "",
) -> None:
    """Call the service and say what is in place now."""
    from diapason.services import publish as service

    made = service.rollback(face.open(), model, reason=reason)
    gone = ", ".join(made["withdrawn"])
    face.say(
        Text(
            f"{made['model']} is in place again; withdrawn: {gone}. They refuse to predict from now on.",
            f"已恢复 {made['model']}；撤回：{gone}，此后拒绝预测。",
        )
    )
    face.say(
        Text(
            f"Next: diapason predict FILE --model {made['model']}",
            f"下一步：diapason predict 文件 --model {made['model']}",
        )
    )
    face.result(made)
