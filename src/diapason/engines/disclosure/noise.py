"""Counts with noise whose loss of privacy is known, and the account of that loss."""

from collections.abc import Sequence

import numpy as np

__all__ = ["noisy", "spent"]


def noisy(counts: Sequence[int], epsilon: float, seed: bytes) -> tuple[int, ...]:
    """Counts of disjoint groups plus two-sided geometric noise: one row more or less changes what is seen by at most a
    factor exp(epsilon). Negative counts become 0.

    Args:
        counts: rows of groups that share no row.
        epsilon: above 0.
        seed: secret bytes; the same secret gives the same noise, so that nobody can average it away by asking again.

    Source: Ghosh, Roughgarden & Sundararajan, SIAM J. Comput. 41 (2012); Dwork & Roth, The Algorithmic Foundations of
    Differential Privacy, 2014, section 3.3 (parallel composition over disjoint groups: section 3.5).
    """
    draw = np.random.default_rng(np.frombuffer(seed, np.uint8).astype(np.uint32).tolist())
    stop = 1.0 - np.exp(-epsilon)
    up, down = draw.geometric(stop, len(counts)), draw.geometric(stop, len(counts))
    return tuple(int(max(0, c + u - d)) for c, u, d in zip(counts, up, down, strict=True))


def spent(epsilon: float, partitions: int) -> float:
    """The loss of telling several partitions of the same rows: it adds up.

    >>> spent(0.5, 3)
    1.5

    Source: sequential composition, Dwork & Roth 2014, theorem 3.16.
    """
    return epsilon * partitions
