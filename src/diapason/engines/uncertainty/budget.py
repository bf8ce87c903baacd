"""The uncertainty budget of one sensor: calibration, resolution, drift; combined and expanded."""

from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

__all__ = ["Budget", "Part", "Sensor", "budget", "combined", "step"]

YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Sensor:
    """What is declared of a sensor, in its own unit; None = not said."""

    tag: str
    calibration: float | None = None  # expanded uncertainty on the certificate
    k: float = 2.0  # its coverage factor
    dof: float = inf  # its degrees of freedom
    days: float | None = None  # since it was calibrated
    drift: float | None = None  # largest drift in a year, either way
    resolution: float | None = None  # least step that it shows


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the budget."""

    name: str  # "calibration", "resolution", "drift"
    u: float  # standard uncertainty
    dof: float
    shape: str  # "student" or "rectangular"
    common: bool  # the same error in every reading, or a new one in each


@dataclass(frozen=True, slots=True)
class Budget:
    """Standard and expanded uncertainty of one reading, in the unit of the tag."""

    tag: str
    parts: tuple[Part, ...]
    missing: tuple[str, ...]  # lines that nothing is known of: the sum is a lower bound
    u: float
    dof: float  # effective
    k: float
    expanded: float
    level: float


def budget(sensor: Sensor, *, seen: float | None = None, level: float = 0.95) -> Budget:
    """Combine what is known of a sensor.

    Args:
        seen: the step found in its data, used where no resolution is declared.
        level: coverage of the expanded uncertainty.

    >>> round(budget(Sensor("t", calibration=0.2, resolution=0.1)).u, 4)
    0.1041

    Source: JCGM 100:2008 (GUM), 4.3.7, 5.1.2, F.2.2.1, G.4.1 (Welch and Satterthwaite).
    """
    resolution = seen if sensor.resolution is None else sensor.resolution
    parts, missing = [], []
    if sensor.calibration is None:
        missing.append("calibration")
    else:
        parts.append(Part("calibration", sensor.calibration / sensor.k, sensor.dof, "student", common=True))
    if resolution is None:
        missing.append("resolution")
    else:
        parts.append(Part("resolution", resolution / sqrt(12), inf, "rectangular", common=False))
    if sensor.drift is None or sensor.days is None:
        missing.append("drift")
    else:
        most = sensor.drift * max(sensor.days, 0.0) / YEAR
        parts.append(Part("drift", most / sqrt(3), inf, "rectangular", common=True))
    return combined(sensor.tag, tuple(parts), tuple(missing), level)


def combined(tag: str, parts: tuple[Part, ...], missing: tuple[str, ...] = (), level: float = 0.95) -> Budget:
    """Add lines in squares; degrees of freedom as Welch and Satterthwaite, coverage factor of Student's law.

    >>> round(combined("t", (Part("a", 0.25, 9, "student", True), Part("b", 0.57, 4, "student", True),
    ...                      Part("c", 0.82, 14, "student", True))).dof, 1)
    19.0
    """
    u = sqrt(sum(p.u**2 for p in parts))
    below = sum(p.u**4 / p.dof for p in parts)
    dof = u**4 / below if below > 0 else inf
    k = float(stats.norm.ppf(0.5 + level / 2) if dof == inf else stats.t.ppf(0.5 + level / 2, dof))
    return Budget(tag, parts, missing, u, dof, k, k * u, level)


def step(values: ArrayLike, *, off: float = 1e-3) -> float | None:
    """The step of which all differences of these values are multiples; None where there is none.

    Args:
        values: different values, sorted; shape (n,).
        off: how far from a whole number of steps a difference may lie, in steps.

    >>> step([1.0, 1.5, 2.5, 4.0])
    0.5
    >>> step([0.0, 1.0, 1.4142, 2.2])
    """
    x: NDArray[np.float64] = np.asarray(values, np.float64)
    x = x[np.isfinite(x)]
    if len(x) < 4:
        return None
    found = _divisor(np.unique(np.diff(x)[np.diff(x) > 0]))
    if found is None or not _fine(x, found):
        return None
    whole = (x - x[0]) / found
    return found if float(np.abs(whole - np.round(whole)).max()) <= off else None


def _divisor(gaps: NDArray[np.float64]) -> float | None:
    """The largest number of which all gaps are multiples, by Euclid; None where it is far below the least of them."""
    if not len(gaps):
        return None
    least = found = float(gaps[0])
    for gap in gaps[:256].tolist():
        rest = gap
        while rest > 1e-3 * least:
            found, rest = rest, abs(found - rest * round(found / rest))
        if found < 0.05 * least:
            return None
    return float(f"{found:.9g}")


def _fine(x: NDArray[np.float64], found: float) -> bool:
    """Whether so many values on so few steps are no accident: more than one in a thousand steps is taken."""
    return bool(len(x) * 1000 > (x[-1] - x[0]) / found)
