"""Rows on their way into a table: written aside, batch by batch, where nobody reads them yet."""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import polars as pl

from diapason.errors import Conflict, DataError
from diapason.ports.disk import guarded, turn
from diapason.stores.lake.columns import ascending, fitted, physical_names, storable
from diapason.stores.lake.digest import RowTree
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW

__all__ = ["DataFile", "Stage", "clear", "file_digest", "frames_of", "staged"]

FULL = 64 << 20
"""Bytes in memory after which rows are written to a file."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """One Parquet file of a table; it never changes."""

    name: str
    rows: int
    first: int  # lowest `_row`
    last: int  # highest `_row`
    size: int  # bytes
    sha256: str

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


class Stage:
    """A folder of files that are not yet part of the table."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: list[DataFile] = []
        self.tree = RowTree()
        self.renamed: dict[str, str] = {}

    @property
    def schema(self) -> pl.Schema:
        """Columns as the files name them."""
        return pl.Schema((self.renamed.get(c, c), dtype) for c, dtype in (self.tree.schema or {}).items())

    def write(self, frames: Iterable[pl.DataFrame], *, tree: RowTree, above: int) -> None:
        """Write the rows of a version, or the rows to append.

        Rows that come out of order are sorted at the end, which takes the memory of all of them.

        Args:
            tree: over the rows that are in the table already.
            above: the highest `_row` of the table, -1 if there is none.
        """
        start = tree.copy()
        if self._store(frames, tree, above).mixed:
            self._again(_sorted(self.files, self.folder, self.renamed), start, above)
        if self.tree.schema is None:
            raise DataError(
                Text("there are no rows and no columns to commit", "没有可提交的行和列"),
                fix=Text("give at least one batch", "请至少提供一批数据"),
            )

    def renumber(self, tree: RowTree, above: int) -> None:
        """Write the same rows again, after a table that has grown in the meantime."""
        self._again(frames_of(self.folder, self.files, self.renamed), tree, above)

    def merge(self, folder: Path, files: Iterable[DataFile]) -> list[DataFile]:
        """The rows of many small files in one."""
        return [_written(frame, self.folder) for frame in _gathered(frames_of(folder, files, {}))]

    def _again(self, frames: Iterable[pl.DataFrame], tree: RowTree, above: int) -> None:
        old = self.files
        self._store(frames, tree, above)
        for file in old:
            (self.folder / file.name).unlink()

    def _store(self, frames: Iterable[pl.DataFrame], tree: RowTree, above: int) -> "_Ordered":
        ordered = _Ordered(above, tree.schema)
        self.tree, self.files = tree, []
        for frame in _gathered(ordered.frames(frames)):
            tree.add(frame)
            self.renamed = physical_names(frame.columns)
            if frame.height or above < 0:
                self.files.append(_written(frame.rename(self.renamed), self.folder))
        return ordered


