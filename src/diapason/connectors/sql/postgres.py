"""PostgreSQL: one SELECT in a read-only transaction on one snapshot, fetched in pieces by a cursor on the server."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from diapason.connectors.sql.address import Address
from diapason.connectors.sql.naming import distinct
from diapason.connectors.sql.options import Options
from diapason.connectors.sql.result import PIECE, Result, Spool
from diapason.connectors.sql.statement import quoted_name, selected, single
from diapason.errors import DataError, DiapasonError
from diapason.vocabulary.language import Text

__all__ = ["ask_postgres"]

_KINDS = {16: "flag", 20: "integer", 21: "integer", 23: "integer", 26: "integer", 700: "number", 701: "number"}
_KINDS |= {1082: "time", 1114: "time", 1184: "zoned", 1186: "span", 1700: "number"}
_BYTES, _INTERVAL, _NUMERIC, _WHOLE = 17, 1186, 1700, 18
_SETTINGS = "SELECT set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO, YMD', true)"


def ask_postgres(address: Address, options: Options) -> Result:
    """Ask once, keep all rows as text.

    Raises:
        DataError: the server is not reached, the query is wrong, or a column holds bytes or lists.
    """
    query = single(options.query or selected(options.table))
    psycopg = _library(address)
    with _told(address, query, psycopg), psycopg.connect(**_given(address)) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        connection.execute(_SETTINGS)
        now, version = connection.execute("SELECT now()::text, current_setting('server_version')").fetchone()
        columns = _columns(connection, query)
        names, kinds, notes = _described(connection, columns, address, options)
        with connection.cursor(name="diapason") as cursor:
            _as_text(cursor, columns)
            cursor.execute(_newer(query, columns, options))
            spool = Spool(names)
            while rows := cursor.fetchmany(PIECE):
                spool.add(_piece(names, rows))
    return Result(spool, kinds, f"PostgreSQL {version}", now, query, notes)


def _library(address: Address) -> Any:
    try:
        import psycopg
    except ImportError:
        raise DataError(
            Text("PostgreSQL needs a library that is not there", "读取 PostgreSQL 需要的库未安装"),
            at=address.shown,
            fix=Text("pip install 'diapason[sql]'", "pip install 'diapason[sql]'"),
        ) from None
    return psycopg


def _given(address: Address) -> dict[str, str]:
    return {"connect_timeout": "10", "application_name": "diapason", **(address.said or {})}


def _columns(connection: Any, query: str) -> Sequence[Any]:
    """What the columns are, without a row of them."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({query}\n) AS q LIMIT 0")  # noqa: S608  # one SELECT, and only reading
        return tuple(cursor.description or ())


def _described(
    connection: Any, columns: Sequence[Any], address: Address, options: Options
) -> tuple[list[str], dict[str, str], list[tuple[str, str, str, str]]]:
    """Names and kinds; what is lost or assumed."""
    names, kinds, notes = distinct([c.name for c in columns]), dict[str, str](), list[tuple[str, str, str, str]]()
    for name, column in zip(names, columns, strict=True):
        code = column.type_code
        if code == _BYTES or _is_list(connection, code):
            raise _no_value(name, column, address)
        whole = code == _NUMERIC and column.scale == 0 and 0 < (column.precision or 0) <= _WHOLE
        kinds[name] = "integer" if whole else _KINDS.get(code, "text")
        if code == _NUMERIC and not whole:
            notes.append(
                (
                    "decimals",
                    name,
                    "decimals are kept as floating numbers, 15 digits",
                    "小数按浮点数保存，15 位有效数字",
                )
            )
        if code == _INTERVAL:
            notes.append(("spans", name, "lengths of time are given in seconds", "时长以秒表示"))
        if code == 1114 and not options.timezone:
            notes.append(
                ("timezone", name, "written without a zone: the wall clock counts as UTC", "未写时区：按 UTC 计")
            )
    return names, kinds, notes


