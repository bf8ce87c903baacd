"""`diapason recall`: evidence is withdrawn, and what stands on it falls."""

from typing import Annotated, Any

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["recall"]

MOST = 20
"""Fallen claims that are listed; `--json` has all."""


@command(
    Text(
        "Recall evidence: everything that stands on it falls at once, with reasons and the way back.",
        "召回证据：以其为依据者立即失效，并给出原因与恢复途径。",
    ),
    good='diapason recall paper:calibration-furnace-1 --because "certificate withdrawn" --as li',
    bad=Text(
        "diapason recall nothing --because x -> there is no claim or evidence 'nothing'",
        "diapason recall nothing --because x -> 没有编号为“nothing”的声明或证据",
    ),
)
def recall(
    face: Face,
    evidence: Annotated[str, Argument("Run, paper, version or model", "运行、文件、版本或模型")],
    because: Annotated[str, Option("--because", "Why, for the ledger", "理由，写入账本")],
    lift: Annotated[bool, Option("--lift", "Take the recall back", "撤销召回")] = False,
) -> None:
    """Call the service and say what fell, or what stands again."""
    from diapason.services import standing as service

    ws = face.open()
    if lift:
        done = service.restored(ws, evidence, because=because)
        face.say(
            Text(
                f"{done['of']} is no longer recalled: {len(done['stands'])} claims stand again.",
                f"{done['of']} 的召回已撤销：{len(done['stands'])} 项声明恢复效力。",
            )
        )
        face.result(done)
        return
    done = service.recall(ws, evidence, because=because)
    face.say(
        wrapped(
            Text(
                f"{done['of']} is recalled by {done['person']}: {done['because']}. {len(done['fell'])} claims fell.",
                f"{done['person']} 召回了 {done['of']}：{done['because']}。{len(done['fell'])} 项声明失效。",
            )(face.language)
        )
    )
    heads = (Text("fell", "失效"), Text("what", "类别"), Text("because of", "原因"))
    rows = [(f["id"], f"{f['verb'] or f['kind']}", _way(f["because"])) for f in done["fell"][:MOST]]
    if rows:
        face.table(heads, rows)
    way_back(face, done["back"])
    face.result(done)


def way_back(face: Face, back: dict[str, Any]) -> None:
    """Both ways: an equal ground in place of what fell; or everything again."""
    for one in back["replace"]:
        said = Text(
            f"Back at once, if an equal can be had: {one['how'] or one['id']}",
            f"若有同等依据，可立即恢复：{one['how'] or one['id']}",
        )
        face.say(wrapped(said(face.language), indent=2))
    if not back["again"]:
        return
    steps = " → ".join(f"{s['verb']} {s['about']}" for s in back["again"][:MOST])
    said = Text(
        f"Else with new data, in this order: {steps} ({len(back['again'])} runs, {back['minutes']:g} metered minutes).",
        f"否则换用新数据，依次重做：{steps}（{len(back['again'])} 次运行；上次计得 {back['minutes']:g} 分钟）。",
    )
    face.say(wrapped(said(face.language), indent=2))


def _way(because: list[str]) -> str:
    return because[1] if len(because) > 1 else ""
