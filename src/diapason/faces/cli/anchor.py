"""`diapason anchor`: a small signed file that holds the ledger in place."""

from pathlib import Path
from typing import Annotated

from diapason.faces.cli.arguments import Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["anchor"]


@command(
    Text(
        "Write down how long the ledger is and what its last hash is, signed; keep the file elsewhere.",
        "签名记录账本长度与末端哈希；请将该文件存放于别处。",
    ),
    good="diapason anchor --out 2026-11.anchor",
    bad=Text(
        "diapason anchor (outside a workspace) -> no workspace here or above",
        "diapason anchor（在工作区之外）-> 此处及上级文件夹都不是工作区",
    ),
)
def anchor(
    face: Face,
    out: Annotated[Path | None, Option("--out -o", "File to write", "输出文件")] = None,
) -> None:
    """Call the service and say what the file is good for."""
    from diapason.services import evidence

    workspace = face.open()
    made = evidence.anchor(workspace, out or Path(f"{workspace.ledger.head()[0]}.anchor"))
    face.say(
        Text(
            f"{made['file']} remembers {made['seq']} ledger entries. Give it to somebody else: with it a later file "
            "can't hide that entries were cut off or rolled back.",
            f"{made['file']} 记录了账本的 {made['seq']} 条。请交由他人保管：日后若有截断或回滚即可发现。",
        )
    )
    face.say(
        Text(
            f"Next: diapason verify FILE.evidence --anchor {made['file']}",
            f"下一步：diapason verify 文件.evidence --anchor {made['file']}",
        )
    )
    face.result(made)
