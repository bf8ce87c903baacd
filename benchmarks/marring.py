"""Clean tables marred by one kind of fault, with the truth of every cell: what `benchmarks.passing` plants.

Strengths, and which of them is moderate, were fixed before anything was measured. Thresholds of the engine were set on
the generated tables alone; the real ones are only checked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import polars as pl
from scipy.signal import lfilter

from benchmarks import planting
from benchmarks.planting import Table
from diapason.engines.plant import Settings, simulate
from diapason.vocabulary.conversions import CHANGES
from diapason.vocabulary.tables import ROW, Role

__all__ = ["KINDS", "Case", "Kind", "course", "made_tables", "mar", "real_tables", "roles"]

Rng = np.random.Generator
DAY = 24 * 60


@dataclass(frozen=True)
class Case:
    """A table with one kind of fault in it."""

    frame: pl.DataFrame  # column `_row`: which row of the clean table each was
    shape: Mapping[str, object]  # what is said of the columns
    columns: tuple[str, ...]  # where the fault lies, as findings name it
    cells: frozenset[int]  # positions of rows at which it lies
    count: int  # of cells or rows that a finding should state
    clean: pl.DataFrame | None = None  # the same table without the fault, where it isn't that of the table


@dataclass(frozen=True)
class Kind:
    """How a kind is planted, how strongly, and which findings name it."""

    plant: Callable[[Table, Rng, float], Case | None]
    strengths: tuple[float, ...]
    moderate: int  # place among them
    unit: str
    named_by: frozenset[str]
    follows: frozenset[str] = field(default_factory=frozenset)  # what is then truly so as well
    wholly: bool = False  # its findings name each row, by a span or an asset


def made_tables(seed: int) -> list[Table]:
    """Generated ones; another seed makes others."""
    made = [make(seed=10 * seed + k) for k, make in enumerate(planting.MADE.values())]
    return [*made, _course_table(seed)]


def real_tables(data: Path) -> list[Table]:
    """Real ones, and the history of the embedded plant, whose words are no measurements."""
    some = [planting.REAL[name](data) for name in ("tep", "skab", "steel_energy", "fd001")]
    history = simulate(Settings(seed=7, days=12)).history
    return [*some, planting._table("plant", history, {"time": Role.TIME}, {}, ordered=True)]


def _course_table(seed: int) -> Table:
    frame = course(30, seed=seed, units=6)
    return planting._table("made_course", frame, {"time": Role.TIME, "unit": Role.ASSET}, {}, ordered=True)


def course(days: float, *, begin: int = 0, seed: int = 0, units: int = 1, memory: float = 0.9) -> pl.DataFrame:
    """Tags with a daily cycle, a memory and noise, a row in ten minutes; the process on or off by shifts."""
    n, frames = int(days * DAY / 10), []
    for unit in range(units):
        rng = np.random.default_rng([seed, unit, begin])
        at = begin * DAY + 10 * np.arange(n)
        on = (at // (3 * DAY) + unit) % 4 > 0
        cols = {"time": np.datetime64("2026-01-01", "us") + (at * 60_000_000).astype("timedelta64[us]")}
        for k, name in enumerate(("flow", "temp", "power")):
            slow = lfilter([1], [1, -memory], rng.normal(size=n) * np.sqrt(1 - memory**2))
            cols[name] = 100 + 4 * unit + 8 * np.sin(2 * np.pi * at / DAY + k) + 2 * slow + 0.3 * rng.normal(size=n)
        cols["power"] = np.where(on, cols["power"], 5 + 0.1 * rng.normal(size=n))
        made = pl.DataFrame(cols).with_columns(unit=pl.lit(f"u{unit}"), state=np.where(on, "run", "idle"))
        frames.append(made.with_columns(pl.col("flow", "temp", "power").round(3)))
    return pl.concat(frames)


def roles(table: Table) -> dict[str, object]:
    """What a scan is told of a table."""
    named = {c.role: c.name for c in table.contract.columns}
    return {"time": named.get(Role.TIME, ""), "asset": named.get(Role.ASSET, "")}


def mar(table: Table, kind: str, strength: float, seed: int) -> Case | None:
    """A copy with one kind of fault, the same for the same seed; None where it does not apply."""
    digest = np.random.SeedSequence([seed, *table.name.encode(), *kind.encode(), round(1000 * strength)])
    return KINDS[kind].plant(table, np.random.default_rng(digest), strength)


# --- cells ------------------------------------------------------------------------------------------------------------


def _number(table: Table, rng: Rng) -> tuple[str, np.ndarray]:
    name = str(rng.choice(planting._measured(table)))
    return name, table.frame[name].to_numpy().astype(float).copy()


def _set(table: Table, name: str, at: np.ndarray, values: object, count: int | None = None) -> Case:
    x = table.frame[name].to_numpy().astype(float).copy()
    x[at] = values
    frame = table.frame.with_columns(pl.Series(name, x, nan_to_null=True))
    return Case(frame, roles(table), (name,), frozenset(at.tolist()), len(at) if count is None else count)


def _whole(table: Table, name: str) -> np.ndarray:
    """Positions at which a column has a value."""
    return np.flatnonzero(np.isfinite(table.frame[name].to_numpy().astype(float)))


def _some(table: Table, rng: Rng, name: str, share: float) -> np.ndarray:
    at = _whole(table, name)
    return np.sort(rng.choice(at, max(5, round(share * at.size)), replace=False))


def missing(table: Table, rng: Rng, strength: float) -> Case:
    name, _ = _number(table, rng)
    return _set(table, name, _some(table, rng, name, strength), np.nan)


def infinite(table: Table, rng: Rng, strength: float) -> Case:
    name, _ = _number(table, rng)
    at = _some(table, rng, name, strength)
    return _set(table, name, at, rng.choice([-np.inf, np.inf], at.size))


def beyond(table: Table, rng: Rng, strength: float) -> Case:
    """Cells up to a span beyond the range that the contract allows, which is a quarter wider than what was seen."""
    name, x = _number(table, rng)
    low, high = float(np.nanmin(x)), float(np.nanmax(x))
    wide = high - low
    at = _some(table, rng, name, strength)
    far = (0.26 + rng.random(at.size)) * wide
    case = _set(table, name, at, np.where(rng.random(at.size) < 0.5, low - far, high + far))
    allowed = {name: (low - 0.25 * wide, high + 0.25 * wide)}
    return replace(case, shape={**case.shape, "allowed": allowed})


def _from(planter: Callable[[Table, Rng, float], planting.Planted]) -> Callable[[Table, Rng, float], Case | None]:
    """What the planter of the other engine's benchmark does."""

    def plant(table: Table, rng: Rng, strength: float) -> Case | None:
        made = planter(table, rng, strength)
        cells = frozenset(row for row, _ in made.cells)
        return Case(made.frame, roles(table), made.columns, cells, len(cells)) if cells else None

    return plant


