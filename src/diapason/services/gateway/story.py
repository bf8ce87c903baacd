"""What became of an action, told from the ledger alone: proposal, verdict, approval, intent, write, read-back."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from diapason.engines.safety import Done
from diapason.ports.workspace import Workspace
from diapason.services.gateway.wire import digest_of, encodes, proposal_from, tag_subject
from diapason.vocabulary.acting import Proposal, Verdict
from diapason.vocabulary.evidence import Entry
from diapason.vocabulary.language import Text
from diapason.vocabulary.wire import plain

__all__ = [
    "DAY",
    "UNBEGUN",
    "Action",
    "await_end",
    "clean_writes",
    "find",
    "lapsed",
    "last_write",
    "recent",
    "run_of",
    "touched",
    "waiting",
]

DAY = 86_400_000_000
BACK, UNDO, FALL = "~back", "~undo", "~fall"
"""What the key of a write ends with that leads a tag back after a miss, for a person, or to its fallback."""

UNBEGUN = ("proposed", "allowed", "waiting", "approved", "recommended")
"""States in which nothing was begun."""
_ENDED = (
    *("refused", "declined", "expired", "followed", "written", "no effect", "differs"),
    *("rolled back", "undone", "not written"),
)
_ASKED = ("waiting", "approved", "recommended")
"""States that end with the proposal's time."""


@dataclass(frozen=True, slots=True)
class Action:
    """One key, from proposal to whatever became of it.

    State: "proposed", "allowed" (cut off, nothing begun), "refused", "recommended" (to be set by hand), "followed" (a
    person has), "waiting" (for somebody), "approved", "declined", "expired", "writing" (begun, and nobody knows yet),
    "unknown" (it can't be read back), "written", "no effect", "differs", "not written", "rolled back", "undone".
    """

    key: str
    proposal: Proposal
    digest: str
    person: str = ""  # who ran the process that proposed
    signature: str = ""  # by the agent
    state: str = "proposed"
    said: Text = field(default_factory=lambda: Text("", ""))
    verdict: Mapping[str, Any] = field(default_factory=dict)
    approvals: tuple[Entry, ...] = ()
    read: float | None = None  # value that was read back
    seq: int = 0  # of the last entry
    binding: str = ""
    effect: str = ""  # "", "waiting", "came", "missed"

    @property
    def told(self) -> dict[str, Any]:
        """As plain values."""
        own = {n: getattr(self, n) for n in ("key", "digest", "person", "state", "read", "seq", "effect")}
        said = {"en": self.said.en, "zh": self.said.zh}
        return {**own, "proposal": plain(self.proposal), "said": said, "verdict": dict(self.verdict)}

    @property
    def over(self) -> bool:
        """Whether nothing more can become of it by itself."""
        return self.state in _ENDED or self.state == "recommended"


def run_of(key: object) -> str:
    """How the ledger names the entries of one action."""
    return f"action:{key}" if type(key) is str else "action:?"


def find(ws: Workspace, key: str) -> Action | None:
    """The action of a key, None where nobody proposed it."""
    found: Action | None = None
    if not encodes(key):
        return None
    for entry in ws.ledger.entries(run=run_of(key)):
        found = _begun(key, entry) if found is None else _next(found, entry)
    if found is not None and found.state in _ASKED and found.proposal.expires <= _now(ws):
        return replace(found, state="expired", said=_LATE[found.state])
    return found


_LATE = {
    "waiting": Text("nobody approved it in time", "未在期限内批准"),
    "approved": Text("it was approved and not done in time", "已批准但未在期限内执行"),
    "recommended": Text("nobody followed it in time", "未在期限内采纳"),
}


def _now(ws: Workspace) -> int:
    return int(ws.clock().timestamp() * 1e6)


def _begun(key: str, entry: Entry) -> Action | None:
    if entry.kind != "proposal":
        return None
    body = entry.body
    proposal = proposal_from(body["proposal"])
    made = Action(key, proposal, digest_of(proposal), str(body["person"]), str(body["signature"]), seq=entry.seq)
    return replace(made, binding=str(body["binding"]))


def _next(a: Action, entry: Entry) -> Action:
    """The action after one more entry."""
    body, a = entry.body, replace(a, seq=entry.seq)
    match entry.kind:
        case "verdict":
            said = Text(**body["said"])
            going_on = body["state"] == "allowed" and a.state == "approved"
            state = a.state if going_on else str(body["state"])
            return replace(a, state=state, said=said, verdict=body["verdict"])
        case "approval":
            return replace(a, state="approved" if a.state == "waiting" else a.state, approvals=(*a.approvals, entry))
        case "refusal" | "by-hand":
            return _answered(a, entry.kind, body)
        case "write-intent":
            return replace(a, state="writing", said=Text("begun", "已开始"))
        case "read-back":
            return replace(
                a, state=str(body["state"]), said=Text(**body["said"]), read=body["read"], effect=_due(a, body)
            )
        case "effect":
            return replace(a, effect=str(body["effect"]), said=Text(**body["said"]))
        case "led-back":
            return replace(a, state=str(body["state"]), said=Text(**body["said"]))
    return a


