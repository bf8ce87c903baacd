"""Lines as they come in: from a pipe, or from a file that grows; at most a few megabytes wait in memory."""

import os
import queue
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Protocol

from diapason.errors import DataError
from diapason.ports.disk import guarded
from diapason.vocabulary.language import Text

__all__ = ["File", "Lines", "Pipe", "head_of"]

CHUNK = 1 << 18
LONGEST = 8 << 20
"""Bytes after which a line without an end is taken as one."""
_NAP = 0.05
_HEAD = 4096


class _Chunks(Protocol):
    """Where bytes come from."""

    again: bool  # whether what is not taken can be read another time
    at: float  # when the last bytes were read, on the clock of `time.monotonic`

    def read(self, wait: float) -> bytes | None:
        """Some bytes, b"" where nothing came in time, None at the end."""
        ...

    def close(self) -> None:
        """Begin no further read."""
        ...


class Lines:
    """Whole lines of a source, a few at a time.

    `offset` is the byte behind the last line handed out, `waited` how many seconds ago the oldest of those was read.
    """

    def __init__(self, chunks: _Chunks, offset: int = 0) -> None:
        self.offset, self.ended, self._closed = offset, False, False
        self._oldest: float | None = None
        self._chunks, self._rest = chunks, b""
        self._whole: deque[bytes] = deque()

    def take(self, most: int, seconds: float, stop: Callable[[], bool]) -> list[bytes]:
        """Up to `most` lines, as soon as there are as many, the time is over, or somebody says stop."""
        until, found = time.monotonic() + seconds, list[bytes]()
        self._oldest = self._chunks.at if self._whole else None
        while len(found) < most and not self.ended:
            while self._whole and len(found) < most:
                found.append(self._whole.popleft())
            left = until - time.monotonic()
            if len(found) >= most or left <= 0 or (stop() and not self._closed):
                break
            self._read(min(left, 4 * _NAP))
        while self._whole and len(found) < most:
            found.append(self._whole.popleft())
        self.offset += sum(map(len, found))
        return found

    @property
    def over(self) -> bool:
        """Whether there is nothing more to take."""
        return self.ended and not self._whole

    @property
    def waited(self) -> float:
        """Seconds since the oldest of the lines last handed out was read."""
        return 0.0 if self._oldest is None else max(0.0, time.monotonic() - self._oldest)

    def close(self) -> None:
        """Stop reading: what can be read another time is left there, what can't is still handed out."""
        self._closed = True
        self._chunks.close()
        if self._chunks.again:
            self.ended, self._rest = True, b""
            self._whole.clear()

    def _read(self, wait: float) -> None:
        chunk = self._chunks.read(wait)
        if chunk is None:
            self.ended = True
            self._whole.extend([self._rest] if self._rest else [])
            self._rest = b""
            return
        if not chunk:
            return
        self._oldest = self._chunks.at if self._oldest is None else self._oldest
        parts = (self._rest + chunk).splitlines(keepends=True) if b"\r" not in chunk else _split(self._rest + chunk)
        self._rest = b"" if parts[-1].endswith(b"\n") or len(parts[-1]) > LONGEST else parts.pop()
        self._whole.extend(parts)


def _split(data: bytes) -> list[bytes]:
    """By line feeds alone, as files count their lines."""
    parts = data.split(b"\n")
    return [p + b"\n" for p in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


class Pipe:
    """Bytes of a stream that blocks, read ahead in a thread of their own: at most 16 MB wait."""

    again = False

    def __init__(self, stream: BinaryIO) -> None:
        self.at = time.monotonic()
        self._stream, self._queue = stream, queue.Queue[tuple[float, bytes | None]](maxsize=64)
        self._closed = threading.Event()
        threading.Thread(target=self._pump, daemon=True, name="pipe").start()

    def read(self, wait: float) -> bytes | None:
        """Some bytes, b"" where nothing came in time, None at the end."""
        try:
            self.at, chunk = self._queue.get(timeout=wait)
        except queue.Empty:
            return b""
        return chunk

    def close(self) -> None:
        """Begin no further read; what was read is still handed out."""
        self._closed.set()

    def _pump(self) -> None:
        # a buffered stream gives what is there with read1; a raw one with read
        read = getattr(self._stream, "read1", self._stream.read)
        while not self._closed.is_set():
            if not self._ready():
                continue
            chunk = read(CHUNK)
            if not chunk:
                break
            self._queue.put((time.monotonic(), chunk))
        self._queue.put((time.monotonic(), None))

    def _ready(self) -> bool:
        """Whether a read would give something at once; where that can't be asked, the read may block."""
        try:
            return bool(select.select([self._stream.fileno()], [], [], _NAP)[0])
        except (OSError, ValueError):
            return True


class File:
    """Bytes of a file from an offset on; one that is followed ends only when somebody says so."""

    again = True

    def __init__(self, path: Path, offset: int, *, follow: bool) -> None:
        self.path, self._follow, self.at = path, follow, time.monotonic()
        with guarded(path):
            self._file = path.open("rb")
        self._file.seek(offset)

    def read(self, wait: float) -> bytes | None:
        """Some bytes, b"" where nothing came in time, None at the end.

        Raises:
            DataError: the file was cut while it was followed.
        """
        chunk = self._file.read(CHUNK)
        if chunk:
            self.at = time.monotonic()
            return chunk
        if os.fstat(self._file.fileno()).st_size < self._file.tell():
            raise DataError(
                Text("the file was cut short while it was followed", "跟踪期间文件被截短"),
                at=str(self.path),
                fix=Text("start again: what is there now is read from its beginning", "请重新开始：将从头读取现有内容"),
            )
        if not self._follow:
            return None
        time.sleep(min(wait, _NAP))
        return b""

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def head_of(path: Path, upto: int) -> str:
    """What a file begins with, by digest: another file of the same name begins otherwise."""
    with guarded(path), path.open("rb") as file:
        return sha256(file.read(min(upto, _HEAD))).hexdigest()
