"""Text cells into typed columns; rows with unreadable cells are refused, each with its reason."""

from dataclasses import dataclass

import polars as pl

from diapason.connectors.files.flags import is_flag
from diapason.connectors.files.kinds import Form
from diapason.connectors.files.numbers import NumberForm
from diapason.connectors.files.quick import plainly
from diapason.connectors.files.records import Rejected, Rows
from diapason.connectors.files.settle import Settled
from diapason.vocabulary.language import Text

__all__ = ["TYPES", "Typist"]

TYPES: dict[str, pl.DataType] = {
    "number": pl.Float64(),
    "integer": pl.Int64(),
    "flag": pl.Boolean(),
    "text": pl.String(),
    "clock": pl.String(),
}
_PLAIN = tuple(NumberForm(decimal, groups) for decimal in ".," for groups in (True, False))
_MOMENT = pl.Datetime("us", "UTC")


def dtype(form: Form) -> pl.DataType:
    """The type in which a form is stored."""
    return TYPES.get(form.kind, _MOMENT)


@dataclass(slots=True)
class Typist:
    """Types the rows of one source, always in the same way."""

    settled: Settled
    missing: frozenset[str]
    lenient: bool  # unreadable cells become missing instead of refusing their row
    words: int = 0
    lost_cells: int = 0

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """The columns handed out, with their types."""
        pair = self.settled.pair
        apart = {pair.date, pair.clock} if pair is not None else set()
        return {name: dtype(form) for name, form in self.settled.forms.items() if name not in apart}

    @property
    def _plain(self) -> dict[str, pl.DataType]:
        """Columns that a plain cast may read."""
        forms = self.settled.forms.items()
        return {n: dtype(f) for n, f in forms if f.kind in ("number", "integer") and f.number in _PLAIN}

    def typed(self, rows: Rows) -> tuple[pl.DataFrame, pl.Series, list[Rejected]]:
        """Typed rows, their positions, and the rows refused because of a cell."""
        columns, spoilt = [], dict[str, pl.Series]()
        cells = self._paired(rows.cells)
        found = dict(cells.schema)
        plain = {n: k for n, k in self._plain.items() if found.get(n) == pl.String}
        quick = plainly(cells, plain, {n for n in plain if self.settled.forms[n].number.decimal == ","})
        for name, kind in self.schema.items():
            if name in self.settled.flags:
                columns.append(_flags(name, cells, self.settled.flags[name]))
            elif name in quick:
                columns.append(quick[name])
            elif name not in found:
                columns.append(pl.Series(name, [None] * cells.height, dtype=kind))
            else:
                values, bad = self._column(self.settled.forms[name], cells[name])
                columns.append(values.alias(name))
                spoilt |= {name: bad} if bad is not None and bad.any() else {}
        frame, position = pl.DataFrame(columns), pl.Series("_row", rows.position, dtype=pl.Int64)
        if self.lenient:
            self.lost_cells += sum(int(b.sum()) for b in spoilt.values())
        if self.lenient or not spoilt:
            return frame, position, []
        refused = pl.DataFrame(list(spoilt.values())).select(pl.any_horizontal(pl.all())).to_series()
        reasons = [self._refused(rows, cells, spoilt, int(i)) for i in refused.arg_true()]
        return frame.filter(~refused), position.filter(~refused), reasons

    def _paired(self, cells: pl.DataFrame) -> pl.DataFrame:
        pair = self.settled.pair
        if pair is None:
            return cells
        both = pl.concat_str(pl.col(pair.date).str.strip_chars(), pl.col(pair.clock).str.strip_chars(), separator=" ")
        return cells.with_columns(both.alias(pair.name))

    def _column(self, form: Form, found: pl.Series) -> tuple[pl.Series, pl.Series | None]:
        kind = dtype(form)
        if found.dtype == pl.String and form.kind != "text":
            values, bad, words = form.read(found, self.missing)
            self.words += words
            return values.cast(kind), bad
        if found.dtype == pl.String:
            return found.set(found == "", None), None
        counted = kind == _MOMENT and found.dtype.is_numeric()
        return (form.moments(found.cast(pl.Float64)) if counted else found.cast(kind, strict=False)), None

    def _refused(self, rows: Rows, cells: pl.DataFrame, spoilt: dict[str, pl.Series], index: int) -> Rejected:
        name = next(n for n, bad in spoilt.items() if bad[index])
        cell = str(cells[name][index])[:60]
        form = self.settled.forms[name]
        return Rejected(int(rows.position[index]), int(rows.lines[index]), _why(name, cell, form), rows.raw(index))


def _flags(name: str, cells: pl.DataFrame, source: str) -> pl.Series:
    """What stands in place of a number; missing where a number stands."""
    if source not in cells.columns or cells.schema[source] != pl.String:
        return pl.Series(name, [None] * cells.height, dtype=pl.String)
    texts = cells[source].str.strip_chars()
    told = [t for t in texts.unique().drop_nulls().to_list() if is_flag(t)]
    return texts.set(~texts.is_in(told).fill_null(value=False), None).alias(name)


def _why(name: str, cell: str, form: Form) -> Text:
    if form.kind in ("number", "integer", "excel", "compact") or form.kind.startswith("epoch"):
        other = {".": "a decimal point", ",": "a decimal comma"}[form.number.decimal]
        zh = {".": "小数点", ",": "小数逗号"}[form.number.decimal]
        hint = (f"; the column has {other}", f"；该列使用{zh}") if any(c in cell for c in ",.") else ("", "")
        return Text(f"{name}: '{cell}' is not a number{hint[0]}", f"{name}：“{cell}”不是数{hint[1]}")
    if form.kind == "flag":
        return Text(f"{name}: '{cell}' is neither true nor false", f"{name}：“{cell}”不是真或假")
    return Text(f"{name}: '{cell}' is not a date of this column", f"{name}：“{cell}”不是该列的日期")
