"""A wish against what rows, cleaning and sensors can give: reachable now, by what, or not."""

from collections.abc import Sequence
from dataclasses import dataclass

from diapason.engines.feasibility.floor import Floor
from diapason.engines.feasibility.promise import Reach
from diapason.engines.feasibility.residue import Known
from diapason.vocabulary.estimates import Estimate

__all__ = ["ROUTES", "Ruling", "rule"]

ROUTES = ("now", "cleaning", "rows", "sensor", "together", "none")
"""What reaches a wish, the cheapest first."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """How a wish stands."""

    wish: float
    better: str  # "lower" or "higher"
    route: str  # one of ROUTES
    sure: bool  # whether the interval lies on one side of the wish, not only its middle
    routes: tuple[str, ...]  # all that reach it in the middle of their intervals
    sensor: str = ""  # name of the part that a sensor must tell


def rule(
    wish: float,
    better: str,
    *,
    now: Estimate,
    cleaned: Estimate | None,
    reach: Reach,
    sensors: Sequence[tuple[Known, Estimate]],
    floor: Floor | None,
) -> Ruling:
    """Which ways reach a wish.

    Args:
        better: "lower" for errors, "higher" for shares.
        now: the metric today, with its interval.
        cleaned: the metric if every row judged wrong were mended; None where none was shown.
        reach: what rows give.
        sensors: parts of the residuals that something unmeasured would tell, and the metric with each.
        floor: in the same metric; None where there is none.
    """
    reached = {"now": _met(wish, better, now.value)}
    reached["cleaning"] = cleaned is not None and _met(wish, better, cleaned.value)
    reached["rows"] = reach.rows is not None
    fit = [(k, e) for k, e in sensors if k.shown and _met(wish, better, e.value)]
    reached["sensor"] = bool(fit)
    both = [k for k, e in sensors if k.shown and better == "lower" and _met(wish, better, _both(now, e, reach.best))]
    reached["together"] = bool(both)
    routes = tuple(r for r in ROUTES[:-1] if reached[r])
    route = routes[0] if routes else "none"
    sensor = fit[0][0].name if fit else both[0].name if both else ""
    return Ruling(wish, better, route, _sure(route, wish, better, (now, cleaned, reach, fit, floor)), routes, sensor)


def _both(now: Estimate, sensor: Estimate, best: Estimate) -> float:
    """Error with a sensor and very many rows: what the sensor tells is taken off, in squares, from what rows leave."""
    return float(max(best.value**2 - (now.value**2 - sensor.value**2), 0.0) ** 0.5)


def _met(wish: float, better: str, value: float) -> bool:
    return value <= wish if better == "lower" else value >= wish


def _sure(
    route: str,
    wish: float,
    better: str,
    said: tuple[Estimate, Estimate | None, Reach, list[tuple[Known, Estimate]], Floor | None],
) -> bool:
    """Whether the unfavourable end of the interval agrees."""
    now, cleaned, reach, fit, floor = said
    end = "high" if better == "lower" else "low"
    if route == "rows":
        return reach.chance >= 0.9
    if route == "none":
        best = reach.best.low if better == "lower" else reach.best.high
        out_of_reach = not _met(wish, better, best)
        return out_of_reach or (floor is not None and better == "lower" and floor.value.low > wish)
    if route == "together":
        return False
    held = {"now": now, "cleaning": cleaned, "sensor": fit[0][1] if fit else None}[route]
    return held is not None and _met(wish, better, getattr(held, end))
