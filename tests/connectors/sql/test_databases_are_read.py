"""SQLite files and a real PostgreSQL: kinds, zones, gaps; only reading; nothing secret is kept."""
# ruff: noqa: E501, DTZ001  # tables of cases stay on one line; hypothesis adds the zones

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diapason.connectors.sql import batches, frames
from diapason.connectors.sql.address import address_of
from diapason.connectors.sql.moments import moments
from diapason.connectors.sql.statement import has_order, selected, single
from diapason.errors import DataError
from diapason.testing.connectors import check_connector, check_folder, read_all
from diapason.vocabulary.tables import ROW

FOLDER = Path(__file__).parents[3] / "src" / "diapason" / "connectors" / "sql"
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Database:
    batches = staticmethod(batches)


def read(source: str, **options: Any) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, Any]]:
    found = read_all(Database(), source, options)
    rows, rejected = pl.concat([b.rows for b in found]), pl.concat([b.rejected for b in found])
    assert sum(b.seen for b in found) == rows.height + rejected.height
    return rows.drop(ROW), rejected, dict(found[0].facts)


def sqlite(folder: Path, *statements: str, rows: list[tuple[Any, ...]] | None = None) -> str:
    database = sqlite3.connect(folder / "mes.db")
    for statement in statements:
        database.execute(statement)
    if rows:
        database.executemany(f"INSERT INTO oven VALUES ({','.join('?' * len(rows[0]))})", rows)
    database.commit()
    database.close()
    return f"sqlite:///{folder / 'mes.db'}"


# --- SQLite -----------------------------------------------------------------------------------------------------------


def test_a_sqlite_file_keeps_the_promises(tmp_path: Path) -> None:
    """Kinds by every value: whole, broken, times in three ways, codes, gaps; a text among numbers is refused."""
    at = ["2026-11-03 08:00:00", "2026-11-03T08:01:00Z", "2026-11-03 16:02:00+08:00"]
    rows = [(i, at[i % 3], 80 + i / 2, f"00{i}", "?" if i == 30 else i, None) for i in range(60)]
    source = sqlite(tmp_path, 'CREATE TABLE oven (id, at TEXT, "温度(℃)" REAL, lot TEXT, n INT, none)', rows=rows)
    absent = f"sqlite:///{tmp_path / 'no.db'}"
    check_connector(
        Database(), source, options={"table": "oven"}, rows=59, rejected=1, columns=("温度(℃)",), absent=absent
    )
    got, rejected, facts = read(source, table="oven")
    kinds = {
        "id": pl.Int64,
        "at": pl.Datetime("us", "UTC"),
        "温度(℃)": pl.Float64,
        "lot": pl.String,
        "n": pl.Int64,
        "none": pl.Float64,
    }
    assert dict(got.schema) == kinds
    assert [t.hour for t in got["at"][:3]] == [8, 8, 8]
    assert (rejected["line"].to_list(), rejected["reason"].to_list()) == ([31], ["n: '?' is not a number"])
    assert rejected["raw"][0].split("\t")[3] == "0030"
    file = facts["files"][0]
    assert file["query"] == 'SELECT * FROM "oven"'
    assert file["server"].startswith("SQLite 3")
    assert datetime.fromisoformat(file["snapshot"]) <= datetime.now(UTC)
    assert sum(f.height for f in frames(source, {"query": "select * from oven where id < 30;"}, 7)) == 30


def test_what_sqlite_cannot_tell_is_said_by_a_person(tmp_path: Path) -> None:
    """Epochs, flags and codes by -o types; the zone of times without one; bytes are refused by name; GBK text is read."""
    source = sqlite(
        tmp_path,
        "CREATE TABLE oven (t INT, ok INT, lot INT, wall TEXT, b BLOB, zh TEXT)",
        f"INSERT INTO oven VALUES (1762156800123, 1, 7, '2026-11-03 08:00', x'00ff', CAST(x'{'合格'.encode('gb18030').hex()}' AS TEXT))",
    )
    query, types = "select t, ok, lot, wall, zh from oven", {"t": "epoch_ms", "ok": "flag", "lot": "text"}
    rows, _, _ = read(source, query=query, types=types, timezone="Asia/Shanghai")
    moment, midnight = datetime(2025, 11, 3, 8, 0, 0, 123_000, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC)
    assert rows.row(0) == (moment, True, "7", midnight, "合格")
    with pytest.raises(DataError, match="column b holds bytes"):
        read(source, table="oven")


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("delete from oven", "not with SELECT"), ("select 1; drop table oven", "more than one statement"), ("", "one of them"),
        ("with x as (select 1) insert into oven select * from x", "SQLite says"), ("pragma user_version = 3", "not with SELECT"),
        ("select * from pragma_table_info('oven')", "SQLite says"), ("select load_extension('x')", "SQLite says"),
        ("select * from ovn", "no such table"), ("select * from oven where", "SQLite says"), ("select * from oven where t > 5", "no rows"),
        ("explain select 1", "not with SELECT"), ("select 1 --\n; select 2", "more than one statement"), ("attach 'x' as y", "not with SELECT"),
    ],
)  # fmt: skip
def test_only_one_select_is_let_through(tmp_path: Path, query: str, what: str) -> None:
    """Whatever else is asked is refused, and the table is as it was."""
    source = sqlite(tmp_path, "CREATE TABLE oven (t INT)", "INSERT INTO oven VALUES (1)")
    with pytest.raises(DataError, match=what):
        read(source, query=query)
    assert read(source, table="oven")[0]["t"].to_list() == [1]


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """Other bytes, and a database cut off."""
    (tmp_path / "mes.db").write_bytes(b"no database" * 100)
    with pytest.raises(DataError, match="SQLite says"):
        read(f"sqlite:///{tmp_path / 'mes.db'}", table="oven")
    (tmp_path / "mes.db").unlink()
    source = sqlite(tmp_path, "CREATE TABLE oven (t INT, x TEXT)", rows=[(i, "x" * 200) for i in range(500)])
    whole = (tmp_path / "mes.db").read_bytes()
    (tmp_path / "mes.db").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="SQLite says"):
        read(source, table="oven")


