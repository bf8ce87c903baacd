"""Suspected mis-joins: stretches where the targets stand some rows beside the inputs they belong to."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.timeless import inputs, paired, surprise
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["Misjoin", "misjoins", "rejoined"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_REACH = 12
"""Rows by which targets may be shifted."""
_FEWEST = 40
_BLOCKS = 12
_BETTER = 0.5
"""Share of the loss that is left after the shift, at most."""
_SURE = 4.0
_MOST = 0.4


@dataclass(frozen=True, slots=True)
class Misjoin:
    """Rows in a row whose targets belong to inputs `by` rows earlier (negative: later)."""

    positions: Index  # in the order of time
    by: int
    left: float  # share of the loss that is left when the targets are moved back
    sure: float  # standard errors


def misjoins(examples: Examples, *, seed: int = 0) -> tuple[Misjoin, ...]:
    """Assets, or stretches of time (twelve at most), whose targets fit inputs some rows away far better; numbers only.

    Each is predicted by a fit to the others. Where the process itself answers late, all agree best with inputs of the
    same lag and nothing is said: only a piece that differs from the others is a mis-join.

    Source: cross-correlation of pre-whitened series (Box and Jenkins, 1970), as loss of a cross-fitted prediction.
    """
    if examples.task is not Task.REGRESSION or examples.time is None:
        return ()
    pieces = _pieces(examples)
    if len(pieces) < 4 or min(map(len, pieces)) < _FEWEST:
        return ()
    group = np.empty(len(examples), np.int64)
    for k, piece in enumerate(pieces):
        group[piece] = k
    expected = examples.target - surprise(inputs(examples), examples.target, group, seed=seed)
    found = [m for piece in pieces if (m := _moved(examples.target, expected, piece)) is not None]
    few = sum(len(m.positions) for m in found) <= _MOST * len(examples)
    return tuple(found) if few else ()


def rejoined(examples: Examples, found: tuple[Misjoin, ...]) -> tuple[Examples, Index]:
    """The rows with targets moved back, those at the edges that lost theirs left out; and positions touched."""
    target, keep = examples.target.copy(), np.ones(len(examples), bool)
    for m in found:
        at = m.positions
        source = np.arange(len(at)) + m.by
        inside = (source >= 0) & (source < len(at))
        target[at[inside]] = examples.target[at[source[inside]]]
        keep[at[~inside]] = False
    touched = np.concatenate([m.positions for m in found]) if found else np.arange(0)
    return replace(examples, target=target).take(np.flatnonzero(keep)), touched


def _pieces(examples: Examples) -> list[Index]:
    if examples.asset is not None and len(codes := np.unique(examples.asset)) >= 4:
        return [np.flatnonzero(examples.asset == c) for c in codes]
    return list(
        np.array_split(
            np.argsort(np.asarray(examples.time), kind="stable"), max(1, min(_BLOCKS, len(examples) // _FEWEST))
        )
    )


def _moved(target: Array, expected: Array, piece: Index) -> Misjoin | None:
    given, told, n = target[piece], expected[piece], len(piece)
    loss = {by: np.abs(_shifted(given, by) - told) for by in range(-_REACH, _REACH + 1)}
    inner = slice(_REACH, n - _REACH)
    if n < _FEWEST or n <= 2 * _REACH + 10:
        return None
    sums = {by: float(values[inner].sum()) for by, values in loss.items()}
    by = min(sums, key=lambda k: sums[k])
    if by == 0 or sums[by] > _BETTER * sums[0]:
        return None
    gain, sure = paired(loss[0][inner], loss[by][inner], np.arange(n - 2 * _REACH) // 6)
    return Misjoin(piece, by, 1 - gain, sure) if sure > _SURE else None


def _shifted(values: Array, by: int) -> Array:
    """Row i gets the value of row i + by; at the ends the last known one."""
    return values[np.clip(np.arange(len(values)) + by, 0, len(values) - 1)]
