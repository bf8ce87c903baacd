"""The same query again later: only the rows beyond the last one that is stored."""

from datetime import datetime
from typing import Any

import polars as pl

from diapason.errors import DataError, NotFound
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.ingest.contracts import contract, keep_contract
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW, VersionRef
from diapason.vocabulary.wire import plain

__all__ = ["newer", "nothing_new"]


def newer(ws: Workspace, name: str, since: str, connector: str) -> dict[str, Any]:
    """What to tell the connector: the column, and, where the dataset is there already, its last value and all kinds.

    Raises:
        DataError: the source is no database, or the dataset has no such column.
    """
    if connector == "files":
        raise DataError(
            Text("files have no query to go on from", "文件没有可续读的查询"),
            at=f"--since {since}",
            fix=Text("--append adds the rows of a further file", "请用 --append 追加新文件的行"),
        )
    if not ws.lake.versions(name):
        return {"since": since}
    table = ws.lake.scan(VersionRef(name))
    columns = table.collect_schema().names()
    if since not in columns:
        raise DataError(
            Text(f"{name} has no column '{since}'", f"{name} 没有列“{since}”"),
            at=f"--since {since}",
            fix=Text(f"its columns are: {', '.join(columns[1:13])}", f"现有的列：{'、'.join(columns[1:13])}"),
        )
    last = table.select(pl.col(since).max()).collect().item()
    if last is None:
        return {"since": since}
    kinds = {name: _KINDS.get(type(kind), "time") for name, kind in table.collect_schema().items() if name != ROW}
    return {"since": since, "after": last.isoformat() if isinstance(last, datetime) else str(last), "stored": kinds}


_KINDS: dict[type[pl.DataType], str] = {
    pl.Int64: "integer",
    pl.Float64: "number",
    pl.Boolean: "flag",
    pl.String: "text",
}


def nothing_new(ws: Workspace, name: str) -> dict[str, Any]:
    """The ingest before, of which nothing has changed.

    Raises:
        NotFound: the dataset was not made by an ingest.
    """
    last = attest.result(ws, "ingest", name)
    if last is None:
        raise NotFound(
            Text(f"{name} was not brought in by an ingest", f"{name} 不是由导入生成的"),
            at=f"--name {name}",
            fix=Text("choose another name", "请另取名称"),
        )
    agreed = contract(ws, name)
    said = {"same": True, "nothing_new": True, "contract_changed": False, "contract": plain(agreed)}
    return {**last["result"], **said, "contract_file": str(keep_contract(ws, agreed)), "run": last["run"]}
