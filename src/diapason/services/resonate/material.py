"""Which rows a trial uses where there are more than it needs."""

import numpy as np
from numpy.typing import NDArray

from diapason.vocabulary.examples import Examples

__all__ = ["sampled"]


def sampled(examples: Examples, most: int, seed: int) -> NDArray[np.int64]:
    """Positions of about `most` rows: whole assets where there are many, else every k-th row."""
    n = len(examples)
    if n <= most:
        return np.arange(n, dtype=np.int64)
    if examples.asset is not None and len(names := np.unique(examples.asset)) >= 20:
        order = np.random.default_rng(seed).permutation(names)
        size = np.bincount(examples.asset, minlength=int(names.max()) + 1)[order]
        kept = order[: max(12, int(np.searchsorted(np.cumsum(size), most)))]
        return np.flatnonzero(np.isin(examples.asset, kept)).astype(np.int64)
    return np.unique(np.linspace(0, n - 1, most).astype(np.int64))
