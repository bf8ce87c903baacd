"""What is known of one column of numbers after some rows: small, kept as plain memory, merged in any order."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diapason.engines.scan import _kernel

__all__ = ["BEFORE", "CAP", "NOWHERE", "REGISTERS", "WINDOW", "Column", "Quantile"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

CAP, SLOTS, REGISTERS, SIZES, LENGTHS, KEPT = 4096, 8192, 4096, 512, 48, 32
"""As in the kernel: ranges of values told apart, and so on."""
BEFORE = 64
"""Octave at which the sizes of leaps begin, below one; four bins to an octave."""

_SPIKE = np.dtype([("size", "f8"), ("value", "f8"), ("around", "f8"), ("row", "i8"), ("track", "i8")])
_RUN = np.dtype([("length", "i8"), ("value", "f8"), ("row", "i8"), ("track", "i8")])
_ENTRY = np.dtype([("key", "u8"), ("count", "i8")])
_COUNTS = (
    "rows",
    "missing",
    "infinite",
    "below",
    "above",
    "known",
    "zeros",
    "repeats",
    "extremes",
    "at_low",
    "at_high",
)
_REALS = ("low", "high", "mean", "m2", "m3", "m4", "allowed_low", "allowed_high")
_COLUMN = np.dtype(
    [(name, "i8") for name in _COUNTS]
    + [(name, "f8") for name in _REALS]
    + [(name, "i8") for name in ("level", "used", "spikes", "runs")]
    + [("table", _ENTRY, SLOTS), ("registers", "u1", REGISTERS)]
    + [("sizes", "i8", SIZES), ("lengths", "i8", LENGTHS), ("spike", _SPIKE, KEPT), ("run", _RUN, KEPT)]
)
_TRACK = np.dtype(
    [("known", "i8"), ("first", "f8", 2), ("last", "f8", 2), ("first_row", "i8", 2), ("last_row", "i8", 2)]
    + [(name, "i8") for name in ("lead", "trail", "lead_row", "trail_row")]
)
WINDOW = np.dtype([("n", "i8"), ("mean", "f8"), ("m2", "f8"), ("low", "f8"), ("high", "f8")])
"""Count, mean, sum of squares about it, smallest and largest value of a window or slot."""
NOWHERE = np.zeros(0, WINDOW)
_STORED, _FOLLOWING = np.zeros(0, np.int32), np.zeros(0, np.int64)

_FORM = 4  # of the kernel's functions
if _COLUMN.itemsize != _kernel.COLUMN or getattr(_kernel, "FORM", 1) != _FORM:
    raise ImportError("the compiled kernel is of another version: install diapason again")


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile, and how far off it may be; both in the column's unit."""

    value: float
    error: float


