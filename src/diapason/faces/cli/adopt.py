"""`diapason adopt`: a person adopts what the trials proved."""

from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["adopt"]


@command(
    Text(
        "Adopt a proved repair, or people's answers, in your name: a curated version and a model learnt from it.",
        "以本人名义采纳经证实的修复或人工核对结果：生成新版本并据此训练模型。",
    ),
    good="diapason adopt turbofan --as li",
    bad=Text(
        "diapason adopt turbofan -> nothing was proved: …",
        "diapason adopt turbofan -> 尚无任何修复得到证实：…",
    ),
)
def adopt(
    face: Face,
    name: Annotated[str, Argument("Dataset", "数据集")],
    candidate: Annotated[
        str,
        Option(
            "--candidate", "Id from the trial table, where only a person can decide", "试验表中须由人决定的候选编号"
        ),
    ] = "",
) -> None:
    """Call the service and say what is new."""
    from diapason.services import adopt as service

    done = service.run(face.open(), name, candidate=candidate)
    said = Text(
        f"{done['candidate']} is adopted by {done['person']}: {done['before']} became {done['dataset']}, "
        f"{done['rows']:,} rows touched; model {done['model']}.",
        f"{done['person']} 采纳了 {done['candidate']}：{done['before']} 变为 {done['dataset']}，"
        f"涉及 {done['rows']:,} 行；模型 {done['model']}。",
    )
    face.say(wrapped(said(face.language)))
    if "honest" in done:
        score = done["honest"]["score"]
        promised = Text(
            f"Promised: {done['metric']} {score['value']:.4g} ({score['low']:.4g} … {score['high']:.4g}), as on "
            f"untouched folds with rows shown to be errors left out. Learn again, and the report compares.",
            f"承诺：{done['metric']} 为 {score['value']:.4g}（{score['low']:.4g} … {score['high']:.4g}），"
            f"即未用过的折上剔除已证实为错误的行之后的得分。重新学习后，报告将作对比。",
        )
        face.say(wrapped(promised(face.language)))
    name = done["dataset"].split("@")[0]
    face.say("")
    face.say(
        Text(
            f"Next: diapason publish {done['model']}   (or take it back: diapason undo {name})",
            f"下一步：diapason publish {done['model']}   （或撤回：diapason undo {name}）",
        )
    )
    face.result(done)
