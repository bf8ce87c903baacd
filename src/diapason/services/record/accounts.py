"""The account of a recording in plain values: per tag, in all, and what is known of sources and clocks."""

from collections.abc import Mapping, Sequence
from typing import Any

from diapason.engines.intake import DROPPED, REJECTED, Intake
from diapason.vocabulary.line import Balance

__all__ = ["account", "grouped", "totals"]

_COUNTS = ("sent", "stored", "rejected", "dropped", "duplicates", "late")


def account(intake: Intake) -> dict[str, Any]:
    """Everything that is told of an account."""
    balances = intake.balances()
    return {
        "totals": totals(balances),
        "tags": [_balance(b) for b in balances],
        "rejected_because": {
            word: count for fate, (word, _) in REJECTED.items() if (count := int(intake.rejected[:, int(fate)].sum()))
        },
        "dropped_because": {
            word: count for k, (word, _) in enumerate(DROPPED) if (count := int(intake.dropped[:, k].sum()))
        },
        "unread": intake.unread,
        "sources": {
            source: {"lives": n.lives, "missing_messages": n.missing, "unplaced_messages": n.unplaced}
            for source, n in intake.numbers.items()
        },
        "clocks": {source: _clock(clock) for source, clock in intake.clocks.items()},
    }


def totals(balances: Sequence[Balance]) -> dict[str, int]:
    """Sums over all tags."""
    found = {name: sum(getattr(b, name) for b in balances) for name in _COUNTS}
    return found | {"unexplained": sum(abs(b.unexplained) for b in balances)}


def grouped(intake: Intake) -> list[dict[str, Any]]:
    """Balances for the ledger: tags with the same counts stand together, by number, in ranges."""
    found: dict[tuple[int, ...], list[int]] = {}
    for i, b in enumerate(intake.balances()):
        found.setdefault(tuple(getattr(b, name) for name in _COUNTS), []).append(i)
    return [{"tags": _ranges(numbers), **dict(zip(_COUNTS, key, strict=True))} for key, numbers in found.items()]


def _balance(b: Balance) -> dict[str, Any]:
    said = {name: getattr(b, name) for name in ("tag", *_COUNTS)}
    return said | {"unexplained": b.unexplained, "counted": b.counted}


def _clock(clock: Any) -> Mapping[str, Any]:
    steps = [{"seen": s.seen, "seconds": round(s.size / 1e6, 3)} for s in clock.steps[-10:]]
    offset = None if clock.offset is None else round(clock.offset / 1e6, 3)
    drift = None if clock.drift is None else round(clock.drift, 1)
    return {"behind_s": offset, "drift_ppm": drift, "steps": steps}


def _ranges(numbers: Sequence[int]) -> str:
    """`0-4,7`."""
    parts: list[list[int]] = []
    for n in numbers:
        if parts and n == parts[-1][1] + 1:
            parts[-1][1] = n
        else:
            parts.append([n, n])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)
