"""Times of the other table set right: its clock's offset, and the lag between tags and results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from diapason.engines.alignment.clock import Clock, Stretch, clock_offset, on_reference, turned
from diapason.engines.alignment.dead_times import Asset, dead_times
from diapason.engines.alignment.keys import by_key, repeats
from diapason.engines.alignment.lag import Lag, Search, Status
from diapason.engines.alignment.moments import duration, spoken
from diapason.engines.alignment.pairing import likeliest
from diapason.engines.alignment.series import Series
from diapason.errors import Refused
from diapason.services.join.asking import APPLY, ESTIMATE, Asked
from diapason.services.join.sides import Side
from diapason.vocabulary.findings import Finding, Where
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import Role

__all__ = ["Shifts", "lags", "offset", "together"]

Array = NDArray[np.float64]
Signals = Sequence[Mapping[str, Series]]
Pairs = Sequence[tuple[Mapping[str, Series], Mapping[str, Series]]]
MOST_LAGS = 1500  # candidates; a longer reach is searched in coarser steps
REACH_LAG, REACH_OFFSET = 240.0, 1000.0  # samples looked at where nobody says how far
FAR = 14 * 3600.0  # seconds that two clocks may differ by, time zones included
TAGS, RESULTS, PAIRS_LOOKED, ASSETS = 12, 6, 3, 50  # looked at
FEWEST = 12  # rows of the same key


@dataclass(frozen=True, slots=True)
class Shifts:
    """By how much values of the other table move, and what was found of it."""

    by: Mapping[str, float] = field(default_factory=dict)  # column -> time added
    rest: float = 0.0  # of columns not named
    findings: tuple[Finding, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)  # for programs

    def of(self, column: str) -> float:
        """The time added to one column's moments."""
        return self.by.get(column, self.rest)

    @property
    def earlier(self) -> bool:
        """Whether something moved to before it was known."""
        return min([*self.by.values(), self.rest]) < 0


def _search(reach: float, step: float, *, both: bool) -> Search:
    step = max(step, reach / MOST_LAGS)
    return Search(-reach if both else -max(reach / 6, 3 * step), reach, step)


def _step(signals: Mapping[str, Series]) -> float:
    steps = [s.step for s in signals.values() if len(s) > 2]
    return float(min(steps)) if steps else float("nan")


def _span(signals: Mapping[str, Series]) -> float:
    spans = [float(np.ptp(s.time)) for s in signals.values() if len(s)]
    return max(spans, default=0.0)


# -- offset ------------------------------------------------------------------------------------------------------------


def offset(here: Side, there: Side, asked: Asked) -> tuple[Side, Shifts]:
    """The other table with its clock set right, and what was found; its times are untouched under `estimate`.

    Raises:
        Refused: it is to be applied and can't be told.
    """
    if not asked.offset:
        return there, Shifts()
    if asked.offset not in (ESTIMATE, APPLY):
        said = duration(asked.offset)
        found = Finding("offset_said", Where((there.time,)), 1.0, "know", {"offset": _told(said, there)})
        return there.at(there.moments() - said), Shifts(findings=(found,), facts={"said": said})
    clock, by = _offset_by_key(here, there), "key"
    if clock is None:
        clock, by = _offset_by_signals(here, there, asked)
    known = clock.status is not Status.UNKNOWN and bool(clock.stretches)
    found = _offset_finding(clock, by, there) if known else _offset_unknown(clock, there)
    facts = {"clock": clock, "by": by}
    if asked.offset == ESTIMATE:
        return there, Shifts(findings=(found,), facts=facts)
    if not known or clock.status is Status.BROAD:
        raise Refused(
            Text("the clock offset is not identifiable", "时钟偏差无法辨识"),
            at=there.ref.name,
            fix=Text(
                "give it: --offset 7min, or look wider: --within 14h; see --offset estimate",
                "请直接给出：--offset 7min，或放宽搜索：--within 14h；参见 --offset estimate",
            ),
        )
    applied = Finding("offset_applied", found.where, found.sure, "know", found.facts)
    return there.at(on_reference(clock, there.moments())), Shifts(findings=(found, applied), facts=facts)


def _offset_by_key(here: Side, there: Side) -> Clock | None:
    """From rows of one key in both tables: they are about one thing at one time."""
    pairs = tuple(zip(here.keys, there.keys, strict=True))
    if (
        not pairs
        or repeats(here.frame, there.frame, pairs)
        or repeats(there.frame, here.frame, [p[::-1] for p in pairs])
    ):
        return None
    match = by_key(here.frame, there.frame, pairs)
    found = match.other >= 0
    when = there.moments()[match.other[found]]
    apart = when - here.moments()[match.left[found]]
    good = np.isfinite(apart)
    when, apart = when[good], np.sort(apart[good])
    n = len(apart)
    if n < FEWEST:
        return None
    middle, half = float(np.median(apart)), 0.98 * np.sqrt(n)  # of the sign test's 95 %
    low, high = float(apart[int(max(n / 2 - half, 0))]), float(apart[int(min(n / 2 + half, n - 1))])
    ends = float(when.min()), float(when.max())
    return Clock(Status.IDENTIFIED, "", (Stretch(*ends, sum(ends) / 2, middle, low, high),), n=n)


