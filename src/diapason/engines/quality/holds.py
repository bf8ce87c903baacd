"""Values that do not move: stuck sensors, full scales, constants."""

from collections.abc import Iterator

import numpy as np

from diapason.engines.quality.layout import Floats, Longs
from diapason.engines.quality.place import Place
from diapason.engines.quality.resting import NATURAL, longest_natural
from diapason.engines.quality.runs import Held
from diapason.engines.quality.sample import Part
from diapason.engines.quality.survey import Survey
from diapason.engines.quality.thresholds import Thresholds
from diapason.engines.quality.windows import Track, Windows
from diapason.vocabulary.findings import Finding, Where
from diapason.vocabulary.tables import Role

__all__ = ["Stuck", "constants", "full_scales", "stuck"]

DIGITAL = tuple(float(2**n - 1) for n in (8, 10, 12, 14, 15, 16))
"""Ends that converters have."""

HOLD = 0.8
"""Share of the rows with one value in one run from which it is held, not cut off."""

Stuck = tuple[int, Held]
"""A column and one run of it."""


def stuck(survey: Survey, place: Place, windows: Windows, limits: Thresholds) -> list[tuple[Stuck, float]]:
    """Runs in which a sensor stood still while the plant did not, and how sure."""
    if not place.normal.ordered:
        return []
    counts, longest = survey.runs.finish()
    tracks = {t.asset: t for t in windows.tracks()}
    found: list[tuple[Stuck, float]] = []
    for j in np.flatnonzero(place.normal.judged & (place.normal.distinct > 20)):
        bound = longest_natural(counts[j], survey.rows, limits)
        runs = longest[j][longest[j]["length"] >= bound]
        ends = [v for v in survey.census.range(int(j)) if v in NATURAL]
        for run in runs[~np.isin(runs["value"], [*place.normal.rests[j], *ends])]:
            same = longest[j]["value"] == run["value"]
            again = int((same & (longest[j]["length"] >= max(4, bound / 2, 0.3 * run["length"]))).sum())
            track = tracks.get(int(run["asset"]))
            lively = _alive(track, int(j), run, place) if track else 1.0
            if again < limits.stuck_rest and lively > limits.stuck_still:
                sure = min(0.99, 0.75 + 0.1 * np.log2(run["length"] / bound) + 0.1 * min(lively, 1.0))
                found.append(((int(j), run), float(sure)))
    return found


