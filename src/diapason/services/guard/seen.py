"""Rows that come late or twice: counted, never changed; what is remembered has a bound."""

from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
import polars as pl

__all__ = ["Seen"]

REMEMBERED = 1 << 16
"""Rows among which a row is known to come twice."""
ASSETS = 100_000
"""Assets whose last time is remembered."""


@dataclass(slots=True)
class Seen:
    """The last time of each asset, and the hashes of the last rows."""

    time: str = ""
    asset: str = ""
    late: int = 0
    duplicates: int = 0
    _last: dict[str, Any] = field(default_factory=dict)
    _rows: dict[int, None] = field(default_factory=dict)  # hashes, the oldest first

    def begin(self, table: pl.LazyFrame) -> None:
        """Remember what the dataset ends with."""
        if self.time:
            ends = self._keyed(table).group_by("asset").agg(pl.col("time").max().to_physical())
            self._last = dict(ends.drop_nulls().collect().iter_rows())
        self._twice(table.tail(REMEMBERED).collect())

    def count(self, rows: pl.DataFrame) -> None:
        """Count rows that are older than one of their asset before them, and rows that are the same as one before."""
        if not rows.height:
            return
        if self.time:
            self.late += self._late(rows)
        self.duplicates += self._twice(rows)

    def _twice(self, rows: pl.DataFrame) -> int:
        """How many of the rows are known; those that are not are remembered."""
        known, hashes = self._rows, _hashes(rows) if rows.height else []
        before = len(known)
        known.update(dict.fromkeys(hashes))
        count = len(hashes) - (len(known) - before)
        for row in list(islice(known, max(0, len(known) - REMEMBERED))):
            del known[row]
        return count

    def _late(self, rows: pl.DataFrame) -> int:
        """How many are older than one of their asset before them; where each asset now ends is remembered."""
        key, count = self._keyed(rows.lazy()).with_columns(pl.col("time").to_physical()).drop_nulls().collect(), 0
        for (asset,), mine in key.partition_by("asset", as_dict=True, include_key=False).items():
            times = mine["time"].to_numpy()
            ends = np.fmax.accumulate(np.concatenate([[self._last.get(asset, times[0])], times]))
            count += int((times < ends[:-1]).sum())
            self._last[asset] = ends[-1].item()
        if len(self._last) > ASSETS:
            newest = sorted(self._last, key=self._last.__getitem__, reverse=True)[:ASSETS]
            self._last = {asset: self._last[asset] for asset in newest}
        return count

    def _keyed(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        asset = pl.col(self.asset).cast(pl.String) if self.asset else pl.lit("")
        return rows.select(asset=asset.fill_null(""), time=pl.col(self.time))


def _hashes(rows: pl.DataFrame) -> list[int]:
    whole = [pl.col(c).cast(pl.Float64) for c, kind in rows.schema.items() if kind.is_integer()]
    return rows.with_columns(whole).hash_rows(seed=7).to_list()
