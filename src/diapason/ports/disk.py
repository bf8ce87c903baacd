"""The disk, as everybody here uses it: a file is whole or absent, and writers take turns."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from diapason.errors import Conflict, DataError
from diapason.vocabulary.language import Text

__all__ = ["LONGEST_WAIT", "filling", "guarded", "settle", "sheet_text", "turn", "write_whole"]

LONGEST_WAIT = 600.0
"""Seconds a writer waits for its turn before it says so."""


def write_whole(path: Path, data: bytes, *, private: bool = False) -> None:
    """Put bytes in a file so that a kill at any moment leaves the old content or the new, never a part.

    Args:
        private: readable by its owner alone, where the system can do that.

    Raises:
        Conflict: the disk is full, or the folder may not be written.
    """
    new = path.with_name(f".{uuid4().hex}.new")
    with guarded(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), _mode(private))
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            _replace(new, path)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
        settle(path.parent)


@contextmanager
def filling(path: Path) -> Iterator[Path]:
    """A new file to write piece by piece; once whole it takes the place of `path`, after an error it is gone.

    Raises:
        Conflict: the disk is full, or the folder may not be written.
    """
    new = path.with_name(f".{uuid4().hex}.new")
    with guarded(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield new
            with new.open("rb+") as file:
                os.fsync(file.fileno())
            _replace(new, path)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
        settle(path.parent)


def _mode(private: bool) -> int:
    return 0o600 if private else 0o644


def _replace(new: Path, path: Path, tries: int = 50) -> None:
    """Rename over the old file; where a reader holds it open (Windows), wait for that reader."""
    for attempt in range(tries):
        try:
            new.replace(path)
        except PermissionError:
            if os.name == "posix" or attempt == tries - 1:
                raise
            time.sleep(0.02)
        else:
            return


def settle(folder: Path) -> None:
    """Make new names in a folder last through a loss of power, where the system offers that."""
    if os.name != "posix":
        return
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def guarded(path: Path) -> Iterator[None]:
    """Turn errors of the system into errors that name the file and the fix."""
    try:
        yield
    except OSError as error:
        raise Conflict(
            Text(f"the disk refused: {error.strerror or error}", f"磁盘拒绝操作：{error.strerror or error}"),
            at=str(path),
            fix=Text(
                "free some space or allow writing there, then try again; nothing was changed",
                "请腾出空间或开放写权限后重试；没有任何改动",
            ),
        ) from error


@contextmanager
def turn(path: Path, *, wait: float = LONGEST_WAIT) -> Iterator[None]:
    """Hold a lock that all processes of this machine respect and that ends with its holder, even one that is killed.

    Args:
        path: an empty file that exists for this purpose only; nobody else may open it.
        wait: seconds.

    Raises:
        Conflict: another writer kept it that long.
    """
    with guarded(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with closing(_locked(path, wait)):
        yield


def _locked(path: Path, wait: float) -> sqlite3.Connection:
    try:
        holder = sqlite3.connect(path, timeout=wait, isolation_level=None, check_same_thread=False)
        holder.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        raise Conflict(
            Text(f"no turn to write within {wait:g} s ({error})", f"{wait:g} 秒内未轮到写入（{error}）"),
            at=str(path),
            fix=Text(
                "wait until the other writer has ended, or allow writing there, then try again",
                "请等另一个写入者结束，或开放写权限后重试",
            ),
        ) from error
    return holder


def sheet_text(path: Path) -> str:
    """The text of a sheet that a spreadsheet wrote: UTF-8, with or without a mark, or GB 18030.

    Raises:
        DataError: it is neither.
    """
    data = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DataError(
        Text("the sheet is neither UTF-8 nor GB 18030", "清单既不是 UTF-8 也不是 GB 18030 编码"),
        at=str(path),
        fix=Text("save it as CSV UTF-8", "请另存为 CSV UTF-8"),
    )