def _alive(track: Track, column: int, run: Held, place: Place) -> float:
    """Activity of the other moving columns during a run, against their usual one in the same asset."""
    blocks = track.blocks
    inside = (blocks.block >= run["first"] // blocks.length) & (blocks.block <= run["last"] // blocks.length)
    others = np.flatnonzero(place.normal.judged & (np.arange(place.normal.judged.size) != column))
    activity = track.activity()[others]
    usual = np.median(activity, axis=1) if others.size else np.empty(0)
    moving = usual > 0
    if not moving.any() or not inside.any():
        return 1.0
    return float(np.median(activity[moving][:, inside].mean(axis=1) / usual[moving]))


def full_scales(survey: Survey, place: Place, part: Part, limits: Thresholds) -> Iterator[tuple[int, float, Finding]]:
    """Values that pile up at an end of a column which has no end by nature: column, value, finding."""
    held, longest = survey.runs.finish()
    measured = place.normal.judged & (place.normal.distinct > 30) & (place.normal.held <= limits.held)
    for j in np.flatnonzero(measured):
        runs = longest[j][longest[j]["length"] >= longest_natural(held[j], survey.rows, limits)]
        flat = runs if place.normal.ordered else runs[:0]
        for ends, sign in ((survey.census.low[j], 1.0), (survey.census.high[j], -1.0)):
            values, counts = sign * ends.values, ends.counts
            keep = ~np.isin(values, place.normal.codes[j]) & ~np.isin(values, place.normal.rests[j])
            values, counts = values[keep], counts[keep]
            at = _pile(values, counts, survey.rows, limits)
            at = _flat(values, flat, limits) if at is None else at
            if at is not None:
                finding = _full(int(j), float(values[at]), int(counts[at]), place, limits)
                yield int(j), float(values[at]), finding
        ceiling = _ceiling(int(j), place, part, limits) if place.complete and place.normal.ordered else None
        if ceiling is not None:
            yield int(j), ceiling[0], ceiling[1]


def _full(j: int, value: float, count: int, place: Place, limits: Thresholds) -> Finding:
    rows = place.part.row[place.part.X[j] == value][: place.named]
    where = Where((place.layout.numbers[j],), tuple(int(r) for r in rows), count, place.rows)
    sure = 0.95 if value in DIGITAL or count > 3 * limits.pile_count else 0.8
    return Finding("saturation", where, sure, "look", {"value": value})


def _ceiling(j: int, place: Place, part: Part, limits: Thresholds) -> tuple[float, Finding] | None:
    """A value at which a column is cut off for a while, though it goes beyond at other times."""
    x = part.X[j]
    values, counts = np.unique(x[np.isfinite(x)], return_counts=True)
    if values.size < 30:
        return None
    often = np.argsort(-counts)[:20]
    around = np.array([np.median(counts[max(0, i - 5) : i + 6]) for i in often])
    best = np.argsort(-(counts[often] / np.maximum(around, 1)))[:3]
    order, around = often[best], around[best]
    barred = (*NATURAL, *place.normal.rests[j], *place.normal.codes[j])
    for i, usually in zip(order, around, strict=True):
        value = float(values[i])
        if counts[i] < max(3 * limits.pile_count, limits.pile * usually) or value in barred:
            continue
        at = np.flatnonzero(x == value)
        if _longest(at) > HOLD * at.size:
            continue  # one hold, not a wave that is cut off again and again
        first, last = np.quantile(at, [0.02, 0.98]).astype(int)
        inside, outside = x[first : last + 1], np.concatenate((x[:first], x[last + 1 :]))
        for side in (1.0, -1.0):
            over = float((side * (inside - value) > 0).mean())
            usual = float((side * (outside - value) > 0).mean()) if outside.size else 0.0
            if over < 0.01 and usual > 0.05 and (inside == value).mean() > 0.1:
                times = (part.time[at[0]], part.time[at[-1]]) if part.time is not None else (np.nan, np.nan)
                rows = tuple(int(r) for r in part.row[at][: place.named])
                window = (place.stamp(float(times[0])), place.stamp(float(times[1])))
                where = Where((place.layout.numbers[j],), rows, int(at.size), place.rows, window)
                return value, Finding("saturation", where, 0.9, "look", {"value": value})
    return None


def _longest(at: Longs) -> int:
    """Length of the longest run of neighbouring positions."""
    edges = np.flatnonzero(np.diff(at) > 1) + 1
    return int(np.diff(np.concatenate(([0], edges, [at.size]))).max())


def _pile(values: Floats, counts: Longs, rows: int, limits: Thresholds) -> int | None:
    """Index of the outermost values that is met far more often than those inside of it, if any."""
    for i in range(min(4, values.size - 6)):
        inner = max(limits.pile * float(np.median(counts[i + 1 : i + 9])), 3.0 * float(counts[i + 1 : i + 5].max()))
        enough = counts[i] >= max(limits.pile_count, limits.pile_share * rows, inner)
        if enough and values[i] not in NATURAL and counts[:i].sum() <= 0.05 * counts[i]:
            return i
        if counts[i] > limits.pile_count and values[i] in NATURAL:
            return None
    return None


def _flat(values: Floats, runs: Held, limits: Thresholds) -> int | None:
    """0 if the outermost value is held long at least twice, as a wave is that is cut off."""
    if not values.size or values[0] in NATURAL:
        return None
    tops = runs[runs["value"] == values[0]]
    return 0 if tops.size >= 2 and tops["length"].sum() >= limits.pile_count else None


def constants(survey: Survey, place: Place, part: Part, limits: Thresholds) -> Iterator[Finding]:
    """Columns with one value, or nearly."""
    layout = place.layout
    for j, name in enumerate(layout.numbers):
        present = int(survey.rows - survey.census.missing[j] - survey.census.infinite[j] - survey.census.unread[j])
        low, high = survey.census.range(j)
        if present and low == high:
            where = Where((name,), (), present, survey.rows)
            yield Finding("constant", where, 1.0 if survey.rows > 20 else 0.5, "know", {"value": low})
            continue
        small = name in layout.flags or layout.roles.get(name) is Role.TARGET or place.normal.distinct[j] == 2
        x = part.X[j][np.isfinite(part.X[j])]
        if small or x.size < 200:
            continue
        values, counts = np.unique(x, return_counts=True)
        share = counts.max() / x.size
        if share >= limits.near_constant:
            facts = {"value": float(values[counts.argmax()]), "others": int(values.size - 1)}
            yield Finding(
                "near_constant", Where((name,), (), round(share * survey.rows), survey.rows), 0.9, "know", facts
            )
    yield from _words(survey, layout.words)


def _words(survey: Survey, words: tuple[str, ...]) -> Iterator[Finding]:
    for name, table in zip(words, survey.words.counts, strict=True):
        if table.height == 1 and survey.rows > 20:
            facts: dict[str, float | str] = {"value": str(table["value"][0])}
            yield Finding("constant", Where((name,), (), int(table["count"][0]), survey.rows), 1.0, "know", facts)
