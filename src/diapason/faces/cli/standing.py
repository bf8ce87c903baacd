"""`diapason standing`: what stands, what has fallen and why, what soon runs out."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.faces.cli.recall import way_back
from diapason.vocabulary.language import Text

if TYPE_CHECKING:
    from diapason.services.workspace import Workspace

__all__ = ["standing"]

MOST = 40


@command(
    Text(
        "Which claims stand, which have fallen and why, and what runs out soon.",
        "哪些声明成立，哪些已失效及原因，哪些即将到期。",
    ),
    good="diapason standing furnace@1",
    bad=Text(
        "diapason standing nothing -> there is no claim or evidence 'nothing'",
        "diapason standing nothing -> 没有编号为“nothing”的声明或证据",
    ),
)
def standing(
    face: Face,
    evidence: Annotated[str, Argument("One of them: what is below and above", "其一：查看其依据与所支撑者")] = "",
    days: Annotated[int, Option("--days", "Look so many days ahead", "向前查看的天数", least=0, most=3650)] = 90,
) -> None:
    """Call the service that was asked for."""
    ws = face.open()
    if evidence:
        _one(face, ws, evidence)
    else:
        _all(face, ws, days)


def _all(face: Face, ws: "Workspace", days: int) -> None:
    from diapason.services import standing as service

    done = service.overview(ws, days=days)
    face.say(
        Text(
            f"{done['standing']:,} of {done['claims']:,} claims stand, {len(done['fallen']):,} have fallen.",
            f"{done['claims']:,} 项声明中 {done['standing']:,} 项成立，{len(done['fallen']):,} 项已失效。",
        )
    )
    if done["fallen"]:
        heads = (Text("fallen", "失效"), Text("what", "类别"), Text("root", "根源"), Text("why", "原因"))
        rows = [(f["id"], f["verb"] or f["kind"], f["because"][-1], _said(f["why"], face)) for f in done["fallen"]]
        face.table(heads, rows[:MOST])
        way_back(face, done["back"])
    if done["soon"]:
        heads = (Text("runs out", "到期"), Text("day", "日期"), Text("days", "剩余天数"), Text("stand on it", "受影响"))
        face.table(heads, [(s["id"], s["until"], str(s["days"]), str(s["above"])) for s in done["soon"]])
    face.result(done)


def _one(face: Face, ws: "Workspace", evidence: str) -> None:
    from diapason.services import standing as service

    done = service.look(ws, evidence)
    state = Text("stands", "成立") if done["stands"] else Text("has fallen", "已失效")
    face.say(Text(f"{done['id']} {state.en}.", f"{done['id']} {state.zh}。"))
    if not done["stands"]:
        way = " ← ".join(done["because"])
        face.say(Text(f"Because of: {way} ({_said(done['why'], face)})", f"原因：{way}（{_said(done['why'], face)}）"))
    for title, side in ((Text("It stands on", "其依据"), "below"), (Text("On it stand", "以其为依据"), "above")):
        if done[side]:
            face.say("")
            face.table((title, Text("what", "类别"), Text("now", "现状")), [_line(x, face) for x in done[side][:MOST]])
    face.result(done)


def _line(one: Mapping[str, Any], face: Face) -> tuple[str, str, str]:
    now = Text("stands", "成立") if one["stands"] else Text("fallen", "失效")
    return "  " * (one["depth"] - 1) + one["id"], one["kind"], now(face.language)


def _said(why: Mapping[str, str] | None, face: Face) -> str:
    return why[face.language] if why else ""
