"""What lasts: a column that moves away from the others for a while, creeps away from them, or changes its grid."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diapason.engines.quality.layout import Floats
from diapason.engines.quality.normal import Normal
from diapason.engines.quality.tails import robust
from diapason.engines.quality.thresholds import Thresholds
from diapason.engines.quality.windows import BOUND, Track, Windows

__all__ = ["Lasting", "lasting"]


@dataclass(frozen=True, slots=True)
class Lasting:
    """One column of one asset, from block to block."""

    kind: str  # "level_shift", "drift", "resolution_change"
    column: int
    track: Track
    first: int
    last: int
    size: float  # standard deviations of a row; for a grid the share of coarse cells before
    sure: float
    moved: float = 0.0  # what the level moved, in spreads of its residual


def lasting(windows: Windows, normal: Normal, limits: Thresholds) -> list[Lasting]:
    """All that lasts, without what the process did as a whole and what one column does to its relatives."""
    tracks = [t for t in windows.tracks() if t.blocks.block.size >= 8]
    followed = _followed(normal)
    levels = [_levels(t, followed) for t in tracks]
    ramps = [_ramps(level) for level in levels]
    usual = _usual([size for _, _, size, _ in ramps], followed.size)
    rivals = _rivals(levels, limits)
    steady = _steady(normal, limits)[followed]
    found: list[Lasting] = []
    for track, level, ramp in zip(tracks, levels, ramps, strict=True):
        each = []
        for i, column in enumerate(followed):
            step = _level(level[i], usual[:, i], track, limits)
            creep = _creep(tuple(x[i] for x in ramp), usual[:, i], track, limits) if steady[i] else None
            if step is not None and _common(step, level[i], rivals[i]):
                step = None
            best = max((x for x in (step, creep) if x is not None), key=lambda x: x[4], default=None)
            if best is not None:
                moved = best[3] if best[0] == "level_shift" else _climbed(level[i], best[1], best[2])
                each.append(Lasting(best[0], int(column), track, *best[1:4], float(min(0.95, best[5])), moved))
        own = [x for x in _own(each, normal) if not _event(x, level, followed, normal, limits)]
        found += _alone(own, int(normal.judged.sum()), limits)
    found = _not_common(found, len(tracks))
    if not normal.ordered:
        return []
    base = windows.coarse.sum(axis=1) / np.maximum(windows.moved.sum(axis=1), 1)
    grids = (_grid(t, int(j), float(base[j]), limits) for t in tracks for j in np.flatnonzero(normal.judged))
    return found + [g for g in grids if g is not None]


def _followed(normal: Normal) -> NDArray[np.int64]:
    """Columns whose level can be held against something: a relation, or a level that does not wander by itself."""
    related = np.zeros(normal.judged.size, dtype=bool)
    if normal.slow is not None:
        related[normal.slow.among] = np.isfinite(normal.slow.limit)
    with np.errstate(invalid="ignore"):
        still = normal.smooth >= 0.75
    return np.flatnonzero(normal.judged & normal.ordered & (related | still))


def _steady(normal: Normal, limits: Thresholds) -> NDArray[np.bool_]:
    """(k,) columns that do not creep by themselves: well explained by others, or noise around a level."""
    with np.errstate(invalid="ignore"):
        out = np.asarray(normal.smooth >= 0.75)
    if normal.slow is not None:
        out[normal.slow.among] |= normal.slow.explained > limits.steady
    return out


Candidate = tuple[str, int, int, float, float, float]  # kind, first, last, size, fit, sure


def _levels(track: Track, columns: NDArray[np.int64]) -> Floats:
    """(c, b) mean level per block, the usual one where nothing is known."""
    out = np.array([track.level(int(j)) for j in columns]).reshape(columns.size, track.blocks.block.size)
    known = np.isfinite(out)
    middle = np.array([np.median(x[k]) if k.sum() >= 8 else np.nan for x, k in zip(out, known, strict=True)])
    return np.where(known, out, middle.reshape(-1, 1))


def _level(level: Floats, usual: Floats, track: Track, limits: Thresholds) -> Candidate | None:
    """The longest stretch off the usual level on one side, with sharp edges or nothing like it elsewhere."""
    off = level - _baseline(level)
    spread = robust(off)[1]
    if not np.isfinite(spread):
        return None
    bound = max(limits.level / 2, 4 * spread)
    stretches = [s for side in (1, -1) for s in _stretches(side * off > bound)]
    weight = [float(np.abs(off[a : b + 1]).sum()) for a, b in stretches]
    if not stretches:
        return None
    first, last = stretches[int(np.argmax(weight))]
    rows, size = float(track.blocks.rows[first : last + 1].sum()), float(np.mean(off[first : last + 1]))
    if rows < limits.window_rows or abs(size) < limits.level:
        return None
    if last == level.size - 1 and abs(size - usual[0]) <= 5 * usual[1]:
        return None  # assets of this kind end like that
    model = np.zeros(level.size)
    model[first : last + 1] = size
    fit, sharp = _fit(off, model), _sharp(off, first, last, size)
    if fit < limits.level_fit and (sharp < limits.level_sharp or abs(size) < 6 * spread):
        return None
    return "level_shift", first, last, size, fit, 0.5 + 0.25 * fit + 0.2 * sharp


def _baseline(level: Floats) -> Floats:
    """The usual level; in a long record it may wander slowly: medians over half of it, joined by lines."""
    n = level.size
    width = n // 2
    if n < 128:
        return np.full(n, np.median(level))
    anchors = np.linspace(0, n - 1, 33).astype(int)
    middle = [np.median(level[max(0, a - width // 2) : a + width // 2 + 1]) for a in anchors]
    return np.interp(np.arange(n), anchors, middle)


def _rivals(levels: list[Floats], limits: Thresholds) -> list[Floats]:
    """Per column the weights of all stretches, of all assets, that stand off their usual level."""
    out = []
    for i in range(levels[0].shape[0] if levels else 0):
        weights: list[float] = []
        for level in levels:
            off = level[i] - _baseline(level[i])
            for side in (1, -1):
                weights += [float(np.abs(off[a : b + 1]).sum()) for a, b in _stretches(side * off > limits.level / 2)]
        out.append(np.array(weights))
    return out


def _common(step: Candidate, level: Floats, rivals: Floats) -> bool:
    """Whether the column stands off like that more than twice, in whatever asset: a state of the plant."""
    off = level - _baseline(level)
    weight = float(np.abs(off[step[1] : step[2] + 1]).sum())
    return bool((rivals > 0.4 * weight).sum() > 2)


def _sharp(off: Floats, first: int, last: int, size: float) -> float:
    """The smaller jump at the two edges, in sizes; an edge at the end of the record counts as sharp."""
    jumps = [1.0]
    if first >= 2 and last - first >= 2:
        jumps.append(abs(off[first + 1] - off[first - 2]) / abs(size))
    if last + 2 < off.size and last - first >= 2:
        jumps.append(abs(off[last - 1] - off[last + 2]) / abs(size))
    return float(min(jumps))


def _stretches(above: NDArray[np.bool_], *, bridge: bool = True) -> Iterator[tuple[int, int]]:
    """First and last index of each stretch, bridging single gaps."""
    bridged = above.copy()
    if bridge:
        bridged[1:-1] |= above[:-2] & above[2:]
    edges = np.flatnonzero(np.diff(np.concatenate(([0], bridged.astype(np.int8), [0]))))
    yield from ((int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True))


def _ramps(level: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats, Floats]:
    """Per column the level that stays, creeps steadily, and then falls back or ends: first, last, size and fit."""
    n = level.shape[1]
    place = np.arange(n, dtype=np.float64)
    cuts = np.unique((n * np.arange(17) / 16).astype(int))
    spans = np.array([(a, b) for a in cuts for b in cuts if b - a >= max(n / 8, 4)])
    spans = np.vstack((spans, [(int(n * k / 64), n) for k in range(1, 56, 2)]))
    hinges = np.where(place < spans[:, 1:], np.maximum(place - spans[:, :1], 0.0), 0.0)
    centred = hinges - hinges.mean(axis=1, keepdims=True)
    around = level - level.mean(axis=1, keepdims=True)
    power = np.maximum((centred**2).sum(axis=1), 1e-12)
    slope = (around @ centred.T) / power
    total = np.maximum((around**2).sum(axis=1, keepdims=True), 1e-12)
    fit = slope**2 * power / total
    best = np.nan_to_num(fit, nan=-1.0).argmax(axis=1)
    at = np.arange(level.shape[0])
    size = slope[at, best] * hinges[best].max(axis=1)
    rest = around - slope[at, best][:, None] * centred[best]
    left = np.median(np.abs(rest - np.median(rest, axis=1, keepdims=True)), axis=1) * 1.4826
    return spans[best, 0], spans[best, 1] - 1, size / np.sqrt(np.minimum(left, 1.0) ** 2 + 0.5), fit[at, best]


def _climbed(level: Floats, first: int, last: int) -> float:
    """How far a level creeps from block to block."""
    slope = np.polyfit(np.arange(first, last + 1, dtype=np.float64), level[first : last + 1], 1)[0]
    return float(slope * (last - first + 1))


def _usual(sizes: list[Floats], columns: int) -> Floats:
    """(2, c) median and robust spread of the creeping per column, over assets; zero for fewer than five assets."""
    if len(sizes) < 5:
        return np.zeros((2, columns))
    table = np.array(sizes)
    return np.array([robust(x[np.isfinite(x)]) for x in table.T]).reshape(columns, 2).T


def _creep(ramp: tuple[float, ...], usual: Floats, track: Track, limits: Thresholds) -> Candidate | None:
    """A drift that is large, steady, and unlike what the same column does in other assets."""
    first, last, size, fit = int(ramp[0]), int(ramp[1]), float(ramp[2]), float(ramp[3])
    rows = float(track.blocks.rows[first : last + 1].sum())
    unlike = abs(size - usual[0]) > max(limits.ramp, 5 * usual[1])
    if not fit >= limits.ramp_fit or abs(size) < limits.ramp or not unlike or rows < 4 * limits.window_rows:
        return None
    return "drift", first, last, size, fit, 0.5 + 0.45 * fit


def _fit(values: Floats, model: Floats) -> float:
    """Share of variation that a model explains."""
    total = float((values**2).sum())
    return 1 - float(((values - model) ** 2).sum()) / total if total > 0 else 0.0


def _own(each: list[Lasting], normal: Normal) -> list[Lasting]:
    """Without those that only mirror a larger one through the relation."""
    kept: list[Lasting] = []
    for one in sorted(each, key=lambda x: -abs(x.size)):
        if not any(_mirrors(one, other, normal) for other in kept):
            kept.append(one)
    return kept


def _mirrors(one: Lasting, other: Lasting, normal: Normal) -> bool:
    """Whether a movement is what the relation makes of another column's movement."""
    if min(one.last, other.last) - max(one.first, other.first) < (one.last - one.first) / 2:
        return False
    mirrored = _mirrored(one.column, other, normal)
    if abs(other.size) > 0.8 * BOUND:
        return abs(mirrored) > 0.05 * abs(other.size)  # too large to be followed exactly
    return bool(abs(one.size - mirrored) < 0.6 * abs(one.size))