def stuck(table: Table, rng: Rng, strength: float) -> Case | None:
    """Neighbouring rows of one asset hold one value where they would not have; none where the process rests."""
    if not table.ordered:
        return None
    for _ in range(50):
        name, x = _number(table, rng)
        at = planting._window(table, rng, round(strength))
        if at.size and np.isfinite(x[at]).all() and (x[at] != x[at[0]]).mean() > 0.8:
            return _set(table, name, at, x[at[0]])
    return None


def saturation(table: Table, rng: Rng, strength: float) -> Case:
    """Readings stop at a limit; those that would have shown it anyway are not told from the others."""
    name, x = _number(table, rng)
    limit = float(np.round(np.nanquantile(x, 1 - strength), 2))
    return _set(table, name, np.flatnonzero(x >= limit), limit)


# --- the clock --------------------------------------------------------------------------------------------------------


def _time(table: Table) -> tuple[str, list[np.ndarray]] | None:
    """The time, and the positions of each asset's rows."""
    named = roles(table)
    if not named["time"] or not table.ordered:
        return None
    if not named["asset"]:
        return str(named["time"]), [np.arange(table.frame.height)]
    asset = table.frame[str(named["asset"])].to_numpy()
    return str(named["time"]), [np.flatnonzero(asset == a) for a in np.unique(asset)]


