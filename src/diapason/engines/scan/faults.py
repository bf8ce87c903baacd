"""What is wrong with a table, told by the state of one pass over it."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from diapason.engines.scan.column import BEFORE, Column
from diapason.engines.scan.relations import columns
from diapason.engines.scan.sampled import regimes
from diapason.engines.scan.shifts import unit_shifts
from diapason.engines.scan.table import Scan, said
from diapason.vocabulary.findings import Finding, Where

__all__ = ["faults", "usual_leap"]

Array = NDArray[np.float64]

_ALPHA = 1e-2
"""Leaps or runs so large are expected in a whole column fewer times than this where nothing is wrong."""
_HEAD = 1.5
"""How far beyond that expectation the smallest of them must lie."""
_FEW = 200
"""Leaps from which on their sizes are told."""
_TAIL = (0.95, 0.995)
"""Quantiles of the leaps that tell how far they naturally reach."""
_MOST, _OUT = 0.02, 0.01
"""Share of leaps, and of all readings where leaps are rare, above which they belong to the process."""
_APART, _GRID = 2, 4
"""Bins of sizes, each a quarter octave, and smallest leaps of the column, that lie between the usual and a spike."""
_HILL = 5
"""Leaps in one bin behind an empty one that make a hill of their own."""
_LEAST, _RESTS = 16, 3
"""Rows of a run that is reported at least; runs of one value from which on it is a resting state."""
_HELD = 0.9
"""Share of repeats above which a column is set, not measured."""
_PILED, _MANY, _SHARE = 3.0, 20, 0.002
"""Times more often the end value is met than those beside it, how often at least, and in which share of cells."""
_BOUND = 0.2
"""Share of cells above which the end value is a bound of the process, not of its sensor."""
_NEAR = 0.998
_GAP = 3.0
_JITTER = 0.1


def faults(scan: Scan) -> tuple[Finding, ...]:
    """Findings, those to act on first; each column by itself, the clock as one."""
    found, resting = list(_clock(scan)), _at_rest(scan)
    apart = {scan.shape.offset(clock): clock for clock in scan.shape.clocks}
    for name, column in scan.columns.items():
        if name in apart:
            found += _offset(apart[name], column, scan)
            continue
        found += _cells(name, column)
        found += _values(name, column, scan, resting.get(name))
        found += unit_shifts(name, column, scan)
    for name, words in scan.words.items():
        if words.missing:
            found.append(_missing(name, words.missing, words.known + words.missing))
    found += _rows(scan)
    weight = {"act": 0, "look": 1, "know": 2}
    return tuple(sorted(found, key=lambda f: (weight[f.harm], -f.where.count, f.kind, f.where.columns)))


def _rows(scan: Scan) -> Iterator[Finding]:
    """Keys met twice or not whole, relations between columns that do not hold."""
    if scan.shape.key:
        keys = scan.told_of_keys()
        twice = keys["repeated"]
        if twice["low"] >= 1:
            rows = tuple(sorted({row for pair in keys["examples"] for row in pair}))
            ends = f" ({twice['low']:,.0f} – {twice['high']:,.0f})"
            facts: dict[str, float | str] = {"doubt": ends if keys["how"] == "sampled" else ""}
            yield Finding(
                "key_repeated", Where(scan.shape.key, rows, round(twice["value"]), scan.rows), 1.0, "act", facts
            )
        if keys["missing"]:
            yield Finding("key_missing", Where(scan.shape.key, (), keys["missing"], scan.rows), 1.0, "act")
    for relation, told in scan.relations.items():
        if told.broken:
            where = Where(columns(relation), told.rows, told.broken, told.held + told.broken)
            yield Finding("relation_broken", where, 1.0, "act", {"relation": relation})


def _cells(name: str, column: Column) -> Iterator[Finding]:
    rows = int(column["rows"])
    if column["missing"]:
        yield _missing(name, int(column["missing"]), rows)
    if column["infinite"]:
        yield Finding("not_finite", Where((name,), (), int(column["infinite"]), rows), 1.0, "act")
    out = int(column["below"] + column["above"])
    if out:
        low, high = column["allowed_low"], column["allowed_high"]
        worst = column["high"] if column["above"] else column["low"]
        yield Finding("range", Where((name,), (), out, rows), 1.0, "act", {"low": low, "high": high, "worst": worst})


def _missing(name: str, count: int, of: int) -> Finding:
    harm = "act" if count > 0.2 * of else "look" if count > 0.01 * of else "know"
    return Finding("missing", Where((name,), (), count, of), 1.0, harm)


def _at_rest(scan: Scan) -> dict[str, tuple[float, bool]]:
    """Columns that rest together with others: the border of that state, and whether it lies below."""
    told = regimes(scan.sample.frames(), scan.shape)
    return {c["name"]: (c["border"], c["below"]) for regime in told for c in regime["columns"]}


def _values(name: str, column: Column, scan: Scan, rest: tuple[float, bool] | None) -> Iterator[Finding]:
    known = int(column["known"])
    if not known:
        return
    low, high, counts = column.ranges()
    top = int(counts.argmax())
    if column["low"] == column["high"]:
        yield Finding("constant", Where((name,), (), known, known), 1.0, "look", {"value": column["low"]})
        return
    if low[top] == high[top] and counts[top] >= _NEAR * known:
        facts: dict[str, float | str] = {"value": float(low[top]), "share": f"{counts[top] / known:.2%}"}
        yield Finding("near_constant", Where((name,), (), int(counts[top]), known), 1.0, "know", facts)
        return
    yield from _ends(name, column, low, high, counts)
    yield from (f for f in _still(name, column, scan) if rest is None or not _rests(f, *rest))
    yield from _leaps(name, column)


def _ends(name: str, column: Column, low: Array, high: Array, counts: NDArray[np.int64]) -> Iterator[Finding]:
    """Readings that pile up at the end of a range: far more than at the values beside it, which go on up to it."""
    known, distinct = column["known"], len(counts)
    if distinct < 20:
        return
    for value, met, beside, gap, reach in (
        (column["low"], column["at_low"], counts[1:6], low[1] - high[0], high[6] - low[1]),
        (column["high"], column["at_high"], counts[-6:-1], low[-1] - high[-2], high[-2] - low[-7]),
    ):
        if (
            max(_MANY, _SHARE * known) <= met <= _BOUND * known
            and met > _PILED * max(float(beside.max()), 1.0)
            and value != 0
            and gap <= reach  # a value apart from all others is a state of the process
        ):
            yield Finding("saturation", Where((name,), (), int(met), int(known)), 0.8, "look", {"value": value})


def _still(name: str, column: Column, scan: Scan) -> Iterator[Finding]:
    """Runs far longer than chance makes them, of a value that is no resting state."""
    known, repeats = column["known"], column["repeats"]
    share = repeats / max(known - 1, 1)
    if share > _HELD:
        return
    longest = column.longest()
    chance = np.log(max(known, 2) / _ALPHA) / -np.log(max(share, 1e-9)) if share > 0 else 1.0
    values, times = np.unique(longest["value"], return_counts=True)
    resting = set(values[times >= _RESTS].tolist()) | {column["low"], column["high"], 0.0}
    usual = _tail(_moving(column.lengths(), longest, resting), chance)
    for run in longest:
        if run["length"] < max(_LEAST, _HEAD * usual) or float(run["value"]) in resting:
            continue
        facts: dict[str, float | str] = {"value": float(run["value"]), "length": f"{int(run['length']):,}"}
        where = Where((name,), _span(column, run), int(run["length"]), int(known), asset=_asset(scan, run))
        yield Finding("stuck", where, 0.8, "act", facts)


def _span(column: Column, run: np.void) -> tuple[int, ...]:
    """First and last row of a run; the first alone where rows of other assets, or missing cells, lie between."""
    first, length, track = int(run["row"]), int(run["length"]), column.tracks[int(run["track"])]
    unbroken = int(track["last_row"][1] - track["first_row"][0]) + 1 == int(track["known"])
    return (first, first + length - 1) if unbroken else (first,)


def _rests(finding: Finding, border: float, below: bool) -> bool:
    """Whether a value is held while the process stands still: no sensor is stuck then."""
    value = float(finding.facts["value"])
    return value < border if below else value > border


def _moving(lengths: NDArray[np.int64], longest: NDArray[np.void], resting: set[float]) -> NDArray[np.int64]:
    """Lengths of runs by octave without those that rest: how long a process stands tells nothing of its sensor."""
    still = longest["length"][np.isin(longest["value"], list(resting))]
    left = lengths - np.bincount(np.log2(still.clip(1)).astype(np.int64), minlength=len(lengths))
    return np.asarray(left.clip(0), np.int64)


def _tail(lengths: NDArray[np.int64], chance: float) -> float:
    """The longest run to be expected: by chance, or where runs come in all lengths, as far as these reach."""
    met = np.flatnonzero(lengths >= _RESTS)
    return max(chance, 2.0 ** (int(met[-1]) + 1) if met.size else 1.0)


def _leaps(name: str, column: Column) -> Iterator[Finding]:
    """Single readings that jump out and back, beyond the tail of all such leaps (Weibull through its middle)."""
    sizes = column.state["sizes"][0].astype(np.float64)
    total = sizes.sum()
    spikes = column.spikes()
    if total < _FEW or not spikes.size:
        return
    known = int(column["known"])
    limit = _limit(sizes, known)
    out = spikes[spikes["size"] > limit]
    count = max(int(sizes[_bin(limit) + 1 :].sum()), len(out))
    if not len(out) or count > max(_MOST * total, _OUT * known):
        return
    rows = tuple(sorted(int(r) for r in out["row"]))
    worst = out[0]
    facts: dict[str, float | str] = {"value": float(worst["value"]), "expected": float(worst["around"])}
    yield Finding("spike", Where((name,), rows, count, known), 0.8, "act", facts)


def _limit(sizes: Array, known: int) -> float:
    """The size from which on a leap is a spike.

    Spikes that are many stretch the tail that is to tell them. So where leaps grow rare and then common again, those
    before the valley alone say how far leaps reach, and what lies behind it is a spike if they do not reach it.
    """
    limit, ends = _HEAD * _reach(sizes), np.cumsum(sizes)
    grid = _GRID * _edge(int(np.flatnonzero(sizes)[0]))
    for valley, behind in _valleys(sizes):
        if ends[-1] - ends[valley] > max(_MOST * ends[-1], _OUT * known) or _edge(behind) - _edge(valley) < grid:
            continue  # too many, or a step of the grid on which the column is written
        before = np.arange(len(sizes)) <= valley
        reach, hill = _reach(np.where(before, sizes, 0.0)), sizes[behind:].max() >= _HILL
        if reach <= (_size(np.where(before, 0.0, sizes), 0.5) if hill else _edge(behind)):
            return min(limit, max(_edge(valley + 1), reach) * (1 - 1e-9))
    return limit


def _valleys(sizes: Array) -> Iterator[tuple[int, int]]:
    """Last bin before, and first bin behind, each stretch into which far fewer leaps fall than behind it."""
    last = int(np.flatnonzero(sizes)[-1])
    later = np.maximum.accumulate(sizes[::-1])[::-1]
    low = (sizes[:last] * _HILL <= later[1 : last + 1]) & (later[1 : last + 1] >= _HILL) | (sizes[:last] == 0)
    ends = np.flatnonzero(low & ~np.append(low[1:], False))
    first = int(np.flatnonzero(sizes)[0])
    for end in ends[ends > first]:
        begin = int(end) - int(np.argmin(np.append(low[: end + 1][::-1], False)))
        if begin > first and (end - begin >= _APART or later[end + 1] >= _HILL):
            yield begin, int(end) + 1


def _edge(at: int) -> float:
    """Where a bin of sizes begins."""
    return float(2.0 ** (at / 4 - BEFORE))


def _reach(sizes: Array) -> float:
    """The size that fewer leaps than `_ALPHA` reach, by a Weibull tail through two high quantiles."""
    near, far = (_size(sizes, share) for share in _TAIL)
    logs = [np.log(1 / (1 - share)) for share in _TAIL]
    shape = float(np.clip(np.log(logs[1] / logs[0]) / np.log(max(far / near, 1.01)), 0.25, 2.0))
    return float(far * (np.log(sizes.sum() / _ALPHA) / logs[1]) ** (1 / shape))


def _size(sizes: Array, share: float) -> float:
    """A quantile of the sizes of leaps, within its bin in proportion."""
    ends = np.cumsum(sizes)
    wanted = share * ends[-1]
    at = int(np.searchsorted(ends, wanted))
    inside = (wanted - (ends[at] - sizes[at])) / max(sizes[at], 1.0)
    return float(2.0 ** ((at + inside) / 4 - BEFORE))


def usual_leap(column: Column) -> float:
    """The middle size of leaps there and back; 0 where there are too few."""
    sizes = column.state["sizes"][0].astype(np.float64)
    return _size(sizes, 0.5) if sizes.sum() >= _FEW else 0.0


def _bin(size: float) -> int:
    return int(np.clip(np.floor(4 * (np.log2(max(size, 2.0**-60)) + BEFORE)), 0, 510))


def _clock(scan: Scan) -> Iterator[Finding]:
    """Gaps, repeated and backward times, unsteady steps."""
    clock, shape = scan.clock, scan.shape
    steps, total = clock.steps, scan.rows
    where = (shape.time,)
    if clock.unknown:
        yield Finding("clock_missing", Where(where, (), clock.unknown, total), 1.0, "act")
    known = int(steps["known"])
    if known < 2:
        return
    if steps["below"]:
        facts = {"largest": f"{-steps['low'] / shape.parts:.6g}"}
        yield Finding("clock_backwards", Where(where, (), int(steps["below"]), total), 1.0, "act", facts)
    if steps["zeros"]:
        yield Finding("clock_repeated", Where(where, (), int(steps["zeros"]), total), 1.0, "look")
    usual = steps.quantiles(np.array([0.5]))[0].value
    if usual <= 0:
        return
    yield from _gaps(scan, usual)
    low, high, counts = steps.ranges()
    off = (high < (1 - _JITTER) * usual) | (low > (1 + _JITTER) * usual)
    unsteady = int(counts[off].sum())
    if unsteady > _JITTER * known:
        facts = {"step": f"{usual / shape.parts:.6g}"}
        yield Finding("clock_unsteady", Where(where, (), unsteady, total), 0.9, "know", facts)


def _offset(clock: str, column: Column, scan: Scan) -> Iterator[Finding]:
    """How far another clock lies from the time: always as far, or not."""
    known = int(column["known"])
    if not known or column["low"] == column["high"] == 0:
        return
    middle = column.quantiles(np.array([0.01, 0.5, 0.99]))
    low, usual, high = (q.value for q in middle)
    step = scan.clock.steps.quantiles(np.array([0.5]))[0].value / 1e6
    wanders = high - low > max(abs(step), 1.0)
    zone = usual % 900 == 0 and usual != 0
    harm = "act" if wanders else "look" if zone or abs(usual) > max(abs(step), 1.0) else "know"
    facts: dict[str, float | str] = {"usual": usual, "low": float(column["low"]), "high": float(column["high"])}
    where = Where((clock, scan.shape.time), (), known, scan.rows)
    yield Finding("clock_wanders" if wanders else "clock_offset", where, 0.9, harm, facts)


def _gaps(scan: Scan, usual: float) -> Iterator[Finding]:
    low, _, counts = scan.clock.steps.ranges()
    wide = low > _GAP * usual
    count = int(counts[wide].sum())
    if not count:
        return
    lost = float((counts[wide] * (low[wide] / usual - 1)).sum())
    longest = scan.clock.longest
    longest = longest[longest["step"] > _GAP * usual]
    harm = "look" if lost > 0.01 * scan.rows else "know"
    facts = {"largest": f"{longest['step'][0] / scan.shape.parts:.6g}", "lost": f"{lost:,.0f}"}
    rows = tuple(sorted(int(r) for r in longest["row"]))
    first = longest[0]
    window = (said(scan, int(first["before"])), said(scan, int(first["before"] + first["step"])))
    yield Finding("clock_gap", Where((scan.shape.time,), rows, count, scan.rows, window), 0.9, harm, facts)


def _asset(scan: Scan, run: np.void) -> str:
    names = list(scan.assets.numbers)
    return names[int(run["track"])] if names else ""
