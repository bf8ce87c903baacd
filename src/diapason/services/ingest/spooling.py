"""Rows that go to a dataset beside: spooled on disk while the others are read, so that memory holds one batch."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import polars as pl

__all__ = ["Spool"]


class Spool:
    """Rows on disk as soon as there are any; gone when it is left."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._pieces: list[Path] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def shaped(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows as they are kept."""
        return rows

    def add(self, rows: pl.DataFrame) -> None:
        """Take rows; none are no piece."""
        if not rows.height:
            return
        self._folder = self._folder or tempfile.TemporaryDirectory(prefix="diapason-", ignore_cleanup_errors=True)
        path = Path(self._folder.name) / f"{len(self._pieces)}.arrow"
        self.shaped(rows).write_ipc(path)
        self._pieces.append(path)

    def pieces(self) -> Iterator[pl.DataFrame]:
        """What was taken, piece by piece."""
        yield from map(pl.read_ipc, self._pieces)
