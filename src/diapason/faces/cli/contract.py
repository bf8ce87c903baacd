"""`diapason contract`: what a dataset must be, and in which form others say so."""

from pathlib import Path
from typing import Annotated, Any

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["contract"]


@command(
    Text(
        "Show what a dataset must be; propose rules from it, write them as ODCS, take in those of others.",
        "查看数据集应满足的规则；从数据提出规则，导出为 ODCS，导入他人的规则。",
    ),
    good="diapason contract turbofan --propose --to turbofan.odcs.yaml",
    bad=Text(
        "diapason contract turbofan --from notes.yaml -> this is no contract that is known here",
        "diapason contract turbofan --from notes.yaml -> 这不是此处认识的合约",
    ),
)
def contract(
    face: Face,
    name: Annotated[str, Argument("Dataset", "数据集")],
    propose: Annotated[
        bool, Option("--propose", "Rules for columns that have none, from the data", "为没有规则的列从数据提出规则")
    ] = False,
    take: Annotated[
        Path | None,
        Option(
            "--from",
            "Rules of others: ODCS, Great Expectations, Pandera",
            "他人的规则：ODCS、Great Expectations、Pandera",
        ),
    ] = None,
    to: Annotated[Path | None, Option("--to", "Write the contract as ODCS 3.1", "把合约写成 ODCS 3.1")] = None,
) -> None:
    """Show the columns and their rules, what changed, and what is not looked at."""
    from diapason.services import contract as service

    done = service.run(face.open(), name, proposed=propose, take=take, to=to)
    _shown(face, done)
    face.result(done)


def _shown(face: Face, done: dict[str, Any]) -> None:
    columns = done["contract"]["columns"]
    changed = len(done["changed"])
    face.say(
        Text(
            f"{done['contract']['name']}: {len(columns)} columns, {done['rules']} rules, {changed} changed.",
            f"{done['contract']['name']}：{len(columns)} 列，{done['rules']} 条规则，{changed} 列有变动。",
        )
    )
    head = [
        Text("column", "列"),
        Text("role", "角色"),
        Text("kind", "类型"),
        Text("unit", "单位"),
        Text("missing", "缺失"),
        Text("possible", "允许值"),
    ]
    face.table(head, [_line(c) for c in columns])
    if done["aside"]:
        said = "; ".join(done["aside"])
        face.say(Text(f"Not looked at here: {said}", f"此处不检查：{said}"))
    if done["file"]:
        face.say(Text(f"Written: {done['file']}", f"已写入：{done['file']}"))
    base = done["contract"]["name"]
    face.say(Text(f"Next: diapason scan {base}", f"下一步：diapason scan {base}"))


def _line(c: dict[str, Any]) -> list[str]:
    missing = "" if c["missing"] is None else f"<= {c['missing']:.2%}"
    ends = ["" if end is None else f"{end:g}" for end in (c["low"], c["high"])]
    possible = ", ".join(c["values"]) if c["values"] else f"{ends[0]} .. {ends[1]}" if any(ends) else ""
    return [c["name"], c["role"], c["kind"], c["unit"], missing, possible]
