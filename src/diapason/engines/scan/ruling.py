"""Only what the rules of a contract ask: cells missing, outside of a range, of other texts; keys and relations."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.scan import _kernel
from diapason.engines.scan.keys import Keys
from diapason.engines.scan.relations import Relation, checked, columns
from diapason.engines.scan.shape import numeric
from diapason.engines.scan.table import Across, floats, gone, turned
from diapason.engines.scan.words import Words
from diapason.vocabulary.tables import Contract

__all__ = ["Ruling", "needed"]


@dataclass(slots=True)
class Ruling:
    """Counts of what breaks each rule, over the rows so far; only columns that a rule speaks of are looked at."""

    agreed: Contract
    kinds: dict[str, pl.DataType]  # of the columns that rules speak of and that are there
    rows: int = 0
    cells: dict[str, NDArray[np.int64]] = field(default_factory=dict)  # missing, below, above
    words: dict[str, Words] = field(default_factory=dict)
    keys: Keys = field(default_factory=Keys)
    relations: dict[str, Relation] = field(default_factory=dict)

    @classmethod
    def of(cls, agreed: Contract, schema: dict[str, pl.DataType]) -> "Ruling":
        """Before any row.

        Raises:
            DataError: a relation is no condition on columns that are there.
        """
        for said in agreed.relations:
            checked(said, schema)
        made = cls(agreed, {name: schema[name] for name in needed(agreed) if name in schema})
        made.cells = {name: np.zeros(3, np.int64) for name in made.kinds}
        made.words = {c.name: Words() for c in agreed.columns if c.values and schema.get(c.name) in _TEXTS}
        return made

    def update(self, frame: pl.DataFrame, across: Across) -> None:
        """Take in rows that follow those before.

        Raises:
            DataError: a column is not there any more, or turns from numbers to text.
        """
        for name, kind in self.kinds.items():
            if name not in frame.columns:
                raise gone(name, self.rows)
            if numeric(kind) and frame.schema[name] == pl.String:
                raise turned(name, self.rows)
        ranges = {
            c.name: (-inf if c.low is None else c.low, inf if c.high is None else c.high) for c in self.agreed.columns
        }

        def count(name: str) -> None:
            column = frame[name]
            if numeric(self.kinds[name]):
                self.cells[name] += _kernel.outside(floats(column), *ranges.get(name, (-inf, inf)))
            elif name in self.words:
                self.words[name] = self.words[name].merge(Words.of(column))
            else:
                self.cells[name][0] += column.null_count()

        for _ in across(count, list(self.kinds)):
            pass
        numbers = np.arange(self.rows, self.rows + frame.height, dtype=np.int64)
        if self.agreed.key and set(self.agreed.key) <= set(self.kinds):
            self.keys.update(frame.select(self.agreed.key), numbers)
        for said, told in Relation.of(frame, self.agreed.relations, numbers).items():
            self.relations[said] = self.relations.get(said, Relation()).merge(told)
        self.rows += frame.height

    def lines(self) -> list[dict[str, Any]]:
        """A line per column, as of a scan, as far as rules ask."""
        return [self._line(name) for name in self.kinds]

    def _line(self, name: str) -> dict[str, Any]:
        missing, below, above = self.cells[name].tolist()
        line: dict[str, Any] = {"name": name, "rows": self.rows, "missing": missing}
        if name in self.words:
            return line | {"missing": self.words[name].missing, "counts": self.words[name].counts}
        return line | {"outside": below + above} if numeric(self.kinds[name]) else line


_TEXTS = (pl.String, pl.Categorical, pl.Enum)


def needed(agreed: Contract) -> Sequence[str]:
    """Names of the columns that the rules of a contract speak of."""
    related = [name for said in agreed.relations for name in columns(said)]
    return list(dict.fromkeys([*(c.name for c in agreed.columns), *agreed.key, *related]))
