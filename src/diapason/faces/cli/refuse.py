"""`diapason refuse`: say no to an action that waits, with the reason."""

from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["refuse"]


@command(
    Text("Say no to an action that an agent proposes; it ends there.", "拒绝智能体提出的动作；该动作就此结束。"),
    good='diapason refuse action:k7 --because "the valve is being repaired" --as li',
    bad=Text("diapason refuse action:k7 -> a refusal needs a reason", "diapason refuse action:k7 -> 拒绝须说明理由"),
)
def refuse(
    face: Face,
    what: Annotated[str, Argument("action:KEY", "action:键")],
    because: Annotated[str, Option("--because", "Why", "理由")] = "",
) -> None:
    """Call the service and say that it is over."""
    from diapason.services import gateway as service

    done = service.refuse(face.open(), what.removeprefix("action:"), because=because)
    face.say(
        Text(
            f"{done['person']} refused {done['key']}; nothing is written.",
            f"{done['person']} 已拒绝 {done['key']}，不会写入。",
        )
    )
    face.result(done)
