"""`diapason datasets`: what tables there are, their versions, and what changed between two."""

from typing import Annotated, Any

from diapason.errors import NotFound
from diapason.faces.cli.arguments import Argument
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["datasets"]


@command(
    Text(
        "List datasets, the versions of one, or what differs between two.",
        "列出数据集、某数据集的版本，或两个版本的差异。",
    ),
    good="diapason datasets turbofan@1 turbofan@2",
    bad=Text(
        "diapason datasets turbin -> there is no dataset turbin",
        "diapason datasets turbin -> 没有数据集 turbin",
    ),
)
def datasets(
    face: Face,
    name: Annotated[str, Argument("Dataset, or a version", "数据集或其版本")] = "",
    other: Annotated[str, Argument("The version to compare with", "要比较的版本")] = "",
) -> None:
    """Call the service and show a table."""
    from diapason.services import workspace

    site = face.open()
    if name and other:
        _difference(face, workspace.difference(site, name, other))
        return
    found = _versions(workspace.versions(site, name.split("@")[0]), name) if name else workspace.datasets(site)
    if found:
        face.versions(found)
    else:
        face.say(
            Text(
                "Nothing yet. Next: diapason ingest FILE --name NAME",
                "尚无数据。下一步：diapason ingest 文件 --name 名称",
            )
        )
    face.result({"datasets": found})


def _versions(found: list[dict[str, Any]], asked: str) -> list[dict[str, Any]]:
    """All versions, or the one that is asked for."""
    names = [f"{d['name']}@{d['version']}" for d in found]
    if "@" not in asked:
        return found
    if asked not in names:
        fix = Text(f"choose one of: {', '.join(names)}", f"可选：{'、'.join(names)}")
        raise NotFound(Text(f"there is no dataset {asked}", f"没有数据集 {asked}"), at=asked, fix=fix)
    return [found[names.index(asked)]]


def _difference(face: Face, found: dict[str, Any]) -> None:
    face.say(
        Text(
            f"{found['before']} -> {found['after']}: {found['added']:,} rows added, {found['removed']:,} removed, "
            f"{found['changed_cells']:,} cells changed in {found['changed_rows']:,} rows.",
            f"{found['before']} → {found['after']}：新增 {found['added']:,} 行，移除 {found['removed']:,} 行，"
            f"{found['changed_rows']:,} 行中 {found['changed_cells']:,} 个单元格有改动。",
        )
    )
    if found["changes"]:
        heads = [Text("row", "行"), Text("column", "列"), Text("before", "之前"), Text("after", "之后")]
        shown = found["changes"][:20]
        face.table(heads, [[c["_row"], c["column"], c["before"], c["after"]] for c in shown])
        more = found["changed_cells"] - len(shown)
        if more:
            face.say(Text(f"and {more:,} more; --json lists 1000", f"另有 {more:,} 处；--json 列出 1000 处"))
    face.result(found)
