"""`diapason stop`: no agent writes from the moment this returns; it needs neither agents nor the ledger."""

import threading
from typing import Annotated, Any

from diapason.errors import DiapasonError
from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["stop"]

_PATIENCE = 4.0
"""Seconds that the rest may take once everything is stopped: the ledger's entry, and the way to a fallback."""


@command(
    Text(
        "Stop all agents' writes to an asset, or to everything, at once.",
        "立即停止智能体对某一资产或全部资产的写入。",
    ),
    good='diapason stop R-101 --because "smell of solvent"',
    bad=Text(
        "diapason stop -w nowhere -> there is no workspace here; by hand: touch stops/all",
        "diapason stop -w nowhere -> 此处没有工作区；可手动：touch stops/all",
    ),
)
def stop(
    face: Face,
    asset: Annotated[str, Argument("Asset; without it everything", "资产；省略则全部")] = "",
    because: Annotated[str, Option("--because", "Why", "理由")] = "",
) -> None:
    """Make the file, say so, then tell the ledger and lead to the fallback as far as that works."""
    from diapason.services import gateway as service

    done = service.stop_here(face.folder, asset, person=face.person, because=because)
    face.say(
        Text(
            f"Stopped: {done['stopped']}. No agent writes there until somebody releases it.",
            f"已停止：{done['stopped']}。解除之前，智能体不再写入。",
        )
    )
    rest: dict[str, Any] = {}
    work = threading.Thread(target=_rest, args=(face, asset, because, rest), daemon=True)
    work.start()
    work.join(_PATIENCE)
    _tell(face, rest)
    call = f"diapason release {asset}".strip() + ' --because "…"'
    face.say(Text(f"Next, when it is safe: {call}", f"下一步（确认安全后）：{call}"))
    face.result(done | {"noted": bool(rest.get("noted")), "fallback": rest.get("fallback", [])})


def _rest(face: Face, asset: str, because: str, rest: dict[str, Any]) -> None:
    """What comes after the stop; whatever of it fails, the stop holds."""
    from diapason.services import gateway as service

    try:
        ws = face.open()
        rest["noted"] = service.stop_noted(ws, asset, because)
        rest["fallback"] = face.run(service.fall_back_now(ws, asset))
    except DiapasonError as error:
        rest["why"] = error.said(face.language)["what"]


def _tell(face: Face, rest: dict[str, Any]) -> None:
    if not rest.get("noted"):
        face.aside(
            Text("The ledger could not be told yet; the stop holds all the same.", "账本暂未记入；停止仍然有效。")
        )
    if rest.get("why"):
        face.aside(Text(f"Not led to its fallback: {rest['why']}", f"未转至后备值：{rest['why']}"))
    for one in rest.get("fallback", ()):
        face.say(f"{one['asset']} {one['tag']}: {one['said'][face.language]}")
