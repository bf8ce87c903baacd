"""Findings about cells without a value: null, blank, a code, a word, not finite, not a number."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from diapason.engines.quality.place import Place
from diapason.engines.quality.report import harm
from diapason.engines.quality.search import Search
from diapason.engines.quality.survey import Survey
from diapason.engines.quality.thresholds import Thresholds
from diapason.vocabulary.findings import Finding, Where

__all__ = ["absence", "early"]


def early(survey: Survey, numbers: tuple[str, ...], words: tuple[str, ...], limits: Thresholds) -> Iterator[Finding]:
    """What can already be said while the first look is going on: missing cells so far."""
    for name, count in zip(numbers, survey.census.missing, strict=True):
        if count:
            yield _missing(name, int(count), survey.rows, (), limits)
    for name, count in zip(words, survey.words.missing, strict=True):
        if count:
            yield _missing(name, int(count), survey.rows, (), limits)


def absence(survey: Survey, search: Search, place: Place, limits: Thresholds) -> Iterator[Finding]:
    """All cells without a value, by how they lack it."""
    layout = place.layout
    for j, name in enumerate(layout.numbers):
        if survey.census.missing[j]:
            yield _number(j, name, survey, search, place, limits)
        for kind, found in (("not_finite", search.found("infinite", j)), ("not_a_number", search.found("unread", j))):
            if found.count:
                where = Where((name,), tuple(int(r) for r in found.rows), found.count, survey.rows)
                yield Finding(kind, where, 1.0, harm(found.count, survey.rows))
        for code in place.normal.codes[j]:
            found = search.found("code", j, float(code))
            if found.count:
                where = Where((name,), tuple(int(r) for r in found.rows), found.count, survey.rows)
                sure = 0.98 if abs(code) >= 900 else 0.85
                yield Finding("missing_code", where, sure, harm(found.count, survey.rows), {"code": f"{code:.10g}"})


def _number(j: int, name: str, survey: Survey, search: Search, place: Place, limits: Thresholds) -> Finding:
    """Missing numbers; a column that is there only now and then by plan is merely worth knowing."""
    count = int(survey.census.missing[j])
    finding = _missing(name, count, survey.rows, tuple(int(r) for r in search.found("absent", j).rows), limits)
    every = _planned(np.isfinite(place.part.X[j]), place)
    if every is None:
        return finding
    return Finding("missing_by_plan", finding.where, 0.9, "know", {"every": every})


def _planned(there: NDArray[np.bool_], place: Place) -> float | None:
    """Rows between values where they come at even distances, as laboratory results do; None otherwise."""
    if not place.normal.ordered or there.mean() > 0.5 or there.sum() < 20:
        return None
    at = np.flatnonzero(there)
    same = place.part.stretch[at[1:]] == place.part.stretch[at[:-1]]
    apart = np.diff(at)[same]
    if apart.size < 10:
        return None
    middle = float(np.median(apart))
    return middle if (np.abs(apart - middle) <= 0.25 * middle).mean() > 0.8 else None


def _missing(name: str, count: int, rows: int, named: tuple[int, ...], limits: Thresholds) -> Finding:
    return Finding("missing", Where((name,), named, count, rows), 1.0, _harm(count / rows, limits))


def _harm(share: float, limits: Thresholds) -> str:
    return "act" if share >= limits.missing_act else "look" if share >= limits.missing_look else "know"
