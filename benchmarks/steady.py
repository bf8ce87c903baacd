"""How often `scan --against` calls steady rows drifted: false alarms over comparisons in which nothing has changed.

The protocol, fixed before anything was measured:

- A comparison is a plant of five columns that follows one law throughout: 30 days a minute apart are the reference, one to
  five days that begin up to 60 days later the new rows. It is false if any column is called drifted (bar: 1 %, the chance that
  the method promises for all columns together).
- No plant here is one of those on which thresholds were chosen (the tests' plant, seeds below 1000): laws, tags and seeds are
  others. Columns have memories of 2 minutes to a day and a half; besides bell-shaped ones there is a skewed one, a sawtooth
  of batches, one that jumps between two levels and one that is read in steps. A day has a cycle of two waves.
- Real: runs of the Tennessee Eastman process without a fault; one run is the reference, pieces of another the new rows.
- The interval is that of Clopper and Pearson, 95 %. The bar holds where all of it lies below, is missed where all of it lies above,
  and can't be told between (first runs: 7 of 400, 18 of 2,000). That drifts are found where they are is measured by
  `benchmarks.passing`; columns of which it can't be told whether they drifted are counted beside.

Run: python -m benchmarks.steady [--quick] [--json]; --quick: 1,000 comparisons instead of 2,000.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.signal import lfilter
from scipy.stats import beta

from benchmarks.frame import Result, main
from benchmarks.passing import scanned
from benchmarks.sets import tep_rows
from diapason.engines.scan import drifts

SEED = 20_261
BAR = 0.01
DAY = 1440
REFERENCE = 30
Array = NDArray[np.float64]
Rng = np.random.Generator


def comparison(seed: int) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, object]]:
    """Reference and new rows of one plant, and what is said of the columns."""
    rng = np.random.default_rng([SEED, seed])
    days, gap = int(rng.integers(1, 6)), int(rng.uniform(0, 60) * DAY)
    length = (REFERENCE + days) * DAY + gap
    names = ("bell", "skew", "batch", "level", "steps")
    columns = {name: LAWS[name](rng, length) + _cycle(rng, length) for name in names}
    columns["steps"] = np.round(columns["steps"] * 4) / 4
    begin = datetime(2031, 3, 1, tzinfo=UTC) + timedelta(minutes=int(rng.integers(DAY)))
    time = pl.datetime_range(begin, begin + timedelta(minutes=length - 1), "1m", eager=True)
    whole = pl.DataFrame({"at": time, **columns})
    new = whole[REFERENCE * DAY + gap :]
    return whole[: REFERENCE * DAY], new, {"time": "at"}


def _memory(rng: Rng, n: int, low: float = 2.0, high: float = 2160.0) -> Array:
    """Unit variance, correlated over a time drawn between two ends, in minutes."""
    keep = float(np.exp(-1 / np.exp(rng.uniform(np.log(low), np.log(high)))))
    start = rng.normal()
    told, _ = lfilter([1.0], [1.0, -keep], rng.normal(size=n) * np.sqrt(1 - keep**2), zi=[keep * start])
    return np.asarray(told)


def _bell(rng: Rng, n: int) -> Array:
    return _memory(rng, n) + 0.3 * rng.normal(size=n)


def _skew(rng: Rng, n: int) -> Array:
    return np.exp(0.8 * _memory(rng, n, high=600.0))


def _batch(rng: Rng, n: int) -> Array:
    """Batches of 40 to 400 minutes, each of which rises at a slope of its own."""
    lengths = rng.integers(40, 400, n // 40 + 2)
    number = np.repeat(np.arange(len(lengths)), lengths)[:n]
    place = np.arange(n) - np.repeat(np.cumsum(lengths) - lengths, lengths)[:n]
    slope = rng.normal(1.0, 0.2, len(lengths))
    return np.asarray(slope[number] * place / 120 + 0.1 * rng.normal(size=n))


def _level(rng: Rng, n: int) -> Array:
    """Jumps between two levels, each held for two hours on average."""
    jumps = rng.random(n) < 1 / 120
    return np.asarray(2.0 * (np.cumsum(jumps) % 2) + 0.2 * rng.normal(size=n))


LAWS = {"bell": _bell, "skew": _skew, "batch": _batch, "level": _level, "steps": _bell}


def _cycle(rng: Rng, n: int) -> Array:
    """A day of two waves, up to twice as high as the rest spreads."""
    day, (a, b) = 2 * np.pi * np.arange(n) / DAY, rng.uniform(0, 2 * np.pi, 2)
    return float(rng.uniform(0, 2)) * (np.sin(day + a) + 0.4 * np.sin(2 * day + b))


def tennessee() -> Iterator[tuple[pl.DataFrame, pl.DataFrame, dict[str, object]]]:
    """48 hours without a fault, against pieces of eight hours of another run; a row is three minutes."""
    first, other = tep_rows("d00_te"), tep_rows("d00")
    for begin in range(0, len(other) - 159, 160):
        yield _timed(first), _timed(other[begin : begin + 160]), {"time": "at"}


def _timed(values: Array) -> pl.DataFrame:
    made = pl.DataFrame({f"x{i:02}": column for i, column in enumerate(np.asarray(values, np.float64).T)})
    return made.with_columns(at=pl.int_range(made.height) * 3)


def verdicts(reference: pl.DataFrame, new: pl.DataFrame, said: dict[str, object]) -> dict[str, str]:
    """What is said of each column."""
    return {d.column: d.verdict for d in drifts(scanned(reference, said), scanned(new, said))}


def limits(false: int, of: int) -> tuple[float, float]:
    """Clopper and Pearson, 95 %."""
    low = float(beta.ppf(0.025, false, of - false + 1)) if false else 0.0
    return low, float(beta.ppf(0.975, false + 1, of - false)) if false < of else 1.0


def figures(name: str, what: str, found: list[dict[str, str]], *, bar: bool) -> list[Result]:
    """False comparisons with their interval, and of how many columns it can't be told."""
    false = sum("drifted" in told.values() for told in found)
    low, high = limits(false, len(found))
    share, counts = false / len(found), Counter(v for told in found for v in told.values())
    which = Counter(c for told in found for c, v in told.items() if v == "drifted")
    named = ", ".join(f"{c} {n}" for c, n in which.most_common(5)) or "none"
    said = (
        f"{what}: {false} of {len(found)} steady comparisons called drifted ({low:.2%} … {high:.2%}); columns: {named}"
    )
    unsure = counts["unsure"] / max(sum(counts.values()), 1)
    holds = True if high <= BAR else False if low > BAR else None
    upper = f"{what}: upper limit of that share, 95 %"
    return [
        Result(f"steady.{name}.upper", upper, high, "", "1", None),
        Result(f"steady.{name}.false", said, share, f"<= {BAR}" if bar else "", "1", holds if bar else None),
        Result(f"steady.{name}.unsure", f"{what}: columns of which it can't be told", unsure, "", "1", None),
    ]


def measure(quick: bool) -> list[Result]:
    """Generated plants, then real runs."""
    count = 1000 if quick else 2000
    made = [verdicts(*comparison(1000 + i)) for i in range(count)]
    real = [verdicts(*pair) for pair in tennessee()]
    return [
        *figures("made", "generated plants of five columns", made, bar=True),
        *figures("tep", "Tennessee Eastman without a fault, 52 columns", real, bar=False),
    ]


if __name__ == "__main__":
    main("steady", measure, seeds=(SEED,))
