"""How rows are divided into what is learnt from and what is judged on."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

__all__ = ["Fold", "Split", "SplitKind"]

Index = NDArray[np.int64]


class SplitKind(StrEnum):
    """The ways to divide rows."""

    ASSET = "asset"  # whole assets held out
    BATCH = "batch"  # whole batches held out
    CONTIGUOUS = "contiguous"  # blocks of time held out, with a gap
    TIME_ORDERED = "time_ordered"  # only the past is learnt from, with a gap
    STRATIFIED = "stratified"  # random within classes: honest only where rows are independent
    RANDOM = "random"  # the flattering one, shown beside


@dataclass(frozen=True, slots=True)
class Fold:
    """Positions (not `_row` numbers) learnt from and judged on; disjoint."""

    train: Index
    test: Index


@dataclass(frozen=True, slots=True)
class Split:
    """Folds made in one way, and why that way."""

    kind: SplitKind
    folds: tuple[Fold, ...]
    why: str
    seed: int
