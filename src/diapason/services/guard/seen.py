"""Rows that come late or twice: counted, never changed; what is remembered has a bound."""

from dataclasses import dataclass, field
from itertools import islice

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
    _last: pl.DataFrame | None = None
    _rows: dict[int, None] = field(default_factory=dict)  # hashes, the oldest first

    def begin(self, table: pl.LazyFrame) -> None:
        """Remember what the dataset ends with."""
        if self.time:
            self._remember(self._ends(table).collect())
        self._twice(table.tail(REMEMBERED).collect())

    def count(self, rows: pl.DataFrame) -> None:
        """Count rows that are older than one of their asset before them, and rows that are the same as one before."""
        if not rows.height:
            return
        if self.time:
            self.late += self._late(rows)
            self._remember(self._ends(rows.lazy()).collect())
        self.duplicates += self._twice(rows)

    def _twice(self, rows: pl.DataFrame) -> int:
        """How many of the rows are known; those that are not are remembered."""
        known, count = self._rows, 0
        for row in _hashes(rows) if rows.height else ():
            if row in known:
                count += 1
            else:
                known[row] = None
        for row in list(islice(known, max(0, len(known) - REMEMBERED))):
            del known[row]
        return count

    def _late(self, rows: pl.DataFrame) -> int:
        key = self._keyed(rows.lazy()).collect()
        last = (
            key.select("asset").join(self._last, on="asset", how="left", maintain_order="left")
            if self._last is not None
            else None
        )
        before = pl.col("time").cum_max().shift(1).over("asset")
        known = (
            key.with_columns(last=last["end"])
            if last is not None
            else key.with_columns(last=pl.lit(None, key.schema["time"]))
        )
        return int(known.select((pl.col("time") < pl.max_horizontal("last", before)).sum()).item())

    def _keyed(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        asset = pl.col(self.asset).cast(pl.String) if self.asset else pl.lit("")
        return rows.select(asset=asset.fill_null(""), time=pl.col(self.time))

    def _ends(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        return self._keyed(rows).group_by("asset").agg(end=pl.col("time").max())

    def _remember(self, ends: pl.DataFrame) -> None:
        both = ends if self._last is None else pl.concat([self._last, ends.cast({"end": self._last.schema["end"]})])
        self._last = both.group_by("asset").agg(pl.col("end").max()).sort("end", descending=True).head(ASSETS)


def _hashes(rows: pl.DataFrame) -> list[int]:
    whole = [pl.col(c).cast(pl.Float64) for c, kind in rows.schema.items() if kind.is_integer()]
    return rows.with_columns(whole).hash_rows(seed=7).to_list()
