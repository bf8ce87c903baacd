"""`diapason exchange`: lists of offers and requests between workspaces, by signed file; never data."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from diapason.faces.cli.arguments import Misused, Option
from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

if TYPE_CHECKING:
    from diapason.services.workspace import Workspace

__all__ = ["exchange"]


@command(
    Text(
        "Show offers, requests and what fits; ask for data; write or read a signed list. No data is in it.",
        "查看提供、需求与匹配；提出数据需求；导出或导入已签名清单。清单不含数据。",
    ),
    good='diapason exchange --want "furnace temperatures" --meaning temperature --purpose train',
    bad=Text(
        "diapason exchange --import offer.pdf -> it is no signed list, or was changed",
        "diapason exchange --import offer.pdf -> 不是已签名的清单，或已被改动",
    ),
)
def exchange(  # roomy: one parameter for each option of the command
    face: Face,
    *,
    export: Annotated[Path | None, Option("--export", "Write own list, signed", "导出已签名的清单")] = None,
    take: Annotated[Path | None, Option("--import", "Read a list of others", "导入他方清单")] = None,
    signer: Annotated[
        str, Option("--signer", "Import: fingerprint that the sender told you", "导入：对方告知的密钥指纹")
    ] = "",
    want: Annotated[str, Option("--want", "Ask for data: a title", "提出需求：标题")] = "",
    meaning: Annotated[
        list[str] | None, Option("--meaning", "Want: a quantity that it must measure", "需求：须测量的物理量")
    ] = None,
    purpose: Annotated[
        list[str] | None,
        Option(
            "--purpose",
            "Want: train, evaluate, improve, publish, trial",
            "需求：train、evaluate、improve、publish、trial",
        ),
    ] = None,
    sector: Annotated[str, Option("--sector", "Want: sector of Annex 1", "需求：附件1行业代码")] = "",
    rows: Annotated[int, Option("--rows", "Want: rows at least", "需求：最少行数", least=0)] = 0,
    derive: Annotated[bool, Option("--derive", "Want: models are to be made", "需求：用于派生模型")] = False,
) -> None:
    """Call the service that was asked for."""
    from diapason.services import exchange as service

    if sum((export is not None, take is not None, bool(want))) > 1:
        raise Misused(
            Text("only one of these at a time", "一次只能选择一项"),
            at="--export, --import, --want",
            fix=Text("choose one", "请选择其一"),
        )
    ws = face.open()
    if export is not None:
        done = service.exported(ws, export)
        face.say(
            Text(
                f"{done['offers']} offers and {done['requests']} requests in {done['file']}; tell the fingerprint by "
                f"another way: {done['signer']}",
                f"{done['file']} 含 {done['offers']} 项提供、{done['requests']} 项需求；"
                f"请另行告知指纹：{done['signer']}",
            )
        )
    elif take is not None:
        done = service.imported(ws, take, signer=signer)
        _taken(face, done)
    elif want:
        done = service.want(
            ws, want, meanings=meaning or (), purposes=purpose or (), sector=sector, rows=rows, derive=derive
        )
        face.say(Text(f"Asked for, as {done['id']}.", f"已提出需求，编号 {done['id']}。"))
        face.say(Text("Next: diapason exchange --export list.json", "下一步：diapason exchange --export list.json"))
    else:
        done = _listed(face, ws)
    face.result(done)


def _taken(face: Face, done: Mapping[str, Any]) -> None:
    sure = Text("", "")
    if not done["known"]:
        sure = Text(
            f" Nobody has vouched for the key {done['from'][:16]}…: compare it with --signer.",
            f"密钥 {done['from'][:16]}… 未经核对：请用 --signer 比对。",
        )
    face.say(
        wrapped(
            Text(
                f"{done['workspace']}: {done['offers']} offers, {done['requests']} requests.{sure.en}",
                f"{done['workspace']}：提供 {done['offers']} 项，需求 {done['requests']} 项。{sure.zh}",
            )(face.language)
        )
    )
    face.say(Text("Next: diapason exchange", "下一步：diapason exchange"))


def _listed(face: Face, ws: "Workspace") -> dict[str, Any]:
    from diapason.services import exchange as service

    done: dict[str, Any] = service.listed(ws)
    own, fits = done["own"], sum(m["fits"] for m in done["found"])
    face.say(
        Text(
            f"Own: {len(own['offers'])} offers, {len(own['requests'])} requests. "
            f"Of others: {len(done['others'])} lists, {fits} offers that fit.",
            f"本方：提供 {len(own['offers'])} 项，需求 {len(own['requests'])} 项。他方：清单 {len(done['others'])} 份，"
            f"匹配的提供 {fits} 项。",
        )
    )
    _matches(face, Text("offered for what we want", "对我方需求的提供"), done["found"])
    _matches(face, Text("wanted of what we offer", "对我方提供的需求"), done["asked_of_us"])
    return done


def _matches(face: Face, head: Text, found: list[dict[str, Any]]) -> None:
    if not found:
        return
    face.say("")
    face.say(head)
    for m in found:
        word = (
            Text(f"{m['share']:.0%} fits", f"匹配 {m['share']:.0%}") if m["fits"] else Text("forbidden", "条款不允许")
        )
        why = "; ".join(w[face.language] for w in m["why"])
        line = f"{m['wanted']} ← {m['dataset']} ({m['workspace']}): {word(face.language)}"
        face.say("  " + wrapped(f"{line}; {why}" if why else line, 4))
