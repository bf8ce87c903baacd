"""Findings about rows that are there twice, keys that are not keys, and equal inputs with unequal targets."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from diapason.engines.quality.layout import Layout, Longs
from diapason.engines.quality.place import Place
from diapason.engines.quality.sample import Part
from diapason.engines.quality.survey import Survey
from diapason.engines.quality.thresholds import Thresholds
from diapason.engines.quality.twins import groups
from diapason.vocabulary.findings import Finding, Where

__all__ = ["twice"]


def twice(survey: Survey, place: Place, limits: Thresholds) -> Iterator[Finding]:
    """Duplicates and contradictions, where chance does not explain them."""
    twins, named = survey.twins, place.named
    rows, starts, sizes = groups(twins.whole)
    scale = 1 / twins.share
    doubles = _later(rows, starts, sizes)
    if doubles.size and _by_chance(place.part, survey.rows, place.layout) < limits.chance * doubles.size * scale:
        where = _where((), doubles, round(doubles.size * scale), survey.rows, named)
        harm = "act" if doubles.size * scale > 0.01 * survey.rows else "look"
        yield Finding("duplicate_rows", where, 0.99, harm, {"groups": round(starts.size * scale)})
    yield from _keys(survey, place, set(doubles.tolist()))
    yield from _contradictions(survey, place, limits)


def _keys(survey: Survey, place: Place, doubles: set[int]) -> Iterator[Finding]:
    """Rows of one asset and time with different content."""
    columns = tuple(c for c in (place.layout.asset, place.layout.time) if c)
    rows = _later(*groups(survey.twins.keys))
    other = np.array([r for r in rows.tolist() if r not in doubles], dtype=np.int64)
    scale = 1 / survey.twins.share
    if other.size and other.size * scale < 0.5 * survey.rows:
        where = _where(columns, other, round(other.size * scale), survey.rows, place.named)
        yield Finding("duplicate_keys", where, 0.95, "act" if other.size > 0.01 * survey.rows else "look")


def _contradictions(survey: Survey, place: Place, limits: Thresholds) -> Iterator[Finding]:
    """Groups of equal inputs whose targets differ by more than the target's own small steps."""
    layout = place.layout
    rows, starts, sizes = groups(survey.twins.inputs)
    if layout.target is None or not starts.size:
        return
    least = np.fmin.reduceat(rows["other"], starts)
    member = np.concatenate([np.arange(s, s + n) for s, n in zip(starts, sizes, strict=True)])
    group = np.repeat(np.arange(starts.size), sizes)
    low, high = np.full(starts.size, np.inf), np.full(starts.size, -np.inf)
    np.fmin.at(low, group, rows["other"][member])
    np.fmax.at(high, group, rows["other"][member])
    del least
    against = (high - low) > _tolerance(place)
    against &= np.isfinite(high - low)
    scale = 1 / survey.twins.share
    chosen = rows["row"][member[against[group]]]
    alike = _by_chance(place.part, survey.rows, layout, inputs=True)
    if not chosen.size or alike > limits.chance * starts.size * scale:
        return
    where = _where((layout.target,), np.unique(chosen), round(chosen.size * scale), survey.rows, place.named)
    facts: dict[str, float | str] = {"groups": round(int(against.sum()) * scale), "alike": round(starts.size * scale)}
    yield Finding("contradictory_labels", where, 0.95, "act" if chosen.size > 0.01 * survey.rows else "look", facts)


def _tolerance(place: Place) -> float:
    """Targets nearer than this count as equal: a tenth of their spread for measured ones, nothing for classes."""
    target = place.layout.target
    if target not in place.layout.numbers:
        return 0.0
    j = place.layout.numbers.index(target)
    return 0.5 * float(place.normal.spread[j]) if place.normal.distinct[j] > 20 else 0.0


def _later(rows: NDArray[np.void], starts: Longs, sizes: Longs) -> Longs:
    """All rows of the groups but the first of each."""
    if not starts.size:
        return np.empty(0, np.int64)
    inside = np.concatenate([np.arange(s + 1, s + n) for s, n in zip(starts, sizes, strict=True)])
    return np.sort(rows["row"][inside])


def _by_chance(part: Part, rows: int, layout: Layout, *, inputs: bool = False) -> float:
    """Expected number of equal pairs if columns were independent: pairs times the chance that each column is equal."""
    apart = {layout.target, layout.time, layout.asset, *layout.counters} if inputs else set(layout.counters)
    log = np.log(max(rows, 2)) * 2 - np.log(2)
    for j, name in enumerate(layout.numbers):
        if name not in apart:
            log += np.log(_equal(part.X[j]))
    for name in layout.words:
        if name not in apart:
            codes = part.words[name].fill_null("").rank("dense").to_numpy().astype(np.float64)
            log += np.log(_equal(codes))
    if not inputs and part.time is not None:
        log += np.log(_equal(part.time))
    return float(np.exp(min(log, 50.0)))


def _equal(values: NDArray[np.float64]) -> float:
    """The chance that two rows have the same value."""
    if values.size < 2:
        return 1.0
    values = values[:: max(values.size // 10_000, 1)]
    counts = np.unique(values, return_counts=True)[1].astype(np.float64)
    pairs = float((counts * (counts - 1)).sum()) / (values.size * (values.size - 1.0))
    return max(pairs, 0.5 / values.size)


def _where(columns: tuple[str, ...], rows: Longs, count: int, of: int, named: int) -> Where:
    return Where(columns, tuple(int(r) for r in rows[:named]), count, of)
