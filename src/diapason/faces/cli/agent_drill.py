"""`diapason agent drill`: the stop of an agent, tried on a bench, timed and signed."""

from typing import Annotated

from diapason.faces.cli.arguments import Argument
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["agent_drill"]

_STEPS = {
    "prepare": Text("an approved action waits", "已批准的动作待执行"),
    "stop": Text("stop: nothing is written", "停止：未写入"),
    "keep": Text("nobody else lifts it", "他人不能解除"),
    "release": Text("who may lifts it", "有权者解除"),
}


@command(
    Text(
        "Drill the stop of an agent on a bench, and sign how long it took.",
        "在试验台上演练智能体的停止并签名记录用时。",
    ),
    good="diapason agent drill boiler-watch",
    bad=Text(
        "diapason agent drill ghost -> no agent 'ghost' is registered",
        "diapason agent drill ghost -> 没有登记智能体“ghost”",
    ),
)
def agent_drill(face: Face, name: Annotated[str, Argument("NAME", "名称")]) -> int:
    """Call the service; the steps with their times."""
    from diapason.services import qualify as service

    made = face.run(service.drill(face.open(), name))
    ref, seconds = made["agent"], made["seconds"]
    if made["passed"]:
        face.say(Text(f"The stop of {ref} held after {seconds:.3f} s.", f"{ref} 的停止在 {seconds:.3f} 秒后生效。"))
    else:
        face.say(Text(f"The stop of {ref} did not hold.", f"{ref} 的停止未生效。"))
    yes = {True: Text("✓", "✓"), False: Text("■ no", "■ 未达到")}
    rows = [
        (_STEPS[s["step"]](face.language), f"{s['seconds']:.3f}", yes[s["went"]](face.language)) for s in made["steps"]
    ]
    face.table((Text("step", "步骤"), Text("seconds", "秒"), Text("went", "结果")), rows)
    face.say(Text(f"Signed as {made['run']}.", f"已签名：{made['run']}。"))
    face.result(made)
    return 0 if made["passed"] else 1
