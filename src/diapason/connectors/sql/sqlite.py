"""SQLite: a file opened for reading, which may do nothing but read. Its kinds are those of its values."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import polars as pl

from diapason.connectors.sql.address import Address
from diapason.connectors.sql.moments import moments
from diapason.connectors.sql.naming import distinct
from diapason.connectors.sql.options import Options
from diapason.connectors.sql.result import PIECE, Result, Spool
from diapason.connectors.sql.statement import quoted_name, selected, single
from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["ask_sqlite"]

_MAY = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
_OTHER = 0.05
"""Share of values of another kind above which a column is kept as text."""


def ask_sqlite(address: Address, options: Options) -> Result:
    """Ask once, keep all rows as text.

    Raises:
        DataError: the file can't be read, the query is wrong, or a column holds bytes.
    """
    query = single(options.query or selected(options.table))
    with _told(address, query), closing(_opened(address)) as database:
        cursor = database.execute(_newer(query, options), (_key(options.after),) if _pushed(options) else ())
        if cursor.description is None:
            raise sqlite3.OperationalError("the query gives no table")
        names = distinct([column[0] for column in cursor.description])
        spool, seen = Spool(names), {name: Counter[str]() for name in names}
        times = dict.fromkeys(names, 0)
        while rows := cursor.fetchmany(PIECE):
            spool.add(_piece(names, rows, seen, times, address))
    notes: list[tuple[str, str, str, str]] = []
    kinds = {name: _kind(name, seen[name], times[name], notes) for name in names}
    bare = [name for name in names if seen[name].total() == seen[name]["NoneType"]]
    kinds |= {name: options.stored[name] for name in bare if name in options.stored}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Result(spool, kinds, f"SQLite {sqlite3.sqlite_version}", now, query, notes)


def _opened(address: Address) -> sqlite3.Connection:
    database = sqlite3.connect(f"file:{quote(str(address.path.absolute()))}?mode=ro", uri=True, timeout=10)
    database.execute("PRAGMA query_only = ON")
    database.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in _MAY else sqlite3.SQLITE_DENY)
    database.text_factory = _text
    return database


def _text(data: bytes) -> str:
    """UTF-8 as SQLite has it, or what a Chinese program has put there all the same."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")


def _pushed(options: Options) -> bool:
    """Whether the file itself leaves out the rows that are there already: keys it can compare, not times."""
    return bool(options.after) and isinstance(_key(options.after), int | float)


def _key(after: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(after)
        except ValueError:
            continue
    return after


def _newer(query: str, options: Options) -> str:
    if not _pushed(options):
        return query
    key = quoted_name(options.since)
    return f"SELECT * FROM ({query}\n) AS q WHERE q.{key} > ?"  # noqa: S608  # one SELECT, and the file may only be read


def _piece(
    names: list[str],
    rows: list[tuple[Any, ...]],
    seen: dict[str, Counter[str]],
    times: dict[str, int],
    address: Address,
) -> pl.DataFrame:
    """Text of the cells; counts what kinds they were."""
    columns = {}
    for name, values in zip(names, zip(*rows, strict=True), strict=True):
        kinds = Counter(type(value).__name__ for value in values)
        if kinds["bytes"]:
            raise _bytes(name, address)
        seen[name].update(kinds)
        columns[name] = pl.Series(
            name, [v if v is None or isinstance(v, str) else repr(v) for v in values], dtype=pl.String
        )
        if kinds["str"]:
            words = pl.Series([v for v in values if isinstance(v, str)], dtype=pl.String)
            times[name] += len(words) - moments(words, "").null_count()
    return pl.DataFrame(list(columns.values()))


def _kind(name: str, seen: Counter[str], times: int, notes: list[tuple[str, str, str, str]]) -> str:
    """What a column holds, by all its values."""
    filled = sum(seen.values()) - seen["NoneType"]
    numbers = seen["int"] + seen["float"]
    if not filled:
        return "number"
    if numbers >= (1 - _OTHER) * filled:
        return "number" if seen["float"] else "integer"
    if seen["str"] and times >= (1 - _OTHER) * filled:
        notes.append(("type", name, "its texts are dates or times", "其文本为日期或时间"))
        return "time"
    if numbers:
        en = f"{seen['str']:,} texts and {numbers:,} numbers stand in it"
        notes.append(("type", name, en, f"其中有 {seen['str']:,} 个文本和 {numbers:,} 个数"))
    return "text"


@contextmanager
def _told(address: Address, query: str) -> Iterator[None]:
    """Says what SQLite has against a query, and what there is."""
    try:
        yield
    except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError) as error:
        said = str(error)
        absent = "no such table" in said or "no such column" in said
        tables = _tables(address) if absent else []
        fix = Text("check the query with sqlite3", "请用 sqlite3 检查查询")
        if tables:
            fix = Text("the tables are: " + ", ".join(tables[:20]), "现有的表：" + "、".join(tables[:20]))
        if "not a database" in said or "malformed" in said:
            fix = Text(
                "copy the file again, with its -wal file if it has one", "请重新复制文件；若有 -wal 文件请一并复制"
            )
        raise DataError(
            Text(f"SQLite says: {said}", f"SQLite 返回：{said}"),
            at=f"{address.shown}: {' '.join(query.split())[:80]}",
            fix=fix,
        ) from error


def _tables(address: Address) -> list[str]:
    with closing(_opened(address)) as database:
        found = database.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
        )
        return sorted(str(row[0]) for row in found)


def _bytes(name: str, address: Address) -> DataError:
    return DataError(
        Text(f"column {name} holds bytes, not values", f"列 {name} 存的是二进制数据，不是值"),
        at=address.shown,
        fix=Text("leave it out: --query with the other columns", "请用 --query 只选其他列"),
    )
