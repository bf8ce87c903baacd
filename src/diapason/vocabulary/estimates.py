"""A number and its doubt travel together."""

from dataclasses import dataclass

__all__ = ["Estimate"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval.

    >>> print(Estimate(0.87, 0.84, 0.90, n=1941, unit="1"))
    0.87 (0.84-0.9)
    """

    value: float
    low: float
    high: float
    n: int  # rows it stands on
    unit: str = "1"  # UCUM code; "1" = no unit, "%" percent
    level: float = 0.95
    clusters: int = 0  # assets, batches or days that were resampled; 0 = rows

    def __str__(self) -> str:
        return f"{self.value:.4g} ({self.low:.4g}-{self.high:.4g})"
