"""Records after TC609-5-2025-02: one for each row, or one for each window of a time series.

Source: the eleven fields through third-party notes; what stands inside `data_content` is our own form (docs/cards.md).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from typing import Any

import msgspec
import polars as pl

from diapason.engines.cards.card import Card, generated
from diapason.engines.cards.cells import to_json
from diapason.vocabulary.tables import ROW, Column, Role

__all__ = ["ROW_TYPE", "WINDOW_TYPE", "Frame", "counted", "records"]

ROW_TYPE = "application/vnd.diapason.row+json"
WINDOW_TYPE = "application/vnd.diapason.window+json"
HELD = 200_000
"""Rows of unfinished windows that are held at most, whatever the order of the table."""
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Frame:
    """What all records of a card share, and how it is cut."""

    card: Card
    window: int  # rows of a window; 0 = a record for each row
    held: int = HELD

    @property
    def labels(self) -> tuple[Column, ...]:
        """The columns that go into `annotation`."""
        return self.card.targets

    @property
    def content(self) -> tuple[Column, ...]:
        """All other columns, in order."""
        return tuple(c for c in self.card.columns if c.role is not Role.TARGET)

    def name(self, role: Role) -> str:
        """The first column with a role, "" for none."""
        return next((c.name for c in self.content if c.role is role), "")

    def shared(self) -> Record:
        """The fields that are the same in every record, in the order in which they stand after the annotation."""
        card = self.card
        origins = "; ".join(
            o.name + (f" sha256:{o.sha256}" if o.sha256 else "") + f" {o.run}" for o in card.origins[:20]
        )
        made = generated(card)
        return {
            "original_time": card.created[:10],
            "last_modified_time": card.modified[:10],
            "version": card.semantic,
            "license": card.said.get("licence"),
            "source": card.said.get("source", "simulation" if made else "file" if card.origins else "dataset"),
            "source_details": f"{card.dataset} sha256:{card.digest}" + (f"; {origins}" if origins else ""),
            "generated_data_indicator": None if made is None else int(made),
        }


def records(frame: Frame, batches: Iterable[pl.DataFrame]) -> Iterator[bytes]:
    """Lines of JSON, each with its line feed; memory: a batch and the windows that are open.

    Args:
        batches: the rows in `_row` order, with `_row`.

    Raises:
        DataError: a column that a record can't hold.
    """
    shared, encode = frame.shared(), msgspec.json.Encoder().encode
    made = _windows(frame, batches) if frame.window else _rows(frame, batches)
    for related, content, labels in made:
        hashed = encode([frame.card.name, content, labels])
        record = {
            "id": sha256(hashed).hexdigest(),
            "rid": related,
            "data_content": [content],
            "annotation": _annotation(frame, labels),
            **shared,
        }
        yield encode(record) + b"\n"


def _annotation(frame: Frame, labels: list[Record]) -> Record:
    said = frame.card.said
    return {
        "label": labels,
        "annotation_method": said.get("annotation") if labels else None,
        "annotator": said.get("annotator") if labels else None,
    }


def _rows(frame: Frame, batches: Iterable[pl.DataFrame]) -> Iterator[tuple[list[str], Record, list[Record]]]:
    names = [c.name for c in frame.content]
    for batch in batches:
        columns = {c.name: to_json(batch[c.name]) for c in frame.card.columns}
        numbers = batch[ROW].to_list()
        for i, cells in enumerate(zip(*(columns[n] for n in names), strict=True) if names else [()] * batch.height):
            content = {
                "media_type": ROW_TYPE,
                "content": {"row": numbers[i], "values": dict(zip(names, cells, strict=True))},
            }
            labels = [{"name": c.name, "unit": c.unit, "value": columns[c.name][i]} for c in frame.labels]
            yield [], content, labels


@dataclass(slots=True)
class _Open:
    """A window that is being filled."""

    asset: Any
    last: str = ""  # id of the window of this asset before
    rows: list[int] = field(default_factory=list)
    cells: dict[str, list[Any]] = field(default_factory=dict)


def _windows(frame: Frame, batches: Iterable[pl.DataFrame]) -> Iterator[tuple[list[str], Record, list[Record]]]:
    """Windows of each asset's rows in their order; where too many are open, the fullest is closed early."""
    open_: dict[Any, _Open] = {}
    held, asset = 0, frame.name(Role.ASSET)
    for batch in batches:
        for key, numbers, columns in _by_asset(frame, batch, asset):
            one = open_.setdefault(key, _Open(key, cells={c.name: [] for c in frame.card.columns}))
            one.rows += numbers
            held += len(numbers)
            for name, values in columns.items():
                one.cells[name] += values
            while len(one.rows) >= frame.window:
                held -= frame.window
                yield _closed(frame, one, frame.window)
        while held > frame.held:
            fullest = max(open_.values(), key=lambda o: len(o.rows))
            held -= len(fullest.rows)
            yield _closed(frame, fullest, len(fullest.rows))
    for one in open_.values():
        if one.rows:
            yield _closed(frame, one, len(one.rows))


