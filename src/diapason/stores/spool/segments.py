"""A spool as files of records, each with its number and a checksum: a torn end is seen and cut off."""

import os
import struct
import threading
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from uuid import uuid4
from zlib import crc32

from diapason.errors import BrokenEvidence, Conflict
from diapason.ports.disk import guarded, settle, write_whole
from diapason.vocabulary.language import Text

__all__ = ["SegmentSpool"]

_MAGIC = b"DSPOOL1\n"
_HEAD = struct.Struct("<IIQ")  # length of the payload, checksum over number and payload, number
_ENDING = ".seg"
_PIECE = 1 << 20


class SegmentSpool:
    """Implements `ports.spool.Spool`.

    A record is written with one call and is complete or absent: what a kill or a full disk leaves of it is cut off, by
    the writer at once or by the next one when it opens. A file is never changed after the next one was begun.

    Args:
        folder: of this spool alone; made when absent.
        limit: bytes of all records.
        segment: bytes after which a new file is begun.
        reading: only read; nothing is made or cut off.

    Raises:
        Conflict: the folder can't be written.
        BrokenEvidence: a file is no segment.
    """

    def __init__(self, folder: Path, *, limit: int = 2 << 30, segment: int = 8 << 20, reading: bool = False) -> None:
        self.folder, self.limit, self._segment, self._reading = Path(folder), limit, segment, reading
        self._lock, self._fd = threading.Lock(), -1
        self._id = self._read_id()
        found = sorted(self.folder.glob(f"*{_ENDING}"))
        self._sizes = {int(path.name.removesuffix(_ENDING)): path.stat().st_size for path in found}
        self._last = max(self._sizes, default=1) - 1
        self._good = 0
        self._take_up()
        self._durable = self._last

    @property
    def id(self) -> str:
        """Of this spool."""
        return self._id

    @property
    def last(self) -> int:
        """Number of the newest record."""
        return self._last

    @property
    def durable(self) -> int:
        """Up to here records survive a loss of power."""
        return self._durable

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(self._sizes.values())

    def append(self, payload: bytes) -> int:
        """Add a record; see `ports.spool.Spool.append`."""
        number = self._last + 1
        body = struct.pack("<Q", number) + payload
        data = _HEAD.pack(len(payload), crc32(body), number) + payload
        if self.size + len(data) > self.limit:
            raise _full(self.folder, self.limit)
        with guarded(self.folder):
            if self._fd < 0 or self._good >= self._segment:
                self._roll(number)
            self._write(data)
        self._last = number
        return number

    def sync(self) -> int:
        """Make everything that was appended last."""
        with self._lock:
            number, fd = self._last, os.dup(self._fd) if self._fd >= 0 else -1
        if fd >= 0 and number > self._durable:
            try:
                with guarded(self.folder):
                    os.fsync(fd)
            finally:
                os.close(fd)
            self._durable = max(self._durable, number)
        elif fd >= 0:
            os.close(fd)
        return self._durable

    def records(self, after: int = 0) -> Iterator[tuple[int, bytes]]:
        """Records with higher numbers, in order."""
        firsts = sorted(int(path.name.removesuffix(_ENDING)) for path in self.folder.glob(f"*{_ENDING}"))
        begin = max(bisect_right(firsts, after + 1) - 1, 0)
        for k, first in enumerate(firsts[begin:], start=begin):
            number = first - 1
            for number, payload, _ in _scan(self._path(first)):
                if number > after:
                    yield number, payload
            if k + 1 < len(firsts) and number != firsts[k + 1] - 1:
                raise _broken(self._path(first), number + 1)

    def free(self, until: int) -> int:
        """Remove the files whose records are all needed no more; the newest always stays and carries the number on."""
        firsts, given = sorted(self._sizes), 0
        for first, after in pairwise(firsts):
            if after - 1 <= until:
                with guarded(self.folder):
                    self._path(first).unlink(missing_ok=True)
                given += self._sizes.pop(first)
        return given

    def close(self) -> None:
        """Sync and let go."""
        if self._fd >= 0:
            self.sync()
            with self._lock:
                os.close(self._fd)
                self._fd = -1

    def _read_id(self) -> str:
        path = self.folder / "id"
        if path.is_file() and (text := path.read_text(encoding="ascii").strip()):
            return text
        made = "" if self._reading else uuid4().hex[:12]
        if made:
            write_whole(path, made.encode())
        return made

    def _take_up(self) -> None:
        """Find the end of the newest file; the writer cuts off what follows it."""
        if not self._sizes:
            return
        first = max(self._sizes)
        path, end = self._path(first), len(_MAGIC)
        for number, _, after in _scan(path):
            self._last, end = number, after
        if self._reading:
            return
        with guarded(path):
            self._fd = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
            if os.fstat(self._fd).st_size < len(_MAGIC):
                os.ftruncate(self._fd, 0)
                os.pwrite(self._fd, _MAGIC, 0)
            os.ftruncate(self._fd, end)
            os.lseek(self._fd, end, os.SEEK_SET)
            os.fsync(self._fd)
        self._good = self._sizes[first] = end

    def _roll(self, first: int) -> None:
        """Begin a new file; the old one is on disk before."""
        path = self._path(first)
        if self._fd >= 0:
            self.sync()
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o644)
        try:
            if os.write(fd, _MAGIC) != len(_MAGIC):
                raise OSError(None, "no space left for a segment")
            os.fsync(fd)
        except BaseException:
            os.close(fd)
            path.unlink(missing_ok=True)
            raise
        settle(self.folder)
        with self._lock:
            old, self._fd = self._fd, fd
            if old >= 0:
                os.close(old)
        self._good = self._sizes[first] = len(_MAGIC)

    def _write(self, data: bytes) -> None:
        """All of it, or nothing: a disk that fills up in the middle leaves the file as it was."""
        try:
            if os.write(self._fd, data) != len(data):
                raise OSError(None, "no space left on the disk")
        except BaseException:
            with suppress(OSError):
                os.ftruncate(self._fd, self._good)
                os.lseek(self._fd, self._good, os.SEEK_SET)
            raise
        self._good += len(data)
        self._sizes[max(self._sizes)] = self._good

    def _path(self, first: int) -> Path:
        return self.folder / f"{first:020d}{_ENDING}"


