"""What an agent has written within a day, on all its tags, by the ledger alone: a restart forgets nothing."""

from diapason.engines.safety.budgets import spent_writes
from diapason.ports.workspace import Workspace
from diapason.services.gateway.roster import manifest_of
from diapason.services.gateway.story import DAY
from diapason.vocabulary.acting import Proposal
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Moment

__all__ = ["overspent", "spent"]

_seen: dict[str, tuple[int, list[tuple[int, str, Moment]]]] = {}
"""By workspace: up to which entry it was read, and the writes of a day: entry, agent, moment."""


def spent(ws: Workspace, agent: object, now: Moment) -> tuple[Moment, ...]:
    """When an agent began its writes of the last 24 hours, by our clock, oldest first; one of the future counts too.

    Raises:
        Conflict: the ledger can't be read.
    """
    return tuple(sorted(at for _, at in _writes(ws, agent, now)))


def overspent(ws: Workspace, p: Proposal, seq: int, now: Moment) -> Text | None:
    """Why a write that is in the ledger as entry `seq` is one too many for its agent's budget; None if it is not.

    Two writes of one agent on two tags are judged side by side; in the ledger one is before the other.
    """
    manifest = manifest_of(ws, p.agent)
    most = None if manifest is None else manifest.budget.get("writes_per_day")
    if most is None:
        return None
    number = sum(entry <= seq for entry, _ in _writes(ws, p.agent, now))
    if number <= most:
        return None
    return spent_writes(spent(ws, p.agent, now), most)


def _writes(ws: Workspace, agent: object, now: Moment) -> list[tuple[int, Moment]]:
    place = str(ws.folder)
    seq, known = _seen.get(place, (0, []))
    if seq > ws.ledger.head()[0]:  # another ledger lies there now
        seq, known = 0, []
    for entry in ws.ledger.entries(kind="write-intent", after=seq):
        known = [*known, (entry.seq, str(entry.body["agent"]), int(entry.body["at"]))]
        seq = entry.seq
    known = [one for one in known if now - one[2] < 2 * DAY]
    _seen[place] = (seq, known)
    return [(entry, at) for entry, who, at in known if who == agent and now - at < DAY]
