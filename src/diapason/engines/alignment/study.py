"""What is asked of which tags and results: one scale, one way to read each record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from diapason.engines.alignment.lag import Fit, Search, fit_lag, glance
from diapason.engines.alignment.scan import Question, Record, lagged
from diapason.engines.alignment.series import Series, normal_scores

__all__ = ["Study"]

Array = NDArray[np.float64]
WILD = 4.0  # robust standard deviations from which a result counts as wild
MOST_WILD = 0.05  # of all results
CLIP = 8.0  # robust standard deviations beyond which a result is pulled in


@dataclass(frozen=True, slots=True)
class Study:
    """Tags (on the scale of normal scores) and results of one or several assets, in the order of assets."""

    tags: Mapping[str, Sequence[Series]]
    results: Sequence[Series]
    search: Search
    ways: Mapping[str, Sequence[Sequence[Series]]]  # each tag's records in every way they may be read
    ranked: bool = True  # results as normal scores; else on their own scale

    @property
    def count(self) -> int:
        """Results of all assets."""
        return sum(len(r) for r in self.results)

    def rows(self, name: str) -> list[Record]:
        """The records of one tag beside the moments of the results."""
        return [Record(t, r.time) for t, r in zip(self.tags[name], self.results, strict=True)]

    def read(self, name: str, fits: Mapping[str, Fit]) -> "Study":
        """The same with one tag's records read in the way, and on the scale, that explains most beside others."""
        if len(self.ways[name]) == 1:
            return self
        asked = self.asked(fits, name)
        options = [replace(self, tags={**self.tags, name: way}) for way in self.ways[name]]
        return max(options, key=lambda option: glance(option.rows(name), asked, self.search))

    def only(self, keep: NDArray[np.bool_]) -> "Study":
        """The same with only these (n,) of all results."""
        parts = np.split(keep, np.cumsum([len(r) for r in self.results])[:-1])
        kept = [replace(r, time=r.time[k], value=r.value[k]) for r, k in zip(self.results, parts, strict=True)]
        return replace(self, results=kept)

    def asked(self, fits: Mapping[str, Fit], name: str = "") -> Question:
        """Results with level, trend, and all these tags at their lags but the named one, as what explains them."""
        time = np.concatenate([r.time for r in self.results])
        values = [normal_scores(r.value) if self.ranked else _scaled(r.value) for r in self.results]
        known = [_trends(self.results, time)]
        known += [_curve(self.column(n, f.best)) for n, f in fits.items() if n != name]
        return Question(time, np.concatenate(values), np.column_stack(known))

    def column(self, name: str, best: int) -> Array:
        """A tag's scores (n,) at one lag."""
        return lagged(self.rows(name), self.search.lags[[best]], self.search.limit)[:, 0]

    def fit(self, name: str, fits: Mapping[str, Fit]) -> Fit:
        """The lag of one tag, beside others."""
        return fit_lag(self.rows(name), self.asked(fits, name), self.search)

    def unexplained(self, fits: Mapping[str, Fit]) -> float:
        """Share of the results' variation that the tags leave over, trend taken out."""
        left, before = self.asked(fits).residual(), self.asked({}).residual()
        return float(left @ left) / max(float(before @ before), 1e-300)

    def tame(self, fits: Mapping[str, Fit]) -> NDArray[np.bool_]:
        """Results (n,) that are not far from what explains them, by turns of fitting and leaving out."""
        keep = np.ones(self.count, dtype=bool)
        for ranked in (True, False, False, False):
            asked = replace(self, ranked=ranked).asked(fits)
            known = np.linalg.lstsq(asked.nuisance[keep], asked.result[keep], rcond=None)[0]
            left = np.abs(asked.result - asked.nuisance @ known)
            limit = max(WILD * 1.4826 * float(np.median(left[keep])), float(np.quantile(left, 1 - MOST_WILD)))
            keep = np.asarray(left <= limit)
        return keep


def _curve(z: Array) -> Array:
    """A tag's scores (n,) as four shapes (n, 4): enough for any smooth rising form."""
    return np.stack([z, z**2 - 1, z**3 - 3 * z, z**4 - 6 * z**2 + 3], axis=1)


def _trends(results: Sequence[Series], time: Array) -> Array:
    """Level and slope of each asset (n, 2 × assets)."""
    own = np.repeat(np.arange(len(results)), [len(r) for r in results])
    columns = []
    for k in np.unique(own):
        mine = own == k
        centred = np.where(mine, time - time[mine].mean(), 0.0)
        columns += [mine.astype(np.float64), centred / (np.abs(centred).max() or 1.0)]
    return np.column_stack(columns)


def _scaled(value: Array) -> Array:
    """Robustly centred and scaled, nothing beyond CLIP."""
    if not len(value):
        return value
    middle = np.median(value)
    spread = 1.4826 * np.median(np.abs(value - middle)) or value.std() or 1.0
    return np.asarray(np.clip((value - middle) / spread, -CLIP, CLIP))
