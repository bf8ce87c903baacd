"""`diapason agent qualify`: ten tests on a bench, a grade by the weakest, signed, with a page."""

from pathlib import Path
from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["agent_qualify"]

_STATES = {
    "passed": Text("✓ passed", "✓ 通过"),
    "failed": Text("■ failed", "■ 未通过"),
    "not tested": Text("– not tested", "– 未测试"),
}


@command(
    Text(
        "Try an agent in ten dimensions on a bench of its own; the grade is that of the weakest.",
        "在独立试验台上对智能体作十项鉴定，等级取最弱一项。",
    ),
    good="diapason agent qualify boiler-watch",
    bad=Text(
        "diapason agent qualify ghost -> no agent 'ghost' is registered",
        "diapason agent qualify ghost -> 没有登记智能体“ghost”",
    ),
)
def agent_qualify(
    face: Face,
    name: Annotated[str, Argument("NAME", "名称")],
    quick: Annotated[bool, Option("--quick", "Fewer trials; does not count", "次数较少，不计入等级")] = False,
    seed: Annotated[int, Option("--seed", "Else drawn from the manifest", "默认由清单导出", least=0)] = 0,
    to: Annotated[Path | None, Option("--to", "Page to write, HTML or PDF", "要写出的页面，HTML 或 PDF")] = None,
) -> int:
    """Call the service; the sentence, the ten lines, what is missing."""
    from diapason.services import qualify as service

    made = service.run(face.open(), name, quick=quick, seed=seed, to=to)
    face.say(wrapped(service.verdict(made)(face.language)))
    face.say("")
    heads = (Text("dimension", "维度"), Text("state", "结论"), Text("weakest figure", "最弱指标"), Text("line", "要求"))
    rows = []
    for d in made["dimensions"]:
        weak = min(d["measures"], key=lambda m: m["holds"], default=None)
        figure = "–" if weak is None else f"{weak['value']:.4g} ({weak['low']:.3g}-{weak['high']:.3g})"
        name_of = f"{d['number']:2d} {service.NAMES[d['number']](face.language)}"
        rows.append((name_of, _STATES[d["state"]](face.language), figure, "" if weak is None else weak["line"]))
    face.table(heads, rows)
    if made["missing"]:
        face.say("")
        face.say(Text("Between it and the next grade:", "距下一等级："))
        for lack in made["missing"]:
            face.say("  " + wrapped(lack[face.language], indent=2))
    face.say("")
    face.say(Text(f"Signed as {made['run']}; page: {made['file']}", f"已签名：{made['run']}；页面：{made['file']}"))
    face.result(made)
    return 0 if made["grade"] != "none" else 1