def _offset_by_signals(here: Side, there: Side, asked: Asked) -> tuple[Clock, str]:
    """From a column that both carry; else, where no lag is asked for, from what moves together."""
    mine, theirs = _longest(here, there)
    step = np.nanmin([_step(mine), _step(theirs), np.inf])
    span = min(_span(mine), _span(theirs))
    reach = duration(asked.within) if asked.within else min(span / 4, max(REACH_OFFSET * step, FAR))
    if here.counted and not asked.within:
        reach = min(span / 4, REACH_OFFSET * step)
    if not (np.isfinite(step) and reach > 2 * step):
        return Clock(Status.UNKNOWN, "few"), "signals"
    search = _search(reach, float(step), both=True)
    pairs = [(n, n) for n in mine if n in theirs][:PAIRS_LOOKED]
    by = "column"
    if not pairs and not asked.lag:
        by, pairs = "signals", [(p.tag, p.result) for p in likeliest(mine, theirs, search, PAIRS_LOOKED)]
    clocks = [(_between(mine[a], theirs[b], search), b if a == b else f"{a} – {b}") for a, b in pairs]
    if not clocks:
        return Clock(Status.UNKNOWN, "unrelated"), by
    clock, name = max(clocks, key=lambda c: (c[0].status is Status.IDENTIFIED, c[0].evidence))
    return clock, name


def _between(mine: Series, theirs: Series, search: Search) -> Clock:
    """The other clock against ours; the denser record is the one that is read in between."""
    if len(mine) >= len(theirs):
        return clock_offset(mine, theirs, search)
    return turned(clock_offset(theirs, mine, search))


def _longest(here: Side, there: Side) -> tuple[Mapping[str, Series], Mapping[str, Series]]:
    """The signals of the asset with the longest record that both tables have."""
    return max(together(here, there), key=lambda p: min(sum(map(len, s.values())) for s in p), default=({}, {}))


def together(here: Side, there: Side) -> Pairs:
    """Signals of both tables asset by asset."""
    if not here.keys:
        return [(here.signals[0], there.signals[0])]
    parts = there.frame.partition_by(list(there.keys), maintain_order=True, as_dict=True)
    known = {tuple(map(str, key)): part for key, part in parts.items()}
    found = []
    for key, part in here.frame.partition_by(list(here.keys), maintain_order=True, as_dict=True).items():
        other = known.get(tuple(map(str, key)))
        if other is not None and part.height > 2 and other.height > 2:
            found.append((replace(here, frame=part).signals[0], replace(there, frame=other).signals[0]))
    return sorted(found, key=lambda p: -sum(map(len, p[0].values())))[:ASSETS]


def _offset_finding(clock: Clock, by: str, there: Side) -> Finding:
    s = max(clock.stretches, key=lambda s: s.end - s.start)
    facts: dict[str, float | str] = {name: _told(getattr(s, name), there) for name in ("offset", "low", "high")}
    facts |= {"by": by, "drift": s.drift * 86400, "jumps": len(clock.jumps), "n": clock.n, "clock": there.ref.name}
    moving = bool(clock.jumps or s.drift)
    kind = "offset_moving" if moving else "offset_by_key" if by == "key" else "offset_found"
    where = Where((there.time,), (), clock.n, there.frame.height)
    zero = not moving and s.low <= 0 <= s.high
    return Finding(kind, where, 0.95, "know" if zero else "look", facts)


def _offset_unknown(clock: Clock, there: Side) -> Finding:
    where = Where((there.time,), (), 0, there.frame.height)
    return Finding("offset_unknown", where, 1.0, "look", {"clock": there.ref.name, "n": clock.n})


# -- lag ---------------------------------------------------------------------------------------------------------------


