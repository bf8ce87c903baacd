"""Reads tables from files: find them, see how each is laid out, look at every row, then hand out typed batches."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from diapason.connectors.files.alignment import aligned
from diapason.connectors.files.assumed import Assumed
from diapason.connectors.files.delivery import Delivery
from diapason.connectors.files.forced import said_time
from diapason.connectors.files.kinds import Form
from diapason.connectors.files.numbers import MISSING
from diapason.connectors.files.options import Options
from diapason.connectors.files.parquet import typed_frames
from diapason.connectors.files.places import find, form
from diapason.connectors.files.settle import Settled, numeric_time, settle
from diapason.connectors.files.survey import Survey, survey
from diapason.connectors.files.tables import open_table
from diapason.connectors.files.telling import told
from diapason.connectors.files.typed import Typist
from diapason.ports.connector import Batch
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW

__all__ = ["batches", "frames"]


async def batches(source: str, options: Mapping[str, Any]) -> AsyncIterator[Batch]:
    """Read a file, folder or pattern in bounded memory.

    The facts of the first batch say what was assumed and why; those of each say the share that is done.

    Raises:
        DataError: the source can't be read; names the file and the line.
        Unsure: what it means isn't clear; carries the questions.
    """
    for batch in _batches(source, Options.read(options)):
        yield batch
        await asyncio.sleep(0)


def frames(source: str, options: Mapping[str, Any], rows: int) -> Iterator[pl.DataFrame]:
    """Read a file, folder or pattern as it is stored, in bounded memory: for looking at it, not for storing it.

    Parquet is handed out as fast as it can be decoded; anything else is found out and typed as by `batches`.

    Args:
        rows: of a frame, about.

    Raises:
        DataError: the source can't be read; names the file and the line.
        Unsure: what it means isn't clear; carries the questions.
    """
    said = Options.read(options)
    pieces = find(source, recursive=said.recursive)
    if all(form(piece) == "parquet" for piece in pieces):
        for piece in pieces:
            yield from typed_frames(piece, rows)
        return
    for batch in _batches(source, said):
        yield batch.rows.drop(ROW)


def _batches(source: str, options: Options) -> Iterator[Batch]:
    """Find, look, settle, hand out."""
    pieces = find(source, recursive=options.recursive)
    tables, names, notes = aligned([open_table(piece, options) for piece in pieces], options)
    missing = MISSING | {word.lower() for word in options.missing}
    found = survey(tables, names, options, missing, source)
    settled = _settled(found, names, options, source, notes)
    file_column = _file_column(len(tables), list(settled.forms), options)
    facts = told(found, settled, notes, file_column)
    typist = Typist(settled, missing, options.bad_cells == "missing")
    for batch in Delivery(found, typist, options, file_column).batches():
        yield Batch(batch.rows, batch.rejected, batch.seen, facts | dict(batch.facts))
        facts = {}


def _settled(found: Survey, names: Sequence[str], options: Options, source: str, notes: list[Assumed]) -> Settled:
    """How every column is read, with those that some file has typed already."""
    texts = [c for c in found.columns if c.name not in found.native or c.form is not None]
    said = said_time(names, options)
    settled = settle(texts, options, said, source)
    forms = dict(settled.forms)
    pair = settled.pair
    front = {pair.name: forms.pop(pair.name)} if pair is not None else {}
    unnamed = not all(table.named for table in found.tables)
    for column in found.columns:
        if column.name in found.native:
            merged = _merged(forms.get(column.name), found.native[column.name])
            timed = numeric_time(column, merged, column.name in said) if column.form is None else None
            forms[column.name] = merged if timed is None else timed[0]
        elif not column.cells and not unnamed and column.name == f"column_{names.index(column.name) + 1}":
            del forms[column.name]
            notes.append(Assumed("column", "-", _NOTHING, of=column.name))
    ordered = {name: forms[name] for name in names if name in forms}
    return Settled(front | ordered, pair, settled.assumed, settled.units)


_NOTHING = Text("it has neither a name nor a value", "既无列名也无数值")


def _merged(form: Form | None, native: set[pl.DataType]) -> Form:
    """One form for a column that is typed in some file: the narrowest that holds all of it."""
    typed = {_KINDS.get(type(kind), "time") for kind in native}
    typed = {"number"} if typed == {"number", "integer"} else typed
    if form is None:
        return Form(typed.pop() if len(typed) == 1 else "text")
    if form.kind in ("number", "integer") and typed <= {"number", "integer"}:
        return form if typed == {form.kind} else replace(form, kind="number")
    return form if typed == {form.kind} else Form("text")


_KINDS: dict[type[pl.DataType], str] = {
    pl.Int64: "integer",
    pl.Float64: "number",
    pl.Boolean: "flag",
    pl.String: "text",
}


def _file_column(count: int, names: Sequence[str], options: Options) -> str:
    """The name of the column that says from which file a row is; "" for one file."""
    if count < 2 or options.file_column == "none":
        return ""
    name = options.file_column
    while name in names:
        name += "_"
    return name