def _places(mine: list[np.ndarray], rng: Rng, many: int, room: int) -> list[tuple[np.ndarray, int]]:
    """Places with room on both sides, far from one another; of each the rows of its asset and the place among them."""
    free = [(rows, k) for rows in mine for k in range(room, len(rows) - 2 * room, 2 * room)]
    return [free[i] for i in rng.permutation(len(free))[:many]]


def gaps(table: Table, rng: Rng, strength: float) -> Case | None:
    """Eight times so many rows of one asset are gone."""
    clock = _time(table)
    if clock is None:
        return None
    name, mine = clock
    lost, after = round(strength), []
    gone: list[int] = []
    for rows, k in _places(mine, rng, 8, lost + 2):
        gone += rows[k : k + lost].tolist()
        after.append(int(rows[k + lost]))
    kept = np.setdiff1d(np.arange(table.frame.height), gone)
    cells = frozenset(np.searchsorted(kept, after).tolist())
    return Case(table.frame[kept], roles(table), (name,), cells, len(cells)) if cells else None


def _moved(steps: float) -> Callable[[Table, Rng, float], Case | None]:
    """Times that lie so many steps from that of the row before."""

    def plant(table: Table, rng: Rng, strength: float) -> Case | None:
        clock = _time(table)
        if clock is None:
            return None
        name, mine = clock
        kind = table.frame[name].dtype
        at = table.frame[name].to_physical().to_numpy().copy()
        usual = float(np.median(np.concatenate([np.diff(at[rows]) for rows in mine])))
        found = _places(mine, rng, round(strength), 3)
        places, before = [int(rows[k]) for rows, k in found], [int(rows[k - 1]) for rows, k in found]
        at[places] = (at[before] + steps * usual).astype(at.dtype)
        series = pl.Series(name, at).cast(kind) if kind.is_temporal() else pl.Series(name, at, dtype=kind)
        frame = table.frame.with_columns(series)
        return Case(frame, roles(table), (name,), frozenset(places), len(places))

    return plant


# --- units ------------------------------------------------------------------------------------------------------------


def _change(name: str, rng: Rng) -> tuple[float, float]:
    """A known confusion that fits what a column is called."""
    warm = "temp" in name.lower() or name.startswith("TI")
    names = ("°C → °F", "°C → K") if warm else ("× 10", "÷ 10", "× 1000", "m/s → km/h")
    drawn = str(rng.choice(names))
    change = next(c for c in CHANGES if c.name == drawn)
    return change.factor, change.offset


def unit_stretch(table: Table, rng: Rng, strength: float) -> Case | None:
    """A share of one asset's rows in another unit."""
    clock = _time(table)
    if clock is None:
        return None
    name, x = _number(table, rng)
    factor, offset = _change(name, rng)
    rows = max(clock[1], key=len)
    n = round(strength * len(rows))
    begin = int(rng.integers(0, len(rows) - n + 1))
    at = rows[begin : begin + n]
    return _set(table, name, at, factor * x[at] + offset)


def unit_of_asset(table: Table, rng: Rng, strength: float) -> Case | None:
    """One asset's values are so many times as large."""
    clock = _time(table)
    if clock is None or len(clock[1]) < 5:
        return None
    name, x = _number(table, rng)
    at = clock[1][int(rng.integers(len(clock[1])))]
    return _set(table, name, at, strength * x[at])


# --- rows -------------------------------------------------------------------------------------------------------------


def keys_counted(table: Table, rng: Rng, strength: float) -> Case:
    """Rows that come twice; the key is a number of their own."""
    n = table.frame.height
    numbered = table.frame.with_columns(lot=pl.int_range(n, dtype=pl.Int64))
    frame = _twice(numbered, rng, strength)
    return _keyed(frame, numbered, roles(table))


