"""Legal facts that the ledger itself shows. It only ever shows a yes: what is not in it may still be true."""

from collections.abc import Iterator, Mapping
from typing import Any

from diapason.engines.evidence import dsse
from diapason.errors import DiapasonError
from diapason.ports.workspace import Workspace
from diapason.services.permit.answers import fits
from diapason.services.standing.index import Index
from diapason.vocabulary.facts import Fact, ground
from diapason.vocabulary.language import Text

__all__ = ["INCIDENT", "incidents", "seen"]

INCIDENT = "urn:diapason:predicate:incident:v1"
_MODEL = ("ai_system", "machine_learning", "trains_model")


def seen(ws: Workspace, index: Index) -> dict[str, Fact]:
    """What a trained model and open incidents show, by name."""
    models = [c for c in index.claims if c.kind == "model"]
    found = {}
    if models:
        words = Text(f"{models[-1].about} was trained here", f"本工作区训练了 {models[-1].about}")
        found = {name: Fact(name, True, "", (models[-1].id,), "machine", words) for name in _MODEL}
    for number, said in incidents(ws).items():
        if not said["closed"]:
            found |= _of_incident(number, said)
    return found


def incidents(ws: Workspace) -> dict[str, dict[str, Any]]:
    """What each incident's signed entries say of facts, by its number: facts, seq, closed."""
    found: dict[str, dict[str, Any]] = {}
    for seq, said in _signed(ws):
        number = str(said.get("id", ""))
        if said.get("act") == "open":
            found[number] = {"facts": dict(said.get("facts", {})), "seq": seq, "closed": False}
        elif number in found:
            found[number]["facts"] |= said.get("facts", {})
            found[number]["closed"] |= said.get("act") == "close"
    return found


def _signed(ws: Workspace) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for entry in ws.ledger.entries(kind="incident"):
        try:
            statement = dsse.opened(entry.body)
        except DiapasonError:
            continue
        if statement.predicate_type == INCIDENT:
            yield entry.seq, statement.predicate


def _of_incident(number: str, said: Mapping[str, Any]) -> dict[str, Fact]:
    from diapason.knowledge.facts import facts as questions

    words = Text(f"{number} is open", f"{number} 尚未关闭")
    told = {"incident": True} | {n: v for n, v in said["facts"].items() if n in questions()}
    good = {n: v for n, v in told.items() if fits(questions()[n], v)}
    return {n: Fact(n, v, "", (ground("entry", said["seq"]),), "machine", words) for n, v in good.items()}
