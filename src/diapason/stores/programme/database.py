"""Files readings and reads totals, over any connection that takes our SQL."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, Protocol, TypeVar

from diapason.errors import Conflict, Missing
from diapason.stores.programme.schema import COMING, COUNT, MARK, MOVED, OLD, SAME, SHARED, TABLES, TOUCH, VERSION
from diapason.vocabulary.language import Text
from diapason.vocabulary.programme import Axis, Filed, Row

__all__ = ["Connection", "Database"]

_AT_ONCE = 1000
"""Rows in one INSERT: SQLite takes some 32,000 values, PostgreSQL 65,000."""
T = TypeVar("T")

_BITS: Mapping[Axis, int] = {"sector": 1, "region": 2, "month": 4}


class Connection(Protocol):
    """What both drivers can do once their differences are taken away."""

    where: str

    def execute(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one statement with `?` for values; rows where it gives any."""
        ...

    def begin(self) -> None:
        """Start a transaction that no other writer is in."""
        ...

    def end(self, *, keep: bool) -> None:
        """Make it last, or forget it."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class Database:
    """Implements `ports.programme.Programme` by SQL.

    Args:
        connection: to SQLite or PostgreSQL; tables are made where they are absent.

    Raises:
        Missing: a newer Diapason made the tables.
    """

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        with self._transaction():
            for statement in TABLES:
                connection.execute(statement)
            found = connection.execute("SELECT version FROM about")
            if not found:
                connection.execute("INSERT INTO about (version) VALUES (?)", (VERSION,))
            elif found[0][0] > VERSION:
                raise Missing(
                    Text("a newer Diapason made this database", "该数据库由更新的版本创建"),
                    at=connection.where,
                    fix=Text("install the newer Diapason", "请安装更新的版本"),
                )
        for table in (TOUCH, MARK, COMING):
            connection.execute(table)

    def file(self, filed: Iterable[Filed]) -> int:
        """Add readings, all or none; of one workspace, month and name the longest ledger counts."""
        readings = list(filed)
        with self._transaction():
            before = self.lines()
            self._touched(readings)
            self._db.execute(COUNT.format(sign="-"))
            self._workspaces(readings)
            self._lines(readings)
            self._db.execute(SAME)
            self._db.execute(COUNT.format(sign=""))
            return self.lines() - before

    def view(self, what: str = "", by: Sequence[Axis] = (), where: Mapping[Axis, str] | None = None) -> tuple[Row, ...]:
        """Totals of one thing, or of everything, by state and axes; numbers of zero are left out."""
        narrowed = dict(where or {})
        axes = sum(_BITS[axis] for axis in {*by, *narrowed})
        wanted: dict[str, object] = {"axes": axes}
        wanted |= {"what": what} if what else {}
        wanted |= {str(axis): value for axis, value in narrowed.items()}
        columns = ", ".join(["what", "state", *by])
        tests = " AND ".join(f"{name} = ?" for name in wanted)
        sql = f"SELECT {columns}, SUM(n) FROM totals WHERE {tests} AND n <> 0 GROUP BY {columns} ORDER BY {columns}"  # noqa: S608
        found = self._db.execute(sql, tuple(wanted.values()))
        return tuple(Row(r[0], r[1], tuple(r[2:-1]), int(r[-1])) for r in found)

    def lines(self) -> int:
        """How many lines are kept: read from the totals."""
        return int(self._db.execute("SELECT COALESCE(SUM(n), 0) FROM totals WHERE axes = 0")[0][0])

    def close(self) -> None:
        """Let go of the file or the connection."""
        self._db.close()

    def _touched(self, readings: Sequence[Filed]) -> None:
        """Workspaces and months whose numbers change: those that are filed, and those that share a digest with them."""
        for table in ("touched", "arrived", "coming"):
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608
        pairs = sorted({(_id(f.key), f.day[:7]) for f in readings})
        self._insert("touched", ("id", "month"), pairs, "ON CONFLICT (id, month) DO NOTHING")
        places = {(_id(f.key)): (_id(f.key), f.sector, f.region) for f in _longest(readings)}
        self._insert("coming", ("id", "sector", "region"), places.values(), "ON CONFLICT (id) DO NOTHING")
        self._db.execute(MOVED)
        same = {(line.same,) for f in readings for line in f.lines if line.same}
        self._insert("arrived", ("same",), same, "ON CONFLICT (same) DO NOTHING")
        self._db.execute(OLD)
        self._db.execute(SHARED)

    def _workspaces(self, readings: Sequence[Filed]) -> None:
        """Of one workspace the longest ledger tells name, sector and region."""
        rows = [(_id(f.key), f.key, f.workspace, f.sector, f.region, f.seq, f.day) for f in _longest(readings)]
        names = ("id", "key", "name", "sector", "region", "seq", "day")
        changed = ", ".join(f"{n} = excluded.{n}" for n in names[2:])
        newer = "(excluded.seq, excluded.day, excluded.name) >= (workspaces.seq, workspaces.day, workspaces.name)"
        self._insert("workspaces", names, rows, f"ON CONFLICT (key) DO UPDATE SET {changed} WHERE {newer}")

    def _lines(self, readings: Sequence[Filed]) -> None:
        best: dict[tuple[object, ...], tuple[object, ...]] = {}
        for f in readings:
            place, month = _id(f.key), f.day[:7]
            for line in f.lines:
                key = (place, month, line.what, line.name)
                row = (*key, line.state, line.same or None, line.since or None, f.seq)
                if key not in best or _newer(row, best[key]):
                    best[key] = row
        names = ("workspace", "month", "what", "name", "state", "same", "since", "seq")
        changed = ", ".join(f"{n} = excluded.{n}" for n in names[4:])
        newer = "(excluded.seq, excluded.state) >= (lines.seq, lines.state)"
        upsert = f"ON CONFLICT (workspace, month, what, name) DO UPDATE SET {changed} WHERE {newer}"
        self._insert("lines", names, best.values(), upsert)

    def _insert(self, table: str, names: Sequence[str], rows: Iterable[Sequence[object]], after: str) -> None:
        """Many rows at once; table and column names are ours."""
        one = f"({','.join('?' * len(names))})"
        for some in _batched(rows, _AT_ONCE):
            sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES {','.join([one] * len(some))} {after}"  # noqa: S608
            self._db.execute(sql, [value for row in some for value in row])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.begin()
        done = False
        try:
            yield
            done = True
        finally:
            self._db.end(keep=done)


def _longest(readings: Iterable[Filed]) -> list[Filed]:
    """Of each workspace the reading of the longest ledger."""
    best: dict[str, Filed] = {}
    for f in readings:
        known = best.get(f.key)
        later = known is None or (f.seq, f.day, f.workspace) > (known.seq, known.day, known.workspace)
        best[f.key] = f if known is None or later else known
    return list(best.values())


def _newer(row: tuple[object, ...], known: tuple[object, ...]) -> bool:
    return (row[7], row[4]) > (known[7], known[4])


def _id(key: str) -> int:
    """A number for a key id, the same everywhere: its first 60 bits.

    Raises:
        Conflict: it is no key id.
    """
    try:
        return int(key[:15], 16)
    except ValueError:
        raise Conflict(Text(f"'{key}' is no key id", f"“{key}”不是密钥编号")) from None


def _batched(rows: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    left = iter(rows)
    while some := tuple(islice(left, size)):
        yield some
