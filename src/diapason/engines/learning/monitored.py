"""Monitors in plural: one per asset that has a normal part of its own, and one for all others."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.learning.alarming import Limit
from diapason.engines.learning.packing import array_bytes, arrays, fact_bytes, facts
from diapason.engines.learning.smoothing import segments
from diapason.engines.learning.weighing import counted
from diapason.engines.learning.widening import numbers
from diapason.errors import DataError
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text

__all__ = ["Monitored", "NormalPart", "Statistic", "fit_monitors", "load_monitors"]

Array = NDArray[np.float64]
Statistic = Callable[[Mapping[str, Array], Mapping[str, Any], Array], Array]
"""From a monitor's arrays, its settings and the raw columns of one segment to one number per row."""

_FEWEST = 40  # normal rows
_OWN = 10  # normal rows per column that an asset needs for a monitor of its own
_SHORTEST = 10  # rows of a segment worth learning from


@dataclass(frozen=True, slots=True)
class NormalPart:
    """Normal rows as segments in time order, cut into blocks across segments."""

    segments: Sequence[Array]  # each (n_i, d)
    counts: Sequence[Array] | None = None  # each (n_i,), how much each row counts; None = all alike

    @property
    def rows(self) -> int:
        """Rows in all segments."""
        return sum(len(s) for s in self.segments)

    @property
    def weight(self) -> Array | None:
        """How much each row counts, across segments."""
        return None if self.counts is None else np.concatenate(self.counts)

    def without(self, low: int, high: int) -> "NormalPart":
        """The part without rows `low` to `high`, counted across segments; what is left of a segment lies together."""
        left, at = [], 0
        counts: list[Array] = []
        for i, segment in enumerate(self.segments):
            keep = np.r_[0 : max(0, min(low - at, len(segment))), min(max(high - at, 0), len(segment)) : len(segment)]
            left += [segment[keep]] if len(keep) else []
            counts += [self.counts[i][keep]] if len(keep) and self.counts is not None else []
            at += len(segment)
        return NormalPart(left, None if self.counts is None else counts)

    def within(self, low: int, high: int) -> Iterator[tuple[Array, slice]]:
        """Each segment that has rows from `low` to `high`, and where in it they are."""
        at = 0
        for segment in self.segments:
            where = slice(max(0, low - at), min(high - at, len(segment)))
            if where.start < where.stop:
                yield segment, where
            at += len(segment)


@dataclass(frozen=True, slots=True)
class _Monitor:
    asset: str | None  # None = for all others
    arrays: Mapping[str, Array]
    settings: Mapping[str, Any]
    limit: Limit


@dataclass(frozen=True, slots=True)
class Monitored:
    """A monitor per asset, and how to compute its statistic."""

    columns: tuple[str, ...]
    monitors: tuple[_Monitor, ...]
    statistic: Statistic
    recipe: str

    def predict(self, examples: Examples) -> Array:
        """A score per row, 1.0 = alarm limit; a held alarm counts as 1.0 or more."""
        x, out = numbers(examples, self.columns), np.empty(len(examples))
        named = {m.asset: m for m in self.monitors}
        for at in segments(examples.asset, np.ones(len(examples), np.bool_)):
            monitor = named.get(_name(examples, int(at[0])), self.monitors[-1])
            out[at] = monitor.limit.score(self.statistic(monitor.arrays, monitor.settings, x[at]))
        return out

    def parts(self) -> dict[str, bytes]:
        """`model.json` and `monitors.npz`."""
        said = [{"asset": m.asset, "settings": m.settings, "on": m.limit.on, "off": m.limit.off} for m in self.monitors]
        kept = {f"{i}.{name}": array for i, m in enumerate(self.monitors) for name, array in m.arrays.items()}
        facts_ = {"columns": self.columns, "monitors": said, "recipe": self.recipe}
        return {"model.json": fact_bytes(facts_), "monitors.npz": array_bytes(kept)}


def load_monitors(parts: Mapping[str, bytes], statistic: Statistic) -> Monitored:
    """The inverse of `Monitored.parts`."""
    said, kept = facts(parts, "model.json"), arrays(parts, "monitors.npz")
    made = []
    for i, m in enumerate(said["monitors"]):
        own = {name.partition(".")[2]: array for name, array in kept.items() if name.startswith(f"{i}.")}
        made.append(_Monitor(m["asset"], own, m["settings"], Limit(m["on"], m["off"])))
    return Monitored(tuple(said["columns"]), tuple(made), statistic, said["recipe"])


def fit_monitors(
    examples: Examples,
    learn: Callable[[NormalPart], tuple[Any, Limit]],
    pack: Callable[[Any], tuple[dict[str, Array], dict[str, Any]]],
    statistic: Statistic,
    recipe: str,
) -> Monitored:
    """Learn a monitor for each asset with enough normal rows of its own, and one from all normal rows for the rest.

    Raises:
        DataError: fewer than 40 rows are known to be normal, or no column holds numbers.
    """
    examples = counted(examples)
    columns = tuple(c for c in examples.features.columns if examples.features[c].dtype.is_numeric())
    normal = examples.normal if examples.normal is not None else examples.target == 0
    if not columns or int(normal.sum()) < _FEWEST:
        raise DataError(
            Text(
                f"{int(normal.sum())} rows are known to be normal, in {len(columns)} number columns",
                f"已知正常的行有 {int(normal.sum())} 行，数值列有 {len(columns)} 列",
            ),
            fix=Text(
                "declare at least 40 normal rows, by a label or by --normal-first",
                "用标签列或 --normal-first 声明至少 40 行正常数据",
            ),
        )
    x = numbers(examples, columns)
    pieces = [at for at in segments(examples.asset, normal) if len(at) >= _SHORTEST] or [np.flatnonzero(normal)]
    owners: dict[str | None, list[NDArray[np.int64]]] = {}
    for at in pieces:
        owners.setdefault(_name(examples, int(at[0])), []).append(at)
    made = []
    for asset, own in sorted(owners.items(), key=lambda item: str(item[0])):
        if asset is not None and len(owners) > 1 and sum(map(len, own)) >= max(_OWN * len(columns), _FEWEST):
            learnt, limit = learn(_part(x, own, examples.weight))
            made.append(_Monitor(asset, *pack(learnt), limit))
    learnt, limit = learn(_part(x, pieces, examples.weight))
    return Monitored(columns, (*made, _Monitor(None, *pack(learnt), limit)), statistic, recipe)


def _part(x: Array, pieces: Sequence[NDArray[np.int64]], weight: Array | None) -> NormalPart:
    return NormalPart([x[at] for at in pieces], None if weight is None else [weight[at] for at in pieces])


def _name(examples: Examples, row: int) -> str | None:
    return None if examples.asset is None else examples.assets[int(examples.asset[row])]
