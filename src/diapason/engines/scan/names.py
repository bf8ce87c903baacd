"""Names of assets and tags, numbered as they are met."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.scan import _kernel

__all__ = ["Codes", "Names", "numbered"]

Codes = NDArray[np.int32]
Index = NDArray[np.int64]

_FEW = 256


@dataclass(slots=True)
class Names:
    """Each name has the number of its first meeting; a missing name is the empty one."""

    numbers: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.numbers)

    def of(self, column: pl.Series) -> Codes:
        """The number of each row's name, shape (n,)."""
        place, met = numbered(column if column.dtype == pl.String else column.cast(pl.String))
        number = np.array(self.told(name or "" for name in met.to_list()), np.int32)
        if (number != np.arange(len(number))).any():
            _kernel.recode(place, number)
        return place

    def told(self, names: Iterable[str]) -> list[int]:
        """The number of each name, new ones as they come."""
        return [self.numbers.setdefault(name, len(self.numbers)) for name in names]

    def join(self, others: "Names") -> Index:
        """Number the names of another table on; where each of its numbers lies among these, shape (names,)."""
        return np.array(self.told(others.numbers), np.int64)


def numbered(column: pl.Series) -> tuple[Codes, pl.Series]:
    """A number for each text as they are met, shape (n,), and the text of each number; none is a text of its own."""
    told = _kernel.numbered(column.rechunk().__arrow_c_stream__(None)) if len(column) else None
    if told is not None:
        at = np.frombuffer(told[1], np.int64)
        few = len(at) <= _FEW  # to gather takes as long as hundreds of rows
        return np.frombuffer(told[0], np.int32), (
            pl.Series([column[i] for i in at.tolist()], dtype=pl.String) if few else column.gather(at)
        )
    met = column.unique(maintain_order=True)
    place = column.replace_strict(met, np.arange(len(met), dtype=np.int32), return_dtype=pl.Int32)
    return place.to_numpy(writable=True), met