def lags(here: Side, there: Side, asked: Asked) -> Shifts:
    """How much later results come than the tags they follow, per tag; and what to add to the other table's times.

    The table with fewer records holds the results. Tags of the other table move later, results of the other table
    earlier.

    Raises:
        Refused: it is to be applied and no lag can be told.
    """
    if not asked.lag:
        return Shifts()
    pairs = together(here, there)
    turned_ = _records(pairs, 1) < _records(pairs, 0)  # the other table holds the results
    if asked.lag not in (ESTIMATE, APPLY):
        said = duration(asked.lag)
        found = Finding("lag_said", Where(), 1.0, "know", {"lag": _told(said, there)})
        return Shifts(rest=-said if turned_ else said, findings=(found,), facts={"said": said})
    tags, results = [[p[k] for p in pairs] for k in ((0, 1) if turned_ else (1, 0))]
    found_lags = _estimated(tags, results, there if turned_ else here, asked)
    findings = tuple(_lag_findings(found_lags, there))
    facts = {"lags": [{"result": r, **_plain(lag)} for r, lag in found_lags]}
    if asked.lag == ESTIMATE:
        return Shifts(findings=findings, facts=facts)
    best = _best(found_lags)
    if not best:
        raise Refused(
            Text("no lag is identifiable", "没有可辨识的时滞"),
            at=there.ref.name,
            fix=Text(
                "give it: --lag 35min, or look wider: --within 12h; see --lag estimate",
                "请直接给出：--lag 35min，或放宽搜索：--within 12h；参见 --lag estimate",
            ),
        )
    top = max(best.values(), key=lambda lag: lag.share)
    by, rest = ({}, -top.lag) if turned_ else ({n: lag.lag for n, lag in best.items()}, 0.0)
    told = "; ".join(f"{n} {_told(lag.lag, there)}" for n, lag in ({top.tag: top} if turned_ else best).items())
    where = Where(tuple(best) if not turned_ else (top.tag,))
    applied = Finding("lag_applied", where, 0.95, "know", {"told": told})
    return Shifts(by, rest, (*findings, applied), facts)


def _records(pairs: Pairs, side: int) -> float:
    """Distinct moments of one side."""
    return float(sum(len(np.unique(np.concatenate([s.time for s in p[side].values()]))) for p in pairs if p[side]))


def _estimated(tags: Signals, results: Signals, side: Side, asked: Asked) -> list[tuple[str, Lag]]:
    """The lag of every tag to each result."""
    names = list(dict.fromkeys(n for r in results for n in r))
    target = side.contract.first(Role.TARGET)
    names = [target] if target in names else names[:RESULTS]
    longest = max(range(len(tags)), key=lambda k: sum(map(len, tags[k].values())), default=-1)
    if longest < 0 or not tags[longest] or not names:
        return []
    step, every = _step(tags[longest]), _step(results[longest])
    if not step > 0:
        return []
    span = min(_span(tags[longest]), _span(results[longest]))
    reach = duration(asked.within) if asked.within else min(span / 5, max(REACH_LAG * step, 2 * np.nan_to_num(every)))
    if reach <= 3 * step:
        return []
    search = _search(float(reach), step, both=False)
    empty = Series(np.empty(0), np.empty(0))
    found = []
    for name in names:
        chosen = {p.tag for p in likeliest(tags[longest], {name: results[longest].get(name, empty)}, search, TAGS)}
        assets = [
            Asset({n: t.get(n, empty) for n in tags[longest] if n in chosen}, r.get(name, empty))
            for t, r in zip(tags, results, strict=True)
        ]
        found += [(name, lag) for lag in dead_times(assets, search)]
    return found


def _best(found: list[tuple[str, Lag]]) -> dict[str, Lag]:
    """For each tag its lag to the result that it explains most of."""
    best: dict[str, Lag] = {}
    for _, lag in found:
        if lag.status is Status.IDENTIFIED and (lag.tag not in best or lag.share > best[lag.tag].share):
            best[lag.tag] = lag
    return best


def _lag_findings(found: list[tuple[str, Lag]], there: Side) -> list[Finding]:
    """One finding per lag that is known, one per reason for those that are not."""
    if not found:
        return [Finding("lag_few", Where((), (), 0, 0), 1.0, "look", {"result": "-", "n": 0})]
    made, unknown = [], dict[tuple[str, str], list[Lag]]()
    for result, lag in found:
        facts: dict[str, float | str] = {
            "result": result,
            "n": lag.n,
            "share_of": f"{lag.share:.0%}",
            "through": lag.through,
        }
        if lag.status is Status.UNKNOWN:
            unknown.setdefault((result, lag.why or "flat"), []).append(lag)
            continue
        facts |= {name: _told(getattr(lag, name), there) for name in ("lag", "low", "high")}
        kind = "lag_broad" if lag.status is Status.BROAD else "lag_shared" if lag.through else "lag_found"
        made.append(Finding(kind, Where((lag.tag,), (), lag.n, lag.n), 1 - lag.chance, "know", facts))
    for (result, why), some in unknown.items():
        kind = "lag_" + {"ambiguous": "flat", "one event": "one_event"}.get(why, why)
        where = Where(tuple(lag.tag for lag in some), (), len(some), len(found))
        made.append(Finding(kind, where, 1.0, "know" if made else "look", {"result": result, "n": some[0].n}))
    return made


def _plain(lag: Lag) -> dict[str, object]:
    names = ("tag", "status", "why", "lag", "low", "high", "chance", "share", "n", "through")
    return {n: None if isinstance(v := getattr(lag, n), float) and not np.isfinite(v) else v for n in names}


def _told(span: float, side: Side) -> str:
    return spoken(span, counted=side.counted)
