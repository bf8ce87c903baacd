"""Before and after a date: the effect, its interval, and what there was before that looks the same."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from diapason.engines.economics.comparing import Compare, Compared, adjusted, matched
from diapason.engines.economics.effect import LEVEL, SIDES, Days, Doubt, Effect, Placebo, enough, named
from diapason.engines.economics.spread import Spread, spread
from diapason.errors import DataError
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.language import Text

__all__ = ["before_after", "estimates", "matched_days"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_TRIED, _PRIOR = 40, 4.0
"""Placebo dates at most; independent placebos that a calm past is taken to be worth."""
_SHORTEST, _SEASON = 7, 15
_STRETCHED = 0.5
"""Share of the days after beyond all that the covariates were before, above which a baseline shows nothing."""
_UNKNOWN = (float("nan"), float("nan"), float("nan"))


@dataclass(frozen=True, slots=True)
class _Trend:
    """A trend of the days before, drawn on beyond the date."""

    gives: float  # of the effect
    alone: bool  # once it is taken off, no effect is sure
    plain: bool  # the slope itself is sure


def before_after(days: Days, since: int, *, level: float = LEVEL) -> Effect:
    """The mean after a date, less what the days before say it would have been with the same covariates.

    Raises:
        DataError: a side has fewer than 14 days, or the covariates are too many for them.

    >>> draw = np.random.default_rng(0)
    >>> value = 100 + draw.normal(size=200) - 3 * (np.arange(200) >= 150)
    >>> found = before_after(Days(np.arange(200), value, np.zeros((200, 0))), 150)
    >>> found.shown, bool(found.value.low < -3 < found.value.high)
    (True, True)

    Source: interrupted series with an adjusted baseline; placebo dates as in Abadie, Diamond and Hainmueller, JASA 105
    (2010).
    """
    return _judged(days, since, adjusted, level)


def matched_days(days: Days, since: int, *, level: float = LEVEL) -> Effect:
    """Each day after a date against its nearest days before.

    Raises:
        DataError: a side has fewer than 14 days, or nothing matches.
    """
    return _judged(days, since, matched, level)


def _judged(days: Days, since: int, compare: Compare, level: float) -> Effect:
    after = days.day >= since
    enough((int((~after).sum()), int(after.sum())), SIDES, Text("days", "天"))
    found = compare(days, after)
    value = float(found.weights @ days.value)
    told = _placebo(days, after, compare, value)
    moved = spread(found.weights, found.residual, after, found.parameters)
    stated = estimates(found, days, moved, level, 1.0 if told is None else told.wider)
    trend = _trend(days, found, value, level)
    alike = trend is not None and trend.alone
    apart = stated[0].low > 0 or stated[0].high < 0
    same = told is not None and told.share > 1 - level
    return Effect(
        *stated,
        observed=float((found.weights + found.base) @ days.value),
        expected=float(found.base @ days.value),
        shown=bool(apart and not alike and not same and _outside(days, after) <= _STRETCHED),
        weights=found.weights,
        baseline=found.baseline,
        fit=found.fit,
        correlation=moved.correlation,
        doubts=tuple(_doubts(days, found, (trend, moved, told), alike=apart and same, apart=apart)),
        placebo=told,
        balance=found.balance,
        left_out=found.left_out,
    )


def estimates(
    found: Compared, days: Days, moved: Spread, level: float, wider: float, clusters: int = 0
) -> tuple[Estimate, Estimate]:
    """The effect in the metric's unit and in percent of what was expected.

    The limits of the percentage are Fieller's, so that both leave zero out or neither does; where what was expected may
    itself be zero, there is no percentage.
    """
    value, expected = float(found.weights @ days.value), float(found.base @ days.value)
    half, count = wider * moved.reach(level), clusters or len(days.value)
    stated = Estimate(value, value - half, value + half, days.rows, days.unit, level=level, clusters=count)
    own, both = (
        (half / max(moved.error, 1e-300) * spread(w, found.residual, found.after, found.parameters).error) ** 2
        for w in (found.base, found.weights + found.base)
    )
    shared = (both - own - half**2) / 2
    a, b, c = expected**2 - own, value * expected - shared, value**2 - half**2
    if a <= 0:
        return stated, Estimate(*_UNKNOWN, days.rows, "%", level=level, clusters=count)
    root = float(np.sqrt(max(b * b - a * c, 0.0)))
    low, high = 100 * (b - root) / a, 100 * (b + root) / a
    return stated, Estimate(100 * value / expected, low, high, days.rows, "%", level=level, clusters=count)


def _placebo(days: Days, after: Mask, compare: Compare, value: float) -> Placebo | None:
    """The same at dates before the change; None where too few days lie before."""
    past = days.until(int((~after).sum()))
    n = len(past.day)
    wide, first = min(int(after.sum()), n // 3), max(14, n // 3)
    if wide < _SHORTEST or n - wide <= first:
        return None
    sizes, scores = [], []
    for cut in np.unique(np.linspace(first, n - wide, _TRIED).astype(int)):
        part = past.until(cut + wide)
        try:
            found = compare(part, np.arange(cut + wide) >= cut)
        except DataError:  # too few days there for so many covariates, or nothing alike
            continue
        size = float(found.weights @ part.value)
        error = spread(found.weights, found.residual, found.after, found.parameters).error
        sizes.append(abs(size))
        scores.append(size / error if error > 0 else 0.0)
    if not sizes:
        return None
    apart = max(1.0, (n - first) / wide)
    excess = (apart * float(np.mean(np.square(scores))) + _PRIOR) / (apart + _PRIOR)
    return Placebo(len(sizes), float(np.mean(np.array(sizes) >= abs(value))), float(np.sqrt(max(1.0, excess))))


def _trend(days: Days, found: Compared, value: float, level: float) -> _Trend | None:
    """The trend before; None where its slope is no larger than its own error, or a trend was declared."""
    if "trend" in days.names:
        return None
    time = (days.day - days.day[~found.after].mean()).astype(np.float64)
    longer = replace(days, covariates=np.column_stack([days.covariates, time]), names=(*days.names, "trend"))
    try:
        drawn = adjusted(longer, found.after)
    except DataError:  # too few days for one coefficient more
        return None
    weights = drawn.coefficients[-1]
    slope = abs(float(weights @ days.value))
    moved = spread(weights, drawn.residual, found.after, drawn.parameters)
    if slope <= moved.error:
        return None
    left = float(drawn.weights @ days.value)
    half = spread(drawn.weights, drawn.residual, found.after, drawn.parameters).reach(level)
    return _Trend(value - left, left * value <= 0 or abs(left) <= half, slope > moved.reach(level))


def _doubts(
    days: Days,
    found: Compared,
    seen: tuple[_Trend | None, Spread, Placebo | None],
    *,
    alike: bool,
    apart: bool,
) -> list[Doubt]:
    (trend, moved, told), after = seen, found.after
    fewest = min(int(after.sum()), int((~after).sum()))
    season = _same_season(days, after)
    outside = _outside(days, after)
    worst = max(found.balance, key=lambda b: abs(b.after), default=None)
    checks: list[tuple[bool, Callable[[], Doubt]]] = [
        (fewest < 28, lambda: named("few-days", fewest, "days", "天")),
        (
            trend is not None and (trend.plain or (apart and trend.alone)),
            lambda: named("trend-before", trend.gives if trend else 0.0),
        ),
        (season < 0.5, lambda: named("season", season)),
        (told is None, lambda: named("no-placebo", float((~after).sum()))),
        (alike, lambda: named("placebo", told.share if told else 0.0)),
        (moved.correlation > 0.3, lambda: named("autocorrelation", moved.correlation, "days", "日")),
        (outside > 0.1, lambda: named("extrapolated", outside)),
        (found.left_out > 0, lambda: named("unmatched", found.left_out / float(after.sum()))),
    ]
    if worst is not None and abs(worst.after) > 0.25:
        checks.append((True, lambda: named("unbalanced", abs(worst.after), worst.name, worst.name)))
    return [make() for wrong, make in checks if wrong]


def _same_season(days: Days, after: Mask) -> float:
    """Share of the days after with a day before within a fortnight of the same day of the year."""
    place = days.day % days.year
    apart = np.abs(place[after][:, None] - place[~after][None, :])
    return float((np.minimum(apart, days.year - apart).min(axis=1) <= _SEASON).mean())


def _outside(days: Days, after: Mask) -> float:
    """Share of the days after on which some covariate is beyond all that was seen before, by a tenth of its range."""
    if not days.covariates.shape[1]:
        return 0.0
    low, high = days.covariates[~after].min(axis=0), days.covariates[~after].max(axis=0)
    spare = 0.1 * (high - low) + 1e-12
    now = days.covariates[after]
    return float(((now < low - spare) | (now > high + spare)).any(axis=1).mean())
