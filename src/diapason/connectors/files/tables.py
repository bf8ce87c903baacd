"""One table of a source, from one file: what every kind of table offers; text as it stands, or turned on its side."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import polars as pl

from diapason.connectors.files.assumed import Assumed
from diapason.connectors.files.dialect import LINES, Dialect, looks, sniff
from diapason.connectors.files.naming import names_of
from diapason.connectors.files.options import Options
from diapason.connectors.files.places import Piece
from diapason.connectors.files.records import Rejected, Rows, Splitter
from diapason.connectors.files.text import Block, TextFile
from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["Table", "TextTable", "TurnedTable", "head_of"]

_MOST_TURNED = 256 << 20
"""Bytes of a table that may be turned on its side; it has to be held in memory."""


class Table(Protocol):
    """Rows of one file, readable more than once."""

    @property
    def piece(self) -> Piece:
        """Where it lies."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        ...

    @property
    def named(self) -> bool:
        """Whether the file names its columns."""
        ...

    @property
    def units(self) -> Mapping[str, str]:
        """Units that the file gives, by column."""
        ...

    @property
    def assumed(self) -> tuple[Assumed, ...]:
        """What was assumed about the layout."""
        ...

    @property
    def texts(self) -> frozenset[str]:
        """The columns that the file says are text, whatever they look like."""
        ...

    @property
    def worded(self) -> frozenset[str]:
        """The columns whose values the file writes as text in part or whole, though it could write numbers."""
        ...

    def rows(self) -> Iterator[Rows]:
        """All rows from the start, block by block."""
        ...

    def facts(self) -> dict[str, Any]:
        """What is known of the file after all rows were read."""
        ...


@dataclass
class TextTable:
    """A text file with one row per line."""

    piece: Piece
    options: Options
    texts: frozenset[str] = field(default=frozenset(), init=False)
    worded: frozenset[str] = field(default=frozenset(), init=False)
    file: TextFile = field(init=False)
    dialect: Dialect = field(init=False)

    def __post_init__(self) -> None:
        self.file = TextFile(self.piece, self.options)
        first = next(self.file.blocks(), None)
        if first is None:
            raise DataError(
                Text("the file holds only a byte order mark, no text", "文件只有字节顺序标记，没有内容"),
                at=self.piece.at,
                fix=Text("export it again", "请重新导出"),
            )
        self.dialect = sniff(head_of(first), self.options, self.piece.at)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self.dialect.layout.names

    @property
    def named(self) -> bool:
        """Whether the file names its columns."""
        return self.dialect.named

    @property
    def units(self) -> Mapping[str, str]:
        """Units that stand below the names."""
        return self.dialect.units

    @property
    def assumed(self) -> tuple[Assumed, ...]:
        """What was assumed about the layout."""
        encoding = self.file.encoding
        mixed = tuple(
            Assumed(
                "encoding",
                codec,
                Text(f"{count:,} lines are in it, unlike the others", f"{count:,} 行的编码与其他行不同"),
            )
            for codec, count in self.file.others.items()
            if count
        )
        if encoding is None or (encoding.codec == "utf-8" and not encoding.mark):
            return (*mixed, *self.dialect.assumed)
        return (Assumed("encoding", encoding.codec, encoding.why, "encoding=…"), *mixed, *self.dialect.assumed)

    def rows(self) -> Iterator[Rows]:
        """All rows, block by block."""
        splitter, waiting = Splitter(self.dialect.layout), None
        for block in self.file.blocks():
            if waiting is not None:
                yield splitter.split(waiting)
            waiting = block
        if waiting is not None:
            yield splitter.split(waiting, last=True)

    def facts(self) -> dict[str, Any]:
        """Encoding, layout, and what was left out."""
        layout = self.dialect.layout
        return {
            "encoding": self.file.encoding.codec if self.file.encoding else "utf-8",
            "separator": " " if layout.runs else layout.separator,
            "first_line": layout.first,
            "header": self.dialect.named,
            "comment": layout.comment,
            "preamble": list(self.dialect.preamble[:20]),
            "cut_off": self.file.cut,
            "marks_in_the_middle": self.file.marks,
        }


@dataclass
class TurnedTable(TextTable):
    """A text file that is stored on its side: one line per column. Held in memory, so limited in size."""

    _cells: pl.DataFrame = field(init=False)

    def __post_init__(self) -> None:
        self.file = TextFile(self.piece, self.options)
        head = head_of(next(self.file.blocks()))
        plain = Options(separator=self.options.separator, quote=self.options.quote, skip=self.options.skip, header="no")
        self.dialect = sniff(head, plain, self.piece.at)
        lines = self._lines()
        width = self.dialect.layout.width
        leading = [line[0] for line in lines]
        heads = leading if all(looks(c) == "text" for c in leading) else []
        names, notes = names_of([heads] if heads else [], len(lines), self.options.columns, self.piece.at)
        start = 1 if heads else 0
        columns = {name: line[start:width] for name, line in zip(names, lines, strict=True)}
        self._cells = pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String))
        said = Assumed("transpose", "yes", Text("you said so", "由您指定"), "transpose=no")
        self.dialect = Dialect(self.dialect.layout, {}, (said, *self.dialect.assumed[:1], *notes), (), bool(heads))

    def _lines(self) -> list[list[str]]:
        lines, size = [], 0
        for rows in TextTable.rows(self):
            size += len(rows.source)
            if rows.rejected or size > _MOST_TURNED:
                raise self._unfit(rows.rejected)
            lines += [list(line) for line in rows.cells.rows()]
        return lines

    def _unfit(self, rejected: list[Rejected]) -> DataError:
        if not rejected:
            return DataError(
                Text("the table is too large to be turned on its side", "表格太大，无法转置"),
                at=self.piece.at,
                fix=Text("turn it before you export it", "请在导出前转置"),
            )
        return DataError(
            Text(f"it cannot be turned on its side: {rejected[0].reason.en}", f"无法转置：{rejected[0].reason.zh}"),
            at=f"{self.piece.at}:{rejected[0].line}",
            fix=Text("every line needs equally many cells", "每行的单元格数必须相同"),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, from the first cell of each line where it is text."""
        return tuple(self._cells.columns)

    def rows(self) -> Iterator[Rows]:
        """All rows at once; the line of a row is the position of its cells."""
        height = self._cells.height
        order = np.arange(height, dtype=np.int64)
        text = ["\t".join(cell or "" for cell in row) for row in self._cells.rows()]
        source = "\n".join(text).encode()
        ends = np.cumsum([len(t.encode()) + 1 for t in text]) - 1
        spans = np.stack([np.concatenate([[0], ends[:-1] + 1]), ends], axis=1)
        yield Rows(self._cells, order, order + 1, source, spans, [], height)


def head_of(block: Block) -> str:
    """The first lines of a block as text."""
    at = -1
    for _ in range(LINES + 50):
        following = block.data.find(b"\n", at + 1, 4 << 20)
        if following < 0:
            break
        at = following
    return block.data[:at].decode("utf-8", "replace") if at >= 0 else block.data[:4096].decode("utf-8", "replace")
