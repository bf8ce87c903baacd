"""`diapason search`: find datasets by what they are called, what they hold and what it is measured in."""

from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["search"]


@command(
    Text(
        "Find datasets by names, columns, units and meanings, in either language; each hit says why.",
        "按名称、列、单位与含义检索数据集，中英文皆可；逐项说明匹配原因。",
    ),
    good='diapason search "furnace temperature"',
    bad=Text('diapason search "" -> there is nothing to search for', 'diapason search "" -> 没有可供检索的词'),
)
def search(
    face: Face,
    words: Annotated[str, Argument("What to look for, in quotes", "检索词，加引号")],
    *,
    most: Annotated[int, Option("--most", "So many hits at most", "最多列出", least=1, most=1000)] = 20,
) -> None:
    """Call the service; hits in order, each with its reasons."""
    from diapason.services import desk as service

    done = service.search(face.open(), words, most=most)
    count = len(done["hits"])
    face.say(
        Text(
            f"{count or 'Nothing'} found among {done['datasets']} datasets for '{words}'.",
            f"在 {done['datasets']} 个数据集中检索“{words}”，找到 {count} 个。",
        )
    )
    for hit in done["hits"]:
        face.say("")
        face.say(hit["dataset"])
        for why in hit["why"]:
            face.say("  " + wrapped(why["said"][face.language], 4))
    nxt = f"diapason catalogue {done['hits'][0]['dataset']}" if done["hits"] else "diapason catalogue"
    face.say("")
    face.say(Text(f"Next: {nxt}", f"下一步：{nxt}"))
    face.result(done)
