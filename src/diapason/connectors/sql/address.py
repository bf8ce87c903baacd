"""Where a database is: a SQLite file or a PostgreSQL server; never with a password in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["Address", "address_of"]

_KEPT = ("sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout", "target_session_attrs", "client_encoding")
"""What may stand behind `?` in the address of a server."""


@dataclass(frozen=True, slots=True)
class Address:
    """A database, and how it is called where people read."""

    kind: str  # "sqlite" or "postgresql"
    name: str  # of the database
    shown: str
    path: Path = Path()
    said: Mapping[str, str] | None = None  # what psycopg is given


def address_of(source: str) -> Address:
    """The database that a source means.

    Raises:
        DataError: there is no such file, the address is none, or a password stands in it.
    """
    scheme, _, rest = source.partition(":")
    if scheme == "sqlite":
        return _file(rest)
    if scheme in ("postgresql", "postgres"):
        return _server(source)
    raise _strange(source)


def _file(rest: str) -> Address:
    """`sqlite:///mes.db` is beside us, `sqlite:////data/mes.db` is not."""
    name = rest.removeprefix("///") if rest.startswith("///") else rest.removeprefix("//")
    path = Path(name).expanduser()
    try:
        there = bool(name) and path.is_file()
    except (OSError, ValueError):
        there = False
    if there:
        return Address("sqlite", path.name, f"sqlite:///{path}", path)
    beside = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
    near = get_close_matches(path.name, beside, 2, 0.5)
    more = (f"did you mean {' or '.join(near)}? ", f"是不是 {' 或 '.join(near)}？") if near else ("", "")
    raise DataError(
        Text("there is no such SQLite file", "没有这个 SQLite 文件"),
        at=str(path)[:200] or "sqlite:",
        fix=Text(
            f"{more[0]}write sqlite:///mes.db or sqlite:////data/mes.db",
            f"{more[1]}请写成 sqlite:///mes.db 或 sqlite:////data/mes.db",
        ),
    )


def _server(source: str) -> Address:
    try:
        parts = urlsplit(source)
        port = parts.port
    except ValueError:
        raise _strange("postgresql://…") from None
    said = dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.password is not None or any("password" in key.lower() for key in said):
        raise DataError(
            Text("a password stands in the address", "地址中含有密码"),
            at=f"postgresql://{parts.username or ''}@{parts.hostname or ''}{parts.path}",
            fix=Text(
                "put it into PGPASSWORD or ~/.pgpass: there it is written nowhere",
                "请放入 PGPASSWORD 或 ~/.pgpass，这样不会被记录",
            ),
        )
    strange = [key for key in said if key not in _KEPT]
    if strange or parts.fragment:
        raise _strange_setting(source, strange[0] if strange else f"#{parts.fragment}")
    where = {
        "host": parts.hostname,
        "port": port,
        "user": unquote(parts.username or ""),
        "dbname": unquote(parts.path[1:]),
    }
    given = {key: str(value) for key, value in where.items() if value}
    user, at_port = (f"{parts.username}@" if parts.username else ""), (f":{port}" if port else "")
    shown = f"postgresql://{user}{parts.hostname or ''}{at_port}{parts.path}"
    return Address("postgresql", given.get("dbname", "postgres"), shown, said={**given, **said})


def _strange(source: str) -> DataError:
    return DataError(
        Text("this is no address of a database", "这不是数据库地址"),
        at=source[:60],
        fix=Text(
            "write sqlite:///mes.db or postgresql://user@host/database",
            "请写成 sqlite:///mes.db 或 postgresql://用户@主机/数据库",
        ),
    )


def _strange_setting(source: str, key: str) -> DataError:
    return DataError(
        Text(f"'{key}' can't be said in the address", f"地址中不能含有“{key}”"),
        at=source.partition("?")[0].partition("#")[0],
        fix=Text("what may stand there: " + ", ".join(_KEPT), "可用：" + "、".join(_KEPT)),
    )
