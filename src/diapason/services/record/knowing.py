"""Whether readings older than memory are stored already: asked of the dataset, and of what is on its way there."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.intake import Fate, Judged
from diapason.ports.spool import Spool
from diapason.ports.workspace import Workspace
from diapason.services.record.target import ASSET, TAG, TIME, VALUE, Target
from diapason.services.record.wire import unpacked
from diapason.vocabulary.tables import VersionRef

__all__ = ["Knowing"]

_BLOCK = 600_000_000
"""Microseconds that are read at once: old readings come in stretches."""
_BLOCKS = 64
"""Stretches that are remembered."""


class Knowing:
    """Answers `engines.intake.Known`; stretches that were read are remembered, and grow by what is taken in."""

    def __init__(self, ws: Workspace, target: Target, spool: Spool) -> None:
        self._ws, self._target, self._spool = ws, target, spool
        self._blocks: dict[int, dict[tuple[int, int], float]] = {}

    def __call__(
        self, index: NDArray[np.int64], at: NDArray[np.int64]
    ) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """Whether each is stored, and its value."""
        found = [self._block(moment // _BLOCK).get((tag, moment)) for tag, moment in _pairs(index, at)]
        there = np.array([value is not None for value in found], np.bool_)
        return there, np.array([np.nan if value is None else value for value in found])

    def take(self, judged: Judged) -> None:
        """What is stored from now on belongs to what is known."""
        if not self._blocks:
            return
        for i in np.flatnonzero(judged.fate == Fate.STORED).tolist():
            block = self._blocks.get(int(judged.at[i]) // _BLOCK)
            if block is not None:
                block[int(judged.index[i]), int(judged.at[i])] = float(judged.values[i])

    def last(self) -> int | None:
        """The newest moment of the dataset, None where there is none."""
        if not self._ws.lake.versions(self._target.dataset):
            return None
        newest = self._ws.lake.scan(VersionRef(self._target.dataset)).select(pl.col(TIME).max()).collect().item()
        return None if newest is None else round(newest.timestamp() * 1e6)

    def _block(self, number: int) -> dict[tuple[int, int], float]:
        if number not in self._blocks:
            while len(self._blocks) >= _BLOCKS:
                del self._blocks[next(iter(self._blocks))]
            self._blocks[number] = self._stretch(number * _BLOCK, (number + 1) * _BLOCK)
        return self._blocks[number]

    def _stretch(self, begin: int, end: int) -> dict[tuple[int, int], float]:
        """Everything stored between two moments, of the lake and of the spool."""
        found: dict[tuple[int, int], float] = {}
        if self._ws.lake.versions(self._target.dataset):
            moments = [datetime.fromtimestamp(at / 1e6, UTC) for at in (begin, end)]
            rows = self._ws.lake.scan(VersionRef(self._target.dataset))
            inside = (pl.col(TIME) >= moments[0]) & (pl.col(TIME) < moments[1])
            self._add(rows.filter(inside).collect(), found)
        for _, payload in self._spool.records():
            judged = unpacked(payload)
            here = np.flatnonzero((judged.fate == Fate.STORED) & (judged.at >= begin) & (judged.at < end))
            for i in here.tolist():
                found[int(judged.index[i]), int(judged.at[i])] = float(judged.values[i])
        return found

    def _add(self, rows: pl.DataFrame, found: dict[tuple[int, int], float]) -> None:
        at = rows[TIME].dt.timestamp("us").to_list()
        number = {tag.tag: i for i, tag in enumerate(self._target.tags)}
        if self._target.layout == "long":
            values = _floats(rows[VALUE])
            for moment, tag, value in zip(at, rows[TAG].to_list(), values, strict=True):
                found[number.get(tag, -1), moment] = value
            return
        assets = rows[ASSET].to_list() if self._target.layout == "assets" else [""] * len(at)
        by_asset: dict[str, list[int]] = (
            {tag.asset: [] for tag in self._target.tags} if self._target.layout == "assets" else {"": []}
        )
        for k, asset in enumerate(assets):
            by_asset.setdefault(asset, []).append(k)
        for i, tag in enumerate(self._target.tags):
            if tag.column in rows.columns:
                there, values = rows[tag.column].is_not_null().to_list(), _floats(rows[tag.column])
                for k in by_asset[tag.asset if self._target.layout == "assets" else ""]:
                    if there[k]:
                        found[i, at[k]] = values[k]


def _floats(column: pl.Series) -> list[float]:
    """Numbers; of a text nothing but that it is there."""
    if not column.dtype.is_numeric():
        return [np.nan] * len(column)
    return list(column.fill_null(np.nan))


def _pairs(index: Any, at: Any) -> Any:
    return zip(index.tolist(), at.tolist(), strict=True)
