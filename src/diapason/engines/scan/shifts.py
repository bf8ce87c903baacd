"""Stretches and assets whose values are in another unit or scale, from the windows of a pass."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diapason.engines.scan.batch import DAY
from diapason.engines.scan.column import Column
from diapason.engines.scan.table import Scan, folded, said
from diapason.vocabulary.conversions import CHANGES, Change
from diapason.vocabulary.findings import Finding, Where

__all__ = ["unit_shifts"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_LEAST = 16
"""Windows with values from which on a column is looked at."""
_FEWEST = 3
"""Windows of a stretch, and values of a window, at least."""
_JUMP = 6.0
"""Deviations of the means of windows that a change of unit must exceed."""
_NEAR = 3.0
"""Standard errors within which a change must bring the levels together."""
_SHARE, _EXACT = 0.1, 0.05
"""The same as a share of how far windows stray, and, always, of the jump."""
_FAR, _LIKELY = 10.0, 0.25
"""So many deviations away a level is none of the process; then such a share of the jump will do."""
_AGAIN = 0.25
"""Share of the jump within which other windows come to a level that is then a state of the process."""
_UNEVEN = 10.0
"""So many times farther than the change makes them stray, windows of a stretch are of several levels."""
_SPREAD = 0.35
"""How far the logarithms of spreads may lie apart after the change."""
_CUTS, _WHOLE = 8, 0.75
"""Cuts between levels at most; share of a stretch that must lie on its level: a process stops there too."""
_FACTORS, _OFFSETS = (np.array([getattr(c, name) for c in CHANGES]) for name in ("factor", "offset"))
_FLEET = 5
"""Assets from which on one of them can be told apart."""


@dataclass(frozen=True, slots=True)
class _Level:
    """What a group of windows, or of assets, has: their mean, spread inside, and how far both stray."""

    mean: float
    inside: float
    stray: float
    n: int
    varied: float  # how far logarithms of their spreads stray


def unit_shifts(name: str, column: Column, scan: Scan) -> Iterator[Finding]:
    """Stretches of an asset, or whole assets, that a known change of unit or scale explains.

    A stretch is one that the others of its column are not like: its level has jumped farther than levels stray, the
    change brings level and spread back together, and it is not the larger part.
    """
    windows = scan.together(column)
    days = _days(windows, scan)
    for track in _possible(days):
        for group, change, usual, value in _of_asset(days, track):
            inside = _ends(windows[track], days[track], group, (usual.mean + value) / 2, value > usual.mean)
            count, window = _where(windows[track], inside, scan)
            where = Where((name,), (), count, int(column["known"]), window, _called(scan, track))
            yield Finding("unit_shift", where, 0.9, "act", _facts(change, usual, value))
    yield from _of_fleet(name, windows, scan, int(column["known"]))


def _days(windows: NDArray[np.void], scan: Scan) -> NDArray[np.void]:
    """Windows brought together to about a day each, where that leaves enough: the course of a day is no shift.

    Where most hold fewer values than a window needs, as many are brought together as hold them.
    """
    many = round(DAY / 2.0**scan.level) if scan.shape.calendar else 1
    met = int((windows["n"] > 0).sum(axis=1).max(initial=0))
    if many < 2 or met < _LEAST * many:
        some = windows["n"][windows["n"] > 0]
        many = int(np.ceil(_FEWEST / float(np.median(some)))) if some.size else 1
    return folded(windows, np.arange(windows.shape[1]) // many * many) if many > 1 else windows


def _of_asset(windows: NDArray[np.void], track: int) -> Iterator[tuple[Index, Change, _Level, float]]:
    """Windows of each stretch of an asset, the change that explains it, what the others are like, and its mean."""
    mine = windows[track]
    met = np.flatnonzero(mine["n"] >= _FEWEST)
    if len(met) < _LEAST:
        return
    mean, inside = mine["mean"][met], np.sqrt(mine["m2"][met] / mine["n"][met])
    groups = _levels(mean)
    main = max(groups, key=len, default=met)
    told: set[int] = set()
    for group in groups:
        stretch = _stretch(mean, main, group)
        if group is main or told & set(stretch.tolist()) or not _FEWEST <= len(stretch) <= len(met) / 2:
            continue
        others = np.delete(np.arange(len(met)), stretch)
        core = stretch[1:-1] if len(stretch) >= _FEWEST + 2 else stretch  # its ends may hold some of both
        usual, level = _level(mean[others], inside[others]), _level(mean[core], inside[core])
        change = _explained(usual, level)
        if change is not None and not _again(windows, track, met[stretch], level.mean - usual.mean):
            told |= set(stretch.tolist())
            yield met[stretch], change, usual, float(mean[core].mean())


def _possible(windows: NDArray[np.void]) -> Index:
    """Assets of which any change could explain any stretch: for most none can, since levels lie too close.

    What is usual lies between the quartiles, for a stretch is the smaller part; and a level that a change explains lies
    off by less than a share of the jump.
    """
    known = windows["n"] >= _FEWEST
    n = known.sum(axis=1)
    ordered = np.sort(np.where(known, windows["mean"], np.inf), axis=1)
    each = np.flatnonzero(n >= _LEAST)
    n, ordered = n[each], ordered[each]
    at = np.arange(len(each))
    usual = np.stack([ordered[at, n // 4], ordered[at, n - 1 - n // 4]])  # (2, assets)
    jump = (_FACTORS[:, None, None] - 1) * usual + _OFFSETS[:, None, None]
    ends = np.concatenate([usual + jump / (1 + _LIKELY), usual + jump / (1 - _LIKELY)], axis=1)
    here = (ends.min(axis=1) <= ordered[at, n - 1]) & (ends.max(axis=1) >= ordered[:, 0])
    return np.asarray(each[here.any(axis=0)])


def _stretch(mean: Array, main: Index, group: Index) -> Index:
    """Windows about those of a group that lie nearer to it than to the larger part; a few others may lie between."""
    here = _middle(mean[group])
    border = (_middle(mean[main]) + here) / 2
    there = mean > border if here > border else mean < border
    like = np.flatnonzero(there)
    if like.size and there[like[0] : like[-1] + 1].mean() >= _WHOLE:
        return like
    outside = np.flatnonzero(~there)
    middle = group[len(group) // 2]
    return np.arange(outside[outside < middle].max(initial=-1) + 1, outside[outside > middle].min(initial=len(mean)))


def _again(windows: NDArray[np.void], track: int, group: Index, jump: float) -> bool:
    """Whether other windows, of this asset or any, lie as far from what is usual there: then it is a state."""
    known = windows["n"] >= _FEWEST
    known[track, max(group[0] - 1, 0) : group[-1] + 2] = False
    usual = np.array([_middle(w["mean"][k]) if k.any() else np.nan for w, k in zip(windows, known, strict=True)])
    away = (windows["mean"] - usual[:, None])[known]
    return int((np.abs(away - jump) < _AGAIN * abs(jump)).sum()) >= _FEWEST


def _ends(fine: NDArray[np.void], days: NDArray[np.void], group: Index, border: float, above: bool) -> Index:
    """The windows of a stretch, its ends found among those that are not brought together."""
    step = int(np.diff(np.flatnonzero(days["n"])).min(initial=len(fine)))
    reach = np.arange(max(group[0] - step, 0), min(group[-1] + 2 * step, len(fine)))
    reach = reach[fine["n"][reach] > 0]
    there = fine["mean"][reach] > border if above else fine["mean"][reach] < border
    like = np.flatnonzero(there)
    return np.asarray(reach[like[0] : like[-1] + 1] if like.size else reach)


def _where(fine: NDArray[np.void], inside: Index, scan: Scan) -> tuple[int, tuple[str, str]]:
    """How many values windows hold, and from when to when."""
    begin, end = (int((scan.base + int(at)) << scan.level) for at in (inside[0], inside[-1] + 1))
    return int(fine["n"][inside].sum()), (said(scan, begin), said(scan, end))


def _of_fleet(name: str, windows: NDArray[np.void], scan: Scan, known: int) -> Iterator[Finding]:
    """Whole assets in another unit than most."""
    n = windows["n"].sum(axis=1)
    met = np.flatnonzero(n >= _LEAST)
    if len(met) < _FLEET:
        return
    weight = windows["n"][met]
    mean = (weight * windows["mean"][met]).sum(axis=1) / n[met]
    apart = weight * np.square(windows["mean"][met] - mean[:, None])
    inside = np.sqrt((windows["m2"][met] + apart).sum(axis=1) / n[met])
    calm = _calm(windows[met])
    inside = calm if (calm > 0).all() else inside  # one that never stopped has less spread over all, not within windows
    usual = _level(mean, inside)
    for at in range(len(met)):
        change = _explained(usual, _Level(float(mean[at]), float(inside[at]), usual.stray, 1, usual.varied))
        if change is not None:
            where = Where((name,), (), int(n[met[at]]), known, asset=_called(scan, int(met[at])))
            yield Finding("unit_shift_asset", where, 0.9, "act", _facts(change, usual, float(mean[at])))


def _calm(windows: NDArray[np.void]) -> Array:
    """The middle of the spreads within windows, of each asset; 0 where no window holds enough."""
    spread = np.sqrt(windows["m2"] / np.maximum(windows["n"], 1))
    full = windows["n"] >= _FEWEST
    return np.array([_middle(s[k]) if k.any() else 0.0 for s, k in zip(spread, full, strict=True)])


def _level(mean: Array, inside: Array) -> _Level:
    middle = _middle(mean)
    stray = 1.4826 * _middle(np.abs(mean - middle))
    moves = np.log(inside[inside > 0])
    varied = 1.4826 * _middle(np.abs(moves - _middle(moves))) if moves.size else 0.0
    return _Level(middle, _middle(inside), stray, len(mean), varied)


def _middle(x: Array) -> float:
    """The median; of a few hundred values ten times as quickly as NumPy's, which asks more questions."""
    ordered, n = np.sort(x), len(x)
    return float(ordered[(n - 1) // 2] + ordered[n // 2]) / 2


def _explained(usual: _Level, other: _Level) -> Change | None:
    """The one change that brings both together."""
    jump = abs(other.mean - usual.mean)
    if jump <= _JUMP * max(usual.stray, 1e-9 * abs(usual.mean)) or not usual.inside > 0 or not other.inside > 0:
        return None
    fitting = [c for c in CHANGES if _fits(c, usual, other, jump)]
    if not fitting:
        return None
    return min(fitting, key=lambda c: abs(c.factor * usual.mean + c.offset - other.mean))


def _fits(change: Change, usual: _Level, other: _Level, jump: float) -> bool:
    off = abs(change.factor * usual.mean + change.offset - other.mean)
    few = float(np.sqrt(1 / usual.n + 1 / other.n))
    stray = abs(change.factor) * usual.stray
    apart = abs(np.log(other.inside / (abs(change.factor) * usual.inside)))
    if other.n >= _FEWEST and other.stray > _UNEVEN * stray:
        return False  # it has several levels, of which none is the usual one in another unit
    if jump > _FAR * usual.stray:
        near = off <= max(_NEAR * few * stray, stray, _EXACT * jump) and off < _LIKELY * jump
        return bool(near and apart < max(_SPREAD, _NEAR * few * usual.varied))
    return bool(off <= max(_NEAR * few * stray, _SHARE * stray) and off < _EXACT * jump and apart < _SPREAD)


def _levels(mean: Array) -> list[Index]:
    """Windows of like level: cut where the sum of squares falls most, then brought together by level."""
    pieces = [(*_cut(mean), np.arange(len(mean)))]
    for _ in range(_CUTS):
        k = max(range(len(pieces)), key=lambda i: pieces[i][0])
        gain, at, piece = pieces[k]
        if gain <= 0:
            break
        pieces[k : k + 1] = [(*_cut(mean[part]), part) for part in (piece[:at], piece[at:])]
    return [piece for *_, piece in pieces if len(piece) >= _FEWEST]


def _cut(x: Array) -> tuple[float, int]:
    """How far the two levels of the best cut lie apart beyond what windows stray, and where; 0 if they do not."""
    n = len(x)
    if n < 2 * _FEWEST:
        return 0.0, 0
    at = np.arange(_FEWEST, n - _FEWEST + 1)
    total = np.cumsum(x)
    left, right = total[at - 1] / at, (total[-1] - total[at - 1]) / (n - at)
    gain = at * (n - at) / n * np.square(left - right)
    best = int(gain.argmax())
    stray = 1.4826 * _middle(np.abs(np.diff(x))) / np.sqrt(2)
    jump = abs(left[best] - right[best])
    return (float(gain[best]), int(at[best])) if jump > _JUMP * max(stray, 1e-12 * abs(float(x.mean()))) else (0.0, 0)


def _facts(change: Change, usual: _Level, value: float) -> dict[str, float | str]:
    return {"change": change.name, "value": value, "expected": usual.mean}


def _called(scan: Scan, track: int) -> str:
    names = list(scan.assets.numbers)
    return names[track] if names else ""
