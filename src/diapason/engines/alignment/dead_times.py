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
    study = Study({n: [a.tags[n].scored() for a in assets] for n in moving}, [a.result for a in assets], search)
    study, alone = _alone(study.only(np.arange(total) % -(-total // MOST_RESULTS) == 0), assets)
    first, fits = _settled(study, _joined(study, {}, alone))
    rest = {n: first.fit(n, fits) for n in alone if n not in fits}
    last, fits = _settled(study, _joined(first, fits, rest))
    said = {n: judge(n, fit, last.asked(fits, n), search) for n, fit in fits.items()}
    for name in set(alone) - set(said):
        lag = judge(name, alone[name], study.asked({}), search)
        said[name] = replace(lag, through=_nearest(study, name, alone[name], fits) if lag.chance <= CHANCE else "")
    constant = {n: Lag(n, Status.UNKNOWN, "constant", n=total) for n in names}
    return tuple(said.get(n, constant[n]) for n in names)


def _alone(study: Study, assets: Sequence[Asset]) -> tuple[Study, Fits]:
    """Each tag by itself, its records read in the way and on the scale that fit best."""
    fits: Fits = {}
    for name in list(study.tags):
        records = [readings(a.tags[name]) for a in assets]
        most = min(map(len, records))
        ways = [study.read(name, [r[k].scored() for r in records]) for k in range(most)]
        ways += [study.read(name, [r[k].scaled() for r in records]) for k in range(most)]
        study = max(ways, key=lambda way: way.glance(name))
        fits[name] = study.fit(name, {})
    return study, fits


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
