"""Lines into rows of cells: which lines are rows, which are refused and why. Vectorised; odd lines one by one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.connectors.files.footing import AGAIN, EMPTY, closing
from diapason.connectors.files.text import Block
from diapason.vocabulary.language import Text

__all__ = ["Layout", "Rejected", "Rows", "Splitter", "fields", "shown_line", "squeeze", "squeeze_text"]

Bytes = NDArray[np.uint8]
Index = NDArray[np.int64]
_FEED, _TAB = 10, 9
_SPAN_LINES, _SPAN_BYTES = 200, 1 << 20
"""How far a quoted cell may reach before we say that its quote was never closed."""
_RAW = 1 << 16
_FOOT = 40
"""Lines at the end of a table or page among which totals and notes are looked for."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a line is divided."""

    separator: str
    names: tuple[str, ...]
    runs: bool = False  # cells are divided by runs of blanks and tabs
    quote: str = '"'
    comment: str = ""
    first: int = 1  # number of the first line with data
    heads: tuple[str, ...] = ()  # the lines above the data as they stand, to know them again in the middle

    @property
    def width(self) -> int:
        """Cells in a row."""
        return len(self.names)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was seen and not stored."""

    position: int  # among the rows seen, from 0
    line: int
    reason: Text
    raw: str


@dataclass(slots=True)
class Rows:
    """The rows of one block: `cells` holds text, one String column per name."""

    cells: pl.DataFrame
    position: Index  # among the rows seen, from 0
    lines: Index
    source: bytes
    spans: Index  # shape (n, 2): where each row lies in `source`
    rejected: list[Rejected]
    seen: int
    skipped: int = 0  # blank lines and comments

    def raw(self, row: int) -> str:
        """A row as it stands in the file."""
        start, end = self.spans[row]
        return shown_line(self.source[start:end])


@dataclass(slots=True)
class _Lines:
    """The lines of one block, while it is decided what each is."""

    data: bytes
    text: Bytes
    starts: Index
    ends: Index
    keep: NDArray[np.bool_]
    refused: dict[int, Text] = field(default_factory=dict)
    mended: dict[int, tuple[bytes, int]] = field(default_factory=dict)  # first line -> canonical row, last line
    skipped: int = 0

    def line(self, index: int, last: int = -1) -> str:
        return self.data[self.starts[index] : self.ends[max(index, last)]].decode("utf-8", "replace")


@dataclass(slots=True)
class Splitter:
    """Splits the blocks of one file; remembers a quoted cell that reaches into the next block."""

    layout: Layout
    seen: int = 0
    _rest: Block | None = None

    def split(self, block: Block, *, last: bool = False) -> Rows:
        """The rows of a block. Rows seen = rows of `cells` + `rejected`."""
        block = self._joined(block)
        original = np.frombuffer(block.data, dtype=np.uint8)
        text = squeeze(original, self.layout.quote) if self.layout.runs else original
        ends = np.flatnonzero(text == _FEED)
        starts = np.concatenate([np.zeros(1, np.int64), ends[:-1] + 1])
        lines = _Lines(text.tobytes() if self.layout.runs else block.data, text, starts, ends, np.ones(len(ends), bool))
        self._leave_out(lines, block)
        self._refuse(lines, block)
        carried = self._quotes_and_widths(lines, last)
        self._foot(lines, last)
        self._rest = None if carried is None else self._carry(block, original, carried)
        return self._rows(lines, block, original)

    def _joined(self, block: Block) -> Block:
        rest, self._rest = self._rest, None
        if rest is None:
            return block
        before = rest.data.count(b"\n")
        bad = rest.bad | {index + before: why for index, why in block.bad.items()}
        return Block(rest.data + block.data, rest.line, bad, block.read)

    def _carry(self, block: Block, original: Bytes, index: int) -> Block:
        """The end of a block from this line on, to be split with the next."""
        ends = np.flatnonzero(original == _FEED)
        start = int(ends[index - 1]) + 1 if index else 0
        bad = {i - index: why for i, why in block.bad.items() if i >= index}
        return Block(block.data[start:], block.line + index, bad, block.read)

    def _leave_out(self, lines: _Lines, block: Block) -> None:
        """Lines that are no rows: before the data, blank, or a comment."""
        lengths = lines.ends - lines.starts
        out = lengths == 0
        short = np.flatnonzero((lengths > 0) & (lengths < 100) & (lines.text[lines.starts] <= 32))
        blank = [i for i in short if not lines.data[lines.starts[i] : lines.ends[i]].strip(b" ")]
        out[np.asarray(blank, dtype=np.int64)] = True
        mark = self.layout.comment.encode()
        if mark:
            begins = np.flatnonzero(lines.text[lines.starts] == mark[0])
            out[[i for i in begins if lines.data.startswith(mark, lines.starts[i])]] = True
        before = max(0, self.layout.first - block.line)
        lines.skipped = int(out[before:].sum())
        out[:before] = True
        lines.keep &= ~out

    def _refuse(self, lines: _Lines, block: Block) -> None:
        """Lines whose bytes are wrong, empty rows, and a header that comes again."""
        zeros = np.flatnonzero(lines.text == 0)
        for index in np.unique(np.searchsorted(lines.ends, zeros)):
            _reject(lines, int(index), _NUL)
        for index, why in block.bad.items():
            _reject(lines, index, why)
        for header in (head.encode() for head in self.layout.heads):
            if block.data.find(header) < 0:
                continue
            same = np.flatnonzero(lines.keep & (lines.ends - lines.starts == len(header)))
            for index in same:
                if lines.data.startswith(header, lines.starts[index]):
                    _reject(lines, int(index), AGAIN)

    def _foot(self, lines: _Lines, last: bool) -> None:
        """Totals and notes at the end of the table, and at the end of a page, before the header comes again."""
        ends = [i for i, why in lines.refused.items() if why is AGAIN]
        for end in [*ends, *([len(lines.ends)] if last else [])]:
            for index in range(end - 1, max(-1, end - _FOOT), -1):
                if not lines.keep[index]:
                    continue
                why = closing(fields(lines.line(index), self.layout) or ())
                if why is None:
                    break
                _reject(lines, index, why)

    def _quotes_and_widths(self, lines: _Lines, last: bool) -> int | None:
        """Refuse rows with too few or too many cells; returns the line from which to carry on, if any."""
        separators = np.flatnonzero(lines.text == ord(self.layout.separator))
        carried = None
        if self.layout.quote and self.layout.quote.encode() in lines.data:
            quotes = np.flatnonzero(lines.text == ord(self.layout.quote))
            carried = self._mend(lines, quotes, last)
            separators = separators[_outside(separators, quotes, lines)]
        count = np.diff(np.searchsorted(separators, lines.ends), prepend=0) if len(lines.ends) else lines.ends
        if self.layout.width > 1:
            empty = lines.keep & (count == lines.ends - lines.starts) & (count > 0)
            for index in np.flatnonzero(empty):
                _reject(lines, int(index), EMPTY)
        for index in np.flatnonzero(lines.keep & (count != self.layout.width - 1)):
            _reject(lines, int(index), _ragged(int(count[index]) + 1, self.layout.width))
        return carried

    def _mend(self, lines: _Lines, quotes: Index, last: bool) -> int | None:
        """Read rows with unusual quotes one by one; each becomes a canonical row or is refused."""
        odd, strange = _unusual(quotes, lines, ord(self.layout.separator))
        followed = dict(zip(odd.tolist(), [*odd[1:].tolist(), -1], strict=False))
        done = -1
        for index in np.union1d(odd, strange).tolist():
            if index <= done or not lines.keep[index]:
                continue
            until = self._record(lines, index, followed.get(index, index))
            if until is None and followed.get(index) == -1 and self._may_go_on(lines, index, last):
                lines.keep[index:] = False
                return int(index)
            if until is None:
                _reject(lines, index, _UNCLOSED if index in followed else _STRAY)
            done = index if until is None else until
        return None

    def _record(self, lines: _Lines, index: int, closes: int) -> int | None:
        """Try a line alone, then together with those up to where the quote closes; the last line, or None."""
        far = closes > index and closes - index <= _SPAN_LINES
        for last in (index, closes) if far else (index,):
            cells = fields(lines.line(index, last), self.layout)
            if cells is not None and len(cells) == self.layout.width:
                lines.keep[index : last + 1] = False
                lines.mended[index] = (_canonical(cells, self.layout), last)
                return int(last)
        return None

    def _may_go_on(self, lines: _Lines, index: int, last: bool) -> bool:
        near = len(lines.ends) - index <= _SPAN_LINES
        return not last and near and len(lines.data) - lines.starts[index] < _SPAN_BYTES

    def _rows(self, lines: _Lines, block: Block, original: Bytes) -> Rows:
        good, seen = lines.keep.copy(), lines.keep.copy()
        good[list(lines.mended)] = seen[list(lines.mended)] = seen[list(lines.refused)] = True
        kept, refused, both = np.flatnonzero(good), sorted(lines.refused), np.flatnonzero(seen)
        feeds = lines.ends if not self.layout.runs else np.flatnonzero(original == _FEED)
        starts = np.concatenate([np.zeros(1, np.int64), feeds[:-1] + 1])
        until = kept.copy()
        if lines.mended:
            until = np.array([lines.mended[i][1] if i in lines.mended else i for i in kept.tolist()], dtype=np.int64)
        rejected = [
            Rejected(
                self.seen + int(np.searchsorted(both, i)),
                block.line + i,
                lines.refused[i],
                shown_line(block.data[starts[i] : feeds[i]]),
            )
            for i in refused
        ]
        rows = Rows(
            cells=self._parsed(_good(lines), len(kept)),
            position=self.seen + np.searchsorted(both, kept),
            lines=block.line + kept,
            source=block.data,
            spans=np.stack([starts[kept], feeds[until]], axis=1) if len(kept) else np.zeros((0, 2), np.int64),
            rejected=rejected,
            seen=len(both),
            skipped=lines.skipped,
        )
        self.seen += len(both)
        return rows

    def _parsed(self, data: bytes, rows: int) -> pl.DataFrame:
        """Cells as text by the reader of polars; checked to give as many rows as there are lines."""
        shape = dict.fromkeys(self.layout.names, pl.String)
        if not rows:
            return pl.DataFrame(schema=shape)
        frame = pl.read_csv(
            data,
            has_header=False,
            separator=self.layout.separator,
            quote_char=self.layout.quote or None,
            schema=shape,
        )
        if frame.height != rows:
            cells = [fields(line, self.layout) for line in data.decode().split("\n")[:-1]]
            frame = pl.DataFrame(cells, schema=shape, orient="row", strict=False)
        return frame


_NUL = Text("the line contains NUL bytes", "该行含有 NUL 字节")
_UNCLOSED = Text("a quote is opened and never closed", "引号未闭合")
_STRAY = Text("a quote stands in the middle of a cell", "单元格中间出现引号")


def _ragged(found: int, expected: int) -> Text:
    return Text(f"{found} cells where {expected} are expected", f"有 {found} 个单元格，应为 {expected} 个")


def _reject(lines: _Lines, index: int, why: Text) -> None:
    if lines.keep[index]:
        lines.keep[index] = False
        lines.refused[index] = why


def _good(lines: _Lines) -> bytes:
    """The text of the good rows, odd ones in their canonical form."""
    if lines.keep.all():
        return lines.data
    mask = np.repeat(lines.keep, lines.ends - lines.starts + 1)
    parts, at = [], 0
    for index in sorted(lines.mended):
        start = int(lines.starts[index])
        parts += [lines.text[at:start][mask[at:start]].tobytes(), lines.mended[index][0]]
        at = start
    return b"".join([*parts, lines.text[at : len(mask)][mask[at:]].tobytes()])


def _line_ranks(positions: Index, lines: _Lines) -> tuple[Index, Index]:
    """For each position its line, and for each line how many positions came before it."""
    return np.searchsorted(lines.ends, positions), np.searchsorted(positions, lines.starts)


def _outside(separators: Index, quotes: Index, lines: _Lines) -> NDArray[np.bool_]:
    """Which separators stand outside of quotes."""
    line = np.searchsorted(lines.ends, separators)
    _, before = _line_ranks(quotes, lines)
    inside: NDArray[np.bool_] = (np.searchsorted(quotes, separators) - before[line]) % 2 == 1
    return ~inside


def _unusual(quotes: Index, lines: _Lines, separator: int) -> tuple[Index, Index]:
    """Lines with an odd number of quotes, and lines where a quote does not open or close a cell."""
    line, before = _line_ranks(quotes, lines)
    rank = np.arange(len(quotes)) - before[line]
    count = np.diff(np.append(before, len(quotes)))
    opens = rank % 2 == 0
    left = lines.text[np.maximum(quotes - 1, 0)]
    left[quotes == 0] = _FEED
    right = lines.text[np.minimum(quotes + 1, len(lines.text) - 1)]
    edge = np.where(opens, left, right)
    fine = (edge == separator) | (edge == _FEED) | (edge == lines.text[quotes])
    return np.flatnonzero(count % 2 == 1), np.unique(line[~fine])


def fields(record: str, layout: Layout) -> list[str] | None:
    """The cells of one row; None where a quote is left open or text follows a closing quote.

    >>> fields('1,"a ""b"", c",5" pipe', Layout(",", ("x", "y", "z")))
    ['1', 'a "b", c', '5" pipe']
    """
    return None if (cells := list(_cells(record, layout))) and cells[-1] is None else [c or "" for c in cells]


def _cells(record: str, layout: Layout) -> Iterator[str | None]:
    separator, quote = re.escape(layout.separator), re.escape(layout.quote)
    quoted = f"{quote}((?:[^{quote}]|{quote}{quote})*){quote}" if quote else "(?!)()"
    plain = (f"(?!{quote})" if quote else "") + f"([^{separator}]*)"
    cell = re.compile(f"(?:{quoted}|{plain})(?:{separator}|\\Z)")
    at, more = 0, True
    while more:
        found = cell.match(record, at)
        if found is None:
            yield None
            return
        inner, bare = found.groups()
        yield bare if inner is None else inner.replace(layout.quote * 2, layout.quote)
        at, more = found.end(), found.group().endswith(layout.separator)


def _canonical(cells: list[str], layout: Layout) -> bytes:
    quote = layout.quote
    return (layout.separator.join(quote + c.replace(quote, quote * 2) + quote for c in cells) + "\n").encode()


def shown_line(data: bytes) -> str:
    """A line for a person: without NUL, cut where it is very long."""
    text = data[:_RAW].decode("utf-8", "replace").replace("\x00", "␀")
    return text if len(data) <= _RAW else f"{text}… ({len(data):,} bytes)"


def squeeze(text: Bytes, quote: str = '"') -> Bytes:
    r"""Runs of blanks and tabs become one tab; none at the start or end of a line; the number of lines stays.

    >>> squeeze(np.frombuffer(b"  1   2.5\t3  \n", dtype=np.uint8)).tobytes()
    b'1\t2.5\t3\n'
    """
    blank = (text == 32) | (text == _TAB) | (text == 13)
    edges = np.diff(blank.view(np.int8), prepend=np.int8(0), append=np.int8(0))
    first, after = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    keep = ~blank
    if quote and (text == ord(quote)).any():
        inside = _quoted(first, text, quote)
        mark = np.zeros(len(text) + 1, np.int8)
        mark[first[inside]] = 1
        mark[after[inside]] -= 1
        keep |= np.cumsum(mark[:-1], dtype=np.int8).view(np.bool_)
        first, after = first[~inside], after[~inside]
    middle = (text[np.maximum(first - 1, 0)] != _FEED) & (first > 0)
    middle &= text[np.minimum(after, len(text) - 1)] != _FEED
    out = text.copy()
    out[first[middle]], keep[first[middle]] = _TAB, True
    squeezed: Bytes = out[keep]
    return squeezed


def _quoted(positions: Index, text: Bytes, quote: str) -> NDArray[np.bool_]:
    """Which positions stand between two quotes of their line."""
    quotes, feeds = np.flatnonzero(text == ord(quote)), np.flatnonzero(text == _FEED)
    starts = np.concatenate([np.zeros(1, np.int64), feeds + 1])
    before = np.searchsorted(quotes, starts)[np.searchsorted(feeds, positions)]
    inside: NDArray[np.bool_] = (np.searchsorted(quotes, positions) - before) % 2 == 1
    return inside


def squeeze_text(text: str, quote: str = '"') -> str:
    """The same for one line of text."""
    line = np.frombuffer((text + "\n").encode(), dtype=np.uint8)
    return squeeze(line, quote).tobytes().decode()[:-1]
