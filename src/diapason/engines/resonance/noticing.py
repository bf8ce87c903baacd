"""What else is wrong with the rows, beside single targets: batches, change, mis-joins, newest rows, thin classes."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.batches import harmful
from diapason.engines.resonance.joins import misjoins
from diapason.engines.resonance.likeness import find_likeness
from diapason.engines.resonance.onset import find_onset
from diapason.engines.resonance.thinness import thin_classes
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.findings import Finding, Where

__all__ = ["KINDS", "also_found"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

KINDS = ("harmful_batch", "relation_changed", "targets_beside_inputs", "newest_unlike", "thin_class")
_KEPT = 10_000


def also_found(examples: Examples, expected: Array, doubt: Array, cluster: Index) -> tuple[Finding, ...]:
    """Findings that concern many rows together; empty where nothing is shown.

    Args:
        expected: cross-fitted predictions, shape (n,), or (n, k) probabilities; nan or anything where not known.
        doubt: how surely each target is wrong on its own, shape (n,).
        cluster: shape (n,), rows that are not independent; how many of them a finding concerns is said.
    """
    found = [
        _batch(examples, s.positions, s.shift, s.far, cluster) for s in harmful(examples) if _new(doubt, s.positions)
    ]
    found += [_beside(examples, m.positions, m.by, m.left) for m in misjoins(examples)]
    onset = find_onset(examples)
    if onset is not None:
        facts: dict[str, Any] = {"since": _when(examples, onset.at), "explained": onset.share}
        found.append(_finding("relation_changed", examples, np.flatnonzero(~onset.before), "act", facts))
    like = find_likeness(examples)
    if like is not None:
        new = np.flatnonzero(np.asarray(examples.time) >= like.since)
        facts = {"since": _when(examples, like.since), "apart": like.apart}
        found.append(_finding("newest_unlike", examples, new, "look" if like.proved else "know", facts))
    if expected.ndim == 2 and np.isfinite(expected).all():
        for thin in thin_classes(examples, expected):
            rows = np.flatnonzero(examples.target == thin.code)
            facts = {"name": examples.classes[thin.code], "found": thin.found, "others": thin.others}
            found.append(_finding("thin_class", examples, rows, "look", facts))
    return tuple(found)


def _new(doubt: Array, positions: Index) -> bool:
    return float(np.mean(doubt[positions] > 0.5)) < 0.5


def _batch(examples: Examples, positions: Index, shift: float, far: float, cluster: Index) -> Finding:
    facts: dict[str, Any] = {"shift": shift, "far": abs(far), "clusters": len(np.unique(cluster[positions]))}
    return _finding("harmful_batch", examples, positions, "act", facts)


def _beside(examples: Examples, positions: Index, by: int, left: float) -> Finding:
    return _finding("targets_beside_inputs", examples, positions, "act", {"by": by, "left": left})


def _finding(kind: str, examples: Examples, positions: Index, harm: str, facts: dict[str, Any]) -> Finding:
    rows = tuple(int(r) for r in examples.rows[positions][:_KEPT])
    window = (f"_row {min(rows)}", f"_row {max(rows)}") if rows else ("", "")
    if examples.time is not None and len(positions):
        inside = np.asarray(examples.time)[positions]
        window = _when(examples, float(inside.min())), _when(examples, float(inside.max()))
    where = Where((examples.target_name,), rows, len(positions), len(examples), window)
    return Finding(kind, where, 0.9, harm, facts)


def _when(examples: Examples, at: float) -> str:
    """ISO 8601 in UTC for calendar time, else the count itself."""
    if examples.time_unit == "s" and at > 1e8:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
    return f"{at:g}"