def _by_asset(
    frame: Frame, batch: pl.DataFrame, asset: str
) -> Iterator[tuple[Any, list[int], Mapping[str, list[Any]]]]:
    parts = batch.partition_by(asset, maintain_order=True) if asset else [batch]
    for part in parts:
        columns = {c.name: to_json(part[c.name]) for c in frame.card.columns}
        yield (columns[asset][0] if asset else None), part[ROW].to_list(), columns


def _closed(frame: Frame, one: _Open, count: int) -> tuple[list[str], Record, list[Record]]:
    """The first rows of an open window as a record, and the window without them."""
    rows, one.rows = one.rows[:count], one.rows[count:]
    cells = {name: values[:count] for name, values in one.cells.items()}
    one.cells = {name: values[count:] for name, values in one.cells.items()}
    time, asset = frame.name(Role.TIME), frame.name(Role.ASSET)
    tags = [c for c in frame.content if c.name not in (time, asset)]
    moments = cells.get(time, [])
    step = _step(moments)
    said = {
        "asset": one.asset,
        "start": moments[0] if moments else None,
        "end": moments[-1] if moments else None,
        "step": step,
        "time": None if _follows(moments, step) else moments,
        "rows": _ranges(rows),
        "tags": [{"name": c.name, "unit": c.unit, "values": cells[c.name]} for c in tags],
    }
    content = {"media_type": WINDOW_TYPE, "content": said}
    labels = [{"name": c.name, "unit": c.unit, "values": cells[c.name]} for c in frame.labels]
    related = [one.last] if one.last else []
    one.last = sha256(msgspec.json.encode([frame.card.name, content, labels])).hexdigest()
    return related, content, labels


def _step(moments: list[Any]) -> float | None:
    """The one step between moments, in seconds or in the unit of the time column; None where they differ."""
    if len(moments) < 2 or any(m is None for m in moments):
        return None
    try:
        numbers = [_moment(m) for m in moments] if isinstance(moments[0], str) else moments
        steps = {b - a for a, b in pairwise(numbers)}
    except (TypeError, ValueError):
        return None
    first = steps.pop()
    return None if steps else first / timedelta(seconds=1) if isinstance(first, timedelta) else float(first)


def _follows(moments: list[Any], step: float | None) -> bool:
    """Whether start and step give every moment again, to the last digit."""
    return step is not None and isinstance(moments[0], str) and counted(moments[0], step, len(moments)) == moments


def _moment(text: str) -> datetime:
    """A moment as it stands in a record."""
    return datetime.fromisoformat(text)


def counted(start: str, step: float, count: int) -> list[str]:
    """Moments at one step from the first.

    >>> counted("2026-01-01T00:00:00.000000Z", 60.0, 2)
    ['2026-01-01T00:00:00.000000Z', '2026-01-01T00:01:00.000000Z']
    """
    zone, first = "Z" * start.endswith("Z"), _moment(start.removesuffix("Z"))
    try:
        made = [first + n * timedelta(seconds=step) for n in range(count)]
    except OverflowError:
        return []
    whole = "T" in start
    return [at.isoformat(timespec="microseconds") + zone if whole else at.date().isoformat() for at in made]


def _ranges(rows: list[int]) -> list[list[int]]:
    """Numbers of rows as [first, how many] for each unbroken stretch.

    >>> _ranges([4, 5, 6, 9])
    [[4, 3], [9, 1]]
    """
    found: list[list[int]] = []
    for row in rows:
        if found and row == found[-1][0] + found[-1][1]:
            found[-1][1] += 1
        else:
            found.append([row, 1])
    return found
