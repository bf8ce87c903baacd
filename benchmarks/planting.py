"""Tables with known defects: generated and real ones, and a seeded planter with the truth of every cell."""

import gzip
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from diapason.vocabulary.tables import ROW, Column, Contract, Role

__all__ = ["KINDS", "MADE", "REAL", "Planted", "Table", "line_columns", "plant"]

Rng = np.random.Generator


@dataclass(frozen=True)
class Table:
    """A table that counts as clean, with its contract."""

    name: str
    frame: pl.DataFrame
    contract: Contract
    ordered: bool


@dataclass(frozen=True)
class Planted:
    """A copy with one kind of defect in it."""

    frame: pl.DataFrame
    cells: frozenset[tuple[int, str]]  # `_row` and column; column "" for whole rows
    columns: tuple[str, ...]


# --- generated tables: thresholds were fixed on these -----------------------------------------------------------------


def _ar(rng: Rng, n: int, keep: float) -> np.ndarray:
    out = rng.normal(size=n)
    for i in range(1, n):
        out[i] = keep * out[i - 1] + np.sqrt(1 - keep * keep) * out[i]
    return out


def line_columns(rng: Rng, n: int) -> dict[str, np.ndarray]:
    """A line that runs at changing load, stops now and then, and has a daily cycle."""
    hours = np.arange(n) / 60
    plan = np.repeat(rng.uniform(0.5, 1.0, n // 240 + 1), 240)[:n]
    stops = np.repeat(rng.random(n // 180 + 1) < 0.08, 180)[:n]
    load = np.where(stops, 0.0, plan + 0.03 * _ar(rng, n, 0.95))
    ambient = 18 + 6 * np.sin(2 * np.pi * hours / 24) + 0.8 * _ar(rng, n, 0.995)
    warm = np.zeros(n)
    for i in range(1, n):
        warm[i] = warm[i - 1] + 0.05 * (load[i] - warm[i - 1])
    inlet = ambient + 3 + 0.15 * rng.normal(size=n)
    return {
        "feed_flow": (40 * load + (load > 0) * 0.4 * rng.normal(size=n)).clip(0).round(2),
        "motor_current": np.where(load > 0, 22 + 95 * load + 1.2 * rng.normal(size=n), 0.0).round(1),
        "inlet_temp": inlet.round(2),
        "outlet_temp": (inlet + 32 * warm + 0.25 * rng.normal(size=n)).round(2),
        "pressure": (1.2 + 3 * load**1.5 + 0.03 * rng.normal(size=n)).round(3),
        "vibration": (0.3 + 1.5 * load * np.exp(0.12 * rng.normal(size=n))).round(4),
        "tank_level": (55 + 8 * _ar(rng, n, 0.999) + 0.1 * rng.normal(size=n)).round(2),
        "valve": (12 + 70 * load + 0.8 * rng.normal(size=n)).clip(0, 100).round(1),
        "set_point": (np.round(plan * 20) * 2).astype(float),
        "ambient": ambient.round(1),
        "power": (15 + 180 * load + 0.4 * (ambient - 18) + 2.0 * rng.normal(size=n)).round(1),
    }


def made_line(seed: int = 1, n: int = 20_000) -> Table:
    """One line, a row a minute."""
    columns = line_columns(np.random.default_rng(seed), n)
    start = np.datetime64("2025-03-03T00:00:00", "us")
    time = start + (np.arange(n) * 60_000_000).astype("timedelta64[us]")
    frame = pl.DataFrame({"time": time, **columns})
    units = {"inlet_temp": "Cel", "outlet_temp": "Cel", "ambient": "Cel", "pressure": "bar"}
    return _table("made_line", frame, {"time": Role.TIME}, units, ordered=True)


def made_fleet(seed: int = 2, assets: int = 12, n: int = 1_500) -> Table:
    """Twelve machines with levels of their own, rows mixed by time."""
    rng = np.random.default_rng(seed)
    parts = []
    for a in range(assets):
        columns = line_columns(rng, n)
        for name in ("outlet_temp", "pressure", "vibration", "motor_current"):
            columns[name] = np.where(columns[name] == 0, 0, columns[name] * rng.uniform(0.9, 1.1)).round(3)
        parts.append(pl.DataFrame({"machine": [f"M{a + 1:02d}"] * n, "minute": np.arange(n) * 1.0, **columns}))
    frame = pl.concat(parts).sort("minute", "machine", maintain_order=True)
    return _table("made_fleet", frame, {"machine": Role.ASSET, "minute": Role.TIME}, {}, ordered=True)


def made_lots(seed: int = 3, n: int = 6_000) -> Table:
    """Independent lots: related measurements, categories that follow from others, a class."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(n, 3))
    weights = rng.normal(size=(3, 8))
    X = factors @ weights + 0.35 * rng.normal(size=(n, 8))
    supplier = rng.choice(12, n, p=rng.dirichlet(np.full(12, 4.0)))
    names = ["Northfield Metals", "Baoxin Alloys", "Castline", "Ferrum Werke", "Jiangnan Steel", "Kestrel Foundry"]
    names += ["Lumen Castings", "Orient Smelting", "Pacific Ingots", "Ruhr Gusswerk", "Sable Works", "Tianfu Forge"]
    country = ["Norway", "China", "France", "Germany", "China", "England", "France", "China", "Canada", "Germany"]
    country += ["England", "China"]
    grade = np.digitize(factors[:, 0], [-1, 0, 1])
    frame = pl.DataFrame(
        {
            **{f"m{i + 1}": (50 + 10 * X[:, i]).round(2) for i in range(8)},
            "supplier": np.array(names)[supplier],
            "country": np.array(country)[supplier],
            "grade": np.array(["standard", "improved", "premium", "special"])[grade],
            "furnace": rng.choice(["furnace north", "furnace south", "furnace east"], n),
            "result": np.where(X[:, 0] + 0.5 * X[:, 3] + 0.8 * rng.normal(size=n) > 1.5, "reject", "accept"),
        }
    )
    return _table("made_lots", frame, {"result": Role.TARGET}, {}, ordered=False)


def made_white(seed: int = 4, n: int = 5_000) -> Table:
    """A well controlled process: mostly noise around set-points, some columns related."""
    rng = np.random.default_rng(seed)
    factors = np.column_stack([_ar(rng, n, 0.7) for _ in range(4)])
    X = factors @ rng.normal(size=(4, 14)) * rng.uniform(0.2, 1.0, 14) + 0.6 * rng.normal(size=(n, 14))
    level, spread = rng.uniform(20, 900, 14), rng.uniform(0.5, 20, 14)
    frame = pl.DataFrame(
        {"second": np.arange(n) * 2.0} | {f"t{i + 1}": (level[i] + spread[i] * X[:, i]).round(3) for i in range(14)}
    )
    return _table("made_white", frame, {"second": Role.TIME}, {}, ordered=True)


def _table(name: str, frame: pl.DataFrame, roles: dict[str, Role], units: dict[str, str], *, ordered: bool) -> Table:
    columns = tuple(Column(c, _kind(frame[c]), roles.get(c, Role.FEATURE), units.get(c, "")) for c in frame.columns)
    numbered = frame.with_columns(pl.int_range(frame.height, dtype=pl.Int64).alias(ROW))
    return Table(name, numbered, Contract(name, columns), ordered)


def _kind(column: pl.Series) -> str:
    if column.dtype.is_temporal():
        return "time"
    return "number" if column.dtype.is_numeric() else "category"


# --- real tables: thresholds were checked on these --------------------------------------------------------------------


def _bytes(path: Path) -> bytes:
    with gzip.open(path) as file:
        return file.read()


def _text(path: Path, names: list[str], *, turned: bool = False) -> pl.DataFrame:
    values = np.loadtxt(io.BytesIO(_bytes(path)))
    return pl.DataFrame(values.T if turned else values, schema=names)


def real_fd001(data: Path) -> Table:
    """Turbofans: 100 engines until they fail."""
    names = ["unit", "cycle", "set1", "set2", "set3", *(f"s{i}" for i in range(1, 22))]
    frame = _text(data / "cmapss-fd001" / "train_FD001.txt.gz", names)
    frame = frame.with_columns(pl.col("unit", "cycle").cast(pl.Int64))
    return _table("fd001", frame, {"unit": Role.ASSET, "cycle": Role.TIME}, {}, ordered=True)


def real_tep(data: Path) -> Table:
    """Tennessee Eastman, the fault-free test run."""
    names = [f"XMEAS{i}" for i in range(1, 42)] + [f"XMV{i}" for i in range(1, 12)]
    frame = _text(data / "tep" / "d00_te.dat.gz", names)
    frame = frame.select(pl.int_range(frame.height, dtype=pl.Int64).mul(3).alias("minute"), pl.all())
    return _table("tep", frame, {"minute": Role.TIME}, {}, ordered=True)


def _csv(path: Path, **options: object) -> pl.DataFrame:
    return pl.read_csv(_bytes(path), infer_schema_length=100_000, **options)  # type: ignore[arg-type]


def real_skab(data: Path) -> Table:
    """A water loop without anomalies."""
    frame = _csv(data / "skab" / "anomaly-free" / "anomaly-free.csv.gz", separator=";", try_parse_dates=True)
    return _table("skab", frame, {"datetime": Role.TIME}, {}, ordered=True)


def real_steel_energy(data: Path) -> Table:
    """A year of quarter hours of one steel plant; the date is stored with a fault of its own."""
    frame = _csv(data / "steel-energy" / "Steel_industry_data.csv.gz")
    frame = frame.with_columns(pl.col("date").str.to_datetime("%d/%m/%Y %H:%M"))
    return _table("steel_energy", frame, {"date": Role.TIME, "Usage_kWh": Role.TARGET}, {}, ordered=True)


def real_ccpp(data: Path) -> Table:
    """A combined cycle plant, hours in random order."""
    frame = _csv(data / "ccpp" / "Folds5x2_pp.csv.gz")
    return _table("ccpp", frame, {"energy": Role.TARGET}, {"temperature": "Cel"}, ordered=False)


def real_ai4i(data: Path) -> Table:
    """Synthetic machines with faults in the labels."""
    frame = _csv(data / "ai4i2020" / "ai4i2020.csv.gz")
    frame = frame.rename({c: c.strip() for c in frame.columns})
    roles = {"Machine.failure": Role.TARGET, "Product_ID": Role.IGNORED}
    table = _table("ai4i", frame, roles, {}, ordered=False)
    flags = {"Machine.failure", "TWF", "HDF", "PWF", "OSF", "RNF"}
    columns = tuple(Column(c.name, "flag" if c.name in flags else c.kind, c.role) for c in table.contract.columns)
    return Table("ai4i", table.frame, Contract("ai4i", columns), ordered=False)


MADE: dict[str, Callable[..., Table]] = {
    "made_line": made_line,
    "made_fleet": made_fleet,
    "made_lots": made_lots,
    "made_white": made_white,
}
REAL: dict[str, Callable[[Path], Table]] = {
    "ccpp": real_ccpp,
    "tep": real_tep,
    "skab": real_skab,
    "fd001": real_fd001,
    "steel_energy": real_steel_energy,
    "ai4i": real_ai4i,
}


# --- the planter ------------------------------------------------------------------------------------------------------


def _measured(table: Table) -> list[str]:
    """Columns that measure something on many levels."""
    roles = {c.name: c.role for c in table.contract.columns}
    out = []
    for name in table.frame.columns:
        column = table.frame[name]
        if name == ROW or roles[name] not in (Role.FEATURE, Role.TARGET) or not column.dtype.is_float():
            continue
        x = column.drop_nulls().to_numpy()
        if np.unique(x).size > 60 and np.median(np.abs(x - np.median(x))) > 0 and (x == 0).mean() < 0.3:
            out.append(name)
    return out


def _spread(x: np.ndarray) -> float:
    return 1.4826 * float(np.nanmedian(np.abs(x - np.nanmedian(x))))


def _digits(x: np.ndarray) -> int:
    """Decimals of a column."""
    known = x[np.isfinite(x)]
    fits = (d for d in range(9) if np.mean(np.abs(known * 10.0**d - np.round(known * 10.0**d)) < 1e-6) > 0.98)
    return next(fits, 9)


def _window(table: Table, rng: Rng, rows: int) -> np.ndarray:
    """Positions of `rows` neighbouring rows of one asset, away from its ends."""
    asset = next((c.name for c in table.contract.columns if c.role is Role.ASSET), None)
    if asset is None:
        start = int(rng.integers(20, table.frame.height - rows - 20))
        return np.arange(start, start + rows)
    names = table.frame[asset]
    sizes = names.value_counts().filter(pl.col("count") > rows + 40)
    if not sizes.height:
        return np.empty(0, dtype=np.int64)
    mine = np.flatnonzero((names == sizes.sort(asset)[asset][int(rng.integers(sizes.height))]).to_numpy())
    start = int(rng.integers(20, mine.size - rows - 20))
    return mine[start : start + rows]


def _some(table: Table, rng: Rng, share: float) -> np.ndarray:
    return np.sort(rng.choice(table.frame.height, max(5, round(share * table.frame.height)), replace=False))


def _set(table: Table, column: str, at: np.ndarray, values: np.ndarray) -> Planted:
    x = table.frame[column].to_numpy().astype(float).copy()
    x[at] = values
    frame = table.frame.with_columns(pl.Series(column, x))
    row = table.frame[ROW].to_numpy()[at]
    return Planted(frame, frozenset((int(r), column) for r in row), (column,))


def _number(table: Table, rng: Rng) -> tuple[str, np.ndarray]:
    name = str(rng.choice(_measured(table)))
    return name, table.frame[name].to_numpy().astype(float)


def code(table: Table, rng: Rng, strength: float) -> Planted:
    name, _ = _number(table, rng)
    at = _some(table, rng, strength)
    return _set(table, name, at, np.full(at.size, float(rng.choice([-9999.0, 9999.0, -999.0]))))


def spike(table: Table, rng: Rng, strength: float) -> Planted:
    name, x = _number(table, rng)
    at = _some(table, rng, 0.004)
    at = at[np.concatenate(([True], np.diff(at) > 3))]
    sign = rng.choice([-1, 1], at.size) * rng.uniform(1, 1.5, at.size)
    return _set(table, name, at, np.round(x[at] + sign * strength * _spread(x), _digits(x)))


def scale(table: Table, rng: Rng, strength: float) -> Planted:
    name, x = _number(table, rng)
    at = _some(table, rng, strength)
    return _set(table, name, at, x[at] * float(rng.choice([10.0, 0.1, 100.0, 1000.0])))


def fahrenheit(table: Table, rng: Rng, strength: float) -> Planted:
    named = [c for c in _measured(table) if "temp" in c.lower() or "thermo" in c.lower()]
    if not named:
        return Planted(table.frame, frozenset(), ())
    name = str(rng.choice(named))
    x = table.frame[name].to_numpy().astype(float)
    at = _some(table, rng, strength)
    return _set(table, name, at, np.round(x[at] * 1.8 + 32, 2))


def scale_window(table: Table, rng: Rng, strength: float) -> Planted:
    name, x = _number(table, rng)
    at = _window(table, rng, round(strength))
    return _set(table, name, at, x[at] * float(rng.choice([10.0, 0.1, 1000.0])))


def stuck(table: Table, rng: Rng, strength: float) -> Planted:
    name, x = _number(table, rng)
    at = _window(table, rng, round(strength))
    return _set(table, name, at, np.full(at.size, x[at[0]] if at.size else 0.0))


def saturation(table: Table, rng: Rng, strength: float) -> Planted:
    name, x = _number(table, rng)
    limit = float(np.round(np.nanquantile(x, 1 - strength), 2))
    at = np.flatnonzero(x > limit)
    return _set(table, name, at, np.full(at.size, limit))


def level(table: Table, rng: Rng, strength: float) -> Planted:
    name, x = _number(table, rng)
    at = _window(table, rng, min(400, max(100, table.frame.height // 25)))
    return _set(table, name, at, np.round(x[at] + rng.choice([-1, 1]) * strength * _spread(x), _digits(x)))


def drift(table: Table, rng: Rng, strength: float) -> Planted:
    name, x = _number(table, rng)
    asset = next((c.name for c in table.contract.columns if c.role is Role.ASSET), None)
    mine = np.arange(x.size)
    if asset is not None:
        names = table.frame[asset]
        mine = np.flatnonzero((names == names.value_counts().sort("count", asset)[asset][-1]).to_numpy())
    at = mine[round(0.5 * mine.size) :]
    ramp = rng.choice([-1, 1]) * strength * _spread(x) * np.linspace(0, 1, at.size)
    return _set(table, name, at, np.round(x[at] + ramp, _digits(x)))


def coarse(table: Table, rng: Rng, strength: float) -> Planted:
    name, x = _number(table, rng)
    at = _window(table, rng, round(strength))
    return _set(table, name, at, np.round(x[at], _digits(x) - 1))


def _doubt(table: Table, column: str) -> float:
    """Standard deviation of a column around what all others say of it on the clean table (least squares)."""
    names = [c for c in _measured(table) if c != column]
    X = np.column_stack([np.ones(table.frame.height), *(table.frame[c].to_numpy().astype(float) for c in names)])
    y = table.frame[column].to_numpy().astype(float)
    known = np.isfinite(X).all(axis=1) & np.isfinite(y)
    weights, *_ = np.linalg.lstsq(X[known], y[known], rcond=None)
    return float(np.std(y[known] - X[known] @ weights))


def wrong(table: Table, rng: Rng, strength: float) -> Planted:
    """Values of other rows in 1 % of the rows, where they differ by `strength` and more of what the others leave open."""
    for name in map(str, rng.permutation(_measured(table))):
        x = table.frame[name].to_numpy().astype(float)
        other = rng.permutation(x)
        far = np.flatnonzero(np.abs(other - x) >= strength * _doubt(table, name))
        if far.size >= 0.02 * x.size:
            at = np.sort(rng.choice(far, round(0.01 * x.size), replace=False))
            return _set(table, name, at, other[at])
    return Planted(table.frame, frozenset(), ())


def digits(table: Table, rng: Rng, strength: float) -> Planted:
    """Two neighbouring digits exchanged in 1 % of the rows, where that matters as in `wrong`."""
    for name in map(str, rng.permutation(_measured(table))):
        x = table.frame[name].to_numpy().astype(float)
        turned = np.array([_turned(v, rng) for v in x])
        far = np.flatnonzero(np.abs(turned - x) >= strength * _doubt(table, name))
        if far.size >= 0.02 * x.size:
            at = np.sort(rng.choice(far, round(0.01 * x.size), replace=False))
            return _set(table, name, at, turned[at])
    return Planted(table.frame, frozenset(), ())


def _turned(value: float, rng: Rng) -> float:
    text = f"{value:.10g}"
    places = [i for i in range(len(text) - 1) if text[i].isdigit() and text[i + 1].isdigit() and text[i] != text[i + 1]]
    if not places or "e" in text:
        return value
    i = int(rng.choice(places))
    return float(text[:i] + text[i + 1] + text[i] + text[i + 2 :])


def exchanged(table: Table, rng: Rng, strength: float) -> Planted:
    """Two columns exchanged in 1 % of the rows, where both then differ as in `wrong`."""
    for _ in range(20):
        names = [str(c) for c in rng.choice(_measured(table), 2, replace=False)]
        a, b = (table.frame[c].to_numpy().astype(float).copy() for c in names)
        least = strength * max(_doubt(table, c) for c in names)
        far = np.flatnonzero(np.abs(a - b) >= least)
        if far.size < 0.02 * a.size:
            continue
        at = np.sort(rng.choice(far, round(0.01 * a.size), replace=False))
        a[at], b[at] = b[at], a[at].copy()
        frame = table.frame.with_columns(pl.Series(names[0], a), pl.Series(names[1], b))
        row = table.frame[ROW].to_numpy()[at]
        return Planted(frame, frozenset((int(r), c) for r in row for c in names), tuple(names))
    return Planted(table.frame, frozenset(), ())


def duplicates(table: Table, rng: Rng, strength: float) -> Planted:
    at = _some(table, rng, strength)
    doubled = pl.concat([table.frame, table.frame[at]]).sort(ROW, maintain_order=True)
    doubled = doubled.with_columns(again=pl.col(ROW).is_first_distinct().not_()).with_columns(
        pl.int_range(pl.len(), dtype=pl.Int64).alias(ROW)
    )
    rows = doubled.filter("again")[ROW].to_list()
    return Planted(doubled.drop("again"), frozenset((r, "") for r in rows), ())


def gaps(table: Table, rng: Rng, strength: float) -> Planted:
    starts = rng.choice(table.frame.height - 200, 4, replace=False) + 50
    gone = np.unique(np.concatenate([np.arange(s, s + round(strength)) for s in starts]))
    frame = table.frame[np.setdiff1d(np.arange(table.frame.height), gone)]
    asset = next((c.name for c in table.contract.columns if c.role is Role.ASSET), None)
    time = next(c.name for c in table.contract.columns if c.role is Role.TIME)
    step = pl.col(time).diff() if asset is None else pl.col(time).diff().over(asset)
    usual = (
        frame.select(step.mode().first()).item()
        if asset is None
        else frame.select(step.drop_nulls().mode().first()).item()
    )
    rows = frame.filter(step >= 3 * usual)[ROW].to_list()
    return Planted(frame, frozenset((r, "") for r in rows), ())


def backwards(table: Table, rng: Rng, strength: float) -> Planted:
    """Rows that were written after the next ones."""
    order = np.arange(table.frame.height)
    for s in rng.choice(table.frame.height - 40, round(strength), replace=False) + 10:
        order[s : s + 10] = np.concatenate((order[s + 5 : s + 10], order[s : s + 5]))
    frame = table.frame[order].with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(ROW))
    asset = next((c.name for c in table.contract.columns if c.role is Role.ASSET), None)
    time = next(c.name for c in table.contract.columns if c.role is Role.TIME)
    step = pl.col(time).diff() if asset is None else pl.col(time).diff().over(asset)
    zero = 0 if table.frame[time].dtype.is_numeric() else pl.duration(seconds=0)
    return Planted(frame, frozenset((r, "") for r in frame.filter(step < zero)[ROW].to_list()), ())


def _category(table: Table, rng: Rng) -> str | None:
    named = [
        c for c in table.frame.columns
        if table.frame[c].dtype == pl.String and table.frame[c].n_unique() < 200
        and table.frame[c].str.len_chars().median() >= 5
    ]  # fmt: skip
    return str(rng.choice(named)) if named else None


def _rewritten(table: Table, rng: Rng, share: float, change: Callable[[str], str]) -> Planted:
    name = _category(table, rng)
    if name is None:
        return Planted(table.frame, frozenset(), ())
    at = _some(table, rng, share)
    values = table.frame[name].to_list()
    changed = [i for i in at if change(values[i]) != values[i]]
    for i in changed:
        values[i] = change(values[i])
    frame = table.frame.with_columns(pl.Series(name, values))
    return Planted(frame, frozenset((int(table.frame[ROW][int(i)]), name) for i in changed), (name,))


def typo(table: Table, rng: Rng, strength: float) -> Planted:
    def slip(word: str) -> str:
        i = int(rng.integers(1, len(word) - 1))
        how = int(rng.integers(4))
        letter = str(rng.choice(list("abcdefghijklmnopqrstuvwxyz")))
        return (word[:i] + letter + word[i + 1 :], word[:i] + word[i + 1 :], word[:i] + letter + word[i:],
                word[: i - 1] + word[i] + word[i - 1] + word[i + 1 :])[how]  # fmt: skip

    memory: dict[str, str] = {}

    def once(word: str) -> str:
        if word not in memory or rng.random() < 0.5:
            memory[word] = slip(word)
        return memory[word]

    name = _category(table, rng)
    if name is None:
        return Planted(table.frame, frozenset(), ())
    at = _some(table, rng, strength)
    values = table.frame[name].to_list()
    known = set(values)
    changed = []
    for i in at:
        new = once(values[i])
        if new not in known and sum(c.isalpha() for c in values[i]) >= 5:
            values[i] = new
            changed.append(int(i))
    frame = table.frame.with_columns(pl.Series(name, values))
    return Planted(frame, frozenset((int(table.frame[ROW][i]), name) for i in changed), (name,))


def variant(table: Table, rng: Rng, strength: float) -> Planted:
    wide = {i: i + 0xFEE0 for i in range(0x21, 0x7F)}
    changes: list[Callable[[str], str]] = [
        str.upper,
        lambda w: w + " ",
        lambda w: w.translate(wide),
        lambda w: w.replace(" ", "  "),
    ]
    return _rewritten(table, rng, strength, changes[int(rng.integers(4))])


def dependency(table: Table, rng: Rng, strength: float) -> Planted:
    """A valid country beside the wrong supplier."""
    if "country" not in table.frame.columns:
        return Planted(table.frame, frozenset(), ())
    values = table.frame["country"].to_list()
    kinds = sorted(set(values))
    at = _some(table, rng, strength)
    for i in at:
        values[i] = str(rng.choice([k for k in kinds if k != values[i]]))
    frame = table.frame.with_columns(pl.Series("country", values))
    return Planted(frame, frozenset((int(i), "country") for i in at), ("country",))


def contradictions(table: Table, rng: Rng, strength: float) -> Planted:
    """Rows repeated with another class."""
    target = next((c.name for c in table.contract.columns if c.role is Role.TARGET), None)
    if target is None or table.frame[target].n_unique() > 20:
        return Planted(table.frame, frozenset(), ())
    at = _some(table, rng, strength)
    kinds = table.frame[target].unique().sort().to_list()
    other = {k: kinds[(i + 1) % len(kinds)] for i, k in enumerate(kinds)}
    twin = table.frame[at].with_columns(
        pl.Series(target, [other[v] for v in table.frame[at][target]], dtype=table.frame[target].dtype)
    )
    numbered = [c for c in table.frame.columns if c in ("UDI",)]
    twin = twin.with_columns(pl.Series(c, np.arange(twin.height) + 10**6, dtype=twin[c].dtype) for c in numbered)
    frame = pl.concat([table.frame, twin]).with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(ROW))
    rows = [int(r) for r in table.frame[ROW].to_numpy()[at]] + list(range(table.frame.height, frame.height))
    return Planted(frame, frozenset((r, target) for r in rows), (target,))


def leak(table: Table, rng: Rng, strength: float) -> Planted:
    """A column made from the target, with a share of noise."""
    target = next((c.name for c in table.contract.columns if c.role is Role.TARGET), None)
    if target is None:
        return Planted(table.frame, frozenset(), ())
    y = table.frame[target]
    values = (y.rank("dense").cast(pl.Float64) if y.dtype == pl.String else y.cast(pl.Float64)).to_numpy()
    made = 3.0 * values + 7 + strength * values.std() * rng.normal(size=values.size)
    frame = table.frame.with_columns(pl.Series("shadow", made))
    return Planted(frame, frozenset({(-1, "shadow")}), ("shadow",))


def constant(table: Table, rng: Rng, strength: float) -> Planted:
    del rng
    frame = table.frame.with_columns(pl.lit(strength).alias("dead"))
    return Planted(frame, frozenset({(-1, "dead")}), ("dead",))


KINDS: dict[str, tuple[Callable[[Table, Rng, float], Planted], tuple[float, ...], int, str, frozenset[str]]] = {
    # kind: planter, strengths (the one named by the index is "moderate"), unit of strength, findings that name it
    "code": (code, (0.001, 0.01, 0.05), 1, "share", frozenset({"missing_code", "value_for_missing"})),
    "spike": (spike, (4, 8, 16), 1, "spreads", frozenset({"spike", "outlier", "wrong_value", "unit_cells", "swapped_columns"})),
    "scale": (scale, (0.003, 0.02, 0.10), 1, "share", frozenset({"unit_cells", "unit_shift"})),
    "fahrenheit": (fahrenheit, (0.003, 0.02, 0.10), 1, "share", frozenset({"unit_cells", "unit_shift"})),
    "scale_window": (scale_window, (60, 150, 400), 1, "rows", frozenset({"unit_shift", "unit_cells", "level_shift"})),
    "stuck": (stuck, (30, 80, 200), 1, "rows", frozenset({"stuck"})),
    "saturation": (saturation, (0.01, 0.03, 0.10), 1, "share", frozenset({"saturation"})),
    "level": (level, (2, 4, 8), 1, "spreads", frozenset({"level_shift", "unit_shift", "wrong_value", "unit_cells"})),
    "drift": (drift, (2, 4, 8), 1, "spreads", frozenset({"drift", "level_shift"})),
    "coarse": (coarse, (100, 200, 400), 1, "rows", frozenset({"resolution_change"})),
    "wrong": (wrong, (5, 8, 16), 1, "sd", frozenset({"wrong_value", "spike", "outlier", "unit_cells", "value_for_missing"})),
    "digits": (digits, (5, 8, 16), 1, "sd", frozenset({"swapped_digits", "wrong_value", "spike", "outlier", "unit_cells"})),
    "exchanged": (exchanged, (5, 8, 16), 1, "sd", frozenset({"swapped_columns", "wrong_value", "spike", "outlier", "unit_cells"})),
    "duplicates": (duplicates, (0.001, 0.01, 0.05), 1, "share", frozenset({"duplicate_rows"})),
    "gaps": (gaps, (5, 20, 60), 1, "rows", frozenset({"clock_gap"})),
    "backwards": (backwards, (2, 10, 50), 1, "times", frozenset({"clock_backwards"})),
    "typo": (typo, (0.001, 0.01, 0.03), 1, "share", frozenset({"category_typo", "dependency_break", "category_variant"})),
    "variant": (variant, (0.001, 0.01, 0.05), 1, "share", frozenset({"category_variant"})),
    "dependency": (dependency, (0.002, 0.01, 0.04), 1, "share", frozenset({"dependency_break"})),
    "contradictions": (contradictions, (0.001, 0.01, 0.05), 1, "share", frozenset({"contradictory_labels"})),
    "leak": (leak, (0.03, 0.01, 0.0), 1, "noise", frozenset({"leak"})),
    "constant": (constant, (0.0, 3.7, 100.0), 1, "value", frozenset({"constant"})),
}  # fmt: skip


def plant(table: Table, kind: str, strength: float, seed: int) -> Planted:
    """A copy of a table with one kind of defect, the same for the same seed."""
    needs_order = {"scale_window", "stuck", "level", "drift", "coarse", "gaps", "backwards"}
    clock = any(c.role is Role.TIME for c in table.contract.columns)
    if (kind in needs_order and not table.ordered) or (kind in ("gaps", "backwards") and not clock):
        return Planted(table.frame, frozenset(), ())
    digest = np.random.SeedSequence([seed, *table.name.encode(), *kind.encode(), round(1000 * strength)])
    return KINDS[kind][0](table, np.random.default_rng(digest), strength)
