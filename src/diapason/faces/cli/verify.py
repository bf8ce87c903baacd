"""`diapason verify`: does an evidence file hold, and how far was that rechecked."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from diapason.errors import NotFound
from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.evidence import Grade
from diapason.vocabulary.language import Text

if TYPE_CHECKING:
    from diapason.services.workspace import Workspace

__all__ = ["verify"]


@command(
    Text("Recheck an evidence file, offline and without a workspace.", "复核证据文件：离线，无需工作区。"),
    good="diapason verify turbofan.evidence --signer 4be1…",
    bad=Text(
        "diapason verify turbofan.evidence (one byte changed) -> the evidence does not hold: …",
        "diapason verify turbofan.evidence（改动一个字节）-> 证据不成立：…",
    ),
)
def verify(
    face: Face,
    file: Annotated[Path, Argument("NAME.evidence", "证据文件 名称.evidence")],
    signer: Annotated[str, Option("--signer", "Key file or fingerprint you know", "已知签名者的密钥文件或指纹")] = "",
    anchor: Annotated[Path | None, Option("--anchor", "An earlier anchor", "先前的锚点")] = None,
    grade: Annotated[Grade | None, Option("--grade", "How far to go", "复核深度")] = None,
    run: Annotated[str, Option("--run", "The one run to reproduce", "只重现此运行")] = "",
) -> None:
    """Call the service and give its verdict."""
    from diapason.services import verify as service

    found = service.verify(
        file,
        signer=signer,
        anchor=anchor,
        grade=grade,
        run=run,
        own=lambda: _own(face),
        progress=face.progress,
        others={"qualify": _qualified},
    )
    face.say(service.verdict(found))
    _details(face, found)
    face.say(service.CANNOT)
    face.result(found | {"verdict": service.verdict(found)(face.language)})


def _details(face: Face, found: dict[str, Any]) -> None:
    face.say("")
    face.say(
        Text(f"signer  {found['signer']} ({found['workspace']})", f"签名者  {found['signer']}（{found['workspace']}）")
    )
    face.say(Text(f"ledger  {found['entries']} entries", f"账本    {found['entries']} 条"))
    if "since_anchor" in found:
        face.say(
            Text(f"anchor  holds, {found['since_anchor']} newer", f"锚点    一致，其后新增 {found['since_anchor']} 条")
        )
    rows = [(t, m, f"{v:.6g}") for t, s in found.get("scores", {}).items() for m, v in s.items() if v is not None]
    if rows:
        face.say("")
        face.table([Text("kept predictions", "保存的预测"), Text("measure", "指标"), Text("recounted", "复算")], rows)
    again = [
        (run, c["what"], _number(c["stated"]), _number(c["found"]), f"{c['tolerance']:.1%}")
        for run, compared in found.get("reproduced", {}).items()
        for c in compared
    ]
    if again:
        face.say("")
        heads = ("run", "measure", "stated", "run again", "tolerance"), ("运行", "指标", "声明", "重新运行", "容差")
        face.table([Text(en, zh) for en, zh in zip(*heads, strict=True)], again)
    for left in (one for lefts in found.get("not_repeated", {}).values() for one in lefts):
        face.say(Text(f"not repeated: {left['en']}", f"未重复：{left['zh']}"))
    if not found["known_signer"]:
        face.say("")
        face.say(
            Text(
                f"Ask the signer for the fingerprint by another way, then: --signer {found['signer']}",
                f"请通过另一途径向签名方核对指纹，再使用：--signer {found['signer']}",
            )
        )
    face.say("")


def _qualified(*given: Any) -> Any:
    """A qualification once more."""
    from diapason.services import qualify

    return qualify.again(*given)


def _number(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"


def _own(face: Face) -> "Workspace | None":
    """The workspace here, if there is one: it may have the data that the file lacks."""
    try:
        return face.open()
    except NotFound:
        return None