def _is_list(connection: Any, code: int) -> bool:
    """Whether a type holds several values: an array or a row."""
    if code in _KINDS:
        return False
    found = connection.execute("SELECT typcategory FROM pg_type WHERE oid = %s", (code,)).fetchone()
    return found is not None and found[0] in ("A", "C")


def _as_text(cursor: Any, columns: Sequence[Any]) -> None:
    """Cells as the server writes them; only lengths of time are computed."""
    from psycopg.adapt import Loader

    class AsText(Loader):
        def load(self, data: Any) -> str:
            return bytes(data).decode("utf-8", "replace")

    for code in {c.type_code for c in columns} - {_INTERVAL}:
        cursor.adapters.register_loader(code, AsText)


def _piece(names: list[str], rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    texts = [
        [v if v is None or isinstance(v, str) else repr(v.total_seconds()) for v in c] for c in zip(*rows, strict=True)
    ]
    return pl.DataFrame([pl.Series(n, c, dtype=pl.String) for n, c in zip(names, texts, strict=True)])


def _newer(query: str, columns: Sequence[Any], options: Options) -> Any:
    """The query, or only those of its rows whose key is beyond the last one."""
    if not options.after:
        return query
    from psycopg.sql import SQL, Literal

    column = next((c for c in columns if c.name == options.since), None)
    if column is None:
        listed = ", ".join(c.name for c in columns[:12])
        raise DataError(
            Text(f"the query has no column '{options.since}'", f"查询结果没有列“{options.since}”"),
            at=f"--since {options.since}",
            fix=Text(f"the columns are: {listed}", f"现有的列：{listed}"),
        )
    key, after = quoted_name(column.name), Literal(_as_stored(options.after, column.type_code, options.timezone))
    return SQL(f"SELECT * FROM ({query}\n) AS q WHERE q.{key} > ") + after + SQL(f" ORDER BY q.{key}")  # noqa: S608


def _as_stored(after: str, code: int, timezone: str) -> str:
    """The last time in the clock that the column is written in."""
    if code not in (1082, 1114):
        return after
    try:
        moment = datetime.fromisoformat(after)
    except ValueError:
        return after
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    wall = aware.astimezone(ZoneInfo(timezone or "UTC")).replace(tzinfo=None)
    return str(wall.date()) if code == 1082 else wall.isoformat(sep=" ")


@contextmanager
def _told(address: Address, query: str, psycopg: Any) -> Iterator[None]:
    """Says what PostgreSQL has against a query."""
    try:
        yield
    except DiapasonError:
        raise
    except psycopg.Error as error:
        said = " ".join(str(error).split("\n")[0].split())[:300]
        fix = Text("check the query with psql", "请用 psql 检查查询")
        if isinstance(error, psycopg.errors.UndefinedTable):
            fix = Text(
                "see the tables with psql: \\dt *.*; a table of a schema is named SCHEMA.TABLE",
                "可用 psql 的 \\dt *.* 查看；指定模式：模式.表",
            )
        elif isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
            fix = Text("only reading is allowed here", "此处只允许读取")
        elif error.sqlstate is None or error.sqlstate.startswith(("08", "28", "3D")):
            fix = Text(
                "check host, database, user; the password goes into PGPASSWORD or ~/.pgpass",
                "请检查主机、数据库、用户；密码放入 PGPASSWORD 或 ~/.pgpass",
            )
        at = f"{address.shown}: {' '.join(query.split())[:80]}"
        raise DataError(Text(f"PostgreSQL says: {said}", f"PostgreSQL 返回：{said}"), at=at, fix=fix) from error


def _no_value(name: str, column: Any, address: Address) -> DataError:
    what = "bytes" if column.type_code == _BYTES else "several values in one cell"
    zh = "二进制数据" if column.type_code == _BYTES else "一格多值"
    return DataError(
        Text(f"column {name} holds {what}", f"列 {name} 存的是{zh}"),
        at=address.shown,
        fix=Text(f"leave it out of the query, or cast it: {name}::text", f"请在查询中去掉该列，或转换：{name}::text"),
    )
