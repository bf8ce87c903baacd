"""Two looks at a table: the first learns what is normal, the second finds what is not."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from diapason.engines.quality.absence import absence, early
from diapason.engines.quality.cells import explained, out_of_range, unexplained, without
from diapason.engines.quality.dependency import learn_dependencies, worded
from diapason.engines.quality.fleets import other_units
from diapason.engines.quality.holds import constants, full_scales, stuck
from diapason.engines.quality.lastings import cell_free, lasting_findings, run_findings
from diapason.engines.quality.layout import Layout, Rows
from diapason.engines.quality.leaks import FlagRule, breaks, flag_rules, leaks, rule_finding
from diapason.engines.quality.neighbours import with_neighbours
from diapason.engines.quality.normal import learn
from diapason.engines.quality.place import Place
from diapason.engines.quality.report import Report, ranked
from diapason.engines.quality.sample import Part
from diapason.engines.quality.scoring import profile, scores
from diapason.engines.quality.search import Search
from diapason.engines.quality.shifts import lasting
from diapason.engines.quality.spelling import misspelt
from diapason.engines.quality.survey import Survey
from diapason.engines.quality.thresholds import THRESHOLDS, Thresholds
from diapason.engines.quality.ticks import clock
from diapason.engines.quality.twice import twice
from diapason.engines.quality.windows import block_rows
from diapason.engines.quality.wording import Sought, WordSearch, word_findings
from diapason.vocabulary.findings import Finding, Where
from diapason.vocabulary.tables import ROW, Contract

__all__ = ["examine"]

Told = Callable[[Finding], None]


def examine(
    batches: Iterable[pl.DataFrame],
    contract: Contract,
    *,
    on_finding: Told | None = None,
    limits: Thresholds = THRESHOLDS,
) -> Report:
    """Find what is wrong with a table: where, what, how sure.

    The table is read twice, batch by batch; memory is bounded by `limits`, whatever its length. An iterator that can be
    read only once is held in memory, so give something that can be read again (a list, or an object whose `__iter__`
    starts anew) for a table larger than memory.

    Args:
        batches: frames of the same columns, in stored order, with `_row` or numbered here from 0.
        contract: what the columns are; columns it does not name are looked at by their data.
        on_finding: told of each finding once; missing cells as soon as they are met, with the count so far.
        limits: all thresholds.
    """
    again = list(batches) if isinstance(batches, Iterator) else batches
    told: set[tuple[str, tuple[str, ...]]] = set()
    layout, survey = _survey(again, contract, limits, _once(on_finding, told))
    part = survey.sample.finish() if survey is not None else None
    if layout is None or survey is None or part is None:
        empty = Finding("empty", Where(), 1.0, "act")
        if on_finding:
            on_finding(empty)
        return Report((empty,), (), {}, 0, 0)
    sought = _sought(survey, part, layout, limits)
    place = _place(survey, part, layout, sought, again, limits)
    findings = _findings(_Looked(survey, place, sought, flag_rules(place, limits)), again, limits)
    for finding in findings:
        if on_finding and (finding.kind, finding.where.columns) not in told:
            on_finding(finding)
    return Report(
        findings=findings,
        profile=profile(survey, place),
        scores=scores(findings, survey.rows, len(layout.numbers) + len(layout.words)),
        rows=survey.rows,
        columns=len(layout.roles),
        facts={"looked": "whole" if place.complete else "sample and whole", "learnt_rows": len(part)},
    )


@dataclass(frozen=True, slots=True)
class _Looked:
    """What the first look gave, and what the second is to look for."""

    survey: Survey
    place: Place
    sought: Sought
    rules: tuple[FlagRule, ...]


def _once(on_finding: Told | None, told: set[tuple[str, tuple[str, ...]]]) -> Told:
    def tell(finding: Finding) -> None:
        key = (finding.kind, finding.where.columns)
        if on_finding is not None and key not in told:
            told.add(key)
            on_finding(finding)

    return tell


def _numbered(batches: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Batches with rows, with `_row`."""
    seen = 0
    for frame in batches:
        if frame.height:
            yield (
                frame
                if ROW in frame.columns
                else frame.with_columns(pl.int_range(seen, seen + frame.height, dtype=pl.Int64).alias(ROW))
            )
        seen += frame.height


def _survey(
    batches: Iterable[pl.DataFrame], contract: Contract, limits: Thresholds, tell: Told
) -> tuple[Layout | None, Survey | None]:
    """The first look."""
    layout: Layout | None = None
    survey: Survey | None = None
    for frame in _numbered(batches):
        layout = layout or Layout.of(frame, contract)
        piece = Survey.of(Rows.of(frame, layout), layout, limits)
        survey = piece if survey is None else survey.merge(piece)
        if survey.batches & (survey.batches - 1) == 0:
            for finding in early(survey, layout.numbers, layout.words, limits):
                tell(finding)
    return layout, survey


