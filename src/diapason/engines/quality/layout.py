"""What each column of a table is looked at as, and batches of it as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.vocabulary.tables import ROW, Contract, Role

__all__ = ["AT", "EXPECTED", "Floats", "Layout", "Longs", "Rows", "segments", "spread_bits"]

AT, EXPECTED = "\x00at", "\x00expected"
"""Names of columns made on the way; no file has columns of that name."""
Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
Keys = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of one table by what they are looked at as, fixed at its first batch."""

    numbers: tuple[str, ...]
    words: tuple[str, ...]
    parsed: tuple[str, ...] = ()  # among the numbers, those stored as text
    flags: tuple[str, ...] = ()  # among the numbers, those declared two-valued
    counters: tuple[str, ...] = ()  # columns that only number the rows
    labels: tuple[str, ...] = ()  # text columns that only name the rows
    time: str | None = None
    asset: str | None = None
    target: str | None = None
    aside: tuple[str, ...] = ()  # looked at for missing cells only
    units: tuple[str, ...] = ()  # of the numbers, "" where not known
    limits: tuple[tuple[float | None, float | None], ...] = ()  # of the numbers, from the contract
    roles: dict[str, Role] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, frame: pl.DataFrame, contract: Contract) -> "Layout":
        """Decide from the contract, and from the data where the contract is silent."""
        known = {c.name: c for c in contract.columns}
        names = [c for c in frame.columns if c != ROW]
        roles = {c: known[c].role if c in known else Role.FEATURE for c in names}
        kinds = {c: _kind(frame[c], known[c].kind if c in known else "") for c in names}
        first = {r: next((c for c in names if roles[c] is r), None) for r in (Role.TIME, Role.ASSET, Role.TARGET)}
        keyed = {first[Role.TIME], first[Role.ASSET]}
        seen = [c for c in names if c not in keyed]
        numbers = tuple(c for c in seen if kinds[c] in ("number", "flag"))
        told = [known.get(c) for c in numbers]
        return cls(
            numbers=numbers,
            words=tuple(c for c in seen if kinds[c] in ("category", "text")),
            parsed=tuple(c for c in numbers if frame.schema[c] == pl.String),
            flags=tuple(c for c in numbers if kinds[c] == "flag"),
            counters=tuple(c for c in seen if _counts(frame[c])),
            labels=tuple(c for c in seen if _labels(frame[c])),
            time=first[Role.TIME],
            asset=first[Role.ASSET],
            target=first[Role.TARGET],
            aside=tuple(c for c in names if kinds[c] == "other"),
            units=tuple(c.unit if c else "" for c in told),
            limits=tuple((c.low, c.high) if c else (None, None) for c in told),
            roles=roles,
            kinds=kinds,
        )


def _kind(column: pl.Series, told: str) -> str:
    """How a column can be looked at: told by the contract if its storage allows it."""
    stored = column.dtype
    if stored == pl.Boolean:
        return "flag"
    if stored.is_numeric():
        return told if told in ("number", "flag", "category", "text") else "number"
    if stored.is_temporal():
        return "time"
    if stored in (pl.String, pl.Categorical, pl.Enum):
        if told == "number" or (not told and _parses(column)):
            return "number" if _parses(column) else "category"
        return told if told in ("category", "text") else "category"
    return "other"


def _parses(column: pl.Series) -> bool:
    """Whether most of a text column reads as numbers."""
    text = column.cast(pl.String).drop_nulls().head(10_000)
    return len(text) > 0 and int(text.cast(pl.Float64, strict=False).is_not_null().sum()) > 0.8 * len(text)


def _counts(column: pl.Series) -> bool:
    """Whether a column only numbers its rows: whole numbers, one more each time."""
    if not column.dtype.is_integer() or len(column) < 3 or column.null_count():
        return False
    return float((column.diff().drop_nulls() == 1).mean() or 0) > 0.9  # type: ignore[arg-type]


def _labels(column: pl.Series) -> bool:
    """Whether a text column gives each row a name of its own."""
    return column.dtype == pl.String and len(column) >= 50 and column.n_unique() == len(column)


