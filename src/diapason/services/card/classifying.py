"""The class of a dataset after TC609-5-2025-03: decided by what was said and proved, signed by a person."""

from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Any

from diapason.engines.cards import Decision, decide
from diapason.errors import Refused
from diapason.knowledge.tc609 import tc609
from diapason.ports.workspace import Workspace
from diapason.services.declare import Answer, keep
from diapason.services.declare.declaring import DAYS
from diapason.services.describe import about, describe, word
from diapason.services.standing import fallen
from diapason.services.standing.index import indexed
from diapason.services.workspace.people import ROLES, require
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import VersionRef
from diapason.vocabulary.wire import plain

__all__ = ["EXPERT", "classify", "signed_class"]

EXPERT = ("expert-review", "expert")
"""Kinds of paper that prove expert work, as `diapason vouch` takes them."""


def classify(ws: Workspace, name: str, *, sign: bool = False) -> dict[str, Any]:
    """Decide the class of a dataset, or say what is missing to decide it; never a guess.

    Args:
        sign: put the name and the key of who acts under the decision; it counts while what it rests on holds.

    Returns:
        dataset, class ("" = not decided), title, reasons, asked (command and question), signed (who, when; None).

    Raises:
        NotFound: there is no such dataset.
        Refused: it is to be signed and can't be decided, or who acts has no role.
    """
    base = ws.lake.version(VersionRef(VersionRef.parse(name).name)).ref.name
    found = _decision(ws, base)
    if sign:
        _sign(ws, base, found)
    return {
        "dataset": base,
        "class": found.kind,
        "title": _title(found.kind),
        "reasons": plain(found.reasons),
        "asked": [_asked(base, what) for what in found.asked],
        "signed": _signed(ws, base, found.kind),
    }


def signed_class(ws: Workspace, base: str) -> str:
    """The class that a person has signed and that still follows from what is known; "" for none."""
    kind = _decision(ws, base).kind
    return kind if kind and _signed(ws, base, kind) else ""


def _decision(ws: Workspace, base: str) -> Decision:
    return decide(describe(ws, base), _proofs(ws, base))


def _proofs(ws: Workspace, base: str) -> tuple[str, ...]:
    """Papers of expert work on the dataset that stand, by their ids."""
    version = ws.lake.version(VersionRef(base)).ref
    mine, down = {ground("dataset", base), ground("dataset", version)}, fallen(ws)
    papers = [c for c in indexed(ws).claims if c.kind == "paper" and c.verb in EXPERT]
    return tuple(sorted({c.id for c in papers if c.about in mine and c.id not in down}))


def _sign(ws: Workspace, base: str, found: Decision) -> None:
    require(ws, *ROLES)
    if not found.kind:
        raise Refused(
            Text("the class is not decided, and is not signed", "类别未定，不能签署"),
            at=base,
            fix="; ".join(str(_asked(base, what)["command"]) for what in found.asked),
        )
    until = (ws.clock().astimezone(UTC).date() + timedelta(days=DAYS)).isoformat()
    note = "; ".join(reason(ws.language) for reason in found.reasons)
    keep(ws, Answer(about(base, "class"), found.kind, until, note, None, None))


def _signed(ws: Workspace, base: str, kind: str) -> Mapping[str, Any] | None:
    """Who signed this very class, if it holds still."""
    said = word(ws, base, "class")
    return said if said is not None and kind and said["value"] == kind else None


def _title(kind: str) -> dict[str, str]:
    """The class by its own name."""
    if not kind:
        return {"en": "not decided", "zh": "未定"}
    title = next(c.title for c in tc609().classes if c.id == kind)
    return {"en": title.en, "zh": title.zh}


def _asked(base: str, what: str) -> dict[str, Any]:
    """A question, and the command that answers it."""
    questions = {
        "scene": Text("Is it bound to one scene? Name it, or say none.", "是否绑定具体场景？请写明，或填“无”。"),
        "sector": Text("Which industry is it for? Give its code, or none.", "面向哪个行业？请填代码，或填“无”。"),
        "expert-review": Text("Which paper proves the work of experts?", "哪份文件证明专家参与？"),
    }
    ways = {
        "scene": f'diapason describe {base} scene="…"',
        "sector": f"diapason describe {base} sector=RM1",
        "expert-review": f"diapason vouch {base} --paper FILE --kind expert-review",
    }
    return {"what": what, "question": plain(questions[what]), "command": ways[what]}
