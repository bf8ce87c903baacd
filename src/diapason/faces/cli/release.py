"""`diapason release`: let agents write again after a stop."""

from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["release"]


@command(
    Text("Release a stop; for safety officers and approvers.", "解除停止；限安全负责人与批准人。"),
    good='diapason release R-101 --because "leak repaired and tested" --as chen',
    bad=Text(
        "diapason release R-101 --as wang -> wang is not safety officer / approver",
        "diapason release R-101 --as wang -> wang 不是安全负责人 / 批准人",
    ),
)
def release(
    face: Face,
    asset: Annotated[str, Argument("Asset; without it the stop of everything", "资产；省略则为全部停止")] = "",
    because: Annotated[str, Option("--because", "Why", "理由")] = "",
) -> None:
    """Call the service and say what is still stopped."""
    from diapason.services import gateway as service

    done = service.release(face.open(), asset, because=because)
    left = ", ".join(done["left"]) or "-"
    face.say(
        Text(
            f"{done['person']} released {done['released']}. Still stopped: {left}.",
            f"{done['person']} 已解除 {done['released']}。仍处于停止：{left}。",
        )
    )
    face.result(done)