def keys_sampled(table: Table, rng: Rng, strength: float) -> Case | None:
    """Of more keys than are kept: four hundred thousand, in any order."""
    if table.name != "made_lots":
        return None
    lots = pl.DataFrame({"lot": rng.permutation(400_000) * 7 + 1}).with_row_index(ROW)
    return _keyed(_twice(lots, rng, strength), lots, {})


def _twice(frame: pl.DataFrame, rng: Rng, share: float) -> pl.DataFrame:
    at = rng.choice(frame.height, max(5, round(share * frame.height)), replace=False)
    place = np.concatenate([np.arange(frame.height), at])
    return frame[np.sort(place)]


def _keyed(frame: pl.DataFrame, clean: pl.DataFrame, said: Mapping[str, object]) -> Case:
    again = frame.select(pl.col("lot").is_duplicated()).to_series().to_numpy()
    cells = frozenset(np.flatnonzero(again).tolist())
    return Case(frame, {**said, "key": ("lot",)}, ("lot",), cells, frame.height - clean.height, clean)


def relation(table: Table, rng: Rng, strength: float) -> Case | None:
    """One column lies farther above another than it ever did."""
    names = planting._measured(table)
    if len(names) < 2:
        return None
    one, other = (str(c) for c in rng.choice(names, 2, replace=False))
    x, y = (table.frame[c].to_numpy().astype(float) for c in (one, other))
    most = float(np.ceil(np.nanmax(x - y))) + 1.0
    at = np.intersect1d(_some(table, rng, one, strength), _whole(table, other))
    case = _set(table, one, at, y[at] + most + 0.01 + rng.random(at.size) * np.nanstd(x))
    said = {**case.shape, "relations": (f'"{one}" - "{other}" <= {most}',)}
    return replace(case, shape=said, columns=(one, other))


KINDS: dict[str, Kind] = {
    # planter, strengths, place of the moderate one, unit of strength, findings that name it
    "missing": Kind(missing, (0.002, 0.01, 0.05, 0.2), 1, "of cells", frozenset({"missing"})),
    "infinite": Kind(infinite, (0.001, 0.01, 0.05), 1, "of cells", frozenset({"not_finite"})),
    "range": Kind(beyond, (0.001, 0.01, 0.05), 1, "of cells", frozenset({"range"})),
    "spike": Kind(_from(planting.spike), (4, 6, 8, 16), 2, "spreads", frozenset({"spike"})),
    "stuck": Kind(stuck, (30, 80, 200), 1, "rows", frozenset({"stuck"}), wholly=True),
    "saturation": Kind(saturation, (0.003, 0.01, 0.03, 0.1), 2, "of cells", frozenset({"saturation"})),
    "clock_gaps": Kind(gaps, (2, 5, 20, 60), 2, "rows each", frozenset({"clock_gap"})),
    "clock_backwards": Kind(_moved(-1), (2, 10, 50), 1, "times", frozenset({"clock_backwards"}), frozenset({"clock_gap"})),
    "clock_repeated": Kind(_moved(0), (2, 10, 50), 1, "times", frozenset({"clock_repeated"}), frozenset({"clock_gap"})),
    "unit_stretch": Kind(unit_stretch, (0.05, 0.1, 0.2, 0.35), 2, "of an asset's rows", frozenset({"unit_shift"}), wholly=True),
    "unit_asset": Kind(unit_of_asset, (1.341022, 3.6, 10, 1000), 1, "times", frozenset({"unit_shift_asset"}), wholly=True),
    "key_counted": Kind(keys_counted, (0.001, 0.01, 0.05), 1, "of rows", frozenset({"key_repeated"}), frozenset({"clock_repeated"})),
    "key_sampled": Kind(keys_sampled, (0.001, 0.01, 0.05), 1, "of rows", frozenset({"key_repeated"})),
    "relation": Kind(relation, (0.001, 0.01, 0.05), 1, "of rows", frozenset({"relation_broken"})),
}  # fmt: skip