def _place(
    survey: Survey, part: Part, layout: Layout, sought: Sought, batches: Iterable[pl.DataFrame], limits: Thresholds
) -> Place:
    first = next(iter(_numbered(batches)))
    stored = first.schema[layout.time] if layout.time else None
    return Place(
        layout=layout,
        normal=learn(survey, part, layout, frozenset(sought.whole), limits),
        part=part,
        names=survey.names,
        rows=survey.rows,
        calendar=stored is not None and (stored.is_temporal() or stored == pl.String),
        named=limits.rows_named,
        complete=survey.sample.share == 1.0,
    )


def _sought(survey: Survey, part: Part, layout: Layout, limits: Thresholds) -> Sought:
    """What the second look shall look for in words."""
    words = worded(part, layout)
    rules = learn_dependencies(words, limits)
    used = {c for r in rules for c in (r.by, r.what)}
    whole = tuple(c for c in words.columns if c in used and c in layout.numbers)
    return Sought(misspelt(survey.words, limits), rules, whole)


@dataclass(frozen=True, slots=True)
class _Second:
    """What the second look gave."""

    search: Search
    words: WordSearch
    broken: tuple[np.ndarray, ...]


def _look(looked: _Looked, batches: Iterable[pl.DataFrame], limits: Thresholds) -> _Second:
    """The second look."""
    place, layout = looked.place, looked.place.layout
    length = block_rows(looked.survey.rows, place.normal.pace, limits.blocks)
    search: Search | None = None
    words: WordSearch | None = None
    broken: list[list[np.ndarray]] = [[] for _ in looked.rules]
    for rows, mine in with_neighbours(_numbered(batches), layout):
        piece = Search.of(rows, mine, place.normal, length, limits)
        search = piece if search is None else search.merge(piece)
        heard = WordSearch.of(rows, pl.Series(mine), layout, looked.sought, limits.rows_named)
        words = heard if words is None else words.merge(heard)
        for rule, rows_broken in zip(looked.rules, broken, strict=True):
            rows_broken.append(rows.row[breaks(rule, rows.X, layout) & mine])
    if search is None or words is None:
        raise ValueError("the batches could be read only once")
    return _Second(search, words, tuple(np.concatenate(b) for b in broken))


def _findings(looked: _Looked, batches: Iterable[pl.DataFrame], limits: Thresholds) -> tuple[Finding, ...]:
    """All findings, each row and cell explained once, heaviest first."""
    survey, place = looked.survey, looked.place
    second = _look(looked, batches, limits)
    findings = list(absence(survey, second.search, place, limits))
    findings += out_of_range(second.search, place)
    findings += word_findings(second.words, looked.sought, survey.words, place, limits)
    again = list(twice(survey, place, limits))
    doubles = frozenset(r for f in again if f.kind == "duplicate_rows" for r in f.where.rows)
    findings += again
    findings += clock(survey.clock, place, doubles, limits)
    findings += constants(survey, place, place.part, limits)
    findings += leaks(place, limits)
    for rule, rows in zip(looked.rules, second.broken, strict=True):
        if rows.size and (rule.odd or rows.size <= limits.rule_breaks * survey.rows):
            findings.append(rule_finding(rule, np.sort(rows), int(rows.size), place))
    findings += _measured(survey, second.search, place, limits)
    return ranked(findings)


def _measured(survey: Survey, search: Search, place: Place, limits: Thresholds) -> Iterator[Finding]:
    """Findings about measured values, in the order in which one explains the next away."""
    windows = search.windows.finish()
    moved = lasting(windows, place.normal, limits)
    place = replace(place, share=0.5**search.halvings)
    cells = search.finish()
    full: set[tuple[int, float]] = set()
    for column, value, finding in full_scales(survey, place, place.part, limits):
        cells = cells[(cells["column"] != column) | (cells["value"] != value)]
        full.add((column, value))
        yield finding
    coarse = [m for m in moved if m.kind == "resolution_change"]
    still = [s for s in stuck(survey, place, windows, limits) if cell_free(s[0], coarse)]
    still = [s for s in still if (s[0][0], float(s[0][1]["value"])) not in full]
    yield from run_findings(still, place)
    for (column, run), _ in still:
        cells = without(cells, column, int(run["asset"]), (int(run["first"]), int(run["last"])))
    strangers = list(other_units(place))
    for column, asset, _ in strangers:
        cells = cells[(cells["column"] != column) | (cells["asset"] != np.uint64(asset))]
    said, left = explained(cells, search, place, limits)
    said += [finding for _, _, finding in strangers]
    yield from said
    shown = list(lasting_findings(moved, said, still, place))
    yield from (finding for _, finding in shown)
    for one, _ in shown:
        left = without(left, one.column, one.track.asset, one.track.span(one.first, one.last))
    yield from unexplained(left, search, place, limits)