def _answered(a: Action, kind: str, body: Mapping[str, Any]) -> Action:
    """After a person said no, or followed an advice by hand; an answer to what does not wait changes nothing."""
    if a.state not in _ASKED:
        return a
    who = body["person"]
    if kind == "refusal":
        why = Text(f"{who} refused it: {body['because']}", f"{who} 已拒绝：{body['because']}")
        return replace(a, state="declined", said=why)
    read, unit = body["read"], a.proposal.unit
    said = Text(f"{who} says to have set it by hand; it was not read", f"{who} 称已手动设定；未回读")
    if read is not None:
        said = Text(f"{who} set it by hand; it reads {read:g} {unit}", f"{who} 已手动设定；回读 {read:g} {unit}")
    return replace(a, state="followed", said=said, read=read)


def _due(a: Action, body: Mapping[str, Any]) -> str:
    return "waiting" if body["state"] == "written" and a.proposal.effect is not None else ""


def last_write(ws: Workspace, asset: object, tag: object) -> Mapping[str, Any]:
    """What the newest intent of a tag says; empty where nothing was ever begun."""
    entry = ws.ledger.last(kind="write-intent", subject=tag_subject(asset, tag))
    return {} if entry is None else entry.body


def recent(ws: Workspace, asset: object, tag: object, now: int) -> tuple[Done, ...]:
    """Writes to a tag within a day, oldest first; each intent carries those before it."""
    rows = [
        Done(str(r[0]), str(r[1]), int(r[2]), float(r[3]), float(r[4]))
        for r in last_write(ws, asset, tag).get("recent", ())
    ]
    return tuple(d for d in rows if now - d.at < DAY)


def await_end(ws: Workspace, key: str, *, seconds: float = 15.0) -> dict[str, Any]:
    """What became of an approved action, as soon as the gateway's process has ended it, at the latest after a time."""
    until = time.monotonic() + seconds
    while (found := find(ws, key)) is not None and not found.over and time.monotonic() < until:
        time.sleep(0.2)
    return {} if found is None else found.told


_touched: dict[str, tuple[int, set[str]]] = {}


def touched(ws: Workspace) -> set[str]:
    """Every tag, as the ledger names it, at which anything was ever asked or begun."""
    seq, known = _touched.get(str(ws.folder), (0, set()))
    head = ws.ledger.head()[0]
    for kind in ("asked", "write-intent"):
        known.update(entry.subject for entry in ws.ledger.entries(kind=kind, after=seq))
    _touched[str(ws.folder)] = (head, known)
    return known


def waiting(ws: Workspace) -> Iterator[Action]:
    """Every action that waits for a person, or was approved and is not done."""
    seen: set[str] = set()
    for entry in ws.ledger.entries(kind="asked"):
        key = str(entry.body["key"])
        if key not in seen:
            seen.add(key)
            action = find(ws, key)
            if action is not None and not (action.over and action.state != "recommended") and action.state != "writing":
                yield action


def lapsed(ws: Workspace) -> Iterator[Action]:
    """Every action of the last day that waited for a person until its time was over."""
    now, seen = _now(ws), set[str]()
    for entry in ws.ledger.entries(kind="asked"):
        key = str(entry.body["key"])
        if datetime.fromisoformat(entry.at).timestamp() * 1e6 > now - 2 * DAY and key not in seen:
            seen.add(key)
            action = find(ws, key)
            if action is not None and action.state == "expired" and now - action.proposal.expires < DAY:
                yield action


def clean_writes(ws: Workspace, agent: str, asset: str, tag: str, binding: str) -> int:
    """Writes of an agent on a tag, under what is in force now, that were read back and stand."""
    count = 0
    for entry in ws.ledger.entries(kind="write-intent", subject=tag_subject(asset, tag)):
        if entry.body["agent"] == agent and entry.body.get("binding") == binding:
            action = find(ws, str(entry.body["key"]))
            count += action is not None and action.state == "written" and action.effect != "missed"
    return count


def verdict_told(verdict: Verdict) -> dict[str, Any]:
    """A verdict as plain values."""
    return {"allowed": verdict.allowed, "refused_by": verdict.refused_by, "checks": plain(verdict.checks)}
