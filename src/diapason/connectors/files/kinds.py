"""What each column holds: number, time, flag or text. Proposed from a sample, then checked against every row."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from diapason.connectors.files.flags import is_bound, is_flag
from diapason.connectors.files.numbers import (
    NumberForm,
    Signs,
    is_missing,
    read_numbers,
    signs,
    suffix_of,
)
from diapason.connectors.files.quick import Plain
from diapason.connectors.files.times import CLOCK, Shape, order_by_flow, order_fails, read_times, shape_of

__all__ = ["TEXT", "Column", "Form"]

SAMPLE = 500
MOST = 0.8
"""Share of different texts that must be of one kind for a column to be taken as that kind."""
SPOILT = 0.05
"""Share of unreadable cells above which a column is kept as text."""
NO_SIGNS = Signs(0, 0, 0, 0, 0)


PLAIN = NumberForm()
COMMA = NumberForm(",")


@dataclass(frozen=True, slots=True)
class Form:
    """How the cells of a column are read."""

    kind: str  # "number", "integer", "time", "clock", "flag", "text", "epoch_s", "excel", "compact", …
    number: NumberForm = PLAIN
    shapes: tuple[Shape, ...] = ()
    order: str = ""
    timezone: str = ""

    def suits(self, decimal: str) -> bool:
        """Whether it can be had from numbers that were read with this decimal sign as well as from their text."""
        same = self.number.decimal == decimal and not self.number.suffix
        return same and (self.kind in ("number", "integer", "excel") or self.kind.startswith("epoch"))

    def moments(self, values: pl.Series) -> pl.Series:
        """Times that are counted: seconds and the like since 1970, or days since 1900."""
        if self.kind == "excel":
            micro = ((values - 25_569) * 86_400_000).round() * 1000
        else:
            micro = values * {"epoch_s": 1e6, "epoch_ms": 1e3, "epoch_us": 1.0, "epoch_ns": 1e-3}[self.kind]
        return micro.cast(pl.Int64, strict=False).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")

    def read(self, cells: pl.Series, missing: frozenset[str]) -> tuple[pl.Series, pl.Series, int]:
        """Typed values, the mask of cells that could not be read, and how many words said "no value"."""
        if self.kind in ("text", "clock"):
            none = pl.repeat(value=False, n=len(cells), dtype=pl.Boolean, eager=True)
            return cells.set(cells == "", None), none, 0
        if self.kind == "flag":
            return self._flags(cells, missing)
        if self.kind == "time":
            values = read_times(cells, self.shapes, self.order, self.timezone)
            return self._rest(cells, values, missing)
        values, bad, words = read_numbers(cells, self.number, missing)
        return self._numeric(cells, values), bad, words

    def _numeric(self, cells: pl.Series, values: pl.Series) -> pl.Series:
        if self.kind == "integer":
            whole = cells.cast(pl.Int64, strict=False)
            return whole if whole.null_count() == values.null_count() else values.cast(pl.Int64, strict=False)
        if self.kind == "number":
            return values
        return read_times(cells, _COMPACT, "", self.timezone) if self.kind == "compact" else self.moments(values)

    def _flags(self, cells: pl.Series, missing: frozenset[str]) -> tuple[pl.Series, pl.Series, int]:
        values = cells.str.strip_chars().str.to_lowercase()
        read = values.replace_strict({"true": True, "false": False}, default=None, return_dtype=pl.Boolean)
        return self._rest(cells, read, missing)

    def _rest(self, cells: pl.Series, values: pl.Series, missing: frozenset[str]) -> tuple[pl.Series, pl.Series, int]:
        """Of the cells without a value: which say so, and which could not be read."""
        left = values.is_null() & cells.is_not_null()
        if not left.any():
            return values, left, 0
        texts = [t for t in cells.filter(left).unique().to_list() if is_missing(t, missing)]
        words = left & cells.is_in(texts).fill_null(value=False)
        return values, left & ~words, int((words & (cells.str.strip_chars() != "")).sum())


TEXT = Form("text")
_COMPACT = (Shape("%Y%m%d%H%M%S"), Shape("%Y%m%d%H%M"), Shape("%Y%m%d"))


@dataclass(slots=True)
class Column:
    """One text column while all its rows are looked at."""

    name: str
    missing: frozenset[str] = frozenset()
    fixed: Form | None = None  # said by a person
    order: str = ""  # of dates, said by a person
    decimal: str = ""  # sign, said by a person
    timezone: str = ""
    form: Form | None = None
    cells: int = 0
    words: int = 0
    bad: int = 0
    spoilt: list[str] = field(default_factory=list)  # examples of unreadable cells
    signs: Signs = NO_SIGNS
    whole: bool = True  # only whole numbers so far
    coded: bool = False  # a number that begins with zeros, such as 00123
    long: bool = False  # more digits than a number can hold
    low: float = float("inf")
    high: float = float("-inf")
    fails: dict[str, int] = field(default_factory=dict)  # dates that do not exist, by order
    flags: Counter[str] = field(default_factory=Counter)  # "<0.01", 未检出: in place of a number
    flow: str = ""  # the one order under which the clock runs on over midnight
    example: str = ""

    def look(self, cells: pl.Series) -> None:
        """Take the cells of further rows into account."""
        cells = cells.drop_nulls()
        self.cells += len(cells)
        self.form = self.fixed or self.form
        if self.form is None and len(cells):
            self._propose(cells)
        if self.form is None or self.form.kind in ("text", "clock"):
            return
        self._order(cells, self.form)
        values, mask, words = self.form.read(cells, self.missing)
        self.words += words
        if mask.any():
            values = self._unreadable(cells, values, mask)
        if self.form.kind in ("number", "integer"):
            self._flags(cells.filter(values.is_null()))
            self._numbers(cells, values, self.form)

    def _flags(self, left: pl.Series) -> None:
        """Count what stands in place of a number and still says something of it."""
        if left.len():
            told = left.str.strip_chars().value_counts(sort=True).head(20_000).rows()
            self.flags.update(
                {text: count for text, count in told if is_flag(text) and not is_missing(text, self.missing)}
            )

    @property
    def plain(self) -> bool:
        """Whether the column may be a plain number, as far as is known."""
        if self.form is None:
            return self.fixed is None and self.decimal in ("", ".")
        return self.fixed is None and self.form.kind == "number" and self.form.number in (PLAIN, COMMA)

    @property
    def comma(self) -> bool:
        """Whether it is read with a decimal comma."""
        return self.form is not None and self.form.number == COMMA

    def take(self, told: Plain, cells: pl.Series) -> None:
        """Take further rows into account, all of them plain numbers."""
        self.cells += told.filled
        if self.form is None:
            texts = (
                cells.head(200).drop_nulls().unique(maintain_order=True).to_list()
                or cells.drop_nulls().head(1).to_list()
            )
            self.form, self.example = Form("number"), texts[0]
            self.signs += signs(texts)
        self.span(told.low, told.high)
        self.whole &= told.whole
        self.coded |= told.coded
        self.long |= self.high >= 2**63 and bool(cells.str.contains(r"^\d{19,}$").any())

    def span(self, low: float, high: float) -> None:
        """Take the range of further numbers into account."""
        self.low, self.high = min(self.low, low), max(self.high, high)

    def _propose(self, cells: pl.Series) -> None:
        texts = [
            t for t in cells.head(20 * SAMPLE).unique(maintain_order=True).to_list() if not is_missing(t, self.missing)
        ]
        if texts:
            self.example = texts[0].strip()
            self.form = self._form(texts[:SAMPLE])

    def _form(self, texts: Sequence[str]) -> Form:
        texts, flags = [t for t in texts if not is_flag(t)], [t for t in texts if is_flag(t)]
        if not texts:
            return Form("number" if all(map(is_bound, flags)) else "text")
        seen, suffix = signs(texts), ""
        if seen.numbers < MOST * len(texts):
            suffix = suffix_of(texts)
            seen = signs(texts, suffix) if suffix else seen
        if seen.numbers >= MOST * len(texts):
            decimal = self.decimal or ("," if seen.comma > seen.point else ".")
            return Form("number", NumberForm(decimal, True, suffix))
        shapes = [s for t in texts if (s := shape_of(t)) is not None]
        if len(shapes) >= MOST * len(texts):
            return self._time_form(shapes)
        if sum(CLOCK.fullmatch(t) is not None for t in texts) >= MOST * len(texts):
            return Form("clock")
        return Form("flag" if {t.strip().lower() for t in texts} <= {"true", "false"} else "text")

    def _time_form(self, shapes: Sequence[Shape]) -> Form:
        ordered = tuple(s for s, _ in Counter(shapes).most_common(8))
        return Form("time", shapes=ordered, order=self.order or "dmy", timezone=self.timezone)

    def _order(self, cells: pl.Series, form: Form) -> None:
        """Count the dates that would not exist, under each order of day, month and year."""
        if form.kind != "time" or not any(s.open for s in form.shapes):
            return
        fails = order_fails(cells, years=any(s.years_open for s in form.shapes))
        for order, count in fails.items():
            self.fails[order] = self.fails.get(order, 0) + count
        possible = self.possible
        if len(possible) > 1 and not self.flow:
            self.flow = order_by_flow(cells.head(200_000), form.shapes, possible)
        if not self.order and self.fixed is None:
            self.form = replace(form, order=self.flow or possible[0])

    @property
    def possible(self) -> list[str]:
        """The orders of day, month and year under which the fewest dates do not exist."""
        least = min(self.fails.values(), default=0)
        return [order for order, count in self.fails.items() if count == least]

    def _unreadable(self, cells: pl.Series, values: pl.Series, mask: pl.Series) -> pl.Series:
        """Learn further ways to write a time; take another form where this one fits few cells; count the rest."""
        form = self.form
        texts = cells.filter(mask).unique(maintain_order=True).head(SAMPLE).to_list()
        if form is not None and form.kind == "time" and self.fixed is None:
            shapes = sorted({s for t in texts if (s := shape_of(t)) is not None} - set(form.shapes))
            if shapes and len(form.shapes) < 12:
                self.form = form = replace(form, shapes=(*form.shapes, *shapes[:4]))
                values, mask, _ = form.read(cells, self.missing)
        count = int(mask.sum())
        if self.fixed is None and count > 0.5 * len(cells):
            self.form = Form("text")
        self.bad += count
        self.spoilt += [t[:80] for t in texts[: max(0, 5 - len(self.spoilt))]]
        return values

    def _numbers(self, cells: pl.Series, values: pl.Series, form: Form) -> None:
        """Range, signs, and whether all numbers are whole."""
        if values.len() == values.null_count():
            return
        self.span(float(values.min()), float(values.max()))  # type: ignore[arg-type]
        odd = self.spoilt or form.number.decimal == "," or cells.head(2000).str.contains(",", literal=True).any()
        if odd or not self.signs.numbers:
            sample = cells.unique(maintain_order=True).head(2000).to_list()
            self.signs += signs(sample, form.number.suffix)
        self.long |= self.high >= 2**63 and bool(cells.str.contains(r"^\d{19,}$").any())
        if self.whole:
            exact = cells.cast(pl.Int64, strict=False)
            self.whole = exact.null_count() == values.null_count() and not form.number.suffix
            self.coded |= bool(cells.str.contains(r"^0\d\d+$").any())
