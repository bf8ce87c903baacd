"""`diapason mend`: wrong cells of a table, found with nothing but the table."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["mend"]


@command(
    Text(
        "Find wrong cells in a table with nothing but the table, and adopt what you agree with.",
        "仅凭表格本身找出错误的单元格，经人确认后采纳。",
    ),
    good="diapason mend customers --sheet customers.mend.csv",
    bad=Text(
        "diapason mend customers --from old.csv -> 'Bremen' stands there now, not 'Brxmen'",
        "diapason mend customers --from old.csv -> 现有值为“Bremen”，而不是“Brxmen”",
    ),
)
def mend(
    face: Face,
    name: Annotated[str, Argument("Dataset, or dataset@version", "数据集，或 数据集@版本")],
    sheet: Annotated[
        Path | None, Option("--sheet", "Sheet to write; default NAME.mend.csv", "输出清单；默认 名称.mend.csv")
    ] = None,
    adopt: Annotated[
        bool, Option("--adopt", "Adopt every proposal that is sure enough", "采纳所有足够可靠的建议")
    ] = False,
    least: Annotated[
        float,
        Option("--least", "How sure a proposal must be, 0.5 to 1", "建议至少应有的把握，0.5 到 1", least=0.5, most=1),
    ] = 0.8,
    from_: Annotated[
        Path | None, Option("--from", "Adopt what stands in a sheet you edited", "采纳经人编辑的清单")
    ] = None,
) -> None:
    """Look, or adopt; say what was found and what comes next."""
    from diapason.services import mend as service

    ws = face.open()
    if from_ is not None:
        done = service.adopt(ws, name, service.read_sheet(from_))
        _adopted(face, done)
        face.result(done)
        return
    done = service.run(ws, name, least=least)
    path = sheet or Path(f"{name.split('@')[0]}.mend.csv")
    if done["cells"]:
        service.write_sheet(done, path, face.language, least=least)
        done = {**done, "sheet": str(path)}
    _tell(face, done)
    if adopt and done["mendable"]:
        after = service.adopt(ws, name, service.proposals(done, least), found=done["run"])
        _adopted(face, after)
        done = {**done, "adopted": after}
    elif done["cells"]:
        _next(face, name.split("@")[0], face.quoted(path))
    face.result(done)


def _next(face: Face, name: str, path: str) -> None:
    face.say(Text(f"Sheet: {path} (edit it, delete lines)", f"清单：{path}（可编辑、可删行）"))
    way = f"diapason mend {name} --from {path}"
    face.say(Text(f"Next: {way}", f"下一步：{way}"))


def _tell(face: Face, done: Mapping[str, Any]) -> None:
    total = done["rows"] * done["columns"]
    if not done["cells"]:
        face.say(
            Text(
                f"No cell of {done['dataset']} contradicts the rest: {total:,} looked at.",
                f"{done['dataset']} 没有与其余内容矛盾的单元格：共检查 {total:,} 个。",
            )
        )
        return
    face.say(
        Text(
            f"{done['doubted']:,} of {total:,} cells look wrong; {done['mendable']:,} have a proposal "
            f"that is at least {done['least']:.0%} sure.",
            f"{total:,} 个单元格中有 {done['doubted']:,} 个疑似有误；"
            f"其中 {done['mendable']:,} 个有把握不低于 {done['least']:.0%} 的建议。",
        )
    )
    face.say("")
    heads = (Text("column", "列"), Text("cells", "单元格"), Text("what", "问题"), Text("for example", "示例"))
    face.table(heads, [_row(face, entry, done["cells"]) for entry in done["by_kind"][:15]])
    if len(done["by_kind"]) > 15:
        face.say(Text(f"and {len(done['by_kind']) - 15} more kinds", f"另有 {len(done['by_kind']) - 15} 类"))
    face.say("")


def _row(face: Face, entry: Mapping[str, Any], cells: list[Mapping[str, Any]]) -> tuple[str, ...]:
    first = next(c for c in cells if (c["column"], c["kind"]) == (entry["column"], entry["kind"]))
    shown = _short(first["value"]), "?" if first["proposed"] is None else _short(first["proposed"])
    return (entry["column"], f"{entry['count']:,}", entry["title"][face.language], " -> ".join(shown))


def _short(text: str) -> str:
    text = text if len(text) <= 22 else text[:21] + "…"
    return text or "∅"


def _adopted(face: Face, done: Mapping[str, Any]) -> None:
    face.say(
        Text(
            f"{done['person']} adopted {done['cells']:,} cells: {done['dataset']} (before: {done['before']}).",
            f"{done['person']} 采纳了 {done['cells']:,} 个单元格：{done['dataset']}（之前为 {done['before']}）。",
        )
    )
    short = done["dataset"].split("@")[0]
    face.say(Text(f"Take it back: diapason undo {short}", f"如需撤回：diapason undo {short}"))
