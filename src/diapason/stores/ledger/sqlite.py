"""The ledger's only reader and writer of SQL."""

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from diapason.errors import BrokenEvidence, Conflict, DataError
from diapason.stores.ledger.schema import grow, grown
from diapason.vocabulary.evidence import Entry
from diapason.vocabulary.language import Text

__all__ = ["SqliteLedger"]

Link = Callable[[str, Mapping[str, Any]], str]

START = "0" * 64
_COLUMNS = "seq, at, kind, run, subject, body, before, hash"
_PAGE = 500
_PATIENCE = 60.0  # seconds that a writer waits for another one


def _now() -> datetime:
    return datetime.now(UTC)


class SqliteLedger:
    """Implements `ports.ledger.Ledger` in one SQLite file.

    Each thread has its own connection; reads go page by page, so that no reader holds up the log of the writers.

    Args:
        path: the file; made when absent.
        link: gives the hash of an entry from the hash before it and its fields seq, at, kind, run, subject, body.
        clock: time of an entry.

    Raises:
        BrokenEvidence: the file is no ledger.
        Missing: a newer Diapason made it.
        Conflict: it cannot be opened.
    """

    def __init__(self, path: Path, *, link: Link, clock: Callable[[], datetime] = _now) -> None:
        self.path = Path(path)
        self._link, self._clock, self._local = link, clock, threading.local()
        with self._explained():
            self._file()

    def append(self, kind: str, *, run: str = "", subject: str = "", body: Mapping[str, Any]) -> Entry:
        """Add one entry to the chain, durably; safe with several writing processes.

        Raises:
            DataError: the body is not JSON.
            Conflict: the disk is full or may not be written, or another process holds the ledger.
        """
        text = _json(body, kind)
        at = self._clock().astimezone(UTC).isoformat(timespec="milliseconds")
        with self._explained(), self._writing() as file:
            last = file.execute("SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1").fetchone() or (0, START)
            fields: dict[str, Any] = {"seq": last[0] + 1, "at": at, "kind": kind, "run": run, "subject": subject}
            fields["body"] = json.loads(text)
            entry = Entry(**fields, before=last[1], hash=self._link(last[1], fields))
            row = (entry.seq, at, kind, run, subject, text, entry.before, entry.hash)
            file.execute(f"INSERT INTO entries ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?)", row)  # noqa: S608
        return entry

    def entries(
        self, *, kind: str | None = None, run: str | None = None, subject: str | None = None, after: int = 0
    ) -> Iterator[Entry]:
        """Entries in order, filtered; reads stay fast by index."""
        wanted = {"kind": kind, "run": run, "subject": subject}
        for row in self._rows({k: v for k, v in wanted.items() if v is not None}, after):
            yield self._entry(row)

    def last(self, *, kind: str | None = None, subject: str | None = None) -> Entry | None:
        """The newest entry that matches."""
        where, values = _where({k: v for k, v in {"kind": kind, "subject": subject}.items() if v is not None}, 0)
        with self._explained():
            sql = f"SELECT {_COLUMNS} FROM entries {where} ORDER BY seq DESC LIMIT 1"  # noqa: S608
            row = self._file().execute(sql, values).fetchone()
        return None if row is None else self._entry(row)

    def head(self) -> tuple[int, str]:
        """Number of entries and hash of the last (0 and 64 zeros when empty)."""
        with self._explained():
            row = self._file().execute("SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1").fetchone()
        return (0, START) if row is None else (row[0], row[1])

    def check(self) -> int:
        """Walk the whole chain; raises BrokenEvidence at the first bad entry; returns how many hold."""
        with self._explained():
            found = self._file().execute("PRAGMA integrity_check(1)").fetchone()[0]
        if found != "ok":
            raise self._broken(Text(f"the file is damaged: {found}", f"文件已损坏：{found}"), 0)
        seq, before = 0, START
        for row in self._rows({}, 0):
            entry, seq = self._entry(row), seq + 1
            if entry.seq != seq:
                raise self._broken(Text(f"entry {seq} is missing", f"缺少第 {seq} 条"), seq)
            fields = {f: getattr(entry, f) for f in ("seq", "at", "kind", "run", "subject", "body")}
            if entry.before != before or self._linked(before, fields) != entry.hash:
                raise self._broken(Text(f"entry {seq} was changed", f"第 {seq} 条已被改动"), seq)
            before = entry.hash
        return seq

    def snapshot(self, target: Path) -> None:
        """Write a consistent copy to a new file while others go on writing."""
        with self._explained(), closing(sqlite3.connect(target, isolation_level=None)) as copy:
            self._file().backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")

    def close(self) -> None:
        """Close this thread's connection; a later call opens it again."""
        file = getattr(self._local, "file", None)
        if file is not None:
            self._local.file = None
            file.close()

    def _rows(self, wanted: Mapping[str, str], after: int) -> Iterator[tuple[Any, ...]]:
        while True:
            where, values = _where(wanted, after)
            sql = f"SELECT {_COLUMNS} FROM entries {where} ORDER BY seq LIMIT {_PAGE}"  # noqa: S608
            with self._explained():
                page = self._file().execute(sql, values).fetchall()
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1][0]

    def _file(self) -> sqlite3.Connection:
        """This thread's connection; never one that was inherited from a forked parent."""
        if getattr(self._local, "file", None) is None or self._local.process != os.getpid():
            self._local.file, self._local.process = self._opened(), os.getpid()
        file: sqlite3.Connection = self._local.file
        return file

    def _opened(self) -> sqlite3.Connection:
        writable = os.access(self.path if self.path.exists() else self.path.parent, os.W_OK)
        if not (writable and os.access(self.path.parent, os.W_OK)):
            return self._opened_to_read()
        file = sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
        try:
            if not grown(file, self.path):
                file.execute("PRAGMA journal_mode=WAL")
                grow(file)
            file.execute("PRAGMA journal_mode=WAL")
            for pragma in ("synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON", "trusted_schema=OFF"):
                file.execute(f"PRAGMA {pragma}")
        except BaseException:
            file.close()
            raise
        return file

    def _opened_to_read(self) -> sqlite3.Connection:
        """On a disk that can't be written, the file as it lies there."""
        address = self.path.absolute().as_uri() + "?mode=ro&immutable=1"
        file = sqlite3.connect(address, uri=True, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
        if not grown(file, self.path):
            raise sqlite3.OperationalError("an older schema on a disk that may not be written")
        return file

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        file = self._file()
        file.execute("BEGIN IMMEDIATE")
        try:
            yield file
            file.execute("COMMIT")
        except BaseException:
            if file.in_transaction:
                file.execute("ROLLBACK")
            raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn errors of SQLite into what, where and the fix."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise Conflict(
                Text(f"the ledger could not be used: {error}", f"账本无法使用：{error}"),
                at=str(self.path),
                fix=Text(
                    "free some space, allow writing there, or let the other process end; then try again",
                    "请腾出空间、开放写权限，或等另一进程结束后重试",
                ),
            ) from error
        except sqlite3.DatabaseError as error:
            raise self._broken(Text(f"the file is damaged: {error}", f"文件已损坏：{error}"), 0) from error

    def _entry(self, row: tuple[Any, ...]) -> Entry:
        try:
            seq, at, kind, run, subject, body, before, own = row
            return Entry(seq, at, kind, run, subject, json.loads(body), before, own)
        except (ValueError, TypeError) as error:
            raise self._broken(Text(f"entry {row[0]} was changed", f"第 {row[0]} 条已被改动"), row[0]) from error

    def _linked(self, before: str, fields: Mapping[str, Any]) -> str:
        """The hash that the fields give, or "" where they can have none."""
        try:
            return self._link(before, fields)
        except DataError:
            return ""

    def _broken(self, what: Text, seq: int) -> BrokenEvidence:
        return BrokenEvidence(
            what,
            at=f"{self.path}, entry {seq}" if seq else str(self.path),
            fix=Text(
                "do not trust it; bring back the newest backup: diapason restore",
                "请勿采信；恢复最近的备份：diapason restore",
            ),
        )


def _where(wanted: Mapping[str, str], after: int) -> tuple[str, tuple[object, ...]]:
    """A WHERE clause of column names and the values to bind."""
    return "WHERE " + " AND ".join(["seq > ?", *(f"{column} = ?" for column in wanted)]), (after, *wanted.values())


def _json(body: Mapping[str, Any], kind: str) -> str:
    try:
        text = json.dumps(dict(body), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        text.encode()
    except (TypeError, ValueError) as error:
        raise DataError(
            Text(f"the body of a '{kind}' entry is not JSON: {error}", f"“{kind}”条目的内容不是 JSON：{error}"),
            fix=Text("pass it through vocabulary.wire.plain", "先用 vocabulary.wire.plain 转换"),
        ) from error
    return text
