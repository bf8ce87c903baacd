"""One look at every row of a source: what is a row, what each column can be, and what must be refused."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from diapason.connectors.files.footing import LAYOUT
from diapason.connectors.files.forced import forced
from diapason.connectors.files.kinds import TEXT, Column, Form
from diapason.connectors.files.options import Options
from diapason.connectors.files.quick import measured
from diapason.connectors.files.records import Rejected, Rows
from diapason.connectors.files.tables import Table
from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["Survey", "Tally", "survey"]

_KEPT = 192 << 20
"""Bytes that are kept between looking and handing out; of a larger source every file is read twice."""


@dataclass(slots=True)
class Tally:
    """Rows seen and refused; says when too many are refused."""

    source: str
    limit: float
    seen: int = 0
    refused: int = 0
    misread: int = 0  # of them, those that are no totals, titles and the like
    reasons: Counter[str] = field(default_factory=Counter)
    examples: dict[str, tuple[str, Rejected]] = field(default_factory=dict)

    def count(self, seen: int, rejected: Sequence[Rejected], file: str) -> None:
        """Add the rows of one block."""
        self.seen += seen
        self.refused += len(rejected)
        self.misread += sum(one.reason not in LAYOUT for one in rejected)
        for one in rejected:
            self.reasons[one.reason.en] += 1
            if len(self.examples) < 1000:
                self.examples.setdefault(one.reason.en, (file, one))

    def check(self) -> None:
        """Refuse to go on where most rows can't be read.

        Raises:
            DataError: there are no rows, or too many were refused; shows the most frequent reason and its first line.
        """
        if self.seen == 0:
            raise DataError(
                Text("there are no rows", "没有数据行"),
                at=self.source,
                fix=Text("export the table again", "请重新导出表格"),
            )
        if self.refused < self.seen and self.misread <= self.limit * self.seen:
            return
        reason, count = self.reasons.most_common(1)[0]
        file, first = self.examples[reason]
        raise DataError(
            Text(
                f"{self.refused:,} of {self.seen:,} rows cannot be read; {count:,} because: {reason}",
                f"{self.seen:,} 行中有 {self.refused:,} 行无法读取；其中 {count:,} 行因为：{first.reason.zh}",
            ),
            at=f"{file}:{first.line}: {first.raw[:80]}",
            fix=Text(
                "check -o separator=…, -o encoding=…, -o header=…; or allow it with -o max_rejected=0.9",
                "请检查 -o separator=…、-o encoding=…、-o header=…；或用 -o max_rejected=0.9 放行",
            ),
        )


@dataclass(slots=True)
class Survey:
    """What one look at every row has told."""

    tables: Sequence[Table]
    columns: tuple[Column, ...]
    tally: Tally
    native: dict[str, set[pl.DataType]] = field(default_factory=dict)  # columns that some file has typed
    rows_of: Counter[str] = field(default_factory=Counter)  # rows seen by file
    _typed: dict[str, str] = field(default_factory=dict)  # columns that are kept as numbers -> their decimal sign
    _mixed: bool = False  # one was read with another sign before
    _kept: dict[str, list[Rows]] | None = field(default_factory=dict)
    _size: int = 0

    def see(self, table: Table, rows: Rows) -> None:
        """Take one block into account."""
        self.tally.count(rows.seen, rows.rejected, table.piece.name)
        self.rows_of[table.piece.at] += rows.seen
        kinds = dict(rows.cells.schema)
        here = [c for c in self.columns if c.name in kinds]
        plain = [c.name for c in here if c.plain and kinds[c.name] == pl.String and c.name not in table.texts]
        commas = {c.name for c in here if c.comma}
        known = measured(rows.cells, plain, {c.name for c in here if c.whole}, commas)
        self._typed |= {name: "," if name in commas else "." for name in known if name not in self._typed}
        self._mixed |= any((name in commas) != (self._typed[name] == ",") for name in known)
        for column in here:
            if column.name in known:
                column.take(known[column.name], rows.cells[column.name])
            else:
                self._look(column, rows.cells[column.name], declared=column.name in table.texts)
        if self._kept is not None:
            self._keep(table, rows, {name: plain.values for name, plain in known.items()})

    def _look(self, column: Column, cells: pl.Series, *, declared: bool) -> None:
        if cells.dtype == pl.String:
            column.form = column.fixed or (TEXT if declared else column.form)
            column.look(cells)
            return
        self.native.setdefault(column.name, set()).add(cells.dtype)
        column.cells += len(cells) - cells.null_count()
        if cells.dtype.is_numeric() and len(cells) > cells.null_count():
            column.span(float(cells.min()), float(cells.max()))  # type: ignore[arg-type]

    def _keep(self, table: Table, rows: Rows, typed: dict[str, pl.Series]) -> None:
        """Keep small sources in memory, so that they are read once: numbers as numbers."""
        cells = rows.cells.with_columns(values.alias(name) for name, values in typed.items())
        kept = replace(rows, cells=cells, source=b"" if len(typed) == cells.width else rows.source)
        self._size += len(kept.source) + int(cells.estimated_size())
        if self._size > _KEPT or self._kept is None:
            self._kept = None
        else:
            self._kept.setdefault(table.piece.at, []).append(kept)

    def again(self, table: Table, forms: Mapping[str, Form]) -> Iterator[Rows]:
        """The rows of a table once more; from the file where what was kept does not suit the final forms."""
        unfit = any(name in forms and not forms[name].suits(sign) for name, sign in self._typed.items())
        if self._kept is None or self._mixed or unfit:
            return table.rows()
        return iter(self._kept.pop(table.piece.at, []))


def survey(
    tables: Sequence[Table], names: Sequence[str], options: Options, missing: frozenset[str], source: str
) -> Survey:
    """Look at every row of every table.

    Raises:
        DataError: a file can't be read to its end, or most of its rows can't.
    """
    said = forced(names, options)
    decimal = {"point": ".", "comma": ","}.get(options.decimal, "")
    columns = tuple(
        Column(name, missing, said.get(name), options.date_order, decimal, options.timezone) for name in names
    )
    found = Survey(tables, columns, Tally(source, options.max_rejected))
    for table in tables:
        for rows in table.rows():
            found.see(table, rows)
    found.tally.check()
    return found
