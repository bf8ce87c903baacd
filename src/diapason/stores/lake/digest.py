"""The digest of a table's rows: it depends on the rows and their order alone, not on files, batches or appends."""

import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

import numpy as np
import polars as pl

from diapason.stores.lake.columns import schema_json

__all__ = ["LEAF", "RowTree"]

LEAF = 4096
"""Rows under one leaf."""

Piece = Callable[[int, int], bytes]


class RowTree:
    """A Merkle tree over rows that grows as they come; it needs at most one leaf of rows to go on later.

    Args:
        rows: how many rows are in it already.
        peaks: their roots, as `peaks` gave them.
        tail: the last `rows % LEAF` of those rows.

    Source: Merkle mountain range, Todd (2012); leaf and node prefixes as in RFC 9162.

    >>> whole, parts = RowTree(), RowTree()
    >>> table = pl.DataFrame({"_row": range(10000), "x": 0.5})
    >>> whole.add(table)
    >>> for start in range(0, 10000, 700):
    ...     parts.add(table[start : start + 700])
    >>> whole.digest() == parts.digest()
    True
    """

    def __init__(self, rows: int = 0, peaks: Sequence[str] = (), tail: pl.DataFrame | None = None) -> None:
        self.rows = rows
        self._peaks = [bytes.fromhex(peak) for peak in peaks]
        self._leaves = rows // LEAF
        self._tail = tail
        self._schema = tail.schema if tail is not None else None

    def copy(self) -> "RowTree":
        """The same tree, to grow apart from this one."""
        return RowTree(self.rows, self.peaks, self._tail)

    @property
    def schema(self) -> pl.Schema | None:
        """The columns, None before the first rows."""
        return self._schema

    @property
    def peaks(self) -> tuple[str, ...]:
        """Roots of the complete parts, largest first."""
        return tuple(peak.hex() for peak in self._peaks)

    def add(self, frame: pl.DataFrame) -> None:
        """Take the next rows; every frame has the columns of the first."""
        self._schema = self._schema or frame.schema
        self.rows += frame.height
        if self._tail is not None and self._tail.height:
            missing = LEAF - self._tail.height
            joined = pl.concat([self._tail, frame.head(missing)])
            if joined.height < LEAF:
                self._tail = joined
                return
            self._grow(joined)
            frame = frame.slice(missing)
        whole = frame.height // LEAF * LEAF
        self._grow(frame.head(whole))
        self._tail = frame.slice(whole)

    def digest(self) -> str:
        """sha256 in hex over schema, number of rows and rows."""
        rest = [] if self._tail is None or not self._tail.height else [h.hex() for h in _leaves(self._tail)]
        facts = {
            "schema": schema_json(self._schema or pl.Schema()),
            "rows": self.rows,
            "peaks": [*self.peaks, *rest],
        }
        return sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def _grow(self, frame: pl.DataFrame) -> None:
        for leaf in _leaves(frame):
            self._peaks.append(leaf)
            self._leaves += 1
            count = self._leaves
            while count % 2 == 0:
                right, left = self._peaks.pop(), self._peaks.pop()
                self._peaks.append(sha256(b"\x01" + left + right).digest())
                count //= 2


def _leaves(frame: pl.DataFrame) -> list[bytes]:
    """One hash for each `LEAF` rows: the columns one after the other, nulls marked, little-endian values."""
    pieces = [_pieces(column) for column in frame]
    found = []
    for start in range(0, frame.height, LEAF):
        stop = min(start + LEAF, frame.height)
        leaf = sha256(b"\x00" + (stop - start).to_bytes(4, "little"))
        for piece in pieces:
            leaf.update(piece(start, stop))
        found.append(leaf.digest())
    return found


def _pieces(column: pl.Series) -> Piece:
    """How to get the bytes of some rows of a column."""
    nulls = column.is_null().to_numpy() if column.null_count() else None
    inner = _nested(column) if column.dtype.is_nested() else _values(column)

    def piece(start: int, stop: int) -> bytes:
        gone = nulls is not None and bool(nulls[start:stop].any())
        mark = b"\x01" + np.packbits(nulls[start:stop]).tobytes() if nulls is not None and gone else b"\x00"
        return mark + inner(start, stop)

    return piece


def _values(column: pl.Series) -> Piece:
    if column.dtype == pl.String:
        return _texts(column)
    if column.dtype == pl.Binary:
        return _texts(column.bin.encode("hex"))
    if isinstance(column.dtype, pl.Decimal):
        return _texts(column.cast(pl.String))
    column = column.cast(pl.UInt8) if column.dtype == pl.Boolean else column.to_physical()
    values: Any = column.fill_null(0).to_numpy()
    if column.dtype.is_float():
        odd = np.isnan(values)
        values = np.where(odd, np.asarray(np.nan, values.dtype), values) if odd.any() else values
    values = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    return lambda start, stop: values[start:stop].tobytes()


def _texts(column: pl.Series) -> Piece:
    column = column.fill_null("")
    sizes = column.str.len_bytes().to_numpy().astype("<u4")
    ends = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
    data = (column.str.join("").item() if len(column) else "").encode()
    return lambda start, stop: sizes[start:stop].tobytes() + data[ends[start] : ends[stop]]


def _nested(column: pl.Series) -> Piece:
    def piece(start: int, stop: int) -> bytes:
        text = json.dumps(column[start:stop].to_list(), default=repr, separators=(",", ":"))
        return len(text).to_bytes(8, "little") + text.encode()

    return piece
