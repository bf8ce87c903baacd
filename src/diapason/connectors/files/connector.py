"""Reads tables from files: Parquet as it is stored, anything else once it is found out what it means."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from diapason.connectors.files.options import Options
from diapason.connectors.files.places import find, form, is_file
from diapason.connectors.files.stored import some, typed_frames
from diapason.ports.connector import Batch
from diapason.vocabulary.tables import ROW

__all__ = ["batches", "frames"]


async def batches(source: str, options: Mapping[str, Any]) -> AsyncIterator[Batch]:
    """Read a file, folder or pattern in bounded memory.

    The facts of the first batch say what was assumed and why; those of each say the share that is done.

    Raises:
        DataError: the source can't be read; names the file and the line.
        Unsure: what it means isn't clear; carries the questions.
    """
    from asyncio import sleep  # slow to load, and Parquet asks for neither of them

    from diapason.connectors.files.found import found_out

    for batch in found_out(*_with_sheet(source, Options.read(options))):
        yield batch
        await sleep(0)


def frames(source: str, options: Mapping[str, Any], rows: int, columns: Sequence[str] = ()) -> Iterator[pl.DataFrame]:
    """Read a file, folder or pattern as it is stored, in bounded memory: for looking at it, not for storing it.

    Parquet is handed out as fast as it can be decoded; anything else is found out and typed as by `batches`, without
    the columns that only say why a number is missing.

    Args:
        rows: of a frame, about.
        columns: those alone, of which some are there; default all. Of Parquet the others are not decoded.

    Raises:
        DataError: the source can't be read; names the file and the line.
        Unsure: what it means isn't clear; carries the questions.
    """
    said = Options.read(options)
    place, said = _with_sheet(source, said)
    pieces = find(place, recursive=said.recursive)
    if all(form(piece) == "parquet" for piece in pieces):
        for piece in pieces:
            yield from typed_frames(piece, rows, columns)
        return
    from diapason.connectors.files.found import found_out

    beside: list[str] = []
    for batch in found_out(place, said):
        beside = batch.facts.get("roles", {}).get("ignored", beside)
        yield some(batch.rows.drop(ROW, *beside), columns)


def _with_sheet(source: str, options: Options) -> tuple[str, Options]:
    """`plan.xlsx#Sheet1` is the sheet of that name."""
    place, mark, sheet = source.rpartition("#")
    if not mark or not sheet or not is_file(place) or is_file(source):
        return source, options
    return place, replace(options, sheet=sheet)
