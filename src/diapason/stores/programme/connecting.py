"""Connections by address: `sqlite:///FILE` or `postgresql://…`."""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from diapason.errors import Conflict, DataError, Missing
from diapason.stores.programme.database import Database
from diapason.vocabulary.language import Text

__all__ = ["Postgres", "Sqlite", "opened"]

_PATIENCE = 60.0  # seconds that a writer waits for another one
_LOCK = 0x44504C50
"""Number of the lock that writers of one PostgreSQL database take in turn: "DPLP"."""


def opened(address: str) -> Database:
    """The database at an address; its tables are made where they are absent.

    Raises:
        DataError: the address is of another kind.
        Missing: the driver of PostgreSQL is not installed.
        Conflict: the database can't be reached or used.
    """
    if address.startswith("sqlite:///"):
        return Database(Sqlite(Path(address.removeprefix("sqlite:///"))))
    if re.match(r"postgres(ql)?://", address):
        return Database(Postgres(address))
    raise DataError(
        Text(
            f"'{_without_secret(address)}' is no address of a database", f"“{_without_secret(address)}”不是数据库地址"
        ),
        at="--into",
        fix=Text(
            "write sqlite:///FILE or postgresql://USER@HOST/NAME", "请写 sqlite:///文件 或 postgresql://用户@主机/库名"
        ),
    )


class Sqlite:
    """One file."""

    def __init__(self, path: Path) -> None:
        self.where = str(path)
        with _explained(self.where, sqlite3.Error):
            self._file = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "temp_store=MEMORY", "cache_size=-200000"):
                self._file.execute(f"PRAGMA {pragma}")

    def execute(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one statement."""
        with _explained(self.where, sqlite3.Error):
            return self._file.execute(sql, tuple(values)).fetchall()

    def begin(self) -> None:
        """Start, as the only writer."""
        self.execute("BEGIN IMMEDIATE")

    def end(self, *, keep: bool) -> None:
        """Make it last, or forget it."""
        if self._file.in_transaction:
            self.execute("COMMIT" if keep else "ROLLBACK")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Postgres:
    """One connection by psycopg, which the extra `diapason[programme]` brings."""

    def __init__(self, address: str) -> None:
        try:
            import psycopg
        except ImportError:
            raise Missing(
                Text("PostgreSQL needs the package psycopg", "使用 PostgreSQL 需要 psycopg 包"),
                fix='pip install "diapason[programme]"',
            ) from None
        self.where, self._errors = _without_secret(address), psycopg.Error
        with _explained(self.where, self._errors):
            self._link = psycopg.connect(address, autocommit=True)
            self._link.execute("SET client_min_messages = warning")

    def execute(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one statement."""
        with _explained(self.where, self._errors):
            done = self._link.execute(sql.replace("?", "%s").encode(), tuple(values) or None)
            return done.fetchall() if done.description else []

    def begin(self) -> None:
        """Start, as the only writer."""
        self.execute("BEGIN")
        self.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")

    def end(self, *, keep: bool) -> None:
        """Make it last, or forget it."""
        self.execute("COMMIT" if keep else "ROLLBACK")

    def close(self) -> None:
        """Close the connection."""
        self._link.close()


def _without_secret(address: str) -> str:
    return re.sub(r"//([^:/@]*):[^@]*@", r"//\1:…@", address)


@contextmanager
def _explained(where: str, errors: type[Exception]) -> Iterator[None]:
    """Turn a driver's errors into what, where and the fix."""
    try:
        yield
    except errors as error:
        raise Conflict(
            Text(f"the database could not be used: {error}", f"数据库无法使用：{error}"),
            at=where,
            fix=Text("check address, rights and free space, then try again", "请检查地址、权限与磁盘空间后重试"),
        ) from error
