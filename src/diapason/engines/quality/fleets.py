"""An asset whose whole record is in another unit than that of its sisters."""

from collections.abc import Iterator

import numpy as np

from diapason.engines.quality.layout import Floats, Keys, segments
from diapason.engines.quality.place import Place
from diapason.engines.quality.tails import robust
from diapason.engines.quality.units import family
from diapason.vocabulary.conversions import CHANGES, Change
from diapason.vocabulary.findings import Finding, Where

__all__ = ["other_units"]

SISTERS = 4
ROWS = 30


def other_units(place: Place) -> Iterator[tuple[int, int, Finding]]:
    """Column, digest of the asset and finding, for assets that one change of unit brings among their sisters."""
    part = place.part
    starts, size = segments(part.asset)
    if starts.size < SISTERS:
        return
    X = place.normal.masked(part.X)
    for j in np.flatnonzero(place.normal.judged):
        parts = [X[j, s : s + n][np.isfinite(X[j, s : s + n])] for s, n in zip(starts, size, strict=True)]
        kept = [i for i, p in enumerate(parts) if p.size >= ROWS]
        if len(kept) < SISTERS:
            continue
        levels = np.array([robust(parts[i]) for i in kept])
        for i, change in _strangers(levels, place.layout.units[j]):
            asset = part.asset[starts[kept[i]]]
            yield int(j), int(asset), _said(int(j), asset, change, levels, i, place)


def _strangers(levels: Floats, unit: str) -> Iterator[tuple[int, Change]]:
    """Assets far from the others in level, that one change brings back in level and in spread."""
    told = family(unit)
    fitting = [c for c in CHANGES if not (c.family and told and c.family != told)]
    centre, between = robust(levels[:, 0])
    within = float(np.median(levels[:, 1]))
    reach = max(between, 0.3 * within, 1e-9 * abs(centre))
    for i, (level, spread) in enumerate(levels):
        if abs(level - centre) < 8 * reach or reach <= 0:
            continue
        off = [abs(float(c.undo(np.array(level))) - centre) / reach for c in fitting]
        wide = [spread / abs(c.factor) / within if within > 0 else 1.0 for c in fitting]
        fits = [(o, c) for o, w, c in zip(off, wide, fitting, strict=True) if o < 3 and 0.33 < w < 3]
        if fits:
            yield i, min(fits, key=lambda f: f[0])[1]


def _said(j: int, asset: Keys, change: Change, levels: Floats, i: int, place: Place) -> Finding:
    rows = place.part.row[place.part.asset == asset]
    where = Where(
        (place.layout.numbers[j],), tuple(int(r) for r in rows[: place.named]), rows.size, place.rows,
        asset=place.asset(int(asset)),
    )  # fmt: skip
    facts: dict[str, float | str] = {
        "change": change.name,
        "value": float(levels[i, 0]),
        "expected": float(np.median(levels[:, 0])),
    }
    return Finding("unit_shift", where, 0.9, "act", facts)