SQL_VALUE = (
    st.none()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=("Cs",)), max_size=6)
)


@QUICK
@given(st.lists(st.tuples(SQL_VALUE, SQL_VALUE), min_size=1, max_size=15))
def test_any_values_add_up(tmp_path: Path, rows: list[tuple[Any, Any]]) -> None:
    """Columns of mixed kinds: every row stored or refused; whole numbers exact to 64 bits."""
    (tmp_path / "mes.db").unlink(missing_ok=True)
    source = sqlite(tmp_path, "CREATE TABLE oven (a, b)", rows=rows)
    got, rejected, _ = read(source, table="oven", max_rejected=1)
    assert got.height + rejected.height == len(rows)
    if all(isinstance(a, int) for a, _ in rows) and not rejected.height:
        assert got["a"].to_list() == [a for a, _ in rows]


# --- PostgreSQL -------------------------------------------------------------------------------------------------------

LAB = """CREATE TABLE lab AS SELECT i AS id, timestamptz '2026-11-03 08:00+08' + i * interval '1 min' AS at,
timestamp '2026-11-03 08:00' + i * interval '1 min' AS wall, date '2026-11-03' AS day, i % 2 = 0 AS ok, (i * 1.25)::numeric(12, 4) AS v,
i::numeric(9, 0) AS n, CASE WHEN i = 3 THEN 'NaN' ELSE i * 0.5 END::double precision AS r,
CASE WHEN i % 2 = 0 THEN '炉' || i END AS "炉号", '{"a": 1}'::jsonb AS j, interval '90 min' AS span, time '08:00' AS clock
FROM generate_series(1, 25000) i"""


@pytest.fixture(scope="module")
def lab(postgres: str) -> str:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS lab, raw")
        connection.execute(LAB)
        connection.execute("INSERT INTO lab (id, at) VALUES (25001, 'infinity')")
        connection.execute("CREATE TABLE raw AS SELECT 1 AS id, 'x'::bytea AS b, ARRAY[1] AS list, 'a%b' AS text")
    return postgres


def test_postgres_keeps_the_promises(lab: str) -> None:
    """Two fetches of a cursor: zones, decimals, flags, gaps, NaN, lengths of time; infinity is refused with its row."""
    options = {"query": "select * from lab order by id", "timezone": "Asia/Shanghai"}
    check_connector(Database(), lab, options=options, rows=25_000, rejected=1, columns=("炉号",), absent=lab + "_no")
    rows, rejected, facts = read(lab, **options)
    time, number = pl.Datetime("us", "UTC"), pl.Float64
    kinds = {
        "id": pl.Int64,
        "at": time,
        "wall": time,
        "day": time,
        "ok": pl.Boolean,
        "v": number,
        "n": pl.Int64,
        "r": number,
    }
    kinds |= {"炉号": pl.String, "j": pl.String, "span": number, "clock": pl.String}
    assert dict(rows.schema) == kinds
    assert rows.row(2)[:9] == (
        3,
        *[datetime(2026, 11, 3, 0, 3, tzinfo=UTC)] * 2,
        datetime(2026, 11, 2, 16, tzinfo=UTC),
        False,
        3.75,
        3,
        None,
        None,
    )
    assert rows.row(1)[8:] == ("炉2", '{"a": 1}', 5400.0, "08:00:00")
    assert (rejected["line"].to_list(), rejected["reason"].to_list()) == ([25_001], ["at: 'infinity' is not a time"])
    file = facts["files"][0]
    assert (file["query"], file["server"][:10], file["rows_seen"]) == (options["query"], "PostgreSQL", 25_001)
    assert not any(a["what"] == "order" for a in facts["assumed"])


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("select 1; commit; drop table lab", "more than one statement"), ("update lab set id = 0", "not with SELECT"),
        ("with x as (delete from lab returning 1) select * from x", "PostgreSQL says"), ("select id, b from raw", "column b holds bytes"),
        ("select list from raw", "column list holds several values"), ("select nope from lab", "nope"), ("select * from labb", "labb"),
        ("select nextval('s')", "PostgreSQL says"), ("select raw from raw", "several values"), ("select", "no rows"),
        ("select set_config('transaction_read_only', 'off', false), lo_create(7)", "PostgreSQL says"),
        ("select 1 as a$b$; drop table lab; select 2 as a$b$", "more than one"), ("select 1 ` 2; drop table lab --`", "more than one"),
        ("values (1)) x; drop table lab; select (1", "more than one statement"),
    ],
)  # fmt: skip
def test_postgres_is_only_read(lab: str, query: str, what: str) -> None:
    """Whatever else is asked is refused, and the table is as it was."""
    with pytest.raises(DataError, match=what) as error:
        read(lab, query=query)
    assert all(error.value.said(language)[part] for language in ("en", "zh") for part in ("what", "at", "fix"))
    assert read(lab, query="select count(*) as n from lab")[0]["n"].to_list() == [25_001]


