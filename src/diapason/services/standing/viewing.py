"""What stands, what has fallen, and what soon runs out."""

from datetime import date
from typing import Any

from diapason.engines.standing.falling import EXPIRED, LOOSE, Fall
from diapason.ports.workspace import Workspace
from diapason.services.standing.claims import Claim
from diapason.services.standing.drawing import ENTRY, days_left, fall_now
from diapason.services.standing.papers import named
from diapason.services.standing.recalling import back
from diapason.vocabulary.language import Text

__all__ = ["SOON", "fallen", "look", "overview", "reason", "removed"]

SOON = 90
"""Days in which what runs out is told ahead."""
_WHY = {
    EXPIRED: Text("its last day has passed", "已到期"),
    LOOSE: Text("what it stands on is not in the ledger", "其依据不在账本中"),
}


def overview(ws: Workspace, *, days: int = SOON) -> dict[str, Any]:
    """Counts by kind, everything fallen with its reason, and what runs out within some days.

    Returns:
        claims, standing, fallen (id, kind, verb, about, because, why), soon (id, kind, about, until, days, above).
    """
    index, fall = fall_now(ws)
    known = index.named()
    down = [_down(fall, known, name) for name in fall.ids() if name in known]
    counts: dict[str, int] = {}
    for c in known.values():
        counts[c.kind] = counts.get(c.kind, 0) + 1
    today = ws.clock().date()
    soon = [_ahead(fall, c, today) for c in known.values() if c.until and 0 <= days_left(c.until, today) <= days]
    return {
        "claims": len(known),
        "kinds": counts,
        "standing": len(known) - len(down),
        "fallen": down,
        "soon": sorted(soon, key=lambda s: s["days"]),
        "back": back(fall, known, [d["id"] for d in down]) if down else None,
    }


def look(ws: Workspace, evidence: str) -> dict[str, Any]:
    """One claim: whether it stands, everything below it, everything above it.

    Raises:
        NotFound: there is no such claim or evidence.
    """
    index, fall = fall_now(ws)
    known = index.named()
    name = named(evidence, fall.graph.place)
    return {
        "id": name,
        "stands": name not in set(fall.ids()),
        "because": list(fall.because(name)),
        "why": _why(fall, name),
        "below": _walk(fall, name, up=False),
        "above": _walk(fall, name, up=True),
        "claim": None if name not in known else {"kind": known[name].kind, "at": known[name].at},
    }


def fallen(ws: Workspace) -> dict[str, Text]:
    """Everything that has fallen, by name, with the reason in words."""
    _, fall = fall_now(ws)
    return {name: _worded(name, root, why) for name, (root, why) in fall.by_root().items()}


def removed(ws: Workspace, name: str) -> Text | None:
    """Why one thing has fallen; None while it stands or is not known."""
    return fallen(ws).get(name)


def _down(fall: Fall, known: dict[str, Claim], name: str) -> dict[str, Any]:
    c = known[name]
    said = {"id": name, "kind": c.kind, "verb": c.verb, "about": c.about}
    return {**said, "because": list(fall.because(name)), "why": _why(fall, name)}


def _why(fall: Fall, name: str) -> dict[str, str] | None:
    why = fall.why(name)
    said = _WHY.get(why, Text(why, why))
    return {"en": said.en, "zh": said.zh} if why else None


def reason(fall: Fall, name: str) -> Text:
    """Why something has fallen, in words."""
    return _worded(name, fall.because(name)[-1], fall.why(name))


def _worded(name: str, root: str, why: str) -> Text:
    said = _WHY.get(why, Text(f"recalled: {why}", f"已召回：{why}"))
    return said if root == name else Text(f"{root}: {said.en}", f"{root}：{said.zh}")


def _ahead(fall: Fall, c: Claim, today: date) -> dict[str, Any]:
    above = _walk(fall, c.id, up=True)
    left = days_left(c.until, today)
    return {"id": c.id, "kind": c.kind, "about": c.about, "until": c.until[:10], "days": left, "above": len(above)}


def _walk(fall: Fall, name: str, *, up: bool) -> list[dict[str, Any]]:
    """Everything on one side of a node, nearest first."""
    graph = fall.graph
    queue = [(graph.place[name], 0)]
    seen, found = {graph.place[name]}, []
    for i, depth in queue:  # grows while it is walked
        for j in (graph.dependents(i) if up else graph.supports(i)).tolist():
            if j not in seen:
                seen.add(j)
                queue.append((j, depth + 1))
                node = graph.nodes[j]
                found.append({"id": node.id, "kind": node.kind, "depth": depth + 1, "stands": j not in fall.cause})
    return [f for f in found if f["kind"] != ENTRY]
