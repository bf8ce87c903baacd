"""`diapason agent watch`: the gateway in a process of its own: does what was approved, watches effects, leads back."""

from typing import TYPE_CHECKING, Annotated

from diapason.faces.cli.arguments import Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

if TYPE_CHECKING:
    from diapason.services.gateway import Tended

__all__ = ["agent_watch"]


@command(
    Text(
        "Tend the gateway beside the agents: do what was approved, watch effects, lead back what fails.",
        "在智能体之外看护网关：执行已批准的动作，监视效果，失败时恢复。",
    ),
    good="diapason agent watch --as zhao",
    bad=Text(
        "diapason agent watch --every 0 -> --every cannot be '0'",
        "diapason agent watch --every 0 -> --every 不能是“0”",
    ),
)
def agent_watch(
    face: Face,
    *,
    every: Annotated[float, Option("--every", "Seconds from look to look", "巡视间隔（秒）", least=0.1)] = 1.0,
    cycles: Annotated[int, Option("--cycles", "How often; 0 = until stopped", "次数；0 为直至停止", least=0)] = 0,
) -> None:
    """Tell each thing that was done, as it is done."""
    from diapason.services import gateway as service

    ws = face.open()
    face.aside(
        Text("Watching. End with Ctrl-C; agents then act no more.", "看护中。按 Ctrl-C 结束；此后智能体不再写入。")
    )

    def tell(done: "Tended") -> None:
        for action in done.acted:
            face.say(f"{action.key}: {action.state}. {action.said(face.language)}")
        for one in (*done.fallen, *done.recovered):
            face.say(f"{one.get('key') or one['tag']}: {one['state']}. {one['said'][face.language]}")
        for fault in done.faults:
            face.aside(fault)

    count = face.run(service.watch(ws, every=every, cycles=cycles, told=tell))
    face.result({"cycles": count})
