"""The table of the ledger and how an older file grows into it."""

import sqlite3
from pathlib import Path

from diapason.errors import BrokenEvidence, Missing
from diapason.vocabulary.language import Text

__all__ = ["NEWEST", "STEPS", "grow", "grown"]

MARK = 0x44504C31
"""Application id in the header of the file: "DPL1"."""

_REFUSE = "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"

STEPS: tuple[tuple[str, ...], ...] = (
    (
        f"PRAGMA application_id = {MARK}",
        "CREATE TABLE entries (seq INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, run TEXT NOT NULL,"
        " subject TEXT NOT NULL, body TEXT NOT NULL, before TEXT NOT NULL, hash TEXT NOT NULL UNIQUE) STRICT",
        "CREATE INDEX entries_by_kind ON entries (kind, seq)",
        f"CREATE TRIGGER entries_never_change BEFORE UPDATE ON entries {_REFUSE}",
        f"CREATE TRIGGER entries_never_go BEFORE DELETE ON entries {_REFUSE}",
    ),
    (
        "CREATE INDEX entries_by_subject ON entries (subject, kind, seq)",
        "CREATE INDEX entries_by_run ON entries (run, seq)",
        "CREATE TRIGGER entries_follow BEFORE INSERT ON entries"
        " WHEN new.seq != (SELECT COALESCE(MAX(seq), 0) + 1 FROM entries)"
        " OR new.before != COALESCE((SELECT hash FROM entries ORDER BY seq DESC LIMIT 1), printf('%064d', 0))"
        " BEGIN SELECT RAISE(ABORT, 'an entry must follow the last one'); END",
    ),
)
"""Statements that take a file from each schema version to the next; a step that was released never changes."""

NEWEST = len(STEPS)


def grown(file: sqlite3.Connection, path: Path) -> bool:
    """Whether the file has the newest schema.

    Raises:
        Missing: a newer Diapason made it.
        BrokenEvidence: it is no ledger.
    """
    try:
        version, mark = (file.execute(f"PRAGMA {p}").fetchone()[0] for p in ("user_version", "application_id"))
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        raise _no_ledger(path) from error
    if version > NEWEST:
        raise Missing(
            Text(
                f"a newer Diapason made this ledger (schema {version}, known up to {NEWEST})",
                f"该账本由更新的版本创建（结构 {version}，本程序认识到 {NEWEST}）",
            ),
            at=str(path),
            fix=Text("install the newer Diapason", "请安装更新的版本"),
        )
    if version and mark != MARK:
        raise _no_ledger(path)
    return bool(version == NEWEST)


def _no_ledger(path: Path) -> BrokenEvidence:
    return BrokenEvidence(
        Text("this file is not a ledger, or its first bytes were changed", "该文件不是账本，或其头部已被改动"),
        at=str(path),
        fix=Text("bring back the newest backup: diapason restore", "请恢复最近的备份：diapason restore"),
    )


def grow(file: sqlite3.Connection) -> None:
    """Take the file to the newest schema in one transaction; other processes wait, a kill leaves it as it was."""
    file.execute("BEGIN EXCLUSIVE")
    try:
        version = file.execute("PRAGMA user_version").fetchone()[0]
        for statement in (s for step in STEPS[version:] for s in step):
            file.execute(statement)
        file.execute(f"PRAGMA user_version = {NEWEST}")
        file.execute("COMMIT")
    except BaseException:
        if file.in_transaction:
            file.execute("ROLLBACK")
        raise
