"""Versioned tables, one per dataset."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import polars as pl

from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import VersionRef

__all__ = ["Difference", "Lake", "Version"]


@dataclass(frozen=True, slots=True)
class Version:
    """One committed version of a dataset."""

    ref: VersionRef
    rows: int
    digest: str  # sha256 over columns and rows in `_row` order: the same rows, the same digest, however written
    run: str  # id of the run that wrote it
    at: str  # UTC, ISO 8601
    note: str  # why it was written: "ingest", "adopt drop-0", "undo"
    first_row: int = 0  # `_row` of the first row that this commit wrote


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows by which two versions differ, matched by `_row`."""

    added: pl.DataFrame
    removed: pl.DataFrame
    changed: pl.DataFrame  # columns: _row, column, before, after (as strings)


class Lake(Protocol):
    """Tables that keep every version. The ledger decides which versions exist."""

    def commit(
        self,
        name: str,
        batches: Iterable[pl.DataFrame],
        *,
        run: str,
        note: str,
        append: bool = False,
        expected: int | None = None,
    ) -> Version:
        """Write a new version from batches (memory: a batch or two); all of it or nothing.

        Every batch has the columns of the first and the int64 column `_row`, each number once in a version. A version
        keeps its rows in `_row` order. Appended rows whose numbers collide with those that are there are numbered on
        from them; `Version.first_row` tells from where.

        Args:
            append: keep the rows of the newest version; appends of several writers are all kept.
            expected: the newest version the caller has seen; 0 = none.

        Raises:
            Conflict: another writer changed the dataset since `expected`, or, when replacing, since the call began.
            DataError: columns or types differ, or a row has no number of its own.
        """
        ...

    def scan(self, ref: VersionRef) -> pl.LazyFrame:
        """Read a version lazily, `_row` included, in `_row` order.

        Raises:
            BrokenEvidence: its files are no longer what was committed.
            NotFound: there is no such version.
        """
        ...

    def version(self, ref: VersionRef) -> Version:
        """The facts of one version (0 = newest)."""
        ...

    def versions(self, name: str) -> tuple[Version, ...]:
        """All versions, oldest first; empty for an unknown name."""
        ...

    def datasets(self) -> tuple[str, ...]:
        """Names of all datasets."""
        ...

    def difference(self, before: VersionRef, after: VersionRef) -> Difference:
        """What changed between two versions of one dataset."""
        ...

    def erase(self, name: str, *, version: int = 0, reason: str = "", run: str = "") -> Mapping[str, str]:
        """Really delete a dataset, or one version with the files that no other version needs.

        Digests and reason stay in the ledger (kind "erase"); numbers of versions are never given again.

        Returns:
            Digest by name, of the versions and the files that are gone.
        """
        ...

    def reconcile(self) -> tuple[str, ...]:
        """Undo whatever the ledger does not know (after a kill); returns what was done, in words."""
        ...

    def check(self) -> Iterator[Text]:
        """Complaints: files that are absent, changed or unknown, a log that shows something else."""
        ...

    def files(self) -> Iterator[tuple[Path, str]]:
        """Every file that a backup needs, as the ledger knows them, and the sha256 it must have ("" = not recorded).

        None of them ever changes; an erased one is gone.
        """
        ...