def test_a_per_cent_sign_is_only_a_sign(lab: str) -> None:
    """Nothing in a query is filled in."""
    assert read(lab, query="select text, 5 % 3 as n from raw where text like 'a%%'")[0].rows() == [("a%b", 2)]


def test_only_what_is_new_is_asked_for(lab: str) -> None:
    """Beyond the last key or time, in the clock in which the column is written."""
    query = "select id, wall, at from lab where id < 100"
    assert read(lab, query=query, since="id", after="97")[0]["id"].to_list() == [98, 99]
    after = datetime(2026, 11, 3, 1, 37, tzinfo=UTC).isoformat()  # 09:37 in Shanghai
    assert read(lab, query=query, since="wall", after=after, timezone="Asia/Shanghai")[0]["id"].to_list() == [98, 99]
    assert read(lab, query=query, since="at", after=after)[0]["id"].to_list() == [98, 99]
    assert read_all(Database(), lab, {"query": query, "since": "id", "after": "99"}) == []
    with pytest.raises(DataError, match="no column 'idd'"):
        read(lab, query=query, since="idd", after="1")


# --- addresses and statements -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address", ["postgresql://u:s3cret@h/d", "postgres://h/d?password=s3cret", "postgresql://u@h/d?sslpassword=s3cret"]
)
def test_a_password_in_an_address_is_refused_and_not_repeated(address: str) -> None:
    """It would be kept in the ledger; the environment or ~/.pgpass is named instead."""
    with pytest.raises(DataError, match="password") as error:
        address_of(address)
    assert "s3cret" not in str(error.value) + str(error.value.said("en")) + str(error.value.said("zh"))


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://h/d?options=-c%20x",
        "postgresql://h:x/d",
        "sqlite:",
        "mysql://h/d",
        "sqlite:///\x00",
        "postgresql://[h/d",
    ],
)
def test_a_strange_address_is_refused(address: str) -> None:
    """With what, where and fix."""
    with pytest.raises(DataError):
        address_of(address)


@pytest.mark.parametrize(
    "query",
    [
        "select ';'",
        'select 1 as ";"',
        "select 1 -- ;",
        "select /* ; */ 1",
        "select $$;$$",
        "select $a$;$a$;",
        " ( select 1 ) ;",
    ],
)
def test_a_semicolon_in_a_text_is_no_end(query: str) -> None:
    """Texts, names, comments and dollar quotes."""
    assert not single(query).rstrip().endswith("; ")
    assert single(single(query)) == single(query)


@given(st.text(max_size=40))
def test_any_text_is_a_query_or_refused(text: str) -> None:
    """Never anything else."""
    try:
        assert single(text)
    except DataError as error:
        assert error.said("zh")["fix"]  # noqa: PT017


def test_names_and_orders_are_understood() -> None:
    """A schema, a quote in a name; ORDER BY in a text is none."""
    assert selected('mes.ov"en') == 'SELECT * FROM "mes"."ov""en"'
    assert (has_order("select 1 ORDER\nBY 1"), has_order("select 'order by'")) == (True, False)


@settings(max_examples=50, deadline=None)
@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.timezones()))
def test_times_with_a_zone_are_read_as_they_are(moment: datetime) -> None:
    """Against the standard library."""
    if moment.utcoffset() is None or moment.utcoffset().total_seconds() % 60:  # type: ignore[union-attr]
        return
    assert (
        moments(pl.Series([moment.isoformat(), moment.isoformat(sep=" ")]), "Asia/Tokyo").to_list()
        == [moment.astimezone(UTC)] * 2
    )


def test_its_folder_can_be_copied() -> None:
    """Manifest in both languages, a checklist with reasons."""
    assert check_folder(FOLDER)["sign-in"] == "done"
