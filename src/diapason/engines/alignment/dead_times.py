"""Dead times of many tags to one result: those that explain most first, the others on what is left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from diapason.engines.alignment.lag import CHANCE, Fit, Lag, Search, Status, judge
from diapason.engines.alignment.series import Series, readings
from diapason.engines.alignment.study import Study

__all__ = ["Asset", "dead_times"]

Fits = dict[str, Fit]
FEWEST = 12  # results below which no lag is sought
MOST_RESULTS = 4000  # more are thinned evenly
MOST_TAGS = 8  # tags that are taken into account for one another


@dataclass(frozen=True, slots=True)
class Asset:
    """The tags of one asset, and the results that may follow them."""

    tags: Mapping[str, Series]
    result: Series


def dead_times(assets: Sequence[Asset], search: Search) -> tuple[Lag, ...]:
    """The lag of every tag; the lags are taken as common to all assets.

    Args:
        assets: one or more, with the same tags.
        search: where to look.

    Returns:
        One Lag per tag, in the order of the first asset's tags. The lag of a tag is judged beside the tags that
        explain more; where one of those already explains all that this one does, `through` names it and the lag is
        that of the tag alone.
    """
    assets = [a for a in assets if len(a.result)]
    names = list(assets[0].tags) if assets else []
    total = sum(len(a.result) for a in assets)
    if total < FEWEST:
        return tuple(Lag(name, Status.UNKNOWN, "few", n=total) for name in names)
    moving = [n for n in names if any(len(a.tags[n]) > 2 and np.ptp(a.tags[n].value) > 0 for a in assets)]
    ways = {n: _ways([a.tags[n] for a in assets]) for n in moving}
    study = Study({n: way[0] for n, way in ways.items()}, [a.result for a in assets], search, ways)
    study, alone = _beside(study.only(np.arange(total) % -(-total // MOST_RESULTS) == 0), moving, {})
    first, fits = _settled(study, _joined(study, {}, alone))
    first, rest = _beside(first, [n for n in alone if n not in fits], fits)
    last, fits = _settled(study, _joined(first, fits, rest))
    said = {n: judge(n, fit, last.asked(fits, n), search) for n, fit in fits.items()}
    for name in set(alone) - set(said):
        lag = judge(name, alone[name], study.asked({}), search)
        said[name] = replace(lag, through=_nearest(study, name, alone[name], fits) if lag.chance <= CHANCE else "")
    constant = {n: Lag(n, Status.UNKNOWN, "constant", n=total) for n in names}
    return tuple(said.get(n, constant[n]) for n in names)


def _ways(tags: Sequence[Series]) -> list[list[Series]]:
    """One tag's records of all assets in every way they may be read, on both scales."""
    records = [readings(t) for t in tags]
    together = [[r[min(k, len(r) - 1)] for r in records] for k in range(max(map(len, records)))]
    return [[r.scored() for r in way] for way in together] + [[r.scaled() for r in way] for way in together]


def _beside(study: Study, names: Sequence[str], fits: Fits) -> tuple[Study, Fits]:
    """Each of these tags beside those already known, its records read in the way that fits best there."""
    found: Fits = {}
    for name in names:
        study = study.read(name, fits)
        found[name] = study.fit(name, fits)
    return study, found


def _evidence(fit: Fit) -> float:
    return float(fit.scan.gain[fit.best])


def _joined(study: Study, chosen: Fits, fits: Fits) -> Fits:
    """The chosen tags, and of the others those that explain something beyond them."""
    chosen = dict(chosen)
    while len(chosen) < MOST_TAGS:
        claims = {n: f for n, f in fits.items() if f.chance <= CHANCE}
        if not claims:
            break
        best = max(claims, key=lambda n: _evidence(claims[n]))
        chosen[best] = claims[best]
        fits = {n: study.fit(n, chosen) for n in fits if n != best}
    return chosen


def _settled(study: Study, chosen: Fits) -> tuple[Study, Fits]:
    """Each chosen tag again beside the others, wild results left out, until no lag moves; three rounds at most."""
    if not chosen:
        return study, chosen
    calm = study.only(study.tame(chosen))
    calm = min((replace(calm, ranked=r) for r in (True, False)), key=lambda option: option.unexplained(chosen))
    fits = dict(chosen)
    for _ in range(3):
        before = {n: f.best for n, f in fits.items()}
        for name in chosen:
            calm = calm.read(name, fits)
            fits[name] = calm.fit(name, fits)
        if len(fits) == 1 or before == {n: f.best for n, f in fits.items()}:
            break
    return calm, fits


def _nearest(study: Study, name: str, fit: Fit, chosen: Fits) -> str:
    """The chosen tag that looks most like this one, each at its own lag."""
    mine = study.column(name, fit.best)

    def likeness(other: str) -> float:
        return float(abs(np.corrcoef(mine, study.column(other, chosen[other].best))[0, 1]))

    return max(chosen, key=likeness, default="")
