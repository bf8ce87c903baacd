"""Public recordings with known truth: which of them a model was learnt on, and the runs that it never saw.

A set is known by its values, whatever its columns are called: Tennessee Eastman (Downs & Vogel, 1993; runs of Chiang,
Russell & Braatz, 2001), SKAB (Katser & Kozitsin, 2020), C-MAPSS FD001 (Saxena et al., 2008). They lie where
`DIAPASON_DATA` says; none goes along with the program.
"""

import gzip
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

__all__ = ["AT", "RUN", "TRUTH", "HeldOut", "Recording", "folder", "recognised"]

RUN, AT, TRUTH = "_run", "_at", "_truth"
_LOOK = 50
"""Rows of a recording by whose values its columns are found again."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Recording:
    """One run of a set."""

    name: str
    rows: Array  # (n, columns)
    at: Array  # (n,), s or cycles
    truth: Array | None  # (n,): abnormal 1, normal 0, or what is left of its life; None = it is only learnt from


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What of a set a model never saw, with the names that its own dataset uses."""

    title: str
    frame: pl.DataFrame  # the inputs, RUN, AT, TRUTH
    runs: int


def folder() -> Path | None:
    """Where public sets lie, None where nobody has said."""
    said = os.environ.get("DIAPASON_DATA")
    return Path(said) if said and Path(said).is_dir() else None


def recognised(learnt: pl.DataFrame, place: Path) -> HeldOut | None:
    """The runs of a public set that a model has not seen, where it was learnt on others of the same set.

    Args:
        learnt: the inputs that it was learnt on, numbers only; every one must be a column of the set.
    """
    table = {c: learnt[c].cast(pl.Float64).fill_null(np.nan).to_numpy() for c in learnt.columns}
    for title, (home, read) in _SETS.items():
        if not (place / home).is_dir():
            continue
        recordings = list(read(place / home))
        names = next((n for r in recordings if (n := _columns(table, r.rows))), None)
        if names is None:
            continue
        fresh = [r for r in recordings if r.truth is not None and not _seen(table, names, r.rows)]
        return HeldOut(title, _frame(names, fresh), len(fresh)) if fresh else None
    return None


def _columns(table: Mapping[str, Array], rows: Array) -> dict[str, int] | None:
    """Column of the recording for each input, None unless every one is there."""
    found: dict[str, int] = {}
    heads = rows[:_LOOK]
    for name, values in table.items():
        there = np.unique(values)
        free = (i for i in range(rows.shape[1]) if i not in found.values())
        place = next((i for i in free if np.isin(heads[:, i], there).all()), None)
        if place is None:
            return None
        found[name] = place
    return found or None


def _seen(table: Mapping[str, Array], names: Mapping[str, int], rows: Array) -> bool:
    """Whether any row of a recording was learnt from."""
    own = pl.DataFrame({n: rows[:, i] for n, i in names.items()})
    return own.join(pl.DataFrame(dict(table)), on=list(names), how="semi").height > 0


def _frame(names: Mapping[str, int], recordings: Sequence[Recording]) -> pl.DataFrame:
    parts = []
    for r in recordings:
        inputs = {n: r.rows[:, i] for n, i in names.items()}
        parts.append(pl.DataFrame({**inputs, RUN: [r.name] * len(r.rows), AT: r.at, TRUTH: r.truth}))
    return pl.concat(parts)


def _text(path: Path) -> Array:
    with gzip.open(path) as file:
        rows: Array = np.loadtxt(file)
    return rows


def _tennessee(place: Path) -> Iterator[Recording]:
    """Runs of 3 minutes a row; a fault of a test run begins in its row 161."""
    for path in sorted(place.glob("*.dat.gz")):
        rows = _text(path)
        rows = rows.T if rows.shape[0] == 52 else rows
        name, at = path.name.split(".")[0], np.arange(len(rows), dtype=np.float64) * 180.0
        begin = len(rows) if name.startswith("d00") else 160
        truth = (np.arange(len(rows)) >= begin).astype(float) if name.endswith("_te") else None
        yield Recording(name, rows, at, truth)


def _skab(place: Path) -> Iterator[Recording]:
    """Recordings of a second a row, those without anomalies only to be learnt from."""
    for path in sorted(place.glob("*/*.csv.gz")):
        frame = pl.read_csv(path, separator=";")
        truth = frame["anomaly"].cast(pl.Float64).to_numpy() if "anomaly" in frame.columns else None
        inputs = frame.drop("datetime", "anomaly", "changepoint", strict=False)
        name = f"{path.parent.name}-{path.name.split('.')[0]}"
        yield Recording(name, inputs.cast(pl.Float64).to_numpy(), np.arange(frame.height, dtype=np.float64), truth)


def _turbofan(place: Path) -> Iterator[Recording]:
    """Engines; of those of the test file it is known how many cycles were left after their last row."""
    for file, left in (("train_FD001", None), ("test_FD001", _text(place / "RUL_FD001.txt.gz"))):
        rows = _text(place / f"{file}.txt.gz")
        for k, unit in enumerate(np.unique(rows[:, 0])):
            own = rows[rows[:, 0] == unit]
            at = own[:, 1]
            yield Recording(f"{file}-{k + 1}", own[:, 2:], at, None if left is None else left[k] + at[-1] - at)


_SETS: Mapping[str, tuple[str, Callable[[Path], Iterator[Recording]]]] = {
    "Tennessee Eastman": ("tep", _tennessee),
    "SKAB": ("skab", _skab),
    "C-MAPSS FD001": ("cmapss-fd001", _turbofan),
}
