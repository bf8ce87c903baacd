"""Columns that are computed at ingest: remaining life, and one class from several flags."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from diapason.errors import DataError
from diapason.ports.connector import Batch
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import Column, Contract, Role

__all__ = ["Derived", "ends_of", "flags_of", "life_column"]

LIFE = "rul"


@dataclass(frozen=True, slots=True)
class Derived:
    """How to compute what the files do not hold."""

    life: str = ""  # name of the remaining life, "" = not derived
    asset: str = ""
    time: str = ""
    classes: str = ""  # name of the class, "" = not derived
    flags: tuple[str, ...] = ()
    ends: dict[Any, Any] = field(default_factory=dict)  # asset -> last time

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that are added, in order."""
        return tuple(name for name in (self.life, self.classes) if name)

    def add(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The same rows with the derived columns at the end."""
        made = []
        if self.life:
            last = pl.DataFrame(
                {"_asset": list(self.ends), "_end": list(self.ends.values())},
                schema={"_asset": rows.schema[self.asset], "_end": rows.schema[self.time]},
            )
            end = rows.select(_asset=self.asset).join(last, on="_asset", how="left", maintain_order="left")["_end"]
            made.append(_span(end - rows[self.time]).alias(self.life))
        if self.classes:
            made.append(self._class(rows).alias(self.classes))
        return rows.with_columns(made) if made else rows

    def _class(self, rows: pl.DataFrame) -> pl.Series:
        """The name of the one flag that is set; missing where none or several are."""
        flags = [pl.col(f).cast(pl.Float64).fill_null(0) for f in self.flags]
        picked = pl.coalesce(*(pl.when(f == 1).then(pl.lit(n)) for f, n in zip(flags, self.flags, strict=True)))
        return rows.select(pl.when(pl.sum_horizontal(flags) == 1).then(picked)).to_series()


def _span(gap: pl.Series) -> pl.Series:
    """Times as seconds, counts as they are."""
    return gap.dt.total_microseconds().cast(pl.Float64) / 1e6 if gap.dtype == pl.Duration else gap


def ends_of(batches: Iterable[Batch], asset: str, time: str) -> dict[Any, Any]:
    """The last time of each asset, in one pass over a source."""
    ends: dict[Any, Any] = {}
    for batch in batches:
        last = batch.rows.group_by(asset).agg(pl.col(time).max())
        for name, end in last.rows():
            if name is not None and end is not None:
                ends[name] = max(end, ends.get(name, end))
    return ends


def life_column(contract: Contract) -> Column:
    """The column of remaining life, in the unit of time.

    Raises:
        DataError: it is not known which columns are asset and time.
    """
    asset, time = contract.first(Role.ASSET), contract.first(Role.TIME)
    if asset is None or time is None:
        absent = "--asset" if asset is None else "--time"
        raise DataError(
            Text(
                f"remaining life needs an asset and a time, and {absent} is not known",
                f"剩余寿命需要设备列和时间列，但 {absent} 未知",
            ),
            at=contract.name,
            fix=Text(f"name the column: {absent} COLUMN", f"请指定列：{absent} 列名"),
        )
    if contract.column(time).kind not in ("time", "number"):
        raise DataError(
            Text(f"column {time} is not a time that can be counted", f"列 {time} 不是可计算的时间"),
            at=contract.name,
            fix=Text("name another one: --time COLUMN", "请另选一列：--time 列名"),
        )
    unit = "s" if contract.column(time).kind == "time" else contract.column(time).unit
    taken = {c.name for c in contract.columns}
    return Column(LIFE if LIFE not in taken else f"{LIFE}_", "number", Role.TARGET, unit)


def flags_of(word: str | None, names: Iterable[str]) -> tuple[str, ...]:
    """The flags that a target such as `Bumps+Stains+Other` joins; empty where it is one column."""
    known = list(names)
    if word is None or word in known or "+" not in word:
        return ()
    parts = tuple(part.strip() for part in word.split("+"))
    return parts if all(part in known or part.isdecimal() for part in parts) else ()
