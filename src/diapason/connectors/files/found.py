"""Finds tables, sees how each is laid out, looks at every row, settles what it means, then hands out typed batches."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

import polars as pl

from diapason.connectors.files.alignment import aligned
from diapason.connectors.files.assumed import Assumed
from diapason.connectors.files.delivery import Delivery
from diapason.connectors.files.forced import said_time
from diapason.connectors.files.kinds import TEXT, Form
from diapason.connectors.files.numbers import MISSING
from diapason.connectors.files.opening import open_tables
from diapason.connectors.files.options import Options
from diapason.connectors.files.places import find
from diapason.connectors.files.settle import Settled, numeric_time, settle
from diapason.connectors.files.survey import Survey, survey
from diapason.connectors.files.telling import told
from diapason.connectors.files.typed import Typist
from diapason.ports.connector import Batch
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import WORDED

__all__ = ["found_out"]


def found_out(source: str, options: Options) -> Iterator[Batch]:
    """Find, look, settle, hand out."""
    pieces = find(source, recursive=options.recursive)
    tables, names, notes = aligned([table for piece in pieces for table in open_tables(piece, options)], options)
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
    flags = _flags({c.name for c in found.columns if c.flags}, forms)
    beside = {source: flag for flag, source in flags.items()}
    ordered: dict[str, Form] = {}
    for name in (n for n in names if n in forms):
        ordered |= {name: forms[name]} | ({beside[name]: TEXT} if name in beside else {})
    return Settled(front | ordered, pair, settled.assumed, settled.units, flags)


def _flags(flagged: Collection[str], forms: Mapping[str, Form]) -> dict[str, str]:
    """A column beside each column of numbers for what was written in place of a number."""
    found: dict[str, str] = {}
    for name in (n for n in forms if n in flagged and forms[n].kind in ("number", "integer")):
        flag = f"{name}{WORDED}"
        while flag in forms or flag in found:
            flag += "_"
        found[flag] = name
    return found


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
