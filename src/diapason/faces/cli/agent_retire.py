"""`diapason agent retire`: an agent ends; it may nothing from now on."""

from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["agent_retire"]


@command(
    Text("End an agent; it may nothing from now on.", "停用智能体；此后不再有任何权限。"),
    good='diapason agent retire boiler-watch --because "the boiler was sold"',
    bad=Text("diapason agent retire boiler-watch -> say why", "diapason agent retire boiler-watch -> 请说明理由"),
)
def agent_retire(
    face: Face,
    name: Annotated[str, Argument("NAME", "名称")],
    because: Annotated[str, Option("--because", "Why", "理由")] = "",
) -> None:
    """Call the service and say that it is over."""
    from diapason.services import agent as service

    made = service.retire(face.open(), name, because=because)
    face.say(
        Text(f"{made['agent']} is retired; what it was allowed ended now.", f"{made['agent']} 已停用，权限即刻终止。")
    )
    face.result(made)
