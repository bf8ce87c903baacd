"""Names of assets and tags, numbered as they are met."""

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

__all__ = ["Names"]

Index = NDArray[np.int64]


@dataclass(slots=True)
class Names:
    """Each name has the number of its first meeting; a missing name is the empty one."""

    numbers: dict[str, int] = field(default_factory=dict)
    _words: pl.Categories = field(default_factory=pl.Categories.random)
    _alive: pl.Series | None = None  # places are forgotten with the last series that has them
    _met: Index = field(default_factory=lambda: np.zeros(0, np.int64))  # by place among the words: number, or -1

    def __len__(self) -> int:
        return len(self.numbers)

    def of(self, column: pl.Series) -> Index:
        """The number of each row's name, shape (n,)."""
        said = column.cast(pl.String).fill_null("").cast(pl.Categorical(self._words))
        self._alive, place = said.clear(), said.to_physical().to_numpy()
        if not place.size:
            return np.zeros(0, np.int64)
        more = int(place.max()) + 1 - len(self._met)
        if more > 0:
            self._met = np.r_[self._met, np.full(more, -1)]
        coded: Index = self._met[place]
        while coded[first := int(coded.argmin())] < 0:  # the first of them that has no number yet
            self._met[place[first]] = self.numbers.setdefault(str(said[first]), len(self.numbers))
            coded = self._met[place]
        return coded

    def join(self, others: "Names") -> Index:
        """Number the names of another table on; where each of its numbers lies among these, shape (names,)."""
        for name in others.numbers:
            self.numbers.setdefault(name, len(self.numbers))
        return np.array([self.numbers[name] for name in others.numbers], np.int64)
