"""Names of assets and tags, numbered as they are met."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.scan import _kernel

__all__ = ["Codes", "Names", "Within", "numbered"]

Codes = NDArray[np.int32]
Index = NDArray[np.int64]
Within = tuple[Codes, Index]
"""Rows by numbers that count within them alone, shape (n,), and the number of each of those beyond, shape (k,)."""


@dataclass(slots=True)
class Names:
    """Each name has the number of its first meeting; a missing name is the empty one."""

    numbers: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.numbers)

    def of(self, column: pl.Series) -> Codes:
        """The number of each row's name, shape (n,)."""
        place, number = self.within(column)
        codes: Codes = number.astype(np.int32)[place]
        return codes

    def within(self, column: pl.Series) -> Within:
        """The names of some rows, numbered among them as they are met."""
        place, met = _numbered(column if column.dtype == pl.String else column.cast(pl.String))
        return place, np.array(self.told(name or "" for name in met), np.int64)

    def told(self, names: Iterable[str]) -> list[int]:
        """The number of each name, new ones as they come."""
        return [self.numbers.setdefault(name, len(self.numbers)) for name in names]

    def join(self, others: "Names") -> Index:
        """Number the names of another table on; where each of its numbers lies among these, shape (names,)."""
        return np.array(self.told(others.numbers), np.int64)


def numbered(column: pl.Series) -> tuple[Codes, pl.Series]:
    """A number for each text as they are met, shape (n,), and the text of each number; none is a text of its own."""
    place, met = _numbered(column)
    return place, pl.Series(met, dtype=pl.String)


def _numbered(column: pl.Series) -> tuple[Codes, list[str | None]]:
    told = _kernel.numbered(column.rechunk().__arrow_c_stream__(None)) if len(column) else None
    if told is not None:
        return np.frombuffer(told[0], np.int32), told[1]
    met = column.unique(maintain_order=True)
    place = column.replace_strict(met, np.arange(len(met), dtype=np.int32), return_dtype=pl.Int32)
    return place.to_numpy(), met.to_list()
