"""A source of tables outside the workspace."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import polars as pl

__all__ = ["Batch", "Connector", "Frames"]


@dataclass(frozen=True, slots=True)
class Batch:
    """A piece of a source: rows read and rows refused, which add up to rows seen."""

    rows: pl.DataFrame  # columns as found, plus `_row`
    rejected: pl.DataFrame  # columns: _row, file, line, reason, raw
    seen: int
    facts: Mapping[str, Any] = field(default_factory=dict)  # encoding, separator, header …: what was assumed and why


class Connector(Protocol):
    """Reads a source batch by batch in bounded memory."""

    def batches(self, source: str, options: Mapping[str, Any]) -> AsyncIterator[Batch]:
        """Read the source; raises DataError with file and line where it can't be read at all."""
        ...


class Frames(Protocol):
    """Hands out a source as it is stored, for looking at it without bringing it in."""

    def frames(
        self, source: str, options: Mapping[str, Any], rows: int, columns: Sequence[str] = ()
    ) -> Iterator[pl.DataFrame]:
        """Frames of about as many rows; raises DataError with the file where it can't be read.

        Args:
            columns: those alone, of which some are there; default all.
        """
        ...
