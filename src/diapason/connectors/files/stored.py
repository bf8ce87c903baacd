"""Parquet as it is stored: frames as fast as they can be decoded, and what is said of a damaged file."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import polars as pl

from diapason.connectors.files.places import Piece
from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["readable", "some", "typed_frames"]


def typed_frames(piece: Piece, rows: int, columns: Sequence[str] = ()) -> Iterator[pl.DataFrame]:
    """The rows of a Parquet file as they are stored, in frames of as many rows at most."""
    with readable(piece):
        lazy = pl.scan_parquet(piece.path, glob=False, hive_partitioning=False)
        schema = lazy.collect_schema()
        wanted = [name for name in columns if name in schema]
        lazy, empty = (lazy.select(wanted) if wanted else lazy), some(pl.DataFrame(schema=schema), columns)
        met = False
        for frame in lazy.collect_batches(maintain_order=True, lazy=True):  # as they lie there: nothing is copied
            met = True
            yield from frame.iter_slices(rows)
    if not met:
        yield empty


def some(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Those columns alone that are there; all where none is."""
    wanted = [name for name in columns if name in frame.columns]
    return frame.select(wanted) if wanted else frame


@contextmanager
def readable(piece: Piece) -> Iterator[None]:
    """Damage to the file is told as such."""
    try:
        yield
    except pl.exceptions.PolarsError as error:
        raise _broken(piece, error) from error
    except OSError as error:
        raise _broken(piece, error) from error


def _broken(piece: Piece, error: Exception) -> DataError:
    said = str(error).split("\n", 1)[0][:200]
    return DataError(
        Text(f"the Parquet file is cut off or damaged: {said}", f"Parquet 文件被截断或已损坏：{said}"),
        at=piece.at,
        fix=Text("copy or export it again", "请重新复制或导出"),
    )
