"""`diapason describe`: what only people can say of a dataset."""

from pathlib import Path
from typing import Annotated, Any

from diapason.faces.cli.arguments import Argument, Misused, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["describe"]

SHOWN = 40
"""Characters of a word that the table shows; `--json` has all."""


@command(
    Text(
        "Say what no program can know of a dataset: title, licence, owner, grade; or see what was said.",
        "说明程序无法得知的数据集信息：标题、许可、所有者、分级；或查看已有说明。",
    ),
    good='diapason describe furnace title="Furnace 2, hardness" licence=CC-BY-4.0 owner="Works 2" grade=general',
    bad=Text(
        "diapason describe furnace grade=high -> grade cannot be 'high'",
        "diapason describe furnace grade=high -> grade 不能是“high”",
    ),
)
def describe(
    face: Face,
    name: Annotated[str, Argument("Dataset", "数据集")],
    words: Annotated[
        list[str] | None,
        Argument("KEY=VALUE; none shows all; KEY=- takes it back", "键=值；不写则全部显示；键=- 表示撤回"),
    ] = None,
    *,
    evidence: Annotated[Path | None, Option("--evidence", "Document to keep with it", "随附留存的文件")] = None,
    until: Annotated[str, Option("--until", "Last day on which it holds; default a year", "有效期至；默认一年")] = "",
) -> None:
    """Keep what was said, then show all of it and what is missing."""
    from diapason.services import describe as service

    said = _pairs(words or [])
    done = service.run(face.open(), name, said, evidence="" if evidence is None else evidence, until=until)
    heads = [Text("key", "键"), Text("value", "内容"), Text("word of", "依据")]
    if done["said"]:
        face.table(heads, [_line(face, key, one) for key, one in done["said"].items()])
    if done["missing"]:
        face.say(Text("Nobody has said, or it holds no more:", "尚无人说明，或已失效："))
        face.table(
            [heads[0], Text("meaning", "含义")], [[k, service.KEYS[k].asked(face.language)] for k in done["missing"]]
        )
        way = f"diapason describe {face.quoted(done['dataset'])} {done['missing'][0]}=…"
        face.say(Text(f"Next: {way}", f"下一步：{way}"))
    face.result(done)


def _line(face: Face, key: str, one: dict[str, Any]) -> list[str]:
    value = str(one["value"]) if one["holds"] else Text("not known", "未知")(face.language)
    shown = value if len(value) <= SHOWN else value[: SHOWN - 1] + "…"
    return [key, shown.replace("\n", " "), one["words"][face.language]]


def _pairs(words: list[str]) -> dict[str, str]:
    """Words such as `title=…`, by key."""
    found: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not value.strip() or key.strip() in found:
            twice = key.strip() in found
            raise Misused(
                Text(f"{key} is said twice", f"{key} 重复")
                if twice
                else Text(f"'{word}' is not KEY=VALUE", f"“{word}”不是 键=值"),
                at="KEY=VALUE",
                fix=Text('such as licence=CC-BY-4.0 or title="Furnace 2"', '例如 licence=CC-BY-4.0 或 title="二号炉"'),
            )
        found[key.strip()] = value
    return found
