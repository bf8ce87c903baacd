"""`diapason audit`: the sheet of rows that a person should look at."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["audit"]


@command(
    Text(
        "Write the sheet of rows that a person should look at; take answers in with --from, for the next trials.",
        "写出需要人工核对的行清单；用 --from 读入核对结果，供下次试验使用。",
    ),
    good="diapason audit turbofan --from turbofan.audit.csv",
    bad=Text(
        "diapason audit turbofan (before resonate) -> no rows of turbofan are waiting for a look",
        "diapason audit turbofan（在 resonate 之前）-> turbofan 没有待人工核对的行",
    ),
)
def audit(
    face: Face,
    name: Annotated[str, Argument("Dataset", "数据集")],
    to: Annotated[Path | None, Option("--to", "File; default NAME.audit.csv", "输出文件；默认 名称.audit.csv")] = None,
    answers: Annotated[
        Path | None,
        Option(
            "--from",
            "The sheet, with is_wrong, right_value and who filled in",
            "已填写 is_wrong、right_value、who 三列的清单",
        ),
    ] = None,
) -> None:
    """Call the service and say where the sheet is, or what the answers add up to."""
    from diapason.services import resonate as service

    if answers is not None:
        _answered(face, service.audit_answers(face.open(), name, answers))
        return
    done = service.audit_sheet(face.open(), name, to=to or "")
    _written(face, done)


def _written(face: Face, done: Mapping[str, Any]) -> None:
    """Where the sheet is, how to fill it in, how much it would tell, and how to hand it back."""
    face.say(
        Text(
            f"{done['rows']} rows of {done['dataset']} to look at: {done['file']}",
            f"{done['dataset']} 有 {done['rows']} 行待核对：{done['file']}",
        )
    )
    face.say(
        Text(
            "Fill in is_wrong (yes or no), right_value and who.",
            "请填写 is_wrong（是或否）、right_value（正确值）与 who（核对人）。",
        )
    )
    told = {p["rows"]: f"{100 * p['half']:.2g}" for p in done["precision"]}
    more = max(told, default=0)
    if more > done["rows"] in told:
        words = Text(
            f"They would tell the share of wrong rows to ±{told[done['rows']]} points (95 %); {more} rows to "
            f"±{told[more]}.",
            f"可将错误占比测到 ±{told[done['rows']]} 个百分点（95 %）；核对 {more} 行可测到 ±{told[more]}。",
        )
        face.say(wrapped(words(face.language)))
    way = f"diapason audit {done['dataset'].split('@')[0]} --from {face.quoted(done['file'])}"
    face.say(Text(f"Next: {way}", f"下一步：{way}"))
    face.result(done)


def _answered(face: Face, done: Mapping[str, Any]) -> None:
    share, error = 100 * done["share"], 196 * done["error"]
    low, high = max(share - error, 0), min(share + error, 100)
    face.say(
        Text(
            f"{done['answered']} answers stored, {done['wrong']} rows wrong, {done['corrected']} with a right value; "
            f"{done['empty']} lines left empty.",
            f"已保存 {done['answered']} 条核对结果：{done['wrong']} 行有误，其中 {done['corrected']} 行给出正确值；"
            f"{done['empty']} 行未填。",
        )
    )
    face.say(
        Text(
            f"Of all rows about {share:.1f} % ({low:.1f} to {high:.1f}) are wrong.",
            f"推算全部行中约 {share:.1f} %（{low:.1f} 至 {high:.1f}）有误。",
        )
    )
    name = done["dataset"].split("@")[0]
    face.say(
        Text(
            f"Next: diapason resonate {name} - it learns and judges by these answers.",
            f"下一步：diapason resonate {name}，将按这些结果学习与评判。",
        )
    )
    face.result(done)