@dataclass(slots=True)
class Column:
    """One column of numbers. States of parts of a table are merged into that of the whole.

    Exact: counts, extremes, moments (to rounding), runs, repeats, longest runs, largest spikes. The histogram is exact
    while there are at most 4,096 different values; then each value forgets as few of its last bits as it must for its
    ranges to be no more than that, so that the result depends on the values alone, not on their order. Sources:
    moments, Pébay, Sandia report SAND2008-6212; distinct values above 4,096, Flajolet et al., HyperLogLog, AofA 2007.
    """

    state: NDArray[np.void]  # one record
    tracks: NDArray[np.void]  # (assets,)
    windows: NDArray[np.void]  # (assets, windows)
    slots: NDArray[np.void]  # (slots,)

    @classmethod
    def new(
        cls, tracks: int = 1, windows: int = 0, slots: int = 0, allowed: tuple[float, float] | None = None
    ) -> "Column":
        """Before any row."""
        state = np.zeros(1, _COLUMN)
        state["allowed_low"], state["allowed_high"] = allowed or (-np.inf, np.inf)
        return cls(state, np.zeros(tracks, _TRACK), np.zeros((tracks, windows), WINDOW), np.zeros(slots, WINDOW))

    def update(
        self, values: Array, rows: int | Index, stretches: Index, order: NDArray[np.int32] | None = None
    ) -> None:
        """Take in a batch.

        Args:
            values: shape (n,), contiguous; nan = missing.
            rows: the first of their `_row` numbers, or, in the order given, all of them, shape (n,).
            stretches: shape (s, 5): begin, end, asset, window (-1 = none), slot (-1 = none); each a piece of `order`.
            order: shape (n,), positions in the order in which stretches lie; None = as given.
        """
        at = _STORED if order is None else order
        numbers, first = (_FOLLOWING, rows) if isinstance(rows, int) else (rows, 0)
        kept = len(self.windows)
        if not kept or len(self.tracks) == kept:
            _kernel.update(self.state, self.tracks, self.windows, self.slots, values, at, numbers, first, stretches)
            return
        # the kernel takes it that every asset it is given has windows; those beyond the kept ones have none
        followed = stretches[:, 2] < kept
        for mine, tracks, windows in ((followed, self.tracks[:kept], self.windows), (~followed, self.tracks, NOWHERE)):
            some = np.ascontiguousarray(stretches[mine])
            _kernel.update(self.state, tracks, windows, self.slots, values, at, numbers, first, some)

    def merge(self, after: "Column") -> None:
        """Take in the state of the rows that follow; both know of as many assets."""
        _kernel.merge(self.state, after.state, self.tracks, after.tracks)
        self.windows, self.slots = _added(self.windows, after.windows), _added(self.slots, after.slots)

    def copy(self) -> "Column":
        """One that may be changed."""
        return Column(self.state.copy(), self.tracks.copy(), self.windows.copy(), self.slots.copy())

    def room(self, tracks: int, followed: int) -> None:
        """Make room for as many assets; windows for the first `followed` of them."""
        if tracks <= len(self.tracks) and min(tracks, followed) <= len(self.windows):
            return
        if tracks > len(self.tracks):
            self.tracks = np.concatenate([self.tracks, np.zeros(tracks - len(self.tracks), _TRACK)])
        kept = min(tracks, followed)
        if kept > len(self.windows) and self.windows.shape[1]:
            more = np.zeros((kept - len(self.windows), self.windows.shape[1]), WINDOW)
            self.windows = np.concatenate([self.windows, more])

    def recode(self, at: Index, tracks: int, followed: int) -> None:
        """Put what is known of each asset at its code in another table."""
        n = min(len(at), len(self.tracks))
        if n:
            told, windows = np.zeros(tracks, _TRACK), np.zeros((min(tracks, followed), self.windows.shape[1]), WINDOW)
            told[at[:n]] = self.tracks[:n]
            kept = np.flatnonzero(at[: min(n, len(self.windows))] < followed)
            windows[at[kept]] = self.windows[kept]
            self.tracks, self.windows = told, windows
            for kind in ("spike", "run"):
                self.state[kind]["track"][0] = at[self.state[kind]["track"][0].clip(0, len(at) - 1)]
        self.room(tracks, followed)

    def __getitem__(self, name: str) -> float:
        """A count, extreme or moment by its name in the state."""
        return self.state[name][0].item()  # type: ignore[no-any-return]

    def ranges(self) -> tuple[Array, Array, Index]:
        """The histogram: lower and upper end of each range that holds a value, and how many; in the order of values."""
        keys, counts = self.state["table"]["key"][0], self.state["table"]["count"][0]
        at = np.flatnonzero(keys)
        at = at[np.argsort(keys[at])]
        level = np.uint64(self["level"])
        low = (keys[at] - np.uint64(1)) << level
        high = low + ((np.uint64(1) << level) - np.uint64(1))
        return _real(low), _real(high), counts[at].astype(np.int64)

    def quantiles(self, shares: Array) -> list[Quantile]:
        """Values below which given shares of the known ones lie: the middle of the range, and half its width."""
        low, high, counts = self.ranges()
        if not counts.size:
            return [Quantile(np.nan, np.nan) for _ in shares]
        ends = np.cumsum(counts)
        at = np.searchsorted(ends, np.ceil(np.asarray(shares) * ends[-1]).clip(1), side="left")
        low, high = low.clip(self["low"], self["high"]), high.clip(self["low"], self["high"])
        return [Quantile(float(low[i] / 2 + high[i] / 2), float(high[i] / 2 - low[i] / 2)) for i in at]

    def distinct(self) -> tuple[float, float]:
        """How many different values there are, and the standard error of that; 0 where they were counted."""
        if self["level"] == 0:
            return float(self["used"]), 0.0
        registers = self.state["registers"][0].astype(np.float64)
        m = len(registers)
        raw = 0.7213 / (1 + 1.079 / m) * m * m / np.exp2(-registers).sum()
        empty = int((registers == 0).sum())
        told = m * np.log(m / empty) if raw <= 2.5 * m and empty else raw
        return float(told), float(1.04 / np.sqrt(m) * told)

    def lengths(self) -> Index:
        """Runs of equal values by the octave of their length, those at the ends of each asset included."""
        out: Index = self.state["lengths"][0].copy()
        np.add.at(out, np.frexp(self._ends()["length"].astype(np.float64))[1] - 1, 1)
        return out

    def longest(self) -> NDArray[np.void]:
        """The longest runs of two and more, longest first."""
        kept = self.state["run"][0][: int(self["runs"])]
        both = np.concatenate([kept, self._ends()])
        both = both[both["length"] > 1]
        return both[np.lexsort((both["row"], -both["length"]))][:KEPT]

    def spikes(self) -> NDArray[np.void]:
        """The largest leaps there and back again, largest first."""
        return np.array(self.state["spike"][0][: int(self["spikes"])])

    def _ends(self) -> NDArray[np.void]:
        """The first run of each asset, where it is over, and the newest."""
        asset = np.flatnonzero(self.tracks["known"])
        over = asset[self.tracks["trail"][asset] < self.tracks["known"][asset]]
        first, newest = np.zeros(len(over), _RUN), np.zeros(len(asset), _RUN)
        for made, at, (length, row), end in (
            (first, over, ("lead", "first_row"), ("first", 0)),
            (newest, asset, ("trail", "trail_row"), ("last", 1)),
        ):
            of = self.tracks[at]
            made["length"], made["value"], made["track"] = of[length], of[end[0]][:, end[1]], at
            made["row"] = of[row][:, 0] if row == "first_row" else of[row]
        return np.concatenate([first, newest])


def _real(keys: NDArray[np.uint64]) -> Array:
    """The numbers of which these are the ordered bits."""
    top = np.uint64(1) << np.uint64(63)
    return np.asarray(np.where(keys & top, keys ^ top, ~keys).view(np.float64))


def _added(a: NDArray[np.void], b: NDArray[np.void]) -> NDArray[np.void]:
    """Windows of two parts, place by place."""
    out = np.where(a["n"] > 0, a, b)
    both = (a["n"] > 0) & (b["n"] > 0)
    if both.any():
        x, y = a[both], b[both]
        n, apart = x["n"] + y["n"], y["mean"] - x["mean"]
        told = np.zeros(len(x), WINDOW)
        told["n"], told["mean"] = n, x["mean"] + apart * y["n"] / n
        told["m2"] = x["m2"] + y["m2"] + np.square(apart) * x["n"] * y["n"] / n
        told["low"], told["high"] = np.minimum(x["low"], y["low"]), np.maximum(x["high"], y["high"])
        out[both] = told
    return out
