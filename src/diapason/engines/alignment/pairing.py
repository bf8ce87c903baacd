"""Which tag and which result seem to belong together, before anything is estimated."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from diapason.engines.alignment.lag import Search
from diapason.engines.alignment.series import Series, value_at

__all__ = ["Pair", "likeliest"]

MOST_RESULTS = 300  # of one record; more are thinned evenly
MOST_LAGS = 800
FEWEST = 8  # records of either side


@dataclass(frozen=True, slots=True)
class Pair:
    """A tag, a result, and by how much their correlation at the best lag stands above that at the usual one."""

    tag: str
    result: str
    strength: float  # 0..1


def likeliest(tags: Mapping[str, Series], results: Mapping[str, Series], search: Search, most: int) -> tuple[Pair, ...]:
    """The pairs whose correlation has the highest peak over the lags searched, strongest first.

    A trend that both share is high at every lag and so has no peak.
    """
    lags = search.lags[:: -(-len(search.lags) // MOST_LAGS)]
    thinned = {n: _thinned(r) for n, r in results.items() if len(r) >= FEWEST and np.ptp(r.value) > 0}
    pairs = []
    for name, tag in tags.items():
        if len(tag) < FEWEST or np.ptp(tag.value) == 0:
            continue
        scored = tag.scored()
        pairs += [Pair(name, result, _peak(scored, record, lags)) for result, record in thinned.items()]
    return tuple(sorted(pairs, key=lambda p: -p.strength)[:most])


def _thinned(record: Series) -> Series:
    every = -(-len(record) // MOST_RESULTS)
    return Series(record.time[::every], record.value[::every], record.stepped).scored()


def _peak(tag: Series, result: Series, lags: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    seen = value_at(tag, result.time[:, None] - lags)
    known = np.isfinite(seen)
    count = known.sum(axis=0)
    enough = count >= max(FEWEST, len(result) // 4)
    if not enough.any():
        return 0.0
    seen, value = np.where(known, seen, 0.0), np.where(known, result.value[:, None], 0.0)
    n = np.maximum(count, 1)
    both = (seen * value).sum(axis=0) - seen.sum(axis=0) * value.sum(axis=0) / n
    spread = [(x**2).sum(axis=0) - x.sum(axis=0) ** 2 / n for x in (seen, value)]
    size = np.abs(both) / np.sqrt(np.maximum(spread[0] * spread[1], 1e-12))
    return float(size[enough].max() - np.median(size[enough]))