@dataclass(frozen=True, slots=True)
class Rows:
    """A batch as arrays, each asset's rows together and in their stored order."""

    row: Longs  # (n,) values of `_row`
    asset: Keys  # (n,) digest of the asset, 0 without one
    time: Floats | None  # (n,) seconds or counts
    X: Floats  # (k, n) the numbers, nan = missing
    words: pl.DataFrame  # (n, w) strings
    frame: pl.DataFrame  # the batch itself, in the same order
    names: dict[int, str]  # digest of each asset met, and its name

    @classmethod
    def of(cls, frame: pl.DataFrame, layout: Layout) -> "Rows":
        """Cut a batch into arrays; the batch must have `_row`."""
        asset = _keys(frame, layout.asset)
        if len(segments(asset)[0]) != len(np.unique(asset)):
            order = np.argsort(asset, kind="stable")
            frame, asset = frame[order], asset[order]
        starts = segments(asset)[0]
        named = {} if layout.asset is None else {int(asset[i]): str(frame[layout.asset][int(i)]) for i in starts}
        return cls(
            row=frame[ROW].to_numpy().astype(np.int64),
            asset=asset,
            time=_seconds(frame, layout.time),
            X=_matrix(frame, layout.numbers),
            words=frame.select(pl.col(c).cast(pl.String) for c in layout.words),
            frame=frame,
            names=named,
        )

    def __len__(self) -> int:
        return len(self.row)


def _keys(frame: pl.DataFrame, asset: str | None) -> Keys:
    if asset is None:
        return np.zeros(frame.height, dtype=np.uint64)
    return frame[asset].hash(seed=7).to_numpy().astype(np.uint64)


def _matrix(frame: pl.DataFrame, numbers: Sequence[str]) -> Floats:
    """The numbers as (k, n) floats; infinities count as missing here, the census counts them apart."""
    if not numbers:
        return np.empty((0, frame.height))
    text = [frame.schema[c] == pl.String for c in numbers]
    read = (pl.col(c).str.strip_chars() if t else pl.col(c) for c, t in zip(numbers, text, strict=True))
    stored = frame.select(c.cast(pl.Float64, strict=False) for c in read)
    X = np.ascontiguousarray(stored.to_numpy(order="fortran").T)
    if not np.isfinite(X.sum()):
        X = np.where(np.isinf(X), np.nan, X)
    return X


def _seconds(frame: pl.DataFrame, time: str | None) -> Floats | None:
    """Time as float seconds since 1970, or as the count it is; None without a usable time."""
    if time is None:
        return None
    column = frame[time]
    if column.dtype == pl.String:
        column = _dated(column)
    if column.dtype == pl.Date:
        column = column.cast(pl.Datetime("us"))
    if column.dtype == pl.Time or isinstance(column.dtype, pl.Duration):
        return column.cast(pl.Int64).cast(pl.Float64).to_numpy()
    if isinstance(column.dtype, pl.Datetime):
        return (column.dt.timestamp("us").cast(pl.Float64) / 1e6).to_numpy()
    return column.cast(pl.Float64, strict=False).to_numpy()


def _dated(column: pl.Series) -> pl.Series:
    """Texts as the times they are, in the one format that polars finds in the first of them; else nothing."""
    try:
        return column.str.to_datetime(strict=False)
    except pl.exceptions.ComputeError:
        return pl.Series(column.name, [None] * len(column), dtype=pl.Float64)


def segments(asset: Keys) -> tuple[Longs, Longs]:
    """First position and length of each stretch of one asset."""
    if not asset.size:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    starts = np.concatenate(([0], np.flatnonzero(asset[1:] != asset[:-1]) + 1))
    return starts, np.diff(np.concatenate((starts, [asset.size])))


def spread_bits(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Mix whole numbers into even 64-bit digests, the same everywhere (splitmix64).

    >>> int(spread_bits(np.array([1], dtype=np.uint64))[0])
    10451216379200822465
    """
    with np.errstate(over="ignore"):
        z = keys + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))
