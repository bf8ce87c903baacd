"""`diapason ask`: a question about the plant's records; an answer with sources, a question back, or nothing."""

from typing import Annotated

from diapason.faces.cli.arguments import Argument
from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["ask"]


@command(
    Text(
        "Ask about tags, datasets, faults, models or agents; each number opens its source.",
        "就位号、数据集、故障、模型或智能体提问；每个数字都有出处。",
    ),
    good='diapason ask "What was the highest TIC-201.PV in history on 2025-01-05?"',
    bad=Text(
        'diapason ask "Why did TIC-201.PV rise?" -> causes and advice do not follow from readings alone',
        'diapason ask "TIC-201.PV 为什么升高？" -> 仅凭读数不能得出原因或建议',
    ),
)
def ask(face: Face, question: Annotated[str, Argument("QUESTION, in quotes", "问题（加引号）")]) -> None:
    """Call the service; the sentence, then where its numbers come from."""
    from diapason.services import ask as service

    made = service.run(face.open(), question)
    face.say(wrapped(made["said"][face.language]))
    if made["plan"] and made["plan"]["like"]:
        face.say(wrapped(Text("Understood as: ", "理解为：")(face.language) + made["plan"]["like"]))
    if made["plan"] and made["plan"]["aside"]:
        face.say(wrapped(Text("Taken for asides: ", "视为插入语：")(face.language) + made["plan"]["aside"]))
    if made["choices"]:
        face.say(Text("Choose: ", "可选：") + ", ".join(made["choices"]))
    if made["numbers"]:
        face.say("")
        heads = (
            Text("number", "数值"),
            Text("unit", "单位"),
            Text("source", "来源"),
            Text("rows", "行数"),
            Text("digest", "摘要"),
        )
        rows = [
            (f"{n['value']:.6g}", n["unit"], n["source"]["ref"], n["source"]["rows"], n["source"]["digest"][:12])
            for n in made["numbers"]
        ]
        face.table(heads, rows)
    face.result(made)
