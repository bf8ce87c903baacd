"""What every connector that serves tables must do, as a public check: call it in the tests of your own connector."""

import asyncio
import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from diapason.errors import DiapasonError
from diapason.ports.connector import Batch, Connector
from diapason.vocabulary.tables import ROW

__all__ = ["check_connector", "check_folder", "read_all"]

_REJECTED = ("file", "line", "reason", "raw")
_STATUS = ("done", "todo", "exempt")


def check_connector(
    connector: Connector,
    source: str,
    *,
    options: Mapping[str, Any] | None = None,
    rows: int | None = None,
    rejected: int | None = None,
    columns: Sequence[str] = (),
    absent: str = "",
) -> list[Batch]:
    """A connector loses no row, gives the same again, says what it assumed, and helps when it can't read.

    Args:
        connector: what the entry point gives.
        source: something it can read.
        options: how to read it.
        rows: how many rows it must hand out, if known.
        rejected: how many rows it must refuse, if known.
        columns: columns that must be there.
        absent: a source that does not exist.

    Returns:
        The batches, for further checks of your own.

    Raises:
        AssertionError: a promise is broken; says which.
    """
    given = dict(options or {})
    batches = read_all(connector, source, given)
    _promise(bool(batches), "a source with rows gives at least one batch")
    for batch in batches:
        _one(batch, batches[0])
    _numbers(batches)
    _facts(batches[0])
    handed, refused = sum(b.rows.height for b in batches), sum(b.rejected.height for b in batches)
    _promise(handed + refused > 0, "a source with rows gives rows")
    _promise(rows in (None, handed), f"{rows} rows are handed out, not {handed}")
    _promise(rejected in (None, refused), f"{rejected} rows are refused, not {refused}")
    _promise(set(columns) <= set(batches[0].rows.columns), f"columns {list(columns)} are there")
    _again(batches, read_all(connector, source, given))
    if absent:
        _helps(connector, absent, {})
    _helps(connector, source, {"no_such_option": "1"})
    return batches


def read_all(connector: Connector, source: str, options: Mapping[str, Any]) -> list[Batch]:
    """All batches of a source."""

    async def read() -> list[Batch]:
        return [batch async for batch in connector.batches(source, options)]

    return asyncio.run(read())


def check_folder(folder: Path) -> dict[str, str]:
    """A connector's folder has its manifest in both languages and a checklist with reasons.

    Returns:
        The status of each promise.
    """
    manifest = tomllib.loads((folder / "manifest.toml").read_text(encoding="utf-8"))
    _promise(manifest.get("name") == folder.name, "manifest.toml names the folder")
    _promise({"en", "zh"} <= set(manifest.get("title", {})), "the title stands in both languages")
    _promise(manifest.get("direction") in ("read", "read-write"), "the direction is read or read-write")
    _promise(isinstance(manifest.get("needs"), list), "needs lists the packages, or is empty")
    _promise((folder / "connector.py").is_file(), "the code begins in connector.py")
    checklist = yaml.safe_load((folder / "checklist.yaml").read_text(encoding="utf-8"))
    for promise, said in checklist.items():
        _promise(said.get("status") in _STATUS, f"{promise} is {', '.join(_STATUS)}")
        _promise(bool(said.get("why")), f"{promise} has a reason")
    return {promise: str(said["status"]) for promise, said in checklist.items()}


def _one(batch: Batch, first: Batch) -> None:
    """Shape of a batch."""
    _promise(batch.seen == batch.rows.height + batch.rejected.height, "rows seen = rows handed out + rows refused")
    _promise(batch.rows.schema.get(ROW) == pl.Int64, f"rows carry the int64 column {ROW}")
    _promise(batch.rows.schema == first.rows.schema, "every batch has the columns and types of the first")
    _promise({ROW, *_REJECTED} <= set(batch.rejected.columns), "refused rows carry _row, file, line, reason and raw")
    blank = batch.rejected.select(pl.col("reason").null_count() + (pl.col("reason") == "").sum()).item()
    _promise(not batch.rejected.height or blank == 0, "every refused row has a reason")
    zones = [t.time_zone for t in batch.rows.dtypes if isinstance(t, pl.Datetime)]
    _promise(all(zone == "UTC" for zone in zones), "times are UTC")


def _numbers(batches: Sequence[Batch]) -> None:
    both = [frame[ROW] for batch in batches for frame in (batch.rows, batch.rejected)]
    number = pl.concat([one.cast(pl.Int64) for one in both])
    _promise(number.n_unique() == len(number), f"each row has a {ROW} of its own, refused ones too")
    _promise(bool((number >= 0).all()), f"{ROW} counts from 0")


def _facts(first: Batch) -> None:
    """The facts are plain, with a digest and assumptions that have reasons."""
    try:
        json.dumps(dict(first.facts))
    except (TypeError, ValueError) as error:
        raise AssertionError(f"the facts of the first batch are plain JSON ({error})") from error
    _promise(bool(first.facts.get("digest")), "the facts of the first batch hold the digest of the source")
    for assumed in first.facts.get("assumed", ()):
        _promise(bool(assumed.get("what")) and {"en", "zh"} <= set(assumed.get("why", {})), "each assumption says why")


def _again(batches: Sequence[Batch], again: Sequence[Batch]) -> None:
    same = pl.concat([b.rows for b in batches]).equals(pl.concat([b.rows for b in again]))
    _promise(same, "the same source gives the same rows again")
    _promise(batches[0].facts["digest"] == again[0].facts["digest"], "the same source has the same digest again")


def _helps(connector: Connector, source: str, options: Mapping[str, Any]) -> None:
    """An error says what, where and the fix."""
    try:
        read_all(connector, source, options)
    except DiapasonError as error:
        for language in ("en", "zh"):
            said = error.said(language)
            _promise(
                bool(said["what"]) and bool(said["at"]) and bool(said["fix"]), "an error says what, where and the fix"
            )
        return
    raise AssertionError(f"{source} with {dict(options)} is refused")


def _promise(kept: bool, what: str) -> None:
    if not kept:
        raise AssertionError(what)
