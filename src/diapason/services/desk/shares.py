"""A share of a few things, with the interval that so few allow."""

from diapason.engines.quality.tails import wilson
from diapason.vocabulary.estimates import Estimate

__all__ = ["part"]


def part(good: int, of: int) -> Estimate:
    """How many of those, with Wilson's limits at 95 %; `of` is at least one.

    >>> print(part(9, 10))
    0.9 (0.5958-0.9821)
    """
    low, high = wilson(good, of)
    return Estimate(good / of, low, high, of)
