"""Rows of a dataset from judged packets: one per moment, one per asset and moment, or one per reading."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.contracts import BECAUSE
from diapason.engines.intake import REJECTED, Fate, Judged
from diapason.services.record.target import ASSET, TAG, TEXT, TIME, TRUST, VALUE, Target
from diapason.vocabulary.line import TRUSTS, Kind
from diapason.vocabulary.tables import ROW

__all__ = ["Readings", "aside", "frame", "gathered"]


@dataclass(frozen=True, slots=True)
class Readings:
    """Stored readings in columns, shape (n,) each; texts by position."""

    index: NDArray[np.int64]
    at: NDArray[np.int64]
    value: NDArray[np.float64]
    trust: NDArray[np.uint8]
    texts: dict[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.index)


def gathered(packets: Iterable[tuple[Judged, NDArray[np.bool_]]]) -> Readings:
    """Readings of packets that a mask chooses."""
    parts: list[tuple[Any, ...]] = []
    texts: dict[int, str] = {}
    count = 0
    for judged, mask in packets:
        if judged.texts:
            place = np.cumsum(mask) - 1 + count
            texts |= {int(place[i]): text for i, text in judged.texts.items() if mask[i]}
        parts.append((judged.index[mask], judged.at[mask], judged.values[mask], judged.trust[mask]))
        count += int(mask.sum())
    if not parts:
        return Readings(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.uint8))
    index, at, value, trust = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Readings(index, at, value, trust, texts)


def frame(readings: Readings, target: Target) -> pl.DataFrame:
    """The rows, in the order of time, numbered from 0; a bad reading without a number is an empty cell."""
    made = _long(readings, target) if target.layout == "long" else _wide(readings, target)
    made = made.sort([c for c in (TIME, ASSET, TAG) if c in made.columns], maintain_order=True)
    return made.select(pl.int_range(made.height).alias(ROW), *target.columns)


def aside(packets: Sequence[Judged], target: Target, run: str) -> pl.DataFrame:
    """Rejected readings as rows of a quarantine: the rule that each breaks, and the row that it would be."""
    rows = [row for judged in packets for row in _rejected(judged, target)]
    rows += [row for judged in packets for row in _unread(judged)]
    shape = {BECAUSE: pl.String, "raw": pl.String}
    made = pl.DataFrame(rows, schema=shape, orient="row").with_columns(run=pl.lit(run))
    return made.select(pl.int_range(made.height).alias(ROW), BECAUSE, "run", "raw")


def _long(readings: Readings, target: Target) -> pl.DataFrame:
    tags, assets = ([getattr(tag, what) for tag in target.tags] for what in ("tag", "asset"))
    made = pl.DataFrame(
        {
            TIME: _times(readings.at),
            TAG: pl.Series(tags, dtype=pl.String).gather(readings.index),
            ASSET: pl.Series(assets, dtype=pl.String).gather(readings.index),
            VALUE: _numbers(readings.value),
            TRUST: _trusts(readings.trust),
        }
    )
    return made.with_columns(_texts(readings.texts, len(readings)).alias(TEXT)) if TEXT in target.columns else made


def _wide(readings: Readings, target: Target) -> pl.DataFrame:
    """One row per moment, or per asset and moment."""
    names = sorted({tag.asset for tag in target.tags})
    code = {name: i for i, name in enumerate(names)}
    own = np.array([code[tag.asset] for tag in target.tags] or [0])
    group = own[readings.index] if target.layout == "assets" else np.zeros(len(readings), np.int64)
    keys, row = np.unique(np.column_stack([readings.at, group]), axis=0, return_inverse=True)
    row = row.reshape(-1)
    worst = np.zeros(len(keys), np.uint8)
    np.maximum.at(worst, row, readings.trust)
    columns: dict[str, Any] = {TIME: _times(keys[:, 0])}
    if target.layout == "assets":
        columns[ASSET] = pl.Series(names, dtype=pl.String).gather(keys[:, 1])
    by_column: dict[str, list[int]] = {}
    for number, tag in enumerate(target.tags):
        by_column.setdefault(tag.column, []).append(number)
    for name, kind in target.columns.items():
        if name in by_column and name not in columns:
            columns[name] = _column(readings, row, len(keys), by_column[name], text=kind == pl.String)
    columns[TRUST] = _trusts(worst)
    return pl.DataFrame(columns)


def _column(readings: Readings, row: NDArray[Any], rows: int, numbers: list[int], *, text: bool) -> pl.Series:
    here = np.flatnonzero(np.isin(readings.index, numbers))
    if text:
        cells: list[str | None] = [None] * rows
        for i in here.tolist():
            cells[int(row[i])] = readings.texts.get(i)
        return pl.Series(cells, dtype=pl.String)
    values = np.full(rows, np.nan)
    values[row[here]] = readings.value[here]
    return _numbers(values)


def _times(at: NDArray[np.int64]) -> pl.Series:
    return pl.Series(at).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def _numbers(values: NDArray[np.float64]) -> pl.Series:
    return pl.Series(values).fill_nan(None)


def _trusts(trust: NDArray[np.uint8]) -> pl.Series:
    return pl.Series(list(TRUSTS), dtype=pl.String).gather(trust.astype(np.int64))


def _texts(texts: dict[int, str], count: int) -> pl.Series:
    cells: list[str | None] = [None] * count
    for i, text in texts.items():
        cells[i] = text
    return pl.Series(cells, dtype=pl.String)


def _rejected(judged: Judged, target: Target) -> Iterable[tuple[str, str]]:
    for i in np.flatnonzero(judged.fate > Fate.AGAIN).tolist():
        tag = target.tags[int(judged.index[i])]
        rule = REJECTED[Fate(int(judged.fate[i]))][0]
        at, value = int(judged.at[i]), float(judged.values[i])
        shown = judged.texts.get(i, "" if np.isnan(value) else repr(value))
        row: dict[str, str | None] = dict.fromkeys(target.columns)
        row[TIME] = _moment(at) if at > 0 else None
        row[TRUST] = TRUSTS[int(judged.trust[i])]
        if target.layout == "long":
            row |= {TAG: tag.tag, ASSET: tag.asset}
            row[TEXT if tag.kind == Kind.TEXT else VALUE] = shown or None
        else:
            row |= {tag.column: shown or None} | ({ASSET: tag.asset} if target.layout == "assets" else {})
        yield f"{tag.column if target.layout != 'long' else tag.tag}:{rule}", json.dumps(row, ensure_ascii=False)


def _unread(judged: Judged) -> Iterable[tuple[str, str]]:
    for name, text, why in judged.unread:
        row = {TIME: _moment(judged.received), name: text, "why": why.en}
        yield f"{name}:{REJECTED[Fate.UNREADABLE][0]}", json.dumps(row, ensure_ascii=False)


def _moment(at: int) -> str | None:
    """As the quarantine reads it back."""
    try:
        return datetime.fromtimestamp(at / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S.%f+0000")
    except (OverflowError, ValueError, OSError):
        return None
