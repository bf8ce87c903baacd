"""What may leave: each kind of thing stays, may leave by a lawful route, is blocked, or cannot be told."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from diapason.engines.compliance.duties import Verdict, blocks
from diapason.engines.compliance.truth import Truth

__all__ = ["Flow", "flow"]


@dataclass(frozen=True, slots=True)
class Flow:
    """Where one kind of thing may go."""

    state: str  # "stays", "may_leave", "blocked", "unknown"
    routes: tuple[str, ...]  # duties that open a way, or that close it
    missing: tuple[str, ...]
    ask: tuple[str, ...]


def flow(leaves: Truth, gate: str, verdicts: Iterable[Verdict], shown: Collection[str], today: date) -> Flow:
    """Decide on what a person has said and which duties before a transfer apply.

    Args:
        leaves: whether it is meant to leave; unknown is no permission.
        gate: the fact that says so, asked where it is unknown.
        verdicts: duties on this kind of transfer.
        shown: artefacts that are proven.
    """
    told = [v for v in verdicts if v.duty.before == "transfer"]
    if leaves is None:
        return Flow("unknown", (), (), (gate,))
    if not leaves:
        return Flow("stays", (), (), ())
    closed = blocks(told, shown, today, {"transfer"})
    forbidden = tuple(b.verdict.duty.id for b in closed if b.verdict.duty.forbids)
    if forbidden:  # no paper opens what is forbidden
        return Flow("blocked", forbidden, (), ())
    names = tuple(b.verdict.duty.id for b in closed)
    if closed:
        return Flow("blocked", names, tuple(dict.fromkeys(a for b in closed for a in b.missing)), ())
    unknown = [v for v in told if v.applies is None]
    if unknown:
        ask = tuple(dict.fromkeys(a for v in unknown for a in v.ask))
        return Flow("unknown", tuple(v.duty.id for v in unknown), (), ask)
    return Flow("may_leave", tuple(v.duty.id for v in told if v.applies), (), ())
