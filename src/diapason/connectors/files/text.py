"""Text files as blocks of whole lines in UTF-8, whatever their encoding, line ends or size."""

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import IO

from diapason.connectors.files.encodings import Encoding, by_bytes, by_mark, foreign, named, other_than
from diapason.connectors.files.options import Options
from diapason.connectors.files.places import Forgiving, Piece, opened
from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["LONGEST", "Block", "TextFile"]

CHUNK = 8 << 20
_AFTER_A_CUT = re.compile(rb"\x00{16,}")
"""What a logger leaves in a file when its power goes."""
LONGEST = 8 << 20
"""Bytes of the longest line that is read as a row."""


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines in UTF-8, each ended by one line feed."""

    data: bytes
    line: int  # number of the first line, from 1
    bad: dict[int, Text] = field(default_factory=dict)  # index of a line -> why it can't be read
    read: int = 0  # bytes of the file used up so far


@dataclass(slots=True)
class TextFile:
    """One text file: its encoding becomes known while it is read."""

    piece: Piece
    options: Options
    encoding: Encoding | None = None
    returns: bool = False  # lines end with a carriage return alone
    cut: bool = False  # the file was cut off, and the rest was taken
    marks: int = 0  # byte order marks in the middle, left out
    others: Counter[str] = field(default_factory=Counter)  # lines that are in another encoding than the rest
    _line: int = 1

    def blocks(self) -> Iterator[Block]:
        """The whole file, block by block, in bounded memory.

        Raises:
            DataError: the file can't be read at all.
            Unsure: its encoding isn't clear.
        """
        self._line = 1
        self.others.clear()
        with opened(self.piece, salvage=self.options.salvage) as stream:
            head = stream.read(CHUNK)
            self._look(head)
            at = self.encoding.mark if self.encoding else 0
            for data, read, overlong in self._whole_lines(self._chunks(stream, head[at:])):
                yield self._block(data, read, overlong)

    def _look(self, head: bytes) -> None:
        """What the first bytes tell: encoding by mark, line ends, and that it is text at all."""
        if self.options.encoding:
            self.encoding = named(self.options.encoding, self.piece.at)
            mark = by_mark(head[:4])
            if self.encoding.codec in ("utf-16", "utf-32") and mark:
                self.encoding = mark
            elif self.encoding.codec in ("utf-16", "utf-32", "utf-8-sig"):
                codec = {"utf-8-sig": "utf-8"}.get(self.encoding.codec, self.encoding.codec + "-le")
                self.encoding = Encoding(codec, self.encoding.why)
            if mark and mark.codec == self.encoding.codec:
                self.encoding = Encoding(mark.codec, self.encoding.why, mark.mark)
        self.encoding = self.encoding or by_mark(head)
        start = _AFTER_A_CUT.sub(b"", head[: 1 << 16])
        wide = self.encoding is not None and self.encoding.wide
        odd = sum(start.count(bytes([b])) for b in (*range(1, 9), *range(14, 27), 28, 29, 30, 31))
        if not wide and odd + max(0, start.count(0) - len(start) // 10) > 0.02 * len(start):
            raise DataError(
                Text("this is binary data, not text", "这是二进制数据，不是文本"),
                at=self.piece.at,
                fix=Text("export the table as CSV or Parquet", "请将表格导出为 CSV 或 Parquet"),
            )
        step = b"\r\n" if not wide else b"\r\x00\n\x00"
        self.returns = start.count(b"\r") > 0 and start.count(b"\n") == 0 and step not in start

    def _chunks(self, stream: IO[bytes], head: bytes) -> Iterator[tuple[bytes, int]]:
        """Bytes in an encoding in which a line feed is one byte, and how much was read."""
        codec = self.encoding.codec if self.encoding and self.encoding.wide else ""
        decoder = codecs.getincrementaldecoder(codec)() if codec else None
        read = len(head)
        while head:
            text = head if decoder is None else self._narrow(decoder, head, read)
            yield (text.replace(b"\r", b"\n") if self.returns else text), read
            head = stream.read(CHUNK)
            read += len(head)
        self.cut = isinstance(getattr(stream, "raw", None), Forgiving) and stream.raw.cut  # type: ignore[attr-defined]
        if decoder is not None and not self.options.salvage:
            self._narrow(decoder, b"", read)

    def _narrow(self, decoder: codecs.IncrementalDecoder, data: bytes, read: int) -> bytes:
        try:
            return decoder.decode(data, final=not data).encode("utf-8")
        except (UnicodeDecodeError, UnicodeEncodeError) as error:
            raise DataError(
                Text(
                    f"the text ends in the middle of a character or is not {self.encoding and self.encoding.codec}",
                    f"文本在字符中间被截断，或不是 {self.encoding and self.encoding.codec} 编码",
                ),
                at=f"{self.piece.at}, byte {max(0, read - len(data)) + error.start}",
                fix=Text("copy it again, or say -o encoding=…", "请重新复制，或加 -o encoding=…"),
            ) from error

    def _whole_lines(self, chunks: Iterator[tuple[bytes, int]]) -> Iterator[tuple[bytes, int, int]]:
        """Cut after the last line feed of each chunk; of a line beyond the limit only the start and the size."""
        rest, held, lost, read = b"", b"", 0, 0
        for chunk, read in chunks:
            head, feed, tail = chunk.rpartition(b"\n")
            if not feed:
                rest, lost = (rest + tail, lost) if len(rest) <= LONGEST else (rest, lost + len(tail))
                continue
            whole = head + feed
            if len(rest) > LONGEST:
                first, _, whole = whole.partition(b"\n")
                if held:
                    yield held, read, 0
                held = b""
                yield rest[:1000] + b"\n", read, len(rest) + lost + len(first)
                rest, lost = b"", 0
            if held:
                yield held, read, 0
            held, rest = rest + whole, tail
        cut = len(rest) > LONGEST
        if held or (rest and not cut):
            yield held + (b"" if cut or not rest else rest + b"\n"), read, 0
        if cut:
            yield rest[:1000] + b"\n", read, len(rest) + lost

    def _block(self, data: bytes, read: int, overlong: int) -> Block:
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n")
        if overlong:
            data = data[:-1].replace(b"\n", b" ").decode("utf-8", "replace").encode() + b"\n"
            block = Block(data, self._line, {0: _too_long(overlong)}, read)
        else:
            block = self._decoded(data, read)
        if codecs.BOM_UTF8 in block.data:
            self.marks += block.data.count(codecs.BOM_UTF8)
            block = replace(block, data=block.data.replace(codecs.BOM_UTF8, b""))
        self._line += block.data.count(b"\n")
        return block

    def _decoded(self, data: bytes, read: int) -> Block:
        if data.isascii() or (self.encoding is not None and self.encoding.wide):
            return Block(data, self._line, read=read)
        if self.encoding is None:
            self.encoding = by_bytes(data, self.piece.at)
        codec = self.encoding.codec
        if codec == "gb18030" and not self.options.encoding and foreign(data):
            return self._line_by_line(data, codec, read)
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            return self._line_by_line(data, codec, read)
        return Block(data if codec == "utf-8" else text.encode("utf-8"), self._line, read=read)

    def _line_by_line(self, data: bytes, codec: str, read: int) -> Block:
        """Keep the lines that are in the encoding; say of the others why not."""
        good: list[bytes] = []
        bad: dict[int, Text] = {}
        for index, line in enumerate(data[:-1].split(b"\n")):
            other = "" if self.options.encoding else other_than(codec, line)
            self.others[other] += bool(other)
            try:
                good.append(line.decode(other or codec).encode("utf-8"))
            except UnicodeDecodeError as error:
                bad[index] = _not_in(codec, error.start + 1)
                good.append(line.decode(codec, "replace").encode("utf-8"))
        return Block(b"\n".join(good) + b"\n", self._line, bad, read)


def _too_long(size: int) -> Text:
    return Text(
        f"the line has {size:,} bytes; the longest that is read has {LONGEST:,}",
        f"该行有 {size:,} 字节；可读取的最长为 {LONGEST:,} 字节",
    )


def _not_in(codec: str, byte: int) -> Text:
    return Text(
        f"not valid {codec.upper()} at byte {byte} of the line", f"该行第 {byte} 字节不是有效的 {codec.upper()}"
    )
