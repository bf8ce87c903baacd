"""The rows of one query as text, in files of their own: the database is asked once and then let go."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

__all__ = ["PIECE", "Result", "Spool"]

PIECE = 20_000
"""Rows that are fetched at a time."""


@dataclass(slots=True)
class Spool:
    """Pieces of text cells on disk, with the digest of them all."""

    names: Sequence[str]
    rows: int = 0
    _folder: TemporaryDirectory[str] = field(default_factory=lambda: TemporaryDirectory(prefix="diapason-sql-"))
    _pieces: list[Path] = field(default_factory=list)
    _hash: Any = field(default_factory=sha256)

    def add(self, cells: pl.DataFrame) -> None:
        """Keep further rows."""
        path = Path(self._folder.name) / f"{len(self._pieces)}.arrow"
        cells.write_ipc(path, compression="lz4")
        self._hash.update(cells.write_csv(null_value="\x00").encode())
        self._pieces.append(path)
        self.rows += cells.height

    @property
    def digest(self) -> str:
        """sha256 of names and rows."""
        return str(self._hash.hexdigest())

    def pieces(self) -> Iterator[pl.DataFrame]:
        """All rows, in order."""
        for path in self._pieces:
            yield pl.read_ipc(path.read_bytes())

    def close(self) -> None:
        """Leave nothing behind."""
        self._folder.cleanup()


@dataclass(slots=True)
class Result:
    """What a database has answered."""

    spool: Spool
    kinds: dict[str, str]  # column -> flag, integer, number, text, time (no zone), zoned, date, span
    server: str
    snapshot: str
    query: str
    notes: list[tuple[str, str, str, str]] = field(default_factory=list)  # what, of, en, zh
