"""`diapason classify`: which class of high-quality dataset it is, with reasons."""

from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["classify"]


@command(
    Text(
        "Say whether a dataset is general, industry-general or industry-expert (TC609-5-2025-03), with reasons.",
        "判定数据集为通识、行业通识或行业专识（TC609-5-2025-03），并给出理由。",
    ),
    good="diapason classify furnace --sign --as li",
    bad=Text(
        "diapason classify furnace --sign -> the class is not decided, and is not signed",
        "diapason classify furnace --sign -> 类别未定，不能签署",
    ),
)
def classify(
    face: Face,
    name: Annotated[str, Argument("Dataset", "数据集")],
    *,
    sign: Annotated[bool, Option("--sign", "Put your name and key under it", "以本人姓名与密钥签署")] = False,
) -> None:
    """Show the decision, why, what is missing, and who has signed."""
    from diapason.services import card as service

    done = service.classify(face.open(), name, sign=sign)
    face.say(f"{done['dataset']}: {done['title'][face.language]}")
    for reason in done["reasons"]:
        face.say("  " + wrapped("- " + reason[face.language], indent=4))
    for one in done["asked"]:
        face.say("  ? " + wrapped(one["question"][face.language], indent=4))
        face.say(f"    {one['command']}")
    if done["signed"]:
        who, until = done["signed"]["person"], done["signed"]["until"]
        face.say(Text(f"Signed by {who}, until {until}.", f"由 {who} 签署，有效期至 {until}。"))
    elif done["class"]:
        way = f"diapason classify {face.quoted(done['dataset'])} --sign"
        face.say(Text(f"Nobody has signed this. Next: {way}", f"尚无人签署。下一步：{way}"))
    face.result(done)
