"""What of a planted defect was caught, and what else was flagged."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.diagnosis import Diagnosis
from diapason.engines.resonance.planting import Planted
from diapason.engines.resonance.sensors import Rule, mend
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["caught_by_diagnosis", "caught_by_rules", "flagged", "ruled"]

Mask = NDArray[np.bool_]

_RIGHT: Mapping[str, tuple[str, ...]] = {
    "target_scale": ("target_unit",),
    "target_offset": ("target_unit",),
    "target_gross": ("target_tail",),
    "target_swapped": ("target_exchanged",),
    "target_constant": ("target_constant",),
    "life_false": ("false_life",),
    "label_flipped": ("label_doubted",),
    "label_paired": ("label_doubted",),
    "label_near": ("label_doubted",),
    "normal_leap": ("normal_contaminated",),
    "normal_stranger": ("normal_contaminated",),
}
"""Findings that name a planted row as what it is."""
_FAULTS: Mapping[str, tuple[str, ...]] = {
    "input_unit": ("unit", "range"),
    "input_spike": ("spike", "range"),
    "input_stuck": ("stuck",),
    "input_drift": ("unit", "range", "spike", "stuck"),
}


def caught_by_diagnosis(kind: str, planted: Planted, seen: Diagnosis) -> tuple[int, int]:
    """Rows caught and rows planted; assets, where whole lives are false.

    A row is caught if its doubt is above one half, or a finding of the right kind on the target names it. An asset is
    caught if most of its rows are.
    """
    hit = (seen.doubt > 0.5) | _named(seen, _RIGHT[kind])
    if seen.examples.task is Task.REMAINING_LIFE and kind == "life_false":
        asset = np.asarray(seen.examples.asset)
        assets = np.unique(asset[planted.bad])
        return sum(bool(hit[asset == c].mean() > 0.5) for c in assets), len(assets)
    return int((hit & planted.bad).sum()), int(planted.bad.sum())


def caught_by_rules(kind: str, planted: Planted, found: Sequence[Rule]) -> tuple[int, int]:
    """Rows that a rule of the right kind on the right column touches, and rows planted.

    Args:
        found: the rules of the inputs as planted.
    """
    own = [r for r in found if r["column"] == planted.column and r["fault"] in _FAULTS[kind]]
    hit = mend(planted.examples, own)[1] if own else np.zeros(len(planted.bad), bool)
    return int((hit & planted.bad).sum()), int(planted.bad.sum())


def flagged(seen: Diagnosis) -> Mask:
    """Rows that are doubted or that any finding of the diagnosis names, shape (n,)."""
    return np.asarray((seen.doubt > 0.5) | _named(seen, tuple(f.kind for f in seen.findings)))


def ruled(examples: Examples, found: Sequence[Rule]) -> Mask:
    """Rows that any of these rules touches, shape (n,)."""
    return mend(examples, found)[1] if found else np.zeros(len(examples), bool)


def _named(seen: Diagnosis, kinds: tuple[str, ...]) -> Mask:
    rows = [r for f in seen.findings if f.kind in kinds for r in f.where.rows]
    return np.asarray(np.isin(seen.examples.rows, rows))
