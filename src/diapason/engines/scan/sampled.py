"""What a fair sample of stretches tells of columns together: states of the process, dependencies, compression."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.scan.sample import Sample
from diapason.engines.scan.shape import Shape

__all__ = ["compressed", "dependencies", "regimes", "sampled"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_Z = 1.96
_FEW = 64
"""Different values of a column up to which it can depend on another, or be depended on."""
_HOLDS = 0.98
"""Share of rows in which a dependency must hold."""
_SHARE = (0.01, 0.7)
"""Share of rows that a resting state may have."""
_OUTER = 0.005
"""Share of the readings at either end among which no border of a state is looked for."""
_STILL = 0.1
"""Spread at rest over the spread when running, at most; the gap between both over it, at least one."""
_TOGETHER, _SEVERAL = 0.8, 2
"""How alike columns must change state (phi), and how many must, for it to be a state of the process."""
_LINE = 0.3
"""Share of readings on the line between their neighbours from which on they were not measured."""


def sampled(sample: Sample, shape: Shape) -> dict[str, Any]:
    """All that the sample tells, as plain facts, each share with its limits of 95 %."""
    frames = sample.frames()
    return {
        "rows": sample.rows(),
        "stretches": len(frames),
        "regimes": regimes(frames, shape),
        "dependencies": dependencies(frames, shape),
        "compressed": compressed(frames, shape),
    }


def regimes(frames: list[pl.DataFrame], shape: Shape) -> list[dict[str, Any]]:
    """States at rest: several columns that at the same time leave their usual level for one where they hardly move.

    Returns:
        One per group of columns that rest together: the columns with the value between both states, which side is the
        resting one, its share with limits (stretches as clusters), and how many changes of state were seen.
    """
    found = [(name, *told) for name in shape.numbers if (told := _resting(_column(frames, name))) is not None]
    groups: list[list[tuple[str, float, bool, Mask]]] = []
    for one in found:
        home = next((g for g in groups if _alike(g[0][3], one[3]) > _TOGETHER), None)
        groups.append([one]) if home is None else home.append(one)
    return [_regime(group, frames) for group in groups if len(group) >= _SEVERAL]


def _regime(group: list[tuple[str, float, bool, Mask]], frames: list[pl.DataFrame]) -> dict[str, Any]:
    rest = group[0][3]
    ends = np.cumsum([f.height for f in frames])
    parts = np.split(rest, ends[:-1])
    share, low, high = _clustered(np.array([p.mean() for p in parts]), np.array([p.size for p in parts]))
    return {
        "columns": [{"name": name, "border": border, "below": below} for name, border, below, _ in group],
        "share": {"value": share, "low": low, "high": high},
        "changes": int(sum(np.count_nonzero(np.diff(p)) for p in parts)),
    }


def _resting(x: Array) -> tuple[float, bool, Mask] | None:
    """The border between a resting state and the usual one, whether rest is below it, and which rows rest."""
    known = np.sort(x[np.isfinite(x)])
    if known.size < 100 or known[0] == known[-1]:
        return None
    ends = max(int(_OUTER * known.size), 1)  # single readings far out make no state
    at = ends + int(np.diff(known[ends:-ends]).argmax())
    border = float(known[at] + known[at + 1]) / 2
    below, above = known[ends : at + 1], known[at + 1 : -ends]
    for rest, usual, side in ((below, above, True), (above, below, False)):
        share = rest.size / known.size
        spread, wide = float(rest.std()), float(usual.std())
        if _SHARE[0] <= share <= _SHARE[1] and spread < _STILL * wide and known[at + 1] - known[at] > spread:
            with np.errstate(invalid="ignore"):
                return border, side, (x < border) if side else (x > border)
    return None


def _alike(a: Mask, b: Mask) -> float:
    """Phi of two states."""
    if a.all() or b.all() or not a.any() or not b.any():
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def dependencies(frames: list[pl.DataFrame], shape: Shape) -> list[dict[str, Any]]:
    """Columns of few values of which one tells the other, in nearly all rows: "grade" tells "furnace".

    The share of rows that must be changed for it to hold in all (g3; Kivinen & Mannila, TCS 149, 1995), with limits.
    """
    if not frames:
        return []
    coded = {name: codes for name in (*shape.words, *shape.numbers) if (codes := _few(frames, name)) is not None}
    found = []
    for by, left in coded.items():
        for what, right in coded.items():
            if by != what and (told := _told(left, right)) is not None:
                found.append({"by": by, "what": what, **told})
    return found


def _told(left: NDArray[np.int64], right: NDArray[np.int64]) -> dict[str, float] | None:
    both = (left >= 0) & (right >= 0)
    n = int(both.sum())
    if n < 200:
        return None
    table = np.zeros((int(left.max()) + 1, int(right.max()) + 1), np.int64)
    np.add.at(table, (left[both], right[both]), 1)
    kept, usual = int(table.max(axis=1).sum()), int(table.sum(axis=0).max())
    seen = table[table.sum(axis=1) > 0]
    if kept < _HOLDS * n or usual > 0.95 * n or np.median(seen.sum(axis=1)) < 5:
        return None
    centre, reach = _wilson(kept, n)
    return {"value": kept / n, "low": max(centre - reach, 0.0), "high": min(centre + reach, 1.0)}


def compressed(frames: list[pl.DataFrame], shape: Shape) -> list[dict[str, Any]]:
    """Columns whose readings lie on the line between neighbours: a historian kept corners, an export filled in."""
    if not frames:  # of a long table no rows are drawn
        return []
    whole, found = pl.concat(frames, how="vertical_relaxed"), list[dict[str, Any]]()
    seams = np.cumsum([f.height for f in frames])[:-1]
    inside = np.ones(max(whole.height - 2, 0), bool)
    inside[np.concatenate([seams - 2, seams - 1]).clip(0)] = False
    for name in shape.numbers if whole.height > 2 else ():
        x = _floats(whole[name])
        with np.errstate(invalid="ignore", over="ignore"):
            bend, wide = np.abs(x[2:] - 2 * x[1:-1] + x[:-2]), np.abs(x[2:] - x[:-2])
        moving = np.isfinite(bend) & (wide > 0) & inside
        on, of = int((moving & (bend <= 1e-6 * wide)).sum()), int(moving.sum())
        if of >= 200 and on >= _LINE * of and not _even(x):
            centre, reach = _wilson(on, of)
            found.append({"name": name, "value": on / of, "low": centre - reach, "high": centre + reach})
    return found


def _even(x: Array) -> bool:
    """Whether a column only counts on, in the same steps."""
    steps = np.diff(x)
    steps = steps[np.isfinite(steps)]
    return bool(steps.size) and float(np.mean(np.isclose(steps, np.median(steps), rtol=1e-9))) > 0.9


def _few(frames: list[pl.DataFrame], name: str) -> NDArray[np.int64] | None:
    if frames[0][name].n_unique() > _FEW:
        return None
    column = pl.concat([f[name] for f in frames])
    if not 2 <= column.n_unique() <= _FEW:
        return None
    return np.asarray(column.cast(pl.String).rank("dense").fill_null(0).cast(pl.Int64).to_numpy() - 1)


def _column(frames: list[pl.DataFrame], name: str) -> Array:
    return _floats(pl.concat([f[name] for f in frames])) if frames else np.zeros(0)


def _floats(column: pl.Series) -> Array:
    return column.cast(pl.Float64, strict=False).to_numpy()


def _wilson(hits: int, of: int) -> tuple[float, float]:
    """Centre and half width of the interval; source: Wilson, JASA 22 (1927)."""
    share, more = hits / of, _Z * _Z / of
    return (share + more / 2) / (1 + more), _Z / (1 + more) * float(np.sqrt(share * (1 - share) / of + more / of / 4))


def _clustered(shares: Array, sizes: Array) -> tuple[float, float, float]:
    """Mean over stretches and its limits by Wilson, for as many rows as are independent: those of a stretch are not."""
    from scipy.special import stdtrit  # slow to load, and few tables have such a state

    value, k = float((shares * sizes).sum() / sizes.sum()), len(shares)
    if k < 2:
        return value, 0.0, 1.0
    error = float(np.square(sizes / sizes.sum() * (shares - value)).sum() * k / (k - 1))
    independent = value * (1 - value) / error if error > 0 else float(k)  # rows that would tell as much
    more = float(stdtrit(k - 1, 0.975)) ** 2 / independent
    centre = (value + more / 2) / (1 + more)
    reach = float(np.sqrt(more * (value * (1 - value) + more / 4))) / (1 + more)
    return value, max(centre - reach, 0.0), min(centre + reach, 1.0)