def _event(one: Lasting, level: Floats, followed: NDArray[np.int64], normal: Normal, limits: Thresholds) -> bool:
    """Whether other columns move in that stretch by more than this one's movement makes them."""
    if one.kind != "level_shift":
        return False
    moved = 0
    for i, column in enumerate(followed):
        if column == one.column:
            continue
        off = level[i] - _baseline(level[i])
        mirrored = _mirrored(int(column), one, normal)
        own = float(np.mean(off[one.first : one.last + 1])) - mirrored
        moved += abs(own) > max(4 * robust(off)[1], 0.5 * abs(mirrored), limits.level / 2)
    return moved > max(1, round(0.06 * followed.size))


def _mirrored(column: int, other: Lasting, normal: Normal) -> float:
    """What the relation makes of another column's movement in this column."""
    relation = normal.slow
    at = {int(j): i for i, j in enumerate(relation.among)} if relation is not None else {}
    if relation is None or column not in at or other.column not in at:
        return 0.0
    i, j = at[column], at[other.column]
    partial = relation.precision[i, j] / np.sqrt(relation.precision[i, i] * relation.precision[j, j])
    return float(other.size * partial * relation.scale[j] / relation.scale[i])


def _alone(each: list[Lasting], columns: int, limits: Thresholds) -> list[Lasting]:
    """Nothing where a good part of the columns moved: that was the process."""
    return each if len(each) <= max(1, round(limits.alone * columns)) else []


def _not_common(found: list[Lasting], assets: int) -> list[Lasting]:
    """Without what happens to the same column in many assets: that is how they age or run."""
    often = {c for c in {f.column for f in found} if sum(f.column == c for f in found) > max(2, 0.3 * assets)}
    return [f for f in found if f.column not in often]


def _grid(track: Track, column: int, base: float, limits: Thresholds) -> Lasting | None:
    """The longest stretch in which every moving value lies on a ten times coarser grid."""
    share, moved = track.coarse(column), track.blocks.moved[column]
    seen = np.isfinite(share)
    if not 0 <= base < 0.5 or not seen.any():
        return None
    best = max(
        ((float(moved[a : b + 1].sum()), a, b) for a, b in _stretches(~seen | (share >= limits.coarse), bridge=False)),
        default=(0.0, 0, 0),
    )
    count, first, last = best
    while first < last and moved[first] < 1:
        first += 1
    while first < last and moved[last] < 1:
        last -= 1
    rows = float(track.blocks.rows[first : last + 1].sum())
    chance = count * np.log(max(base, 0.1))
    if rows < limits.window_rows or count < 8 or chance > np.log(1e-6):
        return None
    return Lasting("resolution_change", column, track, first, last, base, 0.95)
