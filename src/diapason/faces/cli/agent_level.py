"""`diapason agent level`: how far an agent may go on each tag; up by a gate and a signature, down at once."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from diapason.faces.cli.arguments import Argument, Misused, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["agent_level"]

class Level(StrEnum):
    """How far; what each means stands in docs/gateway.md."""

    A0 = "A0"
    A1 = "A1"
    A2 = "A2"
    A3 = "A3"
    A4 = "A4"
    A5 = "A5"


@command(
    Text(
        "Show how far an agent may go on each tag, raise it through its gate, or take it down at once.",
        "查看智能体在各位号上的自主级别；经关口升级，或立即降级。",
    ),
    good="diapason agent level advice --tag TIC-201.SP --to A3 --as chen",
    bad=Text(
        "diapason agent level advice --tag TIC-201.SP --to A4 --as chen -> advice can't go to A4 on TIC-201.SP",
        "diapason agent level advice --tag TIC-201.SP --to A4 --as chen -> advice 在 TIC-201.SP 上不能升至 A4",
    ),
)
def agent_level(  # roomy: one argument for each word
    face: Face,
    name: Annotated[str, Argument("Agent", "智能体")],
    *,
    tag: Annotated[str, Option("--tag", "Tag", "位号")] = "",
    asset: Annotated[str, Option("--asset", "Asset, where several have the tag", "资产（多个资产有同名位号时）")] = "",
    to: Annotated[Level | None, Option("--to", "Level", "级别")] = None,
    because: Annotated[str, Option("--because", "Why", "理由")] = "",
) -> None:
    """Call the service; the table shows what holds afterwards."""
    from diapason.services import gateway as service

    ws, changed = face.open(), None
    if to is not None:
        if not tag:
            raise Misused(Text("--tag is missing", "缺少 --tag"), at="--to", fix=Text("name the tag", "请指明位号"))
        changed = service.set_level(ws, name, tag, int(to.value[1:]), asset=asset, because=because)
        way = Text("raised", "升至") if changed["up"] else Text("taken down", "降至")
        face.say(
            Text(
                f"{ws.person}: {name} is {way.en} to A{changed['level']} on {tag}.",
                f"{ws.person}：{name} 在 {tag} 上{way.zh} A{changed['level']}。",
            )
        )
    rows = [one for one in service.levels(ws, name) if tag in ("", one["tag"])]
    heads = [Text("asset", "资产"), Text("tag", "位号"), Text("now", "现级"), Text("at most", "上限")]
    heads += [Text("shadow", "影子运行")]
    face.table(heads, [[r["asset"], r["tag"], f"A{r['level']}", f"A{r['ceiling']}", _shadow(face, r)] for r in rows])
    face.result({"agent": name, "changed": changed, "levels": rows})


def _shadow(face: Face, row: Mapping[str, Any]) -> str:
    s = row["shadow"]
    if s is None:
        return Text("not tried with what is in force", "以现行内容尚未试运行")(face.language)
    return Text(
        f"{s['decisions']} decisions, {s['violations']} outside", f"{s['decisions']} 次决策，{s['violations']} 次越界"
    )(face.language)
