"""Numbers that are recomputed in another way, and texts whose every number has a source."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

__all__ = ["Computed", "Source", "compute", "numbers_in", "unsupported"]

_NUMBER = re.compile(r"(?<![\w.-])[-+]?\d+(?:,\d{3})*(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w-]|\.\d)", re.ASCII)
_NEAR = 1e-9


@dataclass(frozen=True, slots=True)
class Source:
    """Where a number comes from."""

    kind: str  # "dataset", "model", "agent"
    ref: str
    digest: str
    rows: int = 0  # readings that it was computed from


@dataclass(frozen=True, slots=True)
class Computed:
    """A number, and what it is."""

    name: str
    value: float
    unit: str
    source: Source
    at: datetime | None = None


def compute(values: NDArray[np.float64], statistic: str) -> float:
    """A statistic of readings in their order, nan where there is none; missing ones are nan.

    Independent of how it was first computed: plain numpy, sums exactly rounded.

    Args:
        values: shape (n,).

    >>> compute(np.array([1.0, np.nan, 3.0]), "mean"), compute(np.array([1.0, np.nan]), "missing")
    (2.0, 1.0)
    """
    there = values[np.isfinite(values)]
    if statistic in ("count", "missing"):
        return float(there.size if statistic == "count" else values.size - there.size)
    if not there.size:
        return math.nan
    mean = math.fsum(there.tolist()) / there.size
    simple = {"mean": mean, "max": float(np.sort(there)[-1]), "min": float(np.sort(there)[0])}
    simple |= {"first": float(there[0]), "last": float(there[-1]), "range": simple["max"] - simple["min"]}
    if statistic in simple:
        return simple[statistic]
    if statistic == "median":
        ordered = np.sort(there)
        half = ordered.size // 2
        return float(ordered[half]) if ordered.size % 2 else float((ordered[half - 1] + ordered[half]) / 2)
    spread = math.fsum((v - mean) ** 2 for v in there.tolist())
    return math.sqrt(spread / (there.size - 1)) if there.size > 1 else math.nan


def numbers_in(text: str) -> list[float]:
    """Every number that stands in a text; those inside names are none.

    >>> numbers_in("TIC-201.PV rose by 1,200.5 to -3")
    [1200.5, -3.0]
    """
    return [float(n.replace(",", "")) for n in _NUMBER.findall(text)]


def unsupported(text: str, values: Iterable[float], allowed: Sequence[str] = ()) -> list[float]:
    """Numbers of a text that follow from no value, at the digits with which they are written.

    Args:
        allowed: parts of the text that are no claims: names, moments, what the question said itself.
    """
    rest = text
    for part in sorted(allowed, key=len, reverse=True):
        rest = rest.replace(part, " ")
    known = [v for v in values if math.isfinite(v)]
    return [n for n in numbers_in(rest) if not any(_same(n, v) for v in known)]


def _same(written: float, value: float) -> bool:
    """Whether a number is this value, rounded to the six digits with which answers write it."""
    return written == value or float(f"{value:.6g}") == written or math.isclose(written, value, rel_tol=_NEAR)