class _Ordered:
    """Checks batch after batch: types, columns, and numbers that ascend.

    Rows whose numbers collide with those of the table are numbered on from it.
    """

    def __init__(self, above: int, schema: pl.Schema | None) -> None:
        self.above, self.schema, self.mixed = above, schema, False
        self._shift: int | None = None

    def frames(self, frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        last = self.above
        for given in frames:
            frame = storable(given)
            self.schema = self.schema or frame.schema
            frame = fitted(frame, self.schema)
            if frame.height:
                frame = self._numbered(frame)
                self.mixed = self.mixed or int(frame[ROW][0]) <= last or not ascending(frame)
                last = int(frame[ROW][-1])
            yield frame

    def _numbered(self, frame: pl.DataFrame) -> pl.DataFrame:
        if self._shift is None:
            self._shift = max(0, self.above + 1 - int(frame[ROW][0]))
        return frame.with_columns(pl.col(ROW) + self._shift) if self._shift else frame


def _gathered(frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Fewer, larger frames; at least one, so that a table without rows has its columns on disk."""
    waiting: list[pl.DataFrame] = []
    size, written = 0, False
    for frame in frames:
        waiting.append(frame)
        size += int(frame.estimated_size())
        if size >= FULL:
            yield pl.concat(waiting)
            waiting, size, written = [], 0, True
    if waiting and (not written or any(f.height for f in waiting)):
        yield pl.concat(waiting)


def _written(frame: pl.DataFrame, folder: Path) -> DataFile:
    """One Parquet file: ZSTD at its quickest; floats plain, for which dictionaries only cost."""
    path = folder / f"{uuid4().hex}.parquet"
    with guarded(path), path.open("wb") as file:
        try:
            frame.write_parquet(file, compression="zstd", compression_level=1, row_group_size=131_072)
        except pl.exceptions.ComputeError as error:
            raise OSError(None, str(error)) from error
        file.flush()
        os.fsync(file.fileno())
    numbers = frame[ROW]
    first, last = (int(numbers[0]), int(numbers[-1])) if frame.height else (0, -1)
    return DataFile(path.name, frame.height, first, last, path.stat().st_size, file_digest(path))


def file_digest(path: Path) -> str:
    """sha256 of a file's bytes, in hex."""
    found = sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            found.update(piece)
    return found.hexdigest()


def frames_of(folder: Path, files: Iterable[DataFile], renamed: dict[str, str]) -> Iterator[pl.DataFrame]:
    """The rows of files, one file at a time, under the names that the user gave the columns."""
    logical = {new: old for old, new in renamed.items()}
    for file in files:
        yield pl.read_parquet(folder / file.name, glob=False, memory_map=False).rename(logical)


def _sorted(files: list[DataFile], folder: Path, renamed: dict[str, str]) -> Iterator[pl.DataFrame]:
    """All rows in the order of their numbers.

    Raises:
        DataError: two rows have the same number.
    """
    frame = pl.concat(frames_of(folder, files, renamed)).sort(ROW, maintain_order=True)
    twice = frame[ROW].is_duplicated()
    if twice.any():
        number = frame.filter(twice)[ROW][0]
        raise DataError(
            Text(f"two rows have the number {number}", f"有两行的行号都是 {number}"),
            at=f"column {ROW}",
            fix=Text("number each row of a version once", "同一版本中每行行号须唯一"),
        )
    yield from frame.iter_slices(131_072)


@contextmanager
def staged(place: Path) -> Iterator[Stage]:
    """A stage that is cleared away at the end; while its writer lives, nobody else clears it."""
    name = uuid4().hex[:12]
    folder, alive = place / name, place / f"{name}.alive"
    try:
        with turn(alive, wait=1), _folder(folder, alive):
            yield Stage(folder)
    finally:
        _unlink(alive)


@contextmanager
def _folder(folder: Path, alive: Path) -> Iterator[None]:
    if not alive.exists():
        raise Conflict(
            Text("the stage was cleared while it was made", "暂存区在创建时被清理"),
            fix=Text("try again", "请重试"),
        )
    with guarded(folder):
        folder.mkdir()
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def clear(place: Path) -> list[str]:
    """Remove the stages whose writers are dead; returns their names."""
    gone = []
    for alive in sorted(place.glob("*.alive")):
        with suppress(Conflict):
            with turn(alive, wait=0):
                shutil.rmtree(place / alive.stem, ignore_errors=True)
                _unlink(alive)
            _unlink(alive)
            gone.append(alive.stem)
    for folder in place.glob("*"):
        if folder.is_dir() and not (place / f"{folder.name}.alive").exists():
            shutil.rmtree(folder, ignore_errors=True)
            gone.append(folder.name)
    return gone


def _unlink(path: Path) -> None:
    """Remove a lock's file; Windows refuses as long as somebody holds it."""
    with suppress(PermissionError):
        path.unlink(missing_ok=True)
