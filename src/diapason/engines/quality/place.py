"""Where a finding is, in the words of the table: names, rows, times."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from diapason.engines.quality.layout import Layout, Longs
from diapason.engines.quality.normal import Normal
from diapason.engines.quality.sample import Part
from diapason.vocabulary.findings import Where

__all__ = ["Place"]


@dataclass(frozen=True, slots=True)
class Place:
    """Turns digests, positions and seconds into what a reader knows."""

    layout: Layout
    normal: Normal
    part: Part
    names: dict[int, str]
    rows: int
    calendar: bool  # times are calendar times, not counts
    named: int  # rows a finding names
    complete: bool  # the kept rows are the whole table
    share: float = 1.0  # of the suspicious cells that were kept

    def columns(self, numbers: Iterable[int]) -> tuple[str, ...]:
        """Names of number columns."""
        return tuple(self.layout.numbers[int(j)] for j in numbers)

    def asset(self, digest: int) -> str:
        """Name of an asset, "" in a table without assets."""
        return self.names.get(int(digest), "")

    def stamp(self, time: float) -> str:
        """A time as a reader writes it."""
        if not np.isfinite(time) or self.layout.time is None:
            return ""
        if self.calendar:
            return datetime.fromtimestamp(time, UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")
        return f"{time:.10g}"

    def cells(self, columns: Iterable[int], cells: NDArray[np.void]) -> Where:
        """The place of a group of suspicious cells."""
        rows, assets = np.unique(cells["row"]), np.unique(cells["asset"])
        time = cells["time"][np.isfinite(cells["time"])]
        return Where(
            columns=self.columns(columns),
            rows=tuple(int(r) for r in rows[: self.named]),
            count=round(cells.size / self.share),
            of=self.rows,
            window=(self.stamp(time.min()), self.stamp(time.max())) if time.size else ("", ""),
            asset=self.asset(assets[0]) if assets.size == 1 else "",
        )

    def stretch(self, column: int, asset: int, rows: tuple[int, int], times: tuple[float, float], count: int) -> Where:
        """The place of neighbouring rows of one asset, from the first to the last."""
        return Where(
            columns=self.columns((column,)),
            rows=tuple(int(r) for r in self.between(asset, *rows)),
            count=count,
            of=self.rows,
            window=(self.stamp(times[0]), self.stamp(times[1])),
            asset=self.asset(asset),
        )

    def between(self, asset: int, first: int, last: int) -> Longs:
        """`_row`s of an asset from first to last; evenly spaced ones where not every row was kept."""
        if self.complete:
            mine = self.part.row[self.part.asset == np.uint64(asset)]
            return np.asarray(mine[(mine >= first) & (mine <= last)][: self.named], dtype=np.int64)
        step = max(1, round(self.normal.pace))
        return np.arange(first, last + 1, step, dtype=np.int64)[: self.named]
