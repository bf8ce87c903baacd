"""Reads tables from databases: ask once, keep the answer aside, decide what columns hold, hand out typed batches."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import polars as pl

from diapason.connectors.sql.address import Address, address_of
from diapason.connectors.sql.moments import counted, moments
from diapason.connectors.sql.options import Options
from diapason.connectors.sql.postgres import ask_postgres
from diapason.connectors.sql.result import Result
from diapason.connectors.sql.sqlite import ask_sqlite
from diapason.connectors.sql.statement import has_order
from diapason.errors import DataError
from diapason.ports.connector import Batch
from diapason.vocabulary.language import Text
from diapason.vocabulary.names import no_column
from diapason.vocabulary.tables import ROW
from diapason.vocabulary.wire import plain

__all__ = ["batches", "frames"]

_REJECTED = {
    ROW: pl.Int64,
    "file": pl.String,
    "line": pl.Int64,
    "reason": pl.String,
    "reason_zh": pl.String,
    "raw": pl.String,
}
_FLAGS = {"t": True, "f": False, "true": True, "false": False, "1": True, "0": False}
_TYPES = {
    "flag": pl.Boolean(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "span": pl.Float64(),
    "text": pl.String(),
}
_MOMENT = pl.Datetime("us", "UTC")
_AS_SAID = {"number": "number", "text": "text", "flag": "flag", "time": "time"}


async def batches(source: str, options: Mapping[str, Any]) -> AsyncIterator[Batch]:
    """Read a table or one SELECT of a database in bounded memory.

    Raises:
        DataError: the database is not there, the query is wrong, or it gives no rows.
    """
    for batch in _batches(source, Options.read(options)):
        yield batch
        await asyncio.sleep(0)


def frames(source: str, options: Mapping[str, Any], rows: int) -> Iterator[pl.DataFrame]:
    """The same without numbers of rows, in frames of about as many rows."""
    for batch in _batches(source, Options.read(options)):
        yield from batch.rows.drop(ROW).iter_slices(rows)


def _batches(source: str, options: Options) -> Iterator[Batch]:
    address = address_of(source)
    result = (ask_sqlite if address.kind == "sqlite" else ask_postgres)(address, options)
    with closing(result.spool):
        if not result.spool.rows and not options.after:
            raise _nothing(address)
        _known(options, result)
        yield from _Answer(address, options, result).batches()


@dataclass
class _Answer:
    """The rows of a result on their way out."""

    address: Address
    options: Options
    result: Result
    seen: int = 0
    refused: int = 0
    words: dict[str, int] = field(default_factory=dict)  # numbers that are none: NaN, Infinity

    def __post_init__(self) -> None:
        said = {name: _AS_SAID.get(kind, kind) for name, kind in self.options.types.items()}
        self.kinds = self.result.kinds | said

    def batches(self) -> Iterator[Batch]:
        """All rows; seen = handed out + refused."""
        made = [self._batch(cells) for cells in self.result.spool.pieces()] if self._small else None
        total = max(1, self.result.spool.rows)
        found = made if made is not None else (self._batch(cells) for cells in self.result.spool.pieces())
        facts, before = self._facts(), 0
        for batch in found:
            before += batch.seen
            if batch.seen:
                yield Batch(batch.rows, batch.rejected, batch.seen, {**facts, "share": round(before / total, 4)})
                facts = {}

    @property
    def _small(self) -> bool:
        return self.result.spool.rows <= 20_000

    def _batch(self, cells: pl.DataFrame) -> Batch:
        columns, spoilt = [], dict[str, pl.Series]()
        for name in cells.columns:
            values, bad = self._typed(name, cells[name])
            columns.append(values.alias(name))
            spoilt |= {name: bad} if bad.any() else {}
        number = pl.int_range(cells.height, dtype=pl.Int64, eager=True)
        frame = pl.DataFrame(columns).insert_column(0, number.alias(ROW))
        keep = self._newer(frame)
        refused = (
            pl.DataFrame([*spoilt.values()]).select(pl.any_horizontal(pl.all())).to_series() if spoilt else ~keep & keep
        )
        frame, cells, refused = frame.filter(keep), cells.filter(keep), refused.filter(keep)
        numbers = pl.int_range(self.seen, self.seen + frame.height, dtype=pl.Int64, eager=True).alias(ROW)
        frame = frame.with_columns(numbers)
        kept = {name: bad.filter(keep) for name, bad in spoilt.items()}
        rejected = [self._refused(frame, cells, kept, int(at)) for at in refused.arg_true()]
        self.seen, self.refused = self.seen + frame.height, self.refused + len(rejected)
        self._check()
        return Batch(frame.filter(~refused), pl.DataFrame(rejected, schema=_REJECTED, orient="row"), frame.height)

    def _newer(self, frame: pl.DataFrame) -> pl.Series:
        """Which rows are beyond the last key, where the database has not left out the others itself."""
        key = frame[self.options.since] if self.options.after and self.options.since in frame.columns else None
        if key is None or self.address.kind != "sqlite" or key.dtype in (pl.Int64, pl.Float64):
            return pl.repeat(value=True, n=frame.height, dtype=pl.Boolean, eager=True)
        last = pl.Series([self.options.after], dtype=pl.String)
        beyond: pl.Series = key > (moments(last, "") if key.dtype == _MOMENT else last)[0]
        return beyond.fill_null(value=False)

    def _typed(self, name: str, cells: pl.Series) -> tuple[pl.Series, pl.Series]:
        """Values, and which cells could not be read."""
        kind = self.kinds[name]
        if kind == "text":
            values = cells.set(cells == "", None)
            return values, pl.repeat(value=False, n=len(cells), dtype=pl.Boolean, eager=True)
        if kind in ("time", "zoned"):
            values = moments(cells, self.options.timezone)
        elif kind == "flag":
            values = cells.str.to_lowercase().replace_strict(_FLAGS, default=None, return_dtype=pl.Boolean)
        elif kind.startswith("epoch"):
            whole = cells.cast(pl.Int64, strict=False)
            exact = whole.null_count() == cells.null_count()
            values = counted(whole if exact else cells.cast(pl.Float64, strict=False), kind)
        else:
            values = cells.cast(_TYPES[kind], strict=False)
        bad = values.is_null() & cells.is_not_null() & (cells.str.strip_chars() != "")
        return self._finite(name, values, bad)

    def _finite(self, name: str, values: pl.Series, bad: pl.Series) -> tuple[pl.Series, pl.Series]:
        if values.dtype != pl.Float64:
            return values, bad.fill_null(value=False)
        odd = ~values.is_finite().fill_null(value=True)
        if odd.any():
            self.words[name] = self.words.get(name, 0) + int(odd.sum())
            values = values.set(odd, None)
        return values, bad.fill_null(value=False)

    def _refused(
        self, frame: pl.DataFrame, cells: pl.DataFrame, spoilt: dict[str, pl.Series], at: int
    ) -> tuple[Any, ...]:
        name = next(n for n, bad in spoilt.items() if bad[at])
        cell, kind = str(cells[name][at])[:60], self.kinds[name]
        what = {"flag": ("neither true nor false", "不是真或假")}.get(kind, ("not a number", "不是数"))
        what = ("not a time", "不是时间") if kind in ("time", "zoned") or kind.startswith("epoch") else what
        raw = "\t".join("" if c is None else str(c) for c in cells.row(at))[:65_536]
        en, zh = f"{name}: '{cell}' is {what[0]}", f"{name}：“{cell}”{what[1]}"
        row = int(frame[ROW][at])
        return row, self.address.name, row + 1, en, zh, raw

    def _check(self) -> None:
        if self.refused > self.options.max_rejected * self.seen and self.seen >= min(1000, self.result.spool.rows):
            raise DataError(
                Text(
                    f"{self.refused:,} of {self.seen:,} rows can't be read",
                    f"{self.seen:,} 行中有 {self.refused:,} 行无法读取",
                ),
                at=self.address.shown,
                fix=Text(
                    "check -o types=COLUMN=text, or allow it with -o max_rejected=0.9",
                    "请检查 -o types=列=text，或用 -o max_rejected=0.9 放行",
                ),
            )

    def _facts(self) -> dict[str, Any]:
        """What was asked, of whom, when, and what was assumed."""
        result, options = self.result, self.options
        digest = sha256(f"{result.spool.digest}\n{options.since}\n{options.after}".encode()).hexdigest()
        told = {
            "address": self.address.shown,
            "query": result.query,
            "server": result.server,
            "snapshot": result.snapshot,
        }
        told |= {"after": f"{options.since} > {options.after}"} if options.after else {}
        return {
            "digest": digest,
            "files": [{"name": self.address.name, "sha256": digest, "rows_seen": result.spool.rows, **told}],
            "rows_seen": result.spool.rows,
            "file_column": "",
            "columns": list(result.spool.names),
            "kinds": self.kinds,
            "units": {},
            "named": True,
            "missing_words": dict(self.words),
            "assumed": plain(self._assumed()),
        }

    def _assumed(self) -> list[dict[str, Any]]:
        said = [(what, of, Text(en, zh), f"types={of}=…") for what, of, en, zh in self.result.notes]
        said = [(w, of, why, "timezone=…" if w == "timezone" else change) for w, of, why, change in said]
        if not has_order(self.result.query):
            why = Text(
                "the query names no order: the rows come as the database gives them",
                "查询未指定顺序：按数据库给出的顺序",
            )
            said.append(("order", "", why, ""))
        values = {"timezone": "UTC", "order": "-", "decimals": "number", "spans": "s"}
        return [
            {"what": w, "value": values.get(w, self.kinds.get(of, "")), "why": why, "change": change, "of": of}
            for w, of, why, change in said
        ]


def _known(options: Options, result: Result) -> None:
    for name in (*options.types, *([options.since] if options.since else [])):
        if name not in result.kinds:
            raise no_column(name, list(result.kinds))


def _nothing(address: Address) -> DataError:
    return DataError(
        Text("the query gives no rows", "查询没有返回行"),
        at=address.shown,
        fix=Text("check its conditions", "请检查查询条件"),
    )
