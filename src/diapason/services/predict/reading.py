"""New rows as the model's dataset had them: same columns, same types; what is absent or in another unit is noted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from diapason.engines.schema import unit_code
from diapason.errors import DataError
from diapason.knowledge.columns import lexicon
from diapason.ports import find
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW, Contract, Role, VersionRef

__all__ = ["Source", "read"]

_NEEDED = (Role.ASSET, Role.TIME)


@dataclass(frozen=True, slots=True)
class Source:
    """Rows read from a file, and what a person should know of the reading."""

    rows: pl.DataFrame  # columns of the contract but for the target, and `_row`
    rejected: pl.DataFrame
    seen: int
    digest: str  # sha256 of the source's bytes
    absent: tuple[str, ...]  # inputs that the file lacks
    unreadable: Mapping[str, int]  # cells that are no values of their column's type
    units: Mapping[str, str]  # column -> "Cel → [degF]" where the file says another unit than the contract


async def read(
    workspace: Workspace, source: str, contract: Contract, dataset: VersionRef, options: Mapping[str, Any]
) -> Source:
    """Read a file through the connector as the dataset was read, with options that win over those of then.

    Raises:
        DataError: it can't be read, or lacks the asset, the time or most inputs.
        Unsure: only a person can say what it means.
    """
    schema = workspace.lake.scan(dataset).collect_schema()
    wanted = [c.name for c in contract.columns if c.role in (*_NEEDED, Role.FEATURE) and c.name in schema]
    frames, rejected, seen, facts = [], [], 0, dict[str, Any]()
    async for batch in find("connectors", "files").batches(source, _as_then(workspace, dataset.name) | dict(options)):
        facts = facts or dict(batch.facts)
        seen += batch.seen
        frames.append(batch.rows)
        rejected.append(batch.rejected)
    rows = pl.concat(frames, how="vertical_relaxed")
    absent = tuple(name for name in wanted if name not in rows.columns)
    _enough(contract, wanted, absent, rows.columns, source)
    typed = [_typed(rows, name, schema[name]) for name in wanted]
    unreadable = {c.name: lost for c in typed if (lost := c.null_count() - _missing(rows, c.name))}
    said = {name: str(unit) for name, unit in facts.get("units", {}).items() if name in wanted}
    units = {name: change for name, unit in said.items() if (change := _other_unit(contract, name, unit))}
    table = pl.DataFrame([rows[ROW], *typed])
    return Source(table, pl.concat(rejected), seen, str(facts["digest"]), absent, unreadable, units)


def _as_then(workspace: Workspace, name: str) -> dict[str, Any]:
    """How the dataset was read, where the ledger knows it."""
    before = attest.result(workspace, "ingest", name)
    made = before["result"].get("made", {}) if before else {}
    return dict(made.get("options", {}))


def _enough(contract: Contract, wanted: list[str], absent: tuple[str, ...], found: list[str], source: str) -> None:
    needed = [name for name in absent if contract.column(name).role in _NEEDED]
    inputs = [name for name in wanted if contract.column(name).role is Role.FEATURE]
    lacking = [name for name in absent if name in inputs]
    if not needed and 2 * len(lacking) <= len(inputs):
        return
    names = ", ".join((needed or lacking)[:12])
    raise DataError(
        Text(f"the file lacks columns that the model needs: {names}", f"文件缺少模型所需的列：{names}"),
        at=source,
        fix=Text(
            f"name them as in training, or give the names with -o columns=…; the file has: {', '.join(found[:20])}",
            f"请使用与训练时相同的列名，或用 -o columns=… 指定；文件中有：{', '.join(found[:20])}",
        ),
    )


def _typed(rows: pl.DataFrame, name: str, dtype: Any) -> pl.Series:
    """A column in the type in which it was learnt; a cell that can't be is missing."""
    if name not in rows.columns:
        return pl.Series(name, [None] * rows.height, dtype=dtype)
    column = rows[name]
    if dtype == pl.String and column.dtype.is_float():
        whole = column.drop_nulls()
        column = column.cast(pl.Int64, strict=False) if bool((whole == whole.round()).all()) else column
    return column if column.dtype == dtype else column.cast(dtype, strict=False)


def _missing(rows: pl.DataFrame, name: str) -> int:
    return rows[name].null_count() if name in rows.columns else rows.height


def _other_unit(contract: Contract, name: str, written: str) -> str:
    """What the file says against what was agreed, "" where they are the same or one is not known."""
    agreed, here = contract.column(name).unit, unit_code(written, lexicon())
    return f"{agreed} → {here}" if agreed and here and agreed != here else ""
