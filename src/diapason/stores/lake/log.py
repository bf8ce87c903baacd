"""The Delta log of a table: how any other tool sees it. The ledger, not this log, decides which versions exist."""

import json
import re
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diapason.errors import Conflict
from diapason.stores.lake.staging import DataFile
from diapason.vocabulary.language import Text

if TYPE_CHECKING:
    from deltalake import DeltaTable, Schema

__all__ = ["agrees", "entries", "make_agree", "newest", "record"]

_ENTRY = re.compile(r"(\d{20})\.json")
_SETTINGS = {"delta.enableExpiredLogCleanup": "false", "delta.checkpointInterval": "20"}


def newest(folder: Path) -> int:
    """Number of the newest log entry, -1 if there is none."""
    log = folder / "_delta_log"
    found = [int(m[1]) for p in (log.iterdir() if log.is_dir() else ()) if (m := _ENTRY.fullmatch(p.name))]
    return max(found, default=-1)


def entries(folder: Path, until: int) -> list[Path]:
    """The log's files up to an entry; checkpoints, which only repeat them, left out."""
    found = [(int(m[1]), p) for p in (folder / "_delta_log").glob("*.json") if (m := _ENTRY.fullmatch(p.name))]
    return [path for number, path in sorted(found) if number <= until]


def record(
    folder: Path,
    *,
    keep: Sequence[DataFile],
    drop: Sequence[str],
    add: Sequence[DataFile],
    schema: Mapping[str, Any],
    facts: Mapping[str, Any],
) -> int:
    """Commit to the log that the table now consists of the files kept and the files added; returns its number.

    Args:
        drop: names of files that go; where none is kept, all go.

    Raises:
        Conflict: another program wrote to the table at the same moment.
    """
    from deltalake.exceptions import DeltaError

    try:
        if newest(folder) < 0:
            _create(folder, [*keep, *add], schema, facts)
        else:
            _change(folder, add, () if not keep else drop, schema, facts, whole=not keep)
    except DeltaError as error:
        raise Conflict(
            Text(f"the table's log refused: {error}", f"数据表日志拒绝写入：{error}"),
            at=str(folder),
            fix=Text("try again; nothing was committed", "请重试；没有任何提交"),
        ) from error
    return newest(folder)


def agrees(folder: Path, files: Sequence[DataFile], facts: Mapping[str, Any]) -> bool:
    """Whether the newest log entry is this commit, or at least shows exactly these files."""
    if newest(folder) < 0:
        return False
    if _facts(folder) == dict(facts):
        return True
    return _active(folder) == {file.name for file in files}


def make_agree(folder: Path, files: Sequence[DataFile], schema: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    """Bring the log back to exactly these files: what came after is undone; a broken log is written anew."""
    from deltalake.exceptions import DeltaError

    try:
        there = set(_names(_table(folder)))
        kept = [file for file in files if file.name in there]
        missing = [file for file in files if file.name not in there]
        _change(folder, missing, there - {file.name for file in kept}, schema, facts, whole=not kept)
    except (DeltaError, OSError, ValueError):
        shutil.rmtree(folder / "_delta_log", ignore_errors=True)
        _create(folder, files, schema, facts)


def _facts(folder: Path) -> dict[str, Any] | None:
    """What we wrote into the newest entry, if we wrote it."""
    try:
        lines = (folder / "_delta_log" / f"{newest(folder):020d}.json").read_text(encoding="utf-8").splitlines()
        said = json.loads(next(line for line in lines if "commitInfo" in line))["commitInfo"]
        found = json.loads(said["diapason"])
    except (OSError, ValueError, KeyError, TypeError, StopIteration):
        return None
    return dict(found)


def _active(folder: Path) -> set[str] | None:
    from deltalake.exceptions import DeltaError

    try:
        return set(_names(_table(folder)))
    except (DeltaError, OSError, ValueError):
        return None


def _names(table: "DeltaTable") -> list[str]:
    actions = table.get_add_actions(flatten=True)
    return [str(name) for name in actions.column("path").to_pylist()]


def _table(folder: Path) -> "DeltaTable":
    from deltalake import DeltaTable

    return DeltaTable(folder.absolute().as_uri())


def _schema(schema: Mapping[str, Any]) -> "Schema":
    from deltalake import Schema

    return Schema.from_json(json.dumps(schema))


def _create(folder: Path, files: Sequence[DataFile], schema: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    from deltalake.transaction import create_table_with_add_actions

    create_table_with_add_actions(
        folder.absolute().as_uri(),
        _schema(schema),
        [_add(file) for file in files],
        configuration=_SETTINGS,
        commit_properties=_said(facts),
    )


def _change(
    folder: Path,
    add: Iterable[DataFile],
    drop: Iterable[str],
    schema: Mapping[str, Any],
    facts: Mapping[str, Any],
    *,
    whole: bool,
) -> None:
    table = _able(folder, _table(folder), schema)
    actions: list[Any] = [_add(file) for file in add]
    actions += [] if whole else [_remove(name) for name in drop]
    mode = "overwrite" if whole else "append"
    table.create_write_transaction(actions, mode, _schema(schema), commit_properties=_said(facts))


def _able(folder: Path, table: "DeltaTable", schema: Mapping[str, Any]) -> "DeltaTable":
    """The table with the feature that times without a zone ask for."""
    from deltalake import TableFeatures

    has = table.protocol().reader_features or []
    if "timestamp_ntz" not in json.dumps(schema) or "timestampNtz" in has:
        return table
    table.alter.add_feature(TableFeatures.TimestampWithoutTimezone, allow_protocol_versions_increase=True)
    return _table(folder)


def _add(file: DataFile) -> Any:
    from deltalake.transaction import AddAction

    numbers = {"numRecords": file.rows}
    bounds = {"minValues": {"_row": file.first}, "maxValues": {"_row": file.last}} if file.rows else {}
    return AddAction(file.name, file.size, {}, _now(), True, json.dumps(numbers | bounds))


def _remove(name: str) -> Any:
    from deltalake.transaction import RemoveAction

    return RemoveAction(name, False, _now(), partition_values={})


def _said(facts: Mapping[str, Any]) -> Any:
    from deltalake import CommitProperties

    text = json.dumps(dict(facts), ensure_ascii=False)
    return CommitProperties(custom_metadata={"run": str(facts.get("run", "")), "diapason": text})


def _now() -> int:
    return int(time.time() * 1000)