def _scan(path: Path) -> Iterator[tuple[int, bytes, int]]:
    """Complete records of a file from its beginning: number, payload, and where the next one begins."""
    expected = int(path.name.removesuffix(_ENDING))
    with path.open("rb", buffering=_PIECE) as file:
        magic = file.read(len(_MAGIC))
        if magic != _MAGIC[: len(magic)]:
            raise _broken(path, expected)
        place = len(_MAGIC)
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            length, checksum, number = _HEAD.unpack(head)
            payload = file.read(length) if number == expected else b""
            if number != expected or len(payload) < length or crc32(head[8:] + payload) != checksum:
                return
            place += _HEAD.size + length
            expected += 1
            yield number, payload, place


def _full(folder: Path, limit: int) -> Conflict:
    return Conflict(
        Text(f"the spool is full: {limit / 2**20:,.0f} MiB", f"缓存已满：{limit / 2**20:,.0f} MiB"),
        at=str(folder),
        fix=Text(
            "it empties itself as soon as the lake can be written; or give it more: spool_mib in the connection",
            "数据湖可写后会自动清空；也可在连接文件中调大 spool_mib",
        ),
    )


def _broken(path: Path, number: int) -> BrokenEvidence:
    return BrokenEvidence(
        Text(f"record {number} of the spool is damaged", f"缓存第 {number} 条记录已损坏"),
        at=str(path),
        fix=Text(
            "keep the file for whoever looks into it, and move the folder away: recording then begins a new spool",
            "请保留该文件以备查，并将文件夹移走：录制会另起新缓存",
        ),
    )
