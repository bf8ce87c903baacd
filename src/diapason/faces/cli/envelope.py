"""`diapason envelope`: what binds an asset, and a safety officer's signature under it."""

from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["envelope"]


@command(
    Text(
        "Show what binds an asset, as its file says, or sign that file.",
        "查看约束某资产的安全包络，或签署该文件。",
    ),
    good="diapason envelope R-101 --sign --as chen",
    bad=Text(
        "diapason envelope R-101 --sign --as wang -> wang is not safety officer",
        "diapason envelope R-101 --sign --as wang -> wang 不是安全负责人",
    ),
)
def envelope(
    face: Face,
    asset: Annotated[str, Argument("Asset", "资产")],
    *,
    sign: Annotated[bool, Option("--sign", "Sign it as it is now", "按现状签署")] = False,
) -> None:
    """Show every bound as it was understood; sign on request."""
    from diapason.services import gateway as service

    ws = face.open()
    signed = service.sign_envelope(ws, asset) if sign else None
    done = service.shown(ws, asset)
    verdict = (
        Text(f"Signed by {done['signer']}; it binds.", f"由 {done['signer']} 签署，现行有效。")
        if done["signer"]
        else Text(f"It binds nothing: {done['why']['en']}.", f"不具约束力：{done['why']['zh']}。")
    )
    face.say(verdict)
    heads = [Text("tag", "位号"), Text("from", "下限"), Text("to", "上限"), Text("unit", "单位"), Text("step", "步长")]
    heads += [
        Text("per minute", "每分钟"),
        Text("rest, s", "间隔 s"),
        Text("a day", "每日"),
        Text("fallback", "后备值"),
    ]
    rows = [[t[k] if t[k] is not None else "-" for k in _COLUMNS] for t in done["tags"]]
    face.table(heads, rows)
    for t in done["tags"]:
        for k in t["interlocks"]:
            face.say(f"  {t['tag']}: {k['tag']} {k['relation']} {k['value']:g} {k['unit']} (≤ {k['freshest']:g} s)")
    if not done["signer"]:
        call = f"diapason envelope {asset} --sign --as NAME"
        face.say(Text(f"Next, by a safety officer: {call}", f"下一步（安全负责人）：{call}"))
    face.result(done | {"signed": signed})


_COLUMNS = ("tag", "low", "high", "unit", "step", "rate", "dwell", "daily", "fallback")
