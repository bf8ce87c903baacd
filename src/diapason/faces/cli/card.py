"""`diapason card`: a dataset in the forms in which others read it."""

from pathlib import Path
from typing import Annotated, Any

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["card"]


@command(
    Text(
        "Write a dataset as others read it: Croissant, TC609 records, AAS, DCAT-AP, OpenLineage, PROV.",
        "将数据集写成他人可读的形式：Croissant、TC609 记录、AAS、DCAT-AP、OpenLineage、PROV。",
    ),
    good="diapason card furnace --to furnace.cards",
    bad=Text(
        "diapason card furnace --form word -> there is no form 'word'",
        "diapason card furnace --form word -> 没有形式“word”",
    ),
)
def card(  # roomy: each form has its way
    face: Face,
    name: Annotated[
        str, Argument("Dataset, or a version; none = the catalogue as DCAT", "数据集或其版本；不写则以 DCAT 写出目录")
    ] = "",
    *,
    to: Annotated[Path | None, Option("--to", "Folder, or a file for one form", "文件夹；单一形式可为文件")] = None,
    form: Annotated[
        str,
        Option(
            "--form", "croissant, tc609, aas, dcat, openlineage, prov", "croissant、tc609、aas、dcat、openlineage、prov"
        ),
    ] = "",
    data: Annotated[
        str, Option("--data", "parquet or csv, beside Croissant", "随 Croissant 的数据：parquet 或 csv")
    ] = ("parquet"),
    window: Annotated[
        int | None,
        Option(
            "--window", "Rows of a record of a time series; 0 = one each", "时间序列每条记录的行数；0 为逐行", least=0
        ),
    ] = None,
) -> None:
    """Call the service, list the files and what nobody has said."""
    from diapason.services import card as service

    done = service.run(face.open(), name, to="" if to is None else to, form=form, data=data, window=window)
    heads = [Text("file", "文件"), Text("form", "形式"), Text("bytes", "字节"), Text("sha256", "sha256")]
    face.table(heads, [[f["name"], f["form"], f"{f['bytes']:,}", f["sha256"][:12]] for f in done["files"]])
    face.say(Text(f"In: {done['folder']}", f"位置：{done['folder']}"))
    if name:
        _missing(face, done)
    face.result(done)


def _missing(face: Face, done: dict[str, Any]) -> None:
    base = done["dataset"].split("@")[0]
    if done["missing"]:
        keys = ", ".join(done["missing"])
        face.say(wrapped(Text(f"Nobody has said: {keys}.", f"无人说明：{keys}。")(face.language)))
        way = f"diapason describe {face.quoted(base)} {done['missing'][0]}=…"
        face.say(Text(f"Next: {way}", f"下一步：{way}"))
    elif not done["class"]:
        way = f"diapason classify {face.quoted(base)}"
        face.say(Text(f"Its class is not signed. Next: {way}", f"类别尚未签署。下一步：{way}"))
